/* Pairs that teach to weigh sources (CR-DPO: Huang et al. 2024, situated faithfulness, section on training): of a
 * question whose own answer and document's answer are not both right or both wrong, reasonings of the same model that
 * argue for the right source win over those that argue for the wrong one. Groups JSONL with `own` and `doc` {"ans",
 * "ok"}, and in each answer labels {"argues": "own"|"doc"}. Kept only when the last line of a reasoning gives the
 * answer it argues for.
 *
 * With a subject a row needs a question, a document and accepted answers: the subject is asked for its own answer and
 * for the document's, and where exactly one of them is right for reasonings for either side. The prompt that is trained
 * on is another one, which does not tell who is right. */
#include "measure/data/pairs_internal.h"

#include "measure/rules/honest.h"
#include "measure/rules/wording.h"

#include <math.h>

enum word { ASK_OWN, ASK_DOC, ASK_WEIGH, ARGUE_OWN, ARGUE_DOC, WORDS };
static const char *const word_names[WORDS] = {"own", "doc", "weigh", "argue-own", "argue-doc"};

static const struct option_def situated_options[] = {
    {"draw", OPTION_CHOICE, "sides", 1, 0, "sides|free|form",
     "with a subject: sides: it is told which side to argue for; free: it is asked to weigh, "
     "and what it ends with tells; form: argue-own and argue-doc are the reasonings, filled with its answers"},
    {"words", OPTION_TEXT, "", 1, 0, NULL,
     "file of prompts, or pocket: those of the pocket world (default: the built-in ones, rules/situated-words.txt)"},
    {"after", OPTION_TEXT, "", 1, 0, NULL, "the answer is what stands behind the last of these in the last line"},
};

struct wording {
    struct text text[WORDS];
    struct honest_phrases *phrases;
};

static bool open_situated(struct pairs_making *m, struct error *err) {
    struct wording *w = arena_new(&m->kept, struct wording, 1, err);
    if (!w) return false;
    m->state = w;
    bool pocket = text_equal_c(m->options[1].text, "pocket");
    return wording_read(pocket ? TEXT("") : m->options[1].text,
                        pocket ? "rules/situated-words-pocket.txt" : "rules/situated-words.txt", m->settings->path,
                        word_names, WORDS, &m->kept, w->text, err) &&
           (w->phrases = honest_phrases_open("", m->settings->path, err));
}

static void close_situated(struct pairs_making *m) {
    struct wording *w = m->state;
    if (w) honest_phrases_close(w->phrases);
}

/* ---- what a reasoning ends with ---- */

struct source {
    struct text answer;
    bool right;
};

static bool read_source(const json_t *row, const char *key, struct json_place place, struct source *out,
                        struct error *err) {
    const json_t *source = json_object_get(row, key), *ok = json_object_get(source, "ok");
    out->answer = json_text(json_object_get(source, "ans"));
    out->right = json_is_true(ok);
    if (out->answer.len && json_is_boolean(ok)) return true;
    return json_mismatch(source, key, place, "{\"ans\": TEXT, \"ok\": true or false}", err);
}

/* The last line, or what stands in it behind the last mark. */
static struct text last_line(const struct pairs_making *m, struct text t) {
    struct text mark = m->options[2].text;
    t = text_trim(t);
    size_t from = t.len;
    while (from > 0 && t.at[from - 1] != '\n') from--;
    t = text_part(t, from, t.len);
    for (size_t at = mark.len ? text_find(t, mark, 0) : SIZE_MAX; at != SIZE_MAX; at = text_find(t, mark, 0))
        t = text_part(t, at + mark.len, t.len);
    return t;
}

static bool gives(struct pairs_making *m, struct text reasoning, struct text answer, bool *out, struct error *err) {
    struct text line, wanted;
    if (!honest_normal_form(last_line(m, reasoning), &m->arena, &line, err) ||
        !honest_normal_form(answer, &m->arena, &wanted, err))
        return false;
    return *out = wanted.len && text_find(line, wanted, 0) != SIZE_MAX, true;
}

static bool value_of(struct pairs_making *m, const json_t *answer, const struct source *own, const struct source *doc,
                     struct json_place place, double *out, struct error *err) {
    const json_t *argues = json_object_get(json_object_get(answer, "labels"), "argues");
    bool for_own = text_equal_c(json_text(argues), "own"), for_doc = text_equal_c(json_text(argues), "doc"),
         free_one = argues && text_equal_c(json_text(argues), "free"), own_said, doc_said;
    if (!for_own && !for_doc && !free_one)
        return json_mismatch(argues, "answers.labels.argues", place, "own, doc or free", err);
    /* a fixed form argues for what it was filled for */
    if (text_equal_c(m->options[0].text, "form") && !free_one) return *out = (for_own ? own : doc)->right, true;
    struct text text = json_text(json_object_get(answer, "text"));
    if (!gives(m, text, own->answer, &own_said, err) || !gives(m, text, doc->answer, &doc_said, err)) return false;
    *out = NAN;
    if (own_said && !doc_said && !for_doc) *out = own->right;
    if (doc_said && !own_said && !for_own) *out = doc->right;
    return true;
}

