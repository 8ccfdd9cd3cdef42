/* Refusals in the form of OpenAI's API: {"error": {"message", "type", "param", "code"}} with a status. */
#ifndef SERVE_API_ERROR_H
#define SERVE_API_ERROR_H

#include "base/buffer.h"

struct api_error {
    unsigned status;         /* of HTTP; 0: none */
    const char *type, *code; /* code NULL: null */
    char param[80];          /* the field; empty: null */
    char message[1100];
};

/* Sets it and returns false. The type follows from the status. param and code may be NULL. */
bool api_refuse(struct api_error *err, unsigned status, const char *param, const char *code, const char *format, ...)
    PRINTF_LIKE(5, 6);
/* What a function of the lower floors says: ERROR_DATA and ERROR_USAGE are the request's fault (400), others ours. */
bool api_refuse_for(struct api_error *err, const char *param, const struct error *why);
void api_put_error(struct buffer *out, const struct api_error *err);

#endif
