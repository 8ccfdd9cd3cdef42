/* Moral graphs against second implementations that share nothing with them: ranks by solving the equations, components
 * by reaching, the least votes by trying all, over 1,000 small graphs each; and what must not matter. */
#include "check.h"

#include "base/pool.h"
#include "base/rng.h"
#include "set/moral_attack.h"
#include "set/moral_bias.h"
#include "set/moral_criteria.h"
#include "set/moral_cycles.h"
#include "set/moral_explain.h"
#include "set/moral_standing.h"

#include <stdlib.h>
#include <unistd.h>

enum { CASES = 1000, MOST = 8, VOTES = 400 };

static struct arena arena;
static struct error err;
static char path[64];

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    snprintf(path, sizeof path, "moral-%d.csv", (int)getpid());
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    remove(path);
    return 0;
}

/* ---- random votes, and a plain count of them */

struct votes {
    int from[VOTES], to[VOTES], says[VOTES], voter[VOTES], n, values;
};

/* Few voters, so that few votes are given twice; those that are stay out. Upgrades go mostly to the higher number, or
 * `round`: to one of the next numbers, and from the last one on to the first. */
static void draw_votes(struct votes *v, struct rng *rng, int values, int n, bool round) {
    bool given[VOTES][MOST][MOST] = {{{false}}};
    v->values = values;
    v->n = 0;
    for (int i = 0; i < n; i++) {
        int voter = (int)rng_below(rng, 40), from = (int)rng_below(rng, (uint64_t)values);
        int to = (int)rng_below(rng, (uint64_t)values);
        if (from == to || given[voter][from][to]) continue;
        given[voter][from][to] = true;
        v->voter[v->n] = voter;
        v->from[v->n] = from;
        v->to[v->n] = to;
        uint64_t kind = rng_below(rng, 10);
        bool up = round ? (to - from + values) % values <= values / 2 : from < to;
        v->says[v->n] = kind < 8 ? (up || kind < 2 ? 0 : 1) : 2;
        v->n++;
    }
}

static void write_votes(const struct votes *v, bool backwards) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "voter,from_id,to_id,context,relationship\n");
    for (int i = 0; i < v->n; i++) {
        int k = backwards ? v->n - 1 - i : i;
        fprintf(f, "%d,%d,%d,When %s,%s\n", v->voter[k], v->from[k], v->to[k], k % 3 ? "here" : "there",
                moral_says_names[v->says[k]]);
    }
    fclose(f);
}

static struct moral read_votes(const struct votes *v) {
    struct moral m;
    write_votes(v, false);
    check_ok(moral_read_votes(path, NULL, &arena, &m, &err));
    return m;
}

/* keeps[a][b]: p of the kept edge, or 0. count[a][b][says]. */
static void keep_plainly(int count[MOST][MOST][3], int n, double keeps[MOST][MOST]) {
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++) {
            double w = count[a][b][0], no = count[a][b][1], u = count[a][b][2], l = count[b][a][0];
            double i = w + no + u + l + count[b][a][1] + count[b][a][2], h = 0, all = w + no + u + l + i;
            double five[] = {w, no, l, u, i};
            for (int k = 0; k < 5; k++)
                if (five[k] > 0) h -= five[k] / all * log(five[k] / all) / log(2);
            double total = w + no + u + l, p = total > 0 ? (w - l) / total : 0;
            keeps[a][b] = a != b && w >= 2 && p >= 0.33 && h <= 1.69 ? p : 0;
        }
}

static void count_plainly(const struct votes *v, int count[MOST][MOST][3]) {
    memset(count, 0, sizeof(int) * MOST * MOST * 3);
    for (int i = 0; i < v->n; i++) count[v->from[i]][v->to[i]][v->says[i]]++;
}

/* The fixed point with the mass of dangling nodes spread evenly, by Gauss's elimination with pivots. Returns the nodes.
 */
