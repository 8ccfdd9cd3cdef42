/* Preparing a training: model and tokenizer (loaded or new), data, optimiser, and the digest of everything that decides
 * the result. */
#include "act/train/train_internal.h"

#include "base/file.h"
#include "lm/template/chat.h"

#include <math.h>
#include <string.h>

enum { TOKENIZER_SAMPLE = 24 << 20, MOST_LINE = 64 << 20 };
#define TAPE_BYTES ((size_t)16 << 30)

#define COUNT(name, initial, least, most, help) {name, OPTION_INT, initial, least, most, NULL, help}
#define REAL(name, initial, least, most, help) {name, OPTION_REAL, initial, least, most, NULL, help}
#define PATH(name, help) {name, OPTION_TEXT, NULL, 1, 0, NULL, help}

const struct option_def train_init_options[] = {
    COUNT("layers", "4", 1, 256, "blocks"),
    COUNT("width", "256", 8, 16384, "size of the residual stream"),
    COUNT("heads", "4", 1, 256, "attention heads"),
    COUNT("kv_heads", NULL, 1, 256, "heads of keys and values (default: heads)"),
    COUNT("hidden", "512", 8, 65536, "inner size of the feed-forward part"),
    COUNT("vocabulary", "3072", 260, 262144, "tokens, when the tokenizer is trained here"),
    COUNT("context", "512", 8, 65536, "tokens a row"),
    REAL("rope", "10000", 1, 1e9, "base of the rotary positions"),
    PATH("tokenizer", "GGUF or tokenizer.json to take the tokenizer from (default: trained on the data)"),
    PATH("specials", "file of special tokens, one a line, for a tokenizer trained here (default: <|begin|>, <|end|>)"),
    PATH("bos", "special token that begins a document (default: the first)"),
    PATH("eos", "special token that ends a document (default: the second)"),
    PATH("reserve", "file of words that become single tokens"),
    PATH("chat", "file with the chat template (Jinja) to store"),
};
const size_t train_n_init_options = sizeof train_init_options / sizeof *train_init_options;
enum {
    LAYERS,
    WIDTH,
    HEADS,
    KV_HEADS,
    HIDDEN,
    VOCABULARY,
    CONTEXT,
    ROPE,
    TOKENIZER,
    SPECIALS,
    BOS,
    EOS,
    RESERVE,
    CHAT
};

const struct option_def train_optimizer_options[] = {
    REAL("lr", "0.001", 0, 10, "peak learning rate"),
    COUNT("batch", "8", 1, 65536, "packed rows a step"),
    COUNT("micro", NULL, 1, 65536, "rows of one pass; gradients of several passes add up, processes share the passes "
          "(default: 1024 tokens or more; "
                   "batch for objectives that need a whole step at once)"),
    REAL("warmup", "0.02", 0, 1, "share of the steps with a rising rate"),
    {"schedule", OPTION_CHOICE, "cosine", 1, 0, "cosine|linear|constant", "how the rate falls after the warm-up"},
    REAL("final", "0.05", 0, 1, "last rate as a share of lr"),
    COUNT("horizon", NULL, 1, 1e15, "step at which the last rate is reached (default: the last step)"),
    REAL("decay", "0.05", 0, 10, "weight decay of the matrices"),
    REAL("beta1", "0.9", 0, 1, "of the first moment"),
    REAL("beta2", "0.95", 0, 1, "of the second moment"),
    REAL("eps", "1e-8", 0, 1, "added to the root of the second moment"),
    REAL("clip", "1", 0, 1e9, "largest gradient norm, 0: none"),
    REAL("dp", "0", 0, 1e6, "epsilon of differential privacy for each example; "
         "clip is the length of an example's gradient then; 0: none"),
    REAL("delta", NULL, 0, 1, "of dp (default: one over ten times the number of examples)"),
    COUNT("patience", "0", 0, 1e9,
          "measurements without a better checkpoint (--keep) after which the training ends; 0: never"),
    {"order", OPTION_CHOICE, "shuffled", 1, 0, "shuffled|files", "rows anew in each pass, or as the files have them"},
};
const size_t train_n_optimizer_options = sizeof train_optimizer_options / sizeof *train_optimizer_options;
enum { LR, BATCH, MICRO, WARMUP, SCHEDULE, FINAL, HORIZON, DECAY, BETA1, BETA2, EPS, CLIP, DP, DELTA, PATIENCE, ORDER };

