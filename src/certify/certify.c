/* The circle: see certify.h. */
#include "certify/certify_internal.h"

#include "record/certificate.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool certify_stage_read(const char *name, enum certify_stage *out, struct error *err) {
    static const char *const names[] = {"set", "formalize", "measure", "act"};
    for (size_t i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0) return *out = (enum certify_stage)i, true;
    const char *near = text_nearest(text_of(name), names, 4);
    return error_set(err, ERROR_USAGE, "--until: expected set, formalize, measure or act, found '%s'%s%s%s", name,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

void certificate_done(struct certificate *certificate) {
    json_decref(certificate->document);
    certificate->document = NULL;
}

void certify_tell(const struct certifying *c, const char *format, ...) {
    char line[1024];
    va_list args;
    if (!c->s->tell) return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    c->s->tell(c->s->context, line);
}

/* ---- rounds */

static bool judge(struct certifying *c, const struct run_result *result, struct certify_round *round,
                  struct error *err) {
    static const struct policy_context nothing = {{NULL, 0}};
    struct policy_measured *measured = arena_new(c->arena, struct policy_measured, 1, err);
    if (!measured) return false;
    c->s->lend(c->s->names, &c->confidence, result->figures, result->n_figures, c->s->as_of, measured);
    return policy_judge(c->policy, c->s->use ? c->s->use : &nothing, measured, c->arena, &round->result, err);
}

static bool open_round(struct certifying *c, const struct standing *now, struct task_slice slice,
                       struct run_result *result, struct error *err) {
    struct certify_round *round = &c->out->rounds[c->out->n_rounds];
    *round = (struct certify_round){
        .slice = slice, .subject = text_copy(c->arena, text_of(now->subject->spec), err), .broken = SIZE_MAX};
    certify_tell(c, "measure %s on part %u of %u", now->subject->spec, slice.index, slice.of);
    if (!certify_measure(c, now->subject, slice, result, err)) return false;
    round->run = text_copy(c->arena, text_of(result->run.name), err);
    round->run_id = result->run.id;
    round->digest = text_copy(c->arena, text_of(now->subject->digest), err);
    return round->subject && round->run && round->digest && judge(c, result, round, err) && ++c->out->n_rounds;
}

/* What the acts changed, on the fresh items: every task, not only those that they were for. */
static bool compare(struct certifying *c, struct certify_round *round, struct error *err) {
    const char *names[] = {round->before, round->run};
    struct compare_use use;
    struct comparison *change = arena_new(c->arena, struct comparison, 1, err);
    struct compare_settings settings = {.confidence = c->confidence,
                                        .bootstrap = c->s->run.figures.bootstrap,
                                        .seed = c->s->run.figures.seed,
                                        .correct = "holm"};
    round->change = change;
    return change && compare_use_parse("paired", c->arena, &use, err) &&
           compare_runs(c->record, names, 2, &use, 1, &settings, c->arena, change, err) &&
           compare_keep(change, c->record, err);
}

static bool measure_change(struct certifying *c, const struct standing *before, const struct standing *now,
                           struct task_slice slice, struct error *err) {
    struct run_result first, second;
    certify_tell(c, "measure %s on part %u of %u, to compare", before->subject->spec, slice.index, slice.of);
    if (!certify_leaks(c, slice, err) || !certify_measure(c, before->subject, slice, &first, err)) return false;
    const char *name = text_copy(c->arena, text_of(first.run.name), err);
    if (!name || !open_round(c, now, slice, &second, err)) return false;
    struct certify_round *round = &c->out->rounds[c->out->n_rounds - 1];
    round->before = name;
    return compare(c, round, err);
}

/* ---- acting */

static struct certify_round *newest_round(const struct certifying *c) {
    return &c->out->rounds[c->out->n_rounds - 1];
}

static struct certify_round *standing_round(const struct certifying *c) {
    return &c->out->rounds[c->out->standing];
}

/* The first goal that was met before and is violated now; SIZE_MAX: none. */
static size_t broken_goal(const struct certifying *c, const struct certify_round *before,
                          const struct certify_round *now) {
    for (size_t i = 0; i < c->policy->n_goals; i++)
        if (before->result.verdicts[i] == POLICY_MET && now->result.verdicts[i] == POLICY_VIOLATED) return i;
    return SIZE_MAX;
}

static bool spend(struct certifying *c, struct error *err) {
    bool ok = record_begin(c->record, err) && record_spend(c->record, newest_round(c)->run_id, "tune", err) &&
              record_commit(c->record, err);
    if (!ok) record_rollback(c->record);
    return ok;
}

/* One act after the other; each is done to what the one before it made. */
static bool apply_set(struct certifying *c, uint64_t set, const struct standing *from, struct standing *to,
                      struct error *err) {
    unsigned round = (unsigned)c->out->n_rounds - 1;
    *to = *from;
    to->own = false;
    for (size_t i = 0; i < c->policy->n_acts; i++) {
        if (!(set >> i & 1)) continue;
        struct standing next;
        bool ok = certify_apply(c, i, to, round, &next, err);
        if (to->own) subject_close(to->subject);
        if (!ok) return false;
        *to = next;
    }
    return true;
}

static bool name_set(struct certifying *c, uint64_t set, const char **out, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    for (size_t i = 0; i < c->policy->n_acts; i++)
        if (set >> i & 1) buffer_printf(&b, "%s%s", buffer_text(&b).len ? ", " : "", c->policy->acts[i].name);
    *out = buffer_check(&b, "acts", err) ? text_copy(c->arena, buffer_text(&b), err) : NULL;
    buffer_done(&b);
    return *out != NULL;
}

/* What the acts made stands, or is undone because it broke something. */
static void settle(struct certifying *c, struct standing *now, struct standing *next) {
    struct certify_round *made = newest_round(c);
    made->broken = broken_goal(c, standing_round(c), made);
    if (made->broken != SIZE_MAX) {
        certify_tell(c, "undone: goal '%s' was met before and is violated now", c->policy->goals[made->broken].id);
        if (next->own) subject_close(next->subject);
        return;
    }
    if (now->own) subject_close(now->subject);
    *now = *next;
    c->out->standing = c->out->n_rounds - 1;
}

/* One more round: 1 it was made, 0 there is nothing to be tried, -1 an error. */
static int act_once(struct certifying *c, struct standing *now, uint64_t *used, struct error *err) {
    struct standing next;
    struct task_slice slice;
    uint64_t set = certify_choose(&standing_round(c)->result, *used);
    if (!set) return 0;
    if (!c->s->act || c->s->until < CERTIFY_ACT) return name_set(c, set, &c->out->proposed, err) ? 0 : -1;
    if (newest_round(c)->slice.index >= c->slices) return 0;
    if (!spend(c, err) || !apply_set(c, set, now, &next, err)) return -1;
    if (!certify_fresh_slice(c, next.subject, newest_round(c)->slice.index, &slice, err) ||
        !measure_change(c, now, &next, slice, err)) {
        if (next.own) subject_close(next.subject);
        return -1;
    }
    settle(c, now, &next);
    *used |= set;
    return 1;
}

static bool go_round(struct certifying *c, struct subject *subject, struct error *err) {
    struct standing now = {.subject = subject, .spec = subject->spec};
    struct task_slice slice;
    struct run_result result;
    uint64_t used = 0;
    int more = 1;
    bool ok = certify_fresh_slice(c, subject, 0, &slice, err) && open_round(c, &now, slice, &result, err);
    while (ok && more == 1 && standing_round(c)->result.verdict != POLICY_MET) {
        more = act_once(c, &now, &used, err);
        ok = more >= 0;
    }
    if (now.own) subject_close(now.subject);
    return ok;
}

bool certify(struct record *record, const struct policy *policy, struct subject *subject,
             const struct certify_settings *settings, struct arena *arena, struct certificate *out, struct error *err) {
    struct certifying c = {.record = record, .policy = policy, .s = settings, .arena = arena, .out = out};
    *out = (struct certificate){.acts = arena_new(arena, struct certify_act, policy->n_acts + 1, err)};
    if (!out->acts || !certify_plan(&c, err) || !go_round(&c, subject, err)) return false;
    out->verdict = standing_round(&c)->result.verdict;
    return certify_document(&c, err);
}
