/* Making perturbed databases and comparing on them: see sql_vary.h. */
#include "verify/sql_vary.h"

#include "base/buffer.h"
#include "base/rng.h"
#include "verify/sql_lex.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { TABLES_MOST = 256, STATEMENT_MOST = 1 << 20, LITERALS_MOST = 24, COPIES = 3 };

const char *const sql_variant_names[SQL_VARIANT_KINDS] = {"shuffle", "drop", "bounds", "double", "empty"};

struct sql_variants {
    struct arena arena;
    struct text bytes; /* of the original */
    const char *shown;
    size_t n;
    uint64_t seed;
    struct sql_database *made[SQL_VARIANTS_MOST]; /* NULL: not yet, or made anew for each reference */
};

/* ---- a database that is being changed */

struct making {
    sqlite3 *db;
    const struct sql_variants *of;
    size_t variant;
    struct arena *arena;
    struct error *err;
    const char *tables[TABLES_MOST];
    size_t n_tables;
};

static bool database_error(const struct making *m) {
    return error_set(m->err, ERROR_DATA, "%s: a variant of it cannot be made (%s)", m->of->shown,
                     sqlite3_errmsg(m->db));
}

/* One statement of our own, printed by SQLite (%w: a name in quotes, %Q: a literal), which is why the compiler does not
 * check it. What a table's constraints forbid is left out. */
