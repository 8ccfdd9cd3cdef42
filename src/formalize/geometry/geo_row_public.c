/* Public traces as rows: see geo_row.h. */
#include "formalize/geometry/geo_row.h"

#include "geometry/geo_public.h"

static struct text said(const json_t *row, size_t i) {
    return json_text(json_object_get(json_array_get(json_object_get(row, "messages"), i), "content"));
}

bool geo_row_is_public(const json_t *row) {
    return text_find(said(row, 0), TEXT("reasoning steps:"), 0) != SIZE_MAX;
}

static json_t *step_json(const struct geo_public_step *s, size_t n, const struct geo_names *names) {
    json_t *out = json_pack("{s:i s:o s:s*}", "n", (int)n, "rule", json_from_text(s->rule), "ours", s->ours);
    if (s->unread) {
        json_object_set_new(out, "unread", json_string(s->unread));
        json_object_set_new(out, "text", json_from_text(s->text));
        return out;
    }
    json_object_set_new(out, "from", geo_row_facts(s->premise, s->n_premises, names));
    json_object_set_new(out, "gives", geo_row_facts(&s->gives, 1, names));
    return out;
}

bool geo_row_parse_public(const struct geo_unit *unit, struct arena *arena, json_t *out, bool *holds,
                          struct error *err) {
    struct geo_public trace;
    uint64_t label = UINT64_MAX;
    size_t before = 0, read = 0;
    json_t *steps;
    if (!geo_public_read(said(unit->row, 0), arena, &trace, err))
        return error_wrap(err, "%s:%zu", unit->place.file, unit->place.line);
    bool labelled = geo_public_label(said(unit->row, 0), said(unit->row, 1), &label);
    if (!(steps = json_array())) return error_memory(err, "steps");
    for (size_t i = 0; i < trace.n; i++) {
        before += i < label;
        read += i < label && !trace.step[i].unread;
        json_array_append_new(steps, step_json(&trace.step[i], i, &trace.names));
    }
    *holds = read == before;
    bool ok =
        json_object_set_new(out, "steps", steps) == 0 &&
        json_object_set_new(out, "before", json_integer((json_int_t)before)) == 0 &&
        json_object_set_new(out, "read", json_integer((json_int_t)read)) == 0 &&
        (!labelled || json_object_set_new(out, "wrong", json_integer((json_int_t)label)) == 0) &&
        (*holds || json_object_set_new(out, "why", json_string("a step before the labelled one was not read")) == 0);
    return ok || error_memory(err, "steps");
}
