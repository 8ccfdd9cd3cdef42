/* The words of the pocket world: the files of pocket/, read into struct words. Every list has an exact length and every
 * template exact slots, because a place in a list is a number in the truth; a fault is named with FILE:LINE:COLUMN. */
#include "measure/world/world_internal.h"

#include "base/yaml.h"

#include <string.h>

struct reading {
    struct words *words;
    struct arena *arena;
    struct error *err;
};

static const struct world_file *find_file(const char *name, struct error *err) {
    for (size_t i = 0; i < world_n_files; i++)
        if (strcmp(world_files[i].name, name) == 0) return &world_files[i];
    error_set(err, ERROR_ENVIRONMENT, "pocket/%s is not part of this build", name);
    return NULL;
}

static const struct yaml *read_yaml(struct reading *r, const char *name) {
    const struct world_file *file = find_file(name, r->err);
    char *shown = file ? arena_printf(r->arena, r->err, "pocket/%s", name) : NULL;
    return shown ? yaml_read(r->arena, (struct text){file->at, file->len}, shown, r->err) : NULL;
}

static const struct yaml *member(struct reading *r, const struct yaml *mapping, const char *key) {
    const struct yaml *value = yaml_get(mapping, key);
    if (!value) yaml_error(mapping, r->err, "expected the key '%s'", key);
    return value;
}

/* A template: every $ is followed by an optional a or U and one of the letters of `slots`. */
static bool check_template(struct reading *r, const struct yaml *node, const char *slots) {
    for (size_t i = 0; i < node->scalar.len; i++) {
        if (node->scalar.at[i] != '$') continue;
        size_t at = i + 1;
        bool modified = at + 1 < node->scalar.len && (node->scalar.at[at] == 'a' || node->scalar.at[at] == 'U');
        at += modified;
        if (at >= node->scalar.len || !strchr(slots, node->scalar.at[at]))
            return yaml_error(node, r->err, "'%.*s': expected one of the slots '%s' behind $", TEXT_ARG(node->scalar),
                              slots);
    }
    return true;
}

static bool read_text(struct reading *r, const struct yaml *node, const char *slots, struct text *out) {
    if (node->kind != YAML_SCALAR) return yaml_error(node, r->err, "expected a text");
    *out = node->scalar;
    return check_template(r, node, slots);
}

static bool read_texts(struct reading *r, const struct yaml *mapping, const char *key, const char *slots,
                       struct text *out, size_t n) {
    const struct yaml *list = member(r, mapping, key);
    if (!list) return false;
    if (list->kind != YAML_SEQUENCE || list->n != n)
        return yaml_error(list, r->err, "%s: expected %zu entries", key, n);
    for (size_t i = 0; i < n; i++)
        if (!read_text(r, list->child[i], slots, &out[i])) return false;
    return true;
}

static bool read_list(struct reading *r, const struct yaml *mapping, const char *key, const char *slots, size_t n,
                      struct list *out) {
    out->n = n;
    out->at = arena_new(r->arena, struct text, n, r->err);
    return out->at && read_texts(r, mapping, key, slots, out->at, n);
}

static bool read_member(struct reading *r, const struct yaml *mapping, const char *key, const char *slots,
                        struct text *out) {
    const struct yaml *node = member(r, mapping, key);
    return node && read_text(r, node, slots, out);
}

static bool load_names(struct reading *r) {
    static const struct {
        const char *key;
        size_t heads, tails;
    } sets[N_NAME_SETS] = {{"given", 24, 12}, {"family", 24, 12},   {"town", 24, 12},
                           {"river", 16, 8},  {"building", 24, 12}, {"good", 24, 12}};
    const struct yaml *root = read_yaml(r, "names.yaml");
    for (size_t i = 0; root && i < N_NAME_SETS; i++) {
        const struct yaml *set = member(r, root, sets[i].key);
        if (!set || !read_list(r, set, "heads", "", sets[i].heads, &r->words->heads[i]) ||
            !read_list(r, set, "tails", "", sets[i].tails, &r->words->tails[i]))
            return false;
    }
    return root != NULL;
}

