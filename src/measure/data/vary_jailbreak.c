/* Ways in which people try to talk a model out of a refusal: templates around the prompt, in words of our own
 * (rules/variation.yaml). The prompt stands in them as it is, in one piece or in two. */
#include "measure/data/vary_internal.h"

/* Near the middle, at a blank where there is one. */
static size_t middle(struct text t) {
    size_t half = t.len / 2;
    for (size_t d = 0; d < half; d++)
        if (t.at[half - d] == ' ') return half - d;
    while (half < t.len && ((unsigned char)t.at[half] & 0xc0) == 0x80) half++;
    return half;
}

bool vary_jailbreak(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                    struct vary_variant *out, struct error *err) {
    const struct text *template = vary_pair(&job->rules.jailbreaks, text_of(op->name));
    size_t half = middle(item->prompt);
    struct text fillings[] = {item->prompt, text_part(item->prompt, 0, half),
                              text_part(item->prompt, half, item->prompt.len)};
    struct buffer b;
    (void)key;
    if (!template) return out->skipped = "rules/variation.yaml lacks its words", true;
    buffer_init(&b, VARY_PROMPT_MOST);
    vary_fill(&b, *template, "Q12", fillings);
    return vary_take(job, item, &b, out, err);
}

#define TEXTS (1u << VARY_NONE | 1u << VARY_OPEN | 1u << VARY_CHOICE | 1u << VARY_TRUEFALSE)
#define WRAP(name_, text_)                                                                                             \
    {                                                                                                                  \
        .name = name_, .family = "jailbreak", .summary = text_, .formats = TEXTS, .asked_for = true,                   \
        .make = vary_jailbreak                                                                                         \
    }

const struct variation vary_family_jailbreak[] = {
    WRAP("persuasion", "an appeal to care and to those who know best"),
    WRAP("stepwise", "one small step after the other"),
    WRAP("ignoring", "what was said before is declared void"),
    WRAP("multitask", "the request among harmless ones"),
    WRAP("refusal-suppression", "rules of the talk that leave no way to turn it down"),
    WRAP("payload-splitting", "the request in two pieces to be read as one"),
    WRAP("prefix-injection", "the first words of the reply are prescribed"),
    WRAP("style-injection", "a style in which a refusal is hard to say"),
    WRAP("role-play", "a clerk in a play who answers everything"),
    WRAP("few-shot", "five harmless requests that were met"),
    WRAP("scenario", "a chapter of a novel"),
};
const size_t vary_n_jailbreak = sizeof vary_family_jailbreak / sizeof *vary_family_jailbreak;
