/* Causal graphs against second implementations: separation by moral graphs, adjustment and the algorithm ID by random
 * models whose interventional distributions are computed out, sets by going through all of them. */
#include "check.h"

#include "measure/causal/hedge.h"
#include "measure/statistics/statistics.h"

#include <math.h>
#include <string.h>

enum { CASES = 1000, COINS = 6 };
static const char *const letters[] = {"a", "b", "c", "d", "e", "f", "g", "h"};

static void random_graph(struct rng *rng, size_t n, double edges, double joined, size_t joined_most, struct graph *g) {
    size_t order[8], n_joined = 0;
    *g = (struct graph){.file = "random", .n = n};
    for (size_t i = 0; i < n; i++) g->name[i] = letters[i], order[i] = i;
    rng_shuffle(rng, order, n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            size_t a = order[i], b = order[k];
            if (rng_unit(rng) < edges) g->children[a] |= graph_one(b), g->parents[b] |= graph_one(a);
            if (rng_unit(rng) < joined && n_joined < joined_most) {
                g->siblings[a] |= graph_one(b), g->siblings[b] |= graph_one(a);
                n_joined++;
            }
        }
}

static graph_set random_set(struct rng *rng, graph_set of, double share) {
    graph_set s = 0;
    for (; of; of &= of - 1)
        if (rng_unit(rng) < share) s |= of & -of;
    return s;
}

/* ---- separation: hidden causes as nodes, the ancestors' moral graph, ways that avoid z ---- */

static bool moral_separated(const struct graph *g, graph_set a, graph_set b, graph_set z) {
    graph_set parents[64] = {0}, near[64] = {0}, alive = a | b | z, reached = a;
    size_t n = g->n;
    for (size_t i = 0; i < g->n; i++) parents[i] = g->parents[i];
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = i + 1; k < g->n; k++)
            if (g->siblings[i] & graph_one(k)) parents[i] |= graph_one(n), parents[k] |= graph_one(n), n++;
    for (size_t round = 0; round < n; round++)
        for (size_t i = 0; i < n; i++)
            if (alive & graph_one(i)) alive |= parents[i];
    for (size_t i = 0; i < n; i++) {
        if (!(alive & graph_one(i))) continue;
        graph_set family = parents[i] | graph_one(i);
        for (size_t k = 0; k < n; k++)
            if (family & graph_one(k)) near[k] |= family;
    }
    for (size_t round = 0; round < n; round++)
        for (size_t i = 0; i < n; i++)
            if (reached & graph_one(i)) reached |= near[i] & ~z;
    return !(reached & b);
}

/* Is the way really open, step by step? */
static void check_path(const struct graph *g, const struct graph_path *p, graph_set a, graph_set b, graph_set z) {
    assert_true(a & graph_one(p->node[0]));
    assert_true(b & graph_one(p->node[p->n - 1]));
    for (size_t i = 0; i + 1 < p->n; i++) {
        graph_set to = graph_one(p->node[i + 1]);
        const graph_set *edges = p->edge[i] == '>' ? g->children : p->edge[i] == '<' ? g->parents : g->siblings;
        assert_true(edges[p->node[i]] & to);
        if (i == 0) continue;
        bool collider = p->edge[i - 1] != '<' && p->edge[i] != '>';
        if (collider)
            assert_true(graph_descendants(g, graph_one(p->node[i])) & z);
        else
            assert_false(z & graph_one(p->node[i]));
    }
}

static void separation_is_that_of_moral_graphs(void **state) {
    size_t apart = 0;
    (void)state;
    for (size_t k = 0; k < CASES; k++) {
        struct rng rng = rng_stream(1, "test/separation", k);
        struct graph g;
        struct graph_path path;
        random_graph(&rng, 4 + rng_below(&rng, 5), 0.3, 0.12, 28, &g);
        graph_set a = graph_one(rng_below(&rng, g.n)), b = graph_one(rng_below(&rng, g.n));
        if (a == b) b = graph_one((graph_first(a) + 1) % g.n);
        graph_set z = random_set(&rng, graph_all(&g) & ~(a | b), 0.3);
        bool separated = graph_separated(&g, a, b, z, &path);
        assert_int_equal(separated, moral_separated(&g, a, b, z));
        assert_int_equal(separated, graph_separated(&g, b, a, z, NULL));
        if (!separated) check_path(&g, &path, a, b, z);
        apart += separated;
    }
    print_message("separated %zu of %d\n", apart, CASES);
    assert_in_range(apart, CASES / 5, CASES - CASES / 5);
}

