/* What the columns of a log are: from a file, or guessed from their names. See agent_log.h. */
#include "measure/fusion/agent_internal.h"

#include "base/yaml.h"

enum { MAP_BYTES = 1 << 20 };

/* ---- from a file ---- */

static const struct text empty = {"", 0};

static bool read_source(const struct yaml *at, struct agent_columns *out, struct error *err) {
    static const char *const keys[] = {"name", "agent", "round", "answer", "confidence", "time", "cost"};
    *out = (struct agent_columns){empty, empty, empty, empty, empty, empty, 1, false};
    if (at->kind != YAML_MAPPING) return yaml_error(at, err, "expected {agent, answer, confidence, ...}");
    if (!yaml_check_keys(at, keys, sizeof keys / sizeof *keys, err) || !yaml_opt_text(at, "name", &out->name, err) ||
        !yaml_opt_text(at, "agent", &out->agent, err) || !yaml_opt_i64(at, "round", &out->round, err) ||
        !yaml_opt_text(at, "answer", &out->answer, err) || !yaml_opt_text(at, "confidence", &out->confidence, err) ||
        !yaml_opt_text(at, "time", &out->time, err) || !yaml_opt_text(at, "cost", &out->cost, err))
        return false;
    if (!out->answer.len) return yaml_error(at, err, "expected answer: COLUMN");
    if (!out->name.len) out->name = out->answer;
    if (!out->agent.len) out->agent = out->name;
    return true;
}

static bool read_sources(const struct yaml *map, struct arena *arena, struct agent_map *out, struct error *err) {
    const struct yaml *list = yaml_get(map, "agents");
    struct text decision = empty;
    if (list->kind != YAML_SEQUENCE || !list->n) return yaml_error(list, err, "agents: expected a list");
    if (list->n > AGENT_SOURCES_MOST) return yaml_error(list, err, "more than %d agents", AGENT_SOURCES_MOST);
    out->source = arena_new(arena, struct agent_columns, list->n, err);
    if (!out->source || !yaml_opt_text(map, "decision", &decision, err)) return false;
    for (size_t i = 0; i < list->n; i++) {
        if (!read_source(list->child[i], &out->source[i], err)) return false;
        out->source[i].decides = decision.len && text_equal(out->source[i].name, decision);
        for (size_t j = 0; j < i; j++)
            if (text_equal(out->source[i].name, out->source[j].name))
                return yaml_error(list->child[i], err, "a second source '%.*s'; give it a name",
                                  TEXT_ARG(out->source[i].name));
    }
    out->n_sources = list->n;
    return true;
}

static bool read_classes(const struct yaml *map, struct arena *arena, struct agent_map *out, struct error *err) {
    const struct yaml *list = yaml_get(map, "classes");
    if (!list) return true;
    if (list->kind != YAML_SEQUENCE || list->n < 2 || list->n > AGENT_CLASSES_MOST)
        return yaml_error(list, err, "classes: expected a list of 2 to %d", AGENT_CLASSES_MOST);
    if (!(out->classes = arena_new(arena, struct text, list->n, err))) return false;
    for (size_t i = 0; i < list->n; i++) out->classes[i] = list->child[i]->scalar;
    out->n_classes = list->n;
    return true;
}

static bool read_answers(const struct yaml *map, struct agent_map *out, struct error *err) {
    out->by_answer = true;
    out->agent = TEXT("agent"), out->answer = TEXT("answer"), out->confidence = TEXT("confidence");
    out->round = TEXT("round"), out->time = TEXT("time_s"), out->cost = TEXT("cost");
    return yaml_opt_text(map, "agent", &out->agent, err) && yaml_opt_text(map, "answer", &out->answer, err) &&
           yaml_opt_text(map, "confidence", &out->confidence, err) && yaml_opt_text(map, "round", &out->round, err) &&
           yaml_opt_text(map, "time", &out->time, err) && yaml_opt_text(map, "cost", &out->cost, err);
}

