/* Rows of parallel files: see dataset_parallel.h. */
#include "measure/dataset/dataset_parallel.h"

#include "measure/rules/lexicon_internal.h"

#include <string.h>

bool parallel_file_open(struct parallel_file *f, const struct lexicons *lexicons, const char *name, struct error *err) {
    struct text rest = text_of(name), part;
    *f = (struct parallel_file){.lexicons = lexicons};
    while (text_next(&rest, '/', &part)) {
        struct text folder = part;
        if (!rest.at) break; /* the file itself */
        if (text_starts(folder, TEXT("val_")) || text_starts(folder, TEXT("dev_")))
            folder = text_part(folder, 4, folder.len);
        if (!f->lexicon) f->lexicon = lexicon_find(lexicons, folder);
    }
    size_t end = part.len;
    while (end > 0 && part.at[end - 1] != '.') end--;
    f->file = text_part(part, 0, end ? end - 1 : part.len);
    if (text_ends(f->file, TEXT("_n"))) f->file.len -= 2;
    return f->lexicon ||
           error_set(err, ERROR_DATA,
                     "%s: no folder of its path is a language, such as val_French or fr (rules/languages.yaml)", name);
}

/* ---- what every row gets */

static uint64_t draw(const struct parallel_file *f, uint64_t number) {
    struct buffer b;
    buffer_init(&b, 1 << 12);
    buffer_printf(&b, "%.*s/%llu", TEXT_ARG(f->file), (unsigned long long)number);
    uint64_t hash = hash_xxh3(b.at, b.len);
    buffer_done(&b);
    return hash;
}

static json_t *first_phrase(const struct lexicon *l, enum lexicon_list list) {
    return l->list[list].n ? json_from_text(l->list[list].at[0]) : json_null();
}

static bool put_common(const struct parallel_file *f, json_t *row, uint64_t number, struct error *err) {
    bool ok = json_object_set_new(row, "lang", json_string(f->lexicon->code)) == 0 &&
              json_object_set_new(row, "file", json_from_text(f->file)) == 0 &&
              json_object_set_new(row, "number", json_integer((json_int_t)number)) == 0 &&
              json_object_set_new(row, "coin", json_string(draw(f, number) & 1 ? "right" : "wrong")) == 0 &&
              json_object_set_new(row, "yes", first_phrase(f->lexicon, LEXICON_YES)) == 0 &&
              json_object_set_new(row, "no", first_phrase(f->lexicon, LEXICON_NO)) == 0;
    return ok || error_memory(err, "row");
}

bool parallel_row(const struct parallel_file *f, json_t *row, uint64_t number, struct error *err) {
    struct arena arena;
    struct text cell = {0};
    enum letter_kind kind;
    bool valid, ok = put_common(f, row, number, err);
    const json_t *answer = json_object_get(row, "answer");
    if (!ok || !json_is_string(answer)) return ok;
    arena_init(&arena, 1 << 20);
    ok = lexicon_normal(f->lexicons, json_text(answer), &arena, &cell, &valid, err);
    int option = ok ? lexicon_gold(f->lexicon, cell, &kind) : LETTER_NONE;
    arena_done(&arena);
    return ok && ((json_object_set_new(row, "cell", json_from_text(text_trim(json_text(answer)))) == 0 &&
                   json_object_set_new(row, "gold", option >= 0 ? json_integer(option) : json_null()) == 0) ||
                  error_memory(err, "row"));
}

/* ---- options in a line */

/* Bytes of option letter i that begins at `at`, with the mark behind it; 0: none does. */
static size_t option_at(const struct parallel_file *f, struct text t, size_t at, size_t i, struct arena *arena,
                        struct error *err) {
    static const char *const marks[] = {".", "-", ")", ":", "\xe3\x80\x81", "\xef\xbc\x8e", "\xd8\x8c"};
    uint32_t c;
    struct text letter;
    bool valid, named = false;
    size_t n = text_utf8_next(text_part(t, at, t.len), &c), behind = at + n;
    if (!n || !lexicon_word_char(c) || lexicon_word_char(lexicon_before(t, at))) return 0;
    if (!lexicon_normal(f->lexicons, text_part(t, at, behind), arena, &letter, &valid, err)) return 0;
    for (size_t s = 0; s < f->lexicon->n_letters && !named; s++) {
        const struct letter_sequence *q = &f->lexicon->letters[s];
        named = q->kind != LETTERS_NAMES && i < q->letters.n && text_equal(letter, q->letters.at[i]);
    }
    while (named && behind < t.len && t.at[behind] == ' ') behind++;
    for (size_t m = 0; named && m < sizeof marks / sizeof *marks; m++)
        if (text_starts(text_part(t, behind, t.len), text_of(marks[m]))) return behind + strlen(marks[m]) - at;
    return 0;
}

struct cut {
    size_t from[LEXICON_LETTERS], behind[LEXICON_LETTERS], n;
};

