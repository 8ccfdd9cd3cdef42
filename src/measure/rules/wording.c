/* Prompts that are data: see wording.h. */
#include "measure/rules/wording.h"

#include "base/file.h"
#include "measure/rules/builtin.h"

#include <stdio.h>

enum { FILE_MOST = 1 << 20 };

static bool source_of(struct text name, const char *builtin, const char *path, struct arena *arena, struct text *source,
                      struct error *err) {
    const struct builtin_file *file = builtin_find(builtin);
    if (!name.len && !file) return error_set(err, ERROR_ENVIRONMENT, "'%s' is not part of this build", builtin);
    if (!name.len) return *source = (struct text){(const char *)file->at, (size_t)(file->end - file->at)}, true;
    const char *copy = text_copy(arena, name, err),
               *found = copy ? file_find(arena, copy, path ? path : "", err) : NULL;
    return found && file_read(arena, found, FILE_MOST, source, err);
}

static bool unknown_line(const char *const *names, size_t n, const char *shown, size_t number, struct error *err) {
    struct buffer list;
    buffer_init(&list, 4096);
    for (size_t i = 0; i < n; i++) buffer_printf(&list, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", names[i]);
    error_set(err, ERROR_DATA, "%s:%zu: expected %s, ': ' and a prompt", shown, number, list.at ? list.at : "");
    buffer_done(&list);
    return false;
}

bool wording_read(struct text name, const char *builtin, const char *path, const char *const *names, size_t n,
                  struct arena *arena, struct text *out, struct error *err) {
    struct text source, shown = name.len ? text_part(name, 0, 256) : text_of(builtin);
    char printed[300];
    snprintf(printed, sizeof printed, "%.*s", TEXT_ARG(shown));
    return source_of(name, builtin, path, arena, &source, err) && wording_parse(source, printed, names, n, out, err);
}

bool wording_parse(struct text source, const char *shown, const char *const *names, size_t n, struct text *out,
                   struct error *err) {
    struct text rest = source, line;
    for (size_t i = 0; i < n; i++) out[i] = TEXT("");
    for (size_t number = 1; text_next(&rest, '\n', &line); number++) {
        line = text_trim(line);
        size_t colon = text_find(line, TEXT(": "), 0), i = 0;
        if (!line.len || line.at[0] == '#') continue;
        while (colon != SIZE_MAX && i < n && !text_equal_c(text_part(line, 0, colon), names[i])) i++;
        if (colon == SIZE_MAX || i == n) return unknown_line(names, n, shown, number, err);
        out[i] = text_part(line, colon + 2, line.len);
    }
    for (size_t i = 0; i < n; i++)
        if (!out[i].len) return error_set(err, ERROR_DATA, "%s: no prompt '%s'", shown, names[i]);
    return true;
}

bool wording_fill(struct text pattern, const struct wording_slot *slots, size_t n, struct arena *arena,
                  struct text *out, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)16 << 20);
    for (size_t i = 0; i < pattern.len;) {
        struct text rest = text_part(pattern, i, pattern.len);
        size_t k = 0, end = rest.at[0] == '{' ? text_find(rest, TEXT("}"), 0) : SIZE_MAX;
        while (end != SIZE_MAX && k < n && !text_equal_c(text_part(rest, 1, end), slots[k].name)) k++;
        if (end != SIZE_MAX && k < n) {
            buffer_put_text(&b, slots[k].value);
            i += end + 1;
        } else if (text_starts(rest, TEXT("\\n"))) {
            buffer_put_char(&b, '\n');
            i += 2;
        } else {
            buffer_put_char(&b, rest.at[0]);
            i++;
        }
    }
    char *kept = buffer_check(&b, "prompt", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    *out = (struct text){kept, b.len};
    buffer_done(&b);
    return kept != NULL;
}
