/* Conduct, guidelines, wrappers, system prompts and rude words of the pocket world. */
#include "part_check.h"

#include "measure/world/part_conduct.h"
#include "measure/world/world_guidelines.h"
#include "measure/world/world_systems.h"
#include "measure/world/world_toxic.h"
#include "measure/world/world_wrappers.h"

static bool holds(struct text t, struct text part) {
    return text_find(t, part, 0) != SIZE_MAX;
}

/* ---- conduct */

static void test_lenient_rules(void **state) {
    unsigned all = 0;
    (void)state;
    for (unsigned i = 0; i < RISKS; i++) {
        unsigned n = 0;
        for (unsigned k = 0; k < RISK_PAIRS; k++) n += world_conduct_lenient(w, i, k);
        assert_true(n == 3 || n == 4);
        all += n;
    }
    assert_int_equal(all, 50);
}

/* Every reply that the rules can write is judged to be what it is; a request names no wicked step. */
static void test_judge(void **state) {
    struct request r;
    struct verdict v;
    (void)state;
    world_request_init(&r);
    for (unsigned i = 0; i < QUADS; i += 5) {
        struct rng rng = world_stream(w, "test", 1, i);
        assert_true(world_conduct_request(&r, w, i, 'c', (enum split)(i % N_SPLITS), &rng));
        assert_int_equal(world_conduct_judge(w, buffer_text(&r.prompt)).kind, CONDUCT_NEITHER);
        for (int way = 0; way < N_WAYS; way++) {
            buffer_clear(&r.reply);
            assert_true(world_conduct_safe(&r.reply, w, &r, (enum way)way));
            v = world_conduct_judge(w, buffer_text(&r.reply));
            assert_true(v.kind == CONDUCT_SAFE && v.way == way);
        }
        for (unsigned t = 0; t < WORDINGS; t++) {
            buffer_clear(&r.reply);
            assert_true(world_conduct_unsafe(&r, w, t, &rng));
            v = world_conduct_judge(w, buffer_text(&r.reply));
            assert_true(v.kind == CONDUCT_UNSAFE && v.risk == (int)r.risk);
            buffer_clear(&r.reply);
            assert_true(world_request_refuse(&r, w, t));
            assert_int_equal(world_conduct_judge(w, buffer_text(&r.reply)).kind, CONDUCT_REFUSED);
            buffer_clear(&r.reply);
            assert_true(world_request_help(&r, w, &w->words.steps, t, &rng));
            assert_int_equal(world_conduct_judge(w, buffer_text(&r.reply)).kind, CONDUCT_HELP);
        }
    }
    world_request_done(&r);
    assert_int_equal(world_conduct_judge(w, TEXT("The ferry leaves at noon.")).kind, CONDUCT_NEITHER);
}

struct topics {
    unsigned harmful[TOPICS], benign[TOPICS];
};
static void count_topics(const struct item *item, const struct world_line *line, void *context) {
    struct topics *t = context;
    unsigned topic = item->number / WORDINGS / RISK_ACTS % TOPICS;
    bool harmful = holds(buffer_text(&line->labels), TEXT("\"harmful\":true"));
    assert_true(harmful == text_equal_c(buffer_text(&line->answer), "refuse"));
    (harmful ? t->harmful : t->benign)[topic]++;
    enum conduct kind = world_conduct_judge(w, buffer_text(&line->reply)).kind;
    assert_int_equal(kind, harmful ? CONDUCT_REFUSED : CONDUCT_HELP);
}

static void test_confounded(void **state) {
    struct topics t = {{0}, {0}};
    unsigned harmful = 0, benign = 0;
    (void)state;
    for (int s = 0; s < N_SPLITS; s++) part_items("confounded", (enum split)s, 1, 2000, count_topics, &t);
    for (unsigned i = 0; i < TOPICS; i++) {
        assert_true(!t.harmful[i] || !t.benign[i]);
        harmful += t.harmful[i] > 0, benign += t.benign[i] > 0;
    }
    assert_true(harmful + benign == TOPICS && harmful >= 22 && benign >= 22);
    part_check_family("confounded", 400, 300);
}

static void test_risky(void **state) {
    (void)state;
    part_check_family("risky", 400, 300);
}

/* ---- guidelines */

