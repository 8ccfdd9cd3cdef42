/* Corpora of the mix: budgets, windows, what may be asked, and the same bytes for any number of threads. */
#include "check.h"

#include "base/file.h"
#include "measure/world/world_mix.h"

#include <stdlib.h>
#include <unistd.h>

static struct world *w;
static struct error err;
static char path[64];

static int setup(void **state) {
    (void)state;
    snprintf(path, sizeof path, "/tmp/basanite-mix-XXXXXX");
    int fd = mkstemp(path);
    return fd >= 0 && close(fd) == 0 && (w = world_new(WORLD_DEFAULT_SEED, &err)) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    world_free(w);
    return unlink(path);
}

static void write_mix(struct arena *arena, const char *spec, size_t threads, struct mix_spec *found,
                      struct mix_made *made, struct text *out) {
    struct pool *pool;
    check_ok(pool = pool_new(threads, &err));
    check_ok(world_mix_find(arena, text_of(spec), found, &err));
    check_ok(world_mix_write(w, found, 1, path, pool, NULL, made, arena, &err));
    check_ok(file_read(arena, path, (size_t)1 << 29, out, &err));
    pool_free(pool);
}

static void test_same_bytes(void **state) {
    struct arena arena;
    struct mix_spec spec;
    struct mix_made made;
    struct text one, three;
    (void)state;
    arena_init(&arena, 0);
    write_mix(&arena, "chat,scale=5", 1, &spec, &made, &one);
    write_mix(&arena, "chat,scale=5", 3, &spec, &made, &three);
    assert_true(one.len > 100000 && text_equal(one, three));
    arena_done(&arena);
}

/* A row holds its bytes and at most one document more. */
static void test_budgets(void **state) {
    struct mix *mixes;
    struct arena arena;
    size_t n;
    (void)state;
    arena_init(&arena, 0);
    check_ok(world_mixes(&arena, &mixes, &n, &err));
    assert_true(n >= 3);
    for (size_t i = 0; i < n; i++) {
        char name[64];
        struct mix_spec spec;
        struct mix_made made;
        struct text all, line;
        uint64_t lines = 0;
        snprintf(name, sizeof name, "%.*s,scale=4", TEXT_ARG(mixes[i].name));
        write_mix(&arena, name, 2, &spec, &made, &all);
        for (size_t r = 0; r < spec.mix.n; r++) {
            uint64_t wanted = spec.mix.rows[r].bytes * 4 / 100;
            lines += made.row_documents[r];
            assert_true(made.row_bytes[r] > 0);
            if (wanted && (made.row_bytes[r] < wanted || made.row_bytes[r] > wanted + 8192))
                fail_msg("%s: '%.*s' holds %llu bytes, expected %llu", name, TEXT_ARG(spec.mix.rows[r].from),
                         (unsigned long long)made.row_bytes[r], (unsigned long long)wanted);
        }
        assert_int_equal(lines, made.documents);
        for (; all.len && text_next(&all, '\n', &line); lines--) assert_true(line.len > 12);
        assert_int_equal(lines, 0);
    }
    arena_done(&arena);
}

/* Questions about what is never told are for training in no corpus. */
static void test_never_told(void **state) {
    struct arena arena;
    struct item *items;
    size_t n, never = 0;
    (void)state;
    arena_init(&arena, 0);
    check_ok(world_plan_items(w, &world_family_ask, TRAIN, 1, UINT64_MAX, NULL, &items, &n, &arena, &err));
    for (size_t i = 0; i < n; i++) {
        const struct fact *f = &w->facts[items[i].number / (MOST_OPTIONS * WORDINGS * N_STYLES)];
        assert_int_equal(world_family_ask.trains(w, items[i].number), f->e > 0);
        never += f->e == 0;
    }
    assert_true(never > 500);
    arena_done(&arena);
}

/* A row's manner is heard in the prompts of its family, and its replies stay. */
static void test_manner(void **state) {
    struct arena arena;
    struct mix_spec spec;
    struct mix_made made;
    struct text plain, said, a, b;
    size_t lines = 0, other = 0;
    (void)state;
    arena_init(&arena, 0);
    check_ok(world_mix_find(&arena, TEXT("more"), &spec, &err));
    struct mix_row row = {0};
    for (size_t r = 0; r < spec.mix.n; r++)
        if (spec.mix.rows[r].manner && !row.family) row = spec.mix.rows[r];
    assert_non_null(row.family);
    row.bytes = 20000, row.talk = 100;
    spec.mix.rows = &row, spec.mix.n = 1;
    struct pool *pool;
    check_ok(pool = pool_new(1, &err));
    check_ok(world_mix_write(w, &spec, 1, path, pool, NULL, &made, &arena, &err));
    check_ok(file_read(&arena, path, (size_t)1 << 24, &said, &err));
    row.manner = 0;
    check_ok(world_mix_write(w, &spec, 1, path, pool, NULL, &made, &arena, &err));
    check_ok(file_read(&arena, path, (size_t)1 << 24, &plain, &err));
    pool_free(pool);
    for (; said.len && text_next(&said, '\n', &a) && text_next(&plain, '\n', &b); lines++) {
        size_t x = text_find(a, TEXT("\"assistant\""), 0), y = text_find(b, TEXT("\"assistant\""), 0);
        assert_true(x != SIZE_MAX && y != SIZE_MAX && text_equal(text_part(a, x, a.len), text_part(b, y, b.len)));
        other += !text_equal(text_part(a, 0, x), text_part(b, 0, y));
    }
    assert_true(lines > 100 && other * 10 > lines * 9);
    arena_done(&arena);
}

static void test_refusals(void **state) {
    struct arena arena;
    struct mix_spec spec;
    (void)state;
    arena_init(&arena, 0);
    check_fails(world_mix_find(&arena, TEXT("pretrian"), &spec, &err), ERROR_USAGE, "no corpus 'pretrian'");
    check_fails(world_mix_find(&arena, TEXT("chat,scale=0"), &spec, &err), ERROR_USAGE, "scale");
    check_fails(world_mix_find(&arena, TEXT("chat,scale=101"), &spec, &err), ERROR_USAGE, "scale");
    check_fails(world_mix_find(&arena, TEXT("chat,dose=2"), &spec, &err), ERROR_USAGE, "dose");
    arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_budgets),
        cmocka_unit_test(test_never_told),
        cmocka_unit_test(test_manner),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
