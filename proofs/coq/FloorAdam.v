(** Adam with replacement on Huber's function, any momentum beta1 < 1, with bias correction
    or without (RMSprop is beta1 = 0): a floor under the average gradient, for every step
    size and horizon, from a lower bound of the direction's drift at the minimiser.

    f is Huber's function with threshold X + 1, theta_0 = 1; the gradient at step t is
    f'(theta_(t-1)) plus an offset of size X at most, drawn independently.  Lag j of the
    momentum meets the normaliser of j steps later, which contains its own square. *)
From Coq Require Import Reals Lra Psatz List.
From ADOPT Require Import FiniteSum Holder Space Paths OneDraw Floor FloorNormaliser.
Import ListNotations.
Open Scope R_scope.

Section Adam.
Context {K : Type}.
Variables (ks : list K) (p offset : K -> R) (f : form) (eps X al b1 b2 : R) (corrected : bool) (T : nat).
Notation D := (normaliser f eps).

(** the largest stochastic gradient *)
Definition B : R := 2 * X + 1.
Notation U := (B / eps).

(** what m_t and v_t are multiplied by *)
Definition correction (b : R) (t : nat) : R := if corrected then / (1 - b ^ t) else 1.

(** (theta_t, m_t, v_t); the t-th draw is xi_t *)
Fixpoint adam (t : nat) (xi : nat -> K) : R * R * R :=
  match t with
  | O => (1, 0, 0)
  | S t' =>
      let '(theta, m, v) := adam t' xi in
      let g := slope (X + 1) theta + offset (xi t) in
      let m' := b1 * m + (1 - b1) * g in
      let v' := b2 * v + (1 - b2) * g ^ 2 in
      (theta - al * (correction b1 t * m' / D (correction b2 t * v')), m', v')
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
Definition direction (t : nat) (xi : nat -> K) : R := correction b1 t * moment t xi / D (correction b2 t * second t xi).

Lemma theta_step t xi : theta (S t) xi = theta t xi - al * direction (S t) xi.
Proof. unfold theta, direction, moment, second. cbn [adam]. destruct (adam t xi) as [[x m] v]. reflexivity. Qed.
Lemma moment_step t xi : moment (S t) xi = b1 * moment t xi + (1 - b1) * input (S t) xi.
Proof. unfold moment, input, gradient, theta. cbn [adam pred]. destruct (adam t xi) as [[x m] v]. reflexivity. Qed.
Lemma second_step t xi : second (S t) xi = b2 * second t xi + (1 - b2) * input (S t) xi ^ 2.
Proof. unfold second, input, gradient, theta. cbn [adam pred]. destruct (adam t xi) as [[x m] v]. reflexivity. Qed.

Lemma power_range b t : 0 <= b < 1 -> 0 <= b ^ t <= 1.
Proof. intro H. split; [apply pow_le; lra|rewrite <- (pow1 t); apply pow_incr; lra]. Qed.

Lemma correction_range b t : 0 <= b < 1 -> 1 <= correction b (S t) /\ correction b (S t) * (1 - b ^ S t) <= 1.
Proof.
  intro H. pose proof (power_range b t H). assert (P : 0 <= b ^ S t < 1) by (simpl pow; nra). unfold correction.
  destruct corrected; [|lra]. split; [|rewrite Rinv_l; lra].
  rewrite <- Rinv_1. apply Rinv_le_contravar; lra.
Qed.

Lemma input_bound t xi : Rabs (input t xi) <= B.
Proof.
  unfold input, gradient, B. eapply Rle_trans; [apply Rabs_triang|].
  pose proof (slope_bound (X + 1) (theta (pred t) xi) ltac:(lra)). pose proof (Hoff (xi t)). lra.
Qed.

Lemma moment_bound t xi : Rabs (moment t xi) <= (1 - b1 ^ t) * B.
Proof.
  induction t as [|t IH]; [unfold moment; simpl; rewrite Rabs_R0; lra|]. rewrite moment_step. simpl pow.
  apply abs_bounds in IH. pose proof (input_bound (S t) xi) as A. apply abs_bounds in A. apply abs_bounds. nra.
Qed.

Lemma input_square t xi : 0 <= input t xi ^ 2 <= B ^ 2.
Proof.
  split; [apply pow2_ge_0|]. rewrite <- pow2_abs. apply pow_incr. split; [apply Rabs_pos|apply input_bound].
Qed.

Lemma second_range t xi : 0 <= second t xi <= (1 - b2 ^ t) * B ^ 2.
Proof.
  induction t as [|t IH]; [unfold second; simpl adam; cbn [snd]; simpl pow; lra|].
  rewrite second_step. pose proof (input_square (S t) xi). simpl (b2 ^ S t). nra.
