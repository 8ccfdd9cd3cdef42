/* Tables, structures and the database of the town: see world_queries.h. */
#include "measure/world/world_queries.h"

#include <sqlite3.h>
#include <string.h>

enum { PEOPLE, TOWNS, BUILDINGS, GOODS, SHOPS, PRICES, VISITS, LAWS };
enum { THRESHOLDS = 120, MANY_MOST = 8 };

#define KEY(t)                                                                                                         \
    { t, Q_KEY, -1, -1 }
#define NAME(t)                                                                                                        \
    { t, Q_NAME, -1, -1 }
#define CATEGORY(t, c)                                                                                                 \
    { t, Q_CATEGORY, -1, c }
#define NUMBER(t, c)                                                                                                   \
    { t, Q_NUMBER, -1, c }
#define REFERENCE(t, to)                                                                                               \
    { t, Q_REFERENCE, to, -1 }
const struct query_column query_columns[Q_COLUMNS] = {KEY(PEOPLE),
                                                      NAME(PEOPLE),
                                                      CATEGORY(PEOPLE, P_KIN),
                                                      CATEGORY(PEOPLE, P_SEX),
                                                      CATEGORY(PEOPLE, P_AGE),
                                                      NUMBER(PEOPLE, P_BORN),
                                                      NUMBER(PEOPLE, P_WAGE),
                                                      REFERENCE(PEOPLE, TOWNS),
                                                      CATEGORY(PEOPLE, P_TRADE),
                                                      CATEGORY(PEOPLE, P_GUILD),
                                                      KEY(TOWNS),
                                                      NAME(TOWNS),
                                                      CATEGORY(TOWNS, T_REGION),
                                                      CATEGORY(TOWNS, T_RIVER),
                                                      CATEGORY(TOWNS, T_MARKET),
                                                      NUMBER(TOWNS, T_FOUNDED),
                                                      KEY(BUILDINGS),
                                                      NAME(BUILDINGS),
                                                      CATEGORY(BUILDINGS, B_KIND),
                                                      CATEGORY(BUILDINGS, B_FOUNDER),
                                                      NUMBER(BUILDINGS, B_YEAR),
                                                      REFERENCE(BUILDINGS, TOWNS),
                                                      KEY(GOODS),
                                                      NAME(GOODS),
                                                      CATEGORY(GOODS, G_MATERIAL),
                                                      NUMBER(GOODS, G_PRICE),
                                                      CATEGORY(GOODS, G_USE),
                                                      KEY(SHOPS),
                                                      NAME(SHOPS),
                                                      REFERENCE(SHOPS, TOWNS),
                                                      REFERENCE(SHOPS, PEOPLE),
                                                      CATEGORY(SHOPS, P_TRADE),
                                                      NUMBER(SHOPS, -1),
                                                      KEY(PRICES),
                                                      REFERENCE(PRICES, SHOPS),
                                                      REFERENCE(PRICES, GOODS),
                                                      NUMBER(PRICES, -1),
                                                      KEY(VISITS),
                                                      REFERENCE(VISITS, PEOPLE),
                                                      REFERENCE(VISITS, SHOPS),
                                                      CATEGORY(VISITS, T_MARKET),
                                                      NUMBER(VISITS, -1),
                                                      KEY(LAWS),
                                                      CATEGORY(LAWS, L_ACT),
                                                      CATEGORY(LAWS, L_OBJECT),
                                                      NUMBER(LAWS, L_SINCE),
                                                      NUMBER(LAWS, L_FINE)};
#undef KEY
#undef NAME
#undef CATEGORY
#undef NUMBER
#undef REFERENCE

static const int kind_of_table[Q_TABLES] = {PERSON, TOWN, BUILDING, GOOD, -1, -1, -1, LAW};

size_t query_rows(const struct world *w, int table) {
    (void)w;
    if (kind_of_table[table] >= 0) return world_kinds[kind_of_table[table]].n;
    return table == SHOPS ? Q_SHOPS : table == PRICES ? Q_PRICES : Q_VISITS;
}

static int first_column(int table) {
    int c = 0;
    while (query_columns[c].table != table) c++;
    return c;
}

/* ---- cells */

static struct query_cell number(int64_t n) {
    return (struct query_cell){.number = n};
}

static struct query_cell text(struct text t) {
    return (struct query_cell){.is_text = true, .text = t};
}

/* Numbers of rows count from 1 in the database. */
static struct query_cell drawn_cell(const struct world *w, const struct queries *q, size_t column, size_t row) {
    size_t place = column - (size_t)first_column(query_columns[column].table);
    if (query_columns[column].table == SHOPS) {
        if (place == 4) return text(world_value(w, OF_TRADE, q->shop[row][3]));
        return number(place == 5 ? q->opened[row] : 1 + q->shop[row][place - 1]);
    }
    if (query_columns[column].table == PRICES) return number(q->price[row][place - 1] + (place < 3));
    if (place == 3) return text(world_value(w, OF_DAY, q->visit[row][2]));
    return number(q->visit[row][place - 1] + (place < 3));
}

