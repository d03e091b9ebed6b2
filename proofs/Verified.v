(* The program: what rampart-verified-check runs, and the theorem about it. *)
From Coq Require Import ZArith List Lia Bool Ascii.
From Rampart Require Import Network Vectors Graph Staircases Steps Parts Tree
  Checker Text Format Decode.
Import ListNotations.
Open Scope Z_scope.

(* A network's text, read and compiled once for all claims about it. *)
Record prepared := { plain : network; ready : compiled }.
Definition prepare (t : text) : option prepared :=
  match read_network t with
  | Some g =>
    if network_fits g && is_hash (origin g) then
      match compile g with
      | Some k => Some {| plain := g; ready := k |}
      | None => None
      end
    else None
  | None => None
  end.

(* The bytes of a proof: a number at each place below a size. *)
Record bytes := { proof_byte : nat -> nat; proof_size : nat }.

(* The first stream must begin a proof, and the others may continue it. *)
Definition attempt (p : prepared) (c : claim) (b : bytes) (ss : list stream)
  : bool :=
  let k := ready p in
  match ss with
  | [] => false
  | s :: ss' =>
    match open_stream (proof_byte b) (Z.of_nat (label c))
      (radius s) true 0 [] s ss' with
    | None => false
    | Some start =>
      let sizes := map (fun l => length (biases l)) (layers (plain p)) in
      check_robust_claim (plain p) k c (radius s) (S (proof_size b))
        (more (proof_byte b) sizes (inputs (plain p))
           (map fst (parts (outs k) (label c)))
           (Z.of_nat (label c)) (radius s)) start
    end
  end.
Fixpoint attempts (p : prepared) (c : claim) (b : bytes) (ss : list stream)
  : bool :=
  match ss with
  | [] => false
  | _ :: ss' => attempts p c b ss' || attempt p c b ss
  end.

Inductive answer := Holds | Refused | Malformed.
Definition check_claim (p : prepared) (t : text) (b : bytes) : answer :=
  match read_claim t with
  | None => Malformed
  | Some c =>
    if negb (text_eqb (about c) (origin (plain p))) then Malformed else
    match says c with
    | Robust =>
      match streams (proof_byte b) (S (proof_size b)) 0 (proof_size b) with
      | None => Malformed
      | Some ss => if attempts p c b ss then Holds else Refused
      end
    | _ => if check_replay (plain p) (ready p) c then Holds else Refused
    end
  end.

(* ---- soundness ---- *)

Lemma attempts_ok p c b : compile (plain p) = Some (ready p) ->
  says c = Robust ->
  forall ss, attempts p c b ss = true -> claim_fits (plain p) c = true /\
    holds (plain p) c.
Proof.
  intros Ep Es. induction ss as [|s ss IH]; cbn [attempts]; intros H;
    [discriminate|].
  apply orb_prop in H as [H|H]; auto. unfold attempt in H.
  destruct (open_stream _ _ _ _ _ _ _ _) as [start|]; [|discriminate].
  split; [|eapply check_robust_claim_ok; eauto].
  apply andb_prop in H as [H _]. apply andb_prop in H as [H _]. exact H.
Qed.

Lemma replay_fits g k c : compile g = Some k ->
  check_replay g k c = true -> claim_fits g c = true /\
  holds g c.
Proof.
  intros Ek H. split; [|eapply check_replay_ok; eauto].
  unfold check_replay in H.
  apply andb_prop in H as [H _]. exact H.
Qed.

(* An accepted claim holds: the two texts are those of a network and of a claim
   about it, which is true; and it says something, for the sample itself is one of
   the inputs. Nothing is assumed of the bytes of the proof. *)
Theorem verified (network_text claim_text : text) (proof : bytes) (p
  : prepared) :
  prepare network_text = Some p ->
  check_claim p claim_text proof = Holds ->
  exists g c, network_text = print_network g /\ claim_text = print_claim c /\
    about c = origin g /\ is_hash (origin g) = true /\
    claim_fits g c = true /\ inside g c (input c) /\ holds g c.
Proof.
  unfold prepare, check_claim. intros Hp H.
  destruct (read_network network_text) as [g|] eqn:Eg; [|discriminate].
  destruct (network_fits g && _) eqn:Ew; [|discriminate].
  apply andb_prop in Ew as [_ Ew].
  destruct (compile g) as [k|] eqn:Ek; [|discriminate].
  inversion Hp; subst; clear Hp. cbn [plain ready] in H.
  destruct (read_claim claim_text) as [c|] eqn:Ec; [|discriminate].
  destruct (text_eqb (about c) (origin g)) eqn:Eo; [|discriminate].
  exists g, c. split; [apply read_network_ok, Eg|]. split;
    [apply read_claim_ok, Ec|].
  split; [apply text_eqb_ok, Eo|]. split; [exact Ew|].
  cut (claim_fits g c = true /\ holds g c).
  { intros [F T]. auto using sample_inside. }
  cbn [negb] in H. destruct (says c) eqn:Es.
  - destruct (streams _ _ _ _) as [ss|]; [|discriminate].
    destruct (attempts _ _ _ ss) eqn:Ea; [|discriminate].
    exact (attempts_ok {| plain := g; ready := k |} c proof Ek Es ss Ea).
  - destruct (check_replay g k c) eqn:Er; [|discriminate].
    exact (replay_fits g k c Ek Er).
  - destruct (check_replay g k c) eqn:Er; [|discriminate].
    exact (replay_fits g k c Ek Er).
Qed.

(* Two different claims are never written alike, nor two networks. *)
Theorem claims_differ c c' : is_word (about c) -> is_word (about c') ->
  print_claim c = print_claim c' -> c = c'.
Proof.
  intros H H' E. apply read_print_claim in H. apply read_print_claim in H'.
  rewrite E, H' in H. inversion H; auto.
Qed.
Theorem networks_differ g g' : is_word (origin g) -> is_word (origin g') ->
  print_network g = print_network g' -> g = g'.
Proof.
  intros H H' E. apply read_print_network in H. apply read_print_network in H'.
  rewrite E, H' in H. inversion H; auto.
Qed.
