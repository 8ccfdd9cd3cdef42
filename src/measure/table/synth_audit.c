/* See synth_audit.h. Candidates are measured one after the other, each on an arena of its own. */
#include "measure/table/synth_audit.h"

#include "base/file.h"
#include "base/file_list.h"
#include "measure/table/synth_anchor.h"

#include <math.h>
#include <string.h>

enum { LINE_MOST = 1 << 20, CANDIDATES_MOST = SYNTH_CANDIDATES_MOST, ROWS_LEAST = 100 };
static const size_t CASE_BYTES = (size_t)8 << 30;

/* What is gathered before anything is measured. */
struct audit_work {
    const struct synth_audit_settings *s;
    struct arena *arena;
    struct synth_audit *out;
    struct synth_schema schema;
    struct synth_real real;
};

static bool add_file(struct audit_work *w, const char *path, const char **sha256, struct error *err) {
    struct synth_file *f = &w->out->file[w->out->n_files];
    f->path = path;
    if (!sha256_file(path, f->sha256, err)) return false;
    *sha256 = f->sha256;
    w->out->n_files++;
    return true;
}

static bool add_schema(struct audit_work *w, struct error *err) {
    struct synth_file *f = &w->out->file[w->out->n_files++];
    struct text bytes;
    f->path = w->s->schema;
    if (!synth_schema_text(f->path, w->arena, &bytes, err)) return false;
    sha256_hex(bytes.at, bytes.len, f->sha256);
    return true;
}

/* ---- candidates ---- */

static const char *name_of(const char *path, struct arena *arena, struct error *err) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    return arena_copy(arena, base, dot && dot > base ? (size_t)(dot - base) : strlen(base), err);
}

static bool add_candidate(struct audit_work *w, struct trust_candidate c, struct error *err) {
    struct trust_cohort *cohort = &w->out->cohort;
    const char *told = c.sha256;
    if (cohort->n == CANDIDATES_MOST) return error_set(err, ERROR_DATA, "more than %d candidates", CANDIDATES_MOST);
    for (size_t i = 0; i < cohort->n; i++)
        if (strcmp(cohort->candidate[i].id, c.id) == 0)
            return error_set(err, ERROR_DATA, "two candidates are called '%s': %s and %s", c.id,
                             cohort->candidate[i].file, c.file);
    if (!add_file(w, c.file, &c.sha256, err)) return false;
    if (told && strcmp(told, c.sha256) != 0)
        return error_set(err, ERROR_DATA,
                         "%s: changed since its record was written: sha256 %s, the record of '%s' says "
                         "%s",
                         c.file, c.sha256, c.id, told);
    cohort->candidate[cohort->n++] = c;
    return true;
}

static bool count_of(const json_t *row, const char *key, struct json_place at, uint64_t *out, struct error *err) {
    int64_t x = 0;
    const json_t *value = json_object_get(row, key);
    *out = 0;
    if (!value || json_is_null(value)) return true;
    if (!json_get_i64(row, key, at, &x, err)) return false;
    *out = (uint64_t)x;
    return x >= 0 || error_set(err, ERROR_DATA, "%s:%zu: field '%s': expected 0 or more", at.file, at.line, key);
}

static bool text_of_key(const json_t *row, const char *key, struct json_place at, bool needed, struct arena *arena,
                        const char **out, struct error *err) {
    struct text t;
    *out = NULL;
    if (!needed && !json_object_get(row, key)) return true;
    return json_get_text(row, key, at, &t, err) && (*out = text_copy(arena, t, err));
}

