/* The command line: see options.h. */
#include "cli/options.h"

#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

const struct flag cli_flags[] = {
    {"subject", 's', FLAG_TEXT, "SPEC",
     "the thing under test (default: pocket); of guide: whose hidden states tell what is alike (default: n-grams)",
     "BASANITE_SUBJECT"},
    {"record", 0, FLAG_TEXT, "FILE", "record to write and reuse (default: ./basanite.db)", "BASANITE_RECORD"},
    {"run", 0, FLAG_TEXT, "NAME", "name of the run", NULL},
    {"config", 0, FLAG_TEXT, "FILE", "YAML with the same keys as the flags", "BASANITE_CONFIG"},
    {"index", 0, FLAG_TEXT, "IDX", "index of trusted text (`basanite quote index`)", NULL},
    {"engine", 0, FLAG_TEXT, "NAME", "of an index: exact (default: places, spans, no error) or bloom (a filter)", NULL},
    {"width", 0, FLAG_COUNT, "N",
     "characters of a window of trusted text (default 25); of quote find: least length, 12", NULL},
    {"stride", 0, FLAG_COUNT, "N", "of a filter: windows begin every N characters of the documents (default 1)", NULL},
    {"rate", 0, FLAG_REAL, "F", "of a filter: rate of false yes (default 0.001)", NULL},
    {"check", 0, FLAG_SWITCH, NULL,
     "read all of an index again and compare it with its digests; of case render: show what case check finds", NULL},
    {"memory", 0, FLAG_COUNT, "MIB", "most memory that making or searching an index takes", NULL},
    {"limit", 0, FLAG_COUNT, "N", "items per task, spread evenly over its groups; of a file the first rows", NULL},
    {"samples", 'n', FLAG_COUNT, "N", "answers per prompt; of compress: windows of calibration text", NULL},
    {"few-shot", 0, FLAG_COUNT, "N", "examples before each question (never the question itself)", NULL},
    {"group", 0, FLAG_TEXT, "FIELD", "figures per value of a field", NULL},
    {"seed", 0, FLAG_COUNT, "N", "root of all named random streams (default 1; world 7)", NULL},
    {"threads", 0, FLAG_COUNT, "N", "threads; never changes a result", "BASANITE_THREADS"},
    {"batch", 0, FLAG_COUNT, "N", "rows at once; never changes a result", NULL},
    {"keep-special", 0, FLAG_SWITCH, NULL,
     "control tokens that the model generates are part of its answers, by their names (<think>)", NULL},
    {"quotes", 0, FLAG_TEXT, "IDX",
     "between quotation marks answers say only what this index of trusted text says; IDX,least=N: characters of a "
     "quote",
     NULL},
    {"no-prefix-sharing", 0, FLAG_SWITCH, NULL, "computes shared beginnings anew; never changes a result", NULL},
    {"confidence", 0, FLAG_REAL, "P", "of every interval (default 0.95)", NULL},
    {"bootstrap", 0, FLAG_COUNT, "B", "resamples (default 1000)", NULL},
    {"resume", 0, FLAG_SWITCH, NULL, "only go on with an earlier run of the same settings", NULL},
    {"fresh", 0, FLAG_SWITCH, NULL, "start a new run (answers in the record are still reused)", NULL},
    {"dry-run", 0, FLAG_SWITCH, NULL, "show prompts, n and smallest detectable effect, ask nothing", NULL},
    {"baselines", 0, FLAG_SWITCH, NULL, "also run mute, constant, uniform and oracle and check their figures", NULL},
    {"sequential", 0, FLAG_SWITCH, NULL,
     "ask in random order until the gate is met or violated; intervals hold at every look", NULL},
    {"gate", 0, FLAG_TEXT, "EXPR", "what figures must be; exit 1 when they are not: \"acc(demo_noise) >= 0.2\"", NULL},
    {"suite", 0, FLAG_TEXT, "NAME", "suite or task that subjects are given (repeatable)", NULL},
    {"test", 0, FLAG_TEXT, "SPEC", "how runs are compared (repeatable; `basanite methods test`)", NULL},
    {"correct", 0, FLAG_TEXT, "W", "p values corrected over tasks: holm (default), bh or none", NULL},
    {"pairs", 0, FLAG_SWITCH, NULL, "compare every run with every other; p values are corrected over all of them",
     NULL},
    {"until", 0, FLAG_TEXT, "STAGE", "go no further than set, formalize, measure or act", NULL},
    {"act", 0, FLAG_SWITCH, NULL, "the policy's own acts may be applied; all is measured again on fresh items", NULL},
    {"allow-undecided", 0, FLAG_SWITCH, NULL, "let a gate pass that is neither met nor violated", NULL},
    {"who", 0, FLAG_TEXT, "NAME", "the person who labels an answer", NULL},
    {"why", 0, FLAG_TEXT, "TEXT", "why an answer is labelled so", NULL},
    {"as-of", 0, FLAG_TEXT, "DATE", "the day whose rules count, 2026-08-02 (default: today)", NULL},
    {"context", 0, FLAG_TEXT, "K=V,...", "what is known of a use: domain=health,lang=de", NULL},
    {"profile", 0, FLAG_TEXT, "LIST", "legal and house profiles (`basanite methods profile`)", NULL},
    {"json", 0, FLAG_SWITCH, NULL, "one JSON value instead of a table", NULL},
    {"out", 'o', FLAG_TEXT, "FILE", "write there instead of stdout, whole or not at all", NULL},
    {"format", 0, FLAG_TEXT, "NAME", "output format", NULL},
    {"quiet", 'q', FLAG_SWITCH, NULL, "no progress, no notes", NULL},
    {"verbose", 'v', FLAG_SWITCH, NULL, "more notes on stderr", NULL},
    {"lenient", 0, FLAG_SWITCH, NULL, "bad rows are listed and counted, not fatal", NULL},
    {"redact", 0, FLAG_SWITCH, NULL, "hide harmful text (reports do so by default)", NULL},
    {"show-harmful", 0, FLAG_SWITCH, NULL, "do not hide harmful text in a report", NULL},
    {"temperature", 0, FLAG_REAL, "T", "0: greedy", NULL},
    {"top-p", 0, FLAG_REAL, "P", "nucleus sampling", NULL},
    {"top-k", 0, FLAG_COUNT, "K", "sample from the K likeliest tokens", NULL},
    {"max-tokens", 0, FLAG_COUNT, "N", "longest answer", NULL},
    {"stop", 0, FLAG_TEXT, "TEXT", "text that ends an answer (repeatable)", NULL},
    {"template", 0, FLAG_TEXT, "NAME", "chat template: none, chatml or a file (default: the model's own)", NULL},
    {"compute", 0, FLAG_TEXT, "TYPE",
     "matrix products: f32 or bf16 (default of train where the processor has it); "
     "int8: with quantised weights activations in 8 bits; auto (default): int8 for large models, else f32; "
     ",weights=packed|left",
     NULL},
    {"timeout", 0, FLAG_REAL, "S", "seconds per ask; of case check: per split (default 2)", NULL},
    {"first-line-goal", 0, FLAG_SWITCH, NULL, "of a node only the first formula is proved, the others are premises",
     NULL},
    {"evidence", 0, FLAG_SWITCH, NULL, "run the evidence of a case: run:COMMAND, file:PATH in urls of solutions", NULL},
    {"node", 0, FLAG_TEXT, "ID", "only this node of a case and what is below", NULL},
    {"retries", 0, FLAG_COUNT, "N", "tries after a failed ask (default 5)", NULL},
    {"concurrency", 0, FLAG_COUNT, "N", "asks under way at once (default 8)", NULL},
    {"key-env", 0, FLAG_TEXT, "NAME", "environment variable that holds the API key (default OPENAI_API_KEY)", NULL},
    {"api", 0, FLAG_SWITCH, NULL, "OpenAI's routes: models, completions, chat, embeddings", NULL},
    {"page", 0, FLAG_SWITCH, NULL, "a record as a page in the browser", NULL},
    {"cases", 0, FLAG_TEXT, "DIR", "file or folder of assurance cases that the page shows and edits", NULL},
    {"policies", 0, FLAG_TEXT, "DIR", "file or folder of policies that the page shows and edits", NULL},
    {"trainings", 0, FLAG_TEXT, "DIR", "log or folder of logs of trainings (.log.jsonl) that the page draws", NULL},
    {"port", 0, FLAG_COUNT, "N", "port of 127.0.0.1 (default 8080); 0: a free one", NULL},
    {"queue", 0, FLAG_COUNT, "N", "requests in the house at once (default 256); more get status 429", NULL},
    {"grace", 0, FLAG_REAL, "S", "seconds that answers under way get when the server is stopped (default 20)", NULL},
    {"prompt", 0, FLAG_TEXT, "TEXT", "a prompt", NULL},
    {"system", 0, FLAG_TEXT, "TEXT", "system message; of run: put before whatever the tasks ask", NULL},
    {"grammar", 0, FLAG_TEXT, "FILE", "answers are texts of this grammar (GBNF)", NULL},
    {"schema", 0, FLAG_TEXT, "FILE", "answers are JSON of this JSON Schema; of data audit: what the columns are", NULL},
    {"text", 0, FLAG_TEXT, "TEXT", "text", NULL},
    {"decode", 0, FLAG_SWITCH, NULL, "ids to text", NULL},
    {"special", 0, FLAG_SWITCH, NULL, "text of control tokens becomes these tokens", NULL},
    {"bytes", 0, FLAG_SWITCH, NULL, "show the bytes of each token", NULL},
    {"from", 0, FLAG_TEXT, "NAME",
     "of convert: format of IN: gguf, hf, safetensors, llama2c (default: as its content says); of "
     "data make: a file of rows (repeatable); of goals graph: votes or counts",
     NULL},
    {"merge", 0, FLAG_SWITCH, NULL, "IN names adapters, which are merged into the model", NULL},
    {"random", 0, FLAG_TEXT, "SPEC", "a random model: ARCH,layers=..,width=..,seed=..", NULL},
    {"tensors", 0, FLAG_SWITCH, NULL, "list the tensors", NULL},
    {"identity", 0, FLAG_SWITCH, NULL, "declared name, maker and lineage, each with its place in the files", NULL},
    {"tokenizer", 0, FLAG_SWITCH, NULL, "details of the tokenizer", NULL},
    {"gold", 0, FLAG_TEXT, "FILE", "file or folder of known answers", NULL},
    {"material", 0, FLAG_TEXT, "FILE", "a reference material of your own (repeatable)", NULL},
    {"make", 0, FLAG_TEXT, "DIR",
     "of calibrate: only write the reference material there; of data audit: only write the folds of the real table",
     NULL},
    {"top", 0, FLAG_COUNT, "K", "dump the K likeliest next tokens of every position (FILE.topk, else JSONL)", NULL},
    {"hidden", 0, FLAG_TEXT, "LAYERS", "dump hidden states: all, or 0,4,last,norm", NULL},
    {"pool", 0, FLAG_TEXT, "NAME", "positions of --hidden: mean (default), last, first or each", NULL},
    {"show", 0, FLAG_TEXT, "WHAT", "tokens: each with its log-probability", NULL},
    {"scorer", 0, FLAG_TEXT, "SPEC", "how answers are scored (repeatable: the rows are read once)", NULL},
    {"before", 0, FLAG_TEXT, "FILE",
     "answers of the same questions before a change (scorer honesty); of goals verdict: a run", NULL},
    {"teacher", 0, FLAG_TEXT, "SPEC", "a subject that writes (default of data make: nobody does)", NULL},
    {"formalize", 0, FLAG_SWITCH, NULL, "formulas from the sentences of a case, by --teacher", NULL},
    {"judge", 0, FLAG_TEXT, "SPEC", "a subject that judges answers that rules leave open; of formal: z3", NULL},
    {"by", 0, FLAG_TEXT, "SPEC", "what makes an answer better: reward, level, quip, honesty, situated", NULL},
    {"select", 0, FLAG_TEXT, "POLICY",
     "pairs of a group: top-winner (default), max-mean, max-margin, all; of data vary: draw (default) or each", NULL},
    {"method", 0, FLAG_TEXT, "NAME", "which method of tasks that have several, NAME[,key=value]", NULL},
    {"map", 0, FLAG_TEXT, "FILE",
     "what the columns are; of report: of a leaderboard (default: those of TrustLLM); of agent fuse: of the log", NULL},
    {"loo", 0, FLAG_SWITCH, NULL, "each item is answered by what the others teach (agent fuse)", NULL},
    {"tokens", 0, FLAG_TEXT, "FILE", "the scenes that there must be, a YAML list of tokens (agent label)", NULL},
    {"conformal", 0, FLAG_REAL, "ALPHA", "sets of classes that miss the true one this often (agent fuse)", NULL},
    {"ask-again", 0, FLAG_TEXT, "SPEC",
     "information-value[,value=V,price=P]: recorded second answers, asked for where they pay (agent fuse)", NULL},
    {"compat", 0, FLAG_SWITCH, NULL, "published behaviour, defects included; figures are marked", NULL},
    {"domain", 0, FLAG_TEXT, "NAME", "of formal: logic, math ... (default: as the file says; `methods domain`)", NULL},
    {"strict", 0, FLAG_SWITCH, NULL, "of formal check: each step by the rule that it names, and nothing else", NULL},
    {"loose", 0, FLAG_SWITCH, NULL, "of formal check: each step by whatever follows from what stands before", NULL},
    {"rules", 0, FLAG_TEXT, "FILE", "rules in place of the built-in ones", NULL},
    {"suppress", 0, FLAG_TEXT, "FILE", "findings that are known and not to be told as faults, each with a reason",
     NULL},
    {"taint", 0, FLAG_TEXT, "HOW", "of agent audit: fine (default: texts that show where they come from) or coarse",
     NULL},
    {"chains", 0, FLAG_TEXT, "FILE",
     "of agent audit: chains, capabilities and their map (repeatable): when is one complete?", NULL},
    {"tools", 0, FLAG_TEXT, "FILE", "of agent audit: tools with their schemas (repeatable)", NULL},
    {"witness", 0, FLAG_TEXT, "FILE", "of agent check: runs that break rules, as Trace JSONL", NULL},
    {"attribute", 0, FLAG_SWITCH, NULL, "of agent audit: which step went wrong, against the labels of logs", NULL},
    {"all", 0, FLAG_COUNT, "N", "up to this many solutions (default 1)", NULL},
    {"objective", 0, FLAG_TEXT, "SPEC", "training objective", NULL},
    {"data", 0, FLAG_TEXT, "FILE", "training data, or text for calibration (repeatable)", NULL},
    {"codec", 0, FLAG_TEXT, "SPEC", "how weights are made smaller: gptq,bits=3:4 (repeatable; `methods codec`)", NULL},
    {"skip", 0, FLAG_TEXT, "TENSORS", "tensors that stay as they are, as ffn_down or blk.0.* (repeatable)", NULL},
    {"window", 0, FLAG_COUNT, "N", "tokens of a window of calibration text (default: the context, at most 2048)", NULL},
    {"lora", 0, FLAG_TEXT, "SPEC", "train an adapter only: r=16,alpha=32,targets=all|attention|ffn|attn_q:...", NULL},
    {"mix", 0, FLAG_TEXT, "FILE", "YAML of training files and weights instead of --data: {FILE: WEIGHT}", NULL},
    {"valid", 0, FLAG_TEXT, "FILE", "validation data", NULL},
    {"init", 0, FLAG_TEXT, "SPEC", "model file to start from, or random,layers=..,width=..", NULL},
    {"optimizer", 0, FLAG_TEXT, "SPEC", "adamw,lr=..,batch=..", NULL},
    {"steps", 0, FLAG_COUNT, "N", "optimiser steps", NULL},
    {"epochs", 0, FLAG_REAL, "N", "passes over the data", NULL},
    {"license", 0, FLAG_TEXT, "NAME", "licence of a model that is written, e.g. Apache-2.0", NULL},
    {"reward", 0, FLAG_TEXT, "SPEC",
     "what an answer is worth while a model learns or is steered: a scorer (`methods scorer`), or a model with a head",
     NULL},
    {"steer", 0, FLAG_TEXT, "SPEC", "chooses tokens otherwise: cd,alpha=0.3,rollouts=4 (`methods steer`)", NULL},
    {"baseline", 0, FLAG_TEXT, "FILE", "the other model of a steer: the aligned one, or the weaker one", NULL},
    {"baseline-reward", 0, FLAG_TEXT, "SPEC", "what the baseline was aligned to (steer tq-indirect)", NULL},
    {"trace", 0, FLAG_SWITCH, NULL, "answers carry what was weighed at each token", NULL},
    {"reference", 0, FLAG_TEXT, "FILE", "model to stay near (default: the model as it begins)", NULL},
    {"within", 0, FLAG_TEXT, "CODEC",
     "weights move only as far as this codec makes of the model what it makes of it now (rtn,bits=4)", NULL},
    {"probe", 0, FLAG_TEXT, "SUITE", "measured before the first step and at every checkpoint (repeatable)", NULL},
    {"keep", 0, FLAG_TEXT, "EXPR",
     "checkpoint that is kept: 'acc max', 'd(acc) >= -0.02; valid_loss min' (default: the last)", NULL},
    {"every", 0, FLAG_COUNT, "N", "steps between checkpoints (default 200)", NULL},
    {"every-seconds", 0, FLAG_REAL, "S", "longest time between checkpoints (default 120)", NULL},
    {"part", 0, FLAG_TEXT, "SPEC", "part of the world (repeatable)", NULL},
    {"draw", 0, FLAG_COUNT, "N", "which questions are drawn from the fixed truth (default 1)", NULL},
    {"split", 0, FLAG_TEXT, "NAME", "train, valid, test or held-out", NULL},
    {"slice", 0, FLAG_TEXT, "K/N", "only part K of N of each task's rows; parts share no cluster (run)", NULL},
    {"style", 0, FLAG_TEXT, "NAME", "how prompts are said: archaic, shouted, typos-light, synonyms, ...", NULL},
    {"lang", 0, FLAG_TEXT, "LIST", "only in these languages, as en,p1; all: in all that there are (run)", NULL},
    {"count", 0, FLAG_COUNT, "N", "things to make", NULL},
    {"table", 0, FLAG_TEXT, "NAME", "answers, asks, items, figures, comparisons or evidence", NULL},
    {"search", 0, FLAG_TEXT, "WORD", "only rows that hold this word", NULL},
    {"repeat", 0, FLAG_COUNT, "N", "repetitions", NULL},
    {"seeds", 0, FLAG_COUNT, "N", "the first N seeds of a recipe (default: all)", NULL},
    {"quick", 0, FLAG_SWITCH, NULL, "a smaller variant, with the first seed alone", NULL},
    {"only", 0, FLAG_TEXT, "LIST",
     "only these rules, with commas; of reproduce: only these steps (repeatable); of goals graph: votes in this "
     "context; of data survey: only this error; of agent fuse: only these agents",
     NULL},
    {"where", 0, FLAG_TEXT, "TEMPLATE", "only rows that it holds for, as {{labels.source == 'none'}}", NULL},
    {"explain", 0, FLAG_TEXT, "KEYS",
     "of data lint: what a published reader makes of fixed=X,bad=Y,nonresp=Z; of goals graph: why a value stands "
     "where it stands",
     NULL},
    {"attack", 0, FLAG_TEXT, "VALUE", "least votes that take the first place from a value, or give it", NULL},
    {"titles", 0, FLAG_TEXT, "FILE", "what values are called: CSV of id, title, or cards with policies", NULL},
    {"survey", 0, FLAG_TEXT, "FILE", "what participants said, counted (`data survey`): is their value's place fair",
     NULL},
    {"tau", 0, FLAG_REAL, "F",
     "likeness from which texts are merged; of guide build: the same (default 0.9); of goals dedup: the same (default "
     "0.8)",
     NULL},
    {"confirm", 0, FLAG_SWITCH, NULL, "a person says yes or no to each merge", NULL},
    {"k", 0, FLAG_COUNT, "N", "guidelines for an input (default 6)", NULL},
    {"layer", 0, FLAG_COUNT, "N",
     "whose hidden states embed guidelines: 0 the embedding, N what block N leaves (default: the last)", NULL},
    {"near", 0, FLAG_REAL, "F", "cosine of vectors from which guidelines are merged, too (default 0.95)", NULL},
    {"spread", 0, FLAG_REAL, "R", "a guideline this much like one that is taken is passed over (default 0.5)", NULL},
    {"treatment", 0, FLAG_TEXT, "COL",
     "column of what was done (COL=VALUE: which of two values that is), or of a graph the node", NULL},
    {"outcome", 0, FLAG_TEXT, "COL", "column of what came of it (Y0,Y1: both potential outcomes), or the node", NULL},
    {"covariates", 0, FLAG_TEXT, "LIST",
     "columns to adjust for, with commas; x_*: all that fit; NAME:category, NAME:square", NULL},
    {"graph", 0, FLAG_TEXT, "FILE", "causal graph that says what to adjust for", NULL},
    {"estimator", 0, FLAG_TEXT, "SPEC", "how an effect is estimated (`basanite methods estimator`)", NULL},
    {"cluster", 0, FLAG_TEXT, "COL", "column of rows that go together, and are resampled together", NULL},
    {"beside", 0, FLAG_TEXT, "TABLE", "ask the same of another table, and compare", NULL},
    {"advise", 0, FLAG_SWITCH, NULL, "which ways of training fit the graph", NULL},
    {"real", 0, FLAG_TEXT, "FILE", "the real table, or (twice) the rows that a generator saw and rows that it did not",
     NULL},
    {"weights", 0, FLAG_TEXT, "SPEC",
     "of dimensions: all (default), PU, UF, PUF, PUA, UAB, privacy-first, or F=..,P=.., and ecdf=mid", NULL},
    {"anchors", 0, FLAG_SWITCH, NULL, "leak, fresh, shuffle and uniform are audited as well", NULL},
    {"cached", 0, FLAG_SWITCH, NULL, "other weights for an audit that --json wrote: nothing is measured again", NULL},
    {"kind", 0, FLAG_TEXT, "SPEC",
     "of data corrupt: what is done to pictures and sounds (repeatable; `basanite methods corruption`); of data vary: "
     "variations or families of them, with commas (`basanite methods variation`)",
     NULL},
    {"list", 0, FLAG_SWITCH, NULL, "show what there is, run nothing", NULL},
    {"help", 'h', FLAG_SWITCH, NULL, "this text", NULL},
};
const size_t cli_n_flags = sizeof cli_flags / sizeof *cli_flags;

