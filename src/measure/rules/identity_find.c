/* Finding names: normal form, the automaton over all names of the table, the target's own names. See identity.h.
 *
 * Invariant: spans are in their order and do not overlap; where the target's own name and one of the table overlap, the
 * target's stands (so "gpt" inside "LumenGPT" is nobody). */
#include "measure/rules/identity_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { NODES_MOST = 16384, SPANS_MOST = 4096 };

/* ---- normal form ---- */

/* Bytes of a curly quote at t[i] and the straight one it becomes; 0: none. */
static size_t curly(struct text t, size_t i, char *straight) {
    static const struct {
        struct text from;
        char to;
    } quotes[] = {{TEXT("\xe2\x80\x98"), '\''}, {TEXT("\xe2\x80\x99"), '\''}, {TEXT("\xe2\x80\x9c"), '"'},
                  {TEXT("\xe2\x80\x9d"), '"'},  {TEXT("\xe2\x80\x9e"), '"'},  {TEXT("\xc2\xab"), '"'},
                  {TEXT("\xc2\xbb"), '"'},      {TEXT("\xe3\x80\x8c"), '"'},  {TEXT("\xe3\x80\x8d"), '"'}};
    for (size_t q = 0; q < sizeof quotes / sizeof *quotes; q++)
        if (text_starts(text_part(t, i, t.len), quotes[q].from)) return *straight = quotes[q].to, quotes[q].from.len;
    return 0;
}

static bool put_normal(struct text t, struct arena *arena, struct text *out, struct error *err) {
    char *copy = arena_new(arena, char, t.len + 1, err);
    size_t n = 0;
    if (!copy) return false;
    for (size_t i = 0; i < t.len;) {
        char quote, c = t.at[i];
        size_t step = curly(t, i, &quote);
        if (step)
            copy[n++] = quote;
        else if (c == ' ' || c == '\t' || c == '\r') {
            if (n && copy[n - 1] != ' ' && copy[n - 1] != '\n') copy[n++] = ' ';
        } else
            copy[n++] = c;
        i += step ? step : 1;
    }
    *out = text_trim((struct text){copy, n});
    return true;
}

bool identity_normal(struct text t, struct arena *arena, struct text *out, bool *valid, struct error *err) {
    utf8proc_uint8_t *mapped = NULL;
    *out = TEXT("");
    *valid = text_utf8_invalid(t) == SIZE_MAX;
    if (!*valid || !t.len) return true;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)t.at, (utf8proc_ssize_t)t.len, &mapped,
                                      UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    if (n < 0) return error_memory(err, "reply");
    bool ok = put_normal((struct text){(const char *)mapped, (size_t)n}, arena, out, err);
    free(mapped); /* of utf8proc */
    return ok;
}

/* ---- words ---- */

enum script { SCRIPT_NONE, SCRIPT_LATIN, SCRIPT_DIGIT, SCRIPT_CYRILLIC, SCRIPT_ARABIC, SCRIPT_DEVANAGARI };

/* Of scripts whose words stand between blanks; of others and of marks: none. */
static enum script script_of(uint32_t c) {
    if (c >= '0' && c <= '9') return SCRIPT_DIGIT;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0x24f)) return SCRIPT_LATIN;
    if (c >= 0x400 && c <= 0x52f) return SCRIPT_CYRILLIC;
    if (c >= 0x620 && c <= 0x6ff && c != 0x6d4) return SCRIPT_ARABIC;
    return c >= 0x900 && c <= 0x97f && c != 0x964 ? SCRIPT_DEVANAGARI : SCRIPT_NONE;
}

static uint32_t before(struct text t, size_t at) {
    uint32_t c = 0;
    if (!at) return 0;
    do at--;
    while (at && ((unsigned char)t.at[at] & 0xC0) == 0x80);
    return text_utf8_next(text_part(t, at, t.len), &c) ? c : 0;
}

static uint32_t after(struct text t, size_t at) {
    uint32_t c = 0;
    return text_utf8_next(text_part(t, at, t.len), &c) ? c : 0;
}

/* Two neighbours that make one word. */
static bool joined(uint32_t a, uint32_t b) {
    enum script x = script_of(a), y = script_of(b);
    return x != SCRIPT_NONE && y != SCRIPT_NONE && (x == y || x == SCRIPT_DIGIT || y == SCRIPT_DIGIT);
}

bool identity_stands(bool blank, struct text t, size_t at, size_t n) {
    if (!blank) return true;
    return !joined(before(t, at), after(t, at)) && !joined(before(t, at + n), after(t, at + n));
}

/* A name may be followed by digits (llama3). */
static bool name_stands(struct text t, size_t at, size_t n) {
    if (joined(before(t, at), after(t, at))) return false;
    uint32_t next = after(t, at + n);
    return script_of(next) == SCRIPT_DIGIT || !joined(before(t, at + n), next);
}

