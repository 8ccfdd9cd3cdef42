/* basanite record: what was asked, answered and scored. */
#include "cli/commands.h"

#include "base/file.h"
#include "measure/exchange/batch.h"
#include "measure/exchange/log_import.h"
#include "report/report.h"
#include "report/text_grid.h"

#include <string.h>

static const char *const flags[] = {"record",     "table",     "format", "run",     "json",  "out", "confidence",
                                    "bootstrap", "seed", "timeout", "who", "why", "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_record = {
    .name = "record",
    .synopsis = "list | show RUN | query \"SQL\" | export RUN [--table T | --format NAME] | import FILE... "
                "[--format NAME] | verify [RUN] | relabel RUN ITEM LABEL [--why TEXT] | relabel RUN LABELS.jsonl",
    .summary = "what was asked, answered and scored, with its hash chain",
    .example = "basanite record query \"select task, name, value, lo, hi from figures order by task\"",
    .flags = flags,
    .run = run,
};

struct printer {
    FILE *out;
    bool json_lines; /* objects with column names */
    json_t *header;
    uint64_t rows;
};

static bool print_row(void *context, const json_t *row, bool header, struct error *err) {
    struct printer *p = context;
    if (header) {
        json_decref(p->header);
        p->header = json_deep_copy(row);
        if (!p->header) return error_memory(err, "columns");
        if (p->json_lines) return true;
    }
    struct buffer b;
    buffer_init(&b, (size_t)256 << 20);
    size_t n = json_array_size(row);
    if (p->json_lines) buffer_put_char(&b, '{');
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(row, i);
        if (p->json_lines) {
            buffer_put_c(&b, i ? "," : "");
            json_put_string(&b, json_text(json_array_get(p->header, i)));
            buffer_put_char(&b, ':');
            json_put(&b, v, 0);
        } else {
            buffer_put_c(&b, i ? "\t" : "");
            if (json_is_string(v))
                buffer_put_text(&b, json_text(v));
            else if (!json_is_null(v))
                json_put(&b, v, 0);
        }
    }
    buffer_put_c(&b, p->json_lines ? "}\n" : "\n");
    bool ok = print_buffer(p->out, &b, err);
    buffer_done(&b);
    p->rows += !header;
    return ok;
}

static bool list_row(struct text_grid *grid, const json_t *run_object, struct error *err) {
    const char *const cells[] = {
        json_string_value(json_object_get(run_object, "name")), json_string_value(json_object_get(run_object, "state")),
        json_string_value(json_object_get(run_object, "suite")),
        json_string_value(json_object_get(json_object_get(run_object, "subject"), "spec"))};
    return text_grid_row(grid, cells, err);
}

