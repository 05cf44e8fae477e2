#include <stdio.h>

#include "cli/verbs.h"

int
verb_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("usher " USHER_VERSION);
    return EXIT_DONE;
}
