/* Is there a run? By walking the product of automata, and by Z3: see rule_set.h. */
#include "measure/trace/rule_set.h"
#include "solver/smt.h"

#include <stdio.h>
#include <string.h>

/* Which letters of a line a tool is. */
static size_t letters_of(const struct rule_line *line, struct text tool) {
    size_t call = 0;
    for (size_t i = 0; i < line->dfa.n_letters; i++)
        if (text_equal(line->dfa.letter[i].call, tool)) call |= (size_t)1 << i;
    return call;
}

static uint16_t next_of(const struct rule_line *line, uint16_t state, struct text tool) {
    return line->dfa.next[((size_t)state << line->dfa.n_letters) + letters_of(line, tool)];
}

struct walk {
    const struct rule_set *set;
    size_t line[RULE_LINES_MOST], n; /* the lines that matter */
    uint32_t all, none;
    uint16_t *state;  /* n for each that was reached */
    uint32_t *before; /* from which */
    uint8_t *call;    /* by which call */
    uint32_t *slot;   /* by states: index + 1 */
    size_t reached, room, mask;
};

static bool make_room(struct walk *w, struct arena *arena, struct error *err) {
    w->room = RULE_STATES_MOST;
    w->mask = 2 * w->room - 1;
    size_t product = 1;
    for (size_t i = 0; i < w->n && product < RULE_STATES_MOST; i++) product *= w->set->lines[w->line[i]].dfa.n_states;
    if (product < w->room) w->room = product;
    while ((w->mask + 1) / 4 >= w->room && w->mask > 63) w->mask /= 2;
    w->state = arena_new(arena, uint16_t, w->room * (w->n ? w->n : 1), err);
    w->before = arena_new(arena, uint32_t, w->room, err);
    w->call = arena_new(arena, uint8_t, w->room, err);
    w->slot = arena_new(arena, uint32_t, w->mask + 1, err);
    return w->state && w->before && w->call && w->slot;
}

/* Enters states that are new. false: there are too many. */
static bool enter(struct walk *w, const uint16_t *state, size_t before, size_t call) {
    size_t bytes = w->n * sizeof *state, at = hash_xxh3(state, bytes) & w->mask;
    for (; w->slot[at]; at = (at + 1) & w->mask)
        if (memcmp(&w->state[(w->slot[at] - 1) * w->n], state, bytes) == 0) return true;
    if (w->reached == w->room) return false;
    memcpy(&w->state[w->reached * w->n], state, bytes);
    w->before[w->reached] = (uint32_t)before;
    w->call[w->reached] = (uint8_t)call;
    w->slot[at] = (uint32_t)++w->reached;
    return true;
}

/* All of `all` and none of `none` are complete here. */
static bool is_wanted(const struct walk *w, const uint16_t *state) {
    for (size_t i = 0; i < w->n; i++)
        if (w->set->lines[w->line[i]].dfa.accepts[state[i]] != (w->all >> w->line[i] & 1)) return false;
    return true;
}

/* A line of `none` that is complete stays so. */
static bool is_lost(const struct walk *w, const uint16_t *state) {
    for (size_t i = 0; i < w->n; i++)
        if (w->none >> w->line[i] & 1 && w->set->lines[w->line[i]].dfa.accepts[state[i]]) return true;
    return false;
}

static bool tell_run(const struct walk *w, size_t at, struct rule_run *out, struct error *err) {
    size_t n = 0;
    for (size_t x = at; x != 0; x = w->before[x]) n++;
    if (n > RULE_WORD_MOST)
        return error_set(err, ERROR_DATA, "%s: the shortest run has more than %d calls", w->set->file, RULE_WORD_MOST);
    out->there = true;
    out->n = n;
    for (size_t x = at; x != 0; x = w->before[x]) out->call[--n] = w->call[x];
    return true;
}

static bool walk(struct walk *w, struct rule_run *out, struct error *err) {
    uint16_t state[RULE_LINES_MOST] = {0};
    for (size_t i = 0; i < w->n; i++) state[i] = w->set->lines[w->line[i]].dfa.start;
    if (!enter(w, state, 0, 0)) return error_set(err, ERROR_DATA, "%s: no states", w->set->file);
    for (size_t at = 0; at < w->reached; at++) {
        const uint16_t *from = &w->state[at * w->n];
        if (is_wanted(w, from)) return tell_run(w, at, out, err);
        for (size_t c = 0; c < w->set->n_calls; c++) {
            from = &w->state[at * w->n];
            for (size_t i = 0; i < w->n; i++)
                state[i] = next_of(&w->set->lines[w->line[i]], from[i], w->set->calls[c].tool);
            if (!is_lost(w, state) && !enter(w, state, at, c))
                return error_set(err, ERROR_DATA, "%s: these rules together have more than %d states", w->set->file,
                                 RULE_STATES_MOST);
        }
    }
    return true;
}

/* ---- Z3: calls c1..cn, of each line its state before every call */

