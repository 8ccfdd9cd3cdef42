/* Files of groups to rows for training: see pairs.h. */
#include "measure/data/pairs_internal.h"

#include "lm/template/jinja.h"
#include "measure/dataset/dataset.h"
#include "measure/dataset/dataset_document.h"

#include <math.h>
#include <string.h>

const char *const pair_formats[PAIR_FORMATS + 1] = {"preference", "kto", "sft", NULL};

static const struct pair_way *const table[] = {&pairs_by_reward, &pairs_by_level, &pairs_by_honesty,
                                               &pairs_by_situated, &pairs_by_quip};
enum { WAYS = sizeof table / sizeof *table, ROWS = 64 };

size_t pair_ways(const struct pair_way *const **out) {
    *out = table;
    return WAYS;
}

/* ---- rows that go out ---- */

struct text pairs_row_id(const json_t *row, struct json_place place, struct arena *arena) {
    static const char *const keys[] = {"id", "question_id"};
    struct error ignored;
    for (size_t i = 0; i < 2; i++)
        if (json_is_string(json_object_get(row, keys[i]))) return json_text(json_object_get(row, keys[i]));
    return text_of(arena_printf(arena, &ignored, "%zu", place.line));
}

/* Takes out. */
static bool put(struct pairs_making *m, json_t *out, struct text id, struct error *err) {
    bool ok = out && json_object_set_new(out, "by", json_string(m->way->name)) == 0 &&
              json_object_set_new(out, "source", json_from_text(id)) == 0;
    ok = ok ? m->settings->sink(m->settings->context, out, err) : error_memory(err, "pair");
    m->result->rows += ok;
    json_decref(out);
    return ok;
}

bool pairs_write_row(struct pairs_making *m, json_t *row, struct error *err) {
    bool ok = row ? m->settings->sink(m->settings->context, row, err) : error_memory(err, "row");
    m->result->rows += ok;
    json_decref(row);
    return ok;
}

static json_t *said_by(const char *role, struct text t) {
    return json_pack("{s:s s:o}", "role", role, "content", json_from_text(t));
}

/* The prompt as the group has it: a text, or messages; then answers are messages, too. Owned; NULL: none. */
static json_t *prompt_of(const json_t *row) {
    const json_t *messages = json_object_get(row, "messages"), *prompt = json_object_get(row, "prompt");
    if (!prompt) prompt = json_object_get(row, "question");
    return json_is_array(messages)  ? json_incref((json_t *)messages)
           : json_is_string(prompt) ? json_incref((json_t *)prompt)
                                    : NULL;
}

static json_t *answer_to(const json_t *prompt, struct text answer) {
    return json_is_array(prompt) ? json_pack("[o]", said_by("assistant", answer)) : json_from_text(answer);
}

static bool no_prompt(const json_t *row, struct json_place place, struct error *err) {
    return json_mismatch(json_object_get(row, "prompt"), "prompt", place, "a text, or 'messages'", err);
}

bool pairs_write_preference(struct pairs_making *m, const json_t *row, struct text id, struct text chosen,
                            struct text rejected, double reward_chosen, double reward_rejected, struct error *err) {
    json_t *prompt = prompt_of(row), *out = NULL;
    if (prompt)
        out = json_pack("{s:O s:o s:o}", "prompt", prompt, "chosen", answer_to(prompt, chosen), "rejected",
                        answer_to(prompt, rejected));
    json_decref(prompt);
    if (out && !isnan(reward_chosen)) {
        json_object_set_new(out, "reward_chosen", json_from_f64(reward_chosen));
        json_object_set_new(out, "reward_rejected", json_from_f64(reward_rejected));
    }
    return put(m, out, id, err);
}

static bool write_label(struct pairs_making *m, const json_t *row, struct text id, struct text answer, bool good,
                        struct error *err) {
    json_t *prompt = prompt_of(row), *out = NULL;
    if (prompt)
        out = json_pack("{s:O s:o s:b}", "prompt", prompt, "completion", answer_to(prompt, answer), "label", good);
    json_decref(prompt);
    return put(m, out, id, err);
}

bool pairs_write_sft(struct pairs_making *m, const json_t *row, struct text id, struct text prompt, struct text answer,
                     struct error *err) {
    const json_t *messages = json_object_get(row, "messages");
    json_t *turns = json_is_array(messages) && !prompt.len ? json_copy((json_t *)messages)
                                                           : json_pack("[o]", said_by("user", prompt));
    bool ok = turns && json_array_append_new(turns, said_by("assistant", answer)) == 0;
    json_t *out = ok ? json_pack("{s:O}", "messages", turns) : NULL;
    json_decref(turns);
    return put(m, out, id, err);
}

