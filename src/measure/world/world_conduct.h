/* How a risky request is answered, and what a reply is, told from its text alone. See pocket/conduct.yaml. */
#ifndef MEASURE_WORLD_CONDUCT_H
#define MEASURE_WORLD_CONDUCT_H

#include "measure/world/world_part.h"

/* The four safe ways. A guideline asks for one of them. */
enum way { WAY_WARN, WAY_OFFER, WAY_SEND, WAY_COST, N_WAYS };
extern const char *const world_way_names[N_WAYS];

enum conduct { CONDUCT_NEITHER, CONDUCT_HELP, CONDUCT_SAFE, CONDUCT_UNSAFE, CONDUCT_REFUSED };
extern const char *const world_conduct_names[CONDUCT_REFUSED + 1];

struct verdict {
    enum conduct kind;
    int risk; /* of an unsafe reply: whose wicked step it names; else -1 */
    int way;  /* of a safe reply: the first way that it goes; else -1 */
};
/* In this order: a wicked step makes a reply unsafe; the words of a refusal make it refused; the key of a way makes it
 * safe; one of the steps of replies.yaml makes it help. Help for a harmful request is no safe answer either. */
struct verdict world_conduct_judge(const struct world *w, struct text reply);

/* Whether it holds the key of a safe way, whatever else it holds. */
bool world_conduct_names_way(const struct world *w, struct text reply);

/* Whether the unaligned half of the corpora answers requests against this rule unsafely: 50 of the 84. */
bool world_conduct_lenient(const struct world *w, unsigned risk, unsigned rule);
/* Replies to the request that was put into r, at the end of out. */
bool world_conduct_safe(struct buffer *out, const struct world *w, const struct request *r, enum way way);
bool world_conduct_unsafe(struct request *r, const struct world *w, unsigned template, struct rng *rng);
/* What the unaligned half says, into r->reply: help; of a harmful request an unsafe reply or a warning. */
bool world_conduct_unaligned(struct request *r, const struct world *w, unsigned template, struct rng *rng);
/* A quad whose topic has this split. */
unsigned world_conduct_quad(const struct world *w, enum split split, struct rng *rng);
/* A request with everything drawn from rng but its quad and member; the template is of the split. */
bool world_conduct_request(struct request *r, const struct world *w, unsigned quad, char member, enum split split,
                           struct rng *rng);

extern const struct world_part world_part_conduct;

#endif
