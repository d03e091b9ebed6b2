(* Cuts: facts about activations that are stronger than intervals.

   A fact (m, f) says 0 <= m.a + f. A cut bounds a neuron's activation by the
   inputs: its accumulator lies on one of two sides of a threshold, and on each
   side `coef sigma(z) - kap.x` has a bound of its own, the dual bound of the
   blocks below with a multiplier for z that belongs to the side. So a cut is a
   fact of any region, with the f of that region. A proof may add facts, with
   multipliers that are not negative, to the objective of `close`, `tighten`,
   `above` and `below`. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Neurons Graph Dual.
Import ListNotations.
Open Scope Z_scope.

Definition fact := (list vec * Z)%type.
Definition holds_at (n : net) (x : vec) (F : fact) : Prop :=
  0 <= sdot (fst F) (env n x) + snd F.

(* A cut of a neuron: its block, counted backwards, and its number there; does
   it bound the activation from above; the factor of the activation; the first
   accumulator of the high side; the inputs whose weights it has. *)
Record cutting := {
  of_block : nat; of_entry : nat; is_above : bool; unit : Z; high_from : Z;
  chosen : list bool }.

(* ---- sums of vectors ---- *)

Fixpoint laxpy (k : Z) (U V : list vec) : list vec := (* U + k V *)
  match V with
  | [] => U
  | v :: V' => match U with
               | [] => axpy k [] v :: laxpy k [] V'
               | u :: U' => axpy k u v :: laxpy k U' V'
               end
  end.

Lemma sdot_laxpy k U V
  : forall e, sdot (laxpy k U V) e = sdot U e + k * sdot V e.
Proof.
  revert U; induction V as [|v V IH]; intros U e; cbn.
  - lia.
  - destruct U as [|u U], e as [|a e]; cbn; try lia; rewrite IH, dot_axpy; cbn;
      lia.
Qed.

(* ---- the rule ---- *)

(* The greatest coef sigma(z) - kap.a on a side: th z is taken off and added
   again as th (W a + b), and what is below has its D. *)
Definition side (s : stair) (b : block) (i : nat) (coef : Z) (below : net)
  (R : region) (kap : list vec) (th lo hi : Z) : Z :=
  gmax s coef (- th) lo hi + th * nth i (bias b) 0
  + fst (dual below R [] [] (spread (bterms b) (unitv i th) (laxpy (-1) [] kap))).

Fixpoint choose (bits : list bool) (k : Z) (w : vec) : vec :=
  match bits, w with
  | c :: bits', a :: w' => (if c : bool then k * a else 0) :: choose bits' k w'
  | _, _ => []
  end.

Definition reads_once (ts : list (nat * op)) (source : nat) : bool :=
  match ts with [(k, _)] => (k =? source)%nat | _ => false end.

(* The neuron's block must read the input, which is the last source, by one
   operator and nothing else. None: there is no such cut. *)
Definition cut (n : net) (R : region) (c : cutting) : option fact :=
  let d := of_block c in
  let i := of_entry c in
  let sg := if is_above c then 1 else -1 in
  let coef := sg * unit c in
  match skipn d n, skipn d R with
  | b :: below, bx :: Rb =>
    let input := length below in
    match alone (units b) i, nth_error bx i with
    | Some s, Some (lo, hi) =>
      if reads_once (bterms b) input then
        let row := nth input (spread (bterms b) (unitv i 1) []) [] in
        let kap := repeat [] input ++ [choose (chosen c) sg row] in
        let on := side s b i coef below Rb kap in
        let low := on (if is_above c then 0 else -1) lo
                      (Z.min hi (high_from c - 1)) in
        let high := on (if is_above c then 1 else 0)
                       (Z.max lo (high_from c)) hi in
        let f := if hi <? high_from c then low
                 else if high_from c <=? lo then high
                 else Z.max low high in
        Some (repeat [] d ++ unitv i (- coef) :: kap, f)
      else None
    | _, _ => None
    end
  | _, _ => None
  end.

Lemma dot_unitv_acc i th b e :
  dot (unitv i th)
    (fold_right (fun t z => vadd (apply (snd t) (nth (fst t) e [])) z) []
    (bterms b))
  = th * nth i (acc b e) 0 - th * nth i (bias b) 0.
Proof.
  assert (A := acc_bias (unitv i th) (bterms b) e (bias b)).
  change (fold_right _ (bias b) (bterms b)) with (acc b e) in A.
  rewrite !dot_unitv in A. rewrite dot_unitv. lia.
Qed.

Lemma side_ok x s b i coef below R kap th lo hi : inR R below x ->
  let zi := nth i (acc b (env below x)) 0 in
  lo <= zi <= hi ->
  coef * app s zi - sdot kap (env below x)
    <= side s b i coef below R kap th lo hi.
Proof.
  intros HR zi Hz. unfold side. set (m := spread _ _ _).
  destruct (dual below R [] [] m) as [d tss] eqn:Ed.
  destruct (dual_slack below x R [] [] m d tss HR Ed) as [S1 S2].
  apply lsum_ge in S1.
  unfold m in S2. rewrite spread_ok, dot_unitv_acc, sdot_laxpy in S2.
  fold zi in S2. cbn [sdot] in S2. cbn [fst].
  pose proof (gmax_ok s coef (- th) lo hi zi Hz). lia.
Qed.

Lemma sdot_skip d m e : sdot (repeat [] d ++ m) e = sdot m (skipn d e).
Proof.
  revert e; induction d as [|d IH]; intros [|v e]; cbn; rewrite ?sdot_nil_r;
    auto.
Qed.

(* A cut holds at every input of the region, whatever it says. *)
Theorem cut_ok n R c F x :
  inR R n x -> cut n R c = Some F -> holds_at n x F.
Proof.
  unfold cut; intros H E. set (d := of_block c) in *. set (i := of_entry c) in *.
  destruct (skipn d n) as [|b below] eqn:En; [discriminate|].
  assert (Hd : (d <= length n)%nat).
  { destruct (Nat.le_gt_cases d (length n)); auto.
    rewrite skipn_all2 in En by lia. discriminate. }
  assert (HR : inR (skipn d R) (skipn d n) x).
  { unfold inR. rewrite zs_skipn; auto. apply F2_skipn; auto. }
  destruct (skipn d R) as [|bx Rb] eqn:ER; [discriminate|].
  rewrite En in HR. unfold inR in HR. cbn in HR.
    inversion HR as [|? ? ? ? Hb HRb]; subst.
  destruct (alone (units b) i) as [s|] eqn:Es; [|discriminate].
  destruct (nth_error bx i) as [[lo hi]|] eqn:Ei; [|discriminate].
  destruct (reads_once _ _); [|discriminate].
  destruct (inB_nth_error _ _ Hb _ _ Ei) as [Hi Hl]. unfold inI in Hi;
    cbn in Hi.
  set (coef := _ * unit c) in *. set (kap := _ ++ [_]) in *.
  set (zi := nth i (acc b (env below x)) 0) in *.
  inversion E; subst F; clear E. unfold holds_at. cbn [fst snd].
  rewrite sdot_skip, <- env_skipn, En by auto. cbn [env sdot].
  rewrite dot_unitv, (alone_ok (units b) _ _ _ Es Hl). fold zi.
  set (on := side s b i coef below Rb kap).
  assert (K : forall th l u, l <= zi <= u ->
    coef * app s zi - sdot kap (env below x) <= on th l u).
  { intros. apply (side_ok x); auto. }
  pose proof (K (if is_above c then 0 else -1) lo (Z.min hi (high_from c - 1))).
  pose proof (K (if is_above c then 1 else 0) (Z.max lo (high_from c)) hi).
  destruct (Z.ltb_spec hi (high_from c)); [lia|].
  destruct (Z.leb_spec (high_from c) lo); [lia|].
  destruct (Z.le_gt_cases (high_from c) zi); lia.
Qed.

(* ---- sums of cuts ---- *)

Fixpoint comb (n : net) (R : region) (uses : list (Z * cutting))
  : list vec * Z :=
  match uses with
  | [] => ([], 0)
  | (p, c) :: uses' =>
    let '(M, K) := comb n R uses' in
    match (if 0 <? p then cut n R c else None) with
    | Some (m, f) => (laxpy p M m, K + p * f)
    | None => (M, K)
    end
  end.

Lemma comb_ok n R x : inR R n x ->
  forall uses M K, comb n R uses = (M, K) ->
  0 <= sdot M (env n x) + K.
Proof.
  intros H. induction uses as [|[p c] uses IH]; intros M K E; cbn in E.
  - inversion E; subst; cbn; lia.
  - destruct (comb n R uses) as [M1 K1] eqn:Ec. specialize (IH _ _ eq_refl).
    destruct (Z.ltb_spec 0 p); [|inversion E; subst; auto].
    destruct (cut n R c) as [[m f]|] eqn:EF; inversion E; subst; auto.
    pose proof (cut_ok _ _ _ _ _ H EF) as HF. unfold holds_at in HF;
      cbn in HF.
    rewrite sdot_laxpy. nia.
Qed.
