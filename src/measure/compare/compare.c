/* Comparing runs: which they are, task by task through the tests, p values corrected over tasks. See compare.h. */
#include "measure/compare/compare_internal.h"
#include "measure/run/run_internal.h"
#include "record/evidence_rows.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/* ---- lists that grow on the arena */

/* Room for one more of `size` bytes. */
static void *grown(struct arena *arena, void *list, size_t n, size_t *capacity, size_t size, struct error *err) {
    if (n < *capacity) return list;
    size_t wanted = 2 * *capacity + 16;
    void *more = arena_alloc(arena, wanted, size, err);
    if (!more) return NULL;
    if (n) memcpy(more, list, n * size);
    *capacity = wanted;
    return more;
}

static const char *kept(struct comparison *out, const char *text, struct error *err) {
    return text ? text_copy(out->arena, text_of(text), err) : NULL;
}

struct compare_row *compare_add_row(struct compare_task *t, const struct compare_row *row, struct error *err) {
    struct comparison *out = t->out;
    struct compare_row *rows = grown(out->arena, out->rows, out->n_rows, &out->rows_capacity, sizeof *rows, err);
    if (!rows) return NULL;
    out->rows = rows;
    struct compare_row *r = &rows[out->n_rows];
    *r = *row;
    r->base = t->base;
    r->other = t->other;
    r->p_holm = r->p_bh = r->p_corrected = NAN;
    const char **texts[] = {&r->test, &r->task,      &r->name,    &r->group,      &r->method,
                            &r->unit, &r->direction, &r->verdict, &r->null_reason};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i] && !(*texts[i] = kept(out, *texts[i], err))) return NULL;
    out->n_rows++;
    return r;
}

bool compare_add_flip(struct compare_task *t, const struct compare_flip *flip, struct error *err) {
    struct comparison *out = t->out;
    struct compare_flip *flips = grown(out->arena, out->flips, out->n_flips, &out->flips_capacity, sizeof *flips, err);
    if (!flips) return false;
    out->flips = flips;
    struct compare_flip *f = &flips[out->n_flips];
    *f = *flip;
    f->base = t->base;
    f->other = t->other;
    f->task = kept(out, t->name, err);
    f->item = kept(out, flip->item, err);
    f->scorer = t->scorer;
    for (int s = 0; s < 2; s++) f->label[s] = kept(out, flip->label[s], err);
    out->n_flips += f->task && f->item && f->label[0] && f->label[1];
    return f->task && f->item && f->label[0] && f->label[1];
}

bool compare_add_figure(struct compare_task *t, bool difference, const struct figure *figure, struct error *err) {
    struct comparison *out = t->out;
    struct compare_figure *all =
        grown(out->arena, out->figures, out->n_figures, &out->figures_capacity, sizeof *all, err);
    if (!all) return false;
    out->figures = all;
    struct compare_figure *f = &all[out->n_figures];
    *f = (struct compare_figure){.other = t->other, .difference = difference, .figure = *figure};
    const char **texts[] = {&f->figure.name, &f->figure.task,      &f->figure.group,  &f->figure.method,
                            &f->figure.unit, &f->figure.direction, &f->figure.scorer, &f->figure.null_reason};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i] && !(*texts[i] = kept(out, *texts[i], err))) return false;
    out->n_figures++;
    return true;
}

bool compare_put_figure(struct compare_task *t, const struct compare_row *row, struct error *err) {
    struct figure figure = {.name = row->name,
                            .task = t->name,
                            .group = "",
                            .value = row->value,
                            .lo = row->lo,
                            .hi = row->hi,
                            .n = row->n,
                            .k = -1,
                            .method = row->method,
                            .unit = row->unit,
                            .direction = row->direction,
                            .scorer = t->scorer,
                            .null_reason = row->null_reason};
    return compare_add_figure(t, false, &figure, err);
}

bool compare_note(struct comparison *out, struct error *err, const char *format, ...) {
    char text[1200];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    const char **notes = grown(out->arena, out->notes, out->n_notes, &out->notes_capacity, sizeof *notes, err);
    if (!notes) return false;
    out->notes = notes;
    return (notes[out->n_notes++] = kept(out, text, err)) != NULL;
}

