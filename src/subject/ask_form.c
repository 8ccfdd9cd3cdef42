/* Forms of answers: see ask_form.h. */
#include "subject/ask_form.h"

#include "lm/grammar/grammar_schema.h"

struct grammar *ask_form_compile(enum ask_form form, struct text source, const char *name, struct error *err) {
    return form == ASK_SCHEMA ? grammar_from_schema_text(source, name, err) : grammar_from_gbnf(source, name, err);
}

static bool set(enum ask_form wanted, struct text t, const char *key, struct json_place place, struct arena *arena,
                enum ask_form *form, struct text *source, struct error *err) {
    char *copy = text_copy(arena, t, err);
    struct grammar *g = copy ? ask_form_compile(wanted, t, key, err) : NULL;
    grammar_free(g);
    if (!g) return error_wrap(err, "%s:%zu", place.file, place.line);
    *form = wanted;
    *source = (struct text){copy, t.len};
    return true;
}

static bool set_schema(const json_t *schema, struct json_place place, struct arena *arena, enum ask_form *form,
                       struct text *source, struct error *err) {
    struct buffer b;
    buffer_init(&b, GRAMMAR_TEXT_MOST);
    json_put(&b, schema, 0); /* keys in their order, which is the order of properties */
    bool ok = buffer_check(&b, "response_format", err) &&
              set(ASK_SCHEMA, buffer_text(&b), "response_format", place, arena, form, source, err);
    buffer_done(&b);
    return ok;
}

static bool read_format(const json_t *format, struct json_place place, struct arena *arena, enum ask_form *form,
                        struct text *source, struct error *err) {
    struct text type = json_text(json_object_get(format, "type"));
    const json_t *schema = json_object_get(format, "schema");
    if (text_equal_c(type, "text")) return true;
    if (text_equal_c(type, "json_schema")) {
        schema = json_object_get(json_object_get(format, "json_schema"), "schema");
        if (!schema)
            return json_mismatch(json_object_get(format, "json_schema"), "json_schema", place, "{schema: {...}}", err);
        return set_schema(schema, place, arena, form, source, err);
    }
    if (!text_equal_c(type, "json_object"))
        return json_mismatch(format, "response_format", place, "{type: text, json_object or json_schema}", err);
    if (schema) return set_schema(schema, place, arena, form, source, err);
    return set(ASK_SCHEMA, TEXT("{\"type\":\"object\"}"), "response_format", place, arena, form, source, err);
}

bool ask_form_read(const json_t *grammar, const json_t *response_format, struct json_place place, struct arena *arena,
                   enum ask_form *form, struct text *source, struct error *err) {
    if (grammar && response_format)
        return error_set(err, ERROR_DATA, "%s:%zu: give either 'grammar' or 'response_format'", place.file, place.line);
    if (grammar && !json_is_string(grammar)) return json_mismatch(grammar, "grammar", place, "a text (GBNF)", err);
    if (grammar) return set(ASK_GRAMMAR, json_text(grammar), "grammar", place, arena, form, source, err);
    return !response_format || read_format(response_format, place, arena, form, source, err);
}

void ask_form_put(struct buffer *out, const struct ask *ask) {
    if (ask->form == ASK_GRAMMAR) {
        buffer_put_c(out, ",\"grammar\":");
        json_put_string(out, ask->form_source);
    } else if (ask->form == ASK_SCHEMA) {
        buffer_put_c(out,
                     ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\",\"schema\":");
        buffer_put_text(out, ask->form_source);
        buffer_put_c(out, "}}");
    }
}

static bool check_json(struct text answer, struct error *why) {
    json_t *value = json_read(answer, "answer", 1, why);
    json_decref(value);
    return value != NULL;
}

static bool check_grammar(const struct ask *ask, struct text answer, enum answer_finish finish, struct error *why) {
    enum grammar_verdict verdict = GRAMMAR_REFUSED;
    size_t at = 0;
    struct grammar *g = ask_form_compile(ask->form, ask->form_source, "grammar", why);
    bool ok = g && grammar_match(g, answer, &verdict, &at, why);
    grammar_free(g);
    if (!ok) return false;
    if (verdict == GRAMMAR_ACCEPTED || (verdict == GRAMMAR_BEGINNING && finish == ANSWER_LENGTH)) return true;
    return error_set(why, ERROR_DATA, "%s at byte %zu",
                     verdict == GRAMMAR_BEGINNING ? "it ends too early" : "it leaves it", at);
}

bool ask_form_check(const struct ask *ask, struct text answer, enum answer_finish finish, const char *who,
                    struct error *err) {
    struct error why = {0};
    if (ask->form == ASK_FREE || ask->kind != ASK_GENERATE) return true;
    bool ok = ask->form == ASK_SCHEMA ? finish == ANSWER_LENGTH || check_json(answer, &why)
                                      : check_grammar(ask, answer, finish, &why);
    if (ok) return true;
    return error_set(err, ERROR_DATA, "%s did not keep to '%s' (%.300s)", who,
                     ask->form == ASK_SCHEMA ? "response_format" : "grammar", why.message);
}
