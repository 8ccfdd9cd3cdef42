/* The certificate as one JSON document (docs/certify.md), kept in the record: see certify_internal.h. */
#include "certify/certify_internal.h"

#include "record/certificate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* NULL is passed on; takes the value. */
static bool put(json_t *object, const char *key, json_t *value, struct error *err) {
    return (value && json_object_set_new(object, key, value) == 0) || error_memory(err, "certificate");
}

/* ---- goals */

/* Where in the chain of the run the figure stands. */
static bool put_evidence(struct certifying *c, json_t *out, const struct certify_round *round, const struct figure *f,
                         struct error *err) {
    char digest[HASH_HEX];
    const char *ref = arena_printf(c->arena, err, "%s#%s#%s", f->task, f->name, f->group);
    return ref && record_evidence_find(c->record, round->run_id, text_of(ref), digest, err) &&
           put(out, "evidence", json_string(digest), err);
}

static bool put_clause(json_t *out, const struct policy_clause *k, struct error *err) {
    bool ok = put(out, "figure", json_string(k->figure.text), err) &&
              put(out, "op", json_string(policy_op_names[k->op]), err) &&
              put(out, "target", json_from_f64(k->target), err) &&
              put(out, "confidence", json_from_f64(k->confidence), err);
    if (ok && k->op == POLICY_IN) ok = put(out, "upper", json_from_f64(k->upper), err);
    if (ok && k->op == POLICY_NEAR) ok = put(out, "tol", json_from_f64(k->tol), err);
    if (ok && k->n_min) ok = put(out, "n_min", json_integer((json_int_t)k->n_min), err);
    if (ok && k->prefer) ok = put(out, "prefer", json_true(), err);
    return ok;
}

static bool put_figure(struct certifying *c, json_t *out, const struct certify_round *round,
                       const struct policy_outcome *o, struct error *err) {
    const struct figure *f = o->figure;
    const char *what = arena_printf(c->arena, err, "%s of %s%s%s", f->name, f->task, *f->group ? ", " : "", f->group);
    bool ok = what && put(out, "what", json_string(what), err) && put(out, "value", json_from_f64(f->value), err) &&
              put(out, "lo", json_from_f64(o->interval.lo), err) &&
              put(out, "hi", json_from_f64(o->interval.hi), err) &&
              put(out, "n", json_integer((json_int_t)f->n), err) &&
              put(out, "method", json_string(o->method ? o->method : "none"), err);
    if (ok && f->k >= 0) ok = put(out, "k", json_integer(f->k), err);
    return ok && put_evidence(c, out, round, f, err);
}

static json_t *outcome_json(struct certifying *c, const struct certify_round *round, const struct policy_outcome *o,
                            struct error *err) {
    json_t *out = json_pack("{s:s}", "verdict", policy_verdict_names[o->verdict]);
    bool ok = out ? !o->clause || put_clause(out, o->clause, err) : error_memory(err, "certificate");
    if (ok && o->figure) ok = put_figure(c, out, round, o, err);
    if (ok && o->why) ok = put(out, "why", json_string(o->why), err);
    if (ok && o->needed) ok = put(out, "n_needed", json_integer((json_int_t)o->needed), err);
    if (!ok) json_decref(out), out = NULL;
    return out;
}

static bool put_waiver(json_t *out, const struct policy_goal *g, struct error *err) {
    char day[11] = "";
    if (!g->waived_by) return true;
    (void)policy_day_put(g->waived_until, day);
    return put(out, "waiver", json_pack("{s:s s:s}", "owner", g->waived_by, "until", day), err);
}

static json_t *goal_json(struct certifying *c, const struct certify_round *round, size_t goal, struct error *err) {
    const struct policy_goal *g = &c->policy->goals[goal];
    json_t *findings = json_array();
    json_t *out = findings ? json_pack("{s:s s:s s:i s:i s:s s:o}", "id", g->id, "text", g->text, "level", g->level,
                                       "severity", g->severity, "verdict",
                                       policy_verdict_names[round->result.verdicts[goal]], "findings", findings)
                           : NULL;
    bool ok = out || error_memory(err, "certificate");
    if (ok && *g->clause) ok = put(out, "clause", json_string(g->clause), err);
    if (ok && *g->attribute) ok = put(out, "attribute", json_string(g->attribute), err);
    if (ok && g->hard) ok = put(out, "hard", json_true(), err);
    ok = ok && put_waiver(out, g, err);
    for (size_t i = 0; ok && i < round->result.n_outcomes; i++) {
        if (round->result.outcomes[i].goal != goal) continue;
        json_t *finding = outcome_json(c, round, &round->result.outcomes[i], err);
        ok = finding && json_array_append_new(findings, finding) == 0;
    }
    if (!ok) json_decref(out), out = NULL;
    return out;
}

