/* The map: what is told follows from the places of the towns and orders them all, answers are found again from the
 * places or, for towns that no text names, from the sentences of the prompt. */
#include "check.h"

#include "measure/world/world_item.h"

#include <stdlib.h>
#include <string.h>

static struct world *w;
static struct arena arena;
static struct buffer text;

static int setup(void **state) {
    struct error err;
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    buffer_init(&text, 1 << 18);
    if (!(w = world_new(WORLD_DEFAULT_SEED, &err))) return fprintf(stderr, "%s\n", err.message), -1;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    world_free(w);
    arena_done(&arena);
    buffer_done(&text);
    return 0;
}

static size_t town_of(struct text name) {
    for (size_t i = 0; i < world_kinds[TOWN].n; i++)
        if (text_equal(w->name[TOWN][i], name)) return i;
    fail_msg("no town '%.*s'", TEXT_ARG(name));
    return 0;
}

static int place(struct text direction, size_t town) {
    bool north = text_equal_c(direction, "north") || text_equal_c(direction, "south");
    int at = w->value[north ? T_NORTH : T_EAST][town];
    return text_equal_c(direction, "west") || text_equal_c(direction, "south") ? -at : at;
}

static struct text member(const json_t *object, const char *key) {
    return json_text(json_object_get(object, key));
}

/* Every told sentence is true; with turning round and steps it tells the order of any two towns. */
static void test_told(void **state) {
    enum { TOWNS = 64 };
    static bool farther[2][TOWNS][TOWNS];
    struct error err;
    size_t n = 0, turned = 0;
    (void)state;
    memset(farther, 0, sizeof farther);
    for (size_t i = 0; i < w->n_hashes; i++) n += strcmp(w->part[i].name, "map") == 0;
    assert_int_equal(n, 1);
    for (n = 0;; n++) {
        char id[16];
        snprintf(id, sizeof id, "mt%04zu", n);
        json_t *row = world_show(w, id, &err);
        if (!row) break;
        struct text lies = member(row, "lies");
        size_t a = (size_t)atoi(json_string_value(json_object_get(row, "town")) + 1),
               b = (size_t)atoi(json_string_value(json_object_get(row, "of")) + 1);
        assert_true(place(lies, a) > place(lies, b));
        bool back = text_equal_c(lies, "west") || text_equal_c(lies, "south");
        bool north = text_equal_c(lies, "north") || text_equal_c(lies, "south");
        turned += back;
        farther[north][back ? b : a][back ? a : b] = true;
        json_decref(row);
    }
    assert_true(n >= 2 * 31 * 4 * 2 - 8 && turned * 5 > n * 2 && turned * 5 < n * 3);
    for (int axis = 0; axis < 2; axis++)
        for (size_t via = 0; via < TOWNS; via++)
            for (size_t a = 0; a < TOWNS; a++)
                for (size_t b = 0; b < TOWNS; b++)
                    if (farther[axis][a][via] && farther[axis][via][b]) farther[axis][a][b] = true;
    for (size_t a = 0; a < TOWNS; a++)
        for (size_t b = 0; b < TOWNS; b++) {
            assert_int_equal(farther[0][a][b], w->value[T_EAST][a] > w->value[T_EAST][b]);
            assert_int_equal(farther[1][a][b], w->value[T_NORTH][a] > w->value[T_NORTH][b]);
        }
}

static size_t plan(const char *family, enum split split, uint64_t draw, uint64_t count, struct item **items) {
    struct error err;
    size_t n;
    check_ok(world_plan_items(w, world_family_find(family), split, draw, count, NULL, items, &n, &arena, &err));
    assert_true(n > 0);
    return n;
}

static json_t *item_line(const struct item *item, struct world_line *line) {
    struct error err;
    buffer_clear(&text);
    assert_true(world_put_item(&text, line, w, item, 1));
    json_t *json = json_read(buffer_text(&text), "item", 1, &err);
    if (!json) fail_msg("%s", err.message);
    return json;
}

