/* Tokenizers: encoding around special tokens, decoding, looking. See tokenizer.h; the kinds have files of their own. */
#include "lm/tokenizer/tokenizer_internal.h"

#include "base/hash.h"

#include <string.h>

void token_list_done(struct token_list *list) {
    memory_free(list->ids);
    *list = (struct token_list){0};
}

bool token_list_put(struct token_list *list, int32_t id, struct error *err) {
    if (list->n == list->capacity) {
        size_t wanted = list->capacity ? list->capacity * 2 : 64;
        int32_t *more = memory_grow(list->ids, wanted, sizeof *more);
        if (!more) return error_memory(err, "tokens");
        list->ids = more;
        list->capacity = wanted;
    }
    list->ids[list->n++] = id;
    return true;
}

/* ---- encoding ---- */

struct encoding {
    const struct tokenizer *t;
    struct token_list *out;
    struct error *err;
    bool control;       /* the text of control tokens counts */
    bool after_special; /* or at the start */
    bool at_start;
};

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Text without special tokens. */
static bool encode_plain(struct encoding *e, struct text text) {
    const struct tokenizer *t = e->t;
    bool blank_first = text_starts(text, TEXT(" ")) || text_starts(text, TEXT(SPACE_MARK));
    bool prefix = t->prefix == PREFIX_ALWAYS ? e->after_special : t->prefix == PREFIX_FIRST && e->at_start;
    if (text.len == 0) return true;
    if (t->prefix_once && blank_first) prefix = false;
    e->after_special = e->at_start = false;
    switch (t->family) {
    case FAMILY_SPM:
        return spm_encode(t, text, prefix, e->out, e->err);
    case FAMILY_BYTES:
        return bytes_encode(t, text, prefix, e->out, e->err);
    case FAMILY_WORDPIECE:
        return wordpiece_encode(t, text, e->out, e->err);
    case FAMILY_UNIGRAM:
        return unigram_encode(t, text, prefix, e->out, e->err);
    case FAMILY_GREEDY:
        return greedy_encode(t, text, e->out, e->err);
    }
    return true;
}

static bool encode_around(struct encoding *e, struct text text, bool normalized);

/* Normal forms are made between the special tokens that stand for themselves; those that are looked for in normalised
 * text come after that. */
static bool encode_between(struct encoding *e, struct text text, bool normalized) {
    if (text.len == 0) return true;
    if (normalized || !tokenizer_normalizes(e->t)) return encode_plain(e, text);
    char *copy = NULL;
    bool ok = tokenizer_normalize(e->t, &text, &copy, e->err) && encode_around(e, text, true);
    memory_free(copy);
    return ok;
}

/* Cuts at special tokens, leftmost first, the longest of those that begin at one place. */
static bool encode_around(struct encoding *e, struct text text, bool normalized) {
    const struct tokenizer *t = e->t;
    unsigned flags = !tokenizer_normalizes(t) ? 255 : normalized ? MATCH_NORMALIZED : 0;
    size_t from = 0;
    for (size_t at = 0; t->n_specials && at < text.len;) {
        int32_t id = -1;
        if (t->special_first[(unsigned char)text.at[at]]) id = special_at(t, text, at, e->control, flags);
        if (id < 0) {
            at++;
            continue;
        }
        size_t end = at;
        if (t->flags[id] & STRIP_LEFT)
            while (end > from && is_blank(text.at[end - 1])) end--;
        if (!encode_between(e, text_part(text, from, end), normalized) || !token_list_put(e->out, id, e->err))
            return false;
        from = at + t->tokens[id].len;
        if (t->flags[id] & STRIP_RIGHT)
            while (from < text.len && is_blank(text.at[from])) from++;
        at = from;
        e->after_special = true;
        e->at_start = false;
    }
    return encode_between(e, text_part(text, from, text.len), normalized);
}

bool tokenizer_encode(const struct tokenizer *t, struct text text, int flags, struct token_list *out,
                      struct error *err) {
    struct encoding e = {.t = t, .out = out, .err = err, .after_special = true, .at_start = true};
    e.control = flags & TOKENIZE_SPECIAL;
    if ((flags & TOKENIZE_BOS) && tokenizer_adds_bos(t) && !token_list_put(out, t->bos, err)) return false;
    if (!encode_around(&e, text, false)) return false;
    return !(flags & TOKENIZE_EOS) || !tokenizer_adds_eos(t) || token_list_put(out, t->eos, err);
}

