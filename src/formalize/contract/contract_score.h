/* Labelled sources against what the checkers find in them: of each class how many of its vulnerable samples were found,
 * and in how many of its safe ones it was alarmed. A class that no checker looks for is named, never counted as safe.
 * Found: at least one finding of a rule of the class that is no note. */
#ifndef FORMALIZE_CONTRACT_CONTRACT_SCORE_H
#define FORMALIZE_CONTRACT_CONTRACT_SCORE_H

#include "base/json.h"
#include "formalize/contract/checker.h"

enum { SCORE_CLASSES_MOST = 64, SCORE_NAME_MOST = 24 };
struct contract_score {
    struct {
        char name[SCORE_NAME_MOST]; /* "SWC-107" */
        const char *rule;           /* NULL: no checker looks for it */
        unsigned vulnerable, found, safe, alarms;
    } at[SCORE_CLASSES_MOST];
    size_t n;
    unsigned rows, unlabelled;
    bool current[SCORE_CLASSES_MOST]; /* rules of `checkers` that found something in the row that is read */
};
/* A finding of the row that is read. */
void contract_score_hit(struct contract_score *score, const struct finding *finding);
/* Ends the row. class: "SWC-107" or a rule's name. False: too many classes, or a label that is neither. */
bool contract_score_row(struct contract_score *score, struct text class, struct text label, struct json_place place,
                        struct error *err) MUST_CHECK;
bool contract_score_sum(const struct contract_score *score, json_t *out, struct buffer *lines,
                        struct error *err) MUST_CHECK;

#endif
