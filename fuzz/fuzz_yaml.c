/* YAML from strangers: read or refused with a place; every node has a place in the text; the JSON twin can be written. */
#include "base/yaml.h"
#include "libfyaml_leak.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void check(const struct yaml *y, size_t lines) {
    if (y->line < 1 || y->line > lines || y->column < 1) abort();
    if (text_utf8_invalid(y->scalar) != SIZE_MAX) abort();
    for (size_t i = 0; i < y->n; i++) {
        check(y->child[i], lines);
        if (y->kind == YAML_MAPPING) check(y->key[i], lines);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, (size_t)256 << 20);
    struct yaml *y = yaml_read(&arena, (struct text){(const char *)at, n}, "fuzz", &err);
    if (y) {
        check(y, n + 1);
        struct buffer b;
        buffer_init(&b, (size_t)64 << 20);
        json_t *v = yaml_to_json(y, &err);
        if (!v || !json_put_canonical(&b, v)) abort();
        json_decref(v);
        buffer_done(&b);
    } else if (err.kind != ERROR_DATA) {
        abort();
    }
    arena_done(&arena);
    return 0;
}
