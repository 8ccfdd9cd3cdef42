/* The model of a tokenizer.json: vocabulary, added tokens, merges. */
#include "lm/tokenizer/tokenizer_json.h"

#include <math.h>
#include <string.h>

/* Ids may be anywhere below this many times the number of tokens: holes are kept as unused tokens. */
#define HOLES_MAX 64

static bool is_byte_form(struct text form) {
    return form.len == 6 && text_starts(form, TEXT("<0x")) && form.at[5] == '>';
}

/* WordPiece forms as in GGUF: "##ing" becomes "ing", "word" gets the mark. */
static bool keep_wordpiece(struct json_source *s, struct text form, struct text *to) {
    if (text_starts(form, TEXT("##"))) return tokenizer_keep(s->t, text_part(form, 2, form.len), to, s->err);
    struct buffer marked;
    buffer_init(&marked, form.len + 8);
    buffer_put_c(&marked, SPACE_MARK);
    buffer_put_text(&marked, form);
    bool ok = buffer_check(&marked, "token", s->err) && tokenizer_keep(s->t, buffer_text(&marked), to, s->err);
    buffer_done(&marked);
    return ok;
}

static bool put_token(struct json_source *s, struct text form, const json_t *id, struct text **slot) {
    json_int_t i = json_is_integer(id) ? json_integer_value(id) : -1;
    if (i < 0 || (size_t)i >= s->t->n)
        return error_set(s->err, ERROR_DATA, "%s: token '%.*s': expected an id from 0 to %zu, found %lld", s->name,
                         (int)(form.len < 60 ? form.len : 60), form.at, s->t->n - 1, (long long)i);
    *slot = &s->t->tokens[i];
    if ((*slot)->at)
        return error_set(s->err, ERROR_DATA, "%s: id %lld belongs to '%.*s' and to '%.*s'", s->name, (long long)i,
                         (int)((*slot)->len < 60 ? (*slot)->len : 60), (*slot)->at,
                         (int)(form.len < 60 ? form.len : 60), form.at);
    return true;
}

static json_int_t highest_id(json_t *vocabulary, const json_t *added) {
    json_int_t most = (json_int_t)json_array_size(vocabulary) - 1;
    const char *form;
    json_t *id;
    json_object_foreach(vocabulary, form, id) {
        if (json_integer_value(id) > most) most = json_integer_value(id);
    }
    for (size_t i = 0; i < json_array_size(added); i++) {
        json_int_t a = json_integer_value(json_object_get(json_array_get(added, i), "id"));
        if (a > most) most = a;
    }
    return most;
}

static bool reserve(struct json_source *s, json_t *vocabulary, const json_t *added) {
    json_int_t most = highest_id(vocabulary, added);
    size_t n = json_object_size(vocabulary) + json_array_size(vocabulary) + json_array_size(added);
    if (most < 0) return error_set(s->err, ERROR_DATA, "%s: the vocabulary is empty", s->name);
    if ((size_t)most / HOLES_MAX > n)
        return error_set(s->err, ERROR_DATA, "%s: token ids go up to %lld for %zu tokens", s->name, (long long)most, n);
    return tokenizer_reserve(s->t, (size_t)most + 1, s->err) || error_wrap(s->err, "%s", s->name);
}

/* special: of an added token that is already in the vocabulary, its entry there stays. */
static bool read_added(struct json_source *s, const json_t *a, const json_t *vocabulary) {
    struct text form = json_text(json_object_get(a, "content"));
    const json_t *id = json_object_get(a, "id"), *known = form.len ? json_object_get(vocabulary, form.at) : NULL;
    json_int_t at = json_integer_value(id);
    if (json_is_array(vocabulary) && json_is_integer(id) && at >= 0 && (uint64_t)at < json_array_size(vocabulary) &&
        text_equal(s->t->tokens[at], form))
        known = id;
    struct text *slot;
    if (!form.len) return json_source_wrong(s, "added_tokens", "objects with id and content");
    if (json_is_true(json_object_get(a, "single_word")))
        return json_source_refuse(s, "added token option", TEXT("single_word"));
    if (known) {
        id = known;
        slot = &s->t->tokens[json_integer_value(id)];
    } else if (!put_token(s, form, id, &slot)) {
        return false;
    }
    if (!tokenizer_keep(s->t, form, slot, s->err)) return false;
    size_t i = (size_t)json_integer_value(id);
    s->t->types[i] = json_is_true(json_object_get(a, "special")) ? TOKEN_CONTROL : TOKEN_USER;
    s->t->flags[i] = (unsigned char)((json_is_true(json_object_get(a, "lstrip")) ? STRIP_LEFT : 0) |
                                     (json_is_true(json_object_get(a, "rstrip")) ? STRIP_RIGHT : 0) |
                                     (json_is_true(json_object_get(a, "normalized")) ? MATCH_NORMALIZED : 0));
    return true;
}

