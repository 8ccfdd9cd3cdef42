/* The rule of data lint about files that rows name: pictures and sounds must be there and whole. A column names one
 * when its value ends as such a file does. */
#include "measure/data/lint_internal.h"

#include "base/file.h"
#include "media/medium.h"
#include "subject/message_part.h"

#include <string.h>

enum { NAME_MOST = 1024 };

static bool names_file(struct text t) {
    static const char *const endings[] = {".wav", ".flac", ".ogg", ".mp3", ".aiff", ".png", ".jpg", ".jpeg"};
    if (!t.len || t.len > NAME_MOST || memchr(t.at, '\n', t.len)) return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(endings[i]);
        if (t.len > n && text_equal_nocase(text_part(t, t.len - n, t.len), text_of(endings[i]))) return true;
    }
    return false;
}

/* What is wrong with the file; empty: nothing. */
static bool check_file(const char *path, struct error *why) {
    struct arena arena;
    struct text bytes;
    struct media_told told = {0};
    arena_init(&arena, (size_t)1 << 30);
    bool ok = file_read(&arena, path, MESSAGE_FILE_MOST, &bytes, why);
    const struct medium *medium = ok ? medium_of(bytes) : NULL;
    if (ok && !medium) ok = error_set(why, ERROR_DATA, "is no picture and no sound that can be read");
    ok = ok && medium->read(bytes, &arena, &told, why);
    arena_done(&arena);
    return ok;
}

/* Of one row: the files that are not there. */
struct absent {
    size_t n;
    const char *column; /* the first */
    struct text name;
};

static bool check_value(struct lint *lint, const struct lint_set *set, const struct lint_row *row, const char *column,
                        struct text name, struct absent *absent, struct error *err) {
    struct arena arena;
    struct error why = {0};
    bool there = false;
    arena_init(&arena, 1 << 20);
    const char *path = message_file_find(name, row->file, lint->settings->path, &arena, &there, err);
    bool ok = path != NULL;
    if (ok && !there && absent->n++ == 0) absent->column = column, absent->name = name;
    if (there && !check_file(path, &why))
        ok = lint_tell(lint, FINDING_ERROR, set, row, err, "%s: '%.*s': %.200s", column, TEXT_ARG(lint_short(name)),
                       why.message);
    arena_done(&arena);
    return ok;
}

static bool check_row(struct lint *lint, const struct lint_set *set, const struct lint_row *row, struct error *err) {
    struct absent absent = {0};
    const char *column;
    json_t *value;
    json_object_foreach(row->row, column, value) {
        if (json_is_string(value) && names_file(json_text(value)) &&
            !check_value(lint, set, row, column, json_text(value), &absent, err))
            return false;
    }
    if (!absent.n) return true;
    if (absent.n == 1)
        return lint_tell(lint, FINDING_ERROR, set, row, err, "%s: '%.*s' is not there", absent.column,
                         TEXT_ARG(lint_short(absent.name)));
    return lint_tell(lint, FINDING_ERROR, set, row, err, "%zu files are not there; the first, %s: '%.*s'", absent.n,
                     absent.column, TEXT_ARG(lint_short(absent.name)));
}

bool lint_media(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++)
        for (size_t i = 0; i < lint->sets[s].n; i++)
            if (!check_row(lint, &lint->sets[s], &lint->sets[s].rows[i], err)) return false;
    return true;
}