static size_t flag_index(struct text name) {
    for (size_t i = 0; i < cli_n_flags; i++)
        if (text_equal_c(name, cli_flags[i].name)) return i;
    return SIZE_MAX;
}

static const struct given *given_of(const struct arguments *args, const char *flag) {
    size_t i = flag_index(text_of(flag));
    return i == SIZE_MAX ? NULL : &args->flags[i];
}

bool args_on(const struct arguments *args, const char *flag) {
    const struct given *g = given_of(args, flag);
    return g && g->on;
}

const char *args_text(const struct arguments *args, const char *flag, const char *otherwise) {
    const struct given *g = given_of(args, flag);
    return g && g->n ? g->texts[g->n - 1] : otherwise;
}

const char *args_asked(const struct arguments *args, const char *flag) {
    const struct given *g = given_of(args, flag);
    return g && g->n && !g->ambient ? g->texts[g->n - 1] : NULL;
}
size_t args_texts(const struct arguments *args, const char *flag, const char ***texts) {
    const struct given *g = given_of(args, flag);
    *texts = g ? g->texts : NULL;
    return g ? g->n : 0;
}

uint64_t args_count(const struct arguments *args, const char *flag, uint64_t otherwise) {
    const char *t = args_text(args, flag, NULL);
    uint64_t v;
    return t && text_to_u64(text_of(t), &v) ? v : otherwise;
}

