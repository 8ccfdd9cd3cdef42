/* Known answers of tokenizers: see calibrate_tokenizer.h. */
#include "lm/calibrate_tokenizer.h"

#include "lm/tokenizer_internal.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES ((size_t)64 << 20)
#define SEPARATOR "\n__ggml_vocab_test__\n"
#define INPUT_END ".gguf.inp"

struct run {
    const char *folder;
    calibrate_report *report;
    void *context;
    struct arena arena;
    struct error *err;
};

struct pair {
    struct text name; /* of the vocabulary, "gpt-2" */
    struct text texts, ids;
    char *gguf;
};

struct tally {
    size_t texts, exact;
    struct buffer note; /* about the first text that differs */
};

static void put_row(struct run *r, const struct pair *p, const char *expected, const char *found,
                    enum calibrate_state state, const char *note) {
    char name[128];
    snprintf(name, sizeof name, "tokenizer %.*s", TEXT_ARG(p->name));
    const struct calibrate_row row = {name, expected, found, 0, state, note};
    r->report(r->context, &row);
}

static bool next_id(struct text *line, int32_t *id) {
    struct text word;
    uint64_t value;
    while (text_next(line, ' ', &word))
        if (word.len) {
            if (!text_to_u64(word, &value) || value > INT32_MAX) return false;
            *id = (int32_t)value;
            return true;
        }
    return false;
}

static bool read_ids(struct text line, struct token_list *ids, struct error *err) {
    int32_t id;
    line = text_trim(line);
    ids->n = 0;
    while (line.len) {
        if (!next_id(&line, &id)) return error_set(err, ERROR_DATA, "expected token ids, found '%.*s'", TEXT_ARG(line));
        if (!token_list_put(ids, id, err)) return false;
    }
    return true;
}

static void put_ids(struct buffer *out, const struct token_list *ids) {
    for (size_t i = 0; i < ids->n && i < 40; i++) buffer_printf(out, " %d", ids->ids[i]);
    if (ids->n > 40) buffer_put_c(out, " ...");
}

static void compare(struct tally *tally, struct text text, const struct token_list *expected,
                    const struct token_list *found) {
    tally->texts++;
    if (expected->n == found->n &&
        (found->n == 0 || memcmp(expected->ids, found->ids, found->n * sizeof *found->ids) == 0)) {
        tally->exact++;
        return;
    }
    if (tally->note.len) return;
    buffer_printf(&tally->note, "text %zu ", tally->texts);
    json_put_string(&tally->note, text_part(text, 0, text.len < 80 ? text.len : 80));
    buffer_put_c(&tally->note, ": expected");
    put_ids(&tally->note, expected);
    buffer_put_c(&tally->note, ", found");
    put_ids(&tally->note, found);
}

/* All texts of a pair; files that do not have equally many are an error. */
static bool run_texts(struct run *r, const struct pair *p, const struct tokenizer *t, struct tally *tally) {
    struct token_list expected = {0}, found = {0};
    struct text rest = p->texts, lines = p->ids, line;
    bool ok = true;
    while (ok && rest.len) { /* a separator at the end of the file begins no further text */
        size_t end = text_find(rest, TEXT(SEPARATOR), 0);
        struct text text = text_part(rest, 0, end == SIZE_MAX ? rest.len : end);
        rest = text_part(rest, end == SIZE_MAX ? rest.len : end + strlen(SEPARATOR), rest.len);
        found.n = 0;
        ok = text_next(&lines, '\n', &line) ||
             error_set(r->err, ERROR_DATA, "more texts than lines of ids, which are %zu", tally->texts);
        ok = ok && read_ids(line, &expected, r->err) && tokenizer_encode(t, text, 0, &found, r->err);
        if (ok) compare(tally, text, &expected, &found);
    }
    if (ok && text_trim(lines).len)
        ok = error_set(r->err, ERROR_DATA, "more lines of ids than texts, which are %zu", tally->texts);
    token_list_done(&found);
    token_list_done(&expected);
    return ok || error_wrap(r->err, "%s", p->gguf);
}

