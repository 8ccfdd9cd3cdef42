/* The table of tests of a comparison: see compare.h. A test is a file of its own and a row here. */
#include "measure/compare/compare_internal.h"

#include <string.h>

static const struct compare_test *const tests[] = {
    &compare_test_paired, &compare_test_noninferior, &compare_test_flips,    &compare_test_same,
    &compare_test_kl,     &compare_test_honesty,     &compare_test_pairwise, &compare_test_lineage};
#define TESTS (sizeof tests / sizeof *tests)

size_t compare_tests(const struct compare_test *const **out) {
    *out = tests;
    return TESTS;
}

static bool unknown_test(struct text name, struct error *err) {
    const char *names[TESTS];
    struct buffer list;
    buffer_init(&list, 400);
    for (size_t i = 0; i < TESTS; i++) {
        names[i] = tests[i]->name;
        buffer_printf(&list, "%s%s", i ? ", " : "", names[i]);
    }
    const char *near = text_nearest(name, names, TESTS);
    error_set(err, ERROR_USAGE, "no test '%.*s'%s%s%s; there are: %s (`basanite methods test`)",
              (int)(name.len < 80 ? name.len : 80), name.at, near ? "; did you mean '" : "", near ? near : "",
              near ? "'?" : "", list.at ? list.at : "");
    buffer_done(&list);
    return false;
}

bool compare_use_parse(const char *spec, struct arena *arena, struct compare_use *out, struct error *err) {
    struct text name = spec_name(text_of(spec));
    *out = (struct compare_use){.spec = text_copy(arena, text_of(spec), err)};
    for (size_t i = 0; i < TESTS; i++)
        if (text_equal_c(name, tests[i]->name)) out->test = tests[i];
    if (!out->test) return unknown_test(name, err);
    out->options =
        out->spec ? spec_parse(arena, text_of(out->spec), out->test->options, out->test->n_options, err) : NULL;
    return out->options != NULL;
}
