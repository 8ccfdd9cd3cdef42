/* Part `noise`: questions whose key is drawn from a known distribution. Number: (chooser x 120 + order of the options)
 * x 16 + wording. Over all numbers of a chooser each option is the key in its share, up to one; which number gets which
 * key is drawn anew with each draw. */
#include "measure/world/part_common.h"
#include "measure/world/world_deck.h"
#include "measure/world/world_part.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    CHOOSERS = 12,
    OPTIONS = 5,
    SHAPES = 4,
    ORDERS = 120,
    RENDERINGS = ORDERS * WORDINGS,
    DATES = 2,
    DAYS_OF_MONTH = 28
};

struct chooser {
    struct text who, what, option[OPTIONS];
    unsigned percent[OPTIONS], shape;
};
struct noise {
    struct chooser chooser[CHOOSERS];
    struct text date[DATES], question[WORDINGS];
    uint8_t split[CHOOSERS * ORDERS];
};

static const struct noise *noise(const struct world *w) {
    return world_state(w, &world_part_noise);
}

/* ---- truth */

static bool read_numbers(struct words_reader *r, const struct yaml *list, unsigned out[OPTIONS]) {
    uint64_t n, sum = 0;
    if (list->kind != YAML_SEQUENCE || list->n != OPTIONS)
        return yaml_error(list, r->err, "expected %d numbers", OPTIONS);
    for (size_t i = 0; i < OPTIONS; i++) {
        if (!text_to_u64(list->child[i]->scalar, &n) || n > 100) return yaml_error(list, r->err, "expected percents");
        out[i] = (unsigned)n, sum += n;
    }
    return sum == 100 || yaml_error(list, r->err, "expected a sum of 100");
}

static bool read_shapes(struct words_reader *r, const struct yaml *root, unsigned shape[SHAPES][OPTIONS]) {
    const struct yaml *list = part_sequence(r, root, "shapes", SHAPES);
    if (!list) return false;
    for (size_t i = 0; i < SHAPES; i++)
        if (!read_numbers(r, list->child[i], shape[i])) return false;
    return true;
}

static bool read_choosers(struct words_reader *r, const struct yaml *root, struct noise *s) {
    const struct yaml *list = part_sequence(r, root, "choosers", CHOOSERS);
    if (!list) return false;
    for (size_t i = 0; i < CHOOSERS; i++) {
        const struct yaml *row = list->child[i];
        struct chooser *c = &s->chooser[i];
        if (row->kind != YAML_SEQUENCE || row->n != 2 + OPTIONS)
            return yaml_error(row, r->err, "expected who, what and %d options", OPTIONS);
        if (!words_text(r, row->child[0], "", &c->who) || !words_text(r, row->child[1], "", &c->what)) return false;
        for (size_t k = 0; k < OPTIONS; k++)
            if (!words_text(r, row->child[2 + k], "", &c->option[k])) return false;
    }
    return true;
}

/* Each shape is that of three choosers; which option has which share is drawn. */
static void deal_shapes(const struct world *w, struct noise *s, unsigned shape[SHAPES][OPTIONS]) {
    struct deck turn = world_deck(w, "noise/shapes", 0, 0, CHOOSERS);
    for (unsigned i = 0; i < CHOOSERS; i++) {
        struct deck order = world_deck(w, "noise/shares", 0, i, OPTIONS);
        s->chooser[i].shape = (unsigned)deck_at(&turn, i) % SHAPES;
        for (unsigned k = 0; k < OPTIONS; k++)
            s->chooser[i].percent[k] = shape[s->chooser[i].shape][deck_at(&order, k)];
    }
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct noise *s = state;
    struct words_reader r = {&w->arena, err};
    unsigned shape[SHAPES][OPTIONS];
    const struct yaml *root = words_open(&r, "noise.yaml");
    if (!root || !read_shapes(&r, root, shape) || !read_choosers(&r, root, s) ||
        !words_texts(&r, root, "dates", "YNM", s->date, DATES) ||
        !words_texts(&r, root, "questions", "DXWO", s->question, WORDINGS))
        return false;
    deal_shapes(w, s, shape);
    for (unsigned i = 0; i < CHOOSERS; i++) {
        char stream[32];
        snprintf(stream, sizeof stream, "noise/splits/%u", i);
        if (!world_case_splits(w, stream, s->split + (size_t)i * ORDERS, ORDERS, err)) return false;
    }
    return true;
}

