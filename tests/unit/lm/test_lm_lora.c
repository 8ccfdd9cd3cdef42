/* Low-rank adapters: nothing changes at first; gradients against finite differences and against those of the whole
 * matrices; written and merged while loading they give the logits they were trained with, for both orders of q and k;
 * specs; what is refused. */
#include "tiny_model.h"

#include "base/file.h"
#include "lm/files/file.h"
#include "lm/train/trainable.h"

#include <unistd.h>

static char folder[64];

static const char *in_folder(const char *name) {
    static char paths[16][256];
    static int next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

enum { TOKENS = 9, VOCABULARY = 13 };
static const int32_t ids[TOKENS] = {3, 1, 4, 1, 5, 9, 2, 6, 5};
static const size_t starts[] = {0, 4, 9};

static struct lm_model *load(const char *spec) {
    struct error err = {0};
    struct lm_load_options options = {.keep_values = true};
    struct lm_model *m = lm_model_load(spec, &options, &err);
    check_ok(m);
    return m;
}

/* base.gguf, and other.gguf of the same shape; without a tokenizer. */
static int make_folder(void **state) {
    (void)state;
    struct error err = {0};
    struct lm_shape shape = {.layers = 2, .width = 16, .heads = 4, .kv_heads = 2, .head_size = 6, .hidden = 20,
                             .vocabulary = VOCABULARY, .context = 32, .norm_eps = 1e-5f, .rope_base = 100.0f,
                             .rope_interleaved = true, .tied = true};
    snprintf(folder, sizeof folder, "/tmp/basanite-lora-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct lm_model *m = tiny_model_new(&shape, MATMUL_F32, seed);
        snprintf(m->name, sizeof m->name, "%s", seed == 1 ? "base" : "other");
        check_ok(lm_model_save(m, in_folder(seed == 1 ? "base.gguf" : "other.gguf"), LM_F32, NULL, 0, &err));
        tiny_model_free(m);
    }
    return 0;
}

struct fixture {
    struct lm_model *model;
    struct lm_trainable *trainable;
    struct tape *tape;
    struct parameter *const *list;
    size_t n;
};

static struct lm_lora lora_of(const char *spec) {
    struct error err = {0};
    struct lm_lora lora;
    check_ok(lm_lora_parse(text_of(spec), &lora, &err));
    return lora;
}

/* The trainable of a model, which is taken; lora NULL: whole. B is random, so that the adapter does something. */
static struct fixture fixture_of(struct lm_model *model, const char *lora) {
    struct error err = {0};
    struct fixture f = {.model = model};
    check_ok(f.trainable = lm_trainable_new(f.model, &err));
    check_ok(f.tape = tape_new(NULL, MATMUL_F32, 1 << 26, &err));
    if (lora) {
        struct lm_lora options = lora_of(lora);
        check_ok(lm_trainable_adapt(f.trainable, &options, 7, &err));
    }
    f.n = lm_trainable_parameters(f.trainable, &f.list);
    struct rng rng = rng_stream(5, "b", 0);
    for (size_t i = 1; lora && i < f.n; i += 2) {
        for (size_t j = 0; j < tensor_size(&f.list[i]->value); j++) f.list[i]->value.data[j] = (float)(0.3 * rng_normal(&rng));
        parameter_changed(f.list[i]);
    }
    return f;
}

static void fixture_done(struct fixture *f) {
    tape_free(f->tape);
    lm_trainable_free(f->trainable);
    lm_model_free(f->model);
}

static void logits_of(struct fixture *f, float out[TOKENS * VOCABULARY]) {
    struct error err = {0};
    tape_reset(f->tape);
    struct tensor *x = lm_trainable_logits(f->trainable, f->tape, ids, TOKENS, starts, 2, &err);
    check_ok(x);
    memcpy(out, x->data, TOKENS * VOCABULARY * sizeof *out);
}

/* By the engine, of a model that is taken. */
static void engine_logits(struct lm_model *model, float out[TOKENS * VOCABULARY]) {
    struct error err = {0};
    struct lm_engine *e = lm_engine_new(model, NULL, (struct lm_engine_options){0}, &err);
    check_ok(e);
    for (size_t s = 0; s < 2; s++) check_ok(lm_logits(e, ids + starts[s], starts[s + 1] - starts[s], out + starts[s] * VOCABULARY, &err));
    lm_engine_free(e);
    lm_model_free(model);
}

/* The largest difference. */
static double apart(const float *a, const float *b) {
    double most = 0;
    for (size_t i = 0; i < TOKENS * VOCABULARY; i++) most = fmax(most, fabs((double)a[i] - (double)b[i]));
    return most;
}

static double loss_of(struct fixture *f, bool backward) {
    struct error err = {0};
    static const int32_t targets[TOKENS] = {1, 4, 1, -1, 9, 2, 6, 5, -1};
    float weights[TOKENS];
    for (size_t i = 0; i < TOKENS; i++) weights[i] = 0.1f * (float)(i + 1);
    tape_reset(f->tape);
    struct tensor *x = lm_trainable_logits(f->trainable, f->tape, ids, TOKENS, starts, 2, &err);
    if (x) x = tape_logprob(f->tape, x, targets, &err);
    if (x) x = tape_weighted_sum(f->tape, x, weights, &err);
    check_ok(x);
    if (backward) check_ok(tape_backward(f->tape, x, &err));
    return (double)x->data[0];
}

static void starts_as_the_base(void **state) {
    (void)state;
    struct error err = {0};
    float base[TOKENS * VOCABULARY], adapted[TOKENS * VOCABULARY];
    struct fixture whole = fixture_of(load(in_folder("base.gguf")), NULL);
    logits_of(&whole, base);
    struct lm_lora options = lora_of("r=3,targets=ffn:attn_q");
    check_ok(lm_trainable_adapt(whole.trainable, &options, 7, &err));
    logits_of(&whole, adapted);
    assert_memory_equal(base, adapted, sizeof base);
    assert_int_equal(lm_trainable_parameters(whole.trainable, &whole.list), 2 * 4 * 2);
    assert_string_equal(whole.list[0]->name, "blk.0.attn_q.weight.lora_a");
    assert_string_equal(whole.list[15]->name, "blk.1.ffn_down.weight.lora_b");
    assert_true(whole.list[0]->value.shape[0] == 3 && whole.list[0]->value.shape[1] == 16);
    assert_true(whole.list[15]->value.shape[0] == 16 && whole.list[15]->value.shape[1] == 3);
    check_fails(lm_trainable_adapt(whole.trainable, &options, 7, &err), ERROR_USAGE, "already");
    fixture_done(&whole);
}

/* Central differences of step h in f32: error about 1e-3 of the largest gradients. */
static void gradients_match_finite_differences(void **state) {
    (void)state;
    struct fixture f = fixture_of(load(in_folder("base.gguf")), "r=2,alpha=3");
    assert_int_equal(f.n, 28);
    loss_of(&f, true);
    for (size_t i = 0; i < f.n; i++) {
        size_t size = tensor_size(&f.list[i]->value);
        for (size_t j = 0; j < size; j += 1 + size / 5) {
            float *at = &f.list[i]->value.data[j], was = *at, h = 4e-3f;
            double side[2];
            for (int s = 0; s < 2; s++) {
                *at = s ? was - h : was + h;
                parameter_changed(f.list[i]);
                side[s] = loss_of(&f, false);
            }
            *at = was;
            parameter_changed(f.list[i]);
            double expected = (side[0] - side[1]) / (2 * (double)h), found = (double)f.list[i]->value.grad[j];
            if (!(fabs(found - expected) <= 1e-2 * (1 + fabs(expected))))
                fail_msg("%s[%zu]: %g, by differences %g", f.list[i]->name, j, found, expected);
        }
    }
    fixture_done(&f);
}

static const struct parameter *find(const struct fixture *f, const char *name) {
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->list[i]->name, name) == 0) return f->list[i];
    fail_msg("no '%s'", name);
    return NULL;
}

