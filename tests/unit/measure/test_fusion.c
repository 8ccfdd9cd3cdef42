/* Fusion of agents against second implementations: naive Bayes by the whole joint distribution, Dawid & Skene by a
 * plain EM, exponents of the pool by a grid, neighbours by sorting; readers and what they refuse. */
#include "check.h"

#include "base/file.h"
#include "base/rng.h"
#include "measure/fusion/agent_trust.h"
#include "measure/fusion/fuse.h"
#include "measure/fusion/fuse_again.h"
#include "measure/fusion/fuse_conformal.h"
#include "measure/fusion/knn.h"
#include "measure/statistics/statistics.h"

#include <stdlib.h>
#include <unistd.h>

enum { CASES = 1000, K = 3, SOURCES_MOST = 4, N_MOST = 14 };

static struct error err;
static char folder[64];

/* ---- random logs ---- */

struct bench {
    struct agent_log log;
    struct agent_source source[SOURCES_MOST];
    struct text classes[K];
    struct agent_item item[N_MOST];
    struct agent_said said[N_MOST * SOURCES_MOST];
    size_t all[SOURCES_MOST];
    struct arena arena;
};

static void draw(struct bench *b, uint64_t number) {
    static const char *const names[] = {"x", "y", "z", "w"};
    struct rng rng = rng_stream(5, "fusion", number);
    size_t n = 6 + rng_below(&rng, N_MOST - 5), sources = 2 + rng_below(&rng, SOURCES_MOST - 1);
    b->log = (struct agent_log){b->source, sources, b->classes, K, b->item, n, 0, b->said, 0, 0};
    for (size_t t = 0; t < K; t++) b->classes[t] = text_of(names[t]);
    for (size_t s = 0; s < sources; s++) {
        b->source[s] = (struct agent_source){text_of(names[s]), text_of(names[s]), 1, false, true};
        b->all[s] = s;
    }
    for (size_t i = 0; i < n; i++) {
        size_t gold = i < K ? i : rng_below(&rng, K);
        bool known = i < K || rng_below(&rng, 5) > 0;
        b->item[i] = (struct agent_item){TEXT("i"), known ? (int32_t)gold : AGENT_SILENT, "drawn", i};
        b->log.n_gold += known;
        for (size_t s = 0; s < sources; s++) {
            uint64_t u = rng_below(&rng, 10);
            int32_t said = u == 0 ? AGENT_SILENT : u < 6 ? (int32_t)gold : (int32_t)rng_below(&rng, K);
            b->said[i * sources + s] = (struct agent_said){said, rng_unit(&rng), NAN, NAN};
        }
    }
    arena_init(&b->arena, (size_t)1 << 26);
}

/* ---- naive Bayes: the joint of class and everything that all sources may say, cell by cell ---- */

/* P(source s says a | t), without item `out`. */
static double chance(const struct bench *b, size_t s, size_t t, size_t a, size_t out) {
    double said = 1, spoke = K;
    for (size_t i = 0; i < b->log.n_items; i++) {
        int32_t answer = b->said[i * b->log.n_sources + s].answer;
        if (i == out || b->item[i].gold != (int32_t)t || answer == AGENT_SILENT) continue;
        spoke++;
        said += answer == (int32_t)a;
    }
    return said / spoke;
}

static double prior(const struct bench *b, size_t t, size_t out) {
    double of = 1, all = K;
    for (size_t i = 0; i < b->log.n_items; i++) {
        if (i == out || b->item[i].gold == AGENT_SILENT) continue;
        all++;
        of += b->item[i].gold == (int32_t)t;
    }
    return of / all;
}

/* Sums all cells of the joint that agree with what was said. */
static void by_enumeration(const struct bench *b, size_t item, size_t out, double *p) {
    size_t cells = 1, sources = b->log.n_sources;
    double sum = 0;
    for (size_t s = 0; s < sources; s++) cells *= K;
    for (size_t t = 0; t < K; t++) {
        p[t] = 0;
        for (size_t cell = 0; cell < cells; cell++) {
            double q = prior(b, t, out);
            bool agrees = true;
            for (size_t s = 0, rest = cell; s < sources; s++, rest /= K) {
                int32_t said = b->said[item * sources + s].answer;
                agrees &= said == AGENT_SILENT || said == (int32_t)(rest % K);
                q *= chance(b, s, t, rest % K, out);
            }
            if (agrees) p[t] += q;
        }
        sum += p[t];
    }
    for (size_t t = 0; t < K; t++) p[t] /= sum;
}

