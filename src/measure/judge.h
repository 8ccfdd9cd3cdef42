/* A judge: a subject that says whether an answer means the same as an accepted one, where rules leave that open (Yang et
 * al. 2023, section on evaluation). In two steps, each kept: it finds the short answer in the response, or none; then it
 * rates from 0 to 1 how far that agrees with what is accepted. */
#ifndef MEASURE_JUDGE_H
#define MEASURE_JUDGE_H

#include "subject/subject.h"

struct judge;
/* The subject is borrowed. words: a file of the two prompts, looked up in `path`; empty: rules/honesty-judge.txt. */
struct judge *judge_open(struct subject *subject, struct text words, const char *path, struct error *err) MUST_CHECK;
void judge_close(struct judge *judge);

struct judge_case {
    struct text id, question, response;
    const struct text *accepted;
    size_t n_accepted;
};
struct judge_verdict {
    struct text said; /* the short answer, on the arena; empty: the response gives none */
    double rating;    /* 0..1; 0 without a short answer, and where none can be read */
    bool read;        /* a rating was read, or none was needed */
};
bool judge_cases(struct judge *judge, const struct judge_case *cases, size_t n, struct arena *arena,
                 struct judge_verdict *out, struct error *err) MUST_CHECK;

/* The first number of a text that lies in 0..1; false: there is none. */
bool judge_rating(struct text said, double *out);

/* What a row keeps of a verdict, {"said", "rating"}, and what it says; the rating NaN where `json` is none. Owned. */
json_t *judge_verdict_json(const struct judge_verdict *verdict);
double judge_rating_of(const json_t *json);

#endif
