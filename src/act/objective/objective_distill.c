/* Distillation from a dump of the teacher's likeliest tokens (FIRST, Shum et al. 2024):
 * the mean over the tokens that count of
 *
 *     (1 - hard) KL(mended slice of the teacher || student) + hard (- log p_student(token))
 *
 * slice.h has the mendings (map, c, delta, eps) and the divergences (buckets). scale=sequences sums over the tokens of
 * a text, as the published code does; the step then grows with the length of the answer. c=auto takes the c whose
 * mended claims about the validation dump are best calibrated; it is chosen once, before the first step. */
#include "act/objective/objective.h"
#include "act/objective/option_rows.h"
#include "act/objective/slice.h"

#include <math.h>
#include <string.h>

static const struct option_def options[] = {
    CHOICE("map", "power", "power|paper|smooth|linear", "how the teacher's probabilities are mended"),
    {"c", OPTION_TEXT, "1", 1, 0, NULL, "of power and paper: a number, or auto (from --valid)"},
    REAL("delta", "0.1", 0, 1, "of smooth: taken from the likeliest"),
    REAL("eps", "1e-6", 0, 1, "of linear: added to each"),
    CHOICE("buckets", "6", "6|5", "the kept tokens and the rest, or the kept ones alone (of any number: K + 1, K)"),
    CHOICE("student", "linear", "linear|softmax",
           "with 5 buckets, how the student's probabilities are made a sum of 1"),
    CHOICE("scale", "tokens", "tokens|sequences", "mean over tokens, or over texts of sums"),
    REAL("hard", "0", 0, 1, "weight of the tokens themselves"),
};
enum { MAP, C, DELTA, EPS, BUCKETS, STUDENT, SCALE, HARD };

static struct slice_mend mend_of(const struct option_value *o) {
    enum slice_map map = option_chosen(o, MAP, "power")    ? SLICE_POWER
                         : option_chosen(o, MAP, "paper")  ? SLICE_PAPER
                         : option_chosen(o, MAP, "smooth") ? SLICE_SMOOTH
                                                    : SLICE_LINEAR;
    return (struct slice_mend){map, o[C].real, o[DELTA].real, o[EPS].real};
}

static enum slice_form form_of(const struct option_value *o) {
    if (option_chosen(o, BUCKETS, "6")) return SLICE_SIX;
    return option_chosen(o, STUDENT, "linear") ? SLICE_FIVE : SLICE_FIVE_SOFTMAX;
}

/* c as a number; auto is left to fit. */
static bool read_c(struct option_value *o, bool *automatic, struct error *err) {
    *automatic = option_chosen(o, C, "auto");
    if (*automatic && !option_chosen(o, MAP, "power") && !option_chosen(o, MAP, "paper"))
        return error_set(err, ERROR_USAGE, "distill: map=%.*s has no c", TEXT_ARG(o[MAP].text));
    if (*automatic || (text_to_f64(o[C].text, &o[C].real) && o[C].real >= 0.01 && o[C].real <= 100)) return true;
    return error_set(err, ERROR_USAGE, "distill: key 'c': expected auto or a number in 0.01..100, found '%.*s'",
                     TEXT_ARG(o[C].text));
}

/* ---- the choice of c */

struct cases {
    struct slice_case *of;
    double *p;
    size_t n;
};

static bool gather(struct dump *dump, struct cases *cases, struct arena *arena, struct error *err) {
    uint64_t tokens = dump_tokens(dump);
    size_t k = dump_k(dump);
    cases->of = arena_new(arena, struct slice_case, tokens, err);
    cases->p = arena_new(arena, double, tokens * k, err);
    if (!cases->of || !cases->p) return false;
    for (uint64_t r = 0; r < dump_rows(dump); r++) {
        struct train_batch b;
        if (!dump_batch(dump, r, 1, &b, err)) return false;
        for (size_t i = 0; i < b.rows; i++) {
            if (b.targets[i] < 0) continue;
            double *p = memcpy(cases->p + cases->n * k, b.slices->p + i * k, k * sizeof *p);
            cases->of[cases->n++] = (struct slice_case){p, b.slices->rest[i], b.slices->ids[i * k] == b.targets[i]};
        }
    }
    return true;
}

