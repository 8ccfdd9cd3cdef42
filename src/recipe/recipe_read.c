/* Reading a recipe: see recipe.h. */
#include "recipe/recipe.h"

#include "base/yaml.h"

#include <math.h>
#include <string.h>

struct reading {
    struct arena *arena;
    struct recipe *recipe;
    struct error *err;
};

static bool copy(struct reading *r, const struct yaml *map, const char *key, const char **out) {
    struct text t = {0};
    if (!yaml_opt_text(map, key, &t, r->err)) return false;
    return !t.at || (*out = text_copy(r->arena, t, r->err)) != NULL;
}

/* A name becomes part of file names. */
static bool check_name(const struct yaml *at, const char *key, const char *name, struct error *err) {
    size_t n = name ? strlen(name) : 0;
    if (n > 0 && n <= 60 && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+") == n)
        return true;
    return yaml_error(at, err, "expected '%s': a name of 1 to 60 letters, digits, '-', '+' and '_'", key);
}

static bool read_texts(struct reading *r, const struct yaml *root, const char *key, const char ***out, size_t *n) {
    const struct yaml *list = yaml_get(root, key);
    if (!list) return true;
    if (list->kind != YAML_SEQUENCE) return yaml_error(list, r->err, "'%s': expected a list of texts", key);
    if (!(*out = arena_new(r->arena, const char *, list->n + 1, r->err))) return false;
    for (size_t i = 0; i < list->n; i++) {
        if (list->child[i]->kind != YAML_SCALAR)
            return yaml_error(list->child[i], r->err, "'%s': expected a text", key);
        if (!((*out)[(*n)++] = text_copy(r->arena, list->child[i]->scalar, r->err))) return false;
    }
    return true;
}

static bool read_seeds(struct reading *r, const struct yaml *root) {
    const struct yaml *list = yaml_get(root, "seeds");
    struct recipe *out = r->recipe;
    if (!list || list->kind != YAML_SEQUENCE || list->n == 0 || list->n > RECIPE_SEEDS_MOST)
        return yaml_error(list ? list : root, r->err, "'seeds': expected a list of 1 to %d numbers", RECIPE_SEEDS_MOST);
    for (size_t i = 0; i < list->n; i++) {
        const struct yaml *one = list->child[i];
        if (one->kind != YAML_SCALAR || !text_to_u64(one->scalar, &out->seeds[i]) || out->seeds[i] == 0)
            return yaml_error(one, r->err, "'seeds': expected a number from 1");
        for (size_t k = 0; k < i; k++)
            if (out->seeds[k] == out->seeds[i])
                return yaml_error(one, r->err, "'seeds': a number that stands there twice");
    }
    out->n_seeds = list->n;
    return true;
}

/* ---- steps */

/* Lines are read as they will be, so that a slip is found before anything runs. */
static bool check_line(struct reading *r, const struct yaml *at, const char *line, bool once) {
    struct recipe_names names = {.seed = once ? 0 : 1, .subject = "pocket", .shared = once ? "." : "../shared"};
    struct error why = {0};
    if (recipe_words(line, &names, r->arena, &why)) return true;
    return yaml_error(at, r->err, "%s", why.message);
}

static bool read_step(struct reading *r, const struct yaml *node, struct recipe_step *step) {
    static const char *const known[] = {"name", "run", "quick", "once"};
    if (node->kind != YAML_MAPPING) return yaml_error(node, r->err, "a step is a mapping with name and run");
    if (!yaml_check_keys(node, known, 4, r->err) || !copy(r, node, "name", &step->name) ||
        !copy(r, node, "run", &step->run) || !copy(r, node, "quick", &step->quick) ||
        !yaml_opt_bool(node, "once", &step->once, r->err) || !check_name(node, "name", step->name, r->err))
        return false;
    if (!step->run)
        return yaml_error(node, r->err, "step '%s': expected 'run': a line that begins with basanite", step->name);
    if (step->quick && strcmp(step->quick, "no") == 0) step->quick = "";
    return check_line(r, node, step->run, step->once) &&
           (!step->quick || !step->quick[0] || check_line(r, node, step->quick, step->once));
}

static bool read_steps(struct reading *r, const struct yaml *root) {
    const struct yaml *list = yaml_get(root, "steps");
    struct recipe *out = r->recipe;
    if (!list || list->kind != YAML_SEQUENCE || list->n == 0 || list->n > RECIPE_STEPS_MOST)
        return yaml_error(list ? list : root, r->err, "'steps': expected a list of 1 to %d steps", RECIPE_STEPS_MOST);
    if (!(out->steps = arena_new(r->arena, struct recipe_step, list->n, r->err))) return false;
    for (size_t i = 0; i < list->n; i++) {
        out->steps[i] = (struct recipe_step){0};
        if (!read_step(r, list->child[i], &out->steps[i])) return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp(out->steps[k].name, out->steps[i].name) == 0)
                return yaml_error(list->child[i], r->err, "there is a step '%s' before", out->steps[i].name);
        if (i && out->steps[i].once && !out->steps[i - 1].once)
            return yaml_error(list->child[i], r->err, "steps that are made once come before those of each seed");
    }
    out->n_steps = list->n;
    return true;
}

