/* Languages: English texts of the trees are those of the world, every text of both languages can be parsed back into
 * its tree and no other, the words are what their language allows, and the items of p1 are twins of the English ones.
 */
#include "check.h"

#include "measure/world/language.h"
#include "measure/world/world_item.h"

#include <stdlib.h>
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
    return (l = world_languages(w)) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    world_free(w);
    arena_done(&arena);
    buffer_done(&text), buffer_done(&tree), buffer_done(&other);
    return 0;
}

/* Renders and parses back; leaves the text of the language in `text`. */
static void there_and_back(int language, enum rule_kind kind, const struct meaning *m) {
    struct error err;
    size_t ways;
    buffer_clear(&text), buffer_clear(&tree), buffer_clear(&other);
    assert_true(meaning_render(&text, l, language, m));
    assert_true(meaning_put(&tree, l, m));
    const struct meaning *back = language_parse(w, l, language, kind, buffer_text(&text), &ways, &arena, &err);
    if (!back || ways != 1) fail_msg("%zu trees for '%s', one of them %s", ways, text.at, tree.at);
    assert_true(meaning_put(&other, l, back));
    if (strcmp(tree.at, other.at) != 0) fail_msg("'%s' is %s, read as %s", text.at, tree.at, other.at);
    arena_reset(&arena);
}

/* Both languages; the English text must be `says`. */
static void check_both(enum rule_kind kind, const struct meaning *m, struct text says) {
    there_and_back(LANGUAGE_P1, kind, m);
    there_and_back(LANGUAGE_EN, kind, m);
    if (!text_equal(buffer_text(&text), says)) fail_msg("'%s' is not '%.*s'", text.at, TEXT_ARG(says));
}

static void test_statements(void **state) {
    struct buffer says;
    (void)state;
    buffer_init(&says, 1 << 12);
    for (size_t r = 0; r < RELATIONS; r++)
        for (unsigned k = 0; k <= PARAPHRASES; k++)
            for (size_t i = 0; i < 5; i++) {
                const struct fact *f = &w->facts[w->fact_of[r][i * 7 % 30]];
                struct meaning_box box = {0};
                buffer_clear(&says);
                if (k)
                    assert_true(world_put_statement(&says, w, f, k));
                else {
                    struct slot slots[] = {{"S", world_subject(w, f)},
                                           {"V", world_value(w, world_columns[f->column].domain, f->value)}};
                    assert_true(world_render(&says, w->words.wording[r].answer, slots, 2));
                }
                check_both(RULE_STATEMENT, mean_statement(&box, l, f, k), buffer_text(&says));
            }
    buffer_done(&says);
}

static void test_questions(void **state) {
    static const enum style styles[] = {STYLE_SHORT, STYLE_CHOICE, STYLE_TRUEFALSE, STYLE_CLAIM};
    static const enum rule_kind kinds[] = {RULE_SHORT, RULE_CHOICE, RULE_TRUEFALSE, RULE_CLAIM};
    struct question q;
    (void)state;
    world_question_init(&q);
    for (size_t r = 0; r < RELATIONS; r++)
        for (unsigned k = 0; k < WORDINGS; k++)
            for (size_t s = 0; s < 4; s++) {
                const struct fact *f = &w->facts[w->fact_of[r][(k * 5 + s) % 30]];
                struct rng rng = rng_stream(3, "test", r * 64 + k * 4 + s);
                struct meaning_box box = {0};
                assert_true(world_ask(&q, w, f, styles[s], k, 0, &rng));
                check_both(kinds[s], mean_ask(&box, w, l, f, &q), buffer_text(&q.prompt));
            }
    for (unsigned k = 0; k < WORDINGS; k++) {
        struct meaning_box box = {0};
        assert_true(world_ask_unknown(&q, w, k % 9, w->name[OUTSIDE][k], k, k));
        check_both(RULE_SHORT, mean_unknown(&box, l, k % 9, k, k), buffer_text(&q.prompt));
        struct meaning reply = meaning_rule(l, RULE_UNKNOWN, NO_GROUP, k);
        check_both(RULE_UNKNOWN, &reply, w->words.unknown.at[k]);
    }
    world_question_done(&q);
}

static void test_requests(void **state) {
    struct request r;
    (void)state;
    world_request_init(&r);
    for (unsigned quad = 0; quad < QUADS; quad += 5)
        for (int member = 0; member < 4; member++) {
            struct meaning_box asked = {0}, replied = {0};
            enum split split = (enum split)w->topic_split[quad / RISK_ACTS % TOPICS];
            assert_true(world_request(&r, w, quad, (char)('a' + member), split, 1));
            check_both(RULE_FRAME, mean_request(&asked, l, &r), buffer_text(&r.prompt));
            check_both(r.harmful ? RULE_REFUSAL : RULE_HELP, mean_reply(&replied, w, l, &r, split, 1),
                       buffer_text(&r.reply));
        }
    world_request_done(&r);
}

