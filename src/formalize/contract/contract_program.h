/* Several sources as one program: contracts with their bases in order (C3), functions, state variables, and what a name
 * means in a contract. Names of contracts are looked for in the same file, then in the files that it imports, then in
 * all. A base that is in none of the files is left out and told. */
#ifndef FORMALIZE_CONTRACT_CONTRACT_PROGRAM_H
#define FORMALIZE_CONTRACT_CONTRACT_PROGRAM_H

#include "formalize/contract/sol_parse.h"

struct sol_state {
    const struct sol_contract *contract;
    const struct sol_file *file;
    const struct sol_node *node, *type, *value; /* value: NULL */
    uint32_t word;
    bool sums;    /* added to or taken from somewhere: an amount */
    bool written; /* outside of its declaration and of constructors */
    bool grows;   /* an array that something is pushed to, or whose length is set */
    bool is_role; /* msg.sender is compared with it, or looked up in it, before something is done */
    bool opened;  /* written in a public function without such a test; with `passed` by contract_facts.h */
};

struct sol_function {
    const struct sol_contract *contract; /* NULL: of a file */
    const struct sol_file *file;
    const struct sol_node *node, *params, *body; /* body: NULL */
    uint32_t word;                               /* 0: constructor, fallback, receive */
    uint32_t index;                              /* among all of the program */
    bool is_constructor, is_modifier, is_entry;  /* is_entry: public or external, and no constructor */
    size_t n_params;
};

struct sol_contract {
    const struct sol_file *file;
    const struct sol_node *node;
    uint32_t word;
    struct sol_function *functions;
    struct sol_state *states;
    size_t n_functions, n_states, n_bases;
    const struct sol_contract **bases; /* as they are written; those that were found */
    const struct sol_contract **order; /* itself first */
    size_t n_order;
    uint32_t missing;                     /* the name of the first base that was not found; 0: none */
    bool tangled;                         /* its bases cannot be put in order: `order` is depth first */
    int visit;                            /* 1: being put in order, 2: is */
    const struct sol_contract *same_name; /* of another place */
};

struct sol_program {
    struct arena *arena;
    struct sol_names names;
    struct sol_file *files;
    size_t n_files, room_files;
    struct sol_contract *contracts;
    struct sol_function *free_functions;
    size_t n_contracts, n_free, n_functions; /* n_functions: of all */
    const struct sol_function **all;         /* by index */
    const struct sol_contract **named;       /* by word */
    uint8_t *imports;                        /* [n_files, n_files]: does one import the other, at any remove? */
    size_t n_named;
};

enum { CONTRACT_FILES_MOST = 2000, CONTRACT_BASES_MOST = 64 };
bool contract_program_init(struct sol_program *program, struct arena *arena, struct error *err) MUST_CHECK;
/* name and text are borrowed. ERROR_DATA: it is no source; the program stays as it was. */
bool contract_program_add(struct sol_program *program, struct text text, const char *name,
                          struct error *err) MUST_CHECK;
/* Once all files are there. */
bool contract_program_link(struct sol_program *program, struct error *err) MUST_CHECK;

const struct sol_contract *contract_find(const struct sol_program *program, const struct sol_file *file, uint32_t word);
/* Along the order of a contract; from: 0, or 1 for super. n_args SIZE_MAX: any. NULL: none. */
const struct sol_function *contract_function(const struct sol_contract *contract, size_t from, uint32_t word,
                                             size_t n_args, bool modifier);
const struct sol_function *contract_free_function(const struct sol_program *program, uint32_t word, size_t n_args);
const struct sol_state *contract_state(const struct sol_contract *contract, uint32_t word);
/* A declaration of this kind (struct, enum, event) along the order, or beside the contracts; NULL: none. */
const struct sol_node *contract_declared(const struct sol_program *program, const struct sol_contract *contract,
                                         const struct sol_file *file, enum sol_kind kind, uint32_t word);
/* Is file b imported by file a, directly or not? */
bool contract_imports(const struct sol_program *program, size_t a, size_t b);
/* Contract.name, or how the language calls one without a name. Borrowed from the arena. */
const char *contract_function_name(const struct sol_program *program, const struct sol_function *f, struct arena *arena,
                                   struct error *err);
const char *contract_function_kind(const struct sol_function *f);
/* Does arithmetic wrap around there by itself? */
bool contract_wraps(const struct sol_file *file);

#endif