double args_real(const struct arguments *args, const char *flag, double otherwise) {
    const char *t = args_text(args, flag, NULL);
    double v;
    return t && text_to_f64(text_of(t), &v) ? v : otherwise;
}

static bool honours(const struct command *command, const char *flag) {
    if (strcmp(flag, "help") == 0) return true;
    for (const char *const *f = command->flags; f && *f; f++)
        if (strcmp(*f, flag) == 0) return true;
    return false;
}

/* dashes: as they were typed. */
static bool unknown_flag(const struct command *command, const char *dashes, struct text name, struct error *err) {
    const char *names[128];
    size_t n = 0;
    for (size_t i = 0; i < cli_n_flags && n < 128; i++)
        if (honours(command, cli_flags[i].name)) names[n++] = cli_flags[i].name;
    const char *near = text_nearest(name, names, n);
    return error_set(err, ERROR_USAGE, "no flag '%s%.*s'%s%s%s; `basanite %s --help` lists them", dashes,
                     TEXT_ARG(name), near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "",
                     command->name);
}

static bool check_value(const struct flag *f, const char *value, const char *where, struct error *err) {
    uint64_t u;
    double d;
    if (f->type == FLAG_COUNT && !text_to_u64(text_of(value), &u))
        return error_set(err, ERROR_USAGE, "%s--%s: expected a whole number, found '%s'", where, f->name, value);
    if (f->type == FLAG_REAL && !text_to_f64(text_of(value), &d))
        return error_set(err, ERROR_USAGE, "%s--%s: expected a number, found '%s'", where, f->name, value);
    return true;
}

