/* Texts that belong together come to lie near one another (InfoNCE: van den Oord et al. 2018, equation 4; with the
 * others of a step as negatives: Karpukhin et al. 2020, section 3.2). With u_i the state of anchor i, v_j those of
 * all positives and negatives of the step,
 *
 *     s_ij = cos(u_i, v_j) / temperature,  or u_i . v_j / temperature (similarity=dot)
 *     L = - average of log (exp s_ii / sum_j exp s_ij)
 *
 * v_j is left out of row i where it is the same text as positive i, which is no negative. symmetric: the mean with
 * the same loss of each positive against all anchors (Radford et al. 2021), anchors of an equal positive left out.
 * A text's state is that behind the final norm, the mean over its tokens or the last one (pool). */
#include "act/objective/objective.h"
#include "act/objective/option_rows.h"

#include <math.h>
#include <string.h>

static const struct option_def options[] = {
    REAL("temperature", "0.05", 1e-4, 1e4, "similarities are divided by it"),
    CHOICE("similarity", "cosine", "cosine|dot", "of two states"),
    CHOICE("pool", "mean", "mean|last", "of a text's states"),
    FLAG("symmetric", "positives look for their anchors, too"),
};
enum { TEMPERATURE, SIMILARITY, POOL, SYMMETRIC };

static bool mean(const struct option_value *o) {
    return option_chosen(o, POOL, "mean");
}

/* One side of the similarities: n texts, their states made of length 1 (cosine), and the slopes by those. */
struct side {
    struct answer_view **of;
    double *state, *length, *slope; /* [n, width], [n], [n, width] */
    size_t n;
};

struct matching {
    struct side anchors, others; /* others: the positives first, in the order of the anchors */
    double *similar, *slope;     /* [anchors.n, others.n] */
    size_t width;
};

static void side_done(struct side *s) {
    memory_free(s->of);
    memory_free(s->state);
    memory_free(s->length);
    memory_free(s->slope);
}

static bool side_init(struct side *s, size_t n, size_t width, struct error *err) {
    *s = (struct side){.of = memory_zeroed(n, sizeof *s->of),
                       .state = memory_zeroed(n * width, sizeof *s->state),
                       .length = memory_zeroed(n, sizeof *s->length),
                       .slope = memory_zeroed(n * width, sizeof *s->slope)};
    return (s->of && s->state && s->length && s->slope) || error_memory(err, "pairs of texts");
}

static void matching_done(struct matching *m) {
    side_done(&m->anchors);
    side_done(&m->others);
    memory_free(m->similar);
    memory_free(m->slope);
}

static void side_add(struct side *s, struct answer_view *a, size_t width, bool cosine) {
    double square = 0;
    for (size_t k = 0; k < width; k++) square += a->value[k] * a->value[k];
    s->length[s->n] = cosine ? fmax(sqrt(square), 1e-12) : 1;
    for (size_t k = 0; k < width; k++) s->state[s->n * width + k] = a->value[k] / s->length[s->n];
    s->of[s->n++] = a;
}

static bool matching_init(struct matching *m, const struct option_value *o, struct answer_view *a, size_t n,
                          struct error *err) {
    bool cosine = option_chosen(o, SIMILARITY, "cosine");
    size_t groups = 0;
    for (size_t from = 0; from < n; from = answer_group_end(a, from, n)) groups++;
    *m = (struct matching){.width = a[0].outputs};
    m->similar = memory_zeroed(groups * (n - groups), sizeof *m->similar);
    m->slope = memory_zeroed(groups * (n - groups), sizeof *m->slope);
    if (!m->similar || !m->slope) return error_memory(err, "pairs of texts");
    if (!side_init(&m->anchors, groups, m->width, err) || !side_init(&m->others, n - groups, m->width, err))
        return false;
    for (size_t from = 0; from < n; from = answer_group_end(a, from, n)) {
        side_add(&m->anchors, &a[from], m->width, cosine);
        side_add(&m->others, &a[from + 1], m->width, cosine);
    }
    for (size_t from = 0, to; from < n; from = to) {
        to = answer_group_end(a, from, n);
        for (size_t i = from + 2; i < to; i++) side_add(&m->others, &a[i], m->width, cosine);
    }
    for (size_t i = 0; i < groups; i++)
        for (size_t j = 0; j < n - groups; j++)
            for (size_t k = 0; k < m->width; k++)
                m->similar[i * (n - groups) + j] +=
                    m->anchors.state[i * m->width + k] * m->others.state[j * m->width + k] / o[TEMPERATURE].real;
    return true;
}

