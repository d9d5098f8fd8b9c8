# pliant_libtorch(ROOT) — the target pliant::libtorch on the libtorch in this folder, which has its include/ and lib/, and
# Torch_VERSION. Torch's own package file is not asked: that of a build for GPUs ends in an error where there is no CUDA
# toolkit, and what pip installs on Linux is such a build. Pliant takes no more of it than the CPU's part.
function(pliant_libtorch root)
  include(${root}/share/cmake/Torch/TorchConfigVersion.cmake)
  set(Torch_VERSION ${PACKAGE_VERSION} PARENT_SCOPE)
  if(TARGET pliant::libtorch)
    return()
  endif()
  # Seen in all folders: tests and tasks link it too. Of a name of its own: a project may look for Torch itself as well.
  add_library(pliant::libtorch INTERFACE IMPORTED GLOBAL)
  target_include_directories(pliant::libtorch INTERFACE
                             ${root}/include ${root}/include/torch/csrc/api/include)
  # By these its headers show the processes of torch.distributed.
  target_compile_definitions(pliant::libtorch INTERFACE USE_DISTRIBUTED USE_C10D_GLOO USE_RPC USE_TENSORPIPE)
  foreach(name torch_cpu c10)
    set(library ${root}/lib/${CMAKE_SHARED_LIBRARY_PREFIX}${name}${CMAKE_SHARED_LIBRARY_SUFFIX})
    if(NOT EXISTS ${library})
      message(FATAL_ERROR "${root} is no libtorch: there is no ${library}")
    endif()
    target_link_libraries(pliant::libtorch INTERFACE ${library})
  endforeach()
endfunction()
