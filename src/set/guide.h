/* A library of guidelines ("Ensuring Safe and High-Quality Outputs: A Guideline Library Approach for Language Models",
 * NAACL 2024): what a teacher, a moral graph or a policy advises, each piece once, found again for an input.
 *
 * The file is JSONL, one guideline a line:
 *
 *   gid            its number, which it keeps
 *   title, text    text is the whole line "Title: explanation"
 *   when           where it applies (optional)
 *   risk           was the input that it was written for a risky one (optional)
 *   sources        ids of the inputs that it was written for
 *   member_count   how many different texts it stands for, and
 *   merged         the others of them, so that no text is lost and a merge can be undone
 *   conflicts_with gids that are never served beside it (optional)
 *   origin         teacher, moral-graph or policy
 *   embedding      "SHA256/LAYER" of the model by whose vectors alike guidelines were found; without one: n-grams. All
 *                  lines of a library say the same (guide_embed.h)
 *   sha256         of the canonical JSON of all other keys: a line that was changed or slipped in is noticed */
#ifndef SET_GUIDE_H
#define SET_GUIDE_H

#include "base/json.h"

enum {
    GUIDES_MOST = 100000,
    GUIDE_TEXT_MOST = 4000,  /* bytes */
    GUIDE_TITLE_MOST = 80,   /* characters */
    GUIDE_COLON_WITHIN = 120 /* characters: a line whose first colon comes later is no guideline */
};

struct guideline {
    uint64_t gid;
    const char *title, *text;
    const char *when; /* "" everywhere */
    int risk;         /* -1: not said */
    const char *const *sources, *const *merged;
    size_t n_sources, n_merged;
    const uint64_t *conflicts;
    size_t n_conflicts;
    const char *origin;
    const char *embedding; /* "": none */
};
struct guide_library {
    struct guideline *guide; /* by gid */
    size_t n;
};

/* ERROR_DATA "FILE:LINE: ..." of a row that is no guideline or was changed since it was written. An empty file is an
 * empty library. */
bool guide_read(const char *path, struct arena *arena, struct guide_library *out, struct error *err) MUST_CHECK;
/* The row with its sha256; NULL when out of memory. Owned by the caller. */
json_t *guide_json(const struct guideline *guide, struct error *err) MUST_CHECK;
/* All rows as lines. */
bool guide_put(struct buffer *out, const struct guide_library *library, struct error *err) MUST_CHECK;

/* ---- what a teacher wrote */

struct guide_line {
    struct text title, text; /* of the answer that was parsed */
};
/* The next guideline of an answer: one a line, bullets and numbers stripped, a title before the first colon and an
 * explanation behind it. Lines that are not so are passed over. false: there is none left. */
bool guide_next_line(struct text *rest, struct guide_line *out);

/* ---- likeness
 * ratio = 2 LCS(a, b) / (|a| + |b|) over code points: 1 - indel / (|a| + |b|); two empty texts: 1. LCS by bit vectors
 * (Hyyro, "Bit-parallel LCS-length computation revisited", 2004). Texts of at most GUIDE_TEXT_MOST bytes. */
double guide_ratio(struct text a, struct text b);
/* The published code rounds 100 times it to a whole number before it compares. */
double guide_ratio_rounded(double ratio);
/* Lower case, without punctuation, blanks collapsed: what is the same after it is the same guideline. */
const char *guide_normal(struct text t, struct arena *arena, struct error *err) MUST_CHECK;

#endif
