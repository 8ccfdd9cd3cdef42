/* Reference materials on the command line: see calibrate_materials.h. */
#include "cli/calibrate_materials.h"
#include "cli/commands.h"

#include "base/file.h"
#include "base/progress.h"

#include <string.h>

enum { FILE_BYTES = 4 << 20 };

bool calibrate_materials_claim(const char *word) {
    struct text t = text_of(word);
    /* Parts of their own: worked answers, no planted fault. */
    if (text_equal_c(t, "metric/calibration") || text_equal_c(t, "metric/area")) return false;
    return text_equal_c(t, "material") || text_equal_c(t, "metric") || text_starts(t, TEXT("material/")) ||
           text_starts(t, TEXT("metric/"));
}

/* ---- which ones ---- */

static bool add(struct calibrate_materials *m, struct material *material, struct error *err) {
    if (!material) return false;
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(material_name(m->all[i]), material_name(material)) == 0) return material_free(material), true;
    if (m->n == CALIBRATE_MATERIALS_MOST) {
        material_free(material);
        return error_set(err, ERROR_USAGE, "more than %d reference materials", CALIBRATE_MATERIALS_MOST);
    }
    m->all[m->n++] = material;
    return true;
}

static struct material *parse(const struct material_file *file, struct error *err) {
    char shown[128];
    snprintf(shown, sizeof shown, "built-in:materials/%s", file->name);
    return material_parse(file->source, shown, err);
}

