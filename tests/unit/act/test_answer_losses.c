/* Losses of answers, in f64: derivatives against finite differences, on the log-probabilities themselves and through a tiny model
 * in f64; published formulas by hand; TRPA against its gold file, its rank-advantage identity, and rescaled scores. */
#include "check.h"

#include "act/objective/objective.h"
#include "base/json.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static const char *root;

/* ---- answers at random */

enum { ANSWERS = 8, TOKENS = 5, ALL = ANSWERS * TOKENS, WORDS = 6, OUTPUTS = 3, SAID = (ALL + ANSWERS) * OUTPUTS };

struct case_of {
    struct answer_view views[ANSWERS];
    double logprob[ALL], reference[ALL], sampled[ALL], gradient[ALL];
    double value[SAID], value_sampled[SAID], value_gradient[SAID]; /* of objectives with a head */
    int word[ALL], before[ALL]; /* of the tiny model */
    int near[ALL + ANSWERS];    /* the word whose state the head sees */
    size_t n, tokens, outputs, said;
};

/* Groups of `size` answers; lengths 1..TOKENS; all figures of the size that training meets. */
static void make_case(struct case_of *c, size_t size, bool sampled, uint64_t seed) {
    struct rng rng = rng_stream(seed, "losses", 0);
    *c = (struct case_of){.n = ANSWERS};
    for (size_t i = 0; i < ANSWERS; i++) {
        size_t n = 1 + rng_below(&rng, TOKENS), at = c->tokens;
        for (size_t t = at; t < at + n; t++) {
            c->logprob[t] = -0.1 - 3 * rng_unit(&rng);
            c->reference[t] = c->logprob[t] + rng_unit(&rng) - 0.5;
            c->sampled[t] = c->logprob[t] + 0.3 * (rng_unit(&rng) - 0.5);
            c->word[t] = (int)rng_below(&rng, WORDS);
            c->before[t] = (int)rng_below(&rng, WORDS);
        }
        c->views[i] = (struct answer_view){.group = i / size, .weight = 1 + (double)(i / size), .n = n, .logprob = c->logprob + at,
                                           .reference = c->reference + at, .sampled = sampled ? c->sampled + at : NULL,
                                           .gradient = c->gradient + at, .reward = 2 * rng_unit(&rng) - 1,
                                           .level = size == 2 ? (int)(i % 2) + 1 : 1 + (int)rng_below(&rng, 4)};
        c->tokens += n;
    }
}

/* What a head says of every end: as many numbers as there are classes, else one. */
static void make_said(struct case_of *c, const struct objective *o, bool sampled, uint64_t seed) {
    struct rng rng = rng_stream(seed, "said", 0);
    bool hears = o->head || o->pooled;
    c->outputs = o->head == LM_CLASSES || o->pooled ? OUTPUTS : o->head ? 1 : 0;
    for (size_t i = 0; hears && i < c->n; i++) {
        struct answer_view *a = &c->views[i];
        *a = (struct answer_view){.group = a->group,
                                  .weight = a->weight,
                                  .n = a->n,
                                  .logprob = a->logprob,
                                  .reference = a->reference,
                                  .sampled = a->sampled,
                                  .gradient = a->gradient,
                                  .reward = a->reward,
                                  .level = o->head == LM_CLASSES ? 1 + (int)rng_below(&rng, OUTPUTS)
                                           : o->pooled           ? (i == 5 ? 2 : (int)i + 1)
                                                                 : a->level,
                                  .outputs = c->outputs,
                                  .value = c->value + c->said,
                                  .value_sampled = sampled ? c->value_sampled + c->said : NULL,
                                  .value_gradient = c->value_gradient + c->said};
        for (size_t k = 0; k < (a->n + 1) * c->outputs; k++, c->said++) {
            c->value[c->said] = 2 * rng_unit(&rng) - 1;
            c->value_sampled[c->said] = c->value[c->said] + 0.3 * (rng_unit(&rng) - 0.5);
        }
        for (size_t t = 0; t <= a->n; t++) c->near[i * (TOKENS + 1) + t] = (int)rng_below(&rng, WORDS);
    }
}

