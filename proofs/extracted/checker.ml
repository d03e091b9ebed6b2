
(** val fst : ('a1 * 'a2) -> 'a1 **)

let fst = function
| (x, _) -> x

(** val snd : ('a1 * 'a2) -> 'a2 **)

let snd = function
| (_, y) -> y

(** val length : 'a1 list -> int **)

let rec length = function
| [] -> 0
| _ :: l' -> Stdlib.Int.succ (length l')

(** val app : 'a1 list -> 'a1 list -> 'a1 list **)

let rec app l m =
  match l with
  | [] -> m
  | a :: l1 -> a :: (app l1 m)

type comparison =
| Eq
| Lt
| Gt

(** val compOpp : comparison -> comparison **)

let compOpp = function
| Eq -> Eq
| Lt -> Gt
| Gt -> Lt

(** val pred : int -> int **)

let pred = fun n -> Stdlib.max 0 (n-1)

module Coq__1 = struct
 (** val add : int -> int -> int **)let rec add = (+)
end
include Coq__1

(** val mul : int -> int -> int **)

let rec mul = ( * )

(** val sub : int -> int -> int **)

let rec sub = fun n m -> Stdlib.max 0 (n-m)

type n =
| N0
| Npos of Zarith.t



module Nat =
 struct
  (** val divmod : int -> int -> int -> int -> int * int **)

  let rec divmod x y q u =
    (fun fO fS n -> if n=0 then fO () else fS (n-1))
      (fun _ -> (q, u))
      (fun x' ->
      (fun fO fS n -> if n=0 then fO () else fS (n-1))
        (fun _ -> divmod x' y (Stdlib.Int.succ q) y)
        (fun u' -> divmod x' y q u')
        u)
      x

  (** val div : int -> int -> int **)

  let div x y =
    (fun fO fS n -> if n=0 then fO () else fS (n-1))
      (fun _ -> y)
      (fun y' -> fst (divmod x y' 0 y'))
      y
 end

module Pos =
 struct
  (** val add : Zarith.t -> Zarith.t -> Zarith.t **)

  let rec add x y =
    (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
      (fun p ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun q -> (fun p -> Zarith.shift_left p 1) (add_carry p q))
        (fun q -> (fun p -> Zarith.succ (Zarith.shift_left p 1))
        (add p q))
        (fun _ -> (fun p -> Zarith.shift_left p 1) (Zarith.succ p))
        y)
      (fun p ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun q -> (fun p -> Zarith.succ (Zarith.shift_left p 1))
        (add p q))
        (fun q -> (fun p -> Zarith.shift_left p 1) (add p q))
        (fun _ -> (fun p -> Zarith.succ (Zarith.shift_left p 1)) p)
        y)
      (fun _ ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun q -> (fun p -> Zarith.shift_left p 1) (Zarith.succ q))
        (fun q -> (fun p -> Zarith.succ (Zarith.shift_left p 1)) q)
        (fun _ -> (fun p -> Zarith.shift_left p 1) Zarith.one)
        y)
      x

  (** val add_carry : Zarith.t -> Zarith.t -> Zarith.t **)

  and add_carry x y =
    (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
      (fun p ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun q -> (fun p -> Zarith.succ (Zarith.shift_left p 1))
        (add_carry p q))
        (fun q -> (fun p -> Zarith.shift_left p 1) (add_carry p q))
        (fun _ -> (fun p -> Zarith.succ (Zarith.shift_left p 1))
        (Zarith.succ p))
        y)
      (fun p ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun q -> (fun p -> Zarith.shift_left p 1) (add_carry p q))
        (fun q -> (fun p -> Zarith.succ (Zarith.shift_left p 1))
        (add p q))
        (fun _ -> (fun p -> Zarith.shift_left p 1) (Zarith.succ p))
        y)
      (fun _ ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun q -> (fun p -> Zarith.succ (Zarith.shift_left p 1))
        (Zarith.succ q))
        (fun q -> (fun p -> Zarith.shift_left p 1) (Zarith.succ q))
        (fun _ -> (fun p -> Zarith.succ (Zarith.shift_left p 1)) Zarith.one)
        y)
      x

  (** val pred_double : Zarith.t -> Zarith.t **)

  let rec pred_double x =
    (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
      (fun p -> (fun p -> Zarith.succ (Zarith.shift_left p 1))
      ((fun p -> Zarith.shift_left p 1) p))
      (fun p -> (fun p -> Zarith.succ (Zarith.shift_left p 1))
      (pred_double p))
      (fun _ -> Zarith.one)
      x

  (** val mul : Zarith.t -> Zarith.t -> Zarith.t **)

  let rec mul x y =
    (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
      (fun p -> add y ((fun p -> Zarith.shift_left p 1) (mul p y)))
      (fun p -> (fun p -> Zarith.shift_left p 1) (mul p y))
      (fun _ -> y)
      x

  (** val iter : ('a1 -> 'a1) -> 'a1 -> Zarith.t -> 'a1 **)

  let rec iter f x n0 =
    (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
      (fun n' -> f (iter f (iter f x n') n'))
      (fun n' -> iter f (iter f x n') n')
      (fun _ -> f x)
      n0

  (** val size : Zarith.t -> Zarith.t **)

  let rec size p =
    (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
      (fun p0 -> Zarith.succ (size p0))
      (fun p0 -> Zarith.succ (size p0))
      (fun _ -> Zarith.one)
      p

  (** val compare_cont : comparison -> Zarith.t -> Zarith.t -> comparison **)

  let rec compare_cont r x y =
    (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
      (fun p ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun q -> compare_cont r p q)
        (fun q -> compare_cont Gt p q)
        (fun _ -> Gt)
        y)
      (fun p ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun q -> compare_cont Lt p q)
        (fun q -> compare_cont r p q)
        (fun _ -> Gt)
        y)
      (fun _ ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun _ -> Lt)
        (fun _ -> Lt)
        (fun _ -> r)
        y)
      x

  (** val compare : Zarith.t -> Zarith.t -> comparison **)

  let compare =
    compare_cont Eq

  (** val eqb : Zarith.t -> Zarith.t -> bool **)

  let rec eqb p q =
    (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
      (fun p0 ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun q0 -> eqb p0 q0)
        (fun _ -> false)
        (fun _ -> false)
        q)
      (fun p0 ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun _ -> false)
        (fun q0 -> eqb p0 q0)
        (fun _ -> false)
        q)
      (fun _ ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun _ -> false)
        (fun _ -> false)
        (fun _ -> true)
        q)
      p

  (** val iter_op : ('a1 -> 'a1 -> 'a1) -> Zarith.t -> 'a1 -> 'a1 **)

  let rec iter_op op0 p a =
    (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
      (fun p0 -> op0 a (iter_op op0 p0 (op0 a a)))
      (fun p0 -> iter_op op0 p0 (op0 a a))
      (fun _ -> a)
      p

  (** val to_nat : Zarith.t -> int **)

  let to_nat x =
    iter_op Coq__1.add x (Stdlib.Int.succ 0)

  (** val of_succ_nat : int -> Zarith.t **)

  let rec of_succ_nat n0 =
    (fun fO fS n -> if n=0 then fO () else fS (n-1))
      (fun _ -> Zarith.one)
      (fun x -> Zarith.succ (of_succ_nat x))
      n0
 end

module N =
 struct
  (** val add : n -> n -> n **)

  let add n0 m =
    match n0 with
    | N0 -> m
    | Npos p -> (match m with
                 | N0 -> n0
                 | Npos q -> Npos (Pos.add p q))

  (** val mul : n -> n -> n **)

  let mul n0 m =
    match n0 with
    | N0 -> N0
    | Npos p -> (match m with
                 | N0 -> N0
                 | Npos q -> Npos (Pos.mul p q))

  (** val to_nat : n -> int **)

  let to_nat = function
  | N0 -> 0
  | Npos p -> Pos.to_nat p

  (** val of_nat : int -> n **)

  let of_nat n0 =
    (fun fO fS n -> if n=0 then fO () else fS (n-1))
      (fun _ -> N0)
      (fun n' -> Npos (Pos.of_succ_nat n'))
      n0
 end

module Z =
 struct
  (** val double : Zarith.t -> Zarith.t **)

  let double x =
    (fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
      (fun _ -> Zarith.zero)
      (fun p -> (fun p -> p) ((fun p -> Zarith.shift_left p 1) p))
      (fun p -> Zarith.neg ((fun p -> Zarith.shift_left p 1) p))
      x

  (** val succ_double : Zarith.t -> Zarith.t **)

  let succ_double x =
    (fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
      (fun _ -> (fun p -> p) Zarith.one)
      (fun p -> (fun p -> p) ((fun p -> Zarith.succ (Zarith.shift_left p 1))
      p))
      (fun p -> Zarith.neg (Pos.pred_double p))
      x

  (** val pred_double : Zarith.t -> Zarith.t **)

  let pred_double x =
    (fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
      (fun _ -> Zarith.neg Zarith.one)
      (fun p -> (fun p -> p) (Pos.pred_double p))
      (fun p -> Zarith.neg ((fun p -> Zarith.succ (Zarith.shift_left p 1))
      p))
      x

  (** val pos_sub : Zarith.t -> Zarith.t -> Zarith.t **)

  let rec pos_sub x y =
    (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
      (fun p ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun q -> double (pos_sub p q))
        (fun q -> succ_double (pos_sub p q))
        (fun _ -> (fun p -> p) ((fun p -> Zarith.shift_left p 1) p))
        y)
      (fun p ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun q -> pred_double (pos_sub p q))
        (fun q -> double (pos_sub p q))
        (fun _ -> (fun p -> p) (Pos.pred_double p))
        y)
      (fun _ ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun q -> Zarith.neg ((fun p -> Zarith.shift_left p 1) q))
        (fun q -> Zarith.neg (Pos.pred_double q))
        (fun _ -> Zarith.zero)
        y)
      x

  (** val succ : Zarith.t -> Zarith.t **)

  let succ x =
    Zarith.add x ((fun p -> p) Zarith.one)

  (** val pow_pos : Zarith.t -> Zarith.t -> Zarith.t **)

  let pow_pos z0 =
    Pos.iter (Zarith.mul z0) ((fun p -> p) Zarith.one)

  (** val pow : Zarith.t -> Zarith.t -> Zarith.t **)

  let pow = (fun a b -> if Zarith.sign b < 0 then Zarith.zero else Zarith.pow a (Zarith.to_int b))

  (** val compare : Zarith.t -> Zarith.t -> comparison **)

  let compare x y =
    (fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
      (fun _ ->
      (fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
        (fun _ -> Eq)
        (fun _ -> Lt)
        (fun _ -> Gt)
        y)
      (fun x' ->
      (fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
        (fun _ -> Gt)
        (fun y' -> Pos.compare x' y')
        (fun _ -> Gt)
        y)
      (fun x' ->
      (fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
        (fun _ -> Lt)
        (fun _ -> Lt)
        (fun y' -> compOpp (Pos.compare x' y'))
        y)
      x

  (** val to_pos : Zarith.t -> Zarith.t **)

  let to_pos z0 =
    (fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
      (fun _ -> Zarith.one)
      (fun p -> p)
      (fun _ -> Zarith.one)
      z0

  (** val pos_div_eucl : Zarith.t -> Zarith.t -> Zarith.t * Zarith.t **)

  let rec pos_div_eucl a b =
    (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
      (fun a' ->
      let (q, r) = pos_div_eucl a' b in
      let r' =
        Zarith.add
          (Zarith.mul ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
            Zarith.one)) r) ((fun p -> p) Zarith.one)
      in
      if Zarith.lt r' b
      then ((Zarith.mul ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
              Zarith.one)) q), r')
      else ((Zarith.add
              (Zarith.mul ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
                Zarith.one)) q) ((fun p -> p) Zarith.one)), (Zarith.sub r' b)))
      (fun a' ->
      let (q, r) = pos_div_eucl a' b in
      let r' =
        Zarith.mul ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
          Zarith.one)) r
      in
      if Zarith.lt r' b
      then ((Zarith.mul ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
              Zarith.one)) q), r')
      else ((Zarith.add
              (Zarith.mul ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
                Zarith.one)) q) ((fun p -> p) Zarith.one)), (Zarith.sub r' b)))
      (fun _ ->
      if Zarith.leq ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
           Zarith.one)) b
      then (Zarith.zero, ((fun p -> p) Zarith.one))
      else (((fun p -> p) Zarith.one), Zarith.zero))
      a

  (** val div_eucl : Zarith.t -> Zarith.t -> Zarith.t * Zarith.t **)

  let div_eucl a b =
    (fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
      (fun _ -> (Zarith.zero, Zarith.zero))
      (fun a' ->
      (fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
        (fun _ -> (Zarith.zero, a))
        (fun _ -> pos_div_eucl a' b)
        (fun b' ->
        let (q, r) = pos_div_eucl a' ((fun p -> p) b') in
        ((fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
           (fun _ -> ((Zarith.neg q), Zarith.zero))
           (fun _ -> ((Zarith.neg (Zarith.add q ((fun p -> p) Zarith.one))),
           (Zarith.add b r)))
           (fun _ -> ((Zarith.neg (Zarith.add q ((fun p -> p) Zarith.one))),
           (Zarith.add b r)))
           r))
        b)
      (fun a' ->
      (fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
        (fun _ -> (Zarith.zero, a))
        (fun _ ->
        let (q, r) = pos_div_eucl a' b in
        ((fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
           (fun _ -> ((Zarith.neg q), Zarith.zero))
           (fun _ -> ((Zarith.neg (Zarith.add q ((fun p -> p) Zarith.one))),
           (Zarith.sub b r)))
           (fun _ -> ((Zarith.neg (Zarith.add q ((fun p -> p) Zarith.one))),
           (Zarith.sub b r)))
           r))
        (fun b' ->
        let (q, r) = pos_div_eucl a' ((fun p -> p) b') in (q, (Zarith.neg r)))
        b)
      a

  (** val div : Zarith.t -> Zarith.t -> Zarith.t **)

  let div = (fun a b -> if Zarith.sign b = 0 then Zarith.zero else Zarith.fdiv a b)

  (** val modulo : Zarith.t -> Zarith.t -> Zarith.t **)

  let modulo a b =
    let (_, r) = div_eucl a b in r

  (** val log2 : Zarith.t -> Zarith.t **)

  let log2 z0 =
    (fun f0 fp fn z -> let s = Zarith.sign z in if s = 0 then f0 () else if s > 0 then fp z else fn (Zarith.neg z))
      (fun _ -> Zarith.zero)
      (fun p0 ->
      (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
        (fun p -> (fun p -> p) (Pos.size p))
        (fun p -> (fun p -> p) (Pos.size p))
        (fun _ -> Zarith.zero)
        p0)
      (fun _ -> Zarith.zero)
      z0
 end

(** val sumbool_of_bool : bool -> bool **)

let sumbool_of_bool = function
| true -> true
| false -> false

(** val hd : 'a1 -> 'a1 list -> 'a1 **)

let hd default = function
| [] -> default
| x :: _ -> x

(** val tl : 'a1 list -> 'a1 list **)

let tl = function
| [] -> []
| _ :: m -> m

(** val nth : int -> 'a1 list -> 'a1 -> 'a1 **)

let rec nth n0 l default =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> match l with
              | [] -> default
              | x :: _ -> x)
    (fun m -> match l with
              | [] -> default
              | _ :: t0 -> nth m t0 default)
    n0

(** val nth_error : 'a1 list -> int -> 'a1 option **)

let rec nth_error l n0 =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> match l with
              | [] -> None
              | x :: _ -> Some x)
    (fun n1 -> match l with
               | [] -> None
               | _ :: l0 -> nth_error l0 n1)
    n0

(** val rev : 'a1 list -> 'a1 list **)

let rec rev = function
| [] -> []
| x :: l' -> app (rev l') (x :: [])

(** val concat : 'a1 list list -> 'a1 list **)

let rec concat = function
| [] -> []
| x :: l0 -> app x (concat l0)

(** val map : ('a1 -> 'a2) -> 'a1 list -> 'a2 list **)

let rec map f = function
| [] -> []
| a :: t0 -> (f a) :: (map f t0)

(** val flat_map : ('a1 -> 'a2 list) -> 'a1 list -> 'a2 list **)

let rec flat_map f = function
| [] -> []
| x :: t0 -> app (f x) (flat_map f t0)

(** val fold_left : ('a1 -> 'a2 -> 'a1) -> 'a2 list -> 'a1 -> 'a1 **)

let rec fold_left f l a0 =
  match l with
  | [] -> a0
  | b :: t0 -> fold_left f t0 (f a0 b)

(** val fold_right : ('a2 -> 'a1 -> 'a1) -> 'a1 -> 'a2 list -> 'a1 **)

let rec fold_right f a0 = function
| [] -> a0
| b :: t0 -> f b (fold_right f a0 t0)

(** val existsb : ('a1 -> bool) -> 'a1 list -> bool **)

let rec existsb f = function
| [] -> false
| a :: l0 -> (||) (f a) (existsb f l0)

(** val forallb : ('a1 -> bool) -> 'a1 list -> bool **)

let rec forallb f = function
| [] -> true
| a :: l0 -> (&&) (f a) (forallb f l0)

(** val combine : 'a1 list -> 'a2 list -> ('a1 * 'a2) list **)

let rec combine l l' =
  match l with
  | [] -> []
  | x :: tl0 ->
    (match l' with
     | [] -> []
     | y :: tl' -> (x, y) :: (combine tl0 tl'))

(** val firstn : int -> 'a1 list -> 'a1 list **)

let rec firstn n0 l =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> [])
    (fun n1 -> match l with
               | [] -> []
               | a :: l0 -> a :: (firstn n1 l0))
    n0

(** val skipn : int -> 'a1 list -> 'a1 list **)

let rec skipn n0 l =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> l)
    (fun n1 -> match l with
               | [] -> []
               | _ :: l0 -> skipn n1 l0)
    n0

(** val seq : int -> int -> int list **)

let rec seq start0 len =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> [])
    (fun len0 -> start0 :: (seq (Stdlib.Int.succ start0) len0))
    len

(** val repeat : 'a1 -> int -> 'a1 list **)

let rec repeat x n0 =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> [])
    (fun k -> x :: (repeat x k))
    n0

(** val list_ascii_of_string : char list -> char list **)

let rec list_ascii_of_string = function
| [] -> []
| ch::s0 -> ch :: (list_ascii_of_string s0)

(** val dot : Zarith.t list -> Zarith.t list -> Zarith.t **)

let rec dot u v =
  match u with
  | [] -> Zarith.zero
  | a :: u' ->
    (match v with
     | [] -> Zarith.zero
     | b :: v' -> Zarith.add (Zarith.mul a b) (dot u' v'))

(** val vadd : Zarith.t list -> Zarith.t list -> Zarith.t list **)

let rec vadd u v =
  match u with
  | [] -> v
  | a :: u' ->
    (match v with
     | [] -> u
     | b :: v' -> (Zarith.add a b) :: (vadd u' v'))

(** val pick : (int * Zarith.t) list -> Zarith.t list -> Zarith.t **)

let rec pick r a =
  match r with
  | [] -> Zarith.zero
  | p :: r' ->
    let (i, w0) = p in
    Zarith.add (Zarith.mul w0 (nth i a Zarith.zero)) (pick r' a)

type shape = { in_h : int; in_w : int; in_c : int; out_h : int; out_w : 
               int; out_c : int; kernel_h : int; kernel_w : int;
               stride_h : int; stride_w : int; dilation_h : int;
               dilation_w : int; pad_top : int; pad_left : int; groups : 
               int }

(** val meets : int -> int -> int -> int option **)

let meets p pad size0 =
  if (&&) ((<=) pad p) ((<) (sub p pad) size0) then Some (sub p pad) else None

(** val input_row : shape -> int -> int -> int option **)

let input_row s oy ky =
  meets (add (mul oy s.stride_h) (mul ky s.dilation_h)) s.pad_top s.in_h

(** val input_column : shape -> int -> int -> int option **)

let input_column s ox kx =
  meets (add (mul ox s.stride_w) (mul kx s.dilation_w)) s.pad_left s.in_w

(** val per_group : shape -> int **)

let per_group s =
  Nat.div s.in_c s.groups

(** val group_of : shape -> int -> int **)

let group_of s co =
  Nat.div co (Nat.div s.out_c s.groups)

type matrix =
| Dense of Zarith.t list list
| Sparse of (int * Zarith.t) list list
| Conv of shape * Zarith.t list list
| Select of int option list * Zarith.t list

type staircase =
| Shift of Zarith.t * Zarith.t * Zarith.t
| Table of Zarith.t * Zarith.t list

type layer = { terms : (int * matrix) list; biases : Zarith.t list;
               kinds : staircase list; which : int list; pools : int list }

(** val largest : Zarith.t list -> Zarith.t **)

let largest = function
| [] -> Zarith.zero
| a :: z' -> fold_right Zarith.max a z'

type network = { origin : char list; inputs : int; greatest : Zarith.t;
                 layers : layer list }

(** val fm : int -> int -> Zarith.t -> Zarith.t list -> int **)

let rec fm i b m = function
| [] -> b
| a :: v' ->
  if Zarith.lt m a
  then fm (Stdlib.Int.succ i) i a v'
  else fm (Stdlib.Int.succ i) b m v'

(** val first_max : Zarith.t list -> int **)

let first_max = function
| [] -> 0
| a :: v' -> fm (Stdlib.Int.succ 0) 0 a v'

type neighbourhood =
| Ball of Zarith.t
| Box of Zarith.t list * Zarith.t list

type verdict =
| Robust
| Violated of Zarith.t list
| Misclassified

type claim = { about : char list; sample : Zarith.t; label : int;
               input : Zarith.t list; within : neighbourhood; says : 
               verdict }

(** val distance : Zarith.t list -> Zarith.t list -> Zarith.t **)

let rec distance x w0 =
  match x with
  | [] -> Zarith.zero
  | a :: x' ->
    (match w0 with
     | [] -> Zarith.zero
     | b :: w' -> Zarith.max (Zarith.abs (Zarith.sub a b)) (distance x' w'))

(** val axpy : Zarith.t -> Zarith.t list -> Zarith.t list -> Zarith.t list **)

let rec axpy k u = function
| [] -> u
| b :: v' ->
  (match u with
   | [] -> (Zarith.mul k b) :: (axpy k [] v')
   | a :: u' -> (Zarith.add a (Zarith.mul k b)) :: (axpy k u' v'))

(** val unitv : int -> Zarith.t -> Zarith.t list **)

let unitv i k =
  app (repeat Zarith.zero i) (k :: [])

(** val iadd :
    (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list ->
    (Zarith.t * Zarith.t) list **)

let rec iadd b c =
  match b with
  | [] -> c
  | p :: b' ->
    let (l, u) = p in
    (match c with
     | [] -> b
     | p0 :: c' ->
       let (m, v) = p0 in ((Zarith.add l m), (Zarith.add u v)) :: (iadd b' c'))

(** val meet :
    (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list ->
    (Zarith.t * Zarith.t) list **)

let rec meet b c =
  match b with
  | [] -> b
  | p :: b' ->
    let (l, u) = p in
    (match c with
     | [] -> b
     | p0 :: c' ->
       let (m, v) = p0 in ((Zarith.max l m), (Zarith.min u v)) :: (meet b' c'))

(** val points : Zarith.t list -> (Zarith.t * Zarith.t) list **)

let points v =
  map (fun a -> (a, a)) v

(** val box_eq :
    (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list -> bool **)

let rec box_eq b c =
  match b with
  | [] -> (match c with
           | [] -> true
           | _ :: _ -> false)
  | p :: b' ->
    let (l, u) = p in
    (match c with
     | [] -> false
     | p0 :: c' ->
       let (m, v) = p0 in
       (&&) ((&&) (Zarith.equal l m) (Zarith.equal u v)) (box_eq b' c'))

(** val cutlo :
    int -> Zarith.t -> (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t)
    list **)

let rec cutlo i v = function
| [] -> []
| p :: b' ->
  let (l, u) = p in
  ((fun fO fS n -> if n=0 then fO () else fS (n-1))
     (fun _ -> ((Zarith.max l v), u) :: b')
     (fun i' -> p :: (cutlo i' v b'))
     i)

(** val cuthi :
    int -> Zarith.t -> (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t)
    list **)

let rec cuthi i v = function
| [] -> []
| p :: b' ->
  let (l, u) = p in
  ((fun fO fS n -> if n=0 then fO () else fS (n-1))
     (fun _ -> (l, (Zarith.min u v)) :: b')
     (fun i' -> p :: (cuthi i' v b'))
     i)

(** val upd : int -> ('a1 -> 'a1) -> 'a1 -> 'a1 list -> 'a1 list **)

let rec upd i f d l =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ ->
    match l with
    | [] -> (f d) :: []
    | v :: l' -> (f v) :: l')
    (fun i' ->
    match l with
    | [] -> d :: (upd i' f d [])
    | v :: l' -> v :: (upd i' f d l'))
    i

(** val all_some : ('a1 -> 'a2 option) -> 'a1 list -> 'a2 list option **)

let rec all_some f = function
| [] -> Some []
| a :: l' ->
  (match f a with
   | Some b ->
     (match all_some f l' with
      | Some l'' -> Some (b :: l'')
      | None -> None)
   | None -> None)

type stair = { app0 : (Zarith.t -> Zarith.t); redge : (Zarith.t -> Zarith.t);
               ledge : (Zarith.t -> Zarith.t);
               gmax : (Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t ->
                      Zarith.t) }

(** val act : stair list -> Zarith.t list -> Zarith.t list **)

let rec act ss z0 =
  match ss with
  | [] -> []
  | s :: ss' ->
    (match z0 with
     | [] -> []
     | a :: z' -> (s.app0 a) :: (act ss' z'))

(** val actI :
    stair list -> (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list **)

let rec actI ss b =
  match ss with
  | [] -> []
  | s :: ss' ->
    (match b with
     | [] -> []
     | p :: b' -> let (l, u) = p in ((s.app0 l), (s.app0 u)) :: (actI ss' b'))

(** val lmax : Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t **)

let lmax g lo hi =
  if Zarith.leq Zarith.zero g then Zarith.mul g hi else Zarith.mul g lo

(** val nterms :
    stair list -> (Zarith.t * Zarith.t) list -> Zarith.t list -> Zarith.t
    list -> Zarith.t list -> ((Zarith.t * Zarith.t) * Zarith.t) list **)

let rec nterms ss b mu c l =
  match b with
  | [] -> []
  | p :: b' ->
    let (lo, hi) = p in
    let g = Zarith.sub (hd Zarith.zero c) (hd Zarith.zero l) in
    (match ss with
     | [] ->
       ((Zarith.zero, g), (lmax g lo hi)) :: (nterms [] b' [] (tl c) (tl l))
     | s :: ss' ->
       let m = hd Zarith.zero mu in
       ((m, g),
       (if Zarith.equal m Zarith.zero then lmax g lo hi else s.gmax m g lo hi)) :: 
       (nterms ss' b' (tl mu) (tl c) (tl l)))

(** val tsum : ((Zarith.t * Zarith.t) * Zarith.t) list -> Zarith.t **)

let rec tsum = function
| [] -> Zarith.zero
| t0 :: ts' -> Zarith.add (snd t0) (tsum ts')

(** val slacks :
    stair list -> ((Zarith.t * Zarith.t) * Zarith.t) list -> Zarith.t list ->
    Zarith.t list **)

let rec slacks ss ts z0 =
  match ts with
  | [] -> []
  | p :: ts' ->
    let (p0, t0) = p in
    let (m, g) = p0 in
    (match z0 with
     | [] -> []
     | a :: z' ->
       (match ss with
        | [] -> (Zarith.sub t0 (Zarith.mul g a)) :: (slacks [] ts' z')
        | s :: ss' ->
          (Zarith.sub t0
            (Zarith.add (Zarith.mul m (s.app0 a)) (Zarith.mul g a))) :: 
            (slacks ss' ts' z')))

(** val first_up :
    int -> stair -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t
    -> Zarith.t **)

let rec first_up fuel s m g need z0 hi =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> z0)
    (fun f ->
    if Zarith.lt hi z0
    then z0
    else let a = s.app0 z0 in
         if Zarith.leq need (Zarith.add (Zarith.mul m a) (Zarith.mul g z0))
         then z0
         else let to0 = Zarith.min hi (s.redge z0) in
              if (&&) (Zarith.lt Zarith.zero g)
                   (Zarith.leq
                     (Zarith.neg (Z.div (Zarith.sub (Zarith.mul m a) need) g))
                     to0)
              then Zarith.neg (Z.div (Zarith.sub (Zarith.mul m a) need) g)
              else if Zarith.leq hi to0
                   then Zarith.add hi ((fun p -> p) Zarith.one)
                   else first_up f s m g need
                          (Zarith.add to0 ((fun p -> p) Zarith.one)) hi)
    fuel

(** val last_down :
    int -> stair -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t
    -> Zarith.t **)

let rec last_down fuel s m g need z0 lo =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> z0)
    (fun f ->
    if Zarith.lt z0 lo
    then z0
    else let a = s.app0 z0 in
         if Zarith.leq need (Zarith.add (Zarith.mul m a) (Zarith.mul g z0))
         then z0
         else let to0 = Zarith.max lo (s.ledge z0) in
              if (&&) (Zarith.lt g Zarith.zero)
                   (Zarith.leq to0
                     (Z.div (Zarith.sub (Zarith.mul m a) need) (Zarith.neg g)))
              then Z.div (Zarith.sub (Zarith.mul m a) need) (Zarith.neg g)
              else if Zarith.leq to0 lo
                   then Zarith.sub lo ((fun p -> p) Zarith.one)
                   else last_down f s m g need
                          (Zarith.sub to0 ((fun p -> p) Zarith.one)) lo)
    fuel

(** val klin :
    Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t * Zarith.t **)

let klin g need lo hi =
  if Zarith.equal g Zarith.zero
  then if Zarith.leq need Zarith.zero
       then (lo, hi)
       else (lo, (Zarith.sub lo ((fun p -> p) Zarith.one)))
  else if Zarith.lt Zarith.zero g
       then ((Zarith.max lo (Zarith.neg (Z.div (Zarith.neg need) g))), hi)
       else (lo, (Zarith.min hi (Z.div (Zarith.neg need) (Zarith.neg g))))

(** val keep :
    stair -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t ->
    Zarith.t * Zarith.t **)

let keep s m g need lo hi =
  if Zarith.equal m Zarith.zero
  then klin g need lo hi
  else let fuel = Stdlib.Int.succ
         ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
           (Zarith.sub (s.app0 hi) (s.app0 lo)))
       in
       let lo' = first_up fuel s m g need lo hi in
       if Zarith.lt hi lo'
       then (lo', hi)
       else (lo', (last_down fuel s m g need hi lo'))

(** val keepbox :
    stair list -> ((Zarith.t * Zarith.t) * Zarith.t) list ->
    (Zarith.t * Zarith.t) list -> Zarith.t -> (Zarith.t * Zarith.t) list **)

let rec keepbox ss ts bx gap =
  match ts with
  | [] -> bx
  | p :: ts' ->
    let (p0, t0) = p in
    let (m, g) = p0 in
    (match bx with
     | [] -> bx
     | p1 :: bx' ->
       let (lo, hi) = p1 in
       (match ss with
        | [] -> (klin g (Zarith.sub t0 gap) lo hi) :: (keepbox [] ts' bx' gap)
        | s :: ss' ->
          (keep s m g (Zarith.sub t0 gap) lo hi) :: (keepbox ss' ts' bx' gap)))

type op = { apply : (Zarith.t list -> Zarith.t list);
            transp : (Zarith.t list -> Zarith.t list -> Zarith.t list);
            range : ((Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list) }

type neurons = { fire : (Zarith.t list -> Zarith.t list);
                 fireI : ((Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t)
                         list);
                 rate : ((Zarith.t * Zarith.t) list -> Zarith.t list ->
                        Zarith.t list -> Zarith.t list ->
                        ((Zarith.t * Zarith.t) * Zarith.t) list);
                 lacks : (((Zarith.t * Zarith.t) * Zarith.t) list -> Zarith.t
                         list -> Zarith.t list);
                 keeps : (((Zarith.t * Zarith.t) * Zarith.t) list ->
                         (Zarith.t * Zarith.t) list -> Zarith.t ->
                         (Zarith.t * Zarith.t) list);
                 alone : (int -> stair option);
                 steer : (Zarith.t list -> Zarith.t list) }

(** val each : stair list -> neurons **)

let each ss =
  { fire = (act ss); fireI = (actI ss); rate = (nterms ss); lacks =
    (slacks ss); keeps = (keepbox ss); alone = (nth_error ss); steer =
    (fun mu -> mu) }

type block = { bterms : (int * op) list; bias : Zarith.t list; units : neurons }

type net = block list

(** val acc : block -> Zarith.t list list -> Zarith.t list **)

let acc b e =
  fold_right (fun t0 z0 -> vadd ((snd t0).apply (nth (fst t0) e [])) z0)
    b.bias b.bterms

(** val env : net -> Zarith.t list -> Zarith.t list list **)

let rec env n0 x =
  match n0 with
  | [] -> x :: []
  | b :: n' -> let e = env n' x in (b.units.fire (acc b e)) :: e

(** val accI :
    block -> (Zarith.t * Zarith.t) list list -> (Zarith.t * Zarith.t) list **)

let accI b e =
  fold_right (fun t0 z0 -> iadd ((snd t0).range (nth (fst t0) e [])) z0)
    (points b.bias) b.bterms

(** val prop :
    net -> (Zarith.t * Zarith.t) list list -> bool list ->
    ((Zarith.t * Zarith.t) list list * (Zarith.t * Zarith.t) list
    list) * bool list **)

let rec prop n0 r d =
  match n0 with
  | [] -> ((r, r), d)
  | b :: n' ->
    (match r with
     | [] -> ((r, r), d)
     | bx :: r' ->
       let (p, d1) = prop n' r' (tl d) in
       let (r1, e) = p in
       let own = hd false d in
       if existsb (fun t0 -> nth (fst t0) d1 false) b.bterms
       then let nb = meet bx (accI b e) in
            (((nb :: r1), ((b.units.fireI nb) :: e)),
            (((||) own (not (box_eq nb bx))) :: d1))
       else (((bx :: r1), ((b.units.fireI bx) :: e)), (own :: d1)))

(** val ev :
    Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t **)

let ev u h lo hi z0 =
  Zarith.max lo (Zarith.min hi (Z.div (Zarith.add z0 h) u))

(** val evT : Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t **)

let evT u h v =
  Zarith.sub (Zarith.mul v u) h

(** val far : Zarith.t **)

let far =
  (fun p -> p) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1)
    Zarith.one))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))

(** val ev_re :
    Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t **)

let ev_re u h lo hi z0 =
  let a = ev u h lo hi z0 in
  if Zarith.leq hi a
  then Zarith.add z0 far
  else Zarith.sub (evT u h (Zarith.add a ((fun p -> p) Zarith.one)))
         ((fun p -> p) Zarith.one)

(** val ev_le :
    Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t **)

let ev_le u h lo hi z0 =
  let a = ev u h lo hi z0 in
  if Zarith.leq a lo then Zarith.sub z0 far else evT u h a

(** val ev_gmax :
    Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t ->
    Zarith.t -> Zarith.t -> Zarith.t **)

let ev_gmax u h lo hi mu g l r =
  let f = ev u h lo hi l in
  let e = ev u h lo hi r in
  let ends0 =
    Zarith.max (Zarith.add (Zarith.mul mu f) (Zarith.mul g l))
      (Zarith.add (Zarith.mul mu e) (Zarith.mul g r))
  in
  if Zarith.lt f e
  then if Zarith.leq Zarith.zero g
       then Zarith.max ends0
              (Zarith.max
                (Zarith.add (Zarith.mul mu f)
                  (Zarith.mul g
                    (Zarith.sub
                      (evT u h (Zarith.add f ((fun p -> p) Zarith.one)))
                      ((fun p -> p) Zarith.one))))
                (Zarith.add
                  (Zarith.mul mu (Zarith.sub e ((fun p -> p) Zarith.one)))
                  (Zarith.mul g
                    (Zarith.sub (evT u h e) ((fun p -> p) Zarith.one)))))
       else Zarith.max ends0
              (Zarith.max
                (Zarith.add
                  (Zarith.mul mu (Zarith.add f ((fun p -> p) Zarith.one)))
                  (Zarith.mul g
                    (evT u h (Zarith.add f ((fun p -> p) Zarith.one)))))
                (Zarith.add (Zarith.mul mu e) (Zarith.mul g (evT u h e))))
  else ends0

(** val even : Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> stair **)

let even u h lo hi =
  { app0 = (ev u h lo hi); redge = (ev_re u h lo hi); ledge =
    (ev_le u h lo hi); gmax = (ev_gmax u h lo hi) }

(** val reach : Zarith.t -> Zarith.t list -> Zarith.t -> Zarith.t **)

let rec reach a ts z0 =
  match ts with
  | [] -> a
  | t0 :: ts' ->
    if Zarith.leq t0 z0
    then reach (Zarith.add a ((fun p -> p) Zarith.one)) ts' z0
    else a

(** val t_re : Zarith.t list -> Zarith.t -> Zarith.t **)

let rec t_re ts z0 =
  match ts with
  | [] -> Zarith.add z0 far
  | t0 :: ts' ->
    if Zarith.leq t0 z0
    then t_re ts' z0
    else Zarith.sub t0 ((fun p -> p) Zarith.one)

(** val t_le : Zarith.t -> Zarith.t list -> Zarith.t -> Zarith.t **)

let rec t_le low ts z0 =
  match ts with
  | [] -> low
  | t0 :: ts' ->
    if Zarith.leq t0 z0 then t_le (Zarith.max low t0) ts' z0 else low

(** val t_gmax :
    Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t list -> Zarith.t
    -> Zarith.t -> Zarith.t **)

let rec t_gmax mu g r a ts z0 best =
  match ts with
  | [] ->
    Zarith.max best
      (Zarith.add (Zarith.mul mu a)
        (Zarith.max (Zarith.mul g z0) (Zarith.mul g r)))
  | t0 :: ts' ->
    if Zarith.leq t0 z0
    then t_gmax mu g r (Zarith.add a ((fun p -> p) Zarith.one)) ts' z0 best
    else if Zarith.lt r t0
         then Zarith.max best
                (Zarith.add (Zarith.mul mu a)
                  (Zarith.max (Zarith.mul g z0) (Zarith.mul g r)))
         else t_gmax mu g r (Zarith.add a ((fun p -> p) Zarith.one)) ts' t0
                (Zarith.max best
                  (Zarith.add (Zarith.mul mu a)
                    (Zarith.max (Zarith.mul g z0)
                      (Zarith.mul g (Zarith.sub t0 ((fun p -> p) Zarith.one))))))

(** val tb : Zarith.t -> Zarith.t list -> Zarith.t -> Zarith.t **)

let tb =
  reach

(** val tb_gmax :
    Zarith.t -> Zarith.t list -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t
    -> Zarith.t **)

let tb_gmax lo ts mu g l r =
  t_gmax mu g r lo ts l
    (Zarith.add (Zarith.mul mu (tb lo ts l)) (Zarith.mul g l))

(** val table : Zarith.t -> Zarith.t list -> stair **)

let table lo ts =
  { app0 = (tb lo ts); redge = (t_re ts); ledge = (fun z0 ->
    t_le (Zarith.sub z0 far) ts z0); gmax = (tb_gmax lo ts) }

type ostair = { st : stair; olo : Zarith.t; ohi : Zarith.t;
                t : (Zarith.t -> Zarith.t) }

(** val even_out : Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> ostair **)

let even_out u h lo hi =
  { st = (even u h lo hi); olo = lo; ohi = hi; t = (evT u h) }

(** val ascend_dec : Zarith.t -> Zarith.t list -> bool **)

let rec ascend_dec t0 = function
| [] -> true
| a :: l -> let s = Zarith.leq t0 a in if s then ascend_dec a l else false

(** val ascends_dec : Zarith.t list -> bool **)

let ascends_dec = function
| [] -> true
| t0 :: ts' -> ascend_dec t0 ts'

(** val table_out : Zarith.t -> Zarith.t list -> ostair **)

let table_out lo ts =
  { st = (table lo ts); olo = lo; ohi =
    (Zarith.add lo (Zarith.of_int (length ts))); t = (fun v ->
    nth
      ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
        (Zarith.sub (Zarith.sub v lo) ((fun p -> p) Zarith.one))) ts
      Zarith.zero) }

(** val flat_out : ostair **)

let flat_out =
  table_out Zarith.zero []

(** val spread :
    (int * op) list -> Zarith.t list -> Zarith.t list list -> Zarith.t list
    list **)

let spread ts lam mu =
  fold_left (fun m t0 -> upd (fst t0) ((snd t0).transp lam) [] m) ts mu

(** val dual :
    net -> (Zarith.t * Zarith.t) list list -> Zarith.t list list -> Zarith.t
    list list -> Zarith.t list list ->
    Zarith.t * ((Zarith.t * Zarith.t) * Zarith.t) list list **)

let rec dual n0 r c l mu =
  match r with
  | [] -> (Zarith.zero, [])
  | bx :: r' ->
    (match n0 with
     | [] ->
       let ts = nterms [] bx [] (vadd (hd [] mu) (hd [] c)) [] in
       ((tsum ts), (ts :: []))
     | b :: n' ->
       let lb = hd [] l in
       let ts = b.units.rate bx (hd [] mu) (hd [] c) lb in
       let below = spread b.bterms lb (tl mu) in
       let (d, tss) = dual n' r' (tl c) (tl l) below in
       ((Zarith.add (Zarith.add (tsum ts) (dot lb b.bias)) d), (ts :: tss)))

(** val tight :
    net -> ((Zarith.t * Zarith.t) * Zarith.t) list list ->
    (Zarith.t * Zarith.t) list list -> Zarith.t -> (Zarith.t * Zarith.t) list
    list **)

let rec tight n0 tss r gap =
  match tss with
  | [] -> r
  | ts :: tss' ->
    (match r with
     | [] -> r
     | bx :: r' ->
       (match n0 with
        | [] -> (keepbox [] ts bx gap) :: r'
        | b :: n' -> (b.units.keeps ts bx gap) :: (tight n' tss' r' gap)))

(** val most_lambda : Zarith.t **)

let most_lambda =
  (fun p -> p) ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    Zarith.one))))))))))))))))))))))))))))))

