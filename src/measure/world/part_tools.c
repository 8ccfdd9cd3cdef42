/* Part `tools`: words, chains of capabilities, truth. See pocket/tools.yaml. */
#include "measure/world/world_tools.h"

#include <stdlib.h>
#include <string.h>

static const char slot_letters[] = "POGTNL";

const struct tools *world_tools(const struct world *w) {
    return world_state(w, &world_part_tools);
}

/* ---- words */

static bool read_slot(struct words_reader *r, const struct yaml *node, char letter, enum task_slot *slot) {
    const char *at = letter ? strchr(slot_letters, letter) : NULL;
    if (!at) return yaml_error(node, r->err, "expected a slot of '%s'", slot_letters);
    *slot = (enum task_slot)(at - slot_letters);
    return true;
}

static bool read_tool(struct words_reader *r, const struct yaml *node, size_t n_arguments, struct tool *tool) {
    if (node->kind != YAML_SEQUENCE || node->n != 3 || node->child[1]->kind != YAML_SEQUENCE ||
        node->child[1]->n != n_arguments)
        return yaml_error(node, r->err, "expected a name, %zu arguments and a result", n_arguments);
    for (size_t i = 0; i < n_arguments; i++)
        if (!words_text(r, node->child[1]->child[i], "", &tool->argument[i])) return false;
    return words_text(r, node->child[0], "", &tool->name) && words_text(r, node->child[2], "POGTNLVH", &tool->result);
}

static bool read_capability(struct words_reader *r, const struct yaml *node, struct capability *c) {
    struct text takes, gives = TEXT("");
    enum task_slot slot = SLOT_P;
    if (!words_text_of(r, node, "name", "", &c->name) || !words_text_of(r, node, "family", "", &c->family) ||
        !words_text_of(r, node, "takes", "", &takes) || !yaml_opt_text(node, "gives", &gives, r->err) ||
        !words_list(r, node, "ask", slot_letters, PHRASES, &c->ask))
        return false;
    if (takes.len == 0 || takes.len > MOST_ARGUMENTS) return yaml_error(node, r->err, "takes: expected 1 to 3 slots");
    if (gives.len && !read_slot(r, node, gives.at[0], &slot)) return false;
    c->n_takes = takes.len, c->gives = gives.len ? (int)slot : -1, c->bound_slot = -1;
    for (size_t i = 0; i < takes.len; i++)
        if (!read_slot(r, node, takes.at[i], &c->takes[i])) return false;
    if (yaml_get(node, "bound")) {
        if (!words_list(r, node, "bound", slot_letters, PHRASES, &c->bound)) return false;
        for (size_t i = 0; i < c->n_takes; i++)
            if (c->takes[i] != SLOT_P && c->takes[i] != SLOT_O) c->bound_slot = (int)c->takes[i];
    }
    const struct yaml *tools = words_member(r, node, "tools");
    if (!tools) return false;
    if (tools->kind != YAML_SEQUENCE || tools->n != TOOLS_EACH)
        return yaml_error(tools, r->err, "tools: expected %d", TOOLS_EACH);
    for (size_t i = 0; i < TOOLS_EACH; i++)
        if (!read_tool(r, tools->child[i], c->n_takes, &c->tool[i])) return false;
    return true;
}

static bool find_capability(struct words_reader *r, const struct tools *t, const struct yaml *node, struct text name,
                            unsigned *out) {
    for (*out = 0; *out < CAPABILITIES; (*out)++)
        if (text_equal(t->capability[*out].name, name)) return true;
    return yaml_error(node, r->err, "no capability '%.*s'", TEXT_ARG(name));
}

static bool read_bits(struct words_reader *r, const struct tools *t, const struct yaml *node, const char *key,
                      unsigned *bits) {
    const struct yaml *list = yaml_get(node, key);
    unsigned c;
    *bits = 0;
    for (size_t i = 0; list && i < list->n; i++) {
        if (!find_capability(r, t, list->child[i], list->child[i]->scalar, &c)) return false;
        *bits |= 1u << c;
    }
    return true;
}

static bool read_rule(struct words_reader *r, const struct tools *t, const struct yaml *node, struct task_rule *rule) {
    struct text slot, of;
    if (!words_text_of(r, node, "name", "", &rule->name) || !words_text_of(r, node, "slot", "", &slot) ||
        !words_text_of(r, node, "of", "", &of) || !words_text_of(r, node, "line", "X", &rule->line) ||
        !words_text_of(r, node, "reason", "", &rule->reason))
        return false;
    return read_slot(r, node, slot.len ? slot.at[0] : 0, &rule->slot) && find_capability(r, t, node, of, &rule->of) &&
           read_bits(r, t, node, "after", &rule->after) && read_bits(r, t, node, "not", &rule->without);
}

