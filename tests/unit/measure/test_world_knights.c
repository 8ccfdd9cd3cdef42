/* Knights and knaves: the puzzles are read back from their prompts and solved in another way than they were made, by
 * trying roles one person after the other, and by Z3 where it is installed; replies are graded by the published rule of
 * levels, written anew here; puzzles and grades made elsewhere agree. */
#include "check.h"

#include "base/file.h"
#include "measure/world/world_item.h"
#include "measure/world/world_knights.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_Z3
#include <z3.h>
#endif

static struct world *w;
static struct arena arena;
static struct buffer text;
static const char *root;

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

/* ---- a puzzle as it is written */

struct leaf {
    size_t person;
    bool knave;
};
struct said {
    char joint; /* 0, n(ot), a(nd), o(r), i(f), f: iff */
    struct leaf leaf[2];
};
struct read {
    size_t n;
    struct text name[16];
    struct said said[16];
};

static size_t person_of(const struct read *r, struct text name) {
    for (size_t i = 0; i < r->n; i++)
        if (text_equal(r->name[i], name)) return i;
    fail_msg("nobody is called '%.*s'", TEXT_ARG(name));
    return 0;
}

static struct text next_word(struct text *rest) {
    struct text word = TEXT("");
    while (word.len == 0 && text_next(rest, ' ', &word)) continue;
    return word;
}

static struct leaf read_leaf(const struct read *r, struct text sort, struct text *rest) {
    assert_true(text_equal_c(sort, "T") || text_equal_c(sort, "L"));
    return (struct leaf){.knave = text_equal_c(sort, "L"), .person = person_of(r, next_word(rest))};
}

/* "Bo: and T Ada L Bo. Ada: T Bo." anywhere in the prompt; each speaker stands before a colon. */
static void read_prefix(struct read *r, struct text prompt) {
    for (size_t i = 0; i < r->n; i++) {
        char start[64];
        int len = snprintf(start, sizeof start, "%.*s:", TEXT_ARG(r->name[i]));
        size_t at = text_find(prompt, (struct text){start, (size_t)len}, 0);
        assert_true(at != SIZE_MAX);
        struct text rest = text_part(prompt, at + (size_t)len, text_find(prompt, TEXT("."), at)),
                    word = next_word(&rest);
        struct said *s = &r->said[i];
        *s = (struct said){0};
        if (word.len > 1) s->joint = text_equal_c(word, "iff") ? 'f' : word.at[0], word = next_word(&rest);
        s->leaf[0] = read_leaf(r, word, &rest);
        if (s->joint && s->joint != 'n') s->leaf[1] = read_leaf(r, next_word(&rest), &rest);
        assert_int_equal(text_trim(rest).len, 0);
    }
}

/* -1 open, 0 false, 1 true, as far as roles (-1 open) tell. */
static int leaf_value(struct leaf leaf, const int *role) {
    int r = role[leaf.person];
    return r < 0 ? -1 : leaf.knave ? !r : r;
}

static int said_value(const struct said *s, const int *role) {
    int a = leaf_value(s->leaf[0], role), b = s->joint && s->joint != 'n' ? leaf_value(s->leaf[1], role) : 0;
    switch (s->joint) {
    case 0:
        return a;
    case 'n':
        return a < 0 ? -1 : !a;
    case 'a':
        return a == 0 || b == 0 ? 0 : a < 0 || b < 0 ? -1 : 1;
    case 'o':
        return a == 1 || b == 1 ? 1 : a < 0 || b < 0 ? -1 : 0;
    case 'i':
        return a == 0 || b == 1 ? 1 : a < 0 || b < 0 ? -1 : 0;
    default:
        return a < 0 || b < 0 ? -1 : a == b;
    }
}

/* Gives roles one by one and turns back as soon as somebody's words contradict his role. */
static size_t search(const struct read *r, int *role, size_t person, int *found) {
    for (size_t i = 0; i < person; i++) {
        int value = said_value(&r->said[i], role);
        if (value >= 0 && value != role[i]) return 0;
    }
    if (person == r->n) return memcpy(found, role, r->n * sizeof *role), 1;
    size_t ways = 0;
    for (int as = 0; as < 2; as++) role[person] = as, ways += search(r, role, person + 1, found);
    return role[person] = -1, ways;
}

