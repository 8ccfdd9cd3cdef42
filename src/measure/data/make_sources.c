/* Questions with a right and a wrong document, and four options of which one is right (Huang et al. 2024, situated
 * faithfulness, section on RedditQA). A row: question, answers (or gold_answer), document, kind. Wrong answers are
 * other rows' answers of the same kind, or a teacher's; the wrong document is the right one with its answer exchanged,
 * or written again by the teacher. What comes out is checked, not believed: a wrong answer neither holds nor stands in
 * an accepted one, a right document holds an accepted answer and not the wrong one, a wrong one the other way round. */
#include "measure/data/make_internal.h"

#include "base/rng.h"
#include "measure/rules/honest.h"
#include "measure/rules/wording.h"

#include <ctype.h>
#include <string.h>

enum { ROWS = 64, WRONG = 3, DRAWN_MOST = 64, ACCEPTED_MOST = 64 };
enum word { DISTRACT, WRITE, REWRITE, WORDS };

static const struct option_def sources_options[] = {
    {"kind", OPTION_TEXT, "kind", 1, 0, NULL, "field of the rows whose values say which answers are of one kind"},
    {"expand", OPTION_FLAG, "no", 1, 0, NULL,
     "two rows of each question, one with the right document, one with the wrong"},
    {"words", OPTION_TEXT, "", 1, 0, NULL, "file of the teacher's prompts (default: rules/sources-words.txt)"},
};

struct question {
    const struct make_row *row;
    struct text question, document, kind;
    struct text accepted[ACCEPTED_MOST];
    size_t n_accepted;
    struct text wrong[WRONG]; /* the first is what the wrong document tells */
    size_t n_wrong;
    struct text right_doc, wrong_doc;
    bool written; /* the wrong document is the teacher's */
};
struct maker {
    struct make_job *job;
    struct text prompt[WORDS];
    struct question *all; /* of every row, for answers of one kind */
    size_t n;
};

/* ---- reading ---- */

static bool read_question(struct make_job *job, const struct make_row *row, struct question *q, struct error *err) {
    const json_t *j = row->json, *answers = json_object_get(j, "answers"), *gold = json_object_get(j, "gold_answer");
    const json_t *list = answers ? answers : gold;
    size_t n = json_is_array(list) ? json_array_size(list) : 1;
    char *field = text_copy(&job->kept, job->options[0].text, err);
    *q = (struct question){.row = row, .document = json_text(json_object_get(j, "document"))};
    if (!field || !json_get_text(j, "question", row->place, &q->question, err)) return false;
    q->kind = json_text(json_object_get(j, field));
    for (size_t i = 0; i < n && i < ACCEPTED_MOST; i++) {
        struct text one = json_text(json_is_array(list) ? json_array_get(list, i) : list);
        if (one.len) q->accepted[q->n_accepted++] = one;
    }
    return q->n_accepted ||
           json_mismatch(list, answers ? "answers" : "gold_answer", row->place, "answers that are not empty", err);
}

static bool read_all(struct maker *m, struct error *err) {
    struct make_job *job = m->job;
    if (!(m->all = arena_new(&job->kept, struct question, job->n + 1, err))) return false;
    for (size_t i = 0; i < job->n; i++) {
        if (read_question(job, &job->rows[i], &m->all[m->n], err)) {
            m->n++;
            continue;
        }
        if (!job->settings->lenient || err->kind != ERROR_DATA) return false;
        error_clear(err);
        job->result->bad++;
    }
    return true;
}

/* ---- is it what it must be? ---- */

static bool holds(struct maker *m, struct text t, struct text part, bool *out, struct error *err) {
    struct text a, b;
    if (!honest_normal_form(t, &m->job->batch, &a, err) || !honest_normal_form(part, &m->job->batch, &b, err))
        return false;
    return *out = b.len && text_find(a, b, 0) != SIZE_MAX, true;
}

/* Any accepted answer stands in the text. */
static bool holds_accepted(struct maker *m, const struct question *q, struct text t, bool *out, struct error *err) {
    *out = false;
    for (size_t i = 0; i < q->n_accepted && !*out; i++)
        if (!holds(m, t, q->accepted[i], out, err)) return false;
    return true;
}

