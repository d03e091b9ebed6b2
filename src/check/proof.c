/* Checks the proof of a query, which is read once from front to back. An open
 * node has a region: that of its parent after the parent's steps, cut by the
 * split. Its own steps shrink the region. It is closed when the region is
 * empty, when it is split, or when the region is a single input with the right
 * class. A subproblem is read after the stream that it continues: regions move
 * to its nodes, and none is ever lost. At the end every part of every rival
 * must have occurred, and no node may be open.
 *
 * The bytes are not trusted: every number is checked against its range, and a
 * node comes after its parent. Steps of a closed node have no effect. */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"

enum { VERSION = 2, END = 0, PART, OPEN, LEAF, SPLIT, CONTINUES, CUT };
enum { NO_PART = -1, WEIGHED = 3, MOST_WEIGHT = (1 << 15) - 1 };
enum { ABOVE_AND_BELOW = 3 }; /* a choice */
enum { SEVEN = 7 };           /* inputs a number */

typedef struct bytes {
  const uint8_t *at, *end;
} bytes;

typedef struct node {
  region *region; /* NULL: closed */
  int32_t part;   /* in the walk; NO_PART: the root of all parts */
} node;

typedef struct walk {
  const net *n;
  int32_t label;
  int32_t n_wanted, n_parts;
  part *part; /* those of all rivals, then copies with other weights */
  bytes in;
  node *node;
  int64_t n_nodes, first;   /* of all streams; before this one */
  int64_t source, n_source; /* before its source; of it, 0: it has none */
  step step;
  rp_error *err;
} walk;

/* NULL: the node is the root of all parts. */
static const part *get_part(const walk *w, int64_t id) {
  return w->node[id].part == NO_PART ? NULL : &w->part[w->node[id].part];
}

static rp_status refuse_proof(const walk *w, int64_t id, const char *why) {
  const part *p = w->n_nodes > 0 ? get_part(w, id) : NULL;
  if (!p) return rp_fail(w->err, RP_E_INPUT, "proof: %s", why);
  return rp_fail(w->err, RP_E_INPUT, "proof, rival %d, part %c, node %lld: %s",
                 p->j - p->y + w->label, p->kind, (long long)id, why);
}

/* ---- numbers below 2^63: seven bits per byte, lowest first ---- */

static bool read_number(bytes *b, uint64_t most, int64_t *value) {
  uint64_t raw = 0;
  for (int shift = 0; shift < 70 && b->at < b->end; shift += 7) {
    const uint8_t byte = *b->at++;
    if (shift == 63 && byte != 0) return false;
    raw |= (uint64_t)(byte & 0x7f) << shift;
    *value = (int64_t)raw;
    if (byte < 0x80) return raw <= most;
  }
  return false;
}

/* Signed numbers are coded in the order 0, -1, 1, -2, ... */
static bool read_signed_number(bytes *b, int64_t *value) {
  int64_t raw;
  if (!read_number(b, UINT32_MAX, &raw)) return false;
  *value = (raw >> 1) ^ -(raw & 1);
  return true;
}

/* ---- steps ---- */

static bool read_multiplier(bytes *b, int64_t *value) {
  return read_signed_number(b, value) && llabs(*value) <= INT32_MAX;
}

static bool read_choice(bytes *b, int64_t *value) {
  return read_number(b, ABOVE_AND_BELOW, value);
}

/* Read entries of one or two numbers. An entry of zeros is followed by the
 * number of further ones.
 * @param to  [width][count] */
static bool read_list(bytes *b, int32_t count, int width,
                      bool (*read)(bytes *, int64_t *), int32_t *const to[]) {
  int64_t value, more;
  for (int d = 0; d < width; d++)
    memset(to[d], 0, (size_t)count * sizeof *to[d]);
  for (int32_t i = 0; i < count; i++) {
    bool is_zero = true;
    for (int d = 0; d < width; d++) {
      if (!read(b, &value)) return false;
      to[d][i] = (int32_t)value;
      is_zero = is_zero && value == 0;
    }
    if (!is_zero) continue;
    if (!read_number(b, (uint64_t)(count - i - 1), &more)) return false;
    i += (int32_t)more;
  }
  return true;
}