size_t identity_phrase(const struct identity_language *l, enum identity_list list, struct text t, size_t from,
                       size_t to, size_t *len) {
    size_t best = SIZE_MAX;
    struct text part = text_part(t, 0, to);
    *len = 0;
    for (size_t i = 0; i < l->list[list].n; i++) {
        struct text p = l->list[list].at[i];
        for (size_t at = text_find(part, p, from); at != SIZE_MAX && at <= best; at = text_find(part, p, at + 1)) {
            if (!identity_stands(l->blank, t, at, p.len) || (at == best && p.len <= *len)) continue;
            best = at;
            *len = p.len;
            break;
        }
    }
    return best;
}

size_t identity_phrase_last(const struct identity_language *l, enum identity_list list, struct text t, size_t from,
                            size_t to, size_t *len) {
    size_t best = SIZE_MAX, n;
    *len = 0;
    for (size_t at = from; (at = identity_phrase(l, list, t, at, to, &n)) != SIZE_MAX; at++) {
        if (best != SIZE_MAX && at + n <= best + *len) continue; /* the end of a longer one */
        best = at;
        *len = n;
    }
    return best;
}

/* ---- the automaton ---- */

static bool add_pattern(struct identity_rules *r, size_t alias, struct error *err) {
    struct text t = r->alias[alias].text;
    size_t at = 0;
    for (size_t i = 0; i < t.len; i++) {
        int32_t *next = &r->node[at].next[(unsigned char)t.at[i]];
        if (!*next) {
            if (r->n_nodes == NODES_MOST)
                return error_set(err, ERROR_DATA, "names of over %d bytes together", NODES_MOST);
            r->node[r->n_nodes].depth = (int32_t)i + 1;
            *next = (int32_t)r->n_nodes++;
        }
        at = (size_t)*next;
    }
    if (!r->node[at].out) r->node[at].out = (int32_t)alias + 1; /* a family's before a maker's of the same name */
    return true;
}

/* Breadth first: the fail link of a node is that of its parent, followed by its byte; missing edges are filled in. */
static bool link_nodes(struct identity_rules *r, struct error *err) {
    int32_t *queue = arena_new(&r->arena, int32_t, r->n_nodes, err);
    size_t head = 0, tail = 0;
    if (!queue) return false;
    for (int b = 0; b < 256; b++)
        if (r->node[0].next[b]) queue[tail++] = r->node[0].next[b];
    while (head < tail) {
        struct identity_node *n = &r->node[queue[head++]];
        for (int b = 0; b < 256; b++) {
            int32_t other = r->node[n->fail].next[b];
            if (!n->next[b]) {
                n->next[b] = other;
                continue;
            }
            r->node[n->next[b]].fail = other;
            queue[tail++] = n->next[b];
        }
    }
    return true;
}

bool identity_automaton(struct identity_rules *r, struct error *err) {
    size_t bytes = 1;
    for (size_t i = 0; i < r->n_aliases; i++) bytes += r->alias[i].text.len;
    if (!(r->node = arena_new(&r->arena, struct identity_node, bytes < NODES_MOST ? bytes : NODES_MOST, err)))
        return false;
    r->n_nodes = 1;
    for (int maker = 0; maker < 2; maker++)
        for (size_t i = 0; i < r->n_aliases; i++)
            if (r->alias[i].maker == maker && !add_pattern(r, i, err)) return false;
    return link_nodes(r, err);
}

/* ---- spans ---- */

struct finding {
    const struct identity_rules *r;
    struct text t;
    struct identity_span *span;
    size_t n, most;
};

/* The longest of those that begin first stays; the target's own before the table's. */
static void put_span(struct finding *f, struct identity_span s) {
    while (f->n && f->span[f->n - 1].to > s.from) {
        struct identity_span *last = &f->span[f->n - 1];
        bool own = last->owner != OWNER_TABLE && s.owner == OWNER_TABLE;
        if (own || (last->from <= s.from && last->to - last->from >= s.to - s.from)) return;
        f->n--;
    }
    if (f->n < f->most) f->span[f->n++] = s;
}

static void find_known(struct finding *f) {
    int32_t at = 0;
    for (size_t i = 0; i < f->t.len; i++) {
        at = f->r->node[at].next[(unsigned char)f->t.at[i]];
        for (int32_t out = at; out; out = f->r->node[out].fail) {
            if (!f->r->node[out].out) continue;
            const struct identity_alias *a = &f->r->alias[f->r->node[out].out - 1];
            size_t from = i + 1 - a->text.len;
            if (!name_stands(f->t, from, a->text.len)) continue;
            put_span(f, (struct identity_span){from, i + 1, OWNER_TABLE, a->maker, a->of, false});
            break; /* shorter ones end here too */
        }
    }
}

/* Digits and points of a version at t[at]: "-2", " 2.1", "v3"; empty: none. */
static struct text version_at(struct text t, size_t at, size_t *to) {
    size_t i = at;
    if (i < t.len && (t.at[i] == '-' || t.at[i] == ' ' || t.at[i] == '_')) i++;
    if (i < t.len && t.at[i] == 'v') i++;
    size_t from = i;
    while (i < t.len && ((t.at[i] >= '0' && t.at[i] <= '9') ||
                         (t.at[i] == '.' && i + 1 < t.len && t.at[i + 1] >= '0' && t.at[i + 1] <= '9' && i > from)))
        i++;
    *to = i > from ? i : at;
    return text_part(t, from, i);
}

