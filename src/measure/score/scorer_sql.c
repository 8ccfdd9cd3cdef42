/* SQL that answers questions to databases, or silence where there is no answer: verify/sql_judge.h. Of recorded answers
 * whole files are scored (sql_cases.h), with RS(c) for every c that is asked for; in a run each answer is scored, and
 * the metric reliability does the rest. */
#include "measure/score/scorer_internal.h"
#include "measure/score/sql_figures.h"
#include "measure/world/world_queries.h"

#include <math.h>
#include <string.h>

enum { COSTS, DB, SET, RULES, VARIANTS, CLEAN, STEPS, TIMEOUT, ANSWERS, RATIO, SIGNAL, ALPHA, DECIDE, OPTIONS };
static const struct option_def sql_options[OPTIONS] = {
    [COSTS] = {"c", OPTION_TEXT, "0:1:10:N", 1, 0, NULL,
               "of files: what a harmful answer costs; N: as many as there are"},
    [DB] = {"db", OPTION_TEXT, "", 1, 0, NULL,
            "folder of databases DB_ID.sqlite, or one database; world: town and twin of the pocket world; none: one "
            "without tables; empty: beside the questions"},
    [SET] = {"set", OPTION_CHOICE, "auto", 1, 0, "auto|plain|atis|advising|ehrsql|spider",
             "whose clean-up and equality are used; auto: by db_id, else plain"},
    [RULES] = {"rules", OPTION_CHOICE, "published", 1, 0, "published|strict",
               "strict: all rows, types kept, no repair of DISTINCT"},
    [VARIANTS] = {"variants", OPTION_INT, "0", 0, SQL_VARIANTS_MOST, NULL,
                  "perturbed databases on which a right answer must be right, too"},
    [CLEAN] = {"clean", OPTION_FLAG, "yes", 1, 0, NULL, "answers are what a model wrote; no: queries as they are"},
    [STEPS] = {"steps", OPTION_INT, "500", 1, 1000000, NULL, "limit of a query, in millions of steps of SQLite"},
    [TIMEOUT] = {"timeout", OPTION_REAL, "60", 0.001, 86400, NULL, "limit in seconds behind it"},
    [ANSWERS] = {"answers", OPTION_FLAG, "no", 1, 0, NULL,
                 "references and predictions are result tables, [['a', '1']], no SQL"},
    [RATIO] = {"ratio", OPTION_REAL, "1", 0.5, 1, NULL, "of several samples: the share that must be one text"},
    [SIGNAL] = {"signal", OPTION_CHOICE, "none", 1, 0, "none|field|text|result|prepares",
                "of files: what a threshold is put on, chosen on split valid: a field of the row, the share of samples "
                "with the modal text or result, whether it can be prepared"},
    [ALPHA] = {"alpha", OPTION_REAL, "0.05", 0.0001, 0.9999, NULL,
               "harmful share among the answered that the safe cut promises"},
    [DECIDE] =
        {"decide", OPTION_CHOICE, "no", 1, 0, "no|yes|published",
         "in runs, answers are what a method said: {\"detected\", \"sql\", \"checked\"}, {\"votes\": [...], "
         "\"by\": text or result, \"ratio\"}, else SQL or the word not_answerable; published: an error label that is "
         "neither word answers"},
};

static struct sql_judge_settings settings_of(const struct option_value *o, uint64_t seed) {
    struct sql_judge_settings s = sql_judge_usual();
    for (size_t i = 0; i < SQL_SETS; i++)
        if (text_equal_c(o[SET].text, sql_set_names[i])) s.set = (enum sql_set)i;
    s.strict = text_equal_c(o[RULES].text, "strict");
    s.raw = !o[CLEAN].flag;
    s.limits.steps = (uint64_t)o[STEPS].integer * 1000000;
    s.limits.seconds = o[TIMEOUT].real;
    s.variants = (size_t)o[VARIANTS].integer;
    s.seed = seed;
    return s;
}

/* Town and twin, as `world make --part sql` writes them. */
static bool put_world(struct sql_shelf *shelf, struct error *err) {
    static const char *const names[] = {"town", "twin"};
    struct arena arena;
    struct text bytes;
    struct world *w = world_new(WORLD_DEFAULT_SEED, err);
    bool ok = w != NULL;
    arena_init(&arena, (size_t)256 << 20);
    for (int i = 0; ok && i < 2; i++)
        ok = world_database(w, i, &arena, &bytes, err) &&
             sql_shelf_put(shelf, names[i], sql_open_bytes(bytes.at, bytes.len, names[i], err), err);
    arena_done(&arena);
    world_free(w);
    return ok;
}

