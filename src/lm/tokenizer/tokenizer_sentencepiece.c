/* SentencePiece's own normalizer: characters by the longest prefix in the map, blanks to marks, one mark before (or
 * behind) the text; several blanks are one where the model says so. User tokens pass unchanged. */
#include "lm/tokenizer/tokenizer_internal.h"

#include <string.h>

int32_t user_token_at(const struct tokenizer *t, struct text text) {
    uint32_t node = 0;
    int32_t best = -1, id;
    for (size_t i = 0; i < text.len && byte_trie_step(&t->trie, &node, (unsigned char)text.at[i], &id); i++)
        if (id >= 0 && t->types[id] == TOKEN_USER) best = id;
    return best;
}

/* What the text begins with, normalised; *taken: its bytes in the text. */
static struct text next_part(const struct tokenizer *t, struct text text, size_t *taken) {
    struct text to;
    uint32_t c;
    int32_t user = t->user_inside ? user_token_at(t, text) : -1;
    if (user >= 0) {
        *taken = t->tokens[user].len;
        return text_part(text, 0, *taken);
    }
    if ((*taken = charsmap_find(&t->charsmap, text, true, &to)) > 0) return to;
    *taken = text_utf8_next(text, &c);
    if (*taken) return text_part(text, 0, *taken);
    *taken = 1;
    return TEXT("\xEF\xBF\xBD");
}

static void put_marked(struct text part, struct buffer *out) {
    for (size_t i = 0; i < part.len; i++)
        if (part.at[i] == ' ')
            buffer_put_c(out, SPACE_MARK);
        else
            buffer_put_char(out, part.at[i]);
}

static struct text skip_blanks(const struct tokenizer *t, struct text text) {
    while (text.len) {
        size_t taken;
        if (!text_equal_c(next_part(t, text, &taken), " ")) break;
        text = text_part(text, taken, text.len);
    }
    return text;
}

bool sentencepiece_normalize(const struct tokenizer *t, struct text text, bool prefix, struct buffer *out,
                             struct error *err) {
    bool after_blank = t->merges_blanks;
    if (t->merges_blanks) text = skip_blanks(t, text);
    if (!text.len) return true;
    if (prefix && !t->marks_behind) buffer_put_c(out, SPACE_MARK);
    while (text.len) {
        size_t taken;
        struct text part = next_part(t, text, &taken);
        while (after_blank && text_starts(part, TEXT(" "))) part = text_part(part, 1, part.len);
        if (part.len) {
            put_marked(part, out);
            after_blank = part.at[part.len - 1] == ' ';
        }
        text = text_part(text, taken, text.len);
        if (!t->merges_blanks) after_blank = false;
    }
    while (t->merges_blanks && !out->failed && text_ends(buffer_text(out), TEXT(SPACE_MARK)))
        out->len -= strlen(SPACE_MARK);
    if (prefix && t->marks_behind) buffer_put_c(out, SPACE_MARK);
    return buffer_check(out, "normalised text", err);
}
