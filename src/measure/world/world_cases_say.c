/* Sentences about machines and their formulas: see world_cases.h. */
#include "measure/world/world_cases.h"

void said_init(struct said_pair *p) {
    buffer_init(&p->sentence, 1 << 12);
    buffer_init(&p->formula, 1 << 12);
    buffer_init(&p->glossary, 1 << 12);
}

void said_done(struct said_pair *p) {
    buffer_done(&p->sentence);
    buffer_done(&p->formula);
    buffer_done(&p->glossary);
}

void said_clear(struct said_pair *p) {
    buffer_clear(&p->sentence);
    buffer_clear(&p->formula);
    buffer_clear(&p->glossary);
}

/* ---- words and symbols; every word that is used goes into the glossary */

static bool pin(struct said_pair *p, const struct case_voice *v, struct text phrase, struct text symbol) {
    const struct cases_state *s = world_cases(v->w);
    const struct slot slots[] = {{"A", phrase}, {"B", symbol}};
    return world_fill(&p->glossary, s->glossary, slots, 2);
}

static struct text quantity(struct said_pair *p, const struct case_voice *v, enum quantity q) {
    const struct cases_state *s = world_cases(v->w);
    pin(p, v, s->phrase[q], s->symbol[q][v->symbol]);
    return s->symbol[q][v->symbol];
}

static struct text set_symbol(struct said_pair *p, const struct case_voice *v, enum case_set set) {
    const struct cases_state *s = world_cases(v->w);
    pin(p, v, s->set_one[set], s->set_symbol[set][v->symbol]);
    return s->set_symbol[set][v->symbol];
}

static struct text word_symbol(struct said_pair *p, const struct case_voice *v, enum case_word word) {
    const struct cases_state *s = world_cases(v->w);
    pin(p, v, s->word[word], s->word_symbol[word][v->symbol]);
    return s->word_symbol[word][v->symbol];
}

static bool whole(const struct said_pair *p) {
    return !p->sentence.failed && !p->formula.failed && !p->glossary.failed;
}

/* ---- quantities */

static bool frame(struct said_pair *p, const struct case_voice *v, enum quantity q, struct text what) {
    const struct cases_state *s = world_cases(v->w);
    const struct slot slots[] = {{"Q", s->phrase[q]}, {"D", s->machine[v->machine]}, {"R", what}};
    return world_render(&p->sentence, s->frames.at[v->template], slots, 3) && whole(p);
}

static const char *const signs[N_RELATIONS] = {"<=", ">=", "<", ">", "=", ">="};

static bool related(struct said_pair *p, const struct case_voice *v, enum quantity q, enum relation_kind relation,
                    struct text words) {
    const struct cases_state *s = world_cases(v->w);
    const struct slot slot = {"N", words};
    struct buffer what;
    buffer_init(&what, 1 << 10);
    bool ok = world_fill(&what, s->relation[relation][rng_below(v->rng, TOLD_WAYS)], &slot, 1) &&
              frame(p, v, q, buffer_text(&what));
    buffer_done(&what);
    return ok;
}

bool say_bound(struct said_pair *p, const struct case_voice *v, enum quantity q, enum relation_kind relation,
               uint32_t number) {
    char words[48];
    snprintf(words, sizeof words, "%u %.*s", (unsigned)number, TEXT_ARG(world_cases(v->w)->unit[q]));
    struct text symbol = quantity(p, v, q);
    buffer_printf(&p->formula, "%.*s %s %u", TEXT_ARG(symbol), signs[relation],
                  relation == REL_NEVER ? 0u : (unsigned)number);
    return related(p, v, q, relation, text_of(words));
}

bool say_compared(struct said_pair *p, const struct case_voice *v, enum quantity q, enum relation_kind relation,
                  enum quantity other) {
    char words[64];
    snprintf(words, sizeof words, "the %.*s", TEXT_ARG(world_cases(v->w)->phrase[other]));
    struct text a = quantity(p, v, q), b = quantity(p, v, other);
    buffer_printf(&p->formula, "%.*s %s %.*s", TEXT_ARG(a), signs[relation], TEXT_ARG(b));
    return related(p, v, q, relation, text_of(words));
}