static int solve_plainly(double keeps[MOST][MOST], int n, double rank[MOST]) {
    double a[MOST][MOST + 1] = {{0}}, out[MOST] = {0};
    int node[MOST], nodes = 0;
    for (int v = 0; v < n; v++) {
        bool in = false;
        rank[v] = 0;
        for (int u = 0; u < n; u++) in |= keeps[u][v] > 0 || keeps[v][u] > 0, out[v] += keeps[v][u];
        if (in) node[nodes++] = v;
    }
    for (int i = 0; i < nodes; i++) {
        a[i][nodes] = 0.15 / nodes;
        for (int k = 0; k < nodes; k++) {
            double share = out[node[k]] > 0 ? keeps[node[k]][node[i]] / out[node[k]] : 1.0 / nodes;
            a[i][k] = (i == k) - 0.85 * share;
        }
    }
    for (int c = 0; c < nodes; c++) {
        int best = c;
        for (int r = c; r < nodes; r++)
            if (fabs(a[r][c]) > fabs(a[best][c])) best = r;
        for (int k = 0; k <= nodes; k++) {
            double swap = a[c][k];
            a[c][k] = a[best][k], a[best][k] = swap;
        }
        for (int r = 0; r < nodes; r++) {
            double by = r == c ? 0 : a[r][c] / a[c][c];
            for (int k = 0; k <= nodes; k++) a[r][k] -= by * a[c][k];
        }
    }
    for (int i = 0; i < nodes; i++) rank[node[i]] = a[i][nodes] / a[i][i];
    return nodes;
}

/* As the published program: 100 steps, what stands at dangling nodes is lost. */
static void step_plainly(double keeps[MOST][MOST], int n, int nodes, double rank[MOST]) {
    for (int v = 0; v < n; v++) rank[v] = rank[v] > 0 ? 1.0 / nodes : 0;
    for (int s = 0; s < 100; s++) {
        double next[MOST] = {0};
        for (int v = 0; v < n; v++) {
            if (rank[v] > 0) next[v] = 0.15 / nodes;
            for (int u = 0; u < n; u++) {
                double out = 0;
                for (int w = 0; w < n; w++) out += keeps[u][w];
                if (keeps[u][v] > 0) next[v] += 0.85 * rank[u] * keeps[u][v] / out;
            }
        }
        memcpy(rank, next, sizeof next);
    }
}

/* ---- ranks */

static void test_ranks(void **state) {
    size_t with_cycle = 0, with_dangling = 0, upwards = 0;
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        struct rng rng = rng_stream(1, "test/ranks", i);
        struct votes v;
        int count[MOST][MOST][3];
        double keeps[MOST][MOST], rank[MOST], compat[MOST], sum = 0;
        bool round = i % 2;
        draw_votes(&v, &rng, 3 + (int)rng_below(&rng, round ? 3 : MOST - 2),
                   (round ? 70 : 20) + (int)rng_below(&rng, 120), round);
        arena_reset(&arena);
        struct moral m = read_votes(&v);
        struct moral_standing_settings settings = {.resamples = 0};
        struct moral_place_of place;
        check_ok(moral_stand(&m, MORAL_ALL, &settings, &arena, &place, &err));
        count_plainly(&v, count);
        keep_plainly(count, v.values, keeps);
        int nodes = solve_plainly(keeps, v.values, rank);
        memcpy(compat, rank, sizeof rank);
        step_plainly(keeps, v.values, nodes, compat);
        assert_int_equal(place.n_nodes, nodes);
        for (size_t k = 0; k < place.n_nodes; k++) {
            int value = atoi(m.value[place.standing[k].value].id);
            check_near(place.standing[k].rank, rank[value], 1e-10);
            check_near(place.standing[k].compat, compat[value], 1e-12);
            if (k) assert_true(place.standing[k - 1].rank >= place.standing[k].rank);
            sum += place.standing[k].rank;
        }
        if (nodes) check_near(sum, 1, 1e-12);
        upwards += nodes && atoi(m.value[place.standing[0].value].id) == v.values - 1; /* as votes mostly say */
        with_dangling += nodes && place.compat_sum < 1 - 1e-6;
        struct moral_arc arc[MOST * MOST];
        struct moral_cycles cycles;
        size_t n = 0;
        for (uint32_t a = 0; a < MOST; a++)
            for (uint32_t b = 0; b < MOST; b++)
                if ((int)a < v.values && (int)b < v.values && keeps[a][b] > 0)
                    arc[n++] = (struct moral_arc){a, b, keeps[a][b]};
        check_ok(moral_find_cycles(arc, n, MOST, &arena, &cycles, &err));
        with_cycle += cycles.n > 0;
    }
    printf("%d graphs: %zu with cycles, %zu with dangling nodes; the value of the highest number is first in %zu\n",
           CASES, with_cycle, with_dangling, upwards);
    assert_in_range(with_dangling, CASES / 5, CASES - CASES / 5);
    assert_in_range(upwards, CASES / 5, CASES - CASES / 5);
    assert_in_range(with_cycle, CASES / 5, CASES - CASES / 5);
}

