/* A gate expression. What is read is judged twice against the same figures, with the same verdict and findings whose
 * intervals agree with their verdicts; what is not read is told with a column. */
#include "measure/figure/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static const struct figure figures[] = {
    {.name = "acc",
     .task = "demo/facts",
     .group = "",
     .value = 0.75,
     .lo = 0.7,
     .hi = 0.8,
     .n = 300,
     .k = 225,
     .method = "wilson"},
    {.name = "acc",
     .task = "demo/facts",
     .group = "kind=rare",
     .value = 0.5,
     .lo = 0.4,
     .hi = 0.6,
     .n = 90,
     .k = 45,
     .method = "wilson"},
    {.name = "acc",
     .task = "mill",
     .group = "",
     .value = 0.9,
     .lo = 0.8,
     .hi = 0.95,
     .n = 50,
     .k = 45,
     .method = "wilson"},
    {.name = "ece,bins=15",
     .task = "mill",
     .group = "",
     .value = 0.1,
     .lo = NAN,
     .hi = NAN,
     .n = 50,
     .k = -1,
     .method = "none"},
};
static const struct figure differences[] = {
    {.name = "acc",
     .task = "mill",
     .group = "",
     .value = -0.02,
     .lo = -0.05,
     .hi = 0.01,
     .n = 50,
     .k = -1,
     .method = "tango"},
};

static void judge(const struct gate *gate, struct arena *arena, uint64_t *sum) {
    struct error err = {0};
    struct gate_result result;
    struct gate_figures all = {
        .figures = figures, .n = 4, .differences = differences, .n_differences = 1, .confidence = 0.95};
    *sum = 0;
    if (!gate_judge(gate, &all, arena, &result, &err)) {
        if (err.kind != ERROR_USAGE || !err.message[0]) abort();
        return;
    }
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (size_t i = 0; i < result.n; i++) {
        const struct gate_finding *f = &result.findings[i];
        if (isnan(f->lo) && f->verdict != GATE_UNDECIDED) abort();
        gate_put_finding(&b, f);
        buffer_put_c(&b, f->condition);
    }
    *sum = hash_xxh3(b.at ? b.at : "", b.len) + (uint64_t)result.verdict;
    buffer_done(&b);
    if (gate_pass(&result, false, &err) != (result.verdict == GATE_MET)) abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, 0);
    struct gate *gate = gate_parse((struct text){(const char *)at, n}, &arena, &err);
    if (gate) {
        uint64_t one, two;
        judge(gate, &arena, &one);
        judge(gate, &arena, &two);
        if (one != two) abort();
    } else if (err.kind != ERROR_USAGE || !strstr(err.message, "gate: ")) {
        abort();
    }
    arena_done(&arena);
    return 0;
}
