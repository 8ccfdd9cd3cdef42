/* Statements of a function, and functions that call each other. */
#include "formalize/contract/contract_flow_internal.h"

static enum flow_end sequence(struct walker *w, struct flow_frame *f, const struct sol_node *first);

/* ---- conditions */

/* What a condition means for the rest of a block, once one of its branches does not go on. */
static void rest(struct walker *w, struct flow_frame *f, const struct sol_node *condition, bool holds,
                 enum flow_end end) {
    w->silent++;
    flow_suppose(w, f, condition, holds, end == FLOW_BREAKS ? FLOW_RETURNS : end);
    w->silent--;
}

static enum flow_end branch(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    const struct sol_node *condition = node->first, *then = sol_child(node, 1), *otherwise = sol_child(node, 2);
    const struct flow_guard *before = w->guards;
    enum flow_end first, second = FLOW_FALLS;
    if (!condition || !then) return FLOW_FALLS;
    f->branch++;
    flow_suppose(w, f, condition, true, FLOW_FALLS);
    first = flow_statement(w, f, then);
    w->guards = before;
    if (otherwise) {
        w->silent++;
        flow_suppose(w, f, condition, false, FLOW_FALLS);
        w->silent--;
        second = flow_statement(w, f, otherwise);
        w->guards = before;
    }
    f->branch--;
    if (first != FLOW_FALLS && second == FLOW_FALLS) rest(w, f, condition, false, first);
    if (first == FLOW_FALLS && second != FLOW_FALLS) rest(w, f, condition, true, second);
    return first != FLOW_FALLS && second != FLOW_FALLS ? first : FLOW_FALLS;
}

/* ---- loops */

static void loop(struct walker *w, struct flow_frame *f, const struct sol_node *condition, const struct sol_node *step,
                 const struct sol_node *body, const struct sol_node *node) {
    const struct flow_guard *before = w->guards;
    uint32_t around = w->loop, here = (uint32_t)w->flow->n;
    struct flow_event *e = flow_tell(w, f, FLOW_LOOP, node);
    bool told = e != NULL;
    w->loops++;
    if (told) w->loop = here;
    f->branch++;
    if (condition) {
        flow_suppose(w, f, condition, true, FLOW_FALLS);
        if (told && w->guards && w->guards != before) {
            struct flow_value bound = flow_unite(w->guards->left, w->guards->right, w->guards->right.form);
            w->flow->at[here].left = bound;
        }
    }
    if (body) flow_statement(w, f, body);
    if (step) flow_expression(w, f, step);
    f->branch--;
    w->loops--;
    w->loop = around;
    w->guards = before;
    flow_tell(w, f, FLOW_LOOP_END, node);
}

static const struct sol_node *some(const struct sol_node *node) {
    return node && node->kind != N_NONE ? node : NULL;
}

static void loop_statement(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    const struct sol_node *first = some(sol_child(node, 0)), *second = some(sol_child(node, 1));
    if (node->kind == N_WHILE) loop(w, f, first, NULL, second, node);
    if (node->kind == N_DO) loop(w, f, second, NULL, first, node);
    if (node->kind != N_FOR) return;
    if (first) flow_statement(w, f, first);
    loop(w, f, second, some(sol_child(node, 2)), some(sol_child(node, 3)), node);
}

/* ---- variables */

/* Is the name looked at behind this statement? */
static bool is_used_after(const struct flow_frame *f, const struct sol_node *node, uint32_t word) {
    const struct sol_file *file = f->function->file;
    for (uint32_t i = node->to; i < f->function->node->to; i++)
        if (file->tokens.at[i].kind == SOL_WORD && file->tokens.at[i].word == word) return true;
    return false;
}

static void variables(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    struct flow_value value = flow_constant(0);
    bool valued = node->flags & SOL_VALUED,
         several = node->first && node->first->next && node->first->next != node->last;
    if (valued) value = flow_expression(w, f, node->last);
    for (const struct sol_node *p = node->first; p && p->kind == N_PARAM; p = p->next) {
        struct flow_value one = value;
        if (p != node->first) one.from &= ~(uint32_t)FLOW_RESULT;
        if (several) {
            one.state = NULL;
            one.form = flow_form(N_PARAM, value.form, p->word);
        }
        flow_declare(w, f, p, one);
        if (p == node->first && value.from & FLOW_RESULT && (!p->word || !is_used_after(f, node, p->word)))
            flow_tell(w, f, FLOW_DROPPED, node);
    }
}

/* A call whose result nobody takes. */
static void expression(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    const struct sol_node *e = node->first;
    if (!e) return;
    struct flow_value value = flow_expression(w, f, e);
    while (e->kind == N_TUPLE && e->first && !e->first->next) e = e->first;
    bool kept_for_nothing = e->kind == N_ASSIGN && e->word == '=' && e->first->kind == N_NAME &&
                            flow_local(f, e->first->word) && !is_used_after(f, node, e->first->word) && !w->loops;
    if ((e->kind == N_CALL || kept_for_nothing) && value.from & FLOW_RESULT) flow_tell(w, f, FLOW_DROPPED, node);
}

