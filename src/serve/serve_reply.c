/* Replies: see serve_reply.h. */
#include "serve/serve_reply.h"

#include "base/base64.h"

#include <math.h>
#include <string.h>

/* A run of tokens, of a prompt or of an answer. */
struct run {
    const int32_t *ids;
    const float *logprobs; /* of each; NaN: not known */
    const struct lm_top *tops;
    size_t n, top;         /* top: of each place; 0: none */
    size_t first;          /* of the places that have no alternatives: a prompt's first token */
    const size_t *offsets; /* [n] characters before each, of the legacy shape */
};

struct writer {
    struct buffer *out;
    const struct tokenizer *tokenizer;
    struct buffer piece, other; /* of one token, used again */
};

static void writer_init(struct writer *w, struct buffer *out, const struct subject *subject) {
    *w = (struct writer){.out = out, .tokenizer = ((const struct lm_subject *)subject->state)->model->tokenizer};
    buffer_init(&w->piece, (size_t)1 << 20);
    buffer_init(&w->other, (size_t)1 << 20);
}

static void writer_done(struct writer *w) {
    buffer_done(&w->piece);
    buffer_done(&w->other);
}

/* ---- tokens ---- */

static struct text piece_of(struct writer *w, int32_t id) {
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
static void put_token_text(struct writer *w, int32_t id) {
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

static void put_chat_token(struct writer *w, int32_t id, float logprob) {
    buffer_put_c(w->out, "{\"token\":");
    json_put_string(w->out, piece_of(w, id));
    buffer_put_c(w->out, ",\"logprob\":");
    put_logprob(w->out, logprob);
    buffer_put_c(w->out, ",\"bytes\":[");
    for (size_t i = 0; i < w->piece.len; i++)
        buffer_printf(w->out, "%s%u", i ? "," : "", (unsigned)(unsigned char)w->piece.at[i]);
    buffer_put_c(w->out, "]");
}

static void put_chat_run(struct writer *w, const struct run *r) {
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
static bool is_said(struct writer *w, const struct lm_top *tops, size_t n, int32_t id) {
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
static void put_tops(struct writer *w, const struct run *r, size_t i) {
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

/* The legacy shape, of up to two runs. */
static void put_legacy_runs(struct writer *w, const struct run *runs, size_t n_runs, bool tops) {
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

static size_t characters_begun(struct text t) {
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) n += ((unsigned char)t.at[i] & 0xc0) != 0x80;
    return n;
}

/* Bytes of the prompt from `at` on that the token stands for: none of a sign that nobody wrote (BOS), one blank less
 * where the tokenizer has put one before the text; else as many as its piece has, as far as they go. */
static size_t bytes_of(struct writer *w, const struct serve_prompt *p, size_t i, size_t at) {
    struct text piece = piece_of(w, p->ids[i]), rest = text_part(p->text, at, p->text.len);
    if (text_starts(rest, piece)) return piece.len;
    if (i == 0 && tokenizer_type(w->tokenizer, p->ids[i]) == TOKEN_CONTROL) return 0;
    if (piece.len && piece.at[0] == ' ') {
        piece = text_part(piece, 1, piece.len);
        if (text_starts(rest, piece)) return piece.len;
    }
    return piece.len < rest.len ? piece.len : rest.len;
}

static size_t lay_prompt(struct writer *w, const struct serve_prompt *p, size_t *offsets) {
    size_t at = 0, characters = 0;
    for (size_t i = 0; i < p->n; i++) {
        size_t n = bytes_of(w, p, i, at);
        offsets[i] = characters;
        characters += characters_begun(text_part(p->text, at, at + n));
        at += n;
    }
    return characters_begun(p->text);
}

/* Returns the characters before what follows. */
static size_t lay_answer(struct writer *w, const int32_t *ids, size_t n, size_t from, bool special, size_t *offsets) {
    for (size_t i = 0; i < n; i++) {
        offsets[i] = from;
        buffer_clear(&w->piece);
        tokenizer_piece(w->tokenizer, ids[i], special, &w->piece);
        if (w->piece.at) from += characters_begun(buffer_text(&w->piece));
    }
    return from;
}

/* ---- parts that replies share ---- */

static void put_head(struct buffer *out, const struct subject *subject, const struct serve_job *job,
                     const char *object) {
    buffer_printf(out, "{\"id\":\"%s\",\"object\":\"%s\",\"created\":%llu,\"model\":", job->id, object,
                  (unsigned long long)job->created);
    json_put_string(out, text_of(subject->name));
    buffer_printf(out, ",\"system_fingerprint\":\"fp_%.12s\",\"seed\":%lld", subject->digest,
                  (long long)job->request.seed);
}

static void put_usage(struct buffer *out, const struct serve_job *job) {
    size_t in = 0, said = 0;
    for (size_t i = 0; i < job->request.n_prompts; i++) in += job->prompts[i].n;
    for (size_t i = 0; i < job->n_choices; i++) said += job->choices[i].n;
    buffer_printf(out, "\"usage\":{\"prompt_tokens\":%zu,", in);
    if (job->request.route != API_EMBEDDINGS) buffer_printf(out, "\"completion_tokens\":%zu,", said);
    buffer_printf(out, "\"total_tokens\":%zu}", in + said);
}

static const char *finish_name(enum lm_finish finish) {
    return finish == LM_FINISH_LENGTH ? "\"length\"" : "\"stop\"";
}

static bool choice_failed(const struct serve_job *job, const struct error *why, struct api_error *err) {
    return api_refuse_for(err, job->request.route == API_CHAT ? "messages" : "prompt", why);
}

/* The log-probabilities of a prompt, behind nothing: its first token has none. On the arena. */
static bool prompt_run(struct writer *w, const struct serve_job *job, size_t p, struct arena *arena, struct run *run,
                       size_t *characters) {
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
    *run = (struct run){prompt->ids, logprobs, tops, prompt->n, top, 1, offsets};
    return true;
}

/* ---- whole ---- */

static bool put_legacy_choice(struct writer *w, const struct serve_job *job, size_t i, bool special,
                              struct arena *arena) {
    const struct api_request *q = &job->request;
    const struct serve_choice *c = &job->choices[i];
    struct run runs[2];
    size_t n_runs = 0, characters = 0;
    struct error why;
    buffer_printf(w->out, "{\"index\":%zu,\"text\":", i);
    if (q->echo) {
        struct buffer whole;
        buffer_init(&whole, (size_t)1 << 30);
        buffer_put_text(&whole, job->prompts[i / q->n].text);
        buffer_put_text(&whole, buffer_text(&c->text));
        json_put_string(w->out, buffer_text(&whole));
        if (whole.failed) w->out->failed = true;
        buffer_done(&whole);
        characters = characters_begun(job->prompts[i / q->n].text);
    } else {
        json_put_string(w->out, buffer_text(&c->text));
    }
    buffer_put_c(w->out, ",\"logprobs\":");
    if (q->logprobs) {
        if (q->echo && !prompt_run(w, job, i / q->n, arena, &runs[n_runs++], &characters)) return false;
        size_t *offsets = arena_new(arena, size_t, c->n + 1, &why);
        if (!offsets) return false;
        lay_answer(w, c->ids, c->n, characters, special, offsets);
        runs[n_runs++] = (struct run){c->ids, c->logprobs, c->tops, c->n, c->ask.top, 0, offsets};
        put_legacy_runs(w, runs, n_runs, c->ask.top > 0);
    } else {
        buffer_put_c(w->out, "null");
    }
    buffer_printf(w->out, ",\"finish_reason\":%s}", finish_name(c->finish));
    return true;
}

static void put_chat_choice(struct writer *w, const struct serve_job *job, size_t i) {
    const struct serve_choice *c = &job->choices[i];
    struct run run = {.ids = c->ids, .logprobs = c->logprobs, .tops = c->tops, .n = c->n, .top = c->ask.top};
    buffer_printf(w->out, "{\"index\":%zu,\"message\":{\"role\":\"assistant\",\"content\":", i);
    json_put_string(w->out, buffer_text(&c->text));
    buffer_put_c(w->out, ",\"refusal\":null},\"logprobs\":");
    if (job->request.logprobs)
        put_chat_run(w, &run);
    else
        buffer_put_c(w->out, "null");
    buffer_printf(w->out, ",\"finish_reason\":%s}", finish_name(c->finish));
}

static bool put_answers(struct writer *w, const struct subject *subject, const struct serve_job *job,
                        struct api_error *err) {
    bool chat = job->request.route == API_CHAT, special = subject->settings.keep_special;
    struct arena arena;
    put_head(w->out, subject, job, chat ? "chat.completion" : "text_completion");
    buffer_put_c(w->out, ",\"choices\":[");
    bool ok = true;
    arena_init(&arena, (size_t)1 << 30);
    for (size_t i = 0; ok && i < job->n_choices; i++) {
        if (i) buffer_put_char(w->out, ',');
        if (chat)
            put_chat_choice(w, job, i);
        else
            ok = put_legacy_choice(w, job, i, special, &arena);
        arena_reset(&arena);
    }
    arena_done(&arena);
    buffer_put_c(w->out, "],");
    put_usage(w->out, job);
    buffer_put_char(w->out, '}');
    return ok || api_refuse(err, 500, NULL, NULL, "out of memory");
}

/* Of length 1, as OpenAI's are. */
static void put_embedding(struct buffer *out, const float *state, size_t n, bool base64) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)state[i] * (double)state[i];
    double scale = sum > 0 ? 1 / sqrt(sum) : 0;
    buffer_put_char(out, base64 ? '"' : '[');
    if (base64) {
        struct buffer bytes;
        buffer_init(&bytes, (size_t)1 << 28);
        for (size_t i = 0; i < n; i++) { /* little-endian f32, as every supported processor has them */
            float value = (float)((double)state[i] * scale);
            buffer_put(&bytes, &value, sizeof value);
        }
        base64_put(out, buffer_text(&bytes));
        if (bytes.failed) out->failed = true;
        buffer_done(&bytes);
    }
    for (size_t i = 0; !base64 && i < n; i++) {
        if (i) buffer_put_char(out, ',');
        buffer_put_f64(out, (double)(float)((double)state[i] * scale));
    }
    buffer_put_char(out, base64 ? '"' : ']');
}

static void put_embeddings(struct buffer *out, const struct subject *subject, const struct serve_job *job) {
    const struct lm_subject *lm = subject->state;
    buffer_put_c(out, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < job->request.n_prompts; i++) {
        buffer_printf(out, "%s{\"object\":\"embedding\",\"index\":%zu,\"embedding\":", i ? "," : "", i);
        put_embedding(out, job->look[i].state, lm->model->shape.width, job->request.base64);
        buffer_put_char(out, '}');
    }
    buffer_put_c(out, "],\"model\":");
    json_put_string(out, text_of(subject->name));
    buffer_put_char(out, ',');
    put_usage(out, job);
    buffer_put_char(out, '}');
}

bool serve_put_reply(struct buffer *out, const struct subject *subject, const struct serve_job *job,
                     struct api_error *err) {
    struct writer w;
    if (job->failed) return *err = job->error, false;
    for (size_t i = 0; i < job->n_choices; i++)
        if (job->choices[i].finish == LM_FINISH_ERROR) return choice_failed(job, &job->choices[i].error, err);
    for (size_t i = 0; job->looks && i < job->request.n_prompts; i++)
        if (job->look[i].error.kind) return choice_failed(job, &job->look[i].error, err);
    writer_init(&w, out, subject);
    bool ok = true;
    if (job->request.route == API_EMBEDDINGS)
        put_embeddings(out, subject, job);
    else
        ok = put_answers(&w, subject, job, err);
    writer_done(&w);
    if (ok && out->failed) ok = api_refuse(err, 500, NULL, NULL, "the reply is too long, or memory ran out");
    return ok;
}

/* ---- in pieces ---- */

size_t serve_sure(struct text answer, const struct text *stops, size_t n_stops) {
    size_t sure = answer.len;
    for (size_t s = 0; s < n_stops; s++) {
        size_t longest = stops[s].len ? stops[s].len - 1 : 0;
        if (longest > answer.len) longest = answer.len;
        for (size_t k = longest; k; k--) {
            if (memcmp(answer.at + answer.len - k, stops[s].at, k) != 0) continue;
            if (answer.len - k < sure) sure = answer.len - k;
            break;
        }
    }
    for (size_t back = 1; back <= 3 && back <= sure; back++) {
        unsigned char c = (unsigned char)answer.at[sure - back];
        if ((c & 0xc0) == 0x80) continue;
        size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        return length > back ? sure - back : sure;
    }
    return sure;
}

/* What one choice has gained, copied so that the desk need not wait while it is written out. */
struct gain {
    struct text text;
    struct run run;
    bool begins, ends;
    enum lm_finish finish;
};

static void *copy(struct arena *arena, const void *list, size_t from, size_t n, size_t size) {
    struct error why;
    return n ? arena_copy(arena, (const char *)list + from * size, n * size, &why) : arena_copy(arena, "", 0, &why);
}

/* Under the lock. */
static bool take_gain(struct serve_job *job, size_t i, struct arena *arena, struct gain *g) {
    struct serve_choice *c = &job->choices[i];
    struct text all = buffer_text(&c->text);
    size_t sure = c->ended ? all.len : serve_sure(all, c->ask.stops, c->ask.n_stops), n_top = c->ask.top;
    size_t n = c->n - c->sent_tokens;
    if (sure < c->sent_bytes) sure = c->sent_bytes;
    *g = (struct gain){.begins = !c->begun, .ends = c->ended && !c->closed, .finish = c->finish};
    g->text = (struct text){copy(arena, all.at, c->sent_bytes, sure - c->sent_bytes, 1), sure - c->sent_bytes};
    if (!g->text.at) return false;
    if (job->request.logprobs) {
        g->run = (struct run){.n = n, .top = n_top};
        g->run.ids = copy(arena, c->ids, c->sent_tokens, n, sizeof *c->ids);
        g->run.logprobs = copy(arena, c->logprobs, c->sent_tokens, n, sizeof *c->logprobs);
        g->run.tops = copy(arena, c->tops, c->sent_tokens * n_top, n * n_top, sizeof *c->tops);
        if (!g->run.ids || !g->run.logprobs || !g->run.tops) return false;
    }
    c->sent_bytes = sure;
    c->sent_tokens = c->n;
    c->begun = true;
    c->closed = c->ended;
    return true;
}

static void begin_event(struct buffer *out, const struct subject *subject, const struct serve_job *job) {
    bool chat = job->request.route == API_CHAT;
    buffer_put_c(out, "data: ");
    put_head(out, subject, job, chat ? "chat.completion.chunk" : "text_completion");
    buffer_put_c(out, ",\"choices\":[");
}

static void end_event(struct buffer *out, const struct serve_job *job) {
    buffer_put_c(out, job->request.stream_usage ? "],\"usage\":null}\n\n" : "]}\n\n");
}

static void put_finish(struct buffer *out, const struct gain *g) {
    buffer_printf(out, ",\"finish_reason\":%s}", g->ends ? finish_name(g->finish) : "null");
}

static void put_chat_gain(struct writer *w, const struct subject *subject, const struct serve_job *job, size_t i,
                          const struct gain *g) {
    if (g->begins) {
        begin_event(w->out, subject, job);
        buffer_printf(w->out,
                      "{\"index\":%zu,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,"
                      "\"finish_reason\":null}",
                      i);
        end_event(w->out, job);
    }
    if (!g->text.len && !g->run.n && !g->ends) return;
    begin_event(w->out, subject, job);
    buffer_printf(w->out, "{\"index\":%zu,\"delta\":{", i);
    if (g->text.len) {
        buffer_put_c(w->out, "\"content\":");
        json_put_string(w->out, g->text);
    }
    buffer_put_c(w->out, "},\"logprobs\":");
    if (job->request.logprobs)
        put_chat_run(w, &g->run);
    else
        buffer_put_c(w->out, "null");
    put_finish(w->out, g);
    end_event(w->out, job);
}

/* An echo comes first, as an event of its own. */
static bool put_echo_event(struct writer *w, const struct subject *subject, const struct serve_job *job, size_t i,
                           struct arena *arena) {
    struct run run;
    size_t characters;
    begin_event(w->out, subject, job);
    buffer_printf(w->out, "{\"index\":%zu,\"text\":", i);
    json_put_string(w->out, job->prompts[i / job->request.n].text);
    buffer_put_c(w->out, ",\"logprobs\":");
    if (job->request.logprobs) {
        if (!prompt_run(w, job, i / job->request.n, arena, &run, &characters)) return false;
        put_legacy_runs(w, &run, 1, run.top > 0);
    } else {
        buffer_put_c(w->out, "null");
    }
    buffer_put_c(w->out, ",\"finish_reason\":null}");
    end_event(w->out, job);
    return true;
}

static bool put_legacy_gain(struct writer *w, const struct subject *subject, struct serve_job *job, size_t i,
                            struct gain *g, struct arena *arena) {
    struct serve_choice *c = &job->choices[i];
    bool special = subject->settings.keep_special;
    struct error why;
    if (g->begins && job->request.echo && !put_echo_event(w, subject, job, i, arena)) return false;
    if (!g->text.len && !g->run.n && !g->ends) return true;
    begin_event(w->out, subject, job);
    buffer_printf(w->out, "{\"index\":%zu,\"text\":", i);
    json_put_string(w->out, g->text);
    buffer_put_c(w->out, ",\"logprobs\":");
    if (job->request.logprobs) {
        size_t *offsets = arena_new(arena, size_t, g->run.n + 1, &why);
        if (!offsets) return false;
        size_t from = job->request.echo ? characters_begun(job->prompts[i / job->request.n].text) : 0;
        c->sent_characters = lay_answer(w, g->run.ids, g->run.n, from + c->sent_characters, special, offsets) - from;
        g->run.offsets = offsets;
        put_legacy_runs(w, &g->run, 1, g->run.top > 0);
    } else {
        buffer_put_c(w->out, "null");
    }
    put_finish(w->out, g);
    end_event(w->out, job);
    return true;
}

static void put_end(struct buffer *out, const struct subject *subject, const struct serve_job *job) {
    if (job->request.stream_usage) {
        begin_event(out, subject, job);
        buffer_put_c(out, "],");
        put_usage(out, job);
        buffer_put_c(out, "}\n\n");
    }
    buffer_put_c(out, "data: [DONE]\n\n");
}

/* Under the lock: copies of what is new of choice i; *skip: nothing can be said yet. */
static bool prepare(struct serve_job *job, size_t i, struct arena *arena, struct gain *g, bool *skip,
                    struct api_error *err) {
    struct serve_choice *c = &job->choices[i];
    size_t p = i / job->request.n;
    *skip = c->closed || (job->looks && p >= job->n_looked);
    if (*skip) return true;
    if (job->looks && job->look[p].error.kind) return choice_failed(job, &job->look[p].error, err);
    if (c->ended && c->finish == LM_FINISH_ERROR) return choice_failed(job, &c->error, err);
    return take_gain(job, i, arena, g) || api_refuse(err, 500, NULL, NULL, "out of memory");
}

static bool put_gains(struct writer *w, const struct subject *subject, struct serve_job *job, struct arena *arena,
                      bool *ended, struct api_error *err) {
    bool all = true;
    for (size_t i = 0; i < job->n_choices; i++) {
        struct gain g = {0};
        bool skip;
        arena_reset(arena);
        pthread_mutex_lock(&job->lock);
        bool ok = prepare(job, i, arena, &g, &skip, err), closed = job->choices[i].closed;
        pthread_mutex_unlock(&job->lock);
        if (!ok) return false;
        all = all && closed;
        if (skip) continue;
        if (job->request.route == API_CHAT)
            put_chat_gain(w, subject, job, i, &g);
        else if (!put_legacy_gain(w, subject, job, i, &g, arena))
            return api_refuse(err, 500, NULL, NULL, "out of memory");
    }
    *ended = all;
    return true;
}

bool serve_put_events(struct buffer *out, const struct subject *subject, struct serve_job *job, bool *ended,
                      struct api_error *err) {
    struct writer w;
    struct arena arena;
    *ended = false;
    pthread_mutex_lock(&job->lock);
    bool failed = job->failed;
    if (failed) *err = job->error;
    pthread_mutex_unlock(&job->lock);
    if (failed) return false;
    arena_init(&arena, (size_t)1 << 30);
    writer_init(&w, out, subject);
    bool ok = put_gains(&w, subject, job, &arena, ended, err);
    if (ok && *ended) put_end(out, subject, job);
    writer_done(&w);
    arena_done(&arena);
    return ok;
}

void serve_put_error_event(struct buffer *out, const struct api_error *err) {
    buffer_put_c(out, "data: ");
    api_put_error(out, err);
    buffer_put_c(out, "\n\n");
}

/* ---- models ---- */

void serve_put_models(struct buffer *out, const struct subject *subject, uint64_t created, bool one) {
    const struct lm_subject *lm = subject->state;
    if (!one) buffer_put_c(out, "{\"object\":\"list\",\"data\":[");
    buffer_put_c(out, "{\"id\":");
    json_put_string(out, text_of(subject->name));
    buffer_printf(out, ",\"object\":\"model\",\"created\":%llu,\"owned_by\":\"basanite\",\"context_length\":%zu}",
                  (unsigned long long)created, lm->model->shape.context);
    if (!one) buffer_put_c(out, "]}");
}
