/* A table with open addressing: see text_set.h. */
#include "set/text_set.h"

#include "base/hash.h"

#include <string.h>

enum { SLOTS_FIRST = 256 };

void text_set_init(struct text_set *set, size_t most) {
    *set = (struct text_set){.most = most};
}

void text_set_done(struct text_set *set) {
    memory_free(set->text);
    memory_free(set->slot);
    *set = (struct text_set){0};
}

static size_t place(const struct text_set *set, struct text t) {
    size_t at = hash_xxh3(t.at, t.len) & (set->slots - 1);
    while (set->slot[at] && !text_equal_c(t, set->text[set->slot[at] - 1])) at = (at + 1) & (set->slots - 1);
    return at;
}

uint32_t text_set_find(const struct text_set *set, struct text t) {
    size_t at = set->slots ? place(set, t) : 0;
    return set->slots && set->slot[at] ? set->slot[at] - 1 : UINT32_MAX;
}

/* At most half of the slots are taken, so that every search ends. */
static bool grow(struct text_set *set, struct error *err) {
    if (set->n == set->room) {
        size_t room = set->room ? 2 * set->room : SLOTS_FIRST / 2;
        const char **text = memory_grow(set->text, room, sizeof *text);
        if (!text) return error_memory(err, "table of texts");
        set->text = text;
        set->room = room;
    }
    if (2 * (set->n + 1) <= set->slots) return true;
    size_t slots = set->slots ? 2 * set->slots : SLOTS_FIRST;
    uint32_t *slot = memory_zeroed(slots, sizeof *slot);
    if (!slot) return error_memory(err, "table of texts");
    memory_free(set->slot);
    set->slot = slot;
    set->slots = slots;
    for (size_t i = 0; i < set->n; i++) set->slot[place(set, text_of(set->text[i]))] = (uint32_t)i + 1;
    return true;
}

bool text_set_add(struct text_set *set, struct text t, struct arena *arena, uint32_t *number, struct error *err) {
    *number = text_set_find(set, t);
    if (*number != UINT32_MAX) return true;
    if (set->n >= set->most) return error_set(err, ERROR_DATA, "more than %zu different texts", set->most);
    if (memchr(t.at ? t.at : "", 0, t.len)) return error_set(err, ERROR_DATA, "a zero byte in a text");
    if (!grow(set, err)) return false;
    const char *copy = text_copy(arena, t, err);
    if (!copy) return false;
    set->text[set->n] = copy;
    *number = (uint32_t)set->n++;
    set->slot[place(set, t)] = *number + 1;
    return true;
}
