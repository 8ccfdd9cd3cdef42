/* Deciding claims about sets by looking: members that are given, or all models that can matter. See sets.h. */
#include "solver/sets.h"

#include <string.h>

enum { BITS_MOST = 22 };

static bool keep_all(struct sets_answer *out, size_t n, struct arena *arena, struct error *err) {
    if (!(out->core = arena_new(arena, size_t, n + 1, err))) return false;
    for (size_t i = 0; i < n; i++) out->core[out->n_core++] = i;
    return true;
}

static size_t set_of(const struct sets_names *names, const struct sets_formula *f) {
    for (size_t i = 0; i < names->n_sets && f->kind == SETS_NAME; i++)
        if (text_equal(names->set[i], f->name)) return i;
    return SIZE_MAX;
}

/* ---- members that are given ---- */

static bool known(const struct sets_names *names, const bool *given, const struct sets_formula *f) {
    if (f->kind == SETS_NAME) return given[set_of(names, f)];
    for (size_t i = 0; i < f->n; i++)
        if (!known(names, given, f->of[i])) return false;
    return true;
}

/* "S = what is known", either way round. */
static size_t gives(const struct sets_names *names, const bool *given, const struct sets_formula *f, size_t *side) {
    if (f->kind != SETS_EQUAL) return SIZE_MAX;
    for (size_t i = 0; i < 2; i++) {
        size_t set = set_of(names, f->of[i]);
        if (set == SIZE_MAX || given[set] || !known(names, given, f->of[1 - i])) continue;
        *side = 1 - i;
        return set;
    }
    return SIZE_MAX;
}

/* The set gets what the other side has: found through the claim that a thing is in it. */
static bool fill(struct sets_model *m, size_t set, const struct sets_formula *from, struct arena *arena,
                 struct error *err) {
    for (size_t t = 0; t < m->names->n_things; t++) {
        struct sets_formula thing = {.kind = SETS_THING, .name = m->names->thing[t]};
        const struct sets_formula *of[2] = {&thing, from};
        struct sets_formula in = {.kind = SETS_IN, .of = of, .n = 2};
        bool is = false;
        if (!sets_is_true(m, &in, arena, &is, err)) return false;
        if (is) m->member[set][t / 64] |= (uint64_t)1 << (t % 64);
    }
    return true;
}

static bool fill_all(struct sets_model *m, bool *given, const struct sets_formula *const *premises, size_t n,
                     struct arena *arena, struct error *err) {
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < n; i++) {
            size_t side = 0, set = gives(m->names, given, premises[i], &side);
            if (set == SIZE_MAX) continue;
            if (!fill(m, set, premises[i]->of[side], arena, err)) return false;
            given[set] = more = true;
        }
    }
    return true;
}

bool sets_evaluate(const struct sets_names *names, const struct sets_formula *const *premises, size_t n,
                   const struct sets_formula *goal, struct arena *arena, struct sets_answer *out, struct error *err) {
    bool *given = arena_new(arena, bool, names->n_sets + 1, err), is = true;
    *out = (struct sets_answer){.verdict = SETS_HOLDS};
    /* One thing without a name stands for all that nobody names: no set that is given has any. */
    if (!given || !sets_model_init(&out->model, names, 1, arena, err)) return false;
    if (!fill_all(&out->model, given, premises, n, arena, err)) return false;
    for (size_t i = 0; i < names->n_sets; i++) {
        if (given[i]) continue;
        out->verdict = SETS_UNKNOWN;
        out->reason = arena_printf(arena, err, "nothing says which things are in '%.*s'", TEXT_ARG(names->set[i]));
        return out->reason != NULL;
    }
    for (size_t i = 0; i < n; i++) {
        if (!sets_is_true(&out->model, premises[i], arena, &is, err)) return false;
        if (is) continue;
        out->verdict = SETS_CONTRADICTION;
        return keep_all(out, n, arena, err);
    }
    if (!sets_is_true(&out->model, goal, arena, &is, err)) return false;
    if (!is) out->verdict = SETS_REFUTED;
    return is ? keep_all(out, n, arena, err) : true;
}

/* ---- all models ---- */

/* Relations in a claim; SIZE_MAX: it has a quantifier. */
static size_t relations(const struct sets_formula *f) {
    size_t sum = f->kind >= SETS_SUB && f->kind <= SETS_NOT_IN;
    if (f->kind == SETS_ALL || f->kind == SETS_SOME) return SIZE_MAX;
    for (size_t i = 0; i < f->n; i++) {
        size_t part = relations(f->of[i]);
        if (part == SIZE_MAX) return SIZE_MAX;
        sum += part;
    }
    return sum;
}

static void set_model(struct sets_model *m, uint64_t bits) {
    size_t things = m->names->n_things + m->others;
    for (size_t s = 0; s < m->names->n_sets; s++, bits >>= things)
        m->member[s][0] = bits & (((uint64_t)1 << things) - 1);
}

static bool all_true(const struct sets_model *m, const struct sets_formula *const *f, size_t n, struct arena *scratch,
                     bool *is, struct error *err) {
    *is = true;
    for (size_t i = 0; i < n && *is; i++)
        if (!sets_is_true(m, f[i], scratch, is, err)) return false;
    return true;
}

static bool look_through(struct sets_model *m, size_t bits, const struct sets_formula *const *premises, size_t n,
                         const struct sets_formula *goal, struct sets_answer *out, struct error *err) {
    struct arena scratch;
    bool ok = true, some = false, refuted = false;
    arena_init(&scratch, (size_t)1 << 24);
    for (uint64_t k = 0; k < (uint64_t)1 << bits && ok && !refuted; k++) {
        bool is = false, holds = true;
        set_model(m, k);
        ok = all_true(m, premises, n, &scratch, &is, err);
        if (ok && is) {
            some = true;
            ok = sets_is_true(m, goal, &scratch, &holds, err);
            refuted = ok && !holds;
        }
        arena_reset(&scratch);
    }
    arena_done(&scratch);
    out->verdict = refuted ? SETS_REFUTED : some ? SETS_HOLDS : SETS_CONTRADICTION;
    return ok;
}

bool sets_try_all(const struct sets_names *names, const struct sets_formula *const *premises, size_t n,
                  const struct sets_formula *goal, struct arena *arena, struct sets_answer *out, struct error *err) {
    size_t sum = relations(goal);
    *out = (struct sets_answer){.verdict = SETS_UNKNOWN, .reason = "too many sets and things to try all"};
    for (size_t i = 0; i < n && sum != SIZE_MAX; i++) {
        size_t part = relations(premises[i]);
        sum = part == SIZE_MAX ? SIZE_MAX : sum + part;
    }
    if (sum == SIZE_MAX) {
        out->reason = "a quantifier cannot be tried out";
        return true;
    }
    /* Things without a name that are in the same sets do the same, so there are no more kinds than 2^sets. */
    if (names->n_sets < 8 && sum > (size_t)1 << names->n_sets) sum = (size_t)1 << names->n_sets;
    size_t things = names->n_things + sum;
    if (things > 63 || things * names->n_sets > BITS_MOST) return true;
    out->reason = NULL;
    if (!sets_model_init(&out->model, names, sum, arena, err)) return false;
    if (!look_through(&out->model, things * names->n_sets, premises, n, goal, out, err)) return false;
    return out->verdict == SETS_REFUTED || keep_all(out, n, arena, err);
}
