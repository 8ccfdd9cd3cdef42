/* Generated SQL: confined execution, equality of tables (against a plain second implementation, too), cleaning,
 * structure. */
#include "../check.h"

#include "base/file.h"
#include "base/rng.h"
#include "verify/sql_clean.h"
#include "verify/sql_lex.h"
#include "verify/sql_shape.h"
#include "verify/sql_vary.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

static struct error err;
static struct arena arena;
static struct sql_database *shop;
static char path[256];

static void make_shop(const char *to) {
    static const char script[] =
        "create table goods(id integer primary key, name text, price real, town text);"
        "insert into goods values(1,'oats',2.5,'Ark'),(2,'rye',3,'Ark'),(3,'figs',9.25,null),(4,'1e2',3,'Bo');"
        "create table visits(good int, who text);"
        "insert into visits values(1,'N'),(1,'Y'),(2,'N');"
        "create view cheap as select name from goods where price < 3;";
    sqlite3 *db;
    unlink(to);
    assert_int_equal(sqlite3_open(to, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, script, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)2 << 30);
    snprintf(path, sizeof path, "%s/test_sql_%d.sqlite", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid());
    make_shop(path);
    shop = sql_open(path, &err);
    return shop ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    sql_close(shop);
    unlink(path);
    arena_done(&arena);
    return 0;
}

static struct sql_result run_with(struct sql_database *db, const char *sql, const struct sql_limits *limits) {
    struct sql_result r;
    check_ok(sql_run(db, text_of(sql), limits, &arena, &r, &err));
    return r;
}

static struct sql_result run(const char *sql) {
    return run_with(shop, sql, NULL);
}

static void test_reads(void **state) {
    (void)state;
    struct sql_result r = run("select name, price, town from goods where id = 3;  ");
    assert_int_equal(r.state, SQL_RAN);
    assert_int_equal(r.table.n_rows, 1);
    assert_int_equal(r.table.n_columns, 3);
    assert_true(text_equal_c(r.table.cells[0].text, "figs"));
    check_near(r.table.cells[1].real, 9.25, 0);
    assert_int_equal(r.table.cells[2].type, SQL_NULL);
    assert_int_equal(run("select * from cheap").table.n_rows, 1);
    assert_int_equal(
        run("with recursive n(i) as (select 1 union all select i+1 from n where i<9) select i from n").table.n_rows, 9);
    assert_int_equal(run("values (1,2),(3,4)").table.n_rows, 2);
    r = run("select nothing from goods");
    assert_int_equal(r.state, SQL_FAILED);
    assert_non_null(strstr(r.why, "nothing"));
}

/* What a model may write to do more than read; none of it runs. */
static void test_refuses(void **state) {
    static const char *const bad[] = {"delete from goods",
                                      "drop table goods",
                                      "insert into goods(id) values (9)",
                                      "update goods set price = 0",
                                      "create table t(a)",
                                      "create temp table t(a)",
                                      "alter table goods rename to g",
                                      "vacuum",
                                      "vacuum into 'basanite-stolen.db'",
                                      "attach 'x.db' as x",
                                      "detach main",
                                      "pragma table_info(goods)",
                                      "pragma writable_schema = on",
                                      "select * from pragma_table_info('goods')",
                                      "begin",
                                      "commit",
                                      "reindex",
                                      "analyze",
                                      "select load_extension('x.so')",
                                      "select readfile('/etc/passwd')",
                                      "select writefile('x', 'y')",
                                      "select random()",
                                      "select randomblob(9)",
                                      "select hex(randomblob(9))",
                                      "select fts3_tokenizer('simple')",
                                      "select * from dbstat",
                                      "select 1; delete from goods",
                                      "select 1; select 2",
                                      "explain select 1",
                                      "explain query plan select 1",
                                      "select ?",
                                      "select :a",
                                      "",
                                      "   ",
                                      ";",
                                      "-- nothing",
                                      "with x as (select 1) delete from goods",
                                      "select sqlite_version()",
                                      "replace into goods(id) values (1)",
                                      "select zeroblob(900000000)",
                                      "insert into goods select * from goods"};
    char before[HASH_HEX], after[HASH_HEX];
    (void)state;
    check_ok(sql_digest(shop, before, &err));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sql_result r = run(bad[i]);
        if (r.state != SQL_REFUSED && r.state != SQL_FAILED) fail_msg("%s: %s", bad[i], sql_state_names[r.state]);
        assert_non_null(r.why);
    }
    assert_int_equal(run("delete from goods").state, SQL_REFUSED);
    assert_int_equal(run("attach 'x.db' as x").state, SQL_REFUSED);
    assert_int_equal(run("select load_extension('x.so')").state, SQL_REFUSED);
    assert_int_equal(run("pragma table_info(goods)").state, SQL_REFUSED);
    assert_int_equal(run("select 1; delete from goods").state, SQL_REFUSED);
    struct sql_result zero;
    check_ok(sql_run(shop, (struct text){"select 1\0 garbage", 17}, NULL, &arena, &zero, &err));
    assert_int_equal(zero.state, SQL_REFUSED);
    check_ok(sql_digest(shop, after, &err));
    assert_string_equal(before, after);
    assert_int_not_equal(access("basanite-stolen.db", F_OK), 0);
}

