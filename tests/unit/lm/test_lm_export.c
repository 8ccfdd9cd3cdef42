/* Models written for other programs: into a folder and back is the same file to the byte, for every architecture and for F32,
 * F16 and BF16; a real model is written as others have written it. That the reader's names and orders are those of transformers
 * is checked in test_lm_arch with folders that the test makes itself. */
#include "check.h"

#include "base/file.h"
#include "lm/engine/engine.h"
#include "lm/model/model_export.h"
#include "lm/model/model_head.h"
#include "lm/tokenizer/tokenizer_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SMALL ",width=24,heads=4,hidden=20,vocabulary=260,context=96,layers="
static const char *const specs[] = {
    "llama" SMALL "2",
    "llama" SMALL "2,head_size=10,biases,kv_heads=1",
    "llama" SMALL "1,scaling=linear,factor=3",
    "llama" SMALL "1,scaling=llama3,rope_base=500",
    "llama" SMALL "1,scaling=yarn,rope_base=50",
    "mistral" SMALL "2,window=17",
    "mixtral" SMALL "2,experts=5,experts_used=3",
    "qwen2" SMALL "2",
    "qwen2" SMALL "1,window=30",
    "qwen2moe" SMALL "2,experts=6,shared=28",
    "qwen3" SMALL "2,head_size=12",
    "qwen3moe" SMALL "2,experts=7",
    "gemma2" SMALL "3,window=9,head_size=8",
    "gemma3" SMALL "7,window=16,rope_base=5000,scaling=linear",
    "phi3" SMALL "2",
    "phi3" SMALL "2,scaling=longrope",
    "gpt2" SMALL "2",
    "olmo2" SMALL "2",
    "smollm3" SMALL "5",
};
enum { SPECS = sizeof specs / sizeof *specs, TOKENS = 60, VOCABULARY = 260 };
static const enum lm_type stored_types[] = {LM_F32, LM_F16, LM_BF16};

static const char *root;
static char folder[] = "/tmp/basanite-export-XXXXXX";

struct place {
    char path[256];
};
static struct place at(const char *name, size_t i) {
    struct place p;
    snprintf(p.path, sizeof p.path, "%s/%zu-%s", folder, i, name);
    return p;
}

static struct lm_model *loaded(const char *path, bool packed) {
    struct error err = {0};
    const struct lm_load_options options = {.no_packing = !packed};
    struct lm_model *m = lm_model_load(path, &options, &err);
    if (!m) fail_msg("%s: %s", path, err.message);
    return m;
}

static void save(const struct lm_model *m, const char *path, enum lm_type type) {
    struct error err = {0};
    check_ok(lm_model_save(m, path, type, NULL, 0, &err));
}

static void check_same_files(const char *a, const char *b, const char *what) {
    struct error err = {0};
    struct file_map x, y;
    check_ok(file_map(a, &x, &err));
    check_ok(file_map(b, &y, &err));
    if (x.len != y.len || memcmp(x.at, y.at, x.len) != 0) fail_msg("%s: %s and %s differ", what, a, b);
    file_unmap(&x);
    file_unmap(&y);
}

static void check_same_tensors(const char *a, const char *b, const char *what) {
    struct error err = {0};
    struct lm_file *x = lm_file_open(a, &err), *y = lm_file_open(b, &err);
    check_ok(x && y);
    assert_int_equal(x->n_tensors, y->n_tensors);
    for (size_t i = 0; i < x->n_tensors; i++) {
        const struct lm_tensor *s = &x->tensors[i], *t = &y->tensors[i];
        if (!text_equal(s->name, t->name) || s->type != t->type || s->bytes != t->bytes || memcmp(s->data, t->data, s->bytes) != 0)
            fail_msg("%s: tensor %.*s differs", what, TEXT_ARG(s->name));
    }
    lm_file_close(x);
    lm_file_close(y);
}

static void check_same_logits(const char *a, const char *b) {
    struct error err = {0};
    static float logits[2][TOKENS * VOCABULARY];
    int32_t ids[TOKENS];
    for (int32_t i = 0; i < TOKENS; i++) ids[i] = (i * 37 + 5) % 256;
    for (size_t i = 0; i < 2; i++) {
        struct lm_model *m = loaded(i ? b : a, true);
        struct lm_engine *e = lm_engine_new(m, NULL, (struct lm_engine_options){0}, &err);
        check_ok(e);
        check_ok(lm_logits(e, ids, TOKENS, logits[i], &err));
        lm_engine_free(e);
        lm_model_free(m);
    }
    assert_memory_equal(logits[0], logits[1], sizeof logits[0]);
}

