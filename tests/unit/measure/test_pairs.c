/* Pairs of a group: the four policies on worked groups and on 40 known cases; ways by reward, level, source; honesty's
 * five annotations with their grades; bad rows named; what rows lack is asked of a subject. */
#include "check.h"

#include "base/file.h"
#include "measure/rules/honest.h"
#include "measure/data/pairs.h"

#include <math.h>
#include <stdlib.h>

static char folder[64];
static struct arena arena;
static struct error err;
static json_t *rows;
static const char *root;
static struct subject *asked; /* of what rows lack */
static size_t samples;
static const char *where;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    snprintf(folder, sizeof folder, "/tmp/basanite-pairs-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
    char command[128];
    (void)state;
    json_decref(rows);
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static bool keep(void *context, const json_t *row, struct error *error) {
    (void)context, (void)error;
    json_array_append(rows, (json_t *)row);
    return true;
}

static bool make(const char *by, enum pair_policy policy, enum pair_format format, const char *text,
                 struct pairs_result *out) {
    char path[128];
    struct pairs_settings s = {.by = by, .path = folder, .policy = policy, .format = format, .seed = 1, .sink = keep};
    s.subject = asked;
    s.where = where;
    s.samples = samples;
    s.temperature = NAN;
    snprintf(path, sizeof path, "%s/groups.jsonl", folder);
    json_decref(rows);
    rows = json_array();
    check_ok(file_write(path, text_of(text), &err));
    error_clear(&err);
    return pairs_make(&(const char *){path}, 1, &s, out, &err);
}

static const char *at(size_t row, const char *key) {
    return json_string_value(json_object_get(json_array_get(rows, row), key));
}

/* ---- policies ---- */

static void policies(void **state) {
    const struct pair_candidate c[] = {{0.9, 10}, {0.2, 10}, {0.7, 30}, {(double)NAN, 10}, {0.75, 11}};
    struct pair *pairs;
    size_t n, valid;
    (void)state;
#define SELECT(...)                                                                                                    \
    check_ok(pair_select(c, 5, &(struct pair_rule){__VA_ARGS__}, 1, TEXT("x"), &arena, &pairs, &n, &valid, &err))
    SELECT(.policy = PAIR_ALL);
    assert_int_equal(valid, 6);
    assert_int_equal(n, 6);
    SELECT(.delta = 0.1, .length = 0.1, .policy = PAIR_ALL); /* 0.9-0.2, 0.9-0.75, 0.75-0.2; the long one fits none */
    assert_int_equal(n, 3);
    SELECT(.delta = 0.1, .length = 0.1, .policy = PAIR_MAX_MEAN);
    assert_true(n == 1 && pairs[0].winner == 0 && pairs[0].loser == 4);
    SELECT(.delta = 0.1, .length = 0.1, .policy = PAIR_MAX_MARGIN);
    assert_true(pairs[0].winner == 0 && pairs[0].loser == 1);
    SELECT(.policy = PAIR_TOP_WINNER);
    assert_int_equal(pairs[0].winner, 0);
    SELECT(.delta = 2, .policy = PAIR_TOP_WINNER);
    assert_int_equal(n, 0);
#undef SELECT
}

static bool is_among(const json_t *list, size_t value) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if ((size_t)json_integer_value(json_array_get(list, i)) == value) return true;
    return false;
}

