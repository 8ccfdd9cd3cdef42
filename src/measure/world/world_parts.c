/* The parts of the world, in alphabetical order, and their families. A new part is one row here. */
#include "measure/world/world_item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct world_part world_part_conduct, world_part_dialogue, world_part_guidelines, world_part_systems,
    world_part_tastes, world_part_tools, world_part_toxic, world_part_wrappers;
extern const struct world_part world_part_cases, world_part_geometry, world_part_traces;
extern const struct world_part world_part_table;
extern const struct world_part world_part_causes, world_part_decisions, world_part_manners, world_part_norms,
    world_part_novel, world_part_opinions, world_part_privacy, world_part_records, world_part_stereotypes;
static const struct world_part part_ask = {
    .name = "ask", .version = 1, .families = &world_family_ask, .n_families = 1, .styled = true};
static const struct world_part part_requests = {
    .name = "requests", .version = 1, .families = &world_family_requests, .n_families = 1, .styled = true};

const struct world_part *const world_parts[] = {
    &part_ask,
    &world_part_cases,
    &world_part_causes,
    &world_part_chat,
    &world_part_conduct,
    &world_part_conflicts,
    &world_part_contracts,
    &world_part_cue,
    &world_part_decisions,
    &world_part_dialogue,
    &world_part_documents,
    &world_part_echo,
    &world_part_geometry,
    &world_part_guidelines,
    &world_part_knights,
    &world_part_languages,
    &world_part_manners,
    &world_part_map,
    &world_part_noise,
    &world_part_norms,
    &world_part_novel,
    &world_part_opinions,
    &world_part_privacy,
    &world_part_quotes,
    &world_part_records,
    &part_requests,
    &world_part_sources,
    &world_part_statements,
    &world_part_stereotypes,
    &world_part_sums,
    &world_part_systems,
    &world_part_table,
    &world_part_tastes,
    &world_part_tongues,
    &world_part_tools,
    &world_part_toxic,
    &world_part_traces,
    &world_part_values,
    &world_part_voters,
    &world_part_sql,
    &world_part_wrappers,
};
const size_t world_n_parts = sizeof world_parts / sizeof *world_parts;
_Static_assert(sizeof world_parts / sizeof *world_parts <= MOST_PARTS, "room for the states of all parts");

const struct world_family *world_family_at(size_t i) {
    for (size_t p = 0; p < world_n_parts; p++) {
        if (i < world_parts[p]->n_families) return &world_parts[p]->families[i];
        i -= world_parts[p]->n_families;
    }
    return NULL;
}

const struct world_family *world_family_find(const char *name) {
    const struct world_family *family;
    for (size_t i = 0; (family = world_family_at(i)); i++)
        if (strcmp(family->name, name) == 0) return family;
    return NULL;
}

const void *world_state(const struct world *w, const struct world_part *part) {
    for (size_t p = 0; p < world_n_parts; p++)
        if (world_parts[p] == part) return w->state[p];
    return NULL;
}

bool world_draw_parts(struct world *w, struct error *err) {
    for (size_t p = 0; p < world_n_parts; p++) {
        const struct world_part *part = world_parts[p];
        if (!part->draw) continue;
        w->state[p] = arena_alloc(&w->arena, 1, part->state_size ? part->state_size : 1, err);
        if (!w->state[p]) return false;
        memset(w->state[p], 0, part->state_size);
        if (!part->draw(w, w->state[p], err)) return error_wrap(err, "part '%s'", part->name);
    }
    return true;
}

/* ---- truth: kinds of entities, facts, policy, then that of each part which has one. Each is frozen by its hash: later
 * parts get new names, no row and no word of an old one is ever changed. */

enum { TRUTH_FACTS = N_KINDS, TRUTH_POLICY, TRUTH_PARTS };

static const struct world_part *part_of_truth(size_t truth) {
    for (size_t p = 0, i = TRUTH_PARTS; p < world_n_parts; p++)
        if (world_parts[p]->rows && i++ == truth) return world_parts[p];
    return NULL;
}

