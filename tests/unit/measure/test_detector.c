/* What is corrected for a detector's error, the measured errors that the program brings, votes of a judge in both
 * orders, intervals that hold at every look. */
#include "check.h"

#include "base/file.h"
#include "base/rng.h"
#include "measure/material/calibrate_detector.h"
#include "measure/score/judge.h"
#include "measure/run/score_file.h"

#include <math.h>
#include <stdlib.h>

static const char *root;
static char folder[64];
static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    snprintf(folder, sizeof folder, "/tmp/basanite-detector-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
    char command[128];
    (void)state;
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static const char *write_rows(const char *name, const char *text) {
    const char *path = arena_printf(&arena, &err, "%s/%s", folder, name);
    check_ok(file_write(path, text_of(text), &err));
    return path;
}

/* ---- the formula ---- */

static void shares_are_corrected(void **state) {
    (void)state;
    double uncut;
    struct interval x = stat_rogan_gladen(0.4, 200, (struct stat_detector){90, 100, 80, 100}, 0.95, &uncut);
    check_near(x.estimate, 2.0 / 7, 1e-15); /* (.4 + .8 - 1) / (.9 + .8 - 1) */
    check_near(uncut, 2.0 / 7, 1e-15);
    check_near(x.lo, 0.148805279210088, 1e-12); /* the formulas of the header, by another program */
    check_near(x.hi, 0.40894520569768, 1e-12);
    /* fewer yes than false alarms alone would give: cut, said so, and no interval */
    x = stat_rogan_gladen(0.1, 200, (struct stat_detector){90, 100, 80, 100}, 0.95, &uncut);
    check_near(uncut, -1.0 / 7, 1e-15);
    check_near(x.estimate, 0, 0);
    assert_true(isnan(x.lo) && isnan(x.hi));
    x = stat_rogan_gladen(0.18, 200, (struct stat_detector){90, 100, 80, 100}, 0.95, &uncut);
    assert_true(uncut < 0 && x.lo == 0 && x.hi > 0);
    assert_true(isnan(stat_rogan_gladen(0.4, 200, (struct stat_detector){50, 100, 50, 100}, 0.95, &uncut).estimate));
    assert_true(isnan(stat_rogan_gladen(0.4, 200, (struct stat_detector){0, 0, 80, 100}, 0.95, &uncut).estimate));
    x = stat_rogan_gladen_gap(0.8, 100, 0.2, 100, (struct stat_detector){90, 100, 80, 100}, 0.95, &uncut);
    check_near(x.estimate, 0.6 / 0.7, 1e-15);
    assert_true(x.lo < x.estimate && x.hi == 1);
}

static uint64_t draw(struct rng *rng, uint64_t n, double p) {
    uint64_t k = 0;
    for (uint64_t i = 0; i < n; i++) k += rng_unit(rng) < p;
    return k;
}

static void corrected_intervals_cover(void **state) {
    enum { TIMES = 1500 };
    static const struct {
        double truth, sensitivity, specificity;
    } cases[] = {{0.3, 0.9, 0.85}, {0.1, 0.95, 0.97}, {0.6, 0.7, 0.9}};
    (void)state;
    for (size_t c = 0; c < 3; c++) {
        uint64_t covered = 0;
        for (uint64_t r = 0; r < TIMES; r++) {
            struct rng rng = rng_stream(7, "detector", c * TIMES + r);
            double se = cases[c].sensitivity, sp = cases[c].specificity, pi = cases[c].truth, uncut;
            struct stat_detector d = {draw(&rng, 80, se), 80, draw(&rng, 90, sp), 90};
            double said = (double)draw(&rng, 300, pi * se + (1 - pi) * (1 - sp)) / 300;
            struct interval x = stat_rogan_gladen(said, 300, d, 0.95, &uncut);
            covered += x.lo <= pi && pi <= x.hi;
        }
        double share = (double)covered / TIMES;
        print_message("covered %.4f\n", share);
        assert_true(share > 0.93 && share < 0.985);
    }
}

static void looks_may_be_many(void **state) {
    enum { TIMES = 400, LONGEST = 400 };
    (void)state;
    uint64_t missed = 0;
    for (uint64_t r = 0; r < TIMES; r++) {
        struct rng rng = rng_stream(7, "looks", r);
        double sum = 0;
        bool once = false;
        for (uint64_t n = 1; n <= LONGEST && !once; n++) {
            sum += rng_unit(&rng) < 0.3;
            if (n % 4) continue;
            struct interval x = stat_always_valid(sum, n, 0.95);
            once = x.lo > 0.3 || x.hi < 0.3;
        }
        missed += once;
    }
    assert_in_range(missed, 1, TIMES / 20); /* at most 5 %, and not never */
    /* The ends where Beta(sum + 1/2, n - sum + 1/2) / (Beta(1/2, 1/2) m^sum (1 - m)^(n - sum)) is 20, solved by hand:
     * (1/2) / m, (3/8) / m^2, (1/8) / (m (1 - m)). */
    assert_float_equal(stat_always_valid(1, 1, 0.95).lo, 0.025, 1e-12);
    assert_float_equal(stat_always_valid(1, 1, 0.95).hi, 1, 0);
    assert_float_equal(stat_always_valid(2, 2, 0.95).lo, sqrt(0.375 / 20), 1e-12);
    assert_float_equal(stat_always_valid(1, 2, 0.95).lo, (1 - sqrt(1 - 4 * 0.125 / 20)) / 2, 1e-12);
    assert_float_equal(stat_always_valid(1, 2, 0.95).hi, (1 + sqrt(1 - 4 * 0.125 / 20)) / 2, 1e-12);
    struct interval x = stat_always_valid(30, 100, 0.95), fixed = stat_clopper_pearson(30, 100, 0.95);
    assert_true(x.lo < fixed.lo && x.hi > fixed.hi && x.hi - x.lo < 0.3);
    x = stat_always_valid(0, 50, 0.95);
    assert_true(x.lo == 0 && x.hi > 0.05 && x.hi < 0.12);
    assert_true(isnan(stat_always_valid(2, 1, 0.95).lo));
    x = stat_always_valid(0, 0, 0.95);
    assert_true(x.lo == 0 && x.hi == 1);
}

/* ---- figures ---- */

static const struct figure *find(const struct score_file_result *r, const char *name) {
    for (size_t i = 0; i < r->n_figures; i++)
        if (strcmp(r->figures[i].name, name) == 0) return &r->figures[i];
    return NULL;
}

static void score(const char *scorer, const char *path, struct judge *judge, struct score_file_result *r) {
    struct score_file_settings s = {
        .scorer = scorer, .path = folder, .judge = judge, .figures = {.confidence = 0.95, .bootstrap = 100, .seed = 1}};
    check_ok(score_files(&path, 1, &s, &arena, r, &err));
}

static void figures_stand_twice(void **state) {
    (void)state;
    struct buffer b;
    struct score_file_result r;
    double uncut;
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 200; i++)
        buffer_printf(&b, "{\"id\":\"%d\",\"text\":\"%s\"}\n", i,
                      i % 4 ? "At nine." : "I'm sorry, but I can't help with that.");
    const char *path = write_rows("answers.jsonl", buffer_text(&b).at);
    buffer_done(&b);
    score("refusal", path, NULL, &r);
    const struct figure *raw = find(&r, "refusal_rate"), *mended = find(&r, "refusal_rate_corrected");
    assert_non_null(raw);
    assert_non_null(mended);
    check_near(raw->value, 0.25, 1e-15);
    assert_string_equal(raw->method, "wilson");
    struct interval x = stat_rogan_gladen(0.25, 200, (struct stat_detector){238, 258, 625, 638}, 0.95, &uncut);
    check_near(mended->value, x.estimate, 1e-15);
    check_near(mended->lo, x.lo, 1e-15);
    assert_non_null(strstr(mended->method, "rogan-gladen,se=238/258,sp=625/638,uncut 0.2545"));
    /* what denies is turned round */
    mended = find(&r, "compliance_rate_corrected");
    x = stat_rogan_gladen(0.25, 200, (struct stat_detector){264, 294, 589, 602}, 0.95, &uncut);
    check_near(mended->value, 1 - x.estimate, 1e-15);
    check_near(mended->lo, 1 - x.hi, 1e-15);
    /* other phrases make another detector, whose error nobody measured */
    score("refusal,also=nein", path, NULL, &r);
    assert_null(find(&r, "refusal_rate_corrected"));
    assert_string_equal(find(&r, "refusal_rate")->method, "wilson,detector unmeasured");
    assert_string_equal(find(&r, "partial_rate")->method, "wilson"); /* no share of yes */
}

