/* Heads of models and of their files: see model_head.h. */
#include "lm/model/model_head.h"

#include "lm/model/arch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const lm_head_tensor_name = "cls.output.weight";

const char *lm_head_kind_name(enum lm_head_kind kind) {
    static const char *const names[] = {"none", "classify", "reward", "value"};
    return names[kind];
}

void lm_head_drop(struct lm_model *m) {
    memory_free(m->head.weights);
    memory_free(m->head.labels);
    m->head = (struct lm_head){0};
}

/* Names behind the array that points to them, in one block. */
static struct text *copy_labels(const struct text *labels, size_t n, struct error *err) {
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += labels[i].len;
    struct text *out = memory_alloc(n * sizeof *out + bytes);
    if (!out) return error_memory(err, "head"), NULL;
    char *at = (char *)(out + n);
    for (size_t i = 0; i < n; at += labels[i++].len) {
        memcpy(at, labels[i].at, labels[i].len);
        out[i] = (struct text){at, labels[i].len};
    }
    return out;
}

bool lm_head_new(struct lm_model *m, enum lm_head_kind kind, size_t n, const struct text *labels, struct error *err) {
    struct lm_head head = {.kind = kind, .n = n};
    if (!(head.weights = memory_zeroed(n * m->shape.width, sizeof *head.weights))) return error_memory(err, "head");
    if (labels && !(head.labels = copy_labels(labels, n, err))) {
        memory_free(head.weights);
        return false;
    }
    lm_head_drop(m);
    m->head = head;
    return true;
}

bool lm_head_is(const struct lm_model *m, enum lm_head_kind kind, size_t n, const struct text *labels) {
    const struct lm_head *h = &m->head;
    if (h->kind != kind || h->n != n || !h->labels != !labels) return false;
    for (size_t i = 0; labels && i < n; i++)
        if (!text_equal(h->labels[i], labels[i])) return false;
    return true;
}

void lm_head_apply(const struct lm_model *m, const float *state, double *out) {
    size_t width = m->shape.width;
    for (size_t i = 0; i < m->head.n; i++) {
        out[i] = 0;
        for (size_t k = 0; k < width; k++) out[i] += (double)m->head.weights[i * width + k] * (double)state[k];
    }
}

/* ---- reading ---- */

const struct lm_tensor *lm_head_find(const struct lm_file *file) {
    return lm_file_tensor(file, file->container == LM_SAFETENSORS ? "score.weight" : lm_head_tensor_name);
}

static bool bad(const struct lm_file *file, const char *what, struct error *err) {
    return error_set(err, ERROR_DATA, "%s: the head %s", file->path, what);
}

/* Rows; one row may be a vector. 0: the shape is none of a head. */
static size_t rows_of(const struct lm_model *m, const struct lm_tensor *t) {
    bool vector = t->dims == 1;
    if (t->dims != 2 && !vector) return 0;
    if (t->shape[t->dims - 1] != m->shape.width) return 0;
    return vector ? 1 : t->shape[0] <= LM_HEAD_OUTPUTS ? (size_t)t->shape[0] : 0;
}

/* Name of class i; nothing: it has none. */
static struct text label_of(const struct lm_model *m, const struct lm_file *file, size_t i) {
    char key[128];
    struct text label = {0};
    if (file->container == LM_SAFETENSORS) {
        snprintf(key, sizeof key, "%zu", i);
        return json_text(json_object_get(json_object_get(file->config, "id2label"), key));
    }
    snprintf(key, sizeof key, "%s.classifier.output_labels", arch_gguf(m));
    const struct lm_value *list = lm_file_value(file, key);
    if (list && !lm_value_text(list, i, &label)) label = (struct text){0};
    return label;
}

static bool kind_of(const struct lm_file *file, size_t n, enum lm_head_kind *kind, struct error *err) {
    const struct lm_value *said = lm_file_value(file, "basanite.head");
    *kind = n == 1 ? LM_REWARD : LM_CLASSES;
    if (!said) return true;
    for (int k = LM_CLASSES; k <= LM_WORTH; k++)
        if (said->kind == LM_VALUE_TEXT && text_equal_c(said->text, lm_head_kind_name((enum lm_head_kind)k))) {
            *kind = (enum lm_head_kind)k;
            return *kind == LM_CLASSES || n == 1 || bad(file, "has several outputs, but is no classifier", err);
        }
    return bad(file, "has an unknown kind in 'basanite.head', expected classify, reward or value", err);
}

static bool read_labels(struct lm_model *m, const struct lm_file *file, size_t n, enum lm_head_kind kind,
                        struct error *err) {
    struct text *labels = memory_zeroed(n, sizeof *labels);
    size_t given = 0;
    if (!labels) return error_memory(err, "head");
    for (size_t i = 0; kind == LM_CLASSES && i < n; i++) {
        labels[i] = label_of(m, file, i);
        given += labels[i].len > 0;
    }
    bool ok = (!given || given == n || bad(file, "names some of its classes, but not all", err)) &&
              lm_head_new(m, kind, n, given ? labels : NULL, err);
    memory_free(labels);
    return ok;
}

bool lm_head_load(struct lm_model *m, const struct lm_file *file, struct error *err) {
    const struct lm_tensor *t = lm_head_find(file);
    size_t n = rows_of(m, t);
    enum lm_head_kind kind;
    if (!n) return bad(file, "has a shape that does not fit, expected [outputs, width]", err);
    if (!kind_of(file, n, &kind, err) || !read_labels(m, file, n, kind, err) ||
        !lm_tensor_to_f32(t, m->head.weights, err))
        return false;
    for (size_t i = 0; i < n * m->shape.width; i++)
        if (!isfinite(m->head.weights[i])) return bad(file, "holds a value that is not finite", err);
    return true;
}

/* ---- writing ---- */

bool lm_head_put_metadata(const struct lm_model *m, struct gguf_writer *w, struct error *err) {
    char key[128];
    if (!m->head.n) return true;
    snprintf(key, sizeof key, "%s.pooling_type", arch_gguf(m));
    if (!gguf_put_u32(w, key, LM_POOLING_RANK, err) ||
        !gguf_put_text(w, "basanite.head", text_of(lm_head_kind_name(m->head.kind)), err))
        return false;
    snprintf(key, sizeof key, "%s.classifier.output_labels", arch_gguf(m));
    return !m->head.labels || gguf_put_texts(w, key, m->head.labels, m->head.n, err);
}

bool lm_head_put_tensor(const struct lm_model *m, struct gguf_writer *w, struct error *err) {
    uint64_t shape[2] = {m->head.n, m->shape.width};
    return !m->head.n || gguf_put_tensor(w, lm_head_tensor_name, LM_F32, 2, shape, m->head.weights, err);
}

json_t *lm_head_class(const struct lm_model *m, const char *causal) {
    static const char *const endings[] = {"ForCausalLM", "LMHeadModel"};
    struct text name = text_of(causal);
    for (size_t i = 0; m->head.n && i < sizeof endings / sizeof *endings; i++)
        if (text_ends(name, text_of(endings[i])))
            return json_sprintf("%.*sForSequenceClassification", (int)(name.len - strlen(endings[i])), causal);
    return json_string(causal);
}

json_t *lm_head_labels(const struct lm_model *m) {
    json_t *all = json_object();
    for (size_t i = 0; all && i < m->head.n; i++) {
        char key[32];
        snprintf(key, sizeof key, "%zu", i);
        json_object_set_new(all, key,
                            m->head.labels ? json_from_text(m->head.labels[i]) : json_sprintf("LABEL_%zu", i));
    }
    return all;
}