static void bayes_is_the_joint(void **state) {
    size_t answers[K] = {0}, total = 0;
    (void)state;
    for (uint64_t c = 0; c < CASES; c++) {
        struct bench b;
        const struct fusion *method;
        struct fused f;
        bool loo = c % 2;
        draw(&b, c);
        check_ok(fuse("bayes", &b.log, b.all, b.log.n_sources, loo, &b.arena, &method, &f, &err));
        for (size_t i = 0; i < b.log.n_items; i++) {
            double p[K];
            by_enumeration(&b, i, loo ? i : SIZE_MAX, p);
            for (size_t t = 0; t < K; t++) check_near(f.p[i * K + t], p[t], 1e-12);
            if (f.answer[i] == AGENT_SILENT) continue;
            answers[f.answer[i]]++, total++;
            for (size_t t = 0; t < K; t++) assert_true(p[f.answer[i]] >= p[t] - 1e-12);
        }
        arena_done(&b.arena);
    }
    for (size_t t = 0; t < K; t++) assert_true(answers[t] * 5 >= total);
}

/* ---- Dawid & Skene without logs ---- */

enum { ROUNDS = 40 };

static void plain_em(const struct bench *b, double q[N_MOST][K]) {
    size_t n = b->log.n_items, sources = b->log.n_sources;
    double pi[K], c[SOURCES_MOST][K][K];
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < K; t++) {
            double votes = 0, spoke = 0;
            for (size_t s = 0; s < sources; s++) {
                int32_t a = b->said[i * sources + s].answer;
                votes += a == (int32_t)t, spoke += a != AGENT_SILENT;
            }
            q[i][t] = spoke > 0 ? votes / spoke : 1.0 / K;
        }
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t t = 0; t < K; t++) {
            pi[t] = 0.01;
            for (size_t i = 0; i < n; i++) pi[t] += q[i][t];
            pi[t] /= (double)n + K * 0.01;
            for (size_t s = 0; s < sources; s++) {
                double row = 0;
                for (size_t a = 0; a < K; a++) {
                    c[s][t][a] = 0.01;
                    for (size_t i = 0; i < n; i++)
                        if (b->said[i * sources + s].answer == (int32_t)a) c[s][t][a] += q[i][t];
                    row += c[s][t][a];
                }
                for (size_t a = 0; a < K; a++) c[s][t][a] /= row;
            }
        }
        for (size_t i = 0; i < n; i++) {
            double sum = 0;
            for (size_t t = 0; t < K; t++) {
                q[i][t] = pi[t];
                for (size_t s = 0; s < sources; s++) {
                    int32_t a = b->said[i * sources + s].answer;
                    if (a != AGENT_SILENT) q[i][t] *= c[s][t][a];
                }
                sum += q[i][t];
            }
            for (size_t t = 0; t < K; t++) q[i][t] /= sum;
        }
    }
}

static void em_is_plain_em(void **state) {
    size_t answers[K] = {0}, total = 0;
    (void)state;
    for (uint64_t c = 0; c < CASES; c++) {
        struct bench b;
        const struct fusion *method;
        struct fused f;
        double q[N_MOST][K];
        draw(&b, c);
        plain_em(&b, q);
        check_ok(fuse("dawid-skene,gain=-1e9,rounds=40", &b.log, b.all, b.log.n_sources, false, &b.arena, &method, &f,
                      &err));
        for (size_t i = 0; i < b.log.n_items; i++) {
            for (size_t t = 0; t < K; t++) check_near(f.p[i * K + t], q[i][t], 1e-5);
            if (f.answer[i] != AGENT_SILENT) answers[f.answer[i]]++, total++;
        }
        arena_done(&b.arena);
    }
    for (size_t t = 0; t < K; t++) assert_true(answers[t] * 5 >= total);
}

/* ---- the pool: its objective from scratch, and the best of a grid ---- */

/* Log-likelihood of the gold answers, each without its item, for two exponents. */
static double objective(const struct bench *b, const double *lambda) {
    double sum = 0, n = 0;
    for (size_t i = 0; i < b->log.n_items; i++) {
        double all = 0, gold = 0;
        if (b->item[i].gold == AGENT_SILENT) continue;
        for (size_t t = 0; t < K; t++) {
            double q = prior(b, t, i);
            for (size_t s = 0; s < b->log.n_sources; s++) {
                int32_t a = b->said[i * b->log.n_sources + s].answer;
                if (a != AGENT_SILENT) q *= pow(chance(b, s, t, (size_t)a, i), lambda[s]);
            }
            all += q;
            if (b->item[i].gold == (int32_t)t) gold = q;
        }
        sum += log(gold / all), n++;
    }
    return sum / n;
}

/* Two sources, each worthless or right mostly. */
static void draw_keen(struct bench *b, uint64_t number) {
    struct rng rng = rng_stream(7, "fusion/keen", number);
    draw(b, number);
    b->log.n_sources = 2;
    for (size_t s = 0; s < 2; s++) {
        double right = rng_below(&rng, 4) ? 0.5 + 0.4 * rng_unit(&rng) : 0;
        for (size_t i = 0; i < b->log.n_items; i++) {
            int32_t *said = &b->said[i * 2 + s].answer, gold = b->item[i].gold;
            if (gold != AGENT_SILENT) *said = rng_unit(&rng) < right ? gold : (int32_t)rng_below(&rng, K);
        }
    }
}

