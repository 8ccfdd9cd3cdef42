/* The leak check: of each prompt the last 40 bytes are hashed (a polynomial with an odd base modulo 2^64); a window of
 * the same length rolls over every training text; a hit is compared byte by byte with the whole prompt, so the answer
 * is exact. */
#include "measure/world/world_internal.h"

#include <string.h>

#define LEAK_BASE 0x9e3779b97f4a7c15u

struct prompt {
    struct text id, t;
    uint64_t hash;
    uint32_t next; /* of the same slot, +1; 0: the last */
};

struct leaks {
    struct arena arena;
    struct prompt *prompt;
    size_t n, capacity;
    uint32_t *slot; /* first prompt, +1 */
    size_t mask;
    uint64_t top; /* LEAK_BASE to the power LEAK_WINDOW - 1: what the oldest byte weighs */
};

struct leaks *world_leaks_new(struct error *err) {
    struct leaks *l = memory_zeroed(1, sizeof *l);
    if (!l) return error_memory(err, "leak check"), NULL;
    arena_init(&l->arena, (size_t)1 << 30);
    l->top = 1;
    for (int i = 1; i < LEAK_WINDOW; i++) l->top *= LEAK_BASE;
    return l;
}

void world_leaks_free(struct leaks *l) {
    if (!l) return;
    memory_free(l->prompt);
    arena_done(&l->arena);
    memory_free(l);
}

static uint64_t window_hash(const char *at) {
    uint64_t h = 0;
    for (int i = 0; i < LEAK_WINDOW; i++) h = h * LEAK_BASE + (unsigned char)at[i];
    return h;
}

static size_t slot_of(const struct leaks *l, uint64_t hash) {
    return (size_t)(hash ^ hash >> 29) & l->mask;
}

bool world_leaks_add(struct leaks *l, struct text id, struct text prompt, struct error *err) {
    if (prompt.len < LEAK_WINDOW) return true;
    if (l->n == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 1024;
        struct prompt *grown = capacity < UINT32_MAX ? memory_grow(l->prompt, capacity, sizeof *grown) : NULL;
        if (!grown) return error_memory(err, "leak check");
        l->prompt = grown, l->capacity = capacity;
    }
    struct prompt p = {.hash = window_hash(prompt.at + prompt.len - LEAK_WINDOW)};
    char *id_copy = text_copy(&l->arena, id, err), *copy = id_copy ? text_copy(&l->arena, prompt, err) : NULL;
    if (!copy) return false;
    p.id = (struct text){id_copy, id.len}, p.t = (struct text){copy, prompt.len};
    l->prompt[l->n++] = p;
    return true;
}

bool world_leaks_close(struct leaks *l, struct error *err) {
    size_t slots = 1024;
    while (slots < 4 * l->n) slots *= 2;
    if (!(l->slot = arena_new(&l->arena, uint32_t, slots, err))) return false;
    l->mask = slots - 1;
    for (size_t i = 0; i < l->n; i++) {
        uint32_t *first = &l->slot[slot_of(l, l->prompt[i].hash)];
        l->prompt[i].next = *first;
        *first = (uint32_t)i + 1;
    }
    return true;
}

size_t world_leaks_prompts(const struct leaks *l) {
    return l->n;
}

bool world_leaks_find(const struct leaks *l, struct text t, struct text *id, size_t *at) {
    if (t.len < LEAK_WINDOW || l->n == 0) return false;
    uint64_t h = window_hash(t.at);
    for (size_t end = LEAK_WINDOW;; end++) {
        for (uint32_t i = l->slot[slot_of(l, h)]; i; i = l->prompt[i - 1].next) {
            const struct prompt *p = &l->prompt[i - 1];
            if (p->hash != h || p->t.len > end || memcmp(t.at + end - p->t.len, p->t.at, p->t.len) != 0) continue;
            *id = p->id, *at = end - p->t.len;
            return true;
        }
        if (end == t.len) return false;
        h = (h - (unsigned char)t.at[end - LEAK_WINDOW] * l->top) * LEAK_BASE + (unsigned char)t.at[end];
    }
}