static size_t solve(const struct read *r, int *found) {
    int role[16];
    for (size_t i = 0; i < 16; i++) role[i] = -1;
    return search(r, role, 0, found);
}

#ifdef HAVE_Z3
static Z3_ast z3_leaf(Z3_context c, const Z3_ast *role, struct leaf leaf) {
    return leaf.knave ? Z3_mk_not(c, role[leaf.person]) : role[leaf.person];
}

static Z3_ast z3_said(Z3_context c, const Z3_ast *role, const struct said *s) {
    Z3_ast a = z3_leaf(c, role, s->leaf[0]), b = s->joint && s->joint != 'n' ? z3_leaf(c, role, s->leaf[1]) : a,
           both[] = {a, b};
    switch (s->joint) {
    case 0:
        return a;
    case 'n':
        return Z3_mk_not(c, a);
    case 'a':
        return Z3_mk_and(c, 2, both);
    case 'o':
        return Z3_mk_or(c, 2, both);
    case 'i':
        return Z3_mk_implies(c, a, b);
    default:
        return Z3_mk_iff(c, a, b);
    }
}

/* The roles fit, and no others do. */
static void check_z3(const struct read *r, const int *found) {
    Z3_config config = Z3_mk_config();
    Z3_context c = Z3_mk_context(config);
    Z3_solver solver = Z3_mk_simple_solver(c);
    Z3_solver_inc_ref(c, solver);
    Z3_ast role[16], same[16];
    for (size_t i = 0; i < r->n; i++) role[i] = Z3_mk_const(c, Z3_mk_int_symbol(c, (int)i), Z3_mk_bool_sort(c));
    for (size_t i = 0; i < r->n; i++) {
        Z3_solver_assert(c, solver, Z3_mk_iff(c, role[i], z3_said(c, role, &r->said[i])));
        same[i] = found[i] ? role[i] : Z3_mk_not(c, role[i]);
    }
    assert_int_equal(Z3_solver_check_assumptions(c, solver, (unsigned)r->n, same), Z3_L_TRUE);
    Z3_solver_assert(c, solver, Z3_mk_not(c, Z3_mk_and(c, (unsigned)r->n, same)));
    assert_int_equal(Z3_solver_check(c, solver), Z3_L_FALSE);
    Z3_solver_dec_ref(c, solver);
    Z3_del_context(c);
    Z3_del_config(config);
}
#endif

/* ---- levels of replies, by the published rule */

static size_t count(struct text t, const char *part, size_t *at) {
    size_t n = 0, from = 0, found;
    while ((found = text_find(t, text_of(part), from)) != SIZE_MAX) {
        if (n++ == 0) *at = found;
        from = found + strlen(part);
    }
    return n;
}

static bool word_starts(struct text t, size_t at) {
    return at == 0 || !(isalnum((unsigned char)t.at[at - 1]) || t.at[at - 1] == '_');
}

/* "NAME is a knight" or "... knave" in lower case. 1, 0, or -1: not there. */
static int role_in(struct text answer, struct text name) {
    char wanted[96];
    for (int knight = 1; knight >= 0; knight--) {
        int len = snprintf(wanted, sizeof wanted, "%.*s is a %s", TEXT_ARG(name), knight ? "knight" : "knave");
        for (int i = 0; i < len; i++) wanted[i] = (char)tolower((unsigned char)wanted[i]);
        size_t at = text_find(answer, (struct text){wanted, (size_t)len}, 0);
        if (at != SIZE_MAX && word_starts(answer, at)) return knight;
    }
    return -1;
}

/* reply: with the opened think mark of the prompt in front. */
static unsigned level_of(struct text reply, const struct text *names, const bool *knights, size_t n) {
    static const char *const marks[] = {"<think>", "</think>", "<answer>", "</answer>"};
    size_t at[4] = {0}, words = 0, unused;
    for (size_t i = 0; i < 4; i++)
        if (count(reply, marks[i], &at[i]) != 1 || (i && at[i] < at[i - 1])) return 4;
    char low[4096];
    struct text answer = text_trim(text_part(reply, at[2] + 8, at[3]));
    assert_true(answer.len < sizeof low);
    for (size_t i = 0; i < answer.len; i++) low[i] = (char)tolower((unsigned char)answer.at[i]);
    answer.at = low;
    if (answer.len == 0) return 4;
    words = count(answer, "knight", &unused) + count(answer, "knave", &unused);
    if (words != n) return 3;
    unsigned level = 1;
    for (size_t i = 0; i < n; i++) {
        int role = role_in(answer, names[i]);
        if (role < 0) return 3;
        if (role != knights[i]) level = 2;
    }
    return level;
}

