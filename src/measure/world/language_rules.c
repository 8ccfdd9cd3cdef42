/* Reading pocket/languages.yaml: every tree is one rule, and its English text must be that of the other files of
 * pocket/. */
#include "measure/world/language.h"

#include <string.h>

const char *const language_markers[MARKERS] = {"yes", "no", "agree", "refuse", "unknown", "good", "bad"};

enum { STATEMENTS = 1 + PARAPHRASES, PURPOSES = 4 * PATTERNS, ACTS = 2 * RISK_ACTS, DEEDS = 2 * RISK_PAIRS };

/* How many rules a kind has: groups x rules of each. */
static const struct {
    uint8_t groups, each;
} sizes[N_RULE_KINDS] = {
    [RULE_STATEMENT] = {RELATIONS, STATEMENTS},
    [RULE_CLAIMED] = {RELATIONS, 1},
    [RULE_QUESTION] = {RELATIONS, WORDINGS},
    [RULE_SHORT] = {0, WORDINGS},
    [RULE_CHOICE] = {0, WORDINGS},
    [RULE_TRUEFALSE] = {0, WORDINGS},
    [RULE_CLAIM] = {0, WORDINGS},
    [RULE_FRAME] = {0, WORDINGS},
    [RULE_PURPOSE] = {0, PURPOSES},
    [RULE_ACT] = {RISKS, ACTS},
    [RULE_DEED] = {RISKS, DEEDS},
    [RULE_REASON] = {RISKS, 1},
    [RULE_TOPIC] = {0, TOPICS},
    [RULE_STEP] = {0, 24},
    [RULE_REFUSAL] = {0, WORDINGS},
    [RULE_HELP] = {0, WORDINGS},
    [RULE_UNKNOWN] = {0, WORDINGS},
    [RULE_JUDGE] = {0, WORDINGS},
    [RULE_VERDICT] = {0, 2},
};

size_t language_rule(const struct languages *l, enum rule_kind kind, unsigned group, unsigned number) {
    return l->first[kind] + (group == NO_GROUP ? 0 : (size_t)group * sizes[kind].each) + number;
}

struct reading {
    struct world *w;
    struct languages *l;
    struct words_reader *r;
    struct buffer plain;
};

static void set(struct reading *g, enum rule_kind kind, unsigned group, unsigned number, struct text tree) {
    size_t first = language_rule(g->l, kind, group, 0), at = language_rule(g->l, kind, group, number), same = first;
    while (same < at && !text_equal(g->l->rules[same].tree, tree)) same++;
    g->l->rules[at] = (struct rule){.kind = (uint8_t)kind,
                                    .group = (uint8_t)group,
                                    .number = (uint16_t)number,
                                    .same = (uint16_t)same,
                                    .tree = tree};
}

/* One tree, whose English text is `says`; says empty: it is its own. */
static bool read_rule(struct reading *g, const struct yaml *node, const char *slots, struct text says,
                      enum rule_kind kind, unsigned group, unsigned number) {
    struct text tree;
    if (!words_text(g->r, node, slots, &tree)) return false;
    buffer_clear(&g->plain);
    if (!tree_put_plain(&g->plain, tree)) return buffer_check(&g->plain, "tree", g->r->err);
    if (says.len && !text_equal(buffer_text(&g->plain), says))
        return yaml_error(node, g->r->err, "the tree says '%s', expected '%.*s'", g->plain.at, TEXT_ARG(says));
    return set(g, kind, group, number, tree), true;
}

/* A list of trees; says NULL: their own texts. */
static bool read_rules(struct reading *g, const struct yaml *mapping, const char *key, const char *slots,
                       const struct text *says, size_t n, enum rule_kind kind, unsigned group, unsigned from) {
    const struct yaml *list = words_member(g->r, mapping, key);
    if (!list) return false;
    if (list->kind != YAML_SEQUENCE || list->n != n)
        return yaml_error(list, g->r->err, "%s: expected %zu entries", key, n);
    for (size_t i = 0; i < n; i++)
        if (!read_rule(g, list->child[i], slots, says ? says[i] : TEXT(""), kind, group, from + (unsigned)i))
            return false;
    return true;
}

static char *copy_of(struct reading *g, struct text t, size_t without) {
    return arena_copy(&g->w->arena, t.at, t.len - without, g->r->err);
}

