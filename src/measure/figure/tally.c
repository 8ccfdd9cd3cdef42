/* Collects scored samples: see tally.h. Keeps what the metrics of the task read and nothing else; figures are computed
 * in tally_figures.c. */
#include "measure/figure/tally_internal.h"

#include "base/hash.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

_Static_assert(sizeof(struct tally_row) == 32, "a row is kept in 32 bytes");

static bool add_part(struct tally *tally, const char *name, struct error *err) {
    for (size_t i = 0; i < tally->n_parts; i++)
        if (strcmp(tally->parts[i], name) == 0) return true;
    if (tally->n_parts == TALLY_PARTS)
        return error_set(err, ERROR_DATA, "task '%s': its metrics read more than %d parts", tally->spec.task,
                         TALLY_PARTS);
    tally->parts[tally->n_parts++] = name;
    return true;
}

static bool add_field(struct tally *tally, const char *name, struct error *err) {
    for (size_t i = 0; i < tally->n_fields; i++)
        if (strcmp(tally->fields[i].name, name) == 0) return true;
    struct tally_field *field = &tally->fields[tally->n_fields++];
    field->name = name;
    field->n = 1;
    field->values = arena_new(&tally->arena, struct text, TALLY_VALUES, err);
    field->slots = arena_new(&tally->arena, uint16_t, 2 * TALLY_VALUES, err);
    return field->values && field->slots;
}

/* The default metric where the task names none; parse_rate where answers are read. */
static bool add_own_metrics(struct tally *tally, struct error *err) {
    bool reads = tally->spec.reads;
    for (size_t i = 0; i < tally->spec.n_uses; i++)
        if (strcmp(tally->spec.uses[i].name, "parse_rate") == 0) reads = false;
    if (!(tally->own = arena_new(&tally->arena, struct metric_use, 2, err))) return false;
    if (tally->spec.n_uses == 0 && !metric_use_plain("score", &tally->arena, &tally->own[tally->n_own++], err))
        return false;
    return !reads || metric_use_plain("parse_rate", &tally->arena, &tally->own[tally->n_own++], err);
}

static bool prepare(struct tally *tally, struct error *err) {
    const struct figure_settings *settings = &tally->settings;
    if (!(settings->confidence > 0 && settings->confidence < 1))
        return error_set(err, ERROR_USAGE, "a confidence of %g; give a number between 0 and 1, such as 0.95",
                         settings->confidence);
    if (!add_own_metrics(tally, err)) return false;
    for (size_t i = 0; i < tally->spec.n_uses + tally->n_own; i++)
        for (const char *const *part = tally_use(tally, i)->metric->rule->parts; *part; part++)
            if (!add_part(tally, *part, err)) return false;
    for (size_t i = 0; i < tally->spec.n_fields; i++)
        if (!add_field(tally, tally->spec.fields[i], err)) return false;
    if (settings->group && settings->group[0] && !add_field(tally, settings->group, err)) return false;
    tally->stride = sizeof(struct tally_row) + tally->n_parts * sizeof(double);
    return true;
}

struct tally *tally_new_of(const struct tally_spec *spec, const struct figure_settings *settings, struct error *err) {
    struct tally *tally = memory_zeroed(1, sizeof *tally);
    if (!tally) return error_memory(err, "figures"), NULL;
    arena_init(&tally->arena, (size_t)256 << 20);
    tally->spec = *spec;
    tally->settings = *settings;
    if (prepare(tally, err)) return tally;
    tally_free(tally);
    return NULL;
}

void tally_free(struct tally *tally) {
    if (!tally) return;
    for (size_t b = 0; b < tally->n_blocks; b++) memory_free(tally->blocks[b]);
    memory_free(tally->blocks);
    arena_done(&tally->arena);
    memory_free(tally);
}

static double number_of(const json_t *value) {
    if (json_is_number(value)) return json_number_value(value);
    if (json_is_boolean(value)) return json_is_true(value);
    return NAN;
}

double metric_part(const struct record_row *row, const char *name) {
    if (strcmp(name, "value") == 0) return row->value;
    double value = number_of(json_object_get(row->evidence, name));
    return isnan(value) ? number_of(json_object_get(json_object_get(row->gold, "labels"), name)) : value;
}