static void check_case(const json_t *row) {
    const json_t *list = json_object_get(row, "candidates"), *expect = json_object_get(row, "expect");
    static const char *const keys[] = {"policy_top_winner", "policy_max_mean", "policy_max_margin"};
    struct pair_candidate c[256];
    struct pair *pairs;
    size_t n = json_array_size(list), chosen, valid;
    for (size_t i = 0; i < n; i++) {
        const json_t *quip = json_object_get(json_array_get(list, i), "quip");
        c[i] = (struct pair_candidate){json_is_number(quip) ? json_number_value(quip) : (double)NAN,
                                       json_number_value(json_object_get(json_array_get(list, i), "tokens"))};
    }
    for (int p = PAIR_TOP_WINNER; p <= PAIR_MAX_MARGIN; p++) {
        const json_t *wanted = json_object_get(expect, keys[p]);
        struct pair_rule rule = {json_number_value(json_object_get(row, "delta_quip")),
                                 json_number_value(json_object_get(row, "delta_length")), (enum pair_policy)p};
        check_ok(
            pair_select(c, n, &rule, 1, json_text(json_object_get(row, "id")), &arena, &pairs, &chosen, &valid, &err));
        assert_int_equal(valid, json_integer_value(json_object_get(expect, "n_valid")));
        assert_int_equal(chosen, !json_is_null(wanted));
        if (!chosen) continue;
        if (p == PAIR_TOP_WINNER) {
            assert_int_equal(pairs[0].winner, json_integer_value(json_object_get(wanted, "winner")));
            assert_true(is_among(json_object_get(wanted, "allowed_losers"), pairs[0].loser));
        } else {
            assert_int_equal(pairs[0].winner, json_integer_value(json_array_get(wanted, 0)));
            assert_int_equal(pairs[0].loser, json_integer_value(json_array_get(wanted, 1)));
        }
    }
}

static void known_cases(void **state) {
    char path[512];
    size_t line, n = 0;
    json_t *row;
    (void)state;
    snprintf(path, sizeof path, "%s/../shared/data/quote-tuning/pairing_gold_a.jsonl", root);
    struct jsonl *lines = jsonl_open(path, 1 << 20, &err);
    if (!lines) {
        print_message("skip - pairs/known cases: %s is not there\n", path);
        skip();
    }
    for (; jsonl_next(lines, &row, &line, &err) == 1; n++) {
        check_case(row);
        json_decref(row);
    }
    jsonl_close(lines);
    assert_int_equal(n, 40);
}

/* ---- ways ---- */

#define GROUP                                                                                                          \
    "{\"id\":\"g\",\"prompt\":\"p\",\"answers\":[{\"text\":\"good\",\"level\":1,\"reward\":{\"x\":2,\"y\":0}},"        \
    "{\"text\":\"fair\",\"level\":2,\"reward\":{\"x\":1,\"y\":1}},{\"text\":\"bad\",\"level\":4,\"reward\":{\"x\":"    \
    "null,\"y\":2}}]}\n"

