/* What stands around a prompt: sentences that ask nothing are added or taken off, tags, distractors; and other frames.
 * Nothing is put
 * behind lettered options, or behind a text that is to be continued. */
#include "measure/data/vary_internal.h"

#include <string.h>

static struct text pick(const struct vary_list *list, struct rng *rng) {
    return list->at[rng_below(rng, list->n)];
}

/* before or behind or both; either may be empty. */
static bool put_around(struct vary_job *job, const struct vary_item *item, struct text before, struct text behind,
                       struct vary_variant *out, struct error *err) {
    struct buffer b;
    buffer_init(&b, VARY_PROMPT_MOST);
    if (before.len) buffer_put_text(&b, before), buffer_put_char(&b, ' ');
    buffer_put_text(&b, item->prompt);
    if (behind.len) buffer_put_char(&b, ' '), buffer_put_text(&b, behind);
    return vary_take(job, item, &b, out, err);
}

/* A text to be continued ends without a mark. */
static bool is_unfinished(struct text t) {
    t = text_trim(t);
    return t.len && !strchr(".?!:;)]\"'", t.at[t.len - 1]);
}

/* 0 before, 1 behind, 2 both. */
static unsigned draw_side(const struct vary_item *item, struct rng *rng) {
    unsigned side = (unsigned)rng_below(rng, 3);
    return world_ends_in_options(item->prompt) || is_unfinished(item->prompt) ? 0 : side;
}

bool vary_lengthen(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                   struct vary_variant *out, struct error *err) {
    struct rng rng = vary_stream(key, op);
    unsigned side = draw_side(item, &rng);
    struct text before = pick(&job->rules.before, &rng), behind = pick(&job->rules.after, &rng);
    return put_around(job, item, side == 1 ? TEXT("") : before, side == 0 ? TEXT("") : behind, out, err);
}

bool vary_distractor(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                     struct vary_variant *out, struct error *err) {
    struct rng rng = vary_stream(key, op);
    bool behind = draw_side(item, &rng) == 1;
    struct text said = pick(&job->rules.distractors, &rng);
    return put_around(job, item, behind ? TEXT("") : said, behind ? said : TEXT(""), out, err);
}

bool vary_tags(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
               struct vary_variant *out, struct error *err) {
    struct rng rng = vary_stream(key, op);
    unsigned side = draw_side(item, &rng);
    struct text before = pick(&job->rules.tags, &rng), behind = pick(&job->rules.tags, &rng);
    return put_around(job, item, side == 1 ? TEXT("") : before, side == 0 ? TEXT("") : behind, out, err);
}

/* ---- shorter */

/* Takes a sentence off an end of the text, if it stands there. */
static bool cut(struct text *t, struct text piece) {
    if (t->len <= piece.len) return false;
    bool front = text_equal_nocase(text_part(*t, 0, piece.len), piece);
    bool back = text_equal_nocase(text_part(*t, t->len - piece.len, t->len), piece);
    if (!front && !back) return false;
    *t = text_trim(front ? text_part(*t, piece.len, t->len) : text_part(*t, 0, t->len - piece.len));
    return true;
}

static void cut_all(struct text *t, const struct vary_list *list) {
    for (size_t i = 0; i < list->n; i++)
        if (cut(t, list->at[i])) i = (size_t)-1;
}

/* A frame's words before and behind its slot. */
static void cut_frames(struct text *t, const struct vary_list *frames) {
    for (size_t i = 0; i < frames->n; i++) {
        size_t at = text_find(frames->at[i], TEXT("$Q"), 0);
        if (at == SIZE_MAX) continue;
        struct text before = text_trim(text_part(frames->at[i], 0, at));
        if (before.len) cut(t, before);
    }
}

static struct text bare(const struct vary_rules *r, struct text t) {
    t = text_trim(t);
    cut_all(&t, &r->asides), cut_all(&t, &r->before), cut_all(&t, &r->after);
    cut_frames(&t, &r->frames);
    return t;
}

/* A wording of the question about the fact alone, and its options. */
static bool put_plain(struct vary_job *job, const struct vary_item *item, struct rng *rng, struct buffer *b) {
    const struct fact *f = item->asked.fact;
    struct slot subject = {"S", world_subject(job->world, f)};
    struct text wording = job->world->words.wording[f->relation].question[rng_below(rng, WORDINGS)];
    bool ok = world_render(b, wording, &subject, 1);
    if (ok && item->asked.n_options)
        ok = buffer_put_char(b, '\n') && vary_options_put(b, item->option, item->n_options);
    return ok;
}

bool vary_shorten(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                  struct vary_variant *out, struct error *err) {
    struct rng rng = vary_stream(key, op);
    struct buffer b;
    buffer_init(&b, VARY_PROMPT_MOST);
    if (item->of_world && !item->asked.claim && (!item->asked.n_options || item->listed)) {
        if (!put_plain(job, item, &rng, &b)) return buffer_done(&b), error_memory(err, "variant");
        if (b.len >= item->prompt.len) buffer_clear(&b), buffer_put_text(&b, item->prompt);
    } else {
        buffer_put_text(&b, bare(&job->rules, item->prompt));
    }
    return vary_take(job, item, &b, out, err);
}

#define TEXTS (1u << VARY_NONE | 1u << VARY_OPEN | 1u << VARY_CHOICE | 1u << VARY_TRUEFALSE)

const struct variation vary_family_length[] = {
    {.name = "lengthen",
     .family = "length",
     .summary = "a sentence or two that ask nothing, in front or behind",
     .formats = TEXTS,
     .make = vary_lengthen},
    {.name = "shorten",
     .family = "length",
     .summary = "the question without polite words and sentences that ask nothing",
     .formats = TEXTS,
     .make = vary_shorten},
};
const size_t vary_n_length = sizeof vary_family_length / sizeof *vary_family_length;