(** val clamp : Zarith.t -> Zarith.t **)

let clamp k =
  Zarith.max (Zarith.neg most_lambda) (Zarith.min most_lambda k)

(** val follow :
    Zarith.t -> (Zarith.t * Zarith.t) list -> Zarith.t list -> Zarith.t list **)

let rec follow unit1 ss mu =
  match ss with
  | [] -> []
  | p :: ss' ->
    let (up0, down0) = p in
    (match mu with
     | [] -> []
     | m :: mu' ->
       (if Zarith.equal m Zarith.zero
        then Zarith.zero
        else clamp
               (Z.div
                 (Zarith.mul m
                   (if Zarith.lt Zarith.zero m then up0 else down0)) unit1)) :: 
         (follow unit1 ss' mu'))

(** val lambda_of :
    block -> (Zarith.t * (Zarith.t * Zarith.t) list) -> Zarith.t list ->
    Zarith.t list **)

let lambda_of b s mu =
  follow (fst s) (snd s) (b.units.steer mu)

(** val glide :
    net -> (Zarith.t * Zarith.t) list list ->
    (Zarith.t * (Zarith.t * Zarith.t) list) list -> Zarith.t list list ->
    Zarith.t **)

let rec glide n0 r ss mu =
  match r with
  | [] -> Zarith.zero
  | bx :: r' ->
    (match n0 with
     | [] -> tsum (nterms [] bx [] (hd [] mu) [])
     | b :: n' ->
       let l = lambda_of b (hd (((fun p -> p) Zarith.one), []) ss) (hd [] mu)
       in
       Zarith.add
         (Zarith.add (tsum (b.units.rate bx (hd [] mu) [] l)) (dot l b.bias))
         (glide n' r' (tl ss) (spread b.bterms l (tl mu))))

