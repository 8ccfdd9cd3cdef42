/* The opcodes of Python's pickles that build values (pickletools), protocols 0 to 5; none of them runs anything here.
 * The stack, the memo and the number of values are bounded by the file, and the arena bounds all. */
#include "lm/files/pickle_internal.h"

#include <string.h>

enum { STACK_MAX = 1 << 16, MEMO_MAX = 1 << 20 };

struct machine {
    struct text file;
    size_t at;
    const char *path;
    struct arena *arena;
    struct pickle_list *list;
    struct pickle_value **stack, **memo;
    size_t n, stack_capacity, memo_capacity, memo_n;
    struct error *err;
};

typedef struct pickle_value value;

static bool bad(struct machine *m, const char *what) {
    return error_set(m->err, ERROR_DATA, "%s: byte %zu: %s", m->path, m->at, what);
}

static bool take(struct machine *m, size_t n, struct text *out) {
    if (n > m->file.len - m->at) return bad(m, "the pickle is cut short");
    *out = text_part(m->file, m->at, m->at + n);
    m->at += n;
    return true;
}

static bool take_number(struct machine *m, size_t bytes, uint64_t *out) {
    struct text t;
    *out = 0;
    if (!take(m, bytes, &t)) return false;
    memcpy(out, t.at, bytes);
    return true;
}

static bool take_line(struct machine *m, struct text *out) {
    size_t end = text_find(m->file, TEXT("\n"), m->at);
    if (end == SIZE_MAX) return bad(m, "the pickle is cut short in a line");
    *out = text_part(m->file, m->at, end);
    m->at = end + 1;
    return true;
}

static value *new_value(struct machine *m, enum pickle_kind kind) {
    value *v = arena_new(m->arena, value, 1, m->err);
    if (v) v->kind = kind;
    return v;
}

static bool push(struct machine *m, value *v) {
    if (!v) return false;
    if (m->n == STACK_MAX) return bad(m, "more than 65536 values on the stack");
    if (m->n == m->stack_capacity) {
        size_t wanted = m->stack_capacity ? m->stack_capacity * 2 : 256;
        value **more = memory_grow(m->stack, wanted, sizeof *more);
        if (!more) return error_memory(m->err, "pickle");
        m->stack = more;
        m->stack_capacity = wanted;
    }
    m->stack[m->n++] = v;
    return true;
}

static value *pop(struct machine *m) {
    if (m->n == 0 || m->stack[m->n - 1]->kind == PICKLE_MARK) return bad(m, "an opcode without its operands"), NULL;
    return m->stack[--m->n];
}

static bool append(struct machine *m, value *to, value *item) {
    if (to->n == to->capacity) {
        size_t wanted = to->capacity ? to->capacity * 2 : 4;
        value **more = arena_new(m->arena, value *, wanted, m->err);
        if (!more) return false;
        if (to->n) memcpy(more, to->items, to->n * sizeof *more);
        to->items = more;
        to->capacity = wanted;
    }
    to->items[to->n++] = item;
    return true;
}

/* What stands above the last mark goes to `to`, and the mark goes away. */
static bool take_marked(struct machine *m, value *to) {
    size_t mark = m->n;
    while (mark && m->stack[mark - 1]->kind != PICKLE_MARK) mark--;
    if (!mark) return bad(m, "an opcode without its mark");
    for (size_t i = mark; to && i < m->n; i++)
        if (!append(m, to, m->stack[i])) return false;
    m->n = mark - 1;
    return true;
}

/* ---- plain values ---- */

static bool push_number(struct machine *m, int64_t number) {
    value *v = new_value(m, PICKLE_NUMBER);
    if (v) v->number = number;
    return push(m, v);
}

static bool push_text(struct machine *m, struct text text) {
    value *v = new_value(m, PICKLE_TEXT);
    if (v) v->text = text;
    return push(m, v);
}

static bool push_sized_text(struct machine *m, size_t bytes) {
    uint64_t n;
    struct text t;
    return take_number(m, bytes, &n) && (n <= m->file.len || bad(m, "a text longer than the file")) &&
           take(m, (size_t)n, &t) && push_text(m, t);
}

