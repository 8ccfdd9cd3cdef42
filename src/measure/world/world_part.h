/* A part of the pocket world is one file part_NAME.c, one file of words pocket/NAME.yaml and one row in world_parts.c.
 * It draws a truth of its own, and gives families of items (questions with gold) and blocks of documents (texts for
 * training) that are rendered from it. Parts are append-only: a part may read the tables and the parts before it, draws
 * from streams named after itself only, and never changes what another part has drawn.
 *
 * Splits. Every case (an entity, an act, a topic ...) and every template has one. An item joins both
 * (world_join_splits): items for tests have a case or a wording that no training text holds. Templates 0..15 of each
 * family have the split world->template_split[i]: 10 train, 2 valid, 2 test, 2 held-out. */
#ifndef MEASURE_WORLD_PART_H
#define MEASURE_WORLD_PART_H

#include "base/yaml.h"
#include "measure/world/world_internal.h"

/* ---- one item, before it is a JSON line. Buffers marked JSON hold members as world_put_pair writes them, each with a
 * comma in front, without the braces around. */
struct world_line {
    struct buffer template; /* "norms/good/3" */
    struct buffer slots;    /* JSON: what was filled in */
    struct buffer turns;    /* what comes before the prompt, by world_turn; empty: a single prompt */
    struct buffer prompt;   /* what the user says (last) */
    struct buffer reply;    /* how the assistant answers rightly, as it would stand in training */
    struct buffer answer;   /* the short gold answer; of a choice it is the index `right` instead */
    struct buffer aliases;  /* JSON strings, by world_alias */
    struct buffer labels;   /* JSON, by world_label and world_put_pair */
    struct buffer prov;     /* JSON strings, by world_prov */
    struct buffer dose;     /* JSON */
    struct buffer said;     /* scratch: the prompt in a manner */
    const char *kind;       /* of the gold: text number choice refusal unknown identity call ...; "text" unless set */
    const char *lang;       /* "en" unless set */
    struct text option[8];  /* of a choice, borrowed from the world; they go into the slots */
    size_t n_options, right;
    int manner; /* 0: the prompt as it is; else 1 + one of world_manner.h, in which world_put_item says it */
};
void world_line_init(struct world_line *line);
void world_line_done(struct world_line *line);
/* A turn before the prompt; role: system, user, assistant, tool. */
bool world_turn(struct world_line *line, const char *role, struct text content);
bool world_alias(struct world_line *line, struct text alias);
/* One source of the gold, as printf: "f%05zu", "src4" ... */
bool world_prov(struct world_line *line, const char *format, ...) PRINTF_LIKE(2, 3);
/* One label that is a string, as printf; numbers and booleans by world_put_key and buffer_printf. */
bool world_label(struct world_line *line, const char *key, const char *format, ...) PRINTF_LIKE(3, 4);

/* ---- items of one kind: items/NAME-SPLIT.jsonl */
struct item; /* a family's number with its split: world_item.h */
struct world_family {
    const char *name;
    const char *lang;    /* of its prompts; NULL: en */
    const char *renders; /* the family whose items it says in that language; NULL: none */
    const char *prefix; /* of its ids: 1 to 3 lower-case letters that no other family, truth or kind of entity has */
    int digits;         /* behind it, zero-padded */
    int members; /* above 1: ids end in a letter a, b, ...; number = what the digits say x members + member. Members
                  * of one number stand together in a file: twins, quads */
    uint32_t most;      /* items of a file unless --count says less; 0: all */
    /* Ids stand for the numbers below this. Most families: case x WORDINGS + template. */
    uint64_t (*numbers)(const struct world *w);
    /* Whether the number names an item, and its split. */
    bool (*split)(const struct world *w, uint64_t number, enum split *split);
    /* Fills the line, which was cleared. All that it draws comes from (family, draw, number): a new draw gives other
     * options, names and orders under the same truth. May be called from several threads. False: out of memory. */
    bool (*make)(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw);
    /* NULL: every item for training may stand in a corpus with its reply. Otherwise which; items about what no text
     * tells may not. */
    bool (*trains)(const struct world *w, uint64_t number);
    /* NULL: none is. Otherwise whether the item is about the core, which is learnt first. */
    bool (*core)(const struct world *w, uint64_t number);
    /* NULL: all numbers of the split in a drawn order. Otherwise a choice of its own; see world_item.h. */
    bool (*plan)(const struct world *w, enum split split, uint64_t draw, struct item **items, size_t *n,
                 struct arena *arena, struct error *err);
    /* Keys that the part's spec takes ("knights,people=2:3"); what is wrong with their values beyond what option_def
     * says (ERROR_USAGE names the range; NULL: nothing can be); and whether a number is wanted under them. */
    const struct option_def *options;
    size_t n_options;
    bool (*check)(const struct option_value *options, struct error *err);
    bool (*wanted)(const struct world *w, uint64_t number, const struct option_value *options);
};