/* Loops for ever, tables without end, memory: all stop, and a query after them runs. */
static void test_limits(void **state) {
    struct sql_limits few = sql_limits_usual;
    (void)state;
    few.steps = 2000000;
    struct sql_result r =
        run_with(shop, "with recursive n(i) as (select 1 union all select i+1 from n) select count(*) from n", &few);
    assert_int_equal(r.state, SQL_STOPPED);
    assert_string_equal(r.why, "too many steps");
    r = run_with(
        shop,
        "select count(*) from goods a, goods b, goods c, goods d, goods e, goods f, goods g, goods h, goods i, "
        "goods j, goods k, goods l, goods m",
        &few);
    assert_int_equal(r.state, SQL_STOPPED);
    few = sql_limits_usual;
    few.rows = 10;
    r = run_with(shop, "select 1 from goods a, goods b", &few);
    assert_int_equal(r.state, SQL_STOPPED);
    assert_string_equal(r.why, "too many rows");
    few = sql_limits_usual;
    few.seconds = 0.05;
    few.steps = 0;
    r = run_with(shop, "with recursive n(i) as (select 1 union all select i+1 from n) select max(i) from n", &few);
    assert_int_equal(r.state, SQL_STOPPED);
    assert_string_equal(r.why, "too much time");
    few = sql_limits_usual;
    few.memory = 8 << 20;
    r = run_with(shop,
                 "with recursive n(i) as (select 1 union all select i+1 from n limit 1000000) "
                 "select i, printf('%09999d', i) x from n order by x desc, i limit 1000000",
                 &few);
    assert_int_equal(r.state, SQL_STOPPED);
    assert_string_equal(r.why, "too much memory");
    few = sql_limits_usual;
    few.bytes = 1 << 20;
    few.memory = (size_t)1 << 30;
    r = run_with(
        shop,
        "with recursive n(i) as (select 1 union all select i+1 from n limit 10000) select printf('%0999d', i) from n",
        &few);
    assert_int_equal(r.state, SQL_STOPPED);
    assert_string_equal(r.why, "too large a table");
    r = run("with recursive n(i) as (select 1 union all select i+1 from n limit 9999) select "
            "group_concat(printf('%0999d', i)) from n");
    assert_int_equal(r.state, SQL_STOPPED); /* a value above 1 MB */
    char *long_sql = malloc(200000);
    memset(long_sql, ' ', 199999);
    long_sql[199999] = 0;
    memcpy(long_sql, "select 1", 8);
    assert_int_equal(run(long_sql).state, SQL_REFUSED);
    free(long_sql);
    assert_int_equal(run("select 1").state, SQL_RAN);
    /* The same steps, the same verdict, again and again. */
    few = sql_limits_usual;
    few.steps = 500000;
    uint64_t first = 0;
    for (int i = 0; i < 3; i++) {
        r = run_with(shop,
                     "with recursive n(i) as (select 1 union all select i+1 from n limit 9000) select sum(i) from n",
                     &few);
        assert_int_equal(r.state, SQL_RAN);
        if (i) assert_int_equal(r.steps, first);
        first = r.steps;
    }
}

