/* The data of a training: files, or a mixture of files by weights, and what is held out for validation. */
#include "act/train_internal.h"

#include "base/file.h"
#include "base/yaml.h"

#include <math.h>

enum { MOST_MIX = 1 << 20 };

/* {FILE: WEIGHT, ...}; files are looked for beside the mixture's own file. */
static bool read_mix(struct train *t, const char ***paths, double **weights, size_t *n, struct error *err) {
    const char *name = t->settings.mix;
    struct yaml *root = yaml_read_file(&t->arena, name, MOST_MIX, err);
    if (!root) return false;
    if (root->kind != YAML_MAPPING || root->n == 0) return yaml_error(root, err, "expected files and their weights, as in 'FILE: 2'");
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
    return t->settings.steps ? t->settings.steps : (uint64_t)ceil(epochs * (double)corpus_rows(t->corpus) / (double)t->rule.batch);
}

bool train_data(struct train *t, struct error *err) {
    const struct train_settings *s = &t->settings;
    struct corpus_settings how = {.paths = s->data, .n = s->n_data, .tokenizer = t->model->tokenizer,
                                  .template_name = s->template_name, .context = t->model->shape.context,
                                  .answers = t->objective->answers, .shuffle = t->rule.shuffle, .seed = s->seed};
    if (!(s->epochs >= 0 && s->epochs <= 1e6)) return error_set(err, ERROR_USAGE, "epochs must lie in 0..1e6, found %g", s->epochs);
    how.weights = t->weights;
    if (!(t->corpus = corpus_new(&how, err))) return false;
    how.paths = s->valid;
    how.n = s->n_valid;
    how.weights = NULL;
    how.shuffle = false;
    if (s->n_valid && !(t->valid = corpus_new(&how, err))) return error_wrap(err, "validation data");
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
