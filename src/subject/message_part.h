/* Messages with pictures and sounds. `content` is a text, or a list of parts in OpenAI's words:
 *
 *   {"type": "text", "text": TEXT}
 *   {"type": "image_url", "image_url": {"url": FILE}}        a PNG or JPEG picture
 *   {"type": "input_audio", "input_audio": {"file": FILE}}   a sound that media/sound reads
 *
 * FILE is a file of this machine, beside the file that names it or in one of the folders; nothing is fetched, and bytes
 * that are embedded (data:, "data") are refused with what to do instead. What is asked, and kept, is the name of the
 * file and the SHA-256 of its bytes; the bytes are read when a request is made, checked (whole, readable, unchanged),
 * sounds become WAV of 16,000 values a second, one channel, 16 bits, and go out as Base64.
 *
 * A file that is not there is no error of the row: a recorded answer needs none. It is one of the ask that would send
 * it. */
#ifndef SUBJECT_MESSAGE_PART_H
#define SUBJECT_MESSAGE_PART_H

#include "base/buffer.h"
#include "base/json.h"
#include "subject/subject.h"

enum { MESSAGE_PARTS_MOST = 64, MESSAGE_FILE_MOST = 32 << 20 };

/* role is left as it is; text becomes the words of the text parts, a line each. All on the arena. ERROR_DATA with the
 * place. folders: colon list. */
bool message_content_read(const json_t *content, struct json_place place, const char *folders, struct arena *arena,
                          struct message *out, struct error *err) MUST_CHECK;
/* Where a file of that name is: beside the file that names it, in one of the folders, or there under the other spelling
 * of a folder that a release spells in two ways. Not there: the name itself. On the arena; NULL: out of memory. */
const char *message_file_find(struct text name, const char *beside, const char *folders, struct arena *arena,
                              bool *there, struct error *err) MUST_CHECK;
/* A part that is a file; `beside`: the file that names it. */
bool message_part_file(enum message_part_kind kind, struct text name, const char *beside, const char *folders,
                       struct arena *arena, struct message_part *out, struct error *err) MUST_CHECK;

/* As the record keeps it: a text, or parts with "sha256" (empty: the file was not there) beside the file's name; owned.
 */
json_t *message_content_json(const struct message *message);
/* SUBJECT_SEES and SUBJECT_HEARS, as the messages need them. */
int messages_need(const struct message *messages, size_t n);
/* The content of a request. ERROR_DATA names the file: it is not there, is damaged, too large, or has changed. */
bool message_put_content(struct buffer *out, const struct message *message, struct error *err) MUST_CHECK;

#endif
