# 32-bit ARM Linux with hard floats and NEON (Raspberry Pi 2 and later, under a 32-bit system),
# cross-built with Debian's compiler: apt-get install g++-arm-linux-gnueabihf
include(${CMAKE_CURRENT_LIST_DIR}/../options.cmake)
set(CMAKE_SYSTEM_NAME Linux)
# MNN takes its NEON kernels by this name.
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)
foreach(language C CXX ASM)
  string(APPEND CMAKE_${language}_FLAGS_INIT " -march=armv7-a -mfpu=neon-vfpv4 -mfloat-abi=hard")
endforeach()
