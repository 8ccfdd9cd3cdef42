/* Rows as items, and variants as rows: see vary.h. A row is one of the world (gold {answer, aliases}), of `data make`
 * (prompt, choices, gold), of a benchmark (question, answers, options), or a conversation of one message. */
#include "measure/data/vary_internal.h"

#include <string.h>

const char *const vary_format_names[VARY_FORMATS] = {"none", "open_ended", "multiple_choice", "true_false"};

static bool bad(const struct vary_item *item, struct error *err, const char *what) {
    return error_set(err, ERROR_DATA, "%s:%zu: %s", item->place.file, item->place.line, what);
}

static const json_t *first_of(const json_t *row, const char *const *keys) {
    for (; *keys; keys++) {
        const json_t *value = json_object_get(row, *keys);
        if (value && !json_is_null(value)) return value;
    }
    return NULL;
}

/* ---- the prompt and its options */

static bool is_option_line(struct text line, size_t place) {
    return line.len > 3 && line.at[0] == (char)('A' + (int)place) && strchr(".)", line.at[1]) && line.at[2] == ' ';
}

struct text vary_stem(struct arena *arena, struct text prompt, struct text *option, size_t *n, struct error *err) {
    char *stem = arena_new(arena, char, prompt.len + 2, err);
    struct text rest = prompt, line;
    size_t len = 0;
    *n = 0;
    while (stem && text_next(&rest, '\n', &line)) {
        if (*n < VARY_OPTIONS && is_option_line(line, *n)) {
            option[(*n)++] = text_trim(text_part(line, 3, line.len));
            continue;
        }
        if (len) stem[len++] = '\n';
        memcpy(stem + len, line.at, line.len);
        len += line.len;
    }
    return *n >= 2 && stem ? (struct text){stem, len} : (*n = 0, prompt);
}

bool vary_options_put(struct buffer *out, const struct text *option, size_t n) {
    for (size_t i = 0; i < n; i++)
        buffer_printf(out, "%s%c. %.*s", i ? "\n" : "", (char)('A' + (int)i), TEXT_ARG(option[i]));
    return !out->failed;
}

static bool read_prompt(struct vary_item *item, struct error *err) {
    static const char *const keys[] = {"prompt", "question", "ori_prompt", NULL};
    const json_t *value = first_of(item->row, keys), *messages = json_object_get(item->row, "messages");
    if (!value && json_array_size(messages) == 1) value = json_object_get(json_array_get(messages, 0), "content");
    item->prompt = json_text(value);
    if (!text_trim(item->prompt).len)
        return bad(item, err, "expected a text 'prompt' or 'question', or 'messages' with one message");
    return item->prompt.len < VARY_PROMPT_MOST / 8 || bad(item, err, "a prompt of over 131072 bytes");
}

static bool read_options(struct vary_job *job, struct vary_item *item, struct error *err) {
    static const char *const keys[] = {"choices", "options", NULL};
    const json_t *value = first_of(item->row, keys), *one;
    struct text listed[VARY_OPTIONS];
    size_t n_listed;
    item->stem = vary_stem(&job->kept, item->prompt, listed, &n_listed, err);
    item->listed = n_listed > 0;
    if (!value) value = json_object_get(json_object_get(item->row, "slots"), "options");
    if (!value) {
        item->n_options = n_listed;
        memcpy(item->option, listed, n_listed * sizeof *listed);
        return true;
    }
    size_t n = json_is_object(value) ? json_object_size(value) : json_array_size(value), i = 0;
    if (n < 2 || n > VARY_OPTIONS) return bad(item, err, "expected 2 to 8 options");
    void *at = json_object_iter((json_t *)value);
    for (; i < n; i++) {
        one = json_is_object(value) ? json_object_iter_value(at) : json_array_get(value, i);
        if (json_is_object(value)) at = json_object_iter_next((json_t *)value, at);
        item->option[i] = text_trim(json_text(one));
        if (!item->option[i].len) return bad(item, err, "an option that is no text");
        if (item->listed && (n_listed != n || !text_equal(item->option[i], listed[i])))
            return bad(item, err, "the options are not the lettered lines of the prompt");
    }
    item->n_options = n;
    return true;
}

/* ---- the answer */

