(** The textbook setting: an objective on R^D, an oracle that sees one of N noise
    symbols per step, iterates as functions of the noise sequence, expectations
    as sums over all noise paths.  Definitions only; nothing here depends on the proofs. *)
From Coq Require Import Reals Lra Psatz List FinFun.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Holder Paths.
Import ListNotations.
Open Scope R_scope.

(** All elements of [Fin.t n]. *)
Fixpoint fins (n : nat) : list (Fin.t n) :=
  match n with
  | O => []
  | S n' => Fin.F1 :: map Fin.FS (fins n')
  end.

Lemma fins_all n (i : Fin.t n) : In i (fins n).
Proof. induction i; simpl; [left; reflexivity|right; apply in_map; assumption]. Qed.

Lemma fins_nodup n : NoDup (fins n).
Proof.
  induction n as [|n IH]; simpl; constructor.
  - intro H. apply in_map_iff in H. destruct H as [x [Hx _]]. discriminate.
  - apply Injective_map_NoDup; [|exact IH]. intros x y; apply Fin.FS_inj.
Qed.

Lemma length_fins n : length (fins n) = n.
Proof. induction n as [|n IH]; simpl; [reflexivity|]. rewrite map_length, IH. reflexivity. Qed.

Notation vec D := (Fin.t D -> R).

Record model (D N : nat) := Model {
  obj : vec D -> R;
  grad : vec D -> vec D;
  prob : Fin.t N -> R;
  oracle : vec D -> Fin.t N -> vec D;
  start : vec D }.
Arguments obj {D N}. Arguments grad {D N}. Arguments prob {D N}. Arguments oracle {D N}. Arguments start {D N}.

(** The symbols' weights are a probability; f has the Frechet gradient [grad];
    A1 (f >= f_inf) and A3 (L-smooth). *)
Record standing {D N} (Q : model D N) (L f_inf : R) : Prop := Standing {
  weights_nonneg : forall k, 0 <= prob Q k;
  weights_sum : lsum (fins N) (prob Q) = 1;
  frechet : is_frechet_gradient (fins D) (obj Q) (grad Q);
  lower_bounded : forall x, f_inf <= obj Q x;
  L_nonneg : 0 <= L;
  smooth_L : lipschitz (fins D) L (grad Q) }.

(** A2 *)
Definition unbiased_oracle {D N} (Q : model D N) : Prop :=
  forall x i, lsum (fins N) (fun k => prob Q k * oracle Q x k i) = grad Q x i.
(** N6 in place of A2: the mean of the oracle is within delta of the gradient. *)
Definition biased_oracle {D N} (Q : model D N) (delta : R) : Prop :=
  forall x, norm (fins D) (vsub (fun i => lsum (fins N) (fun k => prob Q k * oracle Q x k i)) (grad Q x)) <= delta.

Record parameters (b1 b2 e : R) : Prop := Ranges {
  b1_range : 0 <= b1 < 1; b2_range : 0 <= b2 <= 1; e_pos : 0 < e }.

Section Iterates.
Context {D N : nat}.
Variable Q : model D N.

(** E F(xi_0, ..., xi_T). *)
Definition Expect (T : nat) (F : (nat -> Fin.t N) -> R) : R := path_expect (fins N) (fun _ => prob Q) T F.

