/* The table of calibrations: see calibrate_parts.h. */
#include "cli/calibrate_parts.h"

#include "act/compress/calibrate_compress.h"
#include "act/objective/calibrate_dpo.h"
#include "act/objective/calibrate_trpa.h"
#include "act/steer/calibrate_steer.h"
#include "cli/calibrate_cases.h"
#include "cli/calibrate_contracts.h"
#include "cli/calibrate_geometry.h"
#include "cli/calibrate_goals.h"
#include "lm/calibrate/calibrate_codec.h"
#include "lm/calibrate/calibrate_container.h"
#include "lm/calibrate/calibrate_engine.h"
#include "lm/calibrate/calibrate_grammar.h"
#include "lm/calibrate/calibrate_template.h"
#include "lm/calibrate/calibrate_tokenizer.h"
#include "measure/compare/calibrate_kinship.h"
#include "measure/data/calibrate_quote.h"
#include "measure/data/calibrate_survey.h"
#include "measure/data/calibrate_vary.h"
#include "measure/drive/calibrate_styledrive.h"
#include "measure/fusion/calibrate_fusion.h"
#include "measure/material/calibrate_aligndiff.h"
#include "measure/material/calibrate_aqi.h"
#include "measure/material/calibrate_area.h"
#include "measure/material/calibrate_coverage.h"
#include "measure/material/calibrate_cue.h"
#include "measure/material/calibrate_effect.h"
#include "measure/material/calibrate_gate.h"
#include "measure/material/calibrate_metric.h"
#include "measure/material/calibrate_refusal.h"
#include "measure/material/calibrate_speech.h"
#include "measure/material/calibrate_statistics.h"
#include "measure/material/calibrate_suite.h"
#include "measure/trace/calibrate_align.h"
#include "measure/trace/calibrate_trism.h"
#include "measure/table/calibrate_audit.h"
#include "measure/world/world.h"

enum { GOLD_BYTES = 64 << 20 };

static bool run_engine(const struct calibration_settings *s, calibrate_report *report, void *context,
                       struct error *err) {
    return calibrate_engine(s->gold, s->pool, report, context, err);
}

static bool run_codec(const struct calibration_settings *s, calibrate_report *report, void *context,
                      struct error *err) {
    json_t *gold = json_read_file(s->gold, GOLD_BYTES, err);
    bool weights = gold && calibrate_compress_is(gold), ok = gold != NULL;
    if (ok && weights) ok = calibrate_compress(gold, s->gold, report, context, err);
    json_decref(gold);
    return ok && (weights || calibrate_codec(s->gold, report, context, err));
}

/* The same part with the weights of codecs, so that it runs with the others. */
static bool run_compress(const struct calibration_settings *s, calibrate_report *report, void *context,
                         struct error *err) {
    json_t *gold = json_read_file(s->gold, GOLD_BYTES, err);
    bool ok = gold && (calibrate_compress_is(gold) ||
                       error_set(err, ERROR_DATA, "%s: expected an array of cases {W, X, expect}", s->gold));
    ok = ok && calibrate_compress(gold, s->gold, report, context, err);
    json_decref(gold);
    return ok;
}

static bool run_tokenizer(const struct calibration_settings *s, calibrate_report *report, void *context,
                          struct error *err) {
    return calibrate_tokenizer(s->gold, report, context, err);
}

static bool run_template(const struct calibration_settings *s, calibrate_report *report, void *context,
                         struct error *err) {
    struct world *world = world_new(WORLD_DEFAULT_SEED, err);
    bool ok = world && calibrate_template(world_chat_template(world), s->gold, report, context, err);
    world_free(world);
    return ok;
}

static bool run_grammar(const struct calibration_settings *s, calibrate_report *report, void *context,
                        struct error *err) {
    return calibrate_grammar(s->gold, s->pool, report, context, err);
}

