/* The same question in another form, the answer carried along: of a question about a fact by the world's own wordings,
 * of other questions by templates and by answers to others of the same kind. */
#include "measure/data/vary_internal.h"

#include <string.h>

enum { CHOICES = 4 };

/* ---- of the world ---- */

/* Wordings for tests make variants of wordings for tests: "person.likes/truefalse/12". */
static unsigned draw_template(const struct vary_job *job, const struct vary_item *item, struct rng *rng) {
    struct text name = json_text(json_object_get(item->row, "template"));
    size_t at = name.len;
    int64_t number;
    while (at && name.at[at - 1] != '/') at--;
    if (at && text_to_i64(text_part(name, at, name.len), &number) && number >= 0 && number < WORDINGS)
        return world_template(job->world, (enum split)job->world->template_split[number], rng);
    return (unsigned)rng_below(rng, WORDINGS);
}

/* "an otter" of "otter", where the relation's sentence puts the article. */
static bool accept_value(struct vary_job *job, const struct fact *f, struct text value, struct vary_variant *out,
                         struct error *err) {
    struct slot slot = {"V", value};
    struct buffer b;
    out->n_accepted = 0;
    out->accepted[out->n_accepted++] = value;
    if (text_find(job->world->words.wording[f->relation].answer, TEXT("$aV"), 0) == SIZE_MAX) return true;
    buffer_init(&b, 1 << 10);
    bool ok = (world_fill(&b, TEXT("$aV"), &slot, 1) || error_memory(err, "variant"));
    char *copy = ok ? text_copy(&job->batch, buffer_text(&b), err) : NULL;
    if (copy) out->accepted[out->n_accepted++] = (struct text){copy, b.len};
    buffer_done(&b);
    return copy != NULL;
}

static bool ask_world(struct vary_job *job, const struct vary_item *item, enum style style, uint64_t key,
                      const struct variation *op, struct vary_variant *out, struct error *err) {
    const struct fact *f = item->asked.fact;
    struct rng rng = vary_stream(key, op);
    struct question q;
    struct buffer b;
    unsigned template = draw_template(job, item, &rng);
    size_t n = style == STYLE_CHOICE ? CHOICES : 2;
    world_question_init(&q);
    buffer_init(&b, VARY_PROMPT_MOST);
    bool ok = world_ask_at(&q, job->world, f, style, template, n, (size_t)rng_below(&rng, n), &rng) &&
              buffer_put_text(&b, buffer_text(&q.prompt));
    out->n_options = q.n_options, out->right = q.right;
    out->listed = style == STYLE_CHOICE;
    out->format = style == STYLE_CHOICE ? VARY_CHOICE : style == STYLE_TRUEFALSE ? VARY_TRUEFALSE : VARY_OPEN;
    for (size_t i = 0; i < q.n_options; i++) out->option[i] = q.option[i];
    if (ok) ok = out->format != VARY_OPEN || accept_value(job, f, q.gold, out, err);
    world_question_done(&q);
    if (!ok) return buffer_done(&b), error_memory(err, "variant");
    return vary_take(job, item, &b, out, err);
}

/* ---- of other questions ---- */

static bool accepted(const struct vary_item *item, struct text t) {
    for (size_t i = 0; i < item->n_accepted; i++)
        if (text_equal_nocase(item->accepted[i], t)) return true;
    return item->format == VARY_CHOICE && text_equal_nocase(item->option[item->right], t);
}

