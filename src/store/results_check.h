/* Consistency between the rows of a results file, its attributes and its
 * counterexamples. */
#ifndef RAMPART_STORE_RESULTS_CHECK_H
#define RAMPART_STORE_RESULTS_CHECK_H

#include <hdf5.h>
#include <stdbool.h>

#include "store/results.h"

/** Check that rows are in ascending order, each question once; that radii are
 *  within the cap of the search; and that counterexamples exist.
 *  @param file  for messages
 *  @param old   format version 1, whose caps may exceed the input range
 *  Errors: RP_E_INPUT with table and row. */
rp_status rp_results_check(hid_t file, const rp_results *results, bool old,
                           rp_error *err);

#endif