static bool read_rule(struct train *t, struct error *err) {
    const char *spec = t->settings.optimizer ? t->settings.optimizer : "adamw";
    if (!text_equal_c(spec_name(text_of(spec)), "adamw"))
        return error_set(err, ERROR_USAGE, "no optimizer '%.*s'; there is adamw", TEXT_ARG(spec_name(text_of(spec))));
    struct option_value *o =
        spec_parse(&t->arena, text_of(spec), train_optimizer_options, train_n_optimizer_options, err);
    if (!o) return false;
    t->rule = (struct train_rule){.lr = o[LR].real,
                                  .final = o[FINAL].real,
                                  .horizon = o[HORIZON].given ? (uint64_t)o[HORIZON].integer : 0,
                                  .warmup = o[WARMUP].real,
                                  .decay = o[DECAY].real,
                                  .beta1 = o[BETA1].real,
                                  .patience = (uint64_t)o[PATIENCE].integer,
                                  .epsilon = o[DP].real,
                                  .delta = o[DELTA].given ? o[DELTA].real : 0,
                                  .beta2 = o[BETA2].real,
                                  .eps = o[EPS].real,
                                  .clip = o[CLIP].real,
                                  .batch = (size_t)o[BATCH].integer,
                                  .linear = text_equal_c(o[SCHEDULE].text, "linear"),
                                  .constant = text_equal_c(o[SCHEDULE].text, "constant"),
                                  .shuffle = text_equal_c(o[ORDER].text, "shuffled")};
    t->rule.micro = o[MICRO].given ? (size_t)o[MICRO].integer : 0;
    return true;
}

/* ---- a new tokenizer */

struct texts {
    struct text *at;
    size_t n;
};

static bool read_lines(struct train *t, struct text path, struct texts *out, struct error *err) {
    struct text all;
    char *name = text_copy(&t->arena, path, err);
    if (!name || !file_read(&t->arena, name, 16 << 20, &all, err)) return false;
    size_t lines = 1;
    for (size_t i = 0; i < all.len; i++) lines += all.at[i] == '\n';
    if (!(out->at = arena_new(&t->arena, struct text, lines, err))) return false;
    for (size_t at = 0; at < all.len;) {
        size_t end = text_find(all, TEXT("\n"), at);
        if (end == SIZE_MAX) end = all.len;
        struct text line = text_trim(text_part(all, at, end));
        if (line.len) out->at[out->n++] = line;
        at = end + 1;
    }
    return true;
}

static bool sample_row(const json_t *row, struct buffer *out) {
    const json_t *messages = json_object_get(row, "messages");
    buffer_put_text(out, json_text(json_object_get(row, "text")));
    for (size_t i = 0; i < json_array_size(messages); i++) {
        buffer_put_text(out, json_text(json_object_get(json_array_get(messages, i), "content")));
        buffer_put_c(out, "\n");
    }
    return buffer_put_c(out, "\n");
}

/* The text of the first rows of each file, in equal shares of the sample. */
static bool sample_file(const char *path, size_t most, struct buffer *out, struct error *err) {
    size_t begin = out->len, line;
    json_t *row;
    int state = 0;
    if (!text_ends(text_of(path), TEXT(".jsonl"))) {
        struct arena arena;
        struct text all;
        arena_init(&arena, (size_t)4 << 30);
        bool ok = file_read(&arena, path, (size_t)2 << 30, &all, err) &&
                  (buffer_put_text(out, text_part(all, 0, all.len < most ? all.len : most)), true);
        arena_done(&arena);
        return ok;
    }
    struct jsonl *lines = jsonl_open(path, MOST_LINE, err);
    if (!lines) return false;
    while (out->len - begin < most && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        sample_row(row, out);
        json_decref(row);
    }
    jsonl_close(lines);
    return state >= 0;
}

