// SPDX-License-Identifier: GPL-3.0-or-later
/* cmocka with what it needs included before it. */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* ctest's word for "could not be tested here". */
#define TEST_SKIP 77

#endif
