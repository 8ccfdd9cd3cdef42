/* Processes that share work: see team.h. */
#include "base/team.h"

#include "base/arena.h"

#include <stdint.h>
#include <string.h>

size_t team_rank(const struct team *team) {
    return team ? team->rank : 0;
}

size_t team_size(const struct team *team) {
    return team ? team->size : 1;
}

struct team_share team_share(const struct team *team, size_t n, size_t rank) {
    size_t size = team_size(team);
    return (struct team_share){n * rank / size, n * (rank + 1) / size};
}

bool team_gather(struct team *team, void *all, const size_t *bytes, struct error *err) {
    return !team || team->gather(team->context, all, bytes, err);
}

bool team_gather_parts(struct team *team, void *all, size_t n, size_t size, struct error *err) {
    size_t bytes[TEAM_MOST];
    for (size_t r = 0; team && r < team->size; r++) {
        struct team_share share = team_share(team, n, r);
        bytes[r] = (share.end - share.first) * size;
    }
    return team_gather(team, all, bytes, err);
}

bool team_exchange(struct team *team, const void *out, const size_t *out_bytes, void *in, const size_t *in_bytes,
                   struct error *err) {
    if (team) return team->exchange(team->context, out, out_bytes, in, in_bytes, err);
    if (in_bytes[0]) memcpy(in, out, in_bytes[0]);
    return true;
}

bool team_tell(struct team *team, void *at, size_t bytes, struct error *err) {
    size_t sizes[TEAM_MOST] = {bytes};
    return team_gather(team, at, sizes, err);
}

bool team_any(struct team *team, bool here, bool *any, struct error *err) {
    unsigned char all[TEAM_MOST] = {0};
    *any = here;
    if (!team) return true;
    all[team->rank] = here;
    if (!team_gather_parts(team, all, team->size, 1, err)) return false;
    *any = memchr(all, 1, team->size) != NULL;
    return true;
}

/* The error of the first process that has failed, for all. */
static bool share_error(struct team *team, const unsigned char *ok, struct error *err) {
    struct error mine = {.kind = ERROR_ENVIRONMENT}, *all = memory_zeroed(team->size, sizeof *all);
    if (!all) return error_memory(err, "messages of processes");
    if (!ok[team->rank] && err) mine = *err;
    all[team->rank] = mine;
    if (!team_gather_parts(team, all, team->size, sizeof *all, err)) {
        memory_free(all);
        return false;
    }
    size_t first = 0;
    while (ok[first]) first++;
    if (err) *err = all[first];
    if (first) error_wrap(err, "process %zu of %zu", first, team->size);
    team->failed = true;
    memory_free(all);
    return false;
}

bool team_agree(struct team *team, bool ok, struct error *err) {
    unsigned char all[TEAM_MOST] = {0};
    if (!team) return ok;
    all[team->rank] = ok;
    if (!team_gather_parts(team, all, team->size, 1, err)) return false;
    return !memchr(all, 0, team->size) || share_error(team, all, err);
}
