/* Log-probabilities of all answers under the reference, computed once before the first step. They are kept in
 * OUT.reference until the training has ended, so that one that goes on does not compute them again:
 *   "BASANITE-REFERENCE-1\n", 64 hexadecimal digits of what they depend on, "\n", f32 of each token of an answer, 64
 *   hexadecimal digits: sha256 of all bytes before. */
#include "act/train/train_internal.h"

#include "base/file.h"

#include <string.h>
#include <unistd.h>

static const char magic[] = "BASANITE-REFERENCE-1\n";
enum { MAGIC = sizeof magic - 1, HEX = 64, HEAD = MAGIC + HEX + 1 };

/* Weights, answers, and what makes the products. */
static void digest_key(const struct train *t, struct lm_trainable *model, char key[HASH_HEX]) {
    struct sha256 sha;
    char weights[HASH_HEX];
    lm_trainable_digest(model, weights);
    sha256_init(&sha);
    sha256_add(&sha, weights, HEX);
    sha256_add(&sha, answers_digest(t->answers), HEX);
    if (t->valid_answers) sha256_add(&sha, answers_digest(t->valid_answers), HEX);
    sha256_add(&sha, t->settings.bf16 ? "bf16" : "f32 ", 4);
    const char *isa = matmul_isa_name();
    sha256_add(&sha, isa, strlen(isa));
    sha256_end_hex(&sha, key);
}

static size_t values(const struct train *t) {
    return answers_counted(t->answers) + (t->valid_answers ? answers_counted(t->valid_answers) : 0);
}

/* False when there is no file, or one of something else: then they are computed. */
static bool load(struct train *t, const char *key) {
    struct file_map map;
    struct error ignored;
    char hex[HASH_HEX];
    size_t bytes = values(t) * sizeof(float);
    if (!file_exists(t->reference_path) || !file_map(t->reference_path, &map, &ignored)) return false;
    bool ok = map.len == HEAD + bytes + HEX && memcmp(map.at, magic, MAGIC) == 0 &&
              memcmp((const char *)map.at + MAGIC, key, HEX) == 0;
    if (ok) sha256_hex(map.at, map.len - HEX, hex);
    ok = ok && memcmp(hex, (const char *)map.at + map.len - HEX, HEX) == 0;
    if (ok) memcpy(t->reference, (const char *)map.at + HEAD, bytes);
    file_unmap(&map);
    return ok;
}

static bool save(const struct train *t, const char *key, struct error *err) {
    struct file_out out;
    struct sha256 sha;
    char hex[HASH_HEX];
    const struct {
        const void *at;
        size_t n;
    } parts[] = {{magic, MAGIC}, {key, HEX}, {"\n", 1}, {t->reference, values(t) * sizeof(float)}};
    if (!file_out_open(&out, t->reference_path, err)) return false;
    sha256_init(&sha);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        file_out_put(&out, parts[i].at, parts[i].n);
        sha256_add(&sha, parts[i].at, parts[i].n);
    }
    sha256_end_hex(&sha, hex);
    file_out_put(&out, hex, HEX);
    bool ok = file_out_commit(&out, err);
    file_out_abandon(&out);
    return ok;
}

/* In the order of the set, as first_counted of graded_answer counts. */
static bool score_all(struct train *t, struct lm_trainable *model, const struct answers *set, float *out,
                      struct error *err) {
    for (size_t i = 0, n = answers_groups(set), some; i < n; i += some) {
        const struct answer_group *groups[64];
        for (some = 0; some < 64 && i + some < n; some++) groups[some] = answers_group(set, i + some);
        bool stop;
        if (!team_any(t->settings.team, interrupted(t->settings.stop), &stop, err)) return false;
        if (stop)
            return error_set(err, ERROR_INTERRUPTED, "interrupted while the reference answered; nothing is lost");
        if (!train_answers_score(t, model, groups, some, out + groups[0]->answers[0].first_counted, NULL, err))
            return false;
    }
    return true;
}

static bool compute(struct train *t, struct lm_trainable *model, const char *key, struct error *err) {
    bool ok = score_all(t, model, t->answers, t->reference, err) &&
              (!t->valid_answers || score_all(t, model, t->valid_answers, t->valid_reference, err));
    t->tokens = 0;
    if (team_rank(t->settings.team) == 0) ok = ok && save(t, key, err);
    return team_agree(t->settings.team, ok, err);
}

static bool load_model(struct train *t, struct error *err) {
    const struct lm_load_options options = {
        .compute = MATMUL_F32, .keep_values = true, .builtins = t->settings.builtins};
    const char *path = t->settings.reference;
    char own[65], theirs[65];
    if (!(t->reference_model = lm_model_load(path, &options, err))) return false;
    if (!t->reference_model->tokenizer)
        return error_set(err, ERROR_DATA, "'%s' brings no tokenizer and none lies beside it", path);
    if (!tokenizer_digest(t->model->tokenizer, own) || !tokenizer_digest(t->reference_model->tokenizer, theirs))
        return error_memory(err, "tokenizer");
    if (memcmp(own, theirs, sizeof own) != 0)
        return error_set(err, ERROR_USAGE, "the reference '%s' has another vocabulary than '%s'", path,
                         t->settings.init);
    memcpy(t->reference_digest, t->reference_model->digest, sizeof t->reference_digest);
    return true;
}

/* The model as it begins is a copy only where it has to answer again while the model learns. */
bool train_reference_open(struct train *t, struct error *err) {
    const char *path = t->settings.reference;
    if (!t->objective->reference)
        return !path ||
               error_set(err, ERROR_USAGE, "objective %s has no reference; leave out --reference", t->objective->name);
    if (path && !load_model(t, err)) return false;
    if (!path && !t->prompts) return true;
    return (t->other = lm_trainable_new(path ? t->reference_model : t->model, err)) != NULL;
}

static void close_model(struct train *t) {
    lm_trainable_free(t->other);
    lm_model_free(t->reference_model);
    t->other = NULL;
    t->reference_model = NULL;
}

bool train_reference(struct train *t, struct error *err) {
    char key[HASH_HEX];
    if (!t->objective->reference || !t->answers || t->reference) return true;
    t->reference = arena_new(&t->arena, float, values(t), err);
    if (!t->reference) return false;
    t->valid_reference = t->valid_answers ? t->reference + answers_counted(t->answers) : NULL;
    struct lm_trainable *model = t->other ? t->other : t->trainable;
    digest_key(t, model, key);
    bool missing;
    if (!team_any(t->settings.team, !load(t, key), &missing, err) || (missing && !compute(t, model, key, err)))
        return false;
    close_model(t);
    return true;
}