/* With G the gradient of the whole matrix at W + s B A: dA = s B^T G, dB = s G A^T. */
static void gradients_are_those_of_the_merged_matrix(void **state) {
    (void)state;
    struct error err = {0};
    struct fixture f = fixture_of(load(in_folder("base.gguf")), "r=2,alpha=3");
    struct lm_model *merged = load(in_folder("base.gguf"));
    check_ok(lm_trainable_store(f.trainable, merged, &err));
    struct fixture whole = fixture_of(merged, NULL);
    check_near(loss_of(&f, true), loss_of(&whole, true), 1e-5);
    const double s = 3.0 / 2.0;
    for (size_t i = 0; i < f.n; i += 2) {
        const struct tensor *a = &f.list[i]->value, *b = &f.list[i + 1]->value;
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)(strlen(f.list[i]->name) - strlen(".lora_a")), f.list[i]->name);
        const struct tensor *w = &find(&whole, name)->value;
        size_t n = w->shape[0], k = w->shape[1], rank = a->shape[0];
        for (size_t r = 0; r < rank; r++) {
            for (size_t j = 0; j < k; j++) {
                double expected = 0;
                for (size_t o = 0; o < n; o++) expected += s * (double)b->data[o * rank + r] * (double)w->grad[o * k + j];
                check_near((double)a->grad[r * k + j], expected, 1e-4 * (1 + fabs(expected)));
            }
            for (size_t o = 0; o < n; o++) {
                double expected = 0;
                for (size_t j = 0; j < k; j++) expected += s * (double)w->grad[o * k + j] * (double)a->data[r * k + j];
                check_near((double)b->grad[o * rank + r], expected, 1e-4 * (1 + fabs(expected)));
            }
        }
    }
    fixture_done(&whole);
    fixture_done(&f);
}