bool compare_no_row(struct compare_task *t, const char *test, const char *name, const char *why, struct error *err) {
    struct compare_row row = {.test = test,
                              .task = t->name,
                              .name = name,
                              .group = "",
                              .a = NAN,
                              .b = NAN,
                              .value = NAN,
                              .lo = NAN,
                              .hi = NAN,
                              .p = NAN,
                              .detectable = NAN,
                              .n = t->n_usable,
                              .method = "none",
                              .unit = "",
                              .direction = "none",
                              .null_reason = why};
    return compare_add_row(t, &row, err) != NULL;
}

/* ---- shares and means over pairs */

struct weighted {
    const double *value;
    size_t n;
};

static double weighted_mean(void *context, const uint32_t *weights, size_t n) {
    const struct weighted *w = context;
    double sum = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        sum += weights[i] * w->value[i];
        all += weights[i];
    }
    return sum / all;
}

/* Clusters as places 0 .. n_clusters - 1 in the order in which they first come. */
static uint32_t *place_clusters(struct compare_task *t, struct error *err) {
    size_t slots = 16;
    while (slots < 2 * t->n_usable) slots *= 2;
    uint32_t *out = arena_new(t->arena, uint32_t, t->n_usable + 1, err);
    size_t *table = arena_new(t->arena, size_t, slots, err), n = 0, at = 0;
    uint64_t *key = arena_new(t->arena, uint64_t, t->n_clusters + 1, err);
    if (!out || !table || !key) return NULL;
    for (size_t i = 0; i < t->n_pairs; i++) {
        if (!t->pairs[i].usable) continue;
        size_t slot = t->pairs[i].cluster & (slots - 1);
        while (table[slot] && key[table[slot] - 1] != t->pairs[i].cluster) slot = (slot + 1) & (slots - 1);
        if (!table[slot]) {
            key[n] = t->pairs[i].cluster;
            table[slot] = ++n;
        }
        out[at++] = (uint32_t)(table[slot] - 1);
    }
    return out;
}

bool compare_mean(struct compare_task *t, const double *value, const char *stream, struct compare_row *row,
                  struct error *err) {
    double *dense = arena_new(t->arena, double, t->n_usable + 1, err);
    uint32_t *cluster = dense ? place_clusters(t, err) : NULL;
    struct weighted w = {.value = dense};
    struct interval x;
    char *name = arena_printf(t->arena, err, "compare/%s/%s", t->name, stream);
    if (!cluster || !name) return false;
    for (size_t i = 0; i < t->n_pairs; i++)
        if (t->pairs[i].usable) dense[w.n++] = value[i];
    row->n = w.n;
    if (t->unchanged) {
        double sum = 0;
        for (size_t i = 0; i < w.n; i++) sum += dense[i];
        row->value = row->lo = row->hi = sum / (double)w.n;
        row->method = COMPARE_UNCHANGED;
        return true;
    }
    row->method = t->clustered
                      ? arena_printf(t->arena, err, "bootstrap,B=%llu,clusters=%zu",
                                     (unsigned long long)t->figures.bootstrap, t->n_clusters)
                      : arena_printf(t->arena, err, "bootstrap,B=%llu", (unsigned long long)t->figures.bootstrap);
    if (!row->method ||
        !stat_bootstrap(w.n, cluster, t->n_clusters, NULL, weighted_mean, &w, t->figures.bootstrap,
                        stat_expanded_confidence(t->figures.confidence, t->n_clusters), t->figures.seed, name, &x, err))
        return false;
    row->value = x.estimate;
    row->lo = fmin(x.lo, x.estimate);
    row->hi = fmax(x.hi, x.estimate);
    if (t->n_clusters >= 2 && row->lo < row->hi) return true;
    row->lo = row->hi = NAN;
    row->null_reason = t->n_clusters < 2 ? "one cluster gives no interval"
                                         : "no resample differs from another, so there is no interval";
    return true;
}

