/* basanite case convert: a case from any format that is read into one that is written. */
#include "cli/case_verbs.h"

#include "base/file.h"
#include "formalize/case/case_format.h"

enum { WRITTEN_MOST = 256 << 20 };

static const struct case_format *wanted(const struct arguments *args, const char *to, struct error *err) {
    const char *name = args_text(args, "format", NULL);
    if (name) return case_format_find(name, err);
    const struct case_format *format = to ? case_format_of_name(to) : NULL;
    if (!format)
        error_set(err, ERROR_USAGE, "'%s' tells no format: name it with --format gsn|tdt|cae|tea|sacm|prolog|csv",
                  to ? to : "standard output");
    return format;
}

bool case_convert(struct arguments *args, struct error *err) {
    struct assurance_case c = {0};
    struct arena arena;
    struct buffer out;
    if (args->n_words < 2 || args->n_words > 3)
        return error_set(err, ERROR_USAGE, "expected `basanite case convert IN [OUT]`");
    const char *to = args->n_words > 2 ? args->words[2] : NULL;
    if (to && args_text(args, "out", NULL)) return error_set(err, ERROR_USAGE, "OUT and --out: one of them");
    const struct case_format *format = wanted(args, to, err);
    if (!format) return false;
    arena_init(&arena, 0);
    buffer_init(&out, WRITTEN_MOST);
    bool ok = case_read(args->words[1], CASE_SOME_ROOTS, &arena, &c, err) && format->write(&c, &out, err);
    ok = ok && (to ? file_write(to, buffer_text(&out), err) : print_buffer(args->out, &out, err));
    buffer_done(&out);
    case_done(&c);
    arena_done(&arena);
    return ok;
}
