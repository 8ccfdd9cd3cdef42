/* Driving: shapes against sampling, the filter against polynomials that it must keep, the profile against courses whose
 * speed and curvature are known, scenes and labels worked by hand, and what is refused. */
#include "check.h"

#include "base/file.h"
#include "base/rng.h"
#include "measure/drive/drive_score.h"
#include "measure/drive/lanelet.h"
#include "measure/drive/style_label.h"

#include <stdlib.h>
#include <unistd.h>

enum { CASES = 1000 };

static struct error err;
static char folder[64];

/* ---- shapes: a second implementation by points ---- */

static bool within(const struct drive_box *b, double x, double y, double slack) {
    double dx = x - b->centre.x, dy = y - b->centre.y, c = cos(b->centre.heading), s = sin(b->centre.heading);
    return fabs(dx * c + dy * s) <= b->length / 2 + slack && fabs(dy * c - dx * s) <= b->width / 2 + slack;
}

/* Is some point of a fine grid over a inside b? Sure of yes; of no only where b, grown by a step, has none either. */
static int meet_by_points(const struct drive_box *a, const struct drive_box *b) {
    enum { GRID = 60 };
    bool near = false;
    double c = cos(a->centre.heading), s = sin(a->centre.heading);
    for (int i = 0; i <= GRID; i++)
        for (int j = 0; j <= GRID; j++) {
            double u = a->length * ((double)i / GRID - 0.5), v = a->width * ((double)j / GRID - 0.5);
            double x = a->centre.x + u * c - v * s, y = a->centre.y + u * s + v * c;
            if (within(b, x, y, 0)) return 1;
            near |= within(b, x, y, 0.1);
        }
    return near ? -1 : 0;
}

static struct drive_box draw_box(struct rng *rng) {
    return (struct drive_box){
        {6 * rng_unit(rng), 6 * rng_unit(rng), 7 * rng_unit(rng)}, 1 + 4 * rng_unit(rng), 0.5 + 2 * rng_unit(rng)};
}

static void boxes_meet(void **state) {
    size_t verdict[2] = {0}, unknown = 0;
    (void)state;
    for (uint64_t c = 0; c < CASES; c++) {
        struct rng rng = rng_stream(3, "boxes", c);
        struct drive_box a = draw_box(&rng), b = draw_box(&rng);
        int points = meet_by_points(&a, &b);
        bool found = drive_overlap(&a, &b);
        assert_int_equal(found, drive_overlap(&b, &a));
        if (points < 0)
            unknown++;
        else
            verdict[points]++, assert_int_equal(found, points);
    }
    assert_true(verdict[0] * 5 >= CASES && verdict[1] * 5 >= CASES && unknown * 10 < CASES);
}

static void areas_by_hand(void **state) {
    static struct drive_point l[] = {{0, 0}, {4, 0}, {4, 1}, {1, 1}, {1, 3}, {0, 3}}, far[] = {{5, 5}, {6, 5}, {6, 6}};
    static struct drive_point bar[] = {{-1, 2}, {2, 2}, {2, 2.5}, {-1, 2.5}}, small[] = {{2, .2}, {3, .2}, {3, .4}};
    const struct drive_area area = {l, 6}, other = {far, 3}, across = {bar, 4}, inner = {small, 3};
    const struct drive_point line[] = {{0, 0}, {10, 0}, {10, 10}};
    (void)state;
    assert_true(drive_inside(&area, (struct drive_point){3, .5}) && drive_inside(&area, (struct drive_point){.5, 2}));
    assert_false(drive_inside(&area, (struct drive_point){2, 2}));
    assert_true(drive_areas_meet(&area, &across) && drive_areas_meet(&area, &inner) && drive_areas_meet(&inner, &area));
    assert_false(drive_areas_meet(&area, &other));
    check_near(drive_along(line, 3, (struct drive_point){4, -3}), 4, 1e-12);
    check_near(drive_along(line, 3, (struct drive_point){11, 7}), 17, 1e-12);
    check_near(drive_bearing((struct drive_pose){1, 1, 0}, (struct drive_point){1, 3}), 1.5707963267948966, 1e-12);
}

/* ---- the filter ---- */