static bool read_carrier(struct words_reader *r, const struct yaml *node, struct carrier *c) {
    c->obeyed = false;
    return words_text_of(r, node, "name", "", &c->name) && words_text_of(r, node, "text", "ZM", &c->text) &&
           yaml_opt_bool(node, "obeyed", &c->obeyed, r->err);
}

static const struct yaml *read_sequence(struct words_reader *r, const struct yaml *root, const char *key, size_t n) {
    const struct yaml *list = words_member(r, root, key);
    if (list && (list->kind != YAML_SEQUENCE || list->n != n)) {
        yaml_error(list, r->err, "%s: expected %zu entries", key, n);
        return NULL;
    }
    return list;
}

static bool read_words(struct words_reader *r, struct tools *t) {
    const struct yaml *root = words_open(r, "tools.yaml");
    if (!root || !words_text_of(r, root, "desk", "DMRL", &t->desk) || !words_text_of(r, root, "go_on", "", &t->go_on) ||
        !words_text_of(r, root, "then", "", &t->then) || !words_list(r, root, "done", "R", 4, &t->done) ||
        !words_list(r, root, "refusals", "R", 2, &t->refusals) ||
        !words_list(r, root, "wordings", "S", WORDINGS, &t->wordings))
        return false;
    const struct yaml *capabilities = read_sequence(r, root, "capabilities", CAPABILITIES);
    for (size_t i = 0; i < CAPABILITIES; i++)
        if (!capabilities || !read_capability(r, capabilities->child[i], &t->capability[i])) return false;
    const struct yaml *rules = read_sequence(r, root, "rules", TASK_RULES);
    for (size_t i = 0; i < TASK_RULES; i++)
        if (!rules || !read_rule(r, t, rules->child[i], &t->rule[i])) return false;
    const struct yaml *carriers = read_sequence(r, root, "carriers", CARRIERS);
    for (size_t i = 0; i < CARRIERS; i++)
        if (!carriers || !read_carrier(r, carriers->child[i], &t->carrier[i])) return false;
    return true;
}

/* ---- chains */

static const struct {
    unsigned n, of_split[N_SPLITS];
} lengths[MOST_STEPS] = {
    {12, {12, 0, 0, 0}}, {14, {8, 1, 3, 2}}, {14, {8, 1, 2, 3}}, {12, {6, 1, 3, 2}}, {12, {6, 1, 2, 3}}};

/* The rules that can be broken: the capability stands in the chain, behind one of `after`, without any of `without`. */
static void find_rules(const struct tools *t, struct chain *c) {
    c->n_rules = 0;
    for (unsigned r = 0; r < TASK_RULES; r++) {
        unsigned before = 0, all = 0;
        bool meets = false;
        for (unsigned i = 0; i < c->n; i++) all |= 1u << c->step[i];
        for (unsigned i = 0; i < c->n; i++) {
            meets = meets || (c->step[i] == t->rule[r].of && (!t->rule[r].after || (before & t->rule[r].after)));
            before |= 1u << c->step[i];
        }
        if (meets && !(all & t->rule[r].without)) c->rule[c->n_rules++] = (uint8_t)r;
    }
}

static bool is_new(const struct tools *t, size_t n, const struct chain *c) {
    for (size_t i = 0; i < n; i++)
        if (t->chain[i].n == c->n && memcmp(t->chain[i].step, c->step, c->n) == 0) return false;
    return true;
}

/* What finds something out comes first in seven chains of eight, so that others can use it. */
static void put_finders_first(const struct tools *t, struct chain *c) {
    uint8_t others[MOST_STEPS], n = 0, m = 0;
    for (unsigned i = 0; i < c->n; i++)
        if (t->capability[c->step[i]].gives >= 0)
            c->step[n++] = c->step[i];
        else
            others[m++] = c->step[i];
    for (unsigned i = 0; i < m; i++) c->step[n + i] = others[i];
}

/* Different capabilities in a drawn order, so that at least one rule can be broken. */
static void draw_chain(struct tools *t, size_t at, unsigned n, struct rng *rng) {
    struct chain *c = &t->chain[at];
    do {
        size_t order[CAPABILITIES];
        for (size_t i = 0; i < CAPABILITIES; i++) order[i] = i;
        rng_shuffle(rng, order, CAPABILITIES);
        c->n = (uint8_t)n;
        for (size_t i = 0; i < n; i++) c->step[i] = (uint8_t)order[i];
        if (rng_below(rng, 8)) put_finders_first(t, c);
        find_rules(t, c);
    } while (c->n_rules == 0 || !is_new(t, at, c));
}

