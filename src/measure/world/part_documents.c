/* Part `documents`: questions with a document that answers them, truly or not, and documents weighed against what is
 * known. Number: (((fact x 4 + kind) x 16) + wording) x 2 + member; kinds: no tag or that of a rumour source, on one
 * fact or partial; member a tells the fact that is asked about as it is, its twin b altered. */
#include "measure/world/world_deck.h"
#include "measure/world/world_item.h"
#include "measure/world/world_passage.h"

enum { MEMBERS = 2, KINDS = 4 };

const struct documents *world_documents(const struct world *w) {
    return world_state(w, &world_part_documents);
}

/* ---- the block's numbers: every fact for training three times, half of the documents tagged, 85 of 100 true */

enum { COPIES = 3, TRUE_PERCENT = 85, ALMANAC_PERCENT = 20 /* of the tagged ones, about */ };

static bool plan_block(struct documents *s, struct error *err) {
    uint64_t n = s->n_train * COPIES, tagged = n / 2, plain = n - tagged;
    s->plain_true = (plain * TRUE_PERCENT + 50) / 100, s->plain_false = plain - s->plain_true;
    s->tagged_false = (n * (100 - TRUE_PERCENT) + 50) / 100 - s->plain_false;
    s->almanac = tagged * ALMANAC_PERCENT / 100;
    while ((4 * (tagged - s->almanac - s->tagged_false) - s->tagged_false) % 5) s->almanac++;
    s->tagged_true = tagged - s->almanac - s->tagged_false;
    return world_source_shares(&s->shares, s->tagged_true, s->tagged_false) ||
           error_set(err, ERROR_DATA, "documents: no shares of sources for %zu facts", s->n_train);
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct documents *s = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "documents.yaml");
    if (!root || !words_texts(&r, root, "openings", "S", s->opening, PASSAGE_OPENINGS) ||
        !words_texts(&r, root, "fillers", "", s->filler, PASSAGE_FILLERS) ||
        !words_texts(&r, root, "frames", "DQ", s->frame, WORDINGS) ||
        !words_texts(&r, root, "weighing", "DQ", s->weighing, WORDINGS))
        return false;
    for (size_t i = 0; i < ALL_FACTS; i++)
        if (w->facts[i].split == TRAIN && w->facts[i].e > 0) s->train[s->n_train++] = (uint16_t)i;
    return plan_block(s, err);
}

/* ---- one question with its document */

struct asking {
    unsigned template; /* of the question; that of the frame is drawn among those of its split */
    bool weigh;
    struct passage passage;
};

static bool put_question(struct buffer *out, const struct world *w, const struct asking *a) {
    const struct fact *f = &w->facts[a->passage.fact];
    struct slot slot = {"S", world_subject(w, f)};
    return world_render(out, w->words.wording[f->relation].question[a->template], &slot, 1);
}

static bool put_prompt(struct buffer *out, const struct world *w, const struct asking *a, struct rng *rng) {
    const struct documents *s = world_documents(w);
    struct buffer question, passage;
    unsigned frame = world_template(w, (enum split)w->template_split[a->template], rng);
    buffer_init(&question, 1 << 12), buffer_init(&passage, 1 << 14);
    bool ok = put_question(&question, w, a) && world_put_passage(&passage, w, &a->passage, rng);
    struct slot slots[] = {{"D", buffer_text(&passage)}, {"Q", buffer_text(&question)}};
    ok = ok && world_render(out, a->weigh ? s->weighing[frame] : s->frame[frame], slots, 2);
    buffer_done(&question), buffer_done(&passage);
    return ok;
}

static struct text value_of(const struct world *w, size_t fact, int value) {
    return world_value(w, world_columns[w->facts[fact].column].domain, value);
}

/* ---- weighing: what a model that has read the corpus of base pre-training should hold of its own answer and of the
 * source */

/* How sure it can be of a fact that was told so often, in tens of a hundred. */
static unsigned sure_of(const struct fact *f) {
    return f->e >= 64 ? 90 : f->e >= 32 ? 80 : f->e >= 16 ? 60 : f->e >= 8 ? 30 : 10;
}

enum { KNOWN = 30 /* from here on it has an answer of its own */, OF_UNNAMED = TRUE_PERCENT };

static unsigned trust_of(int source) {
    return source == ALMANAC ? 100 : source == SOURCE_NONE ? OF_UNNAMED : world_source_accuracy((unsigned)source);
}

enum pick { PICK_BOTH, PICK_OWN, PICK_DOCUMENT };
static const char *const pick_names[] = {"both", "own", "doc"};