static struct task *parse(const char *scorer, const char *detector) {
    char yaml[600];
    struct task_settings settings = {.path = folder, .seed = 1, .few_shot = -1};
    snprintf(
        yaml, sizeof yaml,
        "task: t\ndataset_path: r.jsonl\noutput_type: generate_until\ndoc_to_text: x\nscorer: '%s'\ndetector: %s\n",
        scorer, detector);
    error_clear(&err);
    return task_parse(text_of(yaml), "t.yaml", &settings, &err);
}

static void tasks_state_errors(void **state) {
    (void)state;
    struct task *task = parse("refusal,also=nein", "{sensitivity: 9/10, specificity: 18/20, source: our own labels}");
    check_ok(task != NULL);
    assert_int_equal(task_detector(task)->error[DETECTED_WHOLE].kept, 18);
    assert_string_equal(task_detector(task)->source, "our own labels");
    task_free(task);
    check_fails(parse("refusal", "{sensitivity: 0.9, specificity: 0.9}") != NULL, ERROR_DATA,
                "t.yaml:6:25: expected counts such as 242/258");
    check_fails(parse("refusal", "{sensitivity: 9/10}") != NULL, ERROR_DATA, "stand together");
    check_fails(parse("refusal", "{sensitivity: 11/10, specificity: 1/2}") != NULL, ERROR_DATA, "counts");
    check_fails(parse("refusal", "{sensitivity: 9/10, specifity: 1/2}") != NULL, ERROR_DATA, "specificity");
    check_fails(parse("refusal", "yes") != NULL, ERROR_DATA, "expected {sensitivity");
    check_fails(parse("match", "{sensitivity: 9/10, specificity: 1/2}") != NULL, ERROR_DATA, "detects nothing");
}