/* Letters one after the other, each the first of its kind behind the last. */
static bool cut_options(const struct parallel_file *f, struct text t, struct cut *cut, struct error *err) {
    struct arena arena;
    size_t at = 0;
    *cut = (struct cut){0};
    arena_init(&arena, 1 << 22);
    while (cut->n < LEXICON_LETTERS && at < t.len) {
        size_t n = 0, from = at;
        for (; from < t.len && !n; from++)
            if (((unsigned char)t.at[from] & 0xc0) != 0x80) n = option_at(f, t, from, cut->n, &arena, err);
        if (!n) break;
        cut->from[cut->n] = from - 1;
        cut->behind[cut->n++] = at = from - 1 + n;
    }
    arena_done(&arena);
    return err->kind == ERROR_NONE;
}

static bool put_options(const struct parallel_file *f, json_t *row, struct text t, uint64_t number, struct error *err) {
    struct cut cut;
    struct text body = t;
    if (f->closing.len && text_ends(t, f->closing)) body.len -= f->closing.len;
    if (!cut_options(f, body, &cut, err)) return false;
    json_t *options = json_array();
    size_t turn = cut.n ? (size_t)(draw(f, number) / 2 % cut.n) : 0; /* the first option comes to this place */
    bool ok = options != NULL;
    for (size_t i = 0; ok && cut.n > 1 && i < cut.n; i++) {
        size_t at = (i + cut.n - turn) % cut.n, end = at + 1 < cut.n ? cut.from[at + 1] : body.len;
        ok = json_array_append_new(options, json_from_text(text_trim(text_part(body, cut.behind[at], end)))) == 0;
    }
    bool some = cut.n > 1;
    ok = ok && json_object_set(row, "options", options) == 0 &&
         json_object_set_new(row, "stem", json_from_text(text_trim(some ? text_part(body, 0, cut.from[0]) : body))) ==
             0 &&
         json_object_set_new(row, "closing", json_from_text(text_trim(text_part(t, body.len, t.len)))) == 0 &&
         json_object_set_new(row, "gold", some ? json_integer((json_int_t)turn) : json_null()) == 0;
    json_decref(options);
    return ok || error_memory(err, "row");
}

/* A line in quotes with doubled quotes inside is what stands in them. */
static bool unquote(struct text line, struct buffer *out) {
    struct text t = text_trim(line);
    bool quoted = t.len > 1 && t.at[0] == '"' && t.at[t.len - 1] == '"';
    if (!quoted) return buffer_put_text(out, t);
    for (size_t i = 1; i + 1 < t.len; i++) {
        buffer_put_char(out, t.at[i]);
        if (t.at[i] == '"' && i + 2 < t.len && t.at[i + 1] == '"') i++;
    }
    return true;
}

json_t *parallel_line(const struct parallel_file *f, struct text line, uint64_t number, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 26);
    unquote(line, &b);
    struct text t = text_trim(buffer_text(&b));
    json_t *row = buffer_check(&b, "line", err) ? json_pack("{s:o}", "text", json_from_text(t)) : NULL;
    bool ok = row && put_common(f, row, number, err) && put_options(f, row, t, number, err);
    buffer_done(&b);
    if (ok) return row;
    json_decref(row);
    return NULL;
}

/* ---- closings */

static struct text bare_line(struct text line) {
    struct text t = text_trim(line);
    if (t.len > 1 && t.at[0] == '"' && t.at[t.len - 1] == '"') t = text_trim(text_part(t, 1, t.len - 1));
    return t;
}

/* How many lines there are, and how many end with the text. */
static void count_endings(struct text lines, struct text ending, size_t *all, size_t *with) {
    struct text rest = lines, line;
    *all = *with = 0;
    while (text_next(&rest, '\n', &line)) {
        if (!text_trim(line).len) continue;
        ++*all;
        *with += text_ends(bare_line(line), ending);
    }
}

/* The longest ending of this line that four in five have, by halving: what a shorter one lacks, a longer one lacks,
 * too. */
static struct text common_ending(struct text lines, struct text line) {
    size_t low = 0, high = line.len, all, with;
    while (low < high) {
        size_t middle = (low + high + 1) / 2;
        count_endings(lines, text_part(line, line.len - middle, line.len), &all, &with);
        if (5 * with >= 4 * all)
            low = middle;
        else
            high = middle - 1;
    }
    struct text t = text_part(line, line.len - low, line.len);
    uint32_t c;
    size_t n;
    /* It begins with a word: not inside a character, nor with the marks of what stands before. */
    while (t.len && (((unsigned char)t.at[0] & 0xc0) == 0x80 || (n = text_utf8_next(t, &c)) == 0))
        t = text_part(t, 1, t.len);
    while (t.len && (n = text_utf8_next(t, &c)) && !lexicon_word_char(c)) t = text_part(t, n, t.len);
    return t;
}

void parallel_file_closing(struct parallel_file *f, struct text lines) {
    struct text rest = lines, line;
    for (int tries = 0; tries < 3 && text_next(&rest, '\n', &line);) {
        if (!text_trim(line).len) continue;
        struct text ending = common_ending(lines, bare_line(line));
        if (ending.len > f->closing.len) f->closing = ending;
        tries++;
    }
}
