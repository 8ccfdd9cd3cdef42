/* Facts from documents: see identity_card.h. */
#include "measure/rules/identity_card.h"

#include <string.h>

enum { FACTS_MOST = 256, DOCUMENT_MOST = 4 << 20, LINES_MOST = 20000 };

struct reading {
    const struct lm_file *file;
    const struct identity_rules *rules;
    struct identity_card *out;
    struct arena *arena;
    struct error *err;
};

static bool put_fact(struct reading *r, const char *fact, struct text value, const char *file, const char *key,
                     uint64_t offset) {
    struct text t = text_trim(value);
    while (t.len > 1 && (t.at[0] == '"' || t.at[0] == '\'') && t.at[t.len - 1] == t.at[0])
        t = text_part(t, 1, t.len - 1);
    if (!t.len || r->out->n == FACTS_MOST) return true;
    struct identity_fact *f = &r->out->fact[r->out->n];
    size_t len = t.len < 400 ? t.len : 400;
    char *copy = text_copy(r->arena, text_part(t, 0, len), r->err), *name = text_copy(r->arena, text_of(file), r->err);
    char *said = text_copy(r->arena, text_of(key), r->err);
    if (!copy || !name || !said) return false;
    *f = (struct identity_fact){fact, {copy, len}, name, said, offset};
    r->out->n++;
    return true;
}

/* ---- metadata of GGUF ---- */

static const struct {
    const char *key, *fact;
} gguf_keys[] = {{"general.name", "name"},
                 {"general.basename", "name"},
                 {"general.organization", "maker"},
                 {"general.author", "maker"},
                 {"general.version", "version"},
                 {"general.size_label", "version"},
                 {"general.finetune", "relation"},
                 {"general.quantized_by", "relation"},
                 {"general.license", "licence"},
                 {"general.architecture", "architecture"},
                 {"general.repo_url", "service"},
                 {"general.url", "service"},
                 {"general.description", "text"},
                 {"basanite.train.init", "trained from"},
                 {"basanite.adapter.base", "lineage"}};

static uint64_t place_of(const struct reading *r, struct text value, const char **name) {
    for (size_t i = 0; i < r->file->n_maps; i++) {
        const char *at = (const char *)r->file->maps[i].at;
        if (value.at < at || value.at >= at + r->file->maps[i].len) continue;
        if (r->file->names && r->file->names[i]) *name = r->file->names[i];
        return (uint64_t)(value.at - at);
    }
    return 0;
}

/* general.base_model.N.name and organization, general.dataset.N.name */
static const char *numbered(struct text key) {
    bool base = text_starts(key, TEXT("general.base_model.")), data = text_starts(key, TEXT("general.dataset."));
    bool name = text_ends(key, TEXT(".name")), maker = text_ends(key, TEXT(".organization"));
    if (base && (name || text_ends(key, TEXT(".repo_url")))) return name ? "lineage" : "lineage source";
    if (base && maker) return "lineage maker";
    return data && name ? "data" : NULL;
}

static const char *last_part(const char *path) {
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path ? path : "(built in)";
}

static bool read_template(struct reading *r, struct text t, const char *file, uint64_t offset) {
    struct text span;
    bool found;
    if (!identity_sentence(r->rules, t, r->arena, &span, &found, r->err)) return false;
    return !found || put_fact(r, "warning", span, file, "the chat template tells the model who it is", offset);
}

static bool read_metadata(struct reading *r) {
    for (size_t i = 0; i < r->file->n_metadata; i++) {
        const struct lm_entry *e = &r->file->metadata[i];
        const char *file = last_part(r->file->path), *fact = numbered(e->key);
        char key[128];
        if (e->value.kind != LM_VALUE_TEXT) continue;
        for (size_t k = 0; !fact && k < sizeof gguf_keys / sizeof *gguf_keys; k++)
            if (text_equal_c(e->key, gguf_keys[k].key)) fact = gguf_keys[k].fact;
        uint64_t at = place_of(r, e->value.text, &file);
        snprintf(key, sizeof key, "%.*s", (int)(e->key.len < 120 ? e->key.len : 120), e->key.at);
        if (fact && !put_fact(r, fact, e->value.text, file, key, at)) return false;
        if (text_equal_c(e->key, "tokenizer.chat_template") && !read_template(r, e->value.text, file, at)) return false;
    }
    return true;
}

/* ---- JSON beside the weights ---- */

