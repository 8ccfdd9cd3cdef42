/* Statements of templates, and the public functions: see jinja.h. */
#include "lm/template/jinja_internal.h"

#include <string.h>

#define CALL_DEPTH_MAX 60
#define VALUE_TEXT_MAX ((size_t)64 << 20)

struct jinja *jinja_parse(struct text source, const char *shown_name, struct jinja_options options,
                          struct error *err) {
    struct jinja *j = memory_zeroed(1, sizeof *j);
    if (!j) return error_memory(err, "template"), NULL;
    arena_init(&j->arena, (size_t)256 << 20);
    j->options = options;
    struct jinja_token *tokens;
    size_t n, bad = text_utf8_invalid(source);
    char *copy = text_copy(&j->arena, source, err);
    j->name = copy ? text_copy(&j->arena, text_of(shown_name), err) : NULL;
    if (j->name && bad != SIZE_MAX) {
        error_set(err, ERROR_DATA, "%s: template: byte %zu is not UTF-8", shown_name, bad);
    } else if (j->name &&
               jinja_tokens(&j->arena, (struct text){copy, source.len}, j->name, options, &tokens, &n, err) &&
               jinja_parse_body(j, tokens, n, err)) {
        return j;
    }
    jinja_free(j);
    return NULL;
}

void jinja_free(struct jinja *j) {
    if (!j) return;
    for (size_t i = 0; i < j->n_constants; i++) json_decref(j->constants[i]);
    memory_free(j->constants);
    arena_done(&j->arena);
    memory_free(j);
}

bool render_set(struct render *r, struct text name, struct value value) {
    if (r->n_scope == r->scope_capacity) {
        size_t wanted = r->scope_capacity ? r->scope_capacity * 2 : 64;
        struct scope_entry *more = memory_grow(r->scope, wanted, sizeof *more);
        if (!more) return error_memory(r->err, "template variables");
        r->scope = more;
        r->scope_capacity = wanted;
    }
    r->scope[r->n_scope++] = (struct scope_entry){name, value};
    return true;
}

static bool render_print(struct render *r, const struct node *node, struct buffer *out) {
    struct value v;
    if (!jinja_evaluate(r, node->a, &v)) return false;
    if (v.kind == VALUE_UNDEFINED && r->jinja->options.strict)
        return render_error(r, node, "'%.*s' is undefined", TEXT_ARG(v.name));
    if (!render_check_value(r, node, &v)) return false;
    value_put(out, &v);
    return buffer_check(out, "rendered text", r->err);
}

static bool render_if(struct render *r, const struct node *node, struct buffer *out) {
    struct value condition;
    if (!jinja_evaluate(r, node->a, &condition)) return false;
    return value_true(&condition) ? jinja_render_nodes(r, node->list, node->n, out)
                                  : jinja_render_nodes(r, node->more, node->n_more, out);
}

/* Gives a value to one name, or its items to several. */
static bool assign(struct render *r, const struct node *node, struct value value) {
    if (node->n_names == 1) return render_set(r, node->names[0], value);
    if (value.kind != VALUE_JSON || !json_is_array(value.json) || json_array_size(value.json) != node->n_names)
        return render_error(r, node, "expected a list of %zu values", node->n_names);
    for (size_t i = 0; i < node->n_names; i++)
        if (!render_set(r, node->names[i], (struct value){.kind = VALUE_JSON, .json = json_array_get(value.json, i)}))
            return false;
    return true;
}

/* The items that pass the loop's own `if`. */
static bool loop_items(struct render *r, const struct node *node, struct value *items) {
    struct value over;
    if (!jinja_evaluate(r, node->a, &over)) return false;
    if (over.kind == VALUE_UNDEFINED) {
        if (r->jinja->options.strict) return render_error(r, node, "'%.*s' is undefined", TEXT_ARG(over.name));
        return render_keep(r, json_array(), items);
    }
    bool iterable =
        over.kind == VALUE_JSON && (json_is_array(over.json) || json_is_object(over.json) || json_is_string(over.json));
    if (!iterable) return render_error(r, node, "this value cannot be looped over");
    if (!render_parts(r, node, over.json, items)) return false;
    if (!node->b) return true;
    struct value kept, pass;
    if (!render_keep(r, json_array(), &kept)) return false;
    size_t scope = r->n_scope;
    for (size_t i = 0; i < json_array_size(items->json); i++) {
        json_t *item = json_array_get(items->json, i);
        if (!assign(r, node, (struct value){.kind = VALUE_JSON, .json = item}) || !jinja_evaluate(r, node->b, &pass))
            return false;
        r->n_scope = scope;
        if (value_true(&pass)) json_array_append(kept.json, item);
    }
    *items = kept;
    return render_charge_parts(r, items);
}

