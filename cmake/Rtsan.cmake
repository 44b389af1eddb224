# SPDX-License-Identifier: GPL-3.0-or-later
# LONGWAVE_RTSAN: what links `rtsan`, our programs, has the runtime of LLVM's
# RealtimeSanitizer, and what it gives JACK as its process callback runs as
# realtime code: the first call in there that can block or allocate ends the
# program with a stack trace. Any compiler will do, since only the calls are
# watched. Where the runtime isn't installed, all is built without it, and the
# tests that need it say so and are skipped.
file(GLOB rtsan_found
  /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.rtsan-${CMAKE_SYSTEM_PROCESSOR}.a)
list(SORT rtsan_found COMPARE NATURAL ORDER DESCENDING)
if(rtsan_found)
  list(GET rtsan_found 0 rtsan)
  message(STATUS "RealtimeSanitizer: ${rtsan}")
  # Into programs alone: one definition, whatever libraries they have.
  add_library(rtsan INTERFACE)
  target_sources(rtsan INTERFACE
    $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:${CMAKE_SOURCE_DIR}/tests/tools/rtsan_wrap.c>)
  target_link_options(rtsan INTERFACE
    -Wl,--wrap=jack_set_process_callback -Wl,--export-dynamic)
  # The runtime is C++, the shared library of which needs no compiler's package.
  target_link_libraries(rtsan INTERFACE
    $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-Wl,--whole-archive>
    ${rtsan} -Wl,--no-whole-archive -l:libstdc++.so.6 Threads::Threads
    ${CMAKE_DL_LIBS} m rt)
else()
  message(WARNING "no RealtimeSanitizer runtime: install libclang-rt-19-dev")
endif()
