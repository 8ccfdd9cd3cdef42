/* Conversations: whole characters only, though the model writes bytes; each turn computes what is new; answers are
 * those of an ask by itself; an answer that is stopped can be gone on from; other subjects answer whole. */
#include "check.h"

#include "lm/model/model.h"
#include "subject/subject_model.h"
#include "subject/subject_talk.h"

#include <stdlib.h>

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct lm_model *model;

static int setup(void **state) {
    struct error err = {0};
    double entropy;
    model = lm_model_random_of(TEXT("llama,width=24,heads=4,hidden=20,context=2000"), &entropy, &err);
    check_ok(model);
    return 0;
}

static int teardown(void **state) {
    lm_model_free(model);
    return 0;
}

static struct subject *open_model(struct interrupt *stop) {
    struct error err = {0};
    struct subject_settings settings = {.template_name = "chatml", .stop = stop};
    struct subject *s = subject_of_model(model, "random", DIGEST, &settings, &err);
    check_ok(s);
    return s;
}

struct heard {
    struct buffer text, pieces;
    size_t tokens, most, ends[64], n_ends;
    struct interrupt *stop; /* set behind `most` tokens */
};

static bool hear(void *context, struct text more, const struct talk_token *token) {
    struct heard *h = context;
    h->ends[h->n_ends++] = h->text.len + more.len;
    buffer_put_text(&h->text, more);
    if (token) {
        buffer_put_text(&h->pieces, token->piece);
        assert_true(token->logprob <= 0);
        h->tokens++;
    }
    if (h->stop && h->tokens == h->most) h->stop->asked = 1;
    return h->stop || h->tokens != h->most;
}

static void heard_init(struct heard *h) {
    *h = (struct heard){0};
    buffer_init(&h->text, 1 << 20);
    buffer_init(&h->pieces, 1 << 20);
}

static void heard_done(struct heard *h) {
    buffer_done(&h->text);
    buffer_done(&h->pieces);
}

/* Every part ends where a character does; bytes that make none stand for themselves. */
static void check_ends(const struct heard *h, struct text whole) {
    size_t at = 0, i = 0;
    uint32_t codepoint;
    while (at < whole.len) {
        while (i < h->n_ends && h->ends[i] == at) i++;
        size_t step = text_utf8_next(text_part(whole, at, whole.len), &codepoint);
        at += step ? step : 1;
    }
    while (i < h->n_ends && h->ends[i] == at) i++;
    assert_int_equal(i, h->n_ends);
}

static struct message messages[8];
static char said[8][200];

static struct ask ask_of(size_t n) {
    return (struct ask){.kind = ASK_GENERATE,
                        .messages = messages,
                        .n_messages = n,
                        .samples = 1,
                        .max_tokens = 24,
                        .temperature = 1,
                        .top_p = 1,
                        .seed = 4};
}

static void put(size_t i, const char *role, struct text t) {
    size_t n = t.len < sizeof said[i] ? t.len : sizeof said[i];
    if (n) memcpy(said[i], t.at, n);
    messages[i] = (struct message){text_of(role), {said[i], n}};
}

static void turns_compute_what_is_new(void **state) {
    struct error err = {0};
    struct subject *s = open_model(NULL), *other = open_model(NULL);
    struct talk *talk = talk_new(s, &err);
    check_ok(talk);
    size_t before = 0, context, tokens;
    for (size_t turn = 0; turn < 3; turn++) {
        struct talk_reply reply, alone;
        struct heard heard, again;
        heard_init(&heard);
        heard_init(&again);
        put(2 * turn, "user", TEXT("Where is the mill by the river, and who is in it?"));
        struct ask ask = ask_of(2 * turn + 1);
        check_ok(talk_measure(talk, &ask, &tokens, &context, &err));
        assert_int_equal(context, 2000);
        check_ok(talk_turn(talk, &ask, hear, &heard, &reply, &err));
        assert_int_equal(reply.tokens_in, tokens);
        assert_true(text_equal(buffer_text(&heard.text), reply.text));
        check_ends(&heard, reply.text);
        assert_true(reply.text.len <= heard.pieces.len && memcmp(reply.text.at, heard.pieces.at, reply.text.len) == 0);
        assert_int_equal(heard.tokens, reply.tokens_out);
        assert_true(reply.tokens_out > 0);
        /* the prompt of the turn before is computed already, maybe its answer too */
        assert_true(reply.computed <= tokens - before + reply.tokens_out + 1);
        assert_true(turn == 0 || reply.computed < tokens);
        struct talk *fresh = talk_new(other, &err);
        check_ok(fresh);
        check_ok(talk_turn(fresh, &ask, hear, &again, &alone, &err));
        assert_true(text_equal(reply.text, alone.text));
        assert_true(alone.computed >= tokens);
        talk_free(fresh);
        put(2 * turn + 1, "assistant", reply.text);
        before = tokens;
        heard_done(&heard);
        heard_done(&again);
    }
    talk_free(talk);
    subject_close(s);
    subject_close(other);
}