/* One object for all turns of a loop, as in Jinja. */
static bool loop_turn(struct render *r, json_t *loop, json_t *items, size_t i) {
    size_t n = json_array_size(items);
    const struct {
        const char *key;
        json_t *value;
    } members[] = {{"index", json_integer((json_int_t)i + 1)}, {"index0", json_integer((json_int_t)i)},
                   {"revindex", json_integer((json_int_t)(n - i))},
                   {"revindex0", json_integer((json_int_t)(n - i - 1))},
                   {"first", json_boolean(i == 0)}, {"last", json_boolean(i + 1 == n)},
                   {"length", json_integer((json_int_t)n)}, {"depth", json_integer(1)}};
    bool ok = true;
    for (size_t k = 0; k < sizeof members / sizeof *members; k++)
        ok = json_object_set_new(loop, members[k].key, members[k].value) == 0 && ok;
    if (i > 0) ok = json_object_set(loop, "previtem", json_array_get(items, i - 1)) == 0 && ok;
    if (i + 1 < n)
        ok = json_object_set(loop, "nextitem", json_array_get(items, i + 1)) == 0 && ok;
    else
        json_object_del(loop, "nextitem");
    return ok || error_memory(r->err, "loop");
}

static bool render_for(struct render *r, const struct node *node, struct buffer *out) {
    struct value items, loop;
    if (!loop_items(r, node, &items)) return false;
    size_t n = json_array_size(items.json), scope = r->n_scope;
    if (n == 0) return jinja_render_nodes(r, node->more, node->n_more, out);
    if (!render_keep(r, json_object(), &loop)) return false;
    for (size_t i = 0; i < n; i++) {
        struct value item = {.kind = VALUE_JSON, .json = json_array_get(items.json, i)};
        if (!render_step(r, node) || !loop_turn(r, loop.json, items.json, i) || !render_set(r, TEXT("loop"), loop) ||
            !assign(r, node, item) || !jinja_render_nodes(r, node->list, node->n, out))
            return false;
        r->n_scope = scope;
        bool stop = r->flow == FLOW_BREAK;
        r->flow = FLOW_NEXT;
        if (stop) break;
    }
    return true;
}

static bool set_member(struct render *r, const struct node *node, struct value value) {
    struct value object = {0};
    for (size_t i = r->n_scope; i > 0 && object.kind == VALUE_UNDEFINED; i--)
        if (text_equal(r->scope[i - 1].name, node->names[0])) object = r->scope[i - 1].value;
    if (object.kind != VALUE_JSON || !json_is_object(object.json))
        return render_error(r, node, "'%.*s' is no namespace", TEXT_ARG(node->names[0]));
    struct value name;
    json_t *json = value.kind == VALUE_JSON ? value.json : json_null();
    if (json == object.json) return render_error(r, node, "'%.*s' cannot hold itself", TEXT_ARG(node->names[0]));
    return render_text(r, node->text, &name) &&
           (json_object_set_nocheck(object.json, json_string_value(name.json), json) == 0 ||
            error_memory(r->err, "namespace"));
}

static bool render_set_node(struct render *r, const struct node *node) {
    struct value value;
    if (!jinja_evaluate(r, node->a, &value)) return false;
    return node->flag ? set_member(r, node, value) : assign(r, node, value);
}

/* The body's text, run through the filters of `filters` (NULL: none). */
static bool body_value(struct render *r, const struct node *node, const struct node *filters, struct value *out) {
    struct buffer text;
    buffer_init(&text, VALUE_TEXT_MAX);
    size_t scope = r->n_scope;
    bool ok = jinja_render_nodes(r, node->list, node->n, &text) && buffer_check(&text, "block", r->err) &&
              render_text(r, buffer_text(&text), out);
    r->n_scope = scope;
    buffer_done(&text);
    if (!ok || !filters) return ok;
    struct value before = r->block;
    r->block = *out;
    ok = jinja_evaluate(r, filters, out);
    r->block = before;
    return ok;
}

static bool render_with(struct render *r, const struct node *node, struct buffer *out) {
    size_t scope = r->n_scope;
    for (size_t i = 0; i < node->n_names; i++) {
        struct value v;
        if (!jinja_evaluate(r, node->more[i], &v) || !render_set(r, node->names[i], v)) return false;
    }
    bool ok = jinja_render_nodes(r, node->list, node->n, out);
    r->n_scope = scope;
    return ok;
}

