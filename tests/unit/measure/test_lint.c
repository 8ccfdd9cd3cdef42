/* Rules of data lint, one plant each, and what a clean file does not set off: every rule of the table has a file here
 * that it finds, in the row where the fault was planted and nowhere else. */
#include "check.h"

#include "base/file.h"
#include "measure/data/lint.h"

#include <stdlib.h>

static char folder[64];
static struct arena arena;
static struct error err;

struct found {
    size_t n;
    char text[64][512]; /* "rule file:line what" */
};

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    snprintf(folder, sizeof folder, "/tmp/basanite-lint-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
    char command[128];
    (void)state;
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static bool keep(void *context, const struct finding *f, struct error *error) {
    struct found *found = context;
    const char *slash = strrchr(f->file, '/');
    (void)error;
    if (f->severity != FINDING_NOTE && found->n < 64)
        snprintf(found->text[found->n++], sizeof found->text[0], "%s %s:%zu %s", f->rule, slash ? slash + 1 : f->file,
                 f->line, f->what);
    return true;
}

static const char *put(const char *name, const char *text) {
    const char *path = arena_printf(&arena, &err, "%s/%s", folder, name);
    check_ok(file_write(path, text_of(text), &err));
    return path;
}

static struct lint_result lint(const char *const *paths, size_t n, const char *only, struct found *found) {
    struct lint_settings settings = {.path = folder, .only = only, .seed = 1, .sink = keep, .context = found};
    struct lint_result r;
    *found = (struct found){0};
    check_ok(lint_run(paths, n, &settings, &arena, &r, &err));
    return r;
}

/* Thirty rows of choices in which nothing is wrong; row `at` (from 1) is replaced. */
static const char *choices(const char *name, size_t at, const char *row) {
    struct buffer b;
    static const char *const things[] = {"mill", "inn", "gate", "ferry", "forge"};
    buffer_init(&b, 1 << 20);
    for (size_t i = 1; i <= 30; i++) {
        if (i == at)
            buffer_printf(&b, "%s\n", row);
        else
            buffer_printf(&b,
                          "{\"id\":\"i%zu\",\"question\":\"Who keeps the %s of village number "
                          "%zu?\",\"options\":[\"Lena%zu\",\"Bo%zu\",\"Ada%zu\"],\"gold\":%zu}\n",
                          i, things[i % 5], i, i, i, i, i * 7 % 3);
    }
    const char *path = put(name, buffer_text(&b).at);
    buffer_done(&b);
    return path;
}

static void clean_rows_are_left_alone(void **state) {
    (void)state;
    struct found found;
    const char *path = choices("clean.jsonl", 0, "");
    struct lint_result r = lint(&path, 1, NULL, &found);
    for (size_t i = 0; i < found.n; i++) print_message("%s\n", found.text[i]);
    assert_int_equal(found.n, 0);
    assert_int_equal(r.rows, 30);
    assert_int_equal(r.n_baselines, 1);
    check_near(r.baselines[0].chance, 1.0 / 3, 1e-15);
    check_near(r.baselines[0].constant, 1.0 / 3, 1e-15);
}

/* Exactly one finding, which begins so. */
static void finds(const char *row, const char *expected) {
    struct found found;
    const char *path = choices("x.jsonl", 12, row);
    lint(&path, 1, NULL, &found);
    bool there = false;
    for (size_t i = 0; i < found.n; i++) there |= text_starts(text_of(found.text[i]), text_of(expected));
    if (!there || found.n != 1) {
        for (size_t i = 0; i < found.n; i++) print_message("%s\n", found.text[i]);
        fail_msg("expected '%s' alone for %s", expected, row);
    }
}

#define ROW(id, question, options, gold)                                                                               \
    "{\"id\":\"" id "\",\"question\":\"" question "\",\"options\":[" options "],\"gold\":" gold "}"
#define THREE "\"Lena\",\"Bo\",\"Ada\""

static void plants_are_found_in_their_row(void **state) {
    (void)state;
    finds("{\"id\":", "readable x.jsonl:12");
    finds(ROW("a", "Who keeps the caf\\u00c3\\u00a9?", THREE, "1"),
          "encoding x.jsonl:12 column 'question', byte 17: UTF-8 read as Latin-1");
    finds(ROW("a", "Who keeps\\ufffd it?", THREE, "1"), "encoding x.jsonl:12 column 'question', byte 9: a replacement");
    finds(ROW("a", "Who keeps\\u0007 it?", THREE, "1"), "encoding x.jsonl:12 column 'question', byte 9: a control");
    finds(ROW("i5", "Who keeps the bridge?", THREE, "1"), "duplicate-id x.jsonl:12 id 'i5' is that of line 5");
    finds(ROW("a", "who keeps the MILL of village number 5", "\"Ada5\",\"Lena5\",\"Bo5\"", "1"), "duplicate-item");
    finds(ROW("a", " ", THREE, "1"), "lost-item x.jsonl:12 the prompt is empty");
    finds(ROW("a", "nan", THREE, "1"), "lost-item x.jsonl:12 the prompt is empty");
    finds(ROW("a", "Who keeps {{place}}?", THREE, "1"), "lost-item x.jsonl:12 the prompt holds");
    finds(ROW("a", "Who keeps [INSERT PLACE]?", THREE, "1"), "lost-item x.jsonl:12 the prompt holds");
    finds("{\"id\":\"a\",\"question\":\"Who keeps the bridge?\",\"options\":[" THREE "]}", "gold-missing x.jsonl:12");
    finds(ROW("a", "Who keeps the bridge?", THREE, "3"), "gold-outside x.jsonl:12 gold '3' is none of 3 options");
    finds(ROW("a", "Who keeps the bridge?", "\"Lena\",\"\",\"Ada\"", "0"), "options x.jsonl:12 option 2 is empty");
    finds(ROW("a", "Who keeps the bridge?", "\"Lena\",\"Lena\",\"Ada\"", "0"),
          "options x.jsonl:12 options 1 and 2 are equal");
    finds(ROW("a", "Who keeps the bridge? Correct answer: Bo. And why?", THREE, "1"),
          "leak x.jsonl:12 the prompt tells its own gold, 'Bo'");
    finds(ROW("a", "Is AKIAABCDEFGHIJKLMNOP yours?", THREE, "1"), "secrets x.jsonl:12");
    finds(ROW("a", "Is 4111 1111 1111 1111 yours?", THREE, "1"),
          "secrets x.jsonl:12 column 'question', byte 3: looks like a number of a payment card");
}

static void likenesses_are_no_faults(void **state) {
    (void)state;
    struct found found;
    static const char *const rows[] = {
        ROW("a", "Who keeps the caf\\u00e9?", THREE, "1"),
        ROW("a", "Is 4111 1111 1111 1112 yours?", THREE, "1"),
        ROW("a", "Who keeps the bridge? Answer:", THREE, "1"),
        ROW("a", "What does {1, 2} hold?", THREE, "1"),
        ROW("a", "The answer is known. Who keeps it?", THREE, "1"),
        ROW("a", "A set {x: x > 0} is what?", THREE, "1"),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path = choices("x.jsonl", 12, rows[i]);
        lint(&path, 1, NULL, &found);
        if (found.n) fail_msg("%s: %s", rows[i], found.text[0]);
    }
}

static void sets_are_looked_at_as_a_whole(void **state) {
    (void)state;
    struct found found;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 40; i++)
        buffer_printf(&b,
                      "{\"question\":\"Who keeps number %d?\",\"options\":[\"Bo%d\",\"the long-serving keeper "
                      "%d\"],\"gold\":\"B\"}\n",
                      i, i, i);
    const char *path = put("b.jsonl", buffer_text(&b).at);
    lint(&path, 1, NULL, &found);
    assert_int_equal(found.n, 2);
    assert_string_equal(found.text[0],
                        "constant-gold b.jsonl:0 the gold is option B in all 40 rows: always saying B scores 1");
    assert_non_null(
        strstr(found.text[1], "gold-length b.jsonl:0 taking the longest option scores 1 where chance is 0.5"));
    buffer_clear(&b);
    for (int i = 0; i < 40; i++) buffer_printf(&b, "{\"text\":\"Sentence number %d.\",\"label\":\"good\"}\n", i);
    path = put("b.jsonl", buffer_text(&b).at);
    lint(&path, 1, NULL, &found);
    assert_int_equal(found.n, 1);
    assert_string_equal(found.text[0], "constant-gold b.jsonl:0 the gold is 'good' in all 40 rows: one class only");
    /* one prompt is what all the others begin and end with */
    buffer_clear(&b);
    for (int i = 0; i < 20; i++)
        buffer_printf(&b, "{\"prompt\":\"Is this sentence polite? %s%.*d Reply yes or no.\"}\n",
                      i == 9 ? "" : "Number ", i == 9 ? 0 : 2, i == 9 ? 0 : i + 10);
    path = put("b.jsonl", buffer_text(&b).at);
    lint(&path, 1, NULL, &found);
    assert_int_equal(found.n, 1);
    assert_true(text_starts(text_of(found.text[0]),
                            TEXT("lost-item b.jsonl:10 the prompt is what all prompts have in common")));
    buffer_done(&b);
}

