/* Which fields of a row are the id, the answer and the rest: known layouts, #NAME, and maps of the user. The rules
 * stand in replay_file.h. */
#ifndef SUBJECT_REPLAY_LAYOUT_H
#define SUBJECT_REPLAY_LAYOUT_H

#include "lm/template/jinja.h"
#include "subject/replay_file.h"

/* A field of a row by name, or a template over the row. */
struct replay_field {
    const char *name;      /* NULL: the layout has no such field */
    struct jinja *program; /* not NULL: name is its source */
};

enum { REPLAY_MORE = 2 };
struct replay_layout {
    struct replay_field id, text, sample, task, error;
    struct replay_more {
        struct replay_field text, task;
    } more[REPLAY_MORE]; /* further answers in the same row, to other tasks */
    size_t n_more;
    struct text each;      /* every column that ends so is an answer, its id begins with what stands before it */
    struct text each_name; /* the only one of them; empty: all */
    struct text strip;
    struct text only; /* rows whose "subject", "model", "source_model" or "task" is this; empty: all */
};

/* Told from the first row. Texts live on the arena. */
bool replay_layout_find(struct replay_layout *layout, const struct replay_options *options, const json_t *row,
                        const char *path, size_t line, struct arena *arena, struct error *err) MUST_CHECK;
void replay_layout_done(struct replay_layout *layout);
/* Whether a column ends so, and begins with the name where one is given. */
bool replay_layout_each(const char *key, struct text end, struct text name);
bool replay_layout_takes(const struct replay_layout *layout, const json_t *row);

#endif
