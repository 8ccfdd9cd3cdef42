/* Profiles of values: closed forms, and synthetic respondents whose profile is known. */
#include "check.h"

#include "base/rng.h"
#include "measure/statistics/profile.h"
#include "measure/statistics/statistics.h"

static void centring_takes_out_the_level(void **state) {
    double x[4] = {7, 5, NAN, 3}, w[4] = {1, 1, 1, 2}, c[4];
    (void)state;
    profile_centre(x, NULL, 4, c);
    check_near(c[0], 2, 1e-15); check_near(c[1], 0, 1e-15); check_near(c[3], -2, 1e-15);
    assert_true(isnan(c[2]));
    profile_centre(x, w, 4, c); /* (7 + 5 + 2 x 3) / 4 */
    check_near(c[0], 2.5, 1e-15); check_near(c[3], -1.5, 1e-15);
}

/* A respondent with the profile t, noise of standard deviation s, six items a value, half of them reversed. */
static void respond(const double *t, double s, double level, uint64_t seed, int flipped, double *mean) {
    struct rng rng = rng_stream(seed, "respondent", 0);
    for (int v = 0; v < BASIC_VALUES; v++) {
        mean[v] = 0;
        for (int i = 0; i < 6; i++) {
            int key = (i % 2 ? -1 : 1) * flipped;
            double raw = 5 + (i % 2 ? -1 : 1) * (t[v] + level + s * rng_normal(&rng));
            mean[v] += (key > 0 ? raw : 10 - raw) / 6;
        }
    }
}

static void a_profile_is_recovered(void **state) {
    const double t[BASIC_VALUES] = {3, 2, 1, 0, -1, -3, -2, -1, 0, 1}, s = 0.5;
    size_t near = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        double mean[BASIC_VALUES], turned[BASIC_VALUES], c[BASIC_VALUES], d[BASIC_VALUES];
        respond(t, s, 1.3, seed, 1, mean), respond(t, s, 1.3, seed, -1, turned);
        profile_centre(mean, NULL, BASIC_VALUES, c), profile_centre(turned, NULL, BASIC_VALUES, d);
        for (int v = 0; v < BASIC_VALUES; v++) {
            near += fabs(c[v] - t[v]) <= 2 * s / sqrt(6);
            check_near(d[v], -c[v], 1e-12); /* all keys turned round: the sign is, exactly */
        }
        assert_true(profile_spearman(c, t, BASIC_VALUES) > 0.8);
    }
    assert_true(near >= 940); /* two standard errors: 954 of 1,000 */
}

/* Always agrees: whatever is said, 5 of 5. Half of the items are reversed, so that every value is at the middle. */
static void agreeing_is_no_profile(void **state) {
    double mean[BASIC_VALUES], c[BASIC_VALUES];
    (void)state;
    for (int v = 0; v < BASIC_VALUES; v++) mean[v] = (3 * 5.0 + 3 * (6 - 5.0)) / 6;
    profile_centre(mean, NULL, BASIC_VALUES, c);
    for (int v = 0; v < BASIC_VALUES; v++) check_near(c[v], 0, 1e-15);
    struct profile_circle circle = profile_circle(basic_value_angles, c, BASIC_VALUES);
    assert_true(circle.amplitude == 0 && isnan(circle.angle) && isnan(circle.fit));
}

static void a_circle_is_found(void **state) {
    double x[BASIC_VALUES];
    size_t near = 0;
    (void)state;
    for (int v = 0; v < BASIC_VALUES; v++) x[v] = 0.7 + 2 * cos((basic_value_angles[v] - 60) * M_PI / 180);
    struct profile_circle circle = profile_circle(basic_value_angles, x, BASIC_VALUES);
    check_near(circle.mean, 0.7, 1e-12); check_near(circle.amplitude, 2, 1e-12); check_near(circle.angle, 60, 1e-9);
    check_near(circle.fit, 1, 1e-12);
    x[3] = NAN; /* one is not known: the others still tell */
    check_near(profile_circle(basic_value_angles, x, BASIC_VALUES).angle, 60, 1e-9);
    for (int v = 3; v < BASIC_VALUES; v++) x[v] = NAN;
    assert_true(isnan(profile_circle(basic_value_angles, x, BASIC_VALUES).amplitude));
    for (uint64_t seed = 0; seed < 200; seed++) { /* means of six items with noise .5 */
        struct rng rng = rng_stream(seed, "circle", 0);
        for (int v = 0; v < BASIC_VALUES; v++)
            x[v] = 2 * cos((basic_value_angles[v] - 60) * M_PI / 180) + 0.5 / sqrt(6) * rng_normal(&rng);
        circle = profile_circle(basic_value_angles, x, BASIC_VALUES);
        near += fabs(circle.amplitude - 2) < 0.3 && fabs(circle.angle - 60) < 8;
    }
    assert_true(near >= 197); /* three standard errors of both: 0.09 and 2.6 degrees */
}

/* x = true score + noise: alpha = k r / (1 + (k - 1) r) of correlation r (Spearman-Brown); noise alone: 0. */
/* Choices by a logistic function of known weights: the values go together in what is offered (each thing serves a value
 * and its neighbour), and are taken apart; one value alone has the closed form sum v / (sum v^2 + n / 100). */
