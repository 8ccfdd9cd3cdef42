/* Grammars in a real llama.cpp: which files parse, which texts each of the public grammars accepts (random texts of the
 * grammar, and the same with one byte changed), and what a token costs under a grammar there and here, on the same
 * models. Skipped where node, the package in tests/oracle or the data are missing. */
#include "oracle.h"

#include "base/rng.h"
#include "lm/engine/engine.h"
#include "lm/engine/grammar_processor.h"
#include "lm/grammar/grammar_mask.h"
#include "lm/grammar/grammar_walk.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { TEXTS = 40, TEXT_LENGTH = 240, TOKENS = 40, ROUNDS = 5 };

static const char *root;
static char folder[] = "/tmp/basanite-grammar-XXXXXX";
static const char *const names[] = {"arithmetic", "c", "chess", "json", "json_arr", "list"};
enum { GRAMMARS = sizeof names / sizeof *names };

/* ---- Texts ---- */

/* Follows the grammar at random; what closes is likelier, so that most texts end. */
static size_t random_text(struct grammar_walk *w, struct rng *rng, char *out) {
    struct error err = {0};
    int32_t place = grammar_walk_start(w, &err);
    for (size_t n = 0; n < TEXT_LENGTH && place >= 0; n++) {
        uint8_t can[256];
        size_t m = 0;
        for (unsigned byte = 1; byte < 256; byte++)
            if (grammar_walk_step(w, place, (uint8_t)byte, &err) >= 0) can[m++] = (uint8_t)byte;
        if (w->places[place].accepts && (m == 0 || rng_below(rng, 6) == 0)) return n;
        if (!m) return SIZE_MAX;
        out[n] = (char)can[rng_below(rng, m)];
        for (size_t i = 0; i < m; i++)
            if (strchr("\"}]);\n", can[i]) && rng_below(rng, 4) == 0) out[n] = (char)can[i];
        place = grammar_walk_step(w, place, (uint8_t)out[n], &err);
    }
    return SIZE_MAX;
}

static void add_text(json_t *list, const char *at, size_t n) {
    struct text t = {at, n};
    if (text_utf8_invalid(t) == SIZE_MAX && !memchr(at, 0, n)) json_array_append_new(list, json_from_text(t));
}

/* Of each text also one with a byte changed, one with a byte less, and its first half. */
static json_t *make_texts(const struct grammar *g, size_t which) {
    struct error err = {0};
    struct grammar_walk w;
    json_t *list = json_array();
    check_ok(grammar_walk_init(&w, g, (size_t)256 << 20, &err));
    for (size_t i = 0; i < TEXTS; i++) {
        char text[TEXT_LENGTH + 1];
        struct rng rng = rng_stream(11, "grammar", which * 1000 + i);
        size_t n = random_text(&w, &rng, text);
        if (n == SIZE_MAX) continue;
        add_text(list, text, n);
        add_text(list, text, n / 2);
        if (!n) continue;
        size_t at = rng_below(&rng, n);
        char kept = text[at];
        text[at] = (char)(32 + rng_below(&rng, 95));
        add_text(list, text, n);
        text[at] = kept;
        memmove(text + at, text + at + 1, n - at - 1);
        add_text(list, text, n - 1);
    }
    grammar_walk_done(&w);
    return list;
}

/* Written for this test: refused by both. (llama.cpp does not come back from some others that are refused here.) */
static const char *const bad[] = {
    "root ::= x\n",       "root ::= \"a\n",      "root ::= \"\\q\"\n",        "root = \"a\"\n",
    "root ::= [a-\n",     "root ::= \"a\" )\n",  "root ::= (\"a\"\n",         "root ::= my_rule\nmy_rule ::= \"a\"\n",
    "root ::= * \"a\"\n", "root ::= \"a\"{x}\n", "root ::= \"a\"\n| \"b\"\n", "::= \"a\"\n",
};
enum { BAD = sizeof bad / sizeof *bad };

static char *read_source(struct arena *arena, const char *name) {
    struct error err = {0};
    struct text t;
    char path[1024];
    snprintf(path, sizeof path, "%s/../shared/data/models/grammars/%s.gbnf", root, name);
    check_ok(file_read(arena, path, 1 << 20, &t, &err));
    char *copy = text_copy(arena, t, &err);
    check_ok(copy);
    return copy;
}

