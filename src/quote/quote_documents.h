/* The documents of trusted text: files and folders as users have them. A .jsonl file is a document a line ("text", and
 * "id" if it has one); any other file is one document. Folders are walked by name, what begins with a dot is left out.
 */
#ifndef QUOTE_DOCUMENTS_H
#define QUOTE_DOCUMENTS_H

#include "base/interrupt.h"
#include "base/json.h"

struct quote_document {
    struct text text;   /* as it stands in the file */
    struct text source; /* JSON: {"id", "file", "line"?}; file as it was named, below the path that was given */
    const char *file;
    size_t line; /* 0: the whole file */
};
typedef bool quote_document_sink(void *context, const struct quote_document *document, struct error *err);

struct quote_documents_settings {
    size_t limit; /* first documents alone; 0: all */
    bool lenient; /* a document that is no text (invalid UTF-8, binary, a row without text) is counted and left out */
    const struct interrupt *stop;
};
/* Each document is borrowed for the call; it is valid UTF-8 and not binary. *skipped: left out, with the first reason.
 * ERROR_DATA names FILE or FILE:LINE, of invalid text the byte. */
bool quote_documents_read(const char *const *paths, size_t n, const struct quote_documents_settings *settings,
                          quote_document_sink *sink, void *context, uint64_t *skipped, struct error *why,
                          struct error *err) MUST_CHECK;

#endif
