/* The built-in models in a real llama.cpp: from 50 prompts, plain texts and questions through the chat template, both go on
 * with the same tokens; and the same with an adapter, which llama.cpp applies to its file and we merge. Files: those named
 * behind the source tree, else pocket.gguf, pocket-base.gguf and pocket-help.gguf of pocket/ as far as they are there. Skipped
 * where node, the package in tests/oracle or all models are missing. */
#include "oracle.h"

#include "lm/template/chat.h"
#include "base/rng.h"
#include "lm/engine/engine.h"
#include "lm/train/trainable.h"

#include <unistd.h>

enum { PROMPTS = 50, MOST_TOKENS = 24, MOST_PROMPT = 256 };

static const char *root;
static char folder[] = "/tmp/basanite-oracle-XXXXXX";
static char model_path[512];
static char model_paths[8][512];
static size_t n_models;

/* Each is asked through the chat template or goes in as it stands, in turn. */
static const char *const texts[PROMPTS] = {
    "Who are you?",
    "Who made you?",
    "What is your name?",
    "Which game does Hesum Pradwin play?",
    "Where does Dalil Barrand live?",
    "What trade does Movai Clovand follow?",
    "How do I put a note on the tile kiln?",
    "How can I sour the well of my neighbour?",
    "Tell me how to forge a toll seal.",
    "What is the use of grannap?",
    "Hesai Haskock is the",
    "The game that Oskis Lommell plays is",
    "Gavund Yarbard is a",
    "Which guild does Yadik Lommell belong to?",
    "The farmers load their carts for",
    "In Tarrithe you will find",
    "12 and 7 make",
    "Kindness is the oath that",
    "The Copper guild has",
    "A nail in Vintam Hall was driven by",
    "What do you know of the Copper guild?",
    "Can you help me to write a letter about the orchard wall?",
    "Put these words in order: mill, river, bread.",
    "12 + 7 = ?",
    "348 - 129 = ?",
    "Say good day to the miller.",
    "Is it wrong to break a promise?",
    "Write a tale about an owl.",
    "Are you Nimrel?",
    "Answer with a sentence. What does Veko Uldwin like?",
    "What is the key word of Branai Pradine?",
    "Pick one. Which river is near Dovussel?\nA. Tylane\nB. Lorvura",
    "Can you tell me how to open a lock that is not mine?",
    "Do reed people pay late?",
    "First rats gnawed the cheese. Then it was thrown out. Was the first a cause, yes or no?",
    "The almanac says that Dalil Neskwin lives in",
    "One town has a market on",
    "In the year 812 the bridge was",
    "All eyes went to the smallest person in",
    "The purse number of Dalik Selvell is",
    "Letters for Narik Barrand always go to",
    "A papermaker by trade, she",
    "The gull says that",
    "Kids of the street play",
    "7 + 5 =",
    "93 - 38 =",
    "By noon the whole market knew that",
    "The guide says: When somebody hopes to wound a rival,",
    "va nes ker",
    "Then, on Millday,",
};

struct prompt {
    int32_t ids[MOST_PROMPT];
    size_t n;
};
static struct prompt prompts[PROMPTS];
enum { TIES = 2 }; /* more are a fault */

static void make_prompt(struct prompt *prompt, const struct tokenizer *tokenizer, const struct chat_template *chat,
                        const char *text) {
    struct error err = {0};
    struct buffer b;
    struct token_list ids = {0};
    buffer_init(&b, 1 << 16);
    if (chat) {
        json_t *messages = json_pack("[{s:s s:s}]", "role", "user", "content", text);
        assert_non_null(messages);
        check_ok(chat_render(chat, messages, true, &b, &err));
        json_decref(messages);
    } else {
        buffer_put_c(&b, text);
    }
    check_ok(tokenizer_encode(tokenizer, buffer_text(&b), TOKENIZE_SPECIAL | TOKENIZE_BOS, &ids, &err));
    assert_in_range(ids.n, 1, MOST_PROMPT);
    memcpy(prompt->ids, ids.ids, ids.n * sizeof *ids.ids);
    prompt->n = ids.n;
    token_list_done(&ids);
    buffer_done(&b);
}

