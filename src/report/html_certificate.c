/* The certificate that a run decided: verdict, goals, what was done and what that changed. From the document in the
 * record (docs/certify.md), so that the page is the same bytes whenever it is made. */
#include "record/certificate.h"
#include "report/html_page.h"
#include "report/report_number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static double number_at(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* A class of its own for each verdict; the word is there for those who see no colours. */
static void put_verdict(struct page *page, const char *verdict) {
    bool good = strcmp(verdict, "met") == 0, bad = strcmp(verdict, "violated") == 0;
    buffer_printf(page->out, "<strong class=\"%s\">", good ? "good" : bad ? "bad" : "soft");
    html_text(page, verdict);
    html_put(page, "</strong>");
}

static void put_number(struct page *page, double value) {
    char text[REPORT_NUMBER];
    if (isnan(value))
        strcpy(text, "-");
    else
        number_plain(value, text);
    html_put(page, "<td class=\"num\">");
    html_text(page, text);
    html_put(page, "</td>");
}

static void put_begin(struct page *page, const char *label, const char *const *heads, size_t n) {
    html_put(page, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"");
    html_text(page, label);
    html_put(page, "\"><table><thead><tr>");
    for (size_t i = 0; i < n; i++) buffer_printf(page->out, "<th scope=\"col\">%s</th>", heads[i]);
    html_put(page, "</tr></thead><tbody>\n");
}

/* ---- goals */

static void put_wanted(struct page *page, const json_t *finding) {
    char target[REPORT_NUMBER], other[REPORT_NUMBER];
    const char *op = text_at(finding, "op");
    number_plain(number_at(finding, "target"), target);
    html_put(page, "<td class=\"keep\">");
    html_text(page, op);
    buffer_printf(page->out, " %s", target);
    if (strcmp(op, "in") == 0)
        number_plain(number_at(finding, "upper"), other), buffer_printf(page->out, " to %s", other);
    if (strcmp(op, "near") == 0)
        number_plain(number_at(finding, "tol"), other), buffer_printf(page->out, " &#177; %s", other);
    if (json_is_true(json_object_get(finding, "prefer"))) html_put(page, ", wished");
    html_put(page, "</td>");
}

/* The method in short: what stands before its settings. */
static void put_interval(struct page *page, const json_t *finding) {
    double lo = number_at(finding, "lo"), hi = number_at(finding, "hi");
    char from[REPORT_NUMBER], to[REPORT_NUMBER], method[REPORT_NUMBER];
    snprintf(method, sizeof method, "%.*s", (int)strcspn(text_at(finding, "method"), ","), text_at(finding, "method"));
    html_put(page, "<td class=\"num\">");
    if (isnan(lo) || isnan(hi)) {
        html_put(page, "none</td>");
        return;
    }
    number_plain(lo, from), number_plain(hi, to);
    buffer_printf(page->out, "%s to %s<br><span class=\"soft small\">", from, to);
    html_text(page, method);
    html_put(page, "</span></td>");
}

static void put_finding(struct page *page, const json_t *finding) {
    const char *why = text_at(finding, "why");
    html_put(page, "<td>");
    html_text(page, text_at(finding, "what"));
    if (*why) {
        html_put(page, "<br><span class=\"soft small\">");
        html_text(page, why);
        html_put(page, "</span>");
    }
    html_put(page, "</td>");
    put_number(page, number_at(finding, "value"));
    put_interval(page, finding);
    put_number(page, number_at(finding, "n"));
    put_wanted(page, finding);
}

static void put_goal_name(struct page *page, const json_t *goal, size_t rows) {
    const json_t *waiver = json_object_get(goal, "waiver");
    buffer_printf(page->out, "<th scope=\"row\" rowspan=\"%zu\">", rows);
    html_text(page, text_at(goal, "id"));
    html_put(page, "<br><span class=\"soft small\">");
    html_text(page, text_at(goal, "text"));
    if (*text_at(goal, "clause")) {
        html_put(page, " (");
        html_text(page, text_at(goal, "clause"));
        html_put(page, ")");
    }
    if (waiver) {
        html_put(page, "; waived by ");
        html_text(page, text_at(waiver, "owner"));
        html_put(page, " until ");
        html_text(page, text_at(waiver, "until"));
    }
    html_put(page, "</span></th>");
}

