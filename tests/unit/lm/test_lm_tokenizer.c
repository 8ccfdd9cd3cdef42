/* Tokenizers from GGUF and llama2.c files: published known answers, special tokens, invalid text, threads, bad files.
 */
#include "tokenizer_check.h"

#include "base/pool.h"
#include "lm/calibrate/calibrate_tokenizer.h"
#include "lm/tokenizer/tokenizer_internal.h"

#include <limits.h>

/* ---- known answers ---- */

struct rows {
    size_t passed, missed, skipped;
};

static void count_row(void *context, const struct calibrate_row *row) {
    struct rows *rows = context;
    rows->passed += row->state == CALIBRATE_PASSED;
    rows->missed += row->state == CALIBRATE_MISSED;
    rows->skipped += row->state == CALIBRATE_SKIPPED;
    if (row->state == CALIBRATE_PASSED) assert_string_equal(row->expected, "46 exact");
    if (row->state == CALIBRATE_MISSED) fprintf(stderr, "%s: %s, %s\n", row->name, row->found, row->note);
    if (row->state == CALIBRATE_SKIPPED) assert_string_equal(row->note, "no vocabulary file");
}

/* Pairs of texts and ids from llama.cpp's repository: ids that its converters got from the models' own tokenizers. */
static void published_vocabularies_are_exact(void **state) {
    (void)state;
    struct error err = {0};
    char path[512];
    struct rows rows = {0};
    check_ok(calibrate_tokenizer(need_shared(path, "vocab-gguf"), count_row, &rows, &err));
    assert_int_equal(rows.missed, 0);
    assert_int_equal(rows.passed, 5);
    assert_int_equal(rows.skipped, 5);
    check_fails(calibrate_tokenizer("/nowhere", count_row, &rows, &err), ERROR_DATA, "/nowhere");
}

struct named_row {
    size_t n;
    char found[64], note[256]; /* of r50k_base by its tokenizer.json */
    char ranks[64], cl100k[64];
};

static void keep_r50k(void *context, const struct calibrate_row *row) {
    struct named_row *r = context;
    r->n++;
    if (strcmp(row->name, "r50k_base") == 0) snprintf(r->ranks, sizeof r->ranks, "%s", row->found);
    if (strcmp(row->name, "cl100k_base") == 0) snprintf(r->cl100k, sizeof r->cl100k, "%s", row->found);
    if (strcmp(row->name, "r50k_base, tokenizer.json") != 0) return;
    snprintf(r->found, sizeof r->found, "%s", row->found);
    snprintf(r->note, sizeof r->note, "%s", row->note);
}

/* tiktoken's ids of its encodings; r50k_base, which is GPT-2's vocabulary, by two files. */
static void published_encodings_are_exact(void **state) {
    (void)state;
    struct error err = {0};
    char path[512];
    struct named_row row = {0};
    check_ok(calibrate_tokenizer(need_shared(path, "tokenizers"), keep_r50k, &row, &err));
    assert_int_equal(row.n, 7);
    assert_string_equal(row.found, "67 exact");
    assert_string_equal(row.ranks, "67 exact");
    assert_string_equal(row.cl100k, "75 exact");
}

