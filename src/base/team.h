/* Processes that share one piece of work, on one machine or on several. All of them do the same things in the same
 * order, each its share of the parts; what they tell one another comes back in the order of their ranks, so no result
 * depends on who was first. A team that is NULL is one process alone: every call works and moves nothing.
 *
 * Only team_mpi.c knows MPI; anything else that moves bytes in this way (threads, in tests) makes a team too. */
#ifndef BASE_TEAM_H
#define BASE_TEAM_H

#include "base/error.h"

enum { TEAM_MOST = 1024 }; /* processes */

struct team {
    size_t rank, size;
    bool failed; /* all processes know the error that ended their work: see team_agree */
    void *context;
    /* all: the bytes of rank 0, rank 1, ..., bytes[r] of each; this process's own already stand at their place. */
    bool (*gather)(void *context, void *all, const size_t *bytes, struct error *err);
    /* out: bytes for rank 0, 1, ...; in: bytes from rank 0, 1, ... */
    bool (*exchange)(void *context, const void *out, const size_t *out_bytes, void *in, const size_t *in_bytes,
                     struct error *err);
};

size_t team_rank(const struct team *team); /* 0: the one that writes and prints */
size_t team_size(const struct team *team);
/* Parts first..end-1 of n are the work of process `rank`; none where there are more processes than parts. */
struct team_share {
    size_t first, end;
};
struct team_share team_share(const struct team *team, size_t n, size_t rank);

/* all: [n] parts of `size` bytes, of which this process has filled its share; then all are there. */
bool team_gather_parts(struct team *team, void *all, size_t n, size_t size, struct error *err) MUST_CHECK;
/* The same for parts of different sizes: bytes[r] is what process r has filled. */
bool team_gather(struct team *team, void *all, const size_t *bytes, struct error *err) MUST_CHECK;
/* See struct team. */
bool team_exchange(struct team *team, const void *out, const size_t *out_bytes, void *in, const size_t *in_bytes,
                   struct error *err) MUST_CHECK;
/* Bytes of process 0 for all. */
bool team_tell(struct team *team, void *at, size_t bytes, struct error *err) MUST_CHECK;
/* Is it so somewhere? */
bool team_any(struct team *team, bool here, bool *any, struct error *err) MUST_CHECK;
/* Where one process has failed, all return false with the error of the first that did; a rank above 0 is named. Whoever
 * has failed calls it too, in place of what it can no longer do: so nobody waits for ever. */
bool team_agree(struct team *team, bool ok, struct error *err) MUST_CHECK;

#endif
