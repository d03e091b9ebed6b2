(* The checker: a claim about a plain network, and the theorem about it.

   `well_formed` says that the sizes fit; `compile` turns plain layers into
   blocks, of which Graph.env provably says the same (`env_compile`). *)
From Coq Require Import ZArith List Lia Bool Ascii.
From Rampart Require Import Network Vectors Neurons Graph Pools Convolutions
  Operators Staircases Steps Parts Tree.
Import ListNotations.
Open Scope Z_scope.

(* ---- what fits ---- *)

(* Numbers of a shape are at most this, so that places of inputs stay small. *)
Definition most_size : Z := 16777216.
Definition product (l : list nat) : Z :=
  fold_right (fun n p => Z.of_nat n * p) 1 l.
Definition shape_fits (n_out n_in : nat) (s : shape) : bool :=
  forallb (fun n => (1 <=? Z.of_nat n) && (Z.of_nat n <=? most_size))
    [in_h s; in_w s; in_c s; out_h s; out_w s; out_c s; kernel_h s; kernel_w s;
     stride_h s; stride_w s; dilation_h s; dilation_w s; groups s] &&
  forallb (fun n => Z.of_nat n <=? most_size) [pad_top s; pad_left s] &&
  (product [in_h s; in_w s; in_c s] =? Z.of_nat n_in) &&
  (product [out_h s; out_w s; out_c s] =? Z.of_nat n_out) &&
  (product [groups s; per_group s] =? Z.of_nat (in_c s)) &&
  (product [groups s; out_c s / groups s]%nat =? Z.of_nat (out_c s)).

(* A matrix of so many rows over so many inputs. *)
Definition matrix_fits (n_out n_in : nat) (m : matrix) : bool :=
  match m with
  | Dense rows => (length rows =? n_out)%nat &&
      forallb (fun r => (length r =? n_in)%nat) rows
  | Sparse rows => (length rows =? n_out)%nat &&
      forallb (forallb (fun t => (fst t <? n_in)%nat)) rows
  | Conv s kernels => shape_fits n_out n_in s &&
      (length kernels =? out_c s)%nat &&
      forallb (fun k => Z.of_nat (length k) =?
        product [kernel_h s; kernel_w s; per_group s]) kernels
  | Select columns weights =>
      (length columns =? n_out)%nat && (length weights =? n_out)%nat &&
      forallb (fun c =>
        match c with Some i => (i <? n_in)%nat | None => true end) columns
  end.

(* Greater ones would mean the same, but 2^s has to be computed. *)
Definition most_shift : Z := 64.
Definition kind_fits (k : staircase) : bool :=
  match k with Shift s _ _ => s <=? most_shift | Table _ _ => true end.

(* sizes: of what there is so far, the latest first *)
Definition layer_fits (sizes : list nat) (l : layer) : bool :=
  let n := length (biases l) in
  (0 <? n)%nat &&
  match pools l with
  | [] => (length (which l) =? n)%nat
  | ps => (length ps =? n)%nat
  end &&
  forallb (fun k => (k <? length (kinds l))%nat) (which l) &&
  forallb (fun t => (fst t <? length sizes)%nat &&
                    matrix_fits n (nth (fst t) sizes O) (snd t)) (terms l) &&
  forallb kind_fits (kinds l).
Fixpoint layers_fit (sizes : list nat) (ls : list layer) : bool :=
  match ls with
  | [] => true
  | l :: ls' =>
    layer_fits sizes l && layers_fit (length (which l) :: sizes) ls'
  end.
Definition network_fits (g : network) : bool :=
  (0 <? inputs g)%nat && layers_fit [inputs g] (layers g).

Definition is_input (g : network) (x : vec) : bool :=
  (length x =? inputs g)%nat &&
  forallb (fun a => (0 <=? a) && (a <=? greatest g)) x.
Definition n_classes (g : network) : nat :=
  match rev (layers g) with l :: _ => length (which l) | [] => O end.
Fixpoint between (least w most : vec) : bool :=
  match least, w, most with
  | l :: least', a :: w', u :: most' =>
    (l <=? a) && (a <=? u) && between least' w' most'
  | _, _, _ => true
  end.
