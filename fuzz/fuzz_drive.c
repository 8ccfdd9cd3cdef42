/* Any bytes as roads in XML, or as a driving scene in JSON: the first one tells. A road is typed, a scene is scored
 * between 0 and 1, or either is refused with a message. */
#include "measure/drive/drive_score.h"
#include "measure/drive/lanelet.h"
#include "memory_file.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void roads(const unsigned char *at, size_t n, struct arena *arena) {
    struct memory_file file = memory_file_open(at, n);
    struct lanelet_map map;
    struct error err = {0};
    if (!lanelet_read(file.path, arena, &map, &err)) {
        if (err.kind != ERROR_DATA || !err.message[0]) abort();
    } else {
        for (size_t i = 0; i < map.n; i++)
            if ((int)map.lanelet[i].type < 0 || (int)map.lanelet[i].type >= LANELET_TYPES) abort();
    }
    memory_file_close(&file);
}

static void scene(struct text t, struct arena *arena) {
    const struct drive_score_settings human = {.subject = DRIVE_HUMAN}, fine = {.subject = DRIVE_HUMAN, .fine = true};
    struct drive_scene s;
    struct drive_result a, b;
    struct error err = {0};
    json_t *json = json_read(t, "fuzz", 1, &err);
    if (json && drive_scene_read(json, (struct json_place){"fuzz", 1, ""}, arena, &s, &err)) {
        if (!drive_score(&s, &human, &a, &err) || !drive_score(&s, &fine, &b, &err)) abort();
        if (!(a.score >= 0 && a.score <= 1) || !(b.ttc <= a.ttc)) abort();
    } else if (err.kind != ERROR_DATA || !err.message[0]) {
        abort();
    }
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct arena arena;
    if (n > 1 << 14) return 0;
    arena_init(&arena, (size_t)256 << 20);
    if (n && at[0] == '{')
        scene((struct text){(const char *)at, n}, &arena);
    else
        roads(at, n, &arena);
    arena_done(&arena);
    return 0;
}