/* ---- expectations */

static const char *const operator_texts[] = {
    [RECIPE_AT_MOST] = "<=", [RECIPE_AT_LEAST] = ">=", [RECIPE_ABOVE] = ">",
    [RECIPE_BELOW] = "<",    [RECIPE_EQUAL] = "==",    [RECIPE_SAME_FILES] = "same"};

const char *recipe_operator_text(enum recipe_operator op) {
    return operator_texts[op];
}

static bool read_files(struct reading *r, const struct yaml *files, struct recipe_expect *e) {
    if (files->kind != YAML_SEQUENCE || files->n != 2 || files->child[0]->kind != YAML_SCALAR ||
        files->child[1]->kind != YAML_SCALAR)
        return yaml_error(files, r->err, "'same': expected two files");
    for (int i = 0; i < 2; i++) {
        struct text name = files->child[i]->scalar;
        if (!name.len || name.at[0] == '/' || text_find(name, TEXT(".."), 0) != SIZE_MAX)
            return yaml_error(files->child[i], r->err, "'same': expected a file in the folder of the seed");
        if (!(e->file[i] = text_copy(r->arena, name, r->err))) return false;
    }
    e->op = RECIPE_SAME_FILES;
    return (e->shown = arena_printf(r->arena, r->err, "%s and %s", e->file[0], e->file[1])) != NULL;
}

static bool read_figure(struct reading *r, const struct yaml *node, struct recipe_expect *e) {
    struct text op = {0};
    size_t k = 0;
    struct error why = {0};
    if (!copy(r, node, "figure", &e->shown) || !yaml_opt_text(node, "op", &op, r->err) ||
        !yaml_opt_f64(node, "value", &e->value, r->err) || !yaml_opt_f64(node, "tol", &e->tol, r->err))
        return false;
    if (!e->shown) return yaml_error(node, r->err, "expected 'figure' with op and value, or 'same'");
    while (k < RECIPE_SAME_FILES && !text_equal_c(op, operator_texts[k])) k++;
    if (k == RECIPE_SAME_FILES) return yaml_error(node, r->err, "'op': expected <=, >=, >, < or ==");
    if (isnan(e->value)) return yaml_error(node, r->err, "expected 'value': a number");
    if (!(e->tol >= 0)) return yaml_error(node, r->err, "'tol': expected a number from 0");
    e->op = (enum recipe_operator)k;
    const char *name = NULL;
    if (!copy(r, node, "name", &name)) return false;
    if ((e->formula = recipe_formula_parse(text_of(e->shown), r->arena, &why))) {
        if (name) e->shown = name;
        return true;
    }
    return yaml_error(node, r->err, "%s", why.message);
}

