/* ZIP files (APPNOTE 6.3.10): members that are stored, deflated (8) or compressed with Zstandard (93); large files say
 * their numbers in 64 bits. Nothing is written to disk by a name of the file. Refused with the byte and the name: a
 * file that is cut short, members that are encrypted, overlap, or reach outside; names that are absolute, climb ("..")
 * or come twice; sizes that are not kept; sums that do not fit. */
#ifndef BASE_ZIP_H
#define BASE_ZIP_H

#include "base/buffer.h"

enum zip_method { ZIP_STORED = 0, ZIP_DEFLATED = 8, ZIP_ZSTD = 93 };

struct zip_member {
    struct text name;
    enum zip_method method;
    uint32_t crc;
    uint64_t packed, size; /* bytes in the file, bytes when unpacked (both as the directory says) */
    uint64_t at;           /* of the member's own header */
};

struct zip;
/* The directory is read and checked, no member is. shown: name for messages. */
struct zip *zip_open(const char *path, const char *shown, struct error *err) MUST_CHECK;
/* The same of bytes that are there, which are borrowed. */
struct zip *zip_open_bytes(struct text bytes, const char *shown, struct error *err) MUST_CHECK;
void zip_close(struct zip *zip);
size_t zip_members(const struct zip *zip, const struct zip_member **out);   /* in the order of the directory */
const struct zip_member *zip_find(const struct zip *zip, const char *name); /* NULL: there is none */
/* Unpacks into `out`, which is emptied first; a member that is larger than out->max is refused before it is unpacked,
 * one that unpacks to more than it says as soon as it does. */
bool zip_read(const struct zip *zip, const struct zip_member *member, struct buffer *out, struct error *err) MUST_CHECK;

/* Writing into a buffer: members in the order they are put, all of the same date, so that the same content gives the
 * same bytes. */
struct zip_writer {
    struct buffer *out;
    struct buffer directory;
    uint64_t n;
};
void zip_begin(struct zip_writer *writer, struct buffer *out);
bool zip_put(struct zip_writer *writer, struct text name, struct text content, enum zip_method method,
             struct error *err) MUST_CHECK;
/* Writes the directory; the writer is done afterwards, also when it fails. */
bool zip_end(struct zip_writer *writer, struct error *err) MUST_CHECK;

#endif