/* The same model with its rows of q and k as halves. */
static struct lm_model *halved(struct lm_model *m) {
    for (size_t l = 0; l < m->shape.layers; l++) {
        struct lm_matrix *both[2] = {&m->layers[l].q, &m->layers[l].k};
        for (int i = 0; i < 2; i++) {
            struct error err = {0};
            size_t k = both[i]->k;
            float *copy = malloc(both[i]->n * k * sizeof *copy);
            assert_non_null(copy);
            memcpy(copy, both[i]->values, both[i]->n * k * sizeof *copy);
            for (size_t row = 0; row < both[i]->n; row++)
                memcpy(both[i]->values + lm_rope_half_row(row, m->shape.head_size) * k, copy + row * k, k * sizeof *copy);
            free(copy);
            check_ok(matmul_weights_update(both[i]->packed, both[i]->values, &err));
        }
    }
    m->shape.rope_interleaved = false;
    return m;
}

static void files_give_what_was_trained(void **state) {
    (void)state;
    struct error err = {0};
    float trained[TOKENS * VOCABULARY], loaded[TOKENS * VOCABULARY], base[TOKENS * VOCABULARY];
    char spec[512];
    engine_logits(load(in_folder("base.gguf")), base);
    for (int half = 0; half < 2; half++) {
        struct lm_model *model = load(in_folder("base.gguf"));
        struct fixture f = fixture_of(half ? halved(model) : model, "r=2,alpha=3");
        logits_of(&f, trained);
        assert_true(apart(trained, base) > 0.1);
        const char *path = in_folder(half ? "half.lora.gguf" : "x.lora.gguf");
        check_ok(lm_trainable_save_adapter(f.trainable, f.model, path, LM_F32, NULL, 0, &err));
        snprintf(spec, sizeof spec, "%s+%s", in_folder("base.gguf"), path);
        struct lm_model *merged = load(spec);
        assert_string_not_equal(merged->digest, f.model->digest);
        engine_logits(merged, loaded);
        check_near(apart(loaded, trained), 0, 2e-4);
        /* Into the model with halves, which keeps its digest. */
        struct lm_adapter adapter = {.path = (char *)path, .factor = 1};
        merged = halved(load(in_folder("base.gguf")));
        check_ok(lm_lora_merge(merged, &adapter, &err));
        engine_logits(merged, loaded);
        check_near(apart(loaded, trained), 0, 2e-4);
        fixture_done(&f);
    }
    /* Without kept values too, and half of it is what half of alpha gives. */
    struct fixture f = fixture_of(load(in_folder("base.gguf")), "r=2,alpha=1.5");
    logits_of(&f, trained);
    snprintf(spec, sizeof spec, "%s+%s@0.5", in_folder("base.gguf"), in_folder("x.lora.gguf"));
    struct lm_load_options plain = {0};
    struct lm_model *merged = lm_model_load(spec, &plain, &err);
    check_ok(merged);
    assert_true(!merged->layers[0].q.values && !merged->layers[1].down.values && merged->embedding.values);
    engine_logits(merged, loaded);
    check_near(apart(loaded, trained), 0, 2e-4);
    fixture_done(&f);
}

