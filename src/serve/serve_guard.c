/* Who may come in: see serve_guard.h. */
#include "serve/serve_guard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

bool guard_names_this_machine(struct text host) {
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (host.len < n || !text_equal_nocase(text_part(host, 0, n), text_of(names[i]))) continue;
        uint64_t port;
        if (host.len == n) return true;
        if (host.at[n] == ':' && text_to_u64(text_part(host, n + 1, host.len), &port)) return port < 65536;
    }
    return false;
}

bool guard_is_own_origin(struct text origin, struct text host) {
    struct text scheme = TEXT("http://");
    return text_starts(origin, scheme) && text_equal_nocase(text_part(origin, scheme.len, origin.len), host);
}

bool guard_keys_equal(struct text given, struct text key) {
    unsigned char differ = given.len != key.len;
    for (size_t i = 0; i < given.len; i++) differ |= (unsigned char)(given.at[i] ^ key.at[key.len ? i % key.len : 0]);
    return !differ;
}

struct text guard_bearer(struct text authorization) {
    struct text scheme = TEXT("Bearer ");
    if (authorization.len <= scheme.len || !text_equal_nocase(text_part(authorization, 0, scheme.len), scheme))
        return (struct text){0};
    return text_trim(text_part(authorization, scheme.len, authorization.len));
}

bool guard_make_token(char token[GUARD_TOKEN], struct error *err) {
    unsigned char bytes[(GUARD_TOKEN - 1) / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return error_system(err, errno, "cannot read", "random bytes of the system");
    for (size_t i = 0; i < sizeof bytes; i++) snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return true;
}
