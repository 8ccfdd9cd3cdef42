/* Loading Z3: see z3_library.h. */
#ifdef HAVE_Z3
#include "solver/z3_library.h"

#include <dlfcn.h>
#include <string.h>

bool z3_library_open(struct z3_library *l, struct error *err) {
    static const char *const names[] = {"libz3.so.4", "libz3.so", "libz3.dylib"};
    memset(l, 0, sizeof *l);
    /* It keeps memory of its own between calls, so it stays once it is there. */
    for (size_t i = 0; !l->handle && i < sizeof names / sizeof *names; i++)
        l->handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!l->handle) return error_set(err, ERROR_ENVIRONMENT, "z3 is not installed: %s", dlerror());
#define Z3_LOAD(name)                                                                                                  \
    if (!(*(void **)&l->name = dlsym(l->handle, "Z3_" #name)))                                                         \
        return error_set(err, ERROR_ENVIRONMENT, "z3 lacks Z3_" #name);
    Z3_USED(Z3_LOAD)
#undef Z3_LOAD
    return true;
}

void z3_library_close(struct z3_library *l) {
    if (l->handle) dlclose(l->handle);
    l->handle = NULL;
}
#else
typedef int z3_is_not_part_of_this_build;
#endif
