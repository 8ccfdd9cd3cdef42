/* Reading behaviours from a file: see script_file.h. */
#include "subject/script_file.h"

#include "base/yaml.h"

#include <math.h>

enum { CASES_MOST = 1000, DEPTH_MOST = 8, SHARES_MOST = 256 };

struct reading {
    struct script_file *file;
    struct arena *arena;
    size_t n_cases; /* so far, in the whole file */
};

static bool read_cases(struct reading *r, const struct yaml *node, size_t depth, struct script_case **out, size_t *n,
                       struct error *err);

static bool copy_text(struct reading *r, const struct yaml *node, struct text *out, struct error *err) {
    if (node->kind != YAML_SCALAR) return yaml_error(node, err, "expected a text");
    const char *copy = text_copy(r->arena, node->scalar, err);
    *out = (struct text){copy, node->scalar.len};
    return copy != NULL;
}

static bool read_real(const struct yaml *node, double least, double most, double *out, struct error *err) {
    if (node->kind == YAML_SCALAR && text_to_f64(node->scalar, out) && *out >= least && *out <= most) return true;
    return yaml_error(node, err, "expected a number from %g to %g", least, most);
}

static bool read_when(struct reading *r, const struct yaml *node, struct script_case *c, struct error *err) {
    if (node->kind != YAML_MAPPING || node->n == 0)
        return yaml_error(node, err, "'when': expected a mapping of labels to values");
    if (!(c->when = arena_new(r->arena, struct script_when, node->n, err))) return false;
    for (size_t i = 0; i < node->n; i++) {
        json_t *value = yaml_to_json(node->child[i], err);
        if (!value || json_array_append_new(r->file->values, value) != 0)
            return value ? error_memory(err, "when") : false;
        c->when[i] = (struct script_when){text_copy(r->arena, node->key[i]->scalar, err), value};
        if (!c->when[i].label) return false;
    }
    c->n_when = node->n;
    return true;
}

static bool read_take(const struct yaml *node, struct script_case *c, struct error *err) {
    static const struct {
        const char *word;
        enum script_take take;
    } words[] = {{"gold", TAKE_GOLD}, {"wrong", TAKE_WRONG}, {"any", TAKE_ANY}, {"likeliest", TAKE_LIKELIEST}};
    uint64_t number;
    if (node->kind != YAML_SCALAR) return yaml_error(node, err, "'take': expected a word or a number");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equal_c(node->scalar, words[i].word)) return c->take = words[i].take, true;
    if (!text_to_u64(node->scalar, &number) || number >= SHARES_MOST)
        return yaml_error(node, err, "'take': expected gold, wrong, any, likeliest or the number of a choice (from 0)");
    c->take = TAKE_NUMBER;
    c->choice = (size_t)number;
    return true;
}

static bool read_shares(struct reading *r, const struct yaml *node, struct script_case *c, struct error *err) {
    if (node->kind == YAML_SCALAR) return (c->shares_label = text_copy(r->arena, node->scalar, err)) != NULL;
    double *shares, total = 0;
    if (node->kind != YAML_SEQUENCE || node->n < 2 || node->n > SHARES_MOST)
        return yaml_error(node, err, "'shares': expected a label, or a list of 2 to %d weights", SHARES_MOST);
    if (!(shares = arena_new(r->arena, double, node->n, err))) return false;
    for (size_t i = 0; i < node->n; total += shares[i++])
        if (!read_real(node->child[i], 0, 1e6, &shares[i], err)) return false;
    if (!(total > 0)) return yaml_error(node, err, "'shares': expected at least one weight above 0");
    c->shares = shares;
    c->n_shares = node->n;
    return true;
}

/* What the case says; *n: how many of the keys that decide it there are. */
static bool read_answer(struct reading *r, const struct yaml *node, struct script_case *c, size_t *n,
                        struct error *err) {
    const struct yaml *text = yaml_get(node, "text"), *label = yaml_get(node, "label"), *take = yaml_get(node, "take");
    *n = (text != NULL) + (label != NULL) + (take != NULL);
    if (text) return copy_text(r, text, &c->text, err);
    if (label) return c->take = TAKE_LABEL, copy_text(r, label, &c->text, err);
    if (take) return read_take(take, c, err);
    if (yaml_get(node, "shares")) c->take = TAKE_LIKELIEST, *n = 1;
    return true;
}