/* ---- random models: every node a table of chances given its parents and the coins of its hidden causes ---- */

struct model {
    const struct graph *g;
    size_t order[GRAPH_NODES_MOST], n_coins;
    uint64_t coins[8];
    double coin[COINS], chance[8][1 << 7][1 << 3];
};

static uint64_t packed(uint64_t v, uint64_t of) {
    uint64_t out = 0;
    for (size_t k = 0; of; of &= of - 1, k++)
        if (v & of & -of) out |= (uint64_t)1 << k;
    return out;
}

static void random_model(struct rng *rng, const struct graph *g, struct model *m) {
    *m = (struct model){.g = g};
    graph_order(g, m->order);
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = i + 1; k < g->n; k++)
            if (g->siblings[i] & graph_one(k)) {
                m->coins[i] |= graph_one(m->n_coins), m->coins[k] |= graph_one(m->n_coins);
                m->coin[m->n_coins++] = 0.2 + 0.6 * rng_unit(rng);
            }
    for (size_t i = 0; i < g->n; i++)
        for (size_t v = 0; v < 1 << 7; v++)
            for (size_t u = 0; u < 1 << 3; u++) m->chance[i][v][u] = 0.05 + 0.9 * rng_unit(rng);
}

/* P of all under do(x = values), by going through all assignments and coins. */
static void model_law(const struct model *m, graph_set x, uint64_t values, double *out) {
    size_t n = m->g->n;
    for (uint64_t v = 0; v < (uint64_t)1 << n; v++) {
        out[v] = 0;
        if ((v ^ values) & x) continue;
        for (uint64_t u = 0; u < (uint64_t)1 << m->n_coins; u++) {
            double p = 1;
            for (size_t k = 0; k < m->n_coins; k++) p *= u >> k & 1 ? m->coin[k] : 1 - m->coin[k];
            for (size_t i = 0; i < n; i++) {
                if (x & graph_one(i)) continue;
                double one = m->chance[i][packed(v, m->g->parents[i])][packed(u, m->coins[i])];
                p *= v >> i & 1 ? one : 1 - one;
            }
            out[v] += p;
        }
    }
}

static double mass(const double *law, size_t n, graph_set of, uint64_t values) {
    double sum = 0;
    for (uint64_t v = 0; v < (uint64_t)1 << n; v++)
        if (!((v ^ values) & of)) sum += law[v];
    return sum;
}

/* Three siblings at most, so that the table of chances holds all coins of a node. */
static bool fits(const struct graph *g) {
    for (size_t i = 0; i < g->n; i++)
        if (graph_count(g->siblings[i]) > 3) return false;
    return true;
}

static void draw_question(struct rng *rng, struct graph *g, graph_set *x, graph_set *y, double edges, double joined) {
    for (;;) {
        random_graph(rng, 4 + rng_below(rng, 3), edges, joined, COINS, g);
        *x = graph_one(rng_below(rng, g->n)) | (rng_below(rng, 4) == 0 ? graph_one(rng_below(rng, g->n)) : 0);
        *y = graph_one(rng_below(rng, g->n)) | (rng_below(rng, 6) == 0 ? graph_one(rng_below(rng, g->n)) : 0);
        if (fits(g) && !(*x & *y) && (graph_descendants(g, *x) & *y)) return;
    }
}

