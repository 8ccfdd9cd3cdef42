/* Quotes on a page: see quote_page.h. Marks are of the normalised text; a place that several stretches cover is darker.
 * A sentence that is joined of quotes and stands nowhere is underlined. Nothing is fetched and no script runs. */
#include "report/quote_page.h"

#include "report/escape.h"
#include "measure/score/quote_summary.h"
#include "report/html_page.h"

#include <string.h>

enum { PAGE_BYTES = 256 << 20, MARKS_MOST = 4096 };

static const char quote_style[] =
    "<style>mark{color:inherit;background:rgba(0,114,178,.16);border-bottom:2px solid var(--s0)}"
    "mark.two{background:rgba(0,114,178,.34)}.stitch{text-decoration:underline wavy var(--s1);"
    "text-decoration-thickness:2px;text-underline-offset:.35em}"
    ".quote{border-bottom:1px solid var(--line);padding:.2rem "
    "0}.said{white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0}"
    ".places{font-size:.88rem;padding-left:1.4rem;margin:.2rem 0}.places li{margin:.25rem 0;overflow-wrap:anywhere}"
    ".places b{font-weight:650}sup a{text-decoration:none;font-size:.75em}</style>";

struct quote_page {
    struct buffer body;
    json_t *facts;
    size_t most, shown, answers, prompts;
};

struct quote_page *quote_page_new(const json_t *facts, size_t most, struct error *err) {
    struct quote_page *p = memory_zeroed(1, sizeof *p);
    if (!p) return error_memory(err, "page"), NULL;
    buffer_init(&p->body, PAGE_BYTES);
    p->facts = json_incref((json_t *)facts);
    p->most = most;
    return p;
}

void quote_page_free(struct quote_page *p) {
    if (!p) return;
    buffer_done(&p->body);
    json_decref(p->facts);
    memory_free(p);
}

static size_t count_of(const json_t *object, const char *key) {
    json_int_t v = json_integer_value(json_object_get(object, key));
    return v > 0 ? (size_t)v : 0;
}

static double real_of(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

/* ---- the answer ---- */

struct marks {
    const json_t *stretches, *sentences;
    size_t n;
};

static size_t covered_by(const struct marks *m, size_t at) {
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++) {
        const json_t *s = json_array_get(m->stretches, i);
        n += at >= count_of(s, "from") && at < count_of(s, "to");
    }
    return n;
}

static bool is_stitched(const struct marks *m, size_t at) {
    const json_t *s;
    size_t i;
    json_array_foreach((json_t *)m->sentences, i,
                       s) if (at >= count_of(s, "from") &&
                              at < count_of(s, "to")) return json_is_true(json_object_get(s, "stitched"));
    return false;
}

static void put_numbers(struct buffer *out, const struct marks *m, size_t end, size_t answer) {
    for (size_t i = 0; i < m->n; i++)
        if (count_of(json_array_get(m->stretches, i), "to") == end)
            buffer_printf(out, "<sup><a href=\"#s%zu-%zu\">%zu</a></sup>", answer, i + 1, i + 1);
}

/* Where marks change: the ends of stretches and sentences, sorted. */
static size_t places_of_change(const struct marks *m, size_t *at) {
    const json_t *lists[2] = {m->stretches, m->sentences};
    size_t n = 0;
    for (int l = 0; l < 2; l++)
        for (size_t i = 0; i < json_array_size(lists[l]) && n + 2 < MARKS_MOST; i++) {
            at[n++] = count_of(json_array_get(lists[l], i), "from");
            at[n++] = count_of(json_array_get(lists[l], i), "to");
        }
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && at[k - 1] > at[k]; k--) {
            size_t swap = at[k];
            at[k] = at[k - 1], at[k - 1] = swap;
        }
    return n;
}

static void put_said(struct buffer *out, const json_t *evidence, size_t answer) {
    struct text doc = json_text(json_object_get(evidence, "doc"));
    struct marks m = {json_object_get(evidence, "stretches"), json_object_get(evidence, "every_sentence"), 0};
    size_t at[MARKS_MOST], n = places_of_change(&m, at), c = 0, byte = 0;
    m.n = json_array_size(m.stretches);
    buffer_put_c(out, "<p class=\"said\">");
    for (size_t i = 0; i <= n; i++) {
        size_t end = i < n ? at[i] : SIZE_MAX, from = byte, first = c;
        uint32_t code;
        for (size_t len; c < end && (len = text_utf8_next(text_part(doc, byte, doc.len), &code)) > 0; c++) byte += len;
        if (byte > from) {
            size_t cover = covered_by(&m, first);
            bool stitched = is_stitched(&m, first);
            if (stitched) buffer_put_c(out, "<span class=\"stitch\">");
            if (cover) buffer_put_c(out, cover > 1 ? "<mark class=\"two\">" : "<mark>");
            escape_markup(out, text_part(doc, from, byte));
            if (cover) buffer_put_c(out, "</mark>");
            if (stitched) buffer_put_c(out, "</span>");
        }
        if (i < n && (i + 1 == n || at[i + 1] != end)) put_numbers(out, &m, end, answer);
    }
    buffer_put_c(out, "</p>\n");
}

