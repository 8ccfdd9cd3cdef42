/* Known texts of chat templates: see calibrate_template.h. */
#include "lm/calibrate/calibrate_template.h"

#include "base/file.h"
#include "lm/calibrate/calibrate_files.h"
#include "lm/template/chat.h"

#include <stdio.h>
#include <string.h>

#define TEMPLATE_MAX ((size_t)1 << 20)
enum { NAME = 160, DIGEST = 16 };

/* The conversation that every template renders; the variables beside it are those that public templates ask for. */
#define SYSTEM "Answer in one sentence."
#define FIRST "Where does the river start?"
#define ANSWER "Above the mill."
#define SECOND "And where does it end?"
#define TURN(role, content) "{\"role\":\"" role "\",\"content\":\"" content "\"}"
#define TURNS TURN("user", FIRST) "," TURN("assistant", ANSWER) "," TURN("user", SECOND)
#define VARIABLES(messages)                                                                                            \
    "{\"messages\":[" messages "],\"add_generation_prompt\":true,\"bos_token\":\"<s>\",\"eos_token\":\"</s>\","        \
    "\"functions\":\"[]\",\"datetime\":\"1 May 2024\"}"

static const struct {
    const char *label, *variables;
} conversations[] = {{"", VARIABLES(TURNS)}, {", system message", VARIABLES(TURN("system", SYSTEM) "," TURNS)}};
enum { CONVERSATIONS = sizeof conversations / sizeof *conversations };

static const struct jinja_options chat_options = {.trim_blocks = true, .lstrip_blocks = true};

struct template_run {
    struct calibrate_out rows;
    struct arena arena; /* of one template */
    struct error *err;
};

/* ---- built in ---- */

static const char chatml_text[] =
    "<|im_start|>system\n" SYSTEM "<|im_end|>\n<|im_start|>user\n" FIRST "<|im_end|>\n"
    "<|im_start|>assistant\n" ANSWER "<|im_end|>\n<|im_start|>user\n" SECOND "<|im_end|>\n<|im_start|>assistant\n";
static const char pocket_text[] = "<bos><|system|>" SYSTEM "<|end|><|user|>" FIRST "<|end|><|assistant|>" ANSWER
                                  "<|end|><|user|>" SECOND "<|end|><|assistant|>";

/* The text itself is long: rows show sizes, the note where the first difference is. */
static void give_text(struct template_run *r, const char *name, const char *expected, struct text found) {
    char e[32], f[32], note[NAME] = "";
    size_t n = strlen(expected), i = 0;
    while (i < n && i < found.len && expected[i] == found.at[i]) i++;
    bool equal = i == n && i == found.len;
    snprintf(e, sizeof e, "%zu bytes", n);
    snprintf(f, sizeof f, "%zu bytes", found.len);
    if (!equal) snprintf(note, sizeof note, "the first %zu bytes are equal", i);
    calibrate_give(&r->rows, name, e, f, 0, equal ? CALIBRATE_PASSED : CALIBRATE_MISSED, note);
}

static bool render(struct text source, const char *shown, const char *variables, struct buffer *out,
                   struct error *err) {
    json_t *v = json_read(text_of(variables), "conversation", 1, err);
    struct jinja *j = v ? jinja_parse(source, shown, chat_options, err) : NULL;
    bool ok = j && jinja_render(j, v, out, err) && buffer_check(out, "rendered template", err);
    jinja_free(j);
    json_decref(v);
    return ok;
}

static bool check_chatml(struct template_run *r) {
    struct buffer out;
    struct error why = {0};
    buffer_init(&out, TEMPLATE_MAX);
    json_t *messages = json_read(TEXT("[" TURN("system", SYSTEM) "," TURNS "]"), "conversation", 1, r->err);
    struct chat_template *t = messages ? chat_template_new(NULL, "chatml", &why) : NULL;
    if (t && chat_render(t, messages, true, &out, &why))
        give_text(r, "chatml", chatml_text, buffer_text(&out));
    else if (messages)
        calibrate_failed(&r->rows, "chatml", &why);
    bool ok = messages != NULL;
    chat_template_free(t);
    json_decref(messages);
    buffer_done(&out);
    return ok;
}

