/* Compressing a model block by block, as its file is written: see compress.h. The writer asks for the values of a layer
 * when it comes to them (lm_model_save_by), and so one block at a time is made, compressed, written and given up. */
#include "act/compress/compress_internal.h"

#include "base/arena.h"
#include "base/progress.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void tensor_name(char out[NAME_MOST], size_t l, const char *name) {
    snprintf(out, NAME_MOST, "blk.%zu.%s.weight", l, name);
}

/* A pattern fits the whole name, or the part between the block's number and ".weight". */
bool is_skipped(const struct compress_settings *s, const char *tensor) {
    char inner[NAME_MOST] = "";
    const char *dot = strchr(tensor, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;
    if (second) snprintf(inner, sizeof inner, "%s", second + 1);
    char *end = strstr(inner, ".weight");
    if (end) *end = 0;
    for (size_t i = 0; i < s->n_skip; i++)
        if (fnmatch(s->skip[i], tensor, 0) == 0 || fnmatch(s->skip[i], inner, 0) == 0) return true;
    return false;
}

size_t stage_matrices(const struct lm_shape *s, struct lm_layer *y, enum stage stage, struct lm_matrix *out[STAGE_MOST],
                      const char *names[STAGE_MOST]) {
    static const char *const all[STAGES][STAGE_MOST] = {
        {"attn_q", "attn_k", "attn_v"}, {"attn_output"}, {"ffn_gate", "ffn_up"}, {"ffn_down"}};
    struct lm_matrix *matrices[STAGES][STAGE_MOST] = {
        {&y->q, &y->k, &y->v}, {&y->o}, {s->ungated ? NULL : &y->gate, &y->up}, {&y->down}};
    size_t n = 0;
    for (size_t i = 0; i < STAGE_MOST; i++)
        if (matrices[stage][i]) out[n] = matrices[stage][i], names[n++] = all[stage][i];
    return n;
}

/* ---- one matrix ---- */

static double square_error(const float *a, const float *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)a[i] - (b ? (double)b[i] : 0);
        sum += d * d;
    }
    return n ? sum / (double)n : 0;
}

/* Mean square of `now` less `before` (NULL: of `now`), as weights or in the output; room: as many. */
static bool measure(const struct compressing *c, const struct codec_matrix *m, const float *now, const float *before,
                    float *room, double *out, struct error *err) {
    size_t n = m->rows * m->columns;
    if (!c->moments.products) return *out = square_error(now, before, n), true;
    for (size_t i = 0; i < n; i++) room[i] = now[i] - (before ? before[i] : 0);
    return moments_output_error(&c->moments, c->settings->pool, room, m->rows, out, err);
}

static void count_row(struct compressing *c, struct compress_row *row) {
    struct compress_result *r = c->result;
    size_t n = row->rows * row->columns;
    r->weights += n;
    r->zeros += row->zeros;
    r->bits += row->bits * (double)n;
    c->shares += row->power > 0 ? row->error / row->power : 0;
    c->plain_shares += row->power > 0 ? row->plain / row->power : 0;
    c->n_rows++;
}

/* Values that the file's type cannot hold would be written as infinities. */
static bool check_values(const struct compressing *c, const struct codec_matrix *m, struct error *err) {
    enum { F16_MOST = 65504 };
    for (size_t i = 0; i < m->rows * m->columns; i++)
        if (!isfinite(m->w[i]) || (c->settings->type == LM_F16 && fabsf(m->w[i]) > F16_MOST))
            return error_set(err, ERROR_DATA, "tensor '%s': %g at element %zu cannot be written%s", m->name,
                             (double)m->w[i], i, isfinite(m->w[i]) ? " in f16; give --format gguf,type=f32" : "");
    return true;
}

