/* The town's database: its tables, its 160 structures, every reference query run on both schemas, and what makes half
 * of the questions infeasible. */
#include "part_check.h"

#include "measure/world/world_queries.h"
#include "verify/sql_judge.h"
#include "verify/sql_shape.h"

#include <stdlib.h>

static struct sql_database *opened[2];

static int open_databases(void **state) {
    struct error err;
    struct arena arena;
    struct text bytes;
    if (setup(state) != 0) return -1;
    for (int twin = 0; twin < 2; twin++) {
        arena_init(&arena, (size_t)256 << 20);
        check_ok(world_database(w, twin, &arena, &bytes, &err));
        check_ok(opened[twin] = sql_open_bytes(bytes.at, bytes.len, twin ? "twin" : "town", &err));
        arena_done(&arena);
    }
    return 0;
}

static int close_databases(void **state) {
    sql_close(opened[0]), sql_close(opened[1]);
    return teardown(state);
}

static void run(struct arena *arena, int twin, struct text sql, struct sql_result *out) {
    struct error err;
    check_ok(sql_run(opened[twin], sql, NULL, arena, out, &err));
    if (out->state != SQL_RAN) fail_msg("%.*s: %s", TEXT_ARG(sql), out->why);
}

static void test_tables(void **state) {
    static const char *const names[Q_TABLES] = {"people", "towns",  "buildings", "goods",
                                                "shops",  "prices", "visits",    "laws"};
    struct arena arena;
    (void)state;
    arena_init(&arena, 64 << 20);
    for (int t = 0; t < Q_TABLES; t++) {
        struct sql_result r;
        char sql[100];
        snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM %s", names[t]);
        run(&arena, 0, text_of(sql), &r);
        assert_int_equal(r.table.cells[0].integer, query_rows(w, t));
        assert_in_range(r.table.cells[0].integer, 40, 4096);
    }
    /* Every reference to another table names a row that is there. */
    struct sql_result r;
    run(&arena, 0,
        TEXT("SELECT COUNT(*) FROM visits v JOIN people p ON p.id = v.person JOIN shops s ON s.id = v.shop JOIN towns "
             "t ON t.id = "
             "s.town JOIN people o ON o.id = s.owner JOIN towns u ON u.id = p.town"),
        &r);
    assert_int_equal(r.table.cells[0].integer, Q_VISITS);
    run(&arena, 0, TEXT("SELECT COUNT(*) FROM prices p JOIN shops s ON s.id = p.shop JOIN goods g ON g.id = p.good"),
        &r);
    assert_int_equal(r.table.cells[0].integer, Q_PRICES);
    /* The world's own tables are the world's. */
    run(&arena, 0, TEXT("SELECT name, wage, town FROM people WHERE id = 7"), &r);
    assert_true(text_equal(r.table.cells[0].text, w->name[PERSON][6]));
    assert_int_equal(r.table.cells[1].integer, w->value[P_WAGE][6]);
    assert_int_equal(r.table.cells[2].integer, w->value[P_TOWN][6] + 1);
    arena_done(&arena);
}

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void test_structures(void **state) {
    const struct queries *q = world_queries(w);
    uint64_t hash[Q_STRUCTURES];
    size_t unseen = 0, of_hardness[3] = {0};
    struct error err;
    struct arena arena;
    (void)state;
    arena_init(&arena, 64 << 20);
    for (size_t i = 0; i < Q_STRUCTURES; i++) {
        struct buffer b;
        struct sql_shape shape;
        buffer_init(&b, 1 << 12);
        assert_true(query_put_sql(&b, w, q, &q->structure[i], 0, false));
        check_ok(sql_shape_of(buffer_text(&b), &arena, &shape, &err));
        hash[i] = shape.structure;
        assert_int_equal(shape.hardness, q->structure[i].hardness);
        of_hardness[shape.hardness]++;
        unseen += q->structure[i].unseen;
        buffer_done(&b);
    }
    qsort(hash, Q_STRUCTURES, sizeof *hash, by_number);
    for (size_t i = 1; i < Q_STRUCTURES; i++) assert_true(hash[i] != hash[i - 1]);
    assert_int_equal(unseen, Q_UNSEEN);
    for (size_t h = 0; h < 3; h++) assert_true(of_hardness[h] >= 20);
    arena_done(&arena);
}

