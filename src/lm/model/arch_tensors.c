/* Tensors of a file and parts of a model: names in both namings, parts that files keep fused, checks of shapes and
 * values, loading. See arch.h and model_internal.h. */
#include "lm/model/arch.h"
#include "lm/model/model_head.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- names ---- */

/* In GGUF, as llama.cpp's gguf-py lists them; and in safetensors, as the llama of transformers has them. '*':
 * the expert. */
static const char *const names[MODEL_PARTS][2] = {
    [PART_EMBEDDING] = {"token_embd", "embed_tokens"},
    [PART_POSITIONS] = {"position_embd", "embed_positions"},
    [PART_OUTPUT_NORM] = {"output_norm", "norm"},
    [PART_OUTPUT] = {"output", "lm_head"},
    [PART_ROPE_FACTORS] = {"rope_freqs", NULL},
    [PART_ROPE_LONG] = {"rope_factors_long", NULL},
    [PART_ROPE_SHORT] = {"rope_factors_short", NULL},
    [PART_ATTENTION_NORM] = {"attn_norm", "input_layernorm"},
    [PART_FFN_NORM] = {"ffn_norm", "post_attention_layernorm"},
    [PART_Q] = {"attn_q", "self_attn.q_proj"},
    [PART_K] = {"attn_k", "self_attn.k_proj"},
    [PART_V] = {"attn_v", "self_attn.v_proj"},
    [PART_O] = {"attn_output", "self_attn.o_proj"},
    [PART_GATE] = {"ffn_gate", "mlp.gate_proj"},
    [PART_UP] = {"ffn_up", "mlp.up_proj"},
    [PART_DOWN] = {"ffn_down", "mlp.down_proj"},
    [PART_ATTENTION_POST_NORM] = {"post_attention_norm", "post_attention_layernorm"},
    [PART_FFN_POST_NORM] = {"post_ffw_norm", "post_feedforward_layernorm"},
    [PART_Q_NORM] = {"attn_q_norm", "self_attn.q_norm"},
    [PART_K_NORM] = {"attn_k_norm", "self_attn.k_norm"},
    [PART_ROUTER] = {"ffn_gate_inp", "mlp.gate"},
    [PART_GATES] = {"ffn_gate_exps", "mlp.experts.*.gate_proj"},
    [PART_UPS] = {"ffn_up_exps", "mlp.experts.*.up_proj"},
    [PART_DOWNS] = {"ffn_down_exps", "mlp.experts.*.down_proj"},
    [PART_SHARED_WEIGHT] = {"ffn_gate_inp_shexp", "mlp.shared_expert_gate"},
    [PART_SHARED_GATE] = {"ffn_gate_shexp", "mlp.shared_expert.gate_proj"},
    [PART_SHARED_UP] = {"ffn_up_shexp", "mlp.shared_expert.up_proj"},
    [PART_SHARED_DOWN] = {"ffn_down_shexp", "mlp.shared_expert.down_proj"},
    [PART_QKV] = {"attn_qkv", "self_attn.qkv_proj"},
    [PART_GATE_UP] = {"ffn_up", "mlp.gate_up_proj"},
};

struct arch_name arch_gguf_name(enum model_part_id id, size_t layer) {
    struct arch_name out;
    const char *name = names[id][0];
    if (id < PART_ATTENTION_NORM)
        snprintf(out.text, sizeof out.text, "%s", name);
    else
        snprintf(out.text, sizeof out.text, "blk.%zu.%s", layer, name);
    return out;
}

struct arch_name arch_config_name(const struct lm_arch *arch, const char *prefix, enum model_part_id id, size_t layer,
                                  size_t expert) {
    struct arch_name out;
    const char *name = arch->names[id] ? arch->names[id] : names[id][1];
    const char *star = name ? strchr(name, '*') : NULL;
    if (!name || id == PART_OUTPUT)
        snprintf(out.text, sizeof out.text, "%s", name ? name : "");
    else if (id < PART_ATTENTION_NORM)
        snprintf(out.text, sizeof out.text, "%s%s", prefix, name);
    else if (!star)
        snprintf(out.text, sizeof out.text, "%s%s%zu.%s", prefix, arch->layers ? arch->layers : "layers.", layer, name);
    else
        snprintf(out.text, sizeof out.text, "%s%s%zu.%.*s%zu%s", prefix, arch->layers ? arch->layers : "layers.", layer,
                 (int)(star - name), name, expert, star + 1);
    return out;
}

