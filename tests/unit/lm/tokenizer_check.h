/* Shared by the tokenizer tests: loading, temporary GGUF files, texts. */
#ifndef TESTS_TOKENIZER_CHECK_H
#define TESTS_TOKENIZER_CHECK_H

#include "check.h"

#include "base/rng.h"
#include "lm/tokenizer/tokenizer.h"

#include <stdlib.h>
#include <unistd.h>

static const char *source_root;

static inline char *shared_path(char path[512], const char *name) {
    snprintf(path, 512, "%s/../shared/data/models/%s", source_root, name);
    return path;
}

/* Path of shared data, or the test is skipped with its name. */
static inline const char *need_shared(char path[512], const char *name) {
    if (!file_exists(shared_path(path, name))) {
        printf("skipped: no %s\n", path);
        skip();
    }
    return path;
}

static inline struct tokenizer *tokenizer_of_gguf(const char *path) {
    struct error err = {0};
    struct lm_file *file = lm_file_open(path, &err);
    if (!file) fail_msg("%s", err.message);
    struct tokenizer *t = tokenizer_from_gguf(file, &err);
    lm_file_close(file);
    if (!t) fail_msg("%s", err.message);
    return t;
}

static inline struct tokenizer *tokenizer_of_json(const char *json) {
    struct error err = {0};
    struct tokenizer *t = tokenizer_from_json_text(text_of(json), "test.json", &err);
    if (!t) fail_msg("%s", err.message);
    return t;
}

/* What llama.cpp wants to know of a vocabulary-only file, the tokenizer, and the end. */
static inline bool put_vocabulary(const struct tokenizer *t, struct gguf_writer *w, struct error *err) {
    return gguf_put_text(w, "general.architecture", TEXT("llama"), err) &&
           gguf_put_u32(w, "llama.block_count", 1, err) && gguf_put_u32(w, "llama.context_length", 512, err) &&
           gguf_put_u32(w, "llama.embedding_length", 64, err) &&
           gguf_put_u32(w, "llama.feed_forward_length", 128, err) &&
           gguf_put_u32(w, "llama.attention.head_count", 4, err) &&
           gguf_put_u32(w, "llama.rope.dimension_count", 16, err) &&
           gguf_put_u32(w, "llama.vocab_size", (uint32_t)tokenizer_vocabulary(t), err) &&
           gguf_put_f32(w, "llama.attention.layer_norm_rms_epsilon", 1e-5f, err) && tokenizer_to_gguf(t, w, err) &&
           gguf_writer_end(w, err);
}

static inline void save_vocabulary(const struct tokenizer *t, const char *path) {
    struct error err = {0};
    struct gguf_writer *w = gguf_writer_new(path, &err);
    check_ok(w && put_vocabulary(t, w, &err));
    gguf_writer_free(w);
}

static inline void encode(const struct tokenizer *t, struct text text, int flags, struct token_list *ids) {
    struct error err = {0};
    ids->n = 0;
    check_ok(tokenizer_encode(t, text, flags, ids, &err));
}

static inline void check_ids(const struct tokenizer *t, struct text text, int flags, const int32_t *expected,
                             size_t n) {
    struct token_list ids = {0};
    encode(t, text, flags, &ids);
    bool equal = ids.n == n && (n == 0 || memcmp(ids.ids, expected, n * sizeof *expected) == 0);
    if (!equal) {
        fprintf(stderr, "'%.*s': expected", (int)(text.len < 200 ? text.len : 200), text.at);
        for (size_t i = 0; i < n; i++) fprintf(stderr, " %d", expected[i]);
        fprintf(stderr, ", found");
        for (size_t i = 0; i < ids.n; i++) fprintf(stderr, " %d", ids.ids[i]);
        fail_msg("ids differ");
    }
    token_list_done(&ids);
}

#define check_encodes(t, text, flags, ...)                                                                             \
    do {                                                                                                               \
        const int32_t expected_[] = {__VA_ARGS__};                                                                     \
        check_ids((t), text_of(text), (flags), expected_, sizeof expected_ / sizeof *expected_);                       \
    } while (0)

