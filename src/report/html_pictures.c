/* The pictures of the page: see pictures.h. */
#include "report/html_page.h"
#include "report/pictures.h"

struct section {
    struct page *page;
    bool open;
};

static bool put_figure(void *context, const struct picture *picture, struct error *err) {
    struct section *s = context;
    (void)err;
    if (!s->open) html_put(s->page, "<section id=\"pictures\"><h2>Pictures</h2>\n<div class=\"plots\">\n");
    s->open = true;
    html_put(s->page, "<figure>");
    buffer_put_text(s->page->out, picture->svg);
    html_put(s->page, "<figcaption>");
    html_text(s->page, picture->caption);
    html_put(s->page, "</figcaption></figure>\n");
    return true;
}

bool html_pictures(struct page *page, struct error *err) {
    struct section s = {.page = page};
    size_t n;
    if (!report_pictures(&page->data, put_figure, &s, &n, err)) return false;
    if (s.open)
        html_put(page, "</div><p class=\"small soft\">Whiskers are the intervals of the tables.</p></section>\n");
    return true;
}
