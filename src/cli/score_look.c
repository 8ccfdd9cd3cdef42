/* Dumps: rows of asks go to the subject in small batches, what was seen goes to the file as it comes, and the file
 * appears when it is whole. See score_look.h; the formats stand in lm/files/top_file.h and lm/files/activation_file.h.
 */
#include "cli/score_look.h"

#include "lm/files/activation_file.h"
#include "lm/files/top_file.h"
#include "subject/subject_look.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 64 };

bool score_asks_look(const struct arguments *args) {
    return args_text(args, "top", NULL) || args_text(args, "hidden", NULL) || args_text(args, "pool", NULL);
}

enum dump { DUMP_LINES, DUMP_TOP, DUMP_ACTIVATIONS };

struct dumping {
    struct subject *subject;
    const struct lm_model *model;
    struct lm_observe_options options;
    struct lm_site *sites;
    enum dump dump;
    struct top_out top;
    struct activation_out activations;
    struct file_out lines; /* the JSONL twin, or what stands beside the binary file */
    bool to_stdout;
    struct ask_row rows[BATCH];
    uint64_t position, texts, failed;
    int32_t *ids; /* [top] of one position */
    double *p;
    struct error first; /* why the first text failed */
};

/* ---- which layers ---- */

static bool layer_of(struct text word, const struct lm_shape *shape, size_t *layer, struct error *err) {
    uint64_t n;
    if (text_equal_c(word, "last")) return *layer = shape->layers, true;
    if (text_equal_c(word, "norm")) return *layer = shape->layers + 1, true;
    if (text_to_u64(word, &n) && n <= shape->layers) return *layer = (size_t)n, true;
    return error_set(err, ERROR_USAGE,
                     "--hidden: layer '%.*s': expected 0 (the embedding) to %zu, last, norm (the last one "
                     "behind the final norm), or all",
                     TEXT_ARG(word), shape->layers);
}

static bool read_layers(struct dumping *d, const char *list, struct arena *arena, struct error *err) {
    const struct lm_shape *shape = &d->model->shape;
    struct text rest = text_of(list);
    bool all = strcmp(list, "all") == 0;
    size_t most = all ? shape->layers + 1 : rest.len / 2 + 1, n = 0;
    if (most > ACTIVATION_LAYERS_MAX)
        return error_set(err, ERROR_USAGE, "--hidden: more than %d layers", ACTIVATION_LAYERS_MAX);
    if (!(d->sites = arena_new(arena, struct lm_site, most, err))) return false;
    for (; all && n < most; n++) d->sites[n] = (struct lm_site){LM_STATE, n, 0};
    for (bool more = !all; more;) {
        size_t comma = text_find(rest, TEXT(","), 0);
        more = comma != SIZE_MAX;
        d->sites[n].part = LM_STATE;
        if (!layer_of(text_part(rest, 0, more ? comma : rest.len), shape, &d->sites[n++].layer, err)) return false;
        if (more) rest = text_part(rest, comma + 1, rest.len);
    }
    d->options.sites = d->sites;
    d->options.n_sites = n;
    return true;
}

static bool read_pool(struct dumping *d, const char *name, struct error *err) {
    static const char *const names[] = {"each", "mean", "first", "last"};
    for (enum lm_pool p = LM_POOL_EACH; p <= LM_POOL_LAST; p++)
        if (strcmp(name, names[p]) == 0) return d->options.pool = p, true;
    return error_set(err, ERROR_USAGE, "--pool: expected mean, last, first or each, found '%s'", name);
}

/* ---- what is written of a text ---- */

/* Everything that the row of the asks said, but what was asked. */
static void put_labels(struct buffer *b, const json_t *row) {
    static const char *const asked[] = {"id", "prompt", "messages", "choices", "continuation", "continuations", "want"};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)row, key, value) {
        bool skip = false;
        for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) skip |= strcmp(key, asked[i]) == 0;
        if (skip) continue;
        buffer_put_char(b, ',');
        json_put_string(b, text_of(key));
        buffer_put_char(b, ':');
        json_put(b, value, 0);
    }
}

static void put_begin(struct dumping *d, struct buffer *b, const struct look *look) {
    buffer_put_c(b, "{\"id\":");
    json_put_string(b, d->rows[look->ask].ask.id);
    if (look->choice != SIZE_MAX) buffer_printf(b, ",\"choice\":%zu", look->choice);
}

static void put_error(struct dumping *d, struct buffer *b, const struct look *look) {
    put_begin(d, b, look);
    buffer_put_c(b, ",\"error\":");
    json_put_string(b, text_of(look->error.message));
    buffer_put_c(b, "}\n");
}

/* Which tokens a student learns: those of the answer; of a text without one all but the first, which nothing predicts.
 */
static bool is_learned(const struct look *look, size_t i) {
    return i > 0 && (look->choice == SIZE_MAX || i >= look->n_prompt);
}