/* The likelier of two answers that differ: that of own memory unless the source is trusted more. */
static enum pick pick_of(const struct world *w, const struct passage *p) {
    const struct fact *f = &w->facts[p->fact];
    if (sure_of(f) < KNOWN) return PICK_DOCUMENT;
    if (p->value == f->value) return PICK_BOTH;
    return sure_of(f) >= trust_of(p->source) ? PICK_OWN : PICK_DOCUMENT;
}

static struct text weighed_answer(const struct world *w, const struct passage *p) {
    return value_of(w, p->fact, pick_of(w, p) == PICK_OWN ? w->facts[p->fact].value : p->value);
}

static bool put_chain(struct buffer *out, const struct world *w, const struct passage *p) {
    const struct fact *f = &w->facts[p->fact];
    struct text own = sure_of(f) < KNOWN ? TEXT("unknown") : value_of(w, p->fact, f->value),
                told = value_of(w, p->fact, p->value), answer = weighed_answer(w, p);
    buffer_printf(out, "own= %.*s sure= %u doc= %.*s src= %u pick= %s", TEXT_ARG(own), sure_of(f), TEXT_ARG(told),
                  trust_of(p->source), pick_names[pick_of(w, p)]);
    return buffer_printf(out, " ans= %.*s", TEXT_ARG(answer));
}

static bool put_reply(struct buffer *out, const struct world *w, const struct asking *a) {
    if (a->weigh) return put_chain(out, w, &a->passage);
    return buffer_put_text(out, value_of(w, a->passage.fact, a->passage.value)) && buffer_put_char(out, '.');
}

/* ---- families */

struct number {
    size_t fact;
    bool tagged, partial, altered;
    unsigned template;
};

static struct number number_of(uint64_t n) {
    uint64_t kind = n / MEMBERS / WORDINGS % KINDS;
    return (struct number){.altered = n % MEMBERS == 1,
                           .template = (unsigned)(n / MEMBERS % WORDINGS),
                           .tagged = kind % 2 == 1,
                           .partial = kind / 2 == 1,
                           .fact = (size_t)(n / MEMBERS / WORDINGS / KINDS)};
}

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)ALL_FACTS * KINDS * WORDINGS * MEMBERS;
}

static bool split_of(const struct world *w, uint64_t n, enum split *split) {
    struct number k = number_of(n);
    return (!k.partial || world_passage_can_be_partial(w, k.fact)) &&
           world_join_splits(w->facts[k.fact].split, w->template_split[k.template], split);
}

static void put_source_labels(struct world_line *line, const struct world *w, int source) {
    world_put_pair(&line->labels, "source", source == SOURCE_NONE ? TEXT("none") : world_source_tag(w, source));
    if (source == SOURCE_NONE) return;
    bool told = source == ALMANAC || world_source_record_told((unsigned)source);
    buffer_printf(&line->labels, ",\"accuracy\":%u,\"record_told\":%s", trust_of(source), told ? "true" : "false");
    world_prov(line, "src%02d", source + 1);
}

static void put_labels(struct world_line *line, const struct world *w, const struct asking *a) {
    const struct passage *p = &a->passage;
    const struct fact *f = &w->facts[p->fact];
    world_label_relation(line, f->relation);
    world_label(line, "stratum", "%s", world_stratum_name(f->stratum));
    world_label(line, "entity", "%s", world_seen(f->split));
    world_label(line, "wording", "%s", world_seen(w->template_split[a->template]));
    world_label(line, "document", "%s", p->facts > 1 ? "partial" : p->altered ? "false" : "true");
    world_put_pair(&line->labels, "truth", value_of(w, p->fact, f->value));
    world_put_pair(&line->labels, "told", value_of(w, p->fact, p->value));
    buffer_printf(&line->labels, ",\"altered\":%s,\"stated\":%u,\"facts\":%u,\"facts_altered\":%u",
                  p->altered ? "true" : "false", p->stated, p->facts, p->wrong);
    buffer_printf(&line->labels, ",\"answers\":%d", world_columns[f->column].n);
    put_source_labels(line, w, p->source);
}

/* The members of a number share the stream, so all their words but the values. */
static struct asking ask(const struct world *w, struct number k, bool weigh, struct rng *rng) {
    struct asking a = {.template = k.template, .weigh = weigh};
    int source = (int)rng_below(rng, SOURCES);
    a.passage = world_passage(w, k.fact, k.tagged ? source : SOURCE_NONE, k.partial, k.altered, rng);
    return a;
}

