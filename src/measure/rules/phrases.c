/* Lists of phrases: see phrases.h. */
#include "measure/rules/phrases.h"

#include "base/buffer.h"
#include "base/file.h"
#include "measure/rules/builtin.h"

enum { FILE_MOST = 1 << 20, PHRASES_MOST = 1024 };

/* "expected 'a: TEXT', 'b: TEXT' or 'c: TEXT'" */
static bool expected(const char *const *kinds, const char *shown, size_t number, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 12);
    for (size_t k = 0; kinds[k]; k++)
        buffer_printf(&b, "%s'%s: TEXT'", k == 0 ? "" : kinds[k + 1] ? ", " : " or ", kinds[k]);
    error_set(err, ERROR_DATA, "%s:%zu: expected %.*s", shown, number, TEXT_ARG(buffer_text(&b)));
    buffer_done(&b);
    return false;
}

static bool read_phrase(struct phrases *p, const char *const *kinds, struct text line, const char *shown, size_t number,
                        struct error *err) {
    size_t colon = text_find(line, TEXT(":"), 0);
    struct text kind = text_trim(text_part(line, 0, colon)), said = text_trim(text_part(line, colon + 1, line.len));
    for (int k = 0; colon != SIZE_MAX && said.len && kinds[k]; k++) {
        if (!text_equal_c(kind, kinds[k])) continue;
        if (p->n == PHRASES_MOST)
            return error_set(err, ERROR_DATA, "%s:%zu: more than %d phrases", shown, number, PHRASES_MOST);
        p->phrase[p->n++] = (struct phrase){k, said};
        return true;
    }
    return expected(kinds, shown, number, err);
}

static bool read_phrases(struct phrases *p, const char *const *kinds, const char *shown, struct error *err) {
    struct text rest = p->source, line;
    if (!(p->phrase = arena_new(&p->arena, struct phrase, PHRASES_MOST, err))) return false;
    for (size_t number = 1; text_next(&rest, '\n', &line); number++) {
        line = text_trim(line);
        if (line.len && line.at[0] != '#' && !read_phrase(p, kinds, line, shown, number, err)) return false;
    }
    return p->n > 0 || error_set(err, ERROR_DATA, "%s: no phrases", shown);
}

static bool find_source(struct phrases *p, const char *name, const char *path, const char *builtin, struct error *err) {
    const struct builtin_file *file = *name ? NULL : builtin_find(builtin);
    if (file) return p->source = (struct text){(const char *)file->at, (size_t)(file->end - file->at)}, true;
    if (!*name) return error_set(err, ERROR_ENVIRONMENT, "the list of phrases is not part of this build");
    const char *found = file_find(&p->arena, name, path ? path : "", err);
    return found && file_read(&p->arena, found, FILE_MOST, &p->source, err);
}

struct phrases *phrases_open(const char *name, const char *path, const char *builtin, const char *const *kinds,
                             struct error *err) {
    struct phrases *p = memory_zeroed(1, sizeof *p);
    if (!p) return error_memory(err, "phrases"), NULL;
    arena_init(&p->arena, 8 * FILE_MOST);
    if (find_source(p, name, path, builtin, err) && read_phrases(p, kinds, *name ? name : builtin, err)) return p;
    phrases_close(p);
    return NULL;
}

void phrases_close(struct phrases *p) {
    if (!p) return;
    arena_done(&p->arena);
    memory_free(p);
}
