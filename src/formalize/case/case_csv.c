/* Cases as tables: one row a node with its parent, in the columns of the tool that trees of trustworthiness derivation
 * come from. See case_format.h. What a tree cannot say (a node below two, what stands beside) is in ADDITION, as JSON.
 */
#include "base/csv.h"
#include "formalize/case/case_format.h"

#include <math.h>
#include <string.h>

enum column { ID, NAME, TYPE, REASON, ATTRIBUTE, CONTENT, TRUST, ADDITION, PARENT, COLUMNS };
static const char *const columns[COLUMNS] = {"NODE_ID", "NAME",     "TYPE",     "REASON",   "ATTRIBUTE",
                                             "CONTENT", "DSTHEORY", "ADDITION", "PARENT_ID"};

/* In the order of enum case_reason. */
static const char *const reasons[] = {"none",         "Arithmetic",       "Functional", "AbstractSets",
                                      "SpecificSets", "LogicalRelations", "Quantified"};

/* ---- reading ---- */

/* Older tables part goals by what they are about. */
static bool find_kind(struct text type, enum case_kind *out) {
    static const char *const goals[] = {"TECH", "ENVI", "PROC", ""};
    if (text_equal_nocase(type, TEXT("EVID")) || text_equal_nocase(type, TEXT("evidence")))
        return *out = CASE_SOLUTION, true;
    for (size_t i = 0; i < 4; i++)
        if (text_equal_nocase(type, text_of(goals[i]))) return *out = CASE_GOAL, true;
    for (int kind = CASE_GOAL; kind <= CASE_COUNTER_SOLUTION; kind++)
        if (text_equal_nocase(type, text_of(case_kind_name((enum case_kind)kind))))
            return *out = (enum case_kind)kind, true;
    return false;
}

struct rows {
    struct case_build *b;
    size_t column[COLUMNS];
    struct text *parent, *join; /* of each node: as written */
    size_t room;
};

static struct text cell(const struct rows *r, const struct text *fields, enum column c) {
    return r->column[c] == SIZE_MAX ? (struct text){0} : text_trim(fields[r->column[c]]);
}

static bool copy(struct rows *r, struct text t, struct text *out) {
    out->len = t.len;
    return (out->at = text_copy(r->b->arena, t, r->b->err)) != NULL;
}

static bool read_reason(struct rows *r, struct text word, struct case_place place, struct case_node *node) {
    if (word.len == 0) return true;
    for (int i = 0; i < 7; i++)
        if (text_equal_nocase(word, text_of(reasons[i])) ||
            text_equal_nocase(word, text_of(case_reason_name((enum case_reason)i))))
            return node->reason = (enum case_reason)i, true;
    return case_build_error(r->b, place, "%s: unknown reason '%.*s'", node->id, TEXT_ARG(word));
}

static bool read_content(struct rows *r, struct text content, struct case_place place, struct case_node *node) {
    struct text rest = content, line, kept;
    size_t n = 1;
    for (size_t i = 0; i < content.len; i++) n += content.at[i] == '\n';
    if (n > CASE_LINES_MOST)
        return case_build_error(r->b, place, "%s: more than %d formulas", node->id, CASE_LINES_MOST);
    if (!(node->formal = arena_new(r->b->arena, struct case_line, n, r->b->err))) return false;
    while (rest.len && text_next(&rest, '\n', &line)) {
        if (text_trim(line).len == 0) continue;
        if (!copy(r, line, &kept)) return false;
        node->formal[node->n_formal++] = (struct case_line){kept, place.line, 0};
    }
    return true;
}

/* "bel:0.9 dis:0.05"; anything else is kept as it is. */
static bool read_trust(struct rows *r, struct text t, struct case_node *node) {
    struct text rest = t, word;
    double b = NAN, d = 0;
    if (t.len == 0) return true;
    while (rest.len && text_next(&rest, ' ', &word)) {
        double *into = text_starts(word, TEXT("bel:")) ? &b : text_starts(word, TEXT("dis:")) ? &d : NULL;
        if (into && !text_to_f64(text_part(word, 4, word.len), into)) b = NAN;
    }
    if (b >= 0 && d >= 0 && b + d <= 1) return node->belief = b, node->disbelief = d, true;
    struct yaml value = {.kind = YAML_SCALAR, .quoted = true, .scalar = t};
    return case_keep_in(r->b, &node->other, "csv", TEXT("DSTHEORY"), &value);
}

