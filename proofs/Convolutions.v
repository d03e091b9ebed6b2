(* Convolutions and selections are sparse matrices (`conv_rows_ok`,
   `select_rows_ok`): their rows are what the checker works with. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors.
Import ListNotations.
Open Scope Z_scope.

(* ---- the rows ---- *)

(* Weights of inputs that follow each other. *)
Fixpoint taps_from (i : nat) (ws : vec) : taps :=
  match ws with [] => [] | w :: ws' => (i, w) :: taps_from (S i) ws' end.
Definition conv_row (s : shape) (kernel : vec) (oy ox co : nat) : taps :=
  let n := per_group s in
  let first := (group_of s co * n)%nat in
  flat_map (fun ky => flat_map (fun kx =>
    match input_row s oy ky, input_column s ox kx with
    | Some y, Some x =>
      taps_from ((y * in_w s + x) * in_c s + first)
        (firstn n (skipn ((ky * kernel_w s + kx) * n) kernel))
    | _, _ => []
    end) (seq 0 (kernel_w s))) (seq 0 (kernel_h s)).
Definition conv_rows (s : shape) (kernels : list vec) : list taps :=
  let each := map (fun co => (co, nth co kernels [])) (seq 0 (out_c s)) in
  flat_map (fun oy => flat_map (fun ox =>
    map (fun k => conv_row s (snd k) oy ox (fst k)) each)
    (seq 0 (out_w s))) (seq 0 (out_h s)).

Definition select_row (p : option nat * Z) : taps :=
  match fst p with Some i => [(i, snd p)] | None => [] end.
Definition select_rows (columns : list (option nat)) (weights : vec)
  : list taps := map select_row (combine columns weights).

(* ---- they say the same ---- *)

Lemma pick_app r r' a : pick (r ++ r') a = pick r a + pick r' a.
Proof. induction r as [|[i w] r IH]; cbn; rewrite ?IH; lia. Qed.
Lemma pick_flat_map {A} (f : A -> taps) l a :
  pick (flat_map f l) a = fold_right (fun i s => pick (f i) a + s) 0 l.
Proof. induction l; cbn; rewrite ?pick_app, ?IHl; reflexivity. Qed.
Lemma total_ext n f g : (forall i, (i < n)%nat -> f i = g i) ->
  total n f = total n g.
Proof.
  intros H. unfold total. assert (G : forall i, In i (seq 0 n) -> f i = g i).
  { intros i Hi. apply in_seq in Hi. apply H; lia. }
  induction (seq 0 n) as [|i l IH]; cbn in *; auto. rewrite IH, G; auto.
Qed.
Lemma total_0 n : total n (fun _ => 0) = 0.
Proof. unfold total. induction (seq 0 n); cbn; auto. Qed.
Lemma total_S n f : total (S n) f = f O + total n (fun i => f (S i)).
Proof.
  unfold total. cbn [seq fold_right]. f_equal. rewrite <- seq_shift.
  induction (seq 0 n) as [|i l IH]; cbn; auto. rewrite IH. reflexivity.
Qed.

Lemma taps_from_ok ws a : forall n i, pick (taps_from i (firstn n ws)) a =
  total n (fun c => nth c ws 0 * nth (i + c) a 0).
Proof.
  induction ws as [|w ws IH]; intros [|n] i; try reflexivity.
  - cbn [firstn taps_from pick].
    rewrite (total_ext _ _ (fun _ => 0)), total_0
      by (intros [|?] _; reflexivity).
    reflexivity.
  - cbn [firstn taps_from pick]. rewrite IH, total_S, Nat.add_0_r. f_equal.
    apply total_ext. intros c _. cbn [nth]. rewrite Nat.add_succ_comm.
    reflexivity.
Qed.
Lemma nth_skipn d c (v : vec) : nth c (skipn d v) 0 = nth (d + c) v 0.
Proof.
  revert v; induction d as [|d IH]; intros [|x v]; cbn; auto. destruct c; auto.
Qed.

Lemma conv_row_ok s kernels a oy ox co :
  pick (conv_row s (nth co kernels []) oy ox co) a
  = conv_at s kernels a oy ox co.
Proof.
  unfold conv_row, conv_at. rewrite pick_flat_map. apply total_ext.
  intros ky _. rewrite pick_flat_map. apply total_ext. intros kx _.
  destruct (input_row s oy ky) as [y|]; [|reflexivity].
  destruct (input_column s ox kx) as [x|]; [|reflexivity].
  rewrite taps_from_ok. apply total_ext. intros c _. rewrite nth_skipn.
  reflexivity.
Qed.

Lemma map_flat_map {A B C} (f : B -> C) (g : A -> list B) l :
  map f (flat_map g l) = flat_map (fun a => map f (g a)) l.
Proof. induction l; cbn; rewrite ?map_app, ?IHl; reflexivity. Qed.

Theorem conv_rows_ok s kernels a :
  map (fun r => pick r a) (conv_rows s kernels) = conv s kernels a.
Proof.
  unfold conv_rows, conv. rewrite map_flat_map. apply flat_map_ext.
  intros oy. rewrite map_flat_map. apply flat_map_ext. intros ox.
  rewrite !map_map. apply map_ext. intros co. apply conv_row_ok.
Qed.

Theorem select_rows_ok columns weights a :
  map (fun r => pick r a) (select_rows columns weights)
  = map (chosen a) (combine columns weights).
Proof.
  unfold select_rows. rewrite map_map. apply map_ext. intros [[i|] w]; cbn; lia.
Qed.
