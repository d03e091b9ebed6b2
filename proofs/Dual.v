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
From Rampart Require Import Network Vectors Graph.
Import ListNotations.
Open Scope Z_scope.

(* mu, gain, and the greatest mu sigma(z) + gain z. *)
Notation term := (Z * Z * Z)%type.
Definition lmax (g lo hi : Z) : Z := if 0 <=? g then g * hi else g * lo.

Fixpoint nterms (ss : list stair) (b : box) (mu c l : vec) : list term :=
  match b with
  | [] => []
  | (lo, hi) :: b' =>
    let g := hd 0 c - hd 0 l in
    match ss with
    | s :: ss' => let m := hd 0 mu in
      (m, g, if (m =? 0) then lmax g lo hi else gmax s m g lo hi)
        :: nterms ss' b' (tl mu) (tl c) (tl l)
    | [] => (0, g, lmax g lo hi) :: nterms [] b' [] (tl c) (tl l)
    end
  end.

Fixpoint tsum (ts : list term) : Z :=
  match ts with [] => 0 | t :: ts' => snd t + tsum ts' end.

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
      let ts := nterms (stairs b) bx (hd [] mu) (hd [] c) lb in
      let below := spread (bterms b) lb (tl mu) in
      let '(d, tss) := dual n' R' (tl c) (tl l) below in
      (tsum ts + dot lb (bias b) + d, ts :: tss)
    end
  end.

Fixpoint sdot (m e : list vec) : Z :=
  match m, e with u :: m', v :: e' => dot u v + sdot m' e' | _, _ => 0 end.

(* by how much each term is below its maximum, at accumulators z *)
Fixpoint slacks (ss : list stair) (ts : list term) (z : vec) : list Z :=
  match ts, z with
  | (m, g, t) :: ts', a :: z' =>
    match ss with
    | s :: ss' => t - (m * app s a + g * a) :: slacks ss' ts' z'
    | [] => t - g * a :: slacks [] ts' z'
    end
  | _, _ => []
  end.

Fixpoint nslacks (n : net) (tss : list (list term)) (zz : list vec) : list Z :=
  match tss, zz with
  | ts :: tss', z :: zz' =>
    match n with
    | b :: n' => slacks (stairs b) ts z ++ nslacks n' tss' zz'
    | [] => slacks [] ts z
    end
  | _, _ => []
  end.

Lemma lmax_ok g lo hi z : lo <= z <= hi -> g * z <= lmax g lo hi.
Proof. unfold lmax; intros; destruct (Z.leb_spec 0 g); nia. Qed.

Lemma tsum_cons t ts : tsum (t :: ts) = snd t + tsum ts.
Proof. reflexivity. Qed.

Lemma nterms_ok b z : inB b z -> forall ss mu c l,
  let ts := nterms ss b mu c l in
  let sl := slacks ss ts z in
  Forall (fun s => 0 <= s) sl /\
  tsum ts - (dot mu (act ss z) + dot c z - dot l z) = lsum sl.
Proof.
  induction 1 as [|[lo hi] a b z Ha H IH]; intros ss mu c l; cbn.
  - unfold tsum; cbn. destruct ss; cbn; rewrite !dot_nil_r; split; auto; lia.
  - unfold inI in Ha; cbn in Ha.
    destruct ss as [|s ss]; cbn [slacks act].
    + destruct (IH [] [] (tl c) (tl l)) as [H1 H2]. cbn [act] in *.
      rewrite tsum_cons, !dot_hd_tl, dot_nil_r in *; cbn [lsum snd].
      pose proof (lmax_ok (hd 0 c - hd 0 l) lo hi a Ha).
      split; [constructor; auto; lia|].
      cbn [act] in *; rewrite ?dot_nil_r in *; rewrite <- H2; ring.
    + destruct (IH ss (tl mu) (tl c) (tl l)) as [H1 H2].
      rewrite tsum_cons, !dot_hd_tl; cbn [lsum snd]. split.
      * constructor; auto.
        destruct (Z.eqb_spec (hd 0 mu) 0) as [->|].
        -- pose proof (lmax_ok (hd 0 c - hd 0 l) lo hi a Ha); lia.
        -- pose proof (gmax_ok s (hd 0 mu) (hd 0 c - hd 0 l) lo hi a Ha); lia.
      * rewrite <- H2. ring.
Qed.

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
    destruct (nterms_ok bx _ Hb (stairs b) (hd [] mu) (hd [] c) (hd [] l))
      as [H3 H4].
    split.
    + cbn. apply Forall_app; auto.
    + cbn [nslacks]. rewrite lsum_app, <- H2, <- H4, !sdot_hd_tl, spread_ok.
      assert (A := acc_bias (hd [] l) (bterms b) (env n x) (bias b)).
      change (fold_right _ (bias b) (bterms b)) with (acc b (env n x)) in A.
      rewrite A. ring.
Qed.

(* The central lemma: whatever the multipliers, D bounds the objective. *)
Theorem dual_bounds n x R c l :
  inR R n x -> sdot c (zs n x) <= fst (dual n R c l []).
Proof.
  intros H. destruct (dual n R c l []) as [d tss] eqn:E.
  destruct (dual_slack n x R c l [] d tss H E) as [H1 H2].
  apply lsum_ge in H1. cbn in *. lia.
Qed.