static bool add_value(struct arguments *args, size_t i, const char *value, const char *where, struct error *err) {
    struct given *g = &args->flags[i];
    if (!check_value(&cli_flags[i], value, where, err)) return false;
    const char **texts = arena_new(args->arena, const char *, g->n + 1, err);
    if (!texts) return false;
    if (g->n) memcpy(texts, g->texts, g->n * sizeof *texts);
    texts[g->n++] = value;
    g->texts = texts;
    g->on = true;
    return true;
}

/* One flag at argv[*at]; *at moves behind it and its value. */
static bool parse_flag(struct arguments *args, const struct command *command, int argc, char **argv, int *at,
                       struct error *err) {
    struct text word = text_of(argv[*at]), name, value = {0};
    bool has_value = false;
    size_t i = SIZE_MAX;
    if (text_starts(word, TEXT("--"))) {
        name = text_part(word, 2, word.len);
        size_t equals = text_find(name, TEXT("="), 0);
        if (equals != SIZE_MAX) {
            value = text_part(name, equals + 1, name.len);
            name = text_part(name, 0, equals);
            has_value = true;
        }
        i = flag_index(name);
    } else {
        name = text_part(word, 1, word.len);
        for (size_t f = 0; f < cli_n_flags; f++)
            if (name.len == 1 && cli_flags[f].letter == name.at[0]) i = f;
    }
    if (i == SIZE_MAX || !honours(command, cli_flags[i].name))
        return unknown_flag(command, text_starts(word, TEXT("--")) ? "--" : "-", name, err);
    (*at)++;
    if (cli_flags[i].type == FLAG_SWITCH) {
        if (has_value) return error_set(err, ERROR_USAGE, "'--%s' takes no value", cli_flags[i].name);
        args->flags[i].on = true;
        return true;
    }
    if (has_value) return add_value(args, i, value.at, "", err);
    if (*at >= argc)
        return error_set(err, ERROR_USAGE, "'--%s' needs a value (%s)", cli_flags[i].name, cli_flags[i].argument);
    return add_value(args, i, argv[(*at)++], "", err);
}

