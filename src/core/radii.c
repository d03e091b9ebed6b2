#include "core/radii.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "core/number.h"
#include "core/ranges.h"

enum { DENOMINATOR_MAX = 1 << 20 };

/* Copy the item that begins here, without its denominator, so that
 * rp_range_read finds its end. Returns where the item ends; NULL if it is too
 * long. */
static const char *cut_item(const char *at, char item[32], int64_t *of) {
  const size_t length = strcspn(at, ","), numerator = strcspn(at, ",/");
  *of = 0;
  if (length >= 32) return NULL;
  memcpy(item, at, length);
  item[length] = '\0';
  if (numerator < length) {
    item[numerator] = '\0';
    const char *const denominator = item + numerator + 1;
    if (!isdigit((unsigned char)*denominator) ||
        !rp_parse_whole(denominator, 1, DENOMINATOR_MAX, of))
      return NULL;
  }
  return at + length;
}

bool rp_radii_parse(const char *text, int32_t least, rp_radii *radii) {
  for (; radii->n < RP_RADII_ITEMS; text++) {
    char item[32];
    int64_t first, last, of;
    text = cut_item(text, item, &of);
    if (!text || !rp_range_read(item, &first, &last)) return false;
    const int64_t most = of ? of : RP_RADIUS_MAX;
    if (first < least || last < first || last > most) return false;
    radii->item[radii->n].first = (int32_t)first;
    radii->item[radii->n].last = (int32_t)last;
    radii->item[radii->n++].of = (int32_t)of;
    if (!*text) return true;
  }
  return false;
}

int32_t rp_radii_find_limit(rp_norm norm) {
  return norm == RP_NORM_L1 || norm == RP_NORM_L0 ? RP_RADIUS_MAX
                                                  : RP_RADIUS_MAX_LINF;
}

int32_t rp_radii_find_most(rp_norm norm, int32_t n_in, int32_t in_hi) {
  const int64_t most = rp_norm_most(norm, n_in, in_hi);
  const int32_t limit = rp_radii_find_limit(norm);
  return most < limit ? (int32_t)most : limit;
}

int32_t rp_radii_find_whole(rp_norm norm, int32_t in_hi) {
  return norm == RP_NORM_LINF || norm == RP_NORM_BRIGHTNESS ? in_hi : 0;
}

static rp_status find_steps(int32_t value, int32_t of, int32_t in_max,
                            int32_t *steps, rp_error *err) {
  *steps = value;
  if (of == 0 && in_max != 0 && value > RP_RADIUS_MAX_LINF)
    return rp_fail(err, RP_E_USAGE,
                   "radius %" PRId32
                   ": expected at most %d, as inputs are bytes",
                   value, RP_RADIUS_MAX_LINF);
  if (of == 0) return RP_OK;
  if (in_max == 0)
    return rp_fail(err, RP_E_USAGE,
                   "radius %" PRId32 "/%" PRId32
                   ": expected a whole number, as fractions are of the input "
                   "range, which only the norms linf and brightness measure",
                   value, of);
  const int64_t scaled = (int64_t)value * in_max;
  *steps = (int32_t)(scaled / of);
  if (scaled % of == 0) return RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "radius %" PRId32 "/%" PRId32
                 ": expected a whole number of input steps, each of which is "
                 "1/%" PRId32 " of the network's input range",
                 value, of, in_max);
}

rp_status rp_radii_resolve(const rp_radii *radii, int32_t in_max,
                           bool *is_meant, rp_error *err) {
  memset(is_meant, 0, (RP_RADIUS_MAX + 1) * sizeof *is_meant);
  for (int32_t i = 0; i < radii->n; i++)
    for (int32_t v = radii->item[i].first; v <= radii->item[i].last; v++) {
      int32_t steps;
      RP_TRY(find_steps(v, radii->item[i].of, in_max, &steps, err));
      is_meant[steps] = true;
    }
  return RP_OK;
}

rp_status rp_radii_resolve_one(const rp_radii *radii, int32_t in_max,
                               int32_t *steps, rp_error *err) {
  if (radii->n == 0) return RP_OK;
  return find_steps(radii->item[0].first, radii->item[0].of, in_max, steps,
                    err);
}

bool rp_radii_is_one(const rp_radii *radii) {
  return radii->n == 0 ||
         (radii->n == 1 && radii->item[0].first == radii->item[0].last);
}