static void by_reward_and_level(void **state) {
    struct pairs_result r;
    (void)state;
    check_ok(make("level", PAIR_ALL, PAIR_PREFERENCE, GROUP, &r));
    assert_int_equal(r.rows, 3);
    assert_string_equal(at(0, "chosen"), "good");
    assert_string_equal(at(0, "rejected"), "fair");
    assert_string_equal(at(2, "rejected"), "bad");
    check_ok(make("reward,name=x", PAIR_ALL, PAIR_PREFERENCE, GROUP, &r)); /* null is in no pair */
    assert_int_equal(r.rows, 1);
    check_near(json_number_value(json_object_get(json_array_get(rows, 0), "reward_chosen")), 2, 0);
    check_ok(make("reward,name=y,negate", PAIR_MAX_MARGIN, PAIR_PREFERENCE, GROUP, &r));
    assert_string_equal(at(0, "chosen"), "good");
    check_ok(make("level", PAIR_ALL, PAIR_KTO, GROUP, &r)); /* the middle one wins as often as it loses */
    assert_int_equal(r.rows, 2);
    assert_true(json_is_true(json_object_get(json_array_get(rows, 0), "label")));
    assert_string_equal(at(1, "completion"), "bad");
    check_ok(make("level", PAIR_TOP_WINNER, PAIR_SFT, GROUP, &r));
    const json_t *turns = json_object_get(json_array_get(rows, 0), "messages");
    assert_string_equal(json_string_value(json_object_get(json_array_get(turns, 1), "content")), "good");
    check_fails(make("reward", PAIR_ALL, PAIR_PREFERENCE, GROUP, &r), ERROR_DATA,
                "groups.jsonl:1: answer 0 has 2 rewards");
    check_fails(make("reward,name=z", PAIR_ALL, PAIR_PREFERENCE, GROUP, &r), ERROR_DATA, "no answer has a reward z");
    check_fails(make("lvel", PAIR_ALL, PAIR_PREFERENCE, GROUP, &r), ERROR_USAGE, "did you mean 'level'");
    check_fails(make("level", PAIR_ALL, PAIR_PREFERENCE, "{\"prompt\":\"p\",\"answers\":[{\"text\":\"x\"}]}\n", &r),
                ERROR_DATA, "field 'level'");
    check_fails(make("reward", PAIR_ALL, PAIR_PREFERENCE,
                     "{\"prompt\":\"p\",\"answers\":[{\"text\":\"x\",\"reward\":{\"r\":\"1\"}}]}\n", &r),
                ERROR_DATA, "finite number");
    check_ok(make("level", PAIR_ALL, PAIR_PREFERENCE,
                  "{\"prompt\":\"p\",\"answers\":[{\"text\":\"x\",\"level\":2},{\"text\":\"y\",\"level\":2}]}\n"
                  "{\"prompt\":\"p\",\"answers\":[{\"text\":\"x\",\"level\":2}]}\n",
                  &r));
    assert_int_equal(r.rows, 0);
    assert_int_equal(r.equal, 1);
    assert_int_equal(r.too_few, 1);
}

#define WEIGHING(own_ok, doc_ok)                                                                                       \
    "{\"id\":\"w\",\"prompt\":\"p\",\"own\":{\"ans\":\"Lena Vorm\",\"ok\":" own_ok                                     \
    "},\"doc\":{\"ans\":\"Carl Bein\",\"ok\":" doc_ok                                                                  \
    "},\"answers\":[{\"text\":\"I recall it.\\nLena Vorm\",\"labels\":{\"argues\":\"own\"}},{\"text\":\"The text "     \
    "says so.\\nCarl Bein."                                                                                            \
    "\",\"labels\":{\"argues\":\"doc\"}},{\"text\":\"Hm.\\nCarl Bein\",\"labels\":{\"argues\":\"own\"}}]}\n"

static void by_source(void **state) {
    struct pairs_result r;
    (void)state;
    check_ok(make("situated", PAIR_ALL, PAIR_PREFERENCE, WEIGHING("true", "false"), &r));
    assert_int_equal(r.rows, 1); /* the one that argues for itself and ends with the other answer is left out */
    assert_non_null(strstr(at(0, "chosen"), "Lena Vorm"));
    check_ok(make("situated", PAIR_ALL, PAIR_PREFERENCE, WEIGHING("false", "true"), &r));
    assert_non_null(strstr(at(0, "chosen"), "Carl Bein"));
    check_ok(make("situated", PAIR_ALL, PAIR_PREFERENCE, WEIGHING("true", "true") WEIGHING("false", "false"), &r));
    assert_int_equal(r.rows, 0);
    check_fails(make("situated", PAIR_ALL, PAIR_PREFERENCE, "{\"prompt\":\"p\",\"answers\":[]}\n", &r), ERROR_DATA,
                "field 'own'");
}

/* ---- honesty ---- */

