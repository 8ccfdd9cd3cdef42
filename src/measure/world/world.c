/* The pocket world: making it, its identity, its streams and ids. See world.h. */
#include "measure/world/world_internal.h"

#include <stdio.h>

struct rng world_stream(const struct world *world, const char *name, uint64_t draw, uint64_t index) {
    char stream[128];
    snprintf(stream, sizeof stream, "world/%s/%llu", name, (unsigned long long)draw);
    return rng_stream(world->seed, stream, index);
}

void world_id(enum kind kind, size_t index, char out[16]) {
    snprintf(out, 16, "%c%0*zu", world_kinds[kind].letter, world_kinds[kind].digits, index);
}

struct text world_value(const struct world *w, enum domain domain, int value) {
    size_t v = (size_t)value;
    switch (domain) {
    case OF_NUMBER: return w->number[v];
    case OF_TOWN: return w->name[TOWN][v];
    case OF_RIVER: return w->name[RIVER][v];
    case OF_BUILDING: return w->name[BUILDING][v];
    case OF_GOOD: return w->name[GOOD][v];
    case OF_TRADE: return w->name[TRADE][v];
    case OF_ELDER: return w->name[ELDER][v];
    case OF_TOOL: return w->words.tools.at[v];
    case OF_ANIMAL: return w->words.animals.at[v];
    case OF_GAME: return w->words.games.at[v];
    case OF_GUILD: return w->words.guilds.at[v];
    case OF_ROLE: return w->words.roles.at[v];
    case OF_OATH: return w->words.oaths.at[v];
    case OF_REGION: return w->words.regions.at[v];
    case OF_DAY: return w->words.days.at[v];
    case OF_MATERIAL: return w->words.materials.at[v];
    case OF_USE: return w->words.uses.at[v];
    case OF_KIND: return w->words.kinds.at[v];
    case OF_KIN: return w->words.kins.at[v];
    case OF_SEX: return w->words.sexes.at[v];
    case OF_AGE: return w->words.ages.at[v];
    case OF_LAW_ACT: return w->words.law_acts.at[v];
    case OF_LAW_OBJECT: return w->words.law_objects.at[v];
    case OF_MONTH: return w->words.months.at[v];
    case OF_CUSTOM: return w->words.customs.at[v];
    case N_DOMAINS: break;
    }
    return TEXT("");
}

static bool name_numbers(struct world *w, struct error *err) {
    for (size_t i = 0; i < sizeof w->number / sizeof *w->number; i++) {
        char *name = arena_printf(&w->arena, err, "%zu", i);
        if (!name) return false;
        w->number[i] = text_of(name);
    }
    return true;
}

/* ---- parts: the truth by kinds, facts and policy, then the files of words. Each is frozen by its hash: later parts
 * get new names, no row and no word of an old one is ever changed. */

enum { PART_FACTS = N_KINDS, PART_POLICY, PART_WORDS };

const char *world_truth_path(int part) {
    static const char *const paths[WORLD_TRUTHS] = {
        [PERSON] = "truth/person.jsonl", [TOWN] = "truth/town.jsonl",         [BUILDING] = "truth/building.jsonl",
        [GOOD] = "truth/good.jsonl",     [TRADE] = "truth/trade.jsonl",       [LAW] = "truth/law.jsonl",
        [FESTIVAL] = "truth/festival.jsonl", [ELDER] = "truth/elder.jsonl",   [RIVER] = "truth/river.jsonl",
        [OUTSIDE] = "truth/outside.jsonl", [PART_FACTS] = "truth/fact.jsonl", [PART_POLICY] = "truth/policy.json",
    };
    return paths[part];
}

size_t world_truth_rows(int part) { return part < N_KINDS ? world_kinds[part].n : part == PART_FACTS ? ALL_FACTS : 1; }

bool world_put_truth(struct buffer *out, const struct world *w, int part, size_t row) {
    if (part == PART_POLICY) return world_put_policy(out, w);
    return part == PART_FACTS ? world_put_fact(out, w, row) : world_put_row(out, w, (enum kind)part, row);
}

