(** Clipped ADOPT: the bias of clipping, and E.2/E.3 for any schedule c_t.
    The second moment must be bounded given the past. *)
From Coq Require Import Reals Lra Psatz List.
From ADOPT Require Import FiniteSum Young Vector Holder Space Adopt SecondMoment Momentum Descent ConstantStep.
Open Scope R_scope.

Definition clip (c a : R) : R := Rmax (- c) (Rmin c a).
Definition clipped_method (c al : nat -> R) (b1 b2 e : R) : method :=
  Method al b1 b2 e (1 - b1) (fun t a => clip (c t) a).

Lemma clip_shrinks c a : 0 < c -> Rabs (clip c a) <= Rabs a.
Proof.
  intro Hc. unfold clip, Rmax, Rmin.
  repeat destruct (Rle_dec _ _); unfold Rabs; repeat destruct (Rcase_abs _); lra.
Qed.

(** (x - c)_+ <= x^2 / (4c), because (x - 2c)^2 >= 0. *)
Lemma clip_bias c a : 0 < c -> Rabs (clip c a - a) <= / (4 * c) * a ^ 2.
Proof.
  intro Hc. apply Rmult_le_reg_l with (4 * c); [lra|].
  rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra.
  assert (0 <= (a - 2 * c) ^ 2) by apply pow2_ge_0. assert (0 <= (a + 2 * c) ^ 2) by apply pow2_ge_0.
  unfold clip, Rmax, Rmin.
  repeat destruct (Rle_dec _ _); unfold Rabs; repeat destruct (Rcase_abs _); nra.
Qed.

Lemma sum_square_le {A} (l : list A) u : (forall a, 0 <= u a) -> lsum l (fun a => u a ^ 2) <= lsum l u ^ 2.
Proof.
  intro Hu. replace (lsum l u ^ 2) with (lsum l u * lsum l u) by ring.
  rewrite <- lsum_scal. apply lsum_le_in; intros a Ha.
  pose proof (lsum_in_le l u a (fun b _ => Hu b) Ha). pose proof (Hu a). nra.
Qed.

Section Bias.
Context {S : space} {I : Type}.
Variables (P : problem S I) (c al : nat -> R) (b1 b2 e G : R) (T : nat).
Notation M := (clipped_method c al b1 b2 e).
Hypothesis V : valid M.
Hypothesis HA : adapted P.
Hypothesis HU : unbiased M P T.
Hypothesis HC : bounded_conditional_second_moment P T G.
Hypothesis Hc : forall t, 0 < c (Datatypes.S t).

(** the conditional mean of the direction *)
Definition mean_dir n w i : R := cond n (fun w => dir M P n w i) w.
Definition bias_rate n : R := G ^ 4 / (32 * e ^ 3 * c (Datatypes.S n) ^ 2).

Lemma He : 0 < e.
Proof. exact (eps_pos _ V). Qed.

Lemma bias_bound n w i : (n < T)%nat ->
  Rabs (mean_dir n w i - gradient M P n w i / s_ M P n w i)
  <= cond n (fun w => g P (Datatypes.S n) w i ^ 2) w / (4 * c (Datatypes.S n) * s_ M P n w i ^ 2).
