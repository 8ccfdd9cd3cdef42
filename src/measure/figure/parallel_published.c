/* Rules about published tables of golds and rates: see parallel_lint.h. */
#include "measure/figure/parallel_internal.h"

#include <stdlib.h>
#include <string.h>

enum { CLASSES = LEXICON_LETTERS + 1, LANGUAGES_MOST = 64 }; /* the last class: golds that are no letter */

double parallel_explain(double fixed, double bad_gold, double no_response) {
    return fixed * (1 - bad_gold) + bad_gold * no_response;
}

/* ---- golds of a file in a language */

struct golds {
    uint64_t n, spoilt, of[CLASSES], labels; /* spoilt: outside the Greek letters; labels: different ones */
    char first[64];                          /* the first that is spoilt */
    bool letters;                            /* every one is an option letter */
};

static bool read_golds(const json_t *list, const struct lexicons *lexicons, const struct lexicon *l,
                       struct json_place place, struct golds *out, struct error *err) {
    struct arena arena;
    bool ok = json_is_array(list) || json_mismatch(list, "golds", place, "[[GOLD, COUNT], ...]", err);
    *out = (struct golds){.letters = true};
    arena_init(&arena, 1 << 22);
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i), *label = json_array_get(pair, 0),
                     *count = json_array_get(pair, 1);
        enum letter_kind kind = LETTERS_LOCAL;
        struct text t;
        bool valid;
        if (!json_is_string(label) || !json_is_integer(count) || json_integer_value(count) < 0)
            ok = json_mismatch(pair, "golds", place, "[GOLD, COUNT]", err);
        ok = ok && lexicon_normal(lexicons, json_text(label), &arena, &t, &valid, err);
        if (!ok) break;
        int option = lexicon_gold(l, t, &kind);
        uint64_t n = (uint64_t)json_integer_value(count);
        out->n += n, out->labels++;
        out->of[option >= 0 && option < LEXICON_LETTERS ? option : LEXICON_LETTERS] += n;
        out->letters = out->letters && option >= 0;
        if (option >= 0 && kind == LETTERS_GREEK) continue;
        if (!out->spoilt) snprintf(out->first, sizeof out->first, "%s", json_string_value(label));
        out->spoilt += n;
    }
    arena_done(&arena);
    return ok;
}

static const struct lexicon *known_language(const struct lexicons *lexicons, const char *name, struct json_place place,
                                            struct error *err) {
    const struct lexicon *l = lexicon_find(lexicons, text_of(name));
    if (!l)
        error_set(err, ERROR_DATA, "%s: %s: no language '%s'; rules/languages.yaml lists them", place.file, place.path,
                  name);
    return l;
}

/* ---- gold histograms */

struct file_golds {
    const char *lang[LANGUAGES_MOST];
    struct golds golds[LANGUAGES_MOST];
    size_t n;
    bool letters; /* of some language all are */
};

static bool read_file(const json_t *languages, const struct lexicons *lexicons, struct json_place place,
                      struct file_golds *out, struct error *err) {
    const char *name;
    json_t *list;
    *out = (struct file_golds){0};
    if (!json_is_object(languages))
        return json_mismatch(languages, place.path, place, "{LANGUAGE: [[GOLD, COUNT], ...]}", err);
    json_object_foreach((json_t *)languages, name, list) {
        const struct lexicon *l = known_language(lexicons, name, place, err);
        if (!l) return false;
        if (out->n == LANGUAGES_MOST)
            return error_set(err, ERROR_DATA, "%s: %s: over %d languages", place.file, place.path, LANGUAGES_MOST);
        if (!read_golds(list, lexicons, l, place, &out->golds[out->n], err)) return false;
        out->letters |= out->golds[out->n].letters;
        out->lang[out->n++] = name;
    }
    return true;
}

struct telling {
    parallel_sink *sink;
    void *context;
    const char *file;
};

