/* Every architecture, small and random: the engine against plain loops that read the same description; files that say the
 * same; results that do not depend on how rows are dealt; what is refused. Llama.cpp's word on the same models is in
 * test_lm_arch_oracle. */
#include "plain_model.h"

#include "base/file.h"
#include "lm/model/arch.h"
#include "lm/engine/engine.h"
#include "lm/train/trainable.h"

#include <unistd.h>

#define SMALL ",width=24,heads=4,hidden=20,vocabulary=260,context=96"
enum { TOKENS = 60, VOCABULARY = 260 };

static const char *const specs[] = {
    "llama" SMALL,
    "llama" SMALL ",head_size=10,biases,kv_heads=1",
    "llama" SMALL ",scaling=linear,factor=3",
    "llama" SMALL ",scaling=llama3,rope_base=500",
    "llama" SMALL ",scaling=yarn,rope_base=50",
    "mistral" SMALL ",window=17",
    "mixtral" SMALL ",experts=5,experts_used=3",
    "qwen2" SMALL,
    "qwen2moe" SMALL ",experts=6,experts_used=3,shared=28",
    "qwen3" SMALL ",head_size=12",
    "qwen3moe" SMALL ",experts=7",
    "gemma2" SMALL ",window=9",
    "gemma3" SMALL ",window=16,rope_base=5000,scaling=linear",
    "phi3" SMALL,
    "phi3" SMALL ",scaling=longrope",
    "gpt2" SMALL,
    "olmo2" SMALL,
    "smollm3" SMALL,
    "llama" SMALL ",activation=gelu",
    "gpt2" SMALL ",activation=gelu",
};
enum { SPECS = sizeof specs / sizeof *specs, SPECS_OF_GGUF = SPECS - 2 /* it has no word for an activation */ };

static struct lm_model *make(const char *spec) {
    struct error err = {0};
    double entropy;
    struct lm_model *m = lm_model_random_of(text_of(spec), &entropy, &err);
    check_ok(m);
    check_near(entropy, 2.5, 0.02);
    return m;
}

static void draw(int32_t ids[TOKENS]) {
    struct rng rng = rng_stream(11, "ids", 0);
    for (size_t i = 0; i < TOKENS; i++) ids[i] = (int32_t)rng_below(&rng, VOCABULARY);
}

static void run(const struct lm_model *m, struct pool *pool, size_t rows, const int32_t *ids, float *out) {
    struct error err = {0};
    struct lm_engine *e = lm_engine_new(m, pool, (struct lm_engine_options){.rows = rows}, &err);
    check_ok(e);
    check_ok(lm_logits(e, ids, TOKENS, out, &err));
    lm_engine_free(e);
}

static float found[TOKENS * VOCABULARY], other[TOKENS * VOCABULARY];
static double expected[TOKENS * VOCABULARY];

/* The largest difference of logits, which reach 10 or so. */
static double distance(const struct lm_model *m) {
    int32_t ids[TOKENS];
    double most = 0;
    draw(ids);
    run(m, NULL, 0, ids, found);
    whole_logits(m, ids, TOKENS, expected);
    for (size_t i = 0; i < TOKENS * VOCABULARY; i++) most = fmax(most, fabs((double)found[i] - expected[i]));
    return most;
}

static void architectures_match_plain_loops(void **state) {
    for (size_t i = 0; i < SPECS; i++) {
        struct lm_model *m = make(specs[i]);
        double most = distance(m);
        if (!(most < 2e-4)) fail_msg("%s: %g", specs[i], most);
        lm_model_free(m);
    }
}

/* Parts of a head only, in both orders, and attention scaled otherwise: no small model asks for them. */
static void rarer_features_match_plain_loops(void **state) {
    for (size_t interleaved = 0; interleaved < 2; interleaved++) {
        struct lm_model *m = make("qwen3" SMALL ",head_size=12");
        m->shape.rotated = 8;
        m->shape.rope_interleaved = interleaved;
        m->shape.attention_scale = 0.5f;
        m->shape.unrotated_every = 3;
        assert_true(distance(m) < 2e-4);
        lm_model_free(m);
    }
}