static bool add_record(struct audit_work *w, const json_t *row, struct json_place at, struct error *err) {
    struct trust_candidate c = {.epsilon = NAN};
    const char *file;
    const json_t *epsilon = json_object_get(row, "epsilon");
    if (!json_is_object(row))
        return error_set(err, ERROR_DATA, "%s:%zu: expected an object {id, generator, file}", at.file, at.line);
    if (!text_of_key(row, "id", at, true, w->arena, &c.id, err) ||
        !text_of_key(row, "generator", at, true, w->arena, &c.generator, err) ||
        !text_of_key(row, "file", at, true, w->arena, &file, err) ||
        !text_of_key(row, "sha256", at, false, w->arena, &c.sha256, err) || !count_of(row, "seed", at, &c.seed, err) ||
        !count_of(row, "fold", at, &c.fold, err) || !count_of(row, "step", at, &c.step, err))
        return false;
    if (epsilon && !json_is_null(epsilon) && !json_get_f64(row, "epsilon", at, &c.epsilon, err)) return false;
    if (c.fold >= SYNTH_FOLDS)
        return error_set(err, ERROR_DATA, "%s:%zu: field 'fold': expected 0 to %d", at.file, at.line, SYNTH_FOLDS - 1);
    c.file = file[0] == '/' ? file : file_beside(w->arena, at.file, file, err);
    if (!c.file || !add_candidate(w, c, err)) return error_wrap(err, "%s:%zu", at.file, at.line);
    return true;
}

static bool add_records(struct audit_work *w, const char *path, struct error *err) {
    json_t *row;
    size_t line;
    int got;
    struct jsonl *lines = jsonl_open(path, LINE_MOST, err);
    if (!lines) return false;
    while ((got = jsonl_next(lines, &row, &line, err)) == 1) {
        bool ok = add_record(w, row, (struct json_place){path, line, ""}, err);
        json_decref(row);
        if (!ok) {
            got = -1;
            break;
        }
    }
    jsonl_close(lines);
    return got == 0;
}

static bool ends_in(const char *path, const char *ending) {
    size_t len = strlen(path), n = strlen(ending);
    return len > n && strcmp(path + len - n, ending) == 0;
}

static bool is_table(void *context, const char *path) {
    (void)context;
    return ends_in(path, ".csv") || ends_in(path, ".tsv");
}

/* A table, or those of a folder. */
static bool add_tables(struct audit_work *w, const char *path, struct error *err) {
    struct file_list list = {0};
    if (!file_list_add(&list, path, is_table, NULL, w->arena, err)) return false;
    if (list.n == 0) return error_set(err, ERROR_DATA, "%s: no .csv or .tsv file in this folder", path);
    for (size_t i = 0; i < list.n; i++) {
        struct trust_candidate c = {.file = list.paths[i], .epsilon = NAN};
        if (!(c.id = name_of(c.file, w->arena, err))) return false;
        c.generator = c.id;
        if (!add_candidate(w, c, err)) return false;
    }
    return true;
}

static bool add_candidates(struct audit_work *w, struct error *err) {
    for (size_t i = 0; i < w->s->n_candidates; i++) {
        const char *path = w->s->candidates[i], *sha256;
        bool records = ends_in(path, ".jsonl");
        if (!(records ? add_file(w, path, &sha256, err) && add_records(w, path, err) : add_tables(w, path, err)))
            return false;
    }
    return true;
}

static bool has_fold(const struct trust_cohort *c, size_t n, uint64_t fold) {
    for (size_t i = 0; i < n; i++)
        if (c->candidate[i].fold == fold) return true;
    return false;
}

/* Four in each fold that has a candidate; in fold 0 where none has. */
static bool add_anchors(struct audit_work *w, struct error *err) {
    struct trust_cohort *c = &w->out->cohort;
    size_t n = c->n;
    for (uint64_t fold = 0; fold < SYNTH_FOLDS; fold++) {
        if (!(n == 0 && fold == 0) && !has_fold(c, n, fold)) continue;
        for (size_t a = 0; a < SYNTH_ANCHORS; a++) {
            const char *id =
                fold ? arena_printf(w->arena, err, "%s-f%u", synth_anchors[a], (unsigned)fold) : synth_anchors[a];
            if (!id) return false;
            for (size_t i = 0; i < n; i++)
                if (strcmp(c->candidate[i].id, id) == 0 || strcmp(c->candidate[i].generator, synth_anchors[a]) == 0)
                    return error_set(err, ERROR_DATA, "'%s' is the name of an anchor: call the candidate otherwise",
                                     c->candidate[i].id);
            c->candidate[c->n++] = (struct trust_candidate){
                .id = id, .generator = synth_anchors[a], .fold = fold, .epsilon = NAN, .anchor = true};
        }
    }
    return true;
}

/* ---- measuring ---- */

static void tell(const struct synth_audit_settings *s, const char *what) {
    if (s->progress) s->progress(s->context, what);
}

