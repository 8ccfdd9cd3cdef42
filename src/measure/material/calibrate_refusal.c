/* Sensitivity and specificity of the refusal detector: see calibrate_refusal.h. */
#include "measure/material/calibrate_refusal.h"

#include "base/csv.h"
#include "base/file.h"
#include "measure/rules/refusal.h"
#include "measure/statistics/statistics.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MOST = 100, NAME = 320 };
enum label { COMPLIANCE, REFUSAL, PARTIAL, LABELS };
enum detector { RULES, KEYWORDS, DETECTORS };

/* Answers with each label, and how many of them each detector takes for a refusal. */
struct counts {
    uint64_t answers[LABELS], refused[LABELS][DETECTORS];
};

static bool find_label(struct text t, enum label *label) {
    static const char *const names[LABELS] = {"1_full_compliance", "2_full_refusal", "3_partial_refusal"};
    for (int i = 0; i < LABELS; i++)
        if (text_starts(t, text_of(names[i]))) return *label = (enum label)i, true;
    return false;
}

static bool count(struct counts *c, struct text answer, enum label label, struct arena *arena, struct error *err) {
    struct refusal_verdict v;
    if (!refusal_detect(answer, arena, &v, err)) return false;
    c->answers[label]++;
    c->refused[label][RULES] += v.state == REFUSAL_FULL || v.state == REFUSAL_PARTIAL;
    return true;
}

/* published: what the file says a string match gave, or NULL where it says nothing. */
static bool count_keywords(struct counts *c, struct text answer, enum label label, const struct text *published) {
    struct refusal_verdict v;
    enum label matched = COMPLIANCE;
    if (published) {
        if (!find_label(*published, &matched)) return false;
        c->refused[label][KEYWORDS] += matched != COMPLIANCE;
        return true;
    }
    c->refused[label][KEYWORDS] += refusal_keywords(answer, &v) && v.state == REFUSAL_FULL;
    return true;
}

static bool count_rows(struct csv *csv, const char *path, struct counts *c, struct error *err) {
    size_t completion = csv_column(csv, "completion"), label = csv_column(csv, "final_label"), line;
    size_t match = csv_column(csv, "strmatch_label");
    if (completion == SIZE_MAX || label == SIZE_MAX)
        return error_set(err, ERROR_DATA, "%s: expected the columns 'completion' and 'final_label'", path);
    const struct text *fields;
    struct arena arena;
    enum label which = COMPLIANCE;
    arena_init(&arena, 1 << 24);
    int state = 0;
    bool ok = true;
    while (ok && (state = csv_next(csv, &fields, &line, err)) == 1) {
        const struct text *published = match == SIZE_MAX ? NULL : &fields[match];
        ok = (find_label(fields[label], &which) && count_keywords(c, fields[completion], which, published)) ||
             error_set(err, ERROR_DATA,
                       "%s:%zu: label '%.*s': expected 1_full_compliance, 2_full_refusal or 3_partial_refusal", path,
                       line, TEXT_ARG(fields[label]));
        ok = ok && count(c, fields[completion], which, &arena, err);
        arena_reset(&arena);
    }
    arena_done(&arena);
    return ok && state == 0;
}

static bool count_file(const char *path, struct counts *c, struct error *err) {
    struct csv *csv = csv_open(path, ',', true, err);
    *c = (struct counts){0};
    bool ok = csv && count_rows(csv, path, c, err);
    csv_close(csv);
    return ok;
}

/* hits of n beside the string match's; nothing to show without such answers. */
static void give_share(const struct calibrate_out *rows, const char *name, const uint64_t hits[DETECTORS], uint64_t n,
                       double confidence, const char *note) {
    char expected[80], found[80];
    if (!n) return calibrate_skip(rows, name, "no such answers");
    struct interval x = stat_clopper_pearson(hits[RULES], n, confidence);
    struct interval plain = stat_clopper_pearson(hits[KEYWORDS], n, confidence);
    snprintf(expected, sizeof expected, "at least %.4f [%.4f, %.4f]", (double)hits[KEYWORDS] / (double)n, plain.lo,
             plain.hi);
    snprintf(found, sizeof found, "%.4f [%.4f, %.4f]", (double)hits[RULES] / (double)n, x.lo, x.hi);
    calibrate_give(rows, name, expected, found, 0, hits[RULES] >= hits[KEYWORDS] ? CALIBRATE_PASSED : CALIBRATE_MISSED,
                   note);
}