/* A folder of plans whose ids are wrong, and one whose lines are. */
static void wrong_plans_are_missed(void **state) {
    (void)state;
    struct error err = {0};
    char path[512], folder[] = "/tmp/basanite-plans-XXXXXX", file[96], copy[128], absolute[PATH_MAX];
    struct named_row row = {0};
    need_shared(path, "tokenizers/gpt2-hf");
    assert_non_null(mkdtemp(folder));
    snprintf(copy, sizeof copy, "%s/gpt2-hf", folder);
    assert_non_null(realpath(path, absolute)); /* the source tree may be named by where it is from here */
    assert_int_equal(symlink(absolute, copy), 0);
    snprintf(file, sizeof file, "%s/tiktoken/TestPlans.txt", folder);
    char *slash = strrchr(file, '/');
    *slash = 0;
    check_ok(file_make_folders(file, &err));
    *slash = '/';
    check_ok(file_write(file, TEXT("EncodingName: r50k_base\nSample: a\nEncoded: [65]\n\n"), &err));
    check_ok(calibrate_tokenizer(folder, keep_r50k, &row, &err));
    assert_string_equal(row.found, "0 exact");
    assert_string_equal(row.note, "text 1 \"a\": expected 65, found 64");
    check_ok(file_write(file, TEXT("EncodingName: r50k_base\n\nSample: a\n"), &err));
    check_fails(calibrate_tokenizer(folder, keep_r50k, &row, &err), ERROR_DATA, "TestPlans.txt:2");
    check_ok(file_write(file, TEXT("EncodingName: r50k_base\nSample: a\nEncoded: [x]\n"), &err));
    check_fails(calibrate_tokenizer(folder, keep_r50k, &row, &err), ERROR_DATA, "expected token ids, found 'x'");
    unlink(file);
    *slash = 0;
    rmdir(file);
    unlink(copy);
    check_fails(calibrate_tokenizer(folder, keep_r50k, &row, &err), ERROR_DATA, "no known ids");
    rmdir(folder);
}

static void check_golden(const struct tokenizer *t, const json_t *golden) {
    const json_t *list = json_object_get(golden, "tokenize");
    assert_true(json_array_size(list) >= 10);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i), *ids = json_object_get(one, "ids");
        int32_t expected[256];
        for (size_t k = 0; k < json_array_size(ids); k++)
            expected[k] = (int32_t)json_integer_value(json_array_get(ids, k));
        check_ids(t, json_text(json_object_get(one, "text")), TOKENIZE_BOS, expected, json_array_size(ids));
        check_round_trip(t, json_text(json_object_get(one, "text")));
    }
}

/* golden.json: a tokenizer of its own in Python, over the same vocabulary in three containers. */
static void three_containers_of_one_vocabulary_agree(void **state) {
    (void)state;
    struct error err = {0};
    char path[512];
    json_t *golden = json_read_file(need_shared(path, "stories260K/golden.json"), 1 << 24, &err);
    check_ok(golden);
    struct tokenizer *t[3] = {tokenizer_of_gguf(need_shared(path, "stories260K/stories260K-v3.gguf")),
                              tokenizer_of_gguf(need_shared(path, "stories260K/tinyllamas-stories-260k-f32.gguf")),
                              tokenizer_from_llama2c(need_shared(path, "stories260K/tok512.bin"), 512, &err)};
    check_ok(t[2]);
    for (size_t i = 0; i < 3; i++) {
        check_golden(t[i], golden);
        assert_string_equal(tokenizer_kind(t[i]), "llama");
        assert_int_equal(tokenizer_bos(t[i]), 1);
        assert_int_equal(tokenizer_eos(t[i]), 2);
        tokenizer_free(t[i]);
    }
    json_decref(golden);
}

/* ---- tiktoken ---- */

static size_t base64(struct text t, char *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    size_t n = 0, have = 0;
    for (size_t i = 0; i < t.len && t.at[i] != '='; i++) {
        const char *digit = strchr(digits, t.at[i]);
        assert_non_null(digit);
        bits = bits << 6 | (uint32_t)(digit - digits);
        have += 6;
        if (have >= 8) out[n++] = (char)(bits >> (have -= 8));
    }
    return n;
}

