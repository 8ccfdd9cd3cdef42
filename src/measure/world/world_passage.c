/* Passages: which facts they tell, with which values, in which sentences. See world_passage.h. */
#include "measure/world/world_passage.h"

enum { MOST_SENTENCES = PASSAGE_MOST_STATED + PASSAGE_OTHERS + 3 };

static int other_value(const struct world *w, size_t fact, struct rng *rng) {
    const struct column *c = &world_columns[w->facts[fact].column];
    int away = 1 + (int)rng_below(rng, (uint64_t)c->n - 1);
    return c->low + (w->facts[fact].value - c->low + away) % c->n;
}

/* The other facts about the same subject. */
static size_t facts_beside(const struct world *w, size_t fact, size_t out[RELATIONS]) {
    const struct fact *f = &w->facts[fact];
    enum kind kind = world_columns[f->column].kind;
    size_t n = 0;
    for (size_t r = 0; r < RELATIONS; r++)
        if (r != f->relation && world_columns[world_relations[r]].kind == kind && w->fact_of[r][f->subject] >= 0)
            out[n++] = (size_t)w->fact_of[r][f->subject];
    return n;
}

bool world_passage_can_be_partial(const struct world *w, size_t fact) {
    size_t beside[RELATIONS];
    return facts_beside(w, fact, beside) >= 2;
}

/* Two or three facts besides. Of all, some but not all are altered: those in front of the others come first. */
static void add_others(struct passage *p, const struct world *w, struct rng *rng) {
    size_t beside[RELATIONS], n = facts_beside(w, p->fact, beside);
    rng_shuffle(rng, beside, n);
    unsigned others = n > 2 ? 2 + (unsigned)rng_below(rng, 2) : 2;
    unsigned wrong = (unsigned)rng_below(rng, others); /* others altered when the fact asked about is too */
    if (!p->altered) wrong++;
    for (unsigned i = 0; i < others; i++) {
        int false_one = other_value(w, beside[i], rng);
        p->other[i] = beside[i];
        p->other_value[i] = i < wrong ? false_one : w->facts[beside[i]].value;
    }
    p->facts = 1 + others;
    p->wrong = wrong + p->altered;
}

struct passage world_passage(const struct world *w, size_t fact, int source, bool partial, bool altered,
                             struct rng *rng) {
    struct passage p = {.fact = fact, .source = source, .altered = altered, .facts = 1, .wrong = altered};
    int false_one = other_value(w, fact, rng);
    p.value = altered ? false_one : w->facts[fact].value;
    p.stated = 2 + (unsigned)rng_below(rng, PASSAGE_MOST_STATED - 1);
    if (!partial) return p;
    p.stated = 2;
    add_others(&p, w, rng);
    return p;
}

/* ---- words */

struct sentence {
    size_t fact;
    int value;
    unsigned wording; /* 0: a filler */
    struct text filler;
};

static size_t list_statements(struct sentence *out, const struct passage *p, struct rng *rng) {
    size_t wording[PARAPHRASES], n = 0;
    for (size_t i = 0; i < PARAPHRASES; i++) wording[i] = 1 + i;
    rng_shuffle(rng, wording, PARAPHRASES);
    for (unsigned i = 0; i < p->stated; i++) out[n++] = (struct sentence){p->fact, p->value, (unsigned)wording[i], {0}};
    for (unsigned i = 0; i + 1 < p->facts; i++)
        out[n++] = (struct sentence){p->other[i], p->other_value[i], 1 + (unsigned)rng_below(rng, PARAPHRASES), {0}};
    return n;
}

static bool put_sentence(struct buffer *out, const struct world *w, const struct sentence *s) {
    if (!s->wording) return buffer_put_text(out, s->filler);
    struct fact f = w->facts[s->fact];
    f.value = (int16_t)s->value;
    return world_put_statement(out, w, &f, s->wording);
}

/* A trade is spoken of with an article. */
static bool put_opening(struct buffer *out, const struct world *w, const struct passage *p, struct rng *rng) {
    const struct fact *f = &w->facts[p->fact];
    struct buffer subject;
    buffer_init(&subject, 1 << 10);
    struct slot name = {"S", world_subject(w, f)};
    bool ok = world_fill(&subject, world_columns[f->column].kind == TRADE ? TEXT("$aS") : TEXT("$S"), &name, 1);
    struct slot slot = {"S", buffer_text(&subject)};
    ok = ok && world_render(out, world_documents(w)->opening[rng_below(rng, PASSAGE_OPENINGS)], &slot, 1);
    buffer_done(&subject);
    return ok;
}

/* Fillers make a short passage 30 words long, whatever its values are: twins have the same. */
static size_t fillers_of(size_t statements) {
    return statements == 2 ? 3 : statements <= 4 ? 2 : 1;
}

/* Statements in drawn order with fillers: one behind the first statement, the others at the end. */
static bool put_body(struct buffer *out, const struct world *w, const struct passage *p, struct rng *rng) {
    struct sentence sentence[MOST_SENTENCES], in_order[MOST_SENTENCES];
    size_t n = list_statements(sentence, p, rng), fillers = fillers_of(n), order[MOST_SENTENCES],
           filler[PASSAGE_FILLERS];
    for (size_t i = 0; i < n; i++) order[i] = i;
    rng_shuffle(rng, order, n);
    for (size_t i = 0; i < PASSAGE_FILLERS; i++) filler[i] = i;
    rng_shuffle(rng, filler, PASSAGE_FILLERS);
    for (size_t i = 0; i < n; i++) in_order[i + (i > 0)] = sentence[order[i]];
    for (size_t i = 0; i < fillers; i++)
        in_order[i ? n + i : 1] = (struct sentence){.filler = world_documents(w)->filler[filler[i]]};
    if (!put_opening(out, w, p, rng)) return false;
    for (size_t i = 0; i < n + fillers; i++) {
        buffer_put_char(out, ' ');
        if (!put_sentence(out, w, &in_order[i])) return false;
    }
    return !out->failed;
}

bool world_put_passage(struct buffer *out, const struct world *w, const struct passage *p, struct rng *rng) {
    buffer_put_c(out, "<doc>");
    if (p->source != SOURCE_NONE) buffer_printf(out, " <src> %.*s", TEXT_ARG(world_source_tag(w, p->source)));
    buffer_put_char(out, '\n');
    return put_body(out, w, p, rng) && buffer_put_c(out, " </doc>");
}