static struct tokenizer *new_tokenizer(struct train *t, const struct option_value *o, struct error *err) {
    static const struct text plain[] = {TEXT("<|begin|>"), TEXT("<|end|>")};
    struct texts specials = {(struct text *)plain, 2}, reserve = {0};
    struct text chat = {0};
    char *chat_path = NULL;
    if (o[SPECIALS].given) {
        specials = (struct texts){0};
        if (!read_lines(t, o[SPECIALS].text, &specials, err)) return NULL;
        if (specials.n < 2) {
            error_set(err, ERROR_DATA, "'%.*s': expected at least two special tokens", TEXT_ARG(o[SPECIALS].text));
            return NULL;
        }
    }
    if (o[RESERVE].given && !read_lines(t, o[RESERVE].text, &reserve, err)) return NULL;
    if (o[CHAT].given && (!(chat_path = text_copy(&t->arena, o[CHAT].text, err)) ||
                          !file_read(&t->arena, chat_path, 1 << 20, &chat, err)))
        return NULL;
    struct text bos = o[BOS].given ? o[BOS].text : specials.at[0], eos = o[EOS].given ? o[EOS].text : specials.at[1];
    struct buffer sample;
    buffer_init(&sample, (size_t)TOKENIZER_SAMPLE + 4 * (size_t)MOST_LINE);
    bool ok = true;
    for (size_t i = 0; ok && i < t->settings.n_data; i++)
        ok = sample_file(t->settings.data[i], TOKENIZER_SAMPLE / t->settings.n_data, &sample, err);
    struct text text = buffer_text(&sample);
    struct tokenizer *tokenizer = NULL;
    if (ok && buffer_check(&sample, "sample for the tokenizer", err)) {
        struct tokenizer_training training = {.texts = &text, .n_texts = 1, .specials = specials.at,
                                              .n_specials = specials.n, .reserve = reserve.at, .n_reserve = reserve.n,
                                              .vocabulary = (size_t)o[VOCABULARY].integer, .pre = "qwen2",
                                              .bos = bos, .eos = eos, .chat_template = chat};
        tokenizer = tokenizer_train(&training, err);
    }
    buffer_done(&sample);
    return tokenizer;
}

static struct tokenizer *load_tokenizer(struct train *t, struct text path, struct error *err) {
    char *name = text_copy(&t->arena, path, err);
    if (!name) return NULL;
    if (text_ends(path, TEXT(".json"))) return tokenizer_from_json(name, err);
    struct lm_file *file = lm_file_open(name, err);
    struct tokenizer *tokenizer = file ? tokenizer_from_gguf(file, err) : NULL;
    lm_file_close(file);
    return tokenizer;
}

/* ---- the model */

static bool new_model(struct train *t, struct error *err) {
    struct option_value *o =
        spec_parse(&t->arena, text_of(t->settings.init), train_init_options, train_n_init_options, err);
    if (!o) return false;
    if (o[WIDTH].integer % o[HEADS].integer != 0 || o[WIDTH].integer / o[HEADS].integer % 2 != 0)
        return error_set(err, ERROR_USAGE, "width %lld must be heads (%lld) times an even size",
                         (long long)o[WIDTH].integer, (long long)o[HEADS].integer);
    size_t kv = o[KV_HEADS].given ? (size_t)o[KV_HEADS].integer : (size_t)o[HEADS].integer;
    if ((size_t)o[HEADS].integer % kv != 0)
        return error_set(err, ERROR_USAGE, "heads (%lld) must be a multiple of kv_heads (%zu)",
                         (long long)o[HEADS].integer, kv);
    struct tokenizer *tokenizer =
        o[TOKENIZER].given ? load_tokenizer(t, o[TOKENIZER].text, err) : new_tokenizer(t, o, err);
    if (!tokenizer) return false;
    struct lm_shape shape = {.layers = (size_t)o[LAYERS].integer, .width = (size_t)o[WIDTH].integer,
                             .heads = (size_t)o[HEADS].integer, .kv_heads = kv,
                             .head_size = (size_t)(o[WIDTH].integer / o[HEADS].integer),
                             .hidden = (size_t)o[HIDDEN].integer, .vocabulary = tokenizer_vocabulary(tokenizer),
                             .context = (size_t)o[CONTEXT].integer, .norm_eps = 1e-5f, .rope_base = (float)o[ROPE].real,
                             .rope_interleaved = true, .tied = true};
    t->model = lm_model_random(&shape, tokenizer, t->settings.seed, err);
    return t->model != NULL;
}

static bool open_model(struct train *t, struct error *err) {
    const char *init = t->settings.init;
    bool random = text_equal_c(spec_name(text_of(init)), "random");
    if (t->settings.lora && !lm_lora_parse(text_of(t->settings.lora), &t->lora, err)) return false;
    if (random && t->settings.lora)
        return error_set(err, ERROR_USAGE, "an adapter belongs to a base; name its file with --init");
    if (random) return new_model(t, err);
    struct lm_load_options options = {.compute = MATMUL_F32, .keep_values = true, .builtins = t->settings.builtins};
    t->model = lm_model_load(init, &options, err);
    if (t->model && !t->model->tokenizer)
        return error_set(err, ERROR_DATA, "'%s' brings no tokenizer and none lies beside it", init);
    return t->model != NULL;
}

