/* Training sets: their counts, that all is for training, that chosen is better, that drawn keys are as often as their
 * posterior says, and the same bytes for any number of threads. */
#include "check.h"

#include "base/file.h"
#include "measure/world/world_conduct.h"
#include "measure/world/world_guidelines.h"
#include "measure/world/world_sets.h"

#include <stdlib.h>
#include <unistd.h>

static struct world *w;
static struct error err;
static char path[64];

static int setup(void **state) {
    (void)state;
    snprintf(path, sizeof path, "/tmp/basanite-sets-XXXXXX");
    int fd = mkstemp(path);
    return fd >= 0 && close(fd) == 0 && (w = world_new(WORLD_DEFAULT_SEED, &err)) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    world_free(w);
    return unlink(path);
}

static struct text write_set(struct arena *arena, const char *name, uint64_t draw, size_t threads) {
    const struct world_set *set = world_set_find(text_of(name));
    struct made_file file = {.path = "set"};
    struct writing f;
    struct text all;
    struct pool *pool;
    assert_non_null(set);
    check_ok(pool = pool_new(threads, &err));
    check_ok(writing_end(&f, writing_begin(&f, &file, path, NULL, &err) && world_set_write(&f, set, w, draw, pool)));
    check_ok(file_read(arena, path, (size_t)1 << 26, &all, &err));
    assert_int_equal(file.lines, set->n);
    assert_int_equal(file.bytes, all.len);
    pool_free(pool);
    return all;
}

/* The next line as a value, which the caller frees; NULL behind the last. */
static json_t *next(struct text *all) {
    struct text line;
    json_t *value;
    if (!all->len || !text_next(all, '\n', &line)) return NULL;
    check_ok(value = json_read(line, "set", 1, &err));
    return value;
}

static const char *string_of(const json_t *value, const char *key) {
    return json_string_value(json_object_get(value, key));
}

static json_int_t number_of(const json_t *value, const char *key) {
    return json_integer_value(json_object_get(value, key));
}

static struct text content_of(const json_t *value, bool last) {
    const json_t *turns = json_object_get(value, "messages");
    return json_text(json_object_get(json_array_get(turns, last ? json_array_size(turns) - 1 : 0), "content"));
}

/* Of an item for training; "nz14317/3" is one of another pass. */
static struct item item_of(const json_t *value) {
    struct text id = json_text(json_object_get(value, "id")), rest = id;
    struct item item;
    assert_true(text_next(&rest, '/', &id));
    if (!world_item_find(w, id, &item)) fail_msg("no item '%.*s'", TEXT_ARG(id));
    assert_int_equal(item.split, TRAIN);
    return item;
}

static void test_same_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < world_n_sets; i++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct text one = write_set(&arena, world_sets[i].name, 1, 1), three = write_set(&arena, world_sets[i].name, 1, 3);
        assert_true(one.len > 10000 && text_equal(one, three));
        arena_done(&arena);
    }
}

/* The chosen one has the higher sum, of every contrast as many; pairs for rewards are not those of prefer. */
static void test_pairs(void **state) {
    struct arena arena;
    size_t n[2] = {0}, same = 0;
    static uint64_t seen[20000];
    (void)state;
    arena_init(&arena, 0);
    for (int r = 0; r < 2; r++) {
        struct text all = write_set(&arena, r ? "reward" : "prefer", 1, 2);
        json_t *v;
        while ((v = next(&all))) {
            uint32_t number = item_of(v).number;
            uint64_t hash = hash_xxh3(string_of(v, "prompt"), strlen(string_of(v, "prompt")));
            assert_true(number_of(v, "reward_chosen") > number_of(v, "reward_rejected"));
            assert_string_not_equal(string_of(v, "chosen"), string_of(v, "rejected"));
            if (strcmp(string_of(v, "contrast"), "close") == 0) {
                assert_int_equal(number_of(json_object_get(v, "scores_chosen"), "r1"), 100);
                assert_int_equal(number_of(json_object_get(v, "scores_rejected"), "r1"), 0);
            }
            if (!r)
                assert_int_equal(seen[number], 0), seen[number] = hash;
            else
                same += seen[number] == hash;
            n[r]++;
            json_decref(v);
        }
    }
    assert_int_equal(n[0], 12000);
    assert_int_equal(n[1], 5000);
    assert_true(same < 500);
    arena_done(&arena);
}

static void test_prompts(void **state) {
    struct arena arena;
    size_t of[6] = {0}, n = 0, same = 0;
    static const char *const parts[] = {"ask", "requests", "acts", "sums", "chains", "knights"};
    (void)state;
    arena_init(&arena, 0);
    struct text all = write_set(&arena, "rl", 1, 2), other = write_set(&arena, "rl", 2, 2);
    for (json_t *v, *o; (v = next(&all)) && (o = next(&other)); n++) {
        struct item item = item_of(v);
        for (size_t p = 0; p < 6; p++) of[p] += strcmp(item.family->name, parts[p]) == 0;
        assert_non_null(json_object_get(v, "gold"));
        assert_int_equal(json_array_size(json_object_get(v, "messages")), 1);
        same += text_equal(content_of(v, true), content_of(o, true));
        json_decref(v), json_decref(o);
    }
    assert_int_equal(n, 6000);
    for (size_t p = 0; p < 6; p++) assert_int_equal(of[p], 1000);
    assert_true(same < n / 10); /* another draw, over 90% other prompts */
    arena_done(&arena);
}