/* ---- the sources ---- */

static void put_place(struct buffer *out, const json_t *place, struct text words) {
    const json_t *id = json_object_get(place, "id"), *line = json_object_get(place, "line");
    buffer_put_c(out, "<br><span class=\"soft\">");
    escape_markup(out, json_text(json_object_get(place, "before")));
    buffer_put_c(out, "</span><b>");
    escape_markup(out, words);
    buffer_put_c(out, "</b><span class=\"soft\">");
    escape_markup(out, json_text(json_object_get(place, "after")));
    buffer_put_c(out, "</span> &mdash; <code>");
    if (json_is_string(id))
        escape_markup(out, json_text(id));
    else
        buffer_printf(out, "%lld", (long long)json_integer_value(id));
    buffer_put_c(out, "</code> ");
    if (json_is_string(json_object_get(place, "file")) && !json_equal(json_object_get(place, "file"), (json_t *)id)) {
        escape_markup(out, json_text(json_object_get(place, "file")));
        if (line) buffer_printf(out, ":%lld", (long long)json_integer_value(line));
        buffer_put_c(out, ", ");
    }
    buffer_printf(out, "from character %zu", count_of(place, "at"));
}

static void put_sources(struct buffer *out, const json_t *stretches, size_t answer) {
    const json_t *s, *place;
    size_t i, k;
    if (!json_array_size(stretches)) return;
    buffer_put_c(out, "<ol class=\"places\">\n");
    json_array_foreach((json_t *)stretches, i, s) {
        size_t count = count_of(s, "count");
        buffer_printf(out, "<li id=\"s%zu-%zu\">%zu characters, stands there %zu time%s", answer, i + 1,
                      count_of(s, "to") - count_of(s, "from"), count, count == 1 ? "" : "s");
        json_array_foreach(json_object_get(s, "places"), k, place)
            put_place(out, place, json_text(json_object_get(s, "text")));
        buffer_put_c(out, "</li>\n");
    }
    buffer_put_c(out, "</ol>\n");
}

/* ---- rows ---- */

static void put_badges(struct buffer *out, const json_t *evidence) {
    struct text state = json_text(json_object_get(evidence, "state"));
    if (!text_equal_c(state, "scored")) {
        buffer_put_c(out, "<span class=\"badge off\">");
        escape_markup(out, state);
        if (json_object_get(evidence, "bad_byte")) buffer_printf(out, ", byte %zu", count_of(evidence, "bad_byte"));
        buffer_put_c(out, "</span> ");
        return;
    }
    buffer_printf(out, "<span class=\"badge\">QUIP %.3f</span> <span class=\"badge\">%zu of %zu windows</span> ",
                  real_of(evidence, "quip"), count_of(evidence, "numerator"), count_of(evidence, "denominator"));
    if (!json_object_get(evidence, "sentences")) return;
    buffer_printf(out, "<span class=\"badge\">%zu of %zu sentences in one source</span> ", count_of(evidence, "whole"),
                  count_of(evidence, "sentences"));
    if (count_of(evidence, "stitched"))
        buffer_printf(out, "<span class=\"badge off\">%zu stitched</span> ", count_of(evidence, "stitched"));
}

static void put_answer(struct quote_page *p, struct text prompt, struct text text, const json_t *evidence) {
    struct buffer *out = &p->body;
    if (p->answers++ >= p->most) return;
    p->shown++;
    buffer_printf(out, "<article class=\"quote\" id=\"a%zu\">", p->answers);
    if (prompt.len) {
        buffer_put_c(out, "<h3>");
        escape_markup(out, text_part(prompt, 0, prompt.len));
        buffer_put_c(out, "</h3>");
    }
    buffer_put_c(out, "<p class=\"small\">");
    put_badges(out, evidence);
    buffer_put_c(out, "</p>\n");
    if (json_object_get(evidence, "doc")) {
        put_said(out, evidence, p->answers);
        put_sources(out, json_object_get(evidence, "stretches"), p->answers);
    } else {
        buffer_put_c(out, "<p class=\"said\">");
        escape_markup(out, text);
        buffer_put_c(out, "</p>\n");
    }
    buffer_put_c(out, "</article>\n");
}

