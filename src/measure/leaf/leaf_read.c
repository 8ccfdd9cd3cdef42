/* Reading a leaf: one table of keys; whatever is wrong is named with FILE:LINE:COLUMN. */
#include "measure/leaf/leaf_internal.h"

#include "measure/world/world_internal.h"

#include <string.h>

typedef bool key_reader(struct leaf *leaf, const struct yaml *node, struct error *err);

static const char *copy_of(struct leaf *l, const struct yaml *node, struct error *err) {
    if (node->kind != YAML_SCALAR || !node->scalar.len) return yaml_error(node, err, "expected a text"), NULL;
    return text_copy(&l->arena, node->scalar, err);
}

static bool holds_template(struct text t) {
    return text_find(t, TEXT("{{"), 0) != SIZE_MAX || text_find(t, TEXT("{%"), 0) != SIZE_MAX;
}

static bool read_value(const struct yaml *node, struct leaf_value *out, struct error *err) {
    struct error why = {0};
    *out = (struct leaf_value){.line = node->line};
    if (node->kind == YAML_SCALAR && holds_template(node->scalar)) {
        out->jinja = jinja_parse(node->scalar, "template", (struct jinja_options){.strict = true}, &why);
        return out->jinja || yaml_error(node, err, "%s", why.message);
    }
    return (out->constant = yaml_to_json(node, err)) != NULL;
}

static bool opt_value(const struct yaml *mapping, const char *key, struct leaf_value *out, struct error *err) {
    const struct yaml *node = yaml_get(mapping, key);
    return !node || read_value(node, out, err);
}

static bool read_names(struct leaf *l, const struct yaml *node, struct leaf_names_values *out, struct error *err) {
    if (node->kind != YAML_MAPPING || node->n > LEAF_LABELS_MOST)
        return yaml_error(node, err, "expected a mapping of at most %d names to templates", LEAF_LABELS_MOST);
    for (size_t i = 0; i < node->n; i++) {
        struct leaf_named *named = &out->at[out->n];
        if (!(named->name = copy_of(l, node->key[i], err)) || !read_value(node->child[i], &named->value, err))
            return false;
        out->n++;
    }
    return true;
}

/* ---- slots ---- */

static bool taken_name(const struct leaf *l, const char *name) {
    static const char *const own[] = {"row", "options", "listed", "case", NULL};
    for (size_t i = 0; own[i]; i++)
        if (strcmp(own[i], name) == 0) return true;
    for (size_t i = 0; i < l->n_slots; i++)
        if (strcmp(l->slots[i].name, name) == 0) return true;
    return false;
}

static bool read_number(const struct yaml *node, int64_t least, int64_t most, int64_t *out, struct error *err) {
    if (node && node->kind == YAML_SCALAR && text_to_i64(node->scalar, out) && *out >= least && *out <= most)
        return true;
    return yaml_error(node, err, "expected a whole number from %lld to %lld", (long long)least, (long long)most);
}

/* {is: VALUE, weight: N}, or the value itself. */
static bool read_item(struct leaf_slot *slot, const struct yaml *node, size_t i, struct error *err) {
    const struct yaml *is = yaml_get(node, "is"), *weight = yaml_get(node, "weight");
    static const char *const known[] = {"is", "weight"};
    int64_t number = 1;
    if (is && !yaml_check_keys(node, known, 2, err)) return false;
    if (is && weight && !read_number(weight, 1, 1000000, &number, err)) return false;
    json_t *value = yaml_to_json(is ? is : node, err);
    if (!value) return false;
    slot->weights[i] = (uint32_t)number;
    slot->total += (uint64_t)number;
    return json_array_append_new(slot->items, value) == 0 || error_memory(err, "slot");
}

static bool read_list(struct leaf *l, struct leaf_slot *slot, const struct yaml *node, struct error *err) {
    if (node->kind != YAML_SEQUENCE || node->n == 0 || node->n > LEAF_ITEMS_MOST)
        return yaml_error(node, err, "expected a list of 1 to %d values", LEAF_ITEMS_MOST);
    slot->source = LEAF_LIST;
    if (!(slot->weights = arena_new(&l->arena, uint32_t, node->n, err))) return false;
    if (!(slot->items = json_array())) return error_memory(err, "slot");
    for (size_t i = 0; i < node->n; i++)
        if (!read_item(slot, node->child[i], i, err)) return false;
    if (slot->total == node->n) slot->weights = NULL;
    if (slot->pick && slot->weights)
        return yaml_error(node, err, "several that differ are picked: leave out the weights");
    return !slot->pick || slot->pick <= node->n ||
           yaml_error(node, err, "%zu different ones are to be picked of %zu", slot->pick, node->n);
}

