(* Decoding: from the bytes of a proof to records (docs/evidence.md, "The proof
   of one query"). Nothing is proved here, and nothing needs to be: whatever
   records come out, Tree accepts only what proves the claim. What is malformed
   is refused all the same, as rampart-check does.

   A proof is read where it lies: `byte` tells the byte at a place, a number
   from 0 on. *)
From Coq Require Import ZArith List Lia Bool FMapPositive.
From Rampart Require Import Network Vectors Slopes Cuts Steps Tree.
Import ListNotations.
Open Scope Z_scope.

Notation "'do' x <- a ; b" := (match a with Some x => b | None => None end)
  (at level 200, x pattern, a at level 100, b at level 200).

Definition most_raw : Z := 4294967295. (* of signed numbers, as written *)
Definition most_multiplier : Z := 2147483647.
Definition most_number : Z := 9223372036854775807.
Definition most_name : Z := 18446744073709551615.
Definition most_fraction : Z := 40.
Definition most_unit : Z := 30. (* of objectives that have to be multipliers *)
Definition most_weight : Z := 32767.
Definition most_cut_unit : Z := 2097152.
Definition most_uses : Z := 512.
Definition version : Z := 2.

(* Streams of one sample, by name. *)
Record stream := { name : Z; radius : Z; from : nat; upto : nat }.

(* Where the reading is. Nodes have numbers of their own in each stream: number
   1 of this one is number base + 1 of all. *)
Record place := {
  at_ : nat; stop : nat;
  is_first : bool;
  base : Z; taken : Z;     (* numbers of nodes before this stream; so far *)
  source_base : Z; source_nodes : Z;
  cuts : PositiveMap.t cutting; n_cuts : Z; (* of this stream, from 1 on *)
  self : Z;                (* this stream's name *)
  todo : list stream;
  done : list (Z * Z * Z)  (* name, base, number of nodes *) }.

Section Decode.
  Variable byte : nat -> nat.

  (* ---- numbers: seven bits a byte, least first ---- *)

  Fixpoint raw (fuel at_ stop : nat) : option (Z * nat) :=
    match fuel with
    | O => None
    | S f =>
      if (stop <=? at_)%nat then None else
      let b := byte at_ in
      if (b <? 128)%nat then Some (Z.of_nat b, S at_) else
      do (n, next) <- raw f (S at_) stop;
      Some (128 * n + Z.of_nat (b - 128), next)
    end.
  Definition number (most : Z) (at_ stop : nat) : option (Z * nat) :=
    do (n, next) <- raw 10 at_ stop;
    if n <=? most then Some (n, next) else None.
  (* 0, -1, 1, -2, ... *)
  Definition signed (at_ stop : nat) : option (Z * nat) :=
    do (n, next) <- number most_raw at_ stop;
    let h := n / 2 in
    Some (if n =? 2 * h then h else - h - 1, next).

  (* ---- lists: a zero is followed by the number of further zeros ---- *)

  (* n entries, of which the first `zeros` are known to be zero; then how many
     more are. Zeros at the end are left out: lists are followed by zeros. `one`
     reads an entry, and says whether it is zero. *)
  Fixpoint run {A} (zero : A) (one : nat -> nat -> option (A * bool * nat))
    (n : nat) (zeros : Z) (at_ stop : nat) : option (list A * Z * nat) :=
    if Z.of_nat n <=? zeros then Some ([], zeros - Z.of_nat n, at_) else
    match n with
    | O => None
    | S n' =>
      if 0 <? zeros then
        do (v, rest, next) <- run zero one n' (zeros - 1) at_ stop;
        Some (zero :: v, rest, next)
      else
        do (a, is_zero, at1) <- one at_ stop;
        if is_zero then
          do (more, at2) <- number most_number at1 stop;
          do (v, rest, next) <- run zero one n' more at2 stop;
          Some (a :: v, rest, next)
        else
          do (v, rest, next) <- run zero one n' 0 at1 stop;
          Some (a :: v, rest, next)
    end.
  Definition whole_run {A} (zero : A)
    (one : nat -> nat -> option (A * bool * nat)) (n at_ stop : nat)
    : option (list A * nat) :=
    do (v, rest, next) <- run zero one n 0 at_ stop;
    if rest =? 0 then Some (v, next) else None.

  Definition multiplier (at_ stop : nat) : option (Z * nat) :=
    do (m, next) <- signed at_ stop;
    if most_multiplier <? Z.abs m then None else Some (m, next).
  Definition one_multiplier (at_ stop : nat) : option (Z * bool * nat) :=
    do (m, next) <- multiplier at_ stop; Some (m, m =? 0, next).
  Definition one_slope (at_ stop : nat) : option (Z * Z * bool * nat) :=
    do (up, at1) <- multiplier at_ stop;
    do (down, next) <- multiplier at1 stop;
    Some (up, down, (up =? 0) && (down =? 0), next).
  Definition one_choice (at_ stop : nat) : option (bool * bool * bool * nat) :=
    do (c, next) <- number 3 at_ stop;
    Some ((c =? 1) || (c =? 3), 2 <=? c, c =? 0, next).

  (* of layers, the first one first; the last one comes first in the result *)
  Fixpoint rows (sizes : list nat) (zeros : Z) (above : list vec)
    (at_ stop : nat)
    : option (list vec * nat) :=
    match sizes with
    | [] => if zeros =? 0 then Some (above, at_) else None
    | n :: sizes' =>
      do (v, rest, next) <- run 0 one_multiplier n zeros at_ stop;
      rows sizes' rest (v :: above) next stop
    end.

  (* ---- steps ---- *)

  Variable sizes : list nat. (* of the layers *)
  Variable n_in : nat.
  Variable keys : list (nat * nat). (* rival and kind of the parts, in order *)

  Definition depth : nat := length sizes.
  Definition n_acc : Z := fold_right (fun n s => Z.of_nat n + s) 0 sizes.
  (* The layer of an accumulator, and its number there. *)
  Fixpoint layer_of (ns : list nat) (a : Z) : nat * nat :=
    match ns with
    | n :: ns' =>
      if a <? Z.of_nat n then (O, Z.to_nat a) else
      let '(k, i) := layer_of ns' (a - Z.of_nat n) in (S k, i)
    | [] => (O, O)
    end.

  (* Steps that hold for a part; the root has none. *)
  Definition part_step_at (action : Z) (uses : list (Z * cutting))
    (at_ stop : nat) : option (step * nat) :=
    do (frac, at1) <- number most_fraction at_ stop;
    do (lam, next) <- rows sizes 0 [] at1 stop;
    let u := 2 ^ frac in
    Some (if action =? 1 then Close u lam uses else Tighten u lam uses, next).
  Definition bound_at (action : Z) (uses : list (Z * cutting))
    (at_ stop : nat) : option (step * nat) :=
    do (a, at1) <- number (n_acc - 1) at_ stop;
    do (frac, at2) <- number most_fraction at1 stop;
    let '(k, i) := layer_of sizes a in
    do (lam, next) <- rows (firstn (S k) sizes) 0 [] at2 stop;
    Some (Bound (action =? 3) (depth - 1 - k) i (2 ^ frac) lam uses, next).

  (* A block, counted backwards, and its number of accumulators. *)
  Definition block_at (at_ stop : nat) : option (nat * nat * nat) :=
    do (k, next) <- number (Z.of_nat depth - 1) at_ stop;
    Some ((depth - 1 - Z.to_nat k)%nat, nth (Z.to_nat k) sizes O, next).
  (* The table of slopes has the latest block first. *)
  Definition slopes_at (table : list slopes) (at_ stop : nat)
    : option (list slopes * nat) :=
    do (d, n, at1) <- block_at at_ stop;
    do (bits, at2) <- number most_fraction at1 stop;
    do (ss, next) <- whole_run (0, 0) one_slope n at2 stop;
    Some (upd d (fun _ => (2 ^ bits, ss)) (1, []) table, next).
  Definition bounds_at (table : list slopes) (at_ stop : nat)
    : option (step * nat) :=
    do (d, n, at1) <- block_at at_ stop;
    do (frac, at2) <- number most_unit at1 stop;
    do (cs, next) <- whole_run (false, false) one_choice n at2 stop;
    Some (Slopes d (2 ^ frac) (skipn (S d) table) cs, next).

  (* Cuts by their numbers, with multipliers. *)
  Fixpoint some_uses (table : PositiveMap.t cutting) (known : Z) (count : nat)
    (at_ stop : nat) : option (list (Z * cutting) * nat) :=
    match count with
    | O => Some ([], at_)
    | S count' =>
      do (k, at1) <- number (known - 1) at_ stop;
      do (pi, at2) <- number most_multiplier at1 stop;
      do c <- PositiveMap.find (Z.to_pos (k + 1)) table;
      do (uses, next) <- some_uses table known count' at2 stop;
      Some ((pi, c) :: uses, next)
    end.
  Definition uses_at (p : place) (at_ stop : nat)
    : option (list (Z * cutting) * nat) :=
    do (count, next) <- number most_uses at_ stop;
    some_uses (cuts p) (n_cuts p) (Z.to_nat count) next stop.

  (* Slopes hold to the end of the steps of a record, cuts for one step. *)
  Fixpoint steps_at (fuel : nat) (p : place) (is_root : bool)
    (table : list slopes) (uses : list (Z * cutting)) (at_ stop : nat)
    : option (list step) :=
    match fuel with
    | O => None
    | S f =>
      if (stop <=? at_)%nat then Some [] else
      do (action, at1) <- number 7 at_ stop;
      if action =? 7 then
        do (uses', next) <- uses_at p at1 stop;
        steps_at f p is_root table uses' next stop
      else if action =? 5 then
        do (table', next) <- slopes_at table at1 stop;
        steps_at f p is_root table' [] next stop
      else if (action <? 1) || ((action <? 3) && is_root) then None else
        do (s, next) <-
          (if action <? 3 then part_step_at action uses at1 stop
           else if action <? 5 then bound_at action uses at1 stop
           else bounds_at table at1 stop);
        do ss <- steps_at f p is_root table [] next stop;
        Some (s :: ss)
    end.

  (* ---- streams ---- *)

  (* The claim's label, and the radius of its first stream. *)
  Variables (label : Z) (about : Z).

  (* The latest comes first: of two with one name, the first one counts. *)
  Fixpoint find_source (wanted : Z) (l : list (Z * Z * Z)) : option (Z * Z) :=
    match l with
    | [] => None
    | (n, b, k) :: l' =>
      match find_source wanted l' with
      | Some r => Some r
      | None => if n =? wanted then Some (b, k) else None
      end
    end.
  (* None: it is about another claim, or continues another proof. *)
  Definition open_stream (first : bool) (taken : Z) (done : list (Z * Z * Z))
    (s : stream) (todo : list stream) : option place :=
    do (v, at1) <- number version (from s) (upto s);
    do (l, at2) <- number most_multiplier at1 (upto s);
    do (r, at3) <- number 255 at2 (upto s);
    do (back, at4) <- number most_number at3 (upto s);
    let make b k := Some {|
      at_ := at4; stop := upto s; is_first := first;
      cuts := PositiveMap.empty _; n_cuts := 0;
      base := taken; taken := taken; source_base := b; source_nodes := k;
      self := name s; todo := todo; done := done |} in
    if negb ((v =? version) && (l =? label) && (r =? about)) then None else
    if first then if back =? 0 then make 0 0 else None else
    if back =? 0 then None else
    do (b, k) <- find_source (name s - back) done;
    make b k.
  Fixpoint open_next (taken : Z) (done : list (Z * Z * Z)) (todo : list stream)
    : option place :=
    match todo with
    | [] => None
    | s :: todo' =>
      match open_stream false taken done s todo' with
      | Some p => Some p
      | None => open_next taken done todo'
      end
    end.

  (* ---- records ---- *)

  Definition go_on (p : place) (next : nat) (more : Z) : place := {|
    at_ := next; stop := stop p; is_first := is_first p; base := base p;
    taken := taken p + more; source_base := source_base p;
    source_nodes := source_nodes p; self := self p;
    cuts := cuts p; n_cuts := n_cuts p;
    todo := todo p; done := done p |}.

  Fixpoint find_key (k : nat) (rival kind : Z) (l : list (nat * nat))
    : option nat :=
    match l with
    | [] => None
    | (j, c) :: l' =>
      if (Z.of_nat j =? rival) && (Z.of_nat c =? kind) then Some k
      else find_key (S k) rival kind l'
    end.
  Definition part_at (p : place) (at_ : nat) : option (record * place) :=
    do (rival, at1) <- number most_multiplier at_ (stop p);
    do (kind, at2) <- number 3 at1 (stop p);
    do k <- find_key O rival (if kind =? 3 then 0 else kind) keys;
    if kind =? 3 then
      do (cy, at3) <- number most_weight at2 (stop p);
      do (cj, next) <- number most_weight at3 (stop p);
      if (cy <? 1) || (cj <? 1) then None
      else Some (Part k (cy, cj), go_on p next 1)
    else Some (Part k (1, 1), go_on p at2 1).

  Definition split_at (p : place) (id : positive) (ss : list step) (at_ : nat)
    : option (record * place) :=
    do (is_input, at1) <- number 1 at_ (stop p);
    let count := if is_input =? 1 then Z.of_nat n_in else n_acc in
    do (a, at2) <- number (count - 1) at1 (stop p);
    do (v, next) <- signed at2 (stop p);
    let '(d, i) := if is_input =? 1 then (depth, Z.to_nat a) else
      let '(k, i) := layer_of sizes a in ((depth - 1 - k)%nat, i) in
    Some (Split id ss d i v, go_on p next 2).

  (* Kinds 2, 3 and 4. Node 0 is the root of all parts, which takes steps only;
     in streams that go on with another, it is nobody, and its steps say
     nothing. *)
  Definition node_at (p : place) (kind : Z) (at_ : nat)
    : option (record * place) :=
    do (id, at1) <- number (taken p - base p) at_ (stop p);
    do (size, at2) <- number most_number at1 (stop p);
    if Z.of_nat (stop p) - Z.of_nat at2 <? size then None else
    let next := (at2 + Z.to_nat size)%nat in
    do ss <- steps_at (S (next - at2)) p (id =? 0) [] [] at2 next;
    let node := Z.to_pos (base p + id) in
    if id =? 0 then
      let own := if is_first p then ss else [] in
      if kind =? 2 then Some (RootSteps own, go_on p next 0) else None
    else if kind =? 2 then Some (Steps node ss, go_on p next 0)
    else if kind =? 3 then Some (Final node ss, go_on p next 0)
    else split_at p node ss next.

  Definition move_at (p : place) (at_ : nat) : option (record * place) :=
    do (id, next) <- number (source_nodes p) at_ (stop p);
    if id =? 0 then None else
    Some (Move (Z.to_pos (source_base p + id)), go_on p next 1).

  (* Inputs by sevens. *)
  Definition one_seven (at_ stop : nat) : option (Z * bool * nat) :=
    do (v, next) <- number 127 at_ stop; Some (v, v =? 0, next).
  Fixpoint bits (k : nat) (v : Z) : list bool :=
    match k with
    | O => []
    | S k' => (v mod 2 =? 1) :: bits k' (v / 2)
    end.
  Definition with_cut (p : place) (next : nat) (c : cutting) : place := {|
    at_ := next; stop := stop p; is_first := is_first p; base := base p;
    taken := taken p; source_base := source_base p;
    source_nodes := source_nodes p; self := self p;
    cuts := PositiveMap.add (Z.to_pos (n_cuts p + 1)) c (cuts p);
    n_cuts := n_cuts p + 1; todo := todo p; done := done p |}.
  Definition cut_at (p : place) (at_ : nat) : option (record * place) :=
    do (a, at1) <- number (n_acc - 1) at_ (stop p);
    do (is_above, at2) <- number 1 at1 (stop p);
    do (unit, at3) <- number most_cut_unit at2 (stop p);
    do (from, at4) <- signed at3 (stop p);
    do (sevens, next) <- whole_run 0 one_seven ((n_in + 6) / 7) at4 (stop p);
    let '(k, i) := layer_of sizes a in
    Some (RootSteps [], with_cut p next {|
      of_block := (depth - 1 - k)%nat; of_entry := i;
      is_above := is_above =? 1; unit := unit; high_from := from;
      chosen := flat_map (bits 7) sevens |}).

  Definition record_at (p : place) (kind : Z) (at_ : nat)
    : option (record * place) :=
    if kind =? 1 then part_at p at_
    else if kind =? 5 then move_at p at_
    else if kind =? 6 then cut_at p at_ else node_at p kind at_.

  (* The record at a place. At the end of a stream: one that says nothing. *)
  Definition more (p : place) : source place :=
    match number 6 (at_ p) (stop p) with
    | None => Broken
    | Some (kind, next) =>
      if kind =? 0 then
        if (next <? stop p)%nat then Broken else
        let own := (self p, base p, taken p - base p) in
        match open_next (taken p) (own :: done p) (todo p) with
        | Some p' => More (RootSteps []) p'
        | None => Done
        end
      else
        match record_at p kind next with
        | Some (r, p') => More r p'
        | None => Broken
        end
    end.
End Decode.

(* A file of streams: name, radius and size of each, and its bytes. *)
Fixpoint streams (byte : nat -> nat) (fuel at_ stop : nat)
  : option (list stream) :=
  match fuel with
  | O => None
  | S f =>
    if (stop <=? at_)%nat then Some [] else
    do (n, at1) <- number byte most_name at_ stop;
    do (r, at2) <- number byte 255 at1 stop;
    do (size, at3) <- number byte most_number at2 stop;
    if Z.of_nat stop - Z.of_nat at3 <? size then None else
    let next := (at3 + Z.to_nat size)%nat in
    do ss <- streams byte f next stop;
    Some ({| name := n; radius := r; from := at3; upto := next |} :: ss)
  end.
