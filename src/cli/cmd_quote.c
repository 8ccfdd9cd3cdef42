/* basanite quote: trusted text, and what of it stands in answers. */
#include "cli/commands.h"
#include "cli/score_answers.h"
#include "cli/verbs.h"

#include "base/file.h"
#include "measure/run/score_file.h"
#include "measure/score/quote_summary.h"
#include "quote/quote_build.h"
#include "quote/quote_json.h"
#include "report/quote_page.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>

static const char *const flags[] = {"index",  "engine",  "width",      "stride",    "rate",  "check", "memory",
                                    "limit",  "lenient", "confidence", "bootstrap", "seed",  "group", "threads",
                                    "format", "json",    "out",        "config",    "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_quote = {
    .name = "quote",
    .synopsis = "index DIR|FILE... --out IDX [--engine exact|bloom] [--width N] [--rate F] [--check] | find IDX TEXT | "
                "score FILE... --index IDX [--format html]",
    .summary = "trusted text: an index of your documents, where words stand in it, and how much of answers is quoted "
               "from it",
    .example = "basanite quote score groups.jsonl --index almanac.idx --out scored.jsonl",
    .flags = flags,
    .run = run,
    .shares = SHARES_WORK,
};

enum { PLACES = 3, LEAST = 12, SHOWN = 400, PAGE_BYTES = 512 << 20 };

static size_t memory_of(const struct arguments *args) {
    return (size_t)args_count(args, "memory", 0) << 20;
}

/* ---- index ---- */

static void print_facts(FILE *out, const struct quote_facts *f, const struct quote_index *index) {
    const struct quote_bloom *bloom = quote_index_bloom(index);
    fprintf(out, "engine             %s\n", quote_engines[f->engine]);
    fprintf(out, "window             %zu characters, stride %zu\n", f->width, f->stride);
    if (f->documents) {
        fprintf(out, "documents          %llu\n", (unsigned long long)f->documents);
        fprintf(out, "characters         %llu (%llu bytes)\n", (unsigned long long)f->characters,
                (unsigned long long)f->bytes);
        fprintf(out, "windows            %llu\n", (unsigned long long)f->windows);
    }
    fprintf(out, "distinct windows   %s%llu\n", bloom ? "about " : "", (unsigned long long)f->distinct);
    if (!bloom) {
        fprintf(out, "shards             %zu\nfalse yes          never\n", f->shards);
        return;
    }
    const struct quote_bloom_shape *s = quote_bloom_shape(bloom);
    fprintf(out, "filter             %llu bits, %u hashes, %llu items of at most %llu\n", (unsigned long long)s->bits,
            s->hashes, (unsigned long long)s->items, (unsigned long long)s->capacity);
    fprintf(out, "bits set           %llu\n", (unsigned long long)quote_bloom_set_bits(bloom));
    fprintf(out, "false yes          %.3g by the bits that are set, %.3g by design\n", f->rate, f->declared_rate);
}

static json_t *index_json(const struct quote_index *index) {
    json_t *out = quote_facts_json(quote_index_facts(index));
    const struct quote_bloom *bloom = quote_index_bloom(index);
    if (out && bloom) {
        const struct quote_bloom_shape *s = quote_bloom_shape(bloom);
        json_object_set_new(out, "bits", json_integer((json_int_t)s->bits));
        json_object_set_new(out, "hashes", json_integer((json_int_t)s->hashes));
        json_object_set_new(out, "items", json_integer((json_int_t)s->items));
        json_object_set_new(out, "capacity", json_integer((json_int_t)s->capacity));
        json_object_set_new(out, "bits_set", json_integer((json_int_t)quote_bloom_set_bits(bloom)));
    }
    return out;
}

/* Opens what was written, or what is there, and says what it is. */
static bool show_index(const struct arguments *args, const char *path, const struct quote_build_result *made,
                       struct error *err) {
    struct quote_index *index = quote_index_open(path, memory_of(args), err);
    bool ok = index && (!args_on(args, "check") || quote_index_check(index, err));
    if (ok && args_on(args, "json")) {
        json_t *out = index_json(index);
        if (out && made) json_object_set_new(out, "skipped", json_integer((json_int_t)made->skipped));
        ok = out ? print_json(stdout, out, err) : error_memory(err, "index");
        json_decref(out);
    } else if (ok) {
        print_facts(stdout, quote_index_facts(index), index);
        if (args_on(args, "check"))
            printf("check              %s\n", quote_index_bloom(index) ? "its header agrees with its formulas and parts"
                                                                       : "every file is what it was");
    }
    quote_index_close(index);
    return ok;
}