/* The same for answers without thoughts, "Answer: ... End." */
static unsigned short_level_of(struct text reply, const struct text *names, const bool *knights, size_t n) {
    size_t begin = 0, end = 0;
    char spelled[1024];
    if (count(reply, "Answer:", &begin) != 1 || count(reply, "End.", &end) != 1 || end < begin) return 4;
    struct text answer = text_trim(text_part(reply, begin + strlen("Answer:"), end));
    int len = snprintf(spelled, sizeof spelled, "<think></think><answer>%.*s</answer>", TEXT_ARG(answer));
    return level_of((struct text){spelled, (size_t)len}, names, knights, n);
}

/* ---- items */

static json_t *item_line(const struct item *item, struct world_line *line, uint64_t draw) {
    struct error err;
    buffer_clear(&text);
    assert_true(world_put_item(&text, line, w, item, draw));
    json_t *json = json_read(buffer_text(&text), "item", 1, &err);
    if (!json) fail_msg("%s", err.message);
    return json;
}

static size_t plan(const char *family, enum split split, uint64_t draw, const struct option_value *options,
                   struct item **items) {
    struct error err;
    size_t n;
    check_ok(world_plan_items(w, world_family_find(family), split, draw, 0, options, items, &n, &arena, &err));
    return n;
}

static void read_names(struct read *r, const json_t *slots, bool *knights) {
    const json_t *names = json_object_get(slots, "names"), *solution = json_object_get(slots, "solution");
    r->n = json_array_size(names);
    for (size_t i = 0; i < r->n; i++) {
        r->name[i] = json_text(json_array_get(names, i));
        knights[i] = json_is_true(json_array_get(solution, i));
    }
}

/* Statements of the slots, ["and",["T",0],["L",1]]. */
static void read_statements(struct read *r, const json_t *slots) {
    for (size_t i = 0; i < r->n; i++) {
        const json_t *s = json_array_get(json_object_get(slots, "statements"), i), *first = s;
        struct text joint = json_text(json_array_get(s, 0));
        bool leaf = text_equal_c(joint, "T") || text_equal_c(joint, "L");
        r->said[i] = (struct said){0};
        if (!leaf) {
            r->said[i].joint = text_equal_c(joint, "->") ? 'i' : text_equal_c(joint, "<=>") ? 'f' : joint.at[0];
            first = json_array_get(s, 1);
        }
        for (size_t k = 0; k < (leaf ? 1 : json_array_size(s) - 1); k++) {
            const json_t *one = leaf ? first : json_array_get(s, k + 1);
            r->said[i].leaf[k] = (struct leaf){(size_t)json_integer_value(json_array_get(one, 1)),
                                               text_equal_c(json_text(json_array_get(one, 0)), "L")};
        }
    }
}

static bool same_said(const struct said *a, const struct said *b) {
    return a->joint == b->joint && a->leaf[0].person == b->leaf[0].person && a->leaf[0].knave == b->leaf[0].knave &&
           a->leaf[1].person == b->leaf[1].person && a->leaf[1].knave == b->leaf[1].knave;
}

enum { Z3_EVERY = 10 }; /* it takes some milliseconds for each */
#ifdef HAVE_Z3
static size_t checked;
#endif

/* Solves what the prompt says, prose by the statements of the slots. */
static void check_solution(const json_t *item, struct read *r, bool *knights) {
    const json_t *slots = json_object_get(item, "slots");
    int found[16];
    read_names(r, slots, knights);
    read_statements(r, slots);
    if (text_find(json_text(json_object_get(item, "template")), TEXT("/prefix/"), 0) != SIZE_MAX) {
        struct read again = *r;
        read_prefix(&again, json_text(json_object_get(item, "prompt")));
        for (size_t i = 0; i < r->n; i++) assert_true(same_said(&again.said[i], &r->said[i]));
    }
    assert_int_equal(solve(r, found), 1);
    for (size_t i = 0; i < r->n; i++) assert_int_equal(found[i], knights[i]);
#ifdef HAVE_Z3
    if (checked++ % Z3_EVERY == 0) check_z3(r, found);
#endif
}