static void polynomials_are_kept(void **state) {
    (void)state;
    for (uint64_t c = 0; c < CASES; c++) {
        struct rng rng = rng_stream(4, "savgol", c);
        size_t n = 6 + rng_below(&rng, 40), window = 4 + rng_below(&rng, n - 3), degree = 2 + rng_below(&rng, 2);
        size_t order = rng_below(&rng, 3);
        double k[4], y[64], out[64], step = 0.1 + rng_unit(&rng), half = window % 2 ? 0 : 0.5;
        for (size_t i = 0; i < 4; i++) k[i] = i <= degree ? rng_normal(&rng) : 0;
        for (size_t i = 0; i < n; i++) {
            double t = (double)i * step / (double)n;
            y[i] = k[0] + k[1] * t + k[2] * t * t + k[3] * t * t * t;
        }
        drive_savgol(y, n, window, degree, order, step / (double)n, out);
        for (size_t i = 0; i < n; i++) {
            bool inner = i >= window / 2 && i + window / 2 < n;
            double t = ((double)i + (inner ? half : 0)) * step / (double)n;
            double d0 = k[0] + k[1] * t + k[2] * t * t + k[3] * t * t * t, d1 = k[1] + 2 * k[2] * t + 3 * k[3] * t * t;
            double expected = order == 0 ? d0 : order == 1 ? d1 : 2 * k[2] + 6 * k[3] * t;
            check_near(out[i], expected, 1e-6 * (1 + fabs(expected)) * pow((double)n, (double)order) / 10 + 1e-8);
        }
    }
}

/* ---- the simulator ---- */

static void profiles_of_circles(void **state) {
    struct drive_pose poses[DRIVE_STEPS];
    double v[DRIVE_STEPS], kappa[DRIVE_STEPS];
    (void)state;
    for (size_t i = 0; i < DRIVE_STEPS; i++) {
        /* Euler's steps of the model itself: 8 m/s and 0.5 m/s2 more each second on curvature 0.02 */
        double h = 0, x = 0, y = 0;
        for (size_t k = 0; k < i; k++) {
            double speed = 8 + 0.05 * (double)k;
            x += 0.1 * speed * cos(h), y += 0.1 * speed * sin(h), h += 0.1 * speed * 0.02;
        }
        poses[i] = (struct drive_pose){x, y, h};
    }
    drive_profile(poses, DRIVE_STEPS, v, kappa);
    for (size_t k = 0; k + 1 < DRIVE_STEPS; k++) {
        check_near(v[k], 8 + 0.05 * (double)k, 1e-6);
        check_near(kappa[k], 0.02, 1e-6);
    }
}

static void plans_are_followed(void **state) {
    struct drive_state start = {.v = 10}, course[DRIVE_STEPS];
    struct drive_pose plan[DRIVE_POSES];
    (void)state;
    for (size_t i = 0; i < DRIVE_POSES; i++) {
        double s = 5.0 * (double)(i + 1), r = 60;
        plan[i] = (struct drive_pose){r * sin(s / r), r - r * cos(s / r), s / r};
    }
    drive_simulate(&start, plan, course);
    check_near(hypot(course[40].pose.x - plan[7].x, course[40].pose.y - plan[7].y), 0, 1.0);
    check_near(course[40].v, 10, 0.2);
    check_near(drive_angle(course[40].pose.heading - plan[7].heading), 0, 0.05);
    for (size_t i = 0; i < DRIVE_STEPS; i++) assert_true(course[i].ay == 0 && fabs(course[i].steering) < 0.2);
}

/* ---- scenes ---- */

#define ROAD "\"route\":[[-50,0],[500,0]],\"drivable\":[[[-50,-4],[500,-4],[500,4],[-50,4]]],\"tracks\":[]"
#define PLAN "[[5,0,0],[10,0,0],[15,0,0],[20,0,0],[25,0,0],[30,0,0],[35,0,0],[40,0,0]]"

static bool read_scene(const char *text, struct arena *arena, json_t **json, struct drive_scene *scene) {
    arena_init(arena, 1 << 24);
    *json = json_read(text_of(text), "s.jsonl", 1, &err);
    return *json && drive_scene_read(*json, (struct json_place){"s.jsonl", 1, ""}, arena, scene, &err);
}

