/* From a row to an item: prompt, choices, gold, labels; and from an item to what is asked. */
#include "measure/task/task_internal.h"
#include "subject/message_part.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

void item_done(struct item *item) {
    json_decref(item->gold);
    json_decref(item->row);
    json_decref(item->said);
    json_decref(item->hidden);
    item->gold = item->row = item->said = item->hidden = NULL;
}

bool task_row_id(const struct task *t, const json_t *row, struct json_place place, uint64_t number, struct arena *arena,
                 struct text *out, struct error *err) {
    static const struct task_field own = {.source = {"id", 2}, .given = true};
    const json_t *column = json_object_get(row, "id");
    if (t->id.given) return task_field_text(&t->id, row, place, arena, out, err);
    if ((json_is_string(column) && json_string_length(column)) || json_is_integer(column))
        return task_field_text(&own, row, place, arena, out, err);
    const char *printed = arena_printf(arena, err, "%llu", (unsigned long long)number);
    *out = text_of(printed);
    return printed != NULL;
}

/* The value of a group field: a label of that name, else a column. */
static bool group_value(const struct task *t, const char *name, const json_t *row, struct json_place place,
                        struct arena *arena, struct text *out, struct error *err) {
    for (size_t i = 0; i < t->n_labels; i++)
        if (strcmp(t->labels[i].name, name) == 0)
            return task_field_text(&t->labels[i].field, row, place, arena, out, err);
    struct task_field column = {.source = text_of(name), .given = true};
    if (!json_object_get(row, name)) {
        const char *names[256], *key;
        json_t *value;
        size_t n = 0;
        json_object_foreach((json_t *)row, key, value) if (n < 256) names[n++] = key;
        const char *near = text_nearest(text_of(name), names, n);
        return error_set(err, ERROR_DATA, "%s:%zu: no column '%s' (groups)%s%s%s", place.file, place.line, name,
                         near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return task_field_text(&column, row, place, arena, out, err);
}

bool task_row_group(const struct task *t, const json_t *row, struct arena *arena, struct text *out, struct error *err) {
    *out = TEXT("");
    return t->n_groups == 0 || group_value(t, t->groups[0], row, (struct json_place){t->name, 0, ""}, arena, out, err);
}

/* ---- choices and gold */

static bool choice_error(struct json_place place, size_t n, struct error *err) {
    return error_set(err, ERROR_DATA, "%s:%zu: doc_to_choice: expected 2 to %d choices, found %zu", place.file,
                     place.line, TASK_CHOICES_MOST, n);
}

static bool copy_choice(const json_t *value, struct json_place place, struct arena *arena, struct text *out,
                        struct error *err) {
    if (!json_is_string(value)) return json_mismatch(value, "doc_to_choice", place, "texts", err);
    char *copy = text_copy(arena, json_text(value), err);
    *out = (struct text){copy, json_string_length(value)};
    return copy != NULL;
}

static bool listed_choices(const struct task *t, const json_t *row, struct json_place place, struct arena *arena,
                           struct text **choices, size_t *n, struct error *err) {
    *n = t->n_choice_list;
    if (!(*choices = arena_new(arena, struct text, *n, err))) return false;
    for (size_t i = 0; i < *n; i++)
        if (!task_field_text(&t->choice_list[i], row, place, arena, &(*choices)[i], err)) return false;
    return true;
}

static bool computed_choices(const struct task *t, const json_t *row, struct json_place place, struct arena *arena,
                             struct text **choices, size_t *n, struct error *err) {
    json_t *value = task_field_value(&t->choice, row, place, err);
    if (!value) return false;
    *n = json_array_size(value);
    bool ok = json_is_array(value) && *n >= 2 && *n <= TASK_CHOICES_MOST;
    if (!ok) choice_error(place, *n, err);
    ok = ok && (*choices = arena_new(arena, struct text, *n, err));
    for (size_t i = 0; ok && i < *n; i++) ok = copy_choice(json_array_get(value, i), place, arena, &(*choices)[i], err);
    json_decref(value);
    return ok;
}

static bool row_choices(const struct task *t, const json_t *row, struct json_place place, struct arena *arena,
                        struct text **choices, size_t *n, struct error *err) {
    *choices = NULL;
    *n = 0;
    if (t->n_choice_list) return listed_choices(t, row, place, arena, choices, n, err);
    return !t->choice.given || computed_choices(t, row, place, arena, choices, n, err);
}

static bool set_index(struct item *item, int64_t index, struct json_place place, struct error *err) {
    if (index >= 0 && (uint64_t)index < item->n_choices) return item->gold_index = index, true;
    return error_set(err, ERROR_DATA, "%s:%zu: doc_to_target: choice %lld of %zu (counted from 0) does not exist",
                     place.file, place.line, (long long)index, item->n_choices);
}

static bool add_gold_text(struct item *item, struct text t, struct arena *arena, struct error *err) {
    char *copy = text_copy(arena, t, err);
    if (!copy) return false;
    item->gold_texts[item->n_gold_texts++] = (struct text){copy, t.len};
    return true;
}

/* A text among choices is the one it equals, or its number; otherwise an accepted answer. */
static bool set_text(struct item *item, struct text value, struct json_place place, struct arena *arena,
                     struct error *err) {
    int64_t index;
    struct text trimmed = text_trim(value);
    for (size_t i = 0; i < item->n_choices; i++)
        if (text_equal(text_trim(item->choices[i]), trimmed)) return item->gold_index = (int64_t)i, true;
    if (item->n_choices && text_to_i64(trimmed, &index)) return set_index(item, index, place, err);
    if (item->n_choices)
        return error_set(err, ERROR_DATA, "%s:%zu: doc_to_target: '%.*s' is none of the choices", place.file,
                         place.line, (int)(trimmed.len < 80 ? trimmed.len : 80), trimmed.at);
    double number;
    if (text_to_f64(trimmed, &number)) item->gold_number = number;
    return add_gold_text(item, value, arena, err);
}

static bool set_target(struct item *item, const json_t *value, struct json_place place, struct arena *arena,
                       struct error *err) {
    size_t room = json_is_array(value) ? json_array_size(value) : 1;
    if (!(item->gold_texts = arena_new(arena, struct text, room + 1, err))) return false;
    if (json_is_boolean(value)) return set_index(item, json_is_true(value), place, err);
    if (json_is_integer(value) && item->n_choices) return set_index(item, json_integer_value(value), place, err);
    if (json_is_number(value)) {
        char printed[32];
        item->gold_number = json_number_value(value);
        size_t n = text_from_f64(item->gold_number, printed);
        return add_gold_text(item, (struct text){printed, n}, arena, err);
    }
    if (json_is_string(value)) return set_text(item, json_text(value), place, arena, err);
    if (!json_is_array(value) || room == 0)
        return json_mismatch(value, "doc_to_target", place, "a text, a number, or a list of texts", err);
    for (size_t i = 0; i < room; i++) {
        const json_t *one = json_array_get(value, i);
        if (!json_is_string(one)) return json_mismatch(one, "doc_to_target", place, "texts", err);
        if (!add_gold_text(item, json_text(one), arena, err)) return false;
    }
    return true;
}

static bool row_target(const struct task *t, struct item *item, struct json_place place, struct arena *arena,
                       struct error *err) {
    item->gold_index = -1;
    item->gold_number = NAN;
    if (!t->target.given) return true;
    json_t *value = task_field_value(&t->target, item->row, place, err);
    bool ok = value && (json_is_null(value) || set_target(item, value, place, arena, err));
    json_decref(value);
    return ok;
}

bool task_row_example(const struct task *t, const json_t *row, struct json_place place, struct arena *arena,
                      struct task_example *out, struct error *err) {
    struct item item = {.row = (json_t *)row};
    if (!task_field_text(&t->text, row, place, arena, &out->text, err) ||
        !row_choices(t, row, place, arena, &item.choices, &item.n_choices, err) ||
        !row_target(t, &item, place, arena, err))
        return false;
    out->target = item.gold_index >= 0 ? item.choices[item.gold_index]
                  : item.n_gold_texts  ? item.gold_texts[0]
                                       : TEXT("");
    return true;
}

/* ---- order of the choices */

static bool permute(const struct task *t, struct item *item, struct arena *arena, struct error *err) {
    if (!t->permute || item->n_choices < 2) return true;
    size_t *order = arena_new(arena, size_t, item->n_choices, err);
    int64_t *kept = arena_new(arena, int64_t, item->n_choices, err);
    struct text *choices = arena_new(arena, struct text, item->n_choices, err);
    char *stream = arena_printf(arena, err, "permute/%s/%.*s", t->name, TEXT_ARG(item->id));
    if (!order || !kept || !choices || !stream) return false;
    for (size_t i = 0; i < item->n_choices; i++) order[i] = i;
    struct rng rng = rng_stream_text(t->settings.seed, text_of(stream));
    rng_shuffle(&rng, order, item->n_choices);
    int64_t gold = item->gold_index;
    for (size_t i = 0; i < item->n_choices; i++) {
        kept[i] = (int64_t)order[i];
        choices[i] = item->choices[order[i]];
        if (gold >= 0 && order[i] == (size_t)gold) item->gold_index = (int64_t)i;
    }
    item->choices = choices;
    item->order = kept;
    return true;
}

/* ---- what the record keeps of the gold */

static bool put_labels(const struct task *t, const struct item *item, json_t *gold, struct json_place place,
                       struct arena *arena, struct error *err) {
    json_t *labels = json_object();
    bool ok = labels != NULL;
    for (size_t i = 0; ok && i < t->n_labels; i++) {
        json_t *value = task_field_value(&t->labels[i].field, item->row, place, err);
        ok = value && json_object_set_new(labels, t->labels[i].name, value) == 0;
    }
    for (size_t i = 0; ok && i < t->n_groups; i++) {
        struct text value;
        if (json_object_get(labels, t->groups[i])) continue;
        ok = group_value(t, t->groups[i], item->row, place, arena, &value, err) &&
             json_object_set_new(labels, t->groups[i], json_from_text(value)) == 0;
    }
    if (ok && json_object_size(labels)) return json_object_set_new(gold, "labels", labels) == 0;
    json_decref(labels);
    return ok;
}

/* The mask in the order asked. */
static bool put_mask(const struct task *t, const struct item *item, json_t *gold, struct json_place place,
                     struct error *err) {
    if (!t->mask.given) return true;
    json_t *value = task_field_value(&t->mask, item->row, place, err), *mask = json_array();
    bool ok = value && mask;
    if (ok && (!json_is_array(value) || json_array_size(value) != item->n_choices))
        ok = error_set(err, ERROR_DATA, "%s:%zu: target_mask: expected a list of %zu values, one a choice", place.file,
                       place.line, item->n_choices);
    for (size_t i = 0; ok && i < item->n_choices; i++) {
        size_t source = item->order ? (size_t)item->order[i] : i;
        ok = json_array_append_new(mask, json_integer(json_is_true_like(json_array_get(value, source)))) == 0;
    }
    json_decref(value);
    if (ok) return json_object_set_new(gold, "mask", mask) == 0;
    json_decref(mask);
    return false;
}

static bool put_texts(const struct item *item, json_t *gold) {
    if (!item->n_gold_texts) return true;
    json_t *texts = json_array();
    bool ok = texts != NULL;
    for (size_t i = 0; ok && i < item->n_gold_texts; i++)
        ok = json_array_append_new(texts, json_from_text(item->gold_texts[i])) == 0;
    return json_object_set_new(gold, "texts", texts) == 0 && ok;
}

static bool put_order(const struct item *item, json_t *gold) {
    if (!item->order) return true;
    json_t *order = json_array();
    bool ok = order != NULL;
    for (size_t i = 0; ok && i < item->n_choices; i++)
        ok = json_array_append_new(order, json_integer(item->order[i])) == 0;
    return json_object_set_new(gold, "order", order) == 0 && ok;
}

static bool make_gold(const struct task *t, struct item *item, struct json_place place, struct arena *arena,
                      struct error *err) {
    item->gold = json_object();
    bool ok = item->gold && put_texts(item, item->gold) && put_order(item, item->gold);
    if (ok && item->gold_index >= 0) ok = json_object_set_new(item->gold, "index", json_integer(item->gold_index)) == 0;
    if (ok && !isnan(item->gold_number))
        ok = json_object_set_new(item->gold, "number", json_from_f64(item->gold_number)) == 0;
    if (!ok) return error_memory(err, "gold answer");
    return put_mask(t, item, item->gold, place, err) && put_labels(t, item, item->gold, place, arena, err);
}

/* ---- the prompt */

static bool make_prompt(const struct task *t, struct item *item, struct text text, const struct task_example *shots,
                        size_t n_shots, struct arena *arena, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    buffer_put_text(&b, t->description);
    for (size_t i = 0; i < n_shots; i++) {
        buffer_put_text(&b, shots[i].text);
        buffer_put_text(&b, t->target_delimiter);
        buffer_put_text(&b, shots[i].target);
        buffer_put_text(&b, t->fewshot_delimiter);
    }
    buffer_put_text(&b, text);
    char *copy = buffer_check(&b, "prompt", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    item->prompt = (struct text){copy, b.len};
    buffer_done(&b);
    if (!copy || !t->chat) return copy != NULL;
    item->messages = arena_new(arena, struct message, 1, err);
    item->n_messages = 1;
    return item->messages && (item->messages[0] = (struct message){TEXT("user"), item->prompt}, true);
}

bool task_item_prompt(const struct task *t, struct item *item, struct text text, struct arena *arena,
                      struct error *err) {
    return make_prompt(t, item, text, NULL, 0, arena, err);
}

/* ---- pictures and sounds */

static bool add_files(const struct task *t, const struct task_field *field, enum message_part_kind kind,
                      const json_t *row, struct json_place place, struct arena *arena, struct message_part *parts,
                      size_t *n, struct error *err) {
    if (!field->given) return true;
    json_t *value = task_field_value(field, row, place, err);
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    bool ok = value && (count <= MESSAGE_PARTS_MOST || json_mismatch(value, "files", place, "at most 64 files", err));
    for (size_t i = 0; ok && i < count; i++) {
        const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;
        ok = (json_is_string(one) && json_string_length(one)) ||
             json_mismatch(one, kind == PART_IMAGE ? "doc_to_image" : "doc_to_audio", place, "the name of a file", err);
        ok = ok && message_part_file(kind, json_text(one), place.file, t->settings.path, arena, &parts[(*n)++], err);
    }
    json_decref(value);
    return ok;
}

bool task_item_files(const struct task *t, struct item *item, const struct task_field *image,
                     const struct task_field *audio, struct json_place place, struct arena *arena, struct error *err) {
    if (!image->given && !audio->given) return true;
    struct message *last = item->n_messages ? &item->messages[item->n_messages - 1] : NULL;
    struct message_part *parts = arena_new(arena, struct message_part, 2 * MESSAGE_PARTS_MOST + 1, err);
    size_t n = 0;
    if (!parts) return false;
    if (!last) return error_set(err, ERROR_USAGE, "pictures and sounds stand in messages: the task needs chat: true");
    if (!add_files(t, image, PART_IMAGE, item->row, place, arena, parts, &n, err) ||
        !add_files(t, audio, PART_SOUND, item->row, place, arena, parts, &n, err))
        return false;
    parts[n++] = (struct message_part){.kind = PART_TEXT, .text = last->text};
    last->parts = parts;
    last->n_parts = n;
    return true;
}

/* One turn of doc_to_messages: {"role", "content"}. */
static bool set_message(const struct task *t, struct message *out, const json_t *turn, struct json_place place,
                        struct arena *arena, struct error *err) {
    const json_t *role = json_object_get(turn, "role"), *content = json_object_get(turn, "content");
    if (!json_is_string(role) || !(json_is_string(content) || json_is_array(content)))
        return json_mismatch(turn, "doc_to_messages", place,
                             "turns with 'role' and 'content', both texts (or parts as content)", err);
    char *by = text_copy(arena, json_text(role), err);
    *out = (struct message){.role = {by, json_string_length(role)}};
    return by && message_content_read(content, place, t->settings.path, arena, out, err);
}

/* The conversation of the row; the prompt is what is said last. */
static bool make_conversation(const struct task *t, struct item *item, struct json_place place, struct arena *arena,
                              struct error *err) {
    json_t *turns = task_field_value(&t->messages, item->row, place, err);
    size_t n = json_array_size(turns);
    bool ok = turns && ((n > 0 && n <= TASK_MESSAGES_MOST) ||
                        json_mismatch(turns, "doc_to_messages", place, "a list of 1 to 256 turns", err));
    ok = ok && (item->messages = arena_new(arena, struct message, n, err));
    for (size_t i = 0; ok && i < n; i++)
        ok = set_message(t, &item->messages[i], json_array_get(turns, i), place, arena, err);
    json_decref(turns);
    if (!ok) return false;
    item->n_messages = n;
    item->prompt = item->messages[n - 1].text;
    return true;
}

static bool digest_item(const struct task *t, struct item *item, struct error *err) {
    json_t *j = json_pack("{s:s s:o s:O s:O}", "task", t->name, "id", json_from_text(item->id), "gold", item->gold,
                          "row", item->row);
    if (j && t->settings.judge && t->scorer->open_label)
        json_object_set_new(j, "judge", json_string(t->settings.judge));
    bool ok = j ? json_digest(j, item->digest, err) : error_memory(err, "item");
    json_decref(j);
    return ok;
}

static bool fill_item(const struct task *t, struct item *item, struct json_place place, uint64_t number,
                      const struct task_example *shots, size_t n_shots, struct arena *arena, struct error *err) {
    struct text text;
    const json_t *row = item->row;
    struct {
        const struct task_field *field;
        struct text *out;
    } plain[] = {{&t->split, &item->split}, {&t->lang, &item->lang}, {&t->pair, &item->pair}, {&t->twin, &item->twin},
                 {&t->cluster, &item->cluster}, {&t->ref, &item->ref},
                 {t->method ? &t->method->steps[0].text : &t->text, &text}};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (!task_field_text(plain[i].field, row, place, arena, plain[i].out, err)) return false;
    char *source = arena_printf(arena, err, "%s:%zu", place.file, place.line);
    item->source = text_of(source);
    return source && task_row_id(t, row, place, number, arena, &item->id, err) &&
           task_row_group(t, row, arena, &item->group, err) &&
           row_choices(t, row, place, arena, &item->choices, &item->n_choices, err) &&
           row_target(t, item, place, arena, err) && permute(t, item, arena, err) &&
           make_gold(t, item, place, arena, err) &&
           (t->messages.given ? make_conversation(t, item, place, arena, err)
                              : make_prompt(t, item, text, shots, n_shots, arena, err)) &&
           task_item_files(t, item, t->method ? &t->method->steps[0].image : &t->image,
                           t->method ? &t->method->steps[0].audio : &t->audio, place, arena, err) &&
           digest_item(t, item, err);
}

bool task_row_item(const struct task *t, json_t *row, struct json_place place, uint64_t number,
                   const struct task_example *shots, size_t n_shots, struct arena *arena, struct item *item,
                   struct error *err) {
    *item = (struct item){.row = row, .gold_index = -1, .gold_number = NAN};
    if (fill_item(t, item, place, number, shots, n_shots, arena, err)) return true;
    item_done(item);
    return false;
}

/* ---- the ask */

/* Continuations as they are scored: with the delimiter in front where something stands before them. */
static bool ask_choices(const struct task *t, const struct item *item, struct arena *arena, struct ask *ask,
                        struct error *err) {
    struct text delimiter = item->prompt.len ? t->target_delimiter : TEXT("");
    struct text *choices = arena_new(arena, struct text, item->n_choices, err);
    for (size_t i = 0; choices && i < item->n_choices; i++) {
        char *joined = arena_printf(arena, err, "%.*s%.*s", TEXT_ARG(delimiter), TEXT_ARG(item->choices[i]));
        if (!joined) return false;
        choices[i] = text_of(joined);
    }
    ask->choices = choices;
    ask->n_choices = item->n_choices;
    return choices != NULL;
}

/* Of a task that looks inside: the answer whose positions are looked at, behind the prompt. */
static bool ask_target(const struct task *t, const struct item *item, struct arena *arena, struct ask *ask,
                       struct error *err) {
    struct text *choices = arena_new(arena, struct text, 1, err);
    char *joined = choices ? arena_printf(arena, err, "%.*s%.*s", TEXT_ARG(t->target_delimiter),
                                          TEXT_ARG(item->gold_texts[0])) : NULL;
    if (!joined) return false;
    choices[0] = text_of(joined);
    ask->choices = choices;
    ask->n_choices = 1;
    return true;
}

static json_t *texts_json(const struct text *texts, size_t n) {
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < n; i++) ok = json_array_append_new(list, json_from_text(texts[i])) == 0;
    if (ok) return list;
    json_decref(list);
    return NULL;
}

static json_t *messages_json(const struct item *item) {
    if (!item->n_messages) return json_pack("{s:o}", "prompt", json_from_text(item->prompt));
    json_t *list = json_array();
    for (size_t i = 0; list && i < item->n_messages; i++)
        json_array_append_new(list, json_pack("{s:o s:o}", "role", json_from_text(item->messages[i].role), "content",
                                              message_content_json(&item->messages[i])));
    return list;
}

/* What is looked at, and how all items together are measured. The runner adds which items those are. */
static json_t *want_look(const struct task *t) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    spec_put(&b, text_of(t->scorer->name), t->scorer->options, t->scorer->n_options, t->scorer_options);
    json_t *want = json_pack("{s:s s:o}", "kind", "look", "scorer", json_from_text(buffer_text(&b)));
    buffer_done(&b);
    return want;
}

static json_t *want_json(const struct ask *ask) {
    if (ask->kind == ASK_SCORE)
        return json_pack("{s:s s:o}", "kind", "score", "choices", texts_json(ask->choices, ask->n_choices));
    json_t *want = json_pack("{s:s s:I s:I s:o s:o s:I s:o}", "kind", "generate", "samples", (json_int_t)ask->samples,
                             "max_tokens", (json_int_t)ask->max_tokens, "temperature", json_from_f64(ask->temperature),
                             "top_p", json_from_f64(ask->top_p), "top_k", (json_int_t)ask->top_k, "stop",
                             texts_json(ask->stops, ask->n_stops));
    if (want && ask->form != ASK_FREE) /* absent otherwise, so that older asks keep their digests */
        json_object_set_new(want, ask->form == ASK_SCHEMA ? "schema" : "grammar", json_from_text(ask->form_source));
    return want;
}

bool task_ask(const struct task *t, const struct item *item, bool needs_item, struct arena *arena, struct ask *ask,
              json_t **canonical, struct error *err) {
    *ask = (struct ask){.id = item->id,
                        .task = text_of(t->name),
                        .kind = t->output == TASK_GENERATE || task_looks(t) ? ASK_GENERATE : ASK_SCORE,
                        .prompt = item->prompt,
                        .messages = item->messages,
                        .n_messages = item->n_messages,
                        .samples = t->samples,
                        .max_tokens = t->max_tokens,
                        .temperature = t->temperature,
                        .top_p = t->top_p,
                        .top_k = t->top_k,
                        .stops = t->stops,
                        .n_stops = t->n_stops,
                        .form = t->form,
                        .form_source = t->form_source,
                        .gold = item->gold,
                        .labels = json_object_get(item->gold, "labels")};
    if (ask->kind == ASK_SCORE) {
        ask->samples = 1;
        ask->temperature = 0;
        if (!ask_choices(t, item, arena, ask, err)) return false;
    }
    if (task_looks(t) && item->n_gold_texts && !ask_target(t, item, arena, ask, err)) return false;
    *canonical = json_pack("{s:o s:o}", "messages", messages_json(item), "want",
                           task_looks(t) ? want_look(t) : want_json(ask));
    if (*canonical && needs_item) json_object_set_new(*canonical, "item", json_string(item->digest));
    if (*canonical) return json_digest(*canonical, ask->digest, err);
    return error_memory(err, "ask");
}