static struct sql_shelf *shelf_of(const struct option_value *o, const char *path, uint64_t seed, struct error *err) {
    struct sql_judge_settings usual = settings_of(o, seed);
    char where[4096];
    bool world = text_equal_c(o[DB].text, "world"), none = text_equal_c(o[DB].text, "none");
    snprintf(where, sizeof where, "%.*s", TEXT_ARG(o[DB].text));
    struct sql_shelf *shelf =
        sql_shelf_new(world || none ? NULL : where, path, &usual, text_equal_c(o[SET].text, "auto"), err);
    if (!shelf || (world && !put_world(shelf, err)) || (none && !sql_shelf_put(shelf, "", sql_open_empty(err), err))) {
        sql_shelf_free(shelf);
        return NULL;
    }
    return shelf;
}

/* ---- result tables instead of SQL */

static bool judge_table(struct text reference, struct text prediction, enum sql_rule rule, struct arena *arena,
                        struct sql_judgement *out, struct error *err) {
    struct sql_table wanted, found;
    struct sql_match match = {0};
    bool read_wanted = true, read_found = true;
    *out = (struct sql_judgement){.state = SQL_RAN, .sql = prediction};
    out->feasible = !sql_is_null(reference);
    out->answered = !sql_is_null(prediction);
    if (out->feasible && (!sql_table_read(reference, arena, &wanted, &read_wanted, err))) return false;
    if (!read_wanted) return error_set(err, ERROR_DATA, "the reference is no table [['a'], ...]");
    if (!out->feasible || !out->answered) {
        out->verdict = out->feasible ? SQL_MISSED : out->answered ? SQL_FALSE : SQL_SILENT;
    } else {
        if (!sql_table_read(prediction, arena, &found, &read_found, err)) return false;
        if (read_found && !sql_tables_equal(rule, TEXT("select"), &wanted, &found, arena, &match, err)) return false;
        out->verdict = !read_found ? SQL_NO_RESULT : match.equal ? SQL_RIGHT : SQL_WRONG;
        out->why = read_found ? NULL : "no table";
        out->empty = match.equal && match.empty;
    }
    out->score = out->verdict == SQL_RIGHT || out->verdict == SQL_SILENT ? 1 : out->verdict == SQL_MISSED ? 0 : -1;
    out->harmful = out->score < 0;
    return true;
}

/* ---- whole files */

struct whole {
    const struct score_whole *in;
    const struct option_value *o;
    struct sql_shelf *shelf;
    struct sql_cases cases;
    struct arena *arena, scratch;
    struct buffer missed, mistakes;
    struct score_told told;
};

/* The decision of several samples; of one, itself. */
static bool decide(struct whole *w, struct sql_judge *judge, struct sql_case *c, enum sql_set set, struct text *out,
                   struct error *err) {
    struct sql_vote vote;
    *out = c->samples[0];
    if (w->o[ANSWERS].flag) return true;
    bool wanted = text_equal_c(w->o[SIGNAL].text, "text") || text_equal_c(w->o[SIGNAL].text, "result") ||
                  text_equal_c(w->o[SIGNAL].text, "prepares");
    if (wanted && !sql_signals_of(judge, c->samples, c->n_samples, &w->scratch, &c->signals, err)) return false;
    if (c->n_samples == 1) return true;
    /* With a threshold, what it decides about is the modal answer. */
    if (wanted)
        return *out = text_equal_c(w->o[SIGNAL].text, "result") ? c->signals.modal_result : c->signals.modal_text, true;
    if (!sql_voting(c->samples, c->n_samples, w->o[RATIO].real, set, &w->scratch, &vote, err)) return false;
    return *out = vote.winner, true;
}

static void tell(struct whole *w, const struct sql_case *c) {
    const struct sql_question *q = c->question;
    const struct sql_judgement *j = &c->judged;
    w->told.rows++;
    if (!isnan(c->expected)) {
        bool met = c->expected == j->score;
        w->told.expected++;
        w->told.met += met;
        if (!met && w->missed.len < 4096)
            buffer_printf(&w->missed, "%s:%zu, '%.*s': %s, score %d instead of %g: %.*s\n", q->file, q->line,
                          TEXT_ARG(q->id), sql_verdict_names[j->verdict], j->score, c->expected,
                          (int)(j->sql.len < 200 ? j->sql.len : 200), j->sql.at);
        return;
    }
    if ((!j->harmful && !j->lucky) || w->mistakes.len > w->mistakes.max / 2) return;
    buffer_printf(&w->mistakes, "%s:%zu, '%.*s': %s", q->file, q->line, TEXT_ARG(q->id),
                  j->lucky ? "right here by luck" : sql_verdict_names[j->verdict]);
    if (j->lucky)
        buffer_printf(&w->mistakes, " (another table on variant %zu, %s)", j->variant + 1,
                      sql_variant_names[j->variant % SQL_VARIANT_KINDS]);
    if (j->why) buffer_printf(&w->mistakes, " (%s: %s)", sql_state_names[j->state], j->why);
    buffer_printf(&w->mistakes, ": %.*s\n", (int)(j->sql.len < 200 ? j->sql.len : 200), j->sql.at);
}

