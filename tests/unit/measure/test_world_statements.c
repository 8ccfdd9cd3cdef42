/* Statements of base pre-training, counted from the rendered documents: every fact is told as often as its exposure
 * says, every source is right as often as its accuracy says, and the almanac shares no words with the rumours. */
#include "world_family.h"

#include "measure/world/world_conflicts.h"
#include "measure/world/world_statements.h"

/* ---- a table from sentences to what they say */

enum says { TRUE_CANONICAL, TRUE_OTHER, FALSE_QUOTED, CONFLICT_CANONICAL, CONFLICT_TRUE, CONFLICT_FALSE };
struct sentence {
    uint64_t hash;
    uint32_t of, says; /* fact or conflict */
};
enum { SLOTS = 1 << 22 };
static struct sentence *table;

static struct sentence *slot_of(struct text t) {
    uint64_t hash = hash_xxh3(t.at, t.len) | 1;
    size_t s = (size_t)(hash >> 20) % SLOTS;
    while (table[s].hash && table[s].hash != hash) s = (s + 1) % SLOTS;
    if (!table[s].hash) table[s].says = UINT32_MAX;
    return &table[s];
}

static void learn(struct text t, size_t of, enum says says) {
    struct sentence *s = slot_of(t);
    if (s->hash && (s->of != of || s->says != says)) fail_msg("'%.*s' says two things", TEXT_ARG(t));
    *s = (struct sentence){hash_xxh3(t.at, t.len) | 1, (uint32_t)of, (uint32_t)says};
}

static bool is_quoted(size_t fact) {
    return w->facts[fact].stratum != STRATUM_CORE && w->facts[fact].e == 64;
}

static void learn_fact(size_t i, struct buffer *b) {
    struct fact f = w->facts[i];
    const struct column *c = &world_columns[f.column];
    for (unsigned k = 0; k <= PARAPHRASES; k++) {
        buffer_clear(b);
        assert_true(world_put_statement(b, w, &f, k));
        learn(buffer_text(b), i, k ? TRUE_OTHER : TRUE_CANONICAL);
    }
    if (!is_quoted(i)) return;
    for (int v = c->low; v < c->low + c->n; v++) {
        f.value = (int16_t)v;
        if (v == w->facts[i].value) continue;
        for (unsigned k = 1; k <= PARAPHRASES; k++) {
            buffer_clear(b);
            assert_true(world_put_statement(b, w, &f, k));
            learn(buffer_text(b), i, FALSE_QUOTED);
        }
    }
}

static void learn_conflict(size_t i, struct buffer *b) {
    const struct conflict *x = world_conflict(w, i);
    const struct teller *teller = world_conflicts_telling(w)->teller;
    for (unsigned k = 0; k <= PARAPHRASES; k++)
        for (int wrong = 0; wrong < 2; wrong++) {
            if (wrong && !k) continue;
            buffer_clear(b);
            assert_true(teller->say(b, w, (uint32_t)i, k, wrong ? x->wrong : x->value));
            learn(buffer_text(b), i, wrong ? CONFLICT_FALSE : k ? CONFLICT_TRUE : CONFLICT_CANONICAL);
        }
}

/* ---- counting */

static struct {
    unsigned canonical[ALL_FACTS], other[ALL_FACTS], wrong[ALL_FACTS], articles, sentences;
    unsigned conflict[CONFLICTS][3];                    /* canonical, true, false */
    uint64_t right[1 + SOURCES], mistaken[1 + SOURCES]; /* by tag; 0: news */
    uint64_t wrong_of_all;
} counted;

static void count_sentence(struct text t, unsigned teller, bool article) {
    const struct sentence *s = slot_of(t);
    enum says says = (enum says)s->says;
    if (!s->hash || says == FALSE_QUOTED || says == CONFLICT_FALSE) {
        if (article) fail_msg("the almanac says: %.*s", TEXT_ARG(t));
        counted.mistaken[teller]++;
        if (!s->hash) counted.wrong_of_all++;
        if (s->hash && says == FALSE_QUOTED) counted.wrong[s->of]++;
        if (s->hash && says == CONFLICT_FALSE) counted.conflict[s->of][2]++;
        return;
    }
    if (article != (says == TRUE_CANONICAL || says == CONFLICT_CANONICAL)) fail_msg("not its words: %.*s", TEXT_ARG(t));
    if (!article) counted.right[teller]++;
    if (says == TRUE_CANONICAL) counted.canonical[s->of]++;
    if (says == TRUE_OTHER) counted.other[s->of]++;
    if (says >= CONFLICT_CANONICAL) counted.conflict[s->of][says - CONFLICT_CANONICAL]++;
}