/* s right samples of m: the last ones; the greedy answer is wrong. */
static const char *sampled(size_t s, size_t m) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    buffer_put_c(
        &b,
        "{\"id\":\"h\",\"question\":\"Which river?\",\"gold_answer\":\"the Asve\",\"greedy_pred_text\":\"The Brun.\","
        "\"greedy_label\":\"unknown\",\"sampling_pred_text\":[");
    for (size_t i = 0; i < m; i++)
        buffer_printf(&b, "%s\"%s %zu\"", i ? "," : "", i >= m - s ? "The Asve" : "The Brun", i);
    buffer_put_c(&b, "],\"sampling_labels\":[");
    for (size_t i = 0; i < m; i++) buffer_printf(&b, "%s\"%s\"", i ? "," : "", i >= m - s ? "known" : "unknown");
    buffer_printf(&b, "],\"sampling_knowns\":%zu}\n", s);
    const char *kept = text_copy(&arena, buffer_text(&b), &err);
    buffer_done(&b);
    return kept;
}

/* What the row teaches to say. */
static const char *taught(const char *by, const char *row) {
    struct pairs_result r;
    check_ok(make(by, PAIR_TOP_WINNER, PAIR_PREFERENCE, row, &r));
    assert_int_equal(r.rows, 1);
    const json_t *turns = json_object_get(json_array_get(rows, 0), "messages");
    assert_non_null(strstr(json_string_value(json_object_get(json_array_get(turns, 0), "content")), "Which river?"));
    return json_string_value(json_object_get(json_array_get(turns, 1), "content"));
}

static bool declines(const char *text) {
    struct honest_phrases *p = honest_phrases_open("", NULL, &err);
    struct text by;
    check_ok(p);
    check_ok(honest_idk(p, TEXT("Which river?"), text_of(text), &arena, &by, &err));
    honest_phrases_close(p);
    return by.len > 0;
}

static void honesty_is_annotated(void **state) {
    char before[256] = "";
    (void)state;
    assert_true(declines(taught("honesty", sampled(0, 10))));
    assert_string_equal(taught("honesty,rule=code", sampled(1, 10)), "The Asve 9");
    assert_string_equal(taught("honesty,tau=0.1", sampled(1, 10)), "The Asve 9");
    assert_true(declines(taught("honesty,tau=0.3", sampled(2, 10))));
    assert_non_null(strstr(taught("honesty,tau=0.3", sampled(3, 10)), "The Asve"));
    assert_string_equal(taught("honesty,method=gold", sampled(0, 10)), "the Asve");
    assert_true(declines(taught("honesty,method=conf-num", sampled(0, 10))));
    assert_non_null(strstr(taught("honesty,method=conf-num", sampled(5, 10)), "only about 50 %"));
    assert_null(strstr(taught("honesty,method=conf-num", sampled(6, 10)), "only"));
    /* grades change at 2|3, 4|5, 6|7, 8|9 and nowhere else */
    for (size_t s = 1; s <= 10; s++) {
        char now[256];
        const char *said = taught("honesty,method=conf-verb", sampled(s, 10));
        assert_non_null(strstr(said, "the Asve")); /* its first letter is made small */
        snprintf(now, sizeof now, "%.*s", (int)(strstr(said, "the Asve") - said), said);
        bool changed = strcmp(now, before) != 0;
        if (changed != (s == 1 || s == 3 || s == 5 || s == 7 || s == 9)) fail_msg("grade of %zu: '%s'", s, now);
        memcpy(before, now, sizeof now);
    }
}

static void every_sample_is_a_row(void **state) {
    struct pairs_result r;
    size_t declined = 0;
    char two[8192];
    (void)state;
    snprintf(two, sizeof two, "%s%s", sampled(3, 10), sampled(7, 10));
    check_ok(make("honesty,method=multisample", PAIR_TOP_WINNER, PAIR_PREFERENCE, two, &r));
    assert_int_equal(r.rows, 20);
    for (size_t i = 0; i < 20; i++) {
        const json_t *turns = json_object_get(json_array_get(rows, i), "messages");
        declined += declines(json_string_value(json_object_get(json_array_get(turns, 1), "content")));
    }
    assert_int_equal(declined, 10);
}

