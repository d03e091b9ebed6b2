(* The format of networks and claims: which lines they are, and back.

   `network_lines` and `claim_lines` are the format (docs/claims.md says it in
   words). Readers are generous, and believed only where writing what they found
   gives the very text again: so an accepted text is the writing of what was
   checked (`read_network_ok`, `read_claim_ok`); and all that is written can be
   read (`read_print_network`, `read_print_claim`). *)
From Coq Require Import ZArith List Lia Bool Ascii String.
From Rampart Require Import Network Text.
Import ListNotations.
Open Scope Z_scope.
Open Scope list_scope.

Definition w (s : string) : text := list_ascii_of_string s.
Arguments w s%string.

Fixpoint text_eqb (s t : text) : bool :=
  match s, t with
  | [], [] => true
  | a :: s', b :: t' => if Ascii.eqb a b then text_eqb s' t' else false
  | _, _ => false
  end.
Lemma text_eqb_ok s : forall t, text_eqb s t = true -> s = t.
Proof.
  induction s as [|a s IH]; intros [|b t] H; cbn in H; try discriminate; auto.
  destruct (Ascii.eqb_spec a b); [|discriminate]. f_equal; auto.
Qed.
Lemma text_eqb_refl s : text_eqb s s = true.
Proof.
  induction s as [|a s IH]; cbn; auto. rewrite Ascii.eqb_refl. exact IH.
Qed.

(* ---- networks ---- *)

Definition is_hash (t : text) : bool :=
  (Z.of_nat (List.length t) =? 64) &&
  forallb (fun c => existsb (Ascii.eqb c) (w "0123456789abcdef")) t.
Definition sha256 : text := w "sha256:".
Definition flat (r : taps) : vec :=
  flat_map (fun t => [Z.of_nat (fst t); snd t]) r.
Definition shape_numbers (s : shape) : vec := map Z.of_nat
  [in_h s; in_w s; in_c s; out_h s; out_w s; out_c s; kernel_h s; kernel_w s;
   stride_h s; stride_w s; dilation_h s; dilation_w s; pad_top s; pad_left s;
   groups s].
Definition column_number (c : option nat) : Z :=
  match c with Some i => Z.of_nat i | None => -1 end.
Definition term_lines (t : nat * matrix) : list line :=
  let source := Z.of_nat (fst t) in
  match snd t with
  | Dense rows => (w "dense", [source]) :: map (fun r => (w "row", r)) rows
  | Sparse rows =>
      (w "sparse", [source]) :: map (fun r => (w "taps", flat r)) rows
  | Conv s kernels =>
      (w "conv", source :: shape_numbers s) ::
      map (fun r => (w "row", r)) kernels
  | Select columns weights =>
      [(w "select", [source]); (w "columns", map column_number columns);
       (w "weights", weights)]
  end.
Definition kind_line (s : staircase) : line :=
  match s with
  | Shift s lo hi => (w "shift", [s; lo; hi])
  | Table lo ts => (w "table", lo :: ts)
  end.
Definition pools_lines (ps : list nat) : list line :=
  match ps with [] => [] | _ => [(w "pools", map Z.of_nat ps)] end.
Definition layer_lines (l : layer) : list line :=
  (w "layer", []) :: flat_map term_lines (terms l) ++ (w "biases", biases l) ::
  map kind_line (kinds l) ++ (w "which", map Z.of_nat (which l)) ::
  pools_lines (pools l).
Definition network_lines (g : network) : list line :=
  (w "rampart-network", [1]) :: (sha256 ++ origin g, []) ::
  (w "inputs", [Z.of_nat (inputs g); greatest g]) ::
  flat_map layer_lines (layers g).

(* Read from the last line to the first: a line collects what follows it. *)
Record collected := {
  c_rows : list vec; c_taps : list taps; c_terms : list (nat * matrix);
  c_biases : vec; c_kinds : list staircase; c_which : list nat;
  c_pools : list nat; c_layers : list layer }.
Definition nothing : collected := {|
  c_rows := []; c_taps := []; c_terms := []; c_biases := []; c_kinds := [];
  c_which := []; c_pools := []; c_layers := [] |}.

Fixpoint pairs (v : vec) : taps :=
  match v with i :: k :: v' => (Z.to_nat i, k) :: pairs v' | _ => [] end.
Definition source_of (v : vec) : nat := Z.to_nat (hd 0 v).
Definition column_of (k : Z) : option nat :=
  if k <? 0 then None else Some (Z.to_nat k).