/* Once forwards and once backwards is nothing; an adapter on a sum needs that sum. */
static void adapters_follow_one_another(void **state) {
    (void)state;
    struct error err = {0};
    struct lm_load_options plain = {0};
    float base[TOKENS * VOCABULARY], sum[TOKENS * VOCABULARY], trained[TOKENS * VOCABULARY];
    char both[512], third[1024];
    engine_logits(load(in_folder("base.gguf")), base);
    struct fixture first = fixture_of(load(in_folder("base.gguf")), "r=2");
    check_ok(lm_trainable_save_adapter(first.trainable, first.model, in_folder("one.gguf"), LM_F32, NULL, 0, &err));
    fixture_done(&first);
    snprintf(both, sizeof both, "%s+%s", in_folder("base.gguf"), in_folder("one.gguf"));
    struct fixture second = fixture_of(load(both), "r=4,targets=ffn");
    check_ok(lm_trainable_save_adapter(second.trainable, second.model, in_folder("two.gguf"), LM_F32, NULL, 0, &err));
    logits_of(&second, trained);
    fixture_done(&second);
    snprintf(third, sizeof third, "%s+%s", both, in_folder("two.gguf"));
    engine_logits(load(third), sum);
    check_near(apart(sum, trained), 0, 2e-4);
    snprintf(third, sizeof third, "%s+%s", in_folder("base.gguf"), in_folder("two.gguf"));
    check_fails(lm_model_load(third, &plain, &err), ERROR_DATA, "another base");
    /* Files without a base belong to any of their shape. */
    struct gguf_writer *w = gguf_writer_new(in_folder("any.gguf"), &err);
    float a[2 * 16], b[12 * 2];
    for (size_t i = 0; i < 32; i++) a[i] = 0.1f * (float)i;
    for (size_t i = 0; i < 24; i++) b[i] = 0.05f * (float)(i % 7);
    check_ok(w && gguf_put_text(w, "general.type", TEXT("adapter"), &err) &&
             gguf_put_text(w, "general.architecture", TEXT("llama"), &err) &&
             gguf_put_text(w, "adapter.type", TEXT("lora"), &err) && gguf_put_f32(w, "adapter.lora.alpha", 2, &err) &&
             gguf_put_tensor(w, "blk.1.attn_v.weight.lora_a", LM_F32, 2, (const uint64_t[]){2, 16}, a, &err) &&
             gguf_put_tensor(w, "blk.1.attn_v.weight.lora_b", LM_F32, 2, (const uint64_t[]){12, 2}, b, &err) &&
             gguf_writer_end(w, &err));
    gguf_writer_free(w);
    snprintf(third, sizeof third, "%s+%s+%s@-1", in_folder("base.gguf"), in_folder("any.gguf"), in_folder("any.gguf"));
    engine_logits(load(third), sum);
    check_near(apart(sum, base), 0, 1e-4);
    snprintf(third, sizeof third, "%s+%s", in_folder("base.gguf"), in_folder("any.gguf"));
    engine_logits(load(third), sum);
    assert_true(apart(sum, base) > 0.01);
}