static void test_opening(void **state) {
    char text[300];
    struct text bytes;
    (void)state;
    check_fails(sql_open("/nowhere/x.sqlite", &err), ERROR_DATA, "no such database");
    snprintf(text, sizeof text, "%s.txt", path);
    check_ok(file_write(text, TEXT("this is a text, which is no database, however long it may be made"), &err));
    check_fails(sql_open(text, &err), ERROR_DATA, "is no SQLite database");
    unlink(text);
    snprintf(text, sizeof text, "%s-wal", path);
    check_ok(file_write(text, TEXT("x"), &err));
    check_fails(sql_open(path, &err), ERROR_DATA, "is being written");
    unlink(text);
    check_ok(sql_bytes(shop, &arena, &bytes, &err));
    struct sql_database *copy = sql_open_bytes(bytes.at, bytes.len, "copy", &err);
    check_ok(copy != NULL);
    struct sql_result r = run_with(copy, "select sum(price) from goods", NULL);
    check_near(r.table.cells[0].real, 17.75, 1e-12);
    assert_int_equal(run_with(copy, "delete from goods", NULL).state, SQL_REFUSED);
    char a[HASH_HEX], b[HASH_HEX];
    check_ok(sql_digest(shop, a, &err));
    check_ok(sql_digest(copy, b, &err));
    assert_string_equal(a, b);
    sql_close(copy);
    check_fails(sql_open_bytes("nothing", 7, "rubbish", &err), ERROR_DATA, "rubbish");
}

/* ---- cells and tables */

static void check_cell(struct sql_cell cell, bool yes_no, const char *expected) {
    struct text t;
    check_ok(sql_cell_text(&cell, yes_no, &arena, &t, &err));
    if (!text_equal_c(t, expected)) fail_msg("'%.*s' instead of '%s'", TEXT_ARG(t), expected);
}

static struct sql_cell text_cell(const char *t) {
    return (struct sql_cell){.type = SQL_TEXT, .text = text_of(t)};
}

static struct sql_cell real_cell(double x) {
    return (struct sql_cell){.type = SQL_REAL, .real = x};
}

static struct sql_cell whole_cell(int64_t x) {
    return (struct sql_cell){.type = SQL_INTEGER, .integer = x};
}

/* Printed by CPython 3.11: str(round(float(x), 3)) where float() reads it. */
static void test_cells(void **state) {
    (void)state;
    check_cell((struct sql_cell){.type = SQL_NULL}, false, "None");
    check_cell(whole_cell(1), false, "1.0");
    check_cell(real_cell(2.5), false, "2.5");
    check_cell(real_cell(0.0005), false, "0.001"); /* the double is a little more than half */
    check_cell(real_cell(2.0005), false, "2.001");
    check_cell(real_cell(1.0625), false, "1.062"); /* a tie goes to the even digit */
    check_cell(real_cell(-0.0001), false, "-0.0");
    check_cell(real_cell(1e22), false, "1e+22");
    check_cell(text_cell(" 12 "), false, "12.0");
    check_cell(text_cell("1e2"), false, "100.0");
    check_cell(text_cell("1_000"), false, "1000.0");
    check_cell(text_cell("1__0"), false, "1__0");
    check_cell(text_cell("0x10"), false, "0x10");
    check_cell(text_cell("NaN"), false, "nan");
    check_cell(text_cell("-Infinity"), false, "-inf");
    check_cell(text_cell(".5"), false, "0.5");
    check_cell(text_cell("5."), false, "5.0");
    check_cell(text_cell("."), false, ".");
    check_cell(text_cell("+7"), false, "7.0");
    check_cell(text_cell("1 2"), false, "1 2");
    check_cell(text_cell(""), false, "");
    check_cell(text_cell("No"), false, "No");
    check_cell(text_cell("No"), true, "0.0");
    check_cell(text_cell("Y"), true, "1.0");
    check_cell((struct sql_cell){.type = SQL_BLOB,
                                 .text = TEXT("a\xff"
                                              "b")},
               false, "ab");
}

