/* Where an endpoint is: see openai_place.h. */
#include "subject/openai_place.h"

#include <string.h>

static const char form[] = "expected openai:URL#MODEL, for example openai:http://127.0.0.1:8080/v1#llama";

bool openai_place_claims(struct text spec) {
    return text_starts(spec, TEXT("openai:"));
}

static bool refuse(struct text spec, const char *why, struct error *err) {
    return error_set(err, ERROR_USAGE, "subject '%.*s': %s; %s", (int)(spec.len < 300 ? spec.len : 300), spec.at, why,
                     form);
}

/* Four decimal numbers of which the first is 127, so that a name such as 127.example is not taken for it. */
static bool is_loopback_number(struct text host) {
    struct text rest = host, piece;
    uint64_t value;
    size_t n = 0;
    while (text_next(&rest, '.', &piece)) {
        if (!text_to_u64(piece, &value) || value > 255 || (n == 0 && value != 127)) return false;
        n++;
    }
    return n == 4;
}

static bool is_loopback(struct text host) {
    return text_equal_nocase(host, TEXT("localhost")) || text_equal(host, TEXT("::1")) || is_loopback_number(host);
}

/* HOST, HOST:PORT or [HOST]:PORT. False: not one of these. */
static bool split_host(struct text authority, struct text *host) {
    struct text port = {0};
    uint64_t number;
    if (text_starts(authority, TEXT("["))) {
        size_t end = text_find(authority, TEXT("]"), 0);
        if (end == SIZE_MAX) return false;
        *host = text_part(authority, 1, end);
        port = text_part(authority, end + 1, authority.len);
        if (port.len && port.at[0] != ':') return false;
        if (port.len) port = text_part(port, 1, port.len);
    } else {
        size_t colon = text_find(authority, TEXT(":"), 0);
        *host = text_part(authority, 0, colon == SIZE_MAX ? authority.len : colon);
        if (colon != SIZE_MAX) port = text_part(authority, colon + 1, authority.len);
    }
    return host->len && (port.len == 0 || (text_to_u64(port, &number) && number > 0 && number < 65536));
}

static struct text cut_route(struct text url) {
    static const char *const routes[] = {"/chat/completions", "/completions", "/models"};
    while (url.len && url.at[url.len - 1] == '/') url.len--;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (text_ends(url, text_of(routes[i]))) {
            url.len -= strlen(routes[i]);
            break;
        }
    while (url.len && url.at[url.len - 1] == '/') url.len--;
    return url;
}

static bool has_blank_or_control(struct text t) {
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.at[i] <= ' ' || t.at[i] == 127) return true;
    return false;
}

bool openai_place_read(struct arena *arena, struct text spec, struct openai_place *out, struct error *err) {
    struct text url = text_part(spec, strlen("openai:"), spec.len), model = {0};
    size_t hash = text_find(url, TEXT("#"), 0);
    *out = (struct openai_place){0};
    if (hash != SIZE_MAX) {
        model = text_part(url, hash + 1, url.len);
        url = text_part(url, 0, hash);
    }
    out->secure = text_starts(url, TEXT("https://"));
    if (!out->secure && !text_starts(url, TEXT("http://")))
        return refuse(spec, url.len ? "its URL must start with http:// or https://" : "it names no URL", err);
    if (has_blank_or_control(url)) return refuse(spec, "its URL holds a blank or a control character", err);
    if (text_find(url, TEXT("?"), 0) != SIZE_MAX) return refuse(spec, "a query in the URL is not supported", err);
    if (text_utf8_invalid(model) != SIZE_MAX || (model.len && memchr(model.at, 0, model.len)))
        return refuse(spec, "the model's name is not valid UTF-8", err);
    url = cut_route(url);
    struct text rest = text_part(url, out->secure ? 8 : 7, url.len), host;
    size_t slash = text_find(rest, TEXT("/"), 0);
    struct text authority = text_part(rest, 0, slash == SIZE_MAX ? rest.len : slash);
    if (text_find(authority, TEXT("@"), 0) != SIZE_MAX)
        return error_set(
            err, ERROR_USAGE,
            "a subject's URL holds a user name or password, which would be kept in the "
            "record; put the key in an environment variable (OPENAI_API_KEY, or the one named by --key-env)");
    if (!split_host(authority, &host)) return refuse(spec, "its URL has no valid host and port", err);
    char *base = text_copy(arena, url, err), *name = base ? text_copy(arena, model, err) : NULL;
    if (!name) return false;
    out->base = (struct text){base, url.len};
    out->host = (struct text){base + (host.at - url.at), host.len};
    out->model = (struct text){name, model.len};
    out->loopback = is_loopback(host);
    return true;
}