/* The two parts that `token` is merged from: its bytes, merged with the ranks below its own. */
static bool parts_of(const struct text_table *ranks, struct text token, int32_t below, size_t *cut) {
    size_t start[300], n = token.len;
    assert_true(n < 300);
    for (size_t i = 0; i <= n; i++) start[i] = i;
    while (n > 2) {
        int32_t best = below;
        size_t at = n;
        for (size_t i = 0; i + 1 < n; i++) {
            int32_t rank = text_table_get(ranks, text_part(token, start[i], start[i + 2]));
            if (rank >= 0 && rank < best) best = rank, at = i;
        }
        if (at == n) return false;
        memmove(start + at + 1, start + at + 2, (n - at - 1) * sizeof *start);
        n--;
    }
    *cut = start[1];
    return n == 2;
}

/* A rank file as a GGUF with the merges that the ranks imply. */
static struct tokenizer *tokenizer_of_ranks(const char *path, const char *pre) {
    struct error err = {0};
    struct arena arena;
    struct text file, line, form;
    struct text_table ranks;
    size_t n = 0, n_merges = 0;
    arena_init(&arena, 0);
    check_ok(file_read(&arena, path, (size_t)64 << 20, &file, &err));
    struct text *tokens = arena_new(&arena, struct text, 200000, &err),
                *merges = arena_new(&arena, struct text, 200000, &err),
                *stored = arena_new(&arena, struct text, 200000, &err);
    check_ok(text_table_init(&ranks, 200000, &err));
    while (text_next(&file, '\n', &line)) {
        if (!text_next(&line, ' ', &form)) continue;
        char *bytes = arena_copy(&arena, form.at, form.len, &err), *mapped = arena_alloc(&arena, form.len * 2, 1, &err);
        tokens[n] = (struct text){bytes, base64(form, bytes)};
        stored[n] = (struct text){mapped, bytes_to_stored(tokens[n], mapped)};
        check_ok(text_table_put(&ranks, tokens[n], (int32_t)n, NULL, &err));
        n++;
    }
    for (size_t i = 0; i < n; i++) {
        size_t cut;
        if (tokens[i].len < 2 || !parts_of(&ranks, tokens[i], (int32_t)i, &cut)) continue;
        char *at = arena_alloc(&arena, stored[i].len + 1, 1, &err);
        size_t left = bytes_to_stored(text_part(tokens[i], 0, cut), at);
        at[left] = ' ';
        size_t right = bytes_to_stored(text_part(tokens[i], cut, tokens[i].len), at + left + 1);
        merges[n_merges++] = (struct text){at, left + 1 + right};
    }
    char temporary[] = "/tmp/basanite-ranks-XXXXXX";
    close(mkstemp(temporary));
    struct gguf_writer *w = gguf_writer_new(temporary, &err);
    check_ok(w && gguf_put_text(w, "tokenizer.ggml.model", TEXT("gpt2"), &err) &&
             gguf_put_text(w, "tokenizer.ggml.pre", text_of(pre), &err) &&
             gguf_put_texts(w, "tokenizer.ggml.tokens", stored, n, &err) &&
             gguf_put_texts(w, "tokenizer.ggml.merges", merges, n_merges, &err) && gguf_writer_end(w, &err));
    gguf_writer_free(w);
    struct tokenizer *t = tokenizer_of_gguf(temporary);
    unlink(temporary);
    text_table_done(&ranks);
    arena_done(&arena);
    return t;
}

static size_t check_plans(const struct tokenizer *t, struct text plans, const char *encoding) {
    struct text line, sample = {0};
    bool ours = false;
    size_t n = 0;
    while (text_next(&plans, '\n', &line)) {
        if (text_starts(line, TEXT("EncodingName: "))) ours = text_equal_c(text_part(line, 14, line.len), encoding);
        if (text_starts(line, TEXT("Sample: "))) sample = text_part(line, 8, line.len);
        if (!ours || !text_starts(line, TEXT("Encoded: [")) || text_find(sample, TEXT("<|"), 0) != SIZE_MAX) continue;
        struct text list = text_part(line, 10, line.len - 1), word;
        int32_t expected[4096];
        size_t count = 0;
        while (text_next(&list, ',', &word)) {
            uint64_t id;
            assert_true(text_to_u64(text_trim(word), &id));
            expected[count++] = (int32_t)id;
        }
        check_ids(t, sample, 0, expected, count);
        check_round_trip(t, sample);
        n++;
    }
    return n;
}

