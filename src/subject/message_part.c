/* Parts of messages: see message_part.h. */
#include "subject/message_part.h"

#include "base/base64.h"
#include "base/file.h"
#include "base/hash.h"
#include "media/image/image.h"
#include "media/sound/sound.h"

#include <string.h>

/* ---- reading ---- */

/* Folders that a release (AudioTrust) spells wrongly, and copies of it rightly. */
static const char *const spellings[][2] = {{"halucination", "hallucination"}, {"rubstness", "robustness"}};

static const char *respelt(const char *name, size_t k, struct arena *arena, struct error *err) {
    for (size_t from = 0; from < 2; from++) {
        const char *is = spellings[k][from], *at = strstr(name, is);
        if (at)
            return arena_printf(arena, err, "%.*s%s%s", (int)(at - name), name, spellings[k][1 - from],
                                at + strlen(is));
    }
    return NULL;
}

/* NULL: it is nowhere. */
static const char *find_as(const char *name, const char *beside, const char *folders, struct arena *arena) {
    struct error ignored = {0};
    const char *near = beside && *beside && *name != '/' ? file_beside(arena, beside, name, &ignored) : name;
    if (near && file_exists(near)) return near;
    return file_find(arena, name, folders ? folders : "", &ignored);
}

const char *message_file_find(struct text name, const char *beside, const char *folders, struct arena *arena,
                              bool *there, struct error *err) {
    struct error ignored = {0};
    const char *plain = text_copy(arena, name, err), *found;
    if (!plain) return NULL;
    found = find_as(plain, beside, folders, arena);
    for (size_t k = 0; !found && k < sizeof spellings / sizeof *spellings; k++) {
        const char *other = respelt(plain, k, arena, &ignored);
        if (other) found = find_as(other, beside, folders, arena);
    }
    *there = found && file_exists(found);
    return *there ? found : plain;
}

bool message_part_file(enum message_part_kind kind, struct text name, const char *beside, const char *folders,
                       struct arena *arena, struct message_part *out, struct error *err) {
    struct error why = {0};
    bool there;
    const char *path = message_file_find(name, beside, folders, arena, &there, err);
    char *kept = path ? text_copy(arena, name, err) : NULL;
    *out = (struct message_part){.kind = kind, .text = {kept, name.len}, .path = path};
    if (!kept) return false;
    if (there && !sha256_file(path, out->digest, &why)) out->digest[0] = 0; /* told when it would be sent */
    return true;
}

static bool is_type(const json_t *part, const char *type) {
    return text_equal_c(json_text(json_object_get(part, "type")), type);
}

static bool file_name(const json_t *holder, const char *key, struct json_place place, struct text *out,
                      struct error *err) {
    if (json_object_get(holder, "data"))
        return error_set(err, ERROR_DATA,
                         "%s:%zu: %s: bytes that are embedded are not read; name a file: {\"%s\": FILE}", place.file,
                         place.line, place.path, key);
    if (!json_get_text(holder, key, place, out, err)) return false;
    bool elsewhere = text_find(*out, TEXT("://"), 0) != SIZE_MAX, embedded = text_starts(*out, TEXT("data:"));
    return (out->len && !elsewhere && !embedded) ||
           error_set(err, ERROR_DATA,
                     "%s:%zu: %s.%s: expected the name of a file; nothing is fetched, and no embedded bytes are read",
                     place.file, place.line, place.path, key);
}

static bool read_part(const json_t *part, struct json_place place, const char *folders, struct arena *arena,
                      struct message_part *out, struct error *err) {
    const json_t *picture = json_object_get(part, "image_url"), *sound = json_object_get(part, "input_audio");
    struct text text;
    if (is_type(part, "text")) {
        if (!json_get_text(part, "text", place, &text, err)) return false;
        char *kept = text_copy(arena, text, err);
        *out = (struct message_part){.kind = PART_TEXT, .text = {kept, text.len}};
        return kept != NULL;
    }
    if (is_type(part, "image_url") && json_is_object(picture))
        return file_name(picture, "url", place, &text, err) &&
               message_part_file(PART_IMAGE, text, place.file, folders, arena, out, err);
    if (is_type(part, "input_audio") && json_is_object(sound))
        return file_name(sound, "file", place, &text, err) &&
               message_part_file(PART_SOUND, text, place.file, folders, arena, out, err);
    return json_mismatch(part, "part", place,
                         "{type: text, text}, {type: image_url, image_url: {url}} or {type: input_audio, input_audio: "
                         "{file}}",
                         err);
}