static void pool_climbs_to_the_top(void **state) {
    size_t used[3] = {0};
    (void)state;
    for (uint64_t c = 0; c < CASES; c++) {
        struct bench b;
        const struct fusion *method;
        struct fused f;
        size_t in = 0;
        draw_keen(&b, c);
        check_ok(fuse("pool", &b.log, b.all, 2, false, &b.arena, &method, &f, &err));
        double top = objective(&b, f.weight), lambda[2];
        for (size_t s = 0; s < 2; s++) in += f.weight[s] > 0;
        for (size_t g = 0; g < 121; g++) {
            lambda[0] = f.weight[0] > 0 ? (double)(g % 11) / 10 : 0;
            lambda[1] = f.weight[1] > 0 ? (double)(g / 11) / 10 : 0;
            assert_true(objective(&b, lambda) <= top + 1e-9);
        }
        for (size_t s = 0; s < 2; s++) { /* whoever is used wins two nats or more of all items */
            for (size_t o = 0; o < 2; o++) lambda[o] = o == s ? 0 : f.weight[o];
            if (f.weight[s] > 0) assert_true((top - objective(&b, lambda)) * (double)b.log.n_gold >= 2 - 1e-9);
        }
        used[in]++;
        arena_done(&b.arena);
    }
    size_t in = used[1] + 2 * used[2];
    print_message("of two sources the pool uses none %zu, one %zu, both %zu times\n", used[0], used[1], used[2]);
    assert_true(in * 5 >= 2 * CASES && (2 * CASES - in) * 5 >= 2 * CASES && used[2] > 0);
}

/* ---- neighbours ---- */

struct by_product {
    double product;
    size_t row;
};