static double loss_of(const struct objective *o, const struct option_value *options, struct case_of *c) {
    struct step_figures figures = {0};
    struct error err = {0};
    double loss = NAN;
    memset(c->gradient, 0, sizeof c->gradient);
    memset(c->value_gradient, 0, sizeof c->value_gradient);
    check_ok(o->of_answers(options, c->views, c->n, &figures, &loss, &err));
    return loss;
}

static const struct {
    const char *spec;
    size_t size; /* answers of a group */
    bool sampled;
} rows[] = {
    {"dpo", 2, false},
    {"dpo,beta=0.5,norm=mean", 2, false},
    {"dpo,smooth=0.1,sft=0.7", 2, false},
    {"ipo", 2, false},
    {"ipo,beta=0.5,norm=mean", 2, false},
    {"kto,desirable=1.3,undesirable=0.7", 2, false},
    {"kto,norm=mean", 2, false},
    {"trpa", 4, true},
    {"trpa,c=0.5,root,beta=1,norm=sum", 4, true},
    {"trpa,c=0.5,trkl=code,ktpo=per-response,beta=1", 4, true},
    {"trpa,ktpo=off,average=prompts,c=0", 4, false},
    {"trpa,fallback=sign,c=0.1", 1, true},
    {"online-dpo,beta=0.7", 4, true},
    {"grpo,beta=0.3", 4, true},
    {"grpo,scale=none,average=sequences,low=0.05,high=0.1", 4, true},
    {"rloo,average=constant,length=7", 4, true},
    {"reinforce++,beta=0.2,discount=0.9", 4, true},
    {"ppo,beta=0.2", 4, true},
    {"ppo,beta=0.1,discount=0.9,lambda=0.7,value=0.8,value_clip=0.05,average=sequences", 1, true},
    {"ppo,value=1,value_clip=0,high=0.05,low=0.05", 2, true},
    {"contrastive,temperature=0.5", 2, false},
    {"contrastive,temperature=0.7,symmetric", 4, false},
    {"contrastive,temperature=2,similarity=dot", 2, false},
    {"classify", 1, false},
    {"classify,smooth=0.2", 1, false},
    {"reward", 2, false},
    {"reward,margin,center=0.3", 2, false},
    {"value", 4, false},
    {"value,at=tokens,delta=0.4", 4, false},
};

static const struct objective *open_spec(const char *spec, struct arena *arena, const struct option_value **options) {
    struct error err = {0};
    const struct objective *o = objective_find(text_of(spec), &err);
    check_ok(o);
    *options = spec_parse(arena, text_of(spec), o->options, o->n_options, &err);
    check_ok(*options);
    return o;
}

/* kto holds z = max(0, mean of level 0) fixed: those answers are no variables. */
static bool fixed(const struct objective *o, const struct case_of *c, size_t token) {
    if (strcmp(o->name, "kto") != 0) return false;
    size_t i = 0;
    while (c->views[i].logprob + c->views[i].n <= c->logprob + token) i++;
    return i % 2 == 1;
}

static void check_close(double found, double expected, double scale, double bound, const char *what) {
    if (fabs(found - expected) <= bound * fmax(scale, fabs(expected))) return;
    fail_msg("%s: found %.12g, expected %.12g", what, found, expected);
}

/* Derivatives by what the head says; some are not 0. */
static void check_said(const struct objective *o, const struct option_value *options, struct case_of *c,
                       const char *spec) {
    double gradient[SAID], most = 0;
    memcpy(gradient, c->value_gradient, sizeof gradient);
    for (size_t k = 0; k < c->said; k++) {
        double h = 1e-5, keep = c->value[k], side[2];
        for (int s = 0; s < 2; s++) {
            c->value[k] = keep + (s ? h : -h);
            side[s] = loss_of(o, options, c);
        }
        c->value[k] = keep;
        check_close(gradient[k], (side[1] - side[0]) / (2 * h), 1e-3, 1e-6, spec);
        most = fmax(most, fabs(gradient[k]));
    }
    if ((o->head || o->pooled) && !(most > 1e-3)) fail_msg("%s: nothing is learned of the head", spec);
    loss_of(o, options, c);
}

