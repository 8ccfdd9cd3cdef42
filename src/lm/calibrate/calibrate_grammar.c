/* Known texts of grammars: see calibrate_grammar.h. */
#include "lm/calibrate/calibrate_grammar.h"

#include "base/file.h"
#include "lm/calibrate/calibrate_files.h"
#include "lm/engine/engine.h"
#include "lm/engine/grammar_processor.h"
#include "lm/grammar/grammar_mask.h"
#include "lm/grammar/grammar_schema.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 160, TEXTS = 8 };

/* What public grammars have and have not. A refused text is one that no longer text can mend, or that ends too early.
 */
static const struct known {
    const char *file, *yes[TEXTS], *no[TEXTS];
} knowns[] = {
    {"arithmetic.gbnf",
     {"1=2\n", "a+b*c=7\n", "(x1 -3) *2=  y_z \n", "1=1\n2= (3)\n"},
     {"1=2", "1+=2\n", "=1\n", "A=1\n", "1=a+b\n"}},
    {"c.gbnf",
     {"", "int main(){}", "int f(int x){return x;}", "float g(){// note\nh (1, 2);}", "int f(){while(a<b){}}",
      "int f(){/* a * b */}"},
     {"int main()", "double f(){}", "int f(int x, int y){}", "int f(){x=1}", "return 1;"}},
    {"chess.gbnf",
     {"1. e4 e5\n2. Nf3 Nc6\n", "1. d4 Nf6\n2. c4 e6\n12. O-O O-O-O\n", "1. e4 d5\n2. exd5 Qxd5+\n",
      "1. a4 b5\n9. axb8=Q# Ke7\n"},
     {"1. e4 e5\n", "2. e4 e5\n", "1. e4\n", "1. e9 e5\n", "1. e4 e5\n2. Zf3 a6\n"}},
    {"json.gbnf",
     {"{}", "{\"a\": [1, -2.5e3, true, null]}", "{\"\xc3\xa9\": \"\\u00e9\\n\"}", "{\n  \"a\": {\"b\": \"\"}}",
      "{\"a\":[\n ]}"},
     {"[]", "{\"a\"}", "{'a': 1}", "{\"a\": 01}", "{\"a\": 1,}", "{\"a\": \"\n\"}", "{\"a\": tru}", "{\"a\": 1"}},
    {"json_arr.gbnf",
     {"[\n]", "[\n1,\n{\"a\": [2, 3]}]", "[\n\"x\",\ntrue]"},
     {"[]", "[\n1, 2]", "{}", "[\n1,\n]", "[\n1] "}},
    {"list.gbnf",
     {"- one\n", "- one\n- two, \xc3\xa9\n", "- - -\n"},
     {"- one", "-one\n", "- \n",
      "- a\xe2\x80\xa8"
      "b\n",
      "* one\n",
      "- a\x0b"
      "b\n"}},
};

/* The same, built in. */
static const struct known own_grammar = {
    "root ::= item (\", \" item)* \"!\"?\nitem ::= [a-c]{2,3} | \"<\" item \">\" | [\\u00e8-\\u00ea] | .\n",
    {"ab", "abc, <<ab>>, \xc3\xa9!", "z", "!", "<, >", "\xf0\x9f\x99\x82, aa"},
    {"", "abcd", "<ab", "ab,ab", "ab, ", "\xc3"}};
static const struct known own_schema = {
    "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\",\"minimum\":-5,\"maximum\":120},\"day\":{"
    "\"format\":\"date\"},\"next\":{\"anyOf\":"
    "[{\"$ref\":\"#\"},{\"type\":\"null\"}]}},\"required\":[\"n\"],\"additionalProperties\":false}",
    {"{\"n\":120}", "{\"n\":-5, \"day\":\"2024-02-29\"}", "{\"n\": 7,\"next\": {\"n\":0,\"next\":null}}"},
    {"{}", "{\"n\":121}", "{\"n\":-6}", "{\"n\":1.5}", "{\"n\":1,\"day\":\"2023-02-29\"}", "{\"n\":1,\"x\":1}",
     "{\"n\":1,\"next\":{}}"}};

/* ---- Known texts ---- */

