/* GBNF: what parses and what is refused where; which texts grammars have, byte by byte, in ambiguous, deep and hostile
 * grammars too; masks of tokens against asking for each token alone. */
#include "check.h"

#include "lm/grammar/grammar_mask.h"

#include <stdlib.h>
#include <string.h>

static const enum grammar_verdict NO = GRAMMAR_REFUSED, MORE = GRAMMAR_BEGINNING, YES = GRAMMAR_ACCEPTED;

static struct grammar *read_grammar(const char *source) {
    struct error err = {0};
    struct grammar *g = grammar_from_gbnf(text_of(source), "g", &err);
    if (!g) fail_msg("%s: %s", source, err.message);
    return g;
}

static void check_text(const struct grammar *g, const char *source, struct text t, enum grammar_verdict expected,
                       size_t at) {
    struct error err = {0};
    enum grammar_verdict verdict;
    size_t found;
    check_ok(grammar_match(g, t, &verdict, &found, &err));
    if (verdict != expected || (expected == GRAMMAR_REFUSED && found != at))
        fail_msg("%s: '%.*s' gives %d at %zu, expected %d at %zu", source, TEXT_ARG(t), verdict, found, expected, at);
}

static void check_one(const char *source, const char *text, enum grammar_verdict expected, size_t at) {
    struct grammar *g = read_grammar(source);
    check_text(g, source, text_of(text), expected, at);
    grammar_free(g);
}

