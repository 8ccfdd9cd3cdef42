/* `basanite agent check` of files about driving: roads and cars in XML, lists of scenes in YAML, anchors in .npy. */
#ifndef CLI_AGENT_SCENES_H
#define CLI_AGENT_SCENES_H

#include "cli/commands.h"

bool agent_is_scene(const char *path); /* by its ending; of YAML, by the key `tokens` */
bool agent_check_scenes(struct arguments *args, struct error *err) MUST_CHECK;

#endif