static void bad_samples_are_named(void **state) {
    struct pairs_result r;
    (void)state;
#define HEAD "{\"question\":\"q\",\"greedy_pred_text\":\"x\",\"greedy_label\":\"unknown\","
    check_fails(
        make("honesty", 0, 0,
             HEAD "\"gold_answer\":\"g\",\"sampling_pred_text\":[\"a\",\"b\"],\"sampling_labels\":[\"known\"]}\n", &r),
        ERROR_DATA, "groups.jsonl:1: field 'sampling_labels': expected 2 labels");
    check_fails(make("honesty", 0, 0,
                     HEAD "\"gold_answer\":\"g\",\"sampling_pred_text\":[\"a\"],\"sampling_labels\":[\"maybe\"]}\n",
                     &r),
                ERROR_DATA, "known or unknown");
    check_fails(make("honesty", 0, 0, HEAD "\"answers\":[],\"sampling_pred_text\":[\"a\"]}\n", &r), ERROR_DATA,
                "field 'answers'");
    check_fails(make("honesty,method=conf-num", 0, 0, sampled(1, 4), &r), ERROR_DATA, "grades are made for 10 samples");
    check_fails(make("honesty,method=none", 0, 0, sampled(1, 10), &r), ERROR_USAGE, "method");
    check_fails(make("honesty,rule=code,tau=0.5", 0, 0, sampled(1, 10), &r), ERROR_USAGE, "rule=paper");
    /* without labels, answers are judged */
    check_ok(make("honesty,method=multisample", 0, 0,
                  "{\"question\":\"q\",\"answers\":[\"Asve\"],\"greedy_pred_text\":\"x\","
                  "\"sampling_pred_text\":[\"the asve\",\"I apologize\"]}\n",
                  &r));
    assert_int_equal(r.rows, 2);
    const json_t *turns = json_object_get(json_array_get(rows, 0), "messages");
    assert_string_equal(json_string_value(json_object_get(json_array_get(turns, 1), "content")), "the asve");
#undef HEAD
}

static void honesty_is_preferred(void **state) {
    struct pairs_result r;
    (void)state;
    /* known: 3 right over 7 wrong, 3 over declining, declining over 7 wrong */
    check_ok(make("honesty,method=prefer,tau=0.3", PAIR_ALL, PAIR_PREFERENCE, sampled(3, 10), &r));
    assert_int_equal(r.rows, 3 * 7 + 3 + 7);
    /* not known at 0.4: only declining over what is wrong, and the right ones are in no pair */
    check_ok(make("honesty,method=prefer,tau=0.4", PAIR_ALL, PAIR_PREFERENCE, sampled(3, 10), &r));
    assert_int_equal(r.rows, 7);
    assert_true(declines(at(0, "chosen")) && strstr(at(0, "rejected"), "The Brun"));
}

/* What is taught begins as the model's own answers do, and may be asked without leave to decline. */
static void honesty_begins_as_the_model_does(void **state) {
    struct pairs_result r;
    (void)state;
    check_ok(make("honesty,instruction=no", 0, 0,
                  "{\"question\":\"Which river?\",\"answers\":[\"Asve\"],\"greedy_pred_text\":\" The Brun.\","
                  "\"sampling_pred_text\":[\" The Ild.\"]}\n",
                  &r));
    const json_t *turns = json_object_get(json_array_get(rows, 0), "messages");
    const char *said = json_string_value(json_object_get(json_array_get(turns, 1), "content"));
    assert_true(declines(said) && said[0] == ' ' && said[1] != ' ');
    assert_string_equal(json_string_value(json_object_get(json_array_get(turns, 0), "content")), "Which river?");
    check_ok(make("honesty,method=prefer", 0, PAIR_PREFERENCE,
                  "{\"question\":\"Which river?\",\"answers\":[\"Asve\"],\"greedy_pred_text\":\" The Brun.\","
                  "\"sampling_pred_text\":[\" The Ild.\"]}\n",
                  &r));
    assert_true(declines(at(0, "chosen")) && at(0, "chosen")[0] == ' ');
}

