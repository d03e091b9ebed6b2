/* What the scheduler's files share: sched.c deals tasks to workers,
 * sched_supply.c knows where tasks come from and where answers go. */
#ifndef RAMPART_SCHED_SCHED_INTERNAL_H
#define RAMPART_SCHED_SCHED_INTERNAL_H

#include "sched/radius.h"
#include "sched/sched.h"

/* A place in a circular list; a list is a link of its own, and a link that is
 * in no list points to itself. */
typedef struct rp_link {
  struct rp_link *prev, *next;
} rp_link;

static inline void rp_link_init(rp_link *link) {
  link->prev = link->next = link;
}
static inline bool rp_list_empty(const rp_link *list) {
  return list->next == list;
}
static inline void rp_link_remove(rp_link *link) {
  link->prev->next = link->next;
  link->next->prev = link->prev;
  rp_link_init(link);
}
/* The first link, out of the list, which must not be empty. */
static inline rp_link *rp_list_take(rp_link *list) {
  rp_link *const first = list->next;
  list->next = first->next;
  first->next->prev = list;
  rp_link_init(first);
  return first;
}
static inline void rp_list_append(rp_link *list, rp_link *link) {
  rp_link_remove(link);
  link->prev = list->prev;
  link->next = list;
  list->prev->next = link;
  list->prev = link;
}

#define RP_CONTAINER(link, type, member)                                       \
  ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* A question that was split, and one of the parts into which it was split
 * (sched_split.c). */
typedef struct rp_family {
  rp_sched_task task; /* the question */
  rp_answer answer;   /* counters of what has ended so far */
  int32_t last_number;
  int32_t joined, proved; /* subproblems so far, and those that were ROBUST */
  rp_link subproblems;
  rp_link of_search; /* in its search's list, or alone */
} rp_family;

typedef struct rp_subproblem {
  rp_family *family;
  rp_link kin;          /* among its family's subproblems */
  rp_link waiting;      /* among those to be dealt, or alone */
  struct rp_slot *slot; /* NULL: with no worker */
  int64_t id;
  int32_t number, losses;
  size_t size;
  uint8_t bytes[]; /* [size]; none: all of the question */
} rp_subproblem;

/* A task held by a worker. */
typedef struct rp_slot {
  rp_sched_task task; /* id 0: the slot is free */
  int32_t worker;
  bool recalled; /* asked to give it back unless begun */
  bool abandoned;
  rp_link held;              /* in its worker's list */
  rp_link flight;            /* in its search's list, or alone */
  rp_link unasked;           /* among those to ask for subproblems, or alone */
  int32_t wanted;            /* subproblems asked of it */
  int32_t subproblems;       /* and received */
  rp_subproblem *subproblem; /* NULL: it gave none away and is none */
} rp_slot;

/* A search under way. It is in one of two lists once dealt, or in none while
 * every radius worth asking is in flight. */
typedef struct rp_sched_search {
  rp_radius_search radius;
  int64_t index;
  bool dealt;       /* the plan has been dealt up to this search */
  int32_t waiting;  /* answers to come: tasks in flight or returned */
  rp_link place;    /* in ready (waiting == 0) or spread (waiting > 0) */
  rp_link flight;   /* its slots */
  rp_link families; /* its probes that were split */
  rp_verdict ended; /* MISCLASSIFIED or INVALID once an answer said so */
  double seconds, cpu_seconds;
  int32_t witness_distance; /* 0: none yet */
  int32_t witness_from;     /* radius of its query; INT32_MAX: a probe */
  uint8_t witness[];        /* [n_in] at distance hi + 1 */
} rp_sched_search;

typedef struct rp_worker {
  bool live;
  int32_t node;
  int32_t load, hold; /* tasks held, and how many it may hold */
  uint32_t used;      /* bit k: slot k holds a task */
  rp_link held;       /* its slots in the order of sending: it runs the first */
  rp_link bucket;     /* among the workers of its load, below its hold */
  rp_link spare;      /* in the list of those with a task to recall */
  rp_slot slot[RP_SCHED_HOLD];
} rp_worker;

