/* Test cases of a leaf of a taxonomy: see leaf.h. Files (--from) fill the slot that the leaf names: keyword lists, as
 * people write them or as models number them; questions with lettered options; rows of a table. */
#include "measure/data/make_internal.h"

#include "base/file.h"
#include "measure/dataset/dataset.h"
#include "measure/leaf/leaf.h"
#include "measure/world/world.h"

#include <ctype.h>
#include <string.h>

enum { KEYWORD_MOST = 80, FILE_MOST = 64 << 20, APART_MOST = 16 };

static const struct option_def taxonomy_options[] = {
    {"draw", OPTION_INT, "1", 1, 9e15, NULL, "another draw from the same slots and the same world"},
    {"world", OPTION_INT, "7", 0, 9e15, NULL, "seed of the pocket world"},
    {"apart", OPTION_TEXT, "", 1, 0, NULL, "files of training texts, divided by |, in which no prompt may stand"},
};
enum option { DRAW, WORLD, APART };

struct given {
    struct make_job *job;
    const struct leaf *leaf;
    json_t *values;
    const char *path;
    size_t line;
};

static bool bad(struct given *g, struct error *err, const char *what) {
    return error_set(err, ERROR_DATA, "%s:%zu: %s", g->path, g->line, what);
}

static bool keep(struct given *g, json_t *value, struct error *err) {
    if (json_array_append_new(g->values, value) != 0) return error_memory(err, "values");
    return true;
}

/* ---- keywords: one a line, perhaps numbered ("3. Theft", "3) Theft") ---- */

static struct text keyword_of(struct text line) {
    size_t digits = 0;
    line = text_trim(line);
    while (digits < line.len && isdigit((unsigned char)line.at[digits])) digits++;
    if (digits && digits + 1 < line.len && strchr(".)", line.at[digits]) && line.at[digits + 1] == ' ')
        line = text_trim(text_part(line, digits + 2, line.len));
    while (line.len && strchr(".,;:!?", line.at[line.len - 1])) line.len--;
    return text_trim(line);
}

static bool take_keyword(struct given *g, struct text line, struct error *err) {
    struct text word = keyword_of(line);
    if (!text_trim(line).len) return true;
    g->job->result->read++;
    if (!word.len) return bad(g, err, "expected a keyword, found a number or marks alone");
    if (text_utf8_count(word) > KEYWORD_MOST)
        return bad(g, err, "a keyword of over 80 characters; one a line is expected");
    for (size_t i = 0; i < json_array_size(g->values); i++)
        if (text_equal_nocase(json_text(json_array_get(g->values, i)), word)) return g->job->result->repeated++, true;
    return keep(g, json_from_text(word), err);
}

/* ---- questions: a line, then lines "A) option"; blank lines between ---- */

struct question_reading {
    struct text asked;
    json_t *options; /* owned */
    size_t line;
};

static bool end_question(struct given *g, struct question_reading *q, struct error *err) {
    struct text asked = q->asked;
    size_t n = json_array_size(q->options), here = g->line;
    json_t *options = q->options;
    *q = (struct question_reading){.options = json_array()};
    if (!asked.len && n == 0) return json_decref(options), true;
    g->line = asked.len && n < 2 ? here : g->line;
    if (asked.len && n >= 2)
        return keep(g, json_pack("{s:o s:o}", "question", json_from_text(asked), "options", options), err);
    json_decref(options);
    return bad(g, err,
               asked.len ? "the question before has fewer than two options \"A) ...\"" : "options without a question");
}

static bool take_line(struct given *g, struct question_reading *q, struct text line, struct error *err) {
    struct text t = text_trim(line);
    size_t n = json_array_size(q->options);
    if (!t.len) return true;
    if (t.len > 3 && isupper((unsigned char)t.at[0]) && t.at[1] == ')') {
        if ((size_t)(t.at[0] - 'A') != n) return bad(g, err, "the letters of options do not follow each other");
        return json_array_append_new(q->options, json_from_text(text_trim(text_part(t, 2, t.len)))) == 0 ||
               error_memory(err, "options");
    }
    if ((q->asked.len || n) && !end_question(g, q, err)) return false;
    q->asked = t;
    g->job->result->read++;
    return true;
}

/* ---- the files ---- */

static bool read_lines(struct given *g, bool questions, struct error *err) {
    struct text rest, line;
    struct question_reading q = {.options = json_array()};
    if (!file_read(&g->job->kept, g->path, FILE_MOST, &rest, err)) return json_decref(q.options), false;
    bool ok = true;
    for (g->line = 1; ok && text_next(&rest, '\n', &line); g->line++) {
        ok = text_utf8_invalid(line) == SIZE_MAX ? true : bad(g, err, "no UTF-8");
        ok = ok && (questions ? take_line(g, &q, line, err) : take_keyword(g, line, err));
        if (ok || !g->job->settings->lenient || err->kind != ERROR_DATA) continue;
        error_clear(err);
        g->job->result->bad++;
        ok = true;
    }
    ok = ok && (!questions || end_question(g, &q, err));
    json_decref(q.options);
    return ok;
}

