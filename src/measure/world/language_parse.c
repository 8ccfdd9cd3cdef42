/* From a text back to its tree: every rule of the wanted kind is tried, every slot as long as what stands behind it
 * allows. All trees are counted, so a text with two meanings shows. See language.h. */
#include "measure/world/language.h"

#include <string.h>

struct parsing {
    const struct world *w;
    const struct languages *l;
    int language;
    struct arena *arena;
    struct error *err;
    bool failed;
};

/* One rule against one text: the slots filled so far. */
struct matching {
    struct parsing *p;
    const struct rule *rule;
    struct text form, text;
    unsigned group; /* relation or risk of what was filled in; NO_GROUP: none yet */
    struct meaning filled;
    struct meaning *first; /* of the trees found */
};

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool starts_nocase(struct text t, size_t at, struct text prefix) {
    return t.len - at >= prefix.len && text_equal_nocase(text_part(t, at, at + prefix.len), prefix);
}

static size_t parse_kind(struct parsing *p, enum rule_kind kind, unsigned group, unsigned number, struct text t,
                         const struct meaning **first);

/* ---- what fills a slot */

static const struct meaning *keep(struct parsing *p, struct meaning m) {
    struct meaning *kept = arena_new(p->arena, struct meaning, 1, p->err);
    if (kept)
        *kept = m;
    else
        p->failed = true;
    return kept;
}

static size_t parse_name(struct parsing *p, enum kind kind, struct text t, const struct meaning **first) {
    size_t ways = 0;
    enum kind kinds[] = {kind, OUTSIDE};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < world_kinds[kinds[k]].n; i++) {
            struct text name = p->l->of[p->language].named[kinds[k]][i];
            if (name.len == t.len && text_equal_nocase(name, t) && ways++ == 0)
                *first = keep(p, meaning_name(kinds[k], i));
        }
    return ways;
}

static size_t find_value(const struct parsing *p, enum column_id column, struct text t, int *value) {
    const struct column *c = &world_columns[column];
    const struct text *texts = p->l->of[p->language].valued[column];
    size_t ways = 0;
    for (int v = 0; v < c->n; v++)
        if (texts[v].len == t.len && text_equal_nocase(texts[v], t) && ways++ == 0) *value = c->low + v;
    return ways;
}

static size_t parse_value(struct parsing *p, enum column_id column, struct text t, const struct meaning **first) {
    int value = 0;
    size_t ways = find_value(p, column, t, &value);
    if (ways) *first = keep(p, meaning_value(column, value));
    return ways;
}

static size_t parse_options(struct parsing *p, enum column_id column, struct text t, const struct meaning **first) {
    struct meaning m = {.is = MEANS_OPTIONS, .set = (uint8_t)column};
    const struct list *letters = &p->l->of[p->language].letters;
    struct text line;
    while (text_next(&t, '\n', &line)) {
        int value = 0;
        if (m.n_parts == MOST_OPTIONS || !text_starts(line, letters->at[m.n_parts])) return 0;
        line = text_part(line, letters->at[m.n_parts].len, line.len);
        if (!text_starts(line, TEXT(". ")) || find_value(p, column, text_part(line, 2, line.len), &value) != 1)
            return 0;
        m.value[m.n_parts++] = (int16_t)value;
    }
    *first = keep(p, m);
    return 1;
}

/* An article that fits what follows. */
static bool cut_article(struct text *t) {
    struct text article = starts_nocase(*t, 0, TEXT("an ")) ? TEXT("an ") : TEXT("a ");
    if (!starts_nocase(*t, 0, article) || t->len == article.len) return false;
    *t = text_part(*t, article.len, t->len);
    return (strchr("aeiou", lower(t->at[0])) != NULL) == (article.len == 3);
}

static enum column_id column_of(unsigned relation) {
    return world_relations[relation];
}

/* The trees of a slot that give this text; `group` is what they say about relation or risk. */
static size_t parse_slot(struct matching *m, char letter, struct text t, const struct meaning **first) {
    struct parsing *p = m->p;
    unsigned any = UINT32_MAX, same = m->rule->number; /* frame n goes with wording n of the relation */
    switch (letter) {
    case 'S':
        return parse_name(p, world_columns[column_of(m->rule->group)].kind, t, first);
    case 'N':
        return parse_name(p, PERSON, t, first);
    case 'V':
        return parse_value(p, column_of(m->rule->group), t, first);
    case 'Q':
        return parse_kind(p, RULE_QUESTION, NO_GROUP, same, t, first);
    case 'O':
        return m->group == NO_GROUP ? 0 : parse_options(p, column_of(m->group), t, first);
    case 'C':
        return parse_kind(p, RULE_CLAIMED, NO_GROUP, any, t, first);
    case 'A':
        return parse_kind(p, RULE_ACT, m->group, any, t, first);
    case 'P':
        return parse_kind(p, RULE_PURPOSE, m->group, any, t, first);
    case 'T':
        return parse_kind(p, RULE_TOPIC, NO_GROUP, any, t, first);
    case 'R':
        return parse_kind(p, RULE_REASON, NO_GROUP, any, t, first);
    case 'X':
    case 'Y':
        return parse_kind(p, RULE_STEP, NO_GROUP, any, t, first);
    default:
        break;
    }
    size_t ways = parse_kind(p, RULE_DEED, m->group, any, t, first); /* G, B, D */
    if (!ways || letter == 'D') return ways;
    return p->l->rules[(*first)->rule].number % 2 == (letter == 'B') ? ways : 0;
}

