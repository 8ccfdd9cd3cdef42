/* Whole models: the same weights from four containers, shapes and values that are refused, saving, random models. */
#include "gguf_bytes.h"

#include "base/file.h"
#include "lm/model/model.h"

#include <stdlib.h>
#include <unistd.h>

static const char *root;
static const struct lm_load_options keep = {.keep_values = true};

#define STORIES "/../shared/data/models/stories260K"

static struct lm_model *load_stories(const char *name, const struct lm_load_options *options) {
    struct error err = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s" STORIES "/%s", root, name);
    if (!file_exists(path)) {
        print_message("skipped: %s is not there\n", path);
        skip();
    }
    struct lm_model *m = lm_model_load(path, options, &err);
    check_ok(m);
    return m;
}

static void same_matrix(const struct lm_matrix *a, const struct lm_matrix *b) {
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->k, b->k);
    assert_memory_equal(a->values, b->values, a->n * a->k * sizeof(float));
}

/* Rows of each head: halves in `halves`, pairs in `pairs`. */
static void same_rotated(const struct lm_matrix *halves, const struct lm_matrix *pairs, size_t size) {
    assert_int_equal(halves->n, pairs->n);
    for (size_t row = 0; row < halves->n; row++) {
        size_t i = row % size, to = row - i + (i < size / 2 ? 2 * i : 2 * (i - size / 2) + 1);
        assert_memory_equal(halves->values + row * halves->k, pairs->values + to * pairs->k, halves->k * sizeof(float));
    }
}

static void same_weights(const struct lm_model *a, const struct lm_model *b) {
    const struct lm_shape *s = &a->shape, *t = &b->shape;
    assert_true(s->layers == t->layers && s->width == t->width && s->heads == t->heads && s->kv_heads == t->kv_heads &&
                s->head_size == t->head_size && s->hidden == t->hidden && s->vocabulary == t->vocabulary &&
                s->context == t->context && s->norm_eps == t->norm_eps && s->rope_base == t->rope_base);
    same_matrix(&a->embedding, &b->embedding);
    same_matrix(&a->output, &b->output);
    assert_memory_equal(a->output_norm, b->output_norm, s->width * sizeof(float));
    for (size_t l = 0; l < s->layers; l++) {
        const struct lm_layer *x = &a->layers[l], *y = &b->layers[l];
        assert_memory_equal(x->attention_norm, y->attention_norm, s->width * sizeof(float));
        assert_memory_equal(x->ffn_norm, y->ffn_norm, s->width * sizeof(float));
        same_matrix(&x->v, &y->v);
        same_matrix(&x->o, &y->o);
        same_matrix(&x->gate, &y->gate);
        same_matrix(&x->up, &y->up);
        same_matrix(&x->down, &y->down);
        if (s->rope_interleaved == t->rope_interleaved) {
            same_matrix(&x->q, &y->q);
            same_matrix(&x->k, &y->k);
        } else {
            same_rotated(s->rope_interleaved ? &y->q : &x->q, s->rope_interleaved ? &x->q : &y->q, s->head_size);
            same_rotated(s->rope_interleaved ? &y->k : &x->k, s->rope_interleaved ? &x->k : &y->k, s->head_size);
        }
    }
}

static void four_containers_hold_the_same_weights(void **state) {
    static const char *const others[] = {"", "model.safetensors", "stories260K.bin",
                                         "tinyllamas-stories-260k-f32.gguf"};
    struct lm_model *first = load_stories("stories260K-v3.gguf", &keep);
    assert_true(first->shape.rope_interleaved && first->shape.tied);
    assert_int_equal(first->parameters, 260032);
    assert_string_equal(first->types, "F32");
    assert_string_equal(first->name, "stories260K");
    assert_int_equal(first->shape.head_size, 8);
    assert_int_equal(tokenizer_vocabulary(first->tokenizer), 512);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct lm_model *m = load_stories(others[i], &keep);
        same_weights(first, m);
        assert_int_equal(m->shape.rope_interleaved, i >= 2);
        assert_int_equal(m->shape.tied, i < 3); /* version 1 stores the output matrix, equal to the embedding */
        assert_non_null(m->tokenizer);          /* tok512.bin beside, where the file has none */
        assert_int_equal(tokenizer_vocabulary(m->tokenizer), 512);
        assert_string_not_equal(m->digest, first->digest);
        lm_model_free(m);
    }
    lm_model_free(first);
}