static bool read_block_step(const net *n, bytes *b, step *s) {
  const bool has_slopes = s->action == SLOPES;
  int64_t k, number;
  if (!read_number(b, (uint64_t)n->n_blocks - 1, &k) ||
      !read_number(b, has_slopes ? MOST_SLOPE_BITS : MOST_SLOPE_FRACTION,
                   &number))
    return false;
  const block *of = &n->block[k];
  s->k = (int32_t)k;
  if (!has_slopes) {
    s->frac = (int32_t)number;
    return read_list(b, of->n_acc, 1, read_choice, &s->choice);
  }
  int32_t *const slopes[] = {s->slope[1] + of->first, s->slope[0] + of->first};
  s->has_slopes = true;
  s->bits[k] = (int32_t)number;
  return read_list(b, of->n_acc, 2, read_multiplier, slopes);
}

static bool read_uses(bytes *b, step *s) {
  int64_t count, number;
  if (!read_number(b, MOST_CUTS, &count)) return false;
  for (s->n_uses = 0; s->n_uses < count; s->n_uses++) {
    if (s->n_cuts == s->first_cut ||
        !read_number(b, (uint64_t)(s->n_cuts - s->first_cut) - 1, &number) ||
        !read_number(b, INT32_MAX, &s->pi[s->n_uses]))
      return false;
    s->use[s->n_uses] = &s->cut[s->first_cut + number];
  }
  return true;
}

static bool read_step(const net *n, bytes *b, step *s) {
  const uint64_t n_acc = (uint64_t)(n->n_vars - n->n_in);
  int64_t action, at = 0, frac;
  if (!read_number(b, CUTS, &action) || action < CLOSE) return false;
  s->action = (int32_t)action;
  if (action == CUTS) return read_uses(b, s);
  if (action >= SLOPES) return read_block_step(n, b, s);
  if ((action >= ABOVE && !read_number(b, n_acc - 1, &at)) ||
      !read_number(b, MOST_FRACTION, &frac))
    return false;
  s->frac = (int32_t)frac;
  s->at = n->n_in + (int32_t)at;
  const int32_t top = action >= ABOVE ? n->of[s->at] : n->n_blocks - 1;
  int32_t *const lambda = s->lambda + n->n_in;
  memset(s->lambda, 0, (size_t)n->n_vars * sizeof *s->lambda);
  return read_list(b, n->block[top].first + n->block[top].n_acc - n->n_in, 1,
                   read_multiplier, &lambda);
}

/* ---- nodes ---- */

static void close_node(walk *w, int64_t id) {
  free(w->node[id].region);
  w->node[id].region = NULL;
}

/* Add a node, which takes ownership of the region; NULL means closed. */
static void add_node(walk *w, int32_t p, region *own) {
  if ((w->n_nodes & (w->n_nodes - 1)) == 0) /* full: double the capacity */
    w->node = rp_check_resize(w->node,
                              (2 * (size_t)w->n_nodes + 1) * sizeof *w->node);
  w->node[w->n_nodes++] = (node){own, p};
}

/* Steps of a closed node have no effect, but are read to detect damage. */
static rp_status apply_steps(walk *w, int64_t id, bytes b) {
  const part *p = get_part(w, id);
  step *s = &w->step;
  rp_check_begin_record(w->n, s);
  while (b.at < b.end) {
    region *r = w->node[id].region;
    if (!read_step(w->n, &b, s)) return refuse_proof(w, id, "damaged step");
    if (!p && (s->action == CLOSE || s->action == TIGHTEN))
      return refuse_proof(w, id, "a step outside any part needs one");
    if (r && !rp_check_apply_step(w->n, p, s, r)) close_node(w, id);
    if (s->action != CUTS) s->n_uses = 0;
  }
  return RP_OK;
}