static size_t ring_at(const struct vary_job *job, uint64_t hash) {
    size_t low = 0, high = job->n_ring;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (job->ring[mid].hash < hash)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* n answers to other questions of the kind, from a drawn place of the ring on. */
static size_t draw_wrong(const struct vary_job *job, const struct vary_item *item, uint64_t key, struct text *out,
                         size_t n) {
    size_t found = 0, at = ring_at(job, key);
    for (size_t i = 0; i < job->n_ring && found < n; i++) {
        const struct vary_answer *a = &job->ring[(at + i) % job->n_ring];
        if (!text_equal(a->kind, item->kind) || accepted(item, a->text)) continue;
        /* an answer within another may be right as well: "Vorm", "Lena Vorm" */
        if (vary_holds(a->text, item->accepted[0]) || vary_holds(item->accepted[0], a->text)) continue;
        out[found++] = a->text;
    }
    return found;
}

bool vary_choice(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                 struct vary_variant *out, struct error *err) {
    if (item->of_world) return ask_world(job, item, STYLE_CHOICE, key, op, out, err);
    if (item->format != VARY_OPEN) return out->skipped = "a claim tells of no other answers", true;
    struct text options[CHOICES] = {item->accepted[0]};
    size_t order[CHOICES] = {0, 1, 2, 3};
    struct rng rng = vary_stream(key, op);
    struct buffer b;
    if (draw_wrong(job, item, key, options + 1, CHOICES - 1) < CHOICES - 1)
        return out->skipped = "there are fewer than three other answers of its kind", true;
    rng_shuffle(&rng, order, CHOICES);
    out->format = VARY_CHOICE, out->listed = true, out->n_options = CHOICES;
    for (size_t i = 0; i < CHOICES; i++) {
        out->option[i] = options[order[i]];
        if (order[i] == 0) out->right = i;
    }
    buffer_init(&b, VARY_PROMPT_MOST);
    buffer_put_text(&b, item->prompt), buffer_put_char(&b, '\n');
    vary_options_put(&b, out->option, CHOICES);
    buffer_put_char(&b, '\n'), buffer_put_text(&b, job->rules.choice);
    return vary_take(job, item, &b, out, err);
}

bool vary_truefalse(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                    struct vary_variant *out, struct error *err) {
    if (item->of_world) return ask_world(job, item, STYLE_TRUEFALSE, key, op, out, err);
    struct rng rng = vary_stream(key, op);
    bool choice = item->format == VARY_CHOICE, affirmed = rng_below(&rng, 2) == 0;
    struct text right = choice ? item->option[item->right] : item->accepted[0], wrong;
    if (choice) {
        size_t other = rng_below(&rng, item->n_options - 1);
        wrong = item->option[other + (other >= item->right)];
    } else if (!draw_wrong(job, item, key, &wrong, 1)) {
        return out->skipped = "there is no other answer of its kind", true;
    }
    struct text fillings[] = {item->stem, affirmed ? right : wrong};
    struct buffer b;
    buffer_init(&b, VARY_PROMPT_MOST);
    vary_fill(&b, job->rules.truefalse, "QA", fillings);
    out->format = VARY_TRUEFALSE, out->listed = false, out->n_options = 2, out->right = affirmed ? 0 : 1;
    out->option[0] = TEXT("True"), out->option[1] = TEXT("False");
    return vary_take(job, item, &b, out, err);
}

static bool points(const struct vary_rules *rules, struct text t) {
    for (size_t i = 0; i < rules->pointing.n; i++)
        if (vary_holds(t, rules->pointing.at[i])) return true;
    return false;
}

/* Without its options; words that ask for a letter go with them. */
static struct text unlettered(const struct vary_rules *rules, struct text stem) {
    stem = text_trim(stem);
    for (size_t i = 0; i < rules->asides.n; i++)
        if (text_ends(stem, rules->asides.at[i]))
            stem = text_trim(text_part(stem, 0, stem.len - rules->asides.at[i].len));
    return stem;
}

bool vary_open(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
               struct vary_variant *out, struct error *err) {
    struct buffer b;
    if (item->of_world) return ask_world(job, item, STYLE_SHORT, key, op, out, err);
    struct text stem = unlettered(&job->rules, item->stem);
    if (item->format != VARY_CHOICE) return out->skipped = "a claim does not tell what it would ask", true;
    if (!stem.len || points(&job->rules, stem)) return out->skipped = "it asks about its options", true;
    buffer_init(&b, VARY_PROMPT_MOST);
    buffer_put_text(&b, stem);
    out->format = VARY_OPEN, out->listed = false, out->n_options = 0;
    out->n_accepted = 1, out->accepted[0] = item->option[item->right];
    bool ok = vary_take(job, item, &b, out, err);
    out->skipped = NULL; /* the form is another one, though the prompt may be the same */
    return ok;
}

/* ---- the other way round ---- */

/* A claim with the other truth value: its object is exchanged, so the length tells nothing. */
bool vary_negate(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                 struct vary_variant *out, struct error *err) {
    struct rng rng = vary_stream(key, op);
    size_t yes = vary_yes(item->option, item->n_options);
    struct question q;
    struct buffer b;
    if (!item->of_world || !item->asked.claim || yes == SIZE_MAX)
        return out->skipped = "it is no claim about a fact of the world", true;
    bool holds = world_asked_right(&item->asked) == 0;
    world_question_init(&q);
    buffer_init(&b, VARY_PROMPT_MOST);
    bool claimed = text_equal_nocase(item->option[yes], TEXT("supported"));
    bool ok = world_ask_at(&q, job->world, item->asked.fact, claimed ? STYLE_CLAIM : STYLE_TRUEFALSE,
                           draw_template(job, item, &rng), 2, holds ? 1 : 0, &rng) &&
              buffer_put_text(&b, buffer_text(&q.prompt));
    out->right = holds ? 1 - yes : yes;
    world_question_done(&q);
    if (!ok) return buffer_done(&b), error_memory(err, "variant");
    return vary_take(job, item, &b, out, err);
}

/* The lines of options in the prompt, in the new order; all else as it is. */
static void put_lines(struct buffer *b, struct text prompt, const struct text *option, size_t n) {
    struct text line;
    size_t place = 0;
    for (bool first = true; text_next(&prompt, '\n', &line); first = false) {
        if (!first) buffer_put_char(b, '\n');
        bool lettered = place < n && line.len > 3 && line.at[0] == (char)('A' + (int)place) &&
                        strchr(".)", line.at[1]) && line.at[2] == ' ';
        buffer_put_text(b, lettered ? text_part(line, 0, 3) : line);
        if (lettered) buffer_put_text(b, option[place++]);
    }
}

bool vary_reorder(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                  struct vary_variant *out, struct error *err) {
    size_t order[VARY_OPTIONS], n = item->n_options;
    struct rng rng = vary_stream(key, op);
    struct buffer b;
    for (size_t i = 0; i < n; i++) order[i] = i;
    rng_shuffle(&rng, order, n);
    bool changed = false;
    for (size_t i = 0; i < n; i++) {
        out->option[i] = item->option[order[i]];
        changed = changed || order[i] != i;
        if (order[i] == item->right) out->right = i;
    }
    if (!changed) return out->skipped = "the drawn order is the one that it has", true;
    buffer_init(&b, VARY_PROMPT_MOST);
    if (item->listed)
        put_lines(&b, item->prompt, out->option, n);
    else
        buffer_put_text(&b, item->prompt);
    bool ok = vary_take(job, item, &b, out, err);
    out->skipped = NULL;
    return ok;
}

const struct variation vary_family_format[] = {
    {.name = "multiple-choice",
     .family = "format",
     .summary = "four options, the wrong ones of the same kind; lettered lines in a drawn order",
     .formats = 1u << VARY_OPEN | 1u << VARY_TRUEFALSE,
     .make = vary_choice},
    {.name = "true-false",
     .family = "format",
     .summary = "a claim that is true or false by a coin",
     .formats = 1u << VARY_OPEN | 1u << VARY_CHOICE,
     .make = vary_truefalse},
    {.name = "open-ended",
     .family = "format",
     .summary = "the question without options",
     .formats = 1u << VARY_CHOICE | 1u << VARY_TRUEFALSE,
     .make = vary_open},
    {.name = "negate",
     .family = "format",
     .summary = "a claim about a fact with the other truth, by another object",
     .formats = 1u << VARY_TRUEFALSE,
     .make = vary_negate},
    {.name = "reorder",
     .family = "format",
     .summary = "the options in another order",
     .formats = 1u << VARY_CHOICE,
     .make = vary_reorder},
};
const size_t vary_n_format = sizeof vary_family_format / sizeof *vary_family_format;
