/* The map of towns: east of and north of, with what follows by turning round and by steps. See pocket/map.yaml. A pair
 * (a, b) with a < b on an axis is a case. Number of map and map-which: (((axis x 2016 + pair) x 2 + second town first)
 * x 16 + template) x 2 + direction turned round; of map-steps: (case x 16 + template) x 3 + answer. So yes is as
 * frequent as no. */
#include "measure/world/world_item.h"

#include <string.h>

enum { AXES = 2, SIDE = 32, PAIRS = 64 * 63 / 2, CASES = AXES * PAIRS, STATEMENTS = 8, STEP_CASES = 1368 };
enum told { UNTOLD, FORWARD, BACKWARD }; /* "a east of b", "b east of a" or with west: see told_direction */

struct map {
    struct text direction[AXES][2];
    struct list statements, ask, which, steps;
    struct text yes, no, chosen, unsaid;
    uint8_t first[PAIRS], second[PAIRS];
    uint8_t split[CASES], told[CASES];
    uint8_t step_split[STEP_CASES];
    uint16_t telling[CASES]; /* the cases that are told */
    size_t n_telling;
};

static const struct map *map_of(const struct world *w) {
    return world_state(w, &world_part_map);
}

/* How much farther east or north the first town of the pair lies. */
static int distance(const struct world *w, const struct map *m, size_t c) {
    const int16_t *place = w->value[c / PAIRS ? T_NORTH : T_EAST];
    return place[m->first[c % PAIRS]] - place[m->second[c % PAIRS]];
}

/* ---- truth */

static bool read_words(struct words_reader *r, struct map *m) {
    const struct yaml *root = words_open(r, "map.yaml"),
                      *directions = root ? words_member(r, root, "directions") : NULL;
    if (!directions) return false;
    if (directions->n != AXES) return yaml_error(directions, r->err, "expected %d pairs of directions", AXES);
    for (size_t axis = 0; axis < AXES; axis++) {
        const struct yaml *two = directions->child[axis];
        if (two->kind != YAML_SEQUENCE || two->n != 2)
            return yaml_error(two, r->err, "expected a direction and its opposite");
        if (!words_text(r, two->child[0], "", &m->direction[axis][0]) ||
            !words_text(r, two->child[1], "", &m->direction[axis][1]))
            return false;
    }
    return words_list(r, root, "statements", "ABD", STATEMENTS, &m->statements) &&
           words_list(r, root, "ask", "ABD", WORDINGS, &m->ask) &&
           words_list(r, root, "which", "ABD", WORDINGS, &m->which) &&
           words_list(r, root, "steps", "PABD", WORDINGS, &m->steps) && words_text_of(r, root, "yes", "ABD", &m->yes) &&
           words_text_of(r, root, "no", "ABE", &m->no) && words_text_of(r, root, "chosen", "XD", &m->chosen) &&
           words_text_of(r, root, "unsaid", "", &m->unsaid);
}

/* Neighbours on their axis, and as many of the other pairs for training, in a drawn order. */
static bool tell(struct world *w, struct map *m, struct error *err) {
    size_t *order, neighbours = 0, others = 0;
    if (!world_order(w, "map/told", 0, CASES, &order, &w->arena, err)) return false;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < CASES; i++) {
            int d = distance(w, m, order[i]);
            bool near = d == 1 || d == -1;
            if (d == 0 || near != (pass == 0)) continue;
            if (!near && (m->split[order[i]] != TRAIN || others == neighbours)) continue;
            neighbours += near, others += !near;
            m->told[order[i]] = m->n_telling % 2 ? FORWARD : BACKWARD;
            m->telling[m->n_telling++] = (uint16_t)order[i];
        }
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct map *m = state;
    struct words_reader r = {&w->arena, err};
    size_t n = 0;
    for (uint8_t a = 0; a < world_kinds[TOWN].n; a++)
        for (uint8_t b = (uint8_t)(a + 1); b < world_kinds[TOWN].n; b++) m->first[n] = a, m->second[n++] = b;
    return read_words(&r, m) && world_case_splits(w, "map/pairs", m->split, CASES, err) &&
           world_case_splits(w, "map/steps", m->step_split, STEP_CASES, err) && tell(w, m, err);
}

/* What is told of a case: subject, object and direction of the one sentence. The direction is turned round for every
 * other case, so that no direction is told more than its opposite. */
struct relation {
    size_t a, b;
    unsigned axis, turned; /* turned: west or south */
};

static struct relation told_of(const struct world *w, const struct map *m, size_t c) {
    bool forward = m->told[c] == FORWARD;
    size_t a = m->first[c % PAIRS], b = m->second[c % PAIRS];
    bool a_farther = distance(w, m, c) > 0;
    return (struct relation){
        .a = forward ? a : b, .b = forward ? b : a, .axis = (unsigned)(c / PAIRS), .turned = a_farther != forward};
}

