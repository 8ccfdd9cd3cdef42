/* The closure against plain forward chaining on 1,000 random small figures: no linear tables and no indices, but
 * relations between pairs of points as matrices, closed by going through all of them, and every way to put points for
 * those of a rule. They share the language of facts and rules and nothing else. Of each figure every fact that is true
 * in it is compared, and one drawn at random is counted: what follows and what does not are a fifth of those each. */
#include "check.h"

#include "base/rng.h"
#include "geometry/geo_closure.h"
#include "geometry/geo_problem.h"
#include "geometry/plain_rules.h"

enum { FIGURES = 1000, POINTS = 6, PAIRS = POINTS * (POINTS - 1) / 2, INSTANCES = 200000 };

static struct arena arena;
static struct error err;
static struct geo_problem problem;
static struct geo_rules rules;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    return geo_rules_read(text_of(geo_plain_rules), "plain", &arena, &rules, &err) ? 0 : -1;
}
static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

/* ---- what is known, plainly */

struct plain {
    const struct geo_figure *figure;
    double diameter;
    bool para[PAIRS][PAIRS], perp[PAIRS][PAIRS], cong[PAIRS][PAIRS], mid[POINTS][PAIRS], cyc[1 << POINTS];
    struct instance {
        const struct geo_rule *rule;
        uint8_t points[GEO_RULE_POINTS];
    } * instance; /* where premises, guards and conclusions are true in the figure */
    size_t n;
};

static size_t pair(uint8_t a, uint8_t b) {
    return a < b ? (size_t)b * (b - 1) / 2 + a : (size_t)a * (a - 1) / 2 + b;
}

static bool knows(const struct plain *p, const struct geo_fact *f) {
    const uint8_t *at = f->at;
    unsigned points = 0;
    switch (f->kind) {
    case GEO_COLL:
        return p->para[pair(at[0], at[1])][pair(at[1], at[2])];
    case GEO_PARA:
        return p->para[pair(at[0], at[1])][pair(at[2], at[3])];
    case GEO_PERP:
        return p->perp[pair(at[0], at[1])][pair(at[2], at[3])];
    case GEO_CONG:
        return p->cong[pair(at[0], at[1])][pair(at[2], at[3])];
    case GEO_MID:
        return p->mid[at[0]][pair(at[1], at[2])];
    case GEO_CENTRE:
        return p->cong[pair(at[0], at[1])][pair(at[0], at[2])] && p->cong[pair(at[0], at[2])][pair(at[0], at[3])];
    case GEO_CYC:
        for (size_t i = 0; i < 4; i++) points |= 1u << at[i];
        return p->cyc[points];
    default:
        fail_msg("the kind '%s' is not followed here", geo_kind_name(f->kind));
    }
    return false;
}

static void relate(bool relation[PAIRS][PAIRS], size_t a, size_t b) {
    relation[a][b] = relation[b][a] = true;
}

static void learn(struct plain *p, const struct geo_fact *f) {
    const uint8_t *at = f->at;
    unsigned points = 0;
    switch (f->kind) {
    case GEO_COLL:
        relate(p->para, pair(at[0], at[1]), pair(at[1], at[2]));
        relate(p->para, pair(at[0], at[1]), pair(at[0], at[2]));
        break;
    case GEO_PARA:
        relate(p->para, pair(at[0], at[1]), pair(at[2], at[3]));
        break;
    case GEO_PERP:
        relate(p->perp, pair(at[0], at[1]), pair(at[2], at[3]));
        break;
    case GEO_CONG:
        relate(p->cong, pair(at[0], at[1]), pair(at[2], at[3]));
        break;
    case GEO_MID:
        p->mid[at[0]][pair(at[1], at[2])] = true;
        break;
    case GEO_CENTRE:
        relate(p->cong, pair(at[0], at[1]), pair(at[0], at[2]));
        relate(p->cong, pair(at[0], at[2]), pair(at[0], at[3]));
        break;
    case GEO_CYC:
        for (size_t i = 0; i < 4; i++) points |= 1u << at[i];
        p->cyc[points] = true;
        break;
    default:
        fail_msg("the kind '%s' is not followed here", geo_kind_name(f->kind));
    }
}

/* a R b and b S c make a T c. */
static void chain(bool r[PAIRS][PAIRS], bool s[PAIRS][PAIRS], bool t[PAIRS][PAIRS]) {
    for (size_t b = 0; b < PAIRS; b++)
        for (size_t a = 0; a < PAIRS; a++)
            for (size_t c = 0; r[a][b] && c < PAIRS; c++)
                if (s[b][c]) relate(t, a, c);
}

/* ---- where rules apply */

static bool is_true(const struct plain *p, const struct geo_fact *f) {
    return !geo_fact_is_degenerate(f) && geo_holds(f, p->figure->at);
}