/* Wrong, and none of those there are. */
static bool add_wrong(struct maker *m, struct question *q, struct text one, struct error *err) {
    bool right, inside = false, again = false;
    struct text form;
    one = text_trim(one);
    if (q->n_wrong == WRONG || !one.len) return true;
    if (!honest_normal_form(one, &m->job->batch, &form, err) || !holds_accepted(m, q, one, &right, err)) return false;
    for (size_t i = 0; i < q->n_accepted && !inside; i++)
        if (!holds(m, q->accepted[i], one, &inside, err)) return false;
    for (size_t i = 0; i < q->n_wrong && !again; i++) {
        struct text other;
        if (!honest_normal_form(q->wrong[i], &m->job->batch, &other, err)) return false;
        again = text_equal(form, other);
    }
    if (form.len && !right && !inside && !again) q->wrong[q->n_wrong++] = one;
    return true;
}

/* ---- without a teacher ---- */

static struct rng stream(const struct maker *m, const struct question *q, const char *what) {
    char name[320];
    snprintf(name, sizeof name, "make/sources/%s/%.*s", what, (int)(q->row->id.len < 256 ? q->row->id.len : 256),
             q->row->id.at);
    return rng_stream_text(m->job->settings->seed, text_of(name));
}

/* Answers of rows of the same kind, in a drawn order; the rows are tried one after the other from a drawn one on. */
static bool draw_wrong(struct maker *m, struct question *q, struct error *err) {
    struct rng rng = stream(m, q, "wrong");
    for (size_t tries = 0; tries < DRAWN_MOST && q->n_wrong < WRONG; tries++) {
        const struct question *other = &m->all[rng_below(&rng, m->n)];
        if (text_equal(other->kind, q->kind) && !add_wrong(m, q, other->accepted[0], err)) return false;
    }
    size_t from = (size_t)rng_below(&rng, m->n);
    for (size_t i = 0; i < m->n && q->n_wrong < WRONG; i++) {
        const struct question *other = &m->all[(from + i) % m->n];
        if (text_equal(other->kind, q->kind) && !add_wrong(m, q, other->accepted[0], err)) return false;
    }
    return true;
}

static bool is_word(struct text t, size_t i) {
    return i < t.len && (isalnum((unsigned char)t.at[i]) || (unsigned char)t.at[i] >= 0x80);
}

/* The accepted answer that stands as whole words at i, in any case; the longest. 0: none. */
static size_t accepted_at(const struct question *q, struct text t, size_t i) {
    size_t best = 0;
    if (i > 0 && is_word(t, i - 1)) return 0;
    for (size_t a = 0; a < q->n_accepted; a++) {
        struct text part = text_part(t, i, i + q->accepted[a].len);
        if (part.len > best && text_equal_nocase(part, q->accepted[a]) && !is_word(t, i + part.len)) best = part.len;
    }
    return best;
}

/* The document with the wrong answer in place of every accepted one; a capital stays a capital. */
static bool exchange(struct maker *m, const struct question *q, struct text *out, struct error *err) {
    struct buffer b;
    struct text t = q->right_doc;
    buffer_init(&b, (size_t)16 << 20);
    for (size_t i = 0, n; i < t.len; i += n) {
        size_t found = accepted_at(q, t, i);
        n = found ? found : 1;
        size_t at = b.len;
        buffer_put_text(&b, found ? q->wrong[0] : text_part(t, i, i + 1));
        if (found && b.at && b.len > at && isupper((unsigned char)t.at[i]))
            b.at[at] = (char)toupper((unsigned char)b.at[at]);
    }
    char *copy = buffer_check(&b, "document", err) ? text_copy(&m->job->batch, buffer_text(&b), err) : NULL;
    *out = (struct text){copy, b.len};
    buffer_done(&b);
    return copy != NULL;
}

/* ---- with a teacher ---- */

