/* The parts of a simulated run: ranks, letters between them, events. */
#ifndef RAMPART_SIM_MACHINE_H
#define RAMPART_SIM_MACHINE_H

#include <stdbool.h>

#include "sim/simulate.h"

/* Messages that rank 0 takes in before it posts (rank0.c). */
enum { RP_SIM_TURN = 256 };

typedef struct sim_task {
  int64_t id, query, search;
  int32_t radius;
  int32_t subproblem_number; /* 0: the question; else split off from it */
  int32_t subproblems;       /* given away */
  int32_t wanted;            /* subproblems that rank 0 asked for */
  bool interrupted, last;
  bool cut_short; /* by what its search granted it */
  double needs_s, took_s;
  double age_s; /* of its question when the task began */
} sim_task;

/* What the bytes of a subproblem say. */
typedef struct sim_subproblem {
  double needs_s, age_s;
} sim_subproblem;

typedef enum record_kind {
  RECORD_TASK,
  RECORD_RECALL,
  RECORD_ABANDON,
  RECORD_SPLIT, /* subproblems are wanted */
  RECORD_RESULT,
  RECORD_SUBPROBLEM, /* one subproblem, of needs_s */
  RECORD_RETURNED
} record_kind;

typedef struct record {
  record_kind kind;
  sim_task task;
} record;

/* A message. */
typedef struct letter {
  int32_t n, room;
  double bytes;
  record record[]; /* [room] */
} letter;

/* A rank. held: first the answered tasks, then the running one, then those that
 * wait. */
typedef struct station {
  sim_task held[RP_SCHED_HOLD];
  int32_t n_held, n_answered;
  bool running;
  bool wanted;      /* rank 0 asked for a task back: report at once */
  uint32_t version; /* of the running task; an older TASK_ENDS is ignored */
  double began_s, oldest_s, last_post_s;
  double ends_s, gives_from_s; /* the running task; no subproblems before */
  letter *draft;               /* what rank 0 will post to it */
} station;

typedef enum event_kind {
  TASK_ENDS,
  SUBPROBLEMS_GIVEN, /* if the running task still wants to */
  LOOK,              /* has an answer waited too long? */
  LETTER_AT_WORKER,
  LETTER_AT_RANK0,
  RANK0_TURNS
} event_kind;

typedef struct event {
  double at_s;
  uint64_t order; /* of equal times, the event made first comes first */
  event_kind kind;
  int32_t rank;
  uint32_t version;
  letter *letter;
} event;

typedef struct incoming {
  int32_t rank;
  letter *letter;
} incoming;

typedef struct machine {
  const rp_workload *work;
  rp_sim_model model;
  rp_sched *sched;
  rp_sim_outcome *outcome;
  int32_t n_ranks, n_busy;
  station *station; /* [n_ranks] */
  double now_s, last_full_s, link_free_s, rank0_free_s;
  bool no_memory;

  int32_t *to_post, n_to_post; /* [n_ranks], ranks with a draft */
  incoming *inbox;             /* [inbox_room], a ring */
  int32_t first_in_inbox, n_inbox, inbox_room;
  bool rank0_at_work; /* a turn is to come */

  event *heap; /* [heap_room], earliest first */
  size_t n_heap, heap_room;
  uint64_t n_made;
} machine;

/* answer.c */

/** What a task is, by its workload or the bytes of a subproblem. */
sim_subproblem sim_look_up(const rp_workload *workload,
                           const rp_sched_task *task);
rp_answer sim_answer_to(const rp_workload *workload, const sim_task *task);

/* machine.c. Lack of memory is noted in the machine and ends the run. */

void sim_push(machine *m, event e);
bool sim_pop(machine *m, event *e);

/** NULL without memory; freed by free. */
letter *sim_letter(machine *m, int32_t room);
bool sim_grow_inbox(machine *m);

/** Free all that the machine owns. */
void sim_clear(machine *m);

#endif