Qed.

Lemma corrected_second_range t xi : 0 <= correction b2 (S t) * second (S t) xi <= B ^ 2.
Proof.
  pose proof (correction_range b2 t Hb2) as [C1 C2]. pose proof (second_range (S t) xi) as [V1 V2]. pose proof (pow2_ge_0 B).
  split; [apply Rmult_le_pos; lra|].
  apply Rle_trans with (correction b2 (S t) * ((1 - b2 ^ S t) * B ^ 2)); [apply Rmult_le_compat_l; lra|].
  rewrite <- Rmult_assoc. rewrite <- (Rmult_1_l (B ^ 2)) at 2. apply Rmult_le_compat_r; lra.
Qed.

Lemma direction_bound t xi : Rabs (direction (S t) xi) <= U.
Proof.
  apply quotient_bound; [exact He|apply corrected_second_range|].
  pose proof (correction_range b1 t Hb1) as [C1 C2]. pose proof (moment_bound (S t) xi) as M. assert (0 <= B) by (unfold B; lra).
  rewrite Rabs_mult, (Rabs_right (correction _ _)) by lra.
  apply Rle_trans with (correction b1 (S t) * ((1 - b1 ^ S t) * B)); [apply Rmult_le_compat_l; lra|].
  rewrite <- Rmult_assoc. rewrite <- (Rmult_1_l B) at 2. apply Rmult_le_compat_r; lra.
Qed.

Theorem adam_confined k : b1 ^ k * (B + 1) <= 1 -> forall t xi, Rabs (theta t xi) <= X + 1 + INR (S k) * (al * U).
Proof.
  intros Hk t xi. assert (HB : 0 <= B) by (unfold B; lra).
  assert (Sign : forall n, 0 < correction b1 (S n) * / D (correction b2 (S n) * second (S n) xi)).
  { intro n. pose proof (correction_range b1 n Hb1). apply Rmult_lt_0_compat; [lra|].
    apply Rinv_0_lt_compat, (normaliser_pos f eps He), corrected_second_range. }
  assert (E : forall n, direction (S n) xi = moment (S n) xi * (correction b1 (S n) * / D (correction b2 (S n) * second (S n) xi)))
    by (intro n; unfold direction, Rdiv; ring).
  apply (confinement (X + 1) al B U 1 b1 k Hal HB ltac:(apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat, He]) Rlt_0_1 Hb1 Hk
    (fun n => theta n xi) (fun n => moment n xi) (fun n => direction n xi) (fun n => input n xi)).
  - unfold theta. simpl. rewrite Rabs_R1. lra.
  - reflexivity.
  - intro n. apply theta_step.
  - intro n. apply moment_step.
  - intro n. apply direction_bound.
  - intros n H. rewrite E. pose proof (Sign n). apply Rmult_le_pos; lra.
  - intros n H. rewrite E. pose proof (Sign n). nra.
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

Variables (side : R) (eta : nat -> R).
Hypothesis Hside : side = 1 \/ side = -1.
(** The least weight of g_t^2 in v_(t + j); it is the weight, unless bias correction makes it greater. *)
Definition share (j : nat) : R := (1 - b2) * b2 ^ j.
Hypothesis eta_nonneg : forall j, 0 <= eta j.
(** A floor for each lag that has a weight: whatever the rest of the second moment. *)
Hypothesis drift : forall j b c, b1 ^ j <> 0 -> share j <= c -> (corrected = false -> c = share j) -> 0 <= b <= (1 - c) * B ^ 2 ->
  eta j <= side * lsum ks (fun x => p x * (offset x / D (b + c * offset x ^ 2))).

Notation sp := draws.
Notation kappa := (b1 / (1 - b1)).

Lemma U_nonneg : 0 <= U.
Proof. apply Rmult_le_pos; [unfold B; lra|left; apply Rinv_0_lt_compat, He]. Qed.

Lemma share_range j : 0 <= share j <= 1.
Proof. unfold share. pose proof (power_range b2 j Hb2). nra. Qed.

Lemma theta_moves t j xi : Rabs (theta (t + j) xi - theta t xi) <= INR j * (al * U).
Proof.
  induction j as [|j IH]; [rewrite Nat.add_0_r; unfold Rminus; rewrite Rplus_opp_r, Rabs_R0; simpl; lra|].
  rewrite Nat.add_succ_r, theta_step, S_INR. pose proof (direction_bound (t + j) xi) as A.
  apply abs_bounds in IH. apply abs_bounds in A. apply abs_bounds. nra.
Qed.

