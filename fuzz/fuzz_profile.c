/* A profile. What is read is within its own limits, begins a policy text and gives a class or says what is missing; what
 * is not read is told with FILE:LINE:COLUMN. */
#include "set/profile.h"

#include <stdlib.h>
#include <string.h>

#include "libfyaml_leak.h"

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void use(const struct profile *p, struct arena *arena) {
    struct error err = {0};
    struct buffer b;
    struct profile_reach reach;
    struct profile_verdict v;
    struct policy_context nothing = {0};
    buffer_init(&b, 64 << 20);
    if (!profile_policy_put(&b, &p, 1, "begun", 20000)) abort();
    if (!profile_reach(p, NULL, arena, &reach, &err) || reach.items > p->n_items) abort();
    buffer_clear(&b);
    if (profile_classify(p, &nothing, arena, &v, &err)) {
        if (v.n_steps > p->n_classes || !profile_verdict_put(&b, &v, &nothing)) abort();
    } else if (err.kind != ERROR_USAGE && err.kind != ERROR_DATA) {
        abort();
    }
    buffer_done(&b);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, 0);
    struct profile *p = profile_read((struct text){(const char *)at, n}, "f.yaml", &arena, &err);
    if (p)
        use(p, &arena);
    else if (err.kind != ERROR_DATA || strncmp(err.message, "f.yaml:", 7) != 0)
        abort();
    arena_done(&arena);
    return 0;
}