/* Examples before the item tell answers of their own; variants of one item have more in common than all items have. */
static void examples_and_variants_are_no_faults(void **state) {
    (void)state;
    struct found found;
    struct buffer b;
    static const char *const items[] = {"Who built the mill?", "Where is the ferry?", "When does the inn open?", "Why is it red?"};
    static const char *const variants[] = {"%s", "%s Please.", "Now: %s", "%s Thanks.", "%s Go.", "Well: %s", "%s Yes?",
                                           "Tell me: %s", "%s Quick.", "So: %s", "%s Hm.", "Oh: %s"};
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 30; i++)
        buffer_printf(&b,
                      "{\"question\":\"Question: the dog of example. Answer: %d Question: number %d. Answer in the form Answer: "
                      "[yours]\",\"answer\":\"%d\"}\n",
                      i % 2, i, i % 3 % 2);
    const char *path = put("e.jsonl", buffer_text(&b).at);
    lint(&path, 1, "leak", &found);
    assert_int_equal(found.n, 0);
    buffer_clear(&b);
    for (int i = 0; i < 48; i++) {
        char text[80];
        const char *form = variants[i % 12], *mark = strstr(form, "%s");
        snprintf(text, sizeof text, "%.*s%s%s", (int)(mark - form), form, items[i / 12], mark + 2);
        buffer_printf(&b, "{\"prompt\":\"%s\"}\n", text);
    }
    path = put("v.jsonl", buffer_text(&b).at);
    lint(&path, 1, "lost-item", &found);
    assert_int_equal(found.n, 0);
    buffer_done(&b);
}

