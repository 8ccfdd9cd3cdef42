/* Requests of a batch endpoint for the answers that a run still lacks: see measure/exchange/batch.h. */
#include "report/formats.h"

#include "measure/exchange/batch.h"

bool report_write_batch(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                        struct buffer *out, struct error *err) {
    (void)options;
    if (n != 1)
        return error_set(err, ERROR_USAGE, "format openai-batch holds one run, %zu were named; write them one by one",
                         n);
    return batch_put_requests(out, record, runs[0], err);
}
