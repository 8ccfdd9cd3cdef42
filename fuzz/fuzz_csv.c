/* CSV and TSV from strangers; the first byte chooses the separator and the header. The rows that are read, written with
 * every field in quotes, read back the same. */
#include "base/csv.h"
#include "memory_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void check_failure(const struct error *err) {
    if (err->kind != ERROR_DATA || !err->message[0]) abort();
}

static void put_row(struct buffer *out, const struct text *fields, size_t n) {
    for (size_t i = 0; i < n; i++) {
        buffer_put_c(out, i ? ",\"" : "\"");
        for (size_t k = 0; k < fields[i].len; k++) {
            if (fields[i].at[k] == '"') buffer_put_char(out, '"');
            buffer_put_char(out, fields[i].at[k]);
        }
        buffer_put_char(out, '"');
    }
    buffer_put_c(out, "\r\n");
}

/* All rows of the file as quoted CSV; false: a row was refused. */
static bool read_all(const char *path, char separator, bool header, struct buffer *out) {
    struct error err = {0};
    const struct text *fields;
    size_t line, last = 0;
    int state;
    bool clean = true;
    struct csv *csv = csv_open(path, separator, header, &err);
    if (!csv) return check_failure(&err), false;
    while ((state = csv_next(csv, &fields, &line, &err)) != 0) {
        if (state < 0) {
            check_failure(&err);
            err = (struct error){0};
            clean = false;
            continue;
        }
        if (line <= last) abort();
        last = line;
        put_row(out, fields, csv_columns(csv));
    }
    csv_close(csv);
    return clean;
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    if (n < 1 || n > 1 << 20) return 0;
    struct buffer first, second;
    buffer_init(&first, (size_t)64 << 20);
    buffer_init(&second, (size_t)64 << 20);
    struct memory_file file = memory_file_open(at + 1, n - 1);
    read_all(file.path, at[0] & 1 ? '\t' : ',', at[0] & 2, &first);
    memory_file_close(&file);
    if (first.len) {
        file = memory_file_open(first.at, first.len);
        if (!read_all(file.path, ',', false, &second) || !text_equal(buffer_text(&first), buffer_text(&second))) abort();
        memory_file_close(&file);
    }
    buffer_done(&first);
    buffer_done(&second);
    return 0;
}