/* Of the points of a rule those before `depth` are put. */
static bool is_put(const struct geo_fact *of_rule, size_t depth) {
    for (size_t i = 0; i < of_rule->n; i++)
        if (of_rule->at[i] >= depth) return false;
    return true;
}

static bool may_be(const struct plain *p, const struct geo_rule *r, const uint8_t *points, size_t depth) {
    for (size_t i = 0; i < r->n_premises + r->n_gives; i++) {
        const struct geo_fact *f = i < r->n_premises ? &r->premise[i] : &r->gives[i - r->n_premises];
        struct geo_fact here = geo_rule_fact(f, points);
        if (is_put(f, depth) && !is_put(f, depth - 1) && !is_true(p, &here)) return false;
    }
    for (size_t i = 0; i < r->n_guards; i++) {
        struct geo_fact here = geo_rule_fact(&r->guard[i], points);
        if (is_put(&r->guard[i], depth) && !is_put(&r->guard[i], depth - 1) &&
            !(geo_margin(&here, p->figure->at, p->diameter) > GEO_APART))
            return false;
    }
    return true;
}

static void list_instances(struct plain *p, const struct geo_rule *r, uint8_t *points, size_t depth) {
    if (depth == r->points.n) {
        assert_true(p->n < INSTANCES);
        p->instance[p->n].rule = r;
        memcpy(p->instance[p->n++].points, points, GEO_RULE_POINTS);
        return;
    }
    for (uint8_t k = 0; k < p->figure->n; k++) {
        points[depth] = k;
        if (may_be(p, r, points, depth + 1)) list_instances(p, r, points, depth + 1);
    }
}

static bool apply(struct plain *p, const struct instance *one) {
    bool fresh = false;
    for (size_t i = 0; i < one->rule->n_premises; i++) {
        struct geo_fact f = geo_rule_fact(&one->rule->premise[i], one->points);
        if (!knows(p, &f)) return false;
    }
    for (size_t i = 0; i < one->rule->n_gives; i++) {
        struct geo_fact f = geo_rule_fact(&one->rule->gives[i], one->points);
        if (knows(p, &f)) continue;
        learn(p, &f);
        fresh = true;
    }
    return fresh;
}

/* Points on a line: of three sides two that are parallel make all three so. */
static void follow_lines(struct plain *p) {
    for (uint8_t a = 0; a < p->figure->n; a++)
        for (uint8_t b = 0; b < a; b++)
            for (uint8_t c = 0; c < b; c++) {
                size_t side[3] = {pair(a, b), pair(b, c), pair(a, c)};
                for (size_t k = 0; k < 3; k++)
                    if (p->para[side[k]][side[(k + 1) % 3]]) relate(p->para, side[k], side[(k + 2) % 3]);
            }
}

static void close_plainly(struct plain *p) {
    uint8_t points[GEO_RULE_POINTS] = {0};
    for (size_t r = 0; r < rules.n; r++) list_instances(p, &rules.at[r], points, 0);
    for (size_t i = 0; i < PAIRS; i++) p->para[i][i] = p->cong[i][i] = true;
    for (bool fresh = true; fresh;) {
        follow_lines(p);
        chain(p->para, p->para, p->para);
        chain(p->perp, p->para, p->perp);
        chain(p->perp, p->perp, p->para);
        chain(p->cong, p->cong, p->cong);
        fresh = false;
        for (size_t i = 0; i < p->n; i++) fresh |= apply(p, &p->instance[i]);
    }
}

/* ---- random figures */

/* Constructions of the plain kinds; capital letters are points that are there, drawn anew each time. */
static const char *const firsts[] = {
    "a b = segment a b",   "a b c = triangle a b c",      "a b c = r_triangle a b c",  "a b c = iso_triangle a b c",
    "a b c = risos a b c", "a b c d = rectangle a b c d", "a b c d = isquare a b c d", "a b c d = r_trapezoid a b c d"};
static const char *const nexts[] = {"midpoint ? 2", "mirror ? 2",    "foot ? 3",      "parallelogram 3 ?",
                                    "circle ? 3",   "on_line ? 2",   "on_bline ? 2",  "on_dia ? 2",
                                    "on_tline ? 3", "on_pline ? 3",  "on_circum ? 3", "orthocenter ? 3",
                                    "reflect ? 3",  "on_circle ? 2", "eqdistance ? 3"};

/* "; e = foot e b a c" */
static void add_construction(struct buffer *b, size_t points, struct rng *rng) {
    const char *what = nexts[rng_below(rng, sizeof nexts / sizeof *nexts)];
    struct text rest = text_of(what), word;
    size_t order[POINTS];
    for (size_t i = 0; i < points; i++) order[i] = i;
    rng_shuffle(rng, order, points);
    buffer_printf(b, "; %c =", (char)('a' + points));
    while (text_next(&rest, ' ', &word)) {
        size_t n = word.at[0] >= '1' && word.at[0] <= '9' ? (size_t)(word.at[0] - '0') : 0;
        if (n)
            for (size_t i = 0; i < n; i++) buffer_printf(b, " %c", (char)('a' + order[i % points]));
        else if (word.at[0] == '?')
            buffer_printf(b, " %c", (char)('a' + points));
        else
            buffer_printf(b, " %.*s", TEXT_ARG(word));
    }
}

