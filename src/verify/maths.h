/* Whether two answers of school and contest mathematics are equal, as LaTeX or plain text. No computer algebra: texts
 * are compared in a normal form, then as expressions that are evaluated at points (Schwartz 1980, Zippel 1979). Source
 * of the normal form and of the rules of strictness: the graders that MATH (Hendrycks et al. 2021) and PRM800K
 * (Lightman et al. 2023) describe. Pure: equal inputs give equal verdicts, on every machine. */
#ifndef VERIFY_MATHS_H
#define VERIFY_MATHS_H

#include "base/text.h"

enum { MATHS_TEXT_MOST = 1 << 16 }; /* longer answers are compared byte by byte */

/* The braces of the last \boxed{...} (or \fbox{...}) of a solution; false: none, or not closed. */
bool maths_boxed(struct text solution, struct text *inside);

/* The normal form: line breaks, thin spaces, \left, \right, degrees, percent and dollar signs and trailing units gone;
 * tfrac, dfrac as frac; braces around one-letter arguments; a/b of whole numbers as \frac{a}{b}; 0.5 as \frac{1}{2};
 * "x =" in front gone; no blanks. On the arena. */
bool maths_normal(struct text answer, struct arena *arena, struct text *out, struct error *err) MUST_CHECK;
/* Equal in the normal form. */
bool maths_equal_strict(struct text a, struct text b, struct arena *arena, bool *equal, struct error *err) MUST_CHECK;

/* The lenient rule, of an answer against a reference:
 *   1. words of units go, "million" and its like become powers of ten, 7 3/4 becomes 7+3/4, 1,234 becomes 1234, case
 *      does not count;
 *   2. tuples, intervals and lists agree in brackets, in number and one by one;
 *   3. two plain fractions must be literally equal (6/4 is not 3/2), and a whole reference needs a whole answer;
 *   4. else both are read as expressions, with at most two unknown letters and no power inside an exponent, and agree
 * at eight points. What cannot be read equals only its own normal form. */
bool maths_equal_lenient(struct text answer, struct text reference, struct arena *arena, bool *equal,
                         struct error *err) MUST_CHECK;
/* Either of them: what a grader asks. */
bool maths_equal(struct text answer, struct text reference, struct arena *arena, bool *equal,
                 struct error *err) MUST_CHECK;

#endif