static bool read_details(struct reading *r, const struct yaml *node, struct script_case *c, struct error *err) {
    const struct yaml *by = yaml_get(node, "by"), *chance = yaml_get(node, "chance"), *then = yaml_get(node, "then"),
                      *confidence = yaml_get(node, "confidence"), *shares = yaml_get(node, "shares"),
                      *sharpen = yaml_get(node, "sharpen"), *first = yaml_get(node, "first");
    struct text by_text = {0};
    uint64_t count;
    if (by && !copy_text(r, by, &by_text, err)) return false;
    c->by = by_text.at;
    if (first && (first->kind != YAML_SCALAR || !text_to_u64(first->scalar, &count)))
        return yaml_error(first, err, "'first': expected a number of characters");
    if (first) c->first = (size_t)count;
    if (confidence && shares) return yaml_error(confidence, err, "give 'confidence' or 'shares', not both");
    return (!chance || read_real(chance, 0, 1, &c->chance, err)) && (!then || copy_text(r, then, &c->then, err)) &&
           (!confidence || read_real(confidence, 0, 1, &c->confidence, err)) &&
           (!shares || read_shares(r, shares, c, err)) &&
           (!sharpen || read_real(sharpen, 1e-3, 1e3, &c->sharpen, err)) &&
           yaml_opt_bool(node, "letter", &c->letter, err);
}

static bool read_case(struct reading *r, const struct yaml *node, size_t depth, struct script_case *c,
                      struct error *err) {
    static const char *const known[] = {"when",  "chance", "by",     "cases",      "text",   "label",  "take",
                                        "first", "then",   "letter", "confidence", "shares", "sharpen"};
    if (!yaml_check_keys(node, known, sizeof known / sizeof *known, err)) return false;
    const struct yaml *when = yaml_get(node, "when"), *cases = yaml_get(node, "cases");
    size_t answers = 0;
    *c = (struct script_case){
        .number = r->n_cases++, .chance = 1, .first = SIZE_MAX, .confidence = NAN, .sharpen = 1, .take = TAKE_TEXT};
    if (when && !read_when(r, when, c, err)) return false;
    if (!read_answer(r, node, c, &answers, err) || !read_details(r, node, c, err)) return false;
    if (cases && answers) return yaml_error(node, err, "give 'cases' or an answer, not both");
    if (cases) return read_cases(r, cases, depth + 1, &c->inside, &c->n_inside, err);
    return answers == 1 || yaml_error(node, err, "expected one of 'cases', 'text', 'label', 'take', 'shares'");
}

static bool read_cases(struct reading *r, const struct yaml *node, size_t depth, struct script_case **out, size_t *n,
                       struct error *err) {
    if (node->kind != YAML_SEQUENCE || node->n == 0) return yaml_error(node, err, "'cases': expected a list");
    if (depth > DEPTH_MOST || r->n_cases + node->n > CASES_MOST)
        return yaml_error(node, err, "over %d cases, or deeper than %d", CASES_MOST, DEPTH_MOST);
    if (!(*out = arena_new(r->arena, struct script_case, node->n, err))) return false;
    for (size_t i = 0; i < node->n; i++)
        if (!read_case(r, node->child[i], depth, &(*out)[i], err)) return false;
    *n = node->n;
    return true;
}

bool script_file_read(struct script_file *file, struct arena *arena, struct text source, const char *shown_name,
                      struct error *err) {
    static const char *const known[] = {"script", "title", "cases"};
    struct reading r = {.file = file, .arena = arena};
    struct text name = {0};
    *file = (struct script_file){.values = json_array()};
    if (!file->values) return error_memory(err, "script");
    const struct yaml *root = yaml_read(arena, source, shown_name, err);
    if (!root || !yaml_check_keys(root, known, sizeof known / sizeof *known, err) ||
        !yaml_opt_text(root, "script", &name, err))
        return false;
    if (!name.len) return yaml_error(root, err, "expected 'script': its name");
    if (!(file->name = text_copy(arena, name, err))) return false;
    const struct yaml *cases = yaml_get(root, "cases");
    if (!cases) return yaml_error(root, err, "expected 'cases': what it says when");
    return read_cases(&r, cases, 0, &file->cases, &file->n, err);
}

void script_file_done(struct script_file *file) {
    json_decref(file->values);
    file->values = NULL;
}
