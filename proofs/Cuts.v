(* Cuts: facts about activations that are stronger than intervals.

   A fact (m, f) says 0 <= m.a + f. The cut rule proves one for a neuron: it
   bounds sg sigma(z) - kap.a step by step of the staircase, each step by a dual
   bound of the blocks below with multipliers of its own. A proof may then use
   facts, with multipliers that are not negative, in `close` and `tighten`. No
   proof has cuts yet: the format of proofs does not know them. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Neurons Graph Dual.
Import ListNotations.
Open Scope Z_scope.

Definition fact := (list vec * Z)%type.
Definition holds_at (n : net) (x : vec) (F : fact) : Prop :=
  0 <= sdot (fst F) (env n x) + snd F.

(* ---- sums of facts ---- *)

Fixpoint laxpy (k : Z) (U V : list vec) : list vec := (* U + k V *)
  match V with
  | [] => U
  | v :: V' => match U with
               | [] => axpy k [] v :: laxpy k [] V'
               | u :: U' => axpy k u v :: laxpy k U' V'
               end
  end.
Fixpoint comb (pis : list Z) (fs : list fact) : list vec * Z :=
  match pis, fs with
  | p :: pis', (m, f) :: fs' =>
    let '(M, K) := comb pis' fs' in
    if 0 <? p then (laxpy p M m, K + p * f) else (M, K)
  | _, _ => ([], 0)
  end.

Lemma sdot_laxpy k U V
  : forall e, sdot (laxpy k U V) e = sdot U e + k * sdot V e.
Proof.
  revert U; induction V as [|v V IH]; intros U e; cbn.
  - lia.
  - destruct U as [|u U], e as [|a e]; cbn; try lia; rewrite IH, dot_axpy; cbn;
      lia.
Qed.

Lemma comb_ok n x fs : Forall (holds_at n x) fs ->
  forall pis M K, comb pis fs = (M, K) ->
  0 <= sdot M (env n x) + K.
Proof.
  induction 1 as [|[m f] fs HF H IH]; intros [|p pis] M K E; cbn in E;
    try (inversion E; subst; cbn; lia).
  destruct (comb pis fs) as [M1 K1] eqn:Ec. specialize (IH _ _ _ Ec).
  destruct (Z.ltb_spec 0 p); inversion E; subst; auto.
  rewrite sdot_laxpy. unfold holds_at in HF; cbn in HF. nia.
Qed.

(* ---- the rule ---- *)

(* The greatest sg sigma(z) - kap.a over all steps from z to hi; a step alone:
   th (z - its end) >= 0 is added, z = W a + b put in, and the rest is D of what
   is below. None: not every step has its multipliers. *)
Fixpoint cut_bound (s : stair) (b : block) (i : nat) (sg : Z)
  (below : net) (R : region)
  (kap : list vec) (cells : list (Z * list vec)) (z hi : Z) : option Z :=
  match cells with
  | [] => None
  | (th, lam) :: cells' =>
    let to := Z.min hi (redge s z) in
    let end_ := if 0 <=? th then z else to in
    let mu := spread (bterms b) (unitv i th) (laxpy (-1) [] kap) in
    let v := sg * app s z - th * end_ + th * nth i (bias b) 0
             + fst (dual below R [] lam mu) in
    if hi <=? to then Some v else
    match cut_bound s b i sg below R kap cells' (to + 1) hi with
    | Some w => Some (Z.max v w)
    | None => None
    end
  end.

Definition cut (n : net) (R : region) (d i : nat) (sg : Z) (kap : list vec)
  (cells : list (Z * list vec)) : option fact :=
  match skipn d n, skipn d R with
  | b :: below, bx :: Rb =>
    match alone (units b) i, nth_error bx i with
    | Some s, Some (lo, hi) =>
      match cut_bound s b i sg below Rb kap cells lo hi with
      | Some f => Some (repeat [] d ++ unitv i (- sg) :: kap, f)
      | None => None
      end
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

Lemma cut_bound_ok x s b i sg below R kap : inR R below x ->
  forall cells z hi f, cut_bound s b i sg below R kap cells z hi = Some f ->
  let zi := nth i (acc b (env below x)) 0 in
  z <= zi <= hi -> sg * app s zi - sdot kap (env below x) <= f.
Proof.
  intros HR; induction cells as [|[th lam] cells IH]; intros z hi f E zi Hz;
    cbn in E; [discriminate|].
  set (to := Z.min hi (redge s z)) in *. set (m := spread _ _ _) in E.
    set (d := fst _) in E.
  set (v := sg * app s z - _ + _ + d) in E.
  assert (Hv : zi <= to -> sg * app s zi - sdot kap (env below x) <= v).
  { intros Hle. rewrite (redge_ok s z zi) by lia.
    destruct (dual below R [] lam m) as [d' tss] eqn:Ed.
    destruct (dual_slack below x R [] lam m d' tss HR Ed) as [S1 S2].
      apply lsum_ge in S1.
    unfold m in S2. rewrite spread_ok, dot_unitv_acc, sdot_laxpy in S2.
      fold zi in S2. cbn [sdot] in S2.
    change d' with d in S2. clearbody d.
    assert (0 <= th * (zi - (if 0 <=? th then z else to)))
      by (destruct (Z.leb_spec 0 th); nia).
    unfold v. lia. }
  clearbody v.
  destruct (Z.leb_spec hi to) as [L|L].
  - inversion E; subst. apply Hv; lia.
  - destruct (cut_bound s b i sg below R kap cells (to + 1) hi) as [w|] eqn:Ew;
      inversion E; subst.
    destruct (Z.le_gt_cases zi to) as [Hle|Hgt].
    + specialize (Hv Hle). lia.
    + specialize (IH _ _ _ Ew). cbv zeta in IH. fold zi in IH.
        specialize (IH ltac:(lia)). lia.
Qed.

Lemma sdot_skip d m e : sdot (repeat [] d ++ m) e = sdot m (skipn d e).
Proof.
  revert e; induction d as [|d IH]; intros [|v e]; cbn; rewrite ?sdot_nil_r;
    auto.
Qed.

(* A cut holds at every input of the region, whatever the multipliers. *)
Theorem cut_ok n R d i sg kap cells F x :
  inR R n x -> cut n R d i sg kap cells = Some F -> holds_at n x F.
Proof.
  unfold cut; intros H E.
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
  destruct (cut_bound s b i sg below Rb kap cells lo hi) as [f|] eqn:Ef;
    inversion E; subst; clear E.
  destruct (inB_nth_error _ _ Hb _ _ Ei) as [Hi Hl]. unfold inI in Hi;
    cbn in Hi.
  pose proof (cut_bound_ok x s b i sg below Rb kap HRb cells lo hi f Ef Hi)
    as B.
  unfold holds_at. cbn [fst snd]. rewrite sdot_skip, <- env_skipn, En by auto.
    cbn [env sdot].
  rewrite dot_unitv, (alone_ok (units b) _ _ _ Es Hl). lia.
Qed.
