/* Knights and knaves: statements as lists and as tuples, every operator by its truth table, both solvers on drawn
 * puzzles of any depth, bad rows named, and the public puzzles. */
#include "check.h"

#include "base/rng.h"
#include "formalize/domain/formal_file.h"
#include "formalize/domain/island.h"
#include "solver/smt.h"

static struct arena arena;
static struct error err;
static const char *root;
static json_t *kept; /* rows that were read: names are views into them */

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    kept = json_array();
    return kept ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    json_decref(kept);
    return 0;
}

static bool read_row(const char *row, struct island *out) {
    json_t *j = json_read(text_of(row), "p.jsonl", 7, &err);
    check_ok(j);
    assert_int_equal(json_array_append_new(kept, j), 0);
    error_clear(&err);
    return island_read(j, (struct json_place){"p.jsonl", 7, ""}, &arena, out, &err);
}

static void operators_by_their_tables(void **state) {
    /* C says S(A, B); A and B speak truly of themselves, so all four ways of A and B are left: bit A + 2 B of `truth`
     * says what C is. */
    static const struct {
        const char *said;
        unsigned truth;
    } rows[] = {
        {"[\"T\",0]", 0xA},
        {"[\"L\",0]", 0x5},
        {"[\"not\",[\"T\",1]]", 0x3},
        {"[\"and\",[\"T\",0],[\"T\",1]]", 0x8},
        {"[\"or\",[\"T\",0],[\"T\",1]]", 0xE},
        {"[\"->\",[\"T\",0],[\"T\",1]]", 0xD},
        {"[\"<=>\",[\"T\",0],[\"T\",1]]", 0x9},
        {"[\"and\",[\"T\",0],[\"T\",1],[\"L\",0]]", 0x0},
        {"[\"or\",[\"T\",0],[\"not\",[\"and\",[\"L\",0],[\"L\",1]]]]", 0xE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char row[512];
        struct island island;
        uint32_t ways[8];
        snprintf(row, sizeof row, "{\"names\":[\"A\",\"B\",\"C\"],\"statements\":[[\"T\",0],[\"T\",1],%s]}",
                 rows[i].said);
        check_ok(read_row(row, &island));
        assert_int_equal(island_enumerate(&island, ways, 8), 4);
        for (size_t w = 0; w < 4; w++) assert_int_equal(ways[w] >> 2, rows[i].truth >> (ways[w] & 3) & 1);
    }
}

static void tuples_are_lists(void **state) {
    struct island a, b;
    uint32_t way[2];
    (void)state;
    check_ok(read_row(
        "{\"names\":[\"A\",\"B\"],\"statements\":\"(('not', ('telling-truth', 1)), ('<=>', ('lying', 0,), "
        "('telling-truth', 0)),)\",\"solution\":[true,false],\"solution_text_format\":\"(1) A is a knight\\n(2) B "
        "is a knave\"}",
        &a));
    check_ok(read_row(
        "{\"slots\":{\"names\":[\"A\",\"B\"],\"statements\":[[\"not\",[\"T\",1]],[\"<=>\",[\"L\",0],[\"T\",0]]]}}",
        &b));
    assert_int_equal(island_enumerate(&a, way, 2), 1);
    assert_int_equal(way[0], 1);
    assert_true(a.told && a.solution == 1 && !b.told);
    assert_int_equal(island_enumerate(&b, way, 2), 1);
    assert_int_equal(way[0], 1);
}

static void bad_rows_are_named(void **state) {
    static const char *const rows[][2] = {
        {"{\"names\":[\"A\",\"a\"],\"statements\":[[\"T\",0],[\"T\",1]]}", "names are not unique"},
        {"{\"names\":[\"A\"],\"statements\":[[\"T\",1]]}", "person 1; there are 1"},
        {"{\"names\":[\"A\"],\"statements\":[[\"T\",-1]]}", "person -1"},
        {"{\"names\":[\"A\"],\"statements\":[[\"nott\",[\"T\",0]]]}", "unknown operator 'nott'; did you mean 'not'"},
        {"{\"names\":[\"A\"],\"statements\":[[\"->\",[\"T\",0]]]}", "takes 2 parts, found 1"},
        {"{\"names\":[\"A\"],\"statements\":[[\"T\",0],[\"T\",0]]}", "2 statements for 1 names"},
        {"{\"names\":[\"A\"],\"statements\":[\"T\"]}", "expected [OPERATOR"},
        {"{\"names\":[],\"statements\":[]}", "1 to 20 names"},
        {"{\"names\":[\"A\"],\"statements\":\"(('lying', 0)\"}", "no nested tuples"},
        {"{\"names\":[\"A\"],\"statements\":[[\"T\",0]],\"solution\":[1]}", "true or false"},
        {"{\"names\":[\"A\"],\"statements\":[[\"T\",0]],\"solution\":[]}", "for each name"},
        {"{\"names\":[\"A\"],\"statements\":[[\"T\",0]],\"solution\":[true],\"solution_text_format\":\"(1) A is a "
         "knave\"}",
         "something else than solution"},
    };
    struct island island;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_fails(read_row(rows[i][0], &island), ERROR_DATA, rows[i][1]);
        assert_non_null(strstr(err.message, "p.jsonl:7"));
    }
}

