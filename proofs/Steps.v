(* The steps of a proof, carried out on a region (rules 2 to 4).

   Each step either keeps every wanted input of the region, or shows that there
   is none (`take_ok`). A part of the property is abstract here: what it wants
   of the last accumulators, an objective with a threshold that this entails,
   and how it narrows their intervals. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Neurons Tighten Graph Dual Slopes
  Cuts.
Import ListNotations.
Open Scope Z_scope.

Record part := {
  wants : vec -> Prop; (* of the last accumulators *)
  obj : vec; thr : Z; narrow : box -> box;
  obj_ok : forall z, wants z -> thr <= dot obj z;
  narrow_ok : forall z b, wants z -> inB b z -> inB (narrow b) z }.

(* What is known of an open node. *)
Record rg := { ivs : region; dirty : list bool }.
Definition in_rg (r : rg) (n : net) (x : vec) : Prop := inR (ivs r) n x.
Definition last_z (n : net) (x : vec) : vec := hd [] (zs n x).

(* None: the root, whose steps hold for all parts. *)
Definition wanted (p : option part) (n : net) (x : vec) : Prop :=
  match p with Some p => wants p (last_z n x) | None => True end.

Definition nonempty (R : region) : bool :=
  forallb (forallb (fun i => fst i <=? snd i)) R.
Lemma box_nonempty b z : inB b z -> forallb (fun i => fst i <=? snd i) b = true.
Proof.
  induction 1 as [|[l u] a b z Ha Hb IH]; cbn; auto.
  rewrite IH. unfold inI in Ha; cbn in Ha. destruct (Z.leb_spec l u); auto; lia.
Qed.
Lemma nonempty_ok R n x : inR R n x -> nonempty R = true.
Proof.
  unfold inR, nonempty; generalize (zs n x); intros zz H;
    induction H as [|b z R zz Hb H IH]; auto.
  cbn [forallb]. rewrite IH, (box_nonempty _ _ Hb). auto.
Qed.

(* Block d, counted backwards, gets other intervals. *)
Fixpoint at_block (d : nat) (f : box -> box) (R : region) : region :=
  match R, d with
  | [], _ => []
  | b :: R', O => f b :: R'
  | b :: R', S d' => b :: at_block d' f R'
  end.
Lemma at_block_ok f R zz : Forall2 inB R zz -> forall d,
  (forall b, inB b (nth d zz []) -> inB (f b) (nth d zz [])) ->
    Forall2 inB (at_block d f R) zz.
Proof.
  induction 1 as [|b z R zz Hb H IH]; intros [|d] Hf; cbn in *; constructor;
    auto.
Qed.

(* Intervals of all accumulators, and the part's. None: nothing is left. *)
Definition settle (n : net) (p : option part) (r : rg) : option rg :=
  let '(R, _, _) := prop n (ivs r) (dirty r) in
  let R := match p with Some p => at_block 0 (narrow p) R | None => R end in
  if nonempty R then Some {| ivs := R; dirty := [] |} else None.

(* ---- steps ---- *)

(* uses: cuts with their multipliers. Slopes: of the blocks below block d, and
   which of its accumulators are bounded. *)
Inductive step :=
| Close (unit : Z) (lam : list vec) (uses : list (Z * cutting))
| Tighten (unit : Z) (lam : list vec) (uses : list (Z * cutting))
| Bound (above : bool) (d i : nat) (unit : Z) (lam : list vec)
    (uses : list (Z * cutting))
| Slopes (d : nat) (unit : Z) (ss : list slopes) (cs : list choice).

(* Which blocks have other intervals than before. *)
Fixpoint changed (R R' : region) : list bool :=
  match R, R' with
  | b :: R1, b' :: R1' => negb (box_eq b b') :: changed R1 R1'
  | _, _ => []
  end.

Definition made (r : rg) (R : region) : option rg :=
  if nonempty R
  then Some {| ivs := R; dirty := changed (ivs r) R |}
  else None.

(* The cuts of block d and of those below it, for the network that ends there. *)
Definition up_to (d : nat) (uses : list (Z * cutting)) : list (Z * cutting) :=
  flat_map (fun '(p, c) => if (d <=? of_block c)%nat then [(p, {|
    of_block := of_block c - d; of_entry := of_entry c;
    is_above := is_above c; Cuts.unit := Cuts.unit c;
    high_from := high_from c; chosen := chosen c |})] else []) uses.

(* Entry i of block d is bounded by the dual of the blocks up to it. *)
Definition bounded (n : net) (R : region) (above : bool) (d i : nat) (u : Z)
  (lam : list vec) (uses : list (Z * cutting)) : region :=
  let c := unitv i (if above then u else - u) in
  let '(m, k) := comb (skipn d n) (skipn d R) (up_to d uses) in
  let D := fst (dual (skipn d n) (skipn d R) [c] lam m) + k in
  at_block d (if above then cuthi i (D / u) else cutlo i (- (D / u))) R.

(* Many entries of block d are, by slopes. *)
Definition bounded_all (n : net) (R : region) (d : nat) (u : Z)
  (ss : list slopes) (cs : list choice) : region :=
  match skipn d n with
  | b :: below =>
    at_block d (glide_all b below (skipn (S d) R) ss u cs O) R
  | [] => R
  end.

(* None: closed. Steps that say nothing leave the region as it is. *)
Definition take (n : net) (p : option part) (s : step) (r : rg) : option rg :=
  match settle n p r with
  | None => None
  | Some r =>
    match s, p with
    | Close u lam uses, Some p =>
      let '(m, k) := comb n (ivs r) uses in
      let d := fst (dual n (ivs r) [map (Z.mul u) (obj p)] lam m) in
      if (0 <? u) && (d + k <? u * thr p)
      then None else Some r
    | Tighten u lam uses, Some p =>
      if 0 <? u then
        let '(m, k) := comb n (ivs r) uses in
        let '(d, tss) := dual n (ivs r) [map (Z.mul u) (obj p)] lam m in
        let gap := d + k - u * thr p in
        if gap <? 0 then None else made r (tight n tss (ivs r) gap)
      else Some r
    | Bound above d i u lam uses, _ =>
      if (0 <? u) && (d <=? length n)%nat then
        made r (bounded n (ivs r) above d i u lam uses)
      else Some r
    | Slopes d u ss cs, _ =>
      if 0 <? u then made r (bounded_all n (ivs r) d u ss cs) else Some r
    | _, None => Some r
    end
  end.

(* ---- soundness ---- *)

Lemma settle_ok n p r x : in_rg r n x -> wanted p n x ->
  exists r', settle n p r = Some r' /\ in_rg r' n x.
Proof.
  unfold settle, in_rg; intros H W.
  destruct (prop n (ivs r) (dirty r)) as [[R e] d] eqn:E.
  destruct (prop_ok n x _ _ _ _ _ H E) as [H1 _].
  set (R' := match p with Some p => _ | None => R end).
  assert (inR R' n x).
  { unfold R'; destruct p as [p|]; auto. apply at_block_ok; auto.
    intros b Hb. rewrite nth0 in *. apply narrow_ok; auto. }
  rewrite (nonempty_ok _ _ _ H0). eexists; split; eauto.
Qed.

Lemma made_ok r R n x : inR R n x ->
  exists r', made r R = Some r' /\ in_rg r' n x.
Proof.
  unfold made; intros H; rewrite (nonempty_ok _ _ _ H); eexists; split;
    eauto.
Qed.

Lemma sdot_one c z : sdot [c] z = dot c (hd [] z).
Proof. destruct z; cbn; rewrite ?dot_nil_r; lia. Qed.

Theorem take_ok n p s r x : in_rg r n x -> wanted p n x ->
  exists r', take n p s r = Some r' /\ in_rg r' n x.
Proof.
  intros H W. unfold take.
    destruct (settle_ok n p r x H W) as [r1 [-> H1]].
  clear r H. assert (Hin : in_rg r1 n x) by auto. unfold in_rg in H1.
  destruct s as [u lam uses|u lam uses|above d i u lam uses|d u ss cs].
  - destruct p as [p|]; [|eauto].
    destruct (comb n (ivs r1) uses) as [m k] eqn:Ec.
      pose proof (comb_ok n _ x H1 _ _ _ Ec) as C.
    destruct (Z.ltb_spec 0 u); cbn [andb]; [|eauto].
    destruct (dual n (ivs r1) _ lam m) as [d tss] eqn:E.
    destruct (dual_slack _ _ _ _ _ _ _ _ H1 E) as [S1 S2]. apply lsum_ge in S1.
    rewrite sdot_one, dot_map in S2.
    assert (W2 : u * thr p <= u * dot (obj p) (hd [] (zs n x)))
      by (apply Z.mul_le_mono_nonneg_l; [lia|apply obj_ok; auto]).
    cbn [fst]. destruct (Z.ltb_spec (d + k) (u * thr p)) as [L|]; [|eauto].
    exfalso. revert S1 S2 W2 C L.
    generalize (u * thr p) (u * dot (obj p) (hd [] (zs n x))) (sdot m (env n x))
      (lsum (nslacks n tss (zs n x))). clear. intros; lia.
  - destruct p as [p|]; [|eauto].
    destruct (Z.ltb_spec 0 u); [|eauto].
    destruct (comb n (ivs r1) uses) as [m k] eqn:Ec.
      pose proof (comb_ok n _ x H1 _ _ _ Ec) as C.
    destruct (dual n (ivs r1) _ lam m) as [d tss] eqn:E.
    destruct (dual_slack _ _ _ _ _ _ _ _ H1 E) as [S1 S2].
      pose proof (lsum_ge _ S1) as S0.
    rewrite sdot_one, dot_map in S2.
    assert (W2 : u * thr p <= u * dot (obj p) (hd [] (zs n x)))
      by (apply Z.mul_le_mono_nonneg_l; [lia|apply obj_ok; auto]).
    assert (G : lsum (nslacks n tss (zs n x)) <= d + k - u * thr p).
    { revert S2 W2 C. generalize (u * thr p) (u * dot (obj p) (hd [] (zs n x)))
      (sdot m (env n x))
        (lsum (nslacks n tss (zs n x))). clear. intros; lia. }
    destruct (Z.ltb_spec (d + k - u * thr p) 0); [lia|].
    apply made_ok; auto. apply tight_ok; auto. apply lsum_each; auto.
  - assert (HB : exists r',
      (if (0 <? u) && (d <=? length n)%nat then
        made r1 (bounded n (ivs r1) above d i u lam uses)
      else Some r1) = Some r' /\ in_rg r' n x); [|destruct p; auto].
    destruct (Z.ltb_spec 0 u) as [Hu|]; cbn [andb]; [|eauto].
    destruct (Nat.leb_spec d (length n)) as [Hd|]; [|eauto].
    assert (HR : inR (skipn d (ivs r1)) (skipn d n) x).
    { unfold inR. rewrite zs_skipn; auto. apply F2_skipn; auto. }
    unfold bounded. cbv zeta.
    destruct (comb (skipn d n) _ (up_to d uses)) as [m k] eqn:Ec.
      pose proof (comb_ok _ _ x HR _ _ _ Ec) as C.
    apply made_ok; auto. set (D := fst _ + k).
    assert (B : sdot [unitv i (if above then u else - u)]
      (zs (skipn d n) x) <= D).
    { unfold D. destruct (dual _ _ _ lam m) as [e tss] eqn:E. cbn [fst].
      destruct (dual_slack _ _ _ _ _ _ _ _ HR E) as [S1 S2].
      apply lsum_ge in S1. lia. }
    rewrite sdot_one, dot_unitv, zs_skipn in B; auto.
    assert (En : hd [] (skipn d (zs n x)) = nth d (zs n x) []).
    { clear. generalize (zs n x); induction d; intros [|]; cbn; auto. }
    rewrite En in B. apply at_block_ok; auto. intros b Hb.
    destruct above; [apply cuthi_ok | apply cutlo_ok]; auto.
    + apply floor_ge; [lia|exact B].
    + apply Z.opp_le_mono. rewrite Z.opp_involutive. apply floor_ge; [lia|].
      rewrite Z.mul_opp_r, <- Z.mul_opp_l. exact B.
  - assert (HB : exists r',
      (if 0 <? u then made r1 (bounded_all n (ivs r1) d u ss cs)
       else Some r1) = Some r' /\ in_rg r' n x); [|destruct p; auto].
    destruct (Z.ltb_spec 0 u) as [Hu|]; [|eauto]. apply made_ok; auto.
    unfold bounded_all. destruct (skipn d n) as [|b below] eqn:En; auto.
    apply at_block_ok; auto. intros bx Hbx.
    assert (Hd : (d < length n)%nat).
    { destruct (Nat.lt_ge_cases d (length n)); auto.
      rewrite skipn_all2 in En by auto. discriminate. }
    assert (Eb : skipn (S d) n = below).
    { clear -En. revert d En; induction n as [|b' n IH]; intros [|d] En;
        cbn in *; try discriminate; [inversion En; auto|apply IH, En]. }
    assert (HR : inR (skipn (S d) (ivs r1)) below x).
    { unfold inR. rewrite <- Eb, zs_skipn by lia. apply F2_skipn; auto. }
    assert (Ez : nth d (zs n x) [] = acc b (env below x)).
    { replace (nth d (zs n x) []) with (hd [] (skipn d (zs n x))).
      - rewrite <- zs_skipn, En by lia. reflexivity.
      - generalize (zs n x). clear. induction d; intros [|]; cbn; auto. }
    rewrite Ez in *. apply (glide_all_ok b below _ ss u x); auto.
Qed.
