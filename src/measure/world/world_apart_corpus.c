/* The almanac and the rumours of a made corpus, told from each other by the tag in front: see world_telling.h. */
#include "measure/world/world_telling.h"

#include "base/file.h"

/* What stands behind "<src> " at the very beginning, up to the end of the line; empty: a document of no source. */
static struct text tag_of(struct text document) {
    struct text mark = TEXT("<src> "), tag;
    if (!text_starts(document, mark)) return TEXT("");
    document = text_part(document, mark.len, document.len);
    return text_next(&document, '\n', &tag) && document.at ? tag : TEXT("");
}

static bool take(struct apart *apart, const struct world *w, struct text document, bool look, struct text *shared,
                 struct error *err) {
    struct text tag = tag_of(document);
    if (!tag.len) return true;
    bool almanac = text_equal(tag, world_source_tag(w, ALMANAC));
    if (!look) return !almanac || world_apart_add(apart, document, err);
    size_t at = almanac ? SIZE_MAX : world_apart_find(apart, document);
    if (at != SIZE_MAX) *shared = text_part(document, at, at + APART_WINDOW);
    return at == SIZE_MAX;
}

static bool take_line(struct apart *apart, const struct world *w, const char *path, size_t number, struct text line,
                      bool look, struct error *err) {
    struct text shared = {0};
    if (text_find(line, TEXT("<src> "), 0) == SIZE_MAX) return true; /* most: not worth reading */
    json_t *value = json_read(line, path, number, err);
    bool ok = value && take(apart, w, json_text(json_object_get(value, "text")), look, &shared, err);
    if (shared.len)
        error_set(err, ERROR_GATE, "%s:%zu: this rumour shares '%.*s' with the almanac", path, number,
                  TEXT_ARG(shared));
    json_decref(value);
    return ok;
}

bool world_apart_corpus(struct apart *apart, const struct world *w, const char *path, bool look, struct error *err) {
    struct file_map map;
    if (!file_map(path, &map, err)) return false;
    struct text rest = {(const char *)map.at, map.len}, line;
    bool ok = true;
    for (size_t number = 1; ok && rest.len && text_next(&rest, '\n', &line); number++)
        ok = take_line(apart, w, path, number, line, look, err);
    file_unmap(&map);
    return ok;
}