/* The largest error of a formula over all values of all nodes. */
static double formula_error(const struct model *m, const struct estimand *f, graph_set x, graph_set y) {
    double observed[256], set[256], most = 0;
    size_t n = m->g->n;
    model_law(m, 0, 0, observed);
    for (uint64_t v = 0; v < (uint64_t)1 << n; v++) {
        model_law(m, x, v, set);
        most = fmax(most, fabs(estimand_value(f, observed, n, v) - mass(set, n, y, v)));
    }
    return most;
}

/* Do both models of a hedge have the structure of the graph, agree in what is observed, and differ in the effect? */
static void check_hedge(const struct graph *g, const struct hedge_pair *p, graph_set x, graph_set y) {
    double law[2][256];
    size_t order[GRAPH_NODES_MOST];
    graph_order(g, order);
    for (size_t k = 0; k < 2; k++) {
        uint64_t used = 0;
        for (size_t i = 0; i < g->n; i++) {
            assert_int_equal(p->model[k].rule[i].parents & ~g->parents[i], 0);
            for (size_t j = i + 1; j < g->n; j++) {
                uint64_t shared = p->model[k].rule[i].coins & p->model[k].rule[j].coins;
                if (shared) assert_true(g->siblings[i] & graph_one(j));
                assert_int_equal(used & shared, 0); /* a coin has two nodes at most */
                used |= shared;
            }
        }
        hedge_law(&p->model[k], order, 0, 0, law[k]);
    }
    for (size_t v = 0; v < (size_t)1 << g->n; v++) {
        assert_true(fabs(law[0][v] - law[1][v]) < 1e-12);
        assert_true(law[0][v] > 0);
    }
    for (size_t k = 0; k < 2; k++) hedge_law(&p->model[k], order, x, p->x, law[k]);
    assert_true(fabs(mass(law[0], g->n, y, p->y) - mass(law[1], g->n, y, p->y)) > 1e-6);
}

static void identified_effects_are_those_of_models(void **state) {
    size_t yes = 0, no = 0, unknown = 0;
    struct arena arena;
    struct error err;
    (void)state;
    arena_init(&arena, 0);
    for (size_t k = 0; k < CASES; k++) {
        struct rng rng = rng_stream(1, "test/identify", k);
        struct graph g;
        struct identify_result r;
        struct hedge_pair pair;
        graph_set x, y;
        arena_reset(&arena);
        draw_question(&rng, &g, &x, &y, 0.45, 0.25);
        assert_true(identify(&g, x, y, &arena, &r, &err));
        if (r.identifiable) {
            struct model *m = arena_new(&arena, struct model, 1, &err);
            random_model(&rng, &g, m);
            assert_true(formula_error(m, r.formula, x, y) < 1e-9);
            yes++;
        } else if (hedge_models(&g, x, y, &r, &arena, &pair, &err)) {
            check_hedge(&g, &pair, x, y);
            no++;
        } else {
            unknown++;
        }
    }
    arena_done(&arena);
    print_message("identified %zu, shown not to be %zu, no models %zu\n", yes, no, unknown);
    assert_in_range(yes, CASES / 5, CASES);
    assert_in_range(no, CASES / 5, CASES);
    assert_true(unknown * 50 <= CASES);
}

/* sum_z P(y | x, z) P(z) less P(y | do(x)), at its most. */
static double adjusting_error(const struct model *m, graph_set x, graph_set y, graph_set z) {
    double observed[256], set[256], most = 0;
    size_t n = m->g->n;
    model_law(m, 0, 0, observed);
    for (uint64_t v = 0; v < (uint64_t)1 << n; v++) {
        double sum = 0;
        if (v & ~(x | y)) continue;
        for (uint64_t w = 0; w < (uint64_t)1 << n; w++)
            if (!(w & ~z))
                sum += mass(observed, n, x | y | z, v | w) / mass(observed, n, x | z, v | w) * mass(observed, n, z, w);
        model_law(m, x, v, set);
        most = fmax(most, fabs(sum - mass(set, n, y, v)));
    }
    return most;
}