/* ---- a group ---- */

static struct text answer_text(const json_t *row, size_t i) {
    const json_t *one = json_array_get(json_object_get(row, "answers"), i);
    return json_text(json_is_object(one) ? json_object_get(one, "text") : one);
}

/* Each answer once: good when it wins more pairs than it loses. */
static bool write_singly(struct pairs_making *m, const json_t *row, struct text id, const struct pair *pairs,
                         size_t n_pairs, size_t n, struct error *err) {
    int64_t *net = arena_new(&m->arena, int64_t, n, err);
    const json_t *prompt = json_object_get(row, "prompt");
    if (!net) return false;
    for (size_t i = 0; i < n_pairs; i++) net[pairs[i].winner]++, net[pairs[i].loser]--;
    for (size_t i = 0; i < n; i++) {
        if (net[i] == 0) continue;
        if (m->settings->format == PAIR_KTO && !write_label(m, row, id, answer_text(row, i), net[i] > 0, err))
            return false;
        if (m->settings->format == PAIR_SFT && net[i] > 0 &&
            !pairs_write_sft(m, row, id, json_text(prompt), answer_text(row, i), err))
            return false;
    }
    return true;
}

static void tell_unused(struct pairs_making *m, const struct pair_candidate *c, size_t n) {
    size_t known = 0;
    for (size_t i = 0; i < n; i++) known += !isnan(c[i].value);
    if (known < 2)
        m->result->too_few++;
    else
        m->result->equal++;
}

bool pairs_write_group(struct pairs_making *m, const json_t *row, struct json_place place,
                       const struct pair_candidate *candidates, size_t n, double delta, double length,
                       struct error *err) {
    const struct pair_rule rule = {delta, length, m->settings->policy};
    struct text id = pairs_row_id(row, place, &m->arena);
    struct pair *pairs;
    size_t chosen, valid;
    if (!pair_select(candidates, n, &rule, m->settings->seed, id, &m->arena, &pairs, &chosen, &valid, err))
        return false;
    m->result->valid += valid;
    if (chosen == 0) return tell_unused(m, candidates, n), true;
    m->result->used++;
    json_t *prompt = prompt_of(row);
    json_decref(prompt);
    if (!prompt) return no_prompt(row, place, err);
    if (m->settings->format != PAIR_PREFERENCE) return write_singly(m, row, id, pairs, chosen, n, err);
    for (size_t i = 0; i < chosen; i++) {
        const struct pair *p = &pairs[i];
        if (!pairs_write_preference(m, row, id, answer_text(row, p->winner), answer_text(row, p->loser),
                                    candidates[p->winner].value, candidates[p->loser].value, err))
            return false;
    }
    return true;
}

/* ---- files ---- */

/* Rows that are filled together. */
struct row_batch {
    json_t *rows[ROWS];
    struct json_place places[ROWS];
    size_t n;
};

static bool make_row(struct pairs_making *m, const json_t *row, struct json_place place, struct error *err) {
    bool ok = m->way->make(m, row, place, err);
    arena_reset(&m->arena);
    if (ok || !m->settings->lenient || err->kind != ERROR_DATA) return ok;
    m->result->bad++;
    error_clear(err);
    return true;
}

static bool make_batch(struct pairs_making *m, struct row_batch *b, struct error *err) {
    bool fill = m->settings->subject && m->way->fill;
    bool ok = !fill || m->way->fill(m, b->rows, b->places, b->n, err);
    for (size_t i = 0; i < b->n; i++) {
        ok = ok && make_row(m, b->rows[i], b->places[i], err);
        json_decref(b->rows[i]);
    }
    b->n = 0;
    arena_reset(&m->batch);
    arena_reset(&m->arena);
    return ok;
}