/* A feature that is switched off gives another result: the comparison above sees each of them. */
static void every_feature_matters(void **state) {
    static const struct {
        const char *spec;
        size_t at, size;
    } rows[] = {
#define ROW(spec, field) {spec SMALL, offsetof(struct lm_shape, field), sizeof(((struct lm_shape *)0)->field)}
        ROW("gemma2", post_norms),          ROW("gemma2", window),          ROW("gemma2", unwindowed_every),
        ROW("gemma2", attention_cap),       ROW("gemma2", logit_cap),       ROW("gemma2", embedding_scale),
        ROW("gemma2", activation),          ROW("gemma3", qk_norm),         ROW("gemma3", local_rope_base),
        ROW("qwen2moe", experts_whole),     ROW("qwen2moe", shared_hidden),
        ROW("gpt2", learned_positions),     ROW("olmo2", no_pre_norms),     ROW("smollm3", unrotated_every),
        ROW("llama,scaling=yarn", scaling), ROW("mistral,window=7", window), ROW("qwen3", qk_norm),
#undef ROW
    };
    int32_t ids[TOKENS];
    draw(ids);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lm_model *m = make(rows[i].spec);
        whole_logits(m, ids, TOKENS, expected);
        if (rows[i].at == offsetof(struct lm_shape, no_pre_norms) || rows[i].at == offsetof(struct lm_shape, post_norms) ||
            rows[i].at == offsetof(struct lm_shape, qk_norm)) {
            /* the norms' gains change instead: switching them off would ask for other arrays */
            float *gain = rows[i].at == offsetof(struct lm_shape, qk_norm) ? m->layers[0].q_norm : m->layers[0].ffn_post_norm;
            gain[0] += 1;
        } else {
            memset((char *)&m->shape + rows[i].at, 0, rows[i].size);
        }
        run(m, NULL, 0, ids, found);
        double most = 0;
        for (size_t j = 0; j < TOKENS * VOCABULARY; j++) most = fmax(most, fabs((double)found[j] - expected[j]));
        if (most < 1e-3) fail_msg("%s: row %zu makes no difference (%g)", rows[i].spec, i, most);
        lm_model_free(m);
    }
}

static void rows_do_not_depend_on_their_neighbours(void **state) {
    struct error err = {0};
    struct pool *pool = pool_new(2, &err);
    int32_t ids[TOKENS];
    check_ok(pool);
    draw(ids);
    for (size_t i = 0; i < SPECS; i++) {
        struct lm_model *m = make(specs[i]);
        run(m, NULL, 512, ids, found);
        for (size_t rows = 1; rows < 60; rows += 12) {
            run(m, rows % 2 ? pool : NULL, rows, ids, other);
            if (memcmp(found, other, sizeof found)) fail_msg("%s: %zu rows at once give other bits", specs[i], rows);
        }
        lm_model_free(m);
    }
    pool_free(pool);
}

/* With and without shared beginnings. */
static void scores_do_not_depend_on_sharing(void **state) {
    struct error err = {0};
    int32_t ids[TOKENS];
    draw(ids);
    for (size_t i = 0; i < SPECS; i++) {
        struct lm_model *m = make(specs[i]);
        struct lm_score_ask asks[6];
        struct lm_score_result results[2][6];
        struct arena arena;
        arena_init(&arena, 0);
        for (size_t a = 0; a < 6; a++) asks[a] = (struct lm_score_ask){ids, 20 + 3 * a, ids + a, 9};
        for (size_t way = 0; way < 2; way++) {
            struct lm_engine_options options = {.no_prefix_sharing = way == 1, .rows = way ? 7 : 64};
            struct lm_engine *e = lm_engine_new(m, NULL, options, &err);
            check_ok(e && lm_score(e, asks, 6, results[way], &arena, NULL, &err));
            lm_engine_free(e);
        }
        for (size_t a = 0; a < 6; a++) assert_memory_equal(results[0][a].tokens, results[1][a].tokens, 9 * sizeof(float));
        arena_done(&arena);
        lm_model_free(m);
    }
}

/* ---- files ---- */

