/* Script subjects whose behaviour stands in a file (script_file.h says how). Like those of subject_script.c they read
 * no clock and no model: an answer follows from the ask, the file and the random streams of (option seed + the ask's
 * seed, the script's name, the ask's digest or the value of a shared label, sample, number of the case). */
#include "subject/script_file.h"
#include "subject/script_gold.h"
#include "subject/subject_internal.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/rng.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct file_state {
    struct arena arena;
    struct script_file file;
    uint64_t seed;
};

static const struct option_def options[] = {
    {"seed", OPTION_INT, "0", 0, 9e15, NULL, "added to the seed of the ask"},
};

/* One answer in the making. */
struct scene {
    const struct file_state *state;
    const struct ask *ask;
    size_t sample;
    struct arena *arena;
    struct text text;
    size_t choice;  /* taken; SIZE_MAX: see text */
    double *shares; /* of the choices as asked; NULL: the one taken has all */
};

/* ---- coins ---- */

static bool label_text(const struct scene *s, const char *name, struct text *out, struct error *err) {
    const json_t *label = gold_label(s->ask, name);
    if (json_is_string(label)) return *out = json_text(label), true;
    if (!label)
        return error_set(err, ERROR_DATA, "item '%.*s' has no label '%s' for the script", TEXT_ARG(s->ask->id), name);
    struct buffer b;
    buffer_init(&b, 1 << 20);
    json_put_canonical(&b, label);
    char *copy = buffer_check(&b, "label", err) ? text_copy(s->arena, buffer_text(&b), err) : NULL;
    *out = (struct text){copy, copy ? b.len : 0};
    buffer_done(&b);
    return copy != NULL;
}

/* The stream of a case: that of the item, or of all items with the same value of a label. */
static bool stream_of(const struct scene *s, const struct script_case *c, const char *purpose, struct rng *rng,
                      struct error *err) {
    const struct ask *ask = s->ask;
    struct text key = ask->digest[0] ? (struct text){ask->digest, strnlen(ask->digest, sizeof ask->digest)} : ask->id;
    if (c->by && !label_text(s, c->by, &key, err)) return false;
    char *name = arena_printf(s->arena, err, "script-file/%s/%s/%.*s/%zu/%zu/%s", s->state->file.name,
                              c->by ? c->by : "", TEXT_ARG(key), s->sample, c->number, purpose);
    if (name) *rng = rng_stream_text(ask->seed + s->state->seed, text_of(name));
    return name != NULL;
}

static bool same_value(const json_t *a, const json_t *b) {
    if (json_is_number(a) && json_is_number(b)) return json_number_value(a) == json_number_value(b);
    return a && json_equal(a, b);
}

static bool applies(const struct scene *s, const struct script_case *c, bool *yes, struct error *err) {
    struct rng rng;
    *yes = true;
    for (size_t i = 0; i < c->n_when; i++)
        if (!same_value(gold_label(s->ask, c->when[i].label), c->when[i].value)) return *yes = false, true;
    if (c->chance == 1) return true;
    if (!stream_of(s, c, "chance", &rng, err)) return false;
    *yes = rng_unit(&rng) < c->chance;
    return true;
}

/* The case that answers; NULL with err NONE: none applies. */
static const struct script_case *find_case(const struct scene *s, const struct script_case *cases, size_t n,
                                           struct error *err) {
    for (size_t i = 0; i < n; i++) {
        bool yes;
        if (!applies(s, &cases[i], &yes, err)) return NULL;
        if (!yes) continue;
        if (!cases[i].n_inside) return &cases[i];
        const struct script_case *found = find_case(s, cases[i].inside, cases[i].n_inside, err);
        if (found || err->kind != ERROR_NONE) return found;
    }
    return NULL;
}

/* ---- shares of the choices ---- */

/* Place of an asked choice in the order of the source. */
static size_t source_of(const struct ask *ask, size_t asked) {
    const json_t *order = json_object_get(ask->gold, "order");
    return order ? (size_t)json_integer_value(json_array_get(order, asked)) : asked;
}

static bool read_weights(struct scene *s, const struct script_case *c, struct error *err) {
    const json_t *label = c->shares_label ? gold_label(s->ask, c->shares_label) : NULL;
    size_t n = s->ask->n_choices, have = c->shares_label ? json_array_size(label) : c->n_shares;
    if (have != n)
        return error_set(err, ERROR_DATA, "item '%.*s' has %zu choices, the script has shares of %zu",
                         TEXT_ARG(s->ask->id), n, have);
    if (!(s->shares = arena_new(s->arena, double, n, err))) return false;
    for (size_t i = 0; i < n; i++) {
        size_t at = source_of(s->ask, i);
        const json_t *value = json_array_get(label, at);
        s->shares[i] = c->shares_label ? json_number_value(value) : at < n ? c->shares[at] : NAN;
        if ((c->shares_label && !json_is_number(value)) || !(s->shares[i] >= 0))
            return error_set(err, ERROR_DATA, "item '%.*s': label '%s': expected a list of weights",
                             TEXT_ARG(s->ask->id), c->shares_label ? c->shares_label : "order");
    }
    return true;
}

