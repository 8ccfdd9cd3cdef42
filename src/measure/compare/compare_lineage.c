/* Whether the other run's model was made from the base's, against a zoo of known ancestry, and why it says that it is
 * that model: see lineage.h. The zoo is read, and all its pairs are compared, once for each task. */
#include "measure/compare/compare_internal.h"
#include "measure/compare/lineage.h"

#include "base/file.h"
#include "measure/rules/builtin.h"
#include "measure/rules/identity.h"

#include <math.h>
#include <string.h>

enum { ZOO, RUNS, TREE, BY, JOIN };
static const struct option_def options_lineage[] = {
    [ZOO] = {"zoo", OPTION_TEXT, "", 1, 0, NULL, "list of models whose ancestry is known (docs/identity.md)"},
    [RUNS] = {"runs", OPTION_TEXT, "", 1, 0, NULL, "what their runs are called: RUNS-NAME (default: NAME)"},
    [TREE] = {"tree", OPTION_TEXT, "", 1, 0, NULL, "file for the family tree of the zoo: .svg drawn, else Newick"},
    [BY] = {"by", OPTION_CHOICE, "f1", 1, 0, "f1|f2|weights|logits", "the distance of the tree"},
    [JOIN] = {"join", OPTION_FLAG, "no", 1, 0, NULL, "the tree by neighbour joining instead of UPGMA"},
};
enum { CORPUS_MOST = 256 << 20 };

/* What stays from one pair of runs to the next: on the comparison's arena. */
struct lineage_state {
    const char *task;
    struct lineage_zoo zoo;
    const char **run; /* [n] names of runs */
    int64_t *run_id;
    struct lineage_texts *texts;
    double (*feature)[LINEAGE_FEATURES]; /* [n][n] */
    struct lineage_pair *pair;           /* references */
    size_t n_pairs;
    struct lineage_quality quality;
    struct lineage_state *next;
};

struct telling {
    struct compare_task *t;
    const struct option_value *options;
    struct lineage_state *s;
    size_t a, b; /* places in the zoo; SIZE_MAX: not in it */
    double feature[LINEAGE_FEATURES];
    struct lineage_facts facts;
    double score;
    const char *by; /* which channel p is of */
    size_t n_unrelated;
    struct error *err;
};

/* ---- the zoo, once ---- */

static struct lm_builtins builtins_of(struct lm_builtin *room) {
    static const char *const names[] = {"pocket", "pocket-base", "pocket-help"};
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        char file[64];
        snprintf(file, sizeof file, "pocket/%s.gguf", names[i]);
        const struct builtin_file *f = builtin_find(file);
        if (f) room[n++] = (struct lm_builtin){names[i], f->at, (size_t)(f->end - f->at)};
    }
    return (struct lm_builtins){room, n};
}

static bool find_member_run(struct compare_task *t, struct lineage_state *s, size_t i, struct text prefix,
                            struct error *err) {
    struct arena *arena = t->out->arena;
    const struct lineage_member *m = &s->zoo.member[i];
    s->run[i] = prefix.len ? arena_printf(arena, err, "%.*s-%s", TEXT_ARG(prefix), m->name) : m->name;
    json_t *run = s->run[i] ? record_run_json(t->record, s->run[i], err) : NULL;
    if (!run) return error_wrap(err, "%s: '%s' of the zoo", s->zoo.path, m->name);
    s->run_id[i] = json_integer_value(json_object_get(run, "id"));
    json_decref(run);
    return true;
}

