/* Judging by heads: see head_model.h. */
#include "subject/head_model.h"

#include "lm/engine/observe.h"
#include "lm/template/marked.h"

#include <string.h>

enum { TOGETHER = 256 }; /* texts of one call of the engine */

struct head_model {
    struct lm_model *model;
    struct pool *pool;
    struct lm_engine *engine;
    struct marker *marker;
    bool raw; /* texts are not wrapped */
    struct arena arena;
};

static bool open(struct head_model *h, const char *path, struct lm_builtins builtins, const char *template_name,
                 size_t threads, struct error *err) {
    const struct lm_load_options options = {.compute = MATMUL_F32, .builtins = builtins};
    if (!(h->model = lm_model_load(path, &options, err))) return false;
    if (!h->model->head.n)
        return error_set(err, ERROR_DATA, "'%s' has no head, so it gives no rewards; train one with --objective reward",
                         path);
    if (!h->model->tokenizer)
        return error_set(err, ERROR_DATA, "'%s' brings no tokenizer and none lies beside it", path);
    h->raw = template_name ? strcmp(template_name, "none") == 0 : tokenizer_chat_template(h->model->tokenizer).len == 0;
    return (h->marker = marker_new(h->model->tokenizer, h->raw ? NULL : template_name, false, err)) &&
           (h->pool = pool_new(threads, err)) &&
           (h->engine = lm_engine_new(h->model, h->pool, (struct lm_engine_options){0}, err));
}

struct head_model *head_model_open(const char *path, struct lm_builtins builtins, const char *template_name,
                                   size_t threads, struct error *err) {
    struct head_model *h = memory_zeroed(1, sizeof *h);
    if (!h) return error_memory(err, "reward model"), NULL;
    arena_init(&h->arena, (size_t)4 << 30);
    if (open(h, path, builtins, template_name, threads, err)) return h;
    head_model_close(h);
    return NULL;
}

void head_model_close(struct head_model *h) {
    if (!h) return;
    lm_engine_free(h->engine);
    pool_free(h->pool);
    marker_free(h->marker);
    lm_model_free(h->model);
    arena_done(&h->arena);
    memory_free(h);
}

const struct lm_model *head_model_model(const struct head_model *h) {
    return h->model;
}

/* ---- texts to tokens */

bool head_ask_of_row(const json_t *row, struct json_place place, struct head_ask *ask, struct error *err) {
    const json_t *prompt = json_object_get(row, "prompt"), *messages = json_object_get(row, "messages");
    const json_t *list = json_is_array(prompt) ? prompt : prompt ? NULL : messages;
    ask->place = place;
    ask->messages = list;
    ask->prompt = json_text(prompt);
    if (list) return messages_check(list, place, prompt ? "prompt" : "messages", err);
    return json_is_string(prompt) || json_mismatch(prompt, "prompt", place, "a text or a list of messages", err);
}

/* The prompt's messages, then the answer. */
static json_t *conversation(const struct head_ask *ask, struct error *err) {
    json_t *all = json_array();
    bool ok = all != NULL;
    for (size_t i = 0; ok && i < json_array_size(ask->messages); i++)
        ok = json_array_append(all, json_array_get(ask->messages, i)) == 0;
    if (!ask->messages)
        ok = ok && json_array_append_new(
                       all, json_pack("{s:s, s:s%}", "role", "user", "content", ask->prompt.at, ask->prompt.len)) == 0;
    if (!ask->alone)
        ok = ok && json_array_append_new(all, json_pack("{s:s, s:s%}", "role", "assistant", "content",
                                                        ask->answer.at ? ask->answer.at : "", ask->answer.len)) == 0;
    if (ok) return all;
    json_decref(all);
    return error_memory(err, "conversation"), NULL;
}

static bool make_tokens(struct head_model *h, const struct head_ask *ask, struct marked *out, struct error *err) {
    out->ids.n = 0;
    if (h->raw && !ask->messages)
        return ask->alone ? marked_raw_prompt(h->marker, ask->prompt, &out->ids, err)
                          : marked_of_answer(h->marker, ask->prompt, ask->answer, out, err);
    json_t *all = conversation(ask, err);
    bool ok = all && (ask->alone ? marked_prompt(h->marker, all, &out->ids, err)
                                 : marked_of_messages(h->marker, all, json_array_size(all) - 1, out, err));
    json_decref(all);
    return ok;
}

static bool make_ask(struct head_model *h, const struct head_ask *ask, struct marked *tokens,
                     struct lm_observe_ask *out, struct error *err) {
    if (!make_tokens(h, ask, tokens, err)) return false;
    size_t n = tokens->ids.n;
    if (n == 0 || n > h->model->shape.context)
        return error_set(err, ERROR_DATA, "%zu tokens, but the judge '%s' has a context of %zu", n, h->model->name,
                         h->model->shape.context);
    int32_t *ids = arena_new(&h->arena, int32_t, n, err);
    if (!ids) return false;
    memcpy(ids, tokens->ids.ids, n * sizeof *ids);
    *out = (struct lm_observe_ask){.ids = ids, .n = n};
    return true;
}

/* ---- judging */

static bool at_place(const struct head_ask *ask, struct error *err) {
    return ask->place.file ? error_wrap(err, "%s:%zu", ask->place.file, ask->place.line) : false;
}

static bool judge_some(struct head_model *h, const struct head_ask *asks, size_t n, double *out, struct error *err) {
    const struct lm_site site = {LM_STATE, h->model->shape.layers + 1, 0};
    const struct lm_observe_options options = {.sites = &site, .n_sites = 1, .pool = LM_POOL_LAST};
    struct marked tokens = {0};
    arena_reset(&h->arena);
    struct lm_observe_ask *texts = arena_new(&h->arena, struct lm_observe_ask, n, err);
    struct lm_observed *seen = texts ? arena_new(&h->arena, struct lm_observed, n, err) : NULL;
    bool ok = seen != NULL;
    for (size_t i = 0; ok && i < n; i++) ok = make_ask(h, &asks[i], &tokens, &texts[i], err) || at_place(&asks[i], err);
    ok = ok && lm_observe(h->engine, &options, texts, n, seen, &h->arena, NULL, err);
    for (size_t i = 0; ok && i < n; i++) {
        if (seen[i].error.kind) {
            *err = seen[i].error;
            ok = at_place(&asks[i], err);
            break;
        }
        lm_head_apply(h->model, seen[i].values, out + i * h->model->head.n);
    }
    marked_done(&tokens);
    return ok;
}

bool head_model_judge(struct head_model *h, const struct head_ask *asks, size_t n, double *out, struct error *err) {
    for (size_t from = 0, some; from < n; from += some) {
        some = n - from < TOGETHER ? n - from : TOGETHER;
        if (!judge_some(h, asks + from, some, out + from * h->model->head.n, err)) return false;
    }
    return true;
}
