/* See contract_score.h. */
#include "formalize/contract/contract_score.h"

#include <stdio.h>
#include <string.h>

struct contract_label contract_label_of(const json_t *row) {
    const json_t *labels = json_object_get(row, "labels"), *at = labels ? labels : row;
    struct text id = json_text(json_object_get(row, "id"));
    struct contract_label l = {.class = json_text(json_object_get(at, json_object_get(at, "swc") ? "swc" : "class")),
                               .label = json_text(json_object_get(at, "label")),
                               .from = (uint32_t)json_integer_value(json_object_get(at, "from")),
                               .to = (uint32_t)json_integer_value(json_object_get(at, "to"))};
    const json_t *lines = json_object_get(at, "lines");
    for (size_t i = 0; i < json_array_size(lines) && l.n_lines < 8; i++)
        l.lines[l.n_lines++] = (uint32_t)json_integer_value(json_array_get(lines, i));
    if (labels && id.len && (id.at[id.len - 1] == 'a' || id.at[id.len - 1] == 'b'))
        l.pair = text_part(id, 0, id.len - 1);
    return l;
}

static size_t rule_of(const char *rule) {
    const struct checker *all;
    size_t n = checkers(&all), i = 0;
    while (i < n && strcmp(all[i].is.name, rule) != 0) i++;
    return i;
}

/* The checker of a class; NULL: there is none. */
static const char *covering(struct text class) {
    const struct checker *all;
    size_t n = checkers(&all);
    for (size_t i = 0; i < n; i++) {
        struct text rest = text_of(all[i].swc), one;
        if (text_equal_c(class, all[i].is.name)) return all[i].is.name;
        while (all[i].swc && text_next(&rest, ',', &one))
            if (text_equal(one, class)) return all[i].is.name;
    }
    return NULL;
}

void contract_score_begin(struct contract_score *score, const struct contract_label *label) {
    memset(score->current, 0, sizeof score->current);
    memset(score->at_line, 0, sizeof score->at_line);
    score->label = *label;
}

void contract_score_hit(struct contract_score *score, const struct finding *finding) {
    const struct contract_label *l = &score->label;
    size_t i = rule_of(finding->rule);
    if (i >= SCORE_CLASSES_MOST || finding->severity == FINDING_NOTE) return;
    if (l->to && (finding->line < l->from || finding->line > l->to)) return;
    score->current[i] = true;
    for (size_t k = 0; k < l->n_lines; k++) score->at_line[i] |= finding->line == l->lines[k];
}

static size_t class_of(struct contract_score *score, struct text class) {
    for (size_t i = 0; i < score->n; i++)
        if (text_equal_c(class, score->at[i].name)) return i;
    if (score->n == SCORE_CLASSES_MOST || class.len >= SCORE_NAME_MOST) return SIZE_MAX;
    memcpy(score->at[score->n].name, class.at, class.len);
    score->at[score->n].rule = covering(class);
    return score->n++;
}

/* Twins stand one behind the other. */
static void count_pair(struct contract_score *score, size_t class, bool right) {
    struct text pair = score->label.pair;
    if (!pair.len || pair.len >= SCORE_NAME_MOST) return;
    if (text_equal_c(pair, score->twin)) {
        score->at[class].pairs++;
        score->at[class].right += right && score->twin_right;
        score->twin[0] = 0;
        return;
    }
    memcpy(score->twin, pair.at, pair.len);
    score->twin[pair.len] = 0;
    score->twin_right = right;
}

static void count(struct contract_score *score, size_t class, bool safe) {
    const char *rule = score->at[class].rule;
    bool found = rule && score->current[rule_of(rule)];
    score->at[class].vulnerable += !safe;
    score->at[class].safe += safe;
    score->at[class].found += !safe && found;
    score->at[class].alarms += safe && found;
    score->at[class].told += !safe && found && score->label.n_lines;
    score->at[class].located += !safe && found && score->at_line[rule_of(rule)];
    count_pair(score, class, found != safe);
}

