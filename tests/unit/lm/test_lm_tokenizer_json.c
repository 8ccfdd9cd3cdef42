/* tokenizer.json files: known ids, steps around the model, what stands beside the file, and what is refused by name.
 * Ids of small vocabularies follow from their merges by hand; where a library gave them, it is named. */
#include "tokenizer_check.h"

#include "lm/tokenizer/tokenizer_internal.h"

#define VOCABULARY                                                                                                     \
    "\"vocab\":{\"a\":0,\"b\":1,\"c\":2,\"ab\":3,\"abc\":4,\"\\u0120\":5,\"\\u0120a\":6,\"1\":7,\"\\u00c3\":8,"        \
    "\"\\u00a9\":9,"                                                                                                   \
    "\"\\u00c3\\u00a9\":10}"
#define MERGES "\"merges\":[\"a b\",[\"ab\",\"c\"],\"\\u0120 a\",\"\\u00c3 \\u00a9\"]"
#define METASPACE "{\"type\":\"Metaspace\",\"replacement\":\"\xE2\x96\x81\",\"prepend_scheme\":\"always\"}"
#define BYTE_LEVEL "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":true}"
#define MODEL "\"model\":{\"type\":\"BPE\"," VOCABULARY "," MERGES "}"
#define SPLIT(pattern, behavior)                                                                                       \
    "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{" pattern "},\"behavior\":\"" behavior \
    "\"},{\"type\":\"ByteLevel\",\"use_regex\":false}]}"

static void merges_come_in_both_forms(void **state) {
    (void)state;
    struct tokenizer *t = tokenizer_of_json("{\"pre_tokenizer\":" BYTE_LEVEL "," MODEL "}");
    assert_string_equal(tokenizer_kind(t), "gpt2");
    assert_string_equal(tokenizer_pre(t), "gpt-2");
    check_encodes(t, "abc ab a", 0, 4, 5, 3, 6);
    check_encodes(t, "\xC3\xA9", 0, 10);
    check_encodes(t, "xaybz", 0,
                  3); /* bytes without a token are skipped, and what is left merges, as in Hugging Face's */
    check_round_trip(t, TEXT("abcab ab a1\xC3\xA9"));
    tokenizer_free(t);
}

static void added_tokens_are_cut_out(void **state) {
    (void)state;
    struct tokenizer *t = tokenizer_of_json("{\"added_tokens\":[{\"id\":11,\"content\":\"<s>\",\"special\":true},"
                                            "{\"id\":12,\"content\":\"cab\",\"special\":false},{\"id\":13,\"content\":"
                                            "\"<l>\",\"special\":true,\"lstrip\":true},"
                                            "{\"id\":14,\"content\":\"<r>\",\"special\":true,\"rstrip\":true},{\"id\":"
                                            "15,\"content\":\"<s>a\",\"special\":true}],"
                                            "\"pre_tokenizer\":" BYTE_LEVEL "," MODEL "}");
    check_encodes(t, "abcab", 0, 3, 12);
    check_encodes(t, "<s>a", 0, 0);
    check_encodes(t, "<s>ab <s>b", TOKENIZE_SPECIAL, 15, 1, 5, 11, 1);
    check_encodes(t, "a  <l> a", TOKENIZE_SPECIAL, 0, 13, 6);
    check_encodes(t, "a <r> \n a", TOKENIZE_SPECIAL, 0, 5, 14, 0);
    assert_int_equal(tokenizer_type(t, 11), TOKEN_CONTROL);
    assert_int_equal(tokenizer_type(t, 12), TOKEN_USER);
    assert_int_equal(tokenizer_bos(t), 11); /* guessed by its name, as no file says it */
    tokenizer_free(t);
}

static void normal_forms_are_made_between_tokens(void **state) {
    (void)state;
    struct tokenizer *t = tokenizer_of_json(
        "{\"normalizer\":{\"type\":\"NFC\"},\"added_tokens\":[{\"id\":11,\"content\":\"e\\u0301b\",\"special\":false},"
        "{\"id\":12,\"content\":\"\\u00e9a\",\"special\":false,\"normalized\":true}],\"pre_tokenizer\":" BYTE_LEVEL
        "," MODEL "}");
    check_encodes(t, "e\xCC\x81", 0, 10); /* composed to U+00E9 */
    check_encodes(t,
                  "e\xCC\x81"
                  "b",
                  0, 11); /* found before composing */
    check_encodes(t,
                  "e\xCC\x81"
                  "a",
                  0, 12); /* found after it */
    check_encodes(t,
                  "\xC3\xA9"
                  "b",
                  0, 10, 1); /* not there before composing */
    tokenizer_free(t);
}

