/* See contract_json.h. */
#include "formalize/contract/contract_json.h"

#include "formalize/contract/sol_normal.h"

#include <stdio.h>

static json_t *word_json(const struct sol_program *p, uint32_t word) {
    return json_from_text(sol_name_text(&p->names, word));
}

static json_t *lines_into(json_t *row, const struct sol_file *file, const struct sol_node *node) {
    const struct sol_token *t = file->tokens.at;
    uint32_t last = node->to > node->from ? node->to - 1 : node->from;
    json_object_set_new(row, "line", json_integer(sol_line(file, node)));
    json_object_set_new(row, "end_line", json_integer(sol_end_line(file, node)));
    json_object_set_new(row, "from", json_integer(t[node->from].at));
    json_object_set_new(row, "to", json_integer((json_int_t)t[last].at + t[last].len));
    return row;
}

/* ---- contracts */

static json_t *state_json(const struct sol_program *p, const struct sol_state *s) {
    json_t *row =
        json_pack("{s:o s:o}", "name", word_json(p, s->word), "type", json_from_text(sol_source(s->file, s->type)));
    return row ? lines_into(row, s->file, s->node) : NULL;
}

static json_t *contract_row(const struct sol_program *p, const struct sol_contract *c) {
    unsigned flags = c->node->flags;
    const char *kind = flags & SOL_LIBRARY     ? "library"
                       : flags & SOL_INTERFACE ? "interface"
                       : flags & SOL_ABSTRACT  ? "abstract"
                                               : "contract";
    json_t *order = json_array(), *states = json_array();
    for (size_t i = 0; i < c->n_order; i++) json_array_append_new(order, word_json(p, c->order[i]->word));
    for (size_t i = 0; i < c->n_states; i++) json_array_append_new(states, state_json(p, &c->states[i]));
    json_t *row =
        json_pack("{s:o s:s s:o s:o}", "name", word_json(p, c->word), "kind", kind, "order", order, "state", states);
    if (row && c->missing) json_object_set_new(row, "base_not_found", word_json(p, c->missing));
    if (row && c->tangled) json_object_set_new(row, "no_order", json_true());
    return row ? lines_into(row, c->file, c->node) : NULL;
}

/* ---- functions */

static const char *visibility(const struct sol_function *f) {
    unsigned flags = f->node->flags;
    return flags & SOL_EXTERNAL   ? "external"
           : flags & SOL_INTERNAL ? "internal"
           : flags & SOL_PRIVATE  ? "private"
                                  : "public";
}

static const char *mutability(const struct sol_function *f) {
    unsigned flags = f->node->flags;
    return flags & SOL_PURE ? "pure" : flags & SOL_VIEW ? "view" : flags & SOL_PAYABLE ? "payable" : "nonpayable";
}

static json_t *features_json(const uint32_t *n) {
    json_t *row = json_object();
    for (size_t i = 0; row && i < FEATURES; i++)
        if (n[i]) json_object_set_new(row, contract_feature_names[i], json_integer(n[i]));
    return row;
}

static json_t *late_json(const struct sol_program *p, const struct contract_profile *profile) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < profile->features[FEATURE_late_writes] && i < CONTRACT_LATE_MOST; i++) {
        const struct contract_late *l = &profile->late[i];
        json_array_append_new(list, json_pack("{s:o s:i s:i s:i}", "state", word_json(p, l->word), "read", (int)l->read,
                                              "call", (int)l->call, "write", (int)l->write));
    }
    return list;
}

static json_t *bigrams_json(const struct sol_program *p, const struct sol_function *f, uint16_t *bins,
                            struct error *err) {
    size_t pairs;
    json_t *list = json_array();
    for (size_t i = 0; i < SOL_BINS; i++) bins[i] = 0;
    if (!list || !sol_bigrams(p, f, false, bins, &pairs, err)) return json_decref(list), NULL;
    for (size_t i = 0; i < SOL_BINS; i++)
        if (bins[i]) json_array_append_new(list, json_pack("[i i]", (int)i, (int)bins[i]));
    return list;
}

static json_t *uses_json(const struct sol_program *p, const struct sol_function *f) {
    json_t *list = json_array();
    for (const struct sol_node *c = f->node->first; c; c = c->next)
        if (c->kind == N_USE) json_array_append_new(list, word_json(p, c->word));
    return list;
}