bool contract_score_end(struct contract_score *score, struct json_place place, struct error *err) {
    struct text class = score->label.class, label = score->label.label;
    bool safe = text_equal_c(label, "safe");
    size_t i;
    score->rows++;
    if (!class.len || !label.len) return score->unlabelled++, true;
    if (!safe && !text_equal_c(label, "vulnerable"))
        return error_set(err, ERROR_DATA, "%s:%zu: label '%.*s': expected 'safe' or 'vulnerable'", place.file,
                         place.line, TEXT_ARG(label));
    if ((i = class_of(score, class)) == SIZE_MAX)
        return error_set(err, ERROR_DATA, "%s:%zu: class '%.*s': more than %d classes, or too long a name", place.file,
                         place.line, TEXT_ARG(class), SCORE_CLASSES_MOST);
    count(score, i, safe);
    return true;
}

struct totals {
    unsigned vulnerable, found, safe, alarms, told, located, pairs, right;
};

static struct totals add(const struct contract_score *s, bool covered) {
    struct totals t = {0};
    for (size_t i = 0; i < s->n; i++) {
        if ((s->at[i].rule != NULL) != covered) continue;
        t.vulnerable += s->at[i].vulnerable;
        t.found += s->at[i].found;
        t.safe += s->at[i].safe;
        t.alarms += s->at[i].alarms;
        t.told += s->at[i].told;
        t.located += s->at[i].located;
        t.pairs += s->at[i].pairs;
        t.right += s->at[i].right;
    }
    return t;
}

static void put_lines(const struct contract_score *s, struct totals in, struct totals out, struct buffer *b) {
    buffer_printf(b, "\n%-12s %-18s %10s %6s %6s %6s\n", "class", "rule", "vulnerable", "found", "safe", "alarms");
    for (size_t i = 0; i < s->n; i++)
        if (s->at[i].rule)
            buffer_printf(b, "%-12s %-18s %10u %6u %6u %6u\n", s->at[i].name, s->at[i].rule, s->at[i].vulnerable,
                          s->at[i].found, s->at[i].safe, s->at[i].alarms);
    buffer_printf(b, "%-12s %-18s %10u %6u %6u %6u\n", "covered", "", in.vulnerable, in.found, in.safe, in.alarms);
    if (in.told) buffer_printf(b, "found at the line of the fault: %u of %u\n", in.located, in.told);
    if (in.pairs) buffer_printf(b, "twins of which both are right: %u of %u\n", in.right, in.pairs);
    if (out.vulnerable + out.safe == 0) return;
    buffer_put_c(b, "not covered by any rule:");
    for (size_t i = 0; i < s->n; i++)
        if (!s->at[i].rule) buffer_printf(b, " %s", s->at[i].name);
    buffer_printf(b, " (%u vulnerable, %u safe)\n", out.vulnerable, out.safe);
}

bool contract_score_sum(const struct contract_score *score, json_t *out, struct buffer *lines, struct error *err) {
    struct totals in = add(score, true), rest = add(score, false);
    json_t *classes = json_array(), *uncovered = json_array();
    if (score->n == 0) {
        json_decref(classes);
        json_decref(uncovered);
        return true;
    }
    for (size_t i = 0; i < score->n; i++) {
        if (!score->at[i].rule) {
            json_array_append_new(uncovered, json_string(score->at[i].name));
            continue;
        }
        json_array_append_new(classes, json_pack("{s:s s:s s:i s:i s:i s:i}", "class", score->at[i].name, "rule",
                                                 score->at[i].rule, "vulnerable", (int)score->at[i].vulnerable, "found",
                                                 (int)score->at[i].found, "safe", (int)score->at[i].safe, "alarms",
                                                 (int)score->at[i].alarms));
    }
    json_t *row =
        json_pack("{s:i s:i s:i s:i s:i s:i s:i s:i s:i s:i s:i s:o s:o}", "rows", (int)score->rows, "vulnerable",
                  (int)(in.vulnerable + rest.vulnerable), "covered_vulnerable", (int)in.vulnerable, "found",
                  (int)in.found, "safe", (int)(in.safe + rest.safe), "covered_safe", (int)in.safe, "alarms",
                  (int)in.alarms, "with_lines", (int)in.told, "located", (int)in.located, "pairs", (int)in.pairs,
                  "pairs_right", (int)in.right, "classes", classes, "uncovered", uncovered);
    if (!row || json_object_set_new(out, "labelled", row) != 0) return error_memory(err, "summary");
    if (lines) put_lines(score, in, rest, lines);
    return true;
}
