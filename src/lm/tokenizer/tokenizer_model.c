/* SentencePiece's .model files: a ModelProto of pieces (field 1), what it was trained as (2) and how texts are
 * normalised (3). Unigram and BPE; models of whole words or characters are refused by name. */
#include "lm/files/protobuf.h"
#include "lm/tokenizer/tokenizer_beside.h"

#include <math.h>
#include <string.h>

#define MODEL_MAX ((size_t)256 << 20)

enum { PROTO_PIECE = 1, PROTO_TRAINER = 2, PROTO_NORMALIZER = 3 };
enum { PIECE_TEXT = 1, PIECE_SCORE = 2, PIECE_TYPE = 3 };
enum {
    TRAINER_KIND = 3,
    TRAINER_MARK_BEHIND = 24,
    TRAINER_BYTE_FALLBACK = 35,
    TRAINER_UNKNOWN = 40,
    TRAINER_BOS = 41,
    TRAINER_EOS = 42,
};
enum { NORMALIZER_MAP = 2, NORMALIZER_PREFIX = 3, NORMALIZER_MERGES = 4, NORMALIZER_ESCAPES = 5 };
enum { KIND_UNIGRAM = 1, KIND_BPE = 2 };

struct model_source {
    struct tokenizer *t;
    const struct tokenizer_beside *beside; /* NULL: nothing */
    struct protobuf all;
    uint64_t kind;
    bool prefix, escapes;
    struct error *err;
};

/* The whole file once: how many pieces, and the two other messages. */
static bool count_pieces(struct model_source *s, size_t *n, struct protobuf *trainer, struct protobuf *normalizer) {
    struct protobuf p = s->all;
    struct protobuf_field f;
    int state;
    *n = 0;
    while ((state = protobuf_next(&p, &f, s->err)) == 1) {
        if (f.wire != PROTOBUF_BYTES) continue;
        if (f.number == PROTO_PIECE) ++*n;
        if (f.number == PROTO_TRAINER) *trainer = protobuf_inside(&p, &f);
        if (f.number == PROTO_NORMALIZER) *normalizer = protobuf_inside(&p, &f);
    }
    return state == 0;
}

static bool read_trainer(struct model_source *s, struct protobuf p) {
    struct tokenizer *t = s->t;
    struct protobuf_field f;
    int state;
    t->unknown = 0;
    t->bos = 1;
    t->eos = 2;
    while ((state = protobuf_next(&p, &f, s->err)) == 1) {
        if (f.wire != PROTOBUF_VARINT) continue;
        if (f.number == TRAINER_KIND) s->kind = f.value;
        if (f.number == TRAINER_MARK_BEHIND) t->marks_behind = f.value != 0;
        if (f.number == TRAINER_BYTE_FALLBACK) t->falls_to_bytes = f.value != 0;
        if (f.number == TRAINER_UNKNOWN) t->unknown = (int32_t)f.value;
        if (f.number == TRAINER_BOS) t->bos = (int32_t)f.value;
        if (f.number == TRAINER_EOS) t->eos = (int32_t)f.value;
    }
    return state == 0;
}

static bool read_normalizer(struct model_source *s, struct protobuf p) {
    struct tokenizer *t = s->t;
    struct protobuf_field f;
    int state;
    while ((state = protobuf_next(&p, &f, s->err)) == 1) {
        if (f.wire == PROTOBUF_BYTES && f.number == NORMALIZER_MAP && f.bytes.len &&
            !charsmap_read(&t->charsmap, &t->arena, f.bytes, s->all.path, s->err))
            return false;
        if (f.wire != PROTOBUF_VARINT) continue;
        if (f.number == NORMALIZER_PREFIX) s->prefix = f.value != 0;
        if (f.number == NORMALIZER_MERGES) t->merges_blanks = f.value != 0;
        if (f.number == NORMALIZER_ESCAPES) s->escapes = f.value != 0;
    }
    return state == 0;
}

static bool read_piece(struct model_source *s, struct protobuf p, size_t i) {
    struct tokenizer *t = s->t;
    struct protobuf_field f;
    int state;
    while ((state = protobuf_next(&p, &f, s->err)) == 1) {
        if (f.number == PIECE_TEXT && f.wire == PROTOBUF_BYTES && !tokenizer_keep(t, f.bytes, &t->tokens[i], s->err))
            return false;
        if (f.number == PIECE_SCORE && f.wire == PROTOBUF_32) t->scores[i] = protobuf_float(&f);
        if (f.number == PIECE_TYPE && f.wire == PROTOBUF_VARINT && f.value >= TOKEN_NORMAL && f.value <= TOKEN_BYTE)
            t->types[i] = (unsigned char)f.value;
    }
    if (state == 0 && isnan(t->scores[i]))
        return error_set(s->err, ERROR_DATA, "%s: byte %zu: piece %zu: the score is not a number", p.path, p.offset, i);
    /* Merging makes only what may stand in a text. */
    bool merges = t->types[i] == TOKEN_NORMAL || t->types[i] == TOKEN_USER || t->types[i] == TOKEN_UNUSED;
    if (t->family == FAMILY_SPM && !merges) t->scores[i] = -INFINITY;
    return state == 0;
}