static struct text shop_name(const struct world *w, const struct queries *q, size_t row, char out[96]) {
    struct text stuff = world_value(w, OF_MATERIAL, q->shop[row][0] % 12),
                beast = world_value(w, OF_ANIMAL, q->shop[row][0] / 12);
    int n = snprintf(out, 96, "The %.*s %.*s", TEXT_ARG(stuff), TEXT_ARG(beast));
    return (struct text){out, n > 0 && n < 96 ? (size_t)n : 0};
}

struct query_cell query_cell(const struct world *w, const struct queries *q, size_t column, size_t row) {
    static _Thread_local char name[96];
    const struct query_column *c = &query_columns[column];
    int kind = kind_of_table[c->table];
    if (c->role == Q_KEY) return number((int64_t)row + 1);
    if (c->role == Q_NAME) return text(kind >= 0 ? w->name[kind][row] : shop_name(w, q, row, name));
    if (kind < 0) return drawn_cell(w, q, column, row);
    if (c->role == Q_REFERENCE) return number(1 + w->value[c->table == PEOPLE ? P_TOWN : B_TOWN][row]);
    int value = w->value[c->from][row];
    return c->role == Q_NUMBER ? number(value) : text(world_value(w, world_columns[c->from].domain, value));
}

/* ---- structures and their values */

/* The lowest value that a column of numbers may have, and how many there are. */
static void range_of(int column, int *low, int *n) {
    const struct query_column *c = &query_columns[column];
    *low = c->from >= 0 ? world_columns[c->from].low : c->table == SHOPS ? 700 : 1;
    *n = c->from >= 0 ? world_columns[c->from].n : c->table == SHOPS ? 180 : c->table == PRICES ? 99 : 60;
}

size_t query_values(const struct world *w, const struct queries *q, const struct query_structure *s) {
    int low, n, column = s->column;
    (void)w, (void)q;
    switch (s->pattern) {
    case Q_EQUAL:
    case Q_NAMES:
    case Q_JOINED:
    case Q_MEAN_OF:
        return (size_t)world_columns[query_columns[column].from].n;
    case Q_MANY:
        return MANY_MOST;
    case Q_ABOVE:
    case Q_WHICH:
        range_of(column, &low, &n);
        return n - 1 < THRESHOLDS ? (size_t)n - 1 : THRESHOLDS;
    default:
        return 1;
    }
}

static int threshold(const struct query_structure *s, size_t value) {
    int low, n, most;
    range_of(s->column, &low, &n);
    most = n - 1 < THRESHOLDS ? n - 1 : THRESHOLDS;
    return low + (int)(((int64_t)n * ((int)value + 1)) / (most + 1)) - (n <= most + 1);
}

static struct text value_text(const struct world *w, const struct query_structure *s, size_t value) {
    const struct column *c = &world_columns[query_columns[s->column].from];
    return world_value(w, c->domain, c->low + (int)value);
}

static bool takes_text(const struct query_structure *s) {
    return s->pattern == Q_EQUAL || s->pattern == Q_NAMES || s->pattern == Q_JOINED || s->pattern == Q_MEAN_OF;
}

static int name_column(int table) {
    return first_column(table) + 1;
}

/* All that patterns may name. J is where `other` refers to, of those patterns that join. */
static size_t fill_slots(struct slot *slots, const struct world *w, const struct queries *q,
                         const struct query_structure *s, size_t value, bool twin, char number_text[24],
                         struct buffer *quoted) {
    bool joins = s->pattern == Q_JOINED || s->pattern == Q_TALLY || s->pattern == Q_NONE;
    int to = joins ? query_columns[s->other].to : s->table;
    struct text word = takes_text(s) ? value_text(w, s, value) : TEXT("");
    snprintf(number_text, 24, "%d", s->pattern == Q_MANY ? (int)value + 1 : threshold(s, value));
    buffer_put_char(quoted, '\'');
    for (size_t i = 0; i < word.len; i++) {
        if (word.at[i] == '\'') buffer_put_char(quoted, '\'');
        buffer_put_char(quoted, word.at[i]);
    }
    buffer_put_char(quoted, '\'');
    const struct slot all[] = {{"T", q->table[twin][s->table]},
                               {"C", q->column[twin][s->column]},
                               {"V", buffer_text(quoted)},
                               {"K", text_of(number_text)},
                               {"J", q->table[twin][to]},
                               {"F", q->column[twin][s->other]},
                               {"D", q->column[twin][s->other]},
                               {"N", q->noun[s->column]},
                               {"M", q->noun[s->other]},
                               {"P", q->many[s->table]},
                               {"R", q->many[to]},
                               {"W", word},
                               {"I", q->column[twin][first_column(to)]},
                               {"L", q->column[twin][name_column(to)]}};
    memcpy(slots, all, sizeof all);
    return sizeof all / sizeof *all;
}

static bool put(struct buffer *out, struct text template, const struct world *w, const struct queries *q,
                const struct query_structure *s, size_t value, bool twin) {
    struct slot slots[16];
    char number_text[24];
    struct buffer quoted;
    buffer_init(&quoted, 1 << 12);
    size_t n = fill_slots(slots, w, q, s, value, twin, number_text, &quoted);
    bool ok = !quoted.failed && world_fill(out, template, slots, n);
    buffer_done(&quoted);
    return ok;
}