bool compare_share(struct compare_task *t, const unsigned char *yes, const char *stream, struct compare_row *row,
                   struct error *err) {
    uint64_t k = 0;
    double *value = arena_new(t->arena, double, t->n_pairs + 1, err);
    if (!value) return false;
    for (size_t i = 0; i < t->n_pairs; i++) {
        value[i] = yes[i];
        k += t->pairs[i].usable && yes[i];
    }
    bool varies = k > 0 && k < t->n_usable;
    row->unit = "share";
    if ((t->clustered && varies) || t->unchanged) return compare_mean(t, value, stream, row, err);
    uint64_t n = t->clustered ? t->n_clusters : t->n_usable;
    struct interval x = stat_clopper_pearson(k ? (varies ? k : n) : 0, n, t->figures.confidence);
    row->value = (double)k / (double)t->n_usable;
    row->lo = x.lo;
    row->hi = x.hi;
    row->n = t->n_usable;
    row->method = t->clustered ? "clopper-pearson,of=clusters" : "clopper-pearson";
    return true;
}

/* ---- tasks */

static const json_t *task_config_of(const json_t *run, const char *name) {
    const json_t *tasks = json_object_get(json_object_get(run, "config"), "tasks");
    for (size_t i = 0; i < json_array_size(tasks); i++)
        if (text_equal_c(json_text(json_object_get(json_array_get(tasks, i), "task")), name))
            return json_array_get(tasks, i);
    return NULL;
}

static bool same_key(const json_t *a, const json_t *b, const char *key) {
    return json_equal(json_object_get(a, key), json_object_get(b, key));
}

/* Fatal, or with --lenient a note. */
static bool refuse(struct comparison *out, struct error *err, const char *format, ...) PRINTF_LIKE(3, 4);
static bool refuse(struct comparison *out, struct error *err, const char *format, ...) {
    char text[900];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (out->settings.lenient) return compare_note(out, err, "%s", text);
    return error_set(err, ERROR_DATA, "%s; --lenient compares what both have", text);
}

static bool check_task(struct comparison *out, size_t base, size_t other, const char *name, const json_t *mine,
                       const json_t *theirs, struct error *err) {
    const char *a = out->runs[base].name, *b = out->runs[other].name;
    if (!same_key(mine, theirs, "scorer") || !same_key(mine, theirs, "scorer_version"))
        return error_set(err, ERROR_DATA,
                         "task '%s' was scored by '%s' version %s in run '%s' and by '%s' version %s in run "
                         "'%s'; run both again",
                         name, json_string_value(json_object_get(mine, "scorer")),
                         json_string_value(json_object_get(mine, "scorer_version")), a,
                         json_string_value(json_object_get(theirs, "scorer")),
                         json_string_value(json_object_get(theirs, "scorer_version")), b);
    return same_key(mine, theirs, "source") ||
           refuse(out, err, "task '%s' was changed between run '%s' and run '%s'", name, a, b);
}

static bool run_tests(struct compare_task *t, const struct compare_use *uses, size_t n, struct error *err) {
    if (t->n_usable == 0) return compare_note(t->out, err, "task '%s': no pair has two answers", t->name);
    for (size_t i = 0; i < n; i++)
        if (!uses[i].test->run(t, uses[i].options, err)) return error_wrap(err, "task '%s'", t->name);
    return true;
}

/* One subject, asked and scored in one way. */
static bool is_same_work(const struct comparison *out, size_t base, size_t other, const json_t *mine,
                         const json_t *theirs) {
    static const char *const keys[] = {"source", "scorer", "scorer_version", "scorer_files", "compat", "judge",
                                       "method"};
    const char *a = out->runs[base].digest, *b = out->runs[other].digest;
    bool same = a[0] && strcmp(a, b) == 0;
    for (size_t i = 0; same && i < sizeof keys / sizeof *keys; i++)
        same = json_object_get(mine, keys[i]) == json_object_get(theirs, keys[i]) || same_key(mine, theirs, keys[i]);
    return same;
}

