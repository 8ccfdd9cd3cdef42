/* Reading lists of words: see phrase_list.h. */
#include "measure/rules/phrase_list.h"

#include "base/file.h"
#include "measure/rules/builtin.h"

static bool find_source(struct text name, const char *builtin, const char *path, struct arena *arena,
                        struct phrase_list *out, struct error *err) {
    if (name.len) {
        const char *named = text_copy(arena, name, err);
        const char *found = named ? file_find(arena, named, path ? path : "", err) : NULL;
        out->shown = named;
        return found && file_read(arena, found, PHRASE_FILE_MOST, &out->source, err);
    }
    const struct builtin_file *file = builtin_find(builtin);
    if (!file) return error_set(err, ERROR_ENVIRONMENT, "'%s' is not part of this build", builtin);
    out->shown = builtin;
    out->source = (struct text){(const char *)file->at, (size_t)(file->end - file->at)};
    return true;
}

static bool take_line(struct phrase_list *list, struct text line, size_t number, const char *const *kinds,
                      size_t n_kinds, struct error *err) {
    size_t colon = text_find(line, TEXT(":"), 0), kind = 0;
    struct text word = text_trim(text_part(line, 0, colon == SIZE_MAX ? 0 : colon));
    struct text said = colon == SIZE_MAX ? TEXT("") : text_trim(text_part(line, colon + 1, line.len));
    while (kind < n_kinds && !text_equal_c(word, kinds[kind])) kind++;
    if (kind == n_kinds || !said.len)
        return error_set(err, ERROR_DATA,
                         "%s:%zu: expected 'KIND: TEXT' with one of the kinds that the file's first "
                         "lines name, such as '%s'",
                         list->shown, number, kinds[0]);
    if (list->n == PHRASES_MOST)
        return error_set(err, ERROR_DATA, "%s:%zu: more than %d lines", list->shown, number, PHRASES_MOST);
    list->at[list->n++] = (struct phrase_line){kind, said, number};
    return true;
}

bool phrase_list_read(struct text name, const char *builtin, const char *path, const char *const *kinds, size_t n_kinds,
                      struct arena *arena, struct phrase_list *out, struct error *err) {
    struct text rest, line;
    *out = (struct phrase_list){0};
    if (!find_source(name, builtin, path, arena, out, err) ||
        !(out->at = arena_new(arena, struct phrase_line, PHRASES_MOST, err)))
        return false;
    rest = out->source;
    if (text_utf8_invalid(rest) != SIZE_MAX) return error_set(err, ERROR_DATA, "%s: no UTF-8", out->shown);
    for (size_t number = 1; text_next(&rest, '\n', &line); number++) {
        line = text_trim(line);
        if (line.len && line.at[0] != '#' && !take_line(out, line, number, kinds, n_kinds, err)) return false;
    }
    return out->n > 0 || error_set(err, ERROR_DATA, "%s: has no lines", out->shown);
}

bool phrase_pair(const struct phrase_list *list, const struct phrase_line *line, struct text *left, struct text *right,
                 struct error *err) {
    size_t at = text_find(line->text, TEXT(" = "), 0);
    *left = at == SIZE_MAX ? TEXT("") : text_trim(text_part(line->text, 0, at));
    *right = at == SIZE_MAX ? TEXT("") : text_trim(text_part(line->text, at + 3, line->text.len));
    return (left->len && right->len) ||
           error_set(err, ERROR_DATA, "%s:%zu: expected 'WORD = WORDS'", list->shown, line->line);
}
