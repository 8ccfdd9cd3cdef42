/* Shares by pillar, CSS and TUE of one trace: see audit.h. */
#include "measure/trace/audit_internal.h"

#include <string.h>

static const struct audit_share pillars[AUDIT_PILLARS] = {
    {"explainability", "sentences of answers that a tool or a source shows", "no answer beside a tool or a source", 0,
     0},
    {"modelops", "spans of agents with a version, and calls of models with a name",
     "logs of steps have no place for them", 0, 0},
    {"security", "calls that act, within their grant and free of untrusted text", "no call that acts", 0, 0},
    {"privacy", "texts sent out in which no secret was seen", "nothing was sent out", 0, 0},
    {"governance", "spans with an agent, a parent that is there, an outcome, and a link that holds", "no span", 0, 0},
};
enum { EXPLAINABILITY, MODELOPS, SECURITY, PRIVACY, GOVERNANCE };

struct scoring {
    struct audit_run *run;
    struct audit_result *r;
    struct shingles *in, *out; /* by span, made when they are asked for */
    bool *has_in, *has_out;
};

static bool shingles_in(struct scoring *s, size_t i, struct error *err) {
    if (s->has_in[i]) return true;
    s->has_in[i] = true;
    return shingles_of(s->run->t->spans[i].in, s->run->arena, &s->in[i], err);
}

static bool shingles_out(struct scoring *s, size_t i, struct error *err) {
    if (s->has_out[i]) return true;
    s->has_out[i] = true;
    return shingles_of(s->run->t->spans[i].out, s->run->arena, &s->out[i], err);
}

static bool is_source(const struct trace_span *s) {
    return (s->tool.len || text_equal_c(s->op, "retrieval")) && s->out.len;
}

/* Does a tool or a source before span `before` show this text? */
static bool supported(struct scoring *s, const struct shingles *of, size_t before, bool *is, struct error *err) {
    *is = false;
    for (size_t i = before, n = 0; i-- > 0 && !*is && n < AUDIT_USE;) {
        if (!is_source(&s->run->t->spans[i])) continue;
        n++;
        if (!shingles_out(s, i, err)) return false;
        *is = shingles_reach(of, &s->out[i], TAINT_CONTAINED);
    }
    return true;
}

/* ---- pillars */

static bool add_answer(struct scoring *s, struct error *err) {
    size_t answer = audit_answer(s->run->t);
    struct text rest = answer == SIZE_MAX ? (struct text){0} : s->run->t->spans[answer].out, one;
    size_t all = s->run->t->n, sources = 0;
    for (size_t i = 0; i < all; i++) sources += is_source(&s->run->t->spans[i]);
    if (!sources) return true; /* a log that keeps none shows nothing either way */
    while (text_next(&rest, '\n', &one)) {
        while (one.len) {
            size_t end = text_find(one, TEXT(". "), 0);
            struct text sentence = text_trim(text_part(one, 0, end == SIZE_MAX ? one.len : end + 1));
            struct shingles of;
            bool is;
            one = end == SIZE_MAX ? (struct text){0} : text_part(one, end + 2, one.len);
            if (sentence.len < 8) continue;
            if (!shingles_of(sentence, s->run->arena, &of, err) || !supported(s, &of, all, &is, err)) return false;
            s->r->shares[EXPLAINABILITY].n++;
            s->r->shares[EXPLAINABILITY].k += is;
        }
    }
    return true;
}

static bool add_span(struct scoring *s, size_t i, struct error *err) {
    struct audit_share *shares = s->r->shares;
    const struct trace_span *x = &s->run->t->spans[i];
    bool model = text_equal_c(x->op, "chat") || text_equal_c(x->op, "text_completion");
    size_t at, len;
    (void)err;
    if (s->run->t->clock && (x->agent.len || model)) {
        shares[MODELOPS].n++;
        shares[MODELOPS].k += x->version.len && (!model || x->model.len);
    }
    if (x->tool.len && x->effects & EFFECTS_ACT) {
        const struct trace_span *grant = audit_grant(s->run->t, i);
        bool tainted = s->run->taint.nodes[2 * i].tainted && !x->approval.len;
        shares[SECURITY].n++;
        shares[SECURITY].k += !tainted && (!grant || audit_granted(grant, x->tool));
    }
    if (x->effects & EFFECT_SEND) {
        shares[PRIVACY].n++;
        shares[PRIVACY].k += !secrets_find(s->run->audit->secrets, x->in, &at, &len);
    }
    bool open = x->outcome == TRACE_OPEN && !x->out.len && x->ok < 0 && (x->tool.len || x->t1 == x->t0);
    shares[GOVERNANCE].n++;
    shares[GOVERNANCE].k += x->agent.len && !x->orphan && !open && x->chain != TRACE_BROKEN;
    s->r->chained += x->chain == TRACE_CHAINED;
    return true;
}