(** val glide_at :
    block -> net -> (Zarith.t * Zarith.t) list list ->
    (Zarith.t * (Zarith.t * Zarith.t) list) list -> int -> Zarith.t ->
    Zarith.t **)

let glide_at b below r ss i k =
  Zarith.add (Zarith.mul k (nth i b.bias Zarith.zero))
    (glide below r ss (spread b.bterms (unitv i k) []))

(** val glide_all :
    block -> net -> (Zarith.t * Zarith.t) list list ->
    (Zarith.t * (Zarith.t * Zarith.t) list) list -> Zarith.t -> (bool * bool)
    list -> int -> (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list **)

let rec glide_all b below r ss u cs i bx =
  match cs with
  | [] -> bx
  | p :: cs' ->
    let (above, under) = p in
    (match bx with
     | [] -> bx
     | p0 :: bx' ->
       let (lo, hi) = p0 in
       ((if under
         then Zarith.max lo
                (Zarith.neg
                  (Z.div (glide_at b below r ss i (Zarith.neg u)) u))
         else lo),
       (if above
        then Zarith.min hi (Z.div (glide_at b below r ss i u) u)
        else hi)) :: (glide_all b below r ss u cs' (Stdlib.Int.succ i) bx'))

type fact = Zarith.t list list * Zarith.t

type cutting = { of_block : int; of_entry : int; is_above : bool;
                 unit0 : Zarith.t; high_from : Zarith.t; chosen : bool list }

(** val laxpy :
    Zarith.t -> Zarith.t list list -> Zarith.t list list -> Zarith.t list list **)

let rec laxpy k u = function
| [] -> u
| v0 :: v' ->
  (match u with
   | [] -> (axpy k [] v0) :: (laxpy k [] v')
   | u0 :: u' -> (axpy k u0 v0) :: (laxpy k u' v'))

(** val side :
    stair -> block -> int -> Zarith.t -> net -> (Zarith.t * Zarith.t) list
    list -> Zarith.t list list -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t **)

let side s b i coef below r kap th lo hi =
  Zarith.add
    (Zarith.add (s.gmax coef (Zarith.neg th) lo hi)
      (Zarith.mul th (nth i b.bias Zarith.zero)))
    (fst
      (dual below r [] []
        (spread b.bterms (unitv i th) (laxpy (Zarith.neg Zarith.one) [] kap))))

(** val choose : bool list -> Zarith.t -> Zarith.t list -> Zarith.t list **)

let rec choose bits0 k w0 =
  match bits0 with
  | [] -> []
  | c :: bits' ->
    (match w0 with
     | [] -> []
     | a :: w' ->
       (if c then Zarith.mul k a else Zarith.zero) :: (choose bits' k w'))

(** val reads_once : (int * op) list -> int -> bool **)

let reads_once ts source0 =
  match ts with
  | [] -> false
  | p :: l ->
    let (k, _) = p in (match l with
                       | [] -> (=) k source0
                       | _ :: _ -> false)

(** val cut :
    net -> (Zarith.t * Zarith.t) list list -> cutting -> fact option **)

let cut n0 r c =
  let d = c.of_block in
  let i = c.of_entry in
  let sg =
    if c.is_above then (fun p -> p) Zarith.one else Zarith.neg Zarith.one
  in
  let coef = Zarith.mul sg c.unit0 in
  (match skipn d n0 with
   | [] -> None
   | b :: below ->
     (match skipn d r with
      | [] -> None
      | bx :: rb ->
        let input0 = length below in
        (match b.units.alone i with
         | Some s ->
           (match nth_error bx i with
            | Some p ->
              let (lo, hi) = p in
              if reads_once b.bterms input0
              then let row =
                     nth input0
                       (spread b.bterms (unitv i ((fun p -> p) Zarith.one))
                         []) []
                   in
                   let kap =
                     app (repeat [] input0) ((choose c.chosen sg row) :: [])
                   in
                   let on = side s b i coef below rb kap in
                   let low =
                     on
                       (if c.is_above
                        then Zarith.zero
                        else Zarith.neg Zarith.one) lo
                       (Zarith.min hi
                         (Zarith.sub c.high_from ((fun p -> p) Zarith.one)))
                   in
                   let high =
                     on
                       (if c.is_above
                        then (fun p -> p) Zarith.one
                        else Zarith.zero) (Zarith.max lo c.high_from) hi
                   in
                   let f =
                     if Zarith.lt hi c.high_from
                     then low
                     else if Zarith.leq c.high_from lo
                          then high
                          else Zarith.max low high
                   in
                   Some
                   ((app (repeat [] d) ((unitv i (Zarith.neg coef)) :: kap)),
                   f)
              else None
            | None -> None)
         | None -> None)))

(** val comb :
    net -> (Zarith.t * Zarith.t) list list -> (Zarith.t * cutting) list ->
    Zarith.t list list * Zarith.t **)

let rec comb n0 r = function
| [] -> ([], Zarith.zero)
| p0 :: uses' ->
  let (p, c) = p0 in
  let (m, k) = comb n0 r uses' in
  (match if Zarith.lt Zarith.zero p then cut n0 r c else None with
   | Some f0 ->
     let (m0, f) = f0 in ((laxpy p m m0), (Zarith.add k (Zarith.mul p f)))
   | None -> (m, k))

type part = { obj : Zarith.t list; thr : Zarith.t;
              narrow : ((Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t)
                       list) }

type rg = { ivs : (Zarith.t * Zarith.t) list list; dirty : bool list }

(** val nonempty : (Zarith.t * Zarith.t) list list -> bool **)

let nonempty r =
  forallb (forallb (fun i -> Zarith.leq (fst i) (snd i))) r

(** val at_block :
    int -> ((Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list) ->
    (Zarith.t * Zarith.t) list list -> (Zarith.t * Zarith.t) list list **)

let rec at_block d f = function
| [] -> []
| b :: r' ->
  ((fun fO fS n -> if n=0 then fO () else fS (n-1))
     (fun _ -> (f b) :: r')
     (fun d' -> b :: (at_block d' f r'))
     d)

(** val settle : net -> part option -> rg -> rg option **)

let settle n0 p r =
  let (p0, _) = prop n0 r.ivs r.dirty in
  let (r0, _) = p0 in
  let r1 = match p with
           | Some p1 -> at_block 0 p1.narrow r0
           | None -> r0 in
  if nonempty r1 then Some { ivs = r1; dirty = [] } else None

type step =
| Close of Zarith.t * Zarith.t list list * (Zarith.t * cutting) list
| Tighten of Zarith.t * Zarith.t list list * (Zarith.t * cutting) list
| Bound of bool * int * int * Zarith.t * Zarith.t list list
   * (Zarith.t * cutting) list
| Slopes of int * Zarith.t * (Zarith.t * (Zarith.t * Zarith.t) list) list
   * (bool * bool) list

(** val changed :
    (Zarith.t * Zarith.t) list list -> (Zarith.t * Zarith.t) list list ->
    bool list **)

let rec changed r r' =
  match r with
  | [] -> []
  | b :: r1 ->
    (match r' with
     | [] -> []
     | b' :: r1' -> (not (box_eq b b')) :: (changed r1 r1'))

(** val made : rg -> (Zarith.t * Zarith.t) list list -> rg option **)

let made r r0 =
  if nonempty r0 then Some { ivs = r0; dirty = (changed r.ivs r0) } else None

(** val up_to :
    int -> (Zarith.t * cutting) list -> (Zarith.t * cutting) list **)

let up_to d uses =
  flat_map (fun pat ->
    let (p, c) = pat in
    if (<=) d c.of_block
    then (p, { of_block = (sub c.of_block d); of_entry = c.of_entry;
           is_above = c.is_above; unit0 = c.unit0; high_from = c.high_from;
           chosen = c.chosen }) :: []
    else []) uses

(** val bounded :
    net -> (Zarith.t * Zarith.t) list list -> bool -> int -> int -> Zarith.t
    -> Zarith.t list list -> (Zarith.t * cutting) list ->
    (Zarith.t * Zarith.t) list list **)

let bounded n0 r above d i u lam uses =
  let c = unitv i (if above then u else Zarith.neg u) in
  let (m, k) = comb (skipn d n0) (skipn d r) (up_to d uses) in
  let d0 = Zarith.add (fst (dual (skipn d n0) (skipn d r) (c :: []) lam m)) k
  in
  at_block d
    (if above then cuthi i (Z.div d0 u) else cutlo i (Zarith.neg (Z.div d0 u)))
    r

(** val bounded_all :
    net -> (Zarith.t * Zarith.t) list list -> int -> Zarith.t ->
    (Zarith.t * (Zarith.t * Zarith.t) list) list -> (bool * bool) list ->
    (Zarith.t * Zarith.t) list list **)

let bounded_all n0 r d u ss cs =
  match skipn d n0 with
  | [] -> r
  | b :: below ->
    at_block d (glide_all b below (skipn (Stdlib.Int.succ d) r) ss u cs 0) r

(** val take : net -> part option -> step -> rg -> rg option **)

let take n0 p s r =
  match settle n0 p r with
  | Some r0 ->
    (match s with
     | Close (u, lam, uses) ->
       (match p with
        | Some p0 ->
          let (m, k) = comb n0 r0.ivs uses in
          let d =
            fst (dual n0 r0.ivs ((map (Zarith.mul u) p0.obj) :: []) lam m)
          in
          if (&&) (Zarith.lt Zarith.zero u)
               (Zarith.lt (Zarith.add d k) (Zarith.mul u p0.thr))
          then None
          else Some r0
        | None -> Some r0)
     | Tighten (u, lam, uses) ->
       (match p with
        | Some p0 ->
          if Zarith.lt Zarith.zero u
          then let (m, k) = comb n0 r0.ivs uses in
               let (d, tss) =
                 dual n0 r0.ivs ((map (Zarith.mul u) p0.obj) :: []) lam m
               in
               let gap = Zarith.sub (Zarith.add d k) (Zarith.mul u p0.thr) in
               if Zarith.lt gap Zarith.zero
               then None
               else made r0 (tight n0 tss r0.ivs gap)
          else Some r0
        | None -> Some r0)
     | Bound (above, d, i, u, lam, uses) ->
       if (&&) (Zarith.lt Zarith.zero u) ((<=) d (length n0))
       then made r0 (bounded n0 r0.ivs above d i u lam uses)
       else Some r0
     | Slopes (d, u, ss, cs) ->
       if Zarith.lt Zarith.zero u
       then made r0 (bounded_all n0 r0.ivs d u ss cs)
       else Some r0)
  | None -> None

(** val predict : net -> Zarith.t list -> int **)

let predict n0 x =
  first_max (hd [] (env n0 x))

(** val delta : int -> int -> Zarith.t **)

let delta y j =
  if (<) y j then (fun p -> p) Zarith.one else Zarith.zero

(** val full :
    ostair list -> (int * op) list -> Zarith.t list -> net -> net **)

let full os ts bi inner0 =
  { bterms = ts; bias = bi; units =
    (each (map (fun o -> o.st) os)) } :: inner0

type family =
  (Zarith.t * Zarith.t) -> part
  (* singleton inductive, whose constructor was Build_family *)

(** val member : family -> (Zarith.t * Zarith.t) -> part **)

let member f =
  f

(** val one : part -> family **)

let one p _ =
  p

(** val out_of : ostair list -> int -> ostair **)

let out_of os j =
  nth j os flat_out

(** val reaches :
    ostair list -> int -> Zarith.t -> (Zarith.t * Zarith.t) list ->
    (Zarith.t * Zarith.t) list **)

let reaches os j v b =
  if Zarith.leq v (out_of os j).olo
  then b
  else cutlo j
         (if Zarith.leq v (out_of os j).ohi
          then (out_of os j).t v
          else Zarith.add (snd (nth j b (Zarith.zero, Zarith.zero)))
                 ((fun p -> p) Zarith.one)) b

(** val misses :
    ostair list -> int -> Zarith.t -> (Zarith.t * Zarith.t) list ->
    (Zarith.t * Zarith.t) list **)

let misses os j v b =
  if Zarith.lt (out_of os j).ohi v
  then b
  else cuthi j
         (Zarith.sub
           (if Zarith.lt (out_of os j).olo v
            then (out_of os j).t v
            else fst (nth j b (Zarith.zero, Zarith.zero))) ((fun p -> p)
           Zarith.one)) b

(** val firstA : ostair list -> int -> int -> Zarith.t -> Zarith.t **)

let firstA os y j d =
  Zarith.max (out_of os y).olo
    (Zarith.add (Zarith.sub (out_of os j).olo d) ((fun p -> p) Zarith.one))

(** val lastA : ostair list -> int -> int -> Zarith.t -> Zarith.t **)

let lastA os y j d =
  Zarith.min (Zarith.sub (out_of os y).ohi ((fun p -> p) Zarith.one))
    (Zarith.sub (out_of os j).ohi d)

(** val at_step :
    ostair list -> int -> int -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t
    -> Zarith.t **)

let at_step os y j d cy cj v =
  Zarith.sub (Zarith.mul cj ((out_of os j).t (Zarith.add v d)))
    (Zarith.mul cy
      (Zarith.sub ((out_of os y).t (Zarith.add v ((fun p -> p) Zarith.one)))
        ((fun p -> p) Zarith.one)))

(** val least :
    ostair list -> int -> int -> int -> Zarith.t -> Zarith.t -> Zarith.t ->
    Zarith.t -> Zarith.t -> Zarith.t **)

let rec least os y k j d cy cj v a =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> a)
    (fun k' ->
    least os y k' j d cy cj (Zarith.add v ((fun p -> p) Zarith.one))
      (Zarith.min a (at_step os y j d cy cj v)))
    k

(** val thrA :
    ostair list -> int -> int -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t **)

let thrA os y j d cy cj =
  let v = firstA os y j d in
  least os y
    ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
      (Zarith.sub (lastA os y j d) v)) j d cy cj
    (Zarith.add v ((fun p -> p) Zarith.one)) (at_step os y j d cy cj v)

(** val objA : int -> int -> Zarith.t -> Zarith.t -> Zarith.t list **)

let objA y j cy cj =
  vadd (unitv j cj) (unitv y (Zarith.neg cy))

(** val narrowA :
    ostair list -> int -> int -> Zarith.t -> (Zarith.t * Zarith.t) list ->
    (Zarith.t * Zarith.t) list **)

let narrowA os y j d b =
  let b0 =
    misses os y (out_of os y).ohi
      (reaches os y
        (Zarith.add (Zarith.sub (out_of os j).olo d) ((fun p -> p)
          Zarith.one)) b)
  in
  let least0 =
    (out_of os y).st.app0 (fst (nth y b0 (Zarith.zero, Zarith.zero)))
  in
  let b1 = reaches os j (Zarith.add least0 d) b0 in
  let most = (out_of os j).st.app0 (snd (nth j b1 (Zarith.zero, Zarith.zero)))
  in
  misses os y (Zarith.add (Zarith.sub most d) ((fun p -> p) Zarith.one)) b1

(** val partA :
    ostair list -> int -> int -> Zarith.t -> Zarith.t -> Zarith.t -> part **)

let partA os y j d cy cj =
  { obj = (objA y j cy cj); thr = (thrA os y j d cy cj); narrow =
    (narrowA os y j d) }

(** val memberA :
    ostair list -> int -> int -> Zarith.t -> (Zarith.t * Zarith.t) -> part **)

let memberA os y j d c =
  if Zarith.lt Zarith.zero (fst c)
  then if Zarith.lt Zarith.zero (snd c)
       then partA os y j d (fst c) (snd c)
       else partA os y j d ((fun p -> p) Zarith.one) ((fun p -> p) Zarith.one)
  else partA os y j d ((fun p -> p) Zarith.one) ((fun p -> p) Zarith.one)

(** val familyA : ostair list -> int -> int -> Zarith.t -> family **)

let familyA =
  memberA

(** val isB : ostair list -> int -> int -> Zarith.t -> bool **)

let isB os y j d =
  (&&) (Zarith.lt (out_of os j).olo (Zarith.add (out_of os y).ohi d))
    (Zarith.leq (Zarith.add (out_of os y).ohi d) (out_of os j).ohi)

(** val objB : ostair list -> int -> int -> Zarith.t -> Zarith.t list **)

let objB os y j d =
  if isB os y j d then unitv j ((fun p -> p) Zarith.one) else []

(** val thrB : ostair list -> int -> int -> Zarith.t -> Zarith.t **)

let thrB os y j d =
  if isB os y j d
  then (out_of os j).t (Zarith.add (out_of os y).ohi d)
  else Zarith.zero

(** val narrowB :
    ostair list -> int -> int -> Zarith.t -> (Zarith.t * Zarith.t) list ->
    (Zarith.t * Zarith.t) list **)

let narrowB os y j d b =
  reaches os j (Zarith.add (out_of os y).ohi d)
    (reaches os y (out_of os y).ohi b)

(** val partB : ostair list -> int -> int -> Zarith.t -> part **)

let partB os y j d =
  { obj = (objB os y j d); thr = (thrB os y j d); narrow =
    (narrowB os y j d) }

(** val isC : ostair list -> int -> Zarith.t -> bool **)

let isC os y v =
  (&&) (Zarith.leq (out_of os y).olo v) (Zarith.lt v (out_of os y).ohi)

(** val objC : ostair list -> int -> Zarith.t -> Zarith.t list **)

let objC os y v =
  if isC os y v then unitv y (Zarith.neg Zarith.one) else []

(** val thrC : ostair list -> int -> Zarith.t -> Zarith.t **)

let thrC os y v =
  if isC os y v
  then Zarith.sub ((fun p -> p) Zarith.one)
         ((out_of os y).t (Zarith.add v ((fun p -> p) Zarith.one)))
  else Zarith.zero

(** val narrowC :
    ostair list -> int -> Zarith.t -> (Zarith.t * Zarith.t) list ->
    (Zarith.t * Zarith.t) list **)

let narrowC os y v b =
  misses os y (Zarith.add v ((fun p -> p) Zarith.one)) b

(** val partC : ostair list -> int -> Zarith.t -> part **)

let partC os y v =
  { obj = (objC os y v); thr = (thrC os y v); narrow = (narrowC os y v) }

(** val floor_of : ostair list -> int -> int -> Zarith.t **)

let floor_of os y j =
  Zarith.sub (out_of os j).olo (delta y j)

(** val hasA : ostair list -> int -> int -> bool **)

let hasA os y j =
  Zarith.leq (firstA os y j (delta y j)) (lastA os y j (delta y j))

(** val hasC : ostair list -> int -> int -> bool **)

let hasC os y j =
  (&&) (Zarith.leq (out_of os y).olo (floor_of os y j))
    (forallb (fun i ->
      (||) ((=) i y) (Zarith.lt (floor_of os y i) (floor_of os y j)))
      (seq 0 j))

(** val parts_of :
    ostair list -> int -> int -> ((int * int) * family) list **)

let parts_of os y j =
  if (=) j y
  then []
  else let d = delta y j in
       app (if hasA os y j then ((j, 0), (familyA os y j d)) :: [] else [])
         (app
           (if isB os y j d
            then ((j, (Stdlib.Int.succ 0)), (one (partB os y j d))) :: []
            else [])
           (if hasC os y j
            then ((j, (Stdlib.Int.succ (Stdlib.Int.succ 0))),
                   (one (partC os y (floor_of os y j)))) :: []
            else []))

(** val parts : ostair list -> int -> ((int * int) * family) list **)

let parts os y =
  flat_map (parts_of os y) (seq 0 (length os))

module PositiveMap =
 struct
  type key = Zarith.t

  type 'a tree =
  | Leaf
  | Node of 'a tree * 'a option * 'a tree

  type 'a t = 'a tree

  (** val empty : 'a1 t **)

  let empty =
    Leaf

  (** val is_empty : 'a1 t -> bool **)

  let rec is_empty = function
  | Leaf -> true
  | Node (l, o, r) ->
    (match o with
     | Some _ -> false
     | None -> (&&) (is_empty l) (is_empty r))

  (** val find : key -> 'a1 t -> 'a1 option **)

  let rec find i = function
  | Leaf -> None
  | Node (l, o, r) ->
    ((fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
       (fun ii -> find ii r)
       (fun ii -> find ii l)
       (fun _ -> o)
       i)

  (** val add : key -> 'a1 -> 'a1 t -> 'a1 t **)

  let rec add i v = function
  | Leaf ->
    ((fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
       (fun ii -> Node (Leaf, None, (add ii v Leaf)))
       (fun ii -> Node ((add ii v Leaf), None, Leaf))
       (fun _ -> Node (Leaf, (Some v), Leaf))
       i)
  | Node (l, o, r) ->
    ((fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
       (fun ii -> Node (l, o, (add ii v r)))
       (fun ii -> Node ((add ii v l), o, r))
       (fun _ -> Node (l, (Some v), r))
       i)

  (** val remove : key -> 'a1 t -> 'a1 t **)

  let rec remove i m =
    (fun fI fO fH p -> if Zarith.equal p Zarith.one then fH () else if Zarith.is_odd p then fI (Zarith.shift_right p 1) else fO (Zarith.shift_right p 1))
      (fun ii ->
      match m with
      | Leaf -> Leaf
      | Node (l, o, r) ->
        (match l with
         | Leaf ->
           (match o with
            | Some _ -> Node (l, o, (remove ii r))
            | None ->
              (match remove ii r with
               | Leaf -> Leaf
               | Node (t0, o0, t1) -> Node (Leaf, None, (Node (t0, o0, t1)))))
         | Node (_, _, _) -> Node (l, o, (remove ii r))))
      (fun ii ->
      match m with
      | Leaf -> Leaf
      | Node (l, o, r) ->
        (match o with
         | Some _ -> Node ((remove ii l), o, r)
         | None ->
           (match r with
            | Leaf ->
              (match remove ii l with
               | Leaf -> Leaf
               | Node (t0, o0, t1) -> Node ((Node (t0, o0, t1)), None, Leaf))
            | Node (_, _, _) -> Node ((remove ii l), o, r))))
      (fun _ ->
      match m with
      | Leaf -> Leaf
      | Node (l, _, r) ->
        (match l with
         | Leaf ->
           (match r with
            | Leaf -> Leaf
            | Node (_, _, _) -> Node (l, None, r))
         | Node (_, _, _) -> Node (l, None, r)))
      i
 end

type record =
| Part of int * (Zarith.t * Zarith.t)
| Steps of Zarith.t * step list
| Final of Zarith.t * step list
| Split of Zarith.t * step list * int * int * Zarith.t
| RootSteps of step list
| Move of Zarith.t

type 'a source =
| Done
| Broken
| More of record * 'a

type state = { root : rg option; here : int list; next : Zarith.t;
               nodes : (part * rg) PositiveMap.t }

(** val with_nodes :
    state -> Zarith.t -> (part * rg) PositiveMap.t -> state **)

let with_nodes s a m =
  { root = s.root; here = s.here; next = a; nodes = m }

(** val take_all : net -> part option -> step list -> rg -> rg option **)

let rec take_all n0 p ss r =
  match ss with
  | [] -> Some r
  | s :: ss' ->
    (match take n0 p s r with
     | Some r' -> take_all n0 p ss' r'
     | None -> None)

(** val put :
    Zarith.t -> part -> rg option -> (part * rg) PositiveMap.t -> (part * rg)
    PositiveMap.t **)

let put id p r m =
  match r with
  | Some r0 -> PositiveMap.add id (p, r0) m
  | None -> PositiveMap.remove id m

(** val point_of : (Zarith.t * Zarith.t) list -> Zarith.t list option **)

let point_of b =
  if forallb (fun i -> Zarith.equal (fst i) (snd i)) b
  then Some (map fst b)
  else None

(** val ends : net -> int -> part option -> rg -> bool **)

let ends n0 y p r =
  match settle n0 p r with
  | Some r0 ->
    (match point_of
             (nth (length n0) r0.ivs ((Zarith.zero, ((fun p -> p)
               Zarith.one)) :: [])) with
     | Some x -> (=) (predict n0 x) y
     | None -> false)
  | None -> true

(** val closes : net -> int -> part option -> rg option -> bool **)

let closes n0 y p = function
| Some rg0 -> ends n0 y p rg0
| None -> true

(** val split : bool -> int -> int -> Zarith.t -> rg -> rg option **)

let split lo d i v r =
  made r
    (at_block d
      (if lo
       then cutlo i v
       else cuthi i (Zarith.sub v ((fun p -> p) Zarith.one))) r.ivs)

(** val dirt : rg -> rg option -> rg option **)

let dirt r = function
| Some r' ->
  let all = app r.dirty (repeat false (length r'.dirty)) in
  Some { ivs = r'.ivs; dirty =
  (map (fun p -> (||) (fst p) (snd p)) (combine all r'.dirty)) }
| None -> None

(** val settled_root : net -> state -> rg option **)

let settled_root n0 s =
  match s.root with
  | Some rg0 -> settle n0 None rg0
  | None -> None

(** val read :
    net -> int -> family list -> state -> record -> state option **)

let read n0 y ps s r =
  let a = s.next in
  let b = Zarith.succ a in
  (match r with
   | Part (k, c) ->
     (match settled_root n0 s with
      | Some rg0 ->
        (match nth_error ps k with
         | Some f ->
           Some { root = (Some rg0); here = (k :: s.here); next = b; nodes =
             (PositiveMap.add a ((member f c), rg0) s.nodes) }
         | None -> None)
      | None -> None)
   | Steps (id, ss) ->
     (match PositiveMap.find id s.nodes with
      | Some p0 ->
        let (p, rg0) = p0 in
        Some (with_nodes s a (put id p (take_all n0 (Some p) ss rg0) s.nodes))
      | None -> Some s)
   | Final (id, ss) ->
     (match PositiveMap.find id s.nodes with
      | Some p0 ->
        let (p, rg0) = p0 in
        if closes n0 y (Some p) (take_all n0 (Some p) ss rg0)
        then Some (with_nodes s a (PositiveMap.remove id s.nodes))
        else None
      | None -> Some s)
   | Split (id, ss, d, i, v) ->
     (match PositiveMap.find id s.nodes with
      | Some p0 ->
        let (p, rg0) = p0 in
        let others = PositiveMap.remove id s.nodes in
        (match take_all n0 (Some p) ss rg0 with
         | Some rg1 ->
           Some
             (with_nodes s (Zarith.succ b)
               (put b p (dirt rg1 (split true d i v rg1))
                 (put a p (dirt rg1 (split false d i v rg1)) others)))
         | None -> Some (with_nodes s (Zarith.succ b) others))
      | None -> Some (with_nodes s (Zarith.succ b) s.nodes))
   | RootSteps ss ->
     (match s.root with
      | Some rg0 ->
        Some { root = (take_all n0 None ss rg0); here = s.here; next = a;
          nodes = s.nodes }
      | None -> Some s)
   | Move id ->
     Some
       (with_nodes s b
         (match PositiveMap.find id s.nodes with
          | Some kr -> PositiveMap.add a kr (PositiveMap.remove id s.nodes)
          | None -> s.nodes)))

(** val pull :
    net -> int -> family list -> int -> ('a1 -> 'a1 source) -> 'a1 -> state
    -> state option **)

let rec pull n0 y ps fuel more0 a s =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> None)
    (fun f ->
    match more0 a with
    | Done -> Some s
    | Broken -> None
    | More (r, a') ->
      (match read n0 y ps s r with
       | Some s' -> pull n0 y ps f more0 a' s'
       | None -> None))
    fuel

(** val finished : family list -> state -> bool **)

let finished ps s =
  (&&) (PositiveMap.is_empty s.nodes)
    (forallb (fun k -> existsb ((=) k) s.here) (seq 0 (length ps)))

(** val start :
    net -> (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list
    list * (Zarith.t * Zarith.t) list list **)

let rec start m ball =
  match m with
  | [] -> ((ball :: []), (ball :: []))
  | b :: m' ->
    let (r, e) = start m' ball in
    let z0 = accI b e in ((z0 :: r), ((b.units.fireI z0) :: e))

(** val begin0 : net -> (Zarith.t * Zarith.t) list -> state **)

let begin0 n0 ball =
  { root = (Some { ivs = (fst (start n0 ball)); dirty = [] }); here = [];
    next = Zarith.one; nodes = PositiveMap.empty }

(** val check :
    net -> int -> family list -> (Zarith.t * Zarith.t) list -> int -> ('a1 ->
    'a1 source) -> 'a1 -> bool **)

let check n0 y ps ball fuel more0 a =
  match pull n0 y ps fuel more0 a (begin0 n0 ball) with
  | Some s -> finished ps s
  | None -> false

(** val check_robust :
    ostair list -> (int * op) list -> Zarith.t list -> net ->
    (Zarith.t * Zarith.t) list -> int -> int -> ('a1 -> 'a1 source) -> 'a1 ->
    bool **)

let check_robust os ts bi inner0 ball y fuel more0 a =
  (&&) ((&&) ((<) y (length os)) ((<=) (length os) (length bi)))
    (check (full os ts bi inner0) y (map snd (parts os y)) ball fuel more0 a)

(** val lins : Zarith.t list -> (Zarith.t * Zarith.t) list -> Zarith.t **)

let rec lins g b =
  match g with
  | [] -> Zarith.zero
  | k :: g' ->
    (match b with
     | [] -> Zarith.zero
     | p :: b' -> let (l, u) = p in Zarith.add (lmax k l u) (lins g' b'))

(** val capped :
    Zarith.t list -> (Zarith.t * Zarith.t) list -> Zarith.t -> Zarith.t **)

let rec capped g b c =
  match g with
  | [] -> Zarith.zero
  | k :: g' ->
    (match b with
     | [] -> Zarith.zero
     | p :: b' ->
       let (l, u) = p in
       Zarith.add (lmax k l (Zarith.min u c)) (capped g' b' c))

(** val up :
    stair -> Zarith.t -> Zarith.t list -> (Zarith.t * Zarith.t) list ->
    Zarith.t -> Zarith.t -> Zarith.t **)

let rec up s mu g b before best =
  match g with
  | [] -> best
  | k :: g' ->
    (match b with
     | [] -> best
     | p :: b' ->
       let (l, u) = p in
       up s mu g' b' (Zarith.add before (lmax k l u))
         (Zarith.max best
           (Zarith.add (Zarith.add before (s.gmax mu k l u)) (lins g' b'))))

(** val down :
    int -> stair -> Zarith.t -> Zarith.t list -> (Zarith.t * Zarith.t) list
    -> Zarith.t -> Zarith.t -> Zarith.t option **)

let rec down fuel s mu g b z0 hi =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> None)
    (fun f ->
    let to0 = Zarith.min hi (s.redge z0) in
    let v = Zarith.add (Zarith.mul mu (s.app0 z0)) (capped g b to0) in
    if Zarith.leq hi to0
    then Some v
    else (match down f s mu g b (Zarith.add to0 ((fun p -> p) Zarith.one)) hi with
          | Some w0 -> Some (Zarith.max v w0)
          | None -> None))
    fuel

(** val group_max :
    stair -> Zarith.t -> Zarith.t list -> (Zarith.t * Zarith.t) list ->
    Zarith.t **)

let group_max s m g b =
  if Zarith.equal m Zarith.zero
  then lins g b
  else (match g with
        | [] ->
          let lows = map fst b in
          let lo = largest lows in
          if Zarith.lt Zarith.zero m
          then up s m g b Zarith.zero
                 (Zarith.add (Zarith.mul m (s.app0 lo)) (dot g lows))
          else let hi = largest (map snd b) in
               (match down (Stdlib.Int.succ
                        ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
                          (Zarith.sub (s.app0 hi) (s.app0 lo)))) s m g b lo hi with
                | Some v -> v
                | None -> Zarith.add (Zarith.mul m (s.app0 lo)) (lins g b))
        | k :: l0 ->
          (match l0 with
           | [] ->
             (match b with
              | [] ->
                let lows = map fst b in
                let lo = largest lows in
                if Zarith.lt Zarith.zero m
                then up s m g b Zarith.zero
                       (Zarith.add (Zarith.mul m (s.app0 lo)) (dot g lows))
                else let hi = largest (map snd b) in
                     (match down (Stdlib.Int.succ
                              ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
                                (Zarith.sub (s.app0 hi) (s.app0 lo)))) s m g
                              b lo hi with
                      | Some v -> v
                      | None ->
                        Zarith.add (Zarith.mul m (s.app0 lo)) (lins g b))
              | p :: l1 ->
                let (l, u) = p in
                (match l1 with
                 | [] -> s.gmax m k l u
                 | _ :: _ ->
                   let lows = map fst b in
                   let lo = largest lows in
                   if Zarith.lt Zarith.zero m
                   then up s m g b Zarith.zero
                          (Zarith.add (Zarith.mul m (s.app0 lo)) (dot g lows))
                   else let hi = largest (map snd b) in
                        (match down (Stdlib.Int.succ
                                 ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
                                   (Zarith.sub (s.app0 hi) (s.app0 lo)))) s m
                                 g b lo hi with
                         | Some v -> v
                         | None ->
                           Zarith.add (Zarith.mul m (s.app0 lo)) (lins g b))))
           | _ :: _ ->
             let lows = map fst b in
             let lo = largest lows in
             if Zarith.lt Zarith.zero m
             then up s m g b Zarith.zero
                    (Zarith.add (Zarith.mul m (s.app0 lo)) (dot g lows))
             else let hi = largest (map snd b) in
                  (match down (Stdlib.Int.succ
                           ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
                             (Zarith.sub (s.app0 hi) (s.app0 lo)))) s m g b
                           lo hi with
                   | Some v -> v
                   | None -> Zarith.add (Zarith.mul m (s.app0 lo)) (lins g b))))

(** val gains :
    (Zarith.t * Zarith.t) list -> Zarith.t list -> Zarith.t list -> Zarith.t
    list **)

let rec gains b c l =
  match b with
  | [] -> []
  | _ :: b' ->
    (Zarith.sub (hd Zarith.zero c) (hd Zarith.zero l)) :: (gains b' (tl c)
                                                            (tl l))

(** val group_rate :
    stair -> (Zarith.t * Zarith.t) list -> Zarith.t -> Zarith.t list ->
    Zarith.t list -> ((Zarith.t * Zarith.t) * Zarith.t) list **)

let group_rate s b m c l =
  let g = gains b c l in
  (match g with
   | [] -> []
   | k :: g' ->
     ((m, k),
       (group_max s m g b)) :: (map (fun k0 -> ((Zarith.zero, k0),
                                 Zarith.zero)) g'))

(** val gain_of : ((Zarith.t * Zarith.t) * Zarith.t) -> Zarith.t **)

let gain_of t0 =
  snd (fst t0)

(** val group_lack :
    stair -> ((Zarith.t * Zarith.t) * Zarith.t) list -> Zarith.t list ->
    Zarith.t **)

let group_lack s ts z0 =
  Zarith.sub (tsum ts)
    (Zarith.add
      (Zarith.mul
        (fst (fst (hd ((Zarith.zero, Zarith.zero), Zarith.zero) ts)))
        (s.app0 (largest z0))) (dot (map gain_of ts) z0))

(** val gfire : (int * stair) list -> Zarith.t list -> Zarith.t list **)

let rec gfire gs z0 =
  match gs with
  | [] -> []
  | p :: gs' ->
    let (k, s) = p in
    (match z0 with
     | [] -> []
     | _ :: _ ->
       (s.app0 (largest (firstn (Stdlib.Int.succ k) z0))) :: (gfire gs'
                                                               (skipn
                                                                 (Stdlib.Int.succ
                                                                 k) z0)))

(** val gfireI :
    (int * stair) list -> (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t)
    list **)

let rec gfireI gs b =
  match gs with
  | [] -> []
  | p :: gs' ->
    let (k, s) = p in
    (match b with
     | [] -> []
     | _ :: _ ->
       let p0 = firstn (Stdlib.Int.succ k) b in
       ((s.app0 (largest (map fst p0))),
       (s.app0 (largest (map snd p0)))) :: (gfireI gs'
                                             (skipn (Stdlib.Int.succ k) b)))

(** val grate :
    (int * stair) list -> (Zarith.t * Zarith.t) list -> Zarith.t list ->
    Zarith.t list -> Zarith.t list -> ((Zarith.t * Zarith.t) * Zarith.t) list **)

let rec grate gs b mu c l =
  match gs with
  | [] -> nterms [] b [] c l
  | p :: gs' ->
    let (k, s) = p in
    (match b with
     | [] -> nterms [] b [] c l
     | _ :: _ ->
       let n0 = Stdlib.Int.succ k in
       app
         (group_rate s (firstn n0 b) (hd Zarith.zero mu) (firstn n0 c)
           (firstn n0 l))
         (grate gs' (skipn n0 b) (tl mu) (skipn n0 c) (skipn n0 l)))

(** val glacks :
    (int * stair) list -> ((Zarith.t * Zarith.t) * Zarith.t) list -> Zarith.t
    list -> Zarith.t list **)

let rec glacks gs ts z0 =
  match gs with
  | [] -> slacks [] ts z0
  | p :: gs' ->
    let (k, s) = p in
    (match z0 with
     | [] -> slacks [] ts z0
     | _ :: _ ->
       (group_lack s (firstn (Stdlib.Int.succ k) ts)
         (firstn (Stdlib.Int.succ k) z0)) :: (glacks gs'
                                               (skipn (Stdlib.Int.succ k) ts)
                                               (skipn (Stdlib.Int.succ k) z0)))

(** val gkeeps :
    (int * stair) list -> ((Zarith.t * Zarith.t) * Zarith.t) list ->
    (Zarith.t * Zarith.t) list -> Zarith.t -> (Zarith.t * Zarith.t) list **)

let rec gkeeps gs ts b gap =
  match gs with
  | [] -> keepbox [] ts b gap
  | p :: gs' ->
    let (k, s) = p in
    (match b with
     | [] -> keepbox [] ts b gap
     | _ :: _ ->
       let p0 = firstn (Stdlib.Int.succ k) b in
       app
         ((fun fO fS n -> if n=0 then fO () else fS (n-1))
            (fun _ ->
            match ts with
            | [] -> p0
            | t0 :: _ -> keepbox (s :: []) (t0 :: []) p0 gap)
            (fun _ -> p0)
            k)
         (gkeeps gs' (skipn (Stdlib.Int.succ k) ts)
           (skipn (Stdlib.Int.succ k) b) gap))

(** val gsteer : (int * stair) list -> Zarith.t list -> Zarith.t list **)

let rec gsteer gs mu =
  match gs with
  | [] -> []
  | p :: gs' ->
    let (k, _) = p in
    app (repeat (hd Zarith.zero mu) (Stdlib.Int.succ k)) (gsteer gs' (tl mu))

(** val key0 : int -> Zarith.t **)

let key0 i =
  Z.to_pos (Z.succ (Zarith.of_int i))

(** val fill :
    Zarith.t -> 'a1 list -> 'a1 PositiveMap.t -> 'a1 PositiveMap.t **)

let rec fill p l m =
  match l with
  | [] -> m
  | a :: l' -> fill (Zarith.succ p) l' (PositiveMap.add p a m)

(** val shuffle : 'a1 -> Zarith.t list -> 'a1 list -> 'a1 list **)

let shuffle d order l =
  let m = fill Zarith.one l PositiveMap.empty in
  map (fun p -> match PositiveMap.find p m with
                | Some a -> a
                | None -> d) order

(** val place :
    Zarith.t list -> 'a1 list -> 'a1 PositiveMap.t -> 'a1 PositiveMap.t **)

let rec place order l m =
  match order with
  | [] -> m
  | p :: order' ->
    (match l with
     | [] -> m
     | a :: l' -> place order' l' (PositiveMap.add p a m))

(** val restore : Zarith.t -> 'a1 PositiveMap.t -> 'a1 list -> 'a1 list **)

let rec restore p m = function
| [] -> []
| a :: l' ->
  (match PositiveMap.find p m with
   | Some b -> b
   | None -> a) :: (restore (Zarith.succ p) m l')

(** val pfire :
    int list -> (int * stair) list -> Zarith.t list -> Zarith.t list **)

let pfire idx gs =
  let order = map key0 idx in
  (fun z0 -> gfire gs (shuffle Zarith.zero order z0))

(** val pfireI :
    int list -> (int * stair) list -> (Zarith.t * Zarith.t) list ->
    (Zarith.t * Zarith.t) list **)

let pfireI idx gs =
  let order = map key0 idx in
  (fun b -> gfireI gs (shuffle (Zarith.zero, Zarith.zero) order b))

(** val prate :
    int list -> int -> (int * stair) list -> (Zarith.t * Zarith.t) list ->
    Zarith.t list -> Zarith.t list -> Zarith.t list ->
    ((Zarith.t * Zarith.t) * Zarith.t) list **)

let prate idx n0 gs =
  let order = map key0 idx in
  (fun b mu c l ->
  app
    (grate gs (shuffle (Zarith.zero, Zarith.zero) order b) mu
      (shuffle Zarith.zero order c) (shuffle Zarith.zero order l))
    (nterms [] (skipn n0 b) [] (skipn n0 c) (skipn n0 l)))

(** val placks :
    int list -> int -> (int * stair) list ->
    ((Zarith.t * Zarith.t) * Zarith.t) list -> Zarith.t list -> Zarith.t list **)

let placks idx n0 gs =
  let order = map key0 idx in
  (fun ts z0 ->
  let k = length idx in
  app (glacks gs (firstn k ts) (shuffle Zarith.zero order z0))
    (slacks [] (skipn k ts) (skipn n0 z0)))

(** val pkeeps :
    int list -> (int * stair) list -> ((Zarith.t * Zarith.t) * Zarith.t) list
    -> (Zarith.t * Zarith.t) list -> Zarith.t -> (Zarith.t * Zarith.t) list **)

let pkeeps idx gs =
  let order = map key0 idx in
  (fun ts b gap ->
  let kept =
    gkeeps gs (firstn (length idx) ts)
      (shuffle (Zarith.zero, Zarith.zero) order b) gap
  in
  restore Zarith.one (place order kept PositiveMap.empty) b)

(** val psteer :
    int list -> int -> (int * stair) list -> Zarith.t list -> Zarith.t list **)

let psteer idx n0 gs =
  let order = map key0 idx in
  (fun mu ->
  restore Zarith.one (place order (gsteer gs mu) PositiveMap.empty)
    (repeat Zarith.zero n0))

(** val pooled_by : int list -> int -> (int * stair) list -> neurons **)

let pooled_by idx n0 gs =
  { fire = (pfire idx gs); fireI = (pfireI idx gs); rate = (prate idx n0 gs);
    lacks = (placks idx n0 gs); keeps = (pkeeps idx gs); alone = (fun _ ->
    None); steer = (psteer idx n0 gs) }

(** val found : int -> int list PositiveMap.t -> int list **)

let found o m =
  match PositiveMap.find (key0 o) m with
  | Some l -> l
  | None -> []

(** val buckets : int -> int list -> int list PositiveMap.t **)

let rec buckets k = function
| [] -> PositiveMap.empty
| o :: os ->
  let m = buckets (Stdlib.Int.succ k) os in
  PositiveMap.add (key0 o) (k :: (found o m)) m

(** val is_nil : 'a1 list -> bool **)

let is_nil = function
| [] -> true
| _ :: _ -> false

(** val members : int -> int list -> int list list **)

let members n0 owners =
  let m = buckets 0 owners in map (fun i -> found i m) (seq 0 n0)

(** val sizes_of : int list list -> int list **)

let sizes_of ms =
  map (fun g -> pred (length g)) ms

(** val pooled_units : int list -> stair list -> neurons option **)

let pooled_units owners ss =
  let n0 = length ss in
  let ms = members n0 owners in
  if sumbool_of_bool (forallb (fun o -> (<) o n0) owners)
  then if existsb is_nil ms
       then None
       else Some
              (pooled_by (concat ms) (length owners)
                (combine (sizes_of ms) ss))
  else None

(** val taps_from : int -> Zarith.t list -> (int * Zarith.t) list **)

let rec taps_from i = function
| [] -> []
| w0 :: ws' -> (i, w0) :: (taps_from (Stdlib.Int.succ i) ws')

(** val conv_row :
    shape -> Zarith.t list -> int -> int -> int -> (int * Zarith.t) list **)

let conv_row s kernel oy ox co =
  let n0 = per_group s in
  let first = mul (group_of s co) n0 in
  flat_map (fun ky ->
    flat_map (fun kx ->
      match input_row s oy ky with
      | Some y ->
        (match input_column s ox kx with
         | Some x ->
           taps_from (add (mul (add (mul y s.in_w) x) s.in_c) first)
             (firstn n0 (skipn (mul (add (mul ky s.kernel_w) kx) n0) kernel))
         | None -> [])
      | None -> []) (seq 0 s.kernel_w)) (seq 0 s.kernel_h)

(** val conv_rows :
    shape -> Zarith.t list list -> (int * Zarith.t) list list **)

let conv_rows s kernels =
  let each0 = map (fun co -> (co, (nth co kernels []))) (seq 0 s.out_c) in
  flat_map (fun oy ->
    flat_map (fun ox ->
      map (fun k -> conv_row s (snd k) oy ox (fst k)) each0) (seq 0 s.out_w))
    (seq 0 s.out_h)

(** val select_row : (int option * Zarith.t) -> (int * Zarith.t) list **)

let select_row p =
  match fst p with
  | Some i -> (i, (snd p)) :: []
  | None -> []

(** val select_rows :
    int option list -> Zarith.t list -> (int * Zarith.t) list list **)

let select_rows columns weights =
  map select_row (combine columns weights)

(** val dense_t :
    Zarith.t list list -> Zarith.t list -> Zarith.t list -> Zarith.t list **)

let rec dense_t rows0 lam m =
  match rows0 with
  | [] -> m
  | r :: rows' ->
    (match lam with
     | [] -> m
     | l :: lam' ->
       dense_t rows' lam'
         (if Zarith.equal l Zarith.zero then m else axpy l m r))

(** val row_range :
    Zarith.t list -> (Zarith.t * Zarith.t) list -> Zarith.t -> Zarith.t ->
    Zarith.t * Zarith.t **)

let rec row_range r b dn up0 =
  match r with
  | [] -> (dn, up0)
  | w0 :: r' ->
    (match b with
     | [] -> (dn, up0)
     | p :: b' ->
       let (l, u) = p in
       if Zarith.lt w0 Zarith.zero
       then row_range r' b' (Zarith.add dn (Zarith.mul w0 u))
              (Zarith.add up0 (Zarith.mul w0 l))
       else row_range r' b' (Zarith.add dn (Zarith.mul w0 l))
              (Zarith.add up0 (Zarith.mul w0 u)))

(** val dense : Zarith.t list list -> op **)

let dense rows0 =
  { apply = (fun a -> map (fun r -> dot r a) rows0); transp =
    (dense_t rows0); range = (fun b ->
    map (fun r -> row_range r b Zarith.zero Zarith.zero) rows0) }

(** val srow_t :
    Zarith.t -> (int * Zarith.t) list -> Zarith.t list -> Zarith.t list **)

let srow_t l r m =
  fold_left (fun m0 t0 ->
    upd (fst t0) (Zarith.add (Zarith.mul l (snd t0))) Zarith.zero m0) r m

(** val srange :
    (int * Zarith.t) list -> (Zarith.t * Zarith.t) list -> Zarith.t * Zarith.t **)

let rec srange r b =
  match r with
  | [] -> (Zarith.zero, Zarith.zero)
  | p :: r' ->
    let (i, w0) = p in
    let j = nth i b (Zarith.zero, Zarith.zero) in
    let s = srange r' b in
    if Zarith.lt w0 Zarith.zero
    then ((Zarith.add (Zarith.mul w0 (snd j)) (fst s)),
           (Zarith.add (Zarith.mul w0 (fst j)) (snd s)))
    else ((Zarith.add (Zarith.mul w0 (fst j)) (fst s)),
           (Zarith.add (Zarith.mul w0 (snd j)) (snd s)))

(** val sparse_t :
    (int * Zarith.t) list list -> Zarith.t list -> Zarith.t list -> Zarith.t
    list **)

let rec sparse_t rows0 lam m =
  match rows0 with
  | [] -> m
  | r :: rows' ->
    (match lam with
     | [] -> m
     | l :: lam' ->
       sparse_t rows' lam'
         (if Zarith.equal l Zarith.zero then m else srow_t l r m))

(** val sparse : (int * Zarith.t) list list -> op **)

let sparse rows0 =
  { apply = (fun a -> map (fun r -> pick r a) rows0); transp =
    (sparse_t rows0); range = (fun b -> map (fun r -> srange r b) rows0) }

(** val gaps :
    int -> (int * Zarith.t) list -> (int * Zarith.t) list option **)

let rec gaps p = function
| [] -> Some []
| p0 :: r' ->
  let (i, w0) = p0 in
  if (<) i p
  then None
  else (match gaps (Stdlib.Int.succ i) r' with
        | Some g -> Some (((sub i p), w0) :: g)
        | None -> None)

(** val walk : (int * Zarith.t) list -> Zarith.t list -> Zarith.t **)

let rec walk g a =
  match g with
  | [] -> Zarith.zero
  | p :: g' ->
    let (k, w0) = p in
    (match skipn k a with
     | [] -> Zarith.zero
     | x :: a' -> Zarith.add (Zarith.mul w0 x) (walk g' a'))

(** val walk_range :
    (int * Zarith.t) list -> (Zarith.t * Zarith.t) list -> Zarith.t * Zarith.t **)

let rec walk_range g b =
  match g with
  | [] -> (Zarith.zero, Zarith.zero)
  | p :: g' ->
    let (k, w0) = p in
    (match skipn k b with
     | [] -> (Zarith.zero, Zarith.zero)
     | p0 :: b' ->
       let (l, u) = p0 in
       let s = walk_range g' b' in
       if Zarith.lt w0 Zarith.zero
       then ((Zarith.add (Zarith.mul w0 u) (fst s)),
              (Zarith.add (Zarith.mul w0 l) (snd s)))
       else ((Zarith.add (Zarith.mul w0 l) (fst s)),
              (Zarith.add (Zarith.mul w0 u) (snd s))))

(** val behind :
    int -> (Zarith.t list -> Zarith.t list) -> Zarith.t list -> Zarith.t list **)

let rec behind k f m =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> f m)
    (fun k' -> (hd Zarith.zero m) :: (behind k' f (tl m)))
    k

(** val walk_t :
    Zarith.t -> (int * Zarith.t) list -> Zarith.t list -> Zarith.t list **)

let rec walk_t l g m =
  match g with
  | [] -> m
  | p :: g' ->
    let (k, w0) = p in
    behind k (fun m0 ->
      (Zarith.add (hd Zarith.zero m0) (Zarith.mul l w0)) :: (walk_t l g'
                                                              (tl m0))) m

(** val walks :
    (int * (int * Zarith.t) list) list -> Zarith.t list -> Zarith.t list **)

let rec walks r a =
  match r with
  | [] -> []
  | p :: r' ->
    let (d, g) = p in let a' = skipn d a in (walk g a') :: (walks r' a')

(** val walks_range :
    (int * (int * Zarith.t) list) list -> (Zarith.t * Zarith.t) list ->
    (Zarith.t * Zarith.t) list **)

let rec walks_range r b =
  match r with
  | [] -> []
  | p :: r' ->
    let (d, g) = p in
    let b' = skipn d b in (walk_range g b') :: (walks_range r' b')

(** val walks_t :
    (int * (int * Zarith.t) list) list -> Zarith.t list -> Zarith.t list ->
    Zarith.t list **)

let rec walks_t r lam m =
  match r with
  | [] -> m
  | p :: r' ->
    let (d, g) = p in
    (match lam with
     | [] -> m
     | l :: lam' ->
       behind d (fun m0 ->
         walks_t r' lam'
           (if Zarith.equal l Zarith.zero then m0 else walk_t l g m0)) m)

(** val runs_t :
    (int * (int * Zarith.t) list) list list -> Zarith.t list -> Zarith.t list
    -> Zarith.t list **)

let rec runs_t rs lam m =
  match rs with
  | [] -> m
  | r :: rs' ->
    (match lam with
     | [] -> m
     | _ :: _ -> runs_t rs' (skipn (length r) lam) (walks_t r lam m))

(** val runs :
    int -> (int * Zarith.t) list list -> (int * (int * Zarith.t) list) list
    list option **)

let rec runs p = function
| [] -> Some ([] :: [])
| r :: rows' ->
  let first = match r with
              | [] -> p
              | p0 :: _ -> let (i, _) = p0 in i in
  (match gaps first r with
   | Some g ->
     (match runs first rows' with
      | Some l ->
        (match l with
         | [] -> None
         | next0 :: rs ->
           Some
             (if (<) first p
              then [] :: (((first, g) :: next0) :: rs)
              else (((sub first p), g) :: next0) :: rs))
      | None -> None)
   | None -> None)

(** val walked : (int * (int * Zarith.t) list) list list -> op **)

let walked rs =
  { apply = (fun a -> flat_map (fun r -> walks r a) rs); transp =
    (runs_t rs); range = (fun b -> flat_map (fun r -> walks_range r b) rs) }

(** val of_rows : (int * Zarith.t) list list -> op **)

let of_rows rows0 =
  match runs 0 rows0 with
  | Some rs -> walked rs
  | None -> sparse rows0

(** val most_size : Zarith.t **)

let most_size =
  (fun p -> p) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) Zarith.one))))))))))))))))))))))))

