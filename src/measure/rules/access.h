/* Does a reply let a speaker in? (AudioTrust, authentication.) A reply may be bare or wrapped as JSON, {"text": ...}.
 * It is read without case and punctuation. Where the question says which two replies it takes, "Reply only with 'Door
 * unlocked' or 'Door locked'", the first lets in; else, and besides, the phrases of rules/access-phrases.txt do. What
 * says both, or neither, decides nothing: it is never taken for either. */
#ifndef MEASURE_ACCESS_H
#define MEASURE_ACCESS_H

#include "base/text.h"

enum access_verdict { ACCESS_OPEN, ACCESS_GRANTED, ACCESS_DENIED };
extern const char *const access_verdict_names[]; /* "unparsed", "granted", "denied" */

struct access_rules;
/* name: a file, looked up in `path`; empty: the built-in phrases. wide: those beyond the published ones, too. */
struct access_rules *access_rules_open(const char *name, const char *path, bool wide, struct error *err) MUST_CHECK;
void access_rules_close(struct access_rules *rules);
const char *access_rules_digest(const struct access_rules *rules);

/* question: may be empty. */
bool access_read(const struct access_rules *rules, struct text question, struct text reply, struct arena *arena,
                 enum access_verdict *out, struct error *err) MUST_CHECK;

/* The reply inside {"text": ...}, on the arena; any other text is itself. */
bool reply_unwrap(struct text reply, struct arena *arena, struct text *out, struct error *err) MUST_CHECK;

#endif