static bool equal(enum sql_rule rule, const char *reference, const char *predicted) {
    struct sql_result a = run(reference), b = run(predicted);
    struct sql_match m;
    assert_int_equal(a.state, SQL_RAN);
    assert_int_equal(b.state, SQL_RAN);
    check_ok(sql_tables_equal(rule, text_of(reference), &a.table, &b.table, &arena, &m, &err));
    return m.equal;
}

static void test_equality(void **state) {
    (void)state;
    assert_true(equal(SQL_SINGLE, "select name from goods", "select name from goods order by name desc"));
    assert_false(equal(SQL_SINGLE, "select id, name from goods", "select name, id from goods"));
    assert_true(equal(SQL_SPIDER, "select id, name from goods", "select name, id from goods"));
    assert_false(equal(SQL_SPIDER, "select id from goods order by id", "select id from goods order by id desc"));
    assert_true(equal(SQL_SPIDER, "select id from goods", "select id from goods order by id desc"));
    assert_true(equal(SQL_SINGLE, "select 1 / 3.0", "select 0.3333"));
    assert_false(equal(SQL_STRICT, "select 1 / 3.0", "select 0.3333"));
    assert_true(equal(SQL_SINGLE, "select '1'", "select 1"));
    assert_false(equal(SQL_STRICT, "select '1'", "select 1"));
    assert_false(equal(SQL_SPIDER, "select '1'", "select 1"));
    assert_true(equal(SQL_SINGLE, "select null", "select 'None'"));
    assert_false(equal(SQL_STRICT, "select null", "select 'None'"));
    assert_true(equal(SQL_STRICT, "select 3.0", "select 3"));
    assert_false(equal(SQL_STRICT, "select id from goods order by id", "select id from goods order by id desc"));
    assert_true(equal(SQL_STRICT, "select id from (select id from goods order by id)",
                      "select id from goods order by id desc"));
    assert_false(equal(SQL_SINGLE, "select town from goods", "select distinct town from goods"));
    assert_false(equal(SQL_SINGLE, "select name from goods", "select name from goods order by name limit 2"));
    assert_false(equal(SQL_SINGLE, "select name from goods order by name limit 2", "select name from goods"));
    assert_true(equal(SQL_ADVISING, "select who from visits where good = 2", "select 0"));
    assert_false(equal(SQL_SINGLE, "select who from visits where good = 2", "select 0"));
    /* 100 rows are compared, so the 101st is not seen. */
    assert_true(equal(SQL_SINGLE,
                      "with recursive n(i) as (select 1000 union all select i+1 from n limit 150) select i from n",
                      "with recursive n(i) as (select 1000 union all select i+1 from n limit 149) select i from n "
                      "union all select 9999"));
    assert_false(equal(SQL_STRICT,
                       "with recursive n(i) as (select 1000 union all select i+1 from n limit 150) select i from n",
                       "with recursive n(i) as (select 1000 union all select i+1 from n limit 149) select i from n "
                       "union all select 9999"));
    /* count(..) > 0 takes what was found as yes or no. */
    assert_true(equal(SQL_SINGLE, "select count(*) > 0 from goods", "select count(*) from goods"));
    assert_false(equal(SQL_SINGLE, "select count(*) > 0 from goods", "select 0"));
    assert_true(
        equal(SQL_SINGLE, "select count(*) > 0 from goods where id > 9", "select max(id) from goods where id > 9"));
    assert_true(
        equal(SQL_SINGLE, "select count(*) > 0 from goods", "select id from goods where id > 9")); /* published */
}

/* ---- a second implementation, as plain as can be: all orders of columns, all rows by taking away */

