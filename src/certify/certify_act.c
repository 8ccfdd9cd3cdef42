/* Applying an act: its lines are run in a folder of its own, once for ever; what results is opened. See certify.h. */
#include "certify/certify_internal.h"

#include "base/line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct names {
    const char *subject, *out;
};

static bool put_name(void *context, struct text name, struct buffer *out, bool *known, struct error *err) {
    const struct names *n = context;
    (void)err;
    *known = text_equal_c(name, "subject") || text_equal_c(name, "out");
    if (*known) buffer_put_c(out, text_equal_c(name, "out") ? n->out : n->subject);
    return true;
}

/* What the act is, and what it is done to: the folder of the same act of the same subject is the same. */
static bool act_key(const struct certifying *c, const struct policy_act *act, const struct subject *before,
                    char key[HASH_HEX], struct error *err) {
    const char *round[] = {act->subject, act->system, act->steer, act->guard, act->guide};
    struct buffer b;
    buffer_init(&b, (size_t)16 << 20);
    buffer_printf(&b, "%s\n%s\n%s\n", act->name, before->digest, c->s->run.build);
    for (size_t i = 0; i < act->n_run; i++) buffer_printf(&b, "%s\n", act->run[i]);
    for (size_t i = 0; i < sizeof round / sizeof *round; i++) buffer_printf(&b, "%s\n", round[i] ? round[i] : "");
    bool ok = buffer_check(&b, "act", err);
    if (ok) sha256_hex(buffer_text(&b).at, buffer_text(&b).len, key);
    buffer_done(&b);
    return ok;
}

struct starting {
    const struct certifying *c;
    const struct policy_act *act;
};

static void tell_start(void *context, const char *line) {
    const struct starting *s = context;
    certify_tell(s->c, "act %s: %s", s->act->name, line);
}

static bool run_lines(struct certifying *c, const struct policy_act *act, const char *spec, const char *folder,
                      double *seconds, struct error *err) {
    struct names names = {subject_spec_absolute(spec, c->arena, err), "."};
    struct starting starting = {c, act};
    *seconds = 0;
    if (!names.subject) return false;
    for (size_t i = 0; i < act->n_run; i++) {
        char name[32];
        struct line_result result;
        snprintf(name, sizeof name, "%zu", i + 1);
        struct line_settings settings = {c->s->program, folder, name, c->s->run.stop, tell_start, &starting};
        const char **words = line_words(act->run[i], &(struct line_names){'{', put_name, &names}, c->arena, err);
        if (!words || line_run(&settings, words, &result, c->arena, err) == LINE_FAILED)
            return error_wrap(err, "act '%s'", act->name);
        *seconds += result.seconds;
    }
    return true;
}

/* The spec of what results: names replaced, words not split. */
static const char *put_spec(const char *template, const char *subject, const char *folder, struct arena *arena,
                            struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    for (const char *at = template; *at;) {
        if (strncmp(at, "{subject}", 9) == 0)
            buffer_put_c(&b, subject), at += 9;
        else if (strncmp(at, "{out}", 5) == 0)
            buffer_put_c(&b, folder), at += 5;
        else
            buffer_put_char(&b, *at++);
    }
    const char *spec = buffer_check(&b, "subject of an act", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    buffer_done(&b);
    return spec;
}

/* How long it took when it was made: a later call, which makes nothing, tells the same. */
static bool keep_seconds(struct certifying *c, const char *key, double *seconds, struct error *err) {
    char name[80], number[32];
    struct error none = {0};
    snprintf(name, sizeof name, "act/%s", key);
    json_t *before = record_fact_json(c->record, name, &none);
    if (before) {
        *seconds = json_number_value(json_object_get(before, "seconds"));
        return json_decref(before), true;
    }
    *seconds = round(10 * *seconds) / 10;
    snprintf(number, sizeof number, "{\"seconds\":%.1f}", *seconds);
    return record_begin(c->record, err) && record_put_fact(c->record, name, text_of(number), err) &&
           record_commit(c->record, err);
}

/* ---- what stands round the subject */

static bool add_one(const struct policy_act *act, const char *what, const char *own, const char **stands,
                    struct error *err) {
    if (!own) return true;
    if (*stands)
        return error_set(err, ERROR_USAGE, "act '%s': a %s stands round the subject already: %s", act->name, what,
                         *stands);
    *stands = own;
    return true;
}

/* Messages add up; of anything else there is one. */
static bool add_about(struct certifying *c, const struct policy_act *act, struct certify_round_about *about,
                      struct error *err) {
    if (act->system && about->system)
        about->system = arena_printf(c->arena, err, "%s\n\n%s", about->system, act->system);
    else if (act->system)
        about->system = act->system;
    return (!act->system || about->system) && add_one(act, "steer", act->steer, &about->steer, err) &&
           add_one(act, "guard", act->guard, &about->guard, err) &&
           add_one(act, "guide", act->guide, &about->guide, err);
}

static bool open_acted(struct certifying *c, struct certify_act *done, struct standing *to, struct error *err) {
    to->own = true;
    to->subject = c->s->open(c->s->context, to->spec, &to->about, err);
    if (!to->subject) return error_wrap(err, "act '%s'", done->act->name);
    done->to = text_copy(c->arena, text_of(to->subject->spec), err);
    done->to_digest = text_copy(c->arena, text_of(to->subject->digest), err);
    if (done->to && done->to_digest) return true;
    subject_close(to->subject);
    return false;
}

bool certify_apply(struct certifying *c, size_t index, const struct standing *from, unsigned after, struct standing *to,
                   struct error *err) {
    const struct policy_act *act = &c->policy->acts[index];
    struct certify_act *done = &c->out->acts[c->out->n_acts];
    const char *template = act->subject ? act->subject : "{subject}";
    char key[HASH_HEX];
    *to = (struct standing){.about = from->about};
    if (!act_key(c, act, from->subject, key, err)) return false;
    const char *folder = arena_printf(c->arena, err, "%s/%s-%.12s", c->s->folder, act->name, key);
    *done = (struct certify_act){.act = act, .folder = act->n_run ? folder : NULL, .before = after};
    if (!folder || !(done->from = text_copy(c->arena, text_of(from->subject->spec), err)) ||
        !add_about(c, act, &to->about, err) ||
        (act->n_run && !run_lines(c, act, from->spec, folder, &done->seconds, err)) ||
        !keep_seconds(c, key, &done->seconds, err) ||
        !(to->spec = put_spec(template, from->spec, folder, c->arena, err)) || !open_acted(c, done, to, err))
        return false;
    c->out->n_acts++;
    return true;
}