static void same_shape(const struct lm_shape *a, const struct lm_shape *b, const char *spec) {
    struct lm_shape x = *a, y = *b;
    x.rope_interleaved = y.rope_interleaved = false; /* rows are stored in GGUF's order */
    if (x.scaling.kind == LM_SCALING_FACTORS) x.scaling = y.scaling = (struct lm_rope_scaling){x.scaling.kind};
    struct buffer s, t;
    buffer_init(&s, 4096);
    buffer_init(&t, 4096);
    assert_true(lm_shape_put(&s, &x) && lm_shape_put(&t, &y));
    if (!text_equal(buffer_text(&s), buffer_text(&t)) || x.layers != y.layers || x.width != y.width || x.heads != y.heads ||
        x.kv_heads != y.kv_heads || x.head_size != y.head_size || x.hidden != y.hidden || x.shared_hidden != y.shared_hidden || x.vocabulary != y.vocabulary ||
        x.context != y.context || x.tied != y.tied || x.norm_eps != y.norm_eps ||
        (!x.learned_positions && x.rope_base != y.rope_base) || fabs((double)(x.scaling.amplitude - y.scaling.amplitude)) > 1e-6)
        fail_msg("%s: '%.*s' became '%.*s'", spec, TEXT_ARG(buffer_text(&s)), TEXT_ARG(buffer_text(&t)));
    buffer_done(&s);
    buffer_done(&t);
}

static void saved_models_are_the_same(void **state) {
    struct error err = {0};
    struct lm_load_options keep = {.keep_values = true};
    int32_t ids[TOKENS];
    char path[64] = "/tmp/test-arch-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    draw(ids);
    for (size_t i = 0; i < SPECS_OF_GGUF; i++) {
        struct lm_model *m = make(specs[i]), *n;
        check_ok(lm_model_save(m, path, LM_F32, NULL, 0, &err));
        check_ok(n = lm_model_load(path, &keep, &err));
        same_shape(&m->shape, &n->shape, specs[i]);
        assert_int_equal(m->parameters, n->parameters);
        run(m, NULL, 0, ids, found);
        run(n, NULL, 0, ids, other);
        double most = 0; /* YaRN's amplitude is stored as a quotient */
        for (size_t j = 0; j < TOKENS * VOCABULARY; j++) most = fmax(most, fabs((double)(found[j] - other[j])));
        if (most > (m->shape.scaling.kind == LM_SCALING_YARN ? 1e-4 : 0)) fail_msg("%s: %g", specs[i], most);
        lm_model_free(n);
        lm_model_free(m);
    }
    unlink(path);
}

static void rename_key(struct text file, const char *key) {
    size_t at = text_find(file, text_of(key), 0);
    assert_true(at != SIZE_MAX);
    ((char *)file.at)[at]++;
}

/* Older files of qwen2moe say one size, of the shared expert and of all that are used together. */
static void older_files_of_experts_say_one_size(void **state) {
    static const char *const keys[] = {"qwen2moe.expert_feed_forward_length",
                                       "qwen2moe.expert_shared_feed_forward_length"};
    struct error err = {0};
    struct arena arena;
    struct text file;
    char path[64] = "/tmp/test-arch-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    arena_init(&arena, 1 << 24);
    struct lm_model *m = make("qwen2moe" SMALL ",experts=6,experts_used=1,shared=20"), *n;
    check_ok(lm_model_save(m, path, LM_F32, NULL, 0, &err));
    check_ok(file_read(&arena, path, 1 << 23, &file, &err));
    for (size_t i = 0; i < 2; i++) rename_key(file, keys[i]);
    check_ok(file_write(path, file, &err));
    check_ok(n = lm_model_load(path, &(struct lm_load_options){0}, &err));
    same_shape(&m->shape, &n->shape, "qwen2moe");
    lm_model_free(n);
    m->shape.experts_used = 2; /* then one of them is half as wide */
    check_ok(lm_model_save(m, path, LM_F32, NULL, 0, &err));
    check_ok(file_read(&arena, path, 1 << 23, &file, &err));
    for (size_t i = 0; i < 2; i++) rename_key(file, keys[i]);
    check_ok(file_write(path, file, &err));
    check_fails(lm_model_load(path, &(struct lm_load_options){0}, &err), ERROR_DATA,
                "'blk.0.ffn_gate_exps.weight' has shape [6, 20, 24], expected [6, 10, 24]");
    const struct lm_extra extra = {"qwen2moe.expert_weights_norm", TEXT("true")};
    check_ok(lm_model_save(m, path, LM_F32, &extra, 1, &err));
    check_fails(lm_model_load(path, &(struct lm_load_options){0}, &err), ERROR_DATA, "expert_weights_norm is another");
    lm_model_free(m);
    arena_done(&arena);
    unlink(path);
}