static bool have_data(void) {
    char path[1024];
    snprintf(path, sizeof path, "%s/../shared/data/models/grammars/json.gbnf", root);
    if (!file_exists(path)) printf("skipped: no %s\n", path);
    return file_exists(path) && oracle_is_there(root, "node-llama-cpp");
}

static json_t *ask_oracle(json_t *ask) {
    struct error err = {0};
    char path[256];
    struct buffer b;
    snprintf(path, sizeof path, "%s/ask.json", folder);
    buffer_init(&b, 1 << 24);
    json_put(&b, ask, 0);
    check_ok(file_write(path, buffer_text(&b), &err));
    buffer_done(&b);
    json_decref(ask);
    return oracle_ask(root, "grammar.mjs", folder, path);
}

static void check_same(const struct grammar *g, const char *name, const json_t *texts, const json_t *answer) {
    const json_t *accepts = json_object_get(answer, "accepts");
    size_t n = json_array_size(texts), accepted = 0;
    if (json_array_size(accepts) != n)
        fail_msg("%s: llama.cpp says %s", name, json_string_value(json_object_get(answer, "error")));
    for (size_t i = 0; i < n; i++) {
        struct error err = {0};
        enum grammar_verdict verdict;
        struct text t = json_text(json_array_get(texts, i));
        check_ok(grammar_match(g, t, &verdict, NULL, &err));
        bool theirs = json_is_true(json_array_get(accepts, i));
        accepted += theirs;
        if ((verdict == GRAMMAR_ACCEPTED) != theirs)
            fail_msg("%s: '%.*s' is %s here and %s there", name, TEXT_ARG(t),
                     verdict == GRAMMAR_ACCEPTED ? "accepted" : "refused", theirs ? "accepted" : "refused");
    }
    printf("%s: %zu texts, %zu of them accepted, the same in both\n", name, n, accepted);
    assert_true(accepted >= 10 && accepted < n);
}

static void the_same_texts_are_accepted(void **state) {
    (void)state;
    if (!have_data()) skip();
    struct error err = {0};
    struct arena arena;
    struct grammar *g[GRAMMARS];
    json_t *texts[GRAMMARS], *list = json_array();
    arena_init(&arena, 0);
    for (size_t i = 0; i < GRAMMARS; i++) {
        char *source = read_source(&arena, names[i]);
        check_ok(g[i] = grammar_from_gbnf(text_of(source), names[i], &err));
        texts[i] = make_texts(g[i], i);
        json_array_append_new(list, json_pack("{s:s s:O}", "source", source, "texts", texts[i]));
    }
    for (size_t i = 0; i < BAD; i++) json_array_append_new(list, json_pack("{s:s s:[]}", "source", bad[i], "texts"));
    json_t *said = ask_oracle(json_pack("{s:o s:n}", "grammars", list, "speed")),
           *answers = json_object_get(said, "grammars");
    for (size_t i = 0; i < GRAMMARS; i++) {
        check_same(g[i], names[i], texts[i], json_array_get(answers, i));
        grammar_free(g[i]);
        json_decref(texts[i]);
    }
    for (size_t i = 0; i < BAD; i++) {
        if (!json_object_get(json_array_get(answers, GRAMMARS + i), "error")) fail_msg("llama.cpp parses '%s'", bad[i]);
        if (grammar_from_gbnf(text_of(bad[i]), "bad", &err)) fail_msg("we parse '%s'", bad[i]);
    }
    printf("%d of %d broken grammars are refused by both\n", BAD, BAD);
    json_decref(said);
    arena_done(&arena);
}

/* ---- Speed ---- */

/* json.gbnf's rules with a list as root that does not end within the measurement. */
static char *long_source(struct arena *arena) {
    struct error err = {0};
    char *source = read_source(arena, "json"), *rest = strchr(source, '\n');
    assert_non_null(rest);
    char *out = arena_printf(arena, &err, "root ::= \"[\" ws (value \",\" ws){400} value \"]\"%s", rest);
    check_ok(out);
    return out;
}

