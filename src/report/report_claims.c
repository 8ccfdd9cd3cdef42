/* Claims that were judged: see report_claims.h. */
#include "report/report_claims.h"

#include "report/report_data.h"

#include <math.h>
#include <string.h>

enum { MOST_CLAIMS = 100000, QUERY_SECONDS = 60 };

/* ---- the certificate of a run */

struct search {
    const char *run;
    json_t *newest; /* owned */
    const json_t *round;
};

static const json_t *round_of(const json_t *certificate, const char *run) {
    const json_t *rounds = json_object_get(certificate, "rounds"), *found = NULL;
    for (size_t i = 0; i < json_array_size(rounds); i++)
        if (strcmp(json_c(json_array_get(rounds, i), "run"), run) == 0) found = json_array_get(rounds, i);
    return found;
}

static double when_of(const json_t *certificate) {
    return json_number_value(json_object_get(certificate, "when"));
}

static bool see_certificate(void *context, const json_t *row, bool header, struct error *err) {
    struct search *s = context;
    if (header) return true;
    json_t *one = json_read(json_text(json_array_get(row, 1)), json_string_value(json_array_get(row, 0)), 1, err);
    if (!one) return false;
    const json_t *round = round_of(one, s->run);
    if (!round || (s->newest && when_of(one) < when_of(s->newest))) return json_decref(one), true;
    json_decref(s->newest);
    s->newest = one;
    s->round = round;
    return true;
}

/* ---- its goals */

/* The finding that says what the goal's verdict says; else the first. */
static const json_t *deciding(const json_t *goal) {
    const json_t *findings = json_object_get(goal, "findings");
    for (size_t i = 0; i < json_array_size(findings); i++)
        if (strcmp(json_c(json_array_get(findings, i), "verdict"), json_c(goal, "verdict")) == 0)
            return json_array_get(findings, i);
    return json_array_get(findings, 0);
}

static struct report_claim claim_of(const json_t *goal) {
    const json_t *finding = deciding(goal), *target = json_object_get(finding, "target");
    return (struct report_claim){.id = json_c(goal, "id"),
                                 .text = json_c(goal, "text"),
                                 .clause = json_c(goal, "clause"),
                                 .attribute = json_c(goal, "attribute"),
                                 .verdict = json_c(goal, "verdict"),
                                 .what = json_c(finding, "what"),
                                 .op = json_c(finding, "op"),
                                 .why = json_c(finding, "why"),
                                 .target = json_is_number(target) ? json_number_value(target) : NAN};
}

bool report_claims_read(struct record *record, const char *run, struct arena *arena, struct report_claims *out,
                        struct error *err) {
    struct search s = {.run = run};
    *out = (struct report_claims){.policy = "", .digest = "", .verdict = ""};
    bool ok = record_query(record,
                           TEXT("select key, value from meta where key > 'certificate/' and"
                                " key < 'certificate0' order by key"),
                           QUERY_SECONDS, see_certificate, &s, err);
    out->json = s.newest;
    if (!ok || !s.round) return ok;
    const json_t *policy = json_object_get(s.newest, "policy"), *goals = json_object_get(s.round, "goals");
    out->policy = json_c(policy, "name");
    out->digest = json_c(policy, "sha256");
    out->verdict = json_c(json_object_get(s.round, "gate"), "verdict");
    out->n = json_array_size(goals);
    if (out->n > MOST_CLAIMS) return error_set(err, ERROR_DATA, "run '%s' has more than %d goals", run, MOST_CLAIMS);
    if (!(out->claims = arena_new(arena, struct report_claim, out->n + 1, err))) return false;
    for (size_t i = 0; i < out->n; i++) out->claims[i] = claim_of(json_array_get(goals, i));
    return true;
}

void report_claims_done(struct report_claims *claims) {
    json_decref(claims->json);
    *claims = (struct report_claims){0};
}

/* ---- one of them */

bool report_claim_waived(const struct report_claim *claim) {
    return strcmp(claim->verdict, "waived") == 0 || strcmp(claim->verdict, "does not apply") == 0;
}

bool report_claim_holds(const struct report_claim *claim) {
    return strcmp(claim->verdict, "met") == 0 || report_claim_waived(claim);
}

const char *report_claim_question(const struct report_claim *c, struct arena *arena, struct error *err) {
    char target[32] = "";
    if (!c->what[0]) return c->text[0] ? c->text : c->id;
    if (!isnan(c->target)) target[text_from_f64(c->target, target)] = 0;
    return arena_printf(arena, err, "%s%s%s%s%s", c->what, c->op[0] ? " " : "", c->op, target[0] ? " " : "", target);
}

/* Takes a beginning off; false: it has another. */
static bool take(const char **text, const char *part) {
    size_t n = strlen(part);
    if (strncmp(*text, part, n) != 0) return false;
    *text += n;
    return true;
}

bool report_claim_is_of(const struct report_claim *claim, const struct figure *f) {
    const char *rest = claim->what;
    return take(&rest, f->name) && take(&rest, " of ") && take(&rest, f->task) && (!f->group[0] || take(&rest, ", ")) &&
           take(&rest, f->group) && !*rest;
}