/* How many are accepted of a list; *first_other: of those that should not be (or not), NULL: none. */
static bool count(const struct grammar *g, const char *const *texts, bool accepted, size_t *n, size_t *right,
                  const char **wrong, struct error *err) {
    for (*n = *right = 0; *n < TEXTS && texts[*n]; ++*n) {
        enum grammar_verdict verdict;
        if (!grammar_match(g, text_of(texts[*n]), &verdict, NULL, err)) return false;
        bool ok = (verdict == GRAMMAR_ACCEPTED) == accepted;
        *right += ok;
        if (!ok && !*wrong) *wrong = texts[*n];
    }
    return true;
}

static void check_texts(const struct calibrate_out *out, const char *label, const struct grammar *g,
                        const struct known *known) {
    size_t n_yes, n_no, yes, no;
    const char *wrong = NULL;
    struct error why = {0};
    char name[NAME], expected[64], found[64], note[NAME] = "";
    snprintf(name, sizeof name, "%s texts", label);
    if (!count(g, known->yes, true, &n_yes, &yes, &wrong, &why) ||
        !count(g, known->no, false, &n_no, &no, &wrong, &why)) {
        calibrate_failed(out, name, &why);
        return;
    }
    snprintf(expected, sizeof expected, "%zu accepted, %zu refused", n_yes, n_no);
    snprintf(found, sizeof found, "%zu accepted, %zu refused", yes, no);
    if (wrong) snprintf(note, sizeof note, "not: %.100s", wrong);
    calibrate_give(out, name, expected, found, 0, wrong ? CALIBRATE_MISSED : CALIBRATE_PASSED, note);
}

static void check_own(const struct calibrate_out *out, const char *label, const struct known *known, bool schema) {
    struct error why = {0};
    struct grammar *g = schema ? grammar_from_schema_text(text_of(known->file), label, &why)
                               : grammar_from_gbnf(text_of(known->file), label, &why);
    if (g)
        check_texts(out, label, g, known);
    else
        calibrate_failed(out, label, &why);
    grammar_free(g);
}

/* ---- Texts sampled under json.gbnf ---- */

enum { WANTED = 200, SAMPLES = 240, TOKENS_MOST = 700, SEED = 7 };
static const char model_spec[] = "llama,layers=2,width=64,vocabulary=300,context=1024,seed=7";

static bool is_json(struct text t, json_error_t *why) {
    json_t *value = json_loadb(t.at, t.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, why);
    json_decref(value);
    return value != NULL;
}

/* The text with exponents cut to two digits: json.gbnf, like JSON itself, has numbers that no double holds. */
static bool shorten_exponents(struct text t, struct buffer *out) {
    bool inside = false; /* a string */
    buffer_clear(out);
    for (size_t i = 0, kept = 0; i < t.len; i++) {
        char c = t.at[i];
        bool digit = c >= '0' && c <= '9';
        if (inside && c == '\\' && i + 1 < t.len) buffer_put_char(out, t.at[i++]);
        if (c == '"') inside = !inside;
        if (kept && (digit || c == '+' || c == '-')) {
            kept += digit;
            if (kept > 3) continue;
        } else {
            kept = !inside && (c == 'e' || c == 'E');
        }
        buffer_put_char(out, t.at[i]);
    }
    return !out->failed;
}

/* *beyond counts texts that are JSON but for numbers beyond doubles. */
static bool check_json(struct text t, size_t *beyond, json_error_t *why) {
    struct buffer shorter;
    if (is_json(t, why)) return true;
    if (json_error_code(why) != json_error_numeric_overflow) return false;
    buffer_init(&shorter, t.len + 1);
    bool ok = shorten_exponents(t, &shorter) && is_json(buffer_text(&shorter), why);
    buffer_done(&shorter);
    *beyond += ok;
    return ok;
}