/* The plain sentence as it stands inside another: no full stop, no capital. */
static bool add_claimed(struct reading *g, unsigned relation) {
    struct text tree = g->l->rules[language_rule(g->l, RULE_STATEMENT, relation, 0)].tree;
    char *copy = copy_of(g, tree, 1);
    if (!copy) return false;
    size_t at = strspn(copy, "([{");
    if (copy[at] >= 'A' && copy[at] <= 'Z') copy[at] = (char)(copy[at] + 32);
    return set(g, RULE_CLAIMED, relation, 0, (struct text){copy, tree.len - 1}), true;
}

static bool read_relations(struct reading *g, const struct yaml *root) {
    const struct yaml *relations = words_member(g->r, root, "relations");
    if (!relations) return false;
    if (relations->n != RELATIONS) return yaml_error(relations, g->r->err, "expected %d relations", RELATIONS);
    for (unsigned i = 0; i < RELATIONS; i++) {
        const struct yaml *node = relations->child[i], *answer = words_member(g->r, node, "answer");
        const struct wording *says = &g->w->words.wording[i];
        if (!answer || !read_rule(g, answer, "SV", says->answer, RULE_STATEMENT, i, 0) ||
            !read_rules(g, node, "paraphrases", "SV", says->paraphrase, PARAPHRASES, RULE_STATEMENT, i, 1) ||
            !read_rules(g, node, "questions", "S", says->question, WORDINGS, RULE_QUESTION, i, 0) || !add_claimed(g, i))
            return false;
    }
    return true;
}

static bool read_styles(struct reading *g, const struct yaml *root) {
    static const struct {
        enum style style;
        enum rule_kind kind;
        const char *slots;
    } styles[] = {{STYLE_SHORT, RULE_SHORT, "Q"},
                  {STYLE_CHOICE, RULE_CHOICE, "QO"},
                  {STYLE_TRUEFALSE, RULE_TRUEFALSE, "C"},
                  {STYLE_CLAIM, RULE_CLAIM, "C"}};
    const struct yaml *node = words_member(g->r, root, "styles");
    for (size_t i = 0; node && i < sizeof styles / sizeof *styles; i++)
        if (!read_rules(g, node, world_style_names[styles[i].style], styles[i].slots,
                        g->w->words.frames[styles[i].style].at, WORDINGS, styles[i].kind, NO_GROUP, 0))
            return false;
    return node != NULL;
}

static bool read_risk(struct reading *g, const struct yaml *node, unsigned i) {
    const struct risk *risk = &g->w->words.policy.risk[i];
    const struct yaml *reason = words_member(g->r, node, "reason"), *deeds = words_member(g->r, node, "deeds");
    if (!reason || !deeds || !read_rule(g, reason, "", risk->reason, RULE_REASON, i, 0) ||
        !read_rules(g, node, "acts", "T", risk->act, RISK_ACTS, RULE_ACT, i, 0) ||
        !read_rules(g, node, "triggers", "T", risk->trigger, RISK_ACTS, RULE_ACT, i, RISK_ACTS))
        return false;
    if (deeds->n != RISK_PAIRS) return yaml_error(deeds, g->r->err, "deeds: expected %d pairs", RISK_PAIRS);
    for (unsigned k = 0; k < RISK_PAIRS; k++) {
        const struct yaml *pair = deeds->child[k];
        if (pair->kind != YAML_SEQUENCE || pair->n != 2)
            return yaml_error(pair, g->r->err, "expected a good and a bad deed");
        if (!read_rule(g, pair->child[0], "", risk->good[k], RULE_DEED, i, 2 * k) ||
            !read_rule(g, pair->child[1], "", risk->bad[k], RULE_DEED, i, 2 * k + 1))
            return false;
    }
    return true;
}

static bool read_patterns(struct reading *g, const struct yaml *node) {
    const struct yaml *patterns = words_member(g->r, node, "patterns");
    if (!patterns) return false;
    if (patterns->n != PATTERNS) return yaml_error(patterns, g->r->err, "patterns: expected %d entries", PATTERNS);
    for (unsigned i = 0; i < PATTERNS; i++) {
        const struct yaml *three = patterns->child[i];
        if (three->kind != YAML_SEQUENCE || three->n != 3)
            return yaml_error(three, g->r->err, "expected three purposes");
        for (unsigned k = 0; k < 3; k++)
            if (!read_rule(g, three->child[k], k ? "B" : "G", g->w->words.policy.pattern[i][k], RULE_PURPOSE, NO_GROUP,
                           3 * i + k))
                return false;
    }
    return true;
}

