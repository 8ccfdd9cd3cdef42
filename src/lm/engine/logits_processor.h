/* Logits processors: what changes the logits of an answer's next token before it is drawn (a grammar, a penalty, a
 * steering term). An ask names a chain of them. They run in its order, each on what the one before left; then sampling
 * (temperature, top_k, top_p) draws from the row. Log-probabilities in results stay those of the unmodified row.
 *
 * The promise of engine.h holds with processors as long as each depends on nothing but its settings, its own state and
 * the row that it is given: not on other answers, the clock, the order of calls or the worker. One answer's calls never
 * run at once; those of different answers do, on different threads, so that settings are constant or guard themselves.
 */
#ifndef LM_LOGITS_PROCESSOR_H
#define LM_LOGITS_PROCESSOR_H

#include "base/error.h"

#include <stdint.h>

/* What is known of an answer before its next token is drawn. */
struct logits_row {
    const int32_t *prompt, *answer; /* tokens; answer: so far, each call has one more than the last */
    size_t n_prompt, n_answer;
    float *logits; /* [vocabulary], changed in place; -INFINITY: never drawn */
    size_t vocabulary;
    bool ends; /* set it: the answer ends here (STOP), nothing is drawn */
};

struct logits_processor_kind {
    const char *name; /* for messages */
    /* Once an answer, before its first row. *state: of the processor, NULL at first. NULL function: none is needed. */
    bool (*begin)(const void *settings, void **state, struct error *err);
    /* false: this answer ends with the error, the others go on. A row without a finite logit is an error too. */
    bool (*change)(const void *settings, void *state, struct logits_row *row, struct error *err);
    void (*end)(void *state); /* of every state that begin left, also after a failure; NULL: nothing to free */
};

struct logits_processor {
    const struct logits_processor_kind *kind;
    const void *settings; /* borrowed until the answer has ended */
};

/* The states of one answer's chain. */
struct logits_chain {
    const struct logits_processor *processors;
    void **states; /* NULL: not begun */
    size_t n;
};
bool logits_chain_begin(struct logits_chain *chain, struct error *err) MUST_CHECK;
/* Begins the chain if need be and runs it up to the first processor that ends the answer. */
bool logits_chain_change(struct logits_chain *chain, struct logits_row *row, struct error *err) MUST_CHECK;
void logits_chain_end(struct logits_chain *chain);

#endif