static json_t *function_row(const struct sol_program *p, const struct sol_function *f,
                            const struct contract_profile *profile, uint16_t *bins, struct arena *arena,
                            struct error *err) {
    char hex[SOL_HASH_HEX];
    const char *name = contract_function_name(p, f, arena, err);
    if (!name || !sol_normal_hash(p, f, hex, err)) return NULL;
    json_t *row =
        json_pack("{s:o s:s s:s s:s s:o s:i s:b s:s}", "name", json_from_text(text_of(name)), "kind",
                  contract_function_kind(f), "visibility", visibility(f), "mutability", mutability(f), "modifiers",
                  uses_json(p, f), "params", (int)f->n_params, "body", f->body != NULL, "hash", hex);
    if (!row) return error_memory(err, "function"), NULL;
    lines_into(row, f->file, f->node);
    if (!f->body) return row;
    json_object_set_new(row, "features", features_json(profile->features));
    json_object_set_new(row, "late_writes", late_json(p, profile));
    if (profile->cut) json_object_set_new(row, "cut", json_true());
    json_t *pairs = bigrams_json(p, f, bins, err);
    if (!pairs) return json_decref(row), NULL;
    json_object_set_new(row, "bigrams", pairs);
    return row;
}

/* ---- calls */

static json_t *called_json(const struct sol_program *p, const struct contract_edge *e) {
    struct text type = sol_name_text(&p->names, e->type), word = sol_name_text(&p->names, e->word);
    char name[300];
    int n = snprintf(name, sizeof name, "%.*s%s%.*s", type.len > 120 ? 120 : TEXT_ARG(type), type.len ? "." : "",
                     word.len > 120 ? 120 : TEXT_ARG(word));
    return json_from_text((struct text){name, (size_t)n});
}

static bool put_calls(const struct sol_program *p, const struct contract_profiles *profiles,
                      const struct sol_file *file, struct arena *arena, json_t *list, struct error *err) {
    for (size_t i = 0; i < profiles->n_edges; i++) {
        const struct contract_edge *e = &profiles->edges[i];
        const struct sol_function *from = p->all[e->from], *to = e->to == UINT32_MAX ? NULL : p->all[e->to];
        if (from->file != file && (!to || to->file != file)) continue;
        const char *name = contract_function_name(p, from, arena, err);
        if (!name) return false;
        json_array_append_new(list, json_pack("{s:s s:o s:i s:b s:b}", "from", name, "to", called_json(p, e), "line",
                                              (int)e->line, "external", e->external, "found", to != NULL));
    }
    return true;
}

/* ---- the file */

static json_t *faults_json(const struct sol_file *file) {
    json_t *list = json_array();
    for (size_t i = 0; i < file->faults.n && i < SOL_FAULTS_MOST; i++) {
        const struct sol_fault *f = &file->faults.at[i];
        json_array_append_new(
            list, json_pack("{s:i s:i s:s}", "line", (int)f->line, "end_line", (int)f->end_line, "what", f->what));
    }
    return list;
}

static bool put_functions(const struct sol_program *p, const struct contract_profiles *profiles,
                          const struct sol_file *file, struct arena *arena, json_t *list, struct error *err) {
    uint16_t *bins = arena_new(arena, uint16_t, SOL_BINS, err);
    for (size_t i = 0; bins && i < p->n_functions; i++) {
        if (p->all[i]->file != file) continue;
        json_t *row = function_row(p, p->all[i], &profiles->at[i], bins, arena, err);
        if (!row) return false;
        json_array_append_new(list, row);
    }
    return bins != NULL;
}

bool contract_json(const struct sol_program *program, const struct contract_profiles *profiles, size_t file,
                   struct arena *arena, json_t *out, struct error *err) {
    const struct sol_file *f = &program->files[file];
    json_t *contracts = json_array(), *functions = json_array(), *calls = json_array();
    for (size_t i = 0; i < program->n_contracts; i++)
        if (program->contracts[i].file == f)
            json_array_append_new(contracts, contract_row(program, &program->contracts[i]));
    bool ok = put_functions(program, profiles, f, arena, functions, err) &&
              put_calls(program, profiles, f, arena, calls, err);
    char version[32];
    snprintf(version, sizeof version, "0.%u.%u", f->version / 1000, f->version % 1000);
    json_object_set_new(out, "version", f->version ? json_string(version) : json_null());
    json_object_set_new(out, "contracts", contracts);
    json_object_set_new(out, "functions", functions);
    json_object_set_new(out, "calls", calls);
    json_object_set_new(out, "faults", faults_json(f));
    return ok;
}