static int larger(const void *a, const void *b) {
    const struct by_product *x = a, *y = b;
    if (x->product != y->product) return x->product > y->product ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void neighbours_by_sorting(void **state) {
    enum { ROWS = 20, WIDTH = 5 };
    size_t right = 0;
    (void)state;
    for (uint64_t c = 0; c < CASES; c++) {
        struct rng rng = rng_stream(6, "knn", c);
        float rows[ROWS * WIDTH];
        uint32_t label[ROWS], cluster[ROWS];
        for (size_t i = 0; i < ROWS * WIDTH; i++) rows[i] = (float)rng_below(&rng, 7) - 2;
        for (size_t i = 0; i < ROWS; i++)
            label[i] = (uint32_t)rng_below(&rng, K), cluster[i] = (uint32_t)rng_below(&rng, 12);
        for (size_t i = 0; i < ROWS; i++) rows[i * WIDTH + label[i]] += 3;
        struct knn q = {rows, ROWS, WIDTH, label, c % 2 ? cluster : NULL, K, 1 + rng_below(&rng, 6)};
        size_t i = rng_below(&rng, ROWS), n = 0, answer;
        struct by_product all[ROWS];
        struct knn_near near[8];
        double sums[K], share, mine[K] = {0}, sum = 0;
        bool there[K] = {false};
        knn_answer(&q, i, near, sums, &answer, &share);
        for (size_t j = 0; j < ROWS; j++) {
            double p = 0;
            if (j == i || (q.cluster && cluster[i] == cluster[j])) continue;
            for (size_t w = 0; w < WIDTH; w++) p += (double)rows[i * WIDTH + w] * rows[j * WIDTH + w];
            all[n++] = (struct by_product){p, j};
        }
        qsort(all, n, sizeof *all, larger);
        for (size_t f = 0; f < n && f < q.k; f++)
            mine[label[all[f].row]] += all[f].product, sum += all[f].product, there[label[all[f].row]] = true;
        size_t best = K;
        for (size_t t = 0; t < K; t++)
            if (there[t] && (best == K || mine[t] > mine[best])) best = t;
        assert_int_equal(answer, best);
        if (sum > 0)
            check_near(share, mine[best] / sum, 1e-12);
        else
            assert_true(isnan(share));
        right += answer == label[i];
    }
    assert_true(right * 5 >= CASES && (CASES - right) * 5 >= CASES);
}

/* ---- votes ---- */

/* Is class a better than b for an item: more of the first figure, of equals of the second, then said by an earlier
 * source? */
static bool beats(const struct bench *b, size_t item, const double *first, const double *second, size_t x, size_t y) {
    if (first[x] != first[y]) return first[x] > first[y];
    if (second[x] != second[y]) return second[x] > second[y];
    for (size_t s = 0; s < b->log.n_sources; s++) {
        int32_t said = b->said[item * b->log.n_sources + s].answer;
        if (said == (int32_t)x || said == (int32_t)y) return said == (int32_t)x;
    }
    return false;
}

/* The class that beats all others that were said. */
static int32_t winner(const struct bench *b, size_t item, bool by_confidence, double *votes_of_it, double *spoke) {
    double votes[K] = {0}, sure[K] = {0};
    *spoke = 0;
    for (size_t s = 0; s < b->log.n_sources; s++) {
        const struct agent_said *said = &b->said[item * b->log.n_sources + s];
        if (said->answer == AGENT_SILENT) continue;
        votes[said->answer]++, sure[said->answer] += said->confidence, ++*spoke;
    }
    for (size_t x = 0; x < K; x++) {
        bool best = votes[x] > 0;
        for (size_t y = 0; y < K; y++)
            if (y != x && votes[y] > 0)
                best = best && beats(b, item, by_confidence ? sure : votes, by_confidence ? votes : sure, x, y);
        *votes_of_it = votes[x];
        if (best) return (int32_t)x;
    }
    return AGENT_SILENT;
}

static void votes_are_counted(void **state) {
    static const char *const ways[] = {"vote", "majority", "confidence"};
    size_t answers[3][K] = {{0}}, total[3] = {0}, silent = 0, all = 0, alike = 0;
    (void)state;
    for (uint64_t c = 0; c < CASES; c++) {
        struct bench b;
        const struct fusion *method;
        struct fused f[3];
        draw(&b, c);
        for (size_t i = 0; c % 2 && i < b.log.n_items * b.log.n_sources; i++) /* confidences with ties */
            b.said[i].confidence = (double)(int)(b.said[i].confidence * 3) / 2;
        for (size_t w = 0; w < 3; w++)
            check_ok(fuse(ways[w], &b.log, b.all, b.log.n_sources, false, &b.arena, &method, &f[w], &err));
        for (size_t i = 0; i < b.log.n_items; i++) {
            double votes, spoke;
            for (size_t w = 0; w < 3; w++) {
                int32_t expected = winner(&b, i, w == 2, &votes, &spoke);
                if (w == 1 && expected != AGENT_SILENT && !(votes > spoke / 2)) expected = AGENT_SILENT;
                assert_int_equal(f[w].answer[i], expected);
                if (expected != AGENT_SILENT) answers[w][expected]++, total[w]++;
                silent += w == 1 && expected == AGENT_SILENT;
            }
            all++;
            alike += f[0].answer[i] == f[2].answer[i];
        }
        arena_done(&b.arena);
    }
    print_message("%zu votes: no majority in %zu, the surest other than the most in %zu\n", all, silent, all - alike);
    for (size_t w = 0; w < 3; w++)
        for (size_t t = 0; t < K; t++) assert_true(answers[w][t] * 5 >= total[w]);
    assert_true(silent * 5 >= all && (all - silent) * 5 >= all);
}

static void votes_by_hand(void **state) {
    struct bench b;
    const struct fusion *method;
    struct fused f;
    static const int32_t said[4][3] = {
        {0, 0, 1}, {0, 1, 2}, {1, AGENT_SILENT, 1}, {AGENT_SILENT, AGENT_SILENT, AGENT_SILENT}};
    static const double sure[4][3] = {{.3, .3, .9}, {.5, .4, .9}, {.2, 0, .1}, {0, 0, 0}};
    static const int32_t plural[4] = {0, 2, 1, AGENT_SILENT}, strict[4] = {0, AGENT_SILENT, 1, AGENT_SILENT};
    static const int32_t surest[4] = {1, 2, 1, AGENT_SILENT};
    (void)state;
    draw(&b, 1);
    b.log.n_items = 4, b.log.n_sources = 3;
    for (size_t s = 0; s < 3; s++)
        b.all[s] = s, b.source[s] = (struct agent_source){TEXT("s"), TEXT("s"), 1, false, true};
    for (size_t i = 0; i < 12; i++) b.said[i] = (struct agent_said){said[i / 3][i % 3], sure[i / 3][i % 3], NAN, NAN};
    static const struct {
        const char *name;
        const int32_t *expected;
    } ways[] = {{"vote", plural}, {"majority", strict}, {"confidence", surest}};
    for (size_t w = 0; w < 3; w++) {
        check_ok(fuse(ways[w].name, &b.log, b.all, 3, false, &b.arena, &method, &f, &err));
        for (size_t i = 0; i < 4; i++) assert_int_equal(f.answer[i], ways[w].expected[i]);
    }
    b.source[1].confident = false;
    check_fails(fuse("confidence", &b.log, b.all, 3, false, &b.arena, &method, &f, &err), ERROR_DATA, "how sure");
    check_fails(fuse("vote", &b.log, b.all, 1, false, &b.arena, &method, &f, &err), ERROR_DATA, "two sources");
    check_fails(fuse("votes", &b.log, b.all, 3, false, &b.arena, &method, &f, &err), ERROR_USAGE,
                "did you mean 'vote'");
    b.log.n_gold = 0;
    for (size_t i = 0; i < 4; i++) b.item[i].gold = AGENT_SILENT;
    check_fails(fuse("bayes", &b.log, b.all, 3, false, &b.arena, &method, &f, &err), ERROR_DATA, "no item has one");
    b.log.n_gold = 2;
    b.item[0].gold = b.item[1].gold = 1;
    check_fails(fuse("pool", &b.log, b.all, 3, false, &b.arena, &method, &f, &err), ERROR_DATA,
                "all gold answers are 'y'");
    arena_done(&b.arena);
}

/* ---- asking again ---- */

/* An agent that says the same again wins next to nothing and is not asked; one that is always right the second time
 * wins the more, the less sure the first answers are, and is asked where that is worth its price. */
static void asking_again_by_hand(void **state) {
    enum { N = 12 };
    struct agent_source source[3] = {{TEXT("A/1"), TEXT("A"), 1, false, true},
                                     {TEXT("A/2"), TEXT("A"), 2, false, true},
                                     {TEXT("B"), TEXT("B"), 1, false, true}};
    struct text classes[2] = {TEXT("x"), TEXT("y")};
    struct agent_item item[N];
    struct agent_said said[N * 3];
    struct agent_log log = {source, 3, classes, 2, item, N, N, said, 0, 0};
    struct arena arena;
    struct again found;
    (void)state;
    arena_init(&arena, 1 << 24);
    for (int knows = 0; knows < 2; knows++) {
        for (int i = 0; i < N; i++) {
            int32_t gold = i % 2, first = i % 3 == 0 ? 1 - gold : gold; /* wrong in one of three */
            item[i] = (struct agent_item){TEXT("i"), gold, "made", (size_t)i};
            said[3 * i] = (struct agent_said){first, 0.6, NAN, NAN};
            said[3 * i + 1] = (struct agent_said){knows ? gold : first, 0.9, 1, NAN};
            said[3 * i + 2] = (struct agent_said){0, 0.5, NAN, NAN};
        }
        check_ok(fuse_again("information-value,value=10,price=0.5", &log, &arena, &found, &err));
        assert_true(found.n_rows >= 3);
        for (size_t r = 0; r < found.n_rows; r++) {
            const struct again_row *row = &found.row[r];
            assert_int_equal(row->could, N);
            if (row->least == INFINITY) assert_int_equal(row->asked, 0);
            if (row->least == -INFINITY) assert_int_equal(row->asked, N);
            if (isnan(row->least)) assert_int_equal(row->asked, knows ? N : 0);
            if (isnan(row->least) && knows) assert_true(row->right >= 10);
        }
        check_ok(fuse_again("information-value,value=10,price=20", &log, &arena, &found, &err));
        for (size_t r = 0; r < found.n_rows; r++)
            if (isnan(found.row[r].least)) assert_int_equal(found.row[r].asked, 0);
    }
    arena_done(&arena);
}

/* ---- calibration in closed form ---- */

static void trust_by_hand(void **state) {
    const struct agent_trust_settings left = {10, true, 0.85}, right = {10, false, 0.85};
    static const double c[] = {.9, .9, .5, .3}, y[] = {1, 0, 1, 0}, sure[] = {.8, .8, .8, .8}, ones[] = {1, 1, 1, 1};
    struct agent_trust t;
    (void)state;
    check_ok(agent_trust_of(c, y, 4, &left, &t, &err));
    check_near(t.accuracy, .5, 0);
    check_near(t.confidence, .65, 1e-15);
    check_near(t.ocr, .25, 0); /* one of four, though of two wrong ones */
    check_near(t.ece, (2 * .4 + .5 + .3) / 4, 1e-15);
    check_near(t.brier, (.01 + .81 + .25 + .09) / 4, 1e-15);
    check_near(t.reliability - t.resolution + t.uncertainty, t.brier, 1e-12); /* a value a bin */
    check_near(t.ccc, .1 / sqrt(.27), 1e-12);
    check_near(t.trust, (1 - t.ece) * .75 * (1 + t.ccc) / 2, 1e-15);
    check_ok(agent_trust_of(c, y, 4, &right, &t, &err));
    check_near(t.ece, (2 * .4 + .5 + .3) / 4, 1e-15);
    check_ok(agent_trust_of(sure, y, 4, &left, &t, &err));
    assert_true(isnan(t.ccc) && isnan(t.temperature));
    assert_string_equal(t.no_ccc, "all confidences are equal");
    check_ok(agent_trust_of(c, ones, 4, &left, &t, &err));
    assert_string_equal(t.no_ccc, "all answers are alike, right or wrong");
    assert_string_equal(t.no_temperature, "all answers are alike, right or wrong");
}

/* Where a confidence parts right from wrong there is no temperature, whichever side its own answers lie on. */
static void separated_has_no_temperature(void **state) {
    static const struct {
        double c[5], y[5];
        const char *why;
    } cases[] = {
        {{.5, .5, .6, .7, .9}, {0, 0, 1, 1, 1}, "a confidence tells all right"},
        {{.5, .6, .6, .7, .9}, {0, 0, 1, 1, 1}, "a confidence tells all right"}, /* both at the border */
        {{.5, .5, .6, .7, .9}, {1, 1, 0, 0, 0}, "the surer, the more often wrong"},
        {{.996, .997, .998, .999, 1}, {0, 1, 0, 1, 1}, "all confidences are equal, cut to"},
        {{.2, .2, .8, .8, .5}, {0, 1, 0, 1, 1}, "confidence says nothing"},
        {{.5, .6, .6, .7, .9}, {0, 1, 0, 0, 1}, NULL},
    };
    const struct agent_trust_settings settings = {10, true, 0.85};
    struct agent_trust t;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_ok(agent_trust_of(cases[i].c, cases[i].y, 5, &settings, &t, &err));
        assert_int_equal(isnan(t.temperature), cases[i].why != NULL);
        assert_int_equal(isnan(t.shift), cases[i].why != NULL);
        if (cases[i].why) assert_ptr_equal(strstr(t.no_temperature, cases[i].why), t.no_temperature);
    }
}