size_t vary_yes(const struct text *option, size_t n) {
    static const char *const words[] = {"true", "yes", "supported", "right", "correct"};
    static const char *const against[] = {"false", "no", "refuted", "wrong", "incorrect"};
    for (size_t yes = 0; n == 2 && yes < 2; yes++)
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            if (text_equal_nocase(option[yes], text_of(words[k])) &&
                text_equal_nocase(option[1 - yes], text_of(against[k])))
                return yes;
    return SIZE_MAX;
}

static bool accept(struct vary_item *item, const json_t *value) {
    struct text t = text_trim(json_text(value));
    if (t.len && item->n_accepted < VARY_ACCEPTED) item->accepted[item->n_accepted++] = t;
    return t.len > 0;
}

/* A place, a letter, or the text of one option. */
static bool find_right(struct vary_item *item, const json_t *gold) {
    struct text t = text_trim(json_text(gold));
    item->right = SIZE_MAX;
    if (json_is_integer(gold) && json_integer_value(gold) >= 0) item->right = (size_t)json_integer_value(gold);
    for (size_t i = 0; t.len && i < item->n_options; i++)
        if (text_equal_nocase(item->option[i], t)) item->right = i;
    if (item->right == SIZE_MAX && t.len == 1 && t.at[0] >= 'A') item->right = (size_t)(t.at[0] - 'A');
    return item->right < item->n_options;
}

static bool read_open(struct vary_item *item, const json_t *gold, struct error *err) {
    const json_t *one;
    size_t i;
    if (json_is_array(gold)) {
        json_array_foreach(gold, i, one) if (!accept(item, one)) return bad(item, err, "an answer that is no text");
    } else if (json_is_object(gold)) {
        if (!accept(item, json_object_get(gold, "answer"))) return bad(item, err, "gold: expected 'answer' as a text");
        json_array_foreach(json_object_get(gold, "aliases"), i, one) accept(item, one);
    } else if (!accept(item, gold))
        return bad(item, err, "the answer is no text");
    item->format = VARY_OPEN;
    return item->n_accepted > 0 || bad(item, err, "no answer is accepted");
}

/* "True" and "False" without options. */
static bool is_bare_claim(struct vary_item *item, const json_t *gold) {
    struct text t = text_trim(json_text(gold));
    if (!text_equal_nocase(t, TEXT("true")) && !text_equal_nocase(t, TEXT("false"))) return false;
    item->option[0] = TEXT("True"), item->option[1] = TEXT("False");
    item->n_options = 2;
    return true;
}

/* Rows of the world may say what a reply should be like instead: a refusal, no opinion. */
static bool is_answer(const json_t *gold) {
    struct text kind = json_text(json_object_get(gold, "kind"));
    return !kind.len || text_equal_c(kind, "text") || text_equal_c(kind, "number") || text_equal_c(kind, "choice");
}

static bool read_answer(struct vary_item *item, struct error *err) {
    static const char *const keys[] = {"gold", "answers", "answer", "ground_truth", "gold_answer", "label", NULL};
    const json_t *gold = first_of(item->row, keys);
    if (!gold || !is_answer(gold)) return item->format = VARY_NONE, true;
    if (item->n_options || is_bare_claim(item, gold)) {
        if (json_is_object(gold)) gold = json_object_get(gold, "answer");
        if (!find_right(item, gold)) return bad(item, err, "the gold is none of the options");
        item->format = vary_yes(item->option, item->n_options) == SIZE_MAX ? VARY_CHOICE : VARY_TRUEFALSE;
        return true;
    }
    return read_open(item, gold, err);
}

bool vary_item_read(struct vary_job *job, struct vary_item *item, struct error *err) {
    item->n_options = item->n_accepted = 0;
    item->right = 0;
    item->kind = json_text(json_object_get(item->row, "kind"));
    return read_prompt(item, err) && read_options(job, item, err) && read_answer(item, err);
}

bool vary_guarded(const struct vary_item *item, struct text word) {
    struct text all[VARY_OPTIONS + VARY_ACCEPTED + 2], w;
    if (item->of_world) all[0] = item->subject, all[1] = item->claimed;
    char letters[READING_WORD];
    size_t n = item->of_world ? 2 : 0;
    for (size_t i = 0; i < item->n_options; i++) all[n++] = item->option[i];
    for (size_t i = 0; i < item->n_accepted; i++) all[n++] = item->accepted[i];
    for (size_t i = 0; i < n; i++)
        while (reading_next(&all[i], letters, &w))
            if (text_equal_nocase(w, word)) return true;
    return false;
}