/* ---- Hugging Face folders: the names and the order of values as transformers saves them ---- */

#define NUMBERS "\"hidden_size\":24,\"num_attention_heads\":4,\"num_key_value_heads\":2,\"max_position_embeddings\":96,\"rms_norm_eps\":1e-5,"
#define BASE "{" NUMBERS "\"num_hidden_layers\":4,\"intermediate_size\":20,"

static const struct folder {
    const char *spec, *config;
    const char *names[3]; /* that must be among those of the tensors */
} folders[] = {
    {"llama" SMALL ",scaling=llama3,rope_base=500",
     BASE "\"model_type\":\"llama\",\"rope_theta\":500,\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8,"
          "\"low_freq_factor\":1,\"high_freq_factor\":4,\"original_max_position_embeddings\":12}}",
     {"model.embed_tokens.weight", "model.layers.3.self_attn.q_proj.weight", "lm_head.weight"}},
    {"llama" SMALL ",scaling=yarn,rope_base=50",
     BASE "\"model_type\":\"llama\",\"rope_parameters\":{\"rope_type\":\"yarn\",\"rope_theta\":50,\"factor\":8,"
          "\"original_max_position_embeddings\":12}}",
     {"model.norm.weight", "model.layers.0.mlp.gate_proj.weight", "model.layers.0.post_attention_layernorm.weight"}},
    {"llama" SMALL ",biases", BASE "\"model_type\":\"llama\",\"attention_bias\":true,\"mlp_bias\":true}",
     {"model.layers.0.self_attn.q_proj.bias", "model.layers.0.self_attn.o_proj.bias", "model.layers.0.mlp.down_proj.bias"}},
    {"mistral" SMALL ",window=17", BASE "\"model_type\":\"mistral\",\"sliding_window\":17,\"hidden_act\":\"silu\"}",
     {"model.layers.0.self_attn.k_proj.weight", "model.layers.0.mlp.up_proj.weight", "model.layers.0.input_layernorm.weight"}},
    {"mixtral" SMALL ",experts=5,experts_used=3",
     BASE "\"model_type\":\"mixtral\",\"sliding_window\":null,\"num_local_experts\":5,\"num_experts_per_tok\":3}",
     {"model.layers.0.block_sparse_moe.gate.weight", "model.layers.0.block_sparse_moe.experts.4.w1.weight",
      "model.layers.0.block_sparse_moe.experts.0.w2.weight"}},
    {"qwen2" SMALL,
     BASE "\"model_type\":\"qwen2\",\"use_sliding_window\":false,\"sliding_window\":50,\"max_window_layers\":28}",
     {"model.layers.0.self_attn.q_proj.bias", "model.layers.0.self_attn.v_proj.bias", "model.layers.0.self_attn.o_proj.weight"}},
    {"qwen2moe" SMALL ",experts=6,experts_used=3,shared=28",
     "{" NUMBERS "\"num_hidden_layers\":4,\"intermediate_size\":99,\"moe_intermediate_size\":20,\"model_type\":\"qwen2_moe\","
     "\"num_experts\":6,\"num_experts_per_tok\":3,\"shared_expert_intermediate_size\":28,\"mlp_only_layers\":[],"
     "\"norm_topk_prob\":false,\"use_sliding_window\":false}",
     {"model.layers.0.mlp.shared_expert.gate_proj.weight", "model.layers.3.mlp.shared_expert_gate.weight",
      "model.layers.0.mlp.experts.5.up_proj.weight"}},
    {"qwen3" SMALL ",head_size=12", BASE "\"model_type\":\"qwen3\",\"head_dim\":12,\"attention_bias\":false}",
     {"model.layers.0.self_attn.q_norm.weight", "model.layers.0.self_attn.k_norm.weight", "lm_head.weight"}},
    {"qwen3moe" SMALL ",experts=7",
     "{" NUMBERS "\"num_hidden_layers\":4,\"intermediate_size\":99,\"moe_intermediate_size\":20,\"model_type\":\"qwen3_moe\","
     "\"num_experts\":7,\"num_experts_per_tok\":2,\"norm_topk_prob\":true,\"decoder_sparse_step\":1,\"mlp_only_layers\":[]}",
     {"model.layers.0.mlp.gate.weight", "model.layers.3.mlp.experts.6.down_proj.weight", "model.layers.0.self_attn.q_norm.weight"}},
    {"gemma2" SMALL ",window=9",
     BASE "\"model_type\":\"gemma2\",\"head_dim\":6,\"query_pre_attn_scalar\":6,\"attn_logit_softcapping\":50.0,"
          "\"final_logit_softcapping\":30.0,\"sliding_window\":9,\"hidden_activation\":\"gelu_pytorch_tanh\","
          "\"hidden_act\":\"gelu\"}", /* which nothing looks at */
     {"model.layers.0.pre_feedforward_layernorm.weight", "model.layers.0.post_feedforward_layernorm.weight",
      "model.layers.0.post_attention_layernorm.weight"}},
    {"gemma3" SMALL ",window=16,rope_base=5000,scaling=linear",
     "{" NUMBERS "\"num_hidden_layers\":6,\"intermediate_size\":20,\"model_type\":\"gemma3_text\",\"head_dim\":6,"
     "\"query_pre_attn_scalar\":6,\"sliding_window\":16,\"rope_theta\":5000,\"rope_local_base_freq\":10000,"
     "\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":8},\"hidden_activation\":\"gelu_pytorch_tanh\","
     "\"layer_types\":[\"sliding_attention\",\"sliding_attention\",\"sliding_attention\",\"sliding_attention\","
     "\"sliding_attention\",\"full_attention\"]}",
     {"model.layers.5.self_attn.q_norm.weight", "model.layers.0.pre_feedforward_layernorm.weight", "model.norm.weight"}},
    {"phi3" SMALL, BASE "\"model_type\":\"phi3\",\"sliding_window\":null,\"tie_word_embeddings\":false}",
     {"model.layers.0.self_attn.qkv_proj.weight", "model.layers.0.mlp.gate_up_proj.weight", "model.layers.0.mlp.down_proj.weight"}},
    {"gpt2" SMALL,
     "{\"model_type\":\"gpt2\",\"n_layer\":4,\"n_embd\":24,\"n_head\":4,\"n_positions\":96,\"n_inner\":20,"
     "\"layer_norm_epsilon\":1e-5,\"activation_function\":\"gelu_new\"}",
     {"transformer.h.0.attn.c_attn.bias", "transformer.wpe.weight", "transformer.h.3.mlp.c_proj.weight"}},
    {"gpt2" SMALL ",activation=gelu",
     "{\"model_type\":\"gpt2\",\"n_layer\":4,\"n_embd\":24,\"n_head\":4,\"n_positions\":96,\"n_inner\":20,"
     "\"layer_norm_epsilon\":1e-5,\"activation_function\":\"gelu\"}",
     {"transformer.h.0.attn.c_attn.bias", "transformer.wpe.weight", "transformer.h.3.mlp.c_proj.weight"}},
    {"llama" SMALL ",activation=gelu", BASE "\"model_type\":\"llama\",\"hidden_act\":\"gelu\"}",
     {"model.norm.weight", "lm_head.weight", "model.layers.3.mlp.down_proj.weight"}},
    {"olmo2" SMALL, BASE "\"model_type\":\"olmo2\"}",
     {"model.layers.0.post_feedforward_layernorm.weight", "model.layers.0.self_attn.q_norm.weight", "lm_head.weight"}},
    {"smollm3" SMALL, BASE "\"model_type\":\"smollm3\",\"no_rope_layers\":[1,1,1,0],\"no_rope_layer_interval\":4}",
     {"model.layers.3.self_attn.q_proj.weight", "model.norm.weight", "model.embed_tokens.weight"}},
};
enum { FOLDERS = sizeof folders / sizeof *folders };