(** val product : int list -> Zarith.t **)

let product l =
  fold_right (fun n0 p -> Zarith.mul (Zarith.of_int n0) p) ((fun p -> p)
    Zarith.one) l

(** val shape_fits : int -> int -> shape -> bool **)

let shape_fits n_out n_in s =
  (&&)
    ((&&)
      ((&&)
        ((&&)
          ((&&)
            (forallb (fun n0 ->
              (&&) (Zarith.leq ((fun p -> p) Zarith.one) (Zarith.of_int n0))
                (Zarith.leq (Zarith.of_int n0) most_size))
              (s.in_h :: (s.in_w :: (s.in_c :: (s.out_h :: (s.out_w :: (s.out_c :: (s.kernel_h :: (s.kernel_w :: (s.stride_h :: (s.stride_w :: (s.dilation_h :: (s.dilation_w :: (s.groups :: []))))))))))))))
            (forallb (fun n0 -> Zarith.leq (Zarith.of_int n0) most_size)
              (s.pad_top :: (s.pad_left :: []))))
          (Zarith.equal (product (s.in_h :: (s.in_w :: (s.in_c :: []))))
            (Zarith.of_int n_in)))
        (Zarith.equal (product (s.out_h :: (s.out_w :: (s.out_c :: []))))
          (Zarith.of_int n_out)))
      (Zarith.equal (product (s.groups :: ((per_group s) :: [])))
        (Zarith.of_int s.in_c)))
    (Zarith.equal (product (s.groups :: ((Nat.div s.out_c s.groups) :: [])))
      (Zarith.of_int s.out_c))

