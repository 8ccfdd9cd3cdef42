/* Files of OpenAI's batch endpoint, which many servers take: requests out, a line {"custom_id", "method", "url",
 * "body"} for each answer that a run still lacks; responses in, a line {"custom_id", "response": {"status_code",
 * "body"}, "error"}.
 *
 * custom_id is RUN-ASK-SAMPLE: number of the run, first 32 digits of the ask's digest, number of the sample; at most 64
 * characters, which is what the strictest endpoints take. */
#ifndef MEASURE_EXCHANGE_BATCH_H
#define MEASURE_EXCHANGE_BATCH_H

#include "record/record.h"

#define BATCH_DIGITS 32

/* Appends the requests of a run whose answers are missing or failed. ERROR_DATA: none is, or one needs
 * log-probabilities. */
bool batch_put_requests(struct buffer *out, struct record *record, const char *run, struct error *err) MUST_CHECK;

struct batch_id {
    int64_t run;
    char ask[BATCH_DIGITS + 1];
    uint64_t sample;
};
bool batch_id_read(struct text id, struct batch_id *out) MUST_CHECK;

struct batch_response {
    struct batch_id id;
    const json_t *body; /* borrowed; NULL: it failed */
    char error[512];    /* why */
};
/* One line. ERROR_DATA with FILE:LINE. */
bool batch_response_read(const json_t *row, struct json_place place, struct batch_response *out,
                         struct error *err) MUST_CHECK;

struct batch_result {
    uint64_t answers, failed, known; /* taken; failed at the endpoint; answered before */
    char run[64];                    /* name of the run of the first answer */
};
/* A file whose lines are responses: told by its beginning. */
bool batch_claims(struct text beginning);
/* Puts the answers where the runs look for them; the same command as before then scores them. */
bool batch_import(struct record *record, const char *path, struct batch_result *result, struct error *err) MUST_CHECK;

#endif
