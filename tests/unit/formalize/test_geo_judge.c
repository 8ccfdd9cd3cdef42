/* The closure against a judge that shares no code with it: Prolog finds the same facts in small figures. Derived facts
 * and those that are only true in the figure are at least a fifth of the cases each. */
#include "check.h"

#include "base/rng.h"
#include "formalize/geometry/geo_judge.h"
#include "geometry/geo_problem.h"

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

/* Rules of coll, para, perp, cong, mid, cyc alone. */
static const char plain_rules[] =
    "G05|parallels sharing a point|para A B A C||coll A B C\n"
    "G11|four points at one distance|cong O A O B; cong O B O C; cong O C O D|distinct A B C D|cyc A B C D\n"
    "G16|midline is parallel|mid E A B; mid F A C|ncoll A B C|para E F B C\n"
    "G29|right angle, hypotenuse midpoint|perp A B B C; mid M A C||cong M A M B; cong M B M C\n"
    "G30|diameter sees a right angle|centre O A B C; coll O A C|diff A C; distinct A B C|perp A B B C\n"
    "G32|point on perpendicular bisector|mid M A B; perp O M A B||cong O A O B\n"
    "G33|two equidistant points|cong A P B P; cong A Q B Q|diff P Q; diff A B|perp A B P Q\n"
    "G35|bisecting diagonals|mid M A B; mid M C D|ncoll A C D|para A C B D; para A D B C\n"
    "G36|parallelogram diagonals|mid M A B; para A C B D; para A D B C|ncoll A B D|mid M C D\n"
    "G37|parallelogram sides|para A B C D; para A D B C|ncoll A B C|cong A B C D; cong A D B C\n"
    "G39|midpoint unfolds|mid M A B||coll M A B; cong M A M B\n"
    "G40|midpoint recognised|coll M A B; cong M A M B|diff A B|mid M A B\n"
    "G58|orthocentre|perp H A B C; perp H B A C|ncoll A B C; diff H C|perp H C A B\n"
    "G60|rhombus diagonals|para A B C D; para A D B C; cong A B B C|ncoll A B C|perp A C B D\n"
    "G61|rectangle diagonals|para A B C D; para A D B C; perp A B B C|ncoll A B C|cong A C B D\n"
    "G62|two right angles over one segment|perp A P P B; perp A Q Q B|distinct A B P Q|cyc A B P Q\n"
    "G63|common chord of two circles|cong O A O B; cong W A W B|diff O W; diff A B|perp O W A B\n"
    "G64|translated segment|para A B C D; cong A B C D|ncoll A B C; samedir A B C D|para A C B D; cong A C B D\n"
    "G66|median equal to half its side|mid M A C; cong M A M B|ncoll A B C|perp A B B C\n"
    "G68|centre over a chord|cong O A O B; cong O B O C; mid M A C|diff O M|perp O M A C\n";

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
    check_ok(geo_rules_read(text_of(plain_rules), "plain", &arena, &rules, &err));
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prolog_finds_the_same),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
