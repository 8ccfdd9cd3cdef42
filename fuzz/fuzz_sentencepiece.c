/* Any bytes as a SentencePiece .model, and then as a text. */
#include "tokenizer_round.h"

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct text text = {(const char *)at, n};
    tokenizer_rounds(tokenizer_from_model_text(text, "fuzz", &err), text, &err);
    return 0;
}
