/* Closures and proofs: found, standing by themselves step by step, different from one another; nothing accidental is
 * proved; limits end a closure; planted faults are found and nothing else. */
#include "check.h"

#include "base/rng.h"
#include "geometry/geo_check.h"
#include "geometry/geo_problem.h"

static struct arena arena;
static struct error err;
static struct geo_rules rules;
static struct geo_problem problem;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    return geo_rules_builtin(true, &arena, &rules, &err) ? 0 : -1;
}
static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct geo_figure figure_of(const char *text) {
    struct geo_figure f;
    check_ok(geo_problem_read(text_of(text), TEXT("test"), "f", 1, &problem, &err));
    check_ok(geo_figure_draw(&problem, "f", 1, true, &f, &err));
    return f;
}

static struct geo_closed close_it(const char *text, const struct geo_limits *limits, size_t *facts) {
    struct geo_figure f = figure_of(text);
    struct geo_closed closed;
    struct geo_scene scene;
    bool fresh;
    check_ok(geo_scene_init(&scene, f.at, f.n, &err));
    for (size_t i = 0; i < problem.n_premises; i++) {
        const struct geo_known what = {.fact = problem.premise[i], .reason = GEO_GIVEN};
        check_ok(geo_scene_add(&scene, &what, &fresh, &err));
    }
    check_ok(geo_close(&scene, &rules, problem.goal, problem.n_goals, limits, &closed, &err));
    if (facts) *facts = scene.n_known;
    geo_scene_done(&scene);
    return closed;
}

static size_t proofs_of(const char *text, size_t most, struct geo_proof *out, struct geo_figure *f) {
    const struct geo_limits limits = {.seconds = 30};
    struct geo_known given[GEO_PREMISES_MOST];
    struct geo_closed closed;
    size_t n;
    *f = figure_of(text);
    for (size_t i = 0; i < problem.n_premises; i++)
        given[i] = (struct geo_known){.fact = problem.premise[i], .reason = GEO_GIVEN};
    check_ok(geo_prove_all(f->at, f->n, given, problem.n_premises, &rules, problem.goal, problem.n_goals, &limits, 0.3,
                           &arena, out, most, &n, &closed, &err));
    return n;
}

static const char *const solvable[] = {
    "a b c = triangle a b c; h = orthocenter h a b c; d = foot d a b c; e = foot e b c a; m = midpoint m a b ? cong m "
    "d m e",
    "a b c = triangle a b c; o = circle o a b c; d = on_circle d o a; q = midpoint q c b; s = midpoint s a d; "
    "j = midpoint j s q; m = mirror m o j; i = on_line i a d, on_line i b c ? perp s m b c",
    "a b c = triangle a b c; d = foot d c a b; e = foot e b a c; f = midpoint f c b; g = midpoint g d e ? perp f g d e",
    "a b c = triangle a b c; i = incenter i a b c; d = foot d i a b; e = foot e i a c ? cong a d a e",
    "a b c d = isquare a b c d; e = on_line e b d, on_circle e b c; f = on_tline f e b d, on_line f d c ? cong e d c f",
    "a b c = triangle a b c; m = midpoint m a b; n = midpoint n b c; p = midpoint p a c; f1 = foot f1 a b c; "
    "f2 = foot f2 b a c; f3 = foot f3 c a b ? cyclic m n p f1 f2 f3",
};
enum { SOLVABLE = sizeof solvable / sizeof *solvable };

static void cited_by(const struct geo_proof *p, const struct geo_step *s, struct geo_fact *out) {
    for (size_t i = 0; i < s->n_from; i++) out[i] = p->step[s->from[i]].gives;
}

static void proofs_stand(void **state) {
    (void)state;
    for (size_t k = 0; k < SOLVABLE; k++) {
        struct geo_proof proof[4];
        struct geo_figure f;
        size_t n = proofs_of(solvable[k], 4, proof, &f);
        if (!n) fail_msg("not proved: %s", solvable[k]);
        for (size_t m = 0; m < n; m++) {
            for (size_t i = 0; i < m; i++) assert_true(geo_proof_distance(&proof[i], &proof[m]) >= 0.3);
            for (size_t i = 0; i < proof[m].n; i++) {
                const struct geo_step *s = &proof[m].step[i];
                struct geo_fact cited[GEO_CITED_MOST];
                bool follows;
                assert_true(geo_holds(&s->gives, f.at));
                if (s->reason == GEO_GIVEN) continue;
                cited_by(&proof[m], s, cited);
                check_ok(
                    geo_follows_strictly(f.at, f.n, &rules, s->reason, cited, s->n_from, &s->gives, &follows, &err));
                if (!follows) fail_msg("problem %zu: step %zu does not stand", k, i);
            }
        }
    }
}

