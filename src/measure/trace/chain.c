/* Chains of files as patterns, and watching traces: see chain.h. */
#include "measure/trace/chain.h"

#include <string.h>

struct building {
    const struct tool_spec *spec;
    struct chain_dfa *dfa;
    struct chain_pattern pattern;
    const struct spec_chain *path[SPEC_DEPTH_MOST];
    struct error *err;
};

static bool wrong(const struct building *b, const char *what) {
    const struct spec_chain *c = b->dfa->chain;
    return error_set(b->err, ERROR_DATA, "%s: chain '%.*s/%.*s/%zu' %s", c->file, TEXT_ARG(c->category),
                     TEXT_ARG(c->subcategory), c->number, what);
}

/* The letter of a call, a new one where there is none. SIZE_MAX: too many. */
static size_t letter_of(struct building *b, struct text call, const json_t *with) {
    struct chain_dfa *d = b->dfa;
    for (size_t i = 0; i < d->n_letters; i++)
        if (text_equal(d->letter[i].call, call) &&
            (d->letter[i].with == with ||
             (with && d->letter[i].with && json_equal((json_t *)with, (json_t *)d->letter[i].with))))
            return i;
    if (d->n_letters == CHAIN_LETTERS_MOST) return SIZE_MAX;
    d->letter[d->n_letters] = (struct chain_letter){call, with};
    return d->n_letters++;
}

static bool add_steps(struct building *b, const struct spec_chain *c, size_t depth);

static bool add_unless(struct building *b, const json_t *unless, uint16_t *out) {
    json_t *one;
    size_t i;
    json_array_foreach((json_t *)unless, i, one) {
        size_t letter = letter_of(b, json_text(one), NULL);
        if (!json_is_string(one)) return wrong(b, "has an 'unless' that is no list of capabilities");
        if (letter == SIZE_MAX) return wrong(b, "asks for too many different calls");
        *out |= (uint16_t)(1u << letter);
    }
    return true;
}

static bool add_step(struct building *b, const json_t *step, size_t depth) {
    const json_t *with = json_is_object(step) ? json_object_get(step, "with") : NULL;
    struct text call = json_text(json_is_object(step) ? json_object_get(step, "call") : step);
    struct chain_pattern *p = &b->pattern;
    if (text_starts(call, TEXT("@"))) {
        const struct spec_chain *next = tool_spec_chain(b->spec, text_part(call, 1, call.len));
        return next ? add_steps(b, next, depth + 1) : wrong(b, "refers to a chain that is not there");
    }
    if (!call.len || (with && !json_is_object(with))) return wrong(b, "has a step that is none");
    size_t letter = letter_of(b, call, with);
    if (p->n == CHAIN_PLACES_MOST) return wrong(b, "has too many steps");
    if (letter == SIZE_MAX) return wrong(b, "asks for too many different calls");
    p->step[p->n] = (uint8_t)letter;
    if (json_is_object(step) && !add_unless(b, json_object_get(step, "unless"), &p->unless[p->n])) return false;
    p->n++;
    return true;
}

static bool add_steps(struct building *b, const struct spec_chain *c, size_t depth) {
    json_t *step;
    size_t i;
    for (size_t k = 0; k < depth; k++)
        if (b->path[k] == c) return wrong(b, "refers to itself");
    if (depth == SPEC_DEPTH_MOST) return wrong(b, "refers to others too deep");
    b->path[depth] = c;
    json_array_foreach((json_t *)c->steps, i, step) if (!add_step(b, step, depth)) return false;
    return true;
}