static bool render_statement(struct render *r, const struct node *node, struct buffer *out) {
    struct value v;
    switch (node->kind) {
    case NODE_TEXT: return buffer_put_text(out, node->text), buffer_check(out, "rendered text", r->err);
    case NODE_PRINT: return render_print(r, node, out);
    case NODE_IF: return render_if(r, node, out);
    case NODE_FOR: return render_for(r, node, out);
    case NODE_SET: return render_set_node(r, node);
    case NODE_SET_BLOCK: return body_value(r, node, node->b, &v) && render_set(r, node->names[0], v);
    case NODE_MACRO:
        return render_set(r, node->text, (struct value){.kind = VALUE_MACRO, .macro = node, .name = node->text});
    case NODE_FILTER_BLOCK:
        return body_value(r, node, node->a, &v) && render_check_value(r, node, &v) &&
               (value_put(out, &v), buffer_check(out, "rendered text", r->err));
    case NODE_WITH: return render_with(r, node, out);
    case NODE_BREAK: return r->flow = FLOW_BREAK, true;
    case NODE_CONTINUE: return r->flow = FLOW_CONTINUE, true;
    case NODE_DO: return jinja_evaluate(r, node->a, &v);
    default: return render_error(r, node, "not a statement");
    }
}

/* What is written counts, as every macro that is under way keeps its own. */
static bool render_node(struct render *r, const struct node *node, struct buffer *out) {
    size_t before = out->len;
    if (!render_step(r, node) || !render_enter(r, node)) return false;
    bool ok = render_statement(r, node, out);
    render_leave(r);
    bool writes = node->kind == NODE_PRINT || node->kind == NODE_TEXT || node->kind == NODE_FILTER_BLOCK;
    return ok && (!writes || render_charge(r, out->len - before));
}

bool jinja_render_nodes(struct render *r, struct node *const *nodes, size_t n, struct buffer *out) {
    for (size_t i = 0; i < n && r->flow == FLOW_NEXT; i++)
        if (!render_node(r, nodes[i], out)) return false;
    return true;
}

/* Parameters are bound in the order given, then by name, then by default; the body sees the scope of the call. */
bool jinja_call_macro(struct render *r, const struct node *call, const struct node *macro, struct value *out) {
    if (r->depth >= CALL_DEPTH_MAX) return render_error(r, call, "macros call one another too deeply");
    if (call->n > macro->n_names)
        return render_error(r, call, "macro '%.*s' takes %zu arguments", TEXT_ARG(macro->text), macro->n_names);
    size_t scope = r->n_scope;
    for (size_t i = 0; i < macro->n_names; i++) {
        const struct node *given = i < call->n ? call->list[i] : NULL;
        for (size_t k = 0; !given && k < call->n_more; k++)
            if (text_equal(call->names[k], macro->names[i])) given = call->more[k];
        if (!given) given = macro->more[i];
        struct value v = {.kind = VALUE_UNDEFINED, .name = macro->names[i]};
        if ((given && !jinja_evaluate(r, given, &v)) || !render_set(r, macro->names[i], v)) return false;
    }
    r->depth++;
    bool ok = body_value(r, macro, NULL, out);
    r->depth--;
    r->n_scope = scope;
    return ok;
}

static bool render_begin(struct render *r, const struct jinja *jinja, const json_t *variables, struct error *err) {
    *r = (struct render){.jinja = jinja, .variables = variables, .err = err};
    struct value copy;
    if (!jinja->mutates) return true;
    if (!render_keep(r, json_deep_copy(variables), &copy)) return false;
    r->variables = copy.json;
    return true;
}

bool jinja_render(const struct jinja *jinja, const json_t *variables, struct buffer *out, struct error *err) {
    struct render r;
    bool ok = render_begin(&r, jinja, variables, err) && jinja_render_nodes(&r, jinja->body, jinja->n, out);
    render_end(&r);
    return ok;
}

json_t *jinja_value(const struct jinja *jinja, const json_t *variables, struct error *err) {
    struct render r;
    struct value v;
    json_t *result = NULL;
    struct buffer text;
    buffer_init(&text, VALUE_TEXT_MAX);
    bool single = jinja->n == 1 && jinja->body[0]->kind == NODE_PRINT;
    if (!render_begin(&r, jinja, variables, err)) {
        /* err is set */
    } else if (single) {
        const struct node *print = jinja->body[0];
        if (jinja_evaluate(&r, print->a, &v) && render_check_value(&r, print, &v)) {
            if (v.kind != VALUE_JSON)
                render_error(&r, print, "'%.*s' is undefined", TEXT_ARG(v.name));
            else if (!(result = json_deep_copy(v.json)))
                error_memory(err, "value of a template");
        }
    } else if (jinja_render_nodes(&r, jinja->body, jinja->n, &text) && buffer_check(&text, "rendered text", err)) {
        result = json_from_text(buffer_text(&text));
    }
    render_end(&r);
    buffer_done(&text);
    return result;
}