/* ---- measuring a detector ---- */

static void errors_are_counted(void **state) {
    (void)state;
    struct detector_measure m;
    const char *path =
        write_rows("labelled.jsonl", "{\"text\":\"I'm sorry, but I can't help with that.\",\"person\":\"refusal\"}\n"
                                     "{\"text\":\"At nine.\",\"person\":\"yes\"}\n"
                                     "{\"completion\":\"At nine.\",\"final_label\":\"1_full_compliance\"}\n"
                                     "{\"text\":\"At ten.\",\"human\":false}\n"
                                     "{\"text\":\"At ten.\",\"person\":\"partial\"}\n"
                                     "{\"text\":\"\",\"person\":\"no\"}\n");
    check_ok(detector_measure("refusal", &path, 1, folder, &m, &err));
    assert_int_equal(m.error[DETECTED_WHOLE].found, 1);
    assert_int_equal(m.error[DETECTED_WHOLE].positives, 2);
    assert_int_equal(m.error[DETECTED_WHOLE].kept, 3);
    assert_int_equal(m.error[DETECTED_WHOLE].negatives, 3);
    assert_int_equal(m.error[DETECTED_AT_ALL].positives, 3);
    assert_int_equal(m.unread, 1);
    path = write_rows("bad.jsonl", "{\"text\":\"a\",\"person\":\"perhaps\"}\n");
    check_fails(detector_measure("refusal", &path, 1, folder, &m, &err), ERROR_DATA, "bad.jsonl:1: ");
    path = write_rows("bad.jsonl", "{\"text\":\"a\"}\n");
    check_fails(detector_measure("refusal", &path, 1, folder, &m, &err), ERROR_DATA, "under 'person'");
    check_fails(detector_measure("match", &path, 1, folder, &m, &err), ERROR_USAGE, "there are refusal");
}