static bool add_topics(struct reading *g) {
    for (unsigned i = 0; i < TOPICS; i++) {
        struct text topic = g->w->words.policy.topics.at[i];
        char *tree = arena_printf(&g->w->arena, g->r->err, "[the %.*s]", TEXT_ARG(topic));
        if (!tree) return false;
        set(g, RULE_TOPIC, NO_GROUP, i, text_of(tree));
    }
    return true;
}

static bool read_requests(struct reading *g, const struct yaml *root) {
    const struct policy *p = &g->w->words.policy;
    const struct yaml *node = words_member(g->r, root, "requests"),
                      *types = node ? words_member(g->r, node, "types") : NULL;
    if (!types || !read_rules(g, node, "frames", "AP", p->frames.at, WORDINGS, RULE_FRAME, NO_GROUP, 0) ||
        !read_patterns(g, node) ||
        !read_rules(g, node, "endings", "", p->endings.at, PATTERNS, RULE_PURPOSE, NO_GROUP, 3 * PATTERNS) ||
        !add_topics(g))
        return false;
    if (types->n != RISKS) return yaml_error(types, g->r->err, "types: expected %d", RISKS);
    for (unsigned i = 0; i < RISKS; i++)
        if (!read_risk(g, types->child[i], i)) return false;
    return true;
}

static bool read_replies(struct reading *g, const struct yaml *root) {
    const struct words *w = &g->w->words;
    const struct yaml *node = words_member(g->r, root, "replies");
    return node && read_rules(g, node, "refusals", "R", w->refusals.at, WORDINGS, RULE_REFUSAL, NO_GROUP, 0) &&
           read_rules(g, node, "helps", "AXY", w->helps.at, WORDINGS, RULE_HELP, NO_GROUP, 0) &&
           read_rules(g, node, "steps", "", w->steps.at, w->steps.n, RULE_STEP, NO_GROUP, 0) &&
           read_rules(g, node, "unknown", "", w->unknown.at, WORDINGS, RULE_UNKNOWN, NO_GROUP, 0);
}

static bool read_deeds(struct reading *g, const struct yaml *root) {
    const struct yaml *node = words_member(g->r, root, "deeds"), *good = node ? words_member(g->r, node, "good") : NULL,
                      *bad = node ? words_member(g->r, node, "bad") : NULL;
    return good && bad && read_rules(g, node, "ask", "DN", NULL, WORDINGS, RULE_JUDGE, NO_GROUP, 0) &&
           read_rule(g, good, "", TEXT(""), RULE_VERDICT, NO_GROUP, 0) &&
           read_rule(g, bad, "", TEXT(""), RULE_VERDICT, NO_GROUP, 1);
}

static bool read_markers(struct reading *g, const struct yaml *markers) {
    for (size_t i = 0; i < MARKERS; i++)
        if (!read_rules(g, markers, language_markers[i], "", NULL, g->l->marker[i + 1] - g->l->marker[i], RULE_MARKER,
                        NO_GROUP, (unsigned)g->l->marker[i]))
            return false;
    return true;
}

/* Room for all rules. */
static bool lay_out(struct reading *g, const struct yaml *markers) {
    struct languages *l = g->l;
    for (size_t i = 0; i < MARKERS; i++) {
        const struct yaml *list = words_member(g->r, markers, language_markers[i]);
        if (!list) return false;
        l->marker[i + 1] = l->marker[i] + list->n;
    }
    for (int k = 0; k < N_RULE_KINDS; k++) {
        size_t n =
            k == RULE_MARKER ? l->marker[MARKERS] : (size_t)(sizes[k].groups ? sizes[k].groups : 1) * sizes[k].each;
        l->first[k + 1] = l->first[k] + n;
    }
    l->n_rules = l->first[N_RULE_KINDS];
    return (l->rules = arena_new(&g->w->arena, struct rule, l->n_rules, g->r->err)) != NULL;
}

bool language_read_rules(struct world *w, struct languages *l, struct words_reader *r, const struct yaml *root) {
    struct reading g = {.w = w, .l = l, .r = r};
    const struct yaml *markers = words_member(r, root, "markers");
    buffer_init(&g.plain, 1 << 12);
    bool ok = markers && lay_out(&g, markers) && words_list(r, root, "drop", "", 0, &l->drop) &&
              read_relations(&g, root) && read_styles(&g, root) && read_requests(&g, root) && read_replies(&g, root) &&
              read_deeds(&g, root) && read_markers(&g, markers);
    buffer_done(&g.plain);
    return ok;
}
