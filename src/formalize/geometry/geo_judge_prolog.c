/* The closure as a tabled Prolog program: see geo_judge.h. Every fact that is true in the figure gets a number; every
 * way to put points for the points of a rule, tried one after the other, becomes a clause between numbers. */
#include "formalize/geometry/geo_judge.h"

#include "base/hash.h"

#include <stdlib.h>

enum { LINE_MOST = 400, POINTS_MOST = 10, SEEN = 1 << 16 };

struct writer {
    struct horn_program program;
    const struct geo_scene *figure;
    struct geo_fact *fact; /* canonical, true, rising */
    size_t n;
    uint64_t *seen; /* hashes of clauses that were written */
    struct buffer line;
    struct error *err;
};

bool geo_judge_prolog_takes(enum geo_kind kind) {
    return kind == GEO_COLL || kind == GEO_PARA || kind == GEO_PERP || kind == GEO_CONG || kind == GEO_MID ||
           kind == GEO_CYC || kind == GEO_CENTRE;
}

static bool is_true(const struct writer *w, const struct geo_fact *f) {
    return !geo_fact_is_degenerate(f) && geo_holds(f, w->figure->at);
}

/* ---- facts by number */

static int by_fact(const void *a, const void *b) {
    return geo_fact_compare(a, b);
}

static bool list_facts(struct writer *w, struct arena *arena) {
    static const enum geo_kind kinds[] = {GEO_COLL, GEO_PARA, GEO_PERP, GEO_CONG, GEO_MID, GEO_CYC};
    size_t points = w->figure->n, most = 6 * points * points * points * points;
    w->fact = arena_new(arena, struct geo_fact, most, w->err);
    for (size_t k = 0; w->fact && k < sizeof kinds / sizeof *kinds; k++) {
        size_t n = geo_kind_points(kinds[k]), all = 1;
        for (size_t i = 0; i < n; i++) all *= points;
        for (size_t at = 0; at < all; at++) {
            struct geo_fact f = {.kind = kinds[k], .n = (uint8_t)n, .value = {0, 1}};
            size_t rest = at;
            for (size_t i = 0; i < n; i++, rest /= points) f.at[i] = (uint8_t)(rest % points);
            struct geo_fact c = geo_fact_canonical(f);
            if (geo_fact_equal(&c, &f) && !geo_fact_is_trivial(&f) && is_true(w, &f)) w->fact[w->n++] = f;
        }
    }
    if (w->n) qsort(w->fact, w->n, sizeof *w->fact, by_fact);
    return w->fact != NULL;
}

static size_t number_of(const struct writer *w, struct geo_fact f) {
    f = geo_fact_canonical(f);
    const struct geo_fact *found = bsearch(&f, w->fact, w->n, sizeof f, by_fact);
    return found ? (size_t)(found - w->fact) : SIZE_MAX;
}

/* ---- clauses */

static bool is_new(struct writer *w) {
    uint64_t key = hash_xxh3(w->line.at, w->line.len) | 1;
    size_t at = key % SEEN;
    for (size_t i = 0; i < SEEN && w->seen[at]; i++, at = (at + 1) % SEEN)
        if (w->seen[at] == key) return false;
    w->seen[at] = key;
    return true;
}

static bool flush(struct writer *w) {
    size_t column;
    bool ok = buffer_check(&w->line, "a clause", w->err), new = ok &&is_new(w);
    char *kept = new ? arena_copy(w->program.arena, w->line.at, w->line.len, w->err) : NULL;
    ok = ok &&
         (!new || (kept && horn_add(&w->program, (struct text){kept, w->line.len}, w->program.n, &column, w->err)));
    buffer_clear(&w->line);
    return ok;
}

/* head :- those of `body` that say something; both are true in the figure. */
static bool put_clause(struct writer *w, const struct geo_fact *head, const struct geo_fact *body, size_t n) {
    struct geo_fact part[3];
    bool first = true;
    if (geo_fact_is_trivial(head)) return true;
    buffer_printf(&w->line, "f(%zu)", number_of(w, *head));
    for (size_t i = 0; i < n; i++) {
        size_t parts = geo_fact_parts(&body[i], part);
        for (size_t k = 0; k < parts; k++) {
            if (geo_fact_is_trivial(&part[k])) continue;
            buffer_printf(&w->line, "%sf(%zu)", first ? " :- " : ", ", number_of(w, part[k]));
            first = false;
        }
    }
    return flush(w);
}

static bool put_head_parts(struct writer *w, const struct geo_fact *head, const struct geo_fact *body, size_t n) {
    struct geo_fact part[3];
    size_t parts = geo_fact_parts(head, part);
    for (size_t k = 0; k < parts; k++)
        if (!put_clause(w, &part[k], body, n)) return false;
    return true;
}

static struct geo_fact join(enum geo_kind kind, const uint8_t *a, const uint8_t *b) {
    return (struct geo_fact){.kind = kind, .n = 4, .at = {a[0], a[1], b[0], b[1]}, .value = {0, 1}};
}

/* para and cong are equivalences; perp goes over para; two perps make a para. */
static bool put_chains(struct writer *w) {
    static const enum geo_kind chain[][3] = {{GEO_PARA, GEO_PARA, GEO_PARA},
                                             {GEO_CONG, GEO_CONG, GEO_CONG},
                                             {GEO_PERP, GEO_PARA, GEO_PERP},
                                             {GEO_PERP, GEO_PERP, GEO_PARA}};
    for (size_t c = 0; c < sizeof chain / sizeof *chain; c++)
        for (size_t i = 0; i < w->n; i++)
            for (size_t k = 0; k < w->n; k++) {
                if (w->fact[i].kind != chain[c][0] || w->fact[k].kind != chain[c][1]) continue;
                for (size_t turn = 0; turn < 4; turn++) {
                    const uint8_t *p = w->fact[i].at, *q = w->fact[k].at;
                    const uint8_t *end = turn & 1 ? p : p + 2, *begin = turn & 2 ? q : q + 2;
                    const uint8_t *far = turn & 1 ? p + 2 : p, *other = turn & 2 ? q + 2 : q;
                    const struct geo_fact body[] = {w->fact[i], w->fact[k]}, head = join(chain[c][2], far, other);
                    if (end[0] == begin[0] && end[1] == begin[1] && !put_clause(w, &head, body, 2)) return false;
                }
            }
    return true;
}

