/* Scores of driving scenes (measure/drive/drive_score.h): style-aware SM-PDMS, or PDMS. Of files of scenes the means of
 * all terms, over all scenes and by style; a mean of scores, never a score of means. Of one answer, eight poses as
 * JSON, the scene is its item. */
#include "measure/score/scorer_internal.h"

#include "measure/dataset/dataset.h"
#include "measure/drive/drive_score.h"
#include "measure/statistics/statistics.h"
#include "record/figure.h"

#include <math.h>
#include <string.h>

enum { FORM, TTC, WHO, SHIFT, STYLE, SHIFTS, N_OPTIONS };
enum { STYLES = 3, SCENES_MOST = 1000000 };
static const struct option_def driving_options[] = {
    {"form", OPTION_CHOICE, "sm", 1, 0, "sm|pdm", "sm: a person's progress and bounds of the style; pdm: style-free"},
    {"ttc", OPTION_CHOICE, "released", 1, 0, "released|fine", "meetings are looked for each 0.3 s, or each 0.1 s"},
    {"who", OPTION_CHOICE, "prediction", 1, 0, "prediction|human", "whose plan is driven"},
    {"shift", OPTION_REAL, "0", -1000, 1000, NULL, "metres taken from its progress"},
    {"style", OPTION_CHOICE, "scene", 1, 0, "scene|A|N|C", "judged by the bounds of the scene's style, or of this one"},
    {"shifts", OPTION_FLAG, "no", 1, 0, NULL,
     "an answer {plan, shift} says itself how many metres are taken from its progress: for known answers only"},
};

static struct drive_score_settings settings_of(const struct option_value *o) {
    return (struct drive_score_settings){
        .subject = text_equal_c(o[WHO].text, "human") ? DRIVE_HUMAN : DRIVE_PREDICTION,
        .shift = o[SHIFT].real,
        .plain = text_equal_c(o[FORM].text, "pdm"),
        .fine = text_equal_c(o[TTC].text, "fine"),
        .style = text_equal_c(o[STYLE].text, "scene") ? 0 : o[STYLE].text.at[0],
    };
}

/* ---- terms ---- */

enum { TERMS = 10 };
static const struct {
    const char *name, *unit, *direction;
} terms[TERMS] = {{"score", "share", "up"},    {"no_collision", "share", "up"}, {"on_road", "share", "up"},
                  {"progress", "share", "up"}, {"in_time", "share", "up"},      {"comfort", "share", "up"},
                  {"l2_2s", "m", "down"},      {"l2_3s", "m", "down"},          {"l2_4s", "m", "down"},
                  {"l2", "m", "down"}};

static void values_of(const struct drive_result *r, double out[TERMS]) {
    const double all[TERMS] = {r->score,   r->nc,    r->dac,   r->ep,    r->ttc,
                               r->comfort, r->l2[0], r->l2[1], r->l2[2], r->l2_mean};
    memcpy(out, all, sizeof all);
}

/* ---- files ---- */

struct drives {
    const struct score_whole *in;
    struct arena *arena, scene;
    double *value[TERMS]; /* [capacity] */
    char *style;
    size_t n, capacity, bad;
    struct figure *figures;
    size_t n_figures;
    struct error *err;
};

static bool grow(struct drives *d) {
    size_t more = d->capacity ? 2 * d->capacity : 256;
    if (d->n < d->capacity) return true;
    if (more > SCENES_MOST) return error_set(d->err, ERROR_DATA, "more than %d scenes", SCENES_MOST);
    for (size_t t = 0; t < TERMS; t++) {
        double *at = memory_grow(d->value[t], more, sizeof *at);
        if (!at) return error_memory(d->err, "scenes");
        d->value[t] = at;
    }
    char *style = memory_grow(d->style, more, 1);
    if (!style) return error_memory(d->err, "scenes");
    d->style = style;
    d->capacity = more;
    return true;
}

static bool take(struct drives *d, const json_t *row, struct json_place place) {
    const struct drive_score_settings settings = settings_of(d->in->options);
    struct drive_scene scene;
    struct drive_result result;
    double values[TERMS];
    arena_reset(&d->scene);
    if (!drive_scene_read(row, place, &d->scene, &scene, d->err)) return false;
    if (!drive_score(&scene, &settings, &result, d->err)) return error_wrap(d->err, "%s:%zu", place.file, place.line);
    if (!grow(d)) return false;
    values_of(&result, values);
    for (size_t t = 0; t < TERMS; t++) d->value[t][d->n] = values[t];
    d->style[d->n++] = scene.style;
    return true;
}

