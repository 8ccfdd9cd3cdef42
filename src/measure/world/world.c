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

struct world *world_new(uint64_t seed, struct error *err) {
    struct world *w = memory_zeroed(1, sizeof *w);
    if (!w) return error_memory(err, "world"), NULL;
    w->seed = seed;
    arena_init(&w->arena, (size_t)64 << 20);
    if (name_numbers(w, err) && world_words_load(&w->words, &w->arena, err) && world_draw_tables(w, err) &&
        world_draw_names(w, err) && world_check_texts(w, world_files, world_n_files, err) && world_draw_facts(w, err) &&
        world_draw_parts(w, err) && world_hash_parts(w, err) && world_gather_reserve(w, err))
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