static void adjustment_is_right_where_it_says_so(void **state) {
    size_t right = 0;
    struct model *m = test_calloc(1, sizeof *m);
    (void)state;
    for (size_t k = 0; k < CASES; k++) {
        struct rng rng = rng_stream(1, "test/adjustment", k);
        struct graph g;
        graph_set x, y;
        draw_question(&rng, &g, &x, &y, 0.4, 0.1);
        graph_set z = random_set(&rng, graph_all(&g) & ~(x | y), 0.4);
        bool adjusts = graph_adjusts(&g, x, y, z, NULL);
        double most = 0;
        for (int round = 0; round < 3; round++) {
            random_model(&rng, &g, m);
            most = fmax(most, adjusting_error(m, x, y, z));
        }
        assert_int_equal(adjusts, most < 1e-9);
        right += adjusts;
    }
    test_free(m);
    print_message("adjusts %zu of %d\n", right, CASES);
    assert_in_range(right, CASES / 5, CASES - CASES / 5);
}

static void minimal_sets_are_all_of_them(void **state) {
    size_t with = 0;
    (void)state;
    for (size_t k = 0; k < CASES; k++) {
        struct rng rng = rng_stream(1, "test/minimal", k);
        struct graph g;
        struct graph_sets found;
        graph_set x, y, minimal[256];
        bool any, exists = false;
        size_t n = 0;
        draw_question(&rng, &g, &x, &y, 0.4, 0.1);
        graph_adjustments(&g, x, y, &found, &any);
        for (graph_set z = 0; z < (graph_set)1 << g.n; z++) {
            if ((z & (x | y)) || !graph_adjusts(&g, x, y, z, NULL)) continue;
            bool least = true;
            for (graph_set part = (z - 1) & z; z && least; part = (part - 1) & z) {
                least = !graph_adjusts(&g, x, y, part, NULL);
                if (part == 0) break;
            }
            exists = true;
            if (least) minimal[n++] = z;
        }
        assert_int_equal(any, exists);
        assert_int_equal(found.n, n);
        for (size_t i = 0; i < n; i++) {
            bool there = false;
            for (size_t j = 0; j < found.n; j++) there |= found.set[j] == minimal[i];
            assert_true(there);
        }
        with += exists;
    }
    assert_in_range(with, CASES / 5, CASES - CASES / 5);
}

/* ---- named graphs ---- */

static bool read_graph(const char *t, struct graph *g, struct error *err) {
    static struct arena arena;
    arena_init(&arena, 0);
    bool ok = graph_read_text(text_of(t), "g", &arena, g, err);
    return ok; /* names live until the next one */
}

static void formula_is(const char *t, const char *expected) {
    struct graph g;
    struct error err;
    struct identify_result r;
    struct arena arena;
    struct buffer b;
    arena_init(&arena, 0);
    buffer_init(&b, 65536);
    assert_true(read_graph(t, &g, &err));
    assert_true(identify(&g, g.role[GRAPH_TREATMENT], g.role[GRAPH_OUTCOME], &arena, &r, &err));
    if (!expected) {
        assert_false(r.identifiable);
    } else {
        assert_true(r.identifiable);
        estimand_put(&b, &g, r.formula);
        assert_string_equal(b.at, expected);
    }
    buffer_done(&b);
    arena_done(&arena);
}

static void known_graphs_have_their_formulas(void **state) {
    (void)state;
    formula_is("X -> M -> Y; X <-> Y; treatment X; outcome Y", "sum_{M} P(M | X) [sum_{X'} P(Y | X', M) P(X')]");
    formula_is("Z -> X -> Y; Z -> Y; treatment X; outcome Y", "sum_{Z} P(Z) P(Y | Z, X)");
    formula_is("X -> Y; treatment X; outcome Y", "P(Y | X)");
    formula_is("Y -> X; treatment X; outcome Y", "P(Y)");
    formula_is("X -> Y; U -> X; U -> Y; hidden U; treatment X; outcome Y", NULL);
    formula_is("Z -> X -> Y; X <-> Y; treatment X; outcome Y", NULL);
    /* the napkin: W -> R -> X -> Y, W <-> X, W <-> Y (Pearl & Mackenzie 2018) */
    formula_is("W -> R -> X -> Y; W <-> X; W <-> Y; treatment X; outcome Y",
               "[sum_{W} P(Y | W, R, X) P(X | W, R) P(W)] / [sum_{W, Y'} P(Y' | W, R, X) P(X | W, R) P(W)]");
}

