/* A team of threads in one process: what team.h asks of processes, without MPI. */
#ifndef TESTS_THREAD_TEAM_H
#define TESTS_THREAD_TEAM_H

#include "base/team.h"

#include <pthread.h>
#include <string.h>

enum { THREAD_TEAM_MOST = 8 };

struct thread_team {
    size_t size;
    pthread_barrier_t barrier;
    struct thread_member {
        struct team team;
        struct thread_team *all;
        pthread_t thread;
        /* What this member shows the others. */
        const char *out;
        const size_t *bytes;
    } members[THREAD_TEAM_MOST];
};

static inline bool thread_team_gather(void *context, void *all, const size_t *bytes, struct error *err) {
    struct thread_member *m = context;
    (void)err;
    m->out = all;
    pthread_barrier_wait(&m->all->barrier);
    for (size_t r = 0, at = 0; r < m->all->size; at += bytes[r++])
        if (r != m->team.rank && bytes[r]) memcpy((char *)all + at, m->all->members[r].out + at, bytes[r]);
    pthread_barrier_wait(&m->all->barrier);
    return true;
}

static inline bool thread_team_exchange(void *context, const void *out, const size_t *out_bytes, void *in,
                                        const size_t *in_bytes, struct error *err) {
    struct thread_member *m = context;
    (void)err;
    m->out = out;
    m->bytes = out_bytes;
    pthread_barrier_wait(&m->all->barrier);
    char *to = in;
    for (size_t r = 0; r < m->all->size; to += in_bytes[r++]) {
        const struct thread_member *from = &m->all->members[r];
        size_t at = 0;
        for (size_t k = 0; k < m->team.rank; k++) at += from->bytes[k];
        if (in_bytes[r]) memcpy(to, from->out + at, in_bytes[r]);
    }
    pthread_barrier_wait(&m->all->barrier);
    return true;
}

/* Runs work(team, argument of its rank) in `size` threads and waits for all. */
typedef void thread_team_work(struct team *team, void *argument);
struct thread_team_start {
    struct team *team;
    thread_team_work *work;
    void *argument;
};
static inline void *thread_team_main(void *context) {
    struct thread_team_start *start = context;
    start->work(start->team, start->argument);
    return NULL;
}
static inline void thread_team_run(size_t size, thread_team_work *work, void *const *arguments) {
    struct thread_team all = {.size = size};
    struct thread_team_start starts[THREAD_TEAM_MOST];
    pthread_barrier_init(&all.barrier, NULL, (unsigned)size);
    for (size_t r = 0; r < size; r++) {
        all.members[r].all = &all;
        all.members[r].team = (struct team){.rank = r,
                                            .size = size,
                                            .context = &all.members[r],
                                            .gather = thread_team_gather,
                                            .exchange = thread_team_exchange};
        starts[r] = (struct thread_team_start){&all.members[r].team, work, arguments[r]};
    }
    for (size_t r = 0; r < size; r++) pthread_create(&all.members[r].thread, NULL, thread_team_main, &starts[r]);
    for (size_t r = 0; r < size; r++) pthread_join(all.members[r].thread, NULL);
    pthread_barrier_destroy(&all.barrier);
}

#endif
