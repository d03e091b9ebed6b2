/* What the readers of networks of deployed formats must do with any bytes. */
#ifndef RAMPART_TESTS_FUZZ_NETWORK_H
#define RAMPART_TESTS_FUZZ_NETWORK_H

#include <stdlib.h>

#include "fuzz.h"
#include "input/network_formats.h"

typedef rp_status fuzz_network_reader(const rp_file_content *content,
                                      const rp_network_source *source,
                                      const char *stem, rp_net **net,
                                      rp_error *err);

/* A network with blocks and a profile, or a reason. */
static inline int fuzz_read_network(const uint8_t *data, size_t size,
                                    const char *name, const char *profile,
                                    fuzz_network_reader *read) {
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
  rp_net_free(net);
  free(copy.data);
  return 0;
}

#endif
