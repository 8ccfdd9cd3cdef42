/* Asks and answers as blocks of text, and what is hidden: see html_page.h. */
#include "report/escape.h"
#include "report/html_page.h"
#include "report/report_number.h"

#include <math.h>
#include <string.h>

#define LONGEST_BLOCK 20000 /* bytes of one text shown; the record has the rest */

/* A label is believed when it says anything but no: hiding too much is the smaller mistake. */
static bool says_yes(const json_t *value) {
    if (json_is_true(value)) return true;
    if (json_is_number(value)) return json_number_value(value) != 0;
    if (!json_is_string(value)) return false;
    struct text t = json_text(value);
    return t.len > 0 && !text_equal_nocase(t, TEXT("false")) && !text_equal_nocase(t, TEXT("no")) &&
           !text_equal_nocase(t, TEXT("0"));
}

bool html_is_harmful(const json_t *gold) {
    const json_t *labels = json_object_get(gold, "labels");
    if (says_yes(json_object_get(gold, "harmful")) || says_yes(json_object_get(labels, "harmful"))) return true;
    for (size_t i = 0; i < json_array_size(labels); i++)
        if (text_equal_nocase(json_text(json_array_get(labels, i)), TEXT("harmful"))) return true;
    return false;
}

void html_hidden(struct page *page, const char *what, struct text text) {
    char hex[HASH_HEX];
    sha256_hex(text.at, text.len, hex);
    html_put(page, "<p class=\"what\">");
    html_text(page, what);
    buffer_printf(page->out, "</p><pre>(hidden as harmful, %zu bytes, sha256 %.12s)</pre>\n", text.len, hex);
}

/* Cuts at a character. */
static struct text shortened(struct text t) {
    if (t.len <= LONGEST_BLOCK) return t;
    size_t end = LONGEST_BLOCK;
    while (end > 0 && ((unsigned char)t.at[end] & 0xC0) == 0x80) end--;
    return text_part(t, 0, end);
}

void html_block(struct page *page, const char *title, struct text text) {
    struct text shown = shortened(text);
    html_put(page, "<p class=\"what\">");
    html_text(page, title);
    html_put(page, "</p><pre dir=\"auto\">");
    /* HTML drops a line break that comes first in pre. */
    if (shown.len > 0 && shown.at[0] == '\n') html_put(page, "\n");
    escape_markup(page->out, shown);
    if (text.len == 0) html_put(page, "<span class=\"soft\">(empty)</span>");
    html_put(page, "</pre>\n");
    if (shown.len < text.len)
        buffer_printf(page->out, "<p class=\"what\">%zu more bytes are in the record</p>\n", text.len - shown.len);
}

void html_json_block(struct page *page, const char *title, const json_t *value) {
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    if (json_put(&b, value, 0))
        html_block(page, title, buffer_text(&b));
    else
        page->out->failed = true;
    buffer_done(&b);
}

static void put_hidden_json(struct page *page, const char *what, const json_t *value) {
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    if (json_put_canonical(&b, value))
        html_hidden(page, what, buffer_text(&b));
    else
        page->out->failed = true;
    buffer_done(&b);
}

static void put_content(struct page *page, const char *role, const json_t *content, bool hide) {
    if (json_is_string(content) && hide)
        html_hidden(page, role, json_text(content));
    else if (json_is_string(content))
        html_block(page, role, json_text(content));
    else if (hide)
        put_hidden_json(page, role, content);
    else
        html_json_block(page, role, content);
}

static void put_token(struct page *page, const json_t *token) {
    const json_t *text = json_is_object(token) ? json_object_get(token, "text") : token;
    json_int_t id = json_integer_value(json_object_get(token, "id"));
    if (json_is_object(token))
        buffer_printf(page->out, "<span class=\"token\" title=\"%lld\">", (long long)id);
    else
        html_put(page, "<span class=\"token\">");
    if (json_is_string(text))
        escape_markup(page->out, json_text(text));
    else if (json_is_integer(text))
        buffer_printf(page->out, "%lld", (long long)json_integer_value(text));
    html_put(page, "</span>");
}

#define TOKENS_SHOWN 400

