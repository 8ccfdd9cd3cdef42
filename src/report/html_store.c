/* All samples of all runs, packed into the page behind its text, and the script that shows them (items.js).
 * Packs are elements
 *
 *   <script type="text/plain" data-pack="NAME">BASE64 OF GZIP OF JSON</script>
 *
 *   RUN.K   the K-th PACK_ROWS samples of a run, in the order of its tasks and plans: [[SUMMARY, BODY], ...],
 *           as html_item_* write them
 *   RUN     what is searched and filtered, a list for each column: {"task": [0, ..], "id": ["q1", ..], "sample":
 *           [0, ..], "label": [1, ..], "group": [0, ..], "state": [0, ..]}; task, label and group are places in the
 *           lists of `head`, -1 none; state is a sum of STATE_*
 *   head    {"rows": PACK_ROWS, "runs": [names], "tasks": [..], "labels": [..], "groups": [..], "left":
 *           [samples not packed, ..]} */
#include "base/base64.h"
#include "base/deflate.h"
#include "measure/rules/builtin.h"
#include "report/html_page.h"

#include <string.h>

enum { PACK_ROWS = 256, LEVEL = 3, NAMES_MOST = 1 << 14, PACK_MOST = 1 << 28, COLUMN_MOST = 1 << 29 };
enum { STATE_MISSING = 1, STATE_FAILED = 2, STATE_UNSCORED = 4, STATE_UNREAD = 8, STATE_CUT = 16, STATE_HIDDEN = 32 };

/* Texts by number, in order of first appearance. */
struct names {
    struct text at[NAMES_MOST];
    unsigned slot[2 * NAMES_MOST]; /* number + 1; open addressing */
    unsigned n;
};
enum column { COLUMN_TASK, COLUMN_ID, COLUMN_SAMPLE, COLUMN_LABEL, COLUMN_GROUP, COLUMN_STATE, COLUMNS };
static const char *const column_names[COLUMNS] = {"task", "id", "sample", "label", "group", "state"};

struct store {
    struct page page; /* its out is `fragment` */
    struct arena arena;
    struct names tasks, labels, groups;
    struct buffer packs; /* as they will stand in the page */
    struct buffer fragment, rows, packed, column[COLUMNS];
    size_t run, pack, in_pack; /* run that is packed, its packs so far, samples in the open one */
    size_t left;               /* that may still be packed of this run */
    uint64_t left_out;
    struct buffer all_left_out; /* of the runs before, as JSON */
};

/* Its number; -1: no text, or more different ones than anybody would choose from. */
static int number_of(struct store *s, struct names *names, struct text t, struct error *err) {
    if (!t.len) return -1;
    size_t at = hash_xxh3(t.at, t.len) % (2 * NAMES_MOST);
    for (; names->slot[at]; at = (at + 1) % (2 * NAMES_MOST))
        if (text_equal(names->at[names->slot[at] - 1], t)) return (int)names->slot[at] - 1;
    const char *copy = names->n < NAMES_MOST ? text_copy(&s->arena, t, err) : NULL;
    if (!copy) return -1;
    names->at[names->n++] = (struct text){copy, t.len};
    names->slot[at] = names->n;
    return (int)names->n - 1;
}

/* ---- packs */

static bool put_pack(struct store *s, const char *name, struct text json, struct error *err) {
    buffer_clear(&s->packed);
    if (!deflate_put(&s->packed, json, LEVEL, err)) return false;
    buffer_printf(&s->packs, "<script type=\"text/plain\" data-pack=\"%s\">", name);
    base64_put(&s->packs, buffer_text(&s->packed));
    buffer_put_c(&s->packs, "</script>\n");
    return buffer_check(&s->packs, "report", err);
}

static bool close_pack(struct store *s, struct error *err) {
    char name[64];
    if (!s->in_pack) return true;
    buffer_put_char(&s->rows, ']');
    snprintf(name, sizeof name, "%zu.%zu", s->run, s->pack++);
    bool ok = buffer_check(&s->rows, "report", err) && put_pack(s, name, buffer_text(&s->rows), err);
    buffer_clear(&s->rows);
    s->in_pack = 0;
    return ok;
}

static bool put_fragment(struct store *s, void write(struct page *, const struct record_row *, bool),
                         const struct record_row *row, bool hide, struct error *err) {
    buffer_clear(&s->fragment);
    write(&s->page, row, hide);
    return buffer_check(&s->fragment, "report", err) && json_put_string(&s->rows, buffer_text(&s->fragment));
}

static unsigned state_of(const struct record_row *row, bool hide) {
    bool failed = row->finish && strcmp(row->finish, "error") == 0;
    unsigned state = !row->answer ? STATE_MISSING : failed ? STATE_FAILED : !row->scored ? STATE_UNSCORED : 0;
    if (row->parsed && strcmp(row->parsed, "fail") == 0) state |= STATE_UNREAD;
    if (row->finish && strcmp(row->finish, "length") == 0) state |= STATE_CUT;
    return hide ? state | STATE_HIDDEN : state;
}

static void put_columns(struct store *s, const struct record_row *row, bool hide, struct error *err) {
    for (int c = 0; c < COLUMNS; c++)
        if (s->column[c].len) buffer_put_char(&s->column[c], ',');
    buffer_printf(&s->column[COLUMN_TASK], "%d", number_of(s, &s->tasks, row->task, err));
    json_put_string(&s->column[COLUMN_ID], row->item_id);
    buffer_printf(&s->column[COLUMN_SAMPLE], "%llu", (unsigned long long)row->sample);
    buffer_printf(&s->column[COLUMN_LABEL], "%d", row->scored ? number_of(s, &s->labels, row->label, err) : -1);
    buffer_printf(&s->column[COLUMN_GROUP], "%d", number_of(s, &s->groups, row->group, err));
    buffer_printf(&s->column[COLUMN_STATE], "%u", state_of(row, hide));
}