static size_t rows(const struct world *w) {
    return map_of(w)->n_telling;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct map *m = map_of(w);
    struct relation t = told_of(w, m, m->telling[row]);
    char a[16], b[16];
    world_id(TOWN, t.a, a), world_id(TOWN, t.b, b);
    return buffer_printf(out, "{\"id\":\"mt%04zu\",\"town\":\"%s\",\"of\":\"%s\"", row, a, b) &&
           world_put_pair(out, "lies", m->direction[t.axis][t.turned]) && buffer_put_char(out, '}');
}

static size_t find(const struct world *w, struct text id) {
    uint64_t row;
    bool known = text_starts(id, TEXT("mt")) && id.len == 6 && text_to_u64(text_part(id, 2, 6), &row) && row < rows(w);
    return known ? (size_t)row : SIZE_MAX;
}

/* ---- questions about pairs */

struct asked {
    size_t c;
    struct relation of;
    unsigned template;
    bool holds; /* a lies in the direction of b */
};

static struct asked asked_of(const struct world *w, const struct map *m, uint64_t number) {
    uint64_t rest = number / 2 / WORDINGS;
    struct asked a = {.c = rest / 2, .template = (unsigned)(number / 2 % WORDINGS)};
    size_t one = m->first[a.c % PAIRS], two = m->second[a.c % PAIRS];
    bool second = rest % 2;
    a.of = (struct relation){
        .a = second ? two : one, .b = second ? one : two, .axis = (unsigned)(a.c / PAIRS), .turned = number % 2};
    a.holds = ((distance(w, m, a.c) > 0) != second) != (bool)a.of.turned;
    return a;
}

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)CASES * 4 * WORDINGS;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    const struct map *m = map_of(w);
    size_t c = number / 4 / WORDINGS;
    return distance(w, m, c) != 0 && world_join_splits(m->split[c], w->template_split[number / 2 % WORDINGS], split);
}

static const char *level(const struct world *w, const struct map *m, const struct asked *a) {
    if (m->told[a->c] == UNTOLD) return "transitive";
    struct relation t = told_of(w, m, a->c);
    return t.a == a->of.a && t.turned == a->of.turned ? "told" : "inverse";
}

static void put_labels(struct world_line *line, const struct world *w, const struct map *m, const struct asked *a) {
    int d = distance(w, m, a->c);
    world_label(line, "level", "%s", level(w, m, a));
    buffer_printf(&line->labels, ",\"distance\":%d", d < 0 ? -d : d);
    world_put_pair(&line->labels, "entity", text_of(world_seen(m->split[a->c])));
    world_put_pair(&line->labels, "wording", text_of(world_seen(w->template_split[a->template])));
}

static bool fill(struct world_line *line, const struct world *w, const struct map *m, const struct asked *a,
                 const struct list *wordings, const char *name) {
    char one[16], two[16];
    world_id(TOWN, a->of.a, one), world_id(TOWN, a->of.b, two);
    struct slot slots[] = {
        {"A", w->name[TOWN][a->of.a]}, {"B", w->name[TOWN][a->of.b]}, {"D", m->direction[a->of.axis][a->of.turned]}};
    buffer_printf(&line->template, "%s/%u", name, a->template);
    world_put_pair(&line->slots, "A", slots[0].text), world_put_pair(&line->slots, "B", slots[1].text);
    world_put_pair(&line->slots, "D", slots[2].text);
    put_labels(line, w, m, a);
    return world_render(&line->prompt, wordings->at[a->template], slots, 3) && world_prov(line, "%s", one) &&
           world_prov(line, "%s", two);
}

static void set_yes_no(struct world_line *line, size_t right) {
    line->n_options = 2, line->right = right;
    line->option[0] = TEXT("Yes"), line->option[1] = TEXT("No");
}

static bool ask_make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    const struct map *m = map_of(w);
    struct asked a = asked_of(w, m, number);
    struct slot slots[] = {{"A", w->name[TOWN][a.of.a]},
                           {"B", w->name[TOWN][a.of.b]},
                           {"D", m->direction[a.of.axis][a.of.turned]},
                           {"E", m->direction[a.of.axis][!a.of.turned]}};
    (void)split, (void)draw; /* a draw chooses other numbers */
    set_yes_no(line, !a.holds);
    return fill(line, w, m, &a, &m->ask, "map") && world_render(&line->reply, a.holds ? m->yes : m->no, slots, 4);
}

