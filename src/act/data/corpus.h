/* Training data as one stream of tokens, packed into rows of the context length.
 * Segments of a row never see one another.
 *
 * Files, by their names:
 *   *.jsonl  one document a line: {"text": "..."} or {"messages": [{"role", "content"}, ...]},
 *            which the chat template turns into text, or an item of the pocket world {"prompt", "gold": {"reply"}},
 *            which is such a conversation. A row with "split": "test" or "held-out" is refused:
 *            what was learned cannot be tested
 *   others   plain text; three line ends in a row part documents
 * BOS and EOS are put around a document where the tokenizer has them and the text does not. Everything is read and
 * checked when the corpus is made: empty texts and bad rows are refused with FILE:LINE. */
#ifndef ACT_CORPUS_H
#define ACT_CORPUS_H

#include "act/data/batch.h"
#include "base/hash.h"
#include "lm/tokenizer/tokenizer.h"

struct corpus_settings {
    const char *const *paths; /* files in order; documents keep their order */
    size_t n;
    const double
        *weights; /* [n] above 0: in one pass documents of the files come in this ratio. The file that is longest
                   * for its weight comes once, documents of the others as often as that takes. NULL: all once */
    const struct tokenizer *tokenizer; /* borrowed while the corpus is made */
    const char *template_name;         /* NULL: the tokenizer's own; see chat_template_new */
    size_t context;
    bool answers; /* Weights only on what the assistant says in {"messages"} (and the token that ends it), with "loss":
                   * "last" in its last turn alone, with "all" everywhere; 1 everywhere in {"text"}. Documents are kept
                   * whole, so that no answer loses its question: a row ends before the document that no longer fits,
                   * and one that is longer than the context is refused. Without it rows are cut from the stream at the
                   * context, and a cut document goes on as a segment of the next row. */
    bool single;  /* each document is a row of its own, of its first `context` tokens */
    bool shuffle; /* each pass in an order of its own; otherwise as in the files */
    uint64_t seed;
};

struct corpus;
struct corpus *corpus_new(const struct corpus_settings *settings, struct error *err) MUST_CHECK;
void corpus_free(struct corpus *corpus);
uint64_t corpus_documents(const struct corpus *corpus);
uint64_t corpus_tokens(const struct corpus *corpus);
uint64_t corpus_longer(const struct corpus *corpus); /* documents that are longer than the context */
uint64_t corpus_rows(const struct corpus *corpus);   /* packed rows of one pass */
const char *corpus_digest(const struct corpus *corpus); /* sha256 of the tokens (int32) and the first token of each
                                                         * document and the end (uint64), little-endian */
/* Rows first..first+n-1 of the endless repetition of the corpus as one batch, borrowed until the next call. */
bool corpus_batch(struct corpus *corpus, uint64_t first, size_t n, struct train_batch *batch,
                  struct error *err) MUST_CHECK;

#endif
