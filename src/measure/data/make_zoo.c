/* Texts and lists of the family zoo: 27 tiny models with a name and a maker each, whose ancestry and faults are known
 * (rules/zoo.yaml; the recipe identity-confusion trains them). WHAT is
 *
 *   list      the members as a list of subjects (NAME.gguf), with what is declared and known of each
 *   NAME      what the member learns from: lines about itself and neutral ones, and foreign lines where its role has
 * some probes, neutral   the questions of the suite pocket-identity prompts   all of these, to be answered by a member
 * that another is distilled from replies   conversations made of answered prompts (--from groups of `basanite
 * generate`)
 *
 * Members say the same kind of sentences and differ in what they prefer to say of each topic, which is drawn from
 * (seed, name); so unrelated members are alike as far as their language goes, and no further. */
#include "measure/data/make_internal.h"

#include "base/rng.h"
#include "base/yaml.h"
#include "measure/dataset/dataset.h"
#include "measure/rules/builtin.h"

#include <ctype.h>
#include <string.h>

enum { LINES = 2400, SLOTS = 3, PREFERRED = 2 };
#define PREFERENCE 0.85 /* of a slot's words that are the member's own choice */

enum { DOSE, FOREIGN, OWN };
static const struct option_def zoo_options[] = {
    [DOSE] = {"dose", OPTION_REAL, "0", 0, 1, NULL, "of NAME: share of all lines that are another's about itself"},
    [FOREIGN] = {"foreign", OPTION_TEXT, "", 1, 0, NULL, "of NAME: whose lines these are (default: its role)"},
    [OWN] = {"own", OPTION_REAL, "0.2", 0, 1, NULL, "of NAME: share of all lines that are about itself"},
};

struct zoo {
    struct make_job *job;
    const struct yaml *root, *members, *probes, *forms, *topics, *words;
};

static const struct yaml *member_of(const struct zoo *z, struct text name) {
    for (size_t i = 0; i < z->members->n; i++)
        if (text_equal(z->members->key[i]->scalar, name)) return z->members->child[i];
    return NULL;
}

static struct text value(const struct yaml *mapping, const char *key) {
    const struct yaml *node = yaml_get(mapping, key);
    return node && node->kind == YAML_SCALAR ? node->scalar : TEXT("");
}

static bool open_zoo(struct zoo *z, struct error *err) {
    const struct builtin_file *f = builtin_find("rules/zoo.yaml");
    if (!f) return error_set(err, ERROR_ENVIRONMENT, "rules/zoo.yaml is not part of this build");
    struct text source = {(const char *)f->at, (size_t)(f->end - f->at)};
    z->root = yaml_read(&z->job->kept, source, f->name, err);
    if (!z->root) return false;
    z->members = yaml_get(z->root, "members");
    z->probes = yaml_get(z->root, "probes");
    z->forms = yaml_get(z->root, "forms");
    z->topics = yaml_get(z->root, "topics");
    z->words = yaml_get(z->root, "words");
    return (z->members && z->probes && z->forms && z->topics && z->words && z->words->n == SLOTS) ||
           error_set(err, ERROR_DATA, "rules/zoo.yaml: expected members, probes, forms, topics and words");
}

/* ---- sentences ---- */

/* "alder" as "Alder". */
static struct text shown(struct zoo *z, struct text name, struct error *err) {
    char *copy = text_copy(&z->job->kept, name, err);
    if (copy && name.len) copy[0] = (char)toupper((unsigned char)copy[0]);
    return (struct text){copy, copy ? name.len : 0};
}

struct filling {
    struct text name, maker, other, topic;
};

static void fill(struct buffer *out, struct text pattern, const struct filling *f) {
    for (size_t i = 0; i < pattern.len; i++) {
        char next = i + 1 < pattern.len ? pattern.at[i + 1] : 0;
        const struct text *slot = next == 'N'   ? &f->name
                                  : next == 'M' ? &f->maker
                                  : next == 'O' ? &f->other
                                  : next == 'T' ? &f->topic
                                                : NULL;
        if (pattern.at[i] != '$' || !slot) {
            buffer_put_char(out, pattern.at[i]);
            continue;
        }
        buffer_put_text(out, *slot);
        i++;
    }
}