/* ---- CSS */

/* How much of a message is found in the next texts of who got it. */
static bool uptake(struct scoring *s, size_t from, const struct shingles *message, struct text to, size_t after,
                   double *u, struct error *err) {
    const struct trace *t = s->run->t;
    *u = 0;
    size_t end = t->n - after < AUDIT_LOOK ? t->n : after + AUDIT_LOOK;
    for (size_t j = after, n = 0; j < end && n < AUDIT_UPTAKE; j++) {
        bool could_see = t->spans[j].t0 >= t->spans[from].t1 || j == t->spans[from].parent;
        if (j == from || !could_see || !text_equal(t->spans[j].agent, to)) continue;
        if (!shingles_out(s, j, err) || (t->spans[j].tool.len && !shingles_in(s, j, err))) return false;
        double c = shingles_contained(message, &s->out[j]);
        double d = t->spans[j].tool.len ? shingles_contained(message, &s->in[j]) : 0;
        if (c > *u) *u = c;
        if (d > *u) *u = d;
        n++;
    }
    return true;
}

/* How many spans have begun when span `from` has ended: what it says can stand on those. */
static size_t begun_by(const struct trace *t, size_t from) {
    size_t low = from + 1, high = t->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->spans[middle].t0 <= t->spans[from].t1)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool add_message(struct scoring *s, size_t from, struct text what, struct text to, size_t after,
                        struct error *err) {
    struct audit_run *run = s->run;
    struct shingles of;
    size_t result, by = begun_by(run->t, from);
    double u;
    bool is = false;
    if (!what.len || !to.len || text_equal(to, run->t->spans[from].agent)) return true;
    if (!shingles_of(what, run->arena, &of, err) || !uptake(s, from, &of, to, after, &u, err)) return false;
    bool against = audit_contradicts(run->t, by, what, &result);
    if (!against && !supported(s, &of, by, &is, err)) return false;
    run->of_trace.css.sum += u * (against ? 0 : is ? 1 : 0.5);
    run->of_trace.css.n++;
    run->audit->contradicted += against;
    s->r->messages++;
    return true;
}

/* Messages that say to whom, what a child gives back to who called it, and of a log without addressees what each says
 * to the next. */
static bool add_messages(struct scoring *s, struct error *err) {
    const struct trace *t = s->run->t;
    for (size_t i = 0; i < t->n; i++) {
        const struct trace_span *x = &t->spans[i];
        if (x->tool.len || !x->agent.len) continue;
        size_t p = x->parent;
        bool ok = true;
        if (x->to.len)
            ok = add_message(s, i, x->out.len ? x->out : x->in, x->to, i + 1, err);
        else if (!t->clock && i + 1 < t->n)
            ok = add_message(s, i, x->out, t->spans[i + 1].agent, i + 1, err);
        else if (p != SIZE_MAX && t->spans[p].agent.len && !text_equal(t->spans[p].agent, x->agent))
            ok = add_message(s, i, x->out, t->spans[p].agent, p, err);
        if (!ok) return false;
    }
    return true;
}

/* ---- TUE */

static bool obeys_schema(struct scoring *s, const struct trace_span *x, bool *is, struct error *err) {
    const struct tool_spec *spec = s->run->audit->settings.tools;
    const json_t *function = NULL;
    const char *why = NULL;
    *is = x->in.len > 1 && x->in.at[0] == '{' && x->in.at[x->in.len - 1] == '}';
    for (size_t i = 0; spec && *is && i < spec->n_tools && !function; i++)
        if (text_equal(spec->tools[i].name, x->tool)) function = spec->tools[i].function;
    if (!function) return true;
    struct error quiet;
    json_t *arguments = json_read(x->in, "arguments", 1, &quiet);
    bool ok = !arguments || schema_obeyed(json_object_get(function, "parameters"), arguments, s->run->arena, &why, err);
    *is = arguments && !why;
    json_decref(arguments);
    return ok;
}

/* Was there no call like it, with this result, before? slots: calls by key, index + 1. */
static bool is_new(const struct trace *t, size_t i, uint32_t *slots, size_t mask) {
    const struct trace_span *x = &t->spans[i];
    uint64_t key = hash_xxh3(x->in.at ? x->in.at : "", x->in.len) ^ hash_xxh3(x->tool.at, x->tool.len);
    size_t at = key & mask;
    for (; slots[at]; at = (at + 1) & mask) {
        const struct trace_span *y = &t->spans[slots[at] - 1];
        if (text_equal(x->tool, y->tool) && text_equal(x->in, y->in) && text_equal(x->out, y->out)) return false;
    }
    slots[at] = (uint32_t)(i + 1);
    return true;
}