/* Samples and ids of tiktoken's own encodings, made with its reference implementation. */
static void tiktoken_encodings_are_exact(void **state) {
    (void)state;
    struct error err = {0};
    struct arena arena;
    struct text plans;
    char path[512];
    arena_init(&arena, 0);
    check_ok(file_read(&arena, need_shared(path, "tokenizers/tiktoken/TestPlans.txt"), 1 << 24, &plans, &err));
    struct tokenizer *t = tokenizer_of_ranks(need_shared(path, "tokenizers/tiktoken/r50k_base.tiktoken"), "gpt-2");
    assert_true(check_plans(t, plans, "r50k_base") > 60);
    tokenizer_free(t);
    t = tokenizer_of_ranks(need_shared(path, "tokenizers/tiktoken/cl100k_base.tiktoken"), "llama-bpe");
    assert_true(check_plans(t, plans, "cl100k_base") > 60);
    tokenizer_free(t);
    t = tokenizer_of_gguf(need_shared(path, "vocab-gguf/ggml-vocab-gpt-2.gguf"));
    assert_true(check_plans(t, plans, "r50k_base") > 60);
    tokenizer_free(t);
    arena_done(&arena);
}

/* ---- bytes and special tokens ---- */

static void bytes_have_stand_ins(void **state) {
    (void)state;
    for (int b = 0; b < 256; b++) assert_int_equal(codepoint_to_byte(byte_to_codepoint((unsigned char)b)), b);
    assert_int_equal(byte_to_codepoint(' '), 0x120); /* the well-known forms of GPT-2's files */
    assert_int_equal(byte_to_codepoint('\n'), 0x10A);
    assert_int_equal(byte_to_codepoint(0x7F), 0x121);
    assert_int_equal(byte_to_codepoint(0xAD), 0x143);
    assert_int_equal(byte_to_codepoint('A'), 'A');
    assert_int_equal(codepoint_to_byte(' '), -1);
    assert_int_equal(codepoint_to_byte(0x144), -1);
}

static void special_tokens_are_cut_out_when_asked_for(void **state) {
    (void)state;
    char path[512];
    struct buffer b;
    struct tokenizer *t = tokenizer_of_gguf(need_shared(path, "vocab-gguf/ggml-vocab-gpt-2.gguf"));
    check_encodes(t, "<|endoftext|>", TOKENIZE_SPECIAL, 50256);
    check_encodes(t, "<|endoftext|>", 0, 27, 91, 437, 1659, 5239, 91, 29);
    check_encodes(t, "a<|endoftext|><|endoftext|>b", TOKENIZE_SPECIAL, 64, 50256, 50256, 65);
    assert_true(tokenizer_ends(t, 50256));
    assert_false(tokenizer_ends(t, 64) || tokenizer_ends(t, -1) || tokenizer_ends(t, 1 << 30));
    buffer_init(&b, 1000);
    const int32_t ids[] = {64, 50256, 65, -5, 1 << 30};
    assert_true(tokenizer_decode(t, ids, 5, false, &b));
    assert_string_equal(b.at, "ab");
    buffer_clear(&b);
    assert_true(tokenizer_decode(t, ids, 5, true, &b));
    assert_string_equal(b.at, "a<|endoftext|>b");
    buffer_done(&b);
    tokenizer_free(t);
}

