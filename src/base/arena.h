/* An arena owns many small allocations that die together: one per run, per batch, per item.
 * Not thread-safe: one arena belongs to one thread at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/error.h"

#include <stdint.h>

struct arena_block;
struct arena {
    struct arena_block *head;
    size_t used;  /* bytes handed out since the last reset */
    size_t limit; /* most bytes that may be handed out; a request beyond it fails */
};

/* limit 0: 1 GiB. Allocates nothing yet. */
void arena_init(struct arena *arena, size_t limit);
void arena_done(struct arena *arena);
/* Forgets everything and keeps the newest block for reuse. */
void arena_reset(struct arena *arena);

/* count x size zeroed bytes, aligned to 64. NULL (and err set) on overflow, over the limit, or out of memory. */
void *arena_alloc(struct arena *arena, size_t count, size_t size, struct error *err) MUST_CHECK;
#define arena_new(arena, type, count, err) ((type *)arena_alloc((arena), (count), sizeof(type), (err)))

/* A copy of n bytes with a zero behind them. */
char *arena_copy(struct arena *arena, const char *at, size_t n, struct error *err) MUST_CHECK;
char *arena_printf(struct arena *arena, struct error *err, const char *format, ...) PRINTF_LIKE(3, 4) MUST_CHECK;

/* For the torture tests: the n-th allocation from now fails (0: never). Counts arenas, buffers and file reads. */
void memory_fail_at(uint64_t n);
/* malloc, calloc, realloc that obey memory_fail_at; every module uses these, so that torture runs reach it. */
void *memory_alloc(size_t n) MUST_CHECK;
void *memory_zeroed(size_t count, size_t size) MUST_CHECK;
void *memory_grow(void *at, size_t count, size_t size) MUST_CHECK; /* realloc with checked multiplication */
void *memory_aligned(size_t alignment, size_t n) MUST_CHECK;
void memory_free(void *at);

#endif
