/* A step as polynomials for Z3: see geo_judge.h. */
#include "formalize/geometry/geo_judge.h"

enum { LINES_MOST = 64, TEXT_MOST = 20000 };

/* Written formulas, and which points stand where. All that is written are differences of points, so that points whose
 * differences are never taken can be moved apart: a point of each group stands at (0, 0), and one at (1, 0). */
struct polynomials {
    struct buffer text;
    uint8_t group[GEO_POINTS_MOST]; /* least point whose difference to it is taken, over others */
    uint8_t unit;
    struct arena *arena;
    const struct formula *line[LINES_MOST];
    size_t n;
    struct error *err;
};

static void put_coordinate(struct polynomials *p, uint8_t point, char axis) {
    if (point == p->group[point] || (point == p->unit && axis == 'y'))
        buffer_put_char(&p->text, '0');
    else if (point == p->unit)
        buffer_put_char(&p->text, '1');
    else
        buffer_printf(&p->text, "%c%u", axis, point);
}

static void join(struct polynomials *p, uint8_t a, uint8_t b) {
    uint8_t low = p->group[a] < p->group[b] ? p->group[a] : p->group[b], high = p->group[a] ^ p->group[b] ^ low;
    for (size_t i = 0; i < GEO_POINTS_MOST; i++)
        if (p->group[i] == high) p->group[i] = low;
}

/* (bx - ax) */
static void put_step(struct polynomials *p, const uint8_t *pair, char axis) {
    join(p, pair[0], pair[1]);
    buffer_put_char(&p->text, '(');
    put_coordinate(p, pair[1], axis);
    buffer_put_c(&p->text, " - ");
    put_coordinate(p, pair[0], axis);
    buffer_put_char(&p->text, ')');
}

/* ux vy - uy vx, or ux vx + uy vy */
static void put_product(struct polynomials *p, const uint8_t *u, const uint8_t *v, bool cross) {
    buffer_put_char(&p->text, '(');
    put_step(p, u, 'x');
    buffer_put_c(&p->text, " * ");
    put_step(p, v, cross ? 'y' : 'x');
    buffer_put_c(&p->text, cross ? " - " : " + ");
    put_step(p, u, 'y');
    buffer_put_c(&p->text, " * ");
    put_step(p, v, cross ? 'x' : 'y');
    buffer_put_char(&p->text, ')');
}

static void put_square(struct polynomials *p, const uint8_t *pair) {
    put_product(p, pair, pair, false);
}

/* a b = c d of products: cross(u, v) dot(s, t) = dot(u, v) cross(s, t) */
static void put_equal_angles(struct polynomials *p, const uint8_t *u, const uint8_t *v, const uint8_t *s,
                             const uint8_t *t) {
    put_product(p, u, v, true);
    buffer_put_c(&p->text, " * ");
    put_product(p, s, t, false);
    buffer_put_c(&p->text, " = ");
    put_product(p, u, v, false);
    buffer_put_c(&p->text, " * ");
    put_product(p, s, t, true);
}

static void put_number(struct polynomials *p, struct geo_fraction q) {
    buffer_printf(&p->text, "(%lld/%lld)", (long long)q.n, (long long)q.d);
}

/* v / u = t / s as complex numbers, or the mirrored one: dot(u, v) |s|^2 = dot(s, t) |u|^2, and so with cross. */
static void put_similar(struct polynomials *p, const uint8_t *at, bool mirrored) {
    const uint8_t u[] = {at[0], at[1]}, v[] = {at[0], at[2]}, s[] = {at[3], at[4]}, t[] = {at[3], at[5]};
    for (int cross = 0; cross < 2; cross++) {
        if (cross) buffer_put_c(&p->text, " and ");
        put_product(p, u, v, cross);
        buffer_put_c(&p->text, " * ");
        put_square(p, s);
        buffer_put_c(&p->text, cross && mirrored ? " = -" : " = ");
        put_product(p, s, t, cross);
        buffer_put_c(&p->text, " * ");
        put_square(p, u);
    }
}

static void put_pairs_equal(struct polynomials *p, const uint8_t *a, const uint8_t *b, struct geo_fraction q) {
    put_square(p, a);
    buffer_put_c(&p->text, " = ");
    put_number(p, geo_fraction_multiply(q, q));
    buffer_put_c(&p->text, " * ");
    put_square(p, b);
}