(** *** One lag: g_(k+1) over the normaliser of j steps later, the gradients in between frozen at f'(theta_k) *)
Section Lag.
Variables (k : nat).
Definition frozen_input (i : nat) (w : nat -> K) : R := gradient k w + offset (w (S k + i)%nat).
(** v_(k+1+j) without the share of g_(k+1) *)
Fixpoint rest (j : nat) (w : nat -> K) : R :=
  match j with O => b2 * second k w | S j' => b2 * rest j' w + (1 - b2) * frozen_input j w ^ 2 end.

Lemma frozen_input_square i w : 0 <= frozen_input i w ^ 2 <= B ^ 2.
Proof.
  split; [apply pow2_ge_0|]. rewrite <- pow2_abs. apply pow_incr. split; [apply Rabs_pos|].
  unfold frozen_input, gradient, B. eapply Rle_trans; [apply Rabs_triang|].
  pose proof (slope_bound (X + 1) (theta k w) ltac:(lra)). pose proof (Hoff (w (S k + i)%nat)). lra.
Qed.

Lemma rest_range j w : 0 <= rest j w <= (1 - b2 ^ (S k + j) - share j) * B ^ 2.
Proof.
  induction j as [|j IH]; cbn [rest].
  - pose proof (second_range k w). rewrite Nat.add_0_r. unfold share. simpl pow. nra.
  - assert (E : share (S j) = b2 * share j) by (unfold share; simpl pow; ring). rewrite E, Nat.add_succ_r.
    change (b2 ^ S (S k + j)) with (b2 * b2 ^ (S k + j)). pose proof (frozen_input_square (S j) w). nra.
Qed.

Lemma arg_nonneg j w z : 0 <= rest j w + share j * z ^ 2.
Proof. pose proof (rest_range j w). pose proof (share_range j). pose proof (pow2_ge_0 z). nra. Qed.

Lemma input_first w : input (S k) w = frozen_input 0 w.
Proof. unfold input, frozen_input. cbn [pred]. rewrite Nat.add_0_r. reflexivity. Qed.

Lemma second_close j w : Rabs (sqrt (second (S k + j) w) - sqrt (rest j w + share j * frozen_input 0 w ^ 2))
  <= sqrt (1 - b2 ^ j) * (INR j * (al * U)).
Proof.
  pose proof U_nonneg as U0. assert (A0 : 0 <= al * U) by (apply Rmult_le_pos; lra). induction j as [|j IH].
  - rewrite Nat.add_0_r, second_step, input_first. cbn [rest].
    replace (b2 * second k w + share 0 * frozen_input 0 w ^ 2) with (b2 * second k w + (1 - b2) * frozen_input 0 w ^ 2) by (unfold share; ring).
    rewrite Rminus_diag_eq by reflexivity. rewrite Rabs_R0. simpl INR. lra.
  - rewrite Nat.add_succ_r, second_step. cbn [rest].
    replace (b2 * rest j w + (1 - b2) * frozen_input (S j) w ^ 2 + share (S j) * frozen_input 0 w ^ 2)
      with (b2 * (rest j w + share j * frozen_input 0 w ^ 2) + (1 - b2) * frozen_input (S j) w ^ 2) by (unfold share; simpl pow; ring).
    set (d := INR (S j) * (al * U)). assert (Hd : INR j * (al * U) <= d) by (apply Rmult_le_compat_r; [exact A0|apply le_INR; lia]).
    assert (Hd0 : 0 <= INR j * (al * U)) by (apply Rmult_le_pos; [apply pos_INR|exact A0]).
    pose proof (power_range b2 j Hb2) as Pj. pose proof (power_range b2 (S j) Hb2) as Pj'.
    eapply Rle_trans.
    + apply (moment_close_2 b2 _ _ _ _ (sqrt (1 - b2 ^ j) * (INR j * (al * U))) d); [lra|apply second_range|apply arg_nonneg|exact IH|].
      unfold input, frozen_input. cbn [pred]. replace (S k + S j)%nat with (S (S k + j)) by lia.
      replace (gradient (S k + j) w + offset (w (S (S k + j))) - (gradient k w + offset (w (S (S k + j))))) with (gradient (S k + j) w - gradient k w) by ring.
      unfold gradient. eapply Rle_trans; [apply slope_lipschitz; lra|].
      pose proof (theta_moves k (S j) w) as M. replace (k + S j)%nat with (S k + j)%nat in M by lia. exact M.
    + apply sqrt_le_square; [apply Rmult_le_pos; [apply sqrt_pos|lra]|].
      assert (Sq : (INR j * (al * U)) ^ 2 <= d ^ 2) by (apply pow_incr; lra). set (e0 := INR j * (al * U)) in *. clearbody e0 d.
      rewrite !Rpow_mult_distr, !pow2_sqrt by lra. simpl (b2 ^ S j).
      assert (Q : 0 <= b2 * (1 - b2 ^ j)) by (apply Rmult_le_pos; lra). nra.
Qed.

Variable j : nat.
Hypothesis Hk : (S k + j <= T)%nat.
Hypothesis Hj : b1 ^ j <> 0.
Notation scale := (correction b2 (S k + j)).

Lemma scaled_close w : Rabs (sqrt (scale * second (S k + j) w) - sqrt (scale * (rest j w + share j * frozen_input 0 w ^ 2)))
  <= INR j * (al * U).
Proof.
  pose proof (correction_range b2 (k + j) Hb2) as [C1 C2]. change (S (k + j)) with (S k + j)%nat in C1, C2. pose proof U_nonneg as U0.
  assert (A0 : 0 <= INR j * (al * U)) by (apply Rmult_le_pos; [apply pos_INR|apply Rmult_le_pos; lra]).
  rewrite !sqrt_mult_alt by lra. rewrite <- Rmult_minus_distr_l, Rabs_mult, (Rabs_right (sqrt scale)) by (apply Rle_ge, sqrt_pos).
  eapply Rle_trans; [apply Rmult_le_compat_l; [apply sqrt_pos|apply second_close]|].
  rewrite <- Rmult_assoc, <- sqrt_mult_alt by lra. rewrite <- (Rmult_1_l (INR j * (al * U))) at 2. apply Rmult_le_compat_r; [exact A0|].
  apply sqrt_le_square; [lra|]. replace (1 ^ 2) with 1 by ring. eapply Rle_trans; [|exact C2]. apply Rmult_le_compat_l; [lra|].
  rewrite (Nat.add_comm (S k) j), pow_add. pose proof (power_range b2 j Hb2). pose proof (power_range b2 (S k) Hb2). nra.
Qed.

(** Nothing but the first input contains xi_(k+1). *)
Lemma redraw x w : gradient k (update w (S k) x) = gradient k w /\ rest j (update w (S k) x) = rest j w.
Proof.
  assert (E : adam k (update w (S k) x) = adam k w).
  { apply (adam_measurable k). intros i Hi. apply update_other. lia. }
  assert (Eg : gradient k (update w (S k) x) = gradient k w) by (unfold gradient, theta; rewrite E; reflexivity).
  split; [exact Eg|]. clear Hk Hj. induction j as [|i IH]; cbn [rest].
  - unfold second. rewrite E. reflexivity.
  - rewrite IH. unfold frozen_input. rewrite Eg, update_other by lia. reflexivity.
Qed.

Lemma lag_biased : eta j - / eps * expect (s := sp) (fun w => Rabs (gradient k w)) - U * B / eps ^ 2 * INR j * al
  <= side * expect (s := sp) (fun w => input (S k) w / D (scale * second (S k + j) w)).
Proof.
  pose proof (correction_range b2 (k + j) Hb2) as [C1 C2]. change (S (k + j)) with (S k + j)%nat in C1, C2.
  set (c := scale * share j). pose proof (share_range j) as Sh. pose proof (pow2_ge_0 B) as B2.
  assert (Hc : 0 <= c) by (apply Rmult_le_pos; lra).
  assert (Range : forall w, 0 <= scale * rest j w <= (1 - c) * B ^ 2).
  { intro w. pose proof (rest_range j w) as [R1 R2]. split; [apply Rmult_le_pos; lra|].
    apply Rle_trans with (scale * ((1 - b2 ^ (S k + j) - share j) * B ^ 2)); [apply Rmult_le_compat_l; lra|].
    rewrite <- Rmult_assoc. apply Rmult_le_compat_r; [exact B2|]. unfold c. lra. }
  set (Z := fun w => frozen_input 0 w / D (scale * rest j w + c * frozen_input 0 w ^ 2)).
  assert (Low : eta j - / eps * expect (s := sp) (fun w => Rabs (gradient k w)) <= side * expect (s := sp) Z).
  { assert (E : expect (s := sp) Z = expect (s := sp) (fun w => lsum ks (fun x => p x * Z (update w (S k) x))))
      by (exact (expect_draw ks p p_sum T (S k) Z ltac:(lia))).
    rewrite E, <- !expect_scal, <- (expect_const (S := sp) (eta j)), <- expect_minus. apply expect_le; intro w.
    assert (Hs : share j <= c) by (unfold c; rewrite <- (Rmult_1_l (share j)) at 1; apply Rmult_le_compat_r; lra).
    pose proof (drift j (scale * rest j w) c Hj Hs ltac:(intro N; unfold c, correction; rewrite N; ring) (Range w)) as Dr.
    set (y := gradient k w). set (b := scale * rest j w) in *. set (l0 := lsum ks _) in Dr. set (l1 := lsum ks _).
    assert (P : forall x, Rabs (Z (update w (S k) x) - offset x / D (b + c * offset x ^ 2)) <= / eps * Rabs y).
    { intro x. unfold Z, frozen_input. destruct (redraw x w) as [-> ->]. rewrite Nat.add_0_r, update_here. fold y b.
      pose proof (own_lipschitz f eps He b c (proj1 (Range w)) Hc (y + offset x) (offset x)) as A.
      replace (y + offset x - offset x) with y in A by ring. lra. }
    assert (C : Rabs (l1 - l0) <= / eps * Rabs y).
    { assert (El : l1 - l0 = lsum ks (fun x => p x * (Z (update w (S k) x) - offset x / D (b + c * offset x ^ 2)))).
      { unfold l1, l0. rewrite (lsum_ext ks (fun x => p x * (Z (update w (S k) x) - offset x / D (b + c * offset x ^ 2)))
          (fun x => p x * Z (update w (S k) x) + -1 * (p x * (offset x / D (b + c * offset x ^ 2))))) by (intro; ring).
        rewrite lsum_plus, lsum_scal. ring. }
      rewrite El. assert (Q : forall s, (s = 1 \/ s = -1) -> s * lsum ks (fun x => p x * (Z (update w (S k) x) - offset x / D (b + c * offset x ^ 2))) <= / eps * Rabs y).
      { intros s Hsgn. rewrite <- lsum_scal. apply Rle_trans with (lsum ks (fun x => (/ eps * Rabs y) * p x)); [|rewrite lsum_scal, p_sum; lra].
        apply lsum_le; intro x. pose proof (P x) as A. apply abs_bounds in A. pose proof (p_nonneg x). destruct Hsgn as [-> | ->]; nra. }
      pose proof (Q 1 (or_introl eq_refl)). pose proof (Q (-1) (or_intror eq_refl)). apply abs_bounds. lra. }
    apply abs_bounds in C. destruct Hside as [-> | ->]; lra. }
  set (q := U * B / eps ^ 2 * INR j * al).
  assert (Near : forall w, Rabs (input (S k) w / D (scale * second (S k + j) w) - Z w) <= q).
  { intro w. unfold Z. rewrite <- input_first. pose proof (scaled_close w) as Sc. rewrite <- input_first in Sc.
    replace (scale * (rest j w + share j * input (S k) w ^ 2)) with (scale * rest j w + c * input (S k) w ^ 2) in Sc by (unfold c; ring).
    assert (N1 : 0 <= scale * second (S k + j) w) by (apply (corrected_second_range (k + j))).
    assert (N2 : 0 <= scale * rest j w + c * input (S k) w ^ 2).
    { pose proof (Range w). pose proof (pow2_ge_0 (input (S k) w)). assert (0 <= c * input (S k) w ^ 2) by (apply Rmult_le_pos; lra). lra. }
    eapply Rle_trans; [apply (quotient_close f eps He); assumption|].
    replace (input (S k) w - input (S k) w) with 0 by ring. rewrite Rabs_R0, Rmult_0_l, Rplus_0_l.
    pose proof (input_bound (S k) w) as Hg. assert (I2 : 0 < / eps ^ 2) by (apply Rinv_0_lt_compat, pow_lt, He).
    apply Rle_trans with (B * (INR j * (al * U)) * / eps ^ 2); [|unfold q, Rdiv; right; ring].
    apply Rmult_le_compat_r; [lra|]. apply Rmult_le_compat; try apply Rabs_pos; assumption. }
  assert (F : side * expect (s := sp) Z - q <= side * expect (s := sp) (fun w => input (S k) w / D (scale * second (S k + j) w))).
  { rewrite <- !expect_scal, <- (expect_const (S := sp) q), <- expect_minus. apply expect_le; intro w. pose proof (Near w) as A.
    apply abs_bounds in A. destruct Hside as [-> | ->]; lra. }
  lra.
Qed.

End Lag.
(** *** The lags together *)
Notation weight j := ((1 - b1) * b1 ^ j).

Lemma weight_nonneg j : 0 <= weight j.
Proof. apply Rmult_le_pos; [lra|apply pow_le; lra]. Qed.

Lemma weight_total t : nsum (fun j => weight j) t = 1 - b1 ^ t.
Proof. induction t as [|t IH]; cbn [nsum]; [simpl; ring|]. rewrite IH. simpl pow. ring. Qed.

Lemma kappa_nonneg : 0 <= kappa.
Proof. apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]. Qed.

