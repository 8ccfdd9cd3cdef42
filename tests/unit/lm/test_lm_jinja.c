/* Jinja: expected texts worked out from the Jinja 2 documentation and Python's semantics; the chat templates of public
 * models are rendered when they lie beside the source tree. */
#include "check.h"

#include "base/file.h"
#include "lm/template/jinja.h"

#include <dirent.h>

static struct error err;
static const char *root;

static const char variables[] =
    "{\"name\":\"Ada\",\"n\":3,\"x\":0.5,\"items\":[\"a\",\"b\",\"c\"],\"empty\":[],\"user\":{\"age\":7,\"tags\":[\"u\",\"v\"]},"
    "\"rows\":[{\"k\":\"z\",\"v\":2},{\"k\":\"y\",\"v\":1}],\"text\":\"  two words \",\"none\":null,\"flag\":true}";

static bool render(const char *source, struct jinja_options options, struct buffer *out) {
    json_t *v = json_read(text_of(variables), "variables", 1, &err);
    struct jinja *j = v ? jinja_parse(text_of(source), "test", options, &err) : NULL;
    bool ok = j && jinja_render(j, v, out, &err);
    jinja_free(j);
    json_decref(v);
    return ok;
}

struct sample {
    const char *source, *expected;
};

static const struct sample samples[] = {
    {"hi {{ name }}!", "hi Ada!"},
    {"{{ n + 2 * 3 }} {{ 7 // 2 }} {{ 7 / 2 }} {{ -7 % 3 }} {{ 2 ** 3 }} {{ -7 // 2 }}", "9 3 3.5 2 8 -4"},
    {"{{ 1.0 }} {{ x * 2 }} {{ 'a' ~ 1 ~ none }}", "1.0 1.0 a1None"},
    {"{% if n > 2 and not empty %}yes{% else %}no{% endif %}", "yes"},
    {"{% if n == 1 %}1{% elif n == 3 %}3{% else %}?{% endif %}", "3"},
    {"{% for i in items %}{{ loop.index }}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}", "1a,2b,3c"},
    {"{% for i in empty %}{{ i }}{% else %}none{% endfor %}", "none"},
    {"{% for i in items if i != 'b' %}{{ i }}{{ loop.length }}{% endfor %}", "a2c2"},
    {"{% for k, v in user.items() %}{{ k }};{% endfor %}", "age;tags;"},
    {"{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}", "02"},
    {"{% set ns = namespace(c=0) %}{% for i in items %}{% set ns.c = ns.c + 1 %}{% endfor %}{{ ns.c }}", "3"},
    {"{% set a = 1 %}{% for i in items %}{% set a = 2 %}{% endfor %}{{ a }}", "1"},
    {"{% set b %}x{{ name }}{% endset %}{{ b|upper }}", "XADA"},
    {"{% macro m(a, b='q') %}<{{ a }}{{ b }}>{% endmacro %}{{ m(1) }}{{ m(1, b=2) }}", "<1q><12>"},
    {"{{ items[0] }}{{ items[-1] }}{{ items[1:] }}{{ name[::-1] }}", "ac['b', 'c']adA"},
    {"{{ user.age }}{{ user['tags'][1] }}{{ user.get('nope', 9) }}", "7v9"},
    {"{{ missing|default('d') }}{{ ''|default('e', true) }}", "de"},
    {"{{ 'x' if flag }}{{ 'y' if not flag else 'z' }}", "xz"},
    {"{{ text|trim }}|{{ text.strip().split(' ')|join('-') }}", "two words|two-words"},
    {"{{ items|length }} {{ items|first }} {{ items|last }} {{ items|reverse|join }}", "3 a c cba"},
    {"{{ rows|map(attribute='k')|join(',') }} {{ rows|sort(attribute='v')|map(attribute='k')|join }}", "z,y yz"},
    {"{{ rows|selectattr('v', 'equalto', 1)|list|length }}{{ rows|rejectattr('v', 'gt', 1)|first|tojson }}", "1{\"k\": \"y\", \"v\": 1}"},
    {"{{ user|tojson }} {{ items|tojson(indent=1) }}", "{\"age\": 7, \"tags\": [\"u\", \"v\"]} [\n \"a\",\n \"b\",\n \"c\"\n]"},
    {"{{ name is string }} {{ n is number }} {{ zip is defined }} {{ none is none }} {{ n is odd }} {{ user is mapping }}",
     "True True False True True True"},
    {"{{ 'b' in items }} {{ 'q' not in items }} {{ 'd' in 'Ada' }} {{ 'age' in user }}", "True True True True"},
    {"{{ 'a,b'.split(',') }} {{ 'ab'.startswith('a') }} {{ 'Ab'.upper() }} {{ 'a-b'.replace('-', '+') }}", "['a', 'b'] True AB a+b"},
    {"{# note #}a{%- if true %} b {%- endif %} c", "a b c"},
    {"{% raw %}{{ x }}{% endraw %}", "{{ x }}"},
    {"{{ {'a': 1}.a }}{{ (1, 2)[1] }}{{ [1] + [2] }}", "12[1, 2]"},
    {"{{ 'é'|length }}{{ 'né'[1] }}", "1é"},
    {"{% filter upper %}abc{% endfilter %}", "ABC"},
    {"{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }}", "True False"},
    {"{{ 'x' * 3 }} {{ '%'|e }}{{ '<'|e }}", "xxx %&lt;"},
    {"{{ 3.7|int }} {{ '42'|int + 1 }} {{ 2.5|round }} {{ -3|abs }}", "3 43 2.0 3"},
    {"{{ items|map('upper')|list }}", "['A', 'B', 'C']"},
    {"{{ 'a\\nb' }}|{{ \"it's\" }}|{{ [\"it's\"] }}", "a\nb|it's|[\"it's\"]"},
    {"{{ dict(a=1, b='c') }}", "{'a': 1, 'b': 'c'}"},
    {"{% for i in items %}{{ loop.previtem|default('-') }}{{ loop.nextitem|default('-') }}{% endfor %}", "-bacb-"},
    {"{{ 'a-b-c'.rsplit('-', 1) }}{{ 'a-b-c'.rsplit('-') }}", "['a-b', 'c']['a', 'b', 'c']"},
    {"{{ ' a b  c '.split() }}{{ 'a b c'.split(none, 1) }}{{ 'a-b-c'.split('-', 1) }}", "['a', 'b', 'c']['a', 'b c']['a', 'b-c']"},
    {"{{ 'n\xc3\xa9t'[::-1] }}{{ 'n\xc3\xa9t'[1:] }}{{ 'abcde'[::2] }}{{ 'abc'[5:] }}{{ items[::-2] }}", "t\xc3\xa9n\xc3\xa9tace['c', 'a']"},
    {"{{ 'abc'[::9223372036854775807] }}{{ items[2::-9223372036854775807] }}", "a['c']"},
    {"{{ range(9223372036854775806, 9223372036854775807, 2) }}", "[9223372036854775806]"},
    {"{% for i in range(900) %}{% for j in range(900) %}{% endfor %}{% endfor %}", ""}, /* turns of a loop take no memory */
    {"{% set n = namespace(l=[]) %}{% for i in range(99999) %}{% set n.l = [n.l] %}{% endfor %}", ""},
};

