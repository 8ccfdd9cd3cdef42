/* What reading (gate_parse.c) and judging (gate.c) of gates share. */
#ifndef MEASURE_GATE_INTERNAL_H
#define MEASURE_GATE_INTERNAL_H

#include "measure/figure/gate.h"

enum gate_kind { GATE_AND, GATE_OR, GATE_NOT, GATE_COMPARISON };
enum gate_operator { GATE_AT_LEAST, GATE_AT_MOST, GATE_ABOVE, GATE_BELOW, GATE_EQUAL, GATE_UNEQUAL };

struct gate_operand {
    bool is_number, difference;
    double number;
    struct text name, place; /* place empty: every task */
    size_t column;
};

struct gate_node {
    enum gate_kind kind;
    const struct gate_node *left, *right; /* of a comparison NULL; right of NOT NULL */
    enum gate_operator operator;
    struct gate_operand a, b;
    const char *text; /* of a comparison: as written */
};

struct gate {
    const struct gate_node *root;
    bool uses_difference;
};

/* gate_find.c: the figures that an operand names, of which there is at least one; on the arena. */
bool gate_find(const struct gate_operand *operand, const struct gate_figures *figures, struct arena *arena,
               const struct figure ***out, size_t *n, struct error *err) MUST_CHECK;

#endif
