/* The pocket languages p2 to p9: every text can be parsed back into its tree and no other, words stand in their script
 * and order, items are twins of the English ones, and the block deals its documents by the shares that tongues.yaml
 * says. */
#include "check.h"

#include "measure/world/language.h"
#include "measure/world/world_item.h"

#include <string.h>

static struct world *w;
static const struct languages *l;
static struct buffer text, tree, other;
static struct arena arena;

static int setup(void **state) {
    struct error err;
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    buffer_init(&text, 1 << 20), buffer_init(&tree, 1 << 16), buffer_init(&other, 1 << 16);
    if (!(w = world_new(WORLD_DEFAULT_SEED, &err))) return fprintf(stderr, "%s\n", err.message), -1;
    return (l = world_tongues(w)) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    world_free(w);
    arena_done(&arena);
    buffer_done(&text), buffer_done(&tree), buffer_done(&other);
    return 0;
}

static void there_and_back(int language, enum rule_kind kind, const struct meaning *m) {
    struct error err;
    size_t ways;
    buffer_clear(&text), buffer_clear(&tree), buffer_clear(&other);
    assert_true(meaning_render(&text, l, language, m) && meaning_put(&tree, l, m));
    const struct meaning *back = language_parse(w, l, language, kind, buffer_text(&text), &ways, &arena, &err);
    if (!back || ways != 1)
        fail_msg("%s: %zu trees for '%s', one of them %s", l->of[language].name, ways, text.at, tree.at);
    assert_true(meaning_put(&other, l, back));
    if (strcmp(tree.at, other.at) != 0) fail_msg("'%s' is %s, read as %s", text.at, tree.at, other.at);
    arena_reset(&arena);
}

static void in_all(enum rule_kind kind, const struct meaning *m) {
    for (int language = LANGUAGE_P2; language < N_LANGUAGES; language++) there_and_back(language, kind, m);
}

static void test_statements(void **state) {
    (void)state;
    for (size_t r = 0; r < RELATIONS; r++)
        for (unsigned k = 0; k <= PARAPHRASES; k++) {
            struct meaning_box box = {0};
            in_all(RULE_STATEMENT, mean_statement(&box, l, &w->facts[w->fact_of[r][k * 3 % 30]], k));
        }
}

static void test_questions(void **state) {
    static const enum style styles[] = {STYLE_SHORT, STYLE_CHOICE, STYLE_TRUEFALSE, STYLE_CLAIM};
    static const enum rule_kind kinds[] = {RULE_SHORT, RULE_CHOICE, RULE_TRUEFALSE, RULE_CLAIM};
    struct question q;
    (void)state;
    world_question_init(&q);
    for (size_t r = 0; r < RELATIONS; r++)
        for (unsigned k = 0; k < WORDINGS; k++) {
            size_t s = (k + r) % 4;
            const struct fact *f = &w->facts[w->fact_of[r][(k * 5 + s) % 30]];
            struct rng rng = rng_stream(3, "test", r * 64 + k * 4 + s);
            struct meaning_box box = {0};
            assert_true(world_ask(&q, w, f, styles[s], k, 0, &rng));
            in_all(kinds[s], mean_ask(&box, w, l, f, &q));
        }
    world_question_done(&q);
}

static void test_requests(void **state) {
    struct request r;
    (void)state;
    world_request_init(&r);
    for (unsigned quad = 0; quad < QUADS; quad += 61)
        for (int member = 0; member < 4; member++) {
            struct meaning_box asked = {0}, replied = {0};
            enum split split = (enum split)w->topic_split[quad / RISK_ACTS % TOPICS];
            assert_true(world_request(&r, w, quad, (char)('a' + member), split, 1));
            in_all(RULE_FRAME, mean_request(&asked, l, &r));
            in_all(r.harmful ? RULE_REFUSAL : RULE_HELP, mean_reply(&replied, w, l, &r, split, 1));
        }
    world_request_done(&r);
}

