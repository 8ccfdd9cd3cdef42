/* Every architecture in a real llama.cpp: a random model of each, in several storage types, is written by us and read by
 * both. Along 64 given tokens the log-probabilities of llama.cpp's 20 likeliest next tokens must agree, and the likeliest
 * one must be the same unless ours are closer to one another than the bound. Prints the table of
 * docs/results/architectures.md. Skipped where node or the package in tests/oracle is missing. Specs
 * named behind the source tree are compared in place of all.
 *
 * Bounds: our products have f32 operands whatever the type; llama.cpp rounds the state as well, to F16 for F16 and to 8
 * bits by block for quantised types, and chooses other experts where that tips the balance. So a quantised file is compared
 * twice: with llama.cpp's run of the same file, within what that rounding does, and with its run of the same values stored
 * as F32 (Q8_0=, Q4_K=), within the bound of F32. */
#include "oracle.h"

#include "base/rng.h"
#include "lm/engine/engine.h"

#include <math.h>
#include <unistd.h>

enum { TOKENS = 64, TOP = 20, VOCABULARY = 512 };

static const char *const all_specs[] = {
    "llama",
    "llama,scaling=linear",
    "llama,scaling=llama3,rope_base=500000",
    "llama,scaling=yarn",
    "llama,biases",
    "llama,tied,kv_heads=1",
    "mistral,window=64",
    "mixtral",
    "qwen2",
    "qwen2,scaling=yarn,rope_base=1000000",
    "qwen2moe",
    "qwen2moe,experts=16,experts_used=4,shared=128",
    "qwen3",
    "qwen3,head_size=128",
    "qwen3moe",
    "qwen3moe,experts=16,experts_used=4",
    "gemma2",
    "gemma2,head_size=128,kv_heads=1",
    "gemma3",
    "gemma3,scaling=linear,head_size=128",
    "phi3",
    "phi3,scaling=longrope",
    "gpt2",
    "olmo2",
    "smollm3",
};
enum { SPECS = sizeof all_specs / sizeof *all_specs };
static const char *const *specs = all_specs; /* or those named behind the source tree */
static size_t n_specs = SPECS;

static const struct {
    const char *name;
    enum lm_type type;
    bool as_f32;                /* llama.cpp gets the values as F32 */
    double bound, experts_bound; /* the latter where a router chooses */
} types[] = {{"F32", LM_F32, false, 0.01, 0.01},   {"F16", LM_F16, false, 0.01, 0.01},
             {"Q8_0", LM_Q8_0, false, 0.25, 2},    {"Q4_K", LM_Q4_K, false, 0.5, 2},
             {"Q8_0=", LM_Q8_0, true, 0.01, 0.01}, {"Q4_K=", LM_Q4_K, true, 0.01, 0.01}};
enum { TYPES = sizeof types / sizeof *types, CHUNK = 6 /* models asked at once */ };

static const char *root;
static char folder[] = "/tmp/basanite-arch-XXXXXX";
static int32_t ids[TOKENS];

static void path_of(char out[128], size_t spec, size_t type) {
    snprintf(out, 128, "%s/%zu-%s.gguf", folder, spec, types[type].name);
}

/* The values of a file as F32. */
static void widen(const char *from, const char *to) {
    struct error err = {0};
    struct lm_load_options options = {.no_packing = true};
    struct lm_model *m = lm_model_load(from, &options, &err);
    check_ok(m);
    check_ok(lm_model_save(m, to, LM_F32, NULL, 0, &err));
    lm_model_free(m);
}

static void write_models(size_t spec) {
    struct error err = {0};
    double entropy;
    struct lm_model *m = lm_model_random_of(text_of(specs[spec]), &entropy, &err);
    check_ok(m);
    assert_true(entropy > 1 && entropy < 4);
    for (size_t t = 0; t < TYPES; t++) {
        char path[128], narrow[128];
        path_of(path, spec, t);
        path_of(narrow, spec, types[t].as_f32 ? t - 2 : t);
        if (types[t].as_f32) widen(narrow, path);
        else check_ok(lm_model_save(m, path, types[t].type, NULL, 0, &err));
    }
    lm_model_free(m);
}

static void write_ask(const char *path, size_t first, size_t n) {
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_printf(&b, "{\"top\":%d,\"models\":[", TOP);
    for (size_t i = 0; i < n * TYPES; i++) {
        char name[128];
        path_of(name, first + i / TYPES, i % TYPES);
        buffer_printf(&b, "%s\"%s\"", i ? "," : "", strrchr(name, '/') + 1);
    }
    buffer_put_c(&b, "],\"ids\":[");
    for (size_t i = 0; i < TOKENS; i++) buffer_printf(&b, "%s%d", i ? "," : "", (int)ids[i]);
    buffer_put_c(&b, "]}");
    check_ok(buffer_check(&b, "ask", &err) && file_write(path, buffer_text(&b), &err));
    buffer_done(&b);
}

