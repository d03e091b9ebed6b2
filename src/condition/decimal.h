/* Decimal numbers of files and command lines, exactly. */
#ifndef RAMPART_CONDITION_DECIMAL_H
#define RAMPART_CONDITION_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

enum { RP_DECIMAL_PLACES = 18 };

/** digits / 10^places. */
typedef struct rp_decimal {
  int64_t digits; /* magnitude at most 10^18 */
  int32_t places; /* 0..RP_DECIMAL_PLACES */
} rp_decimal;

/** Read the number at the start of a text: a sign, digits, a fraction, an
 *  exponent; as in -12, 0.5, .25, 3., 1e-4. No blanks.
 *  Returns where it ends; NULL if there is none, or if it has more digits or
 *  more places than fit, and *value is then untouched. */
const char *rp_decimal_read(const char *text, rp_decimal *value);

/** Its digits with so many places, at least its own.
 *  Returns false if they do not fit. */
bool rp_decimal_scale(rp_decimal value, int32_t places, int64_t *digits);

/** Less than, equal to or greater than 0, as a is to b. */
int rp_decimal_compare(rp_decimal a, rp_decimal b);

#endif