static void name_model(struct train *t) {
    const char *name = t->settings.name;
    if (!name) {
        const char *slash = strrchr(t->settings.out, '/');
        name = slash ? slash + 1 : t->settings.out;
    }
    struct text shown = text_of(name);
    if (text_ends(shown, TEXT(".gguf"))) shown.len -= 5;
    snprintf(t->model->name, sizeof t->model->name, "%.*s", TEXT_ARG(shown));
}

/* ---- everything together */

/* What only some trainings have. */
static bool add_config(const struct train *t, json_t *j) {
    const struct train_settings *s = &t->settings;
    if (t->objective->settle && json_object_set_new(j, "base", json_string(t->model->digest)) != 0) return false;
    if (s->lora && (json_object_set_new(j, "base", json_string(t->model->digest)) != 0 ||
                    json_object_set_new(j, "alpha", json_from_f64(t->lora.alpha)) != 0))
        return false;
    if (t->rule.epsilon > 0 && (json_object_set_new(j, "epsilon", json_from_f64(t->rule.epsilon)) != 0 ||
                                json_object_set_new(j, "delta", json_from_f64(t->rule.delta)) != 0 ||
                                json_object_set_new(j, "example", json_from_f64(t->rule.example)) != 0))
        return false;
    if (s->within && json_object_set_new(j, "within", json_string(s->within)) != 0) return false;
    if (s->reference && json_object_set_new(j, "reference", json_string(t->reference_digest)) != 0) return false;
    return !t->prompts || json_object_set_new(j, "reward", json_string(s->reward->name)) == 0;
}

static bool digest_config(struct train *t, struct error *err) {
    const struct train_settings *s = &t->settings;
    const struct train_rule *r = &t->rule;
    char tokenizer[65] = "", tensors[HASH_HEX];
    struct sha256 sha;
    sha256_init(&sha);
    for (size_t i = 0; i < t->n_parameters; i++)
        sha256_add(&sha, t->parameters[i]->value.data, tensor_size(&t->parameters[i]->value) * sizeof(float));
    sha256_end_hex(&sha, tensors);
    if (!tokenizer_digest(t->model->tokenizer, tokenizer)) return error_memory(err, "tokenizer");
    json_t *j = json_pack(
        "{s:s s:s s:s s:s s:s s:I s:I s:I s:I s:I s:o s:o s:o s:o s:o s:o s:o s:o s:b s:b s:b s:I}", "objective",
        s->objective, "weights", tensors, "tokenizer", tokenizer, "corpus", train_size(t).digest, "valid",
        t->valid           ? corpus_digest(t->valid)
        : t->valid_answers ? answers_digest(t->valid_answers)
        : t->valid_dump    ? dump_digest(t->valid_dump)
                           : "",
        "context", (json_int_t)t->model->shape.context, "seed", (json_int_t)s->seed, "steps", (json_int_t)t->steps,
        "batch", (json_int_t)r->batch, "micro", (json_int_t)r->micro, "lr", json_from_f64(r->lr), "final",
        json_from_f64(r->final), "warmup", json_from_f64(r->warmup), "decay", json_from_f64(r->decay), "beta1",
        json_from_f64(r->beta1), "beta2", json_from_f64(r->beta2), "eps", json_from_f64(r->eps), "clip",
        json_from_f64(r->clip), "linear", (int)r->linear, "constant", (int)r->constant, "shuffle", (int)r->shuffle,
        "horizon", (json_int_t)(r->horizon ? r->horizon : t->steps));
    if (j && !add_config(t, j)) {
        json_decref(j);
        j = NULL;
    }
    bool ok = j ? json_digest(j, t->config, err) : error_memory(err, "settings");
    json_decref(j);
    return ok;
}

/* The head that the objective trains: the model's own where it says the same, else one of zeros. Others stay behind:
 * what is learned here would not be theirs. */
static bool open_head(struct train *t, struct error *err) {
    const struct text *labels = NULL;
    enum lm_head_kind kind = t->objective->head;
    if (!kind) return lm_head_drop(t->model), true;
    size_t n = kind == LM_CLASSES ? answers_labels(t->answers, &labels) : 1;
    return lm_head_is(t->model, kind, n, labels) || lm_head_new(t->model, kind, n, labels, err);
}