static void texts_are_followed(void **state) {
    (void)state;
    const struct {
        const char *grammar, *text;
        enum grammar_verdict verdict;
        size_t at;
    } cases[] = {
        {"root ::= \"ab\" | \"ac\"", "a", MORE, 0},
        {"root ::= \"ab\" | \"ac\"", "ac", YES, 0},
        {"root ::= \"ab\" | \"ac\"", "ad", NO, 1},
        {"root ::= \"ab\" | \"ac\"", "abc", NO, 2},
        {"root ::= \"ab\"", "", MORE, 0},
        {"root ::= | \"x\"", "", YES, 0},
        {"root ::=", "", YES, 0},
        {"root ::=", "a", NO, 0},
        {"root ::= [a-c]* \"d\"?", "abcabcd", YES, 0},
        {"root ::= [a-c]* \"d\"?", "abdd", NO, 3},
        {"root ::= \"ab\"+", "", MORE, 0},
        {"root ::= \"ab\"+", "abab", YES, 0},
        {"root ::= \"ab\"+", "aba", MORE, 0}, /* a literal is repeated whole */
        {"root ::= \"a\"{2}", "a", MORE, 0},
        {"root ::= \"a\"{2}", "aa", YES, 0},
        {"root ::= \"a\"{2}", "aaa", NO, 2},
        {"root ::= \"a\"{2,}", "aaaaa", YES, 0},
        {"root ::= \"a\"{ 1 , 3 }", "aaa", YES, 0},
        {"root ::= \"a\"{1,3}", "aaaa", NO, 3},
        {"root ::= \"a\"{0} \"b\"", "b", YES, 0},
        {"root ::= \"a\"{0} \"b\"", "a", NO, 0},
        {"root ::= \"a\"?{3}", "aa", YES, 0},
        {"root ::= (\"a\"*)* \"b\"", "aab", YES, 0}, /* what may be empty, repeated */
        {"root ::= (\"a\" | \"\")+", "", YES, 0},
        {"root ::= (x | \"a\")* \"b\"\nx ::= \"c\"?", "acacb", YES, 0},
        {"root ::= [^a-y]", "z", YES, 0},
        {"root ::= [^a-y]", "b", NO, 0},
        {"root ::= [-+*/] [a\\]^]", "-]", YES, 0},
        {"root ::= [-+*/] [a-]", "--", YES, 0},
        {"root ::= \"\\x41\\u00e9\\U0001F642\\n\\t\\\"\\\\\"", "A\xc3\xa9\xf0\x9f\x99\x82\n\t\"\\", YES, 0},
        {"root ::= [\\x41-\\x43\\u0430-\\u044f]+", "BAC\xd0\xbf\xd1\x8f", YES, 0},
        {"root ::= [\\x41-\\x43\\u0430-\\u044f]+", "B\xd1\x90", NO, 2},
        {"root ::= [a\xe2\x98\x83-\xe2\x98\x85]", "\xe2\x98\x84", YES, 0},
        {"root ::= [a\xe2\x98\x83-\xe2\x98\x85]", "\xe2\x98\x86", NO, 2},
        {"root ::= .{3}", "a\xc3\xa9\xf0\x9f\x99\x82", YES, 0},
        {"root ::= .{3}", "a\xc3\xa9\xf0\x9f", MORE, 0}, /* in the middle of a character */
        {"root ::= .{3}", "a\n\n", YES, 0},
        {"root ::= .", "\xed\xa0\x80", NO, 1},     /* a surrogate is no character */
        {"root ::= .", "\xc0\x80", NO, 0},         /* nor is a long form */
        {"root ::= .", "\xf4\x90\x80\x80", NO, 1}, /* nor what lies beyond U+10FFFF */
        {"root ::= [^x]", "\xef\xbf\xbf", YES, 0},
        {"# first\nroot ::= a # behind\n\n  a ::= \"#\"\n#last", "#", YES, 0},
        {"root ::= (\n  \"a\" # one\n  | \"b\"\n)\n", "b", YES, 0},
        {"root ::= \"a\" |\n  \"b\"", "b", YES, 0},
        {"root ::=\n  \"a\"", "a", YES, 0},
        {"root\t::=\ta-1\r\na-1 ::= \"x\"\r\n", "x", YES, 0},
        {"root ::= \"(\" root \")\" | \"x\"", "((x))", YES, 0},
        {"root ::= \"(\" root \")\" | \"x\"", "((x)))", NO, 5},
        {"root ::= \"a\" root | \"a\"", "aaaaaa", YES, 0},
        /* two stacks for each 'a': as many as 2^20 for this text */
        {"root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"x\"", "aaaaaaaaaaaaaaaaaaaaxbcbcbcbcbcbcbcbcbcbc", YES, 0},
        {"root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"x\"", "aaaxbcbb", NO, 7},
        {"root ::= s s s s\ns ::= \"a\"* \"b\"? s2\ns2 ::= \"a\" s | \"\"", "aaaabaaaab", YES, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_one(cases[i].grammar, cases[i].text, cases[i].verdict, cases[i].at);
}

static void a_zero_byte_is_matched_by_name_only(void **state) {
    (void)state;
    const struct text zero = {"\0", 1};
    struct grammar *dot = read_grammar("root ::= ."), *named = read_grammar("root ::= [\\x00-\\x01]"),
                   *negated = read_grammar("root ::= [^a]");
    check_text(dot, ".", zero, GRAMMAR_REFUSED, 0);
    check_text(negated, "[^a]", zero, GRAMMAR_REFUSED, 0);
    check_text(named, "named", zero, GRAMMAR_ACCEPTED, 0);
    grammar_free(dot), grammar_free(named), grammar_free(negated);
}

static void faults_are_placed(void **state) {
    (void)state;
    static const struct {
        const char *grammar, *message;
    } cases[] = {
        {"", "g:1:1: no rule 'root'"},
        {"a ::= \"x\"", "g:1:10: no rule 'root'"},
        {"root ::= a\nb ::= \"x\" c\n", "g:1:10: no rule 'a'"},
        {"root ::= \"x\"\nroot ::= \"y\"", "g:2:1: rule 'root' is defined twice"},
        {"root = \"x\"", "g:1:6: expected '::='"},
        {"root ::= \"x", "g:1:10: a literal without its closing"},
        {"root ::= \"x\n\"", "g:1:10: a literal without its closing"},
        {"root ::= [a-", "g:1:10: a class without its closing"},
        {"root ::= []", "g:1:10: an empty class"},
        {"root ::= [z-a]", "g:1:11: a range from U+007A down to U+0061"},
        {"root ::= \"\\q\"", "g:1:11: unknown escape"},
        {"root ::= \"\\x4\"", "g:1:14: expected 2 hexadecimal digits"},
        {"root ::= \"\\uD800\"", "g:1:11: U+D800 is no character"},
        {"root ::= \"\\U00110000\"", "g:1:11: U+110000 is no character"},
        {"root ::= (\"a\"", "g:1:14: expected ')'"},
        {"root ::= \"a\")", "g:1:13: expected an item, '|' or the end of the line"},
        {"root ::= * \"a\"", "g:1:10: '*' has nothing before it"},
        {"root ::= \"a\" | +", "g:1:16: '+' has nothing before it"},
        {"root ::= \"a\"{}", "g:1:14: expected a number of repetitions"},
        {"root ::= \"a\"{2", "g:1:15: expected '}'"},
        {"root ::= \"a\"{3,2}", "g:1:14: at least 3 and at most 2"},
        {"root ::= \"a\"{99999999999999999999}", "g:1:14: more than 65536 repetitions"},
        {"root ::= \"a\"\n| \"b\"", "g:2:1: expected the name of a rule"},
        {"root ::= <think>", "g:1:10: tokens as items are not supported"},
        {"root ::= my_rule", "g:1:12: expected an item"},
        {"root ::= \"\xc3\"", "g:1:11: invalid UTF-8"},
        {"root ::= root \"a\" | \"b\"", "g:1:1: rule 'root' may begin with itself"},
        {"root ::= a\na ::= b \"x\"\nb ::= \"\" a", "g:2:1: rule 'a' may begin with itself"},
        {"root ::= a\na ::= e* a\ne ::= \"x\"", "g:2:1: rule 'a' may begin with itself"},
        {"root ::= a\na ::= e e a\ne ::= \"x\" | ", "g:2:1: rule 'a' may begin with itself"},
        {"root ::= (root)", "g:1:1: rule 'root' may begin with itself"},
        {"root ::= (\"a\" | root){3}", "g:1:1: rule 'root' may begin with itself"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct grammar *g = grammar_from_gbnf(text_of(cases[i].grammar), "g", &err);
        if (g || err.kind != ERROR_DATA || strncmp(err.message, cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("%s: '%s', expected '%s'", cases[i].grammar, g ? "accepted" : err.message, cases[i].message);
    }
    struct error err = {0};
    assert_null(grammar_from_gbnf((struct text){"root ::= \"a\0\"", 13}, "g", &err));
    assert_non_null(strstr(err.message, "g:1:12: a zero byte"));
}

static void hostile_grammars_end_in_errors(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 22);
    buffer_put_c(&b, "root ::= ");
    for (size_t i = 0; i < 300; i++) buffer_put_c(&b, "(");
    check_fails(grammar_from_gbnf(buffer_text(&b), "g", &err), ERROR_DATA, "groups nested more than 200 deep");
    check_fails(
        grammar_from_gbnf(
            TEXT(
                "root ::= ((([^a]{60000}){60000}){60000}){60000} [0-9]{60000} [^0-9]{65536} \"abc\"{60000,65536}{60000}"
                "\"abc\"{60000,65536} \"abcd\"{60000,65536} \"abcd\"{60000,65536} \"abcd\"{60000,65536}"),
            "g", &err),
        ERROR_DATA, "g:1:1: more than 1048576 states");
    buffer_clear(&b);
    for (size_t i = 0; i < 70000; i++) buffer_printf(&b, "r%zu ::= \"a\"\n", i);
    check_fails(grammar_from_gbnf(buffer_text(&b), "g", &err), ERROR_DATA, "more than 65536 rules");
    /* as deep as it may be, and deeper */
    struct grammar *g = read_grammar("root ::= \"(\" root \")\" | \"x\"");
    enum grammar_verdict verdict;
    buffer_clear(&b);
    for (size_t i = 0; i < 1001; i++) buffer_put_char(&b, '(');
    check_ok(grammar_match(g, text_part(buffer_text(&b), 0, 1000), &verdict, NULL, &err));
    assert_int_equal(verdict, GRAMMAR_BEGINNING);
    check_fails(grammar_match(g, buffer_text(&b), &verdict, NULL, &err), ERROR_DATA,
                "nests deeper than 1000 rules at byte 1000");
    grammar_free(g);
    /* a million counted ways at once */
    g = read_grammar("root ::= ((\"a\" | \"aa\"){0,20000} \"b\"?){0,20000}");
    buffer_clear(&b);
    for (size_t i = 0; i < 60000; i++) buffer_put_char(&b, 'a');
    assert_false(grammar_match(g, buffer_text(&b), &verdict, NULL, &err));
    assert_int_equal(err.kind, ERROR_DATA);
    grammar_free(g);
    buffer_done(&b);
}

/* ---- Masks ---- */

static const struct text specials[] = {TEXT("<s>"), TEXT("</s>"), TEXT("<mark>")};

static struct tokenizer *small_tokenizer(void) {
    struct error err = {0};
    static const struct text texts[] = {
        TEXT("{\"name\": \"Ada\", \"age\": 36, \"tags\": [\"a\", \"b\"]} {\"name\": \"Bob\", \"age\": 7} [1, 2, 34]"),
        TEXT("caf\xc3\xa9 na\xc3\xafve caf\xc3\xa9s \xe2\x98\x83\xe2\x98\x83 ((((a)))) (((b))) ((c)) 12345 123 12 true "
             "true false")};
    struct tokenizer_training training = {.texts = texts,
                                          .n_texts = 2,
                                          .specials = specials,
                                          .n_specials = 3,
                                          .vocabulary = 330,
                                          .pre = "gpt-2",
                                          .bos = TEXT("<s>"),
                                          .eos = TEXT("</s>")};
    struct tokenizer *t = tokenizer_train(&training, &err);
    check_ok(t);
    return t;
}

static bool allowed(const uint64_t *bits, size_t id) {
    return bits[id / 64] >> (id % 64) & 1;
}

/* Whether a token may come, by asking for the text with it alone. */
static bool may_come(const struct grammar *g, const struct tokenizer *t, const struct buffer *so_far, int32_t id) {
    struct error err = {0};
    struct buffer with;
    enum grammar_verdict verdict;
    buffer_init(&with, 1 << 16);
    buffer_put_text(&with, buffer_text(so_far));
    tokenizer_piece(t, id, false, &with);
    bool ends = tokenizer_ends(t, id), longer = with.len > so_far->len;
    check_ok(grammar_match(g, buffer_text(&with), &verdict, NULL, &err));
    buffer_done(&with);
    return ends ? verdict == GRAMMAR_ACCEPTED : longer && verdict != GRAMMAR_REFUSED;
}

/* Takes the tokens of `text` one by one; before each the mask is checked token by token. */
static void check_masks(const struct tokenizer *t, const struct grammar_vocabulary *v, const char *source,
                        const char *text, size_t most) {
    struct error err = {0};
    struct grammar *g = read_grammar(source);
    struct grammar_mask *m = grammar_mask_new(g, v, most, &err);
    struct token_list ids = {0};
    struct grammar_cursor cursor = {0};
    struct buffer so_far;
    uint64_t bits[16];
    check_ok(m);
    buffer_init(&so_far, 1 << 16);
    check_ok(tokenizer_encode(t, text_of(text), 0, &ids, &err));
    assert_true(grammar_mask_words(m) <= 16);
    for (size_t n = 0; n <= ids.n; n++) {
        struct grammar_next next;
        size_t count = 0;
        check_ok(grammar_mask_next(m, &cursor, ids.ids, n, bits, &next, &err));
        for (size_t id = 0; id < tokenizer_vocabulary(t); id++) {
            bool expected = may_come(g, t, &so_far, (int32_t)id);
            if (allowed(bits, id) != expected)
                fail_msg("%s behind '%.*s': token %zu is %d, expected %d", source, TEXT_ARG(buffer_text(&so_far)), id,
                         allowed(bits, id), expected);
            count += expected && !tokenizer_ends(t, (int32_t)id);
        }
        assert_int_equal(next.tokens, count);
        assert_int_equal(next.may_end, allowed(bits, (size_t)tokenizer_eos(t)));
        if (n < ids.n) tokenizer_piece(t, ids.ids[n], false, &so_far);
    }
    token_list_done(&ids);
    buffer_done(&so_far);
    grammar_mask_free(m);
    grammar_free(g);
}

static const char json_like[] =
    "root ::= object\n"
    "object ::= \"{\" (pair (\", \" pair)*)? \"}\"\n"
    "pair ::= string \": \" value\n"
    "value ::= string | [0-9]{1,3} | \"[\" (value (\", \" value)*)? \"]\" | \"true\" | object\n"
    "string ::= \"\\\"\" [^\"]{0,10} \"\\\"\"\n";

static void masks_are_those_of_each_token(void **state) {
    (void)state;
    struct error err = {0};
    struct tokenizer *t = small_tokenizer();
    struct grammar_vocabulary *v = grammar_vocabulary_new(t, &err);
    check_ok(v);
    const size_t limits[] = {0, 200000};
    for (size_t i = 0; i < 2; i++) { /* also when most of what was found is forgotten again and again */
        check_masks(t, v, json_like, "{\"name\": \"Ada\", \"age\": [36, [true, 123]]}", limits[i]);
        check_masks(t, v, "root ::= \"caf\\u00e9\" [\\u2603-\\u2605]* | \"caf\\u00e8\"",
                    "caf\xc3\xa9\xe2\x98\x83\xe2\x98\x83", limits[i]);
        check_masks(t, v, "root ::= \"(\" root \")\" | [a-c]", "(((b)))", limits[i]);
        check_masks(t, v, "root ::= [0-9]{5}", "12345", limits[i]);
        check_masks(t, v, "root ::= ", "", limits[i]);
    }
    grammar_vocabulary_free(v);
    tokenizer_free(t);
}

static void what_leaves_the_grammar_is_named(void **state) {
    (void)state;
    struct error err = {0};
    struct tokenizer *t = small_tokenizer();
    struct grammar_vocabulary *v = grammar_vocabulary_new(t, &err);
    check_ok(v);
    struct grammar *g = read_grammar("root ::= \"12345\"");
    struct grammar_mask *m = grammar_mask_new(g, v, 0, &err);
    check_ok(m);
    int32_t bad[] = {tokenizer_find(t, TEXT("1")), tokenizer_find(t, TEXT("1"))}, mark = 2;
    uint64_t bits[16];
    struct grammar_next next;
    struct grammar_cursor cursor = {0};
    check_ok(grammar_mask_next(m, &cursor, bad, 1, bits, &next, &err));
    check_fails(grammar_mask_next(m, &cursor, bad, 2, bits, &next, &err), ERROR_DATA,
                "token 1 of the answer does not follow");
    cursor = (struct grammar_cursor){0};
    check_fails(grammar_mask_next(m, &cursor, &mark, 1, bits, &next, &err), ERROR_DATA,
                "token 0 of the answer does not follow");
    grammar_mask_free(m);
    cursor = (struct grammar_cursor){0};
    m = grammar_mask_new(g, v, 4096, &err);
    check_ok(m);
    check_fails(grammar_mask_next(m, &cursor, bad, 0, bits, &next, &err), ERROR_DATA, "too ambiguous or too large");
    grammar_mask_free(m);
    grammar_free(g);
    grammar_vocabulary_free(v);
    tokenizer_free(t);
}

/* ---- Memory ---- */

static void allocation_failures_are_survived(void **state) {
    (void)state;
    struct tokenizer *t = small_tokenizer();
    bool done = false;
    for (uint64_t i = 1; !done; i++) {
        struct error err = {0};
        struct grammar_cursor cursor = {0};
        struct grammar_next next;
        uint64_t bits[16];
        enum grammar_verdict verdict;
        memory_fail_at(i);
        struct grammar *g = grammar_from_gbnf(text_of(json_like), "g", &err);
        struct grammar_vocabulary *v = g ? grammar_vocabulary_new(t, &err) : NULL;
        struct grammar_mask *m = v ? grammar_mask_new(g, v, 0, &err) : NULL;
        done = m && grammar_mask_next(m, &cursor, NULL, 0, bits, &next, &err) &&
               grammar_match(g, TEXT("{\"a\": [[1], 2]}"), &verdict, NULL, &err);
        memory_fail_at(0);
        if (!done) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        if (!done && m) check_ok(grammar_mask_next(m, &cursor, NULL, 0, bits, &next, &err)); /* it goes on */
        grammar_mask_free(m);
        grammar_vocabulary_free(v);
        grammar_free(g);
        assert_true(i < 1000);
    }
    tokenizer_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_followed),
        cmocka_unit_test(a_zero_byte_is_matched_by_name_only),
        cmocka_unit_test(faults_are_placed),
        cmocka_unit_test(hostile_grammars_end_in_errors),
        cmocka_unit_test(masks_are_those_of_each_token),
        cmocka_unit_test(what_leaves_the_grammar_is_named),
        cmocka_unit_test(allocation_failures_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
