#include "condition/decimal.h"

#include <stddef.h>

static const int64_t MOST_DIGITS = 1000000000000000000;

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Zeros at the end of a fraction need no room: they are only taken when
 * another digit follows. */
static const char *read_digits(const char *at, bool is_fraction,
                               rp_decimal *value) {
  int32_t zeros = 0;
  for (; is_digit(*at); at++) {
    zeros++;
    if (is_fraction && *at == '0') continue;
    for (; zeros > 0; zeros--) {
      if (value->digits >= MOST_DIGITS / 10 ||
          (is_fraction && value->places == RP_DECIMAL_PLACES))
        return NULL;
      value->digits *= 10;
      value->places += is_fraction;
    }
    value->digits += *at - '0';
  }
  return at;
}

static bool shift(rp_decimal *value, int32_t exponent) {
  if (value->digits == 0) value->places = exponent = 0;
  for (; exponent > 0; exponent--) {
    if (value->places > 0)
      value->places--;
    else if (value->digits > MOST_DIGITS / 10)
      return false;
    else
      value->digits *= 10;
  }
  for (; exponent < 0; exponent++) {
    if (value->digits % 10 == 0)
      value->digits /= 10;
    else if (value->places++ == RP_DECIMAL_PLACES)
      return false;
  }
  return true;
}

static const char *read_exponent(const char *at, rp_decimal *value) {
  const char *from = at + 1;
  if (*at != 'e' && *at != 'E') return at;
  const bool negative = *from == '-';
  if (*from == '-' || *from == '+') from++;
  if (!is_digit(*from)) return NULL;
  int32_t exponent = 0;
  for (; is_digit(*from); from++)
    if (exponent < 1000) exponent = 10 * exponent + (*from - '0');
  return shift(value, negative ? -exponent : exponent) ? from : NULL;
}

const char *rp_decimal_read(const char *text, rp_decimal *value) {
  rp_decimal read = {0, 0};
  const bool negative = *text == '-';
  const char *at = text + (negative || *text == '+');
  if (!is_digit(*at) && !(*at == '.' && is_digit(at[1]))) return NULL;
  at = read_digits(at, false, &read);
  if (at && *at == '.') at = read_digits(at + 1, true, &read);
  if (at) at = read_exponent(at, &read);
  if (!at) return NULL;
  if (negative) read.digits = -read.digits;
  *value = read;
  return at;
}

bool rp_decimal_scale(rp_decimal value, int32_t places, int64_t *digits) {
  for (; value.places < places; value.places++)
    if (__builtin_mul_overflow(value.digits, (int64_t)10, &value.digits))
      return false;
  *digits = value.digits;
  return true;
}

int rp_decimal_compare(rp_decimal a, rp_decimal b) {
  __int128 left = a.digits, right = b.digits;
  for (; a.places < b.places; a.places++) left *= 10;
  for (; b.places < a.places; b.places++) right *= 10;
  return left < right ? -1 : left > right;
}
