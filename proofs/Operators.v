(* Operators: dense matrices, and sparse rows, the specification of any linear
   operator (`of_rows_ok`), which are met one after the other in one walk along
   the inputs where they ascend. *)
From Coq Require Import ZArith List Lia Bool.
From Rampart Require Import Network Vectors Graph.
Import ListNotations.
Open Scope Z_scope.

(* ---- dense: rows of weights ---- *)
Fixpoint dense_t (rows : list vec) (lam m : vec) : vec :=
  match rows, lam with
  | r :: rows', l :: lam' =>
    dense_t rows' lam' (if l =? 0 then m else axpy l m r)
  | _, _ => m
  end.

Fixpoint row_range (r : vec) (b : box) (dn up : Z) : Z * Z :=
  match r, b with
  | w :: r', (l, u) :: b' =>
    if w <? 0 then row_range r' b' (dn + w * u) (up + w * l)
    else row_range r' b' (dn + w * l) (up + w * u)
  | _, _ => (dn, up)
  end.

Lemma dense_t_ok rows : forall lam m a,
  dot (dense_t rows lam m) a = dot m a + dot lam (map (fun r => dot r a) rows).
Proof.
  induction rows as [|r rows IH]; intros [|l lam] m a; cbn; try lia.
  rewrite IH. destruct (Z.eqb_spec l 0) as [->|]; rewrite ?dot_axpy; lia.
Qed.

Lemma row_range_ok b a : inB b a -> forall r dn up s, dn <= s <= up ->
  inI (row_range r b dn up) (s + dot r a).
Proof.
  induction 1 as [|[l u] z b a Hz H IH]; intros [|w r] dn up s Hs; cbn;
    try (unfold inI; cbn; lia).
  unfold inI in Hz; cbn in Hz. rewrite Z.add_assoc.
  destruct (Z.ltb_spec w 0); apply IH; nia.
Qed.

Lemma dense_range_ok rows b a : inB b a ->
  inB (map (fun r => row_range r b 0 0) rows) (map (fun r => dot r a) rows).
Proof.
  intros H; induction rows as [|r rows IH]; cbn; constructor; auto.
  apply (row_range_ok b a H r 0 0 0). lia.
Qed.

Definition dense (rows : list vec) : op := {|
  apply := fun a => map (fun r => dot r a) rows;
  transp := dense_t rows;
  range := fun b => map (fun r => row_range r b 0 0) rows;
  transp_ok := dense_t_ok rows; range_ok := dense_range_ok rows |}.

(* ---- any operator: rows of (input, weight), its specification ---- *)
Definition srow_t (l : Z) (r : taps) (m : vec) : vec :=
  fold_left (fun m t => upd (fst t) (Z.add (l * snd t)) 0 m) r m.
Fixpoint srange (r : taps) (b : box) : Z * Z :=
  match r with
  | [] => (0, 0)
  | (i, w) :: r' =>
    let j := nth i b (0, 0) in let s := srange r' b in
    if w <? 0 then (w * snd j + fst s, w * fst j + snd s)
    else (w * fst j + fst s, w * snd j + snd s)
  end.
Fixpoint sparse_t (rows : list taps) (lam m : vec) : vec :=
  match rows, lam with
  | r :: rows', l :: lam' =>
    sparse_t rows' lam' (if l =? 0 then m else srow_t l r m)
  | _, _ => m
  end.

Lemma dot_upd k i
  : forall m a, dot (upd i (Z.add k) 0 m) a = dot m a + k * nth i a 0.
Proof.
  induction i as [|i IH]; intros [|x m] [|b a]; cbn; rewrite ?IH; cbn; lia.
Qed.
Lemma srow_t_ok l r : forall m a, dot (srow_t l r m) a = dot m a + l * pick r a.
Proof.
  unfold srow_t; induction r as [|[i w] r IH]; intros m a; cbn; [lia|].
  rewrite IH, dot_upd. ring.
Qed.
Lemma sparse_t_ok rows : forall lam m a,
  dot (sparse_t rows lam m) a
  = dot m a + dot lam (map (fun r => pick r a) rows).
Proof.
  induction rows as [|r rows IH]; intros [|l lam] m a; cbn; try lia.
  rewrite IH. destruct (Z.eqb_spec l 0) as [->|]; rewrite ?srow_t_ok; lia.
Qed.
Lemma srange_ok b a r : inB b a -> inI (srange r b) (pick r a).
Proof.
  intros H; induction r as [|[i w] r IH]; cbn; [unfold inI; cbn; lia|].
  assert (Hi : inI (nth i b (0, 0)) (nth i a 0)) by (apply nth_F2; auto;
    unfold inI; cbn; lia).
  unfold inI in *. destruct (Z.ltb_spec w 0); cbn; nia.
Qed.

Lemma sparse_range_ok rows b a : inB b a ->
  inB (map (fun r => srange r b) rows) (map (fun r => pick r a) rows).
Proof.
  intros; induction rows; cbn; constructor; auto. apply srange_ok; auto.
Qed.