/* [["piece", log-probability], ...]; the id is the place. */
static bool read_pieces(struct json_source *s, const json_t *pieces) {
    struct tokenizer *t = s->t;
    t->weights = arena_new(&t->arena, double, t->n, s->err);
    if (!t->weights) return false;
    for (size_t i = 0; i < json_array_size(pieces); i++) {
        const json_t *piece = json_array_get(pieces, i), *weight = json_array_get(piece, 1);
        struct text form = json_text(json_array_get(piece, 0));
        if (json_array_size(piece) != 2 || !json_is_string(json_array_get(piece, 0)) || !json_is_number(weight))
            return error_set(s->err, ERROR_DATA, "%s: model.vocab[%zu]: expected a piece and its log-probability",
                             s->name, i);
        if (!tokenizer_keep(t, form, &t->tokens[i], s->err)) return false;
        t->weights[i] = json_number_value(weight);
        t->scores[i] = (float)t->weights[i];
        t->types[i] = t->falls_to_bytes && is_byte_form(form) ? TOKEN_BYTE : TOKEN_NORMAL;
    }
    return true;
}

/* {"token": id, ...} */
static bool read_forms(struct json_source *s, json_t *vocabulary) {
    struct tokenizer *t = s->t;
    const char *form;
    json_t *id;
    struct text *slot;
    json_object_foreach(vocabulary, form, id) {
        if (!put_token(s, text_of(form), id, &slot)) return false;
        bool kept = t->family == FAMILY_WORDPIECE ? keep_wordpiece(s, text_of(form), slot)
                                                  : tokenizer_keep(t, text_of(form), slot, s->err);
        if (!kept) return false;
        bool byte = t->family == FAMILY_SPM && is_byte_form(text_of(form));
        t->types[json_integer_value(id)] = byte ? TOKEN_BYTE : TOKEN_NORMAL;
    }
    return true;
}

bool json_read_vocabulary(struct json_source *s, const json_t *model) {
    json_t *vocabulary = json_object_get(model, "vocab");
    const json_t *added = json_object_get(s->root, "added_tokens");
    bool pieces = s->t->family == FAMILY_UNIGRAM;
    if (pieces && !json_is_array(vocabulary))
        return json_source_wrong(s, "model.vocab", "a list of pieces and log-probabilities");
    if (!pieces && !json_is_object(vocabulary))
        return json_source_wrong(s, "model.vocab", "an object of tokens and ids");
    if (!reserve(s, vocabulary, added)) return false;
    memset(s->t->types, TOKEN_UNUSED, s->t->n);
    if (pieces ? !read_pieces(s, vocabulary) : !read_forms(s, vocabulary)) return false;
    for (size_t i = 0; i < json_array_size(added); i++)
        if (!read_added(s, json_array_get(added, i), vocabulary)) return false;
    return tokenizer_index(s->t, s->err);
}

/* ---- merges ---- */

/* "a b" or ["a", "b"] */
static bool merge_parts(const json_t *m, struct text *left, struct text *right) {
    if (json_is_array(m) && json_array_size(m) == 2) {
        *left = json_text(json_array_get(m, 0));
        *right = json_text(json_array_get(m, 1));
        return left->len && right->len;
    }
    struct text pair = json_text(m);
    size_t blank = text_find(pair, TEXT(" "), 1);
    if (blank == SIZE_MAX || blank + 1 >= pair.len) return false;
    *left = text_part(pair, 0, blank);
    *right = text_part(pair, blank + 1, pair.len);
    return true;
}

/* SentencePiece-like: the score of a token is how early the first merge that makes it comes. */
static bool use_merge(struct json_source *s, size_t i, struct text left, struct text right) {
    struct tokenizer *t = s->t;
    struct buffer joined;
    buffer_init(&joined, left.len + right.len);
    buffer_put_text(&joined, left);
    buffer_put_text(&joined, right);
    bool ok = buffer_check(&joined, "merge", s->err);
    int32_t id = ok ? tokenizer_find(t, buffer_text(&joined)) : -1;
    buffer_done(&joined);
    if (ok && (id < 0 || tokenizer_find(t, left) < 0 || tokenizer_find(t, right) < 0))
        return error_set(s->err, ERROR_DATA, "%s: model.merges[%zu]: '%.*s' with '%.*s' names what is no token",
                         s->name, i, (int)(left.len < 60 ? left.len : 60), left.at,
                         (int)(right.len < 60 ? right.len : 60), right.at);
    if (!ok || t->family == FAMILY_BYTES) return ok && tokenizer_add_merge(t, left, right, s->err);
    if (t->scores[id] == -INFINITY) t->scores[id] = -(float)i;
    return true;
}

bool json_read_merges(struct json_source *s, const json_t *model) {
    const json_t *merges = json_object_get(model, "merges");
    if (!json_is_array(merges)) return json_source_wrong(s, "model.merges", "a list of merges");
    for (size_t i = 0; s->t->family == FAMILY_SPM && i < s->t->n; i++) s->t->scores[i] = -INFINITY;
    for (size_t i = 0; i < json_array_size(merges); i++) {
        struct text left, right;
        if (!merge_parts(json_array_get(merges, i), &left, &right))
            return error_set(s->err, ERROR_DATA, "%s: model.merges[%zu]: expected two symbols", s->name, i);
        if (!use_merge(s, i, left, right)) return false;
    }
    return true;
}