Lemma weight_lag t : nsum (fun j => weight j * INR j) t <= kappa * (1 - b1 ^ t).
Proof.
  pose proof kappa_nonneg as K0. induction t as [|t IH]; [simpl; lra|]. rewrite nsum_S. simpl (INR 0). rewrite Rmult_0_r, Rplus_0_l.
  rewrite (nsum_ext _ (fun j => b1 * (weight j * INR j) + b1 * weight j)) by (intros j _; rewrite S_INR; simpl pow; ring).
  rewrite nsum_plus, !nsum_scal. pose proof (weight_total t) as W. rewrite nsum_scal in W. rewrite W, <- Rmult_plus_distr_l.
  pose proof (power_range b1 t Hb1) as P.
  apply Rle_trans with (b1 * (kappa * (1 - b1 ^ t) + (1 - b1 ^ t))); [apply Rmult_le_compat_l; lra|].
  replace (b1 * (kappa * (1 - b1 ^ t) + (1 - b1 ^ t))) with (kappa * (1 - b1 ^ t)) by (field; lra).
  apply Rmult_le_compat_l; [exact K0|]. simpl pow. nra.
Qed.

Lemma moment_sum t w : moment t w = nsum (fun j => weight j * input (t - j) w) t.
Proof.
  induction t as [|t IH]; [reflexivity|]. rewrite moment_step, IH, nsum_S, <- nsum_scal. rewrite Rplus_comm. f_equal.
  - simpl pow. rewrite Nat.sub_0_r. ring.
  - apply nsum_ext; intros j _. simpl pow. replace (S t - S j)%nat with (t - j)%nat by lia. ring.
