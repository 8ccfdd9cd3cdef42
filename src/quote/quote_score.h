/* How much of a text stands word for word in trusted text (QUIP-Score: Weller et al. 2024; Zhang et al. 2024), where,
 * and whether its sentences do: many short quotes can be joined to a false sentence. */
#ifndef QUOTE_SCORE_H
#define QUOTE_SCORE_H

#include "quote/quote_index.h"

enum quote_state { QUOTE_SCORED, QUOTE_TOO_SHORT, QUOTE_INVALID, QUOTE_BINARY };
extern const char *const quote_state_names[]; /* "scored", "too short", "invalid UTF-8", "binary" */

/* Characters [from, to) of the normalised text. */
struct quote_span {
    size_t from, to;
};

/* A longest run of words that stands in one document. Exact engine alone. */
struct quote_stretch {
    struct quote_span span;
    uint64_t count;                   /* how often it stands in the trusted text */
    const struct quote_place *places; /* the first of them */
    size_t n_places;
};

struct quote_sentence {
    struct quote_span span;
    size_t longest; /* characters of its longest part that stands in one document */
    bool whole;     /* all of it does, but for the mark that ends it */
    size_t joins;   /* places where one document's words end and others begin, at most two characters between them; not
                       where a document goes on so a few characters later, as where a word of a quote was changed */
    bool stitched;  /* such joins, nearly all of it quoted (90 %), and no document says it */
};

struct quote_score {
    enum quote_state state;
    size_t bad_byte; /* QUOTE_INVALID: the first one that is no UTF-8 */
    struct quote_text text;
    size_t windows, members;        /* denominator and numerator; a window counts as often as it stands in the text */
    double quip;                    /* members / windows; NaN: too short, or no text */
    double corrected;               /* a filter's false "yes" taken off: (quip - f) / (1 - f), at least 0 */
    const bool *yes;                /* [windows] */
    const struct quote_span *spans; /* runs of members, each with the characters that its windows cover */
    size_t n_spans;
    size_t covered;                             /* characters that lie in a span */
    size_t longest_windows, longest_characters; /* of the longest run */
    size_t repeated;                            /* members that are equal to a window before them */
    double expected_longest;                    /* (N - (w - 1)) / w, data portraits */
    double badness; /* longest chain of members that step by w, over the expected longest; NaN: no windows */
    /* exact engine, where details are asked for */
    const struct quote_stretch *stretches;
    size_t n_stretches;
    const struct quote_sentence *sentences;
    size_t n_sentences;
    size_t whole, stitched; /* sentences */
    size_t sources;         /* different documents among the places of the stretches */
};

struct quote_score_settings {
    bool details;       /* stretches and sentences */
    size_t most_places; /* of a stretch; 0: 3 */
};
/* All on the arena, places in the index. A text that cannot be scored is a state, no error. */
bool quote_score(const struct quote_index *index, struct text t, const struct quote_score_settings *settings,
                 struct arena *arena, struct quote_score *out, struct error *err) MUST_CHECK;

/* The longest runs of at least `least` characters that stand in one document, in the order of the text; one that lies
 * in another is left out. Exact engine alone. */
bool quote_stretches(const struct quote_index *index, const struct quote_text *text, size_t least, size_t most_places,
                     struct arena *arena, struct quote_stretch **out, size_t *n, struct error *err) MUST_CHECK;

/* Sentences: they end at . ! ? (and what closes behind them) before white space, and at the end of a line. Without
 * blanks around them; on the arena. */
bool quote_sentences(const struct quote_text *text, struct arena *arena, struct quote_span **out, size_t *n,
                     struct error *err) MUST_CHECK;

struct text quote_span_text(const struct quote_text *text, struct quote_span span);
/* Bytes of the text as it was. */
struct quote_span quote_span_origin(const struct quote_text *text, struct quote_span span);

#endif