static bool read_path(struct drives *d, const char *path) {
    const struct dataset_kwargs kwargs = {.format = DATASET_JSONL};
    struct dataset *data = dataset_open(path, path, &kwargs, d->err);
    bool ok = data != NULL;
    for (int state = 1; ok && state;) {
        json_t *row = NULL;
        size_t line;
        state = dataset_next(data, &row, &line, d->err);
        ok = state == 0 || (state == 1 && take(d, row, (struct json_place){path, line, ""}));
        json_decref(row);
        if (ok || !d->in->lenient || d->err->kind != ERROR_DATA) continue;
        error_clear(d->err);
        d->bad++;
        ok = true;
    }
    dataset_close(data);
    return ok;
}

/* Means over the scenes of a style; 0: all. */
static bool put_means(struct drives *d, char style, const char *group, const char *method) {
    double *chosen = arena_new(d->arena, double, d->n + 1, d->err);
    if (!chosen) return false;
    for (size_t t = 0; t < TERMS; t++) {
        size_t n = 0;
        for (size_t i = 0; i < d->n; i++)
            if (!style || d->style[i] == style) chosen[n++] = d->value[t][i];
        if (!n) return true;
        struct interval mean = stat_mean_t(chosen, n, d->in->confidence);
        struct figure *f = &d->figures[d->n_figures++];
        *f = figure_new(terms[t].name, group, mean.estimate, n);
        figure_set_interval(f, mean.estimate, mean.lo, mean.hi, method);
        f->unit = terms[t].unit, f->direction = terms[t].direction, f->errors = style ? 0 : d->bad,
        f->scorer = "sm-pdms";
    }
    return true;
}

static bool whole_driving(const struct score_whole *in, struct arena *arena, struct figure **figures, size_t *n,
                          struct error *err) {
    static const char *const groups[STYLES] = {"style=A", "style=N", "style=C"};
    struct drives d = {.in = in, .arena = arena, .err = err};
    arena_init(&d.scene, (size_t)64 << 20);
    d.figures = arena_new(arena, struct figure, (STYLES + 1) * TERMS, err);
    const char *method =
        arena_printf(arena, err, "student-t,form=%.*s,ttc=%.*s,who=%.*s", TEXT_ARG(in->options[FORM].text),
                     TEXT_ARG(in->options[TTC].text), TEXT_ARG(in->options[WHO].text));
    bool ok = d.figures && method;
    for (size_t i = 0; ok && i < in->n_paths; i++) ok = read_path(&d, in->paths[i]);
    if (ok && !d.n) ok = error_set(err, ERROR_DATA, "%s: no scene can be scored", in->paths[0]);
    ok = ok && put_means(&d, 0, "", method);
    for (size_t s = 0; ok && s < STYLES; s++) ok = put_means(&d, "ANC"[s], groups[s], method);
    for (size_t t = 0; t < TERMS; t++) memory_free(d.value[t]);
    memory_free(d.style);
    arena_done(&d.scene);
    *figures = d.figures;
    *n = d.n_figures;
    return ok;
}

/* ---- one answer ---- */

/* Eight poses; with shifts=yes also {"plan": poses, "shift": metres}. */
static bool read_plan(struct text said, const struct option_value *options, struct drive_scene *scene,
                      struct drive_score_settings *settings) {
    struct error why = {0};
    json_t *answer = json_read(said, "the answer", 1, &why);
    const json_t *plan = answer, *shift = json_object_get(answer, "shift");
    if (options[SHIFTS].flag && json_is_object(answer)) {
        plan = json_object_get(answer, "plan");
        if (json_is_number(shift)) settings->shift += json_number_value(shift);
    }
    bool read = plan && drive_plan_read(plan, scene->ego.pose, scene->prediction);
    json_decref(answer);
    return read;
}

static bool score_driving(const struct task *task, const struct option_value *options, const struct item *item,
                          const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct drive_score_settings settings = settings_of(options);
    struct drive_scene scene;
    struct drive_result result;
    double values[TERMS];
    (void)task;
    if (!drive_scene_read(item->row, (struct json_place){"the item", 1, ""}, arena, &scene, err)) return false;
    bool read = read_plan(answer->text, options, &scene, &settings);
    if (settings.subject == DRIVE_PREDICTION && !read) return score_unread(out);
    scene.predicted = true;
    if (!drive_score(&scene, &settings, &result, err)) return false;
    values_of(&result, values);
    out->value = result.score;
    out->label = TEXT("driven");
    for (size_t t = 1; t < TERMS; t++)
        if (!score_part(out, terms[t].name, values[t], err)) return false;
    return true;
}

const struct scorer scorer_sm_pdms = {
    .name = "sm-pdms",
    .version = "1",
    .summary = "of driving scenes: style-aware driving score, its terms, and the distance to a person's plan",
    .options = driving_options,
    .n_options = N_OPTIONS,
    .whole = whole_driving,
    .group = "style",
    .shown_by = "calibrate styledrive",
    .score = score_driving,
};
