/* Policies that are edited. What is said of one is what `basanite goals check POLICY --json` says of the text as it
 * stands in the editor: the program itself as a child, with limits, because what figures and suites are called is known
 * to it alone. The text goes through a file of the page's own folder. */
#include "base/file.h"
#include "base/process.h"
#include "serve/page_files.h"
#include "serve/page_parts.h"

#include <string.h>
#include <unistd.h>

enum { OUTPUT_MOST = 32 << 20 };
#define SECONDS_MOST 30

static const char *const endings[] = {".yaml", ".yml", ".policy", NULL};

static struct page_files policies_of(const struct page_app *page) {
    return (struct page_files){page->settings->policies, endings};
}

static bool has_folder(const struct page_files *files, struct api_error *err) {
    return files->place || api_refuse(err, 404, NULL, NULL, "no folder of policies was given (--policies)");
}

json_t *page_policy_list(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct page_files files = policies_of(page);
    struct error why;
    (void)ask;
    if (!files.place) return json_array();
    json_t *list = page_files_list(&files, &why);
    if (!list) api_refuse_for(err, NULL, &why);
    return list;
}

json_t *page_policy_text(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct page_files files = policies_of(page);
    return has_folder(&files, err) ? page_file_answer(&files, ask, err) : NULL;
}

json_t *page_policy_save(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct page_files files = policies_of(page);
    return has_folder(&files, err) ? page_file_save(&files, ask, err) : NULL;
}

/* Messages name the file of the page's folder; people know it by its own name. */
static json_t *shown(struct text said, const char *path, struct text name) {
    struct buffer b;
    struct text part = text_of(path);
    buffer_init(&b, 2 * OUTPUT_MOST);
    for (size_t at = 0, found; at < said.len; at = found + part.len) {
        found = text_find(said, part, at);
        if (found == SIZE_MAX) {
            buffer_put_text(&b, text_part(said, at, said.len));
            break;
        }
        buffer_put_text(&b, text_part(said, at, found));
        buffer_put_text(&b, name);
    }
    json_t *value = json_from_text(text_trim(buffer_text(&b)));
    buffer_done(&b);
    return value;
}

/* {"exit", "said", "report"}: report null where the policy could not be read. */
static json_t *ask_program(const char *self, const char *path, struct text name, struct api_error *err) {
    const char *const argv[] = {self, "goals", "check", path, "--json", NULL};
    struct process_limits limits = {.seconds = SECONDS_MOST, .output = OUTPUT_MOST};
    struct process_result result;
    struct buffer out, said;
    struct error why, ignored;
    json_t *value = NULL;
    buffer_init(&out, OUTPUT_MOST);
    buffer_init(&said, OUTPUT_MOST);
    if (!process_run(argv, (struct text){0}, limits, &out, &said, &result, &why)) {
        api_refuse_for(err, NULL, &why);
    } else {
        json_t *text = shown(buffer_text(&out), path, name);
        json_t *report = json_read(json_text(text), "goals check", 1, &ignored);
        value = json_pack("{s:i s:o s:o}", "exit", result.exit_code, "said", shown(buffer_text(&said), path, name),
                          "report", report ? report : json_null());
        json_decref(text);
    }
    buffer_done(&out);
    buffer_done(&said);
    return value;
}

json_t *page_policy_check(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    struct page_files files = policies_of(page);
    struct text name, text;
    struct error why;
    const char *self = page_self(ask->arena, err), *path;
    if (!self || !has_folder(&files, err) || !page_ask_body(ask, "name", &name, err) ||
        !page_ask_body(ask, "text", &text, err))
        return NULL;
    if (!page_files_path(&files, name, ask->arena, &why))
        return api_refuse(err, 404, "name", NULL, "%s", why.message), NULL;
    if (!(path = page_jobs_file(page->jobs, ".yaml", ask->arena, &why)) || !file_write(path, text, &why))
        return api_refuse_for(err, NULL, &why), NULL;
    json_t *out = ask_program(self, path, name, err);
    unlink(path);
    return out;
}
