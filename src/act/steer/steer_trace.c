/* A step for people and viewers: see docs/steer.md. */
#include "act/steer/steer_text.h"

#include <math.h>

static json_t *ids_text(const struct steering *s, const int32_t *ids, size_t n) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 20);
    for (size_t i = 0; i < n; i++) tokenizer_piece(s->base_lm->model->tokenizer, ids[i], true, &b);
    json_t *text = json_from_text(buffer_text(&b));
    buffer_done(&b);
    return text;
}

static json_t *ids_json(const int32_t *ids, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++) json_array_append_new(list, json_integer(ids[i]));
    return list;
}

static json_t *end_json(const struct steer_value *v, size_t i, bool both) {
    const struct steer_end *end = &v->ends.of[i];
    json_t *j = json_pack("{s:o s:o}", "text", json_from_text(end->text), "reward", json_from_f64(end->reward));
    if (j && both) json_object_set_new(j, "baseline_reward", json_from_f64(end->baseline_reward));
    if (j && v->weights) json_object_set_new(j, "weight", json_from_f64(v->weights[i]));
    if (j && end->truncated) json_object_set_new(j, "truncated", json_true());
    return j;
}

static void put_value(json_t *j, const struct steer_value *v, bool both) {
    json_object_set_new(j, "q", json_from_f64(v->q));
    json_object_set_new(j, "error", json_from_f64(v->error));
    if (isfinite(v->effective)) json_object_set_new(j, "ess", json_from_f64(v->effective));
    if (v->fell_back) json_object_set_new(j, "fell_back", json_true());
    if (v->dropped) json_object_set_new(j, "dropped", json_true());
    json_t *ends = v->ends.n ? json_array() : NULL;
    for (size_t i = 0; ends && i < v->ends.n; i++) json_array_append_new(ends, end_json(v, i, both));
    if (ends) json_object_set_new(j, "rollouts", ends);
}

json_t *steer_step_json(const struct steering *s, const struct steer_said *said, const struct steer_step *step) {
    const struct steer_place *chosen = &step->places[step->chosen];
    bool both = s->settings.steer->needs & STEER_NEEDS_BASELINE_REWARD;
    json_t *list = json_array();
    for (size_t i = 0; list && i < step->n; i++) {
        const struct steer_place *p = &step->places[i];
        json_t *j = json_pack("{s:o s:o s:o}", "ids", ids_json(p->next, p->n_next), "text",
                              ids_text(s, p->next, p->n_next), "logprob", json_from_f64(p->logprob));
        if (j && step->values) {
            json_object_set_new(j, "score", json_from_f64(step->scores[i]));
            json_object_set_new(j, "p", json_from_f64(step->policy[i]));
            put_value(j, &step->values[i], both);
        }
        json_array_append_new(list, j);
    }
    return json_pack("{s:I s:o s:s s:I s:o s:I s:I s:I s:o}", "token", (json_int_t)said->ids.n, "text",
                     ids_text(s, chosen->next, chosen->n_next), "why", step->why, "chosen", (json_int_t)step->chosen,
                     "candidates", list, "rollouts", (json_int_t)(said->spent.rollouts - step->spent.rollouts),
                     "rollout_tokens", (json_int_t)(said->spent.rollout_tokens - step->spent.rollout_tokens),
                     "reward_calls", (json_int_t)(said->spent.reward_calls - step->spent.reward_calls), "ms",
                     json_from_f64(step->ms));
}
