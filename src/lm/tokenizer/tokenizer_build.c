/* Making a tokenizer: memory, tables, merges, and the last step that all sources share. */
#include "lm/tokenizer/tokenizer_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MAX ((size_t)4 << 30)
#define CHUNK ((size_t)64 << 10)
#define SYMBOL_MAX ((size_t)1 << 20)

struct tokenizer *tokenizer_new(struct error *err) {
    struct tokenizer *t = memory_zeroed(1, sizeof *t);
    if (!t) return error_memory(err, "tokenizer"), NULL;
    arena_init(&t->arena, MEMORY_MAX);
    t->pre = "";
    t->bos = t->eos = t->eot = t->unknown = t->missing = -1;
    for (size_t i = 0; i < 256; i++) t->byte_ids[i] = -1;
    return t;
}

void tokenizer_free(struct tokenizer *t) {
    if (!t) return;
    for (size_t i = 0; i < t->n_splits; i++) pcre2_code_free(t->splits[i].code);
    for (size_t i = 0; i < t->n_steps; i++) pcre2_code_free(t->steps[i].code);
    byte_trie_done(&t->trie);
    pcre2_general_context_free(t->pcre2);
    text_table_done(&t->ids);
    text_table_done(&t->whole);
    merge_table_done(&t->merges);
    memory_free(t->merge_list);
    memory_free(t->extra);
    arena_done(&t->arena);
    memory_free(t);
}

bool tokenizer_reserve(struct tokenizer *t, size_t n, struct error *err) {
    if (n == 0 || n > TOKENIZER_MOST_TOKENS)
        return error_set(err, ERROR_DATA, "a vocabulary of %zu tokens, expected 1 to %zu", n, TOKENIZER_MOST_TOKENS);
    t->n = n;
    t->tokens = arena_new(&t->arena, struct text, n, err);
    t->pieces = t->tokens ? arena_new(&t->arena, struct text, n, err) : NULL;
    t->scores = t->pieces ? arena_new(&t->arena, float, n, err) : NULL;
    t->types = t->scores ? arena_new(&t->arena, unsigned char, n, err) : NULL;
    t->flags = t->types ? arena_new(&t->arena, unsigned char, n, err) : NULL;
    if (!t->flags) return false;
    memset(t->types, TOKEN_NORMAL, n);
    return true;
}

bool tokenizer_keep(struct tokenizer *t, struct text from, struct text *to, struct error *err) {
    char *at = NULL;
    if (from.len >= CHUNK / 16) {
        at = arena_copy(&t->arena, from.at, from.len, err);
        if (!at) return false;
        *to = (struct text){at, from.len};
        return true;
    }
    if (from.len + 1 > t->chunk_left) {
        if (!(at = arena_alloc(&t->arena, CHUNK, 1, err))) return false;
        t->chunk = at;
        t->chunk_left = CHUNK;
    }
    if (from.len) memcpy(t->chunk, from.at, from.len);
    t->chunk[from.len] = 0;
    *to = (struct text){t->chunk, from.len};
    t->chunk += from.len + 1;
    t->chunk_left -= from.len + 1;
    return true;
}

/* ---- bytes and their stand-ins ---- */

static bool stands_for_itself(unsigned byte) {
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

/* Bytes that are no printable characters of Latin-1 get U+0100, U+0101, ... in their order: 0..32, 127..160, 173. */
uint32_t byte_to_codepoint(unsigned char byte) {
    if (stands_for_itself(byte)) return byte;
    if (byte <= 32) return 256u + byte;
    return byte == 173 ? 256u + 67 : 256u + 33 + (byte - 127u);
}

int codepoint_to_byte(uint32_t codepoint) {
    if (codepoint < 256) return stands_for_itself(codepoint) ? (int)codepoint : -1;
    if (codepoint <= 256 + 32) return (int)codepoint - 256;
    if (codepoint <= 256 + 66) return (int)codepoint - 256 - 33 + 127;
    return codepoint == 256 + 67 ? 173 : -1;
}

size_t bytes_to_stored(struct text t, char *out) {
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) n += text_utf8_put(byte_to_codepoint((unsigned char)t.at[i]), out + n);
    return n;
}

