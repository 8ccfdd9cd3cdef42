/* Any bytes as the rows of a task, in each format: the first byte chooses it. Every row is an object that can be written;
 * a bad row is refused with its place, and reading goes on and ends. */
#include "measure/dataset/dataset.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void check_row(json_t *row) {
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    if (!json_is_object(row) || !json_put_canonical(&b, row) || text_utf8_invalid(buffer_text(&b)) != SIZE_MAX) abort();
    buffer_done(&b);
    json_decref(row);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    static const enum dataset_format formats[] = {DATASET_JSONL, DATASET_JSON, DATASET_CSV, DATASET_TSV, DATASET_LINES};
    static const char *const records[] = {"", "data.items"}, *const patterns[] = {"", "^(?<a>\\S*) (?<b>.*)$"};
    if (n < 1 || n > 1 << 16) return 0;
    const struct dataset_kwargs kwargs = {.format = formats[at[0] % 5], .header = at[0] / 5 % 2,
                                          .records = text_of(records[at[0] / 10 % 2]),
                                          .pattern = text_of(patterns[at[0] / 10 % 2])};
    struct memory_file file = memory_file_open(at + 1, n - 1);
    struct error err = {0};
    json_t *row;
    size_t line, steps = 0;
    int state = -1;
    struct dataset *dataset = dataset_open(file.path, "fuzz", &kwargs, &err);
    if (!dataset && (err.kind != ERROR_DATA || !err.message[0])) abort();
    while (dataset && (state = dataset_next(dataset, &row, &line, &err)) != 0) {
        if (++steps > n + 1) abort(); /* a refused row uses bytes up, too */
        if (state > 0)
            check_row(row);
        else if (err.kind != ERROR_DATA || !err.message[0])
            abort();
        err = (struct error){0};
    }
    dataset_close(dataset);
    memory_file_close(&file);
    return 0;
}