static bool tell(const struct telling *t, enum parallel_rule rule, const char *lang, uint64_t found, uint64_t of,
                 const char *what, struct error *err) {
    const struct parallel_finding finding = {rule, t->file, lang, found, of, what};
    return t->sink(t->context, &finding, err);
}

static bool tell_spoilt(const struct telling *t, const struct file_golds *f, struct error *err) {
    char what[160];
    for (size_t i = 0; f->letters && i < f->n; i++) {
        if (!f->golds[i].spoilt) continue;
        snprintf(what, sizeof what, "golds outside the Greek letters, such as '%s'", f->golds[i].first);
        if (!tell(t, PARALLEL_GOLD, f->lang[i], f->golds[i].spoilt, f->golds[i].n, what, err)) return false;
    }
    return true;
}

/* One class in every language: letters that are one option, or one phrase throughout. */
static bool tell_constant(const struct telling *t, const struct file_golds *f, struct error *err) {
    uint64_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        size_t classes = 0;
        for (size_t c = 0; c < CLASSES; c++) classes += f->golds[i].of[c] > 0;
        if (f->letters ? classes > 1 : f->golds[i].labels > 1) return true;
        n += f->golds[i].n;
    }
    return f->n == 0 || tell(t, PARALLEL_CLASSES, "", n, n, "all golds are of one class", err);
}

static bool same_counts(const struct golds *a, const struct golds *b) {
    return memcmp(a->of, b->of, sizeof a->of) == 0;
}

/* Parallel files have equal counts: a chi-square of them against those of most languages would be 0. */
static bool tell_unequal(const struct telling *t, const struct file_golds *f, const char *const *all, size_t n_all,
                         struct error *err) {
    size_t best = 0, votes = 0;
    for (size_t i = 0; i < f->n; i++) {
        size_t same = 0;
        for (size_t k = 0; k < f->n; k++) same += same_counts(&f->golds[i], &f->golds[k]);
        if (same > votes) best = i, votes = same;
    }
    for (size_t i = 0; i < f->n; i++)
        if (!same_counts(&f->golds[i], &f->golds[best]) &&
            !tell(t, PARALLEL_IDS, f->lang[i], f->golds[i].n, f->golds[best].n,
                  "counts of the golds are not those of most languages", err))
            return false;
    for (size_t a = 0; a < n_all; a++) {
        size_t i = 0;
        while (i < f->n && strcmp(f->lang[i], all[a]) != 0) i++;
        if (i == f->n && !tell(t, PARALLEL_IDS, all[a], f->golds[best].n, f->golds[best].n, "the file is missing", err))
            return false;
    }
    return true;
}

/* The languages of all files. */
static size_t all_languages(const json_t *histograms, const char **out) {
    const char *file, *lang;
    json_t *languages, *list;
    size_t n = 0;
    json_object_foreach((json_t *)histograms, file, languages) json_object_foreach(languages, lang, list) {
        size_t i = 0;
        while (i < n && strcmp(out[i], lang) != 0) i++;
        if (i == n && n < LANGUAGES_MOST) out[n++] = lang;
    }
    return n;
}

bool parallel_lint_histograms(const json_t *histograms, const char *shown, const struct lexicons *lexicons,
                              parallel_sink *sink, void *context, struct error *err) {
    const char *all[LANGUAGES_MOST], *file;
    json_t *languages;
    if (!json_is_object(histograms))
        return json_mismatch(histograms, "", (struct json_place){shown, 1, ""},
                             "{FILE: {LANGUAGE: [[GOLD, COUNT], ...]}}", err);
    size_t n_all = all_languages(histograms, all);
    json_object_foreach((json_t *)histograms, file, languages) {
        struct file_golds f;
        const struct telling t = {sink, context, file};
        if (!read_file(languages, lexicons, (struct json_place){shown, 1, file}, &f, err) ||
            !tell_spoilt(&t, &f, err) || !tell_constant(&t, &f, err) || !tell_unequal(&t, &f, all, n_all, err))
            return false;
    }
    return true;
}

/* ---- published rates */

