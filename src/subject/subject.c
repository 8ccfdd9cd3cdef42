/* Subjects: the table of kinds, opening, asking, and what is said when one cannot do what is needed. */
#include "subject/subject_crew.h"
#include "subject/message_part.h"
#include "subject/subject_internal.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order in which they are asked whether a spec is theirs. */
static const struct subject_kind *const kinds[] = {&subject_pocket,      &subject_openai, &subject_replay,
                                                   &subject_script_file, &subject_script, &subject_batch,
                                                   &subject_files};
#define KINDS (sizeof kinds / sizeof *kinds)

size_t subject_kinds(const struct subject_kind *const **out) {
    *out = kinds;
    return KINDS;
}

/* ---- opening ---- */

static void put_forms(struct buffer *b) {
    for (size_t i = 0; i < KINDS; i++) buffer_printf(b, "%s%s", i ? ", " : "", kinds[i]->form);
}

static bool refuse(struct text spec, const char *why, struct error *err) {
    struct buffer forms;
    buffer_init(&forms, 4096);
    put_forms(&forms);
    int shown = (int)(spec.len < 200 ? spec.len : 200);
    error_set(err, ERROR_USAGE, "subject '%.*s': %s; the forms are %s", shown, spec.at ? spec.at : "", why,
              forms.at ? forms.at : "");
    buffer_done(&forms);
    return false;
}

static bool no_such_kind(struct text spec, struct error *err) {
    const char *names[KINDS], *near = NULL;
    char why[128];
    size_t colon = text_find(spec, TEXT(":"), 0);
    for (size_t i = 0; i < KINDS; i++) names[i] = kinds[i]->name;
    if (text_starts(spec, TEXT("run:"))) return refuse(spec, "answers of a run cannot be asked again; export them with "
                                                       "`basanite record export` and name the file with 'replay:'",
                                                       err);
    if (text_starts(spec, TEXT("@")))
        return refuse(spec,
                      "a list of subjects is not one subject; `basanite run` and "
                      "`basanite compare` take one",
                      err);
    if (colon != SIZE_MAX) near = text_nearest(text_part(spec, 0, colon), names, KINDS);
    if (near)
        snprintf(why, sizeof why, "no such file or kind; did you mean '%s:'?", near);
    else
        snprintf(why, sizeof why, "no such file or kind");
    return refuse(spec, why, err);
}

static const struct subject_kind *kind_of(struct text spec) {
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i]->claims(spec)) return kinds[i];
    return NULL;
}

const char *subject_spec_absolute(const char *spec, struct arena *arena, struct error *err) {
    const struct subject_kind *kind = *spec ? kind_of(text_of(spec)) : NULL;
    char *full = kind == &subject_files ? realpath(spec, NULL) : NULL;
    const char *out = full ? text_copy(arena, text_of(full), err) : spec;
    free(full);
    return out;
}

struct subject *subject_open(struct text spec, const struct subject_settings *settings, struct error *err) {
    const struct subject_kind *kind = spec.len ? kind_of(spec) : NULL;
    if (!kind) return no_such_kind(spec, err), NULL;
    struct subject *subject = memory_zeroed(1, sizeof *subject);
    if (!subject) return error_memory(err, "subject"), NULL;
    if (settings) subject->settings = *settings;
    subject->declared = json_incref((json_t *)subject->settings.declared);
    if (!(subject->spec = memory_alloc(spec.len + 1))) {
        memory_free(subject);
        return error_memory(err, "subject"), NULL;
    }
    memcpy(subject->spec, spec.at, spec.len);
    subject->spec[spec.len] = 0;
    subject->kind = kind;
    bool ok = kind->open(subject, spec, err) && (!subject->settings.crew || subject_crew_open(subject, err));
    if (ok && subject->settings.quotes && !subject->quotes)
        ok = error_set(err, ERROR_USAGE, "--quotes: only models in this process can be held to a trusted text; '%s' "
                       "is asked elsewhere, or is no model", subject->name);
    if (ok) return subject;
    subject_close(subject);
    return NULL;
}

