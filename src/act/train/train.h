/* Training: the loop around an objective. A job is prepared (model, tokenizer, data; everything checked), run, and
 * written as one GGUF with its log and card. A job that is stopped at any moment goes on from its newest checkpoint
 * when the same settings are given again, and ends with the same bytes as an undisturbed one. Nothing depends on the
 * number of threads or of processes.
 * Another instruction set or compute type may go on from a checkpoint too; then the last bits differ, and log, card and
 * model say from which step on. */
#ifndef ACT_TRAIN_H
#define ACT_TRAIN_H

#include "act/data/corpus.h"
#include "act/objective/objective.h"
#include "base/interrupt.h"
#include "base/team.h"
#include "lm/model/builtins.h"
#include "subject/probe.h"
#include "subject/reward.h"

struct train_settings {
    const char *objective; /* spec, e.g. "lm" */
    const char *init;      /* a model file, one of `builtins`, or "random[,key=value]": see train_init_options */
    struct lm_builtins builtins; /* models that are part of the program */
    const char
        *lora; /* adapter settings, see lm/model/lora.h: only they learn, and OUT is an adapter; NULL: all weights */
    const char *optimizer; /* "adamw[,key=value]": see train_optimizer_options; NULL: its defaults */
    const char *const *data, *const *valid;
    size_t n_data, n_valid;
    const char *mix;           /* YAML of files and weights instead of data: see corpus.h; NULL: data as they are */
    const char *template_name; /* chat template for {"messages"}; NULL: the model's own */
    const char *out;           /* OUT.gguf; beside it OUT.log.jsonl, OUT.card.md and, while it runs, OUT.checkpoint */
    const char *name;          /* of the model; NULL: from out */
    const char *command;       /* for the card */
    const char *license;       /* for file and card; NULL: not said */
    uint64_t steps;            /* optimiser steps; 0: from epochs */
    double epochs;             /* passes over the data, also parts of one, when steps is 0; 0: 1 */
    uint64_t every;            /* steps between validations, probes and checkpoints; 0: 200 */
    double every_seconds;      /* at most this long between checkpoints; 0: 120 */
    uint64_t seed;
    size_t threads;            /* 0: all */
    bool bf16;                 /* matrix products */
    bool fresh;                /* start anew although a checkpoint is there */
    bool resume;               /* go on only: refused when there is no checkpoint */
    bool quiet;
    enum lm_type type;         /* of the written matrices */
    const char
        *reference; /* a model file to stay near, for objectives that have a reference; NULL: the model as it begins */
    const char *within; /* a codec that must make of the model what it makes of it now ("rtn,bits=4"); NULL: none */
    const struct reward *reward; /* of the model's own answers, for objectives that learn from them; NULL: none */
    const struct probe *probe; /* measured before the first step and every `every` steps, for the log; NULL: none */
    const struct keep *keep;   /* which checkpoint the model is written from; NULL: the last step */
    struct team *team; /* processes that share the passes of a step and end with the bytes of one; files are read by all
                        * and written by process 0; NULL: alone */
    const struct interrupt *stop;
};

extern const struct option_def train_init_options[], train_optimizer_options[], train_rollout_options[];
extern const size_t train_n_init_options, train_n_optimizer_options, train_n_rollout_options;

/* A setting that the objective tried on the validation data, and how far off it was. */
struct train_tried {
    double setting, error;
};

/* Bytes by what they are for; the formulas are those of train_memory.c. */
struct train_memory {
    uint64_t model, weights, gradients, moments, sums, packed, activations, reserve, all;
};

struct train_plan {
    uint64_t parameters, frozen, documents, longer, tokens, rows, steps,
        tokens_a_step; /* parameters: that learn; longer: documents beyond the context */
    double seconds;    /* expected, from one measured step */
    struct train_memory memory;
    char tokenizer[65], corpus[65];
    const struct train_tried *tried; /* borrowed from the training */
    size_t n_tried;
};

struct train_result {
    uint64_t steps, first_step; /* done in all; where this call began */
    uint64_t kept;              /* step that the model is written from */
    double loss, valid_loss;    /* of that step: means of the newest window and validation; NaN: none */
    double seconds, gflops;     /* of this call; see train_flops */
    double setting;             /* that an objective without steps has found; NaN: none */
    char digest[65];            /* sha256 of the written file */
};

struct train;
/* Loads or makes model and tokenizer, reads and checks the data. ERROR_USAGE: settings; ERROR_DATA: FILE:LINE of
 * bad data. */
struct train *train_prepare(const struct train_settings *settings, struct error *err) MUST_CHECK;
void train_free(struct train *train);
/* Whether the answers of the data open as the model's own do, see train_opening.c: the share of the model's probability
 * that lies on tokens with a blank in front, and the share of the answers looked at that begin with one. */
struct train_opening {
    size_t answers; /* looked at; 0: the objective learns no answers */
    double model, data;
};
bool train_opening(struct train *train, struct train_opening *out, struct error *err) MUST_CHECK;
/* Passes of a step: as many processes can share it. */
size_t train_shares(const struct train *train);
/* What it will take, without changing anything (steps of rate 0 are measured). */
bool train_plan(struct train *train, struct train_plan *plan, struct error *err) MUST_CHECK;
/* ERROR_INTERRUPTED: a checkpoint was written. ERROR_DATA: the loss is not finite or diverges; the newest checkpoint
 * stays. ERROR_GATE: no checkpoint is to be kept. */
bool train_run(struct train *train, struct train_result *result, struct error *err) MUST_CHECK;

/* Objectives that learn from claims (record/claims.h) train no model: data and valid are files of claims, out is
 * OUT.json. */
bool train_is_of_claims(const char *objective);
struct train_calibration {
    uint64_t claims;         /* 0: there were none */
    double brier[2], ece[2]; /* as they are, and through the map */
};
struct train_claims {
    struct train_calibration data, valid;
    uint64_t points; /* of the map */
};
bool train_claims(const struct train_settings *settings, struct train_claims *out, struct error *err) MUST_CHECK;

#endif
