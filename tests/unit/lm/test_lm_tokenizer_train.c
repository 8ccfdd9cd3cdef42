/* Training a byte-level vocabulary: merges that follow from counts by hand, a slow twin, the reserve, saving. */
#include "tokenizer_check.h"

#include "base/hash.h"
#include "base/progress.h"
#include "lm/tokenizer/tokenizer_internal.h"

static struct tokenizer *train(const struct tokenizer_training *how) {
    struct error err = {0};
    struct tokenizer *t = tokenizer_train(how, &err);
    if (!t) fail_msg("%s", err.message);
    return t;
}

/* The words hug x10, pug x5, pun x12, bun x4, hugs x5: counts give u+g (20), then u+n (16), then h+ug (15). */
static void merges_follow_from_counts(void **state) {
    (void)state;
    static const struct {
        const char *word;
        size_t n;
    } words[] = {{"hug", 10}, {"pug", 5}, {"pun", 12}, {"bun", 4}, {"hugs", 5}};
    static const struct text specials[] = {TEXT("<end>")};
    struct text texts[36];
    size_t n = 0;
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < words[i].n; k++) texts[n++] = text_of(words[i].word);
    const struct tokenizer_training how = {.texts = texts,
                                           .n_texts = n,
                                           .specials = specials,
                                           .n_specials = 1,
                                           .vocabulary = 260,
                                           .pre = "gpt-2",
                                           .eos = TEXT("<end>")};
    struct tokenizer *t = train(&how);
    assert_int_equal(tokenizer_vocabulary(t), 260);
    assert_true(text_equal_c(tokenizer_token(t, 257), "ug"));
    assert_true(text_equal_c(tokenizer_token(t, 258), "un"));
    assert_true(text_equal_c(tokenizer_token(t, 259), "hug"));
    assert_int_equal(tokenizer_eos(t), 0);
    assert_true(tokenizer_ends(t, 0));
    assert_false(tokenizer_adds_bos(t));
    check_encodes(t, "hugs", 0, 259, 1 + 's');
    check_encodes(t, "mug<end>", TOKENIZE_SPECIAL, 1 + 'm', 257, 0);
    tokenizer_free(t);
}

/* ---- a twin that counts all pairs anew for each merge ---- */

struct slow_word {
    struct text symbols[64];
    size_t n, count;
};
struct slow {
    struct arena arena;
    struct slow_word words[2000];
    struct text whole[2000];
    size_t n;
};

static bool slow_count(void *context, struct text piece, struct error *err) {
    struct slow *s = context;
    for (size_t i = 0; i < s->n; i++)
        if (text_equal(s->whole[i], piece)) return s->words[i].count++, true;
    assert_true(s->n < 2000 && piece.len <= 64);
    struct slow_word *w = &s->words[s->n];
    s->whole[s->n++] = (struct text){arena_copy(&s->arena, piece.at, piece.len, err), piece.len};
    w->count = 1;
    for (size_t i = 0; i < piece.len; i++) {
        char *form = arena_alloc(&s->arena, 2, 1, err);
        w->symbols[w->n++] = (struct text){form, bytes_to_stored(text_part(piece, i, i + 1), form)};
    }
    return true;
}

static size_t slow_pair_count(const struct slow *s, struct text left, struct text right) {
    size_t n = 0;
    for (size_t w = 0; w < s->n; w++)
        for (size_t i = 0; i + 1 < s->words[w].n; i++)
            if (text_equal(s->words[w].symbols[i], left) && text_equal(s->words[w].symbols[i + 1], right))
                n += s->words[w].count;
    return n;
}

static bool slow_best(struct slow *s, struct text *left, struct text *right) {
    size_t best = 1;
    for (size_t w = 0; w < s->n; w++)
        for (size_t i = 0; i + 1 < s->words[w].n; i++) {
            struct text a = s->words[w].symbols[i], b = s->words[w].symbols[i + 1];
            size_t n = slow_pair_count(s, a, b);
            int order = best > 1 ? text_compare(a, *left) : -1;
            if (order == 0) order = text_compare(b, *right);
            if (n > best || (n == best && n > 1 && order < 0)) best = n, *left = a, *right = b;
        }
    return best > 1;
}

static struct text slow_merge(struct slow *s, struct text left, struct text right) {
    struct error err = {0};
    char *joined = arena_printf(&s->arena, &err, "%.*s%.*s", TEXT_ARG(left), TEXT_ARG(right));
    struct text whole = {joined, left.len + right.len};
    for (size_t w = 0; w < s->n; w++) {
        struct slow_word *word = &s->words[w];
        size_t kept = 0;
        for (size_t i = 0; i < word->n; i++)
            if (i + 1 < word->n && text_equal(word->symbols[i], left) && text_equal(word->symbols[i + 1], right))
                word->symbols[kept++] = whole, i++;
            else
                word->symbols[kept++] = word->symbols[i];
        word->n = kept;
    }
    return whole;
}

