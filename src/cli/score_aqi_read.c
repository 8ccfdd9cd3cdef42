/* Reading sets: see score_aqi_read.h. Labels come first, all of them, then what belongs to them. */
#include "cli/score_aqi_read.h"

#include "measure/dataset/dataset.h"

#include <math.h>
#include <string.h>

enum { BATCH = 64 };

void aqi_set_close(struct aqi_set *set) {
    if (set->owns_sums) layers_free(set->source.sums);
    if (set->activations.values) activation_in_close(&set->activations);
    aqi_look_close(set->look);
    memory_free(set->points);
    memory_free(set->values);
    aqi_texts_done(&set->texts);
    *set = (struct aqi_set){0};
}

/* Blocks and samples; kept: which of the rows stay, owned by the caller. */
static bool *settle(struct aqi_set *set, const struct aqi_settings *settings, size_t *before, struct error *err) {
    *before = set->texts.n;
    bool *kept = memory_zeroed(set->texts.n + 1, 1);
    if (!kept) return error_memory(err, "texts"), NULL;
    if (aqi_texts_end(&set->texts, settings->seed, settings->most_texts, kept, err)) return kept;
    memory_free(kept);
    return NULL;
}

/* ---- activations ---- */

/* Lines of texts that could not be looked at have an error and no row. */
static bool read_sidecar(struct aqi_set *set, const char *path, struct arena *arena, struct error *err) {
    const char *beside = arena_printf(arena, err, "%s.jsonl", path);
    struct jsonl *lines = beside ? jsonl_open(beside, (size_t)64 << 20, err) : NULL;
    json_t *row;
    size_t line;
    int state = lines ? 1 : -1;
    while (state == 1 && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        struct json_place place = {beside, line, ""};
        int64_t rows = 1;
        bool failed = json_object_get(row, "error") != NULL;
        if (!failed && (!json_get_i64(row, "rows", place, &rows, err) ||
                        !aqi_texts_add(&set->texts, row, place, 0, err)))
            state = -1;
        else if (!failed && rows != 1)
            state = error_set(err, ERROR_DATA, "%s:%zu: a row for each position; the index needs one a text: "
                              "--pool mean, first or last", beside, line) - 1;
        json_decref(row);
    }
    jsonl_close(lines);
    if (state != 0) return false;
    if (set->texts.n == set->activations.header.n) return true;
    return error_set(err, ERROR_DATA, "'%s' has %zu rows, '%s' lines for %zu", path,
                     (size_t)set->activations.header.n, beside, set->texts.n);
}

/* Copies the rows of a sample together. */
static bool take_sample(struct aqi_set *set, const bool *kept, size_t before, struct error *err) {
    size_t size = set->source.layers * set->source.width, n = 0;
    if (before == set->texts.n) return true;
    if (!(set->values = memory_zeroed(set->texts.n, size * sizeof(float)))) return error_memory(err, "activations");
    for (size_t i = 0; i < before; i++)
        if (kept[i]) memcpy(set->values + n++ * size, set->source.values + i * size, size * sizeof(float));
    set->source.values = set->values;
    return true;
}

static bool read_activations(struct aqi_reading *r, const char *path, const struct aqi_settings *settings,
                             struct aqi_set *set, struct error *err) {
    const struct activation_header *h = &set->activations.header;
    size_t before;
    if (!activation_in_open(&set->activations, path, err)) return false;
    if (h->layers > AQI_LAYERS_MOST) return error_set(err, ERROR_DATA, "more than %d layers", AQI_LAYERS_MOST);
    if (!read_sidecar(set, path, r->args->arena, err)) return false;
    bool *kept = settle(set, settings, &before, err);
    if (!kept) return false;
    set->source = (struct aqi_source){.n = set->texts.n, .layers = h->layers, .width = h->width,
                                      .left_out = before - set->texts.n, .values = set->activations.values};
    for (size_t l = 0; l < h->layers; l++) set->source.which[l] = h->which[l];
    set->owns_sums = true;
    bool ok = take_sample(set, kept, before, err) && aqi_sums(&set->source, &set->texts, err);
    memory_free(kept);
    return ok;
}

/* ---- rows ---- */

static bool number_of(const json_t *value, double *out) {
    if (json_is_number(value)) return *out = json_number_value(value), true;
    return json_is_string(value) && text_to_f64(text_trim(json_text(value)), out);
}

/* Names of coordinates: columns that are no labels and whose first value is a number; owned by the arena. */
static bool find_coordinates(const json_t *row, struct arena *arena, const char ***names, size_t *n,
                             struct error *err) {
    const char *key;
    json_t *value;
    double number;
    *n = 0;
    if (!(*names = arena_new(arena, const char *, json_object_size(row) + 1, err))) return false;
    json_object_foreach((json_t *)row, key, value) {
        if (aqi_is_column(text_of(key)) || !number_of(value, &number)) continue;
        if (!((*names)[(*n)++] = arena_copy(arena, key, strlen(key), err))) return false;
    }
    return true;
}