/* Half of the cases feasible; a structure is unseen exactly where no case for training has it. */
static void test_cases(void **state) {
    const struct queries *q = world_queries(w);
    size_t of_kind[Q_KINDS] = {0}, in_training[Q_STRUCTURES] = {0};
    (void)state;
    for (size_t i = 0; i < Q_CASES; i++) {
        const struct query_case *c = &q->cases[i];
        of_kind[c->kind]++;
        if (c->kind == Q_FEASIBLE) in_training[c->structure] += q->split[i] == TRAIN;
    }
    assert_int_equal(of_kind[Q_FEASIBLE], Q_CASES / 2);
    for (int k = Q_SURFACE; k < Q_KINDS; k++) assert_in_range(of_kind[k], Q_CASES / 10 - 1, Q_CASES / 10 + 1);
    for (size_t s = 0; s < Q_STRUCTURES; s++) assert_int_equal(in_training[s] == 0, q->structure[s].unseen);
}

/* The first frame of each case, whatever its split. */
static void make_case(struct world_line *line, size_t i) {
    struct item item = {.family = world_family_find("sql"), .number = (uint32_t)(i * WORDINGS)};
    assert_true(world_make_line(line, w, &item, 1));
}

/* References run on the schema that they are asked of; town and twin hold the same; no question comes twice. */
static void test_references(void **state) {
    const struct queries *q = world_queries(w);
    static uint64_t hash[Q_CASES];
    struct world_line line;
    struct arena arena;
    struct error err;
    size_t twins = 0;
    (void)state;
    arena_init(&arena, 256 << 20);
    world_line_init(&line);
    for (size_t i = 0; i < Q_CASES; i++) {
        make_case(&line, i);
        hash[i] = hash_xxh3(line.prompt.at, line.prompt.len);
        bool twin = text_find(buffer_text(&line.labels), TEXT("\"twin\""), 0) != SIZE_MAX;
        twins += twin;
        if (q->cases[i].kind != Q_FEASIBLE) {
            assert_true(text_equal_c(buffer_text(&line.answer), "null"));
            continue;
        }
        struct sql_result a, b;
        struct sql_match match;
        struct buffer other;
        buffer_init(&other, 1 << 12);
        assert_true(query_put_sql(&other, w, q, &q->structure[q->cases[i].structure], q->cases[i].value, !twin));
        run(&arena, twin, buffer_text(&line.answer), &a);
        run(&arena, !twin, buffer_text(&other), &b);
        check_ok(sql_tables_equal(SQL_STRICT, buffer_text(&line.answer), &a.table, &b.table, &arena, &match, &err));
        if (!match.equal) fail_msg("%s: town and twin differ", line.answer.at);
        buffer_done(&other);
        arena_reset(&arena);
    }
    world_line_done(&line);
    arena_done(&arena);
    assert_in_range(twins, Q_CASES / 3 - 8, Q_CASES / 3 + 8);
    qsort(hash, Q_CASES, sizeof *hash, by_number);
    for (size_t i = 1; i < Q_CASES; i++) assert_true(hash[i] != hash[i - 1]);
}

/* The column that a question of kind column-surface needs is not in the schema shown, and is in every other one. */
static void test_missing_columns(void **state) {
    const struct queries *q = world_queries(w);
    struct world_line line;
    size_t full[2] = {0};
    (void)state;
    world_line_init(&line);
    for (size_t i = 0; i < Q_CASES; i++) {
        make_case(&line, i);
        size_t commas = 0, end = text_find(buffer_text(&line.prompt), TEXT("\nQuestion:"), 0);
        for (size_t k = 0; k < end; k++) commas += line.prompt.at[k] == ',';
        assert_int_equal(commas, Q_COLUMNS - Q_TABLES - (q->cases[i].kind == Q_SURFACE));
        full[q->cases[i].kind == Q_SURFACE]++;
    }
    assert_true(full[0] && full[1]);
    world_line_done(&line);
}

static void test_sizes(void **state) {
    static struct part_texts train, test;
    (void)state;
    part_gathered(&train, "sql", TRAIN, 1);
    part_gathered(&test, "sql", TEST, 1);
    assert_true(train.longest < 1000 && test.longest < 1000);
    for (size_t i = 0, k = 0; i < test.n; i++) { /* both are sorted */
        while (k < train.n && text_compare(train.at[k], test.at[i]) < 0) k++;
        assert_false(k < train.n && text_equal(train.at[k], test.at[i]));
    }
    buffer_done(&train.bytes), buffer_done(&test.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),     cmocka_unit_test(test_structures),      cmocka_unit_test(test_cases),
        cmocka_unit_test(test_references), cmocka_unit_test(test_missing_columns), cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, open_databases, close_databases);
}
