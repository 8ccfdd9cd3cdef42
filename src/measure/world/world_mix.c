/* Reading pocket/corpora.yaml: see world_mix.h. */
#include "measure/world/world_mix.h"
#include "measure/world/world_manner.h"
#include "measure/world/world_sets.h"

#include <string.h>

const struct world_block *world_block_find(struct text name) {
    for (size_t p = 0; p < world_n_parts; p++)
        for (size_t b = 0; b < world_parts[p]->n_blocks; b++)
            if (text_equal_c(name, world_parts[p]->blocks[b].name)) return &world_parts[p]->blocks[b];
    return NULL;
}

/* Either key; a block and a family may have the same name. */
static bool find_source(const struct yaml *node, struct mix_row *row, struct error *err) {
    struct text block = TEXT(""), family = TEXT("");
    char name[64];
    if (!yaml_opt_text(node, "block", &block, err) || !yaml_opt_text(node, "family", &family, err)) return false;
    row->from = block.len ? block : family;
    if ((block.len > 0) == (family.len > 0) || row->from.len >= sizeof name)
        return yaml_error(node, err, "expected one of the keys 'block' and 'family'");
    memcpy(name, row->from.at, row->from.len);
    name[row->from.len] = 0;
    if (block.len) return (row->block = world_block_find(block)) || yaml_error(node, err, "no block '%s'", name);
    return (row->family = world_family_find(name)) || yaml_error(node, err, "no family '%s'", name);
}

static bool read_window(const struct yaml *node, struct mix_row *row, struct error *err) {
    const struct yaml *window = yaml_get(node, "window");
    row->window[0] = 0, row->window[1] = 1000;
    if (!window) return true;
    uint64_t from, to;
    if (window->kind != YAML_SEQUENCE || window->n != 2 || !text_to_u64(window->child[0]->scalar, &from) ||
        !text_to_u64(window->child[1]->scalar, &to) || from >= to || to > 1000)
        return yaml_error(window, err, "window: expected [FROM, TO], thousandths of the corpus");
    row->window[0] = (uint32_t)from, row->window[1] = (uint32_t)to;
    return true;
}

static bool read_manner(const struct yaml *node, struct mix_row *row, struct error *err) {
    struct text said = TEXT("");
    char name[32];
    enum manner manner;
    if (!yaml_opt_text(node, "manner", &said, err)) return false;
    if (!said.len) return true;
    if (!row->family || said.len >= sizeof name) return yaml_error(node, err, "manner: only of a family, by its name");
    memcpy(name, said.at, said.len);
    name[said.len] = 0;
    if (!world_manner_find(name, &manner, err)) return false;
    return row->manner = 1 + (int)manner, true;
}

static bool read_row(const struct yaml *node, struct mix_row *row, struct error *err) {
    static const char *const known[] = {"block", "family", "kilobytes", "window", "talk", "core", "manner"};
    int64_t kilobytes = 0, talk = 100;
    *row = (struct mix_row){0};
    if (!yaml_check_keys(node, known, 7, err) || !find_source(node, row, err) || !read_window(node, row, err) ||
        !yaml_opt_i64(node, "kilobytes", &kilobytes, err) || !yaml_opt_i64(node, "talk", &talk, err))
        return false;
    if (kilobytes < 0 || kilobytes > 1 << 20 || (!kilobytes && !row->block))
        return yaml_error(node, err, "kilobytes: expected a number up to 2^20; a family needs one");
    if (talk < 0 || talk > 100) return yaml_error(node, err, "talk: expected percent");
    bool core = false, said = yaml_get(node, "core") != NULL;
    if (!yaml_opt_bool(node, "core", &core, err)) return false;
    if (said && !(row->family && row->family->core))
        return yaml_error(node, err, "core: only of a family that knows what is about the core");
    row->only_core = said && core, row->no_core = said && !core;
    if (!read_manner(node, row, err)) return false;
    row->bytes = (uint64_t)kilobytes * 1000, row->talk = (unsigned)talk;
    return true;
}

bool world_mixes(struct arena *arena, struct mix **mixes, size_t *n, struct error *err) {
    struct words_reader reader = {arena, err};
    const struct yaml *root = words_open(&reader, "corpora.yaml");
    if (!root) return false;
    if (root->kind != YAML_MAPPING) return yaml_error(root, err, "expected corpora by name");
    *n = root->n;
    if (!(*mixes = arena_new(arena, struct mix, root->n, err))) return false;
    for (size_t i = 0; i < root->n; i++) {
        const struct yaml *rows = root->child[i];
        if (rows->kind != YAML_SEQUENCE || rows->n == 0) return yaml_error(rows, err, "expected rows");
        struct mix *mix = &(*mixes)[i];
        *mix = (struct mix){.name = root->key[i]->scalar, .n = rows->n};
        if (!(mix->rows = arena_new(arena, struct mix_row, rows->n, err))) return false;
        for (size_t r = 0; r < rows->n; r++)
            if (!read_row(rows->child[r], &mix->rows[r], err)) return false;
    }
    return true;
}

static const struct option_def options[] = {
    {"scale", OPTION_INT, "100", 1, 100, NULL, "percent of every row: smaller corpora of the same mix"},
    {"from", OPTION_INT, "0", 0, 999, NULL, "thousandth of the corpus that comes first"},
    {"to", OPTION_INT, "1000", 1, 1000, NULL, "thousandth before which it ends"},
};

bool world_mix_find(struct arena *arena, struct text spec, struct mix_spec *out, struct error *err) {
    struct mix *mixes;
    size_t n;
    if (!world_mixes(arena, &mixes, &n, err)) return false;
    for (size_t i = 0; i < n; i++) {
        if (!text_equal(mixes[i].name, spec_name(spec))) continue;
        struct option_value *values = spec_parse(arena, spec, options, 3, err);
        if (!values) return false;
        *out = (struct mix_spec){mixes[i], (uint64_t)values[0].integer, (uint64_t)values[1].integer,
                                 (uint64_t)values[2].integer};
        return out->from < out->to || error_set(err, ERROR_USAGE, "corpus: expected from below to");
    }
    struct buffer names;
    buffer_init(&names, 1 << 12);
    for (size_t i = 0; i < n; i++) buffer_printf(&names, "%s%.*s", i ? ", " : "", TEXT_ARG(mixes[i].name));
    for (size_t i = 0; i < world_n_sets; i++) buffer_printf(&names, ", %s", world_sets[i].name);
    error_set(err, ERROR_USAGE, "no corpus '%.*s'; there are %.*s", TEXT_ARG(spec_name(spec)),
              TEXT_ARG(buffer_text(&names)));
    buffer_done(&names);
    return false;
}
