(* Max pooling where the accumulators of a neuron lie anywhere in the block:
   they are brought into the order of Groups.v and back. `pooled_units_ok` says
   that this is what Network.v means. *)
From Coq Require Import ZArith List Lia Bool FMapPositive.
From Rampart Require Import Network Vectors Neurons Graph Groups.
Import ListNotations.
Open Scope Z_scope.
Import PositiveMap.

(* ---- a list as a map from places ---- *)

Definition key (i : nat) : positive := Z.to_pos (Z.succ (Z.of_nat i)).
Fixpoint fill {A} (p : positive) (l : list A) (m : t A) : t A :=
  match l with [] => m | a :: l' => fill (Pos.succ p) l' (add p a m) end.
Definition shuffle {A} (d : A) (order : list positive) (l : list A) : list A :=
  let m := fill 1 l (empty A) in
  List.map (fun p => match find p m with Some a => a | None => d end) order.
(* Values to places, in the order of the places: what is not there stays. *)
Fixpoint place {A} (order : list positive) (l : list A) (m : t A) : t A :=
  match order, l with
  | p :: order', a :: l' => place order' l' (add p a m)
  | _, _ => m
  end.
Fixpoint restore {A} (p : positive) (m : t A) (l : list A) : list A :=
  match l with
  | [] => []
  | a :: l' => match find p m with Some b => b | None => a end
                 :: restore (Pos.succ p) m l'
  end.

Lemma key_pos i : Zpos (key i) = Z.of_nat i + 1.
Proof. unfold key. lia. Qed.
Lemma key_inj i j : key i = key j -> i = j.
Proof. intros H. pose proof (key_pos i). pose proof (key_pos j). lia. Qed.
Lemma key_succ i : Pos.succ (key i) = key (S i).
Proof. pose proof (key_pos i). pose proof (key_pos (S i)). lia. Qed.

Lemma fill_find {A} (l : list A) : forall k m j,
  find (key j) (fill (key k) l m) =
  if (j <? k)%nat then find (key j) m else
  match nth_error l (j - k) with Some a => Some a | None => find (key j) m end.
Proof.
  induction l as [|a l IH]; intros k m j; cbn [fill].
  - destruct (j <? k)%nat; auto. destruct (j - k)%nat; reflexivity.
  - rewrite key_succ, IH. destruct (Nat.ltb_spec j (S k)), (Nat.ltb_spec j k);
      try lia.
    + rewrite gso; auto. intros E. apply key_inj in E. lia.
    + replace j with k by lia. rewrite gss, Nat.sub_diag. reflexivity.
    + replace (j - k)%nat with (S (j - S k)) by lia. cbn [nth_error].
      rewrite gso; auto. intros E. apply key_inj in E. lia.
Qed.
Lemma shuffle_ok {A} (d : A) idx l :
  shuffle d (List.map key idx) l = List.map (fun i => nth i l d) idx.
Proof.
  unfold shuffle. rewrite map_map. apply map_ext. intros i.
  change 1%positive with (key 0). rewrite fill_find. cbn [Nat.ltb Nat.leb].
  rewrite Nat.sub_0_r, gempty. clear. revert i.
  induction l as [|a l IH]; intros [|i]; cbn; auto.
Qed.

(* What was placed is where it belongs. *)
Lemma place_ok (z : vec) idx : forall (l : box) m,
  Forall2 (fun y j => inI y (nth j z 0)) l idx ->
  (forall j y, find (key j) m = Some y -> inI y (nth j z 0)) ->
  forall j y, find (key j) (place (List.map key idx) l m) = Some y ->
    inI y (nth j z 0).
Proof.
  induction idx as [|i idx IH]; intros l m H Hm; inversion H; subst;
    cbn [List.map place]; auto.
  apply IH; auto. intros j y' E. destruct (Nat.eq_dec j i) as [->|N].
  - rewrite gss in E. inversion E; subst; auto.
  - rewrite gso in E; auto. intros K. apply key_inj in K. auto.
Qed.
Lemma restore_ok (m : t (Z * Z)) (all : vec) :
  (forall j y, find (key j) m = Some y -> inI y (nth j all 0)) ->
  forall b z, inB b z -> forall k, z = skipn k all ->
  inB (restore (key k) m b) z.
