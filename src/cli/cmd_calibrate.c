/* basanite calibrate: known answers beside what this program finds. */
#include "cli/calibrate_parts.h"
#include "cli/commands.h"

#include "report/text_grid.h"

#include <string.h>

static const char *const flags[] = {"gold", "repeat", "seed", "confidence", "threads", "json", "out", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_calibrate = {
    .name = "calibrate",
    .synopsis = "[engine|tokenizer|template|statistics|scorer/refusal]... [--gold FILE]",
    .summary = "known answers beside what this program finds; exit 1 when one is missed",
    .example = "basanite calibrate statistics",
    .flags = flags,
    .run = run,
};

enum { MOST_PARTS = 32, COLUMNS = 6 };
static const char *const states[] = {"ok", "MISSED", "skipped"};

/* Takes the rows of all parts as they come. */
struct receiver {
    struct arguments *args;
    const char *part;
    struct text_grid grid;
    json_t *rows;
    size_t n[3]; /* by enum calibrate_state */
    struct buffer missed;
    struct error error; /* the first failure while receiving */
};

static const char *keep(struct receiver *r, const char *t) {
    const char *copy = text_copy(r->args->arena, text_of(t), &r->error);
    return copy ? copy : "";
}

static void note_missed(struct receiver *r, const struct calibrate_row *row) {
    buffer_printf(&r->missed, "%s%s %s (expected %s, found %s, tolerance %g%s%s)", r->missed.len ? "; " : "", r->part,
                  row->name, row->expected, row->found, row->tolerance, *row->note ? ", " : "", row->note);
}

static void receive(void *context, const struct calibrate_row *row) {
    struct receiver *r = context;
    char tolerance[32] = "";
    if (row->state != CALIBRATE_SKIPPED) snprintf(tolerance, sizeof tolerance, "%.3g", row->tolerance);
    if (row->state != CALIBRATE_SKIPPED && row->tolerance == 0) snprintf(tolerance, sizeof tolerance, "exact");
    r->n[row->state]++;
    if (row->state == CALIBRATE_MISSED) note_missed(r, row);
    const char *cells[COLUMNS] = {states[row->state],  keep(r, row->name), keep(r, row->expected),
                                  keep(r, row->found), keep(r, tolerance), keep(r, row->note)};
    if (!text_grid_row(&r->grid, cells, &r->error)) return;
    json_t *json =
        json_pack("{s:s s:o s:o s:o s:f s:s s:o}", "part", r->part, "name", json_from_text(text_of(row->name)),
                  "expected", json_from_text(text_of(row->expected)), "found", json_from_text(text_of(row->found)),
                  "tolerance", row->tolerance, "state", states[row->state], "note", json_from_text(text_of(row->note)));
    if (!json || json_array_append_new(r->rows, json) != 0) error_memory(&r->error, "rows");
}

static bool begin_grid(struct receiver *r) {
    static const char *const head[COLUMNS] = {"", "name", "expected", "found", "tolerance", "note"};
    return text_grid_init(&r->grid, r->args->arena, COLUMNS, &r->error) && text_grid_row(&r->grid, head, &r->error);
}

/* The table of one part. */
static bool end_grid(struct receiver *r, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    buffer_printf(&b, "%s\n", r->part);
    text_grid_put(&r->grid, &b, 2, false, SIZE_MAX);
    bool ok = print_buffer(r->args->out, &b, err);
    buffer_done(&b);
    return ok;
}

static const char *find_gold(struct arguments *args, const struct calibration_part *part) {
    struct error ignored;
    const char *path = common_path(args, &ignored), *found = args_text(args, "gold", NULL);
    for (size_t i = 0; !found && path && part->places[i]; i++)
        found = file_find(args->arena, part->places[i], path, &ignored);
    return found;
}

/* asked: by name, so that nothing to compare with is the user's to mend. */
static bool run_part(struct receiver *r, const struct calibration_part *part, bool asked, struct pool *pool,
                     struct error *err) {
    struct calibration_settings settings = {
        .gold = find_gold(r->args, part),
        .pool = pool,
        .seed = args_count(r->args, "seed", 1),
        .repeat = args_count(r->args, "repeat", 0),
        .confidence = args_real(r->args, "confidence", 0.95),
    };
    r->part = part->name;
    if (!begin_grid(r)) return *err = r->error, false;
    if (settings.gold || !part->needs_gold) {
        if (!part->run(&settings, receive, r, err)) return error_wrap(err, "%s", part->name);
    } else if (asked) {
        return error_set(err, ERROR_USAGE,
                         "%s: no known answers: give --gold, or let BASANITE_PATH name a folder with %s", part->name,
                         part->places[0]);
    } else {
        char why[160];
        snprintf(why, sizeof why, "no %s in BASANITE_PATH or here; give --gold", part->places[0]);
        receive(r, &(struct calibrate_row){part->name, "", "", 0, CALIBRATE_SKIPPED, why});
    }
    if (r->error.kind) return *err = r->error, false;
    return args_on(r->args, "json") || end_grid(r, err);
}

/* Marks the parts that are asked for; all when none is named. */
static bool choose(struct arguments *args, bool *chosen, struct error *err) {
    const struct calibration_part *parts;
    const char *names[MOST_PARTS];
    size_t n = calibration_parts(&parts);
    for (size_t i = 0; i < n; i++) names[i] = parts[i].name, chosen[i] = args->n_words == 0;
    for (size_t w = 0; w < args->n_words; w++) {
        size_t i = 0;
        while (i < n && strcmp(names[i], args->words[w]) != 0) i++;
        if (i < n) {
            chosen[i] = true;
            continue;
        }
        const char *near = text_nearest(text_of(args->words[w]), names, n);
        return error_set(err, ERROR_USAGE,
                         "no part '%s'%s%s%s; there are engine, tokenizer, template, statistics, "
                         "scorer/refusal",
                         args->words[w], near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if (args_text(args, "gold", NULL) && args->n_words != 1)
        return error_set(err, ERROR_USAGE, "--gold belongs to one part; name it");
    return true;
}

static bool print_end(struct receiver *r, struct error *err) {
    if (!args_on(r->args, "json")) {
        fprintf(r->args->out, "%zu ok, %zu missed, %zu skipped\n", r->n[CALIBRATE_PASSED], r->n[CALIBRATE_MISSED],
                r->n[CALIBRATE_SKIPPED]);
        return true;
    }
    json_t *all = json_pack("{s:O s:I s:I s:I}", "rows", r->rows, "ok", (json_int_t)r->n[CALIBRATE_PASSED], "missed",
                            (json_int_t)r->n[CALIBRATE_MISSED], "skipped", (json_int_t)r->n[CALIBRATE_SKIPPED]);
    bool ok = all ? print_json(r->args->out, all, err) : error_memory(err, "rows");
    json_decref(all);
    return ok;
}

static bool run(struct arguments *args, struct error *err) {
    const struct calibration_part *parts;
    size_t n = calibration_parts(&parts);
    bool chosen[MOST_PARTS];
    double confidence = args_real(args, "confidence", 0.95);
    if (!choose(args, chosen, err)) return false;
    if (!(confidence > 0 && confidence < 1))
        return error_set(err, ERROR_USAGE, "--confidence: expected a number between 0 and 1");
    struct receiver r = {.args = args, .rows = json_array()};
    buffer_init(&r.missed, sizeof err->message - 64);
    struct pool *pool = r.rows ? pool_new(args_count(args, "threads", 0), err) : NULL;
    bool ok = pool != NULL;
    for (size_t i = 0; ok && i < n; i++)
        if (chosen[i]) ok = run_part(&r, &parts[i], args->n_words > 0, pool, err);
    ok = ok && print_end(&r, err);
    if (ok && r.n[CALIBRATE_MISSED])
        ok = error_set(err, ERROR_GATE, "%zu missed: %s%s", r.n[CALIBRATE_MISSED], r.missed.at,
                       r.missed.full ? " ... (all are in the table)" : "");
    pool_free(pool);
    json_decref(r.rows);
    buffer_done(&r.missed);
    return ok;
}