/* ---- tables ---- */

static void find_bytes(struct tokenizer *t) {
    static const char hex[] = "0123456789ABCDEF";
    if (t->family == FAMILY_GREEDY) return;
    for (unsigned b = 0; b < 256; b++) {
        char form[8] = {'<', '0', 'x', hex[b >> 4], hex[b & 15], '>'}, byte = (char)b;
        struct text key = {form, 6};
        if (t->family == FAMILY_BYTES) key.len = bytes_to_stored((struct text){&byte, 1}, form);
        t->byte_ids[b] = text_table_get(&t->ids, key);
        if (t->byte_ids[b] < 0 && t->family == FAMILY_SPM)
            t->byte_ids[b] = text_table_get(&t->ids, (struct text){&byte, 1});
    }
}

/* Texts must differ for a table, so an empty one is named after its id, as in llama.cpp. */
static bool name_empty(struct tokenizer *t, size_t id, struct error *err) {
    char *name = arena_printf(&t->arena, err, "[EMPTY_%zu]", id);
    if (!name) return false;
    t->tokens[id] = text_of(name);
    if (t->types[id] == TOKEN_NORMAL) t->types[id] = TOKEN_UNUSED;
    return true;
}

bool tokenizer_index(struct tokenizer *t, struct error *err) {
    if (!text_table_init(&t->ids, t->n, err)) return false;
    for (size_t i = 0; i < t->n; i++) {
        int32_t old;
        if (t->tokens[i].len == 0 && !name_empty(t, i, err)) return false;
        if (!text_table_put(&t->ids, t->tokens[i], (int32_t)i, &old, err)) return false;
        t->n_duplicates += old >= 0;
        if (t->tokens[i].len > t->longest) t->longest = t->tokens[i].len;
    }
    find_bytes(t);
    return true;
}

struct text tokenizer_symbol(const struct tokenizer *t, int32_t id) {
    return (size_t)id < t->n ? t->tokens[id] : t->extra[(size_t)id - t->n];
}

/* The id of a symbol that merges name; symbols that are no tokens get ids behind the vocabulary. */
static bool intern(struct tokenizer *t, struct text symbol, int32_t *id, struct error *err) {
    struct text kept;
    *id = text_table_get(&t->ids, symbol);
    if (*id >= 0) return true;
    if (t->n_extra == t->extra_capacity) {
        size_t wanted = t->extra_capacity ? t->extra_capacity * 2 : 64;
        struct text *more = memory_grow(t->extra, wanted, sizeof *more);
        if (!more) return error_memory(err, "merge symbols");
        t->extra = more;
        t->extra_capacity = wanted;
    }
    if (!tokenizer_keep(t, symbol, &kept, err)) return false;
    *id = (int32_t)(t->n + t->n_extra);
    if (!text_table_put(&t->ids, kept, *id, NULL, err)) return false;
    t->extra[t->n_extra++] = kept;
    return true;
}

bool tokenizer_list_merge(struct tokenizer *t, struct merge m, struct error *err) {
    if (t->merges.n == t->merge_capacity) {
        size_t wanted = t->merge_capacity ? t->merge_capacity * 2 : 1024;
        struct merge *more = memory_grow(t->merge_list, wanted, sizeof *more);
        if (!more) return error_memory(err, "merges");
        t->merge_list = more;
        t->merge_capacity = wanted;
    }
    t->merge_list[t->merges.n] = m;
    return merge_table_put(&t->merges, m, err);
}