static void give_file(const struct calibrate_out *rows, const char *file, const struct counts *c, double confidence) {
    char name[NAME], note[NAME];
    uint64_t kept[DETECTORS];
    for (int d = 0; d < DETECTORS; d++) kept[d] = c->answers[COMPLIANCE] - c->refused[COMPLIANCE][d];
    snprintf(name, sizeof name, "sensitivity, %s", file);
    snprintf(note, sizeof note,
             "%llu of %llu full refusals, string match %llu; of %llu partial ones %llu, string match %llu",
             (unsigned long long)c->refused[REFUSAL][RULES], (unsigned long long)c->answers[REFUSAL],
             (unsigned long long)c->refused[REFUSAL][KEYWORDS], (unsigned long long)c->answers[PARTIAL],
             (unsigned long long)c->refused[PARTIAL][RULES], (unsigned long long)c->refused[PARTIAL][KEYWORDS]);
    give_share(rows, name, c->refused[REFUSAL], c->answers[REFUSAL], confidence, note);
    snprintf(name, sizeof name, "specificity, %s", file);
    snprintf(note, sizeof note, "%llu of %llu full compliances, string match %llu", (unsigned long long)kept[RULES],
             (unsigned long long)c->answers[COMPLIANCE], (unsigned long long)kept[KEYWORDS]);
    give_share(rows, name, kept, c->answers[COMPLIANCE], confidence, note);
}

static void add_counts(struct counts *all, const struct counts *c) {
    for (int l = 0; l < LABELS; l++) {
        all->answers[l] += c->answers[l];
        for (int d = 0; d < DETECTORS; d++) all->refused[l][d] += c->refused[l][d];
    }
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Files of the folder that hold labelled completions, in the order of their names. */
static bool list_files(const char *gold, struct arena *arena, char **paths, size_t *n, struct error *err) {
    *n = 0;
    if (!file_is_folder(gold)) return (paths[(*n)++] = arena_printf(arena, err, "%s", gold)) != NULL;
    DIR *folder = opendir(gold);
    if (!folder) return error_system(err, errno, "cannot read", gold);
    bool ok = true;
    for (struct dirent *e; ok && *n < FILES_MOST && (e = readdir(folder));) {
        struct text name = text_of(e->d_name);
        /* Tables that only repeat another's completions with one more column are left out. */
        if (!text_ends(name, TEXT(".csv")) || text_find(name, TEXT("completions"), 0) == SIZE_MAX ||
            text_find(name, TEXT("streval"), 0) != SIZE_MAX)
            continue;
        ok = (paths[(*n)++] = arena_printf(arena, err, "%s/%s", gold, e->d_name)) != NULL;
    }
    closedir(folder);
    qsort(paths, *n, sizeof *paths, by_name);
    return ok && (*n > 0 || error_set(err, ERROR_DATA, "'%s': no CSV files of completions in it", gold));
}

bool calibrate_refusal(const char *gold, double confidence, calibrate_report *report, void *context,
                       struct error *err) {
    struct calibrate_out rows = {report, context};
    struct arena arena;
    char *paths[FILES_MOST];
    size_t files = 0;
    struct counts all = {0}, one;
    arena_init(&arena, 1 << 20);
    bool ok = list_files(gold, &arena, paths, &files, err);
    for (size_t i = 0; ok && i < files && (ok = count_file(paths[i], &one, err)); i++) {
        const char *slash = strrchr(paths[i], '/');
        give_file(&rows, slash ? slash + 1 : paths[i], &one, confidence);
        add_counts(&all, &one);
    }
    if (ok && files > 1) give_file(&rows, "all files", &all, confidence);
    arena_done(&arena);
    return ok;
}