/* Widths follow the names: suites of several tasks and subjects with folders are long. */
static bool list_table(struct arguments *args, const json_t *runs, struct error *err) {
    static const char *const header[] = {"run", "state", "suite", "subject"};
    struct text_grid grid;
    if (!text_grid_init(&grid, args->arena, 4, err) || !text_grid_row(&grid, header, err)) return false;
    for (size_t i = 0; i < json_array_size(runs); i++)
        if (!list_row(&grid, json_array_get(runs, i), err)) return false;
    struct buffer b;
    buffer_init(&b, (size_t)256 << 20);
    text_grid_put(&grid, &b, 0, false, 0);
    bool ok = print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

static bool list(struct arguments *args, struct record *record, struct error *err) {
    json_t *runs = record_runs_json(record, err);
    if (!runs) return false;
    bool ok = args_on(args, "json") ? print_json(args->out, runs, err) : list_table(args, runs, err);
    json_decref(runs);
    return ok;
}

static bool show(struct arguments *args, struct record *record, const char *name, struct error *err) {
    json_t *run_object = record_run_json(record, name, err);
    if (!run_object) return false;
    json_t *figures = record_figures_json(record, json_integer_value(json_object_get(run_object, "id")), err);
    bool ok = figures && (json_object_set_new(run_object, "figures", figures) == 0 || error_memory(err, "figures")) &&
              print_json(args->out, run_object, err);
    json_decref(run_object);
    return ok;
}

/* As another program's file, with all that the record holds: what is harmful is not hidden here. */
static bool export_format(struct arguments *args, struct record *record, const char *name, const char *format,
                          struct error *err) {
    const struct report_format *f = report_format_find(format, err);
    struct report_options options = {.show_harmful = true, .file = args_text(args, "out", NULL)};
    struct buffer b;
    buffer_init(&b, (size_t)2 << 30);
    bool ok = f && f->write(record, &name, 1, &options, &b, err) && print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

static bool export_run(struct arguments *args, struct record *record, const char *name, struct error *err) {
    const char *format = args_text(args, "format", NULL);
    if (format && args_text(args, "table", NULL)) return error_set(err, ERROR_USAGE, "give either --table or --format");
    if (format) return export_format(args, record, name, format, err);
    json_t *run_object = record_run_json(record, name, err);
    if (!run_object) return false;
    struct printer p = {.out = args->out, .json_lines = true};
    bool ok = record_export(record, json_integer_value(json_object_get(run_object, "id")),
                            args_text(args, "table", "answers"), print_row, &p, err);
    json_decref(p.header);
    json_decref(run_object);
    return ok;
}

static bool verify(struct arguments *args, struct record *record, const char *name, struct error *err) {
    struct run_verdict v;
    if (!run_verify(record, name, &v, err)) return false;
    fprintf(args->out, "verified: %llu entries of the chain, %llu answers, %llu figures recomputed; head %s\n",
            (unsigned long long)v.entries, (unsigned long long)v.answers, (unsigned long long)v.figures, v.chain);
    if (!v.whole) fprintf(args->out, "the run is of an older version: its settings and its plan are in no chain\n");
    return true;
}

static bool query(struct arguments *args, struct record *record, const char *sql, struct error *err) {
    struct printer p = {.out = args->out, .json_lines = args_on(args, "json")};
    bool ok = record_query(record, text_of(sql), args_real(args, "timeout", 60), print_row, &p, err);
    json_decref(p.header);
    return ok;
}

static bool print_imported(struct arguments *args, const struct import_result *r) {
    if (r->run.finished)
        fprintf(args->out, "run %s: these files were imported before\n", r->run.name);
    else
        fprintf(args->out, "run %s: %llu samples of %s imported, %llu of them errors; `basanite report %s` shows the "
                "figures\n",
                r->run.name, (unsigned long long)r->samples, r->format, (unsigned long long)r->failed, r->run.name);
    return true;
}

/* Responses of a batch endpoint: answers for runs that wait for them. */
static bool import_batch(struct arguments *args, const char *path, struct error *err) {
    struct batch_result r;
    struct record *record = common_record(args, RECORD_WRITE, err);
    bool ok = record && batch_import(record, path, &r, err);
    if (ok)
        fprintf(args->out,
                "run %s: %llu answers taken, %llu failed at the endpoint, %llu were known; the run's command "
                "goes on with them\n",
                r.run, (unsigned long long)r.answers, (unsigned long long)r.failed, (unsigned long long)r.known);
    record_close(record);
    return ok;
}

static bool is_batch(const char *path, const char *format, bool *out, struct error *err) {
    struct file_map map;
    *out = format && strcmp(format, "openai-batch") == 0;
    if (format) return true;
    if (!file_map(path, &map, err)) return false;
    *out = batch_claims((struct text){(const char *)map.at, map.len < 4096 ? map.len : 4096});
    file_unmap(&map);
    return true;
}

static bool import_files(struct arguments *args, struct error *err) {
    struct import_settings settings = {
        .name = args_text(args, "run", NULL),
        .format = args_text(args, "format", NULL),
        .command = args->line,
        .build = common_build(args->arena, err),
        .seed = args_count(args, "seed", 1),
        .figures = {.confidence = args_real(args, "confidence", 0.95),
                    .bootstrap = args_count(args, "bootstrap", 1000),
                    .seed = args_count(args, "seed", 1)},
        .stop = args->stop,
    };
    if (args->n_words < 2) return error_set(err, ERROR_USAGE, "import: expected the files of a log");
    for (size_t i = 1; i < args->n_words; i++) {
        bool batch;
        if (!is_batch(args->words[i], settings.format, &batch, err)) return false;
        if (batch && args->n_words > 2)
            return error_set(err, ERROR_USAGE, "import: files of responses are imported one by one");
        if (batch) return import_batch(args, args->words[i], err);
    }
    struct record *record = settings.build ? common_record(args, RECORD_WRITE, err) : NULL;
    struct import_result result;
    bool ok = record && log_import(record, args->words + 1, args->n_words - 1, &settings, args->arena, &result, err) &&
              print_imported(args, &result);
    record_close(record);
    return ok;
}

/* "ITEM", "TASK#ITEM" or "TASK#ITEM#SAMPLE": as the chain names answers. */
static bool one_label(struct arguments *args, struct record_label *out, struct error *err) {
    struct text place = text_of(args->words[2]);
    size_t first = text_find(place, TEXT("#"), 0),
           last = first == SIZE_MAX ? SIZE_MAX : text_find(place, TEXT("#"), first + 1);
    *out = (struct record_label){.item = place,
                                 .label = text_of(args->words[3]),
                                 .who = text_of(args_text(args, "who", "")),
                                 .why = text_of(args_text(args, "why", ""))};
    if (first == SIZE_MAX) return true;
    out->task = text_part(place, 0, first);
    out->item = text_part(place, first + 1, last == SIZE_MAX ? place.len : last);
    return last == SIZE_MAX || text_to_u64(text_part(place, last + 1, place.len), &out->sample) ||
           error_set(err, ERROR_USAGE, "relabel: expected ITEM, TASK#ITEM or TASK#ITEM#SAMPLE, found '%s'",
                     args->words[2]);
}

static bool relabel(struct arguments *args, struct record *record, struct error *err) {
    struct record_label one, *labels = &one;
    size_t n = 1;
    bool ok = args->n_words == 4   ? one_label(args, &one, err)
              : args->n_words == 3 ? run_labels_read(args->words[2], args->arena, &labels, &n, err)
                                   : error_set(err, ERROR_USAGE,
                                               "expected `basanite record relabel RUN ITEM LABEL --why TEXT` "
                                               "or `basanite record relabel RUN LABELS.jsonl`");
    if (!ok || !run_label(record, args->words[1], labels, n, err)) return false;
    if (!args_on(args, "quiet"))
        fprintf(stderr, "%zu answers labelled; the figures of run %s are computed again\n", n, args->words[1]);
    return true;
}

static bool run(struct arguments *args, struct error *err) {
    bool imports = args->n_words && strcmp(args->words[0], "import") == 0;
    if (!common_words(args, &command_record, 1, imports ? 1000 : 4, err)) return false;
    if (imports) return import_files(args, err);
    static const char *const verbs[] = {"list", "show", "query", "export", "verify", "relabel", "import"};
    const char *verb = args->words[0], *word = args->n_words > 1 ? args->words[1] : NULL;
    size_t v = 0;
    while (v < 6 && strcmp(verb, verbs[v]) != 0) v++;
    if (v == 6) {
        const char *near = text_nearest(text_of(verb), verbs, 7);
        return error_set(err, ERROR_USAGE,
                         "no verb '%s'%s%s%s; there are list, show, query, export, import, verify, relabel", verb,
                         near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if (v != 5 && !common_words(args, &command_record, 1, 2, err)) return false;
    if (!word && v == 2) return error_set(err, ERROR_USAGE, "query: expected a select statement");
    struct record *record = common_record(args, v == 5 ? RECORD_WRITE : RECORD_READ, err);
    if (!record) return false;
    bool ok = v == 0   ? list(args, record, err)
              : v == 1 ? show(args, record, word, err)
              : v == 2 ? query(args, record, word, err)
              : v == 3 ? export_run(args, record, word, err)
              : v == 4 ? verify(args, record, word, err)
                       : relabel(args, record, err);
    record_close(record);
    return ok;
}