/* The words of the text parts, a line each. */
static bool join_words(struct message *m, struct arena *arena, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    for (size_t i = 0; i < m->n_parts; i++) {
        if (m->parts[i].kind != PART_TEXT) continue;
        if (b.len) buffer_put_char(&b, '\n');
        buffer_put_text(&b, m->parts[i].text);
    }
    char *kept = buffer_check(&b, "message", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    m->text = (struct text){kept, b.len};
    buffer_done(&b);
    return kept != NULL;
}

bool message_content_read(const json_t *content, struct json_place place, const char *folders, struct arena *arena,
                          struct message *out, struct error *err) {
    size_t n = json_array_size(content);
    if (json_is_string(content)) {
        char *kept = text_copy(arena, json_text(content), err);
        out->text = (struct text){kept, json_string_length(content)};
        return kept != NULL;
    }
    if (!json_is_array(content) || n == 0 || n > MESSAGE_PARTS_MOST)
        return json_mismatch(content, "content", place, "a text, or a list of 1 to 64 parts", err);
    struct message_part *parts = arena_new(arena, struct message_part, n, err);
    if (!parts) return false;
    for (size_t i = 0; i < n; i++)
        if (!read_part(json_array_get(content, i), place, folders, arena, &parts[i], err)) return false;
    out->parts = parts;
    out->n_parts = n;
    return join_words(out, arena, err);
}

/* ---- keeping ---- */

static json_t *part_json(const struct message_part *p) {
    if (p->kind == PART_TEXT) return json_pack("{s:s s:o}", "type", "text", "text", json_from_text(p->text));
    bool picture = p->kind == PART_IMAGE;
    return json_pack("{s:s s:{s:o s:s}}", "type", picture ? "image_url" : "input_audio",
                     picture ? "image_url" : "input_audio", picture ? "url" : "file", json_from_text(p->text), "sha256",
                     p->digest);
}

json_t *message_content_json(const struct message *m) {
    if (!m->n_parts) return json_from_text(m->text);
    json_t *list = json_array();
    for (size_t i = 0; list && i < m->n_parts; i++) json_array_append_new(list, part_json(&m->parts[i]));
    return list;
}

int messages_need(const struct message *messages, size_t n) {
    int bits = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < messages[i].n_parts; k++) {
            enum message_part_kind kind = messages[i].parts[k].kind;
            bits |= kind == PART_IMAGE ? SUBJECT_SEES : kind == PART_SOUND ? SUBJECT_HEARS : 0;
        }
    return bits;
}

/* ---- sending ---- */

static bool read_unchanged(const struct message_part *p, struct arena *arena, struct text *bytes, struct error *err) {
    char now[HASH_HEX];
    if (!file_read(arena, p->path, MESSAGE_FILE_MOST, bytes, err)) return err->kind = ERROR_DATA, false;
    sha256_hex(bytes->at, bytes->len, now);
    return strcmp(now, p->digest) == 0 ||
           error_set(err, ERROR_DATA, "%s: has changed since it was named in an ask", p->path);
}

static bool put_picture(struct buffer *out, struct text bytes, struct arena *arena, struct error *err) {
    struct media_told told = {0};
    if (!medium_image.looks(bytes)) return error_set(err, ERROR_DATA, "expected %s", medium_image.what);
    if (!medium_image.read(bytes, arena, &told, err)) return false;
    buffer_printf(out, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/%s;base64,",
                  png_looks(bytes) ? "png" : "jpeg");
    base64_put(out, bytes);
    buffer_put_c(out, "\"}}");
    return true;
}

static bool put_sound(struct buffer *out, struct text bytes, struct arena *arena, struct error *err) {
    struct media_told told = {0};
    struct buffer wav;
    if (!sound_looks(bytes)) return error_set(err, ERROR_DATA, "expected %s", medium_sound.what);
    struct sound *sound = sound_read(bytes, arena, &told, err);
    if (!sound) return false;
    buffer_init(&wav, (size_t)64 << 20);
    bool ok = sound_write(sound, &wav, err);
    buffer_put_c(out, "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"");
    base64_put(out, buffer_text(&wav));
    buffer_put_c(out, "\",\"format\":\"wav\"}}");
    buffer_done(&wav);
    return ok;
}

static bool put_part(struct buffer *out, const struct message_part *p, struct arena *arena, struct error *err) {
    struct text bytes;
    if (p->kind == PART_TEXT) {
        buffer_put_c(out, "{\"type\":\"text\",\"text\":");
        json_put_string(out, p->text);
        return buffer_put_char(out, '}'), true;
    }
    if (!read_unchanged(p, arena, &bytes, err)) return false;
    bool ok = p->kind == PART_IMAGE ? put_picture(out, bytes, arena, err) : put_sound(out, bytes, arena, err);
    return ok || error_wrap(err, "%s", p->path);
}

bool message_put_content(struct buffer *out, const struct message *m, struct error *err) {
    struct arena arena;
    bool ok = true;
    if (!m->n_parts) return json_put_string(out, m->text), true;
    arena_init(&arena, (size_t)1 << 30);
    buffer_put_char(out, '[');
    for (size_t i = 0; ok && i < m->n_parts; i++) {
        if (i) buffer_put_char(out, ',');
        ok = put_part(out, &m->parts[i], &arena, err);
        arena_reset(&arena);
    }
    buffer_put_char(out, ']');
    arena_done(&arena);
    return ok;
}
