/* Rows of votes or counts, put in order: see moral_internal.h. */
#include "set/moral_internal.h"

#include <stdlib.h>
#include <string.h>

const char *const moral_says_names[MORAL_SAYS] = {"upgrade", "no_upgrade", "not_sure"};

bool moral_bad(struct moral_place at, const char *what, struct error *err) {
    return error_set(err, ERROR_DATA, "%s:%zu: column '%s': %s", at.file, at.line, at.column, what);
}

/* ---- gathering ---- */

void moral_gather_init(struct moral_gather *g, struct arena *arena) {
    *g = (struct moral_gather){.arena = arena};
    text_set_init(&g->value, MORAL_VALUES_MOST);
    text_set_init(&g->context, MORAL_CONTEXTS_MOST);
    text_set_init(&g->voter, MORAL_VOTES_MOST);
}

void moral_gather_done(struct moral_gather *g) {
    text_set_done(&g->value);
    text_set_done(&g->context);
    text_set_done(&g->voter);
    memory_free(g->about);
    memory_free(g->row);
    *g = (struct moral_gather){0};
}

bool moral_gather_text(struct moral_gather *g, struct text_set *set, struct text t, struct moral_place at,
                       uint32_t *number, struct error *err) {
    t = text_trim(t);
    if (!t.len) return moral_bad(at, "is empty", err);
    if (t.len > MORAL_ID_MOST) return moral_bad(at, "is longer than 256 bytes", err);
    if (text_utf8_invalid(t) != SIZE_MAX) return moral_bad(at, "is no valid UTF-8", err);
    return text_set_add(set, t, g->arena, number, err) ||
           error_wrap(err, "%s:%zu: column '%s'", at.file, at.line, at.column);
}

bool moral_gather_row(struct moral_gather *g, struct moral_row row, struct error *err) {
    if (g->n == MORAL_VOTES_MOST) return error_set(err, ERROR_DATA, "more than %d votes", MORAL_VOTES_MOST);
    if (g->n == g->room) {
        size_t room = g->room ? 2 * g->room : 1024;
        struct moral_row *rows = memory_grow(g->row, room, sizeof *rows);
        if (!rows) return error_memory(err, "votes");
        g->row = rows;
        g->room = room;
    }
    g->row[g->n++] = row;
    return true;
}

bool moral_gather_about(struct moral_gather *g, uint32_t value, const struct moral_value *about, struct error *err) {
    if (value >= g->about_room) {
        size_t room = 2 * (size_t)value + 64;
        struct moral_value *at = memory_grow(g->about, room, sizeof *at);
        if (!at) return error_memory(err, "values");
        memset(at + g->about_room, 0, (room - g->about_room) * sizeof *at);
        g->about = at;
        g->about_room = room;
    }
    g->about[value] = *about;
    return true;
}

/* ---- order of texts ---- */

struct ordered {
    const char *text;
    uint32_t number;
};

/* A shorter one first, then by bytes: numbers stand in their order. */
static int by_id(const void *a, const void *b) {
    const char *x = ((const struct ordered *)a)->text, *y = ((const struct ordered *)b)->text;
    size_t n = strlen(x), m = strlen(y);
    return n != m ? (n > m) - (n < m) : memcmp(x, y, n);
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(((const struct ordered *)a)->text, ((const struct ordered *)b)->text);
}

/* place[number] of each text that is used; the others get UINT32_MAX. */
static bool put_in_order(const struct text_set *set, const bool *used, int (*compare)(const void *, const void *),
                         struct arena *arena, const char ***text, size_t *n, uint32_t **place, struct error *err) {
    struct ordered *list = memory_alloc((set->n + 1) * sizeof *list);
    *n = 0;
    *place = arena_new(arena, uint32_t, set->n + 1, err);
    *text = *place ? arena_new(arena, const char *, set->n + 1, err) : NULL;
    bool ok = (list || error_memory(err, "texts")) && *text;
    for (size_t i = 0; ok && i < set->n; i++) {
        (*place)[i] = UINT32_MAX;
        if (used[i]) list[(*n)++] = (struct ordered){set->text[i], (uint32_t)i};
    }
    if (ok && *n) qsort(list, *n, sizeof *list, compare);
    for (size_t i = 0; ok && i < *n; i++) {
        (*text)[i] = list[i].text;
        (*place)[list[i].number] = (uint32_t)i;
    }
    memory_free(list);
    return ok;
}

