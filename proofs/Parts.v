(* The property: which inputs change the class, as parts with linear objectives.

   The class is not y iff some rival j has sigma_j(z_j) >= sigma_y(z_y) + delta,
   delta = 1 for j > y, else 0. Every such input is in a part of j
   (`parts_cover`):
   A, y below its own top step, and above all that j reaches anyway;
   B, y at its top step; C, y no higher than j anyway.
   The staircases may differ. A part of kind A is a family: a proof chooses two
   weights for its objective. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Neurons Graph Staircases
  Steps.
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

(* ---- outputs: a staircase with thresholds for each ---- *)
Definition full (os : list ostair) (ts : list (nat * op)) (bi : vec)
  (inner : net) : net :=
  {| bterms := ts; bias := bi; units := each (map st os) |} :: inner.

Lemma act_length ss : forall z, (length ss <= length z)%nat ->
  length (act ss z) = length ss.
Proof.
  induction ss as [|s ss IH]; intros [|a z] H; cbn in *; auto; [lia|].
  rewrite IH; lia.
Qed.
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

(* Weights of label and rival. *)
Notation weights := (Z * Z)%type.
(* One wish, with objectives to choose from. *)
Record family := {
  asks : vec -> Prop;
  member : weights -> part;
  member_ok : forall c z, asks z -> wants (member c) z }.
Definition one (p : part) : family :=
  {| asks := wants p; member := fun _ => p; member_ok := fun _ _ H => H |}.

Section Parts.
  Variables (os : list ostair) (y : nat).
  Definition out_of (j : nat) : ostair := nth j os flat_out.
  Notation S j z := (app (st (out_of j)) (nth j z 0)).
  Notation lo j := (olo (out_of j)).
  Notation hi j := (ohi (out_of j)).
  Notation T j := (T (out_of j)).

  (* The accumulator of output j reaches the value v; is below it. *)
  Definition reaches (j : nat) (v : Z) (b : box) : box :=
    if v <=? lo j then b else
    cutlo j (if v <=? hi j then T j v else snd (nth j b (0, 0)) + 1) b.
  Definition misses (j : nat) (v : Z) (b : box) : box :=
    if hi j <? v then b else
    cuthi j ((if lo j <? v then T j v else fst (nth j b (0, 0))) - 1) b.

  Lemma gal j v z : lo j < v <= hi j -> (T j v <= nth j z 0 <-> v <= S j z).
  Proof. apply galois. Qed.
  Lemma reaches_ok j v b z : inB b z -> v <= S j z -> inB (reaches j v b) z.
  Proof.
    intros H Hv. unfold reaches. destruct (Z.leb_spec v (lo j)); auto.
    apply cutlo_ok; auto. pose proof (orange (out_of j) (nth j z 0)).
    destruct (Z.leb_spec v (hi j)); [apply gal; auto|lia].
  Qed.
  Lemma misses_ok j v b z : inB b z -> S j z < v -> inB (misses j v b) z.
  Proof.
    intros H Hv. unfold misses. destruct (Z.ltb_spec (hi j) v); auto.
    apply cuthi_ok; auto. pose proof (orange (out_of j) (nth j z 0)).
    destruct (Z.ltb_spec (lo j) v); [|lia].
    pose proof (gal j v z ltac:(lia)). lia.
  Qed.

  (* ---- A ---- *)

  Definition wantsA (j : nat) (d : Z) (z : vec) : Prop :=
    S y z + d <= S j z /\ S y z < hi y /\ lo j - d < S y z.
  Definition firstA (j : nat) (d : Z) : Z := Z.max (lo y) (lo j - d + 1).
  Definition lastA (j : nat) (d : Z) : Z := Z.min (hi y - 1) (hi j - d).

  (* The least over k steps of the label from v on. *)
  Definition at_step (j : nat) (d cy cj v : Z) : Z :=
    cj * T j (v + d) - cy * (T y (v + 1) - 1).
  Fixpoint least (k : nat) (j : nat) (d cy cj v a : Z) : Z :=
    match k with
    | O => a
    | Datatypes.S k' =>
        least k' j d cy cj (v + 1) (Z.min a (at_step j d cy cj v))
    end.
  Lemma least_ok j d cy cj k : forall v0 a, least k j d cy cj v0 a <= a /\
    forall v, v0 <= v < v0 + Z.of_nat k ->
      least k j d cy cj v0 a <= at_step j d cy cj v.
  Proof.
    induction k as [|k IH]; intros v0 a; cbn [least]; [split; intros; lia|].
    destruct (IH (v0 + 1) (Z.min a (at_step j d cy cj v0))) as [I1 I2].
    split; [lia|]. intros v Hv.
    destruct (Z.eq_dec v v0) as [->|]; [lia|]. apply I2. lia.
  Qed.
  Definition thrA (j : nat) (d cy cj : Z) : Z :=
    let v := firstA j d in
    least (Z.to_nat (lastA j d - v)) j d cy cj (v + 1) (at_step j d cy cj v).
  Definition objA (j : nat) (cy cj : Z) : vec :=
    vadd (unitv j cj) (unitv y (- cy)).
  Definition narrowA (j : nat) (d : Z) (b : box) : box :=
    let b := misses y (hi y) (reaches y (lo j - d + 1) b) in
    let least := app (st (out_of y)) (fst (nth y b (0, 0))) in
    let b := reaches j (least + d) b in
    let most := app (st (out_of j)) (snd (nth j b (0, 0))) in
    misses y (most - d + 1) b.

  Lemma objA_ok j d cy cj z : 0 < cy -> 0 < cj -> wantsA j d z ->
    thrA j d cy cj <= dot (objA j cy cj) z.
  Proof.
    intros Hy Hj (W1 & W2 & W3). unfold objA. rewrite dot_vadd, !dot_unitv.
    pose proof (orange (out_of y) (nth y z 0)) as Ry.
    pose proof (orange (out_of j) (nth j z 0)) as Rj.
    set (v := S y z) in *.
    assert (V : firstA j d <= v <= lastA j d) by (unfold firstA, lastA; lia).
    assert (L : thrA j d cy cj <= at_step j d cy cj v).
    { unfold thrA. cbv zeta.
      destruct (least_ok j d cy cj (Z.to_nat (lastA j d - firstA j d))
        (firstA j d + 1) (at_step j d cy cj (firstA j d))) as [L1 L2].
      destruct (Z.eq_dec v (firstA j d)) as [->|]; [exact L1|apply L2; lia]. }
    assert (T j (v + d) <= nth j z 0) by (apply gal; lia).
    assert (nth y z 0 <= T y (v + 1) - 1).
    { pose proof (gal y (v + 1) z ltac:(lia)). fold v in H0. lia. }
    assert (cj * T j (v + d) <= cj * nth j z 0) by nia.
    assert (cy * nth y z 0 <= cy * (T y (v + 1) - 1)) by nia.
    unfold at_step in L. lia.
  Qed.
  Lemma narrowA_ok j d z b : wantsA j d z -> inB b z -> inB (narrowA j d b) z.
  Proof.
    intros (W1 & W2 & W3) H. unfold narrowA; cbv zeta.
    set (b1 := misses y (hi y) _).
    assert (H1 : inB b1 z).
    { apply misses_ok; [apply reaches_ok|]; auto; lia. }
    clearbody b1. set (b2 := reaches j _ b1).
    assert (H2 : inB b2 z).
    { apply reaches_ok; auto. pose proof (inB_nth _ _ y H1) as I.
      unfold inI in I.
      pose proof (app_mono (st (out_of y)) _ _ (proj1 I)). lia. }
    clearbody b2. apply misses_ok; auto.
    pose proof (inB_nth _ _ j H2) as I. unfold inI in I.
    pose proof (app_mono (st (out_of j)) _ _ (proj2 I)). lia.
  Qed.

  Definition partA (j : nat) (d cy cj : Z) (Hy : 0 < cy) (Hj : 0 < cj) : part :=
    {| wants := wantsA j d; obj := objA j cy cj; thr := thrA j d cy cj;
       narrow := narrowA j d; obj_ok := fun z => objA_ok j d cy cj z Hy Hj;
       narrow_ok := narrowA_ok j d |}.
  Definition memberA (j : nat) (d : Z) (c : weights) : part :=
    match Z_lt_dec 0 (fst c), Z_lt_dec 0 (snd c) with
    | left Hy, left Hj => partA j d (fst c) (snd c) Hy Hj
    | _, _ => partA j d 1 1 Z.lt_0_1 Z.lt_0_1
    end.
  Lemma memberA_ok j d c z : wantsA j d z -> wants (memberA j d c) z.
  Proof.
    intros H. unfold memberA. destruct (Z_lt_dec 0 (fst c)); [|exact H].
    destruct (Z_lt_dec 0 (snd c)); exact H.
  Qed.
  Definition familyA (j : nat) (d : Z) : family := {|
    asks := wantsA j d; member := memberA j d; member_ok := memberA_ok j d |}.

  (* ---- B ---- *)

  Definition wantsB (j : nat) (d : Z) (z : vec) : Prop :=
    S y z = hi y /\ hi y + d <= S j z.
  Definition isB (j : nat) (d : Z) : bool :=
    (lo j <? hi y + d) && (hi y + d <=? hi j).
  Definition objB (j : nat) (d : Z) : vec :=
    if isB j d then unitv j 1 else [].
  Definition thrB (j : nat) (d : Z) : Z :=
    if isB j d then T j (hi y + d) else 0.
  Definition narrowB (j : nat) (d : Z) (b : box) : box :=
    reaches j (hi y + d) (reaches y (hi y) b).
  Lemma objB_ok j d z : wantsB j d z -> thrB j d <= dot (objB j d) z.
  Proof.
    intros [_ W]. unfold thrB, objB. destruct (isB j d) eqn:E; [|cbn; lia].
    rewrite dot_unitv. apply andb_prop in E as [E1 E2].
    pose proof (gal j (hi y + d) z ltac:(lia)). lia.
  Qed.
  Lemma narrowB_ok j d z b : wantsB j d z -> inB b z -> inB (narrowB j d b) z.
  Proof.
    intros [W1 W2] H. apply reaches_ok; [apply reaches_ok|]; auto; lia.
  Qed.
  Definition partB (j : nat) (d : Z) : part := {|
    wants := wantsB j d; obj := objB j d; thr := thrB j d;
    narrow := narrowB j d; obj_ok := objB_ok j d;
    narrow_ok := narrowB_ok j d |}.

  (* ---- C ---- *)

  Definition wantsC (v : Z) (z : vec) : Prop := S y z <= v.
  Definition isC (v : Z) : bool := (lo y <=? v) && (v <? hi y).
  Definition objC (v : Z) : vec := if isC v then unitv y (-1) else [].
  Definition thrC (v : Z) : Z := if isC v then 1 - T y (v + 1) else 0.
  Definition narrowC (v : Z) (b : box) : box := misses y (v + 1) b.
  Lemma objC_ok v z : wantsC v z -> thrC v <= dot (objC v) z.
  Proof.
    intros W. unfold wantsC in W. unfold thrC, objC.
    destruct (isC v) eqn:E; [|cbn; lia].
    rewrite dot_unitv. apply andb_prop in E as [E1 E2].
    pose proof (gal y (v + 1) z ltac:(lia)). lia.
  Qed.
  Lemma narrowC_ok v z b : wantsC v z -> inB b z -> inB (narrowC v b) z.
  Proof. intros W H. unfold wantsC in W. apply misses_ok; auto; lia. Qed.
  Definition partC (v : Z) : part := {|
    wants := wantsC v; obj := objC v; thr := thrC v; narrow := narrowC v;
    obj_ok := objC_ok v; narrow_ok := narrowC_ok v |}.

  (* ---- all ---- *)

  (* What the label must exceed to be ahead of j at all. *)
  Definition floor_of (j : nat) : Z := lo j - delta y j.
  Definition hasA (j : nat) : bool :=
    firstA j (delta y j) <=? lastA j (delta y j).
  (* An earlier rival's part C stands for this one. *)
  Definition hasC (j : nat) : bool :=
    (lo y <=? floor_of j) &&
    forallb (fun i => (i =? y)%nat || (floor_of i <? floor_of j)) (seq 0 j).

  (* of rival j, with rival and kind (0 A, 1 B, 2 C) *)
  Definition parts_of (j : nat) : list (nat * nat * family) :=
    if (j =? y)%nat then [] else
    let d := delta y j in
    (if hasA j then [(j, O, familyA j d)] else [])
    ++ (if isB j d then [(j, 1%nat, one (partB j d))] else [])
    ++ (if hasC j then [(j, 2%nat, one (partC (floor_of j)))] else []).
  Definition parts : list (nat * nat * family) :=
    flat_map parts_of (seq 0 (length os)).

  Lemma in_parts j p : (j < length os)%nat -> In p (parts_of j) -> In p parts.
  Proof.
    intros. apply in_flat_map. exists j. split; auto. apply in_seq; lia.
  Qed.

  (* Part C of some rival, whose floor is as high. *)
  Lemma covers_C z : forall k j, (j < k)%nat -> (j < length os)%nat -> j <> y ->
    S y z <= floor_of j -> exists p, In p parts /\ asks (snd p) z.
  Proof.
    induction k as [|k IH]; intros j Hk Hj Hne W; [lia|].
    destruct (hasC j) eqn:E.
    - exists (j, 2%nat, one (partC (floor_of j))). split; [|exact W].
      apply (in_parts j); auto. unfold parts_of.
      destruct (Nat.eqb_spec j y); [contradiction|]. rewrite E.
      apply in_or_app; right. apply in_or_app; right. cbn; auto.
    - unfold hasC in E. pose proof (orange (out_of y) (nth y z 0)).
      destruct (Z.leb_spec (lo y) (floor_of j)); [|lia]. cbn [andb] in E.
      assert (X : existsb (fun i => negb ((i =? y)%nat
        || (floor_of i <? floor_of j))) (seq 0 j) = true).
      { revert E. generalize (seq 0 j). clear.
        intros l; induction l as [|i l IH]; cbn; [discriminate|].
        destruct ((i =? y)%nat || _); cbn; auto. }
      apply existsb_exists in X as [i [Hi Ei]]. apply in_seq in Hi.
      apply negb_true_iff, orb_false_iff in Ei as [E1 E2].
      apply Nat.eqb_neq in E1. apply (IH i); auto; lia.
  Qed.

  Lemma parts_cover z j : (j < length os)%nat -> j <> y ->
    S y z + delta y j <= S j z -> exists p, In p parts /\ asks (snd p) z.
  Proof.
    intros Hj Hne Hw. pose proof (orange (out_of y) (nth y z 0)) as Ry.
    pose proof (orange (out_of j) (nth j z 0)) as Rj.
    set (d := delta y j) in *.
    destruct (Z.le_gt_cases (S y z) (floor_of j)) as [C|C].
    { apply (covers_C z (Datatypes.S j) j); auto. }
    unfold floor_of in C. fold d in C.
    destruct (Z.eq_dec (S y z) (hi y)) as [E|N].
    - exists (j, 1%nat, one (partB j d)). split; [|cbn; unfold wantsB; lia].
      apply (in_parts j); auto. unfold parts_of. fold d.
      destruct (Nat.eqb_spec j y); [contradiction|].
      assert (B : isB j d = true) by (unfold isB; lia). rewrite B.
      apply in_or_app; right. apply in_or_app; left. cbn; auto.
    - exists (j, O, familyA j d). split; [|cbn; unfold wantsA; lia].
      apply (in_parts j); auto. unfold parts_of. fold d.
      destruct (Nat.eqb_spec j y); [contradiction|].
      assert (A : hasA j = true).
      { unfold hasA. fold d. unfold firstA, lastA. lia. }
      rewrite A. apply in_or_app; left. cbn; auto.
  Qed.
End Parts.