static bool put_index(struct store *s, struct error *err) {
    struct buffer json;
    char name[32];
    bool ok = true;
    buffer_init(&json, (size_t)COLUMN_MOST * 2);
    for (int c = 0; c < COLUMNS && ok; c++) {
        ok = buffer_check(&s->column[c], "report", err);
        buffer_printf(&json, "%c\"%s\":[", c ? ',' : '{', column_names[c]);
        buffer_put_text(&json, buffer_text(&s->column[c]));
        buffer_put_char(&json, ']');
        buffer_clear(&s->column[c]);
    }
    buffer_put_char(&json, '}');
    snprintf(name, sizeof name, "%zu", s->run);
    ok = ok && buffer_check(&json, "report", err) && put_pack(s, name, buffer_text(&json), err);
    buffer_done(&json);
    return ok;
}

/* Ends the runs before `run`; one without samples has empty columns. */
static bool close_runs(struct store *s, size_t run, struct error *err) {
    for (; s->run < run; s->run++) {
        if (!close_pack(s, err) || !put_index(s, err)) return false;
        buffer_printf(&s->all_left_out, "%s%llu", s->run ? "," : "", (unsigned long long)s->left_out);
        s->pack = 0, s->left = s->page.packed, s->left_out = 0;
    }
    return true;
}

bool html_store_see(void *context, size_t run, const struct record_row *row, struct error *err) {
    struct store *s = context;
    if (!close_runs(s, run, err)) return false;
    if (!s->left) return s->left_out++, true;
    bool hide = html_hides(&s->page, row);
    error_clear(err);
    buffer_put_char(&s->rows, s->in_pack ? ',' : '[');
    buffer_put_char(&s->rows, '[');
    if (!put_fragment(s, html_item_summary, row, hide, err) || !buffer_put_char(&s->rows, ',') ||
        !put_fragment(s, html_item_body, row, hide, err))
        return err->kind == ERROR_NONE ? buffer_check(&s->rows, "report", err) : false;
    buffer_put_char(&s->rows, ']');
    put_columns(s, row, hide, err);
    s->left--;
    return err->kind == ERROR_NONE && (++s->in_pack < PACK_ROWS || close_pack(s, err));
}

/* ---- head */

static void put_names(struct buffer *json, const char *key, const struct names *names) {
    buffer_printf(json, ",\"%s\":[", key);
    for (unsigned i = 0; i < names->n; i++) {
        if (i) buffer_put_char(json, ',');
        json_put_string(json, names->at[i]);
    }
    buffer_put_char(json, ']');
}

static bool put_head(struct store *s, const struct report_data *data, struct error *err) {
    struct buffer json;
    buffer_init(&json, PACK_MOST);
    buffer_printf(&json, "{\"rows\":%d,\"runs\":[", PACK_ROWS);
    for (size_t r = 0; r < data->n_runs; r++) {
        if (r) buffer_put_char(&json, ',');
        json_put_string(&json, text_of(data->runs[r].name));
    }
    buffer_put_c(&json, "],\"left\":[");
    buffer_put_text(&json, buffer_text(&s->all_left_out));
    buffer_put_char(&json, ']');
    put_names(&json, "tasks", &s->tasks), put_names(&json, "labels", &s->labels),
        put_names(&json, "groups", &s->groups);
    buffer_put_char(&json, '}');
    bool ok = buffer_check(&json, "report", err) && put_pack(s, "head", buffer_text(&json), err);
    buffer_done(&json);
    return ok;
}

struct text html_script(void) {
    const struct builtin_file *file = builtin_find("src/report/items.js");
    return file ? (struct text){(const char *)file->at, (size_t)(file->end - file->at)} : TEXT("");
}

struct store *html_store_new(const struct page *page, struct error *err) {
    struct store *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "report"), NULL;
    arena_init(&s->arena, (size_t)1 << 26);
    buffer_init(&s->packs, (size_t)2 << 30), buffer_init(&s->all_left_out, 1 << 16);
    buffer_init(&s->fragment, PACK_MOST), buffer_init(&s->rows, PACK_MOST), buffer_init(&s->packed, PACK_MOST);
    for (int c = 0; c < COLUMNS; c++) buffer_init(&s->column[c], COLUMN_MOST);
    s->page = (struct page){.out = &s->fragment, .show_harmful = page->show_harmful, .packed = page->packed};
    s->left = page->packed;
    return s;
}

void html_store_free(struct store *s) {
    if (!s) return;
    buffer_done(&s->packs), buffer_done(&s->all_left_out);
    buffer_done(&s->fragment), buffer_done(&s->rows), buffer_done(&s->packed);
    for (int c = 0; c < COLUMNS; c++) buffer_done(&s->column[c]);
    arena_done(&s->arena);
    memory_free(s);
}

bool html_store_put(struct store *s, struct page *page, struct error *err) {
    if (!close_runs(s, page->data.n_runs, err) || !put_head(s, &page->data, err)) return false;
    buffer_put_text(page->out, buffer_text(&s->packs));
    html_put(page, "<script>");
    buffer_put_text(page->out, html_script());
    html_put(page, "</script>\n");
    return buffer_check(page->out, "report", err);
}