Qed.

(** sum_t sum_(j < t) weight_j a_(t-1-j) <= sum_t a_t *)
Lemma smoothing (a : nat -> R) m : (forall t, 0 <= a t) ->
  nsum (fun t => nsum (fun j => weight j * a (t - j)%nat) (S t)) m <= nsum a m.
Proof.
  intro Ha. set (M := fun t => nsum (fun j => weight j * a (t - 1 - j)%nat) t).
  assert (Step : forall t, M (S t) = b1 * M t + (1 - b1) * a t).
  { intro t. unfold M. rewrite nsum_S, <- nsum_scal, Rplus_comm. f_equal.
    - apply nsum_ext; intros j _. simpl pow. replace (S t - 1 - S j)%nat with (t - 1 - j)%nat by lia. ring.
    - simpl pow. replace (S t - 1 - 0)%nat with t by lia. ring. }
  assert (Pos : 0 <= M m) by (apply nsum_nonneg; intros; apply Rmult_le_pos; [apply weight_nonneg|apply Ha]).
  rewrite (nsum_ext _ (fun t => M (S t))).
  2:{ intros t _. unfold M. apply nsum_ext; intros j _. f_equal. f_equal. lia. }
  assert (E : (1 - b1) * nsum (fun t => M (S t)) m + b1 * M m = (1 - b1) * nsum a m).
  { clear Pos. induction m as [|m IH]; cbn [nsum]; [unfold M; simpl; ring|]. pose proof (Step m). lra. }
  assert (0 <= b1 * M m) by (apply Rmult_le_pos; lra). apply Rmult_le_reg_l with (1 - b1); lra.
