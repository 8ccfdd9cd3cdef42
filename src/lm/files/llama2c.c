/* The llama2.c "legacy" format: seven int32 (width, hidden, layers, heads, kv heads, vocabulary, context), then f32
 * tensors, each for all layers, in the order of llama2c_read; two unused tables of rotations [context, head size / 2];
 * and an output matrix where the vocabulary is negative. The file holds no names: tensors are shown under those of
 * GGUF, whose order of rows in q and k it shares. Its length follows from the header and is checked to the byte. */
#include "lm/files/model_file.h"

#include <string.h>

struct header {
    int32_t width, hidden, layers, heads, kv_heads, vocabulary, context;
};

static bool plausible(const struct header *h) {
    return h->width > 0 && h->width <= 1 << 16 && h->hidden > 0 && h->hidden <= 1 << 20 && h->layers > 0 &&
           h->layers <= MODEL_LAYERS_MAX && h->heads > 0 && h->width % h->heads == 0 && h->width / h->heads % 2 == 0 &&
           h->kv_heads > 0 && h->heads % h->kv_heads == 0 && h->vocabulary != 0 && h->vocabulary >= -(1 << 24) &&
           h->vocabulary <= 1 << 24 && h->context > 0 && h->context <= 1 << 24;
}

static uint64_t vocabulary_of(const struct header *h) {
    return (uint64_t)(h->vocabulary < 0 ? -h->vocabulary : h->vocabulary);
}

uint64_t llama2c_length(const struct file_map *map) {
    struct header h;
    if (map->len < sizeof h) return 0;
    memcpy(&h, map->at, sizeof h);
    if (!plausible(&h)) return 0;
    /* Within these limits no sum reaches 2^62. */
    uint64_t w = (uint64_t)h.width, hidden = (uint64_t)h.hidden, v = vocabulary_of(&h);
    uint64_t head = w / (uint64_t)h.heads, kv = head * (uint64_t)h.kv_heads;
    uint64_t layer = 2 * w + 2 * w * w + 2 * w * kv + 3 * w * hidden;
    uint64_t n = v * w * (h.vocabulary < 0 ? 2 : 1) + (uint64_t)h.layers * layer + w + (uint64_t)h.context * head;
    return sizeof h + 4 * n;
}

struct plan {
    struct lm_file *file;
    const struct file_map *map;
    uint64_t at; /* byte position */
    size_t layers;
    struct error *err;
};

static bool add(struct plan *p, const char *name, size_t dims, uint64_t rows, uint64_t columns) {
    uint64_t bytes = rows * columns * sizeof(float);
    if (!name) return false;
    p->file->tensors[p->file->n_tensors++] = (struct lm_tensor){
        .name = text_of(name),
        .type = LM_F32,
        .dims = dims,
        .shape = {dims == 2 ? rows : columns, dims == 2 ? columns : 0},
        .data = p->map->at + p->at,
        .bytes = (size_t)bytes,
        .offset = p->at,
    };
    p->at += bytes;
    return true;
}

/* The same tensor of every layer. */
static bool add_layers(struct plan *p, const char *part, size_t dims, uint64_t rows, uint64_t columns) {
    for (size_t l = 0; l < p->layers; l++)
        if (!add(p, arena_printf(&p->file->arena, p->err, "blk.%zu.%s.weight", l, part), dims, rows, columns))
            return false;
    return true;
}

bool llama2c_read(struct lm_file *file, const struct file_map *map, struct error *err) {
    struct header h;
    memcpy(&h, map->at, sizeof h);
    uint64_t w = (uint64_t)h.width, hidden = (uint64_t)h.hidden, head = w / (uint64_t)h.heads;
    uint64_t kv = head * (uint64_t)h.kv_heads, v = vocabulary_of(&h);
    struct plan p = {file, map, sizeof h, (size_t)h.layers, err};
    file->container = LM_LLAMA2C;
    file->tensors = arena_new(&file->arena, struct lm_tensor, 9 * p.layers + 3, err);
    bool ok = file->tensors && add(&p, "token_embd.weight", 2, v, w) && add_layers(&p, "attn_norm", 1, 1, w) &&
              add_layers(&p, "attn_q", 2, w, w) && add_layers(&p, "attn_k", 2, kv, w) &&
              add_layers(&p, "attn_v", 2, kv, w) && add_layers(&p, "attn_output", 2, w, w) &&
              add_layers(&p, "ffn_norm", 1, 1, w) && add_layers(&p, "ffn_gate", 2, hidden, w) &&
              add_layers(&p, "ffn_down", 2, w, hidden) && add_layers(&p, "ffn_up", 2, hidden, w) &&
              add(&p, "output_norm.weight", 1, 1, w);
    p.at += sizeof(float) * (uint64_t)h.context * head;
    if (ok && h.vocabulary < 0) ok = add(&p, "output.weight", 2, v, w);
    if (!ok) return false;
    file->config = json_pack("{s:i s:i s:i s:i s:i s:I s:i s:b}", "width", h.width, "hidden", h.hidden, "layers",
                             h.layers, "heads", h.heads, "kv_heads", h.kv_heads, "vocabulary", (json_int_t)v, "context",
                             h.context, "tied", h.vocabulary > 0);
    return file->config || error_memory(err, "llama2.c header");
}
