/* Reads an ONNX file: computes what does not depend on the input's numbers, and
 * makes blocks of the rest. */
#include "input/network_onnx.h"

#include <string.h>

#include "core/text.h"
#include "input/network_formats.h"
#include "input/network_onnx_proto.h"

static rp_status read_node(rp_onnx_reader *r) {
  bool folded;
  RP_TRY(rp_onnx_fold(&r->model, r->node, &folded, r->err));
  if (folded) return RP_OK;
  return rp_onnx_fail(&r->model, r->node, r->err,
                      "profile %s has no rule for it", r->profile);
}

static rp_status check_profile(rp_onnx_reader *r) {
  const char *const name = r->source->profile;
  if (!name)
    return rp_fail(r->err, RP_E_INPUT,
                   "%s: expected a profile (--profile NAME, in a job profile: "
                   "NAME), " RP_ONNX_PROFILES ", found none",
                   r->source->file);
  r->profile = name;
  if (rp_text_is_one_of(name, RP_ONNX_PROFILES)) return RP_OK;
  return rp_fail(r->err, RP_E_INPUT,
                 "%s: profile: expected " RP_ONNX_PROFILES
                 " for an ONNX file, found '%.*s'",
                 r->source->file, rp_text_fit(name, 80), name);
}

static rp_status read_all(rp_onnx_reader *r, const rp_file_content *content) {
  RP_TRY(check_profile(r));
  RP_TRY(rp_onnx_model_parse(content, &r->model, r->err));
  for (int32_t k = 0; k < r->model.n_nodes; k++) {
    r->node = &r->model.node[k];
    RP_TRY(read_node(r));
  }
  return rp_fail(r->err, RP_E_INPUT, "%s: expected a network, found a constant",
                 r->source->file);
}

bool rp_network_is_onnx(const rp_file_content *content) {
  return rp_onnx_is_message(content);
}

rp_status rp_network_read_onnx(const rp_file_content *content,
                               const rp_network_source *source,
                               const char *stem, rp_net **net, rp_error *err) {
  rp_error spare;
  rp_onnx_reader r = {
      .source = source, .stem = stem, .err = err ? err : &spare};
  const rp_status status = read_all(&r, content);
  rp_onnx_model_fini(&r.model);
  if (status == RP_OK)
    *net = r.net;
  else
    rp_net_free(r.net);
  return status;
}