static void options_decide_what_is_kept(void **state) {
    struct lm_model *m = load_stories("stories260K-v3.gguf", &(struct lm_load_options){0});
    assert_null(m->layers[0].q.values);
    assert_non_null(m->layers[0].q.packed);
    assert_non_null(m->embedding.values);
    assert_non_null(m->output.packed);
    assert_ptr_equal(m->output.values, m->embedding.values);
    lm_model_free(m);
    m = load_stories("stories260K-v3.gguf", &(struct lm_load_options){.no_packing = true});
    assert_non_null(m->layers[0].q.values);
    assert_null(m->layers[0].q.packed);
    assert_null(m->output.packed);
    lm_model_free(m);
}

/* ---- small models in memory ---- */

struct small {
    const char *architecture;
    uint32_t heads, kv_heads, width, layers;
    float eps, poison; /* poison: the first value of blk.0.ffn_up */
    const char *missing, *extra;
    const char *text_key, *text_value;
    bool vector_embedding;
    uint32_t up_rows;
};
static const struct small usual = {.architecture = "llama",
                                   .heads = 2,
                                   .kv_heads = 1,
                                   .width = 8,
                                   .layers = 1,
                                   .eps = 1e-5f,
                                   .poison = 1,
                                   .up_rows = 6};

struct planned {
    const char *name;
    uint64_t inner, rows;
};

/* Width 8, 2 heads of 4, 1 kv head, hidden 6, vocabulary 5. */
static struct gguf_bytes small_model(const struct small *s) {
    const struct planned all[] = {
        {"token_embd.weight", 8, s->vector_embedding ? 0 : 5},
        {"output_norm.weight", 8, 0},
        {"blk.0.attn_norm.weight", 8, 0},
        {"blk.0.ffn_norm.weight", 8, 0},
        {"blk.0.attn_q.weight", 8, 8},
        {"blk.0.attn_k.weight", 8, 4},
        {"blk.0.attn_v.weight", 8, 4},
        {"blk.0.attn_output.weight", 8, 8},
        {"blk.0.ffn_gate.weight", 8, 6},
        {"blk.0.ffn_up.weight", 8, s->up_rows},
        {"blk.0.ffn_down.weight", 6, 8},
        {s->extra, 8, 0},
    };
    size_t n = 0;
    for (size_t i = 0; i < 12; i++) n += all[i].name && !(s->missing && strcmp(all[i].name, s->missing) == 0);
    struct gguf_bytes g = gguf_begin(3, n, 8 + (s->text_key != NULL));
    gguf_string(&g, "general.architecture", s->architecture);
    gguf_u32(&g, "llama.block_count", s->layers);
    gguf_u32(&g, "llama.embedding_length", s->width);
    gguf_u32(&g, "llama.attention.head_count", s->heads);
    gguf_u32(&g, "llama.attention.head_count_kv", s->kv_heads);
    gguf_u32(&g, "llama.feed_forward_length", 6);
    gguf_u32(&g, "llama.context_length", 16);
    gguf_f32(&g, "llama.attention.layer_norm_rms_epsilon", s->eps);
    if (s->text_key) gguf_string(&g, s->text_key, s->text_value);
    uint64_t offset = 0;
    for (size_t i = 0; i < 12; i++) {
        if (!all[i].name || (s->missing && strcmp(all[i].name, s->missing) == 0)) continue;
        gguf_info(&g, all[i].name, all[i].inner, all[i].rows, 0, offset);
        offset += (all[i].inner * (all[i].rows ? all[i].rows : 1) * 4 + 31) / 32 * 32;
    }
    gguf_pad(&g, 32);
    for (size_t i = 0; i < 12; i++) {
        if (!all[i].name || (s->missing && strcmp(all[i].name, s->missing) == 0)) continue;
        bool poisoned = strcmp(all[i].name, "blk.0.ffn_up.weight") == 0;
        gguf_floats(&g, all[i].inner * (all[i].rows ? all[i].rows : 1), poisoned ? s->poison : (float)i);
        gguf_pad(&g, 32);
    }
    return g;
}