(** val matrix_fits : int -> int -> matrix -> bool **)

let matrix_fits n_out n_in = function
| Dense rows0 ->
  (&&) ((=) (length rows0) n_out)
    (forallb (fun r -> (=) (length r) n_in) rows0)
| Sparse rows0 ->
  (&&) ((=) (length rows0) n_out)
    (forallb (forallb (fun t0 -> (<) (fst t0) n_in)) rows0)
| Conv (s, kernels) ->
  (&&) ((&&) (shape_fits n_out n_in s) ((=) (length kernels) s.out_c))
    (forallb (fun k ->
      Zarith.equal (Zarith.of_int (length k))
        (product (s.kernel_h :: (s.kernel_w :: ((per_group s) :: [])))))
      kernels)
| Select (columns, weights) ->
  (&&) ((&&) ((=) (length columns) n_out) ((=) (length weights) n_out))
    (forallb (fun c -> match c with
                       | Some i -> (<) i n_in
                       | None -> true) columns)

(** val most_shift : Zarith.t **)

let most_shift =
  (fun p -> p) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) Zarith.one))))))

(** val kind_fits : staircase -> bool **)

let kind_fits = function
| Shift (s, _, _) -> Zarith.leq s most_shift
| Table (_, _) -> true

(** val layer_fits : int list -> layer -> bool **)

let layer_fits sizes l =
  let n0 = length l.biases in
  (&&)
    ((&&)
      ((&&)
        ((&&) ((<) 0 n0)
          (match l.pools with
           | [] -> (=) (length l.which) n0
           | n1 :: l0 -> (=) (length (n1 :: l0)) n0))
        (forallb (fun k -> (<) k (length l.kinds)) l.which))
      (forallb (fun t0 ->
        (&&) ((<) (fst t0) (length sizes))
          (matrix_fits n0 (nth (fst t0) sizes 0) (snd t0))) l.terms))
    (forallb kind_fits l.kinds)

(** val layers_fit : int list -> layer list -> bool **)

