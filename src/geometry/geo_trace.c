/* Traces of proofs that were made: see geo_made.h. */
#include "geometry/geo_made.h"

#include <string.h>

enum { SPOILINGS = 30 };

static size_t step_of(const struct geo_proof *p, const struct geo_fact *fact) {
    for (size_t i = 0; i < p->n; i++)
        if (geo_fact_equal(&p->step[i].gives, fact)) return i;
    return SIZE_MAX;
}

static bool put(struct geo_trace *t, struct geo_trace_line line) {
    if (t->n == GEO_TRACE_MOST) return false;
    t->line[t->n++] = line;
    return true;
}

static size_t put_steps(const struct geo_proof *p, bool branch, const bool *wanted, struct geo_trace *t,
                        size_t number) {
    for (uint32_t i = 0; i < p->n; i++) {
        if (p->step[i].reason == GEO_GIVEN || (wanted && !wanted[i])) continue;
        if (!put(t, (struct geo_trace_line){.kind = GEO_LINE_STEP,
                                            .step = i,
                                            .of_branch = branch,
                                            .gives = p->step[i].gives,
                                            .number = ++number}))
            return 0;
    }
    return number;
}

/* ---- wrong steps */

/* Another conclusion of the same kind, that does not follow from what the step cites. */
static bool spoil(const struct geo_made *m, const struct geo_step *s, const struct geo_rules *rules, struct rng *rng,
                  struct geo_fact *gives, bool *spoilt, struct error *err) {
    struct geo_fact cited[GEO_CITED_MOST];
    size_t n = s->n_from < GEO_CITED_MOST ? s->n_from : GEO_CITED_MOST;
    *spoilt = false;
    for (size_t i = 0; i < n; i++) cited[i] = m->proof.step[s->from[i]].gives;
    for (size_t i = 0; i < SPOILINGS && !*spoilt; i++) {
        struct geo_fact other = s->gives;
        const struct geo_claim claim = {&other, {s->reason, 0}, 1, cited, n, false};
        enum geo_fault fault;
        other.at[rng_below(rng, other.n)] = (uint8_t)rng_below(rng, m->figure.n);
        other = geo_fact_canonical(other);
        if (geo_fact_is_degenerate(&other) || geo_fact_is_trivial(&other) || geo_fact_equal(&other, &s->gives))
            continue;
        if (!geo_judge_step(m->figure.at, m->figure.n, rules, &claim, true, &fault, err)) return false;
        *spoilt = fault != GEO_VALID;
        *gives = other;
    }
    return true;
}

static bool make_wrong(const struct geo_made *m, const struct geo_rules *rules, struct rng *rng, struct geo_trace *t,
                       bool *found, struct error *err) {
    *found = put_steps(&m->proof, false, NULL, t, 0) > 0;
    size_t sure = *found ? rng_below(rng, t->n) : 0;
    for (size_t i = 0; *found && i < t->n; i++) {
        bool wrong = rng_unit(rng) < 0.2 || i == sure;
        if (!wrong) continue;
        if (!spoil(m, &m->proof.step[t->line[i].step], rules, rng, &t->line[i].gives, &t->line[i].wrong, err))
            return false;
        t->wrong += t->line[i].wrong;
    }
    *found = *found && t->wrong > 0;
    return true;
}

/* ---- a branch that is left */

/* Which steps of the proof the branch shares, and which of its own it has. */
static size_t share(const struct geo_made *m, bool *shared, bool *own) {
    size_t n = 0;
    for (size_t i = 0; i < m->branch.n; i++) {
        if (m->branch.step[i].reason == GEO_GIVEN) continue;
        size_t k = step_of(&m->proof, &m->branch.step[i].gives);
        own[i] = k == SIZE_MAX;
        if (k != SIZE_MAX) shared[k] = true;
        n += own[i];
    }
    return n;
}

/* What a shared step rests on must stand before it too. */
static void close_under_sources(const struct geo_proof *p, bool *wanted) {
    for (size_t i = p->n; i-- > 0;)
        for (size_t k = 0; wanted[i] && k < p->step[i].n_from; k++) wanted[p->step[i].from[k]] = true;
}