static bool put_fact(struct polynomials *p, const struct geo_fact *f) {
    const uint8_t *at = f->at;
    const struct geo_fraction one = {1, 1};
    switch (f->kind) {
    case GEO_COLL:
        put_product(p, at, at + 1, true);
        break;
    case GEO_PARA:
        put_product(p, at, at + 2, true);
        break;
    case GEO_PERP:
        put_product(p, at, at + 2, false);
        break;
    case GEO_CONG:
        put_pairs_equal(p, at, at + 2, one);
        return true;
    case GEO_RAT:
        put_pairs_equal(p, at, at + 2, f->value);
        return true;
    case GEO_MID: {
        const uint8_t first[] = {at[1], at[0]}, second[] = {at[0], at[2]};
        put_step(p, first, 'x');
        buffer_put_c(&p->text, " = ");
        put_step(p, second, 'x');
        buffer_put_c(&p->text, " and ");
        put_step(p, first, 'y');
        buffer_put_c(&p->text, " = ");
        put_step(p, second, 'y');
        return true;
    }
    case GEO_EQANG: { /* the cross ratio of directions, by both angles */
        put_equal_angles(p, at, at + 2, at + 4, at + 6);
        return true;
    }
    case GEO_CYC: {
        const uint8_t ca[] = {at[2], at[0]}, cb[] = {at[2], at[1]}, da[] = {at[3], at[0]}, db[] = {at[3], at[1]};
        put_equal_angles(p, ca, cb, da, db);
        buffer_put_c(&p->text, " and ");
        put_product(p, ca, cb, true);
        buffer_put_c(&p->text, " != 0");
        return true;
    }
    case GEO_EQRAT:
        put_square(p, at);
        buffer_put_c(&p->text, " * ");
        put_square(p, at + 6);
        buffer_put_c(&p->text, " = ");
        put_square(p, at + 2);
        buffer_put_c(&p->text, " * ");
        put_square(p, at + 4);
        return true;
    case GEO_SQSUM:
        put_square(p, at);
        buffer_put_c(&p->text, " + ");
        put_square(p, at + 2);
        buffer_put_c(&p->text, " = ");
        put_square(p, at + 4);
        return true;
    case GEO_SIM:
    case GEO_SIMR:
        put_similar(p, at, f->kind == GEO_SIMR);
        return true;
    default:
        return error_set(p->err, ERROR_DATA, "Z3 is not asked of '%s'", geo_kind_name(f->kind));
    }
    buffer_put_c(&p->text, " = 0");
    return true;
}

static bool end_line(struct polynomials *p) {
    size_t column;
    if (p->n == LINES_MOST) return error_set(p->err, ERROR_DATA, "a step of more than %d lines", LINES_MOST);
    if (!buffer_check(&p->text, "a step", p->err)) return false;
    char *kept = arena_copy(p->arena, p->text.at, p->text.len, p->err);
    p->line[p->n] = kept ? formula_read(p->arena, (struct text){kept, p->text.len}, &column, p->err) : NULL;
    buffer_clear(&p->text);
    return p->line[p->n++] != NULL;
}

static bool put_apart(struct polynomials *p, uint8_t a, uint8_t b) {
    const uint8_t pair[] = {a, b};
    put_square(p, pair);
    buffer_put_c(&p->text, " > 0");
    return end_line(p);
}

/* Lines and triangles need points that differ. */
static bool put_meaning(struct polynomials *p, const struct geo_fact *f) {
    bool all = f->kind == GEO_COLL || f->kind == GEO_MID || f->kind == GEO_CYC;
    for (size_t i = 0; i < f->n; i++)
        for (size_t k = i + 1; k < f->n; k++) {
            bool triangle = (f->kind == GEO_SIM || f->kind == GEO_SIMR) && i / 3 == k / 3;
            bool pair = f->kind != GEO_SIM && f->kind != GEO_SIMR && i % 2 == 0 && k == i + 1;
            if ((all || triangle || pair) && !put_apart(p, f->at[i], f->at[k])) return false;
        }
    return true;
}

static void put_turn(struct polynomials *p, const uint8_t *at, bool cross) {
    const uint8_t u[] = {at[0], at[1]}, v[] = {at[0], at[2]};
    put_product(p, u, v, cross);
}

