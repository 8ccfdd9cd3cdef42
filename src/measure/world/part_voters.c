/* Part `voters`: values with a hidden order, cards that say them, votes of simulated voters. See pocket/voters.yaml and
 * world_voters.h. It has no items: its truth is the file of votes. */
#include "measure/world/part_common.h"
#include "measure/world/world_voters.h"

#include <string.h>

enum {
    TEMPLATES = 24,
    SYNONYMS = 23,
    SKILLS = 4,
    EXPERTS = 5, /* every fifth voter is one */
    PERCENT = 100,
    LINE = 512,
    TRUTHS = VOTER_CARDS + VOTERS + VOTERS * VOTES_EACH
};
static const char *const says_names[] = {"upgrade", "no_upgrade", "not_sure"};

struct value {
    struct text title, topic, parent;
    uint8_t level;
    uint16_t author; /* a voter; experts write what is wise more often */
};
struct card {
    struct text policy[VOTER_POLICIES_MOST];
    size_t n;
};
struct voters {
    uint64_t unsure, yes, reversed, expert, skill[SKILLS]; /* of a hundred */
    struct text context[VOTER_CONTEXTS], title[VOTER_CARDS_EACH], template[TEMPLATES], synonym[SYNONYMS][2];
    struct value value[VOTER_VALUES];
    struct card card[VOTER_VALUES][VOTER_CARDS_EACH];
    uint8_t skill_of[VOTERS]; /* place in skill; SKILLS: an expert */
    struct world_vote vote[VOTERS * VOTES_EACH];
};

static const struct voters *voters_of(const struct world *w) {
    return world_state(w, &world_part_voters);
}

/* ---- words */

static bool read_percent(struct words_reader *r, const struct yaml *node, uint64_t *out) {
    if (!node) return false;
    return (text_to_u64(node->scalar, out) && *out <= PERCENT) || yaml_error(node, r->err, "expected 0 to 100");
}

static bool read_numbers(struct words_reader *r, const struct yaml *root, struct voters *s) {
    const struct yaml *skills = part_sequence(r, root, "skills", SKILLS);
    for (size_t i = 0; skills && i < SKILLS; i++)
        if (!read_percent(r, skills->child[i], &s->skill[i])) return false;
    return skills && read_percent(r, words_member(r, root, "unsure"), &s->unsure) &&
           read_percent(r, words_member(r, root, "yes"), &s->yes) &&
           read_percent(r, words_member(r, root, "reversed"), &s->reversed) &&
           read_percent(r, words_member(r, root, "expert"), &s->expert);
}

static bool read_synonyms(struct words_reader *r, const struct yaml *root, struct voters *s) {
    const struct yaml *list = part_sequence(r, root, "synonyms", SYNONYMS);
    for (size_t i = 0; list && i < SYNONYMS; i++) {
        const struct yaml *pair = list->child[i];
        if (pair->kind != YAML_SEQUENCE || pair->n != 2) return yaml_error(pair, r->err, "expected two words");
        for (size_t k = 0; k < 2; k++)
            if (!words_text(r, pair->child[k], "", &s->synonym[i][k])) return false;
    }
    return list != NULL;
}

static bool read_values(struct words_reader *r, const struct yaml *root, struct voters *s) {
    const struct yaml *list = part_sequence(r, root, "values", VOTER_VALUES);
    for (size_t i = 0; list && i < VOTER_VALUES; i++)
        if (!words_text_of(r, list->child[i], "title", "", &s->value[i].title) ||
            !words_text_of(r, list->child[i], "topic", "", &s->value[i].topic) ||
            !words_text_of(r, list->child[i], "parent", "", &s->value[i].parent))
            return false;
    return list != NULL;
}

/* ---- cards */

/* The template about the topic, a word of it by its synonym where the coin says so. */
static bool put_policy(struct buffer *out, const struct voters *s, struct text template, struct text topic,
                       bool other) {
    struct text rest = template, word;
    bool first = true;
    while (text_next(&rest, ' ', &word)) {
        if (!first) buffer_put_char(out, ' ');
        first = false;
        for (size_t i = 0; other && i < SYNONYMS; i++)
            if (text_equal(word, s->synonym[i][0])) {
                word = s->synonym[i][1];
                break;
            }
        buffer_put_text(out, text_equal_c(word, "$T") ? topic : word);
    }
    return !out->failed;
}

static bool keep(struct buffer *b, struct arena *arena, struct text *out, struct error *err) {
    const char *copy = buffer_check(b, "policy", err) ? text_copy(arena, buffer_text(b), err) : NULL;
    *out = (struct text){copy, b->len};
    buffer_clear(b);
    return copy != NULL;
}