struct storing {
    const struct lm_model *m;
    struct buffer head, data;
};

/* Row `row` of the part in the order of transformers: heads as halves. */
static const float *stored_row(const struct lm_model *m, const struct model_part *p, const float *values, size_t row) {
    size_t size = m->shape.head_size, i = row % size, k = p->k ? p->k : 1;
    if (m->shape.rope_interleaved && (p->id == PART_Q || p->id == PART_K))
        row = row - i + (i < size / 2 ? 2 * i : 2 * (i - size / 2) + 1);
    return values + row * k;
}

/* Rows of up to three parts, one behind the other, as one tensor. */
static void store_parts(struct storing *s, const char *name, const struct model_part *p, const float *const *parts,
                        const size_t *rows, size_t n) {
    size_t all = 0, k = p->k ? p->k : 1, from = s->data.len;
    bool turned = s->m->arch->transposed && p->matrix && p->id >= PART_ATTENTION_NORM;
    for (size_t i = 0; i < n; i++) all += rows[i];
    float *values = calloc(all * k, sizeof *values);
    for (size_t i = 0, at = 0; i < n; at += rows[i++])
        for (size_t r = 0; r < rows[i]; r++) {
            struct model_part part = *p;
            if (n == 3) part.id = i == 2 ? PART_V : PART_Q;
            const float *row = stored_row(s->m, &part, parts[i], r);
            for (size_t j = 0; j < k; j++) values[turned ? j * all + at + r : (at + r) * k + j] = row[j];
        }
    for (size_t i = 0; s->m->arch->gain_offset && model_part_is_norm(p->id) && i < all * k; i++) values[i] -= 1;
    buffer_put(&s->data, values, all * k * sizeof *values);
    buffer_printf(&s->head, "%c\"%s\":{\"dtype\":\"F32\",\"shape\":[%s%zu", s->head.len ? ',' : '{', name,
                  p->id == PART_SHARED_WEIGHT ? "1," : "", turned ? k : all);
    if (p->k) buffer_printf(&s->head, ",%zu", turned ? all : k);
    buffer_printf(&s->head, "],\"data_offsets\":[%zu,%zu]}", from, s->data.len);
    free(values);
}

