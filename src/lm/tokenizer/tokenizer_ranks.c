/* tiktoken's files of ranks: a line "BASE64 RANK" for each token. The rank is the id; of two neighbours whose bytes
 * together are a token, those with the lowest rank merge first. The file says neither how texts are cut nor which
 * special tokens there are: both follow from the encoding's name,
 * which the file's name or the number of ranks tells. */
#include "lm/tokenizer/tokenizer_beside.h"

#include "base/base64.h"

#include <string.h>

#define RANKS_MAX ((size_t)256 << 20)
#define TOKEN_MAX 1024 /* bytes; finding the merges of a token takes their square */
#define SPECIALS_MAX 20
#define RESERVED_FORM "<|reserved_%zu|>"

struct encoding {
    const char *name, *pre;
    size_t ranks; /* lines in the file */
    struct {
        const char *text;
        int32_t id;
    } specials[SPECIALS_MAX];
    size_t vocabulary; /* ids in between that have no name are reserved ones */
};

static const struct encoding encodings[] = {
    {"r50k_base", "gpt-2", 50256, {{"<|endoftext|>", 50256}}, 50257},
    {"p50k_base", "gpt-2", 50280, {{"<|endoftext|>", 50256}}, 50281},
    {"p50k_edit",
     "gpt-2",
     50280,
     {{"<|endoftext|>", 50256}, {"<|fim_prefix|>", 50281}, {"<|fim_middle|>", 50282}, {"<|fim_suffix|>", 50283}},
     50284},
    {"cl100k_base",
     "llama-bpe",
     100256,
     {{"<|endoftext|>", 100257},
      {"<|fim_prefix|>", 100258},
      {"<|fim_middle|>", 100259},
      {"<|fim_suffix|>", 100260},
      {"<|endofprompt|>", 100276}},
     100277},
    {"o200k_base", "gpt-4o", 199998, {{"<|endoftext|>", 199999}, {"<|endofprompt|>", 200018}}, 200019},
    {"o200k_harmony",
     "gpt-4o",
     199998,
     {{"<|startoftext|>", 199998},
      {"<|endoftext|>", 199999},
      {"<|return|>", 200002},
      {"<|constrain|>", 200003},
      {"<|channel|>", 200005},
      {"<|start|>", 200006},
      {"<|end|>", 200007},
      {"<|message|>", 200008},
      {"<|call|>", 200012},
      {"<|endofprompt|>", 200018}},
     201088},
    {"llama3",
     "llama-bpe",
     128000,
     {{"<|begin_of_text|>", 128000},
      {"<|end_of_text|>", 128001},
      {"<|reserved_special_token_0|>", 128002},
      {"<|reserved_special_token_1|>", 128003},
      {"<|finetune_right_pad_id|>", 128004},
      {"<|step_id|>", 128005},
      {"<|start_header_id|>", 128006},
      {"<|end_header_id|>", 128007},
      {"<|eom_id|>", 128008},
      {"<|eot_id|>", 128009},
      {"<|python_tag|>", 128010}},
     128256},
};

struct rank_source {
    struct tokenizer *t;
    const struct encoding *encoding; /* NULL: not known */
    const struct tokenizer_beside *beside; /* NULL: nothing */
    struct text text;
    const char *path;
    struct error *err;
};

/* By the file's name first: p50k_base and p50k_edit have the same ranks. */
static const struct encoding *find_encoding(struct text path, size_t ranks) {
    struct text name = path;
    for (size_t i = 0; i < path.len; i++)
        if (path.at[i] == '/') name = text_part(path, i + 1, path.len);
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if (text_starts(name, text_of(encodings[i].name)) && encodings[i].ranks == ranks) return &encodings[i];
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if (encodings[i].ranks == ranks) return &encodings[i];
    return NULL;
}

static bool bad_line(struct rank_source *s, size_t line, const char *why) {
    return error_set(s->err, ERROR_DATA, "%s:%zu: %s; expected a token in Base64, a blank, and its rank", s->path, line,
                     why);
}

/* One line; *rank of its token, whose bytes go to out. */
static bool read_line(struct rank_source *s, struct text line, size_t number, struct buffer *out, uint64_t *rank) {
    size_t blank = text_find(line, TEXT(" "), 0);
    buffer_clear(out);
    if (blank == SIZE_MAX) return bad_line(s, number, "no blank in this line");
    if (!text_to_u64(text_trim(text_part(line, blank + 1, line.len)), rank) || *rank >= TOKENIZER_MOST_TOKENS)
        return bad_line(s, number, "the rank is no number, or too large");
    if (base64_read(out, text_part(line, 0, blank)) && out->len) return true;
    if (out->failed && !out->full) return error_memory(s->err, "tokenizer");
    return bad_line(s, number, out->full ? "the token is too long" : "the token is no Base64");
}

/* Calls for each line that is not empty; counts them. */
typedef bool take_rank(struct rank_source *s, struct text bytes, uint64_t rank, size_t line);

static bool each_rank(struct rank_source *s, take_rank *take, size_t *count) {
    struct text rest = s->text, line;
    struct buffer bytes;
    bool ok = true;
    uint64_t rank;
    *count = 0;
    buffer_init(&bytes, TOKEN_MAX);
    for (size_t number = 1; ok && text_next(&rest, '\n', &line); number++) {
        if (!text_trim(line).len) continue;
        ok = read_line(s, text_trim(line), number, &bytes, &rank) && take(s, buffer_text(&bytes), rank, number);
        ++*count;
    }
    buffer_done(&bytes);
    return ok;
}

static bool note_rank(struct rank_source *s, struct text bytes, uint64_t rank, size_t line) {
    (void)bytes;
    (void)line;
    if (rank >= s->t->n) s->t->n = (size_t)rank + 1;
    return true;
}

