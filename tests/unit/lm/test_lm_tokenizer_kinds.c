/* Small vocabularies of the newer kinds and containers: Unigram of a tokenizer.json and of SentencePiece's .model, maps of
 * characters, user tokens, byte fallback, tiktoken's ranks, RWKV's vocabulary, vocab.json with merges.txt; each written as
 * GGUF and read again. Expected ids are worked out by hand. */
#include "tokenizer_check.h"

#include "base/base64.h"
#include "lm/tokenizer/tokenizer_internal.h"

/* ---- making SentencePiece models ---- */

static void put_varint(struct buffer *b, uint64_t v) {
    for (; v >= 128; v >>= 7) buffer_put_char(b, (char)((v & 127) | 128));
    buffer_put_char(b, (char)v);
}

static void put_number(struct buffer *b, unsigned field, uint64_t v) {
    put_varint(b, field << 3);
    put_varint(b, v);
}

static void put_bytes(struct buffer *b, unsigned field, struct text t) {
    put_varint(b, field << 3 | 2);
    put_varint(b, t.len);
    buffer_put_text(b, t);
}

static void put_piece(struct buffer *b, struct text form, float score, enum token_type type) {
    struct buffer piece;
    buffer_init(&piece, 1 << 16);
    put_bytes(&piece, 1, form);
    put_varint(&piece, 2 << 3 | 5);
    buffer_put(&piece, &score, 4);
    if (type != TOKEN_NORMAL) put_number(&piece, 3, type);
    put_bytes(b, 1, buffer_text(&piece));
    buffer_done(&piece);
}

/* A double array of one-byte keys: unit 0 leads to unit 256 ^ byte, that one to its leaf behind all. */
static void put_map(struct buffer *b, const char *const pairs[][2], size_t n) {
    uint32_t units[1024] = {0};
    struct buffer texts;
    buffer_init(&texts, 1 << 12);
    units[0] = 256u << 10;
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)pairs[i][0][0];
        uint32_t node = 256u ^ byte, leaf = 512 + (uint32_t)i;
        units[node] = byte | 1u << 8 | (leaf ^ node) << 10;
        units[leaf] = (uint32_t)texts.len | 1u << 31;
        buffer_put(&texts, pairs[i][1], strlen(pairs[i][1]) + 1);
    }
    uint32_t bytes = sizeof units;
    buffer_put(b, &bytes, 4);
    buffer_put(b, units, sizeof units);
    buffer_put_text(b, buffer_text(&texts));
    buffer_done(&texts);
}

struct model_parts {
    unsigned kind; /* 1 Unigram, 2 BPE */
    bool byte_fallback, no_prefix, keeps_blanks, with_map;
};

static void put_model(struct buffer *b, struct model_parts parts) {
    static const char *const pairs[][2] = {{"A", "a"}, {"B", "bb"}, {"\t", " "}};
    struct buffer inner, map;
    buffer_init(&inner, 1 << 16);
    buffer_init(&map, 1 << 16);
    put_number(&inner, 3, parts.kind);
    if (parts.byte_fallback) put_number(&inner, 35, 1);
    put_bytes(b, 2, buffer_text(&inner));
    buffer_clear(&inner);
    put_map(&map, pairs, 3);
    if (parts.with_map) put_bytes(&inner, 2, buffer_text(&map));
    if (parts.no_prefix) put_number(&inner, 3, 0);
    if (parts.keeps_blanks) put_number(&inner, 4, 0);
    put_bytes(b, 3, buffer_text(&inner));
    buffer_done(&map);
    buffer_done(&inner);
}

#define M SPACE_MARK
enum { UNK, BOS, EOS, P_MARK, P_A, P_B, P_C, P_AB, P_MA, P_MAB, P_ABC, P_USER, P_UNUSED };

