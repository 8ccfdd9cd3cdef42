/* Whether one model was made from another, by evidence whose rate of false accusations is measured (identity confusion,
 * Li et al. 2024, sections on output similarity and cause; the calibration is our own). Likeness by itself means
 * nothing: unrelated models that read the same kind of text answer alike. So features of a pair are held against a zoo
 * of models whose ancestry is known:
 *
 *   - reference pairs: members that descend from one another or from one ancestor (POS), and all others (NEG);
 *   - scores: logistic regression on standardised features, for texts and for weights apart: a copy shows in weights
 *     whatever it says now, what was distilled in texts alone. Each reference pair is scored by fits that have not seen
 *     its two models;
 *   - conformal p: (1 + NEG pairs that score as high) / (1 + NEG pairs), pairs of the accused left out. Under
 *     exchangeability p <= .05 accuses falsely at most once in twenty times (Vovk et al. 2005). Of the two channels the
 *     smaller p counts, times two (Bonferroni).
 *
 * Fewer than 20 NEG pairs: there is no verdict. All of it in one thread and in a fixed order. */
#ifndef MEASURE_LINEAGE_H
#define MEASURE_LINEAGE_H

#include "lm/model/builtins.h"
#include "measure/rules/kinship.h"
#include "record/record.h"

enum lineage_feature {
    LINEAGE_F1,      /* cosine of runs of characters */
    LINEAGE_F2,      /* genetic */
    LINEAGE_F3,      /* MMD of whole replies, its square, turned round; samples */
    LINEAGE_TOKENS,  /* Jaccard of both vocabularies */
    LINEAGE_WEIGHTS, /* mean cosine of matrices of one name and shape */
    LINEAGE_SPECTRA, /* correlation of log singular values of W_Q W_K^T and W_V W_O, head by head */
    LINEAGE_LOGITS,  /* mean square of the cosines between the spaces that logits lie in */
    LINEAGE_FEATURES
};
enum lineage_channel { CHANNEL_TEXTS, CHANNEL_WEIGHTS, CHANNELS }; /* F1 to F3; the others */
extern const char *const lineage_feature_names[LINEAGE_FEATURES];

/* ---- the zoo: a list of subjects (cli/subject_list.h) with what is known of each ---- */

struct lineage_member {
    const char *name, *spec;
    struct text model, maker, family, base; /* declared; empty: not said */
    size_t from;                            /* the member it was made from + 1; 0: none */
    bool suspect;                           /* its ancestry is the question: in no reference pair */
    const char *corpus;                     /* the texts it learned from; NULL: they cannot be searched */
};
struct lineage_zoo {
    const char *path;
    struct lineage_member *member;
    size_t n;
};
/* JSON: [{"subject", "name", "declared": {...}, "kin": {"from": NAME, "suspect": true, "corpus": FILE}}, ...].
 * ERROR_DATA names the entry: no name, a name twice, `from` that is no member, one that descends from itself. */
bool lineage_zoo_read(const char *path, struct arena *arena, struct lineage_zoo *out, struct error *err) MUST_CHECK;
size_t lineage_zoo_find(const struct lineage_zoo *zoo, const char *name); /* SIZE_MAX: none */
bool lineage_related(const struct lineage_zoo *zoo, size_t a, size_t b);  /* one ancestor at least in common */

/* ---- features ---- */

/* What is kept of a model's weights; NULL members: too large, or not there. */
struct lm_model;
struct lineage_weights {
    struct lm_model *model; /* owned */
    double *basis;          /* [rank] orthonormal columns of length vocabulary */
    size_t vocabulary, rank;
    double *spectra; /* log singular values, [layers][2 kinds][heads * head_size] */
    size_t n_spectra, per_layer;
};
/* spec: a model file with adapters. Anything but a file of weights: *there false. ERROR_DATA: it cannot be read. */
bool lineage_weights_open(const char *spec, struct lm_builtins builtins, struct lineage_weights *out, bool *there,
                          struct error *err) MUST_CHECK;
/* The same of a model that has its values, which is taken, also when this fails later on. */
bool lineage_weights_of(struct lm_model *model, struct lineage_weights *out, struct error *err) MUST_CHECK;
void lineage_weights_close(struct lineage_weights *weights);
/* Fills what both have; the others stay as they are. */
bool lineage_weights_compare(const struct lineage_weights *a, const struct lineage_weights *b,
                             double feature[LINEAGE_FEATURES], struct error *err) MUST_CHECK;
