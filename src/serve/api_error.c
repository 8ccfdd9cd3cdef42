/* Refusals: see api_error.h. */
#include "serve/api_error.h"

#include "base/json.h"

#include <stdio.h>

static const char *type_of(unsigned status) {
    switch (status) {
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 429:
        return "rate_limit_error";
    default:
        return status >= 500 ? "server_error" : "invalid_request_error";
    }
}

bool api_refuse(struct api_error *err, unsigned status, const char *param, const char *code, const char *format, ...) {
    va_list args;
    *err = (struct api_error){.status = status, .type = type_of(status), .code = code};
    if (param) snprintf(err->param, sizeof err->param, "%s", param);
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return false;
}

bool api_refuse_for(struct api_error *err, const char *param, const struct error *why) {
    bool theirs = why->kind == ERROR_DATA || why->kind == ERROR_USAGE;
    return api_refuse(err, theirs ? 400 : 500, theirs ? param : NULL, NULL, "%s", why->message);
}

static void put_or_null(struct buffer *out, const char *key, const char *value) {
    buffer_printf(out, ",\"%s\":", key);
    if (value && *value)
        json_put_string(out, text_of(value));
    else
        buffer_put_c(out, "null");
}

void api_put_error(struct buffer *out, const struct api_error *err) {
    buffer_put_c(out, "{\"error\":{\"message\":");
    json_put_string(out, text_of(err->message));
    put_or_null(out, "type", err->type);
    put_or_null(out, "param", err->param);
    put_or_null(out, "code", err->code);
    buffer_put_c(out, "}}");
}