static void test_derivatives(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (uint64_t seed = 1; seed <= 5; seed++) {
            struct case_of c, moved;
            const struct option_value *options;
            const struct objective *o = open_spec(rows[r].spec, &arena, &options);
            make_case(&c, rows[r].size, rows[r].sampled, seed);
            make_said(&c, o, rows[r].sampled, seed);
            loss_of(o, options, &c);
            check_said(o, options, &c, rows[r].spec);
            for (size_t t = 0; t < c.tokens; t++) {
                double h = 1e-5, side[2];
                if (fixed(o, &c, t)) continue;
                for (int s = 0; s < 2; s++) {
                    make_case(&moved, rows[r].size, rows[r].sampled, seed);
                    make_said(&moved, o, rows[r].sampled, seed);
                    moved.logprob[t] += s ? h : -h;
                    side[s] = loss_of(o, options, &moved);
                }
                check_close(c.gradient[t], (side[1] - side[0]) / (2 * h), 1e-3, 1e-6, rows[r].spec);
            }
        }
    arena_done(&arena);
}

/* ---- a tiny model in f64: log softmax over WORDS of W[before] . H, with tanh between: H = tanh(E[before]) */

enum { WIDTH = 3, HEAD = 2 * WORDS * WIDTH, PARAMETERS = HEAD + OUTPUTS * WIDTH };

static void model_forward(const double *p, struct case_of *c) {
    const double *e = p, *w = p + WORDS * WIDTH;
    for (size_t t = 0; t < c->tokens; t++) {
        double z[WORDS], sum = 0;
        for (int v = 0; v < WORDS; v++) {
            z[v] = 0;
            for (int k = 0; k < WIDTH; k++) z[v] += w[v * WIDTH + k] * tanh(e[c->before[t] * WIDTH + k]);
            sum += exp(z[v]);
        }
        c->logprob[t] = z[c->word[t]] - log(sum);
    }
    for (size_t i = 0, at = 0; c->outputs && i < c->n; i++)
        for (size_t t = 0; t <= c->views[i].n; t++)
            for (size_t j = 0; j < c->outputs; j++, at++) {
                c->value[at] = 0;
                for (int k = 0; k < WIDTH; k++)
                    c->value[at] += p[HEAD + (int)j * WIDTH + k] * tanh(e[c->near[i * (TOKENS + 1) + t] * WIDTH + k]);
            }
}

static void model_backward(const double *p, const struct case_of *c, double *gradient) {
    const double *e = p, *w = p + WORDS * WIDTH;
    memset(gradient, 0, PARAMETERS * sizeof *gradient);
    for (size_t t = 0; t < c->tokens; t++) {
        double z[WORDS], h[WIDTH], sum = 0;
        for (int k = 0; k < WIDTH; k++) h[k] = tanh(e[c->before[t] * WIDTH + k]);
        for (int v = 0; v < WORDS; v++) {
            z[v] = 0;
            for (int k = 0; k < WIDTH; k++) z[v] += w[v * WIDTH + k] * h[k];
            sum += exp(z[v]);
        }
        for (int v = 0; v < WORDS; v++) {
            double by = c->gradient[t] * ((v == c->word[t]) - exp(z[v]) / sum);
            for (int k = 0; k < WIDTH; k++) {
                gradient[WORDS * WIDTH + v * WIDTH + k] += by * h[k];
                gradient[c->before[t] * WIDTH + k] += by * w[v * WIDTH + k] * (1 - h[k] * h[k]);
            }
        }
    }
    for (size_t i = 0, at = 0; c->outputs && i < c->n; i++)
        for (size_t t = 0; t <= c->views[i].n; t++)
            for (int j = 0; j < (int)c->outputs; j++, at++)
                for (int k = 0; k < WIDTH; k++) {
                    int near = c->near[i * (TOKENS + 1) + t];
                    double h = tanh(e[near * WIDTH + k]);
                    gradient[HEAD + j * WIDTH + k] += c->value_gradient[at] * h;
                    gradient[near * WIDTH + k] += c->value_gradient[at] * p[HEAD + j * WIDTH + k] * (1 - h * h);
                }
}

