# pliant_embed(TARGET FILE HEADER NAMESPACE FUNCTION) — a file of the calling folder inside a library
#
# Adds to the target `std::span<const std::uint8_t> NAMESPACE::FUNCTION()`, declared in HEADER: the bytes of FILE. The
# target belongs to the calling folder, since a target sees the made sources of its own folder only.
function(pliant_embed target file header namespace function)
  set(input ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${target}_${function}.cpp)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${output} -DHEADER=${header} -DNAMESPACE=${namespace}
            -DFUNCTION=${function} -P ${script}
    DEPENDS ${input} ${script} VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()

# pliant_embedding(TARGET): an object library for embedded files, part of pliant_core.
function(pliant_embedding target)
  add_library(${target} OBJECT)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE pliant_flags)
  target_sources(pliant_core PRIVATE $<TARGET_OBJECTS:${target}>)
endfunction()