static bool read_range(struct leaf_slot *slot, const struct yaml *node, struct error *err) {
    slot->source = LEAF_RANGE;
    if (node->kind != YAML_SEQUENCE || node->n != 2)
        return yaml_error(node, err, "expected two whole numbers, [LOW, HIGH]");
    if (!read_number(node->child[0], -1000000000, 1000000000, &slot->low, err) ||
        !read_number(node->child[1], -1000000000, 1000000000, &slot->high, err))
        return false;
    if (slot->low > slot->high) return yaml_error(node, err, "the range is empty");
    return !slot->pick || (int64_t)slot->pick <= slot->high - slot->low + 1 ||
           yaml_error(node, err, "%zu different ones are to be picked of %lld", slot->pick,
                      (long long)(slot->high - slot->low + 1));
}

static bool read_kind(struct leaf_slot *slot, const struct yaml *node, struct error *err) {
    const char *names[N_KINDS];
    slot->source = LEAF_WORLD;
    if (node->kind != YAML_SCALAR) return yaml_error(node, err, "expected a kind of the pocket world, such as person");
    for (int k = 0; k < N_KINDS; k++) {
        names[k] = world_kinds[k].name;
        if (text_equal_c(node->scalar, names[k])) return slot->kind = k, true;
    }
    const char *near = text_nearest(node->scalar, names, N_KINDS);
    return yaml_error(node, err, "the pocket world has no '%.*s'%s%s%s", TEXT_ARG(node->scalar),
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool read_slot(struct leaf *l, const struct yaml *key, const struct yaml *node, struct error *err) {
    static const char *const known[] = {"of", "range", "world", "pick"};
    struct leaf_slot *slot = &l->slots[l->n_slots];
    int64_t pick = 0;
    if (l->n_slots == LEAF_SLOTS_MOST) return yaml_error(key, err, "over %d slots", LEAF_SLOTS_MOST);
    if (!(slot->name = copy_of(l, key, err))) return false;
    if (taken_name(l, slot->name)) return yaml_error(key, err, "'%s' is a name of its own already", slot->name);
    l->n_slots++;
    if (node->kind == YAML_SEQUENCE) return read_list(l, slot, node, err);
    if (node->kind != YAML_MAPPING)
        return yaml_error(node, err, "expected a list of values, or {of|range|world: ..., pick: N}");
    const struct yaml *of = yaml_get(node, "of"), *range = yaml_get(node, "range"), *world = yaml_get(node, "world");
    const struct yaml *picks = yaml_get(node, "pick");
    if (!yaml_check_keys(node, known, 4, err)) return false;
    if (!of + !range + !world != 2) return yaml_error(node, err, "expected one of 'of', 'range' and 'world'");
    if (picks && !read_number(picks, 1, 1000, &pick, err)) return false;
    slot->pick = (size_t)pick;
    return of ? read_list(l, slot, of, err) : range ? read_range(slot, range, err) : read_kind(slot, world, err);
}

static bool key_slots(struct leaf *l, const struct yaml *node, struct error *err) {
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected a mapping of names to what is drawn");
    for (size_t i = 0; i < node->n; i++)
        if (!read_slot(l, node->key[i], node->child[i], err)) return false;
    return true;
}

/* ---- templates ---- */

static bool read_twins(struct leaf *l, struct leaf_template *t, const struct yaml *node, struct error *err) {
    bool list = node->kind == YAML_SEQUENCE;
    size_t n = list ? node->n : 1;
    if (n == 0 || n > LEAF_TWINS_MOST)
        return yaml_error(node, err, "expected 1 to %d ids of templates", LEAF_TWINS_MOST);
    for (size_t i = 0; i < n; i++)
        if (!(t->twin_names[i] = copy_of(l, list ? node->child[i] : node, err))) return false;
    return t->n_twins = n, true;
}

static bool read_polarity(struct leaf_template *t, const struct yaml *node, struct error *err) {
    static const char *const names[] = {"neutral", "harm", "benign"};
    for (int i = 0; i < 3; i++)
        if (node->kind == YAML_SCALAR && text_equal_c(node->scalar, names[i]))
            return t->polarity = (enum leaf_polarity)i, true;
    return yaml_error(node, err, "expected neutral, harm or benign");
}

static bool read_template(struct leaf *l, const struct yaml *node, struct error *err) {
    static const char *const known[] = {"id",      "polarity", "text", "messages", "gold",
                                        "choices", "labels",   "twin", "weight",   "file"};
    struct leaf_template *t = &l->templates[l->n_templates];
    int64_t weight = 1;
    if (l->n_templates == LEAF_TEMPLATES_MOST) return yaml_error(node, err, "over %d templates", LEAF_TEMPLATES_MOST);
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected {id, text, ...}");
    *t = (struct leaf_template){.line = node->line};
    l->n_templates++;
    const struct yaml *id = yaml_get(node, "id"), *polarity = yaml_get(node, "polarity"),
                      *labels = yaml_get(node, "labels");
    const struct yaml *twin = yaml_get(node, "twin"), *weighs = yaml_get(node, "weight");
    if (!yaml_check_keys(node, known, sizeof known / sizeof *known, err)) return false;
    if (!id) return yaml_error(node, err, "expected 'id': the name of the template");
    if (!yaml_get(node, "text") == !yaml_get(node, "messages"))
        return yaml_error(node, err, "expected 'text' or 'messages'");
    if (!(t->id = copy_of(l, id, err)) || (polarity && !read_polarity(t, polarity, err)) ||
        (labels && !read_names(l, labels, &t->labels, err)) || (twin && !read_twins(l, t, twin, err)) ||
        (weighs && !read_number(weighs, 1, 1000000, &weight, err)) || !yaml_opt_bool(node, "file", &t->of_file, err))
        return false;
    t->weight = (uint32_t)weight;
    return opt_value(node, "text", &t->text, err) && opt_value(node, "messages", &t->messages, err) &&
           opt_value(node, "gold", &t->gold, err) && opt_value(node, "choices", &t->choices, err);
}

static size_t template_named(const struct leaf *l, const char *id) {
    for (size_t i = 0; i < l->n_templates; i++)
        if (strcmp(l->templates[i].id, id) == 0) return i;
    return SIZE_MAX;
}

static bool find_twins(struct leaf *l, const struct yaml *node, struct error *err) {
    for (size_t i = 0; i < l->n_templates; i++) {
        struct leaf_template *t = &l->templates[i];
        if (template_named(l, t->id) != i) return yaml_error(node->child[i], err, "two templates with id '%s'", t->id);
        for (size_t k = 0; k < t->n_twins; k++) {
            t->twins[k] = template_named(l, t->twin_names[k]);
            if (t->twins[k] == SIZE_MAX || t->twins[k] == i)
                return yaml_error(node->child[i], err, "template '%s': no other template '%s' to be its twin", t->id,
                                  t->twin_names[k]);
            l->templates[t->twins[k]].is_twin = true;
        }
    }
    for (size_t i = 0; i < l->n_templates; i++)
        if (l->templates[i].is_twin && l->templates[i].n_twins)
            return yaml_error(node->child[i], err, "template '%s' is a twin itself: name all twins at one of them",
                              l->templates[i].id);
    return true;
}

static bool key_templates(struct leaf *l, const struct yaml *node, struct error *err) {
    bool drawn = false;
    if (node->kind != YAML_SEQUENCE || node->n == 0) return yaml_error(node, err, "expected a list of templates");
    for (size_t i = 0; i < node->n; i++)
        if (!read_template(l, node->child[i], err)) return false;
    if (!find_twins(l, node, err)) return false;
    for (size_t i = 0; i < l->n_templates; i++) {
        drawn |= !l->templates[i].is_twin && !l->templates[i].of_file;
        if (l->templates[i].of_file && !l->from)
            return yaml_error(node->child[i], err, "'file' is for leaves with 'from', a slot that files fill");
    }
    return drawn || yaml_error(node, err, "no template would ever be drawn");
}

/* ---- the other keys ---- */

static bool key_leaf(struct leaf *l, const struct yaml *n, struct error *err) {
    return (l->name = copy_of(l, n, err)) != NULL;
}
static bool key_title(struct leaf *l, const struct yaml *n, struct error *err) {
    return (l->title = copy_of(l, n, err)) != NULL;
}
static bool key_rules(struct leaf *l, const struct yaml *n, struct error *err) {
    return read_names(l, n, &l->rules, err);
}
static bool key_labels(struct leaf *l, const struct yaml *n, struct error *err) {
    return read_names(l, n, &l->labels, err);
}
static bool key_gold(struct leaf *l, const struct yaml *n, struct error *err) {
    return (void)l, read_value(n, &l->gold, err);
}
static bool key_choices(struct leaf *l, const struct yaml *n, struct error *err) {
    return read_value(n, &l->choices, err);
}
static bool key_keep(struct leaf *l, const struct yaml *n, struct error *err) {
    return read_value(n, &l->keep, err);
}
static bool key_cluster(struct leaf *l, const struct yaml *n, struct error *err) {
    return read_value(n, &l->cluster, err);
}

static bool key_shuffle(struct leaf *l, const struct yaml *node, struct error *err) {
    bool yes = node->kind == YAML_SCALAR && text_equal_c(node->scalar, "true");
    l->shuffle = yes;
    return yes || (node->kind == YAML_SCALAR && text_equal_c(node->scalar, "false")) ||
           yaml_error(node, err, "expected true or false");
}

static bool read_manners(struct leaf *l, const struct yaml *node, struct error *err) {
    struct error why = {0};
    if (node->kind != YAML_SEQUENCE || node->n > LEAF_MANNERS_MOST)
        return yaml_error(node, err, "expected a list of at most %d manners", LEAF_MANNERS_MOST);
    for (size_t i = 0; i < node->n; i++) {
        enum manner manner;
        const char *name = copy_of(l, node->child[i], err);
        if (!name) return false;
        if (!world_manner_find(name, &manner, &why)) return yaml_error(node->child[i], err, "%s", why.message);
        l->manners[l->n_manners++] = (int)manner;
    }
    return true;
}

static bool key_world(struct leaf *l, const struct yaml *node, struct error *err) {
    static const char *const known[] = {"items", "where", "say"};
    struct world_items items;
    struct error why = {0};
    const struct yaml *spec = yaml_get(node, "items"), *where = yaml_get(node, "where");
    const struct yaml *say = yaml_get(node, "say");
    if (node->kind != YAML_MAPPING || !spec)
        return yaml_error(node, err, "expected {items: FAMILY/SPLIT, where: TEMPLATE, say: MANNERS}");
    if (!yaml_check_keys(node, known, 3, err) || (say && !read_manners(l, say, err))) return false;
    const char *copy = copy_of(l, spec, err);
    if (!copy) return false;
    l->world_items = text_of(copy);
    if (!world_items_parse(l->world_items, &items, &why)) return yaml_error(spec, err, "%s", why.message);
    return !where || read_value(where, &l->where, err);
}

static bool key_from(struct leaf *l, const struct yaml *node, struct error *err) {
    static const char *const known[] = {"slot", "read"};
    const struct yaml *slot = yaml_get(node, "slot"), *read = yaml_get(node, "read");
    if (node->kind != YAML_MAPPING || !slot || !read)
        return yaml_error(node, err, "expected {slot: NAME, read: keywords|questions|rows}");
    if (!yaml_check_keys(node, known, 2, err) || !(l->from = copy_of(l, slot, err)) ||
        !(l->from_format = copy_of(l, read, err)))
        return false;
    return strcmp(l->from_format, "keywords") == 0 || strcmp(l->from_format, "questions") == 0 ||
           strcmp(l->from_format, "rows") == 0 || yaml_error(read, err, "expected keywords, questions or rows");
}

static bool key_check(struct leaf *l, const struct yaml *node, struct error *err) {
    static const char *const known[] = {"words"};
    const struct yaml *words = yaml_get(node, "words");
    int64_t least, most;
    if (!words || words->kind != YAML_SEQUENCE || words->n != 2)
        return yaml_error(node, err, "expected {words: [LEAST, MOST]}");
    if (!yaml_check_keys(node, known, 1, err) || !read_number(words->child[0], 1, 100000, &least, err) ||
        !read_number(words->child[1], least, 100000, &most, err))
        return false;
    l->words_least = (uint64_t)least;
    l->words_most = (uint64_t)most;
    return true;
}

/* Their keys are checked where tasks and materials are read. */
static bool key_task(struct leaf *l, const struct yaml *node, struct error *err) {
    const struct yaml *scorer = yaml_get(node, "scorer"), *metrics = yaml_get(node, "metric_list");
    if (node->kind != YAML_MAPPING || !metrics || metrics->kind != YAML_SEQUENCE || metrics->n == 0)
        return yaml_error(node, err, "expected the keys of a task with its 'metric_list'");
    const struct yaml *first = metrics->child[0],
                      *name = first->kind == YAML_MAPPING ? yaml_get(first, "metric") : first;
    if (!name || !(l->figure = copy_of(l, name, err))) return false;
    if (scorer && !(l->scorer = copy_of(l, scorer, err))) return false;
    return (l->task = yaml_to_json(node, err)) != NULL;
}

static bool key_fault(struct leaf *l, const struct yaml *node, struct error *err) {
    static const char *const known[] = {"title", "plant", "make", "figures", "repeat"};
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected {title, plant, make, figures}");
    return yaml_check_keys(node, known, 5, err) && (l->fault = yaml_to_json(node, err)) != NULL;
}

static const struct {
    const char *name;
    key_reader *read;
    bool needed;
} keys[] = {
    {"leaf", key_leaf, true},           {"title", key_title, true},      {"from", key_from, false},
    {"world", key_world, false},        {"slots", key_slots, false},     {"rules", key_rules, false},
    {"keep", key_keep, false},          {"choices", key_choices, false}, {"shuffle", key_shuffle, false},
    {"gold", key_gold, false},          {"labels", key_labels, false},   {"cluster", key_cluster, false},
    {"templates", key_templates, true}, {"check", key_check, false},     {"task", key_task, true},
    {"fault", key_fault, true},
};
enum { KEYS = sizeof keys / sizeof *keys };

static bool read_keys(struct leaf *l, const struct yaml *root, struct error *err) {
    const char *names[KEYS];
    for (size_t i = 0; i < KEYS; i++) names[i] = keys[i].name;
    if (root->kind != YAML_MAPPING) return yaml_error(root, err, "expected a mapping with the keys of a leaf");
    if (!yaml_check_keys(root, names, KEYS, err)) return false;
    for (size_t i = 0; i < KEYS; i++) {
        const struct yaml *value = yaml_get(root, keys[i].name);
        if (!value && keys[i].needed) return yaml_error(root, err, "expected '%s'", keys[i].name);
        if (value && !keys[i].read(l, value, err)) return false;
    }
    for (size_t i = 0; l->from && i <= l->n_slots; i++) {
        if (i == l->n_slots)
            return yaml_error(yaml_get(root, "from"), err, "no slot '%s' that files could fill", l->from);
        if (strcmp(l->slots[i].name, l->from) == 0) break;
    }
    return true;
}

struct leaf *leaf_parse(struct text source, const char *shown_name, struct error *err) {
    struct leaf *l = memory_zeroed(1, sizeof *l);
    if (!l) return error_memory(err, "leaf"), NULL;
    arena_init(&l->arena, (size_t)64 << 20);
    l->words_least = 1;
    l->words_most = 1000;
    struct yaml *root = yaml_read(&l->arena, source, shown_name, err);
    l->shown_name = root ? text_copy(&l->arena, text_of(shown_name), err) : NULL;
    if (l->shown_name && read_keys(l, root, err)) return l;
    leaf_free(l);
    return NULL;
}

static void drop_value(struct leaf_value *v) {
    jinja_free(v->jinja);
    json_decref(v->constant);
}

static void drop_names(struct leaf_names_values *names) {
    for (size_t i = 0; i < LEAF_LABELS_MOST; i++) drop_value(&names->at[i].value);
}

void leaf_free(struct leaf *l) {
    if (!l) return;
    struct leaf_value *own[] = {&l->where, &l->keep, &l->cluster, &l->gold, &l->choices};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) drop_value(own[i]);
    for (size_t i = 0; i < l->n_slots; i++) json_decref(l->slots[i].items);
    drop_names(&l->rules);
    drop_names(&l->labels);
    for (size_t i = 0; i < l->n_templates; i++) {
        struct leaf_template *t = &l->templates[i];
        drop_value(&t->text), drop_value(&t->messages), drop_value(&t->gold), drop_value(&t->choices);
        drop_names(&t->labels);
    }
    json_decref(l->task);
    json_decref(l->fault);
    arena_done(&l->arena);
    memory_free(l);
}
