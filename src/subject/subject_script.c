/* Script subjects: behaviour that is known exactly, for baselines and for planted faults. Nothing here reads a clock or
 * a model: an answer follows from the ask, the options and the random stream of (option seed + the ask's seed, digest,
 * sample).
 *
 * Scored choices get the scores of a text (choice_scores): the choice taken 0, the others CHOICE_NOT_TAKEN, and NaN for
 * all when the answer is none of them. `uniform` gives every choice 0, so that the choices are equal under every
 * normalisation (per byte, per token, over the choices) and a scorer that shares ties finds exactly 1/n. */
#include "subject/script_gold.h"
#include "subject/subject_internal.h"

#include "base/buffer.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

/* One answer in the making. */
struct scene {
    const struct option_value *options; /* in the order of the script's table */
    const struct ask *ask;
    size_t sample;
    struct arena *arena; /* of this answer */
    struct rng rng;
    struct text text;   /* the answer */
    size_t choice;      /* taken; SIZE_MAX: see text */
    bool equal;         /* all choices alike */
    const json_t *mask; /* of the choices that are alike and better than the others; NULL: none */
    double *chances;    /* of the choices: the chance of each, instead of a draw; NULL: one is taken */
};
typedef bool script_play(struct scene *scene, struct error *err);

#define REFUSAL TEXT("I'm sorry, but I can't help with that.")
#define COMPLIANCE TEXT("Sure, I can help with that. Here is what you asked for, step by step.")

/* ---- what several scripts say ---- */

static void say(struct scene *s, struct text t) {
    s->text = t;
    s->choice = SIZE_MAX;
}

static bool chance(struct scene *s, double p) {
    return rng_unit(&s->rng) < p;
}

static bool is_harmful(const struct ask *ask) {
    const json_t *label = gold_label(ask, "harmful");
    return json_is_true(label) || (json_is_number(label) && json_number_value(label) > 0.5);
}

static bool no_gold(const struct scene *s, struct error *err) {
    return error_set(err, ERROR_DATA, "item '%.*s' has no gold answer for the script to give", TEXT_ARG(s->ask->id));
}

/* The gold choice or text; *found false when the item has neither. */
static bool say_gold(struct scene *s, bool *found, struct error *err) {
    if (!gold_text(s->ask, s->arena, &s->text, found, err)) return false;
    s->choice = SIZE_MAX;
    if (s->ask->kind != ASK_SCORE) return true;
    if (!gold_choice(s->ask, s->arena, &s->choice, err)) return false;
    s->mask = gold_mask(s->ask);
    *found = s->choice != SIZE_MAX || s->mask;
    return true;
}

/* The right thing to do: refuse what is harmful, else the gold answer, else help where the item says what it is. */
static bool say_right(struct scene *s, struct error *err) {
    bool found, labelled = gold_label(s->ask, "harmful") != NULL;
    if (!say_gold(s, &found, err)) return false;
    if (found) return true;
    if (!labelled) return no_gold(s, err);
    say(s, is_harmful(s->ask) ? REFUSAL : COMPLIANCE);
    return true;
}

static struct text last_text(const struct ask *ask) {
    return ask->n_messages ? ask->messages[ask->n_messages - 1].text : ask->prompt;
}

/* ---- the scripts ---- */

static const struct option_def mute_options[] = {
    {"text", OPTION_TEXT, "", 1, 0, NULL, "what it says instead of nothing"},
};
static bool play_mute(struct scene *s, struct error *err) {
    (void)err;
    say(s, s->options[0].text);
    return true;
}

static bool play_echo(struct scene *s, struct error *err) {
    (void)err;
    say(s, last_text(s->ask));
    return true;
}

static const struct option_def constant_options[] = {
    {"choice", OPTION_INT, "0", 0, 1000, NULL, "index of the choice it takes; without choices its letter (0: A)"},
    {"text", OPTION_TEXT, NULL, 1, 0, NULL, "the text it says; among choices the equal one, or the one of this letter"},
};
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* A letter stands for a choice when no choice has this text. */
static bool choice_of_word(struct scene *s, struct error *err) {
    const struct ask *ask = s->ask;
    if (!choice_of_text(s->arena, s->text, ask->choices, ask->n_choices, &s->choice, err)) return false;
    if (s->choice != SIZE_MAX || s->text.len != 1 || s->text.at[0] < 'A' || s->text.at[0] > 'Z') return true;
    size_t index = (size_t)(s->text.at[0] - 'A');
    s->choice = index < ask->n_choices ? index : SIZE_MAX;
    return true;
}

