/* Hash tables of the tokenizers: open addressing with linear probing, powers of two, at most half full. */
#include "lm/tokenizer/tokenizer_internal.h"

#include "base/hash.h"

#include <string.h>

bool text_table_init(struct text_table *table, size_t expected, struct error *err) {
    size_t capacity = 64;
    while (capacity < expected * 2) capacity *= 2;
    *table = (struct text_table){.capacity = capacity};
    table->slots = memory_zeroed(capacity, sizeof *table->slots);
    if (table->slots) return true;
    *table = (struct text_table){0};
    return error_memory(err, "token table");
}

void text_table_done(struct text_table *table) {
    memory_free(table->slots);
    *table = (struct text_table){0};
}

static struct text_slot *text_slot(const struct text_table *table, struct text key, uint32_t hash) {
    size_t i = hash & (table->capacity - 1);
    for (;; i = (i + 1) & (table->capacity - 1)) {
        struct text_slot *slot = &table->slots[i];
        if (!slot->at) return slot;
        if (slot->hash == hash && slot->len == key.len && memcmp(slot->at, key.at, key.len) == 0) return slot;
    }
}

static bool text_table_grow(struct text_table *table, struct error *err) {
    struct text_table more;
    if (!text_table_init(&more, table->capacity, err)) return false;
    for (size_t i = 0; i < table->capacity; i++) {
        const struct text_slot *old = &table->slots[i];
        if (old->at) *text_slot(&more, (struct text){old->at, old->len}, old->hash) = *old;
    }
    more.n = table->n;
    text_table_done(table);
    *table = more;
    return true;
}

bool text_table_put(struct text_table *table, struct text key, int32_t value, int32_t *old, struct error *err) {
    if (key.len > UINT32_MAX) return error_set(err, ERROR_DATA, "a token of %zu bytes", key.len);
    if (table->n * 2 >= table->capacity && !text_table_grow(table, err)) return false;
    uint32_t hash = (uint32_t)hash_xxh3(key.at, key.len);
    struct text_slot *slot = text_slot(table, key, hash);
    if (old) *old = slot->at ? slot->value : -1;
    if (slot->at) return true;
    *slot = (struct text_slot){key.at ? key.at : "", (uint32_t)key.len, hash, value};
    table->n++;
    return true;
}

int32_t text_table_get(const struct text_table *table, struct text key) {
    if (table->capacity == 0 || key.len > UINT32_MAX) return -1;
    const struct text_slot *slot = text_slot(table, key, (uint32_t)hash_xxh3(key.at, key.len));
    return slot->at ? slot->value : -1;
}

static struct merge *merge_slot(const struct merge_table *table, int32_t left, int32_t right) {
    uint64_t x = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9E3779B97F4A7C15u;
    size_t i = (size_t)(x >> 32) & (table->capacity - 1);
    for (;; i = (i + 1) & (table->capacity - 1)) {
        struct merge *m = &table->slots[i];
        if (m->left < 0 || (m->left == left && m->right == right)) return m;
    }
}

static bool merge_table_grow(struct merge_table *table, struct error *err) {
    struct merge_table more = {.capacity = table->capacity ? table->capacity * 2 : 1024, .n = table->n};
    more.slots = memory_grow(NULL, more.capacity, sizeof *more.slots);
    if (!more.slots) return error_memory(err, "merge table");
    for (size_t i = 0; i < more.capacity; i++) more.slots[i].left = -1;
    for (size_t i = 0; i < table->capacity; i++) {
        const struct merge *m = &table->slots[i];
        if (m->left >= 0) *merge_slot(&more, m->left, m->right) = *m;
    }
    memory_free(table->slots);
    *table = more;
    return true;
}

bool merge_table_put(struct merge_table *table, struct merge merge, struct error *err) {
    if (table->n * 2 >= table->capacity && !merge_table_grow(table, err)) return false;
    struct merge *slot = merge_slot(table, merge.left, merge.right);
    if (slot->left >= 0) return true;
    *slot = merge;
    table->n++;
    return true;
}

const struct merge *merge_table_get(const struct merge_table *table, int32_t left, int32_t right) {
    if (table->capacity == 0) return NULL;
    const struct merge *m = merge_slot(table, left, right);
    return m->left >= 0 ? m : NULL;
}

void merge_table_done(struct merge_table *table) {
    memory_free(table->slots);
    *table = (struct merge_table){0};
}
