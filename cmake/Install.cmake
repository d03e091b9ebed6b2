# What `cmake --install` puts where, below a prefix:
#   bin            rampart, rampart-check, rampart-check-ranks
#   lib            librampart.so; rampart.pc; find_package(rampart)
#   include        rampart/rampart.h and what it includes
#   share/rampart  jobs, sample data, the scripts for SLURM, the Python package
#   share          documentation, manual pages, bash completion
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS rampart rampart-check rampart-check-ranks
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS rampart_library EXPORT rampart-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES include/rampart/rampart.h include/rampart/status.h
  include/rampart/verdict.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rampart)

file(RELATIVE_PATH PREFIX_FROM_PC /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig
  /prefix) # wherever that is at last
configure_file(cmake/rampart.pc.in rampart.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/rampart.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/rampart)
write_basic_package_version_file(rampart-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/rampart-config-version.cmake
  DESTINATION ${package})
install(EXPORT rampart-targets NAMESPACE rampart:: FILE rampart-config.cmake
  DESTINATION ${package})

set(share ${CMAKE_INSTALL_DATADIR}/rampart)
install(DIRECTORY jobs DESTINATION ${share} PATTERN "*.h5*" EXCLUDE)
install(FILES data/digits.h5 data/digits_net.h5 data/digits_deep.h5
  data/digits_conv.h5 data/README.md DESTINATION ${share}/data)
install(PROGRAMS data/fetch.sh DESTINATION ${share}/data)
install(DIRECTORY slurm DESTINATION ${share} USE_SOURCE_PERMISSIONS)
install(DIRECTORY python DESTINATION ${share} PATTERN __pycache__ EXCLUDE
  PATTERN build EXCLUDE PATTERN dist EXCLUDE PATTERN "*.egg-info" EXCLUDE)
install(FILES README.md ARCHITECTURE.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs examples
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES proofs/README.md proofs/Network.v proofs/theorem.txt
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/proofs)
install(FILES results/README.md results/BENCHMARKS.md results/GALLERY.md
  results/RECORD.md results/SCALING.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/results)
foreach(text data/README.md jobs/README.md jobs/suite/README.md slurm/README.md
        slurm/INSTALL.md)
  cmake_path(GET text PARENT_PATH folder) # where links of the others lead
  install(FILES ${text} DESTINATION ${CMAKE_INSTALL_DOCDIR}/${folder})
endforeach()

# Manual pages from the help pages, so from the tables of options.
set(man ${PROJECT_BINARY_DIR}/man)
add_custom_command(OUTPUT ${man}/rampart.1
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/make-man $<TARGET_FILE:rampart>
    $<TARGET_FILE:rampart-check> ${PROJECT_VERSION} ${man}
  DEPENDS rampart rampart-check scripts/make-man scripts/man.awk
  COMMENT "Writing manual pages")
add_custom_target(man ALL DEPENDS ${man}/rampart.1)
install(DIRECTORY ${man}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
  FILES_MATCHING PATTERN "*.1")
configure_file(src/api/rampart.3.in rampart.3 @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/rampart.3
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
set(completions ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES scripts/completion.bash DESTINATION ${completions} RENAME rampart)
install(FILES scripts/completion.bash DESTINATION ${completions}
  RENAME rampart-check)
