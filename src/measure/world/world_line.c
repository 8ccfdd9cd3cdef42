/* From an item to its JSON line; what parts share. */
#include "measure/world/world_item.h"
#include "measure/world/world_manner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MOST = 1 << 18 };

static void each_buffer(struct world_line *line, void (*act)(struct buffer *b)) {
    struct buffer *all[] = {&line->template, &line->slots,  &line->turns, &line->prompt, &line->reply,
                            &line->answer,   &line->aliases, &line->labels, &line->prov,   &line->dose,
                            &line->said};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) act(all[i]);
}

static void begin(struct buffer *b) {
    buffer_init(b, LINE_MOST);
}

void world_line_init(struct world_line *line) {
    *line = (struct world_line){0};
    each_buffer(line, begin);
}

void world_line_done(struct world_line *line) {
    each_buffer(line, buffer_done);
}

bool world_make_line(struct world_line *line, const struct world *w, const struct item *item, uint64_t draw) {
    each_buffer(line, buffer_clear);
    line->kind = "text", line->lang = "en", line->n_options = 0, line->right = 0;
    return item->family->make(line, w, item->number, item->split, draw);
}

/* ---- members */

/* What an assistant says begins with a blank, so that its first word is the same token as inside a sentence and what
 * statements taught is at hand. Marks are tokens of their own and need none. */
static bool put_turn(struct buffer *out, const char *role, struct text content) {
    bool blank = strcmp(role, "assistant") == 0 && content.len && content.at[0] != '<' && content.at[0] != ' ';
    buffer_printf(out, "%s{\"role\":\"%s\",\"content\":", out->len ? "," : "", role);
    size_t at = out->len + 1;
    if (!json_put_string(out, content) || !buffer_put_char(out, '}')) return false;
    return !blank || (buffer_put_char(out, ' ') && (memmove(out->at + at + 1, out->at + at, out->len - 1 - at),
                                                    out->at[at] = ' ', true));
}

bool world_turn(struct world_line *line, const char *role, struct text content) {
    return put_turn(&line->turns, role, content);
}

bool world_say(struct world_document *document, const char *role, struct text content) {
    return put_turn(&document->turns, role, content);
}

bool world_alias(struct world_line *line, struct text alias) {
    return buffer_put_char(&line->aliases, ',') && json_put_string(&line->aliases, alias);
}

static bool put_printed(struct buffer *out, const char *format, va_list args) {
    char text[512];
    int n = vsnprintf(text, sizeof text, format, args);
    if (n < 0 || n >= (int)sizeof text) return out->failed = true, false;
    return json_put_string(out, text_of(text));
}

bool world_prov(struct world_line *line, const char *format, ...) {
    va_list args;
    buffer_put_char(&line->prov, ',');
    va_start(args, format);
    bool ok = put_printed(&line->prov, format, args);
    va_end(args);
    return ok;
}

bool world_label(struct world_line *line, const char *key, const char *format, ...) {
    va_list args;
    world_put_key(&line->labels, key);
    va_start(args, format);
    bool ok = put_printed(&line->labels, format, args);
    va_end(args);
    return ok;
}

/* ---- the line */

/* Members or elements without the comma in front, between brackets. */
static bool put_inside(struct buffer *out, const char *key, const struct buffer *members, const char *brackets) {
    struct text t = buffer_text(members);
    if (t.len) t = text_part(t, 1, t.len);
    return world_put_key(out, key) && buffer_put_char(out, brackets[0]) && buffer_put_text(out, t) &&
           buffer_put_char(out, brackets[1]) && !members->failed;
}

static bool put_options(struct world_line *line) {
    if (!line->n_options) return true;
    world_put_key(&line->slots, "options");
    for (size_t i = 0; i < line->n_options; i++) {
        buffer_put_char(&line->slots, i ? ',' : '[');
        json_put_string(&line->slots, line->option[i]);
    }
    return buffer_put_char(&line->slots, ']');
}

