/* The thing under test behind one interface. A subject states what it can do; asks come in batches; answers are handed
 * to a sink as they are ready, in any order. Kinds (table): pocket, model files, openai:, replay:, script:. */
#ifndef SUBJECT_SUBJECT_H
#define SUBJECT_SUBJECT_H

#include "base/interrupt.h"
#include "base/json.h"
#include "base/option.h"
#include "base/pool.h"
#include "lm/model/builtins.h"

enum {
    SUBJECT_GENERATES = 1,        /* text from a prompt or conversation */
    SUBJECT_SAMPLES = 2,          /* temperature above 0 */
    SUBJECT_SCORES = 4,           /* log-probabilities of given continuations */
    SUBJECT_TOKEN_LOGPROBS = 8,   /* of its own output */
    SUBJECT_CHATS = 16,           /* has a chat template or is a chat endpoint */
    SUBJECT_REPRODUCES = 32,      /* equal asks give equal bytes */
    SUBJECT_FOLLOWS = 128,        /* its answers keep to a given grammar or schema */
    SUBJECT_SEES = 256,           /* takes pictures in messages */
    SUBJECT_HEARS = 512,          /* takes sounds */
    SUBJECT_NEEDS_ITEM = 64,      /* answers depend on the item's gold or id (script:, replay:), so equal prompts of two
                                     items are two asks */
};

enum message_part_kind { PART_TEXT, PART_IMAGE, PART_SOUND };
/* What a message consists of where it is more than words: message_part.h. */
struct message_part {
    enum message_part_kind kind;
    struct text text; /* the words; else the file as it was named */
    const char *path; /* where it is */
    char digest[65];  /* sha256 of its bytes; empty: it was not there */
};
struct message {
    struct text role, text;
    const struct message_part *parts; /* n_parts 0: text is all of it; else text is what stands in the text parts */
    size_t n_parts;
};

enum ask_kind { ASK_GENERATE, ASK_SCORE };
/* What a generated answer must be: any text, one of a grammar (GBNF), JSON of a schema. */
enum ask_form { ASK_FREE, ASK_GRAMMAR, ASK_SCHEMA };

struct ask {
    struct text id;                 /* of the item, for replay, script and messages to people */
    struct text task;               /* its name, for replay where ids of two tasks are equal; may be empty */
    enum ask_kind kind;
    struct text prompt;             /* raw text, used when n_messages is 0 */
    const struct message *messages;
    size_t n_messages;
    const struct text *choices;     /* ASK_SCORE: continuations */
    size_t n_choices;
    bool cut;                       /* of what is looked at: what does not fit is left out on the right, and counted */
    size_t samples;                 /* ASK_GENERATE: 1.. */
    size_t max_tokens;
    double temperature, top_p;
    size_t top_k;
    const struct text *stops;
    size_t n_stops;
    enum ask_form form;
    struct text form_source;        /* GBNF or JSON; see ask_form.h */
    uint64_t seed;
    const json_t *gold;             /* for script: and replay: only, never shown to a model; may be NULL */
    const json_t *labels;           /* the same: {"harmful": true, ...}; may be NULL */
    char digest[65];                /* sha256 of what is asked, set by the caller; keys random streams */
};

struct choice_score {
    double logprob; /* sum over tokens; NaN: not known */
    size_t tokens, bytes;
    bool greedy;
};
/* Log-probability of a choice that was not taken, where an answer is a text and not a distribution (replay:, script:).
 * The one that was taken has 0; when the text equals no choice all are NaN. Finite, so that it survives a record. */
#define CHOICE_NOT_TAKEN (-1e9)

enum answer_finish { ANSWER_STOP, ANSWER_LENGTH, ANSWER_ERROR };
struct answer {
    size_t ask;    /* index in the batch */
    size_t sample; /* 0.. */
    struct text text;
    enum answer_finish finish;
    size_t tokens_in, tokens_out;
    const struct choice_score *choices; /* ASK_SCORE: n_choices of them */
    size_t n_choices;
    const float *logprobs; /* [tokens_out] of generated tokens, NULL: not known */
    double ms;
    const json_t *extra; /* what else is told of how it came about, for a file of answers; NULL: nothing */
    struct error error; /* kind != NONE: this ask failed for good (after retries) */
};
/* Called from the thread that called subject_ask. Everything is borrowed for the call.
 * Returning false stops the batch. */
typedef bool subject_sink(void *context, const struct answer *answer, struct error *err);

