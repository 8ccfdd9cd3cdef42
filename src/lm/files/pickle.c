/* Which tensors a file of torch.save holds: see pickle.h. */
#include "lm/files/pickle_internal.h"

#include <string.h>

enum { DEPTH_MAX = 32, VISITS_MAX = 1 << 20, TENSORS_MAX = 65536, NAME_MAX_BYTES = 4096 };
/* The older layout: a number by which it is known, a version, facts of the machine, then the value. */
#define OLD_MAGIC "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"

static const struct {
    const char *storage, *type;
} types[] = {{"torch.FloatStorage", "f32"}, {"torch.HalfStorage", "f16"},  {"torch.BFloat16Storage", "bf16"},
             {"torch.DoubleStorage", "f64"}, {"torch.LongStorage", "i64"},  {"torch.IntStorage", "i32"},
             {"torch.ShortStorage", "i16"},  {"torch.CharStorage", "i8"},   {"torch.ByteStorage", "u8"},
             {"torch.BoolStorage", "bool"}};

bool pickle_claims(const struct file_map *map) {
    struct text t = {(const char *)map->at, map->len};
    if (text_starts(t, TEXT("PK\3\4"))) return true;
    return t.len > 2 && (unsigned char)t.at[0] == 0x80 && t.at[1] >= 2 && t.at[1] <= 5;
}

struct walk {
    struct arena *arena;
    struct pickle_list *list;
    const char *path;
    size_t visits;
    struct error *err;
};

static const char *type_of(const struct pickle_value *storage) {
    for (size_t i = 0; storage->kind == PICKLE_STORAGE && i < sizeof types / sizeof *types; i++)
        if (text_equal_c(storage->items[1]->text, types[i].storage)) return types[i].type;
    return "unknown";
}

static bool bad_tensor(struct walk *w, struct text name, const char *what) {
    return error_set(w->err, ERROR_DATA, "%s: tensor '%.*s': %s", w->path, (int)(name.len < 100 ? name.len : 100),
                     name.at, what);
}

static bool add_tensor(struct walk *w, struct text name, const struct pickle_value *v) {
    const struct pickle_value *sizes = v->items[2], *storage = v->items[0];
    struct pickle_list *list = w->list;
    if (sizes->kind != PICKLE_TUPLE || sizes->n > PICKLE_DIMS)
        return bad_tensor(w, name, "expected the sizes of at most 8 dimensions");
    if (list->n == list->capacity) {
        size_t wanted = list->capacity ? list->capacity * 2 : 256;
        if (list->n >= TENSORS_MAX) return bad_tensor(w, name, "more than 65536 tensors");
        struct pickle_tensor *more = arena_new(w->arena, struct pickle_tensor, wanted, w->err);
        if (!more) return false;
        if (list->n) memcpy(more, list->tensors, list->n * sizeof *more);
        list->tensors = more;
        list->capacity = wanted;
    }
    struct pickle_tensor *t = &list->tensors[list->n++];
    *t = (struct pickle_tensor){.name = name, .type = type_of(storage), .dims = sizes->n, .elements = 1};
    if (storage->kind == PICKLE_STORAGE) t->storage = storage->items[2]->text;
    for (size_t d = 0; d < sizes->n; d++) {
        if (sizes->items[d]->kind != PICKLE_NUMBER || sizes->items[d]->number < 0)
            return bad_tensor(w, name, "a size that is no number");
        t->shape[d] = (uint64_t)sizes->items[d]->number;
        if (__builtin_mul_overflow(t->elements, t->shape[d], &t->elements))
            return bad_tensor(w, name, "more elements than 64 bits count");
    }
    return true;
}

static bool visit(struct walk *w, struct text name, const struct pickle_value *v, size_t depth);

static bool visit_member(struct walk *w, struct text name, struct text key, const struct pickle_value *v,
                         size_t depth) {
    if (name.len + key.len > NAME_MAX_BYTES) return bad_tensor(w, name, "a name of more than 4096 bytes");
    char *joined = name.len ? arena_alloc(w->arena, name.len + key.len + 2, 1, w->err) : NULL;
    if (!name.len) return visit(w, key, v, depth + 1);
    if (!joined) return false;
    memcpy(joined, name.at, name.len);
    joined[name.len] = '.';
    if (key.len) memcpy(joined + name.len + 1, key.at, key.len);
    return visit(w, (struct text){joined, name.len + key.len + 1}, v, depth + 1);
}

/* Only what leads to tensors is followed: names are made for those alone. */
static bool holds_tensors(const struct pickle_value *v) {
    return v->kind == PICKLE_TENSOR ||
           ((v->kind == PICKLE_DICT || v->kind == PICKLE_TUPLE || v->kind == PICKLE_CALL) && v->n);
}

static bool visit(struct walk *w, struct text name, const struct pickle_value *v, size_t depth) {
    if (depth > DEPTH_MAX) return bad_tensor(w, name, "values nest more than 32 deep");
    if (++w->visits > VISITS_MAX) return bad_tensor(w, name, "more than a million values on the way to tensors");
    if (v->kind == PICKLE_TENSOR) return add_tensor(w, name, v);
    size_t step = v->kind == PICKLE_DICT ? 2 : 1;
    for (size_t i = 0; holds_tensors(v) && i + step <= v->n; i += step) {
        const struct pickle_value *item = v->items[i + step - 1];
        char *number = NULL;
        struct text key = TEXT("");
        if (!holds_tensors(item)) continue;
        if (step == 2 && v->items[i]->kind == PICKLE_TEXT) key = v->items[i]->text;
        if (v->kind == PICKLE_TUPLE || (step == 2 && v->items[i]->kind == PICKLE_NUMBER)) {
            long long shown = step == 2 ? (long long)v->items[i]->number : (long long)i;
            if (!(number = arena_printf(w->arena, w->err, "%lld", shown))) return false;
            key = text_of(number);
        }
        bool ok = key.len ? visit_member(w, name, key, item, depth) : visit(w, name, item, depth + 1);
        if (!ok) return false;
    }
    return true;
}

bool pickle_read(const struct file_map *map, const char *path, struct arena *arena, struct pickle_list *list,
                 struct error *err) {
    struct text file = {(const char *)map->at, map->len}, bytes = file;
    struct walk w = {.arena = arena, .list = list, .path = path, .err = err};
    size_t at = 0;
    *list = (struct pickle_list){.is_zip = text_starts(file, TEXT("PK\3\4"))};
    if (list->is_zip && !pickle_find_in_zip(file, path, arena, &bytes, err)) return false;
    struct pickle_value *v = pickle_build(bytes, &at, path, arena, list, err);
    bool old = v && !list->is_zip && v->kind == PICKLE_TEXT && text_equal(v->text, TEXT(OLD_MAGIC));
    for (size_t i = 0; v && old && i < 3; i++) v = pickle_build(bytes, &at, path, arena, list, err);
    return v && visit(&w, TEXT(""), v, 0);
}
