/* The topics of `basanite help`: see help_topics.h. */
#include "cli/help_topics.h"

#include "cli/options.h"
#include "measure/exchange/log_import.h"
#include "report/report.h"
#include "subject/subject.h"

#include <string.h>

static void put_subjects(struct buffer *out) {
    const struct subject_kind *const *kinds;
    size_t n = subject_kinds(&kinds);
    buffer_put_c(out, "A subject is whatever is under test; --subject (or -s) names it:\n\n");
    for (size_t i = 0; i < n; i++)
        buffer_printf(out, "  %-48s %s\n", kinds[i]->form ? kinds[i]->form : kinds[i]->name, kinds[i]->summary);
    buffer_printf(out, "  %-48s %s\n", "@LIST.json", "many subjects, one run each: `run` and `compare` take it");
    buffer_put_c(out,
                 "\n"
                 "A subject says what it can do: write, sample, give log-probabilities, hold a conversation. A task\n"
                 "that needs more is refused before anything is asked.\n"
                 "  $ basanite info model.gguf --prompt \"Hello\"    what a file is, and its first prompt as tokens\n"
                 "  $ basanite methods script                     behaviours that are known exactly\n");
}

static void put_tasks(struct buffer *out) {
    buffer_put_c(out,
                 "A task is a YAML file: which rows of which data file are asked, how a row becomes a prompt, how an\n"
                 "answer is read and scored, which figures are made of the scores. A suite is a list of tasks.\n"
                 "Built-in suites: `basanite methods suite`. A NAME that is not built in is looked for as NAME.yaml\n"
                 "in the folders of BASANITE_PATH, then here; so are data files.\n"
                 "  $ basanite run xstest --dry-run               prompts, items, the smallest effect that shows\n"
                 "  $ basanite run demo/requests                  one task of a suite, here demo_requests of demo\n"
                 "  $ basanite run my-task.yaml --limit 50        50 items, spread evenly over the groups\n"
                 "  $ basanite run xstest --baselines             what mute, constant, uniform and oracle score\n"
                 "An unknown key is an error that names the nearest known one, with line and column.\n");
}

static void put_record(struct buffer *out) {
    buffer_put_c(
        out, "A record is one SQLite file (--record, default ./basanite.db): runs, items, asks, answers, scores and\n"
             "figures, with a chain of hashes over every answer. Equal asks to the same subject are answered from\n"
             "it; a run that was interrupted goes on when its command is repeated; --fresh starts a new run.\n"
             "  $ basanite record list                        runs in the record\n"
             "  $ basanite record verify                      walks the chain and recomputes every figure\n"
             "  $ basanite record query \"select * from figures\"\n"
             "  $ basanite report --format html --out page.html\n");
}

static void put_words(struct buffer *out) {
    buffer_put_c(
        out,
        "  ok        a known answer was found within its tolerance\n"
        "  MISSED    it was not; the command ends with exit code 1 and names it\n"
        "  skipped   it could not be tried; the reason stands beside it, and it counts as neither\n"
        "  error     an item without an answer (its endpoint failed for good): listed, counted in no share, asked\n"
        "            again when the command is repeated\n"
        "  unparsed  an answer that no reader understood: counted as wrong, its share is shown\n"
        "  n         items behind a figure; [lo, hi] its interval at --confidence, with the method that made it\n"
        "  baseline  what a subject scores that is known exactly; a figure that misses it is a fault of the\n"
        "            program or of the task, never of the model\n");
}

