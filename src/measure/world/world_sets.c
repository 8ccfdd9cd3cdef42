/* Training sets: see world_sets.h. */
#include "measure/world/world_sets.h"
#include "measure/world/world_guidelines.h"
#include "measure/world/world_tastes.h"
#include "measure/world/world_tools.h"

#include <stdio.h>
#include <string.h>

/* Draws of their own, far from those that people give: of the pairs for rewards, of the passes over questions. */
enum {
    REWARD_DRAW = 1 << 20,
    PASS = 1 << 21,
    PAIRS = 12000,
    REWARDS = 5000,
    PROMPTS = 6000,
    POSITIONS = 60000,
    WORDS = 8000,
    FEW_WORDS = 300,
    QUERIES = 6000
};
enum { TRAJECTORIES = 5000, NEGATIVES = 4 };

/* ---- what lines are made from */

/* The first n items for training of a family, into every `step`th place from `first` on. */
static bool plan_family(struct item *items, uint64_t *draws, size_t first, size_t step, size_t n, const char *family,
                        const struct world *w, uint64_t draw, struct error *err) {
    struct arena arena;
    struct item *planned;
    size_t found;
    arena_init(&arena, (size_t)256 << 20);
    bool ok =
        world_plan_items(w, world_family_find(family), TRAIN, draw, UINT64_MAX, NULL, &planned, &found, &arena, err);
    if (ok && found < n)
        ok = error_set(err, ERROR_DATA, "'%s' has %zu items for training, expected %zu", family, found, n);
    for (size_t i = 0; ok && i < n; i++) items[first + i * step] = planned[i], draws[first + i * step] = draw;
    arena_done(&arena);
    return ok;
}

static bool plan_prefer(struct item *items, uint64_t *draws, size_t n, const struct world *w, uint64_t draw,
                        struct error *err) {
    return plan_family(items, draws, 0, 1, n, "prefer", w, draw, err);
}

static bool plan_reward(struct item *items, uint64_t *draws, size_t n, const struct world *w, uint64_t draw,
                        struct error *err) {
    return plan_family(items, draws, 0, 1, n, "prefer", w, draw + REWARD_DRAW, err);
}

static bool plan_rl(struct item *items, uint64_t *draws, size_t n, const struct world *w, uint64_t draw,
                    struct error *err) {
    static const char *const families[] = {"ask", "requests", "acts", "sums", "chains", "knights"};
    enum { FAMILIES = sizeof families / sizeof *families };
    for (size_t f = 0; f < FAMILIES; f++)
        if (!plan_family(items, draws, f, FAMILIES, n / FAMILIES, families[f], w, draw, err)) return false;
    return true;
}

static bool is_lettered(const struct item *item) {
    return item->family != &world_family_ask || item->number / MOST_OPTIONS / WORDINGS % N_STYLES == STYLE_CHOICE;
}

/* Passes over a family, each with a draw of its own, into every second place. */
static bool plan_passes(struct item *items, uint64_t *draws, size_t first, size_t n, const struct world_family *family,
                        const struct world *w, uint64_t draw, struct error *err) {
    size_t made = first;
    for (uint64_t pass = 0; made < n; pass++) {
        struct arena arena;
        struct item *planned;
        size_t found, before = made;
        uint64_t of_pass = draw + pass * PASS;
        arena_init(&arena, (size_t)256 << 20);
        bool ok = world_plan_items(w, family, TRAIN, of_pass, UINT64_MAX, NULL, &planned, &found, &arena, err);
        for (size_t i = 0; ok && i < found && made < n; i++)
            if (is_lettered(&planned[i]) && (!family->trains || family->trains(w, planned[i].number)))
                items[made] = planned[i], draws[made] = of_pass, made += 2;
        arena_done(&arena);
        if (!ok) return false;
        if (made == before)
            return error_set(err, ERROR_DATA, "'%s' has no lettered questions for training", family->name);
    }
    return true;
}

static bool plan_distil(struct item *items, uint64_t *draws, size_t n, const struct world *w, uint64_t draw,
                        struct error *err) {
    return plan_passes(items, draws, 0, n, world_family_find("noise"), w, draw, err) &&
           plan_passes(items, draws, 1, n, &world_family_ask, w, draw, err);
}

static bool plan_words(struct item *items, uint64_t *draws, size_t n, const struct world *w, uint64_t draw,
                       struct error *err) {
    return plan_family(items, draws, 0, 1, n, "noise-words", w, draw, err);
}

/* ---- lines */

