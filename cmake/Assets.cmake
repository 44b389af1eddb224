# SPDX-License-Identifier: GPL-3.0-or-later
# longwave_assets(NAME FILES a.html ...)
# Embeds files by .incbin. Sets NAME_ASSETS to the sources for a target and
# writes NAME_assets.h into the build folder: for web/a.html the bytes
# asset_a_html[] up to asset_a_html_end[] and ASSET_A_HTML_ETAG, a quoted hash
# of them. An edited file makes CMake hash again and the object rebuild.
function(longwave_assets name)
  cmake_parse_arguments(A "" "" "FILES" ${ARGN})
  set(asm "/* made by Assets.cmake */\n    .section .rodata\n")
  set(head "/* made by Assets.cmake */\n#include <stdint.h>\n")
  foreach(file ${A_FILES})
    set(path ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    list(APPEND paths ${path})
    get_filename_component(base ${file} NAME)
    string(MAKE_C_IDENTIFIER "asset_${base}" id)
    string(TOUPPER "${id}_ETAG" etag)
    file(SHA256 ${path} hash)
    string(SUBSTRING ${hash} 0 16 hash)
    string(APPEND asm
      "    .global ${id}, ${id}_end\n"
      "/* ${hash} */\n"
      "${id}:\n    .incbin \"${path}\"\n${id}_end:\n    .byte 0\n")
    string(APPEND head
      "extern const uint8_t ${id}[], ${id}_end[];\n"
      "#define ${etag} \"\\\"${hash}\\\"\"\n")
  endforeach()
  string(APPEND asm "    .section .note.GNU-stack,\"\",%progbits\n")

  file(CONFIGURE OUTPUT ${name}_assets.S CONTENT "${asm}" @ONLY)
  file(CONFIGURE OUTPUT ${name}_assets.h CONTENT "${head}" @ONLY)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}_assets.S)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${paths}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${paths})
  set(${name}_ASSETS ${source} PARENT_SCOPE)
endfunction()