/* Close a leaf: its region must be empty or a single input with the label. */
static rp_status close_leaf(walk *w, int64_t id) {
  region *r = w->node[id].region;
  if (rp_check_settle(w->n, get_part(w, id), r) &&
      (memcmp(r->lo, r->hi, (size_t)w->n->n_in * sizeof *r->lo) != 0 ||
       rp_check_predict(w->n, r->lo) != w->label))
    return refuse_proof(w, id, "is not closed");
  close_node(w, id);
  return RP_OK;
}

/* Split a node. Whatever the value, every input is in one of the children. */
static rp_status split_node(walk *w, int64_t id) {
  const net *n = w->n;
  int64_t is_input, at, value;
  if (!read_number(&w->in, 1, &is_input) ||
      !read_number(&w->in,
                   (uint64_t)(is_input ? n->n_in : n->n_vars - n->n_in) - 1,
                   &at) ||
      !read_signed_number(&w->in, &value))
    return refuse_proof(w, id, "damaged split");
  const int32_t v = (int32_t)at + (is_input ? 0 : n->n_in);
  for (int high = 0; high < 2; high++) {
    const region *from = w->node[id].region;
    region *child = from ? rp_check_copy_region(n, from) : NULL;
    add_node(w, w->node[id].part, child);
    if (child && !rp_check_cut(n, child, v, high ? value : -ACC_LIMIT,
                               high ? ACC_LIMIT : value - 1))
      close_node(w, w->n_nodes - 1);
  }
  close_node(w, id);
  return RP_OK;
}

/* ---- records ---- */

/* Find one of the parts that all rivals have. */
static int32_t find_part(const walk *w, int64_t rival, int64_t kind) {
  int32_t k = 0;
  while (k < w->n_wanted && (w->part[k].j != w->part[k].y - w->label + rival ||
                             w->part[k].kind != 'A' + kind))
    k++;
  return k < w->n_wanted ? k : NO_PART;
}

/* Append a copy of a part, with other weights. */
static int32_t weigh_part(walk *w, int32_t k, int64_t c_y, int64_t c_j) {
  w->part =
      rp_check_resize(w->part, ((size_t)w->n_parts + 1) * sizeof *w->part);
  w->part[w->n_parts] = w->part[k];
  rp_check_weigh_part(w->n, c_y, c_j, &w->part[w->n_parts]);
  return w->n_parts++;
}

/* Read a part, whose root gets a copy of the region of all parts. */
static rp_status read_part(walk *w) {
  region *all = w->node[0].region;
  int64_t rival, kind, c_y = 1, c_j = 1;
  if (!read_number(&w->in, INT32_MAX, &rival) ||
      !read_number(&w->in, WEIGHED, &kind) ||
      (kind == WEIGHED && (!read_number(&w->in, MOST_WEIGHT, &c_y) ||
                           !read_number(&w->in, MOST_WEIGHT, &c_j))) ||
      c_y < 1 || c_j < 1)
    return refuse_proof(w, 0, "damaged part");
  if (!all || !rp_check_settle(w->n, NULL, all))
    return refuse_proof(w, 0, "the bounds for all parts exclude every input");
  int32_t k = find_part(w, rival, kind == WEIGHED ? 0 : kind);
  if (k == NO_PART) return refuse_proof(w, 0, "a part that does not exist");
  w->part[k].is_here = true;
  if (kind == WEIGHED) k = weigh_part(w, k, c_y, c_j);
  add_node(w, k, rp_check_copy_region(w->n, all));
  return RP_OK;
}

static bool read_seven(bytes *b, int64_t *value) {
  return read_number(b, (1 << SEVEN) - 1, value);
}

