# MNN's build options, handed to its CMake build as a toolchain file (the one road that mnn-sys leaves open).
# FORCE, because MNN declares them with option() and the crate passes some of its own.

# The ops of 2019: without them RFB-320-quant-ADMM-32 and -KL-5792 (EltwiseInt8) cannot run.
# MNN_BUILD_MINI and MNN_REDUCE_SIZE would switch them off again.
set(MNN_SUPPORT_DEPRECATED_OP ON CACHE BOOL "" FORCE)

# Both fetch sources from the internet, or need a newer compiler than Debian's.
set(MNN_KLEIDIAI OFF CACHE BOOL "" FORCE)
set(MNN_SME2 OFF CACHE BOOL "" FORCE)

# Each function in a section of its own, so that the addon's link drops what it does not call.
set(CMAKE_POSITION_INDEPENDENT_CODE ON CACHE BOOL "" FORCE)