static bool read_pieces(struct model_source *s) {
    struct protobuf p = s->all;
    struct protobuf_field f;
    size_t i = 0;
    while (protobuf_next(&p, &f, s->err) == 1) /* it has been read once without an error */
        if (f.number == PROTO_PIECE && f.wire == PROTOBUF_BYTES && !read_piece(s, protobuf_inside(&p, &f), i++))
            return false;
    return true;
}

/* An id that is not in the vocabulary means none, as in the library. */
static void drop_ids(struct tokenizer *t) {
    int32_t *ids[] = {&t->bos, &t->eos, &t->unknown};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (*ids[i] < 0 || (size_t)*ids[i] >= t->n) *ids[i] = -1;
    if (t->bos >= 0 && t->types[t->bos] != TOKEN_CONTROL) t->bos = -1;
    if (t->eos >= 0 && t->types[t->eos] != TOKEN_CONTROL) t->eos = -1;
    if (t->unknown >= 0 && t->types[t->unknown] == TOKEN_UNKNOWN) return;
    t->unknown = -1;
    for (size_t i = 0; t->unknown < 0 && i < t->n; i++)
        if (t->types[i] == TOKEN_UNKNOWN) t->unknown = (int32_t)i;
}

static bool set_kind(struct model_source *s) {
    struct tokenizer *t = s->t;
    if (s->kind != KIND_UNIGRAM && s->kind != KIND_BPE)
        return error_set(s->err, ERROR_DATA,
                         "%s: a SentencePiece model of kind %llu (%s) is not built; there are 1 (unigram) and 2 (BPE)",
                         s->all.path, (unsigned long long)s->kind,
                         s->kind == 3   ? "words"
                         : s->kind == 4 ? "characters"
                                        : "unknown");
    if (!s->escapes)
        return error_set(s->err, ERROR_DATA,
                         "%s: a SentencePiece model that keeps blanks (escape_whitespaces = false) is not built",
                         s->all.path);
    t->family = s->kind == KIND_BPE ? FAMILY_SPM : FAMILY_UNIGRAM;
    t->prefix = s->prefix ? PREFIX_ALWAYS : PREFIX_NONE;
    return true;
}

/* Added tokens stand behind the pieces; what is between has no name. */
static bool put_added(struct model_source *s, size_t n) {
    struct tokenizer *t = s->t;
    for (size_t i = n; i < t->n; i++) {
        t->types[i] = TOKEN_UNUSED;
        t->scores[i] = -INFINITY;
    }
    return !s->beside || tokenizer_beside_put_tokens(s->beside, t, s->all.path, s->err);
}

static bool read_all(struct model_source *s) {
    size_t n = 0;
    struct protobuf trainer = {.path = s->all.path}, normalizer = {.path = s->all.path};
    struct tokenizer *t = s->t;
    t->as_sentencepiece = t->merges_blanks = t->user_inside = t->fuses_unknown = true;
    if (!count_pieces(s, &n, &trainer, &normalizer)) return false;
    if (!n) return error_set(s->err, ERROR_DATA, "%s: no pieces in it; expected a SentencePiece model", s->all.path);
    if (!read_trainer(s, trainer) || !read_normalizer(s, normalizer) || !set_kind(s)) return false;
    if (!tokenizer_reserve(t, s->beside ? tokenizer_beside_vocabulary(s->beside, n) : n, s->err))
        return error_wrap(s->err, "%s", s->all.path);
    if (!read_pieces(s) || !put_added(s, n)) return false;
    drop_ids(t);
    t->sums_in_float = t->family == FAMILY_UNIGRAM;
    t->adds_bos = t->family == FAMILY_SPM && t->bos >= 0;
    t->adds_eos = t->family == FAMILY_UNIGRAM && t->eos >= 0;
    return tokenizer_index(t, s->err) && (!s->beside || tokenizer_beside_put_ends(s->beside, t, s->err)) &&
           tokenizer_finish(t, s->all.path, s->err);
}

static struct tokenizer *from_text(struct text text, const struct tokenizer_beside *beside, const char *shown_name,
                                   struct error *err) {
    struct model_source s = {.t = tokenizer_new(err), .beside = beside, .all = {text, 0, shown_name}, .err = err};
    s.kind = KIND_UNIGRAM;
    s.prefix = s.escapes = true;
    if (s.t && read_all(&s)) return s.t;
    tokenizer_free(s.t);
    return NULL;
}

struct tokenizer *tokenizer_from_model_text(struct text text, const char *shown_name, struct error *err) {
    return from_text(text, NULL, shown_name, err);
}

struct tokenizer *tokenizer_from_model(const char *path, struct error *err) {
    struct tokenizer_beside beside;
    struct file_map map;
    if (!file_map(path, &map, err)) return NULL;
    struct tokenizer *t = NULL;
    if (map.len > MODEL_MAX) {
        error_set(err, ERROR_DATA, "%s: %zu bytes, expected a SentencePiece model of at most %zu", path, map.len,
                  MODEL_MAX);
    } else {
        if (tokenizer_beside_read(&beside, path, err))
            t = from_text((struct text){(const char *)map.at, map.len}, &beside, path, err);
        tokenizer_beside_done(&beside);
    }
    file_unmap(&map);
    return t;
}
