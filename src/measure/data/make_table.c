/* Tables of numbers whose truth is known, to try audits and estimators on before they are believed on one's own. WHAT
 * is
 *
 *   people   the population table of the world: people under known laws, with faults of known size
 *   schema   what its columns are, for `data audit`
 *   NAME     a small table whose effect of t on y is known in closed form (confounder, instrument, ...)
 *   list     these, each with its graph, its effect and what naive answers come to
 *
 * See measure/world/world_table.h for the laws. */
#include "measure/data/make_internal.h"

#include "measure/world/world_table.h"

#include <math.h>
#include <string.h>

enum { PEOPLE_USUAL = 1000, ROWS_MOST = 1 << 24 };

enum { DRAW, COPIES, BROKEN, FLIPPED, PROXY, NOISE };
static const struct option_def table_options[] = {
    [DRAW] = {"draw", OPTION_INT, "0", 0, 1 << 20, NULL, "other people under the same laws; 0: the real ones"},
    [COPIES] = {"copies", OPTION_REAL, "0", 0, 1, NULL, "of people: share of rows that are the real ones'"},
    [BROKEN] = {"broken", OPTION_REAL, "0", 0, 1, NULL, "of people: share whose school is another's"},
    [FLIPPED] = {"flipped", OPTION_REAL, "0", 0, 1, NULL, "of people: share of group 1 whose default is turned over"},
    [PROXY] = {"proxy", OPTION_REAL, "0", 0, 1, NULL, "of people: share whose proxy is the group"},
    [NOISE] = {"noise", OPTION_REAL, "0", 0, 1, NULL, "of people: share whose default is a coin"},
};

static json_t *number(double x) {
    return x == trunc(x) ? json_integer((json_int_t)x) : json_from_f64(round(x * 1e4) / 1e4); /* more says nothing */
}

static uint64_t wanted(const struct make_job *job, uint64_t usual) {
    return job->settings->count ? job->settings->count : usual;
}

static bool put_columns(struct make_job *job, const char *const *names, const double *row, size_t n,
                        struct error *err) {
    json_t *out = json_object();
    for (size_t c = 0; out && c < n; c++) json_object_set_new(out, names[c], number(row[c]));
    if (json_object_size(out) != n) return json_decref(out), error_memory(err, "row");
    job->result->used++;
    return make_put(job, out, err);
}

static bool make_people(struct make_job *job, struct error *err) {
    const struct option_value *o = job->options;
    const struct table_dials dials = {.copies = o[COPIES].real,
                                      .broken = o[BROKEN].real,
                                      .flipped = o[FLIPPED].real,
                                      .proxy = o[PROXY].real,
                                      .noise = o[NOISE].real};
    bool ok = true;
    for (uint64_t i = 0; ok && i < wanted(job, PEOPLE_USUAL); i++) {
        double row[TABLE_COLUMNS];
        table_row(job->settings->seed, (uint64_t)o[DRAW].integer, i, &dials, row);
        ok = put_columns(job, table_columns + TABLE_REGION, row + TABLE_REGION, TABLE_COLUMNS - TABLE_REGION, err);
    }
    return ok;
}

static bool make_schema(struct make_job *job, struct error *err) {
    static const struct {
        enum table_column column;
        const char *type, *role;
    } of[] = {{TABLE_REGION, "categorical", "quasi"},  {TABLE_GROUP, "categorical", "sensitive"},
              {TABLE_AGE, "numeric", "quasi"},         {TABLE_SCHOOL, "numeric", "quasi"},
              {TABLE_SKILL, "numeric", "feature"},     {TABLE_JOB, "categorical", "quasi"},
              {TABLE_INCOME, "numeric", "feature"},    {TABLE_DEBT, "numeric", "feature"},
              {TABLE_LATE, "numeric", "feature"},      {TABLE_PROXY, "categorical", "feature"},
              {TABLE_DEFAULT, "categorical", "target"}};
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof of / sizeof *of; i++) {
        json_t *row =
            json_pack("{s:s s:s s:s}", "column", table_columns[of[i].column], "type", of[i].type, "role", of[i].role);
        if (row && of[i].column == TABLE_GROUP) json_object_set_new(row, "privileged", json_pack("[s]", "0"));
        if (row && of[i].column == TABLE_DEFAULT) json_object_set_new(row, "positive", json_string("1"));
        job->result->used++;
        ok = make_put(job, row, err);
    }
    return ok;
}

static bool make_list(struct make_job *job, struct error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < TABLE_FIXTURES; i++) {
        const struct table_fixture *f = &table_fixtures[i];
        json_t *row = json_pack("{s:s s:s s:o s:o}", "name", f->name, "graph", f->graph, "effect", number(f->effect),
                                "naive", number(f->naive));
        if (row && f->wrong) {
            json_object_set_new(row, "wrong", json_string(f->wrong));
            json_object_set_new(row, "adjusted_for_it", number(f->adjusted));
        }
        job->result->used++;
        ok = make_put(job, row, err);
    }
    return ok;
}

static bool make_fixture(struct make_job *job, const struct table_fixture *f, struct error *err) {
    bool ok = true;
    for (uint64_t i = 0; ok && i < wanted(job, PEOPLE_USUAL); i++) {
        double row[TABLE_FIXTURE_COLUMNS];
        char stream[64];
        snprintf(stream, sizeof stream, "make/table/%s/%lld", f->name, (long long)job->options[DRAW].integer);
        struct rng rng = rng_stream(job->settings->seed, stream, i);
        f->draw(&rng, row);
        ok = put_columns(job, f->column, row, f->n_columns, err);
    }
    return ok;
}

static bool run_table(struct make_job *job, struct error *err) {
    struct text what = job->argument;
    if (job->settings->count > ROWS_MOST) return error_set(err, ERROR_USAGE, "--count: more than %d rows", ROWS_MOST);
    for (size_t i = DRAW; i <= NOISE; i++)
        if (job->options[i].given && !text_equal_c(what, "people") && (i != DRAW || text_equal_c(what, "schema")))
            return error_set(err, ERROR_USAGE, "table/%.*s takes no %s", TEXT_ARG(what), table_options[i].name);
    if (text_equal_c(what, "people")) return make_people(job, err);
    if (text_equal_c(what, "schema")) return make_schema(job, err);
    if (text_equal_c(what, "list")) return make_list(job, err);
    for (size_t i = 0; i < TABLE_FIXTURES; i++)
        if (text_equal_c(what, table_fixtures[i].name)) return make_fixture(job, &table_fixtures[i], err);
    return error_set(err, ERROR_USAGE, "table/%.*s: expected people, schema, list or one of those that list names",
                     TEXT_ARG(what));
}

const struct generator generator_table = {
    .name = "table",
    .summary = "tables whose truth is known: people with faults of known size, effects known in closed form",
    .argument = "WHAT",
    .options = table_options,
    .n_options = sizeof table_options / sizeof *table_options,
    .run = run_table,
};