/* run: the base's, config: of the task in it. same: it is the same work; *unchanged counts tasks whose answers are the
 * same ones. */
static bool compare_one_task(struct comparison *out, struct record *record, size_t base, size_t other,
                             const json_t *run, const json_t *config, bool same, size_t *unchanged,
                             const struct compare_use *uses, size_t n_uses, struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)4 << 30);
    struct task *task = run_stored_task(json_object_get(run, "config"), config, record_path(record), err);
    struct compare_task t = {.out = out,
                             .record = record,
                             .task = task,
                             .base = base,
                             .other = other,
                             .arena = &arena,
                             .run = {out->runs[base].id, out->runs[other].id},
                             .figures = {.confidence = out->settings.confidence,
                                         .bootstrap = out->settings.bootstrap,
                                         .seed = out->settings.seed,
                                         .group = out->settings.group,
                                         .pool = out->settings.pool}};
    bool ok = task && tally_spec_of(task, &t.spec, err);
    if (ok && !t.figures.group) t.figures.group = run_stored_figures(json_object_get(run, "config")).group;
    if (ok) {
        t.name = task_name(task);
        t.scorer = task_scorer(task)->name;
        t.unchanged = same;
        ok = compare_match(&t, err) && run_tests(&t, uses, n_uses, err);
        *unchanged += ok && t.unchanged;
    }
    task_free(task);
    arena_done(&arena);
    return ok;
}

static bool compare_one_run(struct comparison *out, struct record *record, json_t *const *runs, size_t base,
                            size_t other, const struct compare_use *uses, size_t n_uses, struct error *err) {
    const json_t *tasks = json_object_get(json_object_get(runs[base], "config"), "tasks");
    const json_t *theirs = json_object_get(json_object_get(runs[other], "config"), "tasks");
    size_t compared = 0, unchanged = 0;
    for (size_t i = 0; i < json_array_size(theirs); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(theirs, i), "task"));
        if (name && !task_config_of(runs[base], name) &&
            !refuse(out, err, "run '%s' has no task '%s', which run '%s' has", out->runs[base].name, name,
                    out->runs[other].name))
            return false;
    }
    for (size_t i = 0; i < json_array_size(tasks); i++) {
        const json_t *config = json_array_get(tasks, i);
        const char *name = json_string_value(json_object_get(config, "task"));
        const json_t *same = name ? task_config_of(runs[other], name) : NULL;
        if (name && !same &&
            !refuse(out, err, "run '%s' has no task '%s', which run '%s' has", out->runs[other].name, name,
                    out->runs[base].name))
            return false;
        if (!same) continue;
        if (!check_task(out, base, other, name, config, same, err) ||
            !compare_one_task(out, record, base, other, runs[base], config,
                              is_same_work(out, base, other, config, same), &unchanged, uses, n_uses, err))
            return false;
        compared++;
    }
    if (unchanged && !compare_note(out, err, "run '%s' and run '%s' are of the same subject, and in %zu of %zu tasks "
                                   "their answers are the same ones: nothing differs there, whichever items are asked",
                                   out->runs[base].name, out->runs[other].name, unchanged, compared))
        return false;
    return compared || error_set(err, ERROR_DATA, "run '%s' and run '%s' have no task in common", out->runs[base].name,
                                 out->runs[other].name);
}

/* ---- corrections */

/* The p values of the rows of one test and one other run (of all pairs, where every run is compared with every other)
 * that are (or are not) of first figures, over which is corrected. */
