// R1 by the header that defines it: reads Q, SHIFT (right) and Z, prints the
// value before zero point and clipping.
#include <gemmlowp/fixedpoint/fixedpoint.h>

#include <cstdint>
#include <cstdio>

int main() {
  std::int32_t q, shift, z;
  while (std::scanf("%d %d %d", &q, &shift, &z) == 3)
    std::printf("%d\n",
                gemmlowp::RoundingDivideByPOT(
                    gemmlowp::SaturatingRoundingDoublingHighMul(z, q), shift));
}