Definition sparse (rows : list taps) : op := {|
  apply := fun a => map (fun r => pick r a) rows;
  transp := sparse_t rows;
  range := fun b => map (fun r => srange r b) rows;
  transp_ok := sparse_t_ok rows; range_ok := sparse_range_ok rows |}.

(* ---- the same where each row ascends: how many inputs lie between taps, so
   that one walk along the inputs meets all ---- *)
Fixpoint gaps (p : nat) (r : taps) : option taps :=
  match r with
  | [] => Some []
  | (i, w) :: r' =>
    if (i <? p)%nat then None else
    match gaps (S i) r' with
    | Some g => Some ((i - p, w)%nat :: g)
    | None => None
    end
  end.
Fixpoint walk (g : taps) (a : vec) : Z :=
  match g with
  | [] => 0
  | (k, w) :: g' =>
    match skipn k a with [] => 0 | x :: a' => w * x + walk g' a' end
  end.
Fixpoint walk_range (g : taps) (b : box) : Z * Z :=
  match g with
  | [] => (0, 0)
  | (k, w) :: g' =>
    match skipn k b with
    | [] => (0, 0)
    | (l, u) :: b' =>
      let s := walk_range g' b' in
      if w <? 0 then (w * u + fst s, w * l + snd s)
      else (w * l + fst s, w * u + snd s)
    end
  end.
(* f behind the first k entries, zeros where there are fewer *)
Fixpoint behind (k : nat) (f : vec -> vec) (m : vec) : vec :=
  match k with
  | O => f m
  | S k' => hd 0 m :: behind k' f (tl m)
  end.
Fixpoint walk_t (l : Z) (g : taps) (m : vec) : vec :=
  match g with
  | [] => m
  | (k, w) :: g' =>
    behind k (fun m => hd 0 m + l * w :: walk_t l g' (tl m)) m
  end.

(* Rows of which none begins before the one above it: how far behind that. *)
Notation run := (list (nat * taps)).
Fixpoint walks (r : run) (a : vec) : vec :=
  match r with
  | [] => []
  | (d, g) :: r' => let a' := skipn d a in walk g a' :: walks r' a'
  end.
Fixpoint walks_range (r : run) (b : box) : box :=
  match r with
  | [] => []
  | (d, g) :: r' => let b' := skipn d b in walk_range g b' :: walks_range r' b'
  end.
Fixpoint walks_t (r : run) (lam m : vec) : vec :=
  match r, lam with
  | (d, g) :: r', l :: lam' =>
    behind d (fun m => walks_t r' lam' (if l =? 0 then m else walk_t l g m)) m
  | _, _ => m
  end.
Fixpoint runs_t (rs : list run) (lam m : vec) : vec :=
  match rs, lam with
  | r :: rs', _ :: _ => runs_t rs' (skipn (length r) lam) (walks_t r lam m)
  | _, _ => m
  end.
(* Rows as such runs; the first run goes on at p. *)
Fixpoint runs (p : nat) (rows : list taps) : option (list run) :=
  match rows with
  | [] => Some [[]]
  | r :: rows' =>
    let first := match r with (i, _) :: _ => i | [] => p end in
    match gaps first r, runs first rows' with
    | Some g, Some (next :: rs) =>
      Some (if (first <? p)%nat then [] :: ((first, g) :: next) :: rs
            else ((first - p, g)%nat :: next) :: rs)
    | _, _ => None
    end
  end.

Lemma skipn_add {A} i j (l : list A) : skipn j (skipn i l) = skipn (i + j) l.
Proof.
  revert l; induction i as [|i IH]; intros [|a l]; cbn; auto.
  apply skipn_nil.
Qed.
Lemma gaps_ok r : forall p g a, gaps p r = Some g ->
  walk g (skipn p a) = pick r a.
Proof.
  induction r as [|[i w] r IH]; intros p g a E; cbn [gaps] in E.
  - inversion E; reflexivity.
  - destruct (Nat.ltb_spec i p); [discriminate|].
    destruct (gaps (S i) r) as [g'|] eqn:Eg; [|discriminate].
    inversion E; subst; clear E. cbn [walk pick].
    rewrite <- (IH _ _ a Eg), skipn_add.
    replace (p + (i - p))%nat with i by lia.
    clear. revert a; induction i as [|i IH]; intros [|x a]; cbn.
    + destruct g' as [|[k v] g']; cbn; rewrite ?skipn_nil; lia.
    + reflexivity.
    + destruct g' as [|[k v] g']; cbn; rewrite ?skipn_nil; lia.
    + apply IH.
Qed.
Lemma runs_ok a rows : forall p rs, runs p rows = Some rs ->
  match rs with
  | r :: rs' => walks r (skipn p a) ++ flat_map (fun r => walks r a) rs'
                = map (fun r => pick r a) rows
  | [] => False
  end.