let rec layers_fit sizes = function
| [] -> true
| l :: ls' ->
  (&&) (layer_fits sizes l) (layers_fit ((length l.which) :: sizes) ls')

(** val network_fits : network -> bool **)

let network_fits g =
  (&&) ((<) 0 g.inputs) (layers_fit (g.inputs :: []) g.layers)

(** val is_input : network -> Zarith.t list -> bool **)

let is_input g x =
  (&&) ((=) (length x) g.inputs)
    (forallb (fun a ->
      (&&) (Zarith.leq Zarith.zero a) (Zarith.leq a g.greatest)) x)

(** val n_classes : network -> int **)

let n_classes g =
  match rev g.layers with
  | [] -> 0
  | l :: _ -> length l.which

(** val between : Zarith.t list -> Zarith.t list -> Zarith.t list -> bool **)

let rec between least0 w0 most =
  match least0 with
  | [] -> true
  | l :: least' ->
    (match w0 with
     | [] -> true
     | a :: w' ->
       (match most with
        | [] -> true
        | u :: most' ->
          (&&) ((&&) (Zarith.leq l a) (Zarith.leq a u))
            (between least' w' most')))

(** val claim_fits : network -> claim -> bool **)

let claim_fits g c =
  (&&)
    ((&&) ((&&) (network_fits g) (is_input g c.input))
      ((<) c.label (n_classes g)))
    (match c.within with
     | Ball r -> Zarith.leq Zarith.zero r
     | Box (l, u) ->
       (&&) ((&&) ((=) (length l) g.inputs) ((=) (length u) g.inputs))
         (between l c.input u))

(** val op_of : matrix -> op **)

let op_of = function
| Dense rows0 -> dense rows0
| Sparse rows0 -> of_rows rows0
| Conv (s, kernels) -> of_rows (conv_rows s kernels)
| Select (columns, weights) -> of_rows (select_rows columns weights)

(** val stair_of : staircase -> ostair option **)

let stair_of = function
| Shift (s0, lo, hi) ->
  if Zarith.lt Zarith.zero
       (Z.pow ((fun p -> p) ((fun p -> Zarith.shift_left p 1) Zarith.one)) s0)
  then if Zarith.leq lo hi
       then Some
              (even_out
                (Z.pow ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
                  Zarith.one)) s0)
                (Z.div
                  (Z.pow ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
                    Zarith.one)) s0) ((fun p -> p)
                  ((fun p -> Zarith.shift_left p 1) Zarith.one))) lo hi)
       else None
  else None
| Table (lo, ts) -> if ascends_dec ts then Some (table_out lo ts) else None

(** val op_terms : layer -> (int * op) list **)

let op_terms l =
  map (fun t0 -> ((fst t0), (op_of (snd t0)))) l.terms

(** val stairs_of : layer -> ostair list option **)

let stairs_of l =
  match all_some stair_of l.kinds with
  | Some os -> Some (map (fun k -> nth k os flat_out) l.which)
  | None -> None

(** val units_for : layer -> stair list -> neurons option **)

let units_for l ss =
  match l.pools with
  | [] -> Some (each ss)
  | n0 :: l0 ->
    let ps = n0 :: l0 in
    if (=) (length ps) (length l.biases) then pooled_units ps ss else None

(** val block_of : layer -> block option **)

let block_of l =
  match stairs_of l with
  | Some os ->
    (match units_for l (map (fun o -> o.st) os) with
     | Some u -> Some { bterms = (op_terms l); bias = l.biases; units = u }
     | None -> None)
  | None -> None

type compiled = { outs : ostair list; last : layer; inner : net }

(** val compile : network -> compiled option **)

let compile g =
  match rev g.layers with
  | [] -> None
  | l :: ls ->
    (match stairs_of l with
     | Some os ->
       (match all_some block_of ls with
        | Some n0 ->
          (match l.pools with
           | [] -> Some { outs = os; last = l; inner = n0 }
           | _ :: _ -> None)
        | None -> None)
     | None -> None)

(** val net_of : compiled -> net **)

let net_of c =
  full c.outs (op_terms c.last) c.last.biases c.inner

(** val clip :
    Zarith.t -> Zarith.t list -> Zarith.t list -> (Zarith.t * Zarith.t) list **)

let rec clip hi least0 most =
  match least0 with
  | [] -> []
  | l :: least' ->
    (match most with
     | [] -> []
     | u :: most' ->
       ((Zarith.max Zarith.zero l),
         (Zarith.min hi u)) :: (clip hi least' most'))

(** val start_box :
    network -> claim -> Zarith.t -> (Zarith.t * Zarith.t) list **)

let start_box g c r =
  match c.within with
  | Ball _ ->
    map (fun p -> ((Zarith.max Zarith.zero (Zarith.sub p r)),
      (Zarith.min g.greatest (Zarith.add p r)))) c.input
  | Box (least0, most) -> clip g.greatest least0 most

(** val check_robust_claim :
    network -> compiled -> claim -> Zarith.t -> int -> ('a1 -> 'a1 source) ->
    'a1 -> bool **)

let check_robust_claim g k c r fuel more0 a =
  (&&)
    ((&&) (claim_fits g c)
      (match c.within with
       | Ball r0 -> Zarith.leq r0 r
       | Box (_, _) -> true))
    (check_robust k.outs (op_terms k.last) k.last.biases k.inner
      (start_box g c r) c.label fuel more0 a)

(** val near : Zarith.t -> Zarith.t list -> Zarith.t list -> bool **)

let rec near r x w0 =
  match x with
  | [] -> true
  | a :: x' ->
    (match w0 with
     | [] -> true
     | b :: w' ->
       (&&) (Zarith.leq (Zarith.abs (Zarith.sub b a)) r) (near r x' w'))

(** val is_inside : network -> claim -> Zarith.t list -> bool **)

let is_inside g c w0 =
  (&&) (is_input g w0)
    (match c.within with
     | Ball r ->
       (&&) (near r c.input w0) (Zarith.equal (distance c.input w0) r)
     | Box (least0, most) -> between least0 w0 most)

(** val check_replay : network -> compiled -> claim -> bool **)

let check_replay g k c =
  (&&) (claim_fits g c)
    (let is_right = fun x -> (=) (predict (net_of k) x) c.label in
     match c.says with
     | Robust -> false
     | Violated w0 ->
       (&&) ((&&) (is_right c.input) (is_inside g c w0)) (not (is_right w0))
     | Misclassified -> not (is_right c.input))

(** val space : char **)

let space =
  ' '

(** val newline : char **)

let newline =
  '\n'

(** val minus : char **)

let minus =
  '-'

(** val digit : Zarith.t -> char **)

let digit d =
  Char.chr
    (add (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      0))))))))))))))))))))))))))))))))))))))))))))))))
      ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z) d))

(** val value : char -> Zarith.t **)

let value c =
  let n0 = Char.code c in
  if (&&)
       ((<=) (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ 0))))))))))))))))))))))))))))))))))))))))))))))))
         n0)
       ((<=) n0 (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
         (Stdlib.Int.succ (Stdlib.Int.succ
         0))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
  then Zarith.sub (Zarith.of_int n0) ((fun p -> p)
         ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
         ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
         ((fun p -> Zarith.succ (Zarith.shift_left p 1)) Zarith.one))))))
  else Zarith.neg Zarith.one

(** val print_digits : int -> Zarith.t -> char list -> char list **)

let rec print_digits fuel n0 k =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> k)
    (fun f ->
    let q =
      Z.div n0 ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
        ((fun p -> Zarith.succ (Zarith.shift_left p 1))
        ((fun p -> Zarith.shift_left p 1) Zarith.one))))
    in
    let k0 =
      (digit
        (Zarith.sub n0
          (Zarith.mul ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
            ((fun p -> Zarith.succ (Zarith.shift_left p 1))
            ((fun p -> Zarith.shift_left p 1) Zarith.one)))) q))) :: k
    in
    if Zarith.lt n0 ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
         ((fun p -> Zarith.succ (Zarith.shift_left p 1))
         ((fun p -> Zarith.shift_left p 1) Zarith.one))))
    then k0
    else print_digits f q k0)
    fuel

(** val read_digits : Zarith.t -> char list -> Zarith.t * char list **)

let rec read_digits a t0 = match t0 with
| [] -> (a, t0)
| c :: t' ->
  let d = value c in
  if Zarith.lt d Zarith.zero
  then (a, t0)
  else read_digits
         (Zarith.add
           (Zarith.mul ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
             ((fun p -> Zarith.succ (Zarith.shift_left p 1))
             ((fun p -> Zarith.shift_left p 1) Zarith.one)))) a) d) t'

(** val print_number : Zarith.t -> char list -> char list **)

let print_number n0 k =
  let m = Zarith.abs n0 in
  let k0 =
    print_digits (Stdlib.Int.succ
      ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z) (Z.log2 m)))
      m k
  in
  if Zarith.lt n0 Zarith.zero then minus :: k0 else k0

(** val read_number : char list -> Zarith.t * char list **)

let read_number t0 = match t0 with
| [] -> (Zarith.zero, t0)
| c :: t' ->
  if (=) c minus
  then let (n0, t'') = read_digits Zarith.zero t' in ((Zarith.neg n0), t'')
  else read_digits Zarith.zero t0

(** val print_numbers : Zarith.t list -> char list -> char list **)

let rec print_numbers v k =
  match v with
  | [] -> newline :: k
  | n0 :: v' -> space :: (print_number n0 (print_numbers v' k))

(** val print_line : (char list * Zarith.t list) -> char list -> char list **)

let print_line l k =
  app (fst l) (print_numbers (snd l) k)

(** val print_lines : (char list * Zarith.t list) list -> char list **)

let rec print_lines = function
| [] -> []
| l :: ls' -> print_line l (print_lines ls')

(** val ends_word : char -> bool **)

let ends_word c =
  (||) ((=) c space) ((=) c newline)

(** val read_word : char list -> char list * char list **)

let rec read_word t0 = match t0 with
| [] -> ([], [])
| c :: t' ->
  if ends_word c
  then ([], t0)
  else let (w0, r) = read_word t' in ((c :: w0), r)

(** val read_numbers :
    int -> char list -> (Zarith.t list * char list) option **)

let rec read_numbers fuel t0 =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> None)
    (fun f ->
    match t0 with
    | [] -> None
    | c :: t' ->
      if (=) c newline
      then Some ([], t')
      else let (n0, r) = read_number t' in
           (match read_numbers f r with
            | Some p -> let (v, r') = p in Some ((n0 :: v), r')
            | None -> None))
    fuel

(** val read_lines :
    int -> char list -> (char list * Zarith.t list) list option **)

let rec read_lines fuel t0 =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> match t0 with
              | [] -> Some []
              | _ :: _ -> None)
    (fun f ->
    match t0 with
    | [] -> Some []
    | _ :: _ ->
      let (w0, r) = read_word t0 in
      (match read_numbers fuel r with
       | Some p ->
         let (v, r') = p in
         (match read_lines f r' with
          | Some ls -> Some ((w0, v) :: ls)
          | None -> None)
       | None -> None))
    fuel

(** val w : char list -> char list **)

let w =
  list_ascii_of_string

(** val text_eqb : char list -> char list -> bool **)

let rec text_eqb s t0 =
  match s with
  | [] -> (match t0 with
           | [] -> true
           | _ :: _ -> false)
  | a :: s' ->
    (match t0 with
     | [] -> false
     | b :: t' -> if (=) a b then text_eqb s' t' else false)

(** val is_hash : char list -> bool **)

let is_hash t0 =
  (&&)
    (Zarith.equal (Zarith.of_int (length t0)) ((fun p -> p)
      ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
      ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
      ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
      Zarith.one))))))))
    (forallb (fun c ->
      existsb ((=) c)
        (w
          ('0'::('1'::('2'::('3'::('4'::('5'::('6'::('7'::('8'::('9'::('a'::('b'::('c'::('d'::('e'::('f'::[]))))))))))))))))))
      t0)

(** val sha256 : char list **)

let sha256 =
  w ('s'::('h'::('a'::('2'::('5'::('6'::(':'::[])))))))

(** val flat : (int * Zarith.t) list -> Zarith.t list **)

let flat r =
  flat_map (fun t0 -> (Zarith.of_int (fst t0)) :: ((snd t0) :: [])) r

(** val shape_numbers : shape -> Zarith.t list **)

let shape_numbers s =
  map Zarith.of_int
    (s.in_h :: (s.in_w :: (s.in_c :: (s.out_h :: (s.out_w :: (s.out_c :: (s.kernel_h :: (s.kernel_w :: (s.stride_h :: (s.stride_w :: (s.dilation_h :: (s.dilation_w :: (s.pad_top :: (s.pad_left :: (s.groups :: [])))))))))))))))

(** val column_number : int option -> Zarith.t **)

let column_number = function
| Some i -> Zarith.of_int i
| None -> Zarith.neg Zarith.one

(** val term_lines : (int * matrix) -> (char list * Zarith.t list) list **)

let term_lines t0 =
  let source0 = Zarith.of_int (fst t0) in
  (match snd t0 with
   | Dense rows0 ->
     ((w ('d'::('e'::('n'::('s'::('e'::[])))))),
       (source0 :: [])) :: (map (fun r -> ((w ('r'::('o'::('w'::[])))), r))
                             rows0)
   | Sparse rows0 ->
     ((w ('s'::('p'::('a'::('r'::('s'::('e'::[]))))))),
       (source0 :: [])) :: (map (fun r ->
                             ((w ('t'::('a'::('p'::('s'::[]))))), (flat r)))
                             rows0)
   | Conv (s, kernels) ->
     ((w ('c'::('o'::('n'::('v'::[]))))),
       (source0 :: (shape_numbers s))) :: (map (fun r ->
                                            ((w ('r'::('o'::('w'::[])))), r))
                                            kernels)
   | Select (columns, weights) ->
     ((w ('s'::('e'::('l'::('e'::('c'::('t'::[]))))))),
       (source0 :: [])) :: (((w
                               ('c'::('o'::('l'::('u'::('m'::('n'::('s'::[])))))))),
       (map column_number columns)) :: (((w
                                           ('w'::('e'::('i'::('g'::('h'::('t'::('s'::[])))))))),
       weights) :: [])))

(** val kind_line : staircase -> char list * Zarith.t list **)

let kind_line = function
| Shift (s0, lo, hi) ->
  ((w ('s'::('h'::('i'::('f'::('t'::[])))))), (s0 :: (lo :: (hi :: []))))
| Table (lo, ts) -> ((w ('t'::('a'::('b'::('l'::('e'::[])))))), (lo :: ts))

(** val pools_lines : int list -> (char list * Zarith.t list) list **)

let pools_lines ps = match ps with
| [] -> []
| _ :: _ ->
  ((w ('p'::('o'::('o'::('l'::('s'::[])))))), (map Zarith.of_int ps)) :: []

(** val layer_lines : layer -> (char list * Zarith.t list) list **)

let layer_lines l =
  ((w ('l'::('a'::('y'::('e'::('r'::[])))))),
    []) :: (app (flat_map term_lines l.terms)
             (((w ('b'::('i'::('a'::('s'::('e'::('s'::[]))))))),
             l.biases) :: (app (map kind_line l.kinds)
                            (((w ('w'::('h'::('i'::('c'::('h'::[])))))),
                            (map Zarith.of_int l.which)) :: (pools_lines
                                                              l.pools)))))

(** val network_lines : network -> (char list * Zarith.t list) list **)

let network_lines g =
  ((w
     ('r'::('a'::('m'::('p'::('a'::('r'::('t'::('-'::('n'::('e'::('t'::('w'::('o'::('r'::('k'::[])))))))))))))))),
    (((fun p -> p) Zarith.one) :: [])) :: (((app sha256 g.origin),
    []) :: (((w ('i'::('n'::('p'::('u'::('t'::('s'::[]))))))),
    ((Zarith.of_int g.inputs) :: (g.greatest :: []))) :: (flat_map
                                                           layer_lines
                                                           g.layers)))

type collected = { c_rows : Zarith.t list list;
                   c_taps : (int * Zarith.t) list list;
                   c_terms : (int * matrix) list; c_biases : Zarith.t list;
                   c_kinds : staircase list; c_which : int list;
                   c_pools : int list; c_layers : layer list }

(** val nothing : collected **)

let nothing =
  { c_rows = []; c_taps = []; c_terms = []; c_biases = []; c_kinds = [];
    c_which = []; c_pools = []; c_layers = [] }

(** val pairs : Zarith.t list -> (int * Zarith.t) list **)

let rec pairs = function
| [] -> []
| i :: l ->
  (match l with
   | [] -> []
   | k :: v' ->
     (((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z) i),
       k) :: (pairs v'))

(** val source_of : Zarith.t list -> int **)

let source_of v =
  (fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
    (hd Zarith.zero v)

(** val column_of : Zarith.t -> int option **)

let column_of k =
  if Zarith.lt k Zarith.zero
  then None
  else Some ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z) k)

(** val shape_of : Zarith.t list -> shape **)

let shape_of v =
  let n0 = fun i ->
    (fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
      (nth i v Zarith.zero)
  in
  { in_h = (n0 0); in_w = (n0 (Stdlib.Int.succ 0)); in_c =
  (n0 (Stdlib.Int.succ (Stdlib.Int.succ 0))); out_h =
  (n0 (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ 0)))); out_w =
  (n0 (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    0))))); out_c =
  (n0 (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ 0)))))); kernel_h =
  (n0 (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ 0))))))); kernel_w =
  (n0 (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ 0)))))))); stride_h =
  (n0 (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    0))))))))); stride_w =
  (n0 (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ 0)))))))))); dilation_h =
  (n0 (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ 0))))))))))); dilation_w =
  (n0 (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ 0))))))))))));
  pad_top =
  (n0 (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    0))))))))))))); pad_left =
  (n0 (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ 0)))))))))))))); groups =
  (n0 (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
    (Stdlib.Int.succ (Stdlib.Int.succ 0))))))))))))))) }

(** val with_term : collected -> (int * matrix) -> collected **)

let with_term c t0 =
  { c_rows = []; c_taps = []; c_terms = (t0 :: c.c_terms); c_biases =
    c.c_biases; c_kinds = c.c_kinds; c_which = c.c_which; c_pools =
    c.c_pools; c_layers = c.c_layers }

(** val with_kind : collected -> staircase -> collected **)

let with_kind c s =
  { c_rows = c.c_rows; c_taps = c.c_taps; c_terms = c.c_terms; c_biases =
    c.c_biases; c_kinds = (s :: c.c_kinds); c_which = c.c_which; c_pools =
    c.c_pools; c_layers = c.c_layers }

(** val with_rows :
    collected -> Zarith.t list list -> (int * Zarith.t) list list -> collected **)

let with_rows c r t0 =
  { c_rows = r; c_taps = t0; c_terms = c.c_terms; c_biases = c.c_biases;
    c_kinds = c.c_kinds; c_which = c.c_which; c_pools = c.c_pools; c_layers =
    c.c_layers }

(** val with_numbers :
    collected -> Zarith.t list -> int list -> int list -> collected **)

let with_numbers c b k p =
  { c_rows = c.c_rows; c_taps = c.c_taps; c_terms = c.c_terms; c_biases = b;
    c_kinds = c.c_kinds; c_which = k; c_pools = p; c_layers = c.c_layers }

(** val with_layers : layer list -> collected **)

let with_layers ls =
  { c_rows = []; c_taps = []; c_terms = []; c_biases = []; c_kinds = [];
    c_which = []; c_pools = []; c_layers = ls }

(** val is_word_of : char list -> char list -> bool **)

let is_word_of name0 s =
  text_eqb name0 (w s)

(** val collect : (char list * Zarith.t list) -> collected -> collected **)

let collect l c =
  let (name0, v) = l in
  let is = is_word_of name0 in
  if (||)
       ((||) (is ('r'::('o'::('w'::[]))))
         (is ('c'::('o'::('l'::('u'::('m'::('n'::('s'::[])))))))))
       (is ('w'::('e'::('i'::('g'::('h'::('t'::('s'::[]))))))))
  then with_rows c (v :: c.c_rows) c.c_taps
  else if is ('t'::('a'::('p'::('s'::[]))))
       then with_rows c c.c_rows ((pairs v) :: c.c_taps)
       else if is ('d'::('e'::('n'::('s'::('e'::[])))))
            then with_term c ((source_of v), (Dense c.c_rows))
            else if is ('s'::('p'::('a'::('r'::('s'::('e'::[]))))))
                 then with_term c ((source_of v), (Sparse c.c_taps))
                 else if is ('c'::('o'::('n'::('v'::[]))))
                      then with_term c ((source_of v), (Conv
                             ((shape_of (tl v)), c.c_rows)))
                      else if is ('s'::('e'::('l'::('e'::('c'::('t'::[]))))))
                           then with_term c ((source_of v), (Select
                                  ((map column_of (nth 0 c.c_rows [])),
                                  (nth (Stdlib.Int.succ 0) c.c_rows []))))
                           else if is
                                     ('b'::('i'::('a'::('s'::('e'::('s'::[]))))))
                                then with_numbers c v c.c_which c.c_pools
                                else if is
                                          ('w'::('h'::('i'::('c'::('h'::[])))))
                                     then with_numbers c c.c_biases
                                            (map
                                              (fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
                                              v) c.c_pools
                                     else if is
                                               ('p'::('o'::('o'::('l'::('s'::[])))))
                                          then with_numbers c c.c_biases
                                                 c.c_which
                                                 (map
                                                   (fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
                                                   v)
                                          else if is
                                                    ('s'::('h'::('i'::('f'::('t'::[])))))
                                               then with_kind c (Shift
                                                      ((nth 0 v Zarith.zero),
                                                      (nth (Stdlib.Int.succ
                                                        0) v Zarith.zero),
                                                      (nth (Stdlib.Int.succ
                                                        (Stdlib.Int.succ 0))
                                                        v Zarith.zero)))
                                               else if is
                                                         ('t'::('a'::('b'::('l'::('e'::[])))))
                                                    then with_kind c (Table
                                                           ((hd Zarith.zero v),
                                                           (tl v)))
                                                    else if is
                                                              ('l'::('a'::('y'::('e'::('r'::[])))))
                                                         then with_layers
                                                                ({ terms =
                                                                c.c_terms;
                                                                biases =
                                                                c.c_biases;
                                                                kinds =
                                                                c.c_kinds;
                                                                which =
                                                                c.c_which;
                                                                pools =
                                                                c.c_pools } :: c.c_layers)
                                                         else c

(** val network_of : (char list * Zarith.t list) list -> network option **)

let network_of = function
| [] -> None
| _ :: l ->
  (match l with
   | [] -> None
   | p0 :: l0 ->
     let (o, _) = p0 in
     (match l0 with
      | [] -> None
      | p1 :: ls' ->
        let (_, l3) = p1 in
        (match l3 with
         | [] -> None
         | n0 :: l4 ->
           (match l4 with
            | [] -> None
            | top :: l5 ->
              (match l5 with
               | [] ->
                 Some { origin =
                   (skipn (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                     (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                     (Stdlib.Int.succ 0))))))) o); inputs =
                   ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
                     n0); greatest = top; layers =
                   (fold_right collect nothing ls').c_layers }
               | _ :: _ -> None)))))