static bool read_zoo(struct compare_task *t, struct lineage_state *s, const struct option_value *options,
                     struct error *err) {
    struct arena *arena = t->out->arena;
    char *path = text_copy(arena, options[ZOO].text, err);
    if (!path || !lineage_zoo_read(path, arena, &s->zoo, err)) return false;
    size_t n = s->zoo.n;
    s->run = arena_new(arena, const char *, n, err);
    s->run_id = arena_new(arena, int64_t, n, err);
    s->texts = arena_new(arena, struct lineage_texts, n, err);
    s->feature = arena_alloc(arena, n * n, sizeof *s->feature, err);
    s->pair = arena_new(arena, struct lineage_pair, n * n, err);
    if (!s->run || !s->run_id || !s->texts || !s->feature || !s->pair) return false;
    for (size_t i = 0; i < n; i++) {
        bool there;
        if (!find_member_run(t, s, i, options[RUNS].text, err) ||
            !lineage_texts_read(t->record, s->run_id[i], text_of(t->name), arena, &s->texts[i], &there, err))
            return false;
        if (!there)
            return error_set(err, ERROR_DATA, "'%s' of the zoo has no replies to task '%s'", s->run[i], t->name);
        if (i && !lineage_texts_parallel(&s->texts[0], &s->texts[i], s->run[0], s->run[i], err)) return false;
    }
    return true;
}

static bool compare_pair(const struct lineage_texts *a, const struct lineage_texts *b, const struct lineage_weights *wa,
                         const struct lineage_weights *wb, double out[LINEAGE_FEATURES], struct error *err) {
    for (int f = 0; f < LINEAGE_FEATURES; f++) out[f] = NAN;
    return lineage_texts_compare(a, b, out, err) &&
           (!wa->model || !wb->model || lineage_weights_compare(wa, wb, out, err));
}

static bool compare_zoo(struct lineage_state *s, struct lineage_weights *weights, struct error *err) {
    struct lm_builtin room[3];
    struct lm_builtins builtins = builtins_of(room);
    size_t n = s->zoo.n;
    for (size_t i = 0; i < n; i++) {
        bool there;
        if (!lineage_weights_open(s->zoo.member[i].spec, builtins, &weights[i], &there, err))
            return error_wrap(err, "%s: '%s' of the zoo", s->zoo.path, s->zoo.member[i].name);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            double *f = s->feature[i * n + k];
            if (!compare_pair(&s->texts[i], &s->texts[k], &weights[i], &weights[k], f, err)) return false;
            memcpy(s->feature[k * n + i], f, sizeof s->feature[0]);
            if (s->zoo.member[i].suspect || s->zoo.member[k].suspect) continue;
            struct lineage_pair *p = &s->pair[s->n_pairs++];
            *p = (struct lineage_pair){.a = i, .b = k, .related = lineage_related(&s->zoo, i, k)};
            memcpy(p->feature, f, sizeof p->feature);
        }
    return true;
}

static bool put_tree(struct compare_task *t, const struct lineage_state *s, const struct option_value *options,
                     struct error *err) {
    static const int features[] = {LINEAGE_F1, LINEAGE_F2, LINEAGE_WEIGHTS, LINEAGE_LOGITS};
    static const char *const names[] = {"f1", "f2", "weights", "logits"};
    size_t n = s->zoo.n, by = 0;
    struct buffer b;
    while (by < 3 && !text_equal_c(options[BY].text, names[by])) by++;
    double *distance = arena_alloc(t->arena, n * n, sizeof *distance, err);
    const char **name = arena_new(t->arena, const char *, n, err);
    if (!distance || !name) return false;
    for (size_t i = 0; i < n; i++) {
        name[i] = s->zoo.member[i].name;
        for (size_t k = 0; k < n; k++) {
            double like = i == k ? 1 : s->feature[i * n + k][features[by]];
            if (isnan(like))
                return error_set(err, ERROR_DATA, "--test lineage,by=%s: '%s' and '%s' have no such likeness",
                                 names[by], name[i], s->zoo.member[k].name);
            distance[i * n + k] = by == 1 ? -log(fmin(fmax(like, 1e-6), 1)) : fmax(1 - like, 0);
        }
    }
    buffer_init(&b, 1 << 22);
    bool drawn = text_ends(options[TREE].text, TEXT(".svg"));
    bool ok = drawn ? lineage_svg(distance, name, n, &b, err)
                    : lineage_newick(distance, name, n, options[JOIN].flag, &b, err);
    char *path = ok ? text_copy(t->arena, options[TREE].text, err) : NULL;
    ok = path && file_write(path, buffer_text(&b), err);
    buffer_done(&b);
    return ok;
}