bool chain_set_make(const struct tool_spec *spec, struct arena *arena, struct chain_set *out, struct error *err) {
    struct arena scratch;
    bool ok = true;
    *out = (struct chain_set){.spec = spec};
    out->dfas = arena_new(arena, struct chain_dfa, spec->n_chains + 1, err);
    if (!out->dfas) return false;
    arena_init(&scratch, (size_t)1 << 28);
    for (size_t i = 0; ok && i < spec->n_chains; i++) {
        struct building b = {.spec = spec, .dfa = &out->dfas[i], .err = err};
        struct chain_dfa made = {0};
        b.dfa->chain = &spec->chains[i];
        ok = add_steps(&b, b.dfa->chain, 0) && (b.pattern.n > 0 || wrong(&b, "has no steps"));
        b.pattern.n_letters = b.dfa->n_letters;
        arena_reset(&scratch);
        ok = ok && chain_compile(&b.pattern, &scratch, &made, err);
        if (!ok) break;
        size_t cells = made.n_states << made.n_letters;
        b.dfa->n_states = made.n_states;
        b.dfa->start = made.start;
        b.dfa->next = arena_new(arena, uint16_t, cells, err);
        b.dfa->accepts = arena_new(arena, bool, made.n_states, err);
        ok = b.dfa->next && b.dfa->accepts;
        if (!ok) break;
        memcpy(b.dfa->next, made.next, cells * sizeof *made.next);
        memcpy(b.dfa->accepts, made.accepts, made.n_states);
        out->n++;
    }
    arena_done(&scratch);
    return ok;
}

/* ---- watching */

static bool holds(const json_t *wanted, const json_t *found) {
    const json_t *one;
    size_t i;
    if (!json_is_array(wanted)) return found && json_equal((json_t *)wanted, (json_t *)found);
    json_array_foreach((json_t *)wanted, i, one) if (found && json_equal((json_t *)one, (json_t *)found)) return true;
    return false;
}

static bool has_arguments(const json_t *with, const json_t *arguments) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)with, key, value) if (!holds(value, json_object_get(arguments, key))) return false;
    return true;
}

/* Does the tool give this capability? */
static bool gives(const struct tool_spec *spec, struct text tool, struct text capability) {
    for (size_t m = 0; m < spec->n_map; m++) {
        json_t *one;
        size_t i;
        if (!text_equal(spec->map[m].name, capability)) continue;
        json_array_foreach((json_t *)spec->map[m].tools, i, one) if (text_equal(json_text(one), tool)) return true;
    }
    size_t dot = text_find(capability, TEXT("."), 0);
    return text_equal(tool, capability) ||
           (dot != SIZE_MAX && text_equal(tool, text_part(capability, dot + 1, capability.len)));
}

static size_t letters_of(const struct chain_set *set, const struct chain_dfa *d, struct text tool,
                         const json_t *arguments) {
    size_t call = 0;
    for (size_t i = 0; i < d->n_letters; i++)
        if (gives(set->spec, tool, d->letter[i].call) &&
            (!d->letter[i].with || has_arguments(d->letter[i].with, arguments)))
            call |= (size_t)1 << i;
    return call;
}

bool chain_set_watch(const struct chain_set *set, const struct trace *t,
                     bool (*accepts)(void *context, const struct chain_dfa *dfa, size_t span, struct error *err),
                     void *context, struct arena *arena, struct error *err) {
    uint16_t *state = arena_new(arena, uint16_t, set->n + 1, err);
    bool *done = state ? arena_new(arena, bool, set->n + 1, err) : NULL, ok = done != NULL;
    for (size_t i = 0; ok && i < set->n; i++) state[i] = set->dfas[i].start;
    for (size_t at = 0; ok && at < t->n; at++) {
        const struct trace_span *s = &t->spans[at];
        struct error quiet;
        if (!s->tool.len) continue;
        json_t *arguments = s->in.len && s->in.at[0] == '{' ? json_read(s->in, "arguments", 1, &quiet) : NULL;
        for (size_t i = 0; ok && i < set->n; i++) {
            const struct chain_dfa *d = &set->dfas[i];
            if (done[i]) continue;
            state[i] = d->next[((size_t)state[i] << d->n_letters) + letters_of(set, d, s->tool, arguments)];
            if (!d->accepts[state[i]]) continue;
            done[i] = true;
            ok = accepts(context, d, at, err);
        }
        json_decref(arguments);
    }
    return ok;
}
