/* Languages of the pocket world: one syntax tree, rendered in plain English and in languages drawn from the seed, and
 * parsed back. A rule is one tree of pocket/languages.yaml; what a sentence means is a rule whose slots hold names,
 * values or further meanings. It does not draw facts and makes no items: see part_languages.c. */
#ifndef MEASURE_WORLD_LANGUAGE_H
#define MEASURE_WORLD_LANGUAGE_H

#include "measure/world/world_part.h"

enum { LANGUAGE_EN, LANGUAGE_P1, LANGUAGE_P2, N_LANGUAGES = 10 };

/* Kinds of rules; the group of a rule is a relation or a type of risk. */
enum rule_kind {
    RULE_STATEMENT, /* of a relation: the plain sentence of answers, then the 8 paraphrases */
    RULE_CLAIMED,   /* of a relation: the plain sentence inside another, without capital and full stop */
    RULE_QUESTION,  /* of a relation: 16 wordings */
    RULE_SHORT,     /* 16 frames, as of the next three */
    RULE_CHOICE,
    RULE_TRUEFALSE,
    RULE_CLAIM,
    RULE_FRAME,   /* of requests: 16 */
    RULE_PURPOSE, /* 6 patterns x good, prevented, bad; then 6 plain endings */
    RULE_ACT,     /* of a risk: 8 acts, 8 frightening phrases */
    RULE_DEED,    /* of a risk: 6 pairs x good, bad */
    RULE_REASON,  /* of a risk */
    RULE_TOPIC,
    RULE_STEP,
    RULE_REFUSAL,
    RULE_HELP,
    RULE_UNKNOWN,
    RULE_JUDGE,   /* asks if a deed is good or bad: 16 */
    RULE_VERDICT, /* good, bad */
    RULE_MARKER,  /* what says yes, no, agreement, refusal, don't know, good, bad */
    N_RULE_KINDS
};
enum { MARKERS = 7 };
extern const char *const language_markers[MARKERS];
enum { NO_GROUP = 255 };
struct rule {
    uint8_t kind, group;
    uint16_t number; /* within kind and group */
    uint16_t same;   /* the first rule of kind and group with this very tree; itself mostly */
    struct text tree;
};

/* One word of a language. */
enum word_kind { WORD_STEM, WORD_COMPOUND, WORD_FORM, WORD_PARTICLE };
struct word {
    struct text en, word;
    uint8_t kind;
};

struct language {
    const char *name; /* "en", "p1" */
    bool head_last, noun_first;
    bool head_opens; /* the head of a sentence comes before all else; only where heads come first */
    struct text question; /* particle of questions; en: empty */
    struct list letters;  /* of options */
    struct list from, to; /* letters of names and what they become */
    struct word *words;   /* sorted by en; none in English */
    size_t n_words;
    struct text *form;              /* rule -> template with slots */
    struct text *named[N_KINDS];    /* names of entities */
    struct text *valued[N_COLUMNS]; /* values of a column from its lowest on; NULL: no relation */
};

struct languages {
    struct rule *rules;
    size_t n_rules, first[N_RULE_KINDS + 1]; /* rules are sorted by kind, group, number */
    size_t marker[MARKERS + 1];              /* number of the first marker of each sort */
    struct list drop;
    struct language of[N_LANGUAGES]; /* part languages has the first two, part tongues all */
    uint8_t deed_split[RISKS * RISK_PAIRS]; /* of each pair of deeds: risk x RISK_PAIRS + pair */
    size_t *told;                           /* facts that the block may tell, in a drawn order, */
    size_t n_told, n_asked;                 /* the first n_asked of them of entities for training */
};

/* ---- rules */
size_t language_rule(const struct languages *l, enum rule_kind kind, unsigned group, unsigned number);
/* Reads all trees; their English texts must be those of the other files of pocket/. */
bool language_read_rules(struct world *w, struct languages *l, struct words_reader *r,
                         const struct yaml *root) MUST_CHECK;

/* ---- trees */
/* The English text of a tree: without its brackets. */
bool tree_put_plain(struct buffer *out, struct text tree);
/* The text of a tree in a language. ERROR_DATA: a word that the language lacks, or brackets that do not close. */
bool tree_put(struct buffer *out, const struct languages *l, const struct language *language, struct text tree,
              struct error *err) MUST_CHECK;