static bool no_material(const char *name, const struct material_file *files, size_t n, struct error *err) {
    const char *names[CALIBRATE_MATERIALS_MOST];
    size_t known = 0;
    while (known < n && known < CALIBRATE_MATERIALS_MOST) names[known] = files[known].name, known++;
    const char *near = text_nearest(text_of(name), names, known);
    return error_set(err, ERROR_USAGE, "no reference material '%s'%s%s%s; `basanite methods material` lists them", name,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool add_named(struct calibrate_materials *m, const char *name, const struct material_file *files, size_t n,
                      struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (!name || strcmp(files[i].name, name) == 0) {
            if (!add(m, parse(&files[i], err), err)) return false;
            if (name) return true;
        }
    return !name || no_material(name, files, n, err);
}

static bool no_metric(const char *name, struct error *err) {
    const struct metric *const *all;
    const char *names[256];
    size_t n = metrics(&all);
    for (size_t i = 0; i < n && i < 256; i++) names[i] = all[i]->name;
    const char *near = text_nearest(text_of(name), names, n < 256 ? n : 256);
    return error_set(err, ERROR_USAGE, "no metric '%s'%s%s%s; `basanite methods metric` lists them", name,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* All materials that hold the metric. */
static bool add_metric(struct calibrate_materials *m, const char *name, const struct material_file *files, size_t n,
                       struct error *err) {
    bool found = false;
    if (!metric_find(text_of(name))) return no_metric(name, err);
    for (size_t i = 0; i < n; i++) {
        struct material *material = parse(&files[i], err);
        if (!material) return false;
        bool holds = material_has_metric(material, name);
        if (!holds) material_free(material);
        if (holds && !add(m, material, err)) return false;
        found |= holds;
    }
    if (!found && m->n_unknown < CALIBRATE_MATERIALS_MOST) m->unknown[m->n_unknown++] = name;
    return true;
}

/* The metrics that none of the materials holds. */
static void list_unknown(struct calibrate_materials *m) {
    const struct metric *const *all;
    size_t n = metrics(&all);
    m->n_unknown = 0;
    for (size_t i = 0; i < n && m->n_unknown < CALIBRATE_MATERIALS_MOST; i++) {
        bool found = false;
        for (size_t k = 0; k < m->n && !found; k++) found = material_has_metric(m->all[k], all[i]->name);
        if (!found) m->unknown[m->n_unknown++] = all[i]->name;
    }
}

static bool add_file(struct calibrate_materials *m, struct arguments *args, const char *path, struct error *err) {
    struct text source;
    return file_read(args->arena, path, FILE_BYTES, &source, err) && add(m, material_parse(source, path, err), err);
}

bool calibrate_materials_open(struct calibrate_materials *m, struct arguments *args, bool all, struct error *err) {
    const char **paths;
    size_t n, n_paths = args_texts(args, "material", &paths);
    *m = (struct calibrate_materials){0};
    const struct material_file *files = material_files(args->arena, &n, err);
    bool ok = files != NULL, whole = all;
    for (size_t i = 0; ok && i < n_paths; i++) ok = add_file(m, args, paths[i], err);
    for (size_t w = 0; ok && w < args->n_words; w++) {
        struct text word = text_of(args->words[w]);
        if (text_starts(word, TEXT("material/")))
            ok = add_named(m, args->words[w] + 9, files, n, err);
        else if (text_starts(word, TEXT("metric/")) && calibrate_materials_claim(args->words[w]))
            ok = add_metric(m, args->words[w] + 7, files, n, err);
        else
            whole |= calibrate_materials_claim(args->words[w]);
    }
    ok = ok && (!whole || add_named(m, NULL, files, n, err));
    if (ok && whole) list_unknown(m);
    if (!ok) calibrate_materials_close(m);
    return ok;
}

void calibrate_materials_close(struct calibrate_materials *m) {
    for (size_t i = 0; i < m->n; i++) material_free(m->all[i]);
    m->n = 0;
}

/* ---- running and writing ---- */

static bool settings_of(struct arguments *args, struct pool *pool, struct material_settings *s, struct error *err) {
    *s = (struct material_settings){
        .path = common_path(args, err),
        .seed = args_count(args, "seed", 1),
        .repeat = args_count(args, "repeat", 0),
        .confidence = args_real(args, "confidence", 0.95),
        .bootstrap = args_count(args, "bootstrap", 1000),
        .pool = pool,
        .stop = args->stop,
    };
    if (s->path && s->repeat > 100000) return error_set(err, ERROR_USAGE, "--repeat: at most 100000 repetitions");
    return s->path != NULL;
}

/* Rows on their way to the table, counted for the progress line. */
struct counter {
    struct calibrate_printer *printer;
    struct progress progress;
    uint64_t rows;
};

static void count_row(void *context, const struct material_row *row) {
    struct counter *c = context;
    calibrate_print_material(c->printer, row);
    progress_at(&c->progress, ++c->rows, row->dose);
}

static bool run_one(const struct material *material, struct calibrate_printer *p,
                    const struct material_settings *settings, struct error *err) {
    struct counter c = {.printer = p};
    const char *heading =
        arena_printf(p->args->arena, err, "material/%s: %s", material_name(material), material_title(material));
    if (!heading || !calibrate_print_begin_material(p, heading, err)) return false;
    progress_init(&c.progress, material_name(material), material_n_rows(material), args_on(p->args, "quiet"));
    progress_at(&c.progress, 0, "");
    bool ok = material_run(material, settings, count_row, &c, err);
    progress_end(&c.progress);
    return ok && calibrate_print_end(p, err);
}

static bool print_unknown(const struct calibrate_materials *m, struct calibrate_printer *p, struct error *err) {
    if (m->n_unknown == 0) return true;
    if (!calibrate_print_begin(p, "metrics", err)) return false;
    for (size_t i = 0; i < m->n_unknown; i++)
        calibrate_print_row(p, &(struct calibrate_row){m->unknown[i], "", "", 0, CALIBRATE_SKIPPED, "no material yet"});
    return calibrate_print_end(p, err);
}

bool calibrate_materials_run(const struct calibrate_materials *m, struct calibrate_printer *p, struct pool *pool,
                             struct error *err) {
    struct material_settings settings;
    if (m->n && !settings_of(p->args, pool, &settings, err)) return false;
    for (size_t i = 0; i < m->n; i++)
        if (!run_one(m->all[i], p, &settings, err)) return false;
    return print_unknown(m, p, err);
}

bool calibrate_materials_make(const struct calibrate_materials *m, struct arguments *args, const char *folder,
                              struct error *err) {
    struct material_settings settings;
    if (m->n != 1)
        return error_set(err, ERROR_USAGE, "--make writes one reference material: name it (material/NAME, --material)");
    if (!settings_of(args, NULL, &settings, err) || !material_make(m->all[0], &settings, folder, err)) return false;
    fprintf(args->out, "%s/dose-1 ...: rows, task, subject, and truth.json, which says what must be found\n", folder);
    return true;
}
