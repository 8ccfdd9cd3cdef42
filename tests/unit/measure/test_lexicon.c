/* Languages as data, and what answers in them say: option letters, sides, languages of texts; the published reader
 * beside the repaired one; faults of a file of languages are named with their place. The words of p1 are those of the
 * world. */
#include "check.h"

#include "base/file.h"
#include "measure/rules/lexicon.h"
#include "measure/task/scorer.h"
#include "measure/world/language.h"
#include "measure/world/world.h"

#include <stdlib.h>

static struct error err;
static struct lexicons *all;
static struct arena arena;
static char folder[64];

static int open_all(void **state) {
    (void)state;
    arena_init(&arena, 1 << 26);
    snprintf(folder, sizeof folder, "/tmp/basanite-lexicon-XXXXXX");
    return mkdtemp(folder) && (all = lexicons_open(TEXT(""), NULL, &err)) ? 0 : -1;
}

static int close_all(void **state) {
    char command[128];
    (void)state;
    lexicons_free(all);
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static const struct lexicon *language(const char *code) {
    const struct lexicon *l = lexicon_find(all, text_of(code));
    if (!l) fail_msg("no language '%s'", code);
    return l;
}

static struct text normal(const char *text) {
    struct text t;
    bool valid;
    check_ok(lexicon_normal(all, text_of(text), &arena, &t, &valid, &err));
    assert_true(valid);
    return t;
}

static void normal_form(void **state) {
    bool valid;
    struct text t;
    (void)state;
    assert_true(
        text_equal(normal("\xe2\x80\x8f \xd9\xa3\xd9\xa4 "), TEXT("34")));   /* Arabic digits, a mark of direction */
    assert_true(text_equal(normal("\xef\xbc\xa1\xef\xbc\x8e"), TEXT("a."))); /* full width */
    assert_true(text_equal(normal("Don\xe2\x80\x99t"), TEXT("don't")));
    assert_true(text_equal(normal("e\xcc\x81"), TEXT("\xc3\xa9"))); /* composed */
    check_ok(lexicon_normal(all, (struct text){"a\xff", 2}, &arena, &t, &valid, &err));
    assert_false(valid);
    assert_int_equal(t.len, 0);
}

static void letters_of_answers(void **state) {
    static const struct {
        const char *lang, *text;
        int option;
    } cases[] = {
        {"en", "\xce\xb2", 1},
        {"en", "The answer is \xce\xb3, not \xce\xb1.", 2},
        {"en", "alpha", 0},
        {"en", "B.", 1},
        {"en", "(c) the last but one", 2},
        {"en", "A good question", LETTER_NONE}, /* an article */
        {"en", "\xce\xb1 or \xce\xb2", LETTER_SEVERAL},
        {"en", "Answer: \xce\xb1? No. Answer: \xce\xb4", 3}, /* the last one stated */
        {"en", "", LETTER_NONE},
        {"en", "perhaps", LETTER_NONE},
        {"fr", "R\xc3\xa9ponse : \xce\xb2", 1},
        {"fr", "un", LETTER_NONE}, /* what translation made of a letter is no answer */
        {"ru", "\xd0\x9e\xd1\x82\xd0\xb2\xd0\xb5\xd1\x82: \xd0\x91", 1},
        {"ru", "\xd0\x92.", 2},
        {"ar", "\xd8\xa7\xd9\x84\xd8\xa5\xd8\xac\xd8\xa7\xd8\xa8\xd8\xa9: \xd8\xac", 2},
        {"zh", "\xe7\xad\x94\xe6\xa1\x88\xe6\x98\xaf\xce\xb2\xe3\x80\x82", 1},
        {"ko", "\xec\xa0\x95\xeb\x8b\xb5: \xeb\x82\x98", 1},
        {"hi", "\xe0\xa4\x89\xe0\xa4\xa4\xe0\xa5\x8d\xe0\xa4\xa4\xe0\xa4\xb0: \xe0\xa4\x97", 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int option = lexicon_letter(language(cases[i].lang), normal(cases[i].text), 4, NULL);
        if (option != cases[i].option)
            fail_msg("%s '%s': %d, expected %d", cases[i].lang, cases[i].text, option, cases[i].option);
    }
    const struct text options[] = {TEXT("go home"), TEXT("go home early"), TEXT("stay")};
    assert_int_equal(lexicon_letter(language("en"), TEXT("i would stay here"), 3, options), 2);
    assert_int_equal(lexicon_letter(language("en"), TEXT("best go home early"), 3, options), 1);
    assert_int_equal(lexicon_letter(language("en"), TEXT("go home or stay"), 3, options), LETTER_SEVERAL);
    assert_int_equal(lexicon_letter(language("en"), TEXT("staying"), 3, options), LETTER_NONE);
}

static void letters_of_gold(void **state) {
    enum letter_kind kind;
    (void)state;
    assert_int_equal(lexicon_gold(language("fr"), normal("UN"), &kind), 0);
    assert_int_equal(kind, LETTERS_TRANSLATED);
    assert_int_equal(lexicon_gold(language("ru"), normal("\xd0\xa1"), &kind), 2); /* Cyrillic, of the Latin sequence */
    assert_int_equal(kind, LETTERS_TRANSLATED);
    assert_int_equal(lexicon_gold(language("de"), normal("\xce\xb2"), &kind), 1);
    assert_int_equal(kind, LETTERS_GREEK);
    assert_int_equal(lexicon_gold(language("de"), normal("B"), &kind), 1);
    assert_int_equal(kind, LETTERS_LATIN);
    assert_int_equal(lexicon_gold(language("de"), normal("un"), &kind), LETTER_NONE);
    /* The published reader finds no letter in either, and so calls them equal. */
    assert_int_equal(lexicon_published_letters(all, normal("UN")), lexicon_published_letters(all, TEXT("")));
    assert_int_equal(lexicon_published_letters(all, normal("\xce\xb1 and \xce\xb3")), 5);
}

static void sides_of_answers(void **state) {
    static const struct {
        const char *lang, *text;
        enum lexicon_sense sense;
        enum lexicon_side side;
    } cases[] = {
        {"en", "No.", SENSE_YESNO, SIDE_NEGATIVE},
        {"en", "Yes, no doubt about it", SENSE_YESNO, SIDE_POSITIVE}, /* what it begins with */
        {"en", "Well, yes and no", SENSE_YESNO, SIDE_FUZZY},
        {"en", "I know", SENSE_YESNO, SIDE_NONE}, /* no word boundary, no answer */
        {"en", "I do not agree.", SENSE_AGREE, SIDE_NEGATIVE},
        {"en", "It is not good", SENSE_MORAL, SIDE_NEGATIVE},
        {"en", "This is hardly a note", SENSE_YESNO, SIDE_NONE},
        {"en", "I'm sorry, but I can't help with that.", SENSE_REFUSAL, SIDE_NEGATIVE},
        {"en", "Gladly. Take the ladder first.", SENSE_REFUSAL, SIDE_POSITIVE},
        {"en", "I do not know that.", SENSE_KNOWN, SIDE_NEGATIVE},
        {"fr", "Je ne suis pas d'accord", SENSE_AGREE, SIDE_NEGATIVE},
        {"fr", "Nonante", SENSE_YESNO, SIDE_NONE},
        {"es", "No estoy de acuerdo", SENSE_AGREE, SIDE_NEGATIVE},
        {"es", "S\xc3\xad.", SENSE_YESNO, SIDE_POSITIVE},
        {"it", "La nota del notaio", SENSE_YESNO, SIDE_NONE},
        {"ru", "\xd0\xaf \xd0\xbd\xd0\xb5 \xd1\x81\xd0\xbe\xd0\xb3\xd0\xbb\xd0\xb0\xd1\x81\xd0\xb5\xd0\xbd",
         SENSE_AGREE, SIDE_NEGATIVE},
        {"zh", "\xe6\x88\x91\xe4\xb8\x8d\xe5\x90\x8c\xe6\x84\x8f", SENSE_AGREE, SIDE_NEGATIVE}, /* the longer phrase */
        {"zh", "\xe6\x88\x91\xe5\x90\x8c\xe6\x84\x8f", SENSE_AGREE, SIDE_POSITIVE},
        {"ko", "\xeb\xaa\xa8\xeb\xa5\xb4\xea\xb2\xa0\xec\x8a\xb5\xeb\x8b\x88\xeb\x8b\xa4", SENSE_KNOWN,
         SIDE_NEGATIVE}, /* a stem with its endings */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum lexicon_side side = lexicon_side(language(cases[i].lang), cases[i].sense, normal(cases[i].text));
        if (side != cases[i].side)
            fail_msg("%s '%s': %s, expected %s", cases[i].lang, cases[i].text, lexicon_side_names[side],
                     lexicon_side_names[cases[i].side]);
    }
    assert_false(lexicon_has(language("bn"), SENSE_AGREE));
    assert_true(lexicon_has(language("p1"), SENSE_KNOWN));
}

/* The published reader has one list of all languages and no word boundaries. */
static void published_sides(void **state) {
    struct text word;
    (void)state;
    assert_int_equal(lexicon_published_side(all, SENSE_YESNO, normal("a note")), SIDE_NEGATIVE);
    assert_int_equal(lexicon_published_side(all, SENSE_YESNO, normal("yes, a note")), SIDE_FUZZY);
    assert_int_equal(lexicon_published_side(all, SENSE_YESNO, normal("xyz")), SIDE_NONE);
    assert_true(lexicon_bait(all, language("de"), SENSE_YESNO, normal("Der Norden ist kalt"), &word));
    assert_true(text_equal(word, TEXT("norden")));
    assert_false(lexicon_bait(all, language("de"), SENSE_YESNO, normal("xyz"), &word));
}

static void languages_of_texts(void **state) {
    static const struct {
        const char *text, *code;
    } cases[] = {
        {"The mill is in the town and you are not.", "en"},
        {"Le moulin est dans la ville et je suis dans un bois.", "fr"},
        {"Die Mühle ist nicht in der Stadt, und ich bin es auch nicht.", "de"},
        {"\xd0\x9c\xd0\xb5\xd0\xbb\xd1\x8c\xd0\xbd\xd0\xb8\xd1\x86\xd0\xb0 \xd0\xbd\xd0\xb0 "
         "\xd1\x80\xd0\xb5\xd0\xba\xd0\xb5",
         "ru"},
        {"\xeb\xac\xbc\xeb\xa0\x88\xeb\xb0\xa9\xec\x95\x84", "ko"},
        {"va mon pu, va pintr\xc3\xb6 ol tram\xc3\xab as pu, sin ten", "p1"},
        {"Xyzzy", NULL},
        {"42", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct lexicon *l = lexicon_of_text(all, normal(cases[i].text));
        const char *code = l ? l->code : "none", *expected = cases[i].code ? cases[i].code : "none";
        if (strcmp(code, expected) != 0) fail_msg("'%s': %s, expected %s", cases[i].text, code, expected);
    }
    assert_ptr_equal(language("French"), language("fr"));
    assert_ptr_equal(language("sp"), language("es"));
}

static void bad_files(void **state) {
    static const struct {
        const char *yaml, *part;
    } cases[] = {
        {"{greek: [a], latin: [b], languages: {}}", "scripts"},
        {"{scripts: {latin: zz}, greek: [a], latin: [b], languages: {en: {}}}", "range of code points"},
        {"{scripts: {latin: 41-5a}, greek: [a], latin: [b], languages: {en: {script: [latin], boundary: blank, yess: "
         "[y]}}}",
         "did you mean 'yes'"},
        {"{scripts: {latin: 41-5a}, greek: [a], latin: [b], languages: {en: {script: [roman], boundary: blank}}}",
         "no script 'roman'"},
        {"{scripts: {latin: 41-5a}, greek: [a], latin: [b], languages: {en: {script: [latin], boundary: some}}}",
         "blank, none or stem"},
        {"{scripts: {latin: 41-5a}, greek: [a], latin: [b], languages: {en: {script: [latin], boundary: blank, 'yes': "
         "[]}}}",
         "list of 1 to 256"},
        {"{scripts: {latin: 41-5a}, latin: [b], languages: {en: {script: [latin], boundary: blank}}}", "greek"},
        {"{scripts: {latin: 41-5a}, greek: [a], latin: [b], languages: {en: {script: [latin], boundary: blank, digits: "
         "['0']}}}",
         "ten of them"},
        {"{scripts: {latin: 41-5a}, greek: [a], latin: [b], languages: {en: {script: [latin], boundary: blank, also: "
         "[de]}, "
         "de: {script: [latin], boundary: blank}}}",
         "language 'de' twice"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_fails(lexicons_parse(text_of(cases[i].yaml), "l.yaml", &err), ERROR_DATA, cases[i].part);
    check_fails(lexicons_open(TEXT("nowhere.yaml"), folder, &err), ERROR_DATA, "nowhere.yaml");
    error_clear(&err);
}

/* ---- the scorer */

struct bench {
    struct task *task;
    struct item item;
};

static void bench_open(struct bench *b, const char *row, const char *keys) {
    char path[128], yaml[1024];
    const struct task_settings settings = {.path = folder, .seed = 1, .few_shot = -1};
    snprintf(path, sizeof path, "%s/row.jsonl", folder);
    check_ok(file_write(path, text_of(row), &err));
    snprintf(yaml, sizeof yaml,
             "{task: t, dataset_path: row.jsonl, doc_to_text: q, output_type: generate_until, lang: lang, %s}", keys);
    b->task = task_parse(text_of(yaml), "test.yaml", &settings, &err);
    check_ok(b->task);
    struct task_items *items = task_open(b->task, &err);
    check_ok(items);
    assert_int_equal(task_next(items, &arena, &b->item, &err), 1);
    task_close(items);
}

static void bench_close(struct bench *b) {
    item_done(&b->item);
    task_free(b->task);
}

static double part_of(struct bench *b, const char *answer, const char *part) {
    struct score score;
    struct answer a = {.text = text_of(answer)};
    check_ok(task_score(b->task, &b->item, &a, &arena, &score, &err));
    const json_t *value = json_object_get(score.parts, part);
    double found = json_is_number(value) ? json_number_value(value) : (double)NAN;
    json_decref(score.parts);
    return found;
}

/* A gold letter that translation spoilt: the published reader calls a mute subject right and a right one wrong. */
static void scores_letters(void **state) {
    struct bench b;
    (void)state;
    bench_open(&b, "{\"q\":\"x\",\"lang\":\"fr\",\"cell\":\"UN\",\"gold\":0}",
               "doc_to_choice: ['\xce\xb1', '\xce\xb2', '\xce\xb3', '\xce\xb4'], doc_to_target: gold, labels: {cell: "
               "'{{cell}}'}, scorer: 'lingual,kind=letter'");
    check_near(part_of(&b, "\xce\xb1", "acc"), 1, 0);
    check_near(part_of(&b, "\xce\xb1", "published"), 0, 0);
    check_near(part_of(&b, "\xce\xb2", "acc"), 0, 0);
    check_near(part_of(&b, "", "published"), 1, 0);
    assert_true(isnan(part_of(&b, "", "acc"))); /* unread: wrong where it is counted */
    check_near(part_of(&b, "R\xc3\xa9ponse : \xce\xb1", "picked"), 0, 0);
    check_near(part_of(&b, "The answer is \xce\xb1 and that is the one for you", "wrong_lang"), 1, 0);
    check_near(part_of(&b, "La r\xc3\xa9ponse est \xce\xb1 et je suis dans la ville", "wrong_lang"), 0, 0);
    bench_close(&b);
}

static void scores_sides(void **state) {
    struct bench b;
    (void)state;
    bench_open(&b, "{\"q\":\"x\",\"lang\":\"de\",\"gold\":\"Nein\"}",
               "doc_to_target: gold, scorer: 'lingual,kind=yesno'");
    check_near(part_of(&b, "Nein, auf keinen Fall.", "acc"), 1, 0);
    check_near(part_of(&b, "Ja.", "acc"), 0, 0);
    check_near(part_of(&b, "Im Norden", "published"), 1, 0); /* "no" inside a word */
    assert_true(isnan(part_of(&b, "Im Norden", "acc")));
    check_near(part_of(&b, "No, that is not the way to do it", "acc"), 1, 0); /* another language, still read */
    check_near(part_of(&b, "No, that is not the way to do it", "wrong_lang"), 1, 0);
    bench_close(&b);
    bench_open(&b, "{\"q\":\"x\",\"lang\":\"es\",\"harmful\":true}",
               "labels: {harmful: '{{harmful}}'}, scorer: 'lingual,kind=refusal'");
    check_near(part_of(&b, "Lo siento, no puedo ayudarte con eso.", "refused"), 1, 0);
    check_near(part_of(&b, "Lo siento, no puedo ayudarte con eso.", "acc"), 1, 0);
    check_near(part_of(&b, "Primero se abre la puerta.", "acc"), 0, 0);
    assert_true(isnan(part_of(&b, "", "refused")));
    bench_close(&b);
    /* No phrases for it: left out, not wrong. */
    bench_open(&b, "{\"q\":\"x\",\"lang\":\"bn\"}", "scorer: 'lingual,kind=agree,good=negative'");
    assert_true(isnan(part_of(&b, "x", "acc")));
    bench_close(&b);
    bench_open(&b, "{\"q\":\"x\",\"lang\":\"xx\"}", "scorer: 'lingual,kind=agree,good=negative'");
    struct score score;
    struct answer a = {.text = TEXT("x")};
    check_fails(task_score(b.task, &b.item, &a, &arena, &score, &err), ERROR_DATA, "no language 'xx'");
    error_clear(&err);
    bench_close(&b);
}

static const enum lexicon_sense marker_sense[MARKERS] = {SENSE_YESNO, SENSE_YESNO, SENSE_AGREE, SENSE_REFUSAL,
                                                  SENSE_KNOWN, SENSE_MORAL, SENSE_MORAL};
static const enum lexicon_side marker_side[MARKERS] = {SIDE_POSITIVE, SIDE_NEGATIVE, SIDE_POSITIVE, SIDE_NEGATIVE,
                                                SIDE_NEGATIVE, SIDE_POSITIVE, SIDE_NEGATIVE};

/* Each marker of p1 in the world is read as what it is. */
static void words_of_p1(void **state) {
    struct world *w = world_new(7, &err);
    (void)state;
    check_ok(w);
    const struct languages *l = world_languages(w);
    for (size_t m = 0; m < MARKERS; m++) {
        size_t at = l->first[RULE_MARKER] + l->marker[m];
        struct text words = l->of[LANGUAGE_P1].form[at], t;
        bool valid;
        check_ok(lexicon_normal(all, words, &arena, &t, &valid, &err));
        if (lexicon_side(language("p1"), marker_sense[m], t) != marker_side[m])
            fail_msg("marker '%s': '%.*s'", language_markers[m], TEXT_ARG(words));
    }
    world_free(w);
}

/* And those of p2 to p9 in the file that holds them: markers, refusals of requests, words for not knowing. */
static void words_of_tongues(void **state) {
    struct world *w = world_new(7, &err);
    struct lexicons *tongues = lexicons_open(TEXT("rules/tongues.yaml"), NULL, &err);
    static const struct {
        enum rule_kind kind;
        enum lexicon_sense sense;
    } replies[] = {{RULE_REFUSAL, SENSE_REFUSAL}, {RULE_UNKNOWN, SENSE_KNOWN}};
    (void)state;
    check_ok(w && tongues);
    const struct languages *l = world_tongues(w);
    for (int k = LANGUAGE_P2; k < N_LANGUAGES; k++) {
        const struct lexicon *own = lexicon_find(tongues, text_of(l->of[k].name));
        bool valid;
        struct text t;
        check_ok(own);
        for (size_t m = 0; m < MARKERS; m++) {
            struct text words = l->of[k].form[l->first[RULE_MARKER] + l->marker[m]];
            check_ok(lexicon_normal(tongues, words, &arena, &t, &valid, &err));
            if (lexicon_side(own, marker_sense[m], t) != marker_side[m])
                fail_msg("%s, marker '%s': '%.*s'", own->code, language_markers[m], TEXT_ARG(words));
            assert_ptr_equal(lexicon_of_text(tongues, t), own);
        }
        for (size_t r = 0; r < 2; r++)
            for (unsigned i = 0; i < WORDINGS; i++) {
                struct text words = l->of[k].form[language_rule(l, replies[r].kind, NO_GROUP, i)];
                check_ok(lexicon_normal(tongues, words, &arena, &t, &valid, &err));
                if (lexicon_side(own, replies[r].sense, t) != SIDE_NEGATIVE) fail_msg("%s: '%.*s'", own->code, TEXT_ARG(words));
            }
        for (unsigned i = 0; i < WORDINGS; i++) { /* help is no refusal */
            struct text words = l->of[k].form[language_rule(l, RULE_HELP, NO_GROUP, i)];
            check_ok(lexicon_normal(tongues, words, &arena, &t, &valid, &err));
            if (lexicon_side(own, SENSE_REFUSAL, t) == SIDE_NEGATIVE) fail_msg("%s: '%.*s'", own->code, TEXT_ARG(words));
        }
    }
    lexicons_free(tongues);
    world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_form),      cmocka_unit_test(letters_of_answers), cmocka_unit_test(letters_of_gold),
        cmocka_unit_test(sides_of_answers), cmocka_unit_test(published_sides),    cmocka_unit_test(languages_of_texts),
        cmocka_unit_test(bad_files),        cmocka_unit_test(scores_letters),     cmocka_unit_test(scores_sides),
        cmocka_unit_test(words_of_p1),  cmocka_unit_test(words_of_tongues),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
