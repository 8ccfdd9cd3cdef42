/* One self-contained page: nothing fetched, no script but the one of html_store.c (a content security policy says so to
 * the browser), readable in light and dark, on paper and by screen readers. The sections are in html_*.c. */
#include "base/base64.h"
#include "base/hash.h"
#include "report/escape.h"
#include "report/formats.h"
#include "report/html_page.h"
#include "report/report_claims.h"

#define ITEMS_SHOWN 200

void html_text(struct page *page, const char *text) {
    escape_attribute(page->out, text_of(text));
}

void html_put(struct page *page, const char *markup) {
    buffer_put_c(page->out, markup);
}

void html_cell(struct page *page, const char *text) {
    html_put(page, "<td>");
    html_text(page, text);
    html_put(page, "</td>");
}

void html_code_cell(struct page *page, const char *text) {
    if (!text[0]) {
        html_put(page, "<td><span class=\"soft\">not known</span></td>");
        return;
    }
    html_put(page, "<td><code>");
    html_text(page, text);
    html_put(page, "</code></td>");
}

void html_run_headers(struct page *page) {
    for (size_t r = 0; r < page->data.n_runs; r++) {
        html_put(page, "<th scope=\"col\">");
        html_text(page, page->data.runs[r].name);
        html_put(page, "</th>");
    }
}

struct section {
    const char *id, *title;
    bool (*write)(struct page *page, struct error *err);
};

static const struct section sections[] = {
    {"certificate", "Certificate", html_certificate},
    {"summary", "Summary", html_summary},
    {"bands", "Bands", html_bands},
    {"leaves", "Leaves", html_tree},
    {"tested", "What was tested", html_tested},
    {"pictures", "Pictures", html_pictures},
    {"figures", "Figures", html_figures},
    {"comparisons", "Comparisons", html_comparisons},
    {"detectors", "Scorers", html_detectors},
    {"items", "Items", html_items},
    {"failures", "Failures", html_failures},
    {"repeat", "How to repeat it", html_repeat},
};
#define SECTIONS (sizeof sections / sizeof *sections)

/* Of a run that a certificate rests on its policy; else what was asked. */
static bool put_what(const struct page *page, struct buffer *title, struct error *err) {
    struct report_claims claims;
    struct arena arena;
    arena_init(&arena, (size_t)64 << 20);
    bool ok = report_claims_read(page->data.record, page->data.runs[0].name, &arena, &claims, err);
    if (ok && claims.policy[0]) buffer_put_c(title, "Certificate ");
    if (ok) buffer_put_c(title, claims.policy[0] ? claims.policy : page->data.runs[0].suite);
    if (ok) report_claims_done(&claims);
    arena_done(&arena);
    return ok;
}

static bool put_title(const struct page *page, struct buffer *title, struct error *err) {
    if (!put_what(page, title, err)) return false;
    buffer_put_c(title, " on ");
    for (size_t r = 0; r < page->data.n_runs; r++) {
        if (r) buffer_put_c(title, ", ");
        buffer_put_c(title, page->data.runs[r].subject);
    }
    return buffer_check(title, "title", err);
}

/* 'sha256-...' of the script, as the policy wants it. */
static void put_script_hash(struct buffer *out, struct text script) {
    struct sha256 sha;
    unsigned char digest[32];
    sha256_init(&sha);
    sha256_add(&sha, script.at, script.len);
    sha256_end(&sha, digest);
    buffer_put_c(out, "script-src 'sha256-");
    base64_put(out, (struct text){(const char *)digest, sizeof digest});
    buffer_put_c(out, "'; ");
}

void html_begin(struct buffer *out, struct text title, struct text script) {
    buffer_put_c(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                      "style-src 'unsafe-inline'; ");
    if (script.len) put_script_hash(out, script);
    buffer_put_c(out, "img-src data:\">"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                      "<meta name=\"referrer\" content=\"no-referrer\">"
                      "<link rel=\"icon\" href=\"data:,\"><title>");
    escape_attribute(out, title);
    buffer_put_c(out, "</title><style>");
    buffer_put_c(out, html_style);
    buffer_put_c(out, "</style></head>\n<body><header><h1>");
    escape_attribute(out, title);
    buffer_put_c(out, "</h1><p class=\"lead\">A basanite report</p>");
}

/* Sections that not every page has. */
static bool is_there(const struct page *page, const struct section *section) {
    size_t bands = 0;
    for (size_t r = 0; r < page->data.n_runs; r++) bands += page->data.runs[r].n_bands;
    if (section->write == html_bands) return bands > 0;
    if (section->write == html_pictures || section->write == html_tree || section->write == html_certificate)
        return false; /* not known before they are drawn */
    return section->write != html_comparisons || json_array_size(page->data.comparisons) > 0;
}

static bool put_head(struct page *page, struct error *err) {
    struct buffer title;
    buffer_init(&title, 1 << 20);
    bool ok = put_title(page, &title, err);
    if (ok) html_begin(page->out, buffer_text(&title), html_script());
    buffer_done(&title);
    html_put(page, "<nav aria-label=\"sections\"><ul>");
    for (size_t i = 0; i < SECTIONS; i++) {
        if (!is_there(page, &sections[i])) continue;
        buffer_printf(page->out, "<li><a href=\"#%s\">%s</a></li>", sections[i].id, sections[i].title);
    }
    html_put(page, "</ul></nav></header><main>\n");
    return ok;
}

static bool put_page(struct page *page, struct store *store, struct error *err) {
    if (!put_head(page, err)) return false;
    for (size_t i = 0; i < SECTIONS; i++)
        if (!sections[i].write(page, err)) return false;
    html_put(page,
             "</main><footer>Made by basanite " BASANITE_VERSION " from the record; the same record gives the same "
             "page.</footer>\n");
    if (!html_store_put(store, page, err)) return false;
    html_put(page, "</body></html>\n");
    return buffer_check(page->out, "report", err);
}

bool report_write_html(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                       struct buffer *out, struct error *err) {
    struct page page = {.out = out, .items = options->items ? options->items : ITEMS_SHOWN,
                        .packed = options->items ? options->items : SIZE_MAX,
                        .show_harmful = options->show_harmful};
    struct store *store = html_store_new(&page, err);
    if (!store) return false;
    const struct report_watch watch = {html_store_see, store};
    bool ok = report_data_load(&page.data, record, runs, n, &watch, err) && put_page(&page, store, err);
    html_store_free(store);
    report_data_done(&page.data);
    return ok;
}
