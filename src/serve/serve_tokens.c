/* Tokens in replies: see serve_tokens.h. */
#include "serve/serve_tokens.h"

#include <math.h>
#include <string.h>

void token_writer_init(struct token_writer *w, struct buffer *out, const struct subject *subject) {
    *w = (struct token_writer){.out = out, .tokenizer = ((const struct lm_subject *)subject->state)->model->tokenizer};
    buffer_init(&w->piece, (size_t)1 << 20);
    buffer_init(&w->other, (size_t)1 << 20);
}

void token_writer_done(struct token_writer *w) {
    buffer_done(&w->piece);
    buffer_done(&w->other);
}

/* ---- tokens ---- */

static struct text piece_of(struct token_writer *w, int32_t id) {
    buffer_clear(&w->piece);
    tokenizer_piece(w->tokenizer, id, true, &w->piece);
    return w->piece.at ? buffer_text(&w->piece) : TEXT("");
}

static void put_logprob(struct buffer *out, float logprob) {
    if (isfinite(logprob))
        buffer_put_f64(out, (double)logprob);
    else
        buffer_put_c(out, "null");
}

/* A piece of a character cannot stand in JSON: it is spelled bytes:\xe2\x80, as OpenAI's servers do. */
static void put_token_text(struct token_writer *w, int32_t id) {
    static const char digits[] = "0123456789abcdef";
    struct text t = piece_of(w, id);
    if (text_utf8_invalid(t) == SIZE_MAX) {
        json_put_string(w->out, t);
        return;
    }
    buffer_put_c(w->out, "\"bytes:");
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        buffer_printf(w->out, "\\\\x%c%c", digits[c >> 4], digits[c & 15]);
    }
    buffer_put_char(w->out, '"');
}

static void put_chat_token(struct token_writer *w, int32_t id, float logprob) {
    buffer_put_c(w->out, "{\"token\":");
    json_put_string(w->out, piece_of(w, id));
    buffer_put_c(w->out, ",\"logprob\":");
    put_logprob(w->out, logprob);
    buffer_put_c(w->out, ",\"bytes\":[");
    for (size_t i = 0; i < w->piece.len; i++)
        buffer_printf(w->out, "%s%u", i ? "," : "", (unsigned)(unsigned char)w->piece.at[i]);
    buffer_put_c(w->out, "]");
}

void tokens_put_chat(struct token_writer *w, const struct token_run *r) {
    buffer_put_c(w->out, "{\"content\":[");
    for (size_t i = 0; i < r->n; i++) {
        if (i) buffer_put_char(w->out, ',');
        put_chat_token(w, r->ids[i], r->logprobs[i]);
        buffer_put_c(w->out, ",\"top_logprobs\":[");
        for (size_t k = 0; k < r->top; k++) {
            const struct lm_top *t = &r->tops[i * r->top + k];
            if (k) buffer_put_char(w->out, ',');
            put_chat_token(w, t->id, t->logprob);
            buffer_put_char(w->out, '}');
        }
        buffer_put_c(w->out, "]}");
    }
    buffer_put_c(w->out, "],\"refusal\":null}");
}

/* Whether a likelier token spells the same: as a key of an object a text can stand only once. */
static bool is_said(struct token_writer *w, const struct lm_top *tops, size_t n, int32_t id) {
    struct text own = piece_of(w, id);
    for (size_t k = 0; k < n; k++) {
        if (tops[k].id == id) return true;
        buffer_clear(&w->other);
        tokenizer_piece(w->tokenizer, tops[k].id, true, &w->other);
        if (w->other.len == own.len && (!own.len || memcmp(w->other.at, own.at, own.len) == 0)) return true;
    }
    return false;
}

/* The alternatives of one place, and the token itself where it is none of them. */
static void put_tops(struct token_writer *w, const struct token_run *r, size_t i) {
    const struct lm_top *tops = r->tops + i * r->top;
    buffer_put_char(w->out, '{');
    for (size_t k = 0; k <= r->top; k++) {
        int32_t id = k < r->top ? tops[k].id : r->ids[i];
        if (is_said(w, tops, k, id)) continue;
        if (k) buffer_put_char(w->out, ',');
        put_token_text(w, id);
        buffer_put_char(w->out, ':');
        put_logprob(w->out, k < r->top ? tops[k].logprob : r->logprobs[i]);
    }
    buffer_put_char(w->out, '}');
}