/* All of one model's replies of a task. */
struct lineage_texts {
    struct kin_replies replies;
    struct kin_grams *grams; /* [prompts], of all samples */
    const char **item;       /* [prompts] */
};
/* run: of the record. *there false: it has no such task, or choices instead of texts. ERROR_DATA: prompts with
 * different numbers of samples, or most replies empty. */
bool lineage_texts_read(struct record *record, int64_t run, struct text task, struct arena *arena,
                        struct lineage_texts *out, bool *there, struct error *err) MUST_CHECK;
/* ERROR_DATA: the prompts are not the same; names the first. */
bool lineage_texts_parallel(const struct lineage_texts *a, const struct lineage_texts *b, const char *name_a,
                            const char *name_b, struct error *err) MUST_CHECK;
bool lineage_texts_compare(const struct lineage_texts *a, const struct lineage_texts *b,
                           double feature[LINEAGE_FEATURES], struct error *err) MUST_CHECK;

/* ---- calibration ---- */

struct lineage_pair {
    size_t a, b; /* places of the models */
    bool related;
    double feature[LINEAGE_FEATURES]; /* NaN: not known */
    double score[CHANNELS], p;        /* by fits without both models, as references */
    enum lineage_channel by;          /* which channel gave p */
};
struct lineage_fit {
    enum lineage_channel channel;
    double mean[LINEAGE_FEATURES], spread[LINEAGE_FEATURES]; /* spread 0: it says nothing, or is of the other channel */
    double weight[LINEAGE_FEATURES + 1];                     /* the last: constant */
};
/* Of all pairs but those that a model of `left[0..1]` is in (SIZE_MAX: none). Newton's method on the penalised
 * likelihood: the penalty is the square of a weight's distance from 1, as features are likenesses and count for kinship
 * unless the reference pairs say otherwise; weights below 0 become 0. Features that are not known count as at the mean
 * of NEG. */
void lineage_fit(const struct lineage_pair *pairs, size_t n, const size_t left[2], enum lineage_channel channel,
                 struct lineage_fit *out);
double lineage_score(const struct lineage_fit *fit, const double feature[LINEAGE_FEATURES]); /* log-odds */
/* Scores and p values of all reference pairs, each without its own models. */
void lineage_calibrate(struct lineage_pair *pairs, size_t n);
/* Of the pair's scores, whose `by` is filled; *n: NEG pairs without the accused. */
double lineage_conformal(const struct lineage_pair *pairs, size_t n_pairs, struct lineage_pair *pair, size_t accused,
                         size_t *n);
struct lineage_quality {
    size_t related, unrelated;
    double raw;                 /* share of NEG whose F1 is that of some POS or more: whom likeness alone accuses */
    double accused, found, auc; /* share of NEG, of POS with p <= .05; area under the curve of p */
};
struct lineage_quality lineage_quality(const struct lineage_pair *pairs, size_t n);
enum { LINEAGE_LEAST = 20 };

/* ---- the tree ---- */

/* distance: [n][n]. UPGMA (Sokal and Michener 1958); neighbour joining (Saitou and Nei 1987) has no root and may have
 * branches of negative length, which are written as 0. Names are quoted where Newick needs it. */
bool lineage_newick(const double *distance, const char *const *names, size_t n, bool joining, struct buffer *out,
                    struct error *err) MUST_CHECK;
/* The tree of UPGMA drawn: names on the right, distance as width. */
bool lineage_svg(const double *distance, const char *const *names, size_t n, struct buffer *out,
                 struct error *err) MUST_CHECK;

/* ---- the cause ---- */

enum lineage_cause {
    CAUSE_NO_CLAIM, /* it does not claim to be that model: there is nothing to explain */
    CAUSE_DISCLOSED,
    CAUSE_REUSE,
    CAUSE_CONTAMINATION,
    CAUSE_HALLUCINATION,
    CAUSE_UNDETERMINED,
    CAUSES
};
extern const char *const lineage_cause_names[CAUSES];
struct lineage_facts {
    bool claims, declares;      /* it says that it is the model; it openly says that it was made from it */
    bool calibrated, available; /* enough NEG pairs; evidence of both models is there */
    double p;
    bool searchable; /* its training texts could be searched */
    uint64_t found;  /* sentences of them that tell the claim */
};
/* The first row of the table that holds; *rule: its words. */
enum lineage_cause lineage_cause(const struct lineage_facts *facts, const char **rule);

#endif
