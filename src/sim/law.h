/* Drawing task times from a law. */
#ifndef RAMPART_SIM_LAW_H
#define RAMPART_SIM_LAW_H

#include "core/rng.h"
#include "sim/simulate.h"

/** Draw one time, in seconds, from a law whose numbers are known. */
double sim_law_time(const rp_sim_law *law, rp_rng *rng);

#endif
