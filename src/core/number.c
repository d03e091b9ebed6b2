/* Numbers in the "C" locale. It is made once and never freed; should there be
 * no memory for it, the caller's own locale stays, as it was. */
#include "core/number.h"

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static locale_t plain;

static void make_plain(void) {
  plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static locale_t plain_locale(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, make_plain);
  return plain;
}

double rp_read_real(const char *text, char **end) {
  const locale_t locale = plain_locale();
  return locale ? strtod_l(text, end, locale) : strtod(text, end);
}

/* Returns the thread's locale, to be set again; (locale_t)0: nothing to do. */
static locale_t enter_plain(void) {
  const locale_t locale = plain_locale();
  return locale ? uselocale(locale) : (locale_t)0;
}

static void leave_plain(locale_t before) {
  if (before) (void)uselocale(before);
}

const char *rp_write_real(double value, char text[RP_REAL_SIZE]) {
  const locale_t before = enter_plain();
  snprintf(text, RP_REAL_SIZE, "%.15g", value);
  leave_plain(before);
  return text;
}

void rp_print_real(FILE *out, double value, int decimals) {
  const locale_t before = enter_plain();
  fprintf(out, "%.*f", decimals, value);
  leave_plain(before);
}
