/* Calls in texts: see call.h. */
#include "measure/rules/call.h"

#include "base/buffer.h"

#include <ctype.h>
#include <math.h>

enum { SAID_MOST = 1 << 20, ARGUMENT_MOST = 1 << 16 };

/* ---- the pocket form ---- */

static struct text without_marks(struct text t) {
    struct text open = TEXT("<call>"), close = TEXT("</call>");
    t = text_trim(t);
    if (text_starts(t, open)) t = text_part(t, open.len, t.len);
    if (text_ends(t, close)) t = text_part(t, 0, t.len - close.len);
    return text_trim(t);
}

static bool is_name(struct text t) {
    for (size_t i = 0; i < t.len; i++)
        if (!isalnum((unsigned char)t.at[i]) && t.at[i] != '_' && t.at[i] != '-') return false;
    return t.len > 0;
}

bool call_read(struct text t, struct call *call) {
    struct text rest, piece;
    t = without_marks(t);
    size_t blank = text_find(t, TEXT(" "), 0);
    *call = (struct call){.tool = text_part(t, 0, blank == SIZE_MAX ? t.len : blank)};
    if (!is_name(call->tool)) return false;
    rest = blank == SIZE_MAX ? TEXT("") : text_part(t, blank + 1, t.len);
    while (text_next(&rest, ';', &piece)) {
        size_t equals = text_find(piece, TEXT("="), 0);
        if (equals == SIZE_MAX || call->n == CALL_ARGUMENTS_MOST) return false;
        call->key[call->n] = text_trim(text_part(piece, 0, equals));
        call->value[call->n] = text_trim(text_part(piece, equals + 1, piece.len));
        if (!is_name(call->key[call->n]) || !call->value[call->n].len) return false;
        call->n++;
    }
    return call->n > 0;
}

size_t call_right_arguments(const struct call *wanted, const struct call *call) {
    size_t right = 0;
    for (size_t i = 0; i < wanted->n; i++)
        for (size_t j = 0; j < call->n; j++)
            if (text_equal(wanted->key[i], call->key[j]) && text_equal(wanted->value[i], call->value[j])) {
                right++;
                break;
            }
    return right;
}

/* ---- whole answers ---- */

struct reading {
    struct calls *out;
    struct arena *arena;
    struct buffer said;
    struct error *err;
};

static struct call *next_call(struct reading *r) {
    return r->out->n < CALLS_MOST ? &r->out->call[r->out->n] : NULL;
}

/* What is longer than anybody says is cut. */
static void say(struct reading *r, struct text t) {
    if (!text_trim(t).len || r->said.len + 2 > SAID_MOST) return;
    if (r->said.len) buffer_put_char(&r->said, '\n');
    buffer_put_text(&r->said, text_part(t, 0, SAID_MOST - r->said.len));
}

static void read_lines(struct reading *r, struct text answer) {
    struct text rest = answer, line;
    while (text_next(&rest, '\n', &line)) {
        struct call call;
        if (!call_read(line, &call))
            say(r, line);
        else if (next_call(r))
            r->out->call[r->out->n++] = call;
    }
}

/* A text as it is, any other value as JSON; one that is longer than any argument is empty, and so never right. */
static bool value_text(struct reading *r, const json_t *value, struct text *out) {
    struct error why = {0};
    struct buffer b;
    if (json_is_string(value)) {
        const char *copy = text_copy(r->arena, json_text(value), r->err);
        *out = text_of(copy);
        return copy != NULL;
    }
    buffer_init(&b, ARGUMENT_MOST);
    json_put_canonical(&b, value);
    bool fits = buffer_check(&b, "argument", &why);
    const char *copy = text_copy(r->arena, fits ? buffer_text(&b) : TEXT(""), r->err);
    buffer_done(&b);
    *out = text_of(copy);
    return copy != NULL;
}

static bool read_arguments(struct reading *r, json_t *arguments, struct call *call) {
    const char *key;
    json_t *value;
    json_object_foreach(arguments, key, value) {
        if (call->n == CALL_ARGUMENTS_MOST) return true;
        const char *copy = text_copy(r->arena, text_of(key), r->err);
        if (!copy || !value_text(r, value, &call->value[call->n])) return false;
        call->key[call->n++] = text_of(copy);
    }
    return true;
}

