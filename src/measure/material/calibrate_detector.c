/* Measuring detectors: see calibrate_detector.h. */
#include "measure/material/calibrate_detector.h"

#include "measure/run/answer_file.h"
#include "measure/figure/metric_internal.h"
#include "measure/run/score_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MOST = 320 };

struct measuring {
    struct task *task;
    const struct detector *detector;
    struct arena arena;
    struct detector_measure *out;
};

static bool label_of_row(const struct answer_row *row, enum detector_label *label, struct error *err) {
    static const char *const keys[] = {"person", "human", "final_label"};
    const json_t *found = NULL;
    for (size_t i = 0; i < 3 && !found; i++) found = json_object_get(row->item.row, keys[i]);
    char number[32];
    struct text said = json_text(found);
    if (json_is_boolean(found)) said = json_is_true(found) ? TEXT("yes") : TEXT("no");
    if (json_is_number(found)) said = (struct text){number, text_from_f64(json_number_value(found), number)};
    *label = detector_label_of(said);
    if (*label != DETECTOR_UNLABELLED) return true;
    return error_set(err, ERROR_DATA,
                     "%.*s: expected a person's label under 'person': yes, no, partial, or such a word "
                     "(refusal, compliance, correct, wrong), found '%.*s'",
                     TEXT_ARG(row->item.source), (int)(said.len < 60 ? said.len : 60), said.at);
}

/* What the detector says of an answer: in full, in part. NaN: it cannot say. */
static bool say(struct measuring *m, const struct answer_row *row, double *full, double *partly, struct error *err) {
    struct record_row scored = record_row_of_item(m->task, &row->item);
    struct answer answer = {.text = row->answers[0]};
    if (!record_row_score(m->task, &row->item, &answer, &m->arena, &scored, err)) return false;
    *full = metric_part(&scored, m->detector->part);
    *partly = metric_part(&scored, "partial");
    json_decref((json_t *)scored.evidence);
    return true;
}

static bool measure_row(struct measuring *m, const struct answer_row *row, struct error *err) {
    enum detector_label label;
    double full, partly;
    if (row->n_answers != 1)
        return error_set(err, ERROR_DATA, "%.*s: expected one answer in a row; labels of groups are not read",
                         TEXT_ARG(row->item.source));
    if (!label_of_row(row, &label, err) || !say(m, row, &full, &partly, err)) return false;
    m->out->partly += label == DETECTOR_PARTLY;
    if (full != 0 && full != 1) return m->out->unread++, true;
    m->out->table[label == DETECTOR_YES][full == 1]++;
    detector_count(&m->out->error[DETECTED_WHOLE], DETECTED_WHOLE, label, full == 1);
    detector_count(&m->out->error[DETECTED_AT_ALL], DETECTED_AT_ALL, label, full == 1 || partly == 1);
    return true;
}

static bool measure_file(struct measuring *m, const char *path, struct error *err) {
    struct answer_file *file = answer_file_open(path, NULL, err);
    struct answer_row row;
    int state = file ? 1 : -1;
    while (state == 1 && (state = answer_file_next(file, &m->arena, &row, err)) == 1) {
        if (!measure_row(m, &row, err)) state = -1;
        item_done(&row.item);
        arena_reset(&m->arena);
    }
    answer_file_close(file);
    return state == 0;
}

static bool no_detector(const char *scorer, struct error *err) {
    const struct scorer *const *all;
    size_t n = scorers(&all);
    char names[TEXT_MOST] = "";
    for (size_t i = 0; i < n; i++)
        if (all[i]->detects)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", *names ? ", " : "", all[i]->name);
    return error_set(err, ERROR_USAGE, "scorer '%s' detects nothing that people could label; there are %s", scorer,
                     names);
}

