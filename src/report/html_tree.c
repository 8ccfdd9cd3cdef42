/* The page's table by category and leaf of a taxonomy. */
#include "report/html_page.h"
#include "report/report_tree.h"

static bool put_row(struct page *page, const struct tree_row *row, struct error *err) {
    const char *cells[TREE_CELLS];
    if (!report_tree_cells(row, &page->data.arena, cells, err)) return false;
    html_put(page, row->category ? "<tr><th scope=\"row\"><strong>" : "<tr><th scope=\"row\">");
    html_text(page, row->name);
    html_put(page, row->category ? "</strong><br><span class=\"soft small\">" : "<br><span class=\"soft small\">");
    html_text(page, row->title);
    html_put(page, "</span></th><td class=\"num value\">");
    html_text(page, cells[TREE_SCORE]);
    html_put(page, "</td><td class=\"num\">");
    html_text(page, cells[TREE_INTERVAL]);
    html_put(page, "</td><td class=\"num\">");
    html_text(page, cells[TREE_N]);
    html_put(page, "</td>");
    html_cell(page, cells[TREE_FIGURE]);
    html_put(page, "</tr>\n");
    return true;
}

static bool put_run(struct page *page, const struct report_run *run, const struct report_tree *tree,
                    struct error *err) {
    html_put(page, "<p>");
    html_text(page, tree->taxonomy);
    html_put(page, ", by ");
    html_text(page, run->name);
    html_put(
        page,
        ". A category is the mean of its measured leaves; there is no figure for the whole, because nobody said how "
        "much "
        "each weighs.</p>\n<div class=\"wide\" role=\"region\" aria-label=\"leaves\" tabindex=\"0\"><table><thead><tr>"
        "<th scope=\"col\">leaf</th><th scope=\"col\" class=\"num\">score</th><th scope=\"col\" "
        "class=\"num\">interval</th>"
        "<th scope=\"col\" class=\"num\">n</th><th scope=\"col\">figure</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < tree->n; i++)
        if (!put_row(page, &tree->rows[i], err)) return false;
    html_put(page, "</tbody></table></div>\n");
    return true;
}

bool html_tree(struct page *page, struct error *err) {
    size_t n = 0;
    for (size_t r = 0; r < page->data.n_runs; r++) {
        struct report_tree tree;
        if (!report_tree(&page->data.runs[r], &page->data.arena, &tree, err)) return false;
        if (!tree.n) continue;
        if (n++ == 0) html_put(page, "<section id=\"leaves\"><h2>Leaves</h2>\n");
        if (!put_run(page, &page->data.runs[r], &tree, err)) return false;
    }
    if (n) html_put(page, "</section>\n");
    return true;
}
