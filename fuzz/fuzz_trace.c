/* A trace of agents from strangers, in any of its forms: refused with a place, or read leniently and audited, finely and
 * coarsely; what is tainted comes from a source in as many steps as are counted, and whatever is tainted finely is so
 * coarsely. */
#include "measure/trace/audit.h"
#include "measure/trace/taint.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void must(bool ok) {
    if (!ok) abort();
}

static bool ignore(void *context, const struct finding *f, struct error *err) {
    (void)context, (void)err;
    must(f->rule && f->what && f->file);
    return true;
}

struct looking {
    struct audit *audit;
    struct arena arena;
};

static bool look(void *context, const struct trace *t, struct error *err) {
    struct looking *l = context;
    struct taint fine, coarse;
    struct audit_trace of_trace;
    arena_reset(&l->arena);
    must(audit_add(l->audit, t, &of_trace, err));
    must(taint_trace(t, false, &l->arena, &fine, err) && taint_trace(t, true, &l->arena, &coarse, err));
    for (size_t i = 0; i < fine.n; i++) {
        size_t x = i, steps = 0;
        must(!fine.nodes[i].tainted || coarse.nodes[i].tainted);
        for (; fine.nodes[i].tainted && !fine.nodes[x].source && steps <= fine.n; steps++) x = fine.nodes[x].from;
        must(!fine.nodes[i].tainted || steps == fine.nodes[i].depth);
    }
    return true;
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    if (n > 1 << 16) return 0;
    struct error err = {0};
    const struct audit_settings settings = {.sink = ignore};
    struct looking l = {.audit = audit_new(&settings, &err)};
    struct trace_settings reading = {.lenient = true, .sink = look, .context = &l};
    struct trace_counts counts = {0};
    struct arena arena;
    struct audit_result result;
    must(l.audit != NULL);
    arena_init(&arena, (size_t)512 << 20);
    arena_init(&l.arena, (size_t)512 << 20);
    json_t *value = json_read((struct text){(const char *)at, n}, "trace", 1, &err);
    if (value) {
        must(trace_read_json(value, "trace", &reading, &arena, &counts, &err));
        must(counts.bad == 0 || counts.first[0]);
        reading.lenient = false;
        if (!trace_read_json(value, "trace", &reading, &arena, &counts, &err)) must(err.kind == ERROR_DATA);
    }
    audit_end(l.audit, &result);
    json_decref(value);
    audit_free(l.audit);
    arena_done(&l.arena);
    arena_done(&arena);
    return 0;
}