static int compare_texts(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* The vocabulary of the file, or, with `wanted` tokens, also pairs of its tokens until there are so many. */
static struct tokenizer *read_vocabulary(struct arena *arena, const char *file, size_t wanted) {
    struct error err = {0};
    char path[1024];
    snprintf(path, sizeof path, "%s/../shared/data/models/vocab-gguf/%s", root, file);
    struct lm_file *vocabulary = lm_file_open(path, &err);
    check_ok(vocabulary);
    struct tokenizer *t = tokenizer_from_gguf(vocabulary, &err);
    check_ok(t);
    lm_file_close(vocabulary);
    size_t n = tokenizer_vocabulary(t), m = 0;
    if (!wanted) return t;
    struct text *pairs = arena_new(arena, struct text, 2 * wanted, &err),
                *all = arena_new(arena, struct text, wanted, &err), *merges = arena_new(arena, struct text, 1, &err);
    assert_true(pairs && all && merges);
    for (size_t i = 0; i < 2 * wanted; i++) {
        struct text x = tokenizer_token(t, (int32_t)(i % n)), y = tokenizer_token(t, (int32_t)((i * 7919 + i / n) % n));
        char *both = arena_printf(arena, &err, "%.*s%.*s", TEXT_ARG(x), TEXT_ARG(y));
        check_ok(both);
        pairs[i] = text_of(both);
    }
    qsort(pairs, 2 * wanted, sizeof *pairs, compare_texts);
    for (; m < n; m++) all[m] = tokenizer_token(t, (int32_t)m);
    for (size_t i = 1; i < 2 * wanted && m < wanted; i++)
        if (!text_equal(pairs[i], pairs[i - 1]) && tokenizer_find(t, pairs[i]) < 0) all[m++] = pairs[i];
    assert_int_equal(m, wanted);
    snprintf(path, sizeof path, "%s/wide.gguf", folder);
    struct gguf_writer *writer = gguf_writer_new(path, &err);
    int32_t *types = arena_new(arena, int32_t, wanted, &err);
    assert_true(writer && types);
    for (size_t i = 0; i < wanted; i++) types[i] = i < n ? (int32_t)tokenizer_type(t, (int32_t)i) : TOKEN_NORMAL;
    *merges = text_of("t h");
    check_ok(gguf_put_text(writer, "general.architecture", text_of("llama"), &err));
    check_ok(gguf_put_text(writer, "tokenizer.ggml.model", text_of("gpt2"), &err));
    check_ok(gguf_put_text(writer, "tokenizer.ggml.pre", text_of("gpt-2"), &err));
    check_ok(gguf_put_texts(writer, "tokenizer.ggml.tokens", all, wanted, &err));
    check_ok(gguf_put_i32s(writer, "tokenizer.ggml.token_type", types, wanted, &err));
    check_ok(gguf_put_texts(writer, "tokenizer.ggml.merges", merges, 1, &err));
    check_ok(gguf_put_u32(writer, "tokenizer.ggml.eos_token_id", (uint32_t)tokenizer_eos(t), &err));
    check_ok(gguf_writer_end(writer, &err));
    gguf_writer_free(writer);
    tokenizer_free(t);
    check_ok(vocabulary = lm_file_open(path, &err));
    check_ok(t = tokenizer_from_gguf(vocabulary, &err));
    lm_file_close(vocabulary);
    return t;
}

static struct lm_model *make_model(struct tokenizer *t, const char *name) {
    struct error err = {0};
    char path[512];
    struct lm_shape shape = {.layers = 1,
                             .width = 32,
                             .heads = 2,
                             .kv_heads = 2,
                             .head_size = 16,
                             .hidden = 32,
                             .context = 512,
                             .vocabulary = tokenizer_vocabulary(t),
                             .norm_eps = 1e-5f,
                             .rope_base = 10000,
                             .rope_interleaved = true};
    struct lm_model *m = lm_model_random(&shape, t, 3, &err);
    check_ok(m);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check_ok(lm_model_save(m, path, LM_F32, NULL, 0, &err));
    return m;
}

/* Processor time, since the machine may be busy with other things; one thread. */
static double seconds_per_token(struct lm_engine *engine, uint64_t seed, struct grammar_mask *mask) {
    struct error err = {0};
    struct arena arena;
    const int32_t prompt = 1;
    const struct logits_processor processor = {&grammar_processor, mask};
    struct lm_generate_ask ask = {.prompt = &prompt,
                                  .n_prompt = 1,
                                  .max_tokens = TOKENS,
                                  .sampling = {.temperature = 1, .top_p = 1, .seed = seed},
                                  .processors = &processor,
                                  .n_processors = mask != NULL};
    struct lm_generate_result result;
    arena_init(&arena, 0);
    clock_t started = clock();
    check_ok(lm_generate(engine, &ask, 1, &result, &arena, NULL, NULL, NULL, &err));
    double seconds = (double)(clock() - started) / CLOCKS_PER_SEC;
    if (result.error.kind) fail_msg("%s", result.error.message);
    arena_done(&arena);
    return seconds / (double)(result.n ? result.n : 1);
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values) {
    qsort(values, ROUNDS, sizeof *values, compare_doubles);
    return values[ROUNDS / 2];
}

/* What the grammar adds to a token, in ms: when nothing was found before the answer, and when earlier answers were. */
static void measure(struct lm_model *m, const char *source, double *fresh, double *kept) {
    struct error err = {0};
    struct grammar *g = grammar_from_gbnf(text_of(source), "g", &err);
    struct grammar_vocabulary *v = grammar_vocabulary_new(m->tokenizer, &err);
    struct lm_engine *engine = lm_engine_new(m, NULL, (struct lm_engine_options){0}, &err);
    assert_true(g && v && engine);
    struct grammar_mask *shared = grammar_mask_new(g, v, 0, &err);
    check_ok(shared);
    double plain[ROUNDS], first[ROUNDS], again[ROUNDS];
    seconds_per_token(engine, 1000, NULL);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct grammar_mask *own = grammar_mask_new(g, v, 0, &err);
        check_ok(own);
        plain[i] = seconds_per_token(engine, i, NULL);
        first[i] = seconds_per_token(engine, i, own);
        again[i] = seconds_per_token(engine, i, shared);
        grammar_mask_free(own);
    }
    double base = median(plain);
    *fresh = 1000 * (median(first) - base);
    *kept = 1000 * (median(again) - base);
    grammar_mask_free(shared);
    lm_engine_free(engine);
    grammar_vocabulary_free(v);
    grammar_free(g);
}

