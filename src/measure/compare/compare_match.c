/* Pairing the samples of two runs. A pair is one item (id, gold and row: its digest) asked in the same words; whether
 * the ask was told the item (scripts and replayed answers are) does not matter. Items that only one run has are named.
 */
#include "measure/compare/compare_internal.h"

#include "base/hash.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED = 3 };

struct seen {
    uint64_t key, position, sample, cluster;
    int64_t answer;
    double value;
    const char *item;
    bool answered, matched;
};

struct side {
    struct seen *rows;
    size_t n, capacity;
    struct arena *arena;
    const char *last; /* id of the last item: samples share it */
};

/* Of the item, what was asked and the sample. */
static bool key_of(const struct record_row *row, uint64_t *key, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    buffer_printf(&b, "%s\n%llu\n", row->item ? row->item : "", (unsigned long long)row->sample);
    if (row->messages) json_put_canonical(&b, row->messages);
    buffer_put_char(&b, '\n');
    if (row->want) json_put_canonical(&b, row->want);
    bool ok = buffer_check(&b, "ask", err);
    if (ok) *key = hash_xxh3(b.at, b.len);
    buffer_done(&b);
    return ok;
}

static bool see(void *context, const struct record_row *row, struct error *err) {
    struct side *side = context;
    if (side->n == side->capacity) {
        size_t wanted = 2 * side->capacity + 256;
        struct seen *rows = memory_grow(side->rows, wanted, sizeof *rows);
        if (!rows) return error_memory(err, "items to compare");
        side->rows = rows;
        side->capacity = wanted;
    }
    struct seen *s = &side->rows[side->n];
    *s = (struct seen){.position = row->position, .sample = row->sample, .answer = row->answer,
                       .value = row->value, .answered = row->answer != 0 && row->scored};
    if (!side->last || !text_equal_c(row->item_id, side->last)) side->last = text_copy(side->arena, row->item_id, err);
    s->item = side->last;
    struct text cluster = row->cluster.len ? row->cluster : text_of(row->item);
    s->cluster = hash_xxh3(cluster.at ? cluster.at : "", cluster.len);
    if (!s->item || !key_of(row, &s->key, err)) return false;
    side->n++;
    return true;
}

static int by_key(const void *a, const void *b) {
    const struct seen *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->position < y->position ? -1 : x->position > y->position;
}

static int by_base(const void *a, const void *b) {
    const struct compare_pair *x = a, *y = b;
    if (x->position[0] != y->position[0]) return x->position[0] < y->position[0] ? -1 : 1;
    return x->sample < y->sample ? -1 : x->sample > y->sample;
}

static int by_other(const void *a, const void *b, void *context) {
    const struct compare_pair *pairs = context, *x = &pairs[*(const size_t *)a], *y = &pairs[*(const size_t *)b];
    if (x->position[1] != y->position[1]) return x->position[1] < y->position[1] ? -1 : 1;
    return x->sample < y->sample ? -1 : x->sample > y->sample;
}

/* One answer, and one verdict on it. */
static bool is_one(const struct seen *a, const struct seen *b) {
    return a->answer == b->answer && (a->value == b->value || (isnan(a->value) && isnan(b->value)));
}

static void merge(struct compare_task *t, struct side sides[2]) {
    for (int s = 0; s < 2; s++)
        if (sides[s].n) qsort(sides[s].rows, sides[s].n, sizeof *sides[s].rows, by_key);
    for (size_t i = 0, j = 0; i < sides[0].n && j < sides[1].n;) {
        struct seen *a = &sides[0].rows[i], *b = &sides[1].rows[j];
        if (a->key != b->key) {
            if (a->key < b->key)
                i++;
            else
                j++;
            continue;
        }
        a->matched = b->matched = true;
        t->n_failed += !b->answered;
        t->unchanged = t->unchanged && is_one(a, b);
        t->pairs[t->n_pairs++] = (struct compare_pair){.position = {a->position, b->position},
                                                       .sample = a->sample,
                                                       .cluster = a->cluster,
                                                       .item = a->item,
                                                       .usable = a->answered && b->answered};
        i++, j++;
    }
}

