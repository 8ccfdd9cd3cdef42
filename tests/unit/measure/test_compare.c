/* Comparing runs: counts and p values against ones worked out by hand, intervals that cover what was planted, p values
 * that are as small as they say under no difference, pairs that are found whatever the order, and what is refused.
 * Subjects are functions that say what a test wants. */
#include "check.h"

#include "base/file.h"
#include "measure/compare/compare_internal.h"
#include "measure/run/run.h"
#include "measure/statistics/statistics.h"

#include <stdlib.h>
#include <unistd.h>

enum { ITEMS = 60 };

static char folder[64];
static struct arena arena;

static const char *in_folder(const char *name) {
    static char paths[64][128];
    static int next;
    char *path = paths[next++ % 64];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

#define WORDS(name, rows, more)                                                                                        \
    "  - task: " name "\n    dataset_path: " rows "\n    id: id\n    output_type: generate_until\n"                    \
    "    doc_to_text: \"{{question}}\"\n    doc_to_target: \"{{answer}}\"\n    scorer: match\n"                        \
    "    metric_list: [exact_match]\n" more
#define PICKS                                                                                                          \
    "  - task: picks\n    dataset_path: rows.jsonl\n    id: id\n    output_type: multiple_choice\n"                    \
    "    doc_to_text: \"{{question}}\"\n    doc_to_choice: [red, green, blue]\n    doc_to_target: \"{{pick}}\"\n"      \
    "    metric_list: [acc]\n"
#define HEAD "suite: small\nversion: 1\ntasks:\n"

static const struct {
    const char *name, *text;
} suites[] = {
    {"small.yaml", HEAD WORDS("words", "rows.jsonl", "    groups: [kind]\n") WORDS("more", "rows.jsonl", "")
                       WORDS("clustered", "rows.jsonl", "    cluster: \"{{house}}\"\n") PICKS},
    {"words.yaml", HEAD WORDS("words", "rows.jsonl", "    groups: [kind]\n")},
    {"turned.yaml", HEAD WORDS("words", "turned.jsonl", "    groups: [kind]\n")},
    {"drawn.yaml",
     HEAD WORDS("drawn", "few.jsonl", "    generation_kwargs: {temperature: 1, max_gen_toks: 8}\n    repeats: 4\n")},
};

static void put_rows(const char *name, int from, int to, int step) {
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = from; i != to; i += step)
        buffer_printf(
            &b,
            "{\"id\":\"i%d\",\"question\":\"Question %d?\",\"answer\":\"right %d\",\"kind\":\"%s\",\"house\":\"h%d\","
            "\"pick\":%d}\n",
            i, i, i, i % 3 ? "plain" : "rare", i / 4, i % 3);
    check_ok(file_write(in_folder(name), buffer_text(&b), &err));
    buffer_done(&b);
}

