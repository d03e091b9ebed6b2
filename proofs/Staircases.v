(* Staircases: steps of equal length, by six corners; tables of thresholds, by a
   loop over their steps; and those of outputs, of which the least accumulator
   that reaches a value is known. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Neurons.
Import ListNotations.
Open Scope Z_scope.

Lemma mul_max k a b c : a <= b <= c -> k * b <= Z.max (k * a) (k * c).
Proof.
  intros H. destruct (Z.le_ge_cases 0 k).
  - assert (k * b <= k * c) by nia. lia.
  - assert (k * b <= k * a) by nia. lia.
Qed.

(* ---- even: steps of the same length u ---- *)
Section Even.
  Variables (u h lo hi : Z) (Hu : 0 < u) (Hl : lo <= hi).
  Definition ev (z : Z) : Z := Z.max lo (Z.min hi ((z + h) / u)).
  Definition evT (v : Z) : Z := v * u - h.
  (* No limit: soundness needs none. *)
  Definition far : Z := 1152921504606846976.
  Definition ev_re (z : Z) : Z :=
    let a := ev z in if hi <=? a then z + far else evT (a + 1) - 1.
  Definition ev_le (z : Z) : Z :=
    let a := ev z in if a <=? lo then z - far else evT a.

  Lemma div_ge z v : (z + h) / u >= v <-> evT v <= z.
  Proof.
    unfold evT. pose proof (Z.div_mod (z + h) u ltac:(lia)).
    pose proof (Z.mod_pos_bound (z + h) u Hu). split; intros; nia.
  Qed.

  Lemma ev_mono z z' : z <= z' -> ev z <= ev z'.
  Proof.
    unfold ev; intros. pose proof (Z.div_le_mono (z + h)
    (z' + h) u Hu ltac:(lia)). lia.
  Qed.
  Lemma ev_range z : lo <= ev z <= hi. Proof. unfold ev; lia. Qed.
  Lemma ev_galois v z : lo < v <= hi -> (evT v <= z <-> v <= ev z).
  Proof. intros Hv. rewrite <- div_ge. unfold ev. lia. Qed.

  Lemma ev_re_ok z z' : z <= z' <= ev_re z -> ev z' = ev z.
  Proof.
    unfold ev_re; intros [H1 H2]. pose proof (ev_mono _ _ H1).
      pose proof (ev_range z).
    pose proof (ev_range z').
    destruct (Z.leb_spec hi (ev z)); [lia|].
    pose proof (ev_galois (ev z + 1) z' ltac:(lia)). lia.
  Qed.
  Lemma ev_le_ok z z' : ev_le z <= z' <= z -> ev z' = ev z.
  Proof.
    unfold ev_le; intros [H1 H2]. pose proof (ev_mono _ _ H2).
      pose proof (ev_range z).
    pose proof (ev_range z').
    destruct (Z.leb_spec (ev z) lo); [lia|].
    pose proof (ev_galois (ev z) z' ltac:(lia)). lia.
  Qed.

  (* six corners *)
  Definition ev_gmax (mu g l r : Z) : Z :=
    let f := ev l in let e := ev r in
    let ends := Z.max (mu * f + g * l) (mu * e + g * r) in
    if f <? e then
      if 0 <=? g then
        Z.max ends (Z.max (mu * f + g * (evT (f + 1) - 1))
          (mu * (e - 1) + g * (evT e - 1)))
      else
        Z.max ends (Z.max (mu * (f + 1) + g * evT (f + 1)) (mu * e + g * evT e))
    else ends.

  Lemma linear_max a b k v lo' hi' : lo' <= v <= hi' ->
    a * v + b * (v * u + k) <= Z.max (a * lo' + b * (lo' * u + k))
      (a * hi' + b * (hi' * u + k)).
  Proof.
    intros H. destruct (Z.le_ge_cases 0 (a + b * u)).
    - assert ((a + b * u) * v <= (a + b * u) * hi') by nia. lia.
    - assert ((a + b * u) * v <= (a + b * u) * lo') by nia. lia.
  Qed.

  Lemma ev_gmax_ok mu g l r z : l <= z <= r ->
    mu * ev z + g * z <= ev_gmax mu g l r.
  Proof.
    intros Hz. unfold ev_gmax. set (f := ev l). set (e := ev r).
      set (v := ev z).
    set (ends := Z.max (mu * f + g * l) (mu * e + g * r)).
    assert (Hf : f <= v <= e) by (unfold f, v, e; split; apply ev_mono; lia).
    pose proof (ev_range l) as Rl. pose proof (ev_range r) as Rr. fold f in Rl.
      fold e in Rr.
    destruct (Z.ltb_spec f e) as [Hfe|].
    - destruct (Z.leb_spec 0 g) as [Hg|Hg].
      + destruct (Z.eq_dec v e) as [E|Hne].
        * rewrite E. assert (mu * e + g * z <= ends) by (unfold ends; nia). lia.
        * assert (Hzv : z <= evT (v + 1) - 1).
          { pose proof (ev_galois (v + 1) z ltac:(lia)) as G. fold v in G. lia.
            }
          pose proof (linear_max mu g (u - h - 1) v f (e - 1) ltac:(lia)) as L.
          assert (g * z <= g * (evT (v + 1) - 1)) by nia.
          replace (evT (f + 1) - 1) with (f * u + (u - h - 1)) by (unfold evT;
            ring).
          replace (evT e - 1) with ((e - 1) * u + (u - h - 1)) by (unfold evT;
            ring).
          replace (evT (v + 1) - 1) with (v * u + (u - h - 1))
            in H by (unfold evT; ring).
          lia.
      + destruct (Z.eq_dec v f) as [E|Hne].
        * rewrite E. assert (mu * f + g * z <= ends) by (unfold ends; nia). lia.
        * assert (Hzv : evT v <= z).
          { pose proof (ev_galois v z ltac:(lia)) as G. fold v in G. lia. }
          pose proof (linear_max mu g (- h) v (f + 1) e ltac:(lia)) as L.
          assert (g * z <= g * evT v) by nia.
          unfold evT in *. replace (v * u - h) with (v * u + - h) in * by ring.
          replace ((f + 1) * u - h) with ((f + 1) * u + - h) by ring.
          replace (e * u - h) with (e * u + - h) by ring.
          lia.
    - assert (v = f) as -> by lia. assert (e = f) by lia.
      unfold ends. rewrite H0 at 1. destruct (Z.le_ge_cases 0 g); nia.
  Qed.

  Definition even : stair := {|
    app := ev; redge := ev_re; ledge := ev_le; gmax := ev_gmax;
    app_mono := ev_mono; redge_ok := ev_re_ok; ledge_ok := ev_le_ok;
    gmax_ok := ev_gmax_ok |}.
End Even.

(* ---- a table of thresholds: a counts those that are reached, up to the first
   that is not. Where they ascend these are all. ---- *)
Fixpoint reach (a : Z) (ts : list Z) (z : Z) : Z :=
  match ts with
  | [] => a
  | t :: ts' => if t <=? z then reach (a + 1) ts' z else a
  end.
Fixpoint t_re (ts : list Z) (z : Z) : Z :=
  match ts with
  | [] => z + far
  | t :: ts' => if t <=? z then t_re ts' z else t - 1
  end.
Fixpoint t_le (low : Z) (ts : list Z) (z : Z) : Z :=
  match ts with
  | [] => low
  | t :: ts' => if t <=? z then t_le (Z.max low t) ts' z else low
  end.
(* The greatest mu sigma(z') + g z' from z to r; a, then ts, from z on. *)
Fixpoint t_gmax (mu g r a : Z) (ts : list Z) (z best : Z) : Z :=
  match ts with
  | [] => Z.max best (mu * a + Z.max (g * z) (g * r))
  | t :: ts' =>
    if t <=? z then t_gmax mu g r (a + 1) ts' z best
    else if r <? t then Z.max best (mu * a + Z.max (g * z) (g * r))
    else t_gmax mu g r (a + 1) ts' t
           (Z.max best (mu * a + Z.max (g * z) (g * (t - 1))))
  end.

Lemma reach_ge ts : forall a z, a <= reach a ts z.
Proof.
  induction ts as [|t ts IH]; intros a z; cbn; [lia|].
  destruct (t <=? z); [|lia]. specialize (IH (a + 1) z). lia.
Qed.
Lemma reach_most ts : forall a z, reach a ts z <= a + Z.of_nat (length ts).
Proof.
  induction ts as [|t ts IH]; intros a z; cbn [reach length]; [lia|].
  destruct (t <=? z); [|lia]. specialize (IH (a + 1) z). lia.
Qed.
Lemma reach_mono ts : forall a z z', z <= z' -> reach a ts z <= reach a ts z'.
Proof.
  induction ts as [|t ts IH]; intros a z z' H; cbn; [lia|].
  destruct (Z.leb_spec t z), (Z.leb_spec t z'); try lia; [apply IH; lia|].
  pose proof (reach_ge ts (a + 1) z'). lia.
Qed.
Lemma t_re_ok ts : forall a z z', z <= z' <= t_re ts z ->
  reach a ts z' = reach a ts z.
Proof.
  induction ts as [|t ts IH]; intros a z z' H; cbn in *; auto.
  destruct (Z.leb_spec t z), (Z.leb_spec t z'); try lia; auto.
Qed.
Lemma t_le_ge ts : forall low z, low <= t_le low ts z.
Proof.
  induction ts as [|t ts IH]; intros low z; cbn; [lia|].
  destruct (t <=? z); [|lia]. specialize (IH (Z.max low t) z). lia.
Qed.
Lemma t_le_ok ts : forall a low z z', t_le low ts z <= z' <= z ->
  reach a ts z' = reach a ts z.
Proof.
  induction ts as [|t ts IH]; intros a low z z' H; cbn in *; auto.
  destruct (Z.leb_spec t z), (Z.leb_spec t z'); try lia; eauto.
  pose proof (t_le_ge ts (Z.max low t) z). lia.
Qed.
Lemma t_gmax_ok mu g r ts : forall a z best,
  best <= t_gmax mu g r a ts z best /\
  forall z', z <= z' <= r ->
    mu * reach a ts z' + g * z' <= t_gmax mu g r a ts z best.
Proof.
  induction ts as [|t ts IH]; intros a z best; cbn.
  - split; [lia|]. intros z' H. pose proof (mul_max g z z' r ltac:(lia)). lia.
  - destruct (Z.leb_spec t z).
    + destruct (IH (a + 1) z best) as [I1 I2]. split; auto. intros z' H'.
      destruct (Z.leb_spec t z'); [auto|lia].
    + destruct (Z.ltb_spec r t).
      * split; [lia|]. intros z' H'. destruct (Z.leb_spec t z'); [lia|].
        pose proof (mul_max g z z' r ltac:(lia)). lia.
      * set (b := Z.max best _). destruct (IH (a + 1) t b) as [I1 I2].
        split; [lia|]. intros z' H'. destruct (Z.leb_spec t z').
        -- apply I2; lia.
        -- pose proof (mul_max g z z' (t - 1) ltac:(lia)). lia.
Qed.

Section Table.
  Variables (lo : Z) (ts : list Z).
  Definition tb (z : Z) : Z := reach lo ts z.
  Definition tb_gmax (mu g l r : Z) : Z :=
    t_gmax mu g r lo ts l (mu * tb l + g * l).

  Definition table : stair := {|
    app := tb; redge := t_re ts; ledge := fun z => t_le (z - far) ts z;
    gmax := tb_gmax;
    app_mono := reach_mono ts lo; redge_ok := t_re_ok ts lo;
    ledge_ok := fun z z' => t_le_ok ts lo (z - far) z z';
    gmax_ok := fun mu g l r z H =>
      proj2 (t_gmax_ok mu g r ts lo l (mu * tb l + g * l)) z H |}.
End Table.

(* ---- of outputs: with thresholds ---- *)
Record ostair := {
  st : stair; olo : Z; ohi : Z; T : Z -> Z;
  ole : olo <= ohi;
  orange : forall z, olo <= app st z <= ohi;
  galois : forall v z, olo < v <= ohi -> (T v <= z <-> v <= app st z) }.

Definition even_out (u h lo hi : Z) (Hu : 0 < u) (Hl : lo <= hi) : ostair := {|
  st := even u h lo hi Hu Hl; olo := lo; ohi := hi; T := evT u h; ole := Hl;
  orange := ev_range u h lo hi Hl; galois := ev_galois u h lo hi Hu Hl |}.

Fixpoint ascend (t : Z) (ts : list Z) : Prop :=
  match ts with [] => True | t' :: ts' => t <= t' /\ ascend t' ts' end.
Definition ascends (ts : list Z) : Prop :=
  match ts with [] => True | t :: ts' => ascend t ts' end.
Fixpoint ascend_dec (t : Z) (ts : list Z) : {ascend t ts} + {True}.
Proof.
  destruct ts as [|t' ts]; cbn; [left; exact I|].
  destruct (Z_le_dec t t'); [|right; exact I].
  destruct (ascend_dec t' ts); [left; auto|right; exact I].
Defined.
Definition ascends_dec (ts : list Z) : {ascends ts} + {True} :=
  match ts with [] => left I | t :: ts' => ascend_dec t ts' end.

Lemma ascend_all ts : forall t, ascend t ts -> Forall (fun s => t <= s) ts.
Proof.
  induction ts as [|t' ts IH]; intros t H; constructor; cbn in H; [tauto|].
  destruct H as [H H']. eapply Forall_impl; [|apply IH, H']. cbn; intros; lia.
Qed.
Lemma ascends_tl t ts : ascends (t :: ts) -> ascends ts.
Proof. destruct ts; cbn; tauto. Qed.
(* Of ascending thresholds, the k-th is reached iff k + 1 are. *)
Lemma reach_nth ts : ascends ts -> forall a k z, (k < length ts)%nat ->
  (nth k ts 0 <= z <-> a + Z.of_nat k + 1 <= reach a ts z).
Proof.
  induction ts as [|t ts IH]; intros H a k z Hk; cbn in Hk; [lia|].
  pose proof (ascends_tl _ _ H) as H'. pose proof (ascend_all ts t H) as G.
  cbn [reach]. destruct k as [|k]; cbn [nth].
  - pose proof (reach_ge ts (a + 1) z). destruct (Z.leb_spec t z); lia.
  - assert (t <= nth k ts 0).
    { rewrite Forall_forall in G. apply G, nth_In. lia. }
    destruct (Z.leb_spec t z); [|lia].
    rewrite (IH H' (a + 1) k z ltac:(lia)). lia.
Qed.

Lemma table_range lo ts z : lo <= tb lo ts z <= lo + Z.of_nat (length ts).
Proof.
  pose proof (reach_ge ts lo z). pose proof (reach_most ts lo z). unfold tb.
  lia.
Qed.
Lemma table_galois lo ts (H : ascends ts) v z :
  lo < v <= lo + Z.of_nat (length ts) ->
  (nth (Z.to_nat (v - lo - 1)) ts 0 <= z <-> v <= tb lo ts z).
Proof.
  intros Hv. unfold tb. rewrite (reach_nth ts H lo) by lia. lia.
Qed.
Definition table_out (lo : Z) (ts : list Z) (H : ascends ts) : ostair := {|
  st := table lo ts; olo := lo; ohi := lo + Z.of_nat (length ts);
  T := fun v => nth (Z.to_nat (v - lo - 1)) ts 0;
  ole := Z.le_trans _ _ _ (proj1 (table_range lo ts 0))
           (proj2 (table_range lo ts 0));
  orange := table_range lo ts; galois := table_galois lo ts H |}.

(* Always 0. *)
Definition flat_out : ostair := table_out 0 [] I.
