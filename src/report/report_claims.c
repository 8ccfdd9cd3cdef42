/* Claims that were judged: see report_claims.h. */
#include "report/report_claims.h"

#include "report/report_data.h"

#include <math.h>
#include <string.h>

enum { MOST_CLAIMS = 100000 };

static struct report_claim claim_of(const json_t *j) {
    const json_t *target = json_object_get(j, "target");
    return (struct report_claim){.id = json_c(j, "id"),
                                 .text = json_c(j, "text"),
                                 .clause = json_c(j, "clause"),
                                 .attribute = json_c(j, "attribute"),
                                 .verdict = json_c(j, "verdict"),
                                 .why = json_c(j, "why"),
                                 .owner = json_c(j, "owner"),
                                 .task = json_c(j, "task"),
                                 .figure = json_c(j, "figure"),
                                 .group = json_c(j, "group"),
                                 .op = json_c(j, "op"),
                                 .target = json_is_number(target) ? json_number_value(target) : NAN};
}

bool report_claims_read(struct record *record, const char *run, struct arena *arena, struct report_claims *out,
                        struct error *err) {
    *out = (struct report_claims){.policy = "", .digest = "", .verdict = ""};
    const char *key = arena_printf(arena, err, "claims/%s", run);
    if (!key) return false;
    error_clear(err);
    out->json = record_fact_json(record, key, err);
    if (!out->json) return err->kind == ERROR_NONE;
    const json_t *list = json_object_get(out->json, "claims");
    out->policy = json_c(out->json, "policy");
    out->digest = json_c(out->json, "digest");
    out->verdict = json_c(out->json, "verdict");
    out->n = json_array_size(list);
    if (out->n > MOST_CLAIMS) return error_set(err, ERROR_DATA, "run '%s' has more than %d claims", run, MOST_CLAIMS);
    if (!(out->claims = arena_new(arena, struct report_claim, out->n + 1, err))) return false;
    for (size_t i = 0; i < out->n; i++) out->claims[i] = claim_of(json_array_get(list, i));
    return true;
}

void report_claims_done(struct report_claims *claims) {
    json_decref(claims->json);
    *claims = (struct report_claims){0};
}

bool report_claim_holds(const struct report_claim *claim) {
    return strcmp(claim->verdict, "met") == 0 || strcmp(claim->verdict, "waived") == 0;
}

const char *report_claim_question(const struct report_claim *c, struct arena *arena, struct error *err) {
    char target[32] = "";
    if (!c->figure[0]) return c->text[0] ? c->text : c->id;
    if (!isnan(c->target)) target[text_from_f64(c->target, target)] = 0;
    return arena_printf(arena, err, "%s of %s%s%s%s%s%s%s", c->figure, c->task, c->group[0] ? ", " : "", c->group,
                        c->op[0] ? " " : "", c->op, target[0] ? " " : "", target);
}
