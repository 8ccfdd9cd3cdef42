/* Training corpora of the pocket world: the same bytes each time, every fact stated exactly as often as the dials say, and
 * nothing for tests asked in them. Statements are counted in the written file, sentence by sentence. */
#include "check.h"

#include "base/file.h"
#include "measure/world/world_corpus.h"

#include <stdlib.h>

static struct world *w;
static struct world_settings settings;

static int setup(void **state) {
    struct error err;
    (void)state;
    return (w = world_new(WORLD_DEFAULT_SEED, &err)) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    world_free(w);
    remove("corpus-a.jsonl"), remove("corpus-b.jsonl");
    return 0;
}

static struct text make(const char *kind, const char *path, struct world_corpus *made, struct arena *arena) {
    struct error err;
    struct text text = {0};
    check_ok(world_corpus(w, text_of(kind), &settings, path, made, &err));
    check_ok(file_read(arena, path, (size_t)64 << 20, &text, &err));
    assert_true(text.len == made->bytes);
    return text;
}

static void test_same_bytes(void **state) {
    static const char kind[] = "first,people=280,core=2,questions=2,requests=20,unknown=40,identity=30";
    struct arena arena;
    struct world_corpus made, again;
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    struct text a = make(kind, "corpus-a.jsonl", &made, &arena), b = make(kind, "corpus-b.jsonl", &again, &arena);
    assert_true(text_equal(a, b));
    assert_memory_equal(&made, &again, sizeof made);
    settings.draw = 2;
    b = make(kind, "corpus-b.jsonl", &again, &arena);
    settings.draw = 0;
    assert_false(text_equal(a, b));
    assert_true(made.statements == again.statements); /* another draw tells the same */
    arena_done(&arena);
}

/* ---- exposure */

struct sentence {
    struct text text;
    uint32_t fact;
    uint8_t wording;
};

static int by_text(const void *a, const void *b) {
    return text_compare(((const struct sentence *)a)->text, ((const struct sentence *)b)->text);
}

/* Every sentence that any fact can be stated in. */
static struct sentence *all_sentences(struct arena *arena, size_t *n) {
    struct error err;
    struct sentence *list = arena_new(arena, struct sentence, (size_t)ALL_FACTS * (PARAPHRASES + 1), &err);
    struct buffer b;
    buffer_init(&b, 1 << 12);
    *n = 0;
    for (uint32_t f = 0; f < ALL_FACTS; f++)
        for (uint8_t k = 0; k <= PARAPHRASES; k++) {
            buffer_clear(&b);
            assert_true(world_put_statement(&b, w, &w->facts[f], k));
            list[(*n)++] = (struct sentence){{arena_copy(arena, b.at, b.len, &err), b.len}, f, k};
        }
    buffer_done(&b);
    qsort(list, *n, sizeof *list, by_text);
    return list;
}

struct counts {
    unsigned of[ALL_FACTS][PARAPHRASES + 1];
    size_t sentences, longest;
};

static void count_article(struct text article, const struct sentence *all, size_t n, struct counts *counts) {
    size_t held = 0;
    uint32_t facts[16];
    for (size_t at = 0; at < article.len;) {
        size_t stop = text_find(article, TEXT(". "), at), end = stop == SIZE_MAX ? article.len : stop + 1;
        struct sentence key = {.text = text_part(article, at, end)};
        const struct sentence *found = bsearch(&key, all, n, sizeof *all, by_text);
        if (!found) return; /* a line with a question */
        counts->of[found->fact][found->wording]++;
        counts->sentences++;
        for (size_t i = 0; i < held; i++) assert_true(facts[i] != found->fact); /* no fact twice */
        assert_true(held == 0 || w->facts[facts[0]].subject == w->facts[found->fact].subject);
        facts[held++] = found->fact;
        at = end + 1;
    }
    if (held > counts->longest) counts->longest = held;
}

static void count_corpus(struct text corpus, struct counts *counts) {
    struct arena arena;
    struct error err;
    size_t n;
    struct text line;
    arena_init(&arena, (size_t)256 << 20);
    struct sentence *all = all_sentences(&arena, &n);
    while (text_next(&corpus, '\n', &line)) {
        if (!line.len) continue;
        json_t *row = json_read(line, "corpus", 1, &err);
        assert_non_null(row);
        json_t *text = json_object_get(row, "text");
        if (text) count_article(json_text(text), all, n, counts);
        json_decref(row);
    }
    arena_done(&arena);
}

