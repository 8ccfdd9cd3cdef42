/* Whether two bodies of text share a window of 25 bytes: the windows of one are held in a table, each different one
 * once, and those of the other are looked up. See world_telling.h. */
#include "measure/world/world_telling.h"

#include <string.h>

#define APART_BASE 0x9e3779b97f4a7c15u

struct apart {
    char (*window)[APART_WINDOW]; /* the different ones, in the order met */
    uint32_t *slot;               /* window + 1; 0: free */
    size_t n, capacity, mask;
    uint64_t top; /* what the oldest byte of a window weighs */
};

struct apart *world_apart_new(struct error *err) {
    struct apart *a = memory_zeroed(1, sizeof *a);
    if (!a) return error_memory(err, "window check"), NULL;
    a->top = 1;
    for (int i = 1; i < APART_WINDOW; i++) a->top *= APART_BASE;
    return a;
}

void world_apart_free(struct apart *a) {
    if (!a) return;
    memory_free(a->window);
    memory_free(a->slot);
    memory_free(a);
}

static uint64_t hash_of(const char *at) {
    uint64_t h = 0;
    for (int i = 0; i < APART_WINDOW; i++) h = h * APART_BASE + (unsigned char)at[i];
    return h;
}

static uint64_t roll(const struct apart *a, uint64_t h, const char *oldest) {
    return (h - (unsigned char)oldest[0] * a->top) * APART_BASE + (unsigned char)oldest[APART_WINDOW];
}

/* The slot that holds this window, or the free one where it belongs. */
static size_t slot_of(const struct apart *a, uint64_t hash, const char *at) {
    size_t s = (size_t)(hash ^ hash >> 31) & a->mask;
    while (a->slot[s] && memcmp(a->window[a->slot[s] - 1], at, APART_WINDOW) != 0) s = (s + 1) & a->mask;
    return s;
}

/* Room for twice as many windows; at most half of the slots are taken. */
static bool grow(struct apart *a, struct error *err) {
    size_t capacity = a->capacity ? 2 * a->capacity : (size_t)1 << 16;
    if (capacity > UINT32_MAX / 4) return error_memory(err, "window check");
    void *window = memory_grow(a->window, capacity, APART_WINDOW);
    if (!window) return error_memory(err, "window check");
    a->window = window;
    uint32_t *slot = memory_zeroed(2 * capacity, sizeof *slot);
    if (!slot) return error_memory(err, "window check");
    memory_free(a->slot);
    a->slot = slot, a->capacity = capacity, a->mask = 2 * capacity - 1;
    for (size_t i = 0; i < a->n; i++) slot[slot_of(a, hash_of(a->window[i]), a->window[i])] = (uint32_t)i + 1;
    return true;
}

bool world_apart_add(struct apart *a, struct text t, struct error *err) {
    if (t.len < APART_WINDOW) return true;
    uint64_t h = hash_of(t.at);
    for (size_t at = 0;; at++) {
        if (a->n == a->capacity && !grow(a, err)) return false;
        size_t s = slot_of(a, h, t.at + at);
        if (!a->slot[s]) {
            memcpy(a->window[a->n++], t.at + at, APART_WINDOW);
            a->slot[s] = (uint32_t)a->n;
        }
        if (at + APART_WINDOW == t.len) return true;
        h = roll(a, h, t.at + at);
    }
}

size_t world_apart_find(const struct apart *a, struct text t) {
    if (t.len < APART_WINDOW || !a->n) return SIZE_MAX;
    uint64_t h = hash_of(t.at);
    for (size_t at = 0;; at++) {
        if (a->slot[slot_of(a, h, t.at + at)]) return at;
        if (at + APART_WINDOW == t.len) return SIZE_MAX;
        h = roll(a, h, t.at + at);
    }
}
