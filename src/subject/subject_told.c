/* A system message of the user's own, put into whatever a subject is asked: see subject_tell in subject.h. */
#include "subject/subject_internal.h"

#include "base/hash.h"

#include <string.h>

enum { TOLD_MOST = 1 << 20 };

/* Digest and names tell the subject apart from the one that is told nothing. */
static bool rename_told(struct subject *subject, struct text system, struct error *err) {
    char hex[HASH_HEX], joined[2 * HASH_HEX];
    size_t room = strlen(subject->spec) + 32;
    char *spec = memory_alloc(room);
    if (!spec) return error_memory(err, "subject");
    sha256_hex(system.at, system.len, hex);
    int n = snprintf(joined, sizeof joined, "%s %s", subject->digest, hex);
    subject_digest_text(subject, (struct text){joined, (size_t)n});
    snprintf(spec, room, "%s +system:%.8s", subject->spec, hex);
    memory_free(subject->spec);
    subject->spec = spec;
    size_t used = strlen(subject->name);
    snprintf(subject->name + used, sizeof subject->name - used, " +system:%.8s", hex);
    return true;
}

bool subject_tell(struct subject *subject, struct text system, struct error *err) {
    if (subject->system) return error_set(err, ERROR_USAGE, "subject '%s' has a system message", subject->name);
    if (!text_trim(system).len) return error_set(err, ERROR_USAGE, "the system message is empty");
    if (system.len > TOLD_MOST) return error_set(err, ERROR_USAGE, "the system message is longer than 1 MiB");
    if (!(subject->system = memory_alloc(system.len + 1))) return error_memory(err, "system message");
    memcpy(subject->system, system.at, system.len);
    subject->system[system.len] = 0;
    return rename_told(subject, system, err);
}

/* "A\n\nB" */
static bool join(struct text a, struct text b, struct arena *arena, struct text *out, struct error *err) {
    char *both = arena_alloc(arena, a.len + b.len + 3, 1, err);
    if (!both) return false;
    memcpy(both, a.at, a.len);
    memcpy(both + a.len, "\n\n", 2);
    if (b.len) memcpy(both + a.len + 2, b.at, b.len);
    *out = (struct text){both, a.len + b.len + 2};
    return true;
}

/* A message of the ask's own stays, behind ours: it is what the task needs said. */
static bool tell_messages(struct text system, struct ask *ask, const struct message *own, size_t n, struct arena *arena,
                          struct error *err) {
    bool first = n && text_equal(own[0].role, TEXT("system"));
    struct message *all = arena_new(arena, struct message, n + 1, err);
    if (!all) return false;
    all[0] = (struct message){TEXT("system"), system};
    if (first && !join(system, own[0].text, arena, &all[0].text, err)) return false;
    if (n > first) memcpy(all + 1, own + first, (n - first) * sizeof *all);
    ask->messages = all;
    ask->n_messages = n - first + 1;
    return true;
}

static bool tell_one(const struct subject *subject, struct ask *ask, struct arena *arena, struct error *err) {
    struct text system = text_of(subject->system);
    const struct message alone = {TEXT("user"), ask->prompt};
    if (ask->n_messages) return tell_messages(system, ask, ask->messages, ask->n_messages, arena, err);
    if (subject->capabilities & SUBJECT_CHATS) return tell_messages(system, ask, &alone, 1, arena, err);
    return join(system, ask->prompt, arena, &ask->prompt, err);
}

const struct ask *subject_told(const struct subject *subject, const struct ask *asks, size_t n, struct arena *arena,
                               struct error *err) {
    if (!subject->system || n == 0) return asks;
    struct ask *own = arena_new(arena, struct ask, n, err);
    for (size_t i = 0; own && i < n; i++) {
        own[i] = asks[i];
        if (!tell_one(subject, &own[i], arena, err)) return NULL;
    }
    return own;
}

bool subject_show_prompt(struct subject *subject, const struct ask *ask, struct buffer *out, struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)64 << 20);
    const struct ask *told = subject_told(subject, ask, 1, &arena, err);
    bool ok = told && subject->kind->show_prompt && subject->kind->show_prompt(subject, told, out, err);
    arena_done(&arena);
    return ok;
}
