/* Moral graphs as files: see moral_write.h. */
#include "set/moral_write.h"

#include "set/moral_internal.h"

#include <math.h>
#include <string.h>

bool moral_report_make(const struct moral *m, const struct moral_standing_settings *settings, struct arena *arena,
                       struct moral_report *out, struct error *err) {
    struct moral_place_of *place = arena_new(arena, struct moral_place_of, m->n_contexts + 1, err);
    moral_votes_of *votes = place ? arena_alloc(arena, m->n_pairs + 1, sizeof *votes, err) : NULL;
    struct moral_arc *arc = votes ? arena_new(arena, struct moral_arc, m->n_pairs + 1, err) : NULL;
    if (!arc) return false;
    for (uint32_t i = 0; i <= m->n_contexts; i++)
        if (!moral_stand(m, i ? i - 1 : MORAL_ALL, settings, arena, &place[i], err)) return false;
    moral_count(m, MORAL_ALL, NULL, votes);
    *out = (struct moral_report){.m = m, .place = place, .arc = arc};
    out->n_arcs = moral_arcs(m, (const moral_votes_of *)votes, arc);
    return moral_find_cycles(arc, out->n_arcs, m->n_values, arena, &out->cycles, err);
}

/* ---- JSON ---- */

static json_t *texts_json(const char *const *text, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(list, json_from_text(text_of(text[i])));
    return list;
}

static json_t *id_json(const struct moral *m, size_t value) {
    return json_from_text(text_of(m->value[value].id));
}