static void test_samples(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct buffer b;
        buffer_init(&b, 1 << 20);
        bool ok = render(samples[i].source, (struct jinja_options){0}, &b);
        if (!ok) fail_msg("%s: %s", samples[i].source, err.message);
        if (!text_equal_c(buffer_text(&b), samples[i].expected))
            fail_msg("%s: '%s', expected '%s'", samples[i].source, b.at ? b.at : "", samples[i].expected);
        buffer_done(&b);
    }
}

static void test_blocks_trimmed(void **state) {
    (void)state;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    check_ok(render("a\n  {% if true %}\nb\n  {% endif %}\nc\n", (struct jinja_options){.trim_blocks = true, .lstrip_blocks = true}, &b));
    assert_string_equal(b.at, "a\nb\nc");
    buffer_done(&b);
}

static const struct sample refused[] = {
    {"a\n{{ x | nofilter }}", "test:2:8: template: filter 'nofilter' is not supported"},
    {"{% include 'x' %}", "statement 'include' is not supported"},
    {"{{ 1 + }}", "expected an expression"},
    {"{% if x %}", "expected 'elif'"},
    {"{{ x", "never closed"},
    {"{% for i in items recursive %}{% endfor %}", "recursive"},
    {"{% break %}", "outside of a loop"},
    {"{{ nope.x }}", "'nope' is undefined"},
    {"{{ raise_exception('no such role') }}", "no such role"},
    {"{{ 1 // 0 }}", "division by zero"},
    {"{{ 'a' + 1 }}", "does not fit"},
    {"{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "template makes more than"},
    {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "too deeply"},
    {"{{ x is strange }}", "test 'strange' is not supported"},
    {"{{ -(0 - 9223372036854775807 - 1) }}", "out of range"},
    {"{{ (0 - 9223372036854775807 - 1)|abs }}", "out of range"},
    {"{{ 9 ** 999 }}", "out of range"},
    {"{{ 2.5|round(400) }}", "out of range"},
};

/* What a template in a stranger's model file may try: each ends with a message, soon, and on an ordinary stack. */
static const struct sample hostile[] = {
    {"{% set a = namespace() %}{% set b = namespace(a=a) %}{% set a.b = b %}{{ a }}", "holds itself"},
    {"{% set a = namespace() %}{% set b = namespace(a=a) %}{% set a.b = b %}{{ a == b }}", "holds itself"},
    {"{% set a = namespace() %}{% set b = namespace(a=a) %}{% set a.b = b %}{{ b|tojson }}", "holds itself"},
    {"{% set a = namespace() %}{% set a.a = a %}", "cannot hold itself"},
    {"{% set a = [] %}{% do a.append(a) %}", "cannot hold itself"},
    {"{% set a = {} %}{% do a.update({'a': a}) %}", "cannot hold itself"},
    {"{% set a = [] %}{% set b = [a] %}{% do a.append(b) %}{{ [a]|sort }}", "holds itself"},
    {"{% set n = namespace(l=[]) %}{% for i in range(9999) %}{% set n.l = [n.l] %}{% endfor %}{{ n.l }}", "nested over"},
    {"{% set n = namespace(l=[1]) %}{% for i in range(50) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l }}", "parts"},
    {"{% set n = namespace(l=[1]) %}{% for i in range(50) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l in items }}", "parts"},
    {"{{ [1] * 4611686018427387904 }}", "repeats too much"},
    {"{% for i in range(9999) %}{% set x = [1] * 4000000 %}{% endfor %}", "256 MiB"},
    {"{% set s = 'a' * 4900000 %}{% for i in range(99999) %}{{ 'b' in s }}{% endfor %}", "steps"},
    {"{% set s = 'a' * 4900000 %}{{ s|list }}", "not taken apart"},
    {"{% set s = 'a,' * 3000000 %}{{ s.split(',') }}", "more than 1048576 pieces"},
    {"{% set s = 'a' * 4900000 %}{{ s.rsplit('b' ~ 'a' * 2000000) }}", "steps"},
    {"{% set s = 'a' * 4900000 %}{% macro m() %}{{ s }}{{ m() }}{% endmacro %}{{ m() }}", "256 MiB"},
    {"{% macro m() %}{{ m() ~ m() }}{% endmacro %}{{ m() }}", "too deeply"},
};

static void test_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct buffer b;
        buffer_init(&b, 1 << 20);
        error_clear(&err);
        if (render(refused[i].source, (struct jinja_options){0}, &b)) fail_msg("%s: accepted", refused[i].source);
        if (!strstr(err.message, refused[i].expected)) fail_msg("%s: %s", refused[i].source, err.message);
        assert_int_equal(err.kind, ERROR_DATA);
        buffer_done(&b);
    }
}

