/* Names by hashing: see agent_internal.h. */
#include "measure/fusion/agent_internal.h"

#include "base/hash.h"

#include <string.h>

/* The slot of a name, or the free one where it would stand. */
static size_t slot_of(const struct agent_names *names, struct text name) {
    size_t s = (size_t)hash_xxh3(name.at, name.len) & (names->slots - 1);
    while (names->slot[s] && !text_equal(names->at[names->slot[s] - 1], name)) s = (s + 1) & (names->slots - 1);
    return s;
}

static bool grow(struct agent_names *names, struct error *err) {
    size_t capacity = names->capacity ? 2 * names->capacity : 64;
    struct text *at = memory_grow(names->at, capacity, sizeof *at);
    if (at) names->at = at;
    uint32_t *slot = at ? memory_zeroed(2 * capacity, sizeof *slot) : NULL;
    if (!slot) return error_memory(err, "names");
    memory_free(names->slot);
    names->slot = slot;
    names->slots = 2 * capacity;
    names->capacity = capacity;
    for (size_t i = 0; i < names->n; i++) slot[slot_of(names, names->at[i])] = (uint32_t)(i + 1);
    return true;
}

bool agent_names_find(const struct agent_names *names, struct text name, size_t *out) {
    if (!names->slots) return false;
    size_t s = slot_of(names, name);
    if (names->slot[s]) *out = names->slot[s] - 1;
    return names->slot[s] != 0;
}

bool agent_names_place(struct agent_names *names, struct text name, size_t most, struct arena *arena, size_t *out,
                       struct error *err) {
    if (agent_names_find(names, name, out)) return true;
    if (names->n == most) return error_set(err, ERROR_DATA, "more than %zu different values", most);
    if (names->n == names->capacity && !grow(names, err)) return false;
    char *copy = arena_copy(arena, name.at ? name.at : "", name.len, err);
    if (!copy) return false;
    names->at[names->n] = (struct text){copy, name.len};
    names->slot[slot_of(names, name)] = (uint32_t)++names->n;
    *out = names->n - 1;
    return true;
}

void agent_names_done(struct agent_names *names) {
    memory_free(names->at);
    memory_free(names->slot);
    *names = (struct agent_names){0};
}
