/* What the commands share: see commands.h. */
#include "cli/commands.h"
#include "cli/common_steer.h"
#include "cli/score_answers.h"
#include "cli/score_aqi.h"
#include "cli/score_look.h"

#include "base/file.h"
#include "base/team_mpi.h"
#include "report/report.h"
#include "subject/ask_form.h"
#include "tensor/matmul.h"
#include "measure/rules/builtin.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool command_writes_out_itself(const struct command *command, const struct arguments *args) {
    return strcmp(command->name, "train") == 0 || strcmp(command->name, "world") == 0 ||
           strcmp(command->name, "reproduce") == 0 || score_asks_look(args) ||
           (strcmp(command->name, "guide") == 0 && args->n_words && strcmp(args->words[0], "write") == 0) ||
           (strcmp(command->name, "quote") == 0 && args->n_words && strcmp(args->words[0], "find") != 0) ||
           (strcmp(command->name, "data") == 0 && args->n_words && strcmp(args->words[0], "corrupt") == 0) ||
           (strcmp(command->name, "score") == 0 && score_asks_answers(args) && !score_asks_aqi(args));
}

size_t common_threads(const struct arguments *args) {
    return args_count(args, "threads", args->crew ? team_mpi_processors() : 0);
}

void common_subject_settings(const struct arguments *args, struct subject_settings *s) {
    *s = (struct subject_settings){
        .threads = common_threads(args),
        .batch = args_count(args, "batch", 0),
        .timeout = args_real(args, "timeout", 0),
        .retries = (int)args_count(args, "retries", (uint64_t)5),
        .concurrency = args_count(args, "concurrency", 0),
        .key_env = args_text(args, "key-env", NULL),
        .path = getenv("BASANITE_PATH"),
        .template_name = args_text(args, "template", NULL),
        .compute = args_text(args, "compute", NULL),
        .keep_special = args_on(args, "keep-special"),
        .quotes = args_text(args, "quotes", NULL),
        .no_prefix_sharing = args_on(args, "no-prefix-sharing"),
        .builtins = common_builtins(),
        .stop = args->stop,
        .crew = args->crew,
        .quiet = args_on(args, "quiet"),
    };
}

size_t common_chunk(const struct arguments *args) {
    return args_count(args, "batch", RUN_CHUNK) * (args->crew ? team_size(args->team) : 1);
}

struct subject *common_subject(const struct arguments *args, struct error *err) {
    struct subject_settings settings;
    common_subject_settings(args, &settings);
    struct subject *subject = subject_open(text_of(args_text(args, "subject", "pocket")), &settings, err);
    return subject ? common_steer(args, subject, err) : NULL;
}

struct lm_builtins common_builtins(void) {
    static const char *const names[] = {"pocket", "pocket-base", "pocket-help"};
    static struct lm_builtin models[sizeof names / sizeof *names];
    char path[64];
    size_t n = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "pocket/%s.gguf", names[i]);
        const struct builtin_file *file = builtin_find(path);
        if (file) models[n++] = (struct lm_builtin){names[i], file->at, (size_t)(file->end - file->at)};
    }
    return (struct lm_builtins){models, n};
}

struct lm_file *common_model_file(const struct arguments *args, const char *path, struct error *err) {
    (void)args;
    const struct lm_builtin *builtin = lm_builtin_find(common_builtins(), text_of(path));
    return builtin ? lm_file_open_memory(builtin->at, builtin->bytes, err) : lm_file_open(path, err);
}

struct lm_model *common_model(const struct arguments *args, const char *path, struct error *err) {
    struct lm_load_options options = {.builtins = common_builtins()};
    if (!lm_load_options_parse(text_of(args_text(args, "compute", "auto")), &options, err)) return NULL;
    return lm_model_load(path, &options, err);
}

