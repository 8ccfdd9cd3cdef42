/* The data of a training: files, or a mixture of files by weights, and what is held out for validation. */
#include "act/train/train_internal.h"

#include "base/file.h"
#include "base/yaml.h"

#include <math.h>

enum { MOST_MIX = 1 << 20 };

/* {FILE: WEIGHT, ...}; files are looked for beside the mixture's own file. */
static bool read_mix(struct train *t, const char ***paths, double **weights, size_t *n, struct error *err) {
    const char *name = t->settings.mix;
    struct yaml *root = yaml_read_file(&t->arena, name, MOST_MIX, err);
    if (!root) return false;
    if (root->kind != YAML_MAPPING || root->n == 0)
        return yaml_error(root, err, "expected files and their weights, as in 'FILE: 2'");
    *n = root->n;
    *paths = arena_new(&t->arena, const char *, *n, err);
    *weights = arena_new(&t->arena, double, *n, err);
    if (!*paths || !*weights) return false;
    for (size_t i = 0; i < *n; i++) {
        const struct yaml *weight = root->child[i];
        char *path = text_copy(&t->arena, root->key[i]->scalar, err);
        if (!path || !((*paths)[i] = *path == '/' ? path : file_beside(&t->arena, name, path, err))) return false;
        if (weight->kind != YAML_SCALAR || !text_to_f64(weight->scalar, &(*weights)[i]) ||
            !((*weights)[i] >= 1e-6 && (*weights)[i] <= 1e6))
            return yaml_error(weight, err, "the weight of '%s' must be a number in 1e-6..1e6", path);
    }
    return true;
}

/* Steps from epochs, which may be a fraction: whole batches that cover at least that much. */
static uint64_t steps_of(const struct train *t) {
    double epochs = t->settings.epochs > 0 ? t->settings.epochs : 1;
    return t->settings.steps ? t->settings.steps
                             : (uint64_t)ceil(epochs * (double)train_size(t).rows / (double)t->rule.batch);
}

/* Before the first step, not when it comes to such an answer. */
static bool check_rewards(const struct train *t, const struct answers *set, struct error *err) {
    for (size_t g = 0; t->objective->graded && g < answers_groups(set); g++)
        for (size_t i = 0; i < answers_group(set, g)->n; i++)
            if (!isfinite(answers_group(set, g)->answers[i].reward))
                return error_set(err, ERROR_DATA,
                                 "%s:%zu: answer %zu has no number as its 'reward', which objective %s learns from",
                                 answers_group(set, g)->file, answers_group(set, g)->line, i + 1, t->objective->name);
    return true;
}

static bool open_answers(struct train *t, struct error *err) {
    const struct train_settings *s = &t->settings;
    const struct objective *o = t->objective;
    struct answers_settings how = {.paths = s->data, .n = s->n_data, .tokenizer = t->model->tokenizer,
                                   .template_name = s->template_name, .context = t->model->shape.context,
                                   .forms = o->forms,
                                   .mismatched = o->mismatched, .shuffle = t->rule.shuffle, .seed = s->seed};
    if (s->mix)
        return error_set(err, ERROR_USAGE, "--mix mixes documents; objective %s learns from answers: give --data",
                         o->name);
    if (!(t->answers = answers_new(&how, err)) || !check_rewards(t, t->answers, err)) return false;
    how.paths = s->valid;
    how.n = s->n_valid;
    how.shuffle = false;
    how.labels = t->answers;
    return !s->n_valid ||
           ((t->valid_answers = answers_new(&how, err)) != NULL && check_rewards(t, t->valid_answers, err)) ||
           error_wrap(err, "validation data");
}

static bool open_corpora(struct train *t, struct error *err) {
    const struct train_settings *s = &t->settings;
    struct corpus_settings how = {.paths = s->data, .n = s->n_data, .tokenizer = t->model->tokenizer,
                                  .template_name = s->template_name, .context = t->model->shape.context,
                                  .answers = t->objective->answers, .shuffle = t->rule.shuffle && !t->rule.epsilon,
                                  .seed = s->seed};
    how.single = t->rule.epsilon > 0;
    how.weights = t->weights;
    if (!(t->corpus = corpus_new(&how, err))) return false;
    how.paths = s->valid;
    how.n = s->n_valid;
    how.weights = NULL;
    how.single = how.shuffle = false;
    return !s->n_valid || (t->valid = corpus_new(&how, err)) != NULL || error_wrap(err, "validation data");
}

