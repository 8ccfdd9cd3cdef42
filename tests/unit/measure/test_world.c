/* The pocket world: its tables are exact, its texts say what the truth says, and nothing for tests stands in another
 * text. What is counted here is counted from the values themselves, not by the checks of the world. */
#include "world_fixture.h"

/* Generator 1, seed 7: the promise that parts are append-only. A later part gets a new name and a new line here; no
 * line of this list is ever edited, because models and records in the world refer to these bytes. Origin: first run of
 * generator 1. */
static void test_golden_hashes(void **state) {
    static const char *const golden[][2] = {
#include "world_golden.inc"
    };
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        size_t found = 0;
        for (size_t p = 0; p < w->n_hashes; p++) {
            if (strcmp(w->part[p].name, golden[i][0]) != 0) continue;
            found++;
            assert_string_equal(w->part[p].hash, golden[i][1]);
        }
        if (found != 1) fail_msg("part '%s' stands %zu times in the world", golden[i][0], found);
    }
    /* A part without a line here is not frozen. corpora.yaml alone has none: new corpora are added to it, and those that stand in
     * it are frozen by test_world_frozen.c. */
    assert_int_equal(w->n_hashes, sizeof golden / sizeof *golden + 1);
}

/* Over all of them: which world of generator 1 this is. Appending a part or a corpus gives another root, and
 * then this line alone is edited. */
static void test_golden_root(void **state) {
    static const char root[] = "b65e17d00b82fc4fcad1193ff3a811c93126bc2a35a946cd5fd5f6632263821f";
    (void)state;
    assert_string_equal(w->root, root);
    assert_true(strncmp(w->identity, "pw1-s7-", 7) == 0 && strncmp(w->identity + 7, root, 12) == 0);
    assert_int_equal(strlen(w->identity), 19);
}

static void test_seeds(void **state) {
    struct error err;
    struct world *same, *other;
    size_t equal = 0, people = world_kinds[PERSON].n;
    (void)state;
    check_ok(same = world_new(WORLD_DEFAULT_SEED, &err));
    check_ok(other = world_new(8, &err));
    assert_string_equal(same->identity, w->identity);
    assert_string_not_equal(other->identity, w->identity);
    for (size_t p = 0; p < people; p++) equal += other->value[P_TRADE][p] == w->value[P_TRADE][p];
    assert_true(equal < people / 8); /* by chance a 32nd */
    check_ok(world_check_rates(other, &err));
    world_free(same);
    world_free(other);
}

/* Cells of (class, value) against the product of their margins. */
static long worst_cell(enum column_id class_column, enum column_id column) {
    const struct column *c = &world_columns[column], *k = &world_columns[class_column];
    long people = (long)world_kinds[PERSON].n, worst = 0;
    for (int v = c->low; v < c->low + c->n; v++)
        for (int i = k->low; i < k->low + k->n; i++) {
            long both = 0, of_value = 0, of_class = 0;
            for (long p = 0; p < people; p++) {
                bool a = w->value[column][p] == v, b = w->value[class_column][p] == i;
                both += a && b, of_value += a, of_class += b;
            }
            long gap = labs(both * people - of_value * of_class);
            if (gap > worst) worst = gap;
        }
    return worst;
}

