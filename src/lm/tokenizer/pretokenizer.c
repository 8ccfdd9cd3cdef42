/* Pre-tokenizers: the patterns that cut a text into words before byte-level merging, one table row each, under the
 * names of GGUF's tokenizer.ggml.pre. They follow the tokenizer.json of the models; where llama.cpp applies several
 * patterns one after another, so do the rows here. Cutting itself: pretokenizer_split.c. */
#include "lm/tokenizer/tokenizer_internal.h"

#define GPT2_PATTERN "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
#define CONTRACTIONS "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
#define ANYCASE_CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define LETTERS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
#define BLANKS "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define LLAMA3(contractions, numbers) contractions LETTERS numbers "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" BLANKS
/* Words by case: any upper-case part, then a lower-case part, or the other way round. */
#define UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define BY_CASE(end, numbers)                                                                                          \
    "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+" end "|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER "*" end "|" numbers     \
    "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" BLANKS
#define PUNCTUATED "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
#define DEEPSEEK3 PUNCTUATED "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|" BLANKS
#define CJK_KANA "[\\x{4e00}-\\x{9fa5}\\x{3040}-\\x{309f}\\x{30a0}-\\x{30ff}]+"
#define CJK_HANGUL "[\\x{4e00}-\\x{9fa5}\\x{0800}-\\x{4e00}\\x{ac00}-\\x{d7ff}]+"
#define BLOOM " ?[^(\\s|.,!?\\x{2026}\\x{3002}\\x{ff0c}\\x{3001}\\x{0964}\\x{06d4}\\x{060c})]+"
#define MARKS "[\\p{P}\\$\\+<=>\\^~\\|"

const char pretokenizer_gpt2_pattern[] = GPT2_PATTERN;