static void test_hostile(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct buffer b;
        buffer_init(&b, 1 << 20);
        error_clear(&err);
        if (render(hostile[i].source, (struct jinja_options){0}, &b)) fail_msg("%s: accepted", hostile[i].source);
        if (!strstr(err.message, hostile[i].expected)) fail_msg("%s: %s", hostile[i].source, err.message);
        assert_int_equal(err.kind, ERROR_DATA);
        buffer_done(&b);
    }
}

/* Chains bind to the left without brackets, so that only evaluation goes deep. */
static void test_long_chains(void **state) {
    (void)state;
    static const char *const links[] = {"+n", "|abs", "[0]", " and n", " ~ n", "|default(n)"};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        struct buffer source, b;
        buffer_init(&source, 1 << 20);
        buffer_init(&b, 1 << 20);
        buffer_put_c(&source, "{{ n");
        for (size_t k = 0; k < 50000; k++) buffer_put_c(&source, links[i]);
        buffer_put_c(&source, " }}");
        error_clear(&err);
        check_fails(render(source.at, (struct jinja_options){0}, &b), ERROR_DATA, "nested too deeply");
        buffer_done(&b);
        buffer_done(&source);
    }
}

static void test_strict(void **state) {
    (void)state;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    check_fails(render("{{ quastion }}", (struct jinja_options){.strict = true}, &b), ERROR_DATA, "'quastion' is undefined");
    buffer_done(&b);
}