/* A number of any length; beyond 64 bits it is kept as its bytes. */
static bool push_long(struct machine *m, size_t bytes) {
    uint64_t n, v = 0;
    struct text t;
    if (!take_number(m, bytes, &n) || n > m->file.len || !take(m, (size_t)n, &t))
        return bad(m, "a number is cut short");
    if (n > 8) return push_text(m, t);
    if (n) memcpy(&v, t.at, (size_t)n);
    if (n && n < 8 && (unsigned char)t.at[n - 1] >= 128) v |= ~(uint64_t)0 << (8 * n);
    return push_number(m, (int64_t)v);
}

static bool push_line_number(struct machine *m) {
    struct text line;
    int64_t v = 0;
    if (!take_line(m, &line)) return false;
    line = text_trim(line);
    if (text_ends(line, TEXT("L"))) line.len--;
    return text_to_i64(line, &v) ? push_number(m, v) : push_text(m, line);
}

static bool push_group(struct machine *m, enum pickle_kind kind, size_t n) {
    value *group = new_value(m, kind);
    if (!group) return false;
    if (m->n < n) return bad(m, "a tuple without its items");
    for (size_t i = m->n - n; i < m->n; i++)
        if (m->stack[i]->kind == PICKLE_MARK || !append(m, group, m->stack[i]))
            return bad(m, "a tuple without its items");
    m->n -= n;
    return push(m, group);
}

static bool push_marked(struct machine *m, enum pickle_kind kind) {
    value *group = new_value(m, kind);
    return group && take_marked(m, group) && push(m, group);
}

/* Adds to a list or dictionary below: marked, or the last n values. */
static bool extend(struct machine *m, bool marked, size_t n) {
    value *items = new_value(m, PICKLE_TUPLE);
    if (!items) return false;
    if (marked ? !take_marked(m, items) : !(push_group(m, PICKLE_TUPLE, n) && (items = pop(m)))) return false;
    if (!m->n || m->stack[m->n - 1]->kind == PICKLE_MARK) return bad(m, "items without what they belong to");
    value *to = m->stack[m->n - 1];
    if (to->kind != PICKLE_TUPLE && to->kind != PICKLE_DICT) return true; /* of something unknown: forgotten */
    for (size_t i = 0; i < items->n; i++)
        if (!append(m, to, items->items[i])) return false;
    return true;
}

/* ---- names and calls ---- */

static bool push_global(struct machine *m, struct text module, struct text name) {
    value *v = new_value(m, PICKLE_GLOBAL);
    char *joined = v ? arena_alloc(m->arena, module.len + name.len + 2, 1, m->err) : NULL;
    if (!joined) return false;
    if (module.len) memcpy(joined, module.at, module.len);
    joined[module.len] = '.';
    if (name.len) memcpy(joined + module.len + 1, name.at, name.len);
    v->text = (struct text){joined, module.len + name.len + 1};
    return push(m, v);
}

static bool is_storage_type(struct text name) {
    return text_starts(name, TEXT("torch.")) &&
           (text_ends(name, TEXT("Storage")) || text_starts(name, TEXT("torch.float")));
}

static void note_call(struct machine *m, struct text name) {
    for (size_t i = 0; i < m->list->n_calls; i++)
        if (text_equal(m->list->calls[i], name)) return;
    if (m->list->n_calls < PICKLE_CALLS) m->list->calls[m->list->n_calls++] = name;
}