/* ---- where a part is in a file ---- */

struct loading {
    struct lm_model *m;
    const struct lm_file *file;
    const char *prefix; /* of names in safetensors */
    bool *used;         /* [n_tensors] */
};

/* Rows from..from+n-1 of a tensor of `rows` rows. */
struct place {
    struct arch_name name;
    const struct lm_tensor *tensor;
    uint64_t from, rows;
    bool stacked; /* [experts, n, k] */
};

static struct arch_name full_name(const struct loading *l, const struct model_part *p, enum model_part_id id) {
    struct arch_name name = l->file->container == LM_SAFETENSORS
                                ? arch_config_name(l->m->arch, l->prefix, id, p->layer, p->expert)
                                : arch_gguf_name(id, p->layer);
    size_t n = strlen(name.text);
    snprintf(name.text + n, sizeof name.text - n, "%s", p->bias ? ".bias" : ".weight");
    return name;
}

/* The fused tensor that may hold a part: its id, the part's first row and all rows. False: none may. */
static bool fused(const struct lm_model *m, const struct model_part *p, enum model_part_id *id, uint64_t *from,
                  uint64_t *rows) {
    const struct lm_shape *s = &m->shape;
    size_t q = s->heads * s->head_size, kv = s->kv_heads * s->head_size;
    if (p->id == PART_Q || p->id == PART_K || p->id == PART_V) {
        *id = PART_QKV;
        *from = p->id == PART_Q ? 0 : p->id == PART_K ? q : q + kv;
        *rows = q + 2 * kv;
        return true;
    }
    if ((p->id != PART_GATE && p->id != PART_UP) || s->ungated) return false;
    *id = PART_GATE_UP;
    *from = p->id == PART_GATE ? 0 : s->hidden;
    *rows = 2 * s->hidden;
    return true;
}

/* The part's own tensor, or the fused one where only that is in the file. gate and up fused are named as up alone is in
 * GGUF, so there it counts when there is no gate. */
static struct place find(const struct loading *l, const struct model_part *p) {
    struct place own = {.name = full_name(l, p, p->id), .rows = p->n}, other = {0};
    enum model_part_id id;
    own.tensor = lm_file_tensor(l->file, own.name.text);
    own.stacked =
        l->file->container != LM_SAFETENSORS && (p->id == PART_GATES || p->id == PART_UPS || p->id == PART_DOWNS);
    if (own.stacked) {
        own.from = p->n * p->expert;
        own.rows = p->n * l->m->shape.experts;
        return own;
    }
    if (!fused(l->m, p, &id, &other.from, &other.rows)) return own;
    struct model_part gate = *p;
    gate.id = PART_GATE;
    bool may = id == PART_QKV || !lm_file_tensor(l->file, full_name(l, &gate, PART_GATE).text);
    other.name = full_name(l, p, id);
    other.tensor = may ? lm_file_tensor(l->file, other.name.text) : NULL;
    return other.tensor && (!own.tensor || own.tensor == other.tensor) ? other : own;
}

static bool transposed(const struct loading *l, const struct model_part *p) {
    return l->m->arch->transposed && l->file->container == LM_SAFETENSORS && p->matrix && p->id >= PART_ATTENTION_NORM;
}

/* ---- checks ---- */

static bool check_dims(const struct loading *l, const struct model_part *p, const struct place *at, struct error *err) {
    const struct lm_tensor *t = at->tensor;
    uint64_t expected[3];
    size_t dims = 0;
    if (at->stacked) expected[dims++] = l->m->shape.experts;
    expected[dims++] = at->stacked ? p->n : at->rows;
    if (p->k) expected[dims++] = p->k;
    if (transposed(l, p)) {
        expected[0] = p->k;
        expected[1] = at->rows;
    }
    if (p->id == PART_SHARED_WEIGHT && t->dims == 2) { /* a matrix of one row in safetensors */
        expected[dims++] = p->n;
        expected[0] = 1;
    }
    bool ok = t->dims == dims;
    for (size_t d = 0; ok && d < dims; d++) ok = t->shape[d] == expected[d];
    if (ok) return true;
    struct buffer b;
    buffer_init(&b, 512);
    buffer_put_c(&b, "has shape [");
    for (size_t d = 0; d < t->dims; d++) buffer_printf(&b, "%s%llu", d ? ", " : "", (unsigned long long)t->shape[d]);
    buffer_put_c(&b, "], expected [");
    for (size_t d = 0; d < dims; d++) buffer_printf(&b, "%s%llu", d ? ", " : "", (unsigned long long)expected[d]);
    error_set(err, ERROR_DATA, "%s: tensor '%s' %.*s]", l->file->path, at->name.text, (int)b.len, b.at ? b.at : "");
    buffer_done(&b);
    return false;
}