static void scenes_are_scored(void **state) {
    struct drive_scene scene;
    struct drive_result r;
    struct arena arena;
    json_t *json;
    (void)state;
    check_ok(read_scene(
        "{\"token\":\"t\",\"style\":\"C\",\"ego\":{\"pose\":[0,0,0],\"v\":10},\"human\":" PLAN
        ",\"prediction\":[[5,0,0],[10,0,0],[15,1,0],[20,3,0.2],[25,6,0.2],[30,7,0],[35,7,0],[40,7,0]]," ROAD "}",
        &arena, &json, &scene));
    const struct drive_score_settings human = {.subject = DRIVE_HUMAN}, planned = {.subject = DRIVE_PREDICTION};
    check_ok(drive_score(&scene, &human, &r, &err));
    check_near(r.score, 1, 0);
    check_near(r.human, 40, 0.5);
    check_near(r.l2_mean, 0, 0);
    check_ok(drive_score(&scene, &planned, &r, &err));
    check_near(r.dac, 0, 0); /* 7 m off the middle of a road 8 m wide */
    check_near(r.score, 0, 0);
    check_near(r.l2[0], 3, 1e-12);
    check_near(r.l2_mean, (1 + 3 + 6 + 7 + 7 + 7) / 8.0, 1e-12);
    scene.predicted = false;
    check_fails(drive_score(&scene, &planned, &r, &err), ERROR_DATA, "scene 't': no prediction");
    json_decref(json);
    arena_done(&arena);
}

/* Stopping dead within two seconds is on the road, hits nobody and is not comfortable: two of twelve parts are lost. */
static void discomfort_costs(void **state) {
    struct drive_scene scene;
    struct drive_result r;
    struct arena arena;
    json_t *json;
    (void)state;
    check_ok(read_scene("{\"token\":\"t\",\"style\":\"C\",\"ego\":{\"pose\":[0,0,0],\"v\":10},\"human\":" PLAN
                        ",\"prediction\":[[4,0,0],[6.5,0,0],[7.5,0,0],[8,0,0],[8,0,0],[8,0,0],[8,0,0],[8,0,0]]," ROAD
                        "}",
                        &arena, &json, &scene));
    const struct drive_score_settings planned = {.subject = DRIVE_PREDICTION};
    check_ok(drive_score(&scene, &planned, &r, &err));
    check_near(r.nc, 1, 0);
    check_near(r.dac, 1, 0);
    check_near(r.ttc, 1, 0);
    check_near(r.comfort, 0, 0);
    check_near(r.score, (5 * r.ep + 5) / 12, 1e-12);
    json_decref(json);
    arena_done(&arena);
}

/* Somebody who touched the side of a car that crept is not looked at again; who only stands ahead of it is. */
static void once_beside_never_ahead(void **state) {
    (void)state;
    for (int beside = 0; beside < 2; beside++) {
        const struct drive_score_settings human = {.subject = DRIVE_HUMAN};
        struct drive_scene scene;
        struct drive_result r;
        struct arena arena;
        struct buffer b;
        json_t *json;
        buffer_init(&b, 1 << 16);
        buffer_put_c(&b,
                     "{\"token\":\"t\",\"style\":\"C\",\"ego\":{\"pose\":[0,0,0],\"v\":0.3},\"human\":[[0.15,0,0],"
                     "[0.3,0,0],[0.6,0,0],[1.5,0,0],[3.5,0,0],[6.5,0,0],[10.5,0,0],[15.5,0,0]],\"route\":[[-50,0],"
                     "[500,0]],\"drivable\":[[[-50,-4],[500,-4],[500,4],[-50,4]]],\"tracks\":[{\"id\":\"7\",\"kind\":"
                     "\"pedestrian\",\"size\":[0.6,0.6],\"states\":[");
        for (int i = 0; i < DRIVE_STEPS; i++) {
            const char *where = i < 3 ? "200,50" : i > 8 ? "12,0" : beside ? "1,1.3" : "1,3.5";
            buffer_printf(&b, "%s[%s,0,1]", i ? "," : "", where);
        }
        buffer_put_c(&b, "]}]}");
        check_ok(read_scene(b.at, &arena, &json, &scene));
        check_ok(drive_score(&scene, &human, &r, &err));
        check_near(r.ttc, beside, 0);
        check_near(r.nc, beside, 0); /* and who is met sideways is not run over later */
        json_decref(json);
        arena_done(&arena);
        buffer_done(&b);
    }
}

