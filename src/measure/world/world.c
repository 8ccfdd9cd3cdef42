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

/* One part: its rows, each with a line end. */
static bool hash_rows(const struct world *w, int part, char hash[HASH_HEX], struct buffer *row, struct error *err) {
    struct sha256 sha;
    size_t n = part < N_KINDS ? world_kinds[part].n : part == N_KINDS ? ALL_FACTS : 1;
    sha256_init(&sha);
    for (size_t i = 0; i < n; i++) {
        buffer_clear(row);
        bool ok = part < N_KINDS    ? world_put_row(row, w, (enum kind)part, i)
                  : part == N_KINDS ? world_put_fact(row, w, i)
                                    : world_put_policy(row, w);
        if (!ok || !buffer_put_char(row, '\n')) return buffer_check(row, "world", err);
        sha256_add(&sha, row->at, row->len);
    }
    sha256_end_hex(&sha, hash);
    return true;
}

bool world_hash_parts(struct world *w, struct error *err) {
    struct buffer row;
    struct sha256 root;
    char sorted[WORLD_PARTS][128], hash[HASH_HEX];
    bool ok = true;
    buffer_init(&row, 1 << 20);
    for (int p = 0; ok && p < WORLD_PARTS; p++) {
        w->part[p].name = p < N_KINDS ? world_kinds[p].name : p == N_KINDS ? "fact" : "policy";
        w->part[p].version = 1;
        ok = hash_rows(w, p, w->part[p].hash, &row, err);
        if (!ok) break;
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
    int n = snprintf(w->identity, sizeof w->identity, "pw%d-s%llu-%.12s", WORLD_GENERATOR, (unsigned long long)w->seed, hash);
    return n < (int)sizeof w->identity || error_set(err, ERROR_USAGE, "world: seed %llu is too long", (unsigned long long)w->seed);
}

struct world *world_new(uint64_t seed, struct error *err) {
    struct world *w = memory_zeroed(1, sizeof *w);
    if (!w) return error_memory(err, "world"), NULL;
    w->seed = seed;
    arena_init(&w->arena, (size_t)64 << 20);
    if (name_numbers(w, err) && world_words_load(&w->words, &w->arena, err) && world_draw_tables(w, err) &&
        world_draw_names(w, err) && world_draw_facts(w, err) && world_hash_parts(w, err) && world_gather_reserve(w, err))
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