static bool unknown_key(const struct command *command, const struct yaml *key, struct error *err) {
    struct error flag;
    if (unknown_flag(command, "--", key->scalar, &flag)) return false;
    return yaml_error(key, err, "%s", flag.message);
}

/* Defaults from --config FILE: a mapping of flag names. */
static bool read_config(struct arguments *args, const struct command *command, struct error *err) {
    const char *path = args_text(args, "config", NULL);
    if (!path) return true;
    struct yaml *root = yaml_read_file(args->arena, path, 1 << 20, err);
    if (!root) return false;
    if (root->kind != YAML_MAPPING) return yaml_error(root, err, "expected a mapping of flags");
    for (size_t k = 0; k < root->n; k++) {
        size_t i = flag_index(root->key[k]->scalar);
        const struct yaml *v = root->child[k];
        if (i == SIZE_MAX) return unknown_key(command, root->key[k], err);
        if (!honours(command, cli_flags[i].name) || args->flags[i].on) continue;
        size_t n = v->kind == YAML_SEQUENCE ? v->n : 1;
        for (size_t j = 0; j < n; j++) {
            const struct yaml *one = v->kind == YAML_SEQUENCE ? v->child[j] : v;
            if (one->kind != YAML_SCALAR) return yaml_error(one, err, "expected a value");
            char *text = text_copy(args->arena, one->scalar, err);
            if (!text) return false;
            if (cli_flags[i].type == FLAG_SWITCH)
                args->flags[i].on = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
            else if (!add_value(args, i, text, "config: ", err))
                return false;
        }
    }
    return true;
}