static void test_gold(void **state) {
    struct world_line line;
    struct item *items;
    (void)state;
    world_line_init(&line);
    for (int which = 0; which < 2; which++)
        for (int s = 0; s < N_SPLITS; s++) {
            size_t n = plan(which ? "map-which" : "map", (enum split)s, 1, 0, &items), yes = 0;
            for (size_t i = 0; i < n; i++) {
                json_t *item = item_line(&items[i], &line);
                const json_t *slots = json_object_get(item, "slots"), *gold = json_object_get(item, "gold");
                struct text a = member(slots, "A"), b = member(slots, "B"), d = member(slots, "D");
                bool holds = place(d, town_of(a)) > place(d, town_of(b));
                assert_true(place(d, town_of(a)) != place(d, town_of(b)));
                if (which)
                    assert_true(text_equal(member(gold, "answer"), holds ? a : b));
                else
                    assert_int_equal(json_integer_value(json_object_get(gold, "answer")), !holds);
                yes += holds;
                json_decref(item);
            }
            assert_int_equal(2 * yes, n);
            arena_reset(&arena);
        }
    world_line_done(&line);
}

/* ---- steps: the prompt is read by its own rules, town by town */

struct reader {
    struct text name[8];
    size_t n;
    bool farther[8][8];
};

static size_t name_of(struct reader *r, struct text t) {
    for (size_t i = 0; i < r->n; i++)
        if (text_equal(r->name[i], t)) return i;
    return r->name[r->n] = t, r->n++;
}

/* The outside town at or behind `from`; SIZE_MAX: none. */
static size_t next_town(struct text t, size_t from, struct text *name) {
    size_t best = SIZE_MAX;
    for (size_t i = OUTSIDE_PEOPLE; i < OUTSIDE_PEOPLE + OUTSIDE_TOWNS; i++) {
        size_t at = text_find(t, w->name[OUTSIDE][i], from);
        if (at < best) best = at, *name = w->name[OUTSIDE][i];
    }
    return best;
}

/* One sentence about two towns; "To get from B to A you travel D" names the nearer town first. */
static void read_sentence(struct reader *r, struct text s) {
    struct text one = TEXT(""), two = TEXT("");
    size_t at = next_town(s, 0, &one);
    if (at == SIZE_MAX || next_town(s, at + one.len, &two) == SIZE_MAX) return;
    bool swap = text_find(s, TEXT("To get from"), 0) != SIZE_MAX;
    size_t a = name_of(r, swap ? two : one), b = name_of(r, swap ? one : two);
    bool back = text_find(s, TEXT("west"), 0) != SIZE_MAX || text_find(s, TEXT("south"), 0) != SIZE_MAX;
    r->farther[back ? b : a][back ? a : b] = true;
}

static int read_answer(struct text prompt, struct text a, struct text b, bool back) {
    struct reader r = {0};
    struct text sentence;
    /* the last sentence with two towns is the question; those before it are read */
    while (text_next(&prompt, '.', &sentence))
        if (text_find(sentence, TEXT("?"), 0) == SIZE_MAX && text_find(sentence, TEXT("My question"), 0) == SIZE_MAX)
            read_sentence(&r, sentence);
    for (size_t via = 0; via < r.n; via++)
        for (size_t i = 0; i < r.n; i++)
            for (size_t k = 0; k < r.n; k++) r.farther[i][k] |= r.farther[i][via] && r.farther[via][k];
    size_t x = name_of(&r, back ? b : a), y = name_of(&r, back ? a : b);
    return r.farther[x][y] ? 0 : r.farther[y][x] ? 1 : 2;
}