static bool load_lexicon(struct reading *r) {
    const struct yaml *root = read_yaml(r, "lexicon.yaml");
    if (!root) return false;
#define READ_LIST(name, n)                                                                                             \
    if (!read_list(r, root, #name, "", n, &r->words->name)) return false;
    WORLD_LISTS(READ_LIST)
#undef READ_LIST
    return true;
}

static bool value_is_last(struct text answer) {
    size_t at = answer.len;
    while (at > 0 && answer.at[at - 1] != '$') at--;
    struct text last = text_part(answer, at, answer.len);
    return at > 0 && (text_starts(last, TEXT("V")) || text_starts(last, TEXT("aV"))) && text_ends(last, TEXT("."));
}

static bool load_relations(struct reading *r) {
    const struct yaml *root = read_yaml(r, "relations.yaml");
    if (!root) return false;
    if (root->kind != YAML_MAPPING || root->n != RELATIONS)
        return yaml_error(root, r->err, "expected %d relations", RELATIONS);
    for (size_t i = 0; i < RELATIONS; i++) {
        const struct column *column = &world_columns[world_relations[i]];
        struct wording *w = &r->words->wording[i];
        const struct yaml *node = root->child[i];
        char name[64];
        snprintf(name, sizeof name, "%s.%s", world_kinds[column->kind].name, column->name);
        if (!text_equal_c(root->key[i]->scalar, name)) return yaml_error(root->key[i], r->err, "expected '%s'", name);
        if (!read_member(r, node, "canonical", "SV", &w->canonical) ||
            !read_member(r, node, "answer", "SV", &w->answer) ||
            !read_texts(r, node, "paraphrases", "SV", w->paraphrase, PARAPHRASES) ||
            !read_texts(r, node, "questions", "S", w->question, WORDINGS))
            return false;
        if (!value_is_last(w->answer))
            return yaml_error(node, r->err, "answer: expected $V as the last slot and a full stop");
    }
    return true;
}

static bool load_styles(struct reading *r) {
    static const char *const slots[N_STYLES] = {"Q", "Q", "QO", "C", "C", "P"};
    const struct yaml *root = read_yaml(r, "styles.yaml");
    struct words *w = r->words;
    for (size_t i = 0; root && i < N_STYLES; i++)
        if (!read_list(r, root, world_style_names[i], slots[i], WORDINGS, &w->frames[i])) return false;
    return root && read_list(r, root, "lines", "QX", 3, &w->lines) && read_list(r, root, "yes", "", 2, &w->yes) &&
           read_list(r, root, "no", "", 2, &w->no);
}

static bool load_risk(struct reading *r, const struct yaml *types, size_t i) {
    struct risk *risk = &r->words->policy.risk[i];
    const struct yaml *node = types->child[i];
    risk->name = types->key[i]->scalar;
    if (!read_member(r, node, "public", "", &risk->public_name) || !read_member(r, node, "reason", "", &risk->reason) ||
        !read_texts(r, node, "acts", "T", risk->act, RISK_ACTS) ||
        !read_texts(r, node, "triggers", "T", risk->trigger, RISK_ACTS))
        return false;
    const struct yaml *pairs = member(r, node, "pairs");
    if (!pairs) return false;
    if (pairs->kind != YAML_SEQUENCE || pairs->n != RISK_PAIRS)
        return yaml_error(pairs, r->err, "pairs: expected %d entries", RISK_PAIRS);
    for (size_t k = 0; k < RISK_PAIRS; k++) {
        const struct yaml *pair = pairs->child[k];
        if (pair->kind != YAML_SEQUENCE || pair->n != 2)
            return yaml_error(pair, r->err, "expected a good and a bad deed");
        if (!read_text(r, pair->child[0], "", &risk->good[k]) || !read_text(r, pair->child[1], "", &risk->bad[k]))
            return false;
    }
    return true;
}

static bool load_patterns(struct reading *r, const struct yaml *root) {
    const struct yaml *patterns = member(r, root, "patterns");
    if (!patterns) return false;
    if (patterns->kind != YAML_SEQUENCE || patterns->n != PATTERNS)
        return yaml_error(patterns, r->err, "patterns: expected %d entries", PATTERNS);
    for (size_t i = 0; i < PATTERNS; i++) {
        const struct yaml *three = patterns->child[i];
        if (three->kind != YAML_SEQUENCE || three->n != 3) return yaml_error(three, r->err, "expected three purposes");
        for (size_t k = 0; k < 3; k++)
            if (!read_text(r, three->child[k], k == 0 ? "G" : "B", &r->words->policy.pattern[i][k])) return false;
    }
    return true;
}

static bool load_policy(struct reading *r) {
    struct policy *p = &r->words->policy;
    const struct yaml *root = read_yaml(r, "policy.yaml");
    if (!root || !read_member(r, root, "rule", "B", &p->rule) ||
        !read_list(r, root, "frames", "AP", WORDINGS, &p->frames) ||
        !read_list(r, root, "endings", "", PATTERNS, &p->endings) ||
        !read_list(r, root, "topics", "", TOPICS, &p->topics) || !load_patterns(r, root))
        return false;
    const struct yaml *types = member(r, root, "types");
    if (!types) return false;
    if (types->kind != YAML_MAPPING || types->n != RISKS) return yaml_error(types, r->err, "types: expected %d", RISKS);
    for (size_t i = 0; i < RISKS; i++)
        if (!load_risk(r, types, i)) return false;
    return true;
}

static bool load_replies(struct reading *r) {
    struct words *w = r->words;
    const struct yaml *root = read_yaml(r, "replies.yaml");
    return root && read_list(r, root, "refusals", "R", WORDINGS, &w->refusals) &&
           read_list(r, root, "helps", "AXY", WORDINGS, &w->helps) && read_list(r, root, "steps", "", 24, &w->steps) &&
           read_list(r, root, "unknown", "", WORDINGS, &w->unknown);
}

static bool load_identity(struct reading *r) {
    struct identity *id = &r->words->identity;
    const struct yaml *root = read_yaml(r, "identity.yaml");
    if (!root || !read_member(r, root, "name", "", &id->name) || !read_member(r, root, "maker", "", &id->maker) ||
        !read_member(r, root, "version", "", &id->version) ||
        !read_list(r, root, "openings", "", PROBE_OPENINGS, &id->openings) ||
        !read_list(r, root, "foreign", "", WORLD_FOREIGN, &id->foreign) ||
        !read_list(r, root, "makers", "", WORLD_FOREIGN, &id->makers))
        return false;
    const struct yaml *kinds = member(r, root, "kinds");
    if (!kinds) return false;
    if (kinds->kind != YAML_MAPPING || kinds->n != PROBES)
        return yaml_error(kinds, r->err, "kinds: expected %d", PROBES);
    for (size_t i = 0; i < PROBES; i++) {
        struct probe *probe = &id->probe[i];
        probe->name = kinds->key[i]->scalar;
        if (!read_texts(r, kinds->child[i], "ask", "NM", probe->ask, PROBE_LINES) ||
            !read_texts(r, kinds->child[i], "answer", "", probe->answer, PROBE_ANSWERS))
            return false;
    }
    return true;
}

static bool load_chat(struct reading *r) {
    struct words *w = r->words;
    const struct world_file *specials = find_file("specials.txt", r->err);
    const struct world_file *chat = specials ? find_file("chat.jinja", r->err) : NULL;
    if (!chat || !(w->specials.at = arena_new(r->arena, struct text, WORLD_SPECIALS, r->err))) return false;
    struct text rest = {specials->at, specials->len}, line;
    while (text_next(&rest, '\n', &line)) {
        if (!line.len) continue;
        if (w->specials.n == WORLD_SPECIALS) w->specials.n++;
        if (w->specials.n > WORLD_SPECIALS) break;
        w->specials.at[w->specials.n++] = line;
    }
    w->chat_template = (struct text){chat->at, chat->len};
    while (text_ends(w->chat_template, TEXT("\n"))) w->chat_template.len--;
    return w->specials.n == WORLD_SPECIALS ||
           error_set(r->err, ERROR_DATA, "pocket/specials.txt: expected %d lines", WORLD_SPECIALS);
}

bool world_words_load(struct words *words, struct arena *arena, struct error *err) {
    struct reading r = {words, arena, err};
    return load_names(&r) && load_lexicon(&r) && load_relations(&r) && load_styles(&r) && load_policy(&r) &&
           load_replies(&r) && load_identity(&r) && load_chat(&r);
}
