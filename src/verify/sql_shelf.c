/* Databases by name: see sql_shelf.h. */
#include "verify/sql_shelf.h"

#include "base/file.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct shelved {
    const char *db_id, *beside; /* beside NULL: wherever it is named */
    struct sql_judge *judge;
    char digest[HASH_HEX]; /* when it was opened; empty: there is no database */
};

struct sql_shelf {
    struct arena arena;
    const char *where, *path;
    bool one; /* `where` is a database */
    bool by_name;
    struct sql_judge_settings usual;
    struct shelved all[SQL_SHELF_MOST];
    size_t n;
};

struct sql_shelf *sql_shelf_new(const char *where, const char *path, const struct sql_judge_settings *usual,
                                bool by_name, struct error *err) {
    struct sql_shelf *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "databases"), NULL;
    arena_init(&s->arena, (size_t)64 << 20);
    s->usual = *usual;
    s->by_name = by_name;
    bool ok = true;
    if (where && *where) ok = (s->where = file_find(&s->arena, where, path, err)) != NULL;
    s->one = ok && s->where && !file_is_folder(s->where);
    ok = ok && (!path || (s->path = text_copy(&s->arena, text_of(path), err)));
    if (ok) return s;
    sql_shelf_free(s);
    return NULL;
}

void sql_shelf_free(struct sql_shelf *s) {
    if (!s) return;
    for (size_t i = 0; i < s->n; i++) sql_judge_free(s->all[i].judge);
    arena_done(&s->arena);
    memory_free(s);
}

/* A new place. Takes the database. */
static struct shelved *put(struct sql_shelf *s, struct text db_id, const char *beside, struct sql_database *database,
                           struct error *err) {
    struct sql_judge_settings settings = s->usual;
    struct shelved *at = s->n < SQL_SHELF_MOST ? &s->all[s->n] : NULL;
    if (!at) {
        error_set(err, ERROR_DATA, "more than %d databases", SQL_SHELF_MOST);
        sql_close(database);
        return NULL;
    }
    *at = (struct shelved){.beside = beside};
    if (s->by_name && settings.set == SQL_SET_PLAIN) settings.set = sql_set_of(db_id);
    if (!(at->db_id = text_copy(&s->arena, db_id, err)) || (database && !sql_digest(database, at->digest, err))) {
        sql_close(database);
        return NULL;
    }
    if (!(at->judge = sql_judge_new(database, &settings, err))) return NULL;
    s->n++;
    return at;
}

bool sql_shelf_put(struct sql_shelf *s, const char *db_id, struct sql_database *database, struct error *err) {
    return database && put(s, text_of(db_id), NULL, database, err);
}

static bool is_name(struct text db_id) {
    for (size_t i = 0; i < db_id.len; i++)
        if (!isalnum((unsigned char)db_id.at[i]) && !strchr("_-. ", db_id.at[i])) return false;
    return !db_id.len || (db_id.at[0] != '.' && db_id.len < 200);
}

/* FOLDER/ID.sqlite, FOLDER/ID/ID.sqlite; NULL: neither is there. */
static const char *in_folder(struct sql_shelf *s, const char *folder, struct text id) {
    struct error ignored = {0};
    const char *flat = arena_printf(&s->arena, &ignored, "%s/%.*s.sqlite", folder, TEXT_ARG(id));
    if (flat && file_exists(flat)) return flat;
    const char *deep = arena_printf(&s->arena, &ignored, "%s/%.*s/%.*s.sqlite", folder, TEXT_ARG(id), TEXT_ARG(id));
    return deep && file_exists(deep) ? deep : NULL;
}

static const char *folder_of(struct sql_shelf *s, const char *file) {
    struct error ignored = {0};
    const char *slash = file ? strrchr(file, '/') : NULL;
    return slash ? arena_copy(&s->arena, file, (size_t)(slash - file), &ignored) : ".";
}

static const char *find(struct sql_shelf *s, struct text id, const char *beside) {
    struct error ignored = {0};
    if (s->one) return s->where;
    if (!id.len) return NULL;
    if (s->where) return in_folder(s, s->where, id);
    const char *found = beside ? in_folder(s, folder_of(s, beside), id) : NULL;
    struct text rest = text_of(s->path ? s->path : ""), one;
    while (!found && text_next(&rest, ':', &one)) {
        const char *folder = one.len ? text_copy(&s->arena, one, &ignored) : NULL;
        if (folder) found = in_folder(s, folder, id);
    }
    return found;
}

struct sql_judge *sql_shelf_judge(struct sql_shelf *s, struct text db_id, const char *beside, struct error *err) {
    for (size_t i = 0; i < s->n; i++) {
        const struct shelved *one = &s->all[i];
        bool here = !one->beside || (beside && strcmp(one->beside, beside) == 0);
        if (here && text_equal_c(db_id, one->db_id)) return one->judge;
    }
    if (!is_name(db_id) && !s->one)
        return error_set(err, ERROR_DATA, "db_id '%.*s' is no name of a database",
                         (int)(db_id.len < 80 ? db_id.len : 80), db_id.at),
               NULL;
    const char *found = find(s, db_id, beside);
    const char *kept = s->where || !beside ? NULL : text_copy(&s->arena, text_of(beside), err);
    if (!s->where && beside && !kept) return NULL;
    struct sql_database *database = found ? sql_open(found, err) : NULL;
    if (found && !database) return NULL;
    struct shelved *at = put(s, db_id, kept, database, err);
    return at ? at->judge : NULL;
}

bool sql_shelf_unchanged(struct sql_shelf *s, struct error *err) {
    for (size_t i = 0; i < s->n; i++) {
        char now[HASH_HEX];
        struct sql_database *database = sql_judge_database(s->all[i].judge);
        if (!database) continue;
        if (!sql_digest(database, now, err)) return false;
        if (strcmp(now, s->all[i].digest) != 0)
            return error_set(err, ERROR_DATA, "%s: changed while it was read", sql_shown_name(database));
    }
    return true;
}

size_t sql_shelf_databases(const struct sql_shelf *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) n += s->all[i].digest[0] != 0;
    return n;
}
