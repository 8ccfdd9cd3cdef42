/* Results JSON: run, when, build, subject, command, seed, figures, comparisons; several runs are an array. `when` is
 * the time of the run that asked, so a repeat that asks nothing writes the same bytes. */
#include "report/formats.h"
#include "report/report_bands.h"
#include "report/report_tree.h"
#include "report/report_languages.h"
#include "report/report_number.h"

static json_t *time_json(uint64_t ns) {
    char text[REPORT_NUMBER];
    if (ns == 0) return json_null();
    number_time(ns, true, text);
    return json_string(text);
}

/* Rows of report_data.comparisons. Flips are known to the command that compared, which does not keep them. */
static json_t *comparison_json(const json_t *row) {
    static const char *const keys[] = {"name", "task", "a", "b", "diff", "lo", "hi", "p", "p_corrected", "method"};
    json_t *j = json_object();
    for (size_t i = 0; j && i < sizeof keys / sizeof *keys; i++)
        if (json_object_set(j, keys[i], json_array_get(row, i)) != 0) {
            json_decref(j);
            return NULL;
        }
    return j;
}

static bool run_is_in(const struct report_run *run, const json_t *row) {
    return text_equal_c(json_text(json_array_get(row, 2)), run->name) ||
           text_equal_c(json_text(json_array_get(row, 3)), run->name);
}

/* By category and leaf of a taxonomy; *out NULL: no leaves were measured. */
static bool leaves_json(const struct report_run *run, json_t **out, struct error *err) {
    struct report_tree tree;
    struct arena arena;
    arena_init(&arena, 1 << 24);
    bool ok = report_tree(run, &arena, &tree, err);
    *out = ok && tree.n ? report_tree_json(&tree) : NULL;
    ok = ok && (!tree.n || *out || error_memory(err, "leaves"));
    arena_done(&arena);
    return ok;
}

static json_t *run_json(const struct report_data *data, const struct report_run *run, struct error *err) {
    json_t *comparisons = json_array(), *leaves = NULL,
           *languages; /* what was checked before languages are ranked, where that was asked for */
    for (size_t i = 0; comparisons && i < json_array_size(data->comparisons); i++) {
        const json_t *row = json_array_get(data->comparisons, i);
        if (run_is_in(run, row) && json_array_append_new(comparisons, comparison_json(row)) != 0) {
            json_decref(comparisons);
            return NULL;
        }
    }
    json_t *bands = run->n_bands ? report_bands_json(run) : NULL; /* left out of the results where there are none */
    bool ok =
        (!run->n_bands || bands) && leaves_json(run, &leaves, err) && report_languages_json(data, run, &languages, err);
    if (!ok) return json_decref(comparisons), json_decref(bands), json_decref(leaves), NULL;
    return json_pack("{s:s s:s s:{s:o s:o} s:s s:s s:O s:s s:I s:O s:o* s:o* s:o* s:o}", "run", run->name, "state",
                     run->state, "when", "started", time_json(run->started_ns), "ended", time_json(run->ended_ns),
                     "build", run->build, "suite", run->suite, "subject", json_object_get(run->json, "subject"),
                     "command", run->command, "seed", (json_int_t)run->seed, "figures", run->figures_json, "bands",
                     bands, "leaves", leaves, "languages", languages, "comparisons", comparisons);
}

static bool put_runs(const struct report_data *data, struct buffer *out, struct error *err) {
    json_t *all = json_array();
    for (size_t i = 0; all && i < data->n_runs; i++)
        if (json_array_append_new(all, run_json(data, &data->runs[i], err)) != 0) {
            json_decref(all);
            all = NULL;
        }
    if (!all) return err->kind != ERROR_NONE ? false : error_memory(err, "results");
    json_put(out, data->n_runs == 1 ? json_array_get(all, 0) : all, 2);
    buffer_put_char(out, '\n');
    json_decref(all);
    return buffer_check(out, "report", err);
}

bool report_write_json(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                       struct buffer *out, struct error *err) {
    (void)options;
    struct report_data data;
    bool ok = report_data_load(&data, record, runs, n, NULL, err) && put_runs(&data, out, err);
    report_data_done(&data);
    return ok;
}
