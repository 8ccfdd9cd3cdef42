/* Speed of corruptions: see bench_media.h. */
#include "media/bench_media.h"

#include "media/corruption.h"
#include "media/image/image_made.h"

#include <math.h>
#include <string.h>

enum { SIDE = 256 };

struct work {
    const struct image *image;
    const struct corruption *corruption;
    struct arena scratch;
};

static bool make(struct work *w, int severity, struct error *err) {
    struct corruption_choice choice = {.corruption = w->corruption, .severity = severity};
    struct media_told told = {0};
    struct buffer bytes;
    memcpy(choice.parameters, w->corruption->severities[severity - 1], sizeof choice.parameters);
    arena_reset(&w->scratch);
    struct image *copy = image_copy(w->image, &w->scratch, err);
    buffer_init(&bytes, 1 << 22);
    bool ok = copy && corruption_apply(&choice, copy, 1, "bench", &w->scratch, &told, err) &&
              medium_image.measure(w->image, copy, &w->scratch, &told, err) && png_write(copy, &bytes, err);
    buffer_done(&bytes);
    return ok;
}

static bool make_all(void *context, struct error *err) {
    for (int s = 1; s <= CORRUPTION_SEVERITIES; s++)
        if (!make(context, s, err)) return false;
    return true;
}

static void report(const struct bench *b, const char *name, double pictures, struct bench_times t) {
    struct bench_row row = {"corrupt", name, pictures / t.wall, "1/s", NAN, NAN, pictures / t.cpu};
    b->report(b->context, &row);
}

/* Turns, mirrors and bounded noise are beyond the 19. */
static bool is_of_the_19(const struct corruption *c) {
    return strcmp(c->name, "rotate") != 0 && strcmp(c->name, "flip") != 0 && strcmp(c->name, "bounded-noise") != 0;
}

static bool time_kinds(struct bench *b, struct work *w, struct error *err) {
    const struct corruption *const *all;
    size_t n = corruptions(&all), kinds = 0;
    struct bench_times sum = {0, 0}, one;
    for (size_t i = 0; i < n; i++) {
        if (all[i]->medium != &medium_image || !is_of_the_19(all[i])) continue;
        w->corruption = all[i];
        if (!bench_times(b, make_all, w, &one, err)) return false;
        report(b, all[i]->name, CORRUPTION_SEVERITIES, one);
        sum.wall += one.wall;
        sum.cpu += one.cpu;
        kinds++;
    }
    report(b, "all kinds", (double)kinds * CORRUPTION_SEVERITIES, sum);
    return true;
}

bool bench_corrupt(struct bench *b, struct error *err) {
    struct arena arena;
    struct rng rng = rng_stream(1, "bench/corrupt", 0);
    struct work w = {0};
    bool warm = b->warm;
    arena_init(&arena, 0);
    arena_init(&w.scratch, 0);
    b->warm = true;
    w.image = image_made_scene(SIDE, SIDE, &rng, &arena, err);
    bool ok = w.image && time_kinds(b, &w, err);
    b->warm = warm;
    arena_done(&w.scratch);
    arena_done(&arena);
    return ok;
}