static void bad_scenes_are_named(void **state) {
    static const struct {
        const char *text, *said;
    } bad[] = {
        {"{\"style\":\"A\"}", "s.jsonl:1: scene '': field 'token'"},
        {"{\"token\":\"t\"}", "scene 't': field 'style': expected A, N or C"},
        {"{\"token\":\"t\",\"style\":\"X\"}", "field 'style': expected A, N or C"},
        {"{\"token\":\"t\",\"style\":\"A\",\"ego\":{\"pose\":[0,0,null],\"v\":1}}", "scene 't': field 'ego'"},
        {"{\"token\":\"t\",\"style\":\"A\",\"ego\":{\"pose\":[0,0,0]}}", "expected its speed v"},
        {"{\"token\":\"t\",\"style\":\"A\",\"ego\":{\"pose\":[0,0,0],\"v\":1},\"human\":[[1,0,0]]," ROAD "}",
         "field 'human': expected 8 poses of 3 finite numbers, within a kilometre, found 1"},
        {"{\"token\":\"t\",\"style\":\"A\",\"ego\":{\"pose\":[0,0,0],\"v\":1},\"human\":" PLAN
         ",\"route\":[[0,0],[1,1]],\"drivable\":[[[0,0],[1,1],[1,0]]],\"tracks\":[{\"id\":\"7\",\"kind\":\"vehicle\","
         "\"states\":[[0,0,0,0]]}]}",
         "field 'tracks '7'': expected its size"},
        {"{\"token\":\"t\",\"style\":\"A\",\"ego\":{\"pose\":[0,0,0],\"v\":1},\"human\":" PLAN
         ",\"route\":[[0,0],[1,1]]}",
         "field 'drivable': expected polygons"},
    };
    struct drive_scene scene;
    struct arena arena;
    json_t *json;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_fails(read_scene(bad[i].text, &arena, &json, &scene), ERROR_DATA, bad[i].said);
        json_decref(json);
        arena_done(&arena);
    }
}

/* A course that turns evenly does so also where its heading leaps from pi to -pi, either way round. */
static void turning_goes_round(void **state) {
    enum { N = 40 };
    const double pi = 3.14159265358979323846, step = 0.1;
    (void)state;
    for (int way = -1; way <= 1; way += 2) {
        struct drive_state course[N] = {0};
        double rate[N], up[N];
        for (int i = 0; i < N; i++) course[i].pose.heading = remainder(way * (2.5 + 0.05 * i), 2 * pi);
        drive_signal(course, N, step, DRIVE_TURN, false, rate);
        drive_signal(course, N, step, DRIVE_TURN_UP, false, up);
        for (int i = 0; i < N; i++) {
            check_near(rate[i], way * 0.5, 1e-7);
            check_near(up[i], 0, 1e-6);
        }
    }
}

/* ---- labels ---- */

static const char *written(const char *name, const char *text) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check_ok(file_write(path, text_of(text), &err));
    return path;
}

static void labels_by_rule(void **state) {
    struct style_scenes s;
    struct arena arena;
    struct buffer b;
    (void)state;
    arena_init(&arena, 1 << 26);
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 100; i++)
        buffer_printf(&b,
                      "{\"token\":\"s%d\",\"scenario_type\":\"lane_following\",\"with_lead\":\"%s\",\"v_avg\":%d,"
                      "\"a_max\":%d,\"ax_avg\":0,\"a_std\":%d,\"unsafe_ratio\":%s,\"model\":\"%s\"}\n",
                      i, i < 50 ? "No" : "Far", i, i, i, i == 40 ? "0.4" : "0", i == 3 ? "C" : "N");
    check_ok(style_read(written("s.jsonl", b.at), &arena, &s, &err));
    check_ok(style_rule(&s, &arena, &err));
    assert_int_equal(s.n, 100);
    assert_int_equal(s.at[95].rule, 'A'); /* fast, brakes hard, unsteady */
    assert_int_equal(s.at[40].rule, 'A'); /* too near, by itself */
    assert_true(s.at[40].dangerous && !s.at[95].dangerous);
    assert_int_equal(s.at[3].rule, 'C'); /* slow with nobody ahead, gentle */
    assert_int_equal(s.at[3].fused, 'C');
    assert_int_equal(s.at[2].fused, 'N'); /* the model does not say so */
    assert_int_equal(s.at[60].rule, 'N');
    assert_int_equal(style_fuse('N', 'A', 'C'), 'C');
    /* of 0..99 the 85th percentile is 84.15, the 90th 89.1, the 15th 14.85, the 20th 19.8 */
    static const struct {
        int scene, aggressive, conservative;
    } borders[] = {{14, 0, 2}, {15, 0, 1}, {19, 0, 1}, {20, 0, 0}, {84, 0, 0}, {85, 1, 0}, {89, 1, 0}, {90, 3, 0}};
    for (size_t i = 0; i < sizeof borders / sizeof *borders; i++) {
        assert_int_equal(s.at[borders[i].scene].aggressive, borders[i].aggressive);
        assert_int_equal(s.at[borders[i].scene].conservative, borders[i].conservative);
    }
    buffer_done(&b);
    check_fails(style_read(written("n.json", "{\"t\":{\"v_avg\":\"fast\"}}"), &arena, &s, &err), ERROR_DATA,
                "n.json: scene 't': field 'v_avg': expected a finite number");
    check_fails(style_read(written("m.json", "{\"t\":{\"v_avg\":1,\"model\":\"B\"}}"), &arena, &s, &err), ERROR_DATA,
                "field 'model': expected A, N or C");
    arena_done(&arena);
}

