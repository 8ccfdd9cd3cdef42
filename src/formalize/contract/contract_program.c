/* Files as a program: see contract_program.h. The order of bases is that of contract_order.c. */
#include "formalize/contract/contract_order.h"

#include <string.h>

bool contract_program_init(struct sol_program *program, struct arena *arena, struct error *err) {
    *program = (struct sol_program){.arena = arena};
    return sol_names_init(&program->names, arena, err);
}

bool contract_program_add(struct sol_program *program, struct text text, const char *name, struct error *err) {
    if (program->n_files == CONTRACT_FILES_MOST)
        return error_set(err, ERROR_DATA, "%s: more than %d files in one program", name, CONTRACT_FILES_MOST);
    if (program->n_files == program->room_files) {
        size_t room = program->room_files ? program->room_files * 2 : 16;
        struct sol_file *files = arena_new(program->arena, struct sol_file, room, err);
        if (!files) return false;
        if (program->n_files) memcpy(files, program->files, program->n_files * sizeof *files);
        program->files = files;
        program->room_files = room;
    }
    if (!sol_parse(text, name, &program->names, program->arena, &program->files[program->n_files], err)) return false;
    program->n_files++;
    return true;
}

/* ---- imports */

/* "lib/Token.sol" and "./Token.sol" both mean a file whose path ends so. */
static bool path_means(struct text path, const char *name) {
    struct text whole = text_of(name);
    while (text_starts(path, TEXT("./")) || text_starts(path, TEXT("../")))
        path = text_part(path, path.at[1] == '.' ? 3 : 2, path.len);
    size_t cut = 0;
    for (size_t i = 0; i < path.len; i++)
        if (path.at[i] == '/') cut = i + 1;
    struct text base = text_part(path, cut, path.len);
    return base.len && text_ends(whole, base) && (whole.len == base.len || whole.at[whole.len - base.len - 1] == '/');
}

static bool link_imports(struct sol_program *program, struct error *err) {
    size_t n = program->n_files;
    if (!(program->imports = arena_new(program->arena, uint8_t, n * n + 1, err))) return false;
    for (size_t a = 0; a < n; a++)
        for (const struct sol_node *d = program->files[a].tree->first; d; d = d->next) {
            const struct sol_node *at = d->kind == N_IMPORT ? sol_child_of(d, N_TEXT) : NULL;
            struct text quoted = at ? sol_source(&program->files[a], at) : TEXT("");
            if (quoted.len < 3) continue;
            for (size_t b = 0; b < n; b++)
                if (path_means(text_part(quoted, 1, quoted.len - 1), program->files[b].name))
                    program->imports[a * n + b] = 1;
        }
    for (size_t k = 0; n <= 300 && k < n; k++) /* at any remove (Warshall); of more files only the direct ones */
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; program->imports[a * n + k] && b < n; b++)
                program->imports[a * n + b] |= program->imports[k * n + b];
    return true;
}

bool contract_imports(const struct sol_program *program, size_t a, size_t b) {
    return program->imports[a * program->n_files + b];
}

/* ---- contracts and functions */

static void count(struct sol_program *program) {
    for (size_t i = 0; i < program->n_files; i++)
        for (const struct sol_node *d = program->files[i].tree->first; d; d = d->next) {
            program->n_contracts += d->kind == N_CONTRACT;
            program->n_free += d->kind == N_FUNCTION;
        }
}

static bool is_old_constructor(const struct sol_contract *c, const struct sol_node *f, const struct sol_file *file) {
    return c && f->word == c->word && f->word && !(f->flags & SOL_MODIFIER) && file->version < 5000 &&
           !(c->node->flags & (SOL_LIBRARY | SOL_INTERFACE));
}

