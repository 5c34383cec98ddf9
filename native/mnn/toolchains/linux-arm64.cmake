# 64-bit ARM Linux, cross-built with Debian's compiler: apt-get install g++-aarch64-linux-gnu
include(${CMAKE_CURRENT_LIST_DIR}/../options.cmake)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
