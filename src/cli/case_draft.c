/* basanite case draft: what stands open in a case, and what a model proposes for it. Proposals are voted on over
 * several tries, read strictly, and get the origin model; what was there stays as it is. */
#include "cli/case_verbs.h"
#include "cli/goals_policy.h"

#include "base/file.h"
#include "certify/certify_case.h"
#include "formalize/case/case_format.h"
#include "formalize/case/case_proposal.h"
#include "measure/dataset/ask_file.h"
#include "measure/rules/wording.h"

#include <string.h>

enum { TRIES_MOST = 64, TOKENS = 256, NODES_MOST = 5000, WRITTEN = 256 << 20 };

struct drafting {
    struct arguments *args;
    struct arena arena;
    struct assurance_case c;
    struct subject *teacher;
    struct text split, formula; /* prompts */
    struct text reply[TRIES_MOST];
    size_t tries, asked, taken;
    double temperature;
    uint64_t seed;
};

/* ---- asking ---- */

struct taking {
    struct drafting *d;
    const char *id;
};

static bool take(void *context, const struct answer *answer, struct error *err) {
    struct taking *t = context;
    if (answer->error.kind != ERROR_NONE) return *err = answer->error, error_wrap(err, "--teacher, node %s", t->id);
    char *copy = text_copy(&t->d->arena, answer->text, err);
    t->d->reply[answer->sample] = (struct text){copy, answer->text.len};
    return copy != NULL;
}

static bool ask(struct drafting *d, const char *id, struct text prompt, struct error *err) {
    struct message message = {TEXT("user"), prompt};
    struct ask ask = {.id = text_of(id),
                      .kind = ASK_GENERATE,
                      .samples = d->tries,
                      .max_tokens = args_count(d->args, "max-tokens", TOKENS),
                      .temperature = d->temperature,
                      .top_p = 1,
                      .seed = d->seed};
    struct taking t = {d, id};
    if (d->teacher->capabilities & SUBJECT_CHATS)
        ask.messages = &message, ask.n_messages = 1;
    else
        ask.prompt = prompt;
    d->asked += d->tries;
    return ask_digest(&ask, err) && subject_ask(d->teacher, &ask, 1, take, &t, err);
}

/* The place of the try that most agree with; of as many the first. votes[i]: how many are like try i; 0: unusable. */
static size_t winner(const size_t *votes, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (votes[i] > votes[best]) best = i;
    return best;
}

/* ---- splits ---- */

static bool draft_split(struct drafting *d, size_t node, struct error *err) {
    const struct wording_slot slots[] = {{"goal", d->c.nodes[node].text}};
    struct case_split_reply reply[TRIES_MOST];
    size_t votes[TRIES_MOST] = {0};
    bool good[TRIES_MOST];
    struct text prompt;
    char id[64];
    snprintf(id, sizeof id, "%.60s", d->c.nodes[node].id);
    if (!wording_fill(d->split, slots, 1, &d->arena, &prompt, err) || !ask(d, id, prompt, err)) return false;
    for (size_t i = 0; i < d->tries; i++) good[i] = case_read_split(d->reply[i], &reply[i]);
    for (size_t i = 0; i < d->tries; i++)
        for (size_t k = 0; k < d->tries && good[i]; k++) votes[i] += good[k] && case_same_split(&reply[i], &reply[k]);
    size_t best = winner(votes, d->tries);
    if (votes[best] == 0) {
        fprintf(stderr, "%s: no reply proposes a goal or a solution\n", id);
        return true;
    }
    fprintf(stderr, "%s: %zu proposals, alike in %zu of %zu tries\n", id, reply[best].n, votes[best], d->tries);
    d->taken++;
    return case_take_split(&d->c, &d->arena, node, &reply[best], err);
}

/* ---- formulas ---- */

static const char *describe(enum case_reason reason) {
    switch (reason) {
    case CASE_HORN:
        return "Formulas are rules as in Prolog, a(X) :- b(X), c(X), or facts, b(r1); variables begin with a capital.";
    case CASE_SETS:
    case CASE_FINITE:
        return "Formulas are about sets: A sub B, A = {x, y}, x in A, A union B; elements are lower case.";
    default:
        return "Formulas are relations of numbers and names: v <= 3, t = t1 + t2, 0 < x; also and, or, not, implies.";
    }
}