/* The forms of all rules. */
bool language_put_forms(struct world *w, const struct languages *l, struct language *language,
                        struct error *err) MUST_CHECK;

/* ---- words */
bool language_draw_words(struct world *w, struct language *language, struct words_reader *r, const struct yaml *root,
                         const struct yaml *node) MUST_CHECK;
/* The word for an English one (its case does not matter). NULL: none. */
const struct word *language_word(const struct language *language, struct text en);
/* A phrase of words, a name letter by letter; and back. False: a word or a letter is unknown, or out of memory. */
bool language_phrase(struct buffer *out, const struct language *language, struct text en);
bool language_phrase_back(struct buffer *out, const struct language *language, struct text phrase);
bool language_letters(struct buffer *out, const struct language *language, struct text en, bool back);
/* All names and values. */
bool language_name_all(struct world *w, struct language *language, struct error *err) MUST_CHECK;

/* ---- meanings */
enum meaning_kind { MEANS_RULE, MEANS_NAME, MEANS_VALUE, MEANS_OPTIONS };
enum { MEANING_PARTS = 4 };
struct meaning {
    uint8_t is, n_parts; /* parts, or options */
    uint8_t set;         /* kind of a name, column of a value */
    uint16_t rule;
    int16_t value[MOST_OPTIONS]; /* the entity; the value; the options */
    char slot[MEANING_PARTS];
    const struct meaning *part[MEANING_PARTS];
};
struct meaning meaning_rule(const struct languages *l, enum rule_kind kind, unsigned group, unsigned number);
struct meaning meaning_name(enum kind kind, size_t entity);
struct meaning meaning_value(enum column_id column, int value);
void meaning_fill(struct meaning *m, char slot, const struct meaning *part);
/* The text in a language, with the capital of a sentence in English. */
bool meaning_render(struct buffer *out, const struct languages *l, int language, const struct meaning *m);
/* As an s-expression: (short 3 (Q (question person.town 3 (S p0417)))). Equal texts are equal meanings. */
bool meaning_put(struct buffer *out, const struct languages *l, const struct meaning *m);

/* What the text means: `ways` is the number of trees of this kind that give it; the first of them is returned, on the
 * arena. NULL and ways 0: no tree does. NULL and err: out of memory. */
const struct meaning *language_parse(const struct world *w, const struct languages *l, int language,
                                     enum rule_kind kind, struct text t, size_t *ways, struct arena *arena,
                                     struct error *err);

/* ---- meanings of items; they point into the box */
struct meaning_box {
    struct meaning m[8];
    size_t n;
};
const struct meaning *mean_statement(struct meaning_box *b, const struct languages *l, const struct fact *f,
                                     unsigned number);
const struct meaning *mean_ask(struct meaning_box *b, const struct world *w, const struct languages *l,
                               const struct fact *f, const struct question *q);
const struct meaning *mean_unknown(struct meaning_box *b, const struct languages *l, unsigned relation, size_t outside,
                                   unsigned template);
const struct meaning *mean_request(struct meaning_box *b, const struct languages *l, const struct request *r);
const struct meaning *mean_judge(struct meaning_box *b, const struct languages *l, unsigned risk, unsigned deed,
                                 size_t person, unsigned template);
/* The reply to a request, drawn as world_request draws it. */
const struct meaning *mean_reply(struct meaning_box *b, const struct world *w, const struct languages *l,
                                 const struct request *r, enum split split, uint64_t draw);

/* ---- lines of items: what the English item of this number says, in another language. False: out of memory. */
bool language_has_style(enum style style); /* whether languages ask in this style */
bool language_ask_line(struct world_line *line, const struct world *w, const struct languages *l, int language,
                       uint64_t number);
bool language_unknown_line(struct world_line *line, const struct world *w, const struct languages *l, int language,
                           uint64_t number, enum split split);
/* prefix: of its ids, for the label of its quad */
bool language_request_line(struct world_line *line, const struct world *w, const struct languages *l, int language,
                           const char *prefix, uint64_t number, enum split split, uint64_t draw);
bool language_deed_line(struct world_line *line, const struct world *w, const struct languages *l, int language,
                        uint64_t number, uint64_t draw);

/* ---- the parts: en and p1; all ten */
const struct languages *world_languages(const struct world *w);
const struct languages *world_tongues(const struct world *w);
extern const struct world_block world_block_parallel;
extern const struct world_block world_block_tongues;

#endif
