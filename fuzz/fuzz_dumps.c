/* Any bytes as a file of activations and as a distillation dump: rows that can all be read, or a message. */
#include "lm/files/activation_file.h"
#include "lm/files/top_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void read_activations(const struct file_map *map) {
    struct error err = {0};
    struct activation_in in;
    if (activation_in_read(&in, map, "fuzz", &err)) {
        const struct activation_header *h = &in.header;
        uint64_t count = h->n * h->layers * h->width;
        float last = 0; /* the numbers may stand anywhere in memory here */
        if (count) memcpy(&last, (const unsigned char *)in.values + (count - 1) * sizeof last, sizeof last);
        for (uint32_t i = 0; i < h->layers; i++)
            if (h->which[i] > h->blocks + 1) abort();
    } else if (err.kind == ERROR_NONE || !err.message[0]) {
        abort();
    }
}

static void read_dump(const struct file_map *map) {
    struct error err = {0};
    struct top_in in;
    if (top_in_read(&in, map, "fuzz", &err)) {
        int32_t *ids = calloc(in.header.k, sizeof *ids);
        double *p = calloc(in.header.k, sizeof *p);
        if (!ids || !p) abort();
        for (uint64_t i = 0; i < in.header.positions; i++) {
            double rest = top_in_get(&in, i, ids, p);
            if (!(rest >= 0 && rest <= 1) || !(p[0] <= 1) || (uint32_t)ids[0] >= in.header.vocabulary) abort();
        }
        free(ids);
        free(p);
    } else if (err.kind == ERROR_NONE || !err.message[0]) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct file_map map = {at, n};
    read_activations(&map);
    read_dump(&map);
    return 0;
}
