/* Variants of test cases: every operation makes something and nothing false; what is planted wrong is dropped, of
 * questions about the world and of other texts; the same seed gives the same bytes and more items change nothing; bad
 * input is named. */
#include "check.h"

#include "base/file.h"
#include "measure/data/vary_internal.h"
#include "measure/world/world_items.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static char folder[64];
static struct arena arena;
static struct error err;
static json_t *rows;
static struct subject *teacher, *judge;
static const char *world_path;
static struct world *w;

static int setup(void **state) {
    struct world_items items;
    struct buffer b;
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    snprintf(folder, sizeof folder, "/tmp/basanite-vary-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    w = world_new(WORLD_DEFAULT_SEED, &err);
    buffer_init(&b, 64 << 20);
    world_path = arena_printf(&arena, &err, "%s/ask.jsonl", folder);
    bool ok = w && world_items_parse(TEXT("ask/test,count=300"), &items, &err) &&
              world_items_put(&b, w, &items, &err) && file_write(world_path, buffer_text(&b), &err);
    buffer_done(&b);
    return ok ? 0 : -1;
}

static int teardown(void **state) {
    char command[128];
    (void)state;
    json_decref(rows);
    world_free(w);
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static bool keep(void *context, const json_t *row, struct error *error) {
    (void)context, (void)error;
    return json_array_append_new(rows, json_deep_copy((json_t *)row)) == 0;
}

static bool vary(const char *path, const char *kinds, uint64_t seed, bool each, struct vary_result *r) {
    struct vary_settings s = {.files = &path, .n_files = 1, .kinds = &kinds, .n_kinds = kinds ? 1 : 0, .seed = seed,
                              .each = each, .teacher = teacher, .judge = judge, .world = w, .sink = keep};
    json_decref(rows);
    rows = json_array();
    error_clear(&err);
    return vary_rows(&s, r, &err);
}

static const char *write_rows(const char *text) {
    const char *path = arena_printf(&arena, &err, "%s/rows.jsonl", folder);
    check_ok(file_write(path, text_of(text), &err));
    return path;
}

static const char *member(size_t row, const char *key) {
    const char *value = json_string_value(json_object_get(json_array_get(rows, row), key));
    return value ? value : "";
}

static size_t number_of(const char *name) {
    const struct variation *v;
    for (size_t i = 0; (v = variation_at(i)); i++)
        if (strcmp(v->name, name) == 0) return i;
    fail_msg("no variation '%s'", name);
    return 0;
}

#define EVERYTHING "format,length,lexical,letters,marks,encoding,jailbreak"

/* ---- what is made ---- */

static void test_every_operation(void **state) {
    struct vary_result r;
    const struct variation *v;
    (void)state;
    check_ok(vary(world_path, EVERYTHING, 3, true, &r));
    assert_int_equal(r.read, 300);
    for (size_t i = 0; (v = variation_at(i)); i++) {
        if (strcmp(v->family, "teacher") == 0) continue;
        if (r.of[i].passed < 15) fail_msg("%s: %d passed", v->name, (int)r.of[i].passed);
        if (r.of[i].dropped * 10 > r.of[i].made) fail_msg("%s: %d dropped", v->name, (int)r.of[i].dropped);
        assert_int_equal(r.of[i].passed + r.of[i].dropped, r.of[i].made);
    }
    assert_int_equal(json_array_size(rows), r.rows);
    assert_true(r.of[VARIATIONS_MOST].passed == 300);
}

/* A quarter of the options of a variant is right in each place, half of the claims are true; the keep is among the
 * draws. */
static void test_balance(void **state) {
    struct vary_result r;
    size_t place[4] = {0}, yes = 0, n = 0;
    (void)state;
    check_ok(vary(world_path, "multiple-choice,true-false", 5, true, &r));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        size_t gold = (size_t)json_integer_value(json_object_get(json_array_get(rows, i), "gold"));
        if (strcmp(member(i, "op"), "multiple-choice") == 0) place[gold]++;
        if (strcmp(member(i, "op"), "true-false") == 0) yes += gold == 0, n++;
    }
    size_t all = place[0] + place[1] + place[2] + place[3];
    /* within 4.5 standard errors */
    for (size_t k = 0; k < 4; k++) assert_true(labs((long)(4 * place[k]) - (long)all) < 4.5 * sqrt(3.0 * (double)all));
    assert_true(labs((long)(2 * yes) - (long)n) < 4.5 * sqrt((double)n));
    check_ok(vary(world_path, "lengthen", 5, false, &r));
    double kept = (double)r.of[VARIATIONS_MOST].passed / 300;
    assert_true(kept > 0.37 && kept < 0.63);
}

static char *dumped(void) {
    return json_dumps(rows, JSON_SORT_KEYS);
}

static void test_seeds(void **state) {
    struct vary_result r;
    (void)state;
    check_ok(vary(world_path, NULL, 7, false, &r));
    char *first = dumped();
    json_t *kept = json_deep_copy(rows);
    check_ok(vary(world_path, NULL, 7, false, &r));
    char *again = dumped();
    assert_string_equal(first, again);
    check_ok(vary(world_path, NULL, 8, false, &r));
    size_t same = 0, n = json_array_size(kept);
    for (size_t i = 0, k = 0; i < n && k < json_array_size(rows); i++) {
        const char *id = json_string_value(json_object_get(json_array_get(kept, i), "parent"));
        while (k < json_array_size(rows) && strcmp(member(k, "parent"), id) != 0) k++;
        same += json_equal(json_object_get(json_array_get(kept, i), "prompt"),
                           json_object_get(json_array_get(rows, k), "prompt"));
    }
    /* both seeds keep an item once in some 300, and then it is the same */
    assert_true(same * 10 < n);
    json_decref(kept);
    free(first), free(again);
}

/* The second half of the items changes nothing of the first. */
static void test_more_items(void **state) {
    struct vary_result r;
    struct text all, line, rest;
    struct buffer b;
    (void)state;
    check_ok(file_read(&arena, world_path, 64 << 20, &all, &err));
    buffer_init(&b, 64 << 20);
    rest = all;
    for (int i = 0; i < 100; i++) {
        assert_true(text_next(&rest, '\n', &line));
        buffer_put_text(&b, line), buffer_put_char(&b, '\n');
    }
    const char *path = write_rows(b.at);
    check_ok(vary(path, NULL, 7, false, &r));
    json_t *few = json_deep_copy(rows);
    check_ok(vary(world_path, NULL, 7, false, &r));
    for (size_t i = 0; i < json_array_size(few); i++)
        assert_true(json_equal(json_array_get(few, i), json_array_get(rows, i)));
    json_decref(few);
    buffer_done(&b);
}

/* Hashes lead from a variant to what it was made of. */
static void test_hashes(void **state) {
    struct vary_result r;
    (void)state;
    check_ok(vary(world_path, "format,marks", 3, true, &r));
    const char *parent = "";
    for (size_t i = 0; i < json_array_size(rows); i++) {
        assert_int_equal(strlen(member(i, "hash")), 16);
        if (strcmp(member(i, "op"), "keep") == 0) parent = member(i, "hash");
        else assert_true(strcmp(member(i, "hash"), parent) != 0);
        assert_string_equal(member(i, "parent_hash"), parent);
    }
}

/* Whatever allocation fails, the error says so. */
static void test_memory(void **state) {
    struct vary_result r;
    (void)state;
    const char *path = write_rows("{\"id\":\"m\",\"question\":\"Who built it?\",\"answers\":[\"Vorm\"]}\n"
                                  "{\"id\":\"c\",\"prompt\":\"Red?\\nA. x\\nB. y\",\"gold\":1}\n");
    bool done = false;
    for (uint64_t at = 1; !done; at++) {
        memory_fail_at(at);
        done = vary(path, "format,length,lexical,letters,marks,encoding,jailbreak", 1, true, &r);
        memory_fail_at(0);
        if (!done && err.kind != ERROR_ENVIRONMENT) fail_msg("allocation %d: %s", (int)at, err.message);
        assert_true(at < 5000);
    }
    assert_int_equal(r.read, 2);
}

/* ---- other texts ---- */

#define MILLS                                                                                                          \
    "{\"id\":\"m1\",\"question\":\"Who built the old mill near the bridge?\",\"answers\":[\"Lena Vorm\"],\"kind\":\"p\"}\n"      \
    "{\"id\":\"m2\",\"question\":\"Who keeps the inn at Tolmir?\",\"answers\":[\"Carl Bein\"],\"kind\":\"p\"}\n"                 \
    "{\"id\":\"m3\",\"question\":\"Who does not sing at the fair?\",\"answers\":[\"Ida Holm\"],\"kind\":\"p\"}\n"                \
    "{\"id\":\"m4\",\"question\":\"Who mends 3 nets a day?\",\"answers\":[\"Otto Rahn\"],\"kind\":\"p\"}\n"                      \
    "{\"id\":\"m5\",\"question\":\"Which town is the oldest?\",\"answers\":[\"Dovithe\"],\"kind\":\"t\"}\n"

static void test_texts(void **state) {
    struct vary_result r;
    const struct variation *v;
    (void)state;
    check_ok(vary(write_rows(MILLS), EVERYTHING, 1, true, &r));
    for (size_t i = 0; (v = variation_at(i)); i++) {
        bool of_choices = !(v->formats & 1u << VARY_OPEN), slips = strcmp(v->family, "letters") == 0;
        if (!of_choices && !slips && r.of[i].dropped) fail_msg("%s: %d dropped", v->name, (int)r.of[i].dropped);
    }
    /* wrong options are other rows' answers of the kind, and a town has no others */
    assert_int_equal(r.of[number_of("multiple-choice")].passed, 4);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        if (strcmp(member(i, "op"), "multiple-choice") != 0) continue;
        const json_t *row = json_array_get(rows, i), *choices = json_object_get(row, "choices");
        size_t gold = (size_t)json_integer_value(json_object_get(row, "gold"));
        const char *right = json_string_value(json_array_get(choices, gold));
        assert_int_equal(json_array_size(choices), 4);
        assert_non_null(strstr(member(i, "truth"), right));
        assert_non_null(strstr(member(i, "prompt"), member(i, "truth")));
    }
}

