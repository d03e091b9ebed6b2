(* Max pooling: a neuron sigma(max_j z_j) of several accumulators. Its term of
   the bound, for gains g_j, is the greatest mu sigma(max z) + sum g_j z_j over
   a box. No network has such neurons yet: blocks do not know them. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Neurons.
Import ListNotations.
Open Scope Z_scope.

Definition vmax (d : Z) (z : vec) : Z := fold_right Z.max d z.
Fixpoint lins (g : vec) (b : box) : Z := (* sum_j max g_j z_j *)
  match g, b with
  | k :: g', (l, u) :: b' => lmax k l u + lins g' b'
  | _, _ => 0
  end.
Fixpoint capped (g : vec) (b : box) (c : Z) : Z :=
  match g, b with
  | k :: g', (l, u) :: b' => lmax k l (Z.min u c) + capped g' b' c
  | _, _ => 0
  end.

(* mu >= 0: some j is the greatest *)
Fixpoint up (s : stair) (mu : Z) (g : vec) (b : box) (before : Z) (best : Z)
  : Z :=
  match g, b with
  | k :: g', (l, u) :: b' =>
    up s mu g' b' (before + lmax k l u)
      (Z.max best (before + gmax s mu k l u + lins g' b'))
  | _, _ => best
  end.
(* mu < 0: a step after the other; None: fuel *)
Fixpoint down (fuel : nat) (s : stair) (mu : Z) (g : vec) (b : box) (z hi : Z)
  : option Z :=
  match fuel with
  | O => None
  | S f =>
    let to := Z.min hi (redge s z) in
    let v := mu * app s z + capped g b to in
    if hi <=? to then Some v else
    match down f s mu g b (to + 1) hi with
    | Some w => Some (Z.max v w)
    | None => None
    end
  end.

Lemma lins_ok g b z : inB b z -> length g = length z -> dot g z <= lins g b.
Proof.
  intros H; revert g; induction H as [|[l u] a b z Ha H IH]; intros [|k g] Hl;
    cbn in *; try discriminate; try lia.
  pose proof (lmax_ok k l u a Ha). specialize (IH g ltac:(lia)). lia.
Qed.
Lemma capped_ok c g b z : inB b z -> length g = length z ->
  (forall a, In a z -> a <= c) -> dot g z <= capped g b c.
Proof.
  intros H; revert g; induction H as [|[l u] a b z Ha H IH];
    intros [|k g] Hl Hc; cbn in *; try discriminate; try lia.
  unfold inI in Ha; cbn in Ha. pose proof (Hc a (or_introl eq_refl)).
  pose proof (lmax_ok k l (Z.min u c) a ltac:(lia)).
    specialize (IH g ltac:(lia) ltac:(auto)). lia.
Qed.
Lemma up_best s mu g b : forall before best, best <= up s mu g b before best.
Proof.
  revert b; induction g as [|k g IH]; intros [|[l u] b] before best; cbn;
    try lia.
  eapply Z.le_trans; [|apply IH]. lia.
Qed.
Lemma up_ok s mu b z : inB b z ->
  forall g before best pre, length g = length z -> pre <= before ->
  forall a, In a z -> mu * app s a + pre + dot g z <= up s mu g b before best.
Proof.
  induction 1 as [|[l u] c b z Hc H IH]; intros g before best pre Hl Hp a Hin;
    cbn in *; [tauto|].
  destruct g as [|k g]; [discriminate|]. cbn in *. destruct Hin as [->|Hin].
  - pose proof (gmax_ok s mu k l u a Hc).
      pose proof (lins_ok g b z H ltac:(lia)).
    eapply Z.le_trans; [|apply up_best]. lia.
  - pose proof (lmax_ok k l u c Hc).
    specialize (IH g (before + lmax k l u)
      (Z.max best (before + gmax s mu k l u + lins g b)) (pre + k * c)
      ltac:(lia) ltac:(lia) a Hin). lia.
Qed.
Lemma down_ok s mu g b zz M : inB b zz -> length g = length zz ->
  (forall a, In a zz -> a <= M) ->
  forall fuel z hi f, down fuel s mu g b z hi = Some f -> z <= M <= hi ->
    mu * app s M + dot g zz <= f.
Proof.
  intros H Hl HM; induction fuel as [|n IH]; intros z hi f E Hz; cbn in E;
    [discriminate|].
  set (to := Z.min hi (redge s z)) in *. set (v := mu * app s z + capped g b to)
    in *.
  assert (Hv : M <= to -> mu * app s M + dot g zz <= v).
  { intros L. rewrite (redge_ok s z M) by lia.
    pose proof (capped_ok to g b zz H Hl ltac:(intros a Ha;
      specialize (HM a Ha); lia)). lia. }
  clearbody v. destruct (Z.leb_spec hi to).
  - inversion E; subst. apply Hv; lia.
  - destruct (down n s mu g b (to + 1) hi) as [w|] eqn:Ew; inversion E; subst.
    destruct (Z.le_gt_cases M to) as [L|L]; [specialize (Hv L); lia|].
    specialize (IH _ _ _ Ew ltac:(lia)). lia.
Qed.
(* A group's bound. (At mu >= 0 it is the exact maximum, as is each step's
   below.) *)
Theorem group_ok s mu g b z M : inB b z -> length g = length z ->
  In M z -> (forall a, In a z -> a <= M) ->
  (forall best, mu * app s M + dot g z <= up s mu g b 0 best) /\
  (forall fuel lo hi f, down fuel s mu g b lo hi = Some f -> lo <= M <= hi ->
    mu * app s M + dot g z <= f).
Proof.
  intros H Hl Hin HM. split.
  - intros best. pose proof (up_ok s mu b z H g 0 best 0 Hl ltac:(lia) M Hin).
      lia.
  - intros. eapply down_ok; eauto.
Qed.
