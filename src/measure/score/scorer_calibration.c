/* Calibration of each agent of a log (measure/fusion/agent_log.h): how sure it says it is beside how often it is right.
 * Every figure is of one agent. The share of overconfident answers is of all answers, and which edge of a bin is closed
 * changes the error of a log by two points and more, so both are part of what a figure says of its method. */
#include "measure/score/scorer_internal.h"

#include "measure/fusion/agent_trust.h"
#include "record/figure.h"

#include <math.h>

enum { BINS, EDGES, TAU, MAP, CLASSES, N_OPTIONS };
static const struct option_def calibration_options[] = {
    {"bins", OPTION_INT, "10", 1, 1000, NULL, "bins of equal width"},
    {"edges", OPTION_CHOICE, "left", 1, 0, "left|right", "which edge of a bin is closed"},
    {"tau", OPTION_REAL, "0.85", 0, 1, NULL, "from which confidence on a wrong answer is an overconfident one"},
    {"map", OPTION_TEXT, NULL, 1, 0, NULL, "what the columns are, FILE.yaml; default: as their names say"},
    {"classes", OPTION_FLAG, NULL, 1, 0, NULL, "how often it is right on items of each class, too"},
};

struct sheet {
    const struct score_whole *in;
    const struct agent_log *log;
    struct arena *arena;
    struct figure *at;
    size_t n, most;
    const char *binned, *group;
    struct error *err;
};

static void put(struct sheet *s, struct figure f) {
    f.group = f.group ? f.group : s->group, f.scorer = "calibration";
    if (s->n < s->most) s->at[s->n++] = f;
}

/* Wilson's limits are put in where there is a k (score_file.c). */
static void put_share(struct sheet *s, const char *name, const char *group, size_t k, size_t n, const char *why) {
    struct figure f = figure_new(name, group, n ? (double)k / (double)n : NAN, n);
    f.k = n ? (int64_t)k : -1, f.unit = "share", f.direction = "up", f.method = "wilson";
    if (!n) f.null_reason = why;
    put(s, f);
}

static void put_number(struct sheet *s, const char *name, double value, size_t n, const char *unit,
                       const char *direction, const char *method, const char *why) {
    struct figure f = figure_new(name, NULL, value, n);
    f.unit = unit, f.direction = direction, f.method = method;
    if (isnan(value)) f.null_reason = why;
    put(s, f);
}

static bool put_trust(struct sheet *s, const struct agent_trust *t) {
    bool left = text_equal_c(s->in->options[EDGES].text, "left");
    const char *tau = arena_printf(s->arena, s->err, "tau=%g, of all answers", s->in->options[TAU].real);
    if (!tau) return false;
    put_number(s, "confidence", t->confidence, t->n, "share", "none", "mean", "");
    put_number(s, "ece", t->ece, t->n, "share", "down", s->binned, "");
    put_number(s, left ? "ece_right_closed" : "ece_left_closed", t->ece_other, t->n, "share", "down", "the other edges",
               "");
    put_number(s, "ece_adaptive", t->ece_adaptive, t->n, "share", "down", "bins of equally many", "");
    put_number(s, "ece_debiased", t->debiased, t->n, "share", "down", "root of squares, less chance", "");
    put_number(s, "brier", t->brier, t->n, "share", "down", "mean", "");
    put_number(s, "reliability", t->reliability, t->n, "share", "down", s->binned, "");
    put_number(s, "resolution", t->resolution, t->n, "share", "up", s->binned, "");
    put_number(s, "uncertainty", t->uncertainty, t->n, "share", "none", "accuracy (1 - accuracy)", "");
    put_number(s, "nll", t->nll, t->n, "nats", "down", "mean, confidence cut to .005 to .995", "");
    put_number(s, "ccc", t->ccc, t->n, "points", "up", "Pearson", t->no_ccc);
    put_number(s, "overconfident", t->ocr, t->n, "share", "down", tau, "");
    put_number(s, "trust", t->trust, t->n, "share", "up", "(1 - ece)(1 - overconfident)(1 + ccc) / 2", "");
    put_number(s, "temperature", t->temperature, t->n, "points", "none", "maximum likelihood", t->no_temperature);
    put_number(s, "shift", t->shift, t->n, "nats", "none", "maximum likelihood", t->no_temperature);
    return true;
}

