/* QUIP, spans and sentences: see quote_score.h. */
#include "quote/quote_score.h"

#include "base/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const quote_state_names[] = {"scored", "too short", "invalid UTF-8", "binary"};

struct text quote_span_text(const struct quote_text *t, struct quote_span span) {
    return text_part(t->text, t->at[span.from], t->at[span.to]);
}

struct quote_span quote_span_origin(const struct quote_text *t, struct quote_span span) {
    size_t end = span.to ? span.to - 1 : 0;
    uint32_t c;
    if (span.to == span.from) return (struct quote_span){t->from[span.from], t->from[span.from]};
    /* The last character ends where it ends, not where the next begins: white space between them may be longer. */
    size_t len = text_utf8_next(text_part(t->text, t->at[end], t->text.len), &c);
    size_t to = quote_is_blank(c) ? t->from[span.to] : t->from[end] + len;
    return (struct quote_span){t->from[span.from], to};
}

/* ---- windows ---- */

/* Runs of members, and what is counted over them. */
static bool find_spans(struct quote_score *s, size_t w, struct arena *arena, struct error *err) {
    size_t runs = 0, reached = 0;
    for (size_t i = 0; i < s->windows; i++) runs += s->yes[i] && (i == 0 || !s->yes[i - 1]);
    struct quote_span *spans = arena_new(arena, struct quote_span, runs + 1, err);
    if (!spans) return false;
    for (size_t i = 0; i < s->windows; i++) {
        if (!s->yes[i]) continue;
        size_t from = i;
        while (i < s->windows && s->yes[i]) i++;
        size_t end = i - 1 + w, length = i - from;
        spans[s->n_spans++] = (struct quote_span){from, end};
        s->members += length;
        s->covered += end - (from > reached ? from : reached);
        reached = end;
        if (length > s->longest_windows) s->longest_windows = length, s->longest_characters = end - from;
    }
    s->spans = spans;
    return true;
}

