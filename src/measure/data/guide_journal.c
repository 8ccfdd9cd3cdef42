/* Keeping what is done: see guide_journal.h. */
#include "measure/data/guide_journal.h"

#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MOST = 1 << 23, PATH_MOST = 4096 };

struct guide_journal {
    char out[PATH_MOST], part[PATH_MOST];
    struct jsonl *old; /* rows of before that no input was held against yet; NULL: none is left */
    FILE *stream;      /* at the end of the part */
};

static void hash_input(const char *id, struct text input, char hex[HASH_HEX]) {
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, id, strlen(id) + 1);
    sha256_add(&hash, input.at, input.len);
    sha256_end_hex(&hash, hex);
}

/* Cuts off what stands behind the last end of a line; *size: what is left. */
static bool cut_half_line(FILE *f, const char *path, long *size, struct error *err) {
    int c = 0;
    if (fseek(f, 0, SEEK_END) != 0 || (*size = ftell(f)) < 0) return error_system(err, errno, "cannot read", path);
    for (; *size > 0 && c != '\n'; --*size)
        if (fseek(f, *size - 1, SEEK_SET) != 0 || (c = fgetc(f)) == EOF || c == '\n') break;
    if (c == EOF) return error_system(err, errno, "cannot read", path);
    return (fflush(f) == 0 && ftruncate(fileno(f), *size) == 0) || error_system(err, errno, "cannot cut", path);
}

/* The first line must say the same. */
static bool check_about(struct guide_journal *j, const json_t *about, struct error *err) {
    json_t *row = NULL;
    size_t line;
    int more = jsonl_next(j->old, &row, &line, err);
    bool same = more == 1 && json_equal(row, (json_t *)about);
    json_decref(row);
    if (more < 0) return false;
    return same || error_set(err, ERROR_DATA,
                             "%s was begun with another teacher, other prompts or other settings; go on with those, or "
                             "remove it to begin anew",
                             j->part);
}

static bool put_line(struct guide_journal *j, const json_t *row, struct error *err) {
    struct buffer b;
    buffer_init(&b, LINE_MOST);
    bool ok = json_put(&b, row, 0) && buffer_put_char(&b, '\n') && buffer_check(&b, "a row", err);
    if (ok && fwrite(b.at, 1, b.len, j->stream) != b.len) ok = error_system(err, errno, "cannot write", j->part);
    buffer_done(&b);
    return ok;
}

static bool begin(struct guide_journal *j, const json_t *about, struct error *err) {
    long size = 0;
    if (file_exists(j->part)) {
        if (!(j->stream = fopen(j->part, "r+b"))) return error_system(err, errno, "cannot open", j->part);
        if (!cut_half_line(j->stream, j->part, &size, err)) return false;
    } else if (!(j->stream = fopen(j->part, "w+b"))) {
        return error_system(err, errno, "cannot make", j->part);
    }
    if (size == 0) return put_line(j, about, err) && guide_journal_sync(j, err);
    if (fseek(j->stream, 0, SEEK_END) != 0) return error_system(err, errno, "cannot read", j->part);
    return (j->old = jsonl_open(j->part, LINE_MOST, err)) != NULL && check_about(j, about, err);
}

struct guide_journal *guide_journal_open(const char *out, const json_t *about, struct error *err) {
    struct guide_journal *j = memory_zeroed(1, sizeof *j);
    if (!j) return error_memory(err, "what is done"), NULL;
    int n = snprintf(j->part, sizeof j->part, "%s.part", out);
    snprintf(j->out, sizeof j->out, "%s", out);
    if (n > 0 && n < PATH_MOST ? begin(j, about, err) : error_set(err, ERROR_USAGE, "%s: the name is too long", out))
        return j;
    guide_journal_close(j);
    return NULL;
}

void guide_journal_close(struct guide_journal *j) {
    if (!j) return;
    jsonl_close(j->old);
    if (j->stream) fclose(j->stream);
    memory_free(j);
}

