/* Facts in their one form, and rules: the 68 hold in every figure that is drawn of them, broken ones do not. */
#include "check.h"

#include "base/rng.h"
#include "geometry/geo_match.h"

static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 26);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

/* Two facts about random points are the same in their one form just when they say the same in random figures: with the
 * residual of one as a number that no other fact has. */
static void one_form(void **state) {
    static const enum geo_kind kinds[] = {GEO_COLL, GEO_PARA, GEO_PERP,  GEO_CONG,  GEO_MID,  GEO_CYC,
                                          GEO_SIM,  GEO_SIMR, GEO_SQSUM, GEO_EQANG, GEO_EQRAT};
    struct rng rng = rng_stream(3, "test/forms", 0);
    struct geo_point at[5];
    size_t same = 0, other = 0;
    (void)state;
    for (size_t i = 0; i < 5; i++) at[i] = (struct geo_point){rng_normal(&rng), rng_normal(&rng)};
    for (size_t trial = 0; trial < 200000; trial++) {
        struct geo_fact a = {.kind = kinds[trial % 11], .value = {0, 1}}, b;
        a.n = (uint8_t)geo_kind_points(a.kind);
        b = a;
        for (size_t i = 0; i < a.n; i++) {
            a.at[i] = (uint8_t)rng_below(&rng, 5);
            b.at[i] = rng_unit(&rng) < 0.5 ? a.at[i] : (uint8_t)rng_below(&rng, 5);
        }
        size_t x = rng_below(&rng, a.n), y = rng_below(&rng, a.n);
        uint8_t swap = b.at[x];
        b.at[x] = b.at[y], b.at[y] = swap;
        if (geo_fact_is_degenerate(&a) || geo_fact_is_degenerate(&b)) continue;
        struct geo_fact ca = geo_fact_canonical(a), cb = geo_fact_canonical(b), again = geo_fact_canonical(ca);
        assert_true(geo_fact_equal(&ca, &again));
        bool equal = geo_fact_equal(&ca, &cb);
        if (equal) assert_int_equal(geo_fact_hash(&ca), geo_fact_hash(&cb));
        double r = geo_residual(&a, at), q = geo_residual(&b, at), c = geo_residual(&ca, at);
        /* residuals of cyc, coll, sim and sqsum depend on which point is named first; whether they vanish does not */
        bool exact = a.kind == GEO_PARA || a.kind == GEO_PERP || a.kind == GEO_CONG || a.kind == GEO_EQANG;
        if (exact) check_near(c, r, 1e-9);
        if (exact && equal) check_near(q, r, 1e-9);
        if (exact && fabs(q - r) > 1e-9) assert_false(equal);
        same += equal;
        other += !equal;
    }
    assert_true(same > 1000 && other > 1000);
}

static void read_and_written(void **state) {
    static const char *const good[] = {"coll A B C",      "rat A B C D 3/4", "len A B 5",
                                       "ang A B C D 1/6", "ncoll A B C D",   "eqang A B C D A C B D"};
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"colll A B C", "did you mean 'coll'"}, {"coll A B", "expected 3 points"}, {"para A B C D E", "is too much"},
        {"rat A B C D x", "expected a number"}, {"", "expected a fact"},           {"coll A B Z", "no point 'Z'"}};
    struct geo_names names = {{TEXT("A"), TEXT("B"), TEXT("C"), TEXT("D")}, 4};
    struct geo_fact f;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct buffer out;
        buffer_init(&out, 200);
        check_ok(geo_fact_read(text_of(good[i]), &names, false, &f, &err));
        assert_true(geo_fact_put(&out, &f, &names));
        assert_string_equal(out.at, good[i]);
        buffer_done(&out);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(geo_fact_read(text_of(bad[i].text), &names, false, &f, &err), ERROR_DATA, bad[i].says);
}

static void sixty_eight_hold(void **state) {
    struct geo_rules rules;
    size_t linear = 0;
    (void)state;
    check_ok(geo_rules_builtin(false, &arena, &rules, &err));
    assert_int_equal(rules.n, 68);
    check_ok(geo_rules_builtin(true, &arena, &rules, &err));
    for (size_t i = 0; i < rules.n; i++) {
        struct geo_redraw r;
        check_ok(geo_rule_redraw(&rules.at[i], 100, 5, &r, &err));
        assert_int_equal(r.drawn, 100);
        if (r.wrong) fail_msg("%.*s: wrong in %zu of 100", TEXT_ARG(rules.at[i].id), r.wrong);
        linear += rules.at[i].linear;
    }
    /* G01-G04, G06-G10; G58 has directions alone and does not follow from them */
    assert_int_equal(linear, 9);
    assert_false(geo_rules_find(&rules, TEXT("G58"))->linear);
}

static void broken_ones_fail(void **state) {
    static const char *const broken[] = {
        "G31|without ncoll|cyc A B C D; para A B C D|distinct A B C D|eqang A D C D C D C B; cong A D B C",
        "G21|bisector swapped|eqang A B A D A D A C; coll D B C|ncoll A B C|eqrat D B D C A C A B",
        "G44|without orientation|eqang B A B C Q P Q R; eqang C A C B R P R Q||simr A B C P Q R",
        "G24|sides for angles|cong O A O B|ncoll O A B|eqang O A O B A B O A",
    };
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct geo_rule rule;
        struct geo_redraw r;
        check_ok(geo_rule_read(text_of(broken[i]), &rule, &err));
        check_ok(geo_rule_redraw(&rule, 100, 5, &r, &err));
        if (r.wrong < 10) fail_msg("%.*s: wrong in %zu of 100 only", TEXT_ARG(rule.name), r.wrong);
    }
}

static void faults_are_named(void **state) {
    struct geo_rules rules;
    static const struct {
        const char *text, *says;
    } bad[] = {{"G1|x|coll A B C|", "f:1: expected ID|name"},
               {"# c\nG1|x|coll A B C||col A B C", "f:2: rule G1: no fact 'col'"},
               {"G1|x|ncoll A B C||coll A B C", "'ncoll' is a guard"},
               {"G1|x|coll A B C|para A B A C|coll A B C", "'para' is no guard"},
               {"G1|x|||coll A B C", "no premise"},
               {"G1|x|coll A B C||", "no conclusion"},
               {"G1|x|coll A B C||coll B A C\nG1|x|coll A B C||coll B A C", "f:2: rule G1 stands twice"},
               {"G1|x|coll A B C|ncoll A B D|coll A B C", "no point 'D'"},
               {"", "no rules"}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(geo_rules_read(text_of(bad[i].text), "f", &arena, &rules, &err), ERROR_DATA, bad[i].says);
    struct geo_rule never;
    struct geo_redraw r;
    check_ok(geo_rule_read(TEXT("G1|cannot be|coll A B C|ncoll A B C|coll A C B"), &never, &err));
    check_fails(geo_rule_redraw(&never, 3, 1, &r, &err), ERROR_DATA, "only 0 of 3 figures");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_form),         cmocka_unit_test(read_and_written), cmocka_unit_test(sixty_eight_hold),
        cmocka_unit_test(broken_ones_fail), cmocka_unit_test(faults_are_named),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