/* decode(encode(text)) is the text. */
static inline void check_round_trip(const struct tokenizer *t, struct text text) {
    struct token_list ids = {0};
    struct buffer back;
    buffer_init(&back, (size_t)1 << 30);
    encode(t, text, 0, &ids);
    assert_true(tokenizer_decode(t, ids.ids, ids.n, true, &back));
    if (!text_equal(buffer_text(&back), text))
        fail_msg("'%.*s' came back as '%.*s'", (int)text.len, text.at, (int)back.len, back.at);
    token_list_done(&ids);
    buffer_done(&back);
}

/* Characters that make pre-tokenizers stumble: scripts, marks, digits, emoji, punctuation, blanks of all kinds. All are
 * assigned since Unicode 13, so that no table of another version sees them differently. */
static inline uint32_t random_character(struct rng *rng) {
    static const struct {
        uint32_t from, to;
        unsigned weight;
    } ranges[] = {
        {'a', 'z', 30},        {'A', 'Z', 8},         {'0', '9', 10},        {' ', ' ', 20},      {'\n', '\n', 4},
        {'\r', '\r', 2},       {'\t', '\t', 2},       {'!', '/', 8},         {':', '@', 3},       {'[', '`', 3},
        {'{', '~', 3},         {0xA0, 0xFF, 4},       {0x100, 0x17E, 2},     {0x391, 0x3A1, 1},   {0x3B1, 0x3C9, 2},
        {0x410, 0x44F, 3},     {0x5D0, 0x5EA, 1},     {0x621, 0x64A, 2},     {0x660, 0x669, 1},   {0x915, 0x939, 1},
        {0x93E, 0x94C, 1},     {0xE01, 0xE2E, 1},     {0xE31, 0xE3A, 1},     {0x300, 0x315, 2},   {0x1680, 0x1680, 1},
        {0x180E, 0x180E, 1},   {0x2000, 0x200F, 2},   {0x2010, 0x2027, 2},   {0x2028, 0x2029, 1}, {0x202F, 0x202F, 1},
        {0x2070, 0x2071, 1},   {0x20A0, 0x20BF, 1},   {0x2160, 0x2188, 1},   {0x2200, 0x22FF, 1}, {0x3000, 0x3011, 2},
        {0x3041, 0x3096, 2},   {0x30A1, 0x30FA, 2},   {0x4E00, 0x9FA5, 4},   {0xAC00, 0xD7A3, 2}, {0xFE0F, 0xFE0F, 1},
        {0xFF01, 0xFF5E, 1},   {0x1F300, 0x1F5FF, 2}, {0x1F600, 0x1F64F, 3}, {0x200D, 0x200D, 1}, {0x10400, 0x1044F, 1},
        {0x1D7CE, 0x1D7FF, 1}, {0x85, 0x85, 1},       {0x20000, 0x2A6D6, 1}, {0xB, 0xC, 1},       {1, 8, 1},
        {'\'', '\'', 6}};
    unsigned total = 0;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) total += ranges[i].weight;
    uint64_t draw = rng_below(rng, total);
    size_t i = 0;
    while (draw >= ranges[i].weight) draw -= ranges[i++].weight;
    return ranges[i].from + (uint32_t)rng_below(rng, ranges[i].to - ranges[i].from + 1);
}

/* Text `index` of a stream; borrowed from out, which is cleared. Pieces such as contractions and runs of blanks come
 * often. */
static inline struct text random_text(uint64_t index, struct buffer *out) {
    static const char *const pieces[] = {"'s",    "'LL ", " don't", "  ",  "    ", "\r\n", "\n\n",
                                         "12345", " 7",   "www.",   "...", "```",  " the", " The",
                                         "<|",    "|>",   "='",     "'VE", "_x1",  "(a)"};
    struct rng rng = rng_stream(7, "texts", index);
    size_t n = 1 + rng_below(&rng, 60);
    char utf8[4];
    buffer_clear(out);
    for (size_t i = 0; i < n; i++)
        if (rng_below(&rng, 6) == 0)
            buffer_put_c(out, pieces[rng_below(&rng, sizeof pieces / sizeof *pieces)]);
        else
            buffer_put(out, utf8, text_utf8_put(random_character(&rng), utf8));
    return buffer_text(out);
}

#endif