static void spm_puts_a_blank_behind_special_tokens(void **state) {
    (void)state;
    char path[512];
    struct buffer b;
    struct tokenizer *t = tokenizer_of_gguf(need_shared(path, "vocab-gguf/ggml-vocab-llama-spm.gguf"));
    check_encodes(t, "<s>Hello</s>", TOKENIZE_SPECIAL | TOKENIZE_BOS, 1, 1, 15043, 2);
    check_encodes(t, "", TOKENIZE_BOS, 1);
    check_encodes(t, "", 0);
    buffer_init(&b, 1000);
    const int32_t ids[] = {1, 15043, 15043};
    assert_true(tokenizer_decode(t, ids, 3, false, &b));
    assert_string_equal(b.at, "Hello Hello");
    buffer_done(&b);
    assert_int_equal(tokenizer_find(t, TEXT("\xE2\x96\x81Hello")), 15043);
    assert_int_equal(tokenizer_find(t, TEXT("no such token")), -1);
    assert_int_equal(tokenizer_type(t, 3), TOKEN_BYTE);
    tokenizer_free(t);
}

/* ---- hard texts ---- */

static void any_bytes_come_back(void **state) {
    (void)state;
    static const char *const names[] = {"gpt-2", "llama-spm"}; /* the others lack tokens for some bytes */
    char path[512], name[64], bytes[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "vocab-gguf/ggml-vocab-%s.gguf", names[i]);
        struct tokenizer *t = tokenizer_of_gguf(need_shared(path, name));
        struct rng rng = rng_stream(3, "bytes", i);
        for (size_t k = 0; k < 500; k++) {
            size_t n = rng_below(&rng, sizeof bytes);
            for (size_t j = 0; j < n; j++) bytes[j] = (char)(rng_below(&rng, 3) ? rng_below(&rng, 256) : ' ');
            check_round_trip(t, (struct text){bytes, n});
        }
        check_round_trip(t, TEXT("cut \xF0\x9F\x99 and \xC3\x28 and \xED\xA0\x80 and a zero \0 byte"));
        struct buffer b;
        buffer_init(&b, 1 << 16);
        for (uint64_t k = 0; k < 300; k++) check_round_trip(t, random_text(1000 + k, &b));
        buffer_done(&b);
        tokenizer_free(t);
    }
}

/* Vocabularies without a token for a byte that no UTF-8 has put U+FFFD there. */
static void bytes_without_a_token_are_replaced(void **state) {
    (void)state;
    char path[512];
    struct buffer back;
    struct token_list ids = {0};
    struct tokenizer *t = tokenizer_of_gguf(need_shared(path, "vocab-gguf/ggml-vocab-falcon.gguf"));
    buffer_init(&back, 1000);
    encode(t,
           TEXT("a\xFF"
                "b"),
           0, &ids);
    assert_true(tokenizer_decode(t, ids.ids, ids.n, true, &back));
    assert_string_equal(back.at, "a\xEF\xBF\xBD"
                                 "b");
    buffer_done(&back);
    token_list_done(&ids);
    tokenizer_free(t);
}

/* Ten million blanks: no limit of the pattern engine is met, time stays near linear, memory bounded. */
static void very_long_runs_end(void **state) {
    (void)state;
    static const char *const names[] = {"gpt-2", "llama-spm", "falcon"};
    char path[512], name[64];
    size_t n = 10000000;
    char *run = malloc(n);
    assert_non_null(run);
    memset(run, ' ', n);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "vocab-gguf/ggml-vocab-%s.gguf", names[i]);
        struct tokenizer *t = tokenizer_of_gguf(need_shared(path, name));
        double begun = check_seconds();
        check_round_trip(t, (struct text){run, n / 10});
        double tenth = check_seconds() - begun;
        check_round_trip(t, (struct text){run, n});
        double whole = check_seconds() - begun - tenth;
        printf("%s: %zu blanks in %.2f s, a tenth of them in %.2f s\n", names[i], n, whole, tenth);
        assert_true(whole < 25 * tenth + 0.5); /* 100 times as long were it quadratic */
        tokenizer_free(t);
    }
    free(run);
}

struct shares {
    const struct tokenizer *t;
    struct token_list ids[40];
};

