/* Merging cards: see cards.h. */
#include "set/cards.h"

#include "base/csv.h"
#include "set/guide_find.h"
#include "set/moral_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 1 << 28 };

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The policies in their order by bytes, a line each. */
static const char *text_of_card(const struct moral_value *v, struct arena *arena, struct error *err) {
    const char **policy = arena_new(arena, const char *, v->n_policies + 1, err), *text = NULL;
    struct buffer b;
    if (!policy) return NULL;
    for (size_t i = 0; i < v->n_policies; i++) policy[i] = v->policies[i];
    if (v->n_policies) qsort(policy, v->n_policies, sizeof *policy, by_bytes);
    buffer_init(&b, 1 << 20);
    if (!v->n_policies) buffer_put_c(&b, v->title);
    for (size_t i = 0; i < v->n_policies; i++) buffer_printf(&b, "%s\n", policy[i]);
    if (buffer_check(&b, "card", err)) text = text_copy(arena, buffer_text(&b), err);
    buffer_done(&b);
    return text;
}

static bool read_card(struct cards *cards, struct moral_place at, json_t *row, struct text_set *ids,
                      struct arena *arena, struct error *err) {
    struct card *c = &cards->card[cards->n];
    struct moral_value value;
    struct text id;
    uint32_t number;
    if (!json_is_object(row)) return error_set(err, ERROR_DATA, "%s:%zu: expected an object", at.file, at.line);
    if (!moral_json_text(row, "id", arena, &id, err)) return false;
    if (!id.len) return moral_bad(at, "is empty", err);
    if (!text_set_add(ids, id, arena, &number, err)) return false;
    if (number != cards->n) return moral_bad(at, "stands twice", err);
    if (!moral_card_read(row, at, arena, &value, err)) return false;
    at.column = "title";
    if (!value.title[0]) return moral_bad(at, "is empty", err);
    *c = (struct card){.id = ids->text[number],
                       .title = value.title,
                       .text = text_of_card(&value, arena, err),
                       .row = row,
                       .line = at.line,
                       .canonical = cards->n,
                       .likeness = NAN};
    cards->n++;
    return c->text != NULL;
}

/* What a card says of itself; all ids are known by then. */
static bool read_canonical(struct cards *cards, size_t i, const char *path, const struct text_set *ids,
                           struct arena *arena, struct error *err) {
    struct moral_place at = {path, cards->card[i].line, "canonical"};
    struct text id;
    if (!moral_json_text(cards->card[i].row, "canonical", arena, &id, err)) return false;
    if (!id.len) return true;
    uint32_t number = text_set_find(ids, id);
    if (number == UINT32_MAX) return moral_bad(at, "there is no such card", err);
    cards->card[i].canonical = number;
    return true;
}

/* What a card says is the same as another one, which may say so too: each comes to name the last one. A card is never
 * the same as one that is the same as it. */
static bool follow_canonical(struct cards *cards, const char *path, struct error *err) {
    for (size_t i = 0; i < cards->n; i++) {
        size_t at = cards->card[i].canonical, steps = 0;
        while (cards->card[at].canonical != at && ++steps <= cards->n) at = cards->card[at].canonical;
        if (steps > cards->n)
            return moral_bad((struct moral_place){path, cards->card[i].line, "canonical"}, "leads round in a circle",
                             err);
        cards->card[i].canonical = at;
    }
    return true;
}

/* A file may hold rows of other kinds (votes). */
static bool is_card(const json_t *row) {
    struct text kind = json_text(json_object_get(row, "kind"));
    return !kind.len || text_equal_c(kind, "value") || text_equal_c(kind, "card");
}

bool cards_read(const char *path, struct arena *arena, struct cards *out, struct error *err) {
    struct text_set ids;
    *out = (struct cards){.rows = json_read_list(path, FILE_MOST, err)};
    size_t n = json_array_size(out->rows);
    bool ok = out->rows && (n <= CARDS_MOST || error_set(err, ERROR_DATA, "%s: more than %d cards", path, CARDS_MOST));
    text_set_init(&ids, CARDS_MOST);
    out->card = ok ? arena_new(arena, struct card, n + 1, err) : NULL;
    ok = out->card != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        json_t *row = json_array_get(out->rows, i);
        if (is_card(row)) ok = read_card(out, (struct moral_place){path, i + 1, "id"}, row, &ids, arena, err);
    }
    for (size_t i = 0; ok && i < out->n; i++) ok = read_canonical(out, i, path, &ids, arena, err);
    ok = ok && follow_canonical(out, path, err);
    text_set_done(&ids);
    if (!ok) cards_done(out);
    return ok;
}

void cards_done(struct cards *cards) {
    json_decref(cards->rows);
    *cards = (struct cards){0};
}

