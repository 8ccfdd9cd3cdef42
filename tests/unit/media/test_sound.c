/* Sounds: reading what others wrote, the resampler, and each of the corruptions: its measure is what was asked for, it
 * gets worse with the severity, and the same seed gives the same bytes. The signals are made here. */
#include "check.h"

#include "media/corruption.h"
#include "media/sound/sound_corruptions.h"
#include "media/sound/sound_spectrum.h"

#include <math.h>

static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)4 << 30);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

static void number(struct buffer *b, uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) buffer_put_char(b, (char)(value >> 8 * i & 0xff));
}

/* A WAV of `n` bytes of values; format 1 whole numbers, 3 floating. said: bytes that the header claims. */
static struct text wav(struct buffer *b, int format, int channels, int rate, int bits, const void *at, size_t n,
                       size_t said) {
    buffer_clear(b);
    buffer_put_c(b, "RIFF");
    number(b, (uint32_t)(36 + said), 4);
    buffer_put_c(b, "WAVEfmt ");
    number(b, 16, 4), number(b, (uint32_t)format, 2), number(b, (uint32_t)channels, 2), number(b, (uint32_t)rate, 4);
    number(b, (uint32_t)(rate * channels * bits / 8), 4), number(b, (uint32_t)(channels * bits / 8), 2);
    number(b, (uint32_t)bits, 2);
    buffer_put_c(b, "data");
    number(b, (uint32_t)said, 4);
    buffer_put(b, at, n);
    return buffer_text(b);
}

static struct sound *read_it(struct text t, struct media_told *told) {
    error_clear(&err);
    *told = (struct media_told){0};
    return sound_read(t, &arena, told, &err);
}

static void refused(struct text t, const char *why) {
    struct media_told told;
    assert_null(read_it(t, &told));
    assert_int_equal(err.kind, ERROR_DATA);
    if (!strstr(err.message, why)) fail_msg("'%s' says nothing of '%s'", err.message, why);
    error_clear(&err);
}

static double frequency_of(const float *at, size_t n) {
    size_t ups = 0, first = 0, last = 0;
    for (size_t i = 1; i < n; i++) {
        if (!(at[i - 1] < 0 && at[i] >= 0)) continue;
        if (!ups++) first = i;
        last = i;
    }
    return ups > 1 ? (double)(ups - 1) * SOUND_RATE / (double)(last - first) : 0;
}

/* ---- files ---- */

static void other_shapes_are_converted_and_told(void **state) {
    unsigned char eight[2 * 4800];
    struct buffer b;
    struct media_told told;
    (void)state;
    buffer_init(&b, 1 << 24);
    for (size_t i = 0; i < 4800; i++) {
        double x = sin(2 * M_PI * 440 * (double)i / 48000);
        eight[2 * i] = (unsigned char)(128 + 100 * x);
        eight[2 * i + 1] = (unsigned char)(128 + 50 * x);
    }
    struct sound *s = read_it(wav(&b, 1, 2, 48000, 8, eight, sizeof eight, sizeof eight), &told);
    assert_non_null(s);
    assert_int_equal(s->n, 1600);
    assert_int_equal(told.n_notes, 3);
    assert_string_equal(told.notes[0], "8 bits");
    assert_string_equal(told.notes[1], "2 channels averaged");
    assert_string_equal(told.notes[2], "48000 values a second, now 16000");
    check_near(frequency_of(s->at + 200, 1200), 440, 2);
    check_near(sqrt(2 * sound_power(s->at + 200, 1200)), 75.0 / 128, 0.01);
    buffer_done(&b);
}

static void bad_files_are_refused(void **state) {
    float odd[100] = {0};
    int16_t few[100] = {0};
    struct buffer b;
    (void)state;
    buffer_init(&b, 1 << 20);
    odd[37] = NAN;
    refused(wav(&b, 3, 1, 16000, 32, odd, sizeof odd, sizeof odd), "value 37 is no number");
    odd[37] = INFINITY;
    refused(wav(&b, 3, 1, 16000, 32, odd, sizeof odd, sizeof odd), "value 37 is no number");
    refused(wav(&b, 1, 1, 16000, 16, few, 0, 0), "no values");
    refused(wav(&b, 1, 1, 16000, 16, few, 100, 200), "cut short: its data are 200 bytes, 100 are there");
    refused(wav(&b, 1, 9, 16000, 16, few, 180, 180), "channels");
    refused(wav(&b, 1, 1, 500, 16, few, 200, 200), "500 values a second");
    refused(TEXT("RIFF....WAVEjunk"), "no sound that can be read");
    refused(TEXT(""), "no sound that can be read");
    assert_false(sound_looks(TEXT("\x89PNG\r\n\x1a\n")));
    assert_false(sound_looks(TEXT("RIFF")));
    buffer_done(&b);
}

