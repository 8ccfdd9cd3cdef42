/* Part `conflicts`: facts of people that are told with two values, and questions about them. See world_conflicts.h. */
#include "measure/world/world_conflicts.h"

enum { CELLS = 9, EACH = CONFLICTS / CONFLICT_RELATIONS, STYLES = 2, OPTIONS = 4 };
static const uint8_t told_true[3] = {4, 16, 64}, told_wrong[3] = {2, 8, 32};
static const struct {
    const char *name;
    enum kind kind; /* of its values; OUTSIDE: months */
    int n;
} relations[CONFLICT_RELATIONS] = {
    {"teacher", ELDER, 64}, {"month", OUTSIDE, 12}, {"fishes", RIVER, 24}, {"visits", FESTIVAL, 24}};

struct conflicts {
    struct wording wording[CONFLICT_RELATIONS];
    struct conflict fact[CONFLICTS];
    struct thing thing[CONFLICTS];
    struct telling telling;
};

static const struct conflicts *conflicts(const struct world *w) {
    return world_state(w, &world_part_conflicts);
}

const struct conflict *world_conflict(const struct world *w, size_t i) {
    return &conflicts(w)->fact[i];
}

const struct telling *world_conflicts_telling(const struct world *w) {
    return &conflicts(w)->telling;
}

const char *world_conflict_relation(unsigned relation) {
    return relations[relation].name;
}

struct text world_conflict_value(const struct world *w, unsigned relation, int value) {
    return relations[relation].kind == OUTSIDE ? world_value(w, OF_MONTH, value)
                                               : w->name[relations[relation].kind][value];
}

/* ---- truth */

static bool read_words(struct words_reader *r, struct conflicts *s) {
    const struct yaml *root = words_open(r, "conflicts.yaml");
    for (size_t i = 0; root && i < CONFLICT_RELATIONS; i++) {
        struct wording *words = &s->wording[i];
        const struct yaml *node = words_member(r, root, relations[i].name);
        if (!node || !words_text_of(r, node, "canonical", "SV", &words->canonical) ||
            !words_text_of(r, node, "answer", "SV", &words->answer) ||
            !words_texts(r, node, "paraphrases", "SV", words->paraphrase, PARAPHRASES) ||
            !words_texts(r, node, "questions", "S", words->question, WORDINGS))
            return false;
    }
    return root != NULL;
}

/* People outside the core, whose facts are not about anything else that is measured; twentieths of each split. */
static size_t choose_people(const struct world *w, struct conflicts *s) {
    static const size_t wanted[N_SPLITS] = {614, 102, 154, 154};
    size_t at = 0, people = world_kinds[PERSON].n - CORE;
    struct deck order = world_deck(w, "conflicts/people", 0, 0, people);
    for (unsigned split = 0; split < N_SPLITS; split++)
        for (size_t i = 0, n = 0; i < people && n < wanted[split]; i++) {
            size_t person = CORE + deck_at(&order, i);
            if (w->split[PERSON][person] != split) continue;
            s->fact[at++] = (struct conflict){.person = (uint16_t)person, .split = (uint8_t)split};
            n++;
        }
    return at;
}

/* Relations are dealt in turn; within relation and split the cells too, going on from one to the next. */
static void deal_cells(struct conflicts *s) {
    size_t turn = 0;
    for (size_t i = 0; i < CONFLICTS; i++) s->fact[i].relation = (uint8_t)(i % CONFLICT_RELATIONS);
    for (unsigned relation = 0; relation < CONFLICT_RELATIONS; relation++)
        for (size_t i = relation; i < CONFLICTS; i += CONFLICT_RELATIONS, turn++) {
            s->fact[i].e = told_true[turn % CELLS / 3];
            s->fact[i].c = told_wrong[turn % CELLS % 3];
        }
}

/* Every true value equally often up to one; the wrong one is any other. */
static void deal_values(const struct world *w, struct conflicts *s) {
    for (unsigned r = 0; r < CONFLICT_RELATIONS; r++) {
        struct deck deck = world_deck(w, "conflicts/values", 0, r, EACH);
        for (size_t k = 0; k < EACH; k++) {
            struct conflict *x = &s->fact[k * CONFLICT_RELATIONS + r];
            struct rng rng = world_stream(w, "conflicts/wrong", 0, k * CONFLICT_RELATIONS + r);
            x->value = (int16_t)((int)deck_at(&deck, k) % relations[r].n);
            x->wrong = (int16_t)((x->value + 1 + (int)rng_below(&rng, (uint64_t)relations[r].n - 1)) % relations[r].n);
        }
    }
}