static void check_answer(const json_t *item, const struct read *r, const bool *knights) {
    const json_t *gold = json_object_get(item, "gold");
    struct text answer = json_text(json_object_get(gold, "answer")), line;
    for (size_t i = 0; i < r->n; i++) {
        char wanted[96];
        assert_true(text_next(&answer, '\n', &line));
        int len = snprintf(wanted, sizeof wanted, "(%zu) %.*s is a %s", i + 1, TEXT_ARG(r->name[i]),
                           knights[i] ? "knight" : "knave");
        assert_true(text_equal(line, (struct text){wanted, (size_t)len}));
    }
    struct text reply = json_text(json_object_get(gold, "reply"));
    bool few = text_starts(json_text(json_object_get(item, "template")), TEXT("knights-few"));
    assert_int_equal((few ? short_level_of : level_of)(reply, r->name, knights, r->n), 1);
    assert_true(json_text(json_object_get(item, "prompt")).len < 700);
}

static void test_puzzles(void **state) {
    struct world_line line;
    size_t people[9] = {0}, prose = 0, all = 0, knight = 0, roles = 0;
    (void)state;
    world_line_init(&line);
    for (int s = 0; s < N_SPLITS; s++) {
        struct item *items;
        size_t n = plan("knights", (enum split)s, 1, NULL, &items);
        assert_int_equal(n, 2000);
        for (size_t i = 0; i < n; i += 2) {
            struct read r;
            bool knights[16];
            json_t *item = item_line(&items[i], &line, 1);
            check_solution(item, &r, knights);
            check_answer(item, &r, knights);
            people[r.n]++, all++;
            for (size_t k = 0; k < r.n; k++) knight += knights[k], roles++;
            prose += text_find(json_text(json_object_get(item, "template")), TEXT("prose"), 0) != SIZE_MAX;
            json_decref(item);
        }
        arena_reset(&arena);
    }
    for (size_t i = 2; i <= 8; i++) assert_true(people[i] * 9 > all && people[i] * 5 < all);
    assert_true(prose * 20 > all * 9 && prose * 20 < all * 11 && knight * 20 > roles * 7 && knight * 20 < roles * 13);
    world_line_done(&line);
}

/* The prose says what the statements say: every clause is found in it. */
static void test_prose(void **state) {
    struct world_line line;
    struct item *items;
    struct error err;
    struct option_value *options =
        spec_parse(&arena, TEXT("knights,people=3,form=prose"), world_family_find("knights")->options, 2, &err);
    (void)state;
    assert_non_null(options);
    world_line_init(&line);
    size_t n = plan("knights", TEST, 1, options, &items);
    assert_true(n > 500);
    for (size_t i = 0; i < n; i += 5) {
        struct read r;
        bool knights[16];
        json_t *item = item_line(&items[i], &line, 1);
        struct text prompt = json_text(json_object_get(item, "prompt"));
        read_names(&r, json_object_get(item, "slots"), knights);
        read_statements(&r, json_object_get(item, "slots"));
        assert_int_equal(r.n, 3);
        for (size_t p = 0; p < r.n; p++)
            for (size_t k = 0; k < (r.said[p].joint && r.said[p].joint != 'n' ? 2 : 1); k++) {
                char clause[96];
                struct leaf leaf = r.said[p].leaf[k];
                int len = snprintf(clause, sizeof clause, "%.*s is %sa %s", TEXT_ARG(r.name[leaf.person]),
                                   r.said[p].joint == 'n' ? "not " : "", leaf.knave ? "knave" : "knight");
                if (text_find(prompt, (struct text){clause, (size_t)len}, 0) == SIZE_MAX)
                    fail_msg("'%s' is not in '%.*s'", clause, TEXT_ARG(prompt));
            }
        json_decref(item);
    }
    world_line_done(&line);
    arena_reset(&arena);
}

static void test_keys(void **state) {
    struct item *items;
    struct error err;
    const struct world_family *f = world_family_find("knights");
    (void)state;
    struct option_value *options = spec_parse(&arena, TEXT("knights,people=2:5"), f->options, f->n_options, &err);
    assert_non_null(options);
    size_t n = plan("knights", VALID, 1, options, &items), of[9] = {0};
    for (size_t i = 0; i < n; i++) of[2 + items[i].number / 16 / 2 / 600]++;
    assert_true(of[2] > n / 3 && of[5] > n / 3 && of[2] + of[5] == n);
    check_fails(spec_parse(&arena, TEXT("knights,poeple=2"), f->options, f->n_options, &err) != NULL, ERROR_USAGE,
                "people");
    check_fails(spec_parse(&arena, TEXT("knights,form=verse"), f->options, f->n_options, &err) != NULL, ERROR_USAGE,
                "prefix");
    arena_reset(&arena);
}

