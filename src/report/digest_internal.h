/* What the files that count share. */
#ifndef RAMPART_REPORT_DIGEST_INTERNAL_H
#define RAMPART_REPORT_DIGEST_INTERNAL_H

#include "rampart/digest.h"

/** Is the maximum radius known: a proof and a counterexample meet, or the cap
 *  of the search was reached? */
bool rp_digest_is_closed(const rp_digest *digest,
                         const rp_digest_sample *sample);

/** Seconds of what was decided, ascending. */
void rp_digest_sort_times(rp_digest *digest);

/** The samples at either end. Errors: RP_E_MEMORY. */
rp_status rp_digest_find_extremes(rp_digest *digest, rp_error *err);

#endif
