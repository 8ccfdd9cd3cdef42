/* Children of the page: see page_jobs.h. */
#include "serve/page_jobs.h"

#include "base/file.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "base/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct job {
    uint64_t id; /* 0: none */
    struct arena arena;
    const char **argv;
    char log[512];
    pthread_t thread;
    struct interrupt stop;
    uint64_t started, ended;
    bool over, failed; /* failed: it could not be started */
    int exit_code;
    struct page_jobs *jobs;
};

struct page_jobs {
    pthread_mutex_t lock;
    struct job kept[PAGE_JOBS_KEPT];
    uint64_t last, files;
    char folder[400];
};

struct page_jobs *page_jobs_new(struct error *err) {
    const char *temporary = getenv("TMPDIR");
    struct page_jobs *jobs = memory_zeroed(1, sizeof *jobs);
    if (!jobs) return error_memory(err, "jobs"), NULL;
    snprintf(jobs->folder, sizeof jobs->folder, "%.300s/basanite-page-XXXXXX",
             temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(jobs->folder)) {
        error_system(err, errno, "cannot make a folder", jobs->folder);
        memory_free(jobs);
        return NULL;
    }
    pthread_mutex_init(&jobs->lock, NULL);
    return jobs;
}

static void clear(struct job *job) {
    if (!job->id) return;
    pthread_join(job->thread, NULL);
    unlink(job->log);
    arena_done(&job->arena);
    memset(job, 0, sizeof *job);
}

void page_jobs_free(struct page_jobs *jobs) {
    if (!jobs) return;
    for (size_t i = 0; i < PAGE_JOBS_KEPT; i++) jobs->kept[i].stop.asked = 1;
    for (size_t i = 0; i < PAGE_JOBS_KEPT; i++) clear(&jobs->kept[i]);
    rmdir(jobs->folder);
    pthread_mutex_destroy(&jobs->lock);
    memory_free(jobs);
}

static void say(const char *path, const char *message) {
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return;
    dprintf(fd, "%s\n", message);
    close(fd);
}

static void *follow(void *context) {
    struct job *job = context;
    struct process_result result = {0};
    struct error why;
    bool ok = process_follow(job->argv, ".", job->log, 0, &job->stop, &result, &why);
    if (!ok) say(job->log, why.message);
    pthread_mutex_lock(&job->jobs->lock);
    job->failed = !ok;
    job->exit_code = result.exit_code;
    job->ended = clock_now_ns();
    job->over = true;
    pthread_mutex_unlock(&job->jobs->lock);
    return NULL;
}

/* A place for one more: a free one, or that of the oldest that is over. */
static struct job *place_for(struct page_jobs *jobs, struct api_error *err) {
    struct job *oldest = NULL;
    size_t running = 0;
    for (size_t i = 0; i < PAGE_JOBS_KEPT; i++) {
        struct job *j = &jobs->kept[i];
        running += j->id && !j->over;
        if (!j->id || j->over)
            if (!oldest || j->id < oldest->id) oldest = j;
    }
    if (running >= PAGE_JOBS_AT_ONCE || !oldest)
        return api_refuse(err, 429, NULL, "busy", "%d pieces of work run already; wait for one, or stop it",
                          PAGE_JOBS_AT_ONCE),
               NULL;
    clear(oldest);
    return oldest;
}

static bool copy_words(struct job *job, const char *const *argv, struct error *err) {
    size_t n = 0;
    while (argv[n]) n++;
    arena_init(&job->arena, 0);
    if (!(job->argv = arena_new(&job->arena, const char *, n + 1, err))) return false;
    for (size_t i = 0; i < n; i++)
        if (!(job->argv[i] = text_copy(&job->arena, text_of(argv[i]), err))) return false;
    return true;
}

