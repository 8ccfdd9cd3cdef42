/* Reading a zoo, and who in it is related: see lineage.h. */
#include "measure/compare/lineage.h"

#include "base/file.h"
#include "base/json.h"

#include <string.h>

enum { BYTES_MOST = 1 << 20, MEMBERS_MOST = 64 };

struct reading {
    struct lineage_zoo *zoo;
    struct arena *arena;
    struct error *err;
};

static bool bad(const struct reading *r, size_t i, const char *what) {
    return error_set(r->err, ERROR_DATA, "%s: entry %zu: %s", r->zoo->path, i + 1, what);
}

static bool take_text(struct reading *r, const json_t *object, const char *key, struct text *out) {
    struct text t = json_text(json_object_get(object, key));
    char *copy = text_copy(r->arena, t, r->err);
    *out = (struct text){copy, t.len};
    return copy != NULL;
}

static bool take_member(struct reading *r, size_t i, const json_t *entry) {
    struct lineage_member *m = &r->zoo->member[i];
    const json_t *declared = json_object_get(entry, "declared"), *kin = json_object_get(entry, "kin");
    struct text name, spec, corpus;
    if (!json_is_object(entry)) return bad(r, i, "expected {\"subject\", \"name\", \"declared\", \"kin\"}");
    if (!take_text(r, entry, "name", &name) || !take_text(r, entry, "subject", &spec) ||
        !take_text(r, kin, "corpus", &corpus) || !take_text(r, declared, "model", &m->model) ||
        !take_text(r, declared, "maker", &m->maker) || !take_text(r, declared, "family", &m->family) ||
        !take_text(r, declared, "base", &m->base))
        return false;
    if (!name.len || !spec.len) return bad(r, i, "expected 'subject' and 'name'");
    m->name = name.at;
    m->spec = spec.at;
    m->corpus = corpus.len ? corpus.at : NULL;
    m->suspect = json_is_true(json_object_get(kin, "suspect"));
    for (size_t k = 0; k < i; k++)
        if (strcmp(r->zoo->member[k].name, m->name) == 0) return bad(r, i, "its name is that of an entry before");
    return true;
}

/* Parents are found when all names are known; nobody may descend from itself. */
static bool take_parent(struct reading *r, size_t i, const json_t *entry) {
    struct lineage_zoo *zoo = r->zoo;
    struct text from = json_text(json_object_get(json_object_get(entry, "kin"), "from"));
    if (!from.len) return true;
    for (size_t k = 0; k < zoo->n; k++)
        if (text_equal_c(from, zoo->member[k].name)) zoo->member[i].from = k + 1;
    if (!zoo->member[i].from) return bad(r, i, "'from' is no name of the list");
    for (size_t at = zoo->member[i].from, steps = 0; at; at = zoo->member[at - 1].from)
        if (at == i + 1 || ++steps > zoo->n) return bad(r, i, "it descends from itself (a cycle)");
    return true;
}

bool lineage_zoo_read(const char *path, struct arena *arena, struct lineage_zoo *out, struct error *err) {
    struct reading r = {out, arena, err};
    json_t *list = json_read_list(path, BYTES_MOST, err);
    size_t n = json_array_size(list);
    *out = (struct lineage_zoo){.path = path};
    bool ok = list && ((n > 0 && n <= MEMBERS_MOST) ||
                       error_set(err, ERROR_DATA, "%s: expected an array of 1 to %d members", path, MEMBERS_MOST));
    ok = ok && (out->member = arena_new(arena, struct lineage_member, n, err));
    for (size_t i = 0; ok && i < n; i++, out->n++) ok = take_member(&r, i, json_array_get(list, i));
    for (size_t i = 0; ok && i < n; i++) ok = take_parent(&r, i, json_array_get(list, i));
    json_decref(list);
    return ok;
}

size_t lineage_zoo_find(const struct lineage_zoo *zoo, const char *name) {
    for (size_t i = 0; i < zoo->n; i++)
        if (strcmp(zoo->member[i].name, name) == 0) return i;
    return SIZE_MAX;
}

static size_t root_of(const struct lineage_zoo *zoo, size_t i) {
    while (zoo->member[i].from) i = zoo->member[i].from - 1;
    return i;
}

bool lineage_related(const struct lineage_zoo *zoo, size_t a, size_t b) {
    return root_of(zoo, a) == root_of(zoo, b);
}
