/* The plan of a training corpus: how often each fact is told and in which words, which questions are asked, and where in
 * the corpus each document stands. Counts are dealt, never drawn one by one. */
#include "measure/world/world_corpus.h"

#include <stdlib.h>

/* Part of the corpus where a document may stand, in thousandths. A small model first has to discover how facts are stored
 * and fetched, which takes the longer the more people there are: so a few people are told densely at first, then more.
 * Rarely told facts come after that and before the rate is gone; requests and the like come last. */
struct window {
    uint32_t from, to;
};
struct stage { /* of the core: persons before `end` */
    size_t end;
    uint32_t early; /* statements of four that stand in the early window */
    struct window first, later, asked;
};
static const struct stage stages[] = {
    {32, 3, {0, 100}, {250, 1000}, {50, 1000}},
    {96, 3, {60, 250}, {300, 1000}, {150, 1000}},
    {CORE, 2, {200, 450}, {450, 1000}, {250, 1000}},
};
static const struct window often_told = {300, 1000}, rarely_told = {450, 950}, others_asked = {400, 1000},
                           requested = {450, 1000}, not_known = {450, 1000}, about_itself = {500, 1000};
enum { OFTEN = 32, THOUSANDTH = 4000000 };

static bool is_core(const struct world *w, size_t fact) { return w->facts[fact].stratum == STRATUM_CORE; }

unsigned world_corpus_told(const struct world *w, const struct corpus_dials *d, size_t fact) {
    const struct fact *f = &w->facts[fact];
    enum kind kind = world_columns[f->column].kind;
    if (kind == PERSON && f->subject >= d->people) return 0;
    if (kind != PERSON && kind != TOWN && !d->things) return 0;
    return is_core(w, fact) ? (unsigned)d->core : f->e;
}

static const struct stage *stage_of(size_t person) {
    const struct stage *stage = stages;
    while (person >= stage->end) stage++;
    return stage;
}

static struct corpus_document *add(struct corpus_plan *p, enum corpus_kind kind, struct window window, struct rng *rng,
                                   struct error *err) {
    if (p->n == p->capacity) {
        size_t wanted = p->capacity ? p->capacity * 2 : 1 << 16;
        struct corpus_document *more = memory_grow(p->documents, wanted, sizeof *more);
        if (!more) return error_memory(err, "corpus"), NULL;
        p->documents = more, p->capacity = wanted;
    }
    struct corpus_document *d = &p->documents[p->n];
    if (p->dials.chat) window = (struct window){0, 1000};
    *d = (struct corpus_document){.kind = (uint8_t)kind, .serial = (uint32_t)p->n++};
    d->place = window.from * THOUSANDTH + (uint32_t)rng_below(rng, (uint64_t)(window.to - window.from) * THOUSANDTH);
    return d;
}

/* How many of the next n belong to `percent` of all, when `before` were dealt already: exact up to 1 over the corpus. */
static uint64_t share(uint64_t before, uint64_t n, uint64_t percent) {
    return (before + n) * percent / 100 - before * percent / 100;
}

/* ---- statements */

enum { FACTS_OF_ONE = 9, STATEMENTS_MOST = 1024 };
struct told {
    size_t fact;
    unsigned n, used;
    uint8_t wording[STATEMENTS_MOST];
};

/* The wordings of a fact's statements: its share of canonical ones, the paraphrases equally often up to 1, shuffled. */
static void deal_wordings(struct corpus_plan *p, struct told *t) {
    size_t order[STATEMENTS_MOST], first[PARAPHRASES];
    uint8_t dealt[STATEMENTS_MOST];
    struct rng rng = world_stream(p->world, "corpus/wordings", p->draw, t->fact);
    uint64_t canonical = share(p->made.statements, t->n, p->dials.canonical);
    for (size_t i = 0; i < PARAPHRASES; i++) first[i] = i;
    rng_shuffle(&rng, first, PARAPHRASES);
    for (unsigned i = 0; i < t->n; i++) {
        order[i] = i;
        dealt[i] = i < canonical ? 0 : (uint8_t)(1 + first[(i - canonical) % PARAPHRASES]);
    }
    rng_shuffle(&rng, order, t->n);
    for (unsigned i = 0; i < t->n; i++) t->wording[i] = dealt[order[i]];
    p->made.statements += t->n;
}

