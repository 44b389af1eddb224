# SPDX-License-Identifier: GPL-3.0-or-later
# longwave_test(NAME SOURCES a.c ... LIBS lib ... [LABELS unit])
# One cmocka program and one ctest entry; exit code 77 is a skip.
function(longwave_test name)
  cmake_parse_arguments(T "" "" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT T_LABELS)
    set(T_LABELS unit)
  endif()
  add_executable(${name} ${T_SOURCES})
  target_link_libraries(${name} PRIVATE ${T_LIBS} PkgConfig::CMOCKA Threads::Threads)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES
    LABELS "${T_LABELS}" SKIP_RETURN_CODE 77 TIMEOUT 120)
endfunction()