static bool hash_truth(const struct world *w, int part, char hash[HASH_HEX], struct buffer *row, struct error *err) {
    struct sha256 sha;
    sha256_init(&sha);
    for (size_t i = 0; i < world_truth_rows(part); i++) {
        buffer_clear(row);
        if (!world_put_truth(row, w, part, i) || !buffer_put_char(row, '\n')) return buffer_check(row, "world", err);
        sha256_add(&sha, row->at, row->len);
    }
    sha256_end_hex(&sha, hash);
    return true;
}

static bool hash_part(struct world *w, int p, struct buffer *row, struct error *err) {
    struct part_hash *part = &w->part[p];
    part->version = 1;
    if (p < PART_WORDS) {
        snprintf(part->name, sizeof part->name, "%s",
                 p < N_KINDS ? world_kinds[p].name : p == PART_FACTS ? "fact" : "policy");
        return hash_truth(w, p, part->hash, row, err);
    }
    const struct world_file *file = &world_files[p - PART_WORDS];
    snprintf(part->name, sizeof part->name, "words/%s", file->name);
    sha256_hex(file->at, file->len, part->hash);
    return true;
}

bool world_hash_parts(struct world *w, struct error *err) {
    struct buffer row;
    struct sha256 root;
    char sorted[WORLD_PARTS][128], hash[HASH_HEX];
    bool ok = world_n_files == WORLD_PARTS - PART_WORDS ||
              error_set(err, ERROR_ENVIRONMENT, "the files of pocket/ are not all part of this build");
    buffer_init(&row, 1 << 20);
    for (int p = 0; ok && p < WORLD_PARTS; p++) {
        if (!(ok = hash_part(w, p, &row, err))) break;
        char line[128];
        snprintf(line, sizeof line, "%s %u %s\n", w->part[p].name, w->part[p].version, w->part[p].hash);
        int at = p;
        for (; at > 0 && text_compare(text_of(sorted[at - 1]), text_of(line)) > 0; at--)
            snprintf(sorted[at], sizeof sorted[at], "%s", sorted[at - 1]);
        snprintf(sorted[at], sizeof sorted[at], "%s", line);
    }
    buffer_done(&row);
    if (!ok) return false;
    sha256_init(&root);
    for (int p = 0; p < WORLD_PARTS; p++) sha256_add(&root, sorted[p], text_of(sorted[p]).len);
    sha256_end_hex(&root, hash);
    unsigned long long seed = w->seed;
    int n = snprintf(w->identity, sizeof w->identity, "pw%d-s%llu-%.12s", WORLD_GENERATOR, seed, hash);
    return n < (int)sizeof w->identity || error_set(err, ERROR_USAGE, "world: seed %llu is too long", seed);
}

struct world *world_new(uint64_t seed, struct error *err) {
    struct world *w = memory_zeroed(1, sizeof *w);
    if (!w) return error_memory(err, "world"), NULL;
    w->seed = seed;
    arena_init(&w->arena, (size_t)64 << 20);
    if (name_numbers(w, err) && world_words_load(&w->words, &w->arena, err) && world_draw_tables(w, err) &&
        world_draw_names(w, err) && world_draw_facts(w, err) && world_hash_parts(w, err) &&
        world_gather_reserve(w, err))
        return w;
    world_free(w);
    return NULL;
}

void world_free(struct world *world) {
    if (!world) return;
    arena_done(&world->arena);
    memory_free(world);
}

uint64_t world_seed(const struct world *world) { return world->seed; }
const char *world_identity(const struct world *world) { return world->identity; }
struct text world_chat_template(const struct world *world) { return world->words.chat_template; }

const struct text *world_specials(const struct world *world, size_t *n) {
    *n = world->words.specials.n;
    return world->words.specials.at;
}

const struct text *world_reserve(const struct world *world, size_t *n) {
    *n = world->reserve.n;
    return world->reserve.at;
}
