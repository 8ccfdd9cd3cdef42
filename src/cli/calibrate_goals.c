/* Moral graphs of simulated voters: see calibrate_goals.h. */
#include "cli/calibrate_goals.h"

#include "base/rng.h"
#include "measure/statistics/statistics.h"
#include "measure/world/world_voters.h"
#include "set/guide_find.h"
#include "set/moral_attack.h"
#include "set/moral_bias.h"
#include "set/moral_standing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { REPEAT = 200, PERCENT = 100, ID = 16, BLOCK_MOST = 50, VOTES_MOST = (VOTERS + BLOCK_MOST) * VOTES_EACH };

struct made {
    const struct world *w;
    struct arena arena;
    struct world_vote vote[VOTERS * VOTES_EACH];
    struct moral_ballot ballot[VOTES_MOST];
    char voter[VOTERS + BLOCK_MOST][ID], value[VOTER_VALUES][ID], context[VOTER_CONTEXTS][64];
    size_t n;
    struct moral m;
    struct calibrate_out out;
    uint64_t seed;
    struct error *err;
};

static void name_all(struct made *s) {
    for (size_t i = 0; i < VOTERS + BLOCK_MOST; i++) snprintf(s->voter[i], ID, "%zu", i);
    for (size_t v = 0; v < VOTER_VALUES; v++) snprintf(s->value[v], ID, "%zu", v);
    for (size_t c = 0; c < VOTER_CONTEXTS; c++) {
        struct text t = world_voter_context(s->w, c);
        snprintf(s->context[c], sizeof s->context[c], "%.*s", TEXT_ARG(t));
    }
}

static void add(struct made *s, size_t voter, size_t from, size_t to, unsigned says) {
    s->ballot[s->n++] = (struct moral_ballot){s->voter[voter], s->value[from], s->value[to],
                                              s->context[from / VOTER_VALUES_EACH], (enum moral_says)says};
}

/* A draw of all voters; what is above 100: as the words of the part say. */
static void draw_votes(struct made *s, uint64_t draw, unsigned yes, unsigned reversed) {
    struct world_voting voting = {VOTERS, VOTES_EACH, yes, reversed, s->seed * 1000003 + draw};
    world_votes(s->w, &voting, s->vote);
    s->n = 0;
    for (size_t i = 0; i < VOTERS * VOTES_EACH; i++)
        add(s, s->vote[i].voter, s->vote[i].from, s->vote[i].to, s->vote[i].says);
}

static bool make_graph(struct made *s) {
    arena_reset(&s->arena);
    return moral_make(s->ballot, s->n, true, &s->arena, &s->m, s->err);
}

static size_t of_level(const struct made *s, size_t context, unsigned level) {
    size_t v = context * VOTER_VALUES_EACH;
    while (world_value_level(s->w, v) != level) v++;
    return v;
}

static size_t number_of(const struct moral *m, size_t place) {
    uint64_t number = 0;
    return text_to_u64(text_of(m->value[place].id), &number) ? (size_t)number : 0;
}

/* The first value of a context by its own number; SIZE_MAX: no edge is kept. */
static bool winner(struct made *s, size_t context, size_t *out) {
    struct moral_standing_settings settings = {0};
    struct moral_place_of place;
    uint32_t at = 0;
    while (at < s->m.n_contexts && strcmp(s->m.context[at], s->context[context]) != 0) at++;
    if (!moral_stand(&s->m, at, &settings, &s->arena, &place, s->err)) return false;
    *out = place.n_nodes ? number_of(&s->m, place.standing[0].value) : SIZE_MAX;
    return true;
}

/* ---- wise-dag */

static bool wise_dag(struct made *s, uint64_t repeat) {
    static const unsigned reversed[] = {0, 10, 50};
    double last = 1;
    for (size_t d = 0; d < 3; d++) {
        double right = 0, all = 0;
        char name[64];
        for (uint64_t r = 0; r < repeat; r++) {
            draw_votes(s, r, UINT8_MAX, reversed[d]);
            if (!make_graph(s)) return false;
            for (size_t c = 0; c < VOTER_CONTEXTS; c++) {
                size_t first;
                if (!winner(s, c, &first)) return false;
                right += first == of_level(s, c, 3);
                all++;
            }
        }
        snprintf(name, sizeof name, "wise-dag: winners, %u of a hundred pairs reversed", reversed[d]);
        calibrate_range(&s->out, name, right / all, d ? 0.5 : 0.9, d ? last : 1, d ? "the rule drops true edges" : "");
        last = right / all;
    }
    return true;
}