static void specs_are_split(void **state) {
    (void)state;
    struct error err = {0};
    struct arena arena;
    struct lm_adapter *list;
    char *base;
    size_t n;
    arena_init(&arena, 0);
    check_ok(file_write(in_folder("a+b@2.gguf"), TEXT("x"), &err));
    char spec[1024];
    snprintf(spec, sizeof spec, "%s+%s@0.25+no.gguf@x+last.gguf@2", in_folder("a+b@2.gguf"), in_folder("a+b@2.gguf"));
    check_ok(lm_spec_split(&arena, text_of(spec), &base, &list, &n, &err));
    assert_string_equal(base, in_folder("a+b@2.gguf"));
    assert_int_equal(n, 3);
    assert_string_equal(list[0].path, in_folder("a+b@2.gguf"));
    check_near(list[0].factor, 0.25, 0);
    assert_string_equal(list[1].path, "no.gguf@x");
    check_near(list[1].factor, 1, 0);
    assert_string_equal(list[2].path, "last.gguf");
    check_near(list[2].factor, 2, 0);
    check_ok(lm_spec_split(&arena, text_of(in_folder("a+b@2.gguf")), &base, &list, &n, &err));
    assert_int_equal(n, 0);
    check_fails(lm_spec_split(&arena, TEXT("base.gguf+"), &base, &list, &n, &err), ERROR_USAGE, "behind each '+'");
    check_fails(lm_spec_split(&arena, TEXT("base.gguf+x.gguf@inf"), &base, &list, &n, &err), ERROR_USAGE, "factor");
    assert_true(lm_spec_is_adapted(TEXT("b.gguf+x.gguf@0.5")) && lm_spec_is_adapted(TEXT("pocket+x.gguf")));
    assert_false(lm_spec_is_adapted(TEXT("c++")) || lm_spec_is_adapted(TEXT("+x.gguf")) || lm_spec_is_adapted(TEXT("x.gguf")));
    arena_done(&arena);
}

static void settings_are_checked(void **state) {
    (void)state;
    struct error err = {0};
    struct lm_lora lora = lora_of("");
    assert_true(lora.rank == 16 && lora.alpha == 32);
    for (size_t i = 0; i < LM_LORA_TARGETS; i++) assert_true(lora.targets[i]);
    lora = lora_of("r=4,targets=attention");
    assert_true(lora.alpha == 8 && lora.targets[3] && !lora.targets[4]);
    check_fails(lm_lora_parse(TEXT("r=0"), &lora, &err), ERROR_USAGE, "key 'r': expected a number from 1 to 1024, found '0'");
    check_fails(lm_lora_parse(TEXT("rank=2"), &lora, &err), ERROR_USAGE, "no key 'rank'");
    check_fails(lm_lora_parse(TEXT("targets=attn_q:attn_w"), &lora, &err), ERROR_USAGE, "no target 'attn_w'; did you mean");
    check_fails(lm_lora_parse(TEXT("targets="), &lora, &err), ERROR_USAGE, "");
}

struct written {
    const char *type, *kind, *architecture;
    bool alpha;
    const char *names[2];
    uint64_t a_rows, a_columns, b_rows, b_columns;
    float value;
};

