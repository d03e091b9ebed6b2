(* The property: which inputs change the class, as parts with linear objectives.

   The class is not y iff some rival j has sigma(z_j) >= sigma(z_y) + delta,
   delta = 1 for j > y, else 0. Every such input is in a part of j
   (`parts_cover`):
   A, y below the top step and, for delta 0, above the bottom step;
   B (delta 0), both at the top; C (delta 0), y at the bottom. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Graph Staircases Steps.
Import ListNotations.
Open Scope Z_scope.

(* ---- prediction: the first maximum ---- *)
Definition predict (n : net) (x : vec) : nat := first_max (hd [] (env n x)).

Lemma fm_none v : forall i bi bv, (forall a, In a v -> a <= bv) ->
  fm i bi bv v = bi.
Proof.
  induction v as [|a v IH]; intros i bi bv H; cbn; auto.
  pose proof (H a (or_introl eq_refl)). destruct (Z.ltb_spec bv a); [lia|].
  apply IH. intros; apply H; right; auto.
Qed.
Lemma fm_at a l2 : (forall b, In b l2 -> b <= a) -> forall l1 i bi bv,
  bv < a -> (forall b, In b l1 -> b < a) ->
    fm i bi bv (l1 ++ a :: l2) = (i + length l1)%nat.
Proof.
  intros H2; induction l1 as [|b l1 IH]; intros i bi bv Hb H1; cbn.
  - destruct (Z.ltb_spec bv a); [|lia]. rewrite fm_none; auto.
  - destruct (bv <? b); rewrite IH; auto; try lia; intros; apply H1; cbn; auto.
Qed.

Definition delta (y j : nat) : Z := if (y <? j)%nat then 1 else 0.

(* the specification of predict *)
Lemma first_max_spec v y : (y < length v)%nat ->
  (forall j, (j < length v)%nat -> j <> y ->
    nth j v 0 < nth y v 0 + delta y j) ->
  first_max v = y.
Proof.
  intros Hy H. destruct (nth_split v 0 Hy) as (l1 & l2 & E & Hl).
  set (a := nth y v 0) in *. clearbody a.
  assert (B1 : forall b, In b l1 -> b < a).
  { intros b Hb. destruct (In_nth _ _ 0 Hb) as (j & Hj & Ej).
    specialize (H j). rewrite E, app_length in H. rewrite app_nth1 in H by lia.
    unfold delta in H. destruct (Nat.ltb_spec y j); [lia|].
    rewrite Ej in H. specialize (H ltac:(lia) ltac:(lia)). lia. }
  assert (B2 : forall b, In b l2 -> b <= a).
  { intros b Hb. destruct (In_nth _ _ 0 Hb) as (j & Hj & Ej).
    specialize (H (length l1 + S j)%nat). rewrite E, app_length in H. cbn in H.
    rewrite app_nth2_plus in H. cbn in H. rewrite Ej in H.
    unfold delta in H. destruct (Nat.ltb_spec y (length l1 + S j)) as [|Hx];
      [|exfalso; lia].
    specialize (H ltac:(lia) ltac:(lia)). lia. }
  rewrite E. destruct l1 as [|b l1]; cbn in *.
  - rewrite fm_none; auto.
  - rewrite fm_at; auto; try lia.
Qed.

(* ---- outputs: one staircase with thresholds for all ---- *)
Definition full (o : ostair) (ts : list (nat * op)) (bi : vec) (inner : net)
  : net :=
  {| bterms := ts; bias := bi; stairs := repeat (st o) (length bi) |} :: inner.

Lemma act_repeat s m z : act (repeat s m) z = map (app s) (firstn m z).
Proof. revert z; induction m; intros [|a z]; cbn; auto. rewrite IHm; auto. Qed.
Lemma vadd_length u v : (length v <= length (vadd u v))%nat.
Proof.
  revert v; induction u; intros [|b v]; cbn; auto; try lia. specialize (IHu v);
  lia.
Qed.
Lemma acc_length b e : (length (bias b) <= length (acc b e))%nat.
Proof.
  unfold acc; induction (bterms b); cbn; auto. eapply Nat.le_trans;
    [exact IHl|apply vadd_length].
Qed.

Section Parts.
  Variables (o : ostair) (y : nat).
  Notation S := (app (st o)).

  Lemma gal v z : olo o < v <= ohi o -> (z < T o v <-> S z < v).
  Proof. intros H. pose proof (galois o v z H). lia. Qed.

  Fixpoint amin (k : nat) (d v a : Z) : Z :=
    match k with
    | O => a
    | Datatypes.S k' =>
        amin k' d (v + 1) (Z.min a (T o (v + d) - T o (v + 1) + 1))
    end.
  Lemma amin_ok d k : forall v0 a, amin k d v0 a <= a /\
    forall v, v0 <= v < v0 + Z.of_nat k ->
      amin k d v0 a <= T o (v + d) - T o (v + 1) + 1.
  Proof.
    induction k as [|k IH]; intros v0 a; cbn [amin]; [split; intros; lia|].
    destruct (IH (v0 + 1) (Z.min a (T o (v0 + d) - T o (v0 + 1) + 1)))
      as [I1 I2]. split; [lia|].
    intros v Hv. destruct (Z.eq_dec v v0) as [->|]; [lia|]. apply I2. lia.
  Qed.

  Definition wantsA (j : nat) (d : Z) (z : vec) : Prop :=
    S (nth y z 0) + d <= S (nth j z 0) /\ S (nth y z 0) < ohi o /\
    (d = 0 \/ d = 1) /\ (d = 0 -> olo o < S (nth y z 0)).
  Definition startA (d : Z) : Z := if d =? 0 then olo o + 1 else olo o.
  Definition thrA (d : Z) : Z :=
    let v := startA d in
    amin (Z.to_nat (ohi o - v)) d v (T o (v + d) - T o (v + 1) + 1).
  Definition objA (j : nat) : vec := vadd (unitv j 1) (unitv y (-1)).
  Definition narrowA (j : nat) (d : Z) (b : box) : box :=
    let b := if d =? 0 then cutlo y (T o (olo o + 1)) b else b in
    let b := cuthi y (T o (ohi o) - 1) b in
    let least := S (fst (nth y b (0, 0))) + d in
    let b :=
      if (olo o <? least) && (least <=? ohi o)
      then cutlo j (T o least) b else b in
    let most := S (snd (nth j b (0, 0))) - d in
    if (olo o <? most + 1) && (most + 1 <=? ohi o)
    then cuthi y (T o (most + 1) - 1) b else b.

  Lemma objA_ok j d z : wantsA j d z -> thrA d <= dot (objA j) z.
  Proof.
    intros (W1 & W2 & Wd & W3). unfold objA. rewrite dot_vadd, !dot_unitv.
    set (zy := nth y z 0) in *. set (zj := nth j z 0) in *.
      set (v := S zy) in *.
    pose proof (orange o zy) as Ry. fold v in Ry.
    assert (thrA d <= T o (v + d) - T o (v + 1) + 1).
    { unfold thrA. apply amin_ok. unfold startA. destruct (Z.eqb_spec d 0); lia.
      }
    assert (T o (v + d) <= zj).
    { apply galois; [|lia]. destruct Wd as [->| ->]; lia. }
    assert (zy < T o (v + 1)) by (apply gal; lia). lia.
  Qed.

  Lemma narrowA_ok j d z b : wantsA j d z -> inB b z -> inB (narrowA j d b) z.
  Proof.
    intros (W1 & W2 & Wd & W3) H. unfold narrowA; cbv zeta.
      pose proof (olt o) as Ho.
    set (b1 := if d =? 0 then cutlo y (T o (olo o + 1)) b else b).
    assert (H1 : inB b1 z).
    { unfold b1. destruct (Z.eqb_spec d 0); auto. apply cutlo_ok; auto.
      apply galois; [lia|]. specialize (W3 e). lia. }
    clearbody b1. clear H b. set (b2 := cuthi y (T o (ohi o) - 1) b1).
    assert (H2 : inB b2 z).
    { unfold b2. apply cuthi_ok; auto.
      pose proof (gal (ohi o) (nth y z 0) ltac:(lia)). lia. }
    clearbody b2. set (least := S (fst (nth y b2 (0, 0))) + d).
    set (b3 := if (olo o <? least) && (least <=? ohi o)
      then cutlo j (T o least) b2 else b2).
    assert (H3 : inB b3 z).
    { unfold b3. destruct (Z.ltb_spec (olo o) least); cbn; auto.
      destruct (Z.leb_spec least (ohi o)); auto. apply cutlo_ok; auto.
      apply galois; [lia|]. pose proof (inB_nth _ _ y H2) as I. unfold inI in I.
      pose proof (app_mono (st o) _ _ (proj1 I)). lia. }
    clearbody b3. set (most := S (snd (nth j b3 (0, 0))) - d).
    destruct (Z.ltb_spec (olo o) (most + 1)); cbn; auto.
    destruct (Z.leb_spec (most + 1) (ohi o)); auto. apply cuthi_ok; auto.
    pose proof (inB_nth _ _ j H3) as I. unfold inI in I.
    pose proof (app_mono (st o) _ _ (proj2 I)).
    pose proof (gal (most + 1) (nth y z 0) ltac:(lia)). lia.
  Qed.

  Definition partA (j : nat) (d : Z) : part := {|
    wants := wantsA j d; obj := objA j; thr := thrA d; narrow := narrowA j d;
    obj_ok := objA_ok j d; narrow_ok := narrowA_ok j d |}.

  Definition wantsB (j : nat) (z : vec) : Prop :=
    S (nth y z 0) = ohi o /\ S (nth j z 0) = ohi o.
  Definition narrowB (j : nat) (b : box) : box :=
    cutlo j (T o (ohi o)) (cutlo y (T o (ohi o)) b).
  Lemma objB_ok j z : wantsB j z -> T o (ohi o) <= dot (unitv j 1) z.
  Proof.
    intros [_ W]. rewrite dot_unitv. pose proof (olt o).
    pose proof (galois o (ohi o) (nth j z 0) ltac:(lia)). lia.
  Qed.
  Lemma narrowB_ok j z b : wantsB j z -> inB b z -> inB (narrowB j b) z.
  Proof.
    intros [W1 W2] H. pose proof (olt o). unfold narrowB.
    apply cutlo_ok; [apply cutlo_ok; auto|]; apply galois; lia.
  Qed.
  Definition partB (j : nat) : part := {|
    wants := wantsB j; obj := unitv j 1;
    thr := T o (ohi o); narrow := narrowB j;
    obj_ok := objB_ok j; narrow_ok := narrowB_ok j |}.

  Definition wantsC (z : vec) : Prop := S (nth y z 0) = olo o.
  Definition narrowC (b : box) : box := cuthi y (T o (olo o + 1) - 1) b.
  Lemma objC_ok z : wantsC z -> 1 - T o (olo o + 1) <= dot (unitv y (-1)) z.
  Proof.
    intros W. unfold wantsC in W. rewrite dot_unitv. pose proof (olt o).
    pose proof (gal (olo o + 1) (nth y z 0) ltac:(lia)). lia.
  Qed.
  Lemma narrowC_ok z b : wantsC z -> inB b z -> inB (narrowC b) z.
  Proof.
    intros W H. unfold wantsC in W. pose proof (olt o). unfold narrowC.
      apply cuthi_ok; auto.
    pose proof (gal (olo o + 1) (nth y z 0) ltac:(lia)). lia.
  Qed.
  Definition partC : part := {|
    wants := wantsC; obj := unitv y (-1);
    thr := 1 - T o (olo o + 1); narrow := narrowC;
    obj_ok := objC_ok; narrow_ok := narrowC_ok |}.

  (* of rival j; C stands once, for all, with rival 0 *)
  Definition parts_of (j : nat) : list part :=
    if (j =? y)%nat then [] else
    let d := delta y j in
    (if (d =? 1) || (olo o + 1 <? ohi o) then [partA j d] else [])
    ++ (if d =? 0 then [partB j] else [])
    ++ (if (d =? 0) && (j =? 0)%nat then [partC] else []).
  Definition parts (m : nat) : list part := flat_map parts_of (seq 0 m).

  Lemma parts_cover m z j : (j < m)%nat -> (y < m)%nat -> j <> y ->
    S (nth y z 0) + delta y j <= S (nth j z 0) -> exists p, In p (parts m) /\
      wants p z.
  Proof.
    intros Hj Hy Hne Hw. pose proof (orange o (nth y z 0)) as Ry.
      pose proof (orange o (nth j z 0)) as Rj.
    assert (Hin : forall j p, (j < m)%nat -> In p (parts_of j) ->
      In p (parts m)).
    { intros. apply in_flat_map. exists j0. split; auto. apply in_seq; lia. }
    unfold delta in Hw. destruct (Nat.ltb_spec y j) as [L|L].
    - exists (partA j 1). split.
      + apply (Hin j); auto. unfold parts_of. destruct (Nat.eqb_spec j y);
          [lia|].
        unfold delta. destruct (Nat.ltb_spec y j); [|lia]. cbn. auto.
      + cbn. unfold wantsA. repeat split; try lia.
    - destruct (Z.eq_dec (S (nth y z 0)) (ohi o)) as [Eh|Nh].
      + exists (partB j). split; [|cbn; unfold wantsB; lia].
        apply (Hin j); auto. unfold parts_of. destruct (Nat.eqb_spec j y);
          [lia|].
        unfold delta. destruct (Nat.ltb_spec y j); [lia|].
        apply in_or_app; right. cbn. auto.
      + destruct (Z.eq_dec (S (nth y z 0)) (olo o)) as [El|Nl].
        * exists partC. split; [|exact El].
          apply (Hin 0%nat); [lia|]. unfold parts_of.
            destruct (Nat.eqb_spec 0 y); [lia|].
          unfold delta. destruct (Nat.ltb_spec y 0); [lia|].
          apply in_or_app; right. cbn. auto.
        * exists (partA j 0). split.
          -- apply (Hin j); auto. unfold parts_of. destruct (Nat.eqb_spec j y);
               [lia|].
             unfold delta. destruct (Nat.ltb_spec y j); [lia|].
             destruct (Z.ltb_spec (olo o + 1) (ohi o)); [|lia].
               rewrite orb_true_r. cbn. auto.
          -- cbn. unfold wantsA. repeat split; try lia.
  Qed.
End Parts.