/* SentencePiece-like vocabularies: "▁a" and so on; d is no token and falls back to its byte. */
#define SPM_MODEL                                                                                                      \
    "\"model\":{\"type\":\"BPE\",\"unk_token\":\"<unk>\",\"byte_fallback\":true,\"fuse_unk\":true,\"vocab\":{\"<unk>"  \
    "\":0,"                                                                                                            \
    "\"<s>\":1,\"<0x64>\":2,\"\\u2581\":3,\"a\":4,\"b\":5,\"ab\":6,\"\\u2581a\":7,\"\\u2581ab\":8,\"\\u2581\\u2581\":" \
    "9},"                                                                                                              \
    "\"merges\":[\"\\u2581 a\",\"a b\",\"\\u2581a b\",\"\\u2581 \\u2581\"]}"
#define SPM_ADDED "\"added_tokens\":[{\"id\":1,\"content\":\"<s>\",\"special\":true}]"

static void blanks_become_marks(void **state) {
    (void)state;
    struct tokenizer *t = tokenizer_of_json(
        "{" SPM_ADDED
        ",\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":\"\\u2581\"},"
        "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\\u2581\"}]}," SPM_MODEL "}");
    assert_string_equal(tokenizer_kind(t), "llama");
    check_encodes(t, "ab", 0, 8);
    check_encodes(t, "a ab  ab", 0, 7, 8, 3, 8);
    check_encodes(t, "b", 0, 3, 5);
    check_encodes(t, "adxyb", 0, 7, 2, 0, 5); /* d by its byte, x and y together unknown */
    check_encodes(t, "<s>ab", TOKENIZE_SPECIAL, 1, 8);
    check_round_trip(t, TEXT("a ab  dab "));
    tokenizer_free(t);
    static const struct {
        const char *scheme;
        int32_t ids[5];
        size_t n;
    } schemes[] = {{"first", {8, 1, 6, 8}, 4}, {"always", {8, 1, 8, 8}, 4}, {"never", {6, 1, 6, 8}, 4}};
    for (size_t i = 0; i < 3; i++) {
        char json[2000];
        snprintf(json, sizeof json,
                 "{" SPM_ADDED ",\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\\u2581\",\"prepend_"
                 "scheme\":\"%s\"}," SPM_MODEL "}",
                 schemes[i].scheme);
        t = tokenizer_of_json(json);
        check_ids(t, TEXT("ab<s>ab ab"), TOKENIZE_SPECIAL, schemes[i].ids, schemes[i].n);
        check_encodes(t, "  ab", 0, 3, 8); /* words are cut at each mark, and a text with a blank gets no other */
        tokenizer_free(t);
    }
}

