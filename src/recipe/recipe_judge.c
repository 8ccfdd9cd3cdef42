/* Holding the figures of a recipe against what must come out: see recipe.h. */
#include "recipe/recipe.h"

#include "base/file.h"

#include <math.h>
#include <string.h>

struct judging {
    const struct recipe *recipe;
    const struct recipe_settings *s;
    struct recipe_records *records; /* one a seed */
    struct arena *arena;
    struct error *err;
};

static bool holds(enum recipe_operator op, double value, double bound, double tol) {
    switch (op) {
    case RECIPE_AT_MOST:
        return value <= bound + tol;
    case RECIPE_AT_LEAST:
        return value >= bound - tol;
    case RECIPE_ABOVE:
        return value > bound - tol;
    case RECIPE_BELOW:
        return value < bound + tol;
    case RECIPE_EQUAL:
        return fabs(value - bound) <= tol;
    case RECIPE_SAME_FILES:
        return value == 1;
    }
    return false;
}

static bool same_files(const struct judging *j, const struct recipe_expect *e, size_t seed, struct recipe_value *out) {
    struct file_map map[2];
    const char *path[2];
    for (int i = 0; i < 2; i++)
        if (!(path[i] = arena_printf(j->arena, j->err, "%s/seed-%llu/%s", j->s->folder,
                                     (unsigned long long)j->s->seeds[seed], e->file[i])))
            return false;
    if (!file_map(path[0], &map[0], j->err)) return false;
    if (!file_map(path[1], &map[1], j->err)) return file_unmap(&map[0]), false;
    bool same = map[0].len == map[1].len && (map[0].len == 0 || memcmp(map[0].at, map[1].at, map[0].len) == 0);
    file_unmap(&map[0]), file_unmap(&map[1]);
    *out = (struct recipe_value){same, NAN, NAN};
    return true;
}

/* A figure that is not there leaves the finding without a verdict, with the reason. */
static bool value_of(const struct judging *j, const struct recipe_expect *e, size_t seed, struct recipe_finding *f) {
    struct error why = {0};
    struct judging local = *j;
    local.err = &why;
    struct recipe_value *out = &f->values[seed];
    bool ok = e->op == RECIPE_SAME_FILES ? same_files(&local, e, seed, out)
                                         : recipe_formula_value(e->formula, &j->records[seed], out, &why);
    if (ok) return true;
    *out = (struct recipe_value){NAN, NAN, NAN};
    if (why.kind == ERROR_ENVIRONMENT && e->op != RECIPE_SAME_FILES) return *j->err = why, false;
    if (!f->why) f->why = text_copy(j->arena, text_of(why.message), j->err);
    return f->why != NULL;
}

static void sum_up(struct recipe_finding *f) {
    f->mean = 0, f->least = INFINITY, f->most = -INFINITY;
    for (size_t i = 0; i < f->n_values; i++) {
        f->mean += f->values[i].value / (double)f->n_values;
        f->least = fmin(f->least, f->values[i].value), f->most = fmax(f->most, f->values[i].value);
    }
    if (isnan(f->mean)) f->least = f->most = NAN;
}

static bool judge(const struct judging *j, const struct recipe_expect *e, struct recipe_finding *f) {
    unsigned n = (unsigned)j->s->n_seeds;
    *f = (struct recipe_finding){.expect = e, .n_values = n, .bound = j->s->quick ? e->quick_value : e->value};
    /* Of fewer seeds the same share, rounded up. */
    f->needed = e->of ? (e->agree * n + e->of - 1) / e->of : n;
    if (!(f->values = arena_new(j->arena, struct recipe_value, n, j->err))) return false;
    for (size_t i = 0; i < n; i++) {
        if (!value_of(j, e, i, f)) return false;
        f->agreeing += holds(e->op, f->values[i].value, f->bound, e->tol);
    }
    sum_up(f);
    f->verdict = f->agreeing >= f->needed ? RECIPE_MET : RECIPE_MISSED;
    if (j->s->quick && e->not_quick) f->verdict = RECIPE_NOT_JUDGED, f->why = "not judged with --quick";
    return true;
}

static bool open_records(struct judging *j) {
    for (size_t i = 0; i < j->s->n_seeds; i++) {
        const char *paths[2] = {arena_printf(j->arena, j->err, "%s/seed-%llu/basanite.db", j->s->folder,
                                             (unsigned long long)j->s->seeds[i]),
                                arena_printf(j->arena, j->err, "%s/shared/basanite.db", j->s->folder)};
        j->records[i].folders[0] = arena_printf(j->arena, j->err, "%s/seed-%llu", j->s->folder,
                                                (unsigned long long)j->s->seeds[i]);
        j->records[i].folders[1] = arena_printf(j->arena, j->err, "%s/shared", j->s->folder);
        if (!j->records[i].folders[0] || !j->records[i].folders[1]) return false;
        for (int k = 0; k < 2; k++) {
            if (!paths[k]) return false;
            if (!file_exists(paths[k])) continue;
            struct record *record = record_open(paths[k], RECORD_READ, j->err);
            if (!record) return false;
            j->records[i].at[j->records[i].n++] = record;
        }
    }
    return true;
}

bool recipe_judge(const struct recipe *recipe, const struct recipe_settings *s, struct arena *arena,
                  struct recipe_finding **findings, struct error *err) {
    struct judging j = {recipe, s, arena_new(arena, struct recipe_records, s->n_seeds, err), arena, err};
    *findings = j.records ? arena_new(arena, struct recipe_finding, recipe->n_expects, err) : NULL;
    if (!*findings) return false;
    memset(j.records, 0, s->n_seeds * sizeof *j.records);
    bool ok = open_records(&j);
    for (size_t i = 0; ok && i < recipe->n_expects; i++) ok = judge(&j, &recipe->expects[i], &(*findings)[i]);
    for (size_t i = 0; i < s->n_seeds; i++)
        for (size_t k = 0; k < j.records[i].n; k++) record_close(j.records[i].at[k]);
    return ok;
}