static int make_folder(void **state) {
    (void)state;
    struct error err = {0};
    /* In memory where there is such a folder: hundreds of small runs wait for a disk otherwise. */
    snprintf(folder, sizeof folder, "%s/basanite-compare-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder)) return -1;
    arena_init(&arena, 0);
    put_rows("rows.jsonl", 0, ITEMS, 1);
    put_rows("turned.jsonl", ITEMS - 1, -1, -1);
    put_rows("few.jsonl", 0, 10, 1);
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        check_ok(file_write(in_folder(suites[i].name), text_of(suites[i].text), &err));
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

/* ---- a subject that says what a function says */

struct speaker {
    /* The text of item `i`, or log-probabilities of three choices. */
    void (*say)(struct speaker *speaker, int i, uint64_t sample, char text[64], double logprobs[3]);
    int from, to; /* bounds that `say` may use */
    uint64_t seed;
    int fails; /* item that cannot be answered; -1: none */
};

static bool speak(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                  struct error *err) {
    struct speaker *speaker = subject->state;
    for (size_t a = 0; a < n; a++)
        for (size_t s = 0; s < (asks[a].kind == ASK_SCORE ? 1 : asks[a].samples); s++) {
            char text[64] = "";
            double logprobs[3] = {0};
            struct choice_score choices[3];
            int i = atoi(asks[a].id.at + 1);
            speaker->say(speaker, i, s, text, logprobs);
            for (int c = 0; c < 3; c++)
                choices[c] = (struct choice_score){.logprob = logprobs[c], .tokens = 1, .bytes = 4};
            struct answer answer = {.ask = a, .sample = s, .text = text_of(text), .tokens_in = 1, .tokens_out = 1};
            if (asks[a].kind == ASK_SCORE) {
                answer.choices = choices;
                answer.n_choices = 3;
            }
            if (i == speaker->fails) {
                answer.finish = ANSWER_ERROR;
                error_set(&answer.error, ERROR_ENVIRONMENT, "no answer");
            }
            if (!sink(context, &answer, err)) return false;
        }
    return true;
}

static const struct subject_kind speaker_kind = {.name = "speaker", .ask = speak};

/* Runs a suite with a speaker; `of` makes the subject's digest. */
static void run_copy(struct record *record, const char *suite_name, const char *name, const char *of,
                     struct speaker speaker) {
    struct error err = {0};
    struct run_result result;
    struct task_settings task_settings = {.path = folder, .seed = 1, .few_shot = -1};
    struct suite *suite = suite_load(in_folder(suite_name), &task_settings, &err);
    check_ok(suite);
    struct run_settings settings = {.name = name,
                                    .seed = 1,
                                    .few_shot = -1,
                                    .build = "test",
                                    .command = "test",
                                    .quiet = true,
                                    .figures = {.confidence = 0.95, .bootstrap = 100, .seed = 1}};
    struct subject subject = {.kind = &speaker_kind,
                              .spec = (char *)name,
                              .state = &speaker,
                              .capabilities = SUBJECT_GENERATES | SUBJECT_SAMPLES | SUBJECT_SCORES};
    snprintf(subject.name, sizeof subject.name, "%s", name);
    snprintf(subject.digest, sizeof subject.digest, "%064x", (unsigned)hash_xxh3(of, strlen(of)));
    check_ok(run_suite(record, &subject, suite, &settings, &arena, &result, &err));
    suite_free(suite);
}

/* The name of the run is that of its subject. */
static void run_speaker(struct record *record, const char *suite_name, const char *name, struct speaker speaker) {
    run_copy(record, suite_name, name, name, speaker);
}

static struct record *new_record(const char *name) {
    struct error err = {0};
    struct record *record = record_open(in_folder(name), RECORD_WRITE, &err);
    check_ok(record);
    return record;
}

static const struct compare_settings usual = {.confidence = 0.95, .bootstrap = 1000, .seed = 1, .correct = "holm"};

static bool compare_two(struct record *record, const char *a, const char *b, const char *test,
                        const struct compare_settings *settings, struct comparison *out, struct error *err) {
    const char *names[] = {a, b};
    struct compare_use use;
    return compare_use_parse(test, &arena, &use, err) &&
           compare_runs(record, names, 2, &use, 1, settings, &arena, out, err);
}

static const struct compare_row *row_of(const struct comparison *c, const char *task, const char *name,
                                        const char *group) {
    for (size_t i = 0; i < c->n_rows; i++)
        if (strcmp(c->rows[i].task, task) == 0 && strcmp(c->rows[i].name, name) == 0 &&
            strcmp(c->rows[i].group, group) == 0)
            return &c->rows[i];
    fail_msg("no row %s %s %s", task, name, group);
    return NULL;
}

/* Right from item `from` up to `to`. */
static void right_between(struct speaker *s, int i, uint64_t sample, char text[64], double logprobs[3]) {
    (void)sample;
    bool right = i >= s->from && i < s->to;
    snprintf(text, 64, right ? "right %d" : "wrong %d", i);
    for (int c = 0; c < 3; c++) logprobs[c] = c == (right ? i % 3 : (i + 1) % 3) ? -1 : -3;
}

/* ---- known answers */

/* The base is right on 0..31, the other on 2..40: 30 both, 2 lost, 9 gained, 19 neither. */
static void counts_and_exact_p(void **state) {
    (void)state;
    struct error err = {0};
    struct comparison c;
    struct record *record = new_record("counts.db");
    run_speaker(record, "small.yaml", "base", (struct speaker){right_between, 0, 32, 0, -1});
    run_speaker(record, "small.yaml", "other", (struct speaker){right_between, 2, 41, 0, -1});
    check_ok(compare_two(record, "base", "other", "paired", &usual, &c, &err));
    const struct compare_row *r = row_of(&c, "words", "exact_match", "");
    assert_true(r->counted && r->gained == 9 && r->lost == 2 && r->both == 30 && r->neither == 19);
    check_near(r->p, 2 * (1 + 11 + 55) / 2048.0, 1e-15);
    check_near(r->a, 32 / 60.0, 1e-15);
    check_near(r->b, 39 / 60.0, 1e-15);
    check_near(r->value, 7 / 60.0, 1e-15);
    struct interval tango = stat_paired_shares(60, 9, 2, 0.95);
    check_near(r->lo, tango.lo, 0);
    check_near(r->hi, tango.hi, 0);
    check_near(r->detectable, smallest_effect_mcnemar(60, 11 / 60.0, 0.95, 0.8, false), 0);
    assert_string_equal(r->method, "mcnemar,interval=tango");
    /* items 0, 3, .. are rare: of the 11 that changed 0 is lost, 33, 36, 39 are gained */
    r = row_of(&c, "words", "exact_match", "kind=rare");
    assert_true(r->n == 20 && r->gained == 3 && r->lost == 1);
    /* The first figures of the four tasks are one family. */
    const char *tasks[] = {"words", "more", "clustered", "picks"};
    double p[4], holm[4], bh[4];
    for (int i = 0; i < 4; i++) p[i] = row_of(&c, tasks[i], i == 3 ? "acc" : "exact_match", "")->p;
    stat_holm(p, holm, 4);
    stat_benjamini_hochberg(p, bh, 4);
    for (int i = 0; i < 4; i++) {
        r = row_of(&c, tasks[i], i == 3 ? "acc" : "exact_match", "");
        assert_true(r->first);
        check_near(r->p_holm, holm[i], 0);
        check_near(r->p_bh, bh[i], 0);
        check_near(r->p_corrected, holm[i], 0);
    }
    /* Whole houses of four change together: 15 clusters instead of 60 items. */
    r = row_of(&c, "clustered", "exact_match", "");
    assert_false(r->counted);
    assert_string_equal(r->method, "paired-bootstrap,B=1000,clusters=15");
    check_near(r->value, 7 / 60.0, 1e-15);
    assert_true(r->lo < r->value && r->value < r->hi && r->hi - r->lo > tango.hi - tango.lo);
    record_close(record);
}

static void flips_are_listed(void **state) {
    (void)state;
    struct error err = {0};
    struct comparison c;
    struct record *record = new_record("flips.db");
    run_speaker(record, "words.yaml", "base", (struct speaker){right_between, 0, 32, 0, -1});
    run_speaker(record, "words.yaml", "other", (struct speaker){right_between, 2, 41, 0, -1});
    check_ok(compare_two(record, "base", "other", "flips", &usual, &c, &err));
    assert_int_equal(c.n_flips, 11);
    assert_string_equal(c.flips[0].item, "i0");
    assert_true(c.flips[0].value[0] == 1 && c.flips[0].value[1] == 0);
    assert_string_equal(c.flips[2].item, "i32");
    assert_true(c.flips[2].value[1] == 1 && c.flips[2].position[1] == 32);
    const struct compare_row *r = row_of(&c, "words", "gained", "");
    struct interval exact = stat_clopper_pearson(9, 60, 0.95);
    check_near(r->value, 0.15, 1e-15);
    check_near(r->lo, exact.lo, 0);
    check_near(r->hi, exact.hi, 0);
    check_near(row_of(&c, "words", "lost", "")->value, 2 / 60.0, 1e-15);
    check_near(row_of(&c, "words", "flipped", "")->value, 11 / 60.0, 1e-15);
    record_close(record);
}

static void margins(void **state) {
    (void)state;
    struct error err = {0};
    struct comparison c;
    struct record *record = new_record("margins.db");
    run_speaker(record, "words.yaml", "base", (struct speaker){right_between, 0, 32, 0, -1});
    run_speaker(record, "words.yaml", "other", (struct speaker){right_between, 2, 33, 0, -1}); /* lost 2, gained 1 */
    struct interval x = stat_paired_shares(60, 1, 2, 0.95);
    char spec[64];
    const struct {
        double margin;
        const char *verdict;
    } cases[] = {{-x.lo + 0.001, "no worse"}, {-x.lo - 0.001, "undecided"}};
    for (int i = 0; i < 2; i++) {
        snprintf(spec, sizeof spec, "noninferior,margin=%.6f", cases[i].margin);
        check_ok(compare_two(record, "base", "other", spec, &usual, &c, &err));
        assert_string_equal(row_of(&c, "words", "exact_match", "")->verdict, cases[i].verdict);
    }
    check_near(row_of(&c, "words", "exact_match", "")->p, 0.025, 0.002); /* at the end of the interval */
    run_speaker(record, "words.yaml", "bad", (struct speaker){right_between, 0, 5, 0, -1});
    check_ok(compare_two(record, "base", "bad", "noninferior,margin=0.05", &usual, &c, &err));
    assert_string_equal(row_of(&c, "words", "exact_match", "")->verdict, "worse");
    assert_true(row_of(&c, "words", "exact_match", "")->p > 0.9);
    record_close(record);
}

/* Odd items: (1/2, 1/4, 1/4) and (1/4, 1/2, 1/4), whose distance is ln 2 / 4; even ones differ by a common factor only.
 */
static void halves(struct speaker *s, int i, uint64_t sample, char text[64], double logprobs[3]) {
    (void)sample;
    snprintf(text, 64, "x");
    int top = s->from && i % 2;
    for (int c = 0; c < 3; c++) logprobs[c] = log(c == top ? 0.5 : 0.25) - (s->from ? 0 : 2.5);
}

static void distance_of_choices(void **state) {
    (void)state;
    struct error err = {0};
    struct comparison c;
    struct record *record = new_record("kl.db");
    run_speaker(record, "small.yaml", "base", (struct speaker){halves, 0, 0, 0, -1});
    run_speaker(record, "small.yaml", "other", (struct speaker){halves, 1, 0, 0, -1});
    check_ok(compare_two(record, "base", "other", "kl", &usual, &c, &err));
    const struct compare_row *r = row_of(&c, "picks", "kl", "");
    check_near(r->value, log(2) / 4 / 2, 1e-12);
    assert_true(r->lo > 0.05 && r->hi < 0.12 && r->lo < r->value && r->value < r->hi);
    check_near(row_of(&c, "picks", "same_top", "")->value, 0.5, 0);
    r = row_of(&c, "words", "kl", "");
    assert_true(isnan(r->value) && strstr(r->null_reason, "answers were written"));
    record_close(record);
}

/* ---- texts */

static void two_styles(struct speaker *s, int i, uint64_t sample, char text[64], double logprobs[3]) {
    (void)logprobs, (void)sample;
    snprintf(text, 64, s->from ? "Yes, indeed, %d." : "No: %d", i);
}

/* Yes or no by a coin of its own; the share of yes is 0.8 or 0.2 by turns of the item, and turned round with `from`. */
static void coins(struct speaker *s, int i, uint64_t sample, char text[64], double logprobs[3]) {
    (void)logprobs;
    struct rng rng = rng_stream(s->seed, "coins", (uint64_t)i * 100 + sample);
    bool often = (i % 2 == 0) != (s->from == 1);
    snprintf(text, 64, rng_unit(&rng) < (often ? 0.8 : 0.2) ? "yes" : "no");
}

static void texts_that_differ(void **state) {
    (void)state;
    struct error err = {0};
    struct comparison c;
    struct record *record = new_record("texts.db");
    run_speaker(record, "words.yaml", "one", (struct speaker){two_styles, 0, 0, 0, -1});
    run_speaker(record, "words.yaml", "two", (struct speaker){two_styles, 1, 0, 0, -1});
    run_speaker(record, "words.yaml", "again", (struct speaker){two_styles, 0, 0, 0, -1});
    check_ok(compare_two(record, "one", "two", "same", &usual, &c, &err));
    check_near(row_of(&c, "words", "texts", "")->p, 1 / 1001.0, 1e-12);
    assert_string_equal(row_of(&c, "words", "texts", "")->verdict, "differs");
    check_near(row_of(&c, "words", "equal_texts", "")->value, 0, 0);
    check_ok(compare_two(record, "one", "again", "same", &usual, &c, &err));
    check_near(row_of(&c, "words", "texts", "")->p, 1, 0);
    check_near(row_of(&c, "words", "texts", "")->value, 0, 0);
    check_near(row_of(&c, "words", "equal_texts", "")->value, 1, 0);
    /* As often yes over all prompts, yet not prompt by prompt: several samples show it. */
    run_speaker(record, "drawn.yaml", "odd", (struct speaker){coins, 0, 0, 1, -1});
    run_speaker(record, "drawn.yaml", "even", (struct speaker){coins, 1, 0, 2, -1});
    check_ok(compare_two(record, "odd", "even", "same", &usual, &c, &err));
    assert_true(row_of(&c, "drawn", "texts", "")->p < 0.01);
    assert_non_null(strstr(row_of(&c, "drawn", "texts", "")->method, "of=samples"));
    record_close(record);
}

/* Two runs of one distribution: of 100 pairs p is at most 0.05 in about 5; 13 or more would come once in a thousand. */
static void texts_of_one_distribution(void **state) {
    (void)state;
    struct error err = {0};
    struct comparison c;
    struct compare_settings settings = usual;
    struct record *record = new_record("null.db");
    int small = 0;
    settings.bootstrap = 199;
    for (int i = 0; i < 100; i++) {
        char a[16], b[16];
        snprintf(a, sizeof a, "a%d", i);
        snprintf(b, sizeof b, "b%d", i);
        run_speaker(record, "drawn.yaml", a, (struct speaker){coins, 0, 0, 1000 + (uint64_t)i, -1});
        run_speaker(record, "drawn.yaml", b, (struct speaker){coins, 0, 0, 2000 + (uint64_t)i, -1});
        settings.seed = (uint64_t)i;
        check_ok(compare_two(record, a, b, "same", &settings, &c, &err));
        small += row_of(&c, "drawn", "texts", "")->p <= 0.05;
    }
    if (small > 12) fail_msg("p is at most 0.05 in %d of 100 comparisons of nothing", small);
    record_close(record);
}

/* ---- coverage */

/* Clusters of 1 to 4 items whose ease varies; the second side is right `gain` more often. */
static void add_clusters(struct tally *tally[2], double gain, uint64_t seed) {
    struct error err = {0};
    uint64_t position = 0;
    for (uint64_t k = 0; k < 40; k++) {
        struct rng rng = rng_stream(seed, "clusters", k);
        double ease = 0.25 + 0.4 * rng_unit(&rng);
        size_t size = 1 + rng_below(&rng, 4);
        for (size_t i = 0; i < size; i++, position++) {
            char item[32], cluster[32];
            snprintf(item, sizeof item, "i%llu", (unsigned long long)position);
            snprintf(cluster, sizeof cluster, "c%llu", (unsigned long long)k);
            for (int side = 0; side < 2; side++) {
                double value = rng_unit(&rng) < ease + (side ? gain : 0);
                struct record_row row = {.task = TEXT("t"),
                                         .item_id = text_of(item),
                                         .item = item,
                                         .position = position,
                                         .cluster = text_of(cluster),
                                         .answer = 1,
                                         .finish = "stop",
                                         .scored = true,
                                         .value = value,
                                         .parsed = "ok"};
                check_ok(tally_add(tally[side], &row, &err));
            }
        }
    }
}

static struct compare_row one_difference(double gain, uint64_t seed) {
    struct error err = {0};
    struct arena own;
    struct comparison out = {.arena = &own};
    struct tally_spec spec = {.task = "t", .scorer = "hand"};
    struct compare_task t = {.out = &out,
                             .name = "t",
                             .arena = &own,
                             .clustered = true,
                             .figures = {.confidence = 0.95, .bootstrap = 300, .seed = seed}};
    struct tally *tally[2];
    struct tally_selection sides[2];
    struct compare_row row;
    struct figure figure;
    bool shown;
    static const uint16_t none[2];
    arena_init(&own, 0);
    for (int s = 0; s < 2; s++) check_ok((tally[s] = tally_new_of(&spec, &t.figures, &err)));
    add_clusters(tally, gain, seed);
    for (int s = 0; s < 2; s++) {
        check_ok(tally_selection_open(&sides[s], tally[s], &own, &err));
        check_ok(tally_use_metric(&sides[s], tally_use(tally[s], 0), &err));
    }
    check_ok(compare_paired_row(&t, sides, SIZE_MAX, none, NULL, &row, &figure, &shown, &err));
    assert_true(shown);
    for (int s = 0; s < 2; s++) {
        tally_selection_close(&sides[s]);
        tally_free(tally[s]);
    }
    arena_done(&own);
    row.method = row.name = row.group = row.task = NULL; /* gone */
    return row;
}

/* Of 400 repetitions 380 must cover; fewer than 365 would come by chance less than once in a thousand. Under no
 * difference p is at most 0.05 in about 20, more than 36 as seldom. */
static void bootstrap_covers(void **state) {
    (void)state;
    int covered = 0, small = 0, found = 0;
    for (uint64_t i = 0; i < 400; i++) {
        struct compare_row r = one_difference(0.12, 5000 + i), none = one_difference(0, 9000 + i);
        covered += r.lo <= 0.12 && 0.12 <= r.hi;
        found += r.p <= 0.05;
        small += none.p <= 0.05;
    }
    if (covered < 365) fail_msg("%d of 400 intervals cover", covered);
    if (small > 36) fail_msg("p is at most 0.05 in %d of 400 comparisons of nothing", small);
    if (found < 100)
        fail_msg("a difference of 12 points is found in %d of 400", found); /* about 100 items: a power of some 45 % */
}

/* ---- pairs */

static void order_does_not_matter(void **state) {
    (void)state;
    struct error err = {0};
    struct comparison c, turned;
    struct compare_settings lenient = usual;
    struct record *record = new_record("order.db");
    lenient.lenient = true;
    run_speaker(record, "words.yaml", "base", (struct speaker){right_between, 0, 32, 0, -1});
    run_speaker(record, "words.yaml", "other", (struct speaker){right_between, 2, 41, 0, -1});
    run_speaker(record, "turned.yaml", "turned", (struct speaker){right_between, 2, 41, 0, -1});
    check_fails(compare_two(record, "base", "turned", "paired", &usual, &turned, &err), ERROR_DATA,
                "task 'words' was changed between run 'base' and run 'turned'; --lenient compares what both have");
    const char *tests[] = {"paired", "flips", "same"};
    for (int i = 0; i < 3; i++) {
        check_ok(compare_two(record, "base", "other", tests[i], &usual, &c, &err));
        check_ok(compare_two(record, "base", "turned", tests[i], &lenient, &turned, &err));
        assert_int_equal(c.n_rows, turned.n_rows);
        for (size_t k = 0; k < c.n_rows; k++) {
            const struct compare_row *x = &c.rows[k], *y = row_of(&turned, x->task, x->name, x->group);
            assert_true(x->n == y->n && x->gained == y->gained && x->lost == y->lost && x->both == y->both);
            assert_memory_equal(&x->value, &y->value, sizeof x->value);
            assert_memory_equal(&x->lo, &y->lo, sizeof x->lo);
            assert_memory_equal(&x->p, &y->p, sizeof x->p);
        }
    }
    record_close(record);
}

static void failures_are_left_out(void **state) {
    (void)state;
    struct error err = {0};
    struct comparison c;
    struct record *record = new_record("failed.db");
    run_speaker(record, "words.yaml", "base", (struct speaker){right_between, 0, 32, 0, 0});
    run_speaker(record, "words.yaml", "other", (struct speaker){right_between, 2, 41, 0, 50});
    check_ok(compare_two(record, "base", "other", "paired", &usual, &c, &err));
    const struct compare_row *r = row_of(&c, "words", "exact_match", "");
    assert_true(r->n == 58 && r->gained == 9 && r->lost == 1 && r->both == 30 && r->neither == 18);
    assert_int_equal(c.n_notes, 1);
    assert_string_equal(c.notes[0],
                        "task 'words': 2 of 60 pairs are left out, as an answer of 'base' or 'other' failed");
    struct gate *gate = gate_parse(TEXT("errors == 0"), &arena, &err);
    check_ok(gate);
    check_ok(compare_gate(&c, gate, "errors == 0", &err));
    assert_int_equal(c.gate.verdict, GATE_VIOLATED);
    check_near(c.gate.findings[0].value, 1, 0);
    record_close(record);
}

static bool passes(struct record *record, const char *b, const char *test, const char *gate, struct comparison *c) {
    struct error err = {0};
    const struct gate *parsed = gate_parse(text_of(gate), &arena, &err);
    check_ok(parsed);
    check_ok(compare_two(record, "base", b, test, &usual, c, &err));
    check_ok(compare_gate(c, parsed, gate, &err));
    return c->gate.verdict == GATE_MET;
}

/* A run against itself, and against one of a copy of its subject: nothing differs, and a gate without any margin is met.
 * Another subject that happens to say the same is a draw, which has an interval. */
static void an_unchanged_copy_passes(void **state) {
    (void)state;
    struct error err = {0};
    struct comparison c;
    struct record *record = new_record("copy.db");
    struct speaker speaker = {right_between, 0, 32, 0, -1}, ill = {right_between, 0, 0, 0, -1};
    static const char *const copies[] = {"base", "copy"};
    run_speaker(record, "small.yaml", "base", speaker);
    run_copy(record, "small.yaml", "copy", "base", ill); /* its answers are there already */
    run_speaker(record, "small.yaml", "twin", speaker);
    for (size_t i = 0; i < 2; i++) {
        assert_true(passes(record, copies[i], "paired", "d(exact_match) >= 0 and d(exact_match) <= 0", &c));
        const struct compare_row *r = row_of(&c, "words", "exact_match", "");
        assert_true(r->value == 0 && r->lo == 0 && r->hi == 0 && r->p == 1 && isnan(r->detectable));
        assert_true(r->counted && r->both == 32 && r->neither == 28 && r->gained == 0 && r->lost == 0);
        assert_string_equal(r->method, "exact,same-answers");
        assert_int_equal(c.n_notes, 1);
        check_ok(compare_two(record, "base", copies[i], "noninferior,margin=0.001", &usual, &c, &err));
        assert_string_equal(c.rows[0].verdict, "no worse");
        assert_true(passes(record, copies[i], "flips", "flipped <= 0", &c));
        assert_int_equal(c.n_flips, 0);
        assert_true(passes(record, copies[i], "same", "equal_texts >= 1", &c));
    }
    assert_false(passes(record, "twin", "paired", "d(exact_match) >= 0", &c));
    const struct compare_row *r = row_of(&c, "words", "exact_match", "");
    assert_true(r->value == 0 && r->lo < 0 && r->hi > 0);
    record_close(record);
}

static void what_is_refused(void **state) {
    (void)state;
    struct error err = {0};
    struct comparison c;
    struct compare_use use;
    struct compare_settings lenient = usual;
    struct record *record = new_record("refused.db");
    lenient.lenient = true;
    run_speaker(record, "words.yaml", "base", (struct speaker){right_between, 0, 32, 0, -1});
    run_speaker(record, "small.yaml", "wide", (struct speaker){right_between, 0, 32, 0, -1});
    run_speaker(record, "drawn.yaml", "drawn", (struct speaker){coins, 0, 0, 1, -1});
    check_fails(compare_two(record, "base", "wide", "paired", &usual, &c, &err), ERROR_DATA,
                "run 'base' has no task 'more', which run 'wide' has");
    check_ok(compare_two(record, "base", "wide", "paired", &lenient, &c, &err));
    assert_int_equal(c.n_notes, 3);
    check_fails(compare_two(record, "base", "drawn", "paired", &lenient, &c, &err), ERROR_DATA,
                "have no task in common");
    check_fails(compare_two(record, "base", "none", "paired", &usual, &c, &err), ERROR_USAGE, "has no run 'none'");
    check_fails(compare_use_parse("flip", &arena, &use, &err), ERROR_USAGE, "did you mean 'flips'?");
    check_fails(compare_use_parse("same,ngram=9", &arena, &use, &err), ERROR_USAGE, "ngram");
    record_close(record);
}

static bool take_row(void *context, const json_t *row, bool header, struct error *err) {
    (void)err;
    return header || json_array_append(context, (json_t *)row) == 0;
}

/* Kept rows replace those of the same runs. */
static void is_kept(void **state) {
    (void)state;
    struct error err = {0};
    struct comparison c;
    struct record *record = new_record("kept.db");
    run_speaker(record, "words.yaml", "base", (struct speaker){right_between, 0, 32, 0, -1});
    run_speaker(record, "words.yaml", "other", (struct speaker){right_between, 2, 41, 0, -1});
    for (int i = 0; i < 2; i++) {
        check_ok(compare_two(record, "base", "other", "paired", &usual, &c, &err));
        check_ok(compare_keep(&c, record, &err));
    }
    json_t *found = json_array();
    check_ok(record_query(record,
                          TEXT("select count(*), sum(diff), min(p) from comparisons where name = 'exact_match'"), 10,
                          take_row, found, &err));
    const json_t *row = json_array_get(found, 0);
    assert_int_equal(json_integer_value(json_array_get(row, 0)), 1);
    check_near(json_number_value(json_array_get(row, 1)), 7 / 60.0, 1e-15);
    check_near(json_number_value(json_array_get(row, 2)), 134 / 2048.0, 1e-15);
    json_decref(found);
    record_close(record);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_exact_p),
        cmocka_unit_test(flips_are_listed),
        cmocka_unit_test(margins),
        cmocka_unit_test(distance_of_choices),
        cmocka_unit_test(texts_that_differ),
        cmocka_unit_test(texts_of_one_distribution),
        cmocka_unit_test(bootstrap_covers),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(failures_are_left_out),
        cmocka_unit_test(an_unchanged_copy_passes),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(is_kept),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