static void put_glossary(struct buffer *out, const struct assurance_case *c) {
    const char *phrase;
    json_t *symbol;
    json_object_foreach(json_object_get(c->other, "glossary"), phrase, symbol)
        buffer_printf(out, "%s is %.*s\n", phrase, TEXT_ARG(json_text(symbol)));
}

static void put_formulas(struct buffer *out, const struct assurance_case *c, enum case_reason reason) {
    for (size_t i = 0; i < c->n_nodes; i++)
        for (size_t k = 0; k < c->nodes[i].n_formal && case_reason_for(c, i) == reason; k++)
            buffer_printf(out, "%.*s\n", TEXT_ARG(c->nodes[i].formal[k].text));
}

static bool formula_prompt(struct drafting *d, size_t node, struct text *prompt, struct error *err) {
    enum case_reason reason = case_reason_for(&d->c, node);
    struct buffer glossary, formulas;
    buffer_init(&glossary, 1 << 20);
    buffer_init(&formulas, 1 << 20);
    put_glossary(&glossary, &d->c);
    put_formulas(&formulas, &d->c, reason);
    const struct wording_slot slots[] = {{"sentence", d->c.nodes[node].text},
                                         {"language", text_of(describe(reason))},
                                         {"glossary", buffer_text(&glossary)},
                                         {"formulas", buffer_text(&formulas)}};
    bool ok = buffer_check(&glossary, "glossary", err) && buffer_check(&formulas, "formulas", err) &&
              wording_fill(d->formula, slots, 4, &d->arena, prompt, err);
    buffer_done(&glossary);
    buffer_done(&formulas);
    return ok;
}

static bool draft_formulas(struct drafting *d, size_t node, struct error *err) {
    struct case_formulas found[TRIES_MOST];
    size_t votes[TRIES_MOST] = {0};
    bool good[TRIES_MOST];
    struct error why = {0};
    struct text prompt;
    const char *id = d->c.nodes[node].id;
    if (!formula_prompt(d, node, &prompt, err) || !ask(d, id, prompt, err)) return false;
    for (size_t i = 0; i < d->tries; i++) {
        good[i] = case_read_formulas(&d->c, node, d->reply[i], &d->arena, &found[i], &why);
        if (!good[i] && why.kind == ERROR_ENVIRONMENT) return *err = why, false;
    }
    for (size_t i = 0; i < d->tries; i++)
        for (size_t k = 0; k < d->tries && good[i]; k++)
            votes[i] += good[k] && case_same_formulas(&found[i], &found[k]);
    size_t best = winner(votes, d->tries);
    if (votes[best] == 0) {
        fprintf(stderr, "%s: no formula can be taken: %s\n", id, why.message);
        return true;
    }
    fprintf(stderr, "%s: %.*s%s, alike in %zu of %zu tries%s%s\n", id, TEXT_ARG(found[best].line[0]),
            found[best].n > 1 ? ", ..." : "", votes[best], d->tries, *found[best].words ? "; in words: " : "",
            found[best].words);
    d->taken++;
    d->c.nodes[node].origin = CASE_MODEL;
    return case_set_formulas(&d->c, &d->arena, node, found[best].line, found[best].n, err);
}

static bool wants_formulas(const struct drafting *d, size_t node) {
    const struct case_node *n = &d->c.nodes[node];
    bool says = n->kind == CASE_GOAL || n->kind == CASE_SOLUTION || n->kind == CASE_ASSUMPTION;
    return says && n->text.len && n->n_formal == 0 && case_reason_for(&d->c, node) != CASE_UNCHECKED;
}

/* ---- without a model ---- */

static bool list_open(struct drafting *d, struct error *err) {
    size_t open = 0;
    for (size_t i = 0; i < d->c.n_nodes; i++) {
        const struct case_node *n = &d->c.nodes[i];
        if (!case_is_open(n) && !n->needs.figure) continue;
        fprintf(d->args->out, "%s: %.*s: ", n->id, TEXT_ARG(n->text));
        if (n->needs.figure)
            fprintf(d->args->out, "waits for %s %s %g\n", n->needs.figure, n->needs.op, n->needs.target);
        else
            fprintf(d->args->out, "nothing supports it\n");
        open++;
    }
    if (open == 0) fprintf(d->args->out, "nothing is open\n");
    return !ferror(d->args->out) || error_set(err, ERROR_ENVIRONMENT, "cannot write");
}

/* ---- the verb ---- */