static void test_derivatives_of_a_model(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct case_of c;
        const struct option_value *options;
        const struct objective *o = open_spec(rows[r].spec, &arena, &options);
        if (strcmp(o->name, "kto") == 0) continue; /* z is held fixed, the model is not */
        double p[PARAMETERS], gradient[PARAMETERS];
        struct rng rng = rng_stream(7, "model", r);
        make_case(&c, rows[r].size, rows[r].sampled, 3);
        make_said(&c, o, rows[r].sampled, 3);
        for (int i = 0; i < PARAMETERS; i++) p[i] = 2 * rng_unit(&rng) - 1;
        model_forward(p, &c);
        for (size_t t = 0; t < c.tokens; t++) { /* near what the model says */
            c.reference[t] = c.logprob[t] + rng_unit(&rng) - 0.5;
            c.sampled[t] = c.logprob[t] + 0.05 * (rng_unit(&rng) - 0.5);
        }
        for (size_t k = 0; k < c.said; k++) c.value_sampled[k] = c.value[k] + 0.05 * (rng_unit(&rng) - 0.5);
        loss_of(o, options, &c);
        model_backward(p, &c, gradient);
        for (int i = 0; i < PARAMETERS; i++) {
            double h = 1e-5, keep = p[i], side[2];
            for (int s = 0; s < 2; s++) {
                p[i] = keep + (s ? h : -h);
                model_forward(p, &c);
                side[s] = loss_of(o, options, &c);
            }
            p[i] = keep;
            check_close(gradient[i], (side[1] - side[0]) / (2 * h), 1e-3, 1e-6, rows[r].spec);
        }
    }
    arena_done(&arena);
}

/* ---- by hand */

static double spec_loss(const char *spec, struct case_of *c) {
    struct arena arena;
    const struct option_value *options;
    arena_init(&arena, 0);
    const struct objective *o = open_spec(spec, &arena, &options);
    double loss = loss_of(o, options, c);
    arena_done(&arena);
    return loss;
}

/* One pair: log-ratios 0.5 - 0.25 and -1 in two tokens each. */
static void hand_case(struct case_of *c) {
    *c = (struct case_of){.n = 2, .tokens = 4};
    static const double logprob[] = {-0.5, -1.25, -2, -1}, reference[] = {-1, -1, -1.5, -0.5};
    memcpy(c->logprob, logprob, sizeof logprob);
    memcpy(c->reference, reference, sizeof reference);
    for (size_t i = 0; i < 2; i++)
        c->views[i] = (struct answer_view){.weight = 1, .n = 2, .level = (int)i + 1, .reward = i ? -1 : 3, .logprob = c->logprob + 2 * i,
                                           .reference = c->reference + 2 * i, .gradient = c->gradient + 2 * i};
}

static void test_by_hand(void **state) {
    (void)state;
    struct case_of c;
    hand_case(&c);
    check_close(spec_loss("dpo", &c), log(1 + exp(-0.1 * 1.25)), 1, 1e-15, "dpo");
    check_close(c.gradient[0], -0.1 / (1 + exp(0.125)), 1, 1e-15, "dpo's derivative");
    check_close(c.gradient[3], 0.1 / (1 + exp(0.125)), 1, 1e-15, "dpo's derivative");
    check_close(spec_loss("dpo,sft=2", &c), log(1 + exp(-0.125)) + 2 * 1.75 / 2, 1, 1e-15, "dpo with sft");
    check_close(spec_loss("ipo", &c), (1.25 - 5) * (1.25 - 5), 1, 1e-15, "ipo");
    check_close(spec_loss("ipo,norm=mean", &c), (0.625 - 5) * (0.625 - 5), 1, 1e-15, "ipo of means");
    /* z = max(0, -1) = 0, so the wanted answer's v = sigma(0.1 x 0.25) */
    check_close(spec_loss("kto", &c), 1 - 1 / (1 + exp(-0.025)), 1, 1e-15, "kto");
    c.views[0].sampled = c.logprob;
    c.views[1].sampled = c.logprob + 2;
    /* rewards 3 and -1: mean 1, deviation sqrt(8); u = 1: the loss is minus the mean advantage, 0, and the slope of k3 */
    check_close(spec_loss("grpo,beta=0", &c), 0, 1, 1e-15, "grpo");
    check_close(c.gradient[0], -2 / (sqrt(8) + 1e-6) / 4, 1, 1e-15, "grpo's derivative");
    check_close(spec_loss("rloo,beta=0", &c), 0, 1, 1e-15, "rloo");
    check_close(c.gradient[2], 4.0 / 4, 1, 1e-15, "rloo's derivative");
}

