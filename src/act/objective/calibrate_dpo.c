/* The known answers of dpo on a real model: see calibrate_dpo.h. Both answers run through the tape, the loss is that of
 * the objective as training computes it, and its derivatives by the log-probabilities are carried back. */
#include "act/objective/calibrate_dpo.h"

#include "act/objective/objective.h"
#include "base/file.h"
#include "lm/calibrate/calibrate_engine_internal.h"

#include <stdio.h>
#include <string.h>

#define TOLERANCE 1e-4
#define REFERENCE_GATE 0.9f
enum { GOLD_BYTES = 64 << 20 };
static const size_t tape_most = (size_t)1 << 30;

/* Both answers behind their prompt as one packed sequence of rows: row i predicts target i. */
struct pair {
    struct calibration *c;
    const json_t *gold;
    int32_t *ids, *targets;           /* [rows] */
    size_t rows, starts[3], first[2]; /* first: row of an answer's first token */
    size_t n[2];                      /* tokens of the chosen and of the rejected answer */
    double *policy, *reference, *gradient; /* [rows] */
};

static struct json_place place_of(const struct pair *p, const char *path) {
    return (struct json_place){.file = p->c->gold, .path = path};
}

static bool read_pair(struct pair *p, struct error *err) {
    static const char *const sides[] = {"chosen", "rejected"};
    int32_t *prompt, *answer[2];
    size_t n;
    if (!calibration_get_ids(p->c, p->gold, "prompt", place_of(p, "dpo"), &prompt, &n, err)) return false;
    for (int s = 0; s < 2; s++)
        if (!calibration_get_ids(p->c, p->gold, sides[s], place_of(p, "dpo"), &answer[s], &p->n[s], err)) return false;
    if (n == 0 || p->n[0] == 0 || p->n[1] == 0)
        return error_set(err, ERROR_DATA, "%s: dpo: an empty prompt or answer", p->c->gold);
    size_t all = 2 * n + p->n[0] + p->n[1];
    struct arena *arena = &p->c->arena;
    if (!(p->ids = arena_new(arena, int32_t, all, err)) || !(p->targets = arena_new(arena, int32_t, all, err)) ||
        !(p->policy = arena_new(arena, double, all, err)) || !(p->reference = arena_new(arena, double, all, err)) ||
        !(p->gradient = arena_new(arena, double, all, err)))
        return false;
    for (int s = 0; s < 2; s++) {
        size_t whole = n + p->n[s];
        p->first[s] = p->rows + n - 1;
        for (size_t i = 0; i + 1 < whole; i++, p->rows++) {
            p->ids[p->rows] = i < n ? prompt[i] : answer[s][i - n];
            p->targets[p->rows] = i + 1 < n ? prompt[i + 1] : answer[s][i + 1 - n];
        }
        p->starts[s + 1] = p->rows;
    }
    return true;
}

/* Log-probabilities of all targets, on the tape and into out. */
static struct tensor *logprobs(const struct pair *p, struct lm_trainable *model, struct tape *tape, double *out,
                               struct error *err) {
    tape_reset(tape);
    struct tensor *x = lm_trainable_logits(model, tape, p->ids, p->rows, p->starts, 2, err);
    if (x) x = tape_logprob(tape, x, p->targets, err);
    for (size_t i = 0; x && i < p->rows; i++) out[i] = (double)x->data[i];
    return x;
}

static double sum_of(const struct pair *p, const double *values, int side) {
    double sum = 0;
    for (size_t i = 0; i < p->n[side]; i++) sum += values[p->first[side] + i];
    return sum;
}

static bool check_number(struct pair *p, const char *key, double found, struct error *err) {
    double expected;
    char name[64];
    if (!json_get_f64(p->gold, key, place_of(p, "dpo"), &expected, err)) return false;
    snprintf(name, sizeof name, "dpo, %s", key);
    calibration_numbers(p->c, name, &expected, &found, 1, TOLERANCE, 1);
    return true;
}

/* The loss as training computes it; its derivatives by the log-probabilities are put into gradient. */
static bool loss_of(struct pair *p, double beta, double *loss, double *margin, struct error *err) {
    struct answer_view answers[2];
    struct step_figures figures = {0};
    char spec[64];
    for (int s = 0; s < 2; s++)
        answers[s] = (struct answer_view){.weight = 1,
                                          .n = p->n[s],
                                          .logprob = p->policy + p->first[s],
                                          .reference = p->reference + p->first[s],
                                          .gradient = p->gradient + p->first[s]};
    snprintf(spec, sizeof spec, "dpo,beta=%.17g", beta);
    const struct objective *o = objective_find(text_of(spec), err);
    const struct option_value *options =
        o ? spec_parse(&p->c->arena, text_of(spec), o->options, o->n_options, err) : NULL;
    if (!options || !o->of_answers(options, answers, 2, &figures, loss, err)) return false;
    *margin = step_figure(&figures, "margin");
    return true;
}

