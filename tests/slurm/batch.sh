#!/usr/bin/env bash
# slurm/batch.sh without a cluster: what it does for every end of the ranks. In
# place of mpirun stands a script that ends as told, in place of scontrol one
# that writes down what it was asked, in place of sinfo one that knows the nodes.
set -euo pipefail

: "${RAMPART_SOURCE:?the source folder}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "FAILED: $*, log: $(cat log)" >&2
  exit 1
}

# A line of `ends` for each start: BYTES added to the journal, or `all` if the
# run is complete; STATUS; and what comes meanwhile, if anything: `warned`,
# `cancelled`, `timeout` (the limit itself), `taken` (SLURM itself puts the job
# back), `packed` (the journal was written anew, without all its bytes), `silent` (a node that does not answer any more), `preempted`.
mkdir bin
cat >bin/mpirun <<'TEXT'
#!/usr/bin/env bash
echo "$*" >>starts
read -r bytes status event < <(sed -n "$(wc -l <starts)p" ends)
while [ $# -gt 0 ] && [ "$1" != --output ]; do shift; done
if [ "$event" = packed ]; then
  printf 'bytes dropped: %020d' $(($(stat -c %s "$2.journal") - 35)) >"$2.journal"
fi
if [ "$bytes" = all ]; then
  echo done >new.h5 && mv new.h5 "$2" && rm -f "$2.journal"
elif [ "$bytes" != 0 ]; then
  head -c "$bytes" /dev/zero >>"$2.journal"
fi
trap 'exit "$status"' USR1 TERM
case $event in
warned) kill -USR1 $PPID ;;
cancelled) echo ' Reason=None Restarts=0 x' >job ;;
timeout) echo ' Reason=TimeLimit Restarts=0 x' >job ;;
taken) echo ' Reason=None Restarts=1 x' >job ;;
silent) echo 'allocated*' >>nodes && exit "$status" ;;
preempted) echo ' PreemptTime=2026-11-24 x' >job && exit "$status" ;;
*) exit "$status" ;;
esac
[ "$event" = warned ] || kill -TERM $PPID $$
for ((k = 0; k < 100; k++)); do sleep 0.1; done
exit 99 # nobody told
TEXT
cat >bin/scontrol <<'TEXT'
#!/usr/bin/env bash
[ "$2" != show ] || exec cat job # scontrol -o show job ID
echo "$*" >>asked
[ ! -e scontrol-refuses ]
TEXT
cat >bin/sinfo <<'TEXT'
#!/usr/bin/env bash
cat nodes
TEXT
chmod +x bin/*
PATH=$work/bin:$PATH
export SLURM_JOB_ID=7 SLURM_JOB_NODELIST=n1 SLURM_NTASKS=2

# ends_with STATUS STARTS ASKED END...: under these ends of the ranks.
ends_with() {
  local want=$1 starts=$2 asked=$3 status=0
  shift 3
  rm -f starts asked ./*.h5 ./*.journal
  touch starts asked
  printf '%s\n' idle allocated >nodes
  echo ' Reason=None PreemptTime=None x' >job
  printf '%s\n' "$@" >ends
  "$RAMPART_SOURCE/slurm/batch.sh" --launcher mpirun --restarts 3 \
    --relaunches 4 --begin fresh --results r.h5 "${more[@]}" rampart run j.yaml >log 2>&1 ||
    status=$?
  [ $status = "$want" ] || fail "$*: status $status, not $want"
  [ "$(wc -l <starts)" = "$starts" ] || fail "$*: not $starts starts"
  [ "$(cat asked)" = "$asked" ] || fail "$*: asked for '$(cat asked)'"
}
says() { grep -q -e "$1" log || fail "does not say '$1'"; }
more=()

for final in 0 1 3; do
  ends_with $final 1 '' "all $final"
  ends_with $final 1 '' "all $final warned"
done
ends_with 2 1 '' '0 2'
ends_with 2 1 '' '0 2 warned'
grep -q -e '-n 2 .*rampart run j.yaml --output r.h5 --threads 1 --fresh' starts ||
  fail "started: $(cat starts)"

# The warning: back to the queue, if the allocation brought something.
ends_with 4 1 'requeue 7' '5 4 warned'
says 'back to the queue'
ends_with 4 1 'requeue 7' '5 137 warned' # signalled before it could listen
ends_with 4 1 '' '0 4 warned'
says 'no query ended'
SLURM_RESTART_COUNT=3 ends_with 4 1 '' '5 4 warned'
says '--restarts 3'
grep -q -e '--resume$' starts || fail "started: $(cat starts)"
touch scontrol-refuses
ends_with 4 1 'requeue 7' '5 4 warned'
says 'does not put'
rm scontrol-refuses

# A task of an array goes back alone; its results have their own name.
more=(--shards 9)
export SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=2
ends_with 4 1 '' '0 4 warned'
ends_with 4 1 'requeue 7_2' '5 4 warned'
ends_with 0 1 '' 'all 0'
grep -q -e 'j.yaml --shard 2/9 --output r.2-of-9.h5' starts ||
  fail "started: $(cat starts)"
more=()

# The limit itself: likewise, while the ranks are on their way to their end.
ends_with 4 1 'requeue 7' '5 4 timeout'
says 'time is over: waiting for the ranks'
ends_with 137 1 'requeue 7' '5 137 timeout'
ends_with 4 1 '' '0 4 timeout'
says 'no query ended'
SLURM_RESTART_COUNT=3 ends_with 4 1 '' '5 4 timeout'
says 'submit the same job again'

# Cancelled, or stopped by someone: that was meant. What SLURM itself puts back,
# a node having failed, needs nobody.
ends_with 4 1 '' '5 4 cancelled'
says 'cancelled: waiting for the ranks'
says 'submit the same job again'
ends_with 4 1 '' '5 4 taken'
says 'SLURM takes this job back'
! grep -q 'submit the same job again' log || fail "needs nobody: $(cat log)"
ends_with 4 1 '' '5 4'
says 'by someone else'

# A dead rank: started anew, while it brings something, and not for ever.
ends_with 0 3 '' '5 137' '5 139' 'all 0'
[ "$(sed 's/.* //' starts | tr '\n' ' ')" = '--fresh --resume --resume ' ] ||
  fail "started: $(cat starts)"
ends_with 0 4 '' '0 137' '5 137' '0 137' 'all 0'
ends_with 137 2 '' '0 137' '0 137'
says 'broke off twice'
ends_with 0 4 '' '2000 137' '5 137 packed' '0 137' 'all 0'
ends_with 137 3 'requeue 7' '2000 137' '0 137 packed' '0 137'
ends_with 137 3 'requeue 7' '5 137' '0 137' '0 137' # other nodes may do better
says 'broke off twice'

# A node does not answer: back to the queue, also when nothing was found yet.
ends_with 205 1 'requeue 7' '5 205 silent'
says 'a node does not answer'
ends_with 4 2 'requeue 7' '0 1' '0 4 silent'
SLURM_RESTART_COUNT=3 ends_with 205 1 '' '5 205 silent'
says '--restarts 3'
ends_with 4 1 'requeue 7' '0 4 preempted'
says 'needs the nodes for another job'
ends_with 137 5 '' '5 137' '5 137' '5 137' '5 137' '5 137' 'all 0'
says '--relaunches 4'
ends_with 4 2 'requeue 7' '5 137' '0 4 warned'
ends_with 2 2 '' '5 205' '5 2'

# Statuses that say done when it is not, or failed for a while.
ends_with 0 2 '' '5 0' 'all 0'
ends_with 1 2 '' '0 0' '0 0'
ends_with 3 3 '' '5 3' '5 1' 'all 3'
echo passed
