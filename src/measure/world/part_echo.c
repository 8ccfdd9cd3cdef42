/* Echoes, for pre-training: lines to be said again, and cards to be looked up whose holders are drawn anew in each
 * document. They are where a small model learns to copy from its prompt: facts can be known by heart, these can't. */
#include "measure/world/world_part.h"

enum { AGAIN = 8, DRAWS = 4, ASKS = 3, DOCUMENTS = 24000, MOST_CARDS = 6, MOST_SAID = 5 };

struct echo {
    struct text again[AGAIN][2]; /* what is said, and the answer where there is one */
    struct text draws[DRAWS], what[ASKS], who[ASKS];
};

static bool read_again(struct words_reader *r, const struct yaml *root, struct echo *e) {
    const struct yaml *list = words_member(r, root, "again");
    if (!list) return false;
    if (list->kind != YAML_SEQUENCE || list->n != AGAIN)
        return yaml_error(list, r->err, "again: expected %d entries", AGAIN);
    for (size_t i = 0; i < AGAIN; i++) {
        const struct yaml *pair = list->child[i];
        if (pair->kind != YAML_SEQUENCE || pair->n != 2)
            return yaml_error(pair, r->err, "expected a line and an answer");
        for (size_t k = 0; k < 2; k++)
            if (!words_text(r, pair->child[k], "A", &e->again[i][k])) return false;
    }
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct words_reader r = {&w->arena, err};
    struct echo *e = state;
    const struct yaml *root = words_open(&r, "echo.yaml");
    return root && read_again(&r, root, e) && words_texts(&r, root, "draws", "PC", e->draws, DRAWS) &&
           words_texts(&r, root, "what", "P", e->what, ASKS) && words_texts(&r, root, "who", "C", e->who, ASKS);
}

/* A person of the world for training. */
static struct text person(const struct world *w, struct rng *rng) {
    size_t p;
    do p = (size_t)rng_below(rng, world_kinds[PERSON].n);
    while (w->split[PERSON][p] != TRAIN);
    return w->name[PERSON][p];
}

static struct text card(const struct world *w, struct rng *rng) {
    const struct list *lists[] = {&w->words.animals, &w->words.games, &w->words.trades,
                                  &w->words.oaths,   &w->words.roles, &w->words.materials};
    size_t kind = (size_t)rng_below(rng, 9);
    if (kind < 6) return world_pick(lists[kind], rng);
    enum kind named = kind == 6 ? TOWN : kind == 7 ? GOOD : BUILDING;
    return w->name[named][rng_below(rng, world_kinds[named].n)];
}

/* ---- said again */

static bool put_said(struct buffer *out, const struct world *w, struct rng *rng) {
    size_t n = 1 + (size_t)rng_below(rng, MOST_SAID);
    for (size_t i = 0; i < n; i++) {
        if (i) buffer_put_c(out, ", ");
        size_t kind = (size_t)rng_below(rng, 8);
        struct text t = kind < 4 ? person(w, rng) : card(w, rng);
        if (kind == 7)
            buffer_printf(out, "%u", (unsigned)rng_below(rng, 1000));
        else
            buffer_put_text(out, t);
    }
    return !out->failed;
}

static bool put_again(struct world_document *d, const struct world *w, const struct echo *e, struct rng *rng) {
    struct buffer said, line, answer;
    size_t form = (size_t)rng_below(rng, AGAIN);
    buffer_init(&said, 1 << 12), buffer_init(&line, 1 << 13), buffer_init(&answer, 1 << 13);
    bool ok = put_said(&said, w, rng);
    struct slot slot = {"A", buffer_text(&said)};
    ok = ok && world_fill(&line, e->again[form][0], &slot, 1) && world_fill(&answer, e->again[form][1], &slot, 1);
    if (answer.len && rng_below(rng, 2))
        ok = ok && world_say(d, "user", buffer_text(&line)) && world_say(d, "assistant", buffer_text(&answer));
    else {
        ok = ok && buffer_put_text(&d->text, buffer_text(&line));
        if (answer.len) ok = ok && buffer_put_char(&d->text, '\n') && buffer_put_text(&d->text, buffer_text(&answer));
    }
    buffer_done(&said), buffer_done(&line), buffer_done(&answer);
    return ok;
}