static bool measure_one(struct audit_work *w, const struct synth_fold *fold, struct synth_model *real, size_t i,
                        struct error *err) {
    const struct synth_audit_settings *s = w->s;
    const struct trust_candidate *c = &w->out->cohort.candidate[i];
    struct synth_table table;
    struct synth_case one;
    struct arena arena;
    size_t anchor = 0;
    arena_init(&arena, CASE_BYTES);
    while (c->anchor && strcmp(synth_anchors[anchor], c->generator) != 0) anchor++;
    bool ok = c->anchor ? synth_anchor_make(fold, anchor, s->seed, &arena, &table, err)
                        : synth_read(&w->schema, w->real.levels, c->file, &arena, &table, err);
    tell(s, c->id);
    if (ok && !c->anchor && table.rows < ROWS_LEAST)
        ok = error_set(err, ERROR_DATA, "%s: %zu rows are too few: expected %d", c->file, table.rows, ROWS_LEAST);
    ok = ok && synth_case_new(fold, &table, real, s->pool, s->seed, s->confidence, &arena, &one, err) &&
         synth_models_train(&one, err) && synth_measure(&one, w->out->cohort.raw + i * w->out->cohort.k, err);
    if (ok) w->out->rows[i] = table.rows;
    arena_done(&arena);
    return ok;
}

/* The learners of the training rows themselves, beside which those of candidates are shown. */
static bool train_real(const struct audit_work *w, const struct synth_fold *fold, struct arena *arena,
                       struct synth_case *out, struct error *err) {
    *out = (struct synth_case){.fold = fold,
                               .pool = w->s->pool,
                               .arena = arena,
                               .seed = w->s->seed,
                               .confidence = w->s->confidence,
                               .table = fold->train};
    return synth_models_train(out, err);
}

static bool measure_fold(struct audit_work *w, uint64_t number, struct error *err) {
    struct synth_fold fold;
    struct synth_case real;
    struct arena arena;
    arena_init(&arena, CASE_BYTES);
    bool ok = synth_fold_new(&w->real, number, w->s->pool, &arena, &fold, err);
    tell(w->s, "training rows");
    ok = ok && train_real(w, &fold, &arena, &real, err);
    if (ok && !w->out->train) {
        w->out->train = fold.train.rows;
        w->out->held = fold.held.rows;
        w->out->test = fold.test.rows;
    }
    for (size_t i = 0; ok && i < w->out->cohort.n; i++)
        if (w->out->cohort.candidate[i].fold == number) ok = measure_one(w, &fold, real.model, i, err);
    arena_done(&arena);
    return ok;
}

static bool read_real(struct audit_work *w, struct error *err) {
    const struct synth_audit_settings *s = w->s;
    struct synth_levels *levels;
    w->real = (struct synth_real){.schema = &w->schema, .n = s->n_real, .seed = s->seed, .lenient = s->lenient};
    if (s->n_real < 1 || s->n_real > 2)
        return error_set(err, ERROR_USAGE, "--real: expected one file, or two: seen and unseen rows");
    if (!synth_schema_read(s->schema, w->arena, &w->schema, err) ||
        !synth_read_real(&w->schema, s->real, s->n_real, w->arena, &levels, w->real.table, err))
        return false;
    w->real.levels = levels;
    return true;
}

/* Rows of a file given twice are neither seen nor unseen. */
static bool check_twice(const struct audit_work *w, struct error *err) {
    const struct synth_file *real = w->out->file + 1; /* behind the schema */
    return w->s->n_real < 2 || strcmp(real[0].sha256, real[1].sha256) != 0 ||
           error_set(err, ERROR_USAGE,
                     "--real: %s and %s hold the same bytes; the second is rows that the generator did not see",
                     real[0].path, real[1].path);
}