static bool read_environment(struct arguments *args, const struct command *command, struct error *err) {
    for (size_t i = 0; i < cli_n_flags; i++) {
        const char *value = cli_flags[i].environment ? getenv(cli_flags[i].environment) : NULL;
        if (!value || !*value || args->flags[i].n || !honours(command, cli_flags[i].name)) continue;
        if (!add_value(args, i, value, "environment: ", err)) return false;
        args->flags[i].ambient = true;
    }
    return true;
}

static bool join_line(struct arguments *args, const struct command *command, int argc, char **argv, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_printf(&b, "basanite %s", command->name);
    for (int i = 0; i < argc; i++) buffer_printf(&b, strpbrk(argv[i], " \t\n\"'|&;") ? " \"%s\"" : " %s", argv[i]);
    bool ok = buffer_check(&b, "command line", err) && (args->line = text_copy(args->arena, buffer_text(&b), err));
    buffer_done(&b);
    return ok;
}

bool args_parse(struct arguments *args, const struct command *command, int argc, char **argv, struct error *err) {
    args->flags = arena_new(args->arena, struct given, cli_n_flags, err);
    args->words = arena_new(args->arena, const char *, (size_t)argc + 1, err);
    if (!args->flags || !args->words || !join_line(args, command, argc, argv, err)) return false;
    for (int at = 0; at < argc;) {
        bool is_flag = argv[at][0] == '-' && argv[at][1] != 0;
        if (strcmp(argv[at], "--") == 0) {
            while (++at < argc) args->words[args->n_words++] = argv[at];
        } else if (is_flag) {
            if (!parse_flag(args, command, argc, argv, &at, err)) return false;
        } else {
            args->words[args->n_words++] = argv[at++];
        }
    }
    return read_environment(args, command, err) && read_config(args, command, err);
}

