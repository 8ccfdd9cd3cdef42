/* Any bytes as a tokenizer.json, and then as a text: what loads gives ids of its vocabulary, the same each time, and
 * byte-level text comes back; it can be saved and loaded again. */
#include "lm/tokenizer/tokenizer.h"
#include "lm/tokenizer/tokenizer_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

/* Whether decoding must give the text again: nothing normalises, drops or strips. */
static bool is_lossless(const struct tokenizer *t) {
    if (t->family != FAMILY_BYTES || t->form != FORM_NONE || t->prefix != PREFIX_NONE) return false;
    for (size_t i = 0; i < t->n_splits; i++)
        if (t->splits[i].behavior == SPLIT_REMOVED || t->splits[i].behavior == SPLIT_KEPT_ONLY) return false;
    for (size_t b = 0; b < 256; b++)
        if (t->byte_ids[b] < 0 || t->types[t->byte_ids[b]] != TOKEN_NORMAL) return false;
    for (size_t i = 0; i < t->n; i++)
        if ((t->flags[i] & (STRIP_LEFT | STRIP_RIGHT)) || t->types[i] == TOKEN_UNUSED) return false;
    return true;
}

static void encode(const struct tokenizer *t, struct text text, int flags) {
    struct token_list ids = {0}, again = {0};
    struct error err = {0};
    struct buffer back;
    bool ok = tokenizer_encode(t, text, flags, &ids, &err);
    if (!ok && (err.kind == ERROR_NONE || !err.message[0])) abort();
    if (ok) {
        for (size_t i = 0; i < ids.n; i++)
            if (ids.ids[i] < 0 || (size_t)ids.ids[i] >= tokenizer_vocabulary(t)) abort();
        if (!tokenizer_encode(t, text, flags, &again, &err) || again.n != ids.n) abort();
        if (ids.n && memcmp(again.ids, ids.ids, ids.n * sizeof *ids.ids) != 0) abort();
        buffer_init(&back, (size_t)1 << 30);
        if (!tokenizer_decode(t, ids.ids, ids.n, true, &back)) abort();
        if (!(flags & (TOKENIZE_BOS | TOKENIZE_EOS)) && is_lossless(t) && !text_equal(buffer_text(&back), text))
            abort();
        buffer_done(&back);
    }
    token_list_done(&again);
    token_list_done(&ids);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct text text = {(const char *)at, n};
    struct tokenizer *t = tokenizer_from_json_text(text, "fuzz", &err);
    if (!t) {
        if (err.kind != ERROR_DATA || !err.message[0]) abort();
        return 0;
    }
    struct buffer out;
    buffer_init(&out, (size_t)64 << 20);
    if (!tokenizer_warnings(t, &out)) abort();
    buffer_clear(&out);
    if (!tokenizer_put_settings(t, &out)) abort();
    encode(t, text, 0);
    encode(t, text, TOKENIZE_SPECIAL | TOKENIZE_BOS | TOKENIZE_EOS);
    encode(t, TEXT("Don't stop  me \xF0\x9F\x99\x82 12345\r\n\xE3\x80\x80 caf\xC3\xA9 \xFF<s>\0x"), TOKENIZE_SPECIAL);
    buffer_done(&out);
    tokenizer_free(t);
    return 0;
}
