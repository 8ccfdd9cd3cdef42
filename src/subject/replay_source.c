/* Rows of any file of answers: see replay_source.h. */
#include "subject/replay_source.h"

#include "base/file.h"

#include <string.h>

#define LINE_MAX_BYTES ((size_t)64 << 20)
#define LIST_MAX_BYTES ((size_t)512 << 20)

/* The first byte that is no blank and no byte order mark; 0: an empty file. */
static bool first_byte(const char *path, char *out, struct error *err) {
    struct file_map map;
    if (!file_map(path, &map, err)) return false;
    size_t i = map.len >= 3 && memcmp(map.at, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (i < map.len && strchr(" \t\r\n", (char)map.at[i]) && map.at[i]) i++;
    *out = i < map.len ? (char)map.at[i] : 0;
    file_unmap(&map);
    return true;
}

static bool ends_as_tsv(const char *path) {
    return text_ends(text_of(path), TEXT(".tsv")) || text_ends(text_of(path), TEXT(".tab"));
}

/* {"0": {...}, "1": {...}}: a list of the members, each with its name as "key". NULL: something else. */
static json_t *numbered(const char *path) {
    struct error ignored;
    json_t *root = text_ends(text_of(path), TEXT(".json")) ? json_read_file(path, LIST_MAX_BYTES, &ignored) : NULL;
    json_t *list = json_is_object(root) && json_object_size(root) ? json_array() : NULL, *value;
    const char *key;
    json_object_foreach(root, key, value) {
        if (list && json_is_object(value) && json_object_set_new(value, "key", json_string(key)) == 0 &&
            json_array_append(list, value) == 0)
            continue;
        json_decref(list);
        list = NULL;
    }
    json_decref(root);
    return list;
}

bool replay_source_open(struct replay_source *s, const char *path, struct text format, struct error *err) {
    bool automatic = format.len == 0 || text_equal_c(format, "auto");
    char first;
    *s = (struct replay_source){.path = path};
    if (!first_byte(path, &first, err)) return false;
    if (!first) return error_set(err, ERROR_DATA, "%s:1: the file is empty, expected answers", path);
    if (automatic ? first == '[' : text_equal_c(format, "json") && first == '[') {
        s->list = json_read_file(path, LIST_MAX_BYTES, err);
        return s->list != NULL;
    }
    if (automatic && first == '{' && (s->list = numbered(path))) return true;
    if (automatic ? first == '{' : text_equal_c(format, "json")) {
        s->lines = jsonl_open(path, LINE_MAX_BYTES, err);
        return s->lines != NULL;
    }
    bool tabs = automatic ? ends_as_tsv(path) : text_equal_c(format, "tsv");
    s->csv = csv_open(path, tabs ? '\t' : ',', true, err);
    return s->csv != NULL;
}

void replay_source_close(struct replay_source *s) {
    jsonl_close(s->lines);
    csv_close(s->csv);
    json_decref(s->list);
    *s = (struct replay_source){0};
}

static int next_of_list(struct replay_source *s, json_t **row, size_t *line) {
    if (s->next >= json_array_size(s->list)) return 0;
    *row = json_incref(json_array_get(s->list, s->next));
    *line = ++s->next;
    return 1;
}

int replay_source_next(struct replay_source *s, json_t **row, size_t *line, struct error *err) {
    if (s->csv) return csv_next_object(s->csv, NULL, row, line, err);
    int state = s->lines ? jsonl_next(s->lines, row, line, err) : next_of_list(s, row, line);
    if (state != 1 || json_is_object(*row)) return state;
    json_decref(*row);
    *row = NULL;
    return error_set(err, ERROR_DATA, "%s:%zu: expected an object with an id and an answer", s->path, *line), -1;
}
