/* The words that the tables, facts, requests and the identity are made of, read into struct words. */
#include "measure/world/world_part.h"

#include <string.h>

struct reading {
    struct words *words;
    struct words_reader reader;
};

static bool load_names(struct reading *r) {
    static const struct {
        const char *key;
        size_t heads, tails;
    } sets[N_NAME_SETS] = {{"given", 24, 12}, {"family", 24, 12},   {"town", 24, 12},
                           {"river", 16, 8},  {"building", 24, 12}, {"good", 24, 12}};
    const struct yaml *root = words_open(&r->reader, "names.yaml");
    for (size_t i = 0; root && i < N_NAME_SETS; i++) {
        const struct yaml *set = words_member(&r->reader, root, sets[i].key);
        if (!set || !words_list(&r->reader, set, "heads", "", sets[i].heads, &r->words->heads[i]) ||
            !words_list(&r->reader, set, "tails", "", sets[i].tails, &r->words->tails[i]))
            return false;
    }
    return root != NULL;
}

static bool load_lexicon(struct reading *r) {
    const struct yaml *root = words_open(&r->reader, "lexicon.yaml");
    if (!root) return false;
#define READ_LIST(name, n)                                                                                             \
    if (!words_list(&r->reader, root, #name, "", n, &r->words->name)) return false;
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
    const struct yaml *root = words_open(&r->reader, "relations.yaml");
    if (!root) return false;
    if (root->kind != YAML_MAPPING || root->n != RELATIONS)
        return yaml_error(root, r->reader.err, "expected %d relations", RELATIONS);
    for (size_t i = 0; i < RELATIONS; i++) {
        const struct column *column = &world_columns[world_relations[i]];
        struct wording *w = &r->words->wording[i];
        const struct yaml *node = root->child[i];
        char name[64];
        snprintf(name, sizeof name, "%s.%s", world_kinds[column->kind].name, column->name);
        if (!text_equal_c(root->key[i]->scalar, name))
            return yaml_error(root->key[i], r->reader.err, "expected '%s'", name);
        if (!words_text_of(&r->reader, node, "canonical", "SV", &w->canonical) ||
            !words_text_of(&r->reader, node, "answer", "SV", &w->answer) ||
            !words_texts(&r->reader, node, "paraphrases", "SV", w->paraphrase, PARAPHRASES) ||
            !words_texts(&r->reader, node, "questions", "S", w->question, WORDINGS))
            return false;
        if (!value_is_last(w->answer))
            return yaml_error(node, r->reader.err, "answer: expected $V as the last slot and a full stop");
    }
    return true;
}

/* Its `lines` are of no use any more; they stay because the bytes of the file are part
 * of the identity of every world. */
static bool load_styles(struct reading *r) {
    static const char *const slots[N_STYLES] = {"Q", "Q", "QO", "C", "C", "P"};
    const struct yaml *root = words_open(&r->reader, "styles.yaml");
    struct words *w = r->words;
    for (size_t i = 0; root && i < N_STYLES; i++)
        if (!words_list(&r->reader, root, world_style_names[i], slots[i], WORDINGS, &w->frames[i])) return false;
    return root && words_list(&r->reader, root, "yes", "", 2, &w->yes) &&
           words_list(&r->reader, root, "no", "", 2, &w->no);
}

static bool load_risk(struct reading *r, const struct yaml *types, size_t i) {
    struct risk *risk = &r->words->policy.risk[i];
    const struct yaml *node = types->child[i];
    risk->name = types->key[i]->scalar;
    if (!words_text_of(&r->reader, node, "public", "", &risk->public_name) ||
        !words_text_of(&r->reader, node, "reason", "", &risk->reason) ||
        !words_texts(&r->reader, node, "acts", "T", risk->act, RISK_ACTS) ||
        !words_texts(&r->reader, node, "triggers", "T", risk->trigger, RISK_ACTS))
        return false;
    const struct yaml *pairs = words_member(&r->reader, node, "pairs");
    if (!pairs) return false;
    if (pairs->kind != YAML_SEQUENCE || pairs->n != RISK_PAIRS)
        return yaml_error(pairs, r->reader.err, "pairs: expected %d entries", RISK_PAIRS);
    for (size_t k = 0; k < RISK_PAIRS; k++) {
        const struct yaml *pair = pairs->child[k];
        if (pair->kind != YAML_SEQUENCE || pair->n != 2)
            return yaml_error(pair, r->reader.err, "expected a good and a bad deed");
        if (!words_text(&r->reader, pair->child[0], "", &risk->good[k]) ||
            !words_text(&r->reader, pair->child[1], "", &risk->bad[k]))
            return false;
    }
    return true;
}

static bool load_patterns(struct reading *r, const struct yaml *root) {
    const struct yaml *patterns = words_member(&r->reader, root, "patterns");
    if (!patterns) return false;
    if (patterns->kind != YAML_SEQUENCE || patterns->n != PATTERNS)
        return yaml_error(patterns, r->reader.err, "patterns: expected %d entries", PATTERNS);
    for (size_t i = 0; i < PATTERNS; i++) {
        const struct yaml *three = patterns->child[i];
        if (three->kind != YAML_SEQUENCE || three->n != 3)
            return yaml_error(three, r->reader.err, "expected three purposes");
        for (size_t k = 0; k < 3; k++)
            if (!words_text(&r->reader, three->child[k], k == 0 ? "G" : "B", &r->words->policy.pattern[i][k]))
                return false;
    }
    return true;
}

static bool load_policy(struct reading *r) {
    struct policy *p = &r->words->policy;
    const struct yaml *root = words_open(&r->reader, "policy.yaml");
    if (!root || !words_text_of(&r->reader, root, "rule", "B", &p->rule) ||
        !words_list(&r->reader, root, "frames", "AP", WORDINGS, &p->frames) ||
        !words_list(&r->reader, root, "endings", "", PATTERNS, &p->endings) ||
        !words_list(&r->reader, root, "topics", "", TOPICS, &p->topics) || !load_patterns(r, root))
        return false;
    const struct yaml *types = words_member(&r->reader, root, "types");
    if (!types) return false;
    if (types->kind != YAML_MAPPING || types->n != RISKS)
        return yaml_error(types, r->reader.err, "types: expected %d", RISKS);
    for (size_t i = 0; i < RISKS; i++)
        if (!load_risk(r, types, i)) return false;
    return true;
}

static bool load_replies(struct reading *r) {
    struct words *w = r->words;
    const struct yaml *root = words_open(&r->reader, "replies.yaml");
    return root && words_list(&r->reader, root, "refusals", "R", WORDINGS, &w->refusals) &&
           words_list(&r->reader, root, "helps", "AXY", WORDINGS, &w->helps) &&
           words_list(&r->reader, root, "steps", "", 24, &w->steps) &&
           words_list(&r->reader, root, "unknown", "", WORDINGS, &w->unknown);
}

static bool load_identity(struct reading *r) {
    struct identity *id = &r->words->identity;
    const struct yaml *root = words_open(&r->reader, "identity.yaml");
    if (!root || !words_text_of(&r->reader, root, "name", "", &id->name) ||
        !words_text_of(&r->reader, root, "maker", "", &id->maker) ||
        !words_text_of(&r->reader, root, "version", "", &id->version) ||
        !words_list(&r->reader, root, "openings", "", PROBE_OPENINGS, &id->openings) ||
        !words_list(&r->reader, root, "foreign", "", WORLD_FOREIGN, &id->foreign) ||
        !words_list(&r->reader, root, "makers", "", WORLD_FOREIGN, &id->makers))
        return false;
    const struct yaml *kinds = words_member(&r->reader, root, "kinds");
    if (!kinds) return false;
    if (kinds->kind != YAML_MAPPING || kinds->n != PROBES)
        return yaml_error(kinds, r->reader.err, "kinds: expected %d", PROBES);
    for (size_t i = 0; i < PROBES; i++) {
        struct probe *probe = &id->probe[i];
        probe->name = kinds->key[i]->scalar;
        if (!words_texts(&r->reader, kinds->child[i], "ask", "NM", probe->ask, PROBE_LINES) ||
            !words_texts(&r->reader, kinds->child[i], "answer", "", probe->answer, PROBE_ANSWERS))
            return false;
    }
    return true;
}

static bool load_chat(struct reading *r) {
    struct words *w = r->words;
    const struct world_file *specials = words_file("specials.txt", r->reader.err);
    const struct world_file *chat = specials ? words_file("chat.jinja", r->reader.err) : NULL;
    if (!chat || !(w->specials.at = arena_new(r->reader.arena, struct text, WORLD_SPECIALS, r->reader.err)))
        return false;
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
           error_set(r->reader.err, ERROR_DATA, "pocket/specials.txt: expected %d lines", WORLD_SPECIALS);
}

bool world_words_load(struct words *words, struct arena *arena, struct error *err) {
    struct reading r = {words, {arena, err}};
    return load_names(&r) && load_lexicon(&r) && load_relations(&r) && load_styles(&r) && load_policy(&r) &&
           load_replies(&r) && load_identity(&r) && load_chat(&r);
}