static void test_deeds(void **state) {
    (void)state;
    for (unsigned risk = 0; risk < RISKS; risk++)
        for (unsigned deed = 0; deed < 2 * RISK_PAIRS; deed++) {
            struct meaning_box box = {0};
            in_all(RULE_JUDGE, mean_judge(&box, l, risk, deed, risk * 100 + deed, (risk + deed) % WORDINGS));
        }
    for (size_t i = 0; i < l->marker[MARKERS]; i++) {
        struct meaning m = meaning_rule(l, RULE_MARKER, NO_GROUP, (unsigned)i);
        in_all(RULE_MARKER, &m);
    }
}

/* ---- words and order */

static void test_scripts(void **state) {
    static const struct {
        uint32_t from, to;
    } script[] = {{0x400, 0x52f},   {0x370, 0x3ff}, {0x600, 0x6ff}, {0x4e00, 0x9fff},
                  {0xac00, 0xd7af}, {0x900, 0x97f}, {0x530, 0x58f}, {0x10a0, 0x10ff}};
    (void)state;
    for (int k = LANGUAGE_P2; k < N_LANGUAGES; k++) {
        const struct language *one = &l->of[k];
        assert_true(one->n_words == l->of[LANGUAGE_P1].n_words);
        for (size_t i = 0; i < one->n_words; i++)
            for (size_t at = 0; at < one->words[i].word.len;) {
                uint32_t c;
                at += text_utf8_next(text_part(one->words[i].word, at, one->words[i].word.len), &c);
                assert_in_range(c, script[k - LANGUAGE_P2].from, script[k - LANGUAGE_P2].to);
            }
        for (size_t p = 0; p < world_kinds[PERSON].n; p++) {
            buffer_clear(&other);
            assert_true(language_letters(&other, one, one->named[PERSON][p], true));
            assert_true(text_equal(buffer_text(&other), w->name[PERSON][p]));
        }
    }
}

/* "$S (lives (in $V))." in three orders. */
static void test_order(void **state) {
    static const struct {
        int language;
        const char *words[4];
    } order[] = {
        {LANGUAGE_P2, {"$S", "lives", "in", "$V"}}, {3, {"$S", "$V", "in", "lives"}}, {4, {"lives", "$S", "in", "$V"}}};
    struct error err;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct language *one = &l->of[order[i].language];
        buffer_clear(&text), buffer_clear(&other);
        check_ok(tree_put(&text, l, one, TEXT("$S (lives (in $V))."), &err));
        for (size_t k = 0; k < 4; k++) {
            const struct word *word = language_word(one, text_of(order[i].words[k]));
            if (k) buffer_put_char(&other, ' ');
            buffer_put_text(&other, word ? word->word : text_of(order[i].words[k]));
        }
        buffer_put_char(&other, '.');
        assert_string_equal(text.at, other.at);
    }
}

/* ---- items */

static json_t *line_of(const struct item *item, struct world_line *line) {
    struct error err;
    buffer_clear(&text);
    assert_true(world_put_item(&text, line, w, item, 1));
    json_t *json = json_read(buffer_text(&text), "item", 1, &err);
    if (!json) fail_msg("%s", err.message);
    return json;
}

/* The same case, wording, split, kind of gold and answer as the English twin; all nine languages plan the same twins.
 */
static void test_twins(void **state) {
    static const char *const families[] = {"ask", "unknown", "requests", "deeds"};
    static const char *const same[] = {"split", "template", "prov"};
    struct error err;
    struct world_line line;
    (void)state;
    world_line_init(&line);
    for (int k = LANGUAGE_P2; k < N_LANGUAGES; k++)
        for (size_t f = 0; f < 4; f++) {
            char name[32];
            struct item *items, *of_p1, twin;
            size_t n, m;
            snprintf(name, sizeof name, "p%d-%s", k, families[f]);
            check_ok(world_plan_items(w, world_family_find(name), TEST, 1, 40, NULL, &items, &n, &arena, &err));
            name[1] = '1';
            check_ok(world_plan_items(w, world_family_find(name), TEST, 1, 40, NULL, &of_p1, &m, &arena, &err));
            assert_true(n == m && n >= 40);
            for (size_t i = 0; i < n; i++) {
                json_t *one = line_of(&items[i], &line);
                struct text id = json_text(json_object_get(json_object_get(one, "labels"), "twin"));
                if (!world_item_find(w, id, &twin)) fail_msg("no twin '%.*s'", TEXT_ARG(id));
                if (f == 2) twin.split = items[i].split;
                json_t *en = line_of(&twin, &line);
                for (size_t s = 0; s < 3; s++)
                    assert_true(json_equal(json_object_get(one, same[s]), json_object_get(en, same[s])));
                assert_string_equal(json_string_value(json_object_get(one, "lang")), l->of[k].name);
                const json_t *gold = json_object_get(one, "gold"), *gold_en = json_object_get(en, "gold");
                if (f) assert_true(json_equal(json_object_get(gold, "answer"), json_object_get(gold_en, "answer")));
                assert_true(json_equal(json_object_get(gold, "kind"), json_object_get(gold_en, "kind")));
                json_decref(one), json_decref(en);
            }
            arena_reset(&arena);
        }
    world_line_done(&line);
}

