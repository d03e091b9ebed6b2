(* Staircases: the maximum by a loop over steps, steps of equal length, tables
   of thresholds; and those of outputs, which have thresholds. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Graph.
Import ListNotations.
Open Scope Z_scope.

(* ---- the maximum over any staircase: a loop over its steps ---- *)
Fixpoint gloop (fuel : nat) (ap re : Z -> Z) (mu g z hi best : Z) : Z :=
  match fuel with
  | O => Z.max best (Z.max (mu * ap z) (mu * ap hi) + Z.max (g * z) (g * hi))
  | S f =>
    let to := Z.min hi (re z) in
    let b := Z.max best (mu * ap z + Z.max (g * z) (g * to)) in
    if hi <=? to then b else gloop f ap re mu g (to + 1) hi b
  end.

Lemma mul_max k a b c : a <= b <= c -> k * b <= Z.max (k * a) (k * c).
Proof.
  intros H. destruct (Z.le_ge_cases 0 k).
  - assert (k * b <= k * c) by nia. lia.
  - assert (k * b <= k * a) by nia. lia.
Qed.

Lemma gloop_ok (ap re : Z -> Z) (mono : forall z z', z <= z' -> ap z <= ap z')
  (re_ok : forall z z', z <= z' <= re z -> ap z' = ap z) mu g hi :
  forall fuel z best, best <= gloop fuel ap re mu g z hi best /\
  forall z', z <= z' <= hi ->
    mu * ap z' + g * z' <= gloop fuel ap re mu g z hi best.
Proof.
  induction fuel as [|f IH]; intros z best; cbn.
  - split; [lia|]. intros z' Hz. pose proof (mono z z' ltac:(lia)).
      pose proof (mono z' hi ltac:(lia)).
    pose proof (mul_max mu (ap z) (ap z') (ap hi) ltac:(lia)).
    pose proof (mul_max g z z' hi ltac:(lia)). lia.
  - set (to := Z.min hi (re z)). set (b := Z.max best _).
    assert (Hb : best <= b) by lia.
    assert (Hs : forall z', z <= z' <= to -> mu * ap z' + g * z' <= b).
    { intros z' Hz. rewrite (re_ok z z') by lia.
      pose proof (mul_max g z z' to ltac:(lia)). lia. }
    destruct (Z.leb_spec hi to).
    + split; auto. intros z' Hz. apply Hs; lia.
    + destruct (IH (to + 1) b) as [I1 I2]. split; [lia|].
      intros z' Hz. destruct (Z.le_gt_cases z' to).
      * pose proof (Hs z' ltac:(lia)). lia.
      * apply I2; lia.
Qed.

Definition gmax_loop (ap re : Z -> Z) (mu g lo hi : Z) : Z :=
  gloop (S (Z.to_nat (ap hi - ap lo))) ap re mu g lo hi
    (mu * ap lo + g * lo).

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

(* ---- a table of thresholds: a counts those that are reached ---- *)
Section Table.
  Variables (lo : Z) (ts : list Z).
  Definition tb (z : Z) : Z :=
    fold_left (fun s t => if t <=? z then s + 1 else s) ts lo.
  Definition tb_re (z : Z) : Z :=
    fold_left (fun s t => if t <=? z then s else Z.min s (t - 1)) ts (z + far).
  Definition tb_le (z : Z) : Z :=
    fold_left (fun s t => if t <=? z then Z.max s t else s) ts (z - far).

  Lemma tb_mono z z' : z <= z' -> tb z <= tb z'.
  Proof.
    intros H. unfold tb. assert (G : forall l s s', s <= s' ->
      fold_left (fun s t => if t <=? z then s + 1 else s) l s <=
      fold_left (fun s t => if t <=? z' then s + 1 else s) l s').
    { induction l as [|t l IH]; intros s s' Hs; cbn; auto. apply IH.
      destruct (Z.leb_spec t z), (Z.leb_spec t z'); lia. }
    apply G; lia.
  Qed.
  Lemma tb_same z z' : (forall t, In t ts -> (t <=? z') = (t <=? z)) ->
    tb z' = tb z.
  Proof.
    unfold tb. generalize lo; induction ts as [|t l IH]; intros s H; cbn; auto.
    rewrite (H t) by (left; auto). apply IH. intros; apply H; right; auto.
  Qed.
  Lemma tb_re_bound z l : forall s,
    fold_left (fun s t => if t <=? z then s else Z.min s (t - 1)) l s <= s /\
    forall t, In t l -> z < t ->
      fold_left (fun s t => if t <=? z then s else Z.min s (t - 1)) l s < t.
  Proof.
    induction l as [|t l IH]; intros s; cbn; [split; [lia|tauto]|].
    destruct (IH (if t <=? z then s else Z.min s (t - 1))) as [I1 I2]. split.
    - destruct (Z.leb_spec t z); lia.
    - intros t' [->|Hin] Ht; auto. destruct (Z.leb_spec t' z); lia.
  Qed.
  Lemma tb_le_bound z l : forall s,
    s <= fold_left (fun s t => if t <=? z then Z.max s t else s) l s /\
    forall t, In t l -> t <= z ->
      t <= fold_left (fun s t => if t <=? z then Z.max s t else s) l s.
  Proof.
    induction l as [|t l IH]; intros s; cbn; [split; [lia|tauto]|].
    destruct (IH (if t <=? z then Z.max s t else s)) as [I1 I2]. split.
    - destruct (Z.leb_spec t z); lia.
    - intros t' [->|Hin] Ht; auto. destruct (Z.leb_spec t' z); lia.
  Qed.
  Lemma tb_re_ok z z' : z <= z' <= tb_re z -> tb z' = tb z.
  Proof.
    intros [H1 H2]. apply tb_same. intros t Ht.
    destruct (tb_re_bound z ts (z + far)) as [_ B]. specialize (B t Ht).
      unfold tb_re in H2.
    destruct (Z.leb_spec t z'), (Z.leb_spec t z); lia.
  Qed.
  Lemma tb_le_ok z z' : tb_le z <= z' <= z -> tb z' = tb z.
  Proof.
    intros [H1 H2]. apply tb_same. intros t Ht.
    destruct (tb_le_bound z ts (z - far)) as [_ B]. specialize (B t Ht).
      unfold tb_le in H1.
    destruct (Z.leb_spec t z'), (Z.leb_spec t z); lia.
  Qed.

  Lemma tb_gmax_ok mu g l r z : l <= z <= r ->
    mu * tb z + g * z <= gmax_loop tb tb_re mu g l r.
  Proof. unfold gmax_loop. apply gloop_ok; auto using tb_mono, tb_re_ok. Qed.
  Definition table : stair := {|
    app := tb; redge := tb_re; ledge := tb_le; gmax := gmax_loop tb tb_re;
    app_mono := tb_mono; redge_ok := tb_re_ok; ledge_ok := tb_le_ok;
    gmax_ok := tb_gmax_ok |}.
End Table.

(* ---- of outputs: with thresholds ---- *)
Record ostair := {
  st : stair; olo : Z; ohi : Z; T : Z -> Z;
  olt : olo < ohi;
  orange : forall z, olo <= app st z <= ohi;
  galois : forall v z, olo < v <= ohi -> (T v <= z <-> v <= app st z) }.

Definition even_out (u h lo hi : Z) (Hu : 0 < u) (Hl : lo < hi) : ostair :=
  let Hle := Z.lt_le_incl _ _ Hl in
  {| st := even u h lo hi Hu Hle; olo := lo; ohi := hi; T := evT u h; olt := Hl;
     orange := ev_range u h lo hi Hle; galois := ev_galois u h lo hi Hu Hle |}.
