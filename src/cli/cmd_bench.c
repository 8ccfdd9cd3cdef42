/* basanite bench: how fast the parts are, beside what the machine allows. */
#include "cli/commands.h"

#include "act/steer/bench_steer.h"
#include "act/train/bench_train.h"
#include "formalize/case/bench_case.h"
#include "lm/calibrate/bench_model.h"
#include "measure/statistics/bench_cluster.h"
#include "media/bench_media.h"
#include "quote/bench_quote.h"
#include "serve/bench_serve.h"
#include "tensor/bench_matmul.h"

#include <math.h>
#include <string.h>

static const char *const flags[] = {"repeat", "threads", "subject", "compute", "json", "out", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_bench = {
    .name = "bench",
    .synopsis =
        "[start|load|types|matmul|cluster|rows|generate|grammar|serve|steer|train|quote|case|corrupt...] [--repeat N] "
        "[--subject FILE]",
    .summary = "speed of parts beside the limit of the hardware; medians of repeats",
    .example = "basanite bench matmul --repeat 3",
    .flags = flags,
    .run = run,
};

/* The program itself, doing next to nothing. */
static bool start(struct bench *b, struct error *err) {
    const char *const argv[] = {"/proc/self/exe", "methods", NULL};
    return bench_start(b, argv, err);
}

static bool steer(struct bench *b, struct error *err) {
    return bench_steer(b, common_builtins(), err);
}

static bool serve(struct bench *b, struct error *err) {
    return bench_serve(b, common_builtins(), err);
}

static const struct {
    const char *name;
    bool (*run)(struct bench *b, struct error *err);
} parts[] = {
    {"start", start},           {"load", bench_load},      {"types", bench_types},       {"matmul", bench_matmul},
    {"cluster", bench_cluster}, {"rows", bench_rows},      {"generate", bench_generate}, {"grammar", bench_grammar},
    {"serve", serve},           {"steer", steer},          {"train", bench_train},       {"quote", bench_quote},
    {"case", bench_case},       {"corrupt", bench_corrupt}};
enum { N_PARTS = sizeof parts / sizeof *parts };

struct output {
    FILE *out;
    json_t *rows; /* with --json, otherwise NULL */
    bool begun;
};

static void put_number(FILE *out, double value) {
    if (isnan(value))
        fprintf(out, " %10s", "-");
    else
        fprintf(out, value < 10 ? " %10.3f" : " %10.1f", value);
}

static void report(void *context, const struct bench_row *r) {
    struct output *o = context;
    double ratio = r->value / r->floor;
    if (o->rows) {
        json_array_append_new(o->rows,
                              json_pack("{s:s s:s s:o s:s s:o s:o s:o s:o}", "part", r->part, "case", r->name, "value",
                                        json_from_f64(r->value), "unit", r->unit, "gflops", json_from_f64(r->gflops),
                                        "floor", json_from_f64(r->floor), "ratio", json_from_f64(ratio), "per_cpu",
                                        json_from_f64(r->per_cpu > 0 ? r->per_cpu : NAN)));
        return;
    }
    if (!o->begun)
        fprintf(o->out, "%-9s %-28s %10s %-8s %10s %10s %10s\n", "part", "case", "value", "unit", "gflops", "floor",
                "ratio");
    o->begun = true;
    fprintf(o->out, "%-9s %-28s", r->part, r->name);
    put_number(o->out, r->value);
    fprintf(o->out, " %-8s", r->unit);
    put_number(o->out, r->gflops);
    put_number(o->out, r->floor);
    put_number(o->out, ratio);
    fputc('\n', o->out);
    fflush(o->out);
}

/* Which parts the words name; all without words. */
static bool choose(const struct arguments *args, bool chosen[N_PARTS], struct error *err) {
    const char *names[N_PARTS];
    for (size_t p = 0; p < N_PARTS; p++) names[p] = parts[p].name, chosen[p] = args->n_words == 0;
    for (size_t w = 0; w < args->n_words; w++) {
        size_t p = 0;
        while (p < N_PARTS && strcmp(parts[p].name, args->words[w]) != 0) p++;
        if (p == N_PARTS) {
            const char *near = text_nearest(text_of(args->words[w]), names, N_PARTS);
            return error_set(err, ERROR_USAGE,
                             "no part '%s'%s%s%s: expected start, load, types, matmul, cluster, rows, generate, "
                             "grammar, serve, steer, train, quote, case or corrupt",
                             args->words[w], near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
        chosen[p] = true;
    }
    return true;
}

static bool run(struct arguments *args, struct error *err) {
    bool chosen[N_PARTS], ok = true;
    struct output output = {.out = args->out};
    struct bench b = {.repeat = (size_t)args_count(args, "repeat", 5),
                      .subject = args_text(args, "subject", NULL),
                      .compute = args_text(args, "compute", NULL),
                      .report = report,
                      .context = &output};
    if (!choose(args, chosen, err)) return false;
    if (b.repeat == 0 || b.repeat > 1000000)
        return error_set(err, ERROR_USAGE, "--repeat: expected 1 to 1000000, found %zu", b.repeat);
    if (args_on(args, "json") && !(output.rows = json_array())) return error_memory(err, "rows");
    b.pool = pool_new((size_t)args_count(args, "threads", 0), err);
    ok = b.pool != NULL;
    for (size_t p = 0; ok && p < N_PARTS; p++)
        if (chosen[p]) ok = parts[p].run(&b, err);
    if (ok && output.rows) ok = print_json(args->out, output.rows, err);
    pool_free(b.pool);
    json_decref(output.rows);
    return ok;
}
