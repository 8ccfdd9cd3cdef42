/* Arenas and the allocation functions under them: see arena.h. */
#include "base/arena.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN 64u
#define ARENA_BLOCK ((size_t)64 << 10)
#define ARENA_DEFAULT_LIMIT ((size_t)1 << 30)

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    _Alignas(64) unsigned char bytes[];
};

/* The one counter below cli/ that is not constant: it exists only so that tests can make allocations fail. */
static _Atomic uint64_t fail_countdown;

static bool must_fail(void) {
    uint64_t left = atomic_load_explicit(&fail_countdown, memory_order_relaxed);
    if (left == 0) return false;
    return atomic_fetch_sub(&fail_countdown, 1) == 1;
}

void memory_fail_at(uint64_t n) {
    atomic_store(&fail_countdown, n);
}

void *memory_alloc(size_t n) {
    return must_fail() ? NULL : malloc(n ? n : 1);
}

void *memory_zeroed(size_t count, size_t size) {
    return must_fail() ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *memory_grow(void *at, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || must_fail()) return NULL;
    return realloc(at, bytes ? bytes : 1);
}

void *memory_aligned(size_t alignment, size_t n) {
    void *at = NULL;
    if (must_fail() || posix_memalign(&at, alignment, n ? n : 1) != 0) return NULL;
    return at;
}

void memory_free(void *at) {
    free(at);
}

void arena_init(struct arena *arena, size_t limit) {
    *arena = (struct arena){.limit = limit ? limit : ARENA_DEFAULT_LIMIT};
}

void arena_done(struct arena *arena) {
    for (struct arena_block *b = arena->head, *next; b; b = next) {
        next = b->next;
        memory_free(b);
    }
    arena->head = NULL;
    arena->used = 0;
}

void arena_reset(struct arena *arena) {
    struct arena_block *keep = arena->head;
    if (keep) {
        struct arena_block *rest = keep->next;
        keep->next = NULL;
        keep->used = 0;
        arena->head = rest;
        arena_done(arena);
        arena->head = keep;
    }
    arena->used = 0;
}

static struct arena_block *block_new(size_t need) {
    size_t size = need > ARENA_BLOCK ? need : ARENA_BLOCK, bytes;
    if (__builtin_add_overflow(size, sizeof(struct arena_block), &bytes)) return NULL;
    struct arena_block *b = memory_aligned(ARENA_ALIGN, bytes);
    if (b) *b = (struct arena_block){.size = size};
    return b;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size, struct error *err) {
    size_t n;
    if (__builtin_mul_overflow(count, size, &n) || n > SIZE_MAX - ARENA_ALIGN || n + ARENA_ALIGN > arena->limit ||
        arena->used > arena->limit - n - ARENA_ALIGN) {
        error_set(err, ERROR_ENVIRONMENT, "out of memory: %zu x %zu bytes asked for, %zu of %zu in use", count, size,
                  arena->used, arena->limit);
        return NULL;
    }
    n = (n + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (n == 0) n = ARENA_ALIGN;
    struct arena_block *b = arena->head;
    if (!b || b->size - b->used < n) {
        b = block_new(n);
        if (!b) return error_memory(err, "arena block"), NULL;
        b->next = arena->head;
        arena->head = b;
    }
    void *at = b->bytes + b->used;
    b->used += n;
    arena->used += n;
    return memset(at, 0, n);
}

char *arena_copy(struct arena *arena, const char *at, size_t n, struct error *err) {
    if (n == SIZE_MAX) return error_memory(err, "text"), NULL;
    char *copy = arena_alloc(arena, n + 1, 1, err);
    if (copy && n) memcpy(copy, at, n);
    return copy;
}

char *arena_printf(struct arena *arena, struct error *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) return error_memory(err, "formatted text"), NULL;
    char *at = arena_alloc(arena, (size_t)n + 1, 1, err);
    if (!at) return NULL;
    va_start(args, format);
    vsnprintf(at, (size_t)n + 1, format, args);
    va_end(args);
    return at;
}