(* The sample lies in its neighbourhood, so that no claim is about no input. *)
Definition claim_fits (g : network) (c : claim) : bool :=
  network_fits g && is_input g (input c) && (label c <? n_classes g)%nat &&
  match within c with
  | Ball r => 0 <=? r
  | Box l u => (length l =? inputs g)%nat && (length u =? inputs g)%nat &&
      between l (input c) u
  end.

(* ---- blocks ---- *)

Definition op_of (m : matrix) : op :=
  match m with
  | Dense rows => dense rows
  | Sparse rows => of_rows rows
  | Conv s kernels => of_rows (conv_rows s kernels)
  | Select columns weights => of_rows (select_rows columns weights)
  end.
(* None: steps of no length, ends crossed, thresholds that do not ascend *)
Definition stair_of (s : staircase) : option ostair :=
  match s with
  | Shift s lo hi =>
    match Z_lt_dec 0 (2 ^ s), Z_le_dec lo hi with
    | left Hu, left Hl => Some (even_out (2 ^ s) (2 ^ s / 2) lo hi Hu Hl)
    | _, _ => None
    end
  | Table lo ts =>
    match ascends_dec ts with
    | left H => Some (table_out lo ts H)
    | right _ => None
    end
  end.
Definition kind_of (l : layer) (k : nat) : staircase :=
  nth k (kinds l) (Shift 0 0 0).
Definition op_terms (l : layer) : list (nat * op) :=
  map (fun t => (fst t, op_of (snd t))) (terms l).
(* The staircase of each neuron. *)
Definition stairs_of (l : layer) : option (list ostair) :=
  match all_some stair_of (kinds l) with
  | Some os => Some (map (fun k => nth k os flat_out) (which l))
  | None => None
  end.
Definition units_for (l : layer) (ss : list stair) : option neurons :=
  match pools l with
  | [] => Some (each ss)
  | ps => if (length ps =? length (biases l))%nat then pooled_units ps ss
          else None
  end.
Definition block_of (l : layer) : option block :=
  match stairs_of l with
  | Some os =>
    match units_for l (map st os) with
    | Some u => Some {| bterms := op_terms l; bias := biases l; units := u |}
    | None => None
    end
  | None => None
  end.

Record compiled := { outs : list ostair; last : layer; inner : net }.
(* None also: outputs that are pools. *)
Definition compile (g : network) : option compiled :=
  match rev (layers g) with
  | [] => None
  | l :: ls =>
    match stairs_of l, all_some block_of ls, pools l with
    | Some os, Some n, [] => Some {| outs := os; last := l; inner := n |}
    | _, _, _ => None
    end
  end.
Definition net_of (c : compiled) : net :=
  full (outs c) (op_terms (last c)) (biases (last c)) (inner c).

(* ---- the checker ---- *)

(* The input region of a claim, or of the greater ball that a proof is about. *)
Fixpoint clip (hi : Z) (least most : vec) : box :=
  match least, most with
  | l :: least', u :: most' => (Z.max 0 l, Z.min hi u) :: clip hi least' most'
  | _, _ => []
  end.
Definition start_box (g : network) (c : claim) (r : Z) : box :=
  match within c with
  | Ball _ =>
    map (fun p => (Z.max 0 (p - r), Z.min (greatest g) (p + r))) (input c)
  | Box least most => clip (greatest g) least most
  end.

(* A proof about radius r, which is that of the claim or greater. *)
Definition check_robust_claim {A} (g : network) (k : compiled) (c : claim)
  (r : Z)
  (fuel : nat) (more : A -> source A) (a : A) : bool :=
  claim_fits g c &&
  match within c with Ball r0 => r0 <=? r | Box _ _ => true end &&
  check_robust (outs k) (op_terms (last k)) (biases (last k)) (inner k)
    (start_box g c r) (label c) fuel more a.

Fixpoint near (r : Z) (x w : vec) : bool :=
  match x, w with
  | a :: x', b :: w' => (Z.abs (b - a) <=? r) && near r x' w'
  | _, _ => true
  end.
Definition is_inside (g : network) (c : claim) (w : vec) : bool :=
  is_input g w &&
  match within c with
  | Ball r => near r (input c) w && (distance (input c) w =? r)
  | Box least most => between least w most
  end.