static struct sql_table random_table(struct rng *rng, size_t rows, size_t columns) {
    struct sql_cell *cells = arena_new(&arena, struct sql_cell, rows * columns + 1, &err);
    assert_non_null(cells);
    for (size_t i = 0; i < rows * columns; i++) {
        uint64_t kind = rng_below(rng, 8);
        cells[i] = kind < 4   ? whole_cell((int64_t)rng_below(rng, 2))
                   : kind < 6 ? text_cell(rng_below(rng, 2) ? "a" : "1")
                   : kind < 7 ? real_cell(rng_below(rng, 2) ? 1.0 : 0.5)
                              : (struct sql_cell){.type = SQL_NULL};
    }
    return (struct sql_table){columns, rows, cells};
}

/* The same table with rows and columns in another order, and now and then one cell changed. */
static struct sql_table disturbed(struct rng *rng, struct sql_table t) {
    size_t rows[8], columns[8];
    struct sql_cell *cells = arena_new(&arena, struct sql_cell, t.n_rows * t.n_columns + 1, &err);
    for (size_t i = 0; i < 8; i++) rows[i] = columns[i] = i;
    if (rng_below(rng, 2)) rng_shuffle(rng, rows, t.n_rows);
    if (rng_below(rng, 2)) rng_shuffle(rng, columns, t.n_columns);
    for (size_t r = 0; r < t.n_rows; r++)
        for (size_t c = 0; c < t.n_columns; c++)
            cells[r * t.n_columns + c] = t.cells[rows[r] * t.n_columns + columns[c]];
    if (t.n_rows && rng_below(rng, 2)) cells[rng_below(rng, t.n_rows * t.n_columns)] = whole_cell(2);
    return (struct sql_table){t.n_columns, t.n_rows, cells};
}

static bool plain_cell(enum sql_rule rule, struct sql_cell a, struct sql_cell b) {
    bool number_a = a.type == SQL_INTEGER || a.type == SQL_REAL, number_b = b.type == SQL_INTEGER || b.type == SQL_REAL;
    double x = a.type == SQL_INTEGER ? (double)a.integer : a.real,
           y = b.type == SQL_INTEGER ? (double)b.integer : b.real;
    if (rule == SQL_SINGLE && a.type == SQL_TEXT && text_equal_c(a.text, "1")) number_a = true, x = 1;
    if (rule == SQL_SINGLE && b.type == SQL_TEXT && text_equal_c(b.text, "1")) number_b = true, y = 1;
    if (number_a || number_b) return number_a && number_b && x == y;
    return a.type == b.type && (a.type == SQL_NULL || text_equal(a.text, b.text));
}

static bool plain_rows(enum sql_rule rule, const struct sql_table *a, const struct sql_table *b, const size_t *map,
                       bool ordered) {
    bool used[8] = {false};
    for (size_t r = 0; r < a->n_rows; r++) {
        bool found = false;
        for (size_t s = ordered ? r : 0; s < (ordered ? r + 1 : b->n_rows) && !found; s++) {
            bool same = !used[s];
            for (size_t c = 0; same && c < a->n_columns; c++)
                same = plain_cell(rule, a->cells[r * a->n_columns + c], b->cells[s * b->n_columns + map[c]]);
            if (same) used[s] = found = true;
        }
        if (!found) return false;
    }
    return true;
}

static bool plain_equal(enum sql_rule rule, const struct sql_table *a, const struct sql_table *b, bool ordered) {
    static const size_t orders[6][3] = {{0, 1, 2}, {1, 0, 2}, {0, 2, 1}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    if (a->n_rows != b->n_rows) return false;
    if (a->n_rows == 0 && rule != SQL_STRICT) return true;
    if (a->n_columns != b->n_columns) return false;
    if (rule != SQL_SPIDER) return plain_rows(rule, a, b, orders[0], ordered && rule == SQL_STRICT);
    for (size_t i = 0; i < 6; i++) {
        bool fits = true;
        for (size_t c = 0; c < a->n_columns; c++) fits &= orders[i][c] < a->n_columns;
        if (fits && plain_rows(rule, a, b, orders[i], ordered)) return true;
    }
    return false;
}

static void test_brute_force(void **state) {
    static const enum sql_rule rules[] = {SQL_SINGLE, SQL_SPIDER, SQL_STRICT};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        unsigned yes = 0;
        for (size_t i = 0; i < 1000; i++) {
            struct rng rng = rng_stream(7, "sql/brute", i);
            bool ordered = rng_below(&rng, 3) == 0;
            struct sql_table a = random_table(&rng, rng_below(&rng, 5), 1 + rng_below(&rng, 3)), b = disturbed(&rng, a);
            struct sql_match m;
            check_ok(sql_tables_equal(rules[k], ordered ? TEXT("select x from t order by x") : TEXT("select x from t"),
                                      &a, &b, &arena, &m, &err));
            bool plain = plain_equal(rules[k], &a, &b, ordered);
            if (m.equal != plain) fail_msg("rule %zu, case %zu: %d, by brute force %d", k, i, m.equal, plain);
            yes += plain;
        }
        assert_in_range(yes, 200, 800); /* each verdict at least a fifth */
    }
}

