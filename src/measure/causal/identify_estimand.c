/* Formulas of identified effects, written and computed: see identify.h. */
#include "measure/causal/identify.h"

#include <math.h>

/* ---- writing. A bound variable that is also free further out, or bound further out, gets one prime more. ---- */

struct writer {
    struct buffer *out;
    const struct graph *g;
    unsigned char primes[GRAPH_NODES_MOST]; /* of each variable here */
};

static void put_variables(const struct writer *w, graph_set s) {
    for (bool first = true; s; s &= s - 1, first = false) {
        buffer_printf(w->out, "%s%s", first ? "" : ", ", w->g->name[graph_first(s)]);
        for (unsigned k = 0; k < w->primes[graph_first(s)]; k++) buffer_put_char(w->out, '\'');
    }
}

static graph_set free_in(const struct estimand *f) {
    if (f->kind == ESTIMAND_CONDITIONAL) return f->of | f->given;
    graph_set s = 0;
    for (size_t i = 0; i < f->n; i++) s |= free_in(f->part[i]);
    return f->kind == ESTIMAND_SUM ? s & ~f->of : s;
}

static void put(struct writer w, const struct estimand *f, graph_set free);

static void put_part(struct writer w, const struct estimand *f, graph_set free) {
    bool brackets = f->kind == ESTIMAND_SUM || f->kind == ESTIMAND_RATIO;
    if (brackets) buffer_put_char(w.out, '[');
    put(w, f, free);
    if (brackets) buffer_put_char(w.out, ']');
}

/* free: variables with a value here, from outside. */
static void put(struct writer w, const struct estimand *f, graph_set free) {
    if (f->kind == ESTIMAND_CONDITIONAL) {
        buffer_put_c(w.out, "P(");
        put_variables(&w, f->of);
        if (f->given) buffer_put_c(w.out, " | "), put_variables(&w, f->given);
        buffer_put_char(w.out, ')');
    } else if (f->kind == ESTIMAND_SUM) {
        for (graph_set s = f->of & free; s; s &= s - 1) w.primes[graph_first(s)]++;
        buffer_put_c(w.out, "sum_{");
        put_variables(&w, f->of);
        buffer_put_c(w.out, "} ");
        put(w, f->part[0], free | f->of);
    } else if (f->kind == ESTIMAND_RATIO) {
        put_part(w, f->part[0], free);
        buffer_put_c(w.out, " / ");
        put_part(w, f->part[1], free);
    } else {
        for (size_t i = 0; i < f->n; i++) {
            if (i) buffer_put_char(w.out, ' ');
            put_part(w, f->part[i], free);
        }
        if (f->n == 0) buffer_put_char(w.out, '1');
    }
}

bool estimand_put(struct buffer *out, const struct graph *g, const struct estimand *f) {
    struct writer w = {.out = out, .g = g};
    put(w, f, free_in(f));
    return !out->failed;
}

/* ---- computing ---- */

static double mass(const double *joint, size_t n, graph_set fixed, uint64_t values) {
    double sum = 0;
    for (uint64_t v = 0; v < (uint64_t)1 << n; v++)
        if (((v ^ values) & fixed) == 0) sum += joint[v];
    return sum;
}

static double sum_value(const struct estimand *f, const double *joint, size_t n, uint64_t values) {
    size_t bits = graph_count(f->of);
    double sum = 0;
    for (uint64_t k = 0; k < (uint64_t)1 << bits; k++) {
        uint64_t with = values & ~f->of, rest = k;
        for (graph_set s = f->of; s; s &= s - 1, rest >>= 1)
            if (rest & 1) with |= s & -s;
        sum += estimand_value(f->part[0], joint, n, with);
    }
    return sum;
}

double estimand_value(const struct estimand *f, const double *joint, size_t n, uint64_t values) {
    double product = 1;
    switch (f->kind) {
    case ESTIMAND_CONDITIONAL: {
        double under = mass(joint, n, f->given, values);
        return under > 0 ? mass(joint, n, f->of | f->given, values) / under : NAN;
    }
    case ESTIMAND_SUM:
        return sum_value(f, joint, n, values);
    case ESTIMAND_RATIO:
        return estimand_value(f->part[0], joint, n, values) / estimand_value(f->part[1], joint, n, values);
    case ESTIMAND_PRODUCT:
        for (size_t i = 0; i < f->n; i++) product *= estimand_value(f->part[i], joint, n, values);
    }
    return product;
}