static void put_gates(struct buffer *out) {
    buffer_put_c(out,
                 "A gate says what figures must be: --gate of run and compare. "
                 "The command ends with 1 when it is not met.\n"
                 "  $ basanite run demo --gate \"exact_match(demo_documents) >= 0.5 and errors == 0\"\n"
                 "  $ basanite compare r1 r2 --gate \"d(acc) >= -0.02 or not acc(demo_noise) < 20%\"\n\n"
                 "  figure            every task that has it; all of them must do\n"
                 "  figure(TASK)      of one task; figure(TASK/GROUP) of a group, VALUE or FIELD=VALUE\n"
                 "  d(figure)         the difference of compared runs, the later one less the base\n"
                 "  >= <= > < == !=   with a number, a percentage, or another figure\n"
                 "  and or not ( )    `and` binds closer than `or`\n\n"
                 "The end of the interval on the bad side decides, never the estimate: "
                 "x >= 0.9 is met when the lower end\n"
                 "is at least 0.9, violated when the upper end is below it, else undecided. Undecided fails, too, "
                 "unless\n"
                 "--allow-undecided is given. Shares of independent items get the exact interval.\n");
}

static void put_exit_codes(struct buffer *out) {
    buffer_put_c(out,
                 "    0  all is well\n"
                 "    1  a known answer, a baseline, a gate or a check was missed; every one is named\n"
                 "    2  wrong use: an unknown command, flag, key or name; the nearest known one is shown\n"
                 "    3  bad data: the message says file, line and column or byte, what was expected, what was found\n"
                 "    4  surroundings: endpoint down, disk full, part not built in, every item failed\n"
                 "  130  interrupted; what was done is kept, repeat the command to go on\n"
                 "\nSome items that failed leave exit code 0, and it is said how many.\n");
}

static void put_formats(struct buffer *out) {
    const struct report_format *const *all;
    size_t n = report_formats(&all);
    buffer_put_c(
        out, "Read: models as GGUF (1, 2, 3), safetensors, Hugging Face folders, llama2.c; tokenizer.json; data as\n"
             "CSV, TSV, JSON, JSONL, text; tasks and settings as YAML; recorded answers as JSONL or CSV.\n"
             "Written: GGUF 3, JSONL, SQLite, distillation dumps (.topk) and activations (.act, both of `score`), and\n"
             "reports (--format):\n\n");
    for (size_t i = 0; i < n; i++) buffer_printf(out, "  %-12s %s\n", all[i]->name, all[i]->summary);
    const struct log_format *const *logs;
    size_t n_logs = log_formats(&logs);
    buffer_put_c(out, "\nLogs of other programs (`record import`):\n\n");
    for (size_t i = 0; i < n_logs; i++) buffer_printf(out, "  %-12s %s\n", logs[i]->name, logs[i]->summary);
    buffer_printf(out, "  %-12s %s\n", "openai-batch",
                  "responses of a batch endpoint to the requests of `record export`");
    buffer_put_c(out, "\n--json turns any table into one JSON value. --out FILE writes there, whole or not at all.\n");
}

static void put_environment(struct buffer *out) {
    for (size_t i = 0; i < cli_n_flags; i++)
        if (cli_flags[i].environment)
            buffer_printf(out, "  %-18s default of --%s: %s\n", cli_flags[i].environment, cli_flags[i].name,
                          cli_flags[i].help);
    buffer_put_c(out,
                 "  BASANITE_PATH      folders searched for suites, tasks and data, with colons between them\n"
                 "  NO_COLOR           set to anything: no colours\n"
                 "  OPENAI_API_KEY     key of an endpoint, unless --key-env names another variable; never recorded\n"
                 "  HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and their like mean what they mean to curl\n");
}

static const struct help_topic topics[] = {
    {"subjects", "what can be put under test, and how it is named", put_subjects},
    {"tasks", "tasks and suites: what is asked and how it is scored", put_tasks},
    {"record", "the file that keeps what was asked and answered", put_record},
    {"words", "the words of verdicts: ok, MISSED, skipped, error", put_words},
    {"gates", "what figures must be: the expressions of --gate", put_gates},
    {"exit-codes", "what each exit code says", put_exit_codes},
    {"formats", "files that are read and written", put_formats},
    {"environment", "variables that the program looks at", put_environment},
};

size_t help_topics(const struct help_topic **out) {
    *out = topics;
    return sizeof topics / sizeof *topics;
}

const struct help_topic *help_topic_find(const char *name) {
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (strcmp(topics[i].name, name) == 0) return &topics[i];
    return NULL;
}
