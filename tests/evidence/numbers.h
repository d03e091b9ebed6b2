/* A proof as its numbers, each with what it means, so that one multiplier, one
 * split or one node of it can be changed and all else stays well formed. */
#ifndef RAMPART_TESTS_NUMBERS_H
#define RAMPART_TESTS_NUMBERS_H

#include "damage.h"

typedef enum role {
  HEAD,
  RECORD, /* its kind: 0 end, 1 part, 2 open, 3 leaf, 4 split, 5 continues, 6
             cut */
  WHICH,  /* rival and kind of a part, node of the others */
  WEIGHT, /* of a part */
  SIZE,   /* of the steps, in bytes: made to fit */
  ACTION,
  AT,
  FRAC,
  MULTIPLIER,
  USE, /* of cuts by a step: how many, which, and how much */
  ZEROS,
  SPLIT_WHERE,
  SPLIT_VALUE,
  CUT, /* what a cut says */
  ROLES
} role;

typedef struct numbers {
  uint64_t value[1 << 15];
  uint8_t role[1 << 15];
  size_t n;
} numbers;

static inline uint64_t next_number(const bytes *b, size_t *at, numbers *to,
                                   role r) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    assert_true(*at < b->size && to->n < sizeof to->role);
    value |= (uint64_t)(b->data[*at] & 0x7f) << shift;
    if (b->data[(*at)++] < 0x80) break;
  }
  to->value[to->n] = value;
  to->role[to->n++] = (uint8_t)r;
  return value;
}

/* Slopes of a block, or choices of bounds. */
static inline void block_step_apart(const net *n, const bytes *b, size_t *at,
                                    numbers *to, uint64_t action) {
  int32_t left = n->block[next_number(b, at, to, AT)].n_acc;
  (void)next_number(b, at, to, FRAC);
  while (left-- > 0) {
    bool is_zero = next_number(b, at, to, MULTIPLIER) == 0;
    if (action == SLOPES)
      is_zero = (next_number(b, at, to, MULTIPLIER) == 0) && is_zero;
    if (is_zero) left -= (int32_t)next_number(b, at, to, ZEROS);
  }
}

static inline void uses_apart(const bytes *b, size_t *at, numbers *to) {
  for (uint64_t left = 2 * next_number(b, at, to, USE); left > 0; left--)
    (void)next_number(b, at, to, USE);
}

static inline void cut_apart(const net *n, const bytes *b, size_t *at,
                             numbers *to) {
  for (int i = 0; i < 4; i++) (void)next_number(b, at, to, CUT);
  int32_t left = (n->n_in + 6) / 7;
  while (left-- > 0)
    if (next_number(b, at, to, CUT) == 0)
      left -= (int32_t)next_number(b, at, to, CUT);
}

static inline void steps_apart(const net *n, const bytes *b, size_t *at,
                               numbers *to) {
  const size_t end = next_number(b, at, to, SIZE) + *at;
  while (*at < end) {
    int32_t top = n->n_blocks - 1;
    const uint64_t action = next_number(b, at, to, ACTION);
    if (action == CUTS) {
      uses_apart(b, at, to);
      continue;
    }
    if (action >= SLOPES) {
      block_step_apart(n, b, at, to, action);
      continue;
    }
    if (action >= ABOVE)
      top = n->of[n->n_in + (int32_t)next_number(b, at, to, AT)];
    (void)next_number(b, at, to, FRAC);
    int32_t left = n->block[top].first + n->block[top].n_acc - n->n_in;
    while (left-- > 0)
      if (next_number(b, at, to, MULTIPLIER) == 0)
        left -= (int32_t)next_number(b, at, to, ZEROS);
  }
}

