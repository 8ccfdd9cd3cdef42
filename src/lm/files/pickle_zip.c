/* Finding data.pkl in the zip that torch.save writes. */
#include "lm/files/pickle_internal.h"

#include "base/buffer.h"
#include "base/zip.h"

enum { PICKLE_BYTES_MOST = 256 << 20 }; /* structure, not weights: those are members of their own */

static const struct zip_member *find(const struct zip *zip, bool *numpy) {
    const struct zip_member *all;
    size_t n = zip_members(zip, &all);
    *numpy = false;
    for (size_t i = 0; i < n; i++) {
        if (text_equal_c(all[i].name, "data.pkl") || text_ends(all[i].name, TEXT("/data.pkl"))) return &all[i];
        *numpy |= text_ends(all[i].name, TEXT(".npy"));
    }
    return NULL;
}

bool pickle_find_in_zip(struct text file, const char *path, struct arena *arena, struct text *pickle,
                        struct error *err) {
    struct zip *zip = zip_open_bytes(file, path, err);
    if (!zip) return false;
    bool numpy;
    struct buffer bytes;
    buffer_init(&bytes, PICKLE_BYTES_MOST);
    const struct zip_member *member = find(zip, &numpy);
    bool ok = member ? zip_read(zip, member, &bytes, err)
                     : error_set(err, ERROR_DATA, "%s: %s", path,
                                 numpy ? "arrays of NumPy (.npz), not a model; store the model as safetensors or GGUF"
                                       : "no data.pkl in this zip; expected a file of torch.save");
    *pickle = buffer_text(&bytes);
    ok = ok && (pickle->at = text_copy(arena, *pickle, err)) != NULL;
    buffer_done(&bytes);
    zip_close(zip);
    return ok;
}