bool agent_map_read(const char *path, struct arena *arena, struct agent_map *out, struct error *err) {
    static const char *const wide[] = {"item", "gold", "classes", "agents", "decision"};
    static const char *const answers[] = {"item",       "gold",  "classes", "agent", "answer",
                                          "confidence", "round", "time",    "cost"};
    const struct yaml *map = yaml_read_file(arena, path, MAP_BYTES, err);
    *out = (struct agent_map){.item = TEXT("item"), .gold = TEXT("gold")};
    if (!map) return false;
    if (map->kind != YAML_MAPPING) return yaml_error(map, err, "expected a map of columns: item, gold, agents");
    bool by_item = yaml_get(map, "agents") != NULL;
    if (!yaml_check_keys(map, by_item ? wide : answers, by_item ? 5 : 9, err) ||
        !yaml_opt_text(map, "item", &out->item, err) || !yaml_opt_text(map, "gold", &out->gold, err) ||
        !read_classes(map, arena, out, err))
        return false;
    return by_item ? read_sources(map, arena, out, err) : read_answers(map, out, err);
}

/* ---- guessed ---- */

static struct text first_of(const json_t *row, const char *const *names) {
    for (; *names; names++)
        if (json_object_get(row, *names)) return text_of(*names);
    return empty;
}

/* The column NAME with something behind it; empty: there is none. */
static bool beside(const json_t *row, const char *name, const char *behind, struct arena *arena, struct text *out,
                   struct error *err) {
    const char *column = arena_printf(arena, err, "%s%s", name, behind);
    *out = column && json_object_get(row, column) ? text_of(column) : empty;
    return column != NULL;
}

static bool decides(const char *name) {
    static const char *const deciders[] = {"orchestrator", "decision", "final"};
    for (size_t i = 0; i < sizeof deciders / sizeof *deciders; i++)
        if (text_equal_nocase(text_of(name), text_of(deciders[i]))) return true;
    return false;
}

/* X_1 beside X: rounds 1 and 2 of X. */
static bool guess_round(const json_t *row, const char *name, struct arena *arena, struct agent_columns *out,
                        struct error *err) {
    struct text t = text_of(name), first;
    out->agent = out->name;
    out->round = 1;
    if (text_ends(t, TEXT("_1")) && json_object_getn(row, t.at, t.len - 2))
        out->agent = text_part(out->name, 0, t.len - 2);
    else if (!beside(row, name, "_1", arena, &first, err))
        return false;
    else if (first.len)
        out->round = 2;
    return true;
}

static bool guess_sources(const json_t *row, struct arena *arena, struct agent_map *out, struct error *err) {
    const char *name;
    json_t *value;
    out->source = arena_new(arena, struct agent_columns, AGENT_SOURCES_MOST, err);
    if (!out->source) return false;
    json_object_foreach((json_t *)row, name, value) {
        struct agent_columns s = {.decides = decides(name)};
        if (!beside(row, name, "_confidence", arena, &s.confidence, err)) return false;
        if (!s.confidence.len) continue;
        if (out->n_sources == AGENT_SOURCES_MOST)
            return error_set(err, ERROR_DATA, "more than %d agents", AGENT_SOURCES_MOST);
        const char *copy = text_copy(arena, text_of(name), err);
        if (!copy) return false;
        s.name = s.answer = text_of(copy);
        if (!beside(row, name, "_time", arena, &s.time, err) || !beside(row, name, "_cost", arena, &s.cost, err) ||
            !guess_round(row, name, arena, &s, err))
            return false;
        out->source[out->n_sources++] = s;
    }
    return true;
}

bool agent_map_guess(const json_t *row, struct json_place place, struct arena *arena, struct agent_map *out,
                     struct error *err) {
    static const char *const items[] = {"item", "id", NULL}, *const golds[] = {"gold",  "Category", "category",
                                                                               "label", "class",    NULL};
    *out = (struct agent_map){.item = first_of(row, items), .gold = first_of(row, golds)};
    if (!out->item.len)
        return error_set(err, ERROR_DATA, "%s:%zu: no column 'item' or 'id'; say which it is with --map", place.file,
                         place.line);
    if (json_object_get(row, "agent") && json_object_get(row, "answer")) {
        out->by_answer = true;
        out->agent = TEXT("agent"), out->answer = TEXT("answer"), out->confidence = TEXT("confidence");
        out->round = TEXT("round"), out->time = TEXT("time_s"), out->cost = TEXT("cost");
        return true;
    }
    if (!guess_sources(row, arena, out, err)) return error_wrap(err, "%s:%zu", place.file, place.line);
    return out->n_sources ||
           error_set(err, ERROR_DATA,
                     "%s:%zu: no agents: expected 'agent' and 'answer', or an answer X beside an X_confidence; "
                     "else say what the columns are with --map",
                     place.file, place.line);
}
