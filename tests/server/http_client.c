/* HTTP by hand: see http_client.h. */
#include "http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int http_connect(unsigned port, double seconds) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {(time_t)seconds, (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
    close(fd);
    return -1;
}

bool http_send(int fd, const char *bytes, size_t n) {
    while (n) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

bool http_send_request(int fd, const char *what, const char *headers, struct text body) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 28);
    buffer_printf(&b, "%s HTTP/1.1\r\n%s%s", what, headers && strstr(headers, "Host:") ? "" : "Host: 127.0.0.1\r\n",
                  headers ? headers : "");
    if (headers && strstr(headers, "Content-Length:"))
        buffer_put_c(&b, "\r\n");
    else
        buffer_printf(&b, "Content-Length: %zu\r\n\r\n", body.len);
    buffer_put_text(&b, body);
    bool ok = !b.failed && http_send(fd, b.at, b.len);
    buffer_done(&b);
    return ok;
}

void http_reply_init(struct http_reply *r) {
    *r = (struct http_reply){0};
    buffer_init(&r->head, 1 << 20);
    buffer_init(&r->body, (size_t)1 << 28);
}

void http_reply_done(struct http_reply *r) {
    buffer_done(&r->head);
    buffer_done(&r->body);
}

/* Of raw chunks so far into the body; true: the last one was there. */
static bool join_chunks(struct text raw, struct buffer *body) {
    buffer_clear(body);
    for (;;) {
        size_t line = text_find(raw, TEXT("\r\n"), 0);
        if (line == SIZE_MAX) return false;
        size_t n = strtoul(raw.at, NULL, 16), from = line + 2;
        if (n == 0) return true;
        if (raw.len < from + n + 2) {
            buffer_put_text(body, text_part(raw, from, raw.len < from + n ? raw.len : from + n));
            return false;
        }
        buffer_put_text(body, text_part(raw, from, from + n));
        raw = text_part(raw, from + n + 2, raw.len);
    }
}

static bool is_whole(struct http_reply *r, struct text raw) {
    struct text head = buffer_text(&r->head);
    size_t at = text_find(head, TEXT("Content-Length: "), 0);
    if (text_find(head, TEXT("Transfer-Encoding: chunked"), 0) != SIZE_MAX) return join_chunks(raw, &r->body);
    buffer_clear(&r->body);
    buffer_put_text(&r->body, raw);
    return at != SIZE_MAX && raw.len >= strtoul(head.at + at + 16, NULL, 10);
}

void http_read_reply(int fd, struct http_reply *r, size_t stop_after) {
    struct buffer raw;
    char part[16384];
    size_t body_at = 0;
    buffer_init(&raw, (size_t)1 << 28);
    while (!r->whole) {
        ssize_t n = recv(fd, part, sizeof part, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0 || !buffer_put(&raw, part, (size_t)n)) break;
        if (!body_at) {
            size_t end = text_find(buffer_text(&raw), TEXT("\r\n\r\n"), 0);
            if (end == SIZE_MAX) continue;
            body_at = end + 4;
            buffer_put(&r->head, raw.at, body_at);
            if (raw.len > 12) r->status = atoi(raw.at + 9);
        }
        r->whole = is_whole(r, text_part(buffer_text(&raw), body_at, raw.len));
        if (stop_after && r->body.len >= stop_after) break;
    }
    buffer_done(&raw);
}

void http_ask(unsigned port, const char *what, const char *headers, struct text body, struct http_reply *r) {
    int fd = http_connect(port, 60);
    http_reply_init(r);
    if (fd < 0) return;
    if (http_send_request(fd, what, headers, body)) http_read_reply(fd, r, 0);
    close(fd);
}

bool http_is_closed(int fd, double seconds) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    return poll(&p, 1, (int)(seconds * 1000)) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) <= 0;
}
