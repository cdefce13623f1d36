/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the random policy of a seed, for tests that are no C. */
#include <stdio.h>
#include <stdlib.h>

#include "../shared/random.h"

int main(int argc, char **argv)
{
    struct dice dice = {.state = argc == 2 ? strtoull(argv[1], NULL, 10) : 0};
    char *policy = random_policy(&dice);

    fputs(policy, stdout);
    free(policy);
    return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