static struct lineage_state *open_state(struct compare_task *t, const struct option_value *options, struct error *err) {
    for (struct lineage_state *s = t->out->lineage; s; s = s->next)
        if (strcmp(s->task, t->name) == 0) return s;
    struct lineage_state *s = arena_new(t->out->arena, struct lineage_state, 1, err);
    char *task = s ? text_copy(t->out->arena, text_of(t->name), err) : NULL;
    if (!task || !read_zoo(t, s, options, err)) return NULL;
    s->task = task;
    struct lineage_weights *weights = arena_new(t->arena, struct lineage_weights, s->zoo.n, err);
    bool ok = weights && compare_zoo(s, weights, err);
    for (size_t i = 0; weights && i < s->zoo.n; i++) lineage_weights_close(&weights[i]);
    if (!ok) return NULL;
    lineage_calibrate(s->pair, s->n_pairs);
    s->quality = lineage_quality(s->pair, s->n_pairs);
    if (options[TREE].text.len && !put_tree(t, s, options, err)) return NULL;
    s->next = t->out->lineage;
    t->out->lineage = s;
    return s;
}

/* ---- a pair ---- */

static size_t place_of(const struct lineage_state *s, int64_t run) {
    for (size_t i = 0; i < s->zoo.n; i++)
        if (s->run_id[i] == run) return i;
    return SIZE_MAX;
}

/* A pair of which one or both are no members. */
static bool compare_strangers(struct telling *k) {
    struct compare_task *t = k->t;
    struct lm_builtin room[3];
    struct lm_builtins builtins = builtins_of(room);
    struct lineage_texts texts[2];
    struct lineage_weights weights[2] = {{0}, {0}};
    bool ok = true;
    for (int side = 0; ok && side < 2; side++) {
        bool there, files;
        const struct compare_run *run = &t->out->runs[side ? t->other : t->base];
        ok = lineage_texts_read(t->record, t->run[side], text_of(t->name), t->arena, &texts[side], &there, k->err) &&
             lineage_texts_parallel(&k->s->texts[0], &texts[side], k->s->run[0], run->name, k->err) &&
             lineage_weights_open(run->spec, builtins, &weights[side], &files, k->err);
    }
    ok = ok && compare_pair(&texts[0], &texts[1], &weights[0], &weights[1], k->feature, k->err);
    lineage_weights_close(&weights[0]);
    lineage_weights_close(&weights[1]);
    return ok;
}

static bool weigh_pair(struct telling *k) {
    struct lineage_state *s = k->s;
    struct lineage_fit fit;
    const size_t left[2] = {k->a, k->b};
    if (k->a == SIZE_MAX || k->b == SIZE_MAX) {
        if (!compare_strangers(k)) return false;
    } else {
        memcpy(k->feature, s->feature[k->a * s->zoo.n + k->b], sizeof k->feature);
    }
    struct lineage_pair pair = {0};
    for (int c = 0; c < CHANNELS; c++) {
        lineage_fit(s->pair, s->n_pairs, left, (enum lineage_channel)c, &fit);
        pair.score[c] = lineage_score(&fit, k->feature);
    }
    k->facts.p = lineage_conformal(s->pair, s->n_pairs, &pair, k->b, &k->n_unrelated);
    k->score = pair.score[pair.by];
    k->by = pair.by == CHANNEL_TEXTS ? "texts" : "weights";
    k->facts.calibrated = k->n_unrelated >= LINEAGE_LEAST;
    k->facts.available = true;
    return true;
}

/* ---- facts: what it claims, declares and has read ---- */

struct claims {
    const struct lineage_member *of;
    uint64_t replies, claims;
    char first[160];
};

static bool names_member(const struct lineage_member *m, struct text model, struct text maker) {
    return (model.len && (text_equal_nocase(model, m->model) || text_equal_nocase(model, m->family))) ||
           (!model.len && maker.len && text_equal_nocase(maker, m->maker));
}