/* ---- rounds */

static json_t *gate_json(const struct certifying *c, const struct policy_gate_result *gate) {
    json_t *parts = json_array();
    for (size_t i = 0; i < gate->n; i++) {
        const struct policy_gate_finding *f = &gate->findings[i];
        json_t *part = json_pack("{s:s s:s s:I}", "text", f->text, "verdict", policy_verdict_names[f->verdict], "goals",
                                 (json_int_t)f->picked);
        if (part && f->first != SIZE_MAX)
            json_object_set_new(part, "first", json_string(c->policy->goals[f->first].id));
        json_array_append_new(parts, part ? part : json_null());
    }
    return json_pack("{s:s s:s s:o}", "text", c->policy->gate, "verdict", policy_verdict_names[gate->verdict], "parts",
                     parts);
}

/* Each row of the paired test, and whether it got better or worse beyond its interval, as the goals have it. */
static json_t *change_json(const struct certify_round *round) {
    const struct comparison *change = round->change;
    json_t *rows = json_array();
    for (size_t i = 0; rows && i < change->n_rows; i++) {
        const struct compare_row *r = &change->rows[i];
        if (*r->group) continue;
        json_t *row = json_pack("{s:s s:s s:o s:o s:o s:o s:o s:I s:s}", "task", r->task, "figure", r->name, "before",
                                json_from_f64(r->a), "after", json_from_f64(r->b), "diff", json_from_f64(r->value),
                                "lo", json_from_f64(r->lo), "hi", json_from_f64(r->hi), "n", (json_int_t)r->n, "method",
                                r->method ? r->method : "");
        if (row) {
            json_object_set_new(row, "p", json_from_f64(r->p));
            json_object_set_new(row, "p_holm", json_from_f64(r->p_holm));
            json_object_set_new(row, "direction", json_string(r->direction ? r->direction : "none"));
            int welcome = certify_welcome(round, r);
            json_object_set_new(row, "change",
                                json_string(welcome > 0   ? "better"
                                            : welcome < 0 ? "worse"
                                                          : "not shown"));
        }
        json_array_append_new(rows, row ? row : json_null());
    }
    return rows;
}

static json_t *round_json(struct certifying *c, const struct certify_round *r, struct error *err) {
    json_t *goals = json_array();
    json_t *out = goals ? json_pack("{s:o s:s s:s s:s s:o s:o}", "slice",
                                    json_sprintf("%u/%u", r->slice.index, r->slice.of), "subject", r->subject, "digest",
                                    r->digest, "run", r->run, "gate", gate_json(c, &r->result.gate), "goals", goals)
                        : NULL;
    bool ok = out || error_memory(err, "certificate");
    if (ok && r->broken != SIZE_MAX) ok = put(out, "undone_for", json_string(c->policy->goals[r->broken].id), err);
    if (ok && r->before) ok = put(out, "before", json_string(r->before), err);
    if (ok && r->change) ok = put(out, "change", change_json(r), err);
    for (size_t i = 0; ok && i < c->policy->n_goals; i++) {
        json_t *goal = goal_json(c, r, i, err);
        ok = goal && json_array_append_new(goals, goal) == 0;
    }
    if (!ok) json_decref(out), out = NULL;
    return out;
}

static json_t *act_json(const struct certify_act *a) {
    json_t *lines = json_array();
    for (size_t i = 0; lines && i < a->act->n_run; i++) json_array_append_new(lines, json_string(a->act->run[i]));
    json_t *out = json_pack("{s:s s:s s:s s:s s:f s:f s:i s:o}", "act", a->act->name, "from", a->from, "to", a->to,
                            "digest", a->to_digest, "cost", a->act->cost, "seconds", a->seconds, "after_round",
                            (int)a->before + 1, "run", lines ? lines : json_array());
    const char *const names[] = {"system", "steer", "guard", "guide"};
    const char *const values[] = {a->act->system, a->act->steer, a->act->guard, a->act->guide};
    for (size_t i = 0; out && i < 4; i++)
        if (values[i]) json_object_set_new(out, names[i], json_string(values[i]));
    return out;
}