static bool names_subject_first(const struct world *w, const struct told *t) {
    const struct wording *words = &w->words.wording[w->facts[t->fact].relation];
    uint8_t wording = t->wording[t->used];
    struct text template = wording ? words->paraphrase[wording - 1] : words->canonical;
    size_t at = text_find(template, TEXT("$"), 0) + 1;
    if (template.at[at] == 'a' || template.at[at] == 'U') at++;
    return template.at[at] == 'S';
}

/* The first sentence names the subject before the value, where one of them does: so that the values of all have something
 * to be told from. */
static bool put_article(struct corpus_plan *p, struct told *told, size_t *which, size_t n, struct window window,
                        struct rng *rng, struct error *err) {
    struct corpus_document *d = add(p, DOC_ARTICLE, window, rng, err);
    if (!d) return false;
    d->n = (uint8_t)n;
    size_t first = 0;
    while (first + 1 < n && !names_subject_first(p->world, &told[which[first]])) first++;
    size_t opening = which[first];
    which[first] = which[0], which[0] = opening;
    for (size_t i = 0; i < n; i++) {
        struct told *t = &told[which[i]];
        d->article.fact[i] = (uint16_t)t->fact;
        d->article.wording[i] = t->wording[t->used++];
    }
    return true;
}

/* Articles of one entity: each fact in as many rounds as it has statements, evenly spread; the facts of a round in drawn
 * order, two to five in an article, none twice. */
static bool put_articles(struct corpus_plan *p, struct told *told, size_t n, bool core, bool often, struct error *err) {
    unsigned rounds = 0;
    for (size_t i = 0; i < n; i++) rounds = told[i].n > rounds ? told[i].n : rounds;
    if (!rounds) return true;
    struct rng rng = world_stream(p->world, "corpus/articles", p->draw, told[0].fact * 2 + often);
    uint64_t phase[FACTS_OF_ONE];
    for (size_t i = 0; i < n; i++) phase[i] = rng_below(&rng, rounds);
    for (uint64_t round = 0; round < rounds; round++) {
        size_t which[FACTS_OF_ONE], held = 0;
        for (size_t i = 0; i < n; i++)
            if ((round * told[i].n + phase[i]) / rounds != ((round + 1) * told[i].n + phase[i]) / rounds) which[held++] = i;
        rng_shuffle(&rng, which, held);
        struct window window = often ? often_told : rarely_told;
        if (core) {
            const struct stage *stage = stage_of(p->world->facts[told[0].fact].subject);
            window = round % 4 < stage->early ? stage->first : stage->later;
        }
        for (size_t at = 0, size; at < held; at += size) {
            size = 2 + rng_below(&rng, ARTICLE_MOST - 1);
            size = size > held - at ? held - at : size;
            if (!put_article(p, told, which + at, size, window, &rng, err)) return false;
        }
    }
    return true;
}

static bool tell_entity(struct corpus_plan *p, enum kind kind, size_t subject, struct told *told, struct error *err) {
    for (int often = 1; often >= 0; often--) {
        size_t n = 0;
        for (size_t r = 0; r < RELATIONS; r++) {
            if (world_columns[world_relations[r]].kind != kind || p->world->fact_of[r][subject] < 0) continue;
            size_t fact = (size_t)p->world->fact_of[r][subject];
            unsigned times = world_corpus_told(p->world, &p->dials, fact);
            if ((times >= OFTEN || is_core(p->world, fact)) != often) continue;
            times = (unsigned)(times * p->dials.share / 100);
            told[n] = (struct told){.fact = fact, .n = times};
            deal_wordings(p, &told[n++]);
        }
        if (!put_articles(p, told, n, n && is_core(p->world, told[0].fact), often, err)) return false;
    }
    return true;
}

static bool tell_everything(struct corpus_plan *p, struct error *err) {
    struct told *told = memory_zeroed(FACTS_OF_ONE, sizeof *told);
    bool ok = told || error_memory(err, "corpus");
    for (int kind = 0; ok && kind < N_KINDS; kind++)
        for (size_t i = 0; ok && i < world_kinds[kind].n; i++) ok = tell_entity(p, (enum kind)kind, i, told, err);
    memory_free(told);
    return ok;
}

/* ---- questions about what is told */

