/* One query through the library: is this sample robust?
 *
 *   verify_one NETWORK RADIUS < SAMPLE
 *
 * NETWORK is a network file in Rampart's own format, SAMPLE its inputs as
 * whole numbers separated by blanks. The label is what the network says. */
#include <rampart/rampart.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  rp_model *model;
  rp_error err;
  rp_reason reason;
  int32_t label;
  unsigned number;
  if (argc != 3) return 2;
  if (rp_model_open(argv[1], NULL, 0, 0, &model, &err) != RP_OK ||
      rp_model_set(model, "time_limit", "60", &err) != RP_OK) {
    fprintf(stderr, "%s\n", err.text);
    return 2;
  }
  const int32_t n = rp_model_inputs(model);
  uint8_t *x = calloc((size_t)n, 1), *witness = calloc((size_t)n, 1);
  for (int32_t p = 0; p < n; p++) {
    if (scanf("%u", &number) != 1 || number > UINT8_MAX) {
      fprintf(stderr, "SAMPLE: expected %d numbers from 0 to 255\n", n);
      return 2;
    }
    x[p] = (uint8_t)number;
  }
  if (rp_model_predict(model, x, &label) != RP_OK) return 2;
  const rp_verdict verdict =
      rp_model_verify(model, x, label, atoi(argv[2]), witness, &reason);
  printf("class %d, radius %s: %s", label, argv[2], rp_verdict_name(verdict));
  if (verdict == RP_VIOLATED &&
      rp_model_predict(model, witness, &label) == RP_OK)
    printf(", class %d nearby", label);
  if (verdict == RP_UNKNOWN) printf(", %s", rp_reason_name(reason));
  printf("\n");
  free(x);
  free(witness);
  rp_model_close(model);
  return verdict == RP_UNKNOWN ? 3 : 0;
}
