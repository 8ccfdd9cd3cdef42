/* One dose of a reference material, ready to be measured: its rows, its task, its subject, its items. */
#include "measure/material/material_internal.h"

#include "base/rng.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROWS_BYTES = 256 << 20, TASK_BYTES = 16 << 20, ITEM_BYTES = 512 << 20 };

/* ---- seeds ---- */

static uint64_t draw_seed(const struct material *m, const char *what, uint64_t seed, size_t dose, uint64_t r) {
    char name[128];
    snprintf(name, sizeof name, "material/%s/%s/%zu", m->name, what, dose);
    struct rng rng = rng_stream(seed, name, r);
    return rng_u64(&rng) >> 12;
}

uint64_t material_seed(const struct material *m, const struct material_settings *settings, size_t dose, uint64_t r) {
    return draw_seed(m, "dose", settings->seed, dose, r);
}

uint64_t material_rows_seed(const struct material *m, const struct material_settings *settings, size_t dose,
                            uint64_t r) {
    bool varies = m->kind == MATERIAL_DATA;
    return draw_seed(m, "rows", settings->seed, varies ? dose : 0, varies ? r : 0);
}

/* ---- files in memory ---- */

/* *path: by which the file can be opened while the descriptor is. */
static int memory_file(struct text t, char path[40], struct error *err) {
    int fd = memfd_create("material", MFD_CLOEXEC);
    size_t done = 0;
    while (fd >= 0 && done < t.len) {
        ssize_t wrote = write(fd, t.at + done, t.len - done);
        if (wrote <= 0) {
            error_system(err, errno, "cannot write", "a file in memory");
            close(fd);
            return -1;
        }
        done += (size_t)wrote;
    }
    if (fd < 0) error_system(err, errno, "cannot open", "a file in memory");
    snprintf(path, 40, "/proc/self/fd/%d", fd);
    return fd;
}

/* ---- the subject ---- */

static json_t *script_file(const struct material *m, const json_t *values, struct error *err) {
    json_t *filled = material_filled(m->make_json, values, err);
    json_t *file = filled ? json_pack("{s:s}", "script", m->name) : NULL;
    if (filled && (!file || json_object_update(file, filled) != 0)) error_memory(err, "behaviour");
    json_decref(filled);
    return file;
}

bool material_behaviour(const struct material *m, size_t dose, struct arena *arena, const char **spec, json_t **file,
                        struct error *err) {
    const json_t *values = m->doses[dose].values;
    *spec = NULL;
    *file = NULL;
    if (!json_is_string(m->make_json)) return (*file = script_file(m, values, err)) != NULL;
    json_t *filled = material_filled(m->make_json, values, err);
    struct text t = json_text(filled);
    /* A behaviour in a file of its own would not be part of the material. */
    bool named = text_starts(t, TEXT("script:")) && text_find(spec_name(t), TEXT("/"), 0) == SIZE_MAX &&
                 text_find(spec_name(t), TEXT(".yaml"), 0) == SIZE_MAX;
    if (named)
        *spec = text_copy(arena, t, err);
    else if (filled)
        error_set(err, ERROR_DATA, "expected a script subject (script:NAME,key=value), found '%.*s'",
                  TEXT_ARG(json_is_string(filled) ? t : TEXT("a number")));
    json_decref(filled);
    return *spec != NULL;
}

static struct subject *open_file(const json_t *file, struct error *err) {
    char path[40], spec[64];
    struct buffer b;
    buffer_init(&b, TASK_BYTES);
    json_put(&b, file, 2);
    int fd = buffer_check(&b, "behaviour", err) ? memory_file(buffer_text(&b), path, err) : -1;
    buffer_done(&b);
    if (fd < 0) return NULL;
    snprintf(spec, sizeof spec, "script:%s", path);
    struct subject *subject = subject_open(text_of(spec), NULL, err);
    close(fd);
    return subject;
}

struct subject *material_subject(const struct material *m, size_t dose, struct error *err) {
    struct arena arena;
    const char *spec;
    json_t *file;
    struct subject *subject = NULL;
    arena_init(&arena, 1 << 20);
    if (material_behaviour(m, dose, &arena, &spec, &file, err))
        subject = spec ? subject_open(text_of(spec), NULL, err) : open_file(file, err);
    json_decref(file);
    arena_done(&arena);
    return subject;
}

/* ---- the task ---- */

json_t *material_task_json(const struct material *m, const char *data, struct error *err) {
    json_t *task = json_deep_copy(m->task_json);
    bool ok = task && json_object_set_new(task, "task", json_string(m->name)) == 0;
    if (ok && data)
        ok = json_object_set_new(task, "dataset_path", json_string(data)) == 0 &&
             json_object_set_new(task, "dataset_kwargs", json_pack("{s:s}", "format", "jsonl")) == 0;
    if (ok) return task;
    json_decref(task);
    error_memory(err, "task");
    return NULL;
}

