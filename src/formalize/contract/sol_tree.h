/* The tree of a Solidity source: nodes with their tokens, from the first to behind the last. Names and operators are
 * numbers of sol_lex.h. */
#ifndef FORMALIZE_CONTRACT_SOL_TREE_H
#define FORMALIZE_CONTRACT_SOL_TREE_H

#include "formalize/contract/sol_lex.h"

/* Children in order; a place in brackets may be missing, [NONE] is a node of that kind in its place. */
#define SOL_KINDS(X)                                                                                                   \
    X(FILE)     /* declarations */                                                                                     \
    X(PRAGMA)   /* word: solidity, .. */                                                                               \
    X(IMPORT)   /* TEXT */                                                                                             \
    X(CONTRACT) /* word: name; flags: which; BASE.. declarations */                                                    \
    X(BASE)     /* word: the last name of its path; arguments */                                                       \
    X(USING)    /* word: the library */                                                                                \
    X(STRUCT)   /* word: name; PARAM.. */                                                                              \
    X(ENUM)     /* word: name; NAME.. */                                                                               \
    X(EVENT)    /* word: name */                                                                                       \
    X(ERROR)    /* word: name */                                                                                       \
    X(TYPEDEF)  /* word: name */                                                                                       \
    X(STATE)    /* word: name; type [value]; also constants of files */                                                \
    X(FUNCTION) /* word: name or 0; PARAMS [RETURNS] USE.. [BLOCK] */                                                  \
    X(PARAMS)   /* PARAM.. */                                                                                          \
    X(RETURNS)  /* PARAM.. */                                                                                          \
    X(PARAM)    /* word: name or 0; [type] */                                                                          \
    X(USE)      /* word: a modifier or base constructor; arguments */                                                  \
    X(TYPE)     /* word: the last name of its path */                                                                  \
    X(MAPPING)  /* key type, value type */                                                                             \
    X(ARRAY)    /* type [length] */                                                                                    \
    X(FUNCTION_TYPE)                                                                                                   \
    X(BLOCK)      /* statements */                                                                                     \
    X(UNCHECKED)  /* statements */                                                                                     \
    X(IF)         /* condition, statement, [statement] */                                                              \
    X(FOR)        /* [NONE] start, [NONE] condition, [NONE] step, statement */                                         \
    X(WHILE)      /* condition, statement */                                                                           \
    X(DO)         /* statement, condition */                                                                           \
    X(RETURN)     /* [expression] */                                                                                   \
    X(VAR)        /* PARAM.. [value, with SOL_VALUED] */                                                               \
    X(EXPRESSION) /* expression */                                                                                     \
    X(EMIT)       /* expression */                                                                                     \
    X(REVERT)     /* expression */                                                                                     \
    X(TRY)        /* expression [RETURNS] BLOCK CATCH.. */                                                             \
    X(CATCH)      /* [PARAMS] BLOCK */                                                                                 \
    X(ASSEMBLY)   /* YUL.. */                                                                                          \
    X(YUL)        /* word: what is called */                                                                           \
    X(JUMP)       /* word: break, continue, throw or _ */                                                              \
    X(SKIPPED)    /* what could not be read */                                                                         \
    X(NAME)       /* word */                                                                                           \
    X(NUMBER)     /* word: its unit or 0 */                                                                            \
    X(TEXT)                                                                                                            \
    X(TUPLE)   /* expressions, [NONE] where one is left out */                                                         \
    X(LIST)    /* expressions in square brackets */                                                                    \
    X(CALL)    /* what, arguments */                                                                                   \
    X(OPTIONS) /* what, NAMED.. */                                                                                     \
    X(NAMED)   /* word: name; expression */                                                                            \
    X(MEMBER)  /* word: member; of what */                                                                             \
    X(INDEX)   /* of what, [index] */                                                                                  \
    X(SLICE)   /* of what, [NONE] from, [NONE] to */                                                                   \
    X(NEW)     /* type */                                                                                              \
    X(UNARY)   /* word: operator, or SOL_DELETE; expression */                                                         \
    X(POSTFIX) /* word: ++ or --; expression */                                                                        \
    X(BINARY)  /* word: operator; left, right */                                                                       \
    X(ASSIGN)  /* word: operator; left, right */                                                                       \
    X(CHOICE)  /* condition, then, else */                                                                             \
    X(NONE)
enum sol_kind {
#define X(name) N_##name,
    SOL_KINDS(X)
#undef X
        SOL_KINDS_N
};
extern const char *const sol_kind_names[SOL_KINDS_N];

/* Flags. Of a contract one of the first group, of a function one of the second, and so on. */
enum sol_flag {
    SOL_LIBRARY = 1,
    SOL_INTERFACE = 2,
    SOL_ABSTRACT = 4,

    SOL_CONSTRUCTOR = 1,
    SOL_FALLBACK = 2,
    SOL_RECEIVE = 4,
    SOL_MODIFIER = 8,

    SOL_PUBLIC = 16,
    SOL_PRIVATE = 32,
    SOL_INTERNAL = 64,
    SOL_EXTERNAL = 128,
    SOL_PURE = 256,
    SOL_VIEW = 512,
    SOL_PAYABLE = 1024,
    SOL_CONSTANT = 2048,
    SOL_IMMUTABLE = 4096,
    SOL_STORAGE = 8192,
    SOL_MEMORY = 16384, /* or calldata */
    SOL_VALUED = 32768,
};

struct sol_node {
    uint8_t kind;
    uint16_t flags, height; /* levels below it */
    uint32_t word;
    uint32_t from, to; /* tokens */
    struct sol_node *first, *last, *next;
};

struct sol_file {
    const char *name; /* as it was named */
    struct text text;
    struct sol_tokens tokens;
    struct sol_node *tree;
    struct sol_faults faults;
    unsigned version; /* the lowest that its pragma takes, 0.MINOR.PATCH as 1000 MINOR + PATCH; 0: not said */
};

uint32_t sol_line(const struct sol_file *file, const struct sol_node *node);     /* of its first token */
uint32_t sol_end_line(const struct sol_file *file, const struct sol_node *node); /* of its last token */
struct text sol_source(const struct sol_file *file, const struct sol_node *node);
/* The child at a place, or of a kind; NULL: there is none. */
const struct sol_node *sol_child(const struct sol_node *node, size_t place);
const struct sol_node *sol_child_of(const struct sol_node *node, enum sol_kind kind);
/* The same tokens, whatever stands between them? */
bool sol_same(const struct sol_file *fa, const struct sol_node *a, const struct sol_file *fb, const struct sol_node *b);

#endif
