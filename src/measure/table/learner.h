/* Classifiers of two classes, trained on points of a table (synth_code.h): one table, one file each. Seeded; the same
 * bits whatever the number of threads, because each is trained and asked by one. Meant for judging data by what can be
 * learnt from it, so their settings are fixed. */
#ifndef MEASURE_LEARNER_H
#define MEASURE_LEARNER_H

#include "measure/table/synth_code.h"

struct learner {
    const char *name, *summary;
    /* y: [x->n] 0 or 1, both there. *model: on the arena, borrows x. */
    bool (*train)(const struct synth_points *x, const double *y, uint64_t seed, struct arena *arena, void **model,
                  struct error *err);
    /* share: [x->n] how sure the model is of class 1, 0..1. */
    bool (*ask)(const void *model, const struct synth_points *x, double *share, struct arena *arena, struct error *err);
};
enum { LEARNERS = 4 };
extern const struct learner *const learners[LEARNERS];
extern const struct learner learner_logistic, learner_knn, learner_forest, learner_perceptron;

/* Points as rows of numbers for what multiplies them: 1, the ranks about standardised, a column of two levels as one
 * number, others one-hot (of more than 64 levels, those of equal remainder are one). [n][learner_width(code)]. */
size_t learner_width(const struct synth_code *code);
void learner_spread(const struct synth_points *x, size_t i, double *row);

/* Class 1 is said where the share is above 1/2. */
static inline bool learner_says(double share) {
    return share > 0.5;
}

#endif
