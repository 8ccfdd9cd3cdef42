/* Sounds from strangers: every refusal has a message, every value that is read is a number, and what is written again is
 * read as the same. */
#include "media/sound/sound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void again(const struct sound *sound, struct arena *arena) {
    struct error err = {0};
    struct media_told told = {0};
    struct buffer first, second;
    buffer_init(&first, 1 << 26);
    buffer_init(&second, 1 << 26);
    if (!sound_write(sound, &first, &err)) abort();
    struct sound *back = sound_read(buffer_text(&first), arena, &told, &err);
    if (!back || back->n != sound->n || told.n_notes || !sound_write(back, &second, &err)) abort();
    if (!text_equal(buffer_text(&first), buffer_text(&second))) abort();
    buffer_done(&first);
    buffer_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct text bytes = {(const char *)data, size};
    struct error err = {0};
    struct media_told told = {0};
    struct arena arena;
    if (size > 1 << 16 || !sound_looks(bytes)) return 0;
    arena_init(&arena, (size_t)1 << 28);
    struct sound *sound = sound_read(bytes, &arena, &told, &err);
    if (!sound && (err.kind == ERROR_NONE || !err.message[0])) abort();
    for (size_t i = 0; sound && i < sound->n; i++)
        if (!isfinite(sound->at[i])) abort();
    if (sound && sound->n < 1 << 20) again(sound, &arena);
    arena_done(&arena);
    return 0;
}
