/* The parts of the HTML page, in the order in which they stand. Each writes one section into page.out; text of the
 * record goes through escape.h. The page fetches nothing; its one script shows,
 * searches and filters the items that are packed into it. */
#ifndef REPORT_HTML_PAGE_H
#define REPORT_HTML_PAGE_H

#include "report/report.h"
#include "report/report_data.h"

struct page {
    struct report_data data;
    struct buffer *out;
    size_t items;  /* most samples shown without the script */
    size_t packed; /* most samples packed for it, of each run */
    bool show_harmful;
};

extern const char html_style[]; /* the style sheet */
/* From <!DOCTYPE> to the lead under the heading, inside <header>; title is escaped here. script: the only one that the
 * browser may run, empty: none. */
void html_begin(struct buffer *out, struct text title, struct text script);

bool html_certificate(struct page *page,
                      struct error *err) MUST_CHECK; /* nothing where no run decided a certificate */
bool html_summary(struct page *page, struct error *err) MUST_CHECK;
bool html_tested(struct page *page, struct error *err) MUST_CHECK;
bool html_bands(struct page *page, struct error *err) MUST_CHECK; /* nothing where no run has bands */
bool html_tree(struct page *page,
               struct error *err) MUST_CHECK; /* nothing where no run measured leaves of a taxonomy */
bool html_pictures(struct page *page, struct error *err) MUST_CHECK; /* nothing where there are none */
bool html_figures(struct page *page, struct error *err) MUST_CHECK;
bool html_comparisons(struct page *page, struct error *err) MUST_CHECK;
bool html_detectors(struct page *page, struct error *err) MUST_CHECK;
bool html_items(struct page *page, struct error *err) MUST_CHECK;
bool html_failures(struct page *page, struct error *err) MUST_CHECK;
bool html_repeat(struct page *page, struct error *err) MUST_CHECK;

/* Small pieces that several sections use. html_text escapes. */
void html_text(struct page *page, const char *text);
void html_put(struct page *page, const char *markup);
void html_cell(struct page *page, const char *text);  /* <td>text</td> */
void html_code_cell(struct page *page, const char *text); /* "not known" when it is empty */
void html_run_headers(struct page *page);             /* a <th scope="col"> for each run */
/* Headline figure of each task: the first without a group. Writes nothing unless there are two tasks or more. */
bool html_glance(struct page *page, struct error *err) MUST_CHECK;

/* html_item.c */
bool html_hides(const struct page *page, const struct record_row *row);
void html_item_summary(struct page *page, const struct record_row *row, bool hide); /* what stands in <summary> */
void html_item_body(struct page *page, const struct record_row *row, bool hide);
void html_item(struct page *page, const struct record_row *row, bool hide); /* <details> with both */
/* html_store.c: all items, packed as they are counted, and the script that shows them. */
struct store *html_store_new(const struct page *page, struct error *err) MUST_CHECK;
void html_store_free(struct store *store);
bool html_store_see(void *store, size_t run, const struct record_row *row, struct error *err); /* of a report_watch */
/* The packs and the script into page.out. */
bool html_store_put(struct store *store, struct page *page, struct error *err) MUST_CHECK;
struct text html_script(void);

/* html_content.c: what was asked and answered, as blocks of text. */
bool html_is_harmful(const json_t *gold);
/* "(hidden, sha256 1f2e..)" in place of text. */
void html_hidden(struct page *page, const char *what, struct text text);
void html_block(struct page *page, const char *title, struct text text);
void html_json_block(struct page *page, const char *title, const json_t *value);
/* Pieces of a prompt: [{"id", "text"}], or a list of texts or ids. */
void html_tokens(struct page *page, const json_t *tokens, bool hide);
/* The continuations that were scored, with log-probabilities; what is right and what was taken is marked. */
void html_choices(struct page *page, const struct record_row *row, bool hide);
/* Messages of an ask: a list of {role, content}, a prompt as string, or whatever JSON it is. */
void html_messages(struct page *page, const json_t *messages, bool hide);

#endif