/* ---- lanelets ---- */

#define POINT(x, y) "<point><x>" #x "</x><y>" #y "</y></point>"
#define LANE(id, more)                                                                                                 \
    "<lanelet id=\"" #id "\"><leftBound>" POINT(0, 3) POINT(9, 3) "</leftBound><rightBound>" POINT(0, 0)               \
        POINT(9, 0) "</rightBound>" more "</lanelet>"
#define HEAD "<commonRoad benchmarkID=\"b\" commonRoadVersion=\"2018b\" timeStepSize=\"0.1\">"

static void lanelets_are_read(void **state) {
    static const struct {
        const char *text, *said;
    } bad[] = {
        {"<other/>", "expected <commonRoad>"},
        {HEAD "</commonRoad>", "expected lanelets"},
        {HEAD LANE(1, "<successor ref=\"9\"/>") "</commonRoad>", "no lanelet 9"},
        {HEAD LANE(1, "") LANE(1, "") "</commonRoad>", "a second lanelet 1"},
        {HEAD LANE(1, "") "<obstacle id=\"4\"><role>dynamic</role></obstacle></commonRoad>",
         "obstacle 4 has no <shape>"},
        {HEAD "<lanelet id=\"1\"><leftBound>", "b.xml:1:"},
    };
    struct lanelet_map map;
    struct arena arena;
    (void)state;
    arena_init(&arena, 1 << 26);
    check_ok(lanelet_read(
        written("a.xml",
                HEAD LANE(1, "<successor ref=\"2\"/><speedLimit>5</speedLimit>") LANE(
                    2, "<predecessor ref=\"1\"/>") "<obstacle "
                                                   "id=\"4\"><role>dynamic</role><type>car</"
                                                   "type><shape><rectangle><length>4</length>"
                                                   "<width>2</width></rectangle></shape><initialState/></obstacle>"
                                                   "<obstacle id=\"5\"><role>static</role></obstacle></commonRoad>"),
        &arena, &map, &err));
    assert_true(map.n == 2 && map.n_cars == 1 && map.lanelet[0].n_after == 1);
    assert_int_equal(map.lanelet[0].type, LANELET_INTERIOR);
    assert_int_equal(map.lanelet[1].type, LANELET_FOLLOWING);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(lanelet_read(written("b.xml", bad[i].text), &arena, &map, &err), ERROR_DATA, bad[i].said);
    arena_done(&arena);
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-drive-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}
static int remove_folder(void **state) {
    char line[96];
    (void)state;
    snprintf(line, sizeof line, "rm -r %s", folder);
    return system(line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_meet),           cmocka_unit_test(areas_by_hand),
        cmocka_unit_test(polynomials_are_kept), cmocka_unit_test(profiles_of_circles),
        cmocka_unit_test(plans_are_followed),   cmocka_unit_test(scenes_are_scored),
        cmocka_unit_test(discomfort_costs),     cmocka_unit_test(once_beside_never_ahead),
        cmocka_unit_test(bad_scenes_are_named), cmocka_unit_test(turning_goes_round),
        cmocka_unit_test(labels_by_rule),       cmocka_unit_test(lanelets_are_read),
    };
    return cmocka_run_group_tests_name("drive", tests, make_folder, remove_folder);
}
