/* Scores as JSON: see quote_json.h. */
#include "quote/quote_json.h"

json_t *quote_place_json(const struct quote_place *place) {
    struct error ignored;
    json_t *out = place->source.len ? json_read(text_trim(place->source), "sources", 1, &ignored) : json_object();
    if (!json_is_object(out)) json_decref(out), out = json_object(); /* a damaged file */
    json_object_set_new(out, "document", json_integer((json_int_t)place->document));
    json_object_set_new(out, "at", json_integer((json_int_t)place->at));
    json_object_set_new(out, "before", json_from_text(place->before));
    json_object_set_new(out, "after", json_from_text(place->after));
    return out;
}

json_t *quote_facts_json(const struct quote_facts *f) {
    return json_pack("{s:s s:I s:I s:I s:I s:I s:I s:I s:I s:o s:o}", "engine", quote_engines[f->engine], "width",
                     (json_int_t)f->width, "stride", (json_int_t)f->stride, "documents", (json_int_t)f->documents,
                     "characters", (json_int_t)f->characters, "bytes", (json_int_t)f->bytes, "windows",
                     (json_int_t)f->windows, "distinct", (json_int_t)f->distinct, "shards", (json_int_t)f->shards,
                     "rate", json_from_f64(f->rate), "declared_rate", json_from_f64(f->declared_rate));
}

static void put_count(json_t *out, const char *key, size_t n) {
    json_object_set_new(out, key, json_integer((json_int_t)n));
}

static json_t *span_json(struct quote_span span) {
    return json_pack("[I I]", (json_int_t)span.from, (json_int_t)span.to);
}

static json_t *stretch_json(const struct quote_score *s, const struct quote_stretch *stretch) {
    json_t *places = json_array();
    for (size_t i = 0; i < stretch->n_places; i++) json_array_append_new(places, quote_place_json(&stretch->places[i]));
    struct quote_span origin = quote_span_origin(&s->text, stretch->span);
    return json_pack("{s:I s:I s:I s:I s:o s:I s:o}", "from", (json_int_t)stretch->span.from, "to",
                     (json_int_t)stretch->span.to, "byte", (json_int_t)origin.from, "end_byte", (json_int_t)origin.to,
                     "text", json_from_text(quote_span_text(&s->text, stretch->span)), "count",
                     (json_int_t)stretch->count, "places", places);
}

static json_t *sentence_json(const struct quote_score *s, const struct quote_sentence *e) {
    return json_pack("{s:I s:I s:o s:b s:I s:I s:b}", "from", (json_int_t)e->span.from, "to", (json_int_t)e->span.to,
                     "text", json_from_text(quote_span_text(&s->text, e->span)), "whole", (int)e->whole, "longest",
                     (json_int_t)e->longest, "joins", (json_int_t)e->joins, "stitched", (int)e->stitched);
}

static void put_exact(json_t *out, const struct quote_score *s, enum quote_detail detail) {
    put_count(out, "sentences", s->n_sentences);
    put_count(out, "whole", s->whole);
    put_count(out, "stitched", s->stitched);
    put_count(out, "sources", s->sources);
    if (detail != QUOTE_ALL) return;
    json_t *stretches = json_array(), *sentences = json_array();
    for (size_t i = 0; i < s->n_stretches; i++) json_array_append_new(stretches, stretch_json(s, &s->stretches[i]));
    for (size_t i = 0; i < s->n_sentences; i++) json_array_append_new(sentences, sentence_json(s, &s->sentences[i]));
    json_object_set_new(out, "stretches", stretches);
    json_object_set_new(out, "every_sentence", sentences);
}

json_t *quote_score_json(const struct quote_index *index, const struct quote_score *s, enum quote_detail detail) {
    json_t *out = json_object(), *spans = json_array();
    if (!out || !spans) return json_decref(out), json_decref(spans), NULL;
    put_count(out, "normalised_len", s->text.n);
    put_count(out, "numerator", s->members);
    put_count(out, "denominator", s->windows);
    json_object_set_new(out, "quip", json_from_f64(s->quip));
    json_object_set_new(out, "too_short", json_boolean(s->state != QUOTE_SCORED));
    json_object_set_new(out, "state", json_string(quote_state_names[s->state]));
    if (s->state == QUOTE_INVALID) put_count(out, "bad_byte", s->bad_byte);
    for (size_t i = 0; i < s->n_spans; i++) json_array_append_new(spans, span_json(s->spans[i]));
    json_object_set_new(out, "quoted_spans", spans);
    put_count(out, "longest_run_windows", s->longest_windows);
    put_count(out, "longest_span_chars", s->longest_characters);
    put_count(out, "covered_chars", s->covered);
    put_count(out, "repeated", s->repeated);
    json_object_set_new(out, "corrected", json_from_f64(s->corrected));
    json_object_set_new(out, "expected_longest", json_from_f64(s->expected_longest));
    json_object_set_new(out, "badness", json_from_f64(s->badness));
    if (detail == QUOTE_ALL) json_object_set_new(out, "doc", json_from_text(s->text.text));
    if (quote_index_facts(index)->engine == QUOTE_EXACT && s->state != QUOTE_INVALID && s->state != QUOTE_BINARY)
        put_exact(out, s, detail);
    return out;
}
