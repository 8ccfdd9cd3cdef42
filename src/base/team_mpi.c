/* Teams over Open MPI: see team_mpi.h. Its objects are looked up by name, so that nothing of it is linked. */
#include "base/team_mpi.h"

#include "base/arena.h"
#include "base/pool.h"
#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool number_of(const char *variable, uint64_t *out) {
    const char *value = getenv(variable);
    return value && text_to_u64(text_of(value), out);
}

bool team_mpi_started(void) {
    uint64_t n;
    return (number_of("OMPI_COMM_WORLD_SIZE", &n) && n > 1) || (number_of("PMI_SIZE", &n) && n > 1);
}

size_t team_mpi_rank(void) {
    uint64_t rank;
    return number_of("OMPI_COMM_WORLD_RANK", &rank) || number_of("PMI_RANK", &rank) ? (size_t)rank : 0;
}

size_t team_mpi_processors(void) {
    uint64_t here = 1;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    size_t mine = pool_processors(), share = online > 0 ? (size_t)online : 1;
    if (number_of("OMPI_COMM_WORLD_LOCAL_SIZE", &here) && here > 1) share = share > here ? share / (size_t)here : 1;
    return mine < share ? mine : share;
}

#ifdef HAVE_MPI
#include <dlfcn.h>
#include <mpi.h>

/* The functions that are used, by their names without "MPI_". */
#define MPI_USED(F)                                                                                                    \
    F(Init_thread)                                                                                                     \
    F(Finalize) F(Abort) F(Comm_size) F(Comm_rank) F(Comm_set_errhandler) F(Error_string) F(Allgatherv) F(Alltoallv)   \
        F(Get_library_version)

struct library {
    void *handle;
#define MPI_MEMBER(name) __typeof__(MPI_##name) *name;
    MPI_USED(MPI_MEMBER)
#undef MPI_MEMBER
    MPI_Comm world;
    MPI_Datatype byte;
    MPI_Errhandler returns;
};

struct mpi_team {
    struct team team; /* first: the pointers are the same */
    struct library mpi;
    int *numbers; /* [4 * size] */
};

