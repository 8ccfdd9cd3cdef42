/* The words with which prompts are said otherwise. A part without a truth: pocket/manners.yaml is all of it. */
#include "measure/world/part_common.h"
#include "measure/world/world_manner.h"

extern const struct world_part world_part_manners;

const struct manners *world_manners(const struct world *world) {
    return world_state(world, &world_part_manners);
}

static bool read_exchange(struct words_reader *r, const struct yaml *pair, struct exchange *out) {
    if (pair->kind != YAML_SEQUENCE || pair->n != 2) return yaml_error(pair, r->err, "expected two words");
    return words_text(r, pair->child[0], "", &out->from) && words_text(r, pair->child[1], "", &out->to);
}

/* Words to exchange are optional. */
static bool read_style(struct words_reader *r, const struct yaml *node, struct style_words *s) {
    const struct yaml *words = yaml_get(node, "words");
    if (!words_list(r, node, "openings", "", 0, &s->openings) || !words_list(r, node, "closings", "", 0, &s->closings))
        return false;
    if (!words) return true;
    if (words->kind != YAML_SEQUENCE) return yaml_error(words, r->err, "words: expected pairs");
    s->n = words->n;
    if (!(s->words = arena_new(r->arena, struct exchange, s->n, r->err))) return false;
    for (size_t i = 0; i < s->n; i++)
        if (!read_exchange(r, words->child[i], &s->words[i])) return false;
    return true;
}

/* Every frame of mark-up has its $Q. */
static bool check_markup(const struct yaml *root, const struct manners *m, struct error *err) {
    for (size_t i = 0; i < m->markup.n; i++)
        if (text_find(m->markup.at[i], TEXT("$Q"), 0) == SIZE_MAX)
            return yaml_error(root, err, "markup: expected $Q in '%.*s'", TEXT_ARG(m->markup.at[i]));
    return true;
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct manners *m = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "manners.yaml"), *styles = root ? words_member(&r, root, "styles") : NULL,
                      *synonyms = styles ? part_sequence(&r, root, "synonyms", SYNONYMS) : NULL;
    if (!synonyms) return false;
    for (size_t i = 0; i < N_MANNER_STYLES; i++) {
        const struct yaml *node = words_member(&r, styles, world_manner_names[i]);
        if (!node || !read_style(&r, node, &m->style[i])) return false;
    }
    for (size_t i = 0; i < SYNONYMS; i++)
        if (!read_exchange(&r, synonyms->child[i], &m->synonym[i])) return false;
    return words_list(&r, root, "distractors", "", 0, &m->distractors) &&
           words_list(&r, root, "markup", "Q", 0, &m->markup) && check_markup(root, m, err);
}

const struct world_part world_part_manners = {
    .name = "manners", .version = 1, .words = true, .state_size = sizeof(struct manners), .draw = draw};