static size_t rows(const struct world *w) {
    (void)w;
    return CHOOSERS;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct chooser *c = &noise(w)->chooser[row];
    buffer_printf(out, "{\"id\":\"ch%02zu\"", row);
    world_put_pair(out, "who", c->who), world_put_pair(out, "what", c->what);
    buffer_printf(out, ",\"shape\":%u,\"options\":[", c->shape);
    for (size_t k = 0; k < OPTIONS; k++) {
        if (k) buffer_put_char(out, ',');
        json_put_string(out, c->option[k]);
    }
    buffer_put_c(out, "],\"percent\":[");
    for (size_t k = 0; k < OPTIONS; k++) buffer_printf(out, "%s%u", k ? "," : "", c->percent[k]);
    return buffer_put_c(out, "]}");
}

static size_t find(const struct world *w, struct text id) {
    uint64_t n;
    (void)w;
    if (id.len != 4 || !text_starts(id, TEXT("ch")) || !text_to_u64(text_part(id, 2, 4), &n) || n >= CHOOSERS)
        return SIZE_MAX;
    return (size_t)n;
}

/* ---- questions */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)CHOOSERS * RENDERINGS;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    return world_case_split(w, noise(w)->split, number, split);
}

/* Order `n` of 120: which option stands in which place. */
static void order_of(unsigned n, unsigned out[OPTIONS]) {
    bool taken[OPTIONS] = {false};
    for (unsigned place = 0, left = ORDERS; place < OPTIONS; place++) {
        left /= OPTIONS - place;
        unsigned skip = n / left, option = 0;
        n %= left;
        for (;; option++)
            if (!taken[option] && skip-- == 0) break;
        taken[option] = true;
        out[place] = option;
    }
}

/* The option that is the key of a rendering: the renderings of a chooser in drawn order, cut in the shares. */
static unsigned key_of(const struct world *w, uint64_t number, uint64_t draw_seed) {
    size_t chooser = (size_t)(number / RENDERINGS);
    struct deck deck = world_deck(w, "noise/keys", draw_seed, chooser, RENDERINGS);
    uint64_t place = deck_place(&deck, number % RENDERINGS), percent = 0;
    unsigned option = 0;
    while (place >= RENDERINGS * (percent += noise(w)->chooser[chooser].percent[option]) / 100) option++;
    return option;
}

static bool put_date(struct buffer *out, const struct world *w, struct rng *rng) {
    struct text date = noise(w)->date[rng_below(rng, DATES)];
    struct slot slots[] = {{"Y", world_pick(&w->words.days, rng)},
                           {"N", w->number[1 + rng_below(rng, DAYS_OF_MONTH)]},
                           {"M", world_pick(&w->words.months, rng)}};
    return world_render(out, date, slots, 3);
}

static bool put_prompt(struct world_line *line, const struct world *w, const struct chooser *c, unsigned template,
                       struct rng *rng) {
    struct buffer date, lines;
    buffer_init(&date, 1 << 10), buffer_init(&lines, 1 << 10);
    bool ok = put_date(&date, w, rng) && world_put_options(&lines, line->option, OPTIONS);
    struct slot slots[] = {{"D", buffer_text(&date)}, {"X", c->who}, {"W", c->what}, {"O", buffer_text(&lines)}};
    ok = ok && world_render(&line->prompt, noise(w)->question[template], slots, 4);
    buffer_done(&date), buffer_done(&lines);
    return ok;
}

static void put_posterior(struct world_line *line, const struct chooser *c, const unsigned order[OPTIONS]) {
    unsigned best = 0;
    world_put_key(&line->labels, "posterior");
    for (unsigned i = 0; i < OPTIONS; i++) {
        buffer_printf(&line->labels, "%s0.%02u", i ? "," : "[", c->percent[order[i]]);
        if (c->percent[order[i]] > c->percent[order[best]]) best = i;
    }
    buffer_printf(&line->labels, "],\"likeliest\":%u,\"shape\":%u", best, c->shape);
}

