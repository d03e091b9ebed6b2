/* Long work runs on a thread of its own, while the main thread, which alone may
 * use MPI, regularly tells the other ranks and whoever watches the run that
 * rank 0 is alive. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "cluster/ranks.h"
#include "core/clock.h"

typedef struct beside {
  rp_work *work;
  void *context;
  rp_status status;
  atomic_bool done;
} beside;

static void *do_work(void *argument) {
  beside *const self = argument;
  self->status = self->work(self->context);
  atomic_store(&self->done, true);
  return NULL;
}

static void tell_until_done(const beside *self, rp_tell *tell, double every_s) {
  double tell_at_s = rp_clock_wall_s() + every_s;
  long nap_ns = 20000;
  while (!atomic_load(&self->done)) {
    const struct timespec nap = {.tv_nsec = nap_ns};
    nanosleep(&nap, NULL);
    if (nap_ns < 5000000) nap_ns += nap_ns / 2;
    if (rp_clock_wall_s() < tell_at_s) continue;
    tell(self->context);
    tell_at_s = rp_clock_wall_s() + every_s;
  }
}

rp_status rp_work_beside(rp_work *work, void *context, rp_tell *tell,
                         double every_s) {
  beside self = {.work = work, .context = context};
  pthread_t thread;
  if (pthread_create(&thread, NULL, do_work, &self) != 0) return work(context);
  tell_until_done(&self, tell, every_s);
  pthread_join(thread, NULL);
  return self.status;
}