/* Changes: one leaf, one statement, the order, the names; the first two have another solution. */
static void check_change(const struct read *a, const bool *as, const struct read *b, const bool *bs,
                         const char *change) {
    size_t other = 0, leaves = 0, names = 0, role = 0;
    for (size_t i = 0; i < a->n; i++) {
        other += !same_said(&a->said[i], &b->said[i]), names += !text_equal(a->name[i], b->name[i]),
            role += as[i] != bs[i];
        for (size_t k = 0; k < 2; k++)
            leaves += a->said[i].leaf[k].person != b->said[i].leaf[k].person ||
                      a->said[i].leaf[k].knave != b->said[i].leaf[k].knave;
    }
    if (strcmp(change, "leaf") == 0)
        assert_true(other == 1 && leaves == 1 && names == 0 && role > 0);
    else if (strcmp(change, "statement") == 0)
        assert_true(other == 1 && names == 0 && role > 0);
    else if (strcmp(change, "names") == 0)
        assert_true(other == 0 && names == a->n && role == 0);
    else {
        assert_true(names > 0);
        for (size_t i = 0; i < a->n; i++) { /* everybody is found again, with the same role */
            size_t at = person_of(b, a->name[i]);
            assert_int_equal(as[i], bs[at]);
            assert_int_equal(a->said[i].joint, b->said[at].joint);
        }
    }
}

static void test_changes(void **state) {
    struct world_line line;
    struct item *items;
    size_t n = plan("knights-changed", TEST, 1, NULL, &items);
    (void)state;
    world_line_init(&line);
    for (size_t i = 0; i < n; i += 3) {
        struct read a, b;
        bool as[16], bs[16];
        struct item of;
        json_t *changed = item_line(&items[i], &line, 1);
        struct text twin = json_text(json_object_get(json_object_get(changed, "labels"), "twin"));
        assert_true(world_item_find(w, twin, &of) && of.split == TEST);
        json_t *item = item_line(&of, &line, 1);
        check_solution(item, &a, as);
        check_solution(changed, &b, bs);
        check_answer(changed, &b, bs);
        check_change(&a, as, &b, bs, json_string_value(json_object_get(json_object_get(changed, "labels"), "change")));
        json_decref(item), json_decref(changed);
    }
    world_line_done(&line);
    arena_reset(&arena);
}

