/* XML from strangers, read into a tree on an arena: elements, attributes, text. A subset that refuses what can be used
 * against a reader: no document type and so no entities but the five of XML and characters by number; at most
 * XML_DEPTH_MOST levels and XML_ELEMENTS_MOST elements. Comments and processing instructions are skipped; prefixes of
 * names stay as they are written and are not resolved. */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/buffer.h"

enum { XML_DEPTH_MOST = 200, XML_ELEMENTS_MOST = 1000000 };

struct xml_attribute {
    struct text name, value;
};
struct xml {
    struct text name;
    struct text text;   /* all text directly inside, put together */
    struct text source; /* as it is written, from < to > */
    struct xml_attribute *attributes;
    size_t n_attributes;
    struct xml **child; /* elements */
    size_t n;
    const char *file;
    size_t line, column; /* 1-based */
};

/* The root element. Texts are in the arena but for `source`, a view into t. */
struct xml *xml_read(struct arena *arena, struct text t, const char *shown_name, struct error *err) MUST_CHECK;
/* "FILE:LINE:COLUMN: " and the message. Returns false. */
bool xml_error(const struct xml *at, struct error *err, const char *format, ...) PRINTF_LIKE(3, 4);
#ifdef __clang_analyzer__
#define xml_error(...) error_false(xml_error(__VA_ARGS__)) /* see error.h */
#endif
struct text xml_local(struct text name); /* behind the prefix: "sacm:Claim" -> "Claim" */
struct text xml_get(const struct xml *element,
                    const char *name); /* attribute, by its local name; empty: there is none */
/* Text with & < > " and line breaks escaped, for content and attributes; bytes XML has no place for become U+FFFD. */
bool xml_put(struct buffer *out, struct text t);

#endif
