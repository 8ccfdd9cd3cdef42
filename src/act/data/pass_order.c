/* Orders of passes: see pass_order.h. */
#include "act/data/pass_order.h"

#include "base/arena.h"
#include "base/rng.h"

bool pass_order_init(struct pass_order *o, size_t n, bool shuffle, uint64_t seed, const char *stream,
                     struct error *err) {
    *o = (struct pass_order){.at = memory_zeroed(n, sizeof *o->at),
                             .n = n,
                             .pass = UINT64_MAX,
                             .seed = seed,
                             .stream = stream,
                             .shuffle = shuffle};
    return o->at || error_memory(err, "training rows");
}

void pass_order_done(struct pass_order *o) {
    memory_free(o->at);
    o->at = NULL;
}

static void begin(struct pass_order *o, uint64_t pass) {
    for (size_t i = 0; i < o->n; i++) o->at[i] = i;
    if (o->shuffle) {
        struct rng rng = rng_stream(o->seed, o->stream, pass);
        rng_shuffle(&rng, o->at, o->n);
    }
    o->pass = pass;
}

size_t pass_order_at(struct pass_order *o, uint64_t at) {
    if (o->pass != at / o->n) begin(o, at / o->n);
    return o->at[at % o->n];
}
