/* The table of media: see medium.h. */
#include "media/medium.h"

#include "media/image/image.h"
#include "media/sound/sound.h"

#include <assert.h>
#include <string.h>

static const struct medium *const table[] = {&medium_image, &medium_sound};

size_t media(const struct medium *const **out) {
    *out = table;
    return sizeof table / sizeof *table;
}

const struct medium *medium_of(struct text bytes) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i]->looks(bytes)) return table[i];
    return NULL;
}

const struct medium *medium_find(struct text name) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (text_equal_c(name, table[i]->name)) return table[i];
    return NULL;
}

void media_tell(struct media_told *told, const char *name, double value) {
    size_t i = 0;
    while (i < told->n_figures && strcmp(told->figures[i].name, name) != 0) i++;
    assert(i < MEDIA_FIGURES_MOST);
    told->figures[i] = (struct media_figure){name, value};
    if (i == told->n_figures) told->n_figures++;
}

void media_note(struct media_told *told, const char *note) {
    assert(told->n_notes < MEDIA_NOTES_MOST);
    told->notes[told->n_notes++] = note;
}