static bool correct_family(struct comparison *out, size_t other, const char *test, bool first, struct error *err) {
    size_t n = 0;
    size_t *at = arena_new(out->arena, size_t, out->n_rows + 1, err);
    double *p = arena_new(out->arena, double, 3 * out->n_rows + 1, err);
    if (!at || !p) return false;
    for (size_t i = 0; i < out->n_rows; i++) {
        const struct compare_row *r = &out->rows[i];
        if ((!out->settings.pairs && r->other != other) || r->first != first || strcmp(r->test, test) != 0 ||
            isnan(r->p))
            continue;
        p[n] = r->p;
        at[n++] = i;
    }
    stat_holm(p, p + n, n);
    stat_benjamini_hochberg(p, p + 2 * n, n);
    for (size_t i = 0; i < n; i++) {
        struct compare_row *r = &out->rows[at[i]];
        r->p_holm = p[n + i];
        r->p_bh = p[2 * n + i];
        r->p_corrected = strcmp(out->settings.correct, "holm") == 0 ? r->p_holm
                         : strcmp(out->settings.correct, "bh") == 0 ? r->p_bh
                                                                    : r->p;
    }
    return true;
}

/* In words, where the test has not said it itself. */
static const char *verdict_of(const struct compare_row *r, double confidence) {
    if (isnan(r->p_corrected)) return NULL;
    if (!(r->p_corrected <= 1 - confidence)) return "not shown";
    if (isnan(r->a)) return "differs"; /* a distance, of no side */
    if (r->value == 0 || strcmp(r->direction, "none") == 0)
        return r->value > 0 ? "higher" : r->value < 0 ? "lower" : "differs";
    return (r->value > 0) == (strcmp(r->direction, "up") == 0) ? "better" : "worse";
}

static bool correct(struct comparison *out, struct error *err) {
    size_t families = out->settings.pairs ? 2 : out->n_runs;
    for (size_t other = 1; other < families; other++)
        for (size_t i = 0; i < out->n_tests; i++)
            for (int first = 0; first < 2; first++) {
                char *test = text_copy(out->arena, spec_name(text_of(out->tests[i])), err);
                if (!test || !correct_family(out, other, test, first, err)) return false;
            }
    for (size_t i = 0; i < out->n_rows; i++)
        if (!out->rows[i].verdict) out->rows[i].verdict = verdict_of(&out->rows[i], out->settings.confidence);
    return true;
}

/* ---- runs */

static bool read_run(struct comparison *out, struct record *record, const char *name, json_t **json,
                     struct error *err) {
    if (!(*json = record_run_json(record, name, err))) return false;
    const json_t *subject = json_object_get(*json, "subject");
    struct compare_run *run = &out->runs[out->n_runs++];
    const char *texts[] = {
        json_string_value(json_object_get(*json, "name")), json_string_value(json_object_get(subject, "name")),
        json_string_value(json_object_get(subject, "spec")), json_string_value(json_object_get(subject, "digest")),
        json_string_value(json_object_get(*json, "suite"))};
    const char **to[] = {&run->name, &run->subject, &run->spec, &run->digest, &run->suite};
    run->id = json_integer_value(json_object_get(*json, "id"));
    for (size_t i = 0; i < 5; i++)
        if (!(*to[i] = kept(out, texts[i] ? texts[i] : "", err))) return false;
    const char *state = json_string_value(json_object_get(*json, "state"));
    if (state && strcmp(state, "done") == 0) return true;
    if (out->settings.lenient)
        return compare_note(out, err, "run '%s' is not complete (%s)", run->name, state ? state : "no state");
    return error_set(err, ERROR_DATA,
                     "run '%s' is not complete (%s); give its command again to finish it, or --lenient", run->name,
                     state ? state : "no state");
}

bool compare_runs(struct record *record, const char *const *names, size_t n, const struct compare_use *uses,
                  size_t n_uses, const struct compare_settings *settings, struct arena *arena, struct comparison *out,
                  struct error *err) {
    json_t *runs[COMPARE_RUNS_MOST] = {NULL};
    *out = (struct comparison){.settings = *settings, .arena = arena, .n_tests = n_uses};
    if (n < 2 || n > COMPARE_RUNS_MOST)
        return error_set(err, ERROR_USAGE, "a comparison takes 2 to %d runs, found %zu", COMPARE_RUNS_MOST, n);
    bool ok = (out->runs = arena_new(arena, struct compare_run, n, err)) &&
              (out->tests = arena_new(arena, const char *, n_uses, err));
    for (size_t i = 0; ok && i < n_uses; i++) out->tests[i] = uses[i].spec;
    for (size_t i = 0; ok && i < n; i++) ok = read_run(out, record, names[i], &runs[i], err);
    for (size_t base = 0; ok && base < (settings->pairs ? n : 1); base++)
        for (size_t i = base + 1; ok && i < n; i++) ok = compare_one_run(out, record, runs, base, i, uses, n_uses, err);
    ok = ok && correct(out, err);
    for (size_t i = 0; i < n; i++) json_decref(runs[i]);
    return ok;
}

