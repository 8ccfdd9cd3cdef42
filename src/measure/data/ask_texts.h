/* One answer of a subject to each of some prompts: of teachers that write, of judges that are asked in words. */
#ifndef MEASURE_ASK_TEXTS_H
#define MEASURE_ASK_TEXTS_H

#include "subject/subject.h"

/* out: [n], greedy, on the arena. ids: [n], named in errors. *asked grows by the answers. max_tokens 0: 256. */
bool ask_texts(struct subject *subject, const struct text *ids, const struct text *prompts, size_t n, size_t max_tokens,
               struct arena *arena, struct text *out, uint64_t *asked, struct error *err) MUST_CHECK;

#endif