/* Texts and bytes are borrowed until the subject is closed. */
struct subject_settings {
    size_t threads, batch;       /* 0: default */
    double timeout;              /* seconds per ask, 0: 60 */
    int retries;                 /* -1: 5 */
    size_t concurrency;          /* 0: 8 */
    const char *key_env;         /* NULL: OPENAI_API_KEY */
    const json_t *declared;      /* who it says that it is, for subject.declared; NULL: what its files say */
    const char *path;            /* BASANITE_PATH: folders to look in */
    const char *template_name;   /* overrides the chat template: "none", "chatml", or a file; NULL: the model's own */
    const char
        *compute; /* as lm_load_options_parse in model.h reads it; NULL: auto */
    bool keep_special; /* of models in this process: control tokens that are generated are part of the answer's text, by
                        * their names (<think>); answers and digest are then others than without it */
    const char *quotes; /* of models in this process: between quotation marks answers say what an index of trusted text
                         * says, "IDX[,least=N]" (quote/quote_constraint.h); NULL: they say what they like */
    bool no_prefix_sharing;
    struct lm_builtins builtins; /* models that are part of the program */
    const struct interrupt *stop;
    struct subject_crew *crew;   /* processes that answer together (subject_crew.h); NULL: this one alone */
    bool quiet;
};

struct subject {
    const struct subject_kind *kind;
    char *spec;            /* as given */
    char name[128];        /* short, for tables */
    char digest[65];       /* sha256 of files or of URL and model */
    char tokenizer[65], template_digest[65]; /* empty: not known */
    int capabilities;
    char lacks[256];       /* why a capability is missing, for messages; may be empty */
    json_t *files;         /* [{"path","bytes"}] or null; for the record */
    json_t *declared;      /* {"model", "maker"?, "family"?, "base"?}: who it is declared to be; NULL: not known */
    bool quotes;           /* it keeps to settings.quotes, where that is given */
    char *system;          /* subject_tell: put into every ask; NULL: nothing is */
    void *state;           /* of the kind */
    struct subject_settings settings;
    size_t place;          /* in its crew, from 1; 0: this process asks it alone */
};

struct subject_kind {
    const char *name, *summary, *form; /* "script", "...", "script:NAME[,key=value]" */
    bool (*claims)(struct text spec);  /* is this spec mine? asked in table order */
    bool (*open)(struct subject *subject, struct text spec, struct error *err);
    bool (*ask)(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                struct error *err);
    /* The exact prompt tokens as text for people: appended as JSON [{"id":1,"text":"<s>"},..]; NULL or false:
     * not known. */
    bool (*show_prompt)(struct subject *subject, const struct ask *ask, struct buffer *out, struct error *err);
    void (*close)(struct subject *subject);
};
size_t subject_kinds(const struct subject_kind *const **out);

/* Unknown kinds and files are refused with the forms there are. */
/* The spec as it is from any folder: the name of a model file or folder becomes absolute, all else (built-in models,
 * also where a folder is called so; endpoints; scripts) stays. On the arena. */
const char *subject_spec_absolute(const char *spec, struct arena *arena, struct error *err) MUST_CHECK;
struct subject *subject_open(struct text spec, const struct subject_settings *settings, struct error *err) MUST_CHECK;
void subject_close(struct subject *subject);
/* True unless the batch could not go on (endpoint gone for good, interrupt, sink refused); single failures are answers
 * with an error. Every ask of a completed batch gets exactly `samples` answers (ASK_SCORE: one). */
bool subject_ask(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                 struct error *err) MUST_CHECK;
/* From now on a system message stands before whatever is asked: before the ask's own one, as one message; a raw prompt
 * of a subject that chats becomes what the user says, of another one it stands behind the text. The subject is another
 * one then: spec, name and digest say so. Once; ERROR_USAGE for an empty message or a second one. */
bool subject_tell(struct subject *subject, struct text system, struct error *err) MUST_CHECK;
/* The prompt as the kind shows it (show_prompt), told what the subject is told. false: not known. */
bool subject_show_prompt(struct subject *subject, const struct ask *ask, struct buffer *out,
                         struct error *err) MUST_CHECK;
/* Names the first missing capability and what would have it. */
bool subject_require(const struct subject *subject, int capabilities, const char *for_what,
                     struct error *err) MUST_CHECK;
/* "generates, scores, ..." */
bool subject_put_capabilities(struct buffer *out, int capabilities);

/* Script subjects, one row each: listed by `methods script`. */
struct script {
    const char *name, *summary;
    const struct option_def *options;
    size_t n_options;
};
size_t subject_scripts(const struct script **out);

#endif
