/* Digests of the evidence chain: what an entry stands for, in canonical JSON. */
#include "measure/run/run_internal.h"

/* Takes the value. */
static bool digest_json(json_t *j, char hex[HASH_HEX], struct error *err) {
    bool ok = j ? json_digest(j, hex, err) : error_memory(err, "evidence");
    json_decref(j);
    return ok;
}

bool evidence_digest(const struct record_row *row, const char *subject, const char *scorer, char hex[HASH_HEX],
                     struct error *err) {
    bool failed = row->finish && text_equal_c(text_of(row->finish), "error");
    json_t *j = json_pack("{s:s s:s s:I s:s}", "item", row->item, "ask", row->ask, "sample", (json_int_t)row->sample,
                          "subject", subject);
    if (j && failed) {
        json_object_set_new(j, "error", json_true());
    } else if (j) {
        json_object_set_new(j, "text", json_from_text(row->text));
        json_object_set_new(j, "finish", json_string(row->finish ? row->finish : ""));
        json_object_set_new(j, "scorer", json_string(scorer));
        json_object_set_new(j, "value", json_from_f64(row->value));
        json_object_set_new(j, "label", json_from_text(row->label));
        json_object_set_new(j, "parsed", json_string(row->parsed ? row->parsed : ""));
        if (row->logprobs) json_object_set(j, "logprobs", (json_t *)row->logprobs);
        if (row->evidence) json_object_set(j, "evidence", (json_t *)row->evidence);
    }
    return digest_json(j, hex, err);
}

bool evidence_ref(struct buffer *out, struct text task, struct text item, uint64_t sample) {
    return buffer_printf(out, "%.*s#%.*s#%llu", TEXT_ARG(task), TEXT_ARG(item), (unsigned long long)sample);
}

bool figure_ref(struct buffer *out, const struct figure *figure) {
    return buffer_printf(out, "%s#%s#%s", figure->task, figure->name, figure->group);
}

bool figure_json_ref(struct buffer *out, const json_t *figure) {
    return buffer_printf(out, "%.*s#%.*s#%.*s", TEXT_ARG(json_text(json_object_get(figure, "task"))),
                         TEXT_ARG(json_text(json_object_get(figure, "name"))),
                         TEXT_ARG(json_text(json_object_get(figure, "group"))));
}

bool figure_digest(const struct figure *figure, char hex[HASH_HEX], struct error *err) {
    return digest_json(figure_json(figure), hex, err);
}