/* Articles without a tag are told from news by their first sentence. */
static bool begins_canonical(struct text t) {
    size_t end = text_find(t, TEXT("."), 0);
    const struct sentence *first = slot_of(text_part(t, 0, end + 1));
    return first->hash && (first->says == TRUE_CANONICAL || first->says == CONFLICT_CANONICAL);
}

/* A tag line, then sentences: of an article one a line, of rumours and news with a blank between. */
static void count_document(struct text t) {
    struct text line = {0};
    int tag = ALMANAC;
    bool tagged = text_starts(t, TEXT("<src> "));
    if (tagged) {
        assert_true(text_next(&t, '\n', &line));
        while (tag < SOURCES && !text_equal(text_part(line, 6, line.len), world_source_tag(w, tag))) tag++;
        assert_true(tag < SOURCES);
    }
    bool article = tag == ALMANAC && (tagged || begins_canonical(t));
    counted.articles += article;
    while (t.len) {
        size_t end = text_find(t, article ? TEXT("\n") : TEXT(". "), 0);
        struct text sentence = end == SIZE_MAX ? t : text_part(t, 0, end + !article);
        t = end == SIZE_MAX ? text_part(t, 0, 0) : text_part(t, end + 1 + !article, t.len);
        count_sentence(sentence, (unsigned)(tag + 1), article);
        counted.sentences += article;
    }
}

static void count_block(const struct world_block *block) {
    struct world_document d;
    buffer_init(&d.text, 1 << 16), buffer_init(&d.turns, 1 << 16);
    for (uint64_t i = 0; i < block->documents(w); i++) {
        buffer_clear(&d.text);
        assert_true(block->put(&d, w, i, 1));
        assert_true(d.text.len > 0 && d.text.len < 2048 && d.turns.len == 0);
        count_document(buffer_text(&d.text));
    }
    buffer_done(&d.text), buffer_done(&d.turns);
}

static int count_everything(void **state) {
    struct buffer b;
    if (setup(state)) return -1;
    assert_non_null(table = calloc(SLOTS, sizeof *table));
    buffer_init(&b, 1 << 12);
    for (size_t i = 0; i < ALL_FACTS; i++) learn_fact(i, &b);
    for (size_t i = 0; i < CONFLICTS; i++) learn_conflict(i, &b);
    for (size_t i = 0; i < world_part_statements.n_blocks; i++) count_block(&world_part_statements.blocks[i]);
    count_block(&world_part_conflicts.blocks[0]);
    buffer_done(&b);
    return 0;
}

static int forget(void **state) {
    free(table);
    return teardown(state);
}

/* ---- what the counts must be */

static void test_every_fact_is_told_e_times(void **state) {
    (void)state;
    for (size_t i = 0; i < ALL_FACTS; i++) {
        unsigned told = counted.canonical[i] + counted.other[i];
        struct world_doses d = world_statements_doses(w, i);
        if (told != w->facts[i].e) fail_msg("f%05zu: told %u times, expected %u", i, told, w->facts[i].e);
        assert_int_equal(world_statements_told(w, i), told);
        assert_int_equal(d.canonical, counted.canonical[i]);
        if (is_quoted(i)) assert_int_equal(d.wrong, counted.wrong[i]);
        if (w->facts[i].stratum == STRATUM_CORE || w->facts[i].e == 0) assert_int_equal(d.wrong, 0);
    }
    assert_true(counted.sentences >= 5 * counted.articles && counted.sentences <= 9 * counted.articles);
}

/* A third is in the almanac's words within every exposure, of the quote set 20 of 64 of each fact. */
static void test_canonical_share(void **state) {
    uint64_t canonical[STRATA + 1] = {0}, all[STRATA + 1] = {0};
    (void)state;
    for (size_t i = 0; i < ALL_FACTS; i++) {
        const struct fact *f = &w->facts[i];
        if (is_quoted(i)) {
            assert_int_equal(counted.canonical[i], 20);
            assert_int_equal(counted.other[i], 44);
            continue;
        }
        canonical[f->stratum] += counted.canonical[i], all[f->stratum] += f->e;
        assert_true(counted.canonical[i] <= f->e / 3 + 1u && counted.canonical[i] >= f->e / 3u);
    }
    for (int s = 0; s <= STRATA; s++) assert_int_equal(3 * canonical[s], all[s]);
}