/* ---- merging ---- */

/* The nearest earlier card that stands for itself; SIZE_MAX: none. */
static size_t nearest(const struct cards *cards, const struct guide_grams *grams, size_t card, double *likeness) {
    size_t best = SIZE_MAX;
    *likeness = -1;
    for (size_t i = 0; i < card; i++) {
        if (cards->card[i].canonical != i) continue;
        double x = guide_cosine(&grams->vector[i], &grams->vector[card]);
        if (x <= *likeness) continue;
        *likeness = x;
        best = i;
    }
    return best;
}

bool cards_merge(struct cards *cards, double tau, cards_ask *ask, void *context, struct arena *arena, size_t *refused,
                 struct error *err) {
    struct text *text = arena_new(arena, struct text, cards->n + 1, err);
    struct guide_grams grams;
    *refused = 0;
    if (!text) return false;
    for (size_t i = 0; i < cards->n; i++) text[i] = text_of(cards->card[i].text);
    if (!guide_grams_make(text, cards->n, arena, &grams, err)) return false;
    for (size_t i = 0; i < cards->n; i++) {
        struct card *c = &cards->card[i];
        bool said = json_object_get(c->row, "canonical") != NULL, yes = true;
        double likeness;
        size_t into = said ? SIZE_MAX : nearest(cards, &grams, i, &likeness);
        if (into == SIZE_MAX || likeness < tau) continue;
        if (ask && !ask(context, cards, i, into, likeness, &yes, err)) return false;
        *refused += !yes;
        if (!yes) continue;
        c->canonical = into;
        c->likeness = likeness;
    }
    for (size_t i = 0; i < cards->n; i++) /* who named one that was merged goes with it */
        cards->card[i].canonical = cards->card[cards->card[i].canonical].canonical;
    return true;
}

/* ---- merges that were made elsewhere ---- */

struct merging {
    struct text_set card, canonical;
    uint32_t *row; /* number of the canonical card of each row */
    size_t room;
};

static bool take_merge(struct merging *m, struct text card, struct text canonical, const char *path, size_t line,
                       struct arena *arena, struct error *err) {
    uint32_t number, into;
    struct moral_place at = {path, line, card.len ? "canonical_id" : "card_id"};
    if (!card.len || !canonical.len) return moral_bad(at, "is empty", err);
    size_t before = m->card.n;
    if (!text_set_add(&m->card, card, arena, &number, err) ||
        !text_set_add(&m->canonical, canonical, arena, &into, err))
        return false;
    at.column = "card_id";
    if (number < before) return moral_bad(at, "stands twice", err);
    if (m->card.n > m->room) {
        size_t room = 2 * m->card.n + 64;
        uint32_t *row = memory_grow(m->row, room, sizeof *row);
        if (!row) return error_memory(err, "merges");
        m->row = row;
        m->room = room;
    }
    m->row[number] = into;
    return true;
}

static bool put_merges(const struct merging *m, struct arena *arena, struct card_merges *out, struct error *err) {
    out->n = m->card.n;
    out->n_canonical = m->canonical.n;
    out->card = arena_new(arena, const char *, out->n + 1, err);
    out->canonical = out->card ? arena_new(arena, const char *, out->n + 1, err) : NULL;
    size_t *count = out->canonical ? arena_new(arena, size_t, out->n_canonical + 1, err) : NULL;
    if (!count) return false;
    for (size_t i = 0; i < out->n; i++) {
        out->card[i] = m->card.text[i];
        out->canonical[i] = m->canonical.text[m->row[i]];
        if (++count[m->row[i]] > out->largest) out->largest = count[m->row[i]];
    }
    return true;
}

bool cards_read_merges(const char *path, struct arena *arena, struct card_merges *out, struct error *err) {
    struct csv *csv = csv_open(path, ',', true, err);
    struct merging m = {0};
    size_t card = csv ? csv_column(csv, "card_id") : 0, canonical = csv ? csv_column(csv, "canonical_id") : 0, line;
    const struct text *fields;
    int more = 0;
    bool ok = csv && ((card != SIZE_MAX && canonical != SIZE_MAX) ||
                      error_set(err, ERROR_DATA, "%s:1: expected the columns card_id, canonical_id", path));
    *out = (struct card_merges){0};
    text_set_init(&m.card, 1 << 24);
    text_set_init(&m.canonical, 1 << 24);
    while (ok && (more = csv_next(csv, &fields, &line, err)) > 0)
        ok = take_merge(&m, text_trim(fields[card]), text_trim(fields[canonical]), path, line, arena, err);
    ok = ok && more == 0 && put_merges(&m, arena, out, err);
    csv_close(csv);
    text_set_done(&m.card);
    text_set_done(&m.canonical);
    memory_free(m.row);
    return ok;
}
