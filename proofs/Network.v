(* What a reader must believe: networks, their answers, and what a claim says.

   Every definition of this file is meant literally; nothing is proved here. All
   other files are proofs, or programs about which something is proved: none of
   them needs reading to understand what the checker's answer means. *)
From Coq Require Import ZArith List Ascii.
Import ListNotations.
Open Scope Z_scope.

(* A notation, so that tactics for rings see one type. *)
Notation vec := (list Z).

(* u . v; a vector stands for itself followed by zeros. *)
Fixpoint dot (u v : vec) : Z :=
  match u, v with a :: u', b :: v' => a * b + dot u' v' | _, _ => 0 end.

(* u + v *)
Fixpoint vadd (u v : vec) : vec :=
  match u, v with
  | [], _ => v
  | _, [] => u
  | a :: u', b :: v' => a + b :: vadd u' v'
  end.

(* A sparse row names inputs and their weights. *)
Notation taps := (list (nat * Z)).
Fixpoint pick (r : taps) (a : vec) : Z :=
  match r with [] => 0 | (i, w) :: r' => w * nth i a 0 + pick r' a end.

Inductive matrix := Dense (rows : list vec) | Sparse (rows : list taps).
Definition weigh (m : matrix) (a : vec) : vec :=
  match m with
  | Dense rows => map (fun r => dot r a) rows
  | Sparse rows => map (fun r => pick r a) rows
  end.

(* Shift rounds z to a multiple of 2^s (halves up), divides by 2^s and clips to
   lo..hi. Table is lo plus the number of thresholds that z reaches. *)
Inductive staircase := Shift (s lo hi : Z) | Table (lo : Z) (thresholds : vec).
Definition sigma (s : staircase) (z : Z) : Z :=
  match s with
  | Shift s lo hi => Z.max lo (Z.min hi ((z + 2 ^ s / 2) / 2 ^ s))
  | Table lo ts => lo + Z.of_nat (length (filter (fun t => t <=? z) ts))
  end.

(* A term is a source and a matrix. Sources are counted backwards: 0 is the
   layer before, 1 the one before that; the one before the first layer is the
   input. Neuron i has the staircase number `which i` of `kinds`. *)
Record layer := {
  terms : list (nat * matrix);
  biases : vec;
  kinds : list staircase;
  which : list nat }.

(* Accumulators, and activations, from the activations so far, latest first. *)
Definition accumulate (l : layer) (v : list vec) : vec :=
  fold_right (fun t z => vadd (weigh (snd t) (nth (fst t) v [])) z)
    (biases l) (terms l).
Definition activate (l : layer) (z : vec) : vec :=
  map (fun p => sigma (nth (fst p) (kinds l) (Shift 0 0 0)) (snd p))
    (combine (which l) z).

Record network := {
  origin : list ascii; (* SHA-256 of the file it was read from *)
  inputs : nat;        (* how many, each an integer in 0..greatest *)
  greatest : Z;
  layers : list layer }.
Definition outputs (g : network) (x : vec) : vec :=
  hd []
    (fold_left (fun v l => activate l (accumulate l v) :: v) (layers g) [x]).

(* The class is the first greatest output. `fm i b m v` goes on with outputs v,
   the first of which is number i, when the greatest so far is m, number b. *)
Fixpoint fm (i b : nat) (m : Z) (v : vec) : nat :=
  match v with
  | [] => b
  | a :: v' => if m <? a then fm (S i) i a v' else fm (S i) b m v'
  end.
Definition first_max (v : vec) : nat :=
  match v with [] => O | a :: v' => fm 1 0 a v' end.
Definition class (g : network) (x : vec) : nat := first_max (outputs g x).

(* ---- what is claimed ---- *)

Inductive neighbourhood := Ball (radius : Z) | Box (least most : vec).
Inductive verdict := Robust | Violated (counterexample : vec) | Misclassified.
Record claim := {
  about : list ascii; (* the network's origin *)
  sample : Z;         (* its number in the dataset; nothing depends on it *)
  label : nat;
  input : vec;
  within : neighbourhood;
  says : verdict }.

Definition inside (g : network) (c : claim) (x : vec) : Prop :=
  length x = inputs g /\
  forall i, (i < inputs g)%nat ->
    0 <= nth i x 0 <= greatest g /\
    match within c with
    | Ball r => Z.abs (nth i x 0 - nth i (input c) 0) <= r
    | Box least most => nth i least 0 <= nth i x 0 <= nth i most 0
    end.

(* The largest difference of two inputs. *)
Fixpoint distance (x w : vec) : Z :=
  match x, w with
  | a :: x', b :: w' => Z.max (Z.abs (a - b)) (distance x' w')
  | _, _ => 0
  end.

(* A counterexample of a ball lies on its surface: results tell the distance. *)
Definition holds (g : network) (c : claim) : Prop :=
  match says c with
  | Robust => forall x, inside g c x -> class g x = label c
  | Violated w =>
      class g (input c) = label c /\ inside g c w /\ class g w <> label c /\
      match within c with
      | Ball r => distance (input c) w = r
      | Box _ _ => True
      end
  | Misclassified => class g (input c) <> label c
  end.
