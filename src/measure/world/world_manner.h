/* Saying a prompt otherwise so that its answer stays the same: eight styles, typing errors, synonyms, distractors,
 * mark-up. The words are those of pocket/manners.yaml. Never touched: names (words with a capital inside a sentence),
 * words with digits or marks, and the lines of lettered options; but shouted puts them in capitals. */
#ifndef MEASURE_WORLD_MANNER_H
#define MEASURE_WORLD_MANNER_H

#include "measure/world/world_internal.h"

enum typo { TYPO_SWAP, TYPO_DROP, TYPO_DOUBLE, TYPO_NEIGHBOUR, TYPO_SPACE, TYPO_CASE, N_TYPOS };
enum manner {
    MANNER_ARCHAIC,
    MANNER_SHOUTED,
    MANNER_CLIPPED,
    MANNER_COURTEOUS,
    MANNER_CHILDLIKE,
    MANNER_OFFICIAL,
    MANNER_GOSSIPING,
    MANNER_VERSE,
    N_MANNER_STYLES,
    /* typing errors of all kinds, then each kind light and heavy: an eighth or half of the words, at least one */
    MANNER_TYPOS_LIGHT = N_MANNER_STYLES,
    MANNER_TYPOS_HEAVY,
    MANNER_TYPO,
    MANNER_SYNONYMS = MANNER_TYPO + 2 * N_TYPOS,
    MANNER_DISTRACTOR,
    MANNER_MARKUP,
    N_MANNERS
};
/* archaic shouted ... verse, typos-light, typos-heavy, swap-light, swap-heavy, ... case-heavy, synonyms, distractor,
 * markup */
extern const char *const world_manner_names[N_MANNERS];
/* ERROR_USAGE: none such; the message names the nearest. */
bool world_manner_find(const char *name, enum manner *manner, struct error *err) MUST_CHECK;

/* Puts the prompt as said in this manner; all that is drawn comes from rng. A prompt without a word that may be changed
 * comes back as it is from typing errors and synonyms. False: out of memory. */
bool world_style(struct buffer *out, const struct world *world, struct text prompt, enum manner manner,
                 struct rng *rng);

/* ---- inside */

enum { SYNONYMS = 300 };
struct exchange {
    struct text from, to; /* to is empty: the word is dropped */
};
struct style_words {
    struct list openings, closings;
    struct exchange *words;
    size_t n;
};
struct manners {
    struct style_words style[N_MANNER_STYLES];
    struct exchange synonym[SYNONYMS];
    struct list distractors, markup;
};
const struct manners *world_manners(const struct world *world);

/* A prompt in chunks between blanks: lead, core, tail and the gap behind them put together are the text. */
struct chunk {
    struct text lead, core, tail, gap;
    bool plain; /* the core is a word of small letters, or begins a sentence with a capital; not in a line of options */
    bool first; /* of a sentence */
};
struct chunks {
    struct text rest;
    bool begins, option; /* the next chunk begins a sentence; it stands in a line of options */
    bool line;           /* it begins a line */
};
struct chunks chunks_of(struct text prompt);
bool chunks_next(struct chunks *chunks, struct chunk *chunk);
bool chunk_put(struct buffer *out, const struct chunk *chunk);
/* The prompt with words exchanged. */
bool world_exchange(struct buffer *out, struct text prompt, const struct exchange *words, size_t n);
/* Whether the last line is one of lettered options. */
bool world_ends_in_options(struct text prompt);

bool world_put_style(struct buffer *out, const struct manners *m, struct text prompt, enum manner manner,
                     struct rng *rng);
bool world_put_perturbed(struct buffer *out, const struct manners *m, struct text prompt, enum manner manner,
                         struct rng *rng);

#endif
