(* Slopes: bounds of accumulators whose multipliers follow from two numbers an
   accumulator (docs/evidence.md, "Slopes").

   Any multipliers give a bound, so nothing has to be proved about these; only
   that what is computed in one pass is the dual bound with them (`glide_dual`),
   and so bounds the accumulator (`glide_ok`). *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Neurons Tighten Graph Dual.
Import ListNotations.
Open Scope Z_scope.

(* Of a block: the unit of its slopes, and for each accumulator the slope for
   mu >= 0 and that for mu < 0. *)
Notation slopes := (Z * list (Z * Z))%type.
Definition most_lambda : Z := 2147483647.
Definition clamp (k : Z) : Z := Z.max (- most_lambda) (Z.min most_lambda k).

(* The multipliers, from mu of each accumulator's neuron. *)
Fixpoint follow (unit : Z) (ss : list (Z * Z)) (mu : vec) : vec :=
  match ss, mu with
  | (up, down) :: ss', m :: mu' =>
    (if m =? 0 then 0 else clamp (m * (if 0 <? m then up else down) / unit))
      :: follow unit ss' mu'
  | _, _ => []
  end.
Definition lambda_of (b : block) (s : slopes) (mu : vec) : vec :=
  follow (fst s) (snd s) (steer (units b) mu).

(* D of an objective mu, with these multipliers on the way down. *)
Fixpoint glide (n : net) (R : region) (ss : list slopes) (mu : list vec) : Z :=
  match R with
  | [] => 0
  | bx :: R' =>
    match n with
    | [] => tsum (nterms [] bx [] (hd [] mu) [])
    | b :: n' =>
      let l := lambda_of b (hd (1, []) ss) (hd [] mu) in
      tsum (rate (units b) bx (hd [] mu) [] l) + dot l (bias b)
      + glide n' R' (tl ss) (spread (bterms b) l (tl mu))
    end
  end.

Fixpoint multipliers (n : net) (ss : list slopes) (mu : list vec) : list vec :=
  match n with
  | [] => []
  | b :: n' =>
    let l := lambda_of b (hd (1, []) ss) (hd [] mu) in
    l :: multipliers n' (tl ss) (spread (bterms b) l (tl mu))
  end.

Lemma vadd_nil_r u : vadd u [] = u. Proof. destruct u; reflexivity. Qed.
Lemma glide_dual n : forall R ss mu,
  glide n R ss mu = fst (dual n R [] (multipliers n ss mu) mu).
Proof.
  induction n as [|b n IH]; intros [|bx R] ss mu; try reflexivity;
    cbn [glide dual multipliers hd tl].
  - rewrite vadd_nil_r. reflexivity.
  - rewrite IH. destruct (dual n R _ _ _) as [d tss]. reflexivity.
Qed.

(* ---- bounds ---- *)

(* k z_i, for accumulator i of a block over the blocks below it. *)
Definition glide_at (b : block) (below : net) (R : region) (ss : list slopes)
  (i : nat) (k : Z) : Z :=
  k * nth i (bias b) 0 + glide below R ss (spread (bterms b) (unitv i k) []).

Theorem glide_ok b below R ss i k x : inR R below x ->
  k * nth i (acc b (env below x)) 0 <= glide_at b below R ss i k.
Proof.
  intros H. unfold glide_at. rewrite glide_dual.
  set (mu := spread _ _ _). destruct (dual below R [] _ mu) as [d tss] eqn:E.
  destruct (dual_slack below x R [] _ mu d tss H E) as [S1 S2].
  apply lsum_ge in S1. unfold mu in S2. rewrite spread_ok in S2.
  assert (A := acc_bias (unitv i k) (bterms b) (env below x) (bias b)).
  change (fold_right _ (bias b) (bterms b)) with (acc b (env below x)) in A.
  rewrite !dot_unitv in A. rewrite dot_unitv in S2. cbn [sdot fst] in *. lia.
Qed.

(* Which bounds are wanted: above, below. *)
Notation choice := (bool * bool)%type.
Fixpoint glide_all (b : block) (below : net) (R : region) (ss : list slopes)
  (u : Z) (cs : list choice) (i : nat) (bx : box) : box :=
  match cs, bx with
  | (above, under) :: cs', (lo, hi) :: bx' =>
    (if under then Z.max lo (- (glide_at b below R ss i (- u) / u)) else lo,
     if above then Z.min hi (glide_at b below R ss i u / u) else hi)
    :: glide_all b below R ss u cs' (S i) bx'
  | _, _ => bx
  end.

Lemma glide_all_ok b below R ss u x : 0 < u -> inR R below x ->
  forall bx cs i z, inB bx z ->
  (forall k, nth k z 0 = nth (i + k) (acc b (env below x)) 0) ->
  inB (glide_all b below R ss u cs i bx) z.
Proof.
  intros Hu HR bx cs i z H; revert cs i.
  induction H as [|[lo hi] a bx z Ha H IH]; intros [|[above under] cs] i E;
    cbn [glide_all]; try (constructor; auto; fail).
  pose proof (E O) as E0. rewrite Nat.add_0_r in E0. cbn [nth] in E0.
  constructor.
  - unfold inI in *; cbn [fst snd] in *. split.
    + destruct under; [|lia]. apply Z.max_lub; [lia|].
      pose proof (glide_ok b below R ss i (- u) x HR) as G. rewrite <- E0 in G.
      pose proof (floor_ge u (glide_at b below R ss i (- u)) (- a) Hu
        ltac:(lia)). lia.
    + destruct above; [|lia]. apply Z.min_glb; [lia|].
      pose proof (glide_ok b below R ss i u x HR) as G. rewrite <- E0 in G.
      apply floor_ge; auto.
  - apply IH. intros k. rewrite Nat.add_succ_comm. exact (E (S k)).
Qed.
