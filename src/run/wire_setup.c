/* Bytes of the setup: the build that put them, options by the rows of their
 * table, the network (wire_net.c). */
#include <string.h>

#include "run/build.h"
#include "run/wire.h"

static void put_options(rp_bytes *wire, const rp_options *options) {
  size_t count;
  const rp_option_info *const info = rp_option_rows(&count);
  rp_bytes_put(wire, options->engine, 1);
  rp_bytes_put(wire, options->evidence, 1);
  rp_bytes_put(wire, options->norm, 1);
  rp_bytes_put(wire, count, 2);
  for (size_t i = 0; i < count; i++) { /* every type has eight bytes */
    uint64_t bits;
    memcpy(&bits, (const char *)options + info[i].offset, sizeof bits);
    rp_bytes_put(wire, bits, 8);
  }
  rp_bytes_append(wire, options->property, sizeof options->property);
}

static void get_options(rp_bytes *wire, rp_options *options) {
  size_t count;
  const rp_option_info *const info = rp_option_rows(&count);
  rp_options_default(options);
  options->engine = (rp_engine)rp_bytes_get(wire, 1);
  options->evidence = (rp_keep)rp_bytes_get(wire, 1);
  options->norm = (rp_norm)rp_bytes_get(wire, 1);
  if (options->norm >= RP_NORM_COUNT) wire->failed = true;
  if (rp_bytes_get(wire, 2) != count) wire->failed = true;
  for (size_t i = 0; i < count && !wire->failed; i++) {
    const uint64_t bits = rp_bytes_get(wire, 8);
    memcpy((char *)options + info[i].offset, &bits, sizeof bits);
  }
  rp_bytes_copy(wire, options->property, sizeof options->property);
  options->property[sizeof options->property - 1] = '\0';
}

static void put_build(rp_bytes *wire) {
  char build[RP_BUILD_SIZE];
  rp_build_name(build);
  rp_bytes_append(wire, build, sizeof build);
}

/* The build comes first, since the rest may mean something else to another
 * build. */
static rp_status check_build(rp_bytes *wire, rp_error *err) {
  char own[RP_BUILD_SIZE], other[RP_BUILD_SIZE];
  rp_build_name(own);
  rp_bytes_copy(wire, other, sizeof other);
  if (wire->failed)
    return rp_fail(err, RP_E_INTERNAL, "setup message: too short");
  if (!memcmp(own, other, sizeof own)) return RP_OK;
  other[sizeof other - 1] = '\0';
  return rp_fail(err, RP_E_USAGE,
                 "another build of Rampart: expected %s, as rank 0, found %s",
                 other, own);
}

rp_status rp_wire_put_setup(rp_bytes *wire, const rp_net *net,
                            const rp_options *options, rp_error *err) {
  put_build(wire);
  put_options(wire, options);
  RP_TRY(rp_wire_put_net(wire, net, err));
  if (wire->failed)
    return rp_fail(err, RP_E_MEMORY, "setup message: out of memory");
  return RP_OK;
}

rp_status rp_wire_get_setup(rp_bytes *wire, rp_net **net, rp_options *options,
                            rp_error *err) {
  RP_TRY(check_build(wire, err));
  get_options(wire, options);
  RP_TRY(rp_wire_get_net(wire, net, err));
  if (rp_bytes_are_read(wire)) return RP_OK;
  rp_net_free(*net);
  *net = NULL;
  return rp_fail(err, RP_E_INTERNAL, "setup message: of the wrong length");
}