/* ---- rows in order ---- */

/* A row whose values and context are places. */
struct sorted {
    uint32_t a, b, context, voter, n, at;
    uint8_t back, says;
};

/* Goes on where both are the same. */
#define BY(field)                                                                                                      \
    if (x->field != y->field) return x->field < y->field ? -1 : 1

static int by_voter(const void *p, const void *q) {
    const struct sorted *x = p, *y = q;
    BY(voter);
    BY(a);
    BY(b);
    BY(back);
    return x->at < y->at ? -1 : 1;
}

static int by_pair(const void *p, const void *q) {
    const struct sorted *x = p, *y = q;
    BY(a);
    BY(b);
    BY(context);
    return x->at < y->at ? -1 : 1;
}

static int by_context(const void *p, const void *q) {
    const struct moral_vote *x = p, *y = q;
    BY(context);
    BY(pair);
    BY(voter);
    return x->back < y->back ? -1 : x->back > y->back;
}

/* Of the votes of one voter on one ordered pair the last stays. */
static size_t drop_repeated(struct sorted *row, size_t n, uint64_t *repeated) {
    size_t kept = 0;
    qsort(row, n, sizeof *row, by_voter);
    for (size_t i = 0; i < n; i++) {
        const struct sorted *x = &row[i], *next = i + 1 < n ? x + 1 : NULL;
        bool again = next && next->voter == x->voter && next->a == x->a && next->b == x->b && next->back == x->back;
        if (again)
            ++*repeated;
        else
            row[kept++] = *x;
    }
    return kept;
}

static bool make_pairs(struct sorted *row, size_t n, struct arena *arena, struct moral *out, struct error *err) {
    qsort(row, n, sizeof *row, by_pair);
    for (size_t i = 0; i < n; i++) out->n_pairs += i == 0 || row[i].a != row[i - 1].a || row[i].b != row[i - 1].b;
    out->pair = arena_new(arena, struct moral_pair, out->n_pairs + 1, err);
    out->pair_context = arena_new(arena, uint32_t, n + 1, err);
    if (!out->pair || !out->pair_context) return false;
    size_t pairs = 0, contexts = 0;
    for (size_t i = 0; i < n; i++) {
        bool first = i == 0 || row[i].a != row[i - 1].a || row[i].b != row[i - 1].b;
        if (first)
            out->pair[pairs++] = (struct moral_pair){.a = row[i].a, .b = row[i].b, .context = (uint32_t)contexts};
        struct moral_pair *p = &out->pair[pairs - 1];
        if (first || row[i].context != row[i - 1].context) {
            out->pair_context[contexts++] = row[i].context;
            p->n_contexts++;
        }
        uint64_t sum = (uint64_t)p->votes[row[i].back][row[i].says] + row[i].n;
        if (sum > INT32_MAX) return error_set(err, ERROR_DATA, "more than 2^31 votes on a pair");
        p->votes[row[i].back][row[i].says] = (uint32_t)sum;
    }
    return true;
}

static bool make_votes(const struct sorted *row, size_t n, struct arena *arena, struct moral *out, struct error *err) {
    size_t pair = 0;
    out->vote = arena_new(arena, struct moral_vote, n + 1, err);
    if (!out->vote) return false;
    for (size_t i = 0; i < n; i++) {
        if (i && (row[i].a != row[i - 1].a || row[i].b != row[i - 1].b)) pair++;
        out->vote[out->n_votes++] = (struct moral_vote){.voter = row[i].voter,
                                                        .pair = (uint32_t)pair,
                                                        .context = row[i].context,
                                                        .back = row[i].back,
                                                        .says = row[i].says};
    }
    if (n) qsort(out->vote, n, sizeof *out->vote, by_context);
    return true;
}

