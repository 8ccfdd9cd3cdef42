/* Rules about what agents say to one another, and to whom they answer: R05, R06, R07, R14, R15. */
#include "measure/trace/audit_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A message: said to somebody, or one agent calling another. */
static bool is_message(const struct trace_span *s) {
    return s->to.len > 0 || s->signature.len > 0;
}

bool rule_message(struct audit_run *run, struct error *err) {
    for (size_t i = 0; i < run->t->n; i++) {
        const struct trace_span *s = &run->t->spans[i];
        const char *what = NULL;
        char hex[HASH_HEX];
        if (!s->agent.len && (is_message(s) || !run->t->clock))
            what = "a message without a sender";
        else if (s->from.len && !text_equal(s->from, s->agent))
            what = "the message says that another one sent it";
        else if (s->signature.len) {
            trace_signature(s->agent, s->to, s->out.len ? s->out : s->in, hex);
            if (!text_equal_c(s->signature, hex)) what = "what arrived is not what was signed";
        }
        if (what && !audit_tell(run, i, &i, 1, err, "%s", what)) return false;
    }
    return true;
}

/* ---- R06 */

enum { CLAIM_LEAST = 24, CLAIM_MOST = 400, CARRIERS = 3 };
struct claim {
    uint64_t key; /* 0: free */
    size_t carrier[CARRIERS], n;
    bool supported, told;
};
struct claims {
    struct claim *at;
    size_t mask;
};

static struct claim *claim_of(const struct claims *c, uint64_t key) {
    size_t at = key & c->mask;
    while (c->at[at].key && c->at[at].key != key) at = (at + 1) & c->mask;
    c->at[at].key = key;
    return &c->at[at];
}

/* The next sentence of a text as letters, digits and single blanks in lower case; its key. 0: it is too short. */
static bool next_claim(struct text t, size_t *at, uint64_t *key) {
    char plain[CLAIM_MOST];
    size_t n = 0;
    if (*at >= t.len) return false;
    for (; *at < t.len && !strchr(".!?\n", t.at[*at]); ++*at) {
        unsigned char c = (unsigned char)t.at[*at];
        if (n >= CLAIM_MOST) continue;
        if (isalnum(c) || c >= 0x80)
            plain[n++] = (char)tolower(c);
        else if (n && plain[n - 1] != ' ')
            plain[n++] = ' ';
    }
    while (*at < t.len && strchr(".!?\n", t.at[*at])) ++*at;
    if (n && plain[n - 1] == ' ') n--;
    *key = n >= CLAIM_LEAST ? hash_xxh3(plain, n) | 1 : 0;
    return true;
}

static void support(const struct claims *c, struct text t) {
    uint64_t key;
    for (size_t at = 0; next_claim(t, &at, &key);)
        if (key) claim_of(c, key)->supported = true;
}

static bool carry(struct audit_run *run, const struct claims *c, size_t i, struct error *err) {
    const struct trace *t = run->t;
    uint64_t key;
    for (size_t at = 0; next_claim(t->spans[i].out, &at, &key);) {
        struct claim *claim = key ? claim_of(c, key) : NULL;
        if (!claim || claim->supported || claim->told) continue;
        bool known = false;
        for (size_t k = 0; k < claim->n; k++)
            known = known || text_equal(t->spans[claim->carrier[k]].agent, t->spans[i].agent);
        if (known) continue;
        claim->carrier[claim->n++] = i;
        if (claim->n < CARRIERS) continue;
        claim->told = true;
        if (!audit_tell(run, i, claim->carrier, CARRIERS, err,
                        "%d agents say the same sentence, which no tool or source said before", CARRIERS))
            return false;
    }
    return true;
}

static size_t sentences_most(const struct trace *t) {
    size_t n = 16;
    for (size_t i = 0; i < t->n; i++) n += t->spans[i].out.len / CLAIM_LEAST + t->spans[i].in.len / CLAIM_LEAST;
    return n + (t->question.len + (t->n ? t->spans[0].out.len : 0)) / CLAIM_LEAST;
}

bool rule_copied_claim(struct audit_run *run, struct error *err) {
    const struct trace *t = run->t;
    size_t room = 64, most = sentences_most(t);
    while (room < 2 * most) room *= 2;
    struct claims c = {.mask = room - 1};
    if (t->n < CARRIERS) return true;
    if (!(c.at = arena_new(run->arena, struct claim, room, err))) return false;
    support(&c, t->question);
    support(&c, t->spans[0].in); /* what was asked is repeated by all */
    if (!t->clock) support(&c, t->spans[0].out);
    for (size_t i = 0; i < t->n; i++) {
        const struct trace_span *s = &t->spans[i];
        bool source = s->tool.len || text_equal_c(s->op, "retrieval") || s->parent == SIZE_MAX;
        if (t->clock && source && s->parent == SIZE_MAX && !s->tool.len) continue; /* the answer: it came last */
        if (source && (s->tool.len || text_equal_c(s->op, "retrieval")))
            support(&c, s->out);
        else if (s->agent.len && !carry(run, &c, i, err))
            return false;
    }
    return true;
}