static bool keep_rank(struct rank_source *s, struct text bytes, uint64_t rank, size_t line) {
    struct tokenizer *t = s->t;
    char small[512], *stored = small;
    if (t->tokens[rank].at) return bad_line(s, line, "this rank has been given before");
    if (bytes.len * 2 > sizeof small && !(stored = memory_alloc(bytes.len * 2))) return error_memory(s->err, "token");
    bool ok = tokenizer_keep(t, (struct text){stored, bytes_to_stored(bytes, stored)}, &t->tokens[rank], s->err);
    if (stored != small) memory_free(stored);
    return ok;
}

static bool keep_special(struct rank_source *s, int32_t id, const char *text) {
    s->t->types[id] = TOKEN_CONTROL;
    return tokenizer_keep(s->t, text_of(text), &s->t->tokens[id], s->err);
}

static bool keep_specials(struct rank_source *s) {
    const struct encoding *e = s->encoding;
    char name[48];
    for (size_t i = 0; e && i < SPECIALS_MAX && e->specials[i].text; i++)
        if (!s->t->tokens[e->specials[i].id].at && !keep_special(s, e->specials[i].id, e->specials[i].text))
            return false;
    for (size_t i = 0; i < s->t->n; i++) {
        if (s->t->tokens[i].at) continue;
        s->t->types[i] = TOKEN_UNUSED;
        if (!e || i < e->ranks) continue; /* a hole; tokenizer_index names it */
        snprintf(name, sizeof name, RESERVED_FORM, i);
        if (!keep_special(s, (int32_t)i, name)) return false;
    }
    return true;
}

/* Every cut of a token into two tokens is a merge of the token's rank. */
static bool add_merges(struct rank_source *s) {
    struct tokenizer *t = s->t;
    for (size_t id = 0; id < t->n; id++) {
        struct text form = t->tokens[id];
        if (t->types[id] != TOKEN_NORMAL) continue;
        for (size_t at = 1; at < form.len; at++) {
            if (((unsigned char)form.at[at] & 0xC0) == 0x80) continue; /* inside the stand-in of a byte */
            int32_t left = tokenizer_find(t, text_part(form, 0, at));
            int32_t right = left >= 0 ? tokenizer_find(t, text_part(form, at, form.len)) : -1;
            if (right < 0 || t->types[left] != TOKEN_NORMAL || t->types[right] != TOKEN_NORMAL) continue;
            struct merge m = {left, right, (int32_t)id, (int32_t)id};
            if (!tokenizer_list_merge(t, m, s->err)) return false;
        }
    }
    return true;
}

static bool set_ends(struct rank_source *s) {
    struct tokenizer *t = s->t;
    bool llama = s->encoding && strcmp(s->encoding->name, "llama3") == 0;
    t->eos = tokenizer_find(t, llama ? TEXT("<|eot_id|>") : TEXT("<|endoftext|>"));
    t->bos = tokenizer_find(t, llama ? TEXT("<|begin_of_text|>") : TEXT("<|startoftext|>"));
    t->adds_bos = llama;
    return true;
}

static bool read_all(struct rank_source *s) {
    struct tokenizer *t = s->t;
    size_t n, ranks;
    t->family = FAMILY_BYTES;
    if (!each_rank(s, note_rank, &ranks)) return false;
    if (!ranks) return error_set(s->err, ERROR_DATA, "%s: no ranks in it", s->path);
    if (t->n / 64 > ranks)
        return error_set(s->err, ERROR_DATA, "%s: ranks go up to %zu for %zu tokens", s->path, t->n - 1, ranks);
    s->encoding = find_encoding(text_of(s->path), ranks);
    n = s->encoding && s->encoding->vocabulary > t->n ? s->encoding->vocabulary : t->n;
    if (s->beside) n = tokenizer_beside_vocabulary(s->beside, n);
    if (!tokenizer_reserve(t, n, s->err)) return error_wrap(s->err, "%s", s->path);
    if (!each_rank(s, keep_rank, &ranks) ||
        (s->beside && !tokenizer_beside_put_tokens(s->beside, t, s->path, s->err)) || !keep_specials(s) ||
        !tokenizer_index(t, s->err))
        return false;
    t->pre_guessed = !s->encoding;
    const struct pretokenizer *pre = pretokenizer_find(text_of(s->encoding ? s->encoding->pre : "llama-bpe"));
    if (!tokenizer_use_pre(t, pre, s->err) || !add_merges(s)) return false;
    t->ignores_merges = t->merges_by_id = true; /* a word that is a token is this token */
    return set_ends(s) && (!s->beside || tokenizer_beside_put_ends(s->beside, t, s->err)) &&
           tokenizer_finish(t, s->path, s->err);
}

static struct tokenizer *from_text(struct text text, const struct tokenizer_beside *beside, const char *shown_name,
                                   struct error *err) {
    struct rank_source s = {.t = tokenizer_new(err), .beside = beside, .text = text, .path = shown_name, .err = err};
    if (s.t && read_all(&s)) return s.t;
    tokenizer_free(s.t);
    return NULL;
}

struct tokenizer *tokenizer_from_ranks_text(struct text text, const char *shown_name, struct error *err) {
    return from_text(text, NULL, shown_name, err);
}

struct tokenizer *tokenizer_from_ranks(const char *path, struct error *err) {
    struct arena arena;
    struct tokenizer_beside beside;
    struct text text;
    arena_init(&arena, RANKS_MAX + 64);
    bool ok = tokenizer_beside_read(&beside, path, err) && file_read(&arena, path, RANKS_MAX, &text, err);
    struct tokenizer *t = ok ? from_text(text, &beside, path, err) : NULL;
    tokenizer_beside_done(&beside);
    arena_done(&arena);
    return t;
}
