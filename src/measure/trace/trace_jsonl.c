/* Trace JSONL, our own: one span a line. See trace.h and docs/trace.md. */
#include "measure/trace/trace_internal.h"

#include <string.h>

static bool is_span(const json_t *value) {
    return json_is_string(json_object_get(value, "trace")) && json_object_get(value, "span");
}

bool trace_link(const json_t *span, struct text prev, char hex[HASH_HEX], struct error *err) {
    struct buffer b;
    json_t *bare = json_copy((json_t *)span);
    if (!bare) return error_memory(err, "span");
    json_object_del(bare, "prev");
    json_object_del(bare, "hash");
    buffer_init(&b, TRACE_LINE_MOST);
    buffer_put_text(&b, prev);
    buffer_put_char(&b, '\n');
    json_put_canonical(&b, bare);
    bool ok = buffer_check(&b, "span", err);
    if (ok) sha256_hex(b.at, b.len, hex);
    buffer_done(&b);
    json_decref(bare);
    return ok;
}

void trace_signature(struct text from, struct text to, struct text what, char hex[HASH_HEX]) {
    const struct text parts[] = {from, TEXT("\n"), to, TEXT("\n"), what};
    struct sha256 sha;
    sha256_init(&sha);
    for (size_t i = 0; i < 5; i++)
        if (parts[i].len) sha256_add(&sha, parts[i].at, parts[i].len);
    sha256_end_hex(&sha, hex);
}

struct taking {
    struct trace_reader *r;
    const json_t *span;
    struct trace_place place;
    bool good;
    struct error *err;
};

static bool text_at(struct taking *t, const json_t *object, const char *key, struct text *out) {
    return trace_member(t->r, object, key, t->place, out, &t->good, t->err);
}

static bool bad(struct taking *t, const char *key, const char *expected) {
    t->good = false;
    return trace_bad(t->r, t->place, t->err, "field '%s': expected %s", key, expected);
}