bool guide_journal_known(struct guide_journal *j, const char *id, struct text input, bool *known, struct error *err) {
    char hex[HASH_HEX];
    json_t *row = NULL;
    size_t line;
    *known = false;
    if (!j->old) return true;
    int more = jsonl_next(j->old, &row, &line, err);
    if (more < 0) return false;
    if (more == 0) {
        jsonl_close(j->old);
        j->old = NULL;
        return true;
    }
    hash_input(id, input, hex);
    *known = text_equal_c(json_text(json_object_get(row, "input")), hex);
    json_decref(row);
    return *known ||
           error_set(err, ERROR_DATA, "%s:%zu is about another input than '%s'; remove the file to begin anew", j->part,
                     line, id);
}

bool guide_journal_put(struct guide_journal *j, json_t *row, struct text input, struct error *err) {
    char hex[HASH_HEX];
    hash_input(json_string_value(json_object_get(row, "id")), input, hex);
    if (json_object_set_new(row, "input", json_string(hex)) != 0) return error_memory(err, "a row");
    return put_line(j, row, err);
}

bool guide_journal_sync(struct guide_journal *j, struct error *err) {
    return (fflush(j->stream) == 0 && fsync(fileno(j->stream)) == 0) ||
           error_system(err, errno, "cannot write", j->part);
}

typedef bool row_sink(void *context, json_t *row, struct error *err);

/* The rows behind the first line, which says what they are of. */
static bool each_row(struct guide_journal *j, row_sink *sink, void *context, struct error *err) {
    struct jsonl *lines = jsonl_open(j->part, LINE_MOST, err);
    json_t *row;
    size_t line, n = 0;
    int more = 0;
    bool ok = lines != NULL;
    while (ok && (more = jsonl_next(lines, &row, &line, err)) > 0) {
        ok = n++ == 0 || sink(context, row, err);
        json_decref(row);
    }
    jsonl_close(lines);
    return ok && more == 0;
}

/* Rows of before that no input was for. */
static bool nothing_left(struct guide_journal *j, struct error *err) {
    json_t *row = NULL;
    size_t line;
    int more = j->old ? jsonl_next(j->old, &row, &line, err) : 0;
    if (more > 0) {
        json_decref(row);
        return error_set(err, ERROR_DATA, "%s:%zu is about an input that is not there; remove the file to begin anew",
                         j->part, line);
    }
    return more == 0;
}

struct showing {
    void (*seen)(void *context, const json_t *row);
    void *context;
};

static bool show(void *context, json_t *row, struct error *err) {
    struct showing *s = context;
    (void)err;
    s->seen(s->context, row);
    return true;
}

bool guide_journal_read(struct guide_journal *j, void (*seen)(void *context, const json_t *row), void *context,
                        struct error *err) {
    struct showing s = {seen, context};
    return nothing_left(j, err) && guide_journal_sync(j, err) && each_row(j, show, &s, err);
}

static bool copy_row(void *context, json_t *row, struct error *err) {
    struct buffer b;
    if (json_object_get(row, "error")) return true;
    json_object_del(row, "input");
    buffer_init(&b, LINE_MOST);
    bool ok = json_put(&b, row, 0) && buffer_put_char(&b, '\n') && buffer_check(&b, "a row", err);
    if (ok) file_out_put(context, b.at, b.len);
    buffer_done(&b);
    return ok;
}

bool guide_journal_drop(struct guide_journal *j, struct error *err) {
    return unlink(j->part) == 0 || error_system(err, errno, "cannot remove", j->part);
}

bool guide_journal_finish(struct guide_journal *j, struct error *err) {
    struct file_out out;
    if (!guide_journal_sync(j, err) || !file_out_open(&out, j->out, err)) return false;
    bool ok = each_row(j, copy_row, &out, err) && file_out_commit(&out, err);
    file_out_abandon(&out);
    return ok && guide_journal_drop(j, err);
}
