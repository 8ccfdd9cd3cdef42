/* Known answers of trpa: see calibrate_trpa.h. Answers of one token stand for whole answers: their log-probability is
 * all that the loss sees of them. */
#include "act/objective/calibrate_trpa.h"

#include "act/objective/objective.h"
#include "base/json.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_LINE ((size_t)1 << 20)
#define GOLD_TOLERANCE 1e-9
enum { MOST_ANSWERS = 512, ARMS = 8, BOUNDS = 1000, STEPS = 40000, MAJORISER_STEPS = 200 };

/* Answers of one token each. */
struct bench {
    struct answer_view of[MOST_ANSWERS];
    double logprob[MOST_ANSWERS], reference[MOST_ANSWERS], gradient[MOST_ANSWERS];
    size_t n, groups;
};

static void bench_add(struct bench *b, bool begins, double logprob, double reference, int level, double weight) {
    size_t i = b->n++;
    b->groups += begins;
    b->logprob[i] = logprob;
    b->reference[i] = reference;
    b->of[i] = (struct answer_view){.group = b->groups - 1,
                                    .weight = weight,
                                    .level = level,
                                    .n = 1,
                                    .logprob = &b->logprob[i],
                                    .reference = &b->reference[i],
                                    .gradient = &b->gradient[i]};
}

static bool bench_loss(struct bench *b, const char *spec, double *loss, struct error *err) {
    struct step_figures figures = {0};
    struct arena arena;
    arena_init(&arena, 0);
    const struct objective *o = objective_find(text_of(spec), err);
    const struct option_value *options = o ? spec_parse(&arena, text_of(spec), o->options, o->n_options, err) : NULL;
    memset(b->gradient, 0, sizeof b->gradient);
    bool ok = options && o->of_answers(options, b->of, b->n, &figures, loss, err);
    arena_done(&arena);
    return ok;
}

/* ---- published losses */

static bool read_groups(struct bench *b, const json_t *row, struct json_place place, struct error *err) {
    size_t g, i;
    json_t *groups, *group, *answer;
    *b = (struct bench){0};
    if (!json_get_array(row, "groups", place, &groups, err)) return false;
    json_array_foreach(groups, g, group)
        json_array_foreach(group, i, answer) {
            int64_t level;
            double ratio;
            if (b->n == MOST_ANSWERS)
                return error_set(err, ERROR_DATA, "%s:%zu: more than %d answers", place.file, place.line, MOST_ANSWERS);
            if (!json_get_i64(answer, "level", place, &level, err) ||
                !json_get_f64(answer, "log_ratio", place, &ratio, err))
                return false;
            bench_add(b, i == 0, ratio, 0, (int)level, 1);
        }
    return true;
}

/* The largest distance of the derivatives; infinite when their number differs. */
static double farthest(const struct bench *b, const json_t *groups) {
    size_t g, i, at = 0;
    double most = 0;
    json_t *group, *number;
    json_array_foreach(groups, g, group)
        json_array_foreach(group, i, number)
            if (at < b->n) most = fmax(most, fabs(b->gradient[at++] - json_number_value(number)));
    return at == b->n ? most : INFINITY;
}

static bool gold_row(const json_t *row, struct json_place place, const struct calibrate_out *out, struct error *err) {
    struct bench b;
    json_t *expect;
    struct text id;
    double beta, anisotropy, wanted, loss;
    char spec[128], name[80], note[80];
    if (!json_get_text(row, "id", place, &id, err) || !json_get_f64(row, "beta", place, &beta, err) ||
        !json_get_f64(row, "anisotropy", place, &anisotropy, err) ||
        !json_get_object(row, "expect", place, &expect, err) || !json_get_f64(expect, "loss", place, &wanted, err) ||
        !read_groups(&b, row, place, err))
        return false;
    snprintf(spec, sizeof spec, "trpa,fallback=sign,beta=%.17g,anisotropy=%.17g", beta, anisotropy);
    if (!bench_loss(&b, spec, &loss, err)) return false;
    snprintf(name, sizeof name, "loss %.*s", TEXT_ARG(id));
    snprintf(note, sizeof note, "%zu answers", b.n);
    calibrate_number(out, name, wanted, loss, GOLD_TOLERANCE, note);
    snprintf(name, sizeof name, "derivatives %.*s", TEXT_ARG(id));
    calibrate_number(out, name, 0, farthest(&b, json_object_get(expect, "grad_log_ratio")), GOLD_TOLERANCE,
                     "largest distance");
    return true;
}

static bool gold_file(const char *path, const struct calibrate_out *out, struct error *err) {
    struct jsonl *lines = jsonl_open(path, MOST_LINE, err);
    json_t *row;
    size_t line;
    int state = 0;
    bool ok = lines != NULL;
    while (ok && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        ok = gold_row(row, (struct json_place){path, line, ""}, out, err);
        json_decref(row);
    }
    if (lines) jsonl_close(lines);
    return ok && state >= 0;
}