static bool from_parts(struct said_pair *p, const struct case_voice *v, enum quantity q, const struct text *ways,
                       const enum quantity *parts, size_t n, const char *joint) {
    const struct cases_state *s = world_cases(v->w);
    static const char *const names[] = {"A", "B", "C"};
    char phrase[3][64];
    struct slot slots[3];
    struct buffer what;
    struct text symbol = quantity(p, v, q);
    buffer_printf(&p->formula, "%.*s = ", TEXT_ARG(symbol));
    for (size_t i = 0; i < n; i++) {
        snprintf(phrase[i], sizeof phrase[i], "the %.*s", TEXT_ARG(s->phrase[parts[i]]));
        slots[i] = (struct slot){names[i], text_of(phrase[i])};
        symbol = quantity(p, v, parts[i]);
        buffer_printf(&p->formula, "%s%.*s", i ? joint : "", TEXT_ARG(symbol));
    }
    buffer_init(&what, 1 << 10);
    bool ok = world_fill(&what, ways[rng_below(v->rng, TOLD_WAYS)], slots, n) && frame(p, v, q, buffer_text(&what));
    buffer_done(&what);
    return ok;
}

bool say_sum(struct said_pair *p, const struct case_voice *v, enum quantity q, const enum quantity *parts, size_t n) {
    const struct cases_state *s = world_cases(v->w);
    return from_parts(p, v, q, n == 3 ? s->sum3 : s->sum2, parts, n, " + ");
}

bool say_product(struct said_pair *p, const struct case_voice *v, enum quantity q, enum quantity a, enum quantity b) {
    const enum quantity parts[] = {a, b};
    return from_parts(p, v, q, world_cases(v->w)->product, parts, 2, " * ");
}

/* ---- sets */

bool say_subset(struct said_pair *p, const struct case_voice *v, enum case_set a, enum case_set b) {
    const struct cases_state *s = world_cases(v->w);
    const struct slot slots[] = {{"A", s->set_one[a]}, {"B", s->set_many[b]}, {"D", s->machine[v->machine]}};
    struct text one = set_symbol(p, v, a), two = set_symbol(p, v, b);
    buffer_printf(&p->formula, "%.*s sub %.*s", TEXT_ARG(one), TEXT_ARG(two));
    return world_render(&p->sentence, s->subset.at[v->template], slots, 3) && whole(p);
}

static unsigned count(uint16_t dangers) {
    unsigned n = 0;
    for (unsigned i = 0; i < DANGERS; i++) n += dangers >> i & 1;
    return n;
}

bool say_listing(struct said_pair *p, const struct case_voice *v, enum case_set set, uint16_t dangers) {
    const struct cases_state *s = world_cases(v->w);
    struct buffer list;
    unsigned n = count(dangers), at = 0;
    struct text symbol = set_symbol(p, v, set);
    buffer_init(&list, 1 << 10);
    buffer_printf(&p->formula, "%.*s = {", TEXT_ARG(symbol));
    for (unsigned i = 0; i < DANGERS; i++) {
        if (!(dangers >> i & 1)) continue;
        const char *between = at == 0 ? "" : at + 1 == n ? " and " : ", ";
        buffer_printf(&list, "%s%.*s", between, TEXT_ARG(s->danger[i]));
        buffer_printf(&p->formula, "%s%.*s", at ? ", " : "", TEXT_ARG(s->danger[i]));
        at++;
    }
    buffer_put_char(&p->formula, '}');
    const struct slot slots[] = {{"B", s->set_many[set]}, {"L", buffer_text(&list)}, {"D", s->machine[v->machine]}};
    bool ok = world_render(&p->sentence, s->listing.at[v->template], slots, 3) && whole(p);
    buffer_done(&list);
    return ok;
}

/* ---- rules and facts */

bool say_rule(struct said_pair *p, const struct case_voice *v, enum case_word a, enum case_word b, enum case_word c) {
    const struct cases_state *s = world_cases(v->w);
    const struct slot slots[] = {
        {"A", s->word[a]}, {"B", s->word[b]}, {"C", s->word[c]}, {"D", s->machine[v->machine]}};
    struct text x = word_symbol(p, v, a), y = word_symbol(p, v, b), z = word_symbol(p, v, c);
    buffer_printf(&p->formula, "%.*s(X) :- %.*s(X), %.*s(X)", TEXT_ARG(x), TEXT_ARG(y), TEXT_ARG(z));
    return world_render(&p->sentence, s->rule.at[v->template], slots, 4) && whole(p);
}