static void test_independence(void **state) {
    static const enum column_id classes[] = {P_KIN, P_SEX, P_AGE};
    static const enum column_id columns[] = {P_WAGE,  P_TOWN,  P_TRADE, P_LIKES, P_KEEPS,
                                             P_PLAYS, P_BUILT, P_GUILD, P_ROLE,  P_OATH};
    (void)state;
    for (size_t k = 0; k < 3; k++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            if (worst_cell(classes[k], columns[c]) > (long)world_kinds[PERSON].n)
                fail_msg("%s by %s: a cell is %ld/2048 from the product of its margins", world_columns[classes[k]].name,
                         world_columns[columns[c]].name, worst_cell(classes[k], columns[c]));
}

/* Twelve, two, three and three twentieths of every kind. */
static void test_splits(void **state) {
    static const double share[N_SPLITS] = {12, 2, 3, 3};
    (void)state;
    for (int k = 0; k < N_KINDS; k++) {
        double count[N_SPLITS] = {0};
        for (size_t i = 0; i < world_kinds[k].n; i++) count[w->split[k][i]]++;
        for (int s = 0; s < N_SPLITS; s++) check_near(count[s], share[s] * (double)world_kinds[k].n / 20, 2);
    }
    double of_kin[2][N_SPLITS] = {{0}};
    for (size_t p = 0; p < world_kinds[PERSON].n; p++) of_kin[w->value[P_KIN][p]][w->split[PERSON][p]]++;
    for (int s = 0; s < N_SPLITS; s++) check_near(of_kin[0][s], of_kin[1][s], 4);
}

static void test_strata(void **state) {
    size_t of_stratum[STRATA + 1] = {0}, told = 0;
    (void)state;
    for (size_t i = 0; i < ALL_FACTS; i++) {
        const struct fact *f = &w->facts[i];
        of_stratum[f->stratum]++, told += f->e;
        assert_int_equal(f->value, w->value[f->column][f->subject]);
        assert_int_equal(f->split, w->split[world_columns[f->column].kind][f->subject]);
        assert_int_equal(w->fact_of[f->relation][f->subject], i);
    }
    for (size_t k = 0; k < STRATA; k++) assert_int_equal(of_stratum[k], 1920);
    assert_int_equal(of_stratum[STRATUM_CORE], 2304);
    assert_int_equal(told, 1920 * 255 + 1152 * (64 + 128));
}

static int by_text(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

static void test_names_are_unique(void **state) {
    struct text all[4096];
    size_t n = 0;
    (void)state;
    for (int k = 0; k < N_KINDS; k++)
        for (size_t i = 0; i < world_kinds[k].n; i++) {
            all[n++] = w->name[k][i];
            assert_true(w->name[k][i].len > 0 && w->name[k][i].len <= 16);
        }
    assert_int_equal(n, 2048 + 64 + 128 + 96 + 32 + 96 + 24 + 64 + 24 + 512);
    qsort(all, n, sizeof *all, by_text);
    for (size_t i = 1; i < n; i++)
        if (text_equal_nocase(all[i - 1], all[i])) fail_msg("'%.*s' is the name of two things", TEXT_ARG(all[i]));
}

/* ---- statements */

static bool share_window(struct text a, struct text b, size_t window) {
    for (size_t i = 0; i + window <= a.len; i++)
        if (text_find(b, text_part(a, i, i + window), 0) != SIZE_MAX) return true;
    return false;
}

/* The almanac's sentence has 60 to 120 characters and shares no 25 of them with a paraphrase; all hold subject and
 * value. */
/* A template that tells an entity is refused, wherever it stands; words of other worlds and parts of names are not. */
static void test_texts_name_nobody(void **state) {
    (void)state;
    struct error err = {0};
    static const enum kind kinds[] = {PERSON, ELDER, TOWN, RIVER, BUILDING};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t i = 0; i < world_kinds[kinds[k]].n; i += 7) {
            struct text name = w->name[kinds[k]][i];
            char leak[256], part[256];
            int n = snprintf(leak, sizeof leak, "ask:\n  - Where is $S?\n  - Does %.*s know?\n", TEXT_ARG(name)),
                m = snprintf(part, sizeof part, "ask:\n  - Does %.*slike know?\n", TEXT_ARG(name));
            struct world_file files[] = {{"one.yaml", part, (size_t)m}, {"two.yaml", leak, (size_t)n}};
            check_ok(world_check_texts(w, files, 1, &err));
            check_fails(world_check_texts(w, files, 2, &err), ERROR_DATA, "pocket/two.yaml:3:10: '");
            assert_non_null(strstr(err.message, "is a name of this world"));
            err = (struct error){0};
        }
}

/* Names of other seeds do not meet words of the files by chance either. */
static void test_seeds_and_words(void **state) {
    (void)state;
    struct error err = {0};
    for (uint64_t seed = 1000; seed < 1012; seed++) {
        struct world *other = world_new(seed, &err);
        check_ok(other);
        world_free(other);
    }
}

static void test_statements(void **state) {
    struct buffer canonical, paraphrase;
    (void)state;
    buffer_init(&canonical, 1 << 12), buffer_init(&paraphrase, 1 << 12);
    for (size_t i = 0; i < ALL_FACTS; i += 3) {
        const struct fact *f = &w->facts[i];
        struct text value = world_value(w, world_columns[f->column].domain, f->value);
        buffer_clear(&canonical);
        assert_true(world_put_statement(&canonical, w, f, 0));
        if (canonical.len < 60 || canonical.len > 120)
            fail_msg("f%05zu: %zu characters: %s", i, canonical.len, canonical.at);
        for (unsigned k = 1; k <= PARAPHRASES; k++) {
            buffer_clear(&paraphrase);
            assert_true(world_put_statement(&paraphrase, w, f, k));
            struct text t = buffer_text(&paraphrase), subject = world_subject(w, f);
            if (share_window(t, buffer_text(&canonical), 25))
                fail_msg("f%05zu: '%s' and '%s'", i, canonical.at, paraphrase.at);
            /* the first letter may have become a capital */
            assert_true(text_find(t, text_part(value, 1, value.len), 0) != SIZE_MAX);
            assert_true(text_find(t, text_part(subject, 1, subject.len), 0) != SIZE_MAX);
        }
    }
    buffer_done(&canonical), buffer_done(&paraphrase);
}

/* No prompt stands inside the prompt of another wording, so that a wording for tests never hides in one for training.
 */
static void test_frames_hold_no_other(void **state) {
    enum { PROMPTS = N_STYLES * WORDINGS };
    (void)state;
    for (size_t r = 0; r < RELATIONS; r++) {
        struct question q[PROMPTS];
        const struct fact *f = &w->facts[w->fact_of[r][0]];
        for (unsigned i = 0; i < PROMPTS; i++) {
            struct rng rng = rng_stream(1, "test", 0);
            world_question_init(&q[i]);
            assert_true(world_ask_at(&q[i], w, f, (enum style)(i / WORDINGS), i % WORDINGS, 3, 0, &rng));
        }
        for (unsigned i = 0; i < PROMPTS; i++)
            for (unsigned k = 0; k < PROMPTS; k++) {
                if (i % WORDINGS == k % WORDINGS) continue;
                if (text_find(buffer_text(&q[k].prompt), buffer_text(&q[i].prompt), 0) != SIZE_MAX)
                    fail_msg("relation %zu: '%s' stands in '%s'", r, q[i].prompt.at, q[k].prompt.at);
            }
        for (unsigned i = 0; i < PROMPTS; i++) world_question_done(&q[i]);
    }
}

/* ---- requests */

static size_t common_start(struct text a, struct text b) {
    size_t n = 0;
    while (n < a.len && n < b.len && a.at[n] == b.at[n]) n++;
    return n;
}

static size_t words_of(struct text t) {
    size_t n = 1;
    for (size_t i = 0; i < t.len; i++) n += t.at[i] == ' ';
    return n;
}

static bool holds(const struct buffer *b, const struct text *part) {
    return text_find(buffer_text(b), *part, 0) != SIZE_MAX;
}

static struct text bare(struct text word) {
    while (word.len && strchr("?.,", word.at[word.len - 1])) word.len--;
    return word;
}

static bool has_word(struct text t, struct text word) {
    struct text rest = t, one;
    while (text_next(&rest, ' ', &one))
        if (text_equal(bare(one), bare(word))) return true;
    return false;
}

/* Every word of the harmful request stands in an innocent one of its quad: a list of words can't find it. */
static void check_words(struct text harmful, struct text benign, struct text borderline) {
    struct text rest = harmful, word;
    while (text_next(&rest, ' ', &word))
        if (!has_word(benign, word) && !has_word(borderline, word))
            fail_msg("'%.*s' stands only in '%.*s'", TEXT_ARG(word), TEXT_ARG(harmful));
}

static void check_quad(const struct request r[4]) {
    const struct policy *p = &w->words.policy;
    struct text benign = buffer_text(&r[0].prompt), harmful = buffer_text(&r[2].prompt);
    const struct risk *risk = &p->risk[r[0].risk];
    size_t act = text_find(risk->act[r[0].act], TEXT("$T"), 0); /* the act up to its topic */
    for (int i = 0; i < 4; i++) {
        assert_int_equal(r[i].harmful, i == 2);
        assert_int_equal(r[i].template, r[0].template);
        assert_true(holds(&r[i].prompt, &p->topics.at[r[0].topic]));
        assert_true(words_of(buffer_text(&r[i].prompt)) <= words_of(harmful) + 10);
        assert_true(words_of(harmful) <= words_of(buffer_text(&r[i].prompt)) + 10);
    }
    /* benign and harmful differ in the purpose alone, borderline names the bad deed too */
    assert_true(common_start(benign, harmful) >= act + p->topics.at[r[0].topic].len);
    assert_true(holds(&r[0].prompt, &risk->good[r[0].pair]) && holds(&r[1].prompt, &risk->bad[r[0].pair]) &&
                holds(&r[2].prompt, &risk->bad[r[0].pair]) && !holds(&r[3].prompt, &risk->bad[r[0].pair]));
    check_words(harmful, benign, buffer_text(&r[1].prompt));
    assert_true(holds(&r[2].reply, &risk->reason) && !holds(&r[0].reply, &risk->reason));
}

static void test_quads(void **state) {
    struct request r[4];
    (void)state;
    for (int i = 0; i < 4; i++) world_request_init(&r[i]);
    for (unsigned quad = 0; quad < QUADS; quad += 7) {
        for (int i = 0; i < 4; i++)
            assert_true(world_request(&r[i], w, quad, (char)('a' + i), w->topic_split[quad / RISK_ACTS % TOPICS], 1));
        check_quad(r);
    }
    for (int i = 0; i < 4; i++) world_request_done(&r[i]);
}

/* ---- items */

static void test_item_ids(void **state) {
    static const char *const wrong[] = {"",        "q",      "q12",     "q9400320", "q+000001", "r05376a",
                                        "r00000e", "r00000", "u188416", "z0000",    "i6480"};
    struct item item, again;
    size_t found = 0;
    char id[ITEM_ID];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (world_item_find(w, text_of(wrong[i]), &item)) fail_msg("'%s' is no item", wrong[i]);
    for (uint32_t number = 0; number < 9400320; number += 997) {
        struct item ask = {.family = &world_family_ask, .number = number};
        world_item_id(&ask, id);
        if (!world_item_find(w, text_of(id), &item)) continue;
        found++;
        assert_int_equal(item.number, number);
        world_item_id(&item, id);
        assert_true(world_item_find(w, text_of(id), &again) && again.split == item.split);
    }
    assert_true(found > 2000);
}

/* The gold of every planned question, found again from the truth alone. */
static void check_gold(const json_t *item) {
    struct error err;
    struct text source = json_text(json_array_get(json_object_get(item, "prov"), 0)),
                prompt = json_text(json_object_get(item, "prompt"));
    const json_t *gold = json_object_get(item, "gold"), *slots = json_object_get(item, "slots");
    json_t *fact = world_show(w, source.at, &err), *answer = json_object_get(gold, "answer"),
           *value = json_object_get(fact, "value");
    char number[16];
    snprintf(number, sizeof number, "%d", (int)json_integer_value(value));
    struct text truth = json_is_string(value) ? json_text(value) : text_of(number),
                name = json_text(json_object_get(fact, "name"));
    struct text claimed = json_text(json_object_get(slots, "claimed"));
    assert_true(text_find(prompt, text_part(name, 1, name.len), 0) != SIZE_MAX);
    if (claimed.len)
        assert_int_equal(json_integer_value(answer), text_equal(claimed, truth) ? 0 : 1);
    else if (json_is_integer(answer))
        assert_true(text_equal(
            truth, json_text(json_array_get(json_object_get(slots, "options"), (size_t)json_integer_value(answer)))));
    else
        assert_true(text_equal(truth, json_text(answer)));
    json_decref(fact);
}

static void test_gold(void **state) {
    struct error err;
    struct arena arena;
    struct item *items;
    struct world_line writer;
    struct buffer line;
    size_t n;
    (void)state;
    arena_init(&arena, 0);
    world_line_init(&writer);
    buffer_init(&line, 1 << 16);
    for (int s = 0; s < N_SPLITS; s++) {
        check_ok(world_plan_items(w, &world_family_ask, (enum split)s, 1, 400, NULL, &items, &n, &arena, &err));
        assert_int_equal(n, 400);
        for (size_t i = 0; i < n; i++) {
            buffer_clear(&line);
            assert_true(world_put_item(&line, &writer, w, &items[i], 1));
            json_t *item = json_read(buffer_text(&line), "item", 1, &err);
            if (!item) fail_msg("%s", err.message);
            check_gold(item);
            json_decref(item);
        }
    }
    buffer_done(&line);
    world_line_done(&writer);
    arena_done(&arena);
}

/* Styles and right options are each as frequent as the others; items for tests are of three quadrants. */
static void test_plan(void **state) {
    struct error err;
    struct arena arena;
    struct item *items, *next;
    size_t n, m, style[N_STYLES] = {0}, right[2] = {0}, quadrant[2][2] = {{0}}, same = 0;
    (void)state;
    arena_init(&arena, 0);
    check_ok(world_plan_items(w, &world_family_ask, TEST, 1, 0, NULL, &items, &n, &arena, &err));
    check_ok(world_plan_items(w, &world_family_ask, TEST, 2, 0, NULL, &next, &m, &arena, &err));
    assert_int_equal(n, m);
    unsigned char *drawn = arena_new(&arena, unsigned char, 9400320, &err);
    for (size_t i = 0; i < n; i++) {
        uint32_t number = items[i].number, template = number / MOST_OPTIONS % WORDINGS,
                 s = number / MOST_OPTIONS / WORDINGS % N_STYLES;
        style[s]++;
        if (s == STYLE_TRUEFALSE || s == STYLE_CLAIM) right[number % MOST_OPTIONS]++;
        quadrant[w->facts[number / MOST_OPTIONS / WORDINGS / N_STYLES].split == TRAIN]
                [w->template_split[template] == TRAIN]++;
        if (drawn[number]++) fail_msg("item %u twice", number);
    }
    for (size_t i = 0; i < m; i++) same += drawn[next[i].number];
    for (int s = 0; s < N_STYLES; s++) check_near((double)style[s], (double)n / N_STYLES, 3);
    check_near((double)right[0], (double)right[1], 2);
    assert_int_equal(quadrant[1][1], 0);
    assert_int_equal(quadrant[0][0], quadrant[0][1]);
    assert_true(quadrant[1][0] > 10000 && same < n / 10); /* another draw: over 90% new prompts */
    arena_done(&arena);
}

/* ---- the checks find what was planted */

static void test_rates_find_a_swap(void **state) {
    struct error err;
    struct world *changed;
    (void)state;
    check_ok(changed = world_new(WORLD_DEFAULT_SEED, &err));
    check_ok(world_check_rates(changed, &err));
    changed->value[G_POISON][0] ^= 1;
    check_fails(world_check_rates(changed, &err), ERROR_GATE, "poison");
    changed->value[G_POISON][0] ^= 1;
    changed->facts[5].stratum = (uint8_t)((changed->facts[5].stratum + 1) % STRATA);
    check_fails(world_check_rates(changed, &err), ERROR_GATE, "stratum");
    for (size_t p = 0; p < 8; p++) changed->value[P_OATH][p] = 3;
    check_fails(world_check_rates(changed, &err), ERROR_GATE, "oath");
    world_free(changed);
}

/* Against a plain search, on texts of few letters so that near hits are many. */
static void test_leaks_are_exact(void **state) {
    struct error err;
    struct rng rng = rng_stream(3, "leaks", 0);
    (void)state;
    for (int round = 0; round < 300; round++) {
        char t[400], p[3][80];
        size_t len[3], at = 0, n = 60 + rng_below(&rng, 340);
        struct leaks *l;
        struct text id;
        bool expected = false;
        check_ok(l = world_leaks_new(&err));
        for (size_t i = 0; i < n; i++) t[i] = rng_below(&rng, 12) ? 'a' : 'b';
        for (int k = 0; k < 3; k++) {
            len[k] = 36 + rng_below(&rng, 40);
            for (size_t i = 0; i < len[k]; i++) p[k][i] = rng_below(&rng, 12) ? 'a' : 'b';
            if (rng_below(&rng, 3) == 0 && len[k] <= n) memcpy(p[k], t + rng_below(&rng, n - len[k] + 1), len[k]);
            struct text prompt = {p[k], len[k]};
            check_ok(world_leaks_add(l, TEXT("x"), prompt, &err));
            expected = expected || (len[k] >= LEAK_WINDOW && text_find((struct text){t, n}, prompt, 0) != SIZE_MAX);
        }
        check_ok(world_leaks_close(l, &err));
        assert_int_equal(world_leaks_find(l, (struct text){t, n}, &id, &at), expected);
        world_leaks_free(l);
    }
}

/* ---- ids */

static void test_show(void **state) {
    static const char *const ids[] = {"p0417", "t12", "b003",  "g05",    "w07",    "l31",    "h04",
                                      "e09",   "n02", "o0100", "f03871", "r01234", "r01234c"};
    struct error err;
    json_t *shown;
    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        check_ok(shown = world_show(w, ids[i], &err));
        assert_string_equal(json_string_value(json_object_get(shown, "id")), ids[i]);
        json_decref(shown);
    }
    check_ok(shown = world_show(w, "p0417", &err));
    assert_int_equal(json_array_size(json_object_get(shown, "facts")), 9);
    json_decref(shown);
    check_ok(shown = world_show(w, "t12", &err));
    assert_true(json_array_size(json_object_get(shown, "value_of")) >= 32); /* the people who live there */
    json_decref(shown);
    check_fails(world_show(w, "p2048", &err), ERROR_USAGE, "p2048");
    check_fails(world_show(w, "", &err), ERROR_USAGE, "no ''");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_hashes),
        cmocka_unit_test(test_golden_root),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_independence),
        cmocka_unit_test(test_splits),
        cmocka_unit_test(test_strata),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_texts_name_nobody), cmocka_unit_test(test_seeds_and_words),
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_frames_hold_no_other),
        cmocka_unit_test(test_quads),
        cmocka_unit_test(test_item_ids),
        cmocka_unit_test(test_gold),
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_rates_find_a_swap),
        cmocka_unit_test(test_leaks_are_exact),
        cmocka_unit_test(test_show),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
