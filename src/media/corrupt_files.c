/* Going through the files: see corrupt_files.h. A part of the work is one file with one corruption; a worker keeps the
 * file that it opened last, since its parts follow on each other. */
#include "media/corrupt_files.h"

#include "media/corrupt_places.h"

#include "base/file.h"

#include <string.h>

enum { PARTS_AT_ONCE = 512 };
static const size_t file_most = (size_t)256 << 20, written_most = (size_t)512 << 20, arena_most = (size_t)3 << 30;

struct opened {
    size_t file; /* SIZE_MAX: none */
    bool ok;
    struct error error; /* why not */
    const struct medium *medium;
    void *content;
    struct media_told told;
    char digest[HASH_HEX];
};
struct worker {
    struct arena file, part;
    struct opened now;
};
struct part {
    json_t *row; /* NULL: the corruption is one of another medium, or the file could not be read */
    bool unread, failed, fits;
    struct error error;
};
struct job {
    const struct corrupt_settings *settings;
    const struct corruption_choices *choices;
    struct corrupt_places places;
    struct worker *workers;
    struct part parts[PARTS_AT_ONCE];
    size_t first; /* number of parts[0] */
};

/* ---- one part ---- */

/* "PATH: neither a PNG or JPEG picture nor a sound" */
static bool no_medium(const char *path, struct error *err) {
    char what[512] = "";
    const struct medium *const *all;
    size_t n = media(&all), used = 0;
    for (size_t i = 0; i < n && used < sizeof what; i++)
        used += (size_t)snprintf(what + used, sizeof what - used, "%s%s", i ? " nor " : "neither ", all[i]->what);
    return error_set(err, ERROR_DATA, "%s: %s", path, what);
}

static bool open_file(struct worker *w, const char *path, struct error *err) {
    struct text bytes;
    struct opened *now = &w->now;
    if (!file_read(&w->file, path, file_most, &bytes, err)) return false;
    sha256_hex(bytes.at, bytes.len, now->digest);
    if (bytes.len == 0) return error_set(err, ERROR_DATA, "%s: the file is empty", path);
    if (!(now->medium = medium_of(bytes))) return no_medium(path, err);
    now->content = now->medium->read(bytes, &w->file, &now->told, err);
    return now->content != NULL || error_wrap(err, "%s", path);
}

static void open_once(struct worker *w, const struct job *job, size_t file) {
    struct opened *now = &w->now;
    if (now->file == file) return;
    arena_reset(&w->file);
    *now = (struct opened){.file = file};
    error_clear(&now->error);
    now->ok = open_file(w, job->places.files[file], &now->error);
}

static json_t *figures_json(const struct media_told *told) {
    json_t *all = json_object();
    for (size_t i = 0; i < told->n_figures; i++)
        json_object_set_new(all, told->figures[i].name, json_from_f64(told->figures[i].value));
    return all;
}

static json_t *notes_json(const struct media_told *told) {
    json_t *all = json_array();
    for (size_t i = 0; i < told->n_notes; i++) json_array_append_new(all, json_string(told->notes[i]));
    return all;
}

static json_t *parameters_json(const struct corruption_choice *c) {
    json_t *all = json_object();
    for (size_t i = 0; i < c->corruption->n_options; i++) {
        const struct option_def *d = &c->corruption->options[i];
        json_t *value =
            d->type == OPTION_INT ? json_integer((json_int_t)c->parameters[i]) : json_from_f64(c->parameters[i]);
        json_object_set_new(all, d->name, value);
    }
    return all;
}

static json_t *row_of(const struct corruption_choice *c, const char *in, const char *out, uint64_t seed,
                      const struct media_told *told, const char *digest_in, const char *digest_out) {
    json_t *severity = c->severity ? json_integer(c->severity) : json_null();
    return json_pack("{s:s s:s s:s s:o s:o s:I s:o s:o s:s s:s}", "file", in, "out", out, "kind", c->corruption->name,
                     "severity", severity, "parameters", parameters_json(c), "seed", (json_int_t)seed, "measured",
                     figures_json(told), "notes", notes_json(told), "sha256_in", digest_in, "sha256_out", digest_out);
}

/* Corrupts a copy, measures it, writes it. */
static bool make(struct worker *w, const struct job *job, const struct corruption_choice *choice, struct part *part,
                 struct error *err) {
    const struct medium *m = w->now.medium;
    struct media_told told = w->now.told;
    char digest[HASH_HEX];
    const char *path = corrupt_place(&job->places, w->now.file, choice, &w->part, err);
    void *copy = path ? m->copy(w->now.content, &w->part, err) : NULL;
    if (!copy || !corruption_apply(choice, copy, job->settings->seed, w->now.digest, &w->part, &told, err) ||
        !m->measure(w->now.content, copy, &w->part, &told, err))
        return false;
    struct buffer bytes;
    buffer_init(&bytes, written_most);
    bool ok =
        m->write(copy, &bytes, err) && buffer_check(&bytes, "file", err) && file_write(path, buffer_text(&bytes), err);
    if (ok) {
        sha256_hex(bytes.at, bytes.len, digest);
        part->row =
            row_of(choice, job->places.files[w->now.file], path, job->settings->seed, &told, w->now.digest, digest);
        ok = part->row != NULL || error_memory(err, "row of the log");
    }
    buffer_done(&bytes);
    return ok;
}

