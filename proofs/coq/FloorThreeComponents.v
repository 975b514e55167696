(** The instance without replacement: offsets 2 s, -s, -s, a fresh order in every epoch.
    ADOPT's mean direction over an epoch at the minimiser is positive, RMSprop's negative,
    from every second moment, whatever beta2 < 1: so neither keeps any rate. *)
From Coq Require Import Reals Lra Psatz List FunctionalExtensionality.
From ADOPT Require Import FiniteSum Holder Space Paths Floor FloorNormaliser FloorReshuffled.
Import ListNotations.
Open Scope R_scope.

(** The order, given by the place of the offset 2 s: the three are equally likely. *)
Inductive place := start | middle | finish.
Definition places : list place := [start; middle; finish].
Definition third (x : place) : R := / 3.

Section Instance.
Variables (s eps b1 b2 : R) (f : form).
Notation D := (normaliser f eps).
Notation X := (2 * s).
Notation B := (largest_gradient X).

Definition offset (x : place) (i : nat) : R :=
  match x, i with start, O => 2 * s | middle, 1%nat => 2 * s | finish, 2%nat => 2 * s | _, _ => - s end.

(** v_0: the square of g_0, the first draw, for ADOPT; 0 for RMSprop *)
Definition adopt_start (x : place) : R := (slope (X + 1) 1 + offset x 0) ^ 2.
Definition rmsprop_start (x : place) : R := 0.

Hypothesis Hs : 0 < s.
Hypothesis He : 0 < eps.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 < 1.
(** The maximum must not hide the difference. *)
Hypothesis visible : f = largest -> eps ^ 2 < (1 - b2) * (2 * s) ^ 2.

Lemma third_nonneg x : 0 <= third x.
Proof. unfold third. lra. Qed.
Lemma third_sum : lsum places third = 1.
Proof. unfold third. simpl. field. Qed.
(** Each offset comes once in an epoch, and each draw by itself has mean 0. *)
Lemma offsets_sum x : nsum (offset x) 3 = 0.
Proof. destruct x; simpl; ring. Qed.
Lemma offset_mean i : (i < 3)%nat -> lsum places (fun x => third x * offset x i) = 0.
Proof. intro Hi. unfold third. destruct i as [|[|[|i]]]; [| | |lia]; simpl; field. Qed.
Lemma offset_bound x i : Rabs (offset x i) <= X.
Proof. apply abs_bounds. destruct x; destruct i as [|[|[|i]]]; simpl; lra. Qed.

Lemma start_square x : 0 <= adopt_start x <= B ^ 2.
Proof.
  split; [apply pow2_ge_0|]. unfold adopt_start. rewrite <- pow2_abs. apply pow_incr. split; [apply Rabs_pos|].
  eapply Rle_trans; [apply Rabs_triang|]. pose proof (offset_bound x 0). pose proof (slope_bound (X + 1) 1 ltac:(lra)). unfold largest_gradient. lra.
Qed.

Lemma start_zero x : 0 <= rmsprop_start x <= B ^ 2.
Proof. unfold rmsprop_start. pose proof (pow2_ge_0 B). lra. Qed.

Definition least_gap : R := Rmin (gap f eps s (2 * s) (1 - b2) 0) (gap f eps s (2 * s) (1 - b2) (b2 * B ^ 2)).

Lemma least_gap_pos : 0 < least_gap.
Proof.
  apply Rmin_glb_lt; apply gap_positive; try assumption; try lra.
  apply Rmult_le_pos; [lra|apply pow2_ge_0].
Qed.

Lemma first_gap v : 0 <= v <= B ^ 2 ->
  least_gap <= / D (b2 * v + (1 - b2) * s ^ 2) - / D (b2 * v + (1 - b2) * (2 * s) ^ 2).
Proof.
  intro Hv. apply (gap_at_the_ends f eps He s (2 * s) (1 - b2) (b2 * v) (b2 * B ^ 2)); [lra|lra|].
  split; [apply Rmult_le_pos; lra|apply Rmult_le_compat_l; lra].
Qed.

Lemma inverse_le v v' : 0 <= v <= v' -> / D v' <= / D v.
Proof. intro H. apply Rinv_le_contravar; [apply normaliser_pos; lra|apply normaliser_mono; lra]. Qed.