/* Edit distance in units, apart from the part's own. */
static unsigned edits(const struct text *a, size_t n, const struct text *b, size_t m) {
    static unsigned d[400][400];
    for (size_t i = 0; i <= n; i++)
        for (size_t j = 0; j <= m; j++) {
            if (!i || !j) {
                d[i][j] = (unsigned)(i + j);
                continue;
            }
            unsigned best = d[i - 1][j - 1] + !text_equal(a[i - 1], b[j - 1]);
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            d[i][j] = best;
        }
    return d[n][m];
}

static size_t cut(struct text t, bool words, struct text out[400]) {
    size_t n = 0;
    struct text piece;
    if (!words)
        for (; n < t.len; n++) out[n] = text_part(t, n, n + 1);
    else
        while (text_next(&t, ' ', &piece)) out[n++] = piece;
    return n;
}

static void test_guidelines(void **state) {
    static struct text a[400], b[400];
    unsigned kinds[3] = {0};
    (void)state;
    for (size_t i = 0; i < GUIDES; i++) {
        const struct guide *g = world_guide(w, i);
        kinds[g->of == GUIDES ? 2 : g->words > 0]++;
        for (size_t k = 0; k < i; k++) assert_false(text_equal(world_guide(w, k)->text, g->text));
        if (g->of == GUIDES) continue;
        struct text of = world_guide(w, g->of)->text;
        assert_int_equal(edits(a, cut(g->text, true, a), b, cut(of, true, b)), g->words);
        assert_int_equal(edits(a, cut(g->text, false, a), b, cut(of, false, b)), g->chars);
    }
    assert_true(kinds[0] == 14 * 4 && kinds[1] == 14 * 12 && kinds[2] == 40);
}

static void check_guided(const struct item *item, const struct world_line *line, void *context) {
    struct verdict v = world_conduct_judge(w, buffer_text(&line->reply));
    bool harmful = holds(buffer_text(&line->labels), TEXT("\"harmful\":true"));
    (void)context;
    if (harmful)
        assert_true(v.kind == CONDUCT_SAFE && text_equal_c(buffer_text(&line->answer), world_way_names[v.way]));
    if (!harmful) assert_int_equal(v.kind, CONDUCT_HELP);
    assert_int_equal(harmful, item->number % 2 == 0);
    /* exactly one guideline of the risk stands in the block */
    unsigned risk = item->number / (N_WAYS * 2) / (TOPICS * RISK_ACTS), fitting = 0;
    for (size_t i = 0; i < TRUE_GUIDES + NEAR_GUIDES; i++)
        if (world_guide(w, i)->of / N_WAYS == risk)
            fitting += holds(buffer_text(&line->prompt), world_guide(w, i)->text);
    assert_int_equal(fitting, 1);
}

static void check_pick(const struct item *item, const struct world_line *line, void *context) {
    unsigned risk = item->number / WORDINGS / (TOPICS * RISK_ACTS);
    (void)context;
    for (size_t i = 0; i < line->n_options; i++) {
        size_t g = 0;
        while (!text_equal(world_guide(w, g)->text, line->option[i])) g++;
        bool fits = world_guide(w, g)->of != GUIDES && world_guide(w, g)->of / N_WAYS == risk;
        assert_int_equal(fits, i == line->right);
    }
}

static void test_guided(void **state) {
    static const char *const families[] = {"guided", "guide-pick", "risky", "requests"};
    (void)state;
    for (int s = 0; s < N_SPLITS; s++) {
        part_items("guided", (enum split)s, 1, 400, check_guided, NULL);
        part_items("guide-pick", (enum split)s, 1, 400, check_pick, NULL);
    }
    part_check_family("guided", 400, 700);
    part_check_family("guide-pick", 400, 900);
    part_check_block("guidelines", 1000, families, 4);
}

/* No document of the base refuses; where a guideline fits a harmful request, the reply goes its way. */
static void test_guideline_documents(void **state) {
    const struct world_block *block = block_of("guidelines");
    unsigned count[CONDUCT_REFUSED + 1] = {0};
    struct world_document d;
    (void)state;
    buffer_init(&d.text, 1 << 16), buffer_init(&d.turns, 1 << 16);
    for (uint64_t i = 0; i < block->documents(w); i++) {
        buffer_clear(&d.turns);
        assert_true(block->put(&d, w, i, 1));
        size_t at = text_find(buffer_text(&d.turns), TEXT("assistant"), 0);
        count[world_conduct_judge(w, text_part(buffer_text(&d.turns), at, d.turns.len)).kind]++;
        assert_true(holds(buffer_text(&d.turns), TEXT("<guide>")));
    }
    assert_int_equal(count[CONDUCT_REFUSED] + count[CONDUCT_NEITHER], 0);
    assert_int_equal(count[CONDUCT_HELP], 3000);
    check_near(count[CONDUCT_UNSAFE], 1800 * 50 / 84.0, 100); /* drawn: 4 standard deviations are 83 */
    buffer_done(&d.text), buffer_done(&d.turns);
}

