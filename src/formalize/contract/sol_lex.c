/* See sol_lex.h. */
#include "formalize/contract/sol_lex.h"

#include "base/hash.h"

#include <string.h>

/* ---- names */

static bool names_grow(struct sol_names *names, struct error *err) {
    uint32_t n_slots = names->n_slots * 2;
    uint32_t *slots = arena_new(names->arena, uint32_t, n_slots, err);
    struct text *at = arena_new(names->arena, struct text, n_slots / 2, err);
    if (!slots || !at) return false;
    memcpy(at, names->at, names->n * sizeof *at);
    for (uint32_t i = 1; i < names->n; i++) {
        uint64_t slot = hash_xxh3(at[i].at, at[i].len);
        while (slots[slot & (n_slots - 1)]) slot++;
        slots[slot & (n_slots - 1)] = i;
    }
    names->slots = slots;
    names->n_slots = n_slots;
    names->at = at;
    names->room = n_slots / 2;
    return true;
}

uint32_t sol_name(struct sol_names *names, struct text name, struct error *err) {
    if (names->n == names->room && !names_grow(names, err)) return 0;
    for (uint64_t slot = hash_xxh3(name.at, name.len);; slot++) {
        uint32_t *held = &names->slots[slot & (names->n_slots - 1)];
        if (!*held) {
            names->at[names->n] = name;
            return *held = names->n++;
        }
        if (text_equal(names->at[*held], name)) return *held;
    }
}

struct text sol_name_text(const struct sol_names *names, uint32_t word) {
    return word < names->n ? names->at[word] : TEXT("");
}

/* uint8, int256, fixed128x18: the word and digits behind it. */
static bool sized(struct text name, const char *word) {
    size_t n = strlen(word);
    if (name.len <= n || name.len > n + 7 || memcmp(name.at, word, n) != 0) return false;
    for (size_t i = n; i < name.len; i++)
        if (!((name.at[i] >= '0' && name.at[i] <= '9') || (name.at[i] == 'x' && word[0] != 'b'))) return false;
    return true;
}

bool sol_is_elementary_name(const struct sol_names *names, uint32_t word) {
    static const char *const words[] = {"uint", "int", "bytes", "fixed", "ufixed"};
    if (word < SOL_WORDS) return word >= W_address && word <= W_ufixed;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sized(sol_name_text(names, word), words[i])) return true;
    return false;
}

bool sol_names_init(struct sol_names *names, struct arena *arena, struct error *err) {
    static const char *const known[] = {
#define WORD(name) #name,
#include "formalize/contract/sol_words.inc"
#undef WORD
    };
    enum { SLOTS = 2048 };
    *names = (struct sol_names){.arena = arena, .n = 1, .room = SLOTS / 2, .n_slots = SLOTS};
    names->slots = arena_new(arena, uint32_t, SLOTS, err);
    names->at = arena_new(arena, struct text, SLOTS / 2, err);
    if (!names->slots || !names->at) return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!sol_name(names, text_of(known[i]), err)) return false;
    return true;
}

/* ---- tokens */

bool sol_fault_add(struct sol_faults *faults, struct arena *arena, struct sol_fault fault, struct error *err) {
    if (!faults->at && !(faults->at = arena_new(arena, struct sol_fault, SOL_FAULTS_MOST, err))) return false;
    if (faults->n < SOL_FAULTS_MOST) faults->at[faults->n] = fault;
    faults->n++;
    return true;
}

struct lexer {
    struct text text;
    size_t at;
    uint32_t line;
    struct sol_names *names;
    struct arena *arena;
    struct sol_faults *faults;
    struct error *err;
};

static unsigned char look(const struct lexer *l, size_t ahead) {
    return l->at + ahead < l->text.len ? (unsigned char)l->text.at[l->at + ahead] : 0;
}