static void test_table_read(void **state) {
    struct sql_table t;
    bool read;
    (void)state;
    check_ok(sql_table_read(TEXT("[['iv', 'it\\'s'], [\"a 'b'\", 'None']]"), &arena, &t, &read, &err));
    assert_true(read && t.n_rows == 2 && t.n_columns == 2);
    assert_true(text_equal_c(t.cells[1].text, "it's"));
    assert_true(text_equal_c(t.cells[2].text, "a 'b'"));
    check_ok(sql_table_read(TEXT("[]"), &arena, &t, &read, &err));
    assert_true(read && t.n_rows == 0);
    static const char *const bad[] = {"null", "[", "[['a'", "[['a'], ['b', 'c']]", "[['a']] x", "['a']", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_ok(sql_table_read(text_of(bad[i]), &arena, &t, &read, &err));
        if (read) fail_msg("'%s' was read", bad[i]);
    }
}

/* ---- cleaning, structure */

static void check_clean(enum sql_set set, const char *raw, const char *expected) {
    struct text t;
    check_ok(sql_clean(text_of(raw), set, &arena, &t, &err));
    if (!text_equal_c(t, expected)) fail_msg("%s: '%.*s' instead of '%s'", raw, TEXT_ARG(t), expected);
}

static void test_clean(void **state) {
    (void)state;
    check_clean(SQL_SET_PLAIN, "I cannot tell", "null");
    check_clean(SQL_SET_PLAIN, "Here:\n```sql\nSELECT  a\nFROM t\n```\nDone", "SELECT a FROM t");
    check_clean(SQL_SET_PLAIN, "-- count\nSELECT a /* b\n -- c */ FROM t -- d", "SELECT a FROM t");
    check_clean(SQL_SET_PLAIN, "SELECT '--', \"/*\", [--x] FROM t", "SELECT '--', \"/*\", [--x] FROM t");
    check_clean(SQL_SET_PLAIN, "-- what is it?\nnull", "null");
    check_clean(SQL_SET_EHRSQL, "-- count\nSELECT a FROM t", "-- count SELECT a FROM t"); /* as published */
    check_clean(SQL_SET_ATIS, "SELECT a FROM t WHERE b = 'x , y' AND c > = 1",
                "SELECT a FROM t WHERE b = \"x , y\" AND c >= 1");
    check_clean(SQL_SET_SPIDER, "SELECT DISTINCT a , count ( * ) FROM t WHERE b = \"x\"",
                "SELECT  a, count(*)FROM t WHERE b = 'x'");
    check_clean(SQL_SET_EHRSQL, "SELECT a FROM t WHERE d < DATE_SUB(NOW(), INTERVAL 2 MONTH)",
                "SELECT a FROM t WHERE d < datetime('2100-12-31 23:59:00', '-2 months')");
    check_clean(SQL_SET_EHRSQL, "SELECT a FROM t WHERE d < DATE_ADD('2100-01-01', INTERVAL 1 YEAR)",
                "SELECT a FROM t WHERE d < datetime('2100-01-01', '+1 year')");
    check_clean(SQL_SET_EHRSQL,
                "SELECT a FROM t WHERE v BETWEEN systolic_bp_lower AND systolic_bp_upper and strftime('%y',x)",
                "SELECT a FROM t WHERE v BETWEEN 90.0 AND 120.0 and strftime('%Y', x)");
    check_clean(SQL_SET_ADVISING, "select 'Organogenesis: Stem Cells to Regenerative Biology'",
                "select \"Organogenesis:  Stem Cells to Regenerative Biology\"");
}