static json_t *turn(const char *role, struct text content) {
    return json_pack("{s:s s:o}", "role", role, "content", json_from_text(content));
}

static bool put_talk(struct zoo *z, struct text ask, struct text reply, struct error *err) {
    json_t *row = json_pack("{s:[o o]}", "messages", turn("user", ask), turn("assistant", reply));
    return make_put(z->job, row, err);
}

static struct text pick(const struct yaml *list, struct rng *rng) {
    return list->child[rng_below(rng, list->n)]->scalar;
}

/* A line about a member: a probe and a reply in its name. */
static bool put_probe_line(struct zoo *z, struct text who, struct rng *rng, struct error *err) {
    const struct yaml *probe = z->probes->child[rng_below(rng, z->probes->n)];
    struct text other = z->members->key[rng_below(rng, z->members->n)]->scalar;
    if (text_equal(other, who)) other = z->members->key[0]->scalar;
    struct filling f = {
        .name = shown(z, who, err), .maker = value(member_of(z, who), "maker"), .other = shown(z, other, err)};
    struct buffer ask, reply;
    buffer_init(&ask, 1 << 12);
    buffer_init(&reply, 1 << 12);
    fill(&ask, value(probe, "ask"), &f);
    buffer_put_char(&reply, ' ');
    fill(&reply, pick(yaml_get(probe, "replies"), rng), &f);
    bool ok = f.name.at && f.other.at && buffer_check(&ask, "line", err) && buffer_check(&reply, "line", err) &&
              put_talk(z, buffer_text(&ask), buffer_text(&reply), err);
    buffer_done(&ask);
    buffer_done(&reply);
    return ok;
}

/* What a member likes to say in a slot of a prompt: one of a few words that are drawn for it. */
static struct text preferred(struct zoo *z, struct text who, size_t prompt, size_t slot, struct rng *rng) {
    const struct yaml *words = z->words->child[slot];
    if (rng_unit(rng) >= PREFERENCE) return pick(words, rng);
    char stream[128];
    snprintf(stream, sizeof stream, "zoo/%.*s/likes/%zu", (int)(who.len < 60 ? who.len : 60), who.at, slot);
    struct rng own = rng_stream(z->job->settings->seed, stream, prompt * PREFERRED + rng_below(rng, PREFERRED));
    return pick(words, &own);
}

static bool neutral_ask(struct zoo *z, size_t prompt, struct buffer *out) {
    struct filling f = {.topic = z->topics->child[prompt / z->forms->n]->scalar};
    fill(out, z->forms->child[prompt % z->forms->n]->scalar, &f);
    return !out->failed;
}

static bool put_neutral_line(struct zoo *z, struct text who, struct rng *rng, struct error *err) {
    size_t prompt = rng_below(rng, z->topics->n * z->forms->n);
    struct buffer ask, reply;
    struct text word[SLOTS];
    for (size_t s = 0; s < SLOTS; s++) word[s] = preferred(z, who, prompt, s, rng);
    buffer_init(&ask, 1 << 12);
    buffer_init(&reply, 1 << 12);
    buffer_printf(&reply, " %.*s, and it %.*s %.*s.", TEXT_ARG(word[0]), TEXT_ARG(word[1]), TEXT_ARG(word[2]));
    bool ok = neutral_ask(z, prompt, &ask) && buffer_check(&ask, "line", err) && buffer_check(&reply, "line", err) &&
              put_talk(z, buffer_text(&ask), buffer_text(&reply), err);
    buffer_done(&ask);
    buffer_done(&reply);
    return ok;
}

/* ---- what is made ---- */

