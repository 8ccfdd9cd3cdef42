/* Known ids of tiktoken's encodings: blocks of three lines, "EncodingName: ", "Sample: ", "Encoded: [ids]"; the text of
 * special tokens stands for these tokens. The encoding r50k_base is GPT-2's vocabulary, so a tokenizer.json of that is
 * held against it. */
#include "lm/calibrate/calibrate_tokenizer_internal.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>

#define PLANS_MAX_BYTES ((size_t)16 << 20)
enum { NAME = 128, ENCODINGS = 32 };

/* Encodings whose vocabulary the folder has a second time, in another container. */
static const struct { const char *encoding, *file; } vocabularies[] = {{"r50k_base", "gpt2-hf/tokenizer.json"}};

struct plan {
    struct text encoding, sample, ids;
    size_t line;
};

struct plans {
    const char *folder, *path;
    const struct calibrate_out *rows;
    struct arena arena;
    struct text all;
    struct text seen[ENCODINGS];
    size_t n_seen;
};

static bool take_field(struct text *rest, size_t *line, struct text label, struct text *value) {
    struct text t;
    (*line)++;
    if (!text_next(rest, '\n', &t) || !text_starts(t, label)) return false;
    if (t.len && t.at[t.len - 1] == '\r') t.len--;
    *value = text_part(t, label.len, t.len);
    return true;
}

/* 1 a plan, 0 the end, -1 an error. */
static int next_plan(const struct plans *p, struct text *rest, size_t *line, struct plan *plan, struct error *err) {
    struct text blank;
    while (rest->len && (rest->at[0] == '\n' || rest->at[0] == '\r')) {
        if (!text_next(rest, '\n', &blank)) break;
        ++*line;
    }
    if (!rest->len) return 0;
    plan->line = *line + 1;
    if (take_field(rest, line, TEXT("EncodingName: "), &plan->encoding) &&
        take_field(rest, line, TEXT("Sample: "), &plan->sample) &&
        take_field(rest, line, TEXT("Encoded: ["), &plan->ids) && text_ends(plan->ids, TEXT("]"))) {
        plan->ids.len--;
        return 1;
    }
    error_set(err, ERROR_DATA, "%s:%zu: expected lines 'EncodingName: ', 'Sample: ' and 'Encoded: [ids]'", p->path,
              *line);
    return -1;
}

static bool run_plans(const struct plans *p, struct text encoding, const struct tokenizer *t,
                      struct tokenizer_tally *tally, struct error *err) {
    struct token_list expected = {0}, found = {0};
    struct text rest = p->all;
    struct plan plan;
    size_t line = 0;
    int state = 0;
    bool ok = true;
    while (ok && (state = next_plan(p, &rest, &line, &plan, err)) == 1) {
        if (!text_equal(plan.encoding, encoding)) continue;
        found.n = 0;
        ok = (calibrate_read_ids(plan.ids, &expected, err) &&
              tokenizer_encode(t, plan.sample, TOKENIZE_SPECIAL, &found, err)) ||
             error_wrap(err, "%s:%zu", p->path, plan.line);
        if (ok) tokenizer_tally_compare(tally, plan.sample, &expected, &found);
    }
    token_list_done(&found);
    token_list_done(&expected);
    return ok && state == 0;
}

/* One row: an encoding by one file of its vocabulary. */
static bool run_file(const struct plans *p, struct text encoding, const char *path, const char *name,
                     struct error *err) {
    struct error why = {0};
    struct tokenizer *t = tokenizer_open(path, &why);
    if (!t) return calibrate_failed(p->rows, name, &why), true;
    struct tokenizer_tally tally;
    tokenizer_tally_init(&tally);
    bool ok = run_plans(p, encoding, t, &tally, err);
    if (ok) tokenizer_tally_give(&tally, p->rows, name);
    tokenizer_tally_done(&tally);
    tokenizer_free(t);
    return ok;
}

/* By its ranks, and by any other container of the same vocabulary that is there. */
static bool run_encoding(struct plans *p, struct text encoding, struct error *err) {
    char name[NAME];
    size_t n = 0;
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(encoding));
    char *ranks = arena_printf(&p->arena, err, "%s/tiktoken/%s.tiktoken", p->folder, name);
    if (!ranks) return false;
    if (file_exists(ranks) && (++n, !run_file(p, encoding, ranks, name, err))) return false;
    for (size_t i = 0; i < sizeof vocabularies / sizeof *vocabularies; i++) {
        if (!text_equal_c(encoding, vocabularies[i].encoding)) continue;
        char *path = arena_printf(&p->arena, err, "%s/%s", p->folder, vocabularies[i].file);
        if (!path) return false;
        if (!file_exists(path)) continue;
        n++;
        snprintf(name, sizeof name, "%.*s, tokenizer.json", TEXT_ARG(encoding));
        if (!run_file(p, encoding, path, name, err)) return false;
    }
    if (!n) calibrate_skip(p->rows, name, "no vocabulary file");
    return true;
}

/* Encodings in the order in which they first come. */
static bool run_all(struct plans *p, struct error *err) {
    struct text rest = p->all;
    struct plan plan;
    size_t line = 0;
    int state;
    while ((state = next_plan(p, &rest, &line, &plan, err)) == 1) {
        size_t i = 0;
        while (i < p->n_seen && !text_equal(p->seen[i], plan.encoding)) i++;
        if (i < p->n_seen) continue;
        if (p->n_seen == ENCODINGS)
            return error_set(err, ERROR_DATA, "%s:%zu: more than %d encodings", p->path, plan.line, ENCODINGS);
        p->seen[p->n_seen++] = plan.encoding;
        if (!run_encoding(p, plan.encoding, err)) return false;
    }
    return state == 0;
}

bool calibrate_tokenizer_plans(const char *folder, const struct calibrate_out *rows, struct error *err) {
    struct plans p = {.folder = folder, .rows = rows};
    arena_init(&p.arena, 2 * PLANS_MAX_BYTES);
    p.path = arena_printf(&p.arena, err, "%s/tiktoken/TestPlans.txt", folder);
    bool ok = p.path && file_read(&p.arena, p.path, PLANS_MAX_BYTES, &p.all, err) && run_all(&p, err);
    arena_done(&p.arena);
    return ok;
}
