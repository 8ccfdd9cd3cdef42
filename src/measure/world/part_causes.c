/* Causes: pairs of events of which the first was, or was not, a cause of the last, and needed for it, or not. See
 * pocket/causes.yaml. */
#include "measure/world/part_common.h"

enum { LINKS = 200, BAD_LINKS = LINKS / 2, STORY_FRAMES = 4, TOLD_FRAMES = 6, TOLD_COPIES = 2 };
enum pair_kind { ALONE, BOTH, APART, PAIR_KINDS };
enum { PAIRS = LINKS * PAIR_KINDS, WAS_CAUSE = 0, MUST_CHANGE, CAUSE_QUESTIONS };
static const char *const kinds[PAIR_KINDS] = {"alone", "both", "apart"};
static const char *const rules[PAIR_KINDS] = {"necessary", "sufficient", "unrelated"};

struct link {
    struct text cause, second, effect, sentiment;
    uint8_t apart; /* the link whose effect is told in its place */
};

struct causes {
    struct link link[LINKS];
    struct list story[PAIR_KINDS], told[PAIR_KINDS], ask[CAUSE_QUESTIONS];
    uint8_t split[LINKS]; /* the three pairs of a link have its split */
};

extern const struct world_part world_part_causes;

static const struct causes *causes_of(const struct world *w) {
    return world_state(w, &world_part_causes);
}

/* ---- words and truth */

static bool read_links(struct words_reader *r, const struct yaml *root, struct causes *s) {
    const struct yaml *list = part_sequence(r, root, "links", LINKS);
    for (size_t i = 0; list && i < LINKS; i++) {
        const struct yaml *four = list->child[i];
        struct link *l = &s->link[i];
        if (four->kind != YAML_SEQUENCE || four->n != 4)
            return yaml_error(four, r->err, "expected two causes, an effect and good, bad or neutral");
        if (!words_text(r, four->child[0], "", &l->cause) || !words_text(r, four->child[1], "", &l->second) ||
            !words_text(r, four->child[2], "", &l->effect) || !words_text(r, four->child[3], "", &l->sentiment))
            return false;
    }
    return list != NULL;
}

static bool read_words(struct words_reader *r, struct causes *s) {
    const struct yaml *root = words_open(r, "causes.yaml");
    const struct yaml *stories = root ? words_member(r, root, "stories") : NULL,
                      *told = stories ? words_member(r, root, "told") : NULL;
    for (size_t k = 0; told && k < PAIR_KINDS; k++)
        if (!words_list(r, stories, kinds[k], "CDET", STORY_FRAMES, &s->story[k]) ||
            !words_list(r, told, kinds[k], "CDETN", TOLD_FRAMES, &s->told[k]))
            return false;
    return told && read_links(r, root, s) && words_list(r, root, "cause", "QN", WORDINGS, &s->ask[WAS_CAUSE]) &&
           words_list(r, root, "change", "QN", WORDINGS, &s->ask[MUST_CHANGE]);
}

/* Effects of unrelated pairs: those of bad links go to the others and the other way round, each once, so that no bad
 * end is told of a bad beginning which might have led to it all the same. */
static bool deal_apart(struct world *w, struct causes *s, struct error *err) {
    struct arena scratch;
    size_t *order, bad[LINKS], other[LINKS], n_bad = 0, n_other = 0;
    arena_init(&scratch, 0);
    bool ok = world_order(w, "causes/apart", 0, LINKS, &order, &scratch, err);
    for (size_t i = 0; ok && i < LINKS; i++) {
        if (text_equal_c(s->link[order[i]].sentiment, "bad"))
            bad[n_bad++] = order[i];
        else
            other[n_other++] = order[i];
    }
    arena_done(&scratch);
    if (!ok) return false;
    if (n_bad != BAD_LINKS)
        return error_set(err, ERROR_DATA, "pocket/causes.yaml: %zu bad links, expected %d", n_bad, BAD_LINKS);
    for (size_t i = 0; i < BAD_LINKS; i++) {
        s->link[bad[i]].apart = (uint8_t)other[i];
        s->link[other[i]].apart = (uint8_t)bad[(i + 1) % BAD_LINKS];
    }
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct causes *s = state;
    struct words_reader r = {&w->arena, err};
    return read_words(&r, s) && deal_apart(w, s, err) && world_case_splits(w, "causes/splits", s->split, LINKS, err);
}

struct pair {
    enum pair_kind kind;
    size_t link;
    const struct link *first, *last; /* whose cause and whose effect */
};

static struct pair pair_of(const struct causes *s, size_t row) {
    struct pair p = {.kind = (enum pair_kind)(row / LINKS), .link = row % LINKS};
    p.first = &s->link[p.link];
    p.last = p.kind == APART ? &s->link[p.first->apart] : p.first;
    return p;
}

