/* The value of asking again: see fuse_again.h. */
#include "measure/fusion/fuse_again.h"

#include "measure/fusion/fuse_internal.h"

#include <math.h>
#include <string.h>

enum { CLASSES_MOST = 16 };
enum { VALUE, PRICE, ALPHA };
const struct option_def fuse_again_options[] = {
    {"value", OPTION_REAL, NULL, 0, 1e12, NULL, "what a right answer is worth, in the unit of the costs"},
    {"price", OPTION_REAL, "0", 0, 1e12, NULL, "of the time that asking takes, in the same unit"},
    {"alpha", OPTION_REAL, "1", 1e-9, 1e6, NULL, "added to each count"},
};
enum { N_OPTIONS = sizeof fuse_again_options / sizeof *fuse_again_options };
const size_t fuse_n_again_options = N_OPTIONS;

/* An agent with a second round. */
struct twice {
    size_t first, second; /* places in the log */
    double *seen;         /* [K][K][K + 1][K] by class, old, reference (K: silent), new */
    double cost;          /* mean of a second answer */
};
struct asking {
    const struct agent_log *log;
    struct arena *arena;
    struct fuse_in in;
    struct fuse_counts counts;
    size_t source[AGENT_SOURCES_MOST];
    struct twice twice[AGENT_SOURCES_MOST];
    size_t n_twice, reference, k; /* reference: n_sources, there is none */
    double alpha, value, price;
};

/* ---- what was seen ---- */

static size_t reference_of(const struct asking *a, size_t item) {
    int32_t said = a->reference < a->log->n_sources ? agent_said_at(a->log, item, a->reference)->answer : AGENT_SILENT;
    return said == AGENT_SILENT ? a->k : (size_t)said;
}

static double *cell(const struct asking *a, const struct twice *w, size_t t, size_t old, size_t reference) {
    return &w->seen[((t * a->k + old) * (a->k + 1) + reference) * a->k];
}

/* Both rounds are answered. */
static bool rounds(const struct asking *a, const struct twice *w, size_t item, size_t *old, size_t *new) {
    int32_t first = agent_said_at(a->log, item, w->first)->answer;
    int32_t second = agent_said_at(a->log, item, w->second)->answer;
    if (first == AGENT_SILENT || second == AGENT_SILENT) return false;
    *old = (size_t)first, *new = (size_t)second;
    return true;
}

/* Adds or takes away what an item taught. */
static void learn(struct asking *a, size_t item, double sign) {
    int32_t t = a->log->item[item].gold;
    size_t old, new;
    if (t == AGENT_SILENT) return;
    fuse_count_item(&a->counts, item, sign);
    for (size_t w = 0; w < a->n_twice; w++)
        if (rounds(a, &a->twice[w], item, &old, &new))
            cell(a, &a->twice[w], (size_t)t, old, reference_of(a, item))[new] += sign;
}

/* R(new | t, old, reference), all new: its counts over the table without reference, that one over even shares. */
static void chances(const struct asking *a, const struct twice *w, size_t t, size_t old, size_t reference,
                    double *out) {
    double k = (double)a->k, whole[CLASSES_MOST] = {0}, sum = 0, n = 0;
    const double *here = cell(a, w, t, old, reference);
    for (size_t r = 0; r <= a->k; r++)
        for (size_t s = 0; s < a->k; s++) whole[s] += cell(a, w, t, old, r)[s];
    for (size_t s = 0; s < a->k; s++) sum += whole[s], n += here[s];
    for (size_t s = 0; s < a->k; s++) {
        double prior = (whole[s] + a->alpha) / (sum + a->alpha * k);
        out[s] = (here[s] + a->alpha * k * prior) / (n + a->alpha * k);
    }
}

/* ---- one item ---- */

struct table {
    double r[CLASSES_MOST][CLASSES_MOST]; /* [t][new] */
};

static void table_of(const struct asking *a, const struct twice *w, size_t item, size_t old, struct table *out) {
    for (size_t t = 0; t < a->k; t++) chances(a, w, t, old, reference_of(a, item), out->r[t]);
}

/* Expected largest posterior less the largest now. */
static double gain_of(const struct asking *a, const double *p, const struct table *table) {
    double expected = 0, now = 0;
    for (size_t s = 0; s < a->k; s++) {
        double best = 0;
        for (size_t t = 0; t < a->k; t++) best = fmax(best, p[t] * table->r[t][s]);
        expected += best;
    }
    for (size_t t = 0; t < a->k; t++) now = fmax(now, p[t]);
    return fmax(0, expected - now);
}

static void first_evidence(const struct asking *a, size_t item, double *p) {
    size_t best;
    for (size_t t = 0; t < a->k; t++) {
        p[t] = fuse_log_prior(&a->counts, t);
        for (size_t s = 0; s < a->in.n_sources; s++) p[t] += fuse_log_likelihood(&a->counts, item, s, t);
    }
    fuse_softmax(p, a->k, &best);
}

static void update(const struct asking *a, double *p, const struct table *table, size_t new) {
    double sum = 0;
    for (size_t t = 0; t < a->k; t++) sum += p[t] *= table->r[t][new];
    for (size_t t = 0; t < a->k; t++) p[t] /= sum;
}

static bool pays(const struct asking *a, const struct again_row *row, const struct twice *w, double gain) {
    return isnan(row->least) ? gain * a->value > w->cost + a->price : gain >= row->least;
}