/* ---- R07 */

static uint64_t step_key(const struct trace_span *s) {
    const struct text parts[] = {s->agent, s->op, s->tool, s->tool.len ? s->in : s->out};
    uint64_t key = 0;
    for (size_t i = 0; i < 4; i++)
        key = key * 0x9E3779B97F4A7C15ull + hash_xxh3(parts[i].at ? parts[i].at : "", parts[i].len);
    return key;
}

struct steps {
    uint64_t *key;
    size_t *span, n;
};

/* The same call, anywhere in the trace, for the fourth time. */
static bool tell_repeats(struct audit_run *run, const struct steps *s, struct error *err) {
    enum { TIMES = 4 };
    size_t room = 64, mask;
    while (room < 2 * s->n) room *= 2;
    mask = room - 1;
    struct repeat {
        uint64_t key;
        size_t span[TIMES], n;
    } *table = arena_new(run->arena, struct repeat, room, err);
    if (!table) return false;
    for (size_t i = 0; i < s->n; i++) {
        if (!run->t->spans[s->span[i]].tool.len) continue;
        size_t at = s->key[i] & mask;
        while (table[at].n && table[at].key != s->key[i]) at = (at + 1) & mask;
        struct repeat *r = &table[at];
        r->key = s->key[i];
        if (r->n < TIMES) r->span[r->n] = s->span[i];
        if (++r->n == TIMES && !audit_tell(run, s->span[i], r->span, TIMES, err,
                                           "'%.80s' is called with the same "
                                           "arguments for the fourth time",
                                           run->t->spans[s->span[i]].tool.at))
            return false;
    }
    return true;
}

/* Up to four steps three times on end; each such stretch once. */
static bool tell_cycles(struct audit_run *run, const struct steps *s, struct error *err) {
    enum { LONGEST = 4, TIMES = 3 };
    for (size_t i = 0; i < s->n;) {
        size_t length = 1, end = i;
        for (; length <= LONGEST && i + TIMES * length <= s->n; length++) {
            for (end = i + length; end < s->n && s->key[end] == s->key[end - length]; end++) {
            }
            if (end - i >= TIMES * length) break;
            end = i;
        }
        if (end <= i) {
            i++;
            continue;
        }
        if (!audit_tell(run, s->span[i + TIMES * length - 1], &s->span[i], TIMES * length, err,
                        "the same %zu step%s %zu times on end", length, length > 1 ? "s" : "", (end - i) / length))
            return false;
        i = end;
    }
    return true;
}

bool rule_loop(struct audit_run *run, struct error *err) {
    struct steps s = {.key = arena_new(run->arena, uint64_t, run->t->n + 1, err),
                      .span = arena_new(run->arena, size_t, run->t->n + 1, err)};
    if (!s.key || !s.span) return false;
    for (size_t i = 0; i < run->t->n; i++) {
        if (!run->t->spans[i].tool.len && !run->t->spans[i].out.len) continue;
        s.key[s.n] = step_key(&run->t->spans[i]);
        s.span[s.n++] = i;
    }
    return tell_repeats(run, &s, err) && tell_cycles(run, &s, err);
}

/* ---- R14 */

enum { WORDS_MOST = 512, STEM = 5, DRIFT_STEPS = 3 };
#define DRIFT_LEAST 0.15

static int compare_u64(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Words that say something, by their first letters: sorted, each once. */
static size_t words_of(struct text t, uint64_t out[WORDS_MOST]) {
    static const char *const idle[] = {"the", "and", "for",  "with", "that", "this", "from", "what", "which", "are",
                                       "was", "has", "have", "how",  "you",  "your", "its",  "into", "then"};
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < t.len && n < WORDS_MOST;) {
        char word[STEM] = {0};
        size_t from = i, len = 0;
        for (; i < t.len && (isalnum((unsigned char)t.at[i]) || (unsigned char)t.at[i] >= 0x80); i++)
            if (len < STEM) word[len++] = (char)tolower((unsigned char)t.at[i]);
        struct text w = {word, len};
        bool says = i - from >= 3 || (len && isdigit((unsigned char)word[0]));
        for (size_t k = 0; says && k < sizeof idle / sizeof *idle; k++)
            says = i - from != strlen(idle[k]) || !text_equal(w, text_part(text_of(idle[k]), 0, len));
        if (says) out[n++] = hash_xxh3(word, len);
        if (i == from) i++;
    }
    qsort(out, n, sizeof *out, compare_u64);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || out[i] != out[kept - 1]) out[kept++] = out[i];
    return kept;
}

/* Cosine of the sets. */
static double alike(const uint64_t *a, size_t n, const uint64_t *b, size_t m) {
    size_t i = 0, k = 0, both = 0;
    while (i < n && k < m) {
        both += a[i] == b[k];
        if (a[i] < b[k])
            i++;
        else if (b[k] < a[i])
            k++;
        else
            i++, k++;
    }
    return n && m ? (double)both / sqrt((double)n * (double)m) : 0;
}

