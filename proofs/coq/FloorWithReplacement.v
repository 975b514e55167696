(** RMSprop with replacement on Huber's function: the direction's bias at the minimiser
    keeps the average gradient above a floor, for every step size and horizon.

    f is Huber's function with threshold X + 1, theta_0 = 1; the gradient at step t is
    f'(theta_(t-1)) plus an offset of size X at most, drawn independently. *)
From Coq Require Import Reals Lra Psatz List.
From ADOPT Require Import FiniteSum Holder Space Paths Floor FloorNormaliser.
Import ListNotations.
Open Scope R_scope.

Section Adam.
Context {K : Type}.
Variables (ks : list K) (p offset : K -> R) (f : form) (eps X al b1 b2 : R) (T : nat).
Notation D := (normaliser f eps).

(** the largest stochastic gradient *)
Definition B : R := 2 * X + 1.

(** (theta_t, m_t, v_t); the t-th draw is xi_t *)
Fixpoint adam (t : nat) (xi : nat -> K) : R * R * R :=
  match t with
  | O => (1, 0, 0)
  | S t' =>
      let '(theta, m, v) := adam t' xi in
      let g := slope (X + 1) theta + offset (xi t) in
      let m' := b1 * m + (1 - b1) * g in
      let v' := b2 * v + (1 - b2) * g ^ 2 in
      (theta - al * (m' / D v'), m', v')
  end.
Definition theta (t : nat) (xi : nat -> K) : R := fst (fst (adam t xi)).
(** f'(theta_t) *)
Definition gradient (t : nat) (xi : nat -> K) : R := slope (X + 1) (theta t xi).

Hypothesis p_nonneg : forall x, 0 <= p x.
Hypothesis p_sum : lsum ks p = 1.
Hypothesis Hoff : forall x, Rabs (offset x) <= X.
Hypothesis He : 0 < eps.
Hypothesis Hal : 0 < al.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 < 1.
Hypothesis HT : (1 <= T)%nat.
Hypothesis HX : 0 <= X.

Definition draws : space := paths ks (fun _ => p) T (fun _ => p_nonneg) (fun _ => p_sum).

Definition moment (t : nat) (xi : nat -> K) : R := snd (fst (adam t xi)).
Definition second (t : nat) (xi : nat -> K) : R := snd (adam t xi).
(** g_t and the direction u_t; nothing at t = 0 *)
Definition input (t : nat) (xi : nat -> K) : R := gradient (pred t) xi + offset (xi t).
Definition direction (t : nat) (xi : nat -> K) : R := moment t xi / D (second t xi).

Lemma theta_step t xi : theta (S t) xi = theta t xi - al * direction (S t) xi.
Proof. unfold theta, direction, moment, second. cbn [adam]. destruct (adam t xi) as [[x m] v]. reflexivity. Qed.
Lemma moment_step t xi : moment (S t) xi = b1 * moment t xi + (1 - b1) * input (S t) xi.
Proof. unfold moment, input, gradient, theta. cbn [adam pred]. destruct (adam t xi) as [[x m] v]. reflexivity. Qed.
Lemma second_step t xi : second (S t) xi = b2 * second t xi + (1 - b2) * input (S t) xi ^ 2.
Proof. unfold second, input, gradient, theta. cbn [adam pred]. destruct (adam t xi) as [[x m] v]. reflexivity. Qed.

Lemma input_bound t xi : Rabs (input t xi) <= B.
Proof.
  unfold input, gradient, B. eapply Rle_trans; [apply Rabs_triang|].
  pose proof (slope_bound (X + 1) (theta (pred t) xi) ltac:(lra)). pose proof (Hoff (xi t)). lra.
Qed.

Lemma moment_bound t xi : Rabs (moment t xi) <= B.
Proof.
  induction t as [|t IH]; [unfold moment, B; simpl; rewrite Rabs_R0; lra|]. rewrite moment_step.
  apply abs_bounds in IH. pose proof (input_bound (S t) xi) as A. apply abs_bounds in A. apply abs_bounds. nra.
Qed.

Lemma second_range t xi : 0 <= second t xi <= B ^ 2.
Proof.
  induction t as [|t IH]; [unfold second; simpl adam; cbn [snd]; pose proof (pow2_ge_0 B); lra|].
  rewrite second_step. apply moment_range; [lra|exact IH|apply input_bound].
Qed.

Lemma direction_bound t xi : Rabs (direction t xi) <= B / eps.
Proof. apply quotient_bound; [exact He|apply second_range|apply moment_bound]. Qed.

Theorem adam_confined k : b1 ^ k * (B + 1) <= 1 -> forall t xi, Rabs (theta t xi) <= X + 1 + INR (S k) * (al * (B / eps)).
Proof.
  intros Hk t xi. assert (HB : 0 <= B) by (unfold B; lra).
  apply (confinement (X + 1) al B (B / eps) 1 b1 k Hal HB ltac:(apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat, He]) Rlt_0_1 Hb1 Hk
    (fun n => theta n xi) (fun n => moment n xi) (fun n => direction n xi) (fun n => input n xi)).
  - unfold theta. simpl. rewrite Rabs_R1. lra.
  - reflexivity.
  - intro n. apply theta_step.
  - intro n. apply moment_step.
  - intro n. apply direction_bound.
  - intros n H. unfold direction. pose proof (normaliser_pos f eps He _ (proj1 (second_range (S n) xi))) as P.
    apply Rmult_le_pos; [exact H|left; apply Rinv_0_lt_compat, P].
  - intros n H. unfold direction, Rdiv. pose proof (normaliser_pos f eps He _ (proj1 (second_range (S n) xi))) as P.
    apply Rinv_0_lt_compat in P. nra.
  - intro n. apply input_bound.
  - intros n H. unfold input, gradient. cbn [pred]. pose proof (Hoff (xi (S n))) as O. apply abs_bounds in O.
    unfold slope. rewrite Rmin_left, Rmax_right by lra. lra.
  - intros n H. unfold input, gradient. cbn [pred]. pose proof (Hoff (xi (S n))) as O. apply abs_bounds in O.
    unfold slope. rewrite Rmin_right, Rmax_left by lra. lra.
Qed.

Lemma adam_measurable t : measurable (S := draws) t (adam t).
Proof.
  revert t. apply draws_measurable; [intros w w' E|intros t w w' E1 E2]; cbn [adam]; [reflexivity|].
  rewrite E1, E2. reflexivity.
Qed.

End Adam.

Section Rmsprop.
Context {K : Type}.
Variables (ks : list K) (p offset : K -> R) (f : form) (eps X al b2 side eta : R) (T : nat).
Notation D := (normaliser f eps).
Hypothesis p_nonneg : forall x, 0 <= p x.
Hypothesis p_sum : lsum ks p = 1.
Hypothesis Hoff : forall x, Rabs (offset x) <= X.
Hypothesis He : 0 < eps.
Hypothesis Hal : 0 < al.
Hypothesis Hb2 : 0 <= b2 < 1.
Hypothesis HT : (1 <= T)%nat.
Hypothesis HX : 0 <= X.
Hypothesis Hside : side = 1 \/ side = -1.
(** The mean direction at the minimiser, from every second moment b2 v that can occur. *)
Hypothesis drift : forall b, 0 <= b <= b2 * B X ^ 2 ->
  eta <= side * lsum ks (fun x => p x * (offset x / D (b + (1 - b2) * offset x ^ 2))).

Notation sp := (draws ks p T p_nonneg p_sum).
Notation run := (adam offset f eps X al 0 b2).
Notation grad := (gradient offset f eps X al 0 b2).
Notation direct := (direction offset f eps X al 0 b2).

Lemma rmsprop_drift t : (t < T)%nat ->
  eta - / eps * expect (s := sp) (fun w => Rabs (grad t w)) <= side * expect (s := sp) (direct (S t)).
Proof.
  intro Ht. pose (h := fun (a : R * R * R) (x : K) =>
    let g := slope (X + 1) (fst (fst a)) + offset x in (0 * snd (fst a) + (1 - 0) * g) / D (b2 * snd a + (1 - b2) * g ^ 2)).
  assert (E : expect (s := sp) (direct (S t)) = expect (s := sp) (fun w => lsum ks (fun x => p x * h (run t w) x))).
  { rewrite <- (expect_cond sp t). apply expect_ext; intro w.
    transitivity (cond (s := sp) t (fun w => h (run t w) (w (S t))) w).
    - apply cond_ext; intro w'. unfold direction, moment, second, h. cbn [adam]. destruct (run t w') as [[x m] v]. reflexivity.
    - apply (cond_answer ks (fun _ => p) T _ _ t (run t) h w Ht). apply adam_measurable. }
  rewrite E, <- !expect_scal.
  rewrite <- (expect_const (S := sp) eta) at 1. rewrite <- expect_minus. apply expect_le; intro w.
  pose proof (second_range offset f eps X al 0 b2 Hoff Hb2 HX t w) as V. unfold second in V.
  unfold gradient, theta. destruct (run t w) as [[x m] v]. cbn [fst snd] in *.
  set (y := slope (X + 1) x). set (b := b2 * v) in *.
  assert (Hb : 0 <= b <= b2 * B X ^ 2) by (unfold b; split; [apply Rmult_le_pos; lra|apply Rmult_le_compat_l; lra]).
  pose proof (drift b Hb) as Dr.
  (* each term is 1/eps-Lipschitz in y *)
  set (l0 := lsum ks (fun x => p x * (offset x / D (b + (1 - b2) * offset x ^ 2)))) in *.
  set (l1 := lsum ks (fun x0 => p x0 * h (x, m, v) x0)).
  assert (C : l0 - / eps * Rabs y <= l1 <= l0 + / eps * Rabs y).
  { assert (Z : / eps * Rabs y = lsum ks (fun x => (/ eps * Rabs y) * p x)) by (rewrite lsum_scal, p_sum; ring).
    assert (P : forall x0, h (x, m, v) x0 - / eps * Rabs y <= offset x0 / D (b + (1 - b2) * offset x0 ^ 2) <= h (x, m, v) x0 + / eps * Rabs y).
    { intro x0. pose proof (own_lipschitz f eps He b (1 - b2) (proj1 Hb) ltac:(lra) (y + offset x0) (offset x0)) as A.
      replace (y + offset x0 - offset x0) with y in A by ring. apply abs_bounds in A. unfold h, fst, snd. fold y.
      fold b. replace (0 * m + (1 - 0) * (y + offset x0)) with (y + offset x0) by ring. lra. }
    rewrite Z. unfold l0, l1. split.
    - cut (lsum ks (fun x => p x * (offset x / D (b + (1 - b2) * offset x ^ 2))) <= lsum ks (fun x0 => p x0 * h (x, m, v) x0) + lsum ks (fun x => / eps * Rabs y * p x)); [lra|].
      rewrite <- lsum_plus. apply lsum_le; intro x0. pose proof (P x0). pose proof (p_nonneg x0). nra.
    - rewrite <- lsum_plus. apply lsum_le; intro x0. pose proof (P x0). pose proof (p_nonneg x0). nra. }
  destruct Hside as [-> | ->]; lra.
