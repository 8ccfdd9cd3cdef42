/* Situated faithfulness (Huang et al. 2024, arXiv 2410.14675): a model is handed documents of which some are wrong; it
 * should follow what is more likely right, its own answer or the document's. What the scores, the suite and the rules
 * of that paper need: truth values in texts, the exact threshold, isotonic regression, scores. Pure functions. */
#ifndef MEASURE_SITUATED_H
#define MEASURE_SITUATED_H

#include "base/text.h"

/* ---- truth values ---- */

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNREAD };
extern const char *const truth_names[]; /* "False", "True", "" */

/* What an answer to a yes-or-no question says: the last standalone true, yes, correct, right, false, no, incorrect,
 * wrong; one that is denied ("not true", "isn't correct") says the opposite. "incorrect" is False, not a text with
 * "correct" in it. */
enum truth truth_of_answer(struct text answer);

/* Two full sentences that answer the same yes-or-no question in opposite ways: does the first say yes? By what each
 * denies beyond the question, and, where both deny alike, by which keeps more of the question's words. UNREAD: it is
 * not told. */
enum truth truth_of_statements(struct text question, struct text first, struct text second);

/* ---- rules over confidences ---- */

struct situated_row {
    double confidence;   /* of the own answer */
    bool own_ok, doc_ok; /* are they right? */
    bool doc_true;       /* is the document right? */
    size_t question;     /* rows of one question share their confidence and move together */
};
struct situated_threshold {
    double tau; /* own answer when confidence >= tau; -inf always, inf never */
    double score;
};
/* The threshold that maximises SF, the mean of accuracy on right and on wrong documents; the lowest of equally good
 * ones. In n log n, by moving rows from "own" to "document" in the order of confidence; tau is the middle between
 * neighbours. NaN confidences count as the lowest. rows are sorted in place. Without rows of both kinds the score is
 * NaN. */
struct situated_threshold situated_scan(struct situated_row *rows, size_t n);
/* The same by trying every middle: quadratic, for tests. */
struct situated_threshold situated_scan_slowly(const struct situated_row *rows, size_t n);
double situated_score_at(const struct situated_row *rows, size_t n, double tau);

/* Isotonic regression by pool-adjacent-violators (Ayer et al. 1955): the rising y nearest to the given one, in place.
 */
void situated_isotonic(double *y, size_t n);
/* Share of values below, and half of those equal: rank percentiles with averaged ties, in (0, 1). NaN stays NaN. */
bool situated_percentiles(const double *x, double *out, size_t n, struct error *err) MUST_CHECK;

#endif
