# The version of project() is written in two more files, which are used without
# CMake: they must say the same.
function(rampart_check_version file pattern)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  set(found)
  string(REGEX MATCHALL "${pattern}" lines "${text}")
  foreach(line ${lines})
    string(REGEX MATCH "[0-9.]+" number "${line}")
    list(APPEND found ${number})
  endforeach()
  string(REPLACE ";" "." found "${found}")
  if(NOT found STREQUAL PROJECT_VERSION)
    message(FATAL_ERROR "${file}: expected version ${PROJECT_VERSION}, as in "
      "CMakeLists.txt, found ${found}")
  endif()
endfunction()

rampart_check_version(include/rampart/rampart.h
  "#define RAMPART_VERSION_[A-Z]+ [0-9]+")
rampart_check_version(python/rampart/_version.py "VERSION = \"[0-9.]+\"")
