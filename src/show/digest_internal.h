/* Functions shared by the files that make the digest. */
#ifndef RAMPART_SHOW_DIGEST_INTERNAL_H
#define RAMPART_SHOW_DIGEST_INTERNAL_H

#include "show/digest.h"

/** Get the state of a sample's maximum radius. */
rp_radius_state rp_digest_get_state(const rp_digest *digest,
                                    const rp_digest_sample *sample);

/** Count states and radii; compute mean, median, least and greatest radius. */
void rp_digest_count_maxima(rp_digest *digest);

/** Sort the times of decided queries and searches. */
void rp_digest_sort_times(rp_digest *digest);

/** Find the most fragile and the most robust samples. Errors: RP_E_MEMORY. */
rp_status rp_digest_find_extremes(rp_digest *digest, rp_error *err);

#endif