static bool run_container(const struct calibration_settings *s, calibrate_report *report, void *context,
                          struct error *err) {
    return calibrate_container(s->gold, report, context, err);
}

static bool run_statistics(const struct calibration_settings *s, calibrate_report *report, void *context,
                           struct error *err) {
    json_t *gold = s->gold ? json_read_file(s->gold, GOLD_BYTES, err) : NULL;
    bool ok = (gold || !s->gold) && calibrate_statistics(gold, s->seed, s->repeat, report, context, err);
    json_decref(gold);
    return ok;
}

static bool run_coverage(const struct calibration_settings *s, calibrate_report *report, void *context,
                         struct error *err) {
    return calibrate_coverage(s->seed, s->repeat, report, context, err);
}

static bool run_gate(const struct calibration_settings *s, calibrate_report *report, void *context, struct error *err) {
    return calibrate_gate(s->seed, s->repeat, report, context, err);
}

static bool run_effect(const struct calibration_settings *s, calibrate_report *report, void *context,
                       struct error *err) {
    return calibrate_effect(s->seed, s->repeat, s->pool, report, context, err);
}

static bool run_cue(const struct calibration_settings *s, calibrate_report *report, void *context, struct error *err) {
    return calibrate_cue(s->seed, report, context, err);
}

static bool run_aligndiff(const struct calibration_settings *s, calibrate_report *report, void *context,
                          struct error *err) {
    return calibrate_aligndiff(s->seed, s->repeat, report, context, err);
}

static bool run_kinship(const struct calibration_settings *s, calibrate_report *report, void *context,
                        struct error *err) {
    return calibrate_kinship(s->seed, s->repeat, report, context, err);
}

static bool run_survey(const struct calibration_settings *s, calibrate_report *report, void *context,
                       struct error *err) {
    return calibrate_survey(s->seed, s->repeat, report, context, err);
}

static bool run_vary(const struct calibration_settings *s, calibrate_report *report, void *context, struct error *err) {
    return calibrate_vary(s->seed, s->repeat, report, context, err);
}

static bool run_fusion(const struct calibration_settings *s, calibrate_report *report, void *context,
                       struct error *err) {
    return calibrate_fusion(s->seed, s->repeat, report, context, err);
}

static bool run_styledrive(const struct calibration_settings *s, calibrate_report *report, void *context,
                           struct error *err) {
    return calibrate_styledrive(s->gold, report, context, err);
}

static bool run_quote(const struct calibration_settings *s, calibrate_report *report, void *context,
                      struct error *err) {
    return calibrate_quote(s->gold, s->seed, s->repeat, s->pool, report, context, err);
}

static bool run_refusal(const struct calibration_settings *s, calibrate_report *report, void *context,
                        struct error *err) {
    return calibrate_refusal(s->gold, s->confidence, report, context, err);
}

static bool run_metric(const struct calibration_settings *s, calibrate_report *report, void *context,
                       struct error *err) {
    (void)s;
    return calibrate_metric(report, context, err);
}

static bool run_area(const struct calibration_settings *s, calibrate_report *report, void *context,
                     struct error *err) {
    return calibrate_area(s->seed, report, context, err);
}

static bool run_aqi(const struct calibration_settings *s, calibrate_report *report, void *context, struct error *err) {
    return calibrate_aqi(s->seed, s->repeat, report, context, err);
}

static bool run_speech(const struct calibration_settings *s, calibrate_report *report, void *context,
                       struct error *err) {
    return calibrate_speech(s->seed, s->repeat, report, context, err);
}

static bool run_trustllm(const struct calibration_settings *s, calibrate_report *report, void *context,
                         struct error *err) {
    return calibrate_suite("trustllm", s->gold, s->path, s->seed, report, context, err);
}

static bool run_cases(const struct calibration_settings *s, calibrate_report *report, void *context,
                      struct error *err) {
    return calibrate_cases(s->seed, s->repeat, s->pool, report, context, err);
}