static bool run_vocabulary(struct run *r, const struct pair *p, const struct tokenizer *t) {
    struct tally tally = {0};
    char expected[32], found[32];
    buffer_init(&tally.note, 1 << 16);
    bool ok = run_texts(r, p, t, &tally);
    if (ok) {
        bool exact = tally.exact == tally.texts;
        snprintf(expected, sizeof expected, "%zu exact", tally.texts);
        snprintf(found, sizeof found, "%zu exact", tally.exact);
        put_row(r, p, expected, found, exact ? CALIBRATE_PASSED : CALIBRATE_MISSED,
                tally.note.len ? tally.note.at : "");
    }
    buffer_done(&tally.note);
    return ok;
}

/* A kind that is not built is a skipped row; a vocabulary that cannot be read is a missed one. */
static bool run_file(struct run *r, const struct pair *p) {
    struct error why = {0};
    struct lm_file *file = lm_file_open(p->gguf, &why);
    const struct lm_value *kind = file ? lm_file_value(file, "tokenizer.ggml.model") : NULL;
    bool built = !kind || kind->kind != LM_VALUE_TEXT || tokenizer_knows_kind(kind->text), ok = true;
    struct tokenizer *t = file ? tokenizer_from_gguf(file, &why) : NULL;
    if (t)
        ok = run_vocabulary(r, p, t);
    else if (why.kind == ERROR_ENVIRONMENT)
        ok = error_set(r->err, why.kind, "%s", why.message);
    else
        put_row(r, p, built ? "a vocabulary" : "", built ? "none" : "", built ? CALIBRATE_MISSED : CALIBRATE_SKIPPED,
                why.message);
    tokenizer_free(t);
    lm_file_close(file);
    return ok;
}

static bool run_pair(struct run *r, const char *input) {
    struct pair p = {.name = text_part(text_of(input), 0, strlen(input) - strlen(INPUT_END))};
    if (text_starts(p.name, TEXT("ggml-vocab-"))) p.name = text_part(p.name, strlen("ggml-vocab-"), p.name.len);
    char *texts = arena_printf(&r->arena, r->err, "%s/%s", r->folder, input);
    if (!texts || !(p.gguf = text_copy(&r->arena, text_part(text_of(texts), 0, strlen(texts) - 4), r->err)))
        return false;
    char *ids = arena_printf(&r->arena, r->err, "%s.out", p.gguf);
    if (!ids) return false;
    if (!file_exists(p.gguf)) {
        put_row(r, &p, "", "", CALIBRATE_SKIPPED, "no vocabulary file");
        return true;
    }
    return file_read(&r->arena, texts, FILE_MAX_BYTES, &p.texts, r->err) &&
           file_read(&r->arena, ids, FILE_MAX_BYTES, &p.ids, r->err) && run_file(r, &p);
}

static int is_input(const struct dirent *entry) {
    return text_ends(text_of(entry->d_name), TEXT(INPUT_END));
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

bool calibrate_tokenizer(const char *folder, calibrate_report *report, void *context, struct error *err) {
    struct run r = {.folder = folder, .report = report, .context = context, .err = err};
    struct dirent **inputs = NULL;
    int n = scandir(folder, &inputs, is_input, compare_names);
    if (n < 0) return error_set(err, ERROR_DATA, "%s: cannot be read as a folder of vocabularies", folder);
    bool ok = true;
    for (int i = 0; ok && i < n; i++) {
        arena_init(&r.arena, FILE_MAX_BYTES * 3);
        ok = run_pair(&r, inputs[i]->d_name);
        arena_done(&r.arena);
    }
    for (int i = 0; i < n; i++) free(inputs[i]);
    free(inputs);
    return ok;
}