bool query_put_sql(struct buffer *out, const struct world *w, const struct queries *q, const struct query_structure *s,
                   size_t value, bool twin) {
    return put(out, q->sql[s->pattern], w, q, s, value, twin);
}

bool query_put_say(struct buffer *out, const struct world *w, const struct queries *q, const struct query_structure *s,
                   size_t value) {
    return put(out, q->say[s->pattern], w, q, s, value, false);
}

bool query_put_schema(struct buffer *out, const struct queries *q, bool twin, int without) {
    for (int t = 0, c = 0; t < Q_TABLES; t++) {
        buffer_printf(out, "%s%.*s(", t ? "\n" : "", TEXT_ARG(q->table[twin][t]));
        for (bool first = true; c < Q_COLUMNS && query_columns[c].table == t; c++) {
            if (c == without) continue;
            buffer_printf(out, "%s%.*s", first ? "" : ", ", TEXT_ARG(q->column[twin][c]));
            first = false;
        }
        buffer_put_char(out, ')');
    }
    return !out->failed;
}

/* ---- the database */

static void put_table(struct buffer *b, const struct queries *q, int table, bool twin) {
    static const char *const types[] = {" integer primary key", " text", " text", " integer", " integer"};
    buffer_printf(b, "create table %.*s(", TEXT_ARG(q->table[twin][table]));
    for (int c = first_column(table); c < Q_COLUMNS && query_columns[c].table == table; c++) {
        const struct query_column *column = &query_columns[c];
        buffer_printf(b, "%s%.*s%s", column->role == Q_KEY ? "" : ", ", TEXT_ARG(q->column[twin][c]),
                      types[column->role]);
        if (column->role == Q_REFERENCE)
            buffer_printf(b, " references %.*s(%.*s)", TEXT_ARG(q->table[twin][column->to]),
                          TEXT_ARG(q->column[twin][first_column(column->to)]));
    }
    buffer_put_c(b, ");");
}

static bool insert_row(sqlite3_stmt *s, const struct world *w, const struct queries *q, int table, size_t row) {
    int first = first_column(table);
    for (int c = first; c < Q_COLUMNS && query_columns[c].table == table; c++) {
        struct query_cell cell = query_cell(w, q, (size_t)c, row);
        int rc = cell.is_text
                     ? sqlite3_bind_text64(s, c - first + 1, cell.text.at, cell.text.len, SQLITE_TRANSIENT, SQLITE_UTF8)
                     : sqlite3_bind_int64(s, c - first + 1, cell.number);
        if (rc != SQLITE_OK) return false;
    }
    return sqlite3_step(s) == SQLITE_DONE && sqlite3_reset(s) == SQLITE_OK;
}

static bool fill_table(sqlite3 *db, const struct world *w, const struct queries *q, int table, bool twin) {
    struct buffer b;
    sqlite3_stmt *s = NULL;
    buffer_init(&b, 1 << 16);
    put_table(&b, q, table, twin);
    bool ok = !b.failed && sqlite3_exec(db, b.at, NULL, NULL, NULL) == SQLITE_OK;
    buffer_clear(&b);
    buffer_printf(&b, "insert into %.*s values(", TEXT_ARG(q->table[twin][table]));
    for (int c = first_column(table), n = 0; c < Q_COLUMNS && query_columns[c].table == table; c++, n++)
        buffer_put_c(&b, n ? ",?" : "?");
    buffer_put_c(&b, ")");
    ok = ok && !b.failed && sqlite3_prepare_v2(db, b.at, -1, &s, NULL) == SQLITE_OK;
    for (size_t r = 0; ok && r < query_rows(w, table); r++) ok = insert_row(s, w, q, table, r);
    sqlite3_finalize(s);
    buffer_done(&b);
    return ok;
}

bool world_database(const struct world *w, bool twin, struct arena *arena, struct text *out, struct error *err) {
    const struct queries *q = world_queries(w);
    sqlite3 *db = NULL;
    sqlite3_int64 n = 0;
    bool ok = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
              sqlite3_exec(db, "pragma page_size = 4096; begin", NULL, NULL, NULL) == SQLITE_OK;
    for (int t = 0; ok && t < Q_TABLES; t++) ok = fill_table(db, w, q, t, twin);
    ok = ok && sqlite3_exec(db, "commit", NULL, NULL, NULL) == SQLITE_OK;
    unsigned char *bytes = ok ? sqlite3_serialize(db, "main", &n, 0) : NULL;
    if (!bytes) error_set(err, ERROR_ENVIRONMENT, "the world's database cannot be made (%s)", sqlite3_errmsg(db));
    char *copy = bytes ? arena_copy(arena, (const char *)bytes, (size_t)n, err) : NULL;
    *out = (struct text){copy, (size_t)n};
    sqlite3_free(bytes);
    sqlite3_close(db);
    return copy != NULL;
}