(** (theta_t, m_t, v_t): ADOPT in Algorithm 2's form. *)
Fixpoint adopt_iterate (al : nat -> R) (b1 b2 e : R) (t : nat) (xi : nat -> Fin.t N) : vec D * vec D * vec D :=
  match t with
  | O => (start Q, (fun _ => 0), (fun i => oracle Q (start Q) (xi O) i ^ 2))
  | S t' =>
      let '(theta, m, v) := adopt_iterate al b1 b2 e t' xi in
      let gt := oracle Q theta (xi t) in
      let m' := fun i => b1 * m i + (1 - b1) * (gt i / Rmax (sqrt (v i)) e) in
      (fun i => theta i - al t * m' i, m', fun i => b2 * v i + (1 - b2) * gt i ^ 2)
  end.

(** Algorithm 1's start: m_1 = g_1 / s_0. *)
Fixpoint algorithm_1_iterate (al : nat -> R) (b1 b2 e : R) (t : nat) (xi : nat -> Fin.t N) : vec D * vec D * vec D :=
  match t with
  | O => (start Q, (fun _ => 0), (fun i => oracle Q (start Q) (xi O) i ^ 2))
  | S t' =>
      let '(theta, m, v) := algorithm_1_iterate al b1 b2 e t' xi in
      let gt := oracle Q theta (xi t) in
      let a := fun i => gt i / Rmax (sqrt (v i)) e in
      let m' := match t' with O => a | _ => fun i => b1 * m i + (1 - b1) * a i end in
      (fun i => theta i - al t * m' i, m', fun i => b2 * v i + (1 - b2) * gt i ^ 2)
  end.

(** Clipped ADOPT: a_t is cut to [-c_t, c_t] coordinate by coordinate. *)
Fixpoint clipped_iterate (c al : nat -> R) (b1 b2 e : R) (t : nat) (xi : nat -> Fin.t N) : vec D * vec D * vec D :=
  match t with
  | O => (start Q, (fun _ => 0), (fun i => oracle Q (start Q) (xi O) i ^ 2))
  | S t' =>
      let '(theta, m, v) := clipped_iterate c al b1 b2 e t' xi in
      let gt := oracle Q theta (xi t) in
      let m' := fun i => b1 * m i + (1 - b1) * Rmax (- c t) (Rmin (c t) (gt i / Rmax (sqrt (v i)) e)) in
      (fun i => theta i - al t * m' i, m', fun i => b2 * v i + (1 - b2) * gt i ^ 2)
  end.

(** RMSprop with the normaliser of the previous step (its momentum is the direction itself). *)
Fixpoint rmsprop_decorrelated_iterate (al : nat -> R) (b2 e : R) (t : nat) (xi : nat -> Fin.t N) : vec D * vec D * vec D :=
  match t with
  | O => (start Q, (fun _ => 0), (fun i => oracle Q (start Q) (xi O) i ^ 2))
  | S t' =>
      let '(theta, _, v) := rmsprop_decorrelated_iterate al b2 e t' xi in
      let gt := oracle Q theta (xi t) in
      let a := fun i => gt i / Rmax (sqrt (v i)) e in
      (fun i => theta i - al t * a i, a, fun i => b2 * v i + (1 - b2) * gt i ^ 2)
  end.

(** Quantities along the parameters X_0, X_1, ... of any of these. *)
Section Along.
Variables (X : nat -> (nat -> Fin.t N) -> vec D) (T : nat).

Definition stochastic_gradient (t : nat) (xi : nat -> Fin.t N) : vec D :=
  match t with O => oracle Q (start Q) (xi O) | S t' => oracle Q (X t' xi) (xi t) end.

(** M_t^(3/2) = (E ||grad f(theta_(t-1))||^(4/3))^(3/2), 1 <= t <= T *)
Definition measure (t : nat) : R :=
  rpow (Expect T (fun xi => rpow (norm (fins D) (grad Q (X (pred t) xi))) (4 / 3))) (3 / 2).

(** A5 along the iterates, unconditional and given the past. *)
Definition second_moment (G : R) : Prop := forall t, (t <= T)%nat ->
  Expect T (fun xi => norm (fins D) (stochastic_gradient t xi) ^ 2) <= G ^ 2.
Definition conditional_second_moment (G : R) : Prop :=
  lsum (fins N) (fun k => prob Q k * norm (fins D) (oracle Q (start Q) k) ^ 2) <= G ^ 2 /\
  forall t, (t < T)%nat -> forall xi,
  lsum (fins N) (fun k => prob Q k * norm (fins D) (oracle Q (X t xi) k) ^ 2) <= G ^ 2.
(** A4 at a point, then at the start and along the iterates. *)
Definition variance_at (x : vec D) (i : Fin.t D) : R :=
  lsum (fins N) (fun k => prob Q k * (oracle Q x k i - grad Q x i) ^ 2).
Definition bounded_variance (sigma : R) : Prop :=
  lsum (fins D) (variance_at (start Q)) <= sigma ^ 2 /\
  forall t, (t < T)%nat -> forall xi, lsum (fins D) (variance_at (X t xi)) <= sigma ^ 2.
(** N2, coordinate by coordinate. *)
Definition affine_bounded_variance (sigma r : R) : Prop :=
  exists u, lsum (fins D) u <= sigma ^ 2 /\ (forall i, 0 <= u i) /\
  (forall i, variance_at (start Q) i <= u i + r * grad Q (start Q) i ^ 2) /\
  forall t, (t < T)%nat -> forall xi i, variance_at (X t xi) i <= u i + r * grad Q (X t xi) i ^ 2.
(** N2, in norm. *)
Definition normwise_bounded_variance (sigma r : R) : Prop :=
  lsum (fins D) (variance_at (start Q)) <= sigma ^ 2 + r * norm (fins D) (grad Q (start Q)) ^ 2 /\
  forall t, (t < T)%nat -> forall xi,
  lsum (fins D) (variance_at (X t xi)) <= sigma ^ 2 + r * norm (fins D) (grad Q (X t xi)) ^ 2.
(** A6 along the iterates, and the Polyak-Lojasiewicz inequality there. *)
Definition bounded_gradients (G : R) : Prop := forall t, (t <= T)%nat -> forall xi,
  norm (fins D) (stochastic_gradient t xi) <= G.
Definition polyak_lojasiewicz (mu f_inf : R) : Prop := forall t, (t < T)%nat -> forall xi,
  2 * mu * (obj Q (X t xi) - f_inf) <= norm (fins D) (grad Q (X t xi)) ^ 2.
(** (E (f(theta_(t-1)) - f_inf)^(2/3))^(3/2) *)
Definition value_measure (f_inf : R) (t : nat) : R :=
  rpow (Expect T (fun xi => rpow (obj Q (X (pred t) xi) - f_inf) (2 / 3))) (3 / 2).
End Along.

Definition theta_of (it : nat -> (nat -> Fin.t N) -> vec D * vec D * vec D) (t : nat) (xi : nat -> Fin.t N) : vec D :=
  fst (fst (it t xi)).

End Iterates.

Arguments theta_of {D N}.
