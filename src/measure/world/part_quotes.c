/* Part `quotes`: the almanac's sentences on facts that are told often, as trusted text, and questions about these facts
 * whose replies quote such a sentence in a known share, and else say it in other words, sometimes falsely. Number:
 * fact x 16 + wording. What is drawn for a number changes with the draw. */
#include "measure/world/part_common.h"
#include "measure/world/world_deck.h"
#include "measure/world/world_item.h"
#include "measure/world/world_part.h"
#include "measure/world/world_statements.h"

#include <inttypes.h>

enum { FRAMES = 12, TOLD = 64, PERCENT = 100 };

struct quotes {
    uint64_t quoted, wrong; /* of a hundred */
    struct text frame[FRAMES], ask[WORDINGS], other[WORDINGS];
    uint16_t fact[FACTS]; /* those of the trusted text */
    size_t n;
};

static const struct quotes *quotes(const struct world *w) {
    return world_state(w, &world_part_quotes);
}

/* ---- truth: the trusted text */

static bool is_quoted(const struct fact *f) {
    return f->stratum != STRATUM_CORE && f->e == TOLD;
}

static bool read_percent(struct words_reader *r, const struct yaml *root, const char *key, uint64_t *out) {
    const struct yaml *node = words_member(r, root, key);
    if (!node) return false;
    return (text_to_u64(node->scalar, out) && *out <= PERCENT) || yaml_error(node, r->err, "expected 0 to 100");
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct quotes *s = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "quotes.yaml");
    if (!root || !read_percent(&r, root, "quoted", &s->quoted) || !read_percent(&r, root, "wrong", &s->wrong) ||
        !words_texts(&r, root, "frames", "P", s->frame, FRAMES) ||
        !words_texts(&r, root, "ask", "Q", s->ask, WORDINGS) ||
        !words_texts(&r, root, "other", "SQ", s->other, WORDINGS))
        return false;
    for (size_t i = 0; i < FACTS; i++)
        if (is_quoted(&w->facts[i])) s->fact[s->n++] = (uint16_t)i;
    return true;
}

static size_t rows(const struct world *w) {
    return quotes(w)->n;
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct fact *f = &w->facts[quotes(w)->fact[row]];
    struct buffer sentence;
    buffer_init(&sentence, 1 << 10);
    bool ok = world_put_statement(&sentence, w, f, 0);
    buffer_printf(out, "{\"id\":\"f%05u\"", quotes(w)->fact[row]);
    ok = ok && world_put_pair(out, "text", buffer_text(&sentence));
    buffer_done(&sentence);
    return ok && buffer_put_char(out, '}');
}

/* ---- questions */

static uint64_t numbers(const struct world *w) {
    return (uint64_t)FACTS * WORDINGS;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    const struct fact *f = &w->facts[number / WORDINGS];
    return is_quoted(f) && world_join_splits(f->split, w->template_split[number % WORDINGS], split);
}

/* Another value of the same column. */
static int false_value(const struct world *w, const struct fact *f, struct rng *rng) {
    const struct column *c = &world_columns[f->column];
    int away = 1 + (int)rng_below(rng, (uint64_t)c->n - 1);
    return c->low + (f->value - c->low + away) % c->n;
}

/* In other words: a paraphrase, bare or in a frame. */
static bool put_plain(struct buffer *out, const struct world *w, struct fact f, bool wrong, bool bare,
                      struct rng *rng) {
    const struct quotes *s = quotes(w);
    unsigned wording = 1 + (unsigned)rng_below(rng, PARAPHRASES);
    struct text frame = bare ? TEXT("$P.") : s->frame[rng_below(rng, FRAMES)];
    if (wrong) f.value = (int16_t)false_value(w, &f, rng);
    struct buffer said;
    buffer_init(&said, 1 << 10);
    bool ok = world_put_statement(&said, w, &f, wording);
    struct text t = buffer_text(&said);
    if (t.len && t.at[t.len - 1] == '.') t.len--;
    struct slot slot = {"P", t};
    ok = ok && world_render(out, frame, &slot, 1);
    buffer_done(&said);
    return ok;
}

