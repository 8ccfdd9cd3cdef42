/* Routes of work that is started from the page. */
#include "serve/page_parts.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { SAID_MOST = 64 << 10 };

static const char *const value_names[] = {"switch", "count", "real", "text"};

static json_t *flags_json(const struct page_command *command) {
    json_t *list = json_array();
    for (const struct page_flag *f = command->flags; list && f->name; f++)
        json_array_append_new(
            list, json_pack("{s:s s:s s:s}", "name", f->name, "kind", value_names[f->kind], "help", f->help));
    return list;
}

json_t *page_job_kinds(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    json_t *list = json_array();
    (void)page, (void)ask, (void)err;
    for (const struct page_command *c = page_commands; list && c->name; c++) {
        json_t *words = json_array();
        for (size_t i = 0; c->words[i]; i++) json_array_append_new(words, json_string(c->words[i]));
        json_array_append_new(list, json_pack("{s:s s:s s:o s:o}", "command", c->name, "summary", c->summary, "words",
                                              words, "flags", flags_json(c)));
    }
    return list;
}

json_t *page_job_list(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    (void)ask, (void)err;
    return page_jobs_json(page->jobs);
}

json_t *page_job_log(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    uint64_t id;
    struct buffer said;
    if (!page_ask_count(ask, "id", 0, UINT32_MAX, &id, err)) return NULL;
    buffer_init(&said, 2 * SAID_MOST);
    json_t *out = page_jobs_said(page->jobs, id, SAID_MOST, &said)
                      ? json_pack("{s:I s:o}", "id", (json_int_t)id, "said", json_from_text(buffer_text(&said)))
                      : (api_refuse(err, 404, "id", NULL, "there is no such work"), NULL);
    buffer_done(&said);
    return out;
}

const char *page_self(struct arena *arena, struct api_error *err) {
    char self[4096];
    struct error why;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0) return api_refuse(err, 500, NULL, NULL, "the program cannot find itself: %s", strerror(errno)), NULL;
    const char *copy = text_copy(arena, (struct text){self, (size_t)n}, &why);
    if (!copy) api_refuse_for(err, NULL, &why);
    return copy;
}

json_t *page_job_start(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    const char *self = page_self(ask->arena, err);
    const char *const *argv = self ? page_command_line(ask->body, self, page->settings->record, ask->arena, err) : NULL;
    uint64_t id = argv ? page_jobs_start(page->jobs, argv, err) : 0;
    return id ? json_pack("{s:I}", "id", (json_int_t)id) : NULL;
}

json_t *page_job_stop(struct page_app *page, struct page_ask *ask, struct api_error *err) {
    json_int_t id = json_integer_value(json_object_get(ask->body, "id"));
    if (id > 0 && page_jobs_stop(page->jobs, (uint64_t)id)) return json_pack("{s:I}", "id", id);
    return api_refuse(err, 404, "id", NULL, "there is no such work"), NULL;
}