static void check_pocket(struct template_run *r, struct text source) {
    static const char name[] = "pocket";
    struct buffer out;
    struct error why = {0};
    if (!source.len) return calibrate_skip(&r->rows, name, "the built-in template was not given");
    buffer_init(&out, TEMPLATE_MAX);
    if (render(source, "pocket", conversations[1].variables, &out, &why))
        give_text(r, name, pocket_text, buffer_text(&out));
    else
        calibrate_failed(&r->rows, name, &why);
    buffer_done(&out);
}

/* What must be refused, and where. */
static const struct {
    const char *name, *source, *place;
} faults[] = {
    {"refused: unknown filter", "{{ messages }}\n{{ bos_token | backwards }}", "t:2:16"},
    {"refused: statement that is not supported", "a\n\n  {% include 'other' %}", "t:3:6"},
    {"refused: block that is never closed", "{% for m in messages %}\n{{ m.role }}", "t:2:13"},
    {"refused: undefined variable", "\n{{ nobody.name }}", "t:2:11"},
    {"refused: the template's own exception", "{{ raise_exception('no such role') }}", "t:1:20"},
};

static void check_fault(struct template_run *r, size_t i) {
    struct buffer out;
    struct error why = {0};
    buffer_init(&out, TEMPLATE_MAX);
    bool rendered = render(text_of(faults[i].source), "t", conversations[0].variables, &out, &why);
    bool placed = !rendered && strncmp(why.message, faults[i].place, strlen(faults[i].place)) == 0;
    calibrate_give(&r->rows, faults[i].name, faults[i].place,
                   rendered ? "rendered"
                   : placed ? faults[i].place
                            : "",
                   0, placed ? CALIBRATE_PASSED : CALIBRATE_MISSED, why.message);
    buffer_done(&out);
}

/* ---- public templates ---- */

/* What Jinja 2 (3.1.6, with trim_blocks and lstrip_blocks) renders of the two conversations: bytes, and the first 16
 * digits of their sha256. */
static const struct reference {
    const char *file;
    struct {
        size_t bytes;
        char digest[DIGEST + 1];
    } of[CONVERSATIONS];
} references[] = {
    {"CohereForAI-c4ai-command-r-plus-tool_use.jinja", {{2417, "6a82b02b0d0dec4c"}, {1918, "e3cd5a7e5f247f38"}}},
    {"CohereForAI-c4ai-command-r7b-12-2024-tool_use.jinja", {{2786, "8c600a38b7757ddb"}, {3012, "68c27bea6c711ef3"}}},
    {"NousResearch-Hermes-3-Llama-3.1-8B-tool_use.jinja", {{978, "8e7ea89d4036177f"}, {1031, "173ef874774fd80f"}}},
    {"Qwen-Qwen2.5-7B-Instruct.jinja", {{273, "9f477ecced2bcbfb"}, {228, "695709032051a145"}}},
    {"deepseek-ai-DeepSeek-R1-Distill-Qwen-32B.jinja", {{160, "1e51b9eeec7106c6"}, {183, "11d12e8d9107ce90"}}},
    {"fireworks-ai-llama-3-firefunction-v2.jinja", {{1462, "734d0b7d67c76cf6"}, {1432, "87a32a7bc2c60ee7"}}},
    {"llama-cpp-deepseek-r1.jinja", {{214, "f19e2f4bb4b173f7"}, {237, "91a519d6704dc7b3"}}},
    {"meetkai-functionary-medium-v3.1.jinja", {{369, "c8d27732fb6646c5"}, {446, "f2939f5c791d8e0b"}}},
    {"meta-llama-Llama-3.1-8B-Instruct.jinja", {{392, "6be4211878bb7aa6"}, {415, "2ce48284be351902"}}},
    {"meta-llama-Llama-3.2-3B-Instruct.jinja", {{392, "6be4211878bb7aa6"}, {415, "2ce48284be351902"}}},
    {"microsoft-Phi-3.5-mini-instruct.jinja", {{134, "aed6bec3d3ae320f"}, {176, "145a86f7bef49e71"}}},
    {"mistralai-Mistral-Nemo-Instruct-2407.jinja", {{97, "03d7c64cecbf507f"}, {122, "07865dc69ac28d5a"}}},
};