static void put_ids(struct buffer *b, const struct look *look) {
    buffer_put_c(b, ",\"text\":[");
    for (size_t i = 0; i < look->n; i++) buffer_printf(b, "%s%d", i ? "," : "", look->ids[i]);
    buffer_put_c(b, "]");
}

static void put_mask(struct buffer *b, const struct look *look, const char *name, bool whole) {
    buffer_printf(b, ",\"%s\":[", name);
    for (size_t i = 0; i < look->n; i++) buffer_printf(b, "%s%d", i ? "," : "", whole || is_learned(look, i));
    buffer_put_c(b, "]");
}

/* Seven digits behind the point. */
static void put_rounded(struct buffer *b, double value) {
    buffer_put_f64(b, round(value * 1e7) / 1e7);
}

static void put_twin(struct dumping *d, struct buffer *b, const struct look *look) {
    const struct lm_observed *seen = look->seen;
    size_t k = d->options.top;
    put_begin(d, b, look);
    put_ids(b, look);
    put_mask(b, look, "attention_mask", true);
    put_mask(b, look, "loss_mask", false);
    buffer_put_c(b, ",\"logprob\":[null");
    for (size_t i = 0; i + 1 < look->n; i++) {
        buffer_put_char(b, ',');
        put_rounded(b, (double)seen->next[i]);
    }
    buffer_put_c(b, "]");
    if (k) buffer_put_c(b, ",\"top_token_prob\":[");
    for (size_t i = 0; k && i < look->n; i++) {
        for (size_t j = 0; j < k; j++) {
            buffer_printf(b, "%s\"%d\":", j ? "," : i ? ",{" : "{", seen->top[i * k + j].id);
            put_rounded(b, exp((double)seen->top[i * k + j].logprob));
        }
        buffer_put_c(b, "}");
    }
    if (k) buffer_put_c(b, "]");
}

static void put_top(struct dumping *d, struct buffer *b, const struct look *look) {
    size_t k = d->options.top;
    put_begin(d, b, look);
    buffer_printf(b, ",\"position\":%llu", (unsigned long long)d->position);
    put_ids(b, look);
    put_mask(b, look, "loss_mask", false);
    top_out_text(&d->top, look->ids, look->n);
    for (size_t i = 0; i < look->n; i++) {
        for (size_t j = 0; j < k; j++) {
            d->ids[j] = look->seen->top[i * k + j].id;
            d->p[j] = exp((double)look->seen->top[i * k + j].logprob);
        }
        top_out_put(&d->top, d->ids, d->p, look->seen->rest[i]);
    }
    d->position += look->n;
}

static void put_activations(struct dumping *d, struct buffer *b, const struct look *look) {
    put_begin(d, b, look);
    buffer_printf(b, ",\"row\":%llu,\"rows\":%zu,\"tokens\":%zu", (unsigned long long)d->position, look->seen->n_rows,
                  look->n);
    activation_out_put(&d->activations, look->ids, look->n, look->seen->values, look->seen->n_rows);
    d->position += look->seen->n_rows;
}

static bool put_line(struct dumping *d, const struct buffer *b, struct error *err) {
    if (!buffer_check(b, "a row of the dump", err)) return false;
    if (d->to_stdout) return print_buffer(stdout, b, err);
    file_out_put(&d->lines, b->at, b->len);
    return true;
}

static bool take(void *context, const struct look *look, struct error *err) {
    static void (*const writers[])(struct dumping *, struct buffer *, const struct look *) = {put_twin, put_top,
                                                                                              put_activations};
    struct dumping *d = context;
    struct buffer b;
    buffer_init(&b, (size_t)1 << 30);
    d->texts++;
    if (look->error.kind) {
        if (!d->failed++) d->first = look->error;
        put_error(d, &b, look);
    } else {
        writers[d->dump](d, &b, look);
        put_labels(&b, d->rows[look->ask].row);
        buffer_put_c(&b, "}\n");
    }
    bool ok = put_line(d, &b, err);
    buffer_done(&b);
    return ok;
}

/* ---- rows ---- */

static bool dump_batch(struct dumping *d, size_t n, struct error *err) {
    struct ask asks[BATCH];
    for (size_t i = 0; i < n; i++) asks[i] = d->rows[i].ask;
    return subject_look(d->subject, &d->options, d->dump == DUMP_ACTIVATIONS, asks, n, take, d, err);
}

/* Rows with choices are texts with answers, rows without are texts alone. */
static bool dump_file(struct dumping *d, const char *path, const struct ask_defaults *defaults, struct error *err) {
    struct ask_file *file = ask_file_open(path, defaults, err);
    struct arena arena;
    int state = file ? 1 : -1;
    arena_init(&arena, (size_t)1 << 30);
    while (state == 1) {
        size_t n = 0;
        while (n < BATCH && (state = ask_file_next(file, &arena, &d->rows[n], err)) == 1) n++;
        if (state >= 0 && n && !dump_batch(d, n, err)) state = -1;
        for (size_t i = 0; i < n; i++) ask_row_done(&d->rows[i]);
        arena_reset(&arena);
    }
    ask_file_close(file);
    arena_done(&arena);
    return state == 0;
}