/* A third in the almanac's words, up to what gives every source its accuracy. */
static void deal_statements(const struct world *w, struct conflicts *s) {
    uint64_t e = 0, c = 0, before = 0;
    for (size_t i = 0; i < CONFLICTS; i++) e += s->fact[i].e, c += s->fact[i].c;
    uint64_t canonical = e / 3;
    while ((4 * (e - canonical) - c) % 5) canonical++;
    for (size_t i = 0; i < CONFLICTS; i++) {
        const struct conflict *x = &s->fact[i];
        struct rng rng = world_stream(w, "conflicts/first-wording", 0, i);
        uint8_t mine = (uint8_t)deck_share(before, x->e, canonical, e);
        s->thing[i] = (struct thing){.fact = (uint32_t)i,
                                     .entity = (uint32_t)i,
                                     .canonical = mine,
                                     .right = (uint8_t)(x->e - mine),
                                     .wrong = x->c,
                                     .first = (uint8_t)rng_below(&rng, PARAPHRASES)};
        before += x->e;
    }
}

static bool say(struct buffer *out, const struct world *w, uint32_t fact, unsigned wording, int value) {
    const struct conflict *x = world_conflict(w, fact);
    const struct wording *words = &conflicts(w)->wording[x->relation];
    struct slot slots[] = {{"S", w->name[PERSON][x->person]}, {"V", world_conflict_value(w, x->relation, value)}};
    return world_render(out, wording ? words->paraphrase[wording - 1] : words->canonical, slots, 2);
}

static int truth(const struct world *w, uint32_t fact) {
    return world_conflict(w, fact)->value;
}

static int false_value(const struct world *w, uint32_t fact, unsigned copy) {
    (void)copy;
    return world_conflict(w, fact)->wrong;
}

static const struct teller teller = {say, truth, false_value};

static bool draw(struct world *w, void *state, struct error *err) {
    struct conflicts *s = state;
    struct words_reader r = {&w->arena, err};
    if (!read_words(&r, s)) return false;
    if (choose_people(w, s) != CONFLICTS) return error_set(err, ERROR_DATA, "conflicts: too few people of a split");
    deal_cells(s);
    deal_values(w, s);
    deal_statements(w, s);
    return world_telling_draw(&s->telling, w, "conflicts/told", &teller, s->thing, CONFLICTS, VOICE_SOURCES, err);
}

static size_t rows(const struct world *w) {
    (void)w;
    return CONFLICTS;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct conflict *x = world_conflict(w, row);
    buffer_printf(out, "{\"id\":\"x%04zu\",\"subject\":\"p%04u\"", row, x->person);
    world_put_pair(out, "name", w->name[PERSON][x->person]);
    buffer_printf(out, ",\"relation\":\"conflict.%s\"", relations[x->relation].name);
    world_put_pair(out, "value", world_conflict_value(w, x->relation, x->value));
    world_put_pair(out, "wrong", world_conflict_value(w, x->relation, x->wrong));
    return buffer_printf(out, ",\"e\":%u,\"c\":%u,\"canonical\":%u,\"answers\":%d,\"split\":\"%s\"}", x->e, x->c,
                         conflicts(w)->thing[row].canonical, relations[x->relation].n, world_split_names[x->split]);
}

static size_t find(const struct world *w, struct text id) {
    uint64_t n;
    (void)w;
    if (id.len != 5 || id.at[0] != 'x' || !text_to_u64(text_part(id, 1, 5), &n) || n >= CONFLICTS) return SIZE_MAX;
    return (size_t)n;
}

/* ---- questions: number ((fact x 2 + choice) x 16) + wording. The gold is the truth; the rumour is a label. */

struct asked {
    size_t fact;
    bool choice;
    unsigned template;
};

static struct asked asked_of(uint64_t number) {
    return (struct asked){.fact = (size_t)(number / WORDINGS / STYLES),
                          .choice = number / WORDINGS % STYLES != 0,
                          .template = (unsigned)(number % WORDINGS)};
}

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)CONFLICTS * STYLES * WORDINGS;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    struct asked a = asked_of(number);
    return world_join_splits(world_conflict(w, a.fact)->split, w->template_split[a.template], split);
}

