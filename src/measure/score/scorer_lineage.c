/* Lineage of recorded answers of several models to the same prompts: rows {"prompt_id", "model", "answer" or "text"};
 * more rows of one model and prompt are samples where they carry a number "sample", else the last one counts. Each pair
 * of models gets a figure, and F1 also tells how well answers are attributed to their model when the first half of the
 * prompts trains (Li et al. 2024 leave the recipe open; it is that of kinship.h). A figure says how alike answers are.
 * What that means for kinship takes a calibration: compare --test lineage. */
#include "measure/score/scorer_internal.h"

#include "measure/dataset/dataset.h"
#include "measure/rules/kinship.h"
#include "record/figure.h"

#include <math.h>
#include <string.h>

enum { MODELS_MOST = 64, PROMPTS_MOST = 100000, SAMPLES_MOST = 256, FIGURES_MOST = 8192, NAME_MOST = 200 };

enum { FEATURE, TRAIN };
static const struct option_def lineage_options[] = {
    [FEATURE] = {"feature", OPTION_CHOICE, "f1", 1, 0, "f1|f2|f3",
                 "f1: runs of 4 characters; f2: the first 4 characters as alleles; f3: test of sameness (samples)"},
    [TRAIN] = {"train", OPTION_REAL, "0.5", 0.01, 0.99, NULL, "f1: share of the prompts, the first ones, that trains"},
};

struct answered {
    struct text prompt, model, text; /* on the arena */
    size_t p, m;
    bool sample;
};

struct gathering {
    const struct score_whole *in;
    struct arena *arena;
    struct error *err;
    struct answered *row;
    size_t n, capacity;
    struct text *prompt, model[MODELS_MOST];
    size_t prompts, models, samples;
    struct text *reply; /* [models][prompts][samples] */
    size_t *filled;     /* [models][prompts] */
    size_t left_out;    /* prompts that not all models answered */
    struct figure *figure;
    size_t n_figures;
};

static bool bad_row(const char *path, size_t line, struct error *err, const char *what) {
    return error_set(err, ERROR_DATA, "%s:%zu: %s", path, line, what);
}

static bool keep(struct gathering *g, const char *path, size_t line, const json_t *row) {
    static const char *const answers[] = {"answer", "text", "response", "reply"};
    struct text prompt = json_text(json_object_get(row, "prompt_id")), model = json_text(json_object_get(row, "model"));
    const json_t *answer = NULL;
    for (size_t i = 0; i < 4 && !answer; i++) answer = json_object_get(row, answers[i]);
    if (!prompt.len) prompt = json_text(json_object_get(row, "id"));
    if (!prompt.len) prompt = json_text(json_object_get(row, "prompt"));
    if (!prompt.len) return bad_row(path, line, g->err, "expected 'prompt_id', a text");
    if (!model.len || model.len > NAME_MOST)
        return bad_row(path, line, g->err, "expected 'model', the name of who answered");
    if (!json_is_string(answer)) return bad_row(path, line, g->err, "expected 'answer', a text");
    if (g->n == g->capacity) {
        size_t more = g->capacity ? 2 * g->capacity : 1024;
        struct answered *at = arena_new(g->arena, struct answered, more, g->err);
        if (!at) return false;
        if (g->n) memcpy(at, g->row, g->n * sizeof *at);
        g->row = at;
        g->capacity = more;
    }
    struct text text = json_text(answer);
    char *copy[3] = {text_copy(g->arena, prompt, g->err), text_copy(g->arena, model, g->err),
                     text_copy(g->arena, text, g->err)};
    g->row[g->n++] = (struct answered){
        {copy[0], prompt.len}, {copy[1], model.len}, {copy[2], text.len}, 0, 0, json_object_get(row, "sample") != NULL};
    return copy[0] && copy[1] && copy[2];
}

static bool read_path(struct gathering *g, const char *path) {
    struct dataset_kwargs kwargs = {.header = true};
    struct dataset *d = dataset_open(path, path, &kwargs, g->err);
    bool ok = d != NULL;
    for (int state = 1; ok && state == 1;) {
        json_t *row = NULL;
        size_t line;
        state = dataset_next(d, &row, &line, g->err);
        ok = state >= 0 && (state == 0 || keep(g, path, line, row));
        json_decref(row);
    }
    dataset_close(d);
    return ok;
}

/* A row that is a sample counts beside others, one that is not in their place. */
static size_t next_of(const struct answered *row, size_t filled) {
    return row->sample ? filled : 0;
}

/* ---- a table of models and prompts, in the order in which they come ---- */

struct named {
    struct text name;
    size_t row;
};

static int by_name(const void *a, const void *b) {
    const struct named *x = a, *y = b;
    int order = text_compare(x->name, y->name);
    return order ? order : x->row < y->row ? -1 : x->row > y->row;
}