static struct text sub_goal(const struct trace_span *s) {
    if (s->goal.len) return s->goal;
    if (s->to.len && !s->tool.len) return s->out.len ? s->out : s->in;
    return text_equal_c(s->op, "invoke_agent") ? s->in : (struct text){0};
}

bool rule_drift(struct audit_run *run, struct error *err) {
    uint64_t root[WORDS_MOST], words[WORDS_MOST];
    size_t n_root = words_of(audit_root(run->t), root), last[DRIFT_STEPS], n = 0;
    for (size_t i = 0; n_root && i < run->t->n; i++) {
        struct text goal = sub_goal(&run->t->spans[i]);
        size_t n_words = goal.len ? words_of(goal, words) : 0;
        if (!n_words) continue;
        if (alike(root, n_root, words, n_words) >= DRIFT_LEAST) {
            n = 0;
            continue;
        }
        if (n < DRIFT_STEPS) last[n] = i;
        if (++n == DRIFT_STEPS && !audit_tell(run, i, last, DRIFT_STEPS, err,
                                              "%d sub-goals on end share less than %.2f with the goal of the trace",
                                              DRIFT_STEPS, DRIFT_LEAST))
            return false;
    }
    return true;
}

/* ---- R15 */

enum said_kind { SAID_NOTHING, SAID_NUMBER, SAID_YES, SAID_NO };

/* The value of a result: a number, yes or no, alone or under "result", "value" or "answer". */
static enum said_kind value_of(struct text t, double *number) {
    static const char *const keys[] = {"\"answer\":", "\"result\":", "\"value\":"};
    t = text_trim(t);
    for (size_t i = 0; t.len && t.at[0] == '{' && i < 3; i++) {
        size_t at = text_find(t, text_of(keys[i]), 0);
        if (at == SIZE_MAX) continue;
        size_t from = at + strlen(keys[i]), end = from;
        while (end < t.len && t.at[end] != ',' && t.at[end] != '}') end++;
        t = text_trim(text_part(t, from, end));
    }
    if (t.len > 1 && t.at[0] == '"' && t.at[t.len - 1] == '"') t = text_part(t, 1, t.len - 1);
    if (text_equal_nocase(t, TEXT("yes")) || text_equal_c(t, "true")) return SAID_YES;
    if (text_equal_nocase(t, TEXT("no")) || text_equal_c(t, "false")) return SAID_NO;
    return t.len && t.len < 32 && text_to_f64(t, number) && isfinite(*number) ? SAID_NUMBER : SAID_NOTHING;
}

/* Numbers of a text: is there one, and is it among them? */
static void look_for_number(struct text t, double number, bool *any, bool *same) {
    for (size_t i = 0; i < t.len;) {
        size_t from = i;
        bool begins = isdigit((unsigned char)t.at[i]) && (i == 0 || !isalnum((unsigned char)t.at[i - 1]));
        if (!begins) {
            i++;
            continue;
        }
        if (from && t.at[from - 1] == '-') from--;
        while (i < t.len && (isdigit((unsigned char)t.at[i]) || t.at[i] == '.')) i++;
        size_t end = i;
        while (end > from && t.at[end - 1] == '.') end--;
        double x;
        if ((i < t.len && isalpha((unsigned char)t.at[i])) || !text_to_f64(text_part(t, from, end), &x)) continue;
        *any = true;
        *same = *same || fabs(x - number) <= 1e-9 * fmax(1, fabs(number));
    }
}

static bool has_word(struct text t, struct text word) {
    for (size_t at = 0; at + word.len <= t.len; at++)
        if (text_equal_nocase(text_part(t, at, at + word.len), word) &&
            (at == 0 || !isalnum((unsigned char)t.at[at - 1])) &&
            (at + word.len == t.len || !isalnum((unsigned char)t.at[at + word.len])))
            return true;
    return false;
}

bool audit_contradicts(const struct trace *t, size_t before, struct text said, size_t *result) {
    size_t last = before > AUDIT_LOOK ? before - AUDIT_LOOK : 0;
    for (size_t i = before; i-- > last;) {
        const struct trace_span *s = &t->spans[i];
        double number;
        bool any = false, same = false;
        if (!s->tool.len || s->ok != 1 || s->trust != TRACE_TRUSTED || (s->effects & EFFECTS_ACT)) continue;
        enum said_kind kind = value_of(s->out, &number);
        if (kind == SAID_NOTHING) continue;
        *result = i;
        if (kind == SAID_NUMBER) {
            look_for_number(said, number, &any, &same);
            return any && !same;
        }
        bool yes = has_word(said, TEXT("yes")), no = has_word(said, TEXT("no"));
        return kind == SAID_YES ? no && !yes : yes && !no;
    }
    return false;
}

bool rule_contradiction(struct audit_run *run, struct error *err) {
    size_t answer = audit_answer(run->t), result;
    if (answer == SIZE_MAX || !run->t->clock ||
        !audit_contradicts(run->t, run->t->n, run->t->spans[answer].out, &result))
        return true;
    const size_t way[] = {result, answer};
    return audit_tell(run, answer, way, 2, err, "the answer is not the verified result of '%.80s'",
                      run->t->spans[result].tool.at);
}