/* GGUF -> folder -> GGUF. The name alone is another one: a folder has no place for it but its own. */
static void round_trip(const char *spec, enum lm_type type, size_t i) {
    struct error err = {0};
    double entropy;
    struct place first = at("first.gguf", i), between = at("folder", i), last = at("last.gguf", i);
    struct lm_model *m = lm_model_random_of(text_of(spec), &entropy, &err);
    check_ok(m);
    save(m, first.path, type);
    lm_model_free(m);
    m = loaded(first.path, false);
    uint64_t most = i % 2 ? 20000 : UINT64_MAX;
    if (!lm_model_save_folder(m, between.path, type, most, &err)) fail_msg("%s: %s", spec, err.message);
    struct lm_model *back = loaded(between.path, false);
    memcpy(back->name, m->name, sizeof back->name);
    save(back, last.path, type);
    lm_model_free(m);
    lm_model_free(back);
    check_same_tensors(first.path, last.path, spec);
    /* Readers of GGUF strip blanks behind some tokens of what is called phi3; a folder says it, and then the file does too. */
    if (strncmp(spec, "phi3", 4) != 0) check_same_files(first.path, last.path, spec);
    check_same_logits(first.path, last.path);
}

static void every_architecture_comes_back_to_the_bit(void **state) {
    for (size_t i = 0; i < SPECS; i++)
        for (size_t t = 0; t < 3; t++) round_trip(specs[i], stored_types[t], 3 * i + t);
}

/* The exact GELU has a word in a folder and none in GGUF: the folder alone holds the model. */
static void folders_say_the_exact_gelu(void **state) {
    static const char *const exact[] = {"gpt2" SMALL "2,activation=gelu", "llama" SMALL "2,activation=gelu"};
    static float logits[2][TOKENS * VOCABULARY];
    int32_t ids[TOKENS];
    struct error err = {0};
    double entropy;
    for (int32_t i = 0; i < TOKENS; i++) ids[i] = (i * 37 + 5) % 256;
    for (size_t i = 0; i < 2; i++) {
        struct place place = at("exact", i);
        struct lm_model *m = lm_model_random_of(text_of(exact[i]), &entropy, &err);
        check_ok(m);
        check_ok(lm_model_save_folder(m, place.path, LM_F32, UINT64_MAX, &err));
        struct lm_model *both[2] = {m, loaded(place.path, true)};
        assert_int_equal(both[1]->shape.activation, LM_GELU_ERF);
        for (size_t j = 0; j < 2; j++) {
            struct lm_engine *e = lm_engine_new(both[j], NULL, (struct lm_engine_options){0}, &err);
            check_ok(e);
            check_ok(lm_logits(e, ids, TOKENS, logits[j], &err));
            lm_engine_free(e);
            lm_model_free(both[j]);
        }
        for (size_t j = 0; j < TOKENS * VOCABULARY; j++) /* rows of queries and keys have another order in a folder */
            assert_true(fabsf(logits[0][j] - logits[1][j]) < 1e-5f);
    }
}

static void file_type_names_every_type(void **state) {
    static const struct {
        enum lm_type type;
        uint64_t number;
    } rows[] = {{LM_F32, 0},   {LM_F16, 1},   {LM_Q4_0, 2},    {LM_Q4_1, 3},    {LM_Q8_0, 7},
                {LM_Q5_0, 8},  {LM_Q5_1, 9},  {LM_Q2_K, 10},   {LM_Q3_K, 11},   {LM_Q4_K, 14},
                {LM_Q5_K, 16}, {LM_Q6_K, 18}, {LM_IQ4_NL, 25}, {LM_IQ4_XS, 30}, {LM_BF16, 32}};
    struct error err = {0};
    double entropy;
    struct lm_model *m = lm_model_random_of(TEXT("llama,layers=1,width=256,hidden=256,vocabulary=260,context=8"), &entropy, &err);
    check_ok(m);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct place to = at("typed.gguf", i);
        save(m, to.path, rows[i].type);
        struct lm_file *file = lm_file_open(to.path, &err);
        check_ok(file);
        const struct lm_value *v = lm_file_value(file, "general.file_type");
        assert_non_null(v);
        assert_int_equal(v->u64, rows[i].number);
        lm_file_close(file);
    }
    lm_model_free(m);
}

