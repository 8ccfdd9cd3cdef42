/* Text of a record, made safe for what it is put into. Every byte that comes from an item, an answer, a subject or a
 * command line passes through one of these. Invalid UTF-8 and characters that a format can't carry become U+FFFD. */
#ifndef REPORT_ESCAPE_H
#define REPORT_ESCAPE_H

#include "base/buffer.h"

/* HTML and XML, content and double- or single-quoted attributes alike: & < > " '. Control characters other than tab and
 * line break, U+FFFE and U+FFFF become U+FFFD, as XML 1.0 (section 2.2) has no way to write them. */
bool escape_markup(struct buffer *out, struct text t);
/* The same with tab and line break as character references: an attribute keeps them only so (XML 1.0,
 * section 3.3.3). */
bool escape_attribute(struct buffer *out, struct text t);
/* A CSV field (RFC 4180), quoted where it must be. Text that a spreadsheet would run as a formula (= + - @ in front)
 * gets an apostrophe; numbers are not written with this function. */
bool escape_csv(struct buffer *out, struct text t);
/* A table cell or running text of Markdown: markup characters are escaped, line breaks become blanks. */
bool escape_markdown(struct buffer *out, struct text t);
/* One line for a terminal: no escape sequences, no control or bidirectional override characters. */
bool escape_terminal(struct buffer *out, struct text t);
/* Columns that escape_terminal will take: one a character; combining marks are counted too. */
size_t escape_terminal_width(struct text t);

#endif
