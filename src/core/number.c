/* Numbers in the "C" locale, which is created once and never freed. If there is
 * no memory for it, the caller's locale is used. */
#include "core/number.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/assert.h"

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

const char *rp_read_whole(const char *text, int64_t least, int64_t greatest,
                          int64_t *value) {
  char *end;
  errno = 0;
  const int64_t parsed = strtoll(text, &end, 10);
  if (end == text || errno || parsed < least || parsed > greatest) return NULL;
  *value = parsed;
  return end;
}

bool rp_parse_whole(const char *text, int64_t least, int64_t greatest,
                    int64_t *value) {
  int64_t parsed = 0;
  const char *const end = rp_read_whole(text, least, greatest, &parsed);
  if (!end || *end) return false;
  *value = parsed;
  return true;
}

bool rp_parse_real(const char *text, double least, double greatest,
                   double *value) {
  char *end;
  errno = 0;
  const double parsed = rp_read_real(text, &end);
  if (end == text || *end || errno || !(parsed >= least && parsed <= greatest))
    return false;
  *value = parsed;
  return true;
}

bool rp_parse_part(const char *text, int32_t most, int32_t *part, int32_t *of) {
  int64_t i = 0, n = 0;
  const char *const slash = rp_read_whole(text, 1, most, &i);
  if (!slash || *slash != '/' || !isdigit((unsigned char)*text) ||
      !isdigit((unsigned char)slash[1]) ||
      !rp_parse_whole(slash + 1, i, most, &n))
    return false;
  *part = (int32_t)i;
  *of = (int32_t)n;
  return true;
}

enum { SHORT_DIGITS = 15, ENOUGH_DIGITS = 17 /* for any binary64 */ };

/* Returns the thread's locale, to be set again; (locale_t)0: nothing to do. */
static locale_t enter_plain(void) {
  const locale_t locale = plain_locale();
  return locale ? uselocale(locale) : (locale_t)0;
}

static void leave_plain(locale_t before) {
  if (before) (void)uselocale(before);
}

static const char *write_digits(double value, int digits,
                                char text[RP_REAL_SIZE]) {
  const locale_t before = enter_plain();
  snprintf(text, RP_REAL_SIZE, "%.*g", digits, value);
  leave_plain(before);
  return text;
}

const char *rp_write_real(double value, char text[RP_REAL_SIZE]) {
  return write_digits(value, SHORT_DIGITS, text);
}

const char *rp_write_real_exactly(double value, char text[RP_REAL_SIZE]) {
  double read = 0;
  for (int n = SHORT_DIGITS; n <= ENOUGH_DIGITS; n++)
    if (rp_parse_real(write_digits(value, n, text), value, value, &read))
      return text;
  return text;
}

void rp_print_real(FILE *out, double value, int decimals) {
  const locale_t before = enter_plain();
  fprintf(out, "%.*f", decimals, value);
  leave_plain(before);
}

int32_t rp_share_tenths(int64_t part, int64_t whole, rp_rounding rounding) {
  enum { ALL = 1000 };
  RP_ASSERT(whole > 0 && part >= 0 && part <= whole);
  const __int128 scaled = (__int128)part * ALL;
  if (rounding == RP_ROUND_DOWN) return (int32_t)(scaled / whole);
  if (rounding == RP_ROUND_UP) return (int32_t)((scaled + whole - 1) / whole);
  const int32_t nearest =
      (int32_t)((2 * scaled + whole) / (2 * (__int128)whole));
  if (nearest == 0 && part > 0) return 1;
  return nearest == ALL && part < whole ? ALL - 1 : nearest;
}