/* "3/3" */
static bool read_of(struct reading *r, const struct yaml *node, struct recipe_expect *e) {
    struct text of = {0}, agree;
    uint64_t k, n;
    if (!yaml_opt_text(node, "of", &of, r->err)) return false;
    if (!of.at) return true;
    struct text rest = of;
    bool ok = text_next(&rest, '/', &agree) && text_to_u64(agree, &k) && text_to_u64(rest, &n) && k >= 1 && k <= n &&
              n <= RECIPE_SEEDS_MOST;
    if (!ok)
        return yaml_error(node, r->err, "'of': expected how many seeds must agree, as 2/3, found '%.*s'", TEXT_ARG(of));
    e->agree = (unsigned)k, e->of = (unsigned)n;
    return true;
}

static bool read_quick(struct reading *r, const struct yaml *node, struct recipe_expect *e) {
    struct text quick = {0};
    if (!yaml_opt_text(node, "quick", &quick, r->err)) return false;
    e->quick_value = e->value;
    if (!quick.at) return true;
    e->not_quick = text_equal_c(quick, "no");
    return e->not_quick || text_to_f64(quick, &e->quick_value) ||
           yaml_error(node, r->err, "'quick': expected no or a number");
}

static bool read_expect(struct reading *r, const struct yaml *node, struct recipe_expect *e) {
    static const char *const known[] = {"figure", "name", "op", "value", "tol", "of", "paper", "quick", "same"};
    *e = (struct recipe_expect){.value = NAN};
    if (node->kind != YAML_MAPPING) return yaml_error(node, r->err, "an expectation is a mapping");
    if (!yaml_check_keys(node, known, sizeof known / sizeof *known, r->err) || !copy(r, node, "paper", &e->paper))
        return false;
    const struct yaml *files = yaml_get(node, "same");
    return (files ? read_files(r, files, e) : read_figure(r, node, e)) && read_of(r, node, e) && read_quick(r, node, e);
}

static bool read_expects(struct reading *r, const struct yaml *root) {
    const struct yaml *list = yaml_get(root, "expect");
    struct recipe *out = r->recipe;
    if (!list || list->kind != YAML_SEQUENCE || list->n == 0)
        return yaml_error(list ? list : root, r->err, "'expect': expected a list of effects");
    if (!(out->expects = arena_new(r->arena, struct recipe_expect, list->n, r->err))) return false;
    for (size_t i = 0; i < list->n; i++)
        if (!read_expect(r, list->child[i], &out->expects[i])) return false;
    out->n_expects = list->n;
    return true;
}

struct recipe *recipe_read(struct arena *arena, struct text source, const char *shown_name, struct error *err) {
    static const char *const known[] = {"recipe",  "title", "paper", "needs",  "budget_s",
                                        "quick_s", "seeds", "steps", "expect", "departs"};
    struct recipe *out = arena_new(arena, struct recipe, 1, err);
    const struct yaml *root = out ? yaml_read(arena, source, shown_name, err) : NULL;
    struct reading r = {arena, out, err};
    if (!root) return NULL;
    *out = (struct recipe){.title = "", .paper = ""};
    if (root->kind != YAML_MAPPING) return yaml_error(root, err, "a recipe is a mapping"), NULL;
    bool ok = yaml_check_keys(root, known, sizeof known / sizeof *known, err) && copy(&r, root, "recipe", &out->slug) &&
              check_name(root, "recipe", out->slug, err) && copy(&r, root, "title", &out->title) &&
              copy(&r, root, "paper", &out->paper) && yaml_opt_f64(root, "budget_s", &out->budget_s, err) &&
              yaml_opt_f64(root, "quick_s", &out->quick_s, err) &&
              read_texts(&r, root, "needs", &out->needs, &out->n_needs) &&
              read_texts(&r, root, "departs", &out->departs, &out->n_departs) && read_seeds(&r, root) &&
              read_steps(&r, root) && read_expects(&r, root);
    return ok ? out : NULL;
}