/* ---- gates */

static bool gate_one(struct comparison *out, const struct gate *gate, size_t other, struct error *err) {
    struct figure *figures = arena_new(out->arena, struct figure, out->n_figures + 1, err);
    struct figure *differences = arena_new(out->arena, struct figure, out->n_figures + 1, err);
    struct gate_figures all = {.figures = figures, .differences = differences, .confidence = out->settings.confidence};
    struct gate_result result;
    if (!figures || !differences) return false;
    for (size_t i = 0; i < out->n_figures; i++) {
        const struct compare_figure *f = &out->figures[i];
        if (f->other != other) continue;
        if (f->difference)
            differences[all.n_differences++] = f->figure;
        else
            figures[all.n++] = f->figure;
    }
    if (!gate_judge(gate, &all, out->arena, &result, err)) return false;
    out->runs[other].gate = result.verdict;
    for (size_t i = 0; out->n_runs > 2 && i < result.n; i++)
        if (!(result.findings[i].what =
                  arena_printf(out->arena, err, "%s, %s", out->runs[other].name, result.findings[i].what)))
            return false;
    return gate_join(&out->gate, &result, out->arena, err);
}

bool compare_gate(struct comparison *out, const struct gate *gate, const char *source, struct error *err) {
    out->gate_source = source;
    for (size_t other = 1; other < out->n_runs; other++)
        if (!gate_one(out, gate, other, err)) return false;
    return true;
}

/* ---- the record */

static bool chain_pair(struct record *record, int64_t a, int64_t b, struct error *err) {
    char digest[HASH_HEX];
    struct buffer ref;
    buffer_init(&ref, 1 << 16);
    bool ok = record_pair_ref(record, a, b, &ref, err) && record_pair_digest(record, a, b, digest, err) &&
              record_evidence_append(record, RECORD_CHAIN, "comparison", buffer_text(&ref), digest, err);
    buffer_done(&ref);
    return ok;
}

bool compare_keep(const struct comparison *out, struct record *record, struct error *err) {
    bool ok = record_begin(record, err);
    for (size_t base = 0; ok && base < (out->settings.pairs ? out->n_runs : 1); base++)
        for (size_t other = base + 1; ok && other < out->n_runs; other++)
            ok = record_clear_comparisons(record, out->runs[base].id, out->runs[other].id, err);
    for (size_t i = 0; ok && i < out->n_rows; i++) {
        const struct compare_row *r = &out->rows[i];
        bool paired = strcmp(r->test, "paired") == 0;
        char *name = arena_printf(out->arena, err, "%s%s%s%s%s", paired ? "" : r->test, paired ? "" : ": ", r->name,
                                  r->group[0] ? ", " : "", r->group);
        struct record_comparison put = {.a = out->runs[r->base].id,
                                        .b = out->runs[r->other].id,
                                        .name = name,
                                        .task = r->task,
                                        .diff = r->value,
                                        .lo = r->lo,
                                        .hi = r->hi,
                                        .p = r->p,
                                        .p_corrected = r->p_corrected,
                                        .method = r->method};
        ok = name && record_put_comparison(record, &put, err);
    }
    for (size_t base = 0; ok && base < (out->settings.pairs ? out->n_runs : 1); base++)
        for (size_t other = base + 1; ok && other < out->n_runs; other++)
            ok = chain_pair(record, out->runs[base].id, out->runs[other].id, err);
    ok = ok && record_commit(record, err);
    if (!ok) record_rollback(record);
    return ok;
}