static void test_decisions(void **state) {
    const struct text same[] = {TEXT("select  1"), TEXT("select 1\n"), TEXT("select 1"), TEXT("select 2"),
                                TEXT("select 1")};
    struct sql_vote v;
    struct text t;
    (void)state;
    check_ok(sql_voting(same, 5, 1, SQL_SET_PLAIN, &arena, &v, &err));
    assert_true(text_equal_c(v.winner, "null"));
    check_near(v.share, 0.8, 0);
    check_ok(sql_voting(same, 5, 0.6, SQL_SET_PLAIN, &arena, &v, &err));
    assert_true(text_equal_c(v.winner, "select 1"));
    check_ok(sql_voting(same, 3, 1, SQL_SET_PLAIN, &arena, &v, &err));
    assert_true(text_equal_c(v.winner, "select 1"));
    check_ok(sql_voting(same + 2, 2, 0.5, SQL_SET_PLAIN, &arena, &v, &err)); /* a tie */
    assert_true(text_equal_c(v.winner, "null"));
    check_ok(
        sql_pipeline(TEXT("answerable"), TEXT("select 1"), TEXT("Incorrect"), false, SQL_SET_PLAIN, &arena, &t, &err));
    assert_true(sql_is_null(t));
    check_ok(sql_pipeline(TEXT("Answerable"), TEXT("select 1"), TEXT("well, maybe"), false, SQL_SET_PLAIN, &arena, &t,
                          &err));
    assert_true(text_equal_c(t, "select 1"));
    check_ok(
        sql_pipeline(TEXT("Answerable"), TEXT("select 1"), TEXT("well, maybe"), true, SQL_SET_PLAIN, &arena, &t, &err));
    assert_true(sql_is_null(t));
    check_ok(sql_pipeline(TEXT("it is answerable"), TEXT("select 1"), TEXT("correct"), false, SQL_SET_PLAIN, &arena, &t,
                          &err));
    assert_true(sql_is_null(t));
    check_ok(sql_demo(TEXT("select not_answerable"), SQL_SET_PLAIN, &arena, &t, &err));
    assert_true(sql_is_null(t));
}

static struct sql_shape shape(const char *sql) {
    struct sql_shape s;
    check_ok(sql_shape_of(text_of(sql), &arena, &s, &err));
    return s;
}

static void check_repair(const char *reference, const char *prediction, const char *expected) {
    struct text t;
    check_ok(sql_repair_distinct(text_of(reference), text_of(prediction), &arena, &t, &err));
    if (!text_equal_c(t, expected)) fail_msg("'%.*s' instead of '%s'", TEXT_ARG(t), expected);
}