static int by_text(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* 20, 50, 15 and 15 in a hundred, each reply of the level that it is said to have. */
static void check_mix(const char *family) {
    struct world_line line;
    struct item *items;
    size_t n = plan(family, TRAIN, 1, NULL, &items), of[5] = {0};
    world_line_init(&line);
    for (size_t i = 0; i < n; i++) {
        struct read r;
        bool knights[16];
        json_t *item = item_line(&items[i], &line, 1);
        json_int_t level = json_integer_value(json_object_get(json_object_get(item, "labels"), "level"));
        check_solution(item, &r, knights);
        struct text reply = json_text(json_object_get(json_object_get(item, "gold"), "reply"));
        bool few = strcmp(family, "knights-few-mix") == 0;
        if ((few ? short_level_of : level_of)(reply, r.name, knights, r.n) != level) fail_msg("level %d: %.*s", (int)level, TEXT_ARG(reply));
        of[level]++;
        json_decref(item);
    }
    assert_true(n == 2000 && of[1] == 400 && of[2] == 1000 && of[3] == 300 && of[4] == 300);
    world_line_done(&line);
    arena_reset(&arena);
}

static void test_mix(void **state) {
    (void)state;
    check_mix("knights-mix");
    check_mix("knights-few-mix");
}

/* Statements of a puzzle as text. */
static struct text said_of(const struct item *item, struct world_line *line) {
    struct error err;
    json_t *row = item_line(item, line, 1);
    struct buffer out;
    buffer_init(&out, 1 << 12);
    assert_true(json_put(&out, json_object_get(json_object_get(row, "slots"), "statements"), 0));
    struct text kept = {arena_copy(&arena, out.at, out.len, &err), out.len};
    buffer_done(&out);
    json_decref(row);
    return kept;
}

/* People have the same names in all of them, and what is said in one split is said in no other. */
static void test_few(void **state) {
    struct world_line line;
    struct item *items;
    struct error err;
    struct text *said[N_SPLITS];
    size_t n[N_SPLITS];
    (void)state;
    world_line_init(&line);
    for (int s = 0; s < N_SPLITS; s++) {
        n[s] = plan("knights-few", (enum split)s, 1, NULL, &items);
        said[s] = arena_new(&arena, struct text, n[s], &err);
        for (size_t i = 0; i < n[s]; i++) {
            said[s][i] = said_of(&items[i], &line);
            struct read r;
            bool knights[16];
            json_t *item = item_line(&items[i], &line, 1);
            check_solution(item, &r, knights);
            check_answer(item, &r, knights);
            assert_true(r.n >= 2 && r.n <= 5);
            for (size_t p = 0; p < r.n; p++) assert_true(text_equal(r.name[p], world_knights(w)->name[p]));
            json_decref(item);
        }
        qsort(said[s], n[s], sizeof **said, by_text);
        for (int t = 0; t < s; t++)
            for (size_t i = 0; i < n[s]; i++) assert_null(bsearch(&said[s][i], said[t], n[t], sizeof **said, by_text));
    }
    world_line_done(&line);
    arena_reset(&arena);
}

static size_t prompts_of(const char *family, enum split split, uint64_t draw, struct text **out) {
    struct error err;
    struct item *items;
    struct world_line line;
    size_t n = plan(family, split, draw, NULL, &items);
    *out = arena_new(&arena, struct text, n + 1, &err);
    world_line_init(&line);
    for (size_t i = 0; i < n; i++) {
        assert_true(world_make_line(&line, w, &items[i], draw));
        (*out)[i] = (struct text){arena_copy(&arena, line.prompt.at, line.prompt.len, &err), line.prompt.len};
    }
    world_line_done(&line);
    qsort(*out, n, sizeof **out, by_text);
    for (size_t i = 1; i < n; i++)
        if (text_equal((*out)[i - 1], (*out)[i])) fail_msg("%s asks twice: %.*s", family, TEXT_ARG((*out)[i]));
    return n;
}

/* Nothing comes twice, a draw has other puzzles, and no split has a puzzle of another. */
static void test_files(void **state) {
    static const char *const families[] = {"knights", "knights-changed", "knights-mix"};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct text *of[N_SPLITS], *other;
        size_t n[N_SPLITS];
        for (int s = 0; s < N_SPLITS; s++) {
            n[s] = prompts_of(families[k], (enum split)s, 1, &of[s]);
            size_t m = prompts_of(families[k], (enum split)s, 2, &other), same = 0;
            for (size_t i = 0; i < m; i++) same += bsearch(&other[i], of[s], n[s], sizeof *other, by_text) != NULL;
            assert_true(same * 50 <= m);
            for (int t = 0; t < s; t++)
                for (size_t i = 0; i < n[s]; i++) assert_null(bsearch(&of[s][i], of[t], n[t], sizeof *other, by_text));
        }
        arena_reset(&arena);
    }
}

static void test_names(void **state) {
    const struct knights *k = world_knights(w);
    size_t reserved = 0, n;
    const struct text *reserve = world_reserve(w, &n);
    (void)state;
    for (size_t i = 0; i < KNIGHT_NAMES; i++) {
        for (size_t a = 0; a < i; a++) assert_false(text_equal(k->name[a], k->name[i]));
        for (size_t a = 0; a < n; a++) reserved += text_equal(reserve[a], k->name[i]);
    }
    assert_int_equal(reserved, KNIGHT_NAMES); /* each is a word that the tokenizer keeps whole */
}

/* Tells no roles. */
static void test_block(void **state) {
    const struct world_block *block = world_part_knights.blocks;
    struct world_document document = {0};
    size_t bytes = 0, longest = 0;
    (void)state;
    buffer_init(&document.text, 1 << 16);
    for (uint64_t i = 0; i < block->documents(w); i++) {
        buffer_clear(&document.text);
        assert_true(block->put(&document, w, i, 1));
        assert_true(text_find(buffer_text(&document.text), TEXT("(1)"), 0) == SIZE_MAX);
        bytes += document.text.len;
        if (document.text.len > longest) longest = document.text.len;
    }
    printf("# knights: %llu documents, %zu bytes, longest %zu\n", (unsigned long long)block->documents(w), bytes,
           longest);
    assert_true(bytes > 900000 && bytes < 1500000 && longest < 1500);
    buffer_done(&document.text);
}