static bool number_models(struct gathering *g) {
    for (size_t i = 0; i < g->n; i++) {
        size_t m = 0;
        while (m < g->models && !text_equal(g->model[m], g->row[i].model)) m++;
        if (m == MODELS_MOST) return error_set(g->err, ERROR_DATA, "answers of more than %d models", MODELS_MOST);
        if (m == g->models) g->model[g->models++] = g->row[i].model;
        g->row[i].m = m;
    }
    return g->models > 1 ||
           error_set(g->err, ERROR_DATA, "there are answers of %zu model; two or more are compared", g->models);
}

/* Prompts get numbers in the order of their first row: rows sorted by name lead each to the first of its name. */
static bool number_prompts(struct gathering *g) {
    struct named *names = arena_new(g->arena, struct named, g->n + 1, g->err);
    size_t *first = arena_new(g->arena, size_t, g->n + 1, g->err),
           *number = arena_new(g->arena, size_t, g->n + 1, g->err);
    if (!names || !first || !number) return false;
    for (size_t i = 0; i < g->n; i++) names[i] = (struct named){g->row[i].prompt, i};
    qsort(names, g->n, sizeof *names, by_name);
    for (size_t i = 0; i < g->n; i++) {
        bool same = i && text_equal(names[i - 1].name, names[i].name);
        first[names[i].row] = same ? first[names[i - 1].row] : names[i].row;
    }
    for (size_t i = 0; i < g->n; i++) {
        if (first[i] == i) number[i] = g->prompts++;
        g->row[i].p = number[first[i]];
    }
    return g->prompts <= PROMPTS_MOST || error_set(g->err, ERROR_DATA, "more than %d prompts", PROMPTS_MOST);
}

static bool fill_table(struct gathering *g) {
    size_t cells = g->models * g->prompts;
    if (!(g->filled = arena_new(g->arena, size_t, cells + 1, g->err)) ||
        !(g->prompt = arena_new(g->arena, struct text, g->prompts + 1, g->err)))
        return false;
    for (size_t i = 0; i < g->n; i++) {
        size_t cell = g->row[i].m * g->prompts + g->row[i].p;
        size_t n = g->filled[cell] = next_of(&g->row[i], g->filled[cell]) + 1;
        g->samples = n > g->samples ? n : g->samples;
        g->prompt[g->row[i].p] = g->row[i].prompt;
    }
    if (g->samples > SAMPLES_MOST)
        return error_set(g->err, ERROR_DATA, "more than %d answers of a model to a prompt", SAMPLES_MOST);
    if (!(g->reply = arena_alloc(g->arena, cells * g->samples, sizeof *g->reply, g->err))) return false;
    memset(g->filled, 0, cells * sizeof *g->filled);
    for (size_t i = 0; i < g->n; i++) {
        size_t cell = g->row[i].m * g->prompts + g->row[i].p;
        size_t at = next_of(&g->row[i], g->filled[cell]);
        g->reply[cell * g->samples + at] = g->row[i].text;
        g->filled[cell] = at + 1;
    }
    return true;
}

/* Prompts that some model has not answered are an error, or left out. */
static bool keep_parallel(struct gathering *g) {
    size_t kept = 0;
    for (size_t p = 0; p < g->prompts; p++) {
        size_t lacks = 0;
        while (lacks < g->models && g->filled[lacks * g->prompts + p] == g->samples) lacks++;
        if (lacks < g->models && !g->in->lenient)
            return error_set(g->err, ERROR_DATA,
                             "prompt '%.*s': model '%.*s' has %zu of %zu answers; the prompts of all models must be "
                             "the same (--lenient leaves others out)",
                             TEXT_ARG(text_part(g->prompt[p], 0, 80)), TEXT_ARG(g->model[lacks]),
                             g->filled[lacks * g->prompts + p], g->samples);
        g->left_out += lacks < g->models;
        if (lacks < g->models) continue;
        for (size_t m = 0; m < g->models; m++)
            memmove(&g->reply[(m * g->prompts + kept) * g->samples], &g->reply[(m * g->prompts + p) * g->samples],
                    g->samples * sizeof *g->reply);
        kept++;
    }
    for (size_t m = 1; m < g->models; m++)
        memmove(&g->reply[m * kept * g->samples], &g->reply[m * g->prompts * g->samples],
                kept * g->samples * sizeof *g->reply);
    g->prompts = kept;
    return kept > 1 || error_set(g->err, ERROR_DATA, "%zu prompts were answered by all models", kept);
}

/* ---- figures ---- */