static bool play_constant(struct scene *s, struct error *err) {
    size_t index = (size_t)s->options[0].integer;
    if (s->options[1].given) {
        say(s, s->options[1].text);
        return s->ask->kind != ASK_SCORE || choice_of_word(s, err);
    }
    say(s, index < 26 ? (struct text){letters + index, 1} : TEXT(""));
    if (s->ask->n_choices == 0) return true;
    if (index >= s->ask->n_choices)
        return error_set(err, ERROR_DATA, "item '%.*s' has %zu choices, the script takes number %zu (from 0)",
                         TEXT_ARG(s->ask->id), s->ask->n_choices, index);
    s->text = s->ask->choices[index];
    s->choice = index;
    return true;
}

#define SEED_OPTION                                                                                                    \
    { "seed", OPTION_INT, "0", 0, 9e15, NULL, "added to the seed of the ask" }

static const struct option_def uniform_options[] = {
    SEED_OPTION,
    {"letters", OPTION_INT, "4", 1, 26, NULL, "without choices: a letter of the first this many"},
    {"texts", OPTION_TEXT, NULL, 1, 0, NULL, "without choices: one of these texts, divided by |"},
};

static bool one_of_texts(struct scene *s, struct text all, struct error *err) {
    struct text rest = all, one = TEXT("");
    uint64_t n = 0;
    (void)err;
    while (text_next(&rest, '|', &one)) n++;
    uint64_t which = n ? rng_below(&s->rng, n) : 0;
    rest = all;
    for (uint64_t i = 0; i <= which && text_next(&rest, '|', &one); i++) continue;
    say(s, one);
    return true;
}

static bool play_uniform(struct scene *s, struct error *err) {
    const struct ask *ask = s->ask;
    s->equal = ask->kind == ASK_SCORE;
    if (ask->n_choices) {
        size_t index = (size_t)rng_below(&s->rng, ask->n_choices);
        say(s, ask->choices[index]);
        s->choice = index;
        return true;
    }
    if (s->options[2].given) return one_of_texts(s, s->options[2].text, err);
    say(s, (struct text){letters + rng_below(&s->rng, (uint64_t)s->options[1].integer), 1});
    return true;
}

static bool play_oracle(struct scene *s, struct error *err) {
    return say_right(s, err);
}

static const struct option_def refuse_options[] = {
    {"harmful", OPTION_REAL, "1", 0, 1, NULL, "share of harmful items that it refuses"},
    {"benign", OPTION_REAL, "1", 0, 1, NULL, "share of the other items that it refuses"},
    SEED_OPTION,
};
static bool play_refuse(struct scene *s, struct error *err) {
    bool found = false;
    if (chance(s, s->options[is_harmful(s->ask) ? 0 : 1].real)) return say(s, REFUSAL), true;
    if (!is_harmful(s->ask) && !say_gold(s, &found, err)) return false;
    if (!found) say(s, COMPLIANCE);
    return true;
}

static const struct option_def follow_options[] = {
    {"doc", OPTION_REAL, "0", 0, 1, NULL,
     "share of items with label 'document' of which it gives that document's answer"},
    {"own", OPTION_REAL, "1", 0, 1, NULL, "share of its own answers that are right"},
    SEED_OPTION,
};

static bool say_wrong(struct scene *s, struct error *err) {
    s->choice = SIZE_MAX;
    return gold_wrong(s->ask, &s->rng, s->arena, &s->text, &s->choice, err);
}

/* Label `expect` asks for chances instead of a draw: of the document's choice, of the gold one,
 * and of the others what is left. */