/* ---- decoding ---- */

static bool is_id(const struct tokenizer *t, int32_t id) {
    return id >= 0 && (size_t)id < t->n;
}

static bool is_shown(const struct tokenizer *t, int32_t id, bool special) {
    return is_id(t, id) && (special || (t->types[id] != TOKEN_CONTROL && t->types[id] != TOKEN_UNKNOWN));
}

bool tokenizer_piece(const struct tokenizer *t, int32_t id, bool special, struct buffer *out) {
    return is_shown(t, id, special) ? buffer_put_text(out, t->pieces[id]) : !out->failed;
}

bool tokenizer_decode(const struct tokenizer *t, const int32_t *ids, size_t n, bool special, struct buffer *out) {
    bool marks = t->family == FAMILY_SPM || t->family == FAMILY_UNIGRAM;
    bool drops_blank = t->family == FAMILY_WORDPIECE || (marks && t->prefix != PREFIX_NONE && !t->marks_behind);
    for (size_t i = 0; i < n; i++) {
        if (!is_shown(t, ids[i], special)) continue;
        struct text piece = t->pieces[ids[i]];
        if (t->types[ids[i]] != TOKEN_CONTROL) {
            if (drops_blank && text_starts(piece, TEXT(" "))) piece = text_part(piece, 1, piece.len);
            drops_blank = false;
        }
        buffer_put_text(out, piece);
    }
    return !out->failed;
}

/* ---- looking ---- */

size_t tokenizer_vocabulary(const struct tokenizer *t) {
    return t->n;
}

const char *tokenizer_kind(const struct tokenizer *t) {
    static const char *const kinds[] = {[FAMILY_SPM] = "llama",
                                        [FAMILY_BYTES] = "gpt2",
                                        [FAMILY_WORDPIECE] = "bert",
                                        [FAMILY_UNIGRAM] = "t5",
                                        [FAMILY_GREEDY] = "rwkv"};
    return kinds[t->family];
}

const char *tokenizer_pre(const struct tokenizer *t) {
    return t->pre;
}

struct text tokenizer_token(const struct tokenizer *t, int32_t id) {
    return is_id(t, id) ? t->tokens[id] : TEXT("");
}

enum token_type tokenizer_type(const struct tokenizer *t, int32_t id) {
    return is_id(t, id) ? (enum token_type)t->types[id] : TOKEN_UNUSED;
}

int32_t tokenizer_find(const struct tokenizer *t, struct text stored_form) {
    int32_t id = text_table_get(&t->ids, stored_form);
    return is_id(t, id) ? id : -1;
}

int32_t tokenizer_bos(const struct tokenizer *t) {
    return t->bos;
}

int32_t tokenizer_eos(const struct tokenizer *t) {
    return t->eos;
}

bool tokenizer_ends(const struct tokenizer *t, int32_t id) {
    for (size_t i = 0; i < t->n_ends; i++)
        if (t->ends[i] == id) return true;
    return false;
}

bool tokenizer_adds_bos(const struct tokenizer *t) {
    return t->adds_bos && t->bos >= 0;
}

bool tokenizer_adds_eos(const struct tokenizer *t) {
    return t->adds_eos && t->eos >= 0;
}

struct text tokenizer_chat_template(const struct tokenizer *t) {
    return t->chat_template;
}

/* ---- digest ---- */

static void digest_text(struct sha256 *sha, struct text t) {
    uint64_t n = t.len;
    sha256_add(sha, &n, sizeof n);
    sha256_add(sha, t.at, t.len);
}