/* ---- acquiesce-beta */

/* Intervals of 95 % are to hold the truth in 183 of 200 at least; of few draws, in no fewer than chance gives one
 * time in a hundred. */
static double least_share(uint64_t repeat) {
    uint64_t k = 0;
    while (k < repeat && stat_binomial_cdf(k, repeat, 0.95) < 0.01) k++;
    return fmin(183.0 / 200, (double)k / (double)repeat);
}

static bool acquiesce(struct made *s, uint64_t repeat) {
    static const unsigned doses[] = {0, 20, 40};
    for (size_t d = 0; d < 3; d++) {
        double sum = 0, within = 0;
        char name[64];
        for (uint64_t r = 0; r < repeat; r++) {
            draw_votes(s, 1000 * (d + 1) + r, doses[d], PERCENT / 2);
            if (!make_graph(s)) return false;
            struct moral_bias bias = moral_bias_of(&s->m);
            sum += bias.beta;
            within += fabs(bias.beta - doses[d] / 100.0) <= 1.96 * bias.error;
        }
        snprintf(name, sizeof name, "acquiesce-beta .%02u", doses[d]);
        calibrate_number(&s->out, name, doses[d] / 100.0, sum / (double)repeat, 0.05, "");
        snprintf(name, sizeof name, "acquiesce-beta .%02u: intervals that hold it", doses[d]);
        calibrate_range(&s->out, name, within / (double)repeat, least_share(repeat), 1, "");
    }
    return true;
}

/* ---- sybil-m */

/* Votes of one context alone. */
static void keep_context(struct made *s, size_t context) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->ballot[i].context, s->context[context]) == 0) s->ballot[n++] = s->ballot[i];
    s->n = n;
}

/* Is the value first by more than rounding when these ballots are cast too, but the one left out? */
static bool cast(struct made *s, const struct moral_attacked *a, const struct moral *was, size_t left_out, size_t value,
                 bool *first) {
    size_t before = s->n, ballots = 0;
    for (size_t i = 0; i < a->n_plan; i++)
        for (uint32_t k = 0; k < a->plan[i].n; k++, ballots++)
            if (ballots != left_out)
                add(s, VOTERS + ballots % BLOCK_MOST, number_of(was, a->plan[i].from), number_of(was, a->plan[i].to),
                    a->plan[i].says);
    struct moral m;
    struct moral_standing_settings settings = {0};
    struct moral_place_of place;
    bool ok = moral_make(s->ballot, s->n, true, &s->arena, &m, s->err) &&
              moral_stand(&m, MORAL_ALL, &settings, &s->arena, &place, s->err);
    s->n = before;
    if (!ok) return false;
    *first = place.n_nodes > 0 && number_of(&m, place.standing[0].value) == value &&
             (place.n_nodes == 1 || place.standing[0].rank > place.standing[1].rank * (1 + 1e-9));
    return true;
}

static bool least_votes(struct made *s, uint64_t repeat) {
    size_t tried = 0, exact = 0, does = 0, less = 0;
    for (uint64_t r = 0; r < repeat; r++) {
        size_t context = r % VOTER_CONTEXTS, value = of_level(s, context, 0);
        struct moral_attacked a;
        draw_votes(s, 5000 + r, UINT8_MAX, UINT8_MAX);
        s->n = s->n / 10; /* of 50 voters: small enough to try everything */
        keep_context(s, context);
        if (!make_graph(s)) return false;
        struct moral was = s->m;
        size_t place = moral_find(&was, text_of(s->value[value]));
        struct error none;
        if (place == SIZE_MAX || !moral_attack(&was, MORAL_ALL, place, 400000, &s->arena, &a, &none)) continue;
        if (a.dethrones || !a.votes || a.votes > BLOCK_MOST) continue;
        bool first;
        tried++;
        exact += a.exact;
        if (!cast(s, &a, &was, SIZE_MAX, value, &first)) return false;
        does += first;
        for (size_t i = 0; i < a.votes; i++) {
            if (!cast(s, &a, &was, i, value, &first)) return false;
            less += first;
        }
    }
    calibrate_range(&s->out, "sybil-m: graphs that were attacked", (double)tried, 1, 1e9, "");
    calibrate_number(&s->out, "sybil-m: plans that do it", (double)tried, (double)does, 0, "");
    calibrate_number(&s->out, "sybil-m: plans that do it with a vote less", 0, (double)less, 0, "");
    calibrate_range(&s->out, "sybil-m: plans that are exactly least", tried ? (double)exact / (double)tried : 0, 0.5, 1,
                    "");
    return true;
}

