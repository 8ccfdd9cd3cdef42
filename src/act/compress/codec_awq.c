/* AWQ (Lin et al. 2024): before rounding, inputs of large magnitude have their weights made larger, and what comes
 * before is divided by as much; then extremes are cut off where that helps (section 2.3). Differences from the
 * published code: clipping is judged on all calibration tokens, by their second moments, instead of on a sample of 512.
 */
#include "act/compress/codec_awq.h"
#include "act/compress/grid_options.h"

#include "base/arena.h"

#include <math.h>
#include <string.h>

enum { SCALE = GRID_OPTIONS, CLIP };
enum { ALPHAS = 20, SHRINKS = 10, SHRINK_STEPS = 20 };
static const struct option_def options[] = {
    GRID_OPTION_ROWS,
    {"scale", OPTION_FLAG, "yes", 1, 0, NULL, "search for factors of the inputs"},
    {"clip", OPTION_FLAG, "yes", 1, 0, NULL, "search for the largest weight of a group that is kept"},
};

static bool fits(const struct option_value *o, const struct codec_matrix *m, struct error *err) {
    return grid_fits(m, (size_t)o[GRID_GROUP].integer, err);
}

/* ---- factors ---- */

void awq_factors(const struct moments *inputs, double alpha, double *out) {
    double low = INFINITY, high = 0;
    for (size_t j = 0; j < inputs->k; j++) {
        out[j] = fmax(pow(inputs->magnitudes[j] / (double)inputs->rows, alpha), 1e-4);
        low = fmin(low, out[j]);
        high = fmax(high, out[j]);
    }
    double middle = sqrt(low * high);
    for (size_t j = 0; j < inputs->k; j++) out[j] /= middle;
}

void awq_round_scaled(struct codec_matrix *m, const double *s, unsigned bits, size_t group) {
    size_t size = group ? group : m->columns;
    for (size_t at = 0; at < m->rows * m->columns; at += size) {
        double ends[2] = {INFINITY, -INFINITY};
        const double *factors = s + at % m->columns;
        for (size_t i = 0; i < size; i++) {
            ends[0] = fmin(ends[0], (double)m->w[at + i] * factors[i]);
            ends[1] = fmax(ends[1], (double)m->w[at + i] * factors[i]);
        }
        struct grid g = grid_fit(GRID_TIGHT, bits, ends, 2, 1);
        for (size_t i = 0; i < size; i++)
            m->w[at + i] = (float)(grid_nearest(&g, (double)m->w[at + i] * factors[i]) / factors[i]);
    }
}

/* The matrices of a site as they were, one behind the other. */
static float *copy_site(const struct codec_site *site) {
    size_t n = 0, at = 0;
    for (size_t i = 0; i < site->n; i++) n += site->list[i].rows * site->list[i].columns;
    float *all = memory_alloc(n * sizeof *all);
    for (size_t i = 0; all && i < site->n; at += site->list[i].rows * site->list[i].columns, i++)
        memcpy(all + at, site->list[i].w, site->list[i].rows * site->list[i].columns * sizeof *all);
    return all;
}

static void restore_site(struct codec_site *site, const float *all) {
    for (size_t i = 0, at = 0; i < site->n; at += site->list[i].rows * site->list[i].columns, i++)
        memcpy(site->list[i].w, all + at, site->list[i].rows * site->list[i].columns * sizeof *all);
}

static bool scale(const struct option_value *o, struct codec_site *site, double *factors, struct error *err) {
    const struct moments *inputs = site->list[0].inputs;
    double *tried = memory_alloc(inputs->k * sizeof *tried), best = INFINITY, loss = INFINITY;
    float *all = copy_site(site);
    bool ok = (tried && all) || error_memory(err, "factors of inputs");
    for (size_t j = 0; j < inputs->k; j++) factors[j] = 1;
    for (unsigned a = 0; ok && o[SCALE].flag && a < ALPHAS; a++) {
        awq_factors(inputs, (double)a / ALPHAS, tried);
        for (size_t i = 0; i < site->n; i++)
            awq_round_scaled(&site->list[i], tried, (unsigned)o[GRID_BITS].integer, (size_t)o[GRID_GROUP].integer);
        ok = site->judge(site->context, &loss, err);
        if (ok && loss < best) {
            best = loss;
            memcpy(factors, tried, inputs->k * sizeof *factors);
        }
        restore_site(site, all);
    }
    memory_free(tried);
    memory_free(all);
    return ok;
}