static bool put_guard(struct polynomials *p, const struct geo_fact *g) {
    const uint8_t *at = g->at;
    switch (g->kind) {
    case GEO_NCOLL:
        for (size_t i = 2; i < g->n; i++) {
            const uint8_t three[] = {at[0], at[1], at[i]};
            put_turn(p, three, true);
            buffer_put_c(&p->text, " != 0");
            if (!end_line(p)) return false;
        }
        return true;
    case GEO_DISTINCT:
    case GEO_DIFF:
        for (size_t i = 0; i < g->n; i++)
            for (size_t k = i + 1; k < g->n; k++)
                if (!put_apart(p, at[i], at[k])) return false;
        return true;
    case GEO_NPARA:
    case GEO_NPERP:
        put_product(p, at, at + 2, g->kind == GEO_NPARA);
        buffer_put_c(&p->text, " != 0");
        return end_line(p);
    case GEO_SAMEDIR:
        put_product(p, at, at + 2, false);
        buffer_put_c(&p->text, " > 0");
        return end_line(p);
    case GEO_SAMEORI:
    case GEO_OPPORI:
    case GEO_SAMESIDE:
        put_turn(p, at, g->kind != GEO_SAMESIDE);
        buffer_put_c(&p->text, " * ");
        put_turn(p, at + 3, g->kind != GEO_SAMESIDE);
        buffer_put_c(&p->text, g->kind == GEO_OPPORI ? " < 0" : " > 0");
        return end_line(p);
    default:
        return error_set(p->err, ERROR_DATA, "Z3 is not asked of '%s'", geo_kind_name(g->kind));
    }
}

static bool put_step_lines(struct polynomials *p, const struct geo_fact *premise, size_t n_premises,
                           const struct geo_fact *guard, size_t n_guards, const struct geo_fact *gives) {
    struct geo_fact part[3];
    for (size_t i = 0; i < n_premises; i++) {
        size_t n = geo_fact_parts(&premise[i], part);
        for (size_t k = 0; k < n; k++)
            if (!put_meaning(p, &part[k]) || !put_fact(p, &part[k]) || !end_line(p)) return false;
    }
    for (size_t i = 0; i < n_guards; i++)
        if (!put_guard(p, &guard[i])) return false;
    return put_meaning(p, gives) && put_fact(p, gives) && end_line(p);
}

static bool ask(struct smt *smt, struct polynomials *p, enum smt_verdict *verdict) {
    struct symbols symbols;
    size_t column;
    symbols_init(&symbols, p->arena);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < p->n; i++)
            if (!(pass ? symbols_infer(&symbols, p->line[i], &column, p->err)
                       : symbols_note(&symbols, p->line[i], NULL, &column, p->err)))
                return false;
    if (!(p->line[p->n - 1] = formula_not(p->arena, p->line[p->n - 1], p->err))) return false;
    return smt_check_real(smt, &symbols, p->line, p->n, verdict, p->arena, p->err);
}

/* Of the first premise two points differ by what it means: they come to stand at (0, 0) and (1, 0). */
static void put_unit(struct polynomials *p, const struct geo_fact *premise, size_t n) {
    p->unit = GEO_POINTS_MOST;
    if (n == 0) return;
    uint8_t origin = premise[0].at[0], group = p->group[origin];
    for (size_t i = 0; i < GEO_POINTS_MOST; i++)
        if (p->group[i] == group) p->group[i] = origin;
    p->unit = premise[0].at[1];
}

static bool judge_part(struct smt *smt, struct polynomials *p, const struct geo_fact *premise, size_t n_premises,
                       const struct geo_fact *guard, size_t n_guards, const struct geo_fact *gives,
                       enum smt_verdict *verdict) {
    for (size_t i = 0; i < GEO_POINTS_MOST; i++) p->group[i] = (uint8_t)i;
    p->n = 0;
    p->unit = GEO_POINTS_MOST;
    if (!put_step_lines(p, premise, n_premises, guard, n_guards, gives)) return false; /* finds the groups */
    put_unit(p, premise, n_premises);
    p->n = 0;
    return put_step_lines(p, premise, n_premises, guard, n_guards, gives) && ask(smt, p, verdict);
}

bool geo_judge_z3(struct smt *smt, const struct geo_fact *premise, size_t n_premises, const struct geo_fact *guard,
                  size_t n_guards, const struct geo_fact *gives, struct arena *arena, enum smt_verdict *verdict,
                  struct error *err) {
    struct polynomials p = {.arena = arena, .err = err};
    struct geo_fact part[3];
    size_t n = geo_fact_parts(gives, part);
    bool ok = true;
    *verdict = SMT_UNSAT;
    buffer_init(&p.text, TEXT_MOST);
    for (size_t i = 0; ok && i < n && *verdict != SMT_SAT; i++) {
        enum smt_verdict one = SMT_UNKNOWN;
        ok = judge_part(smt, &p, premise, n_premises, guard, n_guards, &part[i], &one);
        if (one != SMT_UNSAT) *verdict = one;
    }
    buffer_done(&p.text);
    return ok;
}
