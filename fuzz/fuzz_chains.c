/* Chains, tools, capabilities, maps and taxonomies from strangers: refused with the name of the file, or checked, counted,
 * and made into automata that are complete. */
#include "measure/trace/chain.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static bool ignore(void *context, const struct finding *f, struct error *err) {
    (void)context, (void)err;
    if (!f->rule || !f->what || !f->file) abort();
    return true;
}

static void check_automata(const struct chain_set *set) {
    for (size_t i = 0; i < set->n; i++) {
        const struct chain_dfa *d = &set->dfas[i];
        size_t calls = (size_t)1 << d->n_letters;
        for (size_t s = 0; s < d->n_states; s++)
            for (size_t call = 0; call < calls; call++) {
                size_t to = d->next[s * calls + call];
                if (to >= d->n_states || (d->accepts[s] && to != s)) abort();
            }
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    if (n > 1 << 14) return 0;
    struct memory_file file = memory_file_open(at, n);
    struct error err = {0};
    struct arena arena;
    struct tool_spec spec;
    struct spec_counts counts;
    struct chain_set set;
    const char *kind;
    arena_init(&arena, (size_t)512 << 20);
    tool_spec_init(&spec, &arena);
    if (tool_spec_read(&spec, file.path, &kind, &err)) {
        if (!tool_spec_check(&spec, NULL, ignore, NULL, &err) || !tool_spec_count(&spec, &counts, &err)) abort();
        if (chain_set_make(&spec, &arena, &set, &err))
            check_automata(&set);
        else if (err.kind != ERROR_DATA)
            abort();
    } else if (err.kind != ERROR_DATA || !err.message[0])
        abort();
    tool_spec_done(&spec);
    arena_done(&arena);
    memory_file_close(&file);
    return 0;
}