bool say_circle(struct said_pair *p, const struct case_voice *v, enum case_word a, enum case_word b) {
    if (!say_rule(p, v, a, b, b)) return false;
    struct text x = word_symbol(p, v, a), y = word_symbol(p, v, b);
    buffer_clear(&p->formula);
    return buffer_printf(&p->formula, "%.*s(X) :- %.*s(X)", TEXT_ARG(x), TEXT_ARG(y));
}

static bool say_version(struct said_pair *p, const struct case_voice *v, enum case_word a, unsigned version,
                        bool variable) {
    const struct cases_state *s = world_cases(v->w);
    char name[16];
    snprintf(name, sizeof name, "r%u", version);
    const struct slot slots[] = {{"A", s->word[a]}, {"V", text_of(name)}, {"D", s->machine[v->machine]}};
    struct text symbol = word_symbol(p, v, a);
    buffer_printf(&p->formula, "%.*s(%s)", TEXT_ARG(symbol), variable ? "R" : name);
    return world_render(&p->sentence, s->fact.at[v->template], slots, 3) && whole(p);
}

bool say_fact(struct said_pair *p, const struct case_voice *v, enum case_word a, unsigned version) {
    return say_version(p, v, a, version, false);
}

bool say_wanted(struct said_pair *p, const struct case_voice *v, enum case_word a, unsigned version) {
    return say_version(p, v, a, version, true);
}

/* ---- all that is said of a machine, by number */

static bool say_other(struct said_pair *p, const struct case_voice *v, size_t k) {
    static const uint8_t compared[8][3] = {{Q_STOP, REL_LESS, Q_RANGE},      {Q_WAY, REL_LESS, Q_RANGE},
                                           {Q_REACTION, REL_MOST, Q_STOP},   {Q_RANGE, REL_MORE, Q_WAY},
                                           {Q_SENSE, REL_MOST, Q_DECIDE},    {Q_BRAKE, REL_MORE, Q_SENSE},
                                           {Q_RESPONSE, REL_LEAST, Q_BRAKE}, {Q_DECIDE, REL_LESS, Q_RESPONSE}};
    static const enum quantity sums[4][4] = {{Q_RESPONSE, Q_SENSE, Q_DECIDE, Q_BRAKE},
                                             {Q_WAY, Q_STOP, Q_REACTION},
                                             {Q_RESPONSE, Q_SENSE, Q_BRAKE},
                                             {Q_RANGE, Q_STOP, Q_REACTION}};
    static const uint8_t products[3][3] = {
        {Q_FORCE, Q_MASS, Q_DECELERATION}, {Q_REACTION, Q_SPEED, Q_SENSE}, {Q_WAY, Q_SPEED, Q_RESPONSE}};
    static const uint8_t subsets[6][2] = {{0, 1}, {1, 2}, {0, 2}, {3, 0}, {3, 1}, {3, 2}};
    static const uint8_t rules[4][3] = {{0, 1, 2}, {0, 1, 3}, {3, 2, 1}, {1, 2, 3}};
    const struct machine *m = &world_cases(v->w)->truth[v->machine];
    if (k < 8)
        return say_compared(p, v, (enum quantity)compared[k][0], (enum relation_kind)compared[k][1],
                            (enum quantity)compared[k][2]);
    if ((k -= 8) < 4) return say_sum(p, v, sums[k][0], &sums[k][1], k == 0 ? 3 : 2);
    if ((k -= 4) < 3)
        return say_product(p, v, (enum quantity)products[k][0], (enum quantity)products[k][1],
                           (enum quantity)products[k][2]);
    if ((k -= 3) < 6) return say_subset(p, v, (enum case_set)subsets[k][0], (enum case_set)subsets[k][1]);
    if ((k -= 6) < 4) return say_listing(p, v, (enum case_set)k, (uint16_t)(m->hazards | 1u << k));
    if ((k -= 4) < 4)
        return say_rule(p, v, (enum case_word)rules[k][0], (enum case_word)rules[k][1], (enum case_word)rules[k][2]);
    return say_fact(p, v, (enum case_word)(k - 4), m->version + (unsigned)k);
}

bool say_statement(struct said_pair *p, const struct case_voice *v, size_t statement) {
    const struct machine *m = &world_cases(v->w)->truth[v->machine];
    if (statement >= BOUNDS) return say_other(p, v, statement - BOUNDS);
    enum quantity q = (enum quantity)(statement / N_RELATIONS);
    enum relation_kind relation = (enum relation_kind)(statement % N_RELATIONS);
    return say_bound(p, v, q, relation, m->value[q] + (uint32_t)statement % 7 + 1);
}
