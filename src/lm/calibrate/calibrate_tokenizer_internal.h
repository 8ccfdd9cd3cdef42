/* What the parts of the tokenizers' calibration share. */
#ifndef LM_CALIBRATE_TOKENIZER_INTERNAL_H
#define LM_CALIBRATE_TOKENIZER_INTERNAL_H

#include "lm/calibrate/calibrate_tokenizer.h"
#include "lm/tokenizer/tokenizer.h"

/* Texts of one vocabulary that were compared. */
struct tokenizer_tally {
    size_t texts, exact;
    struct buffer note; /* about the first text that differs */
};
void tokenizer_tally_init(struct tokenizer_tally *tally);
void tokenizer_tally_done(struct tokenizer_tally *tally);
void tokenizer_tally_compare(struct tokenizer_tally *tally, struct text text, const struct token_list *expected,
                             const struct token_list *found);
/* One row: "46 exact" beside what was found. */
void tokenizer_tally_give(const struct tokenizer_tally *tally, const struct calibrate_out *rows, const char *name);
/* Numbers between blanks or commas, in place of what ids held. */
bool calibrate_read_ids(struct text line, struct token_list *ids, struct error *err) MUST_CHECK;

/* folder/tiktoken/TestPlans.txt: encodings with texts and ids. One row for each encoding. */
bool calibrate_tokenizer_plans(const char *folder, const struct calibrate_out *rows, struct error *err) MUST_CHECK;

#endif
