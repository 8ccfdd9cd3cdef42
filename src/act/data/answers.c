/* Groups of answers: see answers.h. */
#include "act/data/answers_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void digest(struct answers *a) {
    struct sha256 sha;
    sha256_init(&sha);
    for (size_t i = 0; i < a->n_labels; i++) {
        uint64_t n = a->labels[i].len;
        sha256_add(&sha, &n, sizeof n);
        sha256_add(&sha, a->labels[i].at, a->labels[i].len);
    }
    for (size_t g = 0; g < a->n_groups; g++) {
        const struct answer_group *group = &a->groups[g];
        uint64_t n = group->n;
        sha256_add(&sha, &n, sizeof n);
        sha256_add(&sha, &group->weight, sizeof group->weight);
        for (size_t i = 0; i < group->n; i++) {
            const struct graded_answer *x = &group->answers[i];
            int32_t level = x->level;
            n = x->n;
            sha256_add(&sha, &n, sizeof n);
            sha256_add(&sha, x->ids, x->n * sizeof *x->ids);
            sha256_add(&sha, x->counted, x->n * sizeof *x->counted);
            sha256_add(&sha, &x->reward, sizeof x->reward);
            sha256_add(&sha, &level, sizeof level);
        }
    }
    sha256_end_hex(&sha, a->digest);
}

static bool read_files(struct answers *a, struct error *err) {
    for (size_t i = 0; i < a->settings.n; i++) {
        size_t before = a->n_groups;
        if (!answers_read(a, a->settings.paths[i], err)) return false;
        if (a->n_groups == before) return error_set(err, ERROR_DATA, "'%s': no answers in it", a->settings.paths[i]);
    }
    return pass_order_init(&a->order, a->n_groups, a->settings.shuffle, a->settings.seed, "answers/order", err);
}

static size_t prompt_of(const struct graded_answer *a) {
    size_t n = 0;
    while (!a->counted[n]) n++;
    return n;
}

/* The prompt of `a` with the answer of `b`. */
static bool mismatch(struct answers *set, const struct graded_answer *a, const struct graded_answer *b,
                     struct graded_answer *out, struct error *err) {
    size_t prompt = prompt_of(a), from = prompt_of(b), n = prompt + b->n - from;
    if (n > set->settings.context) n = set->settings.context;
    int32_t *ids = arena_new(&set->arena, int32_t, n, err);
    bool *counted = arena_new(&set->arena, bool, n, err);
    if (!ids || !counted) return false;
    *out = (struct graded_answer){.ids = ids, .counted = counted, .n = n, .reward = NAN};
    memcpy(ids, a->ids, prompt * sizeof *ids);
    for (size_t i = prompt; i < n; i++) {
        ids[i] = b->ids[from + i - prompt];
        counted[i] = b->counted[from + i - prompt];
        out->n_counted += counted[i];
    }
    return true;
}

static bool add_mismatched(struct answers *set, struct error *err) {
    for (size_t g = 0; g < set->n_groups; g++) {
        struct answer_group *group = &set->groups[g], *next = &set->groups[(g + 1) % set->n_groups];
        struct graded_answer *two = arena_new(&set->arena, struct graded_answer, 2, err);
        if (!two || !mismatch(set, &group->answers[0], &next->answers[0], &two[1], err)) return false;
        two[0] = group->answers[0];
        group->answers = two;
        group->n = 2;
    }
    return true;
}

/* Those of another set, which are known before anything is read. */
static bool take_labels(struct answers *set, struct error *err) {
    const struct answers *from = set->settings.labels;
    if (!from || !from->n_labels) return true;
    set->n_labels = set->labels_capacity = from->n_labels;
    set->labels = memory_alloc(set->n_labels * sizeof *set->labels);
    if (!set->labels) return error_memory(err, "labels");
    memcpy(set->labels, from->labels, set->n_labels * sizeof *set->labels);
    return true;
}

static int by_bytes(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* Labels in byte order, whatever row came first; levels follow. */
static bool sort_labels(struct answers *set, struct error *err) {
    size_t n = set->n_labels;
    if (!n || set->settings.labels) return true;
    struct text *came = arena_new(&set->arena, struct text, n, err);
    int *place = came ? arena_new(&set->arena, int, n, err) : NULL;
    if (!place) return false;
    memcpy(came, set->labels, n * sizeof *came);
    qsort(set->labels, n, sizeof *set->labels, by_bytes);
    for (size_t i = 0; i < n; i++)
        place[i] = (int)((struct text *)bsearch(&came[i], set->labels, n, sizeof *came, by_bytes) - set->labels) + 1;
    for (size_t g = 0; g < set->n_groups; g++)
        set->groups[g].answers[0].level = place[set->groups[g].answers[0].level - 1];
    return n > 1 || error_set(err, ERROR_DATA, "'%s': all rows have the label '%.*s'; a classifier needs two and more",
                              set->settings.paths[0], TEXT_ARG(set->labels[0]));
}

/* Counts, and where the tokens of each answer stand among all. */
static void count(struct answers *set) {
    for (size_t g = 0; g < set->n_groups; g++)
        for (size_t i = 0; i < set->groups[g].n; i++) {
            struct graded_answer *a = &set->groups[g].answers[i];
            a->first_counted = set->n_counted;
            a->ordinal = set->n_answers;
            set->n_answers++;
            set->n_tokens += a->n;
            set->n_counted += a->n_counted;
            if (a->n > set->longest) set->longest = a->n;
        }
}

struct answers *answers_new(const struct answers_settings *settings, struct error *err) {
    struct answers *a = memory_zeroed(1, sizeof *a);
    if (!a) return error_memory(err, "answers"), NULL;
    a->settings = *settings;
    arena_init(&a->arena, (size_t)8 << 30);
    if (!take_labels(a, err) || !read_files(a, err) || !sort_labels(a, err) ||
        (settings->mismatched && !add_mismatched(a, err))) {
        answers_free(a);
        return NULL;
    }
    count(a);
    digest(a);
    return a;
}

void answers_free(struct answers *a) {
    if (!a) return;
    memory_free(a->groups);
    memory_free(a->labels);
    pass_order_done(&a->order);
    arena_done(&a->arena);
    memory_free(a);
}

size_t answers_groups(const struct answers *a) {
    return a->n_groups;
}

uint64_t answers_count(const struct answers *a) {
    return a->n_answers;
}

uint64_t answers_tokens(const struct answers *a) {
    return a->n_tokens;
}

uint64_t answers_counted(const struct answers *a) {
    return a->n_counted;
}

size_t answers_longest(const struct answers *a) {
    return a->longest;
}

size_t answers_labels(const struct answers *a, const struct text **labels) {
    *labels = a->labels;
    return a->n_labels;
}

const char *answers_digest(const struct answers *a) {
    return a->digest;
}

const struct answer_group *answers_group(const struct answers *a, size_t i) {
    return &a->groups[i];
}

const struct answer_group *answers_next(struct answers *a, uint64_t at) {
    return &a->groups[pass_order_at(&a->order, at)];
}