static void fast_training_equals_the_slow_twin(void **state) {
    (void)state;
    struct error err = {0};
    static const char *const words[] = {"the", "then", "other",  "mother", "banana", "aaaa",
                                        "aaa", "abab", "ababab", "than",   "hen",    "an"};
    struct slow *s = calloc(1, sizeof *s);
    struct rng rng = rng_stream(11, "train", 0);
    struct buffer b;
    assert_non_null(s);
    arena_init(&s->arena, 0);
    buffer_init(&b, 1 << 20);
    for (size_t i = 0; i < 3000; i++) {
        uint64_t draw = rng_below(&rng, 12);
        buffer_put_c(&b, words[draw < 6 ? draw : rng_below(&rng, 12)]);
        buffer_put_c(&b, rng_below(&rng, 9) ? " " : "");
        if (rng_below(&rng, 20) == 0) buffer_printf(&b, "%d\n", (int)rng_below(&rng, 300));
    }
    struct text text = buffer_text(&b);
    const struct tokenizer_training how = {.texts = &text, .n_texts = 1, .vocabulary = 256 + 30, .pre = "qwen2"};
    struct tokenizer *t = train(&how);
    check_ok(pretokenize(t, text, slow_count, s, &err));
    for (int32_t id = 256; id < 256 + 30; id++) {
        struct text left = TEXT(""), right = TEXT("");
        assert_true(slow_best(s, &left, &right));
        struct text whole = slow_merge(s, left, right);
        if (!text_equal(whole, tokenizer_token(t, id)))
            fail_msg("merge %d: '%.*s', expected '%.*s'", id - 256, TEXT_ARG(tokenizer_token(t, id)), TEXT_ARG(whole));
    }
    tokenizer_free(t);
    buffer_done(&b);
    arena_done(&s->arena);
    free(s);
}

/* ---- the reserve ---- */

static const struct text reserve[] = {
    TEXT("abab"), TEXT("miller"), TEXT("mill"), TEXT("Yes"), TEXT("\xC3\xA9t\xC3\xA9"),
    TEXT("7"),    TEXT("anan"),   TEXT("banan")};
static const struct text corpus[] = {TEXT("the miller's daughter said yes to the millwright of the other town, 1789\n"),
                                     TEXT("<s>the mother of the miller<e> said<s> no no no banana the the")};
static const struct text specials[] = {TEXT("<s>"), TEXT("<e>")};
static const struct tokenizer_training with_reserve = {.texts = corpus,
                                                       .n_texts = 2,
                                                       .specials = specials,
                                                       .n_specials = 2,
                                                       .reserve = reserve,
                                                       .n_reserve = 8,
                                                       .vocabulary = 400,
                                                       .pre = "llama-bpe",
                                                       .bos = TEXT("<s>"),
                                                       .eos = TEXT("<e>"),
                                                       .chat_template = TEXT("{{ bos_token }}")};

static void reserved_words_are_one_token(void **state) {
    (void)state;
    struct tokenizer *t = train(&with_reserve);
    struct token_list ids = {0};
    for (size_t i = 0; i < 8; i++) {
        char blank[32] = " ";
        memcpy(blank + 1, reserve[i].at, reserve[i].len);
        encode(t, reserve[i], 0, &ids);
        assert_int_equal(ids.n, 1);
        encode(t, text_of(blank), 0, &ids);
        assert_int_equal(ids.n, reserve[i].at[0] == '7' ? 2 : 1); /* digits never take a blank */
        check_round_trip(t, text_of(blank));
    }
    encode(t, TEXT("<s>x<e>"), TOKENIZE_SPECIAL, &ids);
    assert_int_equal(ids.n, 3);
    assert_int_equal(ids.ids[0], 0);
    assert_int_equal(ids.ids[2], 1);
    assert_int_equal(tokenizer_vocabulary(t), 400);
    token_list_done(&ids);
    tokenizer_free(t);
}

/* Merges never make the text of a special token, even when the corpus is full of its parts. */
static void special_texts_are_not_learned(void **state) {
    (void)state;
    static const struct text texts[] = {TEXT("ENDEND END END END E N D"), TEXT("EN END")}, ends[] = {TEXT("END")};
    const struct tokenizer_training how = {
        .texts = texts, .n_texts = 2, .specials = ends, .n_specials = 1, .vocabulary = 300, .pre = "gpt-2"};
    struct tokenizer *t = train(&how);
    struct token_list ids = {0};
    encode(t, TEXT("END"), 0, &ids);
    for (size_t i = 0; i < ids.n; i++) assert_int_not_equal(ids.ids[i], 0);
    token_list_done(&ids);
    tokenizer_free(t);
}