bool quote_page_add(struct quote_page *p, const json_t *row, struct error *err) {
    const json_t *answers = json_object_get(row, "answers"), *one;
    struct text prompt = quote_row_prompt(row);
    size_t i;
    p->prompts++;
    if (!json_is_object(json_array_get(answers, 0)))
        put_answer(p, prompt, json_text(json_object_get(row, "text")), json_object_get(row, "evidence"));
    else
        json_array_foreach((json_t *)answers, i, one)
            put_answer(p, prompt, json_text(json_object_get(one, "text")),
                       json_object_get(json_object_get(one, "evidence"), "quip"));
    return buffer_check(&p->body, "page", err);
}

/* ---- the whole ---- */

static void put_card(struct buffer *out, const char *value, const char *what) {
    buffer_printf(out, "<li><b>%s</b><span>%s</span></li>", value, what);
}

static void put_count(struct buffer *out, size_t n, const char *what) {
    char value[32];
    snprintf(value, sizeof value, "%zu", n);
    put_card(out, value, what);
}

static void put_flag(struct buffer *out, struct text flag, const json_t *summary) {
    const json_t *top = json_object_get(summary, "top");
    buffer_put_c(out, "<p class=\"note\">");
    if (text_equal_c(flag, "one sentence")) {
        buffer_printf(out, "One stretch is %.0f %% of all that is quoted, in answers to %zu prompts: &ldquo;",
                      100 * real_of(top, "share"), count_of(top, "prompts"));
        escape_markup(out, json_text(json_object_get(top, "text")));
        buffer_put_c(out, "&rdquo;");
    } else if (text_equal_c(flag, "repeats")) {
        buffer_printf(out, "%.0f %% of the quoted windows stood in the same answer before.",
                      100 * real_of(summary, "repeated"));
    } else if (text_equal_c(flag, "stitched")) {
        buffer_printf(out, "%zu answers have a sentence that is joined of quotes and stands in no source (underlined).",
                      count_of(summary, "stitched"));
    } else {
        buffer_put_c(out, "Answers that quote much hold hardly a word of their prompts.");
    }
    buffer_put_c(out, "</p>\n");
}

static void put_index(struct buffer *out, const json_t *facts) {
    buffer_printf(out, "<p class=\"lead\">Against %zu documents, %zu characters (engine ", count_of(facts, "documents"),
                  count_of(facts, "characters"));
    escape_markup(out, json_text(json_object_get(facts, "engine")));
    buffer_printf(out, ", windows of %zu characters", count_of(facts, "width"));
    if (real_of(facts, "rate") > 0) buffer_printf(out, ", false yes at a rate of %.2g", real_of(facts, "rate"));
    buffer_put_c(out, ").</p>");
}

bool quote_page_end(struct quote_page *p, const json_t *summary, struct buffer *out, struct error *err) {
    const json_t *flag;
    size_t i;
    html_begin(out, TEXT("What is quoted"), TEXT(""));
    put_index(out, p->facts);
    buffer_put_c(out, "</header>");
    buffer_put_c(out, quote_style);
    buffer_put_c(out, "<main>\n<ul class=\"cards\">");
    put_count(out, p->prompts, "prompts");
    put_count(out, p->answers, "answers");
    put_count(out, count_of(summary, "sources"), "sources quoted");
    put_count(out, count_of(summary, "stitched"), "with stitched sentences");
    put_count(out, count_of(summary, "too_short"), "too short");
    buffer_put_c(out, "</ul>\n");
    json_array_foreach(json_object_get(summary, "flags"), i, flag) put_flag(out, json_text(flag), summary);
    buffer_put_c(out, "<section id=\"answers\"><h2>Answers</h2>\n");
    buffer_put_text(out, buffer_text(&p->body));
    if (p->answers > p->shown)
        buffer_printf(out, "<p class=\"soft\">%zu more answers are not shown.</p>\n", p->answers - p->shown);
    buffer_put_c(out, "</section></main><footer>Made by basanite " BASANITE_VERSION
                      "; the same answers and index give the same page.</footer></body></html>\n");
    return buffer_check(out, "page", err);
}