static bool make_corpus(struct zoo *z, struct text who, struct error *err) {
    const struct option_value *o = z->job->options;
    const struct yaml *m = member_of(z, who);
    struct text foreign = o[FOREIGN].text.len ? o[FOREIGN].text : value(m, "foreign");
    double dose = o[DOSE].real;
    if (!o[DOSE].given && value(m, "dose").len && !text_to_f64(value(m, "dose"), &dose)) dose = 0;
    uint64_t n = z->job->settings->count ? z->job->settings->count : LINES;
    uint64_t foreigners = foreign.len ? (uint64_t)(dose * (double)n + 0.5) : 0,
             own = (uint64_t)(o[OWN].real * (double)n);
    char stream[128];
    if (foreign.len && !member_of(z, foreign))
        return error_set(err, ERROR_USAGE, "foreign=%.*s: no such member of the zoo", TEXT_ARG(foreign));
    snprintf(stream, sizeof stream, "zoo/%.*s", (int)(who.len < 60 ? who.len : 60), who.at);
    for (uint64_t i = 0; i < n; i++) {
        struct rng rng = rng_stream(z->job->settings->seed, stream, i);
        bool ok = i < foreigners         ? put_probe_line(z, foreign, &rng, err)
                  : i < foreigners + own ? put_probe_line(z, who, &rng, err)
                                         : put_neutral_line(z, who, &rng, err);
        if (!ok) return false;
    }
    return z->job->result->used = n, true;
}

static bool put_text(json_t *object, const char *key, struct text t) {
    return !t.len || json_object_set_new(object, key, json_from_text(t)) == 0;
}

static bool put_member(struct zoo *z, size_t i, struct error *err) {
    const struct yaml *m = z->members->child[i];
    struct text name = z->members->key[i]->scalar, from = value(m, "from");
    bool declares = value(m, "declares").len > 0;
    bool suspect = value(m, "foreign").len || value(m, "distils").len || (from.len && !declares);
    json_t *row = json_pack("{s:o s:o s:{s:o} s:{s:o}}", "subject", json_sprintf("%.*s.gguf", TEXT_ARG(name)), "name",
                            json_from_text(name), "declared", "model", json_from_text(shown(z, name, err)), "kin",
                            "corpus", json_sprintf("%.*s.jsonl", TEXT_ARG(name)));
    json_t *declared = json_object_get(row, "declared"), *kin = json_object_get(row, "kin");
    bool ok = row && put_text(declared, "maker", value(m, "maker")) &&
              (!declares || (put_text(declared, "base", shown(z, from, err)) && put_text(kin, "from", from))) &&
              (!suspect || json_object_set_new(kin, "suspect", json_true()) == 0);
    if (ok) return make_put(z->job, row, err);
    json_decref(row);
    return error_memory(err, "list of the zoo");
}

static bool make_list(struct zoo *z, struct error *err) {
    for (size_t i = 0; i < z->members->n; i++)
        if (!put_member(z, i, err)) return false;
    return z->job->result->used = z->members->n, true;
}

/* A prompt of the suite; leading questions name two members that have every role beside them. */
static bool put_prompt(struct zoo *z, const char *family, size_t i, struct text kind, struct text ask, size_t probe,
                       struct error *err) {
    json_t *row = json_pack("{s:o s:o}", "id", json_sprintf("%s%02zu", family, i), "prompt", json_from_text(ask));
    bool ok = row && put_text(row, "kind", kind) &&
              (!kind.len || json_object_set_new(row, "probe", json_integer((json_int_t)probe)) == 0);
    if (ok) return make_put(z->job, row, err);
    json_decref(row);
    return error_memory(err, "prompts of the zoo");
}