static void what_is_written_is_read(void **state) {
    struct buffer b, again;
    struct media_told told;
    struct rng rng = rng_stream(3, "written", 0);
    struct sound *s = sound_new(1000, &arena, &err), *back;
    (void)state;
    buffer_init(&b, 1 << 20);
    buffer_init(&again, 1 << 20);
    for (size_t i = 0; i < s->n; i++) s->at[i] = (float)(2.4 * rng_unit(&rng) - 1.2);
    check_ok(sound_write(s, &b, &err));
    assert_true(sound_looks(buffer_text(&b)));
    assert_non_null(back = read_it(buffer_text(&b), &told));
    assert_int_equal(told.n_notes, 0);
    assert_int_equal(back->n, s->n);
    for (size_t i = 0; i < s->n; i++)
        check_near(back->at[i], fmin(32767.0 / 32768, fmax(-1, (double)s->at[i])), 0.5001 / 32768);
    check_ok(sound_write(back, &again, &err));
    assert_true(text_equal(buffer_text(&b), buffer_text(&again)));
    buffer_done(&b);
    buffer_done(&again);
}

/* ---- rates ---- */

static double gain_of(double hz, unsigned from, unsigned to) {
    size_t n = from / 2, n_out;
    float *in = arena_new(&arena, float, n, &err), *out;
    for (size_t i = 0; i < n; i++) in[i] = (float)sin(2 * M_PI * hz * (double)i / from);
    check_ok(sound_resample(in, n, from, to, &arena, &out, &n_out, &err));
    assert_int_equal(n_out, to / 2);
    return 10 * log10(2 * sound_power(out + n_out / 4, n_out / 2) + 1e-30);
}

static void rates_keep_what_they_can_hold(void **state) {
    (void)state;
    check_near(gain_of(1000, 48000, 16000), 0, 0.01);
    check_near(gain_of(6000, 48000, 16000), 0, 0.02);
    assert_true(gain_of(9000, 48000, 16000) < -70);
    assert_true(gain_of(15000, 48000, 16000) < -70);
    check_near(gain_of(1000, 44100, 16000), 0, 0.01);
    assert_true(gain_of(12000, 44100, 16000) < -70);
    check_near(gain_of(1000, 8000, 16000), 0, 0.01);
    check_near(gain_of(1000, 11025, 16000), 0, 0.01);
}

/* ---- corruptions ---- */

/* Two seconds of voice at a tenth of full loudness, with pauses. */
static struct sound *speech(void) {
    struct rng rng = rng_stream(11, "speech", 0);
    struct sound *s = sound_new(2 * SOUND_RATE, &arena, &err);
    sound_conversation(s->at, s->n, &rng);
    float gain = (float)(0.1 / sqrt(sound_active_power(s->at, s->n)));
    for (size_t i = 0; i < s->n; i++) s->at[i] *= gain;
    return s;
}

static struct sound *spoilt(const struct sound *clean, const char *spec, uint64_t seed, struct media_told *told) {
    struct corruption_choices choices;
    struct sound *s = sound_copy(clean, &arena, &err);
    *told = (struct media_told){0};
    check_ok(corruption_choose(&spec, 1, &arena, &choices, &err));
    assert_int_equal(choices.n, 1);
    check_ok(corruption_apply(&choices.at[0], s, seed, "key", &arena, told, &err));
    for (size_t i = 0; i < s->n; i++) assert_true(isfinite(s->at[i]));
    return s;
}

static double told_of(const struct media_told *told, const char *name) {
    for (size_t i = 0; i < told->n_figures; i++)
        if (strcmp(told->figures[i].name, name) == 0) return told->figures[i].value;
    return NAN;
}

/* The ratio again, from clean and mixture as they would be written. */
static double ratio_of(const struct sound *clean, const struct sound *mixed, double rescaled) {
    double added = 0;
    for (size_t i = 0; i < clean->n; i++) {
        double step = nearbyint(32768 * (double)mixed->at[i]) / 32768 / rescaled, d = step - clean->at[i];
        added += d * d;
    }
    return 10 * log10(sound_active_power(clean->at, clean->n) * (double)clean->n / added);
}