static bool refuse_value(const struct loading *l, const char *name, float value, size_t at, struct error *err) {
    return error_set(err, ERROR_DATA,
                     "%s: tensor '%s' holds %s at element %zu; the file is damaged or its training diverged",
                     l->file->path, name, isnan(value) ? "NaN" : "an infinity", at);
}

static bool check_finite(const struct loading *l, const char *name, const float *values, size_t n, struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i])) return refuse_value(l, name, values[i], i, err);
    return true;
}

/* ---- values ---- */

/* Adds the name of a storage type to the list in m->types, once. */
static void note_type(struct lm_model *m, enum lm_type type) {
    const char *name = lm_type_find(type)->name;
    struct text rest = text_of(m->types), piece;
    while (text_next(&rest, ',', &piece))
        if (text_equal_c(text_trim(piece), name)) return;
    size_t n = strlen(m->types);
    snprintf(m->types + n, sizeof m->types - n, "%s%s", n ? ", " : "", name);
}

/* Columns from..from+n-1 of [k, rows] as rows [n, k]. */
static bool read_transposed(const struct lm_tensor *t, const struct model_part *p, const struct place *at, float *out,
                            struct error *err) {
    float *all = memory_alloc((size_t)lm_tensor_size(t) * sizeof *all);
    if (!all) return error_memory(err, at->name.text);
    bool ok = lm_tensor_to_f32(t, all, err);
    for (size_t i = 0; ok && i < p->n; i++)
        for (size_t j = 0; j < p->k; j++) out[i * p->k + j] = all[j * at->rows + at->from + i];
    memory_free(all);
    return ok;
}

static bool read_rows(const struct lm_tensor *t, const struct model_part *p, const struct place *at, float *out,
                      struct error *err) {
    struct lm_tensor part = *t;
    if (at->rows != p->n) {
        size_t row = t->bytes / (size_t)at->rows; /* whole blocks: a row is */
        part.dims = p->k ? 2 : 1;
        part.shape[0] = p->n;
        part.shape[1] = p->k;
        part.data = (const char *)t->data + row * (size_t)at->from;
        part.bytes = row * p->n;
    }
    return lm_tensor_to_f32(&part, out, err);
}

/* Gains of norms that the file holds less 1. Of F64 the sum is made before it is rounded, which gives any gain back. */
static void add_one(const struct lm_tensor *t, float *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double wide;
        if (t->type != LM_F64) values[i] += 1;
        else memcpy(&wide, (const char *)t->data + i * sizeof wide, sizeof wide), values[i] = (float)(wide + 1);
    }
}

/* Values of a part of exactly this shape as f32, all finite. The file holds the tensor, which bounds the allocation. */
static float *load_values(const struct loading *l, const struct model_part *p, const struct place *at,
                          struct error *err) {
    const struct lm_tensor *t = at->tensor;
    size_t n = model_part_count(p);
    if (!t) return error_set(err, ERROR_DATA, "%s: tensor '%s' is missing", l->file->path, at->name.text), NULL;
    if (!check_dims(l, p, at, err)) return NULL;
    if (!p->k && at->rows != p->n && lm_type_find(t->type)->block != 1)
        return error_set(err, ERROR_DATA, "%s: tensor '%s' has a type of blocks, expected single numbers",
                         l->file->path, at->name.text),
               NULL;
    float *values = n < SIZE_MAX / sizeof *values ? memory_aligned(64, n * sizeof *values) : NULL;
    if (!values) return error_memory(err, at->name.text), NULL;
    bool ok = transposed(l, p) ? read_transposed(t, p, at, values, err) : read_rows(t, p, at, values, err);
    if (!ok || !check_finite(l, at->name.text, values, n, err)) {
        memory_free(values);
        return NULL;
    }
    if (l->m->arch->gain_offset && l->file->container == LM_SAFETENSORS && model_part_is_norm(p->id))
        add_one(t, values, n);
    if (p->k) note_type(l->m, t->type);
    l->m->parameters += n;
    return values;
}

