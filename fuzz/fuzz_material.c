/* A reference material. What is read makes the same rows twice, and where they are few and no data file is named (as
 * its name would be the fuzzer's) it runs, with the same rows of findings twice. */
#include "libfyaml_leak.h"
#include "measure/material/material_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

enum { FEW_ROWS = 8, FEW_DOSES = 4, ROWS_BYTES = 1 << 20 };

static void check_failure(const struct error *err) {
    if ((err->kind != ERROR_DATA && err->kind != ERROR_USAGE && err->kind != ERROR_ENVIRONMENT) || !err->message[0])
        abort();
}

static bool make_rows(const struct material *m, size_t dose, struct buffer *out) {
    struct error err = {0};
    buffer_init(out, ROWS_BYTES);
    bool ok = material_put_rows(m, m->doses[dose].values, 7, out, &err);
    if (!ok) check_failure(&err);
    return ok;
}

static void try_rows(const struct material *m, size_t dose) {
    struct buffer one, two;
    bool ok = make_rows(m, dose, &one), again = make_rows(m, dose, &two);
    if (ok != again || (ok && !text_equal(buffer_text(&one), buffer_text(&two)))) abort();
    buffer_done(&one);
    buffer_done(&two);
}

/* Adds up what was found, so that two runs can be compared. */
static void take(void *context, const struct material_row *row) {
    uint64_t *sum = context, bits;
    if (row->repeats == 0 || row->covering > row->repeats || row->needed > row->repeats) abort();
    memcpy(&bits, &row->found, sizeof bits);
    *sum = *sum * 31 + bits + row->covering;
}

static bool run(const struct material *m, uint64_t *sum) {
    struct error err = {0};
    struct material_settings settings = {
        .path = "/nonexistent", .seed = 1, .repeat = 2, .confidence = 0.95, .bootstrap = 10};
    *sum = 0;
    bool ok = material_run(m, &settings, take, sum, &err);
    if (!ok) check_failure(&err);
    return ok;
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct material *m = material_parse((struct text){(const char *)at, n}, "built-in:fuzz", &err);
    if (!m) return check_failure(&err), 0;
    if (m->rows && m->rows <= FEW_ROWS && m->n_doses <= FEW_DOSES) {
        uint64_t one, two;
        for (size_t d = 0; d < m->n_doses; d++) try_rows(m, d);
        bool ok = run(m, &one), again = run(m, &two);
        if (ok != again || one != two) abort();
    }
    material_free(m);
    return 0;
}
