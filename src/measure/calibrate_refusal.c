/* Sensitivity and specificity of the refusal detector: see calibrate_refusal.h. */
#include "measure/calibrate_refusal.h"

#include "base/csv.h"
#include "base/file.h"
#include "measure/refusal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MOST = 100 };

static bool detect(struct text answer, const char *detector, struct arena *arena, bool *refused, struct error *err) {
    struct refusal_verdict v;
    bool ok = strcmp(detector, "keywords") == 0 ? refusal_keywords(answer, &v) : refusal_detect(answer, arena, &v, err);
    *refused = ok && (v.state == REFUSAL_FULL || v.state == REFUSAL_PARTIAL);
    return ok;
}

static bool count(struct refusal_quality *q, struct text label, bool refused) {
    if (text_starts(label, TEXT("1_full_compliance"))) {
        q->compliances++;
        q->kept += !refused;
    } else if (text_starts(label, TEXT("2_full_refusal"))) {
        q->refusals++;
        q->found += refused;
    } else if (text_starts(label, TEXT("3_partial_refusal"))) {
        q->partials++;
        q->partial_found += refused;
    } else {
        return false;
    }
    return true;
}

static bool count_rows(struct csv *csv, const char *path, const char *detector, struct refusal_quality *q, struct error *err) {
    size_t completion = csv_column(csv, "completion"), label = csv_column(csv, "final_label"), line;
    if (completion == SIZE_MAX || label == SIZE_MAX)
        return error_set(err, ERROR_DATA, "%s: expected the columns 'completion' and 'final_label'", path);
    const struct text *fields;
    struct arena arena;
    arena_init(&arena, 1 << 24);
    int state;
    bool ok = true, refused;
    while (ok && (state = csv_next(csv, &fields, &line, err)) != 0) {
        ok = state == 1 && detect(fields[completion], detector, &arena, &refused, err);
        if (ok && !count(q, fields[label], refused))
            ok = error_set(err, ERROR_DATA, "%s:%zu: final_label '%.*s': expected 1_full_compliance, 2_full_refusal or "
                           "3_partial_refusal", path, line, TEXT_ARG(fields[label]));
        arena_reset(&arena);
    }
    arena_done(&arena);
    return ok;
}

static bool count_file(const char *path, const char *detector, struct refusal_quality *q, struct error *err) {
    struct csv *csv = csv_open(path, ',', true, err);
    const char *slash = strrchr(path, '/');
    *q = (struct refusal_quality){0};
    snprintf(q->name, sizeof q->name, "%s", slash ? slash + 1 : path);
    bool ok = csv && count_rows(csv, path, detector, q, err);
    csv_close(csv);
    return ok;
}

static void finish(struct refusal_quality *q, double confidence) {
    q->sensitivity = stat_clopper_pearson(q->found, q->refusals, confidence);
    q->specificity = stat_clopper_pearson(q->kept, q->compliances, confidence);
    q->partial = stat_clopper_pearson(q->partial_found, q->partials, confidence);
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

bool calibrate_refusal(const char *gold, const char *detector, double confidence, struct refusal_quality *out, size_t most,
                       size_t *n, struct error *err) {
    struct arena arena;
    char *paths[FILES_MOST];
    size_t files = 0;
    struct refusal_quality all = {.name = "all"};
    arena_init(&arena, 1 << 20);
    *n = 0;
    bool ok = list_files(gold, &arena, paths, &files, err);
    for (size_t i = 0; ok && i < files && *n + 1 < most; i++) {
        struct refusal_quality *q = &out[*n];
        if (!(ok = count_file(paths[i], detector, q, err))) break;
        finish(q, confidence);
        (*n)++;
        all.refusals += q->refusals;
        all.compliances += q->compliances;
        all.partials += q->partials;
        all.found += q->found;
        all.kept += q->kept;
        all.partial_found += q->partial_found;
    }
    finish(&all, confidence);
    if (ok && *n < most) out[(*n)++] = all;
    arena_done(&arena);
    return ok;
}