static bool copy_name(struct rows *r, const json_t *text, const char **out) {
    return !json_is_string(text) || (*out = text_copy(r->b->arena, json_text(text), r->b->err)) != NULL;
}

/* What is of the whole case stands with one row. */
static bool read_case(struct rows *r, const json_t *about) {
    json_t *other = json_object_get(about, "other");
    if (json_is_object(other) && !r->b->out->other) r->b->out->other = json_incref(other);
    return copy_name(r, json_object_get(about, "name"), &r->b->out->name) &&
           copy_name(r, json_object_get(about, "description"), &r->b->out->description);
}

static bool read_addition(struct rows *r, struct text t, struct case_place place, size_t node) {
    if (t.len == 0 || t.at[0] != '{') return true;
    json_t *all = json_read(t, r->b->file, place.line, r->b->err);
    bool ok = all && read_case(r, json_object_get(all, "case")) && case_read_node_text(r->b, t, place, node);
    json_decref(all);
    return ok;
}

static bool make_room(struct rows *r, size_t n) {
    if (n < r->room) return true;
    size_t wanted = r->room ? r->room * 2 : 64;
    struct text *parent = memory_grow(r->parent, wanted, sizeof *parent);
    if (parent) r->parent = parent;
    struct text *join = parent ? memory_grow(r->join, wanted, sizeof *join) : NULL;
    if (join) r->join = join;
    if (!parent || !join) return error_memory(r->b->err, "assurance case");
    r->room = wanted;
    return true;
}

static bool read_row(struct rows *r, const struct text *fields, size_t line) {
    struct case_place place = {line, 0};
    struct text id = cell(r, fields, ID), type = cell(r, fields, TYPE), content, text;
    enum case_kind kind;
    size_t at = r->b->out->n_nodes;
    bool law = text_equal_nocase(type, TEXT("law"));
    if (!find_kind(law ? TEXT("evidence") : type, &kind))
        return case_build_error(r->b, place, "%.*s: unknown type '%.*s'", TEXT_ARG(id), TEXT_ARG(type));
    if (!copy(r, fields[r->column[NAME]], &text) || !copy(r, cell(r, fields, CONTENT), &content)) return false;
    struct case_node *node = case_build_node(r->b, id, kind, place);
    if (!node || !make_room(r, at)) return false;
    node->text = text;
    node->law = law;
    return copy(r, cell(r, fields, PARENT), &r->parent[at]) && copy(r, cell(r, fields, ATTRIBUTE), &r->join[at]) &&
           read_reason(r, cell(r, fields, REASON), place, node) && read_content(r, content, place, node) &&
           read_trust(r, cell(r, fields, TRUST), node) && read_addition(r, cell(r, fields, ADDITION), place, at);
}

/* The links below one node must agree on their join, which is then its own. Rows are looked for by their ids when the
 * links are resolved; here equal texts suffice. */
static bool read_join(struct rows *r, size_t parent, size_t at) {
    struct case_node *above = &r->b->out->nodes[parent];
    bool any = text_equal_nocase(r->join[at], TEXT("or"));
    struct case_place place = {r->b->out->nodes[at].line, 0};
    if (r->join[at].len == 0) return true;
    if (!any && !text_equal_nocase(r->join[at], TEXT("and")))
        return case_build_error(r->b, place, "%s: unknown join '%.*s': expected And or Or", r->b->out->nodes[at].id,
                                TEXT_ARG(r->join[at]));
    if (above->undeveloped) { /* a link came before: see read_links */
        bool before = above->join == CASE_OR;
        if (before != any)
            return case_build_error(r->b, place, "%s has a mixed join: And and Or below one node", above->id);
    }
    above->join = any ? CASE_OR : CASE_AND;
    above->undeveloped = true;
    return true;
}