static unsigned group_of(const struct matching *m, const struct meaning *part) {
    if (part->is != MEANS_RULE) return NO_GROUP;
    unsigned own = m->p->l->rules[part->rule].group;
    for (size_t i = 0; i < part->n_parts && own == NO_GROUP; i++) own = group_of(m, part->part[i]);
    return own;
}

/* ---- rules */

static size_t match(struct matching *m, size_t form_at, size_t at);

static size_t fill_slot(struct matching *m, char letter, char modifier, size_t form_at, size_t at, size_t end) {
    struct text t = text_part(m->text, at, end);
    const struct meaning *part = NULL;
    if (modifier == 'a' && !cut_article(&t)) return 0;
    size_t ways = parse_slot(m, letter, t, &part);
    if (!ways || !part) return 0;
    unsigned group = m->group, own = group_of(m, part);
    if (own != NO_GROUP && group != NO_GROUP && own != group) return 0;
    if (own != NO_GROUP) m->group = own;
    meaning_fill(&m->filled, letter, part);
    ways *= match(m, form_at, end);
    m->filled.n_parts--, m->group = group;
    return ways;
}

/* The slot ends where the words behind it begin, or at the end. */
static size_t match_slot(struct matching *m, size_t form_at, size_t at) {
    char letter = m->form.at[form_at], modifier = 0;
    if ((letter == 'a' || letter == 'U') && form_at + 1 < m->form.len)
        modifier = letter, letter = m->form.at[++form_at];
    size_t next = ++form_at, ways = 0;
    while (next < m->form.len && m->form.at[next] != '$') next++;
    struct text behind = text_part(m->form, form_at, next);
    if (form_at == m->form.len) return at < m->text.len ? fill_slot(m, letter, modifier, form_at, at, m->text.len) : 0;
    for (size_t end = at + 1; end < m->text.len && !m->p->failed; end++)
        if (starts_nocase(m->text, end, behind)) ways += fill_slot(m, letter, modifier, form_at, at, end);
    return ways;
}

static size_t match(struct matching *m, size_t form_at, size_t at) {
    for (; form_at < m->form.len && m->form.at[form_at] != '$'; form_at++, at++)
        if (at == m->text.len || lower(m->form.at[form_at]) != lower(m->text.at[at])) return 0;
    if (form_at < m->form.len) return match_slot(m, form_at + 1, at);
    if (at < m->text.len) return 0;
    if (!m->first) m->first = (struct meaning *)keep(m->p, m->filled);
    return 1;
}

/* group, number: only rules of it, NO_GROUP and UINT32_MAX: of any. */
static size_t parse_kind(struct parsing *p, enum rule_kind kind, unsigned group, unsigned number, struct text t,
                         const struct meaning **first) {
    size_t ways = 0;
    for (size_t i = p->l->first[kind]; i < p->l->first[kind + 1] && !p->failed; i++) {
        const struct rule *rule = &p->l->rules[i];
        if (rule->group != NO_GROUP && group != NO_GROUP && rule->group != group) continue;
        if (rule->same != i || (number != UINT32_MAX && rule->number != number)) continue;
        struct matching m = {.p = p,
                             .rule = rule,
                             .form = p->l->of[p->language].form[i],
                             .text = t,
                             .group = rule->group,
                             .filled = {.is = MEANS_RULE, .rule = (uint16_t)i}};
        if (kind == RULE_PURPOSE) m.group = group;
        size_t found = match(&m, 0, 0);
        if (found && !ways) *first = m.first;
        ways += found;
    }
    return ways;
}

const struct meaning *language_parse(const struct world *w, const struct languages *l, int language,
                                     enum rule_kind kind, struct text t, size_t *ways, struct arena *arena,
                                     struct error *err) {
    struct parsing p = {.w = w, .l = l, .language = language, .arena = arena, .err = err};
    const struct meaning *first = NULL;
    *ways = parse_kind(&p, kind, NO_GROUP, UINT32_MAX, t, &first);
    return p.failed ? NULL : first;
}