(** ADOPT's first draw adds nothing; of the second and third, -s stands over the greater normalisers. *)
Theorem adopt_drift v : 0 <= v <= B ^ 2 -> INR 3 * (s * least_gap / 9) <= 1 * epoch_drift places third 3 offset false f eps b2 v.
Proof.
  intro Hv. pose proof (first_gap v Hv) as G.
  unfold epoch_drift, places, frozen_direction, third. cbn [lsum nsum frozen offset].
  replace ((- s) ^ 2) with (s ^ 2) by ring.
  set (v1 := b2 * v + (1 - b2) * s ^ 2) in *. set (w1 := b2 * v + (1 - b2) * (2 * s) ^ 2) in *.
  set (low := b2 * v1 + (1 - b2) * s ^ 2). set (h1 := b2 * w1 + (1 - b2) * s ^ 2). set (h2 := b2 * v1 + (1 - b2) * (2 * s) ^ 2).
  pose proof (pow2_ge_0 s) as S2. assert (V1 : 0 <= v1) by (unfold v1; nra). assert (VW : v1 <= w1) by (unfold v1, w1; nra).
  assert (L0 : 0 <= low) by (unfold low; nra). assert (L1 : low <= h1) by (unfold low, h1; nra). assert (L2 : low <= h2) by (unfold low, h2; nra).
  pose proof (inverse_le low h1 (conj L0 L1)) as I1. pose proof (inverse_le low h2 (conj L0 L2)) as I2.
  unfold Rdiv. simpl INR. nra.
Qed.

(** RMSprop: 2 s stands over the greatest normaliser of each place. *)
Theorem rmsprop_drift v : 0 <= v <= B ^ 2 -> INR 3 * (s * least_gap / 9) <= -1 * epoch_drift places third 3 offset true f eps b2 v.
Proof.
  intro Hv. pose proof (first_gap v Hv) as G. pose proof least_gap_pos as PG.
  unfold epoch_drift, places, frozen_direction, third. cbn [lsum nsum frozen offset].
  replace ((- s) ^ 2) with (s ^ 2) by ring. pose proof (pow2_ge_0 s) as S2.
  replace ((2 * s) ^ 2) with (4 * s ^ 2) in * by ring. set (q := s ^ 2) in *.
  set (v1 := b2 * v + (1 - b2) * q) in *. set (w1 := b2 * v + (1 - b2) * (4 * q)) in *.
  assert (V1 : 0 <= v1) by (unfold v1; nra). assert (W1 : w1 = v1 + 3 * (1 - b2) * q) by (unfold v1, w1; ring).
  assert (Q : 0 <= (1 - b2) * q) by nra. assert (BQ : b2 * ((1 - b2) * q) <= (1 - b2) * q) by nra. assert (BQ0 : 0 <= b2 * ((1 - b2) * q)) by nra.
  set (t0 := b2 * w1 + (1 - b2) * q). set (t1 := b2 * v1 + (1 - b2) * (4 * q)). set (t2 := b2 * v1 + (1 - b2) * q).
  assert (T0 : 0 <= t2 /\ t2 <= t0 /\ t0 <= t1) by (unfold t0, t1, t2; rewrite W1; repeat split; nra). destruct T0 as [T0 [T1 T2]].
  pose proof (inverse_le t0 t1 ltac:(lra)) as I0. pose proof (inverse_le t2 t1 ltac:(lra)) as I2.
  set (u0 := b2 * t0 + (1 - b2) * q). set (u1 := b2 * t1 + (1 - b2) * q). set (u2 := b2 * t2 + (1 - b2) * (4 * q)).
  assert (E1 : t1 = t2 + 3 * ((1 - b2) * q)) by (unfold t1, t2; ring).
  assert (U : 0 <= u0 /\ u0 <= u1 /\ u1 <= u2).
  { unfold u0, u1, u2. rewrite E1. repeat split; nra. }
  destruct U as [U0 [U1 U2]].
  pose proof (inverse_le u0 u2 ltac:(lra)) as J0. pose proof (inverse_le u1 u2 ltac:(lra)) as J1.
  unfold Rdiv. simpl INR. nra.
Qed.

Variables (a r rate c : R).
Hypothesis Ha : 0 < a.
Hypothesis Hr : 0 < r < 1.
Hypothesis Hrate : 0 < rate.

(** f'(theta_t) along a run of length T, alpha = a / T^r, and its normaliser's v_t. *)
Definition adopt_gradient : nat -> nat -> (nat -> place) -> R := gradient_of 3 offset adopt_start false 0 f eps X b1 b2 a r.
Definition adopt_second : nat -> nat -> (nat -> place) -> R := second_of 3 offset adopt_start false 0 f eps X b1 b2 a r.
Definition rmsprop_gradient : nat -> nat -> (nat -> place) -> R := gradient_of 3 offset rmsprop_start true 2 f eps X 0 b2 a r.

Lemma eta_pos : 0 < s * least_gap / 9.
Proof. pose proof (Rmult_lt_0_compat _ _ Hs least_gap_pos). lra. Qed.

Theorem adopt_without_replacement_no_rate : ~ (exists N, forall T, (N <= T)%nat ->
  average (fun t => rpow (mean_of places third 3 0 T (fun xi => rpow (Rabs (adopt_gradient T (pred t) xi)) (4 / 3))) (3 / 2)) T
  <= c * Rpower (INR T) (- rate)).
Proof.
  apply (dealt_no_rate places third 3 offset adopt_start false 0 f eps X b1 b2 1 (s * least_gap / 9) a r third_nonneg third_sum);
    try assumption; try lia; try lra; try apply eta_pos; try apply adopt_drift; try apply offset_bound; apply start_square.
Qed.

Theorem adopt_without_replacement_no_rate_weighted : ~ (exists N, forall T, (N <= T)%nat ->
  average (fun t => mean_of places third 3 0 T (fun xi => adopt_gradient T (pred t) xi ^ 2 / D (adopt_second T (pred t) xi))) T
  <= c * Rpower (INR T) (- rate)).
Proof.
  apply (dealt_no_rate_weighted places third 3 offset adopt_start false 0 f eps X b1 b2 1 (s * least_gap / 9) a r third_nonneg third_sum);
    try assumption; try lia; try lra; try apply eta_pos; try apply adopt_drift; try apply offset_bound; apply start_square.
Qed.

(** Clipped ADOPT at thresholds c0 T^k: out of reach of a_t for large T. *)
Variables (c0 k : R).
Hypothesis Hc0 : 0 < c0.
Hypothesis Hk : 0 < k.
Definition clipped_adopt (T : nat) : nat -> (nat -> place) -> R * R * R :=
  clipped_run 3 offset adopt_start false 0 f eps X (step_size a r T) b1 b2 (c0 * Rpower (INR T) k).
Definition clipped_gradient (T t : nat) (xi : nat -> place) : R := slope (X + 1) (fst (fst (clipped_adopt T t xi))).

Lemma clipped_late : exists N, forall T, (N <= T)%nat -> forall t xi,
  clipped_gradient T t xi = adopt_gradient T t xi /\ snd (clipped_adopt T t xi) = adopt_second T t xi.
Proof.
  assert (PU : 0 < B / eps) by (apply Rdiv_lt_0_compat; [unfold largest_gradient; lra|exact He]).
  destruct (power_vanishes (B / eps) k PU Hk c0 Hc0) as [N HN]. exists N. intros T HT t xi.
  assert (G : B / eps <= c0 * Rpower (INR T) k).
  { specialize (HN T HT). unfold R_dist in HN. rewrite Rminus_0_r in HN. apply Rabs_def2 in HN. destruct HN as [HN _].
    assert (P : 0 < Rpower (INR T) k) by apply exp_pos. rewrite Rpower_Ropp in HN.
    apply Rmult_lt_compat_r with (r := Rpower (INR T) k) in HN; [|exact P]. rewrite Rmult_assoc, Rinv_l in HN by lra. lra. }
  assert (E : clipped_adopt T t xi = run 3 offset adopt_start false 0 f eps X (step_size a r T) b1 b2 t xi).
  { apply (clipping_is_idle places third 3 offset adopt_start false 0 f eps X (step_size a r T) b1 b2 third_sum offset_bound start_square He Hb2).
    exact G. }
  unfold clipped_gradient. rewrite E. split; reflexivity.
Qed.

Theorem clipped_adopt_without_replacement_no_rate : ~ (exists N, forall T, (N <= T)%nat ->
  average (fun t => rpow (mean_of places third 3 0 T (fun xi => rpow (Rabs (clipped_gradient T (pred t) xi)) (4 / 3))) (3 / 2)) T
  <= c * Rpower (INR T) (- rate)).
Proof.
  destruct clipped_late as [N0 H0]. intros [N HN]. apply adopt_without_replacement_no_rate. exists (N0 + N)%nat. intros T HT.
  eapply Rle_trans; [|exact (HN T ltac:(lia))]. right. unfold average, sum_1_to. f_equal. apply nsum_ext; intros j _. do 2 f_equal.
  apply functional_extensionality; intro xi. destruct (H0 T ltac:(lia) (pred (S j)) xi) as [-> _]. reflexivity.
Qed.

Theorem clipped_adopt_without_replacement_no_rate_weighted : ~ (exists N, forall T, (N <= T)%nat ->
  average (fun t => mean_of places third 3 0 T (fun xi => clipped_gradient T (pred t) xi ^ 2 / D (snd (clipped_adopt T (pred t) xi)))) T
  <= c * Rpower (INR T) (- rate)).
Proof.
  destruct clipped_late as [N0 H0]. intros [N HN]. apply adopt_without_replacement_no_rate_weighted. exists (N0 + N)%nat. intros T HT.
  eapply Rle_trans; [|exact (HN T ltac:(lia))]. right. unfold average, sum_1_to. f_equal. apply nsum_ext; intros j _. f_equal.
  apply functional_extensionality; intro xi. destruct (H0 T ltac:(lia) (pred (S j)) xi) as [-> ->]. reflexivity.
Qed.

Theorem rmsprop_without_replacement_no_rate : ~ (exists N, forall T, (N <= T)%nat ->
  average (fun t => rpow (mean_of places third 3 2 T (fun xi => rpow (Rabs (rmsprop_gradient T (pred t) xi)) (4 / 3))) (3 / 2)) T
  <= c * Rpower (INR T) (- rate)).
Proof.
  apply (dealt_no_rate places third 3 offset rmsprop_start true 2 f eps X 0 b2 (-1) (s * least_gap / 9) a r third_nonneg third_sum);
    try assumption; try lia; try lra; try apply eta_pos; try apply rmsprop_drift; try apply offset_bound; apply start_zero.
Qed.

End Instance.
