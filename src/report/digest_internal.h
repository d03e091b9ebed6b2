/* What the files that count share. */
#ifndef RAMPART_REPORT_DIGEST_INTERNAL_H
#define RAMPART_REPORT_DIGEST_INTERNAL_H

#include "report/digest.h"

/** What is known of a sample's maximum radius. */
rp_radius_state rp_digest_state(const rp_digest *digest,
                                const rp_digest_sample *sample);

/** Counts of states and radii, and their mean, median and ends. */
void rp_digest_count_maxima(rp_digest *digest);

/** Seconds of what was decided, ascending. */
void rp_digest_sort_times(rp_digest *digest);

/** The samples at either end. Errors: RP_E_MEMORY. */
rp_status rp_digest_find_extremes(rp_digest *digest, rp_error *err);

#endif
