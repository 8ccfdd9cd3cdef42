/* Rule of data lint about languages: the nine checks of parallel items over tasks that ask for them (key lint:
 * parallel), and over published tables of golds and rates. See parallel_lint.h. */
#include "measure/data/lint_internal.h"

#include "measure/figure/parallel_lint.h"

enum { TABLE_MOST = 64 << 20 };

/* ---- tables: objects that are no rows */

static const json_t *first_member(const json_t *object) {
    void *at = json_object_iter((json_t *)object);
    return at ? json_object_iter_value(at) : NULL;
}

/* {FILE: {LANGUAGE: [[GOLD, COUNT], ...]}} or {TASK: {MODEL: {LANGUAGE: {NAME: number}}}} */
static enum lint_table_kind kind_of(const json_t *root) {
    const json_t *languages = first_member(root), *inside = first_member(languages);
    if (json_is_array(inside) && json_array_size(json_array_get(inside, 0)) == 2 &&
        json_is_integer(json_array_get(json_array_get(inside, 0), 1)))
        return LINT_GOLDS;
    return json_is_number(first_member(first_member(inside))) ? LINT_RATES : LINT_ROWS;
}

bool lint_read_table(struct lint_set *set, const char *path) {
    struct error why = {0};
    json_t *root = json_read_file(path, TABLE_MOST, &why);
    set->table_kind = json_is_object(root) ? kind_of(root) : LINT_ROWS;
    if (set->table_kind == LINT_ROWS) return json_decref(root), false;
    set->table = root;
    return true;
}

/* ---- the rule */

struct telling {
    struct lint *lint;
    const struct lint_set *set;
};

static bool tell_finding(void *context, const struct parallel_finding *f, struct error *err) {
    const struct telling *t = context;
    return lint_tell(t->lint, FINDING_ERROR, t->set, NULL, err, "%s: %s%s%s: %s (%llu of %llu)",
                     parallel_rules[f->rule].name, f->file, f->lang[0] ? ", " : "", f->lang, f->what,
                     (unsigned long long)f->found, (unsigned long long)f->of);
}

static bool check_task(struct lint *lint, const struct lint_set *set, struct error *err) {
    struct parallel_certificate c;
    struct error why = {0};
    if (!task_lints_parallel(set->task)) return true;
    if (!parallel_lint_task(set->task, lint->arena, &c, &why))
        return lint_tell(lint, FINDING_ERROR, set, NULL, err, "%s", why.message);
    for (size_t i = 0; i < c.n_cells; i++)
        for (int rule = 0; rule < PARALLEL_RULES; rule++) {
            const struct parallel_cell *cell = &c.cells[i];
            if (cell->found[rule] &&
                !lint_tell(lint, FINDING_ERROR, set, NULL, err, "%s: %s in %llu of %llu items: %s", cell->lang,
                           parallel_rules[rule].name, (unsigned long long)cell->found[rule],
                           (unsigned long long)cell->looked[rule], cell->first[rule]))
                return false;
        }
    return true;
}

static bool check_table(struct lint *lint, const struct lint_set *set, const struct lexicons *lexicons,
                        struct error *err) {
    struct telling t = {lint, set};
    struct error why = {0};
    bool ok = true;
    if (set->table_kind == LINT_GOLDS)
        ok = parallel_lint_histograms(set->table, set->name, lexicons, tell_finding, &t, &why);
    for (size_t s = 0; ok && set->table_kind == LINT_RATES && s < lint->n_sets; s++)
        if (lint->sets[s].table_kind == LINT_GOLDS)
            ok = parallel_lint_rates(set->table, lint->sets[s].table, set->name, lexicons, tell_finding, &t, &why);
    return ok || lint_tell(lint, FINDING_ERROR, set, NULL, err, "%s", why.message);
}

bool lint_languages(struct lint *lint, struct error *err) {
    struct lexicons *lexicons = lexicons_open(TEXT(""), NULL, err);
    bool ok = lexicons != NULL;
    for (size_t s = 0; ok && s < lint->n_sets; s++) {
        const struct lint_set *set = &lint->sets[s];
        ok = set->task ? check_task(lint, set, err) : check_table(lint, set, lexicons, err);
    }
    lexicons_free(lexicons);
    return ok;
}
