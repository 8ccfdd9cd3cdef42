/* basanite doctor: what is built in, what this machine can do, which data are found. */
#include "cli/commands.h"
#include "cli/doctor_rows.h"

#include "report/text_grid.h"

#include <string.h>

static const char *const flags[] = {"json", "out", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_doctor = {
    .name = "doctor",
    .synopsis = "[NAME...]",
    .summary = "parts, versions, limits of this machine, data; exit 4 when something named is missing",
    .example = "basanite doctor onednn",
    .flags = flags,
    .run = run,
};

static bool is_asked(const struct arguments *args, const char *name) {
    for (size_t i = 0; i < args->n_words; i++)
        if (strcmp(args->words[i], name) == 0) return true;
    return args->n_words == 0;
}

static bool check_names(const struct arguments *args, const struct doctor_row *rows, size_t n, struct error *err) {
    const char *names[DOCTOR_ROWS_MOST];
    for (size_t i = 0; i < n; i++) names[i] = rows[i].name;
    for (size_t w = 0; w < args->n_words; w++) {
        size_t i = 0;
        while (i < n && strcmp(names[i], args->words[w]) != 0) i++;
        if (i < n) continue;
        const char *near = text_nearest(text_of(args->words[w]), names, n);
        return error_set(err, ERROR_USAGE, "nothing here is called '%s'%s%s%s; `basanite doctor` lists all names",
                         args->words[w], near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return true;
}

static bool print_table(struct arguments *args, const struct doctor_row *rows, size_t n, struct error *err) {
    struct text_grid grid;
    struct buffer b;
    static const char *const head[] = {"group", "name", "value", "note"};
    if (!text_grid_init(&grid, args->arena, 4, err) || !text_grid_row(&grid, head, err)) return false;
    for (size_t i = 0; i < n; i++) {
        const char *cells[] = {rows[i].group, rows[i].name, rows[i].there ? rows[i].value : "missing", rows[i].note};
        if (is_asked(args, rows[i].name) && !text_grid_row(&grid, cells, err)) return false;
    }
    buffer_init(&b, 1 << 22);
    text_grid_put(&grid, &b, 0, false, SIZE_MAX);
    bool ok = print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

static bool print_rows_json(struct arguments *args, const struct doctor_row *rows, size_t n, struct error *err) {
    json_t *all = json_array();
    for (size_t i = 0; all && i < n; i++)
        if (is_asked(args, rows[i].name))
            json_array_append_new(all,
                                  json_pack("{s:s s:s s:b s:s s:s}", "group", rows[i].group, "name", rows[i].name,
                                            "there", (int)rows[i].there, "value", rows[i].value, "note", rows[i].note));
    bool ok = all ? print_json(args->out, all, err) : error_memory(err, "rows");
    json_decref(all);
    return ok;
}

static bool run(struct arguments *args, struct error *err) {
    struct doctor_row rows[DOCTOR_ROWS_MOST];
    size_t n;
    if (!doctor_rows(args, rows, &n, err) || !check_names(args, rows, n, err)) return false;
    bool ok = args_on(args, "json") ? print_rows_json(args, rows, n, err) : print_table(args, rows, n, err);
    for (size_t i = 0; ok && i < n; i++)
        if (args->n_words && is_asked(args, rows[i].name) && !rows[i].there)
            ok = error_set(err, ERROR_ENVIRONMENT, "%s is missing%s%s", rows[i].name, *rows[i].note ? ": " : "",
                           rows[i].note);
    return ok;
}
