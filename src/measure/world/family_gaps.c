/* Questions about facts that pre-training never tells, of people, towns and things that it does tell about: to be
 * answered with don't know. Number: fact x 16 + template. */
#include "measure/world/world_item.h"

uint64_t world_gaps_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)ALL_FACTS * WORDINGS;
}

bool world_gaps_split(const struct world *w, uint64_t number, enum split *split) {
    const struct fact *f = &w->facts[number / WORDINGS];
    return f->e == 0 && world_join_splits(f->split, w->template_split[number % WORDINGS], split);
}

bool world_gaps_make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw) {
    size_t fact = (size_t)(number / WORDINGS);
    const struct fact *f = &w->facts[fact];
    unsigned template = (unsigned)(number % WORDINGS);
    struct rng rng = world_stream(w, "gaps", draw, number);
    struct question q;
    world_question_init(&q);
    bool ok = world_ask_unknown(&q, w, f->relation, world_subject(w, f), template, world_template(w, split, &rng));
    world_put_relation(&line->template, f->relation), buffer_printf(&line->template, "/short/%u", template);
    world_put_pair(&line->slots, "S", world_subject(w, f));
    buffer_put_text(&line->prompt, buffer_text(&q.prompt)), buffer_put_text(&line->reply, buffer_text(&q.reply));
    line->kind = "unknown";
    world_label_relation(line, f->relation);
    world_put_pair(&line->labels, "entity", text_of(world_seen(f->split)));
    world_put_pair(&line->labels, "wording", text_of(world_seen(w->template_split[template])));
    world_put_pair(&line->labels, "truth", world_value(w, world_columns[f->column].domain, f->value));
    world_question_done(&q);
    return ok && world_prov(line, "f%05zu", fact) && buffer_put_c(&line->dose, ",\"e\":0");
}
