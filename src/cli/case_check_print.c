/* basanite case check: is each split of a case a theorem, and does the evidence carry the root? */
#include "cli/case_verbs.h"

#include "formalize/case/case_check.h"
#include "formalize/case/case_read.h"

#include <math.h>
#include <string.h>

struct printer {
    const struct arguments *args;
    const struct case_report *r;
    FILE *out;
};

static const char *string_at(const json_t *object, const char *key) {
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

/* "s = 3 (G4), 0 < v (G5)" */
static void print_points(FILE *out, const char *before, const json_t *list) {
    if (json_array_size(list) == 0) return;
    fprintf(out, "    %s", before);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *p = json_array_get(list, i);
        fprintf(out, "%s%s (%s)", i ? ", " : "", string_at(p, "text"), string_at(p, "node"));
    }
    fprintf(out, "\n");
}

static const struct case_node *find_node(const struct assurance_case *c, const char *id) {
    for (size_t i = 0; i < c->n_nodes; i++)
        if (strcmp(c->nodes[i].id, id) == 0) return &c->nodes[i];
    return NULL;
}

/* The sentence of the first node that speaks of a symbol. */
static void print_from(const struct printer *p, const json_t *from) {
    const char *id = json_string_value(json_array_get(from, 0));
    const struct case_node *n = id ? find_node(p->r->c, id) : NULL;
    if (!n) return;
    struct text line = n->text;
    size_t end = text_find(line, TEXT("\n"), 0);
    if (end != SIZE_MAX) line = text_part(line, 0, end);
    fprintf(p->out, "   %s: %.*s", id, TEXT_ARG(line));
}

static void print_counterexample(const struct printer *p, const json_t *detail) {
    const json_t *list = json_object_get(detail, "counterexample"), *fails = json_object_get(detail, "fails");
    for (size_t i = 0; i < json_array_size(fails); i++)
        fprintf(p->out, "    not so: %s, where\n", json_string_value(json_array_get(fails, i)));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        const char *exact = string_at(v, "exact"), *decimal = string_at(v, "decimal");
        fprintf(p->out, "      %s = %s", string_at(v, "symbol"), exact);
        if (*decimal && strcmp(exact, decimal) != 0) fprintf(p->out, " (%s)", decimal);
        print_from(p, json_object_get(v, "from"));
        fprintf(p->out, "\n");
    }
    if (json_is_true(json_object_get(detail, "tried_out")))
        fprintf(p->out, "    (tried out: all premises are true there, and this is not)\n");
}

static void print_texts(FILE *out, const char *before, const json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++)
        fprintf(out, "    %s%s\n", before, json_string_value(json_array_get(list, i)));
}

static void print_lines(FILE *out, const char *lines) {
    struct text rest = text_of(lines), line;
    while (rest.len > 0 && text_next(&rest, '\n', &line))
        if (line.len) fprintf(out, "      %.*s\n", TEXT_ARG(line));
}

static void print_error(const struct printer *p, const json_t *e) {
    json_int_t file_line = json_integer_value(json_object_get(e, "file_line"));
    fprintf(p->out, "    ");
    if (file_line) fprintf(p->out, "%s:%lld: ", p->r->c->file ? p->r->c->file : "case", (long long)file_line);
    fprintf(p->out, "%s formal[%lld] %s\n", string_at(e, "node"),
            (long long)json_integer_value(json_object_get(e, "line")), string_at(e, "message"));
    fprintf(p->out, "      %s\n      %*s^\n", string_at(e, "text"),
            (int)json_integer_value(json_object_get(e, "column")) - 1, "");
}

static void print_branches(FILE *out, const json_t *branches) {
    const char *id;
    json_t *status;
    json_object_foreach((json_t *)branches, id, status)
        fprintf(out, "    through %s: %s\n", id, json_string_value(status));
}

static void print_detail(const struct printer *p, const json_t *node) {
    const json_t *error = json_object_get(node, "error");
    if (*string_at(node, "by")) fprintf(p->out, "    by %s\n", string_at(node, "by"));
    if (error) print_error(p, error);
    if (*string_at(node, "reason")) fprintf(p->out, "    %s\n", string_at(node, "reason"));
    print_branches(p->out, json_object_get(node, "branches"));
    print_points(p->out, "from ", json_object_get(node, "used"));
    print_points(p->out, "not needed: ", json_object_get(node, "unused"));
    print_points(p->out, "these contradict each other: ", json_object_get(node, "clash"));
    print_texts(p->out, "missing: ", json_object_get(node, "missing"));
    if (*string_at(node, "answer")) fprintf(p->out, "    %s\n", string_at(node, "answer"));
    print_lines(p->out, string_at(node, "proof"));
    if (*string_at(node, "why")) fprintf(p->out, "    %s\n", string_at(node, "why"));
    print_counterexample(p, node);
    if (*string_at(node, "doubt")) fprintf(p->out, "    (%s)\n", string_at(node, "doubt"));
}

