/* Ids of items: prefix, digits, and a letter where a number has members. */
#include "measure/world/world_item.h"

#include <stdio.h>
#include <string.h>

void world_item_id(const struct item *item, char id[ITEM_ID]) {
    const struct world_family *f = item->family;
    if (f->members > 1)
        snprintf(id, ITEM_ID, "%s%0*u%c", f->prefix, f->digits, item->number / (uint32_t)f->members,
                 (char)('a' + (int)(item->number % (uint32_t)f->members)));
    else
        snprintf(id, ITEM_ID, "%s%0*u", f->prefix, f->digits, item->number);
}

/* The number that the id names in this family; false when it is none of its ids. */
static bool number_of(const struct world_family *f, struct text id, uint64_t *number) {
    size_t prefix = strlen(f->prefix), digits = (size_t)f->digits, tail = f->members > 1;
    if (id.len != prefix + digits + tail || memcmp(id.at, f->prefix, prefix) != 0 || id.at[prefix] == '+' ||
        !text_to_u64(text_part(id, prefix, prefix + digits), number))
        return false;
    if (!tail) return true;
    int member = id.at[id.len - 1] - 'a';
    if (member < 0 || member >= f->members) return false;
    *number = *number * (uint64_t)f->members + (uint64_t)member;
    return true;
}

bool world_item_find(const struct world *w, struct text id, struct item *item) {
    const struct world_family *f;
    uint64_t number;
    for (size_t i = 0; (f = world_family_at(i)); i++) {
        if (!number_of(f, id, &number)) continue;
        *item = (struct item){.family = f, .number = (uint32_t)number};
        return number < f->numbers(w) && f->split(w, number, &item->split);
    }
    return false;
}
