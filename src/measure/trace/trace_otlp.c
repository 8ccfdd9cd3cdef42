/* OTLP/JSON: resourceSpans[].scopeSpans[].spans[] with the GenAI attributes of OpenTelemetry and ours (basanite.*).
 * Attributes become the members of a span of Trace JSONL, in one table with the older names; what is not in it is left
 * alone. Texts that hold JSON (arguments of tools) are read as JSON. */
#include "measure/trace/trace_internal.h"

#include <string.h>

enum { VALUE_DEPTH_MOST = 16 };

/* "tool.name": a member of the member tool. */
static const struct {
    struct text attribute;
    const char *member;
} names[] = {
    {TEXT("gen_ai.agent.name"), "agent"},
    {TEXT("gen_ai.agent.id"), "agent"},
    {TEXT("gen_ai.agent.version"), "version"},
    {TEXT("gen_ai.operation.name"), "op"},
    {TEXT("gen_ai.response.model"), "model"},
    {TEXT("gen_ai.request.model"), "model"},
    {TEXT("gen_ai.input.messages"), "in"},
    {TEXT("gen_ai.prompt"), "in"},
    {TEXT("gen_ai.retrieval.query.text"), "in"},
    {TEXT("gen_ai.output.messages"), "out"},
    {TEXT("gen_ai.completion"), "out"},
    {TEXT("gen_ai.retrieval.documents"), "out"},
    {TEXT("gen_ai.tool.name"), "tool.name"},
    {TEXT("gen_ai.tool.call.arguments"), "tool.args"},
    {TEXT("gen_ai.tool.call.result"), "tool.result"},
    {TEXT("basanite.trust"), "trust"},
    {TEXT("basanite.grant"), "grant"},
    {TEXT("basanite.approval"), "approval"},
    {TEXT("basanite.sensitive"), "sensitive"},
    {TEXT("basanite.goal"), "goal"},
    {TEXT("basanite.to"), "to"},
    {TEXT("basanite.from"), "from"},
    {TEXT("basanite.key"), "key"},
    {TEXT("basanite.signature"), "signature"},
    {TEXT("basanite.tool.ok"), "tool.ok"},
    {TEXT("basanite.tool.effect"), "tool.effect"},
    {TEXT("basanite.tool.version"), "tool.version"},
    {TEXT("basanite.tool.hash"), "tool.hash"},
    {TEXT("basanite.prev"), "prev"},
    {TEXT("basanite.hash"), "hash"},
};
enum { NAMES = sizeof names / sizeof *names };

static bool is_otlp(const json_t *value) {
    return json_is_array(json_object_get(value, "resourceSpans"));
}

/* The value of an attribute as plain JSON; NULL: a type that OTLP does not have. New. */
static json_t *plain(const json_t *value, size_t depth) {
    json_t *one, *list;
    size_t i;
    int64_t number;
    if (depth > VALUE_DEPTH_MOST) return NULL;
    if (json_is_string(one = json_object_get(value, "stringValue"))) return json_incref(one);
    if (json_is_boolean(one = json_object_get(value, "boolValue"))) return json_incref(one);
    if (json_is_number(one = json_object_get(value, "doubleValue"))) return json_incref(one);
    one = json_object_get(value, "intValue");
    if (json_is_integer(one)) return json_incref(one);
    if (json_is_string(one)) return text_to_i64(json_text(one), &number) ? json_integer(number) : NULL;
    if (json_is_object(one = json_object_get(value, "arrayValue"))) {
        json_t *from = json_object_get(one, "values"), *item;
        list = json_array();
        json_array_foreach(from, i, item) {
            json_t *p = plain(item, depth + 1);
            if (!p) return json_decref(list), NULL;
            json_array_append_new(list, p);
        }
        return list;
    }
    if (json_is_object(one = json_object_get(value, "kvlistValue"))) {
        json_t *from = json_object_get(one, "values"), *item;
        list = json_object();
        json_array_foreach(from, i, item) {
            json_t *p = plain(json_object_get(item, "value"), depth + 1);
            const json_t *key = json_object_get(item, "key");
            if (!p || !json_is_string(key)) return json_decref(p), json_decref(list), NULL;
            json_object_set_new(list, json_string_value(key), p);
        }
        return list;
    }
    return json_is_object(value) && json_object_size(value) == 0 ? json_null() : NULL;
}

static void set_member(json_t *span, const char *member, json_t *value) {
    const char *dot = strchr(member, '.');
    if (!dot) {
        json_object_set_new(span, member, value);
        return;
    }
    json_t *tool = json_object_get(span, "tool");
    if (!tool) {
        tool = json_object();
        json_object_set_new(span, "tool", tool);
    }
    json_object_set_new(tool, dot + 1, value);
}

static bool has_member(const json_t *span, const char *member) {
    const char *dot = strchr(member, '.');
    return dot ? json_object_get(json_object_get(span, "tool"), dot + 1) != NULL
               : json_object_get(span, member) != NULL;
}

