/* Looking inside a subject: texts in order, prompts and choices as tokens, the range that counts, texts that fail; the
 * same numbers in parts as at once. */
#include "check.h"

#include "lm/model/model.h"
#include "subject/subject_look.h"
#include "subject/subject_model.h"

#include <stdlib.h>

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct lm_model *model;
static struct subject *subject;

static int setup(void **state) {
    struct error err = {0};
    double entropy;
    model = lm_model_random_of(TEXT("llama,width=24,heads=4,hidden=20,context=64"), &entropy, &err);
    check_ok(model);
    subject = subject_of_model(model, "random", DIGEST, &(struct subject_settings){0}, &err);
    check_ok(subject);
    return 0;
}

static int teardown(void **state) {
    subject_close(subject);
    lm_model_free(model);
    return 0;
}

struct taken {
    size_t n, ask[64], choice[64], tokens[64], prompt[64], rows[64];
    float first[64]; /* first value of each */
    struct error error[64];
};

static bool take(void *context, const struct look *look, struct error *err) {
    struct taken *t = context;
    size_t i = t->n++;
    assert_true(i < 64);
    t->ask[i] = look->ask;
    t->choice[i] = look->choice;
    t->error[i] = look->error;
    if (look->error.kind) {
        assert_null(look->ids);
        return true;
    }
    t->tokens[i] = look->n;
    t->prompt[i] = look->n_prompt;
    t->rows[i] = look->seen->n_rows;
    t->first[i] = look->seen->values[0];
    return true;
}

static const struct text choices[] = {TEXT(" one"), TEXT(" three")};
static const char longer[] = "a text of more than sixty-four bytes, each of which is a token of this model";

static size_t make(struct ask asks[5]) {
    asks[0] = (struct ask){.kind = ASK_SCORE, .prompt = TEXT("the mill"), .choices = choices, .n_choices = 2};
    asks[1] = (struct ask){.kind = ASK_SCORE, .prompt = TEXT("alone")};
    asks[2] = (struct ask){.kind = ASK_SCORE, .prompt = text_of(longer)};
    asks[3] = (struct ask){.kind = ASK_SCORE, .prompt = text_of(longer), .choices = choices, .n_choices = 2};
    asks[4] = (struct ask){.kind = ASK_SCORE, .prompt = TEXT("the mill"), .choices = choices + 1, .n_choices = 1};
    return 5;
}

static void texts_come_in_order_with_their_range(void **state) {
    struct error err = {0};
    struct ask asks[5];
    struct lm_site site = {LM_STATE, 2, 0};
    struct lm_observe_options options = {.sites = &site, .n_sites = 1};
    static struct taken t;
    check_ok(subject_look(subject, &options, true, asks, make(asks), take, &t, &err));
    assert_int_equal(t.n, 6);
    static const size_t ask[] = {0, 0, 1, 2, 3, 4}, choice[] = {0, 1, SIZE_MAX, SIZE_MAX, 0, 0};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(t.ask[i], ask[i]);
        if (i != 4) assert_int_equal(t.choice[i], choice[i]);
    }
    assert_int_equal(t.tokens[0] - t.prompt[0], 4);
    assert_int_equal(t.rows[0], 4); /* the answer alone */
    assert_int_equal(t.rows[1], 6);
    assert_int_equal(t.rows[2], t.tokens[2]); /* the whole text */
    assert_non_null(strstr(t.error[3].message, "context of 64"));
    assert_non_null(strstr(t.error[4].message, "context of 64"));
    assert_true(t.first[1] == t.first[5] && t.first[1] != t.first[2]);
    options.pool = LM_POOL_MEAN;
    t.n = 0;
    check_ok(subject_look(subject, &options, false, asks, 2, take, &t, &err));
    assert_int_equal(t.rows[0], 1);
}

/* Every token with all states of many texts is more than one part holds. */
static void parts_give_the_same(void **state) {
    enum { N = 24 };
    struct error err = {0};
    static struct lm_site sites[4096];
    struct ask asks[N];
    char said[N][60];
    for (size_t i = 0; i < 4096; i++) sites[i] = (struct lm_site){LM_STATE, i % 3, 0};
    for (size_t i = 0; i < N; i++) {
        memset(said[i], 'a' + (int)i, 50);
        said[i][50] = 0;
        asks[i] = (struct ask){.kind = ASK_SCORE, .prompt = text_of(said[i])};
    }
    struct lm_observe_options few = {.sites = sites, .n_sites = 3}, many = {.sites = sites, .n_sites = 4096};
    static struct taken a, b; /* 51 positions x 4096 x 24 x 4 bytes are 20 MB a text */
    check_ok(subject_look(subject, &few, false, asks, N, take, &a, &err));
    check_ok(subject_look(subject, &many, false, asks, N, take, &b, &err));
    assert_memory_equal(&a, &b, sizeof a);
}

static bool refuse(void *context, const struct look *look, struct error *err) {
    return error_set(err, ERROR_ENVIRONMENT, "the disk is full");
}

static void refusals_and_others_are_told(void **state) {
    struct error err = {0};
    struct ask asks[5];
    struct lm_observe_options options = {.top = 2};
    make(asks);
    check_fails(subject_look(subject, &options, false, asks, 1, refuse, NULL, &err), ERROR_ENVIRONMENT,
                "the disk is full");
    struct subject *echo = subject_open(TEXT("script:echo"), NULL, &err);
    check_ok(echo);
    assert_null(subject_lm_model(echo));
    check_fails(subject_look(echo, &options, false, asks, 1, take, NULL, &err), ERROR_USAGE, "model files are");
    subject_close(echo);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_in_order_with_their_range),
        cmocka_unit_test(parts_give_the_same),
        cmocka_unit_test(refusals_and_others_are_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
