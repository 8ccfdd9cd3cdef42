/* The closure against judges that share no code with it: Prolog finds the same facts in small figures; Z3 over the
 * reals proves steps that follow and refutes those that do not. Of the cases that are decided each verdict has a fifth
 * at least; what Z3 leaves open is counted, and never agreed. With an argument: so many
 * steps, for each 400,000 steps of Z3, which take some 2 s of a processor. */
#include "check.h"

#include "base/rng.h"
#include "geometry/geo_check.h"
#include "formalize/geometry/geo_judge.h"
#include "geometry/geo_problem.h"
#include "geometry/plain_rules.h"

enum { CASES = 1000 };

static struct arena arena;
static struct error err;
static struct geo_problem problem;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

/* ---- Prolog */

static const char *const figures[] = {
    "a b c = triangle a b c; m = midpoint m a b; n = midpoint n a c",
    "a b c = triangle a b c; h = orthocenter h a b c; d = foot d a b c",
    "a b c = r_triangle a b c; m = midpoint m b c; n = midpoint n a b",
    "a b c d = isquare a b c d; o = midpoint o a c",
    "a b c = triangle a b c; d = parallelogram a b c d; o = midpoint o a c",
    "a b c = triangle a b c; o = circle o a b c; d = mirror d a o",
    "a b = segment a b; p = on_bline p a b; m = midpoint m a b; r = mirror r p m",
    "a b c d = rectangle a b c d; o = midpoint o a c",
    "a b = segment a b; c = on_dia c a b; o = midpoint o a b; e = mirror e c o",
};
static const enum geo_kind kinds[] = {GEO_COLL, GEO_PARA, GEO_PERP, GEO_CONG, GEO_MID, GEO_CYC};

/* A random part of what the constructions say. */
static size_t some_premises(struct rng *rng, struct geo_fact *out) {
    size_t n = 0;
    for (size_t i = 0; i < problem.n_premises; i++)
        if (rng_unit(rng) < 0.75) out[n++] = problem.premise[i];
    return n;
}

static bool stands_in(const struct geo_fact *f, const struct geo_fact *list, size_t n) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (geo_fact_compare(&list[middle], f) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && geo_fact_equal(&list[low], f);
}

/* Every fact of a kind that is true in the figure: the closure knows it just when Prolog finds it. */
static void compare_kind(struct geo_scene *scene, enum geo_kind kind, const struct geo_fact *theirs, size_t n,
                         const char *figure, size_t *derived, size_t *open) {
    size_t points = geo_kind_points(kind), all = 1;
    for (size_t i = 0; i < points; i++) all *= scene->n;
    for (size_t k = 0; k < all; k++) {
        struct geo_fact f = {.kind = kind, .n = (uint8_t)points, .value = {0, 1}}, c;
        size_t rest = k;
        for (size_t i = 0; i < points; i++, rest /= scene->n) f.at[i] = (uint8_t)(rest % scene->n);
        c = geo_fact_canonical(f);
        if (!geo_fact_equal(&f, &c) || geo_fact_is_trivial(&f) || !geo_scene_true(scene, &f)) continue;
        bool ours = geo_scene_knows(scene, &f);
        if (ours != stands_in(&f, theirs, n))
            fail_msg("%s: %s %u %u %u %u: %s", figure, geo_kind_name(kind), f.at[0], f.at[1], f.at[2], f.at[3],
                     ours ? "Prolog does not find it" : "Prolog finds it");
        *derived += ours;
        *open += !ours;
    }
}

static void prolog_finds_the_same(void **state) {
    const struct geo_limits limits = {.no_lengths = true};
    struct geo_rules rules;
    char version[32];
    size_t derived = 0, open = 0;
    (void)state;
    if (!prolog_version(version)) skip();
    check_ok(geo_rules_read(text_of(geo_plain_rules), "plain", &arena, &rules, &err));
    for (size_t round = 0; round < 6; round++)
        for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
            struct rng rng = rng_stream(5, "test/prolog", round * 100 + i);
            struct geo_fact premise[GEO_PREMISES_MOST], *theirs;
            struct geo_figure f;
            struct geo_scene scene;
            struct geo_closed closed;
            bool fresh;
            check_ok(geo_problem_read(text_of(figures[i]), TEXT("x"), "f", 1, &problem, &err));
            check_ok(geo_figure_draw(&problem, "f", round + 1, false, &f, &err));
            check_ok(geo_scene_init(&scene, f.at, f.n, &err));
            size_t n = some_premises(&rng, premise), many;
            for (size_t k = 0; k < n; k++) {
                const struct geo_known what = {.fact = premise[k], .reason = GEO_GIVEN};
                check_ok(geo_scene_add(&scene, &what, &fresh, &err));
            }
            check_ok(geo_close(&scene, &rules, NULL, 0, &limits, &closed, &err));
            assert_true(closed.complete);
            check_ok(geo_judge_prolog(&rules, &scene, premise, n, &arena, &theirs, &many, &err));
            for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
                compare_kind(&scene, kinds[k], theirs, many, figures[i], &derived, &open);
            geo_scene_done(&scene);
        }
    print_message("Prolog: %zu facts found by both, %zu by neither\n", derived, open);
    assert_true(derived + open >= CASES);
    assert_true(5 * derived >= derived + open && 5 * open >= derived + open);
}

