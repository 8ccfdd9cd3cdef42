/* Labelled sources against what the checkers find in them: of each class how many of its vulnerable samples were found,
 * and in how many of its safe ones it was alarmed. A class that no checker looks for is named, never counted as safe.
 * Found: at least one finding of a rule of the class that is no note. */
#ifndef FORMALIZE_CONTRACT_CONTRACT_SCORE_H
#define FORMALIZE_CONTRACT_CONTRACT_SCORE_H

#include "base/json.h"
#include "formalize/contract/checker.h"

/* What is known of a sample. */
struct contract_label {
    struct text class, label; /* "SWC-107" or the name of a rule; "vulnerable", "safe"; empty: not labelled */
    struct text pair;         /* twins have the same, and stand one behind the other; empty: it has none */
    uint32_t from, to;        /* the lines that are asked about; 0: all */
    uint32_t lines[8];        /* where the fault is */
    size_t n_lines;
};

/* Of a row of samples, or of an item of the world, whose twin differs in the last letter of its id. */
struct contract_label contract_label_of(const json_t *row);

enum { SCORE_CLASSES_MOST = 64, SCORE_NAME_MOST = 24 };
struct contract_score {
    struct {
        char name[SCORE_NAME_MOST]; /* "SWC-107" */
        const char *rule;           /* NULL: no checker looks for it */
        unsigned vulnerable, found, safe, alarms;
        unsigned told, located; /* of those found: with known lines; with a finding at one of them */
        unsigned pairs, right;  /* twins; those of which both were judged rightly */
    } at[SCORE_CLASSES_MOST];
    size_t n;
    unsigned rows, unlabelled;
    struct contract_label label;                                   /* of the row that is read, and */
    bool current[SCORE_CLASSES_MOST], at_line[SCORE_CLASSES_MOST]; /* which rules of `checkers` found something in it */
    char twin[SCORE_NAME_MOST]; /* the pair of the row before, and whether it was judged rightly */
    bool twin_right;
};
/* Begins a row, hears its findings, ends it. The label is borrowed until the end. False: too many classes, or a label
 * that is neither. */
void contract_score_begin(struct contract_score *score, const struct contract_label *label);
void contract_score_hit(struct contract_score *score, const struct finding *finding);
bool contract_score_end(struct contract_score *score, struct json_place place, struct error *err) MUST_CHECK;
bool contract_score_sum(const struct contract_score *score, json_t *out, struct buffer *lines,
                        struct error *err) MUST_CHECK;

#endif