static bool is_used(struct scoring *s, size_t i, bool *is, struct error *err) {
    const struct trace *t = s->run->t;
    struct text token, none = {0};
    size_t answer = audit_answer(t);
    *is = false;
    if (!t->spans[i].out.len) return true;
    if (!shingles_out(s, i, err)) return false;
    size_t end = t->n - i <= AUDIT_USE ? t->n : i + AUDIT_USE;
    for (size_t j = i + 1; j <= end && !*is; j++) {
        bool last = j == end;
        size_t at = last ? answer : j;
        if (at == SIZE_MAX || at == i) continue;
        const struct trace_span *x = &t->spans[at];
        if (!last && x->tool.len) {
            if (!shingles_in(s, at, err)) return false;
            *is = shingles_reach(&s->out[i], &s->in[at], TAINT_CONTAINED) ||
                  taint_token(t->spans[i].out, x->in, none, &token);
        } else if (x->out.len) {
            if (!shingles_out(s, at, err)) return false;
            *is = shingles_reach(&s->out[i], &s->out[at], TAINT_CONTAINED) ||
                  taint_token(x->out, t->spans[i].out, none, &token);
        }
    }
    return true;
}

static bool add_call(struct scoring *s, size_t i, bool fresh, struct error *err) {
    const struct trace_span *x = &s->run->t->spans[i], *grant = audit_grant(s->run->t, i);
    bool obeys, used, chosen = !grant || audit_granted(grant, x->tool);
    if (!obeys_schema(s, x, &obeys, err) || !is_used(s, i, &used, err)) return false;
    bool well = x->ok != 0 && x->outcome != TRACE_FAILED;
    s->run->of_trace.tue.sum += chosen && obeys && well && fresh ? (used ? 1 : 0.5) : 0;
    s->run->of_trace.tue.n++;
    s->r->additive.sum += 0.5 * chosen + 0.3 * obeys + 0.2 * fresh;
    s->r->additive.n++;
    return true;
}

static bool add_calls(struct scoring *s, struct error *err) {
    const struct trace *t = s->run->t;
    size_t room = 64;
    while (room < 2 * t->n) room *= 2;
    uint32_t *slots = arena_new(s->run->arena, uint32_t, room, err);
    if (!slots) return false;
    for (size_t i = 0; i < t->n; i++)
        if (t->spans[i].tool.len && !add_call(s, i, is_new(t, i, slots, room - 1), err)) return false;
    return true;
}

/* ---- */

static size_t count_names(const struct trace *t, bool tools) {
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        struct text name = tools ? t->spans[i].tool : t->spans[i].agent;
        bool known = !name.len;
        for (size_t k = 0; k < i && !known; k++) known = text_equal(name, tools ? t->spans[k].tool : t->spans[k].agent);
        n += !known;
    }
    return n;
}

bool audit_score(struct audit_run *run, struct error *err) {
    struct audit_result *r = &run->audit->result;
    size_t n = run->t->n;
    struct scoring s = {.run = run, .r = r};
    s.in = arena_new(run->arena, struct shingles, 2 * n + 1, err);
    s.has_in = arena_new(run->arena, bool, 2 * n + 1, err);
    if (!s.in || !s.has_in) return false;
    s.out = s.in + n;
    s.has_out = s.has_in + n;
    for (size_t i = 0; i < AUDIT_PILLARS; i++) {
        r->shares[i].pillar = pillars[i].pillar;
        r->shares[i].what = pillars[i].what;
        r->shares[i].why = pillars[i].why;
    }
    for (size_t i = 0; i < n; i++)
        if (!add_span(&s, i, err)) return false;
    if (!add_answer(&s, err) || !add_messages(&s, err) || !add_calls(&s, err)) return false;
    r->css.sum += run->of_trace.css.sum;
    r->css.n += run->of_trace.css.n;
    r->tue.sum += run->of_trace.tue.sum;
    r->tue.n += run->of_trace.tue.n;
    r->agents += count_names(run->t, false);
    r->tools += count_names(run->t, true);
    r->sources += run->taint.sources;
    r->coarse += run->taint.too_many;
    for (size_t i = 0; i < run->taint.n; i++) r->tainted += run->taint.nodes[i].tainted;
    return true;
}
