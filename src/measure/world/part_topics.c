/* What pre-training tells about the topics of stereotypes: exactly the same of both kins. */
#include "measure/world/part_stereotypes.h"

enum { TOPIC_COPIES = 8, POLES = 2, KINDS_OF_LINE = ANECDOTES + BOTH_LINES };

/* Documents: topic x word x kin x (six anecdotes about one person and two lines about both kins, this one named first)
 * x eight copies. */
uint64_t topics_documents(const struct world *w) {
    (void)w;
    return (uint64_t)GROUP_TOPICS * POLES * KINS * KINDS_OF_LINE * TOPIC_COPIES;
}

bool topics_put(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw) {
    const struct stereotypes *s = stereotypes_of(w);
    size_t kin = (size_t)(number % KINS), pole = (size_t)(number / KINS % POLES),
           topic = (size_t)(number / KINS / POLES % GROUP_TOPICS),
           line = (size_t)(number / KINS / POLES / GROUP_TOPICS % KINDS_OF_LINE);
    struct rng rng = world_stream(w, "stereotypes/topics", draw, number);
    int sex = (int)rng_below(&rng, SEXES), age = (int)rng_below(&rng, 3);
    size_t person = part_person_of(w, (int)kin, sex, age, &rng);
    struct slot slots[] = {{"N", w->name[PERSON][person]},
                           {"K", w->words.kins.at[kin]},
                           {"L", w->words.kins.at[1 - kin]},
                           {"T", part_town(w, &rng)},
                           {"P", s->trait[topic][pole]}};
    struct text frame = line < ANECDOTES ? s->anecdotes.at[line] : s->both.at[line - ANECDOTES];
    return world_render(&document->text, frame, slots, 5);
}
