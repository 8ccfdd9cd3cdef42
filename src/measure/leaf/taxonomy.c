/* Reading and checking taxonomies: see taxonomy.h. */
#include "measure/leaf/taxonomy.h"

#include "base/file.h"
#include "measure/leaf/leaf.h"
#include "measure/rules/builtin.h"

#include <string.h>

enum { CATEGORIES_MOST = 100, LEAVES_MOST = 1000, LIKE_MOST = 50, FILE_MOST = 4 << 20 };
#define FOLDER "taxonomies/"

struct reading {
    struct arena *arena;
    struct taxonomy *t;
};

static bool read_text(struct reading *r, const struct yaml *mapping, const char *key, bool needed, const char **out,
                      struct error *err) {
    const struct yaml *node = yaml_get(mapping, key);
    if (!node) return !needed || yaml_error(mapping, err, "expected '%s'", key);
    if (node->kind != YAML_SCALAR || !node->scalar.len) return yaml_error(node, err, "'%s': expected a text", key);
    return (*out = text_copy(r->arena, node->scalar, err)) != NULL;
}

static bool read_like(struct reading *r, const struct yaml *node, struct taxonomy_leaf *leaf, struct error *err) {
    if (node->kind != YAML_SEQUENCE || node->n > LIKE_MOST)
        return yaml_error(node, err, "expected a list of at most %d leaves of other taxonomies", LIKE_MOST);
    const char **like = arena_new(r->arena, const char *, node->n + 1, err);
    if (!like) return false;
    for (size_t i = 0; i < node->n; i++)
        if (!(like[i] = text_copy(r->arena, node->child[i]->scalar, err))) return false;
    leaf->like = like;
    leaf->n_like = node->n;
    return true;
}

static bool read_leaf(struct reading *r, const struct yaml *node, struct error *err) {
    static const char *const known[] = {"id", "title", "definition", "study", "like"};
    struct taxonomy *t = r->t;
    struct taxonomy_leaf *leaf = &t->leaves[t->n_leaves];
    const char *id = NULL;
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected {id, title, definition}");
    if (t->n_leaves == LEAVES_MOST) return yaml_error(node, err, "over %d leaves", LEAVES_MOST);
    if (!yaml_check_keys(node, known, 5, err) || !read_text(r, node, "id", true, &id, err) ||
        !read_text(r, node, "title", true, &leaf->title, err) ||
        !read_text(r, node, "definition", true, &leaf->definition, err) ||
        !read_text(r, node, "study", false, &leaf->study, err))
        return false;
    leaf->category = t->n_categories - 1;
    leaf->id = arena_printf(r->arena, err, "%s.%s", t->categories[leaf->category].id, id);
    const struct yaml *like = yaml_get(node, "like");
    if (!leaf->id || (like && !read_like(r, like, leaf, err))) return false;
    for (size_t i = 0; i < t->n_leaves; i++)
        if (strcmp(t->leaves[i].id, leaf->id) == 0) return yaml_error(node, err, "two leaves with id '%s'", leaf->id);
    return t->n_leaves++, true;
}

static bool read_category(struct reading *r, const struct yaml *node, struct error *err) {
    static const char *const known[] = {"id", "title", "leaves"};
    struct taxonomy *t = r->t;
    struct taxonomy_category *c = &t->categories[t->n_categories];
    const struct yaml *leaves = yaml_get(node, "leaves");
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "expected {id, title, leaves}");
    if (!yaml_check_keys(node, known, 3, err) || !read_text(r, node, "id", true, &c->id, err) ||
        !read_text(r, node, "title", true, &c->title, err))
        return false;
    for (size_t i = 0; i < t->n_categories; i++)
        if (strcmp(t->categories[i].id, c->id) == 0) return yaml_error(node, err, "two categories with id '%s'", c->id);
    if (!leaves || leaves->kind != YAML_SEQUENCE || leaves->n == 0)
        return yaml_error(node, err, "expected 'leaves': a list of leaves");
    c->first = t->n_leaves;
    t->n_categories++;
    for (size_t i = 0; i < leaves->n; i++)
        if (!read_leaf(r, leaves->child[i], err)) return false;
    c->n = t->n_leaves - c->first;
    return true;
}

static bool read_taxonomy(struct reading *r, const struct yaml *root, struct error *err) {
    static const char *const known[] = {"taxonomy", "title", "categories"};
    const struct yaml *categories = yaml_get(root, "categories");
    if (!yaml_check_keys(root, known, 3, err) || !read_text(r, root, "taxonomy", true, &r->t->name, err) ||
        !read_text(r, root, "title", true, &r->t->title, err))
        return false;
    if (!categories || categories->kind != YAML_SEQUENCE || categories->n == 0 || categories->n > CATEGORIES_MOST)
        return yaml_error(root, err, "expected 'categories': a list of 1 to %d", CATEGORIES_MOST);
    for (size_t i = 0; i < categories->n; i++)
        if (!read_category(r, categories->child[i], err)) return false;
    return true;
}

