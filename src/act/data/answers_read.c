/* Rows of files to groups of answers: see answers.h. */
#include "act/data/answers_internal.h"

#include "lm/model/model_head.h"
#include "lm/template/chat.h"

#include <math.h>
#include <string.h>

#define MOST_LINE ((size_t)64 << 20)
enum { MOST_ANSWERS = 4096, MOST_LEVEL = 1000 };

/* The prompt of a row: a text, or a list of messages. `first`: messages of a list that belong to it. */
struct prompt {
    struct text text;
    const json_t *messages;
    size_t first;
};

struct reader {
    struct answers *set;
    struct marker *maker;
    struct marked tokens; /* of the answer */
    bool raw;                 /* texts are not wrapped */
    struct json_place place;  /* of the row */
};

static bool fault(const struct reader *r, const char *path, const char *what, struct error *err) {
    return error_set(err, ERROR_DATA, "%s:%zu: field '%s' %s", r->place.file, r->place.line, path, what);
}

/* ---- one answer */

/* The prompt's messages and those of the answer as one conversation. */
static json_t *join(const struct prompt *p, const json_t *answer, struct error *err) {
    json_t *all = json_array();
    bool ok = all != NULL;
    if (p->messages)
        for (size_t i = 0; ok && i < p->first; i++) ok = json_array_append(all, json_array_get(p->messages, i)) == 0;
    else
        ok = ok && json_array_append_new(
                       all, json_pack("{s:s, s:s%}", "role", "user", "content", p->text.at, p->text.len)) == 0;
    if (json_is_string(answer)) {
        struct text text = json_text(answer);
        ok = ok && json_array_append_new(
                       all, json_pack("{s:s, s:s%}", "role", "assistant", "content", text.at, text.len)) == 0;
    }
    for (size_t i = 0; ok && i < json_array_size(answer); i++)
        ok = json_array_append(all, json_array_get(answer, i)) == 0;
    if (ok) return all;
    json_decref(all);
    return error_memory(err, "conversation"), NULL;
}

static bool make_tokens(struct reader *r, const struct prompt *p, const json_t *answer, const char *path,
                        struct error *err) {
    if (r->raw && !p->messages && json_is_string(answer))
        return marked_of_answer(r->maker, p->text, json_text(answer), &r->tokens, err) ||
               error_wrap(err, "%s:%zu: field '%s'", r->place.file, r->place.line, path);
    json_t *all = join(p, answer, err);
    bool ok = all && (marked_of_messages(r->maker, all, p->messages ? p->first : 1, &r->tokens, err) ||
                      error_wrap(err, "%s:%zu: field '%s'", r->place.file, r->place.line, path));
    json_decref(all);
    return ok;
}

static bool keep_tokens(struct reader *r, const char *path, struct graded_answer *out, struct error *err) {
    struct answers *a = r->set;
    size_t n = r->tokens.ids.n;
    if (n > a->settings.context)
        return error_set(err, ERROR_DATA,
                         "%s:%zu: field '%s': %zu tokens with the prompt, but the context has %zu; shorten the text",
                         r->place.file, r->place.line, path, n, a->settings.context);
    if (r->tokens.n_counted && r->tokens.counted[0]) return fault(r, path, "has no prompt before it", err);
    int32_t *ids = arena_new(&a->arena, int32_t, n, err);
    bool *counted = arena_new(&a->arena, bool, n, err);
    if (!ids || !counted) return false;
    memcpy(ids, r->tokens.ids.ids, n * sizeof *ids);
    if (r->tokens.n_counted) memcpy(counted, r->tokens.counted, n * sizeof *counted);
    *out =
        (struct graded_answer){.ids = ids, .counted = counted, .n = n, .n_counted = r->tokens.n_counted, .reward = NAN};
    return true;
}