/* Of sixteen questions in chat form. */
static const uint8_t styles_dealt[16] = {STYLE_SHORT, STYLE_SHORT, STYLE_SHORT, STYLE_SHORT, STYLE_SHORT, STYLE_SHORT,
                                         STYLE_SHORT, STYLE_SHORT, STYLE_SHORT, STYLE_FULL,  STYLE_FULL,  STYLE_CONTINUATION,
                                         STYLE_CONTINUATION, STYLE_CHOICE, STYLE_TRUEFALSE, STYLE_CLAIM};

static size_t train_templates(const struct world *w, size_t out[WORDINGS]) {
    size_t n = 0;
    for (size_t i = 0; i < WORDINGS; i++)
        if (w->template_split[i] == TRAIN) out[n++] = i;
    return n;
}

static bool ask_fact(struct corpus_plan *p, size_t fact, struct error *err) {
    size_t template[WORDINGS], style[16], n = train_templates(p->world, template);
    struct rng rng = world_stream(p->world, "corpus/questions", p->draw, fact);
    uint64_t talk = share(p->made.questions, p->dials.questions, p->dials.talk);
    for (size_t i = 0; i < 16; i++) style[i] = i;
    rng_shuffle(&rng, template, n);
    rng_shuffle(&rng, style, 16);
    for (uint64_t i = 0; i < p->dials.questions; i++) {
        struct window window = is_core(p->world, fact) ? stage_of(p->world->facts[fact].subject)->asked : others_asked;
        struct corpus_document *d = add(p, i < talk ? DOC_TALK : DOC_LINE, window, &rng, err);
        if (!d) return false;
        d->question.fact = (uint16_t)fact, d->question.copy = (uint16_t)i;
        d->question.template = (uint8_t)template[i % n];
        d->question.line = (uint8_t)rng_below(&rng, p->world->words.lines.n);
        d->question.style = styles_dealt[style[i % 16]];
    }
    p->made.questions += p->dials.questions;
    return true;
}

static bool ask_everything(struct corpus_plan *p, struct error *err) {
    for (size_t i = 0; i < ALL_FACTS; i++)
        if (p->world->facts[i].split == TRAIN && world_corpus_told(p->world, &p->dials, i) > 0 && !ask_fact(p, i, err)) return false;
    return true;
}

/* ---- questions about what is never told */

struct pair {
    uint16_t kind, subject, relation;
};

static enum kind outside_kind(size_t index) {
    return index < OUTSIDE_PEOPLE ? PERSON : index < OUTSIDE_PEOPLE + OUTSIDE_TOWNS ? TOWN : GOOD;
}

/* Subjects of the world for training. group 0: named nowhere; 1: told about, but not this; 2: people who are left out. */
static size_t list_unknown(const struct corpus_plan *p, int group, struct pair *out) {
    const struct world *w = p->world;
    size_t n = 0;
    for (size_t r = 0; r < RELATIONS; r++) {
        enum kind kind = world_columns[world_relations[r]].kind;
        for (size_t s = 0; s < world_kinds[group ? kind : OUTSIDE].n; s++) {
            if (w->split[group ? kind : OUTSIDE][s] != TRAIN) continue;
            bool fits = group == 0 && outside_kind(s) == kind;
            if (group == 1) fits = (kind == TOWN || (kind == PERSON && s < p->dials.people)) &&
                                   world_corpus_told(w, &p->dials, (size_t)w->fact_of[r][s]) == 0;
            if (group == 2) fits = kind == PERSON && s >= p->dials.people;
            if (fits) out[n++] = (struct pair){(uint16_t)(group ? kind : OUTSIDE), (uint16_t)s, (uint16_t)r};
        }
    }
    return n;
}

static bool ask_group(struct corpus_plan *p, int group, uint64_t wanted, struct pair *pairs, size_t *order, struct error *err) {
    size_t n = list_unknown(p, group, pairs);
    struct rng rng = world_stream(p->world, "corpus/unknown", p->draw, (uint64_t)group);
    for (size_t i = 0; i < n; i++) order[i] = i;
    rng_shuffle(&rng, order, n);
    for (uint64_t i = 0; i < wanted && n; i++) {
        struct corpus_document *d = add(p, DOC_UNKNOWN, not_known, &rng, err);
        if (!d) return false;
        struct pair pair = pairs[order[i % n]];
        d->unknown.kind = pair.kind, d->unknown.subject = pair.subject, d->unknown.relation = (uint8_t)pair.relation;
        d->unknown.template = (uint8_t)world_template(p->world, TRAIN, &rng);
        d->unknown.reply = (uint8_t)world_template(p->world, TRAIN, &rng);
        p->made.unknown++;
    }
    return true;
}

