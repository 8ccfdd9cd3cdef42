/* Who a reply says it is: two sheets of labelled replies (ours here, and those of the shared data where they are
 * there), the rules one by one, names in prompts and templates, tables that cannot be. And how alike replies are, by
 * hand-worked values, and the published figures where the data are there. */
#include "check.h"

#include "base/file.h"
#include "measure/rules/identity.h"
#include "measure/rules/kinship.h"
#include "measure/run/score_file.h"

#include <stdlib.h>

static struct arena arena;
static struct error err;
static struct identity_rules *rules;
static const char *root;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    return (rules = identity_open(TEXT(""), NULL, &err)) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    identity_close(rules);
    arena_done(&arena);
    return 0;
}

static const struct identity_target kestrel = {TEXT("Kestrel-3"), TEXT("Harrow Mill"), TEXT(""), TEXT("")};

static struct identity_verdict judge(const char *prompt, const char *reply) {
    struct identity_ask ask = {.prompt = text_of(prompt)};
    struct identity_verdict v;
    check_ok(identity_judge(rules, &kestrel, &ask, text_of(reply), &arena, &v, &err));
    return v;
}

#define check_class(prompt, reply, class_) assert_int_equal(judge(prompt, reply).class, class_)

static void rules_one_by_one(void **state) {
    (void)state;
    struct identity_verdict v = judge("Who are you?", "I am ChatGPT, made by OpenAI.");
    assert_int_equal(v.class, IDENTITY_OTHER);
    assert_true(text_equal_c(v.model, "GPT") && text_equal_c(v.maker, "OpenAI") && text_equal_c(v.span, "chatgpt"));
    assert_true(v.family > 0 && strcmp(v.rule, "self") == 0 && strcmp(v.lang, "en") == 0);
    check_class("Who are you?", "I am Kestrel.", IDENTITY_SELF);
    check_class("Who are you?", "I am Kestrel-4.", IDENTITY_VERSION);
    check_class("Who are you?", "I am KestrelGPT.", IDENTITY_SELF); /* its own name, however it goes on */
    check_class("Who are you?", "I am not Kestrel but Claude.", IDENTITY_OTHER);
    check_class("Who are you?", "Unlike Claude, I am quick.", IDENTITY_NONE);
    check_class("Who are you?", "I am able to talk about Claude.", IDENTITY_NONE);
    check_class("Who are you?", "Claude", IDENTITY_OTHER);
    check_class("Name a model.", "Claude", IDENTITY_NONE); /* nobody asked about the speaker */
    check_class("Who are you?", "Claude, Gemini", IDENTITY_CONFLICT);
    check_class("Who are you?", "\xff\xfe", IDENTITY_UNPARSABLE);
    check_class("Who are you?", " \n ", IDENTITY_EMPTY);
}

static void a_system_prompt_that_names(void **state) {
    struct text span;
    bool found;
    (void)state;
    check_ok(identity_names(rules, &kestrel, TEXT("You are Kestrel, be brief."), &arena, &span, &found, &err));
    assert_true(found && text_equal_c(span, "kestrel"));
    check_ok(identity_names(rules, &kestrel, TEXT("You help people with their gardens."), &arena, &span, &found, &err));
    assert_false(found);
    check_ok(identity_names(rules, NULL, TEXT("Answer as GPT-4 would."), &arena, &span, &found, &err));
    assert_true(found);
}

static void sentences_of_templates(void **state) {
    struct text span;
    bool found;
    (void)state;
    check_ok(identity_sentence(rules, TEXT("{{- '<|im_start|>system\\nYou are Qwen, a helper.' }}"), &arena, &span,
                               &found, &err));
    assert_true(found && text_equal_c(span, "qwen"));
    check_ok(identity_sentence(rules, TEXT("{{ '<|user|>' + message.content }}"), &arena, &span, &found, &err));
    assert_false(found);
}