static struct lm_model *load_small(const struct small *s, struct error *err) {
    struct gguf_bytes g = small_model(s);
    struct lm_model *m = lm_model_load_memory(g.b.at, g.b.len, &keep, err);
    buffer_done(&g.b);
    return m;
}

static void small_models_load(void **state) {
    struct error err = {0};
    struct lm_model *m = load_small(&usual, &err);
    check_ok(m);
    assert_int_equal(m->shape.vocabulary, 5);
    assert_int_equal(m->shape.head_size, 4);
    assert_true(m->shape.tied);
    assert_null(m->tokenizer);
    assert_int_equal(m->parameters, 40 + 8 + 16 + 64 + 32 + 32 + 64 + 48 * 3);
    lm_model_free(m);
    struct small none = usual;
    none.text_key = "tokenizer.ggml.model";
    none.text_value = "none";
    m = load_small(&none, &err);
    check_ok(m);
    assert_null(m->tokenizer);
    lm_model_free(m);
}

static void refused(const struct small *s, const char *part) {
    struct error err = {0};
    check_fails(load_small(s, &err), ERROR_DATA, part);
}

static void what_is_not_built_is_refused_by_name(void **state) {
    struct small s = usual;
    s.architecture = "mamba";
    refused(&s, "architecture 'mamba' is not built; known: llama");
    s = usual;
    s.extra = "blk.0.attn_q_norm.weight";
    refused(&s, "'blk.0.attn_q_norm.weight' is no part of a llama model");
    s.extra = "blk.0.attn_q.bias"; /* biases are built: where one is the others must be */
    refused(&s, "'blk.0.attn_k.bias' is missing");
    s.extra = "blk.1.attn_norm.weight";
    refused(&s, "'blk.1.attn_norm.weight'");
    s.extra = "rope_freqs.weight";
    refused(&s, "'rope_freqs.weight' has shape [8], expected [2]");
    s = usual;
    s.text_key = "llama.rope.scaling.type";
    s.text_value = "longrope";
    refused(&s, "scaled rotations (rope scaling) of the kind 'longrope'");
    s.text_value = "yarn";
    refused(&s, "'llama.rope.scaling.factor' is missing");
    s.text_key = "llama.use_parallel_residual";
    refused(&s, "metadata 'llama.use_parallel_residual' asks for what is not built for llama");
    s.text_key = "llama.rope.scaling.type";
    s.text_value = "none";
    struct error err = {0};
    struct lm_model *m = load_small(&s, &err);
    check_ok(m);
    lm_model_free(m);
}

static void wrong_shapes_are_refused(void **state) {
    struct small s = usual;
    s.missing = "blk.0.attn_v.weight";
    refused(&s, "tensor 'blk.0.attn_v.weight' is missing");
    s.missing = "token_embd.weight";
    refused(&s, "tensor 'token_embd.weight' is missing");
    s = usual;
    s.up_rows = 7;
    refused(&s, "'blk.0.ffn_up.weight' has shape [7, 8], expected [6, 8]");
    s = usual;
    s.vector_embedding = true;
    refused(&s, "vocabulary 0");
    s = usual;
    s.heads = 3;
    refused(&s, "width 8 does not divide into 3 heads");
    s.heads = 8;
    refused(&s, "make no model"); /* heads of size 1 have no pairs to rotate */
    s = usual;
    s.kv_heads = 0;
    refused(&s, "'llama.attention.head_count_kv' is 0");
    s = usual;
    s.layers = UINT32_MAX;
    refused(&s, "'llama.block_count' is 4294967295");
    s.layers = 1u << 30;
    refused(&s, "make no model");
    s = usual;
    s.layers = 2;
    refused(&s, "tensor 'blk.1.attn_norm.weight' is missing");
    s = usual;
    s.eps = -1;
    refused(&s, "above 0");
    s = usual;
    s.text_key = "llama.expert_count";
    s.text_value = "8";
    refused(&s, "'llama.expert_count': expected one number");
}

