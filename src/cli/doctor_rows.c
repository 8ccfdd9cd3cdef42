/* What is built in and what this machine and its folders have: see doctor_rows.h. */
#include "cli/doctor_rows.h"

#include "base/file.h"
#include "base/pool.h"
#include "base/team_mpi.h"
#include "cli/commands.h"
#include "lm/engine/engine_kernel.h"
#include "tensor/matmul.h"
#include "measure/rules/builtin.h"
#include "solver/mona.h"
#include "solver/prolog.h"
#include "solver/smt.h"

#include <curl/curl.h>
#include <libfyaml.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>
#include <xxhash.h>

struct doctor {
    struct arguments *args;
    struct doctor_row *rows;
    size_t n;
    const char *group;
    struct error *err;
};

static bool add(struct doctor *d, const char *name, const char *value, bool there, const char *note) {
    struct arena *arena = d->args->arena;
    if (d->n == DOCTOR_ROWS_MOST) return true;
    char *kept = text_copy(arena, text_of(value), d->err), *why = text_copy(arena, text_of(note), d->err);
    char *called = text_copy(arena, text_of(name), d->err);
    if (!kept || !why || !called) return false;
    d->rows[d->n++] = (struct doctor_row){d->group, called, kept, there, why};
    return true;
}

/* ---- parts ---- */

static bool add_products(struct doctor *d, const char *name, enum matmul_type type) {
    char what[128];
    struct error why = {0};
    bool ok = matmul_describe(type, what, sizeof what, &why);
    return add(d, name, ok ? what : "", ok, ok ? "" : why.message);
}

static bool add_pcre2(struct doctor *d) {
    char version[64] = "";
    uint32_t jit = 0;
    pcre2_config(PCRE2_CONFIG_VERSION, version);
    pcre2_config(PCRE2_CONFIG_JIT, &jit);
    char *space = strchr(version, ' ');
    if (space) *space = 0;
    return add(d, "pcre2", version, true, "") &&
           add(d, "pcre2-jit", jit ? "on" : "", jit, jit ? "" : "patterns are interpreted: tokenizers are slower");
}

static bool add_curl(struct doctor *d) {
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    bool tls = info->features & CURL_VERSION_SSL;
    return add(d, "libcurl", info->version, true, "") &&
           add(d, "tls", tls ? info->ssl_version : "", tls, tls ? "" : "subjects openai:https:// are off");
}

static bool add_z3(struct doctor *d) {
    char version[32];
    smt_version(version);
    return add(d, "z3", version, *version,
               *version ? "" : "puzzles are checked by enumeration alone, formulas of cases not at all");
}

/* Programs that decide splits of assurance cases. */
static bool add_solvers(struct doctor *d) {
    char swipl[32];
    bool mona = mona_there(), prolog = prolog_version(swipl);
    return add_z3(d) &&
           add(d, "mona", mona ? "there" : "", mona,
               mona ? "" : "claims about sets are decided where all can be tried") &&
           add(d, "swipl", swipl, prolog, prolog ? "" : "rules are proved by our own engine alone");
}

static bool add_mpi(struct doctor *d) {
    char version[64];
    struct error why = {0};
    bool there = team_mpi_version(version, &why);
    return add(d, "mpi", version, there, there ? "" : why.message);
}

static bool add_parts(struct doctor *d) {
    char version[32], xxhash[32];
    unsigned x = XXH_versionNumber();
    matmul_version(version);
    snprintf(xxhash, sizeof xxhash, "%u.%u.%u", x / 10000, x / 100 % 100, x % 100);
    d->group = "parts";
    return add(d, "basanite", BASANITE_VERSION, true, "") && add(d, "onednn", version, true, "") &&
           add_products(d, "products-f32", MATMUL_F32) && add_products(d, "products-bf16", MATMUL_BF16) &&
           add(d, "sqlite", sqlite3_libversion(), true, "") && add_curl(d) &&
           add(d, "jansson", jansson_version_str(), true, "") && add(d, "libfyaml", fy_library_version(), true, "") &&
           add_pcre2(d) && add(d, "utf8proc", utf8proc_version(), true, "") && add(d, "xxhash", xxhash, true, "") &&
           add_solvers(d) && add_mpi(d);
}

/* ---- machine ---- */

static bool add_memory(struct doctor *d) {
    char value[64];
    double pages = (double)sysconf(_SC_PHYS_PAGES), left = (double)sysconf(_SC_AVPHYS_PAGES);
    double page = (double)sysconf(_SC_PAGESIZE), gib = 1024.0 * 1024 * 1024;
    snprintf(value, sizeof value, "%.1f GiB, %.1f GiB of them unused", pages * page / gib, left * page / gib);
    return add(d, "memory", value, true, "");
}