static void an_answer_can_be_stopped(void **state) {
    struct error err = {0};
    struct interrupt stop = {0};
    for (size_t how = 0; how < 2; how++) {
        struct subject *s = open_model(&stop);
        struct talk *talk = talk_new(s, &err);
        struct heard heard, rest;
        struct talk_reply reply;
        check_ok(talk);
        heard_init(&heard);
        heard_init(&rest);
        heard.most = 3;
        heard.stop = how ? &stop : NULL;
        put(0, "user", TEXT("Where is the mill by the river, and who is in it?"));
        struct ask ask = ask_of(1);
        check_ok(talk_turn(talk, &ask, hear, &heard, &reply, &err));
        assert_true(reply.stopped);
        assert_int_equal(reply.tokens_out, 3);
        assert_true(text_equal(buffer_text(&heard.text), reply.text));
        put(1, "assistant", reply.text);
        put(2, "user", TEXT("Go on."));
        ask = ask_of(3);
        if (how) check_fails(talk_turn(talk, &ask, hear, &rest, &reply, &err), ERROR_INTERRUPTED, "interrupted");
        stop.asked = 0;
        check_ok(talk_turn(talk, &ask, hear, &rest, &reply, &err));
        assert_false(reply.stopped);
        heard_done(&heard);
        heard_done(&rest);
        talk_free(talk);
        subject_close(s);
    }
}

static void other_subjects_answer_whole(void **state) {
    struct error err = {0};
    struct subject *s = subject_open(TEXT("script:echo"), NULL, &err);
    check_ok(s);
    struct talk *talk = talk_new(s, &err);
    struct heard heard;
    struct talk_reply reply;
    size_t tokens = 1, context = 1;
    check_ok(talk);
    heard_init(&heard);
    put(0, "user", TEXT("the mill"));
    struct ask ask = ask_of(1);
    check_ok(talk_measure(talk, &ask, &tokens, &context, &err));
    assert_true(tokens == 0 && context == 0);
    check_ok(talk_turn(talk, &ask, hear, &heard, &reply, &err));
    assert_true(text_equal_c(reply.text, "the mill"));
    assert_true(text_equal_c(buffer_text(&heard.text), "the mill"));
    assert_int_equal(heard.tokens, 0);
    heard_done(&heard);
    talk_free(talk);
    subject_close(s);
}

static void what_does_not_fit_is_told(void **state) {
    struct error err = {0};
    struct subject *s = open_model(NULL);
    struct talk *talk = talk_new(s, &err);
    static char words[2100];
    struct talk_reply reply;
    size_t tokens, context;
    check_ok(talk);
    memset(words, 'a', sizeof words);
    messages[0] = (struct message){TEXT("user"), {words, sizeof words}};
    struct ask ask = ask_of(1);
    check_ok(talk_measure(talk, &ask, &tokens, &context, &err));
    assert_true(tokens > 2100);
    check_fails(talk_turn(talk, &ask, hear, NULL, &reply, &err), ERROR_DATA, "context of 2000");
    talk_free(talk);
    subject_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_compute_what_is_new),
        cmocka_unit_test(an_answer_can_be_stopped),
        cmocka_unit_test(other_subjects_answer_whole),
        cmocka_unit_test(what_does_not_fit_is_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