static int compare_hashes(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool count_repeated(struct quote_score *s, size_t w, struct arena *arena, struct error *err) {
    uint64_t *hashes = arena_new(arena, uint64_t, s->members + 1, err);
    if (!hashes) return false;
    size_t n = 0;
    for (size_t i = 0; i < s->windows; i++)
        if (s->yes[i]) hashes[n++] = hash_xxh3(s->text.text.at + s->text.at[i], s->text.at[i + w] - s->text.at[i]);
    qsort(hashes, n, sizeof *hashes, compare_hashes);
    for (size_t i = 1; i < n; i++) s->repeated += hashes[i] == hashes[i - 1];
    return true;
}

/* A chain is a member, the window w characters behind it, and so on while these are members. */
static size_t longest_chain(const struct quote_score *s, size_t w) {
    size_t longest = 0;
    for (size_t start = 0; start < w && start < s->windows; start++) {
        size_t length = 0;
        for (size_t i = start; i < s->windows; i += w) {
            length = s->yes[i] ? length + 1 : 0;
            if (length > longest) longest = length;
        }
    }
    return longest;
}

static bool score_windows(const struct quote_index *index, struct quote_score *s, struct arena *arena,
                          struct error *err) {
    const struct quote_facts *facts = quote_index_facts(index);
    size_t w = facts->width;
    if (s->text.n < w) {
        s->state = QUOTE_TOO_SHORT;
        return true;
    }
    s->windows = s->text.n - w + 1;
    bool *yes = arena_new(arena, bool, s->windows, err);
    if (!yes) return false;
    quote_index_members(index, &s->text, yes);
    s->yes = yes;
    if (!find_spans(s, w, arena, err) || !count_repeated(s, w, arena, err)) return false;
    s->quip = (double)s->members / (double)s->windows;
    s->corrected = facts->rate < 1 ? fmax(0, (s->quip - facts->rate) / (1 - facts->rate)) : (double)NAN;
    s->expected_longest = (double)s->windows / (double)w;
    s->badness = (double)longest_chain(s, w) / s->expected_longest;
    return true;
}

/* ---- stretches ---- */

static bool put_places(const struct quote_index *index, const struct quote_text *t, size_t most,
                       struct quote_stretch *s, struct arena *arena, struct error *err) {
    struct text words = quote_span_text(t, s->span);
    struct quote_place *places = arena_new(arena, struct quote_place, most, err);
    if (!places) return false;
    s->count = quote_index_count(index, words);
    s->n_places = quote_index_places(index, words, places, most);
    s->places = places;
    return true;
}

/* Maximal ones between characters from and end are appended. */
static bool stretches_between(const struct quote_index *index, const struct quote_text *t, struct quote_span within,
                              size_t least, struct quote_stretch *out, size_t *n, size_t room) {
    size_t ended = within.from;
    for (size_t i = within.from; i + least <= within.to && *n < room; i++) {
        /* What ends where the one before ended lies in it. */
        if (within.to <= ended) break;
        size_t end = i + quote_index_reach(index, t, i, within.to);
        if (end <= ended || end - i < least) continue;
        out[(*n)++] = (struct quote_stretch){.span = {i, end}};
        ended = end;
    }
    return true;
}

bool quote_stretches(const struct quote_index *index, const struct quote_text *t, size_t least, size_t most_places,
                     struct arena *arena, struct quote_stretch **out, size_t *n, struct error *err) {
    *n = 0;
    if (least == 0) least = 1;
    struct quote_stretch *all = arena_new(arena, struct quote_stretch, t->n + 1, err);
    if (!all || !stretches_between(index, t, (struct quote_span){0, t->n}, least, all, n, t->n)) return false;
    for (size_t i = 0; i < *n; i++)
        if (!put_places(index, t, most_places, &all[i], arena, err)) return false;
    *out = all;
    return true;
}

static int compare_numbers(const void *a, const void *b) {
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static bool count_sources(struct quote_score *s, struct arena *arena, struct error *err) {
    size_t n = 0, *documents = arena_new(arena, size_t, s->n_stretches + 1, err);
    if (!documents) return false;
    for (size_t i = 0; i < s->n_stretches; i++)
        if (s->stretches[i].n_places) documents[n++] = s->stretches[i].places[0].document;
    qsort(documents, n, sizeof *documents, compare_numbers);
    for (size_t i = 0; i < n; i++) s->sources += i == 0 || documents[i] != documents[i - 1];
    return true;
}

static bool find_stretches(const struct quote_index *index, struct quote_score *s, size_t most_places,
                           struct arena *arena, struct error *err) {
    size_t n = 0, w = quote_index_facts(index)->width;
    struct quote_stretch *all = arena_new(arena, struct quote_stretch, s->members + 1, err);
    if (!all) return false;
    for (size_t i = 0; i < s->n_spans; i++)
        if (!stretches_between(index, &s->text, s->spans[i], w, all, &n, s->members)) return false;
    for (size_t i = 0; i < n; i++)
        if (!put_places(index, &s->text, most_places, &all[i], arena, err)) return false;
    s->stretches = all;
    s->n_stretches = n;
    return count_sources(s, arena, err);
}

/* ---- sentences ---- */

static uint32_t character(const struct quote_text *t, size_t i) {
    uint32_t c = 0;
    if (i < t->n) (void)!text_utf8_next(text_part(t->text, t->at[i], t->at[i + 1]), &c);
    return c;
}

static bool ends_sentence(uint32_t c) {
    return c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0x3002 || c == 0xff01 || c == 0xff1f;
}

static bool closes(uint32_t c) {
    return c == '"' || c == '\'' || c == ')' || c == ']' || c == 0x201d || c == 0x2019 || c == 0xbb;
}

/* Where the sentence that begins at i ends: behind its marks and what closes. */
static size_t sentence_end(const struct quote_text *t, size_t i) {
    for (; i < t->n; i++) {
        uint32_t c = character(t, i);
        if (c == '\n') return i;
        if (!ends_sentence(c)) continue;
        size_t end = i + 1;
        while (end < t->n && (ends_sentence(character(t, end)) || closes(character(t, end)))) end++;
        if (end == t->n || quote_is_blank(character(t, end))) return end;
    }
    return t->n;
}

bool quote_sentences(const struct quote_text *t, struct arena *arena, struct quote_span **out, size_t *n,
                     struct error *err) {
    size_t room = t->n / 2 + 2;
    struct quote_span *all = arena_new(arena, struct quote_span, room, err);
    *n = 0;
    for (size_t i = 0; all && i < t->n && *n < room;) {
        if (quote_is_blank(character(t, i))) {
            i++;
            continue;
        }
        size_t end = sentence_end(t, i);
        if (end > i) all[(*n)++] = (struct quote_span){i, end};
        i = end > i ? end : i + 1;
    }
    return (*out = all);
}

/* The words of a sentence without the marks that end it. */
static struct quote_span bare(const struct quote_text *t, struct quote_span s) {
    while (s.to > s.from && (ends_sentence(character(t, s.to - 1)) || closes(character(t, s.to - 1)))) s.to--;
    return s;
}

/* Two pieces that stand in one document, the second right behind the first: a quote in which a word was changed. */
static bool follows(const struct quote_index *index, const struct quote_text *t, struct quote_span first,
                    struct quote_span second) {
    enum { LOOKED_AT = 16, APART = 8 };
    struct quote_place a[LOOKED_AT], b[LOOKED_AT];
    size_t n_a = quote_index_places(index, quote_span_text(t, first), a, LOOKED_AT);
    size_t n_b = quote_index_places(index, quote_span_text(t, second), b, LOOKED_AT);
    for (size_t i = 0; i < n_a; i++)
        for (size_t k = 0; k < n_b; k++) {
            size_t end = a[i].at + (first.to - first.from);
            if (a[i].document == b[k].document && b[k].at >= end && b[k].at - end <= APART) return true;
        }
    return false;
}

/* Reads it from the left, each time as far as one document goes; pieces below half a window are nobody's words. */
static void count_joins(const struct quote_index *index, const struct quote_text *t, struct quote_span words,
                        struct quote_sentence *out) {
    size_t least = quote_index_facts(index)->width / 2, quoted = 0;
    struct quote_span last = {0, 0};
    if (least == 0) least = 1;
    for (size_t i = words.from; i < words.to;) {
        size_t length = quote_index_reach(index, t, i, words.to);
        if (length > out->longest) out->longest = length;
        if (length < least) {
            i++;
            continue;
        }
        struct quote_span piece = {i, i + length};
        out->joins += last.to > 0 && i - last.to <= 2 && !follows(index, t, last, piece);
        last = piece;
        quoted += length;
        i += length;
    }
    out->stitched = !out->whole && out->joins > 0 && quoted * 10 >= (words.to - words.from) * 9;
}

static bool judge_sentences(const struct quote_index *index, struct quote_score *s, struct arena *arena,
                            struct error *err) {
    struct quote_span *spans;
    size_t n;
    if (!quote_sentences(&s->text, arena, &spans, &n, err)) return false;
    struct quote_sentence *all = arena_new(arena, struct quote_sentence, n + 1, err);
    if (!all) return false;
    for (size_t i = 0; i < n; i++) {
        struct quote_sentence *e = &all[i];
        struct quote_span words = bare(&s->text, spans[i]);
        *e = (struct quote_sentence){.span = spans[i]};
        e->whole =
            words.to > words.from && quote_index_reach(index, &s->text, words.from, words.to) == words.to - words.from;
        if (e->whole)
            e->longest = words.to - words.from;
        else
            count_joins(index, &s->text, words, e);
        s->whole += e->whole;
        s->stitched += e->stitched;
    }
    s->sentences = all;
    s->n_sentences = n;
    return true;
}

/* ---- all ---- */

bool quote_score(const struct quote_index *index, struct text t, const struct quote_score_settings *settings,
                 struct arena *arena, struct quote_score *out, struct error *err) {
    *out = (struct quote_score){
        .quip = (double)NAN, .corrected = (double)NAN, .badness = (double)NAN, .expected_longest = (double)NAN};
    out->bad_byte = text_utf8_invalid(t);
    if (out->bad_byte != SIZE_MAX) return out->state = QUOTE_INVALID, true;
    if (quote_is_binary(t)) return out->state = QUOTE_BINARY, true;
    if (!quote_text_normalise(t, arena, &out->text, err) || !score_windows(index, out, arena, err)) return false;
    if (settings->details && quote_index_facts(index)->engine == QUOTE_EXACT) {
        size_t most = settings->most_places ? settings->most_places : 3;
        if (!find_stretches(index, out, most, arena, err) || !judge_sentences(index, out, arena, err)) return false;
    }
    quote_index_trim(index);
    return true;
}