static void word_pieces_are_the_longest(void **state) {
    (void)state;
    struct error err = {0};
    struct tokenizer *t = tokenizer_of_json("{\"added_tokens\":[{\"id\":0,\"content\":\"[UNK]\",\"special\":true},{"
                                            "\"id\":1,\"content\":\"[CLS]\",\"special\":true},"
                                            "{\"id\":2,\"content\":\"[SEP]\",\"special\":true}],\"normalizer\":{"
                                            "\"type\":\"BertNormalizer\",\"lowercase\":true},"
                                            "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":{"
                                            "\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",2],"
                                            "\"cls\":[\"[CLS]\",1]},\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"["
                                            "UNK]\",\"continuing_subword_prefix\":\"##\","
                                            "\"max_input_chars_per_word\":8,\"vocab\":{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]"
                                            "\":2,\"mill\":3,\"##er\":4,\"##ers\":5,\"!\":6,"
                                            "\"cafe\":7,\"m\":8,\"##m\":9}}}");
    assert_string_equal(tokenizer_kind(t), "bert");
    check_encodes(t, "Miller's mills!", 0, 3, 4, 0, 0, 0, 6);
    check_encodes(t, "millers Caf\xC3\xA9", TOKENIZE_BOS | TOKENIZE_EOS, 1, 3, 5, 7, 2);
    check_encodes(t, "mmmmmmmm mmmmmmmmm", 0, 8, 9, 9, 9, 9, 9, 9, 9, 0); /* nine characters are too many */
    struct buffer b;
    buffer_init(&b, 100);
    const int32_t ids[] = {1, 3, 5, 7, 6, 2};
    assert_true(tokenizer_decode(t, ids, 6, false, &b));
    assert_string_equal(b.at, "millers cafe !");
    buffer_done(&b);
    tokenizer_free(t);
    (void)err;
}

/* Ids from Hugging Face's tokenizers 0.23.2 for the same file. */
static void gpt2_file_gives_known_ids(void **state) {
    (void)state;
    struct error err = {0};
    char path[512];
    struct tokenizer *t = tokenizer_from_json(need_shared(path, "tokenizers/gpt2-hf/tokenizer.json"), &err);
    check_ok(t);
    assert_string_equal(tokenizer_pre(t), "gpt-2");
    assert_int_equal(tokenizer_bos(t), 50256);
    assert_int_equal(tokenizer_eos(t), 50256);
    assert_false(tokenizer_adds_bos(t));
    check_encodes(t, "Hello world", 0, 15496, 995);
    check_encodes(t, "x    y", 0, 87, 50284, 88);
    check_encodes(t, "<|endoftext|>", TOKENIZE_SPECIAL, 50256);
    tokenizer_free(t);
}

/* ---- saving ---- */

static void check_survives(struct tokenizer *t, const char *pre) {
    char path[] = "/tmp/basanite-json-XXXXXX", one[65], other[65];
    struct token_list a = {0}, b = {0};
    struct buffer text;
    close(mkstemp(path));
    save_vocabulary(t, path);
    struct tokenizer *back = tokenizer_of_gguf(path);
    unlink(path);
    assert_string_equal(tokenizer_pre(back), pre);
    assert_true(tokenizer_digest(t, one) && tokenizer_digest(back, other));
    assert_string_equal(one, other);
    buffer_init(&text, 1 << 16);
    for (uint64_t i = 0; i < 100; i++) {
        encode(t, random_text(i, &text), TOKENIZE_SPECIAL, &a);
        encode(back, buffer_text(&text), TOKENIZE_SPECIAL, &b);
        assert_int_equal(a.n, b.n);
        if (a.n) assert_memory_equal(a.ids, b.ids, a.n * sizeof *a.ids);
    }
    buffer_done(&text);
    token_list_done(&a);
    token_list_done(&b);
    tokenizer_free(back);
    tokenizer_free(t);
}

static void what_gguf_has_no_key_for_survives_saving(void **state) {
    (void)state;
    check_survives(tokenizer_of_json("{\"pre_tokenizer\":" BYTE_LEVEL "," MODEL "}"), "gpt-2");
    check_survives(
        tokenizer_of_json("{\"normalizer\":{\"type\":\"NFC\"},\"added_tokens\":[{\"id\":13,\"content\":\"<m>\","
                          "\"special\":true,\"lstrip\":true,\"normalized\":true}],\"pre_tokenizer\":" SPLIT(
                              "\"Regex\":\"[.a]\\\\s*\"", "MergedWithNext") "," MODEL "}"),
        "custom");
    check_survives(
        tokenizer_of_json("{\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"use_regex\":false},"
                          "\"model\":{\"type\":\"BPE\",\"unk_token\":\"c\",\"ignore_merges\":true," VOCABULARY
                          "," MERGES "}}"),
        "custom");
    check_survives(tokenizer_of_json("{" SPM_ADDED
                                     ",\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\\u2581\","
                                     "\"prepend_scheme\":\"first\"}," SPM_MODEL "}"),
                   "");
}

/* ---- beside the file ---- */

static void write_file(const char *folder, const char *name, const char *content) {
    struct error err = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check_ok(file_write(path, text_of(content), &err));
}

static void remove_file(const char *folder, const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

static void config_stands_beside(void **state) {
    (void)state;
    struct error err = {0};
    char folder[] = "/tmp/basanite-config-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    write_file(folder, "tokenizer.json",
               "{\"added_tokens\":[{\"id\":11,\"content\":\"<x>\",\"special\":true},{\"id\":12,\"content\":\"<y>\","
               "\"special\":true}],"
               "\"post_processor\":{\"type\":\"Sequence\",\"processors\":[{\"type\":\"ByteLevel\"},{\"type\":"
               "\"TemplateProcessing\","
               "\"single\":[{\"SpecialToken\":{\"id\":\"<x>\"}},{\"Sequence\":{\"id\":\"A\"}}]}]},\"pre_"
               "tokenizer\":" BYTE_LEVEL "," MODEL "}");
    write_file(folder, "chat_template.jinja", "from jinja");
    struct tokenizer *t = tokenizer_from_json(path, &err);
    check_ok(t);
    check_encodes(t, "a", TOKENIZE_BOS | TOKENIZE_EOS, 11, 0);
    assert_true(text_equal_c(tokenizer_chat_template(t), "from jinja"));
    tokenizer_free(t);
    write_file(folder, "tokenizer_config.json",
               "{\"bos_token\":{\"content\":\"<y>\"},\"eos_token\":\"<x>\",\"add_eos_token\":true,\"chat_template\":[{"
               "\"name\":\"tools\","
               "\"template\":\"no\"},{\"name\":\"default\",\"template\":\"yes\"}]}");
    t = tokenizer_from_json(path, &err);
    check_ok(t);
    check_encodes(t, "a", TOKENIZE_BOS | TOKENIZE_EOS, 12, 0, 11);
    assert_true(text_equal_c(tokenizer_chat_template(t), "yes"));
    tokenizer_free(t);
    write_file(folder, "tokenizer_config.json", "{");
    check_fails(tokenizer_from_json(path, &err), ERROR_DATA, "tokenizer_config.json");
    remove_file(folder, "tokenizer_config.json");
    remove_file(folder, "chat_template.jinja");
    remove_file(folder, "tokenizer.json");
    check_fails(tokenizer_from_json(path, &err), ERROR_ENVIRONMENT, "tokenizer.json");
    rmdir(folder);
}

/* ---- refused ---- */

static void what_is_not_built_is_refused_by_name(void **state) {
    (void)state;
    static const struct {
        const char *json, *part;
    } cases[] = {
        {"{", "test.json:1"},
        {"[]", "field 'model': expected an object"},
        {"{\"model\":{\"type\":\"WordLevel\",\"vocab\":{}}}", "tokenizer model 'WordLevel' is not built"},
        {"{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}", "blanks as U+2581"},
        {"{\"pre_tokenizer\":" METASPACE ",\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\"]]}}",
         "model.vocab[0]: expected a piece and its log-probability"},
        {"{\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"!\"}," MODEL "}", "expected Base64"},
        {"{\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}," MODEL "}",
         "map of characters has 3 bytes"},
        {"{\"normalizer\":{\"type\":\"ByteLevel\"},\"pre_tokenizer\":" BYTE_LEVEL "," MODEL "}",
         "normalizer 'ByteLevel'"},
        {"{\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"b\"}," MODEL "}",
         "expected Regex or String"},
        {"{\"pre_tokenizer\":{\"type\":\"Whitespace\"}," MODEL "}", "pre-tokenizer 'Whitespace'"},
        {"{" MODEL "}", "neither ByteLevel nor"},
        {"{\"pre_tokenizer\":" SPLIT("\"Regex\":\"(\"", "Isolated") "," MODEL "}", "missing closing parenthesis"},
        {"{\"pre_tokenizer\":" SPLIT("\"Regex\":\"[a&&[b]]\"", "Isolated") "," MODEL "}", "a class within a class"},
        {"{\"pre_tokenizer\":" SPLIT("\"Regex\":\"a\"", "Contiguous") "," MODEL "}", "split behavior 'Contiguous'"},
        {"{\"pre_tokenizer\":" SPLIT("\"Strange\":\"a\"", "Isolated") "," MODEL "}", "expected Regex or String"},
        {"{\"post_processor\":{\"type\":\"Strange\"},\"pre_tokenizer\":" BYTE_LEVEL "," MODEL "}",
         "post-processor 'Strange'"},
        {"{\"pre_tokenizer\":" BYTE_LEVEL ",\"model\":{\"type\":\"BPE\",\"dropout\":0.1," VOCABULARY "," MERGES "}}",
         "BPE option 'dropout'"},
        {"{\"added_tokens\":[{\"id\":11,\"content\":\"w\",\"single_word\":true}],\"pre_tokenizer\":" BYTE_LEVEL
         "," MODEL "}",
         "added token option 'single_word'"},
        {"{\"added_tokens\":[{\"id\":3,\"content\":\"w\"}],\"pre_tokenizer\":" BYTE_LEVEL "," MODEL "}",
         "id 3 belongs to 'ab' and to 'w'"},
        {"{\"added_tokens\":[{\"id\":-3,\"content\":\"w\"}],\"pre_tokenizer\":" BYTE_LEVEL "," MODEL "}", "found -3"},
        {"{\"added_tokens\":[{\"id\":2000000000,\"content\":\"w\"}],\"pre_tokenizer\":" BYTE_LEVEL "," MODEL "}",
         "go up to 2000000000"},
        {"{\"pre_tokenizer\":" BYTE_LEVEL ",\"model\":{\"vocab\":{},\"merges\":[]}}", "the vocabulary is empty"},
        {"{\"pre_tokenizer\":" BYTE_LEVEL ",\"model\":{\"vocab\":{\"a\":0,\"b\":0},\"merges\":[]}}", "id 0 belongs to"},
        {"{\"pre_tokenizer\":" BYTE_LEVEL ",\"model\":{\"vocab\":{\"a\":0,\"a\":1},\"merges\":[]}}", "test.json:1"},
        {"{\"pre_tokenizer\":" BYTE_LEVEL ",\"model\":{\"vocab\":{\"a\":\"x\"},\"merges\":[]}}",
         "token 'a': expected an id"},
        {"{\"pre_tokenizer\":" BYTE_LEVEL ",\"model\":{\"vocab\":{\"a\":0},\"merges\":[\"a\"]}}",
         "model.merges[0]: expected two symbols"},
        {"{\"pre_tokenizer\":" BYTE_LEVEL ",\"model\":{\"vocab\":{\"a\":0},\"merges\":[\"a a\"]}}",
         "names what is no token"},
        {"{\"pre_tokenizer\":" BYTE_LEVEL ",\"model\":{\"vocab\":{\"a\":0},\"merges\":{}}}", "field 'model.merges'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        check_fails(tokenizer_from_json_text(text_of(cases[i].json), "test.json", &err), ERROR_DATA, cases[i].part);
    }
}

/* Patterns that would never end stop with an error. */
static void hostile_patterns_end(void **state) {
    (void)state;
    struct error err = {0};
    struct token_list ids = {0};
    struct buffer b;
    struct tokenizer *t =
        tokenizer_of_json("{\"pre_tokenizer\":" SPLIT("\"Regex\":\"^(a+)+$\"", "Isolated") "," MODEL "}");
    buffer_init(&b, 1 << 16);
    for (size_t i = 0; i < 5000; i++) buffer_put_c(&b, "a");
    buffer_put_c(&b, "b");
    check_fails(tokenizer_encode(t, buffer_text(&b), 0, &ids, &err), ERROR_DATA, "'^(a+)+$' on 5001 bytes");
    buffer_done(&b);
    token_list_done(&ids);
    tokenizer_free(t);
}

static void memory_may_run_out_anywhere(void **state) {
    (void)state;
    static const char *const files[] = {
        "{\"normalizer\":{\"type\":\"NFC\"},\"added_tokens\":[{\"id\":11,\"content\":\"<s>\",\"special\":true}],\"pre_"
        "tokenizer\":" SPLIT("\"Regex\":\"[.a]\\\\s*\"", "MergedWithNext") "," MODEL "}",
        "{" SPM_ADDED ",\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\\u2581\"}," SPM_MODEL "}"};
    for (size_t f = 0; f < 2; f++)
        for (uint64_t n = 1;; n++) {
            struct error err = {0};
            struct token_list ids = {0};
            memory_fail_at(n);
            struct tokenizer *t = tokenizer_from_json_text(text_of(files[f]), "test.json", &err);
            bool ok = t && tokenizer_encode(t, TEXT("ab<s> caf\xC3\xA9 abc"), TOKENIZE_SPECIAL, &ids, &err);
            memory_fail_at(0);
            if (!ok) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
            token_list_done(&ids);
            tokenizer_free(t);
            if (ok) break;
        }
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    source_root = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merges_come_in_both_forms),
        cmocka_unit_test(added_tokens_are_cut_out),
        cmocka_unit_test(normal_forms_are_made_between_tokens),
        cmocka_unit_test(blanks_become_marks),
        cmocka_unit_test(word_pieces_are_the_longest),
        cmocka_unit_test(gpt2_file_gives_known_ids),
        cmocka_unit_test(what_gguf_has_no_key_for_survives_saving),
        cmocka_unit_test(config_stands_beside),
        cmocka_unit_test(what_is_not_built_is_refused_by_name),
        cmocka_unit_test(hostile_patterns_end),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
