/* Logs of other programs: the first byte chooses the format. Never crashes, every message is set, and what is handed
 * over is whole: a task, an id, what was asked, the gold and the evidence. */
#include "measure/exchange/log_import.h"
#include "memory_file.h"

static bool head(void *context, struct text model, const json_t *header, struct error *err) {
    (void)context, (void)header, (void)err;
    return model.at || !model.len;
}

static bool sample(void *context, const struct log_sample *s, struct error *err) {
    (void)context, (void)err;
    if (!s->task.len || !s->metrics || !s->messages || !s->want || !s->gold || !s->finish) abort();
    if (s->text.len && text_utf8_invalid(s->text) != SIZE_MAX) abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size > 1 << 16) return 0;
    const struct log_format *const *formats;
    size_t n = log_formats(&formats);
    struct error err = {0};
    const struct log_sink sink = {head, sample, NULL};
    struct memory_file bytes = memory_file_open(data + 1, size - 1);
    if (!formats[data[0] % n]->read(bytes.path, &sink, &err) && (err.kind == ERROR_NONE || !err.message[0])) abort();
    memory_file_close(&bytes);
    return 0;
}