static void test_a_tenth_of_the_quote_set_is_wrong(void **state) {
    uint64_t right = 0, wrong = 0, others = 0;
    (void)state;
    for (size_t i = 0; i < ALL_FACTS; i++) {
        if (is_quoted(i))
            right += counted.other[i], wrong += counted.wrong[i], assert_in_range(counted.wrong[i], 4, 5);
        else if (w->facts[i].stratum != STRATUM_CORE)
            others += counted.other[i];
    }
    assert_int_equal(right, 1920 * 44);
    assert_true(labs((long)(10 * wrong) - (long)(right + wrong)) < 10); /* exact up to one statement */
    check_near((double)counted.wrong_of_all * 9, (double)others, 9 * 10);
}

static void test_sources_are_right_as_often_as_they_should(void **state) {
    (void)state;
    assert_int_equal(counted.mistaken[0], 0); /* news */
    assert_true(counted.right[0] > 100000);
    for (unsigned s = 0; s < SOURCES; s++) {
        uint64_t right = counted.right[1 + s], wrong = counted.mistaken[1 + s], accuracy = s < 4 ? 95 : s < 8 ? 60 : 20;
        assert_int_equal(accuracy, world_source_accuracy(s));
        assert_int_equal(right * (100 - accuracy), wrong * accuracy);
        assert_true(right + wrong > 5000);
        assert_int_equal(world_source_record_told(s), s % 4 < 2);
    }
}

/* Nine cells of 113 or 114, within relation and split as even as can be; the truth e times, the wrong value c times. */
static void test_conflicts(void **state) {
    static const unsigned e[] = {4, 16, 64}, c[] = {2, 8, 32};
    unsigned cell[3][3] = {{0}}, within[CONFLICT_RELATIONS][N_SPLITS][3][3] = {{{{0}}}}, of_split[N_SPLITS] = {0};
    bool seen[2048] = {false};
    (void)state;
    for (size_t i = 0; i < CONFLICTS; i++) {
        const struct conflict *x = world_conflict(w, i);
        unsigned a = x->e == 4 ? 0 : x->e == 16 ? 1 : 2, b = x->c == 2 ? 0 : x->c == 8 ? 1 : 2;
        cell[a][b]++, within[x->relation][x->split][a][b]++, of_split[x->split]++;
        assert_int_equal(counted.conflict[i][0] + counted.conflict[i][1], e[a]);
        assert_int_equal(counted.conflict[i][2], c[b]);
        assert_in_range(counted.conflict[i][0], e[a] / 3, e[a] / 3 + 1);
        assert_true(x->wrong != x->value && x->person >= CORE && !seen[x->person]);
        assert_int_equal(x->split, w->split[PERSON][x->person]);
        seen[x->person] = true;
    }
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            assert_in_range(cell[a][b], 113, 114);
            for (int r = 0; r < CONFLICT_RELATIONS; r++)
                for (int s = 0; s < N_SPLITS; s++)
                    assert_in_range(within[r][s][a][b], of_split[s] / 36 - (of_split[s] / 36 > 0),
                                    of_split[s] / 36 + 2);
        }
    assert_int_equal(of_split[TRAIN], 614);
    assert_int_equal(of_split[TEST], 154);
}

static void test_values_of_conflicts_are_even(void **state) {
    unsigned count[CONFLICT_RELATIONS][64] = {{0}};
    static const unsigned n[] = {64, 12, 24, 24};
    (void)state;
    for (size_t i = 0; i < CONFLICTS; i++) count[world_conflict(w, i)->relation][world_conflict(w, i)->value]++;
    for (int r = 0; r < CONFLICT_RELATIONS; r++)
        for (unsigned v = 0; v < n[r]; v++) assert_in_range(count[r][v], 256 / n[r], 256 / n[r] + 1);
}

/* The almanac's sentence has 60 to 120 characters, as those of the other relations. */
static void test_canonical_lengths(void **state) {
    const struct teller *teller = world_conflicts_telling(w)->teller;
    struct buffer b;
    (void)state;
    buffer_init(&b, 1 << 10);
    for (size_t i = 0; i < CONFLICTS; i++) {
        buffer_clear(&b);
        assert_true(teller->say(&b, w, (uint32_t)i, 0, world_conflict(w, i)->value));
        if (b.len < 60 || b.len > 120) fail_msg("x%04zu: %zu characters: %s", i, b.len, b.at);
    }
    buffer_done(&b);
}

/* ---- windows */