(* What needs no proof: networks are run. *)
Definition check_replay (g : network) (k : compiled) (c : claim) : bool :=
  claim_fits g c &&
  let is_right x := (predict (net_of k) x =? label c)%nat in
  match says c with
  | Robust => false
  | Violated w => is_right (input c) && is_inside g c w && negb (is_right w)
  | Misclassified => negb (is_right (input c))
  end.

(* ---- blocks say what layers say ---- *)

Lemma table_sigma ts : ascends ts -> forall a z,
  reach a ts z = a + Z.of_nat (length (filter (fun t => t <=? z) ts)).
Proof.
  induction ts as [|t ts IH]; intros H a z; cbn [reach filter]; [cbn; lia|].
  pose proof (IH (ascends_tl _ _ H) (a + 1) z) as E.
  destruct (Z.leb_spec t z); cbn [length]; [lia|].
  assert (F : filter (fun t => t <=? z) ts = []).
  { apply ascend_all in H. clear -H H0.
    induction H as [|s ts Hs _ IH]; cbn; auto.
    destruct (Z.leb_spec s z); [lia|auto]. }
  rewrite F. cbn. lia.
Qed.
Lemma stair_of_ok s o z : stair_of s = Some o -> app (st o) z = sigma s z.
Proof.
  destruct s as [s lo hi|lo ts]; cbn [stair_of]; intros E.
  - destruct (Z_lt_dec 0 (2 ^ s)); [|discriminate].
    destruct (Z_le_dec lo hi); [|discriminate]. inversion E; subst. reflexivity.
  - destruct (ascends_dec ts) as [H|]; [|discriminate]. inversion E; subst.
    apply table_sigma, H.
Qed.

Lemma op_of_ok m a : apply (op_of m) a = weigh m a.
Proof.
  destruct m; cbn [op_of weigh]; try reflexivity; rewrite of_rows_ok;
    auto using conv_rows_ok, select_rows_ok.
Qed.
Lemma acc_op_terms l e b : bterms b = op_terms l -> bias b = biases l ->
  acc b e = accumulate l e.
Proof.
  intros Et Eb. unfold acc, accumulate. rewrite Et, Eb. unfold op_terms.
  induction (terms l) as [|[i m] ts IH]; cbn [map fold_right fst snd]; auto.
  rewrite IH, op_of_ok. reflexivity.
Qed.

Lemma act_stairs ks os : all_some stair_of ks = Some os -> forall ws z,
  act (map st (map (fun k => nth k os flat_out) ws)) z =
  map (fun p => sigma (nth (fst p) ks (Shift 0 0 0)) (snd p)) (combine ws z).
Proof.
  intros E. apply all_some_map in E.
  induction ws as [|k ws IH]; intros [|a z]; cbn; auto. rewrite IH. f_equal.
  clear -E. revert k; induction E as [|s o ks os Hs E IH]; intros [|k]; cbn;
    auto using stair_of_ok; unfold tb; cbn; lia.
Qed.

Lemma stairs_of_length l os : stairs_of l = Some os ->
  length (map st os) = length (which l).
Proof.
  unfold stairs_of. destruct (all_some _ (kinds l)); [|discriminate].
  intros E; inversion E. rewrite !map_length. reflexivity.
Qed.
Lemma block_of_ok l b e : block_of l = Some b ->
  fire (units b) (acc b e) = activate l (accumulate l e).
Proof.
  unfold block_of. destruct (stairs_of l) as [os|] eqn:Eo; [|discriminate].
  pose proof (stairs_of_length l os Eo) as Ls. unfold stairs_of in Eo.
  destruct (all_some _ (kinds l)) as [ks|] eqn:Es; [|discriminate].
  inversion Eo; subst; clear Eo.
  destruct (units_for l _) as [u|] eqn:Eu; [|discriminate].
  intros E; inversion E; subst; clear E. cbn [units].
  match goal with |- fire u (acc ?c e) = _ => set (b := c) end.
  assert (Ea : acc b e = accumulate l e) by (apply acc_op_terms; reflexivity).
  pose proof (acc_length b e) as La. rewrite Ea in La |- *. cbn [bias b] in La.
  unfold activate, pooled. unfold units_for in Eu.
  destruct (pools l) as [|p ps] eqn:Ep.
  - inversion Eu; subst. cbn [each fire]. apply act_stairs; auto.
  - destruct (Nat.eqb_spec (length (p :: ps)) (length (biases l)))
      as [Lp|]; [|discriminate].
    rewrite (pooled_units_ok _ _ _ _ Eu), Ls by (rewrite Lp; exact La).
    apply act_stairs; auto.