/* ---- what ends something */

static bool is_revert(const struct sol_node *node) {
    const struct sol_node *call = node->first;
    return call && call->kind == N_CALL && call->first && call->first->kind == N_NAME && call->first->word == W_revert;
}

static enum flow_end returning(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    struct flow_value value = flow_constant(0);
    if (node->first) value = flow_expression(w, f, node->first);
    bool nothing = node->first && node->first->kind == N_NAME && node->first->word == W_false;
    if (!nothing && flow_checked(w->guards)) value.from |= FLOW_CHECKED;
    f->returned =
        f->returns ? flow_unite(f->returned, value, flow_form(N_RETURN, f->returned.form, value.form)) : value;
    f->returns = true;
    struct flow_event *e = flow_tell(w, f, FLOW_RETURN, node);
    if (e) e->left = value;
    return FLOW_RETURNS;
}

static void attempt(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    const struct flow_guard *before = w->guards;
    for (const struct sol_node *c = node->first; c; c = c->next) {
        if (c == node->first) flow_expression(w, f, c);
        if (c->kind == N_RETURNS || c->kind == N_PARAMS)
            for (const struct sol_node *p = c->first; p; p = p->next)
                flow_declare(w, f, p, (struct flow_value){.from = FLOW_OTHER, .form = ++w->fresh});
        if (c->kind == N_BLOCK) flow_statement(w, f, c);
        if (c->kind == N_CATCH) sequence(w, f, c->first);
        w->guards = before;
    }
}

static void assembly(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    for (const struct sol_node *c = node->first; c; c = c->next) {
        struct flow_event *e = NULL;
        if (c->word == W_selfdestruct || c->word == W_suicide) e = flow_tell(w, f, FLOW_DESTROY, c);
        if (c->word == W_delegatecall || c->word == W_callcode || c->word == W_call) e = flow_tell(w, f, FLOW_CALL, c);
        if (!e) continue;
        e->call = c->word == W_call ? CALL_LOW : CALL_DELEGATE;
        e->left.from = FLOW_OTHER; /* what stands in assembly is not followed */
    }
}

/* ---- modifiers and the body within */

static void placeholder(struct walker *w, struct flow_frame *f);

static enum flow_end jump(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    if (node->word == W_throw) return FLOW_REVERTS;
    if (node->word != W__) return FLOW_BREAKS;
    if (f->body) placeholder(w, f);
    return FLOW_FALLS;
}

static bool is_base_constructor(const struct walker *w, const struct flow_frame *f, const struct sol_node *use) {
    return contract_find(w->program, f->function->file, use->word) != NULL;
}

static bool holds_word(struct text name, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t len = text_of(words[i]).len, k = 0; k + len <= name.len; k++)
            if (text_equal_nocase(text_part(name, k, k + len), text_of(words[i]))) return true;
    return false;
}

/* What a modifier that stands in none of the files means is told from its name alone: a lock, something else, and
 * whatever is neither may be a test of who calls. */
static void unknown_modifier(struct walker *w, struct flow_frame *f, const struct sol_node *use) {
    static const char *const locks[] = {"reentran", "lock", "mutex"}, *const others[] = {"paus", "initializ", "valid"};
    struct text name = sol_name_text(&w->program->names, use->word);
    bool lock = holds_word(name, locks, 3);
    if (!lock && holds_word(name, others, 3)) return;
    struct flow_guard *g = arena_new(w->arena, struct flow_guard, 1, w->err);
    if (!g) {
        w->failed = true;
        return;
    }
    *g = (struct flow_guard){.up = w->guards,
                             .op = lock ? FLOW_LOCK : 0,
                             .left = {.from = FLOW_OTHER | (lock ? 0u : FLOW_CHECKED)},
                             .end = FLOW_REVERTS,
                             .file = f->function->file,
                             .node = use,
                             .at = (uint32_t)w->flow->n,
                             .any = FLOW_OTHER,
                             .dead = w->guards && w->guards->dead};
    w->guards = g;
}

/* Everything from the modifier `use` on, and then the body. */
static void from_modifier(struct walker *w, struct flow_frame *f, const struct sol_node *use) {
    while (use && (use->kind != N_USE || is_base_constructor(w, f, use))) use = use->next;
    if (!use) {
        sequence(w, f, f->function->body->first);
        return;
    }
    const struct sol_function *m = contract_function(w->contract, 0, use->word, SIZE_MAX, true);
    if (!m) {
        unknown_modifier(w, f, use);
        from_modifier(w, f, use->next);
        return;
    }
    struct flow_frame inner = {
        .up = f, .function = m, .level = f->level, .wraps = contract_wraps(m->file), .body = f, .use = use->next};
    const struct sol_node *arg = use->first;
    for (const struct sol_node *p = m->params ? m->params->first : NULL; p; p = p->next) {
        struct flow_value value = arg ? flow_expression(w, f, arg) : flow_constant(0);
        flow_declare(w, &inner, p, value);
        arg = arg ? arg->next : NULL;
    }
    sequence(w, &inner, m->body->first);
}