/* Keys of the noise questions come as often as their posterior says: 30,000 of them, so five standard errors are .014. */
static void test_distil(void **state) {
    struct arena arena;
    double expected = 0, found = 0, noise = 0, asked = 0;
    (void)state;
    arena_init(&arena, 0);
    struct text all = write_set(&arena, "distil", 1, 2);
    for (json_t *v; (v = next(&all)); json_decref(v)) {
        const json_t *posterior = json_object_get(v, "posterior");
        struct item item = item_of(v);
        struct text reply = content_of(v, true);
        assert_true(text_starts(reply, TEXT(" ANS: ")) && reply.len == 7);
        assert_int_equal(reply.at[6] - 'A', number_of(v, "right"));
        if (!posterior) {
            asked++;
            assert_true(item.family == &world_family_ask && world_family_ask.trains(w, item.number));
            continue;
        }
        double most = 0;
        size_t likeliest = 0;
        for (size_t i = 0; i < json_array_size(posterior); i++) {
            double p = json_number_value(json_array_get(posterior, i));
            if (p > most) most = p, likeliest = i;
        }
        noise++, expected += most, found += likeliest == (size_t)number_of(v, "right");
    }
    assert_true(noise == 30000 && asked == 30000);
    check_near(found / noise, expected / noise, 0.014);
    arena_done(&arena);
}

/* The guideline that fits is of the request's risk, the others are not; the library holds all of them, its clusters are right. */
/* The same rows, answered in words; the few are the first of them. */
static void test_distil_words(void **state) {
    struct arena arena;
    size_t n = 0;
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    struct text few = write_set(&arena, "distil-few", 1, 1), all = write_set(&arena, "distil-words", 1, 2);
    assert_true(text_starts(all, few));
    for (json_t *row; (row = next(&few)); n++) {
        const json_t *answer = json_array_get(json_object_get(row, "messages"), 1);
        assert_int_equal(json_array_size(json_object_get(row, "posterior")), 5);
        assert_int_equal(text_find(text_of(string_of(answer, "content")), TEXT("ANS"), 0), SIZE_MAX);
        assert_int_equal(string_of(answer, "content")[0], ' ');
        json_decref(row);
    }
    assert_int_equal(n, 300);
    arena_done(&arena);
}

static void test_retrieve(void **state) {
    struct arena arena;
    size_t risky = 0, n = 0;
    (void)state;
    arena_init(&arena, 0);
    struct text pairs = write_set(&arena, "retrieve", 1, 2), library = write_set(&arena, "library", 1, 2);
    json_t *guide[GUIDES];
    for (size_t i = 0; i < GUIDES; i++) {
        assert_non_null(guide[i] = next(&library));
        assert_int_equal(number_of(guide[i], "gid"), i);
        assert_string_equal(string_of(guide[i], "text"), world_guide(w, i)->text.at);
        risky += json_is_true(json_object_get(guide[i], "risk"));
    }
    assert_int_equal(risky, RISKS * 16);
    for (json_t *v; (v = next(&pairs)); json_decref(v), n++) {
        json_int_t fits = number_of(v, "positive");
        struct text bad = json_text(json_object_get(v, "query"));
        bool named = false;
        for (size_t k = 0; k < RISK_PAIRS; k++)
            named |= text_find(bad, w->words.policy.risk[fits / N_WAYS].bad[k], 0) != SIZE_MAX;
        assert_true(fits < TRUE_GUIDES && named);
        json_t *others = json_object_get(v, "negatives");
        assert_int_equal(json_array_size(others), 4);
        for (size_t i = 0; i < 4; i++) {
            json_int_t other = json_integer_value(json_array_get(others, i));
            assert_true(other < GUIDES && number_of(guide[other], "cluster") / N_WAYS != fits / N_WAYS);
        }
    }
    assert_int_equal(n, 6000);
    for (size_t i = 0; i < GUIDES; i++) json_decref(guide[i]);
    arena_done(&arena);
}

/* A harmful task is refused, a benign one is done: its last words come behind a call. */
static void test_agent(void **state) {
    struct arena arena;
    size_t harmful = 0, n = 0;
    (void)state;
    arena_init(&arena, 0);
    struct text all = write_set(&arena, "agent", 1, 2);
    for (json_t *v; (v = next(&all)); json_decref(v), n++) {
        bool bad = strcmp(string_of(v, "env"), "harmful") == 0, calls = false;
        json_t *turns = json_object_get(v, "messages"), *turn;
        size_t i;
        json_array_foreach(turns, i, turn) calls |= text_find(json_text(json_object_get(turn, "content")), TEXT("<call>"), 0) == 0;
        assert_int_equal(calls, !bad);
        harmful += bad;
    }
    assert_int_equal(n, 5000);
    assert_in_range(harmful, 1000, 1500); /* three in ten, where the chain has any */
    arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_pairs),    cmocka_unit_test(test_prompts),
        cmocka_unit_test(test_distil),     cmocka_unit_test(test_distil_words),     cmocka_unit_test(test_retrieve), cmocka_unit_test(test_agent),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