static bool put_asked(struct buffer *out, struct world_line *line) {
    if (!line->turns.len) return world_put_pair(out, "prompt", buffer_text(&line->prompt));
    return put_turn(&line->turns, "user", buffer_text(&line->prompt)) && world_put_key(out, "messages") &&
           buffer_put_char(out, '[') && buffer_put_text(out, buffer_text(&line->turns)) && buffer_put_char(out, ']');
}

static bool put_gold(struct buffer *out, const struct world_line *line) {
    buffer_put_c(out, ",\"gold\":{\"answer\":");
    if (line->n_options)
        buffer_printf(out, "%zu", line->right);
    else
        json_put_string(out, buffer_text(&line->answer));
    put_inside(out, "aliases", &line->aliases, "[]");
    world_put_pair(out, "kind", text_of(line->n_options ? "choice" : line->kind));
    world_put_pair(out, "reply", buffer_text(&line->reply));
    return buffer_put_char(out, '}');
}

static bool put_labels(struct buffer *out, const struct world *w, const struct world_line *line) {
    buffer_printf(out, ",\"labels\":{\"world\":\"%s\"", w->identity);
    return buffer_put_text(out, buffer_text(&line->labels)) && buffer_put_char(out, '}') && !line->labels.failed;
}

/* The prompt as line->manner says it. */
static bool put_manner(struct world_line *line, const struct world *w, const struct item *item, uint64_t draw) {
    if (!line->manner) return true;
    enum manner manner = (enum manner)(line->manner - 1);
    char stream[64];
    snprintf(stream, sizeof stream, "manner/%s/%s", world_manner_names[manner], item->family->name);
    struct rng rng = world_stream(w, stream, draw, item->number);
    if (!world_style(&line->said, w, buffer_text(&line->prompt), manner, &rng)) return false;
    struct buffer before = line->prompt;
    line->prompt = line->said, line->said = before;
    return world_label(line, "manner", "%s", world_manner_names[manner]);
}

bool world_put_item(struct buffer *out, struct world_line *line, const struct world *w, const struct item *item,
                    uint64_t draw) {
    char id[ITEM_ID];
    world_item_id(item, id);
    if (!world_make_line(line, w, item, draw) || !put_manner(line, w, item, draw) || !put_options(line)) return false;
    buffer_printf(out, "{\"id\":\"%s\",\"part\":\"%s\",\"split\":\"%s\",\"lang\":\"%s\"", id, item->family->name,
                  world_split_names[item->split], line->lang);
    world_put_pair(out, "template", buffer_text(&line->template));
    bool ok = put_inside(out, "slots", &line->slots, "{}") && put_asked(out, line) && put_gold(out, line) &&
              put_labels(out, w, line) && put_inside(out, "prov", &line->prov, "[]") &&
              put_inside(out, "dose", &line->dose, "{}") && buffer_put_char(out, '}');
    return ok && !line->prompt.failed && !line->reply.failed && !line->template.failed && !line->answer.failed &&
           !line->turns.failed && !out->failed;
}

/* ---- what parts share */

bool world_join_splits(unsigned of_case, unsigned of_template, enum split *split) {
    *split = (enum split)(of_case == TRAIN ? of_template : of_case);
    return of_case == TRAIN || of_template == TRAIN || of_case == of_template;
}

bool world_case_splits(struct world *w, const char *stream, uint8_t *split, size_t n, struct error *err) {
    struct arena scratch;
    size_t *order;
    arena_init(&scratch, (size_t)64 << 20);
    bool ok = world_order(w, stream, 0, n, &order, &scratch, err);
    if (ok) world_deal_splits(split, order, n, 0);
    arena_done(&scratch);
    return ok;
}

bool world_case_split(const struct world *w, const uint8_t *split_of_case, uint64_t number, enum split *split) {
    return world_join_splits(split_of_case[number / WORDINGS], w->template_split[number % WORDINGS], split);
}

struct text world_pick(const struct list *list, struct rng *rng) {
    return list->at[rng_below(rng, list->n)];
}

bool world_put_options(struct buffer *out, const struct text *option, size_t n) {
    for (size_t i = 0; i < n; i++)
        buffer_printf(out, "%s%c. %.*s", i ? "\n" : "", (char)('A' + (int)i), TEXT_ARG(option[i]));
    return !out->failed;
}