/* ---- components: what reaches what, by Warshall's closure */

static void test_cycles(void **state) {
    size_t with = 0;
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        struct rng rng = rng_stream(2, "test/cycles", i);
        bool reach[MOST][MOST] = {{false}}, direct[MOST][MOST];
        struct moral_arc arc[MOST * MOST];
        struct moral_cycles found;
        size_t n = 0, round = 0, in_components = 0;
        for (uint32_t a = 0; a < MOST; a++)
            for (uint32_t b = 0; b < MOST; b++)
                if (a != b && rng_below(&rng, 8) < 1 + i % 2)
                    arc[n++] = (struct moral_arc){a, b, 1}, reach[a][b] = true;
        memcpy(direct, reach, sizeof reach);
        for (int k = 0; k < MOST; k++)
            for (int a = 0; a < MOST; a++)
                for (int b = 0; b < MOST; b++) reach[a][b] |= reach[a][k] && reach[k][b];
        arena_reset(&arena);
        check_ok(moral_find_cycles(arc, n, MOST, &arena, &found, &err));
        for (int a = 0; a < MOST; a++) round += reach[a][a];
        for (size_t c = 0; c < found.n; c++) {
            const struct moral_component *x = &found.component[c];
            assert_true(x->n > 1 && x->length > 1 && x->length <= x->n && x->cycle[0] == x->value[0]);
            for (size_t k = 0; k < x->n; k++)
                assert_true(reach[x->value[0]][x->value[k]] && reach[x->value[k]][x->value[0]]);
            for (size_t k = 0; k < x->length; k++) assert_true(direct[x->cycle[k]][x->cycle[(k + 1) % x->length]]);
            in_components += x->n;
        }
        assert_int_equal(in_components, round);
        with += found.n > 0;
    }
    printf("%zu of %d graphs have a cycle\n", with, CASES);
    assert_true(with > CASES / 5 && with < CASES - CASES / 5);
}

/* ---- attacks: all multisets of ballots, one vote after the other */

struct trying {
    int count[MOST][MOST][3], values;
    int value;
    bool dethrones;
};

static bool moved_plainly(struct trying *t) {
    double keeps[MOST][MOST], rank[MOST], best = 0;
    keep_plainly(t->count, t->values, keeps);
    solve_plainly(keeps, t->values, rank);
    for (int v = 0; v < t->values; v++)
        if (v != t->value && rank[v] > best) best = rank[v];
    return t->dethrones ? best > rank[t->value] * (1 + 1e-9) : rank[t->value] > best * (1 + 1e-9);
}

static bool try_votes(struct trying *t, int from, int left) {
    int kinds = t->values * t->values * 3;
    if (left == 0) return moved_plainly(t);
    for (int k = from; k < kinds; k++) {
        int a = k / 3 / t->values, b = k / 3 % t->values;
        if (a == b) continue;
        t->count[a][b][k % 3]++;
        bool yes = try_votes(t, k, left - 1);
        t->count[a][b][k % 3]--;
        if (yes) return true;
    }
    return false;
}