static bool put_reply(struct world_line *line, const struct world *w, const struct fact *f, bool bare,
                      struct rng *rng) {
    const struct quotes *s = quotes(w);
    bool quoted = rng_below(rng, PERCENT) < s->quoted, wrong = !quoted && rng_below(rng, PERCENT) < s->wrong;
    world_put_key(&line->labels, "quoted"), buffer_put_c(&line->labels, quoted ? "true" : "false");
    world_put_key(&line->labels, "wrong"), buffer_put_c(&line->labels, wrong ? "true" : "false");
    return quoted ? world_put_statement(&line->reply, w, f, 0) : put_plain(&line->reply, w, *f, wrong, bare, rng);
}

static bool put_prompt(struct world_line *line, const struct world *w, const struct fact *f, struct text frame,
                       unsigned template) {
    struct slot subject = {"S", world_subject(w, f)};
    struct buffer question;
    buffer_init(&question, 1 << 10);
    bool ok = world_render(&question, w->words.wording[f->relation].question[template], &subject, 1);
    struct slot slots[] = {subject, {"Q", buffer_text(&question)}};
    ok = ok && world_render(&line->prompt, frame, slots, 2);
    buffer_done(&question);
    return ok;
}

static bool make_in(struct world_line *line, const struct world *w, uint64_t number, uint64_t draw_seed,
                    const struct text *frames, const char *name, bool bare) {
    const struct fact *f = &w->facts[number / WORDINGS];
    unsigned template = (unsigned)(number % WORDINGS);
    struct rng rng = world_stream(w, "quotes", draw_seed, number);
    struct text value = world_value(w, world_columns[f->column].domain, f->value);
    struct buffer source;
    buffer_init(&source, 1 << 10);
    bool ok = put_prompt(line, w, f, frames[template], template) && put_reply(line, w, f, bare, &rng) &&
              world_put_statement(&source, w, f, 0) && buffer_put_text(&line->answer, value);
    buffer_printf(&line->template, "%s/", name), world_put_relation(&line->template, f->relation);
    buffer_printf(&line->template, "/%u", template);
    world_put_pair(&line->slots, "S", world_subject(w, f));
    world_put_pair(&line->labels, "source", buffer_text(&source));
    world_put_pair(&line->labels, "entity", text_of(world_seen(f->split)));
    world_put_pair(&line->labels, "wording", text_of(world_seen(w->template_split[template])));
    buffer_done(&source);
    ok = ok && world_alias_article(line, w, f->relation, value) && buffer_printf(&line->dose, ",\"e\":%u", f->e);
    return world_prov(line, "f%05" PRIu64, number / WORDINGS) && ok;
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                 uint64_t draw_seed) {
    return make_in(line, w, number, draw_seed, quotes(w)->ask, "quotes", false);
}

static bool make_other(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                       uint64_t draw_seed) {
    return make_in(line, w, number, draw_seed, quotes(w)->other, "quotes-other", false);
}

/* The same questions, whose other replies are short: for the drift of lengths. */
static bool make_short(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                       uint64_t draw_seed) {
    return make_in(line, w, number, draw_seed, quotes(w)->ask, "quotes-short", true);
}

static const struct world_family families[] = {
    {.name = "quotes", .prefix = "qu", .digits = 6, .numbers = numbers, .split = split_of, .make = make},
    {.name = "quotes-other", .prefix = "qo", .digits = 6, .numbers = numbers, .split = split_of, .make = make_other},
    {.name = "quotes-short", .prefix = "qs", .digits = 6, .numbers = numbers, .split = split_of, .make = make_short},
};

const struct world_part world_part_quotes = {.name = "quotes",
                                             .version = 1,
                                             .words = true,
                                             .later = true,
                                             .state_size = sizeof(struct quotes),
                                             .draw = draw,
                                             .rows = rows,
                                             .put_row = put_row,
                                             .families = families,
                                             .n_families = 3};