/* Where the likelihood of y ~ sigma(logit(c) / T + b) is largest its slopes are 0; those who are too sure come out
 * above 1. */
static void temperatures_have_no_slope(void **state) {
    enum { N = 60 };
    const struct agent_trust_settings settings = {10, true, 0.85};
    size_t fitted = 0, too_sure = 0;
    (void)state;
    for (uint64_t k = 0; k < CASES; k++) {
        struct rng rng = rng_stream(9, "temperature", k);
        double c[N], y[N], truth = exp(1.4 * rng_unit(&rng) - 0.7), slope[2] = {0};
        struct agent_trust t;
        for (size_t i = 0; i < N; i++) {
            double l = fmax(fmin(2 * rng_normal(&rng), 5), -5); /* within .005 and .995, to which it is cut */
            c[i] = 1 / (1 + exp(-l));
            y[i] = rng_unit(&rng) < 1 / (1 + exp(-(l / truth + 0.3)));
        }
        check_ok(agent_trust_of(c, y, N, &settings, &t, &err));
        if (isnan(t.temperature)) continue;
        for (size_t i = 0; i < N; i++) {
            double l = log(c[i] / (1 - c[i])), p = 1 / (1 + exp(-(l / t.temperature + t.shift)));
            slope[0] += y[i] - p, slope[1] += (y[i] - p) * l;
        }
        check_near(slope[0], 0, 1e-5);
        check_near(slope[1], 0, 1e-5);
        fitted++, too_sure += t.temperature > 1;
    }
    assert_true(fitted >= CASES * 9 / 10);
    assert_in_range(too_sure, fitted / 5, fitted - fitted / 5);
}