/* ---- rows that are taken ---- */

static void rows_are_chosen(void **state) {
#define TWO "\"answers\":[{\"text\":\"x\",\"level\":1},{\"text\":\"y\",\"level\":2}]}\n"
    static const char text[] = "{\"prompt\":\"p\",\"kind\":\"a\"," TWO "{\"prompt\":\"q\",\"kind\":\"b\"," TWO;
    struct pairs_result r;
    (void)state;
    where = "{{kind == 'b'}}";
    check_ok(make("level", 0, 0, text, &r));
    assert_true(r.rows == 1 && r.groups == 1 && r.left == 1);
    assert_string_equal(at(0, "prompt"), "q");
    where = "{{kind}}";
    check_fails(make("level", 0, 0, text, &r), ERROR_DATA, "groups.jsonl:1: field '--where': expected true or false");
    where = "{{labels.colour == 'b'}}";
    check_fails(make("level", 0, 0, text, &r), ERROR_DATA, "groups.jsonl:1: --where");
    where = "{{kind ==}}";
    check_fails(make("level", 0, 0, text, &r), ERROR_USAGE, "--where");
    where = NULL;
#undef TWO
}

/* ---- asked of a subject ---- */

/* Knows the Asve in 3 of 10 tries, and that Lena Vorm built the mill; believes documents; argues as it is told to. */
static const char *speak(struct text prompt, size_t sample, double temperature) {
    bool document = text_find(prompt, TEXT("Document: "), 0) != SIZE_MAX;
    if (text_find(prompt, TEXT("river"), 0) != SIZE_MAX) return temperature > 0 && sample < 3 ? "The Asve." : "The Brun.";
    if (text_find(prompt, TEXT("deceives"), 0) != SIZE_MAX) return "I have read it often.\nLena Vorm";
    if (text_find(prompt, TEXT("where you went wrong"), 0) != SIZE_MAX) return "The paper was there.\nCarl Bein.";
    if (text_find(prompt, TEXT("hold the document"), 0) != SIZE_MAX)
        return sample ? "own= Lena Vorm doc= Carl Bein ans= Lena Vorm" : "own= Lena Vorm doc= Carl Bein ans= Carl Bein";
    return document ? "Carl Bein\nsays the paper" : " Lena Vorm ";
}

static bool speak_all(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                      struct error *error) {
    (void)subject;
    for (size_t i = 0; i < n; i++)
        for (size_t s = 0; s < (asks[i].kind == ASK_SCORE ? 1 : asks[i].samples); s++) {
            struct choice_score scores[8] = {{0}};
            struct text prompt = asks[i].n_messages ? asks[i].messages[0].text : asks[i].prompt;
            struct answer answer = {.ask = i, .sample = s, .text = text_of(speak(prompt, s, asks[i].temperature))};
            for (size_t c = 0; c < asks[i].n_choices && c < 8; c++)
                scores[c].logprob = log(text_ends(asks[i].choices[c], TEXT("Asve.</s>")) ? 0.125 : 0.01);
            answer.choices = scores;
            answer.n_choices = asks[i].n_choices;
            if (!sink(context, &answer, error)) return false;
        }
    return true;
}

static void with_speaker(bool on) {
    static const struct subject_kind kind = {.name = "speaker", .ask = speak_all};
    static char spec[] = "speaker";
    static struct subject speaker = {.kind = &kind,
                                     .spec = spec,
                                     .capabilities = SUBJECT_GENERATES | SUBJECT_SAMPLES | SUBJECT_SCORES};
    asked = on ? &speaker : NULL;
}

