/* Any bytes as a GGUF or llama2.c file: opened, every value and tensor read, and loaded as a model. */
#include "lm/model/model.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_metadata(const struct lm_file *f) {
    for (size_t i = 0; i < f->n_metadata; i++) {
        const struct lm_value *v = &f->metadata[i].value;
        for (uint64_t k = 0; k < v->count; k++) {
            struct text t;
            double number;
            if (lm_value_text(v, k, &t) && t.len && t.at[t.len - 1] == 1) continue;
            if (lm_value_number(v, k, &number) && number == 1) continue;
        }
    }
}

static void read_tensors(const struct lm_file *f) {
    for (size_t i = 0; i < f->n_tensors; i++) {
        struct error err = {0};
        size_t n = (size_t)lm_tensor_size(&f->tensors[i]);
        float *values = malloc((n ? n : 1) * sizeof *values);
        if (!values || !lm_tensor_to_f32(&f->tensors[i], values, &err)) abort();
        free(values);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct error err = {0};
    struct lm_file *f = lm_file_open_memory(data, size, &err);
    if (!f && (err.kind != ERROR_DATA || !err.message[0])) abort(); /* a refusal says why; memory never runs out */
    if (f && f->arena.used > 64 * size + 65536 && f->container == LM_GGUF) abort();
    if (f) {
        read_metadata(f);
        read_tensors(f);
    }
    lm_file_close(f);
    const struct lm_load_options options = {.no_packing = true};
    lm_model_free(lm_model_load_memory(data, size, &options, &err));
    return 0;
}
