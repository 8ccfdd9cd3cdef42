/* Formulas and claims about sets, one a line. What is read is written in a form that reads back as the same; a refusal
 * says why and at which column; sorts, units and values are worked out of whatever was read. */
#include "solver/formula.h"
#include "solver/sets.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 16, LINES = 32 };

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void check_failure(const struct error *err, size_t column, struct text line) {
    if (err->kind != ERROR_DATA || !err->message[0] || column == 0 || column > line.len + 1) abort();
}

static bool look_up(void *context, struct text name, const struct value *argument, size_t n, struct value *out) {
    (void)argument, (void)n;
    *out = (struct value){.kind = name.at[0] == 'p' ? VALUE_TRUTH : VALUE_NUMBER, .number = context, .truth = true};
    return true;
}

static void same(struct arena *arena, struct buffer *once, bool sets) {
    struct buffer twice;
    struct error err = {0};
    size_t column;
    buffer_init(&twice, 16 << 20);
    const struct formula *f = sets ? NULL : formula_read(arena, buffer_text(once), &column, &err);
    const struct sets_formula *s = sets ? sets_read(arena, buffer_text(once), &column, &err) : NULL;
    if (!f && !s) abort();
    if (f ? !formula_put(&twice, f) : !sets_put(&twice, s)) abort();
    if (!text_equal(buffer_text(once), buffer_text(&twice))) abort();
    buffer_done(&twice);
}

/* A scale such as 1/1000 s is no unit that can be written in brackets. */
static bool has_unit(const struct formula *f) {
    bool has = f->unit != NULL;
    for (size_t i = 0; i < f->n && !has; i++) has = has_unit(f->of[i]);
    return has;
}

static const struct formula *try_formula(struct arena *arena, struct text line) {
    struct error err = {0};
    struct buffer out;
    size_t column;
    const struct formula *f = formula_read(arena, line, &column, &err);
    if (!f) {
        check_failure(&err, column, line);
        return NULL;
    }
    buffer_init(&out, 16 << 20);
    if (!formula_put(&out, f)) abort();
    if (!has_unit(f) && out.len <= FORMULA_BYTES_MOST) same(arena, &out, false);
    buffer_clear(&out);
    if (!formula_put_words(&out, f, NULL, NULL)) abort();
    buffer_done(&out);
    struct value v;
    const struct rational *third = rational_from_text(arena, TEXT("1/3"), NULL);
    if (!formula_evaluate(arena, f, look_up, (void *)third, &v, &err) && err.kind != ERROR_DATA) abort();
    return f;
}

static void try_sets(struct arena *arena, struct text line) {
    struct error err = {0};
    struct buffer out;
    struct sets_names names;
    struct sets_answer answer;
    size_t column;
    const struct sets_formula *f = sets_read(arena, line, &column, &err);
    if (!f) {
        check_failure(&err, column, line);
        return;
    }
    buffer_init(&out, 16 << 20);
    if (!sets_put(&out, f)) abort();
    if (out.len <= SETS_BYTES_MOST) same(arena, &out, true);
    buffer_done(&out);
    sets_names_init(&names, arena);
    if (!sets_names_add(&names, f, &column, &err)) return;
    if (names.n_sets + names.n_things < 12 && !sets_evaluate(&names, &f, 1, f, arena, &answer, &err)) abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    const struct formula *formula[LINES];
    struct arena arena;
    struct symbols symbols;
    struct error err = {0};
    struct text rest = {(const char *)at, n}, line;
    size_t count = 0, column;
    if (n > MOST_BYTES) return 0;
    arena_init(&arena, (size_t)1 << 30);
    symbols_init(&symbols, &arena);
    for (size_t i = 0; i < LINES && text_next(&rest, '\n', &line); i++) {
        const struct formula *f = try_formula(&arena, line);
        if (f && symbols_note(&symbols, f, NULL, &column, &err)) formula[count++] = f;
        try_sets(&arena, line);
    }
    for (size_t i = 0; i < count; i++)
        if (symbols_infer(&symbols, formula[i], &column, &err))
            (void)!symbols_check_units(&symbols, &arena, formula[i], &column, &err);
    arena_done(&arena);
    return 0;
}
