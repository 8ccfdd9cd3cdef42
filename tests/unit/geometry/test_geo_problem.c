/* Problems: every construction is drawn and its facts hold, faults are named, figures and drawings repeat. */
#include "check.h"

#include "geometry/geo_draw.h"
#include "geometry/geo_problem.h"

static struct error err;
static struct geo_problem problem;

/* "p q = square a b p q" behind six or eight free points, with 1/2 or 60o for a number. */
static void one_of(const struct geo_construction *c, char *out, size_t most) {
    char given[64] = "", made[32] = "";
    bool angle = strcmp(c->name, "s_angle") == 0;
    for (size_t i = 0; c->takes[i]; i++) {
        char word[8];
        if (c->takes[i] == '#') continue;
        snprintf(word, sizeof word, " g%zu", i);
        strcat(given, word);
    }
    for (size_t i = 0; c->makes[i]; i++) {
        char word[8];
        snprintf(word, sizeof word, " m%zu", i);
        strcat(made, word);
    }
    bool number = strchr(c->takes, '#') != NULL;
    snprintf(out, most,
             "g0 = free g0; g1 = free g1; g2 = free g2; g3 = free g3; g4 = free g4; g5 = free g5; g6 = free g6; "
             "%s = %s%s%s%s",
             made + 1, c->name, c->last ? given : made, c->last ? made : given,
             number ? (angle ? " 60o" : " 1/2") : "");
}

static void every_construction(void **state) {
    const struct geo_construction *all;
    size_t n = geo_constructions(&all), drawn = 0;
    (void)state;
    for (size_t i = 0; i < n; i++) {
        char text[400];
        struct geo_figure f, g;
        one_of(&all[i], text, sizeof text);
        check_ok(geo_problem_read(text_of(text), text_of(all[i].name), "f", 1, &problem, &err));
        if (all[i].undrawn) {
            check_fails(geo_figure_draw(&problem, "f", 1, false, &f, &err), ERROR_DATA, "not be drawn");
            continue;
        }
        if (strcmp(all[i].name, "e5128") == 0) continue; /* its angle holds for a triangle of a kind, not for any */
        if (!geo_figure_draw(&problem, "f", 1, false, &f, &err)) fail_msg("%s: %s", text, err.message);
        check_ok(geo_figure_draw(&problem, "f", 1, false, &g, &err));
        assert_memory_equal(f.at, g.at, f.n * sizeof *f.at);
        for (size_t k = 0; k < problem.n_premises; k++) assert_true(geo_holds(&problem.premise[k], f.at));
        drawn++;
    }
    assert_true(drawn >= 60);
}

static void faults_are_named(void **state) {
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"a b = segmnt a b", "f:7: clause 1: no construction 'segmnt'; did you mean 'segment'"},
        {"a b = segment a b; c = midpoint c a d", "clause 2: no point 'd'"},
        {"a b = segment a b; c = on_line c a b, on_circle c a b, on_bline c a b", "point 'c' has 3 conditions"},
        {"a b = segment a b; a = free a", "placed twice: 'a'"},
        {"a b = segment a b; c = midpoint a c b", "already placed: 'a'"},
        {"a b = segment a b; c = midpoint c c b", "placed by itself: 'c'"},
        {"a b = segment a b; c = midpoint c", "midpoint takes 3 points, found 1"},
        {"a b = segment a b; c = lconst c a x", "no number 'x'"},
        {"a b = segment a b; c", "expected 'points = constructions'"},
        {"a = free a", "fewer than two points"},
        {"a b = segment a b ? perp a b a c", "goal: no point 'c'"},
        {"a b = segment a b ? perpp a b a b", "did you mean 'perp'"},
        {"a b = segment a b ? rconst a b a b", "takes 5 words"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(geo_problem_read(text_of(bad[i].text), TEXT("x"), "f", 7, &problem, &err), ERROR_DATA, bad[i].says);
    char many[4000] = "";
    for (size_t i = 0; i < 70; i++) snprintf(many + strlen(many), 40, "p%zu = free p%zu; ", i, i);
    check_fails(geo_problem_read(text_of(many), TEXT("x"), "f", 7, &problem, &err), ERROR_DATA, "too many points");
}

/* What cannot be drawn: points that coincide, numbers that contradict one another, goals that are false. */
static void what_cannot_be(void **state) {
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"a b = segment a b; c = midpoint c a b; d = mirror d a c", "points 'b' and 'd' coincide"},
        {"a = free a; b = lconst b a 3; c = lconst c a 1, lconst c b 1", "clause 3, 'c'"},
        {"a b c = triangle a b c; d = on_line d a b, on_pline d c a b", "its conditions do not meet"},
        {"a b c = triangle a b c ? cong a b a c", "the goal is false"},
    };
    struct geo_figure f;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_ok(geo_problem_read(text_of(bad[i].text), TEXT("x"), "f", 7, &problem, &err));
        check_fails(geo_figure_draw(&problem, "f", 1, true, &f, &err), ERROR_DATA, bad[i].says);
        assert_non_null(strstr(err.message, "f:7"));
    }
}

static void names_do_not_overlap(void **state) {
    static const char text[] =
        "a b c = triangle a b c; m n p = triangle m n p; d = midpoint d a b; e = midpoint e b c; "
        "f = midpoint f c a; g = foot g a b c; h = foot h b c a; o = circle o a b c; "
        "long1 = midpoint long1 a d; long2 = midpoint long2 a e";
    struct geo_figure f;
    (void)state;
    check_ok(geo_problem_read(text_of(text), TEXT("names"), "f", 1, &problem, &err));
    check_ok(geo_figure_draw(&problem, "f", 1, false, &f, &err));
    struct geo_label label[GEO_POINTS_MOST];
    struct geo_point pixel[GEO_POINTS_MOST];
    for (size_t i = 0; i < f.n; i++) /* all in one small place */
        pixel[i] = (struct geo_point){250 + 20 * (f.at[i].x - f.at[0].x), 250 + 20 * (f.at[i].y - f.at[0].y)};
    assert_true(geo_labels_place(&problem.names, pixel, label));
    for (size_t i = 0; i < f.n; i++) {
        assert_true(label[i].x >= 0 && label[i].x <= GEO_PICTURE && label[i].y >= 0 && label[i].y <= GEO_PICTURE);
        for (size_t k = 0; k < i; k++) {
            bool apart = fabs(label[i].x - label[k].x) >= (label[i].width + label[k].width) / 2 ||
                         fabs(label[i].y - label[k].y) >= (label[i].height + label[k].height) / 2;
            assert_true(apart);
        }
    }
    struct buffer one, two;
    buffer_init(&one, 1 << 20);
    buffer_init(&two, 1 << 20);
    check_ok(geo_draw(&problem, &f, &one, &err) && geo_draw(&problem, &f, &two, &err));
    assert_string_equal(one.at, two.at);
    assert_non_null(strstr(one.at, ">long2</text>"));
    buffer_done(&one);
    buffer_done(&two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_construction),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(what_cannot_be),
        cmocka_unit_test(names_do_not_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
