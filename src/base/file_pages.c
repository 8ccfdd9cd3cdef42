/* Giving back pages of mapped files: see file_pages.h. */
#include "base/file_pages.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void file_forget(const void *at, size_t n) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)at + page - 1) / page * page, end = ((uintptr_t)at + n) / page * page;
    /* A failure leaves the pages where they are, which is as good. */
    if (from < end) (void)madvise((void *)from, end - from, MADV_DONTNEED);
}