/* A task that turns the options of a file by chance; as published the first is always right. */
static void what_a_task_puts_right_is_told(void **state) {
    (void)state;
    struct found found;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 20; i++) buffer_printf(&b, "{\"q\":\"Who keeps number %d?\",\"n\":%d}\n", i, i % 3);
    put("p.jsonl", buffer_text(&b).at);
    buffer_done(&b);
    const char *path = put("p.yaml", "task: turned\ndataset_path: p.jsonl\noutput_type: generate_until\ndoc_to_text: \"{{q}}\"\n"
                                     "doc_to_target: \"{{'ABC'[n]}}\"\ncompat: {doc_to_target: A}\n");
    lint(&path, 1, "constant-gold", &found);
    assert_int_equal(found.n, 1);
    assert_string_equal(found.text[0], "constant-gold turned:0 as published (--compat) the gold is 'A' in all 20 rows: "
                                       "always saying it scores 1");
}

static void files_are_held_against_each_other(void **state) {
    (void)state;
    struct found found;
    char command[200];
    snprintf(command, sizeof command, "mkdir '%s/en' '%s/fr'", folder, folder);
    assert_int_equal(system(command), 0);
    const char *pair[] = {
        put("my-train.jsonl", "{\"question\":\"Which of the stones is it that tries gold?\"}\n"),
        put("my-test.jsonl", "{\"question\":\"Another question that is quite long.\"}\n{\"question\":\"which of the "
                             "stones is it, that tries GOLD\"}\n")};
    lint(pair, 2, NULL, &found);
    assert_int_equal(found.n, 1);
    assert_true(text_starts(text_of(found.text[0]),
                            TEXT("contamination my-test.jsonl:2 an item that is learnt from and measured with")));
    pair[0] = put("en/h.csv", "id,question,A,B,answer\n1,one is one,x,y,A\n2,two is two,x,y,B\n");
    pair[1] = put("fr/h.csv", "id,question,A,B,answer\n1,un est un,x,y,A\n2,deux font deux,x,y,A\n");
    lint(pair, 2, NULL, &found);
    assert_int_equal(found.n, 1);
    assert_true(text_starts(text_of(found.text[0]), TEXT("parallel h.csv:3 gold is option 1 where")));
    pair[1] = put("fr/h.csv", "id,question,A,B,answer\n1,un est un,x,y,A\n");
    lint(pair, 2, NULL, &found);
    assert_true(text_starts(text_of(found.text[0]), TEXT("parallel h.csv:0 1 rows where")));
}

