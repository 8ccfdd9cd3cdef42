/* Rotary position embedding: see tape.h. The gradient is the rotation by the opposite angle. Angles come from a table
 * that the tape keeps between steps, computed in f64. */
#include "tensor/tape_internal.h"

#include <math.h>
#include <string.h>

#define ROPE_ROWS 64u
#define ROPE_POSITIONS (1 << 24) /* most positions of a table */

struct rope {
    const float *from;
    float *to;
    bool add, interleaved;
    float direction; /* 1 forward, -1 back */
    size_t heads, size;
    const int32_t *positions;
    const struct rope_table *table;
};

static bool table_grow(struct rope_table *table, size_t n, struct error *err) {
    size_t half = table->size / 2;
    float *cosines = memory_grow(table->cosines, n * half, sizeof *cosines);
    if (cosines) table->cosines = cosines;
    float *sines = memory_grow(table->sines, n * half, sizeof *sines);
    if (sines) table->sines = sines;
    if (!cosines || !sines) return error_memory(err, "table of rotations");
    for (size_t i = 0; i < half; i++) {
        double frequency = pow(table->base, -2.0 * (double)i / (double)table->size);
        for (size_t p = table->n; p < n; p++) {
            cosines[p * half + i] = (float)cos((double)p * frequency);
            sines[p * half + i] = (float)sin((double)p * frequency);
        }
    }
    table->n = n;
    return true;
}

/* A table for positions below n; it grows by doubling. */
static const struct rope_table *table_for(struct tape *tape, float base, size_t size, size_t n, struct error *err) {
    struct rope_table *table = tape->ropes;
    while (table && (table->base != base || table->size != size)) table = table->next;
    if (!table) {
        table = memory_zeroed(1, sizeof *table);
        if (!table) return error_memory(err, "table of rotations"), NULL;
        *table = (struct rope_table){.next = tape->ropes, .base = base, .size = size};
        tape->ropes = table;
    }
    if (n > table->n) {
        size_t most = 2 * table->n > n ? 2 * table->n : n;
        if (!table_grow(table, most, err)) return NULL;
    }
    return table;
}

static void rotate_head(const struct rope *r, const float *from, float *to, const float *cosines, const float *sines) {
    size_t half = r->size / 2, step = r->interleaved ? 2 : 1, other = r->interleaved ? 1 : half;
    for (size_t i = 0; i < half; i++) {
        float c = cosines[i], s = sines[i] * r->direction;
        float a = from[i * step], b = from[i * step + other];
        float x = a * c - b * s, y = a * s + b * c;
        to[i * step] = r->add ? to[i * step] + x : x;
        to[i * step + other] = r->add ? to[i * step + other] + y : y;
    }
}

static void rotate_rows(void *context, size_t from, size_t to) {
    const struct rope *r = context;
    for (size_t i = from; i < to; i++) {
        size_t half = r->size / 2, angle = (size_t)r->positions[i] * half;
        for (size_t h = 0; h < r->heads; h++) {
            size_t at = (i * r->heads + h) * r->size;
            rotate_head(r, r->from + at, r->to + at, r->table->cosines + angle, r->table->sines + angle);
        }
    }
}

static bool rope_back(struct tape *tape, struct node *node, const float *g, struct error *err) {
    struct rope *r = node->context;
    struct sink sink;
    if (!tape_sink(tape, node->in[0], &sink, err)) return false;
    if (!sink.at) return true;
    r->from = g, r->to = sink.at, r->add = sink.add, r->direction = -1.0f;
    tape_each(tape, node->out->tensor.shape[0], ROPE_ROWS, rotate_rows, r);
    return true;
}

struct tensor *tape_rope(struct tape *tape, struct tensor *x, size_t heads, size_t size, const int32_t *positions,
                         float base, bool interleaved, struct error *err) {
    char shape[96];
    if (!tape_check_matrix(tape, x, "rope", "x", err)) return NULL;
    if (size == 0 || size % 2 || heads == 0 || x->shape[1] % size || x->shape[1] / size != heads) {
        error_set(err, ERROR_DATA, "rope: x has shape %s, expected [n, %zu heads * %zu] with an even head size",
                  tensor_shape_text(x, shape), heads, size);
        return NULL;
    }
    size_t n = x->shape[0], most = 0;
    for (size_t i = 0; i < n; i++) {
        if (positions[i] < 0 || positions[i] >= ROPE_POSITIONS) {
            error_set(err, ERROR_DATA, "rope: position %zu is %d, expected 0 to %d", i, (int)positions[i],
                      ROPE_POSITIONS - 1);
            return NULL;
        }
        if ((size_t)positions[i] >= most) most = (size_t)positions[i] + 1;
    }
    const struct rope_table *table = table_for(tape, base, size, most, err);
    struct variable *in[3] = {variable_of(x), NULL, NULL};
    struct rope *r = table ? tape_take(tape, 1, sizeof *r, err) : NULL;
    int32_t *copy = r ? tape_take(tape, n, sizeof *copy, err) : NULL;
    struct variable *out = copy ? tape_result(tape, 2, x->shape, in, err) : NULL;
    if (!out) return NULL;
    if (n) memcpy(copy, positions, n * sizeof *copy);
    *r = (struct rope){.from = x->data,
                       .to = out->tensor.data,
                       .interleaved = interleaved,
                       .direction = 1.0f,
                       .heads = heads,
                       .size = size,
                       .positions = copy,
                       .table = table};
    tape_each(tape, n, ROPE_ROWS, rotate_rows, r);
    return tape_append(tape, "rope", rope_back, out, in, r, err);
}
