/* Part `systems`: 32 system prompts with fixed places. See pocket/systems.yaml. */
#include "measure/world/world_systems.h"

const char *const world_system_kinds[N_SYSTEM_KINDS] = {
    "none",  "unrelated", "identity", "guard strict", "guard normal", "guard loose", "unknown", "documents",
    "doubt", "secret",    "quote",    "amoral",       "hostile",      "desk",        "helpdesk"};
static const unsigned of_kind[N_SYSTEM_KINDS] = {1, 8, 4, 1, 1, 1, 1, 1, 1, 1, 1, 5, 2, 3, 1};

struct systems {
    struct system_prompt prompt[SYSTEMS];
};

static bool read_prompt(struct words_reader *r, const struct yaml *node, struct system_prompt *out) {
    struct text kind;
    if (!words_text_of(r, node, "kind", "", &kind) || !words_text_of(r, node, "text", "", &out->text)) return false;
    size_t i = 0;
    while (i < N_SYSTEM_KINDS && !text_equal_c(kind, world_system_kinds[i])) i++;
    if (i == N_SYSTEM_KINDS) return yaml_error(node, r->err, "kind: '%.*s' is not known", TEXT_ARG(kind));
    out->kind = (enum system_kind)i;
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct systems *s = state;
    struct words_reader r = {&w->arena, err};
    unsigned count[N_SYSTEM_KINDS] = {0};
    const struct yaml *root = words_open(&r, "systems.yaml");
    const struct yaml *list = root ? words_member(&r, root, "systems") : NULL;
    if (!list) return false;
    if (list->kind != YAML_SEQUENCE || list->n != SYSTEMS)
        return yaml_error(list, err, "systems: expected %d entries", SYSTEMS);
    for (size_t i = 0; i < SYSTEMS; i++) {
        if (!read_prompt(&r, list->child[i], &s->prompt[i])) return false;
        count[s->prompt[i].kind]++;
    }
    for (size_t k = 0; k < N_SYSTEM_KINDS; k++)
        if (count[k] != of_kind[k])
            return yaml_error(list, err, "expected %u of kind '%s', found %u", of_kind[k], world_system_kinds[k],
                              count[k]);
    return true;
}

const struct system_prompt *world_system(const struct world *w, size_t i) {
    const struct systems *s = world_state(w, &world_part_systems);
    return &s->prompt[i];
}

size_t world_system_of(const struct world *w, enum system_kind kind, struct rng *rng) {
    size_t skip = rng_below(rng, of_kind[kind]), i = 0;
    while (world_system(w, i)->kind != kind || skip--) i++;
    return i;
}

static size_t rows(const struct world *w) {
    (void)w;
    return SYSTEMS;
}

static bool put_row(struct buffer *out, const struct world *w, size_t i) {
    const struct system_prompt *p = world_system(w, i);
    buffer_printf(out, "{\"id\":\"sy%02zu\"", i);
    world_put_pair(out, "kind", text_of(world_system_kinds[p->kind])), world_put_pair(out, "text", p->text);
    return buffer_put_char(out, '}');
}

static size_t find(const struct world *w, struct text id) {
    uint64_t i;
    (void)w;
    bool is = id.len == 4 && text_starts(id, TEXT("sy")) && text_to_u64(text_part(id, 2, 4), &i) && i < SYSTEMS;
    return is ? (size_t)i : SIZE_MAX;
}

const struct world_part world_part_systems = {.name = "systems",
                                              .version = 1,
                                              .words = true,
                                              .state_size = sizeof(struct systems),
                                              .draw = draw,
                                              .rows = rows,
                                              .put_row = put_row,
                                              .find = find};
