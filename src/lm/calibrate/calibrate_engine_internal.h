/* What the parts of the engine's calibration share. */
#ifndef LM_CALIBRATE_ENGINE_INTERNAL_H
#define LM_CALIBRATE_ENGINE_INTERNAL_H

#include "base/json.h"
#include "lm/calibrate/calibrate_engine.h"
#include "lm/engine/engine.h"
#include "lm/train/trainable.h"

struct calibration {
    const char *gold;
    struct pool *pool;
    struct calibrate_out rows;
    struct arena arena;
};

void calibration_skip(struct calibration *c, const char *name, const char *why);
/* Something that should have worked failed: a missed row with the error's message. */
void calibration_failed(struct calibration *c, const char *name, const struct error *why);
/* |found - expected| <= tolerance; unit: what is shown before the value in a note, may be "". */
void calibration_number(struct calibration *c, const char *name, double expected, double found, double tolerance);
/* n numbers, reported as one row: the one that is furthest off. Allowed: relative * max(least, |expected|). */
void calibration_numbers(struct calibration *c, const char *name, const double *expected, const double *found, size_t n,
                         double relative, double least);
/* n token ids against m; the first difference is noted. */
void calibration_ids(struct calibration *c, const char *name, const int32_t *expected, size_t n, const int32_t *found,
                     size_t m);

/* Arrays of a gold object, on the arena. */
bool calibration_get_ids(struct calibration *c, const json_t *object, const char *key, struct json_place place,
                         int32_t **out, size_t *n, struct error *err) MUST_CHECK;
bool calibration_get_reals(struct calibration *c, const json_t *object, const char *key, struct json_place place,
                           double **out, size_t *n, struct error *err) MUST_CHECK;

/* The gradients that stand in the parameters of a trainable (with interleaved rotation) beside those of a gold object
 * {"tok": {"l2", "sum", "max_abs", "argmax_abs", "samples"}, ...}: norm, sum, largest entry, its place, single entries.
 * what: "gradient", begins the names of rows; path: where the object stands in the file, for messages. */
bool calibration_gradients(struct calibration *c, const char *what, const json_t *gold, const char *path,
                           struct lm_trainable *trainable, size_t layers, struct error *err) MUST_CHECK;
/* Gradients and training run; model: with kept values and interleaved rotation. */
bool calibrate_training(struct calibration *c, const json_t *gold, const struct lm_model *model,
                        struct error *err) MUST_CHECK;
/* Files of PyTorch values in a folder. */
bool calibrate_blocks(struct calibration *c, struct error *err) MUST_CHECK;
/* A trained GPT-2 in the folder gpt-nano-sort beside the gold's, with PyTorch's logits. */
bool calibrate_gpt2(struct calibration *c, struct error *err) MUST_CHECK;

#endif
