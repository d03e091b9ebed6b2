(* Reduced costs (rule 4, tighten).

   Where an objective reaches its threshold, every term is within `gap` of its
   own maximum, or the terms' sum would stay below. So an interval shrinks to
   the points whose term is at least `need`, from both ends, a step at a
   time. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Neurons.
Import ListNotations.
Open Scope Z_scope.

(* ---- from the left, from the right: the first point that can be kept ---- *)
Fixpoint first_up (fuel : nat) (s : stair) (m g need z hi : Z) : Z :=
  match fuel with
  | O => z
  | S f =>
    if hi <? z then z else
    let a := app s z in
    if need <=? m * a + g * z then z else
    let to := Z.min hi (redge s z) in
    if (0 <? g) && (- ((m * a - need) / g) <=? to) then - ((m * a - need) / g)
    else if hi <=? to then hi + 1 else first_up f s m g need (to + 1) hi
  end.

Fixpoint last_down (fuel : nat) (s : stair) (m g need z lo : Z) : Z :=
  match fuel with
  | O => z
  | S f =>
    if z <? lo then z else
    let a := app s z in
    if need <=? m * a + g * z then z else
    let to := Z.max lo (ledge s z) in
    if (g <? 0) && (to <=? (m * a - need) / (- g)) then (m * a - need) / (- g)
    else if to <=? lo then lo - 1 else last_down f s m g need (to - 1) lo
  end.

Lemma ceil_le g k z : 0 < g -> - k <= g * z -> - (k / g) <= z.
Proof.
  intros Hg H. pose proof (Z.div_mod k g ltac:(lia)).
    pose proof (Z.mod_pos_bound k g Hg). nia.
Qed.
Lemma floor_ge g k z : 0 < g -> g * z <= k -> z <= k / g.
Proof. intros; apply Z.div_le_lower_bound; lia. Qed.

Lemma first_up_ok s m g need hi z' : need <= m * app s z' + g * z' ->
  z' <= hi ->
  forall fuel z, z <= z' -> first_up fuel s m g need z hi <= z'.
Proof.
  intros Hv Hh; induction fuel as [|f IH]; intros z Hz; cbn; [lia|].
  destruct (Z.ltb_spec hi z); [lia|].
  destruct (Z.leb_spec need (m * app s z + g * z)) as [|Hlt]; [lia|].
  set (to := Z.min hi (redge s z)).
  destruct (Z.le_gt_cases z' to) as [Hle|Hgt].
  - assert (app s z' = app s z) as E by (apply redge_ok; lia).
    rewrite E in Hv. assert (0 < g) by nia.
    assert (- ((m * app s z - need) / g) <= z') by (apply ceil_le; lia).
    destruct (Z.ltb_spec 0 g); [|lia]. cbn.
    destruct (Z.leb_spec (- ((m * app s z - need) / g)) to); lia.
  - destruct (_ && _) eqn:E.
    + apply andb_prop in E as [_ E]. apply Z.leb_le in E. lia.
    + destruct (Z.leb_spec hi to); [lia|]. apply IH; lia.
Qed.

Lemma last_down_ok s m g need lo z' : need <= m * app s z' + g * z' ->
  lo <= z' ->
  forall fuel z, z' <= z -> z' <= last_down fuel s m g need z lo.
Proof.
  intros Hv Hh; induction fuel as [|f IH]; intros z Hz; cbn; [lia|].
  destruct (Z.ltb_spec z lo); [lia|].
  destruct (Z.leb_spec need (m * app s z + g * z)) as [|Hlt]; [lia|].
  set (to := Z.max lo (ledge s z)).
  destruct (Z.le_gt_cases to z') as [Hle|Hgt].
  - assert (app s z' = app s z) as E by (apply ledge_ok; lia).
    rewrite E in Hv. assert (g < 0) by nia.
    assert (z' <= (m * app s z - need) / (- g)) by (apply floor_ge; lia).
    destruct (Z.ltb_spec g 0); [|lia]. cbn.
    destruct (Z.leb_spec to ((m * app s z - need) / (- g))); lia.
  - destruct (_ && _) eqn:E.
    + apply andb_prop in E as [_ E]. apply Z.leb_le in E. lia.
    + destruct (Z.leb_spec to lo); [lia|]. apply IH; lia.
Qed.

Definition klin (g need lo hi : Z) : Z * Z :=
  if g =? 0 then (if need <=? 0 then (lo, hi) else (lo, lo - 1))
  else if 0 <? g then (Z.max lo (- ((- need) / g)), hi)
  else (lo, Z.min hi ((- need) / (- g))).

Definition keep (s : stair) (m g need lo hi : Z) : Z * Z :=
  if m =? 0 then klin g need lo hi else
  let fuel := S (Z.to_nat (app s hi - app s lo)) in
  let lo' := first_up fuel s m g need lo hi in
  if hi <? lo' then (lo', hi) else (lo', last_down fuel s m g need hi lo').

Lemma klin_ok g need lo hi z : inI (lo, hi) z -> need <= g * z ->
  inI (klin g need lo hi) z.
Proof.
  unfold klin, inI; cbn; intros Hz H.
  destruct (Z.eqb_spec g 0) as [->|].
  - destruct (Z.leb_spec need 0); cbn; lia.
  - destruct (Z.ltb_spec 0 g); cbn.
    + assert (- (- need / g) <= z) by (apply ceil_le; lia). lia.
    + assert (z <= - need / (- g)) by (apply floor_ge; lia). lia.
Qed.

Lemma keep_ok s m g need lo hi z :
  inI (lo, hi) z -> need <= m * app s z + g * z ->
    inI (keep s m g need lo hi) z.
Proof.
  unfold keep; intros Hz H. destruct (Z.eqb_spec m 0) as [->|].
  - apply klin_ok; auto; lia.
  - unfold inI in *; cbn [fst snd] in *.
    set (fuel := S _). set (lo' := first_up _ _ _ _ _ _ _).
    assert (lo' <= z) by (apply first_up_ok; lia).
    destruct (Z.ltb_spec hi lo'); cbn [fst snd]; [lia|].
    split; auto. apply last_down_ok; lia.
Qed.

Fixpoint keepbox (ss : list stair) (ts : list term) (bx : box) (gap : Z)
  : box :=
  match ts, bx with
  | (m, g, t) :: ts', (lo, hi) :: bx' =>
    match ss with
    | s :: ss' => keep s m g (t - gap) lo hi :: keepbox ss' ts' bx' gap
    | [] => klin g (t - gap) lo hi :: keepbox [] ts' bx' gap
    end
  | _, _ => bx
  end.

Lemma keepbox_ok gap bx z : inB bx z -> forall ss ts,
  Forall (fun s => s <= gap) (slacks ss ts z) -> inB (keepbox ss ts bx gap) z.
Proof.
  induction 1 as [|[lo hi] a bx z Ha H IH]; intros ss [|[[m g] t] ts] Hs; cbn;
    try (constructor; auto; fail).
  destruct ss as [|s ss]; cbn in Hs; inversion Hs; subst; constructor; auto.
  - apply klin_ok; auto; lia.
  - apply keep_ok; auto; lia.
Qed.
