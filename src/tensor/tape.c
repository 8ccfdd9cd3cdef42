/* The tape: memory, nodes, gradients, and the walk back. Operations: tape_*.c; contract: tape.h.
 *
 * Memory comes in chunks that are kept between steps and filled in the same order, so a step like the one before finds
 * every array at its old place; chunks that add up to twice what any step needed are given back. Gradients of results
 * are taken when the first contribution comes and given back as soon as their node has used them. */
#include "tensor/tape_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define TAPE_ALIGN 64u
#define TAPE_CHUNK ((size_t)4 << 20)
#define TAPE_PAGE ((size_t)2 << 20)

size_t tensor_size(const struct tensor *t) {
    size_t n = 1;
    for (size_t i = 0; i < t->dims; i++) n *= t->shape[i];
    return n;
}

struct tape *tape_new(struct pool *pool, enum matmul_type type, size_t max_bytes, struct error *err) {
    struct tape *tape = memory_zeroed(1, sizeof *tape);
    if (!tape) return error_memory(err, "tape"), NULL;
    tape->pool = pool;
    tape->threads = pool ? pool_threads(pool) : 1;
    tape->type = type;
    tape->operand = operand_of(type);
    tape->max_bytes = max_bytes;
    matmul_space_init(&tape->space, tape->threads);
    return tape;
}

static void chunks_free(struct tape *tape) {
    while (tape->chunks) {
        struct chunk *chunk = tape->chunks;
        tape->chunks = chunk->next;
        memory_free(chunk->bytes);
        memory_free(chunk);
    }
    tape->current = NULL;
    tape->reserved = 0;
}

void tape_free(struct tape *tape) {
    if (!tape) return;
    chunks_free(tape);
    while (tape->ropes) {
        struct rope_table *table = tape->ropes;
        tape->ropes = table->next;
        memory_free(table->cosines);
        memory_free(table->sines);
        memory_free(table);
    }
    matmul_space_done(&tape->space);
    memory_free(tape->scratch);
    memory_free(tape);
}

/* Appended behind the current chunk, which is the last one, and made current. */
static struct chunk *chunk_new(struct tape *tape, size_t bytes, struct error *err) {
    struct chunk *chunk = memory_zeroed(1, sizeof *chunk);
    if (chunk) chunk->bytes = memory_aligned(TAPE_PAGE, bytes);
    if (!chunk || !chunk->bytes) {
        memory_free(chunk);
        return error_memory(err, "activations of a tape"), NULL;
    }
#ifdef MADV_HUGEPAGE
    /* Only advice: large pages halve the time of the first touch. Nothing depends on its success. */
    (void)madvise(chunk->bytes, bytes / TAPE_PAGE * TAPE_PAGE, MADV_HUGEPAGE);
#endif
    chunk->size = bytes;
    if (tape->current)
        tape->current->next = chunk;
    else
        tape->chunks = chunk;
    tape->current = chunk;
    tape->reserved += bytes;
    return chunk;
}

void tape_reset(struct tape *tape) {
    tape->last = NULL;
    tape->spares = NULL;
    tape->used = 0;
    if (tape->reserved > 2 * tape->peak) {
        chunks_free(tape);
        tape->peak = 0;
    }
    for (struct chunk *chunk = tape->chunks; chunk; chunk = chunk->next) chunk->used = 0;
    tape->current = tape->chunks;
}

size_t tape_bytes(const struct tape *tape) {
    return tape->used;
}

void *tape_take(struct tape *tape, size_t count, size_t size, struct error *err) {
    size_t n;
    if (__builtin_mul_overflow(count, size, &n) || n > tape->max_bytes || tape->used > tape->max_bytes - n) {
        error_set(
            err, ERROR_ENVIRONMENT,
            "out of memory: the tape holds %zu of at most %zu bytes and %zu x %zu more are needed; use smaller batches "
            "or a larger limit",
            tape->used, tape->max_bytes, count, size);
        return NULL;
    }
    n = (n + TAPE_ALIGN - 1) / TAPE_ALIGN * TAPE_ALIGN;
    if (n == 0) n = TAPE_ALIGN;
    while (tape->current && tape->current->size - tape->current->used < n && tape->current->next)
        tape->current = tape->current->next;
    if (!tape->current || tape->current->size - tape->current->used < n) {
        size_t like = tape->reserved / 4 > TAPE_CHUNK ? tape->reserved / 4 : TAPE_CHUNK;
        if (!chunk_new(tape, n > like ? n : like, err)) return NULL;
    }
    void *at = tape->current->bytes + tape->current->used;
    tape->current->used += n;
    tape->used += n;
    if (tape->used > tape->peak) tape->peak = tape->used;
    return at;
}