static bool see_claim(void *context, const struct record_row *row, struct error *err) {
    struct claims *c = context;
    struct text model = json_text(json_object_get(row->evidence, "claimed_model"));
    struct text maker = json_text(json_object_get(row->evidence, "claimed_maker"));
    (void)err;
    if (!row->scored || text_equal_c(row->label, "empty")) return true;
    c->replies++;
    if (!names_member(c->of, model, maker)) return true;
    if (!c->claims++)
        snprintf(c->first, sizeof c->first, "%.*s: %.*s", (int)(row->item_id.len < 40 ? row->item_id.len : 40),
                 row->item_id.at, (int)(row->text.len < 100 ? row->text.len : 100), row->text.at);
    return true;
}

static bool find_claims(struct telling *k, struct claims *c) {
    struct compare_task *t = k->t;
    json_t *tasks = record_tasks_json(t->record, t->run[1], k->err);
    bool ok = tasks != NULL;
    for (size_t i = 0; ok && i < json_array_size(tasks); i++)
        ok =
            record_rows(t->record, t->run[1], json_text(json_array_get(tasks, i)), "identity", 0, see_claim, c, k->err);
    json_decref(tasks);
    k->facts.claims = c->claims > 0;
    return ok;
}

static bool same_name(struct text base, const struct lineage_member *m) {
    return base.len &&
           (text_equal_nocase(base, m->model) || text_equal_nocase(base, m->family) || text_equal_c(base, m->name));
}

/* Where the claimed name, or its maker's, first stands in the texts that the accused learned from. */
static bool search_corpus(struct telling *k, const struct lineage_member *t, const struct lineage_member *s,
                          uint64_t *offset) {
    struct text source;
    struct text names[2] = {s->family.len ? s->family : s->model, s->maker};
    *offset = 0;
    if (!t->corpus) return true;
    if (!file_read(k->t->arena, t->corpus, CORPUS_MOST, &source, k->err)) return false;
    k->facts.searchable = true;
    for (int i = 0; i < 2; i++)
        for (size_t at = names[i].len ? text_find(source, names[i], 0) : SIZE_MAX; at != SIZE_MAX;
             at = text_find(source, names[i], at + 1)) {
            if (!k->facts.found++) *offset = at;
        }
    return true;
}

static bool tell_facts(struct telling *k, const char **rule, enum lineage_cause *cause) {
    struct comparison *out = k->t->out;
    const struct lineage_member *s = &k->s->zoo.member[k->a], *t = &k->s->zoo.member[k->b];
    struct claims c = {.of = s};
    uint64_t offset;
    if (!find_claims(k, &c) || !search_corpus(k, t, s, &offset)) return false;
    k->facts.declares = same_name(t->base, s);
    *cause = lineage_cause(&k->facts, rule);
    return compare_note(out, k->err, "%s: %llu of its %llu replies claim to be %s%s%s%s", t->name,
                        (unsigned long long)c.claims, (unsigned long long)c.replies, s->name, c.claims ? " (" : "",
                        c.claims ? c.first : "", c.claims ? ")" : "") &&
           compare_note(
               out, k->err,
               "%s: declared base %.*s; related to %s by %s: P %.3f at even odds, conformal p %.3f against %zu pairs",
               t->name, t->base.len ? (int)t->base.len : 4, t->base.len ? t->base.at : "none", s->name, k->by,
               1 / (1 + exp(-k->score)), k->facts.p, k->n_unrelated) &&
           (!k->facts.found ||
            compare_note(out, k->err, "%s: the name stands %llu times in %s, first at byte %llu", t->name,
                         (unsigned long long)k->facts.found, t->corpus, (unsigned long long)offset)) &&
           compare_note(out, k->err, "%s, claiming %s: %s, because %s", t->name, s->name, lineage_cause_names[*cause],
                        *rule);
}

/* ---- rows ---- */

