/* Outputs of a network on raw inputs:  outputs MODEL PROFILE IN OUT
 * IN has one byte a number, the number less the least one; OUT gets one int32
 * an output, the last block's activations.
 * outputs MODEL PROFILE IN OUT reals: IN has float32, and OUT gets the input
 * that the quantizer makes of each, one byte a number, less the least one. */
#include <stdio.h>
#include <stdlib.h>

#include "input/network_file.h"
#include "net/input_quantizer.h"

static int run(const rp_net *net, FILE *in, FILE *out) {
  uint8_t *const x = malloc((size_t)net->n_in);
  int32_t *const y = malloc((size_t)net->n_out * sizeof *y);
  int32_t *const fast = malloc((size_t)net->n_out * sizeof *fast);
  int32_t *const work = malloc(rp_net_forward_work(net) * sizeof *work);
  bool is_same = x && y && fast && work;
  while (is_same && fread(x, (size_t)net->n_in, 1, in) == 1) {
    is_same = rp_reference_forward(net, x, y) == RP_OK;
    rp_net_forward(net, x, NULL, fast, work);
    for (int32_t i = 0; i < net->n_out; i++) is_same &= fast[i] == y[i];
    is_same &=
        fwrite(y, sizeof *y, (size_t)net->n_out, out) == (size_t)net->n_out;
  }
  free(x);
  free(y);
  free(fast);
  free(work);
  if (!is_same) fputs("both forward passes must agree\n", stderr);
  return is_same ? 0 : 1;
}

static int quantize(const rp_net *net, FILE *in, FILE *out) {
  float real;
  while (fread(&real, sizeof real, 1, in) == 1)
    if (fputc(rp_net_quantize(net, real), out) == EOF) return 1;
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 5 || argc > 6) return 2;
  const rp_network_source source = {.file = argv[1], .profile = argv[2]};
  rp_error err;
  rp_net *net;
  if (rp_network_read(&source, &net, &err) != RP_OK) {
    fprintf(stderr, "%s\n", err.text);
    return 2;
  }
  FILE *const in = fopen(argv[3], "rb"), *const out = fopen(argv[4], "wb");
  const int status =
      !in || !out ? 2 : (argc == 6 ? quantize : run)(net, in, out);
  if (in) fclose(in);
  if (out && fclose(out) != 0) return 2;
  rp_net_free(net);
  return status;
}
