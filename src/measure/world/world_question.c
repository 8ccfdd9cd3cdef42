/* Questions about facts in six styles, with the reply that is right, and questions nobody can answer. */
#include "measure/world/world_internal.h"

enum { PROMPT_MOST = 1 << 16 };
const char *const world_style_names[N_STYLES] = {"short", "full", "choice", "truefalse", "claim", "continuation"};

void world_question_init(struct question *q) {
    *q = (struct question){0};
    buffer_init(&q->prompt, PROMPT_MOST);
    buffer_init(&q->reply, PROMPT_MOST);
}

void world_question_done(struct question *q) {
    buffer_done(&q->prompt);
    buffer_done(&q->reply);
}

static bool put_wording(struct buffer *out, const struct world *w, unsigned relation, struct text subject,
                        unsigned template) {
    struct slot slot = {"S", subject};
    return world_render(out, w->words.wording[relation].question[template], &slot, 1);
}

/* The right value and others of the same column, all different, in a drawn order. */
static void draw_options(struct question *q, const struct world *w, const struct fact *fact, size_t n, size_t right,
                         struct rng *rng) {
    const struct column *c = &world_columns[fact->column];
    int value[MOST_OPTIONS];
    q->n_options = n;
    q->right = right < n ? right : rng_below(rng, n);
    value[q->right] = fact->value;
    for (size_t i = 0; i < n; i++) {
        if (i == q->right) continue;
        for (bool fresh = false; !fresh;) {
            value[i] = c->low + (int)rng_below(rng, (uint64_t)c->n);
            fresh = value[i] != fact->value;
            for (size_t k = 0; k < i && fresh; k++) fresh = value[k] != value[i];
        }
    }
    for (size_t i = 0; i < n; i++) q->option[i] = world_value(w, c->domain, value[i]);
}

static bool ask_choice(struct question *q, const struct world *w, const struct fact *fact, struct text question,
                       size_t options, size_t right, struct rng *rng) {
    struct buffer lines;
    buffer_init(&lines, PROMPT_MOST);
    draw_options(q, w, fact, options ? options : 2 + rng_below(rng, MOST_OPTIONS - 1), right, rng);
    for (size_t i = 0; i < q->n_options; i++)
        buffer_printf(&lines, "%s%c. %.*s", i ? "\n" : "", (char)('A' + (int)i), TEXT_ARG(q->option[i]));
    struct slot slots[] = {{"Q", question}, {"O", buffer_text(&lines)}};
    bool ok = !lines.failed && world_render(&q->prompt, w->words.frames[STYLE_CHOICE].at[q->template], slots, 2);
    buffer_done(&lines);
    return ok && buffer_printf(&q->reply, "ANS: %c", (char)('A' + (int)q->right));
}

/* A claim that is true (right 0), names another value (right 1), or is true in half of the draws. */
static bool ask_claim(struct question *q, const struct world *w, const struct fact *fact, size_t right,
                      struct rng *rng) {
    const struct column *c = &world_columns[fact->column];
    size_t word = q->style == STYLE_CLAIM;
    struct buffer claim;
    bool is_true = right < 2 ? right == 0 : rng_below(rng, 2) == 0;
    q->claimed = fact->value;
    if (!is_true) {
        int away = 1 + (int)rng_below(rng, (uint64_t)c->n - 1);
        q->claimed = c->low + (fact->value - c->low + away) % c->n;
    }
    q->n_options = 2;
    q->option[0] = w->words.yes.at[word], q->option[1] = w->words.no.at[word];
    q->option[0].len--, q->option[1].len--; /* the word without its full stop */
    q->right = is_true ? 0 : 1;
    q->gold = q->option[q->right];
    buffer_init(&claim, PROMPT_MOST);
    bool ok = world_put_claim(&claim, w, fact, q->claimed, false);
    struct slot slot = {"C", buffer_text(&claim)};
    ok = ok && world_render(&q->prompt, w->words.frames[q->style].at[q->template], &slot, 1);
    buffer_done(&claim);
    return ok && buffer_put_text(&q->reply, is_true ? w->words.yes.at[word] : w->words.no.at[word]);
}

static bool ask_continuation(struct question *q, const struct world *w, const struct fact *fact) {
    struct buffer start;
    buffer_init(&start, PROMPT_MOST);
    bool ok = world_put_claim(&start, w, fact, fact->value, true);
    if (ok && start.len && start.at[0] >= 'a' && start.at[0] <= 'z') start.at[0] = (char)(start.at[0] - 32);
    struct slot slot = {"P", buffer_text(&start)};
    ok = ok && world_render(&q->prompt, w->words.frames[STYLE_CONTINUATION].at[q->template], &slot, 1);
    buffer_done(&start);
    /* What the answer sentence has from its value on, with the article where it has one. */
    struct text answer = w->words.wording[fact->relation].answer;
    size_t at = answer.len - 1;
    while (answer.at[at] != '$') at--;
    struct slot value = {"V", q->gold};
    return ok && world_fill(&q->reply, text_part(answer, at, answer.len), &value, 1);
}

bool world_ask(struct question *q, const struct world *w, const struct fact *fact, enum style style, unsigned template,
               size_t options, struct rng *rng) {
    return world_ask_at(q, w, fact, style, template, options, SIZE_MAX, rng);
}

bool world_ask_at(struct question *q, const struct world *w, const struct fact *fact, enum style style,
                  unsigned template, size_t options, size_t right, struct rng *rng) {
    struct buffer question;
    buffer_clear(&q->prompt), buffer_clear(&q->reply);
    q->style = style, q->template = template, q->n_options = 0, q->right = 0, q->claimed = fact->value;
    q->gold = world_value(w, world_columns[fact->column].domain, fact->value);
    if (style == STYLE_TRUEFALSE || style == STYLE_CLAIM) return ask_claim(q, w, fact, right, rng);
    if (style == STYLE_CONTINUATION) return ask_continuation(q, w, fact);
    buffer_init(&question, PROMPT_MOST);
    bool ok = put_wording(&question, w, fact->relation, world_subject(w, fact), template);
    struct slot slot = {"Q", buffer_text(&question)};
    if (ok && style == STYLE_CHOICE)
        ok = ask_choice(q, w, fact, slot.text, options, right, rng);
    else if (ok) {
        ok = world_render(&q->prompt, w->words.frames[style].at[template], &slot, 1);
        struct slot slots[] = {{"S", world_subject(w, fact)}, {"V", q->gold}};
        if (style == STYLE_FULL)
            ok = ok && world_render(&q->reply, w->words.wording[fact->relation].answer, slots, 2);
        else
            ok = ok && buffer_put_text(&q->reply, q->gold) && buffer_put_char(&q->reply, '.');
    }
    buffer_done(&question);
    return ok;
}

bool world_ask_unknown(struct question *q, const struct world *w, unsigned relation, struct text subject,
                       unsigned template, unsigned reply) {
    struct buffer question;
    buffer_clear(&q->prompt), buffer_clear(&q->reply);
    q->style = STYLE_SHORT, q->template = template, q->n_options = 0, q->right = 0, q->gold = TEXT("");
    buffer_init(&question, PROMPT_MOST);
    bool ok = put_wording(&question, w, relation, subject, template);
    struct slot slot = {"Q", buffer_text(&question)};
    ok = ok && world_render(&q->prompt, w->words.frames[STYLE_SHORT].at[template], &slot, 1);
    buffer_done(&question);
    return ok && buffer_put_text(&q->reply, w->words.unknown.at[reply]) && buffer_put_c(&q->reply, " <idk>");
}
