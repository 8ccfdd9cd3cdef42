/* Answers that quote, seen together: see quote_summary.h. */
#include "measure/score/quote_summary.h"

#include "base/hash.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct stretch {
    uint64_t hash, prompt;
    size_t characters;
    const json_t *text; /* a reference */
};

struct quote_summary {
    uint64_t prompts, answers, too_short, invalid, binary, stitched, members, repeated, quoting, beside;
    struct stretch *stretches;
    size_t n, room;
    uint64_t *documents;
    size_t n_documents, room_documents;
    double relevance, n_relevance, longest, n_spans, span_characters;
};

struct quote_summary *quote_summary_new(struct error *err) {
    struct quote_summary *s = memory_zeroed(1, sizeof *s);
    if (!s) error_memory(err, "summary");
    return s;
}

void quote_summary_free(struct quote_summary *s) {
    if (!s) return;
    for (size_t i = 0; i < s->n; i++) json_decref((json_t *)s->stretches[i].text);
    memory_free(s->stretches);
    memory_free(s->documents);
    memory_free(s);
}

/* ---- words ---- */

enum { WORD_LEAST = 4, WORDS_MOST = 256 };

static bool is_letter(unsigned char c) {
    return isalpha(c) || c >= 0x80;
}

static bool next_word(struct text t, size_t *at, struct text *word) {
    while (*at < t.len) {
        while (*at < t.len && !is_letter((unsigned char)t.at[*at])) ++*at;
        size_t from = *at;
        while (*at < t.len && is_letter((unsigned char)t.at[*at])) ++*at;
        *word = text_part(t, from, *at);
        if (word->len >= WORD_LEAST) return true;
    }
    return false;
}

static bool has_word(struct text t, struct text wanted) {
    struct text word;
    for (size_t at = 0; next_word(t, &at, &word);)
        if (text_equal_nocase(word, wanted)) return true;
    return false;
}

double quote_relevance(struct text prompt, struct text answer) {
    struct text words[WORDS_MOST], word;
    size_t n = 0, found = 0;
    for (size_t at = 0; n < WORDS_MOST && next_word(prompt, &at, &word);) {
        bool new = true;
        for (size_t i = 0; i < n && new; i++) new = !text_equal_nocase(words[i], word);
        if (new) words[n++] = word;
    }
    for (size_t i = 0; i < n; i++) found += has_word(answer, words[i]);
    return n ? (double)found / (double)n : (double)NAN;
}

/* ---- rows ---- */

static double number(const json_t *object, const char *key) {
    const json_t *v = json_object_get(object, key);
    return json_is_number(v) ? json_number_value(v) : 0;
}

static bool grow(void **at, size_t n, size_t *room, size_t size, struct error *err) {
    if (n < *room) return true;
    size_t more = *room ? 2 * *room : 64;
    void *grown = memory_grow(*at, more, size);
    if (!grown) return error_memory(err, "summary");
    *at = grown;
    *room = more;
    return true;
}

static bool add_stretches(struct quote_summary *s, const json_t *evidence, struct error *err) {
    const json_t *list = json_object_get(evidence, "stretches"), *one;
    size_t i;
    json_array_foreach((json_t *)list, i, one) {
        const json_t *text = json_object_get(one, "text"), *place = json_array_get(json_object_get(one, "places"), 0);
        struct text t = json_text(text);
        if (!grow((void **)&s->stretches, s->n, &s->room, sizeof *s->stretches, err) ||
            !grow((void **)&s->documents, s->n_documents, &s->room_documents, sizeof *s->documents, err))
            return false;
        double length = number(one, "to") - number(one, "from");
        s->stretches[s->n++] =
            (struct stretch){hash_xxh3(t.at, t.len), s->prompts, (size_t)length, json_incref((json_t *)text)};
        if (place) s->documents[s->n_documents++] = (uint64_t)number(place, "document");
        s->longest = fmax(s->longest, length);
        s->span_characters += length;
        s->n_spans++;
    }
    return true;
}

static bool add_answer(struct quote_summary *s, struct text prompt, struct text answer, const json_t *evidence,
                       struct error *err) {
    struct text state = json_text(json_object_get(evidence, "state"));
    double relevance = quote_relevance(prompt, answer), quip = number(evidence, "quip");
    s->answers++;
    s->too_short += text_equal_c(state, "too short");
    s->invalid += text_equal_c(state, "invalid UTF-8");
    s->binary += text_equal_c(state, "binary");
    s->stitched += number(evidence, "stitched") > 0;
    s->members += (uint64_t)number(evidence, "numerator");
    s->repeated += (uint64_t)number(evidence, "repeated");
    if (!isnan(relevance)) s->relevance += relevance, s->n_relevance++;
    if (!isnan(relevance) && quip >= 0.5) s->quoting++, s->beside += relevance < 0.1;
    return add_stretches(s, evidence, err);
}

