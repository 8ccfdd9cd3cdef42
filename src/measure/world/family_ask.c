/* Questions about facts in six styles; numbers are those of world_ask_number. */
#include "measure/world/world_internal.h"
#include "measure/world/world_item.h"

struct ask_number world_ask_number(uint64_t number) {
    uint64_t rest = number / MOST_OPTIONS;
    return (struct ask_number){.right = number % MOST_OPTIONS,
                               .template = (unsigned)(rest % WORDINGS),
                               .style = (enum style)(rest / WORDINGS % N_STYLES),
                               .fact = rest / WORDINGS / N_STYLES};
}

size_t world_options(const struct world *w, size_t fact, enum style style, unsigned template) {
    if (style == STYLE_TRUEFALSE || style == STYLE_CLAIM) return 2;
    if (style != STYLE_CHOICE) return 0;
    struct rng rng = world_stream(w, "ask/options", 0, (uint64_t)fact * WORDINGS + template);
    return 2 + rng_below(&rng, MOST_OPTIONS - 1);
}

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)ALL_FACTS * N_STYLES * WORDINGS * MOST_OPTIONS;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    struct ask_number a = world_ask_number(number);
    size_t options = world_options(w, a.fact, a.style, a.template);
    return a.right < (options ? options : 1) &&
           world_join_splits(w->facts[a.fact].split, w->template_split[a.template], split);
}

/* "person.town" */
bool world_put_relation(struct buffer *out, size_t relation) {
    const struct column *c = &world_columns[world_relations[relation]];
    return buffer_printf(out, "%s.%s", world_kinds[c->kind].name, c->name);
}

const char *world_seen(unsigned split) {
    return split == TRAIN ? "seen" : "unseen";
}

bool world_label_relation(struct world_line *line, size_t relation) {
    buffer_put_c(&line->labels, ",\"relation\":\""), world_put_relation(&line->labels, relation);
    return buffer_put_char(&line->labels, '"');
}

bool world_alias_article(struct world_line *line, const struct world *w, size_t relation, struct text value) {
    struct slot slot = {"V", value};
    struct buffer alias;
    if (text_find(w->words.wording[relation].answer, TEXT("$aV"), 0) == SIZE_MAX) return true;
    buffer_init(&alias, 1 << 10);
    bool ok = world_fill(&alias, TEXT("$aV"), &slot, 1) && world_alias(line, buffer_text(&alias));
    buffer_done(&alias);
    return ok;
}

static bool put_labels(struct world_line *line, const struct world *w, const struct fact *f,
                       const struct ask_number *a) {
    struct buffer *out = &line->labels;
    world_label_relation(line, f->relation);
    world_put_pair(out, "style", text_of(world_style_names[a->style]));
    world_put_pair(out, "stratum", text_of(world_stratum_name(f->stratum)));
    world_put_pair(out, "entity", text_of(world_seen(f->split)));
    world_put_pair(out, "wording", text_of(world_seen(w->template_split[a->template])));
    return buffer_printf(out, ",\"answers\":%d", world_columns[f->column].n);
}

static bool fill(struct world_line *line, const struct world *w, const struct fact *f, const struct question *q,
                 const struct ask_number *a) {
    world_put_relation(&line->template, f->relation);
    buffer_printf(&line->template, "/%s/%u", world_style_names[a->style], a->template);
    world_put_pair(&line->slots, "S", world_subject(w, f));
    if (q->style == STYLE_TRUEFALSE || q->style == STYLE_CLAIM)
        world_put_pair(&line->slots, "claimed", world_value(w, world_columns[f->column].domain, q->claimed));
    line->n_options = q->n_options, line->right = q->right;
    for (size_t i = 0; i < q->n_options; i++) line->option[i] = q->option[i];
    buffer_put_text(&line->prompt, buffer_text(&q->prompt)), buffer_put_text(&line->reply, buffer_text(&q->reply));
    bool ok =
        buffer_put_text(&line->answer, q->gold) && put_labels(line, w, f, a) && world_prov(line, "f%05zu", a->fact);
    if (ok && !q->n_options) ok = world_alias_article(line, w, f->relation, q->gold);
    return ok && buffer_printf(&line->dose, ",\"e\":%u", f->e);
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    struct ask_number a = world_ask_number(number);
    const struct fact *f = &w->facts[a.fact];
    struct rng rng = world_stream(w, "ask", 0, number);
    struct question q;
    (void)split, (void)draw; /* a draw chooses other numbers */
    world_question_init(&q);
    bool ok =
        world_ask_at(&q, w, f, a.style, a.template, world_options(w, a.fact, a.style, a.template), a.right, &rng) &&
        fill(line, w, f, &q, &a);
    world_question_done(&q);
    return ok;
}

/* What pre-training never tells is not told by an answer either. */
static bool trains(const struct world *w, uint64_t number) {
    return w->facts[world_ask_number(number).fact].e > 0;
}

static bool core(const struct world *w, uint64_t number) {
    return w->facts[world_ask_number(number).fact].stratum == STRATUM_CORE;
}

const struct world_family world_family_ask = {.name = "ask", .prefix = "q", .digits = 7, .numbers = numbers,
                                              .split = split_of, .make = make, .trains = trains,
                                              .core = core,
                                              .plan = world_plan_ask};