static void write_adapter(const struct written *x) {
    struct error err = {0};
    float values[64];
    for (size_t i = 0; i < 64; i++) values[i] = x->value;
    struct gguf_writer *w = gguf_writer_new(in_folder("bad.gguf"), &err);
    check_ok(w && gguf_put_text(w, "general.architecture", text_of(x->architecture), &err));
    if (x->type) check_ok(gguf_put_text(w, "general.type", text_of(x->type), &err));
    if (x->kind) check_ok(gguf_put_text(w, "adapter.type", text_of(x->kind), &err));
    if (x->alpha) check_ok(gguf_put_f32(w, "adapter.lora.alpha", 2, &err));
    if (x->names[0]) check_ok(gguf_put_tensor(w, x->names[0], LM_F32, 2, (const uint64_t[]){x->a_rows, x->a_columns}, values, &err));
    if (x->names[1]) check_ok(gguf_put_tensor(w, x->names[1], LM_F32, 2, (const uint64_t[]){x->b_rows, x->b_columns}, values, &err));
    check_ok(gguf_writer_end(w, &err));
    gguf_writer_free(w);
}

#define V_A "blk.1.attn_v.weight.lora_a"
#define V_B "blk.1.attn_v.weight.lora_b"

static void bad_files_are_refused(void **state) {
    (void)state;
    const struct {
        struct written file;
        const char *part;
    } cases[] = {
        {{NULL, "lora", "llama", true, {V_A, V_B}, 2, 16, 12, 2, 0.1f}, "general.type is 'nothing', expected 'adapter'"},
        {{"adapter", "ia3", "llama", true, {V_A, V_B}, 2, 16, 12, 2, 0.1f}, "adapter.type is 'ia3'"},
        {{"adapter", "lora", "gpt2", true, {V_A, V_B}, 2, 16, 12, 2, 0.1f}, "another architecture"},
        {{"adapter", "lora", "llama", false, {V_A, V_B}, 2, 16, 12, 2, 0.1f}, "adapter.lora.alpha"},
        {{"adapter", "lora", "llama", true, {V_A, NULL}, 2, 16, 0, 0, 0.1f}, "tensor '" V_B "' is missing"},
        {{"adapter", "lora", "llama", true, {NULL, V_B}, 0, 0, 12, 2, 0.1f}, "tensor '" V_A "' is missing"},
        {{"adapter", "lora", "llama", true, {V_A, V_B}, 2, 17, 12, 2, 0.1f}, "'" V_A "' has shape [2, 17], expected [2, 16]"},
        {{"adapter", "lora", "llama", true, {V_A, V_B}, 2, 16, 12, 3, 0.1f}, "'" V_B "' has shape [12, 3], expected [12, 2]"},
        {{"adapter", "lora", "llama", true, {"blk.2.attn_v.weight.lora_a", "blk.2.attn_v.weight.lora_b"}, 2, 16, 12, 2, 0.1f},
         "'blk.2.attn_v.weight.lora_a' fits no matrix of 'base' (2 layers)"},
        {{"adapter", "lora", "llama", true, {"token_embd.weight.lora_a", "token_embd.weight.lora_b"}, 2, 16, 13, 2, 0.1f},
         "'token_embd.weight.lora_a' fits no matrix"},
        {{"adapter", "lora", "llama", true, {V_A, V_B}, 2, 16, 12, 2, NAN}, "not finite"},
    };
    char spec[512];
    snprintf(spec, sizeof spec, "%s+%s", in_folder("base.gguf"), in_folder("bad.gguf"));
    struct lm_load_options options = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        write_adapter(&cases[i].file);
        check_fails(lm_model_load(spec, &options, &err), ERROR_DATA, cases[i].part);
    }
    struct error err = {0};
    struct fixture f = fixture_of(load(in_folder("base.gguf")), "r=2");
    check_ok(lm_trainable_save_adapter(f.trainable, f.model, in_folder("bad.gguf"), LM_F16, NULL, 0, &err));
    fixture_done(&f);
    snprintf(spec, sizeof spec, "%s+%s", in_folder("other.gguf"), in_folder("bad.gguf"));
    check_fails(lm_model_load(spec, &options, &err), ERROR_DATA, "made for another base");
    check_fails(lm_model_load(in_folder("bad.gguf"), &options, &err), ERROR_DATA, "an adapter is no whole model; join it to its base");
    snprintf(spec, sizeof spec, "%s+%s", in_folder("base.gguf"), in_folder("none.gguf"));
    check_fails(lm_model_load(spec, &options, &err), ERROR_ENVIRONMENT, "none.gguf");
}

