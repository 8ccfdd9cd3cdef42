/* What may be started from the page: see page_jobs.h. Nothing here writes anywhere but to the record. */
#include "serve/page_jobs.h"

#include <string.h>

static const char *const run_words[] = {"suite", NULL};
static const struct page_flag run_flags[] = {
    {"subject", PAGE_TEXT, "what is asked: pocket, a model file or folder, script:NAME"},
    {"run", PAGE_TEXT, "name of the run"},
    {"limit", PAGE_COUNT, "items of each task at most"},
    {"samples", PAGE_COUNT, "answers to each item"},
    {"temperature", PAGE_REAL, "0: the likeliest token each time"},
    {"max-tokens", PAGE_COUNT, "longest answer"},
    {"few-shot", PAGE_COUNT, "worked examples in each prompt"},
    {"group", PAGE_TEXT, "figures for each value of this field, too"},
    {"seed", PAGE_COUNT, "of samples and of intervals"},
    {"threads", PAGE_COUNT, "processors to use"},
    {"fresh", PAGE_SWITCH, "ask again, whatever the record has"},
    {NULL},
};
static const char *const compare_words[] = {"a", "b", NULL};
static const struct page_flag compare_flags[] = {
    {"suite", PAGE_TEXT, "where A and B are subjects: what both are asked"},
    {"test", PAGE_TEXT, "a test of compare: paired, noninferior,margin=0.02 and others"},
    {"gate", PAGE_TEXT, "an expression that must hold"},
    {"limit", PAGE_COUNT, "items of each task at most"},
    {"seed", PAGE_COUNT, "of intervals"},
    {"threads", PAGE_COUNT, "processors to use"},
    {"lenient", PAGE_SWITCH, "compare what both have, and say what is left out"},
    {NULL},
};

/* No acts: they run lines of the policy, which the page can edit. */
static const char *const certify_words[] = {"policy", NULL};
static const struct page_flag certify_flags[] = {
    {"subject", PAGE_TEXT, "what is certified: pocket, a model file or folder"},
    {"limit", PAGE_COUNT, "items of each task at most"},
    {"until", PAGE_TEXT, "go no further than set, formalize or measure"},
    {"as-of", PAGE_TEXT, "the day whose rules count, 2026-08-02"},
    {"context", PAGE_TEXT, "what is known of a use: domain=health,lang=de"},
    {"confidence", PAGE_REAL, "of every interval"},
    {"seed", PAGE_COUNT, "of samples and of intervals"},
    {"threads", PAGE_COUNT, "processors to use"},
    {"allow-undecided", PAGE_SWITCH, "let a gate pass that is neither met nor violated"},
    {NULL},
};

const struct page_command page_commands[] = {
    {"run", "ask a subject the items of a suite", run_words, run_flags},
    {"compare", "ask two subjects the same, and test what differs", compare_words, compare_flags},
    {"certify", "is a subject fit for what a policy says? measured, without its acts", certify_words, certify_flags},
    {NULL},
};

struct line {
    const char **argv;
    size_t n;
    struct arena *arena;
    struct api_error *err;
};

static bool put(struct line *line, const char *word) {
    if (line->n == PAGE_WORDS_MOST) return api_refuse(line->err, 400, NULL, NULL, "too many words");
    line->argv[line->n++] = word;
    return true;
}

bool page_value_is_local(struct text value) {
    return value.len && value.at[0] != '-' && value.at[0] != '@' && text_find(value, TEXT("://"), 0) == SIZE_MAX &&
           !text_starts(value, TEXT("openai:"));
}

/* Values stand as words of their own, so that one which begins with a dash could pass for a flag; the network is for
 * the command line, where somebody types the address. */
static bool check_value(struct line *line, const char *name, struct text t) {
    if (!t.len || t.len > PAGE_VALUE_BYTES)
        return api_refuse(line->err, 400, name, NULL, "'%s': expected 1 to %d bytes", name, PAGE_VALUE_BYTES);
    if (t.at[0] == '-' || t.at[0] == '@')
        return api_refuse(line->err, 400, name, NULL, "'%s' may not begin with '%c'", name, t.at[0]);
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.at[i] < ' ' || t.at[i] == 127)
            return api_refuse(line->err, 400, name, NULL, "'%s' holds a control character", name);
    if (!page_value_is_local(t))
        return api_refuse(line->err, 400, name, NULL,
                          "'%s' names a place in the network; start this from the command line", name);
    return true;
}

