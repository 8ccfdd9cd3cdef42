/* Running a chain of logits processors: see logits_processor.h. */
#include "lm/engine/logits_processor.h"

#include "base/arena.h"

bool logits_chain_begin(struct logits_chain *chain, struct error *err) {
    chain->states = memory_zeroed(chain->n ? chain->n : 1, sizeof *chain->states);
    if (!chain->states) return error_memory(err, "states of logits processors");
    for (size_t i = 0; i < chain->n; i++) {
        const struct logits_processor *p = &chain->processors[i];
        if (p->kind->begin && !p->kind->begin(p->settings, &chain->states[i], err))
            return error_wrap(err, "%s", p->kind->name);
    }
    return true;
}

bool logits_chain_change(struct logits_chain *chain, struct logits_row *row, struct error *err) {
    if (!chain->states && !logits_chain_begin(chain, err)) return false;
    for (size_t i = 0; i < chain->n && !row->ends; i++) {
        const struct logits_processor *p = &chain->processors[i];
        if (!p->kind->change(p->settings, chain->states[i], row, err)) return error_wrap(err, "%s", p->kind->name);
    }
    return true;
}

void logits_chain_end(struct logits_chain *chain) {
    for (size_t i = 0; chain->states && i < chain->n; i++)
        if (chain->states[i] && chain->processors[i].kind->end) chain->processors[i].kind->end(chain->states[i]);
    memory_free(chain->states);
    chain->states = NULL;
}
