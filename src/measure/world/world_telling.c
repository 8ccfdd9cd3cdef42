/* Documents that tell facts a planned number of times. Each kind of statement is a deck; sources own stretches of the
 * decks of true and of false statements, and deal theirs into documents by a deck of their own. See world_telling.h. */
#include "measure/world/world_telling.h"

#include <stdio.h>

enum { SENTENCES = 7, MOST_IN_ENTRY = 16, RUMOURS = 6 };

/* ---- planning */

static bool add_up(struct telling *t, struct arena *arena, struct error *err) {
    t->right_from = arena_new(arena, uint32_t, t->n + 1, err);
    t->wrong_from = t->right_from ? arena_new(arena, uint32_t, t->n + 1, err) : NULL;
    if (!t->wrong_from) return false;
    for (size_t i = 0; i < t->n; i++) {
        t->right_from[i + 1] = t->right_from[i] + t->thing[i].right;
        t->wrong_from[i + 1] = t->wrong_from[i] + t->thing[i].wrong;
    }
    return true;
}

/* An entity has as many rounds as the fact of it that the almanac tells most often. */
static bool add_up_rounds(struct telling *t, struct arena *arena, uint64_t *sentences, struct error *err) {
    t->entry_from = arena_new(arena, uint32_t, t->n + 1, err);
    t->round_from = t->entry_from ? arena_new(arena, uint32_t, t->n + 1, err) : NULL;
    if (!t->round_from) return false;
    for (size_t i = 0; i < t->n;) {
        size_t from = i;
        uint32_t most = 0;
        for (; i < t->n && t->thing[i].entity == t->thing[from].entity; i++) {
            most = t->thing[i].canonical > most ? t->thing[i].canonical : most;
            *sentences += t->thing[i].canonical;
        }
        if (i - from > MOST_IN_ENTRY) return error_set(err, ERROR_DATA, "an entity has %zu facts to tell", i - from);
        t->entries++;
        t->entry_from[t->entries] = (uint32_t)i;
        t->round_from[t->entries] = t->round_from[t->entries - 1] + most;
    }
    return true;
}

static struct deck named_deck(const struct world *w, const char *stream, const char *what, uint64_t index, uint64_t n) {
    char name[96];
    snprintf(name, sizeof name, "%s/%s", stream, what);
    return world_deck(w, name, 0, index, n);
}

static void plan_articles(struct telling *t, const struct world *w, const char *stream, uint64_t sentences) {
    uint64_t rounds = t->round_from[t->entries];
    t->rounds = named_deck(w, stream, "rounds", 0, rounds);
    t->rounds_an_article = sentences ? (uint32_t)((SENTENCES * rounds + sentences / 2) / sentences) : 1;
    if (!t->rounds_an_article) t->rounds_an_article = 1;
    t->n_articles = (rounds + t->rounds_an_article - 1) / t->rounds_an_article;
}

/* News are told by a single source that is always right. */
static bool plan_rumours(struct telling *t, const struct world *w, const char *stream, struct error *err) {
    uint64_t right = t->right_from[t->n], wrong = t->wrong_from[t->n];
    if (t->voice == VOICE_NEWS) {
        if (wrong) return error_set(err, ERROR_DATA, "%s: news must be true", stream);
        for (int s = 1; s <= SOURCES; s++) t->shares.right_from[s] = right;
    } else if (!world_source_shares(&t->shares, right, wrong))
        return error_set(err, ERROR_DATA, "%s: no shares of sources for %llu true and %llu false statements", stream,
                         (unsigned long long)right, (unsigned long long)wrong);
    t->right = named_deck(w, stream, "right", 0, right);
    t->wrong = named_deck(w, stream, "wrong", 0, wrong);
    for (unsigned s = 0; s < SOURCES; s++) {
        uint64_t n = t->shares.right_from[s + 1] - t->shares.right_from[s] + t->shares.wrong_from[s + 1] -
                     t->shares.wrong_from[s];
        t->of_source[s] = named_deck(w, stream, "source", s, n);
        t->rumour_from[s + 1] = t->rumour_from[s] + (n + RUMOURS - 1) / RUMOURS;
    }
    t->n_documents = t->n_articles + t->rumour_from[SOURCES];
    return true;
}

bool world_telling_draw(struct telling *t, struct world *w, const char *stream, const struct teller *teller,
                        const struct thing *things, size_t n, enum voice voice, struct error *err) {
    uint64_t sentences = 0;
    *t = (struct telling){.teller = teller, .thing = things, .n = n, .voice = voice};
    if (!add_up(t, &w->arena, err) || !add_up_rounds(t, &w->arena, &sentences, err)) return false;
    plan_articles(t, w, stream, sentences);
    return plan_rumours(t, w, stream, err);
}