static void noise_has_the_ratio_that_was_asked_for(void **state) {
    static const char *const kinds[] = {"white-noise", "pink-noise", "babble", "background", "overlap"};
    const struct sound *clean = speech();
    (void)state;
    for (size_t k = 0; k < 5; k++)
        for (int snr = 20; snr >= -10; snr -= 5) {
            struct media_told told;
            char spec[64];
            snprintf(spec, sizeof spec, "%s,snr=%d", kinds[k], snr);
            struct sound *s = spoilt(clean, spec, 1, &told);
            double rescaled = told_of(&told, "rescaled");
            if (fabs(told_of(&told, "snr") - snr) > 0.1) fail_msg("%s: %g dB", spec, told_of(&told, "snr"));
            double again = ratio_of(clean, s, isnan(rescaled) ? 1 : rescaled);
            if (fabs(again - snr) > 0.1) fail_msg("%s: %g dB as written", spec, again);
        }
}

static void loud_mixtures_are_made_softer(void **state) {
    struct media_told told;
    struct sound *s = spoilt(speech(), "white-noise,snr=-20", 1, &told);
    float peak = 0;
    (void)state;
    for (size_t i = 0; i < s->n; i++) peak = fmaxf(peak, fabsf(s->at[i]));
    check_near(peak, 0.95, 1e-4);
    assert_true(told_of(&told, "rescaled") < 1);
}

/* Power of the octave from `hz` on. */
static double octave(const struct sound *s, double hz) {
    float *bands;
    size_t n;
    double sum = 0;
    check_ok(sound_spectrum(s, &arena, &bands, &n, &err));
    for (size_t f = 0; f < n; f++)
        for (size_t b = (size_t)(hz * 512 / SOUND_RATE); b < (size_t)(2 * hz * 512 / SOUND_RATE); b++)
            sum += bands[f * SPECTRUM_BANDS + b];
    return 10 * log10(sum);
}

static void noise_has_its_colour(void **state) {
    struct media_told told;
    struct sound *quiet = sound_new(8 * SOUND_RATE, &arena, &err);
    (void)state;
    for (size_t i = 0; i < quiet->n; i++) quiet->at[i] = i % 2 ? 1e-4f : -1e-4f; /* at 8 kHz alone */
    struct sound *white = spoilt(quiet, "white-noise,snr=-30", 1, &told);
    struct sound *pink = spoilt(quiet, "pink-noise,snr=-30", 1, &told);
    for (double hz = 250; hz <= 2000; hz *= 2) {
        check_near(octave(white, 2 * hz) - octave(white, hz), 3.01, 0.4);
        check_near(octave(pink, 2 * hz) - octave(pink, hz), 0, 0.8);
    }
}

static const struct {
    const char *name, *measure; /* what it tells of itself; NULL: the severity is in the signal alone */
    double parameter_tolerance; /* relative, of the measure against the first parameter; 0: not comparable */
    int direction;              /* of the measure as the severity rises */
} kinds[] = {
    {"white-noise", "snr", 0, -1},
    {"pink-noise", "snr", 0, -1},
    {"babble", "snr", 0, -1},
    {"background", "snr", 0, -1},
    {"overlap", "snr", 0, -1},
    {"reverb", "rt60", 0.15, 1},
    {"band-limit", "energy_above", 0, 0},
    {"clipping", "clipped", 0.02, 1},
    {"mu-law", "quantisation_snr", 0, -1},
    {"drift", "shift_ms", 0, 1},
    {"packet-loss", "lost", 0.05, 1},
    {"tempo", "tempo", 0.001, 1},
    {"pitch", "pitch", 0, 1},
    {"level", "gain", 0.001, -1},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void there_are_fourteen(void **state) {
    const struct corruption *const *all;
    size_t n = corruptions(&all), found = 0;
    (void)state;
    for (size_t i = 0; i < n; i++) {
        if (all[i]->medium != &medium_sound) continue;
        bool known = false;
        for (size_t k = 0; k < KINDS; k++) known = known || strcmp(kinds[k].name, all[i]->name) == 0;
        if (!known) fail_msg("'%s' is not tested", all[i]->name);
        found++;
    }
    assert_int_equal(found, 14);
}

static void severities_get_worse_and_repeat(void **state) {
    const struct sound *clean = speech();
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        double before = NAN, distance_before = 0;
        for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++) {
            struct media_told told, again;
            struct corruption_choices choices;
            char spec[64];
            snprintf(spec, sizeof spec, "%s,severity=%d", kinds[k].name, severity);
            const char *specs[] = {spec};
            struct sound *a = spoilt(clean, spec, 5, &told), *b = spoilt(clean, spec, 5, &again);
            check_ok(corruption_choose(specs, 1, &arena, &choices, &err));
            assert_int_equal(a->n, b->n);
            assert_memory_equal(a->at, b->at, a->n * sizeof *a->at);
            double measured = told_of(&told, kinds[k].measure), asked = choices.at[0].parameters[0];
            assert_true(isfinite(measured));
            if (kinds[k].parameter_tolerance > 0 &&
                fabs(measured - asked) > kinds[k].parameter_tolerance * fabs(asked) + 1e-3)
                fail_msg("%s: %s is %g", spec, kinds[k].measure, measured);
            if (severity > 1 && kinds[k].direction && (measured - before) * kinds[k].direction <= 0)
                fail_msg("%s: %s goes from %g to %g", spec, kinds[k].measure, before, measured);
            before = measured;
            double distance = INFINITY;
            if (a->n == clean->n) check_ok(sound_spectral_distance(clean, a, &arena, &distance, &err));
            if (a->n == clean->n && !(distance > distance_before) && strcmp(kinds[k].name, "pitch") != 0)
                fail_msg("%s: spectral distance goes from %g to %g", spec, distance_before, distance);
            distance_before = a->n == clean->n ? distance : 0;
        }
    }
}