/* Read a cut, of which no region is known yet. */
static rp_status read_cut(walk *w) {
  const net *n = w->n;
  const int32_t sevens = (n->n_in + SEVEN - 1) / SEVEN;
  int64_t at, is_above, unit, from;
  if (!read_number(&w->in, (uint64_t)(n->n_vars - n->n_in) - 1, &at) ||
      !read_number(&w->in, 1, &is_above) ||
      !read_number(&w->in, MOST_CUT_UNIT, &unit) ||
      !read_signed_number(&w->in, &from) ||
      !read_list(&w->in, sevens, 1, read_seven, &w->step.choice))
    return refuse_proof(w, 0, "damaged cut");
  step *s = &w->step;
  if ((s->n_cuts & (s->n_cuts - 1)) == 0) /* full: double the capacity */
    s->cut =
        rp_check_resize(s->cut, (2 * (size_t)s->n_cuts + 1) * sizeof *s->cut);
  cut *c = &s->cut[s->n_cuts++];
  *c = (cut){n->n_in + (int32_t)at, is_above ? 1 : -1, (int32_t)unit, from,
             rp_check_alloc((size_t)n->n_in, 1)};
  for (int32_t p = 0; p < n->n_in; p++)
    c->chosen[p] = s->choice[p / SEVEN] >> p % SEVEN & 1;
  return RP_OK;
}

/* Move the region of a node of the source stream to a new node. */
static rp_status read_continuation(walk *w) {
  int64_t id;
  if (w->n_source < 2 || !read_number(&w->in, (uint64_t)w->n_source - 1, &id) ||
      id == 0)
    return refuse_proof(w, 0, "continues a node that its source does not have");
  const node from = w->node[w->source + id];
  w->node[w->source + id].region = NULL;
  add_node(w, from.part, from.region);
  return RP_OK;
}

/* Node 0 is the root of all parts, which neither splits nor ends. */
static rp_status read_node(walk *w, int64_t kind) {
  int64_t id, size = 0;
  if (!read_number(&w->in, (uint64_t)(w->n_nodes - w->first) - 1, &id) ||
      !read_number(&w->in, INT64_MAX, &size) || size > w->in.end - w->in.at)
    return refuse_proof(w, 0, "damaged or truncated");
  if (id == 0 && kind != OPEN)
    return refuse_proof(w, 0, "the root of all parts cannot end or split");
  id += w->first;
  const bytes steps = {w->in.at, w->in.at + size};
  w->in.at += size;
  RP_TRY(apply_steps(w, id, steps));
  if (kind == SPLIT) return split_node(w, id);
  return kind == LEAF && w->node[id].region ? close_leaf(w, id) : RP_OK;
}

static rp_status read_record(walk *w, int64_t kind) {
  return kind == PART        ? read_part(w)
         : kind == CONTINUES ? read_continuation(w)
         : kind == CUT       ? read_cut(w)
                             : read_node(w, kind);
}

static rp_status check_all_closed(walk *w) {
  for (int32_t k = 0; k < w->n_wanted; k++)
    if (!w->part[k].is_here) return refuse_proof(w, 0, "parts are missing");
  for (int64_t id = 1; id < w->n_nodes; id++)
    if (w->node[id].region) return refuse_proof(w, id, "is left open");
  return RP_OK;
}

/* Find the stream that stream k continues among those read so far; k if there
 * is none. Names are ascending; a crafted file may have equal ones. */
static int64_t find_source(const stream *s, int64_t k, int64_t back) {
  const uint64_t name = s[k].name - (uint64_t)back;
  int64_t from = 0;
  for (int64_t end = k; from < end;) {
    const int64_t middle = from + (end - from) / 2;
    if (s[middle].name < name)
      from = middle + 1;
    else
      end = middle;
  }
  while (from < k && s[from].name == name && s[from].first < 0) from++;
  return s[from].name == name ? from : k;
}

static region *make_root(const net *n, const ball *within, int32_t radius) {
  region *r = rp_check_make_ball(n, within->x, radius);
  for (int32_t p = 0; within->box[0] && p < n->n_in; p++) {
    if (within->box[0][p] > r->lo[p]) r->lo[p] = within->box[0][p];
    if (within->box[1][p] < r->hi[p]) r->hi[p] = within->box[1][p];
  }
  return r;
}

/* Read a stream. One about another claim, or one that continues another proof,
 * is skipped. */
