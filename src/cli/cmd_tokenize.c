/* basanite tokenize: text to ids and back, token by token. */
#include "cli/commands.h"

#include "lm/model/model.h"

#include <ctype.h>
#include <string.h>

static const char *const flags[] = {"subject", "text", "decode", "special", "bytes", "json", "out", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_tokenize = {
    .name = "tokenize",
    .synopsis = "[FILE] [--text T] [--decode] [--special] [--bytes]",
    .summary = "text to ids and back, token by token",
    .example = "basanite tokenize --text \"the mill\" --json",
    .flags = flags,
    .run = run,
};

/* Ids are numbers separated by anything that is no digit. */
static bool read_ids(struct text t, struct token_list *ids, size_t vocabulary, struct error *err) {
    for (size_t i = 0; i < t.len;) {
        if (!isdigit((unsigned char)t.at[i])) {
            i++;
            continue;
        }
        size_t from = i;
        while (i < t.len && isdigit((unsigned char)t.at[i])) i++;
        uint64_t id;
        if (!text_to_u64(text_part(t, from, i), &id) || id >= vocabulary)
            return error_set(err, ERROR_DATA, "byte %zu: id %.*s is outside the vocabulary of %zu", from,
                             TEXT_ARG(text_part(t, from, i)), vocabulary);
        if (!token_list_put(ids, (int32_t)id, err)) return false;
    }
    return true;
}

static bool piece_text(const struct tokenizer *tokenizer, int32_t id, struct buffer *b, struct error *err) {
    buffer_clear(b);
    tokenizer_piece(tokenizer, id, true, b);
    return buffer_check(b, "token", err);
}

static bool print_tokens(const struct arguments *args, const struct tokenizer *tokenizer, const struct token_list *ids,
                         struct error *err) {
    struct buffer line, piece;
    buffer_init(&line, (size_t)1 << 30);
    buffer_init(&piece, 1 << 20);
    bool json = args_on(args, "json"), ok = true;
    if (json) buffer_put_c(&line, "{\"ids\":[");
    for (size_t i = 0; json && i < ids->n; i++) buffer_printf(&line, "%s%d", i ? "," : "", ids->ids[i]);
    if (json) buffer_put_c(&line, "],\"tokens\":[");
    for (size_t i = 0; ok && i < ids->n; i++) {
        ok = piece_text(tokenizer, ids->ids[i], &piece, err);
        if (json) {
            buffer_printf(&line, "%s{\"id\":%d,\"text\":", i ? "," : "", ids->ids[i]);
            json_put_string(&line, buffer_text(&piece));
            buffer_put_c(&line, "}");
        } else {
            buffer_printf(&line, "%8d  ", ids->ids[i]);
            json_put_string(&line, buffer_text(&piece));
            if (args_on(args, "bytes"))
                for (size_t b = 0; b < piece.len; b++) buffer_printf(&line, " %02x", (unsigned char)piece.at[b]);
            buffer_put_char(&line, '\n');
        }
    }
    if (json) buffer_put_c(&line, "]}\n");
    ok = ok && print_buffer(args->out, &line, err);
    buffer_done(&piece);
    buffer_done(&line);
    return ok;
}

static bool tokenize(const struct arguments *args, const struct tokenizer *tokenizer, struct text t,
                     struct error *err) {
    struct token_list ids = {0};
    bool ok;
    if (args_on(args, "decode")) {
        struct buffer b;
        buffer_init(&b, (size_t)1 << 30);
        ok = read_ids(t, &ids, tokenizer_vocabulary(tokenizer), err);
        if (ok) tokenizer_decode(tokenizer, ids.ids, ids.n, args_on(args, "special"), &b);
        if (ok) buffer_put_char(&b, '\n');
        ok = ok && print_buffer(args->out, &b, err);
        buffer_done(&b);
    } else {
        ok = tokenizer_encode(tokenizer, t, args_on(args, "special") ? TOKENIZE_SPECIAL : 0, &ids, err) &&
             print_tokens(args, tokenizer, &ids, err);
    }
    token_list_done(&ids);
    return ok;
}

static bool run(struct arguments *args, struct error *err) {
    struct text t = text_of(args_text(args, "text", ""));
    if (!args_text(args, "text", NULL)) {
        if (!common_words(args, &command_tokenize, 1, 1, err)) return false;
        if (!file_read(args->arena, args->words[0], (size_t)1 << 30, &t, err)) return false;
    }
    struct tokenizer *tokenizer = common_tokenizer(args, err);
    if (!tokenizer) return false;
    bool ok = tokenize(args, tokenizer, t, err);
    tokenizer_free(tokenizer);
    return ok;
}