void *tape_scratch(struct tape *tape, size_t bytes, struct error *err) {
    if (bytes > tape->scratch_size) {
        memory_free(tape->scratch);
        tape->scratch_size = 0;
        tape->scratch = memory_aligned(TAPE_ALIGN, bytes);
        if (!tape->scratch) return error_memory(err, "scratch of a tape"), NULL;
        tape->scratch_size = bytes;
    }
    return tape->scratch;
}

struct variable *variable_of(struct tensor *t) {
    return (struct variable *)t;
}

static bool shape_set(struct tensor *t, size_t dims, const size_t *shape, struct error *err) {
    if (dims > TENSOR_DIMS)
        return error_set(err, ERROR_DATA, "a tensor has at most %d dimensions, not %zu", TENSOR_DIMS, dims);
    size_t n = sizeof(float);
    t->dims = dims;
    for (size_t i = 0; i < dims; i++) {
        t->shape[i] = shape[i];
        if (__builtin_mul_overflow(n, shape[i], &n))
            return error_set(err, ERROR_DATA, "the shape of a tensor is too large");
    }
    return true;
}

static struct variable *variable_new(struct tape *tape, size_t dims, const size_t *shape, struct error *err) {
    struct variable *v = tape_take(tape, 1, sizeof *v, err);
    if (!v) return NULL;
    *v = (struct variable){.tape = tape};
    return shape_set(&v->tensor, dims, shape, err) ? v : NULL;
}

struct variable *tape_result(struct tape *tape, size_t dims, const size_t *shape, struct variable *const in[3],
                             struct error *err) {
    struct variable *v = variable_new(tape, dims, shape, err);
    if (!v) return NULL;
    v->tensor.data = tape_take(tape, tensor_size(&v->tensor), sizeof(float), err);
    if (!v->tensor.data) return NULL;
    for (size_t i = 0; i < 3; i++) v->needs = v->needs || (in[i] && in[i]->needs);
    return v;
}

struct tensor *tape_append(struct tape *tape, const char *op, tape_back *back, struct variable *out,
                           struct variable *const in[3], void *context, struct error *err) {
    if (!out->needs) return &out->tensor;
    struct node *node = tape_take(tape, 1, sizeof *node, err);
    if (!node) return NULL;
    *node = (struct node){
        .before = tape->last, .back = back, .op = op, .out = out, .in = {in[0], in[1], in[2]}, .context = context};
    tape->last = node;
    return &out->tensor;
}

struct tensor *tape_constant(struct tape *tape, const float *data, size_t dims, const size_t *shape,
                             struct error *err) {
    struct variable *v = tape_result(tape, dims, shape, (struct variable *const[3]){NULL, NULL, NULL}, err);
    if (!v) return NULL;
    size_t n = tensor_size(&v->tensor);
    if (n) memcpy(v->tensor.data, data, n * sizeof *data);
    return &v->tensor;
}

struct variable *tape_leaf(struct tape *tape, struct parameter *p, struct error *err) {
    struct variable *v = variable_new(tape, p->value.dims, p->value.shape, err);
    if (!v) return NULL;
    v->leaf = true;
    v->needs = !p->frozen && p->value.grad;
    v->tensor.data = p->value.data;
    v->tensor.grad = v->needs ? p->value.grad : NULL;
    return v;
}

struct tensor *tape_parameter(struct tape *tape, struct parameter *p, struct error *err) {
    struct variable *v = tape_leaf(tape, p, err);
    return v ? &v->tensor : NULL;
}

static size_t gradient_bytes(const struct variable *v) {
    size_t bytes = (tensor_size(&v->tensor) * sizeof(float) + TAPE_ALIGN - 1) / TAPE_ALIGN * TAPE_ALIGN;
    return bytes ? bytes : TAPE_ALIGN;
}

static float *gradient_take(struct tape *tape, size_t bytes, struct error *err) {
    for (struct spare **at = &tape->spares; *at; at = &(*at)->next) {
        if ((*at)->bytes != bytes) continue;
        struct spare *spare = *at;
        *at = spare->next;
        return (float *)(void *)spare;
    }
    return tape_take(tape, 1, bytes, err);
}

