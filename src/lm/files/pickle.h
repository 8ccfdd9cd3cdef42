/* Files of torch.save (.pt, .pth, .bin): which tensors they hold, without running anything. A pickle is a program; this
 * reader knows the opcodes that build values, and of a call it keeps the name and the arguments and calls nothing.
 * Known by name are the calls that stand for a tensor, a parameter and an ordered dictionary. Both layouts: a zip with
 * data.pkl, and the older sequence of pickles. */
#ifndef LM_PICKLE_H
#define LM_PICKLE_H

#include "base/file.h"

enum { PICKLE_DIMS = 8, PICKLE_CALLS = 16 };

struct pickle_tensor {
    struct text name; /* keys of nested dictionaries, with dots between */
    const char *type; /* f32, f16, bf16, ...; "unknown" */
    size_t dims;
    uint64_t shape[PICKLE_DIMS];
    uint64_t elements;   /* of the tensor */
    struct text storage; /* key of its data in the file */
};

struct pickle_list {
    struct pickle_tensor *tensors; /* in the order of the file */
    size_t n, capacity;
    struct text calls[PICKLE_CALLS]; /* other things that the pickle wants called, "module.name", each once */
    size_t n_calls;                  /* at most PICKLE_CALLS are kept */
    bool is_zip;
};

/* True for a zip, or a pickle of protocol 2 and later. */
bool pickle_claims(const struct file_map *map);
/* All memory is the arena's; texts may point into the map. ERROR_DATA: "PATH: byte OFFSET: ...",
 * in a zip the offset in data.pkl. */
bool pickle_read(const struct file_map *map, const char *path, struct arena *arena, struct pickle_list *list,
                 struct error *err) MUST_CHECK;

#endif
