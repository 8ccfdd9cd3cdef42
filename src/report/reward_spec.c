/* Scorers and models as rewards: see reward_spec.h. */
#include "report/reward_spec.h"

#include "report/reward_asked.h"

#include "measure/run/answer_file.h"
#include "measure/run/score_file.h"
#include "base/file.h"
#include "lm/model/lora.h"
#include "measure/task/scorer.h"
#include "subject/head_model.h"

#include <string.h>

struct reward_spec {
    struct task *task; /* carries the scorer */
    struct head_model *model; /* or judges itself */
    struct reward_asked *asked; /* or subjects are asked */
    struct arena arena;       /* of one answer, or of all that a model judges at once */
    struct reward reward;
    char name[4352];
};

static bool judge_one(struct reward_spec *s, const struct reward_ask *ask, struct reward_result *out,
                      struct error *err) {
    struct item item;
    struct score score = {0};
    const struct answer answer = {
        .text = ask->answer, .finish = ask->whole ? ANSWER_STOP : ANSWER_LENGTH, .tokens_out = ask->tokens};
    arena_reset(&s->arena);
    if (!answer_row_item((json_t *)ask->row, (struct json_place){ask->file, ask->line, ""}, &s->arena, &item, err))
        return false;
    bool ok =
        task_score(s->task, &item, &answer, &s->arena, &score, err) || error_wrap(err, "%s:%zu", ask->file, ask->line);
    if (ok) *out = (struct reward_result){score.value, (int)json_number_value(json_object_get(score.parts, "level"))};
    json_decref(score.parts);
    item_done(&item);
    return ok;
}

static bool judge(void *context, const struct reward_ask *asks, size_t n, struct reward_result *results,
                  struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (!judge_one(context, &asks[i], &results[i], err)) return false;
    return true;
}

/* ---- models */

static bool judge_all(void *context, const struct reward_ask *asks, size_t n, struct reward_result *results,
                      struct error *err) {
    struct reward_spec *s = context;
    arena_reset(&s->arena);
    struct head_ask *texts = arena_new(&s->arena, struct head_ask, n, err);
    double *said = texts ? arena_new(&s->arena, double, n, err) : NULL;
    if (!said) return false;
    for (size_t i = 0; i < n; i++) {
        texts[i].answer = asks[i].answer;
        if (!head_ask_of_row(asks[i].row, (struct json_place){asks[i].file, asks[i].line, ""}, &texts[i], err))
            return false;
    }
    if (!head_model_judge(s->model, texts, n, said, err)) return false;
    for (size_t i = 0; i < n; i++) results[i] = (struct reward_result){.reward = said[i]};
    return true;
}

/* What is no scorer and looks like a file is one, so that a missing file is told as such. */
static bool is_model(const char *spec) {
    static const char *const endings[] = {".gguf", ".safetensors", "/"};
    if (scorer_find(spec_name(text_of(spec)))) return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (text_ends(text_of(spec), text_of(endings[i]))) return true;
    return lm_spec_is_adapted(text_of(spec)) || file_exists(spec);
}

static bool open_model(struct reward_spec *s, const char *spec, size_t threads, struct error *err) {
    if (!(s->model = head_model_open(spec, (struct lm_builtins){0}, NULL, threads, err))) return false;
    const struct lm_model *m = head_model_model(s->model);
    if (m->head.n != 1)
        return error_set(err, ERROR_DATA,
                         "'%s' is a classifier of %zu classes; a reward is one number: take the scorer "
                         "reward,model=FILE,class=NAME",
                         spec, m->head.n);
    snprintf(s->name, sizeof s->name, "%.4000s (sha256 %s)", spec, m->digest); /* other weights are another reward */
    s->reward = (struct reward){.context = s, .name = s->name, .rewards = true, .judge = judge_all};
    return true;
}

/* ---- scorers */

static bool open_scorer(struct reward_spec *s, const char *spec, const char *path, struct error *err) {
    snprintf(s->name, sizeof s->name, "%s", spec);
    if (!(s->task = score_carrier(spec, path, 1, err))) return false;
    s->reward = (struct reward){
        .context = s, .name = s->name, .levels = task_scorer(s->task)->levels, .rewards = true, .judge = judge};
    return true;
}

/* ---- subjects */

static bool open_asked(struct reward_spec *s, const char *spec, const char *path, size_t threads, struct error *err) {
    if (!(s->asked = reward_asked_open(spec, path, threads, err))) return false;
    reward_asked_name(s->asked, spec, s->name, sizeof s->name);
    s->reward = (struct reward){.context = s->asked, .name = s->name, .rewards = true, .judge = reward_asked_judge};
    return true;
}

struct reward_spec *reward_spec_open(const char *spec, const char *path, size_t threads, struct error *err) {
    struct reward_spec *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "reward"), NULL;
    arena_init(&s->arena, (size_t)256 << 20);
    if (reward_asked_is(spec) ? open_asked(s, spec, path, threads, err)
        : is_model(spec)      ? open_model(s, spec, threads, err)
                              : open_scorer(s, spec, path, err))
        return s;
    reward_spec_close(s);
    return NULL;
}

void reward_spec_close(struct reward_spec *s) {
    if (!s) return;
    task_free(s->task);
    head_model_close(s->model);
    reward_asked_close(s->asked);
    arena_done(&s->arena);
    memory_free(s);
}

const struct reward *reward_spec_reward(const struct reward_spec *s) {
    return &s->reward;
}