/* ---- conformal sets ---- */

static void sets_cover(void **state) {
    enum { N = 200 };
    struct agent_item item[N];
    struct text classes[2] = {TEXT("no"), TEXT("yes")};
    struct agent_log log = {.item = item, .n_items = N, .n_gold = N, .classes = classes, .n_classes = 2};
    double p[N * 2];
    struct conformal c;
    struct arena arena;
    (void)state;
    arena_init(&arena, 1 << 24);
    for (size_t i = 0; i < N; i++) {
        item[i] = (struct agent_item){TEXT("i"), (int32_t)(i % 2), "drawn", i};
        p[2 * i + i % 2] = (double)(i + 1) / N, p[2 * i + 1 - i % 2] = 1 - (double)(i + 1) / N;
    }
    check_ok(fuse_conformal(&log, p, 0.1, 1, &arena, &c, &err));
    size_t in = 0;
    for (size_t i = 0; i < N; i++) in += c.in[2 * i + i % 2];
    assert_int_equal(in, 181); /* ceil(201 x .9) of 200 scores */
    assert_true(c.coverage > 0.86 && c.coverage < 0.95 && c.least <= c.coverage && c.most >= c.coverage);
    log.n_gold = 5;
    check_fails(fuse_conformal(&log, p, 0.1, 1, &arena, &c, &err), ERROR_DATA, "20 gold answers");
    check_fails(fuse_conformal(&log, p, 1.5, 1, &arena, &c, &err), ERROR_USAGE, "between 0 and 1");
    arena_done(&arena);
}

/* The threshold is a true answer's score, and of the n scores as many are at most it as the rule of n + 1 asks: told
 * by counting, without sorting. Scores with ties: which side of the threshold equals fall on is drawn, their number is
 * not. */
