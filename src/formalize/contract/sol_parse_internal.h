/* What the files of the parser share. A failed allocation ends the reading: the token that is looked at is then the
 * last, and nodes are one that nobody keeps. */
#ifndef FORMALIZE_CONTRACT_SOL_PARSE_INTERNAL_H
#define FORMALIZE_CONTRACT_SOL_PARSE_INTERNAL_H

#include "formalize/contract/sol_parse.h"

struct sol_parser {
    struct sol_file *file;
    struct sol_names *names;
    struct arena *arena;
    struct error *err;
    uint32_t at;
    unsigned depth;
    bool dead, lost; /* out of memory; what stands here could not be read, and is not yet skipped */
    struct sol_node *slab, spare;
    size_t left; /* nodes of the slab */
};

/* ---- tokens */
const struct sol_token *sol_look(const struct sol_parser *p, uint32_t ahead);
bool sol_is_op(const struct sol_parser *p, uint32_t ahead, const char *op);
bool sol_is_word(const struct sol_parser *p, uint32_t ahead, uint32_t word);
bool sol_take_op(struct sol_parser *p, const char *op);
bool sol_take_word(struct sol_parser *p, uint32_t word);
/* Takes it, or is lost. */
void sol_want_op(struct sol_parser *p, const char *op);
/* Behind what opens with the bracket that stands here. */
void sol_skip_balanced(struct sol_parser *p);
/* Finds back: behind the next semicolon, or before the brace that ends what is around; tells a fault. */
void sol_recover(struct sol_parser *p, uint32_t from, const char *what);

/* ---- nodes */
struct sol_node *sol_open(struct sol_parser *p, enum sol_kind kind);
struct sol_node *sol_open_at(struct sol_parser *p, enum sol_kind kind, const struct sol_node *first);
void sol_add(struct sol_parser *p, struct sol_node *parent, struct sol_node *child);
struct sol_node *sol_close(struct sol_parser *p, struct sol_node *node);
struct sol_node *sol_none(struct sol_parser *p);
/* One level deeper: false beyond the most, and lost. */
bool sol_deeper(struct sol_parser *p);

/* ---- expressions, types */
struct sol_node *sol_expression(struct sol_parser *p);
struct sol_node *sol_type(struct sol_parser *p);
/* How many tokens a type takes that begins `ahead` of here; 0: none does. */
uint32_t sol_scan_type(const struct sol_parser *p, uint32_t ahead);
bool sol_is_elementary(const struct sol_parser *p, uint32_t ahead);
bool sol_is_location(const struct sol_parser *p, uint32_t ahead);
/* Arguments in brackets, as children; also {name: value}. */
void sol_arguments(struct sol_parser *p, struct sol_node *parent);
void sol_named(struct sol_parser *p, struct sol_node *parent);

/* ---- statements, declarations */
struct sol_node *sol_block(struct sol_parser *p);
struct sol_node *sol_params(struct sol_parser *p, enum sol_kind kind);
void sol_declarations(struct sol_parser *p, struct sol_node *file);

#endif
