/* Traces of geometry are read back from their replies and judged anew: what is verified stands step by step, what is
 * wrong is wrong just where the labels say, and a branch that is left is right, is left where it says, and is not used.
 */
#include "world_family.h"

#include "base/json.h"
#include "geometry/geo_check.h"
#include "geometry/geo_problem.h"

static struct arena arena;
static struct geo_rules rules;
static struct geo_problem problem;

struct counts {
    size_t items[3], steps, wrong, least, most;
};

/* "p3" or "2" -> the fact it names. */
static const struct geo_fact *cited(struct text word, const struct geo_fact *given, size_t n_given,
                                    const struct geo_fact *made, size_t n_made) {
    uint64_t n;
    bool premise = word.at[0] == 'p';
    if (premise) word = text_part(word, 1, word.len);
    if (!text_to_u64(word, &n) || n == 0 || n > (premise ? n_given : n_made)) return NULL;
    return premise ? &given[n - 1] : &made[n - 1];
}

static size_t read_given(struct text slot, struct geo_fact *out) {
    struct text one;
    struct error err = {0};
    size_t n = 0;
    while (text_next(&slot, ';', &one)) {
        one = text_trim(one);
        check_ok(
            geo_fact_read(text_part(one, text_find(one, TEXT(" "), 0), one.len), &problem.names, false, &out[n], &err));
        out[n] = geo_fact_canonical(out[n]);
        n++;
    }
    return n;
}

static bool is_listed(const json_t *list, size_t number) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if ((size_t)json_integer_value(json_array_get(list, i)) == number) return true;
    return false;
}

/* One line of a reply; the judge's verdict on it. *led: it cites a step that is wrong, and may be wrong by that. */
static enum geo_fault judge(struct text line, const struct geo_figure *f, const struct geo_fact *given, size_t n_given,
                            struct geo_fact *made, size_t *n_made, const json_t *wrong, bool *led) {
    struct geo_fact from[GEO_CITED_MOST];
    struct geo_claim claim = {.gives = &made[*n_made], .cited = from};
    struct error err = {0};
    struct text rest = line, word;
    enum geo_fault fault;
    size_t colon = text_find(line, TEXT(" : "), 0);
    uint64_t number;
    assert_true(colon != SIZE_MAX);
    check_ok(geo_fact_read(text_part(line, colon + 3, line.len), &problem.names, false, &made[*n_made], &err));
    made[*n_made] = geo_fact_canonical(made[*n_made]);
    rest.len = colon;
    assert_true(text_next(&rest, ' ', &word) && text_to_u64(word, &number) && number == *n_made + 1);
    assert_true(text_next(&rest, ' ', &word));
    claim.n_rules = geo_rule_named(&rules, word, claim.rule);
    while (text_next(&rest, ' ', &word)) {
        const struct geo_fact *source = cited(word, given, n_given, made, *n_made);
        assert_non_null(source);
        from[claim.n_cited++] = *source;
        *led |= source >= made && source < made + *n_made && is_listed(wrong, (size_t)(source - made) + 1);
    }
    check_ok(geo_judge_step(f->at, f->n, &rules, &claim, true, &fault, &err));
    ++*n_made;
    return fault;
}

static json_t *members(const struct buffer *json) {
    struct buffer whole;
    struct error err = {0};
    buffer_init(&whole, 1 << 20);
    buffer_printf(&whole, "{%s}", json->at + 1);
    json_t *object = json_read(buffer_text(&whole), "labels", 1, &err);
    check_ok(object);
    buffer_done(&whole);
    return object;
}

static void visit(void *context, uint64_t number, enum split split, const struct world_line *line) {
    struct counts *c = context;
    struct geo_fact given[GEO_PREMISES_MOST], made[100];
    struct geo_figure f;
    struct error err = {0};
    json_t *labels = members(&line->labels), *slots = members(&line->slots);
    const json_t *wrong = json_object_get(labels, "wrong");
    struct text reply = buffer_text(&line->reply), one, premises = json_text(json_object_get(slots, "given"));
    size_t n_made = 0, backs = 0;
    (void)split;
    check_ok(geo_problem_read(json_text(json_object_get(slots, "problem")), TEXT("x"), "w", 1, &problem, &err));
    check_ok(geo_figure_draw(&problem, "w", 3, true, &f, &err)); /* another figure than the one it was made in */
    size_t n_given = read_given(premises, given);
    for (size_t i = 0; i < n_given; i++) assert_true(geo_holds(&given[i], f.at));
    while (text_next(&reply, '\n', &one)) {
        if (text_starts(one, TEXT("back "))) {
            backs++;
            continue;
        }
        bool led = false;
        enum geo_fault fault = judge(one, &f, given, n_given, made, &n_made, wrong, &led);
        if (!led && (fault != GEO_VALID) != is_listed(wrong, n_made))
            fail_msg("item %llu, '%.*s': judged %s", (unsigned long long)number, TEXT_ARG(one), geo_fault_name(fault));
        c->steps++;
        c->wrong += fault != GEO_VALID && number % 3 == 1;
    }
    assert_int_equal(backs, number % 3 == 2);
    assert_int_equal(json_array_size(wrong) > 0, number % 3 == 1);
    if (number % 3 != 1) assert_true(geo_fact_equal(&made[n_made - 1], &problem.goal[0]) || n_made > 1);
    c->items[number % 3]++;
    c->least = f.n < c->least ? f.n : c->least;
    c->most = f.n > c->most ? f.n : c->most;
    json_decref(labels);
    json_decref(slots);
}

static void traces_are_what_they_say(void **state) {
    struct counts c = {.least = 100};
    struct error err = {0};
    (void)state;
    arena_init(&arena, 1 << 26);
    check_ok(geo_rules_builtin(true, &arena, &rules, &err));
    each_item(family_of("geometry"), 1, 37, visit, &c);
    print_message("%zu, %zu and %zu items, %zu steps, %zu planted\n", c.items[0], c.items[1], c.items[2], c.steps,
                  c.wrong);
    assert_true(c.items[0] > 20 && c.items[1] > 20 && c.items[2] > 20 && c.wrong > 20);
    assert_true(c.least >= 4 && c.most <= 12 && c.most > c.least + 3);
    arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traces_are_what_they_say),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