/* Of a model with experts the shared one may have an adapter, under its own name. */
static void shared_experts_have_their_own_name(void **state) {
    (void)state;
    static const char random[] = "qwen2moe,layers=2,width=16,heads=2,hidden=8,shared=12,experts=2,vocabulary=260,context=32";
    const struct written fits = {
        "adapter", "lora", "qwen2moe", true, {"blk.1.ffn_up_shexp.weight.lora_a", "blk.1.ffn_up_shexp.weight.lora_b"},
        2,         16,     12,         2,    0.1f};
    struct written other = fits;
    struct error err = {0};
    struct lm_load_options plain = {0}, keep = {.keep_values = true};
    char spec[512];
    double entropy;
    struct lm_model *m = lm_model_random_of(text_of(random), &entropy, &err);
    check_ok(m);
    check_ok(lm_model_save(m, in_folder("experts.gguf"), LM_F32, NULL, 0, &err));
    snprintf(spec, sizeof spec, "%s+%s", in_folder("experts.gguf"), in_folder("bad.gguf"));
    write_adapter(&fits);
    struct lm_model *merged = lm_model_load(spec, &keep, &err);
    check_ok(merged);
    for (size_t i = 0; i < 12 * 16; i++) /* alpha / rank x 2 products of 0.1 and 0.1 */
        check_near((double)merged->layers[1].up.values[i], (double)m->layers[1].up.values[i] + 0.02, 1e-6);
    assert_memory_equal(merged->layers[0].up.values, m->layers[0].up.values, 12 * 16 * sizeof(float));
    lm_model_free(merged);
    lm_model_free(m);
    other.names[0] = "blk.1.ffn_up.weight.lora_a", other.names[1] = "blk.1.ffn_up.weight.lora_b";
    write_adapter(&other);
    check_fails(lm_model_load(spec, &plain, &err), ERROR_DATA, "'blk.1.ffn_up.weight.lora_a' fits no matrix");
}

static void allocation_failures_are_survived(void **state) {
    (void)state;
    struct error err = {0};
    struct lm_lora options = lora_of("r=2");
    char spec[512];
    struct fixture f = fixture_of(load(in_folder("base.gguf")), "r=2");
    check_ok(lm_trainable_save_adapter(f.trainable, f.model, in_folder("m.gguf"), LM_F16, NULL, 0, &err));
    snprintf(spec, sizeof spec, "%s+%s", in_folder("base.gguf"), in_folder("m.gguf"));
    bool done = false;
    for (uint64_t i = 1; !done; i++) {
        assert_true(i < 5000);
        struct lm_trainable *t = lm_trainable_new(f.model, &err);
        check_ok(t);
        memory_fail_at(i);
        error_clear(&err);
        struct lm_load_options plain = {0};
        struct lm_model *m = lm_trainable_adapt(t, &options, 1, &err) ? lm_model_load(spec, &plain, &err) : NULL;
        memory_fail_at(0);
        done = m != NULL;
        if (!done) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        lm_model_free(m);
        lm_trainable_free(t);
    }
    fixture_done(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_as_the_base),
        cmocka_unit_test(gradients_match_finite_differences),
        cmocka_unit_test(gradients_are_those_of_the_merged_matrix),
        cmocka_unit_test(files_give_what_was_trained),
        cmocka_unit_test(adapters_follow_one_another),
        cmocka_unit_test(specs_are_split),
        cmocka_unit_test(settings_are_checked),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(shared_experts_have_their_own_name),
        cmocka_unit_test(allocation_failures_are_survived),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
