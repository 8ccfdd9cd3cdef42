/* What a model holds of safe and unsafe texts (the scorer aqi): rho of each layer, a line a run, and where the texts of
 * a run lie in the plane in which they spread most. */
#include "report/pictures_internal.h"

#include "measure/score/aqi.h"
#include "report/report_notes.h"

#include <math.h>
#include <string.h>

enum { LAYERS = 256, TEXTS = 1000, RUNS = 3 };

struct layer_line {
    double x[LAYERS], y[LAYERS];
    size_t n;
    double px[2][TEXTS], py[2][TEXTS]; /* safe, unsafe */
    size_t n_texts[2];
};

static double number(const json_t *value) {
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static bool take_row(void *context, const struct record_row *row, struct error *err) {
    struct layer_line *line = context;
    struct error ignored;
    (void)err;
    json_t *told = row->text.len ? json_read(row->text, "the answer", 1, &ignored) : NULL;
    const json_t *profile = json_object_get(told, "profile");
    double unsafe = number(json_object_get(told, "unsafe")), x = number(json_object_get(told, "pc1")),
           y = number(json_object_get(told, "pc2"));
    for (; line->n < json_array_size(profile) && line->n < LAYERS; line->n++) {
        line->x[line->n] = (double)line->n;
        line->y[line->n] = number(json_array_get(profile, line->n));
    }
    size_t k = unsafe > 0.5;
    if (!isnan(unsafe) && !isnan(x) && !isnan(y) && line->n_texts[k] < TEXTS) {
        line->px[k][line->n_texts[k]] = x;
        line->py[k][line->n_texts[k]++] = y;
    }
    json_decref(told);
    return true;
}

static bool put_profile(struct drawing *d, const char *task, const struct layer_line *lines, size_t n,
                        struct error *err) {
    struct svg_series series[SVG_SERIES];
    char *title = arena_printf(&d->data->arena, err, "rho by layer, %s", report_task_title(task));
    if (!title) return false;
    for (size_t r = 0; r < n; r++)
        series[r] = (struct svg_series){.name = text_of(d->data->runs[r].name), .kind = SVG_LINE_DOTS,
                                        .x = lines[r].x, .y = lines[r].y, .n = lines[r].n};
    struct svg_plot plot = {.title = text_of(title), .x_title = TEXT("layer, 0 the embedding"), .y_title = TEXT("rho"),
                            .series = series, .n_series = n};
    return pictures_put(d, &plot, title, err);
}

static bool put_texts(struct drawing *d, const char *task, size_t run, const struct layer_line *line,
                      struct error *err) {
    static const struct text names[] = {TEXT("safe"), TEXT("unsafe")};
    struct svg_series series[2];
    char *title = arena_printf(&d->data->arena, err, "Texts of %s as %s holds them, in the plane of most spread",
                               report_task_title(task), d->data->runs[run].name);
    if (!title) return false;
    for (size_t k = 0; k < 2; k++)
        series[k] = (struct svg_series){.name = names[k], .kind = SVG_DOTS, .x = line->px[k], .y = line->py[k],
                                        .n = line->n_texts[k]};
    struct svg_plot plot = {.title = text_of(title), .x_title = TEXT("first principal component"),
                            .y_title = TEXT("second"), .series = series, .n_series = 2};
    return pictures_put(d, &plot, title, err);
}

bool picture_layers(struct drawing *d, const char *task, struct error *err) {
    struct report_data *data = d->data;
    const struct report_task *t = report_task_find(&data->runs[0], task);
    size_t n = data->n_runs < SVG_SERIES ? data->n_runs : SVG_SERIES;
    if (!t || !t->scorer || strcmp(t->scorer, "aqi") != 0) return true;
    struct layer_line *lines = memory_zeroed(n, sizeof *lines);
    bool ok = lines || error_memory(err, "pictures"), many = false;
    for (size_t r = 0; ok && r < n; r++) {
        ok = record_rows(data->record, data->runs[r].id, text_of(task), "aqi", 0, take_row, &lines[r], err);
        many |= lines[r].n > 1;
    }
    ok = ok && (!many || put_profile(d, task, lines, n, err));
    for (size_t r = 0; ok && r < n && r < RUNS; r++)
        if (lines[r].n_texts[0] && lines[r].n_texts[1]) ok = put_texts(d, task, r, &lines[r], err);
    memory_free(lines);
    return ok;
}
