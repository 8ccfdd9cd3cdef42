/* Opening what embeds guidelines: see guide_model.h. */
#include "cli/guide_model.h"

#include <string.h>

bool guide_model_open(struct guide_model *model, const struct arguments *args, struct error *err) {
    const char *spec = args_asked(args, "subject");
    uint64_t layer = args_count(args, "layer", UINT64_MAX);
    *model = (struct guide_model){0};
    if (!spec || strcmp(spec, "none") == 0)
        return layer == UINT64_MAX || error_set(err, ERROR_USAGE, "--layer is one of a model's; give --subject too");
    model->subject = common_subject(args, err);
    if (model->subject)
        model->embedder = guide_embedder_open(model->subject, layer > SIZE_MAX ? SIZE_MAX : (size_t)layer, err);
    return model->embedder != NULL;
}

void guide_model_close(struct guide_model *model) {
    guide_embedder_close(model->embedder);
    subject_close(model->subject);
}

const char *guide_model_name(const struct guide_model *model) {
    return model->embedder ? guide_embedder_name(model->embedder) : NULL;
}
