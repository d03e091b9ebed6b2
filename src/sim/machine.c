/* The memory of a simulated run: the heap of events, the letters and rank 0's
 * inbox. */
#include "sim/machine.h"

#include <assert.h>
#include <stdlib.h>

#include "core/memory.h"

static bool is_before(const event *a, const event *b) {
  if (a->at_s != b->at_s) return a->at_s < b->at_s;
  return a->order < b->order;
}

void sim_push(machine *m, event e) {
  if (m->n_heap == m->heap_room) {
    const size_t room = m->heap_room ? 2 * m->heap_room : 1024;
    event *const heap = rp_realloc(m->heap, room, sizeof *heap);
    if (!heap) {
      m->no_memory = true;
      free(e.letter);
      return;
    }
    m->heap = heap;
    m->heap_room = room;
  }
  e.order = ++m->n_made;
  size_t i = m->n_heap++;
  for (; i > 0 && is_before(&e, &m->heap[(i - 1) / 2]); i = (i - 1) / 2)
    m->heap[i] = m->heap[(i - 1) / 2];
  m->heap[i] = e;
}

bool sim_pop(machine *m, event *e) {
  if (m->n_heap == 0) return false;
  *e = m->heap[0];
  const event last = m->heap[--m->n_heap];
  size_t i = 0;
  for (;;) {
    size_t next = 2 * i + 1;
    if (next >= m->n_heap) break;
    if (next + 1 < m->n_heap && is_before(&m->heap[next + 1], &m->heap[next]))
      next++;
    if (!is_before(&m->heap[next], &last)) break;
    m->heap[i] = m->heap[next];
    i = next;
  }
  if (m->n_heap > 0) m->heap[i] = last;
  return true;
}

letter *sim_letter(machine *m, int32_t room) {
  letter *const l = rp_alloc(1, sizeof(letter) + (size_t)room * sizeof(record));
  if (l)
    l->room = room;
  else
    m->no_memory = true;
  return l;
}

bool sim_grow_inbox(machine *m) {
  const int32_t room = m->inbox_room ? 2 * m->inbox_room : 1024;
  incoming *const inbox = rp_alloc((size_t)room, sizeof *inbox);
  if (!inbox) {
    m->no_memory = true;
    return false;
  }
  assert(m->n_inbox <= m->inbox_room);
  for (int32_t i = 0; i < m->n_inbox; i++)
    inbox[i] = m->inbox[(m->first_in_inbox + i) % m->inbox_room];
  free(m->inbox);
  m->inbox = inbox;
  m->inbox_room = room;
  m->first_in_inbox = 0;
  return true;
}

void sim_clear(machine *m) {
  for (size_t i = 0; i < m->n_heap; i++) free(m->heap[i].letter);
  for (int32_t i = 0; i < m->n_inbox; i++)
    free(m->inbox[(m->first_in_inbox + i) % m->inbox_room].letter);
  for (int32_t r = 0; m->station && r < m->n_ranks; r++)
    free(m->station[r].draft);
  rp_sched_free(m->sched);
  free(m->heap);
  free(m->inbox);
  free(m->station);
  free(m->to_post);
}
