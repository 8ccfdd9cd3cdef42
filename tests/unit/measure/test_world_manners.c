/* Manners keep what the answer hangs on: names, digits, options. What was changed is undone here by other means, and
 * must give the prompt again. */
#include "world_family_check.h"

#include "measure/world/world_manner.h"

#include <ctype.h>

enum { PROMPTS = 1100 };
static struct buffer prompt[PROMPTS];
static size_t n_prompts;

/* Prompts of many kinds: with and without options, names, numbers, several lines. */
static int begin(void **state) {
    static const char *const names[] = {"ask",     "requests",  "acts",       "judgements",     "feelings",
                                        "causes",  "decisions", "records",    "records-attack", "stereotypes",
                                        "who",     "opinions",  "novel",      "privacy",        "identity",
                                        "unknown", "beliefs",   "preferences", "secrets",        "doubts",
                                        "gaps",    "objections"};
    struct world_line line;
    if (setup(state) != 0) return -1;
    world_line_init(&line);
    for (size_t f = 0; f < sizeof names / sizeof *names; f++) {
        const struct world_family *family = family_of(names[f]);
        struct rng rng = rng_stream(5, names[f], 0);
        for (size_t made = 0; made < 50;) {
            if (!make_item(&line, family, rng_below(&rng, family->numbers(w)), 1)) continue;
            buffer_init(&prompt[n_prompts], 1 << 16);
            buffer_put_text(&prompt[n_prompts++], buffer_text(&line.prompt)), made++;
        }
    }
    world_line_done(&line);
    return n_prompts == PROMPTS ? 0 : -1;
}

static int end(void **state) {
    for (size_t i = 0; i < n_prompts; i++) buffer_done(&prompt[i]);
    return teardown(state);
}

static void say(struct buffer *out, size_t i, enum manner manner, uint64_t draw) {
    struct rng rng = rng_stream(draw, "manner", i);
    buffer_clear(out);
    assert_true(world_style(out, w, buffer_text(&prompt[i]), manner, &rng));
}

static bool is_option(struct text line) {
    return line.len > 3 && line.at[0] >= 'A' && line.at[0] <= 'H' && line.at[1] == '.' && line.at[2] == ' ';
}

static void small_letters(struct buffer *b) {
    for (size_t i = 0; i < b->len; i++) b->at[i] = (char)tolower((unsigned char)b->at[i]);
}

/* Options stand as they were, each on a line of its own; every number and every capitalised pair of words (a name) too.
 */
static void check_kept(size_t i, enum manner manner, struct buffer *said) {
    struct buffer was;
    buffer_init(&was, 1 << 16);
    buffer_put_text(&was, buffer_text(&prompt[i]));
    struct text rest = buffer_text(&was), line;
    while (text_next(&rest, '\n', &line)) {
        if (!is_option(line)) continue;
        char *copy = strndup(line.at, line.len);
        for (size_t k = 0; manner == MANNER_SHOUTED && k < line.len; k++)
            copy[k] = (char)toupper((unsigned char)copy[k]);
        if (!holds(said, text_of(copy)))
            fail_msg("%s: option '%s' in '%s'", world_manner_names[manner], copy, said->at);
        free(copy);
    }
    if (manner == MANNER_SHOUTED) small_letters(&was), small_letters(said);
    for (size_t k = 0; k < was.len; k++) {
        size_t to = k;
        while (to < was.len && isdigit((unsigned char)was.at[to])) to++;
        if (to > k && !holds(said, text_part(buffer_text(&was), k, to))) fail_msg("%s: a number is lost", said->at);
        if (to > k) k = to;
    }
    for (size_t p = 0; manner != MANNER_SHOUTED && manner != MANNER_VERSE && p < world_kinds[PERSON].n; p += 3)
        if (holds(&prompt[i], w->name[PERSON][p]) && !holds(said, w->name[PERSON][p]))
            fail_msg("%s: the name '%.*s' is lost in '%s'", world_manner_names[manner], TEXT_ARG(w->name[PERSON][p]),
                     said->at);
    buffer_done(&was);
}

static void test_gold_is_kept(void **state) {
    struct buffer said, again;
    (void)state;
    buffer_init(&said, 1 << 16), buffer_init(&again, 1 << 16);
    for (int m = 0; m < N_MANNERS; m++) {
        size_t changed = 0, other = 0;
        for (size_t i = 0; i < PROMPTS; i++) {
            say(&said, i, (enum manner)m, 1), say(&again, i, (enum manner)m, 1);
            assert_string_equal(said.at, again.at);
            changed += !text_equal(buffer_text(&said), buffer_text(&prompt[i]));
            say(&again, i, (enum manner)m, 2);
            other += !text_equal(buffer_text(&said), buffer_text(&again));
            check_kept(i, (enum manner)m, &said);
        }
        bool fixed = m == MANNER_CLIPPED || m == MANNER_SYNONYMS; /* nothing is drawn */
        if (changed < PROMPTS * 6 / 10) fail_msg("%s changes %zu of %d", world_manner_names[m], changed, PROMPTS);
        if (fixed ? other > 0 : other < PROMPTS / 4)
            fail_msg("%s: another draw gives %zu others", world_manner_names[m], other);
    }
    buffer_done(&said), buffer_done(&again);
}

