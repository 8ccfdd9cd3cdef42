/* An assurance case from strangers, in any format: refused with the name of the file, or read and then written in every
 * format, from which it is read again with as many nodes. */
#include "formalize/case/case_format.h"
#include "libfyaml_leak.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void must(bool ok) {
    if (!ok) abort();
}

/* Tables are read from files, and the format tea has one tree. */
static void again(const struct assurance_case *c, const struct case_format *f, struct arena *arena) {
    struct assurance_case back = {0};
    struct buffer out;
    struct error err = {0};
    buffer_init(&out, (size_t)64 << 20);
    if (f->write(c, &out, &err) && f != &case_format_csv) {
        bool read = case_read_text(buffer_text(&out), "again", CASE_SOME_ROOTS, arena, &back, &err);
        must(read && back.n_nodes == c->n_nodes);
    } else {
        must(f == &case_format_csv || err.kind == ERROR_DATA);
    }
    case_done(&back);
    buffer_done(&out);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct text source = {(const char *)at, n};
    struct assurance_case c = {0};
    struct error err = {0};
    struct arena arena;
    const struct case_format *const *formats;
    size_t n_formats = case_formats(&formats);
    if (n > 1 << 16) return 0;
    arena_init(&arena, (size_t)512 << 20);
    if (case_read_text(source, "case", CASE_SOME_ROOTS, &arena, &c, &err)) {
        for (size_t i = 0; i < n_formats; i++) again(&c, formats[i], &arena);
    } else {
        must(err.kind == ERROR_DATA && strncmp(err.message, "case:", 5) == 0);
    }
    case_done(&c);
    arena_done(&arena);
    return 0;
}
