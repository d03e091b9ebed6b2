(* rampart-verified-check DIR: do the claims in a folder hold?

   Files are read here, and counted; all else is Checker, extracted from Coq. An
   exception is never an answer that a claim holds. *)
open Checker

let usage = "usage: rampart-verified-check DIR\n\n\
Checks the claims that `rampart-check RESULTS --claims DIR` has written, by\n\
rules that are proved sound in Coq.\n\n\
Exit status: 0 all claims hold; 1 one does not, a line each; 2 wrong command\n\
line or input.\n"

let stop file why =
  Printf.eprintf "rampart-verified-check: %s: %s\n" (String.escaped file) why;
  exit 2

let content file =
  try
    if (Unix.stat file).st_kind <> Unix.S_REG then stop file "not a file" else
    let f = open_in_bin file in
    let s = really_input_string f (in_channel_length f) in
    close_in f; s
  with Unix.Unix_error _ | Sys_error _ | End_of_file -> stop file "cannot read"
     | Out_of_memory | Invalid_argument _ -> stop file "larger than memory"

let text file =
  let s = content file in List.init (String.length s) (String.get s)

let stack_is_up =
  "rampart-verified-check: the stack is too small; try `ulimit -s unlimited`"

let guarded f =
  try f () with
  | Stack_overflow -> prerr_endline stack_is_up; None
  | _ -> None

let answer network dir name =
  let file suffix = Filename.concat dir (name ^ suffix) in
  let proof =
    if Sys.file_exists (file ".proof") then content (file ".proof") else "" in
  let bytes = { proof_byte = (fun i -> Char.code proof.[i]);
                proof_size = String.length proof } in
  match guarded (fun () ->
    Some (check_claim network (text (file ".claim")) bytes)) with
  | Some Holds -> "holds"
  | Some Refused -> "refused"
  | Some Malformed | None -> "malformed, or about another network"

let check_all network dir =
  let files = try Sys.readdir dir with Sys_error _ -> stop dir "cannot read" in
  Array.sort compare files;
  let claims = List.filter (fun f -> Filename.check_suffix f ".claim")
                 (Array.to_list files) in
  let failed = List.filter (fun f ->
    let name = Filename.chop_suffix f ".claim" in
    let says = answer network dir name in
    if says <> "holds" then
      Printf.printf "%s: %s\n%!" (String.escaped name) says;
    says <> "holds") claims in
  let n_failed = List.length failed in
  Printf.printf "%s: %d claims hold, %d FAILED\n" (String.escaped dir)
    (List.length claims - n_failed) n_failed;
  if claims = [] then stop dir "no claims"
  else exit (if n_failed > 0 then 1 else 0)

let () =
  match Array.to_list Sys.argv with
  | [_; ("--help" | "-h")] -> print_string usage
  | [_; dir] when dir <> "" && dir.[0] <> '-' ->
    let file = Filename.concat dir "network" in
    (match guarded (fun () -> prepare (text file)) with
     | None -> stop file "not a network of this format that can be checked"
     | Some network -> check_all network dir)
  | _ -> stop "command line" "expected one folder; see --help"