static bool follow_chances(struct scene *s, struct error *err) {
    const struct ask *ask = s->ask;
    double doc = s->options[0].real, own = s->options[1].real;
    const json_t *document = gold_label(ask, "document");
    size_t gold = SIZE_MAX, said = SIZE_MAX;
    if (!gold_choice(ask, s->arena, &gold, err)) return false;
    if (gold == SIZE_MAX || ask->n_choices < 2) return no_gold(s, err);
    if (json_is_string(document) &&
        !choice_of_text(s->arena, json_text(document), ask->choices, ask->n_choices, &said, err))
        return false;
    if (said == SIZE_MAX) doc = 0;
    if (!(s->chances = arena_new(s->arena, double, ask->n_choices, err))) return false;
    for (size_t i = 0; i < ask->n_choices; i++) {
        double alone = i == gold ? own : (1 - own) / (double)(ask->n_choices - 1);
        s->chances[i] = (i == said ? doc : 0) + (1 - doc) * alone;
    }
    return true;
}

/* Draws for document and own answer are made in any case, so that one option does not change what the other draws. */
static bool play_follow(struct scene *s, struct error *err) {
    bool from_document = chance(s, s->options[0].real), right = chance(s, s->options[1].real), found;
    const json_t *document = gold_label(s->ask, "document");
    if (is_harmful(s->ask)) return say(s, REFUSAL), true;
    if (s->ask->kind == ASK_SCORE && json_is_true(gold_label(s->ask, "expect"))) return follow_chances(s, err);
    if (from_document && json_is_string(document)) return say(s, json_text(document)), true;
    if (!say_gold(s, &found, err)) return false;
    if (!found) say(s, COMPLIANCE);
    return right || !found || say_wrong(s, err);
}

/* An agent with tools: the gold text is the calls that an errand needs, a line each. */
static const struct option_def agent_options[] = {
    {"refuse", OPTION_REAL, "1", 0, 1, NULL, "share of harmful errands that it refuses"},
    {"over", OPTION_REAL, "0", 0, 1, NULL, "share of the other errands that it refuses"},
    {"done", OPTION_REAL, "1", 0, 1, NULL, "of what it does not refuse the share of calls that it makes"},
    SEED_OPTION,
};

/* Each line with the chance `done`; draws are made whether it refuses or not. */
static bool say_some_lines(struct scene *s, struct text all, struct error *err) {
    struct text rest = all, line;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    while (text_next(&rest, '\n', &line)) {
        if (!chance(s, s->options[2].real)) continue;
        if (b.len) buffer_put_char(&b, '\n');
        buffer_put(&b, line.at, line.len);
    }
    char *copy = buffer_check(&b, "script", err) ? text_copy(s->arena, buffer_text(&b), err) : NULL;
    if (copy) say(s, (struct text){copy, b.len});
    buffer_done(&b);
    return copy != NULL;
}

static bool play_agent(struct scene *s, struct error *err) {
    bool found, refuses = chance(s, s->options[is_harmful(s->ask) ? 0 : 1].real);
    if (!say_gold(s, &found, err)) return false;
    if (!found) return no_gold(s, err);
    if (!say_some_lines(s, s->text, err)) return false;
    if (refuses) say(s, REFUSAL);
    return true;
}

/* Of a driving scene, whose gold is a person's plan: that plan, and how much its progress is to fall short of it. */
static const struct option_def human_options[] = {
    {"shift", OPTION_REAL, "0", -1000, 1000, NULL,
     "metres of progress taken from it, as a scorer with shifts=yes reads"},
};
static bool play_human(struct scene *s, struct error *err) {
    double shift = s->options[0].real;
    bool found;
    char number[32];
    if (!say_gold(s, &found, err)) return false;
    if (!found) return no_gold(s, err);
    if (shift == 0) return true;
    text_from_f64(shift, number);
    char *plan = arena_printf(s->arena, err, "{\"plan\": %.*s, \"shift\": %s}", TEXT_ARG(s->text), number);
    if (plan) say(s, text_of(plan));
    return plan != NULL;
}

/* ---- the table ---- */

enum { MUTE, ECHO, CONSTANT, UNIFORM, ORACLE, REFUSE, FOLLOW, AGENT, HUMAN, SCRIPTS };
#define OPTIONS(defs) (defs), sizeof(defs) / sizeof *(defs)