/** Take a well-formed proof apart. */
static inline void taken_apart(const net *n, const bytes *b, numbers *to) {
  size_t at = 0;
  to->n = 0;
  for (int i = 0; i < HEAD_SIZE; i++) (void)next_number(b, &at, to, HEAD);
  for (uint64_t kind; (kind = next_number(b, &at, to, RECORD)) != 0;) {
    if (kind == 6) {
      cut_apart(n, b, &at, to);
      continue;
    }
    (void)next_number(b, &at, to, WHICH);
    const bool is_weighed = kind == 1 && next_number(b, &at, to, WHICH) == 3;
    for (int i = 0; is_weighed && i < 2; i++)
      (void)next_number(b, &at, to, WEIGHT);
    if (kind >= 2 && kind <= 4) steps_apart(n, b, &at, to);
    for (int i = 0; kind == 4 && i < 3; i++)
      (void)next_number(b, &at, to, i < 2 ? SPLIT_WHERE : SPLIT_VALUE);
  }
  assert_int_equal(at, b->size);
}

static inline bool in_steps(uint8_t r) {
  return r >= ACTION && r <= ZEROS;
}

/** Put it together again, `SIZE` made to fit. False: too long. */
static inline bool put_together(const numbers *from, bytes *to) {
  uint8_t *const end = to->data + MOST_BYTES, *first = end;
  size_t inside = 0; /* bytes of the steps that follow */
  for (size_t i = from->n; i-- > 0;) {
    uint64_t value = from->role[i] == SIZE ? inside : from->value[i];
    uint8_t digits[10];
    int n = 0;
    do digits[n++] = (uint8_t)((value & 0x7f) | (value >> 7 ? 0x80 : 0));
    while (value >>= 7);
    if (first - to->data < n) return false;
    first -= n;
    memcpy(first, digits, (size_t)n);
    inside = in_steps(from->role[i]) ? inside + (size_t)n : 0;
  }
  to->size = (size_t)(end - first);
  memmove(to->data, first, to->size);
  return true;
}

/* Where the record, or the step, that begins here ends. */
static inline size_t end_of(const numbers *p, size_t from) {
  const uint8_t r = p->role[from];
  size_t to = from + 1;
  while (to < p->n && p->role[to] != r &&
         (r == RECORD || in_steps(p->role[to])))
    to++;
  return to;
}

static inline void cut_out(numbers *p, size_t from, size_t to) {
  memmove(p->value + from, p->value + to, (p->n - to) * sizeof *p->value);
  memmove(p->role + from, p->role + to, p->n - to);
  p->n -= to - from;
}

static inline uint64_t changed(rp_rng *rng, role r, uint64_t was) {
  if (r == ACTION) return 1 + rp_rng_below(rng, 7);
  switch (rp_rng_below(rng, 5)) {
  case 0:
    return was + 1;
  case 1:
    return was > 1 ? was - 1 : was + 2;
  case 2: /* the other sign, about */
    return was ^ 1 ? was ^ 1 : 2;
  case 3:
    return was * 2 + 1;
  default:
    return 1 + rp_rng_below(rng, 1 + (uint32_t)was % 4096);
  }
}

/** One number, step or node is changed, dropped or told twice. What was is
 *  counted by its role. */
static inline void mutate(rp_rng *rng, numbers *p, int64_t count[ROLES]) {
  const role wanted = (role)(RECORD + rp_rng_below(rng, ROLES - RECORD));
  size_t at = rp_rng_below(rng, (uint32_t)p->n);
  for (size_t k = 0; k < p->n && p->role[at] != wanted; k++)
    at = (at + 1) % p->n;
  const role r = (role)p->role[at];
  count[r]++;
  if (r == RECORD && p->value[at] != 0)
    cut_out(p, at, end_of(p, at)); /* a node, or what it came from */
  else if (r == ACTION && rp_rng_below(rng, 2))
    cut_out(p, at, end_of(p, at)); /* a step */
  else if (r == MULTIPLIER && p->value[at] == 0)
    cut_out(p, at, at + 2); /* its zeros are lost */
  else if (r != SIZE)
    p->value[at] = changed(rng, r, p->value[at]);
}

#endif
