/* Tokenizers of the pocket world: byte-level BPE, pre-tokenizer qwen2 (every digit is a token), 3,072 tokens: 128
 * special ones, 256 bytes, merges. The first is trained on 3 percent of every corpus of draw 1 and on the reserve
 * (names), which become single tokens. The shipped models hold it; a world made anew has the same one, because ties are
 * broken by byte order. That of ten languages is trained on their corpus alone, for models that begin from nothing. */
#ifndef MEASURE_WORLD_TOKENIZER_H
#define MEASURE_WORLD_TOKENIZER_H

#include "lm/files/file.h"
#include "lm/tokenizer/tokenizer.h"
#include "measure/world/world_mix.h"

enum { TOKENIZER_CORPORA = 4 };
struct tokenizer_sample {
    const char *corpus[TOKENIZER_CORPORA]; /* NULL behind the last */
    uint64_t percent;                      /* of each */
    bool reserve;                          /* whether names become single tokens */
};
extern const struct tokenizer_sample world_tokenizer_first, world_tokenizer_tongues;
/* scratch: path of a file that may be written and is removed. */
struct tokenizer *world_tokenizer(const struct world *world, const struct tokenizer_sample *of, const char *scratch,
                                  struct pool *pool, const struct interrupt *stop, struct error *err) MUST_CHECK;
/* As a GGUF file without weights. */
bool world_tokenizer_write(const struct tokenizer *tokenizer, const char *path, struct error *err) MUST_CHECK;

#endif
