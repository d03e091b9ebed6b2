/* Text cells of CSV files, for people's spreadsheets as much as for programs.
 */
#ifndef RAMPART_CORE_CSV_H
#define RAMPART_CORE_CSV_H

#include <stdbool.h>
#include <stdio.h>

/** True if a spreadsheet would take the text of a cell for a formula: it begins
 *  with =, +, -, @, a tab or a carriage return, and is not a plain number. */
bool rp_is_formula(const char *text);

/** Print one text cell, by RFC 4180: quoted where it holds a comma or a quote.
 *  What is not printable is replaced as by rp_printable; a formula gets an
 *  apostrophe in front, by which spreadsheets know it for text, and is quoted.
 *  Thread: reentrant. */
void rp_csv_text(FILE *out, const char *text);

#endif
