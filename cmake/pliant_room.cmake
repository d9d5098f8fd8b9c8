# pliant_room(NAME USES room… HEADERS file… CORE file.cpp… TORCH_HEADERS file… TORCH file.cpp…)
#
# Adds a room to the library: its torch-free headers and sources go to `pliant_core`, those of its floor
# torch/ to `pliant_torch`. USES names the rooms whose headers it may include; tools/check_layers.py reads
# this very line and fails the tests on any other include.
function(pliant_room name)
  cmake_parse_arguments(ROOM "" "" "USES;HEADERS;CORE;TORCH_HEADERS;TORCH" ${ARGN})
  if(ROOM_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "pliant_room(${name}): unknown arguments ${ROOM_UNPARSED_ARGUMENTS}")
  endif()
  list(TRANSFORM ROOM_HEADERS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  list(TRANSFORM ROOM_CORE PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  target_sources(pliant_core PRIVATE ${ROOM_CORE}
    PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ROOM_HEADERS})
  if(PLIANT_SANITIZE)
    pliant_leave_kernels_plain(${ROOM_CORE})
  endif()
  if(TARGET pliant_torch)
    list(TRANSFORM ROOM_TORCH_HEADERS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/torch/)
    list(TRANSFORM ROOM_TORCH PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/torch/)
    target_sources(pliant_torch PRIVATE ${ROOM_TORCH}
      PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ROOM_TORCH_HEADERS})
  endif()
endfunction()

# Kernels are compiled once per SIMD target, and under sanitizers g++ 12 optimises some for ten minutes and more: there
# they are not optimised at all.
function(pliant_leave_kernels_plain)
  foreach(source IN LISTS ARGN)
    file(STRINGS ${source} kernels REGEX "define HWY_TARGET_INCLUDE" LIMIT_COUNT 1)
    if(kernels)
      # Not COMPILE_OPTIONS, which rooms set.
      set_source_files_properties(${source} TARGET_DIRECTORY pliant_core PROPERTIES COMPILE_FLAGS -O0)
    endif()
  endforeach()
endfunction()