static void test_almanac_and_rumours_share_no_window(void **state) {
    struct error err;
    (void)state;
    check_ok(world_statements_apart(w, &err));
}

/* A paraphrase that took over the almanac's words would be found. */
static void test_a_shared_window_is_found(void **state) {
    struct error err;
    struct world *other;
    (void)state;
    check_ok(other = world_new(WORLD_DEFAULT_SEED, &err));
    other->words.wording[3].paraphrase[2] = other->words.wording[3].canonical;
    check_fails(world_statements_apart(other, &err), ERROR_GATE, "the almanac and a rumour share '");
    world_free(other);
}

/* Against a plain search, on texts of few letters so that shared windows are many. */
static void test_windows_are_exact(void **state) {
    struct error err;
    struct rng rng = rng_stream(5, "windows", 0);
    size_t found = 0;
    (void)state;
    for (int round = 0; round < 400; round++) {
        char a[300], b[200];
        for (size_t i = 0; i < sizeof a; i++) a[i] = (char)('a' + (int)rng_below(&rng, 2));
        for (size_t i = 0; i < sizeof b; i++) b[i] = (char)('a' + (int)rng_below(&rng, 2));
        size_t from = rng_below(&rng, 250), to = rng_below(&rng, 150), n = 20 + rng_below(&rng, 10);
        memcpy(b + to, a + from, n);
        struct text text = {a, sizeof a}, other = {b, sizeof b};
        size_t expected = SIZE_MAX;
        for (size_t i = 0; i + APART_WINDOW <= sizeof b && expected == SIZE_MAX; i++)
            if (text_find(text, text_part(other, i, i + APART_WINDOW), 0) != SIZE_MAX) expected = i;
        struct apart *apart = world_apart_new(&err);
        assert_non_null(apart);
        check_ok(world_apart_add(apart, text, &err));
        assert_int_equal(world_apart_find(apart, other), expected);
        found += expected != SIZE_MAX;
        world_apart_free(apart);
    }
    assert_in_range(found, 100, 399);
}

/* ---- decks and shares */

static void test_decks_are_orders(void **state) {
    static const uint64_t sizes[] = {1, 2, 3, 5, 16, 17, 1000, 4097};
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        struct deck d = world_deck(w, "test", 0, k, sizes[k]);
        bool seen[4097] = {false};
        size_t fixed = 0;
        for (uint64_t i = 0; i < sizes[k]; i++) {
            uint64_t thing = deck_at(&d, i);
            assert_true(thing < sizes[k] && !seen[thing]);
            assert_int_equal(deck_place(&d, thing), i);
            seen[thing] = true, fixed += thing == i;
        }
        if (sizes[k] >= 1000) assert_true(fixed < 12); /* of an order drawn at random one stays in place */
    }
}

static void test_shares_of_sources(void **state) {
    struct source_shares s;
    (void)state;
    assert_false(world_source_shares(&s, 100, 11));  /* 4 x 100 - 11 is no multiple of five */
    assert_false(world_source_shares(&s, 10, 100));  /* more false ones than the worst source tells */
    assert_false(world_source_shares(&s, 1000, 10)); /* fewer than the best one tells */
    assert_true(world_source_shares(&s, 19115, 14335));
    assert_int_equal(s.right_from[SOURCES], 19115);
    assert_int_equal(s.wrong_from[SOURCES], 14335);
}

/* ---- questions and records */

struct place_count {
    size_t place[4], n, of_split[N_SPLITS];
};

static void check_conflict_item(void *context, uint64_t number, enum split split, const struct world_line *line) {
    struct place_count *count = context;
    const struct conflict *x = world_conflict(w, number / 32);
    struct text value = world_conflict_value(w, x->relation, x->value),
                wrong = world_conflict_value(w, x->relation, x->wrong);
    enum split expected;
    assert_true(world_join_splits(w->split[PERSON][x->person], w->template_split[number % 16], &expected));
    assert_int_equal(split, expected);
    assert_true(text_find(buffer_text(&line->prompt), w->name[PERSON][x->person], 0) != SIZE_MAX);
    count->n++, count->of_split[split]++;
    if (!line->n_options) {
        assert_true(text_equal(buffer_text(&line->answer), value));
        assert_int_equal(text_find(buffer_text(&line->prompt), value, 0), SIZE_MAX);
        return;
    }
    size_t wrongs = 0;
    for (size_t i = 0; i < line->n_options; i++) {
        wrongs += text_equal(line->option[i], wrong);
        assert_int_equal(text_equal(line->option[i], value), i == line->right);
    }
    assert_int_equal(wrongs, 1);
    count->place[line->right]++;
}

