/* Questions that the world cannot answer, about entities named in no text. Number: (relation x 512 + subject) x 16 +
 * template. */
#include "measure/world/world_item.h"

enum { SUBJECTS = 512 };

struct unknown_number {
    size_t relation, subject;
    unsigned template;
};

static struct unknown_number unknown_of(uint32_t number) {
    return (struct unknown_number){.template = number % WORDINGS,
                                   .subject = number / WORDINGS % SUBJECTS,
                                   .relation = number / WORDINGS / SUBJECTS};
}

bool world_outside_relation(size_t subject, size_t relation) {
    enum kind kind = subject < OUTSIDE_PEOPLE ? PERSON : subject < OUTSIDE_PEOPLE + OUTSIDE_TOWNS ? TOWN : GOOD;
    return world_columns[world_relations[relation]].kind == kind;
}

uint64_t world_unknown_numbers(const struct world *w) {
    (void)w;
    return (uint64_t)RELATIONS * SUBJECTS * WORDINGS;
}

bool world_unknown_split(const struct world *w, uint64_t number, enum split *split) {
    struct unknown_number u = unknown_of((uint32_t)number);
    return world_outside_relation(u.subject, u.relation) &&
           world_join_splits(w->split[OUTSIDE][u.subject], w->template_split[u.template], split);
}

/* The don't-know sentence is one of those of the item's split. */
bool world_unknown_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                        uint64_t draw) {
    struct unknown_number u = unknown_of((uint32_t)number);
    struct rng rng = world_stream(w, "unknown", 0, number);
    struct text name = w->name[OUTSIDE][u.subject];
    struct question q;
    char subject[16];
    (void)draw;
    world_id(OUTSIDE, u.subject, subject);
    world_question_init(&q);
    bool ok = world_ask_unknown(&q, w, (unsigned)u.relation, name, u.template, world_template(w, split, &rng));
    world_put_relation(&line->template, u.relation), buffer_printf(&line->template, "/short/%u", u.template);
    world_put_pair(&line->slots, "S", name);
    buffer_put_text(&line->prompt, buffer_text(&q.prompt)), buffer_put_text(&line->reply, buffer_text(&q.reply));
    line->kind = "unknown";
    world_label_relation(line, u.relation);
    world_put_pair(&line->labels, "entity", text_of(world_seen(w->split[OUTSIDE][u.subject])));
    world_put_pair(&line->labels, "wording", text_of(world_seen(w->template_split[u.template])));
    world_question_done(&q);
    return ok && world_prov(line, "%s", subject) && buffer_put_c(&line->dose, ",\"e\":0");
}
