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

struct subject *certify_apply(struct certifying *c, size_t index, const struct subject *before, const char *spec,
                              unsigned after, struct error *err) {
    const struct policy_act *act = &c->policy->acts[index];
    struct certify_act *done = &c->out->acts[c->out->n_acts];
    char key[HASH_HEX];
    if (!act_key(c, act, before, key, err)) return NULL;
    const char *folder = arena_printf(c->arena, err, "%s/%s-%.12s", c->s->folder, act->name, key);
    *done = (struct certify_act){.act = act, .from = spec, .folder = act->n_run ? folder : NULL, .before = after};
    if (!folder || (act->n_run && !run_lines(c, act, spec, folder, &done->seconds, err)) ||
        !keep_seconds(c, key, &done->seconds, err) ||
        !(done->to = put_spec(act->subject ? act->subject : "{subject}", spec, folder, c->arena, err)))
        return NULL;
    struct subject *result = c->s->open(c->s->context, done->to, act, err);
    if (!result) return error_wrap(err, "act '%s'", act->name), NULL;
    done->to_digest = text_copy(c->arena, text_of(result->digest), err);
    c->out->n_acts++;
    return done->to_digest ? result : (subject_close(result), NULL);
}