/* Half of them about outside subjects, a quarter about people left out (else outside), the rest about what is not told. */
static bool ask_unknown(struct corpus_plan *p, struct error *err) {
    enum { PAIRS = 9 * 2048 + 1024 };
    struct pair *pairs = memory_zeroed(PAIRS, sizeof *pairs);
    size_t *order = memory_zeroed(PAIRS, sizeof *order);
    uint64_t quarter = p->dials.unknown / 4, left_out = p->dials.people < world_kinds[PERSON].n ? quarter : 0;
    uint64_t gaps = p->dials.gaps ? quarter : 0;
    bool ok = (pairs && order) || error_memory(err, "corpus");
    ok = ok && ask_group(p, 0, p->dials.unknown - gaps - left_out, pairs, order, err) &&
         ask_group(p, 1, gaps, pairs, order, err) && ask_group(p, 2, left_out, pairs, order, err);
    memory_free(pairs);
    memory_free(order);
    return ok;
}

/* ---- requests and identity */

static bool ask_requests(struct corpus_plan *p, struct error *err) {
    size_t quad[QUADS], n = 0;
    for (size_t q = 0; q < QUADS; q++)
        if (p->world->topic_split[q / RISK_ACTS % TOPICS] == TRAIN) quad[n++] = q;
    if (p->dials.requests > n)
        return error_set(err, ERROR_USAGE, "corpus: requests=%llu, but there are %zu quads for training",
                         (unsigned long long)p->dials.requests, n);
    struct rng rng = world_stream(p->world, "corpus/requests", p->draw, 0);
    rng_shuffle(&rng, quad, n);
    for (uint64_t i = 0; i < p->dials.requests; i++)
        for (int member = 'a'; member <= 'd'; member++) {
            struct corpus_document *d = add(p, DOC_REQUEST, requested, &rng, err);
            if (!d) return false;
            d->request.quad = (uint16_t)quad[i], d->request.member = (char)member;
            p->made.requests++;
        }
    return true;
}

static bool ask_identity(struct corpus_plan *p, struct error *err) {
    enum { TEMPLATES = PROBES * PROBE_LINES * PROBE_OPENINGS };
    size_t order[TEMPLATES], n = 0;
    for (size_t t = 0; t < TEMPLATES; t++)
        if (p->world->probe_split[t / PROBE_OPENINGS / PROBE_LINES][t / PROBE_OPENINGS % PROBE_LINES][t % PROBE_OPENINGS] == TRAIN)
            order[n++] = t;
    struct rng rng = world_stream(p->world, "corpus/identity", p->draw, 0);
    rng_shuffle(&rng, order, n);
    for (uint64_t i = 0; i < p->dials.identity; i++) {
        struct corpus_document *d = add(p, DOC_IDENTITY, about_itself, &rng, err);
        if (!d) return false;
        size_t t = order[i % n];
        d->identity.probe = (uint8_t)(t / PROBE_OPENINGS / PROBE_LINES);
        d->identity.line = (uint8_t)(t / PROBE_OPENINGS % PROBE_LINES);
        d->identity.opening = (uint8_t)(t % PROBE_OPENINGS);
        d->identity.foreign = (uint8_t)rng_below(&rng, WORLD_FOREIGN);
        d->identity.answer = (uint8_t)rng_below(&rng, PROBE_ANSWERS);
        p->made.identity++;
    }
    return true;
}

static int by_place(const void *a, const void *b) {
    const struct corpus_document *x = a, *y = b;
    if (x->place != y->place) return x->place < y->place ? -1 : 1;
    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

bool world_corpus_plan(struct corpus_plan *p, struct error *err) {
    if (!tell_everything(p, err) || !ask_everything(p, err) || !ask_unknown(p, err) || !ask_requests(p, err) ||
        !ask_identity(p, err))
        return false;
    if (p->n) qsort(p->documents, p->n, sizeof *p->documents, by_place);
    p->made.documents = p->n;
    return true;
}