/* What a call stands for; nothing is called. */
static bool reduce(struct machine *m) {
    value *arguments = pop(m), *callee = arguments ? pop(m) : NULL;
    if (!callee) return false;
    struct text name = callee->kind == PICKLE_GLOBAL ? callee->text : TEXT("(a value)");
    if ((text_equal_c(name, "torch._utils._rebuild_tensor_v2") || text_equal_c(name, "torch._utils._rebuild_tensor")) &&
        arguments->kind == PICKLE_TUPLE && arguments->n >= 3) {
        value *tensor = new_value(m, PICKLE_TENSOR);
        if (!tensor) return false;
        tensor->items = arguments->items;
        tensor->n = tensor->capacity = arguments->n;
        return push(m, tensor);
    }
    if (text_equal_c(name, "torch._utils._rebuild_parameter") && arguments->kind == PICKLE_TUPLE && arguments->n >= 1)
        return push(m, arguments->items[0]);
    if (text_equal_c(name, "collections.OrderedDict")) return push(m, new_value(m, PICKLE_DICT));
    note_call(m, name);
    value *call = new_value(m, PICKLE_CALL);
    if (!call) return false;
    call->text = name;
    return append(m, call, arguments) && push(m, call);
}

/* The state of an object is kept beside its arguments, so that tensors in it are found. */
static bool build(struct machine *m) {
    value *state = pop(m);
    if (!state) return false;
    if (!m->n || m->stack[m->n - 1]->kind == PICKLE_MARK) return bad(m, "a state without its object");
    value *to = m->stack[m->n - 1];
    return to->kind != PICKLE_CALL || append(m, to, state);
}

static bool push_persistent(struct machine *m) {
    value *id = pop(m);
    if (!id) return false;
    bool storage = id->kind == PICKLE_TUPLE && id->n >= 5 && id->items[1]->kind == PICKLE_GLOBAL &&
                   is_storage_type(id->items[1]->text);
    value *v = new_value(m, storage ? PICKLE_STORAGE : PICKLE_NONE);
    if (v && storage) {
        v->items = id->items;
        v->n = v->capacity = id->n;
    }
    return push(m, v);
}

/* ---- the memo ---- */

static bool put_memo(struct machine *m, uint64_t i) {
    if (!m->n) return bad(m, "nothing to remember");
    if (i >= MEMO_MAX) return bad(m, "more than a million values to remember");
    if (i >= m->memo_capacity) {
        size_t wanted = m->memo_capacity ? m->memo_capacity : 256;
        while (wanted <= i) wanted *= 2;
        value **more = memory_grow(m->memo, wanted, sizeof *more);
        if (!more) return error_memory(m->err, "pickle");
        memset(more + m->memo_capacity, 0, (wanted - m->memo_capacity) * sizeof *more);
        m->memo = more;
        m->memo_capacity = wanted;
    }
    if (!m->memo[i]) m->memo_n++;
    m->memo[i] = m->stack[m->n - 1];
    return true;
}

static bool get_memo(struct machine *m, uint64_t i) {
    if (i >= m->memo_capacity || !m->memo[i]) return bad(m, "nothing was remembered under this number");
    return push(m, m->memo[i]);
}

static bool memo_by_line(struct machine *m, bool put) {
    struct text line;
    uint64_t i;
    if (!take_line(m, &line)) return false;
    if (!text_to_u64(text_trim(line), &i)) return bad(m, "expected the number of a remembered value");
    return put ? put_memo(m, i) : get_memo(m, i);
}

/* ---- opcodes ---- */

/* Those with a number behind them. */
static bool run_sized(struct machine *m, unsigned char op, bool *known) {
    uint64_t v = 0;
    size_t bytes = strchr("KhqG", op) && op ? 1 : op == 'M' ? 2 : strchr("Jjr", op) && op ? 4 : 0;
    *known = bytes > 0;
    if (op == 'G') {
        struct text t;
        return take(m, 8, &t) && push_number(m, 0); /* floating-point numbers do not matter here */
    }
    if (!bytes) return true;
    if (!take_number(m, bytes, &v)) return false;
    if (op == 'h' || op == 'j') return get_memo(m, v);
    if (op == 'q' || op == 'r') return put_memo(m, v);
    return push_number(m, op == 'J' ? (int64_t)(int32_t)(uint32_t)v : (int64_t)v);
}