/* Does a piece of a help text say of which command it is, "of case check: per split"? */
static bool is_of(struct text piece, const char *command) {
    struct text rest = piece, word;
    if (!text_starts(piece, TEXT("of "))) return false;
    rest = text_part(piece, 3, piece.len);
    size_t colon = text_find(rest, TEXT(":"), 0);
    if (colon == SIZE_MAX) return false;
    rest = text_part(rest, 0, colon);
    return text_next(&rest, ' ', &word) && text_equal_c(word, command);
}

static bool is_of_any(struct text piece) {
    for (size_t i = 0; i < cli_n_commands; i++)
        if (is_of(piece, cli_commands[i]->name)) return true;
    return false;
}

/* A flag that means something of its own to some commands: "GENERAL; of CMD: TEXT; of CMD VERB: TEXT". The help of a
 * command leaves out what is of others alone. */
static bool put_flag_help(struct buffer *out, const struct flag *flag, const char *command) {
    struct text help = text_of(flag->help);
    size_t shown = 0;
    for (size_t from = 0, to; from < help.len; from = to + 2) {
        to = text_find(help, TEXT("; of "), from);
        while (to != SIZE_MAX && !is_of_any(text_part(help, to + 2, help.len)))
            to = text_find(help, TEXT("; of "), to + 1);
        if (to == SIZE_MAX) to = help.len;
        struct text piece = text_part(help, from, to);
        if (is_of_any(piece) && !is_of(piece, command)) continue;
        buffer_printf(out, "%s%.*s", shown++ ? "; " : "", TEXT_ARG(piece));
    }
    return shown ? !out->failed : buffer_put_text(out, help);
}

bool command_put_help(struct buffer *out, const struct command *command) {
    buffer_printf(out, "basanite %s %s\n\n%s\n", command->name, command->synopsis, command->summary);
    if (command->flags && *command->flags) buffer_put_c(out, "\n");
    for (const char *const *f = command->flags; f && *f; f++) {
        const struct flag *flag = &cli_flags[flag_index(text_of(*f))];
        char left[64];
        snprintf(left, sizeof left, "%c%c%s --%s%s%s", flag->letter ? '-' : ' ', flag->letter ? flag->letter : ' ',
                 flag->letter ? "," : " ", flag->name, flag->argument ? " " : "", flag->argument ? flag->argument : "");
        buffer_printf(out, "  %-28s ", left);
        put_flag_help(out, flag, command->name);
        buffer_printf(out, "%s%s%s\n", flag->environment ? " [" : "", flag->environment ? flag->environment : "",
                      flag->environment ? "]" : "");
    }
    return buffer_printf(out, "\nexample:\n  $ %s\n", command->example);
}