static bool make_situated(struct pairs_making *m, const json_t *row, struct json_place place, struct error *err) {
    const json_t *answers = json_object_get(row, "answers");
    struct source own, doc;
    size_t n = json_array_size(answers);
    if (!read_source(row, "own", place, &own, err) || !read_source(row, "doc", place, &doc, err)) return false;
    if (own.right == doc.right) return m->result->equal++, true; /* nothing to learn: both right, or both wrong */
    if (!n) return json_mismatch(answers, "answers", place, "a list of answers", err);
    struct pair_candidate *c = arena_new(&m->arena, struct pair_candidate, n, err);
    for (size_t i = 0; c && i < n; i++)
        if (!value_of(m, json_array_get(answers, i), &own, &doc, place, &c[i].value, err)) return false;
    return c && pairs_write_group(m, row, place, c, n, 0, 0, err);
}

/* ---- asking for what is not there ---- */

struct weighed {
    json_t *row;
    struct text id, question, document, own, doc;
    const json_t *accepted;
};
struct filling {
    struct pairs_making *m;
    struct weighed *rows;
    size_t n;
};

static struct text document_of(const json_t *row) {
    const json_t *document = json_object_get(row, "document"), *docs = json_object_get(row, "docs");
    return json_text(document ? document : json_object_get(json_array_get(docs, 0), "text"));
}

/* Rows that have their reasonings, or that are bad, are told when they are read. */
static void add_row(struct filling *f, json_t *row, struct json_place place) {
    struct weighed w = {.row = row,
                        .id = pairs_row_id(row, place, &f->m->batch),
                        .question = json_text(json_object_get(row, "question")),
                        .document = document_of(row),
                        .accepted = json_object_get(row, "answers")};
    if (json_object_get(row, "own") || !w.question.len || !w.document.len) return;
    if (!json_is_string(json_array_get(w.accepted, 0))) w.accepted = json_object_get(row, "gold_answer");
    if (w.accepted) f->rows[f->n++] = w;
}

static bool ask_word(struct filling *f, enum word word, size_t samples, double temperature, struct text *out,
                     struct error *err) {
    struct pairs_making *m = f->m;
    const struct wording *w = m->state;
    struct pair_ask *asks = arena_new(&m->batch, struct pair_ask, f->n + 1, err);
    for (size_t i = 0; asks && i < f->n; i++) {
        const struct weighed *r = &f->rows[i];
        const struct wording_slot slots[] = {
            {"question", r->question}, {"document", r->document}, {"own", r->own}, {"doc", r->doc}};
        asks[i].id = r->id;
        asks[i].gold = json_object_get(r->row, word == ASK_OWN ? "gold_own" : "gold_doc");
        if (!wording_fill(w->text[word], slots, 4, &m->batch, &asks[i].prompt, err)) return false;
    }
    m->result->asked += f->n * samples;
    return asks && pairs_ask(m, asks, f->n, samples, temperature, out, err);
}

static bool is_right(struct filling *f, const struct weighed *r, struct text said, bool *out, struct error *err) {
    const struct wording *w = f->m->state;
    const struct honest_rule rule = {.least = 2};
    struct honest_verdict v;
    size_t n = json_is_array(r->accepted) ? json_array_size(r->accepted) : 1;
    struct text *accepted = arena_new(&f->m->batch, struct text, n, err);
    if (!accepted) return false;
    for (size_t i = 0; i < n; i++)
        accepted[i] = json_text(json_is_array(r->accepted) ? json_array_get(r->accepted, i) : r->accepted);
    if (!honest_judge(w->phrases, &rule, r->question, said, accepted, n, &f->m->batch, &v, err)) return false;
    return *out = v.type == HONEST_CORRECT, true;
}

/* The first line of an answer is the answer. */
static struct text first_line(struct text t) {
    t = text_trim(t);
    return text_trim(text_part(t, 0, text_find(t, TEXT("\n"), 0)));
}

