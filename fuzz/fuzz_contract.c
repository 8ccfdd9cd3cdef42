/* Sources of Solidity. Whatever the bytes: every node lies within its parent and its file, every place can be printed,
 * checkers tell lines of the file, and it all comes out the same twice. */
#include "base/hash.h"
#include "formalize/contract/checker.h"
#include "formalize/contract/contract_json.h"
#include "formalize/contract/sol_normal.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 15 };

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void check_node(const struct sol_file *file, const struct sol_node *node, unsigned depth) {
    if (node->to < node->from || node->to > file->tokens.n || depth > 8 * SOL_DEPTH_MOST) abort();
    if (sol_line(file, node) > sol_end_line(file, node)) abort();
    (void)sol_source(file, node);
    for (const struct sol_node *c = node->first; c; c = c->next) check_node(file, c, depth + 1);
}

struct heard {
    const struct sol_file *file;
    uint64_t sum;
};

static bool hear(void *context, const struct finding *f, struct error *err) {
    struct heard *h = context;
    (void)err;
    if (!f->rule || !f->what || f->line > h->file->tokens.at[h->file->tokens.n - 1].line) abort();
    for (size_t i = 0; i < f->n_witness; i++)
        if (!f->witness[i].what || f->witness[i].line == 0) abort();
    h->sum = h->sum * 31 + f->line + hash_xxh3(f->rule, strlen(f->rule));
    return true;
}

static void check_functions(const struct sol_program *p) {
    struct error err = {0};
    for (size_t i = 0; i < p->n_functions; i++) {
        char hex[SOL_HASH_HEX];
        if (!sol_normal_hash(p, p->all[i], hex, &err)) abort();
    }
}

static void check_json(const struct sol_program *p, struct arena *arena) {
    struct contract_profiles profiles;
    struct error err = {0};
    json_t *out = json_object();
    if (!out || !contract_profiles(p, arena, &profiles, &err) || !contract_json(p, &profiles, 0, arena, out, &err))
        abort();
    json_decref(out);
}

static uint64_t once(struct text source) {
    struct arena arena;
    struct sol_program p;
    struct error err = {0};
    struct heard heard = {0};
    const struct checker_settings settings = {.sink = hear, .context = &heard};
    arena_init(&arena, (size_t)1 << 30);
    if (!contract_program_init(&p, &arena, &err)) abort();
    if (contract_program_add(&p, source, "f.sol", &err)) {
        heard.file = &p.files[0];
        check_node(heard.file, heard.file->tree, 0);
        if (!contract_program_link(&p, &err) || !checker_run(&p, &settings, &err)) abort();
        check_functions(&p);
        check_json(&p, &arena);
    } else if (err.kind != ERROR_DATA || strncmp(err.message, "f.sol:", 6) != 0)
        abort();
    arena_done(&arena);
    return heard.sum;
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct text source = {(const char *)at, n};
    if (n > MOST_BYTES) return 0;
    if (once(source) != once(source)) abort();
    return 0;
}