static void sets_are_counted(void **state) {
    enum { MOST = 40 };
    size_t in = 0, out = 0, all_in = 0;
    (void)state;
    for (uint64_t k = 0; k < CASES; k++) {
        struct rng rng = rng_stream(8, "conformal", k);
        size_t n = 20 + rng_below(&rng, MOST - 19), covered = 0;
        struct agent_item item[MOST];
        struct text classes[K] = {TEXT("x"), TEXT("y"), TEXT("z")};
        struct agent_log log = {.item = item, .n_items = n, .n_gold = n, .classes = classes, .n_classes = K};
        double p[MOST * K], alpha = 0.02 + 0.5 * rng_unit(&rng), top = 0, least_out = 1;
        struct conformal c;
        struct arena arena;
        arena_init(&arena, 1 << 22);
        for (size_t i = 0; i < n; i++) {
            item[i] = (struct agent_item){TEXT("i"), (int32_t)rng_below(&rng, K), "drawn", i};
            for (size_t t = 0; t < K; t++) p[i * K + t] = (double)rng_below(&rng, k % 2 ? 8 : 1000000) / 1e6;
        }
        check_ok(fuse_conformal(&log, p, alpha, k, &arena, &c, &err));
        size_t wanted = (size_t)ceil((double)(n + 1) * (1 - alpha) - 1e-9);
        for (size_t i = 0; i < n; i++) covered += c.in[i * K + (size_t)item[i].gold];
        assert_int_equal(covered, wanted > n ? n : wanted);
        for (size_t i = 0; i < n * K; i++)
            if (c.in[i])
                top = fmax(top, 1 - p[i]), in++;
            else
                least_out = fmin(least_out, 1 - p[i]), out++;
        assert_true(wanted > n || top <= least_out);
        all_in += wanted > n;
        arena_done(&arena);
    }
    print_message("%zu classes are in a set, %zu are not; of %d logs %zu are too short to rule anything out\n", in, out,
                  CASES, all_in);
    assert_true(in * 5 >= in + out && out * 5 >= in + out && all_in > 0);
}

/* ---- files ---- */

static const char *written(const char *name, const char *text) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check_ok(file_write(path, text_of(text), &err));
    return path;
}

static bool read_text(const char *name, const char *text, bool lenient, struct arena *arena, struct agent_log *log) {
    const char *path = written(name, text);
    const struct agent_log_settings settings = {.lenient = lenient};
    arena_init(arena, (size_t)1 << 28);
    return agent_log_read(&path, 1, &settings, arena, log, &err);
}

static void logs_are_read(void **state) {
    struct agent_log log;
    struct arena arena;
    size_t source[AGENT_SOURCES_MOST];
    (void)state;
    check_ok(read_text("wide.csv",
                       "id,gold,RAG,RAG_confidence,Q_1,Q_1_confidence,Q,Q_confidence,Orchestrator,"
                       "Orchestrator_confidence\n7,rust,rust,1.0,scab,0.95,rust,0.5,scab,1\n"
                       "8,scab,unknown,0,scab,0.9,scab,1,scab,0.8\n",
                       false, &arena, &log));
    assert_int_equal(log.n_sources, 4);
    assert_int_equal(log.n_items, 2);
    assert_int_equal(log.n_classes, 2);
    assert_int_equal(fuse_sources(&log, false, source), 2);
    assert_true(text_equal_c(log.source[source[1]].name, "Q_1") && log.source[source[1]].round == 1);
    assert_int_equal(fuse_sources(&log, true, source), 2);
    assert_true(text_equal_c(log.source[source[1]].name, "Q") && log.source[source[1]].round == 2);
    assert_int_equal(agent_said_at(&log, 1, 0)->answer, AGENT_SILENT);
    assert_true(log.source[3].decides);
    arena_done(&arena);
    check_ok(
        read_text("long.jsonl",
                  "{\"item\":\"a\",\"gold\":\"x\",\"agent\":\"A\",\"round\":1,\"answer\":\"x\",\"confidence\":0.5}\n"
                  "{\"item\":\"a\",\"agent\":\"A\",\"round\":2,\"answer\":\"y\"}\n"
                  "{\"item\":\"b\",\"gold\":\"y\",\"agent\":\"B\",\"answer\":\"y\",\"cost\":0.25}\n",
                  false, &arena, &log));
    assert_int_equal(log.n_sources, 3);
    assert_true(text_equal_c(log.source[0].name, "A/1") && text_equal_c(log.source[2].name, "B"));
    assert_false(log.source[1].confident);
    check_near(agent_said_at(&log, 1, 2)->cost, 0.25, 0);
    arena_done(&arena);
}

#define HEAD "id,gold,A,A_confidence,B,B_confidence\n1,x,x,0.5,y,0.5\n"