static bool fill(struct world_line *line, const struct world *w, uint64_t n, bool weigh, struct rng *rng) {
    struct number k = number_of(n);
    struct asking a = ask(w, k, weigh, rng);
    const struct fact *f = &w->facts[k.fact];
    struct text answer = weigh ? weighed_answer(w, &a.passage) : value_of(w, k.fact, a.passage.value);
    bool ok = put_prompt(&line->prompt, w, &a, rng) && put_reply(&line->reply, w, &a) &&
              buffer_put_text(&line->answer, answer) && world_alias_article(line, w, f->relation, answer);
    buffer_put_c(&line->template, weigh ? "weighing/" : "documents/"), world_put_relation(&line->template, f->relation);
    buffer_printf(&line->template, "/%u", k.template);
    world_put_pair(&line->slots, "S", world_subject(w, f));
    world_prov(line, "f%05zu", k.fact);
    put_labels(line, w, &a);
    if (weigh) world_label(line, "pick", "%s", pick_names[pick_of(w, &a.passage)]);
    return buffer_printf(&line->dose, ",\"e\":%u", f->e) && ok;
}

static bool make_document(struct world_line *line, const struct world *w, uint64_t n, enum split split,
                          uint64_t draw_seed) {
    struct rng rng = world_stream(w, "documents", draw_seed, n / MEMBERS);
    (void)split;
    return fill(line, w, n, false, &rng);
}

static bool make_weighing(struct world_line *line, const struct world *w, uint64_t n, enum split split,
                          uint64_t draw_seed) {
    struct rng rng = world_stream(w, "documents/weighing", draw_seed, n / MEMBERS);
    (void)split;
    return fill(line, w, n, true, &rng);
}

/* ---- documents for pre-training */

static uint64_t documents(const struct world *w) {
    return world_documents(w)->n_train * COPIES;
}

/* The source of a kind's n-th document. */
static int source_at(const uint64_t *from, uint64_t n) {
    int s = 0;
    while (from[s + 1] <= n) s++;
    return s;
}

/* What the place of a document in the order says: its source and whether it is true. */
static int kind_at(const struct documents *s, uint64_t place, bool *altered) {
    *altered = false;
    if (place < s->plain_true) return SOURCE_NONE;
    place -= s->plain_true, *altered = true;
    if (place < s->plain_false) return SOURCE_NONE;
    place -= s->plain_false, *altered = false;
    if (place < s->almanac) return ALMANAC;
    place -= s->almanac;
    if (place < s->tagged_true) return source_at(s->shares.right_from, place);
    *altered = true;
    return source_at(s->shares.wrong_from, place - s->tagged_true);
}

/* Question and answer as a conversation or, every second one, as plain text. */
static bool put(struct world_document *d, const struct world *w, uint64_t number, uint64_t draw_seed) {
    const struct documents *s = world_documents(w);
    struct deck order = world_deck(w, "documents/kinds", draw_seed, 0, documents(w));
    struct rng rng = world_stream(w, "documents/block", draw_seed, number);
    struct asking a = {.template = world_template(w, TRAIN, &rng)};
    struct buffer prompt, reply;
    bool altered;
    size_t fact = s->train[number % s->n_train];
    int source = kind_at(s, deck_at(&order, number), &altered);
    bool partial = rng_below(&rng, 4) == 0 && source != ALMANAC && world_passage_can_be_partial(w, fact);
    a.passage = world_passage(w, fact, source, partial, altered, &rng);
    buffer_init(&prompt, 1 << 14), buffer_init(&reply, 1 << 10);
    bool ok = put_prompt(&prompt, w, &a, &rng) && put_reply(&reply, w, &a);
    if (number / s->n_train % 2)
        ok = ok && buffer_put_text(&d->text, buffer_text(&prompt)) && buffer_put_char(&d->text, ' ') &&
             buffer_put_text(&d->text, buffer_text(&reply));
    else
        ok = ok && world_say(d, "user", buffer_text(&prompt)) && world_say(d, "assistant", buffer_text(&reply));
    buffer_done(&prompt), buffer_done(&reply);
    return ok;
}

static const struct world_family families[] = {
    {.name = "documents",
     .prefix = "d",
     .digits = 7,
     .members = MEMBERS,
     .most = 4000,
     .numbers = numbers,
     .split = split_of,
     .make = make_document},
    {.name = "weighing",
     .prefix = "dw",
     .digits = 7,
     .members = MEMBERS,
     .most = 2000,
     .numbers = numbers,
     .split = split_of,
     .make = make_weighing},
};
static const struct world_block blocks[] = {{"documents-with-questions", documents, put}};

const struct world_part world_part_documents = {
    .name = "documents",
    .version = 1,
    .words = true,
    .state_size = sizeof(struct documents),
    .draw = draw,
    .families = families,
    .n_families = 2,
    .blocks = blocks,
    .n_blocks = 1,
};
