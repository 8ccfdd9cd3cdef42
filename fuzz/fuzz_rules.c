/* Rules and facts, one a line; the first line is a query. What is read is written so that it reads back as the same;
 * nothing that does more than prove gets through; whatever is asked ends within its limits, with a reason. */
#include "solver/horn.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 14, LINES = 64 };

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void check_failure(const struct error *err, size_t column, struct text line) {
    if (err->kind != ERROR_DATA || !err->message[0] || column == 0 || column > line.len + 1) abort();
}

static void same(struct arena *arena, const struct horn_term *t) {
    struct buffer once, twice;
    struct error err = {0};
    buffer_init(&once, 1 << 20), buffer_init(&twice, 1 << 20);
    if (!horn_put(&once, t, NULL)) abort();
    /* Brackets and long numbers can make what is written deeper or longer than what may be read. */
    struct horn_term *again = horn_term_read(arena, buffer_text(&once), &err);
    if (!again && !strstr(err.message, "deep") && !strstr(err.message, "digits") && !strstr(err.message, "more than"))
        abort();
    if (again && (!horn_put(&twice, again, NULL) || !text_equal(buffer_text(&once), buffer_text(&twice)))) abort();
    buffer_done(&once), buffer_done(&twice);
}

static void refuse(const struct horn_term *t) {
    static const char *const never[] = {"shell",   "open", "halt",    "consult",
                                        "assertz", "call", "findall", "process_create"};
    if (t->kind != HORN_ATOM && t->kind != HORN_COMPOUND) abort();
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (text_equal_c(t->name, never[i])) abort();
}

static void look(struct arena *arena, const struct horn_clause *c) {
    if (c->head) refuse(c->head), same(arena, c->head);
    for (size_t i = 0; i < c->n_goals; i++) refuse(c->goal[i]), same(arena, c->goal[i]);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct arena arena;
    struct horn_program program;
    struct horn_answer answer;
    struct error err = {0};
    struct text rest = {(const char *)at, n}, line;
    size_t column;
    if (n > MOST_BYTES || !text_next(&rest, '\n', &line)) return 0;
    arena_init(&arena, (size_t)1 << 30);
    const struct horn_clause *query = horn_query(&arena, line, &column, &err);
    if (!query) check_failure(&err, column, line);
    if (query) look(&arena, query);
    horn_program_init(&program, &arena);
    for (size_t i = 0; i < LINES && text_next(&rest, '\n', &line); i++) {
        error_clear(&err);
        if (horn_add(&program, line, i, &column, &err))
            look(&arena, &program.clause[program.n - 1]);
        else
            check_failure(&err, column, line);
    }
    if (query && horn_check(&program, &arena, &err)) {
        struct horn_limits limits = {.steps = 3000, .answers = 500, .depth = 200};
        if (!horn_solve(&program, query, limits, &arena, &answer, &err)) abort();
        if ((answer.verdict == HORN_UNKNOWN || answer.verdict == HORN_ERROR) && !answer.reason) abort();
        if (answer.verdict == HORN_PROVED && answer.n_solutions == 0) abort();
    }
    arena_done(&arena);
    return 0;
}