/* The last of n stretches that begins at or before `at`: the one that holds it, empty ones take no place. */
static size_t stretch_of(const uint32_t *from, size_t n, uint64_t at) {
    size_t low = 0, high = n;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (from[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- articles */

/* Whether a fact that is told n times in `rounds` rounds is told in this one: evenly spread, each with a start of its
 * own. */
static bool is_due(const struct thing *thing, uint32_t rounds, uint32_t round) {
    uint32_t n = thing->canonical, phase = (thing->fact * 2654435761u >> 8) % rounds;
    return (round * n + phase) / rounds != ((round + 1) * n + phase) / rounds;
}

static bool put_entry(struct buffer *out, const struct world *w, const struct telling *t, uint64_t place, bool *any) {
    uint64_t at = deck_at(&t->rounds, place);
    size_t entry = stretch_of(t->round_from, t->entries, at), due[MOST_IN_ENTRY], n = 0;
    uint32_t round = (uint32_t)at - t->round_from[entry], rounds = t->round_from[entry + 1] - t->round_from[entry];
    for (size_t i = t->entry_from[entry]; i < t->entry_from[entry + 1]; i++)
        if (is_due(&t->thing[i], rounds, round)) due[n++] = i;
    struct rng rng = {.key = t->rounds.key[0] ^ at};
    rng_shuffle(&rng, due, n);
    for (size_t i = 0; i < n; i++) {
        const struct thing *thing = &t->thing[due[i]];
        if (*any && !buffer_put_char(out, '\n')) return false;
        *any = true;
        if (!t->teller->say(out, w, thing->fact, 0, t->teller->truth(w, thing->fact))) return false;
    }
    return true;
}

/* Every second article names its source. */
static bool put_article(struct buffer *out, const struct world *w, const struct telling *t, uint64_t number) {
    bool any = false;
    uint64_t from = number * t->rounds_an_article, to = from + t->rounds_an_article;
    if (number % 2 == 0) buffer_printf(out, "<src> %.*s\n", TEXT_ARG(world_source_tag(w, ALMANAC)));
    for (uint64_t place = from; place < to && place < t->rounds.n; place++)
        if (!put_entry(out, w, t, place, &any)) return false;
    return !out->failed;
}

/* ---- rumours and news */

/* The statement at a place of a source's deck: its false ones lie first in the deck. */
static bool put_statement(struct buffer *out, const struct world *w, const struct telling *t, unsigned source,
                          uint64_t place) {
    const struct source_shares *s = &t->shares;
    uint64_t mine = deck_at(&t->of_source[source], place), n_wrong = s->wrong_from[source + 1] - s->wrong_from[source];
    bool is_wrong = mine < n_wrong;
    uint64_t at = is_wrong ? deck_at(&t->wrong, s->wrong_from[source] + mine)
                           : deck_at(&t->right, s->right_from[source] + mine - n_wrong);
    const uint32_t *from = is_wrong ? t->wrong_from : t->right_from;
    size_t i = stretch_of(from, t->n, at);
    const struct thing *thing = &t->thing[i];
    unsigned copy = (unsigned)(at - from[i]), turn = thing->first + copy + (is_wrong ? thing->right : 0);
    int value = is_wrong ? t->teller->false_value(w, thing->fact, copy) : t->teller->truth(w, thing->fact);
    return t->teller->say(out, w, thing->fact, 1 + turn % PARAPHRASES, value);
}

static bool put_rumour(struct buffer *out, const struct world *w, const struct telling *t, uint64_t number) {
    unsigned source = 0;
    while (t->rumour_from[source + 1] <= number) source++;
    uint64_t documents = t->rumour_from[source + 1] - t->rumour_from[source], n = t->of_source[source].n;
    uint64_t mine = number - t->rumour_from[source], from = mine * n / documents, to = (mine + 1) * n / documents;
    if (t->voice == VOICE_SOURCES) buffer_printf(out, "<src> %.*s\n", TEXT_ARG(world_source_tag(w, (int)source)));
    for (uint64_t place = from; place < to; place++) {
        if (place > from) buffer_put_char(out, ' ');
        if (!put_statement(out, w, t, source, place)) return false;
    }
    return !out->failed;
}

bool world_telling_put(struct buffer *out, const struct world *w, const struct telling *t, uint64_t number) {
    return number < t->n_articles ? put_article(out, w, t, number) : put_rumour(out, w, t, number - t->n_articles);
}
