/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "setting.h"

#include <stdio.h>

#define NUMBERS 3

long setting_read(const char *name, int place)
{
    long numbers[NUMBERS];
    char path[96];
    int read = 0;

    snprintf(path, sizeof(path), "/proc/sys/%s", name);
    FILE *file = fopen(path, "re");
    if (file) {
        read = fscanf(file, "%ld %ld %ld", &numbers[0], &numbers[1], &numbers[2]);
        fclose(file);
    }
    return place < read ? numbers[place] : -1;
}
