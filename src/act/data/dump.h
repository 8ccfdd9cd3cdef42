/* Dumps of a teacher as training data (lm/files/top_file.h): texts, which of their tokens a student learns, and of each
 * position the teacher's likeliest next tokens. Texts are packed whole into rows of the context length, as those of a
 * corpus of answers are. Refused: a dump with another tokenizer, texts beyond the context,
 * a twin file (.jsonl) that does not fit. */
#ifndef ACT_DUMP_H
#define ACT_DUMP_H

#include "act/data/batch.h"
#include "lm/tokenizer/tokenizer.h"

struct dump_settings {
    const char *const *paths; /* FILE.topk, beside which FILE.topk.jsonl stands; all with the same K */
    size_t n;
    const struct tokenizer *tokenizer;
    size_t context;
    bool shuffle;
    uint64_t seed;
};

struct dump;
struct dump *dump_new(const struct dump_settings *settings, struct error *err) MUST_CHECK;
void dump_free(struct dump *dump);
uint64_t dump_texts(const struct dump *dump);
uint64_t dump_tokens(const struct dump *dump);
uint64_t dump_rows(const struct dump *dump);
size_t dump_k(const struct dump *dump);
const char *dump_digest(const struct dump *dump); /* sha256 of the files and of what is learned */
/* Rows first..first+n-1 of the endless repetition, borrowed until the next call; batch->slices is set. */
bool dump_batch(struct dump *dump, uint64_t first, size_t n, struct train_batch *batch, struct error *err) MUST_CHECK;

#endif
