(* The dual bound (rule 4).

   For any multipliers l, one an accumulator, `dual` adds
   sum l_i (W_i a + b_i - z_i) = 0 to an objective that is linear in activations
   (mu) and accumulators (c), collects what belongs to each neuron, and takes
   each maximum over its interval alone. The sum D of these terms is at least
   the objective everywhere in the region. More exactly, D minus the objective
   *is* the sum of what the terms lack of their maxima, and none of these is
   negative: closing a node, tightening and cuts all follow from this one
   equation. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Neurons Tighten Graph.
Import ListNotations.
Open Scope Z_scope.

Definition spread (ts : list (nat * op)) (lam : vec) (mu : list vec)
  : list vec :=
  fold_left (fun m t => upd (fst t) (transp (snd t) lam) [] m) ts mu.

Fixpoint dual (n : net) (R : region) (c l mu : list vec)
  : Z * list (list term) :=
  match R with
  | [] => (0, [])
  | bx :: R' =>
    match n with
    | [] =>
      let ts := nterms [] bx [] (vadd (hd [] mu) (hd [] c)) [] in
      (tsum ts, [ts])
    | b :: n' =>
      let lb := hd [] l in
      let ts := rate (units b) bx (hd [] mu) (hd [] c) lb in
      let below := spread (bterms b) lb (tl mu) in
      let '(d, tss) := dual n' R' (tl c) (tl l) below in
      (tsum ts + dot lb (bias b) + d, ts :: tss)
    end
  end.

Fixpoint sdot (m e : list vec) : Z :=
  match m, e with u :: m', v :: e' => dot u v + sdot m' e' | _, _ => 0 end.

Fixpoint nslacks (n : net) (tss : list (list term)) (zz : list vec) : list Z :=
  match tss, zz with
  | ts :: tss', z :: zz' =>
    match n with
    | b :: n' => lacks (units b) ts z ++ nslacks n' tss' zz'
    | [] => slacks [] ts z
    end
  | _, _ => []
  end.

Lemma sdot_upd f i m e (d := @nil Z) :
  sdot (upd i f d m) e = sdot m e
    + (dot (f (nth i m d)) (nth i e []) - dot (nth i m d) (nth i e [])).
Proof.
  revert m e; induction i as [|i IH]; intros [|u m] [|v e]; cbn;
    rewrite ?dot_nil_r; try lia.
  - rewrite IH. destruct i, e; cbn; rewrite ?dot_nil_r; lia.
  - rewrite IH. lia.
Qed.

Lemma spread_ok ts lam e : forall mu,
  sdot (spread ts lam mu) e =
  sdot mu e + dot lam
    (fold_right (fun t z => vadd (apply (snd t) (nth (fst t) e [])) z) [] ts).
Proof.
  unfold spread; induction ts as [|t ts IH]; intros mu; cbn.
  - rewrite dot_nil_r; lia.
  - rewrite IH, sdot_upd, transp_ok, dot_vadd_r. lia.
Qed.

Lemma acc_bias lam ts e b :
  dot lam
    (fold_right (fun t z => vadd (apply (snd t) (nth (fst t) e [])) z) b ts) =
  dot lam
    (fold_right (fun t z => vadd (apply (snd t) (nth (fst t) e [])) z) [] ts)
  + dot lam b.
Proof.
  induction ts as [|t ts IH]; cbn; rewrite ?dot_nil_r, ?dot_vadd_r; try lia.
Qed.

Lemma sdot_hd_tl m v e : sdot m (v :: e) = dot (hd [] m) v + sdot (tl m) e.
Proof. destruct m; cbn; lia. Qed.

Lemma sdot_nil_r m : sdot m [] = 0. Proof. destruct m; reflexivity. Qed.

(* D minus the objective is the sum of what the terms lack, none negative. *)
Theorem dual_slack n x : forall R c l mu d tss,
  inR R n x -> dual n R c l mu = (d, tss) ->
  Forall (fun s => 0 <= s) (nslacks n tss (zs n x)) /\
  d - (sdot mu (env n x) + sdot c (zs n x)) = lsum (nslacks n tss (zs n x)).
Proof.
  induction n as [|b n IH]; intros R c l mu d tss H E; unfold inR in H;
    cbn in *.
  - inversion H as [|bx z R0 zz Hb HR]; subst. cbn in E. inversion E; subst;
      clear E.
    cbn. destruct (nterms_ok bx x Hb [] [] (vadd (hd [] mu) (hd [] c)) [])
      as [H1 H2].
    split; auto. rewrite <- H2, !sdot_hd_tl, !sdot_nil_r, dot_vadd. cbn. ring.
  - inversion H as [|bx z R0 zz Hb HR]; subst.
    destruct (dual n R0 (tl c) (tl l) _) as [d1 ts1] eqn:E1.
    inversion E; subst; clear E.
    destruct (IH _ _ _ _ _ _ HR E1) as [H1 H2].
    destruct (rate_ok (units b) bx _ (hd [] mu) (hd [] c) (hd [] l) Hb)
      as [H3 H4].
    split.
    + cbn. apply Forall_app; auto.
    + cbn [nslacks]. rewrite lsum_app, <- H2, <- H4, !sdot_hd_tl, spread_ok.
      assert (A := acc_bias (hd [] l) (bterms b) (env n x) (bias b)).
      change (fold_right _ (bias b) (bterms b)) with (acc b (env n x)) in A.
      rewrite A. ring.
Qed.

(* The central lemma: whatever the multipliers, D bounds the objective. *)
(* ---- reduced costs ---- *)

Fixpoint tight (n : net) (tss : list (list term)) (R : region) (gap : Z)
  : region :=
  match tss, R with
  | ts :: tss', bx :: R' =>
    match n with
    | b :: n' => keeps (units b) ts bx gap :: tight n' tss' R' gap
    | [] => keepbox [] ts bx gap :: R'
    end
  | _, _ => R
  end.

Lemma tight_ok gap x n : forall R tss, inR R n x ->
  Forall (fun s => s <= gap) (nslacks n tss (zs n x)) ->
    inR (tight n tss R gap) n x.
Proof.
  induction n as [|b n IH]; intros R tss H Hs; unfold inR in *;
    destruct tss as [|ts tss]; inversion H as [|bx z R0 zz Hb HR]; subst;
      cbn in *; auto.
  - constructor; auto. apply keepbox_ok; auto.
  - apply Forall_app in Hs as [Hs1 Hs2].
    constructor; [apply keeps_ok | apply IH]; auto.
Qed.