Proof.
  intros Hm b z H; induction H as [|i a b z Hi H IH]; intros k E;
    cbn [restore]; constructor.
  - destruct (find (key k) m) as [y|] eqn:F; auto.
    apply Hm in F. replace a with (nth k all 0); auto.
    clear -E. revert all E; induction k; intros [|c all] E; cbn in *;
      try discriminate; [inversion E; auto|auto].
  - rewrite key_succ. apply IH. clear -E. revert all E.
    induction k; intros [|c all] E; cbn in *; try discriminate;
      [inversion E; auto|apply IHk, E].
Qed.

(* ---- the neurons ---- *)

Definition same_sum (idx : list nat) (n : nat) : Prop :=
  forall f, lsum (List.map f idx) = lsum (List.map f (seq 0 n)).
Lemma dot_maps (f g : nat -> Z) l :
  dot (List.map f l) (List.map g l) = lsum (List.map (fun i => f i * g i) l).
Proof. induction l; cbn; auto. rewrite IHl. reflexivity. Qed.
Lemma dot_places n : forall c z : vec,
  lsum (List.map (fun i => nth i c 0 * nth i z 0) (seq 0 n))
  = dot (firstn n c) (firstn n z).
Proof.
  induction n as [|n IH]; intros c z; auto. cbn [seq List.map lsum].
  rewrite <- seq_shift, map_map.
  assert (Z0 : forall l, lsum (List.map (fun _ : nat => 0) l) = 0)
    by (induction l; cbn; auto).
  destruct c as [|x c], z as [|a z]; cbn [nth firstn dot].
  1-3: rewrite (map_ext _ (fun _ => 0)), Z0 by (intros; cbn; lia); lia.
  - rewrite IH. lia.
Qed.

Section Pooled.
  (* idx: the accumulators, those of a neuron together; n of them *)
  Variables (idx : list nat) (n : nat) (Hs : same_sum idx n) (gs : units_of).
  Let order := List.map key idx.
  Notation gather d l := (List.map (fun i => nth i l d) idx).

  Definition pfire (z : vec) : vec := gfire gs (shuffle 0 order z).
  Definition pfireI (b : box) : box := gfireI gs (shuffle (0, 0) order b).
  Definition prate (b : box) (mu c l : vec) : list term :=
    grate gs (shuffle (0, 0) order b) mu (shuffle 0 order c) (shuffle 0 order l)
    ++ nterms [] (skipn n b) [] (skipn n c) (skipn n l).
  Definition placks (ts : list term) (z : vec) : list Z :=
    let k := length idx in
    glacks gs (firstn k ts) (shuffle 0 order z)
    ++ slacks [] (skipn k ts) (skipn n z).
  Definition pkeeps (ts : list term) (b : box) (gap : Z) : box :=
    let kept :=
      gkeeps gs (firstn (length idx) ts) (shuffle (0, 0) order b) gap in
    restore 1 (place order kept (empty _)) b.
  Definition psteer (mu : vec) : vec :=
    restore 1 (place order (gsteer gs mu) (empty _)) (repeat 0 n).

  Lemma gather_in b z : inB b z -> inB (gather (0, 0) b) (gather 0 z).
  Proof.
    intros H. clear Hs order. induction idx; cbn; constructor; auto.
    apply inB_nth, H.
  Qed.
  Lemma pfireI_ok b z : inB b z -> inB (pfireI b) (pfire z).
  Proof.
    intros H. unfold pfireI, pfire, order. rewrite !shuffle_ok.
    apply gfireI_ok, gather_in, H.
  Qed.
  Lemma dot_pooled c z :
    dot c z = dot (gather 0 c) (gather 0 z) + dot (skipn n c) (skipn n z).
  Proof.
    rewrite dot_maps, Hs, dot_places. apply dot_split.
  Qed.
  Lemma prate_ok b z mu c l : inB b z ->
    let ts := prate b mu c l in
    Forall (fun s => 0 <= s) (placks ts z) /\
    tsum ts - (dot mu (pfire z) + dot c z - dot l z) = lsum (placks ts z).
  Proof.
    intros H. unfold prate, placks, pfire, order. rewrite !shuffle_ok.
    set (B := gather (0, 0) b). set (Z := gather 0 z).
    set (g := grate gs B mu _ _). set (r := nterms [] _ [] _ _).
    assert (Lg : length g = length idx).
    { unfold g. rewrite grate_length. apply map_length. }
    cbv zeta. rewrite <- Lg, firstn_app, skipn_app, Nat.sub_diag, firstn_O,
      app_nil_r, firstn_all, skipn_all. cbn [skipn List.app].
    destruct (grate_ok gs B Z mu (gather 0 c) (gather 0 l)
      (gather_in _ _ H)) as [G1 G2]. fold g in G1, G2.
    destruct (nterms_ok (skipn n b) (skipn n z) (F2_skipn _ _ _ _ H) [] []
      (skipn n c) (skipn n l)) as [N1 N2]. fold r in N1, N2.
    split; [apply Forall_app; auto|].
    rewrite lsum_app, tsum_app, <- G2, <- N2, (dot_pooled c), (dot_pooled l).
    fold Z. cbn [act]. rewrite dot_nil_r. ring.
  Qed.
  Lemma pkeeps_ok gap b z ts : inB b z ->
    Forall (fun s => s <= gap) (placks ts z) -> inB (pkeeps ts b gap) z.
  Proof.
    intros H HS. unfold pkeeps, placks, order in *. cbv zeta in *.
    rewrite !shuffle_ok in *.
    apply Forall_app in HS as [HS _].
    pose proof (gkeeps_ok gap gs _ _ _ (gather_in _ _ H) HS) as K.
    change 1%positive with (key 0). apply (restore_ok _ z); auto.
    apply place_ok.
    - revert K. generalize (gkeeps gs (firstn (length idx) ts)
        (gather (0, 0) b) gap). clear. induction idx as [|i l IH]; intros k K;
        inversion K; subst; constructor; auto.
    - intros j y E. rewrite gempty in E. discriminate.
  Qed.

  Definition pooled_by : neurons := {|
    fire := pfire; fireI := pfireI; rate := prate; lacks := placks;
    keeps := pkeeps; alone := fun _ => None; steer := psteer;
    fireI_ok := pfireI_ok; rate_ok := prate_ok; keeps_ok := pkeeps_ok;
    alone_ok := fun i s z (E : None = Some s) => ltac:(discriminate E) |}.
