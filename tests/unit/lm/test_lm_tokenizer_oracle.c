/* Tokenizers against a real llama.cpp: small vocabularies are trained and written for each pre-tokenizer, and texts
 * with all kinds of characters must get the same ids from both. Skipped where node or the package in tests/oracle is
 * missing. */
#include "oracle.h"
#include "tokenizer_check.h"

#include "lm/tokenizer/tokenizer_internal.h"

#define RANDOM_TEXTS 200
#define SEPARATOR "\n__ggml_vocab_test__\n"

static struct arena arena;
static struct text texts[RANDOM_TEXTS + 128];
static size_t n_texts;
static char folder[] = "/tmp/basanite-oracle-XXXXXX";
static const struct text specials[] = {TEXT("<|begin|>"), TEXT("<|end_of|>"), TEXT("<|user|>"), TEXT("<|us")};

static void keep_text(struct text t) {
    struct error err = {0};
    char *copy = text_copy(&arena, t, &err);
    check_ok(copy);
    texts[n_texts++] = (struct text){copy, t.len};
}

static void write_texts(void) {
    struct error err = {0};
    struct buffer b;
    char path[64];
    buffer_init(&b, 1 << 20);
    buffer_put_c(&b, "[");
    for (size_t i = 0; i < n_texts; i++) {
        if (i) buffer_put_c(&b, ",");
        json_put_string(&b, texts[i]);
    }
    buffer_put_c(&b, "]");
    snprintf(path, sizeof path, "%s/texts.json", folder);
    check_ok(buffer_check(&b, "texts", &err) && file_write(path, buffer_text(&b), &err));
    buffer_done(&b);
}

static void make_texts(void) {
    struct error err = {0};
    struct buffer b;
    struct text all;
    char path[512];
    buffer_init(&b, 1 << 20);
    if (file_exists(shared_path(path, "vocab-gguf/ggml-vocab-qwen2.gguf.inp"))) {
        check_ok(file_read(&arena, path, 1 << 20, &all, &err));
        while (all.len) {
            size_t end = text_find(all, TEXT(SEPARATOR), 0);
            keep_text(text_part(all, 0, end == SIZE_MAX ? all.len : end));
            all = text_part(all, end == SIZE_MAX ? all.len : end + strlen(SEPARATOR), all.len);
        }
    }
    keep_text(TEXT("<|begin|><|user|> hello <|user|>\n<|end_of|> world<|us|>er|><|begin|>"));
    for (uint64_t i = 0; i < RANDOM_TEXTS; i++) keep_text(random_text(i, &b));
    buffer_done(&b);
    write_texts();
}

static json_t *ask_oracle(const char *program, const char *model) {
    char list[64];
    snprintf(list, sizeof list, "%s/texts.json", folder);
    return oracle_ask(source_root, program, model, list);
}

/* Where llama.cpp departs from the model's own tokenizer, we follow the model. BERT: llama.cpp keeps the first
 * character alone of a decomposition (of Hangul syllables all letters count), strips spacing marks too, and takes some
 * control characters for blanks. Patterns that cut at upper case know ASCII's alone there. */
static bool is_compared(const struct tokenizer *t, struct text text) {
    bool bert = strcmp(tokenizer_kind(t), "bert") == 0;
    bool by_case = strcmp(tokenizer_pre(t), "gpt-4o") == 0 || strcmp(tokenizer_pre(t), "tekken") == 0;
    uint32_t c;
    for (size_t n; (n = text_utf8_next(text, &c)) > 0; text = text_part(text, n, text.len)) {
        bool decomposed = c >= 0xAC00 && c <= 0xD7A3, mark = c >= 0x93E && c <= 0x94C;
        if (bert && (decomposed || mark || c == 0xB || c == 0xC || c == 0x85)) return false;
        if (by_case && c >= 0x80) return false;
    }
    return true;
}

/* Returns how many texts differ; shows the first. */
static size_t compare(const struct tokenizer *t, const json_t *lists, int flags, const char *what) {
    struct token_list ids = {0};
    size_t missed = 0;
    for (size_t i = 0; i < n_texts; i++) {
        const json_t *expected = json_array_get(lists, i);
        if (!is_compared(t, texts[i])) continue;
        encode(t, texts[i], flags, &ids);
        bool equal = ids.n == json_array_size(expected);
        for (size_t k = 0; equal && k < ids.n; k++)
            equal = json_integer_value(json_array_get(expected, k)) == ids.ids[k];
        if (equal) continue;
        if (missed++) continue;
        fprintf(stderr, "%s, text %zu '%.*s'\n expected", what, i, TEXT_ARG(texts[i]));
        for (size_t k = 0; k < json_array_size(expected); k++)
            fprintf(stderr, " %d", (int)json_integer_value(json_array_get(expected, k)));
        fprintf(stderr, "\n found   ");
        for (size_t k = 0; k < ids.n; k++) fprintf(stderr, " %d", ids.ids[k]);
        fprintf(stderr, "\n");
    }
    token_list_done(&ids);
    return missed;
}

