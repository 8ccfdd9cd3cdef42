/* Figures of fusion: see fuse_report.h. */
#include "measure/fusion/fuse_report.h"

#include "measure/fusion/fuse_again.h"
#include "measure/fusion/fuse_conformal.h"
#include "measure/statistics/statistics.h"
#include "record/figure.h"

#include <math.h>
#include <string.h>

enum { FIGURES_MOST = 1024 };

struct sheet {
    const struct agent_log *log;
    const struct fuse_settings *settings;
    struct arena *arena;
    struct fuse_report *out;
    struct error *err;
};

/* ---- putting figures ---- */

static void put(struct sheet *s, struct figure f) {
    f.scorer = "fuse";
    if (s->out->n_figures < FIGURES_MOST) s->out->figures[s->out->n_figures++] = f;
}

static void put_number(struct sheet *s, const char *name, const char *group, double value, size_t n, const char *unit,
                       const char *direction, const char *method) {
    struct figure f = figure_new(name, group, value, n);
    f.unit = unit, f.direction = direction, f.method = method;
    if (isnan(value)) f.null_reason = "not to be computed";
    put(s, f);
}

static void put_share(struct sheet *s, const char *name, const char *group, uint64_t k, uint64_t n) {
    struct interval i = stat_wilson(k, n, s->settings->confidence);
    struct figure f = figure_new(name, group, i.estimate, n);
    figure_set_interval(&f, i.estimate, i.lo, i.hi, "wilson");
    f.k = (int64_t)k, f.unit = "share", f.direction = "up";
    if (!n) f.null_reason = "no item has a gold answer";
    put(s, f);
}

static void put_null(struct sheet *s, const char *name, const char *group, const char *why) {
    struct figure f = figure_new(name, group, NAN, 0);
    f.unit = "share", f.direction = "up", f.method = "", f.null_reason = why;
    put(s, f);
}

/* ---- one way to fuse ---- */

static size_t decider(const struct agent_log *log) {
    size_t s = 0;
    while (s < log->n_sources && !log->source[s].decides) s++;
    return s;
}

/* Against what was decided: exact McNemar on the items where one of the two is right. */
static void put_against(struct sheet *s, const struct fused *f, const char *group) {
    size_t d = decider(s->log);
    uint64_t won = 0, lost = 0;
    if (d == s->log->n_sources) return;
    for (size_t i = 0; i < s->log->n_items; i++) {
        int32_t gold = s->log->item[i].gold;
        bool ours = f->answer[i] == gold, theirs = agent_said_at(s->log, i, d)->answer == gold;
        if (gold == AGENT_SILENT) continue;
        won += ours && !theirs, lost += theirs && !ours;
    }
    const char *method =
        arena_printf(s->arena, s->err, "exact McNemar, %llu won and %llu lost against %.*s", (unsigned long long)won,
                     (unsigned long long)lost, TEXT_ARG(s->log->source[d].name));
    if (method) put_number(s, "mcnemar_p", group, stat_mcnemar(won, lost), won + lost, "share", "none", method);
}

/* Of a probable method: mean log-loss and Brier score of the whole distribution. */
static void put_losses(struct sheet *s, const struct fused *f, const char *group) {
    double log_loss = 0, brier = 0;
    size_t k = s->log->n_classes;
    for (size_t i = 0; i < s->log->n_items; i++) {
        int32_t gold = s->log->item[i].gold;
        if (gold == AGENT_SILENT) continue;
        log_loss -= log(fmax(f->p[i * k + (size_t)gold], 1e-300));
        for (size_t t = 0; t < k; t++) {
            double off = f->p[i * k + t] - (t == (size_t)gold);
            brier += off * off;
        }
    }
    double n = (double)s->log->n_gold;
    put_number(s, "log_loss", group, log_loss / n, s->log->n_gold, "nats", "down", "mean");
    put_number(s, "brier_all", group, brier / n, s->log->n_gold, "points", "down", "mean");
}

static void put_fused(struct sheet *s, const struct fusion *method, const struct fused *f, const char *group) {
    uint64_t right = 0, answered = 0;
    for (size_t i = 0; i < s->log->n_items; i++) {
        int32_t gold = s->log->item[i].gold;
        answered += f->answer[i] != AGENT_SILENT;
        right += gold != AGENT_SILENT && f->answer[i] == gold;
    }
    bool flattered = method->learns && !s->settings->loo;
    if (s->log->n_gold) put_share(s, flattered ? "accuracy_in_sample" : "accuracy", group, right, s->log->n_gold);
    put_share(s, "answered", group, answered, s->log->n_items);
    if (!s->log->n_gold) return;
    put_against(s, f, group);
    if (method->probable) put_losses(s, f, group);
}