static bool store_part(void *context, const struct model_part *p, struct error *err) {
    struct storing *s = context;
    const struct lm_arch *arch = s->m->arch;
    const struct lm_layer *y = &s->m->layers[p->layer];
    bool qkv = arch->fused_qkv && p->id == PART_Q, gate_up = arch->fused_gate_up && p->id == PART_GATE;
    if (p->id == PART_ROPE_FACTORS || (arch->fused_qkv && (p->id == PART_K || p->id == PART_V)) ||
        (arch->fused_gate_up && p->id == PART_UP))
        return true;
    enum model_part_id id = qkv ? PART_QKV : gate_up ? PART_GATE_UP : p->id;
    struct arch_name name = arch_config_name(arch, arch->prefix ? arch->prefix : "model.", id, p->layer, p->expert);
    size_t n = strlen(name.text);
    snprintf(name.text + n, sizeof name.text - n, "%s", p->bias ? ".bias" : ".weight");
    const struct lm_matrix *const lists[2][3] = {{&y->q, &y->k, &y->v}, {&y->gate, &y->up, NULL}};
    const float *parts[3] = {p->matrix ? p->matrix->values : *p->values};
    size_t rows[3] = {p->n};
    for (size_t i = 0; (qkv || gate_up) && i < (qkv ? 3u : 2u); i++) {
        const struct lm_matrix *w = lists[gate_up][i];
        parts[i] = p->bias ? w->bias : w->values;
        rows[i] = w->n;
    }
    store_parts(s, name.text, p, parts, rows, qkv ? 3 : gate_up ? 2 : 1);
    return true;
}

static void put_file(const char *folder, const char *name, const void *at, size_t n) {
    struct error err = {0};
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check_ok(file_write(path, (struct text){at, n}, &err));
}

