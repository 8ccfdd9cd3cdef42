/* What every tokenizer must do, whatever file it came from: ids of its vocabulary, the same each time, and back. */
#ifndef FUZZ_TOKENIZER_ROUND_H
#define FUZZ_TOKENIZER_ROUND_H

#include "lm/tokenizer/tokenizer.h"

#include <stdlib.h>
#include <string.h>

static inline void tokenizer_round(const struct tokenizer *t, struct text text, int flags) {
    struct token_list ids = {0}, again = {0};
    struct error err = {0};
    struct buffer back;
    buffer_init(&back, (size_t)1 << 30);
    bool ok = tokenizer_encode(t, text, flags, &ids, &err);
    if (!ok && (err.kind == ERROR_NONE || !err.message[0])) abort();
    for (size_t i = 0; ok && i < ids.n; i++)
        if (ids.ids[i] < 0 || (size_t)ids.ids[i] >= tokenizer_vocabulary(t)) abort();
    if (ok && (!tokenizer_encode(t, text, flags, &again, &err) || again.n != ids.n ||
               (ids.n && memcmp(again.ids, ids.ids, ids.n * sizeof *ids.ids) != 0)))
        abort();
    if (ok && !tokenizer_decode(t, ids.ids, ids.n, true, &back)) abort();
    token_list_done(&again);
    token_list_done(&ids);
    buffer_done(&back);
}

static inline void tokenizer_rounds(struct tokenizer *t, struct text text, const struct error *err) {
    if (!t) {
        if (err->kind == ERROR_NONE || !err->message[0]) abort();
        return;
    }
    tokenizer_round(t, text, 0);
    tokenizer_round(t, text, TOKENIZE_SPECIAL | TOKENIZE_BOS | TOKENIZE_EOS);
    tokenizer_round(t, TEXT("Don't stop  me \xF0\x9F\x99\x82 12345\r\n\xE3\x80\x80 caf\xC3\xA9 \xFF<s>\0x"), TOKENIZE_SPECIAL);
    tokenizer_free(t);
}

#endif
