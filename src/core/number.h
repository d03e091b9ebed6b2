/* Numbers that programs read: written and read alike whatever the locale. The
 * library runs inside programs whose locale may have a decimal comma. */
#ifndef RAMPART_CORE_NUMBER_H
#define RAMPART_CORE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** Read the whole number at the start of a text: blanks, a sign, digits.
 *  Returns where it ends; NULL if there is none or it lies outside
 *  least..greatest, and *value is then untouched. */
const char *rp_read_whole(const char *text, int64_t least, int64_t greatest,
                          int64_t *value);

/** Parse a text that is a whole number in least..greatest and nothing else.
 *  Returns false, and leaves *value alone, if it is anything else. */
bool rp_parse_whole(const char *text, int64_t least, int64_t greatest,
                    int64_t *value);

/** Parse a text that is a number in least..greatest and nothing else, with a
 *  decimal point in every locale.
 *  Returns false, and leaves *value alone, if it is anything else. */
bool rp_parse_real(const char *text, double least, double greatest,
                   double *value);

/** Parse part I of N, as in "3/8": digits only, 1 <= I <= N <= most.
 *  Returns false, and leaves both alone, if the text is anything else. */
bool rp_parse_part(const char *text, int32_t most, int32_t *part, int32_t *of);

/** strtod with a decimal point, in every locale.
 *  @param end  out, as of strtod; not NULL */
double rp_read_real(const char *text, char **end);

enum { RP_REAL_SIZE = 32 };

/** Print "%.15g" with a decimal point, in every locale.
 *  @param text  [RP_REAL_SIZE]
 *  Returns text. */
const char *rp_write_real(double value, char text[RP_REAL_SIZE]);

/** Likewise, with up to 17 digits: as many as it takes to read back the same
 *  number. */
const char *rp_write_real_exactly(double value, char text[RP_REAL_SIZE]);

/** How a share is rounded. */
typedef enum rp_rounding {
  RP_ROUND_DOWN,   /* a lower bound stays one */
  RP_ROUND_UP,     /* an upper bound stays one */
  RP_ROUND_NEAREST /* but to 0 or 100 % only what is just that */
} rp_rounding;

/** Compute part / whole in tenths of a percent.
 *  @param part   0..whole
 *  @param whole  at least 1 */
int32_t rp_share_tenths(int64_t part, int64_t whole, rp_rounding rounding);

/** Print "%.*f" with a decimal point, in every locale. */
void rp_print_real(FILE *out, double value, int decimals);

#endif
