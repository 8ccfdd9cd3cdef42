/* See attribute.h. */
#include "measure/trace/attribute.h"

#include <ctype.h>

const char *const attribute_names[ATTRIBUTE_WAYS] = {"rule", "step 0", "step 1", "uniform"};

/* "exitcode: 1", or a trace of where a program stopped. */
static bool tells_failure(struct text t) {
    size_t at = text_find(t, TEXT("exitcode: "), 0);
    if (at != SIZE_MAX && at + 10 < t.len) return isdigit((unsigned char)t.at[at + 10]) && t.at[at + 10] != '0';
    return text_find(t, TEXT("Traceback (most recent call last)"), 0) != SIZE_MAX;
}

size_t attribute_log(const struct trace *t) {
    for (size_t i = 0; i < t->n; i++) {
        const struct trace_span *s = &t->spans[i];
        if (s->outcome == TRACE_FAILED || s->ok == 0 || tells_failure(s->out)) return i ? i - 1 : 0;
    }
    return t->n > 1 ? 1 : t->n == 1 ? 0 : SIZE_MAX;
}

bool attribute_replay(const struct attribute_replay *replay, size_t *step, struct error *err) {
    bool right;
    *step = SIZE_MAX;
    if (!replay->run(replay->context, SIZE_MAX, &right, err)) return false;
    for (size_t i = 0; !right && i < replay->steps; i++) {
        bool flipped;
        if (!replay->run(replay->context, i, &flipped, err)) return false;
        if (!flipped) continue;
        *step = i;
        break;
    }
    return true;
}

static void add(struct attribute_tally *tally, const struct trace *t, enum attribute_by by, size_t step,
                double weight) {
    size_t far = step > t->step ? step - t->step : t->step - step;
    if (step >= t->n) return;
    tally->step[by] += weight * (far == 0);
    tally->near[by] += weight * (far <= 1);
    tally->agent[by] += weight * text_equal(t->spans[step].agent, t->guilty);
}

void attribute_add(struct attribute_tally *tally, const struct trace *t) {
    if (!t->labelled || !t->n) return;
    tally->logs++;
    tally->steps += t->n;
    tally->speaks += text_equal(t->spans[t->step].agent, t->guilty);
    add(tally, t, ATTRIBUTE_RULE, attribute_log(t), 1);
    add(tally, t, ATTRIBUTE_STEP0, 0, 1);
    add(tally, t, ATTRIBUTE_STEP1, 1, 1);
    for (size_t i = 0; i < t->n; i++) add(tally, t, ATTRIBUTE_UNIFORM, i, 1 / (double)t->n);
}