static bool judge_case(struct whole *w, struct sql_case *c, struct error *err) {
    const struct sql_question *q = c->question;
    enum sql_set set = settings_of(w->o, w->in->seed).set;
    struct text prediction;
    if (text_equal_c(w->o[SET].text, "auto")) set = sql_set_of(q->db_id);
    struct sql_judge *judge = w->o[ANSWERS].flag ? NULL : sql_shelf_judge(w->shelf, q->db_id, q->file, err);
    bool ok = (judge || w->o[ANSWERS].flag) && decide(w, judge, c, set, &prediction, err);
    if (ok)
        ok = judge ? sql_judge_answer(judge, q->query, prediction, &w->scratch, &c->judged, err)
                   : judge_table(q->query, prediction, sql_set_rule(set, text_equal_c(w->o[RULES].text, "strict")),
                                 &w->scratch, &c->judged, err);
    if (!ok) return error_wrap(err, "%s:%zu, '%.*s'", q->file, q->line, TEXT_ARG(q->id));
    tell(w, c);
    /* What outlives the scratch. */
    c->judged.sql = TEXT("");
    c->judged.why = NULL;
    c->signals.modal_text = c->signals.modal_result = TEXT("");
    arena_reset(&w->scratch);
    return true;
}

static enum sql_signal signal_of(const struct option_value *o) {
    static const char *const names[] = {"none", "field", "text", "result", "prepares"};
    size_t i = 0;
    while (!text_equal_c(o[SIGNAL].text, names[i])) i++;
    return (enum sql_signal)i;
}

static const char *line_of(struct whole *w, const struct buffer *b, struct error *err) {
    return b->len ? text_copy(w->arena, buffer_text(b), err) : NULL;
}

static bool finish(struct whole *w, struct figure **figures, size_t *n, struct error *err) {
    struct sql_figure_settings s = {.signal = signal_of(w->o),
                                    .alpha = w->o[ALPHA].real,
                                    .luck = w->o[VARIANTS].integer > 0,
                                    .seed = w->in->seed,
                                    .confidence = w->in->confidence};
    if (!sql_costs_read(w->o[COSTS].text, &s.costs, w->arena, err) ||
        !sql_figures(&w->cases, &s, w->arena, figures, n, err) || !sql_shelf_unchanged(w->shelf, err))
        return false;
    w->told.missed = line_of(w, &w->missed, err);
    w->told.mistakes = line_of(w, &w->mistakes, err);
    if (w->in->told) *w->in->told = w->told;
    return (!w->missed.len || w->told.missed) && (!w->mistakes.len || w->told.mistakes);
}

static bool whole_sql(const struct score_whole *in, struct arena *arena, struct figure **figures, size_t *n,
                      struct error *err) {
    struct whole *w = arena_new(arena, struct whole, 1, err);
    struct sql_costs early;
    if (!w || !sql_costs_read(in->options[COSTS].text, &early, arena, err)) return false;
    w->in = in;
    w->o = in->options;
    w->arena = arena;
    arena_init(&w->scratch, (size_t)4 << 30);
    buffer_init(&w->missed, 1 << 16);
    buffer_init(&w->mistakes, 1 << 18);
    bool ok = (w->shelf = shelf_of(in->options, in->path, in->seed, err)) != NULL &&
              sql_cases_read(&w->cases, in->paths, in->n_paths, arena, err);
    for (size_t i = 0; ok && i < w->cases.n_cases; i++) ok = judge_case(w, &w->cases.cases[i], err);
    ok = ok && finish(w, figures, n, err);
    sql_cases_done(&w->cases);
    sql_shelf_free(w->shelf);
    buffer_done(&w->missed);
    buffer_done(&w->mistakes);
    arena_done(&w->scratch);
    return ok;
}

/* ---- one answer of a run */

static void *open_sql(const struct option_value *options, const char *path, struct error *err) {
    return shelf_of(options, path, 1, err);
}

static void close_sql(void *state) {
    sql_shelf_free(state);
}

static struct text database_of(const struct item *item) {
    const json_t *labels = json_object_get(item->gold, "labels"), *said = json_object_get(labels, "db_id");
    return json_text(said ? said : json_object_get(item->row, "db_id"));
}

