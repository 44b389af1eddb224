# SPDX-License-Identifier: GPL-3.0-or-later
# longwave_assets(NAME ROOT folder FILES a.html b/c.js ...)
# Embeds files below ROOT by .incbin. Sets NAME_ASSETS to the sources for a
# target and writes NAME_assets.h into the build folder: NAME_assets[], a row
# per file with its name as it is in FILES, a quoted hash of its bytes for an
# ETag, and the bytes. An edited file makes CMake hash again and the object
# rebuild.
function(longwave_assets name)
  cmake_parse_arguments(A "" "ROOT" "FILES" ${ARGN})
  set(asm "/* made by Assets.cmake */\n    .section .rodata\n")
  set(extern "")
  set(rows "")
  set(n 0)
  foreach(file ${A_FILES})
    set(path ${CMAKE_CURRENT_SOURCE_DIR}/${A_ROOT}/${file})
    list(APPEND paths ${path})
    # By number: of "a/b" and "a_b" no identifier could be told from the other.
    set(id "${name}_asset_${n}")
    math(EXPR n "${n} + 1")
    file(SHA256 ${path} hash)
    string(SUBSTRING ${hash} 0 16 hash)
    string(APPEND asm
      "    .global ${id}, ${id}_end\n"
      "/* ${hash} */\n"
      "${id}:\n    .incbin \"${path}\"\n${id}_end:\n    .byte 0\n")
    string(APPEND extern "extern const uint8_t ${id}[], ${id}_end[];\n")
    string(APPEND rows
      "    {\"${file}\", \"\\\"${hash}\\\"\", ${id}, ${id}_end},\n")
  endforeach()
  string(APPEND asm "    .section .note.GNU-stack,\"\",%progbits\n")
  string(CONCAT head
    "/* made by Assets.cmake */\n#include <stdint.h>\n"
    "${extern}"
    "static const struct {\n"
    "    const char *file, *etag;\n"
    "    const uint8_t *data, *end;\n"
    "} ${name}_assets[] = {\n${rows}};\n")

  file(CONFIGURE OUTPUT ${name}_assets.S CONTENT "${asm}" @ONLY)
  file(CONFIGURE OUTPUT ${name}_assets.h CONTENT "${head}" @ONLY)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}_assets.S)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${paths}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${paths})
  set(${name}_ASSETS ${source} PARENT_SCOPE)
endfunction()