static const struct reference *find_reference(const char *file) {
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        if (strcmp(references[i].file, file) == 0) return &references[i];
    return NULL;
}

static bool holds_turns(struct text t) {
    static const char *const turns[] = {FIRST, ANSWER, SECOND};
    size_t at = 0;
    for (size_t i = 0; i < sizeof turns / sizeof *turns && at != SIZE_MAX; i++)
        at = text_find(t, text_of(turns[i]), at);
    return at != SIZE_MAX;
}

static void give_digest(struct template_run *r, const char *name, const struct reference *known, size_t conversation,
                        struct text found) {
    char e[96], f[96], digest[HASH_HEX];
    sha256_hex(found.at, found.len, digest);
    digest[DIGEST] = 0;
    snprintf(e, sizeof e, "%zu bytes, %s", known->of[conversation].bytes, known->of[conversation].digest);
    snprintf(f, sizeof f, "%zu bytes, %s", found.len, digest);
    calibrate_give(&r->rows, name, e, f, 0, strcmp(e, f) == 0 ? CALIBRATE_PASSED : CALIBRATE_MISSED,
                   "bytes and sha256 of what Jinja 2 renders");
}

/* No reference: all that can be known is that no message is lost, or that a refusal says where. */
static void give_unknown(struct template_run *r, const char *name, const char *file, bool rendered, struct text found,
                         const struct error *why) {
    static const char expected[] = "all messages, or a refusal with its place";
    size_t n = strlen(file);
    bool placed = !rendered && strncmp(why->message, file, n) == 0 && why->message[n] == ':' &&
                  strspn(why->message + n + 1, "0123456789") > 0;
    bool whole = rendered && holds_turns(found);
    calibrate_give(&r->rows, name, expected,
                   whole      ? "all messages"
                   : rendered ? "messages lost"
                              : "refused",
                   0, whole || placed ? CALIBRATE_PASSED : CALIBRATE_MISSED, rendered ? "" : why->message);
}

static bool check_file(void *context, const char *path, struct error *err) {
    struct template_run *r = context;
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    const struct reference *known = find_reference(file);
    struct text source;
    arena_reset(&r->arena);
    if (!file_read(&r->arena, path, TEMPLATE_MAX, &source, err)) return false;
    for (size_t i = 0; i < CONVERSATIONS; i++) {
        char name[NAME];
        struct buffer out;
        struct error why = {0};
        buffer_init(&out, TEMPLATE_MAX);
        snprintf(name, sizeof name, "%s%s", file, conversations[i].label);
        bool rendered = render(source, file, conversations[i].variables, &out, &why);
        if (known && rendered)
            give_digest(r, name, known, i, buffer_text(&out));
        else if (known)
            calibrate_failed(&r->rows, name, &why);
        else
            give_unknown(r, name, file, rendered, buffer_text(&out), &why);
        buffer_done(&out);
    }
    return true;
}

bool calibrate_template(struct text pocket, const char *gold, calibrate_report *report, void *context,
                        struct error *err) {
    struct template_run r = {.rows = {report, context}, .err = err};
    arena_init(&r.arena, 2 * TEMPLATE_MAX);
    bool ok = check_chatml(&r);
    if (ok) {
        check_pocket(&r, pocket);
        for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) check_fault(&r, i);
    }
    if (ok && gold)
        ok = calibrate_files(gold, ".jinja", "a file or folder of chat templates (NAME.jinja)", check_file, &r, err);
    arena_done(&r.arena);
    return ok;
}
