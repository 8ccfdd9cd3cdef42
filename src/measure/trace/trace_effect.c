/* What tools do, from the words of their names: see trace.h. A log that says it (`tool.effect`) is believed instead. */
#include "measure/trace/trace.h"

#include <ctype.h>
#include <string.h>

static const struct {
    const char *word;
    unsigned effect;
} words[] = {
    {"append", EFFECT_WRITE},   {"bash", EFFECT_EXECUTE},    {"book", EFFECT_PAY},
    {"buy", EFFECT_PAY},        {"commit", EFFECT_WRITE},    {"create", EFFECT_WRITE},
    {"delete", EFFECT_DELETE},  {"deploy", EFFECT_EXECUTE},  {"drop", EFFECT_DELETE},
    {"edit", EFFECT_WRITE},     {"email", EFFECT_SEND},      {"eval", EFFECT_EXECUTE},
    {"exec", EFFECT_EXECUTE},   {"execute", EFFECT_EXECUTE}, {"forward", EFFECT_SEND},
    {"insert", EFFECT_WRITE},   {"install", EFFECT_EXECUTE}, {"mail", EFFECT_SEND},
    {"message", EFFECT_SEND},   {"notify", EFFECT_SEND},     {"order", EFFECT_PAY},
    {"pay", EFFECT_PAY},        {"payment", EFFECT_PAY},     {"post", EFFECT_SEND},
    {"publish", EFFECT_SEND},   {"purchase", EFFECT_PAY},    {"purge", EFFECT_DELETE},
    {"python", EFFECT_EXECUTE}, {"recall", EFFECT_RECALL},   {"remember", EFFECT_REMEMBER},
    {"remove", EFFECT_DELETE},  {"reply", EFFECT_SEND},      {"run", EFFECT_EXECUTE},
    {"save", EFFECT_WRITE},     {"send", EFFECT_SEND},       {"shell", EFFECT_EXECUTE},
    {"sms", EFFECT_SEND},       {"swap", EFFECT_PAY},        {"terminal", EFFECT_EXECUTE},
    {"transfer", EFFECT_PAY},   {"tweet", EFFECT_SEND},      {"update", EFFECT_WRITE},
    {"upload", EFFECT_SEND},    {"wipe", EFFECT_DELETE},     {"withdraw", EFFECT_PAY},
    {"write", EFFECT_WRITE},
};

static unsigned effect_of(const char *word, size_t len) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == len && memcmp(words[i].word, word, len) == 0) return words[i].effect;
    return 0;
}

unsigned trace_effects_of(struct text tool) {
    unsigned effects = 0;
    char word[32];
    size_t len = 0;
    for (size_t i = 0; i <= tool.len; i++) {
        unsigned char c = i < tool.len ? (unsigned char)tool.at[i] : ' ';
        bool begins = !isalpha(c) || (isupper(c) && i && islower((unsigned char)tool.at[i - 1]));
        if (begins) {
            effects |= len && len < sizeof word ? effect_of(word, len) : 0;
            len = 0;
        }
        if (isalpha(c) && len < sizeof word) word[len++] = (char)tolower(c);
    }
    return effects;
}

bool trace_effect_named(struct text word, unsigned *effects) {
    static const char *const names[] = {"write", "send", "pay", "delete", "execute", "remember", "recall"};
    *effects = 0;
    for (size_t i = 0; i < 7; i++)
        if (text_equal_c(word, names[i])) return *effects = 1u << i, true;
    return text_equal_c(word, "read");
}