static const struct {
    const char *key, *fact;
} json_keys[] = {{"_name_or_path", "name"},
                 {"base_model_name_or_path", "lineage"},
                 {"architectures", "architecture"},
                 {"model_type", "architecture"},
                 {"vocab_size", "tokens"},
                 {"chat_template", "template"},
                 {"transformers_version", "made with"}};

/* The bytes of a member's value at the top of an object; the key's text must be there as written. */
static size_t offset_of(struct text source, const char *key) {
    char quoted[80];
    int n = snprintf(quoted, sizeof quoted, "\"%s\"", key);
    size_t at = text_find(source, (struct text){quoted, (size_t)n}, 0);
    if (at == SIZE_MAX) return 0;
    for (at += (size_t)n; at < source.len && (source.at[at] == ':' || source.at[at] == ' '); at++) continue;
    return at;
}

static bool read_member(struct reading *r, const json_t *value, const char *key, const char *fact, struct text source,
                        const char *file) {
    char number[32];
    size_t at = offset_of(source, key);
    if (json_is_array(value)) value = json_array_get(value, 0);
    struct text t = json_text(value);
    if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        t = text_of(number);
    }
    return strcmp(fact, "template") == 0 ? read_template(r, t, file, at) : put_fact(r, fact, t, file, key, at);
}

static bool read_json(struct reading *r, struct text source, const char *file) {
    struct error why = {0};
    json_t *j = json_read(source, file, 1, &why);
    bool ok = j != NULL || put_fact(r, "warning", text_of(why.message), file, "not read", 0);
    for (size_t i = 0; ok && i < sizeof json_keys / sizeof *json_keys; i++) {
        const json_t *value = json_object_get(j, json_keys[i].key);
        if (value) ok = read_member(r, value, json_keys[i].key, json_keys[i].fact, source, file);
    }
    json_decref(j);
    return ok;
}

/* ---- cards and licences ---- */

static const struct {
    const char *key, *fact;
} card_keys[] = {{"base_model", "lineage"},   {"base_model_relation", "relation"}, {"license", "licence"},
                 {"model_name", "name"},      {"model_creator", "maker"},          {"datasets", "data"},
                 {"quantized_by", "relation"}};

/* "base_model: X", or the list below it ("- X"). */
static bool read_card_line(struct reading *r, struct text line, const char **open, const char *file, size_t at) {
    size_t colon = text_find(line, TEXT(":"), 0);
    struct text key = text_trim(text_part(line, 0, colon));
    if (*open && text_starts(text_trim(line), TEXT("- "))) {
        size_t dash = text_find(line, TEXT("- "), 0) + 2;
        return put_fact(r, *open, text_part(line, dash, line.len), file, "list", at + dash);
    }
    *open = NULL;
    for (size_t k = 0; colon != SIZE_MAX && k < sizeof card_keys / sizeof *card_keys; k++) {
        if (!text_equal_c(key, card_keys[k].key)) continue;
        size_t from = colon + 1;
        while (from < line.len && line.at[from] == ' ') from++;
        if (from == line.len) *open = card_keys[k].fact;
        return put_fact(r, card_keys[k].fact, text_part(line, from, line.len), file, card_keys[k].key, at + from);
    }
    return true;
}

/* A sentence of the card that says what the model was made from, by name. */
static bool read_prose(struct reading *r, struct text line, const char *file, size_t at) {
    static const struct text words[] = {TEXT("ine-tuned from "),
                                        TEXT("ine-tuned version of "),
                                        TEXT("based on "),
                                        TEXT("distilled from "),
                                        TEXT("merge of "),
                                        TEXT("quantized version of "),
                                        TEXT("quantised version of ")};
    struct text span;
    bool found;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        size_t where = text_find(line, words[k], 0);
        if (where == SIZE_MAX) continue;
        size_t from = where + words[k].len;
        struct text rest = text_part(line, from, from + 80 < line.len ? from + 80 : line.len);
        if (!identity_names(r->rules, NULL, rest, r->arena, &span, &found, r->err)) return false;
        if (found && !put_fact(r, "lineage", span, file, words[k].at, at + from)) return false;
    }
    return true;
}

static bool read_card(struct reading *r, struct text source, const char *file) {
    struct text rest = source, line;
    const char *open = NULL;
    bool front = text_starts(source, TEXT("---")), first = true;
    for (size_t i = 0; i < LINES_MOST && text_next(&rest, '\n', &line); i++) {
        size_t at = (size_t)(line.at - source.at);
        bool rule = text_starts(line, TEXT("---"));
        if (rule && !first) front = false;
        first = false;
        if (front && !rule && !read_card_line(r, line, &open, file, at)) return false;
        if (!front && text_starts(line, TEXT("# ")) && !identity_card_value(r->out, "title").len &&
            !put_fact(r, "title", text_part(line, 2, line.len), file, "heading", at + 2))
            return false;
        if (!front && !read_prose(r, line, file, at)) return false;
    }
    return true;
}

