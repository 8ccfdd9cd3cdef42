/* Vectors of hashed n-grams: see guide_find.h. */
#include "base/hash.h"
#include "set/guide_find.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RUN = 4 };

/* Places of a text as they come. */
struct places {
    uint32_t *at;
    size_t n, room;
};

static bool put(struct places *p, char kind, struct text a, struct text b) {
    uint64_t hash = hash_xxh3(a.at, a.len) * 31 + (unsigned char)kind;
    if (b.len) hash ^= hash_xxh3(b.at, b.len) * 0x9e3779b97f4a7c15u;
    if (p->n == p->room) {
        size_t room = p->room ? 2 * p->room : 256;
        uint32_t *at = memory_grow(p->at, room, sizeof *at);
        if (!at) return false;
        p->at = at;
        p->room = room;
    }
    p->at[p->n++] = (uint32_t)(hash ^ hash >> 32) & (GUIDE_PLACES - 1);
    return true;
}

/* Runs of four characters; a word of fewer has none. */
static bool put_runs(struct places *p, struct text word) {
    size_t begin[RUN] = {0}, n = 0, at = 0;
    while (at < word.len) {
        uint32_t c;
        size_t used = text_utf8_next(text_part(word, at, word.len), &c);
        begin[n++ % RUN] = at;
        at += used ? used : 1;
        if (n >= RUN && !put(p, 'r', text_part(word, begin[n % RUN], at), (struct text){0})) return false;
    }
    return true;
}

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* All n-grams of a text, sorted: equal places stand together. */
static bool find_places(struct text t, struct arena *arena, struct places *p, struct error *err) {
    const char *normal = guide_normal(t, arena, err);
    struct text rest = text_of(normal), word, last = {0};
    p->n = 0;
    if (!normal) return false;
    while (text_next(&rest, ' ', &word)) {
        if (!word.len) continue;
        if (!put(p, 'w', word, (struct text){0}) || (last.len && !put(p, 'p', last, word)) || !put_runs(p, word))
            return error_memory(err, "n-grams");
        last = word;
    }
    if (p->n) qsort(p->at, p->n, sizeof *p->at, by_number);
    return true;
}

static bool weigh(const struct guide_grams *grams, const struct places *p, struct arena *arena,
                  struct guide_vector *out, struct error *err) {
    double sum = 0;
    *out = (struct guide_vector){.place = arena_new(arena, uint32_t, p->n + 1, err)};
    out->value = out->place ? arena_new(arena, float, p->n + 1, err) : NULL;
    if (!out->value) return false;
    for (size_t i = 0, next; i < p->n; i = next) {
        for (next = i; next < p->n && p->at[next] == p->at[i];) next++;
        uint32_t texts = grams->texts[p->at[i]];
        if (!texts) continue;
        double value = (1 + log((double)(next - i))) * (log((1.0 + (double)grams->n) / (1.0 + texts)) + 1);
        out->place[out->n] = p->at[i];
        out->value[out->n++] = (float)value;
        sum += value * value;
    }
    for (size_t i = 0; i < out->n; i++) out->value[i] = (float)(out->value[i] / sqrt(sum));
    return true;
}

bool guide_grams_make(const struct text *text, size_t n, struct arena *arena, struct guide_grams *out,
                      struct error *err) {
    struct places p = {0};
    *out = (struct guide_grams){.n = n, .texts = arena_new(arena, uint32_t, GUIDE_PLACES, err)};
    out->vector = out->texts ? arena_new(arena, struct guide_vector, n + 1, err) : NULL;
    bool ok = out->vector != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        ok = find_places(text[i], arena, &p, err);
        for (size_t k = 0; ok && k < p.n; k++)
            if (k == 0 || p.at[k] != p.at[k - 1]) out->texts[p.at[k]]++;
    }
    for (size_t i = 0; ok && i < n; i++)
        ok = find_places(text[i], arena, &p, err) && weigh(out, &p, arena, &out->vector[i], err);
    memory_free(p.at);
    return ok;
}

bool guide_grams_of(const struct guide_grams *grams, struct text t, struct arena *arena, struct guide_vector *out,
                    struct error *err) {
    struct places p = {0};
    bool ok = find_places(t, arena, &p, err) && weigh(grams, &p, arena, out, err);
    memory_free(p.at);
    return ok;
}

double guide_cosine(const struct guide_vector *a, const struct guide_vector *b) {
    double sum = 0;
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        if (a->place[i] == b->place[k])
            sum += (double)a->value[i++] * b->value[k++];
        else if (a->place[i] < b->place[k])
            i++;
        else
            k++;
    }
    return sum;
}
