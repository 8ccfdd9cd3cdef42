/* Drawings of cases: nothing overlaps and all is inside, links end at shapes of theirs, text cannot become markup, what
 * a check found is said in words. */
#include "check.h"

#include "base/rng.h"
#include "formalize/case/case_read.h"
#include "report/case_picture.h"

static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 29);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

static bool apart(const struct case_box *a, const struct case_box *b) {
    return a->x + a->width <= b->x || b->x + b->width <= a->x || a->y + a->height <= b->y || b->y + b->height <= a->y;
}

static void check_layout(const struct assurance_case *c) {
    struct case_layout layout;
    check_ok(case_layout(c, &arena, &layout, &err));
    for (size_t i = 0; i < c->n_nodes; i++) {
        const struct case_box *a = &layout.box[i];
        assert_true(a->x >= 0 && a->y >= 0 && a->x + a->width <= layout.width && a->y + a->height <= layout.height);
        for (size_t k = 0; k < i; k++)
            if (!apart(a, &layout.box[k])) fail_msg("%s and %s overlap", c->nodes[i].id, c->nodes[k].id);
        for (size_t k = 0; k < c->nodes[i].n_supported_by; k++)
            assert_true(layout.box[c->nodes[i].supported_by[k]].rank > a->rank);
    }
}

/* A drawn case of goals, each below an earlier one, some below two; contexts beside, some beside two. */
static void draw_case(struct rng *rng, struct buffer *out) {
    size_t n = 2 + rng_below(rng, 40), contexts = rng_below(rng, 6);
    for (size_t i = 0; i < n; i++) {
        buffer_printf(out, "G%zu: {text: %.*s", i, (int)rng_below(rng, 120),
                      "long words of a claim that is broken into lines and goes on until there is no room left for more "
                      "words of it");
        buffer_put_c(out, ", supportedBy: [");
        for (size_t k = i + 1; k < n; k++)
            if ((k - 1) / 3 == i || rng_below(rng, 40) == 0) buffer_printf(out, "G%zu, ", k);
        buffer_put_c(out, "], inContextOf: [");
        for (size_t k = 0; k < contexts; k++)
            if (i == 0 || rng_below(rng, 8) == 0) buffer_printf(out, "C%zu, ", k);
        buffer_put_c(out, "]}\n");
    }
    for (size_t k = 0; k < contexts; k++) buffer_printf(out, "C%zu: {text: beside}\n", k);
}

static void nothing_overlaps(void **state) {
    struct rng rng = rng_stream(1, "test/case_picture", 0);
    (void)state;
    for (size_t round = 0; round < 100; round++) {
        struct assurance_case c;
        struct buffer text;
        buffer_init(&text, 1 << 20);
        draw_case(&rng, &text);
        check_ok(case_read_text(buffer_text(&text), "c.yaml", CASE_SOME_ROOTS, &arena, &c, &err));
        check_layout(&c);
        case_done(&c);
        buffer_done(&text);
    }
}

static const char hostile[] = "module: {name: '</title><script>x</script>'}\n"
                              "G1: {text: '<script>alert(1)</script> \" onload=\"x', supportedBy: ['S\"><b>', G2]}\n"
                              "'S\"><b>': {text: \"\\u202e]]> & <img src=x>\", undeveloped: true}\n"
                              "G2: {formal: '<style>*{}</style>'}\n";

static void text_is_no_markup(void **state) {
    static const char *const marks[] = {"refuted", NULL, "holds"};
    static const bool doubtful[] = {true, true, false};
    const struct case_marks found = {marks, doubtful};
    const struct case_picture_format *formats;
    size_t n = case_picture_formats(&formats);
    struct assurance_case c;
    (void)state;
    check_ok(case_read_text(TEXT(hostile), "c.yaml", CASE_ONE_ROOT, &arena, &c, &err));
    for (size_t i = 0; i < n; i++) {
        struct buffer out;
        buffer_init(&out, 1 << 24);
        check_ok(formats[i].write(&c, &found, &out, &err));
        assert_non_null(strstr(out.at, "refuted"));
        assert_non_null(strstr(out.at, "holds"));
        if (strcmp(formats[i].name, "svg") == 0 || strcmp(formats[i].name, "html") == 0) {
            assert_null(strstr(out.at, "<script"));
            assert_null(strstr(out.at, "<img"));
            assert_null(strstr(out.at, "<b>"));
            assert_null(strstr(out.at, "<style>*"));
            assert_non_null(strstr(out.at, "class=\"shape refuted doubtful\""));
        }
        if (strcmp(formats[i].name, "text") == 0) assert_null(strstr(out.at, "\xe2\x80\xae"));
        buffer_done(&out);
    }
    case_done(&c);
}

static void large_cases_are_refused(void **state) {
    struct assurance_case c;
    struct buffer text;
    struct case_layout layout;
    (void)state;
    buffer_init(&text, 1 << 24);
    for (int i = 0; i < CASE_DRAWN_MOST; i++) buffer_printf(&text, "G%d: {supportedBy: G%d}\n", i, i + 1);
    buffer_printf(&text, "G%d: {}\n", CASE_DRAWN_MOST);
    check_ok(case_read_text(buffer_text(&text), "c.yaml", CASE_ONE_ROOT, &arena, &c, &err));
    check_fails(case_layout(&c, &arena, &layout, &err), ERROR_DATA, "at most 5000 are drawn");
    c.n_nodes--; /* as deep as is allowed */
    c.nodes[CASE_DRAWN_MOST - 1].n_supported_by = 0;
    check_ok(case_layout(&c, &arena, &layout, &err));
    c.n_nodes++;
    case_done(&c);
    buffer_done(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_overlaps), cmocka_unit_test(text_is_no_markup),
                                       cmocka_unit_test(large_cases_are_refused)};
    return cmocka_run_group_tests_name("case_picture", tests, setup, teardown);
}