/* A matrix that is left where it lies: checked, but not kept. */
static bool leave_matrix(const struct loading *l, const struct model_part *p, const struct place *at,
                         struct error *err) {
    const struct lm_tensor *t = at->tensor;
    struct lm_matrix *w = p->matrix;
    size_t broken, row = t->bytes / (size_t)(at->stacked ? at->rows : t->shape[0]); /* whole blocks: a row is */
    float value;
    *w = (struct lm_matrix){.n = p->n, .k = p->k};
    w->stored =
        (struct lm_stored){lm_type_find(t->type), (const unsigned char *)t->data + row * (size_t)at->from, p->n, p->k};
    if (model_find_broken(&w->stored, &broken, &value)) return refuse_value(l, at->name.text, value, broken, err);
    note_type(l->m, t->type);
    l->m->parameters += model_part_count(p);
    return p->id == PART_EMBEDDING || model_leave_matrix(l->m, w, err);
}

static bool load_matrix(const struct loading *l, const struct model_part *p, const struct place *at,
                        struct error *err) {
    if (l->m->store && at->tensor && !transposed(l, p) && lm_type_find(at->tensor->type)->from_f32)
        return check_dims(l, p, at, err) && leave_matrix(l, p, at, err);
    *p->matrix = (struct lm_matrix){.n = p->n, .k = p->k, .values = load_values(l, p, at, err)};
    if (!p->matrix->values || p->id == PART_EMBEDDING) return p->matrix->values != NULL;
    if (!model_pack(l->m, p->matrix, err)) return false;
    if (!l->m->keeps_values) {
        memory_free(p->matrix->values);
        p->matrix->values = NULL;
    }
    return true;
}

/* config.json gives the table of llama 3 as four numbers. */
static bool make_factors(const struct model_part *p, const struct lm_shape *s, struct error *err) {
    *p->values = memory_alloc(p->n * sizeof **p->values);
    if (!*p->values) return error_memory(err, "rotation rates");
    arch_llama3_factors(s, *p->values);
    return true;
}

/* config.json gives the tables of longrope as lists. */
static bool read_table(const struct model_part *p, const struct lm_file *file, struct error *err) {
    const json_t *from = json_object_get(file->config, "rope_parameters");
    const char *key = p->id == PART_ROPE_LONG ? "long_factor" : "short_factor";
    if (!json_is_object(from)) from = json_object_get(file->config, "rope_scaling");
    const json_t *list = json_object_get(from, key);
    if (json_array_size(list) != p->n)
        return error_set(err, ERROR_DATA,
                         "config.json: rope_scaling: '%s' has %zu numbers, expected %zu, one for each pair", key,
                         json_array_size(list), p->n);
    if (!(*p->values = memory_alloc(p->n * sizeof **p->values))) return error_memory(err, "rotation rates");
    for (size_t i = 0; i < p->n; i++) {
        const json_t *v = json_array_get(list, i);
        (*p->values)[i] = json_is_number(v) ? (float)json_number_value(v) : 0;
    }
    return true;
}

static bool is_table(enum model_part_id id) {
    return id == PART_ROPE_FACTORS || id == PART_ROPE_LONG || id == PART_ROPE_SHORT;
}

static bool load_table(const struct loading *l, const struct model_part *p, struct error *err) {
    struct place at = find(l, p);
    bool config = l->file->container == LM_SAFETENSORS;
    if (config ? !(p->id == PART_ROPE_FACTORS ? make_factors(p, &l->m->shape, err) : read_table(p, l->file, err))
               : !(*p->values = load_values(l, p, &at, err)))
        return false;
    for (size_t i = 0; i < p->n; i++)
        if (!((*p->values)[i] > 0) || !isfinite((*p->values)[i]))
            return error_set(err, ERROR_DATA, "%s: %s '%s' holds %g at element %zu, expected numbers above 0",
                             l->file->path, config ? "rotation rates" : "tensor", at.name.text, (double)(*p->values)[i],
                             i);
    return true;
}

