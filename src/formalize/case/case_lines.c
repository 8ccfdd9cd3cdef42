/* Reading the lines of theorems, each text once in the life of a checker; sorts and units over the whole case. */
#include "formalize/case/case_theorem.h"

#include <string.h>

/* ---- lines that were read before ---- */

static size_t slot_of(const struct case_checker *k, enum case_language language, struct text t) {
    size_t i = (size_t)(hash_xxh3(t.at, t.len) + (uint64_t)language) & (k->line_slots - 1);
    while (k->line[i] && (k->line[i]->language != language || !text_equal(k->line[i]->text, t)))
        i = (i + 1) & (k->line_slots - 1);
    return i;
}

static bool grow(struct case_checker *k) {
    size_t slots = k->line_slots ? k->line_slots * 2 : 1024, before = k->line_slots;
    struct case_read_line **old = k->line, **line = memory_zeroed(slots, sizeof *line);
    if (!line) return error_memory(k->err, "lines of a case");
    k->line = line, k->line_slots = slots;
    for (size_t i = 0; i < before; i++)
        if (old[i]) line[slot_of(k, old[i]->language, old[i]->text)] = old[i];
    memory_free(old);
    return true;
}

/* Only names that are numbers, said without units, and claims made of comparisons of those: where all lines are so,
 * every name is a real number, nothing can be wrong with sorts, and nothing of one line bears on another. This is what
 * most cases are, and it saves most of the time of an update. */
static bool is_plain(const struct formula *f, bool claim) {
    bool relation = f->kind >= FORMULA_LESS && f->kind <= FORMULA_UNEQUAL;
    bool join = f->kind >= FORMULA_NOT && f->kind <= FORMULA_IFF;
    bool truth = f->kind == FORMULA_TRUE || f->kind == FORMULA_FALSE;
    if (f->unit || f->kind == FORMULA_CALL || f->kind > FORMULA_IFF || claim != (relation || join || truth))
        return false;
    for (size_t i = 0; i < f->n; i++)
        if (!is_plain(f->of[i], join)) return false;
    return true;
}

/* What a line is in its language; one that cannot be read has a message. False without memory. */
static bool read_now(struct case_checker *k, struct case_read_line *l) {
    struct error why = {0};
    if (l->language == CASE_FORMULAS) {
        l->formula = formula_read(&k->kept, l->text, &l->column, &why);
        l->plain = l->formula && is_plain(l->formula, true);
    } else if (l->language == CASE_SETS_LINES) {
        l->sets = sets_read(&k->kept, l->text, &l->column, &why);
    } else {
        struct horn_program p;
        struct error other = {0};
        size_t column;
        horn_program_init(&p, &k->now);
        l->rule_ok = horn_add(&p, l->text, 0, &l->column, &why);
        l->query_ok = horn_query(&k->now, l->text, &column, &other) != NULL;
        if (other.kind == ERROR_ENVIRONMENT) why = other;
        if (!l->rule_ok && l->query_ok) error_clear(&why);
        if (!l->query_ok && l->rule_ok) l->column = column;
        if (!l->query_ok && l->rule_ok) why = other;
    }
    if (why.kind == ERROR_ENVIRONMENT) return error_set(k->err, why.kind, "%s", why.message);
    l->message = why.kind == ERROR_NONE ? "" : text_copy(&k->kept, text_of(why.message), k->err);
    return l->message != NULL;
}

static const struct case_read_line *line_of(struct case_checker *k, enum case_language language, struct text t) {
    if (k->n_lines * 2 >= k->line_slots && !grow(k)) return NULL;
    size_t i = slot_of(k, language, t);
    if (k->line[i]) return k->line[i];
    struct case_read_line *l = arena_new(&k->kept, struct case_read_line, 1, k->err);
    char *copy = l ? text_copy(&k->kept, t, k->err) : NULL;
    if (!copy) return NULL;
    *l = (struct case_read_line){.language = language, .text = {copy, t.len}};
    if (!read_now(k, l)) return NULL;
    k->n_lines++;
    return k->line[i] = l;
}

/* ---- the lines of this case ---- */

static bool fault(struct case_checker *k, struct case_point p, size_t column, const char *message) {
    size_t i = case_line_number(k, p);
    if (k->fault[i]) return true;
    struct case_fault *f = arena_new(&k->now, struct case_fault, 1, k->err);
    char *copy = f ? text_copy(&k->now, text_of(message), k->err) : NULL;
    if (!copy) return false;
    *f = (struct case_fault){p, column, copy};
    k->fault[i] = f;
    return true;
}

