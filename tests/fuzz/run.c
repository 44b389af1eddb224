// SPDX-License-Identifier: GPL-3.0-or-later
/* A fuzz target as an ordinary test: each file of the folders named. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_MAX 65536 /* bytes */

static int run_file(const char *dir, const char *name)
{
    static uint8_t data[INPUT_MAX];
    char path[4096];
    size_t n;
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "rb");
    if (!f) {
        perror(path);
        return -1;
    }
    n = fread(data, 1, sizeof(data), f);
    fclose(f);
    LLVMFuzzerTestOneInput(data, n);
    return 0;
}

int main(int argc, char **argv)
{
    unsigned files = 0;

    for (int i = 1; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        struct dirent *e;

        while (dir && (e = readdir(dir)))
            if (e->d_name[0] != '.') {
                if (run_file(argv[i], e->d_name) < 0)
                    return EXIT_FAILURE;
                files++;
            }
        if (dir)
            closedir(dir);
    }
    printf("%u files\n", files);
    return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