static void test_steps(void **state) {
    struct world_line line;
    struct item *items;
    size_t count[3] = {0}, n = plan("map-steps", TEST, 1, 0, &items);
    (void)state;
    world_line_init(&line);
    for (size_t i = 0; i < n; i++) {
        assert_true(world_make_line(&line, w, &items[i], 1));
        json_t *item = item_line(&items[i], &line);
        const json_t *slots = json_object_get(item, "slots");
        struct text prompt = member(item, "prompt"), a = member(slots, "A"), b = member(slots, "B");
        size_t end = prompt.len; /* the direction that is asked for stands behind the last full stop before the end */
        while (end > 1 && prompt.at[end - 2] != '.') end--;
        struct text question = text_part(prompt, end - 1, prompt.len);
        bool back =
            text_find(question, TEXT("west"), 0) != SIZE_MAX || text_find(question, TEXT("south"), 0) != SIZE_MAX;
        int answer = (int)json_integer_value(json_object_get(json_object_get(item, "gold"), "answer"));
        if (read_answer(prompt, a, b, back) != answer) fail_msg("%.*s: %d", TEXT_ARG(prompt), answer);
        count[answer]++;
        json_decref(item);
    }
    assert_true(count[0] == count[1] && count[1] == count[2] && count[0] * 3 == n);
    world_line_done(&line);
    arena_reset(&arena);
}

static int by_text(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

static size_t prompts_of(const char *family, enum split split, uint64_t draw, struct text **out) {
    struct error err;
    struct item *items;
    struct world_line line;
    size_t n = plan(family, split, draw, 0, &items);
    *out = arena_new(&arena, struct text, n, &err);
    world_line_init(&line);
    for (size_t i = 0; i < n; i++) {
        assert_true(world_make_line(&line, w, &items[i], draw));
        (*out)[i] = (struct text){arena_copy(&arena, line.prompt.at, line.prompt.len, &err), line.prompt.len};
        assert_true(line.prompt.len < 700);
    }
    world_line_done(&line);
    qsort(*out, n, sizeof **out, by_text);
    for (size_t i = 1; i < n; i++)
        if (text_equal((*out)[i - 1], (*out)[i])) fail_msg("%s asks twice: %.*s", family, TEXT_ARG((*out)[i]));
    return n;
}

static void test_files(void **state) {
    static const char *const families[] = {"map", "map-which", "map-steps"};
    (void)state;
    for (size_t k = 0; k < 3; k++)
        for (int s = 0; s < N_SPLITS; s++) {
            struct text *one, *two;
            size_t n = prompts_of(families[k], (enum split)s, 1, &one),
                   m = prompts_of(families[k], (enum split)s, 2, &two), same = 0;
            for (size_t i = 0; i < m; i++) same += bsearch(&two[i], one, n, sizeof *one, by_text) != NULL;
            if (same * 10 >= n)
                fail_msg("%s, %s: %zu of %zu prompts stay in draw 2", families[k], world_split_names[s], same, n);
            arena_reset(&arena);
        }
}

static void test_block(void **state) {
    const struct world_block *block = NULL;
    struct world_document document = {0};
    size_t bytes = 0, longest = 0;
    (void)state;
    for (size_t p = 0; p < world_n_parts; p++)
        if (strcmp(world_parts[p]->name, "map") == 0) block = world_parts[p]->blocks;
    assert_non_null(block);
    buffer_init(&document.text, 1 << 16);
    for (uint64_t i = 0; i < block->documents(w); i++) {
        buffer_clear(&document.text);
        assert_true(block->put(&document, w, i, 1));
        bytes += document.text.len;
        if (document.text.len > longest) longest = document.text.len;
    }
    printf("# map: %llu documents, %zu bytes, longest %zu\n", (unsigned long long)block->documents(w), bytes, longest);
    assert_true(bytes > 900000 && bytes < 1600000 && longest < 1500);
    buffer_done(&document.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_told), cmocka_unit_test(test_gold),
                                       cmocka_unit_test(test_steps), cmocka_unit_test(test_files),
                                       cmocka_unit_test(test_block)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