/* Heads: one pair, one text of three classes, one answer of two tokens. */
static void test_heads_by_hand(void **state) {
    (void)state;
    struct case_of c;
    hand_case(&c);
    for (size_t i = 0; i < 2; i++) {
        c.views[i].outputs = 1;
        c.views[i].value = c.value + 3 * i;
        c.views[i].value_gradient = c.value_gradient + 3 * i;
    }
    static const double said[] = {9, 9, 0.75, 9, 9, -0.5};
    memcpy(c.value, said, sizeof said);
    check_close(spec_loss("reward", &c), log(1 + exp(-1.25)), 1, 1e-15, "reward");
    check_close(c.value_gradient[2], -1 / (1 + exp(1.25)), 1, 1e-15, "reward's derivative");
    check_close(c.value_gradient[1], 0, 0, 0, "only the last token counts");
    /* the rewards of the rows are 3 and -1 */
    check_close(spec_loss("reward,margin,center=2", &c), log(1 + exp(4 - 1.25)) + 2 * 0.0625, 1, 1e-15,
                "reward with a margin");
    check_close(spec_loss("value", &c), (2.25 * 2.25 + 0.25) / 4, 1, 1e-15, "value");
    check_close(c.value_gradient[2], -2.25 / 2, 1, 1e-15, "value's derivative");
    check_close(spec_loss("value,delta=1", &c), (1 * (2.25 - 0.5) + 0.125) / 2, 1, 1e-15, "value beyond delta");
    check_close(spec_loss("value,at=tokens", &c), (36 + 36 + 2.25 * 2.25 + 100 + 100 + 0.25) / 12, 1, 1e-15,
                "value along the answer");
    check_close(spec_loss("value,at=next", &c), (8.25 * 8.25 + 2.25 * 2.25 + 9.5 * 9.5 + 0.25) / 12, 1, 1e-15,
                "value from token to token");
    check_close(c.value_gradient[1], 8.25 / 6, 1, 1e-15, "towards what is said of the next token");
    check_close(c.value_gradient[2], -2.25 / 6, 1, 1e-15, "which stands still");
    c.n = 1;
    c.views[0].n = 0;
    c.views[0].outputs = 3;
    c.views[0].level = 2;
    c.value[0] = 1;
    c.value[1] = 2;
    c.value[2] = 0;
    double sum = exp(1) + exp(2) + 1;
    check_close(spec_loss("classify", &c), log(sum) - 2, 1, 1e-15, "classify");
    check_close(c.value_gradient[1], exp(2) / sum - 1, 1, 1e-15, "classify's derivative");
    check_close(spec_loss("classify,smooth=0.3", &c), log(sum) - 0.8 * 2 - 0.1, 1, 1e-15, "smoothed");
}

/* One answer of two tokens, reward 3; V was 1 and 0.5 and is 1.25 and 2. */
static void test_ppo_by_hand(void **state) {
    (void)state;
    struct case_of c;
    hand_case(&c);
    c.n = 1;
    memcpy(c.sampled, c.logprob, sizeof c.logprob);
    c.views[0].sampled = c.sampled;
    c.views[0].outputs = 1;
    c.views[0].value = c.value;
    c.views[0].value_sampled = c.value_sampled;
    c.views[0].value_gradient = c.value_gradient;
    static const double first[] = {1, 0.5, 99}, now[] = {1.25, 2, 99};
    memcpy(c.value_sampled, first, sizeof first);
    memcpy(c.value, now, sizeof now);
    /* log pi - log ref: 0.5 and -0.25. d_1 = 3 + 0.2 x 0.25 - 0.5 = 2.55, d_0 = -0.2 x 0.5 + 0.8 x 0.5 - 1 = -0.7; A_0
     * = -0.7 + 0.8 x 0.5 x 2.55 = 0.32; R = 1.32, 3.05. Whitened: +-(2.55 - 0.32) / 2 over the deviation with n - 1:
     * 0.70710678. The gains add up to 0. Value: (1.25 - 1.32)^2; held at 1: (1 - 3.05)^2 against (2 - 3.05)^2 */
    double loss = spec_loss("ppo,beta=0.2,discount=0.8,lambda=0.5,value=2,value_clip=0.5", &c);
    check_close(loss, 2 * 0.5 * (0.07 * 0.07 + 2.05 * 2.05) / 2, 1, 1e-12, "ppo");
    check_close(c.gradient[0], sqrt(0.5) / 2, 1, 1e-7, "the policy's derivative");
    check_close(c.gradient[1], -sqrt(0.5) / 2, 1, 1e-7, "the policy's derivative");
    check_close(c.value_gradient[0], -0.07, 1, 1e-12, "the head's derivative");
    check_close(c.value_gradient[1], 0, 1, 0, "nothing where the head was held");
    check_close(c.value_gradient[2], 0, 1, 0, "nothing behind the last token");
}