static void put_pieces(struct buffer *b) {
    put_piece(b, TEXT("<unk>"), 0, TOKEN_UNKNOWN);
    put_piece(b, TEXT("<s>"), 0, TOKEN_CONTROL);
    put_piece(b, TEXT("</s>"), 0, TOKEN_CONTROL);
    put_piece(b, TEXT(M), -3, TOKEN_NORMAL);
    put_piece(b, TEXT("a"), -4, TOKEN_NORMAL);
    put_piece(b, TEXT("b"), -4, TOKEN_NORMAL);
    put_piece(b, TEXT("c"), -4, TOKEN_NORMAL);
    put_piece(b, TEXT("ab"), -5, TOKEN_NORMAL);
    put_piece(b, TEXT(M "a"), -3.5f, TOKEN_NORMAL);
    put_piece(b, TEXT(M "ab"), -9, TOKEN_NORMAL);
    put_piece(b, TEXT("abc"), -8, TOKEN_NORMAL);
    put_piece(b, TEXT("<u>"), 0, TOKEN_USER);
    put_piece(b, TEXT("bc"), -0.5f, TOKEN_UNUSED);
}

static struct tokenizer *model_of(struct model_parts parts) {
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    put_pieces(&b);
    for (unsigned i = 0; parts.byte_fallback && i < 256; i++) {
        char form[8];
        snprintf(form, sizeof form, "<0x%02X>", i);
        put_piece(&b, text_of(form), 0, TOKEN_BYTE);
    }
    put_model(&b, parts);
    struct tokenizer *t = tokenizer_from_model_text(buffer_text(&b), "test.model", &err);
    check_ok(t);
    buffer_done(&b);
    return t;
}

/* The same tokenizer from the GGUF that it is written to. */
static struct tokenizer *through_gguf(const struct tokenizer *t) {
    char path[] = "/tmp/basanite-kinds-XXXXXX", before[65], after[65];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    save_vocabulary(t, path);
    struct tokenizer *back = tokenizer_of_gguf(path);
    unlink(path);
    assert_true(tokenizer_digest(t, before) && tokenizer_digest(back, after));
    assert_string_equal(before, after);
    return back;
}

/* ---- Unigram ---- */

static void the_best_sum_wins(void **state) {
    (void)state;
    struct tokenizer *t = model_of((struct model_parts){.kind = 1});
    assert_string_equal(tokenizer_kind(t), "t5");
    check_encodes(t, "ab", 0, P_MA, P_B);           /* -7.5; (mark, ab) is -8, mark-ab -9 */
    check_encodes(t, "abc", 0, P_MARK, P_ABC);      /* -11; (mark-a, b, c) is -11.5; "bc" is unused */
    check_encodes(t, "  a   b ", 0, P_MA, P_MARK, P_B);
    check_encodes(t, "axxb", 0, P_MA, UNK, P_B);    /* unknown characters side by side are one */
    check_ids(t, TEXT(""), 0, NULL, 0);
    check_ids(t, TEXT("   "), 0, NULL, 0);
    struct tokenizer *back = through_gguf(t);
    check_encodes(back, "abc axxb<u>", 0, P_MARK, P_ABC, P_MA, UNK, P_B, P_USER);
    tokenizer_free(back);
    tokenizer_free(t);
}

static void user_tokens_stay_inside(void **state) {
    (void)state;
    struct tokenizer *t = model_of((struct model_parts){.kind = 1, .with_map = true});
    check_encodes(t, "<u>ab", 0, P_MARK, P_USER, P_AB); /* no second mark behind the user token */
    check_encodes(t, "a<s>", 0, P_MA, UNK);             /* the text of a control token is only text */
    check_encodes(t, "a<s>b", TOKENIZE_SPECIAL, P_MA, BOS, P_MARK, P_B);
    tokenizer_free(t);
}

static void characters_are_mapped(void **state) {
    (void)state;
    struct tokenizer *t = model_of((struct model_parts){.kind = 1, .with_map = true});
    check_encodes(t, "A\tB", 0, P_MA, P_MARK, P_B, P_B);
    struct tokenizer *back = through_gguf(t);
    check_encodes(back, "A\tB", 0, P_MA, P_MARK, P_B, P_B);
    tokenizer_free(back);
    tokenizer_free(t);
}