static void compare_vocabulary(const struct tokenizer *t, const char *path, const char *name) {
    json_t *answer = ask_oracle("tokenize.mjs", path);
    size_t plain = compare(t, json_object_get(answer, "plain"), 0, name);
    size_t special = compare(t, json_object_get(answer, "special"), TOKENIZE_SPECIAL, name);
    if (plain || special)
        fail_msg("%s: %zu of %zu texts differ, with special tokens %zu", name, plain, n_texts, special);
    size_t n = 0;
    for (size_t i = 0; i < n_texts; i++) n += is_compared(t, texts[i]);
    printf("%s: %zu texts equal\n", name, n);
    json_decref(answer);
}

static void pre_tokenizers_equal_those_of_llama_cpp(void **state) {
    (void)state;
    static const char *const names[] = {
        "llama-bpe", "qwen2",      "gpt-2",      "default", "falcon", "starcoder",   "deepseek-coder", "smaug-bpe",
        "qwen35",    "seed-coder", "bailingmoe", "bloom",   "viking", "deepseek-v3", "gpt-4o",         "tekken"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct error err = {0};
        char path[128];
        struct tokenizer_training training = {.texts = texts,
                                              .n_texts = n_texts,
                                              .specials = specials,
                                              .n_specials = sizeof specials / sizeof *specials,
                                              .vocabulary = 900,
                                              .pre = names[i],
                                              .bos = specials[0],
                                              .eos = specials[1]};
        struct tokenizer *t = tokenizer_train(&training, &err);
        check_ok(t);
        snprintf(path, sizeof path, "%s/model.gguf", folder);
        save_vocabulary(t, path);
        compare_vocabulary(t, path, names[i]);
        tokenizer_free(t);
        unlink(path);
    }
}

static void published_vocabularies_equal_those_of_llama_cpp(void **state) {
    (void)state;
    static const char *const names[] = {"gpt-2", "llama-spm", "falcon", "deepseek-coder", "bert-bge"};
    char path[512], name[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "vocab-gguf/ggml-vocab-%s.gguf", names[i]);
        struct tokenizer *t = tokenizer_of_gguf(need_shared(path, name));
        compare_vocabulary(t, path, names[i]);
        tokenizer_free(t);
    }
}

/* Phi-3's special tokens strip the blanks behind them; both know it by the model's name. */
static void special_tokens_of_phi3_strip(void **state) {
    (void)state;
    struct error err = {0};
    char copy[128];
    static const struct text named[] = {TEXT("<unk>"), TEXT("<s>"), TEXT("</s>"), TEXT("<|endoftext|>"),
                                        TEXT("<|user|>")};
    static const struct tokenizer_training training = {
        .specials = named, .n_specials = 5, .vocabulary = 261, .pre = "gpt-2"};
    struct tokenizer *t = tokenizer_train(&training, &err);
    check_ok(t);
    snprintf(copy, sizeof copy, "%s/model.gguf", folder);
    struct gguf_writer *w = gguf_writer_new(copy, &err);
    check_ok(w && gguf_put_text(w, "general.name", TEXT("A Phi-3 twin"), &err) && put_vocabulary(t, w, &err));
    gguf_writer_free(w);
    struct tokenizer *back = tokenizer_of_gguf(copy);
    struct text saved = texts[0];
    texts[0] = TEXT("a<|user|> \n b <s> c</s>  d<|endoftext|>\ne <|user|>\t\xC2\xA0<unk> ");
    write_texts();
    compare_vocabulary(back, copy, "phi-3");
    texts[0] = saved;
    write_texts();
    tokenizer_free(back);
    tokenizer_free(t);
    unlink(copy);
}

/* What was read is written, and llama.cpp reads what was written. */
static void written_vocabularies_are_read(void **state) {
    (void)state;
    static const char *const names[] = {"gpt-2", "llama-spm", "bert-bge"};
    char path[512], copy[128], name[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "vocab-gguf/ggml-vocab-%s.gguf", names[i]);
        struct tokenizer *t = tokenizer_of_gguf(need_shared(path, name));
        snprintf(copy, sizeof copy, "%s/model.gguf", folder);
        save_vocabulary(t, copy);
        compare_vocabulary(t, copy, names[i]);
        tokenizer_free(t);
        unlink(copy);
    }
}

