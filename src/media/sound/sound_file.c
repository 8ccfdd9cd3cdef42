/* Files of sounds: see sound.h. */
#include "media/sound/sound.h"

#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <string.h>

enum { CHANNELS_MOST = 8, CHUNK = 4096, RATE_LEAST = 1000, RATE_MOST = 384000, WAV_HEADER = 44 };

/* ---- which files ---- */

static bool begins(struct text t, size_t at, const char *with) {
    return at + strlen(with) <= t.len && memcmp(t.at + at, with, strlen(with)) == 0;
}

static bool is_wav(struct text t) {
    return begins(t, 0, "RIFF") && begins(t, 8, "WAVE");
}

bool sound_looks(struct text t) {
    bool mpeg = t.len > 2 && (unsigned char)t.at[0] == 0xff && ((unsigned char)t.at[1] & 0xe6) == 0xe2;
    return is_wav(t) || begins(t, 0, "fLaC") || begins(t, 0, "OggS") || begins(t, 0, ".snd") || begins(t, 0, "ID3") ||
           mpeg || (begins(t, 0, "FORM") && (begins(t, 8, "AIFF") || begins(t, 8, "AIFC")));
}

static uint32_t little(const char *at) {
    const unsigned char *u = (const unsigned char *)at;
    return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

/* The library takes what is there of a WAV that was cut short: its data chunk says more. */
static bool check_whole(struct text t, struct error *err) {
    for (size_t at = 12; is_wav(t) && at + 8 <= t.len;) {
        size_t size = little(t.at + at + 4), there = t.len - at - 8;
        if (begins(t, at, "data")) {
            if (size == 0xffffffff || size <= there) return true; /* the former: written as it came */
            return error_set(err, ERROR_DATA, "cut short: its data are %zu bytes, %zu are there", size, there);
        }
        at += 8 + size + (size & 1);
    }
    return true;
}

/* ---- reading ---- */

struct source {
    struct text bytes;
    sf_count_t at;
};

static sf_count_t length_of(void *context) {
    return (sf_count_t)((struct source *)context)->bytes.len;
}

static sf_count_t seek_to(sf_count_t offset, int whence, void *context) {
    struct source *s = context;
    sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? s->at : length_of(s);
    if (from + offset < 0 || from + offset > length_of(s)) return -1;
    return s->at = from + offset;
}

static sf_count_t read_some(void *to, sf_count_t n, void *context) {
    struct source *s = context;
    sf_count_t left = length_of(s) - s->at;
    if (n > left) n = left;
    if (n > 0) memcpy(to, s->bytes.at + s->at, (size_t)n), s->at += n;
    return n;
}

static sf_count_t write_none(const void *from, sf_count_t n, void *context) {
    (void)from, (void)n, (void)context;
    return 0;
}

static sf_count_t tell_place(void *context) {
    return ((struct source *)context)->at;
}

static bool check_shape(const SF_INFO *info, struct error *err) {
    if (info->samplerate < RATE_LEAST || info->samplerate > RATE_MOST)
        return error_set(err, ERROR_DATA, "%d values a second; %d to %d are read", info->samplerate, RATE_LEAST,
                         RATE_MOST);
    if (info->channels < 1 || info->channels > CHANNELS_MOST)
        return error_set(err, ERROR_DATA, "%d channels; at most %d are read", info->channels, CHANNELS_MOST);
    if (info->frames > (sf_count_t)SOUND_SECONDS_MOST * info->samplerate)
        return error_set(err, ERROR_DATA, "a sound of more than %d seconds", SOUND_SECONDS_MOST);
    return info->frames > 0 || error_set(err, ERROR_DATA, "the sound has no values");
}

/* The mean of the channels. */
static bool take_frames(SNDFILE *file, const SF_INFO *info, float *out, size_t *n, struct error *err) {
    float chunk[CHUNK];
    sf_count_t got, most = CHUNK / info->channels;
    *n = 0;
    while (*n < (size_t)info->frames && (got = sf_readf_float(file, chunk, most)) > 0)
        for (sf_count_t i = 0; i < got && *n < (size_t)info->frames; i++) {
            double sum = 0;
            for (int c = 0; c < info->channels; c++) sum += chunk[i * info->channels + c];
            if (!isfinite(sum)) return error_set(err, ERROR_DATA, "value %zu is no number", *n);
            out[(*n)++] = (float)(sum / info->channels);
        }
    if (sf_error(file)) return error_set(err, ERROR_DATA, "%s", sf_strerror(file));
    return *n > 0 || error_set(err, ERROR_DATA, "the sound has no values");
}

static bool note_changes(const SF_INFO *info, struct arena *arena, struct media_told *told, struct error *err) {
    int depth = info->format & SF_FORMAT_SUBMASK;
    if (depth == SF_FORMAT_PCM_U8 || depth == SF_FORMAT_PCM_S8) media_note(told, "8 bits");
    if (info->channels > 1) {
        const char *note = arena_printf(arena, err, "%d channels averaged", info->channels);
        if (!note) return false;
        media_note(told, note);
    }
    if (info->samplerate != SOUND_RATE) {
        const char *note = arena_printf(arena, err, "%d values a second, now %d", info->samplerate, SOUND_RATE);
        if (!note) return false;
        media_note(told, note);
    }
    return true;
}

static struct sound *read_open(SNDFILE *file, const SF_INFO *info, struct arena *arena, struct media_told *told,
                               struct error *err) {
    size_t n;
    if (!check_shape(info, err)) return NULL;
    float *frames = arena_new(arena, float, (size_t)info->frames, err);
    struct sound *sound = arena_new(arena, struct sound, 1, err);
    if (!frames || !sound || !take_frames(file, info, frames, &n, err) || !note_changes(info, arena, told, err))
        return NULL;
    *sound = (struct sound){n, frames};
    if (info->samplerate != SOUND_RATE &&
        !sound_resample(frames, n, (unsigned)info->samplerate, SOUND_RATE, arena, &sound->at, &sound->n, err))
        return NULL;
    return sound;
}

struct sound *sound_read(struct text bytes, struct arena *arena, struct media_told *told, struct error *err) {
    SF_VIRTUAL_IO io = {length_of, seek_to, read_some, write_none, tell_place};
    struct source source = {.bytes = bytes};
    SF_INFO info = {0};
    if (!check_whole(bytes, err)) return NULL;
    SNDFILE *file = sf_open_virtual(&io, SFM_READ, &info, &source);
    if (!file) return error_set(err, ERROR_DATA, "no sound that can be read: %s", sf_strerror(NULL)), NULL;
    struct sound *sound = read_open(file, &info, arena, told, err);
    sf_close(file);
    return sound;
}

/* ---- writing ---- */

static void put_little(struct buffer *out, uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) buffer_put_char(out, (char)(value >> 8 * i & 0xff));
}

static int16_t step_of(float x) {
    double y = nearbyint(32768.0 * x);
    return (int16_t)(y < -32768 ? -32768 : y > 32767 ? 32767 : y);
}

bool sound_write(const struct sound *sound, struct buffer *out, struct error *err) {
    uint32_t bytes = (uint32_t)(2 * sound->n); /* at most 600 s */
    buffer_put_c(out, "RIFF");
    put_little(out, WAV_HEADER - 8 + bytes, 4);
    buffer_put_c(out, "WAVEfmt ");
    put_little(out, 16, 4);
    put_little(out, 1, 2); /* PCM */
    put_little(out, 1, 2);
    put_little(out, SOUND_RATE, 4);
    put_little(out, 2 * SOUND_RATE, 4);
    put_little(out, 2, 2);
    put_little(out, 16, 2);
    buffer_put_c(out, "data");
    put_little(out, bytes, 4);
    for (size_t i = 0; i < sound->n; i++) put_little(out, (uint16_t)step_of(sound->at[i]), 2);
    return buffer_check(out, "sound", err);
}