(** val within_lines : neighbourhood -> (char list * Zarith.t list) list **)

let within_lines = function
| Ball r ->
  ((w ('r'::('a'::('d'::('i'::('u'::('s'::[]))))))), (r :: [])) :: []
| Box (least0, most) ->
  ((w ('l'::('e'::('a'::('s'::('t'::[])))))),
    least0) :: (((w ('m'::('o'::('s'::('t'::[]))))), most) :: [])

(** val says_line : verdict -> char list * Zarith.t list **)

let says_line = function
| Robust -> ((w ('r'::('o'::('b'::('u'::('s'::('t'::[]))))))), [])
| Violated x ->
  ((w ('v'::('i'::('o'::('l'::('a'::('t'::('e'::('d'::[]))))))))), x)
| Misclassified ->
  ((w
     ('m'::('i'::('s'::('c'::('l'::('a'::('s'::('s'::('i'::('f'::('i'::('e'::('d'::[])))))))))))))),
    [])

(** val claim_lines : claim -> (char list * Zarith.t list) list **)

let claim_lines c =
  app
    (((w
        ('r'::('a'::('m'::('p'::('a'::('r'::('t'::('-'::('c'::('l'::('a'::('i'::('m'::[])))))))))))))),
    (((fun p -> p) Zarith.one) :: [])) :: (((app sha256 c.about),
    []) :: (((w ('s'::('a'::('m'::('p'::('l'::('e'::[]))))))),
    (c.sample :: [])) :: (((w ('l'::('a'::('b'::('e'::('l'::[])))))),
    ((Zarith.of_int c.label) :: [])) :: (((w
                                            ('i'::('n'::('p'::('u'::('t'::[])))))),
    c.input) :: [])))))
    (app (within_lines c.within) ((says_line c.says) :: []))

(** val verdict_of : (char list * Zarith.t list) -> verdict **)

let verdict_of l =
  if text_eqb (fst l) (w ('r'::('o'::('b'::('u'::('s'::('t'::[])))))))
  then Robust
  else if text_eqb (fst l)
            (w ('v'::('i'::('o'::('l'::('a'::('t'::('e'::('d'::[])))))))))
       then Violated (snd l)
       else Misclassified

(** val claim_of : (char list * Zarith.t list) list -> claim option **)

let claim_of ls =
  let make = fun o s l x n0 v -> Some { about =
    (skipn (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
      0))))))) o); sample = s; label =
    ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z) l); input =
    x; within = n0; says = (verdict_of v) }
  in
  (match ls with
   | [] -> None
   | _ :: l0 ->
     (match l0 with
      | [] -> None
      | p0 :: l1 ->
        let (o, _) = p0 in
        (match l1 with
         | [] -> None
         | p1 :: l3 ->
           let (_, l5) = p1 in
           (match l5 with
            | [] -> None
            | s :: l6 ->
              (match l6 with
               | [] ->
                 (match l3 with
                  | [] -> None
                  | p2 :: l7 ->
                    let (_, l9) = p2 in
                    (match l9 with
                     | [] -> None
                     | l :: l10 ->
                       (match l10 with
                        | [] ->
                          (match l7 with
                           | [] -> None
                           | p3 :: l11 ->
                             let (_, x) = p3 in
                             (match l11 with
                              | [] -> None
                              | p4 :: l13 ->
                                let (_, a) = p4 in
                                (match a with
                                 | [] ->
                                   (match l13 with
                                    | [] -> None
                                    | p5 :: l15 ->
                                      let (_, b) = p5 in
                                      (match l15 with
                                       | [] -> None
                                       | v :: l17 ->
                                         (match l17 with
                                          | [] -> make o s l x (Box (a, b)) v
                                          | _ :: _ -> None)))
                                 | r :: l15 ->
                                   (match l15 with
                                    | [] ->
                                      (match l13 with
                                       | [] -> None
                                       | v :: l16 ->
                                         let (_, b) = v in
                                         (match l16 with
                                          | [] -> make o s l x (Ball r) v
                                          | v0 :: l18 ->
                                            (match l18 with
                                             | [] ->
                                               make o s l x (Box (a, b)) v0
                                             | _ :: _ -> None)))
                                    | _ :: _ ->
                                      (match l13 with
                                       | [] -> None
                                       | p5 :: l17 ->
                                         let (_, b) = p5 in
                                         (match l17 with
                                          | [] -> None
                                          | v :: l19 ->
                                            (match l19 with
                                             | [] ->
                                               make o s l x (Box (a, b)) v
                                             | _ :: _ -> None)))))))
                        | _ :: _ -> None)))
               | _ :: _ -> None)))))

(** val print_network : network -> char list **)

let print_network g =
  print_lines (network_lines g)

(** val print_claim : claim -> char list **)

let print_claim c =
  print_lines (claim_lines c)

(** val read_as :
    ((char list * Zarith.t list) list -> 'a1 option) -> ('a1 -> char list) ->
    char list -> 'a1 option **)

let read_as of0 print t0 =
  match read_lines (Stdlib.Int.succ (length t0)) t0 with
  | Some ls ->
    (match of0 ls with
     | Some a -> if text_eqb (print a) t0 then Some a else None
     | None -> None)
  | None -> None

(** val read_network : char list -> network option **)

let read_network =
  read_as network_of print_network

(** val read_claim : char list -> claim option **)

let read_claim =
  read_as claim_of print_claim

(** val most_raw : Zarith.t **)

let most_raw =
  (fun p -> p) ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    Zarith.one)))))))))))))))))))))))))))))))

(** val most_multiplier : Zarith.t **)

let most_multiplier =
  (fun p -> p) ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    Zarith.one))))))))))))))))))))))))))))))

(** val most_number : Zarith.t **)

let most_number =
  (fun p -> p) ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    Zarith.one))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))

(** val most_name : Zarith.t **)

let most_name =
  (fun p -> p) ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    Zarith.one)))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))

(** val most_fraction : Zarith.t **)

let most_fraction =
  (fun p -> p) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.shift_left p 1) Zarith.one)))))

(** val most_unit : Zarith.t **)

let most_unit =
  (fun p -> p) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1)) Zarith.one))))

(** val most_weight : Zarith.t **)

let most_weight =
  (fun p -> p) ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1))
    ((fun p -> Zarith.succ (Zarith.shift_left p 1)) Zarith.one))))))))))))))

(** val most_cut_unit : Zarith.t **)

let most_cut_unit =
  (fun p -> p) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    Zarith.one)))))))))))))))))))))

(** val most_uses : Zarith.t **)

let most_uses =
  (fun p -> p) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    ((fun p -> Zarith.shift_left p 1) ((fun p -> Zarith.shift_left p 1)
    Zarith.one)))))))))

(** val version : Zarith.t **)

let version =
  (fun p -> p) ((fun p -> Zarith.shift_left p 1) Zarith.one)

type stream = { name : Zarith.t; radius : Zarith.t; from : int; upto : int }

type place0 = { at_ : int; stop : int; is_first : bool; base : Zarith.t;
                taken : Zarith.t; source_base : Zarith.t;
                source_nodes : Zarith.t; cuts : cutting PositiveMap.t;
                n_cuts : Zarith.t; self : Zarith.t; todo : stream list;
                done0 : ((Zarith.t * Zarith.t) * Zarith.t) list }

(** val raw : (int -> int) -> int -> int -> int -> (Zarith.t * int) option **)

let rec raw byte fuel at_0 stop0 =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> None)
    (fun f ->
    if (<=) stop0 at_0
    then None
    else let b = byte at_0 in
         if (<) b (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
              (Stdlib.Int.succ (Stdlib.Int.succ
              0))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
         then Some ((Zarith.of_int b), (Stdlib.Int.succ at_0))
         else (match raw byte f (Stdlib.Int.succ at_0) stop0 with
               | Some p ->
                 let (n0, next0) = p in
                 Some
                 ((Zarith.add
                    (Zarith.mul ((fun p -> p)
                      ((fun p -> Zarith.shift_left p 1)
                      ((fun p -> Zarith.shift_left p 1)
                      ((fun p -> Zarith.shift_left p 1)
                      ((fun p -> Zarith.shift_left p 1)
                      ((fun p -> Zarith.shift_left p 1)
                      ((fun p -> Zarith.shift_left p 1)
                      ((fun p -> Zarith.shift_left p 1) Zarith.one)))))))) n0)
                    (Zarith.of_int
                      (sub b (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        0))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))),
                 next0)
               | None -> None))
    fuel

(** val number :
    (int -> int) -> Zarith.t -> int -> int -> (Zarith.t * int) option **)

let number byte most at_0 stop0 =
  match raw byte (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
          (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
          (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ 0)))))))))) at_0
          stop0 with
  | Some p ->
    let (n0, next0) = p in
    if Zarith.leq n0 most then Some (n0, next0) else None
  | None -> None

(** val signed : (int -> int) -> int -> int -> (Zarith.t * int) option **)

let signed byte at_0 stop0 =
  match number byte most_raw at_0 stop0 with
  | Some p ->
    let (n0, next0) = p in
    let h =
      Z.div n0 ((fun p -> p) ((fun p -> Zarith.shift_left p 1) Zarith.one))
    in
    Some
    ((if Zarith.equal n0
           (Zarith.mul ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
             Zarith.one)) h)
      then h
      else Zarith.sub (Zarith.neg h) ((fun p -> p) Zarith.one)), next0)
  | None -> None

(** val run :
    (int -> int) -> 'a1 -> (int -> int -> (('a1 * bool) * int) option) -> int
    -> Zarith.t -> int -> int -> (('a1 list * Zarith.t) * int) option **)

let rec run byte zero one0 n0 zeros at_0 stop0 =
  if Zarith.leq (Zarith.of_int n0) zeros
  then Some (([], (Zarith.sub zeros (Zarith.of_int n0))), at_0)
  else ((fun fO fS n -> if n=0 then fO () else fS (n-1))
          (fun _ -> None)
          (fun n' ->
          if Zarith.lt Zarith.zero zeros
          then (match run byte zero one0 n'
                        (Zarith.sub zeros ((fun p -> p) Zarith.one)) at_0
                        stop0 with
                | Some p ->
                  let (p0, next0) = p in
                  let (v, rest) = p0 in Some (((zero :: v), rest), next0)
                | None -> None)
          else (match one0 at_0 stop0 with
                | Some p ->
                  let (p0, at1) = p in
                  let (a, is_zero) = p0 in
                  if is_zero
                  then (match number byte most_number at1 stop0 with
                        | Some p1 ->
                          let (more0, at2) = p1 in
                          (match run byte zero one0 n' more0 at2 stop0 with
                           | Some p2 ->
                             let (p3, next0) = p2 in
                             let (v, rest) = p3 in
                             Some (((a :: v), rest), next0)
                           | None -> None)
                        | None -> None)
                  else (match run byte zero one0 n' Zarith.zero at1 stop0 with
                        | Some p1 ->
                          let (p2, next0) = p1 in
                          let (v, rest) = p2 in Some (((a :: v), rest), next0)
                        | None -> None)
                | None -> None))
          n0)

(** val whole_run :
    (int -> int) -> 'a1 -> (int -> int -> (('a1 * bool) * int) option) -> int
    -> int -> int -> ('a1 list * int) option **)

let whole_run byte zero one0 n0 at_0 stop0 =
  match run byte zero one0 n0 Zarith.zero at_0 stop0 with
  | Some p ->
    let (p0, next0) = p in
    let (v, rest) = p0 in
    if Zarith.equal rest Zarith.zero then Some (v, next0) else None
  | None -> None

(** val multiplier : (int -> int) -> int -> int -> (Zarith.t * int) option **)

let multiplier byte at_0 stop0 =
  match signed byte at_0 stop0 with
  | Some p ->
    let (m, next0) = p in
    if Zarith.lt most_multiplier (Zarith.abs m) then None else Some (m, next0)
  | None -> None

(** val one_multiplier :
    (int -> int) -> int -> int -> ((Zarith.t * bool) * int) option **)

let one_multiplier byte at_0 stop0 =
  match multiplier byte at_0 stop0 with
  | Some p ->
    let (m, next0) = p in Some ((m, (Zarith.equal m Zarith.zero)), next0)
  | None -> None

(** val one_slope :
    (int -> int) -> int -> int -> (((Zarith.t * Zarith.t) * bool) * int)
    option **)

let one_slope byte at_0 stop0 =
  match multiplier byte at_0 stop0 with
  | Some p ->
    let (up0, at1) = p in
    (match multiplier byte at1 stop0 with
     | Some p0 ->
       let (down0, next0) = p0 in
       Some (((up0, down0),
       ((&&) (Zarith.equal up0 Zarith.zero) (Zarith.equal down0 Zarith.zero))),
       next0)
     | None -> None)
  | None -> None

(** val one_choice :
    (int -> int) -> int -> int -> (((bool * bool) * bool) * int) option **)

let one_choice byte at_0 stop0 =
  match number byte ((fun p -> p)
          ((fun p -> Zarith.succ (Zarith.shift_left p 1)) Zarith.one)) at_0
          stop0 with
  | Some p ->
    let (c, next0) = p in
    Some
    (((((||) (Zarith.equal c ((fun p -> p) Zarith.one))
         (Zarith.equal c ((fun p -> p)
           ((fun p -> Zarith.succ (Zarith.shift_left p 1)) Zarith.one)))),
    (Zarith.leq ((fun p -> p) ((fun p -> Zarith.shift_left p 1) Zarith.one))
      c)), (Zarith.equal c Zarith.zero)), next0)
  | None -> None

(** val rows :
    (int -> int) -> int list -> Zarith.t -> Zarith.t list list -> int -> int
    -> (Zarith.t list list * int) option **)

let rec rows byte sizes zeros above at_0 stop0 =
  match sizes with
  | [] -> if Zarith.equal zeros Zarith.zero then Some (above, at_0) else None
  | n0 :: sizes' ->
    (match run byte Zarith.zero (one_multiplier byte) n0 zeros at_0 stop0 with
     | Some p ->
       let (p0, next0) = p in
       let (v, rest) = p0 in rows byte sizes' rest (v :: above) next0 stop0
     | None -> None)

(** val depth : int list -> int **)

let depth =
  length

(** val n_acc : int list -> Zarith.t **)

let n_acc sizes =
  fold_right (fun n0 s -> Zarith.add (Zarith.of_int n0) s) Zarith.zero sizes

(** val layer_of : int list -> Zarith.t -> int * int **)

let rec layer_of ns a =
  match ns with
  | [] -> (0, 0)
  | n0 :: ns' ->
    if Zarith.lt a (Zarith.of_int n0)
    then (0, ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z) a))
    else let (k, i) = layer_of ns' (Zarith.sub a (Zarith.of_int n0)) in
         ((Stdlib.Int.succ k), i)

(** val part_step_at :
    (int -> int) -> int list -> Zarith.t -> (Zarith.t * cutting) list -> int
    -> int -> (step * int) option **)

let part_step_at byte sizes action uses at_0 stop0 =
  match number byte most_fraction at_0 stop0 with
  | Some p ->
    let (frac, at1) = p in
    (match rows byte sizes Zarith.zero [] at1 stop0 with
     | Some p0 ->
       let (lam, next0) = p0 in
       let u =
         Z.pow ((fun p -> p) ((fun p -> Zarith.shift_left p 1) Zarith.one))
           frac
       in
       Some
       ((if Zarith.equal action ((fun p -> p) Zarith.one)
         then Close (u, lam, uses)
         else Tighten (u, lam, uses)), next0)
     | None -> None)
  | None -> None

(** val bound_at :
    (int -> int) -> int list -> Zarith.t -> (Zarith.t * cutting) list -> int
    -> int -> (step * int) option **)

let bound_at byte sizes action uses at_0 stop0 =
  match number byte (Zarith.sub (n_acc sizes) ((fun p -> p) Zarith.one)) at_0
          stop0 with
  | Some p ->
    let (a, at1) = p in
    (match number byte most_fraction at1 stop0 with
     | Some p0 ->
       let (frac, at2) = p0 in
       let (k, i) = layer_of sizes a in
       (match rows byte (firstn (Stdlib.Int.succ k) sizes) Zarith.zero [] at2
                stop0 with
        | Some p1 ->
          let (lam, next0) = p1 in
          Some ((Bound
          ((Zarith.equal action ((fun p -> p)
             ((fun p -> Zarith.succ (Zarith.shift_left p 1)) Zarith.one))),
          (sub (sub (depth sizes) (Stdlib.Int.succ 0)) k), i,
          (Z.pow ((fun p -> p) ((fun p -> Zarith.shift_left p 1) Zarith.one))
            frac), lam, uses)), next0)
        | None -> None)
     | None -> None)
  | None -> None

(** val block_at :
    (int -> int) -> int list -> int -> int -> ((int * int) * int) option **)

let block_at byte sizes at_0 stop0 =
  match number byte
          (Zarith.sub (Zarith.of_int (depth sizes)) ((fun p -> p) Zarith.one))
          at_0 stop0 with
  | Some p ->
    let (k, next0) = p in
    Some
    (((sub (sub (depth sizes) (Stdlib.Int.succ 0))
        ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z) k)),
    (nth ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z) k)
      sizes 0)), next0)
  | None -> None

(** val slopes_at :
    (int -> int) -> int list -> (Zarith.t * (Zarith.t * Zarith.t) list) list
    -> int -> int -> ((Zarith.t * (Zarith.t * Zarith.t) list) list * int)
    option **)

let slopes_at byte sizes table0 at_0 stop0 =
  match block_at byte sizes at_0 stop0 with
  | Some p ->
    let (p0, at1) = p in
    let (d, n0) = p0 in
    (match number byte most_fraction at1 stop0 with
     | Some p1 ->
       let (bits0, at2) = p1 in
       (match whole_run byte (Zarith.zero, Zarith.zero) (one_slope byte) n0
                at2 stop0 with
        | Some p2 ->
          let (ss, next0) = p2 in
          Some
          ((upd d (fun _ ->
             ((Z.pow ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
                Zarith.one)) bits0), ss)) (((fun p -> p) Zarith.one), [])
             table0), next0)
        | None -> None)
     | None -> None)
  | None -> None

(** val bounds_at :
    (int -> int) -> int list -> (Zarith.t * (Zarith.t * Zarith.t) list) list
    -> int -> int -> (step * int) option **)

let bounds_at byte sizes table0 at_0 stop0 =
  match block_at byte sizes at_0 stop0 with
  | Some p ->
    let (p0, at1) = p in
    let (d, n0) = p0 in
    (match number byte most_unit at1 stop0 with
     | Some p1 ->
       let (frac, at2) = p1 in
       (match whole_run byte (false, false) (one_choice byte) n0 at2 stop0 with
        | Some p2 ->
          let (cs, next0) = p2 in
          Some ((Slopes (d,
          (Z.pow ((fun p -> p) ((fun p -> Zarith.shift_left p 1) Zarith.one))
            frac), (skipn (Stdlib.Int.succ d) table0), cs)), next0)
        | None -> None)
     | None -> None)
  | None -> None