/* What only newer kinds have; nothing is added for the others, so their digests stay. */
static void digest_sentencepiece(struct sha256 *sha, const struct tokenizer *t) {
    const int32_t facts[] = {t->as_sentencepiece, t->merges_blanks,  t->marks_behind,  t->user_inside, t->cuts_blanks,
                             t->falls_to_bytes,   t->sums_in_float, t->merges_by_id, (int32_t)t->n_steps};
    bool any = t->family == FAMILY_UNIGRAM;
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) any |= facts[i] != 0;
    if (!any) return;
    sha256_add(sha, facts, sizeof facts);
    digest_text(sha, t->charsmap.blob);
    for (size_t i = 0; i < t->n_steps; i++) {
        const int32_t step[] = {t->steps[i].kind, t->steps[i].option, t->steps[i].code != NULL};
        sha256_add(sha, step, sizeof step);
        digest_text(sha, t->steps[i].from);
        digest_text(sha, t->steps[i].with);
    }
    for (size_t i = 0; t->family == FAMILY_UNIGRAM && i < t->n; i++) {
        float weight = t->weights ? (float)t->weights[i] : t->scores[i]; /* what a GGUF keeps of it */
        sha256_add(sha, &weight, sizeof weight);
    }
}

bool tokenizer_digest(const struct tokenizer *t, char hex[65]) {
    struct sha256 sha;
    sha256_init(&sha);
    digest_text(&sha, text_of(tokenizer_kind(t)));
    const int32_t facts[] = {t->bos,
                             t->eos,
                             t->missing,
                             t->adds_bos,
                             t->adds_eos,
                             t->prefix,
                             t->prefix_once,
                             t->form,
                             t->ignores_merges,
                             t->fuses_unknown,
                             t->lowercase,
                             t->strips_accents,
                             t->skips_missing,
                             (int32_t)t->word_max};
    sha256_add(&sha, facts, sizeof facts);
    for (size_t i = 0; i < t->n_splits; i++) {
        const int32_t behavior = t->splits[i].behavior;
        sha256_add(&sha, &behavior, sizeof behavior);
        digest_text(&sha, text_of(t->splits[i].pattern));
    }
    for (size_t i = 0; i < t->n; i++) {
        digest_text(&sha, t->tokens[i]);
        sha256_add(&sha, &t->types[i], 1);
        const unsigned char flags = !tokenizer_normalizes(t) ? t->flags[i] & (STRIP_LEFT | STRIP_RIGHT) : t->flags[i];
        sha256_add(&sha, &flags, 1);
        if (t->family == FAMILY_SPM) sha256_add(&sha, &t->scores[i], sizeof t->scores[i]);
    }
    for (size_t i = 0; i < t->merges.n; i++) {
        digest_text(&sha, tokenizer_symbol(t, t->merge_list[i].left));
        digest_text(&sha, tokenizer_symbol(t, t->merge_list[i].right));
    }
    digest_sentencepiece(&sha, t);
    sha256_end_hex(&sha, hex);
    return true;
}

/* ---- warnings ---- */

static size_t missing_bytes(const struct tokenizer *t) {
    size_t n = 0;
    for (size_t b = 0; b < 256; b++) n += t->byte_ids[b] < 0;
    return n;
}

bool tokenizer_warnings(const struct tokenizer *t, struct buffer *out) {
    if (t->pre_guessed)
        buffer_printf(out, "the pre-tokenizer '%.*s' is not known; '%s' is used and ids may differ\n",
                      TEXT_ARG(t->pre_named.len ? t->pre_named : TEXT("(none named)")), t->pre);
    if (t->adds_bos && t->bos < 0) buffer_put_c(out, "BOS should be put first but the file names no BOS token\n");
    if (t->eos < 0 && t->n_ends == 0)
        buffer_put_c(out, "no EOS token: answers end only at their length or a stop text\n");
    if (t->n_duplicates)
        buffer_printf(out, "%zu tokens have the text of an earlier one and are never given\n", t->n_duplicates);
    if (t->n_extra) buffer_printf(out, "merges name %zu symbols that are no tokens\n", t->n_extra);
    bool by_bytes = t->family == FAMILY_BYTES || t->family == FAMILY_SPM || t->falls_to_bytes;
    size_t lost = by_bytes ? missing_bytes(t) : 0;
    if (lost) buffer_printf(out, "%zu of 256 bytes have no token: some texts cannot be written in full\n", lost);
    struct text bos = tokenizer_token(t, t->bos);
    if (t->adds_bos && bos.len && text_find(t->chat_template, TEXT("bos_token"), 0) != SIZE_MAX)
        buffer_put_c(out, "the chat template writes BOS itself; it is not put first a second time\n");
    return !out->failed;
}
