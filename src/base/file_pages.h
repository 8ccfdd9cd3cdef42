/* Pages of mapped files: what was read once need not stay in the memory of the process. */
#ifndef BASE_FILE_PAGES_H
#define BASE_FILE_PAGES_H

#include <stddef.h>

/* Gives back the whole pages among n bytes of a read-only mapping (file_map). Whoever looks there again gets the same
 * bytes, from the system's cache of the file or from the disk. */
void file_forget(const void *at, size_t n);

#endif