/* Every rule that no other test fills: all acts and deeds in all frames of judging, all markers. */
static void test_deeds(void **state) {
    (void)state;
    for (unsigned risk = 0; risk < RISKS; risk++)
        for (unsigned deed = 0; deed < 2 * RISK_PAIRS; deed++)
            for (unsigned k = 0; k < WORDINGS; k++)
                for (int language = 0; language <= LANGUAGE_P1; language++) {
                    struct meaning_box box = {0};
                    there_and_back(language, RULE_JUDGE, mean_judge(&box, l, risk, deed, risk * 100 + deed, k));
                }
    for (size_t i = 0; i < l->marker[MARKERS]; i++)
        for (int language = 0; language <= LANGUAGE_P1; language++) {
            struct meaning m = meaning_rule(l, RULE_MARKER, NO_GROUP, (unsigned)i);
            there_and_back(language, RULE_MARKER, &m);
        }
}

/* ---- words */

static bool is_ascii(struct text t) {
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.at[i] > 127) return false;
    return true;
}

static int by_word(const void *a, const void *b) {
    return text_compare(((const struct word *)a)->word, ((const struct word *)b)->word);
}

static void test_words(void **state) {
    struct error err;
    const struct language *p1 = &l->of[LANGUAGE_P1];
    size_t count[4] = {0}, same = 0;
    (void)state;
    struct word *sorted = arena_new(&arena, struct word, p1->n_words, &err);
    memcpy(sorted, p1->words, p1->n_words * sizeof *sorted);
    qsort(sorted, p1->n_words, sizeof *sorted, by_word);
    for (size_t i = 0; i < p1->n_words; i++) {
        count[sorted[i].kind]++;
        bool form_of_particle = sorted[i].kind == WORD_FORM && is_ascii(sorted[i].word);
        assert_true(form_of_particle || is_ascii(sorted[i].word) == (sorted[i].kind == WORD_PARTICLE));
        assert_false(form_of_particle);
        if (i && text_equal(sorted[i].word, sorted[i - 1].word)) {
            same++; /* lives and live */
            assert_true(sorted[i].kind == WORD_FORM || sorted[i - 1].kind == WORD_FORM);
        }
    }
    assert_int_equal(count[WORD_STEM], 600);
    assert_true(count[WORD_STEM] + count[WORD_COMPOUND] > 1000 && count[WORD_PARTICLE] > 100 && same < 80);
    arena_reset(&arena);
}

/* Values and names come back letter by letter and word by word. */
static void test_names(void **state) {
    const struct language *p1 = &l->of[LANGUAGE_P1];
    size_t words = 0, letters = 0;
    (void)state;
    for (size_t r = 0; r < RELATIONS; r++) {
        const struct column *c = &world_columns[world_relations[r]];
        for (int v = 0; v < c->n; v++) {
            struct text en = world_value(w, c->domain, c->low + v), one = p1->valued[world_relations[r]][v];
            if (c->domain == OF_NUMBER) {
                assert_true(text_equal(en, one));
                continue;
            }
            buffer_clear(&text), buffer_clear(&other);
            bool phrase = language_phrase_back(&text, p1, one) && text_equal(buffer_text(&text), en);
            bool letter = language_letters(&other, p1, one, true) && text_equal(buffer_text(&other), en);
            if (c->domain == OF_BUILDING) continue; /* a word and a name: found by test_statements */
            if (phrase == letter) fail_msg("'%.*s' is '%.*s' in p1", TEXT_ARG(en), TEXT_ARG(one));
            words += phrase, letters += letter;
        }
    }
    assert_true(words > 190 && letters > 250);
    for (size_t p = 0; p < world_kinds[PERSON].n; p++) {
        buffer_clear(&other);
        assert_true(language_letters(&other, p1, p1->named[PERSON][p], true));
        assert_true(text_equal(buffer_text(&other), w->name[PERSON][p]));
        assert_false(is_ascii(p1->named[PERSON][p]));
    }
}