void tokenizer_rank_by_id(struct tokenizer *t) {
    for (size_t i = 0; i < t->merges.capacity; i++)
        if (t->merges.slots[i].left >= 0) t->merges.slots[i].rank = t->merges.slots[i].merged;
    for (size_t i = 0; i < t->merges.n; i++) t->merge_list[i].rank = t->merge_list[i].merged;
}

bool tokenizer_add_merge(struct tokenizer *t, struct text left, struct text right, struct error *err) {
    struct merge m = {.rank = (int32_t)t->merges.n};
    char small[256], *joined = small;
    size_t n = left.len + right.len;
    if (left.len == 0 || right.len == 0 || left.len > SYMBOL_MAX || right.len > SYMBOL_MAX)
        return error_set(err, ERROR_DATA, "merge %zu joins symbols of %zu and %zu bytes, expected 1 to %zu",
                         t->merges.n, left.len, right.len, SYMBOL_MAX);
    if (t->n + t->n_extra + 3 >= SYMBOL_NONE || t->merges.n >= INT32_MAX / 2)
        return error_set(err, ERROR_DATA, "more than %zu merges", t->merges.n);
    if (n > sizeof small && !(joined = memory_alloc(n))) return error_memory(err, "merge");
    memcpy(joined, left.at, left.len);
    memcpy(joined + left.len, right.at, right.len);
    bool ok = intern(t, left, &m.left, err) && intern(t, right, &m.right, err) &&
              intern(t, (struct text){joined, n}, &m.merged, err);
    if (ok && !merge_table_get(&t->merges, m.left, m.right)) ok = tokenizer_list_merge(t, m, err);
    if (joined != small) memory_free(joined);
    return ok;
}

/* ---- last step ---- */