static bool add_answer(struct reader *r, const struct prompt *p, const json_t *answer, const char *path,
                       struct graded_answer *out, struct error *err) {
    if (json_is_array(answer)) {
        if (!messages_check(answer, r->place, path, err)) return false;
    } else if (!json_is_string(answer)) {
        return json_mismatch(answer, path, r->place, "a text or a list of messages", err);
    } else if (!marker_check(r->maker, json_text(answer), r->raw, path, r->place, err)) {
        return false;
    }
    return make_tokens(r, p, answer, path, err) && keep_tokens(r, path, out, err);
}

/* ---- prompts */

static bool read_prompt(const struct reader *r, const json_t *row, struct prompt *p, struct error *err) {
    const json_t *prompt = json_object_get(row, "prompt"), *messages = json_object_get(row, "messages");
    const char *path = prompt ? "prompt" : "messages";
    if (prompt && messages) return fault(r, "messages", "stands beside 'prompt'; leave out one of them", err);
    if (json_is_array(messages ? messages : prompt)) {
        *p = (struct prompt){.messages = messages ? messages : prompt};
        p->first = json_array_size(p->messages);
        return messages_check(p->messages, r->place, path, err);
    }
    if (!json_is_string(prompt)) return json_mismatch(prompt, "prompt", r->place, "a text or a list of messages", err);
    *p = (struct prompt){.text = json_text(prompt)};
    return marker_check(r->maker, p->text, r->raw, "prompt", r->place, err);
}

/* Lists of chosen and rejected that begin with the same messages. */
static bool implied_prompt(const struct reader *r, const json_t *chosen, const json_t *rejected, struct prompt *p,
                           struct error *err) {
    if (!json_is_array(chosen) || !json_is_array(rejected))
        return fault(r, "prompt", "is missing; only lists of messages may leave it out", err);
    size_t n = 0;
    while (n < json_array_size(chosen) && n < json_array_size(rejected) &&
           json_equal(json_array_get(chosen, n), json_array_get(rejected, n)))
        n++;
    *p = (struct prompt){.messages = chosen, .first = n};
    if (!n) return fault(r, "prompt", "is missing, and 'chosen' and 'rejected' begin with different messages", err);
    if (n == json_array_size(chosen) && n == json_array_size(rejected))
        return fault(r, "chosen", "equals 'rejected'", err);
    if (n == json_array_size(chosen) || n == json_array_size(rejected))
        return fault(r, n == json_array_size(chosen) ? "chosen" : "rejected",
                     "ends where the two part: it has no answer", err);
    return true;
}

/* Messages from p->first on, for an implied prompt; the value itself otherwise. Owned by the caller. */
static json_t *answer_of(const struct prompt *p, json_t *value, bool implied, struct error *err) {
    if (!implied) return json_incref(value);
    json_t *rest = json_array();
    bool ok = rest != NULL;
    for (size_t i = p->first; ok && i < json_array_size(value); i++)
        ok = json_array_append(rest, json_array_get(value, i)) == 0;
    if (ok) return rest;
    json_decref(rest);
    return error_memory(err, "conversation"), NULL;
}

/* ---- rows */

static struct graded_answer *add_group(struct reader *r, const json_t *row, size_t n, struct error *err) {
    struct answers *a = r->set;
    if (a->n_groups == a->groups_capacity) {
        size_t wanted = a->groups_capacity ? 2 * a->groups_capacity : 1024;
        struct answer_group *more = memory_grow(a->groups, wanted, sizeof *more);
        if (!more) return error_memory(err, "answers"), NULL;
        a->groups = more;
        a->groups_capacity = wanted;
    }
    double weight = 1;
    const json_t *given = json_object_get(row, "weight");
    if (given && (!json_is_number(given) || !((weight = json_number_value(given)) > 0 && weight <= 1e6)))
        return json_mismatch(given, "weight", r->place, "a number above 0, at most 1e6", err), NULL;
    struct graded_answer *answers = arena_new(&a->arena, struct graded_answer, n, err);
    if (answers)
        a->groups[a->n_groups++] = (struct answer_group){r->place.file, r->place.line, weight, answers, n};
    return answers;
}