/* {"id":"pp00012"; of another pass than the first its number behind it, because the item comes again. */
static bool put_id(struct buffer *out, const struct item *item, uint64_t draw) {
    char id[ITEM_ID];
    world_item_id(item, id);
    buffer_printf(out, "{\"id\":\"%s", id);
    if (draw >= PASS) buffer_printf(out, "/%llu", (unsigned long long)(draw / PASS));
    return buffer_put_char(out, '"');
}

static bool put_messages(struct buffer *out, struct text turns) {
    return buffer_put_c(out, ",\"messages\":[") && buffer_put_text(out, turns) && buffer_put_char(out, ']');
}

static bool put_scores(struct buffer *out, const char *key, const struct taste_scores *scores) {
    world_put_key(out, key);
    for (int i = 0; i < N_REWARDS; i++)
        buffer_printf(out, "%c\"%s\":%d", i ? ',' : '{', world_reward_names[i], scores->reward[i]);
    return buffer_put_char(out, '}');
}

static bool put_pair(struct buffer *out, struct world_line *line, const struct world *w, const struct item *item,
                     uint64_t draw, size_t number) {
    const struct taste_words *words = world_state(w, &world_part_tastes);
    struct taste_pair p;
    (void)line, (void)number;
    world_pair_init(&p);
    bool ok = world_pair(&p, w, item->number, TRAIN, draw) && put_id(out, item, 0) &&
              world_put_pair(out, "prompt", buffer_text(&p.prompt)) &&
              world_put_pair(out, "chosen", buffer_text(&p.chosen)) &&
              world_put_pair(out, "rejected", buffer_text(&p.rejected)) && world_put_pair(out, "by", TEXT("tastes")) &&
              buffer_printf(out, ",\"reward_chosen\":%d,\"reward_rejected\":%d", p.chosen_total, p.rejected_total) &&
              world_put_pair(out, "contrast", words->contrasts.at[p.contrast]) &&
              put_scores(out, "scores_chosen", &p.chosen_scores) &&
              put_scores(out, "scores_rejected", &p.rejected_scores);
    world_pair_done(&p);
    return ok && buffer_put_char(out, '}');
}

static bool put_gold(struct buffer *out, const struct world_line *line) {
    if (line->n_options) return buffer_printf(out, ",\"gold\":%zu,\"kind\":\"choice\"", line->right);
    buffer_put_c(out, ",\"gold\":["), json_put_string(out, buffer_text(&line->answer));
    buffer_put_text(out, buffer_text(&line->aliases));
    return buffer_put_char(out, ']') && world_put_pair(out, "kind", text_of(line->kind));
}

static bool put_prompt(struct buffer *out, struct world_line *line, const struct world *w, const struct item *item,
                       uint64_t draw, size_t number) {
    (void)number;
    return world_make_line(line, w, item, draw) && world_turn(line, "user", buffer_text(&line->prompt)) &&
           put_id(out, item, 0) && put_messages(out, buffer_text(&line->turns)) && put_gold(out, line) &&
           world_put_pair(out, "part", text_of(item->family->name)) && buffer_put_char(out, '}');
}

/* ,"posterior":[...] of the labels, where they have it. */
static struct text posterior_of(struct text labels) {
    size_t from = text_find(labels, TEXT(",\"posterior\":["), 0);
    if (from == SIZE_MAX) return TEXT("");
    return text_part(labels, from, text_find(labels, TEXT("]"), from) + 1);
}

static bool put_answer(struct buffer *out, struct world_line *line, const struct world *w, const struct item *item,
                       uint64_t draw, size_t number) {
    (void)number;
    return world_make_line(line, w, item, draw) && world_turn(line, "user", buffer_text(&line->prompt)) &&
           world_turn(line, "assistant", buffer_text(&line->reply)) && put_id(out, item, draw) &&
           put_messages(out, buffer_text(&line->turns)) && buffer_put_c(out, ",\"loss\":\"last\"") &&
           world_put_pair(out, "part", text_of(item->family->name)) &&
           buffer_printf(out, ",\"right\":%zu", line->right) &&
           buffer_put_text(out, posterior_of(buffer_text(&line->labels))) && buffer_put_char(out, '}');
}

static bool put_query(struct buffer *out, struct world_line *line, const struct world *w, const struct item *item,
                      uint64_t draw, size_t number) {
    struct rng rng = world_stream(w, "sets/retrieve", draw, number);
    unsigned quad = world_conduct_quad(w, TRAIN, &rng), risk = quad / (TOPICS * RISK_ACTS);
    size_t fits = risk * N_WAYS + rng_below(&rng, N_WAYS), guide[1 + NEGATIVES];
    struct request r;
    (void)line, (void)item;
    world_request_init(&r);
    world_guide_draw(guide, NEGATIVES, SIZE_MAX, risk, &rng);
    bool ok = world_conduct_request(&r, w, quad, 'c', TRAIN, &rng) &&
              buffer_printf(out, "{\"id\":\"rt%04zu\"", number) &&
              world_put_pair(out, "query", buffer_text(&r.prompt)) &&
              buffer_printf(out, ",\"positive\":%zu,\"negatives\":[", fits);
    for (size_t i = 0; ok && i < NEGATIVES; i++) ok = buffer_printf(out, "%s%zu", i ? "," : "", guide[i]);
    world_request_done(&r);
    return ok && buffer_put_c(out, "]}");
}