void subject_close(struct subject *subject) {
    if (!subject) return;
    if (subject->place) subject_crew_close(subject);
    if (subject->state) subject->kind->close(subject);
    json_decref(subject->files);
    json_decref(subject->declared);
    memory_free(subject->spec);
    memory_free(subject->system);
    memory_free(subject);
}

bool subject_ask(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                 struct error *err) {
    struct arena arena;
    if (n == 0) return true;
    for (size_t i = 0; i < n; i++)
        if (!subject_require(subject, messages_need(asks[i].messages, asks[i].n_messages), "an ask", err)) return false;
    arena_init(&arena, SIZE_MAX);
    const struct ask *told = subject_told(subject, asks, n, &arena, err);
    bool ok = told && (subject->place ? subject_crew_ask(subject, told, n, sink, context, err)
                                      : subject->kind->ask(subject, told, n, sink, context, err));
    arena_done(&arena);
    return ok;
}

/* ---- capabilities ---- */

static const struct capability {
    int bit;
    const char *verb, *noun, *who;
} capabilities[] = {
    {SUBJECT_GENERATES, "generates", "generated text", "model files, endpoints, 'replay:' and 'script:' have it"},
    {SUBJECT_SAMPLES, "samples", "sampling with a temperature",
     "model files, endpoints, 'replay:' and 'script:' have it"},
    {SUBJECT_SCORES, "scores", "log-probabilities of given answers",
     "model files have them, and endpoints whose completions give log-probabilities of the prompt (echo)"},
    {SUBJECT_TOKEN_LOGPROBS, "token log-probabilities", "log-probabilities of its own words",
     "model files have them, and endpoints that answer 'logprobs'"},
    {SUBJECT_FOLLOWS, "follows grammars", "answers that keep to a grammar or schema",
     "model files and endpoints have it; 'replay:' checks what was recorded"},
    {SUBJECT_CHATS, "chats", "a chat template",
     "endpoints and models with a template have it; --template chatml, none or a file gives one to a model"},
    {SUBJECT_SEES, "sees", "vision", "endpoints have it; 'replay:' and 'script:' look at nothing and answer"},
    {SUBJECT_HEARS, "hears", "audio", "endpoints have it; 'replay:' and 'script:' listen to nothing and answer"},
    {SUBJECT_REPRODUCES, "reproduces", "equal answers to equal asks", "model files, 'replay:' and 'script:' have it"},
    {SUBJECT_NEEDS_ITEM, "answers by item", "answers by item", "'replay:' and most of 'script:' have it"},
};
#define CAPABILITIES (sizeof capabilities / sizeof *capabilities)

bool subject_require(const struct subject *subject, int needed, const char *for_what, struct error *err) {
    for (size_t i = 0; i < CAPABILITIES; i++) {
        const struct capability *c = &capabilities[i];
        if (!(needed & c->bit) || (subject->capabilities & c->bit)) continue;
        return error_set(err, ERROR_USAGE, "%s needs %s, which subject '%s' does not have%s%s%s; %s", for_what, c->noun,
                         subject->name, subject->lacks[0] ? " (" : "", subject->lacks, subject->lacks[0] ? ")" : "",
                         c->who);
    }
    return true;
}

bool subject_put_capabilities(struct buffer *out, int bits) {
    bool first = true;
    for (size_t i = 0; i < CAPABILITIES; i++) {
        if (!(bits & capabilities[i].bit)) continue;
        buffer_printf(out, "%s%s", first ? "" : ", ", capabilities[i].verb);
        first = false;
    }
    return !out->failed;
}

/* ---- shared by the kinds ---- */

size_t ask_answers(const struct ask *ask) {
    return ask->kind == ASK_SCORE || ask->samples == 0 ? 1 : ask->samples;
}

void subject_digest_text(struct subject *subject, struct text t) {
    sha256_hex(t.at, t.len, subject->digest);
}

void subject_name_text(struct subject *subject, struct text t) {
    size_t n = 0;
    uint32_t codepoint;
    for (size_t step; n < t.len; n += step) {
        step = text_utf8_next(text_part(t, n, t.len), &codepoint);
        if (step == 0 || n + step >= sizeof subject->name) break;
    }
    if (n) memcpy(subject->name, t.at, n);
    subject->name[n] = 0;
}

