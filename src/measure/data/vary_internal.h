/* What operations and the gate share: items, variants, the words of rules/variation.yaml. */
#ifndef MEASURE_VARY_INTERNAL_H
#define MEASURE_VARY_INTERNAL_H

#include "measure/data/vary.h"
#include "measure/world/world_reading.h"

enum { VARY_OPTIONS = 8, VARY_ACCEPTED = 16, VARY_PROMPT_MOST = 1 << 20, VARY_GUARDED = 96 };

/* ---- the words */

struct vary_list {
    struct text *at;
    size_t n;
};
struct vary_pairs {
    struct exchange *at;
    size_t n;
};
struct vary_word {
    struct text raw, word; /* as it stands; in small letters */
    bool begins;           /* the text, or stands behind what was taken off */
};
struct vary_piece {
    struct text *word; /* in small letters */
    size_t n;
};
struct vary_rules {
    struct arena arena;
    struct vary_pairs synonyms, grammar, translated;
    struct exchange *same; /* all of them, one list */
    size_t n_same;
    struct vary_list before, after, frames, asides, distractors, emoji, tags, counting, pointing;
    struct vary_pairs jailbreaks, encoded; /* name, template */
    struct text choice, truefalse, rewrite, judge;
    struct vary_piece *added; /* all that may stand around a prompt, in pieces without slots */
    size_t n_added;
};
bool vary_rules_open(struct vary_rules *rules, struct error *err) MUST_CHECK;
void vary_rules_done(struct vary_rules *rules);
/* The second of the pair that begins with the word, whatever its case; NULL: none. */
const struct text *vary_pair(const struct vary_pairs *pairs, struct text word);
/* Puts a template with $X filled, X one of the letters; what is filled in may hold $ itself. */
bool vary_fill(struct buffer *out, struct text template, const char *letters, const struct text *fillings);

/* ---- items */

/* Texts are borrowed from the row or on the arena of the batch. */
struct vary_item {
    json_t *row; /* owned by the job */
    struct json_place place;
    struct text id, prompt, stem; /* stem: without the lines of lettered options */
    struct text kind; /* of its answer, where the row says so; answers of one kind may stand for each other */
    enum vary_format format;
    bool listed; /* its options stand in the prompt as lettered lines */
    struct text option[VARY_OPTIONS];
    size_t n_options, right;
    struct text accepted[VARY_ACCEPTED]; /* of an open question, the first is the answer */
    size_t n_accepted;
    bool of_world; /* it could be read, and */
    struct world_asked asked;
    struct text subject, claimed; /* names in it that are not touched */
    const char *unsound;          /* its own answer is not that of the world */
};
/* Answers of all open items in a ring by their hash, so that a new item changes the neighbours of few. */
struct vary_answer {
    struct text text, kind;
    uint64_t hash;
};
struct vary_variant {
    enum vary_format format;
    struct text prompt, stem;
    bool listed;
    struct text option[VARY_OPTIONS];
    size_t n_options, right;
    struct text accepted[VARY_ACCEPTED];
    size_t n_accepted;
    const char *skipped;      /* why there is none; NULL: there is one */
    const char *dropped, *by; /* by the gate: why, or which checks it passed */
    const char *undecided;    /* why a judge must be asked; NULL: it need not */
};
/* Without an item false; ERROR_DATA names what is missing. */
bool vary_item_read(struct vary_job *job, struct vary_item *item, struct error *err) MUST_CHECK;
/* The variant that is the item as it is: what operations start from. */
struct vary_variant vary_same(const struct vary_item *item);
/* The item's row with the variant in it. Owned. */
json_t *vary_row(const struct vary_job *job, const struct vary_item *item, const struct variation *op,
                 const struct vary_variant *v, uint64_t number, struct error *err) MUST_CHECK;