Definition shape_of (v : vec) : shape :=
  let n i := Z.to_nat (nth i v 0) in {|
  in_h := n 0%nat; in_w := n 1%nat; in_c := n 2%nat;
  out_h := n 3%nat; out_w := n 4%nat; out_c := n 5%nat;
  kernel_h := n 6%nat; kernel_w := n 7%nat;
  stride_h := n 8%nat; stride_w := n 9%nat;
  dilation_h := n 10%nat; dilation_w := n 11%nat;
  pad_top := n 12%nat; pad_left := n 13%nat; groups := n 14%nat |}.

Definition with_term (c : collected) (t : nat * matrix) : collected := {|
  c_rows := []; c_taps := []; c_terms := t :: c_terms c;
  c_biases := c_biases c; c_kinds := c_kinds c; c_which := c_which c;
  c_pools := c_pools c; c_layers := c_layers c |}.
Definition with_kind (c : collected) (s : staircase) : collected := {|
  c_rows := c_rows c; c_taps := c_taps c; c_terms := c_terms c;
  c_biases := c_biases c; c_kinds := s :: c_kinds c; c_which := c_which c;
  c_pools := c_pools c; c_layers := c_layers c |}.
Definition with_rows (c : collected) (r : list vec) (t : list taps)
  : collected := {|
  c_rows := r; c_taps := t; c_terms := c_terms c;
  c_biases := c_biases c; c_kinds := c_kinds c; c_which := c_which c;
  c_pools := c_pools c; c_layers := c_layers c |}.
Definition with_numbers (c : collected) (b : vec) (k p : list nat)
  : collected := {|
  c_rows := c_rows c; c_taps := c_taps c; c_terms := c_terms c;
  c_biases := b; c_kinds := c_kinds c; c_which := k;
  c_pools := p; c_layers := c_layers c |}.
Definition with_layers (ls : list layer) : collected := {|
  c_rows := []; c_taps := []; c_terms := []; c_biases := []; c_kinds := [];
  c_which := []; c_pools := []; c_layers := ls |}.

Definition is_word_of (name : text) (s : string) : bool := text_eqb name (w s).
Definition collect (l : line) (c : collected) : collected :=
  let '(name, v) := l in
  let is := is_word_of name in
  if is "row"%string || is "columns"%string || is "weights"%string then
    with_rows c (v :: c_rows c) (c_taps c)
  else if is "taps"%string then with_rows c (c_rows c) (pairs v :: c_taps c)
  else if is "dense"%string then with_term c (source_of v, Dense (c_rows c))
  else if is "sparse"%string then with_term c (source_of v, Sparse (c_taps c))
  else if is "conv"%string then
    with_term c (source_of v, Conv (shape_of (tl v)) (c_rows c))
  else if is "select"%string then
    with_term c (source_of v, Select (map column_of (nth 0 (c_rows c) []))
                                (nth 1 (c_rows c) []))
  else if is "biases"%string then with_numbers c v (c_which c) (c_pools c)
  else if is "which"%string then
    with_numbers c (c_biases c) (map Z.to_nat v) (c_pools c)
  else if is "pools"%string then
    with_numbers c (c_biases c) (c_which c) (map Z.to_nat v)
  else if is "shift"%string then
    with_kind c (Shift (nth 0 v 0) (nth 1 v 0) (nth 2 v 0))
  else if is "table"%string then with_kind c (Table (hd 0 v) (tl v))
  else if is "layer"%string then
    with_layers ({| terms := c_terms c; biases := c_biases c;
                      kinds := c_kinds c; which := c_which c;
                      pools := c_pools c |} :: c_layers c)
  else c.

