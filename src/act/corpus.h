/* Training data as one stream of tokens: documents from JSONL ({"text"} or {"messages"}) or plain text, tokenized once,
 * packed into rows of the context length. A document that does not fit goes on in the next row as a segment of its own;
 * segments never see one another. */
#ifndef ACT_CORPUS_H
#define ACT_CORPUS_H

#include "act/objective.h"
#include "base/hash.h"

struct corpus;
/* paths: files in order; documents keep their order. max_tokens 0: all. */
struct corpus *corpus_new(const char *const *paths, size_t n, const struct tokenizer *tokenizer, const char *template_name,
                          size_t context, uint64_t max_tokens, struct error *err) MUST_CHECK;
void corpus_free(struct corpus *corpus);
uint64_t corpus_documents(const struct corpus *corpus);
uint64_t corpus_tokens(const struct corpus *corpus);
uint64_t corpus_rows(const struct corpus *corpus); /* packed rows of one pass */
const char *corpus_digest(const struct corpus *corpus); /* sha256 of the token stream */
/* Rows first..first+n-1 of the endless repetition of the corpus, each pass in its own order when shuffle is given
 * (seed != 0), as one batch borrowed until the next call. */
bool corpus_batch(struct corpus *corpus, uint64_t first, size_t n, uint64_t seed, struct train_batch *batch,
                  struct error *err) MUST_CHECK;

#endif