static bool check_losses(struct pair *p, double loss, double margin, struct error *err) {
    return check_number(p, "logp_policy_chosen", sum_of(p, p->policy, 0), err) &&
           check_number(p, "logp_policy_rejected", sum_of(p, p->policy, 1), err) &&
           check_number(p, "logp_ref_chosen", sum_of(p, p->reference, 0), err) &&
           check_number(p, "logp_ref_rejected", sum_of(p, p->reference, 1), err) &&
           check_number(p, "margin", margin, err) && check_number(p, "loss", loss, err);
}

/* The model with its gates made smaller. */
static struct lm_trainable *make_reference(const struct lm_model *model, struct error *err) {
    struct lm_trainable *t = lm_trainable_new(model, err);
    struct parameter *const *list = NULL;
    size_t n = t ? lm_trainable_parameters(t, &list) : 0;
    for (size_t i = 0; i < n; i++) {
        if (!text_ends(text_of(list[i]->name), TEXT(".ffn_gate.weight"))) continue;
        size_t size = tensor_size(&list[i]->value);
        for (size_t k = 0; k < size; k++) list[i]->value.data[k] *= REFERENCE_GATE;
    }
    return t;
}

/* *loss and the gradients of all parameters. */
static bool forward_and_back(struct pair *p, struct lm_trainable *policy, struct lm_trainable *reference,
                             struct tape *tape, double beta, double *loss, double *margin, struct error *err) {
    float *weights = arena_new(&p->c->arena, float, p->rows, err);
    if (!weights || !logprobs(p, reference, tape, p->reference, err)) return false;
    struct tensor *x = logprobs(p, policy, tape, p->policy, err);
    if (!x || !loss_of(p, beta, loss, margin, err)) return false;
    for (size_t i = 0; i < p->rows; i++) weights[i] = (float)p->gradient[i];
    x = tape_weighted_sum(tape, x, weights, err);
    return x && tape_backward(tape, x, err);
}

static bool check_model(struct pair *p, const struct lm_model *model, struct error *err) {
    struct error why = {0};
    json_t *gradient;
    double beta, loss, margin;
    if (!json_get_f64(p->gold, "beta", place_of(p, "dpo"), &beta, err) ||
        !json_get_object(p->gold, "gradient", place_of(p, "dpo"), &gradient, err) || !read_pair(p, err))
        return false;
    struct lm_trainable *policy = lm_trainable_new(model, &why);
    struct lm_trainable *reference = policy ? make_reference(model, &why) : NULL;
    struct tape *tape = reference ? tape_new(p->c->pool, MATMUL_F32, tape_most, &why) : NULL;
    bool ok = true;
    if (tape && forward_and_back(p, policy, reference, tape, beta, &loss, &margin, &why))
        ok = check_losses(p, loss, margin, err) &&
             calibration_gradients(p->c, "dpo, gradient", gradient, "dpo.gradient", policy, model->shape.layers, err);
    else
        calibration_failed(p->c, "dpo", &why);
    tape_free(tape);
    lm_trainable_free(policy);
    lm_trainable_free(reference);
    return ok;
}

bool calibrate_dpo(const char *gold, struct pool *pool, calibrate_report *report, void *context, struct error *err) {
    struct calibration c = {.gold = gold, .pool = pool, .rows = {report, context}};
    struct lm_load_options options = {.compute = MATMUL_F32, .keep_values = true};
    struct lm_model *model = NULL;
    struct error why = {0};
    json_t *dpo;
    bool ok = false;
    arena_init(&c.arena, 0);
    json_t *values = json_read_file(gold, GOLD_BYTES, err);
    char *path = values ? file_beside(&c.arena, gold, "stories260K-v3.gguf", err) : NULL;
    if (!path || !json_get_object(values, "dpo", (struct json_place){.file = gold, .path = ""}, &dpo, err)) goto out;
    struct pair p = {.c = &c, .gold = dpo};
    ok = true;
    if (!file_exists(path))
        calibration_skip(&c, "stories260K-v3.gguf", "the file is not there");
    else if (!(model = lm_model_load(path, &options, &why)))
        calibration_failed(&c, "stories260K-v3.gguf", &why);
    else
        ok = check_model(&p, model, err);
out:
    lm_model_free(model);
    json_decref(values);
    arena_done(&c.arena);
    return ok;
}