struct asking {
    const struct walk *w;
    struct arena *arena;
    const struct formula *lines[RULE_LINES_MOST * (RULE_WORD_MOST + 2) + RULE_WORD_MOST + 8];
    size_t n;
    struct buffer text;
};

static bool add_formula(struct asking *a, struct error *err) {
    size_t column;
    char *copy = text_copy(a->arena, buffer_text(&a->text), err);
    if (!copy || !buffer_check(&a->text, "formula", err)) return false;
    a->lines[a->n] = formula_read(a->arena, text_of(copy), &column, err);
    buffer_clear(&a->text);
    return a->lines[a->n++] != NULL;
}

/* Where line i goes from each of its states by each call, as one formula. Calls that lead to the same state stand
 * together; what is left out stays where it is. */
static bool add_step(struct asking *a, size_t i, size_t t, struct error *err) {
    const struct rule_line *line = &a->w->set->lines[a->w->line[i]];
    const struct rule_set *set = a->w->set;
    bool first = true;
    for (size_t s = 0; s < line->dfa.n_states; s++)
        for (size_t c = 0; c < set->n_calls; c++) {
            buffer_printf(&a->text, "%s(q%zu_%zu = %zu and c%zu = %zu and q%zu_%zu = %u)", first ? "" : " or ", i, t, s,
                          t, c, i, t + 1, next_of(line, (uint16_t)s, set->calls[c].tool));
            first = false;
        }
    return add_formula(a, err);
}

static bool add_all(struct asking *a, size_t horizon, struct error *err) {
    const struct walk *w = a->w;
    for (size_t i = 0; i < w->n; i++) {
        const struct rule_line *line = &w->set->lines[w->line[i]];
        buffer_printf(&a->text, "q%zu_0 = %u", i, line->dfa.start);
        if (!add_formula(a, err)) return false;
        for (size_t t = 0; t < horizon; t++)
            if (!add_step(a, i, t, err)) return false;
        bool first = true;
        for (size_t s = 0; s < line->dfa.n_states; s++) {
            if (line->dfa.accepts[s] != (w->all >> w->line[i] & 1)) continue;
            buffer_printf(&a->text, "%sq%zu_%zu = %zu", first ? "" : " or ", i, horizon, s);
            first = false;
        }
        if (first) buffer_put_c(&a->text, "false");
        if (!add_formula(a, err)) return false;
    }
    return true;
}

/* Can a formula of one step be held by the reader of formulas? */
static bool fits(const struct walk *w) {
    for (size_t i = 0; i < w->n; i++)
        if (w->set->lines[w->line[i]].dfa.n_states * w->set->n_calls * 14 > FORMULA_TREE_MOST) return false;
    return w->n > 0 && w->set->n_calls > 0;
}

static bool ask(const struct walk *w, size_t horizon, struct arena *arena, enum smt_verdict *verdict,
                struct error *err) {
    struct asking *a = arena_new(arena, struct asking, 1, err);
    struct symbols symbols;
    struct smt_answer answer;
    size_t column;
    if (!a) return false;
    *a = (struct asking){.w = w, .arena = arena};
    buffer_init(&a->text, FORMULA_BYTES_MOST);
    symbols_init(&symbols, arena);
    bool ok = add_all(a, horizon, err);
    buffer_done(&a->text);
    for (size_t i = 0; ok && i < a->n; i++) ok = symbols_note(&symbols, a->lines[i], NULL, &column, err);
    for (size_t i = 0; ok && i < a->n; i++) ok = symbols_infer(&symbols, a->lines[i], &column, err);
    struct smt *smt = ok ? smt_new((struct smt_limits){.seconds = 10}, err) : NULL;
    ok = smt && smt_check(smt, &symbols, a->lines, a->n, arena, &answer, err);
    smt_free(smt);
    if (ok) *verdict = answer.verdict;
    return ok;
}

static bool second_opinion(const struct walk *w, const struct rule_run *found, struct arena *arena, struct error *err) {
    size_t horizon = found->there ? found->n : RULE_HORIZON;
    enum smt_verdict verdict;
    if (!smt_there() || !fits(w) || horizon > RULE_HORIZON) return true;
    if (!ask(w, horizon, arena, &verdict, err)) return false;
    if (verdict == SMT_UNKNOWN || (verdict == SMT_SAT) == found->there) return true;
    return error_set(err, ERROR_ENVIRONMENT,
                     "%s: Z3 and the walk through the automata disagree whether there is a run "
                     "of %zu calls; please report it",
                     w->set->file, horizon);
}

bool rule_set_run(const struct rule_set *set, uint32_t all, uint32_t none, struct arena *arena, struct rule_run *out,
                  struct error *err) {
    struct walk w = {.set = set, .all = all, .none = none};
    *out = (struct rule_run){0};
    for (size_t i = 0; i < set->n_lines; i++)
        if ((all | none) >> i & 1) w.line[w.n++] = i;
    return make_room(&w, arena, err) && walk(&w, out, err) && second_opinion(&w, out, arena, err);
}