static bool engine_of(const struct arguments *args, enum quote_engine *engine, struct error *err) {
    const char *name = args_text(args, "engine", "exact");
    for (int e = 0; e < QUOTE_ENGINES; e++)
        if (strcmp(name, quote_engines[e]) == 0) return *engine = (enum quote_engine)e, true;
    return error_set(err, ERROR_USAGE, "--engine: no '%s'; expected exact or bloom", name);
}

static bool make_index(struct arguments *args, const char *out, struct error *err) {
    struct quote_build_result result;
    struct quote_build_settings s = {.width = (size_t)args_count(args, "width", 0),
                                     .stride = (size_t)args_count(args, "stride", 0),
                                     .rate = args_real(args, "rate", 0),
                                     .memory = memory_of(args),
                                     .documents = {.limit = (size_t)args_count(args, "limit", 0),
                                                   .lenient = args_on(args, "lenient"),
                                                   .stop = args->stop},
                                     .team = args->team,
                                     .quiet = args_on(args, "quiet") || team_rank(args->team) != 0};
    if (args_text(args, "rate", NULL) && !(s.rate > 0 && s.rate < 1))
        return error_set(err, ERROR_USAGE, "--rate %g is not between 0 and 1", s.rate);
    if (!engine_of(args, &s.engine, err) || !(s.pool = pool_new(common_threads(args), err))) return false;
    bool ok = quote_build(args->words + 1, args->n_words - 1, out, &s, &result, err);
    pool_free(s.pool);
    if (!ok || team_rank(args->team) != 0) return ok;
    if (!args_on(args, "quiet")) {
        fprintf(stderr, "%s: made in %.1f s\n", out, result.seconds);
        if (result.skipped)
            fprintf(stderr, "%llu documents left out, the first: %s\n", (unsigned long long)result.skipped,
                    result.why.message);
    }
    return show_index(args, out, &result, err);
}

static bool quote_index_verb(struct arguments *args, struct error *err) {
    const char *out = args_text(args, "out", NULL);
    if (args->n_words < 2)
        return error_set(err, ERROR_USAGE,
                         "expected `basanite quote index DIR|FILE... --out IDX`, or `quote index IDX --check`");
    if (out) return make_index(args, out, err);
    if (!args_on(args, "check") || args->n_words != 2)
        return error_set(err, ERROR_USAGE, "quote index: expected --out IDX, the index that is made");
    return show_index(args, args->words[1], NULL, err);
}

/* ---- find ---- */

static bool is_exact(const struct quote_index *index, const char *what, struct error *err) {
    return !quote_index_bloom(index) ||
           error_set(err, ERROR_USAGE, "%s: a filter knows windows, not places; make an index with --engine exact",
                     what);
}

static json_t *found_json(const struct quote_text *t, const struct quote_stretch *s) {
    json_t *places = json_array();
    for (size_t i = 0; i < s->n_places; i++) json_array_append_new(places, quote_place_json(&s->places[i]));
    return json_pack("{s:I s:I s:o s:I s:o}", "from", (json_int_t)s->span.from, "to", (json_int_t)s->span.to, "text",
                     json_from_text(quote_span_text(t, s->span)), "count", (json_int_t)s->count, "places", places);
}

static void print_found(FILE *out, const struct quote_text *t, const struct quote_stretch *s) {
    fprintf(out, "%zu characters, %llu time%s: %.*s\n", s->span.to - s->span.from, (unsigned long long)s->count,
            s->count == 1 ? "" : "s", TEXT_ARG(quote_span_text(t, s->span)));
    for (size_t i = 0; i < s->n_places; i++)
        fprintf(out, "    %.*s at character %zu: %.*s[...]%.*s\n", TEXT_ARG(text_trim(s->places[i].source)),
                s->places[i].at, TEXT_ARG(s->places[i].before), TEXT_ARG(s->places[i].after));
}

/* The longest pieces first; of equal ones the first. */
static void sort_found(struct quote_stretch *s, size_t n) {
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && s[k].span.to - s[k].span.from > s[k - 1].span.to - s[k - 1].span.from; k--) {
            struct quote_stretch swap = s[k];
            s[k] = s[k - 1], s[k - 1] = swap;
        }
}