/* The most gainful agent that was not asked yet and pays; n_twice: none. */
static size_t next(const struct asking *a, const struct again_row *row, size_t item, const double *p, const bool *asked,
                   struct table *table) {
    size_t best = a->n_twice, old, new;
    double most = -1;
    for (size_t w = 0; w < a->n_twice; w++) {
        struct table here;
        if (asked[w] || !rounds(a, &a->twice[w], item, &old, &new)) continue;
        table_of(a, &a->twice[w], item, old, &here);
        double gain = gain_of(a, p, &here), net = isnan(row->least) ? gain * a->value - a->twice[w].cost : gain;
        if (!pays(a, row, &a->twice[w], gain) || (best < a->n_twice && !(net > most))) continue;
        most = net, best = w, *table = here;
    }
    return best;
}

static void ask(struct asking *a, size_t item, struct again_row *row) {
    double p[CLASSES_MOST];
    bool asked[AGENT_SOURCES_MOST] = {false};
    struct table table;
    size_t old, new, w, best = 0;
    first_evidence(a, item, p);
    for (w = 0; w < a->n_twice; w++) row->could += rounds(a, &a->twice[w], item, &old, &new);
    while ((w = next(a, row, item, p, asked, &table)) < a->n_twice) {
        double cost = agent_said_at(a->log, item, a->twice[w].second)->cost;
        asked[w] = true;
        row->asked++;
        row->cost += isnan(cost) ? 0 : cost;
        if (rounds(a, &a->twice[w], item, &old, &new)) update(a, p, &table, new);
    }
    for (size_t t = 1; t < a->k; t++)
        if (p[t] > p[best]) best = t;
    row->n++;
    row->right += (int32_t)best == a->log->item[item].gold;
}

/* ---- all ---- */

static bool find_twice(struct asking *a, struct error *err) {
    const struct agent_log *log = a->log;
    size_t k = a->k;
    a->reference = log->n_sources;
    for (size_t i = 0; i < a->in.n_sources; i++) {
        size_t first = a->source[i], second = first;
        for (size_t s = 0; s < log->n_sources; s++)
            if (text_equal(log->source[s].agent, log->source[first].agent) &&
                log->source[s].round > log->source[first].round &&
                (second == first || log->source[s].round < log->source[second].round))
                second = s;
        if (second == first) {
            if (a->reference == log->n_sources) a->reference = first;
            continue;
        }
        struct twice *w = &a->twice[a->n_twice++];
        *w = (struct twice){.first = first, .second = second};
        if (!(w->seen = arena_alloc(a->arena, k * k * (k + 1), k * sizeof *w->seen, err))) return false;
        double n = 0;
        for (size_t item = 0; item < log->n_items; item++) {
            double cost = agent_said_at(log, item, second)->cost;
            if (!isnan(cost)) w->cost += cost, n++;
        }
        w->cost = n > 0 ? w->cost / n : 0;
    }
    return a->n_twice || error_set(err, ERROR_DATA, "--ask-again: no agent has a second round");
}

static void play(struct asking *a, double least, struct again *out) {
    struct again_row *row = &out->row[out->n_rows++];
    *row = (struct again_row){.least = least};
    for (size_t i = 0; i < a->log->n_items; i++) {
        if (a->log->item[i].gold == AGENT_SILENT) continue;
        learn(a, i, -1);
        ask(a, i, row);
        learn(a, i, 1);
    }
    row->cost /= (double)row->n;
}

bool fuse_again(const char *spec, const struct agent_log *log, struct arena *arena, struct again *out,
                struct error *err) {
    static const double curve[] = {-INFINITY, 0.0001, 0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, INFINITY};
    struct asking *a = arena_new(arena, struct asking, 1, err);
    *out = (struct again){0};
    if (!a) return false;
    if (!text_equal_c(spec_name(text_of(spec)), "information-value"))
        return error_set(err, ERROR_USAGE, "--ask-again: expected information-value[,value=V,price=P], found '%s'",
                         spec);
    struct option_value *o = spec_parse(arena, text_of(spec), fuse_again_options, N_OPTIONS, err);
    if (!o) return false;
    if (log->n_classes < 2 || log->n_classes > CLASSES_MOST)
        return error_set(err, ERROR_DATA, "--ask-again: expected 2 to %d classes, found %zu", CLASSES_MOST,
                         log->n_classes);
    if (log->n_gold < 2)
        return error_set(err, ERROR_DATA, "--ask-again learns from gold answers, and fewer than 2 items have one");
    *a = (struct asking){.log = log,
                         .arena = arena,
                         .k = log->n_classes,
                         .alpha = o[ALPHA].real,
                         .price = o[PRICE].real,
                         .value = o[VALUE].given ? o[VALUE].real : NAN};
    a->in = (struct fuse_in){
        .log = log, .source = a->source, .n_sources = fuse_sources(log, false, a->source), .loo = true};
    if (!find_twice(a, err) || !fuse_count(&a->in, a->alpha, 1, arena, &a->counts, err)) return false;
    for (size_t i = 0; i < log->n_items; i++) { /* the counts of first answers are there already */
        fuse_count_item(&a->counts, i, -1);
        learn(a, i, 1);
    }
    if (a->reference < log->n_sources) out->reference = log->source[a->reference].name;
    for (size_t c = 0; c < sizeof curve / sizeof *curve; c++) play(a, curve[c], out);
    if (o[VALUE].given) play(a, NAN, out);
    return true;
}
