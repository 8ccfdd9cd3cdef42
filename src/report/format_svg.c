/* The pictures of a run as one drawing that stands alone, one below the other: for documents that take images. */
#include "report/formats.h"
#include "report/html_page.h"
#include "report/pictures.h"
#include "report/svg.h"

#include <math.h>

#define EDGE 12
#define CAPTION 24 /* line of the caption over each picture */

struct stack {
    struct buffer body;
    double width, height;
};

static bool put_below(void *context, const struct picture *picture, struct error *err) {
    struct stack *s = context;
    (void)err;
    svg_text(&s->body, EDGE, s->height + CAPTION - 8, SVG_START, text_of(picture->caption));
    s->height += CAPTION;
    buffer_put_c(&s->body, "<g transform=\"translate(0 ");
    svg_number(&s->body, s->height);
    buffer_put_c(&s->body, ")\">");
    buffer_put_text(&s->body, picture->svg);
    buffer_put_c(&s->body, "</g>\n");
    s->height += picture->height + EDGE;
    s->width = fmax(s->width, picture->width);
    return true;
}

/* The style sheet is that of the page: its colours, and those for dark. */
static bool put_drawing(struct buffer *out, struct stack *s, struct error *err) {
    buffer_put_c(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"");
    svg_number(out, s->width);
    buffer_put_c(out, "\" height=\"");
    svg_number(out, s->height);
    buffer_put_c(out, "\" font-family=\"system-ui,sans-serif\"><style>");
    buffer_put_c(out, html_style);
    buffer_put_c(out, "</style><rect width=\"100%\" height=\"100%\" fill=\"var(--bg)\"/>\n");
    buffer_put_text(out, buffer_text(&s->body));
    buffer_put_c(out, "</svg>\n");
    return buffer_check(&s->body, "pictures", err) && buffer_check(out, "pictures", err);
}

bool report_write_svg(struct record *record, const char *const *runs, size_t n, const struct report_options *options,
                      struct buffer *out, struct error *err) {
    struct stack stack = {.height = EDGE};
    struct report_data data;
    size_t pictures = 0;
    (void)options;
    buffer_init(&stack.body, (size_t)64 << 20);
    bool ok =
        report_data_load(&data, record, runs, n, NULL, err) &&
        report_pictures(&data, put_below, &stack, &pictures, err) &&
        (pictures || error_set(err, ERROR_DATA,
                               "run '%s' has nothing to draw: no figures by a field of three numbers "
                               "or more, no ece, no refusals of harmful and harmless requests, no right and wrong "
                               "documents, no comparison by honesty",
                               data.runs[0].name)) &&
        put_drawing(out, &stack, err);
    report_data_done(&data);
    buffer_done(&stack.body);
    return ok;
}