End Pooled.

(* ---- which accumulators a neuron has ---- *)

Fixpoint owned (i k : nat) (owners : list nat) : list nat :=
  match owners with
  | [] => []
  | o :: os => if (o =? i)%nat then k :: owned i (S k) os else owned i (S k) os
  end.
Definition found (o : nat) (m : t (list nat)) : list nat :=
  match find (key o) m with Some l => l | None => [] end.
(* All at once. *)
Fixpoint buckets (k : nat) (owners : list nat) : t (list nat) :=
  match owners with
  | [] => empty _
  | o :: os => let m := buckets (S k) os in add (key o) (k :: found o m) m
  end.
Lemma buckets_ok i owners : forall k,
  found i (buckets k owners) = owned i k owners.
Proof.
  unfold found. induction owners as [|o os IH]; intros k; cbn [buckets owned].
  - rewrite gempty. reflexivity.
  - destruct (Nat.eqb_spec o i) as [->|N].
    + rewrite gss. unfold found. rewrite IH. reflexivity.
    + rewrite gso by (intros E; apply key_inj in E; auto). apply IH.
Qed.

Definition is_nil {A} (l : list A) : bool :=
  match l with [] => true | _ => false end.
Definition members (n : nat) (owners : list nat) : list (list nat) :=
  let m := buckets 0 owners in List.map (fun i => found i m) (seq 0 n).

Lemma one_owner o x n : forall k, (k <= o < k + n)%nat ->
  lsum (List.map (fun i => if (o =? i)%nat then x else 0) (seq k n)) = x.
Proof.
  induction n as [|n IH]; intros k H; [lia|]. cbn [seq List.map lsum].
  destruct (Nat.eqb_spec o k) as [->|].
  - assert (E : forall j, (k < j)%nat -> lsum (List.map
      (fun i => if (k =? i)%nat then x else 0) (seq j n)) = 0).
    { clear. induction n as [|n IH]; intros j H; cbn; auto.
      rewrite IH by lia. destruct (Nat.eqb_spec k j); lia. }
    rewrite E by lia. lia.
  - rewrite IH; lia.
Qed.
Lemma members_sum n owners : forallb (fun o => (o <? n)%nat) owners = true ->
  same_sum (concat (members n owners)) (length owners).
