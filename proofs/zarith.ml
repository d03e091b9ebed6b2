(* Zarith's integers, whose module is hidden by Coq's of the same name. *)
include Z
