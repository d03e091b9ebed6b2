/* A copy of a network's blocks, to which others can be added. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "net/block_spec.h"
#include "net/net.h"
#include "net/op_bytes.h"

static rp_status copy_op(const rp_op *op, rp_op **copy, rp_error *err) {
  rp_bytes bytes = {0};
  rp_op_put(&bytes, op);
  rp_bytes view = rp_bytes_over(bytes.data, bytes.size);
  const rp_status status =
      bytes.failed ? rp_fail(err, RP_E_MEMORY, "copy of a network: no memory")
                   : rp_op_get(&view, op->n_out, op->n_in, copy, err);
  free(bytes.data);
  return status;
}

/* The block's specification has the operators of the original: here it gets
 * copies, which the network takes. */
static rp_status add_copy(rp_net *copy, rp_block_spec *spec, rp_error *err) {
  rp_term *const term = rp_alloc((size_t)spec->n_terms, sizeof *term);
  if (!term) return rp_fail(err, RP_E_MEMORY, "copy of a network: no memory");
  int32_t n = 0;
  rp_status status = RP_OK;
  for (; n < spec->n_terms && status == RP_OK; n += status == RP_OK) {
    term[n].source = spec->term[n].source;
    status = copy_op(spec->term[n].op, &term[n].op, err);
  }
  spec->term = term;
  if (status == RP_OK)
    status = rp_net_add_block(copy, spec, err);
  else
    while (n > 0) rp_op_free(term[--n].op);
  free(term);
  return status;
}

static rp_status copy_blocks(const rp_net *net, rp_net *copy, rp_error *err) {
  for (int32_t k = 0; k < net->n_blocks; k++) {
    rp_block_spec spec;
    RP_TRY(rp_block_get_spec(net, k, &spec, err));
    const rp_status status = add_copy(copy, &spec, err);
    rp_block_spec_fini(&spec);
    RP_TRY(status);
  }
  return RP_OK;
}

rp_status rp_net_copy(const rp_net *net, rp_net **copy, rp_error *err) {
  rp_net *made;
  RP_TRY(
      rp_net_create(net->name, net->dims, net->n_dims, net->in_hi, &made, err));
  rp_status status = rp_net_set_input(made, net->in_lo, net->in_zero, err);
  if (status == RP_OK) status = copy_blocks(net, made, err);
  if (status == RP_OK)
    *copy = made;
  else
    rp_net_free(made);
  return status;
}