/* ---- tokenizer.json against Hugging Face's library ---- */

static void compare_json(const char *path, const char *name) {
    struct error err = {0};
    struct tokenizer *t = tokenizer_from_json(path, &err);
    check_ok(t);
    json_t *answer = ask_oracle("tokenize_json.mjs", path);
    size_t missed = 0;
    struct token_list ids = {0};
    for (size_t i = 0; i < n_texts; i++) {
        const json_t *expected = json_array_get(answer, i);
        encode(t, texts[i], TOKENIZE_SPECIAL, &ids);
        bool equal = ids.n == json_array_size(expected);
        for (size_t k = 0; equal && k < ids.n; k++)
            equal = json_integer_value(json_array_get(expected, k)) == ids.ids[k];
        if (!equal && !missed++) fprintf(stderr, "%s: text %zu '%.*s'\n", name, i, TEXT_ARG(texts[i]));
    }
    if (missed) fail_msg("%s: %zu of %zu texts differ", name, missed, n_texts);
    printf("%s: %zu texts equal\n", name, n_texts);
    token_list_done(&ids);
    json_decref(answer);
    tokenizer_free(t);
}

static bool json_oracle_is_there(void) {
    return oracle_is_there(source_root, "tokenizers");
}

static void published_json_files_equal_those_of_hugging_face(void **state) {
    (void)state;
    static const char *const names[] = {"gpt2-hf/tokenizer.json", "gpt-neox/20B_tokenizer.json",
                                        "torchtune/tokenizer.json", "torchtune/tiny_bpe_tokenizer.json",
                                        "torchtune/tokenizer_gemma_cropped.json"};
    char path[512], name[64];
    if (!json_oracle_is_there()) skip();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "tokenizers/%s", names[i]);
        compare_json(need_shared(path, name), names[i]);
    }
}

static void save_json(const struct tokenizer *t, const char *path) {
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 26);
    check_ok(tokenizer_to_json(t, &b, &err) && file_write(path, buffer_text(&b), &err));
    buffer_done(&b);
}

/* Other containers, written as tokenizer.json and as GGUF: the library, llama.cpp and we read them alike, and the file
 * itself as what was written of it. */
static void written_containers_are_read(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool json, gguf;
    } files[] = {
        {"sentencepiece/test_model.model", true, true},
        {"torchtune/m.model", true, true},
        {"torchtune/tiktoken_small.model", true, true},
        {"tiktoken/r50k_base.tiktoken", true, true},
        {"tiktoken/cl100k_base.tiktoken", true, true},
        {"torchtune/tiny_bpe_vocab.json", true, false},
        {"rwkv-world/rwkv_vocab_v20230424.txt", false, true},
    };
    if (!json_oracle_is_there()) skip();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct error err = {0};
        char path[512], name[96], copy[128], json[128];
        snprintf(name, sizeof name, "tokenizers/%s", files[i].name);
        struct tokenizer *t = tokenizer_open(need_shared(path, name), &err);
        check_ok(t);
        snprintf(copy, sizeof copy, "%s/model.gguf", folder);
        snprintf(json, sizeof json, "%s/tokenizer.json", folder);
        if (files[i].json) {
            save_json(t, json);
            compare_json(json, files[i].name);
            unlink(json);
        }
        if (files[i].gguf) {
            t->sums_in_float = false; /* llama.cpp and the library add doubles; SentencePiece floats: other ties win */
            save_vocabulary(t, copy);
            compare_vocabulary(t, copy, files[i].name);
            unlink(copy);
        }
        tokenizer_free(t);
    }
}

static json_t *gpt2_json(void) {
    struct error err = {0};
    char path[512];
    if (!json_oracle_is_there()) skip();
    json_t *root = json_read_file(need_shared(path, "tokenizers/gpt2-hf/tokenizer.json"), 1 << 24, &err);
    check_ok(root);
    return root;
}

/* Takes both steps. */
static void compare_steps(json_t *root, json_t *normalizer, json_t *pre_tokenizer, const char *name) {
    struct error err = {0};
    struct buffer b;
    char path[64];
    assert_true(normalizer && pre_tokenizer);
    json_object_set_new(root, "normalizer", normalizer);
    json_object_set_new(root, "pre_tokenizer", pre_tokenizer);
    buffer_init(&b, 1 << 24);
    assert_true(json_put(&b, root, 0));
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    check_ok(file_write(path, buffer_text(&b), &err));
    buffer_done(&b);
    compare_json(path, name);
    unlink(path);
}

