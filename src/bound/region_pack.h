/* Regions as bytes, for open nodes of large networks.
 *
 * Most intervals of a node follow from others: from the root region, cut to
 * what interval arithmetic gives from the intervals below. Only those that do
 * not (splits, what reduced costs cut off, and inputs) are written. What is
 * read back is the same region to the last integer, so that a proof does not
 * notice. */
#ifndef RAMPART_BOUND_REGION_PACK_H
#define RAMPART_BOUND_REGION_PACK_H

#include "bound/region.h"
#include "evidence/proof.h"

/** Append a region.
 *  @param root  any region of the same network; the closer the fewer bytes
 *  @param work  [rp_interval_work] int32
 *  Returns false if an interval is empty: such regions are not written.
 *  Cost: an interval propagation. */
bool rp_region_pack(const rp_net *net, const rp_region *root,
                    const rp_region *region, int32_t *work, rp_trail *to);

/** Read what rp_region_pack wrote with the same root.
 *  @param region  out; other than root
 *  Cost: an interval propagation. */
void rp_region_unpack(const rp_net *net, const rp_region *root,
                      rp_trail_reader *from, int32_t *work, rp_region *region);

/** The inputs alone: those whose interval is not the root's any more, inside
 *  the root's. Bytes that say anything else spoil the reader. */
void rp_region_put_inputs(const rp_net *net, const rp_region *root,
                          const rp_region *region, rp_trail *to);
void rp_region_get_inputs(const rp_net *net, const rp_region *root,
                          rp_trail_reader *from, rp_region *region);

#endif