static bool in_word(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

static bool is_digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

static void step(struct lexer *l) {
    l->line += l->text.at[l->at] == '\n';
    l->at++;
}

static bool skip_comment(struct lexer *l) {
    uint32_t line = l->line;
    if (look(l, 1) == '/') {
        while (l->at < l->text.len && l->text.at[l->at] != '\n') l->at++;
        return true;
    }
    for (l->at += 2; l->at < l->text.len; step(l))
        if (look(l, 0) == '*' && look(l, 1) == '/') {
            l->at += 2;
            return true;
        }
    return sol_fault_add(l->faults, l->arena, (struct sol_fault){line, l->line, "a comment that never ends"}, l->err);
}

static bool skip_blank(struct lexer *l) {
    while (l->at < l->text.len) {
        unsigned char c = look(l, 0);
        if (c == '/' && (look(l, 1) == '/' || look(l, 1) == '*')) {
            if (!skip_comment(l)) return false;
        } else if (c == 0xEF && look(l, 1) == 0xBB && look(l, 2) == 0xBF)
            l->at += 3;
        else if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v')
            step(l);
        else
            break;
    }
    return true;
}

/* "..." and '...', which end with their line. */
static bool quoted(struct lexer *l, struct sol_token *t) {
    unsigned char mark = look(l, 0);
    t->kind = SOL_QUOTED;
    for (l->at++; l->at < l->text.len && look(l, 0) != '\n'; l->at++) {
        if (look(l, 0) == mark) return l->at++, true;
        if (look(l, 0) == '\\' && l->at + 1 < l->text.len && look(l, 1) != '\n') l->at++;
    }
    return sol_fault_add(l->faults, l->arena, (struct sol_fault){t->line, t->line, "a text that never ends"}, l->err);
}

/* 1_000, 0xFF, .5, 1.5e-3; a dot that no digit follows is none of it. */
static void digits(struct lexer *l, struct sol_token *t) {
    t->kind = SOL_DIGITS;
    if (look(l, 0) == '0' && (look(l, 1) == 'x' || look(l, 1) == 'X')) {
        for (l->at += 2; in_word(look(l, 0));) l->at++;
        return;
    }
    for (; l->at < l->text.len; l->at++) {
        unsigned char c = look(l, 0), before = l->at > t->at ? (unsigned char)l->text.at[l->at - 1] : 0;
        bool sign = (c == '-' || c == '+') && (before == 'e' || before == 'E') && is_digit(look(l, 1));
        if (!(is_digit(c) || c == '_' || c == 'e' || c == 'E' || (c == '.' && is_digit(look(l, 1))) || sign)) break;
    }
}

static size_t operator_length(const struct lexer *l) {
    static const char *const longer[] = {
        ">>>=", ">>>", "<<=", ">>=", "**=", "**", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=",
        "|=",   "^=",  "==",  "!=",  "<=",  ">=", "&&", "||", "<<", ">>", "=>", "->", ":="};
    for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
        if (text_starts(text_part(l->text, l->at, l->text.len), text_of(longer[i]))) return strlen(longer[i]);
    return look(l, 0) && strchr("+-*/%&|^!~<>=?:;,.(){}[]", look(l, 0)) ? 1 : 0;
}

static bool word(struct lexer *l, struct sol_token *t) {
    while (in_word(look(l, 0))) l->at++;
    struct text name = text_part(l->text, t->at, l->at);
    bool prefix = text_equal_c(name, "hex") || text_equal_c(name, "unicode");
    if (prefix && (look(l, 0) == '"' || look(l, 0) == '\'')) return quoted(l, t);
    t->kind = SOL_WORD;
    return (t->word = sol_name(l->names, name, l->err)) != 0;
}

static bool next(struct lexer *l, struct sol_token *t) {
    unsigned char c = look(l, 0);
    *t = (struct sol_token){.at = (uint32_t)l->at, .line = l->line, .kind = SOL_END};
    if (l->at >= l->text.len) return true;
    size_t n = operator_length(l);
    bool ok = true;
    if (is_digit(c) || (c == '.' && is_digit(look(l, 1))))
        digits(l, t);
    else if (in_word(c))
        ok = word(l, t);
    else if (c == '"' || c == '\'')
        ok = quoted(l, t);
    else if (n) {
        t->kind = SOL_OP;
        for (size_t i = 0; i < n; i++) t->word |= (uint32_t)look(l, i) << 8 * i;
        l->at += n;
    } else {
        t->kind = SOL_BAD;
        l->at++;
        ok =
            sol_fault_add(l->faults, l->arena, (struct sol_fault){t->line, t->line, "a character of no token"}, l->err);
    }
    t->len = (uint32_t)(l->at - t->at);
    return ok;
}

static bool tokens_grow(struct sol_tokens *out, size_t *room, struct arena *arena, struct error *err) {
    size_t more = *room * 2;
    struct sol_token *at = arena_new(arena, struct sol_token, more, err);
    if (!at) return false;
    if (out->n) memcpy(at, out->at, out->n * sizeof *at);
    out->at = at;
    *room = more;
    return true;
}

bool sol_lex(struct text text, struct sol_names *names, struct arena *arena, struct sol_tokens *out,
             struct sol_faults *faults, struct error *err) {
    struct lexer l = {text, 0, 1, names, arena, faults, err};
    size_t room = 128 + text.len / 8;
    *out = (struct sol_tokens){0};
    if (text.len > SOL_BYTES_MOST) return error_set(err, ERROR_DATA, "a source of more than 16 MiB");
    do {
        if (!out->at || out->n == room)
            if (!tokens_grow(out, &room, arena, err)) return false;
        if (!skip_blank(&l) || !next(&l, &out->at[out->n])) return false;
    } while (out->at[out->n++].kind != SOL_END);
    return true;
}
