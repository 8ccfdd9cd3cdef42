/* Training data: which tokens stand in which row, what is to be predicted, the order of the passes, and what is refused. A
 * vocabulary of single bytes makes every token one letter, so that rows are compared as text: ^ begins a document, $ ends
 * it, | parts segments, and a dot is a token that predicts nothing. */
#include "check.h"

#include "act/data/corpus.h"
#include "base/file.h"

#include <stdlib.h>

static char folder[64];
static struct tokenizer *letters;

static const char *in_folder(const char *name) {
    static char paths[32][128];
    static int next;
    char *path = paths[next++ % 32];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static const char *file_with(const char *name, const char *content) {
    struct error err = {0};
    const char *path = in_folder(name);
    check_ok(file_write(path, text_of(content), &err));
    return path;
}

static int make_all(void **state) {
    (void)state;
    struct error err = {0};
    snprintf(folder, sizeof folder, "/tmp/basanite-corpus-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    static const struct text specials[] = {TEXT("<s>"), TEXT("</s>")}, sample = TEXT("a");
    struct tokenizer_training training = {.texts = &sample, .n_texts = 1, .specials = specials, .n_specials = 2,
                                          .vocabulary = 258, .pre = "qwen2", .bos = specials[0], .eos = specials[1]};
    check_ok(letters = tokenizer_train(&training, &err));
    return 0;
}

static int remove_all(void **state) {
    (void)state;
    char command[128];
    tokenizer_free(letters);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static struct corpus_settings settings_for(const char *const *paths, size_t n, size_t context) {
    return (struct corpus_settings){.paths = paths, .n = n, .tokenizer = letters, .context = context, .seed = 5};
}

static char letter(int32_t id) {
    if (id == tokenizer_bos(letters)) return '^';
    if (id == tokenizer_eos(letters)) return '$';
    struct buffer b;
    buffer_init(&b, 64);
    assert_true(tokenizer_piece(letters, id, true, &b));
    assert_int_equal(b.len, 1);
    char c = b.at[0];
    buffer_done(&b);
    return c;
}

/* "IDS TARGETS" of a batch. */
static const char *shown(const struct train_batch *batch) {
    static char out[1024];
    size_t n = 0, s = 1;
    for (size_t i = 0; i < batch->rows; i++) {
        if (i == batch->starts[s] && ++s) out[n++] = '|';
        out[n++] = letter(batch->ids[i]);
    }
    assert_int_equal(s, batch->n_segments);
    assert_int_equal(batch->starts[s], batch->rows);
    out[n++] = ' ';
    for (size_t i = 0; i < batch->rows; i++) {
        assert_true(batch->weights[i] == (batch->targets[i] < 0 ? 0.0f : 1.0f));
        out[n++] = batch->targets[i] < 0 ? '.' : letter(batch->targets[i]);
    }
    out[n] = 0;
    return out;
}

static void check_rows(struct corpus *c, uint64_t first, size_t n, const char *expected) {
    struct error err = {0};
    struct train_batch batch;
    check_ok(corpus_batch(c, first, n, &batch, &err));
    assert_string_equal(shown(&batch), expected);
}

/* 5 + 7 + 3 tokens: 14 inputs in rows of 8. Worked out by hand. */
static void test_stream(void **state) {
    (void)state;
    struct error err = {0};
    const char *path = file_with("three.jsonl", "{\"text\":\"abc\"}\n\n{\"text\":\"defgh\"}\n{\"text\":\"<s>i</s>\"}\n");
    struct corpus_settings s = settings_for(&path, 1, 8);
    struct corpus *c = corpus_new(&s, &err);
    check_ok(c);
    assert_int_equal(corpus_documents(c), 3);
    assert_int_equal(corpus_tokens(c), 15);
    assert_int_equal(corpus_rows(c), 2);
    assert_int_equal(corpus_longer(c), 0);
    check_rows(c, 0, 1, "^abc$|^de abc$.def");
    check_rows(c, 1, 1, "fgh$|^i gh$.i$");
    /* Both, and on into the next pass. */
    check_rows(c, 0, 3, "^abc$|^de|fgh$|^i|^abc$|^de abc$.defgh$.i$abc$.def");
    corpus_free(c);
}

static void test_plain_text(void **state) {
    (void)state;
    struct error err = {0};
    const char *rows = file_with("same.jsonl", "{\"text\":\"abc\"}\n{\"text\":\"de\\n\\nf\"}\n");
    const char *plain = file_with("same.txt", "\n\nabc\n\n\n\nde\n\nf\n\n\n\n\n\n");
    struct corpus_settings s = settings_for(&rows, 1, 8), p = settings_for(&plain, 1, 8);
    struct corpus *a = corpus_new(&s, &err), *b = a ? corpus_new(&p, &err) : NULL;
    check_ok(b);
    assert_int_equal(corpus_documents(b), 2);
    assert_string_equal(corpus_digest(a), corpus_digest(b));
    corpus_free(a);
    corpus_free(b);
    /* Borders are part of the digest: the tokens are the same, the documents are not. */
    const char *one = file_with("one.jsonl", "{\"text\":\"<s>ab</s><s>cd</s>\"}\n"), *two = file_with("two.jsonl", "{\"text\":\"ab\"}\n{\"text\":\"cd\"}\n");
    s = settings_for(&one, 1, 8), p = settings_for(&two, 1, 8);
    a = corpus_new(&s, &err);
    check_ok(b = corpus_new(&p, &err));
    assert_int_equal(corpus_tokens(a), corpus_tokens(b));
    assert_string_not_equal(corpus_digest(a), corpus_digest(b));
    corpus_free(a);
    corpus_free(b);
}

static const char template[] = "{% for message in messages %}({{ message['role'] }}){{ message['content'] }};{% endfor %}"
                               "{% if add_generation_prompt %}(assistant){% endif %}";
#define USER "{\"role\":\"user\",\"content\":\"q\"},"
#define SAYS(what) "{\"role\":\"assistant\",\"content\":\"" what "\"}"

/* Conversations of 24 tokens: two fit into a row of 50, none is cut. */
static void test_answers(void **state) {
    (void)state;
    struct error err = {0};
    const char *path = file_with("chat.jsonl", "{\"messages\":[" USER SAYS("hi") "]}\n{\"messages\":[" USER SAYS("ho") "]}\n"
                                 "{\"messages\":[" USER SAYS("no") "]}\n{\"text\":\"ab\"}\n");
    struct corpus_settings s = settings_for(&path, 1, 50);
    s.template_name = file_with("template.jinja", template);
    s.answers = true;
    struct corpus *c = corpus_new(&s, &err);
    check_ok(c);
    assert_int_equal(corpus_rows(c), 2);
#define ASKED "^(user)q;(assistant)"
#define NOTHING "..................."
    check_rows(c, 0, 1, ASKED "hi;$|" ASKED "ho;$ " NOTHING "hi;$." NOTHING "ho;$.");
    check_rows(c, 1, 1, ASKED "no;$|^ab$ " NOTHING "no;$.ab$.");
    corpus_free(c);
    /* An item of the pocket world is such a conversation. */
    const char *item = file_with("item.jsonl", "{\"id\":\"q1\",\"split\":\"train\",\"prompt\":\"q\",\"gold\":{\"answer\":\"h\","
                                 "\"reply\":\"hi\"}}\n");
    struct corpus_settings of_item = s;
    of_item.paths = &item;
    check_ok(c = corpus_new(&of_item, &err));
    check_rows(c, 0, 1, ASKED "hi;$ " NOTHING "hi;$.");
    corpus_free(c);
    /* Without the mask everything counts. */
    s.answers = false;
    check_ok(c = corpus_new(&s, &err));
    check_rows(c, 0, 1, ASKED "hi;$|" ASKED "ho;$|^( (user)q;(assistant)hi;$.(user)q;(assistant)ho;$.(u");
    corpus_free(c);
}

static void test_two_turns(void **state) {
    (void)state;
    struct error err = {0};
    const char *path = file_with("turns.jsonl", "{\"messages\":[" USER SAYS("a") "," USER SAYS("") "]}\n");
    struct corpus_settings s = settings_for(&path, 1, 64);
    s.template_name = file_with("template.jinja", template);
    s.answers = true;
    struct corpus *c = corpus_new(&s, &err);
    check_ok(c);
    check_rows(c, 0, 1, ASKED "a;(user)q;(assistant);$ " NOTHING "a;.................." ".;$.");
    corpus_free(c);
}

/* A row says which of its messages are learned. */
static void test_loss_of_a_row(void **state) {
    (void)state;
    static const struct {
        const char *loss, *weights;
    } cases[] = {{"assistant", NOTHING "a;.................." ".;$."},
                 {"last", NOTHING "...................." ".;$."},
                 {"all", "(user)q;(assistant)a;(user)q;(assistant);$."}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        char row[256], shown[256];
        snprintf(row, sizeof row, "{\"messages\":[" USER SAYS("a") "," USER SAYS("") "],\"loss\":\"%s\"}\n", cases[i].loss);
        const char *path = file_with("loss.jsonl", row);
        struct corpus_settings s = settings_for(&path, 1, 64);
        s.template_name = file_with("template.jinja", template);
        s.answers = true;
        struct corpus *c = corpus_new(&s, &err);
        check_ok(c);
        snprintf(shown, sizeof shown, ASKED "a;(user)q;(assistant);$ %s", cases[i].weights);
        check_rows(c, 0, 1, shown);
        corpus_free(c);
    }
}

/* Four documents of one file and two of another, in a ratio of 1 to 2: the second comes four times. Worked out by hand. */
static void test_mix(void **state) {
    (void)state;
    struct error err = {0};
    const char *paths[2] = {file_with("four.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"text\":\"c\"}\n{\"text\":\"d\"}\n"),
                            file_with("two.jsonl", "{\"text\":\"x\"}\n{\"text\":\"y\"}\n")};
    double weights[2] = {0.5, 1};
    struct corpus_settings s = settings_for(paths, 2, 64);
    s.weights = weights;
    s.answers = true;
    struct corpus *c = corpus_new(&s, &err);
    check_ok(c);
    assert_int_equal(corpus_documents(c), 12);
    check_rows(c, 0, 1, "^a$|^b$|^c$|^d$|^x$|^y$|^x$|^y$|^x$|^y$|^x$|^y$ a$.b$.c$.d$.x$.y$.x$.y$.x$.y$.x$.y$.");
    corpus_free(c);
    /* 3 to 4 of the four would leave one out, so they come once and of the two there are 3: one of them twice. */
    weights[0] = 4, weights[1] = 3;
    check_ok(c = corpus_new(&s, &err));
    assert_int_equal(corpus_documents(c), 7);
    struct train_batch batch;
    check_ok(corpus_batch(c, 0, 1, &batch, &err));
    const char *x = "^a$|^b$|^c$|^d$|^x$|^y$|^x$ a$.b$.c$.d$.x$.y$.x$.", *y = "^a$|^b$|^c$|^d$|^x$|^y$|^y$ a$.b$.c$.d$.x$.y$.y$.";
    if (strcmp(shown(&batch), x) != 0) assert_string_equal(shown(&batch), y);
    corpus_free(c);
    weights[0] = 1e-6, weights[1] = 1e6;
    check_fails(corpus_new(&s, &err), ERROR_USAGE, "bring the weights closer together");
}

/* Each pass has every row once, in an order of its own; the same rows whatever is asked at once. */
static void test_order(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 4096);
    for (char x = 'a'; x <= 'z'; x++) buffer_printf(&b, "{\"text\":\"%c%c%c%c%c%c\"}\n", x, x, x, x, x, x);
    const char *path = file_with("many.jsonl", b.at);
    buffer_done(&b);
    struct corpus_settings s = settings_for(&path, 1, 8);
    s.shuffle = true;
    struct corpus *one = corpus_new(&s, &err), *two = one ? corpus_new(&s, &err) : NULL;
    check_ok(two);
    assert_int_equal(corpus_rows(one), 26);
    char order[3][27] = {{0}}, sorted[27] = {0};
    struct train_batch batch;
    for (uint64_t r = 0; r < 78; r++) {
        check_ok(corpus_batch(one, r, 1, &batch, &err));
        order[r / 26][r % 26] = letter(batch.ids[3]);
    }
    for (int pass = 0; pass < 3; pass++) {
        memset(sorted, 0, sizeof sorted);
        for (int i = 0; i < 26; i++) sorted[order[pass][i] - 'a'] = order[pass][i];
        assert_string_equal(sorted, "abcdefghijklmnopqrstuvwxyz");
    }
    assert_string_not_equal(order[0], sorted);
    assert_string_not_equal(order[0], order[1]);
    check_ok(corpus_batch(two, 20, 40, &batch, &err)); /* from the first pass into the third */
    for (size_t i = 0; i < 40; i++) assert_int_equal(letter(batch.ids[batch.starts[i] + 3]), order[(20 + i) / 26][(20 + i) % 26]);
    corpus_free(one);
    corpus_free(two);
}

static void check_refused(const struct corpus_settings *s, enum error_kind kind, const char *part) {
    struct error err = {0};
    check_fails(corpus_new(s, &err), kind, part);
}

static void test_bad_data(void **state) {
    (void)state;
    const char *path = in_folder("bad.jsonl");
    struct corpus_settings s = settings_for(&path, 1, 32);
    s.template_name = file_with("template.jinja", template);
    check_refused(&s, ERROR_ENVIRONMENT, "bad.jsonl");
    static const struct {
        const char *content, *part;
        bool answers;
    } cases[] = {
        {"", "no training text", false},
        {"{\"text\":\"a\"}\n{\"text\":\"\"}\n", "bad.jsonl:2: field 'text' is empty", false},
        {"{\"text\":\"a\"}\n\n{\"text\":7}\n", "bad.jsonl:3: field 'text'", false},
        {"{\"text\":\"a\"}\n{\"text\":\n", "bad.jsonl:2", false},
        {"[1]\n", "bad.jsonl:1", false},
        {"{\"messages\":[]}\n", "bad.jsonl:1: field 'messages' is empty", false},
        {"{\"messages\":[" USER SAYS("a") "],\"loss\":\"some\"}\n", "expected assistant, last or all", false},
        {"{\"messages\":7}\n", "bad.jsonl:1: field 'messages'", false},
        {"{\"messages\":[" USER "{\"role\":\"assistant\"}]}\n", "messages[1].content", false},
        {"{\"id\":\"q7\",\"split\":\"test\",\"prompt\":\"q\",\"gold\":{\"reply\":\"a\"}}\n",
         "bad.jsonl:1: item 'q7' is of the split 'test', which is kept for tests", false},
        {"{\"split\":\"held-out\",\"text\":\"a\"}\n", "split 'held-out'", false},
        {"{\"prompt\":\"q\",\"gold\":{\"answer\":\"a\"}}\n", "reply", false},
        {"{\"gold\":{\"reply\":\"a\"}}\n", "prompt", false},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}\n", "bad.jsonl:1: no message has the role 'assistant'", true},
        {"{\"messages\":[" USER SAYS("0123456789") "]}\n", "bad.jsonl:1: 32 tokens", true},
    };
    s.context = 31;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        file_with("bad.jsonl", cases[i].content);
        s.answers = cases[i].answers;
        check_refused(&s, ERROR_DATA, cases[i].part);
    }
    /* The last one fits a context of 32, and without the mask any. */
    struct error err = {0};
    for (int k = 0; k < 2; k++) {
        s.context = k ? 31 : 32;
        s.answers = !k;
        struct corpus *c = corpus_new(&s, &err);
        check_ok(c);
        assert_int_equal(corpus_longer(c), k);
        corpus_free(c);
    }
    s.template_name = NULL;
    check_refused(&s, ERROR_DATA, "chat template");
    s.context = 1;
    check_refused(&s, ERROR_USAGE, "context");
}

