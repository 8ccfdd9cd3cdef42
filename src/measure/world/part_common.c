/* What parts about people, acts and sayings share: see part_common.h. */
#include "measure/world/part_common.h"

#include <string.h>

struct text part_person(const struct world *w, struct rng *rng) {
    return w->name[PERSON][rng_below(rng, world_kinds[PERSON].n)];
}

struct text part_town(const struct world *w, struct rng *rng) {
    return w->name[TOWN][rng_below(rng, world_kinds[TOWN].n)];
}

struct part_cast part_cast(const struct world *w, struct rng *rng) {
    struct part_cast cast;
    cast.name = part_person(w, rng);
    cast.other = part_person(w, rng);
    cast.town = part_town(w, rng);
    return cast;
}

/* Each of the twelve classes holds more than a hundred people, so that a few draws or, at the latest, one round find
 * one. */
size_t part_person_of(const struct world *w, int kin, int sex, int age, struct rng *rng) {
    size_t n = world_kinds[PERSON].n, person = rng_below(rng, n);
    for (size_t tries = 0; tries < n; tries++) {
        if (w->value[P_KIN][person] == kin && w->value[P_SEX][person] == sex && w->value[P_AGE][person] == age) break;
        person = tries < 64 ? rng_below(rng, n) : (person + 1) % n;
    }
    return person;
}

bool part_choice(struct world_line *line, struct buffer *lines, const struct text *option, size_t n, size_t right,
                 struct rng *rng) {
    size_t order[8];
    if (n > sizeof order / sizeof *order) return false;
    for (size_t i = 0; i < n; i++) order[i] = i;
    rng_shuffle(rng, order, n);
    line->n_options = n;
    for (size_t i = 0; i < n; i++) {
        line->option[i] = option[order[i]];
        if (order[i] == right) line->right = i;
    }
    return world_put_options(lines, line->option, n) &&
           buffer_printf(&line->reply, "ANS: %c", (char)('A' + (int)line->right));
}

bool part_word(struct world_line *line, const struct text *option, size_t n, size_t right) {
    line->n_options = n, line->right = right;
    for (size_t i = 0; i < n; i++) line->option[i] = option[i];
    return buffer_put_text(&line->reply, option[right]) && buffer_put_char(&line->reply, '.');
}

bool part_template(struct world_line *line, const struct world *w, const char *name, unsigned template,
                   unsigned split_of_case) {
    return buffer_printf(&line->template, "%s/%u", name, template) &&
           world_put_pair(&line->labels, "entity", text_of(world_seen(split_of_case))) &&
           world_put_pair(&line->labels, "wording", text_of(world_seen(w->template_split[template])));
}

size_t part_row(struct text id, const char *prefix, size_t digits, size_t n) {
    size_t at = strlen(prefix);
    uint64_t row;
    if (id.len != at + digits || memcmp(id.at, prefix, at) != 0 || id.at[at] < '0' || id.at[at] > '9' ||
        !text_to_u64(text_part(id, at, id.len), &row) || row >= n)
        return SIZE_MAX;
    return (size_t)row;
}

bool part_put_id(struct buffer *out, const char *prefix, int digits, size_t row) {
    return buffer_printf(out, "{\"id\":\"%s%0*zu\"", prefix, digits, row);
}

bool part_prompt(struct world_line *line, struct text template, const struct slot *slots, size_t n_slots) {
    return world_render(&line->prompt, template, slots, n_slots);
}

const struct yaml *part_sequence(struct words_reader *r, const struct yaml *mapping, const char *key, size_t n) {
    const struct yaml *list = words_member(r, mapping, key);
    if (!list) return NULL;
    if (list->kind != YAML_SEQUENCE || list->n != n) {
        yaml_error(list, r->err, "%s: expected %zu entries", key, n);
        return NULL;
    }
    return list;
}

bool part_number(struct words_reader *r, const struct yaml *node, unsigned n, uint8_t *out) {
    int64_t value;
    if (node->kind != YAML_SCALAR || !text_to_i64(node->scalar, &value) || value < 0 || value >= (int64_t)n)
        return yaml_error(node, r->err, "expected a number from 0 to %u", n - 1);
    *out = (uint8_t)value;
    return true;
}
