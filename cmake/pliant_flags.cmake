# pliant_flags — the interface target `pliant_flags`: language level, warnings, sanitizers; and ccache.
find_program(PLIANT_CCACHE ccache)
if(PLIANT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness is what ccache asks for to cache a precompiled header and what includes it.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${PLIANT_CCACHE})
endif()

add_library(pliant_flags INTERFACE)
target_compile_features(pliant_flags INTERFACE cxx_std_20)
# No contraction behind our back: the same formula gives the same bits in every tile and tail.
target_compile_options(pliant_flags INTERFACE -ffp-contract=off -Wall -Wextra -Wshadow
                       -Wno-unused-parameter -Wno-psabi)
# Every 64-bit ARM has NEON: nothing to choose at run time, and this is Highway's word for that. Else it compiles NEON for
# processors with AES only, by an attribute that g++ does not give to constructors that nobody wrote.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  target_compile_definitions(pliant_flags INTERFACE TOOLCHAIN_MISS_SYS_AUXV_H)
endif()
if(PLIANT_WARNINGS_AS_ERRORS)
  target_compile_options(pliant_flags INTERFACE -Werror)
endif()
if(PLIANT_SANITIZE)
  target_compile_options(pliant_flags INTERFACE -fsanitize=${PLIANT_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(pliant_flags INTERFACE -fsanitize=${PLIANT_SANITIZE})
endif()
