/* Numbers that programs read: written and read alike whatever the locale. The
 * library runs inside programs whose locale may have a decimal comma. */
#ifndef RAMPART_CORE_NUMBER_H
#define RAMPART_CORE_NUMBER_H

#include <stdio.h>

/** strtod with a decimal point, in every locale.
 *  @param end  out, as of strtod; not NULL */
double rp_read_real(const char *text, char **end);

enum { RP_REAL_SIZE = 32 };

/** Print "%.15g" with a decimal point, in every locale.
 *  @param text  [RP_REAL_SIZE]
 *  Returns text. */
const char *rp_write_real(double value, char text[RP_REAL_SIZE]);

/** Print "%.*f" with a decimal point, in every locale. */
void rp_print_real(FILE *out, double value, int decimals);

#endif
