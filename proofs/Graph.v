(* Networks as graphs of abstract blocks, and intervals through them (rule 2).

   A block knows of its operators only an adjoint and an interval map, of its
   neurons only intervals, and terms of the dual bound. What is proved here and
   in the files on top of it holds for every network that is made of such parts.
   Lists of blocks, of vectors and of boxes have the latest block first and the
   input last. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Neurons Tighten.
Import ListNotations.
Open Scope Z_scope.

(* A linear map with its adjoint and its interval map. *)
Record op := {
  apply : vec -> vec;
  transp : vec -> vec -> vec; (* transp lambda m = m + M^T lambda *)
  range : box -> box;
  transp_ok : forall lam m a,
    dot (transp lam m) a = dot m a + dot lam (apply a);
  range_ok : forall b a, inB b a -> inB (range b) (apply a) }.

(* The neurons of a block: activations of accumulators. `rate` gives a term to
   each accumulator, for weights mu of the activations, c and l of accumulators;
   `lacks` says by how much terms are below their maxima. *)
Record neurons := {
  fire : vec -> vec;
  fireI : box -> box;
  rate : box -> vec -> vec -> vec -> list term;
  lacks : list term -> vec -> list Z;
  keeps : list term -> box -> Z -> box;
  alone : nat -> option stair; (* of an accumulator that is a neuron *)
  steer : vec -> vec; (* mu of each accumulator's neuron: a hint *)
  fireI_ok : forall b z, inB b z -> inB (fireI b) (fire z);
  rate_ok : forall b z mu c l, inB b z ->
    let ts := rate b mu c l in
    Forall (fun s => 0 <= s) (lacks ts z) /\
    tsum ts - (dot mu (fire z) + dot c z - dot l z) = lsum (lacks ts z);
  keeps_ok : forall gap b z ts, inB b z ->
    Forall (fun s => s <= gap) (lacks ts z) -> inB (keeps ts b gap) z;
  alone_ok : forall i s z, alone i = Some s -> (i < length z)%nat ->
    nth i (fire z) 0 = app s (nth i z 0) }.

(* An accumulator each. *)
Definition each (ss : list stair) : neurons := {|
  fire := act ss; fireI := actI ss; rate := nterms ss; lacks := slacks ss;
  keeps := keepbox ss; alone := nth_error ss; steer := fun mu => mu;
  fireI_ok := actI_ok ss;
  rate_ok := fun b z mu c l H => nterms_ok b z H ss mu c l;
  keeps_ok := fun gap b z ts H => keepbox_ok gap b z H ss ts;
  alone_ok := fun i s z => act_nth ss z i s |}.

(* ---- networks ---- *)

Record block := {
  bterms : list (nat * op); (* sources are counted backwards *)
  bias : vec;
  units : neurons }.
Definition net := list block.

(* Accumulators from activations so far. *)
Definition acc (b : block) (e : list vec) : vec :=
  fold_right (fun t z => vadd (apply (snd t) (nth (fst t) e [])) z) (bias b)
    (bterms b).

(* Activations, and accumulators, at input x. *)
Fixpoint env (n : net) (x : vec) : list vec :=
  match n with
  | [] => [x]
  | b :: n' => let e := env n' x in fire (units b) (acc b e) :: e
  end.

Fixpoint zs (n : net) (x : vec) : list vec :=
  match n with [] => [x] | b :: n' => acc b (env n' x) :: zs n' x end.

(* An interval for every accumulator, and for every input. *)
Notation region := (list box).
Definition inR (R : region) (n : net) (x : vec) : Prop :=
  Forall2 inB R (zs n x).

(* ---- interval propagation ---- *)

Definition accI (b : block) (e : list box) : box :=
  fold_right (fun t z => iadd (range (snd t) (nth (fst t) e [])) z)
    (points (bias b)) (bterms b).

(* The flags say which blocks changed since their consumers looked. They are
   hints: whatever they are, the result is sound. *)
Fixpoint prop (n : net) (R : region) (d : list bool)
  : region * list box * list bool :=
  match n, R with
  | b :: n', bx :: R' =>
    let '(R1, e, d1) := prop n' R' (tl d) in
    let own := hd false d in
    if existsb (fun t => nth (fst t) d1 false) (bterms b) then
      let nb := meet bx (accI b e) in
      (nb :: R1, fireI (units b) nb :: e, (own || negb (box_eq nb bx)) :: d1)
    else (bx :: R1, fireI (units b) bx :: e, own :: d1)
  | _, _ => (R, R, d)
  end.

Lemma accI_ok b e v : Forall2 inB e v -> inB (accI b e) (acc b v).
Proof.
  intros H. unfold accI, acc. induction (bterms b) as [|t ts IH]; cbn.
  - apply points_ok.
  - apply iadd_ok; auto. apply range_ok. apply nth_F2; auto.
Qed.

Lemma prop_ok n x : forall R d R' e d', inR R n x -> prop n R d = (R', e, d') ->
  inR R' n x /\ Forall2 inB e (env n x).
Proof.
  induction n as [|b n IH]; intros R d R' e d' H E; unfold inR in *; cbn in *.
  - assert (R' = R /\ e = R) as [-> ->] by (destruct R; inversion E; auto).
      auto.
  - inversion H as [|bx z R0 zz Hb HR]; subst.
    destruct (prop n R0 (tl d)) as [[R1 e1] d1] eqn:E1.
    destruct (IH _ _ _ _ _ HR E1) as [H1 H2].
    destruct (existsb _ _); inversion E; subst; clear E.
    + assert (inB (meet bx (accI b e1)) (acc b (env n x))).
      { apply meet_ok; auto. apply accI_ok; auto. }
      split; constructor; auto. apply fireI_ok; auto.
    + split; constructor; auto. apply fireI_ok; auto.
Qed.

(* ---- the first blocks of a network ---- *)

Lemma zs_skipn x : forall d n, (d <= length n)%nat ->
  zs (skipn d n) x = skipn d (zs n x).
Proof.
  induction d; intros [|b n] H; cbn in *; auto; try lia. apply IHd; lia.
Qed.
Lemma env_skipn x : forall d n, (d <= length n)%nat ->
  env (skipn d n) x = skipn d (env n x).
Proof.
  induction d; intros [|b n] H; cbn in *; auto; try lia. apply IHd; lia.
Qed.