(** val some_uses :
    (int -> int) -> cutting PositiveMap.t -> Zarith.t -> int -> int -> int ->
    ((Zarith.t * cutting) list * int) option **)

let rec some_uses byte table0 known count at_0 stop0 =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> Some ([], at_0))
    (fun count' ->
    match number byte (Zarith.sub known ((fun p -> p) Zarith.one)) at_0 stop0 with
    | Some p ->
      let (k, at1) = p in
      (match number byte most_multiplier at1 stop0 with
       | Some p0 ->
         let (pi, at2) = p0 in
         (match PositiveMap.find
                  (Z.to_pos (Zarith.add k ((fun p -> p) Zarith.one))) table0 with
          | Some c ->
            (match some_uses byte table0 known count' at2 stop0 with
             | Some p1 ->
               let (uses, next0) = p1 in Some (((pi, c) :: uses), next0)
             | None -> None)
          | None -> None)
       | None -> None)
    | None -> None)
    count

(** val uses_at :
    (int -> int) -> place0 -> int -> int -> ((Zarith.t * cutting) list * int)
    option **)

let uses_at byte p at_0 stop0 =
  match number byte most_uses at_0 stop0 with
  | Some p0 ->
    let (count, next0) = p0 in
    some_uses byte p.cuts p.n_cuts
      ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z) count)
      next0 stop0
  | None -> None

(** val steps_at :
    (int -> int) -> int list -> int -> place0 -> bool ->
    (Zarith.t * (Zarith.t * Zarith.t) list) list -> (Zarith.t * cutting) list
    -> int -> int -> step list option **)

let rec steps_at byte sizes fuel p is_root table0 uses at_0 stop0 =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> None)
    (fun f ->
    if (<=) stop0 at_0
    then Some []
    else (match number byte ((fun p -> p)
                  ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                  ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                  Zarith.one))) at_0 stop0 with
          | Some p0 ->
            let (action, at1) = p0 in
            if Zarith.equal action ((fun p -> p)
                 ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                 ((fun p -> Zarith.succ (Zarith.shift_left p 1)) Zarith.one)))
            then (match uses_at byte p at1 stop0 with
                  | Some p1 ->
                    let (uses', next0) = p1 in
                    steps_at byte sizes f p is_root table0 uses' next0 stop0
                  | None -> None)
            else if Zarith.equal action ((fun p -> p)
                      ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                      ((fun p -> Zarith.shift_left p 1) Zarith.one)))
                 then (match slopes_at byte sizes table0 at1 stop0 with
                       | Some p1 ->
                         let (table', next0) = p1 in
                         steps_at byte sizes f p is_root table' [] next0 stop0
                       | None -> None)
                 else if (||) (Zarith.lt action ((fun p -> p) Zarith.one))
                           ((&&)
                             (Zarith.lt action ((fun p -> p)
                               ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                               Zarith.one))) is_root)
                      then None
                      else (match if Zarith.lt action ((fun p -> p)
                                       ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                                       Zarith.one))
                                  then part_step_at byte sizes action uses
                                         at1 stop0
                                  else if Zarith.lt action ((fun p -> p)
                                            ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                                            ((fun p -> Zarith.shift_left p 1)
                                            Zarith.one)))
                                       then bound_at byte sizes action uses
                                              at1 stop0
                                       else bounds_at byte sizes table0 at1
                                              stop0 with
                            | Some p1 ->
                              let (s, next0) = p1 in
                              (match steps_at byte sizes f p is_root table0
                                       [] next0 stop0 with
                               | Some ss -> Some (s :: ss)
                               | None -> None)
                            | None -> None)
          | None -> None))
    fuel

(** val find_source :
    Zarith.t -> ((Zarith.t * Zarith.t) * Zarith.t) list ->
    (Zarith.t * Zarith.t) option **)

let rec find_source wanted = function
| [] -> None
| p :: l' ->
  let (p0, k) = p in
  let (n0, b) = p0 in
  (match find_source wanted l' with
   | Some r -> Some r
   | None -> if Zarith.equal n0 wanted then Some (b, k) else None)

(** val open_stream :
    (int -> int) -> Zarith.t -> Zarith.t -> bool -> Zarith.t ->
    ((Zarith.t * Zarith.t) * Zarith.t) list -> stream -> stream list ->
    place0 option **)

let open_stream byte label0 about0 first taken0 done1 s todo0 =
  match number byte version s.from s.upto with
  | Some p ->
    let (v, at1) = p in
    (match number byte most_multiplier at1 s.upto with
     | Some p0 ->
       let (l, at2) = p0 in
       (match number byte ((fun p -> p)
                ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                Zarith.one)))))))) at2 s.upto with
        | Some p1 ->
          let (r, at3) = p1 in
          (match number byte most_number at3 s.upto with
           | Some p2 ->
             let (back, at4) = p2 in
             let make = fun b k -> Some { at_ = at4; stop = s.upto;
               is_first = first; base = taken0; taken = taken0; source_base =
               b; source_nodes = k; cuts = PositiveMap.empty; n_cuts =
               Zarith.zero; self = s.name; todo = todo0; done0 = done1 }
             in
             if not
                  ((&&)
                    ((&&) (Zarith.equal v version) (Zarith.equal l label0))
                    (Zarith.equal r about0))
             then None
             else if first
                  then if Zarith.equal back Zarith.zero
                       then make Zarith.zero Zarith.zero
                       else None
                  else if Zarith.equal back Zarith.zero
                       then None
                       else (match find_source (Zarith.sub s.name back) done1 with
                             | Some p3 -> let (b, k) = p3 in make b k
                             | None -> None)
           | None -> None)
        | None -> None)
     | None -> None)
  | None -> None

(** val open_next :
    (int -> int) -> Zarith.t -> Zarith.t -> Zarith.t ->
    ((Zarith.t * Zarith.t) * Zarith.t) list -> stream list -> place0 option **)

let rec open_next byte label0 about0 taken0 done1 = function
| [] -> None
| s :: todo' ->
  (match open_stream byte label0 about0 false taken0 done1 s todo' with
   | Some p -> Some p
   | None -> open_next byte label0 about0 taken0 done1 todo')

(** val go_on : place0 -> int -> Zarith.t -> place0 **)

let go_on p next0 more0 =
  { at_ = next0; stop = p.stop; is_first = p.is_first; base = p.base; taken =
    (Zarith.add p.taken more0); source_base = p.source_base; source_nodes =
    p.source_nodes; cuts = p.cuts; n_cuts = p.n_cuts; self = p.self; todo =
    p.todo; done0 = p.done0 }

(** val find_key :
    int -> Zarith.t -> Zarith.t -> (int * int) list -> int option **)

let rec find_key k rival kind = function
| [] -> None
| p :: l' ->
  let (j, c) = p in
  if (&&) (Zarith.equal (Zarith.of_int j) rival)
       (Zarith.equal (Zarith.of_int c) kind)
  then Some k
  else find_key (Stdlib.Int.succ k) rival kind l'

(** val part_at :
    (int -> int) -> (int * int) list -> place0 -> int -> (record * place0)
    option **)

let part_at byte keys p at_0 =
  match number byte most_multiplier at_0 p.stop with
  | Some p0 ->
    let (rival, at1) = p0 in
    (match number byte ((fun p -> p)
             ((fun p -> Zarith.succ (Zarith.shift_left p 1)) Zarith.one)) at1
             p.stop with
     | Some p1 ->
       let (kind, at2) = p1 in
       (match find_key 0 rival
                (if Zarith.equal kind ((fun p -> p)
                      ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                      Zarith.one))
                 then Zarith.zero
                 else kind) keys with
        | Some k ->
          if Zarith.equal kind ((fun p -> p)
               ((fun p -> Zarith.succ (Zarith.shift_left p 1)) Zarith.one))
          then (match number byte most_weight at2 p.stop with
                | Some p2 ->
                  let (cy, at3) = p2 in
                  (match number byte most_weight at3 p.stop with
                   | Some p3 ->
                     let (cj, next0) = p3 in
                     if (||) (Zarith.lt cy ((fun p -> p) Zarith.one))
                          (Zarith.lt cj ((fun p -> p) Zarith.one))
                     then None
                     else Some ((Part (k, (cy, cj))),
                            (go_on p next0 ((fun p -> p) Zarith.one)))
                   | None -> None)
                | None -> None)
          else Some ((Part (k, (((fun p -> p) Zarith.one), ((fun p -> p)
                 Zarith.one)))), (go_on p at2 ((fun p -> p) Zarith.one)))
        | None -> None)
     | None -> None)
  | None -> None

(** val split_at :
    (int -> int) -> int list -> int -> place0 -> Zarith.t -> step list -> int
    -> (record * place0) option **)

let split_at byte sizes n_in p id ss at_0 =
  match number byte ((fun p -> p) Zarith.one) at_0 p.stop with
  | Some p0 ->
    let (is_input0, at1) = p0 in
    let count =
      if Zarith.equal is_input0 ((fun p -> p) Zarith.one)
      then Zarith.of_int n_in
      else n_acc sizes
    in
    (match number byte (Zarith.sub count ((fun p -> p) Zarith.one)) at1 p.stop with
     | Some p1 ->
       let (a, at2) = p1 in
       (match signed byte at2 p.stop with
        | Some p2 ->
          let (v, next0) = p2 in
          if Zarith.equal is_input0 ((fun p -> p) Zarith.one)
          then let d = depth sizes in
               let i =
                 (fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z) a
               in
               Some ((Split (id, ss, d, i, v)),
               (go_on p next0 ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
                 Zarith.one))))
          else let (k, i) = layer_of sizes a in
               let d = sub (sub (depth sizes) (Stdlib.Int.succ 0)) k in
               Some ((Split (id, ss, d, i, v)),
               (go_on p next0 ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
                 Zarith.one))))
        | None -> None)
     | None -> None)
  | None -> None

(** val node_at :
    (int -> int) -> int list -> int -> place0 -> Zarith.t -> int ->
    (record * place0) option **)

let node_at byte sizes n_in p kind at_0 =
  match number byte (Zarith.sub p.taken p.base) at_0 p.stop with
  | Some p0 ->
    let (id, at1) = p0 in
    (match number byte most_number at1 p.stop with
     | Some p1 ->
       let (size0, at2) = p1 in
       if Zarith.lt (Zarith.sub (Zarith.of_int p.stop) (Zarith.of_int at2))
            size0
       then None
       else let next0 =
              add at2
                ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
                  size0)
            in
            (match steps_at byte sizes (Stdlib.Int.succ (sub next0 at2)) p
                     (Zarith.equal id Zarith.zero) [] [] at2 next0 with
             | Some ss ->
               let node = Z.to_pos (Zarith.add p.base id) in
               if Zarith.equal id Zarith.zero
               then let own = if p.is_first then ss else [] in
                    if Zarith.equal kind ((fun p -> p)
                         ((fun p -> Zarith.shift_left p 1) Zarith.one))
                    then Some ((RootSteps own), (go_on p next0 Zarith.zero))
                    else None
               else if Zarith.equal kind ((fun p -> p)
                         ((fun p -> Zarith.shift_left p 1) Zarith.one))
                    then Some ((Steps (node, ss)),
                           (go_on p next0 Zarith.zero))
                    else if Zarith.equal kind ((fun p -> p)
                              ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                              Zarith.one))
                         then Some ((Final (node, ss)),
                                (go_on p next0 Zarith.zero))
                         else split_at byte sizes n_in p node ss next0
             | None -> None)
     | None -> None)
  | None -> None

(** val move_at :
    (int -> int) -> place0 -> int -> (record * place0) option **)

let move_at byte p at_0 =
  match number byte p.source_nodes at_0 p.stop with
  | Some p0 ->
    let (id, next0) = p0 in
    if Zarith.equal id Zarith.zero
    then None
    else Some ((Move (Z.to_pos (Zarith.add p.source_base id))),
           (go_on p next0 ((fun p -> p) Zarith.one)))
  | None -> None

(** val one_seven :
    (int -> int) -> int -> int -> ((Zarith.t * bool) * int) option **)

let one_seven byte at_0 stop0 =
  match number byte ((fun p -> p)
          ((fun p -> Zarith.succ (Zarith.shift_left p 1))
          ((fun p -> Zarith.succ (Zarith.shift_left p 1))
          ((fun p -> Zarith.succ (Zarith.shift_left p 1))
          ((fun p -> Zarith.succ (Zarith.shift_left p 1))
          ((fun p -> Zarith.succ (Zarith.shift_left p 1))
          ((fun p -> Zarith.succ (Zarith.shift_left p 1)) Zarith.one)))))))
          at_0 stop0 with
  | Some p ->
    let (v, next0) = p in Some ((v, (Zarith.equal v Zarith.zero)), next0)
  | None -> None

(** val bits : int -> Zarith.t -> bool list **)

let rec bits k v =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> [])
    (fun k' ->
    (Zarith.equal
      (Z.modulo v ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
        Zarith.one))) ((fun p -> p) Zarith.one)) :: (bits k'
                                                      (Z.div v ((fun p -> p)
                                                        ((fun p -> Zarith.shift_left p 1)
                                                        Zarith.one)))))
    k

(** val with_cut : place0 -> int -> cutting -> place0 **)

let with_cut p next0 c =
  { at_ = next0; stop = p.stop; is_first = p.is_first; base = p.base; taken =
    p.taken; source_base = p.source_base; source_nodes = p.source_nodes;
    cuts =
    (PositiveMap.add
      (Z.to_pos (Zarith.add p.n_cuts ((fun p -> p) Zarith.one))) c p.cuts);
    n_cuts = (Zarith.add p.n_cuts ((fun p -> p) Zarith.one)); self = p.self;
    todo = p.todo; done0 = p.done0 }

(** val cut_at :
    (int -> int) -> int list -> int -> place0 -> int -> (record * place0)
    option **)

let cut_at byte sizes n_in p at_0 =
  match number byte (Zarith.sub (n_acc sizes) ((fun p -> p) Zarith.one)) at_0
          p.stop with
  | Some p0 ->
    let (a, at1) = p0 in
    (match number byte ((fun p -> p) Zarith.one) at1 p.stop with
     | Some p1 ->
       let (is_above0, at2) = p1 in
       (match number byte most_cut_unit at2 p.stop with
        | Some p2 ->
          let (unit1, at3) = p2 in
          (match signed byte at3 p.stop with
           | Some p3 ->
             let (from0, at4) = p3 in
             (match whole_run byte Zarith.zero (one_seven byte)
                      (Nat.div
                        (add n_in (Stdlib.Int.succ (Stdlib.Int.succ
                          (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                          (Stdlib.Int.succ 0))))))) (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                        0)))))))) at4 p.stop with
              | Some p4 ->
                let (sevens, next0) = p4 in
                let (k, i) = layer_of sizes a in
                Some ((RootSteps []),
                (with_cut p next0 { of_block =
                  (sub (sub (depth sizes) (Stdlib.Int.succ 0)) k); of_entry =
                  i; is_above =
                  (Zarith.equal is_above0 ((fun p -> p) Zarith.one)); unit0 =
                  unit1; high_from = from0; chosen =
                  (flat_map
                    (bits (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                      (Stdlib.Int.succ (Stdlib.Int.succ (Stdlib.Int.succ
                      (Stdlib.Int.succ 0)))))))) sevens) }))
              | None -> None)
           | None -> None)
        | None -> None)
     | None -> None)
  | None -> None

(** val record_at :
    (int -> int) -> int list -> int -> (int * int) list -> place0 -> Zarith.t
    -> int -> (record * place0) option **)

let record_at byte sizes n_in keys p kind at_0 =
  if Zarith.equal kind ((fun p -> p) Zarith.one)
  then part_at byte keys p at_0
  else if Zarith.equal kind ((fun p -> p)
            ((fun p -> Zarith.succ (Zarith.shift_left p 1))
            ((fun p -> Zarith.shift_left p 1) Zarith.one)))
       then move_at byte p at_0
       else if Zarith.equal kind ((fun p -> p)
                 ((fun p -> Zarith.shift_left p 1)
                 ((fun p -> Zarith.succ (Zarith.shift_left p 1)) Zarith.one)))
            then cut_at byte sizes n_in p at_0
            else node_at byte sizes n_in p kind at_0

(** val more :
    (int -> int) -> int list -> int -> (int * int) list -> Zarith.t ->
    Zarith.t -> place0 -> place0 source **)

let more byte sizes n_in keys label0 about0 p =
  match number byte ((fun p -> p) ((fun p -> Zarith.shift_left p 1)
          ((fun p -> Zarith.succ (Zarith.shift_left p 1)) Zarith.one))) p.at_
          p.stop with
  | Some p0 ->
    let (kind, next0) = p0 in
    if Zarith.equal kind Zarith.zero
    then if (<) next0 p.stop
         then Broken
         else let own = ((p.self, p.base), (Zarith.sub p.taken p.base)) in
              (match open_next byte label0 about0 p.taken (own :: p.done0)
                       p.todo with
               | Some p' -> More ((RootSteps []), p')
               | None -> Done)
    else (match record_at byte sizes n_in keys p kind next0 with
          | Some p1 -> let (r, p') = p1 in More (r, p')
          | None -> Broken)
  | None -> Broken

(** val streams : (int -> int) -> int -> int -> int -> stream list option **)

let rec streams byte fuel at_0 stop0 =
  (fun fO fS n -> if n=0 then fO () else fS (n-1))
    (fun _ -> None)
    (fun f ->
    if (<=) stop0 at_0
    then Some []
    else (match number byte most_name at_0 stop0 with
          | Some p ->
            let (n0, at1) = p in
            (match number byte ((fun p -> p)
                     ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                     ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                     ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                     ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                     ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                     ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                     ((fun p -> Zarith.succ (Zarith.shift_left p 1))
                     Zarith.one)))))))) at1 stop0 with
             | Some p0 ->
               let (r, at2) = p0 in
               (match number byte most_number at2 stop0 with
                | Some p1 ->
                  let (size0, at3) = p1 in
                  if Zarith.lt
                       (Zarith.sub (Zarith.of_int stop0) (Zarith.of_int at3))
                       size0
                  then None
                  else let next0 =
                         add at3
                           ((fun z -> if Zarith.sign z < 0 then 0 else Zarith.to_int z)
                             size0)
                       in
                       (match streams byte f next0 stop0 with
                        | Some ss ->
                          Some ({ name = n0; radius = r; from = at3; upto =
                            next0 } :: ss)
                        | None -> None)
                | None -> None)
             | None -> None)
          | None -> None))
    fuel

type prepared = { plain : network; ready : compiled }

(** val prepare : char list -> prepared option **)

let prepare t0 =
  match read_network t0 with
  | Some g ->
    if (&&) (network_fits g) (is_hash g.origin)
    then (match compile g with
          | Some k -> Some { plain = g; ready = k }
          | None -> None)
    else None
  | None -> None

type bytes = { proof_byte : (int -> int); proof_size : int }

(** val attempt : prepared -> claim -> bytes -> stream list -> bool **)

let attempt p c b ss =
  let k = p.ready in
  (match ss with
   | [] -> false
   | s :: ss' ->
     (match open_stream b.proof_byte (Zarith.of_int c.label) s.radius true
              Zarith.zero [] s ss' with
      | Some start0 ->
        let sizes = map (fun l -> length l.biases) p.plain.layers in
        check_robust_claim p.plain k c s.radius (Stdlib.Int.succ
          b.proof_size)
          (more b.proof_byte sizes p.plain.inputs
            (map fst (parts k.outs c.label)) (Zarith.of_int c.label) s.radius)
          start0
      | None -> false))

(** val attempts : prepared -> claim -> bytes -> stream list -> bool **)

let rec attempts p c b ss = match ss with
| [] -> false
| _ :: ss' -> (||) (attempts p c b ss') (attempt p c b ss)

type answer =
| Holds
| Refused
| Malformed

(** val check_claim : prepared -> char list -> bytes -> answer **)

let check_claim p t0 b =
  match read_claim t0 with
  | Some c ->
    if not (text_eqb c.about p.plain.origin)
    then Malformed
    else (match c.says with
          | Robust ->
            (match streams b.proof_byte (Stdlib.Int.succ b.proof_size) 0
                     b.proof_size with
             | Some ss -> if attempts p c b ss then Holds else Refused
             | None -> Malformed)
          | _ -> if check_replay p.plain p.ready c then Holds else Refused)
  | None -> Malformed