static void placeholder(struct walker *w, struct flow_frame *f) {
    from_modifier(w, f->body, f->use);
}

/* Of the conditions since `before` those that still hold behind a call: not those that only one of its branches knew,
 * and none behind the first that leaves it early. */
static void leave(struct walker *w, const struct flow_guard *before) {
    const struct flow_guard *kept = before, *all[64];
    size_t n = 0;
    for (const struct flow_guard *g = w->guards; g && g != before && n < 64; g = g->up) all[n++] = g;
    if (n == 64) n = 0;
    for (size_t i = n; i-- > 0 && all[i]->end != FLOW_RETURNS;) {
        struct flow_guard *copy = arena_new(w->arena, struct flow_guard, 1, w->err);
        if (!copy) {
            w->failed = true;
            break;
        }
        *copy = *all[i];
        copy->up = kept;
        kept = copy;
    }
    w->guards = kept;
}

static bool is_on_the_way(const struct flow_frame *f, const struct sol_function *function) {
    for (; f; f = f->up)
        if (f->function == function) return true;
    return false;
}

struct flow_value flow_enter(struct walker *w, const struct flow_frame *from, const struct sol_function *function,
                             const struct flow_value *args, size_t n, const struct sol_node *node) {
    struct flow_value unknown = {.from = FLOW_OTHER, .form = ++w->fresh};
    for (size_t i = 0; i < n; i++) unknown.from |= args[i].from & ~(uint32_t)FLOW_FIXED;
    struct flow_frame f = {
        .up = from, .function = function, .level = from ? from->level + 1 : 0, .wraps = contract_wraps(function->file)};
    (void)node;
    if (!function->body) return unknown;
    if (f.level > FLOW_LEVELS_MOST || is_on_the_way(from, function)) return w->flow->cut = true, unknown;
    const struct flow_guard *before = w->guards;
    uint32_t loop_around = w->loop;
    size_t i = 0;
    for (const struct sol_node *p = function->params->first; p; p = p->next, i++)
        flow_declare(w, &f, p, i < n ? args[i] : unknown);
    const struct sol_node *results = sol_child_of(function->node, N_RETURNS);
    for (const struct sol_node *p = results ? results->first : NULL; p; p = p->next)
        flow_declare(w, &f, p, flow_constant(0));
    from_modifier(w, &f, function->node->first);
    if (!f.returns && results && results->first && !results->first->next && results->first->word) {
        struct flow_local *named = flow_local(&f, results->first->word);
        if (named) f.returned = named->value;
        f.returns = named != NULL;
    }
    w->loop = loop_around;
    leave(w, before);
    return f.returns ? f.returned : flow_constant(0);
}

/* ---- one statement */

static enum flow_end sequence(struct walker *w, struct flow_frame *f, const struct sol_node *first) {
    enum flow_end end = FLOW_FALLS;
    for (const struct sol_node *s = first; s && end == FLOW_FALLS && !w->failed; s = s->next)
        end = flow_statement(w, f, s);
    return end;
}

static enum flow_end block(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    bool wraps = f->wraps;
    size_t locals = f->n;
    if (node->kind == N_UNCHECKED) f->wraps = true;
    enum flow_end end = sequence(w, f, node->first);
    f->wraps = wraps;
    f->n = f->function->file->version < 5000 ? f->n : locals; /* older variables live to the end of their function */
    return end;
}

enum flow_end flow_statement(struct walker *w, struct flow_frame *f, const struct sol_node *node) {
    switch (node->kind) {
    case N_BLOCK:
    case N_UNCHECKED:
        return block(w, f, node);
    case N_IF:
        return branch(w, f, node);
    case N_FOR:
    case N_WHILE:
    case N_DO:
        loop_statement(w, f, node);
        return FLOW_FALLS;
    case N_RETURN:
        return returning(w, f, node);
    case N_VAR:
        variables(w, f, node);
        return FLOW_FALLS;
    case N_EXPRESSION:
        expression(w, f, node);
        return is_revert(node) ? FLOW_REVERTS : FLOW_FALLS;
    case N_EMIT:
        flow_expression(w, f, node->first);
        return FLOW_FALLS;
    case N_REVERT:
        return FLOW_REVERTS;
    case N_TRY:
        attempt(w, f, node);
        return FLOW_FALLS;
    case N_ASSEMBLY:
        assembly(w, f, node);
        return FLOW_FALLS;
    case N_JUMP:
        return jump(w, f, node);
    default:
        return FLOW_FALLS;
    }
}