/* ---- clipping ---- */

struct clipping {
    const struct codec_matrix *m;
    unsigned bits;
    size_t group, groups;
    double *most; /* [rows, groups] */
    double *room; /* [workers, 2, group] */
};

/* What rounding weights cut at `most` does to a group's output: d^T M d, M the second moments of its inputs. */
static double cut_error(const struct clipping *c, const float *w, size_t column, double most, double *d, double *cut) {
    const struct moments *in = c->m->inputs;
    double sum = 0;
    for (size_t i = 0; i < c->group; i++) cut[i] = fmax(-most, fmin(most, (double)w[i]));
    struct grid g = grid_fit(GRID_TIGHT, c->bits, cut, c->group, 1);
    for (size_t i = 0; i < c->group; i++) d[i] = (double)w[i] - grid_nearest(&g, cut[i]);
    memset(cut, 0, c->group * sizeof *cut);
    for (size_t i = 0; i < c->group; i++) {
        const double *restrict row = in->products + (column + i) * in->k + column;
        for (size_t j = 0; j < c->group; j++) cut[j] += row[j] * d[i];
    }
    for (size_t i = 0; i < c->group; i++) sum += cut[i] * d[i];
    return sum;
}

static void clip_row(void *context, size_t row, size_t worker) {
    const struct clipping *c = context;
    double *d = c->room + worker * 2 * c->group;
    for (size_t k = 0; k < c->groups; k++) {
        const float *w = c->m->w + row * c->m->columns + k * c->group;
        double largest = 0, least = INFINITY;
        for (size_t i = 0; i < c->group; i++) largest = fmax(largest, fabs((double)w[i]));
        for (unsigned t = 0; t < SHRINKS; t++) {
            double most = largest * (1 - (double)t / SHRINK_STEPS);
            double error = cut_error(c, w, k * c->group, most, d, d + c->group);
            if (error < least) least = error, c->most[row * c->groups + k] = most;
        }
    }
}

bool awq_clip(const struct codec_matrix *m, unsigned bits, size_t group, struct pool *pool, double *most,
              struct error *err) {
    size_t size = group ? group : m->columns;
    struct clipping c = {m, bits, size, m->columns / size, most, NULL};
    c.room = memory_zeroed(pool_threads(pool), 2 * size * sizeof *c.room);
    if (!c.room) return error_memory(err, m->name);
    pool_run(pool, m->rows, clip_row, &c);
    memory_free(c.room);
    return true;
}

static bool compress(const struct option_value *o, struct codec_matrix *m, struct pool *pool, struct error *err) {
    unsigned bits = (unsigned)o[GRID_BITS].integer;
    size_t group = (size_t)o[GRID_GROUP].integer, size = group ? group : m->columns;
    if (o[CLIP].flag && m->clips) {
        double *most = memory_zeroed(m->rows, m->columns / size * sizeof *most);
        bool ok = most ? awq_clip(m, bits, group, pool, most, err) : error_memory(err, m->name);
        for (size_t i = 0; ok && i < m->rows * m->columns; i++) {
            float limit = (float)most[i / size];
            m->w[i] = m->w[i] > limit ? limit : m->w[i] < -limit ? -limit : m->w[i];
        }
        memory_free(most);
        if (!ok) return false;
    }
    grid_round_rows(GRID_TIGHT, bits, group, m->w, m->rows, m->columns);
    return true;
}

static void plain(const struct option_value *o, struct codec_matrix *m) {
    grid_round_rows(GRID_TIGHT, (unsigned)o[GRID_BITS].integer, (size_t)o[GRID_GROUP].integer, m->w, m->rows,
                    m->columns);
}

static double bits(const struct option_value *o, size_t columns) {
    return grid_bits((size_t)o[GRID_BITS].integer, (size_t)o[GRID_GROUP].integer, columns);
}

const struct codec codec_awq = {
    .name = "awq",
    .summary = "scales weights of large inputs up before rounding, and cuts extremes off",
    .source = "Lin et al. 2024",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .needs = CODEC_NEEDS_PRODUCTS,
    .fits = fits,
    .compress = compress,
    .plain = plain,
    .scale = scale,
    .bits = bits,
};
