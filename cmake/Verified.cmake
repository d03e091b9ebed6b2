# rampart-verified-check, from the source that proofs/Extract.v writes: built
# where OCaml with Zarith is, left out elsewhere.
option(RAMPART_VERIFIED "Build rampart-verified-check where OCaml is available" ON)
if(NOT RAMPART_VERIFIED)
  message(STATUS "rampart-verified-check: left out, as RAMPART_VERIFIED says")
  return()
endif()
find_program(OCAMLFIND ocamlfind)
if(OCAMLFIND)
  execute_process(COMMAND ${OCAMLFIND} ocamlopt -package zarith -version
    OUTPUT_VARIABLE ocaml_version OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE ocaml_missing ERROR_QUIET)
  execute_process(COMMAND ${OCAMLFIND} query zarith -format %v
    OUTPUT_VARIABLE zarith_version OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE zarith_missing ERROR_QUIET)
endif()
if(NOT OCAMLFIND OR ocaml_missing OR zarith_missing)
  message(STATUS "rampart-verified-check: left out, for it needs OCaml with "
    "Zarith (Debian: ocaml-findlib libzarith-ocaml-dev)")
  return()
endif()
message(STATUS "rampart-verified-check: with OCaml ${ocaml_version} and Zarith "
  "${zarith_version}")

# The compiler writes beside its sources, so it gets copies.
set(verified ${PROJECT_BINARY_DIR}/verified)
set(RAMPART_VERIFIED_CHECK
  ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/rampart-verified-check)
set(verified_sources zarith.ml extracted/checker.mli extracted/checker.ml main.ml)
set(verified_files)
set(verified_paths)
foreach(source ${verified_sources})
  get_filename_component(file ${source} NAME)
  list(APPEND verified_files ${file})
  list(APPEND verified_paths ${PROJECT_SOURCE_DIR}/proofs/${source})
endforeach()
add_custom_command(OUTPUT ${RAMPART_VERIFIED_CHECK}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${verified}
    ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
  COMMAND ${CMAKE_COMMAND} -E copy ${verified_paths} ${verified}
  COMMAND ${CMAKE_COMMAND} -E chdir ${verified} ${OCAMLFIND} ocamlopt
    -package zarith,unix -linkpkg -inline 200 -O3 ${verified_files}
    -o ${RAMPART_VERIFIED_CHECK}
  DEPENDS ${verified_paths}
  COMMENT "Building rampart-verified-check" VERBATIM)
add_custom_target(rampart-verified-check ALL DEPENDS ${RAMPART_VERIFIED_CHECK})
install(PROGRAMS ${RAMPART_VERIFIED_CHECK} DESTINATION ${CMAKE_INSTALL_BINDIR})
install(PROGRAMS scripts/check-twice DESTINATION ${CMAKE_INSTALL_BINDIR}
  RENAME rampart-check-twice)