void train_note_tried(void *context, double setting, double error) {
    struct train *t = context;
    if (t->n_tried < TRAIN_TRIED) t->tried[t->n_tried++] = (struct train_tried){setting, error};
}

static bool open_dumps(struct train *t, struct error *err) {
    const struct train_settings *s = &t->settings;
    struct dump_settings how = {.paths = s->data, .n = s->n_data, .tokenizer = t->model->tokenizer,
                                .context = t->model->shape.context, .shuffle = t->rule.shuffle, .seed = s->seed};
    if (s->mix)
        return error_set(err, ERROR_USAGE,
                         "--mix mixes documents; objective %s learns from dumps: give --data FILE.topk",
                         t->objective->name);
    if (!(t->tried = arena_new(&t->arena, struct train_tried, TRAIN_TRIED, err)) || !(t->dump = dump_new(&how, err)))
        return false;
    how.paths = s->valid;
    how.n = s->n_valid;
    how.shuffle = false;
    if (s->n_valid && !(t->valid_dump = dump_new(&how, err))) return error_wrap(err, "validation data");
    return t->objective->fit(t->options, t->valid_dump, train_note_tried, t, err);
}

struct train_size train_size(const struct train *t) {
    if (t->dump)
        return (struct train_size){dump_texts(t->dump), 0, dump_tokens(t->dump), dump_rows(t->dump),
                                   dump_digest(t->dump)};
    if (t->prompts)
        return (struct train_size){prompts_count(t->prompts), 0, prompts_tokens(t->prompts), prompts_count(t->prompts),
                                   prompts_digest(t->prompts)};
    if (t->answers)
        return (struct train_size){answers_count(t->answers), 0, answers_tokens(t->answers), answers_groups(t->answers),
                                   answers_digest(t->answers)};
    return (struct train_size){corpus_documents(t->corpus), corpus_longer(t->corpus), corpus_tokens(t->corpus),
                               corpus_rows(t->corpus), corpus_digest(t->corpus)};
}

/* By what the objective learns from. */
static bool open_source(struct train *t, struct error *err) {
    const struct objective *o = t->objective;
    bool reward = t->settings.reward != NULL;
    if (reward && !o->rollouts)
        return error_set(err, ERROR_USAGE,
                         "objective %s does not learn from the model's own answers; leave out --reward", o->name);
    if (o->rollouts && !o->forms && !reward)
        return error_set(err, ERROR_USAGE, "objective %s learns from the model's own answers: give --reward", o->name);
    if (reward) return train_rollout_open(t, err);
    if (o->dumps) return open_dumps(t, err);
    return o->forms ? open_answers(t, err) : open_corpora(t, err);
}

/* Passes of so many tokens cost no more than one large one (within 3% from 512 on), need less memory,
 * and can be shared. */
enum { PASS_TOKENS = 1024 };

/* Tokens of a row, or of a group of answers, on average. */
static double row_tokens(const struct train *t) {
    if (t->answers) return (double)answers_tokens(t->answers) / (double)answers_groups(t->answers);
    return (double)t->model->shape.context;
}

static void settle_micro(struct train *t) {
    struct train_rule *r = &t->rule;
    if (!r->micro) r->micro = t->prompts || t->objective->whole ? r->batch : (size_t)ceil(PASS_TOKENS / row_tokens(t));
    if (r->micro > r->batch) r->micro = r->batch;
}

bool train_data(struct train *t, struct error *err) {
    const struct train_settings *s = &t->settings;
    if (!(s->epochs >= 0 && s->epochs <= 1e6))
        return error_set(err, ERROR_USAGE, "epochs must lie in 0..1e6, found %g", s->epochs);
    if (!open_source(t, err)) return false;
    settle_micro(t);
    t->steps = steps_of(t);
    t->every = s->every ? s->every : 200;
    return true;
}

bool train_mix(struct train *t, struct error *err) {
    if (!t->settings.mix)
        return t->settings.n_data || error_set(err, ERROR_USAGE, "training needs data; give --data or --mix");
    if (t->settings.n_data) return error_set(err, ERROR_USAGE, "--mix names the data itself; leave out --data");
    const char **paths = NULL;
    if (!read_mix(t, &paths, &t->weights, &t->settings.n_data, err)) return false;
    t->settings.data = paths;
    return true;
}
