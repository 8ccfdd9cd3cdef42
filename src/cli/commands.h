/* The commands, one file each, and what they share: opening the subject, the record and tasks from the flags. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/options.h"
#include "lm/model/model.h"
#include "measure/dataset/ask_groups.h"
#include "measure/figure/gate.h"
#include "measure/run/run.h"
#include "report/findings.h"

/* True where a command treats --out as a path of its own (models, folders, dumps). */
bool command_writes_out_itself(const struct command *command, const struct arguments *args);

/* Flags of commands that ask a subject; put in front of a command's own list. */
#define SUBJECT_FLAGS                                                                                                  \
    "subject", "template", "compute", "keep-special", "quotes", "threads", "batch", "no-prefix-sharing", "timeout",    \
        "retries", "concurrency", "key-env"

/* --threads; 0: as many as there are processors for this process. */
size_t common_threads(const struct arguments *args);
void common_subject_settings(const struct arguments *args, struct subject_settings *settings);
/* Items in flight: --batch, for each of the processes. */
size_t common_chunk(const struct arguments *args);
struct subject *common_subject(const struct arguments *args, struct error *err) MUST_CHECK;
/* The models that are part of this build: pocket, pocket-base, pocket-help. */
struct lm_builtins common_builtins(void);
/* Model files and the built-in models for commands that look inside. */
struct lm_file *common_model_file(const struct arguments *args, const char *path, struct error *err) MUST_CHECK;
struct lm_model *common_model(const struct arguments *args, const char *path, struct error *err) MUST_CHECK;
/* Of --subject: a model file, a vocabulary-only GGUF, or a tokenizer.json. Owned by the caller. */
struct tokenizer *common_tokenizer(const struct arguments *args, struct error *err) MUST_CHECK;
struct record *common_record(const struct arguments *args, enum record_mode mode, struct error *err) MUST_CHECK;
/* Folders for suites, tasks and data: BASANITE_PATH, then the current folder. On the arena. */
const char *common_path(const struct arguments *args, struct error *err) MUST_CHECK;
bool common_task_settings(const struct arguments *args, struct task_settings *settings, struct error *err) MUST_CHECK;
/* Version, compiler and instruction set: part of what makes two runs the same work. */
const char *common_build(struct arena *arena, struct error *err) MUST_CHECK;
/* Exactly n words, or an error with the synopsis. */
bool common_words(const struct arguments *args, const struct command *command, size_t least, size_t most,
                  struct error *err) MUST_CHECK;
/* What --samples, --temperature and their like say. Texts on the arena of the arguments. */
bool common_ask_defaults(const struct arguments *args, const struct subject *subject, struct ask_defaults *defaults,
                         struct error *err) MUST_CHECK;
/* Rows of a struct ask_file, as ask_groups takes them. */
int common_next_row(void *context, struct arena *arena, struct ask_row *row, struct error *err) MUST_CHECK;
/* A line for each comparison of a gate; nothing with --quiet. */
bool common_print_gate(const struct arguments *args, FILE *out, const struct gate_result *result,
                       struct error *err) MUST_CHECK;
/* How tables are to be written to args->out: in colour on a terminal that wants it, no wider than it. */
struct report_options;
void print_terminal(const struct arguments *args, struct report_options *options);
/* How findings are to be told: --format json|sarif, or --json. */
bool common_findings_form(const struct arguments *args, enum findings_form *form, struct error *err) MUST_CHECK;
bool print_json(FILE *out, const json_t *value, struct error *err) MUST_CHECK;
bool print_json_line(FILE *out, const json_t *value, struct error *err) MUST_CHECK;
bool print_buffer(FILE *out, const struct buffer *b, struct error *err) MUST_CHECK;

#endif
