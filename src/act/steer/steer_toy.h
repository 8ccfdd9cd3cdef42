/* Small problems of decoding that are known exactly: V tokens, texts of T of them, the next token by the last one, a
 * reward of every whole text. As a source it gives the same estimators what a language model would, all ends with their
 * probabilities or some that are drawn. */
#ifndef ACT_STEER_TOY_H
#define ACT_STEER_TOY_H

#include "act/steer/steer.h"
#include "base/json.h"

enum { TOY_TEXTS = 1 << 16, TOY_LENGTH = 16, TOY_TOKENS = 256 };

struct steer_toy {
    size_t tokens, length, texts; /* V, T, V^T */
    double beta;
    const double *next;              /* [V + 1, V]: p(token | last), last row: at the start */
    const double *reward, *reward_bl; /* [texts]: of texts in lexicographic order, the first token slowest */
    const double *partial; /* [T + 1, texts]: of a text cut after t tokens, at any that begins so; NULL: none */
    const double *base, *aligned, *aligned_bl; /* [texts]: probabilities of whole texts; optima for both rewards */
    double z, z_bl;                  /* the normalisers of the optima */
    /* How it acts as a source. */
    bool follows_bl;  /* the baseline is the optimum for reward_bl, else for reward */
    bool samples;     /* ends are drawn, else counted out */
    uint64_t seed;
};

/* Reads {"V", "T", "beta", "P_sft", "reward", "reward_BL"}, everything on the arena; computes the rest. ERROR_DATA:
 * sizes, rows that do not sum to 1 (the file's six digits). */
bool steer_toy_read(const json_t *object, struct json_place place, struct arena *arena, struct steer_toy *out,
                    struct error *err) MUST_CHECK;
/* The same of a toy whose V, T, beta, next and rewards are set. */
bool steer_toy_complete(struct steer_toy *toy, struct arena *arena, struct error *err) MUST_CHECK;
/* p(text) exp(reward / beta) / Z of all texts, on the arena. */
double *steer_toy_tilt(const struct steer_toy *toy, const double *reward, double beta, double *z, struct arena *arena,
                       struct error *err) MUST_CHECK;
/* Borrows the toy. */
struct steer_source steer_toy_source(struct steer_toy *toy);

/* Values of all tokens behind a prefix. */
bool steer_toy_values(struct steer_toy *toy, const struct steer_settings *settings, const int32_t *prefix, size_t n,
                      struct steer_value *out, struct arena *arena, struct error *err) MUST_CHECK;
/* The steered probability of each token behind a prefix. */
bool steer_toy_policy(struct steer_toy *toy, const struct steer_settings *settings, const int32_t *prefix, size_t n,
                      double *out, struct arena *arena, struct error *err) MUST_CHECK;
/* The steered probability of each text: out [texts]. */
bool steer_toy_texts(struct steer_toy *toy, const struct steer_settings *settings, double *out,
                     struct error *err) MUST_CHECK;
/* The text that greedy steering says; its index. */
bool steer_toy_greedy(struct steer_toy *toy, const struct steer_settings *settings, int32_t *text, size_t *index,
                      struct arena *arena, struct error *err) MUST_CHECK;
/* sum p value; sum p log(p / q). Both over all texts. */
double steer_toy_expect(const struct steer_toy *toy, const double *p, const double *value);
double steer_toy_divergence(const struct steer_toy *toy, const double *p, const double *q);

#endif
