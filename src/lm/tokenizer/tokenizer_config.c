/* Writing tokenizer_config.json: see tokenizer_config.h. */
#include "lm/tokenizer/tokenizer_config.h"

#include "lm/tokenizer/tokenizer_internal.h"

static void put_token(const struct tokenizer *t, json_t *to, const char *key, int32_t id) {
    if (id >= 0) json_object_set_new(to, key, json_from_text(t->tokens[id]));
}

/* Control, unknown and user tokens by id, as in tokenizer.json. */
static json_t *added(const struct tokenizer *t) {
    json_t *all = json_object();
    for (size_t i = 0; all && i < t->n; i++) {
        char id[24];
        if (t->types[i] != TOKEN_CONTROL && t->types[i] != TOKEN_UNKNOWN && t->types[i] != TOKEN_USER) continue;
        snprintf(id, sizeof id, "%zu", i);
        json_object_set_new(all, id,
                            json_pack("{s:o, s:b, s:b, s:b, s:b, s:b}", "content", json_from_text(t->tokens[i]),
                                      "lstrip", (t->flags[i] & STRIP_LEFT) != 0, "normalized",
                                      (t->flags[i] & MATCH_NORMALIZED) != 0, "rstrip", (t->flags[i] & STRIP_RIGHT) != 0,
                                      "single_word", 0, "special", t->types[i] != TOKEN_USER));
    }
    return all;
}

bool tokenizer_to_config(const struct tokenizer *t, size_t context, struct buffer *out, struct error *err) {
    json_t *to =
        json_pack("{s:s, s:b, s:b, s:b, s:I, s:o}", "tokenizer_class", "PreTrainedTokenizerFast", "add_bos_token",
                  tokenizer_adds_bos(t), "add_eos_token", tokenizer_adds_eos(t), "clean_up_tokenization_spaces", 0,
                  "model_max_length", (json_int_t)context, "added_tokens_decoder", added(t));
    if (!to) return error_memory(err, "tokenizer_config.json");
    put_token(t, to, "bos_token", t->bos);
    put_token(t, to, "eos_token", t->eos);
    put_token(t, to, "unk_token", t->unknown);
    if (t->chat_template.len) json_object_set_new(to, "chat_template", json_from_text(t->chat_template));
    bool ok = json_put(out, to, 2) && buffer_put_c(out, "\n");
    json_decref(to);
    return ok && buffer_check(out, "tokenizer_config.json", err);
}