static bool read_reward(const struct reader *r, const json_t *row, const char *key, double *out, struct error *err) {
    const json_t *value = json_object_get(row, key);
    *out = NAN;
    if (!value || json_is_null(value)) return true;
    if (!json_is_number(value)) return json_mismatch(value, key, r->place, "a number", err);
    *out = json_number_value(value);
    return isfinite(*out) || fault(r, key, "is not finite", err);
}

static bool add_pair(struct reader *r, const json_t *row, struct error *err) {
    json_t *value[2] = {json_object_get(row, "chosen"), json_object_get(row, "rejected")};
    static const char *const names[] = {"chosen", "rejected"}, *const rewards[] = {"reward_chosen", "reward_rejected"};
    struct prompt p;
    bool implied = !json_object_get(row, "prompt") && !json_object_get(row, "messages");
    if (!value[1]) return fault(r, "rejected", "is missing", err);
    if (!(implied ? implied_prompt(r, value[0], value[1], &p, err) : read_prompt(r, row, &p, err))) return false;
    if (json_equal(value[0], value[1])) return fault(r, "chosen", "equals 'rejected': there is nothing to prefer", err);
    struct graded_answer *out = add_group(r, row, 2, err);
    bool ok = out != NULL;
    for (int i = 0; ok && i < 2; i++) {
        json_t *answer = answer_of(&p, value[i], implied, err);
        double reward;
        ok = answer && add_answer(r, &p, answer, names[i], &out[i], err) &&
             read_reward(r, row, rewards[i], &reward, err);
        json_decref(answer);
        if (!ok) break;
        out[i].level = i + 1;
        out[i].reward = reward;
    }
    if (ok && out[0].n == out[1].n && memcmp(out[0].ids, out[1].ids, out[0].n * sizeof *out[0].ids) == 0)
        ok = fault(r, "chosen", "has the same tokens as 'rejected': there is nothing to prefer", err);
    return ok;
}

static bool add_labelled(struct reader *r, const json_t *row, struct error *err) {
    struct prompt p;
    const json_t *label = json_object_get(row, "label");
    if (!json_is_boolean(label)) return json_mismatch(label, "label", r->place, "true or false", err);
    if (!read_prompt(r, row, &p, err)) return false;
    struct graded_answer *out = add_group(r, row, 1, err);
    if (!out || !add_answer(r, &p, json_object_get(row, "completion"), "completion", out, err)) return false;
    out->level = json_is_true(label) ? 1 : 2;
    return true;
}

/* Nothing of it is an answer. */
static bool keep_whole(struct reader *r, const char *path, struct graded_answer *out, struct error *err) {
    r->tokens.n_counted = 0;
    if (r->tokens.counted) memset(r->tokens.counted, 0, r->tokens.ids.n * sizeof *r->tokens.counted);
    if (!r->tokens.ids.n) return fault(r, path, "has no tokens", err);
    return keep_tokens(r, path, out, err);
}

/* What is looked at: a plain text; a prompt up to the opening of its answer; a prompt with an answer. */
static bool add_subject(struct reader *r, const json_t *row, struct graded_answer *out, struct error *err) {
    const json_t *text = json_object_get(row, "text"), *completion = json_object_get(row, "completion");
    struct prompt p;
    if (text) {
        if (!json_is_string(text)) return json_mismatch(text, "text", r->place, "a text", err);
        return marker_check(r->maker, json_text(text), true, "text", r->place, err) &&
               (marked_of_text(r->maker, json_text(text), &r->tokens, err) ||
                error_wrap(err, "%s:%zu", r->place.file, r->place.line)) &&
               keep_whole(r, "text", out, err);
    }
    if (!read_prompt(r, row, &p, err)) return false;
    if (completion)
        return add_answer(r, &p, completion, "completion", out, err) && keep_whole(r, "completion", out, err);
    r->tokens.ids.n = 0;
    bool plain = r->raw && !p.messages;
    json_t *messages = plain ? NULL : join(&p, NULL, err);
    bool ok = plain ? marked_raw_prompt(r->maker, p.text, &r->tokens.ids, err)
                    : messages && marked_prompt(r->maker, messages, &r->tokens.ids, err);
    json_decref(messages);
    return (ok || error_wrap(err, "%s:%zu", r->place.file, r->place.line)) &&
           keep_whole(r, p.messages ? "messages" : "prompt", out, err);
}

