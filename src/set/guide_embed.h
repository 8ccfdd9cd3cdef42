/* Vectors of guidelines by what a model in this process holds of them: the mean of the hidden states of one layer over
 * the positions of the text, less the mean of the same over a fixed list of sentences (what all texts have in common,
 * which else makes every cosine nearly 1: Ethayarajh, EMNLP 2019). The same bits for any number of threads, any batch.
 *
 * Beside a library that was built so stand its vectors, LIB.act with LIB.act.jsonl (lm/files/activation_file.h), one
 * row a guideline in the order of gids, not yet centred; each line repeats the guideline's sha256, so that vectors of
 * another library, or of an older state of this one, are noticed. */
#ifndef SET_GUIDE_EMBED_H
#define SET_GUIDE_EMBED_H

#include "set/guide_find.h"
#include "subject/subject.h"

struct guide_embedder;
/* layer: 0 the embedding, l what block l leaves; SIZE_MAX: the last. The subject is borrowed. ERROR_USAGE: it is no
 * model in this process, or has no such layer. */
struct guide_embedder *guide_embedder_open(struct subject *subject, size_t layer, struct error *err) MUST_CHECK;
void guide_embedder_close(struct guide_embedder *embedder);
/* "SHA256/LAYER", as libraries say it. */
const char *guide_embedder_name(const struct guide_embedder *embedder);
/* A guide_embed (guide_find.h), of which the embedder is the context. */
bool guide_embedder_embed(void *embedder, const struct text *text, size_t n, size_t *width, float **out,
                          struct error *err) MUST_CHECK;

/* ERROR_DATA: the library says another embedding than `name` (NULL: n-grams). An empty library says none. */
bool guide_embedding_check(const struct guide_library *library, const char *path, const char *name,
                           struct error *err) MUST_CHECK;

/* Writes the vectors of a library that is being written to `path`; both files are whole or not there. */
bool guide_vectors_write(struct guide_embedder *embedder, const struct guide_library *library, const char *path,
                         struct error *err) MUST_CHECK;
/* Reads them, centred, [library->n][width], owned. *out NULL: there are none, and texts must be embedded anew.
 * ERROR_DATA: they are of another library, model or layer. */
bool guide_vectors_read(struct guide_embedder *embedder, const struct guide_library *library, const char *path,
                        size_t *width, float **out, struct error *err) MUST_CHECK;

#endif
