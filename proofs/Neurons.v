(* Neurons one by one: staircases, activations, and their terms of the bound.

   Of a staircase only this is known: that it is monotone, where a step ends,
   and a greatest value of mu sigma(z) + g z. Where there are fewer staircases
   than accumulators, as for inputs, the others are not neurons: their terms are
   linear. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors.
Import ListNotations.
Open Scope Z_scope.

(* Any monotone function, the edges of its steps, and a maximum. *)
Record stair := {
  app : Z -> Z;
  redge : Z -> Z; (* constant from z to redge z *)
  ledge : Z -> Z; (* and from ledge z to z *)
  gmax : Z -> Z -> Z -> Z -> Z; (* mu g lo hi *)
  app_mono : forall z z', z <= z' -> app z <= app z';
  redge_ok : forall z z', z <= z' <= redge z -> app z' = app z;
  ledge_ok : forall z z', ledge z <= z' <= z -> app z' = app z;
  gmax_ok : forall mu g lo hi z, lo <= z <= hi ->
    mu * app z + g * z <= gmax mu g lo hi }.

(* ---- activations and their intervals ---- *)

Fixpoint act (ss : list stair) (z : vec) : vec :=
  match ss, z with s :: ss', a :: z' => app s a :: act ss' z' | _, _ => [] end.
Fixpoint actI (ss : list stair) (b : box) : box :=
  match ss, b with
  | s :: ss', (l, u) :: b' => (app s l, app s u) :: actI ss' b'
  | _, _ => []
  end.

Lemma actI_ok ss b z : inB b z -> inB (actI ss b) (act ss z).
Proof.
  intros H; revert ss; induction H as [|[l u] a b z Ha H IH]; intros [|s ss];
    cbn;
    constructor; auto.
  unfold inI in *; cbn in *; split; apply app_mono; lia.
Qed.

Lemma act_nth ss z i s : nth_error ss i = Some s -> (i < length z)%nat ->
  nth i (act ss z) 0 = app s (nth i z 0).
Proof.
  revert ss z; induction i; intros [|t ss] [|a z] E H; cbn in *;
    try discriminate; try lia.
  - inversion E; auto.
  - apply IHi; auto; lia.
Qed.

(* ---- terms ---- *)

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

Lemma tsum_app ts ts' : tsum (ts ++ ts') = tsum ts + tsum ts'.
Proof.
  induction ts as [|t ts IH]; cbn [List.app]; auto. rewrite !tsum_cons, IH. lia.
Qed.
