/* Rules of levels as they are kept: levels_read.c makes them, levels.c follows them. */
#ifndef MEASURE_LEVELS_INTERNAL_H
#define MEASURE_LEVELS_INTERNAL_H

#include "base/yaml.h"
#include "lm/grammar/grammar_schema.h"
#include "measure/score/levels.h"

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>

enum { LEVEL_PARTS_MOST = 32, LEVEL_CHECKS_MOST = 64, LEVELS_MOST = 32, LEVEL_WHOLE = 0 };

enum level_part_kind { PART_WHOLE, PART_INSIDE, PART_AFTER, PART_BOXED, PART_MATCH };
struct level_part {
    struct text name;
    enum level_part_kind kind;
    size_t of; /* of an earlier part */
    struct text open, close;
    pcre2_code *code;
};

enum level_check_kind {
    CHECK_FOUND,
    CHECK_EMPTY,
    CHECK_CONTAINS,
    CHECK_TAGS,
    CHECK_REGEX,
    CHECK_WORDS,
    CHECK_JSON,
    CHECK_REFERENCES,
    CHECK_EQUALS,
    CHECK_ROLES,
    CHECK_MATHS,
    CHECK_REFUSAL,
    CHECK_ALL,
    CHECK_ANY,
    CHECK_NOT,
};
struct level_check {
    enum level_check_kind kind;
    size_t part;
    bool yes;                 /* found, empty, references, refusal */
    int mode;                 /* of equals, roles, maths: place of the word among those that are possible */
    const struct text *texts; /* contains, tags */
    size_t n_texts;
    size_t least, most; /* words */
    pcre2_code *code;
    struct grammar *schema;        /* NULL: any JSON */
    const struct level_check **of; /* all, any, not */
    size_t n_of;
};

struct level_entry {
    unsigned level;
    double score;
    const struct level_check *when; /* NULL: always */
};

struct level_named_check {
    struct text name;
    const struct level_check *check;
};

struct level_rules {
    struct arena arena;
    const char *name;
    struct text source;
    struct text before;
    struct level_part parts[LEVEL_PARTS_MOST]; /* [0]: the whole */
    size_t n_parts;
    struct level_named_check checks[LEVEL_CHECKS_MOST];
    size_t n_checks;
    struct level_entry levels[LEVELS_MOST];
    size_t n_levels;
    struct level_owned { /* what must be freed */
        pcre2_code *code;
        struct grammar *grammar;
        struct level_owned *next;
    } * owned;
};

extern const char *const level_modes[3][4]; /* of equals, roles, maths; each ended by NULL */

#endif
