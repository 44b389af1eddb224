# SPDX-License-Identifier: GPL-3.0-or-later
# longwave_assets(NAME ROOT folder FILES a.html b/c.js ...)
# Embeds files below ROOT by .incbin. Sets NAME_ASSETS to the sources for a
# target and writes NAME_assets.h into the build folder: NAME_assets[], a row
# per file with its name as it is in FILES, and its bytes twice, as they are and
# by gzip, each with an ETag: a quoted hash. An edited file makes CMake hash
# again and the object rebuild.
function(longwave_assets name)
  cmake_parse_arguments(A "" "ROOT" "FILES" ${ARGN})
  set(asm "/* made by Assets.cmake */\n    .section .rodata\n")
  set(extern "")
  set(rows "")
  set(n 0)
  find_program(LONGWAVE_GZIP gzip REQUIRED)
  foreach(file ${A_FILES})
    set(path ${CMAKE_CURRENT_SOURCE_DIR}/${A_ROOT}/${file})
    list(APPEND paths ${path})
    # By number: of "a/b" and "a_b" no identifier could be told from the other.
    set(id "${name}_asset_${n}")
    math(EXPR n "${n} + 1")
    file(SHA256 ${path} hash)
    string(SUBSTRING ${hash} 0 16 hash)
    set(packed ${CMAKE_CURRENT_BINARY_DIR}/${id}.gz)
    execute_process(COMMAND ${LONGWAVE_GZIP} -9nc ${path}
      OUTPUT_FILE ${packed} COMMAND_ERROR_IS_FATAL ANY)
    foreach(part "${id}" "${id}_gz")
      string(APPEND extern "extern const uint8_t ${part}[], ${part}_end[];\n")
    endforeach()
    string(APPEND asm
      "    .global ${id}, ${id}_end, ${id}_gz, ${id}_gz_end\n"
      "/* ${hash} */\n"
      "${id}:\n    .incbin \"${path}\"\n${id}_end:\n    .byte 0\n"
      "${id}_gz:\n    .incbin \"${packed}\"\n${id}_gz_end:\n    .byte 0\n")
    string(APPEND rows
      "    {\"${file}\",\n"
      "     {{\"\\\"${hash}\\\"\", ${id}, ${id}_end},\n"
      "      {\"\\\"${hash}-gz\\\"\", ${id}_gz, ${id}_gz_end}}},\n")
  endforeach()
  string(APPEND asm "    .section .note.GNU-stack,\"\",%progbits\n")
  string(CONCAT head
    "/* made by Assets.cmake */\n#include <stdint.h>\n"
    "${extern}"
    "static const struct {\n"
    "    const char *file;\n"
    "    struct {\n"
    "        const char *etag;\n"
    "        const uint8_t *data, *end;\n"
    "    } as[2]; /* as it is, by gzip */\n"
    "} ${name}_assets[] = {\n${rows}};\n")

  file(CONFIGURE OUTPUT ${name}_assets.S CONTENT "${asm}" @ONLY)
  file(CONFIGURE OUTPUT ${name}_assets.h CONTENT "${head}" @ONLY)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}_assets.S)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${paths}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${paths})
  set(${name}_ASSETS ${source} PARENT_SCOPE)
endfunction()