static bool which_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                       uint64_t draw) {
    const struct map *m = map_of(w);
    struct asked a = asked_of(w, m, number);
    struct text right = w->name[TOWN][a.holds ? a.of.a : a.of.b];
    struct slot slots[] = {{"X", right}, {"D", m->direction[a.of.axis][a.of.turned]}};
    (void)split, (void)draw;
    return fill(line, w, m, &a, &m->which, "map-which") && buffer_put_text(&line->answer, right) &&
           world_render(&line->reply, m->chosen, slots, 2);
}

/* ---- steps through towns that no text names. The case fixes how many sentences there are, the member which answer
 * is right, the draw the towns, the axis and the order of the sentences. */

enum { MOST_STEPS = 4 };
enum { FOLLOWS, CONTRARY, OPEN, N_ANSWERS };

struct chain {
    size_t n, town[MOST_STEPS + 2]; /* each farther than the next; the last one apart */
    unsigned axis, answer, template;
    size_t a, b; /* places of the towns that are asked about */
    unsigned turned;
    size_t order[MOST_STEPS + 1], n_sentences;
};

static uint64_t step_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)STEP_CASES * WORDINGS * N_ANSWERS;
}

static bool step_split(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, map_of(w)->step_split, number / N_ANSWERS, split);
}

/* Which towns are asked about: two of the chain at least two steps apart, or the one of which too little is said. */
static void choose_asked(struct chain *c, struct rng *rng) {
    size_t far = rng_below(rng, c->n - 1), near = far + 2 + rng_below(rng, c->n - far - 1);
    bool swap = rng_below(rng, 2);
    if (c->answer == OPEN) {
        far = rng_below(rng, c->n - 1), near = c->n + 1; /* the odd one lies in the same direction of the last town */
        c->a = swap ? near : far, c->b = swap ? far : near;
        c->turned = (unsigned)rng_below(rng, 2);
        return;
    }
    c->a = swap ? near : far, c->b = swap ? far : near;
    c->turned = (unsigned)(swap != (c->answer == CONTRARY));
}

static struct chain draw_chain(const struct world *w, uint64_t number, uint64_t draw) {
    size_t c = number / N_ANSWERS / WORDINGS, order[OUTSIDE_TOWNS];
    struct rng rng = world_stream(w, "map/chains", draw, number / N_ANSWERS);
    struct chain k = {.n = 2 + c % (MOST_STEPS - 1),
                      .answer = (unsigned)(number % N_ANSWERS),
                      .template = (unsigned)(number / N_ANSWERS % WORDINGS),
                      .axis = (unsigned)rng_below(&rng, AXES)};
    for (size_t i = 0; i < OUTSIDE_TOWNS; i++) order[i] = i;
    rng_shuffle(&rng, order, OUTSIDE_TOWNS);
    for (size_t i = 0; i < k.n + 2; i++) k.town[i] = OUTSIDE_PEOPLE + order[i];
    k.n_sentences = k.n + (k.answer == OPEN);
    for (size_t i = 0; i < k.n_sentences; i++) k.order[i] = i;
    rng_shuffle(&rng, k.order, k.n_sentences);
    choose_asked(&k, &rng);
    return k;
}

/* Sentence i says that town i lies farther than town i + 1; the odd one lies farther than the last town. */
static bool put_premise(struct buffer *out, const struct world *w, const struct map *m, const struct chain *k, size_t i,
                        struct rng *rng) {
    size_t farther = i == k->n ? k->n + 1 : i, nearer = i == k->n ? k->n : i + 1;
    bool turned = rng_below(rng, 2);
    struct slot slots[] = {{"A", w->name[OUTSIDE][k->town[turned ? nearer : farther]]},
                           {"B", w->name[OUTSIDE][k->town[turned ? farther : nearer]]},
                           {"D", m->direction[k->axis][turned]}};
    return world_render(out, m->statements.at[rng_below(rng, 4)], slots, 3);
}