static void test_attack(void **state) {
    enum { PLAINLY = 3 };
    size_t tried = 0, of[PLAINLY + 2] = {0}, dethroned = 0;
    (void)state;
    for (uint64_t i = 0; tried < CASES; i++) {
        struct rng rng = rng_stream(3, "test/attack", i);
        struct votes v;
        draw_votes(&v, &rng, 3, 6 + (int)rng_below(&rng, 30), false);
        arena_reset(&arena);
        struct moral m = read_votes(&v);
        struct trying t = {.values = v.values};
        struct moral_attacked found;
        double keeps[MOST][MOST], rank[MOST];
        count_plainly(&v, t.count);
        keep_plainly(t.count, v.values, keeps);
        if (m.n_values < 3 || !solve_plainly(keeps, v.values, rank)) continue;
        size_t value = rng_below(&rng, m.n_values);
        if (i % 2)
            for (int k = 0; k < v.values; k++)
                if (rank[k] > rank[value]) value = (size_t)k;
        t.value = (int)value;
        check_ok(moral_attack(&m, MORAL_ALL, value, 1000000, &arena, &found, &err));
        t.dethrones = found.dethrones;
        for (int k = 0; t.dethrones && k < v.values; k++) assert_true(rank[k] <= rank[value] + 1e-9);
        int least = 1;
        while (least <= PLAINLY && !try_votes(&t, 0, least)) least++;
        if (least <= PLAINLY && (!found.exact || found.votes != (uint64_t)least))
            fail_msg("case %d: %d votes, found %d (exact %d)", (int)i, least, (int)found.votes, found.exact);
        if (least > PLAINLY) assert_true(found.at_least > PLAINLY);
        for (size_t k = 0; k < found.n_plan; k++)
            t.count[found.plan[k].from][found.plan[k].to][found.plan[k].says] += (int)found.plan[k].n;
        if (found.votes) assert_true(moved_plainly(&t));
        of[least]++;
        dethroned += found.dethrones;
        tried++;
    }
    printf("%d attacks: %zu of 1 vote, %zu of 2, %zu of 3, %zu of more; %zu dethrone\n", CASES, of[1], of[2], of[3],
           of[4], dethroned);
    assert_true(of[1] >= CASES / 5 && of[2] >= CASES / 5 && of[3] + of[4] >= CASES / 5);
    assert_true(dethroned >= CASES / 5 && dethroned <= CASES - CASES / 5);
}

/* A graph that is too large to try everything: a bound, and a plan that holds. */
static void test_attack_bound(void **state) {
    struct rng rng = rng_stream(4, "test/bound", 0);
    struct votes v;
    struct moral_attacked found;
    (void)state;
    draw_votes(&v, &rng, MOST, 390, false);
    arena_reset(&arena);
    struct moral m = read_votes(&v);
    check_ok(moral_attack(&m, MORAL_ALL, 0, 50, &arena, &found, &err));
    assert_false(found.exact);
    assert_true(found.at_least >= 1 && found.votes >= found.at_least);
    struct trying t = {.values = MOST, .value = 0, .dethrones = found.dethrones};
    count_plainly(&v, t.count);
    for (size_t k = 0; k < found.n_plan; k++)
        t.count[found.plan[k].from][found.plan[k].to][found.plan[k].says] += (int)found.plan[k].n;
    assert_true(moved_plainly(&t));
}

/* ---- what must not matter: the order of rows, threads */

