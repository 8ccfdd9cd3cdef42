/* Routes of assurance cases: see page_cases.h. A case that cannot be read is an answer, not a refusal: while somebody
 * types it often cannot. */
#include "serve/page_cases.h"

#include "formalize/case/case_check.h"
#include "formalize/case/case_read.h"
#include "serve/page_case_figures.h"
#include "serve/page_files.h"

#include <math.h>
#include <string.h>

enum { CASES_OPEN = 4 };
#define CASE_MEMORY ((size_t)512 << 20)
#define THEOREM_SECONDS 2.0

/* A case that somebody works on. The checker looks at what it saw before while it takes the next text, so that two
 * texts live: turn tells which is the newest. */
struct open_case {
    char *name; /* NULL: none */
    uint64_t used;
    struct case_checker *checker;
    struct text_of_case {
        struct arena arena;
        struct assurance_case made;
        bool read;
    } texts[2];
    int turn;
};
struct page_cases {
    pthread_mutex_t lock;             /* one check at a time */
    struct page_case_figures figures; /* of the check under way */
    struct open_case open[CASES_OPEN];
    uint64_t clock;
};

static const char *const endings[] = {".yaml", ".yml", ".json", NULL};

static struct page_files cases_of(const struct page_app *page) {
    return (struct page_files){page->settings->cases, endings};
}

struct page_cases *page_cases_new(void) {
    struct page_cases *cases = memory_zeroed(1, sizeof *cases);
    if (cases) pthread_mutex_init(&cases->lock, NULL);
    return cases;
}

static void forget(struct text_of_case *t) {
    if (t->read) case_done(&t->made);
    arena_done(&t->arena);
    *t = (struct text_of_case){0};
}

static void close_case(struct open_case *c) {
    case_checker_free(c->checker);
    for (size_t i = 0; i < 2; i++) forget(&c->texts[i]);
    memory_free(c->name);
    *c = (struct open_case){0};
}

void page_cases_free(struct page_cases *cases) {
    if (!cases) return;
    for (size_t i = 0; i < CASES_OPEN; i++) close_case(&cases->open[i]);
    pthread_mutex_destroy(&cases->lock);
    memory_free(cases);
}

/* The open case of this name, or a place for it: the one that was not used for longest. */
static struct open_case *open_case(struct page_cases *cases, struct text name, struct error *err) {
    struct case_check_settings settings = {.seconds = THEOREM_SECONDS, .figures = page_case_figure};
    struct open_case *oldest = &cases->open[0];
    for (size_t i = 0; i < CASES_OPEN; i++) {
        struct open_case *c = &cases->open[i];
        if (c->name && text_equal_c(name, c->name)) return c->used = ++cases->clock, c;
        if (c->used < oldest->used) oldest = c;
    }
    close_case(oldest);
    settings.figures_context = &cases->figures;
    if (!(oldest->name = memory_alloc(name.len + 1))) return error_memory(err, "case"), NULL;
    memcpy(oldest->name, name.at, name.len);
    oldest->name[name.len] = 0;
    oldest->used = ++cases->clock;
    if ((oldest->checker = case_checker_new(&settings, err))) return oldest;
    close_case(oldest);
    return NULL;
}

/* ---- a case as JSON */

static json_t *ids_json(const struct assurance_case *c, const size_t *at, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++) json_array_append_new(list, json_from_text(text_of(c->nodes[at[i]].id)));
    return list;
}

static json_t *lines_json(const struct case_node *node) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < node->n_formal; i++)
        json_array_append_new(list, json_pack("{s:o s:I s:I}", "text", json_from_text(node->formal[i].text), "line",
                                              (json_int_t)node->formal[i].line, "column",
                                              (json_int_t)node->formal[i].column));
    return list;
}

