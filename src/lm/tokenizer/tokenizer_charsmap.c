/* SentencePiece's precompiled map of characters: u32 bytes of a double array, the array (Darts-clone: units of 32
 * bits), then zero-terminated replacements. Every step of a search is checked against the array,
 * so any bytes are safe. */
#include "lm/tokenizer/tokenizer_internal.h"

#include <string.h>

#define KEY_MAX 256 /* bytes; longer keys are not looked for, so a damaged map leads no search far */

static uint32_t unit_offset(uint32_t unit) {
    return (unit >> 10) << ((unit & (1u << 9)) >> 6);
}

static bool unit_has_leaf(uint32_t unit) {
    return unit >> 8 & 1;
}

static uint32_t unit_label(uint32_t unit) {
    return unit & (1u << 31 | 0xFF);
}

bool charsmap_read(struct charsmap *map, struct arena *arena, struct text blob, const char *shown, struct error *err) {
    uint32_t bytes = 0;
    if (blob.len >= sizeof bytes) memcpy(&bytes, blob.at, sizeof bytes);
    if (bytes < 4 || bytes % 4 || bytes > blob.len - sizeof bytes)
        return error_set(err, ERROR_DATA,
                         "%s: the precompiled map of characters has %zu bytes, "
                         "expected the length of a double array (4 bytes) and the array behind it",
                         shown, blob.len);
    char *copy = arena_copy(arena, blob.at, blob.len, err);
    uint32_t *units = copy ? arena_new(arena, uint32_t, bytes / 4, err) : NULL;
    if (!units) return false;
    memcpy(units, copy + sizeof bytes, bytes);
    *map = (struct charsmap){.blob = {copy, blob.len}, .units = units, .n = bytes / 4};
    map->texts = text_part(map->blob, sizeof bytes + bytes, blob.len);
    return true;
}

/* The replacement that a leaf names; false: it lies outside. */
static bool replacement(const struct charsmap *map, uint32_t value, struct text *to) {
    if (value > map->texts.len) return false;
    struct text rest = text_part(map->texts, value, map->texts.len);
    const char *zero = rest.len ? memchr(rest.at, 0, rest.len) : NULL;
    *to = (struct text){rest.at, zero ? (size_t)(zero - rest.at) : rest.len};
    return true;
}

size_t charsmap_find(const struct charsmap *map, struct text text, bool longest, struct text *to) {
    size_t found = 0;
    if (!map->n) return 0;
    size_t node = unit_offset(map->units[0]);
    for (size_t i = 0; i < text.len && i < KEY_MAX; i++) {
        if (!text.at[i]) break; /* keys end with it; zeros of a damaged array would lead on for ever */
        node ^= (unsigned char)text.at[i];
        if (node >= map->n) break;
        uint32_t unit = map->units[node];
        if (unit_label(unit) != (unsigned char)text.at[i]) break;
        node ^= unit_offset(unit);
        if (!unit_has_leaf(unit)) continue;
        if (node >= map->n || !replacement(map, map->units[node] & 0x7FFFFFFF, to)) break;
        found = i + 1;
        if (!longest) break;
    }
    return found;
}