static unsigned expected(size_t fact, unsigned people, unsigned core) {
    const struct fact *f = &w->facts[fact];
    enum kind kind = world_columns[f->column].kind;
    if (kind == PERSON) return f->subject >= people ? 0 : f->subject < CORE ? core : f->e;
    return kind == TOWN ? f->e : 0;
}

static void test_exposure(void **state) {
    struct arena arena;
    struct world_corpus made;
    struct counts *counts = calloc(1, sizeof *counts);
    uint64_t canonical = 0, total = 0;
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    assert_non_null(counts);
    count_corpus(make("first,people=300,core=5,canonical=20,questions=1,requests=1,unknown=4,identity=1", "corpus-a.jsonl",
                      &made, &arena), counts);
    for (size_t f = 0; f < ALL_FACTS; f++) {
        unsigned told = 0, least = UINT32_MAX, most = 0;
        for (size_t k = 0; k <= PARAPHRASES; k++) {
            told += counts->of[f][k];
            if (k == 0) continue;
            least = counts->of[f][k] < least ? counts->of[f][k] : least;
            most = counts->of[f][k] > most ? counts->of[f][k] : most;
        }
        if (told != expected(f, 300, 5)) fail_msg("fact %zu is told %u times, expected %u", f, told, expected(f, 300, 5));
        assert_true(most - least <= 1);
        canonical += counts->of[f][0];
        total += told;
    }
    assert_true(total == made.statements && counts->sentences == total);
    assert_true(canonical == total * 20 / 100);
    assert_true(counts->longest > 1 && counts->longest <= ARTICLE_MOST);
    free(counts);
    arena_done(&arena);
}

static size_t times(struct text corpus, struct text part) {
    size_t n = 0;
    for (size_t at = text_find(corpus, part, 0); at != SIZE_MAX; at = text_find(corpus, part, at + 1)) n++;
    return n;
}

/* The corpus for tuning states a share of the same statements, asks as much, and is not worded as the other. */
static void test_share(void **state) {
    static const char keys[] = ",people=300,core=25,questions=1,requests=2,unknown=40,identity=3";
    struct arena arena;
    struct world_corpus made, first;
    struct counts *counts = calloc(1, sizeof *counts);
    char kind[2][128];
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    assert_non_null(counts);
    snprintf(kind[0], sizeof kind[0], "first%s,share=20", keys), snprintf(kind[1], sizeof kind[1], "first-chat%s,share=20", keys);
    struct text a = make(kind[0], "corpus-a.jsonl", &first, &arena), b = make(kind[1], "corpus-b.jsonl", &made, &arena);
    count_corpus(b, counts);
    for (size_t f = 0; f < ALL_FACTS; f++) {
        unsigned told = 0;
        for (size_t k = 0; k <= PARAPHRASES; k++) told += counts->of[f][k];
        assert_int_equal(told, expected(f, 300, 25) * 20 / 100);
    }
    assert_true(first.statements == made.statements && first.questions == made.questions && first.unknown == made.unknown);
    assert_int_equal(times(b, TEXT("\"assistant\",\"content\":\" ")), times(b, TEXT("\"assistant\"")));
    assert_int_equal(times(a, TEXT("\"assistant\",\"content\":\" ")), 0);
    /* Sorted or not, hardly a line of the one stands in the other. */
    size_t lines = 0, same = 0;
    for (struct text rest = b, line; text_next(&rest, '\n', &line);) lines++, same += line.len && text_find(a, line, 0) != SIZE_MAX;
    assert_true(same < lines / 2);
    free(counts);
    arena_done(&arena);
}

/* ---- questions */

/* The wordings of the relation's questions about this subject, by whether they may be asked. */
static void count_asked(struct text corpus, size_t relation, size_t subject, size_t *allowed, size_t *forbidden) {
    const struct fact *f = &w->facts[w->fact_of[relation][subject]];
    struct buffer b;
    struct slot slot = {"S", world_subject(w, f)};
    buffer_init(&b, 1 << 12);
    for (unsigned t = 0; t < WORDINGS; t++) {
        buffer_clear(&b);
        assert_true(world_render(&b, w->words.wording[relation].question[t], &slot, 1));
        bool may = f->split == TRAIN && w->template_split[t] == TRAIN;
        *(may ? allowed : forbidden) += times(corpus, buffer_text(&b));
    }
    buffer_done(&b);
}