struct rp_sched {
  rp_sched_plan plan;
  rp_sched_actions act;
  rp_sched_progress progress;
  bool stopping;
  int64_t last_id;
  int64_t n_answers;
  double task_s; /* mean of the last few hundred answers */

  /* Supply. */
  int64_t next_query, next_search; /* the first ones that were not dealt yet */
  bool *known;                     /* [n_queries] answered by an earlier run */
  int64_t n_known;         /* of these, those that were not reached yet */
  rp_sched_task *returned; /* [n_returned], to be dealt again */
  int32_t n_returned;
  rp_sched_search **active; /* [n_searches], NULL: not begun or finished */
  bool *finished;           /* [n_searches] */
  rp_link ready, spread;
  int64_t n_ready;

  /* Workers. */
  rp_worker *worker;
  int32_t n_workers;
  rp_link bucket[RP_SCHED_HOLD]; /* by load */
  rp_link spare;
  int32_t n_idle, n_recalls;

  /* Splitting. */
  rp_link
      unasked; /* slots that can be asked for subproblems, by time of sending */
  rp_link subproblems; /* those that wait for a worker */
  int32_t n_unasked, n_wanted;

  /* Asking alone. */
  rp_sched_task *lonely; /* [n_lonely], last first */
  int64_t n_lonely, room_lonely;
  rp_link lonely_subproblems; /* likewise, of families */
  int32_t n_alone;            /* workers that hold such a task */
  int32_t *node_busy;         /* [n_workers] workers with tasks, by node */
};

/* sched.c */

/** Ask a worker to give up a probe whose answer no longer matters, and let go
 *  of it: its answer will be ignored. */
void rp_sched_drop_slot(rp_sched *sched, rp_slot *slot);

/* sched_supply.c */

/** A task that must be dealt sooner or later; false: none left. */
bool rp_supply_take(rp_sched *sched, rp_sched_task *task);
/** Whether the answer of a task that was held back would still matter; if not,
 *  it is no longer waited for. */
bool rp_supply_is_still_wanted(rp_sched *sched, const rp_sched_task *task);
/** One more radius of a search under way, for a worker that would idle. */
bool rp_supply_take_extra(rp_sched *sched, rp_sched_task *task);
/** The number of tasks that are certain to be dealt still. */
int64_t rp_supply_left(const rp_sched *sched);
/** Take in an answer: a row, a step of a search, or both. */
void rp_supply_answer(rp_sched *sched, int32_t worker,
                      const rp_sched_task *task, const rp_answer *answer,
                      const uint8_t *witness);
/** Take back a task that has not been answered. */
void rp_supply_return(rp_sched *sched, const rp_sched_task *task);
/** Stop, and give a row to everything that no worker holds. */
void rp_supply_stop(rp_sched *sched);
/** Count a query as answered. */
void rp_supply_count_query(rp_sched *sched, rp_verdict verdict);

/* sched_search.c */

/** The search of a sample, which begins unless it has begun. NULL if there was
 *  no memory, which the row of the search then says. */
rp_sched_search *rp_sched_search_begin(rp_sched *sched, int64_t index);
/** The search that a task feeds, or NULL. */
rp_sched_search *rp_sched_search_of(const rp_sched *sched,
                                    const rp_sched_task *task);
/** Its list of slots, and that of its split probes; NULL if there is none. */
rp_link *rp_sched_search_flight(rp_sched *sched, const rp_sched_task *task);
rp_link *rp_sched_search_families(rp_sched *sched, const rp_sched_task *task);
/** Take a search out of the lists of searches to ask, and put it back.
 *  `waiting` changes only in between: the count of ready ones depends on it. */
void rp_sched_search_unlist(rp_sched *sched, rp_sched_search *search);
void rp_sched_search_enlist(rp_sched *sched, rp_sched_search *search);
/** Look at a search after any change: it must be in no list, and may be freed
 *  here. */