/* Each of the block says upgrade from every other value of the context to the least wise one. */
static void add_block(struct made *s, size_t block, size_t context) {
    size_t value = of_level(s, context, 0);
    for (size_t i = 0; i < block; i++)
        for (size_t v = context * VOTER_VALUES_EACH; v < (context + 1) * VOTER_VALUES_EACH; v++)
            if (v != value) add(s, VOTERS + i, v, value, MORAL_UPGRADE);
}

/* All of a block in one context. */
static bool blocks(struct made *s, uint64_t repeat) {
    static const size_t of_hundred[] = {0, 2, 5, 10};
    double last = 0;
    for (size_t d = 0; d < 4; d++) {
        double pushed = 0;
        char name[64];
        for (uint64_t r = 0; r < repeat; r++) {
            size_t context = r % VOTER_CONTEXTS, first;
            draw_votes(s, 9000 + r, UINT8_MAX, UINT8_MAX);
            add_block(s, VOTERS * of_hundred[d] / PERCENT, context);
            if (!make_graph(s) || !winner(s, context, &first)) return false;
            pushed += first == of_level(s, context, 0);
        }
        double share = pushed / (double)repeat;
        snprintf(name, sizeof name, "sybil-m: contexts won by %zu of a hundred", of_hundred[d]);
        calibrate_range(&s->out, name, share, d ? last : 0, d ? 1 : 0.02, d ? "no less than a smaller block" : "");
        last = share;
    }
    return true;
}

/* ---- cards */

static bool card_text(struct made *s, size_t value, size_t card, struct text *out) {
    const struct text *policy;
    size_t n = world_card_policies(s->w, value, card, &policy);
    struct buffer b;
    buffer_init(&b, 4096);
    for (size_t i = 0; i < n; i++) buffer_printf(&b, "%.*s\n", TEXT_ARG(policy[i]));
    const char *copy = buffer_check(&b, "card", s->err) ? text_copy(&s->arena, buffer_text(&b), s->err) : NULL;
    *out = (struct text){copy, b.len};
    buffer_done(&b);
    return copy != NULL;
}

static bool cards(struct made *s) {
    struct text text[VOTER_CARDS];
    struct guide_grams grams;
    double found = 0, same = 0, both = 0;
    arena_reset(&s->arena);
    for (size_t i = 0; i < VOTER_CARDS; i++)
        if (!card_text(s, i % VOTER_VALUES, i / VOTER_VALUES, &text[i])) return false;
    if (!guide_grams_make(text, VOTER_CARDS, &s->arena, &grams, s->err)) return false;
    for (size_t i = 0; i < VOTER_CARDS; i++)
        for (size_t k = 0; k < i; k++) {
            bool near = guide_cosine(&grams.vector[i], &grams.vector[k]) >= 0.8,
                 is = i % VOTER_VALUES == k % VOTER_VALUES;
            found += near, same += is, both += near && is;
        }
    calibrate_range(&s->out, "cards: F1 of pairs that are near", 2 * both / (found + same), 0.95, 1, "");
    return true;
}

bool calibrate_moral(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context, struct error *err) {
    struct made *s = memory_zeroed(1, sizeof *s);
    struct world *w = s ? world_new(WORLD_DEFAULT_SEED, err) : NULL;
    if (!s) return error_memory(err, "votes");
    s->w = w;
    s->out = (struct calibrate_out){report, context};
    s->seed = seed;
    s->err = err;
    arena_init(&s->arena, (size_t)1 << 30);
    if (!repeat) repeat = REPEAT;
    if (w) name_all(s);
    bool ok =
        w && wise_dag(s, repeat) && acquiesce(s, repeat) && least_votes(s, repeat) && blocks(s, repeat) && cards(s);
    arena_done(&s->arena);
    world_free(w);
    memory_free(s);
    return ok;
}