static bool run_contracts(const struct calibration_settings *s, calibrate_report *report, void *context,
                          struct error *err) {
    return calibrate_contracts(s->seed, s->repeat, report, context, err);
}

static bool run_geometry(const struct calibration_settings *s, calibrate_report *report, void *context,
                         struct error *err) {
    return calibrate_geometry(s->seed, s->repeat, report, context, err);
}

static bool run_moral(const struct calibration_settings *s, calibrate_report *report, void *context,
                      struct error *err) {
    return calibrate_moral(s->seed, s->repeat, report, context, err);
}

static bool run_guide(const struct calibration_settings *s, calibrate_report *report, void *context,
                      struct error *err) {
    return calibrate_guide(s->seed, report, context, err);
}

static bool run_dpo(const struct calibration_settings *s, calibrate_report *report, void *context, struct error *err) {
    return calibrate_dpo(s->gold, s->pool, report, context, err);
}

static bool run_trpa(const struct calibration_settings *s, calibrate_report *report, void *context, struct error *err) {
    return calibrate_trpa(s->gold, report, context, err);
}

static bool run_steer(const struct calibration_settings *s, calibrate_report *report, void *context,
                      struct error *err) {
    return calibrate_steer(s->gold, s->seed, report, context, err);
}

static bool run_align(const struct calibration_settings *s, calibrate_report *report, void *context,
                      struct error *err) {
    return calibrate_align(s->gold, report, context, err);
}

static bool run_trism(const struct calibration_settings *s, calibrate_report *report, void *context,
                      struct error *err) {
    return calibrate_trism(s->seed, s->repeat, report, context, err);
}

static bool run_audit(const struct calibration_settings *s, calibrate_report *report, void *context,
                      struct error *err) {
    return calibrate_audit(s->gold, s->seed, s->pool, report, context, err);
}