/* Items of the pocket world: the prompt is the question, the gold answer with its aliases is what is accepted. */
static bool read_item(json_t *row, struct error *err) {
    const json_t *prompt = json_object_get(row, "prompt"), *gold = json_object_get(row, "gold"),
                 *answer = json_object_get(gold, "answer"), *aliases = json_object_get(gold, "aliases");
    bool with_document;
    if (json_object_get(row, "question") || json_object_get(row, "answers") || !json_is_string(prompt) ||
        !json_is_string(answer))
        return true;
    if (!dataset_document_row(row, &with_document, err)) return false;
    if (with_document) return true;
    json_t *all = json_pack("[O]", answer);
    bool ok = all && (!json_is_array(aliases) || json_array_extend(all, (json_t *)aliases) == 0) &&
              json_object_set(row, "answers", all) == 0 && json_object_set(row, "question", (json_t *)prompt) == 0;
    json_decref(all);
    return ok || error_memory(err, "row");
}

static bool where_opens(struct pairs_making *m, struct error *err) {
    struct error why = {0};
    if (!m->settings->where) return true;
    m->where = jinja_parse(text_of(m->settings->where), "--where", (struct jinja_options){.strict = true}, &why);
    return m->where || error_set(err, ERROR_USAGE, "%s", why.message);
}

static bool wanted(struct pairs_making *m, const json_t *row, struct json_place place, bool *out, struct error *err) {
    if (!m->where) return *out = true;
    json_t *value = jinja_value(m->where, row, err);
    *out = value && json_is_true(value);
    if (!value) return error_wrap(err, "%s:%zu: --where", place.file, place.line);
    bool ok = json_is_boolean(value) || json_mismatch(value, "--where", place, "true or false", err);
    json_decref(value);
    m->result->left += ok && !*out;
    return ok;
}

/* A row that is wanted joins the batch; any other is let go. */
static bool add_row(struct pairs_making *m, struct row_batch *b, struct json_place place, struct error *err) {
    bool take = false, ok = wanted(m, b->rows[b->n], place, &take, err) && (!take || read_item(b->rows[b->n], err));
    if (!ok || !take) return json_decref(b->rows[b->n]), ok;
    b->places[b->n++] = place;
    m->result->groups++;
    return true;
}

static bool make_file(struct pairs_making *m, const char *path, struct error *err) {
    const struct dataset_kwargs kwargs = {.header = true};
    struct dataset *dataset = dataset_open(path, path, &kwargs, err);
    struct row_batch batch = {.n = 0};
    bool ok = dataset != NULL;
    for (int state = 1; ok && state == 1;) {
        size_t line;
        struct error bad = {0};
        state = dataset_next(dataset, &batch.rows[batch.n], &line, &bad);
        if (state == 1 && !add_row(m, &batch, (struct json_place){path, line, ""}, &bad)) state = -1;
        if (state < 0 && m->settings->lenient && bad.kind == ERROR_DATA) {
            m->result->bad++;
            state = 1;
        }
        if (batch.n == ROWS || (state != 1 && batch.n)) ok = make_batch(m, &batch, err); /* what stands before it */
        if (ok && state < 0) *err = bad, ok = false;
    }
    dataset_close(dataset);
    return ok;
}

static const struct pair_way *find_way(struct text name, struct error *err) {
    const char *names[WAYS];
    for (size_t i = 0; i < WAYS; i++) {
        names[i] = table[i]->name;
        if (text_equal_c(name, names[i])) return table[i];
    }
    const char *near = text_nearest(name, names, WAYS);
    error_set(err, ERROR_USAGE, "--by: no way '%.*s'%s%s%s; `basanite methods pairs` lists them", TEXT_ARG(name),
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

bool pairs_make(const char *const *paths, size_t n, const struct pairs_settings *settings, struct pairs_result *out,
                struct error *err) {
    struct pairs_making m = {.settings = settings, .result = out};
    *out = (struct pairs_result){0};
    arena_init(&m.arena, (size_t)512 << 20);
    arena_init(&m.batch, (size_t)512 << 20);
    arena_init(&m.kept, (size_t)16 << 20);
    bool ok = (m.way = find_way(spec_name(text_of(settings->by)), err)) &&
              (!settings->subject || m.way->fill ||
               error_set(err, ERROR_USAGE, "--by %s asks no subject; leave out --subject", m.way->name)) &&
              (m.options = spec_parse(&m.kept, text_of(settings->by), m.way->options, m.way->n_options, err)) &&
              where_opens(&m, err) && (!m.way->open || m.way->open(&m, err));
    for (size_t i = 0; ok && i < n; i++) ok = make_file(&m, paths[i], err);
    if (m.way && m.way->close) m.way->close(&m);
    jinja_free(m.where);
    arena_done(&m.arena);
    arena_done(&m.batch);
    arena_done(&m.kept);
    return ok;
}