/* ---- Z3 */

enum { STEPS = 150, STEP_POINTS = 6 };
static size_t n_steps = STEPS;
static struct smt_limits limits = {.seconds = 10, .steps = 10000};

/* A rule as a step, or its conclusion with points that changed places, and a figure of the rule's own. */
static bool draw_step(struct rng *rng, const struct geo_rules *rules, const struct geo_rule **rule,
                      struct geo_fact *gives, struct geo_point *at) {
    *rule = &rules->at[rng_below(rng, rules->n)];
    if ((*rule)->points.n > STEP_POINTS || !geo_rule_figure(*rule, rng_u32(rng), at)) return false;
    *gives = (*rule)->gives[rng_below(rng, (*rule)->n_gives)];
    if (rng_unit(rng) < 0.5) {
        uint8_t other[GEO_RULE_POINTS];
        size_t order[GEO_RULE_POINTS];
        for (size_t i = 0; i < (*rule)->points.n; i++) order[i] = i;
        rng_shuffle(rng, order, (*rule)->points.n);
        for (size_t i = 0; i < (*rule)->points.n; i++) other[i] = (uint8_t)order[i];
        *gives = geo_rule_fact(gives, other);
    }
    return !geo_fact_is_degenerate(gives);
}

/* What the closure derives follows; what is false in a figure of the premises does not. The rest is left out. */
static void z3_says_the_same(void **state) {
    struct geo_rules rules;
    struct arena scratch;
    size_t count[2][3] = {{0}}, cases = 0;
    struct smt *smt = smt_there() ? smt_new(limits, &err) : NULL;
    (void)state;
    if (!smt) skip();
    arena_init(&scratch, (size_t)1 << 28);
    check_ok(geo_rules_builtin(true, &arena, &rules, &err));
    for (uint64_t i = 0; cases < n_steps; i++) {
        struct rng rng = rng_stream(7, "test/z3", i);
        const struct geo_rule *rule;
        struct geo_point at[GEO_RULE_POINTS];
        struct geo_fact gives;
        enum smt_verdict verdict;
        bool follows;
        assert_true(i < 20 * n_steps);
        arena_reset(&scratch);
        if (!draw_step(&rng, &rules, &rule, &gives, at)) continue;
        check_ok(
            geo_follows_loosely(at, rule->points.n, &rules, rule->premise, rule->n_premises, &gives, &follows, &err));
        if (!follows && geo_holds(&gives, at)) continue; /* true in this figure, and not derived: it may follow */
        check_ok(geo_judge_z3(smt, rule->premise, rule->n_premises, rule->guard, rule->n_guards, &gives, &scratch,
                              &verdict, &err));
        if (verdict == (follows ? SMT_SAT : SMT_UNSAT))
            fail_msg("case %zu, rule %.*s: Z3 %s", (size_t)i, TEXT_ARG(rule->id),
                     follows ? "refutes what is proved" : "proves what is false in a figure");
        count[follows][verdict]++;
        cases++;
    }
    size_t proved = count[1][SMT_UNSAT], refuted = count[0][SMT_SAT];
    print_message("Z3: %zu steps proved by both, %zu refuted by both; unknown %zu that follow and %zu that do not\n",
                  proved, refuted, count[1][SMT_UNKNOWN], count[0][SMT_UNKNOWN]);
    smt_free(smt);
    arena_done(&scratch);
    assert_true(5 * proved >= cases && 5 * refuted >= cases);
}

int main(int argc, char **argv) {
    const struct CMUnitTest all[] = {
        cmocka_unit_test(prolog_finds_the_same),
        cmocka_unit_test(z3_says_the_same),
    };
    const struct CMUnitTest z3[] = {cmocka_unit_test(z3_says_the_same)};
    uint64_t n;
    if (argc != 2 || !text_to_u64(text_of(argv[1]), &n) || n > 100000)
        return cmocka_run_group_tests(all, setup, teardown);
    n_steps = (size_t)n;
    limits = (struct smt_limits){.seconds = 300, .steps = 400000};
    return cmocka_run_group_tests(z3, setup, teardown);
}