static json_t *node_json(const struct assurance_case *c, const struct case_node *n) {
    json_t *j = json_pack("{s:o s:s s:o s:o s:o s:o s:s s:s s:o s:s s:b s:I s:I s:b}", "id",
                          json_from_text(text_of(n->id)), "kind", case_kind_name(n->kind), "text",
                          json_from_text(n->text), "supported_by", ids_json(c, n->supported_by, n->n_supported_by),
                          "in_context_of", ids_json(c, n->in_context_of, n->n_in_context_of), "challenges",
                          ids_json(c, n->challenges, n->n_challenges), "join", case_join_name(n->join), "reason",
                          case_reason_name(n->reason), "formal", lines_json(n), "origin", case_origin_name(n->origin),
                          "undeveloped", n->undeveloped, "line", (json_int_t)n->line, "column", (json_int_t)n->column,
                          "law", n->law);
    if (j && n->needs.figure)
        json_object_set_new(j, "needs",
                            json_pack("{s:o s:s s:f}", "figure", json_from_text(text_of(n->needs.figure)), "op",
                                      n->needs.op, "target", n->needs.target));
    return j;
}

static json_t *nodes_json(const struct assurance_case *c) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < c->n_nodes; i++) json_array_append_new(list, node_json(c, &c->nodes[i]));
    return list;
}

/* ---- checking */

static json_t *checked(struct open_case *c, const struct assurance_case *made, struct error *err) {
    const struct case_report *report = case_checker_update(c->checker, made, err);
    json_t *said = report ? case_report_json(report, err) : NULL;
    if (!said) return NULL;
    return json_pack("{s:o s:o s:o s:I s:I s:f}", "root", json_from_text(text_of(made->nodes[made->root].id)), "nodes",
                     nodes_json(made), "report", said, "theorems", (json_int_t)report->theorems, "solved",
                     (json_int_t)report->solved, "seconds", report->seconds);
}

/* {"fault": message} where it is no case. */
static json_t *check_text(struct page_cases *cases, struct text name, struct text text, struct error *err) {
    struct open_case *c = open_case(cases, name, err);
    if (!c) return NULL;
    struct text_of_case *next = &c->texts[!c->turn];
    forget(next);
    arena_init(&next->arena, CASE_MEMORY);
    const char *shown = text_copy(&next->arena, name, err);
    struct text kept = {text_copy(&next->arena, text, err), text.len};
    if (!shown || !kept.at) return NULL;
    next->read = true; /* case_done also stands a case that could not be read */
    if (!case_read_text(kept, shown, CASE_ONE_ROOT, &next->arena, &next->made, err))
        return err->kind == ERROR_DATA ? json_pack("{s:o}", "fault", json_from_text(text_of(err->message))) : NULL;
    c->turn = !c->turn;
    return checked(c, &next->made, err);
}

static json_t *check(struct page_app *page, struct text name, struct text text, struct arena *arena,
                     struct api_error *err) {
    struct page_cases *cases = page->cases;
    struct error why;
    struct record *record = page_take_record(page, &why); /* NULL: no figures */
    pthread_mutex_lock(&cases->lock);
    json_t *out =
        page_case_figures_load(&cases->figures, record, arena, &why) ? check_text(cases, name, text, &why) : NULL;
    pthread_mutex_unlock(&cases->lock);
    page_give_record(page, record);
    if (!out) api_refuse_for(err, NULL, &why);
    return out;
}

/* ---- routes */

json_t *page_case_list(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct page_files files = cases_of(page);
    struct error why;
    (void)ask;
    if (!files.place) return json_array();
    json_t *list = page_files_list(&files, &why);
    if (!list) api_refuse_for(err, NULL, &why);
    return list;
}

static bool has_folder(const struct page_files *files, struct api_error *err) {
    return files->place || api_refuse(err, 404, NULL, NULL, "no folder of cases was given (--cases)");
}

json_t *page_case_text(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct page_files files = cases_of(page);
    return has_folder(&files, err) ? page_file_answer(&files, ask, err) : NULL;
}

/* The name says which case it is, so that the next text finds what was proved of this one. */
json_t *page_case_check(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct page_files files = cases_of(page);
    struct text name, text;
    struct error why;
    if (!has_folder(&files, err) || !page_ask_body(ask, "name", &name, err) || !page_ask_body(ask, "text", &text, err))
        return NULL;
    if (!page_files_path(&files, name, ask->arena, &why))
        return api_refuse(err, 404, "name", NULL, "%s", why.message), NULL;
    return check(page, name, text, ask->arena, err);
}

json_t *page_case_save(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct page_files files = cases_of(page);
    return has_folder(&files, err) ? page_file_save(&files, ask, err) : NULL;
}