struct point_rows {
    const char **names;
    size_t n, capacity;
    double *x;
};

static bool add_point(struct point_rows *p, const json_t *row, size_t at, struct json_place place, struct error *err) {
    if (at == p->capacity) {
        size_t capacity = p->capacity ? 2 * p->capacity : 256;
        double *x = memory_grow(p->x, capacity, p->n * sizeof *x);
        if (!x) return error_memory(err, "points");
        p->x = x;
        p->capacity = capacity;
    }
    for (size_t c = 0; c < p->n; c++)
        if (!number_of(json_object_get(row, p->names[c]), &p->x[at * p->n + c]))
            return error_set(err, ERROR_DATA, "%s:%zu: column '%s': expected a number; all points have %zu coordinates",
                             place.file, place.line, p->names[c], p->n);
    return true;
}

/* A column of numbers that the first row has not makes points of different width. */
static bool same_width(const struct point_rows *p, const json_t *row, struct json_place place, struct arena *arena,
                       struct error *err) {
    const char **names;
    size_t n;
    if (!find_coordinates(row, arena, &names, &n, err)) return false;
    return n <= p->n || error_set(err, ERROR_DATA, "%s:%zu: %zu coordinates, those before have %zu", place.file,
                                  place.line, n, p->n);
}

static bool settle_points(struct aqi_set *set, struct point_rows *p, const struct aqi_settings *settings,
                          struct error *err) {
    size_t before, n = 0;
    bool *kept = settle(set, settings, &before, err);
    if (!kept) return false;
    for (size_t i = 0; i < before; i++)
        if (kept[i]) memmove(p->x + n++ * p->n, p->x + i * p->n, p->n * sizeof *p->x);
    memory_free(kept);
    set->points = p->x;
    set->source = (struct aqi_source){.n = n, .layers = 1, .width = p->n, .left_out = before - n, .points = p->x};
    return true;
}

static bool look_at(struct aqi_reading *r, struct aqi_set *set, const struct aqi_settings *settings,
                    struct error *err) {
    struct ask asks[BATCH];
    if (!r->subject && !(r->subject = common_subject(r->args, err))) return false;
    if (!(set->look = aqi_look_open(r->subject, &set->texts, settings->indices, err))) return false;
    for (size_t i = 0; i < set->texts.n;) {
        size_t n = 0;
        for (; n < BATCH && i < set->texts.n; n++, i++) {
            struct text text = set->texts.at[i].text;
            asks[n] = (struct ask){.id = set->texts.at[i].id, .kind = ASK_SCORE, .samples = 1, .prompt = text,
                                   .cut = settings->cut};
        }
        if (!aqi_look_add(set->look, asks, n, err)) return false;
    }
    return aqi_look_end(set->look, &set->source, err);
}

static bool settle_texts(struct aqi_reading *r, struct aqi_set *set, const struct aqi_settings *settings,
                         struct error *err) {
    size_t before;
    bool *kept = settle(set, settings, &before, err);
    memory_free(kept);
    if (!kept || !look_at(r, set, settings, err)) return false;
    set->source.left_out = before - set->texts.n;
    return true;
}

static bool read_rows(struct aqi_reading *r, const char *path, const struct aqi_settings *settings,
                      struct aqi_set *set, struct error *err) {
    const struct dataset_kwargs kwargs = {.header = true};
    struct dataset *data = dataset_open(path, path, &kwargs, err);
    struct point_rows points = {0};
    struct arena arena;
    json_t *row;
    size_t line;
    int state = data ? 1 : -1;
    arena_init(&arena, (size_t)1 << 30);
    while (state == 1 && (state = dataset_next(data, &row, &line, err)) == 1) {
        struct json_place place = {path, line, ""};
        bool ok = set->texts.n || find_coordinates(row, r->args->arena, &points.names, &points.n, err);
        ok = ok && (!points.n || (same_width(&points, row, place, &arena, err) &&
                                  add_point(&points, row, set->texts.n, place, err))) &&
             aqi_texts_add(&set->texts, row, place, points.n ? 0 : AQI_WITH_TEXT, err);
        json_decref(row);
        arena_reset(&arena);
        if (!ok) state = -1;
    }
    dataset_close(data);
    arena_done(&arena);
    bool ok = state == 0 &&
              (points.n ? settle_points(set, &points, settings, err) : settle_texts(r, set, settings, err));
    if (!set->points) memory_free(points.x);
    return ok;
}

bool aqi_set_read(struct aqi_reading *reading, const char *path, const struct aqi_settings *settings,
                  struct aqi_set *out, struct error *err) {
    *out = (struct aqi_set){0};
    aqi_texts_init(&out->texts);
    if (text_ends(text_of(path), TEXT(".act"))) return read_activations(reading, path, settings, out, err);
    return read_rows(reading, path, settings, out, err);
}