#define BYTE_LEVEL "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":false}"
#define SEQUENCE(first) "{\"type\":\"Sequence\",\"pretokenizers\":[" first "," BYTE_LEVEL "]}"
#define SPLIT(kind, pattern, behavior, invert)                                                                         \
    SEQUENCE("{\"type\":\"Split\",\"pattern\":{\"" kind "\":\"" pattern "\"},\"behavior\":\"" behavior                 \
             "\",\"invert\":" invert "}")

/* GPT-2's vocabulary behind other steps. */
static void steps_equal_those_of_hugging_face(void **state) {
    (void)state;
    static const struct {
        const char *name, *normalizer, *pre;
    } variants[] = {
        {"add_prefix_space", "null",
         "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}"},
        {"no pattern", "null", BYTE_LEVEL},
        {"single digits", "null", SEQUENCE("{\"type\":\"Digits\",\"individual_digits\":true}")},
        {"digits", "null", SEQUENCE("{\"type\":\"Digits\",\"individual_digits\":false}")},
        {"removed", "null", SPLIT("Regex", "\\\\s+", "Removed", "false")},
        {"removed, inverted", "null", SPLIT("Regex", "\\\\w+|[^\\\\w\\\\s]+", "Removed", "true")},
        {"with previous", "null", SPLIT("Regex", "[.,'\\\\s]", "MergedWithPrevious", "false")},
        {"with next", "null", SPLIT("String", " ", "MergedWithNext", "false")},
        {"empty matches", "null", SPLIT("Regex", "(?=(\\\\d{3})+(?!\\\\d))", "Isolated", "false")},
        {"NFC", "{\"type\":\"NFC\"}", BYTE_LEVEL},
        {"NFD", "{\"type\":\"NFD\"}", BYTE_LEVEL},
        {"NFKC", "{\"type\":\"NFKC\"}", BYTE_LEVEL},
        {"NFKD", "{\"type\":\"NFKD\"}", BYTE_LEVEL},
    };
    json_t *root = gpt2_json();
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        struct error err = {0};
        json_t *normalizer = json_read(text_of(variants[i].normalizer), "normalizer", 1, &err);
        compare_steps(root, normalizer, json_read(text_of(variants[i].pre), "pre_tokenizer", 1, &err),
                      variants[i].name);
    }
    json_decref(root);
}

/* Our patterns in another engine (Oniguruma). */
static void patterns_equal_those_of_hugging_face(void **state) {
    (void)state;
    static const char *const names[] = {"gpt-2",      "llama-bpe", "qwen2",  "qwen35", "seed-coder",
                                        "bailingmoe", "gpt-4o",    "tekken", "bloom"};
    json_t *root = gpt2_json();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct pretokenizer *row = pretokenizer_find(text_of(names[i]));
        assert_non_null(row);
        json_t *steps =
            json_pack("{s:s, s:[{s:s, s:{s:s}, s:s, s:b}, {s:s, s:b, s:b, s:b}]}", "type", "Sequence", "pretokenizers",
                      "type", "Split", "pattern", "Regex", row->patterns[0], "behavior", "Isolated", "invert", 0,
                      "type", "ByteLevel", "add_prefix_space", 0, "trim_offsets", 1, "use_regex", 0);
        compare_steps(root, json_null(), steps, names[i]);
    }
    json_decref(root);
}

static int clean_up(void **state) {
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/texts.json", folder);
    unlink(path);
    rmdir(folder);
    arena_done(&arena);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    source_root = argv[1];
    if (!oracle_is_there(source_root, "node-llama-cpp")) return 77;
    if (!mkdtemp(folder)) return 2;
    arena_init(&arena, 0);
    make_texts();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pre_tokenizers_equal_those_of_llama_cpp),
        cmocka_unit_test(published_vocabularies_equal_those_of_llama_cpp),
        cmocka_unit_test(written_vocabularies_are_read),
        cmocka_unit_test(special_tokens_of_phi3_strip),
        cmocka_unit_test(written_containers_are_read),
        cmocka_unit_test(published_json_files_equal_those_of_hugging_face),
        cmocka_unit_test(steps_equal_those_of_hugging_face),
        cmocka_unit_test(patterns_equal_those_of_hugging_face),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