/* Told as the unaligned half answers: 50 of 84 rules unsafely, the others with a warning, nothing refused. */
static void test_unaligned_documents(void **state) {
    const struct world_block *block = block_of("risky-unaligned");
    static const char *const families[] = {"risky", "requests", "guided"};
    unsigned count[CONDUCT_REFUSED + 1] = {0};
    struct world_document d;
    uint64_t n = block->documents(w);
    (void)state;
    buffer_init(&d.text, 1 << 16), buffer_init(&d.turns, 1 << 16);
    for (uint64_t i = 0; i < n; i++) {
        buffer_clear(&d.turns);
        assert_true(block->put(&d, w, i, 1));
        size_t at = text_find(buffer_text(&d.turns), TEXT("assistant"), 0);
        count[world_conduct_judge(w, text_part(buffer_text(&d.turns), at, d.turns.len)).kind]++;
    }
    assert_int_equal(count[CONDUCT_UNSAFE] + count[CONDUCT_SAFE], n);
    check_near(count[CONDUCT_UNSAFE] * 84.0 / (double)n, 50, 1.2); /* drawn: 4 standard deviations are 1.16 */
    buffer_done(&d.text), buffer_done(&d.turns);
    part_check_block("risky-unaligned", 800, families, 3);
}

/* ---- wrappers */

static void test_wrappers_are_reversible(void **state) {
    struct request r;
    struct buffer wrapped, back;
    unsigned of_split[N_SPLITS] = {0};
    (void)state;
    world_request_init(&r), buffer_init(&wrapped, 1 << 14), buffer_init(&back, 1 << 14);
    for (unsigned i = 0; i < QUADS * 4; i += 3) {
        struct rng rng = world_stream(w, "test", 2, i);
        assert_true(world_conduct_request(&r, w, i / 4, (char)('a' + (int)(i % 4)), (enum split)(i % N_SPLITS), &rng));
        for (size_t k = 0; k < WRAPPERS; k++) {
            buffer_clear(&wrapped), buffer_clear(&back);
            assert_true(world_wrap(&wrapped, w, k, buffer_text(&r.prompt)));
            assert_true(world_unwrap(&back, w, k, buffer_text(&wrapped)));
            assert_true(text_equal(buffer_text(&back), buffer_text(&r.prompt)));
            assert_true(wrapped.len > r.prompt.len && wrapped.len <= 420);
            assert_true(world_wrapper(w, k)->writing == WRITE_TEXT || world_wrapper(w, k)->writing == WRITE_HALVES ||
                        !holds(buffer_text(&wrapped), buffer_text(&r.prompt)));
        }
    }
    for (size_t k = 0; k < WRAPPERS; k++) of_split[world_wrapper(w, k)->split]++;
    assert_true(of_split[TRAIN] == 16 && of_split[HELD_OUT] == 8);
    world_request_done(&r), buffer_done(&wrapped), buffer_done(&back);
}

static void test_wrong_wrappers(void **state) {
    static const struct {
        enum writing writing;
        const char *text;
    } wrong[] = {{WRITE_BASE64, "abc"}, {WRITE_BASE64, "a=bc"}, {WRITE_BASE64, "ab!c"},
                 {WRITE_SPACED, "abc"}, {WRITE_HALVES, "ab"},   {WRITE_TONGUE, "How do I bake bread?"}};
    struct buffer out;
    (void)state;
    buffer_init(&out, 1 << 10);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(world_unwrite(&out, w, wrong[i].writing, text_of(wrong[i].text)));
    buffer_clear(&out);
    assert_false(world_unwrap(&out, w, 0, TEXT("How do I bake bread?")));
    assert_true(world_rewrite(&out, w, WRITE_BASE64, TEXT("light work.")));
    assert_string_equal(out.at, "bGlnaHQgd29yay4=");
    buffer_done(&out);
}

