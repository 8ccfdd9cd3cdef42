/* Files: see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_stream(FILE *f, size_t max, struct buffer *b, const char *path, struct error *err) {
    char chunk[1 << 14];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        if (!buffer_put(b, chunk, n)) break;
    if (ferror(f)) return error_system(err, errno, "cannot read", path);
    if (b->full)
        return error_set(err, ERROR_DATA, "'%s' is larger than %zu bytes, the most that is read here", path, max);
    return buffer_check(b, path, err);
}

bool file_read(struct arena *arena, const char *path, size_t max, struct text *out, struct error *err) {
    bool standard = strcmp(path, "-") == 0;
    FILE *f = standard ? stdin : fopen(path, "rb");
    if (!f) return error_system(err, errno, "cannot open", path);
    struct stat info;
    bool ok = true;
    if (!standard && fstat(fileno(f), &info) == 0 && S_ISDIR(info.st_mode))
        ok = error_set(err, ERROR_DATA, "'%s' is a folder, expected a file", path);
    struct buffer b;
    buffer_init(&b, max);
    ok = ok && read_stream(f, max, &b, path, err);
    char *copy = ok ? arena_copy(arena, b.at, b.len, err) : NULL;
    *out = (struct text){copy, copy ? b.len : 0};
    buffer_done(&b);
    if (!standard) fclose(f);
    return copy != NULL;
}

bool file_map(const char *path, struct file_map *map, struct error *err) {
    *map = (struct file_map){(const unsigned char *)"", 0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return error_system(err, errno, "cannot open", path);
    struct stat info;
    bool ok = true;
    if (fstat(fd, &info) != 0)
        ok = error_system(err, errno, "cannot look at", path);
    else if (!S_ISREG(info.st_mode))
        ok = error_set(err, ERROR_DATA, "'%s' is not a regular file", path);
    else if (info.st_size > 0) {
        void *at = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at == MAP_FAILED)
            ok = error_system(err, errno, "cannot map", path);
        else
            *map = (struct file_map){at, (size_t)info.st_size};
    }
    close(fd);
    return ok;
}

void file_unmap(struct file_map *map) {
    if (map->len) munmap((void *)map->at, map->len);
    *map = (struct file_map){(const unsigned char *)"", 0};
}

/* Devices, pipes and links (/dev/null, /dev/stdout) would be replaced by a file if one were renamed onto them. */
static bool stands_for_itself(const char *path) {
    struct stat info;
    return lstat(path, &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode);
}

/* A file that a killed process of the same number left is removed; a link that waits there is not followed. */
static int open_temporary(const char *path) {
    unlink(path);
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
}

bool file_out_open(struct file_out *out, const char *path, struct error *err) {
    *out = (struct file_out){0};
    size_t n = strlen(path);
    bool aside = stands_for_itself(path);
    out->path = memory_alloc(n + 1);
    out->temporary = aside ? memory_alloc(n + 32) : NULL;
    if (!out->path || (aside && !out->temporary)) {
        file_out_abandon(out);
        return error_memory(err, "name of the output file");
    }
    memcpy(out->path, path, n + 1);
    if (aside) snprintf(out->temporary, n + 32, "%s.tmp-%d", path, (int)getpid());
    int fd = aside ? open_temporary(out->temporary) : open(path, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0644);
    out->stream = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (out->stream) return true;
    error_system(err, errno, "cannot write", path);
    if (fd >= 0) close(fd);
    file_out_abandon(out);
    return false;
}

bool file_out_put(struct file_out *out, const void *at, size_t n) {
    if (out->failed) return false;
    if (n && fwrite(at, 1, n, out->stream) != n) {
        out->failed = true;
        out->failure = errno;
        return false;
    }
    out->written += n;
    return true;
}

bool file_out_commit(struct file_out *out, struct error *err) {
    bool ok = !out->failed;
    if (ok &&
        (ferror(out->stream) || fflush(out->stream) != 0 || (out->temporary && fsync(fileno(out->stream)) != 0))) {
        ok = false;
        out->failure = errno;
    }
    if (out->stream && fclose(out->stream) != 0 && ok) {
        ok = false;
        out->failure = errno;
    }
    out->stream = NULL;
    if (ok && out->temporary && rename(out->temporary, out->path) != 0) {
        ok = false;
        out->failure = errno;
    }
    if (!ok) error_system(err, out->failure ? out->failure : EIO, "cannot write", out->path);
    if (ok) {
        memory_free(out->temporary);
        out->temporary = NULL;
    }
    file_out_abandon(out);
    return ok;
}

void file_out_abandon(struct file_out *out) {
    if (out->stream) fclose(out->stream);
    if (out->temporary) unlink(out->temporary);
    memory_free(out->path);
    memory_free(out->temporary);
    *out = (struct file_out){0};
}

bool file_write(const char *path, struct text t, struct error *err) {
    struct file_out out;
    if (!file_out_open(&out, path, err)) return false;
    file_out_put(&out, t.at, t.len);
    return file_out_commit(&out, err);
}

bool file_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0;
}

bool file_is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool file_make_folders(const char *path, struct error *err) {
    char part[4096];
    size_t n = strlen(path);
    if (n >= sizeof part) return error_set(err, ERROR_USAGE, "path is too long: '%.60s...'", path);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && path[i] != '/') continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0755) != 0 && errno != EEXIST) return error_system(err, errno, "cannot make folder", part);
    }
    return file_is_folder(path) || error_set(err, ERROR_ENVIRONMENT, "'%s' is in the way: not a folder", path);
}

char *file_beside(struct arena *arena, const char *path, const char *name, struct error *err) {
    const char *slash = strrchr(path, '/');
    int n = slash ? (int)(slash - path + 1) : 0;
    return arena_printf(arena, err, "%.*s%s", n, path, name);
}

char *file_find(struct arena *arena, const char *name, const char *colon_list, struct error *err) {
    if (file_exists(name)) return arena_copy(arena, name, strlen(name), err);
    struct text rest = text_of(colon_list), folder;
    while (name[0] != '/' && text_next(&rest, ':', &folder)) {
        if (folder.len == 0) continue;
        char *path = arena_printf(arena, err, "%.*s/%s", TEXT_ARG(folder), name);
        if (!path) return NULL;
        if (file_exists(path)) return path;
    }
    error_set(err, ERROR_DATA, "'%s' was not found here%s%s; put it there or name its folder in BASANITE_PATH", name,
              colon_list && *colon_list ? " nor in " : "", colon_list ? colon_list : "");
    return NULL;
}
