/* The table of corruptions, and specs of them: see corruption.h. */
#include "media/corruption.h"

#include "media/image/image_corruptions.h"
#include "media/sound/sound_corruptions.h"

#include <stdio.h>
#include <string.h>

static const struct corruption *const table[] = {
    /* pictures */
    &corruption_gaussian_noise,
    &corruption_shot_noise,
    &corruption_salt_pepper,
    &corruption_speckle,
    &corruption_gaussian_blur,
    &corruption_glass_blur,
    &corruption_defocus_blur,
    &corruption_motion_blur,
    &corruption_zoom_blur,
    &corruption_fog,
    &corruption_snow,
    &corruption_frost,
    &corruption_spatter,
    &corruption_contrast,
    &corruption_brightness,
    &corruption_saturate,
    &corruption_pixelate,
    &corruption_jpeg,
    &corruption_elastic,
    &corruption_rotate,
    &corruption_flip,
    &corruption_bounded_noise,
    /* sounds */
    &corruption_white,
    &corruption_pink,
    &corruption_babble,
    &corruption_background,
    &corruption_overlap,
    &corruption_reverb,
    &corruption_band_limit,
    &corruption_clipping,
    &corruption_mu_law,
    &corruption_drift,
    &corruption_packet_loss,
    &corruption_tempo,
    &corruption_pitch,
    &corruption_level,
};
enum { TABLE = sizeof table / sizeof *table };
enum { DEFAULT_SEVERITY = 3, CHOICES_MOST = 1024 };

const struct option_def corruption_common[1] = {
    {"severity", OPTION_INT, NULL, 1, CORRUPTION_SEVERITIES, NULL, "all five where neither it nor a key is given"},
};

size_t corruptions(const struct corruption *const **out) {
    *out = table;
    return TABLE;
}

const struct corruption *corruption_find(struct text name, struct error *err) {
    const char *names[TABLE];
    for (size_t i = 0; i < TABLE; i++) {
        if (text_equal_c(name, table[i]->name)) return table[i];
        names[i] = table[i]->name;
    }
    const char *near = text_nearest(name, names, TABLE);
    error_set(err, ERROR_USAGE, "no corruption '%.*s'%s%s%s; `basanite methods corruption` lists them", TEXT_ARG(name),
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

/* ---- specs ---- */

static bool add(struct corruption_choices *all, struct corruption_choice choice, struct error *err) {
    for (size_t i = 0; i < all->n; i++)
        if (all->at[i].corruption == choice.corruption && strcmp(all->at[i].label, choice.label) == 0)
            return error_set(err, ERROR_USAGE, "corruption '%s' at '%s' is asked for twice", choice.corruption->name,
                             choice.label);
    if (all->n == CHOICES_MOST) return error_set(err, ERROR_USAGE, "more than %d corruptions", CHOICES_MOST);
    all->at[all->n++] = choice;
    return true;
}

static bool add_severity(struct corruption_choices *all, const struct corruption *corruption, int severity,
                         struct error *err) {
    static const char *const labels[] = {"1", "2", "3", "4", "5"};
    struct corruption_choice c = {corruption, severity, labels[severity - 1], {0}};
    memcpy(c.parameters, corruption->severities[severity - 1], sizeof c.parameters);
    return add(all, c, err);
}

static bool add_severities(struct corruption_choices *all, const struct corruption *corruption,
                           const struct option_value *severity, struct error *err) {
    if (severity->given) return add_severity(all, corruption, (int)severity->integer, err);
    for (int s = 1; s <= CORRUPTION_SEVERITIES; s++)
        if (!add_severity(all, corruption, s, err)) return false;
    return true;
}

/* What stands behind the name in the spec as it is written out again. */
static const char *label_of(const struct corruption *c, const struct option_def *defs, const struct option_value *v,
                            struct arena *arena, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 12);
    spec_put(&b, text_of(c->name), defs, c->n_options + 1, v);
    const char *label = NULL;
    if (buffer_check(&b, "label of a corruption", err))
        label = text_copy(arena, text_part(buffer_text(&b), strlen(c->name) + 1, b.len), err);
    buffer_done(&b);
    return label;
}

/* v: severity, then the corruption's own options. */
static bool add_own(struct corruption_choices *all, const struct corruption *corruption, const struct option_def *defs,
                    const struct option_value *v, struct arena *arena, struct error *err) {
    bool own = false;
    for (size_t i = 0; i < corruption->n_options; i++) own |= v[1 + i].given;
    if (!own) return add_severities(all, corruption, v, err);
    struct corruption_choice c = {.corruption = corruption};
    int severity = v[0].given ? (int)v[0].integer : DEFAULT_SEVERITY;
    memcpy(c.parameters, corruption->severities[severity - 1], sizeof c.parameters);
    for (size_t i = 0; i < corruption->n_options; i++)
        if (v[1 + i].given)
            c.parameters[i] = corruption->options[i].type == OPTION_INT ? (double)v[1 + i].integer : v[1 + i].real;
    return (c.label = label_of(corruption, defs, v, arena, err)) && add(all, c, err);
}

/* `all`, `image`, `sound`; medium NULL: all. */
static bool add_medium(struct corruption_choices *all, struct text spec, const struct medium *medium,
                       struct arena *arena, struct error *err) {
    const struct option_value *v = spec_parse(arena, spec, corruption_common, 1, err);
    for (size_t i = 0; v && i < TABLE; i++)
        if ((!medium || table[i]->medium == medium) && !add_severities(all, table[i], v, err)) return false;
    return v != NULL;
}

static bool add_grid(struct corruption_choices *all, struct text spec, struct arena *arena, struct error *err) {
    struct option_def defs[1 + CORRUPTION_PARAMETERS_MOST];
    struct text *specs;
    size_t n;
    const struct corruption *c = corruption_find(spec_name(spec), err);
    if (!c) return false;
    defs[0] = corruption_common[0];
    memcpy(defs + 1, c->options, c->n_options * sizeof *defs);
    if (!spec_grid(arena, spec, defs, 1 + c->n_options, &specs, &n, err)) return false;
    for (size_t i = 0; i < n; i++) {
        const struct option_value *v = spec_parse(arena, specs[i], defs, 1 + c->n_options, err);
        if (!v || !add_own(all, c, defs, v, arena, err)) return false;
    }
    return true;
}

bool corruption_choose(const char *const *specs, size_t n, struct arena *arena, struct corruption_choices *out,
                       struct error *err) {
    *out = (struct corruption_choices){.at = arena_new(arena, struct corruption_choice, CHOICES_MOST, err)};
    for (size_t i = 0; out->at && i < n; i++) {
        struct text spec = text_of(specs[i]), name = spec_name(spec);
        const struct medium *medium = medium_find(name);
        bool ok = medium || text_equal_c(name, "all") ? add_medium(out, spec, medium, arena, err)
                                                      : add_grid(out, spec, arena, err);
        if (!ok) return false;
    }
    return out->at != NULL;
}

bool corruption_apply(const struct corruption_choice *choice, void *content, uint64_t seed, const char *key,
                      struct arena *arena, struct media_told *told, struct error *err) {
    char stream[128];
    snprintf(stream, sizeof stream, "corrupt/%s/%s", choice->corruption->name, key);
    struct corruption_work work = {choice->parameters, rng_stream(seed, stream, 0), arena, told};
    return choice->corruption->medium->corrupt(content, choice->corruption, &work, err);
}
