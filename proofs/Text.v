(* Text: lines of a word and whole numbers, written and read.

   A line is a word, then numbers each behind a space, then a newline. Writers
   put their text before what follows; readers take it off again. What is
   written is read back (`read_print_lines`). *)
From Coq Require Import ZArith List Lia Bool Ascii Arith.
From Rampart Require Import Network.
Import ListNotations.
Open Scope Z_scope.

Notation text := (list ascii).
Definition space : ascii := " ".
Definition newline : ascii := "010".
Definition minus : ascii := "-".

(* ---- digits ---- *)

Definition digit (d : Z) : ascii := ascii_of_nat (48 + Z.to_nat d).
(* -1: no digit *)
Definition value (c : ascii) : Z :=
  let n := nat_of_ascii c in
  if (48 <=? n)%nat && (n <=? 57)%nat then Z.of_nat n - 48 else -1.

Fixpoint print_digits (fuel : nat) (n : Z) (k : text) : text :=
  match fuel with
  | O => k
  | S f =>
    let q := n / 10 in
    let k := digit (n - 10 * q) :: k in
    if n <? 10 then k else print_digits f q k
  end.
Fixpoint read_digits (a : Z) (t : text) : Z * text :=
  match t with
  | [] => (a, t)
  | c :: t' => let d := value c in if d <? 0 then (a, t)
      else read_digits (10 * a + d) t'
  end.

Definition print_number (n : Z) (k : text) : text :=
  let m := Z.abs n in
  let k := print_digits (S (Z.to_nat (Z.log2 m))) m k in
  if n <? 0 then minus :: k else k.
Definition read_number (t : text) : Z * text :=
  match t with
  | c :: t' => if Ascii.eqb c minus then let '(n, t'') := read_digits 0 t'
      in (- n, t'')
               else read_digits 0 t
  | [] => (0, t)
  end.

(* ---- lines ---- *)

Notation line := (text * vec)%type.

Fixpoint print_numbers (v : vec) (k : text) : text :=
  match v with
  | [] => newline :: k
  | n :: v' => space :: print_number n (print_numbers v' k)
  end.
Definition print_line (l : line) (k : text) : text :=
  fst l ++ print_numbers (snd l) k.
Fixpoint print_lines (ls : list line) : text :=
  match ls with [] => [] | l :: ls' => print_line l (print_lines ls') end.

Definition ends_word (c : ascii) : bool :=
  Ascii.eqb c space || Ascii.eqb c newline.
Fixpoint read_word (t : text) : text * text :=
  match t with
  | [] => ([], [])
  | c :: t' => if ends_word c then ([], t) else let '(w, r) := read_word t'
      in (c :: w, r)
  end.