Proof.
  induction rows as [|r rows IH]; intros p rs E; cbn [runs] in E.
  - inversion E; reflexivity.
  - set (first := match r with (i, _) :: _ => i | [] => p end) in E.
    destruct (gaps first r) as [g|] eqn:Eg; [|discriminate].
    destruct (runs first rows) as [[|next rs']|] eqn:En; try discriminate.
    specialize (IH _ _ En). pose proof (gaps_ok r first g a Eg) as G.
    inversion E; subst rs; clear E. destruct (Nat.ltb_spec first p).
    + cbn [walks flat_map List.app map]. rewrite G, IH. reflexivity.
    + cbn [walks flat_map List.app map]. rewrite skipn_add.
      replace (p + (first - p))%nat with first by lia. rewrite G, IH.
      reflexivity.
Qed.

Lemma dot_behind k f m a d : (forall m a, dot (f m) a = dot m a + d a) ->
  dot (behind k f m) a = dot m a + d (skipn k a).
Proof.
  intros H; revert m a; induction k as [|k IH]; intros m a; cbn; auto.
  destruct a as [|x a].
  - rewrite !dot_nil_r. specialize (H [] []). rewrite !dot_nil_r in H. lia.
  - rewrite IH, (dot_hd_tl m). cbn. lia.
Qed.
Lemma walk_t_ok l g : forall m a, dot (walk_t l g m) a = dot m a + l * walk g a.
Proof.
  induction g as [|[k w] g IH]; intros m a; cbn [walk_t walk]; [lia|].
  rewrite (dot_behind k _ m a (fun a =>
    l * match a with [] => 0 | x :: a' => w * x + walk g a' end)); auto.
  clear m a. intros m [|x a]; [rewrite !dot_nil_r; lia|].
  rewrite (dot_hd_tl m). cbn. rewrite IH. lia.
Qed.
Lemma walks_t_ok r : forall lam m a,
  dot (walks_t r lam m) a = dot m a + dot lam (walks r a).
Proof.
  induction r as [|[d g] r IH]; intros [|l lam] m a; cbn [walks_t walks dot];
    try lia.
  rewrite (dot_behind d _ m a (fun a => l * walk g a + dot lam (walks r a)));
    [lia|].
  clear m a. intros m a. rewrite IH.
  destruct (Z.eqb_spec l 0) as [->|]; rewrite ?walk_t_ok; lia.
Qed.
Lemma dot_app u v : forall lam,
  dot lam (u ++ v) = dot lam u + dot (skipn (length u) lam) v.
Proof.
  induction u as [|x u IH]; intros [|l lam]; cbn; try lia. rewrite IH. lia.
Qed.
Lemma walks_length r : forall a, length (walks r a) = length r.
Proof. induction r as [|[d g] r IH]; intros a; cbn; auto. Qed.
Lemma runs_t_ok rs : forall lam m a,
  dot (runs_t rs lam m) a
  = dot m a + dot lam (flat_map (fun r => walks r a) rs).
Proof.
  induction rs as [|r rs IH]; intros lam m a; cbn [runs_t flat_map].
  - rewrite dot_nil_r. destruct lam; lia.
  - destruct lam as [|l lam]; [cbn; lia|].
    rewrite IH, walks_t_ok, dot_app, walks_length. lia.
Qed.
Lemma walk_range_ok g : forall b a, inB b a -> inI (walk_range g b) (walk g a).
Proof.
  induction g as [|[k w] g IH]; intros b a H; cbn [walk walk_range];
    [unfold inI; cbn; lia|].
  apply (F2_skipn _ _ _ k) in H.
  destruct H as [|[l u] x b' a' Hx H]; [unfold inI; cbn; lia|].
  specialize (IH _ _ H). unfold inI in *; cbn in Hx.
  destruct (Z.ltb_spec w 0); cbn [fst snd]; nia.
Qed.
Lemma walks_range_ok r : forall b a, inB b a ->
  inB (walks_range r b) (walks r a).
Proof.
  induction r as [|[d g] r IH]; intros b a H; cbn; constructor;
    [apply walk_range_ok|apply IH]; apply F2_skipn, H.
Qed.
Lemma runs_range_ok rs b a : inB b a ->
  inB (flat_map (fun r => walks_range r b) rs)
    (flat_map (fun r => walks r a) rs).
Proof.
  intros H. induction rs as [|r rs IH]; cbn; [constructor|].
  apply Forall2_app; auto. apply walks_range_ok, H.
Qed.

Definition walked (rs : list run) : op := {|
  apply := fun a => flat_map (fun r => walks r a) rs;
  transp := runs_t rs;
  range := fun b => flat_map (fun r => walks_range r b) rs;
  transp_ok := runs_t_ok rs; range_ok := runs_range_ok rs |}.

(* ---- any rows ---- *)
Definition of_rows (rows : list taps) : op :=
  match runs 0 rows with Some rs => walked rs | None => sparse rows end.
Theorem of_rows_ok rows a :
  apply (of_rows rows) a = map (fun r => pick r a) rows.
Proof.
  unfold of_rows. destruct (runs 0 rows) as [rs|] eqn:E; auto.
  apply (runs_ok a) in E. destruct rs; [contradiction|]. exact E.
Qed.
