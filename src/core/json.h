/* Writing JSON (RFC 8259). Whatever bytes a text holds, a strict parser accepts
 * the output. */
#ifndef RAMPART_CORE_JSON_H
#define RAMPART_CORE_JSON_H

#include <stdio.h>

/** A string with its quotes. Control characters are escaped; bytes that are not
 *  UTF-8 become U+FFFD. */
void rp_json_text(FILE *out, const char *text);

/** A number with so many decimals; null if it is not finite. */
void rp_json_real(FILE *out, double value, int decimals);

#endif
