/* A teacher writes guidelines for inputs ("Ensuring Safe and High-Quality Outputs: A Guideline Library Approach for
 * Language Models", NAACL 2024): first it says whether an input is risky, then it writes guidelines, for risky inputs
 * so that answers are safe and good, for others so that they are good. What it is asked is data
 * (rules/guide-write.txt).
 *
 * The verdict is the last line of what it says, Yes or No. Where that line is neither, the input is risky if the word
 * Yes stands anywhere (which is the published rule for all), and is counted as unparsed.
 *
 * What is done is kept beside the result, OUT.part, and is on the disk before more is asked: whoever is killed begins
 * again where it ended. A row of the result is {id, risk, parsed ok|fallback, said, answer, guidelines, teacher}, which
 * is what set/guide_build.h reads. Rows come in the order of the inputs, the same for any batch. */
#ifndef MEASURE_GUIDE_WRITE_H
#define MEASURE_GUIDE_WRITE_H

#include "base/json.h"
#include "subject/subject.h"

enum { GUIDE_SHORT = 10 }; /* characters: shorter inputs and those of so many are left out */

struct guide_write_settings {
    struct subject *teacher;
    const char *path;    /* colon list where another file of prompts is looked for */
    struct text wording; /* its name; empty: the built-in one */
    double temperature;
    size_t max_tokens, chunk;                     /* chunk: inputs that are asked about at once */
    uint64_t seed, limit;                         /* limit: inputs that are read; 0: all */
    size_t (*count)(struct text answer);          /* guidelines in an answer */
    void (*log)(const char *id, const char *why); /* an input that failed; NULL: nobody hears it */
};
struct guide_write_counts {
    uint64_t inputs, known, too_short; /* known: from OUT.part */
    uint64_t risky, harmless, failed;  /* inputs = too_short + risky + harmless + failed */
    uint64_t unparsed;                 /* verdicts whose last line is neither Yes nor No */
    uint64_t no_guideline, guidelines; /* answers without one; all of them */
};
/* inputs: JSONL of {id?, prompt or question or input, or messages whose last one of the user counts}. ERROR_DATA:
 * FILE:LINE of a row that is not so; OUT.part is of other inputs, another teacher or other prompts. Where every input
 * failed, the error of the first. */
bool guide_write(const char *const *inputs, size_t n, const char *out, const struct guide_write_settings *settings,
                 struct guide_write_counts *counts, struct error *err) MUST_CHECK;

/* What the teacher's verdict says; *parsed: its last line did. */
bool guide_write_risky(struct text said, bool *parsed);

#endif