/* Lines "A. ..." of options, or the text without them: on the arena. */
bool vary_options_put(struct buffer *out, const struct text *option, size_t n);
struct text vary_stem(struct arena *arena, struct text prompt, struct text *option, size_t *n, struct error *err);
/* Words of answers and options, that are not touched. */
bool vary_guarded(const struct vary_item *item, struct text word);
/* Which option of a true-or-false item says yes; SIZE_MAX: it is none. */
size_t vary_yes(const struct text *option, size_t n);

/* ---- the work */

struct vary_job {
    const struct vary_settings *settings;
    struct vary_result *result;
    struct vary_rules rules;
    const struct world *world;   /* NULL: no row is of a world */
    struct world *own;           /* where it was drawn here */
    struct world_reader *reader; /* of it */
    char identity[WORLD_IDENTITY];
    struct vary_item *items;
    size_t n, capacity;
    struct vary_answer *ring;
    size_t n_ring;
    struct arena kept, batch;
};
/* Where a draw for the item goes into the ring, and what it draws: splitmix64 of seed, id and number. */
uint64_t vary_key(uint64_t seed, struct text id, uint64_t number);

typedef bool vary_make(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                       struct vary_variant *out, struct error *err);
vary_make vary_letters, vary_emoji, vary_tags, vary_spaced, vary_separators, vary_distractor, vary_lengthen,
    vary_shorten, vary_exchange, vary_paraphrase, vary_encode, vary_choice, vary_truefalse, vary_open, vary_negate,
    vary_reorder, vary_jailbreak, vary_rewrite;
/* All there are, one array a family. */
extern const struct variation vary_family_format[], vary_family_length[], vary_family_lexical[], vary_family_letters[],
    vary_family_marks[], vary_family_encoding[], vary_family_jailbreak[], vary_family_teacher[];
extern const size_t vary_n_format, vary_n_length, vary_n_lexical, vary_n_letters, vary_n_marks, vary_n_encoding,
    vary_n_jailbreak, vary_n_teacher;

/* The stream of an operation on an item. */
struct rng vary_stream(uint64_t key, const struct variation *op);
/* How many words are touched, by the length of the prompt (TrustGen). */
size_t vary_touched(struct text prompt);
/* Takes the text of the buffer as the variant's prompt; skipped where it is the item's own. */
bool vary_take(struct vary_job *job, const struct vary_item *item, struct buffer *b, struct vary_variant *out,
               struct error *err) MUST_CHECK;

/* ---- the gate */

/* Sets dropped, by or undecided. */
bool vary_gate(struct vary_job *job, const struct vary_item *item, const struct variation *op, struct vary_variant *v,
               struct error *err) MUST_CHECK;
/* Reads the item where it is of a world: of_world, asked, unsound. */
void vary_look_up(struct vary_job *job, struct vary_item *item);
/* Question and proposed answer of a claim that was made of a question; false: the prompt is none. */
bool vary_unclaim(const struct vary_rules *rules, struct text prompt, struct text *question, struct text *proposed);
/* Does the text hold the part as whole words, in any case? */
bool vary_holds(struct text t, struct text part);
/* Whether the variant, decoded and without what may stand around a prompt, is the item word for word, but for slips,
 * synonyms and articles. NULL, or why not; constant texts. */
const char *vary_aligned(const struct vary_rules *rules, struct text item, struct text variant, struct arena *arena,
                         struct error *err);
/* Whether numbers, names, quotes and words that turn a question round are the same ones in both. */
const char *vary_content(const struct vary_rules *rules, struct text item, struct text variant, struct arena *arena,
                         struct error *err);
/* The text behind an encoding of the table, on the arena; the text itself where there is none. */
bool vary_decode(const struct vary_rules *rules, struct text t, struct arena *arena, struct text *out,
                 struct error *err) MUST_CHECK;
/* A text without the pieces that may stand around a prompt, in words. */
bool vary_bare(const struct vary_rules *rules, struct text t, struct arena *arena, struct vary_word **words, size_t *n,
               struct error *err) MUST_CHECK;
/* The same before anything is taken off. */
bool vary_words_of(struct text t, struct arena *arena, struct vary_word **words, size_t *n,
                   struct error *err) MUST_CHECK;

#endif