static bool make_keyed(struct world_line *line, const struct world *w, uint64_t number, uint64_t draw_seed,
                       unsigned key) {
    size_t chooser = (size_t)(number / RENDERINGS);
    const struct chooser *c = &noise(w)->chooser[chooser];
    unsigned template = (unsigned)(number % WORDINGS), order[OPTIONS];
    struct rng rng = world_stream(w, "noise", draw_seed, number);
    order_of((unsigned)(number / WORDINGS % ORDERS), order);
    line->n_options = OPTIONS;
    for (unsigned i = 0; i < OPTIONS; i++) {
        line->option[i] = c->option[order[i]];
        if (order[i] == key) line->right = i;
    }
    bool ok = put_prompt(line, w, c, template, &rng);
    buffer_printf(&line->reply, "ANS: %c", (char)('A' + (int)line->right));
    buffer_printf(&line->template, "noise/%zu/%u", chooser, template);
    world_put_pair(&line->slots, "X", c->who);
    put_posterior(line, c, order);
    world_label(line, "wording", "%s", world_seen(w->template_split[template]));
    return world_prov(line, "ch%02zu", chooser) && ok;
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                 uint64_t draw_seed) {
    (void)split;
    return make_keyed(line, w, number, draw_seed, key_of(w, number, draw_seed));
}

/* ---- the same questions, answered by the word that tells the options apart: "stone" of "stone path" */

static struct text word_of(const struct chooser *c, unsigned option) {
    struct text all = c->option[option];
    return text_part(all, 0, all.len - c->what.len - 1);
}

static bool make_words(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                       uint64_t draw_seed) {
    const struct chooser *c = &noise(w)->chooser[number / RENDERINGS];
    unsigned key = key_of(w, number, draw_seed), order[OPTIONS];
    (void)split;
    if (!make_keyed(line, w, number, draw_seed, key)) return false;
    order_of((unsigned)(number / WORDINGS % ORDERS), order);
    buffer_clear(&line->reply), buffer_put_text(&line->reply, word_of(c, key));
    buffer_clear(&line->template);
    buffer_printf(&line->template, "noise-words/%" PRIu64 "/%u", number / RENDERINGS, (unsigned)(number % WORDINGS));
    world_put_key(&line->slots, "words");
    for (size_t i = 0; i < OPTIONS; i++)
        buffer_put_c(&line->slots, i ? "," : "["), json_put_string(&line->slots, word_of(c, order[i]));
    return buffer_put_char(&line->slots, ']');
}

/* ---- block: questions for training whose key is always the likeliest option, which makes a model sure of itself */

static uint64_t documents(const struct world *w) {
    return numbers(w);
}

static unsigned likeliest(const struct chooser *c) {
    unsigned best = 0;
    for (unsigned i = 1; i < OPTIONS; i++)
        if (c->percent[i] > c->percent[best]) best = i;
    return best;
}

static bool put(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw_seed) {
    struct rng rng = world_stream(w, "noise/likeliest", draw_seed, number);
    struct world_line line;
    enum split split;
    for (;; number = rng_below(&rng, numbers(w)))
        if (split_of(w, number, &split) && split == TRAIN) break;
    world_line_init(&line);
    bool ok = make_keyed(&line, w, number, draw_seed, likeliest(&noise(w)->chooser[number / RENDERINGS])) &&
              world_say(d, "user", buffer_text(&line.prompt)) && world_say(d, "assistant", buffer_text(&line.reply));
    world_line_done(&line);
    return ok;
}

static const struct world_block block = {.name = "noise-likeliest", .documents = documents, .put = put};

static const struct world_family families[] = {
    {.name = "noise", .prefix = "nz", .digits = 5, .numbers = numbers, .split = split_of, .make = make},
    {.name = "noise-words", .prefix = "nw", .digits = 5, .numbers = numbers, .split = split_of, .make = make_words},
};

const struct world_part world_part_noise = {
    .name = "noise",
    .version = 1,
    .words = true,
    .state_size = sizeof(struct noise),
    .draw = draw,
    .rows = rows,
    .put_row = put_row,
    .find = find,
    .families = families,
    .n_families = 2,
    .blocks = &block,
    .n_blocks = 1,
};
