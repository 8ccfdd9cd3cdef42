/* Which instruction set and type made the products of a training, from which step on. A checkpoint may go on elsewhere:
 * its values are plain f32, only the last bits of what follows differ. */
#include "act/train/train_internal.h"

#include "base/buffer.h"

#include <string.h>

bool train_arithmetic_note(struct train *t, struct error *err) {
    struct train_arithmetic now = {.from = t->step};
    snprintf(now.compute, sizeof now.compute, "%s", t->settings.bf16 ? "bf16" : "f32");
    snprintf(now.isa, sizeof now.isa, "%s", matmul_isa_name());
    const struct train_arithmetic *last = t->n_arithmetic ? &t->arithmetic[t->n_arithmetic - 1] : NULL;
    if (last && strcmp(last->compute, now.compute) == 0 && strcmp(last->isa, now.isa) == 0) return true;
    if (last && last->from == now.from) t->n_arithmetic--; /* nothing was made with it */
    if (t->n_arithmetic == TRAIN_ARITHMETICS)
        return error_set(err, ERROR_USAGE,
                         "'%s' has changed its instruction set or type %d times already; --fresh starts anew",
                         t->checkpoint_path, TRAIN_ARITHMETICS);
    t->arithmetic[t->n_arithmetic++] = now;
    return true;
}

void train_arithmetic_put(const struct train *t, struct buffer *b) {
    for (uint64_t i = 0; i < t->n_arithmetic; i++) {
        const struct train_arithmetic *a = &t->arithmetic[i];
        if (i > 0) buffer_printf(b, ", from step %llu ", (unsigned long long)a->from);
        buffer_printf(b, "%s on %s", a->compute, a->isa);
    }
}
