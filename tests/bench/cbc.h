/* Cbc as one more solver of a network's integer program: the program is written
 * to a file, the command `cbc` reads it, its answer is read back. */
#ifndef RAMPART_TESTS_BENCH_CBC_H
#define RAMPART_TESTS_BENCH_CBC_H

#include "lp/integer.h"

/** Is there a command `cbc`? */
bool cbc_is_installed(void);

/** Ask Cbc with its default settings, on one thread.
 *  @param limit_s      wall time; it is killed 10 CPU seconds later
 *  @param witness      out, [n_in], on RP_INTEGER_POINT; inside the box
 *  @param cpu_seconds  out: of the command, reading the file included
 *  Returns FAILED too for an answer that is not understood. */
rp_integer_outcome cbc_ask(const rp_integer_query *query, double limit_s,
                           uint8_t *witness, double *cpu_seconds);

#endif