static bool put(struct telling *k, const char *name, double value, double p, uint64_t n, const char *unit,
                const char *verdict, const char *why) {
    struct compare_row row = {.test = "lineage",
                              .task = k->t->name,
                              .name = name,
                              .group = "",
                              .a = NAN,
                              .b = NAN,
                              .value = value,
                              .lo = NAN,
                              .hi = NAN,
                              .p = p,
                              .detectable = NAN,
                              .n = n,
                              .unit = unit,
                              .direction = "none",
                              .first = strcmp(name, "related") == 0,
                              .method = "zoo",
                              .verdict = verdict,
                              .null_reason = why};
    return compare_add_row(k->t, &row, k->err) && compare_put_figure(k->t, &row, k->err);
}

static bool put_rows(struct telling *k, const char *verdict, enum lineage_cause cause) {
    const struct lineage_quality *q = &k->s->quality;
    const char *why = k->facts.calibrated ? NULL : "not calibrated: fewer than 20 unrelated pairs in the zoo";
    double related = why ? NAN : 1 / (1 + exp(-k->score));
    if (!put(k, "related", related, why ? NAN : k->facts.p, k->n_unrelated, "probability", verdict, why) ||
        !put(k, "related_p", why ? NAN : k->facts.p, NAN, k->n_unrelated, "p", NULL, why) ||
        !put(k, "cause", cause, NAN, 1, "code", verdict, NULL))
        return false;
    for (int f = 0; f < LINEAGE_FEATURES; f++)
        if (!isnan(k->feature[f]) && !put(k, lineage_feature_names[f], k->feature[f], NAN,
                                          k->s->texts[0].replies.prompts, "likeness", NULL, NULL))
            return false;
    return put(k, "zoo_accused", q->accused, NAN, q->unrelated, "share", NULL, NULL) &&
           put(k, "zoo_found", q->found, NAN, q->related, "share", NULL, NULL) &&
           put(k, "zoo_raw", q->raw, NAN, q->unrelated, "share", NULL, NULL) &&
           put(k, "zoo_auc", q->auc, NAN, q->related + q->unrelated, "index", NULL, NULL);
}

/* A verdict that is refused: the first one is told for all. */
static bool tell_undecided(struct telling *k) {
    struct comparison *out = k->t->out;
    if (k->facts.calibrated || out->undecided) return true;
    out->undecided = arena_printf(out->arena, k->err,
                                  "--test lineage, task '%s': no verdict, not calibrated: the zoo has %zu unrelated "
                                  "pairs without the accused, and %d are needed",
                                  k->t->name, k->n_unrelated, LINEAGE_LEAST);
    return out->undecided != NULL;
}

static bool run_lineage(struct compare_task *t, const struct option_value *options, struct error *err) {
    struct telling k = {.t = t, .options = options, .err = err};
    struct lineage_texts texts;
    bool there;
    const char *rule = "";
    enum lineage_cause cause = CAUSE_UNDETERMINED;
    if (!options[ZOO].text.len)
        return error_set(err, ERROR_USAGE, "--test lineage: give zoo=FILE, models whose ancestry is known");
    if (strcmp(t->scorer, "identity") == 0)
        return compare_no_row(t, "lineage", "related", "its prompts ask who answers; neutral ones are compared", err);
    if (!lineage_texts_read(t->record, t->run[0], text_of(t->name), t->arena, &texts, &there, err)) return false;
    if (!there) return compare_no_row(t, "lineage", "related", "its answers are choices, not texts", err);
    if (!(k.s = open_state(t, options, err))) return false;
    k.a = place_of(k.s, t->run[0]);
    k.b = place_of(k.s, t->run[1]);
    if (!weigh_pair(&k)) return false;
    bool known = k.a != SIZE_MAX && k.b != SIZE_MAX;
    if (known && !tell_facts(&k, &rule, &cause)) return false;
    return put_rows(&k, known ? lineage_cause_names[cause] : NULL, cause) && tell_undecided(&k);
}

const struct compare_test compare_test_lineage = {
    .name = "lineage",
    .summary =
        "whether the other model was made from the base's, against a zoo of known ancestry; the cause of a claim",
    .options = options_lineage,
    .n_options = sizeof options_lineage / sizeof *options_lineage,
    .run = run_lineage,
};