/* Points on a line and parallels that share a point are the same. */
static bool put_lines(struct writer *w) {
    for (size_t i = 0; i < w->n; i++) {
        const struct geo_fact *f = &w->fact[i];
        const uint8_t *p = f->at, side[3][2] = {{p[0], p[1]}, {p[1], p[2]}, {p[0], p[2]}};
        if (f->kind != GEO_COLL) continue;
        for (size_t k = 0; k < 3; k++) {
            struct geo_fact para = join(GEO_PARA, side[k], side[(k + 1) % 3]);
            if (!put_clause(w, &para, f, 1) || !put_clause(w, f, &para, 1)) return false;
        }
    }
    return true;
}

static bool put_instances(struct writer *w, const struct geo_rule *r, uint8_t *points, size_t depth) {
    struct geo_fact body[GEO_RULE_FACTS], head;
    if (depth < r->points.n) {
        for (uint8_t p = 0; p < w->figure->n; p++) {
            points[depth] = p;
            if (!put_instances(w, r, points, depth + 1)) return false;
        }
        return true;
    }
    for (size_t i = 0; i < r->n_premises; i++) {
        body[i] = geo_rule_fact(&r->premise[i], points);
        if (!is_true(w, &body[i])) return true;
    }
    for (size_t i = 0; i < r->n_guards; i++) {
        head = geo_rule_fact(&r->guard[i], points);
        if (!(geo_margin(&head, w->figure->at, w->figure->diameter) > GEO_APART)) return true;
    }
    for (size_t i = 0; i < r->n_gives; i++) {
        head = geo_rule_fact(&r->gives[i], points);
        if (!is_true(w, &head)) return true;
    }
    for (size_t i = 0; i < r->n_gives; i++) {
        head = geo_rule_fact(&r->gives[i], points);
        if (!put_head_parts(w, &head, body, r->n_premises)) return false;
    }
    return true;
}

static bool all_taken(const struct geo_fact *f, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!geo_judge_prolog_takes(f[i].kind)) return false;
    return true;
}

static bool put_program(struct writer *w, const struct geo_rules *rules, const struct geo_fact *premise,
                        size_t n_premises) {
    uint8_t points[GEO_RULE_POINTS];
    if (!all_taken(premise, n_premises))
        return error_set(w->err, ERROR_DATA, "a premise speaks of what Prolog is not asked");
    for (size_t i = 0; i < n_premises; i++)
        if (!put_head_parts(w, &premise[i], NULL, 0)) return false;
    if (!put_chains(w) || !put_lines(w)) return false;
    for (size_t r = 0; r < rules->n; r++) {
        const struct geo_rule *rule = &rules->at[r];
        if (!all_taken(rule->premise, rule->n_premises) || !all_taken(rule->gives, rule->n_gives))
            return error_set(w->err, ERROR_DATA, "rule %.*s speaks of what Prolog is not asked", TEXT_ARG(rule->id));
        if (!put_instances(w, rule, points, 0)) return false;
    }
    return true;
}

/* ---- answers */

static bool read_answers(const struct writer *w, const struct prolog_answer *answer, struct arena *arena,
                         struct geo_fact **out, size_t *n) {
    struct geo_fact *facts = arena_new(arena, struct geo_fact, answer->n_solutions + 1, w->err);
    *n = 0;
    for (size_t s = 0; facts && s < answer->n_solutions; s++) {
        uint64_t number;
        if (text_to_u64(answer->value[s][0], &number) && number < w->n) facts[(*n)++] = w->fact[number];
    }
    if (*n) qsort(facts, *n, sizeof *facts, by_fact);
    *out = facts;
    return facts != NULL;
}

bool geo_judge_prolog(const struct geo_rules *rules, const struct geo_scene *figure, const struct geo_fact *premise,
                      size_t n_premises, struct arena *arena, struct geo_fact **out, size_t *n, struct error *err) {
    struct writer w = {.figure = figure, .err = err};
    const struct prolog_limits limits = {.seconds = 60, .inferences = 100000000, .stack = 1000};
    struct prolog_answer answer;
    size_t column;
    if (figure->n > POINTS_MOST)
        return error_set(err, ERROR_DATA, "a figure of %zu points; Prolog is asked of %d", figure->n, POINTS_MOST);
    horn_program_init(&w.program, arena);
    buffer_init(&w.line, LINE_MOST);
    w.seen = arena_new(arena, uint64_t, SEEN, err);
    bool ok = w.seen && list_facts(&w, arena) && put_program(&w, rules, premise, n_premises);
    buffer_done(&w.line);
    if (ok && w.program.n == 0) { /* nothing is given */
        *n = 0;
        return true;
    }
    const struct horn_clause *query = ok ? horn_query(arena, TEXT("f(X)"), &column, err) : NULL;
    if (!query || !prolog_solve(&w.program, query, limits, arena, &answer, err)) return false;
    if (answer.verdict == HORN_UNKNOWN || answer.verdict == HORN_ERROR)
        return error_set(err, ERROR_DATA, "Prolog: %s", answer.reason);
    return read_answers(&w, &answer, arena, out, n);
}