static bool execute(struct making *m, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    if (!sql) return error_memory(m->err, "statement");
    int rc = sqlite3_exec(m->db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    return rc == SQLITE_OK || rc == SQLITE_CONSTRAINT || database_error(m);
}

/* Rows of one column of texts or numbers; sink false ends. */
typedef bool take_value(struct making *m, sqlite3_stmt *row, void *context);
static bool each(struct making *m, const char *sql, take_value *take, void *context) {
    sqlite3_stmt *s = NULL;
    bool ok = sqlite3_prepare_v2(m->db, sql, -1, &s, NULL) == SQLITE_OK;
    int rc = SQLITE_DONE;
    while (ok && (rc = sqlite3_step(s)) == SQLITE_ROW)
        if (!take(m, s, context)) return sqlite3_finalize(s), false;
    sqlite3_finalize(s);
    return (ok && rc == SQLITE_DONE) || database_error(m);
}

static const char *kept(struct making *m, const unsigned char *name) {
    return arena_copy(m->arena, name ? (const char *)name : "", name ? strlen((const char *)name) : 0, m->err);
}

static bool take_table(struct making *m, sqlite3_stmt *row, void *context) {
    (void)context;
    if (m->n_tables == TABLES_MOST)
        return error_set(m->err, ERROR_DATA, "%s: more than %d tables", m->of->shown, TABLES_MOST);
    return (m->tables[m->n_tables++] = kept(m, sqlite3_column_text(row, 0))) != NULL;
}

/* Plain tables with row numbers, in the order of their names. */
static bool list_tables(struct making *m) {
    return each(m,
                "select name from pragma_table_list where schema = 'main' and type = 'table' and wr = 0 and name not "
                "like 'sqlite\\_%' escape '\\' order by name",
                take_table, NULL);
}

static bool open_copy(struct making *m) {
    size_t n = m->of->bytes.len;
    unsigned char *copy = sqlite3_malloc64(n);
    int done;
    if (!copy) return error_memory(m->err, "database");
    memcpy(copy, m->of->bytes.at, n);
    if (n > 19 && copy[18] == 2) copy[18] = copy[19] = 1; /* written ahead: not in memory */
    if (sqlite3_open_v2(":memory:", &m->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        sqlite3_free(copy);
        return error_memory(m->err, "database");
    }
    if (sqlite3_deserialize(m->db, "main", copy, (sqlite3_int64)n, (sqlite3_int64)n,
                            SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) != SQLITE_OK)
        return database_error(m);
    sqlite3_db_config(m->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, &done);
    sqlite3_db_config(m->db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, &done);
    sqlite3_db_config(m->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, &done);
    return execute(m, "pragma journal_mode = memory; pragma temp_store = memory; begin") && list_tables(m);
}

/* ---- which rows */

struct rows {
    int64_t *id;
    size_t n, capacity;
};

static bool take_row_number(struct making *m, sqlite3_stmt *row, void *context) {
    struct rows *r = context;
    if (r->n == r->capacity) {
        size_t more = r->capacity ? 2 * r->capacity : 256;
        int64_t *grown = arena_new(m->arena, int64_t, more, m->err);
        if (!grown) return false;
        if (r->n) memcpy(grown, r->id, r->n * sizeof *grown);
        r->id = grown;
        r->capacity = more;
    }
    r->id[r->n++] = sqlite3_column_int64(row, 0);
    return true;
}

static bool list_rows(struct making *m, const char *table, struct rows *out) {
    char *sql = sqlite3_mprintf("select rowid from \"%w\" order by rowid", table);
    *out = (struct rows){0};
    bool ok = sql ? each(m, sql, take_row_number, out) : error_memory(m->err, "statement");
    sqlite3_free(sql);
    return ok;
}

static struct rng draw_for(const struct making *m, const char *table) {
    char name[200];
    snprintf(name, sizeof name, "sql/%s/%.150s", sql_variant_names[m->variant % SQL_VARIANT_KINDS], table);
    return rng_stream(m->of->seed, name, m->variant);
}

/* A temporary table of pairs (old, new). */
static bool put_map(struct making *m, const int64_t *old, const int64_t *new, size_t n) {
    sqlite3_stmt *s = NULL;
    if (!execute(m, "drop table if exists temp.map") ||
        !execute(m, "create temp table map(old integer primary key, new integer)"))
        return false;
    bool ok = sqlite3_prepare_v2(m->db, "insert into temp.map values(?, ?)", -1, &s, NULL) == SQLITE_OK;
    for (size_t i = 0; ok && i < n; i++) {
        sqlite3_bind_int64(s, 1, old[i]);
        sqlite3_bind_int64(s, 2, new[i]);
        ok = sqlite3_step(s) == SQLITE_DONE && sqlite3_reset(s) == SQLITE_OK;
    }
    sqlite3_finalize(s);
    return ok || database_error(m);
}

/* ---- shuffle */

static bool take_reference(struct making *m, sqlite3_stmt *row, void *context) {
    (void)context;
    const char *table = (const char *)sqlite3_column_text(row, 0), *column = (const char *)sqlite3_column_text(row, 1);
    return execute(m,
                   "update \"%w\" set \"%w\" = (select new from temp.map where old = \"%w\".\"%w\") where \"%w\" in "
                   "(select old from temp.map)",
                   table, column, table, column, column);
}

/* Keys of a table among themselves; columns that are declared to refer to them follow. */
static bool shuffle_table(struct making *m, const char *table) {
    struct rows rows;
    struct rng rng = draw_for(m, table);
    if (!list_rows(m, table, &rows)) return false;
    if (rows.n && rows.id[0] < 0) return true; /* those below zero are needed on the way */
    size_t *order = arena_new(m->arena, size_t, rows.n + 1, m->err);
    int64_t *to = order ? arena_new(m->arena, int64_t, rows.n + 1, m->err) : NULL;
    if (!to) return false;
    for (size_t i = 0; i < rows.n; i++) order[i] = i;
    rng_shuffle(&rng, order, rows.n);
    for (size_t i = 0; i < rows.n; i++) to[i] = rows.id[order[i]];
    char *sql = sqlite3_mprintf(
        "select t.name, f.\"from\" from pragma_table_list t, pragma_foreign_key_list(t.name) f where t.schema = "
        "'main' and t.type = 'table' and lower(f.\"table\") = lower(%Q) order by 1, 2",
        table);
    /* Below zero first, so that no two rows have one key on the way. */
    bool ok = sql && put_map(m, rows.id, to, rows.n) &&
              execute(m, "update \"%w\" set rowid = -1 - (select new from temp.map where old = \"%w\".rowid)", table,
                      table) &&
              execute(m, "update \"%w\" set rowid = -1 - rowid where rowid < 0", table) &&
              each(m, sql, take_reference, NULL);
    sqlite3_free(sql);
    return ok;
}

/* ---- drop, double, empty */

static bool drop_rows(struct making *m, const char *table) {
    struct rows rows;
    struct rng rng = draw_for(m, table);
    size_t n = 0;
    if (!list_rows(m, table, &rows)) return false;
    for (size_t i = 0; i < rows.n; i++)
        if (rng_unit(&rng) < 0.3) rows.id[n++] = rows.id[i];
    return put_map(m, rows.id, rows.id, n) &&
           execute(m, "delete from \"%w\" where rowid in (select old from temp.map)", table);
}

struct columns {
    const char *name[256];
    size_t n, key; /* key: the one that is the row number; SIZE_MAX: none */
};

static bool take_column(struct making *m, sqlite3_stmt *row, void *context) {
    struct columns *c = context;
    if (c->n == 256) return error_set(m->err, ERROR_DATA, "%s: more than 256 columns", m->of->shown);
    if (sqlite3_column_int(row, 1)) c->key = c->n;
    return (c->name[c->n++] = kept(m, sqlite3_column_text(row, 0))) != NULL;
}

static bool list_columns(struct making *m, const char *table, struct columns *out) {
    char *sql = sqlite3_mprintf("select name, pk > 0 and lower(type) = 'integer' and (select max(pk) from "
                                "pragma_table_info(%Q)) = 1 from pragma_table_xinfo(%Q) where hidden = 0 order by cid",
                                table, table);
    *out = (struct columns){.key = SIZE_MAX};
    bool ok = sql ? each(m, sql, take_column, out) : error_memory(m->err, "statement");
    sqlite3_free(sql);
    return ok;
}

/* A row again, under a key of its own; `set` column with a value (an SQL literal), where one is given. Where a
 * constraint forbids it there is none. */
static bool copy_row(struct making *m, const char *table, const struct columns *c, int64_t row, size_t set,
                     const char *value) {
    struct buffer b;
    buffer_init(&b, STATEMENT_MOST);
    char *name = sqlite3_mprintf("insert or ignore into \"%w\"(", table);
    bool ok = name != NULL;
    buffer_put_c(&b, name ? name : "");
    sqlite3_free(name);
    for (int side = 0; ok && side < 2; side++) {
        for (size_t i = 0, first = 1; ok && i < c->n; i++) {
            if (i == c->key) continue;
            char *column = sqlite3_mprintf("\"%w\"", c->name[i]);
            ok = column != NULL;
            buffer_printf(&b, "%s%s", first ? "" : ",", !ok ? "" : side && i == set ? value : column);
            sqlite3_free(column);
            first = 0;
        }
        buffer_put_c(&b, side ? "" : ") select ");
    }
    char *from = sqlite3_mprintf(" from \"%w\" where rowid = %lld", table, (long long)row);
    ok = ok && from && buffer_put_c(&b, from) && buffer_check(&b, "statement", m->err);
    sqlite3_free(from);
    if (!ok && m->err && m->err->kind == ERROR_NONE) error_memory(m->err, "statement");
    if (ok && sqlite3_exec(m->db, b.at, NULL, NULL, NULL) == SQLITE_NOMEM) ok = error_memory(m->err, "statement");
    buffer_done(&b);
    return ok;
}

static bool double_rows(struct making *m, const char *table) {
    struct rows rows;
    struct columns c;
    struct rng rng = draw_for(m, table);
    if (!list_rows(m, table, &rows) || !list_columns(m, table, &c)) return false;
    if (c.n == 0 || (c.n == 1 && c.key == 0)) return true;
    for (size_t i = 0; i < rows.n; i++)
        if (rng_unit(&rng) < 0.2 && !copy_row(m, table, &c, rows.id[i], SIZE_MAX, NULL)) return false;
    return true;
}

/* ---- bounds */

/* A literal that stands behind a column and a sign: COLUMN = 'x', COLUMN BETWEEN 1 AND 2, COLUMN IN (..., ...). */
struct literal {
    struct text column;
    struct sql_piece piece;
};

static bool is_literal(const struct sql_piece *p) {
    return p->kind == SQL_NUMBER || p->kind == SQL_STRING || (p->kind == SQL_QUOTED && p->text.at[0] == '"');
}

static bool is_between(const struct sql_piece *p) {
    static const char *const words[] = {"between", "and", "like", "in", "is", "not", "glob"};
    if (p->kind == SQL_SIGN) return strchr("<>=!(,-", p->text.at[0]) != NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sql_is_word(p, words[i])) return true;
    return is_literal(p);
}

static bool find_literals(struct text sql, struct arena *arena, struct literal *out, size_t *n, struct error *err) {
    size_t pieces;
    const struct sql_piece *p = sql_pieces(sql, arena, &pieces, err);
    if (!p) return false;
    for (size_t i = 1; i < pieces && *n < LITERALS_MOST; i++) {
        size_t k = i;
        if (!is_literal(&p[i])) continue;
        while (k > 0 && is_between(&p[k - 1])) k--;
        if (k == 0 || k == i || p[k - 1].kind != SQL_WORD) continue;
        out[(*n)++] = (struct literal){p[k - 1].text, p[i]};
    }
    return true;
}

/* The values that come near a literal, as SQL literals. */
static size_t near_values(struct making *m, const struct literal *l, const char *out[8]) {
    struct text t;
    double x;
    size_t n = 0;
    if (!sql_unquoted(&l->piece, m->arena, &t, m->err)) return 0;
    if (l->piece.kind == SQL_NUMBER && text_to_f64(t, &x)) {
        static const double steps[] = {-1, -0.5, 0, 0.5, 1};
        for (size_t i = 0; i < 5; i++) {
            bool half = fabs(steps[i]) == 0.5;
            char *printed = half || x != trunc(x) ? arena_printf(m->arena, m->err, "%.15g", x + steps[i])
                                                  : arena_printf(m->arena, m->err, "%.0f", x + steps[i]);
            if (printed) out[n++] = printed;
        }
    } else {
        char *plain = text_copy(m->arena, t, m->err), *other = text_copy(m->arena, t, m->err);
        size_t len = 0;
        if (!plain || !other) return 0;
        for (size_t i = 0; i < t.len; i++)
            if (t.at[i] != '%')
                plain[len] = t.at[i],
                other[len++] = (char)(t.at[i] ^ (((t.at[i] | 32) >= 'a' && (t.at[i] | 32) <= 'z') ? 32 : 0));
        plain[len] = other[len] = 0;
        const char *const texts[] = {plain, other, arena_printf(m->arena, m->err, "%s x", plain),
                                     arena_printf(m->arena, m->err, "x %s", plain)};
        for (size_t i = 0; i < 4; i++) {
            char *quoted = texts[i] ? sqlite3_mprintf("%Q", texts[i]) : NULL;
            const char *copy = quoted ? arena_copy(m->arena, quoted, strlen(quoted), m->err) : NULL;
            sqlite3_free(quoted);
            if (copy) out[n++] = copy;
        }
    }
    out[n++] = "null";
    return n;
}

static bool put_near(struct making *m, const char *table, const struct literal *l) {
    struct columns c;
    struct rows rows;
    const char *values[8];
    if (!list_columns(m, table, &c) || c.n == 0) return m->err->kind == ERROR_NONE;
    for (size_t i = 0; i < c.n; i++) {
        if (!text_equal_nocase(l->column, text_of(c.name[i])) || i == c.key) continue;
        struct rng rng = draw_for(m, table);
        if (!list_rows(m, table, &rows)) return false;
        size_t n = near_values(m, l, values);
        for (size_t v = 0; v < n; v++)
            for (size_t k = 0; k < COPIES && rows.n; k++)
                if (!copy_row(m, table, &c, rows.id[rng_below(&rng, rows.n)], i, values[v])) return false;
    }
    return true;
}

static bool put_bounds(struct making *m, struct text reference, struct text prediction) {
    struct literal literals[LITERALS_MOST];
    size_t n = 0;
    if (!find_literals(reference, m->arena, literals, &n, m->err) ||
        !find_literals(prediction, m->arena, literals, &n, m->err))
        return false;
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < m->n_tables; t++)
            if (!put_near(m, m->tables[t], &literals[i])) return false;
    return true;
}