static void store_folder(struct lm_model *m, const struct folder *row, const char *folder) {
    struct error err = {0};
    struct storing s = {.m = m};
    struct buffer file;
    buffer_init(&s.head, 1 << 20);
    buffer_init(&s.data, 1 << 26);
    buffer_init(&file, 1 << 27);
    check_ok(model_parts(m, store_part, &s, &err));
    buffer_put_c(&s.head, "}");
    for (size_t i = 0; i < 3; i++) {
        char quoted[128];
        snprintf(quoted, sizeof quoted, "\"%s\":", row->names[i]);
        if (text_find(buffer_text(&s.head), text_of(quoted), 0) == SIZE_MAX) fail_msg("%s: no %s", row->spec, quoted);
    }
    uint64_t length = s.head.len;
    buffer_put(&file, &length, sizeof length);
    buffer_put_text(&file, buffer_text(&s.head));
    buffer_put_text(&file, buffer_text(&s.data));
    check_ok(buffer_check(&file, "model", &err));
    put_file(folder, "model.safetensors", file.at, file.len);
    put_file(folder, "config.json", row->config, strlen(row->config));
    buffer_done(&s.head);
    buffer_done(&s.data);
    buffer_done(&file);
}

static void hugging_face_folders_hold_the_same_models(void **state) {
    struct error err = {0};
    struct lm_load_options keep = {.keep_values = true};
    int32_t ids[TOKENS];
    char folder[64] = "/tmp/test-arch-XXXXXX", path[128];
    assert_non_null(mkdtemp(folder));
    draw(ids);
    for (size_t i = 0; i < FOLDERS; i++) {
        struct lm_model *m = make(folders[i].spec), *n;
        store_folder(m, &folders[i], folder);
        n = lm_model_load(folder, &keep, &err);
        if (!n) fail_msg("%s: %s", folders[i].spec, err.message);
        same_shape(&m->shape, &n->shape, folders[i].spec);
        run(m, NULL, 0, ids, found);
        run(n, NULL, 0, ids, other);
        double most = 0;
        for (size_t j = 0; j < TOKENS * VOCABULARY; j++) most = fmax(most, fabs((double)(found[j] - other[j])));
        if (!(most < 1e-4)) fail_msg("%s: %g", folders[i].spec, most);
        lm_model_free(n);
        lm_model_free(m);
    }
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, i ? "config.json" : "model.safetensors");
        unlink(path);
    }
    rmdir(folder);
}

static void what_gguf_cannot_say_is_refused(void **state) {
    struct error err = {0};
    struct lm_model *m = make("qwen3" SMALL);
    m->shape.attention_scale = 0.3f;
    check_fails(lm_model_save(m, "/nowhere/x.gguf", LM_F32, NULL, 0, &err), ERROR_DATA,
                "GGUF of the architecture qwen3 cannot say this model's attention_scale");
    lm_model_free(m);
    m = make("qwen3moe" SMALL ",experts=4");
    m->shape.experts_whole = true;
    check_fails(lm_model_save(m, "/nowhere/x.gguf", LM_F32, NULL, 0, &err), ERROR_DATA,
                "cannot say this model's weights of experts");
    lm_model_free(m);
    m = make("qwen3moe" SMALL ",experts=4,shared=8");
    check_fails(lm_model_save(m, "/nowhere/x.gguf", LM_F32, NULL, 0, &err), ERROR_DATA,
                "cannot say this model's shared expert");
    lm_model_free(m);
    m = make("gpt2" SMALL ",activation=gelu");
    check_fails(lm_model_save(m, "/nowhere/x.gguf", LM_F32, NULL, 0, &err), ERROR_DATA,
                "GGUF of the architecture gpt2 cannot say this model's activation");
    lm_model_free(m);
}

/* With and without a gate; the exact form and that with tanh differ in the fourth digit. */
static void forms_of_gelu_differ(void **state) {
    static const char *const forms[2][2] = {{"gpt2" SMALL ",activation=gelu", "gpt2" SMALL ",activation=gelu_tanh"},
                                            {"llama" SMALL ",activation=gelu", "llama" SMALL ",activation=gelu_tanh"}};
    int32_t ids[TOKENS];
    draw(ids);
    for (size_t i = 0; i < 2; i++) {
        struct lm_model *m = make(forms[i][0]);
        assert_true(distance(m) < 2e-4);
        m->shape.activation = LM_GELU_TANH;
        run(m, NULL, 0, ids, found);
        double most = 0;
        for (size_t j = 0; j < TOKENS * VOCABULARY; j++) most = fmax(most, fabs((double)found[j] - expected[j]));
        if (!(most > 2e-4)) fail_msg("%s: %g", forms[i][0], most);
        assert_true(distance(m) < 2e-4);
        lm_model_free(m);
        lm_model_free(make(forms[i][1]));
    }
}