/* ---- theory: a bandit of ARMS answers to one prompt */

static void softmax(const double *z, double *p) {
    double sum = 0;
    for (int i = 0; i < ARMS; i++) sum += p[i] = exp(z[i]);
    for (int i = 0; i < ARMS; i++) p[i] /= sum;
}

/* Every ordered pair of different arms as a group of two, the first better,
 * by how often it is drawn and preferred so. */
static void all_pairs(struct bench *b, const double *p, const double *reference, const double *drawn,
                      const double *reward) {
    *b = (struct bench){0};
    for (int i = 0; i < ARMS; i++)
        for (int j = 0; j < ARMS; j++) {
            if (i == j) continue;
            double weight = drawn[i] * drawn[j] * sigmoid(reward[i] - reward[j]);
            bench_add(b, true, log(p[i]), log(reference[i]), 1, weight);
            bench_add(b, false, log(p[j]), log(reference[j]), 2, weight);
        }
}

/* d loss / d z through the softmax, arm by arm; answers stand in the order of all_pairs. */
static void arm_gradient(const struct bench *b, const double *p, double *out) {
    double by[ARMS] = {0}, total = 0;
    size_t at = 0;
    for (int i = 0; i < ARMS; i++)
        for (int j = 0; j < ARMS; j++) {
            if (i == j) continue;
            by[i] += b->gradient[at++];
            by[j] += b->gradient[at++];
        }
    for (int i = 0; i < ARMS; i++) total += by[i];
    for (int i = 0; i < ARMS; i++) out[i] = by[i] - p[i] * total;
}

/* Bradley-Terry preferences, kappa = 1: whatever draws the pairs, the minimum is pi_ref exp(reward / beta) / Z. */
static bool boltzmann(const struct calibrate_out *out, struct error *err) {
    static const double reward[ARMS] = {0.5, -0.4, 0.2, 0.9, -0.8, 0, 0.3, -0.2};
    double z[ARMS], reference[ARMS], drawn[ARMS], p[ARMS], aim[ARMS], slope[ARMS], loss, distance = 0;
    struct rng rng = rng_stream(1, "calibrate/trpa", 0);
    struct bench b;
    for (int i = 0; i < ARMS; i++) z[i] = rng_unit(&rng) - 0.5;
    softmax(z, reference);
    for (int i = 0; i < ARMS; i++) aim[i] = z[i] + reward[i] / 0.5;
    for (int i = 0; i < ARMS; i++) slope[i] = 2 * rng_unit(&rng) - 1;
    softmax(slope, drawn);
    softmax(aim, aim);
    for (int step = 0; step < STEPS; step++) {
        softmax(z, p);
        all_pairs(&b, p, reference, drawn, reward);
        if (!bench_loss(&b, "trpa,beta=0.5,ktpo=off,norm=sum,c=0", &loss, err)) return false;
        arm_gradient(&b, p, slope);
        double most = 0;
        for (int i = 0; i < ARMS; i++) {
            z[i] -= 4 * slope[i];
            most = fmax(most, fabs(slope[i]));
        }
        if (most < 1e-10) break;
    }
    for (int i = 0; i < ARMS; i++) distance += fabs(p[i] - aim[i]) / 2;
    calibrate_number(out, "posterior", 0, distance, 1e-4, "total variation from pi_ref exp(reward / beta) / Z");
    return true;
}

/* Labels of two answers that are flipped with the rate e: the gap of the log-ratios settles
 * at logit(1 - e) / (kappa beta). */
static bool flip_gap(const struct calibrate_out *out, double kappa, struct error *err) {
    const double e = 0.2, beta = 0.5, wanted = log((1 - e) / e) / (kappa * beta);
    double gap = 0, loss;
    char spec[96], name[64];
    snprintf(spec, sizeof spec, "trpa,beta=%g,anisotropy=%g,c=0,average=prompts", beta, kappa);
    for (int step = 0; step < STEPS; step++) {
        struct bench b = {0};
        for (int flipped = 0; flipped < 2; flipped++) {
            bench_add(&b, true, gap / 2, 0, flipped ? 2 : 1, flipped ? e : 1 - e);
            bench_add(&b, false, -gap / 2, 0, flipped ? 1 : 2, flipped ? e : 1 - e);
        }
        if (!bench_loss(&b, spec, &loss, err)) return false;
        double slope = (b.gradient[0] + b.gradient[2] - b.gradient[1] - b.gradient[3]) / 2;
        gap -= slope;
        if (fabs(slope) < 1e-12) break;
    }
    snprintf(name, sizeof name, "gap of flipped labels, kappa %g", kappa);
    calibrate_number(out, name, wanted, gap, 1e-6, "logit(1 - e) / (kappa beta), e = 0.2");
    return true;
}

