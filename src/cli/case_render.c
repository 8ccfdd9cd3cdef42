/* basanite case render: a case as a drawing, a page or an outline. */
#include "cli/case_verbs.h"

#include "formalize/case/case_check.h"
#include "formalize/case/case_read.h"
#include "report/case_picture.h"

enum { DRAWING_MOST = 256 << 20 };

/* Nodes that were not checked have no word. */
static bool mark(const struct assurance_case *c, const struct case_report *report, struct arena *arena,
                 struct case_marks *out, struct error *err) {
    const char **status = arena_new(arena, const char *, c->n_nodes, err);
    bool *doubtful = arena_new(arena, bool, c->n_nodes, err);
    if (!status || !doubtful) return false;
    for (size_t i = 0; i < c->n_nodes; i++) {
        const struct case_node_result *r = &report->nodes[i];
        status[i] = r->looked_at && r->status != CASE_SKIPPED ? case_status_name(r->status) : NULL;
        doubtful[i] = r->yellow;
    }
    *out = (struct case_marks){status, doubtful};
    return true;
}

static bool check_and_mark(struct arguments *args, const struct assurance_case *c, struct arena *arena,
                           struct case_marks *out, struct error *err) {
    struct pool *pool = pool_new(common_threads(args), err);
    const struct case_check_settings settings = {.seconds = args_real(args, "timeout", 0), .pool = pool};
    struct case_checker *checker = pool ? case_checker_new(&settings, err) : NULL;
    const struct case_report *report = checker ? case_checker_update(checker, c, err) : NULL;
    bool ok = report && mark(c, report, arena, out, err);
    if (checker) case_checker_free(checker);
    pool_free(pool);
    return ok;
}

bool case_render(struct arguments *args, struct error *err) {
    struct case_marks marks;
    bool check = args_on(args, "check");
    struct assurance_case c = {0};
    struct arena arena;
    struct buffer out;
    if (args->n_words != 2) return error_set(err, ERROR_USAGE, "expected `basanite case render CASE`");
    const struct case_picture_format *format = case_picture_format_find(args_text(args, "format", "text"), err);
    if (!format) return false;
    arena_init(&arena, 0);
    buffer_init(&out, DRAWING_MOST);
    bool ok = case_read(args->words[1], CASE_SOME_ROOTS, &arena, &c, err) &&
              (!check || check_and_mark(args, &c, &arena, &marks, err)) &&
              format->write(&c, check ? &marks : NULL, &out, err) && print_buffer(args->out, &out, err);
    buffer_done(&out);
    case_done(&c);
    arena_done(&arena);
    return ok;
}
