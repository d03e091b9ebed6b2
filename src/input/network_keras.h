/* Dense layers of Keras' files, of which QVIP's networks are made. */
#ifndef RAMPART_INPUT_NETWORK_KERAS_H
#define RAMPART_INPUT_NETWORK_KERAS_H

#include "input/network_formats.h"

typedef struct rp_dense {
  int32_t n_in, n_out;
  void *kernel, *bias;         /* float, [n_in][n_out] and [n_out] */
  uint64_t kernel_at, bias_at; /* their places in the file */
} rp_dense;

/* As many as are looked at; QVIP has three at most. */
enum { RP_MOST_DENSE = 64 };

typedef struct rp_dense_list {
  int32_t count;
  bool is_ordered; /* as the file lists them; else only the shapes say it */
  rp_dense layer[RP_MOST_DENSE];
} rp_dense_list;

/** Append the layer of two arrays, by their names in a group.
 *  Errors: RP_E_INPUT, also if another layer has one of them; RP_E_MEMORY. */
rp_status rp_dense_list_read(hid_t group, const char *kernel, const char *bias,
                             rp_dense_list *list, rp_error *err);

/** Sort the layers and make the network of them.
 *  @param file  for messages
 *  Errors: RP_E_INPUT if there is no order or, unless the list is ordered,
 *  several; those of rp_net_add_qvip_dense. */
rp_status rp_dense_list_build(hid_t file, rp_dense_list *list,
                              const rp_network_source *source, const char *stem,
                              rp_net **net, rp_error *err);
void rp_dense_list_fini(rp_dense_list *list);

/** Whether the user gave the bit widths, which the files lack. */
rp_status rp_network_check_bits(const rp_network_source *source, rp_error *err);

#endif