static const struct said *draw(struct rng *rng, size_t people, unsigned depth) {
    struct said *s = arena_new(&arena, struct said, 1, &err);
    s->kind = (enum said_kind)(depth ? rng_below(rng, 7) : rng_below(rng, 2));
    s->person = rng_below(rng, people);
    s->n = s->kind <= SAID_KNAVE ? 0 : s->kind == SAID_NOT ? 1 : 2;
    s->of = arena_new(&arena, const struct said *, 2, &err);
    for (size_t i = 0; i < s->n; i++) s->of[i] = draw(rng, people, depth - 1);
    return s;
}

static void solvers_agree(void **state) {
    struct rng rng = rng_stream(1, "test/island", 0);
    size_t seen[3] = {0};
    (void)state;
    if (!smt_there()) {
        print_message("skip - island/solvers agree: z3 is not part of this build\n");
        skip();
    }
    struct island_z3 *z3 = island_z3_new(&err);
    check_ok(z3);
    for (size_t round = 0; round < 300; round++) {
        struct island island = {.n = 1 + rng_below(&rng, 6)};
        uint32_t way[2], first = 0;
        size_t by_z3;
        for (size_t i = 0; i < island.n; i++) island.name[i] = TEXT("x"), island.said[i] = draw(&rng, island.n, 3);
        size_t n = island_enumerate(&island, way, 2);
        check_ok(island_z3_count(z3, &island, &by_z3, &first, &err));
        assert_int_equal(by_z3, n < 2 ? n : 2);
        if (n == 1) assert_int_equal(first, way[0]);
        seen[n < 2 ? n : 2]++;
    }
    for (size_t i = 0; i < 3; i++) assert_true(seen[i] > 20); /* none, one, several: all were met */
    island_z3_free(z3);
}

static void public_puzzles(void **state) {
    static const struct {
        const char *name;
        size_t rows;
    } files[] = {{"kk_own_a.jsonl", 280}, {"kk_public_a.jsonl", 100}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char path[512];
        struct formal_settings s = {.verb = FORMAL_CHECK};
        struct formal_result r = {0};
        snprintf(path, sizeof path, "%s/../shared/data/trpa/%s", root, files[i].name);
        FILE *there = fopen(path, "r");
        if (!there) {
            print_message("skip - island/%s: it is not there\n", files[i].name);
            continue;
        }
        fclose(there);
        check_ok(formal_file(path, &s, &r, &err));
        assert_string_equal(r.domain->name, "logic");
        assert_int_equal(r.rows, files[i].rows);
        assert_int_equal(r.hold, files[i].rows);
    }
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {cmocka_unit_test(operators_by_their_tables), cmocka_unit_test(tuples_are_lists),
                                       cmocka_unit_test(bad_rows_are_named), cmocka_unit_test(solvers_agree),
                                       cmocka_unit_test(public_puzzles)};
    return cmocka_run_group_tests_name("island", tests, setup, teardown);
}