/* Voters are numbered anew in the order of their votes by value, so that nothing hangs on the order of the rows. */
static bool number_voters(struct moral_gather *g, struct moral *out, struct error *err) {
    bool *used = arena_new(g->arena, bool, g->voter.n + 1, err);
    uint32_t *place;
    const char **text;
    if (!used) return false;
    for (size_t i = 0; i < out->n_votes; i++) used[out->vote[i].voter] = true;
    if (!put_in_order(&g->voter, used, by_id, g->arena, &text, &out->n_voters, &place, err)) return false;
    for (size_t i = 0; i < out->n_votes; i++) out->vote[i].voter = place[out->vote[i].voter];
    return true;
}

/* ---- all of it ---- */

static bool only_known(const struct moral_gather *g, const char *only, uint32_t *context, struct error *err) {
    *context = only ? text_set_find(&g->context, text_of(only)) : UINT32_MAX;
    if (!only || *context != UINT32_MAX) return true;
    const char *near = text_nearest(text_of(only), g->context.text, g->context.n);
    return error_set(err, ERROR_USAGE, "--only: no vote has the context '%s'%s%s%s", only,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Rows with places of values for numbers; the values that are used are known after it. */
static bool use_rows(struct moral_gather *g, uint32_t only, struct moral *out, uint32_t **place, struct sorted *row,
                     size_t *n, struct error *err) {
    bool *value = arena_new(g->arena, bool, g->value.n + 1, err);
    bool *context = value ? arena_new(g->arena, bool, g->context.n + 1, err) : NULL;
    uint32_t *places;
    if (!context) return false;
    for (size_t i = 0; i < g->n; i++) {
        if (only != UINT32_MAX && g->row[i].context != only) continue;
        value[g->row[i].from] = value[g->row[i].to] = context[g->row[i].context] = true;
    }
    const char **id;
    if (!put_in_order(&g->value, value, by_id, g->arena, &id, &out->n_values, place, err) ||
        !put_in_order(&g->context, context, by_bytes, g->arena, &out->context, &out->n_contexts, &places, err))
        return false;
    out->value = arena_new(g->arena, struct moral_value, out->n_values + 1, err);
    if (!out->value) return false;
    for (size_t i = 0; i < g->value.n; i++) {
        if ((*place)[i] == UINT32_MAX) continue;
        struct moral_value *v = &out->value[(*place)[i]];
        if (i < g->about_room) *v = g->about[i];
        v->id = id[(*place)[i]];
        if (!v->title) v->title = "";
    }
    for (size_t i = 0; i < g->n; i++) {
        const struct moral_row *r = &g->row[i];
        if (only != UINT32_MAX && r->context != only) continue;
        uint32_t from = (*place)[r->from], to = (*place)[r->to];
        row[(*n)++] = (struct sorted){.a = from < to ? from : to,
                                      .b = from < to ? to : from,
                                      .context = places[r->context],
                                      .voter = r->voter,
                                      .n = r->n,
                                      .at = (uint32_t)i,
                                      .back = from > to,
                                      .says = r->says};
    }
    return true;
}

bool moral_build(struct moral_gather *g, const char *only, struct moral *out, uint32_t **place_of_value,
                 struct error *err) {
    uint32_t context, *place;
    size_t n = 0;
    *out = (struct moral){.counts = g->counts, .simulated = g->simulated};
    if (!only_known(g, only, &context, err)) return false;
    struct sorted *row = memory_alloc((g->n + 1) * sizeof *row);
    bool ok = (row || error_memory(err, "votes")) && use_rows(g, context, out, &place, row, &n, err);
    if (ok && !g->counts) n = drop_repeated(row, n, &out->repeated);
    ok = ok && make_pairs(row, n, g->arena, out, err) &&
         (g->counts || (make_votes(row, n, g->arena, out, err) && number_voters(g, out, err)));
    memory_free(row);
    for (size_t i = 0; ok && i < out->n_pairs; i++) out->n_ordered += 2;
    if (ok && place_of_value) *place_of_value = place;
    return ok;
}

struct moral_pair *moral_pair_find(const struct moral *m, uint32_t from, uint32_t to, uint8_t *back) {
    uint32_t a = from < to ? from : to, b = from < to ? to : from;
    size_t low = 0, high = m->n_pairs;
    *back = from > to;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct moral_pair *p = &m->pair[mid];
        if (p->a == a && p->b == b) return &m->pair[mid];
        if (p->a < a || (p->a == a && p->b < b))
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}
