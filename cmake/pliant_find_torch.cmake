# Finds libtorch inside the torch package of the Python at hand: PLIANT_PYTHON, the Python that pip builds a wheel
# with, or Python3_EXECUTABLE, so that the library is built against the very torch that will load it.
if(NOT TARGET pliant::libtorch)
  set(PLIANT_PYTHON "" CACHE FILEPATH "The Python whose torch is built against")
  if(NOT PLIANT_PYTHON)
    if(SKBUILD)
      set(PLIANT_PYTHON ${Python3_EXECUTABLE})
    elseif(EXISTS ${PROJECT_SOURCE_DIR}/.venv/bin/python)
      set(PLIANT_PYTHON ${PROJECT_SOURCE_DIR}/.venv/bin/python)
    else()
      find_package(Python3 REQUIRED COMPONENTS Interpreter)
      set(PLIANT_PYTHON ${Python3_EXECUTABLE})
    endif()
  endif()
  execute_process(
    COMMAND ${PLIANT_PYTHON} -c
            "import os, torch; print(torch.__version__); print(os.path.dirname(torch.__file__))"
    OUTPUT_VARIABLE pliant_torch_out OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE pliant_torch_status ERROR_VARIABLE pliant_torch_error)
  if(NOT pliant_torch_status EQUAL 0)
    message(FATAL_ERROR
      "Pliant's torch floor is built against an installed torch, and ${PLIANT_PYTHON} imports none.\n"
      "Install it (a CPU build is enough: README, 'Installing torch'), or give -DPLIANT_PYTHON=…, or build "
      "the core alone with -DPLIANT_BUILD_TORCH=OFF.\n${pliant_torch_error}")
  endif()
  string(REPLACE "\n" ";" pliant_torch_out "${pliant_torch_out}")
  list(GET pliant_torch_out 0 PLIANT_TORCH_VERSION)
  list(GET pliant_torch_out 1 pliant_torch_root)
  include(pliant_libtorch)
  pliant_libtorch(${pliant_torch_root})
  if(PLIANT_TORCH_VERSION VERSION_LESS 2.11)
    message(FATAL_ERROR "Pliant needs torch >= 2.11, found ${PLIANT_TORCH_VERSION} in ${PLIANT_PYTHON}")
  endif()
endif()
