# SPDX-License-Identifier: GPL-3.0-or-later
add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes
                    -Wmissing-prototypes -Wvla -Wundef -Wno-missing-field-initializers)
if(LONGWAVE_WERROR)
  add_compile_options(-Werror)
endif()