struct text quote_row_prompt(const json_t *row) {
    static const char *const keys[] = {"prompt", "question"};
    const json_t *messages = json_object_get(row, "messages");
    for (size_t i = 0; i < 2; i++)
        if (json_is_string(json_object_get(row, keys[i]))) return json_text(json_object_get(row, keys[i]));
    for (size_t i = json_array_size(messages); i > 0; i--)
        if (text_equal_c(json_text(json_object_get(json_array_get(messages, i - 1), "role")), "user"))
            return json_text(json_object_get(json_array_get(messages, i - 1), "content"));
    return TEXT("");
}

bool quote_summary_add(struct quote_summary *s, const json_t *row, struct error *err) {
    const json_t *answers = json_object_get(row, "answers"), *one;
    struct text prompt = quote_row_prompt(row);
    size_t i;
    bool ok = true, group = json_is_object(json_array_get(answers, 0));
    if (!group)
        ok = add_answer(s, prompt, json_text(json_object_get(row, "text")), json_object_get(row, "evidence"), err);
    else
        json_array_foreach((json_t *)answers, i, one) ok =
            ok && add_answer(s, prompt, json_text(json_object_get(one, "text")),
                             json_object_get(json_object_get(one, "evidence"), "quip"), err);
    s->prompts++;
    return ok;
}

/* ---- together ---- */

static int by_hash(const void *a, const void *b) {
    const struct stretch *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return (x->prompt > y->prompt) - (x->prompt < y->prompt);
}

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

struct top {
    const json_t *text;
    uint64_t prompts;
    double characters, all;
};

/* The stretch that holds most of what is quoted. */
static struct top find_top(struct quote_summary *s) {
    struct top best = {0};
    qsort(s->stretches, s->n, sizeof *s->stretches, by_hash);
    for (size_t i = 0; i < s->n;) {
        struct top t = {.text = s->stretches[i].text};
        size_t k = i;
        for (; k < s->n && s->stretches[k].hash == s->stretches[i].hash; k++) {
            t.prompts += k == i || s->stretches[k].prompt != s->stretches[k - 1].prompt;
            t.characters += (double)s->stretches[k].characters;
        }
        best.all += t.characters;
        t.all = best.all;
        if (t.characters > best.characters) best = t;
        i = k;
    }
    best.all = s->span_characters;
    return best;
}

static size_t count_documents(struct quote_summary *s) {
    size_t n = 0;
    qsort(s->documents, s->n_documents, sizeof *s->documents, by_number);
    for (size_t i = 0; i < s->n_documents; i++) n += i == 0 || s->documents[i] != s->documents[i - 1];
    return n;
}

static json_t *flags_of(const struct quote_summary *s, const struct top *top) {
    json_t *flags = json_array();
    if (s->prompts >= 3 && top->prompts >= 3 && 2 * top->prompts >= s->prompts && 2 * top->characters >= top->all)
        json_array_append_new(flags, json_string("one sentence"));
    if (s->members && 4 * s->repeated >= s->members) json_array_append_new(flags, json_string("repeats"));
    if (s->stitched && 10 * s->stitched >= s->answers) json_array_append_new(flags, json_string("stitched"));
    if (s->beside && 2 * s->beside >= s->quoting) json_array_append_new(flags, json_string("beside"));
    return flags;
}

json_t *quote_summary_json(struct quote_summary *s, struct error *err) {
    struct top top = find_top(s);
    json_t *first = top.text ? json_pack("{s:O s:I s:o}", "text", top.text, "prompts", (json_int_t)top.prompts, "share",
                                         json_from_f64(top.characters / top.all))
                             : json_null();
    json_t *out = json_pack("{s:I s:I s:I s:I s:I s:I s:I s:o s:o s:o s:o s:o s:o}", "prompts", (json_int_t)s->prompts,
                            "answers", (json_int_t)s->answers, "too_short", (json_int_t)s->too_short, "invalid",
                            (json_int_t)s->invalid, "binary", (json_int_t)s->binary, "stitched",
                            (json_int_t)s->stitched, "sources", (json_int_t)count_documents(s), "repeated",
                            json_from_f64(s->members ? (double)s->repeated / (double)s->members : 0), "relevance",
                            json_from_f64(s->n_relevance > 0 ? s->relevance / s->n_relevance : (double)NAN), "longest",
                            json_from_f64(s->longest), "mean_span",
                            json_from_f64(s->n_spans > 0 ? s->span_characters / s->n_spans : (double)NAN), "top", first,
                            "flags", flags_of(s, &top));
    if (!out) error_memory(err, "summary");
    return out;
}