/* One plain text of a group. */
static bool add_text(struct reader *r, const json_t *text, const char *path, struct graded_answer *out,
                     struct error *err) {
    if (!json_is_string(text)) return json_mismatch(text, path, r->place, "a text", err);
    if (!marker_check(r->maker, json_text(text), true, path, r->place, err)) return false;
    if (!marked_of_text(r->maker, json_text(text), &r->tokens, err))
        return error_wrap(err, "%s:%zu: field '%s'", r->place.file, r->place.line, path);
    if (!keep_whole(r, path, out, err)) return false;
    out->level = 1 + (int)(hash_xxh3(json_text(text).at, json_text(text).len) % 2147483646);
    return true;
}

static bool add_texts(struct reader *r, const json_t *row, struct error *err) {
    const json_t *negative = json_object_get(row, "negative");
    bool list = json_is_array(negative);
    size_t others = list ? json_array_size(negative) : negative && !json_is_null(negative);
    if (others > MOST_ANSWERS - 2) return fault(r, "negative", "must have at most 4094 entries", err);
    struct graded_answer *out = add_group(r, row, 2 + others, err);
    if (!out || !add_text(r, json_object_get(row, "anchor"), "anchor", &out[0], err) ||
        !add_text(r, json_object_get(row, "positive"), "positive", &out[1], err))
        return false;
    for (size_t i = 0; i < others; i++) {
        char path[48] = "negative";
        if (list) snprintf(path, sizeof path, "negative[%zu]", i);
        if (!add_text(r, list ? json_array_get(negative, i) : negative, path, &out[2 + i], err)) return false;
        if (out[2 + i].level == out[1].level) return fault(r, path, "equals 'positive'", err);
    }
    return true;
}

/* The place of a label in the list, 1.. ; 0: it could not be taken. */
static int intern(struct reader *r, struct text label, struct error *err) {
    struct answers *a = r->set;
    for (size_t i = 0; i < a->n_labels; i++)
        if (text_equal(a->labels[i], label)) return (int)i + 1;
    if (a->settings.labels)
        return error_set(err, ERROR_DATA, "%s:%zu: field 'label' is '%.*s', which is no label of the training data",
                         r->place.file, r->place.line, TEXT_ARG(label));
    if (a->n_labels == LM_HEAD_OUTPUTS) return fault(r, "label", "is one of more than 65536", err);
    if (a->n_labels == a->labels_capacity) {
        size_t wanted = a->labels_capacity ? 2 * a->labels_capacity : 16;
        struct text *more = memory_grow(a->labels, wanted, sizeof *more);
        if (!more) return error_memory(err, "labels");
        a->labels = more;
        a->labels_capacity = wanted;
    }
    char *kept = arena_copy(&a->arena, label.at, label.len, err);
    if (!kept) return 0;
    a->labels[a->n_labels++] = (struct text){kept, label.len};
    return (int)a->n_labels;
}

static bool add_class(struct reader *r, const json_t *row, struct error *err) {
    const json_t *label = json_object_get(row, "label");
    char number[32];
    struct text name = text_trim(json_text(label));
    if (json_is_integer(label)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(label));
        name = text_of(number);
    } else if (!json_is_string(label)) {
        return json_mismatch(label, "label", r->place, "a text or a whole number", err);
    }
    if (!name.len) return fault(r, "label", "is empty", err);
    struct graded_answer *out = add_group(r, row, 1, err);
    if (!out || !add_subject(r, row, out, err)) return false;
    out->level = intern(r, name, err);
    return out->level > 0;
}

