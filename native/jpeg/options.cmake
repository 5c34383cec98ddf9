# libjpeg-turbo's build options, handed to its CMake build as a toolchain file.
set(CMAKE_POSITION_INDEPENDENT_CODE ON CACHE BOOL "" FORCE)