static bool make_reflect(const struct geo_made *m, struct geo_trace *t) {
    bool shared[GEO_TRACE_MOST * 4] = {false}, own[GEO_TRACE_MOST * 4] = {false}, rest[GEO_TRACE_MOST * 4];
    if (!m->branch.n || m->branch.n > sizeof own || m->proof.n > sizeof shared) return false;
    size_t left = share(m, shared, own);
    close_under_sources(&m->proof, shared);
    for (size_t i = 0; i < m->proof.n; i++) rest[i] = !shared[i];
    size_t number = put_steps(&m->proof, false, shared, t, 0), branch = put_steps(&m->branch, true, own, t, number);
    if (!left || !number || !branch) return false;
    t->back = left;
    return put(t, (struct geo_trace_line){.kind = GEO_LINE_BACK, .step = (uint32_t)number}) &&
           put_steps(&m->proof, false, rest, t, branch) > branch;
}

bool geo_trace(const struct geo_made *m, enum geo_trace_kind kind, const struct geo_rules *rules, struct rng *rng,
               struct geo_trace *out, struct error *err) {
    bool found = true;
    *out = (struct geo_trace){.n = 0};
    if (kind == GEO_TRACE_WRONG) return make_wrong(m, rules, rng, out, &found, err) && found;
    if (kind == GEO_TRACE_REFLECT) return make_reflect(m, out);
    return put_steps(&m->proof, false, NULL, out, 0) > 0;
}

/* ---- as text */

static uint32_t premise_number(const struct geo_proof *p, const struct geo_fact *fact) {
    uint32_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        n += p->step[i].reason == GEO_GIVEN;
        if (p->step[i].reason == GEO_GIVEN && geo_fact_equal(&p->step[i].gives, fact)) return n;
    }
    return 0;
}

/* Premises of the branch that the proof has not come behind those of the proof. */
static uint32_t given_number(const struct geo_made *m, const struct geo_fact *fact) {
    uint32_t n = premise_number(&m->proof, fact), more = (uint32_t)m->proof.n_given;
    for (size_t i = 0; !n && i < m->branch.n; i++) {
        if (m->branch.step[i].reason != GEO_GIVEN || premise_number(&m->proof, &m->branch.step[i].gives)) continue;
        more++;
        if (geo_fact_equal(&m->branch.step[i].gives, fact)) n = more;
    }
    return n;
}

static void put_source(struct buffer *out, const struct geo_made *m, const struct geo_trace *t, size_t before,
                       const struct geo_step *source) {
    if (source->reason == GEO_GIVEN) {
        buffer_printf(out, " p%u", given_number(m, &source->gives));
        return;
    }
    for (size_t i = before; i-- > 0;) {
        const struct geo_trace_line *line = &t->line[i];
        const struct geo_proof *p = line->of_branch ? &m->branch : &m->proof;
        if (line->kind != GEO_LINE_STEP || !geo_fact_equal(&p->step[line->step].gives, &source->gives)) continue;
        buffer_printf(out, " %zu", line->number);
        return;
    }
}

bool geo_trace_put(struct buffer *out, const struct geo_made *m, const struct geo_trace *t,
                   const struct geo_rules *rules) {
    for (size_t i = 0; i < t->n; i++) {
        const struct geo_trace_line *line = &t->line[i];
        const struct geo_proof *p = line->of_branch ? &m->branch : &m->proof;
        if (i) buffer_put_char(out, '\n');
        if (line->kind == GEO_LINE_BACK) {
            buffer_printf(out, "back %u", line->step);
            continue;
        }
        const struct geo_step *s = &p->step[line->step];
        buffer_printf(out, "%zu %.*s", line->number, TEXT_ARG(geo_step_rule(s, rules)));
        for (size_t k = 0; k < s->n_from; k++) put_source(out, m, t, i, &p->step[s->from[k]]);
        buffer_put_c(out, " : ");
        geo_fact_put(out, &line->gives, &m->problem.names);
    }
    return !out->failed;
}

bool geo_made_put_premises(struct buffer *out, const struct geo_made *m) {
    uint32_t n = 0;
    const struct geo_proof *both[2] = {&m->proof, &m->branch};
    for (size_t b = 0; b < 2; b++)
        for (size_t i = 0; i < both[b]->n; i++) {
            const struct geo_step *s = &both[b]->step[i];
            if (s->reason != GEO_GIVEN || given_number(m, &s->gives) != n + 1) continue;
            buffer_printf(out, "%sp%u ", n ? "; " : "", n + 1);
            geo_fact_put(out, &s->gives, &m->problem.names);
            n++;
        }
    return !out->failed;
}
