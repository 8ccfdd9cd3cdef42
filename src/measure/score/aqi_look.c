/* One pass over texts: see aqi_look.h. */
#include "measure/score/aqi_look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct aqi_look {
    struct subject *subject;
    const struct aqi_texts *texts;
    struct lm_site sites[AQI_LAYERS_MOST];
    struct lm_observe_options options;
    struct layers *sums;
    size_t n, layers, width, cut;
    FILE *file; /* NULL: vectors are not kept */
    void *map;
    size_t bytes;
};

struct aqi_look *aqi_look_open(struct subject *subject, const struct aqi_texts *texts, bool keep, struct error *err) {
    if (!subject_look_require(subject, "the alignment quality index", err)) return NULL;
    const struct lm_shape *shape = &subject_lm_model(subject)->shape;
    if (shape->layers + 1 > AQI_LAYERS_MOST)
        return error_set(err, ERROR_DATA, "subject '%s' has more than %d layers", subject->name, AQI_LAYERS_MOST - 1),
               NULL;
    struct aqi_look *l = memory_zeroed(1, sizeof *l);
    if (!l) return error_memory(err, "texts"), NULL;
    l->subject = subject;
    l->texts = texts;
    l->layers = shape->layers + 1;
    l->width = shape->width;
    for (size_t i = 0; i < l->layers; i++) l->sites[i] = (struct lm_site){LM_STATE, i, 0};
    l->options = (struct lm_observe_options){.sites = l->sites, .n_sites = l->layers, .pool = LM_POOL_MEAN};
    if (keep && !(l->file = tmpfile())) error_system(err, errno, "cannot make", "a file for vectors");
    else if ((l->sums = layers_new(l->layers, l->width, aqi_cells(texts), err))) return l;
    aqi_look_close(l);
    return NULL;
}

void aqi_look_close(struct aqi_look *l) {
    if (!l) return;
    if (l->map) munmap(l->map, l->bytes);
    if (l->file) fclose(l->file);
    layers_free(l->sums);
    memory_free(l);
}

static bool take(void *context, const struct look *look, struct error *err) {
    struct aqi_look *l = context;
    const struct aqi_text *text = &l->texts->at[l->n];
    size_t size = l->layers * l->width;
    if (look->error.kind) {
        *err = look->error;
        return error_wrap(err, "text '%.*s'", TEXT_ARG(text->id));
    }
    if (!layers_add(l->sums, aqi_cell(l->texts, l->n), look->seen->values, err))
        return error_wrap(err, "text '%.*s'", TEXT_ARG(text->id));
    if (l->file && fwrite(look->seen->values, sizeof(float), size, l->file) != size)
        return error_system(err, errno, "cannot write", "a file for vectors");
    l->n++;
    l->cut += look->cut > 0;
    return true;
}

bool aqi_look_add(struct aqi_look *l, const struct ask *asks, size_t n, struct error *err) {
    size_t before = l->n;
    if (!subject_look(l->subject, &l->options, true, asks, n, take, l, err)) return false;
    return l->n == before + n ||
           error_set(err, ERROR_DATA, "%zu texts gave %zu rows; each is to have one choice at most", n, l->n - before);
}

bool aqi_look_end(struct aqi_look *l, struct aqi_source *out, struct error *err) {
    *out = (struct aqi_source){.n = l->n, .layers = l->layers, .width = l->width, .cut = l->cut,
                                 .sums = l->sums};
    for (size_t i = 0; i < l->layers; i++) out->which[i] = (uint32_t)i;
    layers_end(l->sums);
    if (!l->file || l->n == 0) return true;
    l->bytes = l->n * l->layers * l->width * sizeof(float);
    if (fflush(l->file) != 0) return error_system(err, errno, "cannot write", "a file for vectors");
    l->map = mmap(NULL, l->bytes, PROT_READ, MAP_PRIVATE, fileno(l->file), 0);
    if (l->map == MAP_FAILED) return l->map = NULL, error_system(err, errno, "cannot map", "a file for vectors");
    out->values = l->map;
    return true;
}