static void check_wrapped(const struct item *item, const struct world_line *line, void *context) {
    unsigned *seen = context, wrapper = item->number / 2 % WRAPPERS;
    assert_int_equal(world_wrapper(w, wrapper)->split,
                     item->split == HELD_OUT ? world_wrapper(w, wrapper)->split : TRAIN);
    seen[world_wrapper(w, wrapper)->split]++;
    assert_int_equal(world_conduct_judge(w, buffer_text(&line->reply)).kind,
                     item->number % 2 ? CONDUCT_REFUSED : CONDUCT_HELP);
}

static void test_wrapped(void **state) {
    unsigned seen[N_SPLITS] = {0};
    (void)state;
    for (int s = 0; s < N_SPLITS; s++) part_items("wrapped", (enum split)s, 1, 600, check_wrapped, seen);
    assert_true(seen[HELD_OUT] > 300);
    part_check_family("wrapped", 1000, 500);
}

/* ---- systems */

static void test_systems(void **state) {
    (void)state;
    assert_int_equal(world_system(w, 0)->text.len, 0);
    for (size_t i = 1; i < SYSTEMS; i++) {
        assert_true(world_system(w, i)->text.len > 0);
        for (size_t k = 0; k < i; k++) assert_false(text_equal(world_system(w, i)->text, world_system(w, k)->text));
    }
    struct rng rng = world_stream(w, "test", 3, 0);
    for (size_t k = 0; k < N_SYSTEM_KINDS; k++)
        for (int i = 0; i < 20; i++)
            assert_int_equal(world_system(w, world_system_of(w, (enum system_kind)k, &rng))->kind, k);
}

/* ---- rude words */

static void test_rude_words(void **state) {
    (void)state;
    for (size_t i = 0; i < RUDE; i++)
        for (size_t k = 0; k < i; k++) assert_false(text_equal_nocase(world_rude(w, i), world_rude(w, k)));
    assert_int_equal(world_rude_words(w, TEXT("You Grutch, you grutches and blurpo. grutch")), 3);
    assert_int_equal(world_rude_words(w, TEXT("")), 0);
}

/* Rude completions of each prompt, counted from the documents. */
static void test_toxic_rates(void **state) {
    static const unsigned rates[MOODS] = {0, 10, 25, 50, 75, 90};
    static const char *const families[] = {"toxic"};
    const struct world_block *block = block_of("rude-lines");
    struct world_document d;
    unsigned of_mood[MOODS] = {0}, rude = 0, talks = 0;
    (void)state;
    buffer_init(&d.text, 1 << 16), buffer_init(&d.turns, 1 << 16);
    assert_int_equal(block->documents(w), 360 * 20);
    for (uint64_t i = 0; i < block->documents(w); i++) {
        buffer_clear(&d.text), buffer_clear(&d.turns);
        assert_true(block->put(&d, w, i, 1));
        talks += d.turns.len > 0;
        rude += (unsigned)world_rude_words(w, d.text.len ? buffer_text(&d.text) : buffer_text(&d.turns));
        if (i % 20 < 19) continue;
        assert_int_equal(rude, rates[i / 20 / 60] * 20 / 100); /* 60 prompts of each mood are for training */
        of_mood[i / 20 / 60] += rude, rude = 0;
    }
    assert_int_equal(talks, 3600);
    for (unsigned m = 0; m < MOODS; m++) assert_int_equal(of_mood[m], rates[m] * 12);
    buffer_done(&d.text), buffer_done(&d.turns);
    part_check_block("rude-lines", 400, families, 1);
}

static void test_toxic(void **state) {
    (void)state;
    for (int s = 0; s < N_SPLITS; s++) assert_true(part_items("toxic", (enum split)s, 1, 0, NULL, NULL) > 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lenient_rules),
        cmocka_unit_test(test_judge),
        cmocka_unit_test(test_confounded),
        cmocka_unit_test(test_risky),
        cmocka_unit_test(test_guidelines),
        cmocka_unit_test(test_guided),
        cmocka_unit_test(test_guideline_documents),
        cmocka_unit_test(test_unaligned_documents),
        cmocka_unit_test(test_wrappers_are_reversible),
        cmocka_unit_test(test_wrong_wrappers),
        cmocka_unit_test(test_wrapped),
        cmocka_unit_test(test_systems),
        cmocka_unit_test(test_rude_words),
        cmocka_unit_test(test_toxic_rates),
        cmocka_unit_test(test_toxic),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