static bool step_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                      uint64_t draw) {
    const struct map *m = map_of(w);
    struct chain k = draw_chain(w, number, draw);
    struct rng rng = world_stream(w, "map/premises", draw, number / N_ANSWERS);
    struct buffer premises;
    (void)split;
    buffer_init(&premises, 1 << 12);
    for (size_t i = 0; i < k.n_sentences; i++) {
        if (i) buffer_put_char(&premises, ' ');
        put_premise(&premises, w, m, &k, k.order[i], &rng);
    }
    struct slot slots[] = {{"P", buffer_text(&premises)},
                           {"A", w->name[OUTSIDE][k.town[k.a]]},
                           {"B", w->name[OUTSIDE][k.town[k.b]]},
                           {"D", m->direction[k.axis][k.turned]},
                           {"E", m->direction[k.axis][!k.turned]}};
    bool ok = !premises.failed && world_render(&line->prompt, m->steps.at[k.template], slots, 5) &&
              world_render(&line->reply,
                           k.answer == FOLLOWS    ? m->yes
                           : k.answer == CONTRARY ? m->no
                                                  : m->unsaid,
                           slots, 5);
    buffer_done(&premises);
    set_yes_no(line, k.answer);
    line->n_options = N_ANSWERS, line->option[OPEN] = text_part(m->unsaid, 0, m->unsaid.len - 1);
    buffer_printf(&line->template, "map-steps/%u", k.template);
    world_put_pair(&line->slots, "A", slots[1].text), world_put_pair(&line->slots, "B", slots[2].text);
    buffer_printf(&line->labels, ",\"steps\":%zu,\"apart\":%zu", k.n, k.a > k.b ? k.a - k.b : k.b - k.a);
    world_put_pair(&line->labels, "entity", text_of(world_seen(m->step_split[number / N_ANSWERS / WORDINGS])));
    world_put_pair(&line->labels, "wording", text_of(world_seen(w->template_split[k.template])));
    return ok;
}

/* ---- the block: two of three documents tell, one asks (pairs and wordings for training) */

enum { DOCUMENTS = 5400, TOLD = 4, ASKED = 3 };

static uint64_t documents(const struct world *w) {
    (void)w;
    return DOCUMENTS;
}

static bool put_told(struct buffer *out, const struct world *w, uint64_t number, struct rng *rng) {
    const struct map *m = map_of(w);
    for (size_t i = 0; i < TOLD; i++) {
        struct relation t = told_of(w, m, m->telling[(number * TOLD + i) % m->n_telling]);
        struct slot slots[] = {
            {"A", w->name[TOWN][t.a]}, {"B", w->name[TOWN][t.b]}, {"D", m->direction[t.axis][t.turned]}};
        if (i) buffer_put_char(out, ' ');
        if (!world_render(out, m->statements.at[rng_below(rng, STATEMENTS)], slots, 3)) return false;
    }
    return true;
}

static bool put_asked(struct buffer *out, const struct world *w, struct rng *rng, uint64_t draw) {
    static const struct {
        bool (*make)(struct world_line *, const struct world *, uint64_t, enum split, uint64_t);
        bool (*split)(const struct world *, uint64_t, enum split *);
        uint64_t (*numbers)(const struct world *);
    } sorts[] = {{ask_make, split_of, numbers}, {which_make, split_of, numbers}, {step_make, step_split, step_numbers}};
    struct world_line line;
    bool ok = true;
    for (size_t i = 0; ok && i < ASKED; i++) {
        size_t sort = rng_below(rng, 3);
        enum split split = N_SPLITS;
        uint64_t number = 0;
        while (split != TRAIN) {
            number = rng_below(rng, sorts[sort].numbers(w));
            if (!sorts[sort].split(w, number, &split)) split = N_SPLITS;
        }
        world_line_init(&line);
        ok = sorts[sort].make(&line, w, number, TRAIN, draw) && (i == 0 || buffer_put_char(out, '\n')) &&
             buffer_put_text(out, buffer_text(&line.prompt)) && buffer_put_char(out, ' ') &&
             buffer_put_text(out, buffer_text(&line.reply));
        world_line_done(&line);
    }
    return ok;
}

static bool put(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw) {
    struct rng rng = world_stream(w, "map/block", draw, number);
    return number % 3 == 2 ? put_asked(&document->text, w, &rng, draw)
                           : put_told(&document->text, w, number / 3 * 2 + number % 3, &rng);
}

static const struct world_family families[] = {
    {.name = "map",
     .prefix = "mq",
     .digits = 6,
     .members = 2,
     .most = 2000,
     .numbers = numbers,
     .split = split_of,
     .make = ask_make},
    {.name = "map-which",
     .prefix = "mw",
     .digits = 6,
     .members = 2,
     .most = 2000,
     .numbers = numbers,
     .split = split_of,
     .make = which_make},
    {.name = "map-steps",
     .prefix = "mc",
     .digits = 5,
     .members = 3,
     .most = 2001,
     .numbers = step_numbers,
     .split = step_split,
     .make = step_make},
};
static const struct world_block block = {.name = "map-lines", .documents = documents, .put = put};
const struct world_part world_part_map = {.name = "map",
                                          .version = 1,
                                          .words = true,
                                          .state_size = sizeof(struct map),
                                          .draw = draw,
                                          .rows = rows,
                                          .put_row = put_row,
                                          .find = find,
                                          .families = families,
                                          .n_families = 3,
                                          .blocks = &block,
                                          .n_blocks = 1};