static void test_invariance(void **state) {
    struct rng rng = rng_stream(5, "test/invariance", 0);
    struct votes v;
    struct moral m, other;
    struct moral_place_of one, two, three;
    struct moral_standing_settings settings = {.resamples = 1000, .seed = 1, .confidence = 0.95};
    (void)state;
    draw_votes(&v, &rng, MOST, 390, false);
    arena_reset(&arena);
    m = read_votes(&v);
    write_votes(&v, true);
    check_ok(moral_read_votes(path, NULL, &arena, &other, &err));
    check_ok(moral_stand(&m, MORAL_ALL, &settings, &arena, &one, &err));
    check_ok(moral_stand(&other, MORAL_ALL, &settings, &arena, &two, &err));
    check_ok(settings.pool = pool_new(3, &err));
    check_ok(moral_stand(&m, MORAL_ALL, &settings, &arena, &three, &err));
    pool_free(settings.pool);
    assert_true(one.n_nodes > 3 && one.n_nodes == two.n_nodes && one.n_nodes == three.n_nodes);
    assert_memory_equal(one.standing, two.standing, one.n_nodes * sizeof *one.standing);
    assert_memory_equal(one.standing, three.standing, one.n_nodes * sizeof *one.standing);
    for (size_t i = 0; i < one.n_nodes; i++)
        assert_true(one.standing[i].lo <= one.standing[i].hi && one.standing[i].lo >= 0);
}

/* Ends of intervals are the same share of the resamples away from both sides: where nearly nothing is wanted both are
 * the median, and more confidence never makes one narrower. */
static void test_intervals(void **state) {
    static const double confidence[] = {1e-9, 0.5, 0.8, 0.95};
    struct rng rng = rng_stream(7, "test/intervals", 0);
    struct votes v;
    struct moral_place_of place[4];
    size_t wide = 0;
    (void)state;
    draw_votes(&v, &rng, MOST, 390, false);
    arena_reset(&arena);
    struct moral m = read_votes(&v);
    for (size_t c = 0; c < 4; c++) {
        struct moral_standing_settings settings = {.resamples = 401, .seed = 1, .confidence = confidence[c]};
        check_ok(moral_stand(&m, MORAL_ALL, &settings, &arena, &place[c], &err));
    }
    for (size_t i = 0; i < place[0].n_nodes; i++) {
        double median = place[0].standing[i].lo, first = 0;
        check_near(place[0].standing[i].hi, median, 1e-9);
        for (size_t c = 1; c < 4; c++) {
            const struct moral_standing *s = &place[c].standing[i], *before = &place[c - 1].standing[i];
            assert_true(s->lo <= before->lo && s->hi >= before->hi);
            wide += s->lo < median && s->hi > median;
        }
        for (size_t k = 0; k < place[0].n_nodes; k++) first += place[0].standing[k].first;
        check_near(first, 1, 1e-12);
    }
    assert_true(wide >= 2 * place[0].n_nodes);
}

/* Two contexts: the votes of each are asked about with the order of the other, 3 of 4 and 3 of 3. */
static void test_generalizable(void **state) {
    static const struct moral_ballot ballots[] = {
        {"a", "1", "2", "A", MORAL_UPGRADE},    {"b", "1", "2", "A", MORAL_UPGRADE},
        {"c", "1", "2", "A", MORAL_UPGRADE},    {"d", "1", "2", "B", MORAL_UPGRADE},
        {"e", "1", "2", "B", MORAL_UPGRADE},    {"f", "2", "1", "B", MORAL_UPGRADE},
        {"g", "2", "1", "B", MORAL_NO_UPGRADE}, {"h", "2", "1", "B", MORAL_NOT_SURE}};
    const struct moral_standing_settings settings = {.resamples = 0};
    struct moral_criterion found[MORAL_CRITERIA];
    struct moral_report report;
    struct moral m;
    (void)state;
    arena_reset(&arena);
    check_ok(moral_make(ballots, sizeof ballots / sizeof *ballots, false, &arena, &m, &err));
    check_ok(moral_report_make(&m, &settings, &arena, &report, &err));
    check_ok(moral_criteria(&report, (struct moral_fair){3, 4}, &settings, &arena, found, &err));
    assert_string_equal(found[1].name, "generalizable");
    assert_int_equal(found[1].k, 6);
    assert_int_equal(found[1].n, 7);
    check_near(found[4].value, 0.75, 1e-15);
    check_near(found[5].value, 1, 1e-15); /* no cycle */
}