/* before, room: [rows, columns]; `before` holds the weights as they were. */
static bool compress_matrix(struct compressing *c, struct codec_matrix *m, float *before, float *room,
                            struct compress_row *row, struct error *err) {
    const struct codec_choice *choice = &c->settings->choice;
    const struct codec *codec = choice->codec;
    size_t n = m->rows * m->columns;
    row->plain = NAN;
    row->of_output = c->moments.products != NULL;
    row->bits = codec_bits(choice, m->columns);
    if (!measure(c, m, before, NULL, room, &row->power, err)) return false;
    if (codec->plain) {
        codec->plain(choice->options, m);
        if (!measure(c, m, m->w, before, room, &row->plain, err)) return false;
        memcpy(m->w, before, n * sizeof *before);
    }
    if (!codec->compress(choice->options, m, c->settings->pool, err) || !check_values(c, m, err)) return false;
    if (choice->stored) { /* the writer rounds; here only what that does is looked at */
        unsigned char *blocks = memory_alloc(n / choice->stored->block * choice->stored->bytes);
        if (!blocks) return error_memory(err, m->name);
        choice->stored->from_f32(m->w, blocks, n);
        choice->stored->to_f32(blocks, room, n);
        memory_free(blocks);
        memcpy(m->w, room, n * sizeof *room);
    }
    for (size_t i = 0; i < n; i++) row->zeros += m->w[i] == 0;
    if (!measure(c, m, m->w, before, room, &row->error, err)) return false;
    if (choice->stored) memcpy(m->w, before, n * sizeof *before);
    return true;
}

/* ---- one block ---- */

static bool compress_one(struct compressing *c, struct codec_matrix *m, struct lm_matrix *matrix, struct error *err) {
    struct compress_row row = {.tensor = m->name, .block = c->l, .rows = m->rows, .columns = m->columns};
    size_t bytes = m->rows * m->columns * sizeof(float);
    double started = clock_seconds();
    float *before = memory_alloc(bytes), *room = memory_alloc(bytes);
    bool ok = (before && room) || error_memory(err, m->name);
    if (ok) memcpy(before, m->w, bytes);
    ok = ok && compress_matrix(c, m, before, room, &row, err) && (!c->engine || repack(matrix, err));
    memory_free(before);
    memory_free(room);
    if (!ok) return false;
    row.seconds = clock_seconds() - started;
    count_row(c, &row);
    if (c->told) c->told(c->context, &row);
    return true;
}

static bool compress_list(struct compressing *c, enum stage stage, struct codec_matrix *list,
                          struct lm_matrix *const *matrices, size_t n, bool whole, struct error *err) {
    const struct codec *codec = c->settings->choice.codec;
    double started = clock_seconds();
    if (c->engine && codec->needs != CODEC_NEEDS_NOTHING && !stage_moments(c, stage, list[0].columns, true, err))
        return error_wrap(err, "tensor '%s'", list[0].name);
    c->result->calibrating += clock_seconds() - started;
    if (whole && codec->scale && !stage_scale(c, stage, list, matrices, n, err)) return false;
    for (size_t i = 0; i < n; i++)
        if (!compress_one(c, &list[i], matrices[i], err)) return false;
    return true;
}

static bool compress_stage(struct compressing *c, enum stage stage, struct error *err) {
    struct lm_matrix *all[STAGE_MOST], *matrices[STAGE_MOST];
    const char *parts[STAGE_MOST];
    char names[STAGE_MOST][NAME_MOST];
    struct codec_matrix list[STAGE_MOST];
    size_t n = 0, n_all = stage_matrices(&c->model->shape, c->layer, stage, all, parts);
    for (size_t i = 0; i < n_all; i++) {
        tensor_name(names[n], c->l, parts[i]);
        if (is_skipped(c->settings, names[n])) continue;
        matrices[n] = all[i];
        list[n] = (struct codec_matrix){names[n],       all[i]->n,   all[i]->k,
                                        all[i]->values, &c->moments, stage != STAGE_QKV || i == 2};
        n++;
    }
    bool ok = !n || compress_list(c, stage, list, matrices, n, n == n_all, err);
    moments_done(&c->moments);
    double started = clock_seconds();
    bool last = stage == STAGE_DOWN && c->l + 1 == c->model->shape.layers;
    ok = ok && (!c->engine || last || stage_advance(c, stage, err));
    c->result->calibrating += clock_seconds() - started;
    return ok;
}

