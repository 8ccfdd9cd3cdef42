/* Parts `load`, `types`, `rows`, `generate` and `grammar` of `basanite bench`, and the model that parts measure. */
#ifndef LM_BENCH_MODEL_H
#define LM_BENCH_MODEL_H

#include "base/bench.h"
#include "lm/model/model.h"

/* The subject's file, or random weights of the built-in shape (4 layers, width 256, 3.4 M parameters); values kept. */
struct lm_model *bench_model(const struct bench *b, enum matmul_type compute, struct error *err) MUST_CHECK;
/* Work of one token: f32 operations of its products, and bytes of the weights that they read where those are. */
double bench_model_flops(const struct lm_model *model);
double bench_model_bytes(const struct lm_model *model);

/* Opening a model file until it can be asked, in f16 and q8_0 or the subject's own types, as bytes of the file a
 * second. Floor: memory bandwidth (the file is in the page cache). */
bool bench_load(struct bench *b, struct error *err) MUST_CHECK;
/* Tokens a second of reading 256 tokens, of scoring them all, and of generating 1 and 32 answers at once (behind their
 * first tokens); questions a second with four choices each behind the same 240 tokens of examples. The subject is
 * opened as its users do. Floors: the f32 peak; for generating the lower of the peak and what reading all weights once
 * for every step allows. */
bool bench_generate(struct bench *b, struct error *err) MUST_CHECK;
/* Decoding blocks of every storage type to f32, in a cache: bytes of values a second. Floor: copying as many bytes. */
bool bench_types(struct bench *b, struct error *err) MUST_CHECK;
/* Products of 1 and 32 generated rows with a matrix [8192, 2048] in its file's type: bytes of weights a second. Floor:
 * memory bandwidth. */
bool bench_rows(struct bench *b, struct error *err) MUST_CHECK;
/* Tokens a second of which a grammar says which may come next: of the first answers that follow it, and of later ones,
 * which find some places of the grammar again. The vocabulary is that of the subject (a model or a tokenizer's file),
 * or a small one of its own. No floor. */
bool bench_grammar(struct bench *b, struct error *err) MUST_CHECK;

#endif