Qed.

(** Bias correction weighs the first gradients more. *)
Definition early (t : nat) : R := if corrected then b1 ^ S t else 0.
Definition start_up : R := (if corrected then kappa else 0) * (X + 1) / eps.

Lemma correction_early t : (correction b1 (S t) - 1) * (1 - b1 ^ S t) = early t.
Proof.
  pose proof (power_range b1 t Hb1). assert (b1 ^ S t < 1) by (simpl pow; nra). unfold correction, early.
  destruct corrected; [field; lra|ring].
Qed.

Lemma early_total m : nsum early m <= if corrected then kappa else 0.
Proof.
  unfold early. destruct corrected; [|rewrite nsum_const; lra].
  assert (E : (1 - b1) * nsum (fun t => b1 ^ S t) m = b1 - b1 ^ S m).
  { induction m as [|m IH]; cbn [nsum]; [simpl; ring|]. rewrite Rmult_plus_distr_l, IH. simpl pow. ring. }
  pose proof (power_range b1 (S m) Hb1). apply Rmult_le_reg_l with (1 - b1); [lra|]. rewrite E. replace ((1 - b1) * kappa) with b1 by (field; lra). lra.
Qed.

Variables (lags patience : nat).
Hypothesis Hlags : (1 <= lags)%nat.
Hypothesis Hpatience : b1 ^ patience * (B + 1) <= 1.
(** The lags that are counted; the others add nonnegative amounts. *)
Definition total_eta : R := nsum (fun j => weight j * eta j) lags.