Proof.
  intros H f. unfold members. cbv zeta.
  rewrite (map_ext _ (fun i => owned i 0 owners)) by (intros; apply buckets_ok).
  enough (G : forall k, lsum (List.map f (concat (List.map
    (fun i => owned i k owners) (seq 0 n))))
    = lsum (List.map f (seq k (length owners)))) by apply G.
  induction owners as [|o os IH]; intros k.
  - cbn. induction (seq 0 n); cbn; auto.
  - cbn [forallb] in H. apply andb_prop in H as [Ho H]. apply Nat.ltb_lt in Ho.
    cbn [length seq List.map lsum]. rewrite <- (IH H (S k)).
    rewrite <- (one_owner o (f k) n O) at 1 by lia. clear IH H Ho.
    induction (seq 0 n) as [|i l IH]; auto.
    cbn [List.map concat lsum]. rewrite !map_app, !lsum_app, IH. cbn [owned].
    destruct (Nat.eqb_spec o i); cbn [List.map lsum]; lia.
Qed.

Definition sizes_of (ms : list (list nat)) : list nat :=
  List.map (fun g => pred (length g)) ms.
(* None: a neuron without accumulators, or an accumulator without neuron. *)
Definition pooled_units (owners : list nat) (ss : list stair)
  : option neurons :=
  let n := length ss in
  let ms := members n owners in
  match Sumbool.sumbool_of_bool (forallb (fun o => (o <? n)%nat) owners) with
  | left H =>
    if existsb is_nil ms then None else
    Some (pooled_by (concat ms) (length owners) (members_sum n owners H)
            (combine (sizes_of ms) ss))
  | right _ => None
  end.

Lemma gfire_groups vs : forall ss, existsb is_nil vs = false ->
  gfire (combine (List.map (fun g => pred (length g)) vs) ss) (concat vs)
  = act ss (List.map largest vs).
Proof.
  induction vs as [|v vs IH]; intros ss H; [destruct ss; reflexivity|].
  destruct ss as [|s ss]; [reflexivity|].
  cbn in H. destruct v as [|a v]; [discriminate|]. cbn [is_nil orb] in H.
  cbn [List.map combine concat List.app length pred act gfire].
  change (a :: v ++ concat vs) with ((a :: v) ++ concat vs).
  rewrite firstn_app, skipn_app.
  change (length (a :: v)) with (S (length v)).
  rewrite Nat.sub_diag, firstn_O, app_nil_r.
  change (S (length v)) with (length (a :: v)).
  rewrite firstn_all, skipn_all. cbn [skipn List.app]. rewrite IH; auto.
Qed.
Lemma owned_values i owners : forall k (z : vec),
  (k + length owners <= length z)%nat ->
  List.map (fun j => nth j z 0) (owned i k owners)
  = List.map snd (filter (fun p => (fst p =? i)%nat)
      (combine owners (skipn k z))).
Proof.
  induction owners as [|o os IH]; intros k z H; auto. cbn [length] in H.
  assert (E : skipn k z = nth k z 0 :: skipn (S k) z).
  { clear -H. revert z H; induction k; intros [|a z] H; cbn in *; try lia;
      auto. apply IHk. lia. }
  rewrite E. cbn [owned combine filter fst].
  destruct (Nat.eqb_spec o i); cbn [List.map snd]; rewrite IH by lia;
    reflexivity.
Qed.

Theorem pooled_units_ok owners ss u z : pooled_units owners ss = Some u ->
  (length owners <= length z)%nat ->
  fire u z = act ss (pool owners (length ss) z).
Proof.
  unfold pooled_units. cbv zeta. intros E Hl.
  destruct (Sumbool.sumbool_of_bool _) as [H|]; [|discriminate].
  set (ms := members (length ss) owners) in *.
  destruct (existsb is_nil ms) eqn:En; [discriminate|].
  inversion E; subst u; clear E. cbn [pooled_by fire]. unfold pfire.
  rewrite shuffle_ok.
  set (vs := List.map (fun g => List.map (fun j => nth j z 0) g) ms).
  replace (List.map (fun i => nth i z 0) (concat ms)) with (concat vs)
    by (unfold vs; rewrite concat_map; reflexivity).
  replace (sizes_of ms) with (List.map (fun g => pred (length g)) vs).
  2: { unfold vs, sizes_of. rewrite map_map. apply map_ext. intros g.
       rewrite map_length. reflexivity. }
  rewrite gfire_groups.
  - unfold vs, ms, members, pool. cbv zeta. rewrite !map_map. f_equal.
    apply map_ext. intros i. rewrite buckets_ok, owned_values by lia.
    reflexivity.
  - rewrite <- En. unfold vs. clear. induction ms as [|g l IH]; auto.
    cbn [List.map existsb]. rewrite IH. destruct g; reflexivity.
Qed.
