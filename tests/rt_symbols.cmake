# SPDX-License-Identifier: GPL-3.0-or-later
# Fails when an object of an *_rt.c file calls anything but functions that end in
# _rt and what graph/rt_allow.txt lists: DESIGN law 1, read off the machine code.
cmake_minimum_required(VERSION 3.25)
file(STRINGS ${ALLOW} allowed REGEX "^[^#]")
list(LENGTH OBJECTS n_objects)
if(n_objects EQUAL 0)
  message(FATAL_ERROR "no objects to look at")
endif()
set(bad "")
foreach(object IN LISTS OBJECTS)
  execute_process(COMMAND ${NM} -u ${object} OUTPUT_VARIABLE out
                  RESULT_VARIABLE rc)
  if(NOT rc EQUAL 0)
    message(FATAL_ERROR "nm failed on ${object}")
  endif()
  string(REGEX MATCHALL "[^ \n]+\n" symbols "${out}")
  foreach(symbol IN LISTS symbols)
    string(STRIP "${symbol}" symbol)
    if(symbol MATCHES "_rt$" OR symbol IN_LIST allowed OR
       symbol STREQUAL "_GLOBAL_OFFSET_TABLE_" OR
       symbol STREQUAL "__stack_chk_fail")
      continue()
    endif()
    get_filename_component(name ${object} NAME)
    string(APPEND bad "\n  ${name} calls ${symbol}")
  endforeach()
endforeach()
if(bad)
  message(FATAL_ERROR "not allowed on the JACK thread:${bad}")
endif()
message(STATUS "${n_objects} objects, all clean")