/* ---- cards */

struct round {
    struct text holder[MOST_CARDS], card[MOST_CARDS];
    size_t n;
};

static bool has(const struct text *all, size_t n, struct text t) {
    for (size_t i = 0; i < n; i++)
        if (text_equal(all[i], t)) return true;
    return false;
}

static void deal_round(struct round *r, const struct world *w, struct rng *rng) {
    r->n = 2 + (size_t)rng_below(rng, MOST_CARDS - 1);
    for (size_t i = 0; i < r->n; i++) {
        do r->holder[i] = person(w, rng);
        while (has(r->holder, i, r->holder[i]));
        do r->card[i] = card(w, rng);
        while (has(r->card, i, r->card[i]));
    }
}

static bool put_question(struct buffer *question, struct buffer *answer, const struct echo *e, const struct round *r,
                         struct rng *rng) {
    size_t i = (size_t)rng_below(rng, r->n), form = (size_t)rng_below(rng, ASKS);
    bool who = rng_below(rng, 2) == 0;
    struct slot slots[] = {{"P", r->holder[i]}, {"C", r->card[i]}};
    return world_fill(question, who ? e->who[form] : e->what[form], slots, 2) &&
           buffer_put_text(answer, who ? r->holder[i] : r->card[i]) && buffer_put_char(answer, '.');
}

static bool put_cards(struct world_document *d, const struct world *w, const struct echo *e, struct rng *rng) {
    struct round r;
    struct buffer told, question, answer;
    size_t asks = 1 + (size_t)rng_below(rng, 3), form = (size_t)rng_below(rng, DRAWS);
    bool talk = rng_below(rng, 2) == 0, ok = true;
    buffer_init(&told, 1 << 13), buffer_init(&question, 1 << 13), buffer_init(&answer, 1 << 12);
    deal_round(&r, w, rng);
    for (size_t i = 0; ok && i < r.n; i++) {
        struct slot slots[] = {{"P", r.holder[i]}, {"C", r.card[i]}};
        ok = (i == 0 || buffer_put_char(&told, ' ')) && world_render(&told, e->draws[form], slots, 2);
    }
    for (size_t a = 0; ok && a < asks; a++) {
        buffer_clear(&question), buffer_clear(&answer);
        if (a == 0)
            ok = buffer_put_text(&question, buffer_text(&told)) && buffer_put_char(&question, talk ? ' ' : '\n');
        ok = ok && put_question(&question, &answer, e, &r, rng);
        if (talk)
            ok = ok && world_say(d, "user", buffer_text(&question)) && world_say(d, "assistant", buffer_text(&answer));
        else
            ok = ok && (a == 0 || buffer_put_char(&d->text, '\n')) &&
                 buffer_put_text(&d->text, buffer_text(&question)) && buffer_put_char(&d->text, ' ') &&
                 buffer_put_text(&d->text, buffer_text(&answer));
    }
    buffer_done(&told), buffer_done(&question), buffer_done(&answer);
    return ok;
}

static uint64_t documents(const struct world *w) {
    (void)w;
    return DOCUMENTS;
}

/* Every second document is a line said again. */
static bool put(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw) {
    struct rng rng = world_stream(w, "echo", draw, number);
    const struct echo *e = world_state(w, &world_part_echo);
    return number % 2 ? put_cards(d, w, e, &rng) : put_again(d, w, e, &rng);
}

static const struct world_block block = {.name = "echo", .documents = documents, .put = put};
const struct world_part world_part_echo = {.name = "echo", .version = 1, .words = true,
                                           .state_size = sizeof(struct echo),
                                           .draw = draw, .blocks = &block, .n_blocks = 1};