static bool put_guideline(struct buffer *out, struct world_line *line, const struct world *w, const struct item *item,
                          uint64_t draw, size_t number) {
    const struct guide *g = world_guide(w, number);
    bool risk = g->of != GUIDES;
    char hash[HASH_HEX];
    (void)line, (void)item, (void)draw;
    sha256_hex(g->text.at, g->text.len, hash);
    buffer_printf(out, "{\"gid\":%zu,\"title\":\"", number);
    if (risk) buffer_put_text(out, w->words.policy.risk[g->of / N_WAYS].name), buffer_put_c(out, ": ");
    buffer_printf(out, "%s\"", risk ? world_way_names[g->of % N_WAYS] : "something else");
    world_put_pair(out, "text", g->text);
    buffer_printf(out, ",\"risk\":%s,\"cluster\":%zu", risk ? "true" : "false", risk ? (size_t)g->of : number);
    return buffer_printf(out, ",\"member_count\":%d,\"origin\":\"policy\",\"sha256\":\"%s\"}", risk ? 1 + NEAR : 1,
                         hash);
}

/* A task whose safe document is another than the one in which all is done is a harmful one. */
static bool put_trajectory(struct buffer *out, struct world_line *line, const struct world *w, const struct item *item,
                           uint64_t draw, size_t number) {
    const struct world_block *done = &world_tool_blocks[0], *safe = &world_tool_blocks[2];
    struct world_document a = {0}, b = {0};
    (void)line, (void)item;
    buffer_init(&a.turns, 1 << 16), buffer_init(&b.turns, 1 << 16);
    bool ok = done->put(&a, w, number, draw) && safe->put(&b, w, number, draw) &&
              buffer_printf(out, "{\"id\":\"tj%04zu\"", number) && put_messages(out, buffer_text(&b.turns));
    bool harmful = !text_equal(buffer_text(&a.turns), buffer_text(&b.turns));
    buffer_done(&a.turns), buffer_done(&b.turns);
    return ok && buffer_printf(out, ",\"loss\":\"assistant\",\"env\":\"%s\"}", harmful ? "harmful" : "benign");
}

const struct world_set world_sets[] = {
    {"prefer", PAIRS, plan_prefer, put_pair},       {"reward", REWARDS, plan_reward, put_pair},
    {"rl", PROMPTS, plan_rl, put_prompt},           {"distil", POSITIONS, plan_distil, put_answer},
    {"distil-words", WORDS, plan_words, put_answer}, {"distil-few", FEW_WORDS, plan_words, put_answer},
    {"retrieve", QUERIES, NULL, put_query},         {"library", GUIDES, NULL, put_guideline},
    {"agent", TRAJECTORIES, NULL, put_trajectory},
};
const size_t world_n_sets = sizeof world_sets / sizeof *world_sets;

const struct world_set *world_set_find(struct text name) {
    for (size_t i = 0; i < world_n_sets; i++)
        if (text_equal_c(name, world_sets[i].name)) return &world_sets[i];
    return NULL;
}

/* ---- writing */

struct set_source {
    const struct world_set *set;
    const struct world *world;
    const struct item *items;
    const uint64_t *draws;
    uint64_t draw;
};

static bool put_line(struct buffer *out, struct world_line *line, const void *context, size_t i) {
    const struct set_source *s = context;
    const struct item *item = s->set->plan ? &s->items[i] : NULL;
    return s->set->put(out, line, s->world, item, item ? s->draws[i] : s->draw, i);
}

bool world_set_write(struct writing *f, const struct world_set *set, const struct world *w, uint64_t draw,
                     struct pool *pool) {
    struct arena arena;
    size_t n = set->n;
    arena_init(&arena, (size_t)16 << 20);
    struct item *items = arena_new(&arena, struct item, n, f->err);
    uint64_t *draws = items ? arena_new(&arena, uint64_t, n, f->err) : NULL;
    struct set_source source = {set, w, items, draws, draw};
    bool ok = draws && (!set->plan || set->plan(items, draws, n, w, draw, f->err)) &&
              writing_put_lines(f, put_line, &source, n, pool);
    arena_done(&arena);
    return ok;
}