void html_tokens(struct page *page, const json_t *tokens, bool hide) {
    size_t n = json_array_size(tokens);
    if (hide) {
        put_hidden_json(page, "tokens", tokens);
        return;
    }
    buffer_printf(page->out, "<p class=\"what\">as %zu tokens, the ids in their titles</p><pre class=\"tokens\">", n);
    for (size_t i = 0; i < n && i < TOKENS_SHOWN; i++) put_token(page, json_array_get(tokens, i));
    html_put(page, "</pre>\n");
    if (n > TOKENS_SHOWN)
        buffer_printf(page->out, "<p class=\"what\">%zu more tokens are in the record</p>\n", n - TOKENS_SHOWN);
}

/* The choice with the largest log-probability; n: none is known, or several are alike. */
static size_t taken_choice(const json_t *logprobs, size_t n) {
    size_t best = n;
    double most = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_object_get(json_array_get(logprobs, i), "logprob");
        double x = json_is_number(value) ? json_number_value(value) : -INFINITY;
        if (x == most) best = n;
        if (x > most) best = i;
        most = fmax(most, x);
    }
    return best;
}

static bool choice_is_right(const json_t *gold, size_t i) {
    const json_t *index = json_object_get(gold, "index"), *mask = json_object_get(gold, "mask");
    if (json_is_array(mask)) return json_integer_value(json_array_get(mask, i)) != 0;
    return json_is_integer(index) && json_integer_value(index) == (json_int_t)i;
}

void html_choices(struct page *page, const struct record_row *row, bool hide) {
    const json_t *choices = json_object_get(row->want, "choices");
    size_t n = json_array_size(choices), taken = taken_choice(row->logprobs, n);
    char number[REPORT_NUMBER];
    if (hide) {
        put_hidden_json(page, "choices", choices);
        return;
    }
    html_put(
        page,
        "<p class=\"what\">choices</p><div class=\"wide\"><table class=\"choices\"><thead><tr><th scope=\"col\">"
        "continuation</th><th scope=\"col\" class=\"num\">log-probability</th><th scope=\"col\" class=\"num\">tokens"
        "</th><th scope=\"col\"></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < n; i++) {
        const json_t *score = json_array_get(row->logprobs, i), *value = json_object_get(score, "logprob");
        html_put(page, "<tr><td>");
        escape_markup(page->out, text_trim(json_text(json_array_get(choices, i))));
        number_plain(json_is_number(value) ? json_number_value(value) : NAN, number);
        buffer_printf(page->out, "</td><td class=\"num\">%s</td><td class=\"num\">%lld</td><td>%s%s</td></tr>\n",
                      number, (long long)json_integer_value(json_object_get(score, "tokens")),
                      i == taken ? "<span class=\"badge\">taken</span> " : "",
                      choice_is_right(row->gold, i) ? "<span class=\"badge\">right</span>" : "");
    }
    html_put(page, "</tbody></table></div>\n");
}

static void put_message(struct page *page, const json_t *message, bool hide) {
    const char *role = json_c(message, "role");
    const json_t *content = json_object_get(message, "content"), *tokens = json_object_get(message, "tokens");
    if (content)
        put_content(page, role[0] ? role : "message", content, hide);
    else
        put_content(page, role[0] ? role : "message", message, hide);
    if (json_is_array(tokens)) html_tokens(page, tokens, hide);
}

void html_messages(struct page *page, const json_t *messages, bool hide) {
    const json_t *inner = json_object_get(messages, "messages");
    if (!messages || json_is_null(messages)) {
        html_put(page, "<p class=\"what\">the record does not keep this prompt</p>\n");
    } else if (json_is_array(messages) || json_is_array(inner)) {
        const json_t *list = json_is_array(messages) ? messages : inner;
        for (size_t i = 0; i < json_array_size(list); i++) put_message(page, json_array_get(list, i), hide);
    } else if (json_is_object(messages) && json_object_get(messages, "prompt")) {
        put_content(page, "prompt", json_object_get(messages, "prompt"), hide);
    } else {
        put_content(page, "prompt", messages, hide);
    }
}
