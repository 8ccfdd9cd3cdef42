/* Grammars in the chain of logits processors: see grammar_processor.h. */
#include "lm/engine/grammar_processor.h"

#include "lm/grammar/grammar_mask.h"

#include <math.h>

struct follower {
    struct grammar_mask *mask;
    struct grammar_cursor cursor;
    uint64_t allowed[];
};

/* The mask guards what answers share, so it is the one setting that may change. */
static struct grammar_mask *mask_of(const void *settings) {
    union {
        const void *constant;
        struct grammar_mask *mask;
    } u = {settings};
    return u.mask;
}

static bool begin(const void *settings, void **state, struct error *err) {
    struct grammar_mask *mask = mask_of(settings);
    struct follower *f = memory_zeroed(1, sizeof *f + grammar_mask_words(mask) * sizeof *f->allowed);
    if (!f) return error_memory(err, "an answer that follows a grammar");
    f->mask = mask;
    *state = f;
    return true;
}

static void apply(const uint64_t *allowed, size_t words, float *logits, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i % 64 == 0 && i / 64 < words && allowed[i / 64] == UINT64_MAX) {
            i += 63; /* all of these may come */
            continue;
        }
        if (i / 64 >= words || !(allowed[i / 64] >> (i % 64) & 1)) logits[i] = -INFINITY;
    }
}

static bool change(const void *settings, void *state, struct logits_row *row, struct error *err) {
    (void)settings;
    struct follower *f = state;
    struct grammar_next next;
    if (!grammar_mask_next(f->mask, &f->cursor, row->answer, row->n_answer, f->allowed, &next, err)) return false;
    row->ends = next.may_end && next.tokens == 0;
    if (!next.may_end && next.tokens == 0)
        return error_set(err, ERROR_DATA, "no token of the vocabulary goes on behind token %zu of the answer",
                         row->n_answer);
    apply(f->allowed, grammar_mask_words(f->mask), row->logits, row->vocabulary);
    return true;
}

static void end(void *state) {
    memory_free(state);
}

const struct logits_processor_kind grammar_processor = {"grammar", begin, change, end};
