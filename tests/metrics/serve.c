/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exporter by itself: serve ADDRESS [INTERFACE] prints the keeper's process and waits for it.
 * serve --textfile FILE writes the file. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "../../loader/exporter/exporter.h"
#include "../../loader/metrics/metrics.h"

static int serve(const char *address, const char *interface, struct why *why)
{
    struct exporter_options options = {.interface = interface, .names = "metrics.example"};
    pid_t keeper;
    int status = 1;

    if (exporter_listen(address, &options.listener, why) || exporter_start(&options, &keeper, why))
        return 1;
    printf("%d\n", (int)keeper);
    fflush(stdout);
    waitpid(keeper, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    struct why why = {0};
    int result = 1;

    if (argc == 3 && !strcmp(argv[1], "--textfile"))
        result = metrics_write(argv[2], NULL, &why) ? 1 : 0;
    else if (argc > 1)
        result = serve(argv[1], argv[2], &why);
    if (why.text[0])
        fprintf(stderr, "serve: %s\n", why.text);
    return result;
}
