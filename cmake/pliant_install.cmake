# pliant_install — `cmake --install build --prefix X`; then find_package(pliant COMPONENTS core torch), or
# `pkg-config pliant` for the core.
include(CMakePackageConfigHelpers)
set(pliant_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/pliant)

# pliant_install_library(target part): with its public headers, as pliant::<part>.
function(pliant_install_library target part)
  install(TARGETS ${target} EXPORT pliant_${part}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT pliant_${part} FILE pliant_${part}_targets.cmake NAMESPACE pliant::
          DESTINATION ${pliant_package_dir})
endfunction()

pliant_install_library(pliant_core core)
if(PLIANT_BUILD_TORCH)
  pliant_install_library(pliant_torch torch)
  get_directory_property(pliant_torch_version DIRECTORY ${PROJECT_SOURCE_DIR}/pliant DEFINITION Torch_VERSION)
endif()

# The component `python`: libraries and programs as the Python package (pyproject.toml) has them beside its modules.
# Without the torch floor it is enough for pliant.circuit.
function(pliant_install_for_python)
  set(targets pliant_core)
  if(TARGET pliant_torch)
    list(APPEND targets pliant_torch)
    install(FILES ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/libpliant_torch.built_for DESTINATION pliant/lib
            COMPONENT python EXCLUDE_FROM_ALL)
  endif()
  if(SKBUILD)
    # A wheel holds no symbolic links, so the names of its libraries hold no versions; and no path of the machine
    # that built it.
    foreach(target IN LISTS targets)
      set_property(TARGET ${target} PROPERTY VERSION)
      set_property(TARGET ${target} PROPERTY SOVERSION)
      set_property(TARGET ${target} PROPERTY INSTALL_RPATH_USE_LINK_PATH OFF)
    endforeach()
  endif()
  install(TARGETS ${targets} LIBRARY DESTINATION pliant/lib COMPONENT python EXCLUDE_FROM_ALL)
  foreach(program pliant pliant-torch)
    if(TARGET ${program})
      set_property(TARGET ${program} APPEND PROPERTY INSTALL_RPATH "$ORIGIN/../lib" "$ORIGIN/../../torch/lib")
      install(TARGETS ${program} RUNTIME DESTINATION pliant/bin COMPONENT python EXCLUDE_FROM_ALL
              OPTIONAL)
    endif()
  endforeach()
endfunction()
pliant_install_for_python()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/pliantConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/pliantConfig.cmake
                              INSTALL_DESTINATION ${pliant_package_dir} NO_SET_AND_CHECK_MACRO)
# Before 1.0 every minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/pliantConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pliantConfig.cmake ${PROJECT_BINARY_DIR}/pliantConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/pliant_libtorch.cmake DESTINATION ${pliant_package_dir})

# Relative to where the file is, so that the installed tree can be moved.
file(RELATIVE_PATH pliant_pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/pliant.pc.in ${PROJECT_BINARY_DIR}/pliant.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pliant.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES LICENSE NOTICE TYPE DOC)