static bool add_self_test(struct doctor *d) {
    struct error why = {0};
    bool ok = matmul_self_test(&why);
    return add(d, "self-test", ok ? "a row's products do not depend on its neighbours" : "", ok, ok ? "" : why.message);
}

static bool add_machine(struct doctor *d) {
    char cores[64];
    bool half = matmul_bf16_is_native();
    snprintf(cores, sizeof cores, "%zu for this process, %ld in all", pool_processors(), sysconf(_SC_NPROCESSORS_ONLN));
    d->group = "machine";
    return add(d, "cores", cores, true, "") && add_memory(d) && add(d, "instructions", matmul_isa_name(), true, "") &&
           add(d, "kernels", engine_kernels()->name, true, "") &&
           add(d, "bf16", half ? "native" : "", half,
               half ? "" : "bf16 products are computed in f32 on rounded operands: correct, but slower than f32") &&
           add_self_test(d);
}

/* ---- data ---- */

/* The folder in which the first data file of a task was found; what is built in has none. */
static bool find_folder(struct doctor *d, const struct task *task, const char *path, char *out, size_t max) {
    struct error ignored = {0};
    json_t *config = task_config_json(task);
    const json_t *name = json_object_get(json_array_get(json_object_get(config, "data"), 0), "path");
    char *copy = text_copy(d->args->arena, json_text(name), d->err);
    char *found = copy && *copy ? file_find(d->args->arena, copy, path, &ignored) : NULL;
    const char *slash = found ? strrchr(found, '/') : NULL;
    snprintf(out, max, "%.*s", slash ? (int)(slash - found) : 8, slash ? found : "built in");
    json_decref(config);
    return copy != NULL;
}

/* A suite is there when the data of all its tasks are. */
static bool add_suite(struct doctor *d, const char *name, const struct task_settings *settings) {
    struct error why = {0};
    char folder[256] = "";
    struct suite *suite = suite_load(name, settings, &why);
    bool there = suite != NULL, ok = true;
    for (size_t i = 0; there && i < suite->n_tasks; i++) {
        if (task_makes_rows(suite->tasks[i])) continue;
        struct task_items *items = task_open(suite->tasks[i], &why);
        there = items != NULL;
        task_close(items);
    }
    if (there && task_makes_rows(suite->tasks[0]))
        snprintf(folder, sizeof folder, "made from the pocket world");
    else if (there)
        ok = find_folder(d, suite->tasks[0], settings->path, folder, sizeof folder);
    suite_free(suite);
    return ok && add(d, name, folder, there, there ? "" : why.message);
}

static bool add_data(struct doctor *d) {
    struct task_settings settings;
    size_t n;
    const struct builtin_file *files = builtin_files(&n);
    const char *path = getenv("BASANITE_PATH");
    d->group = "data";
    if (!common_task_settings(d->args, &settings, d->err)) return false;
    bool named = path && *path;
    if (!add(d, "path", named ? path : ".", true, named ? "" : "BASANITE_PATH names folders to look in (a colon list)"))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct text name = text_of(files[i].name);
        if (!text_starts(name, TEXT("suites/")) || !text_ends(name, TEXT(".yaml"))) continue;
        char *shown = text_copy(d->args->arena, text_part(name, 7, name.len - 5), d->err);
        if (!shown || !add_suite(d, shown, &settings)) return false;
    }
    return true;
}

/* ---- model ---- */

static bool add_model(struct doctor *d) {
    struct lm_builtins builtins = common_builtins();
    char digest[HASH_HEX];
    d->group = "model";
    for (size_t i = 0; i < builtins.n; i++) {
        const struct lm_builtin *model = &builtins.model[i];
        sha256_hex(model->at, model->bytes, digest);
        const char *value = arena_printf(d->args->arena, d->err, "%zu bytes, sha256 %s", model->bytes, digest);
        if (!value || !add(d, model->name, value, true, "")) return false;
    }
    return builtins.n ||
           add(d, "pocket", "", false, "the built-in models are off: name a model file or endpoint with --subject");
}

bool doctor_rows(struct arguments *args, struct doctor_row rows[DOCTOR_ROWS_MOST], size_t *n, struct error *err) {
    struct doctor d = {.args = args, .rows = rows, .err = err};
    bool ok = add_parts(&d) && add_machine(&d) && add_data(&d) && add_model(&d);
    *n = d.n;
    return ok;
}