static struct task *open_task(const struct material *m, const struct material_settings *settings, const char *data,
                              struct error *err) {
    struct task_settings task_settings = {.path = settings->path, .seed = settings->seed, .few_shot = -1};
    struct buffer b;
    json_t *json = material_task_json(m, data, err);
    buffer_init(&b, TASK_BYTES);
    if (json) json_put_canonical(&b, json);
    struct task *task =
        json && buffer_check(&b, "task", err) ? task_parse(buffer_text(&b), m->shown_name, &task_settings, err) : NULL;
    json_decref(json);
    buffer_done(&b);
    return task;
}

/* ---- the items ---- */

static bool read_items(struct material_sheet *sheet, struct error *err) {
    struct task_items *items = task_open(sheet->task, err);
    size_t n = items ? (size_t)task_items_count(items) : 0;
    int state = items ? 1 : -1;
    sheet->items = items ? arena_new(&sheet->arena, struct item, n + 1, err) : NULL;
    sheet->asks = items ? arena_new(&sheet->arena, struct ask, n + 1, err) : NULL;
    if (items && (!sheet->items || !sheet->asks)) state = -1;
    while (state == 1 && sheet->n < n) {
        struct item *item = &sheet->items[sheet->n];
        json_t *canonical = NULL;
        if ((state = task_next(items, &sheet->arena, item, err)) != 1) break;
        if (!task_ask(sheet->task, item, true, &sheet->arena, &sheet->asks[sheet->n++], &canonical, err)) state = -1;
        json_decref(canonical);
    }
    task_close(items);
    return state >= 0;
}

bool material_sheet_of(struct task *task, struct material_sheet *sheet, struct error *err) {
    *sheet = (struct material_sheet){.task = task};
    arena_init(&sheet->arena, ITEM_BYTES);
    return read_items(sheet, err);
}

bool material_sheet_open(const struct material *m, const struct material_settings *settings, size_t dose,
                         uint64_t rows_seed, struct material_sheet *sheet, struct error *err) {
    char path[40];
    struct buffer rows;
    int fd = -1;
    *sheet = (struct material_sheet){0};
    arena_init(&sheet->arena, ITEM_BYTES);
    buffer_init(&rows, ROWS_BYTES);
    bool ok = !m->rows || (material_put_rows(m, m->doses[dose].values, rows_seed, &rows, err) &&
                           (fd = memory_file(buffer_text(&rows), path, err)) >= 0);
    buffer_done(&rows);
    ok = ok && (sheet->task = open_task(m, settings, m->rows ? path : NULL, err)) && read_items(sheet, err);
    if (fd >= 0) close(fd);
    if (!ok) material_sheet_close(sheet);
    return ok;
}

void material_sheet_close(struct material_sheet *sheet) {
    for (size_t i = 0; i < sheet->n; i++) item_done(&sheet->items[i]);
    task_free(sheet->task);
    arena_done(&sheet->arena);
    *sheet = (struct material_sheet){0};
}

/* ---- measuring ---- */

struct taking {
    const struct material_sheet *sheet;
    struct material_memo *memo;
    struct tally *tally;
};

static bool take_answer(void *context, const struct answer *answer, struct error *err) {
    struct taking *t = context;
    const struct item *item = &t->sheet->items[answer->ask];
    struct record_row row = record_row_of_item(t->sheet->task, item);
    row.position = answer->ask;
    row.sample = answer->sample;
    if (answer->error.kind != ERROR_NONE) return *err = answer->error, false;
    return material_memo_score(t->memo, t->sheet->task, item, answer->ask, answer, &row, err) &&
           tally_add(t->tally, &row, err);
}

bool material_measure(const struct material_sheet *sheet, struct material_memo *memo, struct subject *subject,
                      const struct material_settings *settings, uint64_t seed, struct arena *arena,
                      struct figure **figures, size_t *n, struct error *err) {
    struct figure_settings figure_settings = {
        .confidence = settings->confidence, .bootstrap = settings->bootstrap, .seed = seed};
    struct taking t = {.sheet = sheet, .memo = memo, .tally = tally_new(sheet->task, &figure_settings, err)};
    struct ask *asks = arena_new(arena, struct ask, sheet->n + 1, err);
    for (size_t i = 0; asks && i < sheet->n; i++) {
        asks[i] = sheet->asks[i];
        asks[i].seed = seed;
    }
    bool ok = t.tally && asks && subject_ask(subject, asks, sheet->n, take_answer, &t, err) &&
              tally_figures(t.tally, arena, figures, n, err);
    tally_free(t.tally);
    return ok;
}

const struct figure *material_find(const struct material_figure *wanted, const struct figure *figures, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(figures[i].name, wanted->name) == 0 && strcmp(figures[i].group, wanted->group) == 0)
            return &figures[i];
    return NULL;
}