static struct sol_function function_of(struct sol_program *program, const struct sol_contract *c,
                                       const struct sol_file *file, const struct sol_node *node) {
    struct sol_function f = {.contract = c, .file = file, .node = node, .word = node->word};
    f.params = sol_child_of(node, N_PARAMS);
    f.body = sol_child_of(node, N_BLOCK);
    f.is_modifier = node->flags & SOL_MODIFIER;
    f.is_constructor = (node->flags & SOL_CONSTRUCTOR && !f.is_modifier) || is_old_constructor(c, node, file);
    f.is_entry = c && !f.is_modifier && !f.is_constructor && !(node->flags & (SOL_PRIVATE | SOL_INTERNAL)) &&
                 !(c->node->flags & SOL_LIBRARY);
    for (const struct sol_node *p = f.params ? f.params->first : NULL; p; p = p->next) f.n_params++;
    f.index = (uint32_t)program->n_functions++;
    return f;
}

static bool fill(struct sol_program *program, struct sol_contract *c, struct error *err) {
    for (const struct sol_node *d = c->node->first; d; d = d->next) {
        c->n_functions += d->kind == N_FUNCTION;
        c->n_states += d->kind == N_STATE;
        c->n_bases += d->kind == N_BASE;
    }
    c->functions = arena_new(program->arena, struct sol_function, c->n_functions + 1, err);
    c->states = arena_new(program->arena, struct sol_state, c->n_states + 1, err);
    c->bases = arena_new(program->arena, const struct sol_contract *, c->n_bases + 1, err);
    if (!c->functions || !c->states || !c->bases) return false;
    c->n_functions = c->n_states = c->n_bases = 0;
    for (const struct sol_node *d = c->node->first; d; d = d->next) {
        if (d->kind == N_FUNCTION) c->functions[c->n_functions++] = function_of(program, c, c->file, d);
        if (d->kind == N_STATE)
            c->states[c->n_states++] = (struct sol_state){.contract = c,
                                                          .file = c->file,
                                                          .node = d,
                                                          .type = d->first,
                                                          .value = d->flags & SOL_VALUED ? d->last : NULL,
                                                          .word = d->word};
    }
    return true;
}

static bool collect(struct sol_program *program, struct error *err) {
    program->contracts = arena_new(program->arena, struct sol_contract, program->n_contracts + 1, err);
    program->free_functions = arena_new(program->arena, struct sol_function, program->n_free + 1, err);
    program->n_named = program->names.n;
    program->named = arena_new(program->arena, const struct sol_contract *, program->n_named, err);
    if (!program->contracts || !program->free_functions || !program->named) return false;
    program->n_contracts = program->n_free = 0;
    for (size_t i = 0; i < program->n_files; i++)
        for (const struct sol_node *d = program->files[i].tree->first; d; d = d->next) {
            if (d->kind == N_FUNCTION)
                program->free_functions[program->n_free++] = function_of(program, NULL, &program->files[i], d);
            if (d->kind != N_CONTRACT) continue;
            struct sol_contract *c = &program->contracts[program->n_contracts++];
            *c = (struct sol_contract){.file = &program->files[i], .node = d, .word = d->word};
            if (!fill(program, c, err)) return false;
        }
    for (size_t i = program->n_contracts; i-- > 0;) { /* the first of a name is found first */
        struct sol_contract *c = &program->contracts[i];
        c->same_name = program->named[c->word];
        program->named[c->word] = c;
    }
    return true;
}

static bool index_functions(struct sol_program *program, struct error *err) {
    if (!(program->all = arena_new(program->arena, const struct sol_function *, program->n_functions + 1, err)))
        return false;
    for (size_t i = 0; i < program->n_free; i++)
        program->all[program->free_functions[i].index] = &program->free_functions[i];
    for (size_t i = 0; i < program->n_contracts; i++)
        for (size_t k = 0; k < program->contracts[i].n_functions; k++)
            program->all[program->contracts[i].functions[k].index] = &program->contracts[i].functions[k];
    return true;
}

static void link_bases(struct sol_program *program) {
    for (size_t i = 0; i < program->n_contracts; i++) {
        struct sol_contract *c = &program->contracts[i];
        for (const struct sol_node *d = c->node->first; d; d = d->next) {
            if (d->kind != N_BASE) continue;
            const struct sol_contract *base = contract_find(program, c->file, d->word);
            if (base && base != c && c->n_bases < CONTRACT_BASES_MOST)
                c->bases[c->n_bases++] = base;
            else if (!c->missing)
                c->missing = d->word;
        }
    }
}