void tokens_put_legacy(struct token_writer *w, const struct token_run *runs, size_t n_runs, bool tops) {
    static const char *const lists[] = {"{\"tokens\":[", "],\"token_logprobs\":[", "],\"top_logprobs\":[",
                                        "],\"text_offset\":["};
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        if (l == 2 && !tops) {
            buffer_put_c(w->out, "],\"top_logprobs\":null,\"text_offset\":[");
            continue;
        }
        if (l != 3 || tops) buffer_put_c(w->out, lists[l]);
        for (size_t k = 0, n = 0; k < n_runs; k++)
            for (size_t i = 0; i < runs[k].n; i++) {
                if (n++) buffer_put_char(w->out, ',');
                if (l == 0) put_token_text(w, runs[k].ids[i]);
                if (l == 1) put_logprob(w->out, runs[k].logprobs[i]);
                if (l == 2 && i < runs[k].first) buffer_put_c(w->out, "null");
                if (l == 2 && i >= runs[k].first) put_tops(w, &runs[k], i);
                if (l == 3) buffer_printf(w->out, "%zu", runs[k].offsets[i]);
            }
    }
    buffer_put_c(w->out, "]}");
}

/* ---- where tokens stand in a text ---- */

size_t tokens_characters(struct text t) {
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) n += ((unsigned char)t.at[i] & 0xc0) != 0x80;
    return n;
}

/* Bytes of the prompt from `at` on that the token stands for: none of a sign that nobody wrote (BOS), one blank less
 * where the tokenizer has put one before the text; else as many as its piece has, as far as they go. */
static size_t bytes_of(struct token_writer *w, const struct serve_prompt *p, size_t i, size_t at) {
    struct text piece = piece_of(w, p->ids[i]), rest = text_part(p->text, at, p->text.len);
    if (text_starts(rest, piece)) return piece.len;
    if (i == 0 && tokenizer_type(w->tokenizer, p->ids[i]) == TOKEN_CONTROL) return 0;
    if (piece.len && piece.at[0] == ' ') {
        piece = text_part(piece, 1, piece.len);
        if (text_starts(rest, piece)) return piece.len;
    }
    return piece.len < rest.len ? piece.len : rest.len;
}

static size_t lay_prompt(struct token_writer *w, const struct serve_prompt *p, size_t *offsets) {
    size_t at = 0, characters = 0;
    for (size_t i = 0; i < p->n; i++) {
        size_t n = bytes_of(w, p, i, at);
        offsets[i] = characters;
        characters += tokens_characters(text_part(p->text, at, at + n));
        at += n;
    }
    return tokens_characters(p->text);
}

size_t tokens_lay_answer(struct token_writer *w, const int32_t *ids, size_t n, size_t from, bool special,
                         size_t *offsets) {
    for (size_t i = 0; i < n; i++) {
        offsets[i] = from;
        buffer_clear(&w->piece);
        tokenizer_piece(w->tokenizer, ids[i], special, &w->piece);
        if (w->piece.at) from += tokens_characters(buffer_text(&w->piece));
    }
    return from;
}

bool tokens_of_prompt(struct token_writer *w, const struct serve_job *job, size_t p, struct arena *arena,
                      struct token_run *run, size_t *characters) {
    const struct serve_prompt *prompt = &job->prompts[p];
    const struct serve_look *look = &job->look[p];
    struct error why;
    size_t top = job->choices[p * job->request.n].ask.top;
    float *logprobs = arena_new(arena, float, prompt->n, &why);
    struct lm_top *tops = logprobs ? arena_new(arena, struct lm_top, prompt->n * top + 1, &why) : NULL;
    size_t *offsets = tops ? arena_new(arena, size_t, prompt->n, &why) : NULL;
    if (!offsets) return false;
    logprobs[0] = NAN;
    for (size_t i = 1; i < prompt->n; i++) {
        logprobs[i] = look->next[i - 1];
        if (top) memcpy(tops + i * top, look->tops + (i - 1) * top, top * sizeof *tops);
    }
    *characters = lay_prompt(w, prompt, offsets);
    *run = (struct token_run){prompt->ids, logprobs, tops, prompt->n, top, 1, offsets};
    return true;
}