static void faults_are_named(void **state) {
    static const struct {
        const char *name, *text, *said;
    } bad[] = {
        {"share.csv", HEAD "2,y,x,95%,y,0.5\n",
         "share.csv:3: field 'A_confidence': expected a number from 0 to 1, found '95%'"},
        {"large.csv", HEAD "2,y,x,0.5,y,1.5\n",
         "large.csv:3: field 'B_confidence': expected a number from 0 to 1, found '1.5'"},
        {"none.csv", HEAD "2,y,x,,y,0.5\n",
         "none.csv:3: field 'A_confidence': expected a number from 0 to 1, the answer has none"},
        {"nan.csv", HEAD "2,y,x,nan,y,0.5\n", "nan.csv:3: field 'A_confidence'"},
        {"class.csv", HEAD "2,y,pear,0.5,y,0.5\n", "class.csv:3: A: 'pear' is none of the 2 classes"},
        {"twice.csv", HEAD "1,x,x,0.5,y,0.5\n", "twice.csv:3: field 'id': the item was there before, found '1'"},
        {"item.csv", HEAD ",x,x,0.5,y,0.5\n", "item.csv:3: field 'id': expected which item"},
        {"who.csv", "id,gold,A\n1,x,x\n", "who.csv:2: no agents"},
        {"id.csv", "gold,A,A_confidence\nx,x,1\n", "id.csv:2: no column 'item' or 'id'"},
        {"empty.csv", "", "empty.csv' is empty"},
        {"list.jsonl", "0\t\t", "list.jsonl:1: field 'row': expected an object"},
        {"again.jsonl",
         "{\"item\":\"a\",\"gold\":\"x\",\"agent\":\"A\",\"answer\":\"x\"}\n{\"item\":\"a\",\"agent\":\"A\",\"answer\":"
         "\"x\"}\n",
         "again.jsonl:2: a second answer of 'A' to item 'a'"},
        {"gold.jsonl",
         "{\"item\":\"a\",\"gold\":\"x\",\"agent\":\"A\",\"answer\":\"x\"}\n{\"item\":\"a\",\"gold\":\"y\",\"agent\":"
         "\"B\",\"answer\":\"x\"}\n",
         "gold.jsonl:2: field 'gold': another gold answer"},
    };
    struct agent_log log;
    struct arena arena;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_fails(read_text(bad[i].name, bad[i].text, false, &arena, &log), ERROR_DATA, bad[i].said);
        arena_done(&arena);
    }
    check_ok(
        read_text("lenient.csv", HEAD "2,y,x,95%,y,0.5\n3,y,pear,0.5,y,0.5\n4,y,y,0.5,y,0.5\n", true, &arena, &log));
    assert_int_equal(log.bad_rows, 1);
    assert_int_equal(log.no_class, 1);
    assert_int_equal(log.n_items, 3);
    arena_done(&arena);
}

static void maps_are_read(void **state) {
    struct agent_log log;
    struct arena arena;
    char log_path[128], map_path[128];
    const char *path = log_path;
    const struct agent_log_settings settings = {.map = map_path};
    (void)state;
    snprintf(log_path, sizeof log_path, "%s", written("own.csv", "nr,truth,one,sure,two\n1,x,x,0.9,y\n2,y,y,0.8,y\n"));
    snprintf(map_path, sizeof map_path, "%s",
             written("own.yaml",
                     "item: nr\ngold: truth\ndecision: boss\nagents:\n- {agent: one, answer: one, confidence: sure}\n"
                     "- {name: boss, answer: two}\n"));
    arena_init(&arena, (size_t)1 << 28);
    check_ok(agent_log_read(&path, 1, &settings, &arena, &log, &err));
    assert_true(log.n_sources == 2 && log.source[1].decides && log.source[0].confident && !log.source[1].confident);
    written("own.yaml", "item: nr\ngold: truth\nagents: [{answer: gone}]\n");
    check_fails(agent_log_read(&path, 1, &settings, &arena, &log, &err), ERROR_DATA,
                "own.csv:2: field 'gone': there is no such column");
    written("own.yaml", "item: nr\nagent: [{answer: gone}]\n");
    check_fails(agent_log_read(&path, 1, &settings, &arena, &log, &err), ERROR_DATA, "own.yaml:2");
    arena_done(&arena);
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-fusion-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}
static int remove_folder(void **state) {
    char line[96];
    (void)state;
    snprintf(line, sizeof line, "rm -r %s", folder);
    return system(line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bayes_is_the_joint),         cmocka_unit_test(em_is_plain_em),
        cmocka_unit_test(pool_climbs_to_the_top),     cmocka_unit_test(neighbours_by_sorting),
        cmocka_unit_test(votes_are_counted),          cmocka_unit_test(votes_by_hand),
        cmocka_unit_test(asking_again_by_hand),       cmocka_unit_test(trust_by_hand),
        cmocka_unit_test(separated_has_no_temperature), cmocka_unit_test(temperatures_have_no_slope), cmocka_unit_test(sets_cover),
        cmocka_unit_test(sets_are_counted),           cmocka_unit_test(logs_are_read),
        cmocka_unit_test(faults_are_named),           cmocka_unit_test(maps_are_read),
    };
    return cmocka_run_group_tests_name("fusion", tests, make_folder, remove_folder);
}