Qed.

Theorem rmsprop_floor :
  eta - (1 + (X + 1 + INR 2 * (al * (B X / eps)))) / (al * INR T)
  <= / eps * average (fun t => path_expect ks (fun _ => p) T (fun xi => Rabs (grad (pred t) xi))) T.
Proof.
  assert (C := adam_confined offset f eps X al 0 b2 Hoff He Hal ltac:(lra) Hb2 HX 1 ltac:(simpl; lra) T).
  pose proof (floor_under_gradient (S := sp) (theta offset f eps X al 0 b2) direct grad T al side _ eta (/ eps) 0 0 HT Hal Hside
    (fun _ => eq_refl) (theta_step offset f eps X al 0 b2) C) as F.
  replace (eta - 0 * al - 0 / INR T) with eta in F by (unfold Rdiv; ring). apply F. clear F.
  unfold sum_1_to. pose proof (nsum_le (fun t => eta + - / eps * expect (s := sp) (fun w => Rabs (grad t w)))
    (fun t => side * expect (s := sp) (direct (S t))) T) as N.
  rewrite nsum_plus, nsum_const, !nsum_scal in N.
  assert (N' : forall j, (j < T)%nat -> eta + - / eps * expect (s := sp) (fun w => Rabs (grad j w)) <= side * expect (s := sp) (direct (S j))).
  { intros j Hj. pose proof (rmsprop_drift j Hj). lra. }
  specialize (N N'). cbn [pred]. lra.
Qed.

End Rmsprop.

(** *** Two offsets, -side A with probability q and side h otherwise, of mean 0 and A >= h *)
Section TwoOffsets.
Variables (A h q side : R).
Hypothesis Hside : side = 1 \/ side = -1.
Hypothesis HA : 0 <= h <= A.
Hypothesis Hq : 0 <= q <= 1.
Hypothesis mean_zero : q * A = (1 - q) * h.

Definition pair_offset (x : bool) : R := if x then - side * A else side * h.
Definition pair_prob (x : bool) : R := if x then q else 1 - q.

Lemma pair_prob_nonneg x : 0 <= pair_prob x.
Proof. destruct x; simpl; lra. Qed.
Lemma pair_prob_sum : lsum [true; false] pair_prob = 1.
Proof. simpl. ring. Qed.
Lemma pair_mean : lsum [true; false] (fun x => pair_prob x * pair_offset x) = 0.
Proof. simpl. destruct Hside as [-> | ->]; lra. Qed.
Lemma pair_bound x : Rabs (pair_offset x) <= A.
Proof. apply abs_bounds. destruct x; simpl; destruct Hside as [-> | ->]; lra. Qed.

Lemma pair_drift f eps b c : side * lsum [true; false] (fun x => pair_prob x * (pair_offset x / normaliser f eps (b + c * pair_offset x ^ 2)))
  = q * A * gap f eps h A c b.
Proof.
  unfold gap. cbn [lsum pair_prob pair_offset].
  assert (E : side * side = 1) by (destruct Hside as [-> | ->]; ring).
  replace ((- side * A) ^ 2) with (side * side * A ^ 2) by ring. replace ((side * h) ^ 2) with (side * side * h ^ 2) by ring.
  rewrite E, !Rmult_1_l. unfold Rdiv.
  transitivity (side * side * ((1 - q) * h * / normaliser f eps (b + c * h ^ 2) - q * A * / normaliser f eps (b + c * A ^ 2))); [ring|].
  rewrite E, <- mean_zero. ring.
Qed.

(** The floor is decided by two numbers: the gap at both ends of what v can be. *)
Theorem rmsprop_floor_two_offsets (f : form) (eps al b2 least : R) (T : nat) :
  0 < eps -> 0 < al -> 0 <= b2 < 1 -> (1 <= T)%nat ->
  least <= gap f eps h A (1 - b2) 0 -> least <= gap f eps h A (1 - b2) (b2 * B A ^ 2) ->
  q * A * least - (1 + (A + 1 + INR 2 * (al * (B A / eps)))) / (al * INR T)
  <= / eps * average (fun t => path_expect [true; false] (fun _ => pair_prob) T
       (fun xi => Rabs (gradient pair_offset f eps A al 0 b2 (pred t) xi))) T.
Proof.
  intros He Hal Hb2 HT L0 L1. apply (rmsprop_floor [true; false] pair_prob pair_offset f eps A al b2 side (q * A * least) T
    pair_prob_nonneg pair_prob_sum pair_bound He Hal Hb2 HT ltac:(lra) Hside).
  intros b Hb. rewrite pair_drift. apply Rmult_le_compat_l; [apply Rmult_le_pos; lra|].
  eapply Rle_trans; [|apply (gap_at_the_ends f eps He h A (1 - b2) b (b2 * B A ^ 2)); lra]. apply Rmin_glb; assumption.
Qed.

(** alpha = a / T^r: the average of (E|f'|^(4/3))^(3/2) stays above a constant, so no rate holds. *)
Theorem rmsprop_no_rate (f : form) (eps b2 a r rate c : R) : h < A -> 0 < q -> 0 < eps -> 0 <= b2 < 1 ->
  (f = largest -> eps ^ 2 < (1 - b2) * A ^ 2) -> 0 < a -> 0 < r < 1 -> 0 < rate ->
  ~ (exists N, forall T, (N <= T)%nat ->
      average (fun t => rpow (path_expect [true; false] (fun _ => pair_prob) T (fun xi =>
        rpow (Rabs (gradient pair_offset f eps A (a * Rpower (INR T) (- r)) 0 b2 (pred t) xi)) (4 / 3))) (3 / 2)) T
      <= c * Rpower (INR T) (- rate)).
Proof.
  intros Hh Pq He Hb2 HL Ha Hr Hrate. set (c0 := 1 - b2). set (last := b2 * B A ^ 2).
  assert (Pc : 0 < c0) by (unfold c0; lra).
  assert (Hlast : 0 <= last) by (unfold last; apply Rmult_le_pos; [lra|apply pow2_ge_0]).
  set (least := Rmin (gap f eps h A c0 0) (gap f eps h A c0 last)).
  assert (Pl : 0 < least).
  { apply Rmin_glb_lt; apply gap_positive; try assumption; lra. }
  assert (PB : 0 < B A) by (unfold B; lra).
  set (al := fun T => a * Rpower (INR T) (- r)).
  assert (Pal : forall T, 0 < al T) by (intro T; apply Rmult_lt_0_compat; [exact Ha|apply RealPowers.Rpower_pos]).
  apply (floor_excludes_rates al (fun T => average (fun t => path_expect [true; false] (fun _ => pair_prob) T
      (fun xi => Rabs (gradient pair_offset f eps A (al T) 0 b2 (pred t) xi))) T)
    (q * A * least) (/ eps) 0 0 (A + 1) (INR 2 * (B A / eps))) with (k := 1).
  - apply Rmult_lt_0_compat; [apply Rmult_lt_0_compat; lra|exact Pl].
  - apply Rinv_0_lt_compat, He.
  - intros T _. apply Pal.
  - apply power_vanishes; lra.
  - apply power_enough; lra.
  - intros T HT. pose proof (rmsprop_floor_two_offsets f eps (al T) b2 least T He (Pal T) Hb2 HT (Rmin_l _ _) (Rmin_r _ _)) as F.
    replace (A + 1 + INR 2 * (B A / eps) * al T) with (A + 1 + INR 2 * (al T * (B A / eps))) by ring.
    replace (q * A * least - 0 * al T - 0 / INR T) with (q * A * least) by (unfold Rdiv; ring). exact F.
  - exact Rlt_0_1.
  - exact Hrate.
  - intros T HT. rewrite Rmult_1_l. apply (average_power_mean (S := draws [true; false] pair_prob T pair_prob_nonneg pair_prob_sum)
      (gradient pair_offset f eps A (al T) 0 b2) T HT).
Qed.

End TwoOffsets.

(** Whatever beta2 < 1 and eps: offsets 4 s with probability 1/5 and -s with probability 4/5, for s large enough. *)
Theorem rmsprop_fails_for_every_beta2 (f : form) (eps b2 s a r rate c : R) : 0 < eps -> 0 <= b2 < 1 -> 0 < s ->
  eps ^ 2 < (1 - b2) * (4 * s) ^ 2 -> 0 < a -> 0 < r < 1 -> 0 < rate ->
  ~ (exists N, forall T, (N <= T)%nat ->
      average (fun t => rpow (path_expect [true; false] (fun _ => pair_prob (/ 5)) T (fun xi =>
        rpow (Rabs (gradient (pair_offset (4 * s) s (-1)) f eps (4 * s) (a * Rpower (INR T) (- r)) 0 b2 (pred t) xi)) (4 / 3))) (3 / 2)) T
      <= c * Rpower (INR T) (- rate)).
Proof. intros. apply rmsprop_no_rate; auto; lra. Qed.