/* ---- one variant */

/* table: the one to empty, of kind EMPTY. */
static bool change(struct making *m, struct text reference, struct text prediction, const char *table) {
    enum sql_variant_kind kind = (enum sql_variant_kind)(m->variant % SQL_VARIANT_KINDS);
    if (kind == SQL_EMPTY) return execute(m, "delete from \"%w\"", table);
    if (kind == SQL_BOUNDS) return put_bounds(m, reference, prediction);
    for (size_t t = 0; t < m->n_tables; t++)
        if (!(kind == SQL_SHUFFLE ? shuffle_table : kind == SQL_DROP ? drop_rows : double_rows)(m, m->tables[t]))
            return false;
    return true;
}

static struct sql_database *reopen(struct making *m) {
    sqlite3_int64 n = 0;
    char name[300];
    if (!execute(m, "commit")) return NULL;
    unsigned char *bytes = sqlite3_serialize(m->db, "main", &n, 0);
    if (!bytes) return error_memory(m->err, "database"), NULL;
    snprintf(name, sizeof name, "%.200s, variant %zu (%s)", m->of->shown, m->variant,
             sql_variant_names[m->variant % SQL_VARIANT_KINDS]);
    struct sql_database *made = sql_open_bytes(bytes, (size_t)n, name, m->err);
    sqlite3_free(bytes);
    return made;
}