static void weights_of_choices(void **state) {
    enum { N = 4000 };
    const double t[BASIC_VALUES] = {2, 1.7, 1, 0.6, -0.5, -2, -1.6, -1, -0.2, 0.8}, one[2] = {1.5, 0.75};
    double sum[BASIC_VALUES] = {0}, pairs[PROFILE_PAIRS(BASIC_VALUES)] = {0}, w[BASIC_VALUES];
    struct rng rng = rng_stream(1, "choices", 0);
    (void)state;
    for (int n = 0; n < N; n++) {
        double v[BASIC_VALUES] = {0}, d = 0;
        for (int k = 0; k < 2; k++) {
            size_t at = (size_t)rng_below(&rng, BASIC_VALUES);
            v[at] += k ? -0.5 : 0.5, v[(at + 1) % BASIC_VALUES] += k ? -0.5 : 0.5;
        }
        for (int i = 0; i < BASIC_VALUES; i++) d += 2 * v[i] * t[i];
        double sign = rng_unit(&rng) < 1 / (1 + exp(-d)) ? 1 : -1;
        for (int i = 0, p = 0; i < BASIC_VALUES; i++) {
            sum[i] += sign * v[i];
            for (int j = i; j < BASIC_VALUES; j++) pairs[p++] += v[i] * v[j];
        }
    }
    assert_true(profile_weights(N, sum, pairs, BASIC_VALUES, w));
    assert_true(profile_spearman(w, t, BASIC_VALUES) > 0.97 && profile_cosine(w, t, BASIC_VALUES) > 0.98);
    assert_true(profile_weights(3, &one[0], &one[1], 1, w));
    check_near(w[0], 1.5 / 0.78, 1e-14);
    assert_false(profile_weights(0, sum, pairs, BASIC_VALUES, w));
}

static void alpha_is_spearman_brown(void **state) {
    enum { PEOPLE = 20000, K = 6 };
    static double x[PEOPLE * K];
    struct rng rng = rng_stream(1, "alpha", 0);
    (void)state;
    for (int p = 0; p < PEOPLE; p++) {
        double truth = rng_normal(&rng);
        for (int i = 0; i < K; i++) x[p * K + i] = truth + rng_normal(&rng);
    }
    check_near(profile_alpha(x, PEOPLE, K), K * 0.5 / (1 + (K - 1) * 0.5), 0.01);
    for (int i = 0; i < PEOPLE * K; i++) x[i] = rng_normal(&rng);
    check_near(profile_alpha(x, PEOPLE, K), 0, 0.04);
    const double same[6] = {1, 1, 2, 2, 3, 3}, flat[4] = {1, 1, 1, 1};
    check_near(profile_alpha(same, 3, 2), 1, 1e-12);
    assert_true(isnan(profile_alpha(flat, 2, 2)) && isnan(profile_alpha(same, 1, 6)) && isnan(profile_alpha(same, 6, 1)));
}

static void nearness(void **state) {
    const double c[4] = {1, 2, 3, NAN}, t[4] = {1, 4, 3, 9}, w[4] = {1, 2, 1, 1}, turned[4] = {-1, -2, -3, 0};
    (void)state;
    check_near(profile_distance(c, t, NULL, 4), sqrt(4.0 / 3), 1e-15);
    check_near(profile_distance(c, t, w, 4), sqrt(8.0 / 4), 1e-15);
    check_near(profile_along(c, t, 4), 18 / sqrt(26), 1e-14);
    check_near(profile_cosine(c, turned, 4), -1, 1e-15);
    check_near(profile_spearman(c, t, 4), 0.5, 1e-15); /* ranks 1 2 3 and 1 3 2 */
    const double tied[4] = {1, 1, 2, 0}, plain[4] = {3, 1, 2, 0};
    struct error err = {0};
    check_near(profile_spearman(tied, plain, 4), stat_spearman(tied, plain, 4, &err), 1e-15);
}

static void forms_that_disagree(void **state) {
    const double turned[4] = {0.9, 0.1, 0.1, 0.9}, same[4] = {0.9, 0.1, 0.9, 0.1}, sure[4] = {1, 0, 1, 0};
    (void)state;
    double h = -0.9 * log2(0.9) - 0.1 * log2(0.1);
    check_near(profile_divergence(turned, 2, 2), 1 - h, 1e-15);
    check_near(profile_divergence(turned, 2, 2), 0.531, 5e-4);
    check_near(profile_divergence(same, 2, 2), 0, 1e-15);
    assert_true(profile_divergence(sure, 2, 2) == 0 && profile_entropy(sure, 2) == 0);
    const double even[4] = {0.25, 0.25, 0.25, 0.25};
    check_near(profile_entropy(even, 4), 2, 1e-15);
}

/* Wins drawn by known strengths are recovered; two who met: the logarithm of the odds. */
static void strengths_are_recovered(void **state) {
    enum { N = 4, MET = 4000 };
    const double truth[N] = {0.9, 0.3, -0.3, -0.9};
    double wins[25] = {0}, found[5];
    struct rng rng = rng_stream(1, "strengths", 0);
    (void)state;
    for (int i = 0; i < N; i++)
        for (int j = i + 1; j < N; j++)
            for (int k = 0; k < MET; k++) {
                bool won = rng_unit(&rng) < 1 / (1 + exp(truth[j] - truth[i]));
                wins[5 * (won ? i : j) + (won ? j : i)]++;
            }
    profile_strengths(wins, 5, found); /* the fifth met nobody */
    for (int i = 0; i < N; i++) check_near(found[i], truth[i], 0.06);
    assert_true(isnan(found[4]));
    const double two[4] = {0, 30, 10, 0};
    profile_strengths(two, 2, found);
    check_near(found[0] - found[1], log(30.5 / 10.5), 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(centring_takes_out_the_level), cmocka_unit_test(a_profile_is_recovered),
        cmocka_unit_test(agreeing_is_no_profile),       cmocka_unit_test(a_circle_is_found),
        cmocka_unit_test(alpha_is_spearman_brown), cmocka_unit_test(weights_of_choices),     cmocka_unit_test(nearness),
        cmocka_unit_test(forms_that_disagree),          cmocka_unit_test(strengths_are_recovered)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