/* To the power 1/T, the largest being 1 meanwhile so that none is lost, then to a sum of 1. False: all are 0. */
static bool sharpen(double *shares, size_t n, double temperature) {
    double total = 0, most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, shares[i]);
    for (size_t i = 0; i < n; i++) {
        if (temperature != 1) shares[i] = pow(shares[i] / most, 1 / temperature);
        total += shares[i];
    }
    for (size_t i = 0; i < n; i++) shares[i] /= total;
    return most > 0;
}

/* The one taken has `confidence`, the others share the rest. */
static bool spread(struct scene *s, double confidence, struct error *err) {
    size_t n = s->ask->n_choices;
    if (s->choice >= n || n < 2)
        return error_set(err, ERROR_DATA, "item '%.*s': no choice is taken that could have a confidence",
                         TEXT_ARG(s->ask->id));
    if (!(s->shares = arena_new(s->arena, double, n, err))) return false;
    for (size_t i = 0; i < n; i++) s->shares[i] = i == s->choice ? confidence : (1 - confidence) / (double)(n - 1);
    return true;
}

static size_t likeliest(const double *shares, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (shares[i] > shares[best]) best = i;
    return best;
}

/* ---- what is said ---- */

static bool take_number(struct scene *s, size_t choice, struct error *err) {
    if (choice >= s->ask->n_choices)
        return error_set(err, ERROR_DATA, "item '%.*s' has %zu choices, the script takes number %zu (from 0)",
                         TEXT_ARG(s->ask->id), s->ask->n_choices, choice);
    s->choice = choice;
    s->text = s->ask->choices[choice];
    return true;
}

static bool take_gold(struct scene *s, struct error *err) {
    bool found;
    if (!gold_text(s->ask, s->arena, &s->text, &found, err)) return false;
    if (!gold_choice(s->ask, s->arena, &s->choice, err)) return false;
    return found || s->choice != SIZE_MAX ||
           error_set(err, ERROR_DATA, "item '%.*s' has no gold answer for the script to give", TEXT_ARG(s->ask->id));
}

static bool take(struct scene *s, const struct script_case *c, struct error *err) {
    struct rng rng;
    switch (c->take) {
    case TAKE_TEXT:
        return s->text = c->text, true;
    case TAKE_LABEL:
        return label_text(s, c->text.at, &s->text, err);
    case TAKE_GOLD:
        return take_gold(s, err);
    case TAKE_WRONG:
        return stream_of(s, c, "wrong", &rng, err) && gold_wrong(s->ask, &rng, s->arena, &s->text, &s->choice, err);
    case TAKE_ANY:
        return stream_of(s, c, "any", &rng, err) &&
               take_number(s, s->ask->n_choices ? (size_t)rng_below(&rng, s->ask->n_choices) : 0, err);
    case TAKE_LIKELIEST:
        return take_number(s, s->shares ? likeliest(s->shares, s->ask->n_choices) : 0, err);
    default:
        return take_number(s, c->choice, err);
    }
}

static struct text cut(struct text t, size_t characters) {
    size_t at = 0;
    uint32_t codepoint;
    for (size_t step; characters > 0 && at < t.len; at += step, characters--)
        if (!(step = text_utf8_next(text_part(t, at, t.len), &codepoint))) break;
    return text_part(t, 0, at);
}

static bool dress(struct scene *s, const struct script_case *c, struct error *err) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (c->letter && s->choice < 26) s->text = (struct text){letters + s->choice, 1};
    if (c->first != SIZE_MAX) s->text = cut(s->text, c->first);
    if (!c->then.len) return true;
    char *joined = arena_printf(s->arena, err, "%.*s%.*s", TEXT_ARG(s->text), TEXT_ARG(c->then));
    s->text = text_of(joined);
    return joined != NULL;
}

static bool play(struct scene *s, const struct script_case *c, struct error *err) {
    bool weighs = c->shares || c->shares_label;
    if (weighs && !read_weights(s, c, err)) return false;
    if (!take(s, c, err)) return false;
    if (s->ask->kind == ASK_SCORE && s->choice == SIZE_MAX &&
        !choice_of_text(s->arena, s->text, s->ask->choices, s->ask->n_choices, &s->choice, err))
        return false;
    if (!isnan(c->confidence) && !spread(s, c->confidence, err)) return false;
    if (s->shares && !sharpen(s->shares, s->ask->n_choices, c->sharpen))
        return error_set(err, ERROR_DATA, "item '%.*s': all its shares are 0", TEXT_ARG(s->ask->id));
    return dress(s, c, err);
}