static void tokens_under_a_grammar_cost_less(void **state) {
    (void)state;
    if (!have_data()) skip();
    static const char *const files[] = {"narrow.gguf", "wide.model.gguf"};
    struct arena arena;
    double fresh[2], kept[2];
    arena_init(&arena, 0);
    char *source = long_source(&arena);
    struct lm_model *models[2] = {make_model(read_vocabulary(&arena, "ggml-vocab-llama-spm.gguf", 0), files[0]),
                                  make_model(read_vocabulary(&arena, "ggml-vocab-gpt-2.gguf", 151936), files[1])};
    json_t *said = ask_oracle(json_pack("{s:[] s:{s:[s,s] s:s s:i s:i}}", "grammars", "speed", "models", files[0],
                                        files[1], "source", source, "tokens", TOKENS, "rounds", ROUNDS));
    for (size_t i = 0; i < 2; i++) {
        double theirs = json_number_value(json_array_get(json_object_get(said, "speed"), i));
        measure(models[i], source, &fresh[i], &kept[i]);
        printf("vocabulary %zu: the grammar adds %.3f ms of processor time to a token of the first answer, %.3f ms in "
               "later ones; in llama.cpp %.3f ms\n",
               models[i]->shape.vocabulary, fresh[i], kept[i], theirs);
#if !defined(__SANITIZE_ADDRESS__)
        if (!(fresh[i] < theirs)) fail_msg("vocabulary %zu: slower than llama.cpp", models[i]->shape.vocabulary);
#endif
        lm_model_free(models[i]);
    }
    json_decref(said);
    arena_done(&arena);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_texts_are_accepted),
        cmocka_unit_test(tokens_under_a_grammar_cost_less),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
