/* Any bytes as tiktoken's ranks and as a vocabulary of RWKV, and then as a text. */
#include "tokenizer_round.h"

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct text text = {(const char *)at, n};
    tokenizer_rounds(tokenizer_from_ranks_text(text, "fuzz", &err), text, &err);
    err = (struct error){0};
    tokenizer_rounds(tokenizer_from_world_text(text, "fuzz", &err), text, &err);
    return 0;
}