/* True in the figure by choice of its coordinates: no rule may give it. */
static void accidents_are_not_proved(void **state) {
    const struct geo_point at[] = {{0, 0}, {3, 0}, {0, 4}, {3, 4}, {1.5, 0}};
    static const char *const accident[] = {"perp a b a c", "cong a b c d", "para a b c d", "mid e a b", "cong a d b c"};
    struct geo_names names = {{TEXT("a"), TEXT("b"), TEXT("c"), TEXT("d"), TEXT("e")}, 5};
    struct geo_scene scene;
    struct geo_closed closed;
    const struct geo_limits limits = {0};
    bool fresh;
    (void)state;
    check_ok(geo_scene_init(&scene, at, 5, &err));
    const struct geo_known coll = {.fact = {.kind = GEO_COLL, .n = 3, .at = {0, 1, 4}, .value = {0, 1}},
                                   .reason = GEO_GIVEN};
    check_ok(geo_scene_add(&scene, &coll, &fresh, &err));
    check_ok(geo_close(&scene, &rules, NULL, 0, &limits, &closed, &err));
    assert_true(closed.complete);
    assert_int_equal(scene.n_known, 1);
    for (size_t i = 0; i < sizeof accident / sizeof *accident; i++) {
        struct geo_fact f;
        check_ok(geo_fact_read(text_of(accident[i]), &names, false, &f, &err));
        assert_true(geo_holds(&f, at));
        assert_false(geo_scene_knows(&scene, &f));
    }
    const struct geo_known wrong = {.fact = {.kind = GEO_CONG, .n = 4, .at = {0, 1, 0, 2}, .value = {0, 1}}};
    check_fails(geo_scene_add(&scene, &wrong, &fresh, &err), ERROR_DATA, "false in the figure");
    geo_scene_done(&scene);
}

static void a_scene_of_twelve_points(void **state) {
    const struct geo_limits limits = {0};
    size_t facts;
    double begun = check_seconds();
    (void)state;
    struct geo_closed closed = close_it(
        "a b c = triangle a b c; h = orthocenter h a b c; d = foot d a b c; e = foot e b c a; f = foot f c a b; "
        "o = circle o a b c; m = midpoint m b c; n = midpoint n c a; p = midpoint p a b; q = circle q d e f; "
        "r = midpoint r a h",
        &limits, &facts);
    assert_true(closed.complete && facts > 100);
    assert_true(check_seconds() - begun < 1);
}

static void limits_end_it(void **state) {
    char text[4000] = "p0 p1 p2 = triangle p0 p1 p2";
    const struct geo_limits few = {.facts = 50}, brief = {.seconds = 0.05};
    (void)state;
    for (size_t i = 3; i < 40; i++)
        snprintf(text + strlen(text), 60, "; p%zu = %s p%zu p%zu p%zu", i, i % 3 ? "midpoint" : "mirror", i, i - 3,
                 i - 1);
    struct geo_closed closed = close_it(text, &few, NULL);
    assert_false(closed.complete);
    assert_string_equal(closed.why, "facts");
    closed = close_it(text, &brief, NULL);
    assert_false(closed.complete);
    assert_non_null(closed.why);
}

/* ---- planted faults */