/* An array whose unit 1 claims a key of one zero byte, and one of zeros alone, which has every run of them. */
static void no_key_has_a_zero(void **state) {
    (void)state;
    struct error err = {0};
    struct arena arena;
    struct charsmap map;
    struct text to = TEXT("");
    const uint32_t claims[] = {12, 1 << 10, 3 << 10 | 1 << 8, 1u << 31}, zeros[4] = {12};
    char text[5] = {0}, blob[18] = "";
    arena_init(&arena, 1 << 20);
    for (int i = 0; i < 2; i++) {
        memcpy(blob, i ? zeros : claims, 16);
        memcpy(blob + 16, "x", 2);
        check_ok(charsmap_read(&map, &arena, (struct text){blob, sizeof blob}, "map", &err));
        assert_int_equal(charsmap_find(&map, (struct text){text, sizeof text}, true, &to), 0);
        assert_int_equal(charsmap_find(&map, (struct text){text, sizeof text}, false, &to), 0);
    }
    arena_done(&arena);
}

static void blanks_can_be_kept(void **state) {
    (void)state;
    struct tokenizer *t = model_of((struct model_parts){.kind = 1, .keeps_blanks = true, .no_prefix = true});
    check_encodes(t, " a  b ", 0, P_MA, P_MARK, P_MARK, P_B, P_MARK);
    struct tokenizer *back = through_gguf(t);
    check_encodes(back, " a  b ", 0, P_MA, P_MARK, P_MARK, P_B, P_MARK);
    tokenizer_free(back);
    tokenizer_free(t);
}

static void unknown_characters_fall_to_bytes(void **state) {
    (void)state;
    enum { BYTES = P_UNUSED + 1 };
    for (unsigned kind = 1; kind <= 2; kind++) {
        struct tokenizer *t = model_of((struct model_parts){.kind = kind, .byte_fallback = true});
        check_encodes(t, "a\xC3\xA9", 0, P_MA, BYTES + 0xC3, BYTES + 0xA9);
        check_round_trip(t, TEXT("a\xC3\xA9 b"));
        struct tokenizer *back = through_gguf(t);
        check_encodes(back, "a\xC3\xA9", 0, P_MA, BYTES + 0xC3, BYTES + 0xA9);
        tokenizer_free(back);
        tokenizer_free(t);
    }
}

static void pairs_merge_by_score(void **state) {
    (void)state;
    struct tokenizer *t = model_of((struct model_parts){.kind = 2});
    assert_string_equal(tokenizer_kind(t), "llama");
    check_encodes(t, "ab", 0, P_MAB);               /* mark-a (-3.5) first, then mark-ab (-9) */
    check_encodes(t, "c ab<u>ab", 0, P_MARK, P_C, P_MAB, P_USER, P_AB);
    check_encodes(t, "xx", 0, P_MARK, UNK);
    tokenizer_free(t);
}

#define UNIGRAM(normalizer, pre)                                                                                       \
    "{\"normalizer\":" normalizer ",\"pre_tokenizer\":" pre ",\"added_tokens\":[{\"id\":0,\"content\":\"<unk>\","       \
    "\"special\":true},{\"id\":6,\"content\":\"<x>\",\"special\":false,\"normalized\":false}],"                         \
    "\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"<unk>\",0],[\"" M "\",-2],[\"a\",-3],[\"b\",-3],"        \
    "[\"" M "a\",-2.5],[\"ab\",-4.5]]}}"
#define METASPACE "{\"type\":\"Metaspace\",\"replacement\":\"" M "\",\"prepend_scheme\":\"always\",\"split\":true}"

static void unigram_of_json(void **state) {
    (void)state;
    struct tokenizer *t = tokenizer_of_json(UNIGRAM("null", METASPACE));
    check_encodes(t, "ab a", 0, 4, 3, 4);
    check_encodes(t, "a  b", 0, 4, 1, 1, 3);
    check_encodes(t, "a<x>b\xC3\xA9", 0, 4, 6, 1, 3, 0);
    struct tokenizer *back = through_gguf(t);
    check_encodes(back, "a<x>b\xC3\xA9  a", 0, 4, 6, 1, 3, 0, 1, 4);
    tokenizer_free(back);
    tokenizer_free(t);
}

