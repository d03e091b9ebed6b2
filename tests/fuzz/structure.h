/* Changes to the structure of an HDF5 file: attributes, groups and arrays are
 * removed, renamed, doubled, moved, linked, retyped, reshaped and rewritten, by
 * HDF5 itself, so that what comes out is a sound file that says something else.
 * (Random bytes make libhdf5 crash; the child process that readers put between
 * has its own test, unit/input_damaged_files.) */
#ifndef RAMPART_TESTS_STRUCTURE_H
#define RAMPART_TESTS_STRUCTURE_H

#include "fuzz.h"

/** Change a file as the choices say, up to eight times. None: a copy.
 *  @param good  a whole HDF5 file
 *  @param path  where the changed file goes */
void fuzz_change_structure(fuzz_bytes good, fuzz_choices choices,
                           const char *path);

#endif
