/* Tokenizers: text to ids and back, exactly as the model's own. Kinds: SentencePiece BPE with byte fallback ("llama"),
 * byte-level BPE ("gpt2") with the pre-tokenizers of a table (gpt-2, llama-bpe, qwen2, falcon, ...) by PCRE2, WordPiece
 * ("bert"), Unigram ("t5"), greedy longest match ("rwkv"). Sources: GGUF metadata, Hugging Face tokenizer.json or
 * vocab.json with merges.txt, SentencePiece .model, tiktoken's ranks, RWKV's vocabularies, llama2.c tokenizer .bin.
 * GGUF is read as llama.cpp reads it, tokenizer.json as Hugging Face's library does, .model as SentencePiece does;
 * where llama.cpp only comes near a model's own tokenizer (upper case beyond ASCII in gpt-4o and tekken, accents and
 * Hangul in BERT), the model's own is followed. Constant after loading, safe for threads. */
#ifndef LM_TOKENIZER_H
#define LM_TOKENIZER_H

#include "lm/files/file.h"

enum token_type {
    TOKEN_NORMAL = 1,
    TOKEN_UNKNOWN = 2,
    TOKEN_CONTROL = 3,
    TOKEN_USER = 4,
    TOKEN_UNUSED = 5,
    TOKEN_BYTE = 6,
};

struct token_list {
    int32_t *ids;
    size_t n, capacity;
};
void token_list_done(struct token_list *list);
bool token_list_put(struct token_list *list, int32_t id, struct error *err) MUST_CHECK;

struct tokenizer;

struct tokenizer *tokenizer_from_gguf(const struct lm_file *file, struct error *err) MUST_CHECK;
/* Any file of a tokenizer by its content, or the one in a folder: tokenizer.json, tokenizer.model,
 * *.tiktoken, vocab.json. */
struct tokenizer *tokenizer_open(const char *path, struct error *err) MUST_CHECK;
/* Path of a tokenizer.json: byte-level or SentencePiece-like BPE, WordPiece, Unigram; added tokens, steps of
 * normalizers, splitting patterns. Other kinds and steps are refused by name. Beside it are read when they are there:
 * tokenizer_config.json (BOS, EOS, template) and chat_template.jinja. */
struct tokenizer *tokenizer_from_json(const char *path, struct error *err) MUST_CHECK;
struct tokenizer *tokenizer_from_json_text(struct text t, const char *shown_name, struct error *err) MUST_CHECK;
/* vocab.json (token to id) with the merges.txt beside it (NAME_vocab.json: NAME_merges.txt): GPT-2's byte-level BPE. */
struct tokenizer *tokenizer_from_vocab(const char *path, struct error *err) MUST_CHECK;
/* SentencePiece .model: Unigram or BPE, with its map of characters, user tokens and byte fallback. */
struct tokenizer *tokenizer_from_model(const char *path, struct error *err) MUST_CHECK;
struct tokenizer *tokenizer_from_model_text(struct text t, const char *shown_name, struct error *err) MUST_CHECK;
/* tiktoken ranks, "BASE64 RANK" a line. The pattern and the special tokens are those of the encoding that the file's
 * name or the number of its ranks tells (r50k, p50k, cl100k, o200k, Llama 3); of others cl100k's, with a warning. */
struct tokenizer *tokenizer_from_ranks(const char *path, struct error *err) MUST_CHECK;
struct tokenizer *tokenizer_from_ranks_text(struct text t, const char *shown_name, struct error *err) MUST_CHECK;
/* RWKV's vocabulary, "ID PYTHON-LITERAL BYTES" a line. */
struct tokenizer *tokenizer_from_world(const char *path, struct error *err) MUST_CHECK;
struct tokenizer *tokenizer_from_world_text(struct text t, const char *shown_name, struct error *err) MUST_CHECK;
/* llama2.c tokenizer file: int32 longest, then per token f32 score, int32 length, bytes. vocabulary 0: as many as there
 * are. */
struct tokenizer *tokenizer_from_llama2c(const char *path, size_t vocabulary, struct error *err) MUST_CHECK;
void tokenizer_free(struct tokenizer *tokenizer);

