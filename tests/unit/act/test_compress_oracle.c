/* Compressed models in a real llama.cpp: it loads what every kind of codec writes, and along a text has the same
 * likeliest tokens with the same log-probabilities as this program. Models: pocket/pocket.gguf and, where the shared
 * data are there, stories260K; or those that stand behind the source root on the command line. Skipped where node or the
 * package in tests/oracle is missing. */
#include "../lm/oracle.h"

#include "act/compress/compress.h"

#include <stdlib.h>
#include <unistd.h>

enum { TOKENS = 40, TOP = 10, MODELS = 2, MODELS_MOST = 8 };

static const char *root;
static char folder[] = "/tmp/basanite-compress-XXXXXX";
static char models[MODELS_MOST][512];
static size_t n_models;

/* Groups of whole rows: the rows of stories260K's last matrices are 172 long. */
static const char *const codecs_tried[] = {"f16",
                                           "rtn,bits=4,group=0",
                                           "gptq,bits=4,group=0,act",
                                           "awq,bits=4,group=0",
                                           "magnitude,share=0.3",
                                           "wanda,share=0.5",
                                           "sparsegpt,pattern=2of4",
                                           "sparsegpt,share=0.5"};
enum { CODECS = sizeof codecs_tried / sizeof *codecs_tried };

static const char text[] =
    "Once upon a time there was a little girl who lived by the river with her old father. One day she "
    "went to the mill to fetch some flour, and on the way she met a dog. The dog was sad because "
    "it had lost its ball. \"I will help you,\" said the girl, and they looked for it together.\n";

static struct lm_model *load(const char *path) {
    struct error err = {0};
    const struct lm_load_options options = {0};
    struct lm_model *m = lm_model_load(path, &options, &err);
    check_ok(m);
    return m;
}

static void make(const char *in, const char *out, const char *spec, const char *data, struct arena *arena) {
    struct codec_choice *choices;
    struct compress_result result;
    struct error err = {0};
    size_t n;
    struct compress_settings s = {
        .in = in, .out = out, .from = {.paths = &data, .n_paths = 1, .window = 32, .seed = 1}, .type = LM_F16};
    check_ok(codec_choices(arena, &spec, 1, &choices, &n, &err));
    s.choice = choices[0];
    check_ok(compress_model(&s, NULL, NULL, &result, &err));
    assert_true(result.weights > 0 && result.bytes > 0);
}

/* The ids of the text, and for llama.cpp the question. */
static size_t ask(const char *in, int32_t ids[TOKENS], const char *path) {
    struct error err = {0};
    struct token_list list = {0};
    struct lm_model *m = load(in);
    json_t *names = json_array(), *numbers = json_array();
    check_ok(tokenizer_encode(m->tokenizer, text_of(text), TOKENIZE_BOS, &list, &err));
    size_t n = list.n < TOKENS ? list.n : TOKENS;
    memcpy(ids, list.ids, n * sizeof *ids);
    for (size_t i = 0; i < n; i++) json_array_append_new(numbers, json_integer(ids[i]));
    for (size_t c = 0; c < CODECS; c++) json_array_append_new(names, json_sprintf("%zu.gguf", c));
    json_t *all = json_pack("{s:o s:o s:i}", "models", names, "ids", numbers, "top", TOP);
    assert_int_equal(json_dump_file(all, path, 0), 0);
    json_decref(all);
    token_list_done(&list);
    lm_model_free(m);
    return n;
}

static double log_sum(const float *logits, size_t n) {
    double most = (double)logits[0], sum = 0;
    for (size_t i = 1; i < n; i++) most = fmax(most, (double)logits[i]);
    for (size_t i = 0; i < n; i++) sum += exp((double)logits[i] - most);
    return most + log(sum);
}

/* Largest difference of a log-probability among llama.cpp's likeliest; *other: positions whose likeliest token differs.
 */
static double compare(const char *path, const int32_t *ids, size_t n, const json_t *theirs, size_t *other) {
    struct error err = {0};
    struct lm_model *m = load(path);
    struct lm_engine *e = lm_engine_new(m, NULL, (struct lm_engine_options){0}, &err);
    size_t vocabulary = m->shape.vocabulary;
    float *logits = malloc(n * vocabulary * sizeof *logits);
    double most = 0;
    check_ok(e && lm_logits(e, ids, n, logits, &err));
    if (!json_is_array(theirs)) fail_msg("%s: %s", path, json_string_value(json_object_get(theirs, "error")));
    for (size_t i = 0; i < n; i++) {
        const float *row = logits + i * vocabulary;
        double all = log_sum(row, vocabulary);
        size_t best = 0, k;
        const json_t *pair;
        for (size_t j = 1; j < vocabulary; j++)
            if (row[j] > row[best]) best = j;
        json_array_foreach(json_array_get(theirs, i), k, pair) {
            size_t id = (size_t)json_integer_value(json_array_get(pair, 0));
            double p = json_number_value(json_array_get(pair, 1)), ours = (double)row[id] - all;
            if (p > -12) most = fmax(most, fabs(ours - p));
            if (k == 0 && id != best && (double)row[best] - (double)row[id] > 1e-2) ++*other;
        }
    }
    free(logits);
    lm_engine_free(e);
    lm_model_free(m);
    return most;
}

static void llama_cpp_says_the_same(void **state) {
    char data[128], question[128], path[128];
    struct arena arena;
    (void)state;
    arena_init(&arena, (size_t)1 << 24);
    snprintf(data, sizeof data, "%s/text.txt", folder);
    snprintf(question, sizeof question, "%s/ask.json", folder);
    FILE *f = fopen(data, "w");
    for (int i = 0; i < 8; i++) fprintf(f, "%s\n\n", text);
    fclose(f);
    for (size_t m = 0; m < n_models; m++) {
        int32_t ids[TOKENS];
        for (size_t c = 0; c < CODECS; c++) {
            snprintf(path, sizeof path, "%s/%zu.gguf", folder, c);
            make(models[m], path, codecs_tried[c], data, &arena);
        }
        size_t n = ask(models[m], ids, question);
        json_t *answers = oracle_ask(root, "logprobs.mjs", folder, question);
        for (size_t c = 0; c < CODECS; c++) {
            size_t other = 0;
            snprintf(path, sizeof path, "%s/%zu.gguf", folder, c);
            double most = compare(path, ids, n, json_array_get(answers, c), &other);
            printf("%s %s: %.2g, %zu other\n", strrchr(models[m], '/') + 1, codecs_tried[c], most, other);
            assert_int_equal(other, 0);
            assert_true(most < 0.02);
            unlink(path);
        }
        json_decref(answers);
    }
    unlink(data);
    unlink(question);
    arena_done(&arena);
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    root = argv[1];
    if (!oracle_is_there(root, "node-llama-cpp")) return 77;
    static const char *const places[MODELS] = {"pocket/pocket.gguf",
                                               "../shared/data/models/stories260K/stories260K-v3.gguf"};
    for (int i = 2; i < argc && n_models < MODELS_MOST; i++)
        snprintf(models[n_models++], sizeof models[0], "%s%s", strchr(argv[i], '/') ? "" : "./", argv[i]);
    for (size_t i = 0; argc == 2 && i < MODELS; i++) {
        snprintf(models[n_models], sizeof models[n_models], "%s/%s", root, places[i]);
        if (file_exists(models[n_models]))
            n_models++;
        else
            printf("skipped: no %s\n", places[i]);
    }
    if (!n_models || !mkdtemp(folder)) return 77;
    const struct CMUnitTest tests[] = {cmocka_unit_test(llama_cpp_says_the_same)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