static bool put(struct gathering *g, const char *name, const char *group, double value, uint64_t n, int64_t k,
                const char *unit, const char *method) {
    char *kept = arena_printf(g->arena, g->err, "%s", group);
    if (!kept) return false;
    if (g->n_figures == FIGURES_MOST) return error_set(g->err, ERROR_DATA, "more than %d figures", FIGURES_MOST);
    struct figure *f = &g->figure[g->n_figures++];
    *f = figure_new(name, kept, value, n);
    f->k = k, f->unit = unit, f->method = method;
    return true;
}

static struct kin_replies replies_of(const struct gathering *g, size_t m) {
    return (struct kin_replies){g->prompts, g->samples, g->reply + m * g->prompts * g->samples};
}

static bool put_attribution(struct gathering *g, const struct kin_grams *grams) {
    static const size_t bundles[] = {1, 4, 8, 16};
    size_t train = (size_t)((double)g->prompts * g->in->options[TRAIN].real);
    for (size_t b = 0; b < sizeof bundles / sizeof *bundles; b++) {
        uint64_t right, trials;
        char group[32];
        snprintf(group, sizeof group, "answers=%zu", bundles[b]);
        if (!train || train >= g->prompts) continue;
        if (!kin_attribute(grams, g->models, g->prompts, train, bundles[b], g->arena, &right, &trials, g->err) ||
            (trials && !put(g, "attribution", group, (double)right / (double)trials, trials, (int64_t)right, "share",
                            "tf-idf centroids, first prompts train")))
            return false;
    }
    return true;
}

static bool put_pairs(struct gathering *g, const struct kin_grams *grams) {
    int feature = g->in->options[FEATURE].text.at[1];
    for (size_t a = 0; a < g->models; a++)
        for (size_t b = a; b < g->models; b++) {
            char group[2 * NAME_MOST + 2];
            struct kin_replies x = replies_of(g, a), y = replies_of(g, b);
            struct kin_test test;
            snprintf(group, sizeof group, "%.*s~%.*s", TEXT_ARG(g->model[a]), TEXT_ARG(g->model[b]));
            if (feature == '1' &&
                !put(g, "cosine", group, kin_similarity(grams + a * g->prompts, grams + b * g->prompts, g->prompts),
                     g->prompts, -1, "cosine", "runs of 4 characters"))
                return false;
            if (feature == '2' && a != b &&
                !put(g, "genetic", group, kin_genetic(&x, &y), g->prompts, -1, "similarity", "4 characters"))
                return false;
            if (feature == '3' && a != b &&
                (!kin_same(&x, &y, 1000, g->in->seed, group, &test, g->err) ||
                 !put(g, "mmd2", group, test.mmd2, g->prompts, -1, "squared distance", "hamming, 1000 exchanges") ||
                 !put(g, "mmd2_p", group, test.p, g->prompts, -1, "p", "exchanges within prompts")))
                return false;
        }
    return true;
}

static bool make_figures(struct gathering *g) {
    struct kin_grams *grams = arena_new(g->arena, struct kin_grams, g->models * g->prompts, g->err);
    bool f1 = text_equal_c(g->in->options[FEATURE].text, "f1");
    if (!grams || !(g->figure = arena_new(g->arena, struct figure, FIGURES_MOST, g->err))) return false;
    for (size_t i = 0; f1 && i < g->models * g->prompts; i++)
        if (!kin_grams(&g->reply[i * g->samples], g->samples, g->arena, &grams[i], g->err)) return false;
    if (g->left_out && !put(g, "left_out", "", (double)g->left_out, g->prompts + g->left_out, -1, "prompts",
                            "not answered by all models"))
        return false;
    return put_pairs(g, grams) && (!f1 || put_attribution(g, grams));
}

static bool whole_lineage(const struct score_whole *in, struct arena *arena, struct figure **figures, size_t *n,
                          struct error *err) {
    struct gathering g = {.in = in, .arena = arena, .err = err};
    for (size_t i = 0; i < in->n_paths; i++)
        if (!read_path(&g, in->paths[i])) return false;
    if (!number_models(&g) || !number_prompts(&g) || !fill_table(&g) || !keep_parallel(&g) || !make_figures(&g))
        return false;
    *figures = g.figure;
    *n = g.n_figures;
    return true;
}

static bool score_lineage(const struct task *task, const struct option_value *options, const struct item *item,
                          const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    (void)task, (void)options, (void)item, (void)answer, (void)arena, (void)out;
    return error_set(err, ERROR_USAGE,
                     "scorer 'lineage' compares all answers of several models; it is for "
                     "`basanite score FILE --scorer lineage` alone");
}

const struct scorer scorer_lineage = {
    .name = "lineage",
    .version = "1",
    .summary = "how alike the answers of models are, pair by pair, and how well answers are attributed to their model "
               "(recorded answers alone)",
    .options = lineage_options,
    .n_options = sizeof lineage_options / sizeof *lineage_options,
    .shown_by = "calibrate kinship",
    .whole = whole_lineage,
    .score = score_lineage,
};