/* "reward" of an answer: a number, or {NAME: number or null} with one name. */
static bool group_reward(const struct reader *r, const json_t *answer, double *out, struct error *err) {
    json_t *reward = json_object_get(answer, "reward");
    if (!json_is_object(reward)) return read_reward(r, answer, "reward", out, err);
    if (json_object_size(reward) != 1)
        return fault(r, "reward", "has several names; choose one with `basanite data pairs`", err);
    return read_reward(r, reward, json_object_iter_key(json_object_iter(reward)), out, err);
}

static bool add_answers(struct reader *r, const json_t *row, struct error *err) {
    struct prompt p;
    const json_t *list = json_object_get(row, "answers");
    size_t n = json_array_size(list);
    if (!json_is_array(list)) return json_mismatch(list, "answers", r->place, "a list", err);
    if (n < 1 || n > MOST_ANSWERS) return fault(r, "answers", "must have 1 to 4096 entries", err);
    if (!read_prompt(r, row, &p, err)) return false;
    struct graded_answer *out = add_group(r, row, n, err);
    for (size_t i = 0; out && i < n; i++) {
        const json_t *answer = json_array_get(list, i), *level = json_object_get(answer, "level");
        char path[48];
        snprintf(path, sizeof path, "answers[%zu].text", i);
        double reward;
        if (!add_answer(r, &p, json_object_get(answer, "text"), path, &out[i], err) ||
            !group_reward(r, answer, &reward, err))
            return false;
        out[i].reward = reward;
        if (!level || json_is_null(level)) continue;
        json_int_t number = json_is_integer(level) ? json_integer_value(level) : 0;
        if (number < 1 || number > MOST_LEVEL)
            return fault(r, "level", "must be a whole number from 1 (best) to 1000", err);
        out[i].level = (int)number;
    }
    return out != NULL;
}

static const struct {
    const char *field; /* that tells the form */
    enum answers_form form;
    const char *what;
    bool (*add)(struct reader *, const json_t *, struct error *);
} forms[] = {
    {"chosen", ANSWERS_PAIRS, "'chosen' and 'rejected'", add_pair},
    {"completion", ANSWERS_LABELLED, "'completion' and 'label'", add_labelled},
    {"answers", ANSWERS_GROUPS, "'answers'", add_answers},
    {"label", ANSWERS_CLASSES, "'label'", add_class},
    {"anchor", ANSWERS_TEXTS, "'anchor' and 'positive'", add_texts},
};
enum { FORMS = sizeof forms / sizeof *forms };

static bool add_row(struct reader *r, const json_t *row, struct error *err) {
    char wanted[96] = "";
    for (size_t i = 0; i < FORMS; i++) {
        bool taken = r->set->settings.forms & forms[i].form;
        if (taken && json_object_get(row, forms[i].field))
            return split_check(row, r->place, err) && forms[i].add(r, row, err);
        if (taken)
            snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s%s", *wanted ? ", or " : "",
                     forms[i].what);
    }
    bool texts = r->set->settings.forms == ANSWERS_TEXTS;
    return error_set(err, ERROR_DATA, "%s:%zu: expected an object with %s%s", r->place.file, r->place.line,
                     texts ? "" : "'prompt' and ", wanted);
}

bool answers_read(struct answers *a, const char *path, struct error *err) {
    const struct answers_settings *s = &a->settings;
    const char *name = s->template_name;
    bool raw = name ? strcmp(name, "none") == 0 : tokenizer_chat_template(s->tokenizer).len == 0;
    char *kept = arena_copy(&a->arena, path, strlen(path), err);
    struct reader r = {.set = a, .raw = raw, .maker = marker_new(s->tokenizer, raw ? NULL : name, true, err)};
    struct jsonl *lines = r.maker && kept ? jsonl_open(path, MOST_LINE, err) : NULL;
    json_t *row;
    size_t line;
    int state = 0;
    bool ok = lines != NULL;
    while (ok && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        r.place = (struct json_place){kept, line, ""};
        ok = add_row(&r, row, err);
        json_decref(row);
    }
    if (lines) jsonl_close(lines);
    marker_free(r.maker);
    marked_done(&r.tokens);
    return ok && state >= 0;
}
