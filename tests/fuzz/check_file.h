/* The checker's readers of files, in this process: where rampart-check would
 * end with a message, they say false. What they ask for is not freed (the
 * checker's process ends soon), so leaks are not looked for. */
#ifndef RAMPART_TESTS_CHECK_FILE_H
#define RAMPART_TESTS_CHECK_FILE_H

#include <stdbool.h>

#include "check/check.h"

/** The inputs that results say a network has, in its own numbers. */
typedef struct fuzz_inputs {
  int n, lo, hi;
} fuzz_inputs;

/** Read a network.
 *  @param bits, input_bits  of QVIP's networks */
bool fuzz_check_network(const char *path, int bits, int input_bits,
                        const fuzz_inputs *inputs, net *checker);

/** Read samples and labels for a network of n_in inputs in lo..lo + 255.
 *  @param labels  their own file, or NULL */
bool fuzz_check_dataset(const char *path, const char *labels, int32_t n_in,
                        int32_t lo, array *x, array *y);

/** Read results, without their other files. */
bool fuzz_check_results(const char *path, results *r);

#endif
