/* Known answers of tokenizers: see calibrate_tokenizer.h. */
#include "lm/calibrate/calibrate_tokenizer_internal.h"

#include "lm/tokenizer/tokenizer_internal.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES ((size_t)64 << 20)
#define SEPARATOR "\n__ggml_vocab_test__\n"
#define INPUT_END ".gguf.inp"
enum { ROW_NAME = 128 };

struct run {
    const char *folder;
    struct calibrate_out rows;
    struct arena arena;
    struct error *err;
};

struct pair {
    struct text name; /* of the vocabulary, "gpt-2" */
    struct text texts, ids;
    char *gguf;
};

/* ---- what is shared with the other files of known ids ---- */

void tokenizer_tally_init(struct tokenizer_tally *tally) {
    *tally = (struct tokenizer_tally){0};
    buffer_init(&tally->note, 1 << 16);
}

void tokenizer_tally_done(struct tokenizer_tally *tally) {
    buffer_done(&tally->note);
}

bool calibrate_read_ids(struct text line, struct token_list *ids, struct error *err) {
    ids->n = 0;
    while (line.len) {
        size_t n = 0;
        uint64_t value;
        while (n < line.len && line.at[n] != ' ' && line.at[n] != ',' && line.at[n] != '\r') n++;
        struct text word = text_part(line, 0, n);
        if (n && (!text_to_u64(word, &value) || value > INT32_MAX))
            return error_set(err, ERROR_DATA, "expected token ids, found '%.*s'", (int)(n < 80 ? n : 80), line.at);
        if (n && !token_list_put(ids, (int32_t)value, err)) return false;
        line = text_part(line, n + (n < line.len), line.len);
    }
    return true;
}

static void put_ids(struct buffer *out, const struct token_list *ids) {
    for (size_t i = 0; i < ids->n && i < 40; i++) buffer_printf(out, " %d", ids->ids[i]);
    if (ids->n > 40) buffer_put_c(out, " ...");
}

void tokenizer_tally_compare(struct tokenizer_tally *tally, struct text text, const struct token_list *expected,
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

void tokenizer_tally_give(const struct tokenizer_tally *tally, const struct calibrate_out *rows, const char *name) {
    char expected[32], found[32];
    snprintf(expected, sizeof expected, "%zu exact", tally->texts);
    snprintf(found, sizeof found, "%zu exact", tally->exact);
    calibrate_give(rows, name, expected, found, 0, tally->exact == tally->texts ? CALIBRATE_PASSED : CALIBRATE_MISSED,
                   tally->note.len ? tally->note.at : "");
}

/* ---- pairs of llama.cpp ---- */

/* All texts of a pair; files that do not have equally many are an error. */
static bool run_texts(struct run *r, const struct pair *p, const struct tokenizer *t, struct tokenizer_tally *tally) {
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
        ok = ok && calibrate_read_ids(line, &expected, r->err) && tokenizer_encode(t, text, 0, &found, r->err);
        if (ok) tokenizer_tally_compare(tally, text, &expected, &found);
    }
    if (ok && text_trim(lines).len)
        ok = error_set(r->err, ERROR_DATA, "more lines of ids than texts, which are %zu", tally->texts);
    token_list_done(&found);
    token_list_done(&expected);
    return ok || error_wrap(r->err, "%s", p->gguf);
}

static const char *row_name(const struct pair *p, char out[ROW_NAME]) {
    snprintf(out, ROW_NAME, "%.*s", TEXT_ARG(p->name));
    return out;
}

static bool run_vocabulary(struct run *r, const struct pair *p, const struct tokenizer *t) {
    struct tokenizer_tally tally;
    char name[ROW_NAME];
    tokenizer_tally_init(&tally);
    bool ok = run_texts(r, p, t, &tally);
    if (ok) tokenizer_tally_give(&tally, &r->rows, row_name(p, name));
    tokenizer_tally_done(&tally);
    return ok;
}

/* A kind that is not built is a skipped row; a vocabulary that cannot be read is a missed one. */
static bool run_file(struct run *r, const struct pair *p) {
    struct error why = {0};
    struct lm_file *file = lm_file_open(p->gguf, &why);
    const struct lm_value *kind = file ? lm_file_value(file, "tokenizer.ggml.model") : NULL;
    bool built = !kind || kind->kind != LM_VALUE_TEXT || tokenizer_knows_kind(kind->text), ok = true;
    char name[ROW_NAME];
    struct tokenizer *t = file ? tokenizer_from_gguf(file, &why) : NULL;
    if (t)
        ok = run_vocabulary(r, p, t);
    else if (why.kind == ERROR_ENVIRONMENT)
        ok = error_set(r->err, why.kind, "%s", why.message);
    else if (built)
        calibrate_failed(&r->rows, row_name(p, name), &why);
    else
        calibrate_skip(&r->rows, row_name(p, name), why.message);
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
    char name[ROW_NAME];
    if (!file_exists(p.gguf)) return calibrate_skip(&r->rows, row_name(&p, name), "no vocabulary file"), true;
    return file_read(&r->arena, texts, FILE_MAX_BYTES, &p.texts, r->err) &&
           file_read(&r->arena, ids, FILE_MAX_BYTES, &p.ids, r->err) && run_file(r, &p);
}

static int is_input(const struct dirent *entry) {
    return text_ends(text_of(entry->d_name), TEXT(INPUT_END));
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* *n: how many pairs there are. */
static bool run_pairs(struct run *r, size_t *n) {
    struct dirent **inputs = NULL;
    int found = scandir(r->folder, &inputs, is_input, compare_names);
    if (found < 0) return error_set(r->err, ERROR_DATA, "%s: cannot be read as a folder of vocabularies", r->folder);
    bool ok = true;
    *n = (size_t)found;
    for (int i = 0; ok && i < found; i++) {
        arena_init(&r->arena, FILE_MAX_BYTES * 3);
        ok = run_pair(r, inputs[i]->d_name);
        arena_done(&r->arena);
    }
    for (int i = 0; i < found; i++) free(inputs[i]);
    free(inputs);
    return ok;
}

/* The folder itself; *n: how many files of known ids are in it. */
static bool run_folder(struct run *r, size_t *n) {
    char path[PATH_MAX];
    if (!run_pairs(r, n)) return false;
    snprintf(path, sizeof path, "%s/tiktoken/TestPlans.txt", r->folder);
    if (!file_exists(path)) return true;
    ++*n;
    return calibrate_tokenizer_plans(r->folder, &r->rows, r->err);
}

bool calibrate_tokenizer(const char *folder, calibrate_report *report, void *context, struct error *err) {
    static const char *const below[] = {"vocab-gguf", "tokenizers"};
    struct run r = {.folder = folder, .rows = {report, context}, .err = err};
    size_t n = 0;
    bool ok = run_folder(&r, &n);
    for (size_t i = 0; ok && i < sizeof below / sizeof *below; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, below[i]);
        if (!file_is_folder(path)) continue;
        size_t more = 0;
        struct run inner = {.folder = path, .rows = r.rows, .err = err};
        ok = run_folder(&inner, &more);
        n += more;
    }
    if (ok && !n)
        ok = error_set(err, ERROR_DATA,
                       "%s: no known ids in it: expected NAME.gguf.inp with NAME.gguf.out, or tiktoken/TestPlans.txt",
                       folder);
    return ok;
}
