/* Safety cases of the world: every split is decided again from its formulas, in another way than cases are made, by
 * setting each quantity to the worst that its bounds allow; planted faults break one split and harmless changes none;
 * sentences and formulas are those of one statement. */
#include "check.h"

#include "measure/world/world_cases.h"
#include "measure/world/world_item.h"

#include <stdlib.h>

static struct world *w;

static int setup(void **state) {
    struct error err;
    (void)state;
    if (!(w = world_new(WORLD_DEFAULT_SEED, &err))) return fprintf(stderr, "%s\n", err.message), -1;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    world_free(w);
    return 0;
}

/* ---- what follows, by worst values */

enum { NAMES = 32 };
struct bounds {
    char name[NAMES][32];
    double least[NAMES], most[NAMES];
    size_t n;
};

static size_t name_of(struct bounds *b, const char *name) {
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->name[i], name) == 0) return i;
    snprintf(b->name[b->n], sizeof b->name[0], "%s", name);
    b->least[b->n] = -1e9, b->most[b->n] = 1e9;
    return b->n++;
}

static double least(double a, double b) {
    return a < b ? a : b;
}
static double most(double a, double b) {
    return a > b ? a : b;
}

/* "v <= 3", "v >= 3": bounds; "a = b + c", "a = b * c": a lies between the least and the most of it. */
static void take(struct bounds *b, const char *formula, bool laws) {
    char a[4][32] = {{0}}, sign[8], by[3];
    double number;
    if (sscanf(formula, "%31s %7s %lf", a[0], sign, &number) == 3) {
        size_t at = name_of(b, a[0]);
        if (!laws && sign[0] == '<') b->most[at] = least(b->most[at], number);
        if (!laws && sign[0] == '>') b->least[at] = most(b->least[at], number);
        return;
    }
    int n = sscanf(formula, "%31s = %31s %1[+*] %31s %1[+] %31s", a[0], a[1], &by[0], a[2], &by[1], a[3]);
    if (!laws || n < 4) return;
    size_t x = name_of(b, a[1]), y = name_of(b, a[2]), whole = name_of(b, a[0]);
    if (by[0] == '+') {
        b->most[whole] = b->most[x] + b->most[y] + (n > 4 ? b->most[name_of(b, a[3])] : 0);
        b->least[whole] = -1e9;
    } else { /* of factors that may be negative anything comes */
        bool positive = b->least[x] >= 0 && b->least[y] >= 0;
        b->most[whole] = positive ? b->most[x] * b->most[y] : 1e12;
    }
}

static const char *decide_numbers(const struct safety_case *c, size_t goal) {
    static struct bounds b;
    char left[32], sign[8], right[32];
    b.n = 0;
    for (int laws = 0; laws < 2; laws++)
        for (size_t i = 0; i < c->n; i++)
            for (size_t k = 0; c->node[i].parent == (int)goal && k < c->node[i].n_formulas; k++)
                take(&b, c->node[i].formula[k], laws);
    for (size_t i = 0; i < b.n; i++)
        if (b.least[i] > b.most[i]) return "vacuous";
    assert_int_equal(sscanf(c->node[goal].formula[0], "%31s %7s %31s", left, sign, right), 3);
    double most_left = b.most[name_of(&b, left)];
    double limit = right[0] >= '0' && right[0] <= '9' ? atof(right) : b.least[name_of(&b, right)];
    bool follows = strcmp(sign, "<") == 0 ? most_left < limit : most_left <= limit;
    return follows ? "holds" : "refuted";
}

static bool has_element(const char *list, const char *element, size_t n) {
    for (const char *at = list; (at = strstr(at, element)); at++)
        if ((at[-1] == '{' || at[-1] == ' ') && (at[n] == ',' || at[n] == '}')) return true;
    return false;
}

/* "A sub B" from "A = {...}", "B = {...}", or from "A sub M", "M sub B". */
static const char *decide_sets(const struct safety_case *c, size_t goal) {
    char a[32], b[32];
    const char *of_a = NULL, *of_b = NULL;
    bool chain = false;
    assert_int_equal(sscanf(c->node[goal].formula[0], "%31s sub %31s", a, b), 2);
    for (size_t i = 0; i < c->n; i++) {
        const char *f = c->node[i].formula[0];
        if (c->node[i].parent != (int)goal) continue;
        chain = chain || strstr(f, " sub ");
        if (strncmp(f, a, strlen(a)) == 0 && strchr(f, '{')) of_a = strchr(f, '{');
        if (strncmp(f, b, strlen(b)) == 0 && strchr(f, '{')) of_b = strchr(f, '{');
    }
    if (chain) return "holds";
    assert_true(of_a && of_b);
    for (const char *at = of_a + 1; *at;) {
        size_t n = strcspn(at, ",}");
        char element[32];
        snprintf(element, sizeof element, "%.*s", (int)n, at);
        if (!has_element(of_b, element, n)) return "refuted";
        at += n + (at[n] == ',' ? 2 : 1);
    }
    return "holds";
}

/* One rule of two conditions, each of which must be a fact. */
static const char *decide_rules(const struct safety_case *c, size_t goal) {
    char need[2][32];
    bool found[2] = {false, false}, rule = false;
    for (size_t i = 0; i < c->n; i++)
        if (c->node[i].parent == (int)goal && c->node[i].kind == NODE_LAW)
            rule = sscanf(c->node[i].formula[0], "%*[a-z](X) :- %31[a-z](X), %31[a-z](X)", need[0], need[1]) == 2;
    for (size_t i = 0; rule && i < c->n; i++)
        for (size_t k = 0; k < 2; k++)
            if (c->node[i].parent == (int)goal && strncmp(c->node[i].formula[0], need[k], strlen(need[k])) == 0 &&
                !strstr(c->node[i].formula[0], ":-"))
                found[k] = true;
    return rule && found[0] && found[1] ? "holds" : "refuted";
}

