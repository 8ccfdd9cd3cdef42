/* Shifted logits: see serve_bias.h. */
#include "serve/serve_bias.h"

#include "base/arena.h"

bool serve_bias_asked(const struct api_request *q) {
    return q->n_biases || q->presence != 0 || q->frequency != 0;
}

/* Of one answer: how often it has said what. */
struct said {
    uint32_t *counts; /* [vocabulary] */
    int32_t *tokens;  /* that it has said, each once */
    size_t n, capacity, seen;
};

static bool begin(const void *settings, void **state, struct error *err) {
    (void)settings;
    return (*state = memory_zeroed(1, sizeof(struct said))) != NULL || error_memory(err, "penalties");
}

static bool count(struct said *s, int32_t token, struct error *err) {
    if (s->counts[token]++) return true;
    if (s->n == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 64;
        int32_t *tokens = memory_grow(s->tokens, capacity, sizeof *tokens);
        if (!tokens) return error_memory(err, "penalties");
        s->tokens = tokens;
        s->capacity = capacity;
    }
    s->tokens[s->n++] = token;
    return true;
}

static bool change(const void *settings, void *state, struct logits_row *row, struct error *err) {
    const struct api_request *q = settings;
    struct said *s = state;
    for (size_t i = 0; i < q->n_biases; i++) row->logits[q->biases[i].id] += q->biases[i].value;
    if (q->presence == 0 && q->frequency == 0) return true;
    if (!s->counts && !(s->counts = memory_zeroed(row->vocabulary, sizeof *s->counts)))
        return error_memory(err, "penalties");
    for (; s->seen < row->n_answer; s->seen++)
        if (!count(s, row->answer[s->seen], err)) return false;
    for (size_t i = 0; i < s->n; i++) {
        float *logit = &row->logits[s->tokens[i]];
        *logit = (float)((double)*logit - (double)s->counts[s->tokens[i]] * q->frequency - q->presence);
    }
    return true;
}

static void end(void *state) {
    struct said *s = state;
    memory_free(s->counts);
    memory_free(s->tokens);
    memory_free(s);
}

static const struct logits_processor_kind kind = {"logit_bias and penalties", begin, change, end};

struct logits_processor serve_bias_processor(const struct api_request *request) {
    return (struct logits_processor){&kind, request};
}