static bool put_weights(struct sheet *s, const struct fusion *method, const struct fused *f) {
    for (size_t i = 0; f->weight && i < s->out->n_sources; i++) {
        const char *group =
            arena_printf(s->arena, s->err, "agent=%.*s", TEXT_ARG(s->log->source[s->out->source[i]].name));
        if (!group) return false;
        put_number(s, "weight", group, f->weight[i], s->log->n_gold, "share", "none", method->weighs);
    }
    return true;
}

/* ---- all of them ---- */

static bool put_alone(struct sheet *s) {
    for (size_t a = 0; s->log->n_gold && a < s->log->n_sources; a++) {
        uint64_t right = 0;
        for (size_t i = 0; i < s->log->n_items; i++) {
            int32_t gold = s->log->item[i].gold;
            right += gold != AGENT_SILENT && agent_said_at(s->log, i, a)->answer == gold;
        }
        const char *group = arena_printf(s->arena, s->err, "agent=%.*s", TEXT_ARG(s->log->source[a].name));
        if (!group) return false;
        put_share(s, "accuracy", group, right, s->log->n_gold);
    }
    return true;
}

static bool put_each(struct sheet *s, const size_t *source, size_t n, const char *which) {
    const struct fusion *const *all;
    size_t n_all = fusions(&all);
    for (size_t m = 0; m < n_all; m++) {
        const struct fusion *method;
        struct fused f;
        struct error why = {0};
        const char *group = arena_printf(s->arena, s->err, "method=%s%s", all[m]->name, which);
        if (!group) return false;
        if (fuse(all[m]->name, s->log, source, n, s->settings->loo, s->arena, &method, &f, &why)) {
            put_fused(s, method, &f, group);
            continue;
        }
        if (why.kind != ERROR_DATA) return *s->err = why, false;
        const char *reason = text_copy(s->arena, text_of(why.message), s->err);
        if (!reason) return false;
        put_null(s, "accuracy", group, reason);
    }
    return true;
}

/* First and last rounds, where they differ; or those that were named. */
static bool put_all(struct sheet *s) {
    size_t last[AGENT_SOURCES_MOST], n = fuse_sources(s->log, true, last);
    if (!put_alone(s)) return false;
    if (s->settings->only) return put_each(s, s->out->source, s->out->n_sources, "");
    bool same = n == s->out->n_sources && memcmp(last, s->out->source, n * sizeof *last) == 0;
    return put_each(s, s->out->source, s->out->n_sources, same ? "" : ",answers=first") &&
           (same || put_each(s, last, n, ",answers=last"));
}

/* ---- what can be done with it ---- */

static bool put_conformal(struct sheet *s, const struct fusion *method, const struct fused *f) {
    struct conformal c;
    if (method->learns && !s->settings->loo)
        return error_set(s->err, ERROR_USAGE, "--conformal: '%s' learns from the same items; give --loo", method->name);
    if (!fuse_conformal(s->log, f->p, s->settings->conformal, s->settings->seed, s->arena, &c, s->err)) return false;
    const char *group = arena_printf(s->arena, s->err, "conformal=%g", s->settings->conformal);
    const char *how = arena_printf(s->arena, s->err, "mean of %zu halves, %.4f to %.4f", c.splits, c.least, c.most);
    if (!group || !how) return false;
    s->out->set = c.in;
    put_number(s, "coverage", group, c.coverage, s->log->n_gold, "share", "none", how);
    put_number(s, "set_size", group, c.size, s->log->n_gold, "classes", "down", "mean of halves");
    put_number(s, "escalated", group, c.escalated, s->log->n_gold, "share", "down", "mean of halves");
    return true;
}

static const char *policy(const struct again_row *row, struct arena *arena, struct error *err) {
    if (isnan(row->least)) return "ask again=by value";
    if (isinf(row->least)) return row->least < 0 ? "ask again=always" : "ask again=never";
    return arena_printf(arena, err, "ask again=gain %g", row->least);
}