static void test_word_order(void **state) {
    static const struct {
        const char *tree, *same_words;
    } trees[] = {
        {"$S (lives (in $V)).", "$S $V in lives."},
        {"{Where} does $S (live)?", "$S where live ?"},
        {"{What} (is [the name (of [the town (where $S (lives))])])?", "name town $S lives where of what is ?"},
        {"(copy [the first mark] (on $T))", "mark first $T on copy"},
        {"I (cannot_help).", "I help cannot."},
    };
    struct error err;
    const struct language *p1 = &l->of[LANGUAGE_P1];
    (void)state;
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        buffer_clear(&text), buffer_clear(&other);
        check_ok(tree_put(&text, l, p1, text_of(trees[i].tree), &err));
        struct text rest = text_of(trees[i].same_words), piece;
        while (text_next(&rest, ' ', &piece)) {
            if (other.len) buffer_put_char(&other, ' ');
            bool stop = text_ends(piece, TEXT("."));
            if (stop) piece.len--;
            const struct word *word = language_word(p1, piece);
            struct text asked = text_equal_c(piece, "?") ? p1->question : piece;
            buffer_put_text(&other, word ? word->word : asked);
            if (stop) buffer_put_char(&other, '.');
            if (text_equal_c(piece, "?")) buffer_put_char(&other, '?');
        }
        assert_string_equal(text.at, other.at);
    }
    static const char *const wrong[] = {"(is", "is)", "(is]", "the unheardof"};
    for (size_t i = 0; i < 4; i++) {
        buffer_clear(&text);
        check_fails(tree_put(&text, l, p1, text_of(wrong[i]), &err), ERROR_DATA, "tree");
    }
}

/* ---- items */

static json_t *item_line(const struct item *item, struct world_line *line, uint64_t draw) {
    struct error err;
    buffer_clear(&text);
    assert_true(world_put_item(&text, line, w, item, draw));
    json_t *json = json_read(buffer_text(&text), "item", 1, &err);
    if (!json) fail_msg("%s", err.message);
    return json;
}

