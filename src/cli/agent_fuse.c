/* basanite agent fuse: what several agents answered, fused. */
#include "cli/agent_verbs.h"
#include "cli/commands.h"
#include "cli/score_answers.h"

#include "measure/fusion/fuse_report.h"

#include <math.h>
#include <string.h>

static void tell(const struct arguments *args, const struct agent_log *log, const struct fuse_report *r) {
    if (args_on(args, "quiet")) return;
    fprintf(stderr, "%zu items, %zu with a gold answer, %zu classes; fused:", log->n_items, log->n_gold,
            log->n_classes);
    for (size_t s = 0; s < r->n_sources; s++)
        fprintf(stderr, "%s %.*s", s ? "," : "", TEXT_ARG(log->source[r->source[s]].name));
    if (log->bad_rows) fprintf(stderr, "; %zu bad rows left out", log->bad_rows);
    if (log->no_class) fprintf(stderr, "; %zu answers outside the classes count as silence", log->no_class);
    if (r->fused.rounds) fprintf(stderr, "; %zu rounds", r->fused.rounds);
    fputc('\n', stderr);
}

/* The rows beside the figures. */
static json_t *rest_json(const struct agent_log *log, const struct fuse_report *r, struct error *err) {
    json_t *rest = json_pack("{s:I s:I s:s}", "items", (json_int_t)log->n_items, "gold", (json_int_t)log->n_gold,
                             "method", r->method ? r->method->name : "all");
    json_t *rows = r->method ? json_array() : NULL;
    bool ok = rest && (!r->method || rows);
    for (size_t i = 0; ok && r->method && i < log->n_items; i++) {
        json_t *row = fuse_item_json(log, r, i, err);
        ok = row && json_array_append_new(rows, row) == 0;
    }
    if (ok && rows) ok = json_object_set(rest, "rows", rows) == 0;
    json_decref(rows);
    if (ok) return rest;
    json_decref(rest);
    error_memory(err, "rows");
    return NULL;
}

/* What each source says of one item, in bits. */
static bool explain(struct arguments *args, const struct agent_log *log, const struct fuse_report *r, const char *id,
                    struct error *err) {
    size_t i = 0;
    if (!r->method) return error_set(err, ERROR_USAGE, "--explain belongs to one method; give --method");
    while (i < log->n_items && !text_equal_c(log->item[i].id, id)) i++;
    if (i == log->n_items) return error_set(err, ERROR_USAGE, "--explain: no item '%s'", id);
    json_t *row = fuse_item_json(log, r, i, err);
    bool ok = row && print_json(args->out, row, err);
    json_decref(row);
    return ok;
}

bool agent_fuse(struct arguments *args, struct error *err) {
    struct agent_log log;
    struct fuse_report report;
    const char *item = args_text(args, "explain", NULL);
    const struct agent_log_settings reading = {args_text(args, "map", NULL), args_on(args, "lenient")};
    const struct fuse_settings settings = {.method = args_text(args, "method", NULL),
                                           .only = args_text(args, "only", NULL),
                                           .loo = args_on(args, "loo"),
                                           .conformal = args_real(args, "conformal", NAN),
                                           .again = args_text(args, "ask-again", NULL),
                                           .confidence = args_real(args, "confidence", 0.95),
                                           .seed = args_count(args, "seed", 1)};
    if (args->n_words < 2) return error_set(err, ERROR_USAGE, "expected `basanite agent fuse LOG...`");
    if (!(settings.confidence > 0 && settings.confidence < 1))
        return error_set(err, ERROR_USAGE, "--confidence: expected a number between 0 and 1");
    if (!agent_log_read((const char *const *)args->words + 1, args->n_words - 1, &reading, args->arena, &log, err) ||
        !fuse_report(&log, &settings, args->arena, &report, err))
        return false;
    tell(args, &log, &report);
    if (item) return explain(args, &log, &report, item, err);
    json_t *rest = rest_json(&log, &report, err);
    return rest && print_figures(args, args->out, report.figures, report.n_figures, rest, err);
}