/* A template that hides what came before from the last answer, as reasoning models do. */
static void test_changing_template(void **state) {
    (void)state;
    const char *path = file_with("turns.jsonl", "{\"messages\":[" USER SAYS("a") "," USER SAYS("b") "]}\n");
    struct corpus_settings s = settings_for(&path, 1, 64);
    s.template_name = file_with("last.jinja", "{% for message in messages %}{% if loop.last %}!{% endif %}{{ message['content'] }}"
                                "{% endfor %}");
    s.answers = true;
    check_refused(&s, ERROR_DATA, "another way");
}

static void test_out_of_memory(void **state) {
    (void)state;
    const char *path = file_with("few.jsonl", "{\"text\":\"abc\"}\n{\"messages\":[" USER SAYS("a") "]}\n");
    struct corpus_settings s = settings_for(&path, 1, 32);
    s.template_name = file_with("template.jinja", template);
    s.answers = true;
    bool done = false;
    uint64_t n = 0;
    while (!done) {
        struct error err = {0};
        struct train_batch batch;
        memory_fail_at(++n);
        struct corpus *c = corpus_new(&s, &err);
        done = c && corpus_batch(c, 0, 1, &batch, &err);
        memory_fail_at(0);
        corpus_free(c);
        if (!done && err.kind == ERROR_NONE) fail_msg("allocation %llu failed without a message", (unsigned long long)n);
        assert_in_range(n, 1, 5000);
    }
    assert_true(n > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream),   cmocka_unit_test(test_plain_text), cmocka_unit_test(test_answers),
        cmocka_unit_test(test_two_turns), cmocka_unit_test(test_loss_of_a_row), cmocka_unit_test(test_mix),       cmocka_unit_test(test_order),
        cmocka_unit_test(test_bad_data),
        cmocka_unit_test(test_changing_template), cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_all, remove_all);
}
