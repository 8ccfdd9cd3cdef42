/* Part `tastes`: words, splits of pairs, the family `prefer`. See pocket/tastes.yaml. */
#include "measure/world/world_tastes.h"

static const struct taste_words *words_of(const struct world *w) {
    return world_state(w, &world_part_tastes);
}

static bool draw(struct world *w, void *state, struct error *err) {
    static const char *const streams[N_CONTRASTS] = {"tastes/0", "tastes/1", "tastes/2", "tastes/3",
                                                     "tastes/4", "tastes/5", "tastes/6", "tastes/7"};
    struct taste_words *t = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "tastes.yaml");
    if (!root || !words_texts(&r, root, "closings", "", t->closing, CLOSINGS) ||
        !words_list(&r, root, "openings", "", 4, &t->openings) ||
        !words_list(&r, root, "courtesy", "", 0, &t->courtesy) || !words_list(&r, root, "hedges", "", 8, &t->hedges) ||
        !words_list(&r, root, "warm", "", 0, &t->warm) || !words_list(&r, root, "strong", "", 0, &t->strong) ||
        !words_list(&r, root, "hedged", "R", 4, &t->hedged) || !words_list(&r, root, "padding", "", 4, &t->padding) ||
        !words_list(&r, root, "contrasts", "", N_CONTRASTS, &t->contrasts))
        return false;
    for (size_t i = 0; i < N_CONTRASTS; i++)
        if (!world_case_splits(w, streams[i], t->split + i * PAIRS_EACH, PAIRS_EACH, err)) return false;
    return true;
}

/* ---- family prefer. Number: index x 8 + contrast. */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return TASTE_PAIRS;
}

static bool put_scores(struct world_line *line, const char *key, const struct taste_scores *scores) {
    world_put_key(&line->labels, key);
    buffer_put_char(&line->labels, '{');
    for (int i = 0; i < N_TASTES; i++)
        buffer_printf(&line->labels, "%s\"%s\":%d", i ? "," : "", world_taste_names[i], scores->taste[i]);
    for (int i = 0; i < N_REWARDS; i++)
        buffer_printf(&line->labels, ",\"%s\":%d", world_reward_names[i], scores->reward[i]);
    buffer_put_c(&line->labels, ",\"registers\":[");
    for (int i = 0; i < N_REGISTERS; i++) buffer_printf(&line->labels, "%s%d", i ? "," : "", scores->reg[i]);
    return buffer_put_c(&line->labels, "]}");
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                 uint64_t draw_seed) {
    struct taste_pair p;
    world_pair_init(&p);
    bool ok = world_pair(&p, w, number, split, draw_seed);
    buffer_printf(&line->template, "prefer/%.*s", TEXT_ARG(words_of(w)->contrasts.at[p.contrast]));
    buffer_put_text(&line->prompt, buffer_text(&p.prompt)), buffer_put_text(&line->reply, buffer_text(&p.chosen));
    buffer_put_text(&line->answer, p.fact ? p.asked.gold : TEXT(""));
    line->kind = "preference";
    world_put_pair(&line->labels, "contrast", words_of(w)->contrasts.at[p.contrast]);
    world_put_pair(&line->labels, "rejected", buffer_text(&p.rejected));
    buffer_printf(&line->labels, ",\"opened\":%s,\"harmful\":%s,\"reward_chosen\":%d,\"reward_rejected\":%d",
                  p.opened ? "true" : "false", p.asked.harmful ? "true" : "false", p.chosen_total, p.rejected_total);
    ok = ok && put_scores(line, "chosen_scores", &p.chosen_scores) &&
         put_scores(line, "rejected_scores", &p.rejected_scores);
    if (p.fact) world_prov(line, "f%05zu", (size_t)(p.fact - w->facts));
    world_pair_done(&p);
    return ok;
}

static const struct world_family family = {
    .name = "prefer", .prefix = "pp", .digits = 5, .numbers = numbers, .split = world_pair_split, .make = make};

const struct world_part world_part_tastes = {.name = "tastes",
                                             .version = 1,
                                             .words = true,
                                             .state_size = sizeof(struct taste_words),
                                             .draw = draw,
                                             .families = &family,
                                             .n_families = 1};