static void equal_texts_give_equal_files(void **state) {
    (void)state;
    struct error err = {0};
    char paths[2][32] = {"/tmp/basanite-train-XXXXXX", "/tmp/basanite-train-XXXXXX"}, digests[3][65];
    for (size_t i = 0; i < 2; i++) {
        struct tokenizer *t = train(&with_reserve);
        close(mkstemp(paths[i]));
        save_vocabulary(t, paths[i]);
        assert_true(tokenizer_digest(t, digests[0]));
        struct tokenizer *back = tokenizer_of_gguf(paths[i]);
        assert_true(tokenizer_digest(back, digests[1]));
        assert_string_equal(digests[0], digests[1]);
        assert_true(text_equal_c(tokenizer_chat_template(back), "{{ bos_token }}"));
        assert_int_equal(tokenizer_bos(back), 0);
        assert_int_equal(tokenizer_eos(back), 1);
        assert_true(tokenizer_adds_bos(back));
        tokenizer_free(back);
        tokenizer_free(t);
    }
    check_ok(sha256_file(paths[0], digests[0], &err) && sha256_file(paths[1], digests[1], &err));
    assert_string_equal(digests[0], digests[1]);
    unlink(paths[0]);
    unlink(paths[1]);
}

static void bad_asks_are_refused(void **state) {
    (void)state;
    struct error err = {0};
    struct tokenizer_training how = with_reserve;
    how.pre = "no-such";
    check_fails(tokenizer_train(&how, &err), ERROR_USAGE, "no pre-tokenizer 'no-such'");
    how = with_reserve;
    how.vocabulary = 257;
    check_fails(tokenizer_train(&how, &err), ERROR_USAGE, "expected 258");
    how.vocabulary = 260;
    check_fails(tokenizer_train(&how, &err), ERROR_USAGE, "the reserve needs a vocabulary of more than 260");
    static const struct text two_words[] = {TEXT("two words")}, none[] = {TEXT("")},
                             same[] = {TEXT("<s>"), TEXT("<s>")};
    how = with_reserve;
    how.reserve = two_words;
    how.n_reserve = 1;
    check_fails(tokenizer_train(&how, &err), ERROR_USAGE, "'two words' is cut into 2 pieces");
    how.reserve = none;
    check_fails(tokenizer_train(&how, &err), ERROR_USAGE, "a reserved word of 0 bytes");
    how = with_reserve;
    how.specials = same;
    check_fails(tokenizer_train(&how, &err), ERROR_USAGE, "'<s>' comes twice");
    how = with_reserve;
    how.bos = TEXT("<b>");
    check_fails(tokenizer_train(&how, &err), ERROR_USAGE, "the BOS token '<b>' is not among");
}

static void memory_may_run_out_anywhere(void **state) {
    (void)state;
    for (uint64_t n = 1;; n++) {
        struct error err = {0};
        memory_fail_at(n);
        struct tokenizer *t = tokenizer_train(&with_reserve, &err);
        memory_fail_at(0);
        if (!t) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        tokenizer_free(t);
        if (t) break;
    }
}

/* A corpus of the size that a small model is trained on. */
static void training_is_fast(void **state) {
    (void)state;
    struct buffer b;
    struct rng rng = rng_stream(13, "corpus", 0);
    buffer_init(&b, (size_t)16 << 20);
    while (b.len < 3000000) {
        size_t letters = 2 + rng_below(&rng, 7);
        struct rng word = rng_stream(14, "word", rng_below(&rng, 60) * rng_below(&rng, 400));
        for (size_t i = 0; i < letters; i++) buffer_put_char(&b, (char)('a' + rng_below(&word, 26)));
        buffer_put_c(&b, " ");
    }
    struct text text = buffer_text(&b);
    const struct tokenizer_training how = {.texts = &text, .n_texts = 1, .vocabulary = 4096, .pre = "llama-bpe"};
    double started = clock_seconds();
    struct tokenizer *t = train(&how);
    printf("4096 tokens of %zu bytes in %.2f s\n", b.len, clock_seconds() - started);
    assert_true(tokenizer_type(t, 4095) == TOKEN_NORMAL);
    tokenizer_free(t);
    buffer_done(&b);
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    source_root = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merges_follow_from_counts),    cmocka_unit_test(fast_training_equals_the_slow_twin),
        cmocka_unit_test(reserved_words_are_one_token), cmocka_unit_test(special_texts_are_not_learned),
        cmocka_unit_test(equal_texts_give_equal_files), cmocka_unit_test(bad_asks_are_refused),
        cmocka_unit_test(memory_may_run_out_anywhere),  cmocka_unit_test(training_is_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