static struct sql_database *make(const struct sql_variants *of, size_t variant, struct text reference,
                                 struct text prediction, const char *table, struct error *err) {
    struct arena arena;
    struct making m = {.of = of, .variant = variant, .arena = &arena, .err = err};
    arena_init(&arena, (size_t)1 << 30);
    struct sql_database *made = open_copy(&m) && change(&m, reference, prediction, table) ? reopen(&m) : NULL;
    sqlite3_close(m.db);
    arena_done(&arena);
    return made;
}

/* ---- comparing */

struct comparison {
    struct sql_variants *of;
    enum sql_rule rule;
    struct text reference, prediction;
    const struct sql_limits *limits;
    struct arena *arena;
    struct sql_luck *out;
};

static bool compare_on(const struct comparison *c, struct sql_database *db, size_t variant, struct error *err) {
    struct sql_result a, b;
    struct sql_match match = {0};
    if (!sql_run(db, c->reference, c->limits, c->arena, &a, err)) return false;
    if (a.state != SQL_RAN) return true;
    c->out->tried++;
    if (!sql_run(db, c->prediction, c->limits, c->arena, &b, err)) return false;
    if (b.state == SQL_RAN && !sql_tables_equal(c->rule, c->reference, &a.table, &b.table, c->arena, &match, err))
        return false;
    if (match.equal || c->out->lucky) return true;
    c->out->lucky = true;
    c->out->variant = variant;
    return true;
}