/* The values of a block's matrices, each as numbers of its own. */
static bool make_values(struct compressing *c, struct error *err) {
    struct lm_matrix *all[STAGE_MOST];
    const char *names[STAGE_MOST];
    for (enum stage stage = 0; stage < STAGES; stage++) {
        size_t n = stage_matrices(&c->model->shape, c->layer, stage, all, names);
        for (size_t i = 0; i < n; i++) {
            struct lm_matrix *w = all[i];
            if (!w->values) {
                float *values = memory_aligned(64, w->n * w->k * sizeof *values);
                if (!values) return error_memory(err, names[i]);
                for (size_t r = 0; r < w->n; r++) lm_matrix_row(w, r, values + r * w->k);
                w->values = values;
                w->stored = (struct lm_stored){0};
                matmul_weights_free(w->packed);
                w->packed = NULL;
            }
            if (c->engine && !repack(w, err)) return false;
        }
    }
    return true;
}

static bool make_layer(void *context, size_t l, struct error *err) {
    struct compressing *c = context;
    c->l = l;
    c->layer = &c->model->layers[l];
    if (interrupted(c->settings->stop)) return error_set(err, ERROR_INTERRUPTED, "interrupted; nothing was written");
    if (!make_values(c, err)) return false;
    for (enum stage stage = 0; stage < STAGES; stage++)
        if (!compress_stage(c, stage, err)) return false;
    return true;
}

static void drop_layer(void *context, size_t l) {
    struct compressing *c = context;
    struct lm_matrix *all[STAGE_MOST];
    const char *names[STAGE_MOST];
    for (enum stage stage = 0; stage < STAGES; stage++) {
        size_t n = stage_matrices(&c->model->shape, &c->model->layers[l], stage, all, names);
        for (size_t i = 0; i < n; i++) {
            memory_free(all[i]->values);
            matmul_weights_free(all[i]->packed);
            all[i]->values = NULL;
            all[i]->packed = NULL;
        }
    }
}

/* ---- the whole ---- */

static enum lm_type type_of(void *context, const char *name) {
    const struct compressing *c = context;
    const struct lm_type_info *stored = c->settings->choice.stored;
    bool in_block = strncmp(name, "blk.", 4) == 0;
    return in_block && stored && !is_skipped(c->settings, name) ? stored->id : c->settings->type;
}

static bool has_values(const struct lm_model *m) {
    for (size_t l = 0; l < m->shape.layers; l++) {
        struct lm_matrix *all[STAGE_MOST];
        const char *names[STAGE_MOST];
        for (enum stage stage = 0; stage < STAGES; stage++) {
            size_t n = stage_matrices(&m->shape, &m->layers[l], stage, all, names);
            for (size_t i = 0; i < n; i++)
                if (!all[i]->values && !all[i]->stored.type) return false;
        }
    }
    return true;
}

/* Matrices stay in the model's file where they can; where one cannot (a model in memory, other layouts, adapters), all
 * are read as numbers. */
static struct lm_model *load(const struct compress_settings *s, struct error *err) {
    struct lm_load_options left = {.weights = LM_WEIGHTS_LEFT, .builtins = s->builtins};
    struct lm_load_options whole = {.no_packing = true, .builtins = s->builtins};
    bool builtin = lm_builtin_find(s->builtins, text_of(s->in)) != NULL;
    struct lm_model *m = lm_model_load(s->in, builtin ? &whole : &left, err);
    if (!m || m->shape.experts || has_values(m)) return m;
    lm_model_free(m);
    return lm_model_load(s->in, &whole, err);
}

/* Everything that can be refused before work begins. */
static bool check(const struct compressing *c, struct error *err) {
    const struct lm_model *m = c->model;
    if (m->shape.experts)
        return error_set(err, ERROR_DATA,
                         "%s: a %s model with %zu experts a layer; only models without experts are compressed",
                         c->settings->in, lm_arch_name(m->arch), m->shape.experts);
    for (enum stage stage = 0; stage < STAGES; stage++) {
        struct lm_matrix *all[STAGE_MOST];
        const char *names[STAGE_MOST];
        char name[NAME_MOST];
        size_t n = stage_matrices(&m->shape, &m->layers[0], stage, all, names);
        for (size_t i = 0; i < n; i++) {
            const struct codec_matrix one = {name, all[i]->n, all[i]->k};
            tensor_name(name, 0, names[i]);
            if (!is_skipped(c->settings, name) && !codec_fits(&c->settings->choice, &one, err)) return false;
        }
    }
    return true;
}