static void broken_weights_are_refused(void **state) {
    struct small s = usual;
    s.poison = NAN;
    refused(&s, "tensor 'blk.0.ffn_up.weight' holds NaN at element 0");
    s.poison = -INFINITY;
    refused(&s, "tensor 'blk.0.ffn_up.weight' holds an infinity at element 0");
}

static void foreign_files_are_refused_by_name(void **state) {
    static const struct {
        const char *name, *error;
    } files[] = {
        {"container-fixtures/demo_rand_params.pth", "its pickle is a program and is never executed"},
        {"container-fixtures/test.npy", "NumPy array"},
        {"container-fixtures/test.npz", "NumPy (.npz)"},
        {"container-fixtures/empty.gguf", "no tensors in this file"},
        {"container-fixtures/mnist.safetensors", "no config.json"},
        {"container-fixtures/demo_config.json", "no model file that is known"},
        {"vocab-gguf/ggml-vocab-llama-spm.gguf", "no tensors in this file"},
        {"tiny-rwkv/tiny-rwkv-4v0-660K-FP16.bin", "before GGUF"},
        {"stories260K/tok512.bin", "no model file that is known"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct error err = {0};
        char path[4096];
        snprintf(path, sizeof path, "%s/../shared/data/models/%s", root, files[i].name);
        if (!file_exists(path)) {
            print_message("skipped: %s is not there\n", path);
            skip();
        }
        check_fails(lm_model_load(path, &keep, &err), ERROR_DATA, files[i].error);
    }
    struct error err = {0};
    check_fails(lm_model_load("/nowhere/x.gguf", &keep, &err), ERROR_ENVIRONMENT, "/nowhere/x.gguf");
}

static void pickles_are_never_run(void **state) {
    static const struct {
        const char *bytes, *error;
        size_t n;
    } files[] = {
        {"\x80\x02}q\x00.", "a Python pickle", 6},
        {"\x80\x04\x95\x00\x00\x00", "never executed", 6},
        {"\x80\x05K\x01.", "a Python pickle", 5},
        {"PK\x03\x04"
         "aaaa",
         "never executed", 8},
        {"24ka\x01\x00\x00\x00", "llama2.c file of version 1 or 2", 8},
        {"FUGG\x00\x00\x00\x03", "big-endian", 8},
        {"tjgg\x03\x00\x00\x00", "before GGUF", 8},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct error err = {0};
        check_fails(lm_model_load_memory(files[i].bytes, files[i].n, &keep, &err), ERROR_DATA, files[i].error);
    }
}

static void tokenizers_are_taken_from_where_one_says(void **state) {
    struct error err = {0};
    char path[4096];
    struct lm_load_options options = {.no_packing = true, .tokenizer_path = path};
    snprintf(path, sizeof path, "%s" STORIES "/tok512.bin", root);
    struct lm_model *m = load_stories("stories260K-v3.gguf", &options);
    assert_string_equal(tokenizer_kind(m->tokenizer), "llama");
    lm_model_free(m);
    snprintf(path, sizeof path, "%s" STORIES "/stories260K-v3.gguf", root);
    m = load_stories("stories260K.bin", &options);
    assert_int_equal(tokenizer_vocabulary(m->tokenizer), 512);
    lm_model_free(m);
    struct gguf_bytes g = small_model(&usual); /* of 5 tokens */
    check_fails(lm_model_load_memory(g.b.at, g.b.len, &options, &err), ERROR_DATA, "they do not belong together");
    snprintf(path, sizeof path, "%s" STORIES "/nothing.json", root);
    check_fails(lm_model_load_memory(g.b.at, g.b.len, &options, &err), ERROR_ENVIRONMENT, "nothing.json");
    buffer_done(&g.b);
}

static void failing_memory_is_survived(void **state) {
    struct gguf_bytes g = small_model(&usual);
    for (uint64_t n = 1;; n++) {
        struct error err = {0};
        memory_fail_at(n);
        struct lm_model *m = lm_model_load_memory(g.b.at, g.b.len, &keep, &err);
        memory_fail_at(0);
        lm_model_free(m);
        if (m) break;
        assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        assert_true(n < 500);
    }
    buffer_done(&g.b);
}

/* ---- Hugging Face configurations ---- */

static void put(const char *folder, const char *name, const void *at, size_t n) {
    struct error err = {0};
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check_ok(file_write(path, (struct text){at, n}, &err));
}

static void configurations_are_checked(void **state) {
    static const struct {
        const char *config, *error;
    } cases[] = {
        {"{}", "model_type"},
        {"{\"model_type\":\"rwkv\"}", "architecture 'rwkv' is not built; known: llama, mistral"},
        {"{\"model_type\":\"llama\"}", "'num_hidden_layers' is missing"},
        {"{\"model_type\":\"llama\",\"num_hidden_layers\":\"2\"}", "num_hidden_layers"},
        {"{\"model_type\":\"llama\",\"num_hidden_layers\":1.5}", "whole number"},
#define SIZES                                                                                                          \
    "\"model_type\":\"llama\",\"num_hidden_layers\":1,\"hidden_size\":4,\"num_attention_heads\":1,"                    \
    "\"intermediate_size\":4,\"max_position_embeddings\":8"
        {"{" SIZES ",\"rope_scaling\":{\"type\":\"dynamic\",\"factor\":2}}", "(rope_scaling) of the kind 'dynamic'"},
        {"{" SIZES ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":0}}", "'factor' is 0, expected a number above 0"},
        {"{" SIZES ",\"rope_parameters\":{\"rope_type\":\"llama3\"}}", "rope_scaling: 'factor' is missing"},
        {"{" SIZES ",\"layer_types\":[\"sliding_attention\"]}", "another order of windows"},
        {"{" SIZES ",\"layer_types\":[\"linear_attention\"]}", "other kinds of attention"},
        {"{" SIZES ",\"sliding_window\":4,\"max_window_layers\":1}", "max_window_layers"},
        {"{" SIZES ",\"num_local_experts\":4}", "0 of 4 experts"},
        {"{" SIZES ",\"hidden_act\":\"relu\"}", "asks for the activation 'relu' (hidden_act)"},
        {"{" SIZES ",\"rope_theta\":0}", "above 0"},
        {"{" SIZES "}", "'x' is no part of a llama model"},
        {"{" SIZES ",\"rope_scaling\":null,\"hidden_act\":\"silu\",\"head_dim\":null}", "'x' is no part"},
    };
    struct error err = {0};
    char folder[64] = "/tmp/test-model-XXXXXX", path[128];
    assert_non_null(mkdtemp(folder));
    static const char header[] =
        "{\"model.embed_tokens.weight\":{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[0,32]},"
        "\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[32,36]}}";
    struct buffer b;
    buffer_init(&b, 4096);
    bytes_put_u64(&b, sizeof header - 1);
    buffer_put_c(&b, header);
    for (size_t i = 0; i < 36; i++) buffer_put_char(&b, 0);
    put(folder, "model.safetensors", b.at, b.len);
    buffer_done(&b);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(folder, "config.json", cases[i].config, strlen(cases[i].config));
        check_fails(lm_model_load(folder, &keep, &err), ERROR_DATA, cases[i].error);
    }
    snprintf(path, sizeof path, "%s/config.json", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    unlink(path);
    rmdir(folder);
}

/* ---- saving ---- */

static const char *temporary(char path[64]) {
    strcpy(path, "/tmp/test-model-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return path;
}

static const struct lm_shape shape = {.layers = 2,
                                      .width = 32,
                                      .heads = 4,
                                      .kv_heads = 2,
                                      .head_size = 8,
                                      .hidden = 64,
                                      .vocabulary = 19,
                                      .context = 40,
                                      .norm_eps = 1e-5f,
                                      .rope_base = 10000};

static void saved_models_load_again(void **state) {
    for (int tied = 0; tied < 2; tied++)
        for (int interleaved = 0; interleaved < 2; interleaved++) {
            struct error err = {0};
            char path[64];
            struct lm_shape s = shape;
            s.tied = tied;
            s.rope_interleaved = interleaved;
            struct lm_model *m = lm_model_random(&s, NULL, 7, &err);
            check_ok(m);
            const struct lm_extra extra = {"basanite.recipe", TEXT("none")};
            check_ok(lm_model_save(m, temporary(path), LM_F32, &extra, 1, &err));
            struct lm_model *n = lm_model_load(path, &keep, &err);
            check_ok(n);
            assert_true(n->shape.rope_interleaved);
            assert_int_equal(n->shape.tied, tied);
            assert_int_equal(n->parameters, m->parameters);
            same_weights(m, n);
            struct lm_file *f = lm_file_open(path, &err);
            check_ok(f);
            assert_true(text_equal_c(lm_file_value(f, "basanite.recipe")->text, "none"));
            assert_int_equal(lm_file_value(f, "llama.vocab_size")->u64, 19);
            lm_file_close(f);
            lm_model_free(n);
            lm_model_free(m);
            unlink(path);
        }
}

static void hugging_face_folders_become_gguf(void **state) {
    struct error err = {0};
    char path[64];
    struct lm_model *gguf = load_stories("stories260K-v3.gguf", &keep), *hf = load_stories("", &keep);
    check_ok(lm_model_save(hf, temporary(path), LM_F32, NULL, 0, &err));
    struct lm_model *back = lm_model_load(path, &keep, &err);
    check_ok(back);
    same_weights(gguf, back);
    for (size_t l = 0; l < back->shape.layers; l++) {
        same_matrix(&gguf->layers[l].q, &back->layers[l].q);
        same_matrix(&gguf->layers[l].k, &back->layers[l].k);
    }
    char one[65], other[65];
    assert_true(tokenizer_digest(hf->tokenizer, one) && tokenizer_digest(back->tokenizer, other));
    assert_string_equal(one, other);
    lm_model_free(back);
    lm_model_free(hf);
    lm_model_free(gguf);
    unlink(path);
}

static void quantised_models_are_saved(void **state) {
    static const struct {
        enum lm_type type;
        const char *types;
        double
            tolerance; /* relative to the largest of the block: half a step and the scale as F16; Q4_0: a whole step */
    } cases[] = {{LM_F16, "F16", 0x1p-11},
                 {LM_BF16, "BF16", 0x1p-8},
                 {LM_Q8_0, "Q8_0, F16", 1.0 / 254 + 0x1p-11},
                 {LM_Q4_0, "Q4_0, F16", 1.0 / 8 + 0x1p-11}};
    struct lm_model *m = load_stories("stories260K-v3.gguf", &keep);
    for (size_t c = 0; c < 4; c++) {
        struct error err = {0};
        char path[64];
        check_ok(lm_model_save(m, temporary(path), cases[c].type, NULL, 0, &err));
        struct lm_model *n = lm_model_load(path, &keep, &err);
        check_ok(n);
        assert_string_equal(n->types, cases[c].types); /* rows of 172 are no whole blocks: F16 */
        const struct lm_matrix *x = &m->layers[1].o, *y = &n->layers[1].o;
        for (size_t i = 0; i < x->n * x->k; i++) {
            double most = 0;
            for (size_t j = i / 32 * 32; j < i / 32 * 32 + 32; j++) most = fmax(most, fabs((double)x->values[j]));
            check_near((double)y->values[i], (double)x->values[i], cases[c].tolerance * most + 1e-7);
        }
        lm_model_free(n);
        unlink(path);
    }
    lm_model_free(m);
}

static void saving_without_values_is_refused(void **state) {
    struct error err = {0};
    char path[64];
    struct lm_model *m = load_stories("stories260K-v3.gguf", &(struct lm_load_options){0});
    unlink(temporary(path));
    check_fails(lm_model_save(m, path, LM_F32, NULL, 0, &err), ERROR_USAGE,
                "'blk.0.attn_q.weight' has no plain values");
    assert_false(file_exists(path));
    check_fails(lm_model_save(m, path, LM_I64, NULL, 0, &err), ERROR_USAGE, "cannot be written");
    lm_model_free(m);
}

/* ---- random models ---- */

static void random_models_have_the_wanted_spread(void **state) {
    struct error err = {0};
    struct lm_shape s = shape;
    s.width = 64;
    s.hidden = 256;
    s.tied = true;
    struct lm_model *m = lm_model_random(&s, NULL, 3, &err), *same = lm_model_random(&s, NULL, 3, &err),
                    *other = lm_model_random(&s, NULL, 4, &err);
    check_ok(m && same && other);
    same_weights(m, same);
    assert_string_equal(m->digest, same->digest);
    assert_string_not_equal(m->digest, other->digest);
    assert_memory_not_equal(m->layers[0].up.values, other->layers[0].up.values, 1024);
    assert_memory_not_equal(m->layers[0].up.values, m->layers[1].up.values, 1024);
    const struct {
        const struct lm_matrix *w;
        double deviation;
    } cases[2] = {{&m->layers[0].up, 0.02}, {&m->layers[1].down, 0.02 / 2}}; /* 1/sqrt(2 x 2 layers) */
    for (size_t c = 0; c < 2; c++) {
        size_t n = cases[c].w->n * cases[c].w->k;
        double sum = 0, squares = 0;
        for (size_t i = 0; i < n; i++) {
            sum += (double)cases[c].w->values[i];
            squares += (double)cases[c].w->values[i] * (double)cases[c].w->values[i];
        }
        check_near(sum / (double)n, 0, 5 * cases[c].deviation / sqrt((double)n));
        check_near(sqrt(squares / (double)n), cases[c].deviation, 5 * cases[c].deviation / sqrt(2.0 * (double)n));
    }
    assert_true(m->layers[0].attention_norm[5] == 1);
    lm_model_free(m), lm_model_free(same), lm_model_free(other);
    s.kv_heads = 3;
    check_fails(lm_model_random(&s, NULL, 3, &err), ERROR_DATA, "make no model");
}

static void failing_memory_while_saving_leaves_no_file(void **state) {
    struct error err = {0};
    char path[64];
    struct lm_model *m = lm_model_random(&shape, NULL, 1, &err);
    check_ok(m);
    unlink(temporary(path));
    for (uint64_t n = 1;; n++) {
        memory_fail_at(n);
        bool ok = lm_model_save(m, path, LM_Q8_0, NULL, 0, &err);
        memory_fail_at(0);
        if (ok) break;
        assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        assert_false(file_exists(path));
        assert_true(n < 1000);
    }
    unlink(path);
    lm_model_free(m);
}

static void architectures_are_listed(void **state) {
    const struct lm_arch *const *list;
    assert_true(lm_archs(&list) >= 1);
    assert_string_equal(lm_arch_name(list[0]), "llama");
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_containers_hold_the_same_weights),
        cmocka_unit_test(options_decide_what_is_kept),
        cmocka_unit_test(small_models_load),
        cmocka_unit_test(what_is_not_built_is_refused_by_name),
        cmocka_unit_test(wrong_shapes_are_refused),
        cmocka_unit_test(broken_weights_are_refused),
        cmocka_unit_test(foreign_files_are_refused_by_name),
        cmocka_unit_test(pickles_are_never_run),
        cmocka_unit_test(tokenizers_are_taken_from_where_one_says),
        cmocka_unit_test(failing_memory_is_survived),
        cmocka_unit_test(configurations_are_checked),
        cmocka_unit_test(saved_models_load_again),
        cmocka_unit_test(hugging_face_folders_become_gguf),
        cmocka_unit_test(quantised_models_are_saved),
        cmocka_unit_test(saving_without_values_is_refused),
        cmocka_unit_test(random_models_have_the_wanted_spread),
        cmocka_unit_test(failing_memory_while_saving_leaves_no_file),
        cmocka_unit_test(architectures_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