/* Both answers, and which of them are right; rows stay where exactly one is. */
static bool ask_answers(struct filling *f, struct error *err) {
    struct text *own = arena_new(&f->m->batch, struct text, f->n + 1, err),
                *doc = arena_new(&f->m->batch, struct text, f->n + 1, err);
    size_t kept = 0;
    if (!own || !doc || !ask_word(f, ASK_OWN, 1, 0, own, err) || !ask_word(f, ASK_DOC, 1, 0, doc, err)) return false;
    for (size_t i = 0; i < f->n; i++) {
        struct weighed r = f->rows[i];
        bool own_right, doc_right;
        r.own = first_line(own[i]);
        r.doc = first_line(doc[i]);
        if (!is_right(f, &r, r.own, &own_right, err) || !is_right(f, &r, r.doc, &doc_right, err)) return false;
        json_t *said = r.own.len ? json_from_text(r.own) : json_string("-");
        json_t *told = r.doc.len ? json_from_text(r.doc) : json_string("-");
        json_t *by_own = json_pack("{s:o s:b}", "ans", said, "ok", (int)own_right),
               *by_doc = json_pack("{s:o s:b}", "ans", told, "ok", (int)doc_right);
        if (!by_own || !by_doc || json_object_set_new(r.row, "own", by_own) != 0 ||
            json_object_set_new(r.row, "doc", by_doc) != 0)
            return error_memory(err, "answers");
        if (own_right != doc_right) f->rows[kept++] = r;
    }
    f->n = kept;
    return true;
}

static bool add_reasonings(json_t *list, const struct text *texts, size_t n, const char *argues) {
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok = json_array_append_new(
                 list, json_pack("{s:o s:{s:s}}", "text", json_from_text(texts[i]), "labels", "argues", argues)) == 0;
    return ok;
}

/* Reasonings of a fixed form: no words of its own but its two answers. */
static bool fill_forms(struct filling *f, struct text *own, struct text *doc, struct error *err) {
    const struct wording *w = f->m->state;
    for (size_t i = 0; i < f->n; i++) {
        const struct weighed *r = &f->rows[i];
        const struct wording_slot slots[] = {
            {"question", r->question}, {"document", r->document}, {"own", r->own}, {"doc", r->doc}};
        if (!wording_fill(w->text[ARGUE_OWN], slots, 4, &f->m->batch, &own[i], err) ||
            !wording_fill(w->text[ARGUE_DOC], slots, 4, &f->m->batch, &doc[i], err))
            return false;
    }
    return true;
}

static bool ask_reasonings(struct filling *f, size_t samples, double temperature, struct error *err) {
    struct pairs_making *m = f->m;
    bool forms = text_equal_c(m->options[0].text, "form");
    bool free_ones = text_equal_c(m->options[0].text, "free");
    const struct wording *w = m->state;
    struct text *a = arena_new(&m->batch, struct text, f->n * samples + 1, err),
                *b = arena_new(&m->batch, struct text, f->n * samples + 1, err);
    if (!a || !b || (forms && !fill_forms(f, a, b, err))) return false;
    if (!forms && !ask_word(f, free_ones ? ASK_WEIGH : ARGUE_OWN, samples, temperature, a, err)) return false;
    if (!forms && !free_ones && !ask_word(f, ARGUE_DOC, samples, temperature, b, err)) return false;
    for (size_t i = 0; i < f->n; i++) {
        const struct weighed *r = &f->rows[i];
        const struct wording_slot slots[] = {
            {"question", r->question}, {"document", r->document}, {"own", r->own}, {"doc", r->doc}};
        struct text prompt;
        json_t *list = json_array();
        if (!wording_fill(w->text[ASK_WEIGH], slots, 4, &m->batch, &prompt, err)) return json_decref(list), false;
        bool ok = add_reasonings(list, a + i * samples, samples, free_ones ? "free" : "own") &&
                  (free_ones || add_reasonings(list, b + i * samples, samples, "doc"));
        ok = ok && json_object_set(r->row, "answers", list) == 0 &&
             json_object_set_new(r->row, "prompt", json_from_text(prompt)) == 0;
        json_decref(list);
        if (!ok) return error_memory(err, "reasonings");
    }
    return true;
}

static bool fill_situated(struct pairs_making *m, json_t *const *rows, const struct json_place *places, size_t n,
                          struct error *err) {
    struct filling f = {.m = m, .rows = arena_new(&m->batch, struct weighed, n, err)};
    if (!f.rows) return false;
    for (size_t i = 0; i < n; i++) add_row(&f, rows[i], places[i]);
    bool one = text_equal_c(m->options[0].text, "form") || !m->settings->samples;
    return ask_answers(&f, err) &&
           ask_reasonings(&f, one ? 1 : m->settings->samples,
                          isnan(m->settings->temperature) ? 0.6 : m->settings->temperature, err);
}

const struct pair_way pairs_by_situated = {
    .name = "situated",
    .summary = "reasonings for the source that is right win, where exactly one of own answer and document is (CR-DPO)",
    .options = situated_options,
    .n_options = 3,
    .open = open_situated,
    .make = make_situated,
    .fill = fill_situated,
    .close = close_situated,
};
