/* WordPiece as BERT uses it (Devlin et al. 2019): text is cleaned, put in lower case and rid of accents, cut at blanks
 * and punctuation, and each word is cut greedily into the longest tokens; a word with a rest that is no token becomes
 * the unknown token. Stored forms as in GGUF: tokens that begin a word carry SentencePiece's mark, the others nothing.
 */
#include "lm/tokenizer/tokenizer_internal.h"

#include <string.h>
#include <utf8proc.h>

struct words {
    const struct tokenizer *t;
    struct buffer word; /* the mark and the characters so far */
    struct token_list *out;
    struct error *err;
};

/* Ideographs stand alone. The ranges are those of BERT's own code, with a slip of its Rust twin that models were made
 * with: the fifth range begins at 2B920. */
static bool is_ideograph(uint32_t c) {
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

static bool stands_alone(uint32_t c, utf8proc_category_t category) {
    bool punctuation = category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
    bool symbol = category >= UTF8PROC_CATEGORY_SM && category <= UTF8PROC_CATEGORY_SO;
    return punctuation || (symbol && c < 0x7F) || is_ideograph(c);
}

/* Longest tokens first; nothing fits: the whole word is unknown. */
static bool end_word(struct words *w) {
    struct text word = buffer_text(&w->word);
    size_t before = w->out->n;
    if (word.len <= strlen(SPACE_MARK)) return true;
    bool too_long = w->t->word_max && text_utf8_count(word) - 1 > w->t->word_max;
    for (size_t i = 0; i < word.len;) {
        size_t end = too_long ? i : word.len - i > w->t->longest ? i + w->t->longest : word.len;
        int32_t id = -1;
        while (end > i && (id = tokenizer_find(w->t, text_part(word, i, end))) < 0) end--;
        if (id < 0) {
            w->out->n = before;
            if (w->t->unknown >= 0 && !token_list_put(w->out, w->t->unknown, w->err)) return false;
            break;
        }
        if (!token_list_put(w->out, id, w->err)) return false;
        i = end;
    }
    buffer_clear(&w->word);
    buffer_put_c(&w->word, SPACE_MARK);
    return true;
}

static void put_character(struct words *w, uint32_t c) {
    char utf8[4];
    buffer_put(&w->word, utf8,
               text_utf8_put(w->t->lowercase ? (uint32_t)utf8proc_tolower((utf8proc_int32_t)c) : c, utf8));
}

/* Control characters are nothing, whatever else they are, but for the common blanks among them. */
static bool is_control(uint32_t c, utf8proc_category_t category) {
    return c == 0 || c == 0xFFFD || (category >= UTF8PROC_CATEGORY_CC && c != '\t' && c != '\n' && c != '\r');
}

static bool add_character(struct words *w, uint32_t c) {
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    if (is_control(c, category)) return true;
    if (unicode_is_white(c)) return end_word(w);
    if (w->t->strips_accents && category == UTF8PROC_CATEGORY_MN) return true;
    if (!stands_alone(c, category)) return put_character(w, c), true;
    if (!end_word(w)) return false;
    put_character(w, c);
    return end_word(w);
}

bool wordpiece_encode(const struct tokenizer *t, struct text text, struct token_list *out, struct error *err) {
    struct words w = {.t = t, .out = out, .err = err};
    char *copy = NULL;
    if (!unicode_normalize(&text, t->strips_accents ? FORM_NFD : FORM_NONE, &copy, err)) return false;
    buffer_init(&w.word, text.len * 4 + 64);
    bool ok = buffer_put_c(&w.word, SPACE_MARK) || buffer_check(&w.word, "word", err);
    while (ok && text.len) {
        uint32_t c;
        size_t n = text_utf8_next(text, &c);
        ok = add_character(&w, n ? c : 0xFFFD);
        text = text_part(text, n ? n : 1, text.len);
    }
    ok = ok && buffer_check(&w.word, "word", err) && end_word(&w);
    buffer_done(&w.word);
    memory_free(copy);
    return ok;
}