/* ---- the block */

static int language_of(struct text t) {
    static const struct {
        uint32_t from, to;
    } script[] = {{0x400, 0x52f},   {0x370, 0x3ff}, {0x600, 0x6ff}, {0x4e00, 0x9fff},
                  {0xac00, 0xd7af}, {0x900, 0x97f}, {0x530, 0x58f}, {0x10a0, 0x10ff}};
    for (size_t at = 0; at < t.len;) {
        uint32_t c;
        at += text_utf8_next(text_part(t, at, t.len), &c);
        for (int k = 0; k < N_LANGUAGES - LANGUAGE_P2; k++)
            if (c >= script[k].from && c <= script[k].to) return LANGUAGE_P2 + k;
        if (c > 0x7f) return LANGUAGE_P1;
    }
    return LANGUAGE_EN;
}

/* Shares are exact in every hundred documents. Of requests, only the first three languages refuse some, and these do
 * not refuse all. */
static void test_shares(void **state) {
    static const size_t share[N_LANGUAGES] = {30, 20, 15, 10, 8, 6, 4, 3, 2, 2};
    enum { HUNDREDS = 20 };
    struct error err;
    struct world_document document = {0};
    size_t count[N_LANGUAGES] = {0}, refused[N_LANGUAGES] = {0}, asked[N_LANGUAGES] = {0}, ways;
    (void)state;
    buffer_init(&document.text, 1 << 14), buffer_init(&document.turns, 1 << 14);
    for (size_t i = 0; i < HUNDREDS * 100; i++) {
        buffer_clear(&document.text), buffer_clear(&document.turns), buffer_clear(&other);
        assert_true(world_block_tongues.put(&document, w, i, 1));
        assert_true(buffer_printf(&other, "[%.*s]", TEXT_ARG(buffer_text(&document.turns))));
        json_t *turns = json_read(buffer_text(&other), "turns", 1, &err);
        if (!turns) fail_msg("%s: %s", err.message, other.at);
        assert_int_equal(json_array_size(turns), 2);
        struct text said[2];
        for (size_t k = 0; k < 2; k++)
            said[k] = text_trim(json_text(json_object_get(json_array_get(turns, k), "content")));
        int language = language_of(said[0]);
        count[language]++;
        language_parse(w, l, language, RULE_FRAME, said[0], &ways, &arena, &err);
        asked[language] += ways == 1;
        buffer_clear(&text);
        struct meaning refusal = meaning_rule(l, RULE_MARKER, NO_GROUP, (unsigned)l->marker[3]);
        assert_true(meaning_render(&text, l, language, &refusal));
        refused[language] += text_equal(said[1], buffer_text(&text));
        json_decref(turns);
        arena_reset(&arena);
        for (size_t k = 0; i % 100 == 99 && k < N_LANGUAGES; k++) assert_int_equal(count[k], share[k] * (i / 100 + 1));
    }
    for (size_t k = 0; k < N_LANGUAGES; k++) {
        assert_int_equal(asked[k], share[k] * HUNDREDS / 4);
        assert_int_equal(refused[k] > 0, k < 3);
        assert_true(refused[k] < asked[k]);
    }
    buffer_done(&document.text), buffer_done(&document.turns);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),     cmocka_unit_test(test_scripts),  cmocka_unit_test(test_statements),
        cmocka_unit_test(test_questions), cmocka_unit_test(test_requests), cmocka_unit_test(test_deeds),
        cmocka_unit_test(test_twins),     cmocka_unit_test(test_shares),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