/* Its parts find one another by global names, and it keeps threads of its own: it stays once it is there. */
static bool load(struct library *l, struct error *err) {
    static const char *const names[] = {"libmpi.so.40", "libmpi.so"};
    for (size_t i = 0; !l->handle && i < sizeof names / sizeof *names; i++)
        l->handle = dlopen(names[i], RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
    if (!l->handle)
        return error_set(err, ERROR_ENVIRONMENT, "Open MPI is not installed (%s); install openmpi-bin", dlerror());
#define MPI_LOAD(name)                                                                                                 \
    if (!(*(void **)&l->name = dlsym(l->handle, "MPI_" #name)))                                                        \
        return error_set(err, ERROR_ENVIRONMENT, "Open MPI lacks MPI_" #name);
    MPI_USED(MPI_LOAD)
#undef MPI_LOAD
    l->world = dlsym(l->handle, "ompi_mpi_comm_world");
    l->byte = dlsym(l->handle, "ompi_mpi_byte");
    l->returns = dlsym(l->handle, "ompi_mpi_errors_return");
    return (l->world && l->byte && l->returns) ||
           error_set(err, ERROR_ENVIRONMENT, "the MPI that is installed is not Open MPI");
}

static bool check(const struct mpi_team *t, int code, const char *what, struct error *err) {
    char text[MPI_MAX_ERROR_STRING] = "";
    int length;
    if (code == MPI_SUCCESS) return true;
    t->mpi.Error_string(code, text, &length);
    return error_set(err, ERROR_ENVIRONMENT, "MPI: process %zu cannot %s: %s", t->team.rank, what, text);
}

/* Counts and places of the bytes of each rank. */
static bool places(const size_t *bytes, size_t size, int *counts, int *at, struct error *err) {
    size_t sum = 0;
    for (size_t r = 0; r < size; r++) {
        if (bytes[r] > INT_MAX || sum > INT_MAX - bytes[r])
            return error_set(err, ERROR_ENVIRONMENT, "MPI: more than %d bytes in one message", INT_MAX);
        counts[r] = (int)bytes[r];
        at[r] = (int)sum;
        sum += bytes[r];
    }
    return true;
}

static bool gather(void *context, void *all, const size_t *bytes, struct error *err) {
    struct mpi_team *t = context;
    size_t n = t->team.size;
    return places(bytes, n, t->numbers, t->numbers + n, err) &&
           check(t,
                 t->mpi.Allgatherv(MPI_IN_PLACE, 0, t->mpi.byte, all, t->numbers, t->numbers + n, t->mpi.byte,
                                   t->mpi.world),
                 "gather", err);
}

static bool exchange(void *context, const void *out, const size_t *out_bytes, void *in, const size_t *in_bytes,
                     struct error *err) {
    struct mpi_team *t = context;
    size_t n = t->team.size;
    int *numbers = t->numbers;
    return places(out_bytes, n, numbers, numbers + n, err) &&
           places(in_bytes, n, numbers + 2 * n, numbers + 3 * n, err) &&
           check(t,
                 t->mpi.Alltoallv(out, numbers, numbers + n, t->mpi.byte, in, numbers + 2 * n, numbers + 3 * n,
                                  t->mpi.byte, t->mpi.world),
                 "exchange", err);
}

static bool begin(struct mpi_team *t, struct error *err) {
    int provided, size, rank;
    if (!check(t, t->mpi.Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided), "begin", err) ||
        !check(t, t->mpi.Comm_set_errhandler(t->mpi.world, t->mpi.returns), "begin", err) ||
        !check(t, t->mpi.Comm_size(t->mpi.world, &size), "begin", err) ||
        !check(t, t->mpi.Comm_rank(t->mpi.world, &rank), "begin", err))
        return false;
    if (provided < MPI_THREAD_FUNNELED) return error_set(err, ERROR_ENVIRONMENT, "MPI: this one allows no threads");
    if (size > TEAM_MOST)
        return error_set(err, ERROR_ENVIRONMENT, "MPI: %d processes, at most %d can work together", size, TEAM_MOST);
    t->team =
        (struct team){.rank = (size_t)rank, .size = (size_t)size, .context = t, .gather = gather, .exchange = exchange};
    return (t->numbers = memory_zeroed(4 * t->team.size, sizeof *t->numbers)) != NULL || error_memory(err, "processes");
}

struct team *team_mpi_open(struct error *err) {
    if (!getenv("OMPI_COMM_WORLD_SIZE")) {
        error_set(err, ERROR_ENVIRONMENT, "started by another MPI; this program works with Open MPI's mpirun");
        return NULL;
    }
    struct mpi_team *t = memory_zeroed(1, sizeof *t);
    if (!t) return error_memory(err, "processes"), NULL;
    if (load(&t->mpi, err) && begin(t, err)) return &t->team;
    memory_free(t->numbers);
    memory_free(t);
    return NULL;
}

void team_mpi_close(struct team *team) {
    struct mpi_team *t = (struct mpi_team *)(void *)team;
    if (!t) return;
    t->mpi.Finalize();
    memory_free(t->numbers);
    memory_free(t);
}

void team_mpi_abort(struct team *team, int code) {
    struct mpi_team *t = (struct mpi_team *)(void *)team;
    if (t) t->mpi.Abort(t->mpi.world, code);
}

bool team_mpi_version(char out[64], struct error *err) {
    char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    struct library l = {0};
    int length;
    if (!load(&l, err)) return false;
    l.Get_library_version(text, &length);
    struct text version = text_of(text);
    size_t end = text_find(version, TEXT(","), 0);
    if (text_starts(version, TEXT("Open MPI v"))) {
        version = text_part(version, 10, end == SIZE_MAX ? version.len : end);
        snprintf(out, 64, "Open MPI %.*s", version.len < 40 ? (int)version.len : 40, version.at);
    } else {
        snprintf(out, 64, "%.*s", 40, text);
    }
    return true;
}
#else
static bool not_built(struct error *err) {
    return error_set(err, ERROR_ENVIRONMENT,
                     "this build has no MPI: several processes would overwrite one another; install "
                     "libopenmpi-dev and build again, or start it without mpirun");
}

struct team *team_mpi_open(struct error *err) {
    (void)not_built(err);
    return NULL;
}

void team_mpi_close(struct team *team) {
    (void)team;
}

void team_mpi_abort(struct team *team, int code) {
    (void)team;
    (void)code;
}

bool team_mpi_version(char out[64], struct error *err) {
    out[0] = 0;
    return not_built(err);
}
#endif
