/* Data, files and names for documents: see report_sources.h. */
#include "report/report_sources.h"

#include <math.h>
#include <string.h>

/* Paths of this machine are nobody else's business; the name of a generated set is its recipe. */
static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return strchr(path, ':') || !slash || !slash[1] ? path : slash + 1;
}

static const char *licence_of(const struct report_data *data, const char *task) {
    for (size_t i = 0; i < json_array_size(data->licences); i++) {
        const json_t *row = json_array_get(data->licences, i), *licence = json_array_get(row, 1);
        if (text_equal_c(json_text(json_array_get(row, 0)), task) && json_string_length(licence))
            return json_string_value(licence);
    }
    return "";
}

static bool is_there(const struct report_dataset *list, size_t n, const struct report_dataset *like) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].name, like->name) == 0 && strcmp(list[i].digest, like->digest) == 0) return true;
    return false;
}

static size_t count_files(const struct report_data *data) {
    size_t n = 0;
    for (size_t r = 0; r < data->n_runs; r++) {
        const json_t *tasks = json_object_get(json_object_get(data->runs[r].json, "config"), "tasks");
        for (size_t t = 0; t < json_array_size(tasks); t++)
            n += json_array_size(json_object_get(json_array_get(tasks, t), "data")) + 1;
    }
    return n;
}

/* A task without files is its own data. */
static void add_task(const struct report_data *data, const json_t *task, struct report_dataset *list, size_t *n) {
    const json_t *files = json_object_get(task, "data");
    const char *name = json_c(task, "task");
    for (size_t i = 0; i < json_array_size(files) || (i == 0 && !json_array_size(files)); i++) {
        const json_t *file = json_array_get(files, i);
        struct report_dataset one = {.name = file ? last_part(json_c(file, "path")) : name,
                                     .digest = json_c(file, "sha256"),
                                     .task = name,
                                     .licence = licence_of(data, name)};
        if (one.name[0] && !is_there(list, *n, &one)) list[(*n)++] = one;
    }
}

bool report_datasets(struct report_data *data, struct report_dataset **out, size_t *n, struct error *err) {
    *n = 0;
    *out = arena_new(&data->arena, struct report_dataset, count_files(data) + 1, err);
    if (!*out) return false;
    for (size_t r = 0; r < data->n_runs; r++) {
        const json_t *tasks = json_object_get(json_object_get(data->runs[r].json, "config"), "tasks");
        for (size_t t = 0; t < json_array_size(tasks); t++) add_task(data, json_array_get(tasks, t), *out, n);
    }
    return true;
}

void report_uuid(const char *name, char out[REPORT_UUID]) {
    struct sha256 sha;
    unsigned char d[32];
    sha256_init(&sha);
    sha256_add(&sha, "basanite\n", 9);
    sha256_add(&sha, name, strlen(name));
    sha256_end(&sha, d);
    d[6] = (unsigned char)((d[6] & 0x0F) | 0x50);
    d[8] = (unsigned char)((d[8] & 0x3F) | 0x80);
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out[at++] = '-';
        at += (size_t)snprintf(out + at, REPORT_UUID - at, "%02x", d[i]);
    }
}

void report_exact(double value, char out[32]) {
    out[0] = 0;
    if (!isnan(value)) out[text_from_f64(value, out)] = 0;
}

const char *report_figure_id(struct report_data *data, const struct figure *f, struct error *err) {
    return arena_printf(&data->arena, err, "%s#%s#%s", f->task, f->name, f->group);
}

bool report_first_of_subject(const struct report_data *data, size_t run) {
    for (size_t r = 0; r < run; r++)
        if (strcmp(data->runs[r].subject_digest, data->runs[run].subject_digest) == 0) return false;
    return true;
}