/* The loss of each pair under p, the reference being uniform and arm i better than all behind it; at most `most`. */
static void pair_losses(const double *p, double beta, double most, double out[ARMS][ARMS]) {
    for (int i = 0; i < ARMS; i++)
        for (int j = 0; j < ARMS; j++)
            out[i][j] = i == j ? 0 : fmin(-log_sigmoid(beta * (log(p[i > j ? j : i]) - log(p[i > j ? i : j]))), most);
}

static double expected(const double *drawn, double losses[ARMS][ARMS]) {
    double sum = 0;
    for (int i = 0; i < ARMS; i++)
        for (int j = 0; j < ARMS; j++) sum += drawn[i] * drawn[j] * losses[i][j];
    return sum;
}

static double divergence(const double *p, const double *q) {
    double sum = 0;
    for (int i = 0; i < ARMS; i++) sum += p[i] * (log(p[i]) - log(q[i]));
    return fmax(sum, 0);
}

static void random_arms(struct rng *rng, double width, const double *near, double *z, double *p) {
    for (int i = 0; i < ARMS; i++) z[i] = (near ? near[i] : 0) + width * rng_normal(rng);
    softmax(z, p);
}

/* J(pi) <= L_old(pi) + sqrt(2) Bmax sqrt(KL(pi_old || pi)), where J draws the pairs from pi and L_old from pi_old. */
static void bound(const struct calibrate_out *out) {
    const double most = 3;
    struct rng rng = rng_stream(2, "calibrate/trpa", 0);
    int broken = 0;
    double nearest = INFINITY, left = 0, right = 0;
    for (int k = 0; k < BOUNDS; k++) {
        double old[ARMS], p[ARMS], z[ARMS], moved[ARMS], losses[ARMS][ARMS];
        random_arms(&rng, 1.5, NULL, z, old);
        random_arms(&rng, k % 2 ? 1.5 : 0.1, z, moved, p);
        pair_losses(p, 1, most, losses);
        double above = expected(old, losses) + sqrt(2) * most * sqrt(divergence(old, p)), now = expected(p, losses);
        broken += above < now;
        if (above - now >= nearest) continue;
        nearest = above - now;
        left = now;
        right = above;
    }
    char note[96];
    calibrate_range(out, "J of the pair with least room", left, 0, right, "its bound stands under expected");
    snprintf(note, sizeof note, "of %d random pairs of policies; least room %.3g", BOUNDS, nearest);
    calibrate_number(out, "bound broken", 0, broken, 0, note);
}

/* Steps that lower the bound lower J: of random proposals the best is taken where it lowers the bound. The root of the
 * divergence grows linearly, so there are such steps only where the losses are steep for their size:
 * beta well above Bmax. */
static void majoriser(const struct calibrate_out *out) {
    const double most = 1, beta = 10;
    struct rng rng = rng_stream(3, "calibrate/trpa", 0);
    double z[ARMS], old[ARMS], losses[ARMS][ARMS];
    int taken = 0, risen = 0;
    random_arms(&rng, 0.02, NULL, z, old);
    pair_losses(old, beta, most, losses);
    double first = expected(old, losses), now = first;
    for (int step = 0; step < MAJORISER_STEPS; step++) {
        double best = now, to[ARMS], p[ARMS], moved[ARMS];
        bool found = false;
        for (int k = 0; k < 64; k++) {
            random_arms(&rng, pow(10, -(k % 8)), z, moved, p);
            pair_losses(p, beta, most, losses);
            double above = expected(old, losses) + sqrt(2) * most * sqrt(divergence(old, p));
            if (!(above < best)) continue;
            best = above;
            found = true;
            memcpy(to, moved, sizeof to);
        }
        if (!found) continue;
        memcpy(z, to, sizeof z);
        softmax(z, old);
        pair_losses(old, beta, most, losses);
        double next = expected(old, losses);
        taken++;
        risen += next > now;
        now = next;
    }
    char note[112];
    snprintf(note, sizeof note, "of %d steps that lowered the bound; J from %.6f to %.6f", taken, first, now);
    calibrate_number(out, "J risen", 0, risen, 0, note);
    if (!taken) calibrate_number(out, "steps taken", 1, 0, 0, "no step lowered the bound");
}

bool calibrate_trpa(const char *gold, calibrate_report *report, void *context, struct error *err) {
    const struct calibrate_out out = {report, context};
    if (gold ? !gold_file(gold, &out, err) : false) return false;
    if (!gold) calibrate_skip(&out, "published losses", "no --gold FILE (30 rows with losses and derivatives)");
    if (!boltzmann(&out, err) || !flip_gap(&out, 1, err) || !flip_gap(&out, 2.5, err)) return false;
    bound(&out);
    majoriser(&out);
    return true;
}
