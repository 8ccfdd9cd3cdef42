/* A file that says exactly how a subject behaves: "script:FILE.yaml". It is a list of cases; the first that applies
 * answers.
 *
 *   script: NAME            part of the random streams
 *   cases:                  a list of
 *   - when: {LABEL: VALUE}  labels that the item must have with these values; absent: any item
 *     chance: P             applies with this probability (1): the coin of this case, drawn for each item and sample
 *     by: LABEL             items with the same value of the label share the coin
 *     cases: [...]          the same again inside; when none of them applies the list goes on behind this one
 *
 * A case without `cases` answers, with exactly one of
 *
 *     text: TEXT            these words; among choices the equal one
 *     label: NAME           the words of a label
 *     take: gold            the gold answer
 *     take: wrong           another choice, each with equal chance; without choices the label 'wrong', or no knowledge
 *     take: any             any choice with equal chance
 *     take: K               the choice asked as number K, from 0
 *     take: likeliest       the first choice with the largest share (the default beside `shares`)
 *
 * and perhaps
 *
 *     first: K              only its first K characters
 *     then: TEXT            put behind it
 *     letter: true          a choice is said by its letter
 *     confidence: P         where choices are scored: probability of the one taken, the others share the rest
 *     shares: [P, ...]      where choices are scored: weights of all choices in the order of the source; or the name of
 *                           a label that holds such a list. Without either the one taken has all.
 *     sharpen: T            these probabilities to the power 1/T, made to sum to 1 again
 *
 * An item to which no case applies gets an answer with an error. */
#ifndef SUBJECT_SCRIPT_FILE_H
#define SUBJECT_SCRIPT_FILE_H

#include "base/json.h"

enum script_take { TAKE_TEXT, TAKE_LABEL, TAKE_GOLD, TAKE_WRONG, TAKE_ANY, TAKE_NUMBER, TAKE_LIKELIEST };

struct script_when {
    const char *label;
    const json_t *value;
};

struct script_case {
    size_t number; /* counted through the file: names the coin */
    struct script_when *when;
    size_t n_when;
    double chance;
    const char *by; /* NULL: each item its own coin */
    struct script_case *inside;
    size_t n_inside; /* 0: answers */
    enum script_take take;
    struct text text, then; /* text: or the name of the label */
    size_t choice;          /* TAKE_NUMBER */
    size_t first;           /* characters; SIZE_MAX: all */
    bool letter;
    double confidence; /* NaN: not said */
    const double *shares;
    size_t n_shares;
    const char *shares_label;
    double sharpen;
};

struct script_file {
    const char *name;
    struct script_case *cases;
    size_t n;
    json_t *values; /* of `when`; owned, see script_file_done */
};

enum { SCRIPT_FILE_BYTES = 1 << 20 };

/* On the arena. Unknown keys, and keys that do not go together, are ERROR_DATA with FILE:LINE:COLUMN. */
bool script_file_read(struct script_file *file, struct arena *arena, struct text source, const char *shown_name,
                      struct error *err) MUST_CHECK;
void script_file_done(struct script_file *file);

#endif