bool contract_program_link(struct sol_program *program, struct error *err) {
    count(program);
    if (!link_imports(program, err) || !collect(program, err) || !index_functions(program, err)) return false;
    link_bases(program);
    for (size_t i = 0; i < program->n_contracts; i++)
        if (!contract_order(program, &program->contracts[i], 0, err)) return false;
    return true;
}

/* ---- names */

const struct sol_contract *contract_find(const struct sol_program *program, const struct sol_file *file,
                                         uint32_t word) {
    if (word >= program->n_named) return NULL;
    const struct sol_contract *first = program->named[word];
    for (const struct sol_contract *c = first; c; c = c->same_name)
        if (c->file == file) return c;
    for (const struct sol_contract *c = first; c; c = c->same_name)
        if (contract_imports(program, (size_t)(file - program->files), (size_t)(c->file - program->files))) return c;
    return first;
}

const struct sol_function *contract_function(const struct sol_contract *contract, size_t from, uint32_t word,
                                             size_t n_args, bool modifier) {
    if (!word || !contract) return NULL;
    for (size_t i = from; i < contract->n_order; i++) {
        const struct sol_contract *c = contract->order[i];
        for (size_t k = 0; k < c->n_functions; k++) {
            const struct sol_function *f = &c->functions[k];
            if (f->word == word && f->body && f->is_modifier == modifier && !f->is_constructor &&
                (n_args == SIZE_MAX || f->n_params == n_args))
                return f;
        }
    }
    return NULL;
}

const struct sol_function *contract_free_function(const struct sol_program *program, uint32_t word, size_t n_args) {
    for (size_t i = 0; word && i < program->n_free; i++)
        if (program->free_functions[i].word == word && program->free_functions[i].n_params == n_args &&
            program->free_functions[i].body)
            return &program->free_functions[i];
    return NULL;
}

const struct sol_state *contract_state(const struct sol_contract *contract, uint32_t word) {
    for (size_t i = 0; contract && i < contract->n_order; i++)
        for (size_t k = 0; k < contract->order[i]->n_states; k++)
            if (contract->order[i]->states[k].word == word) return &contract->order[i]->states[k];
    return NULL;
}

static const struct sol_node *declared_in(const struct sol_node *in, enum sol_kind kind, uint32_t word) {
    for (const struct sol_node *d = in->first; d; d = d->next)
        if (d->kind == kind && d->word == word) return d;
    return NULL;
}

const struct sol_node *contract_declared(const struct sol_program *program, const struct sol_contract *contract,
                                         const struct sol_file *file, enum sol_kind kind, uint32_t word) {
    const struct sol_node *found = NULL;
    for (size_t i = 0; !found && contract && i < contract->n_order; i++)
        found = declared_in(contract->order[i]->node, kind, word);
    if (!found) found = declared_in(file->tree, kind, word);
    for (size_t i = 0; !found && i < program->n_files; i++)
        if (contract_imports(program, (size_t)(file - program->files), i))
            found = declared_in(program->files[i].tree, kind, word);
    return found;
}

const char *contract_function_kind(const struct sol_function *f) {
    unsigned flags = f->node->flags;
    return f->is_modifier         ? "modifier"
           : f->is_constructor    ? "constructor"
           : flags & SOL_FALLBACK ? "fallback"
           : flags & SOL_RECEIVE  ? "receive"
                                  : "function";
}

const char *contract_function_name(const struct sol_program *program, const struct sol_function *f, struct arena *arena,
                                   struct error *err) {
    struct text own = f->word ? sol_name_text(&program->names, f->word) : text_of(contract_function_kind(f));
    if (!f->contract) return arena_copy(arena, own.at, own.len, err);
    return arena_printf(arena, err, "%.*s.%.*s", TEXT_ARG(sol_name_text(&program->names, f->contract->word)),
                        TEXT_ARG(own));
}

bool contract_wraps(const struct sol_file *file) {
    return file->version < 8000;
}