static json_t *values_json(const struct moral *m) {
    json_t *list = json_array();
    for (size_t i = 0; i < m->n_values; i++) {
        const struct moral_value *v = &m->value[i];
        json_t *row = json_pack("{s:o}", "id", id_json(m, i));
        if (v->title[0]) json_object_set_new(row, "title", json_from_text(text_of(v->title)));
        if (v->n_policies) json_object_set_new(row, "policies", texts_json(v->policies, v->n_policies));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *contexts_json(const struct moral *m, const struct moral_pair *p) {
    json_t *list = json_array();
    for (size_t i = 0; i < p->n_contexts; i++)
        json_array_append_new(list, json_from_text(text_of(m->context[m->pair_context[p->context + i]])));
    return list;
}

static json_t *edges_json(const struct moral *m) {
    json_t *list = json_array();
    for (size_t i = 0; i < m->n_pairs; i++)
        for (uint8_t back = 0; back < 2; back++) {
            struct moral_edge e = moral_edge_of(&m->pair[i], back);
            if (isnan(e.p)) continue;
            json_array_append_new(
                list, json_pack("{s:o s:o s:o s:I s:I s:I s:I s:I s:o s:o s:b}", "from", id_json(m, e.from), "to",
                                id_json(m, e.to), "context", contexts_json(m, &m->pair[i]), "W", (json_int_t)e.w, "N",
                                (json_int_t)e.n, "U", (json_int_t)e.u, "L", (json_int_t)e.l, "I", (json_int_t)e.i, "p",
                                json_from_f64(e.p), "H", json_from_f64(e.entropy), "kept", e.kept));
        }
    return list;
}

static json_t *context_json(const struct moral *m, uint32_t context) {
    return context == MORAL_ALL ? json_null() : json_from_text(text_of(m->context[context]));
}

static json_t *ranks_json(const struct moral_report *r) {
    json_t *list = json_array();
    for (size_t c = 0; c <= r->m->n_contexts; c++)
        for (size_t i = 0; i < r->place[c].n_nodes; i++) {
            const struct moral_standing *s = &r->place[c].standing[i];
            json_array_append_new(list, json_pack("{s:o s:o s:o s:o s:o s:o s:o}", "value", id_json(r->m, s->value),
                                                  "context", context_json(r->m, r->place[c].context), "rank",
                                                  json_from_f64(s->rank), "rank_compat", json_from_f64(s->compat), "lo",
                                                  json_from_f64(s->lo), "hi", json_from_f64(s->hi), "first",
                                                  json_from_f64(s->first)));
        }
    return list;
}

static json_t *places_json(const struct moral_report *r) {
    json_t *list = json_array();
    for (size_t c = 0; c <= r->m->n_contexts; c++) {
        const struct moral_place_of *p = &r->place[c];
        json_array_append_new(list,
                              json_pack("{s:o s:I s:I s:I s:I s:o s:b s:o}", "context", context_json(r->m, p->context),
                                        "votes", (json_int_t)p->votes, "voters", (json_int_t)p->voters, "edges",
                                        (json_int_t)p->n_edges, "nodes", (json_int_t)p->n_nodes, "rank_compat_sum",
                                        json_from_f64(p->compat_sum), "weak", p->votes < MORAL_WEAK, "winner",
                                        p->n_nodes ? id_json(r->m, p->standing[0].value) : json_null()));
    }
    return list;
}

static json_t *numbers_json(const struct moral *m, const uint32_t *value, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(list, id_json(m, value[i]));
    return list;
}

static json_t *cycles_json(const struct moral_report *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->cycles.n; i++) {
        const struct moral_component *c = &r->cycles.component[i];
        json_array_append_new(list, json_pack("{s:o s:o}", "values", numbers_json(r->m, c->value, c->n), "cycle",
                                              numbers_json(r->m, c->cycle, c->length)));
    }
    return list;
}

json_t *moral_json(const struct moral_report *r, struct error *err) {
    const struct moral *m = r->m;
    json_t *out = json_pack("{s:o s:o s:o s:o s:o s:I s:I s:I s:I s:b}", "values", values_json(m), "edges",
                            edges_json(m), "ranks", ranks_json(r), "contexts", places_json(r), "cycles", cycles_json(r),
                            "votes", (json_int_t)r->place[0].votes, "voters", (json_int_t)m->n_voters, "ordered_pairs",
                            (json_int_t)m->n_ordered, "repeated", (json_int_t)m->repeated, "simulated", m->simulated);
    if (!out) error_memory(err, "moral graph");
    return out;
}

/* ---- guidelines ---- */

/* "Title: attend to A; B", or what is known where nobody said what a value attends to. */
static bool put_text(struct buffer *b, const struct moral_value *v) {
    buffer_printf(b, "%s: ", v->title[0] ? v->title : v->id);
    if (!v->n_policies) return buffer_put_c(b, "of the values that people compared, the one they found wisest.");
    buffer_put_c(b, "attend to ");
    for (size_t i = 0; i < v->n_policies; i++) buffer_printf(b, "%s%s", i ? "; " : "", v->policies[i]);
    return buffer_put_char(b, '.');
}

static const char *text_of_value(const struct moral_value *v, struct arena *arena, struct error *err) {
    struct buffer b;
    buffer_init(&b, GUIDE_TEXT_MOST);
    put_text(&b, v);
    const char *out = buffer_check(&b, "guideline", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    buffer_done(&b);
    return out;
}

bool moral_guide(const struct moral_report *r, struct arena *arena, struct guide_library *out, struct error *err) {
    *out = (struct guide_library){.guide = arena_new(arena, struct guideline, r->m->n_contexts + 1, err)};
    if (!out->guide) return false;
    for (size_t c = 0; c <= r->m->n_contexts; c++) {
        const struct moral_place_of *p = &r->place[c];
        if (!p->n_nodes || p->votes < MORAL_WEAK) continue;
        const struct moral_value *v = &r->m->value[p->standing[0].value];
        const char **source = arena_new(arena, const char *, 1, err), *text = text_of_value(v, arena, err);
        if (!source || !text) return false;
        source[0] = arena_printf(arena, err, "value %s", v->id);
        if (!source[0]) return false;
        out->guide[out->n] = (struct guideline){.gid = out->n,
                                                .title = v->title[0] ? v->title : v->id,
                                                .text = text,
                                                .when = c ? r->m->context[c - 1] : "",
                                                .risk = -1,
                                                .sources = source,
                                                .n_sources = 1,
                                                .origin = "moral-graph"};
        out->n++;
    }
    return true;
}

/* ---- pairs ---- */

static bool put_attending(struct buffer *b, const struct moral_value *v) {
    struct buffer text;
    buffer_init(&text, GUIDE_TEXT_MOST);
    if (v->n_policies) {
        for (size_t i = 0; i < v->n_policies; i++) buffer_printf(&text, "%s%s", i ? "; " : "", v->policies[i]);
    } else
        buffer_put_c(&text, v->title[0] ? v->title : v->id);
    json_put_string(b, buffer_text(&text));
    bool ok = !text.failed;
    buffer_done(&text);
    return ok;
}

/* "When in distress" -> "When in distress, what should be attended to?" */
static bool put_pair(struct buffer *b, const struct moral *m, const struct moral_arc *arc, const char *context) {
    struct buffer text;
    buffer_init(&text, 4096);
    buffer_printf(&text, "%s, what should be attended to?", context);
    buffer_put_c(b, "{\"prompt\":");
    json_put_string(b, buffer_text(&text));
    buffer_put_c(b, ",\"chosen\":");
    bool ok = put_attending(b, &m->value[arc->to]);
    buffer_put_c(b, ",\"rejected\":");
    ok &= put_attending(b, &m->value[arc->from]);
    buffer_put_c(b, ",\"by\":\"value\",\"weight\":");
    buffer_put_f64(b, arc->p);
    buffer_clear(&text);
    buffer_printf(&text, "%s > %s", m->value[arc->to].id, m->value[arc->from].id);
    buffer_put_c(b, ",\"source\":");
    json_put_string(b, buffer_text(&text));
    ok &= !text.failed;
    buffer_done(&text);
    return buffer_put_c(b, m->simulated ? ",\"simulated\":true}\n" : "}\n") && ok;
}

bool moral_put_pairs(const struct moral_report *r, struct buffer *out, struct error *err) {
    for (size_t i = 0; i < r->n_arcs; i++) {
        uint8_t back;
        const struct moral_pair *p = moral_pair_find(r->m, r->arc[i].from, r->arc[i].to, &back);
        for (size_t c = 0; p && c < p->n_contexts; c++)
            if (!put_pair(out, r->m, &r->arc[i], r->m->context[r->m->pair_context[p->context + c]]))
                return error_set(err, ERROR_DATA, "value '%s': its policies are longer than 4000 bytes",
                                 r->m->value[r->arc[i].to].id);
    }
    return buffer_check(out, "pairs", err);
}
