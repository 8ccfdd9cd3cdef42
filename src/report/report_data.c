/* Reading runs for a report: see report_data.h. */
#include "report/report_data.h"

#include <math.h>
#include <string.h>

#define MOST_RUNS 64
#define QUERY_SECONDS 60

const char *json_c(const json_t *object, const char *key) {
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

static double json_f64(const json_t *object, const char *key) {
    const json_t *v = json_object_get(object, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

static bool read_figures(struct report_run *run, struct record *record, struct arena *arena, struct error *err) {
    run->figures_json = record_figures_json(record, run->id, err);
    if (!run->figures_json) return false;
    run->n_figures = json_array_size(run->figures_json);
    run->figures = arena_new(arena, struct figure, run->n_figures + 1, err);
    if (!run->figures) return false;
    for (size_t i = 0; i < run->n_figures; i++)
        run->figures[i] = figure_from_json(json_array_get(run->figures_json, i));
    return true;
}

static double run_confidence(const json_t *run) {
    double c = json_f64(json_object_get(run, "config"), "confidence");
    return c > 0 && c < 1 ? c : 0.95;
}

/* Everything of a run but its rows; takes the reference `json`. */
static bool read_run(struct report_run *run, json_t *json, struct record *record, struct arena *arena,
                     struct error *err) {
    const json_t *subject = json_object_get(json, "subject");
    *run = (struct report_run){
        .json = json,
        .id = json_integer_value(json_object_get(json, "id")),
        .name = json_c(json, "name"),
        .suite = json_c(json, "suite"),
        .state = json_c(json, "state"),
        .subject = json_c(subject, "name"),
        .subject_spec = json_c(subject, "spec"),
        .subject_digest = json_c(subject, "digest"),
        .command = json_c(json, "command"),
        .build = json_c(json, "build"),
        .seed = json_integer_value(json_object_get(json, "seed")),
        .started_ns = (uint64_t)json_integer_value(json_object_get(json, "started")),
        .ended_ns = (uint64_t)json_integer_value(json_object_get(json, "ended")),
        .confidence = run_confidence(json),
    };
    if (!run->subject[0]) run->subject = run->subject_spec[0] ? run->subject_spec : run->subject_digest;
    return read_figures(run, record, arena, err) &&
           bands_judge(json_object_get(json_object_get(json, "config"), "bands"), run->figures, run->n_figures, arena,
                       &run->bands, &run->n_bands, err) &&
           report_claims_read(record, run->name, arena, &run->claims, err) &&
           record_evidence_state(record, run->id, &run->evidence, run->head, err);
}

/* Rows of a task are counted one by one as they stream past. */
struct count {
    struct report_task *task;
    struct arena *arena;
    size_t run;
    const struct report_watch *watch;
    uint64_t last_position;
    bool any;
};

/* The message without "item 'ID': " in front, so that failures of one reason are counted together. */
static const char *without_item(const char *message, struct text item) {
    struct text t = text_of(message);
    if (!text_starts(t, TEXT("item '")) || !text_starts(text_part(t, 6, t.len), item)) return message;
    return text_starts(text_part(t, 6 + item.len, t.len), TEXT("': ")) ? message + 9 + item.len : message;
}

static bool add_failure(struct count *c, const struct record_row *row, struct error *err) {
    const char *message = row->error && row->error[0] ? without_item(row->error, row->item_id) : "no reason was kept";
    struct report_failure **at = &c->task->failures, *last = NULL;
    for (; *at && strcmp((*at)->message, message) != 0; at = &(*at)->next) last = *at;
    struct report_failure *there = *at ? *at : c->task->n_failures > REPORT_FAILURES ? last : NULL;
    if (there) return there->n++, true;
    if (c->task->n_failures == REPORT_FAILURES) message = "other reasons";
    struct report_failure *failure = arena_new(c->arena, struct report_failure, 1, err);
    char *copy = failure ? text_copy(c->arena, text_of(message), err) : NULL;
    char *item = copy ? text_copy(c->arena, row->item_id, err) : NULL;
    if (!item) return false;
    *failure = (struct report_failure){.task = c->task->name, .message = copy, .n = 1, .first_item = item};
    *at = failure;
    c->task->n_failures++;
    return true;
}

static bool count_row(void *context, const struct record_row *row, struct error *err) {
    struct count *c = context;
    struct report_task *t = c->task;
    if (c->watch && !c->watch->see(c->watch->context, c->run, row, err)) return false;
    if (!c->any || row->position != c->last_position) t->items++;
    c->any = true;
    c->last_position = row->position;
    t->samples++;
    if (row->answer == 0) return t->missing++, true;
    if (row->finish && strcmp(row->finish, "error") == 0) return t->failed++, add_failure(c, row, err);
    t->answered++;
    if (row->finish && strcmp(row->finish, "length") == 0) t->cut++;
    if (!row->scored) return t->unscored++, true;
    if (!row->parsed) return true;
    if (strcmp(row->parsed, "ok") == 0) t->parsed_ok++;
    if (strcmp(row->parsed, "fallback") == 0) t->parsed_fallback++;
    if (strcmp(row->parsed, "fail") == 0) t->parsed_fail++;
    return true;
}

static const char *task_scorer_of(const struct report_run *run, const char *task) {
    for (size_t i = 0; i < run->n_figures; i++)
        if (strcmp(run->figures[i].task, task) == 0 && run->figures[i].scorer[0]) return run->figures[i].scorer;
    return NULL;
}

static bool read_tasks(struct report_data *data, size_t number, const struct report_watch *watch, struct error *err) {
    struct report_run *run = &data->runs[number];
    struct arena *arena = &data->arena;
    json_t *names = record_tasks_json(data->record, run->id, err);
    if (!names) return false;
    bool ok = true;
    run->n_tasks = json_array_size(names);
    run->tasks = arena_new(arena, struct report_task, run->n_tasks + 1, err);
    if (!run->tasks) ok = false;
    for (size_t i = 0; ok && i < run->n_tasks; i++) {
        struct report_task *t = &run->tasks[i];
        struct count count = {.task = t, .arena = arena, .run = number, .watch = watch};
        t->name = text_copy(arena, json_text(json_array_get(names, i)), err);
        ok = t->name != NULL;
        if (!ok) break;
        t->scorer = task_scorer_of(run, t->name);
        ok = record_rows(data->record, run->id, text_of(t->name), t->scorer ? t->scorer : "",
                         watch ? RECORD_WITH_ASKS : 0, count_row, &count, err);
    }
    json_decref(names);
    return ok;
}

/* Baselines: what subjects that know nothing, or everything, score on the same items; in this order. */
static const char *const baseline_specs[] = {"script:mute", "script:echo", "script:constant", "script:uniform",
                                             "script:oracle"};
#define BASELINES (sizeof baseline_specs / sizeof *baseline_specs)

static bool is_baseline(const struct report_data *data, const json_t *run, const char *spec) {
    const struct report_run *first = &data->runs[0];
    if (strcmp(json_c(json_object_get(run, "subject"), "spec"), spec) != 0) return false;
    if (strcmp(json_c(run, "state"), "done") != 0 || strcmp(json_c(run, "suite"), first->suite) != 0) return false;
    if (!json_equal((json_t *)json_object_get(run, "config"), json_object_get(first->json, "config"))) return false;
    for (size_t i = 0; i < data->n_runs; i++)
        if (strcmp(data->runs[i].subject_spec, spec) == 0) return false;
    return true;
}

/* The newest run of one baseline; runs: the newest first. */
static bool read_baseline(struct report_data *data, const json_t *runs, const char *spec, struct error *err) {
    for (size_t i = 0; i < json_array_size(runs); i++) {
        json_t *run = json_array_get(runs, i);
        if (is_baseline(data, run, spec))
            return read_run(&data->baselines[data->n_baselines++], json_incref(run), data->record, &data->arena, err);
    }
    return true;
}

static bool read_baselines(struct report_data *data, struct error *err) {
    json_t *runs = record_runs_json(data->record, err);
    if (!runs) return false;
    bool ok = (data->baselines = arena_new(&data->arena, struct report_run, BASELINES, err)) != NULL;
    for (size_t i = 0; ok && i < BASELINES; i++) ok = read_baseline(data, runs, baseline_specs[i], err);
    json_decref(runs);
    return ok;
}

static const struct figure *figure_find(const struct report_run *run, const struct figure *like) {
    for (size_t i = 0; i < run->n_figures; i++) {
        const struct figure *f = &run->figures[i];
        if (strcmp(f->task, like->task) == 0 && strcmp(f->name, like->name) == 0 && strcmp(f->group, like->group) == 0)
            return f;
    }
    return NULL;
}

static bool line_there(const struct report_data *data, const struct figure *f) {
    for (size_t i = 0; i < data->n_lines; i++) {
        const struct report_line *l = &data->lines[i];
        if (strcmp(l->task, f->task) == 0 && strcmp(l->name, f->name) == 0 && strcmp(l->group, f->group) == 0)
            return true;
    }
    return false;
}

static bool add_line(struct report_data *data, const struct figure *f, struct error *err) {
    struct report_line *line = &data->lines[data->n_lines];
    *line = (struct report_line){.task = f->task, .name = f->name, .group = f->group, .any = f};
    line->cells = arena_new(&data->arena, const struct figure *, data->n_runs, err);
    line->baselines = line->cells ? arena_new(&data->arena, const struct figure *, data->n_baselines + 1, err) : NULL;
    if (!line->baselines) return false;
    for (size_t r = 0; r < data->n_runs; r++) line->cells[r] = figure_find(&data->runs[r], f);
    for (size_t b = 0; b < data->n_baselines; b++) line->baselines[b] = figure_find(&data->baselines[b], f);
    data->n_lines++;
    return true;
}

/* Tasks in order of first appearance, figures within a task likewise: those of all its items, then those of groups. */
static bool add_lines_of(struct report_data *data, const char *task, struct error *err) {
    for (int grouped = 0; grouped < 2; grouped++)
        for (size_t r = 0; r < data->n_runs; r++)
            for (size_t i = 0; i < data->runs[r].n_figures; i++) {
                const struct figure *f = &data->runs[r].figures[i];
                if ((f->group[0] != 0) != grouped || strcmp(f->task, task) != 0 || line_there(data, f)) continue;
                if (!add_line(data, f, err)) return false;
            }
    return true;
}

static bool align(struct report_data *data, struct error *err) {
    size_t most = 0;
    for (size_t r = 0; r < data->n_runs; r++) most += data->runs[r].n_figures;
    data->lines = arena_new(&data->arena, struct report_line, most + 1, err);
    if (!data->lines) return false;
    for (size_t r = 0; r < data->n_runs; r++)
        for (size_t i = 0; i < data->runs[r].n_figures; i++)
            if (!line_there(data, &data->runs[r].figures[i]) &&
                !add_lines_of(data, data->runs[r].figures[i].task, err))
                return false;
    return true;
}

static bool keep_row(void *context, const json_t *row, bool header, struct error *err) {
    if (header || json_array_append((json_t *)context, (json_t *)row) == 0) return true;
    return error_memory(err, "rows of a report");
}

/* sql reads the ids of the runs from a table `chosen`. */
static bool query_rows(struct report_data *data, const char *sql, json_t **out, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    buffer_put_c(&b, "with chosen(id) as (values ");
    for (size_t i = 0; i < data->n_runs; i++)
        buffer_printf(&b, "%s(%lld)", i ? "," : "", (long long)data->runs[i].id);
    buffer_printf(&b, ") %s", sql);
    *out = json_array();
    bool ok = (*out || error_memory(err, "rows of a report")) && buffer_check(&b, "query of a report", err) &&
              record_query(data->record, buffer_text(&b), QUERY_SECONDS, keep_row, *out, err);
    buffer_done(&b);
    return ok;
}

#define COMPARISONS_SQL                                                                                                \
    "select c.name, c.task, x.name, y.name, c.diff, c.lo, c.hi, c.p, c.p_corrected, c.method from comparisons c"       \
    " join runs x on x.id = c.a join runs y on y.id = c.b where c.a in chosen or c.b in chosen order by c.id"

#define VERDICTS_SQL                                                                                                   \
    "select s.scorer, s.label, l.label, count(*) from labels l join scores s on s.answer = l.answer"                   \
    " join answers a on a.id = l.answer join plans p on p.ask = a.ask and p.item = s.item and p.seed = a.seed"         \
    " and p.run = s.run join runs r on r.id = p.run and r.subject = a.subject where r.id in chosen"                    \
    " group by s.scorer, s.label, l.label order by s.scorer, s.label, l.label"

#define LICENCES_SQL                                                                                                   \
    "select distinct p.task, i.licence from plans p join items i on i.digest = p.item where p.run in chosen"           \
    " order by p.task, i.licence"

bool report_data_load(struct report_data *data, struct record *record, const char *const *runs, size_t n,
                      const struct report_watch *watch, struct error *err) {
    *data = (struct report_data){.record = record};
    arena_init(&data->arena, 0);
    if (n == 0 || n > MOST_RUNS)
        return error_set(err, ERROR_USAGE, "a report takes 1 to %d runs, found %zu", MOST_RUNS, n);
    data->runs = arena_new(&data->arena, struct report_run, n, err);
    if (!data->runs) return false;
    for (size_t i = 0; i < n; i++) {
        json_t *json = record_run_json(record, runs[i], err);
        if (!json) return false;
        if (!read_run(&data->runs[data->n_runs++], json, record, &data->arena, err) ||
            !read_tasks(data, i, watch, err))
            return false;
    }
    return read_baselines(data, err) && align(data, err) &&
           query_rows(data, COMPARISONS_SQL, &data->comparisons, err) &&
           query_rows(data, VERDICTS_SQL, &data->verdicts, err) &&
           query_rows(data, LICENCES_SQL, &data->licences, err);
}

static void run_done(struct report_run *run) {
    json_decref(run->json);
    json_decref(run->figures_json);
    report_claims_done(&run->claims);
}

void report_data_done(struct report_data *data) {
    for (size_t i = 0; i < data->n_runs; i++) run_done(&data->runs[i]);
    for (size_t i = 0; i < data->n_baselines; i++) run_done(&data->baselines[i]);
    json_decref(data->comparisons);
    json_decref(data->verdicts);
    json_decref(data->licences);
    arena_done(&data->arena);
    *data = (struct report_data){0};
}

const struct report_task *report_task_find(const struct report_run *run, const char *task) {
    for (size_t i = 0; i < run->n_tasks; i++)
        if (strcmp(run->tasks[i].name, task) == 0) return &run->tasks[i];
    return NULL;
}

size_t report_block_end(const struct report_data *data, size_t from) {
    size_t end = from;
    while (end < data->n_lines && strcmp(data->lines[end].task, data->lines[from].task) == 0) end++;
    return end;
}

size_t report_block_groups(const struct report_data *data, size_t from, size_t to) {
    while (from < to && !data->lines[from].group[0]) from++;
    return from;
}

const char *report_baseline_name(const struct report_run *baseline) {
    const char *spec = baseline->subject_spec;
    return strncmp(spec, "script:", 7) == 0 ? spec + 7 : spec;
}