Definition network_of (ls : list line) : option network :=
  match ls with
  | _ :: (o, _) :: (_, [n; top]) :: ls' =>
    Some {| origin := skipn 7 o; inputs := Z.to_nat n; greatest := top;
            layers := c_layers (fold_right collect nothing ls') |}
  | _ => None
  end.

(* ---- claims ---- *)

Definition within_lines (n : neighbourhood) : list line :=
  match n with
  | Ball r => [(w "radius", [r])]
  | Box least most => [(w "least", least); (w "most", most)]
  end.
Definition says_line (v : verdict) : line :=
  match v with
  | Robust => (w "robust", [])
  | Violated x => (w "violated", x)
  | Misclassified => (w "misclassified", [])
  end.
Definition claim_lines (c : claim) : list line :=
  [(w "rampart-claim", [1]); (sha256 ++ about c, []); (w "sample", [sample c]);
   (w "label", [Z.of_nat (label c)]); (w "input", input c)]
  ++ within_lines (within c) ++ [says_line (says c)].

Definition verdict_of (l : line) : verdict :=
  if text_eqb (fst l) (w "robust") then Robust
  else if text_eqb (fst l) (w "violated") then Violated (snd l)
  else Misclassified.
Definition claim_of (ls : list line) : option claim :=
  let make o s l x n v := Some {| about := skipn 7 o; sample := s;
    label := Z.to_nat l; input := x; within := n; says := verdict_of v |} in
  match ls with
  | [_; (o, _); (_, [s]); (_, [l]); (_, x); (_, [r]); v] =>
      make o s l x (Ball r) v
  | [_; (o, _); (_, [s]); (_, [l]); (_, x); (_, a); (_, b); v] =>
      make o s l x (Box a b) v
  | _ => None
  end.

(* ---- texts ---- *)

Definition print_network (g : network) : text := print_lines (network_lines g).
Definition print_claim (c : claim) : text := print_lines (claim_lines c).

Definition read_as {A} (of : list line -> option A) (print : A -> text)
  (t : text) : option A :=
  match read_lines (S (List.length t)) t with
  | Some ls =>
    match of ls with
    | Some a => if text_eqb (print a) t then Some a else None
    | None => None
    end
  | None => None
  end.
Definition read_network : text -> option network :=
  read_as network_of print_network.
Definition read_claim : text -> option claim := read_as claim_of print_claim.

Lemma read_as_ok {A} (of : list line -> option A) print t a :
  read_as of print t = Some a -> t = print a.
Proof.
  unfold read_as. destruct (read_lines _ t) as [ls|]; [|discriminate].
  destruct (of ls) as [b|]; [|discriminate].
  destruct (text_eqb (print b) t) eqn:E; [|discriminate].
  intros H; inversion H; subst. symmetry. apply text_eqb_ok, E.
Qed.
Theorem read_network_ok t g : read_network t = Some g -> t = print_network g.
Proof. apply read_as_ok. Qed.
Theorem read_claim_ok t c : read_claim t = Some c -> t = print_claim c.
Proof. apply read_as_ok. Qed.

(* ---- all that is written can be read ---- *)

Lemma read_as_print {A} (of : list line -> option A) lines (a : A) :
  Forall (fun l => is_word (fst l)) (lines a) -> of (lines a) = Some a ->
  read_as of (fun a => print_lines (lines a)) (print_lines (lines a)) = Some a.
Proof.
  intros Hw H. unfold read_as. rewrite read_print, H, text_eqb_refl by exact Hw.
    reflexivity.
Qed.

Lemma is_word_w s : forallb (fun c => negb (ends_word c)) (w s) = true ->
  is_word (w s).
Proof.
  intros H. apply Forall_forall. intros c Hc. rewrite forallb_forall in H.
  apply negb_true_iff. auto.
Qed.
Ltac word := apply is_word_w; reflexivity.

Lemma pairs_flat r : pairs (flat r) = r.
Proof.
  induction r as [|[i k] r IH]; auto.
  change ((Z.to_nat (Z.of_nat i), k) :: pairs (flat r) = (i, k) :: r).
  rewrite Nat2Z.id, IH. reflexivity.
Qed.
Lemma collect_rows rs : forall c,
  fold_right collect c (map (fun r => (w "row", r)) rs)
  = with_rows c (rs ++ c_rows c) (c_taps c).
Proof.
  induction rs as [|r rs IH]; intros c; [destruct c; reflexivity|].
  cbn [map fold_right]. rewrite IH. reflexivity.
Qed.
Lemma collect_taps rs : forall c,
  fold_right collect c (map (fun r => (w "taps", flat r)) rs)
  = with_rows c (c_rows c) (rs ++ c_taps c).
Proof.
  induction rs as [|r rs IH]; intros c; [destruct c; reflexivity|].
    cbn [map fold_right]. rewrite IH.
  change (with_rows c (c_rows c) (pairs (flat r) :: rs ++ c_taps c)
    = with_rows c (c_rows c) ((r :: rs) ++ c_taps c)).
  rewrite pairs_flat. reflexivity.
Qed.
Lemma collect_kinds ks : forall c,
  fold_right collect c (map kind_line ks)
  = fold_right (fun s c => with_kind c s) c ks.
Proof.
  induction ks as [|k ks IH]; intros c; auto. cbn [map fold_right]. rewrite IH.
    destruct k; reflexivity.
Qed.
Lemma kinds_fold ks : forall c, fold_right (fun s c => with_kind c s) c ks = {|
  c_rows := c_rows c; c_taps := c_taps c; c_terms := c_terms c;
  c_biases := c_biases c; c_kinds := ks ++ c_kinds c; c_which := c_which c;
  c_pools := c_pools c; c_layers := c_layers c |}.
Proof.
  induction ks as [|k ks IH]; intros c; cbn [fold_right];
  [destruct c; reflexivity|]. rewrite IH. reflexivity.
Qed.
Lemma shape_numbers_ok s : shape_of (shape_numbers s) = s.
Proof.
  unfold shape_of, shape_numbers. cbn [nth map]. rewrite !Nat2Z.id.
  destruct s; reflexivity.
Qed.
Lemma columns_ok cs : map column_of (map column_number cs) = cs.
Proof.
  induction cs as [|[i|] cs IH]; cbn [map]; rewrite ?IH; auto.
  unfold column_of, column_number. destruct (Z.ltb_spec (Z.of_nat i) 0); [lia|].
  rewrite Nat2Z.id. reflexivity.
Qed.
Lemma collect_term t c : c_rows c = [] -> c_taps c = [] ->
  fold_right collect c (term_lines t) = with_term c t.
Proof.
  intros Hr Ht. destruct t as [i m]. unfold term_lines. cbn [fst snd].
  assert (E : forall v, source_of (Z.of_nat i :: v) = i)
    by (intros; apply Nat2Z.id).
  destruct m as [rs|rs|s ks|cs ws]; cbn [fold_right].
  - rewrite collect_rows, Hr, app_nil_r.
    match goal with |- collect (w "dense", ?v) ?c0 = _ =>
      change (collect (w "dense", v) c0)
        with (with_term c0 (source_of v, Dense (c_rows c0))) end.
    rewrite E. reflexivity.
  - rewrite collect_taps, Ht, app_nil_r.
    match goal with |- collect (w "sparse", ?v) ?c0 = _ =>
      change (collect (w "sparse", v) c0)
        with (with_term c0 (source_of v, Sparse (c_taps c0))) end.
    rewrite E. reflexivity.
  - rewrite collect_rows, Hr, app_nil_r.
    match goal with |- collect (w "conv", ?v) ?c0 = _ =>
      change (collect (w "conv", v) c0)
        with (with_term c0 (source_of v, Conv (shape_of (tl v)) (c_rows c0)))
    end.
    rewrite E. cbn [tl]. rewrite shape_numbers_ok. reflexivity.
  - match goal with
      |- collect (w "select", ?v) (collect ?l1 (collect ?l2 c)) = _ =>
      change (collect (w "select", v) (collect l1 (collect l2 c))) with
        (with_term c (source_of v, Select (map column_of (snd l1)) (snd l2)))
    end.
    rewrite E. cbn [snd]. rewrite columns_ok. reflexivity.
Qed.
Lemma collect_terms ts : forall c, c_rows c = [] -> c_taps c = [] ->
  fold_right collect c (flat_map term_lines ts) = {|
  c_rows := []; c_taps := []; c_terms := ts ++ c_terms c;
  c_biases := c_biases c; c_kinds := c_kinds c; c_which := c_which c;
  c_pools := c_pools c; c_layers := c_layers c |}.
Proof.
  induction ts as [|t ts IH]; intros c Hr Ht.
  - cbn. destruct c; cbn in *; subst; reflexivity.
  - cbn [flat_map]. rewrite fold_right_app, (IH c Hr Ht).
    rewrite collect_term by reflexivity. reflexivity.
Qed.
Lemma map_to_of l : map Z.to_nat (map Z.of_nat l) = l.
Proof.
  induction l as [|i l IH]; cbn; auto. rewrite Nat2Z.id, IH. reflexivity.
Qed.
Lemma collect_which ls k p :
  fold_right collect (with_layers ls)
    ((w "which", map Z.of_nat k) :: pools_lines p)
  = with_numbers (with_layers ls) [] k p.
Proof.
  destruct p as [|i p]; cbn [fold_right pools_lines].
  - change (collect (w "which", map Z.of_nat k) (with_layers ls))
      with (with_numbers (with_layers ls) []
        (map Z.to_nat (map Z.of_nat k)) []).
    rewrite map_to_of. reflexivity.
  - change (collect (w "which", map Z.of_nat k)
        (collect (w "pools", map Z.of_nat (i :: p)) (with_layers ls)))
      with (with_numbers (with_layers ls) [] (map Z.to_nat (map Z.of_nat k))
        (map Z.to_nat (map Z.of_nat (i :: p)))).
    rewrite !map_to_of. reflexivity.
Qed.
Lemma collect_layers ls
  : fold_right collect nothing (flat_map layer_lines ls) = with_layers ls.
Proof.
  induction ls as [|l ls IH]; auto. cbn [flat_map]. rewrite fold_right_app, IH.
  unfold layer_lines; cbn [fold_right]. rewrite fold_right_app;
    cbn [fold_right].
  rewrite fold_right_app, collect_which, collect_kinds, kinds_fold.
  cbn [with_numbers with_layers c_rows c_taps c_terms c_biases c_kinds c_which
    c_pools c_layers].
  rewrite app_nil_r.
  match goal with |- context [collect (w "biases", ?b) ?c] =>
    change (collect (w "biases", b) c)
      with (with_numbers c b (c_which c) (c_pools c)) end.
  cbn [with_numbers c_rows c_taps c_terms c_biases c_kinds c_which c_pools
    c_layers].
  rewrite collect_terms by reflexivity.
  cbn [with_numbers c_rows c_taps c_terms c_biases c_kinds c_which c_pools
    c_layers].
  rewrite app_nil_r. destruct l; reflexivity.
Qed.

Lemma words_of_layers ls
  : Forall (fun l => is_word (fst l)) (flat_map layer_lines ls).
Proof.
  induction ls as [|l ls IH]; cbn [flat_map]; [constructor|]. apply Forall_app;
    split; auto.
  unfold layer_lines. constructor; [word|]. apply Forall_app; split.
  - induction (terms l) as [|[i m] ts I]; cbn [flat_map]; [constructor|].
      apply Forall_app; split; auto.
    unfold term_lines; cbn [fst snd].
    destruct m; constructor; try word; try (apply Forall_forall; intros x Hx;
      apply in_map_iff in Hx as [r [<- _]]; word).
    repeat (constructor; [word|]). constructor.
  - constructor; [word|]. apply Forall_app; split;
      [|constructor; [word|destruct (pools l); repeat constructor; word]].
    apply Forall_forall; intros x Hx. apply in_map_iff in Hx as [k [<- _]].
      destruct k; word.
Qed.

Lemma is_hash_word t : is_hash t = true -> is_word t.
Proof.
  intros H. apply andb_prop in H as [_ H]. apply Forall_forall. intros c Hc.
  rewrite forallb_forall in H. apply H, existsb_exists in Hc as [d [Hd E]].
  apply Ascii.eqb_eq in E. subst. cbn in Hd.
  repeat (destruct Hd as [<-|Hd]; [reflexivity|]). destruct Hd.
Qed.
Lemma is_word_sha o : is_word o -> is_word (sha256 ++ o).
Proof. intros H. apply Forall_app; split; [word|exact H]. Qed.

Theorem read_print_network g : is_word (origin g) ->
  read_network (print_network g) = Some g.
Proof.
  intros Ho. apply (read_as_print network_of network_lines).
  - unfold network_lines.
      repeat (constructor; [try word; apply is_word_sha, Ho|]).
    apply words_of_layers.
  - unfold network_lines, network_of. rewrite collect_layers, Nat2Z.id.
      destruct g; reflexivity.
Qed.

Theorem read_print_claim c : is_word (about c) ->
  read_claim (print_claim c) = Some c.
Proof.
  intros Ho. apply (read_as_print claim_of claim_lines).
  - unfold claim_lines. apply Forall_app; split.
    + repeat (apply Forall_cons; [first [word | exact (is_word_sha _ Ho)]|]).
        constructor.
    + apply Forall_app; split.
      * destruct (within c); repeat (apply Forall_cons; [word|]); constructor.
      * constructor; [destruct (says c); word|constructor].
  - unfold claim_lines, claim_of. destruct c as [o s l x n v]; cbn.
    rewrite ?Nat2Z.id.
    destruct n as [r|[|a [|b least]] most], v; reflexivity.
Qed.