static size_t rows(const struct world *w) {
    (void)w;
    return PAIRS;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct causes *s = causes_of(w);
    struct pair p = pair_of(s, row);
    part_put_id(out, "cp", 3, row);
    world_put_pair(out, "kind", text_of(rules[p.kind])), world_put_pair(out, "cause", p.first->cause);
    if (p.kind == BOTH) world_put_pair(out, "second", p.first->second);
    world_put_pair(out, "effect", p.last->effect), world_put_pair(out, "sentiment", p.last->sentiment);
    return buffer_printf(out, ",\"was_cause\":%s,\"must_change\":%s,\"split\":\"%s\"}",
                         p.kind == APART ? "false" : "true", p.kind == ALONE ? "true" : "false",
                         world_split_names[s->split[p.link]]);
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "cp", 3, PAIRS);
}

/* ---- items: (pair x 16 + wording) x 2 + question */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return PAIRS * WORDINGS * CAUSE_QUESTIONS;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    size_t row = (size_t)(number / CAUSE_QUESTIONS / WORDINGS);
    return world_join_splits(causes_of(w)->split[row % LINKS], w->template_split[number / CAUSE_QUESTIONS % WORDINGS],
                             split);
}

static void fill_slots(struct slot out[5], const struct pair *p, struct part_cast cast) {
    out[0] = (struct slot){"C", p->first->cause}, out[1] = (struct slot){"D", p->first->second};
    out[2] = (struct slot){"E", p->last->effect}, out[3] = (struct slot){"T", cast.town};
    out[4] = (struct slot){"N", cast.name};
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    static const struct text options[2] = {{"Yes", 3}, {"No", 2}};
    const struct causes *s = causes_of(w);
    size_t question = number % CAUSE_QUESTIONS, row = (size_t)(number / CAUSE_QUESTIONS / WORDINGS);
    unsigned template = (unsigned)(number / CAUSE_QUESTIONS % WORDINGS);
    struct pair p = pair_of(s, row);
    struct rng rng = world_stream(w, "causes", draw, number / CAUSE_QUESTIONS);
    struct slot slots[5];
    struct buffer story;
    (void)split;
    fill_slots(slots, &p, part_cast(w, &rng));
    buffer_init(&story, 1 << 12);
    bool ok = world_render(&story, world_pick(&s->story[p.kind], &rng), slots, 5);
    struct slot asked[] = {{"Q", buffer_text(&story)}, slots[4]};
    bool yes = question == WAS_CAUSE ? p.kind != APART : p.kind == ALONE;
    part_template(line, w, question == WAS_CAUSE ? "causes/cause" : "causes/change", template, s->split[p.link]);
    world_put_pair(&line->slots, "C", p.first->cause), world_put_pair(&line->slots, "E", p.last->effect);
    world_put_pair(&line->labels, "kind", text_of(rules[p.kind]));
    world_put_pair(&line->labels, "question", question == WAS_CAUSE ? TEXT("cause") : TEXT("change"));
    world_put_pair(&line->labels, "sentiment", p.last->sentiment);
    ok = ok && part_word(line, options, 2, yes ? 0 : 1) && part_prompt(line, s->ask[question].at[template], asked, 2) &&
         world_prov(line, "cp%03zu", row);
    buffer_done(&story);
    return ok;
}

/* ---- block: every pair in every frame */

static uint64_t documents(const struct world *w) {
    (void)w;
    return PAIRS * TOLD_FRAMES * TOLD_COPIES;
}

static bool put(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw) {
    const struct causes *s = causes_of(w);
    struct pair p = pair_of(s, (size_t)(number % PAIRS));
    struct rng rng = world_stream(w, "causes/told", draw, number);
    struct slot slots[5];
    fill_slots(slots, &p, part_cast(w, &rng));
    return world_render(&document->text, s->told[p.kind].at[number / PAIRS % TOLD_FRAMES], slots, 5);
}

static const struct world_family families[] = {{.name = "causes",
                                                .prefix = "cq",
                                                .digits = 4,
                                                .members = CAUSE_QUESTIONS,
                                                .most = 8000,
                                                .numbers = numbers,
                                                .split = split_of,
                                                .make = make}};
static const struct world_block blocks[] = {{.name = "links", .documents = documents, .put = put}};
const struct world_part world_part_causes = {.name = "causes",
                                             .version = 1,
                                             .words = true,
                                             .state_size = sizeof(struct causes),
                                             .draw = draw,
                                             .rows = rows,
                                             .put_row = put_row,
                                             .find = find,
                                             .families = families,
                                             .n_families = 1,
                                             .styled = true,
                                             .blocks = blocks,
                                             .n_blocks = 1};