static void bad_graphs_are_named(void **state) {
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"a -> b -> c -> a", "a cycle: a -> b -> c -> a"},
        {"a -> a", "an edge from 'a' to itself"},
        {"a -> ", "expected a node, found the end"},
        {"a -> 3", "g:1:6: expected a node, found '3'"},
        {"a\n-> b\n]", "g:3:1: expected a node or a statement"},
        {"digraph { a -> b", "expected '}', found the end"},
        {"digraph { a -> b } c", "expected the end, found 'c'"},
        {"a -> b [dir=none]", "expected edges with a direction"},
        {"", "no nodes"},
        {"hidden a", "no nodes that can be seen"},
        {"hidden a; treatment a; a -> b", "the treatment or the outcome is hidden"},
        {"a -> \"b", "expected a node"},
        {"a -> \xff", "byte 5 is no UTF-8"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct graph g;
        struct error err;
        assert_false(read_graph(bad[i].text, &g, &err));
        if (!strstr(err.message, bad[i].says)) fail_msg("'%s' does not say '%s'", err.message, bad[i].says);
    }
}

static void dot_and_text_are_the_same(void **state) {
    static const char *const same[] = {
        "a -> b -> c; u -> a; u -> c; hidden u; treatment b",
        "digraph G { graph [rankdir=LR]; rankdir = TB; a -> b -> c [color=red, weight=0.5]; u [hidden=yes]; u -> {a "
        "c}; "
        "b [exposure] }",
        "# a remark\ndag { b [treatment]\n a -> b\n b -> c // one more\n a <-> c }",
        "\"a\" -> b; c <- b; a -> c [dir=both] /* said */; treatment b",
    };
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct graph g;
        struct error err;
        assert_true(read_graph(same[i], &g, &err));
        assert_int_equal(g.n, 3);
        size_t a = graph_node(&g, TEXT("a"), &err), b = graph_node(&g, TEXT("b"), &err);
        size_t c = graph_node(&g, TEXT("c"), &err);
        assert_int_equal(g.children[a], graph_one(b));
        assert_int_equal(g.children[b], graph_one(c));
        assert_int_equal(g.siblings[a], graph_one(c));
        assert_int_equal(g.siblings[c], graph_one(a));
        assert_int_equal(g.role[GRAPH_TREATMENT], graph_one(b));
    }
}

static void other_ways_are_found(void **state) {
    struct graph g;
    struct error err;
    struct graph_sets doors;
    struct graph_instrument found[GRAPH_NODES_MOST];
    (void)state;
    assert_true(read_graph("Z -> X -> M -> Y; X <-> Y; W -> Z; W -> Y; C <- X; C <- Y", &g, &err));
    size_t x = graph_node(&g, TEXT("X"), &err), y = graph_node(&g, TEXT("Y"), &err);
    graph_front_doors(&g, x, y, &doors);
    assert_int_equal(doors.n, 1);
    assert_int_equal(doors.set[0], graph_one(graph_node(&g, TEXT("M"), &err)));
    assert_int_equal(graph_instruments(&g, x, y, found), 1); /* W itself reaches Y past X */
    assert_int_equal(found[0].node, graph_node(&g, TEXT("Z"), &err));
    assert_int_equal(found[0].given, graph_one(graph_node(&g, TEXT("W"), &err)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separation_is_that_of_moral_graphs),
        cmocka_unit_test(identified_effects_are_those_of_models),
        cmocka_unit_test(adjustment_is_right_where_it_says_so),
        cmocka_unit_test(minimal_sets_are_all_of_them),
        cmocka_unit_test(known_graphs_have_their_formulas),
        cmocka_unit_test(bad_graphs_are_named),
        cmocka_unit_test(dot_and_text_are_the_same),
        cmocka_unit_test(other_ways_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
