/* Corrupted files, and the log of them as JSONL or one JSON value. The log of --out is kept also where files failed.
 * See data_corrupt.h. */
#include "cli/data_corrupt.h"

#include "base/file.h"
#include "media/corrupt_files.h"

struct log {
    const struct arguments *args;
    FILE *out;
    json_t *rows; /* NULL: rows are printed as they come */
};

static bool put_row(void *context, const json_t *row, struct error *err) {
    struct log *log = context;
    const char *error = json_string_value(json_object_get(row, "error"));
    if (error && !args_on(log->args, "quiet")) fprintf(stderr, "%s\n", error);
    if (!log->rows) return print_json_line(log->out, row, err);
    return json_array_append_new(log->rows, json_deep_copy(row)) == 0 || error_memory(err, "log");
}

static bool end_log(struct log *log, const struct corrupt_result *r, struct error *err) {
    if (!log->rows) return true;
    json_t *all = json_pack("{s:I s:I s:I s:O}", "files", (json_int_t)r->files, "failed", (json_int_t)r->failed,
                            "written", (json_int_t)r->written, "rows", log->rows);
    bool ok = all ? print_json(log->out, all, err) : error_memory(err, "log");
    json_decref(all);
    return ok;
}

static bool corrupt(struct arguments *args, struct log *log, struct error *err) {
    const char **kinds;
    struct corrupt_result result;
    struct corrupt_settings s = {.in = args->words[1],
                                 .out = args->words[2],
                                 .seed = args_count(args, "seed", 1),
                                 .stop = args->stop,
                                 .sink = put_row,
                                 .context = log};
    s.n_kinds = args_texts(args, "kind", &kinds);
    s.kinds = kinds;
    if (args_on(args, "json") && !(log->rows = json_array())) return error_memory(err, "log");
    if (!(s.pool = pool_new(common_threads(args), err))) return false;
    bool ok = corrupt_files(&s, args->arena, &result, err);
    pool_free(s.pool);
    ok = ok && end_log(log, &result, err);
    json_decref(log->rows);
    if (!ok) return false;
    if (!args_on(args, "quiet"))
        fprintf(stderr, "%zu written from %zu of %zu files\n", result.written, result.gave, result.files);
    if (!result.failed || args_on(args, "lenient")) return true;
    char partly[64] = "";
    if (result.partly) snprintf(partly, sizeof partly, " (%zu of them in part)", result.partly);
    return error_set(err, ERROR_DATA, "%zu of %zu files failed%s; the first: %s", result.failed, result.files, partly,
                     result.first);
}

bool data_corrupt(struct arguments *args, struct error *err) {
    struct log log = {.args = args, .out = stdout};
    const char *path = args_text(args, "out", NULL), **kinds;
    struct file_out out;
    struct error late;
    if (args->n_words != 3 || !args_texts(args, "kind", &kinds))
        return error_set(
            err, ERROR_USAGE,
            "expected `basanite data corrupt IN OUT --kind SPEC`; `basanite methods corruption` lists them");
    if (!path) return corrupt(args, &log, err);
    if (!file_out_open(&out, path, err)) return false;
    log.out = out.stream;
    bool ok = corrupt(args, &log, err);
    if ((ok || err->kind == ERROR_DATA) && !file_out_commit(&out, &late)) {
        *err = late;
        ok = false;
    }
    file_out_abandon(&out);
    return ok;
}
