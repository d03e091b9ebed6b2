/* Two colour scales that the colour-blind can read: Paul Tol's muted scheme for
 * categories, and cividis (Nunez, Anderton, Renslow 2018), sampled at 17
 * points, for amounts. Cividis has even steps of lightness, so it can be read
 * in grey print, too. */
#include <stdint.h>

#include "report/plot.h"

const char *rp_plot_colour(int i) {
  static const char *const muted[] = {"#332288", "#cc6677", "#117733",
                                      "#88ccee", "#ddaa33", "#882255",
                                      "#44aa99", "#999933", "#aa4499"};
  enum { COUNT = sizeof muted / sizeof *muted };
  return muted[i % COUNT];
}

void rp_plot_shade(double t, char colour[8]) {
  static const uint8_t cividis[][3] = {
      {0, 34, 78},     {0, 43, 101},    {20, 54, 109},   {43, 64, 108},
      {58, 74, 108},   {72, 85, 108},   {85, 95, 110},   {99, 106, 112},
      {112, 117, 117}, {125, 127, 120}, {140, 139, 119}, {154, 150, 117},
      {169, 162, 112}, {185, 174, 105}, {202, 187, 96},  {219, 201, 83},
      {254, 232, 56}};
  enum { LAST = sizeof cividis / sizeof *cividis - 1 };
  const double at = t > 0 ? (t < 1 ? t * LAST : LAST) : 0; /* NaN: 0 */
  const int i = at < LAST ? (int)at : LAST - 1;
  int part[3];
  for (int k = 0; k < 3; k++)
    part[k] = (int)(cividis[i][k] +
                    (at - i) * (cividis[i + 1][k] - cividis[i][k]) + 0.5);
  snprintf(colour, 8, "#%02x%02x%02x", part[0] & 255, part[1] & 255,
           part[2] & 255);
}
