# SPDX-License-Identifier: MIT
# Flags of everything that is built here. Warnings are errors.
add_compile_options(
  -Wall -Wextra -Werror -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Wundef -Wvla -Wwrite-strings -Wcast-align -Wformat=2 -fno-common -fvisibility=hidden)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wimplicit-fallthrough=5 -Wlogical-op -Wduplicated-cond)
else()
  add_compile_options(-Wimplicit-fallthrough)
endif()
if(ORIEL_SANITIZE)
  add_compile_options(-fsanitize=${ORIEL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${ORIEL_SANITIZE})
endif()
