/* Scorers as rewards: see reward_spec.h. */
#include "report/reward_spec.h"

#include "measure/answer_file.h"
#include "measure/score_file.h"
#include "measure/scorer.h"

#include <string.h>

struct reward_spec {
    struct task *task; /* carries the scorer */
    struct arena arena; /* of one answer */
    struct reward reward;
    char name[512];
};

static bool judge_one(struct reward_spec *s, const struct reward_ask *ask, struct reward_result *out, struct error *err) {
    struct item item;
    struct score score = {0};
    const struct answer answer = {.text = ask->answer, .finish = ask->whole ? ANSWER_STOP : ANSWER_LENGTH, .tokens_out = ask->tokens};
    arena_reset(&s->arena);
    if (!answer_row_item((json_t *)ask->row, (struct json_place){ask->file, ask->line, ""}, &s->arena, &item, err)) return false;
    bool ok = task_score(s->task, &item, &answer, &s->arena, &score, err) || error_wrap(err, "%s:%zu", ask->file, ask->line);
    if (ok) *out = (struct reward_result){score.value, (int)json_number_value(json_object_get(score.parts, "level"))};
    json_decref(score.parts);
    item_done(&item);
    return ok;
}

static bool judge(void *context, const struct reward_ask *asks, size_t n, struct reward_result *results, struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (!judge_one(context, &asks[i], &results[i], err)) return false;
    return true;
}

struct reward_spec *reward_spec_open(const char *spec, const char *path, struct error *err) {
    struct reward_spec *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "reward"), NULL;
    arena_init(&s->arena, (size_t)256 << 20);
    snprintf(s->name, sizeof s->name, "%s", spec);
    s->task = score_carrier(spec, path, 1, err);
    if (!s->task) {
        reward_spec_close(s);
        return NULL;
    }
    s->reward = (struct reward){.context = s, .name = s->name, .levels = task_scorer(s->task)->levels, .rewards = true, .judge = judge};
    return s;
}

void reward_spec_close(struct reward_spec *s) {
    if (!s) return;
    task_free(s->task);
    arena_done(&s->arena);
    memory_free(s);
}

const struct reward *reward_spec_reward(const struct reward_spec *s) {
    return &s->reward;
}