/* Two pairs that were shown both ways: upgrade was said by 1 of 2 and 2 of 2, by 6 of 8 and 1 of 4; a third one only
 * one way. beta = 1 x 1/2 and 8/3 x 0, over 1 + 8/3. */
static void test_bias(void **state) {
    static const struct {
        const char *from, *to;
        int yes, no;
    } asked[] = {{"1", "2", 1, 1}, {"2", "1", 2, 0}, {"3", "4", 6, 2}, {"4", "3", 1, 3}, {"5", "6", 9, 0}};
    struct moral_ballot ballot[32];
    char voter[32][4];
    struct moral m;
    size_t n = 0;
    (void)state;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        for (int k = 0; k < asked[i].yes + asked[i].no; k++, n++) {
            snprintf(voter[n], sizeof voter[n], "%zu", n);
            ballot[n] = (struct moral_ballot){voter[n], asked[i].from, asked[i].to, "When",
                                              k < asked[i].yes ? MORAL_UPGRADE : MORAL_NO_UPGRADE};
        }
    arena_reset(&arena);
    check_ok(moral_make(ballot, n, false, &arena, &m, &err));
    struct moral_bias bias = moral_bias_of(&m);
    assert_int_equal(bias.pairs, 2);
    assert_int_equal(bias.votes, 16);
    check_near(bias.beta, 0.5 / (1 + 8.0 / 3), 1e-12);
}

/* Parts of a rank sum to it, and the even share is that of the formula. */
static void test_explain(void **state) {
    struct rng rng = rng_stream(6, "test/explain", 0);
    struct votes v;
    struct moral_explained x;
    (void)state;
    draw_votes(&v, &rng, MOST, 390, false);
    arena_reset(&arena);
    struct moral m = read_votes(&v);
    struct moral_standing_settings settings = {.resamples = 0};
    struct moral_place_of place;
    check_ok(moral_stand(&m, MORAL_ALL, &settings, &arena, &place, &err));
    for (size_t i = 0; i < place.n_nodes; i++) {
        double parts, dangling = 0;
        check_ok(moral_explain(&m, MORAL_ALL, place.standing[i].value, &arena, &x, &err));
        assert_int_equal(x.position, i + 1);
        check_near(x.rank, place.standing[i].rank, 0);
        parts = x.even;
        for (size_t k = 0; k < x.n_into; k++)
            if (x.into[k].edge.kept) parts += x.into[k].brings;
        check_near(parts, 1, 1e-12);
        for (size_t k = 0; k < place.n_nodes; k++) {
            struct moral_explained y;
            bool leads = false;
            check_ok(moral_explain(&m, MORAL_ALL, place.standing[k].value, &arena, &y, &err));
            for (size_t e = 0; e < y.n_out_of; e++) leads |= y.out_of[e].edge.kept;
            if (!leads) dangling += y.rank;
        }
        check_near(x.even * x.rank, (0.15 + 0.85 * dangling) / (double)place.n_nodes, 1e-12);
        assert_int_equal(x.chain[0], place.standing[i].value);
    }
}

/* ---- bad rows */

