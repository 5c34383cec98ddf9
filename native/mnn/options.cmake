# MNN's build options, handed to its CMake build as a toolchain file, as the cross targets' are.
# FORCE, because MNN declares them with option().

# The ops of 2019: without them RFB-320-quant-ADMM-32 and -KL-5792 (EltwiseInt8) cannot run.
# MNN_BUILD_MINI and MNN_REDUCE_SIZE would switch them off again.
set(MNN_SUPPORT_DEPRECATED_OP ON CACHE BOOL "" FORCE)

# Both fetch sources from the internet, or need a newer compiler than Debian's.
set(MNN_KLEIDIAI OFF CACHE BOOL "" FORCE)
set(MNN_SME2 OFF CACHE BOOL "" FORCE)

set(CMAKE_POSITION_INDEPENDENT_CODE ON CACHE BOOL "" FORCE)

# Each function in a section of its own, so that the addon's link drops what it does not call.
if(NOT CMAKE_HOST_WIN32)
  foreach(language C CXX ASM)
    string(APPEND CMAKE_${language}_FLAGS_INIT " -ffunction-sections -fdata-sections")
  endforeach()
endif()
