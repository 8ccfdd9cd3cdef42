/* Command lines of this program that it runs itself: the steps of a recipe, the acts of a policy. There is no shell:
 * words are split at blanks, "..." and '...' keep them together, and names are replaced by the caller. What was done
 * once with a line is not done again. */
#ifndef BASE_LINE_H
#define BASE_LINE_H

#include "base/buffer.h"
#include "base/interrupt.h"

/* How names are replaced. `sign` begins one: '$' and letters, digits and underscores behind it, not within '...'; or
 * '{', and the name ends at '}'. put appends what it stands for and says true; *known false: it is no name (then
 * "{word}" stays as it is, and "$WORD" is an error that put may word better). */
struct line_names {
    char sign;
    bool (*put)(void *context, struct text name, struct buffer *out, bool *known, struct error *err);
    void *context;
};
/* The words of a line that begins with "basanite", NULL behind the last; on the arena. ERROR_USAGE: a quote that does
 * not end, an unknown name, another first word. */
const char **line_words(const char *line, const struct line_names *names, struct arena *arena,
                        struct error *err) MUST_CHECK;

struct line_settings {
    const char *program; /* this program */
    const char *folder;  /* it runs there, made where it is not; NAME.log and NAME.done stand in folder/steps */
    const char *name;    /* of the step, for messages and files */
    const struct interrupt *stop;
    void (*starts)(void *context, const char *line); /* NULL: nobody is told */
    void *context;
};
enum line_outcome { LINE_FAILED, LINE_DONE, LINE_WAS_DONE };
struct line_result {
    const char *line; /* the words as one line again, on the arena */
    const char *log;
    double seconds; /* 0 where it was done before */
};
/* Runs words[0] = "basanite" as `program`. LINE_FAILED with err: ERROR_GATE where the line ended with exit code 1, else
 * the kind of its exit code; ERROR_USAGE where the step was done with another line before. */
enum line_outcome line_run(const struct line_settings *settings, const char **words, struct line_result *result,
                           struct arena *arena, struct error *err) MUST_CHECK;

#endif