static bool put_again(struct sheet *s) {
    struct again a;
    if (!fuse_again(s->settings->again, s->log, s->arena, &a, s->err)) return false;
    for (size_t i = 0; i < a.n_rows; i++) {
        const struct again_row *row = &a.row[i];
        const char *group = policy(row, s->arena, s->err);
        const char *of = arena_printf(s->arena, s->err, "of %zu second answers%s%.*s", row->could,
                                      a.reference.len ? ", seen beside " : "", TEXT_ARG(a.reference));
        if (!group || !of) return false;
        put_share(s, "accuracy", group, row->right, row->n);
        put_number(s, "asked", group, row->could ? (double)row->asked / (double)row->could : NAN, row->could, "share",
                   "down", of);
        put_number(s, "cost", group, row->cost, row->n, "cost", "down", "mean of items");
    }
    return true;
}

/* ---- the sources ---- */

static bool name_sources(struct sheet *s) {
    struct text rest = text_of(s->settings->only), name;
    if (!s->settings->only) {
        s->out->n_sources = fuse_sources(s->log, false, s->out->source);
        return true;
    }
    while (text_next(&rest, ',', &name)) {
        size_t place;
        if (!agent_log_source(s->log, text_trim(name), &place, s->err)) return false;
        for (size_t i = 0; i < s->out->n_sources; i++)
            if (s->out->source[i] == place)
                return error_set(s->err, ERROR_USAGE, "--only: '%.*s' twice", TEXT_ARG(name));
        s->out->source[s->out->n_sources++] = place;
    }
    return true;
}

bool fuse_report(const struct agent_log *log, const struct fuse_settings *settings, struct arena *arena,
                 struct fuse_report *out, struct error *err) {
    struct sheet s = {.log = log, .settings = settings, .arena = arena, .out = out, .err = err};
    *out = (struct fuse_report){.figures = arena_new(arena, struct figure, FIGURES_MOST, err)};
    if (!out->figures || !name_sources(&s)) return false;
    if (!settings->method && !isnan(settings->conformal))
        return error_set(err, ERROR_USAGE, "--conformal belongs to one method; give --method");
    if (!settings->method) return put_all(&s) && (!settings->again || put_again(&s));
    if (!fuse(settings->method, log, out->source, out->n_sources, settings->loo, arena, &out->method, &out->fused, err))
        return false;
    const char *group = arena_printf(arena, err, "method=%s", settings->method);
    if (!group) return false;
    put_fused(&s, out->method, &out->fused, group);
    return put_weights(&s, out->method, &out->fused) &&
           (isnan(settings->conformal) || put_conformal(&s, out->method, &out->fused)) &&
           (!settings->again || put_again(&s));
}

/* ---- one item ---- */

static json_t *class_json(const struct agent_log *log, int32_t class) {
    return class == AGENT_SILENT ? json_null() : json_from_text(log->classes[class]);
}

static void set_text(json_t *object, struct text key, json_t *value) {
    json_object_setn_new(object, key.at, key.len, value);
}

json_t *fuse_item_json(const struct agent_log *log, const struct fuse_report *r, size_t item, struct error *err) {
    size_t k = log->n_classes;
    json_t *p = json_object(), *says = json_object(), *bits = json_object(), *set = json_array();
    for (size_t t = 0; p && t < k; t++) set_text(p, log->classes[t], json_from_f64(r->fused.p[item * k + t]));
    for (size_t s = 0; says && s < r->n_sources; s++) {
        struct text name = log->source[r->source[s]].name;
        set_text(says, name, class_json(log, agent_said_at(log, item, r->source[s])->answer));
        if (r->fused.bits) set_text(bits, name, json_from_f64(r->fused.bits[item * r->n_sources + s]));
    }
    for (size_t t = 0; set && r->set && t < k; t++)
        if (r->set[item * k + t]) json_array_append_new(set, json_from_text(log->classes[t]));
    json_t *row = json_pack("{s:o s:o s:o s:o s:o}", "item", json_from_text(log->item[item].id), "gold",
                            class_json(log, log->item[item].gold), "answer", class_json(log, r->fused.answer[item]),
                            "p", p, "says", says);
    if (row && r->fused.bits) json_object_set(row, "bits", bits);
    if (row && r->set) json_object_set(row, "set", set);
    json_decref(bits);
    json_decref(set);
    if (!row) error_memory(err, "item");
    return row;
}