static bool need(struct case_checker *k, enum case_language language, struct case_point p, bool as_goal) {
    size_t i = case_line_number(k, p);
    if (!k->read[language][i]) {
        k->read[language][i] = line_of(k, language, case_line_at(k, p)->text);
        if (!k->read[language][i]) return false;
    }
    const struct case_read_line *l = k->read[language][i];
    bool ok = l->formula || l->sets || (as_goal ? l->query_ok : l->rule_ok);
    if (ok) return true;
    return fault(k, p, l->column,
                 *l->message ? l->message
                 : as_goal   ? "a rule where a query must stand"
                             : "a query where a rule must stand");
}

static bool need_all(struct case_checker *k) {
    for (size_t i = 0; i < k->n_theorems; i++) {
        const struct case_theorem *t = k->theorem[i];
        for (size_t g = 0; g < t->n_goal; g++)
            if (!need(k, t->language, t->goal[g], true)) return false;
        for (size_t p = 0; p < t->n_premise; p++)
            if (!need(k, t->language, t->premise[p], false)) return false;
    }
    return true;
}

typedef bool pass(struct case_checker *k, const struct formula *f, struct case_point p, size_t *column,
                  struct error *why);

static bool note(struct case_checker *k, const struct formula *f, struct case_point p, size_t *column,
                 struct error *why) {
    return symbols_note(&k->symbols, f, case_line_at(k, p), column, why);
}

static bool infer(struct case_checker *k, const struct formula *f, struct case_point p, size_t *column,
                  struct error *why) {
    (void)p;
    return symbols_infer(&k->symbols, f, column, why);
}

static bool units(struct case_checker *k, const struct formula *f, struct case_point p, size_t *column,
                  struct error *why) {
    (void)p;
    return symbols_check_units(&k->symbols, &k->now, f, column, why);
}

static bool over_formulas(struct case_checker *k, pass *each) {
    for (size_t n = 0; n < k->c->n_nodes; n++)
        for (size_t l = 0; l < k->c->nodes[n].n_formal; l++) {
            struct case_point p = {n, l};
            const struct case_read_line *read = k->read[CASE_FORMULAS][case_line_number(k, p)];
            struct error why = {0};
            size_t column = 1;
            if (!read || !read->formula || k->fault[case_line_number(k, p)]) continue;
            if (each(k, read->formula, p, &column, &why)) continue;
            if (why.kind == ERROR_ENVIRONMENT) return error_set(k->err, why.kind, "%s", why.message);
            if (!fault(k, p, column, why.message)) return false;
        }
    return true;
}

static bool all_plain(const struct case_checker *k) {
    for (size_t i = 0; i < k->n_all_lines; i++) {
        const struct case_read_line *l = k->read[CASE_FORMULAS][i];
        if (l && l->formula && !l->plain) return false;
    }
    return true;
}

bool case_infer(struct case_checker *k, const struct case_theorem *t) {
    for (size_t i = 0; i < t->n_goal + t->n_premise; i++) {
        struct case_point p = i < t->n_goal ? t->goal[i] : t->premise[i - t->n_goal];
        size_t column;
        if (!symbols_infer(&k->symbols, k->read[CASE_FORMULAS][case_line_number(k, p)]->formula, &column, k->err))
            return false;
    }
    return true;
}

static bool any_unit(const struct symbols *s) {
    for (size_t i = 0; i < s->n; i++)
        if (s->at[i].unit) return true;
    return false;
}

static void find_faults(struct case_checker *k) {
    for (size_t i = 0; i < k->n_theorems; i++) {
        struct case_theorem *t = k->theorem[i];
        for (size_t g = 0; g < t->n_goal && !t->fault; g++) t->fault = k->fault[case_line_number(k, t->goal[g])];
        for (size_t p = 0; p < t->n_premise && !t->fault; p++) t->fault = k->fault[case_line_number(k, t->premise[p])];
    }
}

static bool make_room(struct case_checker *k) {
    k->first_line = arena_new(&k->now, size_t, k->c->n_nodes + 1, k->err);
    if (!k->first_line) return false;
    k->n_all_lines = 0;
    for (size_t i = 0; i < k->c->n_nodes; i++) {
        k->first_line[i] = k->n_all_lines;
        k->n_all_lines += k->c->nodes[i].n_formal;
    }
    for (int l = 0; l < CASE_LANGUAGES; l++)
        if (!(k->read[l] = arena_new(&k->now, const struct case_read_line *, k->n_all_lines + 1, k->err))) return false;
    return (k->fault = arena_new(&k->now, const struct case_fault *, k->n_all_lines + 1, k->err)) != NULL;
}

bool case_read_lines(struct case_checker *k) {
    symbols_init(&k->symbols, &k->now);
    if (!make_room(k) || !need_all(k)) return false;
    k->plain = all_plain(k);
    if (k->plain) {
        find_faults(k);
        return true;
    }
    if (!over_formulas(k, note) || !over_formulas(k, infer)) return false;
    if (any_unit(&k->symbols) && !over_formulas(k, units)) return false;
    find_faults(k);
    return true;
}
