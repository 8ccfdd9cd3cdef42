/* Pages of keys and values: taken, marked, swept. See engine_internal.h. Pages that were given back are kept for reuse;
 * the store never holds more than its limit. */
#include "lm/engine/engine_internal.h"

#include <string.h>

bool kv_init(struct kv_store *kv, const struct lm_shape *shape, size_t bytes, struct error *err) {
    *kv = (struct kv_store){0};
    size_t floats;
    if (__builtin_mul_overflow(shape->kv_heads, shape->head_size, &floats) ||
        __builtin_mul_overflow(floats, (size_t)PAGE, &kv->key_floats) ||
        __builtin_mul_overflow(kv->key_floats, (size_t)2, &kv->layer_floats) ||
        __builtin_mul_overflow(kv->layer_floats, shape->layers, &kv->floats) || !kv->floats ||
        kv->floats > SIZE_MAX / sizeof(float))
        return error_set(err, ERROR_DATA, "keys and values of %zu layers, %zu heads of %zu do not fit into memory",
                         shape->layers, shape->kv_heads, shape->head_size);
    kv->most = (bytes ? bytes : (size_t)1 << 30) / (kv->floats * sizeof(float));
    return true;
}

static void page_free(struct kv_page *page) {
    if (page) memory_free(page->values);
    memory_free(page);
}

void kv_done(struct kv_store *kv) {
    for (size_t i = 0; i < kv->n_live; i++) page_free(kv->live[i]);
    for (size_t i = 0; i < kv->n_spare; i++) page_free(kv->spare[i]);
    memory_free(kv->live);
    memory_free(kv->spare);
    *kv = (struct kv_store){0};
}

size_t kv_room(const struct kv_store *kv) {
    return kv->most - kv->n_live;
}

/* Both lists can hold every page there is, so that sweeping cannot fail. */
static bool grow(struct kv_store *kv, struct error *err) {
    size_t capacity = kv->capacity ? kv->capacity * 2 : 64;
    struct kv_page **live = memory_grow(kv->live, capacity, sizeof *live);
    if (live) kv->live = live;
    struct kv_page **spare = live ? memory_grow(kv->spare, capacity, sizeof *spare) : NULL;
    if (spare) kv->spare = spare;
    if (!live || !spare) return error_memory(err, "lists of key and value pages");
    kv->capacity = capacity;
    return true;
}

static struct kv_page *page_new(struct kv_store *kv, struct error *err) {
    if (kv->n_live + kv->n_spare == kv->capacity && !grow(kv, err)) return NULL;
    struct kv_page *page = memory_zeroed(1, sizeof *page);
    if (page) page->values = memory_aligned(64, kv->floats * sizeof(float));
    if (page && page->values) return page;
    page_free(page);
    error_memory(err, "a page of keys and values");
    return NULL;
}

struct kv_page *kv_take(struct kv_store *kv, struct kv_page *parent, struct error *err) {
    if (kv->n_live >= kv->most) {
        error_set(
            err, ERROR_ENVIRONMENT,
            "keys and values need more than %zu bytes (%zu pages of %d positions); allow more memory for them, or "
            "ask for fewer or shorter sequences at once",
            kv->most * kv->floats * sizeof(float), kv->most, PAGE);
        return NULL;
    }
    struct kv_page *page = kv->n_spare ? kv->spare[--kv->n_spare] : page_new(kv, err);
    if (!page) return NULL;
    float *values = page->values;
    *page = (struct kv_page){.parent = parent, .index = parent ? parent->index + 1 : 0, .values = values};
    for (size_t i = 0; i < PAGE; i++) page->pending[i] = -1;
    kv->live[kv->n_live++] = page;
    return page;
}

void kv_keep(struct kv_page *last) {
    for (; last && !last->kept; last = last->parent) last->kept = true;
}

void kv_keep_path(struct kv_page **path, size_t n) {
    struct kv_page *last = n ? path[n - 1] : NULL;
    for (struct kv_page *page = last; page; page = page->parent)
        for (size_t i = page->index * PAGE; i < (page->index + 1) * PAGE && i < n; i++) path[i] = page;
    kv_keep(last);
}

void kv_hold(struct kv_page *page, size_t places) {
    page->holders++;
    if (page->held < places) page->held = places;
}

void kv_let_go(struct kv_page *page) {
    if (--page->holders == 0) page->held = 0;
}

void kv_cut(struct kv_page *page, size_t places) {
    page->filled = places > page->held ? places : page->held;
}

void kv_sweep(struct kv_store *kv) {
    size_t n = 0;
    for (size_t i = 0; i < kv->n_live; i++) {
        struct kv_page *page = kv->live[i];
        if (page->holders && !page->kept) page->filled = page->held;
        if (page->kept || page->holders)
            kv->live[n++] = page;
        else
            kv->spare[kv->n_spare++] = page;
        page->kept = false;
    }
    kv->n_live = n;
}