static void write_file(const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_bad(void **state) {
    static const char head[] = "voter,from_id,to_id,context,relationship\n";
    static const char *const rows[][2] = {
        {"1,2,3,When,maybe\n", ":2: column 'relationship': expected upgrade, no_upgrade or not_sure, found 'maybe'"},
        {"1,2,3,When,upgrade\n1,4,4,When,upgrade\n", ":3: column 'to_id': a value beside itself"},
        {"1,2,3,,upgrade\n", ":2: column 'context': is empty"},
        {",2,3,When,upgrade\n", ":2: column 'voter': is empty"},
        {"1,\xff,3,When,upgrade\n", ":2: column 'from_id': is no valid UTF-8"},
        {"1,2,3,When\n", ":2"},
    };
    struct moral m;
    char text[256];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text, "%s%s", head, rows[i][0]);
        write_file(text);
        arena_reset(&arena);
        check_fails(moral_read_votes(path, NULL, &arena, &m, &err), ERROR_DATA, rows[i][1]);
    }
    write_file("voter,email,from_id,to_id,context,relationship\n");
    check_fails(moral_read_votes(path, NULL, &arena, &m, &err), ERROR_DATA, "column 'email' says who a person is");
    write_file("voter,from_id,to_id,context\n");
    check_fails(moral_read_votes(path, NULL, &arena, &m, &err), ERROR_DATA, "no column 'relationship'");
    write_file(head);
    check_ok(moral_read_votes(path, NULL, &arena, &m, &err));
    assert_int_equal(m.n_values + m.n_pairs + m.n_votes, 0);
    write_file("voter,from_id,to_id,context,relationship\n1,2,3,When,upgrade\n1,2,3,When,not_sure\n");
    check_ok(moral_read_votes(path, NULL, &arena, &m, &err));
    assert_int_equal(m.repeated, 1);
    assert_int_equal(m.n_votes, 1);
    assert_int_equal(m.vote[0].says, MORAL_NOT_SURE);
    check_fails(moral_read_votes(path, "Whem", &arena, &m, &err), ERROR_USAGE, "did you mean 'When'");
}

static void test_bad_counts(void **state) {
    static const char head[] =
        "source_id,wiser_id,contexts,marked_wiser,marked_not_wiser,marked_less_wise,marked_unsure,"
        "impressions,wiser_likelihood,entropy\n";
    static const char *const rows[][2] = {
        {"1,2,When,3,0,0,1,3,0.75,1\n", ":2: column 'impressions': fewer than the votes of the row"},
        {"1,2,When,3,0,0,1,4,x,1\n", ":2: column 'wiser_likelihood': expected a number"},
        {"1,2,When,-3,0,0,1,4,1,1\n", ":2: column 'marked_wiser': expected a number of votes"},
        {"1,2,When,3,0,0,1,4,1,1\n1,2,When,3,0,0,1,4,1,1\n", ":3: column 'wiser_id': this ordered pair stands twice"},
        {"1,2,When,3,0,0,1,4,1,1\n2,1,When,3,0,0,1,4,1,1\n", ":3: column 'impressions': contradicts the row"},
    };
    struct moral m;
    char text[512];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text, "%s%s", head, rows[i][0]);
        write_file(text);
        arena_reset(&arena);
        check_fails(moral_read_counts(path, NULL, &arena, &m, &err), ERROR_DATA, rows[i][1]);
    }
    snprintf(text, sizeof text, "%s1,2,When|Where,3,1,1,1,8,0.3333333333333333,1\n2,1,Why,1,1,3,1,8,,\n", head);
    write_file(text);
    check_ok(moral_read_counts(path, NULL, &arena, &m, &err));
    assert_int_equal(m.n_pairs, 1);
    assert_int_equal(m.pair[0].n_contexts, 3);
    struct moral_edge ahead = moral_edge_of(&m.pair[0], 0), back = moral_edge_of(&m.pair[0], 1);
    assert_int_equal(ahead.i, 8);
    check_near(ahead.p, 1.0 / 3, 1e-15);
    check_near(back.p, -0.4 + 1.0 / 15, 1e-15); /* (1 - 3) / 6 */
    assert_int_equal(back.n, 1);
    assert_int_equal(back.u, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks),     cmocka_unit_test(test_cycles),        cmocka_unit_test(test_attack),
        cmocka_unit_test(test_intervals), cmocka_unit_test(test_generalizable), cmocka_unit_test(test_bias),
        cmocka_unit_test(test_explain),   cmocka_unit_test(test_attack_bound),  cmocka_unit_test(test_invariance),
        cmocka_unit_test(test_bad),       cmocka_unit_test(test_bad_counts),
    };
    return cmocka_run_group_tests_name("moral", tests, setup, teardown);
}
