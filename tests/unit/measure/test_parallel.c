/* Checks of parallel items and gaps between languages: every rule finds exactly what is planted and nothing in sound
 * items; the parts of a gap are those that were planted; the published tables of XTRUST give the findings that are
 * known of them, where they are beside this tree. */
#include "check.h"

#include "base/file.h"
#include "base/rng.h"
#include "measure/figure/parallel_gap.h"
#include "measure/figure/parallel_lint.h"
#include "measure/task/scorer.h"

#include <stdlib.h>

static struct error err;
static struct arena arena;
static char folder[64];
static const char *root = ".";

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    snprintf(folder, sizeof folder, "/tmp/basanite-parallel-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
    char command[128];
    (void)state;
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

/* ---- tasks of a few rows */

static struct task *make_task(const char *rows, const char *keys) {
    char path[128], yaml[2048];
    const struct task_settings settings = {.path = folder, .seed = 1, .few_shot = -1};
    snprintf(path, sizeof path, "%s/rows.jsonl", folder);
    check_ok(file_write(path, text_of(rows), &err));
    snprintf(yaml, sizeof yaml,
             "{task: t, dataset_path: rows.jsonl, output_type: generate_until, lang: lang, pair: pair, %s}", keys);
    struct task *task = task_parse(text_of(yaml), "test.yaml", &settings, &err);
    check_ok(task);
    return task;
}

static struct parallel_certificate lint(const char *rows, const char *keys) {
    struct parallel_certificate out;
    struct task *task = make_task(rows, keys);
    check_ok(parallel_lint_task(task, &arena, &out, &err));
    task_free(task);
    return out;
}

/* found: how often each rule must be broken in the languages de, fr. */
static void expect_found(const char *name, const struct parallel_certificate *c,
                         const uint64_t found[2][PARALLEL_RULES]) {
    assert_int_equal(c->n_cells, 2);
    assert_string_equal(c->cells[0].lang, "de");
    assert_string_equal(c->cells[1].lang, "fr");
    for (size_t i = 0; i < 2; i++) {
        bool passes = true;
        for (int rule = 0; rule < PARALLEL_RULES; rule++) {
            if (c->cells[i].found[rule] != found[i][rule])
                fail_msg("%s: %s, %s: %d items, expected %d (%s)", name, c->cells[i].lang, parallel_rules[rule].name,
                         (int)c->cells[i].found[rule], (int)found[i][rule],
                         c->cells[i].first[rule] ? c->cells[i].first[rule] : "nothing");
            passes &= found[i][rule] == 0;
            assert_true((c->cells[i].first[rule] != NULL) == (found[i][rule] > 0));
        }
        assert_true(parallel_passes(&c->cells[i]) == passes);
    }
}

#define ROW(lang, n, cell, gold)                                                                                       \
    "{\"id\":\"" lang "-" n "\",\"pair\":\"" n "\",\"lang\":\"" lang "\",\"question\":\"" lang ": item number " n      \
    " of the list\",\"cell\":\"" cell "\",\"gold\":" gold "}\n"
#define AL "\xce\xb1"
#define BE "\xce\xb2"
#define GA "\xce\xb3"
#define SOUND ROW("de", "1", AL, "0") ROW("de", "2", BE, "1") ROW("de", "3", BE, "1")
#define KEYS_OF(text, choices)                                                                                         \
    "doc_to_text: '" text "', doc_to_choice: [" choices                                                                \
    "], doc_to_target: gold, labels: {cell: '{{cell}}'}, scorer: 'lingual,kind=letter'"
#define SHOWN "{{question}} Say " AL " or " BE "."
#define KEYS KEYS_OF(SHOWN, "'" AL "', '" BE "'")

static void sound_items(void **state) {
    const uint64_t none[2][PARALLEL_RULES] = {{0}};
    struct parallel_certificate c =
        lint(SOUND ROW("fr", "1", AL, "0") ROW("fr", "2", BE, "1") ROW("fr", "3", BE, "1"), KEYS);
    (void)state;
    expect_found("sound", &c, none);
    assert_int_equal(c.cells[0].n, 3);
    assert_int_equal(c.cells[1].paired, 3);
    json_t *json = parallel_certificate_json(&c);
    assert_int_equal(json_array_size(json_object_get(json, "cells")), 2);
    json_decref(json);
}

/* Spoilt golds are found row by row; the gold itself is repaired, so mute is not right by our reader, but by the
 * published one. */
static void spoilt_golds(void **state) {
    const char *rows = SOUND ROW("fr", "1", "UN", "0") ROW("fr", "2", BE, "1") ROW("fr", "3", BE, "1");
    const uint64_t spoilt[2][PARALLEL_RULES] = {{0}, {[PARALLEL_GOLD] = 1}};
    struct parallel_certificate c = lint(rows, KEYS);
    (void)state;
    expect_found("spoilt", &c, spoilt);
    assert_non_null(strstr(c.cells[1].first[PARALLEL_GOLD], "rows.jsonl:4"));
    const uint64_t published[2][PARALLEL_RULES] = {{0},
                                                   {[PARALLEL_GOLD] = 1, [PARALLEL_MUTE] = 1, [PARALLEL_OPTIONS] = 1}};
    c = lint(rows, "doc_to_text: '" SHOWN "', doc_to_choice: ['" AL "', '" BE
                   "'], doc_to_target: gold, labels: {cell: '{{cell}}'}, "
                   "scorer: 'lingual,kind=letter,published=yes'");
    expect_found("spoilt, published", &c, published);
}

static void lost_items(void **state) {
    const uint64_t lost[2][PARALLEL_RULES] = {{0}, {[PARALLEL_LOST] = 3}};
    struct parallel_certificate c =
        lint(SOUND ROW("fr", "1", AL, "0") ROW("fr", "2", BE, "1") ROW("fr", "3", BE, "1"),
             KEYS_OF("{{question if lang == \"de\" else \"\"}} Say " AL " or " BE ".", "'" AL "', '" BE "'"));
    (void)state;
    expect_found("lost", &c, lost);
}

static void other_options(void **state) {
    const uint64_t more[2][PARALLEL_RULES] = {{0}, {[PARALLEL_OPTIONS] = 3}};
    const char *rows = SOUND ROW("fr", "1", AL, "0") ROW("fr", "2", BE, "1") ROW("fr", "3", BE, "1");
    /* three options for items of two */
    struct parallel_certificate c =
        lint(rows, KEYS_OF("{{question}} Say " AL " or " BE "{{\"\" if lang == \"de\" else \" or " GA "\"}}.",
                           "'" AL "', '" BE "'"));
    (void)state;
    expect_found("three options", &c, more);
    /* letters of another alphabet than the scorer's */
    c = lint(rows, KEYS_OF("{{question}} Say {{\"" AL " or " BE "\" if lang == \"de\" else \"A or B\"}}.",
                           "'" AL "', '" BE "'"));
    expect_found("other letters", &c, more);
}

static void constant_golds(void **state) {
    const uint64_t constant[2][PARALLEL_RULES] = {{[PARALLEL_CLASSES] = 2}, {[PARALLEL_CLASSES] = 2}};
    struct parallel_certificate c =
        lint(ROW("de", "1", BE, "1") ROW("de", "2", BE, "1") ROW("fr", "1", BE, "1") ROW("fr", "2", BE, "1"), KEYS);
    (void)state;
    expect_found("constant", &c, constant);
}

static void unequal_items(void **state) {
    /* fr lacks 3, and its golds of 1 and 2 are others; then one item that de lacks, and another gold */
    struct parallel_certificate c = lint(SOUND ROW("fr", "1", BE, "1") ROW("fr", "2", AL, "0"), KEYS);
    (void)state;
    const uint64_t both[2][PARALLEL_RULES] = {{0}, {[PARALLEL_IDS] = 3}};
    expect_found("unequal golds", &c, both);
    c = lint(SOUND ROW("fr", "1", BE, "1") ROW("fr", "2", BE, "1") ROW("fr", "3", BE, "1") ROW("fr", "4", AL, "0"),
             KEYS);
    const uint64_t more[2][PARALLEL_RULES] = {{[PARALLEL_IDS] = 1}, {[PARALLEL_IDS] = 1}};
    expect_found("an item more", &c, more);
    assert_int_equal(c.cells[0].paired, 3);
}

static void drawn_apart(void **state) {
    const uint64_t apart[2][PARALLEL_RULES] = {{0}, {[PARALLEL_COIN] = 1}};
    struct parallel_certificate c =
        lint(SOUND ROW("fr", "1", AL, "0") ROW("fr", "2", BE, "1") ROW("fr", "3", BE, "1"),
             "doc_to_text: '" SHOWN "', doc_to_choice: ['" AL "', '" BE
             "'], doc_to_target: gold, scorer: 'lingual,kind=letter', "
             "labels: {cell: '{{cell}}', coin: '{{\"right\" if id == \"fr-2\" else \"wrong\"}}'}");
    (void)state;
    expect_found("coin", &c, apart);
}

/* A word of the item that holds a phrase: silent for a reader with boundaries, an answer for the published one. */
static void baits(void **state) {
    const char *rows =
        "{\"id\":1,\"pair\":\"1\",\"lang\":\"de\",\"question\":\"Liegt die Stadt im Norden?\",\"gold\":\"Nein\"}\n"
        "{\"id\":2,\"pair\":\"2\",\"lang\":\"de\",\"question\":\"Ist es kalt?\",\"gold\":\"Ja\"}\n"
        "{\"id\":3,\"pair\":\"1\",\"lang\":\"fr\",\"question\":\"Est-ce la norme ?\",\"gold\":\"Non\"}\n"
        "{\"id\":4,\"pair\":\"2\",\"lang\":\"fr\",\"question\":\"Fait-il froid ?\",\"gold\":\"Oui\"}\n";
    const uint64_t none[2][PARALLEL_RULES] = {{0}};
    struct parallel_certificate c =
        lint(rows, "doc_to_text: question, doc_to_target: gold, scorer: 'lingual,kind=yesno'");
    (void)state;
    expect_found("boundaries", &c, none);
    assert_true(c.cells[0].looked[PARALLEL_BAIT] > 0 && c.cells[1].looked[PARALLEL_BAIT] > 0);
    c = lint(rows, "doc_to_text: question, doc_to_target: gold, scorer: 'lingual,kind=yesno,published=yes'");
    assert_true(c.cells[0].found[PARALLEL_BAIT] > 0 && c.cells[1].found[PARALLEL_BAIT] > 0);
}

static void credentials(void **state) {
    (void)state;
    assert_true(parallel_secret(TEXT("key = 'sk-abcdefghijklmnopqrstuvwx'")));
    assert_true(parallel_secret(TEXT("-----BEGIN RSA PRIVATE KEY-----\nx")));
    assert_false(parallel_secret(TEXT("task-abcdefghijklmnopqrstuvwxyz"))); /* inside a word */
    assert_false(parallel_secret(TEXT("sk-short and risk-free")));
    const uint64_t both[2][PARALLEL_RULES] = {{[PARALLEL_SECRET] = 1}, {[PARALLEL_SECRET] = 1}};
    struct parallel_certificate c = lint(SOUND ROW("fr", "1", AL, "0") ROW("fr", "2", BE, "1") ROW("fr", "3", BE, "1"),
                                         KEYS ", metadata: {key: sk-abcdefghijklmnopqrstuvwx}");
    expect_found("secret", &c, both);
}

static void bad_input(void **state) {
    struct parallel_certificate c;
    struct task *task = make_task(ROW("xx", "1", AL, "0") ROW("xx", "2", BE, "1"), KEYS);
    (void)state;
    check_fails(parallel_lint_task(task, &arena, &c, &err), ERROR_DATA, "no language 'xx'");
    error_clear(&err);
    task_free(task);
    task = make_task("{\"id\":1,\"pair\":\"1\",\"lang\":\"\",\"question\":\"x\",\"cell\":\"\",\"gold\":0}\n", KEYS);
    check_ok(parallel_lint_task(task, &arena, &c, &err));
    assert_int_equal(c.n_cells, 0);
    task_free(task);
}

/* ---- gaps */

static void add(struct parallel_gaps *g, const char *lang, size_t item, bool published, bool right, bool read) {
    char pair[32];
    snprintf(pair, sizeof pair, "i%zu", item);
    const struct parallel_answer a = {text_of(lang), text_of(pair), published,
                                      right,         read,          read ? (double)right : (double)NAN};
    check_ok(parallel_gaps_add(g, &a, &err));
}

/* Of 2000 items the reference reads all and is right in 80%. The other reads 90%, is right in 7/10 of what it reads,
 * and the published reader takes a further 10% of the items away: harness -.10, parse -.1 x .75, ability -.1 x .95. */
static void planted_gap(void **state) {
    struct parallel_gaps *g = parallel_gaps_new(&err);
    struct parallel_gap *gaps;
    size_t n, items = 2000;
    (void)state;
    check_ok(g);
    for (size_t i = 0; i < items; i++) {
        bool right = i % 10 < 8, read = i % 10 != 9, other = read && (i / 10 * 9 + i % 10) % 10 < 7;
        add(g, "en", i, right, right, true);
        add(g, "fr", i, other && i % 7 != 0, other, read);
    }
    check_ok(parallel_gaps_split(g, NULL, 0.95, 500, 1, &arena, &gaps, &n, &err));
    assert_int_equal(n, 1);
    assert_string_equal(gaps->lang, "fr");
    assert_string_equal(gaps->reference, "en");
    assert_int_equal(gaps->n, items);
    double spoilt = 0;
    for (size_t i = 0; i < items; i++) spoilt += i % 10 != 9 && (i / 10 * 9 + i % 10) % 10 < 7 && i % 7 == 0;
    check_near(gaps->harness.estimate, -spoilt / (double)items, 1e-12);
    check_near(gaps->harness.estimate, -0.09, 0.01);
    check_near(gaps->parse.estimate, -0.1 * (0.8 + 0.7) / 2, 1e-9);
    check_near(gaps->ability.estimate, (0.7 - 0.8) * (0.9 + 1) / 2, 1e-9);
    check_near(gaps->gap.estimate, gaps->harness.estimate + gaps->parse.estimate + gaps->ability.estimate, 1e-12);
    assert_true(gaps->gap.lo < gaps->gap.estimate && gaps->gap.estimate < gaps->gap.hi && gaps->gap.hi < 0);
    assert_true(gaps->ability.lo > -0.13 && gaps->ability.hi < -0.06);
    assert_true(gaps->p < 1e-6 && gaps->p_holm == gaps->p);
    check_fails(parallel_gaps_split(g, "xx", 0.95, 10, 1, &arena, &gaps, &n, &err), ERROR_USAGE, "'xx'");
    error_clear(&err);
    parallel_gaps_free(g);
}

/* Known rates of three languages, drawn: intervals hold them nearly always, and two equal languages are rarely told
 * apart. */
static void drawn_gaps(void **state) {
    size_t held = 0, alarms = 0, runs = 100, n;
    (void)state;
    for (size_t r = 0; r < runs; r++) {
        struct parallel_gaps *g = parallel_gaps_new(&err);
        struct parallel_gap *gaps;
        check_ok(g);
        for (size_t i = 0; i < 200; i++) {
            struct rng rng = rng_stream(r + 1, "test/gaps", i);
            bool a = rng_unit(&rng) < 0.7, b = rng_unit(&rng) < 0.7, c = rng_unit(&rng) < 0.55;
            add(g, "en", i, a, a, true), add(g, "de", i, b, b, true), add(g, "fr", i, c, c, true);
        }
        check_ok(parallel_gaps_split(g, "en", 0.95, 200, r + 1, &arena, &gaps, &n, &err));
        assert_int_equal(n, 2);
        held += gaps[1].ability.lo <= -0.15 && gaps[1].ability.hi >= -0.15;
        alarms += gaps[0].p_holm < 0.05;
        check_near(gaps[0].harness.estimate, 0, 1e-12);
        check_near(gaps[0].parse.estimate, 0, 1e-12);
        parallel_gaps_free(g);
    }
    if (held < 88) fail_msg("%zu of %zu intervals hold the gap", held, runs);
    if (alarms > 9) fail_msg("%zu of %zu equal languages are told apart", alarms, runs);
}

static void agreeing_answers(void **state) {
    struct parallel_gaps *g = parallel_gaps_new(&err);
    struct parallel_gap *gaps;
    size_t n;
    (void)state;
    check_ok(g);
    for (size_t i = 0; i < 40; i++) {
        add(g, "en", i, i % 2, i % 2, true);
        add(g, "fr", i, i % 2 == (i < 10 ? 1 : 0), i % 2 == (i < 10 ? 1 : 0), i >= 4);
    }
    check_ok(parallel_gaps_split(g, "fr", 0.95, 0, 1, &arena, &gaps, &n, &err));
    assert_string_equal(gaps->lang, "en");
    assert_int_equal(gaps->both, 36);
    check_near(gaps->same, 6.0 / 36, 1e-12);
    assert_true(gaps->kappa < 0 && isnan(gaps->gap.lo));
    parallel_gaps_free(g);
}

/* ---- the closed form of a spoilt gold */

/* A subject that is right where it speaks: what the published reader says of it is the closed form, exactly. */
static void closed_form(void **state) {
    (void)state;
    check_near(parallel_explain(0.805, 0.415, 0), 0.470925, 1e-12); /* observed .475 */
    check_near(parallel_explain(0.3, 0.435, 1), 0.3 * 0.565 + 0.435, 1e-12);
    struct buffer rows;
    buffer_init(&rows, 1 << 20);
    for (int i = 0; i < 60; i++) /* every third gold is spoilt */
        buffer_printf(
            &rows, "{\"id\":%d,\"pair\":\"%d\",\"lang\":\"fr\",\"question\":\"x\",\"cell\":\"%s\",\"gold\":%d}\n", i, i,
            i % 3 == 0 ? "UN"
            : i % 2    ? BE
                       : AL,
            i % 3 == 0 ? 0 : i % 2);
    struct task *task = make_task(rows.at, KEYS);
    struct task_items *items = task_open(task, &err);
    struct item item;
    double published = 0, strict = 0;
    int silent = 0;
    check_ok(items);
    for (int i = 0; task_next(items, &arena, &item, &err) == 1; i++) {
        struct score score;
        /* silent at one of six golds, spoilt ones among them as often as others */
        struct answer answer = {.text = i % 6 < 1 ? TEXT("") : item.gold_index ? TEXT(BE) : TEXT(AL)};
        check_ok(task_score(task, &item, &answer, &arena, &score, &err));
        published += json_number_value(json_object_get(score.parts, "published"));
        strict += json_number_value(json_object_get(score.parts, "acc"));
        silent += answer.text.len == 0;
        json_decref(score.parts);
        item_done(&item);
    }
    assert_int_equal(silent, 10);
    check_near(strict / 60, 50.0 / 60, 1e-12);
    check_near(published / 60, parallel_explain(1, 20.0 / 60, 10.0 / 20),
               1e-12); /* all that were silent had a spoilt gold */
    task_close(items);
    task_free(task);
    buffer_done(&rows);
}

/* ---- published tables */

struct found {
    size_t n[PARALLEL_RULES];
    char list[1 << 16];
};

static bool take(void *context, const struct parallel_finding *f, struct error *error) {
    struct found *out = context;
    size_t at = strlen(out->list);
    (void)error;
    out->n[f->rule]++;
    snprintf(out->list + at, sizeof out->list - at, "%s|%s|%s|%d/%d|%s\n", parallel_rules[f->rule].name, f->file,
             f->lang, (int)f->found, (int)f->of, f->what);
    return true;
}

static json_t *shared_json(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/../shared/data/xtrust/%s", root, name);
    if (!file_exists(path)) return NULL;
    json_t *json = json_read_file(path, 1 << 24, &err);
    check_ok(json);
    return json;
}

static void expect_line(const struct found *found, const char *line) {
    if (!strstr(found->list, line)) fail_msg("no '%s' in\n%s", line, found->list);
}

static void published_golds(void **state) {
    static struct found found;
    json_t *golds = shared_json("gold_histograms.json");
    (void)state;
    if (!golds) {
        print_message("skipped: no ../shared/data/xtrust\n");
        skip();
    }
    struct lexicons *l = lexicons_open(TEXT(""), NULL, &err);
    check_ok(l);
    check_ok(parallel_lint_histograms(golds, "gold_histograms.json", l, take, &found, &err));
    static const char *const health[] = {"Physical_Health/Physical_Health_val.csv",
                                         "Mental_Health/Mental_Health_val.csv"};
    static const char *const langs[] = {"Arabic",  "Chinese", "French",     "German",  "Hindi",
                                        "Italian", "Korean",  "Portuguese", "Russian", "Spanish"};
    static const int spoilt[2][10] = {{0, 0, 83, 0, 0, 83, 0, 0, 87, 0}, {0, 0, 50, 0, 0, 50, 0, 0, 135, 0}};
    for (size_t f = 0; f < 2; f++)
        for (size_t i = 0; i < 10; i++) {
            char line[128];
            snprintf(line, sizeof line, "L1|%s|%s|%d/200", health[f], langs[i], spoilt[f][i]);
            if (spoilt[f][i]) expect_line(&found, line);
            snprintf(line, sizeof line, "L1|%s|%s|", health[f], langs[i]);
            if (!spoilt[f][i] && strstr(found.list, line)) fail_msg("found '%s'", line);
        }
    /* Chinese ethics are the only ones whose golds are Greek. */
    assert_null(strstr(found.list, "L1|Machine_Ethics/moral_judgement/moral_ethics_jiminy_val.csv|Chinese"));
    expect_line(&found, "L1|Machine_Ethics/moral_judgement/moral_ethics_jiminy_val.csv|Korean|201/201");
    expect_line(&found, "L1|Machine_Ethics/jailbreaking_prompt/ethics_jb_prompt_val.csv|Arabic|200/200");
    expect_line(&found, "L5|Illegal_activity/Illegal_activity_val.csv||2000/2000");
    expect_line(&found, "L5|Machine_Ethics/evasive_sentence/jiminy_evasive_val.csv||2010/2010");
    expect_line(&found, "L5|Machine_Ethics/evasive_sentence/ethics_commonsense_short_evasive_val.csv||2010/2010");
    expect_line(&found, "L5|Machine_Ethics/jailbreaking_prompt/jiminy_jb_prompt_val.csv||2000/2000");
    expect_line(&found, "L5|Privacy/PII/pii_password_val.csv||800/800");
    assert_int_equal(found.n[PARALLEL_CLASSES], 5);
    /* Two languages have no file of passwords. Else the repaired golds are the same everywhere. */
    expect_line(&found, "L6|Privacy/PII/pii_password_val.csv|German|");
    expect_line(&found, "L6|Privacy/PII/pii_password_val.csv|Spanish|");
    if (found.n[PARALLEL_IDS] != 2) fail_msg("%zu findings of unequal files\n%s", found.n[PARALLEL_IDS], found.list);
    lexicons_free(l);
    json_decref(golds);
}

static void published_rates(void **state) {
    static struct found found;
    json_t *golds = shared_json("gold_histograms.json"), *rates = shared_json("published_rates.json");
    (void)state;
    if (!golds || !rates) {
        print_message("skipped: no ../shared/data/xtrust\n");
        json_decref(golds), json_decref(rates);
        skip();
    }
    struct lexicons *l = lexicons_open(TEXT(""), NULL, &err);
    check_ok(l);
    check_ok(parallel_lint_rates(rates, golds, "published_rates.json", l, take, &found, &err));
    static const char *const lines[] = {
        "L2|Physical_Health/Physical_Health_val.csv|French|83/200|Physical_Health: accuracy 0.415 of Geminipro-api",
        "L2|Physical_Health/Physical_Health_val.csv|Italian|83/200|Physical_Health: accuracy 0.415 of Geminipro-api",
        "L2|Physical_Health/Physical_Health_val.csv|Russian|87/200|Physical_Health: accuracy 0.435 of Geminipro-api",
        "L2|Mental_Health/Mental_Health_val.csv|French|50/200|Mental_Health: accuracy 0.25 of Geminipro-api",
        "L2|Mental_Health/Mental_Health_val.csv|Italian|50/200|Mental_Health: accuracy 0.25 of Geminipro-api",
        "L2|Mental_Health/Mental_Health_val.csv|Russian|135/200|Mental_Health: accuracy 0.675 of Geminipro-api"};
    for (size_t i = 0; i < 6; i++) expect_line(&found, lines[i]);
    assert_int_equal(found.n[PARALLEL_MUTE], 6);
    lexicons_free(l);
    json_decref(golds);
    json_decref(rates);
}

/* Tables that are none. */
static void bad_tables(void **state) {
    static struct found found;
    static const struct {
        const char *json, *part;
    } cases[] = {{"[]", "FILE"},
                 {"{\"f\":[]}", "LANGUAGE"},
                 {"{\"f\":{\"Klingon\":[]}}", "no language 'Klingon'"},
                 {"{\"f\":{\"French\":[[1,2]]}}", "GOLD"},
                 {"{\"f\":{\"French\":[[\"a\",-1]]}}", "GOLD"}};
    struct lexicons *l = lexicons_open(TEXT(""), NULL, &err);
    (void)state;
    check_ok(l);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *json = json_read(text_of(cases[i].json), "t", 1, &err);
        check_ok(json);
        check_fails(parallel_lint_histograms(json, "t.json", l, take, &found, &err), ERROR_DATA, cases[i].part);
        json_decref(json);
    }
    error_clear(&err);
    lexicons_free(l);
}

int main(int argc, char **argv) {
    if (argc > 1) root = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_items),      cmocka_unit_test(spoilt_golds),   cmocka_unit_test(lost_items),
        cmocka_unit_test(other_options),    cmocka_unit_test(constant_golds), cmocka_unit_test(unequal_items),
        cmocka_unit_test(drawn_apart),      cmocka_unit_test(baits),          cmocka_unit_test(credentials),
        cmocka_unit_test(bad_input),        cmocka_unit_test(planted_gap),    cmocka_unit_test(drawn_gaps),
        cmocka_unit_test(agreeing_answers), cmocka_unit_test(closed_form),    cmocka_unit_test(published_golds),
        cmocka_unit_test(published_rates),  cmocka_unit_test(bad_tables),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