static rp_status read_stream(walk *w, stream *s, int64_t k,
                             const ball *within) {
  int64_t version, label, radius, back;
  w->in = (bytes){s[k].plain.bytes, s[k].plain.bytes + s[k].plain.size};
  if (!read_number(&w->in, VERSION, &version) || version != VERSION ||
      !read_number(&w->in, INT32_MAX, &label) || label != w->label ||
      !read_number(&w->in, MOST_RADIUS, &radius) || radius != s[0].radius ||
      !read_number(&w->in, INT64_MAX, &back) || (back == 0) != (k == 0))
    return RP_OK;
  const int64_t from = back ? find_source(s, k, back) : 0;
  if (back && from == k) return RP_OK;
  s[k].first = w->first = w->n_nodes;
  w->step.first_cut = w->step.n_cuts;
  w->source = s[from].first;
  w->n_source = back ? s[from].nodes : 0;
  add_node(w, NO_PART, back ? NULL : make_root(w->n, within, s[0].radius));
  for (;;) {
    int64_t kind;
    if (!read_number(&w->in, CUT, &kind) ||
        (kind == END && w->in.at < w->in.end))
      return refuse_proof(w, 0,
                          "damaged, truncated, or followed by other bytes");
    if (kind == END) break;
    RP_TRY(read_record(w, kind));
  }
  s[k].nodes = w->n_nodes - w->first;
  return RP_OK;
}

rp_status rp_check_proof_in(const net *n, const ball *within, int32_t label,
                            stream *s, int64_t count, rp_error *err) {
  walk w = {.n = n, .label = label, .err = err};
  rp_status st = RP_OK;
  rp_check_init_step(n, &w.step);
  w.part = rp_check_alloc(3 * (size_t)n->n_out, sizeof *w.part);
  for (int32_t rival = 0; rival < n->n_out; rival++)
    if (rival != label)
      w.n_wanted += rp_check_make_parts(n, label, rival, w.part + w.n_wanted);
  w.n_parts = w.n_wanted;
  for (int64_t k = 0; k < count; k++) s[k].first = -1;
  for (int64_t k = 0; k < count && st == RP_OK && (k == 0 || w.n_nodes > 0);
       k++)
    st = read_stream(&w, s, k, within);
  if (st == RP_OK) st = check_all_closed(&w);
  for (int64_t id = 0; id < w.n_nodes; id++) free(w.node[id].region);
  free(w.node);
  free(w.part);
  rp_check_fini_step(&w.step);
  return st;
}

rp_status rp_check_proof(const net *n, const int32_t *x, int32_t label,
                         stream *s, int64_t count, rp_error *err) {
  const ball within = {x, {NULL, NULL}};
  return rp_check_proof_in(n, &within, label, s, count, err);
}

/* ---- proofs about single inputs ---- */

static void put_number(blob *b, int32_t value) {
  for (; value >= 0x80; value >>= 7)
    b->bytes[b->size++] = (uint8_t)(value & 0x7f) | 0x80;
  b->bytes[b->size++] = (uint8_t)value;
}

blob rp_check_prove_point(const net *n, int32_t label) {
  enum { PART_BYTES = 16, HEAD_BYTES = 16 };
  int32_t id = 0;
  part p[3];
  blob b = {rp_check_alloc((size_t)n->n_out, 3 * PART_BYTES + HEAD_BYTES), 0};
  const int32_t head[] = {VERSION, label, 0, 0};
  for (int k = 0; k < 4; k++) put_number(&b, head[k]);
  for (int32_t rival = 0; rival < n->n_out; rival++) {
    const int32_t count =
        rival != label ? rp_check_make_parts(n, label, rival, p) : 0;
    for (int32_t k = 0; k < count; k++) {
      const int32_t record[] = {PART, rival, p[k].kind - 'A', LEAF, ++id, 0};
      for (int j = 0; j < 6; j++) put_number(&b, record[j]);
    }
  }
  put_number(&b, END);
  return b;
}