/* {"name", "arguments"}, or the same in "function"; arguments an object, or one as text. */
static bool read_json_call(struct reading *r, const json_t *json) {
    const json_t *function = json_object_get(json, "function");
    if (!function) function = json;
    const json_t *name = json_object_get(function, "name"), *given = json_object_get(function, "arguments");
    struct error why = {0};
    json_t *arguments =
        json_is_string(given) ? json_read(json_text(given), "arguments", 1, &why) : json_incref((json_t *)given);
    struct call *call = next_call(r);
    bool ok = true;
    if (!json_is_string(name) || !json_is_object(arguments)) {
        r->out->broken++;
    } else if (call) {
        *call = (struct call){.n = 0};
        ok = value_text(r, name, &call->tool) && read_arguments(r, arguments, call);
        r->out->n += ok;
    }
    json_decref(arguments);
    return ok;
}

/* What the assistant said and called; what tools and people said is passed over. */
static bool read_message(struct reading *r, const json_t *message) {
    const json_t *role = json_object_get(message, "role"), *calls = json_object_get(message, "tool_calls");
    if (json_is_string(role) && !text_equal_c(json_text(role), "assistant")) return true;
    if (json_is_string(json_object_get(message, "content"))) say(r, json_text(json_object_get(message, "content")));
    if (!calls && json_object_get(message, "name")) return read_json_call(r, message);
    for (size_t i = 0; i < json_array_size(calls); i++)
        if (!read_json_call(r, json_array_get(calls, i))) return false;
    return true;
}

static bool read_json(struct reading *r, const json_t *root) {
    if (json_is_object(root)) return read_message(r, root);
    for (size_t i = 0; i < json_array_size(root); i++)
        if (!read_message(r, json_array_get(root, i))) return false;
    return true;
}

bool calls_read(struct text answer, struct arena *arena, struct calls *out, struct error *err) {
    struct reading r = {.out = out, .arena = arena, .err = err};
    struct error why = {0};
    struct text t = text_trim(answer);
    *out = (struct calls){.call = arena_new(arena, struct call, CALLS_MOST, err)};
    if (!out->call) return false;
    json_t *root = t.len && (t.at[0] == '{' || t.at[0] == '[') ? json_read(t, "the answer", 1, &why) : NULL;
    buffer_init(&r.said, SAID_MOST);
    bool ok = true;
    if (root)
        ok = read_json(&r, root);
    else
        read_lines(&r, answer);
    json_decref(root);
    const char *said = ok && buffer_check(&r.said, "answer", err) ? text_copy(arena, buffer_text(&r.said), err) : NULL;
    out->said = text_of(said);
    buffer_done(&r.said);
    return said != NULL;
}

/* ---- grades ---- */

/* The place among the calls made of the best one for a wanted call; SIZE_MAX: its tool is not called. */
static size_t best_for(const struct call *wanted, const struct call *made, size_t n, const bool *taken) {
    size_t best = SIZE_MAX, most = 0;
    for (size_t i = 0; i < n; i++) {
        if (taken[i] || !text_equal(wanted->tool, made[i].tool)) continue;
        size_t right = call_right_arguments(wanted, &made[i]);
        if (best == SIZE_MAX || right > most) best = i, most = right;
    }
    return best;
}

double calls_grade(const struct call *wanted, size_t n_wanted, const struct call *made, size_t n_made) {
    bool taken[CALLS_MOST] = {false};
    size_t met = 0, criteria = 0, before = SIZE_MAX;
    if (n_made > CALLS_MOST) n_made = CALLS_MOST;
    for (size_t i = 0; i < n_wanted; i++) {
        size_t at = best_for(&wanted[i], made, n_made, taken);
        criteria += 1 + wanted[i].n + (i > 0);
        if (at != SIZE_MAX) {
            taken[at] = true;
            met += 1 + call_right_arguments(&wanted[i], &made[at]);
            met += i > 0 && before != SIZE_MAX && at > before;
        }
        before = at;
    }
    return criteria ? (double)met / (double)criteria : (double)NAN;
}
