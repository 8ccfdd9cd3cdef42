/* Generators of test cases: see make.h. */
#include "measure/data/make_internal.h"

#include "measure/data/ask_texts.h"
#include "measure/dataset/ask_file.h"
#include "measure/dataset/dataset.h"

enum { ROWS_MOST = 1 << 20 };

static const struct generator *const table[] = {&generator_dynamic, &generator_pictures, &generator_sources,
                                                &generator_table,   &generator_taxonomy, &generator_zoo};
enum { GENERATORS = sizeof table / sizeof *table };

size_t generators(const struct generator *const **out) {
    *out = table;
    return GENERATORS;
}

/* ---- rows ---- */

static bool add_row(struct make_job *job, json_t *json, struct json_place place, struct error *err) {
    const json_t *id = json_object_get(json, "id");
    if (job->n == job->capacity) {
        size_t more = job->capacity ? 2 * job->capacity : 256;
        struct make_row *grown = more <= ROWS_MOST ? memory_grow(job->rows, more, sizeof *grown) : NULL;
        if (!grown) return error_set(err, ERROR_DATA, "%s: more than %d rows", place.file, ROWS_MOST);
        job->rows = grown;
        job->capacity = more;
    }
    struct make_row *row = &job->rows[job->n++];
    *row = (struct make_row){.json = json, .place = place};
    if (json_is_string(id)) return row->id = json_text(id), true;
    char *number = arena_printf(&job->kept, err, "%zu", place.line);
    row->id = text_of(number ? number : "");
    return number != NULL;
}

static bool read_file(struct make_job *job, const char *path, struct error *err) {
    const struct dataset_kwargs kwargs = {.header = true};
    struct dataset *dataset = dataset_open(path, path, &kwargs, err);
    bool ok = dataset != NULL;
    for (int state = 1; ok && state != 0;) {
        json_t *row;
        size_t line;
        state = dataset_next(dataset, &row, &line, err);
        job->result->read += state == 1;
        if (state == 1) ok = add_row(job, row, (struct json_place){path, line, ""}, err);
        if (state >= 0) continue;
        ok = job->settings->lenient && err->kind == ERROR_DATA;
        job->result->bad += ok;
        if (ok) error_clear(err);
    }
    dataset_close(dataset);
    return ok;
}

bool make_put(struct make_job *job, json_t *row, struct error *err) {
    bool ok = row ? job->settings->sink(job->settings->context, row, err) : error_memory(err, "row");
    job->result->rows += ok;
    json_decref(row);
    return ok;
}

/* ---- the teacher ---- */

bool make_ask(struct make_job *job, const struct text *ids, const struct text *prompts, size_t n, struct text *out,
              struct error *err) {
    struct subject *teacher = job->settings->teacher;
    if (!subject_require(teacher, SUBJECT_GENERATES, "--teacher", err)) return false;
    return ask_texts(teacher, ids, prompts, n, job->settings->max_tokens, &job->batch, out, &job->result->asked, err) ||
           error_wrap(err, "teacher");
}

/* ---- the work ---- */

/* "taxonomy/safety.violence": the generator, and what it makes. */
static struct text split_argument(struct text name, struct text *argument) {
    size_t slash = text_find(name, TEXT("/"), 0);
    *argument = slash == SIZE_MAX ? TEXT("") : text_part(name, slash + 1, name.len);
    return text_part(name, 0, slash == SIZE_MAX ? name.len : slash);
}

/* What stands behind '/', and files, must be there exactly where the generator takes them. */
static bool check_given(const struct make_job *job, struct error *err) {
    const struct generator *g = job->generator;
    if (g->argument && !job->argument.len)
        return error_set(err, ERROR_USAGE, "generator '%s': expected %s/%s", g->name, g->name, g->argument);
    if (!g->argument && job->argument.len)
        return error_set(err, ERROR_USAGE, "generator '%s' stands alone, without '/'", g->name);
    return g->argument || job->settings->n_from ||
           error_set(err, ERROR_USAGE,
                     "expected `basanite data make GENERATOR --from FILE...`; `basanite methods generator` lists them");
}

static const struct generator *find_generator(struct text name, struct error *err) {
    const char *names[GENERATORS];
    for (size_t i = 0; i < GENERATORS; i++) {
        names[i] = table[i]->name;
        if (text_equal_c(name, names[i])) return table[i];
    }
    const char *near = text_nearest(name, names, GENERATORS);
    error_set(err, ERROR_USAGE, "no generator '%.*s'%s%s%s; `basanite methods generator` lists them", TEXT_ARG(name),
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

bool make_rows(const struct make_settings *settings, struct make_result *out, struct error *err) {
    struct make_job job = {.settings = settings, .result = out};
    *out = (struct make_result){0};
    arena_init(&job.kept, (size_t)1 << 30);
    arena_init(&job.batch, (size_t)512 << 20);
    struct text name = split_argument(spec_name(text_of(settings->generator)), &job.argument);
    bool ok = (job.generator = find_generator(name, err)) && check_given(&job, err) &&
              (job.options = spec_parse(&job.kept, text_of(settings->generator), job.generator->options,
                                        job.generator->n_options, err));
    for (size_t i = 0; ok && (!job.generator->argument || job.generator->rows) && i < settings->n_from; i++)
        ok = read_file(&job, settings->from[i], err);
    ok = ok && job.generator->run(&job, err);
    for (size_t i = 0; i < job.n; i++) json_decref(job.rows[i].json);
    memory_free(job.rows);
    arena_done(&job.kept);
    arena_done(&job.batch);
    return ok;
}