static void training_is_refused_by_name(void **state) {
    struct error err = {0};
    struct lm_model *m = make("gemma2" SMALL);
    check_fails(lm_trainable_new(m, &err), ERROR_DATA, "of the architecture gemma2 cannot be trained, only plain llama can; it "
                                                       "has: norms after attention and feed-forward, window of 24");
    lm_model_free(m);
    m = make("llama" SMALL ",activation=gelu");
    check_fails(lm_trainable_new(m, &err), ERROR_DATA, "it has: GELU (exact)");
    lm_model_free(m);
    m = make("phi3" SMALL); /* nothing beyond llama but its files */
    struct lm_trainable *t = lm_trainable_new(m, &err);
    check_ok(t);
    lm_trainable_free(t);
    lm_model_free(m);
}

static void bad_specs_are_refused(void **state) {
    static const struct {
        const char *spec, *words;
        enum error_kind kind;
    } rows[] = {
        {"lama", "no architecture 'lama'; there are llama, mistral", ERROR_USAGE},
        {"llama,layer=3", "did you mean 'layers'", ERROR_USAGE},
        {"llama,layers=0", "layers", ERROR_USAGE},
        {"llama,heads=3,kv_heads=2", "make no model", ERROR_DATA},
        {"llama,head_size=7", "make no model", ERROR_DATA},
        {"llama,shared=8", "a shared expert of 8 beside 0 experts", ERROR_DATA},
        {"gpt2,activation=silu", "without a gate", ERROR_DATA},
        {"llama,activation=relu", "activation", ERROR_USAGE},
        {"mixtral,experts=2,experts_used=3", "3 of 2 experts", ERROR_DATA},
        {"llama,vocabulary=100", "vocabulary", ERROR_USAGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = {0};
        double entropy;
        check_fails(lm_model_random_of(text_of(rows[i].spec), &entropy, &err), rows[i].kind, rows[i].words);
    }
}

/* Llama 3.1's own numbers: short waves keep their rate, those longer than the old context are slowed 8 times. */
static void factors_of_llama3_are_those_of_the_formula(void **state) {
    struct lm_shape s = {.head_size = 128, .rope_base = 500000,
                         .scaling = {LM_SCALING_FACTORS, .factor = 8, .beta_slow = 1, .beta_fast = 4, .context = 8192}};
    float factors[64];
    size_t kept = 0, slowed = 0;
    arch_llama3_factors(&s, factors);
    for (size_t i = 0; i < 64; i++) {
        double wave = 2 * M_PI * pow(500000, 2.0 * (double)i / 128), smooth = (8192 / wave - 1) / 3;
        double rate = wave < 2048 ? 1 : wave > 8192 ? 1.0 / 8 : (1 - smooth) / 8 + smooth;
        check_near((double)factors[i], 1 / rate, 1e-5);
        kept += factors[i] == 1;
        slowed += factors[i] == 8;
    }
    assert_int_equal(kept, 29);
    assert_int_equal(slowed, 29);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(architectures_match_plain_loops),
        cmocka_unit_test(rarer_features_match_plain_loops),
        cmocka_unit_test(every_feature_matters),
        cmocka_unit_test(rows_do_not_depend_on_their_neighbours),
        cmocka_unit_test(scores_do_not_depend_on_sharing),
        cmocka_unit_test(saved_models_are_the_same),
        cmocka_unit_test(older_files_of_experts_say_one_size),
        cmocka_unit_test(hugging_face_folders_hold_the_same_models),
        cmocka_unit_test(what_gguf_cannot_say_is_refused),
        cmocka_unit_test(forms_of_gelu_differ),
        cmocka_unit_test(training_is_refused_by_name),
        cmocka_unit_test(bad_specs_are_refused),
        cmocka_unit_test(factors_of_llama3_are_those_of_the_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