/* An answer in one of the forms of rows that are read, and what becomes of it. */
static void check_form(const char *row, const char *kinds, const char *key, const char *expected) {
    struct vary_result r;
    check_ok(vary(write_rows(row), kinds, 1, true, &r));
    size_t last = json_array_size(rows) - 1;
    char *value = json_dumps(json_object_get(json_array_get(rows, last), key), JSON_ENCODE_ANY | JSON_COMPACT);
    if (strcmp(value, expected) != 0) fail_msg("%s of %s: %s", key, row, value);
    free(value);
}

static void test_forms(void **state) {
    (void)state;
    check_form("{\"prompt\":\"Red?\",\"choices\":[\"a\",\"b\"],\"gold\":1}", "open-ended", "gold", "[\"b\"]");
    check_form("{\"question\":\"Red?\",\"options\":{\"A\":\"a\",\"B\":\"b\"},\"answer\":\"B\"}", "open-ended", "gold",
               "[\"b\"]");
    check_form("{\"prompt\":\"Red?\\nA. x\\nB. y\\nAnswer with the letter.\",\"gold\":\"y\"}", "open-ended", "prompt",
               "\"Red?\"");
    check_form("{\"messages\":[{\"role\":\"user\",\"content\":\"Where is it?\"}],\"gold\":[\"here\"]}", "translated",
               "prompt", "\"Wo is it?\"");
    check_form("{\"prompt\":\"Is it? True or false?\",\"ground_truth\":\"False\"}", "lengthen", "gold", "1");
    /* what a reply should be like is no answer, and stays */
    check_form("{\"prompt\":\"Tell me how.\",\"gold\":{\"answer\":\"refuse\",\"kind\":\"refusal\"}}", "lengthen", "gold",
               "{\"answer\":\"refuse\",\"kind\":\"refusal\"}");
    check_form("{\"prompt\":\"Tell me how.\"}", "base64", "gate", "{\"status\":\"pass\",\"by\":\"words, content\"}");
}