static void our_logits(const char *path, float *logits) {
    struct error err = {0};
    struct lm_load_options options = {0};
    struct lm_model *m = lm_model_load(path, &options, &err);
    struct lm_engine *e = m ? lm_engine_new(m, NULL, (struct lm_engine_options){0}, &err) : NULL;
    check_ok(e);
    check_ok(lm_logits(e, ids, TOKENS, logits, &err));
    lm_engine_free(e);
    lm_model_free(m);
}

/* Largest difference over positions and llama.cpp's likeliest tokens; how many arg-maxes differ that should not. */
static double compare(const float *logits, const json_t *theirs, double bound, size_t *missed) {
    double most = 0;
    for (size_t i = 0; i < TOKENS; i++) {
        const float *row = logits + i * VOCABULARY;
        double max = -INFINITY, second = -INFINITY, sum = 0;
        size_t best = 0;
        for (size_t j = 0; j < VOCABULARY; j++) {
            double v = (double)row[j];
            if (v > max) second = max, max = v, best = j;
            else if (v > second) second = v;
        }
        for (size_t j = 0; j < VOCABULARY; j++) sum += exp((double)row[j] - max);
        const json_t *list = json_array_get(theirs, i);
        assert_int_equal(json_array_size(list), TOP);
        for (size_t k = 0; k < TOP; k++) {
            json_int_t id = json_integer_value(json_array_get(json_array_get(list, k), 0));
            double p = json_number_value(json_array_get(json_array_get(list, k), 1));
            assert_in_range(id, 0, VOCABULARY - 1);
            most = fmax(most, fabs((double)row[id] - max - log(sum) - p));
            if (k == 0 && (size_t)id != best && max - second > bound) ++*missed;
        }
    }
    return most;
}

/* One row of the table; how many cells are beyond their bound. */
static size_t compare_spec(size_t spec, const json_t *answers) {
    static float logits[TOKENS * VOCABULARY];
    size_t failed = 0;
    bool experts = strstr(specs[spec], "moe") || strstr(specs[spec], "mixtral");
    printf("| `%s` |", specs[spec]);
    for (size_t t = 0; t < TYPES; t++) {
        char path[128];
        size_t missed = 0;
        const json_t *theirs = json_array_get(answers, t);
        path_of(path, spec, t);
        if (!json_is_array(theirs)) fail_msg("%s: %s", path, json_string_value(json_object_get(theirs, "error")));
        path_of(path, spec, types[t].as_f32 ? t - 2 : t);
        our_logits(path, logits);
        double bound = experts ? types[t].experts_bound : types[t].bound, most = compare(logits, theirs, bound, &missed);
        bool ok = missed == 0 && most <= bound;
        printf(" %.2g%s |", most, ok ? "" : " FAILED");
        failed += !ok;
    }
    printf("\n");
    fflush(stdout);
    return failed;
}

static size_t compare_chunk(size_t first, size_t n) {
    char ask[64], path[128];
    size_t failed = 0;
    for (size_t i = 0; i < n; i++) write_models(first + i);
    snprintf(ask, sizeof ask, "%s/ask.json", folder);
    write_ask(ask, first, n);
    json_t *answers = oracle_ask(root, "logprobs.mjs", folder, ask);
    for (size_t i = 0; i < n; i++) {
        json_t *row = json_array();
        for (size_t t = 0; t < TYPES; t++) json_array_append(row, json_array_get(answers, i * TYPES + t));
        failed += compare_spec(first + i, row);
        json_decref(row);
    }
    json_decref(answers);
    unlink(ask);
    for (size_t i = 0; i < n * TYPES; i++) {
        path_of(path, first + i / TYPES, i % TYPES);
        unlink(path);
    }
    return failed;
}

static void distributions_equal_those_of_llama_cpp(void **state) {
    struct rng rng = rng_stream(5, "ids", 0);
    size_t failed = 0;
    for (size_t i = 0; i < TOKENS; i++) ids[i] = (int32_t)rng_below(&rng, VOCABULARY);
    printf("| model |");
    for (size_t t = 0; t < TYPES; t++) printf(" %s |", types[t].name);
    printf("\n");
    for (size_t i = 0; i < n_specs; i += CHUNK) failed += compare_chunk(i, n_specs - i < CHUNK ? n_specs - i : CHUNK);
    if (failed) fail_msg("%zu of %zu cells are beyond their bound", failed, n_specs * TYPES);
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    root = argv[1];
    if (argc > 2) specs = (const char *const *)argv + 2, n_specs = (size_t)argc - 2;
    if (!oracle_is_there(root, "node-llama-cpp")) return 77;
    if (!mkdtemp(folder)) return 2;
    const struct CMUnitTest tests[] = {cmocka_unit_test(distributions_equal_those_of_llama_cpp)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
