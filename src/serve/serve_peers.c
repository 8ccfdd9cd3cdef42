/* Connections and their clocks: see serve_peers.h. */
#include "serve/serve_peers.h"

#include "base/arena.h"
#include "base/progress.h"

#include <pthread.h>
#include <sys/socket.h>

struct peer {
    struct serve_peers *all;
    struct peer *before, *after;
    int fd;
    double since; /* 0: a request is being answered */
};
struct serve_peers {
    pthread_mutex_t lock;
    struct peer *first;
};

struct serve_peers *serve_peers_new(void) {
    struct serve_peers *peers = memory_zeroed(1, sizeof *peers);
    if (peers) pthread_mutex_init(&peers->lock, NULL);
    return peers;
}

void serve_peers_free(struct serve_peers *peers) {
    if (!peers) return;
    pthread_mutex_destroy(&peers->lock);
    memory_free(peers);
}

static void add(struct serve_peers *peers, struct MHD_Connection *connection, void **state) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct peer *peer = memory_zeroed(1, sizeof *peer);
    if (!peer) return;
    *peer = (struct peer){
        .all = peers, .after = peers->first, .fd = info ? info->connect_fd : -1, .since = clock_seconds()};
    if (peer->after) peer->after->before = peer;
    peers->first = peer;
    *state = peer;
}

static void drop(struct peer *peer) {
    if (peer->before)
        peer->before->after = peer->after;
    else
        peer->all->first = peer->after;
    if (peer->after) peer->after->before = peer->before;
    memory_free(peer);
}

void serve_peers_notice(void *context, struct MHD_Connection *connection, void **state,
                        enum MHD_ConnectionNotificationCode code) {
    struct serve_peers *peers = context;
    pthread_mutex_lock(&peers->lock);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        add(peers, connection, state);
    } else if (code == MHD_CONNECTION_NOTIFY_CLOSED && *state) {
        drop(*state);
        *state = NULL;
    }
    pthread_mutex_unlock(&peers->lock);
}

void serve_peers_set_busy(struct MHD_Connection *connection, bool busy) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct peer *peer = info ? info->socket_context : NULL;
    if (!peer) return;
    pthread_mutex_lock(&peer->all->lock);
    peer->since = busy ? 0 : clock_seconds();
    pthread_mutex_unlock(&peer->all->lock);
}

void serve_peers_tend(struct serve_peers *peers, double patience) {
    double now = clock_seconds();
    pthread_mutex_lock(&peers->lock);
    for (struct peer *p = peers->first; p; p = p->after)
        if (p->since > 0 && now - p->since > patience) shutdown(p->fd, SHUT_RDWR);
    pthread_mutex_unlock(&peers->lock);
}