bool detector_measure(const char *scorer, const char *const *paths, size_t n_paths, const char *path,
                      struct detector_measure *out, struct error *err) {
    struct measuring m = {.out = out};
    *out = (struct detector_measure){0};
    arena_init(&m.arena, (size_t)1 << 28);
    bool ok = (m.task = score_carrier(scorer, path, 1, err)) != NULL;
    if (ok && !(m.detector = task_detector(m.task))) ok = no_detector(scorer, err);
    for (size_t i = 0; ok && i < n_paths; i++) ok = measure_file(&m, paths[i], err);
    arena_done(&m.arena);
    task_free(m.task);
    return ok;
}

/* ---- rows ---- */

struct giving {
    const struct calibrate_out *out;
    const char *scorer;
    double confidence;
};

static void give_share(const struct giving *g, const char *name, uint64_t k, uint64_t n, bool passed,
                       const char *note) {
    char found[80], shown[TEXT_MOST];
    snprintf(shown, sizeof shown, "%s, %s", name, g->scorer);
    if (!n) return calibrate_skip(g->out, shown, "no such answers among those that people labelled");
    struct interval x = stat_clopper_pearson(k, n, g->confidence);
    snprintf(found, sizeof found, "%.4f [%.4f, %.4f]", x.estimate, x.lo, x.hi);
    calibrate_give(g->out, shown, "together above chance", found, 0, passed ? CALIBRATE_PASSED : CALIBRATE_MISSED,
                   note);
}

static void give_event(const struct giving *g, const struct stat_detector *d, const char *prefix, const char *of) {
    char name[64], note[TEXT_MOST];
    double lo = stat_clopper_pearson(d->found, d->positives, g->confidence).lo +
                stat_clopper_pearson(d->kept, d->negatives, g->confidence).lo;
    bool passed = d->positives && d->negatives && lo > 1;
    snprintf(name, sizeof name, "sensitivity%s", of);
    snprintf(note, sizeof note,
             "detector: {%ssensitivity: %" PRIu64 "/%" PRIu64 ", %sspecificity: %" PRIu64 "/%" PRIu64 "}", prefix,
             d->found, d->positives, prefix, d->kept, d->negatives);
    give_share(g, name, d->found, d->positives, passed, note);
    snprintf(name, sizeof name, "specificity%s", of);
    snprintf(note, sizeof note, "%" PRIu64 " of %" PRIu64 " are told from them", d->kept, d->negatives);
    give_share(g, name, d->kept, d->negatives, passed, note);
}

static void give_agreement(const struct giving *g, const struct detector_measure *m) {
    char name[TEXT_MOST], found[80], note[TEXT_MOST];
    double kappa = stat_cohen_kappa(&m->table[0][0], 2);
    snprintf(name, sizeof name, "agreement with people, %s", g->scorer);
    snprintf(found, sizeof found, isnan(kappa) ? "not determined" : "kappa %.4f", kappa);
    snprintf(note, sizeof note,
             "person yes: %" PRIu64 " yes, %" PRIu64 " no; person no: %" PRIu64 " yes, %" PRIu64 " no; %" PRIu64
             " unread and left out",
             m->table[1][1], m->table[1][0], m->table[0][1], m->table[0][0], m->unread);
    calibrate_give(g->out, name, "above 0", found, 0, kappa > 0 ? CALIBRATE_PASSED : CALIBRATE_MISSED, note);
}

bool calibrate_detector(const char *scorer, const char *gold, const char *path, double confidence,
                        calibrate_report *report, void *context, struct error *err) {
    struct calibrate_out out = {report, context};
    struct giving g = {&out, scorer, confidence};
    struct detector_measure m;
    if (!detector_measure(scorer, &gold, 1, path, &m, err)) return false;
    give_event(&g, &m.error[DETECTED_WHOLE], "", m.partly ? " in full" : "");
    if (m.partly) give_event(&g, &m.error[DETECTED_AT_ALL], "partial_", " in full or in part");
    give_agreement(&g, &m);
    return true;
}