/* ---- finding ---- */

static bool no_taxonomy(const char *name, struct arena *arena, struct error *err) {
    const char *near = builtin_nearest(FOLDER, ".yaml", text_of(name), arena);
    return error_set(err, ERROR_USAGE, "no taxonomy '%s'%s%s%s; `basanite methods taxonomy` lists them", name,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static const struct yaml *open_file(const char *name, struct arena *arena, struct error *err) {
    char path[160], shown[200];
    if (text_ends(text_of(name), TEXT(".yaml"))) return yaml_read_file(arena, name, FILE_MOST, err);
    snprintf(path, sizeof path, FOLDER "%.100s.yaml", name);
    snprintf(shown, sizeof shown, "built-in:%s", path);
    const struct builtin_file *file = builtin_find(path);
    if (!file) return no_taxonomy(name, arena, err), NULL;
    char *kept = text_copy(arena, text_of(shown), err);
    return kept ? yaml_read(arena, (struct text){(const char *)file->at, (size_t)(file->end - file->at)}, kept, err)
                : NULL;
}

struct taxonomy *taxonomy_open(const char *name, struct arena *arena, struct error *err) {
    struct taxonomy *t = arena_new(arena, struct taxonomy, 1, err);
    struct reading r = {arena, t};
    if (!t || !(t->categories = arena_new(arena, struct taxonomy_category, CATEGORIES_MOST, err)) ||
        !(t->leaves = arena_new(arena, struct taxonomy_leaf, LEAVES_MOST, err)))
        return NULL;
    const struct yaml *root = open_file(name, arena, err);
    return root && read_taxonomy(&r, root, err) ? t : NULL;
}

/* ---- checking and showing ---- */

static bool has_leaf(const struct taxonomy *t, const char *id) {
    for (size_t i = 0; i < t->n_leaves; i++)
        if (strcmp(t->leaves[i].id, id) == 0) return true;
    return false;
}

bool taxonomy_check(const struct taxonomy *t, struct arena *arena, struct error *err) {
    size_t n;
    const char *const *names = leaf_names(arena, &n, err);
    for (size_t i = 0; i < t->n_leaves; i++) {
        struct error why = {0};
        struct leaf *leaf = leaf_open(text_of(t->leaves[i].id), &why);
        bool named = leaf && strcmp(leaf_name(leaf), t->leaves[i].id) == 0;
        leaf_free(leaf);
        if (!leaf && why.kind == ERROR_ENVIRONMENT) return *err = why, false;
        if (!leaf) return error_set(err, ERROR_GATE, "leaf '%s' has no generator: %s", t->leaves[i].id, why.message);
        if (!named)
            return error_set(err, ERROR_GATE, "the generator of leaf '%s' says that it is another's", t->leaves[i].id);
    }
    for (size_t i = 0; names && i < n; i++)
        if (!has_leaf(t, names[i]))
            return error_set(err, ERROR_GATE, "generator '%s' is of no leaf of '%s'", names[i], t->name);
    return names != NULL;
}

static json_t *texts_json(const char *const *texts, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++) json_array_append_new(list, json_string(texts[i]));
    return list;
}

static json_t *leaf_json(const struct taxonomy_leaf *l, struct error *err) {
    struct error why = {0};
    struct leaf *leaf = leaf_open(text_of(l->id), &why);
    json_t *row =
        json_pack("{s:s s:s s:s s:s? s:s? s:s? s:i s:s s:s? s:o}", "id", l->id, "title", l->title, "definition",
                  l->definition, "generator", leaf ? l->id : NULL, "scorer", leaf ? leaf_scorer(leaf) : NULL, "figure",
                  leaf ? leaf_figure(leaf) : NULL, "rows", leaf ? LEAF_COUNT : 0, "status",
                  leaf ? "measured" : "checklist", "study", l->study, "like", texts_json(l->like, l->n_like));
    leaf_free(leaf);
    if (!row) error_memory(err, "leaf");
    return row;
}

json_t *taxonomy_json(const struct taxonomy *t, struct error *err) {
    json_t *categories = json_array();
    bool ok = categories != NULL;
    for (size_t c = 0; ok && c < t->n_categories; c++) {
        const struct taxonomy_category *one = &t->categories[c];
        json_t *leaves = json_array();
        for (size_t i = 0; ok && i < one->n; i++) {
            json_t *leaf = leaf_json(&t->leaves[one->first + i], err);
            ok = leaf && json_array_append_new(leaves, leaf) == 0;
        }
        json_t *row = json_pack("{s:s s:s s:o}", "id", one->id, "title", one->title, "leaves", leaves);
        ok = ok && row && json_array_append_new(categories, row) == 0;
    }
    if (ok) return json_pack("{s:s s:s s:o}", "taxonomy", t->name, "title", t->title, "categories", categories);
    json_decref(categories);
    if (err->kind == ERROR_NONE) error_memory(err, "taxonomy");
    return NULL;
}