static size_t find(const struct rows *r, struct text id, size_t hint) {
    const struct assurance_case *c = r->b->out;
    for (size_t i = hint; i-- > 0;) /* parents mostly stand shortly before */
        if (text_equal_c(id, c->nodes[i].id)) return i;
    for (size_t i = hint; i < c->n_nodes; i++)
        if (text_equal_c(id, c->nodes[i].id)) return i;
    return SIZE_MAX;
}

static bool read_links(struct rows *r) {
    struct assurance_case *c = r->b->out;
    bool *undeveloped = memory_zeroed(c->n_nodes + 1, sizeof *undeveloped), ok = undeveloped != NULL;
    for (size_t i = 0; ok && i < c->n_nodes; i++) {
        undeveloped[i] = c->nodes[i].undeveloped;
        c->nodes[i].undeveloped = false; /* meanwhile: has a link whose join was seen */
    }
    for (size_t i = 0; ok && i < c->n_nodes; i++) {
        struct case_place place = {c->nodes[i].line, 0};
        struct text id = r->parent[i];
        size_t parent = find(r, id, i);
        if (id.len == 0 || (parent == SIZE_MAX && (text_equal_c(id, "0") || text_equal_c(id, "-1")))) continue;
        bool beside = case_stands_beside(c->nodes[i].kind);
        ok = case_build_link(r->b, beside ? CASE_IN_CONTEXT_OF : CASE_SUPPORTED_BY, id, text_of(c->nodes[i].id), false,
                             place) &&
             (parent == SIZE_MAX || beside || read_join(r, parent, i));
    }
    for (size_t i = 0; undeveloped && i < c->n_nodes; i++) c->nodes[i].undeveloped = undeveloped[i];
    if (!undeveloped) error_memory(r->b->err, "assurance case");
    memory_free(undeveloped);
    return ok;
}

static bool find_columns(struct rows *r, const struct csv *csv) {
    for (int i = 0; i < COLUMNS; i++) r->column[i] = csv_column(csv, columns[i]);
    for (int i = 0; i < COLUMNS; i++)
        if (r->column[i] == SIZE_MAX && (i == ID || i == NAME || i == PARENT))
            return case_build_error(r->b, (struct case_place){1, 1}, "no column %s", columns[i]);
    return true;
}

enum { ROWS_MOST = 20000 }; /* parents are looked for one by one */

static bool read(struct case_build *b, const struct case_source *source) {
    struct rows r = {.b = b};
    const struct text *fields;
    size_t line;
    int state = -1;
    if (!source->path) return case_build_error(b, (struct case_place){0, 0}, "a table is read from a file");
    struct csv *csv = csv_open(source->path, ',', true, b->err);
    bool ok = csv && find_columns(&r, csv);
    while (ok && (state = csv_next(csv, &fields, &line, b->err)) == 1) {
        if (b->out->n_nodes == ROWS_MOST)
            ok = case_build_error(b, (struct case_place){line, 0}, "more than %d rows", ROWS_MOST);
        ok = ok && read_row(&r, fields, line);
    }
    ok = ok && state == 0 && read_links(&r);
    if (csv) csv_close(csv);
    memory_free(r.parent);
    memory_free(r.join);
    return ok;
}

static bool claims(const struct case_source *source) {
    struct text t = source->t;
    if (text_starts(t, TEXT("\xef\xbb\xbf"))) t = text_part(t, 3, t.len);
    return text_starts(t, TEXT("NODE_ID,")) || text_starts(t, TEXT("\"NODE_ID\","));
}

/* ---- writing ---- */

