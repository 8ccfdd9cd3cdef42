/* basanite train: changes the weights of a model, or makes a new one, by an objective. */
#include "cli/commands.h"

#include "act/train/train.h"
#include "base/team_mpi.h"
#include "report/keep_rule.h"
#include "report/probe_suite.h"
#include "report/reward_spec.h"
#include "tensor/matmul.h"

#include <math.h>
#include <string.h>

static const char *const flags[] = {"objective", "init", "lora", "data", "mix", "valid", "optimizer", "steps", "epochs",
                                    "every", "every-seconds", "probe", "keep", "reward", "reference", "within", "limit",
                                    "seed",
                                    "threads", "compute", "template", "format", "run", "out", "resume", "fresh",
                                    "dry-run", "json", "config", "license",
                                    "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_train = {
    .name = "train",
    .synopsis = "--objective SPEC --data FILE... --out FILE.gguf [--init SPEC] [--lora r=16,alpha=32] [--mix FILE] "
                "[--valid FILE] "
                "[--optimizer SPEC] [--reward SPEC] [--reference FILE] [--within CODEC] [--probe SUITE] [--keep EXPR]",
    .summary = "trains a model by an objective; stopped at any moment, the same command goes on",
    .example = "basanite train --objective lm --init random,layers=2 --data corpus.jsonl --steps 100 --out small.gguf",
    .flags = flags,
    .run = run,
    .shares = SHARES_WORK,
};

static bool written_type(const struct arguments *args, enum lm_type *type, struct error *err) {
    static const struct {
        const char *name;
        enum lm_type type;
    } types[] = {{"f16", LM_F16}, {"f32", LM_F32}, {"bf16", LM_BF16}, {"q8_0", LM_Q8_0}};
    const char *name = args_text(args, "format", "f16");
    for (size_t i = 0; i < 4; i++)
        if (strcmp(name, types[i].name) == 0) return *type = types[i].type, true;
    return error_set(err, ERROR_USAGE, "--format: expected f16, f32, bf16 or q8_0, found '%s'", name);
}

static bool fill(const struct arguments *args, struct train_settings *s, struct error *err) {
    /* Without bf16 instructions a bf16 product is an f32 product on rounded operands: slower, and less exact. */
    const char *usual = matmul_bf16_is_native() ? "bf16" : "f32", *compute = args_text(args, "compute", usual);
    const char **data, **valid;
    *s = (struct train_settings){
        .objective = args_text(args, "objective", NULL),
        .init = args_text(args, "init", "random"),
        .builtins = common_builtins(),
        .lora = args_text(args, "lora", NULL),
        .optimizer = args_text(args, "optimizer", NULL),
        .n_data = args_texts(args, "data", &data),
        .n_valid = args_texts(args, "valid", &valid),
        .mix = args_text(args, "mix", NULL),
        .template_name = args_text(args, "template", NULL),
        .reference = args_text(args, "reference", NULL),
        .within = args_text(args, "within", NULL),
        .out = args_text(args, "out", NULL),
        .name = args_text(args, "run", NULL),
        .command = args->line,
        .license = args_text(args, "license", NULL),
        .steps = args_count(args, "steps", 0),
        .epochs = args_real(args, "epochs", 0),
        .every = args_count(args, "every", 0),
        .every_seconds = args_real(args, "every-seconds", 0),
        .seed = args_count(args, "seed", 1),
        .threads = args_count(args, "threads", args->team ? team_mpi_processors() : 0),
        .bf16 = strcmp(compute, "bf16") == 0,
        .fresh = args_on(args, "fresh"),
        .resume = args_on(args, "resume"),
        .quiet = args_on(args, "quiet"),
        .team = args->team,
        .stop = args->stop,
    };
    s->data = data;
    s->valid = valid;
    if (!s->objective) return error_set(err, ERROR_USAGE, "give --objective; `basanite methods objective` lists them");
    if (!s->n_data && !s->mix) return error_set(err, ERROR_USAGE, "give --data, or --mix with files and weights");
    if (!s->out) return error_set(err, ERROR_USAGE, "give --out, the file to write");
    if (s->fresh && s->resume) return error_set(err, ERROR_USAGE, "--fresh and --resume exclude each other");
    if (!s->bf16 && strcmp(compute, "f32") != 0)
        return error_set(err, ERROR_USAGE, "--compute: expected bf16 or f32 (default here: %s), found '%s'", usual,
                         compute);
    return written_type(args, &s->type, err);
}

/* "memory": bytes by what they are for. */
static json_t *memory_json(const struct train_memory *m) {
    return json_pack("{s:I s:I s:I s:I s:I s:I s:I s:I}", "model", (json_int_t)m->model, "weights",
                     (json_int_t)m->weights, "gradients", (json_int_t)m->gradients, "moments", (json_int_t)m->moments,
                     "sums", (json_int_t)m->sums, "packed", (json_int_t)m->packed, "activations",
                     (json_int_t)m->activations, "reserve", (json_int_t)m->reserve);
}

