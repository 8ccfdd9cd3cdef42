/* What reading the rules of identity (identity_read.c), finding names (identity_find.c) and judging replies
 * (identity.c) share. */
#ifndef MEASURE_IDENTITY_INTERNAL_H
#define MEASURE_IDENTITY_INTERNAL_H

#include "base/yaml.h"
#include "measure/rules/identity.h"

enum identity_list {
    WORDS_SELF,
    WORDS_MADE,
    WORDS_ME,
    WORDS_OWN,
    WORDS_BASE,
    WORDS_INCLUDE,
    WORDS_NOT,
    WORDS_COMPARE,
    WORDS_BLOCK,
    WORDS_VERBS,
    WORDS_DOUBT,
    WORDS_PRETEND,
    WORDS_REALLY,
    WORDS_ACT,
    WORDS_YES,
    WORDS_NO,
    WORDS_REFUSE,
    WORDS_GENERIC,
    WORDS_YOU,
    WORDS_LIGHT,
    WORDS_SPLIT,
    WORDS_LISTS
};

struct identity_words {
    struct text *at;
    size_t n;
};
struct identity_language {
    const char *code;
    bool blank, after;
    struct identity_words list[WORDS_LISTS];
};

struct identity_family {
    struct text name, folded; /* as in the table; in normal form */
    size_t maker;             /* place among the makers */
    size_t base;              /* place among the families + 1; 0: none */
};
struct identity_alias {
    struct text text; /* in normal form */
    bool maker;
    size_t of; /* family or maker */
};

/* One node of the automaton: bytes lead on, `fail` is the longest end that is a beginning, `out` an alias + 1. */
struct identity_node {
    int32_t next[256];
    int32_t fail, out, depth;
};

enum { IDENTITY_LANGUAGES = 16 };
struct identity_rules {
    struct arena arena;
    char digest[HASH_HEX];
    struct identity_language *language;
    size_t n_languages;
    struct identity_family *family;
    size_t n_families;
    struct text *maker;
    size_t n_makers;
    struct identity_alias *alias;
    size_t n_aliases;
    struct identity_node *node;
    size_t n_nodes;
};

/* identity_find.c */
bool identity_automaton(struct identity_rules *rules, struct error *err) MUST_CHECK;

enum identity_owner { OWNER_TABLE, OWNER_MODEL, OWNER_MAKER }; /* of the table; the target's own */
struct identity_span {
    size_t from, to;
    enum identity_owner owner;
    bool maker;   /* of the table: a maker */
    size_t of;    /* of the table: which */
    bool version; /* the target's own family with another version */
};
/* All names in a text in normal form, in their order, not overlapping: the target's own first, else the longest. target
 * NULL: none. On the arena. */
bool identity_find(const struct identity_rules *rules, const struct identity_target *target, struct text t,
                   struct arena *arena, struct identity_span **out, size_t *n, struct error *err) MUST_CHECK;
/* The family by a name in normal form (of itself or one of its models); SIZE_MAX: none. Likewise a maker. */
size_t identity_family_of(const struct identity_rules *rules, struct text folded);
size_t identity_maker_of(const struct identity_rules *rules, struct text folded);
/* The target's names in normal form, its family told from its model. ERROR_DATA: it has none. */
bool identity_fold_target(const struct identity_target *target, struct arena *arena, struct identity_target *out,
                          struct error *err) MUST_CHECK;

/* Whether t[at, at + n) stands there as words; blank false: anywhere. */
bool identity_stands(bool blank, struct text t, size_t at, size_t n);
/* The first phrase of a list in t[from, to); SIZE_MAX: none. *len its length. */
size_t identity_phrase(const struct identity_language *l, enum identity_list list, struct text t, size_t from,
                       size_t to, size_t *len);
/* The last one. */
size_t identity_phrase_last(const struct identity_language *l, enum identity_list list, struct text t, size_t from,
                            size_t to, size_t *len);

#endif
