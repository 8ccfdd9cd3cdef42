/* A template and its variables: the first byte chooses the options, then the source up to a zero byte, then JSON (an
 * object, else a conversation is taken). What parses renders within its budget or says why not, and the same each time. */
#include "lm/template/jinja.h"

#include <stdlib.h>
#include <string.h>

enum { OUTPUT_MOST = 1 << 20 };

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static const char conversation[] =
    "{\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":\" What is due? \"},"
    "{\"role\":\"assistant\",\"content\":\"Two {{ coins }}.\"}],\"bos_token\":\"<s>\",\"eos_token\":\"</s>\","
    "\"add_generation_prompt\":true,\"tools\":null,\"n\":3,\"x\":-0.5,\"rows\":[[1,2],[],[\"k\"]]}";

static void check_failure(const struct error *err) {
    if (err->kind != ERROR_DATA || !err->message[0]) abort(); /* a refusal says why; memory never runs out */
}

static bool render(const struct jinja *jinja, const json_t *variables, struct buffer *out) {
    struct error err = {0};
    buffer_init(out, OUTPUT_MOST);
    bool ok = jinja_render(jinja, variables, out, &err);
    if (!ok) check_failure(&err);
    if (out->len > OUTPUT_MOST) abort();
    return ok;
}

static void try_template(const struct jinja *jinja, const json_t *variables) {
    struct buffer first, second;
    struct error err = {0};
    json_t *before = json_deep_copy(variables);
    bool ok = render(jinja, variables, &first), again = render(jinja, variables, &second);
    if (ok != again || !text_equal(buffer_text(&first), buffer_text(&second))) abort();
    json_t *value = jinja_value(jinja, variables, &err);
    if (!value) check_failure(&err);
    if (!json_equal(before, variables)) abort(); /* variables are the caller's */
    json_decref(value);
    json_decref(before);
    buffer_done(&first);
    buffer_done(&second);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    if (n < 1) return 0;
    struct error err = {0}, none = {0};
    const struct jinja_options options = {.trim_blocks = at[0] & 1, .lstrip_blocks = at[0] & 2, .strict = at[0] & 4};
    struct text source = {(const char *)at + 1, n - 1}, given = TEXT("");
    const char *zero = memchr(source.at, 0, source.len);
    if (zero) {
        size_t len = (size_t)(zero - source.at);
        given = (struct text){zero + 1, source.len - len - 1};
        source.len = len;
    }
    struct jinja *jinja = jinja_parse(source, "fuzz", options, &err);
    if (!jinja) return check_failure(&err), 0;
    json_t *variables = given.len ? json_read(given, "variables", 1, &none) : NULL;
    if (!json_is_object(variables)) {
        json_decref(variables);
        variables = json_read(text_of(conversation), "variables", 1, &none);
    }
    try_template(jinja, variables);
    json_decref(variables);
    jinja_free(jinja);
    return 0;
}
