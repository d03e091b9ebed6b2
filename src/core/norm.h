/* Distances between inputs: the norms in which a question may measure its
 * radius, and families of images with one parameter. All are whole numbers. */
#ifndef RAMPART_CORE_NORM_H
#define RAMPART_CORE_NORM_H

#include <stdbool.h>
#include <stdint.h>

typedef enum rp_norm {
  RP_NORM_LINF, /* greatest change of an input */
  RP_NORM_L1,   /* sum of the changes of all inputs */
  RP_NORM_L0,   /* number of inputs that change */
  /* Families with one parameter (family.h): */
  RP_NORM_BRIGHTNESS, /* what is added to all inputs */
  RP_NORM_CONTRAST,   /* the factor of contrast, in percent beyond 1 */
  RP_NORM_COUNT
} rp_norm;

/** Describes the names, for messages. */
#define RP_NORM_FORM "linf, l1, l0, brightness or contrast"

const char *rp_norm_name(rp_norm norm);
/** What a radius means in a norm, for people. */
const char *rp_norm_describe(rp_norm norm);
/** "L1 " and so on before the word radius; "" for L-infinity, where it is not
 *  said. */
const char *rp_norm_prefix(rp_norm norm);
/** Returns false, and leaves *norm alone, if there is none of this name. */
bool rp_norm_parse(const char *name, rp_norm *norm);

/** Is it a family of images, and no norm? */
static inline bool rp_norm_is_family(rp_norm norm) {
  return norm == RP_NORM_BRIGHTNESS || norm == RP_NORM_CONTRAST;
}

/** Distance of two inputs of n values each, in a norm that is no family. */
int64_t rp_norm_measure(rp_norm norm, const uint8_t *a, const uint8_t *b,
                        int32_t n);

/** Greatest distance of two inputs of n values 0..in_hi each; in contrast the
 *  greatest that may be asked. */
int64_t rp_norm_most(rp_norm norm, int32_t n, int32_t in_hi);

/** What the change of one input counts. */
static inline int32_t rp_norm_cost(rp_norm norm, int32_t change) {
  const int32_t size = change < 0 ? -change : change;
  return norm == RP_NORM_L0 ? size > 0 : size;
}

#endif
