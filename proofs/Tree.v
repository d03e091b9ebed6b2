(* The tree: what an accepted proof proves (rules 1, 5 and 6).

   A proof is a list of records, read once. The invariant `inv`: every input
   that changes the class, and is wanted by a part that has begun, is in the
   region of an open node of that part. At the end all parts have begun and no
   node is open: so there is no such input. Where records come from does not
   matter. *)
From Coq Require Import ZArith List Lia Bool FMapPositive FMapFacts.
From Rampart Require Import Network Vectors Neurons Graph Staircases
  Steps Parts.
Import ListNotations.
Open Scope Z_scope.

Inductive record :=
| Part (k : nat) (c : weights)
    (* a new root for the k-th family's member; it takes the next number *)
| Steps (id : positive) (ss : list step)
| Final (id : positive) (ss : list step)
| Split (id : positive) (ss : list step) (d i : nat) (v : Z)
    (* at entry i of block d; children take the next two numbers *)
| RootSteps (ss : list step) (* they hold for all parts *)
| Move (id : positive). (* the node takes the next number *)

(* What a source of records says at a place of type A. *)
Inductive source (A : Type) := Done | Broken | More (r : record) (a : A).
Arguments Done {A}.
Arguments Broken {A}.
Arguments More {A}.

Section Tree.
  Variables (n : net) (y : nat) (ps : list family).

  (* Nodes that are open, with their part and their region. A root without
     region: the bounds for all parts left no input. *)
  Notation nodemap := (PositiveMap.t (part * rg)).
  Record state := {
    root : option rg;
    here : list nat; (* families of which a part has begun *)
    next : positive;
    nodes : nodemap }.
  Definition with_nodes (s : state) (a : positive) (m : nodemap) : state :=
    {| root := root s; here := here s; next := a; nodes := m |}.

  Fixpoint take_all (p : option part) (ss : list step) (r : rg) : option rg :=
    match ss with
    | [] => Some r
    | s :: ss' =>
      match take n p s r with
      | Some r' => take_all p ss' r'
      | None => None
      end
    end.

  Definition put (id : positive) (p : part) (r : option rg) (m : nodemap) :=
    match r with
    | Some r => PositiveMap.add id (p, r) m
    | None => PositiveMap.remove id m
    end.

  Definition point_of (b : box) : option vec :=
    if forallb (fun i => fst i =? snd i) b then Some (map fst b) else None.

  (* Nothing is left, or one input that keeps its class. *)
  Definition ends (p : option part) (r : rg) : bool :=
    match settle n p r with
    | None => true
    | Some r =>
      match point_of (nth (length n) (ivs r) [(0, 1)]) with
      | Some x => (predict n x =? y)%nat
      | None => false
      end
    end.
  Definition closes (p : option part) (o : option rg) : bool :=
    match o with None => true | Some rg => ends p rg end.

  Definition split (lo : bool) (d i : nat) (v : Z) (r : rg) : option rg :=
    made r (at_block d (if lo then cutlo i v else cuthi i (v - 1)) (ivs r)).

  (* A child also has the changes that its parent has not told yet. *)
  Definition dirt (r : rg) (o : option rg) : option rg :=
    match o with
    | Some r' =>
      let all := dirty r ++ repeat false (length (dirty r')) in
      Some {| ivs := ivs r';
              dirty := map (fun p => orb (fst p) (snd p))
                         (combine all (dirty r')) |}
    | None => None
    end.

  Definition settled_root (s : state) : option rg :=
    match root s with Some rg => settle n None rg | None => None end.

  (* None: refused. What is said of a closed node changes nothing. *)
  Definition read (s : state) (r : record) : option state :=
    let a := next s in
    let b := Pos.succ a in
    match r with
    | RootSteps ss =>
      match root s with
      | Some rg => Some {| root := take_all None ss rg; here := here s;
                           next := a; nodes := nodes s |}
      | None => Some s
      end
    | Part k c =>
      match settled_root s, nth_error ps k with
      | Some rg, Some f =>
        Some {| root := Some rg; here := k :: here s; next := b;
                nodes := PositiveMap.add a (member f c, rg) (nodes s) |}
      | _, _ => None
      end
    | Steps id ss =>
      match PositiveMap.find id (nodes s) with
      | None => Some s
      | Some (p, rg) =>
        Some (with_nodes s a (put id p (take_all (Some p) ss rg) (nodes s)))
      end
    | Final id ss =>
      match PositiveMap.find id (nodes s) with
      | None => Some s
      | Some (p, rg) =>
        if closes (Some p) (take_all (Some p) ss rg)
        then Some (with_nodes s a (PositiveMap.remove id (nodes s)))
        else None
      end
    | Split id ss d i v =>
      match PositiveMap.find id (nodes s) with
      | None => Some (with_nodes s (Pos.succ b) (nodes s))
      | Some (p, rg) =>
        let others := PositiveMap.remove id (nodes s) in
        match take_all (Some p) ss rg with
        | None => Some (with_nodes s (Pos.succ b) others)
        | Some rg =>
          Some (with_nodes s (Pos.succ b)
            (put b p (dirt rg (split true d i v rg))
              (put a p (dirt rg (split false d i v rg)) others)))
        end
      end
    | Move id =>
      Some (with_nodes s b
        match PositiveMap.find id (nodes s) with
        | Some kr => PositiveMap.add a kr (PositiveMap.remove id (nodes s))
        | None => nodes s
        end)
    end.

  Fixpoint read_all (s : state) (rs : list record) : option state :=
    match rs with
    | [] => Some s
    | r :: rs' =>
      match read s r with
      | Some s' => read_all s' rs'
      | None => None
      end
    end.

  (* Records as they come: from any source, as long as there is fuel. *)
  Fixpoint pull {A} (fuel : nat) (more : A -> source A) (a : A) (s : state)
    : option state :=
    match fuel with
    | O => None
    | Datatypes.S f =>
      match more a with
      | Done => Some s
      | Broken => None
      | More r a' =>
        match read s r with
        | Some s' => pull f more a' s'
        | None => None
        end
      end
    end.
  Lemma pull_all {A} (more : A -> source A) : forall fuel a s s',
    pull fuel more a s = Some s' -> exists rs, read_all s rs = Some s'.
  Proof.
    induction fuel as [|f IH]; intros a s s' E; cbn in E; [discriminate|].
    destruct (more a) as [| |r a']; [exists []; exact E|discriminate|].
    destruct (read s r) as [s1|] eqn:Er; [|discriminate].
    destruct (IH _ _ _ E) as [rs Hrs]. exists (r :: rs). cbn [read_all].
      rewrite Er. exact Hrs.
  Qed.

  Definition finished (s : state) : bool :=
    PositiveMap.is_empty (nodes s) &&
    forallb (fun k => existsb (Nat.eqb k) (here s)) (seq 0 (length ps)).

  (* the root: intervals of all accumulators by one pass *)
  Fixpoint start (m : net) (ball : box) : region * list box :=
    match m with
    | [] => ([ball], [ball])
    | b :: m' => let '(R, e) := start m' ball in
                 let z := accI b e in (z :: R, fireI (units b) z :: e)
    end.

  Lemma start_ok ball x m R e : inB ball x -> start m ball = (R, e) ->
    inR R m x /\ Forall2 inB e (env m x).
  Proof.
    unfold inR; intros H; revert R e; induction m as [|b m IH]; intros R e E;
      cbn in *.
    - inversion E; subst; auto.
    - destruct (start m ball) as [R1 e1]. inversion E; subst; clear E.
      destruct (IH _ _ eq_refl) as [H1 H2].
      pose proof (accI_ok b e1 (env m x) H2). split; constructor; auto.
        apply fireI_ok; auto.
  Qed.

  Definition begin (ball : box) : state :=
    {| root := Some {| ivs := fst (start n ball); dirty := [] |};
       here := []; next := 1%positive; nodes := PositiveMap.empty _ |}.
  Definition check {A} (ball : box) (fuel : nat) (more : A -> source A) (a : A)
    : bool :=
    match pull fuel more a (begin ball) with
    | Some s => finished s
    | None => false
    end.

  (* ---- the invariant: every wanted input is in an open node's region ---- *)
  Definition bad (x : vec) : Prop := predict n x <> y.
  Definition inv (x : vec) (s : state) : Prop :=
    (exists r, root s = Some r /\ in_rg r n x) /\
    (forall id, (next s <= id)%positive ->
      PositiveMap.find id (nodes s) = None) /\
    forall k f, In k (here s) -> nth_error ps k = Some f ->
      asks f (last_z n x) ->
      exists id p r, PositiveMap.find id (nodes s) = Some (p, r) /\
        wants p (last_z n x) /\ in_rg r n x.

  Lemma take_all_ok p x ss : forall r, in_rg r n x -> wanted p n x ->
    exists r', take_all p ss r = Some r' /\ in_rg r' n x.
  Proof.
    induction ss as [|s ss IH]; intros r H W; cbn; eauto.
    destruct (take_ok n p s r x H W) as [r' [-> H']]. auto.
  Qed.

  Lemma nth_last x : nth (length n) (zs n x) [] = x.
  Proof. induction n; cbn; auto. Qed.
  Lemma zs_length x : length (zs n x) = S (length n).
  Proof. induction n; cbn; auto. Qed.

  Lemma point_ok b x z : inB b z -> point_of b = Some x -> z = x.
  Proof.
    unfold point_of; intros H. destruct (forallb _ b) eqn:E; [|discriminate].
    intros X; inversion X; subst; clear X. revert E.
    induction H as [|[l u] a b z Ha H IH]; cbn; intros E; auto.
    apply andb_prop in E as [E1 E2]. apply Z.eqb_eq in E1. cbn in E1.
    unfold inI in Ha; cbn in Ha. rewrite <- IH by auto. f_equal; lia.
  Qed.

  Lemma F2_length {A B} (P : A -> B -> Prop) l m : Forall2 P l m ->
    length l = length m.
  Proof. induction 1; cbn; auto. Qed.

  Lemma ends_ok p r x : in_rg r n x -> wanted p n x -> bad x ->
    ends p r = false.
  Proof.
    intros H W B. unfold ends. destruct (settle_ok n p r x H W) as [r' [-> H']].
    destruct (point_of _) as [x'|] eqn:E; auto.
    assert (Hl : length (ivs r') = S (length n)).
    { unfold in_rg, inR in H'. apply F2_length in H'.
      etransitivity; [exact H'|apply zs_length]. }
    rewrite (nth_indep (ivs r') [(0, 1)] []) in E by (eapply Nat.lt_le_trans;
      [apply Nat.lt_succ_diag_r|apply Nat.eq_le_incl; symmetry; exact Hl]).
    assert (I : inB (nth (length n) (ivs r') []) x).
    { rewrite <- (nth_last x) at 1. apply nth_F2; auto. }
    rewrite <- (point_ok _ _ _ I E). unfold bad in B. apply Nat.eqb_neq. auto.
  Qed.

  Lemma dirt_ok r o x : (exists r', o = Some r' /\ in_rg r' n x) ->
    exists r', dirt r o = Some r' /\ in_rg r' n x.
  Proof. intros [r' [-> H]]. cbn. eexists; split; eauto. Qed.

  Lemma split_ok d i v r x : in_rg r n x ->
    (exists r', split false d i v r = Some r' /\ in_rg r' n x) \/
    (exists r', split true d i v r = Some r' /\ in_rg r' n x).
  Proof.
    intros H. unfold split.
      destruct (Z.le_gt_cases v (nth i (nth d (zs n x) []) 0)).
    - right. apply made_ok; auto. apply at_block_ok; auto. intros;
        apply cutlo_ok; auto.
    - left. apply made_ok; auto. apply at_block_ok; auto. intros;
        apply cuthi_ok; auto. apply Z.lt_le_pred; auto.
  Qed.

  Import PositiveMap.
  Lemma find_put_other id id' p r m : id <> id' ->
    find id (put id' p r m) = find id m.
  Proof. intros; destruct r; cbn; [apply gso|apply gro]; auto. Qed.

  Theorem read_ok x s r s' : bad x -> inv x s -> read s r = Some s' -> inv x s'.
  Proof.
    intros B (Hr & Hn & Hk) E. destruct Hr as [r0 [Er Hr]].
    destruct r as [k c|id ss|id ss|id ss d i v|ss|id];
      unfold read, with_nodes, settled_root, closes in E;
      cbv beta iota zeta in E.
    - rewrite Er in E. destruct (settle_ok n None r0 x Hr Logic.I)
        as [r1 [Es Hr1]]. rewrite Es in E.
      clear r0 Er Hr Es. rename r1 into r0, Hr1 into Hr.
      destruct (nth_error ps k) as [f|] eqn:Ef; [|discriminate].
      inversion E; subst; clear E. repeat split; cbn.
      + eauto.
      + intros id Hid. rewrite gso by lia. apply Hn; lia.
      + intros k' f' [<-|Hin] Hf W.
        * rewrite Ef in Hf. inversion Hf; subst.
          exists (next s), (member f' c), r0. rewrite gss.
          auto using member_ok.
        * destruct (Hk _ _ Hin Hf W) as (id & p & r & F & I).
          exists id, p, r. split; auto.
          rewrite gso; auto. intros ->. rewrite Hn in F by lia. discriminate.
    - destruct (find id (nodes s)) as [[q rg]|] eqn:F; inversion E; subst;
        clear E;
        [|unfold inv; eauto].
      repeat split; cbn; eauto.
      + intros id' Hid. rewrite find_put_other; [auto|]. intros ->.
          rewrite Hn in F by auto. discriminate.
      + intros k' f Hin Hf W.
          destruct (Hk _ _ Hin Hf W) as (id' & p & r & F' & Wp & I).
        destruct (Pos.eq_dec id' id) as [->|Ne].
        * rewrite F in F'. inversion F'; subst.
          destruct (take_all_ok (Some p) x ss r I Wp) as [r' [-> I']].
          exists id, p, r'. cbn. rewrite gss. auto.
        * exists id', p, r. rewrite find_put_other; auto.
    - destruct (find id (nodes s)) as [[q rg]|] eqn:F;
        [|inversion E; subst; unfold inv; eauto].
      destruct (match take_all _ _ _ with None => true | Some _ => _ end) eqn:X;
        [|discriminate].
      inversion E; subst; clear E. repeat split; cbn; eauto.
      + intros id' Hid. destruct (Pos.eq_dec id' id) as [->|];
          [apply grs|rewrite gro; auto].
      + intros k' f Hin Hf W.
          destruct (Hk _ _ Hin Hf W) as (id' & p & r & F' & Wp & I).
        destruct (Pos.eq_dec id' id) as [->|Ne].
        * exfalso. rewrite F in F'. inversion F'; subst.
          destruct (take_all_ok (Some p) x ss r I Wp) as [r' [Et I']].
            rewrite Et in X.
          rewrite (ends_ok (Some p) r' x) in X; auto. discriminate.
        * exists id', p, r. rewrite gro; auto.
    - destruct (find id (nodes s)) as [[q rg]|] eqn:F.
      2: { inversion E; subst; clear E. repeat split; cbn; eauto. intros;
        apply Hn; lia. }
      assert (Nid : (id < next s)%positive).
      { destruct (Pos.lt_total id (next s)) as [|[->|]]; auto;
        rewrite Hn in F by lia; discriminate. }
      destruct (take_all (Some q) ss rg) as [rg1|] eqn:X; inversion E;
        subst; clear E.
      + repeat split; cbn; eauto.
        * intros id' Hid. rewrite !find_put_other by lia. rewrite gro by lia.
            apply Hn; lia.
        * intros k' f Hin Hf W.
            destruct (Hk _ _ Hin Hf W) as (id' & p & r & F' & Wp & I).
          destruct (Pos.eq_dec id' id) as [->|Ne].
          -- rewrite F in F'. inversion F'; subst.
             destruct (take_all_ok (Some p) x ss r I Wp) as [r' [Et I']].
               rewrite Et in X.
             inversion X; subst; clear X.
             destruct (split_ok d i v rg1 x I') as [C|C];
               apply (dirt_ok rg1) in C as [r2 [-> I2]].
             ++ exists (next s), p, r2. rewrite find_put_other by lia. cbn.
                  rewrite gss. auto.
             ++ exists (Pos.succ (next s)), p, r2. cbn. rewrite gss. auto.
          -- assert (id' < next s)%positive.
             { destruct (Pos.lt_total id' (next s)) as [|[->|]]; auto;
               rewrite Hn in F' by lia; discriminate. }
             exists id', p, r. rewrite !find_put_other by lia.
             rewrite gro; auto.
      + repeat split; cbn; eauto.
        * intros id' Hid. rewrite gro by lia. apply Hn; lia.
        * intros k' f Hin Hf W.
            destruct (Hk _ _ Hin Hf W) as (id' & p & r & F' & Wp & I).
          destruct (Pos.eq_dec id' id) as [->|Ne].
          -- exfalso. rewrite F in F'. inversion F'; subst.
             destruct (take_all_ok (Some p) x ss r I Wp) as [r' [Et I']].
               rewrite Et in X. discriminate.
          -- exists id', p, r. rewrite gro; auto.
    - rewrite Er in E. inversion E; subst; clear E. repeat split; cbn; auto.
      destruct (take_all_ok None x ss r0 Hr Logic.I) as [r' [-> I']]. eauto.
    - inversion E; subst; clear E. repeat split; cbn; eauto.
      + intros id' Hid. destruct (find id (nodes s)) eqn:F; [|apply Hn; lia].
        rewrite gso by lia. destruct (Pos.eq_dec id' id) as [->|]; [apply grs|].
        rewrite gro by auto. apply Hn; lia.
      + intros k' f Hin Hf W.
          destruct (Hk _ _ Hin Hf W) as (id' & p & r & F' & I).
        destruct (find id (nodes s)) as [kr|] eqn:F; [|eauto 6].
        destruct (Pos.eq_dec id' id) as [->|Ne].
        * rewrite F in F'. inversion F'; subst. exists (next s), p, r.
            rewrite gss. auto.
        * exists id', p, r. rewrite gso; [rewrite gro; auto|].
          intros ->. rewrite Hn in F' by lia. discriminate.
  Qed.

  Lemma read_all_ok x rs : bad x -> forall s s', inv x s ->
    read_all s rs = Some s' -> inv x s'.
  Proof.
    intros B; induction rs as [|r rs IH]; intros s s' H E; cbn in E.
    - inversion E; subst; auto.
    - destruct (read s r) as [s1|] eqn:E1; [|discriminate].
      eapply IH; [|exact E]. eapply read_ok; eauto.
  Qed.

  (* An accepted proof: no input of the ball is wanted by any family. *)
  Theorem check_ok {A} ball fuel (more : A -> source A) a x :
    check ball fuel more a = true -> inB ball x -> bad x ->
    forall f, List.In f ps -> ~ asks f (last_z n x).
  Proof.
    unfold check; intros H Hx B f Hf W.
    destruct (pull fuel more a (begin ball)) as [s|] eqn:Ep; [|discriminate].
    destruct (pull_all _ _ _ _ _ Ep) as [rs E]. clear Ep. unfold begin in E.
    destruct (start n ball) as [R e] eqn:Es. cbn [fst] in E.
    destruct (start_ok _ _ _ _ _ Hx Es) as [HR _].
    assert (I : inv x s).
    { eapply read_all_ok; [exact B| |exact E]. repeat split; cbn.
      - eexists; split; [reflexivity|]. exact HR.
      - intros; apply gempty.
      - tauto. }
    destruct I as (_ & _ & I). unfold finished in H.
      apply andb_prop in H as [H1 H2].
    destruct (In_nth_error _ _ Hf) as [k Ek].
    assert (Hk : List.In k (here s)).
    { rewrite forallb_forall in H2. specialize (H2 k).
      assert (List.In k (seq 0 (length ps))) as Hs.
      { apply in_seq. assert (nth_error ps k <> None) by congruence.
        apply nth_error_Some in H. lia. }
      apply H2 in Hs. apply existsb_exists in Hs as [k' [Hin Ee]].
      apply Nat.eqb_eq in Ee. subst. auto. }
    destruct (I k f Hk Ek W) as (id & p & r & F & _).
    apply PositiveMap.is_empty_2 in H1. eapply H1. apply PositiveMap.find_2.
      exact F.
  Qed.
End Tree.


(* ---- the whole ---- *)

Definition check_robust {A} (os : list ostair) (ts : list (nat * op)) (bi : vec)
  (inner : net) (ball : box) (y : nat) (fuel : nat) (more : A -> source A)
  (a : A) : bool :=
  (y <? length os)%nat && (length os <=? length bi)%nat &&
  check (full os ts bi inner) y (map snd (parts os y)) ball fuel more a.

(* An accepted proof: every input of the ball has class y. *)
Theorem check_robust_ok {A} os ts bi inner ball y fuel (more : A -> source A)
  a x :
  check_robust os ts bi inner ball y fuel more a = true -> inB ball x ->
  predict (full os ts bi inner) x = y.
Proof.
  unfold check_robust. intros H Hx. apply andb_prop in H as [Hy H].
  apply andb_prop in Hy as [Hy Hl]. apply Nat.ltb_lt in Hy.
  apply Nat.leb_le in Hl. set (n := full os ts bi inner) in *.
  destruct (Nat.eq_dec (predict n x) y) as [|B]; auto. exfalso.
  pose proof (check_ok n y _ _ _ _ _ x H Hx B) as K.
  set (z := last_z n x) in *.
  assert (Lz : (length (map st os) <= length z)%nat).
  { rewrite map_length. eapply Nat.le_trans; [exact Hl|].
    exact (acc_length {| bterms := ts; bias := bi; units := each (map st os) |}
      (env inner x)). }
  assert (Lo : length (act (map st os) z) = length os)
    by (rewrite act_length by exact Lz; apply map_length).
  assert (En : forall j, (j < length os)%nat ->
    nth j (act (map st os) z) 0 = app (st (out_of os j)) (nth j z 0)).
  { intros j Hj. apply act_nth; [|rewrite map_length in Lz; lia].
    rewrite nth_error_map, (nth_error_nth' _ flat_out) by auto. reflexivity. }
  apply B. change (predict n x) with (first_max (act (map st os) z)).
  apply first_max_spec; [lia|].
  intros j Hj Hne. rewrite !En by lia.
  destruct (Z.lt_ge_cases (app (st (out_of os j)) (nth j z 0))
    (app (st (out_of os y)) (nth y z 0) + delta y j)) as [|G]; auto.
  exfalso. destruct (parts_cover os y z j ltac:(lia) Hne G) as (p & Hp & Wp).
  exact (K (snd p) (in_map snd _ _ Hp) Wp).
Qed.
