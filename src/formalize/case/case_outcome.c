/* Outcomes that are kept between updates, by all that they depend on. */
#include "formalize/case/case_theorem.h"

#include <string.h>

/* ---- keys ---- */

static void put_point(struct case_checker *k, struct buffer *b, struct case_point p) {
    struct text line = case_line_at(k, p)->text;
    const char *id = k->c->nodes[p.node].id;
    const uint64_t size[] = {strlen(id), p.line, line.len};
    buffer_put(b, size, sizeof size);
    buffer_put(b, id, (size_t)size[0]);
    buffer_put_text(b, line);
}

/* Sorts that theorems get from elsewhere in the case: once for all of an update. */
bool case_sorts_key(struct case_checker *k) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 28);
    buffer_put_c(&b, "sorts\n");
    for (size_t i = 0; i < k->symbols.n; i++) {
        const struct symbol *s = &k->symbols.at[i];
        if (s->sort == SORT_REAL && s->n_parts == 0) continue;
        buffer_put_text(&b, s->name);
        buffer_printf(&b, " %d", (int)s->sort);
        for (size_t p = 0; p < s->n_parts; p++) buffer_printf(&b, " %d", (int)s->parts[p]);
        buffer_put_char(&b, '\n');
    }
    bool ok = buffer_check(&b, "sorts of names", k->err);
    if (ok) sha256_hex(b.at, b.len, k->sorts);
    buffer_done(&b);
    return ok;
}

bool case_theorem_key(struct case_checker *k, struct case_theorem *t, char key[HASH_HEX]) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 30);
    buffer_printf(&b, "%d %d %zu %.17g %u\n", (int)t->language, (int)k->c->nodes[t->node].reason, t->n_goal,
                  k->settings.seconds, (unsigned)k->settings.steps);
    if (t->language == CASE_FORMULAS) buffer_put_c(&b, k->sorts);
    for (size_t i = 0; i < t->n_goal; i++) put_point(k, &b, t->goal[i]);
    for (size_t i = 0; i < t->n_premise; i++) put_point(k, &b, t->premise[i]);
    bool ok = buffer_check(&b, "a theorem", k->err);
    if (ok) sha256_hex(b.at, b.len, key);
    buffer_done(&b);
    return ok;
}

/* ---- the table ---- */

static size_t slot_of(const struct case_checker *k, const char *key) {
    size_t i = (size_t)hash_xxh3(key, HASH_HEX - 1) & (k->outcome_slots - 1);
    while (k->outcome[i] && strcmp(k->outcome[i]->key, key) != 0) i = (i + 1) & (k->outcome_slots - 1);
    return i;
}

struct case_outcome *case_outcome_find(struct case_checker *k, const char *key) {
    return k->outcome_slots ? k->outcome[slot_of(k, key)] : NULL;
}

static bool resize(struct case_checker *k, size_t slots) {
    struct case_outcome **old = k->outcome, **table = memory_zeroed(slots, sizeof *table);
    size_t before = k->outcome_slots;
    if (!table) return error_memory(k->err, "outcomes of a case");
    k->outcome = table, k->outcome_slots = slots;
    for (size_t i = 0; i < before; i++)
        if (old[i]) table[slot_of(k, old[i]->key)] = old[i];
    memory_free(old);
    return true;
}

bool case_outcome_add(struct case_checker *k, struct case_outcome *o) {
    if ((k->n_outcomes + 1) * 2 > k->outcome_slots && !resize(k, k->outcome_slots ? k->outcome_slots * 2 : 256))
        return false;
    k->outcome[slot_of(k, o->key)] = o;
    k->n_outcomes++;
    return true;
}

void case_outcome_free(struct case_outcome *o) {
    if (!o) return;
    json_decref(o->detail);
    memory_free(o->core);
    memory_free(o);
}

/* Those that no update has needed for a while: undoing an edit finds its outcome again. */
void case_outcomes_forget(struct case_checker *k, bool all) {
    enum { WHILE = 20 };
    size_t kept = 0;
    struct case_outcome **list = k->outcome;
    for (size_t i = 0; i < k->outcome_slots; i++) {
        struct case_outcome *o = list[i];
        list[i] = NULL;
        if (o && (all || o->used + WHILE < k->update))
            case_outcome_free(o);
        else if (o)
            list[kept++] = o;
    }
    /* Those that stay are put in again; the list is dense at the front, and slots behind it are free. */
    k->n_outcomes = kept;
    struct case_outcome **stay = kept ? memory_alloc(kept * sizeof *stay) : NULL;
    if (kept && !stay) {
        for (size_t i = 0; i < kept; i++) case_outcome_free(list[i]), list[i] = NULL;
        k->n_outcomes = 0;
        return;
    }
    if (kept) memcpy(stay, list, kept * sizeof *stay), memset(list, 0, kept * sizeof *list);
    for (size_t i = 0; i < kept; i++) k->outcome[slot_of(k, stay[i]->key)] = stay[i];
    memory_free(stay);
}

bool case_detail(struct case_outcome *o, const char *name, const char *text) {
    return json_object_set_new(o->detail, name, json_from_text(text_of(text))) == 0;
}