/* The first card has the templates as they were drawn; the others turn them round and say about half with synonyms. */
static bool draw_cards(struct world *w, struct voters *s, size_t value, struct buffer *b, struct error *err) {
    struct rng rng = world_stream(w, "voters/cards", 0, value);
    size_t chosen[TEMPLATES], n = VOTER_POLICIES_LEAST;
    n += rng_below(&rng, VOTER_POLICIES_MOST - VOTER_POLICIES_LEAST + 1);
    for (size_t i = 0; i < TEMPLATES; i++) chosen[i] = i;
    rng_shuffle(&rng, chosen, TEMPLATES);
    for (size_t c = 0; c < VOTER_CARDS_EACH; c++) {
        struct card *card = &s->card[value][c];
        size_t turn = c ? rng_below(&rng, n) : 0;
        card->n = n;
        for (size_t i = 0; i < n; i++) {
            bool other = c && rng_below(&rng, 2);
            put_policy(b, s, s->template[chosen[(i + turn) % n]], s -> value[value].topic, other);
            if (!keep(b, &w->arena, &card->policy[i], err)) return false;
        }
    }
    return true;
}

/* ---- voters and votes */

static uint64_t skill_of(const struct voters *s, size_t voter) {
    uint8_t skill = s->skill_of[voter % VOTERS];
    return skill == SKILLS ? s->expert : s->skill[skill];
}

/* One of the words' hundred, as a coin. */
static bool falls(struct rng *rng, uint64_t of_hundred) {
    return rng_below(rng, PERCENT) < of_hundred;
}

static uint8_t say(const struct voters *s, const struct world_vote *v, uint64_t yes, struct rng *rng) {
    bool wiser = s->value[v->to].level > s->value[v->from].level;
    if (falls(rng, s->unsure)) return 2;
    if (falls(rng, yes)) return 0;
    return falls(rng, skill_of(s, v->voter)) == wiser ? 0 : 1;
}

/* The pairs of places of a context. */
static const uint8_t pairs[][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
enum { PAIRS = sizeof pairs / sizeof *pairs };

static struct world_vote show(const struct voters *s, size_t voter, size_t pair, uint64_t reversed, struct rng *rng) {
    size_t context = voter % VOTER_CONTEXTS, a = context * VOTER_VALUES_EACH + pairs[pair][0];
    size_t b = context * VOTER_VALUES_EACH + pairs[pair][1];
    bool up = (s->value[b].level > s->value[a].level) != falls(rng, reversed);
    return (struct world_vote){.voter = (uint32_t)voter,
                               .from = (uint8_t)(up ? a : b),
                               .to = (uint8_t)(up ? b : a),
                               .context = (uint8_t)context};
}

/* Each voter has one context, and sees pairs of it in a drawn order. */
static void draw_votes(const struct world *w, const struct voters *s, const struct world_voting *voting,
                       struct world_vote *out) {
    uint64_t yes = voting->yes > PERCENT ? s->yes : voting->yes;
    uint64_t reversed = voting->reversed > PERCENT ? s->reversed : voting->reversed;
    for (size_t i = 0; i < voting->voters; i++) {
        struct rng rng = world_stream(w, "voters/votes", voting->draw, i);
        size_t pair[PAIRS];
        for (size_t k = 0; k < PAIRS; k++) pair[k] = k;
        rng_shuffle(&rng, pair, PAIRS);
        for (size_t k = 0; k < voting->votes_each && k < PAIRS; k++) {
            struct world_vote v = show(s, i, pair[k], reversed, &rng);
            v.says = say(s, &v, yes, &rng);
            *out++ = v;
        }
    }
}

/* A hidden order of each context, in which the last of the file is always the wisest: it holds what the others want. */
static void draw_order(const struct world *w, struct voters *s) {
    for (size_t c = 0; c < VOTER_CONTEXTS; c++) {
        struct rng rng = world_stream(w, "voters/order", 0, c);
        size_t level[VOTER_VALUES_EACH - 1] = {0, 1, 2};
        rng_shuffle(&rng, level, VOTER_VALUES_EACH - 1);
        for (size_t i = 0; i < VOTER_VALUES_EACH; i++)
            s->value[c * VOTER_VALUES_EACH + i].level = (uint8_t)(i + 1 < VOTER_VALUES_EACH ? level[i] : i);
    }
}

/* Who wrote a value: an expert with 20, 40, 60, 80 of a hundred by its level. */
static void draw_people(const struct world *w, struct voters *s) {
    struct rng rng = world_stream(w, "voters/people", 0, 0);
    for (size_t i = 0; i < VOTERS; i++) s->skill_of[i] = i % EXPERTS == 0 ? SKILLS : (uint8_t)rng_below(&rng, SKILLS);
    for (size_t v = 0; v < VOTER_VALUES; v++) {
        bool expert = falls(&rng, 20 * (1 + (uint64_t)s->value[v].level));
        size_t other = rng_below(&rng, VOTERS / EXPERTS) * EXPERTS;
        s->value[v].author = (uint16_t)(expert ? other : other + 1 + rng_below(&rng, EXPERTS - 1));
    }
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct voters *s = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "voters.yaml");
    struct buffer b;
    if (!root || !read_numbers(&r, root, s) || !read_synonyms(&r, root, s) || !read_values(&r, root, s) ||
        !words_texts(&r, root, "contexts", "", s->context, VOTER_CONTEXTS) ||
        !words_texts(&r, root, "titles", "V", s->title, VOTER_CARDS_EACH) ||
        !words_texts(&r, root, "templates", "T", s->template, TEMPLATES))
        return false;
    draw_order(w, s);
    draw_people(w, s);
    draw_votes(w, s, &(struct world_voting){VOTERS, VOTES_EACH, PERCENT + 1, PERCENT + 1, 0}, s->vote);
    buffer_init(&b, LINE);
    bool ok = true;
    for (size_t v = 0; ok && v < VOTER_VALUES; v++) ok = draw_cards(w, s, v, &b, err);
    buffer_done(&b);
    return ok;
}