static void deal_chains(const struct world *w, struct tools *t, unsigned attempt) {
    for (unsigned length = 1, at = 0; length <= MOST_STEPS; at += lengths[length++ - 1].n) {
        struct rng rng = world_stream(w, "tools/chains", attempt, length);
        for (unsigned i = 0; i < lengths[length - 1].n; i++) {
            if (length > 1) draw_chain(t, at + i, length, &rng);
            if (length == 1) t->chain[i] = (struct chain){.n = 1, .step = {(uint8_t)i}}, find_rules(t, &t->chain[i]);
        }
    }
}

static bool deal_splits(const struct world *w, struct tools *t, struct arena *scratch, struct error *err) {
    for (unsigned length = 1, at = 0; length <= MOST_STEPS; at += lengths[length++ - 1].n) {
        size_t *order, dealt = 0;
        if (!world_order(w, "tools/splits", length, lengths[length - 1].n, &order, scratch, err)) return false;
        for (unsigned s = 0; s < N_SPLITS; s++)
            for (unsigned k = 0; k < lengths[length - 1].of_split[s]; k++)
                t->chain[at + order[dealt++]].split = (uint8_t)s;
    }
    return true;
}

/* Steps that use what an earlier one has found out. */
static unsigned count_bound(const struct tools *t) {
    unsigned n = 0;
    for (size_t i = 0; i < CHAINS; i++)
        for (unsigned k = 0, given = 0; k < t->chain[i].n; k++) {
            const struct capability *c = &t->capability[t->chain[i].step[k]];
            n += c->bound_slot >= 0 && given >> c->bound_slot & 1;
            if (c->gives >= 0) given |= 1u << c->gives;
        }
    return n;
}

static unsigned count_rules(const struct tools *t, unsigned chains[TASK_RULES]) {
    unsigned least = CHAINS;
    for (size_t r = 0; r < TASK_RULES; r++) chains[r] = 0;
    for (size_t i = 0; i < CHAINS; i++)
        for (unsigned k = 0; k < t->chain[i].n_rules; k++) chains[t->chain[i].rule[k]]++;
    for (size_t r = 0; r < TASK_RULES; r++)
        if (chains[r] < least) least = chains[r];
    return least;
}

/* Attempt after attempt, until every rule can be broken by enough chains and enough steps use what was found out. */
static bool draw_chains(const struct world *w, struct tools *t, struct error *err) {
    enum { LEAST = 4, LEAST_BOUND = 24, ATTEMPTS = 10000 };
    unsigned chains[TASK_RULES];
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        deal_chains(w, t, attempt);
        if (count_rules(t, chains) >= LEAST && count_bound(t) >= LEAST_BOUND) return true;
    }
    return error_set(err, ERROR_DATA, "pocket/tools.yaml: no chains in which each rule can be broken %d times", LEAST);
}

/* The rule that the fewest chains can break comes first. */
static void sort_rules(struct tools *t) {
    unsigned chains[TASK_RULES];
    count_rules(t, chains);
    for (size_t i = 0; i < CHAINS; i++) {
        struct chain *c = &t->chain[i];
        for (unsigned k = 1; k < c->n_rules; k++) {
            uint8_t first = c->rule[0];
            if (chains[c->rule[k]] < chains[first]) c->rule[0] = c->rule[k], c->rule[k] = first;
        }
    }
}

/* Which rule nearest to a tenth of the harmful tasks for training break; see world_task_draw for how a rule is chosen.
 */
static void choose_refused(struct tools *t) {
    enum { WHOLE = 2 * 2520 }; /* 2520: divided by 1..10 */
    long share[TASK_RULES] = {0}, all = 0, best = -1;
    for (size_t i = 0; i < CHAINS; i++) {
        const struct chain *c = &t->chain[i];
        if (c->split != TRAIN || !c->n_rules) continue;
        all += WHOLE, share[c->rule[0]] += WHOLE / 2;
        for (unsigned k = 0; k < c->n_rules; k++) share[c->rule[k]] += WHOLE / 2 / c->n_rules;
    }
    for (int r = 0; r < TASK_RULES; r++) {
        long gap = labs(10 * share[r] - all);
        if (best < 0 || gap < best) best = gap, t->refused = r;
    }
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct tools *t = state;
    struct words_reader r = {&w->arena, err};
    struct arena scratch;
    arena_init(&scratch, 1 << 22);
    bool ok = read_words(&r, t) && draw_chains(w, t, err) && deal_splits(w, t, &scratch, err);
    if (ok) sort_rules(t), choose_refused(t);
    arena_done(&scratch);
    return ok;
}

