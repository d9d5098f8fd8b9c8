# pliant_libtorch(ROOT) — the target `torch` on the libtorch in this folder, which has its include/ and lib/, and
# Torch_VERSION. Torch's own package file is not asked: that of a build for GPUs ends in an error where there is no CUDA
# toolkit, and what pip installs on Linux is such a build. Pliant takes no more of it than the CPU's part.
function(pliant_libtorch root)
  include(${root}/share/cmake/Torch/TorchConfigVersion.cmake)
  set(Torch_VERSION ${PACKAGE_VERSION} PARENT_SCOPE)
  if(TARGET torch)
    return()  # found by the project that uses us
  endif()
  # Seen in all folders: tests and tasks link it too.
  add_library(torch INTERFACE IMPORTED GLOBAL)
  target_include_directories(torch INTERFACE ${root}/include ${root}/include/torch/csrc/api/include)
  # By these its headers show the processes of torch.distributed.
  target_compile_definitions(torch INTERFACE USE_DISTRIBUTED USE_C10D_GLOO USE_RPC USE_TENSORPIPE)
  foreach(name torch_cpu c10)
    set(library ${root}/lib/${CMAKE_SHARED_LIBRARY_PREFIX}${name}${CMAKE_SHARED_LIBRARY_SUFFIX})
    if(NOT EXISTS ${library})
      message(FATAL_ERROR "${root} is no libtorch: there is no ${library}")
    endif()
    target_link_libraries(torch INTERFACE ${library})
  endforeach()
endfunction()
