#include "cli/args.h"

#include <stdio.h>
#include <string.h>

static struct option_spec *
find_long(struct option_spec *specs, const char *name, size_t n)
{
    for (; specs->name != NULL; specs++)
        if (strlen(specs->name) == n && memcmp(specs->name, name, n) == 0)
            return specs;
    return NULL;
}

static struct option_spec *
find_letter(struct option_spec *specs, char letter)
{
    for (; specs->name != NULL; specs++)
        if (specs->letter == letter)
            return specs;
    return NULL;
}

/* How many leading characters two names share: enough to guess a slip. */
static size_t
shared(const char *a, const char *b)
{
    size_t n = 0;

    while (a[n] != '\0' && a[n] == b[n])
        n++;
    return n;
}

static void
complain_unknown(const char *verb, const char *given,
                 const struct option_spec *specs)
{
    const char *bare = given, *best = NULL;
    size_t most = 0;

    while (*bare == '-')
        bare++;
    for (; specs->name != NULL; specs++)
        if (shared(bare, specs->name) > most) {
            most = shared(bare, specs->name);
            best = specs->name;
        }
    if (best != NULL)
        fprintf(stderr, "usher %s: no option %s; did you mean --%s?\n", verb,
                given, best);
    else
        fprintf(stderr, "usher %s: no option %s; see usher help %s\n", verb,
                given, verb);
}

static int
take_value(struct option_spec *spec, const char *inlined, int argc, char **argv,
           int *i)
{
    if (!spec->takes_value) {
        if (inlined != NULL) {
            fprintf(stderr, "usher %s: --%s takes no value\n", argv[0],
                    spec->name);
            return -1;
        }
        spec->value = "";
        return 0;
    }
    if (inlined == NULL && *i + 1 >= argc) {
        fprintf(stderr, "usher %s: --%s needs a value\n", argv[0], spec->name);
        return -1;
    }
    spec->value = inlined != NULL ? inlined : argv[++*i];
    return 0;
}

static int
take_option(int argc, char **argv, int *i, struct option_spec *specs)
{
    const char *given = argv[*i], *equals = strchr(given, '=');
    struct option_spec *spec;

    if (given[1] == '-') {
        size_t n =
            equals != NULL ? (size_t)(equals - given) - 2 : strlen(given) - 2;

        spec = find_long(specs, given + 2, n);
    } else {
        spec = given[2] == '\0' ? find_letter(specs, given[1]) : NULL;
        equals = NULL;
    }
    if (spec == NULL) {
        complain_unknown(argv[0], given, specs);
        return -1;
    }
    return take_value(spec, equals != NULL ? equals + 1 : NULL, argc, argv, i);
}

int
args_parse(int argc, char **argv, struct option_spec *specs, struct args *out)
{
    bool options = true;

    out->count = 0;
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (take_option(argc, argv, &i, specs) != 0)
                return -1;
        } else if (out->count < ARGS_OPERANDS_MAX) {
            out->operands[out->count++] = argv[i];
        } else {
            fprintf(stderr, "usher %s: more than %d operands\n", argv[0],
                    ARGS_OPERANDS_MAX);
            return -1;
        }
    }
    return 0;
}

const char *
args_value(const struct option_spec *specs, const char *name)
{
    for (; specs->name != NULL; specs++)
        if (strcmp(specs->name, name) == 0)
            return specs->value;
    return NULL;
}

bool
args_given(const struct option_spec *specs, const char *name)
{
    return args_value(specs, name) != NULL;
}