/* The target's own model by its family's name, with which a longer word may begin (LumenGPT). */
static void find_own_model(struct finding *f, const struct identity_target *target) {
    size_t to;
    struct text declared =
        text_starts(target->model, target->family) ? version_at(target->model, target->family.len, &to) : TEXT("");
    for (size_t at = text_find(f->t, target->family, 0); at != SIZE_MAX;
         at = text_find(f->t, target->family, at + target->family.len)) {
        if (joined(before(f->t, at), after(f->t, at))) continue;
        size_t end = at + target->family.len;
        struct text said = version_at(f->t, end, &to);
        bool another = said.len && declared.len && !text_equal(said, declared);
        bool letters = !said.len && script_of(after(f->t, end)) == SCRIPT_LATIN;
        while (letters && end < f->t.len && script_of(after(f->t, end)) == SCRIPT_LATIN) end++;
        put_span(f, (struct identity_span){at, said.len ? to : end, OWNER_MODEL, false, 0, another});
    }
}

static void find_own(struct finding *f, struct text name, enum identity_owner owner) {
    for (size_t at = name.len ? text_find(f->t, name, 0) : SIZE_MAX; at != SIZE_MAX;
         at = text_find(f->t, name, at + name.len))
        if (identity_stands(true, f->t, at, name.len))
            put_span(f, (struct identity_span){at, at + name.len, owner, owner == OWNER_MAKER, 0, false});
}

static int by_place(const void *a, const void *b) {
    const struct identity_span *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return (x->owner == OWNER_TABLE) - (y->owner == OWNER_TABLE);
}

bool identity_find(const struct identity_rules *r, const struct identity_target *target, struct text t,
                   struct arena *arena, struct identity_span **out, size_t *n, struct error *err) {
    size_t most = t.len / 2 + 2 < SPANS_MOST ? t.len / 2 + 2 : SPANS_MOST;
    struct identity_span *all = arena_new(arena, struct identity_span, 4 * most, err);
    struct finding f = {.r = r, .t = t, .most = most}, merged = {.r = r, .t = t, .most = 4 * most};
    size_t total = 0;
    if (!all || !(merged.span = arena_new(arena, struct identity_span, 4 * most, err))) return false;
    for (int pass = 0; pass < 4; pass++) {
        f.span = all + total;
        f.n = 0;
        if (pass == 0 && target && target->family.len) find_own_model(&f, target);
        if (pass == 1 && target) find_own(&f, target->model, OWNER_MODEL);
        if (pass == 2 && target) find_own(&f, target->maker, OWNER_MAKER);
        if (pass == 3) find_known(&f);
        total += f.n;
    }
    qsort(all, total, sizeof *all, by_place);
    for (size_t i = 0; i < total; i++) put_span(&merged, all[i]);
    *out = merged.span;
    *n = merged.n;
    return true;
}

size_t identity_family_of(const struct identity_rules *r, struct text folded) {
    for (size_t i = 0; i < r->n_families; i++)
        if (text_equal(r->family[i].folded, folded)) return i;
    for (size_t i = 0; i < r->n_aliases; i++)
        if (!r->alias[i].maker && text_equal(r->alias[i].text, folded)) return r->alias[i].of;
    return SIZE_MAX;
}

size_t identity_maker_of(const struct identity_rules *r, struct text folded) {
    for (size_t i = 0; i < r->n_aliases; i++)
        if (r->alias[i].maker && text_equal(r->alias[i].text, folded)) return r->alias[i].of;
    return SIZE_MAX;
}

/* The model's name up to its first digit, mark or blank: "lumen" of "lumen-2". */
static struct text stem(struct text model) {
    size_t i = 0;
    while (i < model.len && (script_of(after(model, i)) > SCRIPT_DIGIT || script_of(after(model, i)) == SCRIPT_LATIN ||
                             (unsigned char)model.at[i] >= 0x80))
        i++;
    return text_part(model, 0, i);
}

bool identity_fold_target(const struct identity_target *target, struct arena *arena, struct identity_target *out,
                          struct error *err) {
    bool valid[4];
    if (!identity_normal(target->model, arena, &out->model, &valid[0], err) ||
        !identity_normal(target->maker, arena, &out->maker, &valid[1], err) ||
        !identity_normal(target->family, arena, &out->family, &valid[2], err) ||
        !identity_normal(target->base, arena, &out->base, &valid[3], err))
        return false;
    if (!valid[0] || !valid[1] || !valid[2] || !valid[3])
        return error_set(err, ERROR_DATA, "a name of the target is no UTF-8");
    if (!out->family.len) out->family = stem(out->model);
    return out->family.len > 0 ||
           error_set(err, ERROR_DATA, "the target has no family: expected its name ('model', or 'family')");
}
