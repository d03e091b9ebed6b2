(* Vectors and boxes: the arithmetic under everything else.

   A list stands for itself followed by zeros, so that no lemma needs lengths. A
   box is a list of intervals; an empty interval has its ends crossed. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network.
Import ListNotations.
Open Scope Z_scope.

Notation box := (list (Z * Z)).

(* ---- vectors ---- *)

Fixpoint axpy (k : Z) (u v : vec) : vec := (* u + k v *)
  match v with
  | [] => u
  | b :: v' => match u with
               | [] => k * b :: axpy k [] v'
               | a :: u' => a + k * b :: axpy k u' v'
               end
  end.

Lemma dot_nil_r u : dot u [] = 0. Proof. destruct u; reflexivity. Qed.

Lemma dot_vadd u v a : dot (vadd u v) a = dot u a + dot v a.
Proof.
  revert v a; induction u as [|x u IH]; intros [|y v] [|b a]; cbn; try lia.
  rewrite IH; lia.
Qed.

Lemma dot_vadd_r l u v : dot l (vadd u v) = dot l u + dot l v.
Proof.
  revert u v; induction l as [|x l IH]; intros [|a u] [|b v]; cbn; try lia.
  rewrite IH; lia.
Qed.

Lemma dot_axpy k u v a : dot (axpy k u v) a = dot u a + k * dot v a.
Proof.
  revert u a; induction v as [|y v IH]; intros u a; cbn.
  - lia.
  - destruct u as [|x u], a as [|b a]; cbn; try lia; rewrite IH; cbn; lia.
Qed.

(* k times the unit vector of entry i *)
Definition unitv (i : nat) (k : Z) : vec := repeat 0 i ++ [k].
Lemma dot_unitv i k z : dot (unitv i k) z = k * nth i z 0.
Proof.
  unfold unitv; revert z; induction i; intros [|a z]; cbn;
    rewrite ?dot_nil_r, ?IHi; try lia.
Qed.

Lemma dot_map u v z : dot (map (Z.mul u) v) z = u * dot v z.
Proof. revert z; induction v; intros [|b z]; cbn; rewrite ?IHv; try lia. Qed.

Lemma dot_hd_tl u a v : dot u (a :: v) = hd 0 u * a + dot (tl u) v.
Proof. destruct u; cbn; lia. Qed.

(* ---- sums of what is not negative: none is greater than the sum ---- *)

Fixpoint lsum (l : list Z) : Z :=
  match l with [] => 0 | a :: l' => a + lsum l' end.
Lemma lsum_app a b : lsum (a ++ b) = lsum a + lsum b.
Proof. induction a; cbn; lia. Qed.
Lemma lsum_ge l : Forall (fun s => 0 <= s) l -> 0 <= lsum l.
Proof. induction 1; cbn; lia. Qed.
Lemma lsum_each l g : Forall (fun s => 0 <= s) l -> lsum l <= g ->
  Forall (fun s => s <= g) l.
Proof.
  intros H; revert g; induction H as [|s l Hs H IH]; cbn; intros g Hg;
    constructor.
  - pose proof (lsum_ge _ H); lia.
  - eapply Forall_impl; [|apply (IH (g - s)); lia]. cbn; lia.
Qed.

(* ---- boxes ---- *)

Definition inI (i : Z * Z) (z : Z) : Prop := fst i <= z <= snd i.
Notation inB := (Forall2 inI).

Fixpoint iadd (b c : box) : box :=
  match b, c with
  | [], _ => c | _, [] => b
  | (l, u) :: b', (m, v) :: c' => (l + m, u + v) :: iadd b' c'
  end.

Lemma iadd_ok b c u v : inB b u -> inB c v -> inB (iadd b c) (vadd u v).
Proof.
  intros H; revert c v; induction H as [|[l h] z b u Hz H IH]; intros c v Hc;
    cbn; auto.
  destruct Hc as [|[m w] y c v Hy Hc]; cbn; constructor; auto.
  unfold inI in *; cbn in *; lia.
Qed.

Fixpoint meet (b c : box) : box :=
  match b, c with
  | (l, u) :: b', (m, v) :: c' => (Z.max l m, Z.min u v) :: meet b' c'
  | _, _ => b
  end.

Lemma meet_ok b c z : inB b z -> inB c z -> inB (meet b c) z.
Proof.
  intros H; revert c; induction H as [|[l u] a b z Ha H IH]; intros c Hc; cbn.
  - constructor.
  - inversion Hc as [|[m v] ? ? ? Hm Hc']; subst. constructor; auto.
    unfold inI in *; cbn in *; lia.
Qed.

(* The box of one vector. *)
Definition points (v : vec) : box := map (fun a => (a, a)) v.
Lemma points_ok v : inB (points v) v.
Proof. induction v; cbn; constructor; auto. unfold inI; cbn; lia. Qed.

Fixpoint box_eq (b c : box) : bool :=
  match b, c with
  | [], [] => true
  | (l, u) :: b', (m, v) :: c' => (l =? m) && (u =? v) && box_eq b' c'
  | _, _ => false
  end.

(* Entry i is at least, at most v. *)
Fixpoint cutlo (i : nat) (v : Z) (b : box) : box :=
  match b, i with
  | [], _ => []
  | (l, u) :: b', O => (Z.max l v, u) :: b'
  | p :: b', S i' => p :: cutlo i' v b'
  end.
Fixpoint cuthi (i : nat) (v : Z) (b : box) : box :=
  match b, i with
  | [], _ => []
  | (l, u) :: b', O => (l, Z.min u v) :: b'
  | p :: b', S i' => p :: cuthi i' v b'
  end.
Lemma cutlo_ok v b z : inB b z -> forall i, v <= nth i z 0 ->
  inB (cutlo i v b) z.
Proof.
  induction 1 as [|[l u] a b z Ha H IH]; intros [|i] Hv; cbn in *; constructor;
    auto.
  unfold inI in *; cbn in *; lia.
Qed.
Lemma cuthi_ok v b z : inB b z -> forall i, nth i z 0 <= v ->
  inB (cuthi i v b) z.
Proof.
  induction 1 as [|[l u] a b z Ha H IH]; intros [|i] Hv; cbn in *; constructor;
    auto.
  unfold inI in *; cbn in *; lia.
Qed.

Lemma nth_F2 {A B} (P : A -> B -> Prop) l m i a b :
  Forall2 P l m -> P a b -> P (nth i l a) (nth i m b).
Proof. intros H; revert i; induction H; intros [|i] Hp; cbn; auto. Qed.
Lemma F2_length {A B} (P : A -> B -> Prop) l m : Forall2 P l m ->
  length l = length m.
Proof. induction 1; cbn; auto. Qed.
Lemma F2_skipn {A B} (P : A -> B -> Prop) l m d : Forall2 P l m ->
  Forall2 P (skipn d l) (skipn d m).
Proof. intros H; revert d; induction H; intros [|d]; cbn; auto. Qed.
Lemma nth0 {A} (d : A) l : nth 0 l d = hd d l.
Proof. destruct l; reflexivity. Qed.
Lemma inB_nth b z i : inB b z -> inI (nth i b (0, 0)) (nth i z 0).
Proof. intros; apply nth_F2; auto. unfold inI; cbn; lia. Qed.
Lemma inB_nth_error b z : inB b z -> forall i p, nth_error b i = Some p ->
  inI p (nth i z 0) /\ (i < length z)%nat.
Proof.
  induction 1 as [|q a b z Ha H IH]; intros [|i] p E; cbn in *;
    try discriminate.
  - inversion E; subst. split; auto; lia.
  - destruct (IH _ _ E). split; auto; lia.
Qed.

(* Entry i of a list, which is d beyond its end, becomes its image by f. *)
Fixpoint upd {A} (i : nat) (f : A -> A) (d : A) (l : list A) : list A :=
  match i, l with
  | O, [] => [f d] | O, v :: l' => f v :: l'
  | S i', [] => d :: upd i' f d [] | S i', v :: l' => v :: upd i' f d l'
  end.

(* ---- a function of all entries, defined on each ---- *)
Fixpoint all_some {A B} (f : A -> option B) (l : list A) : option (list B) :=
  match l with
  | [] => Some []
  | a :: l' => match f a, all_some f l' with
               | Some b, Some l'' => Some (b :: l'')
               | _, _ => None
               end
  end.
Lemma all_some_map {A B} (f : A -> option B) l
  : forall l', all_some f l = Some l' ->
  Forall2 (fun a b => f a = Some b) l l'.
Proof.
  induction l as [|a l IH]; intros l' E; cbn in E.
  - inversion E; constructor.
  - destruct (f a) as [b|] eqn:Ef; [|discriminate].
    destruct (all_some f l) as [l1|]; [|discriminate].
    inversion E; subst. constructor; auto.
Qed.
