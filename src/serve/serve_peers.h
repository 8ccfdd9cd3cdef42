/* Connections of a server from when they are made: those that take too long to say what they want are cut, so that
 * nobody holds the threads of others by saying nothing, or a letter now and then. Inside of serve. */
#ifndef SERVE_PEERS_H
#define SERVE_PEERS_H

#include <microhttpd.h>
#include <stdbool.h>

struct serve_peers;
struct serve_peers *serve_peers_new(void);        /* NULL: out of memory */
void serve_peers_free(struct serve_peers *peers); /* when all connections are closed */
/* For MHD_OPTION_NOTIFY_CONNECTION, with the peers as its context. */
void serve_peers_notice(void *peers, struct MHD_Connection *connection, void **state,
                        enum MHD_ConnectionNotificationCode code);
/* A request has come whole as far as its head, or was answered: while it is busy no clock runs. */
void serve_peers_set_busy(struct MHD_Connection *connection, bool busy);
/* Cuts those that have said nothing whole for `patience` seconds; to be called about once a second. */
void serve_peers_tend(struct serve_peers *peers, double patience);

#endif