static void test_shape(void **state) {
    struct text t;
    (void)state;
    check_ok(
        sql_structure(TEXT("SELECT x.name FROM goods AS x WHERE x.price > 3 AND x.town = 'Ark';"), &arena, &t, &err));
    assert_true(text_equal_c(t, "select a1 . name from goods as a1 where a1 . price > ? and a1 . town = ?"));
    assert_true(shape("select T1.a from t T1 where T1.b=1").structure ==
                shape("SELECT q.a FROM t q WHERE q.b = 'x' -- no").structure);
    assert_true(shape("select a from t where b=1").structure != shape("select a from t where c=1").structure);
    assert_int_equal(shape("select a from t where b = 1").hardness, SQL_EASY);
    assert_int_equal(shape("select a from t, u where b = 1").hardness, SQL_MEDIUM);
    assert_int_equal(shape("select count(*) from t where b = 1").hardness, SQL_MEDIUM);
    assert_int_equal(shape("select a from t order by b limit 1").hardness, SQL_MEDIUM);
    assert_int_equal(shape("select a from t group by a having count(*) > 1").hardness, SQL_HARD);
    assert_int_equal(shape("select a from t where b = (select max(b) from t)").hardness, SQL_HARD);
    assert_int_equal(shape("select a from t union select b from u").hardness, SQL_HARD);
    assert_true(shape("select a from t order by a").orders);
    assert_false(shape("select a from (select a from t order by a)").orders);
    assert_true(shape("select a from (select a from t order by a)").orders_anywhere);
    assert_true(shape("SELECT COUNT( * ) > 0 FROM t").asks_existence);
    assert_false(shape("SELECT COUNT(*) > 10 FROM t").asks_existence);
    check_repair("select distinct a from t", "select b from u", "select DISTINCT b from u");
    check_repair("select distinct a from t", "select distinct b from u", "select distinct b from u");
    check_repair("select distinct a from t", "select * from u", "select * from u");
    check_repair("select count ( distinct a ) from t", "select count(b) from u", "select count(DISTINCT b) from u");
    check_repair("select count(*) from t", "select count(b) from u", "select count(b) from u");
    check_repair("select distinct a from t", "select 1", "select 1");
}

static void test_lex(void **state) {
    size_t n;
    struct text t;
    const struct sql_piece *p = sql_pieces(TEXT("a<=1.5e-3||'it''s'--c\n/*d*/\"q\"[r]`s`x'"), &arena, &n, &err);
    (void)state;
    assert_int_equal(n, 10);
    assert_true(sql_is_sign(&p[1], "<=") && p[2].kind == SQL_NUMBER && p[2].text.len == 6);
    check_ok(sql_unquoted(&p[4], &arena, &t, &err));
    assert_true(text_equal_c(t, "it's"));
    assert_true(p[5].kind == SQL_QUOTED && p[6].kind == SQL_QUOTED && p[7].kind == SQL_QUOTED &&
                p[9].kind == SQL_STRING);
}

/* In a shuffled database what refers to a key still refers to the row that had it. */
static void test_shuffled_references(void **state) {
    static const char script[] = "create table towns(id integer primary key, name text);"
                                 "create table people(id integer primary key, town int references towns(id));"
                                 "with recursive n(i) as (select 1 union all select i + 1 from n where i < 40)"
                                 "insert into towns select i, 'town' || i from n;"
                                 "insert into people select id, id % 10 + 1 from towns;";
    static const char reference[] =
        "select count(*) from people p join towns t on t.id = p.town where t.name = 'town3'";
    struct sql_luck luck;
    sqlite3 *db;
    sqlite3_int64 n;
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, script, NULL, NULL, NULL), SQLITE_OK);
    unsigned char *bytes = sqlite3_serialize(db, "main", &n, 0);
    struct sql_database *original = sql_open_bytes(bytes, (size_t)n, "towns", &err);
    check_ok(original);
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct sql_variants *variants = sql_variants_new(original, 1, seed, &err);
        check_ok(variants);
        check_ok(sql_variants_compare(variants, SQL_STRICT, text_of(reference), TEXT("select 4"), NULL, &arena, &luck,
                                      &err));
        assert_int_equal(luck.tried, 1);
        assert_false(luck.lucky);
        check_ok(sql_variants_compare(variants, SQL_STRICT, TEXT("select name from towns where id = 3"),
                                      TEXT("select 'town3'"), NULL, &arena, &luck, &err));
        assert_true(luck.lucky); /* a key that is written down is another row now */
        sql_variants_free(variants);
    }
    sql_close(original);
    sqlite3_free(bytes);
    sqlite3_close(db);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),       cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_limits),      cmocka_unit_test(test_opening),
        cmocka_unit_test(test_cells),       cmocka_unit_test(test_equality),
        cmocka_unit_test(test_brute_force), cmocka_unit_test(test_table_read),
        cmocka_unit_test(test_clean),       cmocka_unit_test(test_shuffled_references),
        cmocka_unit_test(test_decisions),   cmocka_unit_test(test_shape),
        cmocka_unit_test(test_lex),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