/* "3 items of run 'a' are not in run 'b', asked in the same words: x, y, z" */
static size_t put_missing(const struct side *side, const char *mine, const char *other, struct buffer *out) {
    size_t n = 0;
    for (size_t i = 0; i < side->n; i++) n += !side->rows[i].matched;
    if (n == 0) return 0;
    buffer_printf(out, "%s%zu of the %zu samples of run '%s' are not in run '%s' with the same row and the same words:",
                  out->len ? "; " : "", n, side->n, mine, other);
    for (size_t i = 0, shown = 0; i < side->n && shown < NAMED; i++)
        if (!side->rows[i].matched) buffer_printf(out, "%s '%.60s'", shown++ ? "," : "", side->rows[i].item);
    if (n > NAMED) buffer_put_c(out, ", ...");
    return n;
}

static bool check_missing(struct compare_task *t, const struct side sides[2], struct error *err) {
    const char *a = t->out->runs[t->base].name, *b = t->out->runs[t->other].name;
    struct buffer said;
    buffer_init(&said, 900);
    size_t missing = put_missing(&sides[0], a, b, &said) + put_missing(&sides[1], b, a, &said);
    bool ok = true;
    if (missing && t->n_pairs && t->out->settings.lenient)
        ok = compare_note(t->out, err, "task '%s': %s; %zu pairs are compared", t->name, said.at ? said.at : "",
                          t->n_pairs);
    else if (missing)
        ok = error_set(err, ERROR_DATA, "task '%s': %s%s", t->name, said.at ? said.at : "",
                       t->n_pairs ? "; --lenient compares what both have" : "; there is nothing to compare");
    buffer_done(&said);
    return ok;
}

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool count_clusters(struct compare_task *t, struct error *err) {
    uint64_t *clusters = arena_new(t->arena, uint64_t, t->n_pairs + 1, err);
    if (!clusters) return false;
    for (size_t i = 0; i < t->n_pairs; i++)
        if (t->pairs[i].usable) clusters[t->n_usable++] = t->pairs[i].cluster;
    qsort(clusters, t->n_usable, sizeof *clusters, by_number);
    for (size_t i = 0; i < t->n_usable; i++) t->n_clusters += i == 0 || clusters[i] != clusters[i - 1];
    t->clustered = t->n_clusters < t->n_usable;
    size_t left = t->n_pairs - t->n_usable;
    return left == 0 ||
           compare_note(t->out, err, "task '%s': %zu of %zu pairs are left out, as an answer of '%s' or '%s' failed",
                        t->name, left, t->n_pairs, t->out->runs[t->base].name, t->out->runs[t->other].name);
}

bool compare_match(struct compare_task *t, struct error *err) {
    struct side sides[2] = {{.arena = t->arena}, {.arena = t->arena}};
    bool ok = true;
    for (int s = 0; ok && s < 2; s++)
        ok = record_rows(t->record, t->run[s], text_of(t->name), t->scorer, RECORD_WITH_ASKS, see, &sides[s], err);
    ok = ok && (t->pairs = arena_new(t->arena, struct compare_pair, sides[0].n + 1, err)) &&
         (t->order = arena_new(t->arena, size_t, sides[0].n + 1, err));
    if (ok) merge(t, sides);
    ok = ok && check_missing(t, sides, err);
    if (ok) {
        qsort(t->pairs, t->n_pairs, sizeof *t->pairs, by_base);
        for (size_t i = 0; i < t->n_pairs; i++) t->order[i] = i;
        qsort_r(t->order, t->n_pairs, sizeof *t->order, by_other, t->pairs);
        ok = count_clusters(t, err);
    }
    for (int s = 0; s < 2; s++) memory_free(sides[s].rows);
    return ok;
}

/* ---- walking */

struct walk {
    struct compare_task *task;
    compare_sink *sink;
    void *context;
    size_t at; /* how many pairs are behind */
    int side;
};

static bool step(void *context, const struct record_row *row, struct error *err) {
    struct walk *w = context;
    struct compare_task *t = w->task;
    for (; w->at < t->n_pairs; w->at++) {
        size_t pair = w->side ? t->order[w->at] : w->at;
        const struct compare_pair *p = &t->pairs[pair];
        if (p->position[w->side] > row->position || (p->position[w->side] == row->position && p->sample > row->sample))
            return true; /* a row that is in no pair */
        if (p->position[w->side] < row->position || p->sample < row->sample) continue;
        w->at++;
        return !p->usable || w->sink(w->context, pair, w->side, row, err);
    }
    return true;
}

bool compare_walk(struct compare_task *t, int flags, compare_sink *sink, void *context, struct error *err) {
    for (int side = 0; side < 2; side++) {
        struct walk w = {.task = t, .sink = sink, .context = context, .side = side};
        if (!record_rows(t->record, t->run[side], text_of(t->name), t->scorer, flags, step, &w, err)) return false;
    }
    return true;
}