static void put_goal(struct page *page, const json_t *goal) {
    const json_t *findings = json_object_get(goal, "findings");
    size_t n = json_array_size(findings), rows = n ? n : 1;
    for (size_t i = 0; i < rows; i++) {
        html_put(page, "<tr>");
        if (i == 0) put_goal_name(page, goal, rows);
        if (i == 0) {
            buffer_printf(page->out, "<td class=\"keep\" rowspan=\"%zu\">", rows);
            put_verdict(page, text_at(goal, "verdict"));
            html_put(page, "</td>");
        }
        if (n)
            put_finding(page, json_array_get(findings, i));
        else
            html_put(page, "<td colspan=\"5\"><span class=\"soft\">not measured: a paper decides</span></td>");
        html_put(page, "</tr>\n");
    }
}

static void put_goals(struct page *page, const json_t *round) {
    static const char *const heads[] = {"goal", "verdict", "figure", "value", "interval", "n", "wanted"};
    size_t i;
    json_t *goal;
    put_begin(page, "goals", heads, 7);
    json_array_foreach(json_object_get(round, "goals"), i, goal) put_goal(page, goal);
    html_put(page, "</tbody></table></div>\n");
}

/* ---- acts */

static void put_change(struct page *page, const json_t *row) {
    const char *change = text_at(row, "change");
    bool better = strcmp(change, "better") == 0, worse = strcmp(change, "worse") == 0;
    html_put(page, "<tr><th scope=\"row\">");
    html_text(page, text_at(row, "figure"));
    html_put(page, " of ");
    html_text(page, text_at(row, "task"));
    html_put(page, "</th>");
    put_number(page, number_at(row, "before"));
    put_number(page, number_at(row, "after"));
    put_number(page, number_at(row, "diff"));
    put_number(page, number_at(row, "lo"));
    put_number(page, number_at(row, "hi"));
    put_number(page, number_at(row, "p_holm"));
    buffer_printf(page->out, "<td><strong class=\"%s\">", better ? "good" : worse ? "bad" : "soft");
    html_text(page, better || worse ? change : "no change shown");
    html_put(page, "</strong></td></tr>\n");
}

static void put_changes(struct page *page, const json_t *round) {
    static const char *const heads[] = {"figure", "before", "after", "difference", "from", "to", "p (Holm)", ""};
    const json_t *rows = json_object_get(round, "change");
    size_t i;
    json_t *row;
    if (!rows) return;
    html_put(page, "<p>What changed, on items that nothing was chosen by (the same items before and after):</p>\n");
    put_begin(page, "what the acts changed", heads, 8);
    json_array_foreach(rows, i, row) if (strcmp(text_at(row, "figure"), "parse_rate") != 0) put_change(page, row);
    html_put(page, "</tbody></table></div>\n");
}

static void put_act(struct page *page, const json_t *act) {
    size_t i;
    json_t *line;
    html_put(page, "<h3>Act: ");
    html_text(page, text_at(act, "act"));
    buffer_printf(page->out, "</h3><p>From <code>");
    html_text(page, text_at(act, "from"));
    html_put(page, "</code> to <code>");
    html_text(page, text_at(act, "to"));
    buffer_printf(page->out, "</code>; cost %g, %.1f s.</p>\n<pre>", number_at(act, "cost"), number_at(act, "seconds"));
    json_array_foreach(json_object_get(act, "run"), i, line) {
        html_text(page, json_string_value(line) ? json_string_value(line) : "");
        html_put(page, "\n");
    }
    html_put(page, "</pre>\n");
}

static void put_acts(struct page *page, const json_t *document, size_t round) {
    size_t i;
    json_t *act;
    json_array_foreach(json_object_get(document, "acts"), i,
                       act) if ((size_t)json_integer_value(json_object_get(act, "after_round")) == round)
        put_act(page, act);
}

/* ---- the whole */

static void put_rounds(struct page *page, const json_t *document) {
    size_t i;
    json_t *round;
    json_array_foreach(json_object_get(document, "rounds"), i, round) {
        if (i) put_acts(page, document, i);
        put_changes(page, round);
        html_put(page, "<h3><code>");
        html_text(page, text_at(round, "subject"));
        html_put(page, "</code>, part ");
        html_text(page, text_at(round, "slice"));
        html_put(page, " of the items</h3>\n");
        put_goals(page, round);
        if (*text_at(round, "undone_for")) {
            html_put(page, "<p>These acts were undone: the goal <strong>");
            html_text(page, text_at(round, "undone_for"));
            html_put(page, "</strong> was met before them and is violated with them.</p>\n");
        }
    }
}