static bool check_ids(const struct tokenizer *t, const char *shown, struct error *err) {
    const int32_t ids[] = {t->bos, t->eos, t->eot, t->unknown, t->missing};
    static const char *const names[] = {"BOS", "EOS", "EOT", "unknown", "unknown"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (ids[i] < -1 || (ids[i] >= 0 && (size_t)ids[i] >= t->n))
            return error_set(err, ERROR_DATA, "%s: the %s token has id %d, expected 0 to %zu", shown, names[i], ids[i],
                             t->n - 1);
    return true;
}

/* Byte-level: the stand-ins become the bytes again; a character that is none stays as it is. */
static size_t stored_to_bytes(struct text form, char *out) {
    size_t n = 0;
    for (size_t i = 0; i < form.len;) {
        uint32_t codepoint;
        size_t k = text_utf8_next(text_part(form, i, form.len), &codepoint);
        int byte = k ? codepoint_to_byte(codepoint) : -1;
        if (byte >= 0) {
            out[n++] = (char)byte;
        } else {
            memcpy(out + n, form.at + i, k ? k : 1);
            n += k ? k : 1;
        }
        i += k ? k : 1;
    }
    return n;
}

static size_t unmark_blanks(struct text form, char *out) {
    size_t n = 0;
    for (size_t i = 0; i < form.len;) {
        bool mark = text_starts(text_part(form, i, form.len), TEXT(SPACE_MARK));
        out[n++] = mark ? ' ' : form.at[i];
        i += mark ? 3 : 1;
    }
    return n;
}

static int hex_value(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* RWKV's forms: \t, \n, \r, \xHH; another character behind a backslash stands for itself, as in llama.cpp. */
static size_t unescape_token(struct text form, char *out) {
    size_t n = 0;
    for (size_t i = 0; i < form.len; i++) {
        char c = form.at[i], next = i + 1 < form.len ? form.at[i + 1] : 0;
        if (c != '\\' || i + 1 == form.len) {
            out[n++] = c;
            continue;
        }
        i++;
        int high = next == 'x' && i + 2 < form.len ? hex_value(form.at[i + 1]) : -1;
        int low = high >= 0 ? hex_value(form.at[i + 2]) : -1;
        if (low >= 0) i += 2;
        out[n++] = low >= 0      ? (char)(high * 16 + low)
                   : next == 't' ? '\t'
                   : next == 'n' ? '\n'
                   : next == 'r' ? '\r'
                                 : next;
    }
    return n;
}

static bool make_piece(struct tokenizer *t, size_t id, char *scratch, struct error *err) {
    struct text form = t->tokens[id], piece = {scratch, 0};
    enum token_type type = t->types[id];
    if (type == TOKEN_CONTROL || type == TOKEN_UNKNOWN || type == TOKEN_USER) {
        t->pieces[id] = form;
        return true;
    }
    if (t->family == FAMILY_BYTES)
        piece.len = stored_to_bytes(form, scratch);
    else if (t->family == FAMILY_GREEDY)
        piece.len = unescape_token(form, scratch);
    else
        piece.len = unmark_blanks(form, scratch);
    return tokenizer_keep(t, piece, &t->pieces[id], err);
}

static bool make_pieces(struct tokenizer *t, struct error *err) {
    char *scratch = memory_alloc(t->longest + 1);
    if (!scratch) return error_memory(err, "tokenizer");
    bool ok = true;
    for (size_t i = 0; ok && i < t->n; i++) ok = make_piece(t, i, scratch, err);
    for (unsigned b = 0; ok && b < 256 && (t->family == FAMILY_SPM || t->family == FAMILY_UNIGRAM); b++) {
        char byte = (char)b;
        int32_t id = t->byte_ids[b];
        if (id >= 0 && t->types[id] == TOKEN_BYTE) ok = tokenizer_keep(t, (struct text){&byte, 1}, &t->pieces[id], err);
    }
    memory_free(scratch);
    return ok;
}

/* Names that end an answer whatever the file says, as in llama.cpp. */
static const char *const end_names[] = {
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "</s>",
    "<|eom_id|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<|end_of_text|>",
    "<eos>",
    "<turn|>",
    "<end_of_utterance>",
    "<|tool_response>",
    "<\357\275\234end\342\226\201of\342\226\201sentence\357\275\234>", /* with U+FF5C and U+2581 */
};

static bool named(const struct tokenizer *t, const char *name) {
    int32_t id = tokenizer_find(t, text_of(name));
    return id >= 0;
}

static bool find_ends(struct tokenizer *t, struct error *err) {
    size_t n_names = sizeof end_names / sizeof *end_names;
    t->ends = arena_new(&t->arena, int32_t, n_names + 2, err);
    if (!t->ends) return false;
    /* Where answers end with return or call, <|end|> only ends a part of them; where tools answer, </s> is a word. */
    bool parts = named(t, "<|call|>") || named(t, "<|calls|>");
    parts = parts && (named(t, "<|return|>") || named(t, "<|flush|>"));
    for (size_t i = 0; i < n_names; i++) {
        int32_t id = tokenizer_find(t, text_of(end_names[i]));
        if (id < 0 || (parts && strcmp(end_names[i], "<|end|>") == 0)) continue;
        if (strcmp(end_names[i], "</s>") == 0 && named(t, "<|tool_response>")) continue;
        t->types[id] = TOKEN_CONTROL;
        t->ends[t->n_ends++] = id;
    }
    if (t->eos >= 0) t->ends[t->n_ends++] = t->eos;
    if (t->eot >= 0) t->ends[t->n_ends++] = t->eot;
    return true;
}

bool tokenizer_finish(struct tokenizer *t, const char *shown, struct error *err) {
    if (!check_ids(t, shown, err) || !find_ends(t, err) || !make_pieces(t, err) || !specials_index(t, err))
        return false;
    if (t->family == FAMILY_BYTES) return bytes_index_words(t, err);
    bool needs_trie = t->family == FAMILY_UNIGRAM || t->family == FAMILY_GREEDY || t->user_inside;
    if (needs_trie && !trie_index(t, err)) return false;
    return t->family != FAMILY_SPM || spm_index_words(t, err);
}