/* - log of the share of entry `own` among n entries `stride` apart, of which those that say the same as `own` are
 * left out; its slopes times `share` are added. *rank: how many are above it, and 1. */
static double row_loss(const double *s, double *slope, size_t n, size_t stride, size_t own,
                       struct answer_view *const *says, double share, size_t *rank) {
    double most = -INFINITY, sum = 0;
    *rank = 1;
    for (size_t j = 0; j < n; j++) {
        if (j != own && says[j]->level == says[own]->level) continue;
        most = fmax(most, s[j * stride]);
        *rank += s[j * stride] > s[own * stride];
    }
    for (size_t j = 0; j < n; j++)
        if (j == own || says[j]->level != says[own]->level) sum += exp(s[j * stride] - most);
    for (size_t j = 0; j < n; j++)
        if (j == own || says[j]->level != says[own]->level)
            slope[j * stride] += share * (exp(s[j * stride] - most) / sum - (j == own));
    return most + log(sum) - s[own * stride];
}

/* From slopes by similarities to slopes by states: of unit vectors only what is across them. */
static void pull(const struct matching *m, double temperature, bool cosine) {
    size_t n = m->others.n, width = m->width;
    for (size_t i = 0; i < m->anchors.n; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t k = 0; k < width; k++) {
                double by = m->slope[i * n + j] / temperature;
                m->anchors.slope[i * width + k] += by * m->others.state[j * width + k];
                m->others.slope[j * width + k] += by * m->anchors.state[i * width + k];
            }
    const struct side *const sides[] = {&m->anchors, &m->others};
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < sides[s]->n; i++) {
            const double *slope = sides[s]->slope + i * width, *state = sides[s]->state + i * width;
            double along = 0;
            for (size_t k = 0; cosine && k < width; k++) along += slope[k] * state[k];
            for (size_t k = 0; k < width; k++)
                sides[s]->of[i]->value_gradient[k] += (slope[k] - along * state[k]) / sides[s]->length[i];
        }
}

static double losses(const struct matching *m, const struct option_value *o, struct step_figures *figures) {
    bool both = o[SYMMETRIC].flag;
    size_t pairs = m->anchors.n, n = m->others.n, rank, unused;
    double loss = 0, total = 0;
    for (size_t i = 0; i < pairs; i++) total += m->anchors.of[i]->weight;
    for (size_t i = 0; i < pairs; i++) {
        double weight = m->anchors.of[i]->weight, share = weight / total / (both ? 2 : 1);
        loss += share * row_loss(m->similar + i * n, m->slope + i * n, n, 1, i, m->others.of, share, &rank);
        if (both) loss += share * row_loss(m->similar + i, m->slope + i, pairs, n, i, m->others.of, share, &unused);
        step_figure_add(figures, "accuracy", rank == 1, weight);
        step_figure_add(figures, "rank", (double)rank, weight);
        step_figure_add(figures, "similarity", m->similar[i * n + i] * o[TEMPERATURE].real, weight);
    }
    return loss;
}

static bool contrastive(const struct option_value *o, struct answer_view *answers, size_t n,
                        struct step_figures *figures, double *loss, struct error *err) {
    struct matching m = {0};
    bool ok = matching_init(&m, o, answers, n, err);
    if (ok) {
        *loss = losses(&m, o, figures);
        pull(&m, o[TEMPERATURE].real, option_chosen(o, SIMILARITY, "cosine"));
    }
    matching_done(&m);
    return ok;
}

const struct objective objective_contrastive = {
    .name = "contrastive",
    .summary = "texts that belong together come to have near states, texts of other pairs do not: for retrieval",
    .source = "InfoNCE: van den Oord et al. 2018, equation 4; Karpukhin et al. 2020, section 3.2",
    .unit = "nats an anchor",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .forms = ANSWERS_TEXTS,
    .wordless = true,
    .pooled = true,
    .mean = mean,
    .whole = true,
    .of_answers = contrastive,
};