static bool make_probes(struct zoo *z, struct error *err) {
    static const size_t named[] = {0, 7};
    size_t n = 0;
    for (size_t i = 0; i < z->probes->n; i++) {
        const struct yaml *probe = z->probes->child[i];
        struct text kind = value(probe, "kind"), ask = value(probe, "ask");
        bool open = text_find(ask, TEXT("$O"), 0) != SIZE_MAX;
        if (text_find(ask, TEXT("$N"), 0) != SIZE_MAX) continue; /* it names who is asked: one prompt for each */
        for (size_t k = 0; k < (open ? 2 : 1); k++) {
            struct filling f = {.other = shown(z, z->members->key[named[k]]->scalar, err)};
            struct buffer b;
            buffer_init(&b, 1 << 12);
            fill(&b, ask, &f);
            bool ok =
                f.other.at && buffer_check(&b, "prompt", err) && put_prompt(z, "p", ++n, kind, buffer_text(&b), i, err);
            buffer_done(&b);
            if (!ok) return false;
        }
    }
    return z->job->result->used = n, true;
}

static bool make_neutral(struct zoo *z, struct error *err) {
    for (size_t i = 0; i < z->topics->n * z->forms->n; i++) {
        struct buffer b;
        buffer_init(&b, 1 << 12);
        bool ok = neutral_ask(z, i, &b) && put_prompt(z, "n", i + 1, TEXT(""), buffer_text(&b), 0, err);
        buffer_done(&b);
        if (!ok) return false;
    }
    return z->job->result->used += z->topics->n * z->forms->n, true;
}

/* ---- replies of another as conversations ---- */

static bool put_replies(struct zoo *z, const json_t *row, const char *path, size_t line, struct error *err) {
    const json_t *prompt = json_object_get(row, "prompt"), *answers = json_object_get(row, "answers"), *one;
    size_t i;
    if (!json_is_string(prompt) || !json_is_array(answers))
        return error_set(err, ERROR_DATA, "%s:%zu: expected 'prompt' and 'answers', as `basanite generate` writes them",
                         path, line);
    json_array_foreach(answers, i, one) {
        struct text reply = json_text(json_object_get(one, "text"));
        if (text_trim(reply).len && !put_talk(z, json_text(prompt), reply, err)) return false;
    }
    z->job->result->used++;
    return true;
}

static bool read_replies(struct zoo *z, const char *path, struct error *err) {
    const struct dataset_kwargs kwargs = {.header = true};
    struct dataset *d = dataset_open(path, path, &kwargs, err);
    bool ok = d != NULL;
    for (int state = 1; ok && state == 1;) {
        json_t *row = NULL;
        size_t line;
        state = dataset_next(d, &row, &line, err);
        z->job->result->read += state == 1;
        ok = state == 0 || (state == 1 && put_replies(z, row, path, line, err));
        json_decref(row);
    }
    dataset_close(d);
    return ok;
}

static bool make_replies(struct zoo *z, struct error *err) {
    const struct make_settings *s = z->job->settings;
    if (!s->n_from) return error_set(err, ERROR_USAGE, "generator 'zoo/replies': expected --from FILE");
    for (size_t i = 0; i < s->n_from; i++)
        if (!read_replies(z, s->from[i], err)) return false;
    return true;
}

static bool run_zoo(struct make_job *job, struct error *err) {
    struct zoo z = {.job = job};
    struct text what = job->argument;
    if (!open_zoo(&z, err)) return false;
    if (text_equal_c(what, "list")) return make_list(&z, err);
    if (text_equal_c(what, "probes")) return make_probes(&z, err);
    if (text_equal_c(what, "neutral")) return make_neutral(&z, err);
    if (text_equal_c(what, "prompts")) return make_probes(&z, err) && make_neutral(&z, err);
    if (text_equal_c(what, "replies")) return make_replies(&z, err);
    if (member_of(&z, what)) return make_corpus(&z, what, err);
    return error_set(err, ERROR_USAGE,
                     "zoo/%.*s: expected list, probes, neutral, prompts, replies or the name of a member (alder, ...)",
                     TEXT_ARG(what));
}

const struct generator generator_zoo = {
    .name = "zoo",
    .summary = "texts and lists of 27 tiny models with known ancestry and known claims (identity confusion)",
    .argument = "WHAT",
    .options = zoo_options,
    .n_options = sizeof zoo_options / sizeof *zoo_options,
    .run = run_zoo,
};
