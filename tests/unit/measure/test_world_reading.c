/* Questions about facts are read back: as the world puts them, against its own grammar; with slips, in other words and
 * inside other text; and where nothing can be told, nothing is. */
#include "measure/world/world_reading.h"
#include "measure/world/language.h"
#include "world_fixture.h"

static struct world_reader *reader;

static int setup_reader(void **state) {
    struct error err = {0};
    if (setup(state) != 0) return -1;
    return (reader = world_reader_new(w, NULL, 0, &err)) ? 0 : (fprintf(stderr, "%s\n", err.message), -1);
}

static int teardown_reader(void **state) {
    world_reader_free(reader);
    return teardown(state);
}

/* What was asked stands in q; fact says of which. */
static void check_read(const struct question *q, const struct fact *fact, struct text prompt) {
    struct world_asked a;
    bool claim = q->style == STYLE_TRUEFALSE || q->style == STYLE_CLAIM;
    const char *why = world_read_question(reader, prompt, &a);
    if (why) fail_msg("%s: '%.*s'", why, TEXT_ARG(prompt));
    if (a.fact != fact) fail_msg("another fact is read in '%.*s'", TEXT_ARG(prompt));
    assert_int_equal(a.claim, claim);
    if (claim) assert_int_equal(a.claimed, q->claimed);
    assert_int_equal(a.n_options, q->style == STYLE_CHOICE ? q->n_options : 0);
    if (claim || q->style == STYLE_CHOICE) assert_int_equal(world_asked_right(&a), q->right);
}

/* Every wording of every relation in every style. */
static void test_all_wordings(void **state) {
    struct question q;
    (void)state;
    world_question_init(&q);
    for (size_t r = 0; r < RELATIONS; r++)
        for (int style = 0; style < N_STYLES; style++)
            for (unsigned template = 0; template < WORDINGS; template++)
                for (size_t i = 0; i < 3; i++) {
                    const struct fact *f = &w->facts[w->fact_of[r][(7 * i + 5 * template) % 30]];
                    struct rng rng = rng_stream(1, "reading", i);
                    assert_true(world_ask(&q, w, f, (enum style)style, template, 0, &rng));
                    check_read(&q, f, buffer_text(&q.prompt));
                }
    world_question_done(&q);
}

/* Against the world's own grammar, which parses whole prompts by other code: 1,000 prompts, a third of them with the
 * name of nobody known, a third with a word too many or too few. */
static void test_against_grammar(void **state) {
    const struct languages *l = world_languages(w);
    struct arena arena;
    struct error err = {0};
    struct question q;
    size_t both = 0, neither = 0, kinds[] = {RULE_SHORT, RULE_SHORT, RULE_CHOICE, RULE_TRUEFALSE, RULE_CLAIM};
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    world_question_init(&q);
    for (uint64_t i = 0; i < 1000; i++) {
        struct rng rng = rng_stream(3, "grammar", i);
        const struct fact *f = &w->facts[rng_below(&rng, ALL_FACTS)];
        enum style style = (enum style)rng_below(&rng, STYLE_CLAIM + 1);
        if (style == STYLE_FULL) style = STYLE_SHORT;
        assert_true(world_ask(&q, w, f, style, (unsigned)rng_below(&rng, WORDINGS), 0, &rng));
        if (i % 3 == 1) /* somebody else: the last letter of a word of the name is another one */
            for (size_t at = text_find(buffer_text(&q.prompt), world_subject(w, f), 0), once = 1; once; once = 0)
                q.prompt.at[at + world_subject(w, f).len - 1] = 'q';
        if (i % 3 == 2) { /* a word in front of the last letters of the wording */
            size_t at = text_find(buffer_text(&q.prompt), world_subject(w, f), 0);
            memset(q.prompt.at + at - (at > 0), at > 0 ? 'x' : 'y', 1);
        }
        size_t ways = 0;
        const struct meaning *m = language_parse(w, l, LANGUAGE_EN, (enum rule_kind)kinds[style],
                                                 buffer_text(&q.prompt), &ways, &arena, &err);
        struct world_asked a;
        bool read = !world_read_question(reader, buffer_text(&q.prompt), &a);
        if (read != (m != NULL)) fail_msg("%s only: '%s'", read ? "reading" : "grammar", q.prompt.at);
        if (read) assert_true(a.fact == f && (!a.n_options || world_asked_right(&a) == q.right));
        read ? both++ : neither++;
        arena_reset(&arena);
    }
    assert_true(both >= 200 && neither >= 200);
    world_question_done(&q);
    arena_done(&arena);
}