enum { TOKENIZE_SPECIAL = 1 /* text of control tokens becomes these tokens */,
       TOKENIZE_BOS = 2 /* put BOS first when the tokenizer says so */,
       TOKENIZE_EOS = 4 /* put EOS last when the tokenizer says so */ };
/* Appends to *out. Invalid UTF-8 is tokenized as bytes where the vocabulary has them, else as U+FFFD; a byte or
 * character without a token gives the unknown token or nothing, as in the tokenizer's own library. ERROR_DATA: a
 * splitting pattern of a tokenizer.json takes too many steps on this text. */
bool tokenizer_encode(const struct tokenizer *t, struct text text, int flags, struct token_list *out,
                      struct error *err) MUST_CHECK;
/* Bytes of one token in the middle of a text (SentencePiece's space mark becomes a space); special: control tokens give
 * their text, otherwise nothing. */
bool tokenizer_piece(const struct tokenizer *tokenizer, int32_t id, bool special, struct buffer *out);
/* Bytes of a whole text; SentencePiece and WordPiece drop the first space. Nothing else is cleaned up. */
bool tokenizer_decode(const struct tokenizer *tokenizer, const int32_t *ids, size_t n, bool special,
                      struct buffer *out);

size_t tokenizer_vocabulary(const struct tokenizer *tokenizer);
const char *tokenizer_kind(const struct tokenizer *tokenizer);     /* "llama", "gpt2", "bert", "t5", "rwkv" */
const char *tokenizer_pre(const struct tokenizer *tokenizer);      /* "qwen2", "custom", "" */
struct text tokenizer_token(const struct tokenizer *tokenizer, int32_t id); /* stored form */
enum token_type tokenizer_type(const struct tokenizer *tokenizer, int32_t id);
int32_t tokenizer_find(const struct tokenizer *tokenizer, struct text stored_form); /* -1: none */
int32_t tokenizer_bos(const struct tokenizer *tokenizer);  /* -1: none */
int32_t tokenizer_eos(const struct tokenizer *tokenizer);
bool tokenizer_ends(const struct tokenizer *tokenizer, int32_t id); /* EOS, end of turn: generation stops there */
bool tokenizer_adds_bos(const struct tokenizer *tokenizer);
bool tokenizer_adds_eos(const struct tokenizer *tokenizer);
struct text tokenizer_chat_template(const struct tokenizer *tokenizer); /* Jinja source; empty: none */
bool tokenizer_digest(const struct tokenizer *tokenizer, char hex[65]);  /* of everything that decides ids */
/* Writes the tokenizer.ggml.* metadata (and tokenizer.chat_template when there is one). What GGUF has no key for
 * (patterns that no known pre-tokenizer has: pre = "custom", normal forms, ...) goes into "basanite.tokenizer"; other
 * programs refuse the unknown pre-tokenizer and ignore the rest. */
bool tokenizer_to_gguf(const struct tokenizer *tokenizer, struct gguf_writer *w, struct error *err) MUST_CHECK;
/* Writes a tokenizer.json that Hugging Face's library reads. ERROR_USAGE: what it has no words for, by name. */
bool tokenizer_to_json(const struct tokenizer *tokenizer, struct buffer *out, struct error *err) MUST_CHECK;
/* Things to tell the user: missing BOS, unknown pre-tokenizer, ... One line each, appended. */
bool tokenizer_warnings(const struct tokenizer *tokenizer, struct buffer *out);

/* Trains a byte-level BPE vocabulary: `specials` first (ids 0..), then 256 bytes, then merges until `vocabulary`; words
 * of `reserve` are made single tokens first (each with a leading blank, where the pre-tokenizer keeps the two together,
 * and without). pre: a known pre-tokenizer. Special tokens are cut out of the texts. Ties are broken by the byte order
 * of stored forms, so the same texts give the same file. Merges end when no pair comes twice; ids that are left are
 * unused tokens. bos/eos: names among specials. ERROR_USAGE: what was asked for cannot be. */
struct tokenizer_training {
    const struct text *texts;
    size_t n_texts;
    const struct text *specials;
    size_t n_specials;
    const struct text *reserve;
    size_t n_reserve;
    size_t vocabulary;
    const char *pre;
    struct text bos, eos, chat_template;
};
struct tokenizer *tokenizer_train(const struct tokenizer_training *training, struct error *err) MUST_CHECK;

#endif