/* ---- truth: 48 tools, 64 chains, 10 rules */

static size_t rows(const struct world *w) {
    (void)w;
    return TOOLS + CHAINS + TASK_RULES;
}

static bool put_tool(struct buffer *out, const struct tools *t, size_t i) {
    static const char *const types[N_TASK_SLOTS] = {"string", "string", "string", "string", "integer", "string"};
    const struct capability *c = &t->capability[i / TOOLS_EACH];
    const struct tool *tool = &c->tool[i % TOOLS_EACH];
    buffer_printf(out, "{\"id\":\"tl%02zu\"", i);
    world_put_pair(out, "name", tool->name), world_put_pair(out, "capability", c->name);
    world_put_pair(out, "family", c->family);
    buffer_printf(out, ",\"seen\":%s,\"parameters\":{\"type\":\"object\",\"properties\":{",
                  i % TOOLS_EACH < TOOLS_SEEN ? "true" : "false");
    for (size_t k = 0; k < c->n_takes; k++)
        buffer_printf(out, "%s\"%.*s\":{\"type\":\"%s\"}", k ? "," : "", TEXT_ARG(tool->argument[k]),
                      types[c->takes[k]]);
    buffer_put_c(out, "},\"required\":[");
    for (size_t k = 0; k < c->n_takes; k++) buffer_printf(out, "%s\"%.*s\"", k ? "," : "", TEXT_ARG(tool->argument[k]));
    buffer_put_c(out, "]}");
    return world_put_pair(out, "result", tool->result) && buffer_put_char(out, '}');
}

static bool put_chain(struct buffer *out, const struct tools *t, size_t i) {
    const struct chain *c = &t->chain[i];
    buffer_printf(out, "{\"id\":\"ch%02zu\",\"steps\":[", i);
    for (size_t k = 0; k < c->n; k++)
        buffer_printf(out, "%s\"%.*s\"", k ? "," : "", TEXT_ARG(t->capability[c->step[k]].name));
    buffer_put_c(out, "],\"rules\":[");
    for (size_t k = 0; k < c->n_rules; k++)
        buffer_printf(out, "%s\"%.*s\"", k ? "," : "", TEXT_ARG(t->rule[c->rule[k]].name));
    return buffer_printf(out, "],\"split\":\"%s\"}", world_split_names[c->split]);
}

static bool put_rule(struct buffer *out, const struct tools *t, size_t i) {
    const struct task_rule *r = &t->rule[i];
    buffer_printf(out, "{\"id\":\"tr%02zu\"", i);
    world_put_pair(out, "name", r->name), world_put_pair(out, "of", t->capability[r->of].name);
    world_put_pair(out, "line", r->line), world_put_pair(out, "reason", r->reason);
    return buffer_printf(out, ",\"slot\":\"%c\",\"after\":%u,\"without\":%u,\"refused\":%s}", slot_letters[r->slot],
                         r->after, r->without, t->refused == (int)i ? "true" : "false");
}

static bool put_row(struct buffer *out, const struct world *w, size_t i) {
    if (i >= TOOLS + CHAINS) return put_rule(out, world_tools(w), i - TOOLS - CHAINS);
    return i < TOOLS ? put_tool(out, world_tools(w), i) : put_chain(out, world_tools(w), i - TOOLS);
}

static size_t find(const struct world *w, struct text id) {
    uint64_t i;
    (void)w;
    if (id.len != 4 || !text_to_u64(text_part(id, 2, 4), &i)) return SIZE_MAX;
    if (text_starts(id, TEXT("tl")) && i < TOOLS) return (size_t)i;
    if (text_starts(id, TEXT("ch")) && i < CHAINS) return TOOLS + (size_t)i;
    return text_starts(id, TEXT("tr")) && i < TASK_RULES ? TOOLS + CHAINS + (size_t)i : SIZE_MAX;
}

const struct world_part world_part_tools = {.name = "tools",
                                            .version = 1,
                                            .words = true,
                                            .state_size = sizeof(struct tools),
                                            .draw = draw,
                                            .rows = rows,
                                            .put_row = put_row,
                                            .find = find,
                                            .families = world_tool_families,
                                            .n_families = 3,
                                            .blocks = world_tool_blocks,
                                            .n_blocks = 3};