static bool fit(struct option_value *o, struct dump *valid, objective_tried *tried, void *context, struct error *err) {
    bool automatic;
    struct cases cases = {0};
    if (!read_c(o, &automatic, err)) return false;
    if (!automatic) return true;
    if (!valid)
        return error_set(err, ERROR_USAGE,
                         "distill: c=auto is chosen on a dump of validation data; give --valid FILE.topk");
    struct arena arena;
    arena_init(&arena, (size_t)4 << 30);
    bool ok = gather(valid, &cases, &arena, err);
    if (ok)
        o[C].real = slice_fit(mend_of(o), form_of(o) == SLICE_SIX, cases.of, cases.n, dump_k(valid), tried, context);
    arena_done(&arena);
    return ok;
}

/* ---- the loss */

struct matching {
    const struct option_value *options;
    struct slice_mend mend;
    enum slice_form form;
    double *w, *p, *gradient; /* of one row: [k], [vocabulary] twice */
};

/* Of one row: its loss; gradient is filled. */
static double row_loss(struct matching *m, const float *logits, size_t vocabulary, const struct batch_slices *s,
                       size_t row, int32_t target) {
    const int32_t *ids = s->ids + row * s->k;
    double hard = m->options[HARD].real;
    slice_mend(&m->mend, s->p + row * s->k, s->k, m->w);
    double kl = slice_divergence(m->form, logits, vocabulary, ids, m->w, s->k, s->rest[row], m->p, m->gradient);
    if (hard > 0) {
        for (size_t v = 0; v < vocabulary; v++)
            m->gradient[v] = (1 - hard) * m->gradient[v] + hard * (m->p[v] - ((int32_t)v == target));
        kl = (1 - hard) * kl - hard * log(fmax(m->p[target], 1e-300));
    }
    return kl;
}

static bool matching_init(struct matching *m, const struct option_value *o, size_t k, size_t vocabulary,
                          struct error *err) {
    *m = (struct matching){.options = o, .mend = mend_of(o), .form = form_of(o), .w = memory_zeroed(k, sizeof *m->w),
                           .p = memory_zeroed(vocabulary, sizeof *m->p),
                           .gradient = memory_zeroed(vocabulary, sizeof *m->gradient)};
    return (m->w && m->p && m->gradient) || error_memory(err, "distillation");
}

static void matching_done(struct matching *m) {
    memory_free(m->w);
    memory_free(m->p);
    memory_free(m->gradient);
}

static bool match_rows(const struct option_value *o, const struct train_batch *b, const int32_t *at, size_t n,
                       const struct tensor *logits, float *weights, double *shown, struct error *err) {
    size_t vocabulary = logits->shape[1];
    struct matching m;
    double share = 1 / (option_chosen(o, SCALE, "tokens") ? (double)n : (double)b->n_segments);
    bool ok = matching_init(&m, o, b->slices->k, vocabulary, err);
    *shown = 0;
    for (size_t i = 0; ok && i < n; i++) {
        size_t row = (size_t)at[i];
        *shown += share * row_loss(&m, logits->data + i * vocabulary, vocabulary, b->slices, row, b->targets[row]);
        for (size_t v = 0; v < vocabulary; v++) weights[i * vocabulary + v] = (float)(share * m.gradient[v]);
    }
    matching_done(&m);
    return ok;
}

static struct tensor *loss(const struct option_value *o, struct lm_trainable *model, struct tape *tape,
                           const struct train_batch *b, double *shown, struct error *err) {
    int32_t *at = memory_zeroed(b->rows, sizeof *at);
    float *weights = NULL;
    size_t n = 0;
    if (!at) return error_memory(err, "distillation"), NULL;
    for (size_t i = 0; i < b->rows; i++)
        if (b->targets[i] >= 0) at[n++] = (int32_t)i;
    struct tensor *x = lm_trainable_logits_at(model, tape, b->ids, b->rows, b->starts, b->n_segments, at, n, err);
    if (x && !(weights = memory_zeroed(tensor_size(x), sizeof *weights))) error_memory(err, "distillation");
    bool ok = weights && match_rows(o, b, at, n, x, weights, shown, err);
    x = ok ? tape_weighted_sum(tape, x, weights, err) : NULL;
    memory_free(weights);
    memory_free(at);
    return x;
}

const struct objective objective_distill = {
    .name = "distill",
    .summary = "a student learns a teacher's likeliest tokens from a dump, "
               "mended so that they claim no more than they know",
    .source = "Shum et al. 2024, section 3",
    .unit = "nats a token",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .dumps = true,
    .fit = fit,
    .loss = loss,
};
