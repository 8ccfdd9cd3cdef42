/* The files of one kind that the page may show, and some of them change: one file that was named, or those of a folder
 * (itself alone, no links, no hidden ones) with given endings. Names come from the list, so that no request can reach
 * anything else. Inside of serve. */
#ifndef SERVE_PAGE_FILES_H
#define SERVE_PAGE_FILES_H

#include "base/hash.h"
#include "serve/page_ask.h"

enum { PAGE_FILES_MOST = 1000, PAGE_FILE_BYTES = 8 << 20 };

struct page_files {
    const char *place;          /* a file or a folder */
    const char *const *endings; /* ".yaml", ...; NULL-ended */
};
/* [names], sorted; owned by the caller. */
json_t *page_files_list(const struct page_files *files, struct error *err) MUST_CHECK;
/* The path of the file of this name on the arena; ERROR_USAGE: there is none. */
const char *page_files_path(const struct page_files *files, struct text name, struct arena *arena,
                            struct error *err) MUST_CHECK;
/* Its text on the arena, and sha256. */
bool page_files_read(const struct page_files *files, struct text name, struct arena *arena, struct text *out,
                     char digest[HASH_HEX], struct error *err) MUST_CHECK;
/* Writes it if it still has the digest `was`; ERROR_USAGE: somebody else changed it. digest: of the new text. */
bool page_files_write(const struct page_files *files, struct text name, struct text text, struct text was,
                      struct arena *arena, char digest[HASH_HEX], struct error *err) MUST_CHECK;

/* Routes: {"name", "text", "digest"} of argument `name`; {"digest"} for a body {"name", "text", "was"}. NULL with err;
 * 409: somebody else changed the file. */
json_t *page_file_answer(const struct page_files *files, const struct page_ask *ask, struct api_error *err);
json_t *page_file_save(const struct page_files *files, const struct page_ask *ask, struct api_error *err);

#endif