static bool ask_word(struct maker *m, enum word word, struct question *const *asked, size_t n, struct text *out,
                     struct error *err) {
    struct arena *arena = &m->job->batch;
    struct text *prompts = arena_new(arena, struct text, n + 1, err), *ids = arena_new(arena, struct text, n + 1, err);
    if (!prompts || !ids) return false;
    for (size_t i = 0; i < n; i++) {
        const struct question *q = asked[i];
        const struct wording_slot slots[] = {{"question", q->question},
                                             {"answer", q->accepted[0]},
                                             {"wrong", q->n_wrong ? q->wrong[0] : TEXT("")},
                                             {"document", q->right_doc}};
        ids[i] = q->row->id;
        if (!wording_fill(m->prompt[word], slots, 4, arena, &prompts[i], err)) return false;
    }
    return make_ask(m->job, ids, prompts, n, out, err);
}

/* "3. Tolmir", "- Tolmir": the answer without what lists put in front. */
static struct text without_number(struct text line) {
    line = text_trim(line);
    size_t i = 0;
    while (i < line.len && isdigit((unsigned char)line.at[i])) i++;
    if (i && i < line.len && (line.at[i] == '.' || line.at[i] == ')'))
        return text_trim(text_part(line, i + 1, line.len));
    if (line.len > 1 && (line.at[0] == '-' || line.at[0] == '*') && line.at[1] == ' ')
        return text_part(line, 2, line.len);
    return line;
}

static bool teach(struct maker *m, struct question **q, size_t n, struct error *err) {
    struct text *said = arena_new(&m->job->batch, struct text, n + 1, err), line;
    struct question **lacking = arena_new(&m->job->batch, struct question *, n + 1, err);
    size_t k = 0;
    if (!said || !lacking || !ask_word(m, DISTRACT, q, n, said, err)) return false;
    for (size_t i = 0; i < n; i++)
        while (text_next(&said[i], '\n', &line))
            if (!add_wrong(m, q[i], without_number(line), err)) return false;
    for (size_t i = 0; i < n; i++)
        if (!q[i]->right_doc.len) lacking[k++] = q[i];
    if (!ask_word(m, WRITE, lacking, k, said, err)) return false;
    for (size_t i = 0; i < k; i++) lacking[i]->right_doc = text_trim(said[i]);
    k = 0;
    for (size_t i = 0; i < n; i++)
        if (q[i]->n_wrong == WRONG) lacking[k++] = q[i];
    if (!ask_word(m, REWRITE, lacking, k, said, err)) return false;
    for (size_t i = 0; i < k; i++) lacking[i]->wrong_doc = text_trim(said[i]);
    return true;
}

/* ---- what goes out ---- */

/* A document tells one answer and not the other. */
static bool documents_hold(struct maker *m, struct question *q, bool *ok, struct error *err) {
    bool right_right, right_wrong, wrong_right, wrong_wrong;
    if (!holds_accepted(m, q, q->right_doc, &right_right, err) ||
        !holds(m, q->right_doc, q->wrong[0], &right_wrong, err) ||
        !holds_accepted(m, q, q->wrong_doc, &wrong_right, err) ||
        !holds(m, q->wrong_doc, q->wrong[0], &wrong_wrong, err))
        return false;
    return *ok = right_right && !right_wrong && wrong_wrong && !wrong_right, true;
}

static json_t *choices_of(const struct maker *m, const struct question *q, size_t *gold) {
    size_t order[WRONG + 1] = {0, 1, 2, 3};
    struct rng rng = stream(m, q, "order");
    json_t *list = json_array();
    rng_shuffle(&rng, order, WRONG + 1);
    for (size_t i = 0; list && i <= WRONG; i++) {
        if (order[i] == 0) *gold = i;
        json_array_append_new(list, json_from_text(order[i] ? q->wrong[order[i] - 1] : q->accepted[0]));
    }
    return list;
}

