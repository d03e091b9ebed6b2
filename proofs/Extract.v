(* Extraction to OCaml. Numbers of Coq become those of Zarith, `nat` (sizes, places,
   fuel) becomes `int`, bytes of text become characters. These lines are trusted. *)
From Coq Require Import ZArith List Bool Ascii Extraction ExtrOcamlBasic
  ExtrOcamlNatInt ExtrOcamlString.
From Rampart Require Import Network Verified.

Extract Inductive positive => "Zarith.t"
  ["(fun p -> Zarith.succ (Zarith.shift_left p 1))" "(fun p -> Zarith.shift_left p 1)" "Zarith.one"]
  "(fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))".
Extract Inductive Z => "Zarith.t" ["Zarith.zero" "(fun p -> p)" "Zarith.neg"]
  "(fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))".
Extract Inlined Constant Pos.succ => "Zarith.succ".
Extract Inlined Constant Z.add => "Zarith.add".
Extract Inlined Constant Z.sub => "Zarith.sub".
Extract Inlined Constant Z.mul => "Zarith.mul".
Extract Inlined Constant Z.opp => "Zarith.neg".
Extract Inlined Constant Z.abs => "Zarith.abs".
Extract Inlined Constant Z.max => "Zarith.max".
Extract Inlined Constant Z.min => "Zarith.min".
Extract Inlined Constant Z.leb => "Zarith.leq".
Extract Inlined Constant Z.ltb => "Zarith.lt".
Extract Inlined Constant Z.eqb => "Zarith.equal".
Extract Inlined Constant Z.of_nat => "Zarith.of_int".
Extract Inlined Constant Z.to_nat => "(fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)".
Extract Constant Z.div => "(fun a b -> if Zarith.sign b = 0 then Zarith.zero else Zarith.fdiv a b)".
Extract Constant Z.pow => "(fun a b -> if Zarith.sign b < 0 then Zarith.zero else Zarith.pow a (Zarith.to_int b))".
Extract Inlined Constant Z_lt_dec => "Zarith.lt".
Extract Inlined Constant Z_le_dec => "Zarith.leq".
Extract Inlined Constant andb => "(&&)".
Extract Inlined Constant orb => "(||)".
Extract Inlined Constant negb => "not".
Extract Inlined Constant Nat.eqb => "(=)".
Extract Inlined Constant Nat.leb => "(<=)".
Extract Inlined Constant Nat.ltb => "(<)".
Extract Inlined Constant nat_of_ascii => "Char.code".
Extract Inlined Constant ascii_of_nat => "Char.chr".
Extraction "checker.ml" prepare check_claim.