static bool read_licence(struct reading *r, struct text source, const char *file) {
    struct text rest = source, line;
    while (text_next(&rest, '\n', &line))
        if (text_trim(line).len)
            return put_fact(r, "licence", line, file, "first line", (uint64_t)(line.at - source.at));
    return true;
}

/* ---- all documents ---- */

typedef bool read_document(struct reading *r, struct text source, const char *file);

/* A document in the model's folder, where there is one; larger ones are left out by name. */
static bool read_beside(struct reading *r, const char *folder, const char *name, read_document *read) {
    struct error why = {0};
    struct text source;
    char *path = arena_printf(r->arena, r->err, "%s/%s", folder, name);
    if (!path) return false;
    if (!file_exists(path) || file_is_folder(path)) return true;
    if (!file_read(r->arena, path, DOCUMENT_MOST, &source, &why))
        return put_fact(r, "warning", text_of(why.message), name, "not read", 0);
    return read(r, source, name);
}

static bool read_chat_template(struct reading *r, struct text source, const char *file) {
    return read_template(r, source, file, 0);
}

static bool read_documents(struct reading *r) {
    static const struct {
        const char *name;
        read_document *read;
    } documents[] = {{"config.json", read_json},
                     {"adapter_config.json", read_json},
                     {"tokenizer_config.json", read_json},
                     {"chat_template.jinja", read_chat_template},
                     {"README.md", read_card},
                     {"MODEL_CARD.md", read_card},
                     {"LICENSE", read_licence},
                     {"LICENSE.txt", read_licence}};
    const char *path = r->file->path;
    if (!path) return true;
    bool is_folder = file_is_folder(path);
    char *folder = is_folder ? text_copy(r->arena, text_of(path), r->err) : file_beside(r->arena, path, ".", r->err);
    if (!folder) return false;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        if (!read_beside(r, folder, documents[i].name, documents[i].read)) return false;
    if (is_folder) return true;
    struct text stem = text_of(last_part(path));
    while (stem.len && stem.at[stem.len - 1] != '.') stem.len--;
    char *card = stem.len ? arena_printf(r->arena, r->err, "%.*scard.md", TEXT_ARG(stem)) : NULL;
    return !stem.len || (card && read_beside(r, folder, card, read_card));
}

bool identity_card_read(const struct lm_file *file, const struct identity_rules *rules, struct arena *arena,
                        struct identity_card *out, struct error *err) {
    struct reading r = {file, rules, out, arena, err};
    *out = (struct identity_card){.fact = arena_new(arena, struct identity_fact, FACTS_MOST, err)};
    return out->fact && read_metadata(&r) && read_documents(&r);
}

struct text identity_card_value(const struct identity_card *card, const char *fact) {
    for (size_t i = 0; i < card->n; i++)
        if (strcmp(card->fact[i].fact, fact) == 0) return card->fact[i].value;
    return TEXT("");
}

json_t *identity_card_json(const struct identity_card *card, struct error *err) {
    struct text name = identity_card_value(card, "name"), maker = identity_card_value(card, "maker");
    json_t *lineage = json_array(), *facts = json_array();
    bool ok = lineage && facts;
    for (size_t i = 0; ok && i < card->n; i++) {
        const struct identity_fact *f = &card->fact[i];
        ok = json_array_append_new(facts,
                                   json_pack("{s:s s:o s:o s:s}", "fact", f->fact, "value", json_from_text(f->value),
                                             "at", json_sprintf("%s:%llu", f->file, (unsigned long long)f->offset),
                                             "key", f->key)) == 0 &&
             (strcmp(f->fact, "lineage") != 0 || json_array_append_new(lineage, json_from_text(f->value)) == 0);
    }
    json_t *j = ok ? json_pack("{s:o* s:o* s:O s:O}", "name", name.len ? json_from_text(name) : NULL, "maker",
                               maker.len ? json_from_text(maker) : NULL, "lineage", lineage, "facts", facts)
                   : NULL;
    json_decref(lineage);
    json_decref(facts);
    if (!j) error_memory(err, "declared identity");
    return j;
}
