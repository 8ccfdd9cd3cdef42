/* Responses of a batch endpoint: never crashes, a refusal has its place, and what is taken names an ask. */
#include "measure/exchange/batch.h"
#include "measure/exchange/foreign.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);
int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct batch_response r;
    json_t *row = foreign_json((struct text){(const char *)at, n}, "fuzz", 1, &err);
    if (!row) return err.kind == ERROR_NONE ? abort(), 0 : 0;
    bool read = batch_response_read(row, (struct json_place){"fuzz", 1, ""}, &r, &err);
    if (read && (strlen(r.id.ask) != BATCH_DIGITS || r.id.run < 1 || (!r.body && !r.error[0]))) abort();
    if (!read && (err.kind != ERROR_DATA || !strstr(err.message, "fuzz:1"))) abort();
    json_decref(row);
    return 0;
}
