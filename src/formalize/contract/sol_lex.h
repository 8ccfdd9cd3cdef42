/* The words of Solidity: tokens with their place by byte and line, and names as numbers that are the same in all files
 * of a program. Reads any bytes: what is no token is one of kind SOL_BAD, and what never ends is told as a fault. */
#ifndef FORMALIZE_CONTRACT_SOL_LEX_H
#define FORMALIZE_CONTRACT_SOL_LEX_H

#include "base/arena.h"
#include "base/text.h"

enum sol_token_kind { SOL_END, SOL_WORD, SOL_DIGITS, SOL_QUOTED, SOL_OP, SOL_BAD };

struct sol_token {
    uint32_t at, len, line;
    uint32_t word; /* SOL_WORD: the number of its name; SOL_OP: its characters, see sol_op */
    enum sol_token_kind kind;
};

/* Names as numbers. Those that the language or its library gives a meaning come first, in the order of sol_words.inc.
 */
enum sol_word {
    W_NONE,
#define WORD(name) W_##name,
#include "formalize/contract/sol_words.inc"
#undef WORD
    SOL_WORDS
};

struct sol_names {
    struct arena *arena; /* borrowed; the texts of names are borrowed from the files */
    struct text *at;
    uint32_t n, room;
    uint32_t *slots, n_slots; /* a power of two */
};
bool sol_names_init(struct sol_names *names, struct arena *arena, struct error *err) MUST_CHECK;
/* The number of a name, a new one where it is new; 0 when out of memory. */
uint32_t sol_name(struct sol_names *names, struct text name, struct error *err);
struct text sol_name_text(const struct sol_names *names, uint32_t word);

/* uint8, bytes32, address, ..: a type of the language itself? */
bool sol_is_elementary_name(const struct sol_names *names, uint32_t word);

/* An operator of at most four characters as a number. */
static inline uint32_t sol_op(const char *op) {
    uint32_t value = 0;
    for (unsigned i = 0; op[i]; i++) value |= (uint32_t)(unsigned char)op[i] << 8 * i;
    return value;
}

/* What is done to a variable without an operator: numbers that no operator has. */
enum { SOL_DELETE = 'd', SOL_PUSH = 'p', SOL_POP = 'o' };

/* A stretch of a source that could not be read. */
struct sol_fault {
    uint32_t line, end_line;
    const char *what;
};
struct sol_faults {
    struct sol_fault *at; /* at most SOL_FAULTS_MOST of them */
    size_t n;             /* of all */
};
enum { SOL_FAULTS_MOST = 64 };
/* A fault beyond the most is counted alone. */
bool sol_fault_add(struct sol_faults *faults, struct arena *arena, struct sol_fault fault, struct error *err);

struct sol_tokens {
    struct sol_token *at; /* the last is SOL_END */
    size_t n;
};
enum { SOL_BYTES_MOST = 16 << 20, SOL_LINE_MOST = 1 << 20 };
/* text: at most SOL_BYTES_MOST bytes. */
bool sol_lex(struct text text, struct sol_names *names, struct arena *arena, struct sol_tokens *out,
             struct sol_faults *faults, struct error *err) MUST_CHECK;

#endif