static const struct script scripts[SCRIPTS] = {
    [MUTE] = {"mute", "says nothing, or always the same words without an answer", OPTIONS(mute_options)},
    [ECHO] = {"echo", "says the question again", NULL, 0},
    [CONSTANT] = {"constant", "always takes the same choice or says the same text", OPTIONS(constant_options)},
    [UNIFORM] = {"uniform", "takes any choice with equal chance; scored choices are all alike",
                 OPTIONS(uniform_options)},
    [ORACLE] = {"oracle", "gives the gold answer; refuses what is labelled harmful where there is none", NULL, 0},
    [REFUSE] = {"refuse", "refuses, or a share of harmful and of other items", OPTIONS(refuse_options)},
    [FOLLOW] = {"follow", "refuses what is harmful, else answers right, or what a document says, or wrong, by shares",
                OPTIONS(follow_options)},
    [AGENT] = {"agent", "makes the calls that an errand needs, or refuses a share of harmful and of other errands",
               OPTIONS(agent_options)},
    [HUMAN] = {"human", "drives as the person of the scene did, or so many metres less", OPTIONS(human_options)},
};

static const struct script_row {
    script_play *play;
    bool needs_item;
    int seed; /* which option is the seed, -1: it draws nothing */
} rows[SCRIPTS] = {
    [MUTE] = {play_mute, false, -1},     [ECHO] = {play_echo, false, -1},    [CONSTANT] = {play_constant, false, -1},
    [UNIFORM] = {play_uniform, true, 0}, [ORACLE] = {play_oracle, true, -1}, [REFUSE] = {play_refuse, true, 2},
    [FOLLOW] = {play_follow, true, 2},   [AGENT] = {play_agent, true, 3},    [HUMAN] = {play_human, true, -1},
};

size_t subject_scripts(const struct script **out) {
    *out = scripts;
    return SCRIPTS;
}

/* ---- the kind ---- */

struct script_state {
    struct arena arena; /* holds the options */
    size_t which;
    const struct option_value *options;
};

static bool claims(struct text spec) {
    return text_starts(spec, TEXT("script:"));
}

static bool find_script(struct text name, size_t *out, struct error *err) {
    const char *names[SCRIPTS];
    for (size_t i = 0; i < SCRIPTS; i++) {
        names[i] = scripts[i].name;
        *out = i;
        if (text_equal_c(name, names[i])) return true;
    }
    const char *near = text_nearest(name, names, SCRIPTS);
    return error_set(err, ERROR_USAGE,
                     "no script '%.*s'%s%s%s; there are mute, echo, constant, uniform, oracle, refuse, "
                     "follow, agent, human (`basanite methods script`)",
                     (int)(name.len < 80 ? name.len : 80), name.at, near ? "; did you mean '" : "", near ? near : "",
                     near ? "'?" : "");
}

/* Name and digest come from the options as they count, so that equal behaviour is one subject. */
static bool name_script(struct subject *subject, const struct script_state *state, struct error *err) {
    const struct script *script = &scripts[state->which];
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_put_c(&b, "script:");
    spec_put(&b, text_of(script->name), script->options, script->n_options, state->options);
    bool ok = buffer_check(&b, "script", err);
    if (ok) {
        subject_name_text(subject, buffer_text(&b));
        subject_digest_text(subject, buffer_text(&b));
    }
    buffer_done(&b);
    return ok;
}

static bool open_script(struct subject *subject, struct text spec, struct error *err) {
    struct script_state *state = memory_zeroed(1, sizeof *state);
    if (!state) return error_memory(err, "script");
    arena_init(&state->arena, (size_t)1 << 24);
    subject->state = state;
    struct text rest = text_part(spec, sizeof "script:" - 1, spec.len);
    char *copy = text_copy(&state->arena, rest, err);
    if (!copy || !find_script(spec_name(rest), &state->which, err)) return false;
    const struct script *script = &scripts[state->which];
    state->options = spec_parse(&state->arena, text_of(copy), script->options, script->n_options, err);
    if (!state->options) return error_wrap(err, "script");
    if (state->which == CONSTANT && state->options[0].given && state->options[1].given)
        return error_set(err, ERROR_USAGE, "script 'constant': give 'choice' or 'text', not both");
    subject->capabilities = SUBJECT_SEES | SUBJECT_HEARS | SUBJECT_GENERATES | SUBJECT_SAMPLES | SUBJECT_SCORES |
                            SUBJECT_CHATS | SUBJECT_REPRODUCES |
                            (rows[state->which].needs_item ? SUBJECT_NEEDS_ITEM : 0);
    return name_script(subject, state, err);
}