static void encode_share(void *context, size_t part, size_t worker) {
    (void)worker;
    struct shares *s = context;
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 16);
    bool ok = tokenizer_encode(s->t, random_text(part, &b), TOKENIZE_SPECIAL, &s->ids[part], &err);
    if (!ok) s->ids[part].n = 0;
    buffer_done(&b);
}

static void threads_share_a_tokenizer(void **state) {
    (void)state;
    struct error err = {0};
    char path[512];
    struct tokenizer *t = tokenizer_of_gguf(need_shared(path, "vocab-gguf/ggml-vocab-falcon.gguf"));
    struct shares one = {.t = t}, many = {.t = t};
    pool_run(NULL, 40, encode_share, &one);
    for (size_t threads = 2; threads <= 3; threads++) {
        struct pool *pool = pool_new(threads, &err);
        check_ok(pool);
        for (size_t i = 0; i < 40; i++) many.ids[i].n = 0;
        pool_run(pool, 40, encode_share, &many);
        pool_free(pool);
        for (size_t i = 0; i < 40; i++) {
            assert_true(one.ids[i].n > 0);
            assert_int_equal(one.ids[i].n, many.ids[i].n);
            assert_memory_equal(one.ids[i].ids, many.ids[i].ids, one.ids[i].n * sizeof(int32_t));
        }
    }
    for (size_t i = 0; i < 40; i++) {
        token_list_done(&one.ids[i]);
        token_list_done(&many.ids[i]);
    }
    tokenizer_free(t);
}

/* Plain English through byte-level BPE; the floor of 5 MB/s is far below what machines do, so that no busy one fails.
 */
static void byte_level_is_fast(void **state) {
    (void)state;
    static const char *const words[] = {"the", "miller",  "carried", "water",  "to",
                                        "a",   "village", "that",    "nobody", "remembers"};
    char path[512];
    struct buffer b;
    struct rng rng = rng_stream(5, "words", 0);
    struct tokenizer *t = tokenizer_of_gguf(need_shared(path, "vocab-gguf/ggml-vocab-gpt-2.gguf"));
    struct token_list ids = {0};
    buffer_init(&b, (size_t)64 << 20);
    while (b.len < 4000000) {
        buffer_put_c(&b, words[rng_below(&rng, 10)]);
        buffer_put_c(&b, rng_below(&rng, 12) ? " " : ". ");
    }
    double best = 0;
    for (size_t i = 0; i < 3; i++) {
        double begun = check_seconds();
        encode(t, buffer_text(&b), 0, &ids);
        double speed = (double)b.len / 1e6 / (check_seconds() - begun);
        if (speed > best) best = speed;
    }
    printf("gpt-2: %.1f MB/s\n", best);
#if !defined(__SANITIZE_ADDRESS__)
    assert_true(best > 5);
#endif
    token_list_done(&ids);
    buffer_done(&b);
    tokenizer_free(t);
}

/* ---- files that are not right ---- */

struct bad_file {
    const char *model, *pre;
    const struct text *tokens;
    size_t n_tokens;
    const struct text *merges;
    size_t n_merges;
    const char *id_key;
    uint32_t id;
    size_t n_scores; /* 0: none */
};

static void must(bool ok, const struct error *err) {
    if (!ok) fail_msg("%s", err->message);
}