static bool take_texts(struct taking *t, struct trace_span *s) {
    const struct {
        const char *key;
        struct text *to;
    } members[] = {{"span", &s->id},
                   {"agent", &s->agent},
                   {"version", &s->version},
                   {"op", &s->op},
                   {"model", &s->model},
                   {"goal", &s->goal},
                   {"to", &s->to},
                   {"from", &s->from},
                   {"key", &s->key},
                   {"approval", &s->approval},
                   {"signature", &s->signature}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (!text_at(t, t->span, members[i].key, members[i].to)) return false;
    return trace_keep_json(t->r, json_object_get(t->span, "in"), &s->in, &s->cut, t->err) &&
           trace_keep_json(t->r, json_object_get(t->span, "out"), &s->out, &s->cut, t->err);
}

static bool take_times(struct taking *t, struct trace_span *s) {
    const json_t *t1 = json_object_get(t->span, "t1");
    if (!trace_time(t->r, json_object_get(t->span, "t0"), "t0", t->place, &s->t0, &t->good, t->err)) return false;
    if (t1) return trace_time(t->r, t1, "t1", t->place, &s->t1, &t->good, t->err);
    s->t1 = s->t0; /* an end that was never written: R13 */
    return true;
}

static bool take_marks(struct taking *t, struct trace_span *s) {
    struct text trust, status;
    const json_t *sensitive = json_object_get(t->span, "sensitive");
    if (!text_at(t, t->span, "trust", &trust) || !text_at(t, t->span, "status", &status)) return false;
    if (text_equal_c(trust, "untrusted"))
        s->trust = TRACE_UNTRUSTED;
    else if (text_equal_c(trust, "trusted"))
        s->trust = TRACE_TRUSTED;
    else if (trust.len && !text_equal_c(trust, "unknown") && !bad(t, "trust", "trusted, untrusted or unknown"))
        return false;
    if (text_equal_c(status, "ok"))
        s->outcome = TRACE_OK;
    else if (text_equal_c(status, "error"))
        s->outcome = TRACE_FAILED;
    else if (status.len && !text_equal_c(status, "unset") && !bad(t, "status", "ok, error or unset"))
        return false;
    if (sensitive && !json_is_boolean(sensitive) && !bad(t, "sensitive", "true or false")) return false;
    s->sensitive = json_is_true(sensitive);
    return true;
}

static bool take_grant(struct taking *t, struct trace_span *s) {
    json_t *grant = json_object_get(t->span, "grant"), *one;
    size_t i;
    bool cut = false;
    if (!grant || json_is_null(grant)) return true;
    if (!json_is_array(grant)) return bad(t, "grant", "a list of tools");
    s->has_grant = true;
    s->grant = arena_new(t->r->arena, struct text, json_array_size(grant) + 1, t->err);
    if (!s->grant) return false;
    json_array_foreach(grant, i, one) {
        if (!json_is_string(one)) return bad(t, "grant", "names of tools");
        if (!trace_keep(t->r, json_text(one), &s->grant[s->n_grant++], &cut, t->err)) return false;
    }
    return true;
}

static bool take_effect(struct taking *t, const json_t *tool, struct trace_span *s) {
    json_t *effect = json_object_get(tool, "effect"), *one;
    size_t i;
    unsigned bits;
    if (!effect) return s->effects = trace_effects_of(s->tool), true;
    if (json_is_string(effect))
        return trace_effect_named(json_text(effect), &s->effects) || bad(t, "tool.effect", "a known effect");
    if (!json_is_array(effect)) return bad(t, "tool.effect", "an effect or a list of them");
    json_array_foreach(effect, i, one) {
        if (!trace_effect_named(json_text(one), &bits)) return bad(t, "tool.effect", "known effects");
        s->effects |= bits;
    }
    return true;
}

static bool take_tool(struct taking *t, struct trace_span *s) {
    const json_t *tool = json_object_get(t->span, "tool"), *ok = json_object_get(tool, "ok");
    if (!tool || json_is_null(tool)) return true;
    if (!json_is_object(tool)) return bad(t, "tool", "an object");
    if (!text_at(t, tool, "name", &s->tool)) return false;
    if (s->tool.len == 0 && !bad(t, "tool.name", "the name of a tool")) return false;
    if (!text_at(t, tool, json_object_get(tool, "hash") ? "hash" : "version", &s->tool_mark)) return false;
    if (ok && !json_is_null(ok) && !json_is_boolean(ok) && !bad(t, "tool.ok", "true or false")) return false;
    s->ok = json_is_boolean(ok) ? json_is_true(ok) : -1;
    return trace_keep_json(t->r, json_object_get(tool, "args"), &s->in, &s->cut, t->err) &&
           trace_keep_json(t->r, json_object_get(tool, "result"), &s->out, &s->cut, t->err) && take_effect(t, tool, s);
}

static bool take_chain(struct taking *t, struct trace_draft *d, struct trace_span *s) {
    struct text prev, hash;
    char hex[HASH_HEX];
    if (!text_at(t, t->span, "prev", &prev) || !text_at(t, t->span, "hash", &hash)) return false;
    if (!hash.len && !prev.len) {
        s->chain = d->hash[0] ? TRACE_BROKEN : TRACE_UNCHAINED; /* a chain that was begun goes on */
        return true;
    }
    if (!trace_link(t->span, prev, hex, t->err)) return false;
    s->chain = text_equal_c(hash, hex) && text_equal_c(prev, d->hash) ? TRACE_CHAINED : TRACE_BROKEN;
    snprintf(d->hash, sizeof d->hash, "%.*s", (int)(hash.len < 64 ? hash.len : 64), hash.at ? hash.at : "");
    return true;
}

static bool take_span(struct trace_reader *r, const json_t *value, struct trace_place place, struct error *err) {
    struct taking t = {.r = r, .span = value, .place = place, .good = true, .err = err};
    struct trace_span s = {.parent = SIZE_MAX, .ok = -1, .line = place.line};
    struct text id, parent;
    if (!text_at(&t, value, "trace", &id) || !text_at(&t, value, "parent", &parent) || !take_texts(&t, &s) ||
        !take_times(&t, &s) || !take_marks(&t, &s) || !take_grant(&t, &s) || !take_tool(&t, &s))
        return false;
    if (s.id.len == 0 && !bad(&t, "span", "the id of a span")) return false;
    if (!t.good) return true; /* told, and left out */
    if (!json_object_get(value, "t1")) s.outcome = TRACE_OPEN;
    struct trace_draft *d = trace_draft_of(r, id, err);
    if (!d || !take_chain(&t, d, &s)) return false;
    struct trace_span *to = trace_draft_span(r, d, parent, err);
    if (!to) return false;
    *to = s;
    return true;
}

const struct trace_form trace_form_jsonl = {.name = "jsonl", .is = is_span, .take = take_span};
