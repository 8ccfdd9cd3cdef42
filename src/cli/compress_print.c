/* What `basanite compress` prints: see compress_print.h. */
#include "cli/compress_print.h"

#include "base/json.h"

#include <math.h>

bool compress_print_begin(struct compress_print *p, const struct arguments *args, const struct codec_choice *choice,
                          struct error *err) {
    *p = (struct compress_print){.args = args, .pruned = choice->codec->prunes};
    if (!args_on(args, "json")) return true;
    return (p->tensors = json_array()) != NULL || error_memory(err, "list of tensors");
}

/* "error 0.0123, 0.41 of rounding's" */
static void print_shares(FILE *out, double error, double plain, bool of_output, bool pruned) {
    fprintf(out, "error %.3g%s", error, of_output ? " of the output" : " of the weights");
    if (!isnan(plain) && plain > 0) fprintf(out, ", %.3f of %s's", error / plain, pruned ? "magnitude" : "rtn");
}

static void end_block(struct compress_print *p) {
    if (!p->any || args_on(p->args, "json") || args_on(p->args, "quiet")) return;
    fprintf(p->args->out, "  block %zu: ", p->block);
    print_shares(p->args->out, p->shares / (double)p->n, p->plain / (double)p->n, p->of_output, p->pruned);
    fprintf(p->args->out, "; %.1f s\n", p->seconds);
    fflush(p->args->out);
    p->any = false;
}

static void print_tensor(const struct compress_print *p, const struct compress_row *r) {
    fprintf(p->args->out, "    %s [%zu, %zu]: ", r->tensor, r->rows, r->columns);
    print_shares(p->args->out, r->error / r->power, r->plain / r->power, r->of_output, p->pruned);
    fprintf(p->args->out, "; %.4g bits, %.3f zero; %.1f s\n", r->bits,
            (double)r->zeros / ((double)r->rows * (double)r->columns), r->seconds);
}

void compress_print_row(void *context, const struct compress_row *r) {
    struct compress_print *p = context;
    if (p->any && r->block != p->block) end_block(p);
    if (!p->any) *p = (struct compress_print){.args = p->args, .pruned = p->pruned, .tensors = p->tensors, .any = true};
    p->block = r->block;
    p->of_output = r->of_output;
    p->shares += r->power > 0 ? r->error / r->power : 0;
    p->plain += r->power > 0 ? r->plain / r->power : 0;
    p->seconds += r->seconds;
    p->n++;
    if (p->tensors)
        json_array_append_new(
            p->tensors,
            json_pack("{s:s s:I s:I s:s s:o s:o s:f s:f s:f}", "tensor", r->tensor, "rows", (json_int_t)r->rows,
                      "columns", (json_int_t)r->columns, "error_of", r->of_output ? "output" : "weights", "error",
                      json_from_f64(r->power > 0 ? r->error / r->power : 0), "plain",
                      json_from_f64(r->power > 0 ? r->plain / r->power : 0), "bits", r->bits, "zeros",
                      (double)r->zeros / ((double)r->rows * (double)r->columns), "seconds", r->seconds));
    else if (args_on(p->args, "verbose"))
        print_tensor(p, r);
}

static void print_file(const struct compress_print *p, const struct compress_settings *s,
                       const struct compress_result *r) {
    FILE *out = p->args->out;
    fprintf(out, "%s: %s, ", s->out, s->choice.spec);
    if (r->weights && p->pruned)
        fprintf(out, "%.4f of %llu weights zero", (double)r->zeros / (double)r->weights,
                (unsigned long long)r->weights);
    else if (r->weights)
        fprintf(out, "%.4f bits a weight", r->bits);
    else
        fprintf(out, "every tensor skipped");
    if (r->weights) {
        fputs(", ", out);
        print_shares(out, r->error, r->plain, s->choice.codec->needs != CODEC_NEEDS_NOTHING, p->pruned);
    }
    if (r->tokens)
        fprintf(out, "; %llu tokens in %llu windows", (unsigned long long)r->tokens, (unsigned long long)r->windows);
    fprintf(out, "; %.1f MB, %.1f s", (double)r->bytes / 1e6, r->seconds);
    if (r->tokens) fprintf(out, " (%.1f running the model)", r->calibrating);
    fputc('\n', out);
}

bool compress_print_end(struct compress_print *p, const struct compress_settings *s, const struct compress_result *r,
                        json_t *cells, struct error *err) {
    end_block(p);
    if (!p->tensors) {
        if (!args_on(p->args, "quiet")) print_file(p, s, r);
        return true;
    }
    json_t *cell = json_pack("{s:s s:s s:o s:o s:o s:o s:I s:I s:I s:s s:f s:O}", "out", s->out, "codec",
                             s->choice.spec, "bits_per_weight", json_from_f64(r->bits), "zeros",
                             json_from_f64(r->weights ? (double)r->zeros / (double)r->weights : NAN), "error",
                             json_from_f64(r->error), "plain", json_from_f64(r->plain), "tokens", (json_int_t)r->tokens,
                             "windows", (json_int_t)r->windows, "bytes", (json_int_t)r->bytes, "data_sha256", r->digest,
                             "seconds", r->seconds, "tensors", p->tensors);
    return (cell && json_array_append_new(cells, cell) == 0) || error_memory(err, "answer");
}