bool subject_give_error(size_t ask, size_t sample, const struct error *why, subject_sink *sink, void *context,
                        struct error *err) {
    struct answer answer = {.ask = ask, .sample = sample, .finish = ANSWER_ERROR, .error = *why};
    return sink(context, &answer, err);
}

bool subject_ask_each(const struct subject *subject, const struct ask *asks, size_t n, subject_answer_maker *make,
                      subject_sink *sink, void *context, struct error *err) {
    struct arena arena;
    bool ok = true;
    arena_init(&arena, (size_t)1 << 28);
    for (size_t i = 0; ok && i < n; i++) {
        if (interrupted(subject->settings.stop)) ok = error_set(err, ERROR_INTERRUPTED, "interrupted");
        for (size_t k = 0; ok && k < ask_answers(&asks[i]); k++) {
            struct answer answer = {.ask = i, .sample = k, .finish = ANSWER_STOP};
            struct error why = {0};
            arena_reset(&arena);
            if (make(subject, &asks[i], &arena, &answer, &why))
                ok = sink(context, &answer, err);
            else if (why.kind == ERROR_DATA)
                ok = subject_give_error(i, k, &why, sink, context, err);
            else
                ok = (*err = why, false);
        }
    }
    arena_done(&arena);
    return ok;
}

/* ---- choices ---- */

static bool is_wrapping(char c) {
    return c != 0 && strchr(" \t\r\n.,;:!?'\"`()[]*", c) != NULL;
}

/* Lower case, single blanks, nothing wrapped around. A text of such signs alone stays as it is. */
static bool normal_form(struct arena *arena, struct text t, struct text *out, struct error *err) {
    struct text inner = text_trim(t), whole = inner;
    while (inner.len && is_wrapping(inner.at[0])) inner = text_part(inner, 1, inner.len);
    while (inner.len && is_wrapping(inner.at[inner.len - 1])) inner.len--;
    if (inner.len == 0) inner = whole;
    char *copy = arena_copy(arena, inner.at ? inner.at : "", inner.len, err);
    size_t n = 0;
    for (size_t i = 0; copy && i < inner.len; i++) {
        char c = copy[i];
        bool blank = c == ' ' || (c >= '\t' && c <= '\r');
        if (blank && n && copy[n - 1] == ' ') continue;
        copy[n++] = blank ? ' ' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    *out = (struct text){copy, n};
    return copy != NULL;
}

bool choice_of_text(struct arena *arena, struct text t, const struct text *choices, size_t n, size_t *out,
                    struct error *err) {
    size_t exact = 0, near = 0, exact_at = SIZE_MAX, near_at = SIZE_MAX;
    struct text wanted, one;
    *out = SIZE_MAX;
    if (text_trim(t).len == 0) return true;
    if (!normal_form(arena, t, &wanted, err)) return false;
    for (size_t i = 0; i < n; i++) {
        if (!normal_form(arena, choices[i], &one, err)) return false;
        if (text_equal(text_trim(choices[i]), text_trim(t))) exact_at = i, exact++;
        if (text_equal(one, wanted)) near_at = i, near++;
    }
    *out = exact == 1 ? exact_at : exact == 0 && near == 1 ? near_at : SIZE_MAX;
    return true;
}

struct choice_score *choice_scores(struct arena *arena, const struct ask *ask, size_t chosen, struct error *err) {
    struct choice_score *scores = arena_new(arena, struct choice_score, ask->n_choices ? ask->n_choices : 1, err);
    for (size_t i = 0; scores && i < ask->n_choices; i++)
        scores[i] = (struct choice_score){.logprob = chosen >= ask->n_choices ? __builtin_nan("")
                                                     : i == chosen          ? 0
                                                                            : CHOICE_NOT_TAKEN,
                                          .tokens = 1, .bytes = ask->choices[i].len, .greedy = i == chosen};
    return scores;
}
