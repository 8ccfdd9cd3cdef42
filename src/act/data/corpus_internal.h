/* What the files of the training data share. */
#ifndef ACT_CORPUS_INTERNAL_H
#define ACT_CORPUS_INTERNAL_H

#include "act/data/corpus.h"
#include "act/data/pass_order.h"

struct corpus {
    struct corpus_settings settings; /* its tokenizer, paths and weights are not used after corpus_new */
    int32_t *tokens;
    bool *counted; /* of each token: is it to be predicted; NULL: all are */
    uint64_t n_tokens, tokens_capacity, counted_capacity;
    uint64_t *documents; /* first token of each document, and the end */
    uint64_t n_documents, documents_capacity, n_longer;
    /* Row r holds tokens row_from[r]..row_from[r+1]-1. */
    uint64_t *row_from;
    uint64_t n_rows;
    struct pass_order order;
    char digest[HASH_HEX];
    struct {
        int32_t *ids, *targets;
        float *weights;
        size_t *starts;
        size_t capacity;
    } batch;
};

/* corpus_read.c: appends the documents of a file. */
bool corpus_read(struct corpus *c, const char *path, struct error *err) MUST_CHECK;
/* corpus_mix.c: repeats documents by settings.weights; ends[f]: the number of documents up to and with file f. */
bool corpus_mix(struct corpus *c, const uint64_t *ends, struct error *err) MUST_CHECK;

#endif
