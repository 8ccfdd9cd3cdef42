/* JSON from strangers: what is read can be written, and what was written reads back to the same canonical text; what the
 * quick reader takes is what jansson makes of it. */
#include "base/json.h"
#include "base/json_quick.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void compare_readers(struct text t) {
    json_error_t e;
    bool no_memory;
    json_t *quick = json_quick_read(t, &no_memory);
    if (!quick) return;
    json_t *other = json_loadb(t.at, t.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    if (!json_equal(quick, other)) abort();
    json_decref(quick);
    json_decref(other);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    compare_readers((struct text){(const char *)at, n});
    json_t *v = json_read((struct text){(const char *)at, n}, "fuzz", 1, &err);
    if (!v) {
        if (err.kind != ERROR_DATA) abort();
        return 0;
    }
    struct buffer first, second;
    buffer_init(&first, (size_t)64 << 20);
    buffer_init(&second, (size_t)64 << 20);
    if (!json_put_canonical(&first, v)) abort();
    if (text_utf8_invalid(buffer_text(&first)) != SIZE_MAX) abort();
    json_t *back = json_read(buffer_text(&first), "canonical", 1, &err);
    if (!back || !json_put_canonical(&second, back)) abort();
    if (!text_equal(buffer_text(&first), buffer_text(&second))) abort();
    buffer_done(&first);
    buffer_done(&second);
    json_decref(v);
    json_decref(back);
    return 0;
}
