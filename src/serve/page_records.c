/* Records open for reading: SQLite wants one connection for each thread, and a warm one answers faster. */
#include "serve/page_parts.h"

struct record *page_take_record(struct page_app *page, struct error *err) {
    struct record *record = NULL;
    pthread_mutex_lock(&page->lock);
    for (size_t i = 0; i < PAGE_RECORDS && !record; i++) {
        record = page->records[i];
        page->records[i] = NULL;
    }
    pthread_mutex_unlock(&page->lock);
    return record ? record : record_open(page->settings->record, RECORD_READ, err);
}

void page_give_record(struct page_app *page, struct record *record) {
    pthread_mutex_lock(&page->lock);
    for (size_t i = 0; i < PAGE_RECORDS && record; i++)
        if (!page->records[i]) {
            page->records[i] = record;
            record = NULL;
        }
    pthread_mutex_unlock(&page->lock);
    record_close(record);
}

void page_close_records(struct page_app *page) {
    for (size_t i = 0; i < PAGE_RECORDS; i++) record_close(page->records[i]);
}

json_t *page_named_run(struct record *record, struct text name, struct arena *arena, struct api_error *err) {
    struct error why;
    error_clear(&why);
    const char *copy = text_copy(arena, name, &why);
    json_t *run = copy ? record_run_json(record, copy, &why) : NULL;
    if (!run && why.kind == ERROR_USAGE)
        api_refuse(err, 404, "run", "unknown_run", "%s", why.message);
    else if (!run)
        api_refuse_for(err, NULL, &why);
    return run;
}

const char *page_task_scorer(const json_t *run, struct text task) {
    const json_t *tasks = json_object_get(json_object_get(run, "config"), "tasks");
    for (size_t i = 0; i < json_array_size(tasks); i++) {
        const json_t *t = json_array_get(tasks, i);
        if (text_equal(json_text(json_object_get(t, "task")), task))
            return json_string_value(json_object_get(t, "scorer"));
    }
    return NULL;
}