/* ---- the whole */

/* When the run that decided was begun: a later call, which asks nothing, says the same. */
static bool put_time(struct certifying *c, json_t *document, const char *run, struct error *err) {
    json_t *stored = record_run_json(c->record, run, err);
    if (!stored) return false;
    json_t *started = json_object_get(stored, "started");
    bool ok = put(document, "when", started ? json_incref(started) : json_null(), err);
    json_decref(stored);
    return ok;
}

static bool put_lists(struct certifying *c, json_t *document, struct error *err) {
    json_t *rounds = json_array(), *acts = json_array();
    bool ok = put(document, "rounds", rounds, err) && put(document, "acts", acts, err);
    for (size_t i = 0; ok && i < c->out->n_rounds; i++) {
        json_t *round = round_json(c, &c->out->rounds[i], err);
        ok = round && json_array_append_new(rounds, round) == 0;
    }
    for (size_t i = 0; ok && i < c->out->n_acts; i++)
        ok = json_array_append_new(acts, act_json(&c->out->acts[i])) == 0 || error_memory(err, "certificate");
    return ok;
}

static json_t *policy_json(const struct certifying *c) {
    char digest[HASH_HEX];
    const struct policy *p = c->policy;
    sha256_hex(c->s->source.at, c->s->source.len, digest);
    return json_pack("{s:s s:s s:s s:s s:s s:s}", "name", p->name, "system", p->system ? p->system : "", "use",
                     p->use ? p->use : "", "risk", p->risk ? p->risk : "", "sha256", digest, "gate", p->gate);
}

/* One certificate for each policy, day, subject and setting. */
static bool name_it(struct certifying *c, const json_t *document, struct error *err) {
    char hex[HASH_HEX];
    json_t *key = json_pack("{s:O s:O s:O s:s s:b}", "policy", json_object_get(document, "policy"), "subject",
                            json_object_get(document, "subject"), "as_of", json_object_get(document, "as_of"), "run",
                            c->out->rounds[0].run, "act", c->s->act);
    bool ok = key ? json_digest(key, hex, err) : error_memory(err, "certificate");
    json_decref(key);
    c->out->name = ok ? arena_printf(c->arena, err, "%s-%.8s", c->policy->name, hex) : NULL;
    return c->out->name != NULL;
}

bool certify_document(struct certifying *c, struct error *err) {
    const struct certify_round *first = &c->out->rounds[0], *last = &c->out->rounds[c->out->n_rounds - 1],
                               *stands = &c->out->rounds[c->out->standing];
    char day[11] = "";
    (void)policy_day_put(c->s->as_of, day);
    json_t *document =
        json_pack("{s:s s:o s:o s:s s:{s:s s:s} s:{s:s s:s} s:s s:f}", "format", "certificate-1", "policy",
                  policy_json(c), "as_of", json_string(day), "build", c->s->run.build, "subject", "spec",
                  first->subject, "digest", first->digest, "certified", "spec", stands->subject, "digest",
                  stands->digest, "verdict", policy_verdict_names[c->out->verdict], "confidence", c->confidence);
    bool ok = document ? put_time(c, document, last->run, err) && put_lists(c, document, err)
                       : error_memory(err, "certificate");
    json_t *proved = ok ? certify_prove(c, err) : NULL;
    ok = proved && put(document, "case", proved, err);
    ok = ok && put(document, "standing_round", json_integer((json_int_t)c->out->standing + 1), err);
    if (ok && c->out->proposed) ok = put(document, "proposed", json_string(c->out->proposed), err);
    ok = ok && name_it(c, document, err) && put(document, "name", json_string(c->out->name), err) &&
         json_digest(document, c->out->digest, err) && record_begin(c->record, err);
    if (ok && !(ok = record_put_certificate(c->record, c->out->name, last->run_id, document, err) &&
                     record_commit(c->record, err)))
        record_rollback(c->record);
    c->out->document = document;
    return ok;
}