static bool count_shared(struct audit_work *w, struct error *err) {
    const struct synth_table *seen = &w->real.table[0], *unseen = &w->real.table[1];
    uint64_t *hash[2] = {NULL, NULL};
    double again = 0;
    for (size_t k = 0; k < 2; k++)
        if (!(hash[k] = synth_row_hashes(&w->schema, &w->real.table[k], w->arena, err))) return false;
    for (size_t i = 0; i < seen->rows; i++)
        again += (i && hash[0][i] == hash[0][i - 1]) || (i + 1 < seen->rows && hash[0][i] == hash[0][i + 1]);
    for (size_t i = 0, k = 0; i < unseen->rows; i++) {
        while (k < seen->rows && hash[0][k] < hash[1][i]) k++;
        w->out->shared += k < seen->rows && hash[0][k] == hash[1][i];
    }
    double n = (double)seen->rows, m = (double)unseen->rows, shared = (double)w->out->shared;
    double p = (shared + again) / (n + m);
    w->out->by_chance = (size_t)nearbyint(again / n * m);
    /* 2: equal seen rows come in pairs at least, and count twice each */
    w->out->leaks = shared / m - again / n > 3 * sqrt(p * (1 - p) * (1 / m + 2 / n));
    return true;
}

static bool gather(struct audit_work *w, struct error *err) {
    const struct synth_audit_settings *s = w->s;
    struct trust_cohort *c = &w->out->cohort;
    const char *sha256;
    c->candidate = arena_new(w->arena, struct trust_candidate, CANDIDATES_MOST + SYNTH_FOLDS * SYNTH_ANCHORS, err);
    w->out->file = arena_new(w->arena, struct synth_file, CANDIDATES_MOST + s->n_candidates + 3, err);
    if (!c->candidate || !w->out->file || !add_schema(w, err)) return false;
    for (size_t i = 0; i < s->n_real; i++)
        if (!add_file(w, s->real[i], &sha256, err)) return false;
    if (!check_twice(w, err) || (s->n_real == 2 && !count_shared(w, err))) return false;
    if (!add_candidates(w, err) || (s->anchors && !add_anchors(w, err))) return false;
    if (c->n < 2)
        return error_set(err, ERROR_DATA,
                         "%zu candidates: an index compares, expected two or more (--anchors adds four)", c->n);
    c->raw = NULL;
    return true;
}

bool synth_audit_run(const struct synth_audit_settings *settings, struct arena *arena, struct synth_audit *out,
                     struct error *err) {
    struct audit_work w = {.s = settings, .arena = arena, .out = out};
    *out = (struct synth_audit){.seed = settings->seed, .confidence = settings->confidence};
    if (!read_real(&w, err) || !gather(&w, err)) return false;
    struct trust_cohort *c = &out->cohort;
    if (!synth_metrics_spread(&w.schema, arena, &c->metric, &c->k, err)) return false;
    c->raw = arena_new(arena, struct interval, c->n * c->k, err);
    out->rows = arena_new(arena, size_t, c->n, err);
    if (!c->raw || !out->rows) return false;
    for (uint64_t fold = 0; fold < SYNTH_FOLDS; fold++)
        if (has_fold(c, c->n, fold) && !measure_fold(&w, fold, err)) return false;
    return true;
}

static bool write_fold(struct audit_work *w, uint64_t fold, const char *folder, struct error *err) {
    static const char *const name[] = {"train.csv", "held.csv", "test.csv"};
    struct synth_fold rows;
    const char *below = arena_printf(w->arena, err, "%s/fold%u", folder, (unsigned)fold);
    if (!below || !synth_fold_rows(&w->real, fold, w->arena, &rows, err) || !file_make_folders(below, err))
        return false;
    const struct synth_table *side[] = {&rows.train, &rows.held, &rows.test};
    for (size_t i = 0; i < 3; i++) {
        const char *path = arena_printf(w->arena, err, "%s/%s", below, name[i]);
        if (!path || !synth_write(&w->schema, w->real.levels, side[i], NULL, 0, path, err)) return false;
    }
    return true;
}

bool synth_audit_split(const struct synth_audit_settings *settings, const char *folder, struct arena *arena,
                       struct error *err) {
    struct synth_audit none = {0};
    struct audit_work w = {.s = settings, .arena = arena, .out = &none};
    if (settings->n_real != 1)
        return error_set(err, ERROR_USAGE, "--make: expected one --real file, which is split in %d folds", SYNTH_FOLDS);
    if (!read_real(&w, err)) return false;
    for (uint64_t fold = 0; fold < SYNTH_FOLDS; fold++)
        if (!write_fold(&w, fold, folder, err)) return false;
    return true;
}