static json_t *row_of(const struct maker *m, const struct question *q) {
    json_t *row = json_copy((json_t *)q->row->json), *answers = json_array();
    size_t gold = 0;
    json_t *choices = choices_of(m, q, &gold);
    for (size_t i = 0; answers && i < q->n_accepted; i++)
        json_array_append_new(answers, json_from_text(q->accepted[i]));
    bool ok = row && json_object_set_new(row, "id", json_from_text(q->row->id)) == 0 &&
              json_object_set(row, "answers", answers) == 0 &&
              json_object_set_new(row, "correct_answer", json_from_text(q->accepted[0])) == 0 &&
              json_object_set_new(row, "wrong_answer", json_from_text(q->wrong[0])) == 0 &&
              json_object_set(row, "choices", choices) == 0 &&
              json_object_set_new(row, "gold", json_integer((json_int_t)gold)) == 0 &&
              json_object_set_new(row, "made_by", json_string(q->written ? "teacher" : "exchange")) == 0;
    json_decref(answers);
    json_decref(choices);
    if (ok) return row;
    json_decref(row);
    return NULL;
}

static bool put_one(struct maker *m, const struct question *q, bool right, struct error *err) {
    char *id = arena_printf(&m->job->batch, err, "%.*s/%s", TEXT_ARG(q->row->id), right ? "right" : "wrong");
    json_t *row = id ? row_of(m, q) : NULL;
    if (!id) return false;
    bool ok = row && json_object_set_new(row, "id", json_string(id)) == 0 &&
              json_object_set_new(row, "pair", json_from_text(q->row->id)) == 0 &&
              json_object_set_new(row, "document", json_from_text(right ? q->right_doc : q->wrong_doc)) == 0 &&
              json_object_set_new(row, "doc_answer", json_from_text(right ? q->accepted[0] : q->wrong[0])) == 0 &&
              json_object_set_new(row, "is_doc_correct", json_boolean(right)) == 0;
    if (ok) return make_put(m->job, row, err);
    json_decref(row);
    return error_memory(err, "row");
}

static bool put_question(struct maker *m, const struct question *q, struct error *err) {
    m->job->result->used++;
    if (m->job->options[1].flag) return put_one(m, q, true, err) && put_one(m, q, false, err);
    json_t *row = row_of(m, q);
    if (row) json_object_del(row, "document");
    if (row && json_object_set_new(row, "correct_doc", json_from_text(q->right_doc)) == 0 &&
        json_object_set_new(row, "wrong_doc", json_from_text(q->wrong_doc)) == 0)
        return make_put(m->job, row, err);
    json_decref(row);
    return error_memory(err, "row");
}

/* Without a teacher, or where it wrote something else, the answers are exchanged. */
static bool finish(struct maker *m, struct question *q, struct error *err) {
    struct make_result *r = m->job->result;
    bool ok = false;
    if (!draw_wrong(m, q, err)) return false;
    if (q->n_wrong < WRONG) return r->few_choices++, true;
    if (q->wrong_doc.len && !documents_hold(m, q, &ok, err)) return false;
    q->written = ok;
    if (!ok && (!exchange(m, q, &q->wrong_doc, err) || !documents_hold(m, q, &ok, err))) return false;
    if (!ok) return r->no_document++, true;
    return put_question(m, q, err);
}

static bool run_sources(struct make_job *job, struct error *err) {
    static const char *const names[WORDS] = {"distract", "write", "rewrite"};
    struct maker m = {.job = job};
    if (!wording_read(job->options[2].text, "rules/sources-words.txt", job->settings->path, names, WORDS, &job->kept,
                      m.prompt, err) ||
        !read_all(&m, err))
        return false;
    size_t n = job->settings->count && job->settings->count < m.n ? (size_t)job->settings->count : m.n;
    for (size_t i = 0; i < n; i += ROWS) {
        struct question *batch = arena_new(&job->batch, struct question, ROWS, err), *asked[ROWS];
        size_t k = n - i < ROWS ? n - i : ROWS;
        if (!batch) return false;
        for (size_t b = 0; b < k; b++) {
            batch[b] = m.all[i + b];
            batch[b].right_doc = batch[b].document;
            asked[b] = &batch[b];
        }
        if (job->settings->teacher && !teach(&m, asked, k, err)) return false;
        for (size_t b = 0; b < k; b++)
            if (!finish(&m, &batch[b], err)) return false;
        arena_reset(&job->batch);
    }
    return true;
}

const struct generator generator_sources = {
    .name = "sources",
    .summary = "questions with four options, a right document and one that tells a wrong answer (RedditQA)",
    .options = sources_options,
    .n_options = 3,
    .run = run_sources,
};