static const struct calibration_part parts[] = {
    {"engine",
     "logits, log-probabilities, greedy texts, gradients, training and containers of a real model",
     {"models/stories260K/golden.json", "stories260K/golden.json"},
     true,
     run_engine},
    {"codec",
     "blocks of storage types, byte for byte, and the values that they give back",
     {"compressed-trust/gguf_quant_vectors.json", "gguf_quant_vectors.json"},
     true,
     run_codec},
    {"codec/weights",
     "weights that gptq, awq, rtn, magnitude, wanda and sparsegpt make of small layers",
     {"compressed-trust/compress_vectors.json", "compress_vectors.json"},
     true,
     run_compress},
    {"tokenizer", "ids of published vocabularies", {"models", "vocab-gguf"}, true, run_tokenizer},
    {"template",
     "chat templates, built in and public",
     {"models/chat-templates", "chat-templates"},
     false,
     run_template},
    {"grammar",
     "texts that grammars and schemas have and have not, and JSON sampled from a random model",
     {"models/grammars", "grammars"},
     false,
     run_grammar},
    {"container",
     "small files of weights: listed, or refused for a known reason; pickles run nothing",
     {"models/container-fixtures", "container-fixtures"},
     false,
     run_container},
    {"statistics",
     "distributions, intervals, tests, and how often intervals cover the truth",
     {NULL},
     false,
     run_statistics},
    {"coverage",
     "how often intervals cover, comparisons raise false alarms, and find what they say they find",
     {NULL},
     false,
     run_coverage},
    {"gate",
     "how often gates on differences fail what is unchanged, pass what is worse, and catch what is worse still",
     {NULL},
     false,
     run_gate},
    {"effect",
     "effects of small tables that are known in closed form: how often intervals cover, what goes wrong by how much",
     {NULL},
     false,
     run_effect},
    {"cue",
     "a colour that goes with the answer while training: who follows it, who does not, and the worst group",
     {NULL},
     false,
     run_cue},
    {"kinship",
     "weights on the way from one model to another, zoos with planted copies, a test of sameness",
     {NULL},
     false,
     run_kinship},
    {"survey",
     "planted drops of trust are found in their order, and none where there is none",
     {NULL},
     false,
     run_survey},
    {"variation",
     "variants of test cases that were spoilt on purpose are found by the gate, and their share is estimated",
     {NULL},
     false,
     run_vary},
    {"fusion",
     "agents with known faults: a confusion matrix, copies, a liar, confidences of a known temperature, sets",
     {NULL},
     false,
     run_fusion},
    {"styledrive",
     "published cases of driving metrics; progress, braking, meetings and styles that were planted",
     {"styledrive/metric_cases", "metric_cases"},
     false,
     run_styledrive},
    {"metric/area",
     "the area by which requests to bodies are scored, for agents whose errors are known",
     {NULL},
     false,
     run_area},
    {"aligndiff",
     "bodies that follow requests: sliders exchanged, the time told with the state; a second scorer sees both",
     {NULL},
     false,
     run_aligndiff},
    {"quote",
     "windows of texts that stand in a corpus, filters in the public form, pairs by quoting, a naive search",
     {"quote-tuning"},
     false,
     run_quote},
    {"metric/calibration", "ece, trust and Brier score of ten answers worked by hand", {NULL}, false, run_metric},
    {"scorer/refusal",
     "the refusal detector against labels that people gave",
     {"benchmarks/xstest", "xstest"},
     true,
     run_refusal},
    {"aqi",
     "indices of how far groups of points lie apart, worked by hand and planted",
     {NULL},
     false,
     run_aqi},
    {"audiotrust",
     "a verifier of voices whose errors are known, and noise at the ratio to speech that was asked for",
     {NULL},
     false,
     run_speech},
    {"trustllm",
     "what constants score in its public files, as published",
     {"trustllm/expected.json"},
     true,
     run_trustllm},
    {"agent-align",
     "published refusals are k/176, scores are what refusals and the rest make of them",
     {"agent-align/paper_table1.csv", "paper_table1.csv"},
     true,
     run_align},
    {"trism",
     "rules broken in traces are found, the step that went wrong, a saboteur, an agent with known faults, known games",
     {NULL},
     false,
     run_trism},
    {"trustformers",
     "an index of synthetic tables worked by hand, planted copies, broken dependence, flipped labels; public tables",
     {"trustformers"},
     false,
     run_audit},
    {"case",
     "faults planted in assurance cases are found where they are, harmless changes raise no alarm",
     {NULL},
     false,
     run_cases},
    {"contract",
     "bugs planted in contracts are found at their lines, their twins raise no alarm, names change nothing",
     {NULL},
     false,
     run_contracts},
    {"geometry",
     "wrong steps planted in proofs are named by the strict checker, and no other",
     {NULL},
     false,
     run_geometry},
    {"moral-graph",
     "simulated voters: winners, yes-saying, least votes, blocks of voters, cards that say the same",
     {NULL},
     false,
     run_moral},
    {"guide-align",
     "guidelines with planted near-duplicates, and pairs of which some are wrong",
     {NULL},
     false,
     run_guide},
    {"objective/dpo",
     "a loss of one pair of answers, and the gradients of every tensor of a real model",
     {"models/stories260K/golden.json", "stories260K/golden.json"},
     true,
     run_dpo},
    {"objective/trpa",
     "published losses with their derivatives, and the statements of the theory on problems of eight answers",
     {"trpa/loss_gold_a.jsonl", "loss_gold_a.jsonl"},
     false,
     run_trpa},
    {"steer",
     "decoding problems that were counted out, what theory says of steering, and two planted faults",
     {"transfer-q/toy_exact_a.json", "toy_exact_a.json"},
     false,
     run_steer},
};

size_t calibration_parts(const struct calibration_part **out) {
    *out = parts;
    return sizeof parts / sizeof *parts;
}