static const char *decide(const struct safety_case *c, size_t node) {
    const char *reason = c->node[node].reason;
    if (strcmp(reason, "arith") == 0) return decide_numbers(c, node);
    if (strcmp(reason, "horn") == 0) return decide_rules(c, node);
    return strcmp(reason, "none") == 0 ? "none" : decide_sets(c, node);
}

static void check_case(const struct safety_case *c, const struct planted *planted, const char *what) {
    for (size_t i = 0; i < c->n; i++) {
        const char *status = decide(c, i), *expected = i == planted->node ? planted->status : "holds";
        assert_true(c->node[i].parent < (int)i && (i == 0) == (c->node[i].parent < 0));
        if (strcmp(status, "none") == 0 || strcmp(status, expected) == 0) continue;
        fail_msg("%s: node %zu '%s' %s, expected %s", what, i, c->node[i].formula[0], status, expected);
    }
}

/* ---- tests */

static void splits_follow_until_a_fault_is_planted(void **state) {
    size_t planted[N_VARIANTS] = {0}, depth[5] = {0};
    (void)state;
    for (size_t machine = 0; machine < MACHINES; machine++)
        for (unsigned shape = 0; shape < CASE_SHAPES; shape++) {
            struct rng rng = world_stream(w, "test/cases", 1, machine * CASE_SHAPES + shape);
            struct safety_case c, changed;
            struct planted place = {0, "holds"};
            unsigned template = (unsigned)(shape * 7 + machine) % WORDINGS;
            assert_true(safety_case_draw(&c, w, machine, shape, template, &rng));
            check_case(&c, &place, "true");
            depth[c.depth]++;
            for (int v = 1; v < N_VARIANTS; v++) {
                changed = c;
                if (!safety_case_plant(&changed, w, machine, template, (enum case_variant)v, &rng, &place)) {
                    assert_memory_equal(&changed, &c, sizeof c);
                    continue;
                }
                planted[v]++;
                assert_int_equal(strcmp(place.status, "holds") == 0, v > LAST_FAULT);
                assert_int_equal(strcmp(place.status, "vacuous") == 0, v == VARIANT_contradicted);
                check_case(&changed, &place, case_variant_names[v]);
            }
        }
    for (int v = 1; v < N_VARIANTS; v++)
        if (planted[v] < 100) fail_msg("%s was planted %zu times", case_variant_names[v], planted[v]);
    for (size_t d = 2; d < 5; d++) assert_true(depth[d] >= MACHINES * CASE_SHAPES / 4);
}

/* Every statement has a sentence of its own, and formulas use only symbols that the glossary gives. */
static void sentences_and_formulas(void **state) {
    struct said_pair p;
    char *seen[STATEMENTS * 2];
    (void)state;
    said_init(&p);
    for (size_t machine = 0; machine < MACHINES; machine += 7)
        for (size_t i = 0; i < STATEMENTS; i++) {
            struct rng rng = world_stream(w, "test/cases", 2, i);
            struct case_voice v = {w, machine, (unsigned)(i % WORDINGS), (uint8_t)(i % SYMBOLS), &rng};
            said_clear(&p);
            assert_true(say_statement(&p, &v, i));
            assert_true(text_find(buffer_text(&p.sentence), world_cases(w)->machine[machine], 0) != SIZE_MAX);
            seen[i] = strdup(p.formula.at);
            char first[32];
            sscanf(p.formula.at, "%31[A-Za-z0-9]", first);
            char pinned[40];
            snprintf(pinned, sizeof pinned, " is %s. ", first);
            if (!strstr(p.glossary.at, pinned)) fail_msg("'%s' does not pin '%s'", p.glossary.at, first);
            for (size_t k = 0; k < i; k++)
                if (i % SYMBOLS == k % SYMBOLS && strcmp(seen[i], seen[k]) == 0)
                    fail_msg("statements %zu and %zu are both %s", k, i, seen[i]);
            if (i + 1 == STATEMENTS)
                for (size_t k = 0; k < STATEMENTS; k++) free(seen[k]);
        }
    said_done(&p);
}

static void items(void **state) {
    static const char *const families[] = {"case-formulas", "case-splits", "cases"};
    (void)state;
    for (size_t f = 0; f < 3; f++) {
        const struct world_family *family = world_family_find(families[f]);
        struct world_line line, again;
        world_line_init(&line);
        world_line_init(&again);
        uint64_t n = family->numbers(w), made[N_SPLITS] = {0};
        for (uint64_t number = 0; number < n; number += n / 997) {
            enum split split;
            if (!family->split(w, number, &split)) continue;
            made[split]++;
            assert_true(family->make(&line, w, number, split, 1) && family->make(&again, w, number, split, 1));
            assert_string_equal(line.prompt.at, again.prompt.at);
            assert_string_equal(line.slots.at, again.slots.at);
            world_line_done(&line), world_line_done(&again);
            world_line_init(&line), world_line_init(&again);
        }
        for (int s = 0; s < N_SPLITS; s++) assert_true(made[s] > 5);
        world_line_done(&line);
        world_line_done(&again);
    }
    assert_true(world_family_find("case-formulas")->numbers(w) >= 2 * 20000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(splits_follow_until_a_fault_is_planted),
                                       cmocka_unit_test(sentences_and_formulas), cmocka_unit_test(items)};
    return cmocka_run_group_tests_name("world_cases", tests, setup, teardown);
}
