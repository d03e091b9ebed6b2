/* Radii as people write them: in input steps (in L0 inputs), "2" or "1-4", or
 * as fractions of the input range, "2/255" or "1-4/255". How many steps a
 * fraction is depends on the network, so it is resolved only when that is
 * known. */
#ifndef RAMPART_CORE_RADII_H
#define RAMPART_CORE_RADII_H

#include <stdbool.h>
#include <stdint.h>

#include "core/norm.h"
#include "rampart/status.h"

enum {
  RP_RADIUS_MAX = 4095,     /* greatest radius in any norm */
  RP_RADIUS_MAX_LINF = 255, /* in L-infinity: inputs are bytes */
  RP_RADII_ITEMS = 256
};

typedef struct rp_radii {
  int32_t n; /* 0: none was written */
  struct {
    int32_t first, last; /* inclusive */
    int32_t of;          /* denominator of both; 0: they are input steps */
  } item[RP_RADII_ITEMS];
} rp_radii;

/** Describes the texts that rp_radii_parse takes, for messages. */
#define RP_RADII_FORM                                                          \
  "radii from 1 to 255 (l1, l0: 4095) such as 2 or 1,2,4 or 1-4 or 2/255"

#define RP_RADII_ONE_FORM                                                      \
  "a radius from 1 to 255 (l1, l0: 4095) such as 8 or 8/255"

/** The greatest radius that may be asked about in a norm. */
int32_t rp_radii_find_limit(rp_norm norm);

/** The greatest radius worth asking about networks of n_in inputs 0..in_hi, at
 *  most that limit. */
int32_t rp_radii_find_most(rp_norm norm, int32_t n_in, int32_t in_hi);

/** What fractions are of: the greatest input in L-infinity and brightness; 0 else,
 *  where they mean nothing. */
int32_t rp_radii_find_whole(rp_norm norm, int32_t in_hi);

/** Append the items of a text: numbers, ascending ranges and fractions of them,
 *  with commas.
 *  @param least  0 or 1: least radius
 *  @return  false if the text is anything else or has too many items; radii is
 *           then unspecified */
bool rp_radii_parse(const char *text, int32_t least, rp_radii *radii);

/** Mark the radii that are meant.
 *  @param in_max    that of rp_radii_find_whole
 *  @param is_meant  out, [RP_RADIUS_MAX + 1], indexed by input steps
 *  Errors: RP_E_USAGE if a fraction is no whole number of steps up to in_max,
 *  or in_max is 0; if a radius in L-infinity is above RP_RADIUS_MAX_LINF. */
rp_status rp_radii_resolve(const rp_radii *radii, int32_t in_max,
                           bool *is_meant, rp_error *err);

/** Find one radius in input steps, where a single one was written.
 *  @param steps  out; untouched if none was written
 *  Errors: as rp_radii_resolve. */
rp_status rp_radii_resolve_one(const rp_radii *radii, int32_t in_max,
                               int32_t *steps, rp_error *err);

/** True if at most one radius was written. */
bool rp_radii_is_one(const rp_radii *radii);

#endif