/* The golds of the file whose name begins with the task's and '/'; NULL: none. */
static const json_t *file_of(const json_t *histograms, const char *task, const char **name) {
    const char *file;
    json_t *languages;
    size_t n = strlen(task);
    json_object_foreach((json_t *)histograms, file,
                        languages) if (strncmp(file, task, n) == 0 && file[n] == '/') return *name = file,
                                                                                             languages;
    return NULL;
}

/* Rates are told to four places. */
static bool is_share(double rate, uint64_t k, uint64_t n) {
    return fabs(rate - (double)k / (double)n) < 5e-5;
}

static bool check_rate(const struct telling *t, const char *task, const char *model, const char *lang,
                       const json_t *cell, const struct golds *golds, struct error *err) {
    char what[240];
    const json_t *accuracy = json_object_get(cell, "accuracy"), *silent = json_object_get(cell, "no_response");
    if (!json_is_number(accuracy) || !golds->spoilt || !is_share(json_number_value(accuracy), golds->spoilt, golds->n))
        return true;
    snprintf(what, sizeof what, "%s: accuracy %.4g of %s is the share of spoilt golds, %llu/%llu (no response %.4g)",
             task, json_number_value(accuracy), model, (unsigned long long)golds->spoilt, (unsigned long long)golds->n,
             json_is_number(silent) ? json_number_value(silent) : (double)NAN);
    return tell(t, PARALLEL_MUTE, lang, golds->spoilt, golds->n, what, err);
}

static bool check_task_rates(const struct telling *t, const char *task, const json_t *models,
                             const struct file_golds *f, struct json_place place, struct error *err) {
    const char *model;
    json_t *languages;
    if (!json_is_object(models)) return json_mismatch(models, task, place, "{MODEL: {LANGUAGE: {...}}}", err);
    json_object_foreach((json_t *)models, model, languages) for (size_t i = 0; i < f->n; i++) {
        const json_t *cell = json_object_get(languages, f->lang[i]);
        if (cell && !check_rate(t, task, model, f->lang[i], cell, &f->golds[i], err)) return false;
    }
    return true;
}

bool parallel_lint_rates(const json_t *rates, const json_t *histograms, const char *shown,
                         const struct lexicons *lexicons, parallel_sink *sink, void *context, struct error *err) {
    const char *task;
    json_t *models;
    if (!json_is_object(rates))
        return json_mismatch(rates, "", (struct json_place){shown, 1, ""}, "{TASK: {MODEL: {LANGUAGE: {...}}}}", err);
    json_object_foreach((json_t *)rates, task, models) {
        struct telling t = {sink, context, NULL};
        struct file_golds f;
        const json_t *languages = file_of(histograms, task, &t.file);
        struct json_place place = {shown, 1, task};
        if (languages &&
            (!read_file(languages, lexicons, place, &f, err) || !check_task_rates(&t, task, models, &f, place, err)))
            return false;
    }
    return true;
}

/* ---- credentials */

static size_t key_run(struct text t, size_t from) {
    size_t n = 0;
    while (from + n < t.len) {
        char c = t.at[from + n];
        bool letter =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
        if (!letter) break;
        n++;
    }
    return n;
}

bool parallel_secret(struct text t) {
    static const struct {
        const char *prefix;
        size_t least;
    } keys[] = {{"sk-", 20}, {"AKIA", 16}, {"ghp_", 30}, {"AIza", 30}, {"hf_", 30}, {"xoxb-", 20}, {"glpat-", 20}};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        for (size_t at = text_find(t, text_of(keys[k].prefix), 0); at != SIZE_MAX;
             at = text_find(t, text_of(keys[k].prefix), at + 1))
            if ((at == 0 || key_run(t, at - 1) == 0 || t.at[at - 1] == '-') &&
                key_run(t, at + strlen(keys[k].prefix)) >= keys[k].least)
                return true;
    size_t begin = text_find(t, TEXT("-----BEGIN "), 0);
    return begin != SIZE_MAX && text_find(t, TEXT("PRIVATE KEY-----"), begin) != SIZE_MAX;
}