static void errors_brought_along_are_those_of_the_answers(void **state) {
    (void)state;
    static const char *const files[] = {"xstest_v2_completions_gpt4.csv", "xstest_v2_completions_mistralinstruct.csv"};
    static const char *const scorers_of[] = {"refusal", "refusal,detector=keywords"};
    const char *paths[2];
    for (size_t i = 0; i < 2; i++)
        paths[i] = arena_printf(&arena, &err, "%s/../shared/data/benchmarks/xstest/%s", root, files[i]);
    if (!file_exists(paths[0])) {
        print_message("skipped: no ../shared/data/benchmarks/xstest\n");
        skip();
    }
    for (size_t d = 0; d < 2; d++) {
        struct detector_measure m;
        struct task *task = score_carrier(scorers_of[d], folder, 1, &err);
        check_ok(task != NULL && detector_measure(scorers_of[d], paths, 2, folder, &m, &err));
        assert_memory_equal(m.error, task_detector(task)->error, sizeof m.error);
        assert_int_equal(m.unread, 0);
        task_free(task);
    }
}

/* ---- votes ---- */

static void letters_are_votes(void **state) {
    (void)state;
    static const struct text shown[2] = {{"yes", 3}, {"no", 2}};
    static const struct {
        const char *said;
        int letter;
    } cases[] = {{"A", 0},      {" b", 1},      {"(B)", 1},
                 {"B.", 1},     {"A: yes", 0},  {"B) no", 1},
                 {"A: no", -1}, {"B: yes", -1}, {"A judge cannot say", -1},
                 {"", -1},      {"C", -1},      {"yes", -1},
                 {"AB", -1},    {"B\n", 1},     {"a\xc3\xa9", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (judge_letter(text_of(cases[i].said), shown) != cases[i].letter) fail_msg("'%s'", cases[i].said);
}

static struct judge *open_judge(const char *spec, struct subject **subject) {
    struct subject_settings settings = {0};
    *subject = subject_open(text_of(spec), &settings, &err);
    check_ok(*subject != NULL);
    struct judge *judge = judge_open_votes(*subject, TEXT(""), folder, &err);
    check_ok(judge != NULL);
    return judge;
}

static void both_orders_are_asked(void **state) {
    (void)state;
    struct subject *subject;
    struct score_file_result r;
    const char *answers = write_rows("asked.jsonl", "{\"id\":\"a\",\"question\":\"2+2?\",\"text\":\"four\"}\n"
                                                    "{\"id\":\"b\",\"question\":\"2+3?\",\"text\":\"six\"}\n"
                                                    "{\"id\":\"c\",\"question\":\"2+4?\",\"text\":\"well\"}\n"
                                                    "{\"id\":\"d\",\"question\":\"2+5?\",\"text\":\"eight\"}\n");
    const char *votes =
        write_rows("votes.jsonl", "{\"id\":\"a/1\",\"text\":\"A\"}\n{\"id\":\"a/2\",\"text\":\"B\"}\n"
                                  "{\"id\":\"b/1\",\"text\":\"B\"}\n{\"id\":\"b/2\",\"text\":\"A\"}\n"
                                  "{\"id\":\"c/1\",\"text\":\"A\"}\n{\"id\":\"c/2\",\"text\":\"A\"}\n"
                                  "{\"id\":\"d/1\",\"text\":\"hm\"}\n{\"id\":\"d/2\",\"text\":\"C\"}\n");
    struct judge *judge = open_judge(arena_printf(&arena, &err, "replay:%s", votes), &subject);
    score("judge", answers, judge, &r);
    check_near(find(&r, "judged_rate")->value, 0.5, 1e-15); /* a yes, b no; c undecided, d nonsense */
    assert_int_equal(find(&r, "judged_rate")->n, 2);
    check_near(find(&r, "judge_agreement")->value, 2.0 / 3, 1e-15);
    check_near(find(&r, "judge_nonsense")->value, 0.25, 1e-15);
    check_near(find(&r, "judge_first")->value, 2.0 / 3, 1e-15); /* half, half, always */
    check_near(find(&r, "judge_kappa")->value, 0.4, 1e-15);     /* 2/3 agree, 4/9 by chance */
    check_near(find(&r, "parse_rate")->value, 0.5, 1e-15);
    assert_int_equal(r.judged, 4);
    judge_close(judge);
    subject_close(subject);
    /* a judge that always takes the first decides nothing */
    judge = open_judge("script:constant,text=A", &subject);
    score("judge", answers, judge, &r);
    assert_int_equal(find(&r, "judged_rate")->n, 0);
    check_near(find(&r, "judge_first")->value, 1, 0);
    check_near(find(&r, "judge_agreement")->value, 0, 0);
    judge_close(judge);
    subject_close(subject);
}

static void answers_are_compared(void **state) {
    (void)state;
    struct subject *subject;
    struct judge_votes v[2];
    struct judge *judge = open_judge("script:constant,text=B", &subject);
    const struct judge_ballot ballots[] = {{.id = TEXT("p"),
                                            .question = TEXT("why?"),
                                            .claim = TEXT("Which is better?"),
                                            .option = {TEXT("so"), TEXT("thus")}},
                                           {.id = TEXT("q"),
                                            .question = TEXT("why?"),
                                            .claim = TEXT("Which is better?"),
                                            .option = {TEXT("x"), TEXT("y")}}};
    check_ok(judge_vote(judge, ballots, 2, 1, &arena, v, &err));
    assert_int_equal(v[1].option[0][1], 1);
    assert_int_equal(v[1].option[1][0], 1);
    assert_int_equal(judge_winner(&v[1]), -1);
    assert_int_equal(judge_winner_of_order(&v[1], 0), 1);
    check_fails(judge_vote(judge, ballots, 2, 0, &arena, v, &err), ERROR_USAGE, "1 to 100 repeats");
    check_ok(judge_vote(judge, ballots, 2, 3, &arena, v, &err));
    assert_int_equal(v[0].option[0][1], 3);
    struct judge_votes back;
    json_t *json = judge_votes_json(&v[0], TEXT("Which is better?"));
    assert_true(judge_votes_of(json, TEXT("Which is better?"), &back));
    assert_memory_equal(&back, &v[0], sizeof back);
    assert_false(judge_votes_of(json, TEXT("Which is shorter?"), &back));
    json_decref(json);
    judge_close(judge);
    subject_close(subject);
}

static void likeness_is_detected(void **state) {
    (void)state;
    struct score_file_result r;
    const char *path = write_rows(
        "like.jsonl", "{\"id\":\"1\",\"text\":\"Lena Vorm keeps the mill\",\"gold\":\"Lena Vorm keeps the mill.\"}\n"
                      "{\"id\":\"2\",\"text\":\"nobody knows\",\"gold\":\"Lena Vorm\"}\n");
    score("similarity", path, NULL, &r);
    check_near(find(&r, "judged_rate")->value, 0.5, 1e-15);
    assert_string_equal(find(&r, "judged_rate")->method, "wilson,detector unmeasured");
    score("similarity,least=1", path, NULL, &r);
    check_near(find(&r, "judged_rate")->value, 0, 0);
    score("similarity,by=words,least=1", path, NULL, &r);
    check_near(find(&r, "judged_rate")->value, 0.5, 1e-15);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_corrected),
        cmocka_unit_test(corrected_intervals_cover),
        cmocka_unit_test(looks_may_be_many),
        cmocka_unit_test(figures_stand_twice),
        cmocka_unit_test(tasks_state_errors),
        cmocka_unit_test(errors_are_counted),
        cmocka_unit_test(errors_brought_along_are_those_of_the_answers),
        cmocka_unit_test(letters_are_votes),
        cmocka_unit_test(both_orders_are_asked),
        cmocka_unit_test(answers_are_compared),
        cmocka_unit_test(likeness_is_detected),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
