(* The theorem, printed, and what it rests on. *)
From Rampart Require Import Network Format Verified.
Print network.
Print claim.
Print inside.
Print holds.
Check verified.
Print Assumptions verified.
Check read_print_network.
Check read_print_claim.
Check claims_differ.
Check networks_differ.
Print Assumptions claims_differ.
Print Assumptions networks_differ.
