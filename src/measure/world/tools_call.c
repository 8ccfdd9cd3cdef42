/* Calls of tools and what the tools answer: a function of the call and the world, nothing else. */
#include "measure/world/world_tools.h"

#include <stdio.h>

enum { DEBT_LOW = 10, DEBTS = 90, PURSE_LOW = 100, PURSES = 800, MARK_LOW = 10, MARKS = 90, MOST_NUMBER = 1000 };

/* ---- values */

static const struct text *names_of(const struct world *w, enum task_slot slot, size_t *n) {
    enum kind kind = slot == SLOT_G ? GOOD : slot == SLOT_T ? TOWN : PERSON;
    if (slot == SLOT_N) return *n = MOST_NUMBER, w->number;
    if (slot == SLOT_L) return *n = w->words.tools.n, w->words.tools.at;
    return *n = world_kinds[kind].n, w->name[kind];
}

struct text world_slot_text(const struct world *w, enum task_slot slot, int value) {
    size_t n;
    return names_of(w, slot, &n)[value];
}

bool world_slot_find(const struct world *w, enum task_slot slot, struct text t, int *value) {
    size_t n;
    const struct text *names = names_of(w, slot, &n);
    for (size_t i = 0; i < n; i++)
        if (text_equal(names[i], t)) return *value = (int)i, true;
    return false;
}

static const struct tool *tool_of(const struct world *w, unsigned tool, const struct capability **c) {
    *c = &world_tools(w)->capability[tool / TOOLS_EACH];
    return &(*c)->tool[tool % TOOLS_EACH];
}

static uint64_t hash_call(const struct world *w, const struct tool *tool, size_t n, const int *arguments) {
    char key[128];
    int len = snprintf(key, sizeof key, "%llu/%.*s", (unsigned long long)w->seed, TEXT_ARG(tool->name));
    for (size_t i = 0; i < n; i++) len += snprintf(key + len, sizeof key - (size_t)len, "/%d", arguments[i]);
    return hash_xxh3(key, (size_t)len);
}

int world_tool_value(const struct world *w, unsigned tool, const int *arguments) {
    const struct capability *c;
    const struct tool *t = tool_of(w, tool, &c);
    uint64_t hash = hash_call(w, t, c->n_takes, arguments);
    switch (c->gives) {
    case SLOT_T:
        return w->value[P_TOWN][arguments[0]];
    case SLOT_G:
        return (int)(hash % world_kinds[GOOD].n);
    case SLOT_N:
        if (c->takes[0] == SLOT_G) return w->value[G_PRICE][arguments[0]];
        return c->takes[0] == SLOT_O ? PURSE_LOW + (int)(hash % PURSES) : DEBT_LOW + (int)(hash % DEBTS);
    default:
        return MARK_LOW + (int)(hash % MARKS);
    }
}

/* ---- text */

bool world_put_call(struct buffer *out, const struct world *w, unsigned tool, const int *arguments) {
    const struct capability *c;
    const struct tool *t = tool_of(w, tool, &c);
    buffer_put_text(out, t->name);
    for (size_t i = 0; i < c->n_takes; i++)
        buffer_printf(out, "%s%.*s=%.*s", i ? " ; " : " ", TEXT_ARG(t->argument[i]),
                      TEXT_ARG(world_slot_text(w, c->takes[i], arguments[i])));
    return !out->failed;
}

bool world_put_result(struct buffer *out, const struct world *w, unsigned tool, const int *arguments) {
    static const char *const letters[N_TASK_SLOTS] = {"P", "O", "G", "T", "N", "L"};
    const struct capability *c;
    const struct tool *t = tool_of(w, tool, &c);
    struct slot slots[MOST_ARGUMENTS + 1];
    int value = world_tool_value(w, tool, arguments);
    for (size_t i = 0; i < c->n_takes; i++)
        slots[i] = (struct slot){letters[c->takes[i]], world_slot_text(w, c->takes[i], arguments[i])};
    slots[c->n_takes] = c->gives < 0 ? (struct slot){"H", w->number[value]}
                                     : (struct slot){"V", world_slot_text(w, (enum task_slot)c->gives, value)};
    return world_render(out, t->result, slots, c->n_takes + 1);
}

static bool find_tool(const struct world *w, struct text name, unsigned *tool) {
    const struct capability *c;
    for (*tool = 0; *tool < TOOLS; (*tool)++)
        if (text_equal(tool_of(w, *tool, &c)->name, name)) return true;
    return false;
}

static bool tell(struct buffer *why, const char *format, struct text t) {
    if (why) buffer_printf(why, format, TEXT_ARG(t));
    return false;
}

bool world_read_call(const struct world *w, struct text call, unsigned *tool, int *arguments, struct buffer *why) {
    const struct capability *c;
    size_t blank = text_find(call, TEXT(" "), 0), i = 0;
    struct text name = text_part(call, 0, blank == SIZE_MAX ? call.len : blank), piece;
    struct text rest = blank == SIZE_MAX ? TEXT("") : text_part(call, blank + 1, call.len);
    if (!find_tool(w, name, tool)) return tell(why, "no tool has the name %.*s", name);
    const struct tool *t = tool_of(w, *tool, &c);
    for (; i < c->n_takes && text_next(&rest, ';', &piece); i++) {
        piece = text_trim(piece);
        size_t at = text_find(piece, TEXT("="), 0);
        if (at == SIZE_MAX || !text_equal(text_part(piece, 0, at), t->argument[i]))
            return tell(why, "expected %.*s", t->argument[i]);
        if (!world_slot_find(w, c->takes[i], text_part(piece, at + 1, piece.len), &arguments[i]))
            return tell(why, "nothing is known of %.*s", text_part(piece, at + 1, piece.len));
    }
    if (i < c->n_takes) return tell(why, "expected %.*s", t->argument[i]);
    return rest.len == 0 || tell(why, "nothing more was expected than %.*s", t->argument[i - 1]);
}

bool world_answer_call(struct buffer *out, const struct world *w, struct text call) {
    unsigned tool;
    int arguments[MOST_ARGUMENTS] = {0};
    struct buffer why;
    buffer_init(&why, 1 << 12);
    bool ok = world_read_call(w, text_trim(call), &tool, arguments, &why)
                  ? world_put_result(out, w, tool, arguments)
                  : buffer_printf(out, "Error: %.*s.", TEXT_ARG(buffer_text(&why)));
    buffer_done(&why);
    return ok;
}