/* By the votes of several samples: their texts, or the tables that they give. */
static bool decide_votes(const json_t *said, struct sql_judge *judge, enum sql_set set, struct arena *arena,
                         struct text *out, struct error *err) {
    const json_t *votes = json_object_get(said, "votes"), *share = json_object_get(said, "ratio");
    double ratio = json_is_number(share) ? json_number_value(share) : 1;
    bool by_result = text_equal_c(json_text(json_object_get(said, "by")), "result");
    size_t n = json_array_size(votes);
    struct text *samples = n ? arena_new(arena, struct text, n, err) : NULL;
    struct sql_vote vote;
    struct sql_signals signals;
    if (!n) return error_set(err, ERROR_DATA, "\"votes\" is no list of samples");
    if (!(ratio >= 0.5 && ratio <= 1)) return error_set(err, ERROR_DATA, "\"ratio\": expected 0.5 to 1");
    if (!samples) return false;
    for (size_t i = 0; i < n; i++) samples[i] = json_text(json_array_get(votes, i));
    if (!by_result) {
        if (!sql_voting(samples, n, ratio, set, arena, &vote, err)) return false;
        return *out = vote.winner, true;
    }
    if (!sql_signals_of(judge, samples, n, arena, &signals, err)) return false;
    bool enough = signals.result_share >= ratio - 1e-12 && (ratio > 0.5 || signals.result_share > 0.5);
    return *out = enough ? signals.modal_result : TEXT("null"), true;
}

/* Detector, generator, error detector. What the generator wrote is judged as it stands: the published clean-up would
 * take a DELETE for silence. */
static bool decide_pipeline(const json_t *said, bool strict, enum sql_set set, struct arena *arena, struct text *out,
                            struct error *err) {
    struct text let_through;
    if (!sql_pipeline(json_text(json_object_get(said, "detected")), TEXT("select 1"),
                      json_text(json_object_get(said, "checked")), strict, set, arena, &let_through, err))
        return false;
    *out = sql_is_null(let_through) ? let_through : json_text(json_object_get(said, "sql"));
    return true;
}

/* What a method said becomes one query, or silence. */
static bool decide_said(const struct option_value *o, const struct item *item, struct text said,
                        struct sql_judge *judge, struct arena *arena, struct text *out, struct error *err) {
    enum sql_set set = settings_of(o, 1).set;
    bool strict = !text_equal_c(o[DECIDE].text, "published"), object = text_starts(text_trim(said), TEXT("{"));
    if (text_equal_c(o[SET].text, "auto")) set = sql_set_of(database_of(item));
    struct error unread = {0};
    json_t *j = object ? json_read(said, "answer", 1, &unread) : NULL;
    struct text made = sql_says_not_answerable(said) && !j ? TEXT("null") : said;
    bool ok = true;
    if (j && json_object_get(j, "votes"))
        ok = decide_votes(j, judge, set, arena, &made, err);
    else if (j)
        ok = decide_pipeline(j, strict, set, arena, &made, err);
    char *copy = ok ? text_copy(arena, made, err) : NULL; /* it may stand in j */
    *out = (struct text){copy, made.len};
    json_decref(j);
    return copy != NULL;
}

static bool score_sql(const struct task *task, const struct option_value *options, const struct item *item,
                      const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct sql_shelf *shelf = (struct sql_shelf *)task_scorer_state(task);
    struct sql_judgement j;
    struct text said = answer->text;
    char file[4096];
    const char *colon = item->source.len ? memrchr(item->source.at, ':', item->source.len) : NULL;
    snprintf(file, sizeof file, "%.*s", colon ? (int)(colon - item->source.at) : 0,
             item->source.at ? item->source.at : "");
    if (!item->n_gold_texts) return error_set(err, ERROR_DATA, "%.*s: no reference query", TEXT_ARG(item->source));
    struct sql_judge *judge = sql_shelf_judge(shelf, database_of(item), *file ? file : NULL, err);
    bool decide = !text_equal_c(options[DECIDE].text, "no");
    if (!judge || (decide && !decide_said(options, item, answer->text, judge, arena, &said, err)) ||
        !sql_judge_answer(judge, item->gold_texts[0], said, arena, &j, err))
        return error_wrap(err, "%.*s", TEXT_ARG(item->source));
    out->value = j.score;
    out->label = text_of(sql_verdict_names[j.verdict]);
    return score_part(out, "acc", j.score > 0, err) && score_part(out, "harm", j.harmful, err) &&
           score_part(out, "abstained", !j.answered, err) && score_part(out, "feasible", j.feasible, err) &&
           score_part(out, "lucky", j.lucky, err) && score_part(out, "empty", j.empty, err);
}

const struct scorer scorer_sql = {
    .name = "sql",
    .version = "1",
    .summary = "SQL or silence to questions that a database answers or not: 1 right, 0 silent though feasible, -1 "
               "harmful; of files RS(c) with everything behind it",
    .options = sql_options,
    .n_options = OPTIONS,
    .open = open_sql,
    .close = close_sql,
    .exact = true,
    .shown_by = "material/sql-abd and the tests of known answers",
    .whole = whole_sql,
    .score = score_sql,
};