Proof.
  intro Hn. unfold Rdiv at 2. rewrite Rmult_comm.
  apply (mean_direction_near M P T n w i _ (fun w => g P (Datatypes.S n) w i ^ 2) HA HU Hn
    (state_measurable M P HA n (fun s => / (4 * c (Datatypes.S n) * den e s i ^ 2)))).
  intro w'. eapply Rle_trans; [apply (clip_bias (c (Datatypes.S n)) (g P (Datatypes.S n) w' i / s_ M P n w' i)), Hc|].
  right. pose proof (s_pos M P V n w' i) as Hs. pose proof (Hc n). unfold s_ in *. simpl eps in *. field. lra.
Qed.

Lemma direction_pointwise n w : (n < T)%nat ->
  / 2 * Q M P n w - bias_rate n <= dot (idx P) (gradient M P n w) (mean_dir n w).
Proof.
  intro Hn. pose proof He as He. set (ct := c (Datatypes.S n)). assert (Pc : 0 < ct) by apply Hc.
  set (W := fun i => cond n (fun w => g P (Datatypes.S n) w i ^ 2) w).
  set (z := / (32 * e ^ 3 * ct ^ 2)).
  assert (Pe3 : 0 < e ^ 3) by (apply pow_lt, He). assert (Pc2 : 0 < ct ^ 2) by (apply pow_lt, Pc).
  assert (Hz : 0 < z) by (apply Rinv_0_lt_compat; repeat apply Rmult_lt_0_compat; lra).
  assert (HW : forall i, 0 <= W i) by (intro; apply cond_nonneg; intro; apply pow2_ge_0).
  assert (S1 : lsum (idx P) (fun i => W i ^ 2) <= G ^ 4).
  { eapply Rle_trans; [apply sum_square_le, HW|].
    replace (G ^ 4) with ((G ^ 2) ^ 2) by ring. apply pow_incr; split.
    - apply lsum_nonneg; intros; apply HW.
    - eapply Rle_trans; [|apply (HC n Hn w)]. unfold nrm2. rewrite cond_sum. apply Rle_refl. }
  assert (S2 : forall i, / 2 * (gradient M P n w i ^ 2 / s_ M P n w i) + - z * W i ^ 2
                         <= gradient M P n w i * mean_dir n w i).
  { intro i. pose proof (bias_bound n w i Hn) as Hb. fold ct in Hb. change (cond n _ w) with (W i) in Hb.
    pose proof (s_eps M P n w i) as Hse. simpl eps in Hse.
    set (s := s_ M P n w i) in *. set (x := gradient M P n w i) in *. set (b := mean_dir n w i - x / s) in *.
    assert (Ps : 0 < s) by lra.
    replace (mean_dir n w i) with (x / s + b) by (unfold b; ring).
    pose proof (young_biased s x b Ps) as Y.
    assert (Z : / 2 * (s * b ^ 2) <= z * W i ^ 2).
    { assert (B2 : b ^ 2 <= (W i / (4 * ct * s ^ 2)) ^ 2).
      { rewrite <- (pow2_abs b). apply pow_incr; split; [apply Rabs_pos|exact Hb]. }
      apply Rle_trans with (/ 2 * (s * (W i / (4 * ct * s ^ 2)) ^ 2)).
      - apply Rmult_le_compat_l; [lra|]. apply Rmult_le_compat_l; lra.
      - replace (/ 2 * (s * (W i / (4 * ct * s ^ 2)) ^ 2)) with (/ (32 * s ^ 3 * ct ^ 2) * W i ^ 2) by (field; lra).
        apply Rmult_le_compat_r; [apply pow2_ge_0|]. apply Rinv_le_contravar.
        + repeat apply Rmult_lt_0_compat; lra.
        + apply Rmult_le_compat_r; [lra|]. apply Rmult_le_compat_l; [lra|]. apply pow_incr; lra. } lra. }
  eapply Rle_trans; [|apply (lsum_le _ _ _ S2)]. rewrite lsum_plus, !lsum_scal.
  apply Rmult_le_compat_l with (r := z) in S1; [|lra].
  unfold bias_rate. fold ct. replace (G ^ 4 / (32 * e ^ 3 * ct ^ 2)) with (z * G ^ 4) by (unfold z, Rdiv; ring).
  unfold Q. lra.
Qed.

(** E <grad, a> >= E Q / 2 - G^4 / (32 eps^3 c^2). *)
Lemma clipped_direction n : (n < T)%nat ->
  / 2 * expect (Q M P n) - bias_rate n <= expect (fun w => dot (idx P) (gradient M P n w) (dir M P n w)).
Proof.
  intro Hn. rewrite (expect_mean_direction M P n HA).
  rewrite <- expect_scal, <- (expect_const (S := S) (bias_rate n)), <- expect_minus.
  apply expect_le; intro w. apply (direction_pointwise n w Hn).
Qed.

End Bias.

Section Clipped.
Context {S : space} {I : Type}.
Variables (P : problem S I) (L f_inf G : R) (T : nat) (c : nat -> R) (al b1 b2 e : R).
Hypothesis HS : smooth P L f_inf.
Hypothesis HA : adapted P.
Hypothesis HG : bounded_second_moment P T G.
Hypothesis HC : bounded_conditional_second_moment P T G.
Hypothesis Hc : forall t, 0 < c (Datatypes.S t).
Hypothesis Hal : 0 < al.
Hypothesis Hb1 : 0 <= b1 < 1.
Hypothesis Hb2 : 0 <= b2 <= 1.
Hypothesis He : 0 < e.
Hypothesis HT : (1 <= T)%nat.
Notation M := (clipped_method c (fun _ => al) b1 b2 e).
Notation Delta := (expect (fun w => f P (theta0 P w)) - f_inf).

Lemma clipped_valid al' : (forall t, 0 < al' (Datatypes.S t)) -> valid (clipped_method c al' b1 b2 e).
Proof. intro Ha. split; simpl; try assumption; try lra. intros t a. apply clip_shrinks, Hc. Qed.

Theorem process_adopt_clipped_schedule : unbiased M P T ->
  min_1_to (criterion M P) T <= average (criterion M P) T /\
  average (criterion M P) T
  <= sqrt (G ^ 2 + e ^ 2) * (2 * Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (e ^ 2 * (1 - b1))
       + G ^ 4 / (16 * e ^ 3) * average (fun t => / c t ^ 2) T).
Proof.
  intro HU. pose proof (clipped_valid (fun _ => al) (fun _ => Hal)) as V. split; [apply min_1_to_average, HT|].
  eapply Rle_trans; [apply (average_criterion M P T V HT (G ^ 2)), (vsum_bound P G T HG HT M V)|].
  apply Rmult_le_compat_l; [apply sqrt_pos|]. pose proof (INR_pos T HT) as PT.
  pose proof (average_Q M P L f_inf T al V HS (fun _ => eq_refl) HT (/ 2) (G ^ 2 / e ^ 2)
    (bias_rate c e G) ltac:(lra) (P_nonneg G e He)
    (clipped_direction P c (fun _ => al) b1 b2 e G T V HA HU HC Hc)
    (fun n Hn => dir_moment M P V n G (HG _ Hn)) eq_refl) as H.
  simpl beta1 in H.
  assert (E : nsum (bias_rate c e G) T / INR T = / 2 * (G ^ 4 / (16 * e ^ 3) * average (fun t => / c t ^ 2) T)).
  { unfold average, sum_1_to, Rdiv. rewrite <- !Rmult_assoc, <- nsum_scal. f_equal. apply nsum_ext; intros n _.
    unfold bias_rate. pose proof (Hc n). field. lra. }
  rewrite E in H.
  replace (2 * Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (e ^ 2 * (1 - b1)))
    with (2 * (Delta / (al * INR T) + al * L * (G ^ 2 / e ^ 2) * (1 + b1) / (2 * (1 - b1)))) by (field; lra).
  lra.
Qed.

End Clipped.
