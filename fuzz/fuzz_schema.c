/* A JSON Schema: it is refused with a reason, or becomes a grammar whose finished texts are JSON. */
#include "lm/grammar/grammar_schema.h"
#include "lm/grammar/grammar_walk.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 4 << 20, TEXT_LENGTH = 300 };

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

/* A text of the grammar: at each place the byte that the seed picks among those that may come; ends where it may. */
static size_t make_text(struct grammar_walk *w, uint64_t seed, char *out) {
    static const char likely[] = "\"}]0,:";
    struct error err = {0};
    int32_t place = grammar_walk_start(w, &err);
    for (size_t n = 0; n < TEXT_LENGTH && place >= 0; n++) {
        int32_t next = WALK_DEAD;
        if (w->places[place].accepts && seed >> 61 != 0) return n;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        for (size_t i = 0; i < sizeof likely - 1 && next < 0 && seed >> 62 != 0; i++) {
            out[n] = likely[(i + (seed >> 40)) % (sizeof likely - 1)];
            next = grammar_walk_step(w, place, (uint8_t)out[n], &err);
        }
        for (unsigned i = 0; i < 256 && next < 0; i++) {
            out[n] = (char)(uint8_t)((seed >> 50) + i);
            next = grammar_walk_step(w, place, (uint8_t)out[n], &err);
            if (next == WALK_FULL || next == WALK_BROKEN) return SIZE_MAX;
        }
        place = next;
    }
    return SIZE_MAX;
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct grammar *g = grammar_from_schema_text((struct text){(const char *)at, n}, "fuzz", &err);
    if (!g && (err.kind != ERROR_DATA || !err.message[0])) abort();
    if (!g) return 0;
    struct grammar_walk w;
    if (!grammar_walk_init(&w, g, MOST_BYTES, &err)) abort();
    for (uint64_t seed = 1; seed < 4; seed++) {
        char text[TEXT_LENGTH];
        size_t m = make_text(&w, seed * 0x9E3779B97F4A7C15u, text);
        json_error_t why;
        json_t *value = m == SIZE_MAX ? NULL : json_loadb(text, m, JSON_DECODE_ANY, &why);
        if (m != SIZE_MAX && !value && json_error_code(&why) != json_error_stack_overflow) abort();
        json_decref(value);
    }
    grammar_walk_done(&w);
    grammar_free(g);
    return 0;
}