static bool draft_all(struct drafting *d, bool formulas, struct error *err) {
    size_t before = d->c.n_nodes; /* what is proposed is not split in the same go */
    for (size_t i = 0; i < before; i++) {
        bool wanted = formulas ? wants_formulas(d, i) : case_is_open(&d->c.nodes[i]) && d->c.nodes[i].text.len;
        if (wanted && !(formulas ? draft_formulas(d, i, err) : draft_split(d, i, err))) return false;
    }
    if (d->asked && d->taken == 0) return error_set(err, ERROR_DATA, "nothing that the teacher said can be used");
    if (d->asked == 0) fprintf(stderr, "%s\n", formulas ? "no node waits for formulas" : "no goal is open");
    return true;
}

static bool open_teacher(struct drafting *d, const char *spec, struct error *err) {
    static const char *const names[] = {"split", "formula"};
    struct subject_settings settings;
    struct text prompts[2];
    common_subject_settings(d->args, &settings);
    if (!(d->teacher = subject_open(text_of(spec), &settings, err))) return false;
    const char *path = common_path(d->args, err);
    d->tries = args_count(d->args, "samples", 1);
    d->temperature = args_real(d->args, "temperature", 0.2);
    d->seed = args_count(d->args, "seed", 1);
    if (d->tries < 1 || d->tries > TRIES_MOST)
        return error_set(err, ERROR_USAGE, "--samples: expected 1 to %d", TRIES_MOST);
    if (!path || !subject_require(d->teacher, SUBJECT_GENERATES, "case draft", err) ||
        !wording_read((struct text){0}, "rules/case-draft.txt", path, names, 2, &d->arena, prompts, err))
        return false;
    d->split = prompts[0];
    d->formula = prompts[1];
    return true;
}

static bool write_case(struct drafting *d, const struct case_format *format, struct error *err) {
    struct buffer out;
    buffer_init(&out, WRITTEN);
    bool ok = case_valid(&d->c, CASE_SOME_ROOTS, err) && format->write(&d->c, &out, err) &&
              print_buffer(d->args->out, &out, err);
    buffer_done(&out);
    return ok;
}

/* A policy by the name of a built-in one, or a file that begins as policies do. */
static bool is_policy(struct drafting *d, const char *name) {
    struct error ignored = {0};
    if (!file_exists(name)) return goals_is_policy(name);
    if (file_is_folder(name)) return false;
    struct yaml *root = yaml_read_file(&d->arena, name, CASE_FILE_MOST, &ignored);
    return root && yaml_get(root, "policy") && !yaml_get(root, "nodes");
}

/* The case itself, or that of a policy, whose leaves wait for figures. */
static bool open_case(struct drafting *d, const char *name, struct error *err) {
    struct policy_names names;
    if (!is_policy(d, name)) return case_read(name, CASE_SOME_ROOTS, &d->arena, &d->c, err);
    struct policy *policy = goals_policy(d->args, name, &names, err);
    return policy && certify_case(policy, NULL, &d->arena, &d->c, err);
}

static bool draft(struct drafting *d, const struct case_format *format, struct error *err) {
    const char *teacher = args_text(d->args, "teacher", NULL);
    if (!open_case(d, d->args->words[1], err)) return false;
    if (d->c.n_nodes > NODES_MOST)
        return error_set(err, ERROR_DATA, "%s: more than %d nodes", d->args->words[1], NODES_MOST);
    if (!teacher) return args_text(d->args, "format", NULL) ? write_case(d, format, err) : list_open(d, err);
    return open_teacher(d, teacher, err) && draft_all(d, args_on(d->args, "formalize"), err) &&
           write_case(d, format, err);
}

bool case_draft(struct arguments *args, struct error *err) {
    struct drafting d = {.args = args};
    const struct case_format *format = &case_format_gsn;
    if (args->n_words != 2) return error_set(err, ERROR_USAGE, "expected `basanite case draft CASE|POLICY`");
    if (args_on(args, "formalize") && !args_text(args, "teacher", NULL))
        return error_set(err, ERROR_USAGE, "--formalize needs --teacher: who is to write the formulas?");
    if (args_text(args, "format", NULL) && !(format = case_format_find(args_text(args, "format", NULL), err)))
        return false;
    arena_init(&d.arena, 0);
    bool ok = draft(&d, format, err);
    subject_close(d.teacher);
    case_done(&d.c);
    arena_done(&d.arena);
    return ok;
}