static bool put_classes(struct sheet *s, const struct agent_record *record) {
    for (size_t t = 0; t < s->log->n_classes; t++) {
        const char *group = arena_printf(s->arena, s->err, "%s,class=%.*s", s->group, TEXT_ARG(s->log->classes[t]));
        if (!group) return false;
        put_share(s, "accuracy", group, record->class_right[t], record->class_n[t], "no item of this class");
    }
    return true;
}

static bool put_agent(struct sheet *s, size_t agent) {
    const struct agent_source *source = &s->log->source[agent];
    const struct agent_trust_settings settings = {(size_t)s->in->options[BINS].integer,
                                                  text_equal_c(s->in->options[EDGES].text, "left"),
                                                  s->in->options[TAU].real};
    struct agent_record record;
    struct agent_trust trust;
    s->group = arena_printf(s->arena, s->err, "agent=%.*s", TEXT_ARG(source->name));
    if (!s->group || !agent_record_of(s->log, agent, s->arena, &record, s->err)) return false;
    put_share(s, "accuracy", NULL, record.right, record.n, "no item has a gold answer");
    if (record.silent) put_share(s, "silent", NULL, record.silent, record.n, "");
    if (!source->confident || record.silent == record.n)
        put_number(s, "ece", NAN, record.n, "share", "down", s->binned,
                   record.silent == record.n ? "it answers nothing that has a gold answer"
                                             : "it does not say how sure it is");
    else if (!agent_trust_of(record.c, record.y, record.n - record.silent, &settings, &trust, s->err) ||
             !put_trust(s, &trust))
        return false;
    return !s->in->options[CLASSES].flag || put_classes(s, &record);
}

static bool whole_calibration(const struct score_whole *in, struct arena *arena, struct figure **figures, size_t *n,
                              struct error *err) {
    struct agent_log log;
    struct agent_log_settings settings = {.lenient = in->lenient};
    struct sheet s = {.in = in, .log = &log, .arena = arena, .err = err};
    if (in->options[MAP].given && !(settings.map = text_copy(arena, in->options[MAP].text, err))) return false;
    if (!agent_log_read(in->paths, in->n_paths, &settings, arena, &log, err)) return false;
    if (!log.n_gold)
        return error_set(err, ERROR_DATA, "%s: no item has a gold answer: nothing can be computed", in->paths[0]);
    s.most = log.n_sources * (18 + log.n_classes);
    s.at = arena_new(arena, struct figure, s.most, err);
    s.binned = arena_printf(arena, err, "bins=%d,edges=%.*s", (int)in->options[BINS].integer,
                            TEXT_ARG(in->options[EDGES].text));
    bool ok = s.at && s.binned;
    for (size_t a = 0; ok && a < log.n_sources; a++) ok = put_agent(&s, a);
    *figures = s.at;
    *n = s.n;
    return ok;
}

static bool score_calibration(const struct task *task, const struct option_value *options, const struct item *item,
                              const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    (void)task, (void)options, (void)item, (void)answer, (void)arena, (void)out;
    return error_set(err, ERROR_USAGE,
                     "scorer 'calibration' reads whole logs of agents; one answer has no calibration");
}

const struct scorer scorer_calibration = {
    .name = "calibration",
    .version = "1",
    .summary = "of logs of agents: how sure each says it is, beside how often it is right",
    .options = calibration_options,
    .n_options = N_OPTIONS,
    .whole = whole_calibration,
    .group = "agent",
    .shown_by = "calibrate fusion",
    .score = score_calibration,
};