static void put_cell(struct buffer *out, struct text t, bool last) {
    bool quote = false;
    for (size_t i = 0; i < t.len && !quote; i++) quote = strchr(",\"\n\r", t.at[i]) && t.at[i];
    quote = quote || (t.len && (t.at[0] == ' ' || t.at[t.len - 1] == ' '));
    if (quote) buffer_put_char(out, '"');
    for (size_t i = 0; i < t.len; i++) {
        if (quote && t.at[i] == '"') buffer_put_char(out, '"');
        buffer_put_char(out, t.at[i]);
    }
    buffer_put_c(out, quote ? "\"" : "");
    buffer_put_char(out, last ? '\n' : ',');
}

/* What the columns do not say. */
static json_t *addition(const struct assurance_case *c, size_t at, const size_t *first, struct error *err) {
    const struct case_node *node = &c->nodes[at];
    json_t *own = case_node_json(c, node, CASE_PUT_FIELDS | CASE_PUT_LINKS | CASE_PUT_OTHER, err);
    static const char *const told[] = {"reason", "formal", "trust", "law"};
    bool plain = node->n_in_context_of == 0;
    for (size_t i = 0; i < 4; i++) json_object_del(own, told[i]);
    for (size_t k = 0; k < node->n_supported_by; k++)
        plain = plain && first[node->supported_by[k]] == at &&
                (k == 0 || node->supported_by[k] > node->supported_by[k - 1]);
    if (plain) json_object_del(own, "supportedBy");
    if (own && at == c->root && (c->name || c->description || c->other))
        json_object_set_new(
            own, "case",
            json_pack("{s:s*,s:s*,s:O*}", "name", c->name, "description", c->description, "other", c->other));
    return own;
}

static bool put_row(const struct assurance_case *c, size_t at, const size_t *first, struct buffer *out,
                    struct error *err) {
    const struct case_node *node = &c->nodes[at];
    const struct case_node *above = first[at] == SIZE_MAX ? NULL : &c->nodes[first[at]];
    struct buffer lines, json;
    json_t *own = addition(c, at, first, err);
    if (!own) return false;
    buffer_init(&lines, (size_t)CASE_FILE_MOST);
    buffer_init(&json, (size_t)CASE_FILE_MOST);
    for (size_t i = 0; i < node->n_formal; i++) {
        buffer_put_text(&lines, node->formal[i].text);
        if (i + 1 < node->n_formal) buffer_put_char(&lines, '\n');
    }
    if (json_object_size(own)) json_put(&json, own, 0);
    put_cell(out, text_of(node->id), false);
    put_cell(out, node->text, false);
    put_cell(out, text_of(node->law ? "law" : case_kind_name(node->kind)), false);
    put_cell(out, text_of(reasons[node->reason]), false);
    bool joined = above && !case_stands_beside(node->kind);
    put_cell(out, text_of(joined ? above->join == CASE_OR ? "Or" : "And" : ""), false);
    put_cell(out, buffer_text(&lines), false);
    if (!isnan(node->belief)) {
        buffer_put_c(out, "bel:");
        buffer_put_f64(out, node->belief);
        buffer_put_c(out, " dis:");
        buffer_put_f64(out, node->disbelief);
    }
    buffer_put_char(out, ',');
    put_cell(out, buffer_text(&json), false);
    put_cell(out, text_of(above ? above->id : ""), true);
    bool ok = buffer_check(&lines, "assurance case", err) && buffer_check(&json, "assurance case", err);
    json_decref(own);
    buffer_done(&lines);
    buffer_done(&json);
    return ok;
}

static bool write(const struct assurance_case *c, struct buffer *out, struct error *err) {
    size_t *first = case_first_parents(c, err);
    bool ok = first != NULL;
    for (int i = 0; i < COLUMNS; i++) buffer_printf(out, "%s%s", columns[i], i + 1 < COLUMNS ? "," : "\n");
    for (size_t i = 0; ok && i < c->n_nodes; i++) ok = put_row(c, i, first, out, err);
    memory_free(first);
    return ok && buffer_check(out, "assurance case", err);
}

const struct case_format case_format_csv = {
    .name = "csv",
    .summary = "a table: one row a node with its parent",
    .ending = ".csv",
    .claims = claims,
    .read = read,
    .write = write,
};