/* "tried": [{"setting", "error"}], the best of which is taken. */
static bool put_tried(json_t *plan, const struct train_plan *p) {
    json_t *list = p->n_tried ? json_array() : NULL;
    for (size_t i = 0; list && i < p->n_tried; i++)
        json_array_append_new(list, json_pack("{s:o s:o}", "setting", json_from_f64(p->tried[i].setting), "error",
                                              json_from_f64(p->tried[i].error)));
    return !p->n_tried || (list && json_object_set_new(plan, "tried", list) == 0);
}

static bool print_plan(const struct arguments *args, struct train *train, struct error *err) {
    struct train_plan p;
    if (!train_plan(train, &p, err)) return false;
    json_t *j =
        json_pack("{s:I s:I s:I s:I s:I s:I s:I s:I s:f s:I s:o s:s s:s}", "parameters", (json_int_t)p.parameters,
                  "frozen", (json_int_t)p.frozen, "documents", (json_int_t)p.documents, "longer", (json_int_t)p.longer,
                  "tokens", (json_int_t)p.tokens, "rows", (json_int_t)p.rows, "steps", (json_int_t)p.steps,
                  "tokens_a_step", (json_int_t)p.tokens_a_step, "seconds", p.seconds, "bytes", (json_int_t)p.memory.all,
                  "memory", memory_json(&p.memory), "tokenizer", p.tokenizer, "corpus", p.corpus);
    bool ok = j && put_tried(j, &p) ? print_json(args->out, j, err) : error_memory(err, "plan");
    json_decref(j);
    return ok;
}

static bool print_result(const struct arguments *args, const struct train_settings *s, const struct train_result *r,
                         struct error *err) {
    if (args_on(args, "json")) {
        json_t *j = json_pack("{s:s s:s s:I s:I s:I s:o s:o s:f s:f}", "out", s->out, "sha256", r->digest, "steps",
                              (json_int_t)r->steps, "kept", (json_int_t)r->kept, "first_step",
                              (json_int_t)r->first_step, "loss", json_from_f64(r->loss), "valid_loss",
                              json_from_f64(r->valid_loss), "seconds", r->seconds, "gflops", r->gflops);
        if (j && !isnan(r->setting)) json_object_set_new(j, "setting", json_from_f64(r->setting));
        bool ok = j ? print_json(args->out, j, err) : error_memory(err, "result");
        json_decref(j);
        return ok;
    }
    if (!isnan(r->setting))
        return fprintf(args->out, "%s: %.6g, loss %.4f, %.0f s; sha256 %.16s\n", s->out, r->setting, r->loss,
                       r->seconds, r->digest),
               true;
    char kept[64] = "";
    if (s->keep) snprintf(kept, sizeof kept, ", step %llu is kept", (unsigned long long)r->kept);
    fprintf(args->out, "%s: %llu steps (from %llu)%s, loss %.4f, %.0f s, %.0f GFLOP/s; sha256 %.16s\n", s->out,
            (unsigned long long)r->steps, (unsigned long long)r->first_step, kept, r->loss, r->seconds, r->gflops,
            r->digest);
    return true;
}

static json_t *calibration_json(const struct train_calibration *c) {
    if (!c->claims) return json_null();
    return json_pack("{s:I s:f s:f s:f s:f}", "claims", (json_int_t)c->claims, "brier_before", c->brier[0],
                     "brier_after", c->brier[1], "ece_before", c->ece[0], "ece_after", c->ece[1]);
}

static bool print_claims(const struct arguments *args, const struct train_settings *s, const struct train_claims *r,
                         struct error *err) {
    if (args_on(args, "json")) {
        json_t *j = json_pack("{s:s s:I s:o s:o}", "out", s->out, "points", (json_int_t)r->points, "data",
                              calibration_json(&r->data), "valid", calibration_json(&r->valid));
        bool ok = j ? print_json(args->out, j, err) : error_memory(err, "result");
        json_decref(j);
        return ok;
    }
    const struct train_calibration *const rows[] = {&r->data, &r->valid};
    for (int i = 0; i < 2 && rows[i]->claims; i++)
        fprintf(args->out, "%s: %s%llu claims, brier %.4f, was %.4f; ece %.4f, was %.4f\n", s->out,
                i ? "validation: " : "", (unsigned long long)rows[i]->claims, rows[i]->brier[1], rows[i]->brier[0],
                rows[i]->ece[1], rows[i]->ece[0]);
    return true;
}

static bool run_claims(const struct arguments *args, const struct train_settings *settings, struct error *err) {
    static const char *const others[] = {"lora", "reward", "reference", "within",   "probe",
                                         "keep", "mix",    "optimizer", "init"};
    struct train_claims result;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (args_text(args, others[i], NULL))
            return error_set(err, ERROR_USAGE, "objective %s trains no model; leave out --%s", settings->objective,
                             others[i]);
    if (args_on(args, "dry-run")) return error_set(err, ERROR_USAGE, "a map is made at once; leave out --dry-run");
    return train_claims(settings, &result, err) && print_claims(args, settings, &result, err);
}

