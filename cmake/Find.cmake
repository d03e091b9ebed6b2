# Libraries in unusual places. rampart_find(NAME HEADER h LIBRARIES l...) looks
# for a header and its libraries and makes the target Rampart::NAME of them.
#
# Searched, in this order: CMAKE_PREFIX_PATH (both the variable and the
# environment's), what module systems export (NAME_ROOT, NAME_DIR, NAME_HOME,
# EBROOTNAME, CPATH, LIBRARY_PATH), the system. Packages' own .pc files and
# compiler wrappers are not asked: they name the places for which a package was
# built, not those where it was unpacked.
function(rampart_find name)
  cmake_parse_arguments(F "" "HEADER" "LIBRARIES" ${ARGN})
  set(roots ENV ${name}_ROOT ENV ${name}_DIR ENV ${name}_HOME ENV EBROOT${name})
  find_path(${name}_INCLUDE_DIR ${F_HEADER}
    HINTS ${roots} ENV CPATH ENV C_INCLUDE_PATH
    PATH_SUFFIXES include include/hdf5/serial hdf5/serial
    DOC "Folder of ${F_HEADER}")
  set(libraries)
  foreach(library ${F_LIBRARIES})
    string(TOUPPER ${library} variable)
    string(REPLACE - _ variable ${variable})
    find_library(${variable}_LIBRARY NAMES ${library}
      HINTS ${roots} ENV LIBRARY_PATH
      PATH_SUFFIXES lib lib64 lib/${CMAKE_LIBRARY_ARCHITECTURE}
        lib/${CMAKE_LIBRARY_ARCHITECTURE}/hdf5/serial hdf5/serial
      DOC "Library ${library}")
    list(APPEND libraries ${${variable}_LIBRARY})
    if(NOT ${variable}_LIBRARY)
      set(missing "library ${library}")
    endif()
  endforeach()
  if(NOT ${name}_INCLUDE_DIR)
    set(missing "header ${F_HEADER}")
  endif()
  if(missing)
    message(FATAL_ERROR "${name}: ${missing} not found. Say where by "
      "-DCMAKE_PREFIX_PATH=FOLDER or the environment's ${name}_ROOT; "
      "slurm/INSTALL.md has more.")
  endif()
  add_library(Rampart::${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(Rampart::${name} INTERFACE ${${name}_INCLUDE_DIR})
  target_link_libraries(Rampart::${name} INTERFACE ${libraries})
endfunction()