static const struct pretokenizer table[] = {
    {"default", {MARKS "]+", GPT2_PATTERN, "\\p{N}+", "[0-9][0-9][0-9]"}, false, false},

    {"gpt-2", {GPT2_PATTERN}, false, false},
    {"gpt2", {GPT2_PATTERN}, false, false},
    {"mpt", {GPT2_PATTERN}, false, false},
    {"olmo", {GPT2_PATTERN}, false, false},
    {"phi-2", {GPT2_PATTERN}, false, false},
    {"jais", {GPT2_PATTERN}, false, false},
    {"trillion", {GPT2_PATTERN}, false, false},
    {"granite-docling", {GPT2_PATTERN}, false, false},
    {"gigachat", {GPT2_PATTERN}, false, false},
    {"a.x-4.0", {GPT2_PATTERN}, false, false},
    {"mellum", {GPT2_PATTERN}, false, false},
    {"exaone4", {GPT2_PATTERN}, false, false},
    {"modern-bert", {GPT2_PATTERN}, false, false},
    {"roberta-bpe", {GPT2_PATTERN}, false, false},

    {"starcoder", {"\\p{N}", GPT2_PATTERN}, false, false},
    {"refact", {"\\p{N}", GPT2_PATTERN}, false, false},
    {"command-r", {"\\p{N}", GPT2_PATTERN}, false, false},
    {"smollm", {"\\p{N}", GPT2_PATTERN}, false, false},
    {"codeshell", {"\\p{N}", GPT2_PATTERN}, false, false},
    {"exaone", {"\\p{N}", GPT2_PATTERN}, false, false},
    {"minerva-7b", {"\\p{N}", GPT2_PATTERN}, false, false},

    {"falcon", {MARKS "`]+", GPT2_PATTERN, "[0-9][0-9][0-9]"}, false, false},

    {"llama-bpe", {LLAMA3(CONTRACTIONS, "\\p{N}{1,3}")}, true, true},
    {"llama3", {LLAMA3(CONTRACTIONS, "\\p{N}{1,3}")}, true, true},
    {"llama-v3", {LLAMA3(CONTRACTIONS, "\\p{N}{1,3}")}, true, true},
    {"falcon3", {LLAMA3(CONTRACTIONS, "\\p{N}{1,3}")}, true, true},
    {"falcon-h1", {LLAMA3(CONTRACTIONS, "\\p{N}{1,3}")}, true, true},
    {"pixtral", {LLAMA3(CONTRACTIONS, "\\p{N}{1,3}")}, true, true},
    {"lfm2", {LLAMA3(CONTRACTIONS, "\\p{N}{1,3}")}, true, true},
    {"midm-2.0", {LLAMA3(CONTRACTIONS, "\\p{N}{1,3}")}, true, true},
    {"smaug-bpe", {LLAMA3(CONTRACTIONS, "\\p{N}{1,3}")}, false, false},
    {"dbrx", {LLAMA3(CONTRACTIONS, "\\p{N}{1,3}")}, false, false},
    {"chatglm-bpe", {LLAMA3(CONTRACTIONS, "\\p{N}{1,3}")}, false, false},
    {"glm4", {LLAMA3(CONTRACTIONS, "\\p{N}{1,3}")}, false, false},

    {"qwen2", {LLAMA3(CONTRACTIONS, "\\p{N}")}, false, false},
    {"deepseek-r1-qwen", {LLAMA3(CONTRACTIONS, "\\p{N}")}, false, false},
    {"stablelm2", {LLAMA3(CONTRACTIONS, "\\p{N}")}, false, false},
    {"megrez", {LLAMA3(CONTRACTIONS, "\\p{N}")}, false, false},
    {"hunyuan", {LLAMA3(CONTRACTIONS, "\\p{N}")}, false, false},
    {"grok-2", {LLAMA3(CONTRACTIONS, "\\p{N}")}, false, false},
    {"qwen35",
     {CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|" BLANKS},
     false,
     false},
    {"seed-coder", {CONTRACTIONS LETTERS "\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|" BLANKS}, false, false},
    {"bailingmoe",
     {"'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])" LETTERS
      "\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+"},
     false,
     false},

    {"gpt-4o", {BY_CASE(CONTRACTIONS "?", "\\p{N}{1,3}")}, false, false},
    {"llama4", {BY_CASE(CONTRACTIONS "?", "\\p{N}{1,3}")}, false, false},
    {"minimax-m2", {BY_CASE(CONTRACTIONS "?", "\\p{N}{1,3}")}, false, false},
    {"tekken", {BY_CASE("", "\\p{N}")}, true, true},

    {"deepseek-coder", {"[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", CJK_HANGUL, "\\p{N}"}, false, false},
    {"deepseek-v3", {"\\p{N}{1,3}", CJK_KANA, DEEPSEEK3}, false, false},
    {"hunyuan-dense", {"\\p{N}{1,3}", CJK_KANA, DEEPSEEK3}, false, false},
    {"bloom", {BLOOM}, false, false},
    {"gpt3-finnish", {BLOOM}, false, false},
    {"poro-chat", {BLOOM}, false, false},
    {"viking", {BLOOM, "\\p{N}"}, false, false},
};

/* Patterns as they stand in tokenizer.json files, and the row that does the same. */
static const struct {
    const char *pattern, *name, *name_ignoring_merges;
} json_patterns[] = {
    {GPT2_PATTERN, "gpt-2", NULL},
    {LLAMA3(ANYCASE_CONTRACTIONS, "\\p{N}{1,3}"), "smaug-bpe", "llama-bpe"},
    {LLAMA3(ANYCASE_CONTRACTIONS, "\\p{N}"), "qwen2", NULL},
    {BY_CASE(ANYCASE_CONTRACTIONS "?", "\\p{N}{1,3}"), "gpt-4o", NULL},
    {BY_CASE("", "\\p{N}"), NULL, "tekken"},
};

const struct pretokenizer *pretokenizer_find(struct text name) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (text_equal_c(name, table[i].name)) return &table[i];
    return NULL;
}

const struct pretokenizer *pretokenizer_default(void) {
    return &table[0];
}

const struct pretokenizer *pretokenizer_for_pattern(struct text pattern, bool ignores_merges) {
    for (size_t i = 0; i < sizeof json_patterns / sizeof *json_patterns; i++) {
        const char *name = ignores_merges ? json_patterns[i].name_ignoring_merges : json_patterns[i].name;
        if (name && text_equal_c(pattern, json_patterns[i].pattern)) return pretokenizer_find(text_of(name));
    }
    return NULL;
}

bool tokenizer_use_pre(struct tokenizer *t, const struct pretokenizer *pre, struct error *err) {
    t->pre = pre->name;
    t->ignores_merges = pre->ignores_merges;
    t->adds_bos = pre->adds_bos;
    for (size_t i = 0; i < sizeof pre->patterns / sizeof *pre->patterns && pre->patterns[i]; i++)
        if (!tokenizer_add_split(t, text_of(pre->patterns[i]), SPLIT_ISOLATED, pre->name, err)) return false;
    return true;
}