/* Two pairs: (1, 0) with (0, 2), and (0, 3) with (1, 1): cosines 0 and r, 1 and r, with r = sqrt(1/2). */
static void test_contrastive_by_hand(void **state) {
    (void)state;
    static const double said[] = {1, 0, 0, 2, 0, 3, 1, 1};
    struct case_of c = {.n = 4};
    memcpy(c.value, said, sizeof said);
    for (size_t i = 0; i < 4; i++)
        c.views[i] = (struct answer_view){.group = i / 2,
                                          .weight = 1,
                                          .level = (int)i + 1,
                                          .outputs = 2,
                                          .value = c.value + 2 * i,
                                          .value_gradient = c.value_gradient + 2 * i};
    double r = sqrt(0.5), anchors_side = (log(1 + exp(2 * r)) + log(exp(2) + exp(2 * r)) - 2 * r) / 2;
    check_close(spec_loss("contrastive,temperature=0.5", &c), anchors_side, 1, 1e-14, "contrastive");
    double others_side = (log(1 + exp(2)) + log(exp(2 * r) + exp(2 * r)) - 2 * r) / 2;
    check_close(spec_loss("contrastive,temperature=0.5,symmetric", &c), (anchors_side + others_side) / 2, 1, 1e-14,
                "both ways");
    /* products 0 and 1, 6 and 3 */
    check_close(spec_loss("contrastive,temperature=1,similarity=dot", &c),
                (log(1 + exp(1)) + log(exp(6) + exp(3)) - 3) / 2, 1, 1e-14, "products");
    c.views[3].level = 2; /* the same text is no negative */
    check_close(spec_loss("contrastive,temperature=0.5", &c), 0, 1, 1e-14, "equal texts");
}

static void test_clip(void **state) {
    (void)state;
    struct case_of c;
    double sampled[4];
    hand_case(&c);
    for (int t = 0; t < 4; t++) sampled[t] = c.logprob[t] - log(1.5); /* u = 1.5 everywhere */
    c.views[0].sampled = sampled;
    c.views[1].sampled = sampled + 2;
    double loss = spec_loss("rloo,beta=0,high=0.2", &c);
    check_close(loss, -(2 * 1.2 * 4 + 2 * 1.5 * -4) / 4, 1, 1e-14, "clipped loss");
    check_close(c.gradient[0], 0, 1, 1e-15, "no derivative where a gain is cut");
    check_close(c.gradient[2], 1.5, 1, 1e-14, "the worse answer is not cut");
}

/* ---- trpa */

/* At pi = pi_ref the derivative by rho of answer i is -beta / 2N (sum of kappa over worse ones - sum over better ones). */
static void test_rank_advantage(void **state) {
    (void)state;
    struct case_of c;
    make_case(&c, 4, false, 11);
    memcpy(c.reference, c.logprob, sizeof c.logprob);
    spec_loss("trpa,beta=0.3", &c);
    double pairs = 0; /* by the weight of their prompt */
    for (size_t i = 0; i < c.n; i++)
        for (size_t j = 0; j < c.n; j++)
            pairs += c.views[i].weight * (double)( c.views[i].group == c.views[j].group && c.views[i].level < c.views[j].level);
    for (size_t i = 0; i < c.n; i++) {
        double advantage = 0, rho = 0;
        for (size_t j = 0; j < c.n; j++) {
            int a = c.views[i].level, b = c.views[j].level;
            if (c.views[i].group != c.views[j].group) continue;
            if (a < b) advantage += a == 1 ? 2.5 : 1;
            if (a > b) advantage -= b == 1 ? 2.5 : 1;
        }
        for (size_t t = 0; t < c.views[i].n; t++) rho += c.views[i].gradient[t];
        check_close(rho, -0.3 * c.views[i].weight * advantage / (2 * pairs), 1, 1e-14, "rank advantage");
    }
}