static void close_script(struct subject *subject) {
    struct script_state *state = subject->state;
    arena_done(&state->arena);
    memory_free(state);
    subject->state = NULL;
}

/* The stream of one answer; an ask without a digest is told apart by its item. */
static bool open_stream(struct scene *s, const struct script_state *state, struct error *err) {
    int seed = rows[state->which].seed;
    if (seed < 0) return true;
    struct text key =
        s->ask->digest[0] ? (struct text){s->ask->digest, strnlen(s->ask->digest, sizeof s->ask->digest)} : s->ask->id;
    char *name =
        arena_printf(s->arena, err, "script/%s/%.*s/%zu", scripts[state->which].name, TEXT_ARG(key), s->sample);
    if (name) s->rng = rng_stream_text(s->ask->seed + (uint64_t)state->options[seed].integer, text_of(name));
    return name != NULL;
}

static struct choice_score *score_all_alike(struct scene *s, struct error *err) {
    struct choice_score *scores = choice_scores(s->arena, s->ask, SIZE_MAX, err);
    for (size_t i = 0; scores && i < s->ask->n_choices; i++) scores[i].logprob = 0;
    return scores;
}

static struct choice_score *score_mask(struct scene *s, struct error *err) {
    struct choice_score *scores = choice_scores(s->arena, s->ask, SIZE_MAX, err);
    for (size_t i = 0; scores && i < s->ask->n_choices; i++)
        scores[i].logprob = json_integer_value(json_array_get(s->mask, i)) ? 0 : CHOICE_NOT_TAKEN;
    return scores;
}

static struct choice_score *score_chances(struct scene *s, struct error *err) {
    struct choice_score *scores = choice_scores(s->arena, s->ask, SIZE_MAX, err);
    for (size_t i = 0; scores && i < s->ask->n_choices; i++)
        scores[i].logprob = s->chances[i] > 0 ? log(s->chances[i]) : CHOICE_NOT_TAKEN;
    return scores;
}

static bool play(struct scene *s, const struct script_state *state, struct answer *answer, struct error *err) {
    if (!open_stream(s, state, err) || !rows[state->which].play(s, err)) return false;
    answer->text = s->text;
    if (s->ask->kind != ASK_SCORE) return true;
    if (!s->equal && !s->mask && !s->chances && s->choice == SIZE_MAX &&
        !choice_of_text(s->arena, s->text, s->ask->choices, s->ask->n_choices, &s->choice, err))
        return false;
    answer->n_choices = s->ask->n_choices;
    answer->choices = s->equal     ? score_all_alike(s, err)
                      : s->chances ? score_chances(s, err)
                      : s->mask    ? score_mask(s, err)
                                   : choice_scores(s->arena, s->ask, s->choice, err);
    return answer->choices != NULL;
}

static bool act(const struct subject *subject, const struct ask *ask, struct arena *arena, struct answer *answer,
                struct error *err) {
    const struct script_state *state = subject->state;
    struct scene scene = {
        .options = state->options, .ask = ask, .sample = answer->sample, .arena = arena, .choice = SIZE_MAX};
    return play(&scene, state, answer, err);
}

static bool ask_script(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                       struct error *err) {
    return subject_ask_each(subject, asks, n, act, sink, context, err);
}

const struct subject_kind subject_script = {
    .name = "script",
    .summary = "behaviour known exactly, for baselines and planted faults",
    .form = "script:NAME[,key=value]",
    .claims = claims,
    .open = open_script,
    .ask = ask_script,
    .close = close_script,
};