static bool find(struct arguments *args, struct error *err) {
    if (args->n_words != 3) return error_set(err, ERROR_USAGE, "expected `basanite quote find IDX TEXT`");
    struct quote_index *index = quote_index_open(args->words[1], memory_of(args), err);
    struct quote_text t;
    struct quote_stretch *found = NULL;
    size_t n = 0, least = (size_t)args_count(args, "width", LEAST);
    bool ok = index && is_exact(index, "quote find", err) &&
              quote_text_normalise(text_of(args->words[2]), args->arena, &t, err) &&
              quote_stretches(index, &t, t.n < least ? t.n : least, PLACES, args->arena, &found, &n, err);
    if (ok) sort_found(found, n);
    if (ok && args_on(args, "json")) {
        json_t *list = json_array();
        for (size_t i = 0; i < n; i++) json_array_append_new(list, found_json(&t, &found[i]));
        ok = print_json(args->out, list, err);
        json_decref(list);
    } else {
        for (size_t i = 0; ok && i < n; i++) print_found(args->out, &t, &found[i]);
    }
    quote_index_close(index);
    if (ok && n == 0)
        return error_set(err, ERROR_GATE, "nothing of it stands in the trusted text, not %zu characters in a row",
                         least);
    return ok;
}

/* ---- score ---- */

struct scoring {
    struct quote_summary *summary;
    struct quote_page *page;
    struct file_out *rows;
};

static bool take_row(void *context, const json_t *row, struct error *err) {
    struct scoring *s = context;
    if (!quote_summary_add(s->summary, row, err) || (s->page && !quote_page_add(s->page, row, err))) return false;
    if (!s->rows) return true;
    struct buffer line;
    buffer_init(&line, (size_t)1 << 28);
    json_put(&line, row, 0);
    buffer_put_char(&line, '\n');
    bool ok = buffer_check(&line, "scored row", err);
    if (ok) file_out_put(s->rows, line.at, line.len);
    buffer_done(&line);
    return ok;
}

static void print_summary(const json_t *summary) {
    const json_t *top = json_object_get(summary, "top"), *flag;
    size_t i;
    printf("\n%lld prompts, %lld answers; %lld too short, %lld invalid UTF-8, %lld binary; %lld sources quoted; mean "
           "span %.0f, longest %.0f characters\n",
           (long long)json_integer_value(json_object_get(summary, "prompts")),
           (long long)json_integer_value(json_object_get(summary, "answers")),
           (long long)json_integer_value(json_object_get(summary, "too_short")),
           (long long)json_integer_value(json_object_get(summary, "invalid")),
           (long long)json_integer_value(json_object_get(summary, "binary")),
           (long long)json_integer_value(json_object_get(summary, "sources")),
           json_number_value(json_object_get(summary, "mean_span")),
           json_number_value(json_object_get(summary, "longest")));
    json_array_foreach(json_object_get(summary, "flags"), i, flag) {
        if (text_equal_c(json_text(flag), "one sentence"))
            printf("warning: one stretch is %.0f %% of all that is quoted, in answers to %lld prompts: %.*s\n",
                   100 * json_number_value(json_object_get(top, "share")),
                   (long long)json_integer_value(json_object_get(top, "prompts")),
                   TEXT_ARG(json_text(json_object_get(top, "text"))));
        else if (text_equal_c(json_text(flag), "repeats"))
            printf("warning: %.0f %% of the quoted windows stood in the same answer before\n",
                   100 * json_number_value(json_object_get(summary, "repeated")));
        else if (text_equal_c(json_text(flag), "stitched"))
            printf("warning: %lld answers have a sentence that is joined of quotes and stands in no source\n",
                   (long long)json_integer_value(json_object_get(summary, "stitched")));
        else
            printf("warning: answers that quote much hold hardly a word of their prompts\n");
    }
}

/* Rows, or the page, into --out, whole or not at all. */
static bool write_page(struct scoring *s, const json_t *summary, const char *path, struct error *err) {
    struct buffer page;
    buffer_init(&page, PAGE_BYTES);
    bool ok = quote_page_end(s->page, summary, &page, err) && file_write(path, buffer_text(&page), err);
    buffer_done(&page);
    return ok;
}

/* With a limit: what was resident at most, the mapped index included. */
static void print_memory(const struct arguments *args) {
    struct rusage usage;
    if (memory_of(args) && getrusage(RUSAGE_SELF, &usage) == 0)
        printf("resident at most: %.0f MiB, of --memory %llu\n", (double)usage.ru_maxrss / 1024,
               (unsigned long long)args_count(args, "memory", 0));
}

