/* Any tokenizer file by its content; the one in a folder; vocab.json with merges.txt. */
#include "lm/tokenizer/tokenizer_config.h"
#include "lm/tokenizer/tokenizer_json.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 4096
#define VOCAB_MAX ((size_t)64 << 20)

/* ---- vocab.json and merges.txt ---- */

#define QWEN2_PATTERN                                                                                                  \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|"  \
    "\\s+(?!\\S)|\\s+"

/* "NAMEvocab.json" to "NAMEmerges.txt". */
static char *merges_path(struct arena *arena, const char *path, struct error *err) {
    struct text stem = text_of(path);
    if (!text_ends(stem, TEXT("vocab.json"))) {
        error_set(err, ERROR_DATA,
                  "%s: a vocabulary without a model in it is read as NAMEvocab.json with NAMEmerges.txt "
                  "beside it",
                  path);
        return NULL;
    }
    stem.len -= strlen("vocab.json");
    return arena_printf(arena, err, "%.*smerges.txt", TEXT_ARG(stem));
}

static json_t *read_merge_lines(struct arena *arena, const char *path, struct error *err) {
    struct text rest, line;
    json_t *list = json_array();
    if (!list || !file_read(arena, path, VOCAB_MAX, &rest, err)) {
        json_decref(list);
        return NULL;
    }
    while (text_next(&rest, '\n', &line)) {
        line = text_trim(line);
        if (!line.len || text_starts(line, TEXT("#version"))) continue;
        if (json_array_append_new(list, json_from_text(line)) != 0) {
            json_decref(list);
            error_memory(err, "merges");
            return NULL;
        }
    }
    return list;
}

/* The class that the configuration beside it names decides how words are cut. */
static json_t *steps_around(json_t *root, const json_t *config) {
    struct text class = json_text(json_object_get(config, "tokenizer_class"));
    if (!text_starts(class, TEXT("Qwen2")))
        return json_pack("{s:s, s:b, s:b, s:b}", "type", "ByteLevel", "add_prefix_space",
                         json_is_true(json_object_get(config, "add_prefix_space")), "trim_offsets", 1, "use_regex", 1);
    json_object_set_new(root, "normalizer", json_pack("{s:s}", "type", "NFC"));
    return json_pack("{s:s, s:[{s:s, s:{s:s}, s:s, s:b}, {s:s, s:b, s:b, s:b}]}", "type", "Sequence", "pretokenizers",
                     "type", "Split", "pattern", "Regex", QWEN2_PATTERN, "behavior", "Isolated", "invert", 0, "type",
                     "ByteLevel", "add_prefix_space", 0, "trim_offsets", 1, "use_regex", 0);
}

/* {"id": {"content": ..., "special": ...}} to a list. */
static json_t *added_tokens(const json_t *config) {
    json_t *list = json_array(), *one;
    const char *key;
    json_object_foreach(json_object_get(config, "added_tokens_decoder"), key, one) {
        uint64_t id;
        json_t *copy = text_to_u64(text_of(key), &id) && id < INT32_MAX ? json_copy(one) : NULL;
        if (copy) json_object_set_new(copy, "id", json_integer((json_int_t)id));
        if (copy) json_array_append_new(list, copy);
    }
    return list;
}

static struct tokenizer *from_parts(json_t *vocab, json_t *merges, const struct tokenizer_beside *beside,
                                    const char *path, struct error *err) {
    struct tokenizer *t = NULL;
    json_t *root = json_pack("{s:{s:s, s:O, s:O}, s:o}", "model", "type", "BPE", "vocab", vocab, "merges", merges,
                             "added_tokens", added_tokens(beside->config));
    if (!root || json_object_set_new(root, "pre_tokenizer", steps_around(root, beside->config)) != 0)
        error_memory(err, "tokenizer");
    else
        t = tokenizer_from_json_root(root, beside, path, err);
    json_decref(root);
    return t;
}

struct tokenizer *tokenizer_from_vocab(const char *path, struct error *err) {
    struct arena arena;
    struct tokenizer_beside beside;
    struct tokenizer *t = NULL;
    json_t *merges = NULL;
    arena_init(&arena, VOCAB_MAX * 2);
    bool ok = tokenizer_beside_read(&beside, path, err);
    char *lines = ok ? merges_path(&arena, path, err) : NULL;
    json_t *vocab = lines ? json_read_file(path, VOCAB_MAX, err) : NULL;
    if (vocab && !json_is_object(vocab))
        error_set(err, ERROR_DATA, "%s: expected an object of tokens and ids", path);
    else if (vocab && (merges = read_merge_lines(&arena, lines, err)))
        t = from_parts(vocab, merges, &beside, path, err);
    json_decref(merges);
    json_decref(vocab);
    tokenizer_beside_done(&beside);
    arena_done(&arena);
    return t;
}