static void test_value(void **state) {
    (void)state;
    json_t *v = json_read(text_of(variables), "variables", 1, &err);
    struct jinja *j = jinja_parse(TEXT("{{ items[:2] }}"), "test", (struct jinja_options){0}, &err);
    check_ok(j);
    json_t *value = jinja_value(j, v, &err);
    check_ok(value);
    assert_true(json_is_array(value) && json_array_size(value) == 2);
    json_decref(value);
    jinja_free(j);
    json_decref(v);
}

static void test_out_of_memory(void **state) {
    (void)state;
    for (uint64_t n = 1; n < 400; n++) {
        struct buffer b;
        buffer_init(&b, 1 << 20);
        memory_fail_at(n);
        render("{% macro m(a) %}{{ a }}{% endmacro %}{% for i in items %}{{ m(i)|upper ~ [i, {'k': i}] }}{% endfor %}", (struct jinja_options){0}, &b);
        memory_fail_at(0);
        buffer_done(&b);
    }
}

static const char chat[] = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"},{\"role\":\"assistant\",\"content\":\"Hi.\"},"
                           "{\"role\":\"user\",\"content\":\"Who built the mill?\"}],\"add_generation_prompt\":true,\"bos_token\":\"<s>\","
                           "\"eos_token\":\"</s>\",\"functions\":\"[]\",\"datetime\":\"now\"}";

static void test_public_templates(void **state) {
    (void)state;
    char folder[512], path[1024];
    snprintf(folder, sizeof folder, "%s/../shared/data/models/chat-templates", root);
    DIR *d = opendir(folder);
    if (!d) {
        printf("skipped: no %s\n", "../shared/data/models/chat-templates");
        skip();
    }
    struct dirent *e;
    size_t n = 0;
    json_t *v = json_read(text_of(chat), "chat", 1, &err);
    while ((e = readdir(d))) {
        if (!text_ends(text_of(e->d_name), TEXT(".jinja"))) continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        struct arena arena;
        struct text source;
        struct buffer out;
        arena_init(&arena, 1 << 22);
        buffer_init(&out, 1 << 22);
        check_ok(file_read(&arena, path, 1 << 20, &source, &err));
        struct jinja *j = jinja_parse(source, e->d_name, (struct jinja_options){.trim_blocks = true, .lstrip_blocks = true}, &err);
        if (!j) fail_msg("%s", err.message);
        if (!jinja_render(j, v, &out, &err)) fail_msg("%s", err.message);
        assert_true(text_find(buffer_text(&out), TEXT("Who built the mill?"), 0) != SIZE_MAX);
        jinja_free(j);
        buffer_done(&out);
        arena_done(&arena);
        n++;
    }
    closedir(d);
    json_decref(v);
    assert_int_equal(n, 12);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),  cmocka_unit_test(test_blocks_trimmed), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_hostile), cmocka_unit_test(test_long_chains), cmocka_unit_test(test_strict),   cmocka_unit_test(test_value),          cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_public_templates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
