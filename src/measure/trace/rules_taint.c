/* Rules about what somebody untrusted wrote, and about what must not leave: R01, R04, R08, R09. */
#include "measure/trace/audit_internal.h"

#include <ctype.h>
#include <string.h>

#define SECRET_BITS 20.0

static bool tainted_in(const struct audit_run *run, size_t at) {
    return run->taint.nodes[2 * at].tainted && !run->taint.nodes[2 * at].source;
}

/* Tools with one of these effects whose arguments are tainted, and which nobody approved. */
static bool tell_tainted(struct audit_run *run, unsigned effects, const char *what, struct error *err) {
    for (size_t i = 0; i < run->t->n; i++) {
        const struct trace_span *s = &run->t->spans[i];
        if (!s->tool.len || !(s->effects & effects) || s->approval.len || !tainted_in(run, i)) continue;
        if (!audit_tell_taint(run, i, 2 * i, err, "%s '%.80s', which nobody approved", what, s->tool.at)) return false;
    }
    return true;
}

bool rule_tainted_act(struct audit_run *run, struct error *err) {
    return tell_tainted(run, EFFECTS_ACT, "untrusted text is among the arguments of", err);
}

bool rule_tainted_code(struct audit_run *run, struct error *err) {
    return tell_tainted(run, EFFECT_EXECUTE, "untrusted text is executed by", err);
}

bool rule_tainted_memory(struct audit_run *run, struct error *err) {
    const struct trace *t = run->t;
    for (size_t i = 0; i < t->n; i++) {
        if (!(t->spans[i].effects & EFFECT_REMEMBER) || !t->spans[i].key.len || !tainted_in(run, i)) continue;
        for (size_t j = i + 1; j < t->n; j++) {
            const struct trace_span *s = &t->spans[j];
            if (s->effects & EFFECT_REMEMBER && text_equal(s->key, t->spans[i].key)) break; /* written again */
            if (!(s->effects & EFFECT_RECALL) || !text_equal(s->key, t->spans[i].key) ||
                text_equal(s->agent, t->spans[i].agent) || !audit_before(t, i, j))
                continue;
            if (!audit_tell_taint(run, j, 2 * i, err, "'%.80s' reads from the memory what '%.80s' had from elsewhere",
                                  s->agent.len ? s->agent.at : "?", t->spans[i].agent.len ? t->spans[i].agent.at : "?"))
                return false;
            break;
        }
    }
    return true;
}

/* A word of what was read as a secret, with a digit and at least 20 bits, as it is among the arguments and not in what
 * the user asked; or half of the secret: a fifth of it is the words around. */
static bool shows_secret(const struct audit_run *run, size_t from, size_t at, bool *is, struct error *err) {
    const struct trace *t = run->t;
    struct text secret = t->spans[from].out, arguments = t->spans[at].in, asked = t->spans[0].in;
    double c = 0;
    *is = false;
    for (size_t i = 0; i < secret.len && !*is;) {
        size_t begin = i;
        bool digit = false;
        for (; i < secret.len && !strchr(" \t\n\r\"',:;{}[]()", secret.at[i]); i++)
            digit = digit || isdigit((unsigned char)secret.at[i]);
        struct text word = text_part(secret, begin, i);
        *is = digit && taint_stands_in(word, SECRET_BITS, arguments) && text_find(asked, word, 0) == SIZE_MAX;
        if (i == begin) i++;
    }
    if (*is || !taint_contained(secret, arguments, run->arena, &c, err)) return *is;
    *is = c >= 0.5;
    return true;
}

/* Did something secret that was read before get into these arguments? */
static bool leaks(const struct audit_run *run, size_t at, size_t *from, bool *is, struct error *err) {
    const struct trace *t = run->t;
    *is = false;
    for (size_t i = 0; i < at && !*is; i++) {
        const struct trace_span *s = &t->spans[i];
        if (!s->sensitive || (s->effects & EFFECTS_ACT) || !s->out.len || !audit_before(t, i, at)) continue;
        if (!shows_secret(run, i, at, is, err)) return false;
        *from = i;
    }
    return true;
}

bool rule_secret(struct audit_run *run, struct error *err) {
    for (size_t i = 0; i < run->t->n; i++) {
        const struct trace_span *s = &run->t->spans[i];
        size_t at, len, from = 0;
        bool is;
        if (!(s->effects & EFFECT_SEND) || !s->in.len) continue;
        const char *what = secrets_find(run->audit->secrets, s->in, &at, &len);
        if (what && !audit_tell(run, i, &i, 1, err, "the arguments of '%.80s' hold %s: '%.*s...'", s->tool.at, what,
                                SECRET_SHOWN, s->in.at + at))
            return false;
        if (what) continue;
        if (!leaks(run, i, &from, &is, err)) return false;
        const size_t way[] = {from, i};
        if (is && !audit_tell(run, i, way, 2, err, "'%.80s' sends what was read as a secret", s->tool.at)) return false;
    }
    return true;
}
