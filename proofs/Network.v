(* What a reader must believe: networks, their answers, and what a claim says.

   Every definition of this file is meant literally; nothing is proved here. All
   other files are proofs, or programs about which something is proved: none of
   them needs reading to understand what the checker's answer means. *)
From Coq Require Import ZArith List Bool Ascii.
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

(* A convolution in two dimensions. Inputs and outputs are pixels, row by row,
   with their channels together. Output channel co has a kernel, ordered by
   row, column and input channel of its group. At output (oy, ox), kernel
   position (ky, kx) meets the input pixel (oy stride + ky dilation - pad), and
   nothing if that is none. *)
Record shape := {
  in_h : nat; in_w : nat; in_c : nat; out_h : nat; out_w : nat; out_c : nat;
  kernel_h : nat; kernel_w : nat; stride_h : nat; stride_w : nat;
  dilation_h : nat; dilation_w : nat; pad_top : nat; pad_left : nat;
  groups : nat }.
Definition total (n : nat) (f : nat -> Z) : Z :=
  fold_right (fun i s => f i + s) 0 (seq 0 n).
Definition meets (p pad size : nat) : option nat :=
  if ((pad <=? p) && (p - pad <? size))%nat then Some (p - pad)%nat else None.
Definition input_row (s : shape) (oy ky : nat) : option nat :=
  meets (oy * stride_h s + ky * dilation_h s) (pad_top s) (in_h s).
Definition input_column (s : shape) (ox kx : nat) : option nat :=
  meets (ox * stride_w s + kx * dilation_w s) (pad_left s) (in_w s).
Definition per_group (s : shape) : nat := (in_c s / groups s)%nat.
Definition group_of (s : shape) (co : nat) : nat :=
  (co / (out_c s / groups s))%nat.
Definition conv_at (s : shape) (kernels : list vec) (a : vec) (oy ox co : nat)
  : Z :=
  total (kernel_h s) (fun ky => total (kernel_w s) (fun kx =>
    match input_row s oy ky, input_column s ox kx with
    | Some y, Some x => total (per_group s) (fun c =>
        nth ((ky * kernel_w s + kx) * per_group s + c) (nth co kernels []) 0 *
        nth ((y * in_w s + x) * in_c s + group_of s co * per_group s + c) a 0)
    | _, _ => 0
    end)).
Definition conv (s : shape) (kernels : list vec) (a : vec) : vec :=
  flat_map (fun oy => flat_map (fun ox =>
    map (conv_at s kernels a oy ox) (seq 0 (out_c s)))
    (seq 0 (out_w s))) (seq 0 (out_h s)).

(* Select takes one input, or none, times a weight. *)
Inductive matrix :=
| Dense (rows : list vec)
| Sparse (rows : list taps)
| Conv (s : shape) (kernels : list vec)
| Select (columns : list (option nat)) (weights : vec).
Definition chosen (a : vec) (p : option nat * Z) : Z :=
  match fst p with Some i => snd p * nth i a 0 | None => 0 end.
Definition weigh (m : matrix) (a : vec) : vec :=
  match m with
  | Dense rows => map (fun r => dot r a) rows
  | Sparse rows => map (fun r => pick r a) rows
  | Conv s kernels => conv s kernels a
  | Select columns weights => map (chosen a) (combine columns weights)
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
   input. Neuron i has the staircase number `which i` of `kinds`. Accumulator j
   belongs to neuron `pools j`, which takes the greatest of its accumulators; if
   `pools` is empty, to neuron j. *)
Record layer := {
  terms : list (nat * matrix);
  biases : vec;
  kinds : list staircase;
  which : list nat;
  pools : list nat }.

(* Accumulators, and activations, from the activations so far, latest first. *)
Definition accumulate (l : layer) (v : list vec) : vec :=
  fold_right (fun t z => vadd (weigh (snd t) (nth (fst t) v [])) z)
    (biases l) (terms l).
Definition largest (z : vec) : Z :=
  match z with [] => 0 | a :: z' => fold_right Z.max a z' end.
Definition pool (owners : list nat) (n : nat) (z : vec) : vec :=
  map (fun i => largest (map snd
      (filter (fun p => (fst p =? i)%nat) (combine owners z)))) (seq 0 n).
Definition pooled (l : layer) (z : vec) : vec :=
  match pools l with [] => z | _ => pool (pools l) (length (which l)) z end.
Definition activate (l : layer) (z : vec) : vec :=
  map (fun p => sigma (nth (fst p) (kinds l) (Shift 0 0 0)) (snd p))
    (combine (which l) (pooled l z)).

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
