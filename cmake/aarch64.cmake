# aarch64.cmake — the toolchain of the preset aarch64: Debian's cross compiler, its tests under qemu-user
#
# Headers that do not depend on the processor are those of the machine that builds. The three libraries that do (Highway,
# zlib, CaDiCaL) are unpacked for arm64 by tools/aarch64_libraries into build-aarch64/libraries, beside the system and
# not in it.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)

cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
set(libraries ${root}/build-aarch64/libraries/usr)
set(CMAKE_LIBRARY_PATH ${libraries}/lib/aarch64-linux-gnu ${libraries}/lib)
set(CMAKE_INCLUDE_PATH ${libraries}/include)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY BOTH)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE BOTH)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE NEVER)
