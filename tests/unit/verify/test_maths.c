/* Equality of answers in mathematics: pairs that people would call equal or not, the rules of strictness, and 120
 * public answers against one another. */
#include "check.h"

#include "base/json.h"
#include "verify/maths.h"

static struct arena arena;
static struct error err;
static const char *root;

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

static bool equal_by(bool (*rule)(struct text, struct text, struct arena *, bool *, struct error *), const char *a,
                     const char *b) {
    bool equal;
    check_ok(rule(text_of(a), text_of(b), &arena, &equal, &err));
    return equal;
}

static void boxes(void **state) {
    struct text inside;
    (void)state;
    assert_true(maths_boxed(TEXT("so \\boxed{1} or \\boxed{\\frac{1}{2}}."), &inside));
    assert_true(text_equal_c(inside, "\\frac{1}{2}"));
    assert_true(maths_boxed(TEXT("\\fbox{}"), &inside));
    assert_int_equal(inside.len, 0);
    assert_false(maths_boxed(TEXT("\\boxed{1"), &inside));
    assert_false(maths_boxed(TEXT("1"), &inside));
}

static void strict_forms(void **state) {
    static const char *const same[][2] = {
        {"\\dfrac{14}{3}", "\\frac{14}{3}"},
        {"\\frac43", "\\frac{4}{3}"},
        {"14/3", "\\frac{14}{3}"},
        {"\\sqrt3", "\\sqrt{3}"},
        {"0.5", "\\frac{1}{2}"},
        {".25", "0.25"},
        {"x = 5", "5"},
        {"90^\\circ", "90"},
        {"12\\text{ cm}", "12"},
        {"50\\%", "50"},
        {"\\$3", "3"},
        {"\\left( 3, \\frac{\\pi}{2} \\right)", "(3,\\frac{\\pi}{2})"},
        {"1\\!000", "1000"},
        {" 6 - 5i ", "6-5i"},
        {"11\\sqrt2", "11\\sqrt{2}"},
    };
    static const char *const other[][2] = {
        {"14/3", "14/4"},
        {"xyz = 5", "5"},
        {"0.50", "\\frac{1}{2}"},
        {"(1,2)", "[1,2]"},
        {"2\\sqrt{3}", "3\\sqrt{2}"},
        {"A", "a"},
        {"\\rightarrow", "arrow"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (!equal_by(maths_equal_strict, same[i][0], same[i][1]))
            fail_msg("'%s' and '%s' are equal", same[i][0], same[i][1]);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (equal_by(maths_equal_strict, other[i][0], other[i][1]))
            fail_msg("'%s' and '%s' differ", other[i][0], other[i][1]);
}

/* answer, reference */
static void lenient_rule(void **state) {
    static const char *const same[][2] = {
        {"x^2+2x+1", "(x+1)^2"},
        {"\\frac{\\sqrt{2}}{2}", "\\frac{1}{\\sqrt{2}}"},
        {"0.1", "\\frac{1}{10}"},
        {"-1/3", "-\\frac{1}{3}"},
        {"\\frac{-1}{3}", "-\\frac{1}{3}"},
        {"7 3/4", "\\frac{31}{4} + 0"},
        {"7\\frac{3}{4}", "7.75"},
        {"-7 3/4", "-7.75"},
        {"3 million", "3000000"},
        {"1,234,567", "1234567"},
        {"12 centimeters", "12"},
        {"5 cm^2", "5"},
        {"\\text{Evelyn}", "evelyn"},
        {"(-2, 1)", "(-2,1)"},
        {"(0.5, 2)", "(\\frac{1}{2},2)"},
        {"[0, 2\\pi)", "[0,\\pi+\\pi)"},
        {"1 - \\sqrt{19} \\pm 2\\sqrt{19} + \\sqrt{19} \\mp", "1 - \\sqrt{19} \\pm 2\\sqrt{19} + \\sqrt{19} \\mp"},
        {"1 \\pm \\sqrt{19}", "1\\pm\\sqrt{19}"},
        {"2\\cdot3", "6.0"},
        {"\\sqrt[3]{8}", "2.0"},
        {"e^{i\\pi}", "-1.0"},
        {"(a+5)(b+2)", "ab + 2a + 5b + 10"},
        {"\\cot x", "\\frac{\\cos x}{\\sin x}"},
        {"\\sin^2 x + \\cos^2 x + y", "1+y"},
        {"2k+2", "2(k+1)"},
        {"|{-3}|+x", "3+x"},
        {"\\theta", "\\theta"},
        {"3, 5, 7", "3,5,7"},
        {"sqrt(2)+0.0", "\\sqrt{2}"},
        {"$42$", "42"},
        {"(1,2),(3,4)", "(1, 2), (3, 4)"},
        {"(x+1)(x+2),2x", "x^2+3x+2,x+x"},
        {"42.", "42"},
        {"2^{10}", "1024.0"},
    };
    static const char *const other[][2] = {
        {"\\frac{6}{4}", "\\frac{3}{2}"}, /* two fractions are literal */
        {"\\sqrt{4}", "2"},               /* a whole reference needs a whole answer */
        {"x^2+1", "(x+1)^2"},
        {"(1,2)", "(2,1)"},
        {"(1,2]", "(1,2)"},
        {"1,2,3", "1,2"},
        {"9", "9.5"},
        {"\\text{east}", "\\text{west}"},
        {"a+b+c", "c+b+a"},            /* more than two letters */
        {"x^{y^2}", "x^{y \\cdot y}"}, /* a power inside an exponent */
        {"", "5"},
        {"5", ""},
        {"2516_8", "2516_9"},
        {"52_8", "52"},
        {"1/0", "2/0"},
        {"1,23", "123"},
        {"1234,567", "1234567"},
        {"x", "y"},
        {"13535", "13536"},
        {"9007199254740993.5", "9007199254740995.5"},
        {"pi", "3.14159"},
        {"((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))"
         "))))))))))))))))",
         "1.5"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (!equal_by(maths_equal_lenient, same[i][0], same[i][1]))
            fail_msg("'%s' and '%s' are equal", same[i][0], same[i][1]);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (equal_by(maths_equal_lenient, other[i][0], other[i][1]))
            fail_msg("'%s' and '%s' differ", other[i][0], other[i][1]);
}

/* Every public answer equals itself by both rules, also as a model might write it, and no other one that is written
 * otherwise; what is equal though written otherwise is named here. */
static void public_answers(void **state) {
    char path[512];
    (void)state;
    snprintf(path, sizeof path, "%s/../shared/data/trpa/math500_a.json", root);
    json_t *rows = json_read_file(path, 1 << 24, &err);
    if (!rows) {
        print_message("skip - maths/public answers: %s is not there\n", path);
        skip();
    }
    size_t n = json_array_size(rows), equal_pairs = 0;
    assert_int_equal(n, 120);
    for (size_t i = 0; i < n; i++) {
        const char *a = json_string_value(json_object_get(json_array_get(rows, i), "answer"));
        char *longer = arena_printf(&arena, &err, " $%s$ ", a);
        if (!equal_by(maths_equal_strict, a, a) || !equal_by(maths_equal_lenient, a, a))
            fail_msg("'%s' is not itself", a);
        if (!equal_by(maths_equal, longer, a)) fail_msg("'%s' is not '%s'", longer, a);
        for (size_t k = 0; k < n; k++) {
            arena_reset(&arena);
            const char *b = json_string_value(json_object_get(json_array_get(rows, k), "answer"));
            bool same = equal_by(maths_equal, a, b);
            if (same && strcmp(a, b) != 0 && !equal_by(maths_equal_strict, a, b))
                print_message("# '%s' = '%s'\n", a, b);
            equal_pairs += same && !equal_by(maths_equal_strict, a, b);
        }
    }
    assert_int_equal(equal_pairs, 0);
    json_decref(rows);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {cmocka_unit_test(boxes), cmocka_unit_test(strict_forms),
                                       cmocka_unit_test(lenient_rule), cmocka_unit_test(public_answers)};
    return cmocka_run_group_tests_name("maths", tests, setup, teardown);
}