/* A text that holds an object or a list, as that. */
static json_t *unpacked(json_t *value) {
    struct text t = json_text(value);
    struct error quiet = {0};
    if (t.len < 2 || (t.at[0] != '{' && t.at[0] != '[')) return value;
    json_t *read = json_read(t, "arguments", 1, &quiet);
    if (!read) return value;
    json_decref(value);
    return read;
}

struct walk {
    struct trace_reader *r;
    size_t *count; /* spans so far: their place in the document */
    size_t line;
    struct error *err;
};

static void set_attribute(json_t *to, size_t name, json_t *value) {
    set_member(to, names[name].member, strncmp(names[name].member, "tool.", 5) == 0 ? unpacked(value) : value);
}

/* Which of the names an attribute has; NAMES: none. */
static size_t name_of(const json_t *attribute) {
    struct text key = json_text(json_object_get(attribute, "key"));
    size_t n = 0;
    while (n < NAMES && !text_equal(key, names[n].attribute)) n++;
    return n;
}

/* The older and the second names only where the first said nothing: so they are taken in the order of the table, each
 * from where it first stands on. */
static bool take_attributes(struct walk *w, json_t *to, const json_t *attributes, const char *path) {
    size_t first[NAMES + 1], n_attributes = json_array_size(attributes);
    for (size_t n = 0; n <= NAMES; n++) first[n] = SIZE_MAX;
    for (size_t i = n_attributes; i-- > 0;) first[name_of(json_array_get(attributes, i))] = i;
    for (size_t n = 0; n < NAMES; n++)
        for (size_t i = first[n]; i < n_attributes && !has_member(to, names[n].member); i++) {
            const json_t *one = json_array_get(attributes, i);
            if (i != first[n] && name_of(one) != n) continue;
            json_t *value = plain(json_object_get(one, "value"), 0);
            if (value) {
                set_attribute(to, n, value);
                continue;
            }
            char place[240];
            snprintf(place, sizeof place, "%.160s.attributes[%zu].value", path, i);
            if (!trace_bad(w->r, (struct trace_place){.path = place}, w->err, "a type that OTLP does not have"))
                return false;
        }
    return true;
}

static void copy_member(json_t *to, const json_t *from, const char *key, const char *member) {
    json_t *value = json_object_get(from, key);
    if (value && !json_is_null(value)) json_object_set(to, member, value);
}

static bool take_span(struct walk *w, const json_t *span, const json_t *resource, const char *path) {
    json_t *to = json_object();
    int64_t code = json_integer_value(json_object_get(json_object_get(span, "status"), "code"));
    copy_member(to, span, "traceId", "trace");
    copy_member(to, span, "spanId", "span");
    copy_member(to, span, "startTimeUnixNano", "t0");
    copy_member(to, span, "endTimeUnixNano", "t1");
    if (json_text(json_object_get(span, "parentSpanId")).len) copy_member(to, span, "parentSpanId", "parent");
    if (code) json_object_set_new(to, "status", json_string(code == 2 ? "error" : "ok"));
    bool ok = take_attributes(w, to, json_object_get(span, "attributes"), path) &&
              take_attributes(w, to, json_object_get(resource, "attributes"), path);
    if (ok && !json_object_get(to, "op")) copy_member(to, span, "name", "op");
    if (ok && !trace_form_jsonl.is(to))
        ok = trace_bad(w->r, (struct trace_place){.path = path}, w->err, "a span needs 'traceId' and 'spanId'");
    else if (ok)
        ok = trace_form_jsonl.take(w->r, to, (struct trace_place){.line = w->line ? w->line : *w->count, .path = path},
                                   w->err);
    json_decref(to);
    return ok;
}

static bool take_scopes(struct walk *w, const json_t *resource, const char *path) {
    json_t *scope, *span;
    size_t i, k;
    json_array_foreach(json_object_get(resource, "scopeSpans"), i, scope) {
        json_array_foreach(json_object_get(scope, "spans"), k, span) {
            char place[160];
            snprintf(place, sizeof place, "%.80s.scopeSpans[%zu].spans[%zu]", path, i, k);
            ++*w->count;
            if (!take_span(w, span, json_object_get(resource, "resource"), place)) return false;
        }
    }
    return true;
}

static bool take_otlp(struct trace_reader *r, const json_t *value, struct trace_place place, struct error *err) {
    size_t count = 0, i;
    struct walk w = {.r = r, .count = &count, .line = place.line, .err = err};
    json_t *resource;
    json_array_foreach(json_object_get(value, "resourceSpans"), i, resource) {
        char path[40];
        snprintf(path, sizeof path, "resourceSpans[%zu]", i);
        if (!take_scopes(&w, resource, path)) return false;
    }
    return true;
}

const struct trace_form trace_form_otlp = {.name = "otlp", .is = is_otlp, .take = take_otlp};

/* A line of the pocket world's part `traces`: the trace stands among its slots. */
static bool is_item(const json_t *value) {
    return is_otlp(json_object_get(json_object_get(value, "slots"), "trace"));
}

static bool take_item(struct trace_reader *r, const json_t *value, struct trace_place place, struct error *err) {
    return take_otlp(r, json_object_get(json_object_get(value, "slots"), "trace"), place, err);
}

const struct trace_form trace_form_world = {.name = "world", .is = is_item, .take = take_item};