/* Each row must have what the leaf's own value has. */
static bool take_row(struct given *g, json_t *row, const json_t *like, struct error *err) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)like, key, value) {
        char what[160];
        if (json_object_get(row, key)) continue;
        snprintf(what, sizeof what, "expected a column '%.80s'", key);
        return json_decref(row), bad(g, err, what);
    }
    return keep(g, row, err);
}

static bool read_rows(struct given *g, struct error *err) {
    const struct dataset_kwargs kwargs = {.header = true};
    const json_t *like = leaf_from_like(g->leaf);
    struct dataset *dataset = dataset_open(g->path, g->path, &kwargs, err);
    bool ok = dataset != NULL;
    for (int state = 1; ok && state != 0;) {
        json_t *row;
        state = dataset_next(dataset, &row, &g->line, err);
        g->job->result->read += state == 1;
        ok = state == 0 || (state == 1 && take_row(g, row, like, err));
        if (ok || !g->job->settings->lenient || err->kind != ERROR_DATA) continue;
        error_clear(err);
        g->job->result->bad++;
        ok = true;
    }
    dataset_close(dataset);
    return ok;
}

static bool read_given(struct given *g, struct error *err) {
    const struct make_settings *s = g->job->settings;
    const char *format = leaf_from_format(g->leaf);
    if (s->n_from && !leaf_from(g->leaf))
        return error_set(err, ERROR_USAGE, "--from: leaf '%s' has no slot that files could fill", leaf_name(g->leaf));
    for (size_t i = 0; i < s->n_from; i++) {
        size_t before = json_array_size(g->values);
        g->path = s->from[i];
        if (!(strcmp(format, "rows") == 0 ? read_rows(g, err) : read_lines(g, strcmp(format, "questions") == 0, err)))
            return false;
        if (json_array_size(g->values) == before && g->job->result->bad == 0)
            return error_set(err, ERROR_DATA, "%s: no %s in it", g->path, format);
    }
    return true;
}

/* ---- the work ---- */

static bool open_apart(struct make_job *job, struct text *texts, size_t *n, struct error *err) {
    struct text rest = job->options[APART].text, path;
    *n = 0;
    while (rest.len && text_next(&rest, '|', &path)) {
        char *copy = text_copy(&job->kept, path, err);
        if (*n == APART_MOST) return error_set(err, ERROR_USAGE, "apart: at most %d files", APART_MOST);
        if (!copy || !file_read(&job->kept, copy, (size_t)900 << 20, &texts[(*n)++], err)) return false;
    }
    return true;
}

static bool put_row(void *context, const json_t *row, struct error *err) {
    return make_put(context, json_incref((json_t *)row), err);
}

static bool make_cases(struct make_job *job, const struct leaf *leaf, const json_t *values, struct error *err) {
    struct text apart[APART_MOST];
    struct leaf_settings s = {.seed = job->settings->seed,
                              .draw = (uint64_t)job->options[DRAW].integer,
                              .world = (uint64_t)job->options[WORLD].integer,
                              .apart = apart,
                              .given = json_array_size(values) ? values : NULL};
    struct leaf_made made = {0};
    s.once = s.given && job->settings->count == 0;
    s.count = job->settings->count ? job->settings->count : LEAF_COUNT;
    if (!open_apart(job, apart, &s.n_apart, err)) return false;
    struct world *world = world_new(s.world, err);
    bool ok = world && leaf_make(leaf, world, &s, put_row, job, &made, err);
    job->result->used = made.cases;
    if (s.once) job->result->repeated += made.repeated; /* else another was drawn instead */
    world_free(world);
    return ok;
}

static bool run_taxonomy(struct make_job *job, struct error *err) {
    if (job->settings->teacher) return error_set(err, ERROR_USAGE, "--teacher: leaves are drawn, nobody writes them");
    struct leaf *leaf = leaf_open(job->argument, err);
    struct given given = {.job = job, .leaf = leaf, .values = json_array()};
    bool ok = leaf && (given.values || error_memory(err, "values")) && read_given(&given, err) &&
              make_cases(job, leaf, given.values, err);
    json_decref(given.values);
    leaf_free(leaf);
    return ok;
}

const struct generator generator_taxonomy = {
    .name = "taxonomy",
    .summary = "cases of a leaf of a taxonomy, with gold known by construction: taxonomy/LEAF; files fill its keywords",
    .options = taxonomy_options,
    .n_options = 3,
    .argument = "LEAF",
    .run = run_taxonomy,
};
