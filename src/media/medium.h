/* What is corrupted: pictures, sounds. One row a medium (medium.c), told apart by the first bytes of a file; what a
 * file holds is passed on as `void *`, which is `struct image *` or `struct sound *`. */
#ifndef MEDIA_MEDIUM_H
#define MEDIA_MEDIUM_H

#include "base/buffer.h"
#include "base/rng.h"

enum { MEDIA_FIGURES_MOST = 8, MEDIA_NOTES_MOST = 4 };

struct media_figure {
    const char *name; /* a literal */
    double value;     /* infinite where nothing changed, NaN where it does not exist: null in the log */
};

/* What is said of one file on its way: figures, and what was done to it without being asked ("alpha over white"). */
struct media_told {
    struct media_figure figures[MEDIA_FIGURES_MOST];
    size_t n_figures;
    const char *notes[MEDIA_NOTES_MOST]; /* literals, or on an arena that outlives the row */
    size_t n_notes;
};
/* More than there is room for are our own mistake. The same figure told again replaces the first. */
void media_tell(struct media_told *told, const char *name, double value);
void media_note(struct media_told *told, const char *note);

struct corruption;
struct corruption_work;
struct medium {
    const char *name;      /* "image" */
    const char *what;      /* "a PNG or JPEG picture", for messages */
    const char *extension; /* of what is written: ".png" */
    /* Do the first bytes say that it is one? */
    bool (*looks)(struct text bytes);
    /* On the arena. ERROR_DATA: what is wrong, without the file's name. */
    void *(*read)(struct text bytes, struct arena *arena, struct media_told *told, struct error *err);
    void *(*copy)(const void *media, struct arena *arena, struct error *err);
    bool (*corrupt)(void *media, const struct corruption *corruption, struct corruption_work *work, struct error *err);
    /* How far `after`, as it is written, is from `before`. */
    bool (*measure)(const void *before, const void *after, struct arena *scratch, struct media_told *told,
                    struct error *err);
    /* The whole file: equal bytes every time. */
    bool (*write)(const void *media, struct buffer *out, struct error *err);
};
size_t media(const struct medium *const **out);
/* NULL: no medium of ours. */
const struct medium *medium_of(struct text bytes);
const struct medium *medium_find(struct text name);

#endif