static void do_part(void *context, size_t i, size_t worker) {
    struct job *job = context;
    struct worker *w = &job->workers[worker];
    struct part *part = &job->parts[i];
    size_t number = job->first + i;
    const struct corruption_choice *choice = &job->choices->at[number % job->choices->n];
    *part = (struct part){0};
    error_clear(&part->error);
    if (interrupted(job->settings->stop)) return;
    open_once(w, job, number / job->choices->n);
    if (!w->now.ok) {
        part->unread = true;
        part->error = w->now.error;
        return;
    }
    if (!(part->fits = choice->corruption->medium == w->now.medium)) return;
    arena_reset(&w->part);
    part->failed = !make(w, job, choice, part, &part->error);
    if (part->failed)
        error_wrap(&part->error, "%s, %s at %s%s", job->places.files[w->now.file], choice->corruption->name,
                   choice->severity ? "severity " : "", choice->label);
}

/* ---- the log ---- */

/* What is known of the file that the rows are about. */
struct telling {
    size_t file;
    bool fits, failed, wrote;
};

static bool tell_error(const struct job *job, size_t file, const struct corruption_choice *choice, const char *why,
                       struct telling *t, struct corrupt_result *out, struct error *err) {
    json_t *row = json_pack("{s:s s:s}", "file", job->places.files[file], "error", why);
    if (row && choice) {
        json_object_set_new(row, "kind", json_string(choice->corruption->name));
        json_object_set_new(row, "severity", choice->severity ? json_integer(choice->severity) : json_null());
    }
    if (!row) return error_memory(err, "row of the log");
    if (!t->failed) out->failed++;
    if (!out->first[0]) snprintf(out->first, sizeof out->first, "%s", why);
    t->failed = true;
    bool ok = job->settings->sink(job->settings->context, row, err);
    json_decref(row);
    return ok;
}

/* All parts of a file are told: was there one that fits it? */
static bool end_file(const struct job *job, struct telling *t, struct corrupt_result *out, struct error *err) {
    char why[600];
    out->gave += t->wrote;
    out->partly += t->wrote && t->failed;
    if (t->fits || t->failed) return true;
    snprintf(why, sizeof why, "%.500s: no corruption of its medium is asked for", job->places.files[t->file]);
    return tell_error(job, t->file, NULL, why, t, out, err);
}

static bool tell_part(const struct job *job, size_t i, struct telling *t, struct corrupt_result *out,
                      struct error *err) {
    const struct part *part = &job->parts[i];
    size_t number = job->first + i, file = number / job->choices->n;
    const struct corruption_choice *choice = &job->choices->at[number % job->choices->n];
    if (number % job->choices->n == 0) *t = (struct telling){.file = file}, out->files++;
    t->fits |= part->fits;
    if (part->row && !job->settings->sink(job->settings->context, part->row, err)) return false;
    if (part->row) out->written++, t->wrote = true;
    if (part->unread && !t->failed && !tell_error(job, file, NULL, part->error.message, t, out, err)) return false;
    if (part->failed && !tell_error(job, file, choice, part->error.message, t, out, err)) return false;
    return number % job->choices->n + 1 < job->choices->n || end_file(job, t, out, err);
}

static bool run(struct job *job, struct corrupt_result *out, struct error *err) {
    struct telling telling = {0};
    size_t n = job->places.n * job->choices->n;
    bool ok = true;
    for (job->first = 0; ok && job->first < n; job->first += PARTS_AT_ONCE) {
        size_t now = n - job->first < PARTS_AT_ONCE ? n - job->first : PARTS_AT_ONCE;
        pool_run(job->settings->pool, now, do_part, job);
        if (interrupted(job->settings->stop)) ok = error_set(err, ERROR_INTERRUPTED, "stopped; what is written stays");
        for (size_t i = 0; i < now; i++) {
            ok = ok && tell_part(job, i, &telling, out, err);
            json_decref(job->parts[i].row);
        }
    }
    return ok;
}

bool corrupt_files(const struct corrupt_settings *settings, struct arena *arena, struct corrupt_result *out,
                   struct error *err) {
    struct corruption_choices choices;
    size_t n = pool_threads(settings->pool);
    *out = (struct corrupt_result){0};
    struct job *job = arena_new(arena, struct job, 1, err);
    if (!job || !corruption_choose(settings->kinds, settings->n_kinds, arena, &choices, err)) return false;
    job->settings = settings;
    job->choices = &choices;
    if (!corrupt_places_plan(settings, &choices, arena, &job->places, err) ||
        !(job->workers = arena_new(arena, struct worker, n, err)))
        return false;
    for (size_t i = 0; i < n; i++) {
        arena_init(&job->workers[i].file, arena_most);
        arena_init(&job->workers[i].part, arena_most);
        job->workers[i].now.file = SIZE_MAX;
    }
    bool ok = run(job, out, err);
    for (size_t i = 0; i < n; i++) {
        arena_done(&job->workers[i].file);
        arena_done(&job->workers[i].part);
    }
    return ok;
}