/* Under the lock. */
static uint64_t start(struct page_jobs *jobs, const char *const *argv, struct api_error *err) {
    struct error why;
    struct job *job = place_for(jobs, err);
    if (!job) return 0;
    job->jobs = jobs;
    job->started = clock_now_ns();
    snprintf(job->log, sizeof job->log, "%s/%llu.log", jobs->folder, (unsigned long long)jobs->last + 1);
    int fd = open(job->log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
    if (copy_words(job, argv, &why) && pthread_create(&job->thread, NULL, follow, job) == 0)
        return job->id = ++jobs->last;
    unlink(job->log);
    arena_done(&job->arena);
    memset(job, 0, sizeof *job);
    return api_refuse(err, 500, NULL, NULL, "no memory or threads for it"), 0;
}

uint64_t page_jobs_start(struct page_jobs *jobs, const char *const *argv, struct api_error *err) {
    pthread_mutex_lock(&jobs->lock);
    uint64_t id = start(jobs, argv, err);
    pthread_mutex_unlock(&jobs->lock);
    return id;
}

static struct job *find(struct page_jobs *jobs, uint64_t id) {
    for (size_t i = 0; id && i < PAGE_JOBS_KEPT; i++)
        if (jobs->kept[i].id == id) return &jobs->kept[i];
    return NULL;
}

bool page_jobs_stop(struct page_jobs *jobs, uint64_t id) {
    pthread_mutex_lock(&jobs->lock);
    struct job *job = find(jobs, id);
    if (job) job->stop.asked = 1;
    pthread_mutex_unlock(&jobs->lock);
    return job != NULL;
}

static const char *state_of(const struct job *job) {
    if (!job->over) return job->stop.asked ? "stopping" : "running";
    return job->failed ? "failed" : job->stop.asked ? "stopped" : "done";
}

static json_t *job_json(const struct job *job) {
    json_t *words = json_array();
    for (size_t i = 1; job->argv[i]; i++) json_array_append_new(words, json_from_text(text_of(job->argv[i])));
    return json_pack("{s:I s:o s:s s:i s:I s:I}", "id", (json_int_t)job->id, "words", words, "state", state_of(job),
                     "exit", job->exit_code, "started", (json_int_t)job->started, "ended", (json_int_t)job->ended);
}

/* The newest of those older than `than`; NULL: none. */
static const struct job *next_older(const struct page_jobs *jobs, uint64_t than) {
    const struct job *found = NULL;
    for (size_t i = 0; i < PAGE_JOBS_KEPT; i++) {
        const struct job *j = &jobs->kept[i];
        if (j->id && j->id < than && (!found || j->id > found->id)) found = j;
    }
    return found;
}

json_t *page_jobs_json(struct page_jobs *jobs) {
    json_t *list = json_array();
    pthread_mutex_lock(&jobs->lock);
    for (const struct job *j = next_older(jobs, UINT64_MAX); list && j; j = next_older(jobs, j->id))
        json_array_append_new(list, job_json(j));
    pthread_mutex_unlock(&jobs->lock);
    return list;
}

bool page_jobs_said(struct page_jobs *jobs, uint64_t id, size_t most, struct buffer *out) {
    char path[512] = "", chunk[1 << 14];
    pthread_mutex_lock(&jobs->lock);
    const struct job *job = find(jobs, id);
    if (job) memcpy(path, job->log, sizeof path);
    pthread_mutex_unlock(&jobs->lock);
    if (!job) return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0, from = end > (off_t)most ? end - (off_t)most : 0;
    ssize_t n;
    if (fd >= 0) lseek(fd, from, SEEK_SET);
    while (fd >= 0 && out->len < most && (n = read(fd, chunk, sizeof chunk)) > 0) buffer_put(out, chunk, (size_t)n);
    if (fd >= 0) close(fd);
    return true;
}

const char *page_jobs_file(struct page_jobs *jobs, const char *ending, struct arena *arena, struct error *err) {
    pthread_mutex_lock(&jobs->lock);
    uint64_t n = ++jobs->files;
    pthread_mutex_unlock(&jobs->lock);
    return arena_printf(arena, err, "%s/file-%llu%s", jobs->folder, (unsigned long long)n, ending);
}