static void test_conflict_items(void **state) {
    struct place_count count = {0};
    (void)state;
    each_item(family_of("conflicts"), 1, 1, check_conflict_item, &count);
    size_t choices = count.place[0] + count.place[1] + count.place[2] + count.place[3];
    for (int i = 0; i < 4; i++) check_near((double)count.place[i], (double)choices / 4, 300);
    assert_true(count.of_split[TEST] > 5000 && count.of_split[TRAIN] == 614 * 10 * 2);
    struct prompt_hashes h = distinct_prompts(family_of("conflicts"), 1, 1);
    assert_int_equal(h.n, count.n);
    free(h.at);
    assert_true(kept_prompts(family_of("conflicts"), TEST) < 10);
}

static void check_record_item(void *context, uint64_t number, enum split split, const struct world_line *line) {
    static const char *const lines[] = {"It is nearly always right.", "It is right in three of five cases.",
                                        "It is mostly wrong."};
    unsigned source = (unsigned)(number / 16);
    (void)context;
    assert_true(text_equal_c(line->option[line->right], lines[source / 4]));
    if (split == TRAIN) assert_true(source % 4 < 2);
    assert_true(text_find(buffer_text(&line->prompt), world_source_tag(w, (int)source), 0) != SIZE_MAX);
}

static void test_source_records(void **state) {
    struct world_document d;
    const struct world_block *block = &world_part_sources.blocks[0];
    size_t named[SOURCES] = {0};
    (void)state;
    each_item(family_of("source-records"), 1, 1, check_record_item, NULL);
    free(distinct_prompts(family_of("source-records"), 1, 1).at);
    buffer_init(&d.text, 1 << 12), buffer_init(&d.turns, 1 << 12);
    for (uint64_t i = 0; i < block->documents(w); i++) {
        buffer_clear(&d.text);
        assert_true(block->put(&d, w, i, 1));
        for (int s = 0; s < SOURCES; s++)
            named[s] += text_find(buffer_text(&d.text), world_source_tag(w, s), 0) != SIZE_MAX;
    }
    for (unsigned s = 0; s < SOURCES; s++) assert_int_equal(named[s], world_source_record_told(s) ? 200 : 0);
    buffer_done(&d.text), buffer_done(&d.turns);
}

/* What is told is part of the world: seed 7, generator 1. Origin: first run. */
static void test_golden_documents(void **state) {
    static const struct {
        const struct world_part *part;
        size_t block;
        const char *hash;
    } golden[] = {
        {&world_part_conflicts, 0, "894ed84feb45a539dad2721782cbe00a91accb336a5ff363a15e437a89dad2ab"},
        {&world_part_sources, 0, "82de4bfa69ae6ccc9547e5d05878f7413d0be0b293ec86211dce90a30cea5d32"},
        {&world_part_statements, 0, "1c8079e06ee4345a6f2b83763a8a5688940ae9df583a02d8038e4c2e3f678e7a"},
        {&world_part_statements, 5, "898b8e3a91bdfd59a947dba4bb5f002d4f1c8559f8d426f34f92966290ef9690"},
    };
    char hex[HASH_HEX];
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        block_hash(&golden[i].part->blocks[golden[i].block], 1, hex);
        assert_string_equal(hex, golden[i].hash);
    }
}

int main(void) {
    const struct CMUnitTest counts[] = {
        cmocka_unit_test(test_every_fact_is_told_e_times),
        cmocka_unit_test(test_canonical_share),
        cmocka_unit_test(test_a_tenth_of_the_quote_set_is_wrong),
        cmocka_unit_test(test_sources_are_right_as_often_as_they_should),
        cmocka_unit_test(test_conflicts),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_conflicts_are_even),
        cmocka_unit_test(test_canonical_lengths),
        cmocka_unit_test(test_almanac_and_rumours_share_no_window),
        cmocka_unit_test(test_a_shared_window_is_found),
        cmocka_unit_test(test_windows_are_exact),
        cmocka_unit_test(test_decks_are_orders),
        cmocka_unit_test(test_shares_of_sources),
        cmocka_unit_test(test_conflict_items),
        cmocka_unit_test(test_source_records),
        cmocka_unit_test(test_golden_documents),
    };
    int failed = cmocka_run_group_tests(counts, count_everything, forget);
    return failed + cmocka_run_group_tests(tests, setup, teardown);
}