/* Answers that ended by themselves, the first WANTED of them. */
static void give_sampled(const struct calibrate_out *out, const struct lm_generate_result *results) {
    size_t ended = 0, parsed = 0, cut = 0, beyond = 0;
    char expected[64], found[64], note[NAME] = "";
    for (size_t i = 0; i < SAMPLES && ended < WANTED; i++) {
        cut += results[i].finish == LM_FINISH_LENGTH;
        if (results[i].finish != LM_FINISH_STOP) continue;
        ended++;
        json_error_t why;
        bool ok = check_json(results[i].text, &beyond, &why);
        parsed += ok;
        if (!ok && !note[0]) snprintf(note, sizeof note, "sample %zu: %.120s", i, why.text);
    }
    if (!note[0])
        snprintf(note, sizeof note, "%zu with a number beyond doubles; %zu others were cut off after %d tokens", beyond,
                 cut, TOKENS_MOST);
    snprintf(expected, sizeof expected, "%d of %d are JSON", WANTED, WANTED);
    snprintf(found, sizeof found, "%zu of %zu are JSON", parsed, ended);
    calibrate_give(out, "json.gbnf, sampled at temperature 1", expected, found, 0,
                   parsed == WANTED && ended == WANTED ? CALIBRATE_PASSED : CALIBRATE_MISSED, note);
}

static bool generate(struct lm_engine *engine, struct grammar_mask *mask, int32_t prompt, struct arena *arena,
                     struct lm_generate_result **results, struct error *err) {
    const struct logits_processor processor = {&grammar_processor, mask};
    struct lm_generate_ask *asks = arena_new(arena, struct lm_generate_ask, SAMPLES, err);
    *results = asks ? arena_new(arena, struct lm_generate_result, SAMPLES, err) : NULL;
    if (!*results) return false;
    for (size_t i = 0; i < SAMPLES; i++)
        asks[i] = (struct lm_generate_ask){.prompt = &prompt,
                                           .n_prompt = 1,
                                           .max_tokens = TOKENS_MOST,
                                           .sampling = {.temperature = 1, .top_p = 1, .seed = SEED},
                                           .sample = i,
                                           .processors = &processor,
                                           .n_processors = 1};
    return lm_generate(engine, asks, SAMPLES, *results, arena, NULL, NULL, NULL, err);
}

static bool check_sampled(const struct calibrate_out *out, const struct grammar *g, struct pool *pool,
                          struct error *err) {
    struct arena arena;
    struct lm_generate_result *results;
    double entropy;
    arena_init(&arena, 0);
    struct lm_model *model = lm_model_random_of(text_of(model_spec), &entropy, err);
    struct lm_engine *engine = model ? lm_engine_new(model, pool, (struct lm_engine_options){0}, err) : NULL;
    struct grammar_vocabulary *v = engine ? grammar_vocabulary_new(model->tokenizer, err) : NULL;
    struct grammar_mask *mask = v ? grammar_mask_new(g, v, 0, err) : NULL;
    bool ok = mask && generate(engine, mask, tokenizer_bos(model->tokenizer), &arena, &results, err);
    if (ok) give_sampled(out, results);
    grammar_mask_free(mask);
    grammar_vocabulary_free(v);
    lm_engine_free(engine);
    lm_model_free(model);
    arena_done(&arena);
    return ok;
}

/* ---- Files ---- */

struct checking {
    struct calibrate_out rows;
    struct pool *pool;
};

static bool check_file(void *context, const char *path, struct error *err) {
    const struct checking *c = context;
    const struct calibrate_out *out = &c->rows;
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    struct arena arena;
    struct text source;
    struct error why = {0};
    arena_init(&arena, 2 * GRAMMAR_TEXT_MOST);
    bool ok = file_read(&arena, path, GRAMMAR_TEXT_MOST, &source, err);
    struct grammar *g = ok ? grammar_from_gbnf(source, file, &why) : NULL;
    if (ok && !g) calibrate_failed(out, file, &why);
    if (g) calibrate_give(out, file, "parses", "parses", 0, CALIBRATE_PASSED, "");
    for (size_t i = 0; g && i < sizeof knowns / sizeof *knowns; i++)
        if (strcmp(knowns[i].file, file) == 0) check_texts(out, file, g, &knowns[i]);
    if (g && strcmp(file, "json.gbnf") == 0) ok = check_sampled(out, g, c->pool, err);
    grammar_free(g);
    arena_done(&arena);
    return ok;
}

bool calibrate_grammar(const char *gold, struct pool *pool, calibrate_report *report, void *context,
                       struct error *err) {
    struct checking c = {{report, context}, pool};
    check_own(&c.rows, "own grammar", &own_grammar, false);
    check_own(&c.rows, "own schema", &own_schema, true);
    return !gold || calibrate_files(gold, ".gbnf", "a file or folder of grammars (NAME.gbnf)", check_file, &c, err);
}
