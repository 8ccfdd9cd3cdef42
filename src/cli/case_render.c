/* basanite case render: a case as a drawing, a page or an outline. */
#include "cli/case_verbs.h"

#include "formalize/case_read.h"
#include "report/case_picture.h"

enum { DRAWING_MOST = 256 << 20 };

bool case_render(struct arguments *args, struct error *err) {
    struct assurance_case c = {0};
    struct arena arena;
    struct buffer out;
    if (args->n_words != 2) return error_set(err, ERROR_USAGE, "expected `basanite case render CASE`");
    const struct case_picture_format *format = case_picture_format_find(args_text(args, "format", "text"), err);
    if (!format) return false;
    arena_init(&arena, 0);
    buffer_init(&out, DRAWING_MOST);
    bool ok = case_read(args->words[1], CASE_SOME_ROOTS, &arena, &c, err) && format->write(&c, NULL, &out, err) &&
              print_buffer(args->out, &out, err);
    buffer_done(&out);
    case_done(&c);
    arena_done(&arena);
    return ok;
}