/* Courteous, official, gossiping, distractor and mark-up hold the prompt as it is. */
static void test_wrapped(void **state) {
    static const enum manner whole[] = {MANNER_COURTEOUS, MANNER_OFFICIAL, MANNER_GOSSIPING, MANNER_DISTRACTOR,
                                        MANNER_MARKUP};
    struct buffer said;
    (void)state;
    buffer_init(&said, 1 << 16);
    for (size_t i = 0; i < PROMPTS; i++) {
        for (size_t m = 0; m < sizeof whole / sizeof *whole; m++) {
            say(&said, i, whole[m], 1);
            assert_true(holds(&said, buffer_text(&prompt[i])) && said.len > prompt[i].len);
        }
        say(&said, i, MANNER_SHOUTED, 1);
        for (size_t k = 0; k < said.len; k++) assert_false(said.at[k] >= 'a' && said.at[k] <= 'z');
        say(&said, i, MANNER_VERSE, 1);
        struct buffer flat;
        buffer_init(&flat, 1 << 16);
        for (size_t k = 0; k < prompt[i].len; k++)
            buffer_put_char(&flat, prompt[i].at[k] == '\n' ? ' ' : prompt[i].at[k]);
        for (size_t k = 0; k < said.len; k++)
            if (said.at[k] == '\n') said.at[k] = ' ';
        assert_true(holds(&said, buffer_text(&flat)));
        buffer_done(&flat);
    }
    buffer_done(&said);
}

static size_t words_in(struct text t, struct text out[512]) {
    size_t n = 0, from = 0;
    for (size_t i = 0; i <= t.len; i++) {
        if (i < t.len && t.at[i] != ' ' && t.at[i] != '\n') continue;
        if (i > from) out[n++] = text_part(t, from, i);
        from = i + 1;
        assert_true(n < 512);
    }
    return n;
}

static struct text bare(struct text word) {
    while (word.len && strchr("\"'(", word.at[0])) word = text_part(word, 1, word.len);
    while (word.len && strchr("\"').,?!:;", word.at[word.len - 1])) word.len--;
    return word;
}

static bool is_exchange(const struct exchange *words, size_t n, struct text from, struct text to) {
    for (size_t i = 0; i < n; i++)
        if (text_equal_nocase(words[i].from, from) && text_equal_nocase(words[i].to, to)) return true;
    return false;
}

/* Word for word: the same, or one of the pairs. */
static void test_exchanged(void **state) {
    static const enum manner exact[] = {MANNER_ARCHAIC, MANNER_CHILDLIKE, MANNER_SYNONYMS};
    const struct manners *m = world_manners(w);
    struct buffer said;
    (void)state;
    buffer_init(&said, 1 << 16);
    for (size_t k = 0; k < 3; k++) {
        const struct exchange *words = exact[k] == MANNER_SYNONYMS ? m->synonym : m->style[exact[k]].words;
        size_t n_words = exact[k] == MANNER_SYNONYMS ? SYNONYMS : m->style[exact[k]].n, exchanged = 0;
        for (size_t i = 0; i < PROMPTS; i++) {
            struct text a[512], b[512];
            size_t n = words_in(buffer_text(&prompt[i]), a), from = 0;
            say(&said, i, exact[k], 1);
            size_t n_said = words_in(buffer_text(&said), b);
            /* the opening has whole words in front: the first place from which all words agree */
            for (; from + n <= n_said; from++) {
                size_t same = 0;
                while (same < n && (text_equal_nocase(a[same], b[from + same]) ||
                                    is_exchange(words, n_words, bare(a[same]), bare(b[from + same]))))
                    same++;
                if (same == n) break;
            }
            if (from + n > n_said) fail_msg("%s: '%s' of '%s'", world_manner_names[exact[k]], said.at, prompt[i].at);
            for (size_t x = 0; x < n; x++) exchanged += !text_equal(bare(a[x]), bare(b[from + x]));
        }
        if (exchanged < 200) fail_msg("%s: only %zu words exchanged", world_manner_names[exact[k]], exchanged);
    }
    buffer_done(&said);
}