/* ---- by content ---- */

static bool is_ranks(struct text head) {
    struct text line;
    if (!text_next(&head, '\n', &line)) return false;
    size_t blank = text_find(line, TEXT(" "), 0);
    uint64_t rank;
    return blank != SIZE_MAX && blank && text_to_u64(text_trim(text_part(line, blank + 1, line.len)), &rank);
}

static bool is_world(struct text head) {
    size_t i = 0;
    while (i < head.len && head.at[i] >= '0' && head.at[i] <= '9') i++;
    struct text rest = text_part(head, i, head.len);
    return i && (text_starts(rest, TEXT(" '")) || text_starts(rest, TEXT(" \"")) || text_starts(rest, TEXT(" b'")));
}

static struct tokenizer *open_gguf(const char *path, struct error *err) {
    struct lm_file *file = lm_file_open(path, err);
    struct tokenizer *t = file ? tokenizer_from_gguf(file, err) : NULL;
    lm_file_close(file);
    return t;
}

/* Tokens and their ids alone. */
static bool is_vocabulary(json_t *root) {
    const char *token;
    json_t *id;
    json_object_foreach(root, token, id) {
        if (!json_is_integer(id)) return false;
    }
    return json_object_size(root) > 0;
}

/* A tokenizer.json has a model in it, a vocab.json only tokens; other files of a model's folder are neither. */
static struct tokenizer *open_json(const char *path, struct error *err) {
    json_t *root = json_read_file(path, (size_t)256 << 20, err);
    if (!root) return NULL;
    bool whole = json_is_object(json_object_get(root, "model")), config = json_object_get(root, "model_type") != NULL;
    bool vocabulary = text_ends(text_of(path), TEXT("vocab.json")) || is_vocabulary(root);
    json_decref(root);
    if (whole) return tokenizer_from_json(path, err);
    if (vocabulary) return tokenizer_from_vocab(path, err);
    error_set(err, ERROR_DATA,
              config ? "%s: the settings of a model without its weights and tokenizer; name its folder"
                     : "%s: JSON, but no tokenizer in it: expected tokenizer.json, which has a 'model', "
                       "or vocab.json, which has tokens and their ids alone",
              path);
    return NULL;
}

static struct tokenizer *open_head(const char *path, struct text head, struct error *err) {
    if (text_starts(head, TEXT("GGUF"))) return open_gguf(path, err);
    if (text_starts(text_trim(head), TEXT("{"))) return open_json(path, err);
    if (text_starts(head, TEXT("\n"))) return tokenizer_from_model(path, err); /* field 1, bytes: the first piece */
    if (is_world(head)) return tokenizer_from_world(path, err);
    if (is_ranks(head)) return tokenizer_from_ranks(path, err);
    if (text_ends(text_of(path), TEXT(".bin"))) return tokenizer_from_llama2c(path, 0, err);
    error_set(err, ERROR_DATA,
              "%s: no tokenizer that is known: expected GGUF, tokenizer.json, vocab.json, a SentencePiece model, "
              "ranks of tiktoken, a vocabulary of RWKV, or a llama2.c .bin",
              path);
    return NULL;
}

static int is_rank_file(const struct dirent *entry) {
    return text_ends(text_of(entry->d_name), TEXT(".tiktoken"));
}

bool tokenizer_find_file(const char *folder, char *out, size_t size) {
    static const char *const names[] = {"tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json",
                                        "tokenizer.bin"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((size_t)snprintf(out, size, "%s/%s", folder, names[i]) < size && file_exists(out)) return true;
    }
    struct dirent **list = NULL;
    int n = scandir(folder, &list, is_rank_file, alphasort);
    bool found = n > 0 && (size_t)snprintf(out, size, "%s/%s", folder, list[0]->d_name) < size;
    for (int i = 0; i < n; i++) free(list[i]);
    free(list);
    return found;
}

struct tokenizer *tokenizer_open(const char *path, struct error *err) {
    char inside[PATH_MAX];
    struct file_map map;
    if (file_is_folder(path)) {
        if (!tokenizer_find_file(path, inside, sizeof inside))
            return error_set(err, ERROR_DATA,
                             "%s: no tokenizer in this folder: expected tokenizer.json, tokenizer.model, "
                             "vocab.json with merges.txt, or NAME.tiktoken",
                             path),
                   NULL;
        path = inside;
    }
    if (!file_map(path, &map, err)) return NULL;
    char head[HEAD];
    size_t n = map.len < HEAD ? map.len : HEAD;
    if (n) memcpy(head, map.at, n);
    file_unmap(&map);
    return open_head(path, (struct text){head, n}, err);
}
