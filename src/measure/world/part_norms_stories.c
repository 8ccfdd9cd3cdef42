/* Little stories of people and acts, with what others thought of it and what somebody felt. */
#include "measure/world/part_norms.h"

enum { STORY_COPIES = 4 };

uint64_t norms_stories(const struct world *w) {
    (void)w;
    return (uint64_t)NORMS * STORY_FRAMES * STORY_COPIES;
}

static bool put_scene(struct world_document *document, const struct norms *s, size_t scene, struct text frame,
                      struct text name) {
    struct slot slots[] = {{"N", name}, {"F", s->feeling[scene / SCENES_EACH]}, {"Q", {0}}};
    struct buffer told;
    buffer_init(&told, 1 << 10);
    bool ok = world_render(&told, s->scene[scene], slots, 1);
    slots[2].text = buffer_text(&told);
    ok = ok && world_render(&document->text, frame, slots, 3);
    buffer_done(&told);
    return ok;
}

bool norms_put_story(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw) {
    const struct norms *s = norms_of(w);
    size_t row = (size_t)(number % NORMS), frame = (size_t)(number / NORMS % STORY_FRAMES);
    struct rng rng = world_stream(w, "norms/stories", draw, number);
    struct part_cast cast = part_cast(w, &rng);
    struct slot slots[] = {{"N", cast.name}, {"M", cast.other}, {"T", cast.town}, {"A", {0}}, {"S", {0}}, {"E", {0}}};
    if (row >= SCENE_ROW) return put_scene(document, s, row - SCENE_ROW, s->of_scene.at[frame], slots[0].text);
    if (row < ACTS) {
        slots[3].text = s->act[row];
        return world_render(&document->text, s->of_act[row / ACTS_EACH].at[frame], slots, 4);
    }
    size_t i = row - JUDGEMENT_ROW;
    slots[4].text = s->situation[i / 2], slots[5].text = s->ending[i / 2][i % 2];
    return world_render(&document->text, s->of_ending[i % 2].at[frame], slots, 6);
}