struct vary_variant vary_same(const struct vary_item *item) {
    struct vary_variant v = {.format = item->format,
                             .prompt = item->prompt,
                             .listed = item->listed,
                             .n_options = item->n_options,
                             .right = item->right,
                             .n_accepted = item->n_accepted};
    memcpy(v.option, item->option, sizeof v.option);
    memcpy(v.accepted, item->accepted, sizeof v.accepted);
    return v;
}

/* ---- a variant as a row */

static bool set(json_t *row, const char *key, json_t *value) {
    return json_object_set_new(row, key, value) == 0;
}

static json_t *texts(const struct text *t, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++) json_array_append_new(list, json_from_text(t[i]));
    return list;
}

static bool set_answer(json_t *row, const struct vary_variant *v) {
    if (v->format == VARY_NONE) return true;
    if (v->format == VARY_OPEN)
        return set(row, "gold", texts(v->accepted, v->n_accepted)) && set(row, "truth", json_from_text(v->accepted[0]));
    struct text right = v->option[v->right];
    json_t *truth = v->format == VARY_TRUEFALSE
                        ? json_from_text(right)
                        : json_sprintf("%c. %.*s", (char)('A' + (int)v->right), TEXT_ARG(right));
    return set(row, "choices", texts(v->option, v->n_options)) &&
           set(row, "gold", json_integer((json_int_t)v->right)) && set(row, "truth", truth);
}

/* Of what a subject is asked and what is right: 16 digits. */
static bool hash_of(const struct vary_variant *v, char hex[HASH_HEX], struct error *err) {
    json_t *of = json_object();
    bool ok = of && set(of, "prompt", json_from_text(v->prompt)) && set_answer(of, v);
    ok = (ok && json_digest(of, hex, err)) || error_memory(err, "hash");
    json_decref(of);
    if (ok) hex[16] = 0;
    return ok;
}

static json_t *id_of(const struct vary_item *item, const char *name, uint64_t number) {
    if (number == 0) return json_sprintf("%.*s~%s", TEXT_ARG(item->id), name);
    return json_sprintf("%.*s~%s#%llu", TEXT_ARG(item->id), name, (unsigned long long)number);
}

/* Whether an answer is a letter: the options stand as lettered lines in what is asked, once it is decoded. */
static bool is_lettered(const struct vary_item *item, const struct variation *op, const struct vary_variant *v) {
    return v->listed || (op && item->listed && strcmp(op->family, "encoding") == 0);
}

enum { PROMPT_KEYS = 3 };

json_t *vary_row(const struct vary_job *job, const struct vary_item *item, const struct variation *op,
                 const struct vary_variant *v, uint64_t number, struct error *err) {
    static const char *const replaced[] = {"question", "ori_prompt", "messages", "options",      "choices",
                                           "gold",     "answers",    "answer",   "ground_truth", "gold_answer",
                                           "template", "slots",      "truth"};
    const char *name = op ? op->name : "keep";
    const struct vary_variant same = vary_same(item);
    char hash[HASH_HEX], parent[HASH_HEX];
    if (!hash_of(v, hash, err) || !hash_of(&same, parent, err)) return NULL;
    json_t *row = json_copy(item->row);
    /* where there is no answer, what the row says of it stays */
    size_t n = v->format == VARY_NONE ? PROMPT_KEYS : sizeof replaced / sizeof *replaced;
    for (size_t i = 0; row && i < n; i++) json_object_del(row, replaced[i]);
    bool ok = row && set(row, "id", id_of(item, name, number)) && set(row, "parent", json_from_text(item->id)) &&
              set(row, "prompt", json_from_text(v->prompt)) && set_answer(row, v) &&
              set(row, "format", json_string(vary_format_names[v->format])) &&
              set(row, "original_format", json_string(vary_format_names[item->format])) &&
              set(row, "op", json_string(name)) && set(row, "family", json_string(op ? op->family : "keep")) &&
              set(row, "perturbed", json_boolean(op != NULL)) &&
              set(row, "seed", json_integer((json_int_t)job->settings->seed)) &&
              set(row, "gate", json_pack("{s:s s:s}", "status", "pass", "by", v->by ? v->by : "")) &&
              (json_object_get(row, "cluster") || set(row, "cluster", json_from_text(item->id))) &&
              (!v->n_options || set(row, "lettered", json_boolean(is_lettered(item, op, v)))) &&
              set(row, "hash", json_string(hash)) && set(row, "parent_hash", json_string(parent));
    if (ok) return row;
    json_decref(row);
    return error_memory(err, "variant"), NULL;
}