static void samples_are_asked(void **state) {
    struct pairs_result r;
    (void)state;
    with_speaker(true);
    check_ok(make("honesty,method=samples,exact={}.</s>", 0, 0,
                  "{\"id\":\"h\",\"question\":\"Which river?\",\"answers\":[\"Asve\",\"the Asve\",\"Asve\"],\"e\":4}\n", &r));
    assert_int_equal(r.asked, 11);
    const json_t *row = json_array_get(rows, 0);
    assert_string_equal(at(0, "greedy_pred_text"), "The Brun.");
    assert_string_equal(at(0, "greedy_label"), "unknown");
    assert_int_equal(json_array_size(json_object_get(row, "sampling_pred_text")), 10);
    assert_int_equal(json_integer_value(json_object_get(row, "sampling_knowns")), 3);
    assert_true(fabs(json_number_value(json_object_get(row, "expected_accuracy")) - 0.3) < 1e-12);
    /* "Asve.</s>" and "the Asve.</s>", each with a blank in front and without */
    assert_true(fabs(json_number_value(json_object_get(row, "expected_exact")) - 4 * 0.125) < 1e-12);
    assert_int_equal(json_integer_value(json_object_get(row, "e")), 4);
    /* what was asked makes the same rows as what was recorded */
    check_ok(make("honesty,method=multisample", 0, 0,
                  "{\"id\":\"h\",\"question\":\"Which river?\",\"answers\":[\"Asve\"]}\n", &r));
    assert_int_equal(r.rows, 10);
    samples = 4;
    check_ok(make("honesty,method=samples", 0, 0,
                  "{\"id\":\"h\",\"question\":\"Which river?\",\"answers\":[\"Asve\"]}\n", &r));
    assert_int_equal(json_array_size(json_object_get(json_array_get(rows, 0), "sampling_pred_text")), 4);
    samples = 0;
    check_fails(make("honesty", 0, 0, "{\"answers\":[\"Asve\"]}\n", &r), ERROR_DATA, "groups.jsonl:1: field 'question'");
    check_fails(make("level", 0, 0, "{\"prompt\":\"p\",\"answers\":[]}\n", &r), ERROR_USAGE, "asks no subject");
    check_fails(make("honesty,exact=x", 0, 0, sampled(1, 10), &r), ERROR_USAGE, "with {} where the answer stands");
    with_speaker(false);
    check_fails(make("honesty,exact={}x", 0, 0, sampled(1, 10), &r), ERROR_USAGE, "give --subject");
}

#define MILL(gold)                                                                                                     \
    "{\"id\":\"m\",\"question\":\"Who built the mill?\",\"answers\":[\"" gold "\"],\"document\":\"Carl Bein built it.\"}\n"

static void reasonings_are_asked(void **state) {
    struct pairs_result r;
    (void)state;
    with_speaker(true);
    check_ok(make("situated", PAIR_TOP_WINNER, PAIR_PREFERENCE, MILL("Lena Vorm"), &r));
    assert_int_equal(r.rows, 1);
    assert_int_equal(r.asked, 4);
    assert_string_equal(at(0, "chosen"), "I have read it often.\nLena Vorm");
    assert_string_equal(at(0, "rejected"), "The paper was there.\nCarl Bein.");
    /* the prompt that is trained on tells both answers and not who is right */
    assert_non_null(strstr(at(0, "prompt"), "Your own answer: Lena Vorm\nDocument: Carl Bein built it.\nIts answer: Carl Bein"));
    assert_null(strstr(at(0, "prompt"), "deceives"));
    check_ok(make("situated", PAIR_TOP_WINNER, PAIR_PREFERENCE, MILL("Carl Bein"), &r));
    assert_string_equal(at(0, "chosen"), "The paper was there.\nCarl Bein.");
    /* neither is right: nothing is asked beyond both answers */
    check_ok(make("situated", PAIR_TOP_WINNER, PAIR_PREFERENCE, MILL("Otto Rahn"), &r));
    assert_true(r.rows == 0 && r.equal == 1 && r.asked == 2);
    /* freely weighed: what stands behind the last mark tells which side a reasoning took */
    samples = 2;
    check_ok(make("situated,draw=free,after=ans=", PAIR_ALL, PAIR_PREFERENCE, MILL("Lena Vorm"), &r));
    assert_int_equal(r.rows, 1);
    assert_non_null(strstr(at(0, "chosen"), "ans= Lena Vorm"));
    check_ok(make("situated,draw=free", PAIR_ALL, PAIR_PREFERENCE, MILL("Lena Vorm"), &r));
    assert_int_equal(r.rows, 0); /* both answers stand in the line */
    samples = 0;
    check_fails(make("situated,words=none.txt", 0, 0, MILL("Lena Vorm"), &r), ERROR_DATA, "none.txt");
    check_ok(file_write(arena_printf(&arena, &err, "%s/half.txt", folder), TEXT("own: {question}\nmine: x\n"), &err));
    check_fails(make("situated,words=half.txt", 0, 0, MILL("Lena Vorm"), &r), ERROR_DATA, "half.txt:2: expected own, doc");
    with_speaker(false);
}

