/* The database of the town and what is asked of it: see pocket/sql.yaml. Eight tables, the structures of queries, cases
 * (a structure with its values, or an infeasible question), and the database as the bytes of a SQLite file. */
#ifndef MEASURE_WORLD_QUERIES_H
#define MEASURE_WORLD_QUERIES_H

#include "measure/world/world_part.h"

enum { Q_TABLES = 8, Q_COLUMNS = 47, Q_STRUCTURES = 160, Q_UNSEEN = 32, Q_CASES = 4096, Q_PATTERNS = 15 };
enum { Q_SHOPS = 256, Q_PRICES = 2048, Q_VISITS = 4096, Q_LACKS = 8, Q_LISTED = 16 };

/* What a column holds: its row's number, a text that names the row, a text of a few, a number, a row of another table.
 */
enum query_role { Q_KEY, Q_NAME, Q_CATEGORY, Q_NUMBER, Q_REFERENCE };
struct query_column {
    int table;
    enum query_role role;
    int to;   /* of a reference: the table */
    int from; /* enum column_id of the world, whose values it has; -1: drawn */
};
extern const struct query_column query_columns[Q_COLUMNS];

enum query_pattern {
    Q_DISTINCT,
    Q_EQUAL,
    Q_NAMES,
    Q_COUNTS,
    Q_MANY,
    Q_ABOVE,
    Q_MOST,
    Q_LEAST,
    Q_MEAN,
    Q_WHICH,
    Q_OVER,
    Q_JOINED,
    Q_TALLY,
    Q_NONE,
    Q_MEAN_OF
};
struct query_structure {
    uint8_t pattern, table, column, other; /* other: the column that refers, or whose mean is asked for */
    bool unseen;                           /* no training item has it */
    uint8_t hardness;                      /* enum sql_hardness of its query */
};

enum query_kind { Q_FEASIBLE, Q_SURFACE, Q_RELATED, Q_UNRELATED, Q_NOT_SQL, Q_BEYOND, Q_KINDS };
struct query_case {
    uint8_t kind;
    uint8_t structure; /* of feasible questions, and of those that build on one */
    uint16_t value;    /* of the structure, or which row is named */
    uint8_t entry;     /* of a list */
};

struct queries {
    struct text table[2][Q_TABLES], many[Q_TABLES], column[2][Q_COLUMNS], noun[Q_COLUMNS], frame[WORDINGS];
    struct text sql[Q_PATTERNS], say[Q_PATTERNS], pattern[Q_PATTERNS], schema, ask, lacks;
    struct text lack[4][Q_LACKS], elsewhere[Q_LISTED], tasks[Q_LISTED], beyond[Q_LISTED];
    int32_t shop[Q_SHOPS][4]; /* name, town, owner, trade; year of opening in opened */
    int32_t opened[Q_SHOPS];
    int32_t price[Q_PRICES][3]; /* shop, good, price */
    int32_t visit[Q_VISITS][4]; /* person, shop, day, spent */
    struct query_structure structure[Q_STRUCTURES];
    struct query_case cases[Q_CASES]; /* feasible and infeasible in turn */
    uint8_t split[Q_CASES];
};
const struct queries *world_queries(const struct world *w);

size_t query_rows(const struct world *w, int table);
/* The cell of a row: a number, or a text. */
struct query_cell {
    bool is_text;
    int64_t number;
    struct text text;
};
struct query_cell query_cell(const struct world *w, const struct queries *q, size_t column, size_t row);

/* How many values a structure takes (1: none), and its query and question with value i; twin: under the other names. */
size_t query_values(const struct world *w, const struct queries *q, const struct query_structure *s);
bool query_put_sql(struct buffer *out, const struct world *w, const struct queries *q, const struct query_structure *s,
                   size_t value, bool twin);
bool query_put_say(struct buffer *out, const struct world *w, const struct queries *q, const struct query_structure *s,
                   size_t value);
/* The tables as "people(id, name, ...)", a line each; without: a column that is left out, -1: none. */
bool query_put_schema(struct buffer *out, const struct queries *q, bool twin, int without);

/* The bytes of the database, on the arena: town, or its twin. */
bool world_database(const struct world *w, bool twin, struct arena *arena, struct text *out,
                    struct error *err) MUST_CHECK;

#endif