static void columns_are_looked_at(void **state) {
    (void)state;
    struct found found;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_put_c(&b, "name,one,two,same,Average\n");
    for (int i = 0; i < 20; i++) {
        double x = i / 100.0, y = (50 - i) / 100.0, mean = (2 * x + y) / 3;
        if (i == 6)
            buffer_printf(&b, "%.2f,%.2f,%.2f,%.4f,m6\n", x, y, x, mean);
        else
            buffer_printf(&b, "m%d,%.2f,%.2f,%.2f,%.4f\n", i, x, y, x, i == 3 ? mean + 0.1 : mean);
    }
    const char *path = put("t.csv", buffer_text(&b).at);
    lint(&path, 1, "average", &found);
    assert_int_equal(found.n, 1);
    assert_true(text_starts(text_of(found.text[0]), TEXT("average t.csv:5 'Average' is")));
    lint(&path, 1, "shifted-columns", &found);
    assert_int_equal(found.n, 1);
    assert_true(
        text_starts(text_of(found.text[0]), TEXT("shifted-columns t.csv:8 2 columns look as if shifted to the left")));
    lint(&path, 1, "duplicate-columns", &found);
    assert_int_equal(found.n, 0); /* the slipped row tells them apart */
    path = put("t.csv", "m,a,b\n1,.1,.1\n2,.3,.3\n3,.2,.2\n");
    lint(&path, 1, "duplicate-columns", &found);
    assert_int_equal(found.n, 1);
    assert_string_equal(found.text[0], "duplicate-columns t.csv:0 columns 'a' and 'b' are the same in all 3 rows");
    buffer_done(&b);
}

static void many_rows_are_told_once(void **state) {
    (void)state;
    struct found found;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 50; i++) buffer_printf(&b, "{\"id\":\"%d\",\"question\":\"\"}\n", i);
    const char *path = put("m.jsonl", buffer_text(&b).at);
    buffer_done(&b);
    struct lint_result r = lint(&path, 1, "lost-item", &found);
    assert_int_equal(r.findings[FINDING_ERROR], 50);
    assert_int_equal(found.n, 21);
    assert_string_equal(found.text[20], "lost-item m.jsonl:0 and 30 more rows");
}

static void names_are_checked(void **state) {
    (void)state;
    struct lint_settings settings = {.path = folder, .only = "leaks", .seed = 1};
    struct lint_result r;
    const char *path = choices("x.jsonl", 0, "");
    check_fails(lint_run(&path, 1, &settings, &arena, &r, &err), ERROR_USAGE, "did you mean 'leak'");
    settings.only = NULL;
    path = "no-such.jsonl";
    check_fails(lint_run(&path, 1, &settings, &arena, &r, &err), ERROR_USAGE, "is not there");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_rows_are_left_alone),         cmocka_unit_test(plants_are_found_in_their_row),
        cmocka_unit_test(likenesses_are_no_faults),          cmocka_unit_test(sets_are_looked_at_as_a_whole),
        cmocka_unit_test(examples_and_variants_are_no_faults),
        cmocka_unit_test(what_a_task_puts_right_is_told),
        cmocka_unit_test(files_are_held_against_each_other), cmocka_unit_test(columns_are_looked_at),
        cmocka_unit_test(many_rows_are_told_once),           cmocka_unit_test(names_are_checked),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