/* A variant that is made for this pair alone. */
static bool compare_once(const struct comparison *c, size_t variant, const char *table, struct error *err) {
    struct sql_database *db = make(c->of, variant, c->reference, c->prediction, table, err);
    bool ok = db && compare_on(c, db, variant, err);
    sql_close(db);
    return ok;
}

/* Each table that the reference names. */
static bool compare_empty(const struct comparison *c, size_t variant, struct error *err) {
    struct making m = {.of = c->of, .variant = variant, .arena = c->arena, .err = err};
    size_t n;
    const struct sql_piece *p = sql_pieces(c->reference, c->arena, &n, err);
    bool ok = p && open_copy(&m);
    sqlite3_close(m.db);
    for (size_t t = 0; ok && t < m.n_tables; t++) {
        bool named = false;
        for (size_t i = 0; i < n; i++) named |= sql_is_word(&p[i], m.tables[t]);
        if (named && !c->out->lucky) ok = compare_once(c, variant, m.tables[t], err);
    }
    return ok;
}

static bool compare_variant(const struct comparison *c, size_t variant, struct error *err) {
    enum sql_variant_kind kind = (enum sql_variant_kind)(variant % SQL_VARIANT_KINDS);
    if (kind == SQL_EMPTY) return compare_empty(c, variant, err);
    if (kind == SQL_BOUNDS) return compare_once(c, variant, NULL, err);
    struct sql_database **made = &c->of->made[variant];
    if (!*made && !(*made = make(c->of, variant, c->reference, c->prediction, NULL, err))) return false;
    return compare_on(c, *made, variant, err);
}

bool sql_variants_compare(struct sql_variants *variants, enum sql_rule rule, struct text reference,
                          struct text prediction, const struct sql_limits *limits, struct arena *arena,
                          struct sql_luck *out, struct error *err) {
    const struct comparison c = {variants, rule, reference, prediction, limits, arena, out};
    *out = (struct sql_luck){0};
    error_clear(err);
    for (size_t v = 0; v < variants->n && !out->lucky; v++)
        if (!compare_variant(&c, v, err)) return false;
    return true;
}

struct sql_variants *sql_variants_new(struct sql_database *original, size_t n, uint64_t seed, struct error *err) {
    struct sql_variants *v = memory_zeroed(1, sizeof *v);
    if (!v) return error_memory(err, "variants"), NULL;
    arena_init(&v->arena, (size_t)1 << 32);
    v->n = n < 1 ? 1 : n > SQL_VARIANTS_MOST ? SQL_VARIANTS_MOST : n;
    v->seed = seed;
    v->shown = text_copy(&v->arena, text_of(sql_shown_name(original)), err);
    if (v->shown && sql_bytes(original, &v->arena, &v->bytes, err)) return v;
    sql_variants_free(v);
    return NULL;
}

void sql_variants_free(struct sql_variants *v) {
    if (!v) return;
    for (size_t i = 0; i < v->n; i++) sql_close(v->made[i]);
    arena_done(&v->arena);
    memory_free(v);
}