/* Model files bring their tokenizer or have it beside them; anything else is a tokenizer file itself. */
static bool is_model_file(const char *path) {
    struct error why = {0};
    if (file_is_folder(path)) {
        char config[PATH_MAX];
        return (size_t)snprintf(config, sizeof config, "%s/config.json", path) < sizeof config && file_exists(config);
    }
    static const char *const ends[] = {".json", ".model", ".tiktoken", ".txt"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (text_ends(text_of(path), text_of(ends[i]))) return false;
    struct lm_file *file = lm_file_open(path, &why);
    bool with_tensors = file && file->container != LM_GGUF;
    lm_file_close(file);
    return with_tensors;
}

struct tokenizer *common_tokenizer(const struct arguments *args, struct error *err) {
    const char *path = args_text(args, "subject", "pocket");
    bool builtin = lm_builtin_find(common_builtins(), text_of(path)) != NULL;
    if (!builtin && !is_model_file(path)) return tokenizer_open(path, err);
    struct tokenizer *tokenizer = NULL;
    struct lm_model *model = common_model(args, path, err);
    if (model && model->tokenizer) {
        tokenizer = model->tokenizer;
        model->tokenizer = NULL;
    } else if (model) {
        error_set(err, ERROR_DATA, "'%s' brings no tokenizer and none lies beside it", path);
    }
    lm_model_free(model);
    return tokenizer;
}

struct record *common_record(const struct arguments *args, enum record_mode mode, struct error *err) {
    return record_open(args_text(args, "record", "basanite.db"), mode, err);
}

const char *common_path(const struct arguments *args, struct error *err) {
    const char *path = getenv("BASANITE_PATH");
    return path && *path ? arena_printf(args->arena, err, "%s:.", path) : ".";
}

bool common_task_settings(const struct arguments *args, struct task_settings *s, struct error *err) {
    const char *path = common_path(args, err);
    *s = (struct task_settings){
        .path = path,
        .seed = args_count(args, "seed", 1),
        .limit = args_count(args, "limit", 0),
        .method = args_text(args, "method", NULL),
        .scorer = args_text(args, "scorer", NULL),
        .split = args_text(args, "split", NULL),
        .lang = args_text(args, "lang", NULL),
        .few_shot = args_text(args, "few-shot", NULL) ? (int)args_count(args, "few-shot", 0) : -1,
        .lenient = args_on(args, "lenient"),
        .compat = args_on(args, "compat"),
    };
    const char *slice = args_text(args, "slice", NULL);
    if (slice && !task_slice_read(slice, &s->slice, err)) return false;
    return path != NULL;
}

const char *common_build(struct arena *arena, struct error *err) {
#ifdef __clang__
    const char *compiler = "clang " __clang_version__;
#else
    const char *compiler = "gcc " __VERSION__;
#endif
    return arena_printf(arena, err, "basanite %s, %s, isa %d", BASANITE_VERSION, compiler, matmul_isa());
}

bool common_words(const struct arguments *args, const struct command *command, size_t least, size_t most,
                  struct error *err) {
    if (args->n_words >= least && args->n_words <= most) return true;
    return error_set(err, ERROR_USAGE, "%s: expected `basanite %s %s`",
                     args->n_words < least ? "too few words" : "too many words", command->name, command->synopsis);
}

/* --grammar or --schema: read and checked, so that a fault in it shows before anything is asked. */
static bool read_form(const struct arguments *args, struct ask_defaults *d, struct error *err) {
    const char *grammar = args_text(args, "grammar", NULL), *schema = args_text(args, "schema", NULL);
    const char *path = grammar ? grammar : schema;
    if (!path) return true;
    if (grammar && schema) return error_set(err, ERROR_USAGE, "give either --grammar or --schema");
    d->form = grammar ? ASK_GRAMMAR : ASK_SCHEMA;
    if (!file_read(args->arena, path, GRAMMAR_TEXT_MOST, &d->form_source, err)) return false;
    struct grammar *checked = ask_form_compile(d->form, d->form_source, path, err);
    grammar_free(checked);
    return checked != NULL;
}

bool common_ask_defaults(const struct arguments *args, const struct subject *subject, struct ask_defaults *d,
                         struct error *err) {
    const char **stops;
    size_t n = args_texts(args, "stop", &stops);
    struct text *texts = arena_new(args->arena, struct text, n + 1, err);
    if (!texts) return false;
    for (size_t i = 0; i < n; i++) texts[i] = text_of(stops[i]);
    *d = (struct ask_defaults){
        .kind = ASK_GENERATE,
        .system = text_of(args_text(args, "system", "")),
        .as_chat = subject->capabilities & SUBJECT_CHATS,
        .samples = args_count(args, "samples", 1),
        .max_tokens = args_count(args, "max-tokens", 128),
        .top_k = args_count(args, "top-k", 0),
        .temperature = args_real(args, "temperature", 0),
        .top_p = args_real(args, "top-p", 1),
        .stops = texts,
        .n_stops = n,
        .seed = args_count(args, "seed", 1),
    };
    if (!(d->path = common_path(args, err))) return false;
    if (!(d->temperature >= 0 && d->temperature <= 100))
        return error_set(err, ERROR_USAGE, "--temperature: expected 0 to 100, found '%s'",
                         args_text(args, "temperature", ""));
    if (!(d->top_p > 0 && d->top_p <= 1))
        return error_set(err, ERROR_USAGE, "--top-p: expected a number above 0, at most 1, found '%s'",
                         args_text(args, "top-p", ""));
    if (d->samples == 0 || d->max_tokens == 0)
        return error_set(err, ERROR_USAGE, "--samples and --max-tokens: expected at least 1");
    if (d->samples > 1 && d->temperature == 0)
        return error_set(err, ERROR_USAGE, "several samples of a greedy answer are all the same; give --temperature");
    return read_form(args, d, err);
}

int common_next_row(void *context, struct arena *arena, struct ask_row *row, struct error *err) {
    return ask_file_next(context, arena, row, err);
}

bool common_print_gate(const struct arguments *args, FILE *out, const struct gate_result *result, struct error *err) {
    struct buffer b;
    if (args_on(args, "quiet")) return true;
    buffer_init(&b, (size_t)64 << 20);
    buffer_printf(&b, "gate %s\n", gate_verdict_names[result->verdict]);
    for (size_t i = 0; i < result->n; i++) {
        buffer_printf(&b, "  %s: ", result->findings[i].condition);
        gate_put_finding(&b, &result->findings[i]);
        buffer_put_char(&b, '\n');
    }
    bool ok = print_buffer(out, &b, err);
    buffer_done(&b);
    return ok;
}

void print_terminal(const struct arguments *args, struct report_options *options) {
    enum { NARROWEST = 40 };
    struct winsize size = {0};
    /* mpirun is a terminal to what it starts, whoever reads it. */
    if (args->out != stdout || args->team || !isatty(STDOUT_FILENO)) return;
    options->color = !getenv("NO_COLOR");
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        options->width = size.ws_col > NARROWEST ? size.ws_col : NARROWEST;
}

bool print_buffer(FILE *out, const struct buffer *b, struct error *err) {
    if (!buffer_check(b, "output", err)) return false;
    if (fwrite(b->at ? b->at : "", 1, b->len, out) == b->len && fflush(out) == 0) return true;
    return error_system(err, errno, "cannot write", "output");
}

static bool print_json_indented(FILE *out, const json_t *value, int indent, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 30);
    json_put(&b, value, indent);
    buffer_put_char(&b, '\n');
    bool ok = print_buffer(out, &b, err);
    buffer_done(&b);
    return ok;
}

bool print_json(FILE *out, const json_t *value, struct error *err) {
    return print_json_indented(out, value, 2, err);
}

bool print_json_line(FILE *out, const json_t *value, struct error *err) {
    return print_json_indented(out, value, 0, err);
}

bool common_findings_form(const struct arguments *args, enum findings_form *form, struct error *err) {
    return findings_form_of(args_text(args, "format", args_on(args, "json") ? "json" : NULL), form, err);
}