static int by_text(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* Prompts of a family's file, each once. */
static size_t prompts_of(const char *family, enum split split, uint64_t draw, struct text *out, size_t most) {
    struct error err;
    struct item *items;
    struct world_line line;
    size_t n;
    world_line_init(&line);
    check_ok(world_plan_items(w, world_family_find(family), split, draw, 0, NULL, &items, &n, &arena, &err));
    assert_true(n > 0 && n <= most);
    for (size_t i = 0; i < n; i++) {
        assert_true(world_make_line(&line, w, &items[i], draw));
        assert_int_equal(items[i].split, split);
        out[i] = (struct text){arena_copy(&arena, line.prompt.at, line.prompt.len, &err), line.prompt.len};
    }
    world_line_done(&line);
    qsort(out, n, sizeof *out, by_text);
    for (size_t i = 1; i < n; i++)
        if (text_equal(out[i - 1], out[i])) fail_msg("%s asks twice: %.*s", family, TEXT_ARG(out[i]));
    return n;
}

static void test_files(void **state) {
    static const char *const families[] = {"p1-ask", "p1-unknown", "p1-requests", "deeds", "p1-deeds"};
    enum { MOST = 16000 };
    struct error err;
    (void)state;
    for (size_t k = 0; k < 5; k++)
        for (int s = 0; s < N_SPLITS; s++) {
            struct text *one = arena_new(&arena, struct text, MOST, &err),
                        *two = arena_new(&arena, struct text, MOST, &err);
            size_t n = prompts_of(families[k], (enum split)s, 1, one, MOST),
                   m = prompts_of(families[k], (enum split)s, 2, two, MOST), same = 0;
            for (size_t i = 0; i < m; i++) same += bsearch(&two[i], one, n, sizeof *one, by_text) != NULL;
            /* the plan of the unknown is that of its English twin, where two wordings of a split come round again */
            if (same * (k == 1 ? 4 : 10) >= n)
                fail_msg("%s, %s: %zu of %zu prompts stay in draw 2", families[k], world_split_names[s], same, n);
            arena_reset(&arena);
        }
}

/* The twin has the same case, split, options and gold; its texts are the other language's. */
static void check_twin(const struct item *item, struct world_line *line) {
    struct item twin;
    json_t *p1 = item_line(item, line, 1);
    struct text id = json_text(json_object_get(json_object_get(p1, "labels"), "twin"));
    if (!world_item_find(w, id, &twin)) fail_msg("no twin '%.*s'", TEXT_ARG(id));
    twin.split = item->family == world_family_find("p1-requests") ? item->split : twin.split;
    json_t *en = item_line(&twin, line, 1);
    const json_t *gold = json_object_get(p1, "gold"), *gold_en = json_object_get(en, "gold");
    assert_string_equal(json_string_value(json_object_get(p1, "split")),
                        json_string_value(json_object_get(en, "split")));
    assert_string_equal(json_string_value(json_object_get(p1, "template")),
                        json_string_value(json_object_get(en, "template")));
    assert_string_equal(json_string_value(json_object_get(p1, "lang")), "p1");
    assert_true(json_equal(json_object_get(p1, "prov"), json_object_get(en, "prov")));
    assert_string_equal(json_string_value(json_object_get(gold, "kind")),
                        json_string_value(json_object_get(gold_en, "kind")));
    assert_false(json_equal(json_object_get(p1, "prompt"), json_object_get(en, "prompt")));
    const json_t *answer = json_object_get(gold, "answer"), *answer_en = json_object_get(gold_en, "answer");
    if (json_is_integer(answer))
        assert_true(json_equal(answer, answer_en));
    else if (!text_equal_c(json_text(json_object_get(gold, "kind")), "text"))
        assert_true(json_equal(answer, answer_en)); /* help or refuse; don't know */
    json_decref(p1), json_decref(en);
}

static void test_twins(void **state) {
    static const char *const families[] = {"p1-ask", "p1-unknown", "p1-requests", "p1-deeds"};
    struct error err;
    struct world_line line;
    (void)state;
    world_line_init(&line);
    for (size_t k = 0; k < 4; k++)
        for (int s = 0; s < N_SPLITS; s++) {
            struct item *items;
            size_t n;
            check_ok(world_plan_items(w, world_family_find(families[k]), (enum split)s, 1, 200, NULL, &items, &n,
                                      &arena, &err));
            for (size_t i = 0; i < n; i++) check_twin(&items[i], &line);
            arena_reset(&arena);
        }
    world_line_done(&line);
}

/* Right options of the questions: each as frequent as the others of its number, up to chance of the cut; good and bad
 * deeds exactly alike. */
static void test_rates(void **state) {
    struct error err;
    struct world_line line;
    struct item *items;
    size_t n, right[MOST_OPTIONS + 1][MOST_OPTIONS] = {{0}}, bad = 0;
    (void)state;
    world_line_init(&line);
    check_ok(world_plan_items(w, world_family_find("p1-ask"), TEST, 1, 0, NULL, &items, &n, &arena, &err));
    for (size_t i = 0; i < n; i++) {
        assert_true(world_make_line(&line, w, &items[i], 1));
        right[line.n_options][line.right]++;
    }
    for (size_t k = 2; k <= MOST_OPTIONS; k++)
        for (size_t i = 1; i < k; i++)
            assert_true(right[k][i] * 4 > right[k][0] * 3 && right[k][i] * 3 < right[k][0] * 4);
    check_ok(world_plan_items(w, world_family_find("deeds"), TRAIN, 1, 0, NULL, &items, &n, &arena, &err));
    for (size_t i = 0; i < n; i++) {
        assert_true(world_make_line(&line, w, &items[i], 1));
        bad += line.right;
    }
    assert_int_equal(bad * 2, n);
    world_line_done(&line);
    arena_reset(&arena);
}

/* ---- the block */

/* Tells no fact of the ladder but those told most, asks only what is for training. */
static void test_parallel(void **state) {
    struct world_document document = {0};
    size_t bytes = 0, n = (size_t)world_block_parallel.documents(w), longest = 0;
    (void)state;
    buffer_init(&document.text, 1 << 16);
    for (size_t i = 0; i < l->n_told; i++) {
        const struct fact *f = &w->facts[l->told[i]];
        assert_true(f->stratum == STRATUM_CORE || f->e == 128);
        assert_int_equal(f->split == TRAIN, i < l->n_asked);
    }
    for (size_t i = 0; i < n; i++) {
        buffer_clear(&document.text);
        assert_true(world_block_parallel.put(&document, w, i, 1) && document.text.len > 20);
        assert_true(text_utf8_invalid(buffer_text(&document.text)) == SIZE_MAX);
        bytes += document.text.len;
        if (document.text.len > longest) longest = document.text.len;
    }
    printf("# parallel: %zu documents, %zu bytes, longest %zu\n", n, bytes, longest);
    assert_true(bytes > 5000000 && bytes < 7000000 && longest < 1200);
    buffer_done(&document.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_word_order), cmocka_unit_test(test_words),     cmocka_unit_test(test_names),
        cmocka_unit_test(test_statements), cmocka_unit_test(test_questions), cmocka_unit_test(test_requests),
        cmocka_unit_test(test_deeds),      cmocka_unit_test(test_twins),     cmocka_unit_test(test_files),
        cmocka_unit_test(test_rates),      cmocka_unit_test(test_parallel),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