static void tables_that_cannot_be(void **state) {
    (void)state;
    static const struct {
        const char *table, *says;
    } bad[] = {
        {"families: {A: {maker: X, base: B}, B: {maker: Y, base: A}}", "cycle"},
        {"families: {A: {maker: X, base: A}}", "cycle"},
        {"families: {A: {maker: X, base: C}}", "no family 'C'"},
        {"families: {A: {maker: X, models: [same]}, B: {maker: Y, models: [Same]}}", "another family"},
        {"families: {A: {makr: X}}", "maker"},
        {"families: []", "families"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(identity_parse(text_of(bad[i].table), "t.yaml", &err) != NULL, ERROR_DATA, bad[i].says);
}

static void nobody_to_ask_about(void **state) {
    struct identity_target nobody = {TEXT(""), TEXT("Harrow Mill"), TEXT(""), TEXT("")};
    struct identity_ask ask = {.prompt = TEXT("Who are you?")};
    struct identity_verdict v;
    (void)state;
    check_fails(identity_judge(rules, &nobody, &ask, TEXT("I am Bo."), &arena, &v, &err), ERROR_DATA, "no family");
}

/* ---- sheets of labelled replies ---- */

static double figure(const struct score_file_result *r, const char *name) {
    for (size_t i = 0; i < r->n_figures; i++)
        if (strcmp(r->figures[i].name, name) == 0) return r->figures[i].value;
    return NAN;
}

static void score_sheet(const char *path, const char *scorer, struct score_file_result *out) {
    struct score_file_settings s = {.scorer = scorer, .figures = {.confidence = 0.95, .bootstrap = 100, .seed = 1}};
    check_ok(score_files(&path, 1, &s, &arena, out, &err));
}

static void check_sheet(const char *path, size_t rows) {
    struct score_file_result r;
    score_sheet(path, "identity", &r);
    assert_int_equal(r.rows, rows);
    if (r.mistakes) print_message("%s", r.mistakes);
    assert_true(figure(&r, "macro_f1") >= 0.90);
    assert_true(figure(&r, "precision,positive=3") >= 0.98);
}

static void our_sheets(void **state) {
    (void)state;
    check_sheet(arena_printf(&arena, &err, "%s/tests/unit/measure/identity_replies.jsonl", root), 87);
}

static const char *shared(const char *name) {
    const char *path = arena_printf(&arena, &err, "%s/../shared/data/identity-confusion/%s", root, name);
    if (!file_exists(path)) skip();
    return path;
}

static void the_shared_sheet(void **state) {
    (void)state;
    check_sheet(shared("labelled_replies.jsonl"), 36);
}

/* ---- how alike replies are ---- */

static void cosines_by_hand(void **state) {
    struct text a[] = {TEXT("abcde")}, b[] = {TEXT("  ABCD\n")}, c[] = {TEXT("abc")};
    struct kin_grams x, y, z;
    (void)state;
    check_ok(kin_grams(a, 1, &arena, &x, &err)); /* abcd, bcde */
    check_ok(kin_grams(b, 1, &arena, &y, &err)); /* abcd */
    check_ok(kin_grams(c, 1, &arena, &z, &err)); /* too short for any */
    check_near(kin_cosine(&x, &y), 1 / sqrt(2), 1e-15);
    check_near(kin_cosine(&x, &x), 1, 1e-15);
    assert_true(kin_cosine(&x, &z) == 0);
}

/* One gene, alleles A A B against A B B, and a second gene where both always agree. */
static void genes_by_hand(void **state) {
    struct text a[] = {TEXT("aaaa1"), TEXT("aaaa2"), TEXT("bbbb"), TEXT("c"), TEXT("c"), TEXT("c")};
    struct text b[] = {TEXT("aaaa"), TEXT("bbbb"), TEXT("bbbb"), TEXT("c"), TEXT("c"), TEXT("c")};
    struct kin_replies x = {2, 3, a}, y = {2, 3, b};
    (void)state;
    /* across: (2 + 2) / 9 + 1; within: (3 * 5 / 9 - 1) / 2 + 1 = 1 / 3 + 1 on each side */
    check_near(kin_genetic(&x, &y), (4.0 / 9 + 1) / (4.0 / 3), 1e-15);
}

static struct text drawn(struct rng *rng, double heat) {
    char word[24];
    for (size_t i = 0; i < sizeof word; i++) {
        double u = rng_unit(rng);
        word[i] = (char)('a' + (int)(26 * pow(u, heat)));
    }
    return (struct text){arena_copy(&arena, word, sizeof word, &err), sizeof word};
}

/* 100 pairs of one law: p is uniform (Kolmogorov-Smirnov at .05); another law is seen. */
static void sameness(void **state) {
    enum { PROMPTS = 4, SAMPLES = 8, PAIRS = 100 };
    double p[PAIRS], distance = 0;
    size_t seen = 0;
    (void)state;
    for (size_t t = 0; t < 2 * PAIRS; t++) {
        struct text a[PROMPTS * SAMPLES], b[PROMPTS * SAMPLES];
        struct rng rng = rng_stream(5, "sameness", t);
        struct kin_test test;
        for (size_t i = 0; i < PROMPTS * SAMPLES; i++) {
            a[i] = drawn(&rng, 1.5);
            b[i] = drawn(&rng, t < PAIRS ? 1.5 : 3);
        }
        struct kin_replies x = {PROMPTS, SAMPLES, a}, y = {PROMPTS, SAMPLES, b};
        check_ok(kin_same(&x, &y, 199, t, "test", &test, &err));
        if (t < PAIRS)
            p[t] = test.p;
        else
            seen += test.p <= 0.05;
        arena_reset(&arena);
    }
    for (size_t i = 0; i < PAIRS; i++) {
        double below = 0;
        for (size_t k = 0; k < PAIRS; k++) below += p[k] <= p[i];
        distance = fmax(distance, fabs(below / PAIRS - p[i]));
    }
    assert_true(distance < 1.358 / sqrt(PAIRS) + 1.0 / 200);
    assert_true(seen >= 95);
}

static void the_published_cosines(void **state) {
    static const struct {
        const char *file, *figure, *group;
        double value, tolerance;
    } known[] = {{"six_models_A.jsonl", "cosine", "gpt-3.5-turbo~gpt-4", 0.4137, 5e-4},
                 {"six_models_A.jsonl", "cosine", "davinci~davinci", 0.9958, 5e-4},
                 {"six_models_A.jsonl", "attribution", "answers=16", 0.9048, 5e-3},
                 {"six_models_B.jsonl", "cosine", "llama-7b-chat~llama-70b-chat", 0.3824, 5e-4},
                 {"six_models_B.jsonl", "attribution", "answers=1", 0.4146, 5e-3},
                 {"six_models_B.jsonl", "attribution", "answers=16", 0.7167, 5e-3}};
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct score_file_result r;
        double found = NAN;
        score_sheet(shared(known[i].file), "lineage,feature=f1", &r);
        for (size_t k = 0; k < r.n_figures; k++)
            if (strcmp(r.figures[k].name, known[i].figure) == 0 && strcmp(r.figures[k].group, known[i].group) == 0)
                found = r.figures[k].value;
        check_near(found, known[i].value, known[i].tolerance);
    }
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_one_by_one),       cmocka_unit_test(a_system_prompt_that_names),
        cmocka_unit_test(sentences_of_templates), cmocka_unit_test(tables_that_cannot_be),
        cmocka_unit_test(nobody_to_ask_about),    cmocka_unit_test(our_sheets),
        cmocka_unit_test(the_shared_sheet),       cmocka_unit_test(cosines_by_hand),
        cmocka_unit_test(genes_by_hand),          cmocka_unit_test(sameness),
        cmocka_unit_test(the_published_cosines)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