static struct tokenizer *open_bad(const struct bad_file *bad, struct error *err) {
    char path[] = "/tmp/basanite-bad-XXXXXX";
    float scores[16] = {0};
    close(mkstemp(path));
    struct gguf_writer *w = gguf_writer_new(path, err);
    must(w != NULL, err);
    if (bad->model) must(gguf_put_text(w, "tokenizer.ggml.model", text_of(bad->model), err), err);
    if (bad->pre) must(gguf_put_text(w, "tokenizer.ggml.pre", text_of(bad->pre), err), err);
    if (bad->tokens) must(gguf_put_texts(w, "tokenizer.ggml.tokens", bad->tokens, bad->n_tokens, err), err);
    if (bad->merges) must(gguf_put_texts(w, "tokenizer.ggml.merges", bad->merges, bad->n_merges, err), err);
    if (bad->id_key) must(gguf_put_u32(w, bad->id_key, bad->id, err), err);
    if (bad->n_scores) must(gguf_put_f32s(w, "tokenizer.ggml.scores", scores, bad->n_scores, err), err);
    must(gguf_writer_end(w, err), err);
    gguf_writer_free(w);
    struct lm_file *file = lm_file_open(path, err);
    struct tokenizer *t = file ? tokenizer_from_gguf(file, err) : NULL;
    lm_file_close(file);
    unlink(path);
    return t;
}

static const struct text abc[] = {TEXT("a"), TEXT("b"), TEXT("c"), TEXT("ab"), TEXT("abc")};
static const struct text good_merges[] = {TEXT("a b"), TEXT("ab c")};

static void bad_files_are_refused_with_a_reason(void **state) {
    (void)state;
    struct error err = {0};
    static const struct text no_blank[] = {TEXT("ab")}, no_right[] = {TEXT("a ")}, empty[] = {TEXT("")};
    const struct bad_file no_model = {.tokens = abc, .n_tokens = 5};
    check_fails(open_bad(&no_model, &err), ERROR_DATA, "brings no tokenizer");
    const struct bad_file plamo = {.model = "plamo2", .tokens = abc, .n_tokens = 5};
    check_fails(open_bad(&plamo, &err), ERROR_DATA, "tokenizer kind 'plamo2' is not built");
    const struct bad_file no_tokens = {.model = "gpt2"};
    check_fails(open_bad(&no_tokens, &err), ERROR_DATA, "tokenizer.ggml.tokens");
    const struct bad_file zero = {.model = "gpt2", .tokens = abc, .n_tokens = 0};
    check_fails(open_bad(&zero, &err), ERROR_DATA, "tokens");
    const struct bad_file no_merges = {.model = "gpt2", .tokens = abc, .n_tokens = 5};
    check_fails(open_bad(&no_merges, &err), ERROR_DATA, "tokenizer.ggml.merges");
    struct bad_file bytes = {.model = "gpt2", .tokens = abc, .n_tokens = 5, .merges = no_blank, .n_merges = 1};
    check_fails(open_bad(&bytes, &err), ERROR_DATA, "merge 0: expected two symbols");
    bytes.merges = no_right;
    check_fails(open_bad(&bytes, &err), ERROR_DATA, "merge 0: expected two symbols");
    bytes.merges = empty;
    check_fails(open_bad(&bytes, &err), ERROR_DATA, "merge 0: expected two symbols");
    bytes.merges = good_merges;
    bytes.id_key = "tokenizer.ggml.bos_token_id";
    bytes.id = 5;
    check_fails(open_bad(&bytes, &err), ERROR_DATA, "the BOS token has id 5, expected 0 to 4");
    const struct bad_file scores = {.model = "llama", .tokens = abc, .n_tokens = 5, .n_scores = 3};
    check_fails(open_bad(&scores, &err), ERROR_DATA, "expected 5 numbers");
}