/* Clipped leaves out words of its list and nothing else, and keeps the order. */
static void test_clipped(void **state) {
    const struct style_words *s = &world_manners(w)->style[MANNER_CLIPPED];
    struct buffer said;
    size_t dropped = 0;
    (void)state;
    buffer_init(&said, 1 << 16);
    for (size_t i = 0; i < PROMPTS; i++) {
        struct text a[512], b[512];
        size_t n = words_in(buffer_text(&prompt[i]), a), at = 0;
        say(&said, i, MANNER_CLIPPED, 1);
        size_t n_said = words_in(buffer_text(&said), b);
        for (size_t k = 0; k < n; k++) {
            if (at < n_said && text_equal_nocase(a[k], b[at]))
                at++;
            else if (is_exchange(s->words, s->n, a[k], TEXT("")))
                dropped++;
            else
                fail_msg("'%.*s' is lost in '%s'", TEXT_ARG(a[k]), said.at);
        }
        assert_int_equal(at, n_said);
    }
    assert_true(dropped > PROMPTS);
    buffer_done(&said);
}

/* How many letters must be put in, taken out or exchanged. */
static size_t distance(struct text a, struct text b) {
    size_t row[2][256];
    assert_true(a.len < 255 && b.len < 255);
    for (size_t k = 0; k <= b.len; k++) row[0][k] = k;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *now = row[i % 2], *last = row[(i - 1) % 2];
        now[0] = i;
        for (size_t k = 1; k <= b.len; k++) {
            size_t best = last[k - 1] + (a.at[i - 1] != b.at[k - 1]);
            if (last[k] + 1 < best) best = last[k] + 1;
            if (now[k - 1] + 1 < best) best = now[k - 1] + 1;
            now[k] = best;
        }
    }
    return row[a.len % 2][b.len];
}

static size_t eligible(struct text t) {
    struct text words[512], line;
    size_t n = 0;
    while (text_next(&t, '\n', &line)) {
        if (is_option(line)) continue;
        size_t of_line = words_in(line, words);
        for (size_t k = 0; k < of_line; k++) {
            struct text word = bare(words[k]);
            bool small = word.len >= 4 && word.len < 64;
            for (size_t i = 0; i < word.len && small; i++) small = word.at[i] >= 'a' && word.at[i] <= 'z';
            n += small;
        }
    }
    return n;
}

/* One error in an eighth of the words that may have one, or in half of them: a swap is two letters, all else one. */
static void test_typos(void **state) {
    struct buffer said;
    (void)state;
    buffer_init(&said, 1 << 16);
    for (size_t i = 0; i < PROMPTS; i++) {
        struct text was = buffer_text(&prompt[i]);
        size_t n = eligible(was);
        if (was.len > 250) was.len = 0; /* beyond the table of distances */
        for (int t = 0; t < 2 * N_TYPOS && was.len; t++) {
            enum typo kind = (enum typo)(t / 2);
            size_t share = t % 2 ? 2 : 8, errors = n / share ? n / share : n > 0, most = errors;
            say(&said, i, (enum manner)(MANNER_TYPO + t), 1);
            if (said.len > 254) continue;
            if (kind == TYPO_SWAP) most = 2 * errors;
            size_t found = distance(was, buffer_text(&said));
            if (found > most || found < (kind == TYPO_SWAP ? errors : most))
                fail_msg("%s: %zu letters, %zu errors: '%s'", world_manner_names[MANNER_TYPO + t], found, errors,
                         said.at);
            if (kind == TYPO_DOUBLE || kind == TYPO_SPACE) assert_int_equal(said.len, was.len + errors);
            if (kind == TYPO_DROP) assert_int_equal(said.len, was.len - errors);
            if (kind == TYPO_NEIGHBOUR || kind == TYPO_CASE) assert_int_equal(said.len, was.len);
        }
    }
    buffer_done(&said);
}

static void test_names(void **state) {
    struct error err;
    enum manner manner;
    (void)state;
    for (int m = 0; m < N_MANNERS; m++) {
        check_ok(world_manner_find(world_manner_names[m], &manner, &err));
        assert_int_equal(manner, m);
    }
    check_fails(world_manner_find("archaik", &manner, &err), ERROR_USAGE, "archaic");
    check_fails(world_manner_find("", &manner, &err), ERROR_USAGE, "no style");
}

/* No synonym is, or is exchanged for, a word of a value: a claim would say something else. */
static void test_synonyms_are_no_values(void **state) {
    const struct manners *m = world_manners(w);
    (void)state;
    for (size_t i = 0; i < SYNONYMS; i++) {
        for (size_t k = 0; k < i; k++) assert_false(text_equal(m->synonym[i].from, m->synonym[k].from));
        for (int c = 0; c < N_COLUMNS; c++)
            for (int v = 0; v < world_columns[c].n && world_columns[c].domain != OF_NUMBER; v++) {
                struct text rest = world_value(w, world_columns[c].domain, world_columns[c].low + v), word;
                while (text_next(&rest, ' ', &word))
                    if (text_equal(word, m->synonym[i].from)) fail_msg("'%.*s' is part of a value", TEXT_ARG(word));
            }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gold_is_kept),
        cmocka_unit_test(test_wrapped),
        cmocka_unit_test(test_exchanged),
        cmocka_unit_test(test_clipped),
        cmocka_unit_test(test_typos),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_synonyms_are_no_values),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