static bool load_part(void *context, const struct model_part *p, struct error *err) {
    const struct loading *l = context;
    if (is_table(p->id)) return load_table(l, p, err);
    struct place at = find(l, p);
    if (p->matrix) return load_matrix(l, p, &at, err);
    return (*p->values = load_values(l, p, &at, err)) != NULL;
}

/* ---- the whole ---- */

static bool mark_part(void *context, const struct model_part *p, struct error *err) {
    const struct loading *l = context;
    struct place at = find(l, p);
    if (at.tensor) l->used[at.tensor - l->file->tensors] = true;
    return true;
}

/* Tables that old exports carry and that follow from the description;
 * a second output matrix where it is the embedding. */
static bool may_be_left(const struct loading *l, struct text name) {
    return text_ends(name, TEXT(".rotary_emb.inv_freq")) || text_ends(name, TEXT(".attn.bias")) ||
           text_ends(name, TEXT(".attn.masked_bias")) ||
           (l->m->shape.tied && (text_equal_c(name, "lm_head.weight") || text_equal_c(name, "output.weight")));
}

static bool refuse_others(const struct loading *l, struct error *err) {
    for (size_t i = 0; i < l->file->n_tensors; i++) {
        struct text name = l->file->tensors[i].name;
        if (l->used[i] || may_be_left(l, name)) continue;
        return error_set(err, ERROR_DATA,
                         "%s: tensor '%.*s' is no part of a %s model of %zu layers, so the file asks for "
                         "more than is built",
                         l->file->path, (int)(name.len < 100 ? name.len : 100), name.at, l->m->arch->name,
                         l->m->shape.layers);
    }
    return true;
}

static bool is_tied(const struct loading *l) {
    const json_t *said = json_object_get(l->file->config, "tie_word_embeddings");
    if (l->file->container != LM_SAFETENSORS) return !lm_file_tensor(l->file, "output.weight");
    if (lm_head_find(l->file) && !lm_file_tensor(l->file, "lm_head.weight")) return true; /* it predicts no tokens */
    return json_is_boolean(said) ? json_is_true(said) : l->m->arch->tied;
}

/* Names with or without the part before the first dot: models saved without their head have none. */
static const struct lm_tensor *find_embedding(struct loading *l, struct arch_name *name) {
    struct model_part part = {.id = PART_EMBEDDING};
    l->prefix = l->m->arch->prefix ? l->m->arch->prefix : "model.";
    *name = full_name(l, &part, PART_EMBEDDING);
    const struct lm_tensor *t = lm_file_tensor(l->file, name->text);
    if (t || l->file->container != LM_SAFETENSORS) return t;
    const char *prefix = l->prefix;
    l->prefix = "";
    t = lm_file_tensor(l->file, full_name(l, &part, PART_EMBEDDING).text);
    if (!t) l->prefix = prefix;
    return t;
}

bool arch_load_tensors(struct lm_model *m, const struct lm_file *file, struct error *err) {
    struct loading l = {.m = m, .file = file};
    struct arch_name name;
    const struct lm_tensor *t = find_embedding(&l, &name);
    if (!t) return error_set(err, ERROR_DATA, "%s: tensor '%s' is missing", file->path, name.text);
    m->shape.vocabulary = t->dims == 2 ? (size_t)t->shape[0] : 0;
    m->shape.tied = is_tied(&l);
    if (!model_check_shape(&m->shape, file->path, err)) return false;
    if (file->n_tensors < m->shape.layers) /* before memory is taken for them */
        return error_set(err, ERROR_DATA, "%s: %zu layers, but only %zu tensors; the file is damaged", file->path,
                         m->shape.layers, file->n_tensors);
    if (!model_new_layers(m, err)) return false;
    const struct lm_tensor *head = lm_head_find(file);
    l.used = memory_zeroed(file->n_tensors, sizeof *l.used);
    if (l.used && head) l.used[head - file->tensors] = true;
    bool ok = (l.used || error_memory(err, "tensor list")) && model_parts(m, mark_part, &l, err) &&
              refuse_others(&l, err) && model_parts(m, load_part, &l, err) &&
              (!m->shape.tied || model_tie_output(m, err)) && (!head || lm_head_load(m, file, err));
    memory_free(l.used);
    return ok;
}