size_t world_truths(void) {
    size_t n = TRUTH_PARTS;
    for (size_t p = 0; p < world_n_parts; p++) n += world_parts[p]->rows != NULL;
    return n;
}

static const char *truth_name(size_t truth, unsigned *version) {
    const struct world_part *part = truth < TRUTH_PARTS ? NULL : part_of_truth(truth);
    *version = part ? part->version : 1;
    if (part) return part->name;
    return truth < N_KINDS ? world_kinds[truth].name : truth == TRUTH_FACTS ? "fact" : "policy";
}

const char *world_truth_path(size_t truth, char out[64]) {
    unsigned version;
    snprintf(out, 64, "truth/%s.json%s", truth_name(truth, &version), truth == TRUTH_POLICY ? "" : "l");
    return out;
}

size_t world_truth_rows(const struct world *w, size_t truth) {
    if (truth >= TRUTH_PARTS) return part_of_truth(truth)->rows(w);
    return truth < N_KINDS ? world_kinds[truth].n : truth == TRUTH_FACTS ? ALL_FACTS : 1;
}

bool world_put_truth(struct buffer *out, const struct world *w, size_t truth, size_t row) {
    if (truth >= TRUTH_PARTS) return part_of_truth(truth)->put_row(out, w, row);
    if (truth == TRUTH_POLICY) return world_put_policy(out, w);
    return truth == TRUTH_FACTS ? world_put_fact(out, w, row) : world_put_row(out, w, (enum kind)truth, row);
}

static bool hash_truth(const struct world *w, size_t truth, char hash[HASH_HEX], struct buffer *row,
                       struct error *err) {
    struct sha256 sha;
    sha256_init(&sha);
    for (size_t i = 0, n = world_truth_rows(w, truth); i < n; i++) {
        buffer_clear(row);
        if (!world_put_truth(row, w, truth, i) || !buffer_put_char(row, '\n')) return buffer_check(row, "world", err);
        sha256_add(&sha, row->at, row->len);
    }
    sha256_end_hex(&sha, hash);
    return true;
}

static bool hash_all(struct world *w, struct buffer *row, struct error *err) {
    for (size_t t = 0; t < world_truths(); t++) {
        struct part_hash *part = &w->part[w->n_hashes++];
        snprintf(part->name, sizeof part->name, "%s", truth_name(t, &part->version));
        if (!hash_truth(w, t, part->hash, row, err)) return false;
    }
    for (size_t f = 0; f < world_n_files; f++) {
        struct part_hash *part = &w->part[w->n_hashes++];
        part->version = 1;
        snprintf(part->name, sizeof part->name, "words/%s", world_files[f].name);
        sha256_hex(world_files[f].at, world_files[f].len, part->hash);
    }
    return true;
}

static int by_line(const void *a, const void *b) {
    return strcmp(a, b);
}

bool world_hash_parts(struct world *w, struct error *err) {
    char line[MOST_HASHES][128];
    struct buffer row;
    struct sha256 root;
    if (world_truths() + world_n_files > MOST_HASHES)
        return error_set(err, ERROR_ENVIRONMENT, "more than %d parts and files of words", MOST_HASHES);
    buffer_init(&row, 1 << 20);
    bool ok = hash_all(w, &row, err);
    buffer_done(&row);
    if (!ok) return false;
    for (size_t p = 0; p < w->n_hashes; p++)
        snprintf(line[p], sizeof line[p], "%s %u %s\n", w->part[p].name, w->part[p].version, w->part[p].hash);
    qsort(line, w->n_hashes, sizeof *line, by_line);
    sha256_init(&root);
    for (size_t p = 0; p < w->n_hashes; p++) sha256_add(&root, line[p], strlen(line[p]));
    sha256_end_hex(&root, w->root);
    unsigned long long seed = w->seed;
    int n = snprintf(w->identity, sizeof w->identity, "pw%d-s%llu-%.12s", WORLD_GENERATOR, seed, w->root);
    return n < (int)sizeof w->identity || error_set(err, ERROR_USAGE, "world: seed %llu is too long", seed);
}