static struct choice_score *scores_of(const struct scene *s, struct error *err) {
    struct choice_score *scores = choice_scores(s->arena, s->ask, s->choice, err);
    for (size_t i = 0; scores && s->shares && i < s->ask->n_choices; i++)
        scores[i].logprob = fmax(log(s->shares[i]), CHOICE_NOT_TAKEN);
    return scores;
}

static bool act(const struct subject *subject, const struct ask *ask, struct arena *arena, struct answer *answer,
                struct error *err) {
    const struct file_state *state = subject->state;
    struct scene scene = {
        .state = state, .ask = ask, .sample = answer->sample, .arena = arena, .choice = SIZE_MAX, .text = TEXT("")};
    const struct script_case *c = find_case(&scene, state->file.cases, state->file.n, err);
    if (!c && err->kind == ERROR_NONE)
        return error_set(err, ERROR_DATA, "no case of script '%s' applies to item '%.*s'", state->file.name,
                         TEXT_ARG(ask->id));
    if (!c || !play(&scene, c, err)) return false;
    answer->text = scene.text;
    if (ask->kind != ASK_SCORE) return true;
    answer->n_choices = ask->n_choices;
    return (answer->choices = scores_of(&scene, err)) != NULL;
}

/* ---- the kind ---- */

/* A path, not the name of a built-in script. */
static bool claims(struct text spec) {
    struct text name = spec_name(spec);
    return text_starts(spec, TEXT("script:")) &&
           (text_find(name, TEXT("/"), 0) != SIZE_MAX || text_ends(name, TEXT(".yaml")) ||
            text_ends(name, TEXT(".yml")) || text_ends(name, TEXT(".json")));
}

static bool name_subject(struct subject *subject, const struct file_state *state, struct text source,
                         struct error *err) {
    char hex[HASH_HEX];
    struct buffer b;
    buffer_init(&b, 1 << 16);
    sha256_hex(source.at, source.len, hex);
    buffer_printf(&b, "script:%s", state->file.name);
    if (state->seed) buffer_printf(&b, ",seed=%" PRIu64, state->seed);
    subject_name_text(subject, buffer_text(&b));
    buffer_printf(&b, ",file=%s", hex);
    bool ok = buffer_check(&b, "script", err);
    if (ok) subject_digest_text(subject, buffer_text(&b));
    buffer_done(&b);
    return ok;
}

static bool open_file(struct subject *subject, struct text spec, struct error *err) {
    struct file_state *state = memory_zeroed(1, sizeof *state);
    if (!state) return error_memory(err, "script");
    arena_init(&state->arena, (size_t)64 << 20);
    subject->state = state;
    struct text rest = text_part(spec, sizeof "script:" - 1, spec.len), source;
    const char *folders = subject->settings.path ? subject->settings.path : ".";
    const struct option_value *values = spec_parse(&state->arena, rest, options, 1, err);
    char *name = text_copy(&state->arena, spec_name(rest), err);
    if (!values || !name) return error_wrap(err, "script");
    char *path = file_find(&state->arena, name, folders, err);
    if (!path) return error_wrap(err, "script");
    state->seed = (uint64_t)values[0].integer;
    if (!file_read(&state->arena, path, SCRIPT_FILE_BYTES, &source, err) ||
        !script_file_read(&state->file, &state->arena, source, path, err))
        return false;
    subject->capabilities =
        SUBJECT_SEES | SUBJECT_HEARS | SUBJECT_GENERATES | SUBJECT_SAMPLES | SUBJECT_SCORES | SUBJECT_CHATS |
        SUBJECT_REPRODUCES | SUBJECT_NEEDS_ITEM;
    return name_subject(subject, state, source, err);
}

static void close_file(struct subject *subject) {
    struct file_state *state = subject->state;
    script_file_done(&state->file);
    arena_done(&state->arena);
    memory_free(state);
    subject->state = NULL;
}

static bool ask_file(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                     struct error *err) {
    return subject_ask_each(subject, asks, n, act, sink, context, err);
}

const struct subject_kind subject_script_file = {
    .name = "script-file",
    .summary = "behaviour written in a file: which answer when, by labels of the items and seeded coins",
    .form = "script:FILE.yaml",
    .claims = claims,
    .open = open_file,
    .ask = ask_file,
    .close = close_file,
};
