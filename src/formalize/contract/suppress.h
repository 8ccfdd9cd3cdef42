/* Findings that the user has looked at and does not want to hear of again: JSONL, one object a line,
 *   {"rule": "reentrancy", "function": "Vault.withdraw", "hash": "0f3c..", "reason": "..", "until": "2027-01-31"?}
 * with the hash of the function's normal form (sol_normal.h), so that one holds until the function is changed. */
#ifndef FORMALIZE_CONTRACT_SUPPRESS_H
#define FORMALIZE_CONTRACT_SUPPRESS_H

#include "base/arena.h"
#include "base/finding.h"

struct suppression {
    const char *rule, *function, *hash, *reason;
    size_t line;
    bool used, late; /* late: its day has passed */
};
struct suppressions {
    const char *file;
    struct suppression *at;
    size_t n, room;
};
/* today: "YYYY-MM-DD". ERROR_DATA with FILE:LINE: a line that is not of this form, a rule that is none of `rules`. */
bool suppress_read(struct suppressions *out, const char *path, const char *today,
                   const struct finding_rule *const *rules, size_t n_rules, struct arena *arena,
                   struct error *err) MUST_CHECK;
/* The reason why a finding is not to be told; NULL: it is. */
const char *suppress_reason(struct suppressions *s, const char *rule, const char *function, const char *hash);
/* Tells those that no finding met, or whose day has passed, as findings of `rule`. */
bool suppress_stale(const struct suppressions *s, const char *rule, finding_sink *sink, void *context,
                    struct error *err) MUST_CHECK;

#endif
