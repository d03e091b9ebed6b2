
val fst : ('a1 * 'a2) -> 'a1

val snd : ('a1 * 'a2) -> 'a2

val length : 'a1 list -> int

val app : 'a1 list -> 'a1 list -> 'a1 list

type comparison =
| Eq
| Lt
| Gt

val compOpp : comparison -> comparison

val pred : int -> int

val add : int -> int -> int

val mul : int -> int -> int

val sub : int -> int -> int

type n =
| N0
| Npos of Zarith.t



module Nat :
 sig
  val divmod : int -> int -> int -> int -> int * int

  val div : int -> int -> int
 end

module Pos :
 sig
  val add : Zarith.t -> Zarith.t -> Zarith.t

  val add_carry : Zarith.t -> Zarith.t -> Zarith.t

  val pred_double : Zarith.t -> Zarith.t

  val mul : Zarith.t -> Zarith.t -> Zarith.t

  val iter : ('a1 -> 'a1) -> 'a1 -> Zarith.t -> 'a1

  val size : Zarith.t -> Zarith.t

  val compare_cont : comparison -> Zarith.t -> Zarith.t -> comparison

  val compare : Zarith.t -> Zarith.t -> comparison

  val eqb : Zarith.t -> Zarith.t -> bool

  val iter_op : ('a1 -> 'a1 -> 'a1) -> Zarith.t -> 'a1 -> 'a1

  val to_nat : Zarith.t -> int

  val of_succ_nat : int -> Zarith.t
 end

module N :
 sig
  val add : n -> n -> n

  val mul : n -> n -> n

  val to_nat : n -> int

  val of_nat : int -> n
 end

module Z :
 sig
  val double : Zarith.t -> Zarith.t

  val succ_double : Zarith.t -> Zarith.t

  val pred_double : Zarith.t -> Zarith.t

  val pos_sub : Zarith.t -> Zarith.t -> Zarith.t

  val succ : Zarith.t -> Zarith.t

  val pow_pos : Zarith.t -> Zarith.t -> Zarith.t

  val pow : Zarith.t -> Zarith.t -> Zarith.t

  val compare : Zarith.t -> Zarith.t -> comparison

  val to_pos : Zarith.t -> Zarith.t

  val pos_div_eucl : Zarith.t -> Zarith.t -> Zarith.t * Zarith.t

  val div_eucl : Zarith.t -> Zarith.t -> Zarith.t * Zarith.t

  val div : Zarith.t -> Zarith.t -> Zarith.t

  val modulo : Zarith.t -> Zarith.t -> Zarith.t

  val log2 : Zarith.t -> Zarith.t
 end

val sumbool_of_bool : bool -> bool

val hd : 'a1 -> 'a1 list -> 'a1

val tl : 'a1 list -> 'a1 list

val nth : int -> 'a1 list -> 'a1 -> 'a1

val nth_error : 'a1 list -> int -> 'a1 option

val rev : 'a1 list -> 'a1 list

val concat : 'a1 list list -> 'a1 list

val map : ('a1 -> 'a2) -> 'a1 list -> 'a2 list

val flat_map : ('a1 -> 'a2 list) -> 'a1 list -> 'a2 list

val fold_left : ('a1 -> 'a2 -> 'a1) -> 'a2 list -> 'a1 -> 'a1

val fold_right : ('a2 -> 'a1 -> 'a1) -> 'a1 -> 'a2 list -> 'a1

val existsb : ('a1 -> bool) -> 'a1 list -> bool

val forallb : ('a1 -> bool) -> 'a1 list -> bool

val combine : 'a1 list -> 'a2 list -> ('a1 * 'a2) list

val firstn : int -> 'a1 list -> 'a1 list

val skipn : int -> 'a1 list -> 'a1 list

val seq : int -> int -> int list

val repeat : 'a1 -> int -> 'a1 list

val list_ascii_of_string : char list -> char list

val dot : Zarith.t list -> Zarith.t list -> Zarith.t

val vadd : Zarith.t list -> Zarith.t list -> Zarith.t list

val pick : (int * Zarith.t) list -> Zarith.t list -> Zarith.t

type shape = { in_h : int; in_w : int; in_c : int; out_h : int; out_w : 
               int; out_c : int; kernel_h : int; kernel_w : int;
               stride_h : int; stride_w : int; dilation_h : int;
               dilation_w : int; pad_top : int; pad_left : int; groups : 
               int }

val meets : int -> int -> int -> int option

val input_row : shape -> int -> int -> int option

val input_column : shape -> int -> int -> int option

val per_group : shape -> int

val group_of : shape -> int -> int

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

val largest : Zarith.t list -> Zarith.t

type network = { origin : char list; inputs : int; greatest : Zarith.t;
                 layers : layer list }

val fm : int -> int -> Zarith.t -> Zarith.t list -> int

val first_max : Zarith.t list -> int

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

val distance : Zarith.t list -> Zarith.t list -> Zarith.t

val axpy : Zarith.t -> Zarith.t list -> Zarith.t list -> Zarith.t list

val unitv : int -> Zarith.t -> Zarith.t list

val iadd :
  (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list ->
  (Zarith.t * Zarith.t) list

val meet :
  (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list ->
  (Zarith.t * Zarith.t) list

val points : Zarith.t list -> (Zarith.t * Zarith.t) list

val box_eq : (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list -> bool

val cutlo :
  int -> Zarith.t -> (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list

val cuthi :
  int -> Zarith.t -> (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list

val upd : int -> ('a1 -> 'a1) -> 'a1 -> 'a1 list -> 'a1 list

val all_some : ('a1 -> 'a2 option) -> 'a1 list -> 'a2 list option

type stair = { app0 : (Zarith.t -> Zarith.t); redge : (Zarith.t -> Zarith.t);
               ledge : (Zarith.t -> Zarith.t);
               gmax : (Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t ->
                      Zarith.t) }

val act : stair list -> Zarith.t list -> Zarith.t list

val actI :
  stair list -> (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list

val lmax : Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t

val nterms :
  stair list -> (Zarith.t * Zarith.t) list -> Zarith.t list -> Zarith.t list
  -> Zarith.t list -> ((Zarith.t * Zarith.t) * Zarith.t) list

val tsum : ((Zarith.t * Zarith.t) * Zarith.t) list -> Zarith.t

val slacks :
  stair list -> ((Zarith.t * Zarith.t) * Zarith.t) list -> Zarith.t list ->
  Zarith.t list

val first_up :
  int -> stair -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t ->
  Zarith.t

val last_down :
  int -> stair -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t ->
  Zarith.t

val klin : Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t * Zarith.t

val keep :
  stair -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t ->
  Zarith.t * Zarith.t

val keepbox :
  stair list -> ((Zarith.t * Zarith.t) * Zarith.t) list ->
  (Zarith.t * Zarith.t) list -> Zarith.t -> (Zarith.t * Zarith.t) list

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

val each : stair list -> neurons

type block = { bterms : (int * op) list; bias : Zarith.t list; units : neurons }

type net = block list

val acc : block -> Zarith.t list list -> Zarith.t list

val env : net -> Zarith.t list -> Zarith.t list list

val accI :
  block -> (Zarith.t * Zarith.t) list list -> (Zarith.t * Zarith.t) list

val prop :
  net -> (Zarith.t * Zarith.t) list list -> bool list ->
  ((Zarith.t * Zarith.t) list list * (Zarith.t * Zarith.t) list list) * bool
  list

val ev : Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t

val evT : Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t

val far : Zarith.t

val ev_re :
  Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t

val ev_le :
  Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t

val ev_gmax :
  Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t ->
  Zarith.t -> Zarith.t -> Zarith.t

val even : Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> stair

val reach : Zarith.t -> Zarith.t list -> Zarith.t -> Zarith.t

val t_re : Zarith.t list -> Zarith.t -> Zarith.t

val t_le : Zarith.t -> Zarith.t list -> Zarith.t -> Zarith.t

val t_gmax :
  Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t list -> Zarith.t
  -> Zarith.t -> Zarith.t

val tb : Zarith.t -> Zarith.t list -> Zarith.t -> Zarith.t

val tb_gmax :
  Zarith.t -> Zarith.t list -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t
  -> Zarith.t

val table : Zarith.t -> Zarith.t list -> stair

type ostair = { st : stair; olo : Zarith.t; ohi : Zarith.t;
                t : (Zarith.t -> Zarith.t) }

val even_out : Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t -> ostair

val ascend_dec : Zarith.t -> Zarith.t list -> bool

val ascends_dec : Zarith.t list -> bool

val table_out : Zarith.t -> Zarith.t list -> ostair

val flat_out : ostair

val spread :
  (int * op) list -> Zarith.t list -> Zarith.t list list -> Zarith.t list list

val dual :
  net -> (Zarith.t * Zarith.t) list list -> Zarith.t list list -> Zarith.t
  list list -> Zarith.t list list ->
  Zarith.t * ((Zarith.t * Zarith.t) * Zarith.t) list list

val tight :
  net -> ((Zarith.t * Zarith.t) * Zarith.t) list list ->
  (Zarith.t * Zarith.t) list list -> Zarith.t -> (Zarith.t * Zarith.t) list
  list

val most_lambda : Zarith.t

val clamp : Zarith.t -> Zarith.t

val follow :
  Zarith.t -> (Zarith.t * Zarith.t) list -> Zarith.t list -> Zarith.t list

val lambda_of :
  block -> (Zarith.t * (Zarith.t * Zarith.t) list) -> Zarith.t list ->
  Zarith.t list

val glide :
  net -> (Zarith.t * Zarith.t) list list -> (Zarith.t * (Zarith.t * Zarith.t)
  list) list -> Zarith.t list list -> Zarith.t

val glide_at :
  block -> net -> (Zarith.t * Zarith.t) list list ->
  (Zarith.t * (Zarith.t * Zarith.t) list) list -> int -> Zarith.t -> Zarith.t

val glide_all :
  block -> net -> (Zarith.t * Zarith.t) list list ->
  (Zarith.t * (Zarith.t * Zarith.t) list) list -> Zarith.t -> (bool * bool)
  list -> int -> (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list

type fact = Zarith.t list list * Zarith.t

type cutting = { of_block : int; of_entry : int; is_above : bool;
                 unit0 : Zarith.t; high_from : Zarith.t; chosen : bool list }

val laxpy :
  Zarith.t -> Zarith.t list list -> Zarith.t list list -> Zarith.t list list

val side :
  stair -> block -> int -> Zarith.t -> net -> (Zarith.t * Zarith.t) list list
  -> Zarith.t list list -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t

val choose : bool list -> Zarith.t -> Zarith.t list -> Zarith.t list

val reads_once : (int * op) list -> int -> bool

val cut : net -> (Zarith.t * Zarith.t) list list -> cutting -> fact option

val comb :
  net -> (Zarith.t * Zarith.t) list list -> (Zarith.t * cutting) list ->
  Zarith.t list list * Zarith.t

type part = { obj : Zarith.t list; thr : Zarith.t;
              narrow : ((Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t)
                       list) }

type rg = { ivs : (Zarith.t * Zarith.t) list list; dirty : bool list }

val nonempty : (Zarith.t * Zarith.t) list list -> bool

val at_block :
  int -> ((Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list) ->
  (Zarith.t * Zarith.t) list list -> (Zarith.t * Zarith.t) list list

val settle : net -> part option -> rg -> rg option

type step =
| Close of Zarith.t * Zarith.t list list * (Zarith.t * cutting) list
| Tighten of Zarith.t * Zarith.t list list * (Zarith.t * cutting) list
| Bound of bool * int * int * Zarith.t * Zarith.t list list
   * (Zarith.t * cutting) list
| Slopes of int * Zarith.t * (Zarith.t * (Zarith.t * Zarith.t) list) list
   * (bool * bool) list

val changed :
  (Zarith.t * Zarith.t) list list -> (Zarith.t * Zarith.t) list list -> bool
  list

val made : rg -> (Zarith.t * Zarith.t) list list -> rg option

val up_to : int -> (Zarith.t * cutting) list -> (Zarith.t * cutting) list

val bounded :
  net -> (Zarith.t * Zarith.t) list list -> bool -> int -> int -> Zarith.t ->
  Zarith.t list list -> (Zarith.t * cutting) list -> (Zarith.t * Zarith.t)
  list list

val bounded_all :
  net -> (Zarith.t * Zarith.t) list list -> int -> Zarith.t ->
  (Zarith.t * (Zarith.t * Zarith.t) list) list -> (bool * bool) list ->
  (Zarith.t * Zarith.t) list list

val take : net -> part option -> step -> rg -> rg option

val predict : net -> Zarith.t list -> int

val delta : int -> int -> Zarith.t

val full : ostair list -> (int * op) list -> Zarith.t list -> net -> net

type family =
  (Zarith.t * Zarith.t) -> part
  (* singleton inductive, whose constructor was Build_family *)

val member : family -> (Zarith.t * Zarith.t) -> part

val one : part -> family

val out_of : ostair list -> int -> ostair

val reaches :
  ostair list -> int -> Zarith.t -> (Zarith.t * Zarith.t) list ->
  (Zarith.t * Zarith.t) list

val misses :
  ostair list -> int -> Zarith.t -> (Zarith.t * Zarith.t) list ->
  (Zarith.t * Zarith.t) list

val firstA : ostair list -> int -> int -> Zarith.t -> Zarith.t

val lastA : ostair list -> int -> int -> Zarith.t -> Zarith.t

val at_step :
  ostair list -> int -> int -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t
  -> Zarith.t

val least :
  ostair list -> int -> int -> int -> Zarith.t -> Zarith.t -> Zarith.t ->
  Zarith.t -> Zarith.t -> Zarith.t

val thrA :
  ostair list -> int -> int -> Zarith.t -> Zarith.t -> Zarith.t -> Zarith.t

val objA : int -> int -> Zarith.t -> Zarith.t -> Zarith.t list

val narrowA :
  ostair list -> int -> int -> Zarith.t -> (Zarith.t * Zarith.t) list ->
  (Zarith.t * Zarith.t) list

val partA :
  ostair list -> int -> int -> Zarith.t -> Zarith.t -> Zarith.t -> part

val memberA :
  ostair list -> int -> int -> Zarith.t -> (Zarith.t * Zarith.t) -> part

val familyA : ostair list -> int -> int -> Zarith.t -> family

val isB : ostair list -> int -> int -> Zarith.t -> bool

val objB : ostair list -> int -> int -> Zarith.t -> Zarith.t list

val thrB : ostair list -> int -> int -> Zarith.t -> Zarith.t

val narrowB :
  ostair list -> int -> int -> Zarith.t -> (Zarith.t * Zarith.t) list ->
  (Zarith.t * Zarith.t) list

val partB : ostair list -> int -> int -> Zarith.t -> part

val isC : ostair list -> int -> Zarith.t -> bool

val objC : ostair list -> int -> Zarith.t -> Zarith.t list

val thrC : ostair list -> int -> Zarith.t -> Zarith.t

val narrowC :
  ostair list -> int -> Zarith.t -> (Zarith.t * Zarith.t) list ->
  (Zarith.t * Zarith.t) list

val partC : ostair list -> int -> Zarith.t -> part

val floor_of : ostair list -> int -> int -> Zarith.t

val hasA : ostair list -> int -> int -> bool

val hasC : ostair list -> int -> int -> bool

val parts_of : ostair list -> int -> int -> ((int * int) * family) list

val parts : ostair list -> int -> ((int * int) * family) list

module PositiveMap :
 sig
  type key = Zarith.t

  type 'a tree =
  | Leaf
  | Node of 'a tree * 'a option * 'a tree

  type 'a t = 'a tree

  val empty : 'a1 t

  val is_empty : 'a1 t -> bool

  val find : key -> 'a1 t -> 'a1 option

  val add : key -> 'a1 -> 'a1 t -> 'a1 t

  val remove : key -> 'a1 t -> 'a1 t
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

val with_nodes : state -> Zarith.t -> (part * rg) PositiveMap.t -> state

val take_all : net -> part option -> step list -> rg -> rg option

val put :
  Zarith.t -> part -> rg option -> (part * rg) PositiveMap.t -> (part * rg)
  PositiveMap.t

val point_of : (Zarith.t * Zarith.t) list -> Zarith.t list option

val ends : net -> int -> part option -> rg -> bool

val closes : net -> int -> part option -> rg option -> bool

val split : bool -> int -> int -> Zarith.t -> rg -> rg option

val dirt : rg -> rg option -> rg option

val settled_root : net -> state -> rg option

val read : net -> int -> family list -> state -> record -> state option

val pull :
  net -> int -> family list -> int -> ('a1 -> 'a1 source) -> 'a1 -> state ->
  state option

val finished : family list -> state -> bool

val start :
  net -> (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t) list
  list * (Zarith.t * Zarith.t) list list

val begin0 : net -> (Zarith.t * Zarith.t) list -> state

val check :
  net -> int -> family list -> (Zarith.t * Zarith.t) list -> int -> ('a1 ->
  'a1 source) -> 'a1 -> bool

val check_robust :
  ostair list -> (int * op) list -> Zarith.t list -> net ->
  (Zarith.t * Zarith.t) list -> int -> int -> ('a1 -> 'a1 source) -> 'a1 ->
  bool

val lins : Zarith.t list -> (Zarith.t * Zarith.t) list -> Zarith.t

val capped :
  Zarith.t list -> (Zarith.t * Zarith.t) list -> Zarith.t -> Zarith.t

val up :
  stair -> Zarith.t -> Zarith.t list -> (Zarith.t * Zarith.t) list ->
  Zarith.t -> Zarith.t -> Zarith.t

val down :
  int -> stair -> Zarith.t -> Zarith.t list -> (Zarith.t * Zarith.t) list ->
  Zarith.t -> Zarith.t -> Zarith.t option

val group_max :
  stair -> Zarith.t -> Zarith.t list -> (Zarith.t * Zarith.t) list -> Zarith.t

val gains :
  (Zarith.t * Zarith.t) list -> Zarith.t list -> Zarith.t list -> Zarith.t
  list

val group_rate :
  stair -> (Zarith.t * Zarith.t) list -> Zarith.t -> Zarith.t list ->
  Zarith.t list -> ((Zarith.t * Zarith.t) * Zarith.t) list

val gain_of : ((Zarith.t * Zarith.t) * Zarith.t) -> Zarith.t

val group_lack :
  stair -> ((Zarith.t * Zarith.t) * Zarith.t) list -> Zarith.t list ->
  Zarith.t

val gfire : (int * stair) list -> Zarith.t list -> Zarith.t list

val gfireI :
  (int * stair) list -> (Zarith.t * Zarith.t) list -> (Zarith.t * Zarith.t)
  list

val grate :
  (int * stair) list -> (Zarith.t * Zarith.t) list -> Zarith.t list ->
  Zarith.t list -> Zarith.t list -> ((Zarith.t * Zarith.t) * Zarith.t) list

val glacks :
  (int * stair) list -> ((Zarith.t * Zarith.t) * Zarith.t) list -> Zarith.t
  list -> Zarith.t list

val gkeeps :
  (int * stair) list -> ((Zarith.t * Zarith.t) * Zarith.t) list ->
  (Zarith.t * Zarith.t) list -> Zarith.t -> (Zarith.t * Zarith.t) list

val gsteer : (int * stair) list -> Zarith.t list -> Zarith.t list

val key0 : int -> Zarith.t

val fill : Zarith.t -> 'a1 list -> 'a1 PositiveMap.t -> 'a1 PositiveMap.t

val shuffle : 'a1 -> Zarith.t list -> 'a1 list -> 'a1 list

val place :
  Zarith.t list -> 'a1 list -> 'a1 PositiveMap.t -> 'a1 PositiveMap.t

val restore : Zarith.t -> 'a1 PositiveMap.t -> 'a1 list -> 'a1 list

val pfire : int list -> (int * stair) list -> Zarith.t list -> Zarith.t list

val pfireI :
  int list -> (int * stair) list -> (Zarith.t * Zarith.t) list ->
  (Zarith.t * Zarith.t) list

val prate :
  int list -> int -> (int * stair) list -> (Zarith.t * Zarith.t) list ->
  Zarith.t list -> Zarith.t list -> Zarith.t list ->
  ((Zarith.t * Zarith.t) * Zarith.t) list

val placks :
  int list -> int -> (int * stair) list -> ((Zarith.t * Zarith.t) * Zarith.t)
  list -> Zarith.t list -> Zarith.t list

val pkeeps :
  int list -> (int * stair) list -> ((Zarith.t * Zarith.t) * Zarith.t) list
  -> (Zarith.t * Zarith.t) list -> Zarith.t -> (Zarith.t * Zarith.t) list

val psteer :
  int list -> int -> (int * stair) list -> Zarith.t list -> Zarith.t list

val pooled_by : int list -> int -> (int * stair) list -> neurons

val found : int -> int list PositiveMap.t -> int list

val buckets : int -> int list -> int list PositiveMap.t

val is_nil : 'a1 list -> bool

val members : int -> int list -> int list list

val sizes_of : int list list -> int list

val pooled_units : int list -> stair list -> neurons option

val taps_from : int -> Zarith.t list -> (int * Zarith.t) list

val conv_row :
  shape -> Zarith.t list -> int -> int -> int -> (int * Zarith.t) list

val conv_rows : shape -> Zarith.t list list -> (int * Zarith.t) list list

val select_row : (int option * Zarith.t) -> (int * Zarith.t) list

val select_rows :
  int option list -> Zarith.t list -> (int * Zarith.t) list list

val dense_t :
  Zarith.t list list -> Zarith.t list -> Zarith.t list -> Zarith.t list

val row_range :
  Zarith.t list -> (Zarith.t * Zarith.t) list -> Zarith.t -> Zarith.t ->
  Zarith.t * Zarith.t

val dense : Zarith.t list list -> op

val srow_t :
  Zarith.t -> (int * Zarith.t) list -> Zarith.t list -> Zarith.t list

val srange :
  (int * Zarith.t) list -> (Zarith.t * Zarith.t) list -> Zarith.t * Zarith.t

val sparse_t :
  (int * Zarith.t) list list -> Zarith.t list -> Zarith.t list -> Zarith.t
  list

val sparse : (int * Zarith.t) list list -> op

val gaps : int -> (int * Zarith.t) list -> (int * Zarith.t) list option

val walk : (int * Zarith.t) list -> Zarith.t list -> Zarith.t

val walk_range :
  (int * Zarith.t) list -> (Zarith.t * Zarith.t) list -> Zarith.t * Zarith.t

val behind :
  int -> (Zarith.t list -> Zarith.t list) -> Zarith.t list -> Zarith.t list

val walk_t :
  Zarith.t -> (int * Zarith.t) list -> Zarith.t list -> Zarith.t list

val walks :
  (int * (int * Zarith.t) list) list -> Zarith.t list -> Zarith.t list

val walks_range :
  (int * (int * Zarith.t) list) list -> (Zarith.t * Zarith.t) list ->
  (Zarith.t * Zarith.t) list

val walks_t :
  (int * (int * Zarith.t) list) list -> Zarith.t list -> Zarith.t list ->
  Zarith.t list

val runs_t :
  (int * (int * Zarith.t) list) list list -> Zarith.t list -> Zarith.t list
  -> Zarith.t list

val runs :
  int -> (int * Zarith.t) list list -> (int * (int * Zarith.t) list) list
  list option

val walked : (int * (int * Zarith.t) list) list list -> op

val of_rows : (int * Zarith.t) list list -> op

val most_size : Zarith.t

val product : int list -> Zarith.t

val shape_fits : int -> int -> shape -> bool

val matrix_fits : int -> int -> matrix -> bool

val most_shift : Zarith.t

val kind_fits : staircase -> bool

val layer_fits : int list -> layer -> bool

val layers_fit : int list -> layer list -> bool

val network_fits : network -> bool

val is_input : network -> Zarith.t list -> bool

val n_classes : network -> int

val between : Zarith.t list -> Zarith.t list -> Zarith.t list -> bool

val claim_fits : network -> claim -> bool

val op_of : matrix -> op

val stair_of : staircase -> ostair option

val op_terms : layer -> (int * op) list

val stairs_of : layer -> ostair list option

val units_for : layer -> stair list -> neurons option

val block_of : layer -> block option

type compiled = { outs : ostair list; last : layer; inner : net }

val compile : network -> compiled option

val net_of : compiled -> net

val clip :
  Zarith.t -> Zarith.t list -> Zarith.t list -> (Zarith.t * Zarith.t) list

val start_box : network -> claim -> Zarith.t -> (Zarith.t * Zarith.t) list

val check_robust_claim :
  network -> compiled -> claim -> Zarith.t -> int -> ('a1 -> 'a1 source) ->
  'a1 -> bool

val near : Zarith.t -> Zarith.t list -> Zarith.t list -> bool

val is_inside : network -> claim -> Zarith.t list -> bool

val check_replay : network -> compiled -> claim -> bool

val space : char

val newline : char

val minus : char

val digit : Zarith.t -> char

val value : char -> Zarith.t

val print_digits : int -> Zarith.t -> char list -> char list

val read_digits : Zarith.t -> char list -> Zarith.t * char list

val print_number : Zarith.t -> char list -> char list

val read_number : char list -> Zarith.t * char list

val print_numbers : Zarith.t list -> char list -> char list

val print_line : (char list * Zarith.t list) -> char list -> char list

val print_lines : (char list * Zarith.t list) list -> char list

val ends_word : char -> bool

val read_word : char list -> char list * char list

val read_numbers : int -> char list -> (Zarith.t list * char list) option

val read_lines : int -> char list -> (char list * Zarith.t list) list option

val w : char list -> char list

val text_eqb : char list -> char list -> bool

val is_hash : char list -> bool

val sha256 : char list

val flat : (int * Zarith.t) list -> Zarith.t list

val shape_numbers : shape -> Zarith.t list

val column_number : int option -> Zarith.t

val term_lines : (int * matrix) -> (char list * Zarith.t list) list

val kind_line : staircase -> char list * Zarith.t list

val pools_lines : int list -> (char list * Zarith.t list) list

val layer_lines : layer -> (char list * Zarith.t list) list

val network_lines : network -> (char list * Zarith.t list) list

type collected = { c_rows : Zarith.t list list;
                   c_taps : (int * Zarith.t) list list;
                   c_terms : (int * matrix) list; c_biases : Zarith.t list;
                   c_kinds : staircase list; c_which : int list;
                   c_pools : int list; c_layers : layer list }

val nothing : collected

val pairs : Zarith.t list -> (int * Zarith.t) list

val source_of : Zarith.t list -> int

val column_of : Zarith.t -> int option

val shape_of : Zarith.t list -> shape

val with_term : collected -> (int * matrix) -> collected

val with_kind : collected -> staircase -> collected

val with_rows :
  collected -> Zarith.t list list -> (int * Zarith.t) list list -> collected

val with_numbers :
  collected -> Zarith.t list -> int list -> int list -> collected

val with_layers : layer list -> collected

val is_word_of : char list -> char list -> bool

val collect : (char list * Zarith.t list) -> collected -> collected

val network_of : (char list * Zarith.t list) list -> network option

val within_lines : neighbourhood -> (char list * Zarith.t list) list

val says_line : verdict -> char list * Zarith.t list

val claim_lines : claim -> (char list * Zarith.t list) list

val verdict_of : (char list * Zarith.t list) -> verdict

val claim_of : (char list * Zarith.t list) list -> claim option

val print_network : network -> char list

val print_claim : claim -> char list

val read_as :
  ((char list * Zarith.t list) list -> 'a1 option) -> ('a1 -> char list) ->
  char list -> 'a1 option

val read_network : char list -> network option

val read_claim : char list -> claim option

val most_raw : Zarith.t

val most_multiplier : Zarith.t

val most_number : Zarith.t

val most_name : Zarith.t

val most_fraction : Zarith.t

val most_unit : Zarith.t

val most_weight : Zarith.t

val most_cut_unit : Zarith.t

val most_uses : Zarith.t

val version : Zarith.t

type stream = { name : Zarith.t; radius : Zarith.t; from : int; upto : int }

type place0 = { at_ : int; stop : int; is_first : bool; base : Zarith.t;
                taken : Zarith.t; source_base : Zarith.t;
                source_nodes : Zarith.t; cuts : cutting PositiveMap.t;
                n_cuts : Zarith.t; self : Zarith.t; todo : stream list;
                done0 : ((Zarith.t * Zarith.t) * Zarith.t) list }

val raw : (int -> int) -> int -> int -> int -> (Zarith.t * int) option

val number : (int -> int) -> Zarith.t -> int -> int -> (Zarith.t * int) option

val signed : (int -> int) -> int -> int -> (Zarith.t * int) option

val run :
  (int -> int) -> 'a1 -> (int -> int -> (('a1 * bool) * int) option) -> int
  -> Zarith.t -> int -> int -> (('a1 list * Zarith.t) * int) option

val whole_run :
  (int -> int) -> 'a1 -> (int -> int -> (('a1 * bool) * int) option) -> int
  -> int -> int -> ('a1 list * int) option

val multiplier : (int -> int) -> int -> int -> (Zarith.t * int) option

val one_multiplier :
  (int -> int) -> int -> int -> ((Zarith.t * bool) * int) option

val one_slope :
  (int -> int) -> int -> int -> (((Zarith.t * Zarith.t) * bool) * int) option

val one_choice :
  (int -> int) -> int -> int -> (((bool * bool) * bool) * int) option

val rows :
  (int -> int) -> int list -> Zarith.t -> Zarith.t list list -> int -> int ->
  (Zarith.t list list * int) option

val depth : int list -> int

val n_acc : int list -> Zarith.t

val layer_of : int list -> Zarith.t -> int * int

val part_step_at :
  (int -> int) -> int list -> Zarith.t -> (Zarith.t * cutting) list -> int ->
  int -> (step * int) option

val bound_at :
  (int -> int) -> int list -> Zarith.t -> (Zarith.t * cutting) list -> int ->
  int -> (step * int) option

val block_at :
  (int -> int) -> int list -> int -> int -> ((int * int) * int) option

val slopes_at :
  (int -> int) -> int list -> (Zarith.t * (Zarith.t * Zarith.t) list) list ->
  int -> int -> ((Zarith.t * (Zarith.t * Zarith.t) list) list * int) option

val bounds_at :
  (int -> int) -> int list -> (Zarith.t * (Zarith.t * Zarith.t) list) list ->
  int -> int -> (step * int) option

val some_uses :
  (int -> int) -> cutting PositiveMap.t -> Zarith.t -> int -> int -> int ->
  ((Zarith.t * cutting) list * int) option

val uses_at :
  (int -> int) -> place0 -> int -> int -> ((Zarith.t * cutting) list * int)
  option

val steps_at :
  (int -> int) -> int list -> int -> place0 -> bool ->
  (Zarith.t * (Zarith.t * Zarith.t) list) list -> (Zarith.t * cutting) list
  -> int -> int -> step list option

val find_source :
  Zarith.t -> ((Zarith.t * Zarith.t) * Zarith.t) list ->
  (Zarith.t * Zarith.t) option

val open_stream :
  (int -> int) -> Zarith.t -> Zarith.t -> bool -> Zarith.t ->
  ((Zarith.t * Zarith.t) * Zarith.t) list -> stream -> stream list -> place0
  option

val open_next :
  (int -> int) -> Zarith.t -> Zarith.t -> Zarith.t ->
  ((Zarith.t * Zarith.t) * Zarith.t) list -> stream list -> place0 option

val go_on : place0 -> int -> Zarith.t -> place0

val find_key : int -> Zarith.t -> Zarith.t -> (int * int) list -> int option

val part_at :
  (int -> int) -> (int * int) list -> place0 -> int -> (record * place0)
  option

val split_at :
  (int -> int) -> int list -> int -> place0 -> Zarith.t -> step list -> int
  -> (record * place0) option

val node_at :
  (int -> int) -> int list -> int -> place0 -> Zarith.t -> int ->
  (record * place0) option

val move_at : (int -> int) -> place0 -> int -> (record * place0) option

val one_seven : (int -> int) -> int -> int -> ((Zarith.t * bool) * int) option

val bits : int -> Zarith.t -> bool list

val with_cut : place0 -> int -> cutting -> place0

val cut_at :
  (int -> int) -> int list -> int -> place0 -> int -> (record * place0) option

val record_at :
  (int -> int) -> int list -> int -> (int * int) list -> place0 -> Zarith.t
  -> int -> (record * place0) option

val more :
  (int -> int) -> int list -> int -> (int * int) list -> Zarith.t -> Zarith.t
  -> place0 -> place0 source

val streams : (int -> int) -> int -> int -> int -> stream list option

type prepared = { plain : network; ready : compiled }

val prepare : char list -> prepared option

type bytes = { proof_byte : (int -> int); proof_size : int }

val attempt : prepared -> claim -> bytes -> stream list -> bool

val attempts : prepared -> claim -> bytes -> stream list -> bool

type answer =
| Holds
| Refused
| Malformed

val check_claim : prepared -> char list -> bytes -> answer