Qed.

Definition values (ls : list layer) (x : vec) : list vec :=
  fold_right (fun l v => activate l (accumulate l v) :: v) [x] ls.
Lemma env_compile ls x : forall n, all_some block_of ls = Some n ->
  env n x = values ls x.
Proof.
  induction ls as [|l ls IH]; intros n E; cbn in E.
  - inversion E; reflexivity.
  - destruct (block_of l) as [b|] eqn:Eb; [|discriminate].
    destruct (all_some block_of ls) as [n'|]; [|discriminate].
    inversion E; subst. cbn. rewrite (IH _ eq_refl), (block_of_ok _ _ _ Eb).
      reflexivity.
Qed.

Lemma outputs_values g x : outputs g x = hd [] (values (rev (layers g)) x).
Proof. unfold outputs, values. rewrite fold_left_rev_right. reflexivity. Qed.

Lemma predict_class g k x : compile g = Some k ->
  predict (net_of k) x = class g x.
Proof.
  unfold compile, class. intros E. rewrite outputs_values.
  destruct (rev (layers g)) as [|l ls]; [discriminate|].
  destruct (stairs_of l) as [os|] eqn:Eo; [|discriminate].
  destruct (all_some block_of ls) as [n|] eqn:En; [|discriminate].
  destruct (pools l) as [|p ps] eqn:Ep; [|discriminate].
  inversion E; subst; clear E.
  assert (Eb : block_of l = Some (hd {| bterms := []; bias := [];
    units := each [] |} (net_of {| outs := os; last := l; inner := n |})))
    by (unfold block_of, units_for; rewrite Eo, Ep; reflexivity).
  change (values (l :: ls) x) with
    (activate l (accumulate l (values ls x)) :: values ls x).
  rewrite <- (env_compile _ _ _ En), <- (block_of_ok _ _ (env n x) Eb).
  reflexivity.
Qed.

(* ---- soundness ---- *)

Lemma is_input_ok g x : is_input g x = true -> length x = inputs g /\
  forall i, (i < inputs g)%nat -> 0 <= nth i x 0 <= greatest g.
Proof.
  unfold is_input. intros H. apply andb_prop in H as [Hl H].
  apply Nat.eqb_eq in Hl. split; auto. intros i Hi. rewrite <- Hl in Hi.
    clear Hl.
  rewrite forallb_forall in H. specialize (H _ (nth_In x 0 Hi)). lia.
Qed.

Lemma near_ok r : forall x w, length w = length x -> near r x w = true ->
  forall i, (i < length x)%nat -> Z.abs (nth i w 0 - nth i x 0) <= r.
Proof.
  induction x as [|a x IH]; intros [|b w] Hl H i Hi; cbn in *; try lia.
  apply andb_prop in H as [H1 H2]. destruct i as [|i]; [lia|]. apply IH; auto;
    lia.
Qed.
Lemma between_ok : forall l w u, length l = length w -> length u = length w ->
  between l w u = true ->
  forall i, (i < length w)%nat -> nth i l 0 <= nth i w 0 <= nth i u 0.
Proof.
  induction l as [|p l IH]; intros [|a w] [|q u] Hl Hu H i Hi; cbn in *;
    try lia.
  apply andb_prop in H as [H1 H2]. apply andb_prop in H1 as [H0 H1].
  destruct i as [|i]; [lia|]. apply IH; auto; lia.
Qed.

Lemma claim_fits_ok g c : claim_fits g c = true ->
  network_fits g = true /\ is_input g (input c) = true /\
  match within c with
  | Ball _ => True
  | Box l u => length l = inputs g /\ length u = inputs g
  end.
Proof.
  unfold claim_fits. intros H. apply andb_prop in H as [H H4].
  apply andb_prop in H as [H H3]. apply andb_prop in H as [H1 H2]. repeat split;
    auto.
  destruct (within c); auto. apply andb_prop in H4 as [H4 _].
  apply andb_prop in H4 as [H4 H5].
  apply Nat.eqb_eq in H4, H5. auto.
Qed.

Theorem sample_inside g c : claim_fits g c = true -> inside g c (input c).
Proof.
  intros H. destruct (claim_fits_ok g c H) as (_ & I & _).
  destruct (is_input_ok _ _ I) as [L R]. unfold claim_fits in H.
  apply andb_prop in H as [_ H]. split; auto. intros i Hi. split; auto.
  destruct (within c) as [r|l u]; [lia|]. apply andb_prop in H as [H B].
  apply andb_prop in H as [Hl Hu]. apply Nat.eqb_eq in Hl, Hu.
  apply between_ok; auto; lia.
Qed.

Theorem check_replay_ok g k c : compile g = Some k ->
  check_replay g k c = true -> holds g c.
Proof.
  unfold check_replay, holds. intros Ek H. apply andb_prop in H as [F H].
  cbv zeta in H.
  destruct (claim_fits_ok g c F) as (_ & I & S).
  destruct (says c) as [|w|]; [discriminate| |];
    rewrite !(predict_class g k) in H by exact Ek.
  - apply andb_prop in H as [H H3]. apply andb_prop in H as [H1 H2].
    unfold is_inside in H2. apply andb_prop in H2 as [I2 H2].
    destruct (is_input_ok _ _ I) as [Lx Ix].
      destruct (is_input_ok _ _ I2) as [Lw Iw].
    apply Nat.eqb_eq in H1. apply negb_true_iff, Nat.eqb_neq in H3.
    unfold inside. repeat split; auto; try (intros; apply Iw; auto).
    + destruct (within c) as [r|l u].
      * apply andb_prop in H2 as [H2 _]. apply near_ok; auto; lia.
      * destruct S as [Sl Su]. intros; apply between_ok; auto; lia.
    + destruct (within c); auto. apply andb_prop in H2 as [_ H2]. lia.
  - apply negb_true_iff, Nat.eqb_neq in H. exact H.
Qed.

Lemma ball_ok r0 r hi : r0 <= r -> forall x0 x, length x = length x0 ->
  (forall i, (i < length x0)%nat ->
     0 <= nth i x 0 <= hi /\ Z.abs (nth i x 0 - nth i x0 0) <= r0) ->
  inB (map (fun p => (Z.max 0 (p - r), Z.min hi (p + r))) x0) x.
Proof.
  intros Hr; induction x0 as [|p x0 IH]; intros [|q x] Hl H; cbn in *;
    try discriminate;
    constructor.
  - specialize (H O ltac:(lia)). cbn in H. unfold inI; cbn. lia.
  - apply IH; [lia|]. intros i Hi. apply (H (S i)). lia.
Qed.
Lemma clip_ok hi : forall l u x, length l = length x -> length u = length x ->
  (forall i, (i < length x)%nat ->
     0 <= nth i x 0 <= hi /\ nth i l 0 <= nth i x 0 <= nth i u 0) ->
  inB (clip hi l u) x.
Proof.
  induction l as [|p l IH]; intros [|q u] [|a x] Hl Hu H; cbn in *;
    try discriminate;
    constructor.
  - specialize (H O ltac:(lia)). cbn in H. unfold inI; cbn. lia.
  - apply IH; try lia. intros i Hi. apply (H (S i)). lia.
Qed.

Theorem check_robust_claim_ok {A} g k c r fuel (more : A -> source A) a :
  compile g = Some k -> says c = Robust ->
  check_robust_claim g k c r fuel more a = true -> holds g c.
Proof.
  unfold check_robust_claim, holds. intros Ek -> H x [Lx Hx].
  apply andb_prop in H as [H H3]. apply andb_prop in H as [H1 H2].
  destruct (claim_fits_ok _ _ H1) as (F & I & S).
  destruct (is_input_ok _ _ I) as [L0 _].
  rewrite <- (predict_class g k x Ek).
  refine (check_robust_ok _ _ _ _ _ _ _ _ _ _ H3 _).
  unfold start_box. destruct (within c) as [r0|l u].
  - apply (ball_ok r0); [lia|lia|]. intros i Hi. apply Hx. lia.
  - destruct S as [Sl Su]. apply clip_ok; try lia. intros i Hi. apply Hx. lia.
Qed.