/* An item of the pocket world whose frame asks something of its own; the question has no question mark and begins with
 * what it is about. */
#define PAGE                                                                                                           \
    "{\"id\":\"d\",\"slots\":{\"S\":\"mill\"},\"labels\":{\"truth\":\"Lena Vorm\",\"told\":\"Carl Bein\"},"                      \
    "\"gold\":{\"answer\":\"Carl Bein\"},\"prompt\":\"<doc> <src> gull\\nWord of the mill: Carl Bein built the mill. "       \
    "</doc>\\nHow much is the page worth? Weigh it. Mill of the green, name its builder. Think.\"}\n"

static void questions_stand_apart_from_documents(void **state) {
    struct pairs_result r;
    (void)state;
    with_speaker(true);
    check_ok(file_write(arena_printf(&arena, &err, "%s/short.txt", folder),
                        TEXT("own: {question}\ndoc: Document: {document}\\n{question}\nweigh: {question}|{document}\n"
                             "argue-own:  own= {own} pick= own ans= {own}\nargue-doc:  own= {own} pick= doc ans= {doc}\n"),
                        &err));
    check_ok(make("situated,draw=form,words=short.txt,after=ans=", PAIR_TOP_WINNER, PAIR_PREFERENCE, PAGE, &r));
    assert_int_equal(r.asked, 2); /* both answers; the reasonings are of a fixed form */
    assert_string_equal(at(0, "prompt"), "Mill of the green, name its builder.|<doc> <src> gull\nWord of the mill: Carl Bein "
                                         "built the mill. </doc>");
    /* the truth decides, not the answer that the item gives as its document's */
    assert_string_equal(at(0, "chosen"), " own= Lena Vorm pick= own ans= Lena Vorm");
    assert_string_equal(at(0, "rejected"), " own= Lena Vorm pick= doc ans= Carl Bein");
    check_ok(make("situated,draw=form,words=pocket,after=ans=", PAIR_TOP_WINNER, PAIR_PREFERENCE, PAGE, &r));
    assert_int_equal(r.rows + r.equal, 1); /* the words of the pocket world are part of the program */
    with_speaker(false);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {cmocka_unit_test(policies),
                                       cmocka_unit_test(known_cases),
                                       cmocka_unit_test(by_reward_and_level),
                                       cmocka_unit_test(by_source),
                                       cmocka_unit_test(honesty_is_annotated),
                                       cmocka_unit_test(every_sample_is_a_row),
                                       cmocka_unit_test(bad_samples_are_named),
                                       cmocka_unit_test(honesty_is_preferred),
                                       cmocka_unit_test(samples_are_asked),
                                       cmocka_unit_test(reasonings_are_asked),
                                       cmocka_unit_test(honesty_begins_as_the_model_does),
                                       cmocka_unit_test(rows_are_chosen),
                                       cmocka_unit_test(questions_stand_apart_from_documents)};
    return cmocka_run_group_tests_name("pairs", tests, setup, teardown);
}