static bool put_text(struct line *line, const char *name, struct text t) {
    struct error why;
    if (!check_value(line, name, t)) return false;
    const char *copy = text_copy(line->arena, t, &why);
    return copy ? put(line, copy) : api_refuse_for(line->err, NULL, &why);
}

static bool put_words(struct line *line, const struct page_command *command, const json_t *given) {
    size_t n = 0;
    for (; command->words[n]; n++) {
        const json_t *value = json_object_get(given, command->words[n]);
        if (!json_is_string(value))
            return api_refuse(line->err, 400, command->words[n], NULL, "'%s' is missing", command->words[n]);
        if (!put_text(line, command->words[n], json_text(value))) return false;
    }
    return json_object_size(given) == n ||
           api_refuse(line->err, 400, "words", NULL, "words that '%s' has not", command->name);
}

static const struct page_flag *find_flag(const struct page_command *command, const char *name) {
    for (const struct page_flag *f = command->flags; f->name; f++)
        if (strcmp(f->name, name) == 0) return f;
    return NULL;
}

static bool put_number(struct line *line, const struct page_flag *flag, const json_t *value) {
    struct error why;
    const char *word = NULL;
    char number[32];
    if (flag->kind == PAGE_COUNT && json_is_integer(value) && json_integer_value(value) >= 0)
        word = arena_printf(line->arena, &why, "%lld", (long long)json_integer_value(value));
    else if (flag->kind == PAGE_REAL && json_is_number(value) && json_number_value(value) >= 0 &&
             text_from_f64(json_number_value(value), number))
        word = arena_printf(line->arena, &why, "%s", number);
    else
        return api_refuse(line->err, 400, flag->name, NULL, "'%s': expected a %s of 0 or more", flag->name,
                          flag->kind == PAGE_COUNT ? "whole number" : "number");
    return word ? put(line, word) : api_refuse_for(line->err, NULL, &why);
}

static bool put_flag(struct line *line, const struct page_flag *flag, const json_t *value) {
    struct error why;
    const char *word = arena_printf(line->arena, &why, "--%s", flag->name);
    if (!word) return api_refuse_for(line->err, NULL, &why);
    if (flag->kind == PAGE_SWITCH) {
        if (json_is_true(value)) return put(line, word);
        return json_is_false(value) ||
               api_refuse(line->err, 400, flag->name, NULL, "'%s': expected true or false", flag->name);
    }
    if (!put(line, word)) return false;
    if (flag->kind != PAGE_TEXT) return put_number(line, flag, value);
    if (!json_is_string(value))
        return api_refuse(line->err, 400, flag->name, NULL, "'%s': expected a text", flag->name);
    return put_text(line, flag->name, json_text(value));
}

static const struct page_command *find_command(struct text name) {
    for (const struct page_command *c = page_commands; c->name; c++)
        if (text_equal_c(name, c->name)) return c;
    return NULL;
}

const char *const *page_command_line(const json_t *body, const char *self, const char *record, struct arena *arena,
                                     struct api_error *err) {
    struct error why;
    struct line line = {.arena = arena, .err = err};
    const struct page_command *command = find_command(json_text(json_object_get(body, "command")));
    json_t *flags = json_object_get(body, "flags"), *value;
    const char *name;
    if (!command) return api_refuse(err, 400, "command", NULL, "this cannot be started from the page"), NULL;
    if (!(line.argv = arena_new(arena, const char *, PAGE_WORDS_MOST + 1, &why)))
        return api_refuse_for(err, NULL, &why), NULL;
    if (!put(&line, self) || !put(&line, command->name) || !put_words(&line, command, json_object_get(body, "words")) ||
        !put(&line, "--record") || !put(&line, record))
        return NULL;
    json_object_foreach(flags, name, value) {
        const struct page_flag *flag = find_flag(command, name);
        if (!flag) return api_refuse(err, 400, name, NULL, "'%s' has no flag of this name here", command->name), NULL;
        if (!put_flag(&line, flag, value)) return NULL;
    }
    return line.argv;
}