static void steps_of_json(void **state) {
    (void)state;
    static const char steps[] =
        UNIGRAM("{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"x+\"},"
                "\"content\":\"b\"},{\"type\":\"Lowercase\"},{\"type\":\"NFD\"},{\"type\":\"StripAccents\"},"
                "{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}]}",
                "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"WhitespaceSplit\"}," METASPACE "]}");
    struct tokenizer *t = tokenizer_of_json(steps);
    check_encodes(t, "  \xC3\x81 xxB \t", 0, 4, 1, 3, 3); /* "a bb", each word with its mark */
    struct tokenizer *back = through_gguf(t);
    check_encodes(back, "  \xC3\x81 xxB \t", 0, 4, 1, 3, 3);
    tokenizer_free(back);
    tokenizer_free(t);
}

/* ---- ranks, worlds, vocab.json ---- */

static void put_rank(struct buffer *b, const char *token, unsigned rank) {
    base64_put(b, text_of(token));
    buffer_printf(b, " %u\n", rank);
}

static void ranks_merge_the_lowest_first(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 16);
    for (unsigned i = 0; i < 256; i++) {
        char byte = (char)i;
        base64_put(&b, (struct text){&byte, 1});
        buffer_printf(&b, " %u\n", i);
    }
    put_rank(&b, "aa", 256);
    put_rank(&b, "aaa", 257);
    put_rank(&b, " b", 258);
    put_rank(&b, "xyz", 259); /* no pair makes it: only as a whole word */
    struct tokenizer *t = tokenizer_from_ranks_text(buffer_text(&b), "test.tiktoken", &err);
    check_ok(t);
    check_encodes(t, "aaaa b", 0, 256, 256, 258); /* aa twice, the lowest rank, before any aaa */
    check_encodes(t, "aaaaa", 0, 256, 257);
    check_encodes(t, "xyz xyz", 0, 259, ' ', 'x', 'y', 'z');
    check_round_trip(t, TEXT("caf\xC3\xA9 \xFF 123"));
    buffer_clear(&b);
    assert_true(tokenizer_warnings(t, &b));
    assert_non_null(strstr(b.at, "pre-tokenizer"));
    struct tokenizer *back = through_gguf(t);
    check_encodes(back, "aaaaa xyz", 0, 256, 257, ' ', 'x', 'y', 'z');
    tokenizer_free(back);
    tokenizer_free(t);
    buffer_done(&b);
}

/* ---- files beside ---- */

static void write_in(const char *folder, const char *name, struct text text) {
    struct error err = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check_ok(file_write(path, text, &err));
}

/* A folder as transformers has it, with no tokenizer.json: its tokenizer.model and what stands beside. */
static void make_folder(char folder[32], struct text model, const char *config, const char *added, const char *jinja) {
    snprintf(folder, 32, "/tmp/basanite-beside-XXXXXX");
    assert_non_null(mkdtemp(folder));
    write_in(folder, "tokenizer.model", model);
    write_in(folder, "tokenizer_config.json", text_of(config));
    if (added) write_in(folder, "added_tokens.json", text_of(added));
    if (jinja) write_in(folder, "chat_template.jinja", text_of(jinja));
}