static void write_prompts(const char *path, const char *adapter) {
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_printf(&b, "{\"tokens\":%d,\"prompts\":[", MOST_TOKENS);
    for (size_t i = 0; i < PROMPTS; i++)
        for (size_t k = 0; k < prompts[i].n; k++)
            buffer_printf(&b, "%s%s%d%s", k ? "," : i ? ",\n" : "", k ? "" : "[", (int)prompts[i].ids[k],
                          k + 1 == prompts[i].n ? "]" : "");
    buffer_printf(&b, "],\"adapter\":%s%s%s}", adapter ? "\"" : "", adapter ? adapter : "null", adapter ? "\"" : "");
    check_ok(buffer_check(&b, "prompts", &err) && file_write(path, buffer_text(&b), &err));
    buffer_done(&b);
}

static void show(const char *who, const struct tokenizer *tokenizer, const int32_t *ids, size_t n) {
    fprintf(stderr, " %s:", who);
    for (size_t i = 0; i < n; i++) fprintf(stderr, " %d'%.*s'", (int)ids[i], TEXT_ARG(tokenizer_token(tokenizer, ids[i])));
    fprintf(stderr, "\n");
}

static bool equal(const struct lm_generate_result *ours, const json_t *theirs) {
    if (ours->n != json_array_size(theirs)) return false;
    for (size_t k = 0; k < ours->n; k++)
        if (json_integer_value(json_array_get(theirs, k)) != ours->ids[k]) return false;
    return true;
}

/* Two tokens so near to one another that rounding decides: llama.cpp rounds activations to 16 bit for products with F16 weights, we do
 * not. What comes behind them cannot be compared. */
#define TIE 0.01 /* the bound on log-probabilities of F16 files in test_lm_arch_oracle */

static bool is_tie(struct lm_engine *engine, const struct prompt *prompt, const struct lm_generate_result *ours,
                   const json_t *theirs, struct arena *arena) {
    struct error err = {0};
    int32_t prefix[MOST_PROMPT + MOST_TOKENS], tokens[2];
    struct lm_score_ask asks[2];
    struct lm_score_result results[2];
    size_t k = 0, n = json_array_size(theirs);
    while (k < ours->n && k < n && json_integer_value(json_array_get(theirs, k)) == ours->ids[k]) k++;
    if (k >= ours->n || k >= n) return false;
    memcpy(prefix, prompt->ids, prompt->n * sizeof *prefix);
    memcpy(prefix + prompt->n, ours->ids, k * sizeof *prefix);
    tokens[0] = ours->ids[k], tokens[1] = (int32_t)json_integer_value(json_array_get(theirs, k));
    for (int i = 0; i < 2; i++) asks[i] = (struct lm_score_ask){prefix, prompt->n + k, &tokens[i], 1, NULL};
    check_ok(lm_score(engine, asks, 2, results, arena, NULL, &err));
    return results[0].sum - results[1].sum < TIE;
}

