/* What the readers of networks of deployed formats must do with any bytes. */
#ifndef RAMPART_TESTS_FUZZ_NETWORK_H
#define RAMPART_TESTS_FUZZ_NETWORK_H

#include <stdlib.h>

#include "fuzz.h"
#include "input/interpret.h"
#include "input/network_formats.h"

typedef rp_status fuzz_network_reader(const rp_file_content *content,
                                      const rp_network_source *source,
                                      const char *stem, rp_net **net,
                                      rp_error *err);

/* Inputs of all kinds: the least, the greatest, and both in turn. */
enum { FUZZ_SAMPLES = 3, FUZZ_MOST_INPUTS = 1 << 12 };

/* The network computes what the file's own operators compute. */
static inline void fuzz_interpret(const rp_file_content *content,
                                  const rp_network_source *source,
                                  const rp_net *net,
                                  rp_interpreter_open *open) {
  static uint8_t x[FUZZ_SAMPLES * FUZZ_MOST_INPUTS];
  rp_interpreter of = {0};
  rp_network_comparison found = {0};
  rp_error err = {""};
  if (net->n_in > FUZZ_MOST_INPUTS) return;
  for (int32_t i = 0; i < net->n_in; i++) {
    x[net->n_in + i] = (uint8_t)net->in_hi;
    x[2 * net->n_in + i] = (uint8_t)(i % 2 ? net->in_hi : net->in_hi / 3);
  }
  rp_status status = open(content, source, &of, &err);
  if (status == RP_OK)
    status = rp_interpreter_compare(&of, net, x, FUZZ_SAMPLES, &found, &err);
  rp_interpreter_fini(&of);
  fuzz_expect(status == RP_OK, err.text);
  fuzz_expect(!found.differs, found.difference);
}

/* A network with blocks and a profile that computes what its file says, or a
 * reason. */
static inline int fuzz_read_network(const uint8_t *data, size_t size,
                                    const char *name, const char *profile,
                                    fuzz_network_reader *read,
                                    rp_interpreter_open *open) {
  fuzz_bytes copy = fuzz_copy(data, size);
  const rp_file_content content = {name, copy.data, size};
  const rp_network_source source = {.file = name, .profile = profile};
  rp_net *net = NULL;
  rp_error err = {""};
  const rp_status status = read(&content, &source, "net", &net, &err);
  fuzz_expect_verdict(status, &err);
  fuzz_expect((status == RP_OK) == (net != NULL), "a network or a reason");
  fuzz_expect(!net || (net->n_blocks > 0 && *net->profile),
              "a network has blocks and a profile");
  if (net) fuzz_interpret(&content, &source, net, open);
  rp_net_free(net);
  free(copy.data);
  return 0;
}

#endif