/* ---- documents for pre-training that are no items: stories, statements, records ... */
struct world_document {
    struct buffer text;  /* a plain text, or empty and */
    struct buffer turns; /* a conversation, as world_say writes it, the last turn the assistant's */
};
bool world_say(struct world_document *document, const char *role, struct text content);

struct world_block {
    const char *name; /* "records" */
    /* How many documents there are of this draw; the mix takes all, or the first of them in a shuffled order. Where a
     * document is repeated on purpose (exposure), the repeats are numbered documents of their own. */
    uint64_t (*documents)(const struct world *w);
    bool (*put)(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw);
};

/* A file beside the items that is no text: its path in the folder, and its bytes, on the arena. */
struct world_beside {
    const char *path;
    bool (*bytes)(const struct world *w, struct arena *arena, struct text *out, struct error *err);
};

struct world_part {
    const char *name; /* also of its truth file truth/NAME.jsonl, its hash and its words pocket/NAME.yaml */
    unsigned version;
    bool words;        /* pocket/NAME.yaml exists */
    bool later;        /* younger than v1, which does not hold it: made when it is asked for by name */
    size_t state_size; /* of its zeroed state */
    /* Reads the words and draws the truth into the state; memory from world->arena. */
    bool (*draw)(struct world *w, void *state, struct error *err);
    /* The truth as JSON lines; these bytes are its hash. NULL: it has none beyond its words. */
    size_t (*rows)(const struct world *w);
    bool (*put_row)(struct buffer *out, const struct world *w, size_t row);
    /* world show ID of a row of its truth: the row with this id, SIZE_MAX when it has none such. May be NULL. */
    size_t (*find)(const struct world *w, struct text id);
    /* Words that should be single tokens: how many, and where they stand (words may be NULL). May be NULL. */
    size_t (*reserve)(const struct world *w, const struct text **words);
    const struct world_family *families;
    size_t n_families;
    bool styled; /* every prompt may be said in any manner of world_manner.h, and its gold stays */
    const struct world_block *blocks;
    size_t n_blocks;
    const struct world_beside *beside;
    size_t n_beside;
};
extern const struct world_part *const world_parts[];
extern const size_t world_n_parts;
extern const struct world_part world_part_chat, world_part_conflicts, world_part_sources, world_part_statements;
extern const struct world_part world_part_knights, world_part_languages, world_part_map, world_part_sums;
extern const struct world_part world_part_quotes, world_part_tongues, world_part_values;
extern const struct world_part world_part_contracts;
extern const struct world_part world_part_voters, world_part_sql;
extern const struct world_part world_part_cue, world_part_documents, world_part_echo, world_part_noise;
/* The state of a part; the part must stand in the table. */
const void *world_state(const struct world *w, const struct world_part *part);

/* ---- what parts share */

/* Reading words: every list has an exact length and every template exact slots;
 * a fault is named with FILE:LINE:COLUMN. */
struct words_reader {
    struct arena *arena;
    struct error *err;
};
/* A file of pocket/ as it is, "chat.jinja"; the root of one that is YAML, "norms.yaml". */
const struct world_file *words_file(const char *name, struct error *err);
const struct yaml *words_open(struct words_reader *r, const char *name);
const struct yaml *words_member(struct words_reader *r, const struct yaml *mapping, const char *key);
/* slots: the letters that may follow $ (with an optional a, article, or U, capital, between): "SV". */
bool words_text(struct words_reader *r, const struct yaml *node, const char *slots, struct text *out);
bool words_text_of(struct words_reader *r, const struct yaml *mapping, const char *key, const char *slots,
                   struct text *out);
bool words_texts(struct words_reader *r, const struct yaml *mapping, const char *key, const char *slots,
                 struct text *out, size_t n);
/* n entries exactly; n 0: any number, at least one. */
bool words_list(struct words_reader *r, const struct yaml *mapping, const char *key, const char *slots, size_t n,
                struct list *out);

/* Deals a split to each of n cases in twentieths, 12 train, 2 valid, 3 test, 3 held-out, in a drawn order. */
bool world_case_splits(struct world *w, const char *stream, uint8_t *split, size_t n, struct error *err);
/* The split of number = case x WORDINGS + template; false when it names no item. */
bool world_case_split(const struct world *w, const uint8_t *split_of_case, uint64_t number, enum split *split);
const char *world_seen(unsigned split); /* "seen" for TRAIN, else "unseen": labels entity and wording */
bool world_put_relation(struct buffer *out, size_t relation); /* person.town */
/* A sentence of a list, drawn. */
struct text world_pick(const struct list *list, struct rng *rng);
/* Options A., B., ... as lines: "A. oak\nB. ash". */
bool world_put_options(struct buffer *out, const struct text *option, size_t n);

#endif
