/* Conversations: see subject_talk.h. The state that an answer leaves is kept until the next answer has left its own, so
 * that the prompt in between goes on from it as far as they agree. */
#include "subject/subject_talk.h"

#include "base/hash.h"
#include "lm/engine/kept.h"
#include "subject/openai_tell.h"
#include "subject/subject_lm.h"

#include <string.h>

struct talk {
    struct subject *subject;
    struct lm_subject *lm; /* NULL: no model in this process */
    struct lm_kept *kept;
    struct arena arena; /* of one turn */
    struct lm_prompt_scratch scratch;
    struct buffer said; /* the answer of the newest turn */
    /* of the turn under way */
    talk_more *more;
    void *context;
    size_t given; /* bytes of the answer that were given to more */
    size_t known; /* bytes before the newest token */
    size_t tokens;
    bool stopped;
    struct talk_reply *reply;
};

struct talk *talk_new(struct subject *subject, struct error *err) {
    struct talk *talk = memory_zeroed(1, sizeof *talk);
    if (!talk) return error_memory(err, "conversation"), NULL;
    talk->subject = subject;
    talk->lm = subject->kind->ask == subject_lm_ask ? subject->state : NULL;
    arena_init(&talk->arena, 0);
    buffer_init(&talk->said, (size_t)1 << 28);
    lm_prompt_scratch_init(&talk->scratch);
    return talk;
}

void talk_free(struct talk *talk) {
    if (!talk) return;
    lm_kept_free(talk->kept);
    lm_prompt_scratch_done(&talk->scratch);
    buffer_done(&talk->said);
    arena_done(&talk->arena);
    memory_free(talk);
}

bool talk_measure(struct talk *talk, const struct ask *ask, size_t *tokens, size_t *context, struct error *err) {
    *tokens = *context = 0;
    if (!talk->lm) return true;
    *context = talk->lm->model->shape.context;
    return lm_prompt_measure(talk->lm, ask, &talk->scratch, tokens, err);
}

/* Bytes without the beginning of a character at the end. */
static size_t whole_characters(struct text t) {
    size_t n = t.len;
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        unsigned char c = (unsigned char)t.at[n - back];
        if ((c & 0xc0) == 0x80) continue;
        size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        return length > back ? n - back : n;
    }
    return n;
}

static bool give(struct talk *talk, struct text answer, const struct talk_token *token) {
    size_t whole = whole_characters(answer);
    if (whole < talk->given) whole = talk->given;
    struct text more = text_part(answer, talk->given, whole);
    talk->given = whole;
    return talk->more(talk->context, more, token);
}

static bool take_token(void *context, int32_t id, float logprob, const struct lm_top *top, struct text answer) {
    struct talk *talk = context;
    (void)id, (void)top;
    struct talk_token token = {text_part(answer, talk->known, answer.len), logprob};
    talk->known = answer.len;
    talk->tokens++;
    buffer_clear(&talk->said);
    buffer_put_text(&talk->said, answer);
    talk->stopped = !give(talk, answer, &token) || interrupted(talk->lm->stop);
    return !talk->stopped;
}

static bool ask_model(struct talk *talk, const struct ask *ask, struct talk_reply *reply, struct error *err) {
    struct lm_prompt prompt;
    struct lm_generate_result result = {0};
    struct error why = {0};
    if (!lm_prompt_make(talk->lm, ask, &talk->scratch, &talk->arena, &prompt, err)) return false;
    struct lm_generate_ask one = {
        .prompt = prompt.ids,
        .n_prompt = prompt.n,
        .max_tokens = ask->max_tokens,
        .sampling = {ask->temperature, ask->top_p > 0 ? ask->top_p : 1, ask->top_k, ask->seed},
        .stream = hash_xxh3(prompt.ids, prompt.n * sizeof *prompt.ids),
        .stops = ask->stops,
        .n_stops = ask->n_stops,
        .special = talk->lm->keep_special,
        .keep = true,
        .token = take_token,
        .token_context = talk,
    };
    uint64_t before = lm_rows_computed(talk->lm->engine);
    bool ok = lm_generate(talk->lm->engine, &one, 1, &result, &talk->arena, NULL, NULL, talk->lm->stop, &why);
    *reply = (struct talk_reply){.tokens_in = prompt.n,
                                 .tokens_out = talk->tokens,
                                 .computed = lm_rows_computed(talk->lm->engine) - before,
                                 .finish = result.finish == LM_FINISH_LENGTH ? ANSWER_LENGTH : ANSWER_STOP};
    if (result.kept) {
        lm_kept_free(talk->kept);
        talk->kept = result.kept;
    }
    if (!ok && why.kind == ERROR_INTERRUPTED && talk->tokens) talk->stopped = ok = true;
    if (ok && result.error.kind) why = result.error, ok = false;
    if (!ok) return *err = why, false;
    if (!talk->stopped) {
        buffer_clear(&talk->said);
        buffer_put_text(&talk->said, result.text);
    }
    return true;
}

/* ---- other subjects ---- */

static bool take_answer(void *context, const struct answer *answer, struct error *err) {
    struct talk *talk = context;
    if (answer->error.kind) return *err = answer->error, false;
    buffer_put_text(&talk->said, answer->text);
    talk->reply->finish = answer->finish;
    talk->reply->tokens_in = answer->tokens_in;
    talk->reply->tokens_out = answer->tokens_out;
    return true;
}

static bool ask_other(struct talk *talk, const struct ask *ask, struct talk_reply *reply, struct error *err) {
    *reply = (struct talk_reply){.finish = ANSWER_STOP};
    talk->reply = reply;
    if (!subject_ask(talk->subject, ask, 1, take_answer, talk, err)) return false;
    return true;
}

static bool hear(void *context) {
    struct talk *talk = context;
    talk->stopped = !give(talk, buffer_text(&talk->said), NULL);
    return !talk->stopped;
}

static bool ask_endpoint(struct talk *talk, const struct ask *ask, struct talk_reply *reply, struct error *err) {
    struct openai_told told;
    struct error why = {0};
    bool ok = openai_tell(talk->subject, ask, &talk->said, hear, talk, &told, &why);
    if (!ok && told.refused) return ask_other(talk, ask, reply, err);
    if (!ok && why.kind == ERROR_INTERRUPTED && talk->said.len) talk->stopped = ok = true;
    if (!ok) return *err = why, false;
    *reply =
        (struct talk_reply){.finish = told.finish, .tokens_in = told.tokens_in, .tokens_out = told.tokens_out};
    return true;
}

static bool ask_subject(struct talk *talk, const struct ask *ask, struct talk_reply *reply, struct error *err) {
    if (talk->lm) return ask_model(talk, ask, reply, err);
    bool in_pieces = openai_tells(talk->subject) && ask->form == ASK_FREE && !ask->n_stops;
    return (in_pieces ? ask_endpoint : ask_other)(talk, ask, reply, err);
}

bool talk_turn(struct talk *talk, const struct ask *ask, talk_more *more, void *context, struct talk_reply *reply,
               struct error *err) {
    arena_reset(&talk->arena);
    buffer_clear(&talk->said);
    talk->more = more;
    talk->context = context;
    talk->given = talk->known = talk->tokens = 0;
    talk->stopped = false;
    if (!ask_subject(talk, ask, reply, err)) return false;
    if (!buffer_check(&talk->said, "answer", err)) return false;
    struct text answer = buffer_text(&talk->said);
    answer.len = whole_characters(answer);
    if (answer.len > talk->given) talk->stopped |= !more(context, text_part(answer, talk->given, answer.len), NULL);
    reply->text = answer;
    reply->stopped = talk->stopped;
    return true;
}