/* A problem of up to six points that can be drawn; false: this one cannot. */
static bool draw_figure(struct rng *rng, struct buffer *b, struct geo_figure *figure) {
    const char *first = firsts[rng_below(rng, sizeof firsts / sizeof *firsts)];
    size_t points = 0;
    buffer_clear(b);
    buffer_put_c(b, first);
    while (first[2 * points] != '=') points++;
    for (size_t more = 1 + rng_below(rng, 3); more > 0 && points < POINTS && points > 1; more--)
        if (points > 2 || rng_below(rng, 2)) add_construction(b, points++, rng);
    return geo_problem_read(buffer_text(b), TEXT("x"), "f", 1, &problem, &err) &&
           geo_figure_draw(&problem, "f", rng_below(rng, 1000), false, figure, &err);
}

/* ---- both */

struct tally {
    size_t known, open, asked[2]; /* facts; of one drawn at random of each figure */
};

static void compare(struct geo_scene *scene, const struct plain *p, const char *text, struct rng *rng,
                    struct tally *t) {
    static const enum geo_kind kinds[] = {GEO_COLL, GEO_PARA, GEO_PERP, GEO_CONG, GEO_MID, GEO_CYC};
    size_t seen = 0;
    bool drawn = false;
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        size_t points = geo_kind_points(kinds[kind]), all = 1;
        for (size_t i = 0; i < points; i++) all *= scene->n;
        for (size_t k = 0; k < all; k++) {
            struct geo_fact f = {.kind = kinds[kind], .n = (uint8_t)points, .value = {0, 1}}, c;
            size_t rest = k;
            for (size_t i = 0; i < points; i++, rest /= scene->n) f.at[i] = (uint8_t)(rest % scene->n);
            c = geo_fact_canonical(f);
            if (!geo_fact_equal(&f, &c) || geo_fact_is_trivial(&f) || !is_true(p, &f)) continue;
            bool ours = geo_scene_knows(scene, &f), plain = knows(p, &f);
            if (ours != plain)
                fail_msg("%s: %s %u %u %u %u: %s", text, geo_kind_name(f.kind), f.at[0], f.at[1], f.at[2], f.at[3],
                         ours ? "the closure alone knows it" : "plain chaining alone knows it");
            t->known += ours, t->open += !ours;
            if (rng_below(rng, ++seen) == 0) drawn = ours;
        }
    }
    if (seen) t->asked[drawn]++;
}

static void one_figure(const struct geo_figure *figure, struct instance *room, const char *text, struct rng *rng,
                       struct tally *t) {
    static struct plain p;
    const struct geo_limits limits = {.no_lengths = true};
    struct geo_scene scene;
    struct geo_closed closed;
    memset(&p, 0, sizeof p);
    p.figure = figure, p.instance = room, p.diameter = geo_diameter(figure->at, figure->n);
    check_ok(geo_scene_init(&scene, figure->at, figure->n, &err));
    for (size_t i = 0; i < problem.n_premises; i++) {
        const struct geo_known given = {.fact = problem.premise[i], .reason = GEO_GIVEN};
        bool fresh;
        if (rng_unit(rng) > 0.8) continue;
        check_ok(geo_scene_add(&scene, &given, &fresh, &err));
        learn(&p, &problem.premise[i]);
    }
    check_ok(geo_close(&scene, &rules, NULL, 0, &limits, &closed, &err));
    assert_true(closed.complete);
    close_plainly(&p);
    compare(&scene, &p, text, rng, t);
    geo_scene_done(&scene);
}

static void closure_is_plain_chaining(void **state) {
    struct instance *room = test_calloc(INSTANCES, sizeof *room);
    struct tally t = {0};
    struct buffer text;
    size_t figures = 0;
    (void)state;
    buffer_init(&text, 4096);
    for (uint64_t k = 0; figures < FIGURES; k++) {
        struct rng rng = rng_stream(9, "test/closure", k);
        struct geo_figure figure;
        assert_true(k < 20 * FIGURES);
        if (!draw_figure(&rng, &text, &figure)) continue;
        one_figure(&figure, room, text.at, &rng, &t);
        figures++;
    }
    print_message("%zu figures: %zu facts follow, %zu do not; of one drawn of each %zu and %zu\n", figures, t.known,
                  t.open, t.asked[1], t.asked[0]);
    assert_true(5 * t.asked[0] >= FIGURES && 5 * t.asked[1] >= FIGURES);
    buffer_done(&text);
    test_free(room);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(closure_is_plain_chaining)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