/* ---- puzzles and grades that were made elsewhere; not part of the product */

static bool shared(const char *name, struct text *out) {
    struct error err;
    char path[512];
    snprintf(path, sizeof path, "%s/../shared/data/trpa/%s", root, name);
    return file_read(&arena, path, (size_t)1 << 26, out, &err);
}

static void test_other_puzzles(void **state) {
    struct text lines, line;
    struct error err;
    size_t n = 0;
    (void)state;
    if (!shared("kk_own_a.jsonl", &lines)) {
        print_message("skip - other puzzles: no kk_own_a.jsonl\n");
        skip();
    }
    while (text_next(&lines, '\n', &line) && line.len) {
        struct read r;
        bool knights[16];
        int found[16];
        json_t *puzzle = json_read(line, "puzzle", n + 1, &err);
        struct puzzle p = {0};
        unsigned mask = 0;
        read_names(&r, puzzle, knights), read_statements(&r, puzzle);
        p.n = r.n;
        for (size_t i = 0; i < r.n; i++) {
            static const char joints[] = {0, 'n', 'a', 'o', 'i', 'f'};
            const struct said *s = &r.said[i];
            for (uint8_t k = 0; k < N_SPOKEN; k++)
                if (joints[k] == s->joint) p.said[i].kind = k;
            p.said[i].a = (uint8_t)(s->leaf[0].person * 2 + s->leaf[0].knave);
            p.said[i].b = (uint8_t)(s->leaf[1].person * 2 + s->leaf[1].knave);
        }
        assert_int_equal(puzzle_solve(&p, &mask), 1);
        assert_int_equal(solve(&r, found), 1);
        for (size_t i = 0; i < r.n; i++) assert_true((mask >> i & 1) == knights[i] && found[i] == knights[i]);
        json_decref(puzzle), n++;
    }
    assert_int_equal(n, 280);
    arena_reset(&arena);
}

/* The rule of levels of this file agrees with grades that were made with the published one. */
static void test_level_gold(void **state) {
    struct text lines, line;
    struct error err;
    size_t n = 0;
    (void)state;
    if (!shared("level_gold_a.jsonl", &lines)) {
        print_message("skip - level gold: no level_gold_a.jsonl\n");
        skip();
    }
    while (text_next(&lines, '\n', &line) && line.len) {
        json_t *one = json_read(line, "case", n + 1, &err);
        struct text solution = json_text(json_object_get(one, "solution_text_format")), role, names[16];
        bool knights[16];
        size_t people = 0;
        while (text_next(&solution, '\n', &role)) {
            size_t from = text_find(role, TEXT(" "), 0) + 1, to = text_find(role, TEXT(" is a "), 0);
            names[people] = text_part(role, from, to), knights[people++] = text_ends(role, TEXT("knight"));
        }
        buffer_clear(&text);
        buffer_put_text(&text, json_text(json_object_get(one, "prompt_tail")));
        buffer_put_text(&text, json_text(json_object_get(one, "response")));
        json_int_t expected = json_integer_value(json_object_get(json_object_get(one, "expect"), "level"));
        if (level_of(buffer_text(&text), names, knights, people) != expected)
            fail_msg("%s: level %u, expected %d", json_string_value(json_object_get(one, "case")),
                     level_of(buffer_text(&text), names, knights, people), (int)expected);
        json_decref(one), n++;
    }
    assert_int_equal(n, 300);
    arena_reset(&arena);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),      cmocka_unit_test(test_puzzles), cmocka_unit_test(test_prose),
        cmocka_unit_test(test_keys),       cmocka_unit_test(test_changes), cmocka_unit_test(test_mix),
        cmocka_unit_test(test_few),
        cmocka_unit_test(test_files),      cmocka_unit_test(test_block),   cmocka_unit_test(test_other_puzzles),
        cmocka_unit_test(test_level_gold),
    };
    root = argc > 1 ? argv[1] : ".";
#ifndef HAVE_Z3
    printf("skip - a second proof by Z3: it was not there when this was built\n");
#endif
    return cmocka_run_group_tests(tests, setup, teardown);
}