static void seeds_differ(void **state) {
    static const char *const drawn[] = {"white-noise", "pink-noise", "babble", "background",
                                        "overlap",     "reverb",     "drift",  "packet-loss"};
    const struct sound *clean = speech();
    (void)state;
    for (size_t k = 0; k < sizeof drawn / sizeof *drawn; k++) {
        struct media_told told;
        char spec[64];
        snprintf(spec, sizeof spec, "%s,severity=3", drawn[k]);
        struct sound *a = spoilt(clean, spec, 1, &told), *b = spoilt(clean, spec, 2, &told);
        if (memcmp(a->at, b->at, a->n * sizeof *a->at) == 0) fail_msg("%s: seed 2 is seed 1", spec);
    }
}

static void tempo_keeps_pitch_and_pitch_keeps_tempo(void **state) {
    struct media_told told;
    struct sound *tone = sound_new(SOUND_RATE, &arena, &err);
    (void)state;
    for (size_t i = 0; i < tone->n; i++) tone->at[i] = 0.5f * (float)sin(2 * M_PI * 200 * (double)i / SOUND_RATE);
    struct sound *fast = spoilt(tone, "tempo,factor=1.5", 1, &told);
    assert_int_equal(fast->n, 10667);
    check_near(frequency_of(fast->at + 800, fast->n - 1600), 200, 2);
    struct sound *high = spoilt(tone, "pitch,semitones=12", 1, &told);
    assert_int_equal(high->n, tone->n);
    check_near(frequency_of(high->at + 800, high->n - 1600), 400, 4);
    check_near(told_of(&told, "pitch"), 2, 1e-3);
    struct sound *low = spoilt(tone, "band-limit,hz=1000", 1, &told);
    check_near(sound_power(low->at + 800, low->n - 1600), sound_power(tone->at + 800, tone->n - 1600), 1e-4);
    assert_true(told_of(&told, "energy_above") < 1e-4);
}

static void silence_has_no_ratio(void **state) {
    const char *spec = "white-noise,severity=1";
    struct corruption_choices choices;
    struct media_told told = {0};
    struct sound *quiet = sound_new(1000, &arena, &err);
    (void)state;
    check_ok(corruption_choose(&spec, 1, &arena, &choices, &err));
    assert_false(corruption_apply(&choices.at[0], quiet, 1, "key", &arena, &told, &err));
    assert_int_equal(err.kind, ERROR_DATA);
    error_clear(&err);
}

/* One value is a sound, too. */
static void the_shortest_sounds_survive(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        for (size_t n = 1; n < 4; n++) {
            struct sound *s = sound_new(n, &arena, &err);
            char spec[64];
            const char *specs[] = {spec};
            struct corruption_choices choices;
            struct media_told told = {0};
            for (size_t i = 0; i < n; i++) s->at[i] = 0.25f;
            snprintf(spec, sizeof spec, "%s,severity=5", kinds[k].name);
            check_ok(corruption_choose(specs, 1, &arena, &choices, &err));
            if (!corruption_apply(&choices.at[0], s, 1, "key", &arena, &told, &err))
                assert_int_equal(err.kind, ERROR_DATA); /* refused, with a reason */
            error_clear(&err);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_shapes_are_converted_and_told),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(rates_keep_what_they_can_hold),
        cmocka_unit_test(noise_has_the_ratio_that_was_asked_for),
        cmocka_unit_test(loud_mixtures_are_made_softer),
        cmocka_unit_test(noise_has_its_colour),
        cmocka_unit_test(there_are_fourteen),
        cmocka_unit_test(severities_get_worse_and_repeat),
        cmocka_unit_test(seeds_differ),
        cmocka_unit_test(tempo_keeps_pitch_and_pitch_keeps_tempo),
        cmocka_unit_test(silence_has_no_ratio),
        cmocka_unit_test(the_shortest_sounds_survive),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
