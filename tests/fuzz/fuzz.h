// SPDX-License-Identifier: GPL-3.0-or-later
/* What every fuzz target is: libFuzzer's function. With any other compiler
   run.c calls it once for each file of the corpus. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
