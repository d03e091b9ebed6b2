/* The parts of the reader and writer of Rampart's own network files.
 *
 * network_native.c has the header, network_native_layers.c version 1,
 * network_native_block.c, _term.c and _stair.c version 2. docs/formats.md is
 * the specification. Functions that read name the file and the place in it when
 * they fail. */
#ifndef RAMPART_INPUT_NETWORK_NATIVE_H
#define RAMPART_INPUT_NETWORK_NATIVE_H

#include "files/h5strict.h"
#include "input/network_formats.h"

/* ---- What several parts share (network_native_parts.c) ---- */

rp_status rp_native_expect_text(hid_t object, const char *name,
                                const char *expected, rp_error *err);

/** An array to read. */
typedef struct rp_native_array {
  hid_t mem_type; /* wider than the format's numbers: HDF5 clips silently */
  int32_t rank;
  int64_t dims[4]; /* out */
  void *data;      /* out, malloc'ed; NULL after a failure */
} rp_native_array;
rp_status rp_native_read_array(hid_t group, const char *name,
                               rp_native_array *to, rp_error *err);

/** A list of n numbers.
 *  @param list  out, [n], all in lo..hi, malloc'ed once n is proved */
typedef struct rp_native_limits {
  int64_t lo, hi;
} rp_native_limits;
rp_status rp_native_read_list(hid_t group, const char *name, int32_t n,
                              rp_native_limits limits, int64_t **list,
                              rp_error *err);

/** One number for each channel: an attribute is the number of all channels, a
 *  dataset has one for each. Exactly one of both must be there.
 *  @param number  out, [n], all in lo..hi */
rp_status rp_native_read_numbers(hid_t group, const char *name, int32_t n,
                                 rp_native_limits limits, int64_t *number,
                                 rp_error *err);
bool rp_native_has_numbers(hid_t group, const char *name);

/** Write numbers so: an attribute if all are equal. */
rp_status rp_native_write_numbers(hid_t group, const char *name, int32_t n,
                                  const int64_t *number, rp_error *err);

rp_status rp_native_set_integer(hid_t object, const char *name, int64_t value,
                                rp_error *err);

/** Call a writer with a new group. */
typedef rp_status rp_native_writer(hid_t group, const void *what,
                                   rp_error *err);
rp_status rp_native_write_group(hid_t parent, const char *name,
                                rp_native_writer *write, const void *what,
                                rp_error *err);

/* ---- Version 1 ---- */

rp_status rp_native_read_layers(hid_t file, rp_net *net, rp_error *err);
rp_status rp_native_write_layers(hid_t file, const rp_net *net, rp_error *err);

/** Whether version 1 can hold the network. */
bool rp_native_is_chain_of_layers(const rp_net *net);

/* ---- Version 2 ---- */

/** @param count  of blocks, as the header claims */
rp_status rp_native_read_blocks(hid_t file, int32_t count, rp_net *net,
                                rp_error *err);
rp_status rp_native_write_blocks(hid_t file, const rp_net *net, rp_error *err);

/** Staircases of a block's channels, and the channels whose rows and biases
 *  must be negated because their staircases step down. */
typedef struct rp_native_stairs {
  int32_t n;       /* channels */
  rp_stair *stair; /* [n] malloc'ed */
  bool *descends;  /* [n] malloc'ed */
} rp_native_stairs;

/** @param stairs  n is given; the arrays are freed by rp_native_stairs_fini,
 *                 also after a failure */
rp_status rp_native_read_stairs(hid_t group, rp_net *net,
                                rp_native_stairs *stairs, rp_error *err);
void rp_native_stairs_fini(rp_native_stairs *stairs);
rp_status rp_native_write_stairs(hid_t group, const rp_stair *stair, int32_t n,
                                 rp_error *err);

/** Names of the members and attributes of a block that belong to staircases. */
extern const char *const rp_native_stair_names[];

/** What a term must fit. */
typedef struct rp_native_place {
  const rp_net *net; /* with all blocks below */
  int32_t n_out;     /* rows of its operators: accumulators */
  const rp_native_stairs *stairs;
} rp_native_place;
rp_status rp_native_read_term(hid_t group, const rp_native_place *place,
                              rp_term *term, rp_error *err);
rp_status rp_native_write_term(hid_t group, const rp_term *term, rp_error *err);

#endif