static void gradient_give(struct tape *tape, struct variable *v) {
    struct spare *spare = (struct spare *)(void *)v->gradient;
    *spare = (struct spare){.next = tape->spares, .bytes = gradient_bytes(v)};
    tape->spares = spare;
    v->gradient = NULL;
    v->tensor.grad = NULL;
}

bool tape_sink(struct tape *tape, struct variable *v, struct sink *sink, struct error *err) {
    *sink = (struct sink){0};
    if (!v || !v->needs) return true;
    if (v->leaf) {
        *sink = (struct sink){v->tensor.grad, true};
        return true;
    }
    sink->add = v->gradient != NULL;
    if (!v->gradient) v->gradient = v->tensor.grad = gradient_take(tape, gradient_bytes(v), err);
    sink->at = v->gradient;
    return sink->at != NULL;
}

static double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void profile_add(struct tape *tape, const char *op, double seconds) {
    size_t i = 0;
    while (i < tape->n_profile && strcmp(tape->profile[i].op, op) != 0) i++;
    if (i == TAPE_OPS_MOST) return;
    if (i == tape->n_profile) tape->profile[tape->n_profile++] = (struct tape_profile){.op = op};
    tape->profile[i].seconds += seconds;
    tape->profile[i].calls++;
}

size_t tape_profile_read(const struct tape *tape, struct tape_profile out[TAPE_OPS_MOST]) {
    for (size_t i = 0; i < tape->n_profile; i++) out[i] = tape->profile[i];
    return tape->n_profile;
}

void tape_profile_clear(struct tape *tape) {
    tape->n_profile = 0;
}

bool tape_backward(struct tape *tape, struct tensor *root, struct error *err) {
    struct variable *v = variable_of(root);
    char shape[96];
    if (tensor_size(root) != 1)
        return error_set(err, ERROR_DATA, "backward: the root must have one element, not %s",
                         tensor_shape_text(root, shape));
    struct sink sink;
    if (!tape_sink(tape, v, &sink, err)) return false;
    if (!sink.at) return true;
    sink.at[0] = sink.add ? sink.at[0] + 1.0f : 1.0f;
    bool ok = true;
    for (struct node *node = tape->last; node; node = node->before) {
        if (!node->out->gradient) continue;
        double start = seconds_now();
        ok = ok && node->back(tape, node, node->out->gradient, err);
        profile_add(tape, node->op, seconds_now() - start);
        gradient_give(tape, node->out);
    }
    return ok;
}

struct each {
    size_t n, piece;
    tape_piece *work;
    void *context;
};

static void each_part(void *context, size_t part, size_t worker) {
    (void)worker;
    struct each *e = context;
    size_t from = part * e->piece, to = from + e->piece < e->n ? from + e->piece : e->n;
    e->work(e->context, from, to);
}

void tape_each(struct tape *tape, size_t n, size_t piece, tape_piece *work, void *context) {
    struct each e = {.n = n, .piece = piece, .work = work, .context = context};
    product_deal(tape->pool, (n + piece - 1) / piece, each_part, &e);
}

const char *tensor_shape_text(const struct tensor *t, char out[96]) {
    size_t at = 0;
    out[at++] = '[';
    for (size_t i = 0; i < t->dims && at < 90; i++) {
        int n = snprintf(out + at, 92 - at, "%s%zu", i ? ", " : "", t->shape[i]);
        if (n < 0 || (size_t)n >= 92 - at) break;
        at += (size_t)n;
    }
    out[at++] = ']';
    out[at] = 0;
    return out;
}

bool tape_check_matrix(const struct tape *tape, const struct tensor *t, const char *op, const char *what,
                       struct error *err) {
    char shape[96];
    if (!t) return error_set(err, ERROR_DATA, "%s: '%s' is missing", op, what);
    if (((const struct variable *)t)->tape != tape)
        return error_set(err, ERROR_DATA, "%s: '%s' belongs to another tape", op, what);
    if (t->dims != 2)
        return error_set(err, ERROR_DATA, "%s: '%s' has shape %s, expected two dimensions", op, what,
                         tensor_shape_text(t, shape));
    return true;
}

bool tape_check_same(const struct tensor *a, const struct tensor *b, const char *op, struct error *err) {
    char first[96], second[96];
    bool same = a->dims == b->dims;
    for (size_t i = 0; same && i < a->dims; i++) same = a->shape[i] == b->shape[i];
    return same || error_set(err, ERROR_DATA, "%s: the shapes %s and %s differ", op, tensor_shape_text(a, first),
                             tensor_shape_text(b, second));
}