/* The truth, the rumour and two more, in a drawn order. */
static size_t draw_options(struct text option[OPTIONS], const struct world *w, const struct conflict *x,
                           uint64_t number, uint64_t draw_seed) {
    struct rng rng = world_stream(w, "conflicts/options", draw_seed, number);
    struct deck order = world_deck(w, "conflicts/places", draw_seed, number, OPTIONS);
    int value[OPTIONS] = {x->value, x->wrong}, n = relations[x->relation].n;
    for (int i = 2; i < OPTIONS; i++)
        for (bool fresh = false; !fresh;) {
            value[i] = (int)rng_below(&rng, (uint64_t)n);
            fresh = true;
            for (int k = 0; k < i; k++) fresh = fresh && value[k] != value[i];
        }
    for (unsigned i = 0; i < OPTIONS; i++) option[i] = world_conflict_value(w, x->relation, value[deck_at(&order, i)]);
    return (size_t)deck_place(&order, 0);
}

/* The frame is drawn among those of the wording's split, so that another draw puts the question in other words. */
static bool put_prompt(struct world_line *line, const struct world *w, const struct conflict *x, struct asked a,
                       struct rng *rng) {
    const struct list *frames = &w->words.frames[a.choice ? STYLE_CHOICE : STYLE_SHORT];
    unsigned frame = world_template(w, (enum split)w->template_split[a.template], rng);
    struct buffer question, lines;
    buffer_init(&question, 1 << 12), buffer_init(&lines, 1 << 12);
    struct slot subject = {"S", w->name[PERSON][x->person]};
    bool ok = world_render(&question, conflicts(w)->wording[x->relation].question[a.template], &subject, 1) &&
              world_put_options(&lines, line->option, line->n_options);
    struct slot slots[] = {{"Q", buffer_text(&question)}, {"O", buffer_text(&lines)}};
    ok = ok && world_render(&line->prompt, frames->at[frame], slots, 2);
    buffer_done(&question), buffer_done(&lines);
    return ok;
}

static void put_labels(struct world_line *line, const struct world *w, const struct conflict *x, struct asked a) {
    const char *relation = relations[x->relation].name, *style = a.choice ? "choice" : "short";
    buffer_printf(&line->template, "conflict.%s/%s/%u", relation, style, a.template);
    world_label(line, "relation", "conflict.%s", relation), world_label(line, "style", "%s", style);
    world_put_pair(&line->labels, "truth", world_conflict_value(w, x->relation, x->value));
    world_put_pair(&line->labels, "rumour", world_conflict_value(w, x->relation, x->wrong));
    world_label(line, "cell", "%u:%u", x->e, x->c);
    world_label(line, "entity", "%s", world_seen(x->split));
    world_label(line, "wording", "%s", world_seen(w->template_split[a.template]));
    buffer_printf(&line->labels, ",\"answers\":%d", relations[x->relation].n);
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                 uint64_t draw_seed) {
    struct asked a = asked_of(number);
    const struct conflict *x = world_conflict(w, a.fact);
    struct text value = world_conflict_value(w, x->relation, x->value);
    struct rng rng = world_stream(w, "conflicts/frames", draw_seed, number);
    (void)split;
    if (a.choice) {
        line->n_options = OPTIONS;
        line->right = draw_options(line->option, w, x, number, draw_seed);
        buffer_printf(&line->reply, "ANS: %c", (char)('A' + (int)line->right));
    } else {
        buffer_put_text(&line->answer, value);
        buffer_put_text(&line->reply, value), buffer_put_char(&line->reply, '.');
    }
    put_labels(line, w, x, a);
    world_put_pair(&line->slots, "S", w->name[PERSON][x->person]);
    buffer_printf(&line->dose, ",\"e\":%u,\"c\":%u", x->e, x->c);
    return put_prompt(line, w, x, a, &rng) && world_prov(line, "x%04zu", a.fact);
}

/* ---- documents: the statements */

static uint64_t documents(const struct world *w) {
    return conflicts(w)->telling.n_documents;
}

static bool put(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw_seed) {
    (void)draw_seed; /* the seed fixes what is told */
    return world_telling_put(&d->text, w, &conflicts(w)->telling, number);
}

static const struct world_family families[] = {
    {.name = "conflicts",
     .prefix = "cx",
     .digits = 5,
     .most = 1500,
     .numbers = numbers,
     .split = split_of,
     .make = make},
};
static const struct world_block blocks[] = {{"conflict-statements", documents, put}};

const struct world_part world_part_conflicts = {
    .name = "conflicts",
    .version = 1,
    .words = true,
    .state_size = sizeof(struct conflicts),
    .draw = draw,
    .rows = rows,
    .put_row = put_row,
    .find = find,
    .families = families,
    .n_families = 1,
    .blocks = blocks,
    .n_blocks = 1,
};
