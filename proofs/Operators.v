(* Operators: dense and sparse matrices, and operators made of operators.

   Sparse rows are the specification of any linear operator. A convolution is a
   sum over its taps of shifted planes: compositions, sums and skips of
   others. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Graph.
Import ListNotations.
Open Scope Z_scope.

(* ---- dense: rows of weights ---- *)
Fixpoint dense_t (rows : list vec) (lam m : vec) : vec :=
  match rows, lam with
  | r :: rows', l :: lam' =>
    dense_t rows' lam' (if l =? 0 then m else axpy l m r)
  | _, _ => m
  end.

Fixpoint row_range (r : vec) (b : box) (dn up : Z) : Z * Z :=
  match r, b with
  | w :: r', (l, u) :: b' =>
    if w <? 0 then row_range r' b' (dn + w * u) (up + w * l)
    else row_range r' b' (dn + w * l) (up + w * u)
  | _, _ => (dn, up)
  end.

Lemma dense_t_ok rows : forall lam m a,
  dot (dense_t rows lam m) a = dot m a + dot lam (map (fun r => dot r a) rows).
Proof.
  induction rows as [|r rows IH]; intros [|l lam] m a; cbn; try lia.
  rewrite IH. destruct (Z.eqb_spec l 0) as [->|]; rewrite ?dot_axpy; lia.
Qed.

Lemma row_range_ok b a : inB b a -> forall r dn up s, dn <= s <= up ->
  inI (row_range r b dn up) (s + dot r a).
Proof.
  induction 1 as [|[l u] z b a Hz H IH]; intros [|w r] dn up s Hs; cbn;
    try (unfold inI; cbn; lia).
  unfold inI in Hz; cbn in Hz. rewrite Z.add_assoc.
  destruct (Z.ltb_spec w 0); apply IH; nia.
Qed.

Lemma dense_range_ok rows b a : inB b a ->
  inB (map (fun r => row_range r b 0 0) rows) (map (fun r => dot r a) rows).
Proof.
  intros H; induction rows as [|r rows IH]; cbn; constructor; auto.
  apply (row_range_ok b a H r 0 0 0). lia.
Qed.

Definition dense (rows : list vec) : op := {|
  apply := fun a => map (fun r => dot r a) rows;
  transp := dense_t rows;
  range := fun b => map (fun r => row_range r b 0 0) rows;
  transp_ok := dense_t_ok rows; range_ok := dense_range_ok rows |}.

(* ---- any operator: rows of (input, weight), its specification ---- *)
Definition srow_t (l : Z) (r : taps) (m : vec) : vec :=
  fold_left (fun m t => upd (fst t) (Z.add (l * snd t)) 0 m) r m.
Fixpoint srange (r : taps) (b : box) : Z * Z :=
  match r with
  | [] => (0, 0)
  | (i, w) :: r' =>
    let j := nth i b (0, 0) in let s := srange r' b in
    if w <? 0 then (w * snd j + fst s, w * fst j + snd s)
    else (w * fst j + fst s, w * snd j + snd s)
  end.
Fixpoint sparse_t (rows : list taps) (lam m : vec) : vec :=
  match rows, lam with
  | r :: rows', l :: lam' =>
    sparse_t rows' lam' (if l =? 0 then m else srow_t l r m)
  | _, _ => m
  end.

Lemma dot_upd k i
  : forall m a, dot (upd i (Z.add k) 0 m) a = dot m a + k * nth i a 0.
Proof.
  induction i as [|i IH]; intros [|x m] [|b a]; cbn; rewrite ?IH; cbn; lia.
Qed.
Lemma srow_t_ok l r : forall m a, dot (srow_t l r m) a = dot m a + l * pick r a.
Proof.
  unfold srow_t; induction r as [|[i w] r IH]; intros m a; cbn; [lia|].
  rewrite IH, dot_upd. ring.
Qed.
Lemma sparse_t_ok rows : forall lam m a,
  dot (sparse_t rows lam m) a
  = dot m a + dot lam (map (fun r => pick r a) rows).
Proof.
  induction rows as [|r rows IH]; intros [|l lam] m a; cbn; try lia.
  rewrite IH. destruct (Z.eqb_spec l 0) as [->|]; rewrite ?srow_t_ok; lia.
Qed.
Lemma srange_ok b a r : inB b a -> inI (srange r b) (pick r a).
Proof.
  intros H; induction r as [|[i w] r IH]; cbn; [unfold inI; cbn; lia|].
  assert (Hi : inI (nth i b (0, 0)) (nth i a 0)) by (apply nth_F2; auto;
    unfold inI; cbn; lia).
  unfold inI in *. destruct (Z.ltb_spec w 0); cbn; nia.
Qed.

Lemma sparse_range_ok rows b a : inB b a ->
  inB (map (fun r => srange r b) rows) (map (fun r => pick r a) rows).
Proof.
  intros; induction rows; cbn; constructor; auto. apply srange_ok; auto.
Qed.

Definition sparse (rows : list taps) : op := {|
  apply := fun a => map (fun r => pick r a) rows;
  transp := sparse_t rows;
  range := fun b => map (fun r => srange r b) rows;
  transp_ok := sparse_t_ok rows; range_ok := sparse_range_ok rows |}.

(* ---- operators from operators ---- *)
Definition op_comp (f g : op) : op. (* f after g *)
Proof.
  refine {| apply := fun a => apply f (apply g a);
    range := fun b => range f (range g b);
            transp := fun lam m => transp g (transp f lam []) m |}.
  - intros lam m a. rewrite transp_ok, transp_ok. cbn. lia.
  - intros b a H. apply range_ok, range_ok, H.
Defined.

Definition op_sum (f g : op) : op.
Proof.
  refine {| apply := fun a => vadd (apply f a) (apply g a);
    range := fun b => iadd (range f b) (range g b);
            transp := fun lam m => transp f lam (transp g lam m) |}.
  - intros lam m a. rewrite !transp_ok, dot_vadd_r. lia.
  - intros b a H. apply iadd_ok; apply range_ok, H.
Defined.

(* leave out the first k; its adjoint puts k zeros before *)
Lemma dot_app0 k lam a : dot (repeat 0 k ++ lam) a = dot lam (skipn k a).
Proof.
  revert a; induction k; intros [|x a]; cbn; rewrite ?dot_nil_r, ?IHk; auto.
Qed.
Definition op_skip (k : nat) : op.
Proof.
  refine {| apply := skipn k; range := skipn k;
    transp := fun lam m => vadd m (repeat 0 k ++ lam) |}.
  - intros. rewrite dot_vadd, dot_app0. reflexivity.
  - intros b a H. revert b a H; induction k; intros b a H; cbn; auto.
      destruct H; cbn; auto.
Defined.