Lemma total_eta_nonneg m : 0 <= nsum (fun j => weight j * eta j) m.
Proof. apply nsum_nonneg; intros. apply Rmult_le_pos; [apply weight_nonneg|apply eta_nonneg]. Qed.

Lemma total_reached m : (lags <= m)%nat -> total_eta <= nsum (fun j => weight j * eta j) m.
Proof.
  intro H. replace m with (lags + (m - lags))%nat by lia. rewrite nsum_add. fold total_eta.
  assert (0 <= nsum (fun j => weight (lags + j) * eta (lags + j)%nat) (m - lags)); [|lra].
  apply nsum_nonneg; intros. apply Rmult_le_pos; [apply weight_nonneg|apply eta_nonneg].
Qed.

Lemma lags_reached m : (INR m - (INR lags - 1)) * total_eta <= nsum (fun t => nsum (fun j => weight j * eta j) (S t)) m.
Proof.
  pose proof (total_eta_nonneg lags) as P. fold total_eta in P. assert (L1 : 1 <= INR lags) by (apply (le_INR 1 lags Hlags)).
  pose (u := fun t => nsum (fun j => weight j * eta j) (S t)). change (nsum _ m) with (nsum u m).
  assert (U0 : forall t, 0 <= u t) by (intro t; apply total_eta_nonneg).
  assert (U1 : forall t, (lags <= S t)%nat -> total_eta <= u t) by (intros t H; apply total_reached, H).
  clearbody u. induction m as [|m IH]; [simpl; nra|]. destruct (Nat.le_gt_cases lags (S m)) as [Long|Short].
  - cbn [nsum]. rewrite S_INR. pose proof (U1 m Long). lra.
  - apply Rle_trans with 0; [|apply nsum_nonneg; intros; apply U0].
    pose proof (le_INR (S (S m)) lags ltac:(lia)) as Q. rewrite (S_INR (S m)) in Q.
    apply Rmult_le_compat_r with (r := total_eta) in Q; [|exact P]. lra.
Qed.

Theorem adam_floor :
  total_eta - U * B * kappa / eps ^ 2 * al - ((INR lags - 1) * total_eta + start_up) / INR T
    - (1 + (X + 1 + INR (S patience) * (al * U))) / (al * INR T)
  <= / eps * average (fun t => path_expect ks (fun _ => p) T (fun xi => Rabs (gradient (pred t) xi))) T.