static void remove_folder(const char *folder) {
    char command[64];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

enum { P_TURN = P_UNUSED + 2, P_TOOL = P_UNUSED + 4 };

static void sentencepiece_takes_the_tokens_beside_it(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer b;
    char folder[32];
    buffer_init(&b, 1 << 20);
    put_pieces(&b);
    put_model(&b, (struct model_parts){.kind = 2});
    make_folder(folder, buffer_text(&b),
                "{\"added_tokens_decoder\":{\"0\":{\"content\":\"<unk>\",\"special\":true},"
                "\"14\":{\"content\":\"<|turn|>\",\"special\":true,\"rstrip\":true}},"
                "\"eos_token\":{\"content\":\"<|turn|>\"},\"add_bos_token\":false}",
                "{\"<tool>\":16,\"<|turn|>\":14}", "{{ bos_token }}hello");
    struct tokenizer *t = tokenizer_open(folder, &err);
    check_ok(t);
    assert_int_equal(tokenizer_vocabulary(t), P_TOOL + 1);
    assert_int_equal(tokenizer_eos(t), P_TURN);
    assert_int_equal(tokenizer_bos(t), BOS);
    assert_false(tokenizer_adds_bos(t));
    assert_true(tokenizer_ends(t, P_TURN));
    assert_int_equal(tokenizer_type(t, UNK), TOKEN_UNKNOWN);
    assert_int_equal(tokenizer_type(t, P_TURN), TOKEN_CONTROL);
    assert_int_equal(tokenizer_type(t, P_TURN + 1), TOKEN_UNUSED);
    assert_int_equal(tokenizer_type(t, P_TOOL), TOKEN_USER);
    assert_true(text_equal_c(tokenizer_chat_template(t), "{{ bos_token }}hello"));
    check_encodes(t, "<|turn|>  ab", TOKENIZE_SPECIAL, P_TURN, P_MAB);
    check_encodes(t, "b<tool>b", 0, P_MARK, P_B, P_TOOL, P_B);
    struct tokenizer *back = through_gguf(t);
    check_encodes(back, "<|turn|>  ab", TOKENIZE_SPECIAL, P_TURN, P_MAB);
    tokenizer_free(back);
    tokenizer_free(t);
    write_in(folder, "tokenizer_config.json", TEXT("{\"added_tokens_decoder\":{\"4\":{\"content\":\"zz\"}}}"));
    check_fails(tokenizer_open(folder, &err), ERROR_DATA, "token 4 is 'a' there and 'zz' in tokenizer_config.json");
    remove_folder(folder);
    buffer_done(&b);
}

static void ranks_take_the_tokens_beside_them(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer b;
    char folder[32];
    buffer_init(&b, 1 << 16);
    for (unsigned i = 0; i < 256; i++) {
        char byte = (char)i;
        base64_put(&b, (struct text){&byte, 1});
        buffer_printf(&b, " %u\n", i);
    }
    put_rank(&b, "aa", 256);
    make_folder(folder, buffer_text(&b),
                "{\"added_tokens_decoder\":{\"260\":{\"content\":\"<|begin|>\",\"special\":true},"
                "\"261\":{\"content\":\"<|over|>\",\"special\":true}},"
                "\"bos_token\":\"<|begin|>\",\"eos_token\":\"<|over|>\",\"add_bos_token\":true,\"chat_template\":\"{{ x }}\"}",
                NULL, NULL);
    struct tokenizer *t = tokenizer_open(folder, &err);
    check_ok(t);
    assert_int_equal(tokenizer_vocabulary(t), 262);
    assert_int_equal(tokenizer_eos(t), 261);
    assert_true(tokenizer_adds_bos(t));
    assert_true(text_equal_c(tokenizer_chat_template(t), "{{ x }}"));
    check_encodes(t, "aab<|over|>", TOKENIZE_SPECIAL | TOKENIZE_BOS, 260, 256, 'b', 261);
    tokenizer_free(t);
    remove_folder(folder);
    buffer_done(&b);
}

static void the_longest_token_is_taken(void **state) {
    (void)state;
    struct error err = {0};
    static const char vocabulary[] = "1 'a' 1\n2 'ab' 2\n3 'abcd' 4\n4 'b' 1\n5 'c' 1\n6 ' \\n' 2\n7 b'\\xc3' 1\n"
                                     "8 '\xC3\xA9' 2\n9 \"'\" 1\n10 '\\\\' 1\n";
    struct tokenizer *t = tokenizer_from_world_text(text_of(vocabulary), "test.txt", &err);
    check_ok(t);
    assert_string_equal(tokenizer_kind(t), "rwkv");
    check_encodes(t, "ababcabcd", 0, 2, 2, 5, 3);
    check_encodes(t, " \n\xC3\xA9\xC3'\\z", 0, 6, 8, 7, 9, 10); /* z has no token */
    check_round_trip(t, TEXT("abcd \n\xC3\xA9\xC3'\\"));
    struct tokenizer *back = through_gguf(t);
    check_encodes(back, " \n\xC3\xA9\xC3'\\ab", 0, 6, 8, 7, 9, 10, 2);
    tokenizer_free(back);
    tokenizer_free(t);
}

static void vocab_takes_the_merges_beside(void **state) {
    (void)state;
    struct error err = {0};
    char folder[] = "/tmp/basanite-vocab-XXXXXX", vocab[64], merges[64];
    assert_non_null(mkdtemp(folder));
    snprintf(vocab, sizeof vocab, "%s/x_vocab.json", folder);
    snprintf(merges, sizeof merges, "%s/x_merges.txt", folder);
    check_ok(file_write(vocab, TEXT("{\"a\":0,\"b\":1,\"ab\":2,\"\xC4\xA0\":3,\"\xC4\xA0" "ab\":4}"), &err));
    check_ok(file_write(merges, TEXT("#version: 0.2\na b\n\xC4\xA0 ab\n"), &err));
    struct tokenizer *t = tokenizer_open(vocab, &err);
    check_ok(t);
    check_encodes(t, "ab ab a", 0, 2, 4, 3, 0);
    tokenizer_free(t);
    unlink(vocab);
    unlink(merges);
    rmdir(folder);
}

/* ---- refusals ---- */

static void damaged_files_are_refused(void **state) {
    (void)state;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    put_pieces(&b);
    put_model(&b, (struct model_parts){.kind = 1, .with_map = true});
    for (size_t n = 0; n < b.len; n += 1 + n / 64) { /* every cut gives a tokenizer or a message */
        struct error err = {0};
        struct tokenizer *t = tokenizer_from_model_text((struct text){b.at, n}, "cut.model", &err);
        if (!t && (err.kind != ERROR_DATA || !strstr(err.message, "cut.model"))) fail_msg("%zu: %s", n, err.message);
        tokenizer_free(t);
    }
    static const struct {
        const char *text, *message;
    } ranks[] = {{"YQ== 0\nYQ==\n", "r:2: no blank"},
                 {"YQ== 0\n!! 1\n", "r:2: the token is no Base64"},
                 {"YQ== 0\nYg== 0\n", "r:2: this rank has been given before"},
                 {"YQ== 99999\n", "ranks go up to 99999 for 1 tokens"}};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        struct error err = {0};
        assert_null(tokenizer_from_ranks_text(text_of(ranks[i].text), "r", &err));
        if (!strstr(err.message, ranks[i].message)) fail_msg("%s", err.message);
    }
    static const struct {
        const char *text, *message;
    } worlds[] = {{"1 'a' 2\n", "w:1: the literal has another number of bytes"},
                  {"1 'a\\q' 2\n", "w:1: an unknown escape"},
                  {"1 'a' 1\n1 'b' 1\n", "w:2: this id has been given before"},
                  {"1 a 1\n", "w:1: no quoted literal"}};
    for (size_t i = 0; i < sizeof worlds / sizeof *worlds; i++) {
        struct error err = {0};
        assert_null(tokenizer_from_world_text(text_of(worlds[i].text), "w", &err));
        if (!strstr(err.message, worlds[i].message)) fail_msg("%s", err.message);
    }
    buffer_done(&b);
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    source_root = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_sum_wins),
        cmocka_unit_test(user_tokens_stay_inside),
        cmocka_unit_test(characters_are_mapped),
        cmocka_unit_test(no_key_has_a_zero),
        cmocka_unit_test(blanks_can_be_kept),
        cmocka_unit_test(unknown_characters_fall_to_bytes),
        cmocka_unit_test(pairs_merge_by_score),
        cmocka_unit_test(unigram_of_json),
        cmocka_unit_test(steps_of_json),
        cmocka_unit_test(ranks_merge_the_lowest_first),
        cmocka_unit_test(sentencepiece_takes_the_tokens_beside_it),
        cmocka_unit_test(ranks_take_the_tokens_beside_them),
        cmocka_unit_test(the_longest_token_is_taken),
        cmocka_unit_test(vocab_takes_the_merges_beside),
        cmocka_unit_test(damaged_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