static bool open_optimizer(struct train *t, struct error *err) {
    const struct train_rule *r = &t->rule;
    t->trainable = lm_trainable_new(t->model, err);
    if (!t->trainable) return false;
    if (t->settings.lora && !lm_trainable_adapt(t->trainable, &t->lora, t->settings.seed, err)) return false;
    t->n_parameters = lm_trainable_parameters(t->trainable, &t->parameters);
    for (size_t i = 0; i < t->n_parameters; i++) t->learning += tensor_size(&t->parameters[i]->value);
    if (t->settings.lora) t->frozen = t->model->parameters;
    t->tape = tape_new(t->pool, t->settings.bf16 ? MATMUL_BF16 : MATMUL_F32, TAPE_BYTES, err);
    t->adamw = adamw_new(t->parameters, t->n_parameters,
                         (struct adamw_options){.beta1 = r->beta1, .beta2 = r->beta2, .eps = r->eps,
                                                .weight_decay = r->decay, .clip = r->clip}, err);
    t->decayed = arena_new(&t->arena, bool, t->n_parameters, err);
    t->sum = gradient_sum_new(t->parameters, t->n_parameters, t->pool, t->settings.team, err);
    if (!t->tape || !t->adamw || !t->decayed || !t->sum) return false;
    for (size_t i = 0; i < t->n_parameters; i++) t->decayed[i] = t->parameters[i]->value.dims > 1;
    return train_within_open(t, err);
}

/* OUT without ".gguf", with another ending. */
static char *path_beside(struct train *t, const char *ending, struct error *err) {
    struct text out = text_of(t->settings.out);
    if (text_ends(out, TEXT(".gguf"))) out.len -= 5;
    return arena_printf(&t->arena, err, "%.*s%s", TEXT_ARG(out), ending);
}

/* The objective's own options, then those of answers that the model gives while it learns. */
static bool read_objective(struct train *t, struct error *err) {
    const struct objective *o = t->objective;
    size_t n = o->n_options, more = o->rollouts ? train_n_rollout_options : 0;
    struct option_def *defs = arena_new(&t->arena, struct option_def, n + more + 1, err);
    if (!defs) return false;
    if (n) memcpy(defs, o->options, n * sizeof *defs);
    if (more) memcpy(defs + n, train_rollout_options, more * sizeof *defs);
    t->options = spec_parse(&t->arena, text_of(t->settings.objective), defs, n + more, err);
    t->rollout_options = t->options && more ? t->options + n : NULL;
    return t->options != NULL;
}

static bool setup(struct train *t, struct error *err) {
    t->loss = t->valid_loss = t->setting = NAN;
    t->logged_step = -1;
    if (!text_ends(text_of(t->settings.out), TEXT(".gguf")))
        return error_set(err, ERROR_USAGE, "the file to write must end in .gguf, found '%s'", t->settings.out);
    if (!train_mix(t, err)) return false;
    if (!(t->log_path = path_beside(t, ".log.jsonl", err)) || !(t->card_path = path_beside(t, ".card.md", err)) ||
        !(t->checkpoint_path = path_beside(t, ".checkpoint", err)) ||
        !(t->reference_path = path_beside(t, ".reference", err)) ||
        !(t->objective = objective_find(text_of(t->settings.objective), err)))
        return false;
    if (!read_objective(t, err) || !read_rule(t, err) || !train_keep_open(t, err) ||
        !(t->pool = pool_new(t->settings.threads, err)) || !open_model(t, err))
        return false;
    name_model(t);
    return train_data(t, err) && train_private_open(t, err) && open_head(t, err) &&
           (t->objective->settle ? train_settle_open(t, err) : open_optimizer(t, err)) &&
           train_reference_open(t, err) && digest_config(t, err);
}

/* All processes have read the same, and multiply in the same way: only then do they end with the same bytes. */
static bool check_alike(struct train *t, struct error *err) {
    struct {
        char config[HASH_HEX], isa[24], out[4096];
    } mine = {0}, first;
    snprintf(mine.config, sizeof mine.config, "%s", t->config);
    snprintf(mine.isa, sizeof mine.isa, "%s", matmul_isa_name());
    snprintf(mine.out, sizeof mine.out, "%s", t->settings.out);
    first = mine;
    if (!team_tell(t->settings.team, &first, sizeof first, err)) return false;
    bool ok = strcmp(mine.config, first.config) == 0 && strcmp(mine.out, first.out) == 0;
    if (!ok) (void)error_set(err, ERROR_USAGE, "it reads other settings, data or weights than process 0");
    if (ok && strcmp(mine.isa, first.isa) != 0)
        ok = error_set(err, ERROR_ENVIRONMENT,
                       "it multiplies with %s and process 0 with %s, so their bytes differ; use machines of one "
                       "kind",
                       mine.isa, first.isa);
    return team_agree(t->settings.team, ok, err);
}

bool train_setup(struct train *t, struct error *err) {
    return team_agree(t->settings.team, setup(t, err), err) && check_alike(t, err);
}
