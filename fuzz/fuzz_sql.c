/* Any bytes as SQL that a model wrote, beside a reference: the first byte says by which published rules it is cleaned
 * and compared. Whatever it is, the database stays what it was, limits hold, and the verdict is one of a table; a
 * query equals itself; a structure that is taken of a structure is the same. The last kind is a file of questions. */
#include "measure/score/sql_cases.h"
#include "memory_file.h"
#include "verify/sql_clean.h"
#include "verify/sql_shape.h"

#include <sqlite3.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

enum { QUESTIONS = SQL_SETS };

static void must(bool ok) {
    if (!ok) abort();
}

/* A small shop; its bytes are made once. */
static struct sql_database *open_shop(void) {
    static unsigned char *bytes;
    static sqlite3_int64 n;
    struct error err = {0};
    if (!bytes) {
        sqlite3 *db;
        must(sqlite3_open(":memory:", &db) == SQLITE_OK);
        must(sqlite3_exec(db,
                          "create table goods(id integer primary key, name text, price real, town text);"
                          "insert into goods values(1,'oats',2.5,'Ark'),(2,'rye',3,'Ark'),(3,'figs',9.25,null);"
                          "create table visits(good int, who text);"
                          "insert into visits values(1,'N'),(1,'Y'),(2,'N');",
                          NULL, NULL, NULL) == SQLITE_OK);
        unsigned char *own = sqlite3_serialize(db, "main", &n, 0);
        must(own && (bytes = malloc((size_t)n)));
        memcpy(bytes, own, (size_t)n);
        sqlite3_free(own);
        sqlite3_close(db);
    }
    struct sql_database *shop = sql_open_bytes(bytes, (size_t)n, "shop", &err);
    must(shop != NULL);
    return shop;
}

static void clean(struct text t, enum sql_set set, struct arena *arena) {
    struct text cleaned, reference, piped, asked, structure, again;
    struct sql_shape shape;
    struct sql_vote vote;
    const struct text samples[] = {t, TEXT("select 1"), t};
    struct error err = {0};
    must(sql_clean(t, set, arena, &cleaned, &err) && sql_clean_reference(t, set, arena, &reference, &err));
    must(sql_demo(t, set, arena, &asked, &err));
    for (int strict = 0; strict < 2; strict++) {
        must(sql_pipeline(TEXT("answerable"), t, TEXT("incorrect"), strict, set, arena, &piped, &err));
        must(sql_is_null(piped));
    }
    must(sql_voting(samples, 3, 1, set, arena, &vote, &err) && vote.share > 0.6 && vote.share <= 1);
    must(sql_shape_of(t, arena, &shape, &err) && sql_structure(t, arena, &structure, &err));
    must(sql_structure(structure, arena, &again, &err));
    must(sql_repair_distinct(t, cleaned, arena, &again, &err) && sql_without_distinct(t, arena, &again, &err));
}

static void read_table(struct text t, struct arena *arena) {
    struct sql_table table;
    struct sql_match match;
    struct error err = {0};
    bool is;
    must(sql_table_read(t, arena, &table, &is, &err));
    for (int rule = SQL_SINGLE; is && rule <= SQL_STRICT; rule++) {
        must(sql_tables_equal((enum sql_rule)rule, TEXT("select 1"), &table, &table, arena, &match, &err));
        must(match.equal || match.too_wide);
    }
}

static void run(struct text reference, struct text prediction, enum sql_set set, bool strict, struct arena *arena) {
    struct sql_judge_settings settings = sql_judge_usual();
    struct sql_judgement judged;
    struct sql_result result;
    struct error err = {0};
    char before[HASH_HEX], after[HASH_HEX];
    settings.set = set, settings.strict = strict, settings.variants = 5, settings.seed = 1;
    settings.limits = (struct sql_limits){200000, 5, 1000, 1 << 20, 32 << 20};
    struct sql_judge *judge = sql_judge_new(open_shop(), &settings, &err);
    must(judge != NULL);
    must(sql_digest(sql_judge_database(judge), before, &err));
    must(sql_run(sql_judge_database(judge), prediction, &settings.limits, arena, &result, &err));
    must((result.state == SQL_RAN) == (result.why == NULL));
    must(result.state != SQL_RAN || result.table.n_rows <= 1000);
    if (!sql_judge_answer(judge, reference, prediction, arena, &judged, &err))
        must(err.kind == ERROR_DATA && err.message[0]);
    else
        must(judged.verdict < SQL_VERDICTS && judged.score >= -1 && judged.score <= 1);
    must(sql_digest(sql_judge_database(judge), after, &err) && strcmp(before, after) == 0);
    sql_judge_free(judge);
}

static void questions(const unsigned char *at, size_t n, struct arena *arena) {
    struct memory_file file = memory_file_open(at, n);
    const char *path = file.path;
    struct sql_cases cases;
    struct error err = {0};
    if (!sql_cases_read(&cases, &path, 1, arena, &err))
        must(err.kind == ERROR_DATA && err.message[0]);
    else
        for (size_t i = 0; i < cases.n_cases; i++) must(cases.cases[i].question != NULL);
    sql_cases_done(&cases);
    memory_file_close(&file);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct arena arena;
    if (n < 1 || n > 1 << 12) return 0;
    arena_init(&arena, (size_t)256 << 20);
    unsigned kind = at[0] % (SQL_SETS + 1);
    if (kind == QUESTIONS) {
        questions(at + 1, n - 1, &arena);
    } else { /* the reference ends at the first line's end */
        struct text all = {(const char *)at + 1, n - 1};
        size_t end = text_find(all, TEXT("\n"), 0);
        struct text reference = text_part(all, 0, end == SIZE_MAX ? 0 : end),
                    prediction = text_part(all, end == SIZE_MAX ? 0 : end + 1, all.len);
        clean(prediction, (enum sql_set)kind, &arena);
        read_table(prediction, &arena);
        run(reference, prediction, (enum sql_set)kind, at[0] & 0x80, &arena);
    }
    arena_done(&arena);
    return 0;
}