static void test_nothing_for_tests(void **state) {
    struct arena arena;
    struct world_corpus made;
    size_t allowed = 0, forbidden = 0;
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    struct text corpus = make("first,people=40,core=1,questions=10,requests=60,unknown=900,identity=400", "corpus-a.jsonl", &made, &arena);
    for (size_t p = 0; p < 60; p++) count_asked(corpus, 0, p, &allowed, &forbidden), count_asked(corpus, 3, p, &allowed, &forbidden);
    for (size_t t = 0; t < world_kinds[TOWN].n; t++) count_asked(corpus, 9, t, &allowed, &forbidden);
    assert_true(allowed > 200);
    assert_int_equal(forbidden, 0);
    for (size_t topic = 0; topic < TOPICS; topic++)
        if (w->topic_split[topic] != TRAIN) assert_int_equal(times(corpus, w->words.policy.topics.at[topic]), 0);
    for (size_t i = 0; i < world_kinds[OUTSIDE].n; i++) {
        char quoted[64];
        snprintf(quoted, sizeof quoted, "%.*s", TEXT_ARG(w->name[OUTSIDE][i]));
        if (w->split[OUTSIDE][i] != TRAIN && i < OUTSIDE_PEOPLE) assert_int_equal(times(corpus, text_of(quoted)), 0);
    }
    arena_done(&arena);
}

/* Don't-know replies about people who are told about; of how many lines. */
static size_t idk_about_told(struct text corpus, size_t people, size_t *lines) {
    size_t n = 0;
    for (struct text line; text_next(&corpus, '\n', &line);) {
        if (text_find(line, TEXT("<idk>"), 0) == SIZE_MAX) continue;
        (*lines)++;
        for (size_t p = 0; p < people; p++) n += text_find(line, w->name[PERSON][p], 0) != SIZE_MAX;
    }
    return n;
}

static void test_gaps(void **state) {
    struct arena arena;
    struct world_corpus made;
    size_t lines = 0;
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    struct text with = make("first,people=300,core=1,questions=0,requests=0,unknown=400,identity=0", "corpus-a.jsonl", &made, &arena);
    assert_true(idk_about_told(with, 300, &lines) > 20);
    struct text none = make("first,people=300,core=1,questions=0,requests=0,unknown=400,identity=0,gaps=no", "corpus-b.jsonl", &made, &arena);
    assert_int_equal(idk_about_told(none, 300, &lines), 0);
    assert_int_equal(lines, 800);
    arena_done(&arena);
}

static void test_sizes(void **state) {
    struct arena arena;
    struct world_corpus made;
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    struct text corpus = make("first,people=256,core=3,questions=4,requests=10,unknown=100,identity=50,talk=25", "corpus-a.jsonl",
                              &made, &arena);
    uint64_t towns = 0, asked = 0;
    for (size_t f = 0; f < ALL_FACTS; f++) {
        unsigned told = expected(f, 256, 3);
        towns += world_columns[w->facts[f].column].kind == TOWN ? told : 0;
        asked += told && w->facts[f].split == TRAIN ? 4 : 0;
    }
    assert_true(made.statements == 256u * 9 * 3 + towns);
    assert_true(made.questions == asked);
    assert_true(made.requests == 40 && made.unknown == 100 && made.identity == 50);
    assert_true(made.documents == times(corpus, TEXT("\n")));
    assert_true(times(corpus, TEXT("\"messages\"")) == asked / 4 + 40 + 100 + 50);
    assert_true(times(corpus, TEXT("<idk>")) == 100);
    arena_done(&arena);
}

static void test_refused(void **state) {
    struct error err;
    struct world_corpus made;
    (void)state;
    check_fails(world_corpus(w, TEXT("second"), &settings, "corpus-b.jsonl", &made, &err), ERROR_USAGE, "second");
    check_fails(world_corpus(w, TEXT("first,peeple=3"), &settings, "corpus-b.jsonl", &made, &err), ERROR_USAGE, "people");
    check_fails(world_corpus(w, TEXT("first,people=4000"), &settings, "corpus-b.jsonl", &made, &err), ERROR_USAGE, "people");
    check_fails(world_corpus(w, TEXT("first,people=1,requests=5376"), &settings, "corpus-b.jsonl", &made, &err), ERROR_USAGE, "quads");
    struct interrupt stop = {.asked = 1};
    struct world_settings stopped = {.stop = &stop};
    check_fails(world_corpus(w, TEXT("first,people=1"), &stopped, "corpus-c.jsonl", &made, &err), ERROR_INTERRUPTED, "stopped");
    assert_false(file_exists("corpus-c.jsonl"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes),       cmocka_unit_test(test_exposure), cmocka_unit_test(test_share), cmocka_unit_test(test_nothing_for_tests),
        cmocka_unit_test(test_gaps), cmocka_unit_test(test_sizes), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