static void odd_files_are_read_as_llama_cpp_reads_them(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer warnings;
    /* Merges that name what is no token: the symbol is passed through, and what is left gives its characters. */
    static const struct text through[] = {TEXT("a c"), TEXT("ac b")},
                             twice[] = {TEXT("a b"), TEXT("a b"), TEXT("ab c")};
    static const struct text duplicates[] = {TEXT("a"), TEXT("b"), TEXT("a"), TEXT(""), TEXT("")};
    const struct bad_file unknown = {
        .model = "gpt2", .pre = "gpt-2", .tokens = abc, .n_tokens = 5, .merges = through, .n_merges = 2};
    struct tokenizer *t = open_bad(&unknown, &err);
    check_ok(t);
    check_encodes(t, "ac", 0, 0, 2);
    check_encodes(t, "acb", 0, 0, 2, 1);
    check_encodes(t, "xabx", 0, 0, 1); /* bytes without a token are dropped */
    tokenizer_free(t);
    const struct bad_file again = {
        .model = "gpt2", .pre = "gpt-2", .tokens = abc, .n_tokens = 5, .merges = twice, .n_merges = 3};
    t = open_bad(&again, &err);
    check_ok(t);
    check_encodes(t, "abcab", 0, 4, 3);
    tokenizer_free(t);
    const struct bad_file same = {
        .model = "gpt2", .pre = "no-such", .tokens = duplicates, .n_tokens = 5, .merges = good_merges, .n_merges = 0};
    t = open_bad(&same, &err);
    check_ok(t);
    check_encodes(t, "aba", 0, 0, 1, 0);
    assert_int_equal(tokenizer_find(t, TEXT("[EMPTY_3]")), 3);
    buffer_init(&warnings, 1 << 16);
    assert_true(tokenizer_warnings(t, &warnings));
    assert_non_null(strstr(warnings.at, "pre-tokenizer 'no-such' is not known"));
    assert_non_null(strstr(warnings.at, "1 tokens have the text of an earlier one"));
    assert_non_null(strstr(warnings.at, "no EOS token"));
    buffer_done(&warnings);
    tokenizer_free(t);
}

/* Every allocation of loading and encoding fails once: an error that says so, and nothing is lost. */
static void memory_may_run_out_anywhere(void **state) {
    (void)state;
    struct error err = {0};
    char path[512];
    struct lm_file *file = lm_file_open(need_shared(path, "stories260K/stories260K-v3.gguf"), &err);
    check_ok(file);
    for (uint64_t n = 1;; n++) {
        struct token_list ids = {0};
        error_clear(&err);
        memory_fail_at(n);
        struct tokenizer *t = tokenizer_from_gguf(file, &err);
        bool ok = t && tokenizer_encode(t, TEXT("a small mill by the river"), TOKENIZE_BOS, &ids, &err);
        memory_fail_at(0);
        if (!ok) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        token_list_done(&ids);
        tokenizer_free(t);
        if (ok) break;
    }
    lm_file_close(file);
    for (uint64_t n = 1;; n++) {
        struct token_list ids = {0};
        const struct bad_file good = {
            .model = "gpt2", .pre = "llama-bpe", .tokens = abc, .n_tokens = 5, .merges = good_merges, .n_merges = 2};
        struct tokenizer *t = open_bad(&good, &err);
        check_ok(t);
        error_clear(&err);
        memory_fail_at(n);
        bool ok = tokenizer_encode(t, TEXT("abc cba abab"), 0, &ids, &err);
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
        cmocka_unit_test(published_vocabularies_are_exact),
        cmocka_unit_test(published_encodings_are_exact),
        cmocka_unit_test(wrong_plans_are_missed),
        cmocka_unit_test(three_containers_of_one_vocabulary_agree),
        cmocka_unit_test(tiktoken_encodings_are_exact),
        cmocka_unit_test(bytes_have_stand_ins),
        cmocka_unit_test(special_tokens_are_cut_out_when_asked_for),
        cmocka_unit_test(spm_puts_a_blank_behind_special_tokens),
        cmocka_unit_test(any_bytes_come_back),
        cmocka_unit_test(bytes_without_a_token_are_replaced),
        cmocka_unit_test(very_long_runs_end),
        cmocka_unit_test(threads_share_a_tokenizer),
        cmocka_unit_test(byte_level_is_fast),
        cmocka_unit_test(bad_files_are_refused_with_a_reason),
        cmocka_unit_test(odd_files_are_read_as_llama_cpp_reads_them),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
