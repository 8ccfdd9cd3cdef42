/* The table of fusions, and what they share: see fuse.h. */
#include "measure/fusion/fuse_internal.h"

#include <math.h>
#include <string.h>

static const struct fusion *const table[] = {&fusion_vote,  &fusion_confidence, &fusion_majority,
                                             &fusion_bayes, &fusion_pool,       &fusion_dawid_skene};
enum { FUSIONS = sizeof table / sizeof *table };

size_t fusions(const struct fusion *const **out) {
    *out = table;
    return FUSIONS;
}

const struct fusion *fusion_find(struct text name) {
    for (size_t i = 0; i < FUSIONS; i++)
        if (text_equal_c(name, table[i]->name)) return table[i];
    return NULL;
}

/* ---- who is fused ---- */

size_t fuse_sources(const struct agent_log *log, bool last, size_t source[AGENT_SOURCES_MOST]) {
    size_t n = 0;
    for (size_t s = 0; s < log->n_sources; s++) {
        const struct agent_source *a = &log->source[s];
        bool wanted = !a->decides;
        for (size_t o = 0; o < log->n_sources; o++) {
            const struct agent_source *b = &log->source[o];
            if (!b->decides && text_equal(a->agent, b->agent) && (last ? b->round > a->round : b->round < a->round))
                wanted = false;
        }
        if (wanted) source[n++] = s;
    }
    return n;
}

/* ---- what must be there ---- */

static bool can_learn(const struct fusion *method, const struct agent_log *log, struct error *err) {
    size_t least = log->n_items, n = 0;
    if (!log->n_gold)
        return error_set(err, ERROR_DATA,
                         "method '%s' learns from gold answers, and no item has one; dawid-skene "
                         "needs none",
                         method->name);
    for (size_t i = 0; i < log->n_items; i++) {
        if (log->item[i].gold == AGENT_SILENT) continue;
        if (least == log->n_items) least = i;
        n += log->item[i].gold != log->item[least].gold;
    }
    if (n) return true;
    struct text only = log->classes[log->item[least].gold];
    return error_set(err, ERROR_DATA, "method '%s': all gold answers are '%.*s', so nothing tells sources apart",
                     method->name, TEXT_ARG(only));
}

static bool can_fuse(const struct fusion *method, const struct agent_log *log, size_t n_sources, bool loo,
                     struct error *err) {
    if (n_sources < 2)
        return error_set(err, ERROR_DATA, "fusion needs two sources or more, here %s",
                         n_sources ? "is one" : "is none");
    if (log->n_classes < 2)
        return error_set(err, ERROR_DATA, "fusion needs two classes or more, the answers have %zu", log->n_classes);
    if (loo && log->n_gold < 2)
        return error_set(err, ERROR_DATA, "--loo needs two gold answers or more, the log has %zu", log->n_gold);
    return !method->learns || can_learn(method, log, err);
}

bool fuse(const char *spec, const struct agent_log *log, const size_t *source, size_t n_sources, bool loo,
          struct arena *arena, const struct fusion **method, struct fused *out, struct error *err) {
    const char *names[FUSIONS];
    struct text name = spec_name(text_of(spec));
    *method = fusion_find(name);
    for (size_t i = 0; i < FUSIONS; i++) names[i] = table[i]->name;
    if (!*method) {
        const char *near = text_nearest(name, names, FUSIONS);
        return error_set(err, ERROR_USAGE, "no method '%.*s'%s%s%s; `basanite methods fusion` lists them",
                         TEXT_ARG(name), near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    struct fuse_in in = {.log = log, .source = source, .n_sources = n_sources, .loo = loo};
    in.options = spec_parse(arena, text_of(spec), (*method)->options, (*method)->n_options, err);
    return in.options && can_fuse(*method, log, n_sources, loo, err) && (*method)->fuse(&in, arena, out, err);
}

/* ---- shared ---- */

bool fused_new(const struct fuse_in *in, struct arena *arena, struct fused *out, struct error *err) {
    size_t n = in->log->n_items;
    *out = (struct fused){.answer = arena_new(arena, int32_t, n, err)};
    out->p = out->answer ? arena_alloc(arena, n, in->log->n_classes * sizeof *out->p, err) : NULL;
    for (size_t i = 0; out->p && i < n; i++) out->answer[i] = AGENT_SILENT;
    return out->p != NULL;
}

double fuse_softmax(double *x, size_t k, size_t *best) {
    double sum = 0;
    *best = 0;
    for (size_t t = 1; t < k; t++)
        if (x[t] > x[*best]) *best = t;
    double top = x[*best];
    for (size_t t = 0; t < k; t++) sum += x[t] = exp(x[t] - top);
    for (size_t t = 0; t < k; t++) x[t] /= sum;
    return top + log(sum);
}

size_t fuse_second(const double *p, size_t k, size_t best) {
    size_t second = best ? 0 : 1;
    for (size_t t = 0; t < k; t++)
        if (t != best && p[t] > p[second]) second = t;
    return second;
}

double fuse_information(const double *prior, const double *confusion, size_t k, size_t symbols) {
    double entropy = 0, information = 0;
    for (size_t t = 0; t < k; t++) entropy -= prior[t] > 0 ? prior[t] * log(prior[t]) : 0;
    for (size_t s = 0; s < symbols; s++) {
        double said = 0;
        for (size_t t = 0; t < k; t++) said += prior[t] * confusion[t * symbols + s];
        for (size_t t = 0; t < k; t++) {
            double c = confusion[t * symbols + s];
            if (c > 0 && prior[t] > 0) information += prior[t] * c * log(c / said);
        }
    }
    return entropy > 0 ? information / entropy : NAN;
}
