# libjpeg-turbo's build options, handed to its CMake build as a toolchain file.
set(CMAKE_POSITION_INDEPENDENT_CODE ON CACHE BOOL "" FORCE)

# Each function in a section of its own, so that the addon's link drops what it does not call.
if(NOT CMAKE_HOST_WIN32)
  foreach(language C ASM)
    string(APPEND CMAKE_${language}_FLAGS_INIT " -ffunction-sections -fdata-sections")
  endforeach()
endif()