static bool finish_score(struct arguments *args, struct scoring *s, const struct score_file_result *r,
                         struct error *err) {
    json_t *summary = quote_summary_json(s->summary, err);
    bool ok = summary && (!s->rows || file_out_commit(s->rows, err)) &&
              (!s->page || write_page(s, summary, args_text(args, "out", NULL), err));
    if (ok) ok = print_figures(args, stdout, r->figures, r->n_figures, json_pack("{s:O}", "summary", summary), err);
    if (ok && !args_on(args, "json")) print_summary(summary), print_memory(args);
    json_decref(summary);
    if (ok && r->expected && r->met != r->expected)
        return error_set(err, ERROR_GATE, "%llu of %llu rows are not as expected: %s",
                         (unsigned long long)(r->expected - r->met), (unsigned long long)r->expected,
                         r->missed ? r->missed : "");
    return ok;
}

static bool html_asked(const struct arguments *args, bool *html, struct error *err) {
    const char *format = args_text(args, "format", "jsonl"), *out = args_text(args, "out", NULL);
    *html = strcmp(format, "html") == 0;
    if (!*html && strcmp(format, "jsonl") != 0)
        return error_set(err, ERROR_USAGE, "--format: quote score writes jsonl or html, found '%s'", format);
    return !*html || out || error_set(err, ERROR_USAGE, "--format html: expected --out PAGE.html");
}

static bool score(struct arguments *args, struct error *err) {
    const char *index = args_text(args, "index", NULL), *out = args_text(args, "out", NULL);
    bool html;
    if (!index || args->n_words < 2)
        return error_set(err, ERROR_USAGE, "expected `basanite quote score FILE... --index IDX`");
    if (strchr(index, ',')) return error_set(err, ERROR_USAGE, "--index %s: the path must not have a comma", index);
    if (!html_asked(args, &html, err)) return false;
    struct quote_index *open = quote_index_open(index, 0, err);
    size_t width = open ? quote_index_facts(open)->width : 0, wanted = (size_t)args_count(args, "width", width);
    if (open && wanted != width) {
        quote_index_close(open);
        return error_set(err, ERROR_USAGE, "--index %s: it has windows of %zu characters, not %zu", index, width,
                         wanted);
    }
    json_t *facts = open ? quote_facts_json(quote_index_facts(open)) : NULL;
    quote_index_close(open);
    if (!facts) return false;
    struct file_out file = {0};
    struct scoring s = {.rows = out && !html ? &file : NULL};
    struct score_file_result result;
    struct score_file_settings settings = {.scorer =
                                               arena_printf(args->arena, err, "quip,index=%s,details=yes,memory=%llu",
                                                            index, (unsigned long long)args_count(args, "memory", 0)),
                                           .path = common_path(args, err),
                                           .figures = {.confidence = args_real(args, "confidence", 0.95),
                                                       .bootstrap = args_count(args, "bootstrap", 1000),
                                                       .seed = args_count(args, "seed", 1),
                                                       .group = args_text(args, "group", NULL)},
                                           .lenient = args_on(args, "lenient"),
                                           .sink = take_row,
                                           .context = &s};
    bool ok = settings.scorer && settings.path && (settings.figures.pool = pool_new(common_threads(args), err)) &&
              (s.summary = quote_summary_new(err)) && (!html || (s.page = quote_page_new(facts, SHOWN, err))) &&
              (!s.rows || file_out_open(&file, out, err)) &&
              score_files(args->words + 1, args->n_words - 1, &settings, args->arena, &result, err) &&
              finish_score(args, &s, &result, err);
    file_out_abandon(&file);
    quote_page_free(s.page);
    quote_summary_free(s.summary);
    pool_free(settings.figures.pool);
    json_decref(facts);
    return ok;
}

static bool run(struct arguments *args, struct error *err) {
    static const struct verb verbs[] = {{"index", quote_index_verb}, {"find", find}, {"score", score}};
    const struct verb *verb = verbs_find(args, verbs, sizeof verbs / sizeof *verbs, err);
    if (verb && verb != verbs && team_size(args->team) > 1)
        return error_set(err, ERROR_USAGE, "quote %s: one process does it; only `quote index` is shared", verb->name);
    return verb && verb->run(args, err);
}