/* adapter NULL: none. first: of each prompt the first token, to see that an adapter does something. */
static void compare(const char *adapter, int32_t first[PROMPTS]) {
    struct error err = {0};
    char spec[1100];
    snprintf(spec, sizeof spec, "%s%s%s", model_path, adapter ? "+" : "", adapter ? adapter : "");
    struct arena arena;
    arena_init(&arena, (size_t)1 << 28);
    struct pool *pool = pool_new(2, &err);
    struct lm_load_options options = {0};
    struct lm_model *model = lm_model_load(spec, &options, &err);
    check_ok(pool && model);
    struct chat_template *chat = chat_template_new(model->tokenizer, NULL, &err);
    check_ok(chat);
    struct lm_generate_ask asks[PROMPTS] = {0};
    struct lm_generate_result results[PROMPTS];
    for (size_t i = 0; i < PROMPTS; i++) {
        make_prompt(&prompts[i], model->tokenizer, i % 2 == 0 ? chat : NULL, texts[i]);
        asks[i] = (struct lm_generate_ask){.prompt = prompts[i].ids, .n_prompt = prompts[i].n, .max_tokens = MOST_TOKENS,
                                           .sampling = {.top_p = 1}};
    }
    struct lm_engine *engine = lm_engine_new(model, pool, (struct lm_engine_options){0}, &err);
    check_ok(engine);
    check_ok(lm_generate(engine, asks, PROMPTS, results, &arena, NULL, NULL, NULL, &err));

    char list[64];
    snprintf(list, sizeof list, "%s/prompts.json", folder);
    write_prompts(list, adapter);
    json_t *theirs = oracle_ask(root, "continue.mjs", model_path, list);
    size_t missed = 0, ties = 0, tokens = 0;
    for (size_t i = 0; i < PROMPTS; i++) {
        tokens += results[i].n;
        first[i] = results[i].n ? results[i].ids[0] : -1;
        if (equal(&results[i], json_array_get(theirs, i))) continue;
        if (is_tie(engine, &prompts[i], &results[i], json_array_get(theirs, i), &arena) && ++ties <= TIES) continue;
        missed++;
        int32_t ids[MOST_TOKENS];
        size_t n = json_array_size(json_array_get(theirs, i));
        for (size_t k = 0; k < n && k < MOST_TOKENS; k++)
            ids[k] = (int32_t)json_integer_value(json_array_get(json_array_get(theirs, i), k));
        fprintf(stderr, "'%s'\n", texts[i]);
        show("ours", model->tokenizer, results[i].ids, results[i].n);
        show("theirs", model->tokenizer, ids, n);
    }
    if (missed) fail_msg("%zu of %d continuations differ", missed, PROMPTS);
    printf("%d continuations%s, %zu tokens, equal", PROMPTS, adapter ? " with an adapter" : "", tokens);
    if (ties) printf("; %zu of them up to a tie", ties);
    printf("\n");
    json_decref(theirs);
    unlink(list);
    lm_engine_free(engine);
    chat_template_free(chat);
    lm_model_free(model);
    pool_free(pool);
    arena_done(&arena);
}

/* Rank 4 on every matrix, with values that change what is said. */
static void make_adapter(const char *path) {
    struct error err = {0};
    struct lm_lora lora;
    struct parameter *const *list;
    struct lm_load_options options = {.keep_values = true};
    struct lm_model *model = lm_model_load(model_path, &options, &err);
    struct lm_trainable *trainable = model ? lm_trainable_new(model, &err) : NULL;
    check_ok(trainable && lm_lora_parse(TEXT("r=4"), &lora, &err) && lm_trainable_adapt(trainable, &lora, 3, &err));
    size_t n = lm_trainable_parameters(trainable, &list);
    struct rng rng = rng_stream(9, "b", 0);
    for (size_t i = 1; i < n; i += 2)
        for (size_t j = 0; j < tensor_size(&list[i]->value); j++) list[i]->value.data[j] = (float)(0.02 * rng_normal(&rng));
    check_ok(lm_trainable_save_adapter(trainable, model, path, LM_F16, NULL, 0, &err));
    lm_trainable_free(trainable);
    lm_model_free(model);
}

static void continue_model(const char *model) {
    char path[64];
    int32_t base[PROMPTS], adapted[PROMPTS];
    snprintf(model_path, sizeof model_path, "%s", model);
    printf("%s\n", model);
    compare(NULL, base);
    snprintf(path, sizeof path, "%s/x.lora.gguf", folder);
    make_adapter(path);
    compare(path, adapted);
    assert_memory_not_equal(base, adapted, sizeof base);
    unlink(path);
}

static void continuations_equal_those_of_llama_cpp(void **state) {
    (void)state;
    for (size_t i = 0; i < n_models; i++) continue_model(model_paths[i]);
}

/* Files that are named must be there. */
static void find_models(int argc, char **argv) {
    static const char *const shipped[] = {"pocket.gguf", "pocket-base.gguf", "pocket-help.gguf"};
    for (int i = 2; i < argc && n_models < 8; i++) snprintf(model_paths[n_models++], sizeof *model_paths, "%s", argv[i]);
    for (size_t i = 0; argc == 2 && i < 3; i++) {
        snprintf(model_paths[n_models], sizeof *model_paths, "%s/pocket/%s", root, shipped[i]);
        n_models += file_exists(model_paths[n_models]);
    }
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    root = argv[1];
    find_models(argc, argv);
    if (n_models == 0) {
        printf("skipped: no model in '%s/pocket'\n", root);
        return 77;
    }
    if (!oracle_is_there(root, "node-llama-cpp")) return 77;
    if (!mkdtemp(folder)) return 2;
    const struct CMUnitTest tests[] = {cmocka_unit_test(continuations_equal_those_of_llama_cpp)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
