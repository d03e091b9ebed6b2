/* What inputs are called in results files: the network's own numbers. */
#ifndef RAMPART_STORE_INPUT_RANGE_H
#define RAMPART_STORE_INPUT_RANGE_H

#include <hdf5.h>

#include "store/results.h"

/** Write the attribute `input_max`, and `input_min` unless it is 0.
 *  Errors: RP_E_IO. */
rp_status rp_input_range_write(hid_t object, const rp_provenance *p,
                               rp_error *err);

/** Read them into in_lo and in_hi. Errors: RP_E_INPUT, with the place. */
rp_status rp_input_range_read(hid_t object, rp_provenance *p, rp_error *err);

/** Whether an attribute of this name belongs to the range. */
bool rp_input_range_has(const char *attribute);

/** Write and read counterexamples as the network's own numbers: uint8 where
 *  these fit, else int16.
 *  @param dataset  made with the type of rp_input_range_type
 *  Errors: RP_E_IO; RP_E_INPUT if a number is no input; RP_E_MEMORY. */
hid_t rp_input_range_type(const rp_provenance *p);
rp_status rp_inputs_write(hid_t dataset, const rp_provenance *p,
                          const uint8_t *x, int64_t n, rp_error *err);

/** @param count  of rows; x: out, [count][n_in] malloc'ed, number - in_lo */
rp_status rp_inputs_read(hid_t dataset, const rp_provenance *p, int64_t count,
                         uint8_t **x, rp_error *err);

#endif