/* Nodes that were checked, and leaves that carry nothing. */
static void print_node(const struct printer *p, size_t i, const json_t *node) {
    const struct case_node_result *r = &p->r->nodes[i];
    const struct case_node *n = &p->r->c->nodes[i];
    bool leaf = n->n_supported_by == 0 && r->support != CASE_SUPPORTED;
    if (r->status == CASE_SKIPPED && r->n_theorems == 0 && !leaf) return;
    fprintf(p->out, "%s %s: %.*s\n", n->id,
            leaf ? r->support == CASE_OPEN ? "open" : "fails" : case_status_name(r->status), TEXT_ARG(n->text));
    print_detail(p, node);
}

static void print_sum(const struct printer *p, const json_t *report) {
    const struct case_report *r = p->r;
    const struct case_node_result *root = &r->nodes[r->root];
    print_points(p->out, "in no proof: ", json_object_get(report, "unused"));
    fprintf(p->out, "%zu hold, %zu refuted, %zu vacuous, %zu unknown, %zu in error; %zu of %zu goals have formulas\n",
            r->count[CASE_HOLDS], r->count[CASE_REFUTED], r->count[CASE_VACUOUS], r->count[CASE_UNKNOWN],
            r->count[CASE_ERROR], r->formalised, r->goals);
    bool yellow = false;
    for (size_t i = 0; i < r->c->n_nodes; i++) {
        if (!r->nodes[i].yellow) continue;
        fprintf(p->out, "%s%s", yellow ? " " : "in doubt: ", r->c->nodes[i].id);
        yellow = true;
    }
    if (yellow) fprintf(p->out, "\n");
    if (!isnan(root->belief))
        fprintf(p->out, "belief in %s: %.6g, disbelief %.6g\n", r->c->nodes[r->root].id, root->belief, root->disbelief);
    fprintf(p->out, "%s is %s\n", r->c->nodes[r->root].id,
            r->accepted                       ? "supported"
            : root->support == CASE_SUPPORTED ? "supported, but something below is vacuous"
            : root->support == CASE_OPEN      ? "open: not all below is there yet"
                                              : "not supported");
}

static bool print_report(const struct printer *p, struct error *err) {
    json_t *report = case_report_json(p->r, err);
    if (!report) return false;
    bool ok = true;
    if (args_on(p->args, "json")) {
        ok = print_json(p->out, report, err);
    } else {
        const json_t *nodes = json_object_get(report, "nodes");
        for (size_t i = 0, k = 0; i < p->r->c->n_nodes; i++)
            if (p->r->nodes[i].looked_at) print_node(p, i, json_array_get(nodes, k++));
        print_sum(p, report);
    }
    json_decref(report);
    return ok;
}

static bool conclude(const struct printer *p, struct error *err) {
    const struct case_report *r = p->r;
    const char *root = r->c->nodes[r->root].id;
    if (r->count[CASE_ERROR])
        return error_set(err, ERROR_DATA, "%zu of the nodes of the case are in error", r->count[CASE_ERROR]);
    if (r->missing && args_text(p->args, "node", NULL))
        return error_set(err, ERROR_ENVIRONMENT, "%s is not installed, and '%s' needs it", r->missing, root);
    return r->accepted || error_set(err, ERROR_GATE, "the case is not accepted: see %s", root);
}

static bool check(struct arguments *args, const struct assurance_case *c, struct pool *pool, struct error *err) {
    struct case_check_settings s = {.first_line_goal = args_on(args, "first-line-goal"),
                                    .evidence = args_on(args, "evidence"),
                                    .refuse_errors = true,
                                    .node = args_text(args, "node", NULL),
                                    .seconds = args_real(args, "timeout", 2),
                                    .pool = pool};
    struct case_checker *checker = case_checker_new(&s, err);
    const struct case_report *report = checker ? case_checker_update(checker, c, err) : NULL;
    struct printer p = {args, report, args->out};
    bool ok = report && print_report(&p, err) && conclude(&p, err);
    case_checker_free(checker);
    return ok;
}

bool case_check(struct arguments *args, struct error *err) {
    struct assurance_case c = {0};
    struct arena arena;
    if (args->n_words != 2) return error_set(err, ERROR_USAGE, "expected `basanite case check CASE`");
    if (!(args_real(args, "timeout", 2) > 0)) return error_set(err, ERROR_USAGE, "--timeout must be above 0");
    arena_init(&arena, (size_t)4 << 30);
    struct pool *pool = pool_new(common_threads(args), err);
    bool ok = pool && case_read(args->words[1], CASE_ONE_ROOT, &arena, &c, err) && check(args, &c, pool, err);
    pool_free(pool);
    case_done(&c);
    arena_done(&arena);
    return ok;
}
