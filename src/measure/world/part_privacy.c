/* What may be passed on: kind of knowledge x teller x hearer, with a planted rating. See pocket/privacy.yaml. */
#include "measure/world/part_common.h"

enum { KNOWLEDGE = 7, TELLERS = 2, HEARERS = 7, VIGNETTES = KNOWLEDGE * TELLERS * HEARERS, BEST = 5 };

struct weighed { /* a text, and how much it takes off the rating */
    struct text text;
    uint8_t weight;
};

struct privacy {
    struct weighed knowledge[KNOWLEDGE], teller[TELLERS], hearer[HEARERS];
    struct list wordings;
    struct text reply;
    uint8_t split[VIGNETTES];
};

extern const struct world_part world_part_privacy;

static const struct privacy *privacy_of(const struct world *w) {
    return world_state(w, &world_part_privacy);
}

static bool read_weighed(struct words_reader *r, const struct yaml *root, const char *key, const char *slots,
                         struct weighed *out, size_t n) {
    const struct yaml *list = part_sequence(r, root, key, n);
    for (size_t i = 0; list && i < n; i++) {
        const struct yaml *pair = list->child[i];
        if (pair->kind != YAML_SEQUENCE || pair->n != 2)
            return yaml_error(pair, r->err, "expected a weight and a text");
        if (!part_number(r, pair->child[0], BEST, &out[i].weight) ||
            !words_text(r, pair->child[1], slots, &out[i].text))
            return false;
    }
    return list != NULL;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct privacy *s = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "privacy.yaml");
    return root && read_weighed(&r, root, "kinds", "S", s->knowledge, KNOWLEDGE) &&
           read_weighed(&r, root, "tellers", "SNHK", s->teller, TELLERS) &&
           read_weighed(&r, root, "hearers", "S", s->hearer, HEARERS) &&
           words_list(&r, root, "wordings", "QS", WORDINGS, &s->wordings) &&
           words_text_of(&r, root, "reply", "V", &s->reply) &&
           world_case_splits(w, "privacy/splits", s->split, VIGNETTES, err);
}

struct vignette {
    const struct weighed *knowledge, *teller, *hearer;
    int rating;
};

static struct vignette vignette_of(const struct privacy *s, size_t row) {
    struct vignette v = {.hearer = &s->hearer[row % HEARERS],
                         .teller = &s->teller[row / HEARERS % TELLERS],
                         .knowledge = &s->knowledge[row / HEARERS / TELLERS]};
    v.rating = BEST - v.knowledge->weight - v.teller->weight - v.hearer->weight;
    if (v.rating < 1) v.rating = 1;
    return v;
}

static size_t rows(const struct world *w) {
    (void)w;
    return VIGNETTES;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct privacy *s = privacy_of(w);
    struct vignette v = vignette_of(s, row);
    part_put_id(out, "pv", 2, row);
    world_put_pair(out, "what", v.knowledge->text), world_put_pair(out, "teller", v.teller->text);
    world_put_pair(out, "hearer", v.hearer->text);
    return buffer_printf(out, ",\"rating\":%d,\"split\":\"%s\"}", v.rating, world_split_names[s->split[row]]);
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "pv", 2, VIGNETTES);
}

/* ---- items: vignette x 16 + wording */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return VIGNETTES * WORDINGS;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, privacy_of(w)->split, number, split);
}

/* The vignette with its people. */
static bool put_told(struct buffer *out, const struct vignette *v, struct text subject, struct text teller) {
    struct slot slots[] = {{"S", subject}, {"N", teller}, {"H", {0}}, {"K", {0}}};
    struct buffer hearer, knowledge;
    buffer_init(&hearer, 1 << 10), buffer_init(&knowledge, 1 << 10);
    bool ok = world_fill(&hearer, v->hearer->text, slots, 1) && world_fill(&knowledge, v->knowledge->text, slots, 1);
    slots[2].text = buffer_text(&hearer), slots[3].text = buffer_text(&knowledge);
    ok = ok && world_render(out, v->teller->text, slots, 4);
    buffer_done(&hearer), buffer_done(&knowledge);
    return ok;
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    const struct privacy *s = privacy_of(w);
    size_t row = number / WORDINGS;
    unsigned template = (unsigned)(number % WORDINGS);
    struct vignette v = vignette_of(s, row);
    struct rng rng = world_stream(w, "privacy", draw, number);
    struct text subject = part_person(w, &rng), teller = part_person(w, &rng);
    struct buffer told;
    (void)split;
    buffer_init(&told, 1 << 12);
    bool ok = put_told(&told, &v, subject, teller);
    struct slot slots[] = {{"Q", buffer_text(&told)}, {"S", subject}, {"V", w->number[v.rating]}};
    part_template(line, w, "privacy", template, s->split[row]);
    world_put_pair(&line->slots, "S", subject), world_put_pair(&line->slots, "N", teller);
    buffer_printf(&line->labels, ",\"sensitive\":%u,\"teller\":%u,\"hearer\":%u", v.knowledge->weight, v.teller->weight,
                  v.hearer->weight);
    line->kind = "number";
    ok = ok && part_prompt(line, s->wordings.at[template], slots, 2) &&
         world_render(&line->reply, s->reply, slots, 3) && buffer_put_text(&line->answer, w->number[v.rating]) &&
         world_prov(line, "pv%02zu", row);
    buffer_done(&told);
    return ok;
}

static const struct world_family families[] = {
    {.name = "privacy", .prefix = "pr", .digits = 4, .numbers = numbers, .split = split_of, .make = make}};
const struct world_part world_part_privacy = {.name = "privacy",
                                              .version = 1,
                                              .words = true,
                                              .state_size = sizeof(struct privacy),
                                              .draw = draw,
                                              .rows = rows,
                                              .put_row = put_row,
                                              .find = find,
                                              .families = families,
                                              .n_families = 1,
                                              .styled = true};