void rp_sched_search_settle(rp_sched *sched, rp_sched_search *search);
/** Give a search one of the answers that it waits for. */
void rp_sched_search_feed(rp_sched *sched, rp_sched_search *search,
                          const rp_sched_task *task, const rp_answer *answer,
                          const uint8_t *witness);
/** Keep the counterexample at hi + 1: that of the query with the least radius,
 *  which does not depend on the order of answers, else the first one. */
void rp_sched_search_keep_witness(rp_sched *sched, rp_sched_search *search,
                                  const rp_sched_task *task, int32_t distance,
                                  const uint8_t *witness);
/** Give a search that never began its row. */
void rp_sched_search_give_up(rp_sched *sched, int64_t index, rp_reason reason);
void rp_sched_search_free(rp_sched_search *search); /* NULL is fine */

/* sched_known.c */

/** Whether the plan asks such a question. */
bool rp_known_is_of_plan(const rp_sched *sched, const rp_sched_task *task);
/** Take a question as dealt whose subproblems wait, as an earlier run left
 * them.
 *  @param task  its search is filled in
 *  False: it is answered already, or its answer would not matter. */
bool rp_known_adopt(rp_sched *sched, rp_sched_task *task);

/* sched_split.c */

/** Note that a slot was filled, so that its task may be asked for subproblems;
 * that it was emptied or dropped. */
void rp_split_enlist(rp_sched *sched, rp_slot *slot);
void rp_split_unlist(rp_sched *sched, rp_slot *slot);
/** Ask tasks for as many subproblems as workers idle. */
void rp_split_ask(rp_sched *sched);
/** Take in a subproblem that the task of a slot gave away. */
void rp_split_add(rp_sched *sched, rp_slot *slot, const uint8_t *subproblem,
                  size_t size, bool last);
/** Take a subproblem that waits in a list. Returns false if none does. */
bool rp_split_take_from(rp_link *list, rp_sched_task *task,
                        rp_subproblem **subproblem);
void rp_split_given_to(rp_subproblem *subproblem, rp_slot *slot);
/** Take in a subproblem's answer; take back a subproblem whose slot was emptied
 * without one. */
void rp_split_answer(rp_sched *sched, int32_t worker, rp_subproblem *subproblem,
                     const rp_answer *answer, const uint8_t *witness);
void rp_split_return(rp_sched *sched, rp_subproblem *subproblem,
                     int32_t losses);
/** Forget a family: its answer no longer matters. */
void rp_split_drop(rp_sched *sched, rp_family *family);
rp_family *rp_split_family_at(rp_link *of_search);
const rp_sched_task *rp_split_task(const rp_family *family);
void rp_split_stop(rp_sched *sched);
void rp_split_free(rp_sched *sched);

/** A family without subproblems, and one of them. NULL: no memory. */
rp_family *rp_split_create_family(const rp_sched_task *task);
rp_subproblem *rp_split_create_subproblem(rp_family *family,
                                          const uint8_t *subproblem,
                                          size_t size);
/** Let the subproblems of a family wait for workers. */
void rp_split_begin_with(rp_sched *sched, rp_family *family);
/** Free a family that no worker knows of. */
void rp_split_free_family(rp_family *family);

/* sched_alone.c */

/** Keep a task until it can be asked alone. False: no memory. */
bool rp_alone_keep(rp_sched *sched, const rp_sched_task *task);
/** Whether an answer says that there was no memory, and a second try may have
 *  more. */
bool rp_alone_is_due(const rp_sched_task *task, const rp_answer *answer);
/** Keep such a question for its second try. False: the answer counts. */
bool rp_alone_ask_again(rp_sched *sched, const rp_sched_task *task,
                        const rp_answer *answer);
/** Take a task to be asked alone; false: none waits. */
bool rp_alone_take(rp_sched *sched, rp_sched_task *task,
                   rp_subproblem **subproblem);
void rp_alone_stop(rp_sched *sched);

/* sched_left.c */

/** Tell what is left of a family of which no worker has a subproblem. */
void rp_left_tell(const rp_sched *sched, const rp_family *family);

#endif