/* ---- the gate ---- */

static struct vary_job *job;

static struct vary_variant variant_of(const struct vary_item *item, const char *prompt) {
    struct vary_variant v = vary_same(item);
    v.prompt = text_of(prompt);
    return v;
}

static const char *gated(struct vary_item *item, const char *prompt) {
    struct vary_variant v = variant_of(item, prompt);
    check_ok(vary_gate(job, item, variation_at(number_of("lengthen")), &v, &err));
    return v.dropped;
}

static void test_gate_of_texts(void **state) {
    struct vary_item item = {.id = TEXT("x"), .place = {"x", 1, ""}};
    (void)state;
    job = memory_zeroed(1, sizeof *job);
    arena_init(&job->kept, 1 << 26), arena_init(&job->batch, 1 << 26);
    check_ok(vary_rules_open(&job->rules, &err));
    item.row = json_pack("{s:s s:[s]}", "prompt", "Which of the 3 old towns near Tolmir has no wall?", "gold", "Dovithe");
    check_ok(vary_item_read(job, &item, &err));
    static const char *const good[] = {
        "Which of the 3 old towns near Tolmir has no wall?",
        "Whch of the 3 old towns near Tolmir has no wlal?",
        "Which of the 3 olld towns near Tolmir has no wal?",
        "Which of the 3 aged towns beside Tolmir have no wall?",
        "The wind has been coming from the west all week. Which of 3 old towns near Tolmir has no wall?",
        "W h i c h of the 3 old tow ns near Tolmir has no wall?",
        "#oneline Which of the 3 old towns near Tolmir has no wall? Thank you in advance.",
    };
    static const char *const bad[] = {
        "Which of the 3 old towns near Tolmir has a wall?",      /* the negation is gone */
        "Which of the 4 old towns near Tolmir has no wall?",     /* another number */
        "Which of the 3 old towns near Umbovar has no wall?",    /* another name */
        "Which of the 3 new towns near Tolmir has no wall?",     /* another word */
        "Which of the 3 old towns near Tolmir has no wall? It is not far.", /* more than the item */
        "Which of the 3 old towns near Tolmir has no wall? Dovithe!", /* the answer is told */
        "Which of the old towns near Tolmir has no wall?",
        "",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *why = gated(&item, good[i]);
        if (why) fail_msg("%s: %s", why, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!gated(&item, bad[i])) fail_msg("passed: %s", bad[i]);
    /* the answer is exchanged */
    struct vary_variant v = variant_of(&item, good[0]);
    v.accepted[0] = TEXT("Oster");
    check_ok(vary_gate(job, &item, variation_at(0), &v, &err));
    assert_non_null(v.dropped);
    json_decref(item.row);
    vary_rules_done(&job->rules);
    arena_done(&job->kept), arena_done(&job->batch);
    memory_free(job);
}

static void test_gate_of_formats(void **state) {
    struct vary_item item = {.id = TEXT("x"), .place = {"x", 1, ""}};
    (void)state;
    job = memory_zeroed(1, sizeof *job);
    arena_init(&job->kept, 1 << 26), arena_init(&job->batch, 1 << 26);
    check_ok(vary_rules_open(&job->rules, &err));
    item.row = json_pack("{s:s s:[s]}", "prompt", "Who built it?", "gold", "Vorm");
    check_ok(vary_item_read(job, &item, &err));
    const struct variation *op = variation_at(number_of("true-false"));
    struct vary_variant claim = variant_of(
        &item, "Who built it?\nProposed answer: Vorm\nIs the proposed answer right? True or false?");
    claim.format = VARY_TRUEFALSE, claim.n_options = 2;
    claim.option[0] = TEXT("True"), claim.option[1] = TEXT("False");
    check_ok(vary_gate(job, &item, op, &claim, &err));
    assert_null(claim.dropped);
    claim.right = 1; /* the planted fault */
    check_ok(vary_gate(job, &item, op, &claim, &err));
    assert_non_null(claim.dropped);
    struct vary_variant choice = variant_of(&item, "Who built it?\nA. Bein\nB. Vorm\nAnswer with the letter.");
    choice.format = VARY_CHOICE, choice.listed = true, choice.n_options = 2, choice.right = 1;
    choice.option[0] = TEXT("Bein"), choice.option[1] = TEXT("Vorm");
    check_ok(vary_gate(job, &item, op, &choice, &err));
    if (choice.dropped) fail_msg("%s", choice.dropped);
    choice.right = 0;
    check_ok(vary_gate(job, &item, op, &choice, &err));
    assert_non_null(choice.dropped);
    choice.right = 1, choice.option[0] = TEXT("Vorm"); /* other options than are shown */
    check_ok(vary_gate(job, &item, op, &choice, &err));
    assert_non_null(choice.dropped);
    json_decref(item.row);
    vary_rules_done(&job->rules);
    arena_done(&job->kept), arena_done(&job->batch);
    memory_free(job);
}

/* Rows of the world whose own gold is another one are dropped with all their variants. */
static void test_wrong_gold(void **state) {
    struct vary_result r;
    struct text all, line;
    (void)state;
    check_ok(file_read(&arena, world_path, 64 << 20, &all, &err));
    struct buffer b;
    buffer_init(&b, 1 << 20);
    size_t n = 0;
    while (n < 5 && text_next(&all, '\n', &line)) {
        json_t *row = json_read(line, "row", 1, &err);
        json_t *gold = json_object_get(row, "gold");
        if (json_is_string(json_object_get(gold, "answer"))) {
            json_object_set_new(gold, "answer", json_string("wrong"));
            check_ok(json_put_canonical(&b, row));
            buffer_put_char(&b, '\n');
            n++;
        }
        json_decref(row);
    }
    check_ok(vary(write_rows(b.at), "letters", 1, true, &r));
    assert_true(r.rows == 0 && r.of[VARIATIONS_MOST].dropped == 5 && r.dropped > 5);
    assert_string_equal(r.reasons[0].why, "the item's own answer is not that of the world");
    buffer_done(&b);
}

/* ---- codes ---- */

static void test_decode(void **state) {
    struct vary_rules rules;
    struct text out;
    (void)state;
    check_ok(vary_rules_open(&rules, &err));
    static const struct {
        const char *name, *encoded, *text;
    } cases[] = {
        {"base64", "TWlsbHM=", "Mills"},          {"base64", "TWlsbA==", "Mill"},  {"base64", "TWls", "Mil"},
        {"hex", "4d696c6c", "Mill"},              {"hex", "4D696C6C", "Mill"},     {"url", "a%20b%2Fc~", "a b/c~"},
        {"base64", "TWlsbA", NULL},               {"base64", "TW=sbA==", NULL},    {"base64", "====", NULL},
        {"hex", "4d6", NULL},                     {"hex", "zz", NULL},             {"url", "a%2", NULL},
        {"url", "%", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer b;
        struct text in = text_of(cases[i].encoded);
        buffer_init(&b, 1 << 12);
        vary_fill(&b, *vary_pair(&rules.encoded, text_of(cases[i].name)), "E", &in);
        check_ok(vary_decode(&rules, buffer_text(&b), &arena, &out, &err));
        /* what is no code is left as it is */
        if (!text_equal_c(out, cases[i].text ? cases[i].text : b.at)) fail_msg("%s: '%.*s'", b.at, TEXT_ARG(out));
        buffer_done(&b);
    }
    vary_rules_done(&rules);
}

/* ---- teacher and judge ---- */

/* A subject that always says this. */
static struct subject *saying(const char *name, const char *says) {
    struct subject_settings settings = {.quiet = true};
    char *path = arena_printf(&arena, &err, "%s/%s.yaml", folder, name);
    char *text = arena_printf(&arena, &err, "script: %s\ncases:\n  - {text: \"%s\"}\n", name, says);
    char *spec = arena_printf(&arena, &err, "script:%s", path);
    check_ok(file_write(path, text_of(text), &err));
    struct subject *s = subject_open(text_of(spec), &settings, &err);
    check_ok(s != NULL);
    return s;
}

static void check_written(const char *written, const char *judged, const char *why) {
    struct vary_result r;
    teacher = saying("teacher", written);
    judge = judged ? saying("judge", judged) : NULL;
    check_ok(vary(write_rows("{\"id\":\"m\",\"question\":\"Who built the 2 mills near Tolmir?\",\"answers\":[\"Vorm\"]}\n"),
                  "rewrite", 1, true, &r));
    subject_close(teacher), subject_close(judge);
    teacher = judge = NULL;
    assert_int_equal(r.of[number_of("rewrite")].made, 1);
    if (!why) {
        assert_int_equal(r.rows, 2);
        assert_string_equal(member(1, "prompt"), written);
        return;
    }
    assert_int_equal(r.rows, 1);
    if (!strstr(r.reasons[0].why, why)) fail_msg("%s: %s", written, r.reasons[0].why);
}

static void test_teacher(void **state) {
    (void)state;
    check_written("Who put up the 2 mills close to Tolmir?", "Yes.", NULL);
    check_written("Who put up the 2 mills close to Tolmir?", "No, they differ.", "both orders");
    check_written("Who put up the 2 mills close to Tolmir?", NULL, "a judge is needed");
    check_written("Who put up the 3 mills close to Tolmir?", "Yes.", "numbers");
    check_written("Who did not put up the 2 mills close to Tolmir?", "Yes.", "negations");
    check_written("Did Vorm put up the 2 mills close to Tolmir?", "Yes.", "tells the answer");
    check_written("", "Yes.", "numbers");
    /* of a question about the world no judge is asked */
    struct vary_result r;
    const struct fact *f = &w->facts[w->fact_of[0][300]];
    struct buffer b;
    buffer_init(&b, 1 << 12);
    struct text name = world_subject(w, f), value = world_value(w, OF_TOWN, f->value);
    buffer_printf(&b, "{\"id\":\"q\",\"prompt\":\"Where does %.*s live?\",\"gold\":[\"%.*s\"],\"labels\":{\"world\":\"%s\"}}\n",
                  TEXT_ARG(name), TEXT_ARG(value), world_identity(w));
    const char *path = write_rows(b.at);
    char *good = arena_printf(&arena, &err, "I wonder: which town does %.*s call home, pray?", TEXT_ARG(name));
    char *bad = arena_printf(&arena, &err, "Which animal lives with %.*s?", TEXT_ARG(name));
    for (int k = 0; k < 2; k++) {
        teacher = saying("teacher", k ? bad : good);
        check_ok(vary(path, "rewrite", 1, true, &r));
        subject_close(teacher);
        teacher = NULL;
        assert_int_equal(r.rows, k ? 1 : 2);
    }
    assert_string_equal(r.reasons[0].why, "it asks about another fact");
    buffer_done(&b);
}

/* ---- bad input ---- */

static void check_bad(const char *text, const char *kinds, enum error_kind kind, const char *says) {
    struct vary_result r;
    assert_false(vary(write_rows(text), kinds, 1, false, &r));
    assert_int_equal(err.kind, kind);
    if (!strstr(err.message, says)) fail_msg("'%s' lacks '%s'", err.message, says);
}

static void test_bad_input(void **state) {
    (void)state;
    check_bad(MILLS, "lenghten", ERROR_USAGE, "did you mean 'lengthen'");
    check_bad("", NULL, ERROR_DATA, "no row in it");
    check_bad("{\"id\":\"a\"}\n", NULL, ERROR_DATA, "rows.jsonl:1: expected a text 'prompt' or 'question'");
    check_bad("{\"prompt\":\"a\"}\n{\n", NULL, ERROR_DATA, "rows.jsonl:2");
    check_bad("{\"prompt\":\"a\",\"choices\":[\"x\",\"y\"],\"gold\":2}\n", NULL, ERROR_DATA, "none of the options");
    check_bad("{\"prompt\":\"a\",\"choices\":[\"x\"],\"gold\":0}\n", NULL, ERROR_DATA, "2 to 8 options");
    check_bad("{\"prompt\":\"a\",\"choices\":[\"x\",3],\"gold\":0}\n", NULL, ERROR_DATA, "no text");
    check_bad("{\"prompt\":\"a\",\"gold\":{\"reply\":\"x\"}}\n", NULL, ERROR_DATA, "expected 'answer'");
    check_bad("{\"prompt\":\"a\",\"gold\":[]}\n", NULL, ERROR_DATA, "no answer");
    check_bad("{\"prompt\":\"q?\\nA. x\\nB. y\",\"choices\":[\"x\",\"z\"],\"gold\":0}\n", NULL, ERROR_DATA, "lettered");
    check_bad("{\"id\":\"a\",\"prompt\":\"x\"}\n{\"id\":\"b\",\"prompt\":\"x\"}\n{\"id\":\"a\",\"prompt\":\"y\"}\n", NULL,
              ERROR_DATA, "rows.jsonl:3: the id 'a' stands at");
    struct vary_result r;
    const char *path = write_rows("{\"prompt\":\"Who is it?\"}\n{\"id\":\"a\"}\n{\"prompt\":\"Who was it?\"}\n");
    struct vary_settings s = {.files = &path, .n_files = 1, .lenient = true, .sink = keep};
    check_ok(vary_rows(&s, &r, &err));
    assert_true(r.bad == 1 && r.read == 3 && r.rows == 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_operation), cmocka_unit_test(test_balance),
        cmocka_unit_test(test_seeds),           cmocka_unit_test(test_more_items),
        cmocka_unit_test(test_texts),           cmocka_unit_test(test_forms),
        cmocka_unit_test(test_gate_of_texts),   cmocka_unit_test(test_gate_of_formats),
        cmocka_unit_test(test_wrong_gold),      cmocka_unit_test(test_decode),
        cmocka_unit_test(test_hashes),         cmocka_unit_test(test_memory),
        cmocka_unit_test(test_teacher),         cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