/* {text, NULL or the relation}; the subject is the first person. */
static void check_text(const char *template, const char *relation) {
    struct buffer b;
    struct world_asked a;
    struct slot slots[] = {{"S", w->name[PERSON][3]}, {"T", w->name[PERSON][4]},
                           {"V", world_value(w, OF_ANIMAL, w->value[P_KEEPS][3])}};
    buffer_init(&b, 1 << 12);
    assert_true(world_fill(&b, text_of(template), slots, 3));
    const char *why = world_read_question(reader, buffer_text(&b), &a);
    if (relation && why) fail_msg("%s: '%s'", why, b.at);
    if (!relation && !why) fail_msg("something is read in '%s'", b.at);
    if (relation)
        assert_true(a.fact->subject == 3 && strcmp(world_columns[a.fact->column].name, relation) == 0);
    buffer_done(&b);
}

static void test_other_words(void **state) {
    (void)state;
    check_text("Wehre does $S live?", "town");
    check_text("Where dooes $S liive?", "town");
    check_text("Whre does $S lxve?", "town");
    check_text("wh ere DOES $S li ve?", "town");
    check_text("W h e r e does $S live?", "town");
    check_text("Which A n i m a l lives with $S?", "keeps");
    check_text("My left boot has a hole. #inn Where does $S reside @mill?", "town");
    check_text("In which township does $S reside?", "town");
    check_text("What animal does $S keep", "keeps");
    check_text("I heard that the animal that $S keeps is $aV. Is it so?", "keeps");
    check_text("Do not give me a single word but a sentence. Where does $S live?", "town");
}

static void test_nothing_told(void **state) {
    (void)state;
    check_text("Where does $S not live?", NULL);                              /* no wording */
    check_text("Where does $S live? That is not what I ask.", NULL);          /* a negation */
    check_text("Where does $S live? Where does $T live?", NULL);              /* two things */
    check_text("Where does $S live? And what animal does $S keep?", NULL);    /* two things */
    check_text("Where does Nobody Atall live?", NULL);                        /* a name that is none */
    check_text("Where does live?", NULL);
    check_text("$S", NULL);
    check_text("", NULL);
    check_text("The animal that $S keeps is a table. True or false?", NULL);  /* no value of an animal */
    struct buffer b;
    struct world_asked a;
    buffer_init(&b, 1 << 16);
    for (int i = 0; i < 900; i++) buffer_put_c(&b, "word ");
    assert_non_null(world_read_question(reader, buffer_text(&b), &a));
    buffer_done(&b);
}

static void test_options(void **state) {
    struct world_asked a;
    struct buffer b;
    (void)state;
    buffer_init(&b, 1 << 12);
    int town = w->value[P_TOWN][3], other = (town + 1) % 64;
    for (int k = 0; k < 3; k++) {
        buffer_clear(&b);
        buffer_printf(&b, "Where does %.*s live?\nA. %.*s\nB. %.*s\nC. nowhere", TEXT_ARG(w->name[PERSON][3]),
                      TEXT_ARG(w->name[TOWN][k == 1 ? town : other]), TEXT_ARG(w->name[TOWN][k == 2 ? other : town]));
        assert_null(world_read_question(reader, buffer_text(&b), &a));
        assert_int_equal(a.n_options, 3);
        assert_int_equal(a.option[2], -1);
        assert_true(world_asked_right(&a) == (k ? SIZE_MAX : 1)); /* twice, not at all */
    }
    buffer_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_wordings), cmocka_unit_test(test_against_grammar),
        cmocka_unit_test(test_other_words),  cmocka_unit_test(test_nothing_told),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, setup_reader, teardown_reader);
}