void world_votes(const struct world *w, const struct world_voting *voting, struct world_vote *out) {
    draw_votes(w, voters_of(w), voting, out);
}

unsigned world_value_level(const struct world *w, size_t value) {
    return voters_of(w)->value[value].level;
}

struct text world_voter_context(const struct world *w, size_t context) {
    return voters_of(w)->context[context];
}

size_t world_card_policies(const struct world *w, size_t value, size_t card, const struct text **policies) {
    const struct card *c = &voters_of(w)->card[value][card];
    *policies = c->policy;
    return c->n;
}

/* ---- truth: values (each the first of its cards), the other cards, voters, votes */

static size_t rows(const struct world *w) {
    (void)w;
    return TRUTHS;
}

static void put_title(struct buffer *out, const struct voters *s, size_t value, size_t card) {
    struct text title = s->title[card];
    size_t at = text_find(title, TEXT("$V"), 0);
    struct buffer b;
    buffer_init(&b, LINE);
    buffer_put_text(&b, text_part(title, 0, at));
    buffer_put_text(&b, s->value[value].title);
    buffer_put_text(&b, text_part(title, at + 2, title.len));
    world_put_pair(out, "title", buffer_text(&b));
    buffer_done(&b);
}

static bool put_card(struct buffer *out, const struct voters *s, size_t row) {
    size_t value = row % VOTER_VALUES, card = row / VOTER_VALUES;
    const struct value *v = &s->value[value];
    world_put_pair(out, "kind", card ? TEXT("card") : TEXT("value"));
    put_title(out, s, value, card);
    world_put_key(out, "policies");
    for (size_t i = 0; i < s->card[value][card].n; i++) {
        buffer_put_c(out, i ? "," : "[");
        json_put_string(out, s->card[value][card].policy[i]);
    }
    buffer_put_char(out, ']');
    world_put_pair(out, "context", s->context[value / VOTER_VALUES_EACH]);
    if (card) return buffer_printf(out, ",\"of\":\"wv%04zu\"}", value);
    world_put_pair(out, "parent", v->parent);
    return buffer_printf(out, ",\"level\":%u,\"author\":\"wv%04u\",\"expert\":%s}", v->level, VOTER_CARDS + v->author,
                         v->author % EXPERTS == 0 ? "true" : "false");
}

static bool put_row(struct buffer *out, const struct world *w, size_t row) {
    const struct voters *s = voters_of(w);
    part_put_id(out, "wv", 4, row);
    if (row < VOTER_CARDS) return put_card(out, s, row);
    if ((row -= VOTER_CARDS) < VOTERS)
        return buffer_printf(out, ",\"kind\":\"voter\",\"skill\":%llu,\"expert\":%s,\"simulated\":true}",
                             (unsigned long long)skill_of(s, row), s->skill_of[row] == SKILLS ? "true" : "false");
    const struct world_vote *v = &s->vote[row - VOTERS];
    world_put_pair(out, "kind", TEXT("vote"));
    buffer_printf(out, ",\"voter\":\"wv%04u\",\"from\":\"wv%04u\",\"to\":\"wv%04u\"", VOTER_CARDS + v->voter, v->from,
                  v->to);
    world_put_pair(out, "context", s->context[v->context]);
    return buffer_printf(out, ",\"rel\":\"%s\",\"simulated\":true}", says_names[v->says]);
}

static size_t find(const struct world *w, struct text id) {
    (void)w;
    return part_row(id, "wv", 4, TRUTHS);
}

const struct world_part world_part_voters = {.name = "voters",
                                             .version = 1,
                                             .words = true,
                                             .later = true,
                                             .state_size = sizeof(struct voters),
                                             .draw = draw,
                                             .rows = rows,
                                             .put_row = put_row,
                                             .find = find};