/* A suite that is measured at every checkpoint. */
struct probing {
    struct suite *suite;
    struct probe_suite_settings settings;
    struct probe probe;
};

/* OUT.probe.db beside OUT.gguf */
static const char *probe_record(const struct arguments *args, const char *out, struct error *err) {
    struct text path = text_of(out);
    if (text_ends(path, TEXT(".gguf"))) path.len -= 5;
    return arena_printf(args->arena, err, "%.*s.probe.db", TEXT_ARG(path));
}

static bool open_probe(const struct arguments *args, struct train_settings *s, struct probing *p, struct error *err) {
    const char **names;
    struct task_settings tasks;
    size_t n = args_texts(args, "probe", &names);
    if (n == 0) return true;
    p->settings = (struct probe_suite_settings){
        .run = {.command = args->line, .seed = s->seed, .quiet = true, .few_shot = -1, .stop = s->stop,
                .figures = {.confidence = 0.95, .bootstrap = 1000, .seed = s->seed}},
        .subject = {.threads = s->threads, .template_name = s->template_name, .stop = s->stop, .quiet = true},
    };
    if (!common_task_settings(args, &tasks, err) || !(p->settings.run.build = common_build(args->arena, err)) ||
        !(p->settings.record = probe_record(args, s->out, err)) || !(p->suite = suite_load_many(names, n, &tasks, err)))
        return false;
    p->settings.subject.path = tasks.path;
    p->settings.suite = p->suite;
    p->probe = probe_suite(&p->settings);
    s->probe = &p->probe;
    return true;
}

/* *rule: NULL: none is asked for. */
static bool open_keep(const struct arguments *args, struct train_settings *s, struct keep_rule **rule,
                      struct error *err) {
    const char *source = args_text(args, "keep", NULL);
    if (!source) return true;
    if (!(*rule = keep_rule_new(source, 0.95, err))) return false;
    s->keep = keep_rule_keep(*rule);
    return true;
}

/* NULL: none is asked for, or err. */
static struct reward_spec *open_reward(const struct arguments *args, struct train_settings *s, struct error *err) {
    const char *spec = args_text(args, "reward", NULL);
    struct task_settings tasks;
    if (!spec || !common_task_settings(args, &tasks, err)) return NULL;
    struct reward_spec *reward = reward_spec_open(spec, tasks.path, s->threads, err);
    s->reward = reward ? reward_spec_reward(reward) : NULL;
    return reward;
}

/* Processes that have nothing to do do no harm, but somebody started them. */
static void warn_idle(const struct train_settings *s, const struct train *train) {
    size_t passes = train_shares(train), processes = team_size(s->team);
    if (s->quiet || team_rank(s->team) > 0 || passes >= processes) return;
    fprintf(
        stderr,
        "basanite train: a step has %zu %s, so %zu of %zu processes wait while gradients are made; --optimizer micro=N "
        "makes more passes of N rows (other last bits)\n",
        passes, passes == 1 ? "pass" : "passes", processes - passes, processes);
}

/* Nothing is wrong with the data, but what is learned of them may never be said. */
static bool warn_opening(const struct train_settings *s, struct train *train, struct error *err) {
    struct train_opening o;
    if (s->quiet || team_rank(s->team) > 0) return true;
    if (!train_opening(train, &o, err)) return false;
    bool bare = o.model > 0.9 && o.data < 0.1, blank = o.model < 0.1 && o.data > 0.9;
    if (o.answers < 2 || (!bare && !blank)) return true;
    fprintf(stderr,
            "basanite train: the model's own answers begin %s a blank (%.0f %% sure), those of the data %s (%.0f %% of "
            "%zu looked at); it may go on to answer as it did. Write them \"%sSo.\", "
            "unless its way of beginning is to change\n",
            bare ? "with" : "without", 100 * (bare ? o.model : 1 - o.model), bare ? "without" : "with",
            100 * (bare ? 1 - o.data : o.data), o.answers, bare ? " " : "");
    return true;
}

static bool run(struct arguments *args, struct error *err) {
    struct train_settings settings;
    struct train_result result;
    struct probing probing = {0};
    struct keep_rule *keep = NULL;
    if (!common_words(args, &command_train, 0, 0, err) || !fill(args, &settings, err)) return false;
    if (train_is_of_claims(settings.objective)) return run_claims(args, &settings, err);
    struct reward_spec *reward = open_reward(args, &settings, err);
    bool ready = reward || !args_text(args, "reward", NULL);
    struct train *train = ready && open_keep(args, &settings, &keep, err) && open_probe(args, &settings, &probing, err)
                              ? train_prepare(&settings, err)
                              : NULL;
    if (train) warn_idle(&settings, train);
    bool ok = train && warn_opening(&settings, train, err) && (args_on(args, "dry-run")
                            ? print_plan(args, train, err)
                            : train_run(train, &result, err) && print_result(args, &settings, &result, err));
    train_free(train);
    suite_free(probing.suite);
    keep_rule_free(keep);
    reward_spec_close(reward);
    return ok;
}
