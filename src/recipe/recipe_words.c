/* The words of a line of a recipe: see recipe.h. */
#include "recipe/recipe.h"

#include <ctype.h>
#include <string.h>

enum { WORDS_MOST = 200, WORD_MOST = 1 << 14 };

struct splitting {
    const char *line;
    size_t at;
    const struct recipe_names *names;
    struct buffer word;
};

static bool put_name(struct splitting *s, struct error *err) {
    size_t from = ++s->at;
    while (isalnum((unsigned char)s->line[s->at]) || s->line[s->at] == '_') s->at++;
    struct text name = {s->line + from, s->at - from};
    if (text_equal_c(name, "SEED") && s->names->seed)
        return buffer_printf(&s->word, "%llu", (unsigned long long)s->names->seed), true;
    if (text_equal_c(name, "SUBJECT")) return buffer_put_c(&s->word, s->names->subject), true;
    if (text_equal_c(name, "SHARED")) return buffer_put_c(&s->word, s->names->shared), true;
    if (text_equal_c(name, "SEED")) return error_set(err, ERROR_USAGE, "a step that is made once has no $SEED");
    return error_set(err, ERROR_USAGE, "no '$%.*s'; there are $SEED, $SUBJECT and $SHARED", TEXT_ARG(name));
}

/* The next word into s->word; *any is false at the end of the line. */
static bool next_word(struct splitting *s, bool *any, struct error *err) {
    char quote = 0;
    buffer_clear(&s->word);
    while (isspace((unsigned char)s->line[s->at])) s->at++;
    *any = s->line[s->at] != 0;
    while (s->line[s->at] && (quote || !isspace((unsigned char)s->line[s->at]))) {
        char c = s->line[s->at];
        if (c == '$' && quote != '\'') {
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

const char **recipe_words(const char *line, const struct recipe_names *names, struct arena *arena, struct error *err) {
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