/* ---- files ---- */

static bool open_files(struct dumping *d, const char *out, struct arena *arena, struct error *err) {
    struct activation_header *header;
    const char *beside;
    if (d->dump == DUMP_LINES && !out) return d->to_stdout = true;
    if (d->dump == DUMP_LINES) return file_out_open(&d->lines, out, err);
    if (!(beside = arena_printf(arena, err, "%s.jsonl", out)) || !file_out_open(&d->lines, beside, err)) return false;
    if (d->dump == DUMP_TOP) {
        struct top_header top = {.k = (uint32_t)d->options.top, .vocabulary = (uint32_t)d->model->shape.vocabulary};
        memcpy(top.tokenizer, d->subject->tokenizer, sizeof top.tokenizer);
        memcpy(top.subject, d->subject->digest, sizeof top.subject);
        return top_out_open(&d->top, out, &top, err);
    }
    if (!(header = arena_new(arena, struct activation_header, 1, err))) return false;
    *header = (struct activation_header){.layers = (uint32_t)d->options.n_sites,
                                         .width = (uint32_t)d->model->shape.width,
                                         .pooling = (uint32_t)d->options.pool,
                                         .blocks = (uint32_t)d->model->shape.layers};
    for (size_t i = 0; i < d->options.n_sites; i++) header->which[i] = (uint32_t)d->sites[i].layer;
    memcpy(header->subject, d->subject->digest, sizeof header->subject);
    return activation_out_open(&d->activations, out, header, err);
}

/* The lines first, so that a binary file never stands without them. */
static bool commit_files(struct dumping *d, const char *out, struct arena *arena, struct error *err) {
    if (d->to_stdout) return true;
    if (!file_out_commit(&d->lines, err)) return false;
    if (d->dump == DUMP_LINES) return true;
    if (d->dump == DUMP_TOP ? top_out_commit(&d->top, err) : activation_out_commit(&d->activations, err)) return true;
    struct error ignored = {0};
    const char *beside = arena_printf(arena, &ignored, "%s.jsonl", out);
    if (beside) unlink(beside);
    return false;
}

static bool setup(struct dumping *d, const struct arguments *args, const char *out, struct error *err) {
    const char *layers = args_text(args, "hidden", NULL);
    if (layers && args_text(args, "top", NULL))
        return error_set(err, ERROR_USAGE, "--top and --hidden write two files; give one of them");
    if (!layers && args_text(args, "pool", NULL))
        return error_set(err, ERROR_USAGE, "--pool is how --hidden pools positions; give --hidden too");
    if (!subject_look_require(d->subject, layers ? "--hidden" : "--top", err)) return false;
    d->model = subject_lm_model(d->subject);
    if (layers) {
        d->dump = DUMP_ACTIVATIONS;
        if (!out) return error_set(err, ERROR_USAGE, "--hidden writes a binary file; name it with --out FILE.act");
        return read_layers(d, layers, args->arena, err) && read_pool(d, args_text(args, "pool", "mean"), err);
    }
    size_t k = d->options.top = args_count(args, "top", 0);
    d->options.next = true;
    d->dump = out && text_ends(text_of(out), TEXT(".topk")) ? DUMP_TOP : DUMP_LINES;
    if (k > d->model->shape.vocabulary)
        return error_set(err, ERROR_USAGE, "--top: expected 0 to %zu (the vocabulary), found %zu",
                         d->model->shape.vocabulary, k);
    d->ids = arena_new(args->arena, int32_t, k + 1, err);
    d->p = d->ids ? arena_new(args->arena, double, k + 1, err) : NULL;
    return d->p != NULL;
}

bool score_look(struct arguments *args, struct subject *subject, struct error *err) {
    const char *out = args_text(args, "out", NULL);
    struct ask_defaults defaults = {
        .limit = args_count(args, "limit", 0),
        .kind = ASK_SCORE, .may_lack_choices = true, .system = text_of(args_text(args, "system", "")), .samples = 1};
    struct dumping *d = arena_new(args->arena, struct dumping, 1, err);
    if (!d) return false;
    d->subject = subject;
    bool ok = setup(d, args, out, err) && open_files(d, out, args->arena, err);
    for (size_t i = 0; ok && i < args->n_words; i++) ok = dump_file(d, args->words[i], &defaults, err);
    if (ok && d->texts && d->failed == d->texts) {
        *err = d->first;
        ok = error_wrap(err, "every text failed; the first");
    }
    ok = ok && commit_files(d, out, args->arena, err);
    if (ok && d->failed && !args_on(args, "quiet"))
        fprintf(stderr, "%llu of %llu texts failed; they carry \"error\"\n", (unsigned long long)d->failed,
                (unsigned long long)d->texts);
    file_out_abandon(&d->lines);
    top_out_abandon(&d->top);
    activation_out_abandon(&d->activations);
    return ok;
}