/* Spoils a step in one of five ways; false: this way does nothing here. */
static bool spoil(struct rng *rng, const struct geo_proof *p, size_t step, struct geo_fact *gives,
                  struct geo_fact *cited, size_t *n_cited, int *reason) {
    struct geo_fact before = *gives;
    switch (rng_below(rng, 5)) {
    case 0: { /* two points change places */
        size_t i = rng_below(rng, gives->n), k = rng_below(rng, gives->n);
        uint8_t swap = gives->at[i];
        gives->at[i] = gives->at[k], gives->at[k] = swap;
        break;
    }
    case 1: /* a premise is dropped */
        if (!*n_cited) return false;
        *cited = cited[--*n_cited];
        return true;
    case 2: /* another rule, of facts of another kind */
        *reason = (int)rng_below(rng, rules.n);
        for (size_t i = 0; i < rules.at[*reason].n_gives; i++) {
            struct geo_fact part[3], whole = rules.at[*reason].gives[i];
            geo_fact_parts(&whole, part);
            if (geo_table_of(part[0].kind) == geo_table_of(gives->kind)) return false;
        }
        return true;
    case 3: /* the conclusion of another step */
        *gives = p->step[rng_below(rng, p->n)].gives;
        for (size_t i = 0; i < *n_cited; i++)
            if (geo_fact_equal(gives, &cited[i])) return false;
        break;
    default: /* a similarity turned over */
        if (gives->kind != GEO_SIM && gives->kind != GEO_SIMR) return false;
        gives->kind = gives->kind == GEO_SIM ? GEO_SIMR : GEO_SIM;
        break;
    }
    struct geo_fact now = geo_fact_canonical(*gives);
    return !geo_fact_equal(&now, &before) && !geo_fact_is_trivial(&now) && step < p->n;
}

/* A spoilt step may still follow: its new conclusion can be another one of the same rule from the same facts, and facts
 * may be dropped that other cited ones imply. Such steps are right, and are not counted as planted. */
static bool still_right(const struct geo_figure *f, const struct geo_claim *claim, const struct geo_step *was) {
    bool follows = false;
    if (geo_holds(claim->gives, f->at) && !geo_fact_is_degenerate(claim->gives))
        check_ok(geo_follows_strictly(f->at, f->n, &rules, was->reason, claim->cited, claim->n_cited, claim->gives,
                                      &follows, &err));
    return follows && claim->rule[0] == was->reason;
}

static void planted_faults_are_found(void **state) {
    size_t planted = 0, right = 0, by_fault[GEO_FAULTS] = {0};
    (void)state;
    for (size_t k = 0; k < SOLVABLE; k++) {
        struct geo_proof proof;
        struct geo_figure f;
        proofs_of(solvable[k], 1, &proof, &f);
        for (size_t round = 0; round < 10; round++)
            for (size_t i = 0; i < proof.n; i++) {
                struct rng rng = rng_stream(23, "test/planted", (k * 100 + round) * 1000 + i);
                const struct geo_step *s = &proof.step[i];
                struct geo_fact cited[GEO_CITED_MOST], gives = s->gives;
                size_t n_cited = s->n_from;
                enum geo_fault fault;
                int reason = s->reason;
                if (s->reason == GEO_GIVEN) continue;
                cited_by(&proof, s, cited);
                bool wrong = rng_unit(&rng) < 0.4 && spoil(&rng, &proof, i, &gives, cited, &n_cited, &reason);
                if (!wrong) {
                    gives = s->gives, n_cited = s->n_from, reason = s->reason;
                    cited_by(&proof, s, cited);
                }
                gives = geo_fact_canonical(gives);
                const struct geo_claim claim = {&gives, {reason, 0}, 1, cited, n_cited, false};
                if (wrong && still_right(&f, &claim, s)) continue;
                check_ok(geo_judge_step(f.at, f.n, &rules, &claim, true, &fault, &err));
                if (wrong != (fault != GEO_VALID))
                    fail_msg("problem %zu, step %zu: %s, judged %s", k, i, wrong ? "spoilt" : "right",
                             geo_fault_name(fault));
                if (wrong && !geo_holds(&gives, f.at)) assert_int_equal(fault, GEO_FALSE);
                planted += wrong;
                right += !wrong;
                by_fault[fault]++;
            }
    }
    assert_true(planted >= 100 && right >= 100);
    assert_true(by_fault[GEO_FALSE] && by_fault[GEO_UNDERIVED] && by_fault[GEO_WRONG_RULE]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proofs_stand),
        cmocka_unit_test(accidents_are_not_proved),
        cmocka_unit_test(a_scene_of_twelve_points),
        cmocka_unit_test(limits_end_it),
        cmocka_unit_test(planted_faults_are_found),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