/* ---- the case */

static const json_t *node_of(const json_t *nodes, const char *id) {
    size_t i;
    json_t *node;
    json_array_foreach(nodes, i, node) if (strcmp(text_at(node, "id"), id) == 0) return node;
    return NULL;
}

enum { CASE_DEPTH_MOST = 40 };

/* A node and, in a list, what it rests on. */
static void put_node(struct page *page, const json_t *nodes, const char *id, int depth) {
    const json_t *node = node_of(nodes, id), *below = json_object_get(node, "below");
    size_t i;
    json_t *part;
    if (!node || depth > CASE_DEPTH_MOST) return;
    const char *status = text_at(node, "status");
    bool good = strcmp(status, "holds") == 0, skipped = strcmp(status, "skipped") == 0;
    html_put(page, "<li><strong>");
    html_text(page, id);
    html_put(page, "</strong> ");
    html_text(page, text_at(node, "text"));
    if (!skipped) {
        buffer_printf(page->out, " <strong class=\"%s\">", good ? "good" : "bad");
        html_text(page, status);
        html_put(page, "</strong>");
    }
    json_array_foreach(json_object_get(node, "formal"), i, part) {
        html_put(page, "<br><code>");
        html_text(page, json_string_value(part) ? json_string_value(part) : "");
        html_put(page, "</code>");
    }
    if (json_array_size(below)) {
        html_put(page, "<ul>");
        json_array_foreach(below, i, part)
            put_node(page, nodes, json_string_value(part) ? json_string_value(part) : "", depth + 1);
        html_put(page, "</ul>");
    }
    html_put(page, "</li>\n");
}

static void put_case(struct page *page, const json_t *document) {
    const json_t *c = json_object_get(document, "case");
    if (!c) return;
    html_put(page,
             "<h3>The case</h3><p>Each goal is a theorem: what was measured must imply it, whatever the true value is "
             "within the interval. ");
    html_put(page,
             json_is_true(json_object_get(c, "accepted")) ? "The claim is supported." : "The claim is not supported.");
    html_put(page, "</p>\n<details><summary>Nodes and formulas</summary><ul>");
    put_node(page, json_object_get(c, "nodes"), text_at(c, "root"), 0);
    html_put(page, "</ul></details>\n");
}

static void put_certificate(struct page *page, const char *name, const json_t *document) {
    const json_t *policy = json_object_get(document, "policy");
    html_put(page, "<section id=\"certificate\"><h2>Certificate</h2>\n<p>Is ");
    html_text(page, text_at(policy, "system"));
    html_put(page, " fit for this use: ");
    html_text(page, *text_at(policy, "use") ? text_at(policy, "use") : "what its policy says");
    html_put(page, "? By the policy ");
    html_text(page, text_at(policy, "name"));
    html_put(page, " the gate <code>");
    html_text(page, text_at(policy, "gate"));
    html_put(page, "</code> is ");
    put_verdict(page, text_at(document, "verdict"));
    html_put(page, ", as of ");
    html_text(page, text_at(document, "as_of"));
    html_put(page, ".</p>\n");
    put_rounds(page, document);
    put_case(page, document);
    html_put(page, "<p class=\"soft small\">Certificate ");
    html_text(page, name);
    html_put(page, "; policy sha256 <code>");
    html_text(page, text_at(policy, "sha256"));
    html_put(page, "</code></p></section>\n");
}

/* A run of one of its rounds is among those that are shown. */
static bool is_of_page(const struct page *page, const json_t *document) {
    size_t i;
    json_t *round;
    json_array_foreach(json_object_get(document, "rounds"), i, round) {
        for (size_t r = 0; r < page->data.n_runs; r++)
            if (strcmp(page->data.runs[r].name, text_at(round, "run")) == 0) return true;
    }
    return false;
}

bool html_certificate(struct page *page, struct error *err) {
    json_t *all = record_certificates(page->data.record, err);
    const char *name;
    json_t *document;
    if (!all) return false;
    json_object_foreach(all, name, document) if (is_of_page(page, document)) put_certificate(page, name, document);
    json_decref(all);
    return true;
}