/* The value of a field of a row as text; numbers are written to `space`. */
static struct text field_text(const struct tally *tally, const char *name, const struct record_row *row,
                              char space[32]) {
    const json_t *label = json_object_get(json_object_get(row->gold, "labels"), name);
    if (json_is_string(label)) return json_text(label);
    if (json_is_boolean(label)) return json_is_true(label) ? TEXT("true") : TEXT("false");
    if (json_is_number(label)) return (struct text){space, text_from_f64(json_number_value(label), space)};
    if (tally->spec.n_fields && strcmp(name, tally->spec.fields[0]) == 0) return row->group;
    if (strcmp(name, "group") == 0) return row->group;
    if (strcmp(name, "lang") == 0) return row->lang;
    if (strcmp(name, "pair") == 0) return row->pair;
    if (strcmp(name, "twin") == 0) return row->twin;
    if (strcmp(name, "cluster") == 0) return row->cluster;
    return TEXT("");
}

/* The place of a value, which is added when it is new. */
static bool place_value(struct tally *tally, struct tally_field *field, struct text value, uint16_t *out,
                        struct error *err) {
    *out = 0;
    if (value.len == 0) return true;
    size_t slot = hash_xxh3(value.at, value.len) % (2 * TALLY_VALUES);
    for (; field->slots[slot]; slot = (slot + 1) % (2 * TALLY_VALUES)) {
        *out = field->slots[slot];
        if (text_equal(field->values[*out], value)) return true;
    }
    if (field->n == TALLY_VALUES)
        return error_set(err, ERROR_DATA,
                         "task '%s': field '%s' has more than %d values; split the figures by another one",
                         tally->spec.task, field->name, TALLY_VALUES - 1);
    const char *copy = text_copy(&tally->arena, value, err);
    if (!copy) return false;
    *out = field->slots[slot] = (uint16_t)field->n;
    field->values[field->n++] = (struct text){copy, value.len};
    return true;
}

static bool reserve_row(struct tally *tally, struct error *err) {
    if (tally->n == UINT32_MAX) return error_set(err, ERROR_DATA, "task '%s': too many samples", tally->spec.task);
    if (tally->n < tally->n_blocks * TALLY_BLOCK) return true;
    unsigned char **blocks = memory_grow(tally->blocks, tally->n_blocks + 1, sizeof *blocks);
    if (!blocks) return error_memory(err, "figures");
    tally->blocks = blocks;
    if (!(blocks[tally->n_blocks] = memory_grow(NULL, TALLY_BLOCK, tally->stride))) return error_memory(err, "figures");
    tally->n_blocks++;
    return true;
}

static int8_t parsed_of(const char *word) {
    static const char *const words[] = {[PARSED_OK] = "ok", [PARSED_FALLBACK] = "fallback", [PARSED_FAIL] = "fail"};
    for (int i = 0; word && i < 3; i++)
        if (strcmp(word, words[i]) == 0) return (int8_t)i;
    return -1;
}

bool tally_add(struct tally *tally, const struct record_row *row, struct error *err) {
    if (!reserve_row(tally, err)) return false;
    struct tally_row *kept = tally_at(tally, tally->n);
    double *parts = tally_parts_at(tally, tally->n);
    uint64_t item =
        row->item ? hash_xxh3(row->item, strlen(row->item)) : hash_xxh3(&row->position, sizeof row->position);
    *kept = (struct tally_row){
        .cluster = row->cluster.len ? hash_xxh3(row->cluster.at, row->cluster.len) : item,
        .item = item,
        .sample = (uint32_t)row->sample,
        .parsed = parsed_of(row->parsed),
        .failed = row->answer == 0 || !row->scored,
        .person = (uint8_t)(detector_label_of(row->person) & 3),
    };
    for (size_t i = 0; i < tally->n_parts; i++) {
        parts[i] = kept->failed ? NAN : metric_part(row, tally->parts[i]);
        if (!isnan(parts[i])) tally->seen[i] = true;
    }
    for (size_t i = 0; i < tally->n_fields; i++) {
        char space[32];
        if (!place_value(tally, &tally->fields[i], field_text(tally, tally->fields[i].name, row, space),
                         &kept->value_of[i], err))
            return false;
    }
    tally->n++;
    return true;
}