/* ---- what a folder has no words for ---- */

static void what_cannot_be_said_is_refused(void **state) {
    static const struct {
        const char *spec, *message;
    } rows[] = {
        {"phi3" SMALL "1,biases", "cannot say this model's biases"},
        {"olmo2" SMALL "1,window=9", "cannot say this model's windows"},
        {"gpt2" SMALL "1,scaling=linear", "cannot say this model's rotations"},
        {"qwen2" SMALL "1,biases", "cannot say this model's biases"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = {0};
        double entropy;
        struct place to = at("refused", i);
        struct lm_model *m = lm_model_random_of(text_of(rows[i].spec), &entropy, &err);
        check_ok(m);
        check_fails(lm_model_save_folder(m, to.path, LM_F32, UINT64_MAX, &err), ERROR_DATA, rows[i].message);
        assert_false(file_exists(to.path));
        lm_model_free(m);
    }
}

/* A table of rotation rates that no four numbers give. */
static void another_table_of_rates_is_refused(void **state) {
    struct error err = {0};
    double entropy;
    struct lm_model *m = lm_model_random_of(TEXT("llama" SMALL "1,scaling=llama3"), &entropy, &err);
    struct buffer out;
    check_ok(m);
    buffer_init(&out, 1 << 20);
    m->shape.scaling.factor = 0; /* as a GGUF, which holds the table alone */
    check_ok(lm_model_config(m, LM_F32, &out, &err));
    assert_true(text_find(buffer_text(&out), TEXT("\"factor\": 8.0"), 0) != SIZE_MAX);
    m->rope_factors[0] *= 1.01f;
    m->shape.scaling.factor = 0;
    check_fails(lm_model_config(m, LM_F32, &out, &err), ERROR_DATA, "table of rotation rates");
    buffer_done(&out);
    lm_model_free(m);
}

/* ---- a real model ---- */

static bool stories(char path[512], const char *name) {
    snprintf(path, 512, "%s/../shared/data/models/stories260K/%s", root, name);
    if (file_exists(path)) return true;
    print_message("skipped: %s is not there\n", path);
    return false;
}

static void a_folder_is_as_others_write_it(void **state) {
    struct error err = {0};
    char gguf[512], theirs[512];
    if (!stories(gguf, "stories260K-v3.gguf") || !stories(theirs, "model.safetensors")) skip();
    struct place to = at("stories", 0);
    struct lm_model *m = loaded(gguf, false);
    check_ok(lm_model_save_folder(m, to.path, LM_F32, UINT64_MAX, &err));
    lm_model_free(m);
    struct lm_file *a = lm_file_open(to.path, &err), *b = lm_file_open(theirs, &err);
    check_ok(a && b);
    assert_int_equal(a->n_tensors, b->n_tensors);
    for (size_t i = 0; i < b->n_tensors; i++) {
        const struct lm_tensor *x = lm_file_tensor(a, b->tensors[i].name.at), *y = &b->tensors[i];
        if (!x || x->bytes != y->bytes || x->type != y->type || memcmp(x->shape, y->shape, sizeof x->shape) != 0 ||
            memcmp(x->data, y->data, x->bytes) != 0)
            fail_msg("tensor '%s' is not as in %s", y->name.at, theirs);
    }
    const char *key;
    json_t *value;
    json_object_foreach(b->config, key, value) {
        const json_t *ours = json_object_get(a->config, key);
        bool same = json_is_number(value) ? json_number_value(value) == json_number_value(ours) : json_equal(ours, value);
        if (!same) fail_msg("config.json: '%s' is not as in %s", key, theirs);
    }
    lm_file_close(a);
    lm_file_close(b);
}

/* Up to the tables of rotations, which are not read: the file of 1,056,540 bytes ends with them. */
static void llama2c_is_as_its_author_wrote_it(void **state) {
    struct error err = {0};
    char theirs[512], tok[512];
    struct file_map x, y;
    struct buffer out;
    if (!stories(theirs, "stories260K.bin") || !stories(tok, "tok512.bin")) skip();
    struct place folder_of = at("stories-again", 1), to = at("stories.bin", 1);
    struct lm_model *m = loaded(theirs, false);
    check_ok(lm_model_save_folder(m, folder_of.path, LM_F32, UINT64_MAX, &err)); /* rows as halves */
    lm_model_free(m);
    m = loaded(folder_of.path, false);
    check_ok(lm_model_save_llama2c(m, to.path, &err));
    check_ok(file_map(theirs, &x, &err));
    check_ok(file_map(to.path, &y, &err));
    size_t tables = m->shape.context * m->shape.head_size * sizeof(float);
    assert_int_equal(x.len, y.len);
    assert_memory_equal(x.at, y.at, x.len - tables);
    file_unmap(&x);
    file_unmap(&y);
    lm_model_free(m);
    struct tokenizer *t = tokenizer_from_llama2c(tok, 512, &err);
    check_ok(t);
    buffer_init(&out, 1 << 20);
    check_ok(tokenizer_to_llama2c(t, &out, &err));
    check_ok(file_map(tok, &x, &err));
    assert_int_equal(x.len, out.len);
    assert_memory_equal(x.at, out.at, x.len);
    file_unmap(&x);
    buffer_done(&out);
    tokenizer_free(t);
}

static int make_folder(void **state) {
    return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state) {
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* A head goes through GGUF and through a folder as transformers names it; what does not fit is refused. */
static void heads_come_back(void **state) {
    (void)state;
    struct error err = {0};
    const struct text labels[] = {TEXT("good"), TEXT("bad"), TEXT("so so")};
    const struct lm_load_options options = {.compute = MATMUL_F32, .keep_values = true};
    double entropy;
    struct lm_model *m = lm_model_random_of(TEXT("llama" SMALL "1"), &entropy, &err);
    check_ok(m);
    check_ok(lm_head_new(m, LM_CLASSES, 3, labels, &err));
    for (size_t i = 0; i < 3 * m->shape.width; i++) m->head.weights[i] = (float)i / 64 - 1;
    const struct place places[] = {at("head.gguf", 0), at("head", 0), at("head.bin", 0)};
    const char *const paths[] = {places[0].path, places[1].path};
    check_ok(lm_model_save(m, paths[0], LM_F16, NULL, 0, &err));
    check_ok(lm_model_save_folder(m, paths[1], LM_F16, 1 << 20, &err));
    check_fails(lm_model_save_llama2c(m, places[2].path, &err), ERROR_DATA, "no words for");
    for (int i = 0; i < 2; i++) {
        struct lm_model *again = lm_model_load(paths[i], &options, &err);
        check_ok(again);
        assert_true(lm_head_is(again, LM_CLASSES, 3, labels));
        assert_memory_equal(again->head.weights, m->head.weights, 3 * m->shape.width * sizeof(float));
        lm_model_free(again);
    }
    struct lm_file *file = lm_file_open(paths[1], &err);
    check_ok(file);
    assert_true(text_equal_c(json_text(json_array_get(json_object_get(file->config, "architectures"), 0)),
                             "LlamaForSequenceClassification"));
    lm_file_close(file);
    check_ok(lm_head_new(m, LM_WORTH, 1, NULL, &err));
    check_ok(lm_model_save(m, paths[0], LM_F32, NULL, 0, &err));
    struct lm_model *again = lm_model_load(paths[0], &options, &err);
    check_ok(again);
    assert_true(lm_head_is(again, LM_WORTH, 1, NULL));
    lm_model_free(again);
    m->head.weights[3] = NAN;
    check_ok(lm_model_save(m, paths[0], LM_F32, NULL, 0, &err));
    check_fails(lm_model_load(paths[0], &options, &err), ERROR_DATA, "the head holds a value that is not finite");
    lm_model_free(m);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_architecture_comes_back_to_the_bit),
        cmocka_unit_test(folders_say_the_exact_gelu),
        cmocka_unit_test(file_type_names_every_type),
        cmocka_unit_test(what_cannot_be_said_is_refused),
        cmocka_unit_test(another_table_of_rates_is_refused),
        cmocka_unit_test(a_folder_is_as_others_write_it),
        cmocka_unit_test(llama2c_is_as_its_author_wrote_it),
        cmocka_unit_test(heads_come_back),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
