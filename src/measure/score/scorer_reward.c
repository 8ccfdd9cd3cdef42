/* What the head of a model says of an answer (subject/head_model.h): its reward or value; of a classifier the
 * probability of one class. One answer at a time; a training that asks a reward model goes the shorter way of
 * report/reward_spec.h. */
#include "measure/score/scorer_internal.h"

#include "measure/rules/builtin.h"
#include "subject/head_model.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

static const struct option_def reward_options[] = {
    {"model", OPTION_TEXT, NULL, 1, 0, NULL,
     "the file of a model with a head (train --objective reward, value or classify), or that of a material: doors"},
    {"class", OPTION_TEXT, NULL, 1, 0, NULL,
     "of a classifier: the class whose probability is the score (default: the last)"},
    {"template", OPTION_TEXT, NULL, 1, 0, NULL,
     "its chat template (default: the model's own; none: texts as they are)"},
};
enum { MODEL, CLASS, TEMPLATE, OPTIONS };

struct reward_state {
    struct head_model *judge; /* answers one caller at a time */
    pthread_mutex_t *lock;
    size_t class; /* whose probability is told */
};

static void close_reward(void *state) {
    struct reward_state *s = state;
    head_model_close(s->judge);
    if (s->lock) pthread_mutex_destroy(s->lock);
    memory_free(s->lock);
    memory_free(s);
}

static bool find_class(struct reward_state *s, struct text name, struct error *err) {
    const struct lm_head *head = &head_model_model(s->judge)->head;
    s->class = head->n - 1;
    if (!name.len) return true;
    if (!head->labels)
        return error_set(err, ERROR_USAGE, "reward: key 'class': the head of this model names no classes");
    for (size_t i = 0; i < head->n; i++)
        if (text_equal(head->labels[i], name)) return s->class = i, true;
    return error_set(err, ERROR_USAGE, "reward: key 'class': '%.*s' is no class of the model; one is '%.*s'",
                     TEXT_ARG(name), TEXT_ARG(head->labels[0]));
}

/* The head of a reference material may be named like a file. */
static size_t find_builtin(const char *name, struct lm_builtin *out) {
    char path[4096 + 32];
    snprintf(path, sizeof path, "materials/%s.gguf", name);
    const struct builtin_file *file = builtin_find(path);
    if (file) *out = (struct lm_builtin){name, file->at, (size_t)(file->end - file->at)};
    return file != NULL;
}

static void *open_reward(const struct option_value *o, const char *path, struct error *err) {
    char file[4096], template[4096];
    (void)path;
    if (!o[MODEL].given)
        return error_set(err, ERROR_USAGE, "reward: give the model, as in reward,model=reward.gguf"), NULL;
    struct reward_state *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "reward"), NULL;
    if (!(s->lock = memory_alloc(sizeof *s->lock))) {
        memory_free(s);
        return error_memory(err, "reward"), NULL;
    }
    pthread_mutex_init(s->lock, NULL);
    snprintf(file, sizeof file, "%.*s", TEXT_ARG(o[MODEL].text));
    snprintf(template, sizeof template, "%.*s", TEXT_ARG(o[TEMPLATE].text));
    struct lm_builtin own;
    struct lm_builtins builtins = {&own, find_builtin(file, &own)};
    if ((s->judge = head_model_open(file, builtins, o[TEMPLATE].given ? template : NULL, 0, err)) &&
        find_class(s, o[CLASS].text, err))
        return s;
    close_reward(s);
    return NULL;
}

static const char *digest_reward(const void *state) {
    return head_model_model(((const struct reward_state *)state)->judge)->digest;
}

/* The prompt as the item was asked, or as its row has it. */
static bool make_ask(const struct item *item, struct head_ask *ask, json_t **made, struct error *err) {
    const struct json_place place = {"the row", 1, ""};
    if (!item->n_messages && item->prompt.len) return ask->prompt = item->prompt, true;
    if (!item->n_messages && !json_object_get(item->row, "prompt") && !json_object_get(item->row, "messages"))
        return error_set(err, ERROR_DATA,
                         "a reward model needs to know what was asked: the row has neither 'prompt' nor 'messages'");
    if (!item->n_messages) return head_ask_of_row(item->row, place, ask, err);
    *made = json_array();
    for (size_t i = 0; *made && i < item->n_messages; i++) {
        const struct message *m = &item->messages[i];
        json_t *one = json_pack("{s:s% s:s%}", "role", m->role.at, m->role.len, "content", m->text.at, m->text.len);
        if (json_array_append_new(*made, one) == 0) continue;
        json_decref(*made);
        *made = NULL;
    }
    ask->messages = *made;
    return *made || error_memory(err, "conversation");
}

/* Of classes the probabilities, in place; the likeliest. */
static size_t likeliest(double *v, size_t n) {
    double sum = 0;
    size_t best = 0;
    for (size_t k = 1; k < n; k++)
        if (v[k] > v[best]) best = k;
    double most = v[best];
    for (size_t k = 0; k < n; k++) sum += v[k] = exp(v[k] - most);
    for (size_t k = 0; k < n; k++) v[k] /= sum;
    return best;
}

static bool tell_class(const struct reward_state *s, const struct item *item, double *said, struct score *out,
                       struct error *err) {
    const struct lm_head *head = &head_model_model(s->judge)->head;
    size_t best = likeliest(said, head->n);
    out->value = said[s->class];
    if (head->labels) out->label = head->labels[best];
    bool right = false;
    for (size_t i = 0; i < item->n_gold_texts; i++) right |= text_equal(item->gold_texts[i], out->label);
    return score_part(out, "confidence", said[best], err) &&
           (!item->n_gold_texts || !head->labels || score_part(out, "acc", right, err));
}

/* Workers share the scorer of a task. */
static bool judge(const struct reward_state *s, const struct head_ask *ask, double *said, struct error *err) {
    pthread_mutex_lock(s->lock);
    bool ok = head_model_judge(s->judge, ask, 1, said, err);
    pthread_mutex_unlock(s->lock);
    return ok;
}

static bool score_reward(const struct task *task, const struct option_value *options, const struct item *item,
                         const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    const struct reward_state *s = task_scorer_state(task);
    const struct lm_head *head = &head_model_model(s->judge)->head;
    struct head_ask ask = {.answer = answer->text};
    json_t *made = NULL;
    (void)options;
    double *said = arena_new(arena, double, head->n, err);
    bool ok = said && make_ask(item, &ask, &made, err) && judge(s, &ask, said, err);
    json_decref(made);
    if (!ok) return false;
    if (head->kind == LM_CLASSES) return tell_class(s, item, said, out, err);
    out->value = said[0];
    return true;
}

const struct scorer scorer_reward = {
    .name = "reward",
    .version = "1",
    .summary = "what the head of a model says of an answer: its reward or value; of a classifier the probability of a "
               "class, with acc and "
               "confidence of the likeliest",
    .metrics = "[reward, acc]",
    .options = reward_options,
    .n_options = OPTIONS,
    .open = open_reward,
    .close = close_reward,
    .digest = digest_reward,
    .score = score_reward,
};