static bool calibrate(struct compressing *c, struct error *err) {
    const struct compress_settings *s = c->settings;
    double started = clock_seconds();
    if (s->choice.codec->needs == CODEC_NEEDS_NOTHING) return true;
    if (!s->from.n_paths)
        return error_set(err, ERROR_USAGE, "codec '%s' looks at activations: give --data, the text to look at",
                         s->choice.codec->name);
    if (!calibration_read(&c->text, &s->from, c->model, err)) return false;
    const struct lm_engine_options options = {.rows = c->text.window, .by_blocks = true};
    c->engine = lm_engine_new(c->model, s->pool, options, err);
    bool ok = c->engine && stage_begin(c, err);
    c->result->tokens = c->text.tokens;
    c->result->windows = c->text.n;
    memcpy(c->result->digest, c->text.digest, sizeof c->result->digest);
    c->result->calibrating += clock_seconds() - started;
    return ok;
}

static bool save(struct compressing *c, struct error *err) {
    const struct compress_settings *s = c->settings;
    const struct lm_save_steps steps = {c, make_layer, drop_layer, type_of};
    char seed[24], tokens[24], bits[32];
    double sum = 0, weights = 0;
    for (enum stage stage = 0; stage < STAGES; stage++) {
        struct lm_matrix *all[STAGE_MOST];
        const char *names[STAGE_MOST];
        size_t n = stage_matrices(&c->model->shape, &c->model->layers[0], stage, all, names);
        for (size_t i = 0; i < n; i++) {
            double size = (double)all[i]->n * (double)all[i]->k;
            sum += size * codec_bits(&s->choice, all[i]->k);
            weights += size;
        }
    }
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)s->from.seed);
    snprintf(tokens, sizeof tokens, "%llu", (unsigned long long)c->text.tokens);
    text_from_f64(sum / weights, bits);
    const struct lm_extra extra[] = {
        {"basanite.compress.codec", text_of(s->choice.spec)},
        {"basanite.compress.bits_per_weight", text_of(bits)},
        {"basanite.compress.source_sha256", text_of(c->model->digest)},
        {"basanite.compress.seed", text_of(seed)},
        {"basanite.compress.tokens", text_of(tokens)},
        {"basanite.compress.data_sha256", text_of(c->text.digest)},
    };
    size_t n = c->engine ? sizeof extra / sizeof *extra : 3;
    return lm_model_save_by(c->model, s->out, s->type, extra, n, &steps, err);
}

static void sum_up(struct compressing *c) {
    struct compress_result *r = c->result;
    struct stat st;
    r->bits = r->weights ? r->bits / (double)r->weights : NAN;
    r->error = c->n_rows ? c->shares / (double)c->n_rows : NAN;
    r->plain = c->n_rows ? c->plain_shares / (double)c->n_rows : NAN;
    r->bytes = stat(c->settings->out, &st) == 0 ? (uint64_t)st.st_size : 0;
}

bool compress_model(const struct compress_settings *s, compress_told *told, void *context,
                    struct compress_result *result, struct error *err) {
    struct compressing c = {.settings = s, .told = told, .context = context, .result = result};
    double started = clock_seconds();
    *result = (struct compress_result){0};
    bool ok = (c.model = load(s, err)) && check(&c, err) && calibrate(&c, err) && save(&c, err);
    if (ok) sum_up(&c);
    result->seconds = clock_seconds() - started;
    moments_done(&c.moments);
    lm_engine_free(c.engine);
    lm_model_free(c.model);
    calibration_done(&c.text);
    memory_free(c.x);
    memory_free(c.z);
    memory_free(c.in);
    memory_free(c.out);
    memory_free(c.judged);
    return ok;
}