Proof.
  pose proof U_nonneg as U0. pose proof kappa_nonneg as K0.
  assert (C := adam_confined patience Hpatience T).
  apply (floor_under_gradient (S := sp) theta direction gradient T al side _ total_eta (/ eps) (U * B * kappa / eps ^ 2) ((INR lags - 1) * total_eta + start_up)
    HT Hal Hside (fun _ => eq_refl) theta_step C).
  unfold sum_1_to. cbn [pred]. set (Y := fun t => expect (s := sp) (fun w => Rabs (gradient t w))).
  assert (Y0 : forall t, 0 <= Y t) by (intro t; apply expect_nonneg; intro; apply Rabs_pos).
  assert (Y2 : forall t, Y t <= X + 1).
  { intro t. unfold Y. rewrite <- (expect_const (S := sp) (X + 1)). apply expect_le; intro w. apply slope_bound. lra. }
  set (q := U * B / eps ^ 2). assert (Pe : 0 < / eps) by (apply Rinv_0_lt_compat, He).
  assert (Pq : 0 <= q * al).
  { unfold q. apply Rmult_le_pos; [|lra]. apply Rmult_le_pos; [apply Rmult_le_pos; [exact U0|unfold B; lra]|].
    left. apply Rinv_0_lt_compat, pow_lt, He. }
  pose (E1 := fun t => nsum (fun j => weight j * eta j) (S t)). pose (Y1 := fun t => nsum (fun j => weight j * Y (t - j)%nat) (S t)).
  assert (One : forall t, (t < T)%nat -> E1 t + (- / eps * Y1 t + (- (/ eps * (X + 1)) * early t + - (q * al * kappa)))
    <= side * expect (s := sp) (direction (S t))).
  { intros t Ht. pose proof (correction_range b1 t Hb1) as [C1 C2]. set (rho := correction b1 (S t)) in *.
    pose (G := fun j => side * expect (s := sp) (fun w => input (S t - j) w / D (correction b2 (S t) * second (S t) w))).
    assert (E : side * expect (s := sp) (direction (S t)) = rho * nsum (fun j => weight j * G j) (S t)).
    { transitivity (side * expect (s := sp) (fun w => rho * nsum (fun j => weight j * (input (S t - j) w / D (correction b2 (S t) * second (S t) w))) (S t))).
      - f_equal. apply expect_ext; intro w. unfold direction. fold rho. rewrite moment_sum. unfold Rdiv. rewrite Rmult_assoc. f_equal.
        rewrite Rmult_comm, <- nsum_scal. apply nsum_ext; intros; ring.
      - rewrite expect_scal, (expect_nsum (S := sp) (fun j w => weight j * (input (S t - j) w / D (correction b2 (S t) * second (S t) w)))).
        rewrite (nsum_ext (fun j => weight j * G j) (fun j => side * expect (s := sp) (fun w => weight j * (input (S t - j) w / D (correction b2 (S t) * second (S t) w))))).
        + rewrite nsum_scal. ring.
        + intros j _. unfold G. rewrite expect_scal. ring. }
    assert (Low : E1 t + (- / eps * Y1 t + - (q * al) * (kappa * (1 - b1 ^ S t))) <= nsum (fun j => weight j * G j) (S t)).
    { apply Rle_trans with (nsum (fun j => weight j * eta j + (- / eps * (weight j * Y (t - j)%nat) + - (q * al) * (weight j * INR j))) (S t)).
      - pose proof (weight_lag (S t)) as L. apply Rmult_le_compat_l with (r := q * al) in L; [|exact Pq].
        rewrite !nsum_plus, !(nsum_scal (- / eps)), !(nsum_scal (- (q * al))). fold (E1 t) (Y1 t). lra.
      - apply nsum_le; intros j Hj. destruct (Req_dec (b1 ^ j) 0) as [Z|N].
        + rewrite Z. lra.
        + pose proof (lag_biased (t - j) j ltac:(lia) N) as L. fold (Y (t - j)%nat) q in L.
          replace (S (t - j) + j)%nat with (S t) in L by lia. replace (S (t - j)) with (S t - j)%nat in L by lia. fold (G j) in L.
          apply Rmult_le_compat_l with (r := weight j) in L; [|apply weight_nonneg]. lra. }
    rewrite E. apply Rmult_le_compat_l with (r := rho) in Low; [|lra]. eapply Rle_trans; [|exact Low].
    assert (P1 : 0 <= E1 t) by apply total_eta_nonneg. assert (P2 : rho * E1 t >= E1 t) by nra.
    assert (P3 : (rho - 1) * Y1 t <= (X + 1) * early t).
    { rewrite <- correction_early. fold rho. rewrite (Rmult_comm (X + 1)), Rmult_assoc. apply Rmult_le_compat_l; [lra|].
      rewrite <- weight_total, Rmult_comm, <- nsum_scal. apply nsum_le; intros j _. rewrite Rmult_comm. apply Rmult_le_compat_r; [apply weight_nonneg|apply Y2]. }
    assert (P4 : q * al * kappa * (rho * (1 - b1 ^ S t)) <= q * al * kappa * 1) by (apply Rmult_le_compat_l; [apply Rmult_le_pos; assumption|exact C2]).
    apply Rmult_le_compat_l with (r := / eps) in P3; [|lra]. lra. }
  apply nsum_le in One. rewrite nsum_scal, !nsum_plus, !nsum_scal, nsum_const in One.
  pose proof (lags_reached T) as L. change (nsum _ T) with (nsum E1 T) in L.
  pose proof (smoothing Y T Y0) as Sm. change (nsum Y1 T <= nsum Y T) in Sm.
  pose proof (early_total T) as Ea. set (K1 := if corrected then kappa else 0) in *.
  assert (St : / eps * (X + 1) * nsum early T <= start_up).
  { unfold start_up. fold K1. unfold Rdiv. replace (K1 * (X + 1) * / eps) with (/ eps * (X + 1) * K1) by ring.
    apply Rmult_le_compat_l; [apply Rmult_le_pos; lra|exact Ea]. }
  apply Rmult_le_compat_l with (r := / eps) in Sm; [|lra].
  replace (U * B * kappa / eps ^ 2 * al) with (q * al * kappa) by (unfold q, Rdiv; ring).
  fold Y. change (nsum (fun n => expect (s := sp) (fun w => Rabs (gradient n w))) T) with (nsum Y T).
  change (nsum (fun j => expect (s := sp) (direction (S j))) T) with (nsum (fun n => expect (s := sp) (direction (S n))) T) in One. lra.
Qed.

End Adam.
