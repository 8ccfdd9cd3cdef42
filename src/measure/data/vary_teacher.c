/* What a subject writes: a paraphrase. The prompt that asks for it is made here; the answers come in batches
 * (vary.c), and are checked like all others. */
#include "measure/data/vary_internal.h"

/* The text that the teacher is asked with stands in out->prompt until its answer takes the place. */
bool vary_rewrite(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                  struct vary_variant *out, struct error *err) {
    struct buffer b;
    (void)op, (void)key;
    if (!job->settings->teacher) return out->skipped = "there is no teacher", true;
    buffer_init(&b, VARY_PROMPT_MOST);
    vary_fill(&b, job->rules.rewrite, "Q", &item->prompt);
    return vary_take(job, item, &b, out, err);
}

const struct variation vary_family_teacher[] = {
    {.name = "rewrite",
     .family = "teacher",
     .summary = "a paraphrase that the teacher writes (--teacher); needs a judge where it is no question of the world",
     .formats = 1u << VARY_NONE | 1u << VARY_OPEN | 1u << VARY_CHOICE | 1u << VARY_TRUEFALSE,
     .make = vary_rewrite},
};
const size_t vary_n_teacher = sizeof vary_family_teacher / sizeof *vary_family_teacher;
