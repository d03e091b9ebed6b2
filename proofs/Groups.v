(* Max pooling: a neuron sigma(max_j z_j) of several accumulators. Its term of
   the bound, for gains g_j, is the greatest mu sigma(max z) + sum g_j z_j over
   a box (`group_ok`). Here the accumulators of a neuron follow each other;
   Pools.v has them anywhere. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Neurons Tighten Graph.
Import ListNotations.
Open Scope Z_scope.

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

(* ---- a group's term ---- *)

Lemma largest_in z : z <> [] -> In (largest z) z.
Proof.
  destruct z as [|a z]; [congruence|]. intros _. cbn [largest].
  induction z as [|b z IH]; cbn; auto. destruct IH as [IH|IH];
    destruct (Z.max_spec b (fold_right Z.max a z)) as [[_ ->]|[_ ->]]; auto.
Qed.
Lemma largest_ge z a : In a z -> a <= largest z.
Proof.
  destruct z as [|b z]; [contradiction|]. cbn [largest].
  revert a; induction z as [|c z IH]; intros a [->|H]; cbn in *; try lia.
  - specialize (IH a (or_introl eq_refl)). lia.
  - destruct H as [->|H]; [lia|]. specialize (IH a (or_intror H)). lia.
Qed.
Lemma largest_box b z : inB b z ->
  largest (map fst b) <= largest z <= largest (map snd b).
Proof.
  intros H. destruct H as [|[l u] a b z Ha H]; cbn; [lia|].
  unfold inI in Ha; cbn in Ha.
  induction H as [|[m v] c b z Hc H IH]; cbn; [lia|].
  unfold inI in Hc; cbn in Hc. lia.
Qed.

Definition group_max (s : stair) (m : Z) (g : vec) (b : box) : Z :=
  if m =? 0 then lins g b else
  match g, b with
  | [k], [(l, u)] => gmax s m k l u
  | _, _ =>
    let lows := map fst b in
    let lo := largest lows in
    if 0 <? m then up s m g b 0 (m * app s lo + dot g lows) else
    let hi := largest (map snd b) in
    match down (S (Z.to_nat (app s hi - app s lo))) s m g b lo hi with
    | Some v => v
    | None => m * app s lo + lins g b
    end
  end.
Lemma group_max_ok s m g b z : inB b z -> length g = length z -> z <> [] ->
  m * app s (largest z) + dot g z <= group_max s m g b.
Proof.
  intros H Hl Hz. pose proof (largest_in z Hz) as Hi.
  pose proof (largest_ge z) as Hm. pose proof (largest_box b z H) as Hb.
  pose proof (lins_ok g b z H Hl) as HL. unfold group_max.
  destruct (Z.eqb_spec m 0) as [->|Hm0]; [lia|].
  assert (G : m * app s (largest z) + dot g z <=
    (let lows := map fst b in
     let lo := largest lows in
     if 0 <? m then up s m g b 0 (m * app s lo + dot g lows) else
     let hi := largest (map snd b) in
     match down (S (Z.to_nat (app s hi - app s lo))) s m g b lo hi with
     | Some v => v
     | None => m * app s lo + lins g b
     end)).
  { destruct (group_ok s m g b z (largest z) H Hl Hi Hm) as [G1 G2].
    cbv zeta. destruct (Z.ltb_spec 0 m); [apply G1|].
    destruct (down _ _ _ _ _ _ _) as [v|] eqn:E; [eapply G2; eauto|].
    pose proof (app_mono s _ _ (proj1 Hb)). nia. }
  destruct g as [|k [|k' g]]; try exact G.
  destruct b as [|[l u] [|p b]]; try exact G.
  inversion H as [|? a ? z' Ha Hz']; subst. inversion Hz'; subst.
  cbn [largest fold_right dot] in *.
  pose proof (gmax_ok s m k l u a Ha). lia.
Qed.

Fixpoint gains (b : box) (c l : vec) : vec :=
  match b with
  | [] => []
  | _ :: b' => hd 0 c - hd 0 l :: gains b' (tl c) (tl l)
  end.
Lemma gains_length b : forall c l, length (gains b c l) = length b.
Proof. induction b; intros; cbn; auto. Qed.
Lemma gains_ok b z : inB b z -> forall c l,
  dot (gains b c l) z = dot c z - dot l z.
Proof.
  induction 1 as [|i a b z Ha H IH]; intros c l;
    [cbn; rewrite !dot_nil_r; lia|].
  cbn [gains dot]. rewrite IH, !dot_hd_tl. lia.
Qed.

(* The first accumulator of a group has mu and the maximum. *)
Definition group_rate (s : stair) (b : box) (m : Z) (c l : vec) : list term :=
  let g := gains b c l in
  match g with
  | [] => []
  | k :: g' => (m, k, group_max s m g b) :: map (fun k => (0, k, 0)) g'
  end.
Definition gain_of (t : term) : Z := snd (fst t).
Definition group_lack (s : stair) (ts : list term) (z : vec) : Z :=
  tsum ts - (fst (fst (hd (0, 0, 0) ts)) * app s (largest z)
             + dot (map gain_of ts) z).

Lemma group_rate_length s b m c l : length (group_rate s b m c l) = length b.
Proof.
  unfold group_rate. pose proof (gains_length b c l) as H.
  destruct (gains b c l); cbn in *; auto. rewrite map_length. auto.
Qed.
Lemma group_rate_ok s b z m c l : inB b z -> z <> [] ->
  let ts := group_rate s b m c l in
  0 <= group_lack s ts z /\
  tsum ts - (m * app s (largest z) + dot c z - dot l z) = group_lack s ts z.
Proof.
  intros H Hz. unfold group_rate, group_lack.
  pose proof (gains_ok b z H c l) as D. pose proof (gains_length b c l) as L.
  pose proof (group_max_ok s m (gains b c l) b z H
    ltac:(rewrite L; apply (F2_length _ _ _ H)) Hz) as G.
  destruct (gains b c l) as [|k g] eqn:E.
  { apply F2_length in H. destruct b; [|discriminate].
    destruct z; [congruence|discriminate]. }
  cbv zeta. cbn [hd fst].
  assert (T0 : tsum (map (fun k => (0, k, 0)) g) = 0).
  { clear. induction g; cbn [map]; auto. }
  rewrite tsum_cons, T0. cbn [snd map].
  replace (map gain_of (map (fun k => (0, k, 0)) g)) with g
    by (rewrite map_map; symmetry; apply map_id).
  change (gain_of (m, k, _)) with k. rewrite D. rewrite D in G. lia.
Qed.

(* ---- neurons with one more accumulator than the number says ---- *)

Notation units_of := (list (nat * stair)).
Fixpoint gfire (gs : units_of) (z : vec) : vec :=
  match gs, z with
  | (k, s) :: gs', _ :: _ =>
    app s (largest (firstn (S k) z)) :: gfire gs' (skipn (S k) z)
  | _, _ => []
  end.
Fixpoint gfireI (gs : units_of) (b : box) : box :=
  match gs, b with
  | (k, s) :: gs', _ :: _ =>
    let p := firstn (S k) b in
    (app s (largest (map fst p)), app s (largest (map snd p)))
      :: gfireI gs' (skipn (S k) b)
  | _, _ => []
  end.
Fixpoint grate (gs : units_of) (b : box) (mu c l : vec) : list term :=
  match gs, b with
  | (k, s) :: gs', _ :: _ =>
    let n := S k in
    group_rate s (firstn n b) (hd 0 mu) (firstn n c) (firstn n l)
    ++ grate gs' (skipn n b) (tl mu) (skipn n c) (skipn n l)
  | _, _ => nterms [] b [] c l
  end.
Fixpoint glacks (gs : units_of) (ts : list term) (z : vec) : list Z :=
  match gs, z with
  | (k, s) :: gs', _ :: _ =>
    group_lack s (firstn (S k) ts) (firstn (S k) z)
      :: glacks gs' (skipn (S k) ts) (skipn (S k) z)
  | _, _ => slacks [] ts z
  end.
(* Groups of two or more keep their intervals. *)
Fixpoint gkeeps (gs : units_of) (ts : list term) (b : box) (gap : Z) : box :=
  match gs, b with
  | (k, s) :: gs', _ :: _ =>
    let p := firstn (S k) b in
    (match k, ts with
     | O, t :: _ => keepbox [s] [t] p gap
     | _, _ => p
     end) ++ gkeeps gs' (skipn (S k) ts) (skipn (S k) b) gap
  | _, _ => keepbox [] ts b gap
  end.
Fixpoint gsteer (gs : units_of) (mu : vec) : vec :=
  match gs with
  | [] => []
  | (k, _) :: gs' => repeat (hd 0 mu) (S k) ++ gsteer gs' (tl mu)
  end.

Lemma dot_split n c z :
  dot c z = dot (firstn n c) (firstn n z) + dot (skipn n c) (skipn n z).
Proof.
  revert c z; induction n as [|n IH]; intros [|x c] [|a z]; cbn;
    rewrite ?dot_nil_r; try lia. rewrite IH. lia.
Qed.
Lemma inB_firstn n b z : inB b z -> inB (firstn n b) (firstn n z).
Proof.
  intros H; revert n; induction H; intros [|n]; cbn; constructor; auto.
Qed.
Lemma gfireI_ok gs : forall b z, inB b z -> inB (gfireI gs b) (gfire gs z).
Proof.
  induction gs as [|[k s] gs IH]; intros b z H; cbn [gfireI gfire];
    [constructor|].
  destruct H as [|i a b z Hi H]; [constructor|].
  set (B := i :: b) in *. set (Z := a :: z) in *.
  assert (HB : inB B Z) by (constructor; auto). constructor.
  - pose proof (largest_box _ _ (inB_firstn (S k) _ _ HB)).
    unfold inI; cbn [fst snd]. split; apply app_mono; lia.
  - apply IH, F2_skipn, HB.
Qed.
Lemma grate_nil gs mu c l : grate gs [] mu c l = [].
Proof. destruct gs as [|[k s] gs]; reflexivity. Qed.
Lemma nterms_length b : forall ss mu c l,
  length (nterms ss b mu c l) = length b.
Proof.
  induction b as [|[lo hi] b IH]; intros [|s ss] mu c l; cbn; auto.
Qed.
Lemma grate_length gs : forall b mu c l, length (grate gs b mu c l) = length b.
Proof.
  induction gs as [|[k s] gs IH]; intros b mu c l; [apply nterms_length|].
  destruct b as [|i b]; [reflexivity|]. set (B := i :: b).
  change (grate ((k, s) :: gs) B mu c l) with
    (group_rate s (firstn (S k) B) (hd 0 mu) (firstn (S k) c) (firstn (S k) l)
     ++ grate gs (skipn (S k) B) (tl mu) (skipn (S k) c) (skipn (S k) l)).
  rewrite app_length, group_rate_length, IH, <- app_length, firstn_skipn. auto.
Qed.
Lemma firstn_rated {A} n (ts rest : list A) (b : box) :
  length ts = length (firstn n b) -> (skipn n b = [] -> rest = []) ->
  firstn n (ts ++ rest) = ts /\ skipn n (ts ++ rest) = rest.
Proof.
  intros L E. rewrite firstn_length in L. rewrite firstn_app, skipn_app.
  destruct (Nat.le_gt_cases n (length b)) as [H|H].
  - replace (n - length ts)%nat with O by lia.
    rewrite firstn_O, app_nil_r, firstn_all2, skipn_all2 by lia. auto.
  - rewrite E by (apply skipn_all2; lia).
    rewrite firstn_nil, skipn_nil, !app_nil_r, firstn_all2, skipn_all2 by lia.
    auto.
Qed.
Lemma grate_ok gs : forall b z mu c l, inB b z ->
  let ts := grate gs b mu c l in
  Forall (fun s => 0 <= s) (glacks gs ts z) /\
  tsum ts - (dot mu (gfire gs z) + dot c z - dot l z) = lsum (glacks gs ts z).
Proof.
  induction gs as [|[k s] gs IH]; intros b z mu c l H.
  - pose proof (nterms_ok b z H [] [] c l) as [N1 N2]. cbn [grate glacks gfire].
    cbn [act] in N2. rewrite dot_nil_r in *. auto.
  - destruct H as [|i a b z Hi H].
    + cbn. rewrite !dot_nil_r. split; [constructor|lia].
    + cbv zeta. set (B := i :: b). set (Z := a :: z).
      assert (HB : inB B Z) by (constructor; auto).
      set (n := S k).
      set (g := group_rate s (firstn n B) (hd 0 mu) (firstn n c) (firstn n l)).
      set (r := grate gs (skipn n B) (tl mu) (skipn n c) (skipn n l)).
      change (grate ((k, s) :: gs) B mu c l) with (g ++ r).
      assert (Lg : length g = length (firstn n B)) by apply group_rate_length.
      destruct (firstn_rated n g r B Lg) as [F1 F2].
      { intros E. unfold r. rewrite E. apply grate_nil. }
      change (glacks ((k, s) :: gs) (g ++ r) Z) with
        (group_lack s (firstn n (g ++ r)) (firstn n Z)
          :: glacks gs (skipn n (g ++ r)) (skipn n Z)).
      change (gfire ((k, s) :: gs) Z) with
        (app s (largest (firstn n Z)) :: gfire gs (skipn n Z)).
      rewrite F1, F2.
      destruct (group_rate_ok s (firstn n B) (firstn n Z) (hd 0 mu)
        (firstn n c) (firstn n l) (inB_firstn n _ _ HB)) as [G1 G2];
        [discriminate|]. fold g in G1, G2.
      destruct (IH (skipn n B) (skipn n Z) (tl mu) (skipn n c) (skipn n l)
        (F2_skipn _ _ _ _ HB)) as [I1 I2]. fold r in I1, I2.
      split; [constructor; auto|]. cbn [lsum].
      rewrite tsum_app, dot_hd_tl, (dot_split n c), (dot_split n l), <- I2, <- G2.
      ring.
Qed.
Lemma gkeeps_ok gap gs : forall b z ts, inB b z ->
  Forall (fun s => s <= gap) (glacks gs ts z) -> inB (gkeeps gs ts b gap) z.
Proof.
  induction gs as [|[k s] gs IH]; intros b z ts H HS.
  - apply keepbox_ok; auto.
  - destruct H as [|i a b z Hi H]; [apply keepbox_ok; [constructor|exact HS]|].
    set (B := i :: b) in *. set (Z := a :: z) in *.
    assert (HB : inB B Z) by (constructor; auto).
    cbn [glacks gkeeps] in *. unfold Z, B in *. cbv zeta.
    fold Z B in HS, HB |- *. inversion HS as [|? ? S1 S2]; subst.
    rewrite <- (firstn_skipn (S k) Z). apply Forall2_app;
      [|apply IH; auto; apply F2_skipn, HB].
    destruct k as [|k]; [|apply inB_firstn, HB].
    destruct ts as [|[[m g] t] ts]; [apply inB_firstn, HB|].
    apply keepbox_ok; [apply inB_firstn, HB|].
    unfold group_lack in S1. cbn in S1. cbn. constructor; [lia|constructor].
Qed.

Definition grouped (gs : units_of) : neurons := {|
  fire := gfire gs; fireI := gfireI gs; rate := grate gs; lacks := glacks gs;
  keeps := gkeeps gs; alone := fun _ => None; steer := gsteer gs;
  fireI_ok := gfireI_ok gs; rate_ok := grate_ok gs;
  keeps_ok := fun gap => gkeeps_ok gap gs;
  alone_ok := fun i s z (E : None = Some s) => ltac:(discriminate E) |}.