Fixpoint read_numbers (fuel : nat) (t : text) : option (vec * text) :=
  match fuel, t with
  | S f, c :: t' =>
    if Ascii.eqb c newline then Some ([], t') else
    let '(n, r) := read_number t' in
    match read_numbers f r with
    | Some (v, r') => Some (n :: v, r')
    | None => None
    end
  | _, _ => None
  end.
Fixpoint read_lines (fuel : nat) (t : text) : option (list line) :=
  match fuel, t with
  | _, [] => Some []
  | O, _ => None
  | S f, _ =>
    let '(w, r) := read_word t in
    match read_numbers fuel r with
    | Some (v, r') =>
      match read_lines f r' with
      | Some ls => Some ((w, v) :: ls)
      | None => None
      end
    | None => None
    end
  end.

(* ---- what is written is read ---- *)

Definition is_word (w : text) : Prop := Forall (fun c => ends_word c = false) w.
(* Text that begins with no digit. *)
Definition stops (k : text) : Prop := match k with [] => True
  | c :: _ => value c < 0 end.

Lemma value_digit d : 0 <= d < 10 -> value (digit d) = d.
Proof.
  intros H. unfold value, digit. rewrite nat_ascii_embedding by lia.
  destruct (Nat.leb_spec 48 (48 + Z.to_nat d)); [|lia].
  destruct (Nat.leb_spec (48 + Z.to_nat d) 57); [|lia]. cbn [andb]. lia.
Qed.

Lemma read_digits_stop a k : stops k -> read_digits a k = (a, k).
Proof.
  destruct k as [|c k]; cbn; auto. intros H. destruct (Z.ltb_spec (value c) 0);
  auto; lia.
Qed.

Lemma read_print_digits fuel : forall n k, 0 <= n < 10 ^ Z.of_nat fuel ->
  (0 < fuel)%nat ->
  (exists d k', print_digits fuel n k = digit d :: k' /\ 0 <= d < 10) /\
  exists p, forall a, read_digits a (print_digits fuel n k) = read_digits
    (a * p + n) k.
Proof.
  induction fuel as [|f IH]; intros n k Hn Hf; [lia|]. cbn [print_digits].
  pose proof (Z.div_mod n 10 ltac:(lia)).
    pose proof (Z.mod_pos_bound n 10 ltac:(lia)).
  set (q := n / 10) in *. assert (Hd : 0 <= n - 10 * q < 10) by lia.
  destruct (Z.ltb_spec n 10).
  - split; [eauto|]. exists 10. intros a. cbn [read_digits].
      rewrite value_digit by lia.
    destruct (Z.ltb_spec (n - 10 * q) 0); [lia|]. f_equal. lia.
  - replace (Z.of_nat (S f)) with (Z.of_nat f + 1) in Hn by lia.
    rewrite Z.pow_add_r in Hn by lia.
    assert (Hq : 0 <= q < 10 ^ Z.of_nat f) by lia.
    assert (Hf' : (0 < f)%nat) by (destruct f; [cbn in Hq; lia|lia]).
    destruct (IH q (digit (n - 10 * q) :: k) Hq Hf') as [Hs [p Hp]]. split;
      auto.
    exists (10 * p). intros a. rewrite Hp. cbn [read_digits].
      rewrite value_digit by lia.
    destruct (Z.ltb_spec (n - 10 * q) 0); [lia|]. f_equal. lia.
Qed.

Lemma enough_fuel m : 0 <= m -> m < 10 ^ Z.of_nat (S (Z.to_nat (Z.log2 m))).
Proof.
  intros H. replace (Z.of_nat (S (Z.to_nat (Z.log2 m))))
    with (Z.succ (Z.log2 m))
    by (pose proof (Z.log2_nonneg m); lia).
  destruct (Z.eq_dec m 0) as [->|]; [cbn; lia|].
  pose proof (Z.log2_spec m ltac:(lia)).
  pose proof (Z.pow_le_mono_l 2 10 (Z.succ (Z.log2 m)) ltac:(lia)). lia.
Qed.

Lemma read_print_number n k : stops k ->
  read_number (print_number n k) = (n, k).
Proof.
  intros Hk. unfold print_number. set (m := Z.abs n).
    assert (Hm : 0 <= m) by lia.
  destruct (read_print_digits (S (Z.to_nat (Z.log2 m))) m k
    (conj Hm (enough_fuel m Hm)) ltac:(lia)) as [(d & k' & E & Hd) [p Hp]].
  specialize (Hp 0). rewrite Z.mul_0_l, Z.add_0_l, (read_digits_stop m k Hk)
    in Hp.
  destruct (Z.ltb_spec n 0).
  - cbn [read_number]. change (Ascii.eqb minus minus) with true. cbv iota.
    rewrite Hp. f_equal. lia.
  - unfold read_number. rewrite E in *.
      destruct (Ascii.eqb_spec (digit d) minus) as [Ed|].
    + pose proof (value_digit d Hd) as V. rewrite Ed in V. vm_compute in V. lia.
    + rewrite Hp. f_equal. lia.
Qed.

Lemma read_print_numbers v : forall fuel k, (length v < fuel)%nat ->
  read_numbers fuel (print_numbers v k) = Some (v, k).
Proof.
  induction v as [|n v IH]; intros [|f] k Hf; cbn [length] in Hf; try lia; auto.
  cbn [print_numbers read_numbers]. change (Ascii.eqb space newline) with false.
    cbv iota.
  rewrite read_print_number.
  - rewrite IH by lia. reflexivity.
  - destruct v; vm_compute; reflexivity.
Qed.

Lemma read_print_word w k : is_word w -> match k with c :: _ =>
  ends_word c = true | [] => False end ->
  read_word (w ++ k) = (w, k).
Proof.
  intros H Hk; induction H as [|c w Hc H IH]; cbn.
  - destruct k as [|c k]; [tauto|]. cbn. rewrite Hk. reflexivity.
  - rewrite Hc, IH. reflexivity.
Qed.

Lemma numbers_first v k : match print_numbers v k with c :: _ =>
  ends_word c = true | [] => False end.
Proof. destruct v; reflexivity. Qed.

Theorem read_print_lines ls
  : forall fuel, Forall (fun l => is_word (fst l)) ls ->
  (length ls < fuel)%nat ->
    Forall (fun l => (length (snd l) + length ls < fuel)%nat) ls ->
  read_lines fuel (print_lines ls) = Some ls.
Proof.
  induction ls as [|[w v] ls IH]; intros fuel Hw Hf Hl.
  - destruct fuel; reflexivity.
  - inversion Hw as [|? ? Hw1 Hw2]; inversion Hl as [|? ? Hl1 Hl2]; subst.
      cbn in *.
    destruct fuel as [|f]; [lia|].
    assert (Hne : print_line (w, v) (print_lines ls) <> []).
    { unfold print_line; cbn. destruct w; [destruct v|]; discriminate. }
    change (match print_line (w, v) (print_lines ls) with
            | [] => Some []
            | _ => let '(w, r) :=
              read_word (print_line (w, v) (print_lines ls)) in
              match read_numbers (S f) r with
              | Some (v, r') => match read_lines f r' with
                                | Some ls => Some ((w, v) :: ls)
                                  | None => None end
              | None => None
              end
            end = Some ((w, v) :: ls)).
    destruct (print_line (w, v) (print_lines ls)) as [|c t] eqn:E; [tauto|].
    rewrite <- E. unfold print_line; cbn [fst snd].
    rewrite (read_print_word w _ Hw1 (numbers_first v _)).
    rewrite read_print_numbers by lia.
    rewrite IH; auto; try lia.
    eapply Forall_impl; [|exact Hl2]. cbn; intros; lia.
Qed.

(* Fuel of the text's length is enough. *)
Lemma number_long n k : (length k < length (print_number n k))%nat.
Proof.
  assert (D : forall f m k, (length k < length (print_digits (S f) m k))%nat).
  { clear. induction f as [|f IH]; intros m k; cbn [print_digits].
    - destruct (m <? 10); cbn; lia.
    - destruct (m <? 10); [cbn; lia|].
        specialize (IH (m / 10) (digit (m - 10 * (m / 10)) :: k)).
      cbn [print_digits length] in *. lia. }
  unfold print_number. specialize (D (Z.to_nat (Z.log2 (Z.abs n))) (Z.abs n) k).
  destruct (n <? 0); cbn [length]; lia.
Qed.
Lemma numbers_long v k : (length v + length k < length (print_numbers v k))%nat.
Proof.
  induction v as [|n v IH]; cbn; [lia|].
  pose proof (number_long n (print_numbers v k)). lia.
Qed.
Lemma lines_long ls : (length ls <= length (print_lines ls))%nat /\
  Forall (fun l =>
    (length (snd l) + length ls <= length (print_lines ls))%nat) ls.
Proof.
  induction ls as [|[w v] ls [I1 I2]]; cbn; [auto|]. unfold print_line;
    cbn [fst snd].
  rewrite app_length. pose proof (numbers_long v (print_lines ls)). split;
    [lia|].
  constructor; [cbn; lia|]. eapply Forall_impl; [|exact I2]. cbn; intros; lia.
Qed.
Corollary read_print ls : Forall (fun l => is_word (fst l)) ls ->
  read_lines (S (length (print_lines ls))) (print_lines ls) = Some ls.
Proof.
  intros H. destruct (lines_long ls) as [L1 L2]. apply read_print_lines;
    [exact H|lia|].
  eapply Forall_impl; [|exact L2]. cbn; intros; lia.
Qed.