static void test_trust_region(void **state) {
    (void)state;
    struct case_of c, alone;
    make_case(&c, 4, true, 5);
    memcpy(c.sampled, c.logprob, sizeof c.logprob);
    make_case(&alone, 4, false, 5);
    check_close(spec_loss("trpa,c=100", &c), spec_loss("trpa", &alone), 1, 1e-15, "no divergence at first");
    for (size_t t = 0; t < c.tokens; t++) check_close(c.gradient[t], alone.gradient[t], 1, 1e-15, "nor a derivative");
    make_case(&c, 4, true, 5);
    assert_true(spec_loss("trpa,c=100", &c) > spec_loss("trpa,c=1", &c));
}

static void test_only_order_counts(void **state) {
    (void)state;
    struct case_of c, scaled;
    make_case(&c, 4, true, 9);
    make_case(&scaled, 4, true, 9);
    for (size_t i = 0; i < c.n; i++) scaled.views[i].reward = 10 * exp(scaled.views[i].reward) - 3;
    double one = spec_loss("trpa", &c), other = spec_loss("trpa", &scaled);
    assert_memory_equal(&one, &other, sizeof one);
    assert_memory_equal(c.gradient, scaled.gradient, sizeof c.gradient);
    assert_true(spec_loss("grpo,scale=none", &c) != spec_loss("grpo,scale=none", &scaled));
}

static void check_gold(const json_t *row) {
    struct answer_view views[256];
    double logprob[256], reference[256] = {0}, gradient[256] = {0};
    char spec[96];
    size_t n = 0, g, i;
    json_t *group, *answer, *expect = json_object_get(row, "expect"), *numbers;
    json_array_foreach(json_object_get(row, "groups"), g, group)
        json_array_foreach(group, i, answer) {
            assert_true(n < 256);
            logprob[n] = json_number_value(json_object_get(answer, "log_ratio"));
            views[n] = (struct answer_view){.group = g, .weight = 1, .n = 1, .level = (int)json_integer_value(json_object_get(answer, "level")),
                                            .logprob = logprob + n, .reference = reference + n, .gradient = gradient + n};
            n++;
        }
    snprintf(spec, sizeof spec, "trpa,fallback=sign,beta=%.17g,anisotropy=%.17g", json_number_value(json_object_get(row, "beta")),
             json_number_value(json_object_get(row, "anisotropy")));
    struct arena arena;
    struct error err = {0};
    struct step_figures figures = {0};
    const struct option_value *options;
    double loss;
    arena_init(&arena, 0);
    const struct objective *o = open_spec(spec, &arena, &options);
    check_ok(o->of_answers(options, views, n, &figures, &loss, &err));
    const char *id = json_string_value(json_object_get(row, "id"));
    check_close(loss, json_number_value(json_object_get(expect, "loss")), 0, 1e-9, id);
    size_t at = 0;
    json_array_foreach(json_object_get(expect, "grad_log_ratio"), g, group)
        json_array_foreach(group, i, numbers) check_close(gradient[at++], json_number_value(numbers), 0, 1e-9, id);
    assert_int_equal(at, n);
    arena_done(&arena);
}

static void test_gold(void **state) {
    (void)state;
    char path[512];
    struct error err = {0};
    snprintf(path, sizeof path, "%s/../shared/data/trpa/loss_gold_a.jsonl", root);
    if (access(path, R_OK) != 0) {
        printf("skip - trpa's gold losses: no ../shared/data/trpa\n");
        return;
    }
    struct jsonl *lines = jsonl_open(path, 1 << 24, &err);
    check_ok(lines);
    json_t *row;
    size_t line, n = 0;
    for (; jsonl_next(lines, &row, &line, &err) == 1; n++) {
        check_gold(row);
        json_decref(row);
    }
    jsonl_close(lines);
    assert_int_equal(n, 30);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derivatives),  cmocka_unit_test(test_derivatives_of_a_model),
        cmocka_unit_test(test_by_hand),      cmocka_unit_test(test_heads_by_hand),
        cmocka_unit_test(test_ppo_by_hand),  cmocka_unit_test(test_contrastive_by_hand),
        cmocka_unit_test(test_clip),         cmocka_unit_test(test_rank_advantage),
        cmocka_unit_test(test_trust_region), cmocka_unit_test(test_only_order_counts),
        cmocka_unit_test(test_gold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
