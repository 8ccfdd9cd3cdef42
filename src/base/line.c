/* Command lines that the program runs itself: see line.h. */
#include "base/line.h"

#include "base/file.h"
#include "base/process.h"
#include "base/progress.h"

#include <ctype.h>
#include <string.h>

enum { WORDS_MOST = 200, WORD_MOST = 1 << 14, DONE_MOST = 1 << 16, TAIL_MOST = 600 };

/* ---- words */

struct splitting {
    const char *line;
    size_t at;
    const struct line_names *names;
    struct buffer word;
};

static struct text name_at(const struct splitting *s) {
    const char *from = s->line + s->at + 1, *to = from;
    if (s->names->sign == '{') {
        to = strchr(from, '}');
        return (struct text){from, to ? (size_t)(to - from) : 0};
    }
    while (isalnum((unsigned char)*to) || *to == '_') to++;
    return (struct text){from, (size_t)(to - from)};
}

/* At the sign. */
static bool put_name(struct splitting *s, struct error *err) {
    struct text name = name_at(s);
    bool known = false, braces = s->names->sign == '{';
    if (name.len && !s->names->put(s->names->context, name, &s->word, &known, err)) return false;
    if (!known && !braces) return error_set(err, ERROR_USAGE, "no '$%.*s'", TEXT_ARG(name));
    if (!known)
        buffer_put_char(&s->word, s->line[s->at++]);
    else
        s->at += 1 + name.len + braces;
    return true;
}

/* The next word into s->word; *any is false at the end of the line. */
static bool next_word(struct splitting *s, bool *any, struct error *err) {
    char quote = 0;
    buffer_clear(&s->word);
    while (isspace((unsigned char)s->line[s->at])) s->at++;
    *any = s->line[s->at] != 0;
    while (s->line[s->at] && (quote || !isspace((unsigned char)s->line[s->at]))) {
        char c = s->line[s->at];
        if (c == s->names->sign && (c == '{' || quote != '\'')) {
            if (!put_name(s, err)) return false;
            continue;
        }
        s->at++;
        if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? 0 : c;
        else
            buffer_put_char(&s->word, c);
    }
    if (quote) return error_set(err, ERROR_USAGE, "a quote %c that does not end", quote);
    return buffer_check(&s->word, "a word of a line", err);
}

const char **line_words(const char *line, const struct line_names *names, struct arena *arena, struct error *err) {
    struct splitting s = {.line = line, .names = names};
    const char **words = arena_new(arena, const char *, WORDS_MOST + 1, err);
    size_t n = 0;
    bool any = true, ok = words != NULL;
    buffer_init(&s.word, WORD_MOST);
    while (ok && (ok = next_word(&s, &any, err)) && any) {
        ok = n < WORDS_MOST || error_set(err, ERROR_USAGE, "a line of more than %d words", WORDS_MOST);
        ok = ok && (words[n++] = text_copy(arena, buffer_text(&s.word), err)) != NULL;
    }
    buffer_done(&s.word);
    if (ok && (n == 0 || strcmp(words[0], "basanite") != 0))
        ok = error_set(err, ERROR_USAGE, "expected a line that begins with basanite, found '%s'", n ? words[0] : "");
    if (ok) words[n] = NULL;
    return ok ? words : NULL;
}

/* ---- running */

/* The kinds are the exit codes of the program. */
static enum error_kind kind_of(int exit_code) {
    switch (exit_code) {
    case ERROR_GATE:
    case ERROR_USAGE:
    case ERROR_DATA:
    case ERROR_INTERRUPTED:
        return (enum error_kind)exit_code;
    default:
        return ERROR_ENVIRONMENT;
    }
}

/* The last line of what it said. */
static const char *last_words(const char *log, struct arena *arena) {
    struct file_map map;
    struct error ignored;
    if (!file_map(log, &map, &ignored)) return "";
    struct text all = text_trim((struct text){(const char *)map.at, map.len});
    size_t from = all.len;
    while (from > 0 && all.at[from - 1] != '\n' && all.at[from - 1] != '\r' && all.len - from < TAIL_MOST) from--;
    const char *line = text_copy(arena, text_part(all, from, all.len), &ignored);
    file_unmap(&map);
    return line ? line : "";
}

/* 1: done with this line before, 0: not done, -1: an error */
static int is_done(const struct line_settings *s, const char *line, struct arena *arena, struct error *err) {
    struct text before;
    const char *path = arena_printf(arena, err, "%s/steps/%s.done", s->folder, s->name);
    if (!path) return -1;
    if (!file_exists(path)) return 0;
    if (!file_read(arena, path, DONE_MOST, &before, err)) return -1;
    if (text_equal_c(text_trim(before), line)) return 1;
    error_set(err, ERROR_USAGE,
              "step '%s' in '%s' was made by another line: `%.*s`; take another folder (--out), or remove this one",
              s->name, s->folder, TEXT_ARG(text_trim(before)));
    return -1;
}

/* The words again as one line: what stands in NAME.done. */
static const char *line_of(const char *const *words, struct arena *arena, struct error *err) {
    struct buffer b;
    buffer_init(&b, DONE_MOST - 2);
    for (size_t i = 0; words[i]; i++) {
        bool plain = words[i][0] && !strpbrk(words[i], " \t\n\"'");
        buffer_printf(&b, plain ? "%s%s" : "%s'%s'", i ? " " : "", words[i]);
    }
    const char *line = buffer_check(&b, "line", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    buffer_done(&b);
    return line;
}

static bool run_now(const struct line_settings *s, const char **words, struct line_result *result, struct arena *arena,
                    struct error *err) {
    const char *done = arena_printf(arena, err, "%s/steps/%s.done", s->folder, s->name);
    const char *mark = done ? arena_printf(arena, err, "%s\n", result->line) : NULL;
    struct process_result process;
    double from = clock_seconds();
    if (!mark) return false;
    if (s->starts) s->starts(s->context, result->line);
    words[0] = s->program;
    if (!process_follow(words, s->folder, result->log, 0, s->stop, &process, err)) return false;
    if (interrupted(s->stop))
        return error_set(err, ERROR_INTERRUPTED, "stopped in step '%s'; the same call goes on", s->name);
    if (process.exit_code != 0)
        return error_set(err, kind_of(process.exit_code), "step '%s' ended with exit code %d: %s (all it said: %s)",
                         s->name, process.exit_code, last_words(result->log, arena), result->log);
    result->seconds = clock_seconds() - from;
    return file_write(done, text_of(mark), err);
}

enum line_outcome line_run(const struct line_settings *s, const char **words, struct line_result *result,
                           struct arena *arena, struct error *err) {
    *result = (struct line_result){.line = line_of(words, arena, err)};
    const char *steps = result->line ? arena_printf(arena, err, "%s/steps", s->folder) : NULL;
    if (!steps || !(result->log = arena_printf(arena, err, "%s/%s.log", steps, s->name)) ||
        !file_make_folders(steps, err))
        return LINE_FAILED;
    int done = is_done(s, result->line, arena, err);
    if (done) return done > 0 ? LINE_WAS_DONE : LINE_FAILED;
    return run_now(s, words, result, arena, err) ? LINE_DONE : LINE_FAILED;
}