static bool run_text(struct machine *m, unsigned char op, bool *known) {
    struct text line, name;
    *known = true;
    switch (op) {
    case 'X':
    case 'T':
    case 'B':
        return push_sized_text(m, 4);
    case 0x8C:
    case 'U':
    case 'C':
        return push_sized_text(m, 1);
    case 0x8D:
    case 0x8E:
    case 0x96:
        return push_sized_text(m, 8);
    case 'V':
    case 'S':
        return take_line(m, &line) && push_text(m, line);
    case 'I':
    case 'L':
        return push_line_number(m);
    case 'F':
        return take_line(m, &line) && push_number(m, 0);
    case 0x8A:
        return push_long(m, 1);
    case 0x8B:
        return push_long(m, 4);
    case 'c':
        return take_line(m, &line) && take_line(m, &name) && push_global(m, line, name);
    case 'p':
        return memo_by_line(m, true);
    case 'g':
        return memo_by_line(m, false);
    case 'P':
        return take_line(m, &line) && push(m, new_value(m, PICKLE_NONE));
    default:
        *known = false;
        return true;
    }
}

static bool run_group(struct machine *m, unsigned char op, bool *known) {
    *known = true;
    switch (op) {
    case '(':
        return push(m, new_value(m, PICKLE_MARK));
    case ')':
    case ']':
    case 0x8F:
        return push(m, new_value(m, PICKLE_TUPLE));
    case '}':
        return push(m, new_value(m, PICKLE_DICT));
    case 't':
    case 'l':
    case 0x91:
        return push_marked(m, PICKLE_TUPLE);
    case 'd':
        return push_marked(m, PICKLE_DICT);
    case 0x85:
    case 0x86:
    case 0x87:
        return push_group(m, PICKLE_TUPLE, (size_t)op - 0x84);
    case 'a':
        return extend(m, false, 1);
    case 's':
        return extend(m, false, 2);
    case 'e':
    case 'u':
    case 0x90:
        return extend(m, true, 0);
    case '1':
        return take_marked(m, NULL);
    default:
        *known = false;
        return true;
    }
}

static bool run_plain(struct machine *m, unsigned char op, bool *known) {
    struct text t;
    *known = true;
    switch (op) {
    case 0x80:
        return take(m, 1, &t);
    case 0x95:
        return take(m, 8, &t);
    case 'N':
        return push(m, new_value(m, PICKLE_NONE));
    case 0x88:
    case 0x89:
        return push_number(m, op == 0x88);
    case '0':
        return pop(m) != NULL;
    case '2':
        return m->n ? push(m, m->stack[m->n - 1]) : bad(m, "nothing to double");
    case 0x94:
        return put_memo(m, m->memo_n);
    case 0x93: {
        value *name = pop(m), *module = name ? pop(m) : NULL;
        return module && push_global(m, module->text, name->text);
    }
    case 'R':
    case 0x81:
        return reduce(m);
    case 'b':
        return build(m);
    case 'Q':
        return push_persistent(m);
    default:
        *known = false;
        return true;
    }
}

static bool run(struct machine *m) {
    static bool (*const groups[])(struct machine *, unsigned char, bool *) = {run_sized, run_text, run_group,
                                                                              run_plain};
    for (;;) {
        struct text t;
        bool known = false;
        if (!take(m, 1, &t)) return false;
        unsigned char op = (unsigned char)t.at[0];
        if (op == '.') return true;
        for (size_t i = 0; !known && i < sizeof groups / sizeof *groups; i++)
            if (!groups[i](m, op, &known)) return false;
        if (!known)
            return error_set(m->err, ERROR_DATA, "%s: byte %zu: opcode 0x%02x is not one that builds plain values",
                             m->path, m->at - 1, op);
    }
}

struct pickle_value *pickle_build(struct text file, size_t *offset, const char *path, struct arena *arena,
                                  struct pickle_list *list, struct error *err) {
    struct machine m = {.file = file, .at = *offset, .path = path, .arena = arena, .list = list, .err = err};
    value *result = run(&m) ? pop(&m) : NULL;
    *offset = m.at;
    memory_free(m.stack);
    memory_free(m.memo);
    return result;
}
