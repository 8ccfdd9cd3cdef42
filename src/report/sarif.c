/* See sarif.h. */
#include "report/sarif.h"

#include "base/hash.h"

#include <ctype.h>
#include <string.h>

json_t *sarif_uri(struct text path) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.at[i];
        if (isalnum(c) || (c && strchr("-._~/", c)))
            buffer_put_char(&b, (char)c);
        else
            buffer_printf(&b, "%%%02X", c);
    }
    json_t *uri = json_from_text(buffer_text(&b));
    buffer_done(&b);
    return uri;
}

json_t *sarif_fingerprint(struct text identity) {
    char hex[HASH_HEX];
    sha256_hex(identity.at ? identity.at : "", identity.len, hex);
    hex[32] = 0;
    return json_pack("{s:s}", "basanite/v1", hex);
}

json_t *sarif_document(json_t *runs) {
    return json_pack("{s:s s:s s:o}", "$schema", "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0",
                     "runs", runs);
}
