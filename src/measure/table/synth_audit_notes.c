/* What a reader of an audit must know beside its figures. See synth_audit.h. */
#include "measure/table/synth_audit.h"

#include <math.h>
#include <string.h>

static const double GAP = 0.1, RATIO = 0.8;
enum { NOTES_MOST = 4096 };

struct notes {
    const struct synth_audit *audit;
    struct arena *arena;
    const char **out;
    size_t n;
};

static bool add(struct notes *s, const char *line) {
    if (line && s->n < NOTES_MOST) s->out[s->n++] = line;
    return line != NULL;
}

static bool of_metric(const struct trust_metric *m, const char *name) {
    size_t len = strlen(name);
    return strncmp(m->name, name, len) == 0 && (m->name[len] == '/' || !m->name[len]);
}

static bool about_figure(struct notes *s, const struct trust_candidate *c, const struct trust_metric *m, double x,
                         struct error *err) {
    if (of_metric(m, "replicas") && x > 0)
        return add(s, arena_printf(s->arena, err, "%s: %.4f of its rows are training rows", c->id, x));
    if (m->dimension == TRUST_FAIRNESS && x > GAP)
        return add(s, arena_printf(s->arena, err, "%s: %s is %.3f, above %g", c->id, m->name, x, GAP));
    if (of_metric(m, "ratio") && x < RATIO)
        return add(s,
                   arena_printf(s->arena, err, "%s: %s is %.3f: far below a learner of real rows", c->id, m->name, x));
    return true;
}

static bool about_metric(struct notes *s, const struct trust_metric *m, enum trust_use use, struct error *err) {
    if (use == TRUST_DROPPED)
        return add(
            s, arena_printf(s->arena, err, "%s is not known for every candidate: left out of all indices", m->name));
    if (use == TRUST_UNINFORMATIVE)
        return add(s, arena_printf(s->arena, err, "%s is the same for all: it has no influence", m->name));
    return true;
}

static bool about_rows(struct notes *s, struct error *err) {
    const struct synth_audit *a = s->audit;
    if (a->leaks && !add(s, arena_printf(s->arena, err,
                                         "%zu of the unseen real rows are seen ones, chance gives %zu: copies of them "
                                         "pass for chance, and replicas and dcr_share are too low",
                                         a->shared, a->by_chance)))
        return false;
    for (size_t i = 0; i < a->cohort.n; i++) {
        const struct trust_candidate *c = &a->cohort.candidate[i];
        if (!c->anchor && 2 * a->rows[i] < a->train &&
            !add(s, arena_printf(s->arena, err,
                                 "%s: %zu rows beside %zu training rows: its figures vary more, and those that grow "
                                 "with rows, as mmd_snr, favour it",
                                 c->id, a->rows[i], a->train)))
            return false;
    }
    return true;
}

static bool about_cohort(struct notes *s, const struct trust_index *index, const struct trust_ranking *ranking,
                         struct error *err) {
    const struct trust_cohort *c = &s->audit->cohort;
    for (size_t i = 0; i < c->n; i++) {
        size_t beside = 0, before = 0;
        for (size_t j = 0; j < c->n; j++) beside += c->candidate[j].fold == c->candidate[i].fold;
        for (size_t j = 0; j < i; j++) before += c->candidate[j].fold == c->candidate[i].fold;
        if (before == 0 && beside < TRUST_ENOUGH &&
            !add(s, arena_printf(s->arena, err, "fold %llu has %zu candidates: steps of an index are coarse",
                                 (unsigned long long)c->candidate[i].fold, beside)))
            return false;
    }
    for (size_t d = 0; d < TRUST_DIMENSIONS; d++)
        if (isnan(index->pi[d]) &&
            !add(s, arena_printf(s->arena, err, "nothing measures %s: it has no weight", trust_names[d])))
            return false;
    if (ranking->n > 1 && !ranking->clear_winner &&
        !add(s, arena_printf(s->arena, err, "no clear winner%s",
                             isnan(ranking->row[0].first) ? ": one candidate of a generator does not show how much it "
                                                            "varies; give several seeds or folds"
                                                          : "")))
        return false;
    return true;
}

bool synth_audit_notes(const struct synth_audit *audit, const struct trust_index *index,
                       const struct trust_ranking *ranking, struct arena *arena, const char ***out, size_t *n,
                       struct error *err) {
    const struct trust_cohort *c = &audit->cohort;
    struct notes s = {.audit = audit, .arena = arena, .out = arena_new(arena, const char *, NOTES_MOST, err)};
    if (!s.out || !about_rows(&s, err) || !about_cohort(&s, index, ranking, err)) return false;
    for (size_t m = 0; m < c->k; m++)
        if (!about_metric(&s, &c->metric[m], index->use[m], err)) return false;
    for (size_t i = 0; i < c->n; i++)
        for (size_t m = 0; !c->candidate[i].anchor && m < c->k; m++)
            if (!about_figure(&s, &c->candidate[i], &c->metric[m], c->raw[i * c->k + m].estimate, err)) return false;
    *out = s.out, *n = s.n;
    return true;
}
